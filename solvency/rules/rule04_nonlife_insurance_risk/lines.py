"""The rows of a table by insurer and line of business: what the line as a whole gives, and what it lacks (rule 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.charge import Marks, factor_of
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, first_of_each
from solvency.rules.rule04_nonlife_insurance_risk.rates import Figure, summed
from solvency.tables.positions.spec import position_tables

# a driver of coefficients: values, and where each row of the table finds its own
Drivers = Mapping[str, tuple[Array, Array]]


@dataclass(frozen=True, eq=False)
class Lines:
    """The n rows of a table and the cells they make: one for each class of `column` and each case.

    names: the classes, in order. Cells are laid out case by case, class by class, with a last class for rows without one.
    """

    portfolio: Portfolio
    sheet: str
    column: str
    names: tuple[str, ...]
    _rows: dict[tuple[str, ...], Array] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        return self.portfolio.tables[self.sheet]

    @property
    def rulebook(self) -> Rulebook:
        return self.portfolio.rulebook

    @cached_property
    def case(self) -> Array:
        return self.frame["case"].to_numpy()

    @cached_property
    def line(self) -> Array:
        """Which class each row is of."""
        series = self.frame[self.column]
        order = [self.names.index(name) if name in self.names else len(self.names) for name in series.cat.categories]
        return np.array([*order, len(self.names)])[series.cat.codes.to_numpy()]

    @cached_property
    def place(self) -> Array:
        """The cell of each row."""
        return np.asarray(self.case * (len(self.names) + 1) + self.line)

    @property
    def cells(self) -> int:
        return (len(self.names) + 1) * self.portfolio.size

    @cached_property
    def most(self) -> int:
        """The most rows that a cell has."""
        return int(np.bincount(self.place, minlength=1).max())

    @cached_property
    def first(self) -> Array:
        """Which rows are the first of their cell."""
        return first_of_each(self.place, self.cells)

    def of(self, name: str, cells: Array) -> Array:
        """The cells of one class, by case."""
        return cells[self.names.index(name) :: len(self.names) + 1]

    def by_line(self, cells: Array) -> Array:
        """The cells of all classes, a line per class."""
        return cells.reshape(self.portfolio.size, -1).T[:-1]

    def rows(self, *names: str) -> Array:
        """The rows of some classes, in order."""
        if names not in self._rows:
            wanted = np.isin(np.arange(len(self.names) + 1), [self.names.index(n) for n in names if n in self.names])
            self._rows[names] = np.flatnonzero(wanted[self.line])
        return self._rows[names]

    def total(self, values: Array | str) -> Array:
        """The sum of each cell; blanks add nothing."""
        given = self.frame[values].to_numpy() if isinstance(values, str) else values
        return np.bincount(self.place, weights=_filled(given), minlength=self.cells)

    def some(self, column: str) -> Array:
        """Which cells have an amount other than zero on one of their rows."""
        found = np.zeros(self.cells, bool)
        found[self.place[_filled(self.frame[column].to_numpy()) != 0]] = True
        return found

    def typed(self, column: str) -> Array:
        """Which cells have a figure in this column on one of their rows."""
        found = np.zeros(self.cells, bool)
        found[self.place[~np.isnan(self.frame[column].to_numpy())]] = True
        return found

    def rate(self, column: str) -> Array:
        """The rate of each cell, typed on any of its rows, infinite for "not applicable"; two different ones are an error."""
        given: Array = self.frame[column].to_numpy()
        rows = np.flatnonzero(~np.isnan(given))
        found = np.full(self.cells, np.nan)
        found[self.place[rows[::-1]]] = given[rows[::-1]]
        other = np.zeros(len(given), bool)
        other[rows] = found[self.place[rows]] != given[rows]
        label = position_tables()[self.sheet].column(column)
        self.portfolio.report(
            self.sheet, other, column, "disagree", f"同一业务类型填了不同的{label.zh}", f"one line has two different figures: {label.en}",
            given, article=label.article,
        )  # fmt: skip
        return found

    def figure(self, column: str, name: str | None = None) -> Figure:
        """A column summed up by cell, or by case for one class; NaN where nothing is typed."""
        given = self.frame[column].to_numpy()
        rows: Any = slice(None) if name is None else self.rows(name)
        where, count = (self.place, self.cells) if name is None else (self.case[rows], self.portfolio.size)
        start, step = (0, 1) if name is None else (self.names.index(name), len(self.names) + 1)
        amounts = _filled(given[rows])
        values = np.bincount(where, weights=amounts, minlength=count)
        sizes = np.bincount(where, weights=np.abs(amounts), minlength=count) if (amounts < 0).any() else values
        typed = np.zeros(count, bool)
        typed[where[~np.isnan(given[rows])]] = True
        return summed(
            np.where(typed, values, np.nan), sizes, self.most, lambda positions: self._rows_of(column, positions * step + start)
        )  # fmt: skip

    def _rows_of(self, column: str, cells: Array) -> Array:
        """The figures of the rows of some cells (sorted), a line per cell, filled up with zeros."""
        spot = np.minimum(np.searchsorted(cells, self.place), len(cells) - 1)
        rows = np.flatnonzero(cells[spot] == self.place)
        rows = rows[np.argsort(spot[rows], kind="stable")]
        count = np.bincount(spot[rows], minlength=len(cells))
        within = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
        found = np.zeros((len(cells), int(count.max(initial=1))))
        found[spot[rows], within] = _filled(self.frame[column].to_numpy()[rows])
        return found

    def require(self, column: str, factor: str, needed: Array) -> None:
        """An error for each cell that a coefficient asks of and that has nothing typed in this column."""
        classes = self.rulebook.table(factor).classes(self.column)
        rows = self.rows(*classes)
        lacking = needed.copy()
        lacking[self.place[rows[~np.isnan(self.frame[column].to_numpy()[rows])]]] = False
        if not lacking.any():
            return
        label = position_tables()[self.sheet].column(column)
        for name in classes:
            if name in self.names and self.of(name, lacking).any():
                self.portfolio.report(
                    self.sheet, self.first & lacking[self.place] & (self.line == self.names.index(name)), column, "missing",
                    f"缺少{label.zh}", f"{label.en} is missing", article=cited(self.rulebook, factor, self.column, name),
                )  # fmt: skip


def cited(rulebook: Rulebook, factor: str, column: str, name: str) -> str:
    """Where the rows of a factor for one class stand."""
    keys = (row.key for row in rulebook.table(factor).rows if name in row.when.get(column, ()))  # type: ignore[operator]
    return rulebook.factor(factor).citation_of(next(keys, ""))


def line_coefficients(lines: Lines, group: str, drivers: Drivers, excluded: Iterable[str] = ()) -> Marks:
    """The coefficients of a group on each row, each looked up only for the lines that its table names."""
    size = len(lines.frame)
    found: dict[str, tuple[Array, str]] = {}
    rows_of: dict[str, Array] = {}
    for factor in lines.rulebook.coefficients(group):
        name = factor.name.rpartition(".")[2]
        if name in excluded:
            continue
        located, k = on_lines(lines, factor.name, drivers)
        whole = np.zeros(size)
        whole[located[0]] = k
        row = np.full(size, -1, np.int16)
        row[located[0]] = located[1]
        found[name], rows_of[name] = (whole, factor.name), row
    return Marks(0.0, found, {}, rows_of)


def on_lines(lines: Lines, factor: str, drivers: Drivers) -> tuple[tuple[Array, Array], Array]:
    """A factor on the rows of the lines it names: ((which rows, the row of its table), its values, 0 where none holds)."""
    table = lines.rulebook.table(factor)
    named = table.classes(lines.column)
    rows = lines.rows(*named) if named else np.arange(len(lines.frame))
    columns: dict[str, Any] = {}
    for driver in (*table.drivers, *table.arguments):
        if driver in drivers:
            values, where = drivers[driver]
            columns[driver] = values[where[rows]]
        elif driver in lines.frame:
            columns[driver] = lines.frame[driver].array[rows]
    frame = pd.DataFrame(columns, copy=False)
    located, k = factor_of(lines.rulebook, factor, frame, absent=0.0)
    return (rows, located), k


def _filled(values: Array) -> Array:
    """Blanks as zero."""
    blank = np.isnan(values)
    return np.where(blank, 0.0, values) if blank.any() else values


def blank_if_not_applicable(values: Array) -> Array:
    """A rate that is not applicable has no coefficient (rule 4, articles 20 and 33)."""
    return np.where(np.isinf(values), np.nan, values)
