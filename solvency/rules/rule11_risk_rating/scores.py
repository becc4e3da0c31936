"""The kernels of the scores: points of indicators, their shares, five scores and the weighted total (rule 11, articles 20-22).

They run on float64 and, where a score lies near the end of an interval, on object arrays of Fraction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.rule11_risk_rating.scheme import CAPITAL, LEAVE_OUT, SIDES, Indicator, Scheme


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of n rows by m indicators.

    points: (n, m), 0 where an indicator does not count. shares: (n, m) of each in the total; where every side is known they add up
    to one. sides: the five scores, each (n,). known: by side, where it has a score. total: (n,), worth something where all are known.
    """

    points: Array
    shares: Array
    sides: Mapping[str, Array]
    known: Mapping[str, Mask]
    total: Array

    @property
    def complete(self) -> Mask:
        """Where all five scores are known."""
        return np.asarray(np.logical_and.reduce([self.known[side] for side in SIDES]))


def side_weights(scheme: Scheme, quantified: Decimal, other: Decimal) -> dict[str, Decimal]:
    """How much each of the five scores counts: half the capital side, half the four risks (article 20)."""
    return {CAPITAL: quantified, **{risk: other * weight for risk, weight in scheme.weights.items()}}


def points_of(indicator: Indicator, values: Array, codes: Array, exact: bool) -> Array:
    """Points of n values of one indicator; values of a straight line, codes of bands and choices. 0 where there is no value."""
    number: Any = Fraction if exact else float
    if not indicator.line:
        table = [points for _, points in indicator.bands] + [choice.points for choice in indicator.choices]
        each = np.array([*map(number, table), number(0)], dtype=object if exact else float)
        return np.asarray(each[np.where((codes >= 0) & (codes < len(table)), codes, len(table))])
    found: Array = np.full(len(values), number(indicator.line[0][1]), dtype=object if exact else float)
    for (low, start), (high, end) in zip(indicator.line, indicator.line[1:], strict=False):
        slope = (number(end) - number(start)) / (number(high) - number(low))
        found = np.where(values > number(low), number(start) + slope * (values - number(low)), found)
        found = np.where(values >= number(high), number(end), found)
    return np.asarray(found)


def scores(
    scheme: Scheme, indicators: Sequence[Indicator], points: Array, counted: Mask, left_out: Mask,
    weights: Mapping[str, Decimal], exact: bool,
) -> Scores:  # fmt: skip
    """Five scores and their total.

    points: (n, m). counted: (n, m) where an indicator has points. left_out: where a missing one leaves its weight to the others; one
    that is neither leaves its side without a score. weights: of the five sides in the total.
    """
    number: Any = Fraction if exact else float
    size = len(points)
    kind: Any = object if exact else float
    shares: Array = np.full(points.shape, number(0), dtype=kind)
    sides: dict[str, Array] = {}
    known: dict[str, Mask] = {}
    total: Array = np.full(size, number(0), dtype=kind)
    for side in SIDES:
        places = [place for place, indicator in enumerate(indicators) if indicator.side == side]
        share, some = _shares(scheme, [indicators[place] for place in places], counted[:, places], number, kind)
        known[side] = some & (counted | left_out)[:, places].all(axis=1)
        score: Array = np.full(size, number(0), dtype=kind)
        for place, column in zip(places, share.T, strict=True):
            score = score + column * points[:, place]
            shares[:, place] = number(weights[side]) * column
        sides[side] = score
        total = total + number(weights[side]) * score
    return Scores(points, shares, sides, known, total)


def _shares(
    scheme: Scheme, indicators: Sequence[Indicator], counted: Mask, number: Any, kind: Any
) -> tuple[Array, Mask]:
    """The share of each indicator in the score of its side, and where some of them counts.

    Weights are relative: what does not count leaves its share to the others, of its part first where parts have weights.
    """
    weights = np.array([number(indicator.weight) for indicator in indicators], dtype=kind)
    some: Mask = np.asarray(counted.any(axis=1))
    if not (scheme.parts and any(indicator.part for indicator in indicators)):
        return _averaged(weights, counted, number, kind), some
    share: Array = np.full(counted.shape, number(0), dtype=kind)
    parts = list(dict.fromkeys(indicator.part for indicator in indicators))
    of_part = [[place for place, indicator in enumerate(indicators) if indicator.part == part] for part in parts]
    present = np.column_stack([counted[:, places].any(axis=1) for places in of_part])
    between = _averaged(np.array([number(scheme.parts[part]) for part in parts], dtype=kind), present, number, kind)
    for column, places in zip(between.T, of_part, strict=True):
        share[:, places] = column[:, None] * _averaged(weights[places], counted[:, places], number, kind)
    return share, some


def _averaged(weights: Array, counted: Mask, number: Any, kind: Any) -> Array:
    """Weights where they count, divided by their sum; zero in a row where none does."""
    applied = np.where(counted, weights[None, :], np.full(1, number(0), dtype=kind))
    whole = applied.sum(axis=1) if len(weights) else np.full(len(counted), number(0), dtype=kind)
    return np.asarray(applied / np.where(whole == 0, np.full(1, number(1), dtype=kind), whole)[:, None])


def counts(indicators: Sequence[Indicator], known: Mask) -> tuple[Mask, Mask]:
    """Which indicators have points in n rows, known ones and those whose missing is given points; and which are left out."""
    fixed = np.array([isinstance(indicator.missing, Decimal) for indicator in indicators], dtype=bool)
    left = np.array([indicator.missing == LEAVE_OUT for indicator in indicators], dtype=bool)
    return known | fixed[None, :], ~known & left[None, :]
