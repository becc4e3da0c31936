"""Terms counted by the calendar: a year ends on the same day of its month, or on the last day of a month without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvency.rules.frame import Array

MONTHS = 12


@dataclass(frozen=True)
class _Calendar:
    """The months around some days, looked up instead of worked out day by day; all numbers count from the first of them."""

    start: int  # of the first month, in days since 1970
    month: Array  # of each day
    into: Array  # days since the first of its month, of each day
    first: Array  # day on which each month begins
    length: Array  # days of each month

    @classmethod
    def around(cls, *days: Array) -> _Calendar:
        """Enough of the calendar for the days and a year on either side."""
        low = min(int(day.min()) for day in days if len(day))
        high = max(int(day.max()) for day in days if len(day))
        begin, end = (np.datetime64(day, "D").astype("datetime64[M]") for day in (low, high))
        months = np.arange(begin - MONTHS, end + 2 * MONTHS + 1)
        starts = months.astype("datetime64[D]").astype(np.int64)
        length = np.diff(starts)
        month = np.repeat(np.arange(len(length), dtype=np.int32), length)
        first = (starts[:-1] - starts[0]).astype(np.int32)
        into = np.arange(len(month), dtype=np.int32) - first[month]
        return cls(int(starts[0]), month, into, first, length.astype(np.int32))

    def anniversary(self, month: Array, into: Array, years: Array) -> Array:
        target = month + MONTHS * years
        return np.asarray(self.first[target] + np.minimum(into, self.length[target] - 1))


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
    result = np.full(len(blank), np.nan)
    known: Array | slice = slice(None) if not blank.any() else np.flatnonzero(~blank)
    since, until = (day[known].astype("datetime64[D]").astype(np.int64) for day in (start, end))
    if not len(since):
        return result
    calendar = _Calendar.around(since, until)
    since, until = since - calendar.start, until - calendar.start
    month, into = calendar.month[since], calendar.into[since]
    whole = (calendar.month[until] - month) // MONTHS
    whole -= calendar.anniversary(month, into, whole) > until
    before, after = (calendar.anniversary(month, into, whole + more) for more in (0, 1))
    result[known] = whole + (until - before) / (after - before)
    return result
