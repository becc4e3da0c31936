"""Policy future surplus: groups by remaining term, their present values, and the tiers they count in (rule 1, articles 35-37)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio
from solvency.rules.ratios import NEAR

SHEET, COUNTS = "FutureSurplus", "PoliciesInForce"
RETURNS = "policy_future_surplus.capital_return"
# groups of article 36, the longest first: the rows of the table of capital returns, then what has none
BANDS = ("from_30", "from_10", "from_5", "under_5")


@dataclass(frozen=True, eq=False)
class Groups:
    """Policy future surplus by group of article 36, of n cases, CNY; NaN for a case without any.

    positive, upper: by band, its surplus where that is positive, and the present value of it. negative: what negative groups
    lack. total: of all groups. apportioned: the groups are after apportionment (1), or their direct surplus only (0).
    lines: group by group.
    """

    positive: Mapping[str, Array]
    upper: Mapping[str, Array]
    negative: Array
    total: Array
    apportioned: Array
    lines: pd.DataFrame


def groups(portfolio: Portfolio) -> Groups | None:
    """The groups of `FutureSurplus` with their present values at the capital return; None without any.

    A present value is typed, or follows from the policies in force: the surplus falls to the periods as N_j ÷ Σ N_i/(1+r)^i
    and is discounted at the return of its band (article 36). Problems are collected.
    """
    if SHEET not in portfolio.tables:
        return None
    frame, n = portfolio.tables[SHEET], portfolio.size
    case = frame["case"].to_numpy()
    direct, final = frame["direct_surplus"].to_numpy(), frame["surplus"].to_numpy()
    amount = np.where(np.isnan(final), direct, final)
    _check(portfolio, frame, direct, final)
    table = portfolio.rulebook.table(RETURNS)
    located = table.locate({"remaining_term": frame["remaining_term"].to_numpy()}, len(frame))
    keys = [BANDS.index(row.key) for row in table.rows] + [BANDS.index("under_5")]
    band = np.array(keys)[located]
    returns = table.values(located, {}, absent=np.nan)
    share = _share(portfolio, frame, amount, returns)
    negative_groups = portfolio.rulebook.reading("future_surplus_groups") == "policy_group"
    counted = np.maximum(amount, 0) if negative_groups else amount
    lines = pd.DataFrame(
        {"case": case, "line": frame["line"].to_numpy(), "band": band, "capital_return": returns, "of_group": amount,
         "upper_share": share, "upper": counted * share},
        copy=False,
    )  # fmt: skip
    some = np.zeros(n, bool)
    some[case] = True
    sums = _by_band(case, band, counted, n)
    upper = _by_band(case, band, lines["upper"].to_numpy(), n)
    lacking = np.maximum(-sums, 0).sum(axis=0) + (
        np.bincount(case, weights=np.maximum(-amount, 0), minlength=n) if negative_groups else 0.0
    )
    upper = np.where(sums > 0, upper, 0.0)
    blank = np.where(some, 0.0, np.nan)
    is_final = np.bincount(case, weights=~np.isnan(final), minlength=n) > 0
    return Groups(
        {name: np.maximum(sums[i], 0) + blank for i, name in enumerate(BANDS)},
        {name: upper[i] + blank for i, name in enumerate(BANDS)},
        lacking + blank, np.bincount(case, weights=np.nan_to_num(amount), minlength=n) + blank, is_final + blank, lines,
    )  # fmt: skip


def _by_band(case: Array, band: Array, values: Array, n: int) -> Array:
    """Sums by band and case, (bands, n)."""
    flat = np.bincount(band * n + case, weights=np.nan_to_num(values), minlength=len(BANDS) * n)
    return np.asarray(flat.reshape(len(BANDS), n))


def _check(portfolio: Portfolio, frame: pd.DataFrame, direct: Array, final: Array) -> None:
    case, n = frame["case"].to_numpy(), portfolio.size
    some_direct = np.bincount(case, weights=~np.isnan(direct), minlength=n)[case] > 0
    mixed = ~np.isnan(final) & some_direct
    for rows, column, code, zh, en in (
        (np.isnan(direct) & np.isnan(final), "surplus", "missing", "缺少保单未来盈余", "the surplus of the group is missing"),
        (mixed, "surplus", "disagree", "一家公司的各组须统一填分摊前或分摊后的金额", "the groups of a company state all the amount before apportionment, or all the one after"),
        (frame.duplicated(["case", "group"]).to_numpy(), "group", "duplicate", "保单组重复", "the group stands twice"),
    ):  # fmt: skip
        portfolio.report(SHEET, rows, column, code, zh, en, article="规则第1号第三十五条")


def _share(portfolio: Portfolio, frame: pd.DataFrame, amount: Array, returns: Array) -> Array:
    """Present value at the capital return ÷ surplus, of each group; zero under five years."""
    typed = frame["present_value"].to_numpy()
    long = ~np.isnan(returns)
    from_counts = _from_counts(portfolio, frame, returns)
    with np.errstate(divide="ignore", invalid="ignore"):
        from_value = np.where(amount != 0, typed / amount, np.nan)
    allowed = np.maximum(portfolio.scale, NEAR * np.abs(amount))
    known = ~np.isnan(from_counts)
    for rows, code, zh, en in (
        (long & np.isnan(typed) & ~known & (amount != 0), "missing", "缺少现值，或 PoliciesInForce 中该组的有效保单件数", "needs its present value, or its policies in force"),
        (~long & ~np.isnan(typed), "not_allowed", "剩余期限5年以内的未来盈余不折现", "surplus of a term under five years is not discounted"),
        (long & known & (np.abs(typed - amount * from_counts) > allowed), "disagree", "所填现值与按有效保单件数计算的不一致", "the present value typed is not what the policies in force give"),
        (long & ((typed * np.sign(amount) < 0) | (np.abs(typed) > np.abs(amount))), "out_of_range", "现值应在零与未来盈余之间", "a present value lies between zero and the surplus"),
    ):  # fmt: skip
        portfolio.report(
            SHEET, rows, "present_value", code, zh, en, None if code == "missing" else typed / portfolio.scale,
            article="规则第1号第三十六条",
        )  # fmt: skip
    share = np.where(known, from_counts, from_value)
    return np.where(long & (amount != 0), np.nan_to_num(share), 0.0)


def _from_counts(portfolio: Portfolio, frame: pd.DataFrame, returns: Array) -> Array:
    """Σ N_j/(1+R)^j ÷ Σ N_i/(1+r)^i of each group; NaN without policies in force."""
    if COUNTS not in portfolio.tables:
        return np.full(len(frame), np.nan)
    counts = portfolio.tables[COUNTS]
    names = pd.Index(frame["group"].cat.categories)
    width = len(names) + 1
    own = np.asarray(names.get_indexer(counts["group"].cat.categories))[counts["group"].cat.codes.to_numpy()]
    place = np.full(portfolio.size * width, -1)
    place[frame["case"].to_numpy() * width + frame["group"].cat.codes.to_numpy()] = np.arange(len(frame))
    group = np.where(own < 0, -1, place[counts["case"].to_numpy() * width + own])
    period, policies, rate = (counts[name].to_numpy() for name in ("period", "policies", "discount_rate"))
    portfolio.report(
        COUNTS, group < 0, "group", "unmatched", "FutureSurplus 中没有这一保单组", "FutureSurplus has no such group", article="规则第1号第三十六条",
    )  # fmt: skip
    portfolio.report(
        COUNTS, counts.duplicated(["case", "group", "period"]).to_numpy(), "period", "duplicate", "同一保单组的期间重复",
        "the period of the group stands twice", article="规则第1号第三十六条",
    )  # fmt: skip
    portfolio.report(
        COUNTS, rate <= -1, "discount_rate", "out_of_range", "折算系数须大于 −100%", "the rate must be above −100%", rate, article="规则第1号第三十六条",
    )  # fmt: skip
    used = (group >= 0) & (rate > -1)
    group, period, policies, rate = group[used], period[used], policies[used], rate[used]
    size = len(frame)
    level = np.bincount(group, weights=policies * (1 + rate) ** -period, minlength=size)
    value = np.bincount(group, weights=policies * (1 + np.nan_to_num(returns[group])) ** -period, minlength=size)
    some = np.bincount(group, minlength=size) > 0
    portfolio.report(
        SHEET, some & ~(level > 0), "group", "out_of_range", "该组各期末有效保单件数均为零", "no policy of the group is in force in any period",
        article="规则第1号第三十六条",
    )  # fmt: skip
    return np.where(some & (level > 0), value / np.where(level > 0, level, 1.0), np.nan)
