"""Capital management in the internal file: what still counts in each tier, and what core tier 1 brings each ratio to each line."""

from __future__ import annotations

from typing import Any

import pandas as pd

from solvency.capital_management import headroom, target
from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.result import label
from solvency.rules.ratios import thresholds


def write_capital(page: Page, report: Report) -> None:
    """Headroom under the limits of rule 1, article 41; core tier 1 to raise, or that can be paid out, at each line."""
    _headroom(page, report)
    _lines(page, report)


def _headroom(page: Page, report: Report) -> None:
    frame = headroom(report.result)
    frame = frame[frame["row"] == report.row]
    page.section(report.say("各级资本尚可计入的金额", "What still counts in each tier"))
    page.text(page.row, 0, report.say("认可的核心资本", "Recognised core capital"))
    core, base = report.amount(float(frame["core_capital"].iloc[0])), page.cell(page.row, 1, fixed=True)
    page.figure(page.row, 1, core, "amount")
    page.row += 2
    page.head(
        report.say("项目", "Part"), report.say("限额", "Limit"), report.say("限额金额", "Limit amount"), report.say("已计入", "Counted"),
        report.say("超限额", "Excess"), report.say("尚可计入", "Still counts"), report.say("核心二级填满后", "Core tier 2 filled up"),
        report.say("公式与说明", "Formula and remark"), report.say("条文", "Article"),
    )  # fmt: skip
    for line in frame.to_dict("records"):
        page.text(page.row, 0, line["zh"] if report.lang == "zh" else line["en"])
        if line["unlimited"]:
            for column in (1, 2, 3, 6):
                page.text(page.row, column, "–", "absent")
            page.text(page.row, 5, report.say("不限", "no limit"), "absent")
        else:
            share = float(line["share"])
            page.figure(page.row, 1, share, "share")
            if share == share:
                page.formula(page.row, 2, f"MAX({page.cell(page.row, 1)}*{base},0)", max(share * core, 0.0), "amount")
            else:
                page.absent(page.row, 2)
            for column, name in ((3, "used"), (5, "amount"), (6, "after_core_tier2")):
                page.figure(page.row, column, report.amount(float(line[name])), "amount")
        page.figure(page.row, 4, report.amount(float(line["over_limit"])), "amount")
        remark = line[f"note_{report.lang}"]
        page.text(page.row, 7, "\n".join(filter(None, (line[f"formula_{report.lang}"], remark))))
        page.text(page.row, 8, line["article"] or "–")
        page.row += 1


def _lines(page: Page, report: Report) -> None:
    """By line: core tier 1 that brings the ratio to it; the limits and the size band move with it, unlike the sheet of distances."""
    page.section(
        report.say("各条线所需或可释放的核心一级资本", "Core tier 1 to raise, or that can be paid out, at each line")
    )
    page.head(
        report.say("充足率", "Ratio"), report.say("监管线", "Line"), report.say("须增资", "To raise"), report.say("最多可分红", "Can be paid out"),
        report.say("之后的核心充足率", "Core ratio after"), report.say("之后的综合充足率", "Comprehensive ratio after"),
        report.say("规模系数", "Size coefficient"), report.say("说明", "Remark"), report.say("条文", "Article"),
    )  # fmt: skip
    rulebook = report.result.rulebook(report.row)
    for ratio, name, threshold in thresholds(rulebook):
        found: pd.DataFrame = target(report.result, {ratio: float(threshold)}, "equity")
        line: Any = found[found["row"] == report.row].iloc[0]
        factor, amount = rulebook.factor(name), float(line["amount"])
        page.text(page.row, 0, report.say(*label(ratio)))
        page.text(page.row, 1, f"{report.say(factor.zh, factor.en)} {float(threshold):.0%}")
        for column, value in ((2, max(amount, 0.0)), (3, max(-amount, 0.0))):
            if amount == amount:
                page.figure(page.row, column, report.amount(value), "amount")
            else:
                page.text(page.row, column, report.say("不计算", "none"), "absent")
        for column, item in ((4, "core_ratio_after"), (5, "comprehensive_ratio_after")):
            page.figure(page.row, column, float(line[item]), "ratio")
        page.number(page.row, 6, float(line["size_coefficient_after"]), "number")
        page.text(page.row, 7, line[f"reason_{report.lang}"] or "–")
        page.text(page.row, 8, f"{factor.document} {factor.article}")
        page.row += 1
    page.line(line[f"held_{report.lang}"])
    page.line(report.say(
        "分红、增资、发债等对充足率的影响（规则第15号第十八、十九条）用 solvency effect 计算。",
        "The effect of a dividend, an issue or bonds on the ratios (rule 15, articles 18, 19) is worked out by solvency effect.",
    ))  # fmt: skip
