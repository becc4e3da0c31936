"""Reads an input workbook: one insurer, one valuation date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from solvency.errors import Problem
from solvency.excel.cells import Workbook
from solvency.excel.safety import open_package
from solvency.excel.tidy import INPUTS, Figure, Tidy
from solvency.tables.spec import UNITS, Row, Table, line_items, tables
from solvency.tables.validate import show
from solvency.tables.values import day, numbers, quarter

CASE_SHEETS = ("Info", "S05", "S02", "S01")  # where a figure stands in several sheets, the first is taken
GUIDE, RESULTS = "说明 README", "检查结果 Check"  # sheets of the program that hold no input
RATIO_ROUNDING = 0.0006


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
    figures = {
        code: Tidy(workbook.sheet(name), tables()[code], problems).figures() for code, name in parts.items()
    }  # fmt: skip
    book = Book(Path(path), "元", pd.DataFrame(index=range(1)), problems=problems)
    _cases(book, {code: figures[code] for code in CASE_SHEETS if code in figures}, workbook.date1904)
    book.unit = _unit(book.cases)
    for code, found in figures.items():
        layout = tables()[code].layout
        if code in CASE_SHEETS:
            continue
        if layout == "forecast":
            book.forecast = _forecast(book, tables()[code], found)
        elif layout == "effects":
            book.exposures = _effects(book, tables()[code], found)
        else:
            book.statements.update(_statements(book, tables()[code], found))
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
            problems.append(
                Problem("doubled_sheet", "error", f"工作表 {code} 出现两次", f"sheet {code} stands twice", sheet=code, found=name)
            )
        else:
            folded[code] = name
    missing = [code for code in tables() if code not in folded]
    if "S02" in folded or "S01" in folded:
        needed = {"Info", "S05"}
    else:
        needed = {"Info", "S05", "S02"}
    for code in missing:
        table = tables()[code]
        near = next((n for n in others if code.lower() in n.lower() or table.zh in n), None)
        near = near or next(iter(get_close_matches(code, [n for n in others if len(n) <= 2 * len(code)], n=1, cutoff=0.75)), None)
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
    for name in others:
        if name not in (GUIDE, RESULTS):
            problems.append(Problem(
                "ignored_sheet", "warning", "此工作表不是输入表，未读取", "this is no input sheet; it is not read", sheet=name, found=show(name),
                allowed="、".join(tables()), allowed_en=", ".join(tables()),
            ))  # fmt: skip
    return {code: folded[code] for code in tables() if code in folded}


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
            else:
                _agree(book, line_items()[item], values[item], value, (sheet, figure.cell))
    book.cases = pd.DataFrame({item: pd.Series([value], dtype=object) for item, value in values.items()}, index=range(1))


def _agree(book: Book, row: Row, first: Any, second: Any, place: tuple[str, str]) -> None:
    """Two cells for one figure must agree within what rounding explains."""
    sheet, cell = place
    number = _number(book, row, second, sheet, cell)
    other = numbers(pd.Series([first], dtype=object))[0][0]
    if number is None or other != other:
        return
    rounding = (_printed_unit(first) + _printed_unit(second)) / 2
    if abs(number - other) > max(min(rounding, 0.005 * abs(other)), 1e-9 * abs(other)):
        first_place = "!".join(book.cells[row.item])
        book.problems.append(Problem(
            "disagree", "error", f"{row.zh}与 {first_place} 所填数不一致", f"{row.en}: differs from the figure in {first_place}",
            sheet=sheet, cell=cell, item=row.item, found=f"{show(second)} ≠ {show(first)} ({first_place})",
            allowed="同一数字只填一处，或两处相同（允许四舍五入）", allowed_en="one of the two, or the same figure within rounding",
        ))  # fmt: skip


def _printed_unit(value: Any) -> float:
    """The last digit that was printed: 0.01 for 12.34."""
    try:
        exponent = Decimal(repr(value) if isinstance(value, float) else str(value).replace(",", "")).normalize().as_tuple().exponent
    except ArithmeticError:
        return 1.0
    return float(10.0 ** min(int(exponent), 0)) if isinstance(exponent, int) else 1.0


def _unit(cases: pd.DataFrame) -> str:
    """The unit of the book; one that is missing or wrong is reported when the cases are checked."""
    text = str(cases["unit"].iloc[0]).strip() if "unit" in cases else ""
    names = {name: key for key, (zh, en) in line_items()["unit"].choices.items() for name in (key, zh, en.lower())}
    unit = names.get(text, names.get(text.lower(), "元"))
    return unit if unit in UNITS else "元"


def _forecast(book: Book, table: Table, figures: list[Figure]) -> pd.DataFrame | None:
    columns = INPUTS["forecast"]
    items = list(dict.fromkeys(figure.item for figure in figures))
    frame = pd.DataFrame(index=pd.Index(items, name="item"), columns=list(columns), dtype=float)
    for figure in figures:
        name = f"{table.sheet}.{figure.item}.{figure.column}"
        book.cells[name] = (table.sheet, figure.cell)
        if figure.value is not None:
            number = _number(book, table.row(figure.item), figure.value, table.sheet, figure.cell, name)
            frame.loc[figure.item, figure.column] = float("nan") if number is None else number
    if frame.isna().all(axis=None):
        return None
    for column in columns:
        _check_forecast(book, table, frame[column])
    return frame


def _check_forecast(book: Book, table: Table, amounts: pd.Series[float]) -> None:
    """Ratios that were typed beside their capital must be what the capital gives."""

    def amount(item: str, blank: float = float("nan")) -> float:
        value = amounts.get(item)
        return blank if value is None or value != value else float(value)

    core = amount("core_tier1") + amount("core_tier2", 0.0)
    minimum = amount("minimum_capital")
    for item, capital in (("core_ratio", core), ("comprehensive_ratio", amount("actual_capital"))):
        given = amount(item)
        if minimum > 0 and abs(given - capital / minimum) > RATIO_ROUNDING * max(1.0, abs(capital / minimum)):
            sheet, cell = book.cells[f"{table.sheet}.{item}.{amounts.name}"]
            row = table.row(item)
            book.problems.append(Problem(
                "disagree", "error", f"{row.zh}与预测资本之比不一致", f"{row.en} is not the ratio of the forecast capital",
                sheet=sheet, cell=cell, item=f"{table.sheet}.{item}", found=f"{show(given)} ≠ {capital / minimum:.4f}",
                allowed="资本 ÷ 最低资本；250% 填 2.5 或 250%", allowed_en="capital ÷ minimum capital; 250% is written 2.5 or 250%",
            ))  # fmt: skip


def _effects(book: Book, table: Table, figures: list[Figure]) -> pd.DataFrame:
    known = {(row.factor, row.item): row for row in table}
    rows = []
    for figure in figures:
        name = f"{table.sheet}.{figure.factor}.{figure.item}"
        book.cells[name] = (table.sheet, figure.cell)
        if figure.value is None:
            continue
        own = Row(table.sheet, figure.item, figure.item, figure.item)  # a change of any line item, of either sign
        row = known.get((figure.factor, figure.item), own)
        number = _number(book, row, figure.value, table.sheet, figure.cell, name)
        if number is not None:
            rows.append((figure.factor, figure.item, number))
    return pd.DataFrame(rows, columns=["factor", "item", "value"])


def _statements(book: Book, table: Table, figures: list[Figure]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for figure in figures:
        row = table.row(figure.item)
        name = f"{table.sheet}.{figure.item}"
        book.cells[name] = (table.sheet, figure.cell)
        if figure.value is None:
            continue
        value = figure.value
        if row.kind in ("amount", "number", "ratio"):
            value = _number(book, row, value, table.sheet, figure.cell, name)
        elif row.kind in ("date", "quarter"):
            value = day(value) if row.kind == "date" else quarter(value)
        elif row.kind == "choice":
            text = str(value).strip().lower()
            value = next((key for key, names in row.allowed().items() if text in (key.lower(), *map(str.lower, names))), None)
        else:
            value = str(value).strip()
        if value is not None:
            found[figure.item] = value
        elif row.kind not in ("amount", "number", "ratio"):
            allowed = {"date": "2025-09-30", "quarter": "2025Q3"}.get(row.kind) or "、".join(zh for zh, _ in row.allowed().values())
            book.problems.append(Problem(
                "not_allowed", "error", f"{row.zh}的取值不在允许范围", f"{row.en} is not an allowed value", sheet=table.sheet,
                cell=figure.cell, item=name, found=show(figure.value), allowed=allowed, article=row.article,
            ))  # fmt: skip
    return found


def _number(book: Book, row: Row, value: Any, sheet: str, cell: str, name: str = "") -> float | None:
    """A number that `validate` does not see, read and checked in the same way."""
    read, odd, bad = numbers(pd.Series([value], dtype=object))
    place: dict[str, Any] = {"sheet": sheet, "cell": cell, "item": name or row.item, "found": show(value)}
    if bad[0]:
        book.problems.append(Problem(
            "not_a_number", "error", f"{row.zh}不是数字", f"{row.en} is not a number", **place,
            allowed="数字；没有就留空或填 0", allowed_en="a number; leave blank or type 0 if there is none",
        ))  # fmt: skip
        return None
    number = float(read[0])
    if odd[0]:
        book.problems.append(Problem(
            "number_as_text", "warning", f"{row.zh}是文本，已按数字读取", f"{row.en} is text and was read as a number", **place
        ))  # fmt: skip
    low, high = row.minimum, row.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        span = f"{low:g} ~ {high:g}" if low is not None and high is not None else f"≥ {low:g}" if low is not None else f"≤ {high:g}"
        book.problems.append(Problem(
            "out_of_range", "error", f"{row.zh}超出范围", f"{row.en} is out of range", **place, allowed=span, article=row.article
        ))  # fmt: skip
        return None
    return number
