"""Statements and instruments of rule 1 in the workbooks: S03, S04 and AC01 for two quarters, and what they are worked out from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from solvency.capital_forms import capital_lines, records, statement_lines
from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.result import Result
from solvency.rules.rule01_actual_capital.formulas import TIERS
from solvency.rules.rule01_actual_capital.statements import parts_of
from solvency.tables.positions.spec import Column, position_tables

COLUMNS = ("book_value", "form_difference", "admitted_value")
CLOSE = 1e-9
BOLD: dict[str, Any] = {"bold": True, "bg_color": "#EEF2F8"}
DETAIL_SHEETS = ("AC01", "InvestmentProperty", "FutureSurplus", "PoliciesInForce", "LifeReinsurance")
# what came of a line, beside what was typed: column -> (zh, en, kind)
MADE: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "AC01": (
        ("remaining_term", "剩余期限（年）", "Remaining term (years)", "number"), ("runs_to", "计算至", "Runs to", "text"),
        ("liability_share", "负债比例", "Share that is a liability", "share"), ("counted", "计入资本", "Counts as capital", "amount"),
        ("liability", "资本性负债", "Capital liability", "amount"), ("tests", "不符合的标准", "Tests that fail", "text"),
    ),
    "InvestmentProperty": (
        ("admitted_value", "认可价值", "Admitted value", "amount"), ("of_cost", "归属购置成本", "Of the cost", "amount"),
        ("of_gain", "归属评估增值", "Of the gain", "amount"), ("core_tier1", "S02 第1.2.3行", "Row 1.2.3 of S02", "amount"),
        ("supplementary_tier1", "S02 第3.5行", "Row 3.5 of S02", "amount"), ("released_tax", "减少的递延所得税负债", "Deferred tax released", "amount"),
    ),
    "FutureSurplus": (
        ("band", "剩余期限组", "Group", "text"), ("capital_return", "资本报酬率", "Capital return", "share"),
        ("upper_share", "现值占比", "Present value as a share", "share"), ("upper", "现值（分摊前）", "Present value (before apportionment)", "amount"),
    ),
    "LifeReinsurance": (("counts_in", "计入级别", "Counts in", "text"), ("counted", "计入资本", "Counts as capital", "amount")),
}  # fmt: skip


def periods(report: Report) -> list[tuple[tuple[str, str], Result | None, int]]:
    return [
        ((report.this.zh, report.this.en), report.result, report.row),
        ((report.last.zh, report.last.en), report.prior, report.prior_row),
    ]


def has_statement(report: Report, sheet: str) -> bool:
    """Whether a statement, or the instruments, were given for one of the two quarters."""
    read = capital_lines if sheet == "AC01" else statement_lines
    return any(result is not None and len(read(result, row, sheet)) for _, result, row in periods(report))


def write_statement(page: Page, report: Report, sheet: str) -> None:
    """S03 or S04 with its official rows: book value, what the form adds to it, admitted value, for this quarter and the last."""
    table = position_tables()[sheet]
    heads = [(report.say("账面价值", "book value"), report.say("非认可价值及差额", "not admitted and differences"), report.say("认可价值", "admitted value"))] * 2  # fmt: skip
    named = [
        f"{report.say(*name)}\n{head}"
        for (name, _, _), three in zip(periods(report), heads, strict=True)
        for head in three
    ]
    page.head(report.say("行次", "Row"), report.say("项目", "Item"), *named)
    first = page.row
    shown = [
        statement_lines(result, number, sheet) if result is not None else pd.DataFrame()
        for _, result, number in periods(report)
    ]
    beside = {str(item) for lines in shown if len(lines) for item in lines.loc[lines["book_value"].notna(), "item"]}
    rows = [row for row in table.rows if not row.beside or row.item in beside]
    place = {row.item: first + i for i, row in enumerate(rows)}
    for row in rows:
        look = BOLD if "." not in row.row and not row.beside else {}
        page.text(place[row.item], 0, "附" if row.beside else row.row, "code", **look)
        page.text(place[row.item], 1, report.say(row.zh, row.en), indent=row.row.count("."), **look)
    for at, lines in enumerate(shown):
        values = {line["item"]: line for line in records(lines)}
        _column(page, report, sheet, values, place, 2 + len(COLUMNS) * at)
    page.row = first + len(rows)
    page.line(
        report.say(
            "认可价值 = 账面价值 + 非认可价值及差额；非认可部分以负数列示。",
            "Admitted value = book value + what is not admitted and differences; what is not admitted is negative.",
        )
    )


def _column(page: Page, report: Report, sheet: str, values: dict[str, Any], place: dict[str, int], first: int) -> None:
    """The three columns of one quarter; totals and admitted values as live formulas where they give the figure."""
    rows, totals = position_tables()[sheet].rows, parts_of(sheet)
    for i, name in enumerate(COLUMNS):
        column = first + i
        shown = {item: report.amount(float(line[name])) for item, line in values.items() if line[name] == line[name]}
        for row in rows:
            if row.item not in place:
                continue
            look = BOLD if "." not in row.row and not row.beside else {}
            at, value = place[row.item], shown.get(row.item)
            if value is None:
                page.absent(at, column, **look)
                continue
            parts = [rows[part].item for part in totals.get(row.item, ())]
            if parts and name != "form_difference" and all(part in shown for part in parts):
                worked, formula = (
                    sum(shown[part] for part in parts),
                    "+".join(page.cell(place[part], column) for part in parts),
                )
            elif name == "admitted_value" and all(values[row.item][c] == values[row.item][c] for c in COLUMNS):
                worked = sum(report.amount(float(values[row.item][c])) for c in COLUMNS[:2])
                formula = f"{page.cell(at, first)}+{page.cell(at, first + 1)}"
            else:
                page.number(at, column, value, "amount", **look)
                continue
            if abs(worked - value) <= CLOSE * max(abs(value), *(abs(shown[part]) for part in parts), 1.0):
                page.formula(at, column, formula, worked, "amount", **look)
            else:
                page.number(at, column, value, "amount", **look)


def write_instruments(page: Page, report: Report) -> bool:
    """Form AC01 for this quarter and the last, with remaining terms and what counts; whether there was anything."""
    some = False
    for name, result, row in periods(report):
        lines = capital_lines(result, row, "AC01") if result is not None else pd.DataFrame()
        if not len(lines):
            continue
        some = True
        page.section(report.say(*name))
        page.head(
            report.say("行次", "Row"), report.say("资本工具名称", "Instrument"), report.say("发行日期 / 发行金额", "Issued / amount"),
            report.say("期限 / 剩余期限（年）", "Term / remaining (years)"), report.say("赎回条款", "Call clause"),
            report.say("利率跳升机制", "Step-up"), report.say("清偿顺序 / 本息支付条件", "Ranking / payment"), report.say("计入资本", "Counts as capital"),
        )  # fmt: skip
        for number, tier in enumerate(TIERS, start=1):
            for count, line in enumerate(records(lines[lines["tier"] == tier]), start=1):
                _instrument(page, report, f"{number}.{count}", line)
    return some


def _instrument(page: Page, report: Report, number: str, line: dict[str, Any]) -> None:
    table = position_tables()["AC01"]
    page.text(page.row, 0, number, "code")
    page.text(page.row, 1, _name(line))
    issued = _day(line["issue_date"]) + (
        f" / {report.amount(line['issue_amount']):,.2f}" if line["issue_amount"] == line["issue_amount"] else ""
    )
    page.text(page.row, 2, issued or "–")
    ends = (
        f"{_day(line['maturity_date'])}" if line["has_maturity"] == "yes" else report.say("没有到期日", "no maturity")
    )
    if line["redeemed"] == "yes":
        ends = report.say("已赎回或偿还", "redeemed or repaid")
    left = f" / {line['remaining_term']:.2f}" if line["remaining_term"] == line["remaining_term"] else ""
    page.text(page.row, 3, ends + left)
    page.text(page.row, 4, _day(line["call_date"]) if line["has_call"] == "yes" else report.say("无", "none"))
    page.text(
        page.row,
        5,
        f"{line['step_up']:.4%}"
        if line["step_up"] == line["step_up"] and line["step_up"]
        else report.say("无", "none"),
    )
    words = [_word(table.column(name), line[name], report) for name in ("ranking", "payment_terms")]
    page.text(page.row, 6, " / ".join(word for word in words if word) or "–")
    page.figure(page.row, 7, report.amount(line["counted"]), "amount")
    page.row += 1


def write_details(page: Page, report: Report, sheet: str) -> None:
    """A table of rule 1 in the internal file: what was typed and what came of it, for this quarter."""
    table = position_tables()[sheet]
    made = MADE.get(sheet, ())
    lines = _lines(report, sheet)
    used = [column for column in table.columns if column.id in lines and lines[column.id].notna().any()]
    page.head(
        report.say("位置", "Place"), *(column.label(report.lang) for column in used), *(report.say(zh, en) for _, zh, en, _ in made),
        *([report.say("依据", "Source")] if made else []),
    )  # fmt: skip
    for line in records(lines):
        page.text(page.row, 0, f"{sheet}!{line['place']}")
        for at, column in enumerate(used, start=1):
            _typed(page, at, column, line[column.id], report)
        for at, (name, _, _, kind) in enumerate(made, start=1 + len(used)):
            value = line.get(f"{name}_{report.lang}", line.get(name))
            if kind == "text":
                page.text(page.row, at, value or "–")
            elif value is None or value != value:
                page.text(page.row, at, "–", align="right")
            else:
                page.figure(page.row, at, report.amount(float(value)) if kind == "amount" else float(value), kind)
        if made:
            page.text(page.row, 1 + len(used) + len(made), line["citation"] or "–")
        page.row += 1


def _lines(report: Report, sheet: str) -> pd.DataFrame:
    if sheet in MADE:
        return capital_lines(report.result, report.row, sheet)
    for rows, charged in report.result.charged:
        if report.row in rows and sheet in charged.positions.tables:
            own = charged.positions.tables[sheet]
            own = own[own["case"] == list(rows).index(report.row)]
            places = [charged.positions.place(sheet, int(line), "") for line in own["line"]]
            return own.assign(place=[place.get("cell") or place.get("row", "") for place in places])
    return pd.DataFrame()


def detail_pages(report: Report) -> Sequence[str]:
    """The tables of rule 1 of this quarter that have lines."""
    return [sheet for sheet in DETAIL_SHEETS if len(_lines(report, sheet))]


def _typed(page: Page, column: int, spec: Column, value: Any, report: Report) -> None:
    if value is None or value != value:
        page.text(page.row, column, "–")
    elif spec.kind == "amount":
        page.figure(page.row, column, report.amount(float(value)), "amount")
    elif spec.kind in ("number", "ratio"):
        page.figure(page.row, column, float(value), "number" if spec.kind == "number" else "share")
    elif spec.kind == "date":
        page.text(page.row, column, _day(value))
    else:
        page.text(page.row, column, _word(spec, value, report))


def _word(spec: Column, value: Any, report: Report) -> str:
    """A class by its name."""
    if not isinstance(value, str):
        return ""
    allowed = spec.allowed(report.result.rulebook(report.row)) if spec.kind != "text" else {}
    return report.say(*allowed[value]) if value in allowed else value


def _name(line: dict[str, Any]) -> str:
    return next((str(line[name]) for name in ("name", "id") if isinstance(line[name], str)), "–")


def _day(value: Any) -> str:
    return "" if value is None or value != value else str(value)[:10]
