"""Workbooks written part by part, so that a test can put anything into any cell, part or file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from solvency.excel.places import column_letters, position, reference
from solvency.excel.tidy import INPUTS
from solvency.tables.spec import line_items, tables

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# An invented insurer, in 万元. Premium and catastrophe, market and credit are given, the rest is computed.
GOOD: dict[str, dict[str, Any]] = {
    "Info": {
        "insurer": "甲财产保险公司", "insurer_type": "property", "organisation": "ordinary", "as_of": "2025-09-30",
        "unit": "万元", "total_assets": 500000, "sarmra_score": 80, "risk_operational": "low", "risk_strategic": "low",
        "risk_reputational": "low", "risk_liquidity": "low", "notified_grade": "A", "notified_grade_quarter": "2025Q2",
    },
    "S01": {"admitted_assets": 480000, "admitted_liabilities": 360000, "core_ratio": None},
    "S02": {"net_assets": 122000, "net_asset_adjustments": -2000},
    "S05": {
        "nonlife_premium_reserve_mc": 30000, "nonlife_catastrophe_mc": 10000, "interest_rate_mc": 5000,
        "equity_price_mc": 10000, "fx_mc": 500, "spread_mc": 2000, "counterparty_default_mc": 9000,
    },
    "Forecast": {"core_tier1": 121000, "actual_capital": 121000, "minimum_capital": 42000},
    "Exposures": {"tax_rate": 0.25, "equity_exposure": 30000},
}  # fmt: skip


@dataclass
class Raw:
    """A cell written as this XML: its attributes and its content."""

    attributes: str
    content: str


def error(name: str) -> Raw:
    return Raw('t="e"', f"<v>{escape(name)}</v>")


def formula(text: str, cached: Any = None) -> Raw:
    kind = ' t="str"' if isinstance(cached, str) else ""
    value = "" if cached is None else f"<v>{escape(str(cached))}</v>"
    return Raw(kind.strip(), f"<f>{escape(text)}</f>{value}")


@dataclass
class Draft:
    """A good workbook, to be spoilt. Cells by sheet and reference; other parts by their name."""

    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # sheet code -> name in the book
    before: dict[str, str] = field(default_factory=dict)  # XML before the sheet's data, by code
    after: dict[str, str] = field(default_factory=dict)  # XML after it
    row_attributes: dict[tuple[str, int], str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)  # further parts, or parts in place of the usual ones
    dropped: set[str] = field(default_factory=set)
    workbook: str = ""  # XML at the end of the workbook part
    date1904: bool = False

    def place(self, sheet: str, item: str, column: str = "") -> str:
        """The input cell of an item."""
        layout = tables()[sheet].layout
        wanted = column or INPUTS[layout][0]
        heads = {value: position(ref)[1] for ref, value in self.cells[sheet].items() if position(ref)[0] == 1}
        for ref, value in self.cells[sheet].items():
            row, number = position(ref)
            if number == heads["item"] and value == item and row > 3:
                return reference(row, heads[wanted])
        raise KeyError(item)

    def put(self, sheet: str, item: str, value: Any, column: str = "") -> Draft:
        self.cells[sheet][self.place(sheet, item, column)] = value
        return self

    def take(self, sheet: str, item: str) -> Draft:
        self.cells[sheet].pop(self.place(sheet, item), None)
        return self

    def drop(self, sheet: str) -> Draft:
        del self.cells[sheet]
        return self

    def packed(self) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in self.all_parts().items():
                archive.writestr(name, content)
        return stream.getvalue()

    def save(self, path: Path) -> Path:
        path.write_bytes(self.packed())
        return path

    def all_parts(self) -> dict[str, bytes]:
        sheets = list(self.cells)
        listed = "".join(
            f'<sheet name="{escape(self.names.get(code, code), {chr(34): "&quot;"})}" sheetId="{i}" r:id="rId{i}"'
            f'{self.states.get(code, "")}/>'
            for i, code in enumerate(sheets, 1)
        )  # fmt: skip
        relations = "".join(
            f'<Relationship Id="rId{i}" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(sheets) + 1)
        )
        kinds = "".join(
            f'<Override PartName="/xl/worksheets/sheet{i}.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for i in range(1, len(sheets) + 1)
        )
        properties = '<workbookPr date1904="1"/>' if self.date1904 else ""
        parts = {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            + kinds
            + "</Types>",
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{DOCUMENT}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}">{properties}<sheets>{listed}</sheets>'
            f"{self.workbook}</workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>',
        }
        for number, code in enumerate(sheets, 1):
            parts[f"xl/worksheets/sheet{number}.xml"] = self._sheet(code)
        found = {name: (HEAD + content).encode() for name, content in parts.items()} | self.parts
        return {name: content for name, content in found.items() if name not in self.dropped}

    def part_of(self, code: str) -> str:
        return f"xl/worksheets/sheet{list(self.cells).index(code) + 1}.xml"

    def _sheet(self, code: str) -> str:
        rows: dict[int, list[tuple[int, Any]]] = {}
        for ref, value in self.cells[code].items():
            row, column = position(ref)
            rows.setdefault(row, []).append((column, value))
        text = []
        for row in sorted(rows):
            cells = "".join(
                _cell(reference(row, column), value) for column, value in sorted(rows[row], key=lambda c: c[0])
            )
            text.append(f'<row r="{row}"{self.row_attributes.get((code, row), "")}>{cells}</row>')
        return (
            f'<worksheet xmlns="{MAIN}" xmlns:r="{DOCUMENT}">{self.before.get(code, "")}<sheetData>{"".join(text)}</sheetData>'
            f"{self.after.get(code, '')}</worksheet>"
        )


def _cell(ref: str, value: Any) -> str:
    if value is None:
        return f'<c r="{ref}"/>'
    if isinstance(value, Raw):
        return f'<c r="{ref}" {value.attributes}>{value.content}</c>'
    if isinstance(value, bool):
        return f'<c r="{ref}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{ref}"><v>{value!r}</v></c>'
    return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


HEADS = {
    "values": ("item", "name_zh", "name_en", "value", "note"),
    "amounts": ("item", "row", "name_zh", "name_en", "amount", "note"),
    "forecast": ("item", "row", "name_zh", "name_en", "next_quarter", "year_end_1", "year_end_2"),
    "effects": ("factor", "item", "name_zh", "name_en", "value", "note"),
}


def good(*sheets: str) -> Draft:
    """The good workbook, with these sheets (default: all of GOOD)."""
    draft = Draft()
    for code in sheets or GOOD:
        table = tables()[code]
        heads = HEADS[table.layout]
        cells: dict[str, Any] = {reference(1, i): head for i, head in enumerate(heads, 1)}
        cells |= {reference(2, i): f"{head} / 标签" for i, head in enumerate(heads, 1)}
        cells[reference(3, len(heads))] = "单位"
        rows = [row for row in table if not row.table_only and not (row.types and "property" not in row.types)]
        for number, row in enumerate(rows, 4):
            content = {"factor": row.factor, "item": row.item, "row": row.row_no, "name_zh": row.zh, "name_en": row.en}
            own = row.factor in ("", "exposure")
            content[INPUTS[table.layout][0]] = GOOD.get(code, {}).get(row.item) if own else None
            for i, head in enumerate(heads, 1):
                if content.get(head) not in (None, ""):
                    cells[reference(number, i)] = content[head]
        draft.cells[code] = cells
    return draft


def table_row(**changes: Any) -> dict[str, Any]:
    """The good workbook as a row of a table, in its unit."""
    row = {
        item: value for code in ("Info", "S01", "S02", "S05") for item, value in GOOD[code].items() if value is not None
    }
    del row["unit"]
    return {**row, **changes}


def column_of(draft: Draft, sheet: str, name: str) -> str:
    return next(
        column_letters(position(ref)[1])
        for ref, value in draft.cells[sheet].items()
        if position(ref)[0] == 1 and value == name
    )


__all__ = ["GOOD", "Draft", "Raw", "column_of", "error", "formula", "good", "line_items", "table_row"]
