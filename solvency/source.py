"""Any kind of input, read: workbook, table or frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from solvency.errors import UsageError
from solvency.tables.validate import Problems, table_place, unit_scale

if TYPE_CHECKING:
    from solvency.excel.read import Book


@dataclass
class Given:
    """An input that was read, before it is checked."""

    cases: pd.DataFrame
    unit: str
    problems: Problems
    book: Book | None = None
    name: str = ""

    @cached_property
    def scale(self) -> int:
        return unit_scale(self.unit)


def load(source: str | Path | pd.DataFrame | Book, unit: str | None = None) -> Given:
    """Read any kind of input. Raises InputError or UsageError."""
    if isinstance(source, pd.DataFrame):
        if not len(source):
            raise UsageError("输入没有数据行", "the input has no rows")
        return Given(source, unit or "元", Problems(table_place))
    if isinstance(source, (str, Path)):
        path = Path(source)
        if not path.is_file():
            raise UsageError(f"找不到文件 {path}", f"no file {path}")
        if path.suffix.lower() in (".csv", ".tsv", ".txt", ".parquet"):
            from solvency.tables.read import read_table

            return Given(read_table(path), unit or "元", Problems(table_place), name=path.name)
        from solvency.excel.read import read_book

        source = read_book(path)
    book = source
    problems = Problems(book.place)
    for problem in book.problems:
        problems.found.append(problem)
        problems.positions.append(0)
    return Given(book.cases, unit or book.unit, problems, book, book.path.name)
