"""Fills the sheets of positions of an example book: rows typed by hand, and rows drawn by plain rules.

A file of positions has `positions` (sheet: rows), `files` (sheet: a CSV file beside examples/, amounts in yuan) and `drawn` (a list of
blocks). A block names its `sheet` and how many
`rows` it has, and gives each column a rule:

    text or number            the same in every row; {n} in a text is the number of the row
    {total, spread}           amounts that add up to `total`, the largest at most `spread` times the smallest
    {from, to, digits}        evenly between two numbers
    {of, from, to, digits}    another column of the row, times such a number
    {any_of: {value: weight}} one of some values
    {first, step}             first, first + step, …
    {first, growth, digits}   first, first × (1 + growth), …
    {values: […]}             one after the other
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from solvency.excel.tidy import FIRST_ROW
from solvency.regulation.rulebook import Rulebook
from solvency.tables.positions.spec import CLASSES, PositionTable, position_tables
from solvency.tables.validate import unit_scale

EXAMPLES = Path(__file__).resolve().parents[1]
Rows = list[dict[str, Any]]


def fill_positions(book: Workbook, data: dict[str, Any]) -> None:
    """Write the typed and the drawn rows of `data` into the position sheets of a template."""
    rulebook = Rulebook.at(data["as_of"])
    for name, rows in rows_of(data).items():
        _write(book[name], position_tables()[name].under(rulebook), rulebook, rows)


def rows_of(data: dict[str, Any]) -> dict[str, Rows]:
    """All rows by sheet: those typed by hand come first."""
    found: dict[str, Rows] = {name: list(rows) for name, rows in data.get("positions", {}).items()}
    for name, path in data.get("files", {}).items():
        found[name] = list(_from_file(name, EXAMPLES / path, unit_scale(data["unit"])))
    for place, block in enumerate(data.get("drawn", ())):
        found.setdefault(block["sheet"], []).extend(draw(block, np.random.default_rng([data["seed"], place])))
    return found


def draw(block: dict[str, Any], generator: np.random.Generator) -> Rows:
    """The rows of one block, column by column in the order of the block."""
    size = block["rows"]
    columns: dict[str, list[Any]] = {}
    for name, rule in block.items():
        if name not in ("sheet", "rows"):
            columns[name] = _column(rule, size, columns, generator)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _column(rule: Any, size: int, columns: dict[str, list[Any]], generator: np.random.Generator) -> list[Any]:
    if isinstance(rule, str):
        return [rule.format(n=n) for n in range(1, size + 1)]
    if not isinstance(rule, dict):
        return [rule] * size
    if "values" in rule:
        return list(rule["values"])
    if "step" in rule:
        return [rule["first"] + rule["step"] * n for n in range(size)]
    if "growth" in rule:
        return [_round(rule["first"] * (1 + rule["growth"]) ** n, rule) for n in range(size)]
    evenly = generator.random(size)  # everything drawn comes from these
    if "any_of" in rule:
        names, weights = list(rule["any_of"]), np.array(list(rule["any_of"].values()), float)
        return [names[place] for place in np.searchsorted(np.cumsum(weights) / weights.sum(), evenly, side="right")]
    if "total" in rule:
        return _parts(rule["total"], 1 + (rule["spread"] - 1) * evenly)
    factors = rule["from"] + (rule["to"] - rule["from"]) * evenly
    values = factors * np.array(columns[rule["of"]], float) if "of" in rule else factors
    return [_round(value, rule) for value in values]


def _parts(total: int, weights: np.ndarray) -> list[int]:
    """Whole amounts in proportion to the weights; the last takes what rounding leaves."""
    parts = np.floor(total * weights / weights.sum()).astype(int)
    parts[-1] += total - parts.sum()
    return [int(part) for part in parts]


def _round(value: float, rule: dict[str, Any]) -> float:
    digits = rule.get("digits", 0)
    return round(float(value), digits) if digits else round(float(value))


def _write(sheet: Worksheet, table: PositionTable, rulebook: Rulebook, rows: Rows) -> None:
    columns = {column.id: (number, column) for number, column in enumerate(table.columns, start=1)}
    offered = dict(_offered(sheet))
    form = {sheet.cell(place, 1).value: place for place in range(FIRST_ROW, sheet.max_row + 1)}  # rows of a fixed form
    for following, row in enumerate(rows, start=FIRST_ROW):
        place = form[row["item"]] if table.rows else following
        unknown = set(row) - set(columns)
        if unknown:
            raise ValueError(f"{table.sheet}: no column for {', '.join(sorted(unknown))}")
        for name, value in row.items():
            number, column = columns[name]
            if column.kind in CLASSES and value is not None:
                key = ("no", "yes")[value] if isinstance(value, bool) else value
                label = column.allowed(rulebook)[key][0]
                value = label if label in offered.get(get_column_letter(number), ()) else key
            elif column.kind == "date":
                value = date.fromisoformat(str(value))
            sheet.cell(place, number).value = value


def _from_file(sheet: str, path: Path, scale: int) -> Iterator[dict[str, Any]]:
    """The rows of a CSV file, its amounts in the unit of the book."""
    frame = pd.read_csv(path)
    for column in position_tables()[sheet].columns:
        if column.kind == "amount" and column.id in frame:
            frame[column.id] /= scale
    yield from ({str(name): value for name, value in row.items()} for row in frame.to_dict("records"))


def _offered(sheet: Worksheet) -> Iterator[tuple[str, list[str]]]:
    """What the drop-downs of a sheet offer, by the letters of their column."""
    for rule in sheet.data_validations.dataValidation:
        if rule.type == "list":
            for span in rule.sqref.ranges:
                yield get_column_letter(span.min_col), rule.formula1.strip('"').split(",")
