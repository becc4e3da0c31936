"""Sums of typed amounts and their quotients; where floats do not decide a requirement, fractions do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.ratios import NEAR


@dataclass(frozen=True, eq=False)
class Sum:
    """A figure of n cases as what it is made of: `parts` (w, n), signed, CNY; `known` (n,): where there is one."""

    parts: Array
    known: Mask

    @classmethod
    def of(cls, values: Array) -> Sum:
        """Figures that were typed as such, NaN for none."""
        return cls(np.nan_to_num(values)[None, :], ~np.isnan(values))

    @cached_property
    def values(self) -> Array:
        return np.where(self.known, self.parts.sum(axis=0), np.nan)

    @cached_property
    def size(self) -> Array:
        """The amounts without their signs: what floats may be wrong by grows with them."""
        return np.asarray(np.abs(self.parts).sum(axis=0))

    def __add__(self, other: Sum) -> Sum:
        return Sum(np.vstack([self.parts, other.parts]), self.known & other.known)

    def __sub__(self, other: Sum) -> Sum:
        return Sum(np.vstack([self.parts, -other.parts]), self.known & other.known)

    def times(self, factor: Array | float) -> Sum:
        return Sum(self.parts * factor, self.known)

    def where(self, chosen: Mask, other: Sum) -> Sum:
        """This figure where `chosen` holds, another elsewhere."""
        own, others = np.where(chosen, self.parts, 0.0), np.where(chosen, 0.0, other.parts)
        return Sum(np.vstack([own, others]), np.where(chosen, self.known, other.known))


def beside(figure: Sum, line: Decimal) -> Array:
    """A figure of n cases on its exact side of a line; NaN where it is not known."""
    one = Sum(np.ones((1, len(figure.known))), np.ones(len(figure.known), bool))
    return quotient(figure, one, line)


def absolute(figure: Sum) -> Sum:
    """The figure without its sign, which is decided exactly."""
    return figure.times(np.sign(np.nan_to_num(beside(figure, Decimal(0)))))


def quotient(numerator: Sum, denominator: Sum, line: Decimal | None = None) -> Array:
    """Numerator over denominator, n values; NaN where either is not known or the denominator is not positive.

    Near `line`, and where the denominator may be zero, it is worked out in fractions from the amounts as they were typed, each
    distinct set of them once: a value equal to the line is the line, one below it the next float below.
    """
    known = numerator.known & denominator.known
    above, below = numerator.parts.sum(axis=0), denominator.parts.sum(axis=0)
    near = known & (np.abs(below) <= NEAR * denominator.size) & (denominator.size > 0)
    if line is not None:
        at = float(line)
        near |= known & (np.abs(above - at * below) <= NEAR * (numerator.size + abs(at) * denominator.size))
    positive = known & (below > 0)
    values = np.where(positive, above / np.where(positive, below, 1.0), np.nan)
    where = np.flatnonzero(near)
    if len(where):
        typed = np.vstack([numerator.parts[:, where], denominator.parts[:, where]]).T
        distinct, back = np.unique(typed, axis=0, return_inverse=True)
        split = len(numerator.parts)
        exact = [_exact(parts[:split].tolist(), parts[split:].tolist(), line) for parts in distinct]
        values[where] = np.array(exact)[back.reshape(-1)]
    return values


def _exact(above: Sequence[float], below: Sequence[float], line: Decimal | None) -> float:
    """One quotient in fractions, as a float on the right side of the line; NaN where the denominator is not positive."""
    denominator = _total(below)
    if denominator <= 0:
        return math.nan
    precise = _total(above) / denominator
    value = float(precise)
    if line is not None:
        at, exact = float(line), Fraction(line)
        if precise == exact:
            return at
        if precise < exact and value >= at:
            return math.nextafter(at, -math.inf)
        if precise > exact and value <= at:
            return math.nextafter(at, math.inf)
    return value


def _total(parts: Sequence[float]) -> Fraction:
    """Fifteen digits restore a typed amount whatever it was multiplied by on its way to yuan."""
    return sum((Fraction(f"{part:.15g}") for part in parts if part), Fraction(0))
