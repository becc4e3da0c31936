"""Sheets of an output workbook: text always as text, a formula never without its value, a missing figure never blank."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

NOT_SUPPLIED = ("未提供", "not supplied")
INTERNAL = "内部资料 不对外披露 / Internal, not for disclosure"
FONT = "Microsoft YaHei"  # Excel and WPS have it; elsewhere the system's Chinese font takes its place
LINE, HIGHEST = 14.5, 409.0  # points of a line of text; of the highest row a sheet can have
HEIGHTS = {"cover": 40.0, "title": 26.0, "section": 20.0, "banner": 18.0}
LINES = 26  # of running text in one row
LONGEST = 32_000  # characters of a cell, a little less than the format allows
MORE_DIGITS = (2, 4, 8, 13)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BASE = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
_GRID = {"border": 1, "border_color": "#BFBFBF"}
_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "banner": {"bold": True, "font_size": 11, "font_color": "#C00000"},
    "cover": {"bold": True, "font_size": 24, "font_color": "#1F3864", "align": "left"},
    "title": {"bold": True, "font_size": 16, "font_color": "#1F3864"},
    "section": {"bold": True, "font_size": 12, "font_color": "#1F3864"},
    "remark": {"font_size": 9, "font_color": "#595959"},
    "link": {"font_color": "#1F4E9E", "underline": 1},
    "head": {
        **_GRID,
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": "#1F3864",
        "align": "center",
        "text_wrap": True,
    },
    "text": {**_GRID, "text_wrap": True},
    "code": {**_GRID, "align": "center"},
    "absent": {**_GRID, "italic": True, "font_color": "#7F7F7F", "align": "right"},
    "absent_text": {**_GRID, "italic": True, "font_color": "#7F7F7F"},
    "number": {**_GRID, "align": "right"},
}
AMOUNT_FORMATS = {"元": "#,##0.00", "万元": "#,##0.00", "亿元": "#,##0.0000"}


class Output:
    """One workbook being made in memory. `bytes` closes it."""

    def __init__(self, lang: str, unit: str, as_of: date, title: str, banner: str = "", *, lines: Sequence[float] = ()):
        self.lang, self.unit, self.banner, self.lines = lang, unit, banner, lines
        self._stream = BytesIO()
        self._book = Workbook(
            self._stream,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        self._book.formats[0].set_font_name(FONT)
        self._book.formats[0].set_font_size(10)
        # the valuation date instead of the clock: the same input gives the same file
        self._book.set_properties({"title": title, "created": datetime.combine(as_of, time())})
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    @property
    def amounts_in(self) -> str:
        english = {"元": "CNY", "万元": "CNY 10 thousand", "亿元": "CNY 100 million"}
        return self.say(f"金额单位：{self.unit}", f"amounts in {self.unit} ({english[self.unit]})")

    def page(self, name: str, widths: Sequence[float], *, internal: bool = False) -> Page:
        """A new sheet: landscape, as wide as one sheet of paper."""
        return Page(self, self._book.add_worksheet(name), name, widths, internal)

    def define_name(self, name: str, formula: str) -> None:
        """A name for a range of the workbook."""
        self._book.define_name(name, formula)

    def chart(self, kind: str, subtype: str = "") -> Any:
        return self._book.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})

    def style(self, name: str, **more: Any) -> Any:
        properties = {**_BASE, **_STYLES[name], **more}
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def bytes(self) -> bytes:
        self._book.close()
        return self._stream.getvalue()


class Page:
    """One sheet, written from the top down; `row` is the next free row."""

    def __init__(self, output: Output, sheet: Worksheet, name: str, widths: Sequence[float], internal: bool):
        self.output, self.sheet, self.name, self.widths = output, sheet, name, widths
        self.row = self.count = 0
        self._breaks: list[int] = []
        self._lines: dict[int, int] = {}  # lines of text in the highest cell of a row
        sheet.hide_gridlines(2)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576", "formula_differs": "A1:XFD1048576"})
        sheet.set_landscape()
        sheet.set_paper(9 if sum(widths) < 200 else 8)  # A4; A3 for the widest
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        banner = INTERNAL if internal else output.banner
        if banner:
            sheet.set_header(f"&C{banner}")
            self.line(banner, "banner")

    def say(self, zh: str, en: str) -> str:
        return self.output.say(zh, en)

    def line(self, text: str, style: str = "remark") -> None:
        """One line of text over the columns to its right."""
        self.sheet.write_string(self.row, 0, printable(text), self.output.style(style))
        self.sheet.set_row(self.row, HEIGHTS.get(style, LINE + 2))
        self.row += 1

    def heading(self, title: str, *remarks: str) -> None:
        self.line(title, "title")
        for remark in remarks:
            self.line(remark)
        self.row += 1

    def section(self, title: str) -> None:
        self.row += 1
        self.line(title, "section")

    def break_here(self) -> None:
        """On paper a new page begins here."""
        self._breaks.append(self.row)
        self.sheet.set_h_pagebreaks(self._breaks)

    def head(self, *labels: str) -> None:
        self.count = 0
        for column, label in enumerate(labels):
            self.text(self.row, column, label, "head")
        self.row += 1

    def numbered(self, name: str) -> None:
        """A counted name in the first two columns."""
        self.count += 1
        self.text(self.row, 0, str(self.count), "code")
        self.text(self.row, 1, name)

    def text(self, row: int, column: int, text: object, style: str = "text", **more: Any) -> None:
        """Text as text, also where it begins like a formula."""
        shown = printable(str(text))[:LONGEST]
        self.sheet.write_string(row, column, shown, self.output.style(style, **more))
        if "text_wrap" in _STYLES[style]:
            self._grow(row, shown, self.widths[column] - 2 * more.get("indent", 0))

    def _grow(self, row: int, text: str, width: float) -> None:
        """Make the row as high as the text needs: not every program does so by itself."""
        lines = sum(max(1, -(-display_width(part) // max(int(width * 1.05), 1))) for part in text.split("\n"))
        if lines > self._lines.get(row, 1):
            self._lines[row] = lines
            self.sheet.set_row(row, min(LINE * lines + 3, HIGHEST))

    def number(self, row: int, column: int, value: float, kind: str, **more: Any) -> None:
        """A figure of kind amount, ratio or number."""
        self.sheet.write_number(row, column, value, self._style(kind, value, more))

    def formula(self, row: int, column: int, formula: str, value: float | str, kind: str, **more: Any) -> None:
        """A live formula with the value it has."""
        self.sheet.write_formula(row, column, f"={formula}", self._style(kind, value, more), value)

    def figure(self, row: int, column: int, value: float | None, kind: str, **more: Any) -> None:
        """A figure, or that it was not supplied."""
        if value is None or value != value:
            self.absent(row, column, **more)
        else:
            self.number(row, column, value, kind, **more)

    def absent(self, row: int, column: int, style: str = "absent", **more: Any) -> None:
        self.text(row, column, self.say(*NOT_SUPPLIED), style, **more)

    def stated(self, row: int, column: int, value: object, kind: str, **more: Any) -> None:
        """A statement of the insurer: a figure or text, or that it was not supplied."""
        if kind in ("amount", "ratio", "number"):
            self.figure(row, column, value if isinstance(value, float) else None, kind, **more)
        elif value is None:
            self.absent(row, column, "absent_text", **more)
        else:
            self.text(row, column, value, **more)

    def wide_text(self, row: int, first: int, last: int, text: str, style: str = "text") -> None:
        """Text over several columns, as high as it needs: merged cells do not grow by themselves."""
        self.sheet.merge_range(row, first, row, last, "", self.output.style(style))
        shown = printable(text)[:LONGEST]
        self.sheet.write_string(row, first, shown, self.output.style(style))
        self._grow(row, shown, sum(self.widths[first : last + 1]))

    def wide_stated(self, first: int, last: int, value: object) -> None:
        """A statement over several columns and as many rows as it needs, or that it was not supplied."""
        if value is None:
            self.wide_text(self.row, first, last, self.say(*NOT_SUPPLIED), "absent_text")
            self.row += 1
        else:
            for piece in pieces(printable(str(value)), sum(self.widths[first : last + 1])):
                self.wide_text(self.row, first, last, piece)
                self.row += 1

    def cell(self, row: int, column: int, *, sheet: bool = False, fixed: bool = False) -> str:
        """The address of a cell, with its sheet for use on another one."""
        address = str(xl_rowcol_to_cell(row, column, fixed, fixed))
        return f"{quoted(self.name)}!{address}" if sheet else address

    def span(self, first: int, last: int, column: int) -> str:
        """The address of part of a column with its sheet, as charts want it."""
        name = xl_col_to_name(column)
        return f"={quoted(self.name)}!${name}${first + 1}:${name}${last + 1}"

    def _style(self, kind: str, value: float | str, more: dict[str, Any]) -> Any:
        if kind == "amount":
            shown = AMOUNT_FORMATS[self.output.unit]
        elif kind == "ratio":
            shown = percent_format(value, self.output.lines)
        elif kind == "share":
            shown = "0.00%"
        elif kind == "points":
            shown = "#,##0.00####"
        else:
            shown = "#,##0.######" if isinstance(value, float) and value % 1 else "#,##0"
        return self.output.style("number", num_format=shown, **more)


def percent_format(value: float | str, lines: Sequence[float] = ()) -> str:
    """Two decimals, more where rounding would hide on which side of a line the ratio lies: one of `lines`, or a multiple
    of 5%, as what is required of other ratios is."""
    if isinstance(value, str):
        return "0.00%"
    for digits in MORE_DIGITS:
        rounded = round(value * 100, digits)
        on_a_line = rounded % 5 == 0 or any(abs(rounded - line * 100) < 1e-11 for line in lines)
        if not on_a_line or abs(value * 100 - rounded) < 1e-11:
            break
    return f"0.{'0' * digits}%"


def printable(text: str) -> str:
    """Without control characters and broken surrogates, which no workbook may hold."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def display_width(text: str) -> int:
    """Columns the text takes: a Chinese character is two wide."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def pieces(text: str, width: float) -> list[str]:
    """Long text in parts that a row `width` columns wide can show, a row being at most 409 points high."""
    room = int(width) * LINES  # in columns
    found, used = [""], 0
    for paragraph in text.split("\n"):
        for i in range(0, max(len(paragraph), 1), room // 2):
            part = paragraph[i : i + room // 2]
            need = max(1, -(-display_width(part) // int(width))) * int(width)
            if used and used + need > room:
                found.append(part)
                used = need
            else:
                found[-1] += ("\n" if used else "") + part
                used += need
    return found


def quoted(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'"
