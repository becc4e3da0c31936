"""The shapes of a factor: value, lookup, bands, table, correlation, members, interval.

Numbers are kept as the decimals that were published; floats are made once, on request.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from solvency.errors import UnknownFactorError

if TYPE_CHECKING:
    from solvency.regulation.document import Document

Array = npt.NDArray[Any]

MOST_LEVELS = 64  # of one driver; with more, those alike are put together
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
class TableRow:
    """Where all conditions hold, the factor is intercept + slope × x + quadratic × x², x being the column `of`."""

    key: str
    when: Mapping[str, tuple[str, ...] | Interval]
    intercept: Decimal
    slope: Decimal = Decimal(0)
    quadratic: Decimal = Decimal(0)
    of: str = ""
    article: str = ""  # where it differs from that of the factor

    def excludes(self, other: TableRow) -> bool:
        """Whether no position can meet both rows: some driver of both has no value in common."""
        return any(not _meet(self.when[driver], other.when[driver]) for driver in self.when.keys() & other.when.keys())


@dataclass(frozen=True)
class Table:
    """A factor by several drivers: classes and intervals. At most one row holds for a position."""

    rows: tuple[TableRow, ...]

    @cached_property
    def drivers(self) -> tuple[str, ...]:
        """The columns the conditions look at, in the order in which they appear."""
        return tuple(dict.fromkeys(driver for row in self.rows for driver in row.when))

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The columns a formula of a row looks at."""
        return tuple(dict.fromkeys(row.of for row in self.rows if row.of))

    def classes(self, driver: str) -> tuple[str, ...]:
        """The classes of a driver that some row names."""
        named = (row.when.get(driver) for row in self.rows)
        return tuple(dict.fromkeys(value for values in named if isinstance(values, tuple) for value in values))

    def locate(
        self, columns: Mapping[str, Any], size: int, parents: Mapping[str, Mapping[str, str]] | None = None
    ) -> npt.NDArray[np.int16]:
        """Which row holds for each of `size` positions, -1 for none.

        columns: for each driver a categorical (or texts) or an array of numbers, NaN for blank. parents: per driver,
        classes that are charged as another one.
        """
        holds = np.ones((1,) * len(self.drivers) + (len(self.rows),), bool)
        codes = []
        for axis, driver in enumerate(self.drivers):
            code, held = self._levels(driver, columns.get(driver), size, (parents or {}).get(driver, {}))
            if len(held) > MOST_LEVELS:  # classes that no row tells apart are one
                held, level_of = np.unique(held, axis=0, return_inverse=True)
                code, held = level_of.reshape(-1)[code] - 1, np.roll(held, -1, axis=0)
            around = [1] * len(self.drivers) + [len(self.rows)]
            around[axis] = len(held)
            blank_first = np.roll(held, 1, axis=0)  # so that a code and one is a place
            holds = holds & blank_first.reshape(around)
            codes.append(code)
        flat = holds.reshape(-1, len(self.rows))
        first = np.where(flat.any(axis=1), flat.argmax(axis=1), -1).astype(np.int16)
        return first.take(_places(codes, holds.shape)) if codes else np.full(size, first[0])

    def values(
        self, located: npt.NDArray[np.int16], columns: Mapping[str, Any], absent: float = np.nan
    ) -> npt.NDArray[np.float64]:
        """The factor of positions at the rows `locate` found; `absent` where none holds."""

        def part(name: str, last: float) -> npt.NDArray[np.float64]:
            return np.array([*(float(getattr(row, name)) for row in self.rows), last])

        result = part("intercept", absent)[located]  # faster than take where places may be negative
        for argument in self.arguments:
            of = np.array([*(row.of == argument for row in self.rows), False])
            x = np.asarray(columns[argument], float)
            slope, quadratic = (np.where(of, part(name, 0.0), 0.0)[located] for name in ("slope", "quadratic"))
            added = x * (slope + quadratic * x)
            result += added if of[:-1].all() else np.where(of[located], added, 0.0)
        return result

    def _levels(
        self, driver: str, column: Any, size: int, parents: Mapping[str, str]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """A code per position, -1 for the last level, and per level which rows allow it."""
        conditions = [row.when.get(driver) for row in self.rows]
        free = np.array([condition is None for condition in conditions])
        if column is None:
            return np.full(size, -1, np.int8), free[None, :]
        if any(isinstance(condition, Interval) for condition in conditions):
            return _interval_levels(conditions, free, np.asarray(column, float))
        codes, names = _categories(column)
        named = [
            [c is None or parents.get(name, name) in cast("tuple[str, ...]", c) for c in conditions] for name in names
        ]
        held = np.array([*named, free.tolist()], bool)
        return codes, held.reshape(-1, len(self.rows))


def _places(codes: Sequence[npt.NDArray[Any]], shape: Sequence[int]) -> npt.NDArray[Any]:
    """Where each combination of codes stands in a table of all levels, the blank level of each driver being the first."""
    strides = [int(np.prod(shape[axis + 1 : len(codes)])) for axis in range(len(codes))]
    last = int(np.prod(shape[: len(codes)]))
    found: Array = np.full(len(codes[0]), sum(strides), np.int16 if last <= np.iinfo(np.int16).max else np.int64)
    for code, stride in zip(codes, strides, strict=True):
        found += np.multiply(code, stride, dtype=found.dtype)
    return found


def _categories(column: Any) -> tuple[npt.NDArray[Any], list[str]]:
    """Codes (-1 for blank) and names of a column of classes."""
    import pandas as pd

    series = column if isinstance(column, pd.Series) else pd.Series(column)
    if not isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object).where(series.notna(), None).astype("category")
    return np.asarray(series.cat.codes), [str(name) for name in series.cat.categories]


def _interval_levels(
    conditions: Sequence[Any], free: npt.NDArray[np.bool_], x: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Codes by the ends of all intervals: between two ends, exactly on an end, or blank (-1)."""
    intervals = [condition for condition in conditions if isinstance(condition, Interval)]
    ends = sorted({float(end) for i in intervals for end in (i.lower, i.upper) if not end.is_infinite()})
    codes: Array = np.zeros(len(x), np.int8 if len(ends) < 60 else np.int32)
    for end in ends:
        np.add(codes, x > end, out=codes)
        np.add(codes, x >= end, out=codes)
    between = [ends[0] - 1, *[(a + b) / 2 for a, b in itertools.pairwise(ends)], ends[-1] + 1] if ends else [0.0]
    points = np.array([value for pair in itertools.zip_longest(between, ends) for value in pair if value is not None])
    held = np.tile(free, (len(points), 1))
    for place, condition in enumerate(conditions):
        if isinstance(condition, Interval):
            held[:, place] = condition.contains(points)
    blank = np.isnan(x)
    if blank.any():
        codes = np.where(blank, codes.dtype.type(-1), codes)
    return codes, np.concatenate([held, free[None, :]])


def _meet(first: tuple[str, ...] | Interval, second: tuple[str, ...] | Interval) -> bool:
    if isinstance(first, Interval) and isinstance(second, Interval):
        return first.overlaps(second)
    return not isinstance(first, Interval) and not isinstance(second, Interval) and bool(set(first) & set(second))


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
    """One class of a lookup: its number, the class it was charged as before it existed, and its names if it has any."""

    value: Decimal
    was: str = ""
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class ClassLabel:
    """A class of a driver: its names, and the class it is charged as before its document applies."""

    zh: str
    en: str
    was: str = ""


Content = Decimal | dict[str, LookupRow] | Bands | Table | Correlation | tuple[str, ...] | Interval


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
    driver: str = ""  # the column whose classes are the keys of a lookup
    outside_limit: tuple[str, str] | None = (
        None  # (reading, alternative) under which a coefficient escapes the limit on K
    )
    variants: dict[str, dict[str, tuple[str, Content]]] = field(default_factory=dict)

    # of a lookup or table that was amended row by row: key -> where the row stands
    origins: dict[str, tuple[str, Document]] = field(default_factory=dict)

    @property
    def citation(self) -> str:
        return self.citation_of("")

    def citation_of(self, key: str) -> str:
        """Where a row stands: in the document that set it last."""
        article, document = self.origin_of(key)
        return f"{document.title_zh}（{document.number}）{article}"

    def origin_of(self, key: str) -> tuple[str, Document]:
        """The article and the document that set a row last."""
        if key in self.origins:
            return self.origins[key]
        own = (row.article for row in self.content.rows if row.key == key) if isinstance(self.content, Table) else ()
        return (next((article for article in own if article), self.article), self.document)

    def row_keys(self) -> tuple[str, ...]:
        """The rows of a lookup or table."""
        match self.content:
            case dict():
                return tuple(self.content)
            case Table():
                return tuple(row.key for row in self.content.rows)
            case _:
                return ()

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
            case Table():
                return [_plain_row(row) for row in self.content.rows]
            case Correlation():
                return {
                    "labels": list(self.content.labels),
                    "matrix": [[_plain(x) for x in row] for row in self.content.matrix],
                }
            case Interval():
                return str(self.content)
            case _:
                return list(self.content)


def _plain_row(row: TableRow) -> dict[str, Any]:
    when = {d: str(c) if isinstance(c, Interval) else list(c) for d, c in row.when.items()}
    if not row.of:
        return {"key": row.key, **when, "value": _plain(row.intercept)}
    parts = {name: _plain(getattr(row, name)) for name in ("intercept", "slope", "quadratic")}
    return {"key": row.key, **when, "of": row.of, **parts}


def as_table(content: Content, driver: str) -> Table | None:
    """A value or a lookup by one driver as a table; None for the other shapes."""
    match content:
        case Table():
            return content
        case Decimal():
            return Table((TableRow("", {}, content),))
        case dict() if driver:
            return Table(tuple(TableRow(key, {driver: (key,)}, row.value) for key, row in content.items()))
        case _:
            return None


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
