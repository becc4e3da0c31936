"""The shapes of a factor: value, lookup, bands, correlation, members, interval.

Numbers are kept as the decimals that were published; floats are made once, on request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from solvency.errors import UnknownFactorError

if TYPE_CHECKING:
    from solvency.regulation.document import Document

Array = npt.NDArray[Any]

_INTERVAL = re.compile(r"^([\[(])\s*(-?inf|-?[\d_.]+)\s*,\s*(-?inf|-?[\d_.]+)\s*([\])])$")


@dataclass(frozen=True)
class Interval:
    """An interval that states which end is closed."""

    lower: Decimal
    upper: Decimal
    closed_left: bool
    closed_right: bool

    @classmethod
    def parse(cls, text: str) -> Interval:
        """`"(0.05, 0.10]"` with decimals or ±inf. Raises ValueError."""
        match = _INTERVAL.match(text.strip())
        if not match:
            raise ValueError(f'not an interval: {text!r}; write it like "(0, 0.5]"')
        left, low, high, right = match.groups()
        interval = cls(Decimal(low), Decimal(high), left == "[", right == "]")
        if interval.lower > interval.upper:
            raise ValueError(f"interval ends in the wrong order: {text!r}")
        return interval

    def contains(self, x: Array, exact: bool = False) -> npt.NDArray[np.bool_]:
        """Which elements of `x` lie inside."""
        low, high = (self.lower, self.upper) if exact else (float(self.lower), float(self.upper))
        above = x >= low if self.closed_left else x > low
        below = x <= high if self.closed_right else x < high
        return np.asarray(above & below, dtype=bool)

    def overlaps(self, other: Interval) -> bool:
        """Whether a number lies in both."""
        low, high = max(self.lower, other.lower), min(self.upper, other.upper)
        if low != high:
            return low < high
        return all((low > i.lower or i.closed_left) and (low < i.upper or i.closed_right) for i in (self, other))

    def __str__(self) -> str:
        def end(value: Decimal) -> str:
            return "∞" if value.is_infinite() and value > 0 else "-∞" if value.is_infinite() else f"{value:f}"

        return (
            f"{'[' if self.closed_left else '('}{end(self.lower)}, {end(self.upper)}{']' if self.closed_right else ')'}"
        )


@dataclass(frozen=True)
class Band:
    """On `interval` the factor is intercept + slope × x."""

    interval: Interval
    intercept: Decimal
    slope: Decimal = Decimal(0)


@dataclass(frozen=True)
class Bands:
    """A factor that depends on a figure by intervals. Outside all intervals: NaN."""

    bands: tuple[Band, ...]
    exact: bool = False

    def at(self, x: npt.ArrayLike) -> Array:
        """The factor at each `x`, any shape; NaN where x is NaN or in no interval."""
        values = np.asarray(x, dtype=object if self.exact else float)
        number: Any = Decimal if self.exact else float
        result: Array = np.full(values.shape, number("nan"), dtype=values.dtype)
        for band in self.bands:
            inside = band.interval.contains(values, self.exact)
            result = np.where(inside, number(band.intercept) + number(band.slope) * values, result)
        return result


@dataclass(frozen=True)
class Correlation:
    """A correlation matrix with labels in the order in which it was published."""

    labels: tuple[str, ...]
    matrix: tuple[tuple[Decimal, ...], ...]

    def ordered(self, labels: Sequence[str], exact: bool = False) -> Array:
        """The matrix in the order of `labels`, which must be exactly the published labels."""
        if sorted(labels) != sorted(self.labels):
            raise UnknownFactorError(
                ", ".join(labels), self.labels, ("带此标签的相关系数矩阵", "correlation matrix with labels")
            )
        index = [self.labels.index(label) for label in labels]
        number = Decimal if exact else float
        rows = [[number(self.matrix[i][j]) for j in index] for i in index]
        return np.array(rows, dtype=object if exact else float)


@dataclass(frozen=True)
class LookupRow:
    """One class of a lookup: its number and the class it was charged as before it existed."""

    value: Decimal
    was: str = ""


Content = Decimal | dict[str, LookupRow] | Bands | Correlation | tuple[str, ...] | Interval


@dataclass(frozen=True)
class Factor:
    """One published number or table, with where it stands."""

    name: str
    shape: str
    content: Content
    article: str
    document: Document
    zh: str = ""
    en: str = ""
    until: date | None = None
    variants: dict[str, dict[str, tuple[str, Content]]] = field(default_factory=dict)

    @property
    def citation(self) -> str:
        return f"{self.document.title_zh}（{self.document.number}）{self.article}"

    def plain(self) -> Any:
        """The content as plain JSON-ready data."""
        match self.content:
            case Decimal():
                return _plain(self.content)
            case dict():
                return {key: _plain(row.value) for key, row in self.content.items()}
            case Bands():
                return [
                    {"interval": str(b.interval), "intercept": _plain(b.intercept), "slope": _plain(b.slope)}
                    for b in self.content.bands
                ]
            case Correlation():
                return {
                    "labels": list(self.content.labels),
                    "matrix": [[_plain(x) for x in row] for row in self.content.matrix],
                }
            case Interval():
                return str(self.content)
            case _:
                return list(self.content)


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
