"""The whole of Lloyd's China among other insurers: its weighted ratios in place of capital over minimum capital (rule 20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, localcontext

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import ABSENT, COMPUTED, Array, Figures, Mask, decimals
from solvency.rules.ratios import RATIOS, settle_boundaries
from solvency.rules.rule20_lloyds_china.departments import DEPARTMENTS
from solvency.rules.rule20_lloyds_china.levels import PARTS, TOTAL, lloyds_levels
from solvency.tables.positions.read import Positions

SURPLUSES = ("core_surplus", "comprehensive_surplus")
DIGITS = 50  # of a decision on a boundary
AMOUNTS = ("core_capital", "actual_capital", "insurance_mc", "market_mc", "credit_mc", *PARTS, TOTAL)


@dataclass(frozen=True, eq=False)
class Whole:
    """The companies of n cases whose levels are given.

    given: (n,) which. typed: the rows of Departments, `case` numbering those companies. levels: as `lloyds_levels` returns, with
    `department`, `line` and `sufficient` (both requirements of article 24; None where there is no ratio).
    """

    given: Mask
    typed: pd.DataFrame
    levels: pd.DataFrame
    rulebook: Rulebook

    def failing(self) -> Mask:
        """Companies, (n,), that do not comply because a level fails, where the reading says that each counts (article 24)."""
        found = np.zeros(len(self.given), bool)
        if self.rulebook.reading("lloyds_compliance") == "every_level":
            low = (self.levels["sufficient"] == False).to_numpy()  # noqa: E712 (None is neither)
            found[self.levels["case"].to_numpy()[low]] = True
        return found

    def exactly(self, found: Mapping[str, Array], size: Array, near: npt.NDArray[np.intp]) -> dict[str, Array]:
        """The ratios of some cases in decimals; those of companies with levels come from the levels."""
        numbers = np.cumsum(self.given) - 1
        own = np.flatnonzero(self.given[near])
        result = {ratio: found[ratio].copy() for ratio in RATIOS}
        if len(own):
            whole = self._decimals(size)[1]
            for ratio in RATIOS:
                result[ratio][own] = whole[ratio].to_numpy()[numbers[near[own]]]
        return result

    def _decimals(self, size: Array) -> tuple[pd.DataFrame, pd.DataFrame]:
        with localcontext(Context(prec=DIGITS, traps=[])):
            frame = self.typed.assign(**{name: decimals(self.typed[name].to_numpy()) for name in AMOUNTS})
            return lloyds_levels(frame, self.rulebook.exactly(), decimals(size[self.given]))


def whole_of_levels(positions: Positions, rulebook: Rulebook, figures: Figures) -> Whole:
    """The ratios of companies whose levels are given go to `figures` (article 20); their surpluses are left out (rule 18, article 86).

    positions: with a table of departments. Warns of levels below their requirement (article 24).
    """
    frame = positions.tables[DEPARTMENTS]
    cases, case = np.unique(frame["case"].to_numpy(), return_inverse=True)
    typed = frame.assign(case=case)
    given = np.zeros(figures.size, bool)
    given[cases] = True
    size = figures.values["size_coefficient"]
    levels, whole = lloyds_levels(typed, rulebook, size[cases])
    for name in whole:
        values = figures.values.get(str(name), figures.full("nan")).copy()
        values[cases] = whole[name].to_numpy()
        origins = figures.origins.get(str(name), np.full(figures.size, ABSENT)).copy()
        origins[cases] = np.where(np.isnan(whole[name]), ABSENT, COMPUTED)
        figures.put(str(name), values, origins)
    for name in SURPLUSES:
        figures.put(name, np.where(given, np.nan, figures.values[name]), np.where(given, ABSENT, figures.origins[name]))
    result = Whole(given, typed, levels, rulebook)
    _settle(result, size)
    levels["department"] = frame["department"].astype(object).to_numpy()
    levels["line"] = frame["line"].to_numpy()
    for name in (*PARTS, TOTAL):
        levels[name] = frame[name].to_numpy()
    levels["case"] = frame["case"].to_numpy()
    levels["sufficient"] = _sufficient(levels, rulebook)
    _tell(levels, positions, figures)
    return result


def _settle(whole: Whole, size: Array) -> None:
    """Ratios of the levels that lie on a requirement are decided in decimals."""
    figures = Figures(len(whole.levels), exact=False)
    for ratio in RATIOS:
        figures.put(ratio, whole.levels[ratio].to_numpy(copy=True))
    lines = [(ratio, value) for ratio, value in _requirements(whole.rulebook.exactly()).items()]

    def exact(near: npt.NDArray[np.intp]) -> dict[str, Array]:
        found = whole._decimals(size)[0]
        return {ratio: found[ratio].to_numpy()[near] for ratio in RATIOS}

    settle_boundaries(figures, lines, exact)
    for ratio in RATIOS:
        whole.levels[ratio] = figures.values[ratio]


def _requirements(rulebook: Rulebook) -> dict[str, Array]:
    return {
        ratio: rulebook.value(f"lloyds.ratio_threshold.{ratio.removesuffix('_ratio')}") for ratio in RATIOS
    }  # fmt: skip


def _sufficient(levels: pd.DataFrame, rulebook: Rulebook) -> Array:
    """Whether a level meets both requirements: True, False, None."""
    known = ~levels[list(RATIOS)].isna().any(axis=1).to_numpy()
    met = np.logical_and.reduce([levels[ratio].to_numpy() >= v for ratio, v in _requirements(rulebook).items()])
    found = np.full(len(levels), None, dtype=object)
    found[known] = met[known]
    return found


def _tell(levels: pd.DataFrame, positions: Positions, figures: Figures) -> None:
    if figures.problems is None:
        return
    for level in levels[levels["sufficient"] == False].to_dict("records"):  # noqa: E712 (None is neither)
        name = level["department"] if isinstance(level["department"], str) else ""
        figures.problems.add_at(
            level["case"], positions.place(DEPARTMENTS, level["line"], "core_capital"), "level_insufficient",
            f"{name or '公司层面'}的偿付能力充足率低于要求", f"a ratio of {name or 'the company level'} is below its requirement", severity="warning",
            found=f"{level['core_ratio']:.2%}, {level['comprehensive_ratio']:.2%}", article="规则第20号第二十四条",
        )  # fmt: skip
