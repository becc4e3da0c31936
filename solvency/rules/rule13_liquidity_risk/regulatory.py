"""Back-testing of operating cash flow and net cash flow (rule 13, annex 2, parts 二 and 三)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule01_actual_capital.statements import disagree
from solvency.rules.rule13_liquidity_risk.cash_flows import CashFlows
from solvency.rules.rule13_liquidity_risk.forms import Form, differs, missing, read_form, remark
from solvency.rules.rule13_liquidity_risk.formulas import NET_CASH_FLOWS
from solvency.rules.rule13_liquidity_risk.sums import Sum, absolute, beside, quotient

BACK_TEST, NET = "LR2-3", "LR2-4"
QUARTERS = {
    "this_quarter": "operating_cash_flow_deviation",
    "last_quarter": "operating_cash_flow_deviation_last_quarter",
}
DEVIATION_FLOOR, NET_FLOOR = "liquidity.deviation_floor", "liquidity.net_cash_flow_floor"


@dataclass(eq=False)
class Regulatory:
    """Indicators of n cases: values by item (n,), which requirements are not met, and the forms they come from."""

    values: dict[str, Array] = field(default_factory=dict)
    failing: dict[str, Mask] = field(default_factory=dict)
    forms: dict[str, tuple[Mask, dict[str, Array]]] = field(default_factory=dict)


def deviation(actual: Sum, forecast: Sum, floor: Decimal) -> Array:
    """Adverse deviation of operating cash flow, n values: (actual − forecast) ÷ |forecast|; NaN for a forecast of zero.

    Decided exactly at the floor (annex 2, 二).
    """
    return quotient(actual - forecast, absolute(forecast), floor)


def running_below(flows: list[Array], floor: float, reading: str) -> Mask:
    """Whether net cash flows run below the floor (annex 2, 三). flows: by period back in time, each (n,), NaN for none."""
    below = [np.asarray(values < floor) for values in flows]
    if reading == "all_three":
        return np.asarray(np.logical_and.reduce(below))
    return np.asarray(np.logical_or.reduce([now & before for now, before in pairwise(below)]))


def back_test(portfolio: Portfolio, found: Regulatory) -> None:
    """Deviations of this quarter and the last from table LR2-3; twice running below the floor does not meet the requirement."""
    form = read_form(portfolio, BACK_TEST)
    if form is None:
        return
    floor = portfolio.rulebook.exactly().value(DEVIATION_FLOOR)
    shown: dict[str, Array] = {}
    for column, item in QUARTERS.items():
        actual, forecast = (_net(portfolio, form, column, which) for which in ("actual", "forecast"))
        found.values[item] = deviation(actual, forecast, floor)
        none = actual.known & forecast.known & np.isnan(found.values[item])
        remark(
            portfolio, form, none, "forecast_net", column, "no_forecast", "经营活动净现金流预测值为零，偏差率没有意义，未计算也未判断",
            "the forecast is zero, so the deviation has no value and is not judged", "规则第13号附件2二",
        )  # fmt: skip
        values = form.values[column].copy()
        for which, figure in (("actual", actual), ("forecast", forecast)):
            values[form.place(f"{which}_net")] = figure.values
        shown[column] = np.vstack([found.values[item], values])
    found.failing["operating_cash_flow_deviation"] = np.logical_and.reduce(
        [found.values[item] < float(floor) for item in QUARTERS.values()]
    )
    found.forms[BACK_TEST] = (form.present, shown)


def _net(portfolio: Portfolio, form: Form, column: str, which: str) -> Sum:
    """A net figure of LR2-3: inflow less outflow, or as it was typed; both must agree."""
    net, inflow, outflow = (form.of(column, f"{which}_{part}") for part in ("net", "inflow", "outflow"))
    made = Sum.of(inflow) - Sum.of(outflow)
    disagree(portfolio, form, f"{which}_net", column, net, made.values, 2, "规则第13号附件2附表2-3")
    figure = made.where(made.known, Sum.of(net))
    none = form.none[column][[form.place(f"{which}_{part}") for part in ("net", "inflow", "outflow")]].any(axis=0)
    missing(portfolio, form, form.present & ~figure.known & ~none, f"{which}_net", column, none=True)
    return figure


def net_cash_flow(portfolio: Portfolio, flows: CashFlows | None, found: Regulatory) -> None:
    """Net cash flow of this year and the two before from LR2-4; of this year also from LR1."""
    form, size = read_form(portfolio, NET), portfolio.size
    if form is None and flows is None:
        return
    made = Sum.of(np.full(size, np.nan)) if flows is None else flows.year_to_date("net_cash_flow")
    figures = dict.fromkeys(NET_CASH_FLOWS, Sum.of(np.full(size, np.nan)))
    if form is not None:
        typed = form.values["amount"]
        figures = {item: Sum.of(typed[form.place(item)]) for item in NET_CASH_FLOWS}
        _tell_other(portfolio, form, figures[NET_CASH_FLOWS[0]], made)
    figures[NET_CASH_FLOWS[0]] = figures[NET_CASH_FLOWS[0]].where(figures[NET_CASH_FLOWS[0]].known, made)
    floor = portfolio.rulebook.exactly().value(NET_FLOOR)
    found.values |= {item: beside(figure, floor) for item, figure in figures.items()}
    if form is None:
        return
    for item in NET_CASH_FLOWS:
        none = form.none["amount"][form.place(item)]
        missing(portfolio, form, form.present & ~figures[item].known & ~none, item, "amount", none=True)
    reading = portfolio.rulebook.reading("net_cash_flow_running")
    found.failing["net_cash_flow"] = running_below(
        [found.values[item] for item in NET_CASH_FLOWS], float(floor), reading
    )
    found.forms[NET] = (form.present, {"amount": np.array([found.values[item] for item in NET_CASH_FLOWS])})


def _tell_other(portfolio: Portfolio, form: Form, typed: Sum, made: Sum) -> None:
    """Effects of exchange rates are in the cash-flow statement and not in LR1: a difference is only remarked on."""
    differs(
        portfolio, form, NET_CASH_FLOWS[0], "amount", "differs_from_test", typed.values, made.values,
        "本年累计净现金流与 LR1 本年累计数不同（汇率变动影响除外应一致），以所填数为准",
        "net cash flow of the year is not that of LR1, as it is but for exchange rates; the figure given here stands", "规则第13号附件2三",
    )  # fmt: skip
