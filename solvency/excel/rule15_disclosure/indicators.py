"""Part 4 of the public summary: solvency, liquidity and operating indicators (rule 18, articles 21-27)."""

from __future__ import annotations

from collections.abc import Sequence

from solvency.excel.rule15_disclosure.charts import ratios_chart
from solvency.excel.rule15_disclosure.forms import Form, write_form
from solvency.excel.rule15_disclosure.liquidity import indicator
from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.tables.spec import Row, tables

RATIOS = ("core_ratio", "comprehensive_ratio")
LIQUIDITY = (
    "lcr1_3_months", "lcr1_12_months", "lcr2_mandatory_3_months", "lcr2_mandatory_12_months", "lcr2_own_3_months", "lcr2_own_12_months",
    "lcr3_mandatory_3_months", "lcr3_mandatory_12_months", "lcr3_own_3_months", "lcr3_own_12_months", "operating_cash_flow_deviation",
    "net_cash_flow_ytd", "net_cash_flow_last_year", "net_cash_flow_year_before",
)  # fmt: skip
MONITORING = (
    "operating_cash_flow", "operating_cash_flow_per_100_premium", "special_business_outflow_share", "surrender_ratio_ytd", "participating_cash_flow",
    "universal_cash_flow", "premium_growth", "overdue_reinsurance_share", "cash_tools_share", "leverage_share", "aa_and_below_share",
    "large_stakes_share", "receivables_share", "related_assets_share",
)  # fmt: skip
GENERAL = (
    "insurance_income", "net_profit", "total_assets", "net_assets", "insurance_contract_liabilities", "basic_earnings_per_share",
    "return_on_equity", "return_on_assets", "investment_yield", "comprehensive_investment_yield",
)  # fmt: skip
BY_TYPE = (
    "combined_ratio", "expense_ratio", "loss_ratio", "commission_share", "management_expense_share", "residual_margin",
    "new_business_margin", "new_business_value", "written_premium", "motor_written_premium", "average_motor_premium",
    "first_year_regular_premium", "ten_year_regular_premium", "renewal_premium", "agents", "persistency_13_months", "surrender_ratio",
    "premium_per_policy", "premium_per_agent", "agent_attrition", "reserves_to_claims",
)  # fmt: skip
LISTS = ("largest_nonmotor_lines", "premium_by_channel", "largest_products")
AVERAGES = ("average_investment_yield", "average_comprehensive_investment_yield")
AT_THE_END = ("total_assets", "net_assets", "insurance_contract_liabilities", "agents")  # the same for quarter and year
FROM_FIGURES = {"total_assets": ("总资产", "Total assets"), "net_assets": ("净资产", "Net assets")}


def main_indicators(page: Page, report: Report, forms: Sequence[Form]) -> None:
    """S01 with last quarter and the forecast, a chart of both ratios, liquidity, operations, three-year yields."""
    page.section(report.say("（一）偿付能力充足率指标（S01 偿付能力状况表）", "(1) Solvency (S01)"))
    only = RATIOS if report.organisation == "lloyds_china" else ()
    form = write_form(page, "S01", (report.this, report.last, report.ahead), linked=forms, only=only)
    if not only and (report.this.has_size or report.last.has_size):
        page.line(
            report.say(
                "第4.1行为乘以规模系数之后的金额，其下各行为乘以规模系数之前的金额；分散效应和损失吸收效应为减项。",
                "Row 4.1 is after the size coefficient, the rows under it before; diversification and loss absorption are subtracted.",
            )
        )
    if report.this.value("minimum_capital") <= 0:
        page.line(
            report.say(
                "最低资本不为正数，溢额和充足率不予计算。",
                "Minimum capital is not positive, so there are no surpluses and ratios.",
            )
        )
    _ratios(page, report, form)
    rows = {row.item: row for row in tables()["Statements"] if not row.types or report.insurer_type in row.types}
    for zh, en, items in (
        ("（二）流动性风险监管指标", "(2) Liquidity: regulatory indicators", LIQUIDITY),
        ("（三）流动性风险监测指标", "(3) Liquidity: monitoring indicators", MONITORING),
    ):
        page.section(report.say(zh, en))
        page.head(
            report.say("序号", "No."),
            report.say("指标", "Indicator"),
            report.say("本季度数", "This quarter"),
            report.say("上季度可比数", "Last quarter"),
        )
        for item in items:
            if item in rows:
                page.numbered(rows[item].label(report.lang))
                page.stated(page.row, 2, indicator(report, item), rows[item].kind)
                page.stated(page.row, 3, indicator(report, item, last=True), rows[item].kind)
                page.row += 1
    page.section(report.say("（四）主要经营指标", "(4) Operations"))
    page.head(
        report.say("序号", "No."),
        report.say("指标", "Indicator"),
        report.say("本季度数", "This quarter"),
        report.say("本年累计数", "Year to date"),
    )
    for item in (*GENERAL, *BY_TYPE):
        _operating(page, report, item, rows)
    for item in (name for name in LISTS if name in rows):
        page.numbered(rows[item].label(report.lang))
        page.wide_stated(2, 3, report.stated(item))
    page.section(report.say("（五）近三年平均收益率", "(5) Yields, three-year average"))
    page.head(
        report.say("序号", "No."), report.say("指标", "Indicator"), report.say("近三年平均", "Three-year average")
    )
    for item in AVERAGES:
        page.numbered(rows[item].label(report.lang))
        page.stated(page.row, 2, report.stated(item), rows[item].kind)
        page.row += 1


def _operating(page: Page, report: Report, item: str, rows: dict[str, Row]) -> None:
    if item not in rows and item not in FROM_FIGURES:
        return
    if item in FROM_FIGURES:
        name, kind, value = report.say(*FROM_FIGURES[item]), "amount", report.this.value(item)
    else:
        name, kind, value = rows[item].label(report.lang), rows[item].kind, report.stated(item)
    page.numbered(name.replace("（本季度）", "").replace(" (quarter)", ""))
    page.stated(page.row, 2, value, kind)
    if item not in AT_THE_END:
        page.stated(page.row, 3, indicator(report, f"{item}_ytd"), kind)
    elif isinstance(value, float) and value == value:
        page.formula(page.row, 3, page.cell(page.row, 2), value, kind)
    else:
        page.absent(page.row, 3)
    page.row += 1


def _ratios(page: Page, report: Report, form: Form) -> None:
    """Both ratios by quarter and what the regulation requires of them, as table and chart."""
    rulebook = report.result.rulebook(report.row)
    names = [
        report.say("核心偿付能力充足率", "Core solvency ratio"),
        report.say("综合偿付能力充足率", "Comprehensive solvency ratio"),
    ]
    required = [
        report.say("核心充足率要求", "Required core ratio"),
        report.say("综合充足率要求", "Required comprehensive ratio"),
    ]
    periods = [
        p for p in (report.last, report.this, report.ahead) if any((ratio, p.key) in form.printed for ratio in RATIOS)
    ]
    if not periods:
        return
    page.break_here()
    page.section(report.say("充足率与监管要求", "Ratios and what is required"))
    page.head(report.say("序号", "No."), report.say("季度", "Quarter"), *names, *required)
    first = page.row
    short = {"last": ("上季度", "Last"), "this": ("本季度", "This"), "ahead": ("下季度预测", "Forecast")}
    for period in periods:
        page.numbered(report.say(*short[period.key]))
        for column, ratio in enumerate(RATIOS, start=2):
            key = (ratio, period.key)
            if key in form.printed:
                page.formula(page.row, column, page.cell(*form.places[key]), form.printed[key], "ratio")
            else:
                page.absent(page.row, column)
        for column, line in enumerate(("ratio_threshold.core", "ratio_threshold.comprehensive"), start=4):
            page.number(page.row, column, float(rulebook.value(line)), "share")
        page.row += 1
    ratios_chart(page, first, page.row - 1, report.say("偿付能力充足率", "Solvency ratios"))
