"""Reads a sheet of positions: column ids in row 1, labels in row 2, units in row 3, a position per row from row 4."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from solvency.errors import Problem
from solvency.excel.cells import Sheet
from solvency.excel.places import area, column_letters, reference
from solvency.excel.tidy import FIRST_ROW, MOST_PROBLEMS
from solvency.tables.positions.read import PositionInput
from solvency.tables.positions.spec import PositionTable
from solvency.tables.validate import show

ERROR, EXTERNAL, UNSAVED = "error_cell", "external_link", "no_cached_value"


def read_rows(sheet: Sheet, table: PositionTable, problems: list[Problem]) -> PositionInput | None:
    """The filled rows of a sheet; None if there are none. What cannot be used is reported and left blank."""
    columns = _columns(sheet, table, problems)
    written = {column.id for column in table.columns if column.prefilled}  # alone they are no entry
    typed = {column for column, name in columns.items() if name not in written}
    rows = sorted(
        {
            row
            for (row, column), cell in sheet.cells.items()
            if row >= FIRST_ROW and column in typed and _filled(cell.value)
        }
    )
    if rows and table.kind == "assessment":  # an item left blank is an item without a result
        rows = sorted(
            {
                row
                for (row, column), cell in sheet.cells.items()
                if row >= FIRST_ROW and column in columns and _filled(cell.value)
            }
        )
    broken = [c for (row, column), c in sheet.cells.items() if row >= FIRST_ROW and column in typed and c.value is None]
    if not rows and not broken:
        return None
    place = {row: i for i, row in enumerate(rows)}
    values: dict[int, list[Any]] = {column: [None] * len(rows) for column in columns}
    told = 0
    for (row, column), cell in sheet.cells.items():
        if row < FIRST_ROW or column not in columns:
            continue
        value = cell.value
        code = ""
        if cell.formula is not None:
            code = EXTERNAL if sheet.is_external(cell.formula) else UNSAVED if value is None else ""
        if cell.kind == "e":
            code = ERROR
        if code:
            told += 1
            if told <= MOST_PROBLEMS:
                problems.append(_problem(table, code, reference(row, column), columns[column], cell.formula or value))
        elif row in place and (not isinstance(value, str) or value.strip()):
            values[column][place[row]] = value
    _tell_layout(sheet, table, columns, set(rows), problems)
    frame = pd.DataFrame({name: pd.Series(values[column], dtype=object) for column, name in columns.items()})
    return PositionInput(frame, np.array(rows), {name: column_letters(column) for column, name in columns.items()})


def _filled(value: Any) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _columns(sheet: Sheet, table: PositionTable, problems: list[Problem]) -> dict[int, str]:
    """Column number -> id, from row 1."""
    found: dict[int, str] = {}
    for (row, column), cell in sorted(sheet.cells.items()):
        if row > 1:
            break
        name = str(cell.value).strip() if _filled(cell.value) else ""
        if not name:
            continue
        if name in found.values():
            problems.append(Problem(
                "doubled_column", "error", f"列 {name} 出现两次", f"column {name} stands twice", sheet=table.sheet,
                cell=reference(1, column), found=name,
            ))  # fmt: skip
        else:
            found[column] = name
    return found


def _problem(table: PositionTable, code: str, cell: str, column: str, found: Any) -> Problem:
    zh, en = {
        ERROR: ("单元格是错误值", "the cell holds an error value"),
        EXTERNAL: ("公式引用了其他文件，须改为数值", "the formula takes its value from another file; paste it as a value"),
        UNSAVED: ("公式没有计算结果，请用 Excel 或 WPS 打开后保存；以“=”开头的文字请设为文本格式", "the formula has no stored result; open the book in Excel or WPS and save it, or make a text that begins with = a text cell"),
    }[code]  # fmt: skip
    return Problem(
        code, "error", zh, en, sheet=table.sheet, cell=cell, item=f"{table.sheet}.{column}", found=show(found),
        allowed="数值或已计算的公式", allowed_en="a value or a calculated formula",
    )  # fmt: skip


def _tell_layout(
    sheet: Sheet, table: PositionTable, columns: dict[int, str], rows: set[int], problems: list[Problem]
) -> None:
    """Merged cells among the data are errors; hidden ones were read and are told of."""
    for text in sheet.merged:
        span = area(text)
        if (
            span is not None
            and any(span[0] <= row <= span[2] for row in rows)
            and any(span[1] <= c <= span[3] for c in columns)
        ):
            problems.append(Problem(
                "merged", "error", f"数据区有合并单元格 {text}，请取消合并", f"merged cells {text} among the data; unmerge them",
                sheet=table.sheet, cell=text, found=text, allowed="每格一个数", allowed_en="one value in each cell",
            ))  # fmt: skip
    hidden = sorted(rows & sheet.hidden_rows)
    covered = [column for column in columns if sheet.hides_column(column)]
    for cell, zh, en in (
        (f"{hidden[0]}:{hidden[0]}" if hidden else "", "隐藏的行中有数据，已读取", "a hidden row holds data; they were read"),
        (f"{column_letters(covered[0])}:{column_letters(covered[0])}" if covered else "", "隐藏的列中有数据，已读取", "a hidden column holds data; they were read"),
        ("" if not sheet.hidden or not rows else "1:1", "工作表被隐藏，其中的数据已读取", "the sheet is hidden; its data were read"),
    ):  # fmt: skip
        if cell:
            problems.append(Problem("hidden", "warning", zh, en, sheet=table.sheet, cell=cell))
