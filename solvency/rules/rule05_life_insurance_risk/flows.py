"""Cash flows of measurement units, discounted on the reserve curve (table LifeCashFlows; annex 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.discount_curve import reserve_discount_curves
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule05_life_insurance_risk.present_values import discounted_sums
from solvency.rules.rule07_look_through.structure import match_ids

UNITS, FLOWS, CURVE = "LifeUnits", "LifeCashFlows", "LifeCurve"
ARTICLE = "银保监发〔2021〕52号附件1"


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
    of_unit, spot = _curve_of_unit(portfolio, frame, units, unit)
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


def codes_in(series: pd.Series, names: tuple[str, ...]) -> Array:
    """The place of each class of a column in a list, -1 for a blank or another one."""
    place = {name: i for i, name in enumerate(names)}
    return np.array([*(place.get(name, -1) for name in series.cat.categories), -1], np.int16)[
        series.cat.codes.to_numpy()
    ]


def _curve_of_unit(portfolio: Portfolio, flows: pd.DataFrame, units: pd.DataFrame, unit: Array) -> tuple[Array, Array]:
    """Which discount curve each unit takes, -1 for none, and the curves (n_curves, years)."""
    observed, of_case = _observed(portfolio, flows)
    ultimate_from = int(portfolio.rulebook.value("reserve_curve.ultimate_from"))
    longest = int(np.ceil(np.nanmax(flows["year"].to_numpy(), initial=0.0))) + 1
    curves = reserve_discount_curves(observed, portfolio.rulebook, years=max(longest, ultimate_from))
    kinds = codes_in(units["product_class"], tuple(curves))
    with_flows = np.zeros(len(units), bool)
    with_flows[unit[unit >= 0]] = True
    portfolio.report(
        UNITS, with_flows & (kinds < 0), "product_class", "missing", "缺少业务类型，无法确定综合溢价",
        "the kind of business is missing, so no spread can be found", article=f"{ARTICLE}三（一）",
    )  # fmt: skip
    case = of_case[units["case"].to_numpy()]
    return np.where((kinds >= 0) & (case >= 0), kinds.astype(np.int64) * len(observed) + case, -1), np.concatenate(
        list(curves.values())
    )


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


def _observed(portfolio: Portfolio, flows: pd.DataFrame) -> tuple[Array, Array]:
    """Observed rates (n_curves, years) and which of them each case takes, -1 where its curve is missing or wrong."""
    years = int(portfolio.rulebook.value("reserve_curve.ultimate_from")) - 1
    observed = np.full((portfolio.size, years), np.nan)
    with_curve = np.zeros(portfolio.size, bool)
    bad = np.zeros(portfolio.size, bool)
    if CURVE in portfolio.tables:
        frame = portfolio.tables[CURVE]
        case, term, rate = (frame[name].to_numpy() for name in ("case", "term", "spot_rate"))
        with_curve[case] = True
        twice = frame.duplicated(["case", "term"]).to_numpy()
        percent = np.abs(rate) >= 1
        for rows, column, zh, en in (
            (twice, "term", "期限重复", "the term stands twice"),
            (percent, "spot_rate", "收益率须为比率，例如 0.025 表示 2.5%", "a rate must be a ratio; 2.5% is written 0.025"),
        ):  # fmt: skip
            portfolio.report(CURVE, rows, column, "curve", zh, en, frame[column].to_numpy(), article=f"{ARTICLE}一")
            bad[case[rows]] = True
        used = (term >= 1) & (term <= years) & (term == np.floor(term))
        observed[case[used], term[used].astype(np.int64) - 1] = rate[used]
        lacking = np.isnan(observed)
        short = with_curve & lacking.any(axis=1)
        first = ~frame["case"].duplicated().to_numpy() & short[case]
        absent = np.full(len(frame), "", dtype=object)
        absent[first] = [", ".join(f"{t + 1}" for t in np.flatnonzero(lacking[c])) for c in case[first]]
        portfolio.report(
            CURVE, first, "term", "curve", "缺少这些年度的国债收益率；过渡曲线也要用到，不作外推",
            "no treasury rate for these years; the transition needs them too, and none is extrapolated", absent if first.any() else None,
            article=f"{ARTICLE}一",
        )  # fmt: skip
        bad |= short
    without = ~with_curve[flows["case"].to_numpy()]
    if without.any():
        without &= ~flows["case"].duplicated().to_numpy()
    portfolio.report(
        FLOWS, without, "", "missing_curve", "现金流需要国债收益率曲线（LifeCurve 表）",
        "cash flows need a treasury curve (table LifeCurve)", article=f"{ARTICLE}一",
    )  # fmt: skip
    good = with_curve & ~bad
    of_case = np.full(portfolio.size, -1)
    of_case[good] = np.arange(int(good.sum()))
    return observed[good], of_case
