"""Cash flows and account reserves of liability units, before and after reinsurance (table LiabilityCashFlows; articles 8, 19, 20)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule03_life_liability.reserve_curve import curve_of_unit
from solvency.rules.rule05_life_insurance_risk.present_values import discounted_sums
from solvency.rules.rule07_look_through.structure import match_ids

UNITS, FLOWS = "LifeLiabilities", "LiabilityCashFlows"
SIDES = ("before", "after")
YEAR_ENDS = "end_of_year"  # of account reserves, whatever the reading of flows
ARTICLE = "规则第3号第二十条"


@dataclass(frozen=True, eq=False)
class Discounted:
    """What the flows of n units are worth, by `pv_before`, `pv_after`, `reserves_before`, `reserves_after`: (n,) CNY, NaN for none.

    size: the same of the amounts without their signs, what rounding is measured against. given: which units have such flows, also
    such as could not be discounted.
    """

    values: dict[str, Array]
    size: dict[str, Array]
    given: dict[str, Mask]

    @classmethod
    def nothing(cls, size: int) -> Discounted:
        names = [f"{kind}_{side}" for kind in ("pv", "reserves") for side in SIDES]
        blank, no = np.full(size, np.nan), np.zeros(size, bool)
        return cls(dict.fromkeys(names, blank), dict.fromkeys(names, blank), dict.fromkeys(names, no))


def from_flows(portfolio: Portfolio, units: pd.DataFrame, ceded: Mask) -> Discounted:
    """The present values that LiabilityCashFlows gives. Wrong rows are reported and left out.

    units: the rows of LifeLiabilities; ceded: which of them are reinsured. Of a unit a blank beside other years counts as zero.
    """
    if FLOWS not in portfolio.tables:
        return Discounted.nothing(len(units))
    frame = portfolio.tables[FLOWS]
    unit = unit_of(portfolio, frame, units)
    year = frame["year"].to_numpy()
    amounts = {name: frame[name].to_numpy() for name in frame.columns if name.endswith(SIDES)}
    there = (unit >= 0) & np.isfinite(year)
    filled = {
        f"pv_{side}": ~(np.isnan(amounts[f"outflow_{side}"]) & np.isnan(amounts[f"inflow_{side}"])) for side in SIDES
    } | {f"reserves_{side}": ~np.isnan(amounts[f"reserve_{side}"]) for side in SIDES}
    given = {name: _some(unit, there & rows, len(units)) for name, rows in filled.items()}
    _report_not_ceded(portfolio, unit, there, filled, ceded)
    for side in SIDES:
        _report_year_ends(portfolio, unit, year, there & filled[f"reserves_{side}"], f"reserve_{side}", len(units))
    of_unit, spot = curve_of_unit(portfolio, (UNITS, FLOWS), frame, units, _some(unit, there, len(units)))
    used = there & (of_unit[unit] >= 0)
    if not used.all():
        unit, year = unit[used], year[used]
        amounts = {name: values[used] for name, values in amounts.items()}
    values, size = _present_values(portfolio, unit, of_unit, year, spot, amounts, units)
    known = {name: given[name] & (of_unit >= 0) for name in given}
    return Discounted(
        {name: np.where(known[name], values[name], np.nan) for name in given},
        {name: np.where(known[name], size[name], np.nan) for name in given},
        given,
    )


def _present_values(
    portfolio: Portfolio, unit: Array, curve: Array, year: Array, spot: Array, amounts: dict[str, Array], units: pd.DataFrame
) -> tuple[dict[str, Array], dict[str, Array]]:  # fmt: skip
    rulebook = portfolio.rulebook
    within, timing = rulebook.reading("life_rate_within_year"), rulebook.reading("life_flow_timing")
    plain = {name: np.where(np.isnan(values), 0.0, values) for name, values in amounts.items()}
    flows = {f"pv_{side}": plain[f"outflow_{side}"] - plain[f"inflow_{side}"] for side in SIDES}
    reserves = {f"reserves_{side}": plain[f"reserve_{side}"] for side in SIDES}
    typed = np.isfinite(units[list(flows)].to_numpy()).any()
    gross = {f"pv_{side}": np.abs(plain[f"outflow_{side}"]) + np.abs(plain[f"inflow_{side}"]) for side in SIDES}
    columns = [*flows.values(), *(gross.values() if typed else ()), *(reserves.values() if timing == YEAR_ENDS else ())]
    sums = list(discounted_sums(unit, curve, columns, year, spot, timing=timing, within=within))
    if timing != YEAR_ENDS:
        sums += list(discounted_sums(unit, curve, list(reserves.values()), year, spot, timing=YEAR_ENDS, within=within))
    of_flows = dict(zip(flows, sums, strict=False))
    of_reserves = dict(zip(reserves, sums[-len(reserves) :], strict=True))
    sizes = dict(zip(flows, sums[len(flows) :], strict=False)) if typed else of_flows
    return {**of_flows, **of_reserves}, {**sizes, **of_reserves}


def unit_of(portfolio: Portfolio, frame: pd.DataFrame, units: pd.DataFrame) -> Array:
    """The row of LifeLiabilities each flow belongs to, -1 for none, which is reported once per name."""
    case, ids = frame["case"].to_numpy(), units["id"].astype(object).to_numpy()
    rows = np.flatnonzero(pd.notna(ids))
    within = match_ids(case, frame["unit"], units["case"].to_numpy()[rows], ids[rows]).index
    found = np.where(within >= 0, np.append(rows, -1)[within], -1)
    unknown = (found < 0) & frame["unit"].notna().to_numpy()
    if unknown.any():
        repeated = pd.DataFrame({"case": case, "unit": frame["unit"].cat.codes}).duplicated().to_numpy()
        portfolio.report(
            FLOWS, unknown & ~repeated, "unit", "unknown_unit", "LifeLiabilities 中没有这一计量单元", "there is no such unit in LifeLiabilities",
            frame["unit"].astype(object).to_numpy(), article="规则第3号第五条",
        )  # fmt: skip
    return found


def _some(unit: Array, rows: Mask, size: int) -> Mask:
    """Which units have one of these rows."""
    found = np.zeros(size, bool)
    found[unit[rows]] = True
    return found


def _report_not_ceded(portfolio: Portfolio, unit: Array, there: Mask, filled: dict[str, Mask], ceded: Mask) -> None:
    for name, column in (("pv_after", "outflow_after"), ("reserves_after", "reserve_after")):
        rows = there & filled[name] & ~ceded[unit]
        if rows.any():
            rows &= ~pd.Series(np.where(rows, unit, -1)).duplicated().to_numpy()
        portfolio.report(
            FLOWS, rows, column, "not_ceded", "没有分出的单元，分保后各列留空", "the unit is not reinsured; its columns after reinsurance stay blank",
            article="规则第3号第六条",
        )  # fmt: skip


def _report_year_ends(portfolio: Portfolio, unit: Array, year: Array, rows: Mask, column: str, size: int) -> None:
    """Account reserves stand at the valuation date and at every year end after it, once each."""
    if not rows.any():
        return
    broken = rows & (year != np.floor(year))
    portfolio.report(
        FLOWS, broken, "year", "year_end", "账户准备金须为年度末的数值", "an account reserve stands at a year end", year, article=ARTICLE,
    )  # fmt: skip
    if broken.any():
        rows &= ~broken
    width = int(np.max(year, initial=0.0, where=rows)) + 1
    there = unit if rows.all() else unit[rows]
    key = there * width + (year if rows.all() else year[rows]).astype(np.int64)
    count = np.bincount(key, minlength=size * width).reshape(size, width)
    occupied = count > 0
    last = width - occupied[:, ::-1].argmax(axis=1)  # year ends there must be, the valuation date among them
    short = occupied.any(axis=1) & (occupied.sum(axis=1) < last)
    if (count > 1).any():
        twice = np.zeros(len(rows), bool)
        twice[np.flatnonzero(rows)] = pd.Series(key).duplicated().to_numpy()
        portfolio.report(
            FLOWS, twice, "year", "doubled", "同一年度末的账户准备金重复", "the account reserve of this year end stands twice", year, article=ARTICLE,
        )  # fmt: skip
    if short.any():
        gap = rows & short[unit]
        gap &= ~pd.Series(np.where(gap, unit, -1)).duplicated().to_numpy()
        portfolio.report(
            FLOWS, gap, column, "year_end", "从评估日起的每个年度末都须有账户准备金；没有请填 0",
            "an account reserve is needed at every year end from the valuation date; type 0 if there is none", article=ARTICLE,
        )  # fmt: skip
