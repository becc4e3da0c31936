"""The internal file: status, measures, distances, stress, contributions, trace. Not for disclosure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pandas as pd

from solvency.capital_continuity import continuity
from solvency.errors import Problem
from solvency.excel.rule15_disclosure import liabilities, liquidity, positions, statements
from solvency.excel.rule15_disclosure.capital import write_capital
from solvency.excel.rule15_disclosure.charts import waterfall
from solvency.excel.rule15_disclosure.page import Output, Page
from solvency.excel.rule15_disclosure.rating import write_rating
from solvency.excel.rule15_disclosure.report import Report
from solvency.excel.rule15_disclosure.supervision import write_distances, write_measures, write_status
from solvency.excel.rule15_disclosure.trace import (
    write_documents,
    write_factors,
    write_matrices,
    write_readings,
    write_trace,
)
from solvency.result import label

ROUNDING = 1e-12  # of the largest amount: less is what floats leave


# what a book with positions has besides
POSITION_PAGES = (
    ("保险风险", "Insurance risk", (8, 46, 40, 20, 20, 20, 20, 20, 20, 20), positions.write_insurance),
    ("集中度 CT01", "Concentration CT01", (26, 30, 16, 20, 20, 12, 20), positions.write_concentration),
    ("穿透资产 LT01", "Assets LT01", (10, 46, 20, 20, 20, 20, 24, 20), positions.write_assets),
    ("产品", "Products", (18, 28, 36, 16, 12, 38, 20, 20), positions.write_products),
    ("持仓", "Positions", (12, 26, 16, 34, 20, 12, 34, 12, 12, 10, 14, 12, 20, 70), positions.write_lines),
)


def internal_file(report: Report) -> bytes:
    """The workbook for management, auditors and risk officers."""
    output = Output(report.lang, report.unit, report.as_of, report.say("内部资料", "Internal"), lines=report.lines)
    pages = (
        ("状态", "Status", (46, 46), write_status),
        (
            "最低资本构成",
            "Minimum capital",
            (34, 18, 18, 18, 18, 18, 18, 18),
            lambda page, report: waterfall(page, report.this.values),
        ),
        ("监管措施", "Measures", (10, 10, 46, 46, 24, 40), write_measures),
        ("距离", "Distances", (26, 34, 14, 14, 14, 22, 22, 44), write_distances),
        ("资本管理", "Capital management", (30, 34, 20, 20, 18, 20, 20, 60, 40), write_capital),
        ("压力测试", "Stress test", (8, 34, 26, 26, 26, 26, 26), _stress),
        ("贡献", "Contributions", (46, 22, 22, 16, 22), _contributions),
        ("追溯", "Trace", (11, 36, 20, 12, 14, 38, 26, 50, 32), write_trace),
        ("因子", "Factors", (38, 34, 34, 20, 44, 12, 34), write_factors),
        ("相关系数", "Correlations", (40, 16, 16, 16, 16, 16, 16, 20), write_matrices),
        ("解读", "Readings", (26, 44, 26, 44, 44, 22), write_readings),
        ("文件", "Documents", (12, 26, 56, 14, 14, 60), write_documents),
        ("警告", "Warnings", (14, 24, 100), _warnings),
    )
    held = any(charged.charges for _, charged in report.result.charged)
    rated = [("评级", "Rating", (26, 40, 22, 18, 14, 12, 14, 40), write_rating)] if report.result.ratings else []
    for zh, en, widths, write in (
        *pages,
        *rated,
        *_capital_pages(report),
        *liquidity.pages(report),
        *(POSITION_PAGES if held else ()),
    ):
        page = output.page(report.say(zh, en), widths, internal=True)
        page.heading(report.say(zh, en), f"{report.insurer} · {report.quarter} · {output.amounts_in}")
        write(page, report)
    return output.bytes()


def _capital_pages(report: Report) -> Iterable[tuple[str, str, tuple[int, ...], Callable[[Page, Report], None]]]:
    """S03, S04, L01 and the tables of rules 1 and 3, a sheet each."""
    for sheet in ("S03", "S04"):
        if statements.has_statement(report, sheet):
            yield sheet, sheet, (8, 62, *[24] * 6), partial(statements.write_statement, sheet=sheet)
    if liabilities.has_form(report):
        yield "L01", "L01", (8, 56, *[22] * 7), liabilities.write_form
    if liabilities.has_units(report):
        yield "LifeLiabilities", "LifeLiabilities", (20, 16, 24, 24, 24, *[20] * 14), liabilities.write_units
    for sheet in statements.detail_pages(report):
        yield sheet, sheet, (18, *[20] * 45), partial(statements.write_details, sheet=sheet)


def _stress(page: Page, report: Report) -> None:
    """Form ST01: the base forecast and the stress scenarios; what was not run says so."""
    if report.stress is None:
        page.line(report.say("ST01 季度压力测试：未提供", "ST01 Quarterly stress test: not supplied"), "section")
        return
    form: pd.DataFrame = report.stress.st01(report.row, unit=report.unit, lang=report.lang)
    page.section(report.say("ST01 季度压力测试", "ST01 Quarterly stress test"))
    page.head(*map(str, form.columns))
    for item, line in form.iterrows():
        kind = "ratio" if str(item).endswith("_ratio") else "amount"
        for column, (name, value) in enumerate(line.items()):
            if isinstance(value, float):
                page.figure(page.row, column, value, kind)
            elif value is None and form.loc["description", str(name)] is not None:
                page.text(page.row, column, report.say("未能计算", "not covered"), "absent")
            elif value is None:
                page.absent(page.row, column)
            else:
                page.text(page.row, column, value or "–", **({"align": "center"} if column == 0 or not value else {}))
        page.row += 1
    for remark in _stress_remarks(report):
        page.line(remark)


def _stress_remarks(report: Report) -> list[str]:
    """Why a scenario has no indicators, and where today's figures stand for a forecast."""
    frame: pd.DataFrame = report.stress.frame
    frame = frame[frame["row"] == report.row]
    found = [
        f"{line[report.lang]}: {line[f'not_covered_{report.lang}']}"
        for _, line in frame.iterrows()
        if line[f"not_covered_{report.lang}"]
    ]
    if frame["static"].any():
        found.append(
            report.say(
                "没有预测数：以评估日数据静态计算。", "No forecast: worked out on the figures of the valuation date."
            )
        )
    return found


def _contributions(page: Page, report: Report) -> None:
    """Euler and marginal contributions of each sub-risk; Euler adds up to minimum capital."""
    frame = report.result.contributions()
    frame = frame[frame["row"] == report.row]
    largest = frame[["amount", "euler"]].abs().max(axis=1)
    frame = frame[largest > ROUNDING * largest.max()]
    page.head(
        report.say("项目", "Item"), report.say("金额", "Amount"), report.say("欧拉贡献", "Euler contribution"), report.say("占最低资本", "Share"),
        report.say("边际贡献", "Marginal contribution"),
    )  # fmt: skip
    first, total_row = page.row, page.row + len(frame)
    eulers = [report.amount(float(value)) for value in frame["euler"]]
    total = sum(eulers)
    line: Any
    for line, euler in zip(frame.itertuples(index=False), eulers, strict=True):
        name = (
            report.say("未分配", "Not allocated")
            if line.item == "not_allocated"
            else report.say(*label(str(line.item)))
        )
        page.text(page.row, 0, name)
        page.figure(page.row, 1, report.amount(float(line.amount)), "amount")
        page.figure(page.row, 2, euler, "amount")
        if total > 0:
            page.formula(
                page.row, 3, f"{page.cell(page.row, 2)}/{page.cell(total_row, 2, fixed=True)}", euler / total, "share"
            )
        else:
            page.text(page.row, 3, "–", "absent")
        page.figure(page.row, 4, report.amount(float(line.marginal)), "amount")
        page.row += 1
    look: dict[str, Any] = {"bold": True, "bg_color": "#EEF2F8"}
    page.text(page.row, 0, report.say("最低资本", "Minimum capital"), **look)
    page.text(page.row, 1, "", **look)
    if len(frame):
        page.formula(page.row, 2, f"SUM({page.cell(first, 2)}:{page.cell(total_row - 1, 2)})", total, "amount", **look)
    page.text(page.row, 3, "", **look)
    page.text(page.row, 4, "", **look)
    page.row += 1
    page.line(report.say(
        "欧拉贡献相加等于最低资本；边际贡献是去掉该项后最低资本的减少额，相加不等于最低资本。",
        "Euler contributions add up to minimum capital; a marginal contribution is what minimum capital falls by without the item.",
    ))  # fmt: skip


def _warnings(page: Page, report: Report) -> None:
    """Every warning about the input of this quarter and the last."""
    page.head(report.say("期间", "Quarter"), report.say("位置", "Place"), report.say("内容", "Warning"))
    count = 0
    for period, text in (("this", report.say("本季度", "this")), ("last", report.say("上季度", "last"))):
        for problem in _problems(report, period):
            page.text(page.row, 0, text)
            page.text(page.row, 1, problem.where or "–")
            page.text(page.row, 2, problem.message(report.lang))
            page.row += 1
            count += 1
    if not count:
        page.line(report.say("没有警告。", "No warnings."))


def _problems(report: Report, period: str) -> Iterable[Problem]:
    result, row = (report.result, report.row) if period == "this" else (report.prior, report.prior_row)
    if result is None:
        return []
    own = [p for position, p in zip(result.warning_rows, result.warnings, strict=True) if position in (row, -1)]
    if period == "this" and report.prior is not None:
        own += continuity(report.result, report.row, report.prior, report.prior_row)
    return own
