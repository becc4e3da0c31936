"""From the tables of rule 13 to its indicators: coverage, back-testing, net cash flow, monitoring, and what is not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import ABSENT, COMPUTED, Array, Figures, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule13_liquidity_risk.cash_flows import (
    FLOWS,
    SCENARIOS,
    CashFlows,
    cash_flows,
    columns,
    read_cash_flows,
)
from solvency.rules.rule13_liquidity_risk.cash_flows import SHEET as TEST
from solvency.rules.rule13_liquidity_risk.coverage import (
    COVERAGE,
    HORIZONS,
    REQUIREMENT,
    RESERVE,
    Coverage,
    coverage,
    ratios_of,
)
from solvency.rules.rule13_liquidity_risk.forms import KIND, shown
from solvency.rules.rule13_liquidity_risk.formulas import LINES, flow_item
from solvency.rules.rule13_liquidity_risk.monitoring import monitoring
from solvency.rules.rule13_liquidity_risk.regulatory import Regulatory, back_test, net_cash_flow
from solvency.rules.rule13_liquidity_risk.stress import derive
from solvency.tables.positions.read import Positions
from solvency.tables.positions.spec import position_tables
from solvency.tables.validate import Problems

# requirements that are no coverage ratio
OTHERS = ("operating_cash_flow_deviation", "net_cash_flow")


@dataclass(frozen=True, eq=False)
class Liquidity:
    """Indicators of n cases: figures by item (n,), CNY and fractions, NaN without; failing: requirement -> (n,); forms by code."""

    figures: Mapping[str, Array] = field(default_factory=dict)
    failing: Mapping[str, Mask] = field(default_factory=dict)
    forms: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def put(self, figures: Figures) -> None:
        """Every indicator among the figures, those without a value too."""
        for item, values in self.figures.items():
            figures.put(item, values, np.where(np.isnan(values), ABSENT, COMPUTED))


def requirements(rulebook: Rulebook) -> tuple[str, ...]:
    """Everything annex 2 requires, by name: each coverage ratio, the deviation and net cash flow."""
    return (*(ratio.item for ratio in ratios_of(rulebook)), *OTHERS) if rulebook.has(REQUIREMENT) else ()


def liquidity(
    positions: Positions, cases: pd.DataFrame, insurer_type: str, rulebook: Rulebook, problems: Problems, scale: int,
    *, cash_tools: Array | None = None, held: bool = False, hypothetical: bool = False,
) -> Liquidity:  # fmt: skip
    """Everything the tables of rule 13 say of n cases of one type of insurer. Problems are collected.

    positions: typed tables (CNY). cases: n rows with `total_assets` (CNY, NaN for blank). scale: yuan per unit of the input.
    cash_tools: row 1 of S03 at book value, (n,) CNY, NaN where not known. held: whether other cases of the input have
    such tables: then every figure stands there, without a value. hypothetical: other rules than those the forms were filed
    under, so that what was typed of their outcome may differ.
    """
    tables = {s: f for s, f in positions.tables.items() if position_tables()[s].kind == KIND}
    if not tables:
        return Liquidity({item: np.full(len(cases), np.nan) for item in LINES} if held else {})
    portfolio = Portfolio(
        Positions(tables, positions.inputs),
        cases,
        insurer_type,
        rulebook,
        problems,
        hypothetical=hypothetical,
        scale=scale,
    )
    given, flows = read_cash_flows(portfolio), None
    if given is not None:
        form, lines = given
        lines, derived = derive(portfolio, form, lines)
        flows = cash_flows(portfolio, form, lines, derived)
    known = np.full(len(cases), np.nan) if cash_tools is None else cash_tools
    covered, others = coverage(portfolio, flows, known), Regulatory()
    back_test(portfolio, others)
    net_cash_flow(portfolio, flows, others)
    monitored, sheets = monitoring(portfolio, flows, known)
    figures = {**_amounts(covered, rulebook), **covered.values, **others.values, **monitored}
    lines_in_order = {item: figures.get(item, np.full(len(cases), np.nan)) for item in LINES}
    forms = {sheet: shown(sheet, present, values) for sheet, (present, values) in {**others.forms, **sheets}.items()}
    return Liquidity(
        lines_in_order, {**_below(covered, rulebook), **others.failing}, {**_forms(portfolio, flows, covered), **forms}
    )


def _below(covered: Coverage, rulebook: Rulebook) -> dict[str, Mask]:
    least = rulebook.rows(REQUIREMENT)
    return {ratio.item: np.asarray(covered.values[ratio.item] < least[ratio.kind]) for ratio in ratios_of(rulebook)}


def _amounts(covered: Coverage, rulebook: Rulebook) -> dict[str, Array]:
    found = {"cash_and_equivalents": covered.cash.values, "realisable_reserve": covered.reserve.values}
    for direction, sums in (("cash_inflow", covered.inflow), ("cash_outflow", covered.outflow)):
        found |= {flow_item(direction, *key): figure.values for key, figure in sums.items()}
    return found


def _forms(portfolio: Portfolio, flows: CashFlows | None, covered: Coverage) -> dict[str, pd.DataFrame]:
    """Forms 1, 2-1 and 2-2 as they are worked out."""
    found: dict[str, pd.DataFrame] = {}
    if flows is not None:
        amounts = {column: flows.whole[:, place] for place, column in enumerate(columns())}
        found[TEST] = shown(TEST, flows.form.present, amounts)
    if covered.has_reserve_form is not None:
        found[RESERVE] = shown(RESERVE, covered.has_reserve_form, covered.reserve_form)
    present = np.any(
        [
            figure.known
            for figure in (*covered.inflow.values(), *covered.outflow.values(), covered.cash, covered.reserve)
        ],
        axis=0,
    )
    if present.any():
        found[COVERAGE] = shown(COVERAGE, present, _coverage_columns(portfolio, covered))
    return found


def _coverage_columns(portfolio: Portfolio, covered: Coverage) -> dict[str, Array]:
    """The columns of form 2-1: its seven rows by scenario and horizon."""
    blank = np.full(portfolio.size, np.nan)
    cash, reserve = covered.cash.values, covered.reserve.values
    current = [covered.current.get(item, blank) for item in FLOWS]
    found = {"current": np.array([*current, cash, reserve, blank, blank, blank])}
    ratios = {(r.kind, r.scenario, r.horizon): covered.values[r.item] for r in ratios_of(portfolio.rulebook)}
    for scenario in SCENARIOS:
        for horizon in portfolio.rulebook.rows(HORIZONS):
            key = (scenario, horizon)
            own = [ratios.get((kind, *key), blank) for kind in ("lcr1", "lcr2", "lcr3")]
            found["_".join(key)] = np.array(
                [covered.inflow[key].values, covered.outflow[key].values, cash, reserve, *own]
            )
    return found
