"""The grade and the scores of a scheme of the insurer's own, in the internal file: which rule decided, indicators, points, weights."""

from __future__ import annotations

from typing import Any

from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.rating_detail import explain_rating
from solvency.rules.rule11_risk_rating.scheme import SIDES


def write_rating(page: Page, report: Report) -> None:
    """What `explain grade` says: in words, then a line per indicator, the lines of a side adding up to it."""
    found = explain_rating(report.result, "grade", report.row)
    page.line(report.say(f"风险综合评级：{found.text[0]}", f"Integrated risk rating: {found.text[1]}"), "section")
    for said in found.said:
        page.line(report.say(*said))
    page.head(
        *(report.say(zh, en) for zh, en in (
            ("代码", "Id"), ("指标", "Indicator"), ("分类", "Part"), ("指标值", "Value"), ("得分", "Points"), ("权重", "Weight"),
            ("加权得分", "Weighted"), ("来源", "Source"),
        ))
    )  # fmt: skip
    for line in found.indicators:
        bold: dict[str, Any] = {"bold": True} if line["row"] in SIDES else {}
        page.text(page.row, 0, line["row"], **bold)
        page.text(page.row, 1, report.say(line["zh"], line["en"]), **bold)
        page.text(page.row, 2, report.say(line["part_zh"], line["part_en"]))
        page.text(page.row, 3, report.say(line["value"], line["value_en"]), align="right")
        for column, name, kind in ((4, "points", "number"), (5, "weight", "share"), (6, "weighted", "number")):
            page.figure(page.row, column, line[name], kind, **bold)
        page.text(page.row, 7, report.say(line["source_zh"], line["source_en"]))
        page.row += 1
