"""Liquidity risk in the workbooks: the indicators against what is required, and the forms of rule 13 with live totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from solvency.errors import InputError, Problem
from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.liquidity_indicators import FORMS, RUNNING, indicators, liquidity_form
from solvency.result import is_amount, is_ratio
from solvency.rules.frame import allowance
from solvency.rules.rule13_liquidity_risk import LINES
from solvency.rules.rule13_liquidity_risk.cash_flows import FLOWS, NETS, RECOVERED
from solvency.rules.rule13_liquidity_risk.monitoring import INDICATORS, PRINTED
from solvency.tables.positions.spec import position_tables
from solvency.tables.spec import tables

CLOSE = 1e-9
CENT = 0.01
DEVIATION, LAST_DEVIATION = "operating_cash_flow_deviation", "operating_cash_flow_deviation_last_quarter"
BOLD: dict[str, Any] = {"bold": True, "bg_color": "#EEF2F8"}
_COVERAGE = {
    "lcr1": ("cash_inflow", "cash_and_equivalents"),
    "lcr2": ("cash_inflow", "cash_and_equivalents", "realisable_reserve"),
    "lcr3": ("cash_inflow", "cash_and_equivalents"),
}


def indicator(report: Report, item: str, *, last: bool = False) -> Any:
    """An indicator as it was worked out, else as the insurer states it; None where it was not supplied."""
    period = report.last if last else report.this
    if period.value(item) == period.value(item):
        return period.value(item)
    stated = report.stated(item, last=last)
    if (
        stated is None
        and last
        and item == DEVIATION
        and report.this.value(LAST_DEVIATION) == report.this.value(LAST_DEVIATION)
    ):
        return report.this.value(LAST_DEVIATION)
    return stated


def check_stated(report: Report) -> None:
    """An indicator that is both stated and worked out must be one figure. Raises InputError."""
    found = []
    for row in tables()["Statements"]:
        stated, made = report.stated(row.item), report.this.value(row.item)
        if row.item not in LINES or not isinstance(stated, float) or made != made:
            continue
        allowed = float(allowance(CENT, np.array(made))) if is_amount(row.item) else PRINTED
        if abs(stated - made) > allowed:
            found.append(
                Problem(
                    "disagree", "error", f"{row.zh}所填数与 LR1 至 LR3-3 的计算数不一致", f"{row.en}: what is stated and what LR1 to LR3-3 give differ",
                    sheet="Statements", item=f"Statements.{row.item}", found=f"{stated:.10g} ≠ {made:.10g}", article=row.article,
                )
            )  # fmt: skip
    if found:
        raise InputError(found)


def pages(report: Report) -> Iterator[tuple[str, str, tuple[int, ...], Callable[[Page, Report], None]]]:
    """The sheets of the internal file: the indicators, then each form that was given."""
    if indicators(report.result, report.row):
        yield "流动性指标", "Liquidity", (62, 22, 18, 14, 46), write_indicators
    for sheet in FORMS:
        form = liquidity_form(report.result, report.row, sheet)
        if len(form):
            yield sheet, sheet, (8, 62, *[22] * len(_figures(sheet))), partial(write_form, sheet=sheet)


def write_indicators(page: Page, report: Report) -> None:
    """Each indicator with what is required and whether it is met; monitoring indicators without."""
    for group, zh, en in (
        ("regulatory", "流动性风险监管指标", "Liquidity: regulatory indicators"),
        ("monitoring", "流动性风险监测指标", "Liquidity: monitoring indicators"),
    ):
        lines = [line for line in indicators(report.result, report.row) if line["group"] == group]
        if not lines:
            continue
        page.section(report.say(zh, en))
        page.head(
            report.say("指标", "Indicator"), report.say("本季度数", "This quarter"), report.say("要求（不低于）", "Required, at least"),
            report.say("是否达标", "Met"), report.say("依据", "Source"),
        )  # fmt: skip
        for line in lines:
            kind = _kind(line["item"])
            page.text(page.row, 0, report.say(line["zh"], line["en"]))
            page.figure(page.row, 1, report.figure(line["item"], line["value"]), kind)
            if line["requirement"] is None:
                page.text(page.row, 2, "–", align="right")
            else:
                page.number(page.row, 2, report.figure(line["item"], line["requirement"]), kind)
            unknown = ("–", "–") if line["requirement"] is None else ("未判断", "not judged")
            met = {True: ("是", "yes"), False: ("否", "no"), None: unknown}[line["met"]]
            page.text(page.row, 3, report.say(*met), align="center")
            page.text(page.row, 4, line["article"])
            page.row += 1
    page.line(report.say(*RUNNING))


def _kind(item: str) -> str:
    return "amount" if is_amount(item) else "ratio" if is_ratio(item) else "number"


def _figures(sheet: str) -> list[str]:
    """The columns of a form that hold figures."""
    table = position_tables()[sheet]
    return [column.id for column in table.columns if column.kind in ("amount", "amount_or_none", "ratio")]


def write_form(page: Page, report: Report, sheet: str) -> None:
    """A form of rule 13 with its rows; totals and ratios as live formulas where they give the figure."""
    table = position_tables()[sheet]
    form = liquidity_form(report.result, report.row, sheet)
    columns = _figures(sheet)
    page.section(f"{sheet} {report.say(table.zh, table.en)}")
    page.head(
        report.say("行次", "Row"), report.say("项目", "Item"),
        *(report.say(table.column(name).zh, table.column(name).en) for name in columns),
    )  # fmt: skip
    lines = form.to_dict("records")
    place = {str(line["item"]): page.row + i for i, line in enumerate(lines)}
    totals = {row.item for row in table.rows if row.total} | set(_COVERAGE) | {"deviation"}
    looks = {item: BOLD if item in totals else {} for item in place}
    for line in lines:
        item = str(line["item"])
        page.text(place[item], 0, line["row"], "code", **looks[item])
        page.text(place[item], 1, report.say(line["zh"], line["en"]), indent=str(line["row"]).count("."), **looks[item])
    for number, name in enumerate(columns, start=2):
        shown = {str(line["item"]): _shown(report, line, name) for line in lines}
        for item in place:
            _cell(page, sheet, item, number, shown, place, looks[item])
    page.row += len(lines)


def _shown(report: Report, line: dict[Any, Any], column: str) -> tuple[float, str]:
    """A figure of a form as it is printed, with its kind."""
    value, item = float(line[column]), str(line["item"])
    if column == "value":
        return value, _kind(item)
    kind = "ratio" if item in (*_COVERAGE, "deviation") else "share" if column == "factor" else "amount"
    return (report.amount(value) if kind == "amount" and value == value else value), kind


def _cell(
    page: Page,
    sheet: str,
    item: str,
    column: int,
    shown: dict[str, tuple[float, str]],
    place: dict[str, int],
    look: dict[str, Any],
) -> None:
    """One figure, as a formula of the figures above it where that gives it."""
    value, kind = shown[item]
    if value != value:
        page.text(place[item], column, "–", align="right", **look)
        return

    def ref(name: str) -> str:
        return page.cell(place[name], column)

    parts = [(name, sign) for name, sign in _parts(sheet, item) if name in shown and shown[name][0] == shown[name][0]]
    if parts and kind == "amount":
        worked = sum(sign * shown[name][0] for name, sign in parts)
        formula = "".join(f"{'+' if sign > 0 else '-'}{ref(name)}" for name, sign in parts).lstrip("+")
        if abs(worked - value) <= CLOSE * max(1.0, *(abs(shown[name][0]) for name, _ in parts)):
            page.formula(place[item], column, formula, value, kind, **look)
            return
    if item in _COVERAGE:
        above = "+".join(ref(name) for name in _COVERAGE[item])
        page.formula(place[item], column, f"({above})/{ref('cash_outflow')}", value, kind, **look)
        return
    if item == "deviation":
        actual, forecast = ref("actual_net"), ref("forecast_net")
        page.formula(place[item], column, f"({actual}-{forecast})/ABS({forecast})", value, kind, **look)
        return
    page.number(place[item], column, value, kind, **look)


def _parts(sheet: str, item: str) -> list[tuple[str, int]]:
    """What a total of a form is made of."""
    if sheet == "LR1":
        if item in NETS:
            return [(NETS[item][0], 1), (NETS[item][1], -1)]
        if item == "investments_recovered":
            return [(name, 1) for name in RECOVERED]
        for total, sections in FLOWS.items():
            if item == total:
                return [(name, 1) for name in sections]
            if item in sections:
                return [(name, 1) for name in sections[item]]
    if sheet == "LR2-2" and item == "liquid_reserve_total":
        return [(row.item, 1) for row in position_tables()[sheet].rows if not row.total]
    if sheet == "LR2-3" and item.endswith("_net"):
        which = item.partition("_")[0]
        return [(f"{which}_inflow", 1), (f"{which}_outflow", -1)]
    for made in (made for kinds in INDICATORS.values() for made in kinds):
        if sheet.startswith("LR3") and made.item == item and not made.below:
            return list(made.above.items())
    return []
