"""Rates worked out of typed figures, and decided in fractions where floats do not tell on which side of an end they lie (rule 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from solvency.regulation.factors import Interval, Table
from solvency.rules.frame import Array

Formula = Callable[..., Any]
ROUNDING = float(np.finfo(float).eps)  # more than an operation on floats is off by, as a share of its result
DIGITS = 15  # that a typed figure has: they restore it whatever it was multiplied by on its way to yuan
TYPED = 10.0 ** (1 - DIGITS)  # more than a float is off from its fifteen digits


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of n insurers or lines; `typed(positions)` gives, for k of them, the amounts that add up to it, (k, w).

    error: (n,), by how much `values` may be off from what the fifteen digits of those amounts add up to.
    """

    values: Array
    typed: Callable[[Array], Array]
    error: Array


def plain(values: Array) -> Figure:
    """A figure that is typed as such."""
    return Figure(values, lambda positions: values[positions][:, None], np.abs(values) * TYPED)


def summed(values: Array, sizes: Array, most: int, typed: Callable[[Array], Array]) -> Figure:
    """A sum of up to `most` typed amounts; sizes: (n,), the sum of their absolute amounts."""
    return Figure(values, typed, sizes * (TYPED + most * ROUNDING))


@dataclass(frozen=True, eq=False)
class _Bounded:
    """Floats, and a bound on how far each is off: an operation hands on the errors of its operands and adds its own rounding."""

    values: Array
    error: Array

    def __sub__(self, other: _Bounded) -> _Bounded:
        values = self.values - other.values
        return _Bounded(values, self.error + other.error + np.abs(values) * ROUNDING)

    def __truediv__(self, other: _Bounded) -> _Bounded:
        values, least = self.values / other.values, np.abs(other.values) - other.error
        error = (self.error + np.abs(values) * other.error) / least + np.abs(values) * ROUNDING
        # by what may be zero, and need not be
        return _Bounded(values, np.where((least <= 0) & (other.error > 0), np.inf, error))

    def beside(self, end: float) -> Array:
        """Where floats do not tell the side of an end."""
        return np.asarray(np.isinf(self.error) | (np.abs(self.values - end) <= self.error + abs(end) * ROUNDING))


def ends_of(table: Table, driver: str) -> tuple[Fraction, ...]:
    """The finite ends of the intervals of a driver."""
    intervals = [when for row in table.rows if isinstance(when := row.when.get(driver), Interval)]
    ends = {end for interval in intervals for end in (interval.lower, interval.upper) if end.is_finite()}
    return tuple(Fraction(end) for end in sorted(ends))


def rate(figures: Sequence[Figure], formula: Formula, ends: Sequence[Fraction]) -> Array:
    """A formula of figures, n values; NaN where it divides by zero. Where floats do not tell the side of an end it is worked out in fractions."""
    found = _worked(figures, formula)
    near = np.logical_or.reduce([found.beside(float(end)) for end in ends], axis=0, initial=False)
    return _decided(np.where(np.isfinite(found.values), found.values, np.nan), near, figures, formula, ends)


def _worked(figures: Sequence[Figure], formula: Formula) -> _Bounded:
    """A formula of figures in floats, with how far off it may be."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found: _Bounded = formula(*(_Bounded(figure.values, figure.error) for figure in figures))
    return found


def relative_growth(
    now: Figure, before: Figure, industry_now: Figure, industry_before: Figure, ends: Sequence[Fraction], step: Decimal | None
) -> Array:  # fmt: skip
    """Growth of a company less that of the industry; step: what each growth rate is rounded to, None for not at all.

    Returns n values; NaN where there was nothing before to grow from.
    """
    figures = (now, before, industry_now, industry_before)
    growth: Formula = lambda then, first: (then - first) / first  # noqa: E731
    if step is None:
        return rate(figures, lambda a, b, c, d: growth(a, b) - growth(c, d), ends)
    own, industry = _worked((now, before), growth), _worked((industry_now, industry_before), growth)
    per_one = float(1 / step)
    with np.errstate(invalid="ignore"):
        values = (_steps(own, per_one) - _steps(industry, per_one)) / per_one
        near = _tied(own, per_one) | _tied(industry, per_one)
    return _decided(
        np.where(np.isfinite(values), values, np.nan), near, figures,
        lambda a, b, c, d: _rounded(growth(a, b), step) - _rounded(growth(c, d), step), ends,
    )  # fmt: skip


def rounded(values: Array, step: Decimal | None) -> Array:
    """Typed rates rounded to a step, half away from zero; None leaves them alone."""
    if step is None:
        return values
    figure, per_one = plain(values), float(1 / step)
    typed = _Bounded(figure.values, figure.error)
    with np.errstate(invalid="ignore"):
        steps, near = _steps(typed, per_one) / per_one, _tied(typed, per_one)
    return _decided(steps, near, (figure,), lambda x: _rounded(x, step), ())


def _decided(values: Array, near: Array, figures: Sequence[Figure], exact: Formula, ends: Sequence[Fraction]) -> Array:
    """Values whose near ones are worked out again in fractions, each distinct set of typed figures once."""
    if not near.any():
        return values
    at = np.flatnonzero(near & ~np.logical_or.reduce([np.isnan(figure.values) for figure in figures]))
    if not len(at):
        return values
    parts = [figure.typed(at) for figure in figures]
    splits = np.cumsum([part.shape[1] for part in parts])[:-1]
    distinct, back = np.unique(np.hstack(parts), axis=0, return_inverse=True)
    sides = [_side([sum(map(_fraction, part), Fraction(0)) for part in np.split(line, splits)], exact, ends) for line in distinct]  # fmt: skip
    values = values.copy()
    values[at] = np.array(sides)[back.reshape(-1)]
    return values


def _side(figures: Sequence[Fraction], exact: Formula, ends: Sequence[Fraction]) -> float:
    """A formula of fractions as a float on the right side of every end; NaN where it divides by zero."""
    try:
        return _beside(exact(*figures), ends)
    except ZeroDivisionError:
        return math.nan


def _fraction(value: float) -> Fraction:
    """A typed figure by its fifteen digits."""
    return Fraction(f"{value:.{DIGITS}g}")


def _beside(precise: Fraction, ends: Sequence[Fraction]) -> float:
    """The float of a fraction, on the right side of every end."""
    value = float(precise)
    for end in ends:
        at = float(end)
        if precise == end:
            return at
        if precise < end and value >= at:
            return math.nextafter(at, -math.inf)
        if precise > end and value <= at:
            return math.nextafter(at, math.inf)
    return value


def _steps(rate_of: _Bounded, per_one: float) -> Array:
    return np.asarray(np.sign(rate_of.values) * np.floor(np.abs(rate_of.values) * per_one + 1 / 2))


def _tied(rate_of: _Bounded, per_one: float) -> Array:
    """Where floats do not tell on which side of halfway between two steps a rate lies."""
    steps = np.abs(rate_of.values) * per_one
    room = rate_of.error * per_one + 2 * steps * ROUNDING
    return np.asarray(np.isinf(rate_of.error) | (np.abs(steps % 1 - 1 / 2) <= room))


def _rounded(precise: Fraction, step: Decimal) -> Fraction:
    whole = math.floor(abs(precise) / Fraction(step) + Fraction(1, 2)) * Fraction(step)
    return whole if precise >= 0 else -whole
