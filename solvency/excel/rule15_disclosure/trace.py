"""The trace: every figure with its origin, formula, factors, articles and input cells, and a live check of the matrices."""

from __future__ import annotations

from typing import Any

from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.result import Explanation, is_amount, is_ratio, label, output_items
from solvency.rules.rule13_liquidity_risk import LINES
from solvency.tables.spec import MODULES, tables

ORIGIN = {
    "given": ("填报", "given"), "computed": ("计算", "computed"), "blank_zero": ("空白，按零", "blank, taken as zero"), "absent": ("无", "none"),
}  # fmt: skip


def explanations(report: Report) -> list[Explanation]:
    """Why each figure of the forms is what it is, in the order of the forms."""
    figures, row = report.result.figures, report.row
    # indicators of liquidity differ by type of insurer
    known = [
        item for item in output_items() if item in figures and not (item in LINES and figures[item].isna().loc[row])
    ]
    return [report.result.explain(item, row) for item in known]


def write_trace(page: Page, report: Report) -> None:
    """A row per figure: where it stands in the forms, value, origin, cell, formula, article, inputs, factors."""
    page.head(
        report.say("表与行次", "Form and row"), report.say("项目", "Item"), report.say("数值", "Value"), report.say("来源", "Origin"),
        report.say("填报单元格", "Cell"), report.say("公式", "Formula"), report.say("条文", "Article"), report.say("计算所用数据", "Inputs"),
        report.say("因子（见因子表）", "Factors (see sheet Factors)"),
    )  # fmt: skip
    page.sheet.freeze_panes(page.row, 2)
    page.sheet.repeat_rows(page.row - 1)
    for why in explanations(report):
        inputs = [
            f"{report.say(line.zh, line.en)} = {_shown(report, line.item, line.value)}{f' [{line.place}]' if line.place else ''}"
            for line in why.inputs
        ]
        for column, text in enumerate((
            _where(why.item), report.say(why.zh, why.en), None, report.say(*ORIGIN[why.origin]), why.place, report.say(why.formula_zh, why.formula_en), why.article, "\n".join(inputs),
            "\n".join(dict.fromkeys(factor["name"] for factor in why.factors)),
        )):  # fmt: skip
            if text is None:
                page.figure(page.row, column, report.figure(why.item, why.value), _kind(why.item))
            else:
                page.text(page.row, column, text)
        page.row += 1


def write_factors(page: Page, report: Report) -> None:
    """Every factor used, with its value, article, document, effective date and the figures it went into."""
    page.head(
        report.say("因子", "Factor"), report.say("含义", "Meaning"), report.say("数值", "Value"), report.say("条文", "Article"),
        report.say("文件", "Document"), report.say("施行日期", "Effective"), report.say("用于", "Used for"),
    )  # fmt: skip
    used: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for why in explanations(report):
        for factor in why.factors:
            used.setdefault(factor["name"], (factor, []))[1].append(report.say(why.zh, why.en))
    for name, (factor, figures) in used.items():
        value = factor["value"]
        page.text(page.row, 0, name)
        page.text(page.row, 1, report.say(factor["zh"], factor["en"]))
        if isinstance(value, (int, float)):
            page.number(page.row, 2, float(value), "number")
        else:
            page.text(page.row, 2, _plain(value, report))
        for column, text in enumerate(
            (factor["article"], factor["document"], factor["effective"], "\n".join(dict.fromkeys(figures))), start=3
        ):
            page.text(page.row, column, text)
        page.row += 1
    if not used:
        page.line(report.say("没有计算所得的数值。", "No figure was computed."))


def write_matrices(page: Page, report: Report) -> None:
    """Each correlation matrix with the amounts beside it and √(v·M·vᵀ) as a live formula, against the figure of the form."""
    rulebook, kind = report.result.rulebook(report.row), report.insurer_type
    targets = [*MODULES, "quantified_mc"]
    for target in targets:
        own = f"{target}.correlation.{kind}"
        name = own if rulebook.has(own) else f"{target}.correlation"
        if not rulebook.has(name):
            continue
        labels = list(rulebook.correlation_labels(name))
        amounts = [report.this.value(item) for item in labels]
        if any(amount != amount for amount in amounts):
            continue
        factor = rulebook.factor(name)
        page.section(f"{report.say(*label(target))} · {name}")
        page.line(f"{factor.document} {factor.article}")
        page.head("", *(report.say(*label(item)) for item in labels), report.say("金额", "Amount"))
        matrix = rulebook.correlation(name, labels)
        first, last = page.row, page.row + len(labels) - 1
        for item, amount, numbers in zip(labels, amounts, matrix, strict=True):
            page.text(page.row, 0, report.say(*label(item)))
            for column, number in enumerate(numbers, start=1):
                page.number(page.row, column, float(number), "number")
            page.number(page.row, len(labels) + 1, amount, "amount")
            page.row += 1
        block = f"{page.cell(first, 1)}:{page.cell(last, len(labels))}"
        vector = f"{page.cell(first, len(labels) + 1)}:{page.cell(last, len(labels) + 1)}"
        worked = (
            max(
                sum(
                    float(m) * a * b
                    for row, a in zip(matrix, amounts, strict=True)
                    for m, b in zip(row, amounts, strict=True)
                ),
                0.0,
            )
            ** 0.5
        )
        worked_out = f"SQRT(SUMPRODUCT(MMULT({block},{vector}),{vector}))"
        technology = report.this.value("technology_coefficient")
        if target == "nonlife_insurance_mc" and technology == technology:
            page.text(page.row, 0, report.say(*label("technology_coefficient")))
            page.number(page.row, 1, technology, "number")
            worked_out, worked = f"{worked_out}*{page.cell(page.row, 1)}", worked * technology
            page.row += 1
        page.text(page.row, 0, report.say("√(v·M·vᵀ)，现场计算", "√(v·M·vᵀ), worked out here"))
        page.formula(page.row, 1, worked_out, worked, "amount", bold=True)
        page.row += 1
        page.text(page.row, 0, report.say("表中数", "In the form"))
        page.figure(page.row, 1, _in_form(report, target, amounts), "amount")
        page.row += 1


def write_readings(page: Page, report: Report) -> None:
    """The readings taken where the text is open."""
    page.head(
        report.say("名称", "Name"), report.say("问题", "Question"), report.say("采用", "Taken"), report.say("含义", "Meaning"),
        report.say("理由", "Reason"), report.say("条文", "Article"),
    )  # fmt: skip
    rulebook = report.result.rulebook(report.row)
    for name, reading in rulebook.readings.items():
        chosen = rulebook.reading(name)
        default = chosen == reading.default
        reason = (
            report.say(reading.reason_zh, reading.reason_en)
            if default
            else report.say("由使用者选定", "chosen by the user")
        )
        meaning = report.say(*reading.alternatives[chosen])
        for column, text in enumerate((
            name, report.say(reading.question_zh, reading.question_en), f"{chosen}{report.say('（默认）', ' (default)') if default else ''}", meaning, reason,
            reading.article,
        )):  # fmt: skip
            look: dict[str, Any] = {} if default else {"bold": True, "bg_color": "#FFF2CC"}
            page.text(page.row, column, text, **look)
        page.row += 1


def write_documents(page: Page, report: Report) -> None:
    """The documents in force for this calculation, oldest first."""
    page.head(
        report.say("规则", "Rule"), report.say("文号", "Number"), report.say("名称", "Title"), report.say("发布", "Issued"),
        report.say("施行", "Effective"), report.say("来源", "Source"),
    )  # fmt: skip
    for document in report.result.rulebook(report.row).documents:
        rule = "" if document.rule is None else report.say(f"第{document.rule}号", f"No. {document.rule}")
        for column, text in enumerate(
            (
                rule,
                document.number,
                report.say(document.title_zh, document.title_en),
                document.issued,
                document.effective,
                document.source,
            )
        ):
            page.text(page.row, column, text)
        page.row += 1


def _in_form(report: Report, target: str, amounts: list[float]) -> float:
    """What the form shows for the same thing: a module, or Σ modules − diversification."""
    return (
        report.this.value(target) if target != "quantified_mc" else sum(amounts) - report.this.value("diversification")
    )


def _where(item: str) -> str:
    places = [f"{sheet} {row.row_no}" for sheet in ("S01", "S02", "S05") for row in tables()[sheet] if row.item == item]
    return " / ".join(places)


def _kind(item: str) -> str:
    return "amount" if is_amount(item) else "ratio" if item.endswith("_ratio") or is_ratio(item) else "number"


def _shown(report: Report, item: str, value: float) -> str:
    if value != value:
        return report.say("未提供", "not supplied")
    if item.endswith("_ratio") or is_ratio(item):
        return f"{value:.4%}"
    return f"{report.amount(value):,.2f}" if is_amount(item) else f"{value:,.6g}"


def _plain(value: Any, report: Report) -> str:
    """A factor's content in words short enough for a cell."""
    if isinstance(value, dict) and "matrix" in value:
        return report.say("见相关系数表", "see sheet Correlations")
    if isinstance(value, dict):
        return "\n".join(f"{key}: {number}" for key, number in value.items())
    if isinstance(value, list):
        return "\n".join(_band(band) for band in value)
    return str(value)


def _band(band: Any) -> str:
    if not isinstance(band, dict):
        return str(band)
    if "key" in band:  # a row of a table
        return ", ".join(f"{name} {content}" for name, content in band.items() if name != "key")
    slope = f" {'+' if band['slope'] >= 0 else '−'} {abs(band['slope'])}·x" if band.get("slope") else ""
    return f"{band['interval']}: {band['intercept']}{slope}"
