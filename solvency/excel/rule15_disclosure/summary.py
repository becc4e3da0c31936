"""The public summary in the eleven parts of rule 15, article 8: what the insurer publishes, and nothing internal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from solvency.excel.rule15_disclosure import statements
from solvency.excel.rule15_disclosure.forms import Form, write_form
from solvency.excel.rule15_disclosure.indicators import main_indicators
from solvency.excel.rule15_disclosure.page import Output, Page, pieces, printable, quoted
from solvency.excel.rule15_disclosure.report import Report
from solvency.position_forms import line_capital
from solvency.tables.spec import tables

PARTS: dict[
    str, tuple[str, str, str, str]
] = {  # of the factor disclosure.parts: numeral, zh, en, name of the sheet in English
    "company_information": ("一", "公司信息", "Company information", "1 Company information"),
    "board_statement": ("二", "董事会和管理层声明", "Declaration of board and management", "2 Declaration"),
    "basic_information": ("三", "基本情况", "Basic information", "3 Basic information"),
    "main_indicators": ("四", "主要指标", "Main indicators", "4 Main indicators"),
    "risk_management_ability": ("五", "风险管理能力", "Risk management ability", "5 Risk management ability"),
    "integrated_risk_rating": ("六", "风险综合评级（分类监管）", "Integrated risk rating", "6 Integrated risk rating"),
    "major_events": ("七", "重大事项", "Major events", "7 Major events"),
    "management_discussion": (
        "八",
        "管理层分析与讨论",
        "Management discussion and analysis",
        "8 Management discussion",
    ),
    "external_opinions": ("九", "外部机构意见", "Opinions of outside firms", "9 Outside opinions"),
    "actual_capital": ("十", "实际资本", "Actual capital", "10 Actual capital"),
    "minimum_capital": ("十一", "最低资本", "Minimum capital", "11 Minimum capital"),
}
# the insurer's own rows of each part, by section
STATED: dict[str, Sequence[tuple[str, str, Sequence[str]]]] = {
    "company_information": (
        ("基本信息", "The company", (
            "insurer_en", "legal_representative", "registered_address", "registered_capital", "licence_number", "opening_date",
            "business_scope", "business_area")),
        ("报告联系人", "Contact", ("contact_name", "contact_office_phone", "contact_mobile", "contact_email")),
    ),
    "board_statement": (("声明与审议情况", "Declaration and votes", ("board_declaration", "board_votes", "board_dissent")),),
    "basic_information": (
        ("股权和股东", "Owners", ("ownership_structure", "actual_controller", "shareholders", "management_shareholding", "share_transfers")),
        ("董事、监事和总公司高级管理人员", "Directors, supervisors and executives", ("directors_executives", "management_pay")),
        ("子公司、合营企业和联营企业", "Subsidiaries, joint ventures and associates", ("subsidiaries_associates",)),
        ("违规及受处罚情况", "Breaches and penalties", ("penalties", "regulatory_measures_taken")),
    ),
    "risk_management_ability": (
        ("公司类型", "Category", ("company_category",)),
        ("偿付能力风险管理评估", "SARMRA", ("sarmra_year", "sarmra_score", "sarmra_result")),
        ("改进措施和自评估", "Improvements and self-assessment", ("risk_management_improvements", "risk_management_self_assessment")),
    ),
    "integrated_risk_rating": (
        ("主要风险和改进措施", "Main risks and improvements", ("grade_analysis", "grade_improvements")),
        ("难以量化风险自评估", "Self-assessment of the four other risks", ("four_risks_self_assessment",)),
    ),
    "major_events": (("重大事项", "Major events", (
        "new_branches", "major_reinsurance", "major_claims_surrenders", "major_investments", "major_investment_losses", "major_financing",
        "major_related_transactions", "major_litigation", "major_guarantees", "other_major_events")),),
    "management_discussion": (("分析与讨论", "Discussion", ("management_discussion",)),),
    "external_opinions": (("外部机构意见", "Opinions", (
        "audit_opinion", "review_opinion", "credit_rating", "valuation_opinion", "agency_changes")),),
    "actual_capital": (("其他", "Other", ("capital_instruments", "accounting_policies")),),
}  # fmt: skip
CATASTROPHE = ("IR02", "IR04")
TEXT_WIDTHS, FORM_WIDTHS, INDICATOR_WIDTHS = (44, 96), (8, 62, 28, 28), (8, 56, 22, 22, 22, 22)
CAPITAL_WIDTHS = (8, 62, 28, 28, 22, 22, 26, 22)


def public_summary(report: Report) -> bytes:
    """The workbook to publish (rule 15, articles 7-10; rule 18, articles 8-63)."""
    supposed = report.result.date_replaced or report.result.rulebook(report.row).is_hypothetical
    output = Output(
        report.lang, report.unit, report.as_of, report.say("偿付能力季度报告摘要", "Quarterly solvency report summary"),
        report.say("测算：非现行规则，不得用于公开披露", "What-if: not the rules in force, not for publication") if supposed else "",
        lines=report.lines,
    )  # fmt: skip
    parts = parts_of(report)
    cover = output.page(report.say("封面", "Cover"), TEXT_WIDTHS)
    stated = any(statements.has_statement(report, sheet) for sheet in ("S03", "S04", "AC01"))
    widths = {
        "main_indicators": INDICATOR_WIDTHS,
        "actual_capital": CAPITAL_WIDTHS if stated else FORM_WIDTHS,
        "minimum_capital": FORM_WIDTHS,
    }
    pages = {part: output.page(sheet_name(part, report.lang), widths.get(part, TEXT_WIDTHS)) for part in parts}
    _cover(cover, report, pages)
    forms: list[Form] = []
    # the forms first: the main indicators take their figures from them
    for part in sorted(parts, key=lambda name: name == "main_indicators"):
        numeral, zh, en, _ = PARTS[part]
        page = pages[part]
        page.heading(
            report.say(f"{numeral}、{zh}", f"{list(PARTS).index(part) + 1}. {en}"),
            f"{report.insurer} · {report.quarter} · {output.amounts_in}",
        )
        if part == "main_indicators":
            main_indicators(page, report, forms)
        else:
            write = _WRITERS.get(part)
            forms += write(page, report) if write else []
            stated_rows(page, report, part)
    return output.bytes()


def parts_of(report: Report) -> list[str]:
    """The parts the insurer discloses (rule 15, article 8; rule 18, article 86 for Lloyd's China)."""
    rulebook = report.result.rulebook(report.row)
    own = f"disclosure.parts.{report.organisation}"
    return list(rulebook.members(own if rulebook.has(own) else "disclosure.parts"))


def sheet_name(part: str, lang: str) -> str:
    numeral, zh, _, english = PARTS[part]
    return f"{numeral}、{zh.partition('（')[0]}" if lang == "zh" else english


def stated_rows(page: Page, report: Report, part: str) -> None:
    """What the insurer states in this part, section by section; what it did not supply says so."""
    form = _is_form(part)
    rows = {row.item: row for row in tables()["Statements"]}
    name: str
    value: Any
    for zh, en, items in STATED.get(part, ()):
        page.section(report.say(zh, en))
        page.count = 0
        for item in items:
            if item == "sarmra_score":
                name, value, kind = report.say("评估最终得分", "Final score"), report.this.value(item), "number"
            else:
                row = rows[item]
                if row.types and report.insurer_type not in row.types:
                    continue
                name, value, kind = row.label(report.lang), report.stated(item), row.kind
            if form:
                page.numbered(name)
                page.wide_stated(2, 3, value)
            elif kind == "text" and value is not None:
                page.text(page.row, 0, name)
                for piece in pieces(printable(value), page.widths[1]):
                    page.text(page.row, 1, piece)
                    page.row += 1
            else:
                page.text(page.row, 0, name)
                page.stated(page.row, 1, value, kind, align="left")
                page.row += 1


def _is_form(part: str) -> bool:
    return part in ("main_indicators", "actual_capital", "minimum_capital")


def _cover(page: Page, report: Report, pages: dict[str, Page]) -> None:
    year, quarter = report.quarter.split("Q")
    page.row = 2
    page.sheet.set_row(page.row, 36)
    page.line(report.insurer, "cover")
    if report.stated("insurer_en"):
        page.line(str(report.stated("insurer_en")), "section")
    page.row += 1
    page.line(report.say("保险公司偿付能力报告摘要", "Solvency report summary"), "title")
    page.line(report.say(f"{year}年第{quarter}季度", f"Quarter {quarter} of {year}"), "title")
    page.row += 1
    page.line(
        report.say(
            f"评估日 {report.as_of}；{page.output.amounts_in}",
            f"Valuation date {report.as_of}; {page.output.amounts_in}",
        )
    )
    for remark in remarks(report):
        page.line(remark)
    page.section(report.say("目录", "Contents"))
    for part, target in pages.items():
        numeral, zh, en, _ = PARTS[part]
        text = report.say(f"{numeral}、{zh}", f"{list(PARTS).index(part) + 1}. {en}")
        page.sheet.write_url(page.row, 0, f"internal:{quoted(target.name)}!A1", page.output.style("link"), text)
        page.row += 1


def remarks(report: Report) -> list[str]:
    """What a reader must know about how the figures came about: other rules than those of the date, drafts."""
    rulebook = report.result.rulebook(report.row)
    found = []
    if report.result.date_replaced:
        found.append(
            report.say(
                f"按 {rulebook.date} 的规则计算，而非评估日的规则",
                f"Calculated under the rules of {rulebook.date}, not of the valuation date",
            )
        )
    for document in rulebook.documents:
        if getattr(document, "draft", False):
            found.append(
                report.say(
                    f"含未施行的文件：{document.number}", f"Includes a document that is not in force: {document.number}"
                )
            )
    return found


def _rating(page: Page, report: Report) -> list[Form]:
    """The last two grades the regulator notified (rule 18, article 33); an own estimate has no place here."""
    page.section(report.say("最近两次风险综合评级结果", "Results of the last two ratings"))
    for zh, en, item in (("最近一次", "Latest", "notified_grade"), ("上一次", "Before that", "previous_grade")):
        quarter = report.case(f"{item}_quarter")
        page.text(page.row, 0, report.say(zh, en) + (f" ({quarter})" if quarter else ""))
        page.stated(page.row, 1, report.case(item), "text")
        page.row += 1
    return []


def _actual_capital(page: Page, report: Report) -> list[Form]:
    page.section(
        report.say(
            "（一）S02 实际资本表（核心一级资本调整见第1.2行）",
            "(1) S02 Actual capital (row 1.2: adjustments of core tier 1)",
        )
    )
    form = write_form(page, "S02", (report.this, report.last))
    for zh, en, item, rows in (
        ("（二）认可资产", "(2) Admitted assets", "admitted_assets", (("各项财务报表资产", "Assets as in the accounts, by item"), ("非认可资产", "Non-admitted assets, by item"))),
        ("（三）认可负债", "(3) Admitted liabilities", "admitted_liabilities", (("各项财务报表负债", "Liabilities as in the accounts, by item"), ("非认可负债", "Non-admitted liabilities, by item"))),
    ):  # fmt: skip
        page.section(report.say(zh, en))
        sheet = "S03" if item == "admitted_assets" else "S04"
        if statements.has_statement(report, sheet):
            statements.write_statement(page, report, sheet)
            continue
        _row_head(page, report)
        for name in rows:
            _row(page, report, name)
        _row(
            page,
            report,
            ("认可资产合计", "Admitted assets, total")
            if item == "admitted_assets"
            else ("认可负债合计", "Admitted liabilities, total"),
            item,
        )
    if statements.has_statement(report, "AC01"):
        page.section(report.say("（四）资本工具", "(4) Capital instruments"))
        statements.write_instruments(page, report)
    return [form]


def _minimum_capital(page: Page, report: Report) -> list[Form]:
    page.section(report.say("（一）S05 最低资本表", "(1) S05 Minimum capital"))
    form = write_form(page, "S05", (report.this, report.last))
    if report.this.has_size or report.last.has_size:
        page.line(
            report.say(
                "第1行为乘以规模系数之后的金额；分散效应和损失吸收效应以正数列示，为减项。",
                "Row 1 is after the size coefficient. Diversification and loss absorption are positive and subtracted.",
            )
        )
    else:
        page.line(
            report.say(
                "分散效应和损失吸收效应以正数列示，为减项。",
                "Diversification and loss absorption are positive and subtracted.",
            )
        )
    if report.this.value("minimum_capital") <= 0:
        page.line(
            report.say(
                "最低资本不为正数，溢额和充足率不予计算。",
                "Minimum capital is not positive, so there are no surpluses and ratios.",
            )
        )
    page.section(report.say("（二）保险风险各类业务明细", "(2) Insurance risk by class of business"))
    _row_head(page, report)
    details = {
        "property": (("各类非寿险业务保费风险和准备金风险", "Premium and reserve risk by class"), ("车险、财产险巨灾风险", "Catastrophe risk of motor and property")),
        "life": (("各类非寿险业务保费风险和准备金风险", "Premium and reserve risk by class"),),
        "reinsurer": (("非寿险再保险业务保费风险和准备金风险", "Non-life reinsurance: premium and reserve risk by class"), ("非寿险再保险业务巨灾风险", "Non-life reinsurance: catastrophe risk")),
    }  # fmt: skip
    lines = [
        line_capital(result, row) if result is not None else {}
        for result, row in ((report.result, report.row), (report.prior, report.prior_row))
    ]
    for name in details.get(report.insurer_type, ()):
        own = {
            key: found for of in lines for key, found in of.items() if (key[:4] in CATASTROPHE) == ("巨灾" in name[0])
        }
        if not own:
            _row(page, report, name)
        for key, (zh, en, _) in own.items():
            page.numbered(report.say(zh, en))
            for column, of in enumerate(lines, start=2):
                page.figure(page.row, column, report.amount(of[key][-1]) if key in of else None, "amount")
            page.row += 1
    return [form]


def _row_head(page: Page, report: Report) -> None:
    page.head(
        report.say("序号", "No."),
        report.say("项目", "Item"),
        *(report.say(p.zh, p.en) for p in (report.this, report.last)),
    )


def _row(page: Page, report: Report, name: tuple[str, str], item: str = "") -> None:
    page.numbered(report.say(*name))
    for column, period in enumerate((report.this, report.last), start=2):
        page.figure(page.row, column, period.value(item), "amount")
    page.row += 1


_WRITERS: dict[str, Callable[[Page, Report], list[Form]]] = {
    "integrated_risk_rating": _rating,
    "actual_capital": _actual_capital,
    "minimum_capital": _minimum_capital,
}
