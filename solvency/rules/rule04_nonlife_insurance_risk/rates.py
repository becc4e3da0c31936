"""Rates worked out of typed figures, and decided in fractions where they lie near the end of an interval (rule 4)."""

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
from solvency.rules.ratios import NEAR

Formula = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of n insurers or lines; `typed(positions)` gives, for k of them, the amounts that add up to it, (k, w)."""

    values: Array
    typed: Callable[[Array], Array]


def plain(values: Array) -> Figure:
    """A figure that is typed as such."""
    return Figure(values, lambda positions: values[positions][:, None])


def ends_of(table: Table, driver: str) -> tuple[Fraction, ...]:
    """The finite ends of the intervals of a driver."""
    intervals = [when for row in table.rows if isinstance(when := row.when.get(driver), Interval)]
    ends = {end for interval in intervals for end in (interval.lower, interval.upper) if end.is_finite()}
    return tuple(Fraction(end) for end in sorted(ends))


def rate(figures: Sequence[Figure], formula: Formula, ends: Sequence[Fraction]) -> Array:
    """A formula of figures, n values; NaN where it divides by zero. Near an end it is worked out in fractions."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(formula(*(figure.values for figure in figures)), float)
    values = np.where(np.isfinite(values), values, np.nan)
    near, blur = np.zeros(len(values), bool), _blur([figure.values for figure in figures])
    for end in map(float, ends):
        near |= np.abs(values - end) <= NEAR * max(1.0, abs(end)) + blur
    return _decided(values, near, figures, formula, ends)


def _blur(figures: Sequence[Array]) -> Array:
    """What floats may be wrong by where large figures are set against each other and divided by a small one."""
    sizes = np.abs(np.array(np.broadcast_arrays(*figures)))
    least = np.min(np.where(sizes > 0, sizes, np.inf), axis=0)
    return np.asarray(np.nan_to_num(np.max(sizes, axis=0) / least) * np.finfo(float).eps * (1 << len(figures)))


def relative_growth(
    now: Figure, before: Figure, industry_now: Figure, industry_before: Figure, ends: Sequence[Fraction], step: Decimal | None
) -> Array:  # fmt: skip
    """Growth of a company less that of the industry; step: what each growth rate is rounded to, None for not at all.

    Returns n values; NaN where there was nothing before to grow from.
    """
    figures = (now, before, industry_now, industry_before)
    if step is None:
        return rate(figures, lambda a, b, c, d: (a - b) / b - (c - d) / d, ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (now.values - before.values) / before.values
        industry = (industry_now.values - industry_before.values) / industry_before.values
    per_one = float(1 / step)
    with np.errstate(invalid="ignore"):
        values = (_steps(own, per_one) - _steps(industry, per_one)) / per_one
        near = np.isfinite(values) & (_tied(own, per_one) | _tied(industry, per_one))
    values = np.where(np.isfinite(values), values, np.nan)
    return _decided(
        values, near, figures, lambda a, b, c, d: _rounded((a - b) / b, step) - _rounded((c - d) / d, step), ends
    )


def rounded(values: Array, step: Decimal | None) -> Array:
    """Typed rates rounded to a step, half away from zero; None leaves them alone."""
    if step is None:
        return values
    per_one = float(1 / step)
    with np.errstate(invalid="ignore"):
        steps = _steps(values, per_one) / per_one
        near = np.isfinite(values) & _tied(values, per_one)
    return _decided(steps, near, (plain(values),), lambda x: _rounded(x, step), ())


def _decided(values: Array, near: Array, figures: Sequence[Figure], exact: Formula, ends: Sequence[Fraction]) -> Array:
    """Values whose near ones are worked out again in fractions, each distinct set of typed figures once."""
    at = np.flatnonzero(near)
    if not len(at):
        return values
    parts = [figure.typed(at) for figure in figures]
    splits = np.cumsum([part.shape[1] for part in parts])[:-1]
    distinct, back = np.unique(np.hstack(parts), axis=0, return_inverse=True)
    sides = [
        _beside(exact(*(sum(map(_fraction, part), Fraction(0)) for part in np.split(line, splits))), ends)
        for line in distinct
    ]
    values = values.copy()
    values[at] = np.array(sides)[back.reshape(-1)]
    return values


def _fraction(value: float) -> Fraction:
    """A typed figure: fifteen digits restore it whatever it was multiplied by on its way to yuan."""
    return Fraction(f"{value:.15g}")


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


def _steps(values: Array, per_one: float) -> Array:
    return np.asarray(np.sign(values) * np.floor(np.abs(values) * per_one + 1 / 2))


def _tied(values: Array, per_one: float) -> Array:
    """Rates halfway between two steps, as far as floats tell."""
    return np.asarray(np.abs(np.abs(values) * per_one % 1 - 1 / 2) <= NEAR * per_one)


def _rounded(precise: Fraction, step: Decimal) -> Fraction:
    whole = math.floor(abs(precise) / Fraction(step) + Fraction(1, 2)) * Fraction(step)
    return whole if precise >= 0 else -whole
