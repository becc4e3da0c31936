"""Cells of a workbook as they are stored: value, formula, what is merged, what is hidden. One pass, nothing executed.

A formula and its cached value are read together, styles only as far as they make a number a date, so books whose styles
other programs wrote in their own way are read as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from solvency.excel.places import number, position, reference, unescaped
from solvency.excel.safety import Package

MOST_CELLS = 300_000

_EXTERNAL = re.compile(r"(?<![\w.\])])\[\d+\][^\[\]'(),;+*/&=<>^\s]*!|'(?:[^']|'')*\[[^\]']+\](?:[^']|'')*'!")
LONGEST_FORMULA = 8192
_STRING = re.compile(r'"(?:[^"]|"")*"')
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_DATE_TEXT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


@dataclass(slots=True)
class Cell:
    """A filled cell: `value` None for a formula without one; `kind` "n", "s", "b" or "e" (an error value)."""

    value: Any
    kind: str = "n"
    formula: str | None = None


@dataclass
class Sheet:
    """One worksheet: filled cells by (row, column), both from 1. `is_external` tells a formula that reads another file."""

    name: str
    is_external: Callable[[str], bool]
    hidden: bool = False
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

    def hides_column(self, column: int) -> bool:
        return any(low <= column <= high for low, high in self.hidden_columns)


class Workbook:
    """The sheets of a package, read when asked for."""

    def __init__(self, package: Package):
        self.package = package
        targets = [part for kind, part in package.relations("").values() if kind == "officeDocument"]
        self._main = next((part for part in targets if package.has(part)), "xl/workbook.xml")
        if not package.has(self._main):
            raise package.refused(
                "not_a_workbook", "这不是 Excel 工作簿，请用 Excel 或 WPS 另存为 .xlsx",
                "this is not an Excel workbook; save it as .xlsx in Excel or WPS",
            )  # fmt: skip
        self._relations = package.relations(self._main)
        self.parts: dict[str, str] = {}
        self.hidden: set[str] = set()
        self.date1904 = False
        self._external_names: set[str] = set()
        name = ""

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            nonlocal name
            if tag == "sheet":
                kind, part = self._relations.get(attributes.get("id", ""), ("", ""))
                if kind == "worksheet":
                    self.parts[attributes.get("name", "")] = part
                if attributes.get("state", "visible") != "visible":
                    self.hidden.add(attributes.get("name", ""))
            elif tag == "workbookPr":
                self.date1904 = attributes.get("date1904", "0") in ("1", "true")
            elif tag == "definedName":
                name = attributes.get("name", "")

        def end(tag: str, text: str) -> None:
            if tag == "definedName" and _EXTERNAL.search(_STRING.sub("", text)):
                self._external_names.add(name.lower())

        package.parse(self._main, start, end)

    def sheet(self, name: str) -> Sheet:
        """Read one sheet. Raises InputError if it is missing, damaged or far too large."""
        found = _SheetReader(self, Sheet(name, self.is_external, name in self.hidden)).read(self.parts[name])
        shared = {cell.value for cell in found.cells.values() if cell.kind == "shared"}
        texts = self._texts(shared) if shared else {}
        for cell in found.cells.values():
            if cell.kind == "shared":
                cell.kind, cell.value = "s", texts.get(cell.value)
        found.cells = {place: c for place, c in found.cells.items() if c.value is not None or c.formula is not None}
        return found

    def is_external(self, formula: str) -> bool:
        """Does the formula take a value from another file?"""
        plain = _STRING.sub("", formula[:LONGEST_FORMULA])
        if _EXTERNAL.search(plain):
            return True
        return not self._external_names.isdisjoint(word.lower() for word in re.findall(r"[\w.\\]+", plain))

    def _part(self, kind: str) -> str | None:
        return next((part for k, part in self._relations.values() if k == kind and self.package.has(part)), None)

    def _texts(self, wanted: set[int]) -> dict[int, str]:
        """The shared strings with these numbers."""
        part = self._part("sharedStrings")
        found: dict[int, str] = {}
        number, phonetic = -1, False

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            nonlocal number, phonetic
            if tag == "si":
                number += 1
            elif tag == "rPh":
                phonetic = True

        def end(tag: str, text: str) -> None:
            nonlocal phonetic
            if tag == "t" and not phonetic and number in wanted:
                found[number] = found.get(number, "") + unescaped(text)
            elif tag == "rPh":
                phonetic = False

        if part is not None:
            self.package.parse(part, start, end)
        return found

    @cached_property
    def dates(self) -> frozenset[int]:
        """The cell formats that show a number as a date."""
        part = self._part("styles")
        own: dict[int, bool] = {}
        formats: list[int] = []
        inside = False

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            nonlocal inside
            if tag == "numFmt":
                code = _NOT_DATE_TEXT.sub("", attributes.get("formatCode", "").split(";")[0]).lower()
                own[_integer(attributes.get("numFmtId"))] = any(letter in code for letter in "dmyhs年月日")
            elif tag == "cellXfs":
                inside = True
            elif tag == "xf" and inside:
                formats.append(_integer(attributes.get("numFmtId")))

        def end(tag: str, text: str) -> None:
            nonlocal inside
            if tag == "cellXfs":
                inside = False

        if part is not None:
            self.package.parse(part, start, end)
        return frozenset(i for i, f in enumerate(formats) if own.get(f, f in _BUILT_IN_DATES))

    def as_date(self, serial: float) -> date | float:
        origin = datetime(1904, 1, 1) if self.date1904 else datetime(1899, 12, 30)
        try:
            moment = origin + timedelta(days=serial)
        except OverflowError:
            return serial
        return moment.date() if moment.time() == time() else moment


class _SheetReader:
    """Walks one sheet part and keeps its filled cells."""

    def __init__(self, workbook: Workbook, sheet: Sheet):
        self.workbook, self.sheet = workbook, sheet
        self.row = self.column = 0
        self.attributes: Mapping[str, str] = {}
        self.raw: str | None = None
        self.formula: str | None = None
        self.inline: list[str] = []
        self.phonetic = False
        self.shared_formulas: dict[str, str] = {}
        self.formula_id = ""

    def read(self, part: str) -> Sheet:
        self.workbook.package.parse(part, self.start, self.end)
        return self.sheet

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "c":
            self.attributes = attributes
            self.raw = self.formula = None
            self.inline = []
            self.column += 1
            if "r" in attributes:
                self.row, self.column = self._place(attributes["r"])
        elif tag == "f":
            self.formula_id = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        elif tag == "row":
            self.row = _integer(attributes["r"]) if "r" in attributes else self.row + 1
            self.column = 0
            if attributes.get("hidden") in ("1", "true") or (attributes.get("ht") in ("0", "0.0")):
                self.sheet.hidden_rows.add(self.row)
        elif tag == "col":
            if attributes.get("hidden") in ("1", "true") or attributes.get("width") in ("0", "0.0"):
                self.sheet.hidden_columns.append((_integer(attributes.get("min")), _integer(attributes.get("max"))))
        elif tag == "mergeCell" and len(self.sheet.merged) < MOST_CELLS:
            self.sheet.merged.append(attributes.get("ref", ""))
        elif tag == "rPh":
            self.phonetic = True

    def end(self, tag: str, text: str) -> None:
        if tag == "v":
            self.raw = text
        elif tag == "f":
            if self.formula_id:
                text = self.shared_formulas.setdefault(self.formula_id, text)
            self.formula = text
        elif tag == "t" and not self.phonetic:
            self.inline.append(unescaped(text))
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "c":
            self._keep()

    def _keep(self) -> None:
        kind = self.attributes.get("t", "n")
        if self.raw is None and self.formula is None and not self.inline:
            return
        cell = self._cell(kind)
        if self.formula is not None:
            cell.formula = "=" + self.formula
        if cell.value is None and cell.formula is None:
            return
        place = (self.row, self.column)
        if place in self.sheet.cells:
            raise self._damaged(f"{reference(*place)} 重复", f"{reference(*place)} stands twice")
        self.sheet.cells[place] = cell
        if len(self.sheet.cells) > MOST_CELLS:
            name = self.sheet.name
            raise self.workbook.package.refused(
                "too_large", f"工作表 {name} 的单元格过多", f"sheet {name} has too many cells", f"> {MOST_CELLS:,}"
            )

    def _cell(self, kind: str) -> Cell:
        if kind == "inlineStr":
            return Cell("".join(self.inline), "s")
        raw = self.raw
        if kind == "str":
            return Cell(unescaped(raw or ""), "s")
        if raw is None or not raw.strip():
            return Cell(None, "n")
        if kind == "s":
            return Cell(_integer(raw), "shared")
        if kind == "b":
            return Cell(raw.strip() in ("1", "true"), "b")
        if kind == "e":
            return Cell(raw, "e")
        if kind == "d":
            return Cell(raw, "s")
        value = number(raw)
        style = self.attributes.get("s")
        if style is not None and isinstance(value, (int, float)) and _integer(style) in self.workbook.dates:
            value = self.workbook.as_date(value)
        return Cell(value, "n")

    def _place(self, text: str) -> tuple[int, int]:
        place = position(text)
        if place is None:
            raise self._damaged(f"单元格地址 {text[:20]!r} 有误", f"{text[:20]!r} is no cell")
        return place

    def _damaged(self, zh: str, en: str) -> Exception:
        place = self.sheet.name
        return self.workbook.package.refused(
            "corrupted", f"文件损坏：工作表 {place}，{zh}", f"the file is damaged: sheet {place}, {en}"
        )


def _integer(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return -1
