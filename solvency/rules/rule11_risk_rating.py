"""Rule 11: the integrated risk rating, as far as the law itself decides it.

The scoring of indicators and the scale from score to grade are not public; only a scheme the user supplies turns
a class into one of the eight grades.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from solvency.errors import DocumentError
from solvency.regulation.factors import Interval
from solvency.regulation.rulebook import Rulebook
from solvency.regulation.strict_yaml import read_yaml
from solvency.rules.frame import Array
from solvency.rules.ratios import below

RISKS = ("risk_operational", "risk_strategic", "risk_reputational", "risk_liquidity")
LEVELS = ("low", "fairly_low", "fairly_high", "severe")
CLASS_OF = {"AAA": "A", "AA": "A", "A": "A", "BBB": "B", "BB": "B", "B": "B", "C": "C", "D": "D"}


@dataclass(frozen=True)
class Scheme:
    """A scoring scheme of the user: points for the capital side and for each level of the four risks, and a scale."""

    capital: tuple[tuple[Interval, float], ...]  # by comprehensive ratio
    levels: Mapping[str, float]
    weights: Mapping[str, float]  # of the four risks among themselves
    scale: tuple[tuple[Interval, str], ...]
    file: str

    @classmethod
    def read(cls, path: str | Path) -> Scheme:
        """Read a scheme file (`examples/schemes/`). Raises DocumentError naming file and entry."""
        file = Path(path)
        data = read_yaml(file)
        keys = {"illustrative", "capital", "levels", "weights", "scale"}
        if not isinstance(data, dict) or set(data) - keys or keys - {"illustrative"} - set(data):
            raise DocumentError(file.name, "", f"a scheme has the entries {', '.join(sorted(keys))}")
        try:
            scheme = cls(
                tuple((Interval.parse(entry["ratio"]), float(entry["points"])) for entry in data["capital"]),
                {level: float(data["levels"][level]) for level in LEVELS},
                {risk: float(data["weights"][risk]) for risk in RISKS},
                tuple((Interval.parse(entry["score"]), str(entry["grade"])) for entry in data["scale"]),
                file.name,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DocumentError(file.name, "", f"scheme: {error!r}") from error
        if any(grade not in CLASS_OF for _, grade in scheme.scale):
            raise DocumentError(file.name, "scale", f"grades are {', '.join(CLASS_OF)}")
        if abs(sum(scheme.weights.values()) - 1) > 1e-12:
            raise DocumentError(file.name, "weights", "must add up to 1")
        return scheme


def risk_grade(
    cases: pd.DataFrame, ratios: Mapping[str, Array], rulebook: Rulebook, scheme: Scheme | None = None
) -> pd.DataFrame:
    """The class and grade of each row (rule 11, articles 19, 20; regulation, article 22).

    cases: n rows with the four risks and `notified_grade`. ratios: `core_ratio`, `comprehensive_ratio`, (n,).
    Returns n rows: `grade_class` (A-D, C/D or empty: the insurer's own estimate by law), `own_grade` (one of eight where
    law or scheme decide, C/D, or empty), `grade` and `grade_source` (`notified` before `own_estimate`),
    `effective_class` (the class measures follow: the notified one, but at least C or D by law where a ratio fails),
    `score`.
    """
    core, comprehensive = ratios["core_ratio"], ratios["comprehensive_ratio"]
    failing = below(core, rulebook.value("ratio_threshold.core")) | below(
        comprehensive, rulebook.value("ratio_threshold.comprehensive")
    )
    known_ratio = ~np.isnan(core) & ~np.isnan(comprehensive)
    levels = cases[list(RISKS)].apply(lambda risk: risk.map(LEVELS.index, na_action="ignore")).to_numpy(dtype=float)
    worst = np.full(len(cases), -1.0)
    rated = ~np.isnan(levels).any(axis=1)
    some = ~np.isnan(levels).all(axis=1)
    worst[some] = np.nanmax(levels[some], axis=1)
    all_low = rated & (worst == 0)
    score = _score(levels, comprehensive, rulebook, scheme)
    by_scale = _by_scale(score, scheme)
    decided = [
        (worst == LEVELS.index("severe"), "D"),
        (failing, "C/D"),
        (known_ratio & rated & (worst == LEVELS.index("fairly_high")), "C"),
        # with a risk still unrated it may yet be D
        (known_ratio & (worst == LEVELS.index("fairly_high")), "C/D"),
        (known_ratio & all_low, "A"),
        (known_ratio & rated, "B"),
    ]
    grade_class = np.select([mask for mask, _ in decided], [name for _, name in decided], default="").astype(object)
    if rulebook.reading("grade_mixed") == "by_score" and scheme is not None:
        scaled = np.array([CLASS_OF.get(str(grade), "") for grade in by_scale], dtype=object)
        mixed = np.isin(grade_class, ["A", "B"]) & np.isin(scaled, ["A", "B"])
        grade_class = np.where(mixed, scaled, grade_class)
    same = np.array([CLASS_OF.get(str(g), "?") == c for g, c in zip(by_scale, grade_class, strict=True)], dtype=bool)
    own = np.where(np.isin(grade_class, ["C", "D", "C/D"]), grade_class, np.where(same, by_scale, ""))
    notified = cases["notified_grade"].fillna("").to_numpy(dtype=object)
    use_own = (notified == "") | (failing & ~np.isin(notified, ["C", "D"]))
    grade = np.where(use_own, own, notified)
    classes = np.array([CLASS_OF.get(str(g), "") for g in notified], dtype=object)
    source = np.where(grade == "", "", np.where(use_own, "own_estimate", "notified"))
    return pd.DataFrame(
        {"grade_class": grade_class, "own_grade": own, "grade": grade, "grade_source": source,
         "effective_class": np.where(use_own, grade_class, classes), "score": score, "notified_grade": notified}
    )  # fmt: skip


def _score(levels: Array, comprehensive: Array, rulebook: Rulebook, scheme: Scheme | None) -> Array:
    """Weighted score: the capital side and the four risks at half each (rule 11, article 20); NaN without a scheme."""
    if scheme is None:
        return np.full(len(comprehensive), np.nan)
    points = np.full(len(comprehensive), np.nan)
    for interval, value in scheme.capital:
        points = np.where(interval.contains(comprehensive), value, points)
    table = np.array([scheme.levels[level] for level in LEVELS])
    known = ~np.isnan(levels)
    each = np.where(known, table[np.where(known, levels, 0).astype(int)], np.nan)
    other = each @ np.array([scheme.weights[risk] for risk in RISKS])
    return np.asarray(rulebook.value("grade.weight.quantified") * points + rulebook.value("grade.weight.other") * other)


def _by_scale(score: Array, scheme: Scheme | None) -> Array:
    grade: Any = np.full(len(score), "", dtype=object)
    for interval, name in scheme.scale if scheme else ():
        grade = np.where(interval.contains(score), name, grade)
    return np.asarray(grade)


def compliance(status: pd.DataFrame, ratios: Mapping[str, Array], rulebook: Rulebook) -> tuple[Array, Array]:
    """Article 8 (three-valued: True, False, None) and key verification of article 23 (True, False, None).

    Compliance uses the latest notified grade; without one it is unknown unless a ratio already fails.
    """
    core, comprehensive = ratios["core_ratio"], ratios["comprehensive_ratio"]
    unknown = np.isnan(core) | np.isnan(comprehensive)
    failing = below(core, rulebook.value("ratio_threshold.core")) | below(
        comprehensive, rulebook.value("ratio_threshold.comprehensive")
    )
    notified = status["notified_grade"].to_numpy(dtype=object)
    good = np.isin(notified, rulebook.members("compliant_grade"))
    compliant = np.full(len(status), None, dtype=object)
    compliant[failing | (~unknown & (notified != "") & ~good)] = False
    compliant[~failing & ~unknown & good] = True
    key = below(core, rulebook.value("key_verification.core")) | below(
        comprehensive, rulebook.value("key_verification.comprehensive")
    )
    verification = np.full(len(status), None, dtype=object)
    verification[key] = True
    verification[~key & ~unknown] = False
    return compliant, verification
