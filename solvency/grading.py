"""From figures to class, grade and measures: scores of a scheme of the user, the law on top of them (rule 11, articles 19-27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.plausibility import check_grade, check_ratios
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import ABSENT, COMPUTED, Array, Figures, Mask
from solvency.rules.ratios import FORMULAS, RATIOS
from solvency.rules.rule11_risk_rating import Rating, Scheme, compliance, rate, risk_grade
from solvency.rules.rule11_risk_rating.last_quarter import last_quarter
from solvency.rules.supervision import conditions
from solvency.tables.spec import line_items

if TYPE_CHECKING:
    from solvency.result import Result
    from solvency.rules.positions import Charged
    from solvency.rules.rule20_lloyds_china.whole import Whole

KEYS = ["insurer", "as_of", "scenario"]


@dataclass(frozen=True, eq=False)
class Computed:
    """The figures of the rows of one edition of the rules and one type of insurer, before they are judged."""

    rows: npt.NDArray[np.intp]
    cases: pd.DataFrame
    figures: Figures
    rulebook: Rulebook
    charged: Charged | None = None
    whole: Whole | None = None
    not_liquid: Mapping[str, Mask] = field(default_factory=dict)  # requirements of rule 13 that are not met


@dataclass(frozen=True, eq=False)
class Judged:
    """Class, grade and what they trigger of the same rows; rating: the scores, None without a scheme."""

    status: pd.DataFrame
    held: pd.DataFrame
    rating: Rating | None


def scheme_lines(scheme: Scheme | None) -> list[tuple[str, object]]:
    """The numbers at which the points of a ratio take another course: (ratio, number)."""
    return [] if scheme is None else [(ratio, line) for ratio in RATIOS for line in scheme.lines_of(ratio)]


def figures_before(
    computed: Sequence[Computed], typed: pd.DataFrame, scheme: Scheme | None, prior: Sequence[Result], failing: Mask
) -> dict[str, Array]:
    """What a scheme needs of the quarter before, for every row of the input: name -> N numbers (yuan, fractions), NaN where unknown.

    Taken from the input itself, then from `prior`. failing: rows with an error, which are no base for a change.
    """
    if scheme is None or not scheme.changing:
        return {}
    names = [
        name for figure in scheme.changing for name in (figure, *(FORMULAS[figure].inputs if figure in RATIOS else ()))
    ]
    size = len(typed)
    own = {name: np.full(size, np.nan) for name in names}
    for part in computed:
        for name, values in figures_of(part, names).items():
            own[name][part.rows] = np.where(failing[part.rows], np.nan, values.astype(float))
    found = _picked(own, last_quarter(typed[KEYS], typed[KEYS]))
    for result in prior:
        there = {
            name: result.figures[name].to_numpy(float) if name in result.figures else np.full(len(result), np.nan)
            for name in names
        }
        others = _picked(there, last_quarter(typed[KEYS], result.keys[KEYS]))
        found = {name: np.where(np.isnan(found[name]), others[name], found[name]) for name in names}
    return found


def _picked(values: Mapping[str, Array], place: Array) -> dict[str, Array]:
    return {
        name: np.where(place >= 0, array[np.maximum(place, 0)] if len(array) else np.nan, np.nan)
        for name, array in values.items()
    }


def figures_of(part: Computed, names: Sequence[str]) -> dict[str, Array]:
    """Some figures of the rows, computed ones first, then what was typed; unknown ones are left out."""
    known = line_items()
    return {
        name: part.figures.values[name] if name in part.figures.values else part.cases[name].to_numpy()
        for name in names
        if name in part.figures.values or name in known
    }


def judged(part: Computed, scheme: Scheme | None, before: Mapping[str, Array], failing: Mask) -> Judged:
    """Scores, class, grade, compliance and conditions of the rows; the scores are put among the figures.

    before: as of `figures_before`; failing: the rows that already have an error.
    """
    figures, problems, rulebook = part.figures, part.figures.problems, part.rulebook
    assert problems is not None
    rating = None
    if scheme is not None and figures.size:
        names = [
            *scheme.figures,
            *(name for ratio in RATIOS for name in FORMULAS[ratio].inputs),
            *RATIOS,
            *_risks(scheme),
        ]
        rating = rate(
            scheme, str(part.cases["insurer_type"].iloc[0]), figures_of(part, names),
            {name: values[part.rows] for name, values in before.items()}, None if part.charged is None else part.charged.positions,
            rulebook, problems, failing[part.rows],
        )  # fmt: skip
        for name, values in rating.scores.items():
            figures.put(name, values, np.where(np.isnan(values), ABSENT, COMPUTED))
    ratios = {ratio: figures.values[ratio] for ratio in RATIOS}
    status = risk_grade(part.cases, ratios, rulebook, rating, problems)
    status["compliant"], status["key_verification"] = compliance(status, ratios, rulebook)
    if part.whole is not None:
        status.loc[part.whole.failing(), "compliant"] = False
    held = conditions(part.cases, ratios, status, rulebook, part.not_liquid)
    check_grade(part.cases, status, held, figures)
    check_ratios(part.cases, figures, None if part.whole is None else part.whole.given)
    return Judged(status, held, rating)


def _risks(scheme: Scheme) -> list[str]:
    """The typed levels, where the scheme gives points for them."""
    return list(scheme.weights) if scheme.levels else []
