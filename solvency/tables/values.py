"""Reads values as people write them: full-width digits, separators, per cent, parentheses, Chinese dates."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_PLAIN = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"  # not \d, which takes the digits of every script
FEW = 32  # below this many values it costs more to call pandas than to read them one by one
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_QUARTER = re.compile(r"(\d{4})\s*(?:年?\s*(?:Q|q|第))\s*([1-4])\s*季?度?")


def number_from_text(text: str) -> float | None:
    """A number written as text, or None: `１，２３４．５`, `(500)`, `12.5%`, `￥1 000`."""
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("'")
    plain = plain.replace("−", "-").replace(" ", "").replace("\u00a0", "").lstrip("¥")
    negative = plain.startswith("(") and plain.endswith(")")
    if negative:
        plain = plain[1:-1]
    percent = plain.endswith("%")
    if percent:
        plain = plain[:-1]
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(_PLAIN, plain):
        return None
    if percent:
        from decimal import Decimal

        value = float(Decimal(plain) / 100)
    else:
        value = float(plain)
    return -value if negative else value


def number(value: Any) -> tuple[float, bool, bool]:
    """One value as `numbers` reads a column: (value, was text needing cleaning, cannot be read)."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return np.nan, False, False
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        read: float | None = float(value)
        odd = False
    elif isinstance(value, str):
        odd = not re.fullmatch(_PLAIN, value)
        read = number_from_text(value) if odd else float(value)
    else:
        return np.nan, False, True
    if read is None or np.isinf(read):
        return np.nan, False, True
    return read, odd, False


def numbers(column: pd.Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """A column as floats, shape (n,): (values with NaN for blank, was text needing cleaning, cannot be read).

    Numbers stay as they are; plain decimal text is parsed correctly rounded; odd text goes through `number_from_text`.
    Infinity and the words nan or inf cannot be read.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return np.full(len(column), np.nan), np.zeros(len(column), bool), np.ones(len(column), bool)
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        bad = np.isinf(values)
        return (np.where(bad, np.nan, values) if bad.any() else values), np.zeros(len(column), bool), bad
    if column.isna().all():
        return np.full(len(column), np.nan), np.zeros(len(column), bool), np.zeros(len(column), bool)
    if isinstance(column.dtype, pd.StringDtype):
        text = column.to_numpy(dtype=object, na_value="")
    else:
        text = column.to_numpy(dtype=object)
    if len(text) <= FEW:
        each = np.array([number(value) for value in text], dtype=float)
        return each[:, 0], each[:, 1].astype(bool), each[:, 2].astype(bool)
    size = len(text)
    values, odd, bad = np.full(size, np.nan), np.zeros(size, bool), np.zeros(size, bool)
    words = pd.Series(text, dtype=object)
    blank = words.isna().to_numpy() | words.map(lambda x: isinstance(x, str) and not x.strip()).to_numpy(dtype=bool)
    plain = words.where(~blank, "").astype(str).str.fullmatch(_PLAIN).to_numpy(dtype=bool)
    typed = words.map(lambda x: isinstance(x, (bool, np.bool_))).to_numpy(dtype=bool)
    plain = plain & ~typed & ~blank
    values[plain] = words[plain].astype(str).to_numpy(dtype=str).astype(float) if plain.any() else 0.0
    rest = np.flatnonzero(~plain & ~blank)
    for i in rest:  # only what is not a plain number
        value = text[i]
        read = number_from_text(value) if isinstance(value, str) else None
        if read is None:
            bad[i] = True
        else:
            values[i], odd[i] = read, True
    overflow = np.isinf(values)
    values[overflow], bad[overflow] = np.nan, True
    return values, odd, bad


def day(value: Any) -> date | None:
    """A date from a date, a serial number of Excel or text; None if it is not one."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        serial = float(value)
        if serial == int(serial) and 30_000 <= serial <= 80_000:
            return date(1899, 12, 30) + timedelta(days=int(serial))
        value = str(int(serial)) if serial == int(serial) else ""
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        for pattern in _DATES:
            match = pattern.fullmatch(text)
            if match:
                try:
                    return date(*(int(part) for part in match.groups()))
                except ValueError:
                    return None
    return None


def quarter(value: Any) -> str | None:
    """A quarter as `2025Q3`; None if it is not one."""
    match = _QUARTER.fullmatch(unicodedata.normalize("NFKC", str(value)).strip())
    return f"{match.group(1)}Q{match.group(2)}" if match else None
