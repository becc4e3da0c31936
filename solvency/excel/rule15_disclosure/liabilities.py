"""Life liabilities in the internal file: form L01 with last quarter's total, and the units behind it."""

from __future__ import annotations

from typing import Any

from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.liability_forms import COLUMNS, form_lines, unit_lines
from solvency.tables.positions.spec import position_tables

FORM, UNITS = "L01", "LifeLiabilities"
CLOSE = 1e-9
BOLD: dict[str, Any] = {"bold": True, "bg_color": "#EEF2F8"}
# what a unit shows: column -> its kind
SHOWN = {
    "pv_before": "amount", "pv_after": "amount", "guaranteed_rate": "share", "reserves_before": "amount", "reserves_after": "amount",
    "tvog_factor": "number", "tvog_before": "amount", "tvog_after": "amount", "best_estimate_before": "amount", "best_estimate_after": "amount",
    "risk_margin_before": "amount", "risk_margin_after": "amount", "policyholder_deposits": "amount",
}  # fmt: skip
WORKED_OUT = {
    "tvog_factor": ("TVOG 因子", "TVOG factor"),
    "best_estimate_before": ("分保前最优估计准备金", "Best estimate before reinsurance"),
    "best_estimate_after": ("分保后最优估计准备金", "Best estimate after reinsurance"),
}


def has_form(report: Report) -> bool:
    return len(form_lines(report.result, report.row)) > 0


def has_units(report: Report) -> bool:
    return len(unit_lines(report.result, report.row)) > 0


def write_form(page: Page, report: Report) -> None:
    """L01 with its official rows and columns; totals of columns and the sum of rows 1.1 and 1.2 as live formulas where they give the figure."""
    table = position_tables()[FORM]
    labels = [table.column(name).label(report.lang) for name in COLUMNS]
    page.head(
        report.say("行次", "Row"), report.say("项目", "Item"), *labels, report.say("期初合计", "Total of last quarter")
    )
    lines = {str(line["item"]): line for line in form_lines(report.result, report.row).to_dict("records")}
    before = {}
    if report.prior is not None:
        before = {str(line["item"]): line for line in form_lines(report.prior, report.prior_row).to_dict("records")}
    place = {row.item: page.row + i for i, row in enumerate(table.rows)}
    for row in table.rows:
        look = BOLD if "." not in row.row and not row.beside else {}
        at = place[row.item]
        page.text(at, 0, f"附{row.row}" if row.beside else row.row, "code", **look)
        page.text(at, 1, report.say(row.zh, row.en), indent=row.row.count("."), **look)
        values = [report.amount(float(lines[row.item][name])) for name in COLUMNS]
        for i, value in enumerate(values):
            _figure(page, report, at, 2 + i, value, values if i == len(values) - 1 else None, look)
        last = float(before[row.item]["total"]) if row.item in before else float("nan")
        _figure(page, report, at, 2 + len(COLUMNS), report.amount(last), None, look)
    page.row += len(table.rows)
    page.line(
        report.say(
            "官方各行为分保前；附行为分保后及与 S04 的衔接。",
            "The official rows are before reinsurance; the rows beside them are after it, and the way to S04.",
        )
    )


def _figure(
    page: Page, report: Report, row: int, column: int, value: float, parts: list[float] | None, look: dict[str, Any]
) -> None:
    """One cell; the total of a row adds up its columns where they are all there."""
    if value != value:
        page.absent(row, column, **look)
    elif (
        parts is not None
        and all(part == part for part in parts)
        and abs(sum(parts[:-1]) - value) <= CLOSE * max(map(abs, [*parts, 1.0]))
    ):
        page.formula(
            row, column, f"SUM({page.cell(row, 2)}:{page.cell(row, column - 1)})", sum(parts[:-1]), "amount", **look
        )
    else:
        page.number(row, column, value, "amount", **look)


def write_units(page: Page, report: Report) -> None:
    """The units of LifeLiabilities: present values, TVOG with its factor, best estimates, risk margins as typed."""
    table, lines = position_tables()[UNITS], unit_lines(report.result, report.row)
    names = [
        report.say(*WORKED_OUT[name]) if name in WORKED_OUT else table.column(name).label(report.lang) for name in SHOWN
    ]
    page.head(
        report.say("位置", "Place"), report.say("计量单元", "Unit"), report.say("名称", "Name"), report.say("L01 的列", "Column of L01"),
        report.say("业务类型", "Kind of business"), *names, report.say("依据", "Source"),
    )  # fmt: skip
    rulebook = report.result.rulebook(report.row)
    for line in lines.to_dict("records"):
        page.text(page.row, 0, f"{UNITS}!{line['place']}")
        for column, name in enumerate(("id", "name", "account", "product_class"), 1):
            word = line[name] if isinstance(line[name], str) else ""
            if word and name in ("account", "product_class"):
                word = report.say(*table.column(name).allowed(rulebook)[word])
            page.text(page.row, column, word or "–")
        for column, (name, kind) in enumerate(SHOWN.items(), 5):
            value = float(line[name])
            if value != value:
                page.text(page.row, column, "–", align="right")
            else:
                page.figure(page.row, column, report.amount(value) if kind == "amount" else value, kind)
        page.text(page.row, 5 + len(SHOWN), line["citation"] or "–")
        page.row += 1
