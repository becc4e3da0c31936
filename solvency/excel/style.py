"""Fonts, fills and number formats of the workbooks made with openpyxl. Every font is named, so Chinese never falls out."""

from __future__ import annotations

from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

FONT = "Microsoft YaHei"  # Excel and WPS; other programs put their own Chinese font in its place
INK, GREY, WHITE, BLUE = "FF1F2933", "FF5B6672", "FFFFFFFF", "FF0B5CAD"

_LINE = Side(style="thin", color="FFD5DAE0")
BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)

FILLS = {
    "id": "FF24476B",
    "label": "FFDCE6F0",
    "unit": "FFEEF3F8",
    "input": "FFFFF9E0",
    "required": "FFFFE3A8",
    "unused": "FFF0F0F0",
    "error": "FFFFB3B0",
    "warning": "FFFFDD8A",
}
FORMATS = {
    "amount": "#,##0.00;-#,##0.00",
    "number": "General",
    "ratio": "0.00%",
    "date": "yyyy-mm-dd",
    "text": "@",
    "choice": "@",
    "quarter": "@",
}


def font(*, bold: bool = False, italic: bool = False, size: float = 10, color: str = INK) -> Font:
    return Font(name=FONT, size=size, bold=bold, italic=italic, color=color)


def fill(name: str) -> PatternFill:
    return PatternFill("solid", fgColor=FILLS[name], bgColor=FILLS[name])


def heading(cell: Cell, level: str) -> None:
    """Rows 1 to 3 of a tidy sheet: column ids, labels, units."""
    cell.fill = fill(level)
    cell.font = {
        "id": font(bold=True, size=9, color=WHITE),
        "label": font(bold=True),
        "unit": font(italic=True, size=9, color=GREY),
    }[level]
    cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True)
    cell.border = BORDER


def text(cell: Cell, *, bold: bool = False, faint: bool = False, indent: int = 0, wrap: bool = True) -> None:
    """A label beside the input."""
    cell.font = font(bold=bold, size=9 if faint else 10, color=GREY if faint else INK)
    cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=wrap, indent=indent)
    cell.border = BORDER


def entry(cell: Cell, kind: str, shade: str = "input") -> None:
    """A cell to fill in: shaded, unlocked, in the format of its kind."""
    cell.font = font()
    cell.fill = fill(shade)
    cell.number_format = FORMATS[kind]
    cell.border = BORDER
    cell.protection = Protection(locked=False)
    wraps = kind in ("text", "choice")
    cell.alignment = Alignment(
        horizontal="left" if wraps or kind == "quarter" else "right", vertical="center", wrap_text=wraps
    )


def page(sheet: Worksheet, title: str) -> None:
    """How the sheet looks and prints: A4 landscape, as wide as the paper, its title and page number on each."""
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for part, content in ((sheet.oddHeader, title.replace("&", "&&")), (sheet.oddFooter, "&P / &N")):
        if part is not None and part.center is not None:
            part.center.text = content


def protect(sheet: Worksheet) -> None:
    """Only shaded cells can be changed. No password: it guards against slips, not against people."""
    sheet.protection.sheet = True
    for freedom in ("formatCells", "formatColumns", "formatRows"):
        setattr(sheet.protection, freedom, False)


def plain(sheet: Worksheet, row: int, column: int) -> Cell:
    """A cell that is no part of a merged range."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    return cell


def link(cell: Cell, sheet: str, place: str = "A1") -> None:
    """Make the cell lead to a place in the same workbook."""
    quoted = sheet.replace("'", "''")
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!{place}")
    cell.font = font(color=BLUE)


def note(content: str) -> Comment:
    """A cell note, large enough for its text."""
    lines = sum(-(-width_of(line) // 44) or 1 for line in content.split("\n"))
    return Comment(content, "solvency", height=min(24 + 18 * lines, 600), width=340)


def width_of(content: str) -> int:
    """How wide a text is in characters; Chinese ones count double."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in content)
