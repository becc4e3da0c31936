"""Weighted holding time of shares from dated lots, first in first out (2025 notice, items 1 and 2)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.rules.rule07_look_through.structure import match_ids

LOTS, SHARES = "Lots", ("MR01", "MR02")
INDEX, STAR = "index_holding_years", "star_holding_years"
ROUNDING = 0.05  # years
CAPS = {INDEX: "holding_time.index_cap", STAR: "holding_time.star_cap"}


def holding_years(portfolio: Portfolio) -> None:
    """Adds the holding times by which the notice picks a factor: as typed, else from the lots of the share.

    With lots the time of each is capped before it is weighted, at the years the notice looks back for the index and for
    the STAR market. Under the reading `per_class` the lots of all shares of a class of the insurer are weighted together.
    """
    rulebook = portfolio.rulebook
    for sheet in SHARES:
        if sheet in portfolio.tables:
            typed = portfolio.tables[sheet]["holding_years"].to_numpy()
            portfolio.positions.tables[sheet] = portfolio.tables[sheet].assign(**dict.fromkeys(CAPS, typed))
    if not all(rulebook.has(cap) for cap in CAPS.values()):
        return
    if LOTS in portfolio.tables:
        _from_lots(portfolio, [sheet for sheet in SHARES if sheet in portfolio.tables])
    _report_without(portfolio)


def _from_lots(portfolio: Portfolio, sheets: list[str]) -> None:
    """Holding times of the shares of some tables, where none is typed; one typed must be that of the lots, capped or not."""
    rulebook, lots = portfolio.rulebook, portfolio.tables[LOTS]
    as_of, quantity = portfolio.as_of(LOTS), amounts(lots, "quantity")
    bought = lots["date"].to_numpy().astype("datetime64[D]")
    bought = np.where(np.isnat(bought), as_of, bought)  # what is blank was told of when it was read
    portfolio.report(
        LOTS, bought > as_of, "date", "lot_after_valuation", "交易日期在评估日之后", "a lot is dated after the valuation date",
        bought, article="金规〔2025〕24号一",
    )  # fmt: skip
    # every share of which there are lots, whichever table it stands in
    share = lots.groupby(["case", lots["position"].cat.codes], sort=False).ngroup().to_numpy()
    left, oversold = remaining(share, bought, quantity)
    portfolio.report(
        LOTS, oversold, "quantity", "oversold", "卖出数量超过已买入数量", "more is sold than was bought before", quantity,
    )  # fmt: skip
    first = np.unique(share, return_index=True)[1]
    case, identity = lots["case"].to_numpy()[first], lots["position"].astype(object).to_numpy()[first]
    rows = {}
    for sheet in sheets:
        frame = portfolio.tables[sheet]
        rows[sheet] = match_ids(frame["case"].to_numpy(), frame["id"], case, identity).index
    weight = np.bincount(share, weights=left)
    known = np.isin(np.arange(len(weight)), np.concatenate([*rows.values(), [-1]])) | (weight <= 0)
    portfolio.report(
        LOTS, ~known[share] & lots["position"].notna().to_numpy(), "position", "unknown_position",
        "尚有持仓，但 MR01、MR02 中没有这一编号的股票", "some of it is still held, but no share of MR01 or MR02 has this id",
        lots["position"].astype(object).to_numpy(), article="金规〔2025〕24号四",
    )  # fmt: skip
    years = years_between(bought, as_of)
    told = {sheet: np.zeros(len(portfolio.tables[sheet]), bool) for sheet in sheets}
    for column, cap in CAPS.items():
        total, uncapped = (
            np.bincount(share, weights=left * time) for time in (np.minimum(years, rulebook.value(cap)), years)
        )
        members = {sheet: _of_class(portfolio.tables[sheet], column) for sheet in sheets}
        if rulebook.reading("holding_time_unit") == "per_class":
            named = [rows[sheet][members[sheet]] for sheet in sheets]
            of_class = np.isin(np.arange(len(weight)), np.concatenate([*named, [-1]]))
            total, uncapped, of_all = (
                portfolio.sum_by_case(np.where(of_class, x, 0.0), case) for x in (total, uncapped, weight)
            )
            of_row = {
                sheet: np.where(members[sheet], portfolio.tables[sheet]["case"].to_numpy(), -1) for sheet in sheets
            }
        else:
            of_all, of_row = weight, rows
        mean, longest = (
            np.append(_ratio(time, of_all), np.nan) for time in (total, uncapped)
        )  # the last: without lots
        found = {sheet: mean[of_row[sheet]] for sheet in sheets}
        for sheet in sheets:
            frame = portfolio.tables[sheet]
            typed = frame["holding_years"].to_numpy()
            apart = members[sheet] & ~told[sheet] & _apart(typed, found[sheet]) & _apart(typed, longest[of_row[sheet]])
            told[sheet] |= apart
            both = np.array(
                [f"{a:.4g} ≠ {b:.4g}" for a, b in zip(typed[apart], found[sheet][apart], strict=True)], dtype=object
            )
            shown = np.full(len(frame), None, dtype=object)
            shown[apart] = both
            portfolio.report(
                sheet, apart, "holding_years", "disagree", "所填持仓时间与 Lots 表计算的不一致",
                "the holding time given and the one worked out from table Lots differ", shown, article="金规〔2025〕24号一、二",
            )  # fmt: skip
            portfolio.positions.tables[sheet] = frame.assign(**{column: np.where(np.isnan(typed), found[sheet], typed)})


def _apart(typed: Array, found: Array) -> Array:
    """Where two holding times differ by more than a typed one was rounded."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(typed - found) > ROUNDING)


def _of_class(frame: pd.DataFrame, column: str) -> Array:
    """Which shares the notice treats by a holding time: members of its two indices, or shares on the STAR market."""
    if column == STAR:
        return is_class(frame, "board", "star")
    return is_class(frame, "csi300", "yes") | is_class(frame, "low_volatility_100", "yes")


def _ratio(total: Array, weight: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(weight > 0, total / weight, np.nan))


def _report_without(portfolio: Portfolio) -> None:
    """A share that the notice treats by its holding time needs one."""
    for sheet in SHARES:
        if sheet in portfolio.tables:
            frame = portfolio.tables[sheet]
            without = np.zeros(len(frame), bool)
            for column in CAPS:
                without |= _of_class(frame, column) & np.isnan(frame[column].to_numpy())
            portfolio.report(
                sheet, without, "holding_years", "missing",
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
