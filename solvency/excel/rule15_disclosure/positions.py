"""Positions in the internal file: the charges row by row, products by layer, looked-through assets, concentration."""

from __future__ import annotations

from typing import Any

from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Report
from solvency.position_detail import position_lines
from solvency.position_forms import (
    concentration_form,
    insurance_form,
    interest_rate_assets,
    life_interest_form,
    life_line_label,
    looked_through_assets,
    product_breakdown,
)
from solvency.result import label
from solvency.tables.positions.forms import AMOUNTS, amounts_of
from solvency.tables.positions.spec import position_tables

MOST_LINES = 1_000
INSURANCE_FORMS = ("IR01", "IR01-1", "IR02", "IR03", "IR04", "IR05")
PARTS = {
    "surface": ("表层资产", "Surface"),
    "opaque": ("无法穿透部分", "Opaque part"),
    "exempt": ("豁免穿透", "Exempt"),
    "underlying": ("底层资产", "Underlying"),
}
KINDS = {
    "asset_class": ("大类资产集中度", "Asset class"),
    "counterparty": ("交易对手集中度", "Counterparty"),
    "real_estate": ("房地产集中度", "Real estate"),
    "total": ("合计", "Total"),
}


def write_lines(page: Page, report: Report) -> None:
    """Every charge: exposure, factor, coefficients, limits, amount, article; the largest first."""
    lines = position_lines(report.result, report.row)
    page.head(
        report.say("位置", "Place"), report.say("持仓", "Position"), report.say("所属产品", "Product"), report.say("子风险", "Sub-risk"),
        report.say("风险暴露", "Exposure"), "RF0", report.say("特征系数", "Coefficients"), report.say("K（限额前）", "K before limit"),
        report.say("K（限额后）", "K after limit"), "Kp", report.say("RF（封顶前）", "RF before cap"), "RF",
        report.say("最低资本", "Minimum capital"), report.say("依据", "Source"),
    )  # fmt: skip
    line: Any
    for line in lines.head(MOST_LINES).to_dict("records"):
        page.text(page.row, 0, f"{line['sheet']}!{line['place']}")
        page.text(page.row, 1, line["name"] or line["id"] or "–")
        page.text(page.row, 2, line["product"] or "–")
        page.text(page.row, 3, report.say(*label(str(line["sub_risk"]))))
        page.figure(page.row, 4, report.amount(line["exposure"]), "amount")
        used = " ".join(f"{name.removeprefix('k_')}={k:.6g}" for name, k in line["coefficients"].items())
        if line["pv_adverse"] == line["pv_adverse"]:
            adverse = f"{report.amount(line['pv_adverse']):,.2f}"
            used = report.say(f"{line['scenario']} 情景现值 {adverse}", f"{line['scenario']}: present value {adverse}")
        page.text(page.row, 6, used or "–")
        for column, name in (
            (5, "rf0"),
            (7, "k_before_limit"),
            (8, "k_inside"),
            (9, "k_layer"),
            (10, "rf_uncapped"),
            (11, "rf"),
        ):
            if line[name] == line[name]:
                page.figure(page.row, column, line[name], "number")
            else:
                page.text(page.row, column, "–", align="right")
        page.figure(page.row, 12, report.amount(line["minimum_capital"]), "amount")
        page.text(page.row, 13, report.say("；", "; ").join(line["citations"]))
        page.row += 1
    if len(lines) > MOST_LINES:
        page.line(
            report.say(
                f"仅列最大的 {MOST_LINES} 项，共 {len(lines)} 项。", f"The largest {MOST_LINES} of {len(lines)}."
            )
        )


def write_products(page: Page, report: Report) -> None:
    """What each product bears and from which layer it comes (rule 7)."""
    page.head(
        report.say("产品", "Product"), report.say("名称", "Name"), report.say("表", "Table"), report.say("部分", "Part"),
        report.say("其上层数", "Layers above"), report.say("子风险", "Sub-risk"), report.say("风险暴露", "Exposure"),
        report.say("最低资本", "Minimum capital"),
    )  # fmt: skip
    for line in product_breakdown(report.result, report.row).to_dict("records"):
        table = position_tables()[str(line["sheet"])]
        page.text(page.row, 0, line["product"])
        page.text(page.row, 1, line["name"] or "–")
        page.text(page.row, 2, f"{table.sheet} {report.say(table.zh, table.en)}")
        page.text(page.row, 3, report.say(*PARTS[str(line["part"])]))
        page.figure(page.row, 4, float(line["layers"]), "number")
        page.text(page.row, 5, report.say(*label(str(line["sub_risk"]))))
        page.figure(page.row, 6, report.amount(line["exposure"]), "amount")
        page.figure(page.row, 7, report.amount(line["minimum_capital"]), "amount")
        page.row += 1


def write_assets(page: Page, report: Report) -> None:
    """LT01: assets by table before and after looking through; IN01 to IN03: interest-rate risk of life business."""
    page.section(report.say("LT01 穿透后投资资产", "LT01 Assets looked through"))
    page.head(
        report.say("表", "Table"), report.say("资产", "Assets"), report.say("无需／豁免穿透（1）", "Direct or exempt (1)"),
        report.say("进行穿透（2）", "Looked through (2)"), report.say("无法穿透（3）", "Opaque (3)"),
        report.say("底层资产（4）", "Underlying (4)"), report.say("穿透后整体（5）=（1）+（3）+（4）", "Overall (5) = (1) + (3) + (4)"),
    )  # fmt: skip
    for line in looked_through_assets(report.result, report.row).to_dict("records"):
        table = position_tables()[str(line["sheet"])]
        page.text(page.row, 0, table.sheet)
        page.text(page.row, 1, report.say(table.zh, table.en))
        values = [report.amount(line[name]) for name in ("direct", "looked_through", "opaque", "underlying")]
        for column, value in enumerate(values, 2):
            page.figure(page.row, column, value, "amount")
        cells = [page.cell(page.row, column) for column in (2, 4, 5)]
        page.formula(page.row, 6, "+".join(cells), values[0] + values[2] + values[3], "amount")
        page.row += 1

    _write_life_interest(page, report)
    held = interest_rate_assets(report.result, report.row)
    if str(report.result.cases.at[report.row, "insurer_type"]) == "property" or held.empty:
        return
    page.row += 1
    page.section(report.say("IN03 利率风险资产", "IN03 Assets within interest-rate risk"))
    page.head(
        report.say("表", "Table"),
        report.say("资产", "Assets"),
        report.say("认可价值（名义本金）", "Admitted value (notional)"),
        report.say("修正久期", "Modified duration"),
    )
    for line in held.to_dict("records"):
        table = position_tables()[str(line["sheet"])]
        page.text(page.row, 0, table.sheet)
        page.text(page.row, 1, report.say(table.zh, table.en))
        page.figure(page.row, 2, report.amount(line["value"]), "amount")
        if line["modified_duration"] == line["modified_duration"]:
            page.figure(page.row, 3, line["modified_duration"], "number")
        else:
            page.text(page.row, 3, "–", align="right")
        page.row += 1


def _write_life_interest(page: Page, report: Report) -> None:
    """IN01, of reinsurers IN02: present values of each account and what the adverse scenarios add."""
    lines = life_interest_form(report.result, report.row)
    if lines.empty:
        return
    page.row += 1
    if str(report.result.cases.at[report.row, "insurer_type"]) == "reinsurer":
        page.section(report.say("IN02 再保险公司利率风险", "IN02 Interest-rate risk of a reinsurer"))
    else:
        page.section(report.say("IN01 人身保险公司利率风险", "IN01 Interest-rate risk of a life insurer"))
    page.head(
        "", report.say("账户", "Account"), report.say("PV(NCF) 基础情景", "PV(NCF), base"), report.say("PV(NCF) 利率下降", "PV(NCF), rates down"),
        report.say("PV(NCF) 利率上升", "PV(NCF), rates up"), report.say("下降情景增加", "Added by rates down"),
        report.say("上升情景增加", "Added by rates up"), report.say("最低资本", "Minimum capital"),
    )  # fmt: skip
    for line in lines.to_dict("records"):
        page.text(page.row, 1, report.say(*life_line_label({str(name): value for name, value in line.items()})))
        for column, name in enumerate(("pv_base", "pv_down", "pv_up", "down", "up", "minimum_capital"), 2):
            if line[name] == line[name]:
                page.figure(page.row, column, report.amount(line[name]), "amount")
            else:
                page.text(page.row, column, "–", align="right")
        page.row += 1


def write_insurance(page: Page, report: Report) -> None:
    """The forms of insurance risk that were worked out, with their official rows and articles."""
    count = 0
    for code in INSURANCE_FORMS:
        lines = insurance_form(report.result, report.row, code).to_dict("records")
        if not lines:
            continue
        count += 1
        table, names = position_tables()[code], amounts_of(map(str, lines[0]))
        page.section(f"{code} {report.say(table.zh, table.en)}")
        page.head(
            report.say("行次", "Row"), report.say("项目", "Item"), report.say("依据", "Source"),
            *(report.say(*AMOUNTS[name]) for name in names),
        )  # fmt: skip
        for line in lines:
            page.text(page.row, 0, line["row"])
            page.text(page.row, 1, line[report.say("zh", "en")])
            page.text(page.row, 2, line["article"])
            for column, name in enumerate(names, 3):
                if line[name] == line[name]:
                    page.figure(page.row, column, report.amount(line[name]), "amount")
                else:
                    page.text(page.row, column, "–", align="right")
            page.row += 1
    if not count:
        page.line(report.say("保险风险由 S05 填列。", "Insurance risk was typed in S05."))


def write_concentration(page: Page, report: Report) -> None:
    """CT01: what is concentrated, and the capital it adds."""
    page.section(report.say("CT01 集中度风险资产", "CT01 Concentration"))
    page.head(
        report.say("集中度项目", "Item"), report.say("名称", "Name"), report.say("占总资产比例", "Share of total assets"),
        report.say("风险暴露限额", "Limit"), report.say("风险暴露", "Exposure"), report.say("是否超限", "Above the limit"),
        report.say("集中度最低资本", "Capital added"),
    )  # fmt: skip
    for line in concentration_form(report.result, report.row).to_dict("records"):
        page.text(page.row, 0, report.say(*KINDS[str(line["kind"])]))
        page.text(page.row, 1, line["name"] or "–")
        for column, name, kind in ((2, "share", "share"), (3, "limit", "amount"), (4, "exposure", "amount")):
            value = float(line[name])
            if value - value != 0:
                page.text(page.row, column, "–", align="right")
            else:
                page.figure(page.row, column, value if kind == "share" else report.amount(value), kind)
        page.text(
            page.row,
            5,
            "–" if line["kind"] == "total" else report.say("是", "yes") if line["over"] else report.say("否", "no"),
        )
        page.figure(page.row, 6, report.amount(line["minimum_capital"]), "amount")
        page.row += 1
