"""The statements S03 and S04: their rows, totals and checks (rule 1, articles 8-27), for many cases at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.ratios import NEAR
from solvency.tables.positions.spec import FormRow, position_tables
from solvency.tables.validate import show

ADMITTED = "admitted_value"
HALF_A_PERCENT = 0.005
PRINTED = (1.0, 0.1, 0.01)  # of the unit of the input: how finely figures are filed
LEAST = 1e-6  # yuan
DIGITS = 8


@dataclass(eq=False)
class Statement:
    """One statement of n cases. values: column -> (rows of the form, n), CNY, NaN for blank; line: where each stands, -1 for not."""

    sheet: str
    rows: tuple[FormRow, ...]
    values: dict[str, Array]
    line: Array
    present: Mask  # (n,): the case has the statement
    source: pd.DataFrame = field(repr=False)  # as it was given
    scale: int = 1
    typed: Mask = field(
        default_factory=lambda: np.zeros((0, 0), bool)
    )  # (rows, n): figures of the first column that were typed
    given: dict[str, Array] = field(default_factory=dict)  # admitted totals as typed beside their parts, (n,)
    alone: dict[str, Mask] = field(default_factory=dict)  # totals that are given without any of their parts, (n,)

    @cached_property
    def unit(self) -> Array:
        """The coarsest of a unit of the input, its tenth and its hundredth of which every figure of a case is a multiple, CNY."""
        case = self.source["case"].to_numpy()
        unit = np.zeros(len(self.present))
        for part in reversed(PRINTED):
            step = self.scale * part
            odd = np.zeros(len(case), bool)
            for column in self.values:
                parts = self.source[column].to_numpy() / step
                odd |= np.abs(parts - np.round(parts)) >= HALF_A_PERCENT
            unit = np.where(np.bincount(case[odd], minlength=len(unit)) == 0, step, unit)
        return unit

    def place(self, item: str) -> int:
        return next(i for i, row in enumerate(self.rows) if row.item == item)

    def of(self, column: str, item: str) -> Array:
        """One row of the form, (n,)."""
        return np.asarray(self.values[column][self.place(item)])

    def knows(self, item: str) -> Mask:
        """Cases in which the row is known: typed, or blank beside others, not hidden in a total that is given alone."""
        place = self.place(item)
        hidden = np.zeros(len(self.present), bool)
        for total, parts in parts_of(self.sheet).items():
            if place in parts:
                hidden |= self.alone[total] | ~self.knows(total)
        return self.present & ~hidden


def read_statement(portfolio: Portfolio, sheet: str, columns: tuple[str, ...]) -> Statement | None:
    """A statement as it was given; a row that stands twice is an error."""
    if sheet not in portfolio.tables:
        return None
    frame, rows = portfolio.tables[sheet], position_tables()[sheet].rows
    n, case, code = portfolio.size, frame["case"].to_numpy(), frame["item"].cat.codes.to_numpy().astype(np.int64)
    key = code * n + case
    twice = np.zeros(len(key), bool)
    if np.bincount(key[code >= 0], minlength=1).max() > 1:
        twice = (code >= 0) & pd.Series(key).duplicated().to_numpy()
    portfolio.report(sheet, twice, "item", "duplicate", "同一项目出现两次", "the same item stands twice")
    used = (code >= 0) & ~twice
    line = np.full(len(rows) * n, -1)
    line[key[used]] = np.flatnonzero(used)
    values = {}
    for column in columns:
        flat = np.full(len(rows) * n, np.nan)
        flat[key[used]] = frame[column].to_numpy()[used]
        values[column] = flat.reshape(len(rows), n)
    present = np.logical_or.reduce([~np.isnan(v).all(axis=0) for v in values.values()])
    typed = ~np.isnan(values[columns[0]])
    return Statement(sheet, rows, values, line.reshape(len(rows), n), present, frame, portfolio.scale, typed)


@lru_cache(maxsize=2)
def parts_of(sheet: str) -> dict[str, tuple[int, ...]]:
    """Item of each total -> places of its parts, the deepest totals first; `total_…` sums the rows of the first level."""
    rows = position_tables()[sheet].rows
    counted = [(i, row) for i, row in enumerate(rows) if not (row.memo or row.beside or row.total)]
    found: dict[str, tuple[int, ...]] = {}
    for row in sorted((row for _, row in counted), key=lambda row: -row.row.count(".")):
        parts = tuple(i for i, part in counted if part.row.rpartition(".")[0] == row.row)
        if parts:
            found[row.item] = parts
    for row in rows:
        if row.total:
            found[row.item] = tuple(i for i, part in counted if "." not in part.row)
    return found


def leaves_of(sheet: str) -> tuple[int, ...]:
    """Places of the rows that have no parts of their own."""
    rows, totals = position_tables()[sheet].rows, parts_of(sheet)
    return tuple(i for i, row in enumerate(rows) if row.item not in totals and not row.memo and not row.beside)


def add_up(
    portfolio: Portfolio, statement: Statement, row_of: Callable[[int], None], later: tuple[str, ...] = ()
) -> None:
    """Fill in the totals, the deepest first: of their parts, a blank part beside a given one being zero, or of their own figures.

    row_of(place) completes a row from its own figures: every row without parts, and totals whose parts are all blank, which
    `alone` then names. A total that is given beside its parts must agree within rounding; `later`: those whose parts are not
    all known yet, kept in `given`.
    """
    totals = parts_of(statement.sheet)
    for place in leaves_of(statement.sheet):
        row_of(place)
    for item, parts in totals.items():
        place, given = statement.place(item), {}
        some = np.zeros(len(statement.present), bool)
        for values in statement.values.values():
            some |= ~np.isnan(values[list(parts)]).all(axis=0)
        for column, values in statement.values.items():
            given[column] = np.where(some, values[place], np.nan)
        row_of(place)
        for column, values in statement.values.items():
            of = values[list(parts)]
            here = ~np.isnan(of).all(axis=0)
            total = np.where(here, np.nansum(of, axis=0), np.nan)
            values[place] = np.where(some, np.where(here, total, given[column]), values[place])
            if item not in later or column != ADMITTED:
                disagree(portfolio, statement, item, column, given[column], total, len(parts))
        statement.given[item] = given[ADMITTED]
        statement.alone[item] = ~some & ~np.isnan(statement.values[ADMITTED][place])


def disagree(
    portfolio: Portfolio, statement: Statement, item: str, column: str, given: Array, computed: Array, parts: int = 1,
    article: str = "", severity: str = "error",
) -> None:  # fmt: skip
    """An error where a figure that was typed is not the computed one, beyond what rounding explains; NaN: not there."""
    difference = np.abs(given - computed)
    apart = difference > NEAR * np.abs(given) + LEAST
    if not apart.any():
        return
    allowed = np.minimum(statement.unit * (parts + 1) / 2, HALF_A_PERCENT * np.abs(given))
    apart &= difference > allowed
    row = statement.rows[statement.place(item)]
    tell(
        portfolio, statement, apart, item, column, "disagree", f"{row.zh}（第{row.row}行）所填数与计算数不一致",
        f"{row.en} (row {row.row}): the given figure and the computed one differ", (given, computed), severity=severity, article=article,
    )  # fmt: skip


def tell(
    portfolio: Portfolio, statement: Statement, cases: Mask, item: str, column: str, code: str, zh: str, en: str,
    found: tuple[Array, ...] = (), *, severity: str = "error", article: str = "",
) -> None:  # fmt: skip
    """A problem of a row of a statement in each case where `cases` holds, at its cell if it has one."""
    place = statement.place(item)
    for case in np.flatnonzero(cases):
        line = int(statement.line[place, case])
        where = {"sheet": statement.sheet, "item": f"{statement.sheet}.{item}"}
        if line >= 0:
            where = portfolio.positions.place(
                statement.sheet, int(portfolio.tables[statement.sheet]["line"].iloc[line]), column
            )
        shown = " ≠ ".join(show(round(float(value[case]) / portfolio.scale, DIGITS)) for value in found)
        portfolio.problems.add_at(
            int(case), where, code, zh, en, severity=severity, **({"found": shown} if shown else {}), article=article
        )


def form(statement: Statement, columns: tuple[str, ...]) -> pd.DataFrame:
    """The statement as a frame: `case`, `row` (official number), `item`, `zh`, `en`, `article` and the amounts (CNY).

    A row left blank beside others is zero, as it is in the totals; one hidden in a total that stands alone stays blank.
    """
    cases = np.flatnonzero(statement.present)
    k = len(statement.rows)
    text = {
        name: pd.Categorical.from_codes(np.tile(codes, len(cases)), categories=pd.Index(names, dtype=object))
        for name, (codes, names) in _texts(statement.sheet).items()
    }
    return pd.DataFrame(
        {"case": np.repeat(cases, k), **text, **{c: _shown(statement, c)[:, cases].T.reshape(-1) for c in columns}},
        copy=False,
    )


def _shown(statement: Statement, column: str) -> Array:
    """A column with zero for blanks that count as zero."""
    values = statement.values[column].copy()
    total = next(i for i, row in enumerate(statement.rows) if row.total)
    for place in leaves_of(statement.sheet):
        zero = np.isnan(values[place]) & ~np.isnan(values[total]) & statement.knows(statement.rows[place].item)
        values[place] = np.where(zero, 0.0, values[place])
    for item in parts_of(statement.sheet):
        place = statement.place(item)
        zero = np.isnan(values[place]) & ~np.isnan(values[total]) & statement.knows(item)
        values[place] = np.where(zero, 0.0, values[place])
    return values


@lru_cache(maxsize=2)
def _texts(sheet: str) -> dict[str, tuple[Array, tuple[str, ...]]]:
    table = position_tables()[sheet]
    found = {}
    for name in ("row", "item", "zh", "en", "article"):
        texts = [getattr(row, name) or table.article for row in table.rows]
        names = tuple(dict.fromkeys(texts))
        found[name] = (np.array([names.index(text) for text in texts], np.int8), names)
    return found
