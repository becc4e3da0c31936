"""Writes the example workbooks from the figures typed in the YAML files beside this one.

python examples/build/build.py [FOLDER]      (default: examples/)
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import yaml
from openpyxl.worksheet.worksheet import Worksheet

from solvency.excel.template import template

HERE = Path(__file__).resolve().parent
fill_positions = runpy.run_path(str(HERE / "positions.py"))["fill_positions"]
SOURCES = ("real.yaml", "invented.yaml", "positions_life.yaml", "positions_property.yaml", "business_reinsurer.yaml")
INFO = (
    "insurer", "insurer_type", "organisation", "as_of", "unit", "size_coefficient", "total_assets", "sarmra_score",
    "risk_operational", "risk_strategic", "risk_reputational", "risk_liquidity", "notified_grade", "notified_grade_quarter",
    "previous_grade", "previous_grade_quarter",
)  # fmt: skip


def build(folder: Path) -> list[Path]:
    """Write every example book into `folder`; returns the paths."""
    made = []
    for source in SOURCES:
        for stem, data in yaml.safe_load((HERE / source).read_text(encoding="utf-8")).items():
            made.append(fill(folder / f"{stem}.xlsx", data))
    return made


def fill(path: Path, data: dict[str, Any]) -> Path:
    """One filled workbook."""
    with tempfile.TemporaryDirectory() as place:
        blank = template(
            data["insurer_type"], Path(place) / "blank.xlsx", as_of=data["as_of"], positions="positions" in data
        )
        book = openpyxl.load_workbook(blank)
    values = {key: data[key] for key in INFO if key in data} | data["inputs"]
    used = _fill_items(book["Info"], "value", values)
    for sheet in ("S05", "S02", "S01"):
        used |= _fill_items(book[sheet], "amount", {k: v for k, v in values.items() if k not in used})
    left = set(values) - used
    if left:
        raise ValueError(f"{path.name}: no row for {', '.join(sorted(left))}")
    for column, amounts in data.get("forecast", {}).items():
        _fill_items(book["Forecast"], column, amounts)
    _fill_items(book["Statements"], "value", data.get("statements", {}))
    _fill_exposures(book["Exposures"], data.get("exposures", []))
    if "positions" in data:
        fill_positions(book, data)
    note = _column(book["Info"], "note")
    book["Info"].cell(4, note).value = data["source"]
    book.save(path)
    return path


def _column(sheet: Worksheet, name: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == name)


def _fill_items(sheet: Worksheet, column: str, values: dict[str, Any]) -> set[str]:
    item, target = _column(sheet, "item"), _column(sheet, column)
    found = set()
    for row in range(4, sheet.max_row + 1):
        name = sheet.cell(row, item).value
        if name in values:
            sheet.cell(row, target).value = values[name]
            found.add(name)
    return found


def _fill_exposures(sheet: Worksheet, rows: list[dict[str, Any]]) -> None:
    factor, item, value = (_column(sheet, name) for name in ("factor", "item", "value"))
    places = {(sheet.cell(r, factor).value, sheet.cell(r, item).value): r for r in range(4, sheet.max_row + 1)}
    free = max(places.values(), default=3)
    for entry in rows:
        key = (entry["factor"], entry["item"])
        if key not in places:
            free += 1
            places[key] = free
            sheet.cell(free, factor).value, sheet.cell(free, item).value = key
        sheet.cell(places[key], value).value = entry["value"]


if __name__ == "__main__":
    for made in build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent):
        print(made.name)
