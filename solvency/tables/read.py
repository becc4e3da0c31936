"""Reads tables of many insurers: CSV and, with an extra, Parquet."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from solvency.errors import InputError, Problem, UsageError

LARGEST = 2 * 1024**3
MOST_PROBLEMS = 100


def read_table(path: str | Path) -> pd.DataFrame:
    """A table as it stands: one row per key, text as text, blank as NaN; the index is the line of the file.

    Blank lines are no rows. A row of more or fewer values than the header is never guessed at: a separator inside an
    amount would make other figures of it. Raises InputError for a file that is no table (empty, binary, ragged, doubled columns) and UsageError for a kind of
    file that is not read.
    """
    file = Path(path)
    kind = file.suffix.lower()
    if kind == ".parquet":
        return _parquet(file)
    if kind not in (".csv", ".txt", ".tsv"):
        raise UsageError(
            f"{file.name}：不支持的文件类型；请用 .xlsx、.csv 或 .parquet",
            f"{file.name}: this kind of file is not read; use .xlsx, .csv or .parquet",
        )
    raw = file.read_bytes()
    if len(raw) > LARGEST:
        raise _refused(file, "too_large", "文件过大", "the file is too large")
    if b"\x00" in raw[:65536]:
        raise _refused(file, "not_a_table", "不是文本表格", "the file is not a text table")
    encoding = "utf-8-sig"
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        encoding = "gb18030"
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            raise _refused(
                file, "encoding", "编码既非 UTF-8 也非 GB18030", "the file is neither UTF-8 nor GB18030"
            ) from None
    separator = "\t" if kind == ".tsv" else ","
    try:
        names, lines, ragged = _walk(file, encoding, separator)
    except csv.Error as error:
        raise _unreadable(file, error) from error
    if not any(names):
        raise _refused(file, "empty", "文件没有表头", "the file has no header")
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise InputError(
            Problem(
                "doubled_column",
                "error",
                f"{file.name}：列 {name} 出现多次",
                f"{file.name}: column {name} stands more than once",
                item=name,
            )
            for name in doubled
        )
    if ragged:
        raise InputError(ragged)
    try:
        frame = pd.read_csv(
            file, dtype=str, keep_default_na=False, na_values=[""], encoding=encoding, sep=separator, index_col=False,
            skipinitialspace=True,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, csv.Error) as error:
        raise _unreadable(file, error) from error
    if not len(frame):
        raise _refused(file, "empty", "文件没有数据行", "the file has no rows")
    if len(frame) != len(lines):
        raise _unreadable(file, f"{len(frame)} ≠ {len(lines)}")
    return frame.set_axis(names, axis=1).set_axis(lines, axis=0)


def _walk(file: Path, encoding: str, separator: str) -> tuple[list[str], list[int], list[Problem]]:
    """The header, the line each row starts on, and the rows that are not as long as the header."""
    lines: list[int] = []
    ragged: list[Problem] = []
    with file.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
        names = [name.strip() for name in next(reader, [])]
        start = reader.line_num + 1
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                lines.append(start)
                if len(row) != len(names):
                    ragged.append(_ragged(file, start, len(row), len(names)))
                    if len(ragged) == MOST_PROBLEMS:
                        break
            start = reader.line_num + 1
    if len(ragged) == MOST_PROBLEMS:
        more = _refused(file, "more_problems", "问题过多，其余未列出", "more problems than are listed here")
        ragged += more.problems
    return names, lines, ragged


def _ragged(file: Path, line: int, values: int, columns: int) -> Problem:
    return Problem(
        "not_a_table", "error",
        f"{file.name}：该行有 {values} 个值，表头有 {columns} 列；含分隔符的数字须加引号",
        f"{file.name}: the row has {values} values, the header {columns} columns; quote a number with separators in it",
        row=str(line),
    )  # fmt: skip


def _parquet(file: Path) -> pd.DataFrame:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise UsageError("读取 Parquet 需要安装 solvency[parquet]", "reading Parquet needs solvency[parquet]") from None
    try:
        frame = pd.read_parquet(file)
        return frame.set_axis(range(2, len(frame) + 2), axis=0)  # as in a table whose header is line 1
    except Exception as error:  # pyarrow raises its own families of errors
        raise _refused(
            file, "not_a_table", f"无法按 Parquet 读取：{error}", f"cannot be read as Parquet: {error}"
        ) from error


def _unreadable(file: Path, error: object) -> InputError:
    return _refused(file, "not_a_table", f"无法按表格读取：{error}", f"cannot be read as a table: {error}")


def _refused(file: Path, code: str, zh: str, en: str) -> InputError:
    return InputError([Problem(code, "error", f"{file.name}：{zh}", f"{file.name}: {en}")])
