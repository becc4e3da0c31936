"""Cell references and the text of stored values."""

from __future__ import annotations

import re
from typing import Any

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def number(raw: str) -> Any:
    """A stored number as int or float; what is no finite number stays text and is refused later."""
    text = raw.strip()
    try:
        value = float(text)
    except ValueError:
        return raw
    if value - value != 0 or not text.isascii() or "_" in text:  # NaN and infinity; digits a workbook does not store
        return raw
    return int(text) if text.lstrip("-").isdigit() and len(text) < 16 else value


def unescaped(text: str) -> str:
    """Text with its `_x000D_` escapes resolved; control characters and half pairs are dropped."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        printable = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
        return chr(code) if printable else ""

    return _ESCAPE.sub(character, text) if "_x" in text else text


def column_number(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    return value


def column_letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def reference(row: int, column: int) -> str:
    return f"{column_letters(column)}{row}"


def position(text: str) -> tuple[int, int] | None:
    """Row and column of a reference, both from 1; None if it is not one."""
    match = _REFERENCE.fullmatch(text)
    if not match:
        return None
    row, column = int(match[2]), column_number(match[1])
    return (row, column) if row <= LAST_ROW and column <= LAST_COLUMN else None


def area(text: str) -> tuple[int, int, int, int] | None:
    """Rows and columns of a range: (first row, first column, last row, last column); None if it is not one."""
    first, _, last = text.partition(":")
    one, other = position(first), position(last or first)
    if one is None or other is None:
        return None
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])
