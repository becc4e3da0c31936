"""Searches on many rows at once: where a gap that is concave in one amount closes, and how far it can go before it opens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solvency.rules.frame import Array, Mask

Gap = Callable[[Array], Array]  # (n,) amounts -> (n,) how much of the target is exceeded
STEPS = 300  # with a halving in every three, no bracket of floats needs more
SIDES = (1, -1, 0)
PEAK_STEPS = 60  # to a part in 10^12 of the range, about a peak that is flat
GOLDEN = (5**0.5 - 1) / 2


def nearest_reaching(
    gap: Gap, start: Array, end: Array, tolerance: float, *, rising: bool = False
) -> tuple[Array, Mask]:
    """The point nearest to `start` on the way to `end` at which the gap is closed, and where there is one.

    The gap is concave between them and open at the start of every row that matters; `rising`: it never falls on the way. Where it
    never closes the point is that at which it is least open.
    """
    at_end = gap(end)
    # between them it can be closed where it is open at both
    within = (at_end < 0) & (start != end) & np.bool_(not rising)
    best = peak(gap, np.where(within, start, end), end) if within.any() else end
    far = np.where(within & (gap(best) > at_end), best, end) if within.any() else end
    closed = np.asarray(gap(far) >= 0, bool)
    point = _root(gap, far, start, tolerance)
    return np.where(closed, np.where(gap(start) >= 0, start, point), far), closed


def farthest_holding(gap: Gap, start: Array, end: Array, tolerance: float) -> tuple[Array, Mask]:
    """The point farthest from `start` on the way to `end` up to which the gap stays closed, and where it opens before the end."""
    opens = np.asarray(gap(end) < 0, bool)
    point = _root(gap, start, end, tolerance)
    return np.where(opens, point, end), opens


def _root(gap: Gap, closed: Array, open_: Array, tolerance: float) -> Array:
    """Between a point where the gap is closed and one where it is open, the closed side of where it closes.

    Chords and halving in turn (a piecewise linear gap ends after a few chords), all rows at every step. Rows without such a pair keep their closed point.
    """
    a, b = closed.astype(float), open_.astype(float)
    at, bt = gap(a), gap(b)
    live = (at >= 0) & (bt < 0)
    for step in range(STEPS):
        apart = live & (np.abs(b - a) > np.maximum(tolerance, 4 * np.spacing(np.maximum(np.abs(a), np.abs(b)))))
        apart &= at > 0
        if not apart.any():
            break
        width = at - bt
        chord = a + (b - a) * np.where(width > 0, at / np.where(width > 0, width, 1.0), 0.5)
        # a hair beside it, now on one side, now on the other, so that the bracket closes from both
        turn = step % len(SIDES)
        chord = chord + SIDES[turn] * np.sign(b - a) * tolerance / 4
        inside = (chord - a) * (chord - b) < 0
        middle = np.where(apart & inside & (SIDES[turn] != 0), chord, (a + b) / 2)
        found = gap(np.where(apart, middle, a))
        closes = apart & (found >= 0)
        opens = apart & (found < 0)
        a, at = np.where(closes, middle, a), np.where(closes, found, at)
        b, bt = np.where(opens, middle, b), np.where(opens, found, bt)
    return a


def peak(gap: Gap, start: Array, end: Array) -> Array:
    """Where a concave gap is greatest between two points of each row (golden section); a flat one ends anywhere on it."""
    a, b = start.astype(float), end.astype(float)
    left, right = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    at, bt = gap(left), gap(right)
    for _ in range(PEAK_STEPS):
        lower = at >= bt
        a, b = np.where(lower, a, left), np.where(lower, right, b)
        left, right, at, bt = (
            np.where(lower, b - GOLDEN * (b - a), right), np.where(lower, left, a + GOLDEN * (b - a)),
            np.where(lower, np.nan, bt), np.where(lower, at, np.nan),
        )  # fmt: skip
        fresh = gap(np.where(lower, left, right))
        at, bt = np.where(lower, fresh, at), np.where(lower, bt, fresh)
        if np.all(np.abs(b - a) <= 4 * np.spacing(np.maximum(np.abs(a), np.abs(b)))):
            break
    return np.asarray((a + b) / 2)
