"""Blank input workbooks: official names and row numbers, drop-downs from the rules in force, notes with their articles."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from solvency.errors import UsageError
from solvency.excel import guide, position_sheets, style
from solvency.excel.tidy import FIRST_ROW, INPUTS
from solvency.files import write_whole
from solvency.regulation.coverage import not_covered
from solvency.regulation.rulebook import Rulebook, first_date
from solvency.rules.formulas import FORMULAS
from solvency.rules.rule20_lloyds_china.departments import DEPARTMENTS, ORGANISATION
from solvency.tables.spec import DIVERSIFICATION, MODULES, Row, Table, line_items, tables

OWN_ROWS = 30  # blank rows for the company's own sensitivities
LARGEST_AMOUNT = 10**15
_TABS = {"Info": "24476B", "S01": "2E7D6B", "S02": "2E7D6B", "S05": "2E7D6B"}
_HEADINGS = {
    "factor": ("风险因素", "Factor", 26),
    "item": ("项目名", "Item", 34),
    "row": ("行次", "Row", 7),
    "name_zh": ("项目", "Item in Chinese", 46),
    "name_en": ("英文名称", "Item in English", 44),
    "value": ("填写", "Value", 24),
    "amount": ("期末数", "Amount", 20),
    "next_quarter": ("下一季度末", "Next quarter-end", 20),
    "year_end_1": ("未来第一个年末", "First year-end", 20),
    "year_end_2": ("未来第二个年末", "Second year-end", 20),
    "note": ("说明与备注", "Notes", 52),
}
_COLUMNS = {
    "values": ("item", "name_zh", "name_en", "value", "note"),
    "amounts": ("item", "row", "name_zh", "name_en", "amount", "note"),
    "forecast": ("item", "row", "name_zh", "name_en", "next_quarter", "year_end_1", "year_end_2"),
    "effects": ("factor", "item", "name_zh", "name_en", "value", "note"),
}


def template(
    insurer_type: str, path: str | Path, *, as_of: date | str | None = None, lang: str = "zh", force: bool = False,
    positions: bool = False, organisation: str | None = None,
) -> Path:  # fmt: skip
    """Write a blank input workbook for a type of insurer (property, life, reinsurer). Returns the path.

    `organisation`: its form, as Info has it; Lloyd's China (lloyds_china) has tables of its own. `as_of` (default: today) picks the rules whose choices the drop-downs offer and, when given, is filled in as the
    valuation date. `positions` adds a sheet per table of positions, from which sub-risks are computed. `lang` picks the language of drop-downs, prompts and notes; labels are in both. Raises UsageError,
    OutputExistsError unless `force`, DateOutOfRangeError.
    """
    if insurer_type == "group":
        raise not_covered("rule19", "保险集团", "insurance groups")
    types = line_items()["insurer_type"].choices
    if insurer_type not in types:
        names = "、".join(types)
        raise UsageError(
            f"公司类型 {insurer_type!r} 不存在，可用：{names}",
            f"no insurer type {insurer_type!r}; one of {', '.join(types)}",
        )
    forms = line_items()["organisation"].choices
    if organisation is not None and organisation not in forms:
        raise UsageError(
            f"组织形式 {organisation!r} 不存在，可用：{'、'.join(forms)}", f"no form of organisation {organisation!r}; one of {', '.join(forms)}"
        )  # fmt: skip
    if organisation == ORGANISATION and insurer_type not in position_sheets.ONLY[DEPARTMENTS]:
        raise UsageError(
            "劳合社（中国）经营非寿险业务，公司类型为 property 或 reinsurer", "Lloyd's China writes non-life business: property or reinsurer"
        )  # fmt: skip
    if lang not in ("zh", "en"):
        raise UsageError(f"语言 {lang!r} 不存在，可用：zh、en", f"no language {lang!r}; zh or en")
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise UsageError(
            f"模板应为 .xlsx，而不是 {target.name!r}", f"a template is written as .xlsx, not {target.name!r}"
        )
    try:
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise UsageError(
            f"日期 {as_of!r} 应为 2025-09-30 的形式", f"the date {as_of!r} should look like 2025-09-30"
        ) from None
    rulebook = Rulebook.at(day or max(date.today(), first_date()))
    book = _Builder(insurer_type, rulebook, day, lang, organisation or "").build(positions)
    return write_whole(target, book.save, force=force)


class _Builder:
    """One template while it is made."""

    def __init__(self, insurer_type: str, rulebook: Rulebook, day: date | None, lang: str, organisation: str):
        self.insurer_type, self.rulebook, self.day, self.lang = insurer_type, rulebook, day, lang
        self.organisation = organisation
        self.unused = unused_items(insurer_type, rulebook)

    def build(self, positions: bool) -> Workbook:
        book = Workbook()
        book.properties.creator = "solvency"
        book.properties.title = line_items()["insurer_type"].choices[self.insurer_type][0]
        first = book.active
        assert isinstance(first, Worksheet)
        held = list(position_sheets.sheets_for(self.insurer_type, self.organisation)) if positions else []
        guide.write(first, self.insurer_type, self.rulebook, tables(), held)
        for table in tables().values():
            self._sheet(book.create_sheet(table.sheet), table)
        for rows in held:
            position_sheets.write(book.create_sheet(rows.sheet), rows, self.rulebook, self.lang)
        return book

    def _say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def _sheet(self, sheet: Worksheet, table: Table) -> None:
        columns = _COLUMNS.get(table.layout, _COLUMNS["values"])
        for number, column in enumerate(columns, start=1):
            zh, en, width = _HEADINGS[column]
            for row, (content, level) in enumerate(
                ((column, "id"), (f"{zh} / {en}", "label"), (self._unit(table, column), "unit")), 1
            ):
                style.heading(_put(sheet, row, number, content), level)
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.row_dimensions[2].height = sheet.row_dimensions[3].height = 30
        rows = self._rows(table)
        for place, item in enumerate(rows, start=FIRST_ROW):
            self._row(sheet, table, item, place, columns)
        if table.layout == "effects":
            self._own_rows(sheet, FIRST_ROW + len(rows), columns)
        _finish(sheet, table, columns)

    def _unit(self, table: Table, column: str) -> str:
        if column not in INPUTS.get(table.layout, ("value",)):
            return ""
        if table.sheet == "Info":
            return "金额按本表所填单位 / amounts in the unit given here"
        return "单位见 Info / unit: see Info"

    def _rows(self, table: Table) -> list[Row]:
        rows = [row for row in table if not row.table_only]
        if table.sheet == "S01":  # what S02 and S05 hold is not asked twice
            once = {row.item for code in ("S02", "S05") for row in tables()[code]}
            return [row for row in rows if row.item not in once]
        if table.layout in ("effects", "values"):
            return [row for row in rows if not row.types or self.insurer_type in row.types]
        return rows

    def _row(self, sheet: Worksheet, table: Table, row: Row, number: int, columns: tuple[str, ...]) -> None:
        depth = row.row_no.count(".") if row.row_no else 0
        bold = bool(row.row_no) and depth == 0 and not row.row_no.startswith("+")
        labels = {
            "factor": row.factor,
            "item": row.item,
            "row": row.row_no,
            "name_zh": row.zh,
            "name_en": row.en,
            "note": self._hint(row),
        }
        inputs = INPUTS.get(table.layout, ("value",))
        shade = "unused" if row.item in self.unused else "required" if row.required else "input"
        for position, column in enumerate(columns, start=1):
            cell = _put(sheet, number, position, labels.get(column))
            if column in inputs:
                style.entry(cell, row.kind, shade)
                if column == inputs[0]:
                    cell.comment = self._comment(row)
            elif column == "note":
                style.entry(cell, "text")
                cell.fill = style.fill("unit")
                cell.font = style.font(size=9, color=style.GREY)
            else:
                named = column in ("name_zh", "name_en")
                style.text(cell, bold=bold and named, faint=not named, indent=depth if named else 0, wrap=named)
        first, last = (columns.index(name) + 1 for name in (inputs[0], inputs[-1]))
        self._validate(sheet, row, f"{get_column_letter(first)}{number}:{get_column_letter(last)}{number}")
        if table.sheet == "Info" and row.item == "insurer_type":
            _put(sheet, number, first, self._choice(row, self.insurer_type))
        elif table.sheet == "Info" and row.item == "organisation" and self.organisation:
            _put(sheet, number, first, self._choice(row, self.organisation))
        elif table.sheet == "Info" and row.item == "as_of" and self.day is not None:
            _put(sheet, number, first, self.day)
        widths = (("name_zh", 48), ("name_en", 44), ("note", 60))
        lines = max(-(-style.width_of(labels[name]) // width) for name, width in widths) or 1
        sheet.row_dimensions[number].height = max(18, 15 * lines)

    def _own_rows(self, sheet: Worksheet, number: int, columns: tuple[str, ...]) -> None:
        for row in range(number, number + OWN_ROWS):
            for position, column in enumerate(columns, start=1):
                style.entry(_put(sheet, row, position, None), "amount" if column == "value" else "text")
        title = self._say("其他敏感度：风险因素、项目、变动额", "Further sensitivities: factor, item, change")
        sheet.cell(number, columns.index("note") + 1, title).font = style.font(size=9, color=style.GREY)

    # -- what a row allows

    def _choice(self, row: Row, key: str) -> str:
        return row.allowed(self.rulebook)[key][0] if self.lang == "zh" else key

    def _validate(self, sheet: Worksheet, row: Row, cells: str) -> None:
        rule = self._rule(row)
        if rule is None:
            return
        rule.allow_blank = True
        rule.errorTitle = self._say("不在允许范围", "Not allowed")
        rule.error = self._allowed(row)[:225]
        rule.showErrorMessage = True
        rule.add(cells)
        sheet.add_data_validation(rule)

    def _rule(self, row: Row) -> DataValidation | None:
        if row.kind == "choice":
            names = ",".join(self._choice(row, key) for key in row.allowed(self.rulebook))
            return DataValidation(type="list", formula1=f'"{names}"') if len(names) <= 253 else None
        if row.kind == "date":
            # only the valuation date is bound to the time of the rules; a company may have opened long before
            first = first_date()
            earliest = f"DATE({first.year},{first.month},{first.day})" if row.sheet == "Info" else "1"
            return DataValidation(type="date", operator="greaterThanOrEqual", formula1=earliest)
        if row.kind in ("amount", "number", "ratio"):
            low = -LARGEST_AMOUNT if row.minimum is None else row.minimum
            high = LARGEST_AMOUNT if row.maximum is None else row.maximum
            return DataValidation(type="decimal", operator="between", formula1=f"{low:.15g}", formula2=f"{high:.15g}")
        return None

    def _allowed(self, row: Row) -> str:
        if row.kind == "choice":
            return "、".join(dict.fromkeys(self._choice(row, key) for key in row.allowed(self.rulebook)))
        if row.kind == "date" and row.sheet != "Info":
            return self._say("日期", "a date")
        if row.kind == "date":
            return self._say(
                f"{first_date()} 及以后的日期，如 2025-09-30", f"a date from {first_date()}, as 2025-09-30"
            )
        low, high = row.minimum, row.maximum
        span = (
            f"{low:g} ~ {high:g}" if low is not None and high is not None else f"≥ {low:g}" if low is not None else ""
        )
        return self._say("数字", "a number") + (
            f"，{span}" if span and self.lang == "zh" else f", {span}" if span else ""
        )

    def _hint(self, row: Row) -> str:
        note = self._say(row.note_zh, row.note_en)
        parts = [note, row.article]
        if row.item in self.unused:
            parts.insert(0, self._say("此类公司一般不填", "Not usual for this type of insurer"))
        return self._say("；", "; ").join(part for part in parts if part)

    def _comment(self, row: Row) -> Comment | None:
        """Article, note, choices, what a blank means and how the figure is computed where it is left blank."""
        lines = [self._say(row.note_zh, row.note_en)]
        if row.kind == "choice":
            names = row.allowed(self.rulebook)
            shown = [key if key == zh else f"{key} = {zh}" for key, (zh, _) in names.items()]
            lines.append(self._say("可填：", "One of: ") + "；".join(shown))
        formula = FORMULAS.get(row.item) if row.sheet in ("S01", "S02", "S05") else None
        article = row.article
        if formula is not None:
            parts = [
                f"{r.sheet} {r.row_no}" if (r := line_items().get(item)) and r.row_no else item
                for item in formula.inputs
            ] + list(formula.tables)
            lines.append(self._say("可留空，由这些行计算：", "May stay blank; computed from: ") + "、".join(parts))
            article = article or formula.article
        zero = row.blank_for(self.insurer_type) == 0
        if row.sheet == "Exposures":
            lines.append(
                self._say("留空：维持基本情景不变", "Blank: stays at its base")
                if zero
                else self._say("留空：不计算其影响", "Blank: its effect is not covered")
            )
        elif zero and row.sheet in ("S02", "S05"):
            lines.append(self._say("有同级数据时，留空视为 0", "Blank means 0 beside filled rows of the same level"))
        if article:
            lines.append(self._say("依据：", "See: ") + article)
        content = "\n".join(line for line in lines if line)
        return style.note(content) if content else None


def unused_items(insurer_type: str, rulebook: Rulebook) -> set[str]:
    """Line items a type of insurer does not have: modules outside its matrix, loss absorption where it has none."""
    modules = rulebook.correlation_labels(f"quantified_mc.correlation.{insurer_type}")
    found = {
        item for module in MODULES if module not in modules for item in (module, *MODULES[module], DIVERSIFICATION[module])
    }  # fmt: skip
    if line_items()["loss_absorption"].blank_for(insurer_type) == 0:
        found |= {item for item in line_items() if item.startswith(("loss_absorption", "participating_"))}
    return found


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> Cell:
    cell = style.plain(sheet, row, column)
    cell.value = datetime(value.year, value.month, value.day) if isinstance(value, date) else value
    return cell


def _finish(sheet: Worksheet, table: Table, columns: tuple[str, ...]) -> None:
    sheet.freeze_panes = f"{get_column_letter(columns.index('name_en') + 1)}{FIRST_ROW}"
    sheet.sheet_properties.tabColor = _TABS.get(table.sheet, "9AA5B1")
    sheet.print_title_rows = f"1:{FIRST_ROW - 1}"
    style.page(sheet, f"{table.sheet}  {table.zh} / {table.en}")
    style.protect(sheet)
