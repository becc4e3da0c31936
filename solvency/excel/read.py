"""Reads an input workbook: one insurer, one valuation date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from solvency.errors import Problem
from solvency.excel.cells import Workbook
from solvency.excel.further import NUMBERS, FurtherSheet, read_number
from solvency.excel.safety import open_package
from solvency.excel.tidy import Figure, Tidy
from solvency.tables.spec import UNITS, Row, line_items, tables
from solvency.tables.validate import show
from solvency.tables.values import number

if TYPE_CHECKING:
    from solvency.tables.positions.read import PositionInput

CASE_SHEETS = ("Info", "S05", "S02", "S01")  # where a figure stands in several sheets, the first is taken
GUIDE, RESULTS = "说明 README", "检查结果 Check"  # sheets of the program that hold no input


@dataclass
class Book:
    """A workbook that was read; amounts in `unit`, as typed.

    cases: 1 row, a column for each line item found (blank None), not yet checked. exposures: columns factor, item,
    value. forecast: index item; columns next_quarter, year_end_1, year_end_2 (NaN for blank), or None if the sheet is
    missing or empty. statements: item -> value. cells: figure -> (sheet, cell); figures of other sheets than Info, S01,
    S02, S05 are called `Forecast.core_tier1.next_quarter`, `Exposures.<factor>.<item>`, `Statements.<item>`.
    """

    path: Path
    unit: str
    cases: pd.DataFrame
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    exposures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["factor", "item", "value"]))
    forecast: pd.DataFrame | None = None
    statements: dict[str, Any] = field(default_factory=dict)
    positions: dict[str, PositionInput] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.name

    def place(self, position: int, item: str) -> dict[str, str]:
        """Sheet and cell of a figure; only its sheet where the book has no such row."""
        if item in self.cells:
            sheet, cell = self.cells[item]
            return {"sheet": sheet, "cell": cell}
        row = line_items().get(item)
        return {"sheet": row.sheet} if row else {}


def read_book(path: str | Path) -> Book:
    """A workbook as filled in, with every problem of its form in `Book.problems`.

    Values are read as they are (cached ones for formulas); whether they make sense is checked by `calculate`. Raises
    UsageError for a missing file and InputError for one that cannot be opened (another format, encrypted, damaged, too
    large, abnormal); everything else is collected.
    """
    workbook = Workbook(open_package(path))
    problems: list[Problem] = []
    parts = _sheets(workbook, problems)
    figures = {code: Tidy(workbook.sheet(name), tables()[code], problems).figures() for code, name in parts.items()}
    book = Book(Path(path), "元", pd.DataFrame(index=range(1)), problems=problems)
    _cases(book, {code: figures[code] for code in CASE_SHEETS if code in figures}, workbook.date1904)
    book.unit = _unit(book.cases)
    for code, name in _position_sheets(workbook).items():
        from solvency.excel.rows import read_rows
        from solvency.tables.positions.spec import position_tables

        given = read_rows(workbook.sheet(name), position_tables()[code], problems)
        if given is not None:
            book.positions[code] = given
    for code, found in figures.items():
        if code in CASE_SHEETS:
            continue
        sheet = FurtherSheet(tables()[code], found, book.problems, book.cells)
        if sheet.table.layout == "forecast":
            book.forecast = sheet.forecast()
        elif sheet.table.layout == "effects":
            book.exposures = sheet.effects()
        else:
            book.statements.update(sheet.statements())
    return book


def _sheets(workbook: Workbook, problems: list[Problem]) -> dict[str, str]:
    """Sheet code -> name in the book. Missing and renamed sheets are reported, other sheets are left alone."""
    folded: dict[str, str] = {}
    codes = {code.lower(): code for code in tables()}
    others: list[str] = []
    for name in workbook.parts:
        code = codes.get(name.strip().lower())
        if code is None:
            others.append(name)
        elif code in folded:
            zh, en = f"工作表 {code} 出现两次", f"sheet {code} stands twice"
            problems.append(Problem("doubled_sheet", "error", zh, en, sheet=code, found=name))
        else:
            folded[code] = name
    missing = [code for code in tables() if code not in folded]
    needed = {"Info", "S05"} if "S01" in folded else {"Info", "S05", "S02"}
    for code in missing:
        table = tables()[code]
        short = [name for name in others if len(name) <= 2 * len(code)]
        near = next((name for name in others if code.lower() in name.lower() or table.zh in name), None)
        near = near or next(iter(get_close_matches(code, short, n=1, cutoff=0.75)), None)
        if near is not None:
            others.remove(near)
            problems.append(Problem(
                "missing_sheet", "error", f"缺少工作表 {code}（{table.zh}），是否改了名称？", f"sheet {code} ({table.en}) is missing; was it renamed?",
                sheet=near, found=near, allowed=code,
            ))  # fmt: skip
        elif code in needed:
            names = "、".join(workbook.parts)
            problems.append(Problem(
                "missing_sheet", "error", f"缺少工作表 {code}（{table.zh}）", f"sheet {code} ({table.en}) is missing",
                sheet=code, found=show(names) or "–", allowed=code,
            ))  # fmt: skip
    positions = set(_position_sheets(workbook).values())
    for name in others:
        if name not in (GUIDE, RESULTS) and name not in positions:
            problems.append(Problem(
                "ignored_sheet", "warning", "此工作表不是输入表，未读取", "this is no input sheet; it is not read", sheet=name, found=show(name),
                allowed="、".join(tables()), allowed_en=", ".join(tables()),
            ))  # fmt: skip
    return {code: folded[code] for code in tables() if code in folded}


def _position_sheets(workbook: Workbook) -> dict[str, str]:
    """Sheet code of positions -> name in the book."""
    own = {code.lower() for code in (*tables(), GUIDE, RESULTS)}
    others = [name for name in workbook.parts if name.strip().lower() not in own]
    if not others:  # most books: the tables of positions need not be loaded
        return {}
    from solvency.tables.positions.spec import position_tables

    codes = {code.lower(): code for code in position_tables()}
    found: dict[str, str] = {}
    for name in others:
        code = codes.get(name.strip().lower())
        if code is not None:
            found.setdefault(code, name)
    return found


def _cases(book: Book, figures: Mapping[str, list[Figure]], date1904: bool) -> None:
    """The figures of the valuation date, each once: the first sheet that has it filled, others must agree."""
    values: dict[str, Any] = {}
    for sheet, found in figures.items():
        for figure in found:
            item, value = figure.item, figure.value
            if date1904 and line_items()[item].kind == "date" and isinstance(value, (int, float)) and value < 80_000:
                value += 1462  # the book counts its days from 1904
            if value is None or values.get(item) is None:
                if value is not None or item not in values:
                    book.cells[item] = (sheet, figure.cell)
                    values[item] = value
                    _tell_text(book, line_items()[item], value)
            else:
                _agree(book, line_items()[item], values[item], value, (sheet, figure.cell))
    columns = {item: pd.Series([value], dtype=object) for item, value in values.items()}
    book.cases = pd.DataFrame(columns, index=range(1))


def _tell_text(book: Book, row: Row, value: Any) -> None:
    """A number stored as text; one that needs cleaning besides is told of when it is checked."""
    if row.kind in NUMBERS and isinstance(value, str):
        _, odd, bad = number(value)
        if not odd and not bad:
            sheet, cell = book.cells[row.item]
            zh, en = f"{row.zh}是文本，已按数字读取", f"{row.en} is text and was read as a number"
            place = {"sheet": sheet, "cell": cell, "item": row.item, "found": show(value)}
            book.problems.append(Problem("number_as_text", "warning", zh, en, **place))


def _agree(book: Book, row: Row, first: Any, second: Any, place: tuple[str, str]) -> None:
    """Two cells for one figure must agree within what rounding explains."""
    sheet, cell = place
    checked = read_number(book.problems, row, second, sheet, cell, row.item)
    other = number(first)[0]
    if checked is None or other != other:
        return
    rounding = (_printed_unit(first) + _printed_unit(second)) / 2
    if abs(checked - other) > max(min(rounding, 0.005 * abs(other)), 1e-9 * abs(other)):
        first_place = "!".join(book.cells[row.item])
        book.problems.append(Problem(
            "disagree", "error", f"{row.zh}与 {first_place} 所填数不一致", f"{row.en}: differs from the figure in {first_place}",
            sheet=sheet, cell=cell, item=row.item, found=f"{show(second)} ≠ {show(first)} ({first_place})",
            allowed="同一数字只填一处，或两处相同（允许四舍五入）", allowed_en="one of the two, or the same figure within rounding",
        ))  # fmt: skip


def _printed_unit(value: Any) -> float:
    """The last digit that was printed: 0.01 for 12.34."""
    try:
        exponent = Decimal(str(value).replace(",", "")).normalize().as_tuple().exponent
    except ArithmeticError:
        return 1.0
    return float(10.0 ** min(exponent, 0)) if isinstance(exponent, int) else 1.0


def _unit(cases: pd.DataFrame) -> str:
    """The unit of the book; one that is missing or wrong is reported when the cases are checked."""
    text = str(cases["unit"].iloc[0]).strip() if "unit" in cases else ""
    names = {name: key for key, (zh, en) in line_items()["unit"].choices.items() for name in (key, zh, en.lower())}
    unit = names.get(text, names.get(text.lower(), "元"))
    return unit if unit in UNITS else "元"
