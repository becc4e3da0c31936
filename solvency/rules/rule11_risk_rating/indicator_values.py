"""The values of the indicators of a scheme: from figures, from their change since last quarter, from the table RiskIndicators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from solvency.regulation.factors import Interval
from solvency.rules.frame import ABSENT, COMPUTED, GIVEN, Array, Mask, decimals
from solvency.rules.ratios import FORMULAS, NEAR, RATIOS
from solvency.rules.rule11_risk_rating.scheme import RELATIVE, Indicator, Scheme
from solvency.tables.positions.read import MOST_PROBLEMS, Positions
from solvency.tables.validate import Problems, show

TABLE = "RiskIndicators"
PRINTED = 0.0006  # by how much a printed figure and the one computed may differ
LEFT_OUT = -1  # code of a row that no band and no choice takes

Exactly = Callable[[Array], Fraction]


@dataclass(frozen=True, eq=False)
class Values:
    """The values of one indicator in n rows.

    values: floats, NaN where missing; of a choice its number among the choices. origin: GIVEN (in the table), COMPUTED (a figure) or
    ABSENT. before: of a change, what it was measured against. line: of the table, -1 where it is not from there. raw: (n, k) the floats
    it was worked out from; exactly: the value as a fraction, from one row of them; settled: floats decide on which side of an end it is.
    """

    indicator: Indicator
    values: Array
    origin: Array
    before: Array
    line: Array
    raw: Array
    exactly: Exactly
    settled: bool

    @property
    def known(self) -> Mask:
        return np.asarray(~np.isnan(self.values))


def indicator_values(
    scheme: Scheme, indicators: tuple[Indicator, ...], figures: Mapping[str, Array], before: Mapping[str, Array],
    positions: Positions | None, size: int, problems: Problems,
) -> list[Values]:  # fmt: skip
    """The value of each indicator in n rows.

    figures: name -> n numbers (yuan, fractions) or choices; before: the same of the quarter before, NaN where it is not known.
    Problems: an unknown or doubled row of the table, a choice that does not exist, a value given beside a figure that is another one.
    """
    table = _Table(scheme, indicators, positions, size, problems)
    return [_of_figure(i, figures, before, table) if i.figure else table.values(i) for i in indicators]


def _of_figure(
    indicator: Indicator, figures: Mapping[str, Array], before: Mapping[str, Array], table: _Table
) -> Values:
    name, size = indicator.figure, table.size
    nothing = np.full(size, np.nan)
    if indicator.choices:
        order = {choice.name: float(place) for place, choice in enumerate(indicator.choices)}
        values = pd.Series(figures.get(name, np.full(size, None, object))).map(order).to_numpy(float)
        origin = np.where(np.isnan(values), ABSENT, GIVEN)
        return Values(indicator, values, origin, nothing, np.full(size, -1), values[:, None], _typed, settled=True)
    now, then = figures.get(name, nothing).astype(float), before.get(name, nothing)
    parts = FORMULAS[name].inputs if name in RATIOS else ()
    raw = [now, *(figures.get(part, nothing) for part in parts)]
    exactly, settled = _figure(table.scheme.lines_of(name)), name in RATIOS
    value, old = now, nothing
    if indicator.change:
        raw += [then, *(before.get(part, nothing) for part in parts)]
        old, relative = then, indicator.change == RELATIVE
        base = np.where(then == 0, np.nan, np.abs(then)) if relative else 1.0
        value, exactly, settled = (now - then) / base, _change(len(parts) + 1, relative), False
    typed = table.values(indicator)
    both = typed.known & ~np.isnan(value)
    apart = both & (np.abs(typed.values - value) > PRINTED * np.maximum(1.0, np.abs(value)))
    table.tell_apart(indicator, typed, value, apart)
    from_table = typed.known & np.isnan(value)
    origin = np.where(from_table, GIVEN, np.where(np.isnan(value), ABSENT, COMPUTED))
    raw = [from_table.astype(float), typed.values, *raw]
    return Values(
        indicator, np.where(from_table, typed.values, value), origin, old, np.where(from_table, typed.line, -1),
        np.column_stack(raw), lambda row: _typed(row[1:]) if row[0] else exactly(row[2:]), settled,
    )  # fmt: skip


def _typed(row: Array) -> Fraction:
    """A number as it was typed."""
    return Fraction(Decimal(repr(float(row[0]))))


def _quotient(row: Array) -> Fraction:
    """A figure, or the ratio of the two amounts after it: a float is the decimal of fifteen digits that it shows."""
    figure, *parts = (Fraction(number) if number.is_finite() else None for number in decimals(row))
    if len(parts) == 2 and parts[0] is not None and parts[1]:
        ratio = parts[0] / parts[1]
        if abs(float(ratio) - row[0]) <= NEAR * max(1.0, abs(float(row[0]))):  # levels taken together are no such ratio
            return ratio
    assert figure is not None
    return figure


def _figure(lines: list[Decimal]) -> Exactly:
    """A figure now; a ratio near one of its lines was settled there already."""

    def exactly(row: Array) -> Fraction:
        near = any(abs(row[0] - float(line)) <= NEAR * max(1.0, abs(float(line))) for line in lines)
        return _typed(row) if near and len(row) > 1 else _quotient(row)

    return exactly


def _change(size: int, relative: bool) -> Exactly:
    """A figure now less what it was; relative: over the size of what it was."""

    def exactly(row: Array) -> Fraction:
        now, then = _quotient(row[:size]), _quotient(row[size:])
        return (now - then) / abs(then) if relative else now - then

    return exactly


class _Table:
    """The table RiskIndicators, a value per row and indicator."""

    def __init__(
        self,
        scheme: Scheme,
        indicators: tuple[Indicator, ...],
        positions: Positions | None,
        size: int,
        problems: Problems,
    ):
        self.scheme, self.size, self.problems, self.positions = scheme, size, problems, positions
        self.places = {indicator.id: place for place, indicator in enumerate(indicators) if not indicator.stands_in}
        self.found: Array = np.full((size, len(indicators)), -1)  # row of the table
        self.frame = positions.tables.get(TABLE) if positions is not None else None
        if self.frame is not None:
            self._place(self.frame)

    def _place(self, frame: pd.DataFrame) -> None:
        column, case = frame["indicator"], frame["case"].to_numpy()
        names = [str(name) for name in column.cat.categories]
        of_name = np.array([*(self.places.get(name, -1) for name in names), -1])
        place = of_name[column.cat.codes.to_numpy()]
        known = {indicator.id for indicator in self.scheme.indicators}
        for code in np.unique(column.cat.codes.to_numpy()[(place < 0) & column.notna().to_numpy()]):
            near = get_close_matches(names[code], self.places, n=1)
            hint, hint_en = (f"，是否为 {near[0]}？", f"; is it {near[0]}?") if near else ("", "")
            zh, en = (
                ("该指标不适用于这类公司，未使用", "the indicator is not for this type of insurer; not used")
                if names[code] in known
                else (f"评分方案没有这一指标，未使用{hint}", f"the scheme has no such indicator; not used{hint_en}")
            )
            row = int(np.flatnonzero(column.cat.codes.to_numpy() == code)[0])
            self._tell(row, "indicator", "unused_indicator", zh, en, found=names[code], severity="warning")
        rows = np.flatnonzero(place >= 0)
        twice = pd.Series(case[rows] * len(self.found[0]) + place[rows]).duplicated().to_numpy()
        for row in rows[twice]:
            self._tell(
                int(row),
                "indicator",
                "duplicate",
                "指标重复",
                "the indicator stands twice",
                found=str(column.iloc[row]),
            )
        self.found[case[rows[~twice]], place[rows[~twice]]] = rows[~twice]

    def values(self, indicator: Indicator) -> Values:
        """What the table says of one indicator."""
        rows = self.found[:, self.places[indicator.id]] if indicator.id in self.places else np.full(self.size, -1)
        some = rows >= 0
        values, line = np.full(self.size, np.nan), np.full(self.size, -1)
        if self.frame is not None and some.any():
            own = rows[some]
            values[some] = self._choices(indicator, own) if indicator.choices else self._numbers(indicator, own)
            line[some] = self.frame["line"].to_numpy()[own]
        origin = np.where(np.isnan(values), ABSENT, GIVEN)
        nothing = np.full(self.size, np.nan)
        return Values(indicator, values, origin, nothing, line, values[:, None], _typed, settled=True)

    def _numbers(self, indicator: Indicator, rows: Array) -> Array:
        assert self.frame is not None
        worded = self.frame["choice"].notna().to_numpy()[rows]
        for row in rows[worded][:MOST_PROBLEMS]:
            self._tell(int(row), "choice", "not_allowed", f"{indicator.zh}按数值评分，请填 value",
                       f"{indicator.en} is scored by its value; fill in value", found=str(self.frame["choice"].iloc[row]))  # fmt: skip
        return np.asarray(self.frame["value"].to_numpy()[rows])

    def _choices(self, indicator: Indicator, rows: Array) -> Array:
        assert self.frame is not None
        accepted = {
            word.strip().lower(): place
            for place, choice in enumerate(indicator.choices)
            for word in (choice.name, choice.zh, choice.en)
            if word
        }
        column = self.frame["choice"]
        codes = np.array([*(accepted.get(str(name).lower(), -2) for name in column.cat.categories), -1])[
            column.cat.codes.to_numpy()[rows]
        ]
        valued = (codes == -1) & self.frame["value"].notna().to_numpy()[rows]
        allowed = "、".join(f"{c.name}（{c.zh}）" if c.zh else c.name for c in indicator.choices)
        allowed_en = ", ".join(choice.name for choice in indicator.choices)
        for row in rows[(codes == -2) | valued][:MOST_PROBLEMS]:
            shown = column.iloc[row] if isinstance(column.iloc[row], str) else show(self.frame["value"].iloc[row])
            self._tell(int(row), "choice", "not_allowed", f"{indicator.zh}不是评分方案中的选项",
                       f"{indicator.en} is none of the choices of the scheme", found=str(shown), allowed=allowed, allowed_en=allowed_en)  # fmt: skip
        return np.where(codes < 0, np.nan, codes.astype(float))

    def tell_apart(self, indicator: Indicator, typed: Values, computed: Array, apart: Mask) -> None:
        """A value given beside a figure that is another one."""
        for case in np.flatnonzero(apart)[:MOST_PROBLEMS]:
            row = int(self.found[case, self.places[indicator.id]])
            self._tell(row, "value", "disagree", f"{indicator.zh}：所填值与由结果得出的不一致", f"{indicator.en}: the value given and the one from the figures differ",
                       found=f"{typed.values[case]:.12g} ≠ {computed[case]:.12g}", allowed="一致，或只留一处", allowed_en="the same, or only one of them")  # fmt: skip

    def _tell(
        self, row: int, column: str, code: str, zh: str, en: str, *, severity: str = "error", **rest: str
    ) -> None:
        assert self.frame is not None
        assert self.positions is not None
        place = self.positions.place(TABLE, int(self.frame["line"].iloc[row]), column)
        self.problems.add_at(int(self.frame["case"].iloc[row]), place, code, zh, en, severity=severity, **rest)


def band_codes(each: Values) -> Array:
    """Which band takes each of n values, LEFT_OUT for none; values near an end are decided as fractions."""
    intervals = [interval for interval, _ in each.indicator.bands]
    codes = _codes(intervals, each.values, exact=False)
    if each.settled:
        return codes
    near = np.zeros(len(codes), bool)
    for end in map(float, each.indicator.ends):
        near |= np.abs(each.values - end) <= NEAR * max(1.0, abs(end))
    rows = np.flatnonzero(near)
    if len(rows):
        first, inverse = unique_rows(each.raw[rows])
        exact = np.array([each.exactly(each.raw[rows[place]]) for place in first], dtype=object)
        codes[rows] = _codes(intervals, exact, exact=True)[inverse]
    return codes


def _codes(intervals: list[Interval], values: Array, *, exact: bool) -> Array:
    codes = np.full(len(values), LEFT_OUT)
    for code, interval in enumerate(intervals):
        codes = np.where(interval.contains(values, exact), code, codes)
    return codes


def unique_rows(raw: Array) -> tuple[Array, Array]:
    """The places of the distinct rows of some floats, and which of them each row is; blanks are alike."""
    filled: Any = np.nan_to_num(raw.astype(float), nan=np.finfo(float).min, posinf=np.inf, neginf=-np.inf)
    _, first, inverse = np.unique(filled, axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()
