"""The position of one insurer or a line each, its status, measures and distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from solvency.terminal.text import DUTY, ORIGIN, WHO, amount, answer, figure, say, short_document, table

if TYPE_CHECKING:
    from solvency.result import Result
    from solvency.rules.supervision import Measure

SUMMARY = (
    "admitted_assets",
    "admitted_liabilities",
    "actual_capital",
    "core_tier1",
    "core_tier2",
    "supplementary_tier1",
    "supplementary_tier2",
    "capital_liability_over_limit",
    "minimum_capital",
    "quantified_mc",
    "life_insurance_mc",
    "nonlife_insurance_mc",
    "market_mc",
    "credit_mc",
    "diversification",
    "loss_absorption",
    "size_coefficient",
    "control_risk_mc",
    "additional_capital",
    "core_surplus",
    "core_ratio",
    "comprehensive_surplus",
    "comprehensive_ratio",
)


def print_result(result: Result, row: int, unit: str, lang: str) -> None:
    """The solvency position of one insurer."""
    from solvency.result import label
    from solvency.tables.spec import tables
    from solvency.tables.validate import unit_scale

    scale, zh = unit_scale(unit), lang == "zh"
    keys = result.keys.loc[row]
    scenario = "" if keys["scenario"] == "base" else f" · {keys['scenario']}"
    title = f"{keys['insurer']} · {keys['as_of']}{scenario} · {'单位' if zh else 'unit'} {unit}"
    numbers = {line.item: line.row_no for line in tables()["S01"]}
    rows, values = [], result.values(row)
    for item in SUMMARY:
        value = values.get(item, float("nan"))
        if value == value and (value or item != "capital_liability_over_limit"):
            number = numbers.get(item, "")
            rows.append(
                (number, label(item)[not zh], figure(item, value, scale), ORIGIN[result.origin(item, row)][not zh])
            )
    table(title, ("S01", "项目", "金额", "来源") if zh else ("S01", "item", "value", "origin"), rows, right=(2,))
    print_status(result, row, lang)


def print_status(result: Result, row: int, lang: str) -> None:
    zh, status = lang == "zh", result.status.loc[row]
    grade = status["grade"] or ("未知" if zh else "unknown")
    if status["grade_source"] == "own_estimate":
        grade += "（自行估计，非监管评级）" if zh else " (own estimate, not the regulator's)"
    elif not status["grade"] and status["grade_class"]:
        grade = f"{status['grade_class']} 类（自行估计）" if zh else f"class {status['grade_class']} (own estimate)"
    lines = [
        ("偿付能力达标（第八条）", "Compliant (article 8)", answer(status["compliant"])),
        ("重点核查对象（第二十三条）", "Key verification (article 23)", answer(status["key_verification"])),
        ("风险综合评级", "Grade", (grade, grade)),
    ]
    for text_zh, text_en, said in lines:
        print(f"{text_zh}：{said[0]}" if zh else f"{text_en}: {said[1]}")
    if result.ratings:
        scheme = result.ratings[0][1].scheme
        score = result.values(row)["score"]
        shown = "–" if score != score else f"{score:.6g}"
        print(f"评级得分：{shown}（{scheme.label[0]}）" if zh else f"Score: {shown} ({scheme.label[1]})")
    rulebook = result.rulebook(row)
    latest = rulebook.documents[-1]
    print(
        f"规则日期 {rulebook.date}，最近的文件：{latest.number}"
        if zh
        else f"Rules as of {rulebook.date}, latest document: {latest.number}"
    )


def print_many(result: Result, lang: str, most: int = 60) -> None:
    """A line per insurer."""
    zh = lang == "zh"
    rows = []
    for row in result.figures.index[:most]:
        keys, status, values = result.keys.loc[row], result.status.loc[row], result.values(row)
        rows.append(
            (
                str(keys["insurer"]),
                str(keys["as_of"]),
                str(keys["scenario"]),
                figure("core_ratio", values["core_ratio"], 1),
                figure("comprehensive_ratio", values["comprehensive_ratio"], 1),
                answer(status["compliant"])[not zh],
                str(status["grade"]),
            )
        )
    headers_zh = ("公司", "评估日", "情景", "核心充足率", "综合充足率", "达标", "评级")
    headers_en = ("insurer", "as of", "scenario", "core ratio", "comprehensive ratio", "compliant", "grade")
    table("", headers_zh if zh else headers_en, rows, right=(3, 4))
    if len(result) > most:
        say(
            f"共 {len(result)} 行，只显示前 {most} 行；用 -o 写出全部",
            f"{len(result)} rows, {most} shown; use -o for all",
            lang,
        )


def print_measures(measures: Sequence[Measure], lang: str) -> None:
    zh = lang == "zh"
    if not measures:
        print("没有触发任何监管措施。" if zh else "No measure is triggered.")
        return
    rows = []
    for measure in measures:
        text = measure.zh if zh else measure.en
        condition = measure.condition_zh if zh else measure.condition_en
        rows.append(
            (
                DUTY[measure.duty][not zh],
                WHO[measure.who][not zh],
                f"{text}（{condition}）" if condition and zh else f"{text} ({condition})" if condition else text,
                measure.fact_zh if zh else measure.fact_en,
                f"{short_document(measure.document)} {measure.article}",
            )
        )
    headers = ("", "主体", "措施", "触发事实", "依据") if zh else ("", "who", "measure", "triggered by", "article")
    table("", headers, rows, wrap=(2, 3, 4))


def print_distances(result: Result, row: int, unit: str, lang: str) -> None:
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    rows = [
        (
            line["zh"] if zh else line["en"],
            f"{float(line['threshold']):.0%}",
            figure("core_ratio", line["value"], 1),
            "" if line["points"] != line["points"] else f"{line['points']:+.2f}",
            amount(line["capital"], scale),
        )
        for line in result.distances(row).to_dict("records")
    ]
    headers_zh = ("监管线", "数值", "充足率", "距离（百分点）", f"距离（{unit}）")
    headers_en = ("line", "value", "ratio", "distance (points)", f"distance ({unit})")
    table("", headers_zh if zh else headers_en, rows, right=(1, 2, 3, 4), wrap=(0,))
