"""Liquidity coverage ratios LCR1, LCR2 and LCR3, and the liquid asset reserve (rule 13, annex 2, part 一)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.ratios import NEAR
from solvency.rules.rule01_actual_capital.statements import tell
from solvency.rules.rule13_liquidity_risk.cash_flows import FLOWS, SCENARIOS, STRESS, CashFlows
from solvency.rules.rule13_liquidity_risk.forms import Form, absent, agree, differs, missing, read_form
from solvency.rules.rule13_liquidity_risk.sums import Sum, quotient

COVERAGE, RESERVE = "LR2-1", "LR2-2"
CASH, REALISABLE, TOTAL = "cash_and_equivalents", "realisable_reserve", "liquid_reserve_total"
FACTOR = "liquidity.reserve_conversion"
REQUIREMENT = "liquidity.coverage_requirement"
HORIZONS = "liquidity.horizon_quarters"


@dataclass(frozen=True)
class Ratio:
    """One coverage ratio: which of the three, its scenario and its horizon (3_months, 12_months)."""

    kind: str
    scenario: str
    horizon: str

    @property
    def item(self) -> str:
        middle = "" if self.kind == "lcr1" else f"{self.scenario}_"
        return f"{self.kind}_{middle}{self.horizon}"


def ratios_of(rulebook: Rulebook) -> list[Ratio]:
    """Every coverage ratio: LCR1 of the base scenario, LCR2 and LCR3 of both stress scenarios, over each horizon."""
    kinds = [("lcr1", "base"), *((kind, scenario) for kind in ("lcr2", "lcr3") for scenario in STRESS)]
    return [Ratio(kind, scenario, horizon) for kind, scenario in kinds for horizon in rulebook.rows(HORIZONS)]


def liquid_reserve(book_values: Array, factors: Array) -> Array:
    """What liquid assets realise: book value × conversion factor (annex 2, 一（二）4（3）).

    book_values: (classes, n), CNY; factors: (classes,). Returns (classes, n), CNY.
    """
    return np.asarray(book_values * factors[:, None])


def coverage_ratio(
    inflow: Sum, cash: Sum, outflow: Sum, rulebook: Rulebook, kind: str, reserve: Sum | None = None
) -> Array:
    """A coverage ratio of n cases (annex 2, 一（一）): inflow + cash (+ what liquid assets realise) over outflow.

    kind: lcr1, lcr2 or lcr3, whose requirement decides exactly. NaN where a figure is not known or there is no outflow.
    """
    available = inflow + cash if reserve is None else inflow + cash + reserve
    return quotient(available, outflow, rulebook.exactly().rows(REQUIREMENT)[kind])


@dataclass(eq=False)
class Coverage:
    """What the coverage ratios of n cases are worked out from, and the ratios.

    inflow, outflow: by scenario and horizon. cash, reserve: of the valuation date. values: item -> (n,).
    """

    inflow: Mapping[tuple[str, str], Sum]
    outflow: Mapping[tuple[str, str], Sum]
    cash: Sum
    reserve: Sum
    values: dict[str, Array] = field(default_factory=dict)
    reserve_form: dict[str, Array] = field(default_factory=dict)  # of table LR2-2, its columns; empty without it
    has_reserve_form: Mask | None = None  # which cases have it
    current: dict[str, Array] = field(default_factory=dict)  # flows in the current column of table LR2-1, as typed


def coverage(portfolio: Portfolio, flows: CashFlows | None, cash_tools: Array) -> Coverage:
    """Coverage ratios from the tables LR1, LR2-1 and LR2-2; a figure in both must agree. Problems are collected.

    cash_tools: row 1 of S03 at book value, (n,) CNY, NaN where not known.
    """
    form, rulebook = read_form(portfolio, COVERAGE), portfolio.rulebook
    size = portfolio.size
    nothing = Sum.of(np.full(size, np.nan))
    sums: dict[str, dict[tuple[str, str], Sum]] = {direction: {} for direction in FLOWS}
    for direction in FLOWS:
        for scenario in SCENARIOS:
            for horizon, count in rulebook.rows(HORIZONS).items():
                made = nothing if flows is None else flows.flow(direction, scenario, int(count))
                sums[direction][scenario, horizon] = _given_or(
                    portfolio, form, direction, f"{scenario}_{horizon}", made
                )
    found = Coverage(sums["cash_inflow"], sums["cash_outflow"], nothing, nothing)
    wanted = {
        scenario: np.any([found.inflow[scenario, h].known | found.outflow[scenario, h].known for h in rulebook.rows(HORIZONS)], axis=0)
        for scenario in SCENARIOS
    }  # fmt: skip
    found.cash = _cash(portfolio, form, np.any(list(wanted.values()), axis=0), cash_tools)
    found.reserve = _reserve(portfolio, form, found, np.any([wanted[scenario] for scenario in STRESS], axis=0))
    for ratio in ratios_of(rulebook):
        key = (ratio.scenario, ratio.horizon)
        reserve = found.reserve if ratio.kind == "lcr2" else None
        found.values[ratio.item] = coverage_ratio(
            found.inflow[key], found.cash, found.outflow[key], rulebook, ratio.kind, reserve
        )
    _tell_no_outflow(portfolio, found)
    if form is not None:
        found.current = {item: form.of("current", item) for item in FLOWS}
    return found


def _given_or(portfolio: Portfolio, form: Form | None, item: str, column: str, made: Sum) -> Sum:
    """A figure of LR2-1 that is worked out from LR1, else the one that was typed; both must agree."""
    if form is None:
        return made
    typed = form.of(column, item)
    agree(portfolio, form, item, column, typed, made.values, len(made.parts), "规则第13号附件2附表2-1")
    return made.where(made.known, Sum.of(typed))


def _one_value(portfolio: Portfolio, form: Form, item: str, figure: Array) -> None:
    """The columns of a scenario repeat a figure of the valuation date."""
    for column, values in form.values.items():
        if column != "current":
            agree(portfolio, form, item, column, values[form.place(item)], figure, article="规则第13号附件2一（一）")


def _cash(portfolio: Portfolio, form: Form | None, wanted: Mask, cash_tools: Array) -> Sum:
    """Cash and cash equivalents at book value, needed for every ratio; cash and liquidity tools of S03 are rarely less."""
    if form is None:
        figure = np.full(portfolio.size, np.nan)
    else:
        figure = form.of("current", CASH)
        _one_value(portfolio, form, CASH, figure)
        missing(portfolio, form, wanted & np.isnan(figure), CASH, "current")
        differs(
            portfolio, form, CASH, "current", "more_than_statement", figure, np.minimum(figure, cash_tools),
            "现金及现金等价物大于 S03 第1行（现金及流动性管理工具）的账面价值，请核对",
            "cash and cash equivalents are more than row 1 of S03 (cash and liquidity tools) at book value; check them", "规则第13号附件2一（二）3",
        )  # fmt: skip
        wanted = np.zeros_like(wanted)
    for case in np.flatnonzero(wanted):
        portfolio.problems.add_at(
            int(case), {"sheet": COVERAGE, "item": f"{COVERAGE}.{CASH}"}, "missing", "缺少现金及现金等价物（LR2-1 第3行）",
            "cash and cash equivalents are missing (row 3 of LR2-1)", allowed="数字，没有请填 0", allowed_en="a number; type 0 if there is none",
            article="规则第13号附件2一（一）",
        )  # fmt: skip
    return Sum.of(figure)


def _reserve(portfolio: Portfolio, form: Form | None, found: Coverage, wanted: Mask) -> Sum:
    """What the liquid asset reserve realises: table LR2-2, else row 4 of LR2-1."""
    made = _reserve_of_table(portfolio, found)
    if form is not None:
        typed = form.of("current", REALISABLE)
        agree(
            portfolio, form, REALISABLE, "current", typed, made.values, len(made.parts), "规则第13号附件2一（二）4（3）"
        )
        made = made.where(made.known, Sum.of(typed))
        _one_value(portfolio, form, REALISABLE, made.values)
    absent(
        portfolio, wanted & ~made.known, RESERVE, "no_reserve", "未填流动性资产储备（没有请填 0），LCR2 未计算，是否达标未判断",
        "no liquid asset reserve (type 0 if there is none); LCR2 is not computed and not judged",
        "规则第13号附件2一（二）4",
    )  # fmt: skip
    return made


def _reserve_of_table(portfolio: Portfolio, found: Coverage) -> Sum:
    form = read_form(portfolio, RESERVE)
    if form is None:
        return Sum.of(np.full(portfolio.size, np.nan))
    factors = np.array([portfolio.rulebook.rows(FACTOR).get(row.item, np.nan) for row in form.rows])
    classes, total = [i for i, row in enumerate(form.rows) if not row.total], form.place(TOTAL)
    book, realised, typed = form.values["book_value"], form.values["realised"], form.values["factor"]
    for place in classes:
        row = form.rows[place]
        wrong = np.abs(typed[place] - factors[place]) > NEAR
        tell(
            portfolio, form, wrong, row.item, "factor", "disagree", f"{row.zh}的折算系数不是规则规定的 {factors[place]:.0%}",
            f"the conversion factor of {row.en} is not {factors[place]:.0%}",
            severity="warning" if portfolio.hypothetical else "error", article="规则第13号附件2一（二）4（3）",
        )  # fmt: skip
        missing(portfolio, form, ~np.isnan(realised[place]) & np.isnan(book[place]), row.item, "book_value")
    some = np.asarray(~np.isnan(book[classes]).all(axis=0))
    made = liquid_reserve(np.nan_to_num(book[classes]), factors[classes])
    for place, amount in zip(classes, made, strict=True):
        agree(
            portfolio, form, form.rows[place].item, "realised", realised[place], np.where(np.isnan(book[place]), np.nan, amount),
            article="规则第13号附件2一（二）4（3）",
        )  # fmt: skip
    sums = {
        "book_value": np.where(some, np.nansum(book[classes], axis=0), np.nan),
        "realised": np.where(some, made.sum(axis=0), np.nan),
    }
    for column, values in sums.items():
        agree(portfolio, form, TOTAL, column, form.of(column, TOTAL), values, len(classes), "规则第13号附件2附表2-2")
    alone = Sum.of(np.where(some, np.nan, realised[total]))
    missing(portfolio, form, form.present & ~some & ~alone.known, form.rows[classes[0]].item, "book_value")
    _show_reserve(found, form, factors, classes, made, some)
    return Sum(made, some).where(some, alone)


def _show_reserve(found: Coverage, form: Form, factors: Array, classes: list[int], made: Array, some: Mask) -> None:
    book, realised = form.values["book_value"].copy(), form.values["realised"].copy()
    total = form.place(TOTAL)
    book[classes] = np.where(some, np.nan_to_num(book[classes]), book[classes])
    realised[classes] = np.where(some, made, np.nan)
    book[total] = np.where(some, book[classes].sum(axis=0), book[total])
    realised[total] = np.where(some, made.sum(axis=0), realised[total])
    share = np.broadcast_to(factors[:, None], book.shape)
    found.reserve_form = {"book_value": book, "factor": share, "realised": realised}
    found.has_reserve_form = form.present


def _tell_no_outflow(portfolio: Portfolio, found: Coverage) -> None:
    """Ratios whose denominator is zero or negative have no value."""
    for (scenario, horizon), outflow in found.outflow.items():
        zh, en = SCENARIOS[scenario]
        none = outflow.known & found.inflow[scenario, horizon].known & found.cash.known
        of = next(
            found.values[ratio.item]
            for ratio in ratios_of(portfolio.rulebook)
            if (ratio.scenario, ratio.horizon) == (scenario, horizon) and ratio.kind != "lcr2"
        )
        absent(
            portfolio, none & np.isnan(of), COVERAGE, "no_outflow", f"{zh}{_months(horizon)[0]}现金流出不是正数，流动性覆盖率没有意义，未计算也未判断",
            f"{en}, {_months(horizon)[1]}: outflow is not positive, so coverage has no value and is not judged", "规则第13号附件2一（一）",
        )  # fmt: skip


def _months(horizon: str) -> tuple[str, str]:
    count = horizon.partition("_")[0]
    return f"未来{count}个月", f"{count} months"
