"""Status, measures and distances: what the outcome means for supervision. Sheets of the internal file."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd

from solvency.excel.rule15_disclosure.charts import lines_chart
from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.excel.rule15_disclosure.summary import remarks
from solvency.result import is_amount, label
from solvency.rules.supervision import Measure

ANSWER = {True: ("是", "yes"), False: ("否", "no"), None: ("未知", "unknown")}
DUTY = {"shall": ("应当", "shall"), "may": ("可以", "may"), "info": ("提示", "information")}
WHO = {"regulator": ("监管机构", "regulator"), "insurer": ("公司", "insurer")}
RATIOS = ("core_ratio", "comprehensive_ratio")
SURPLUSES = ("core_surplus", "comprehensive_surplus")
RISKS = ("risk_operational", "risk_strategic", "risk_reputational", "risk_liquidity")
LEVELS = {
    "low": ("小", "low"),
    "fairly_low": ("较小", "fairly low"),
    "fairly_high": ("较大", "fairly high"),
    "severe": ("严重", "severe"),
}


def write_status(page: Page, report: Report) -> None:
    """Compliance (regulation, article 8), key verification (article 23), grade and where it comes from; charts."""
    status = cast("dict[str, Any]", report.result.status.loc[report.row].to_dict())
    values = report.this
    page.head(report.say("项目", "Item"), report.say("结果", "Result"))
    for item in (*RATIOS, *SURPLUSES, "actual_capital", "core_capital", "minimum_capital"):
        page.text(page.row, 0, report.say(*label(item)))
        value = values.value(item)
        if item in (*RATIOS, *SURPLUSES) and values.value("minimum_capital") <= 0:
            page.text(
                page.row, 1, report.say("不计算：最低资本不为正数", "none: minimum capital is not positive"), "absent"
            )
        else:
            page.figure(page.row, 1, value, "amount" if is_amount(item) else "ratio")
        page.row += 1
    own = report.say("公司自行估计，非监管评级", "own estimate, not the regulator's")
    rows: list[tuple[str, str]] = [
        (
            report.say("偿付能力达标（管理规定第八条）", "Compliant (regulation, article 8)"),
            report.say(*ANSWER[status["compliant"]]),
        ),
        (
            report.say("重点核查对象（管理规定第二十三条）", "Key verification (regulation, article 23)"),
            report.say(*ANSWER[status["key_verification"]]),
        ),
        (report.say("最近一次通报评级", "Latest notified grade"), _notified(report, "notified_grade")),
        (report.say("上一次通报评级", "Grade before that"), _notified(report, "previous_grade")),
        (
            report.say("自行估计的类别", "Own estimate of the class"),
            f"{status['grade_class']}（{own}）" if status["grade_class"] else report.say("未知", "unknown"),
        ),
    ]
    if status["own_grade"] and status["own_grade"] != status["grade_class"]:
        rows.append((report.say("自行估计的评级", "Own estimate of the grade"), f"{status['own_grade']}（{own}）"))
    source = {"notified": report.say("监管通报", "notified by the regulator"), "own_estimate": own, "": ""}[
        str(status["grade_source"])
    ]
    rows.append(
        (
            report.say("采用的评级", "Grade used"),
            f"{status['grade']}（{source}）" if status["grade"] else report.say("未知", "unknown"),
        )
    )
    for risk in RISKS:
        level = status[risk]
        rows.append(
            (
                report.say(*label(risk)),
                report.say(*LEVELS[level]) if level in LEVELS else report.say("未提供", "not supplied"),
            )
        )
    rows.append((report.say("规则日期", "Rules as of"), str(report.result.rulebook(report.row).date)))
    for name, text in rows:
        page.text(page.row, 0, name)
        page.text(page.row, 1, text)
        page.row += 1
    for remark in remarks(report):
        page.line(remark)


def _notified(report: Report, item: str) -> str:
    grade, quarter = report.case(item), report.case(f"{item}_quarter")
    if grade is None:
        return report.say("未提供", "not supplied")
    return f"{grade}（{quarter}）" if quarter else str(grade)


def write_measures(page: Page, report: Report) -> None:
    """What the outcome triggers: duty, measure, the fact behind it, article."""
    page.head(
        report.say("主体", "Who"), report.say("性质", "Duty"), report.say("措施或义务", "Measure or duty"), report.say("触发事实", "Fact"),
        report.say("条文", "Article"), report.say("文件", "Document"),
    )  # fmt: skip
    measures = _triggered(report)
    for measure in measures:
        text = report.say(measure.zh, measure.en)
        condition = report.say(measure.condition_zh, measure.condition_en)
        fact = report.say(measure.fact_zh, measure.fact_en)
        if condition:
            fact = f"{fact}\n{report.say('条件', 'condition')}: {condition}".strip()
        for column, value in enumerate(
            (
                report.say(*WHO.get(measure.who, (measure.who,) * 2)),
                report.say(*DUTY.get(measure.duty, (measure.duty,) * 2)),
                text,
                fact,
                measure.article,
                measure.document,
            )
        ):
            page.text(page.row, column, value)
        page.row += 1
    if not measures:
        page.line(report.say("没有触发任何措施或义务。", "Nothing is triggered."))


def _triggered(report: Report) -> list[Measure]:
    """The measures of today's figures, of the forecast and of stress (rule 10, articles 39, 40), own scenarios included."""
    known = report.result if report.stress is None else report.result.with_outlook(report.stress.outlook)
    return known.measures(report.row)


def write_distances(page: Page, report: Report) -> None:
    """How far each ratio is from each line, in percentage points and in capital; a chart of both."""
    frame = report.result.distances(report.row)
    minimum = report.this.value("minimum_capital")
    page.text(page.row, 0, report.say("最低资本", "Minimum capital"))
    page.figure(page.row, 1, minimum, "amount")
    base = page.cell(page.row, 1, fixed=True)
    page.row += 1
    capitals: dict[str, str] = {}
    for ratio, item in zip(RATIOS, ("core_capital", "actual_capital"), strict=True):
        page.text(page.row, 0, report.say(*label(item)))
        page.figure(page.row, 1, report.this.value(item), "amount")
        capitals[ratio] = page.cell(page.row, 1, fixed=True)
        page.row += 1
    page.row += 1
    page.head(
        report.say("充足率", "Ratio"), report.say("监管线", "Line"), report.say("线值", "Value of the line"), report.say("充足率", "Ratio"),
        report.say("百分点", "Points"), report.say("高于（低于）的资本", "Capital above (below)"), report.say("条文", "Article"), report.say("文件", "Document"),
    )  # fmt: skip
    known = minimum > 0
    line: Any
    for line in frame.itertuples(index=False):
        page.text(page.row, 0, report.say(*label(str(line.ratio))))
        page.text(page.row, 1, report.say(str(line.zh), str(line.en)))
        threshold = float(line.threshold)
        page.number(page.row, 2, threshold, "share")
        have = report.this.value("core_capital" if line.ratio == "core_ratio" else "actual_capital")
        if known and have == have:
            value = have / minimum
            page.formula(page.row, 3, f"{capitals[str(line.ratio)]}/{base}", value, "ratio")
            page.formula(
                page.row,
                4,
                f"({page.cell(page.row, 3)}-{page.cell(page.row, 2)})*100",
                (value - threshold) * 100,
                "points",
            )
            page.formula(
                page.row,
                5,
                f"{capitals[str(line.ratio)]}-{page.cell(page.row, 2)}*{base}",
                have - threshold * minimum,
                "amount",
            )
        else:
            for column in (3, 4, 5):
                page.text(page.row, column, report.say("不计算", "none"), "absent")
        page.text(page.row, 6, str(line.article))
        page.text(page.row, 7, str(line.document))
        page.row += 1
    if known:
        _lines_table(page, report, frame)


def _lines_table(page: Page, report: Report, frame: pd.DataFrame) -> None:
    """Each ratio beside its lines, as the chart draws them."""
    families = list(dict.fromkeys(str(line).partition(".")[0] for line in frame["line"]))
    names = {
        "ratio_threshold": report.say("达标线", "Required"), "key_verification": report.say("重点核查线", "Key verification"),
        "information_line": report.say("关注线", "Information line"),
    }  # fmt: skip
    page.section(report.say("充足率与各条线", "Ratios and their lines"))
    titles = [names.get(family, family) for family in families]
    page.head(report.say("充足率", "Ratio"), report.say("数值", "Value"), *titles)
    first = page.row
    for ratio in RATIOS:
        page.text(page.row, 0, report.say(*label(ratio)))
        page.figure(page.row, 1, report.this.value(ratio), "ratio")
        for column, family in enumerate(families, start=2):
            values = frame.loc[(frame["ratio"] == ratio) & frame["line"].str.startswith(f"{family}."), "threshold"]
            page.figure(page.row, column, float(values.iloc[0]) if len(values) else None, "share")
        page.row += 1
    title = report.say("充足率与各条线", "Ratios and their lines")
    lines_chart(page, first, page.row - 1, range(1, 2 + len(families)), [report.say("充足率", "Ratio"), *titles], title)
