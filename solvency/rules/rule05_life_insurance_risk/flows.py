"""Cash flows of measurement units, discounted on the reserve curve (table LifeCashFlows; annex 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, codes_in
from solvency.rules.rule03_life_liability.reserve_curve import curve_of_unit
from solvency.rules.rule05_life_insurance_risk.present_values import discounted_sums
from solvency.rules.rule07_look_through.structure import match_ids

UNITS, FLOWS = "LifeUnits", "LifeCashFlows"


@dataclass(frozen=True, eq=False)
class Discounted:
    """Present values of units by scenario from their cash flows, each (n_units, n_scenarios): CNY, NaN where there is no flow.

    size: the present value of the amounts without their signs, what rounding is measured against. given: whether there
    are flows, also such as could not be discounted.
    """

    values: Array
    size: Array
    given: Array


def from_flows(portfolio: Portfolio, scenarios: tuple[str, ...]) -> Discounted | None:
    """What the cash flows of the units are worth; None without any. Wrong rows are reported and left out."""
    if FLOWS not in portfolio.tables:
        return None
    frame, units = portfolio.tables[FLOWS], portfolio.tables.get(UNITS)
    unit = _unit_of(portfolio, frame, units)
    if units is None:
        return None
    scenario = codes_in(frame["life_scenario"], scenarios)
    year, amount = frame["year"].to_numpy(), frame["amount"].to_numpy()
    with_flows = np.zeros(len(units), bool)
    with_flows[unit[unit >= 0]] = True
    of_unit, spot = curve_of_unit(portfolio, (UNITS, FLOWS), frame, units, with_flows)
    cells = len(units) * len(scenarios)
    placed = (unit >= 0) & (scenario >= 0)
    usable = placed & (of_unit[unit] >= 0) & np.isfinite(year) & np.isfinite(amount)
    cell = unit * len(scenarios) + scenario
    del unit, scenario
    given = np.bincount(cell if placed.all() else cell[placed], minlength=cells) > 0
    some = given
    if not usable.all():
        cell, year, amount = cell[usable], year[usable], amount[usable]
        some = np.bincount(cell, minlength=cells) > 0
    rulebook, curve = portfolio.rulebook, np.repeat(of_unit, len(scenarios))
    readings = {"timing": rulebook.reading("life_flow_timing"), "within": rulebook.reading("life_rate_within_year")}
    columns = [f"pv_{scenario}" for scenario in scenarios]
    # the size of the flows is needed only beside typed values
    sums = [discounted_sums(cell, curve, amount, year, spot, **readings)]
    if np.isfinite(units[columns].to_numpy()).any():
        sums.append(discounted_sums(cell, curve, np.abs(amount), year, spot, **readings))
    values, size = (np.where(some, found, np.nan).reshape(len(units), -1) for found in (sums[0], sums[-1]))
    return Discounted(values, size, given.reshape(len(units), -1))


def _unit_of(portfolio: Portfolio, frame: pd.DataFrame, units: pd.DataFrame | None) -> Array:
    """The row of LifeUnits each flow belongs to, -1 for none, which is reported once per name."""
    case = frame["case"].to_numpy()
    found = np.full(len(frame), -1)
    if units is not None:
        ids = units["id"].astype(object).to_numpy()
        named = pd.notna(ids)
        rows = np.flatnonzero(named)
        within = match_ids(case, frame["unit"], units["case"].to_numpy()[named], ids[named]).index
        found = np.where(within >= 0, np.append(rows, -1)[within], -1)
    unknown = (found < 0) & frame["unit"].notna().to_numpy()
    if unknown.any():
        repeated = pd.DataFrame({"case": case, "unit": frame["unit"].cat.codes}).duplicated().to_numpy()
        portfolio.report(
            FLOWS, unknown & ~repeated, "unit", "unknown_unit", "LifeUnits 中没有这一计量单元", "there is no such unit in LifeUnits",
            frame["unit"].astype(object).to_numpy(), article="规则第5号第七条",
        )  # fmt: skip
    return found
