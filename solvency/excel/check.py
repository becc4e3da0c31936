"""Checks an input and hands the user's own workbook back with every problem marked in its cell."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from solvency.assessment import calculate
from solvency.capital_continuity import quarter_to_quarter
from solvency.errors import InputError, Problem, UsageError
from solvency.excel import style
from solvency.excel.cells import MOST_CELLS
from solvency.excel.places import area, reference
from solvency.excel.read import RESULTS, Book, read_book
from solvency.excel.safety import Package, open_package
from solvency.files import write_whole
from solvency.regulation.rulebook import draft_paths
from solvency.result import Result
from solvency.tables.spec import tables

LARGEST_TO_MARK = 100 * 2**20  # unpacked; a larger book is checked but not written again
LARGEST_MARK = 500  # cells marked for one problem, should its range be a whole column
LONGEST_TEXT = 32_000
TABLES = (".csv", ".tsv", ".txt", ".parquet")
_HEADINGS = (
    ("序号 / No.", 9), ("级别 / Severity", 16), ("工作表 / Sheet", 18), ("单元格 / Cell", 14), ("问题", 70), ("Problem", 78),
)  # fmt: skip
_SEVERITY = {"error": "错误 / error", "warning": "提示 / warning"}


def check(
    path: str | Path, *, output: str | Path | None = None, prior: str | Path | None = None, lang: str = "zh", force: bool = False,
    **options: Any,
) -> list[Problem]:  # fmt: skip
    """Every problem of a workbook (or table), errors first, by sheet; nothing is raised for what is wrong inside it.

    output: also write the user's workbook there, formulas and all, with bad cells coloured, a note in each (in `lang`)
    and a first sheet that lists the problems. prior: the book or table of last quarter, from which this one should go on; of a table with
    several quarters each is held against the one before it. The original is not touched; shapes and text boxes are not carried over. `options` are those of `calculate`. Raises
    InputError for a file that cannot be opened, UsageError, OutputExistsError, RegulationError.
    """
    source = Path(path)
    if output is not None:
        _check_output(source, Path(output))
    options["drafts"] = draft_paths(options.get("drafts", ()))
    given = source if source.suffix.lower() in TABLES else read_book(source)
    try:
        earlier = _prior(prior, options)
        result = calculate(given, prior=earlier, **options)
        problems = [*result.warnings, *quarter_to_quarter(result, earlier)]
        if isinstance(given, Book):
            problems += _of_stress(given, problems, options)
    except InputError as error:
        problems = list(error.problems)
    order = {name: number for number, name in enumerate(tables())}
    problems.sort(key=lambda problem: (problem.severity != "error", order.get(problem.sheet, -1)))
    if output is not None:
        _mark(source, Path(output), problems, lang, force)
    return problems


def _prior(prior: str | Path | None, options: Mapping[str, Any]) -> Result | None:
    """Last quarter under the rules of its own date; rows of a table that have errors are left out."""
    if prior is None:
        return None
    kept = {key: value for key, value in options.items() if key in ("readings", "drafts", "unit")}
    return calculate(prior, on_error="reject" if Path(prior).suffix.lower() in TABLES else "raise", **kept)


def _of_stress(book: Book, known: Sequence[Problem], options: Mapping[str, Any]) -> list[Problem]:
    """What the stress tests, and with them the disclosure, would refuse or remark on in forecast and exposures."""
    from solvency.stress_test import stress

    taken = {key: value for key, value in options.items() if key in ("as_of", "unit", "readings", "drafts")}
    found: dict[tuple[str, str, str], Problem] = {}
    for horizon in ("quarter", "year"):
        try:
            # remarks about the test itself, such as a missing own scenario, are no problem of the book
            told = [problem for problem in stress(book, horizon=horizon, **taken).warnings if problem.cell]
        except InputError as error:
            told = error.problems
        found |= {(problem.code, problem.sheet, problem.cell or problem.zh): problem for problem in told}
    already = {(problem.code, problem.sheet, problem.cell or problem.zh) for problem in known}
    return [problem for key, problem in found.items() if key not in already]


def _check_output(source: Path, output: Path) -> None:
    if source.suffix.lower() in TABLES:
        raise UsageError("只有 .xlsx 工作簿可以标注后交还", "only .xlsx workbooks are handed back marked")
    if output.suffix.lower() != ".xlsx":
        raise UsageError(
            f"标注后的工作簿应为 .xlsx，而不是 {output.name!r}",
            f"the marked book is written as .xlsx, not {output.name!r}",
        )
    if output.resolve() == source.resolve() or (output.exists() and source.exists() and output.samefile(source)):
        raise UsageError(
            "输出不能覆盖原工作簿，请另取文件名", "the output would replace the book itself; choose another name"
        )


def _mark(source: Path, output: Path, problems: Sequence[Problem], lang: str, force: bool) -> None:
    package = open_package(source)
    package.check_all()
    if package.size() > LARGEST_TO_MARK:
        zh, en = (
            "工作簿过大，可以检查，但无法标注后写回",
            "the workbook is too large to be written again; it can still be checked",
        )
        raise package.refused("too_large", zh, en, f"{package.size() / 2**20:,.0f} MB")
    _check_covered(package)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # extensions that openpyxl leaves out
            book = load_workbook(source, rich_text=True)
    except Exception as error:  # whatever a style or drawing of another program makes the writer stumble over
        zh, en = f"无法在工作簿中标注（{error}）", f"the workbook cannot be marked ({error})"
        raise package.refused("cannot_mark", zh, en) from error
    marks = Marks(book, lang)
    marks.fit_notes()
    marks.add(problems)
    write_whole(output, book.save, force=force)


def _check_covered(package: Package) -> None:
    """Refuse merges and links over more cells than can be written: openpyxl makes a cell of each one they cover."""
    covered = 0

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal covered
        if tag in ("mergeCell", "hyperlink"):
            top, left, bottom, right = area(attributes.get("ref", "")) or (1, 1, 1, 1)
            covered += (bottom - top + 1) * (right - left + 1)

    for part in package.parts():
        if part.startswith("xl/worksheets/") and part.endswith(".xml"):
            package.parse(part, start)
    if covered > MOST_CELLS:
        zh, en = (
            "合并单元格或链接覆盖的单元格过多，无法标注",
            "merges or links cover too many cells for the book to be marked",
        )
        raise package.refused("cannot_mark", zh, en, f"{covered:,} > {MOST_CELLS:,}")


@dataclass
class Marks:
    """The user's workbook while it is marked."""

    book: Workbook
    lang: str

    def add(self, problems: Sequence[Problem]) -> None:
        self._unmark()
        sheets = {name.strip().lower(): name for name in self.book.sheetnames}
        names = [sheets.get(problem.sheet.strip().lower(), "") for problem in problems]
        for problem, name in zip(reversed(problems), reversed(names), strict=True):  # errors are coloured last
            sheet = self.book[name] if name else None
            if isinstance(sheet, Worksheet):
                self._colour(sheet, problem)
        for problem, name in zip(problems, names, strict=True):
            sheet = self.book[name] if name else None
            if isinstance(sheet, Worksheet):
                self._note(sheet, problem)
        self._list(problems, names)

    def _unmark(self) -> None:
        """A marked book that was corrected: what its list names loses the colours and notes of the last time."""
        if RESULTS not in self.book.sheetnames:
            return
        for _, _, name, place, *_ in self.book[RESULTS].iter_rows(min_row=3, max_col=6, values_only=True):
            if name not in self.book.sheetnames or area(str(place)) is None:
                continue
            sheet = self.book[str(name)]
            top, left, bottom, right = _span(str(place))
            for number in range(min((bottom - top + 1) * (right - left + 1), LARGEST_MARK)):
                row, column = divmod(number, right - left + 1)
                cell = sheet.cell(top + row, left + column)
                cell.fill = style.fill("input")
                if not isinstance(cell, MergedCell) and cell.comment is not None:
                    kept = [part for part in cell.comment.text.split("\n\n") if part[:2] not in ("✗ ", "! ")]
                    cell.comment = style.note("\n\n".join(kept)) if kept else None

    def _colour(self, sheet: Worksheet, problem: Problem) -> None:
        top, left, bottom, right = _span(problem.cell)
        for number in range(min((bottom - top + 1) * (right - left + 1), LARGEST_MARK)):
            row, column = divmod(number, right - left + 1)
            sheet.cell(top + row, left + column).fill = style.fill(problem.severity)

    def _note(self, sheet: Worksheet, problem: Problem) -> None:
        cell = sheet.cell(*_span(problem.cell)[:2])
        if isinstance(cell, MergedCell):
            return
        mark = "✗" if problem.severity == "error" else "!"
        content = clean_text(f"{mark} {problem.message(self.lang)}")
        if cell.comment is not None and cell.comment.text:
            content = f"{cell.comment.text}\n\n{content}"
        cell.comment = style.note(content[:LONGEST_TEXT])

    def fit_notes(self) -> None:
        """Notes the book came with keep their text; their size is not read, so it is set anew."""
        for sheet in self.book.worksheets:
            # the stored cells only: walking the rows would fill the gaps of a sheet with one cell at its far end
            for cell in sheet._cells.values():
                if cell.comment is not None and isinstance(cell, Cell):
                    cell.comment = style.note(cell.comment.text)

    def _list(self, problems: Sequence[Problem], names: Sequence[str]) -> None:
        if RESULTS in self.book.sheetnames:  # a marked book that is checked again
            del self.book[RESULTS]
        sheet = self.book.create_sheet(RESULTS, 0)
        errors = sum(problem.severity == "error" for problem in problems)
        title = sheet.cell(1, 1)
        title.value = (
            f"检查结果：{errors} 个错误，{len(problems) - errors} 个提示 / "
            f"{errors} error{'s' * (errors != 1)}, {len(problems) - errors} warning{'s' * (len(problems) - errors != 1)}"
        )
        title.font = style.font(bold=True, size=13)
        sheet.row_dimensions[1].height = 26
        for column, (heading, width) in enumerate(_HEADINGS, start=1):
            style.heading(style.plain(sheet, 2, column), "id")
            sheet.cell(2, column).value = heading
            sheet.column_dimensions[get_column_letter(column)].width = width
        for row, (problem, name) in enumerate(zip(problems, names, strict=True), start=3):
            here = problem.at(sheet="", cell="", row="", item="")  # the place has columns of its own
            texts = (
                _SEVERITY[problem.severity],
                problem.sheet,
                problem.cell or problem.row,
                here.message("zh"),
                here.message("en"),
            )
            style.plain(sheet, row, 1).value = row - 2
            for column, content in enumerate(texts, start=2):
                _write(style.plain(sheet, row, column), content)
            for column in range(1, len(_HEADINGS) + 1):
                cell = sheet.cell(row, column)
                cell.font = style.font()
                cell.border = style.BORDER
                cell.alignment = Alignment(vertical="top", wrap_text=True)
            sheet.cell(row, 2).fill = style.fill(problem.severity)
            if name:
                top, left = _span(problem.cell)[:2]
                place = problem.cell if area(problem.cell) else reference(top, left)
                link = style.plain(sheet, row, 4)
                link.value = link.value or place
                style.link(link, name, place)
            longest = max(-(-style.width_of(texts[3]) // 68), -(-style.width_of(texts[4]) // 76), 1)
            sheet.row_dimensions[row].height = 17 * longest
        sheet.freeze_panes = "A3"
        sheet.auto_filter.ref = f"A2:{get_column_letter(len(_HEADINGS))}{max(len(problems) + 2, 3)}"
        style.page(sheet, RESULTS)
        for other in self.book.worksheets:
            other.sheet_view.tabSelected = False
        self.book.active = 0


def _span(cell: str) -> tuple[int, int, int, int]:
    """First row, first column, last row, last column to mark; for a whole column or row its first cell."""
    first = cell.partition(":")[0] or "A1"
    first = first if first[-1].isdigit() else f"{first}1"
    return area(cell) or area(first) or (1, 1, 1, 1)


def clean_text(content: str) -> str:
    """Text without the characters a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("�", content.encode("utf-8", "replace").decode("utf-8"))[:LONGEST_TEXT]


def _write(cell: Cell, content: str) -> None:
    """Text as text, also where it looks like a formula."""
    cell.value = clean_text(content)
    cell.data_type = "s"
    cell.quotePrefix = content.startswith(("=", "+", "-", "@"))
