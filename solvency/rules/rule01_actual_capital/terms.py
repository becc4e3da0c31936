"""Terms counted by the calendar: a year ends on the same day of its month, or on the last day of a month without it."""

from __future__ import annotations

import numpy as np

from solvency.rules.frame import Array

MONTHS = 12


def years_after(day: Array, years: Array) -> Array:
    """The anniversary of each day after whole years, datetime64[D]; 29 February gives 28 February in other years."""
    day = day.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    into = day - month.astype("datetime64[D]")
    target = month + MONTHS * np.asarray(years, dtype=np.int64)
    first = target.astype("datetime64[D]")
    last = (target + 1).astype("datetime64[D]") - first - np.timedelta64(1, "D")
    return np.asarray(first + np.minimum(into, last))


def years_between(start: Array, end: Array) -> Array:
    """Years from `start` to `end`, both datetime64: whole anniversaries, then a part of the next year; NaN for NaT.

    A whole number exactly on an anniversary, so that "two years and more" holds on that day and not on the day before.
    """
    blank = np.isnat(start) | np.isnat(end)
    start, end = (np.where(blank, np.datetime64(0, "D"), day.astype("datetime64[D]")) for day in (start, end))
    months = (end.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.int64)
    whole = months // MONTHS
    whole -= years_after(start, whole) > end
    before, after = years_after(start, whole), years_after(start, whole + 1)
    part = (end - before).astype(float) / (after - before).astype(float)
    return np.asarray(np.where(blank, np.nan, whole + part))
