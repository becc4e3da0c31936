"""Finds the figures of a tidy sheet: column ids in row 1, labels in row 2, units in row 3, data from row 4."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from solvency.errors import Problem
from solvency.excel.cells import Cell, Sheet
from solvency.excel.places import area, column_letters, reference
from solvency.tables.spec import Row, Table, line_items
from solvency.tables.validate import show

FIRST_ROW = 4
MOST_PROBLEMS = 300  # told of one sheet
INPUTS: Mapping[str, tuple[str, ...]] = {
    "values": ("value",),
    "amounts": ("amount",),
    "forecast": ("next_quarter", "year_end_1", "year_end_2"),
    "effects": ("value",),
}
LABELS = ("row", "name_zh", "name_en", "note")
EXPOSURE = "exposure"  # the factor of rows that state an exposure; every other factor states a change of a line item


@dataclass(frozen=True)
class Figure:
    """One input cell: blank (None) or as it was typed."""

    item: str
    column: str
    cell: str
    value: Any
    factor: str = ""


@dataclass
class Tidy:
    """One sheet being read; problems are collected, never raised."""

    sheet: Sheet
    table: Table
    problems: list[Problem]
    columns: dict[str, int] = field(default_factory=dict)
    hidden_told: set[str] = field(default_factory=set)
    told: int = 0

    def add(self, cell: str, code: str, zh: str, en: str, *, severity: str = "error", **rest: str) -> None:
        self.told += 1
        if self.told == MOST_PROBLEMS:
            cell, code, severity, rest = "", "more_problems", "error", {}
            zh, en = "此工作表问题过多，其余未列出", "this sheet has too many problems; the others are not listed"
        if self.told <= MOST_PROBLEMS:
            self.problems.append(Problem(code, severity, zh, en, sheet=self.table.sheet, cell=cell, **rest))

    @property
    def inputs(self) -> tuple[str, ...]:
        return INPUTS.get(self.table.layout, ("value",))

    def figures(self) -> list[Figure]:
        """Every input cell of a known row, blank ones too; all problems of the sheet's form are added on the way."""
        if not self._find_columns():
            return []
        if self.sheet.hidden and self._filled_rows():
            self.add(
                "",
                "hidden",
                "工作表被隐藏，其中的数据已读取",
                "the sheet is hidden; its data were read",
                severity="warning",
            )
        rows = dict(self._rows())
        merged = self._merged(rows)
        found = []
        for row, (factor, item) in rows.items():
            for name in self.inputs:
                column = self.columns[name]
                place = reference(row, column)
                value = None if (row, column) in merged else self._value(row, column, item)
                found.append(Figure(item, name, place, value, factor))
                if value is not None:
                    self._tell_hidden(row, column)
        return found

    # -- columns

    def _find_columns(self) -> bool:
        needed = ["item", *self.inputs] + (["factor"] if self.table.layout == "effects" else [])
        known = [*needed, *LABELS]
        unknown: list[tuple[str, int]] = []
        for (row, column), cell in sorted(self.sheet.cells.items()):
            name = _word(cell.value) if row == 1 else ""
            if not name:
                continue
            if name not in known:
                unknown.append((str(cell.value).strip(), column))
            elif name in self.columns:
                first = reference(1, self.columns[name])
                self.add(
                    reference(1, column), "doubled_column", f"列 {name} 出现两次，另一处在 {first}",
                    f"column {name} stands twice, the other at {first}", found=name,
                )  # fmt: skip
            else:
                self.columns[name] = column
        missing = [name for name in needed if name not in self.columns]
        for name in missing:
            self._missing_column(name, unknown)
        for name, column in unknown:
            if not missing:
                near = get_close_matches(_word(name), [k for k in known if k not in self.columns], n=1, cutoff=0.75)
                hint, hint_en = (f"，是否应为 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
                self.add(
                    reference(1, column), "ignored_column", f"未知列未使用{hint}", f"unknown column is not used{hint_en}",
                    severity="warning", found=show(name), allowed="、".join(known), allowed_en=", ".join(known),
                )  # fmt: skip
        return not missing

    def _missing_column(self, name: str, unknown: list[tuple[str, int]]) -> None:
        elsewhere = next(
            (
                place
                for place, cell in sorted(self.sheet.cells.items())
                if 1 < place[0] <= 30 and _word(cell.value) == name
            ),
            None,
        )
        near = get_close_matches(name, [_word(text) for text, _ in unknown], n=1, cutoff=0.6)
        if elsewhere:
            self.add(
                reference(*elsewhere), "missing_column", f"列名 {name} 应在第 1 行", f"the column id {name} belongs in row 1",
                found=f"{name} ({reference(*elsewhere)})", allowed="第 1 行为列名，第 4 行起为数据", allowed_en="ids in row 1, data from row 4",
            )  # fmt: skip
        elif near:
            text, column = next((t, c) for t, c in unknown if _word(t) == near[0])
            self.add(
                reference(1, column), "missing_column", f"缺少列 {name}，是否为此列？", f"column {name} is missing; is it this one?",
                found=show(text), allowed=name,
            )  # fmt: skip
        else:
            found = "、".join(show(text) for text, _ in unknown[:8])
            self.add(
                "1:1", "missing_column", f"缺少列 {name}", f"column {name} is missing", found=found or "–", allowed=name
            )

    # -- rows

    def _rows(self) -> Iterator[tuple[int, tuple[str, str]]]:
        """Rows of known items: row number -> (factor, item)."""
        seen: dict[tuple[str, str], int] = {}
        known = {row.item: row for row in self.table if not row.table_only}
        exposures = {item: row for item, row in known.items() if row.factor == EXPOSURE}
        for row in self._filled_rows(1):
            text = self._text(row, "item")
            if row < FIRST_ROW:
                if row > 1 and self._item(text, known) in known:
                    self.add(
                        reference(row, self.columns["item"]), "data_in_header", "第 2、3 行是标题和单位，数据须从第 4 行开始",
                        "rows 2 and 3 are labels and units; data start in row 4", found=show(text), item=self._name(text),
                    )  # fmt: skip
                continue
            factor = (self._text(row, "factor") or EXPOSURE) if self.table.layout == "effects" else ""
            if not text:
                self._no_item(row)
                continue
            item = self._item(text, known)
            place = reference(row, self.columns["item"])
            change = factor not in ("", EXPOSURE)
            wanted = line_items() if change else exposures if factor else known
            if item not in wanted:
                self._unknown_item(place, text, wanted)
                continue
            if change:
                self._near_factor(row, factor)
            if (factor, item) in seen:
                first = reference(seen[factor, item], self.columns["item"])
                self.add(
                    place, "doubled_row", f"项目 {item} 出现两次，另一处在 {first}", f"item {item} stands twice, the other at {first}",
                    found=show(text), item=self._name(item),
                )  # fmt: skip
                continue
            seen[factor, item] = row
            yield row, (factor, item)

    def _item(self, text: str, known: Mapping[str, Row]) -> str:
        """The item meant by its id; inside its own sheet a qualified name may stand without the sheet."""
        name = unicodedata.normalize("NFKC", text).strip()
        if name in known:
            return name
        sheet, dot, bare = name.partition(".")
        if dot and sheet == self.table.sheet and bare in known:
            return bare
        renamed = next((row.item for row in known.values() if name and row.was == name), name)
        return f"{self.table.sheet}.{name}" if f"{self.table.sheet}.{name}" in known else renamed

    def _no_item(self, row: int) -> None:
        for name in self.inputs:
            cell = self.sheet.cells.get((row, self.columns[name]))
            if cell is not None and not _blank(cell):
                self.add(
                    reference(row, self.columns[name]), "no_item", "有数值但 item 列为空", "a value stands in a row without an item",
                    found=_shown(cell), allowed="item 列填写项目名", allowed_en="an item id in column item",
                )  # fmt: skip

    def _near_factor(self, row: int, factor: str) -> None:
        """A factor that looks like a slip of the pen; any other name may be one of the company's own scenarios."""
        name = re.split(r"[*+=-]", factor)[0].strip()
        known = sorted({r.factor for r in self.table})
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        if name not in known and near:
            self.add(
                reference(row, self.columns["factor"]), "unknown_factor", f"是否应为 {near[0]}？", f"did you mean {near[0]}?",
                severity="warning", found=show(factor), allowed="、".join(known), allowed_en=", ".join(known),
            )  # fmt: skip

    def _unknown_item(self, place: str, text: str, known: Mapping[str, Row]) -> None:
        if self.told > MOST_PROBLEMS:
            return
        other = line_items().get(text)
        same = next((row.item for row in known.values() if text in (row.zh, row.en)), None)
        near = same or next(iter(get_close_matches(text, known, n=1, cutoff=0.6)), None)
        zh, en = "没有这个项目", "there is no such item"
        if other is not None and other.sheet != self.table.sheet and not same:
            zh, en = f"此项目属于工作表 {other.sheet}", f"this item belongs on sheet {other.sheet}"
        elif near:
            zh, en = f"{zh}，是否应为 {near}？", f"{en}; did you mean {near}?"
        self.add(
            place, "unknown_item", zh, en, found=show(text), item=near or "",
            allowed=f"工作表 {self.table.sheet} 的项目名", allowed_en=f"the item ids of sheet {self.table.sheet}",
        )  # fmt: skip

    # -- cells

    def _name(self, item: str) -> str:
        """How problems name the item: the figures of the valuation date by their bare name."""
        return item if self.table.layout == "amounts" or self.table.sheet == "Info" else f"{self.table.sheet}.{item}"

    def _value(self, row: int, column: int, item: str) -> Any:
        """The typed value; None for a blank and for what cannot be used, which is reported."""
        cell = self.sheet.cells.get((row, column))
        if cell is None:
            return None
        place = reference(row, column)
        if cell.formula is not None and self.sheet.is_external(cell.formula):
            self.add(
                place, "external_link", "公式引用了其他文件，须改为数值", "the formula takes its value from another file; paste it as a value",
                found=show(cell.formula), allowed="数值", allowed_en="a value", item=self._name(item),
            )  # fmt: skip
            return None
        if cell.kind == "e":
            self.add(
                place, "error_cell", "单元格是错误值", "the cell holds an error value", found=str(cell.value),
                allowed="数值；没有就留空或填 0", allowed_en="a value; leave blank or type 0 if there is none", item=self._name(item),
            )  # fmt: skip
            return None
        if cell.formula is not None and cell.value is None:
            self.add(
                place, "no_cached_value", "公式没有计算结果，请用 Excel 或 WPS 打开后保存；以“=”开头的文字请设为文本格式",
                "the formula has no stored result; open the book in Excel or WPS and save it, or make a text that begins with = a text cell",
                found=show(cell.formula),
                allowed="数值或已计算的公式", allowed_en="a value or a calculated formula", item=self._name(item),
            )  # fmt: skip
            return None
        return None if _blank(cell) else cell.value

    def _merged(self, rows: Mapping[int, tuple[str, str]]) -> set[tuple[int, int]]:
        """The cells of merged ranges among the data, which are reported."""
        cells: set[tuple[int, int]] = set()
        columns = [self.columns[name] for name in ("item", "factor", *self.inputs) if name in self.columns]
        for text in self.sheet.merged:
            span = area(text)
            if span is None or self.told > MOST_PROBLEMS:
                continue
            top, left, bottom, right = span
            hit_rows = [row for row in rows if top <= row <= bottom]
            hit_columns = [column for column in columns if left <= column <= right]
            if not hit_rows or not hit_columns:
                continue
            cells.update((row, column) for row in hit_rows for column in hit_columns)
            shown = next((self.sheet.cells[p] for p in [(top, left)] if p in self.sheet.cells), None)
            for i, row in enumerate(hit_rows):
                self.add(
                    text if i == 0 else reference(row, hit_columns[0]), "merged", f"数据区有合并单元格 {text}，请取消合并",
                    f"merged cells {text} among the data; unmerge them", found=_shown(shown) if shown else text,
                    allowed="每格一个数", allowed_en="one value in each cell", item=self._name(rows[row][1]),
                )  # fmt: skip
        return cells

    def _tell_hidden(self, row: int, column: int) -> None:
        for key, yes, place, zh, en in (
            (f"r{row}", row in self.sheet.hidden_rows, reference(row, column), "隐藏的行中有数据，已读取", "a hidden row holds data; they were read"),
            (f"c{column}", self.sheet.hides_column(column), f"{column_letters(column)}:{column_letters(column)}",
             "隐藏的列中有数据，已读取", "a hidden column holds data; they were read"),
        ):  # fmt: skip
            if yes and key not in self.hidden_told:
                self.hidden_told.add(key)
                self.add(place, "hidden", zh, en, severity="warning", found=_shown(self.sheet.cells[row, column]))

    def _text(self, row: int, name: str) -> str:
        cell = self.sheet.cells.get((row, self.columns[name]))
        return "" if cell is None or cell.value is None else str(cell.value).strip()

    def _filled_rows(self, first: int = FIRST_ROW) -> list[int]:
        return sorted({row for row, _ in self.sheet.cells if row >= first})


def _word(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip().lower() if isinstance(value, str) else ""


def _blank(cell: Cell) -> bool:
    if cell.value is None:
        return cell.formula is None
    return isinstance(cell.value, str) and not cell.value.strip()


def _shown(cell: Cell) -> str:
    return show(cell.formula if cell.value is None else cell.value)
