"""The sheets of positions in a template: a column per field, drop-downs from the rules in force, notes with their articles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from solvency.excel import style
from solvency.excel.tidy import FIRST_ROW
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule12_sarmra import Catalogue
from solvency.rules.rule13_liquidity_risk.coverage import FACTOR as RESERVE_FACTOR
from solvency.rules.rule13_liquidity_risk.coverage import RESERVE
from solvency.tables.positions.read import WORDS
from solvency.tables.positions.spec import CLASSES, NUMBERS, Column, PositionTable, position_tables

SHADED_ROWS = 40  # rows that look like input; more may be filled
LAST_ROW = 20_000  # drop-downs and limits reach so far
LARGEST = 10**15
LONGEST_LIST = 253
# what only some insurers have: by sheet, the types of insurer
ONLY = {
    "IR02": ("property", "life"),
    "IR04": ("reinsurer",),
    "CatExposures": ("property", "reinsurer"),
    "CatFactors": ("property", "reinsurer"),
    "CatCover": ("property", "reinsurer"),
    "Departments": ("property", "reinsurer"),
    "MR09": ("property", "reinsurer"),
    "IN01": ("life", "reinsurer"),
    "CashFlows": ("life", "reinsurer"),
    "Curve": ("life", "reinsurer"),
    "IR01": ("property", "life"),
    "IR01-1": ("property", "reinsurer"),
    "IR03": ("reinsurer",),
    "IR05": ("life", "reinsurer"),
    "Business": ("property", "life"),
    "Industry": ("property",),
    "L01": ("life", "reinsurer"),
    "LifeLiabilities": ("life", "reinsurer"),
    "LiabilityCashFlows": ("life", "reinsurer"),
    "LifeUnits": ("life", "reinsurer"),
    "LifeCashFlows": ("life", "reinsurer"),
    "LifeCurve": ("life", "reinsurer"),
    "FutureSurplus": ("life", "reinsurer"),
    "PoliciesInForce": ("life", "reinsurer"),
    "LifeReinsurance": ("life", "reinsurer"),
    "LR3-1": ("property",),
    "LR3-2": ("life",),
    "LR3-3": ("reinsurer",),
}
# by form of organisation: what it has whatever its type, and what it has not
ALSO = {"lloyds_china": ("Departments", "IR01", "IR03", "Industry")}
WITHOUT = {"lloyds_china": ("IR01-1", "IR02", "IR04", "CatExposures", "CatFactors", "CatCover", "Business")}
_UNITS = {
    "amount": "单位见 Info / unit: see Info",
    "ratio": "比例或百分数 / fraction or %",
    "number": "数字 / number",
    "date": "日期 / date",
    "known": "比例或百分数，或“无法获得” / fraction or %, or unavailable",
    "amount_or_none": "单位见 Info，或“不适用” / unit: see Info, or not applicable",
    "ratio_or_none": "比例或百分数，或“不适用” / fraction or %, or not applicable",
    "text": "文本 / text",
}


def sheets_for(insurer_type: str, organisation: str = "") -> Iterator[PositionTable]:
    """The position tables of a type of insurer, in the order of the workbook, with the columns of its form of organisation."""
    for sheet, table in position_tables().items():
        of_type = insurer_type in ONLY.get(sheet, (insurer_type,)) and table.organisation in ("", organisation)
        if (of_type or sheet in ALSO.get(organisation, ())) and sheet not in WITHOUT.get(organisation, ()):
            yield replace(table, columns=tuple(_columns(table, organisation)))


def _columns(table: PositionTable, organisation: str) -> Iterator[Column]:
    """The columns of a form of organisation: all rows fill those that only it has, and what need not be filled beside them is not required."""
    own = [column for column in table.columns if column.organisation in ("", organisation)]
    names, asking = {column.id for column in own}, {column.where for column in own}
    for column in own:
        yield replace(column, required=(column.required and column.unless not in names) or column.id in asking)


def prefilled(table: PositionTable, rulebook: Rulebook, lang: str) -> list[dict[str, Any]]:
    """The rows of a fixed form that a template writes: column id -> value."""
    if table.sheet == "SARMRA":
        return _assessed_items(rulebook)
    factors = rulebook.rows(RESERVE_FACTOR) if table.sheet == RESERVE else {}
    return [
        {
            "item": row.item,
            "row": row.row,
            "label": "　" * row.row.count(".") + (row.zh if lang == "zh" else row.en),
            "factor": factors.get(row.item),
        }
        for row in table.rows
    ]


def _assessed_items(rulebook: Rulebook) -> list[dict[str, Any]]:
    """The items of annex 5."""
    catalogue, parts = Catalogue.of(rulebook), rulebook.names("sarmra.part")
    return [
        {
            "item": item.id,
            "part": parts[item.part][0],
            "name_zh": item.zh,
            "name_en": item.en,
            "points": float(item.points),
        }
        for item in catalogue.items
    ]


def write(sheet: Worksheet, table: PositionTable, rulebook: Rulebook, lang: str) -> None:
    """Fill one sheet of a template."""
    table = table.under(rulebook)
    given = prefilled(table, rulebook, lang)
    for number, column in enumerate(table.columns, start=1):
        letter = get_column_letter(number)
        unit = _UNITS.get(column.kind, "选择 / choose")
        for row, (content, level) in enumerate(
            ((column.id, "id"), (f"{column.zh}\n{column.en}", "label"), (unit, "unit")), 1
        ):
            cell = style.plain(sheet, row, number)
            cell.value = content
            style.heading(cell, level)
        sheet.cell(2, number).comment = _comment(column, rulebook, lang, number == 1)
        wide = 50 if column.id == "label" else 36 if column.id == "item" else 24 if column.kind == "text" else 18
        sheet.column_dimensions[letter].width = wide
        shade = "required" if column.required else "input"
        for row in range(FIRST_ROW, FIRST_ROW + (len(given) or SHADED_ROWS)):
            cell = style.plain(sheet, row, number)
            if column.prefilled and given:
                cell.value = given[row - FIRST_ROW].get(column.id)
                style.text(cell, faint=column.id != "label" and not column.id.startswith("name"))
            else:
                style.entry(cell, _FORMAT.get(column.kind, "choice"), shade)
        rule = None if column.prefilled else _rule(column, rulebook, lang)
        if rule is not None:
            rule.allow_blank = True
            rule.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
            sheet.add_data_validation(rule)
    sheet.row_dimensions[2].height = 42
    sheet.row_dimensions[3].height = 30
    sheet.freeze_panes = f"{'D' if given else 'C'}{FIRST_ROW}"
    sheet.sheet_properties.tabColor = _TAB.get(table.kind, "4B7BA6")
    sheet.print_title_rows = f"1:{FIRST_ROW - 1}"
    style.page(sheet, f"{table.sheet}  {table.zh} / {table.en}")


_TAB = {
    "product": "8A5A9E", "insurance": "B07B2C", "statement": "2E7D6B", "capital": "2E7D6B", "liability": "2E7D6B", "liquidity": "2F6F8F",
}  # fmt: skip
_FORMAT = {
    "amount": "amount", "amount_or_none": "amount", "ratio": "ratio", "ratio_or_none": "ratio", "number": "number", "known": "number",
    "date": "date", "text": "text",
}  # fmt: skip


def _rule(column: Column, rulebook: Rulebook, lang: str) -> DataValidation | None:
    if column.kind in CLASSES:
        allowed = column.allowed(rulebook)
        names = ",".join(zh if lang == "zh" else key for key, (zh, _) in allowed.items())
        if "," in "".join(zh if lang == "zh" else key for key, (zh, _) in allowed.items()) or len(names) > LONGEST_LIST:
            names = ",".join(allowed)  # the ids are short and hold no comma
        if len(names) > LONGEST_LIST:
            return None
        rule = DataValidation(type="list", formula1=f'"{names}"')
        rule.error = ("可填：" if lang == "zh" else "One of: ") + "、".join(names.split(","))[:200]
    elif column.kind in NUMBERS and column.kind not in WORDS:
        low = -LARGEST if column.minimum is None else column.minimum
        high = LARGEST if column.maximum is None else column.maximum
        rule = DataValidation(type="decimal", operator="between", formula1=f"{low:.15g}", formula2=f"{high:.15g}")
        rule.error = "请填数字" if lang == "zh" else "A number"
        if column.minimum is not None or column.maximum is not None:
            rule.error += f" {low:g} ~ {high:g}"
    elif column.kind == "date":
        rule = DataValidation(type="date", operator="greaterThanOrEqual", formula1="1")
        rule.error = "日期，如 2025-09-30" if lang == "zh" else "A date, as 2025-09-30"
    else:
        return None
    rule.errorTitle = "不在允许范围" if lang == "zh" else "Not allowed"
    rule.showErrorMessage = True
    return rule


def published_at(sheet: str, rulebook: Rulebook, zh: bool) -> str:
    """Where the numbers of a table are published that do not come with this software; "" for other tables."""
    found = rulebook.supplied(sheet)
    if found is None:
        return ""
    document, numbers = found
    return f"{numbers.zh if zh else numbers.en}{'。' if zh else '. '}{document.number}{'：' if zh else ': '}{document.source}"


def _comment(column: Column, rulebook: Rulebook, lang: str, first: bool) -> Comment | None:
    """Of the first column where the table is published; note, classes, what a blank means, article."""
    zh = lang == "zh"
    lines = [published_at(column.sheet, rulebook, zh) if first else "", column.note_zh if zh else column.note_en]
    if column.kind in CLASSES:
        shown = [f"{key} = {label[0 if zh else 1]}" for key, label in column.allowed(rulebook).items()]
        lines.append(("可填：" if zh else "One of: ") + "；".join(shown))
    if column.required:
        lines.append("必填" if zh else "Required")
    elif column.blank is not None:
        lines.append((f"留空：{column.blank}") if zh else f"Blank: {column.blank}")
    if column.article:
        lines.append(("依据：" if zh else "See: ") + column.article)
    content = "\n".join(line for line in lines if line)
    return style.note(content) if content else None
