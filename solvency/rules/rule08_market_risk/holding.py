"""Weighted holding time of shares from dated lots, first in first out (2025 notice, items 1 and 2)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule07_look_through.structure import match_ids

LOTS, SHARES = "Lots", ("MR01", "MR02")
CAPS = {"index_holding_years": "holding_time.index_cap", "star_holding_years": "holding_time.star_cap"}


def holding_years(portfolio: Portfolio) -> None:
    """Adds the holding times by which the notice picks a factor: as typed, else from the lots of the share.

    With lots the time of each is capped before it is weighted, at the years the notice looks back for the index and for
    the STAR market. Under the reading `per_class` all lots of a case are weighted together.
    """
    rulebook = portfolio.rulebook
    for sheet in SHARES:
        if sheet in portfolio.tables:
            typed = portfolio.tables[sheet]["holding_years"].to_numpy()
            portfolio.positions.tables[sheet] = portfolio.tables[sheet].assign(**dict.fromkeys(CAPS, typed))
    if LOTS not in portfolio.tables or not all(rulebook.has(cap) for cap in CAPS.values()):
        _report_without(portfolio)
        return
    lots = portfolio.tables[LOTS]
    as_of = portfolio.as_of(LOTS)
    bought = lots["date"].to_numpy().astype("datetime64[D]")
    portfolio.report(
        LOTS, bought > as_of, "date", "lot_after_valuation", "交易日期在评估日之后", "a lot is dated after the valuation date",
        bought, article="金规〔2025〕24号一",
    )  # fmt: skip
    years = years_between(bought, as_of)
    for sheet in SHARES:
        if sheet not in portfolio.tables:
            continue
        frame = portfolio.tables[sheet]
        share = match_ids(
            lots["case"].to_numpy(),
            lots["position"],
            frame["case"].to_numpy(),
            frame["id"].astype(object).to_numpy(),
        ).index
        own = share >= 0
        if not own.any():
            continue
        left, oversold = remaining(share[own], bought[own], lots["quantity"].to_numpy()[own])
        rows = np.zeros(len(lots), bool)
        rows[np.flatnonzero(own)[oversold]] = True
        portfolio.report(
            LOTS, rows, "quantity", "oversold", "卖出数量超过已买入数量", "more is sold than was bought before", lots["quantity"].to_numpy(),
        )  # fmt: skip
        group = share[own] if rulebook.reading("holding_time_unit") == "per_share" else lots["case"].to_numpy()[own]
        of = np.arange(len(frame)) if rulebook.reading("holding_time_unit") == "per_share" else frame["case"].to_numpy()
        added = {}
        for column, cap in CAPS.items():
            capped = np.minimum(years[own], rulebook.value(cap))
            size = max(int(group.max()), int(of.max())) + 1
            weight = np.bincount(group, weights=left, minlength=size)
            total = np.bincount(group, weights=left * capped, minlength=size)
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(weight > 0, total / weight, np.nan)[of]
            typed = frame["holding_years"].to_numpy()
            added[column] = np.where(np.isnan(typed), mean, typed)
        portfolio.positions.tables[sheet] = frame.assign(**added)
    _report_without(portfolio)


def _report_without(portfolio: Portfolio) -> None:
    """A share that the notice treats by its holding time needs one."""
    if not all(portfolio.rulebook.has(cap) for cap in CAPS.values()):
        return
    for sheet in SHARES:
        if sheet in portfolio.tables:
            frame = portfolio.tables[sheet]
            by_time = (frame["csi300"] == "yes").to_numpy() | (frame["board"] == "star").to_numpy()
            by_time |= (frame["low_volatility_100"] == "yes").to_numpy()
            portfolio.report(
                sheet, by_time & np.isnan(frame["index_holding_years"].to_numpy()), "holding_years", "missing",
                "指数成份股和科创板股票须有持仓时间（holding_years 或 Lots 表）", "index members and STAR shares need a holding time (holding_years or table Lots)",
                article="金规〔2025〕24号一、二",
            )  # fmt: skip


def remaining(share: Array, bought: Array, quantity: Array) -> tuple[Array, Array]:
    """What is left of each lot, first in first out, and which sales exceed what was bought before them.

    share: integers; bought: datetime64[D]; quantity: negative for a sale; shapes (n,). On one day purchases come first.
    """
    order = np.lexsort((quantity < 0, bought, share))
    codes, amount = share[order], quantity[order]
    first = np.r_[True, codes[1:] != codes[:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(codes)), 0))

    def running(values: Array) -> Array:
        total = np.cumsum(values)
        return np.asarray(total - (total - values)[start])

    before = running(np.maximum(amount, 0))
    sold = np.bincount(codes, weights=np.maximum(-amount, 0))[codes]
    left = np.clip(before - sold, 0, np.maximum(amount, 0))
    held = running(amount)
    tolerance = np.finfo(float).eps * np.maximum(before, 1) * len(codes)
    result, oversold = np.empty(len(share)), np.empty(len(share), bool)
    result[order], oversold[order] = left, (held < -tolerance) & (amount < 0)
    return result, oversold


def years_between(start: Array, end: Array) -> Array:
    """Calendar-exact years: whole anniversaries, and the days after the last one over the days to the next.

    start, end: datetime64[D], shape (n,). A holding of exactly three years is 3.0 on its anniversary.
    """
    first, last = pd.DatetimeIndex(start), pd.DatetimeIndex(end)
    early = (last.month < first.month) | ((last.month == first.month) & (last.day < first.day))
    whole = np.asarray(last.year - first.year) - early.astype(int)
    before, after = _anniversary(first, whole), _anniversary(first, whole + 1)
    part = (end - before) / (after - before)
    return np.asarray(whole + np.clip(part, 0, None))


def _anniversary(first: pd.DatetimeIndex, years: Array) -> Array:
    """The day `years` later; 29 February becomes 28 February in a common year."""
    month = first.to_numpy().astype("datetime64[M]") + np.asarray(years, "timedelta64[Y]").astype("timedelta64[M]") * 1
    last_day = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    return np.asarray(month.astype("datetime64[D]") + (np.minimum(first.day.to_numpy(), last_day) - 1))
