"""Any kind of input, read: workbook, table or frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from solvency.errors import UsageError
from solvency.tables.validate import Problems, line_place, table_place, unit_scale

if TYPE_CHECKING:
    from solvency.excel.read import Book
    from solvency.tables.positions.read import PositionInput

PositionSource = str | Path | Mapping[str, pd.DataFrame] | None

TABLES = (".csv", ".tsv", ".txt", ".parquet")


@dataclass
class Given:
    """An input that was read, before it is checked."""

    cases: pd.DataFrame
    unit: str
    problems: Problems
    book: Book | None = None
    name: str = ""
    positions: Mapping[str, PositionInput] = field(default_factory=dict)

    @cached_property
    def scale(self) -> int:
        return unit_scale(self.unit)


def book_of(source: object) -> Book | None:
    """The workbook of a source, read if it is a path; None for a table, a frame, a result. Raises InputError."""
    if isinstance(source, (str, Path)):
        if Path(source).suffix.lower() in TABLES:
            return None
        return load(source).book
    from solvency.excel.read import Book

    return source if isinstance(source, Book) else None


def load(source: str | Path | pd.DataFrame | Book, unit: str | None = None, positions: PositionSource = None) -> Given:
    """Read any kind of input. Raises InputError or UsageError.

    unit: of the amounts of a table or frame (default 元). A workbook states its own, which no option replaces.
    positions: position tables beside the input: a folder of files named by code (MR01.csv, CR03.parquet), or frames by
    code; of a workbook they come on top of its own sheets.
    """
    given = _load(source, unit)
    tables = dict(given.book.positions) if given.book is not None else {}
    for code, table in _tables(positions).items():
        if code in tables:
            zh, en = f"{code} 既在工作簿中又在持仓文件中", f"{code} stands in the workbook and in the position files"
            given.problems.add(-1, code, "doubled_table", zh, en, found=table.name or code)
        tables[code] = table
    return replace(given, positions=tables)


def book_with(path: str | Path, positions: PositionSource) -> Book:
    """A workbook with the position tables of a folder beside its own. Raises InputError, UsageError."""
    given = load(path, positions=positions)
    if given.book is None:
        raise UsageError("持仓文件夹只能与 .xlsx 工作簿同用", "a folder of positions goes with an .xlsx workbook here")
    problems = [p for p in given.problems.found if p not in given.book.problems]
    return replace(given.book, positions=dict(given.positions), problems=[*given.book.problems, *problems])


def _tables(positions: PositionSource) -> dict[str, PositionInput]:
    """Position tables by code."""
    if positions is None:
        return {}
    from solvency.tables.positions.read import PositionInput

    if isinstance(positions, Mapping):
        return {str(code): PositionInput(frame) for code, frame in positions.items()}
    folder = Path(positions)
    if not folder.is_dir():
        raise UsageError(f"找不到持仓文件夹 {folder}", f"no folder of positions {folder}")
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in (".csv", ".tsv", ".parquet"))
    if not files:
        raise UsageError(f"{folder} 中没有 .csv 或 .parquet 文件", f"{folder} holds no .csv or .parquet file")
    found: dict[str, PositionInput] = {}
    for file in files:
        if file.stem in found:
            raise UsageError(f"{folder} 中 {file.stem} 有两个文件", f"{folder} holds two files of {file.stem}")
        found[file.stem] = _file(file)
    return found


def _file(file: Path) -> PositionInput:
    """A file of positions; its problems are told by the line of the file."""
    from solvency.tables.positions.read import PositionInput
    from solvency.tables.read import read_table

    table = read_table(file)
    return PositionInput(table, lines=table.index.to_numpy(), name=file.name)


def _load(source: str | Path | pd.DataFrame | Book, unit: str | None) -> Given:
    if isinstance(source, pd.DataFrame):
        if not len(source):
            raise UsageError("输入没有数据行", "the input has no rows")
        return Given(source, unit or "元", Problems(table_place))
    if isinstance(source, (str, Path)):
        path = Path(source)
        if not path.is_file():
            raise UsageError(f"找不到文件 {path}", f"no file {path}")
        if path.suffix.lower() in TABLES:
            from solvency.tables.read import read_table

            table = read_table(path)
            where = partial(line_place, table.index.to_numpy())
            return Given(table, unit or "元", Problems(where), name=path.name)
        from solvency.excel.read import read_book

        source = read_book(path)
    book = source
    if unit is not None:
        unit_scale(unit)  # of no use here, but a wrong one is still told
    problems = Problems(book.place)
    for problem in book.problems:
        problems.found.append(problem)
        problems.positions.append(0)
    return Given(book.cases, book.unit, problems, book, book.path.name)
