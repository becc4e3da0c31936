"""Capital instruments: class, run-off by remaining term, what counts and what is a liability (rule 1, articles 25-34, 42, 43)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from solvency.regulation.factors import Interval
from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.ratios import NEAR
from solvency.rules.rule01_actual_capital.eligibility import (
    SHEET,
    failed_tests,
    has_call,
    has_maturity,
    issued_before_rule,
    term,
)
from solvency.rules.rule01_actual_capital.terms import years_after, years_between

RUN_OFF = ("subordinated_term_debt", "capital_supplementary_bonds", "convertible_subordinated_debt")
# rows of S02: by tier, the rows of single types and the row of the rest
ROWS = {
    "core_tier1": ((), "core_tier1_debt_instruments"),
    "core_tier2": (("preference_shares",), "other_core_tier2"),
    "supplementary_tier1": (RUN_OFF, "other_supplementary_tier1"),
    "supplementary_tier2": ((), "contingent_capital_and_other"),
}
ITEMS = tuple(dict.fromkeys(item for single, rest in ROWS.values() for item in (*single, rest)))
ENDS = ("none", "maturity", "call_date")


def instruments(portfolio: Portfolio) -> pd.DataFrame:
    """Each instrument of AC01: what of it counts, in which row of S02, and what is a capital liability.

    Returns n rows: `case`, `line`, `tier`, `remaining_term` (years, NaN without an end), `runs_to` (place in `ENDS`),
    `liability_share`, `share_row` (row of `capital_debt.liability_share`, -1 for none), `failed` (tests of its tier, as
    bits), `item` (place in `ITEMS`, -1 for ordinary equity), `book_value`, `counted`, `liability`, `leaves_equity` and
    `liability_book` (CNY). Problems are collected.
    """
    portfolio.positions.tables[SHEET] = frame = _completed(portfolio)
    rulebook = portfolio.rulebook
    alive = ~is_class(frame, "redeemed", "yes")
    early = issued_before_rule(frame, rulebook)
    designated = is_class(frame, "designated", "yes")
    _check(portfolio, frame, alive, early, designated)
    failed = failed_tests(portfolio, frame, alive & ~early & ~designated & frame["issue_date"].notna().to_numpy())
    remaining, runs_to, passed = remaining_term(portfolio, frame, alive)
    runs_off = is_class(frame, "instrument_type", *RUN_OFF)
    share, row = _liability_share(portfolio, frame, remaining, passed, runs_off & alive)
    book = frame["book_value"].to_numpy()
    counted = _counted(portfolio, frame, alive, runs_off, share) * (failed == 0)
    standing = np.where(alive, book, 0.0)
    equity, asset = is_class(frame, "accounting", "equity"), is_class(frame, "accounting", "asset")
    plain = equity & is_class(frame, "tier", "core_tier1") & (failed == 0)  # already within net assets
    return pd.DataFrame(
        {
            "case": frame["case"].to_numpy(), "line": frame["line"].to_numpy(), "tier": frame["tier"].array, "remaining_term": remaining,
            "runs_to": runs_to, "liability_share": share, "share_row": row, "failed": failed, "item": np.where(plain, -1, _row_of(frame)),
            "book_value": standing, "counted": counted, "liability": np.where(plain | asset, 0.0, standing - counted),
            "leaves_equity": np.where(equity & ~plain, standing, 0.0),
            "liability_book": np.where(equity | asset, 0.0, standing),
        },
        copy=False,
    )  # fmt: skip


def _completed(portfolio: Portfolio) -> pd.DataFrame:
    """AC01 with the maturity that follows from issue and term, and the step-up from the two coupons."""
    frame = portfolio.tables[SHEET]
    maturity, issue, years = (frame[name].to_numpy() for name in ("maturity_date", "issue_date", "term_years"))
    whole = ~np.isnan(years) & (np.mod(years, 1) == 0) & ~np.isnat(issue)
    follows = np.flatnonzero(np.isnat(maturity) & whole & has_maturity(frame))
    if len(follows):
        maturity = maturity.copy()
        maturity[follows] = years_after(issue[follows], years[follows])
    before, after, typed = (frame[name].to_numpy() for name in ("coupon_before", "coupon_after", "step_up"))
    given = ~np.isnan(typed)
    made = after - before
    if given.any():
        portfolio.report(
            SHEET, given & (np.abs(made - typed) > NEAR), "step_up", "disagree", "利率跳升幅度与两个票面利率之差不一致",
            "the step-up and the difference of the two coupons differ", typed, article="规则第1号第二十六条",
        )  # fmt: skip
        made = np.where(given, typed, made)
    return frame.assign(maturity_date=maturity, step_up=made, step_up_typed=given)


def _check(portfolio: Portfolio, frame: pd.DataFrame, alive: Mask, early: Mask, designated: Mask) -> None:
    """What must be there, and what cannot be together."""
    blank = {name: frame[name].isna().to_numpy() for name in ("issue_date", "maturity_date", "call_date", "tier_basis")}
    dated, callable_ = has_maturity(frame), has_call(frame)
    shares = is_class(frame, "instrument_type", "ordinary_shares")
    days = {name: frame[name].to_numpy() for name in ("issue_date", "maturity_date", "call_date")}
    stated = frame["term_years"].to_numpy()
    apart = np.zeros(len(frame), bool)
    if not np.isnan(stated).all():
        apart = np.abs(np.floor(term(frame)) - stated) >= 1
    for rows, column, code, zh, en, article in (
        (alive & blank["issue_date"], "issue_date", "missing", "缺少发行日期", "the date of issue is missing", "第四十三条"),
        (alive & dated & blank["maturity_date"], "maturity_date", "missing", "有到期日而未填", "it has a maturity, but no date", "第二十五条"),
        (alive & ~dated & ~blank["maturity_date"], "has_maturity", "disagree", "填了到期日，却标为没有到期日", "a maturity is given, yet it is said to have none", "第二十五条"),
        (alive & callable_ & blank["call_date"], "call_date", "missing", "有赎回条款而未填赎回日", "it has a call clause, but no call date", "第二十六条"),
        (alive & ~callable_ & ~blank["call_date"], "has_call", "disagree", "填了赎回日，却标为没有赎回条款", "a call date is given, yet it is said to have no call clause", "第二十六条"),
        (alive & (early | designated) & ~shares & blank["tier_basis"], "tier_basis", "missing", "按发行时规则或监管指定确认级别的，须注明依据", "a class fixed at issue or by the regulator needs its basis", "第三十四、四十三条"),
        (alive & (days["issue_date"] > portfolio.as_of(SHEET)), "issue_date", "date_order", "发行日期晚于评估日", "it is issued after the valuation date", "第二十八条（一）"),
        (alive & (days["maturity_date"] < portfolio.as_of(SHEET)), "maturity_date", "date_order", "已到期；已偿还的请标为已赎回或偿还", "it has matured; mark it as repaid if it was", "第二十五条"),
        (alive & (days["maturity_date"] <= days["issue_date"]), "maturity_date", "date_order", "到期日不晚于发行日期", "the maturity is not after the issue", "第二十五条"),
        (alive & (days["call_date"] > days["maturity_date"]), "call_date", "date_order", "赎回日晚于到期日", "the call date is after the maturity", "第二十六条"),
        (alive & (days["call_date"] <= days["issue_date"]), "call_date", "date_order", "赎回日不晚于发行日期", "the call date is not after the issue", "第二十六条"),
        (alive & apart, "term_years", "disagree", "期限与发行日期、到期日不一致", "the term does not fit the dates of issue and maturity", "第二十五条"),
    ):  # fmt: skip
        portfolio.report(SHEET, rows, column, code, zh, en, article=f"规则第1号{article}")


def remaining_term(portfolio: Portfolio, frame: pd.DataFrame, alive: Mask) -> tuple[Array, Array, Mask]:
    """Remaining term in years, what it runs to, and whether a call date passed unused (articles 26 and 42); n rows each.

    To the call date where the coupon steps up by more than the rule says or an early call is evident, else to maturity;
    after an unused call date to maturity.
    """
    rulebook, today = portfolio.rulebook, portfolio.as_of(SHEET)
    call = frame["call_date"].to_numpy()
    passed = alive & has_call(frame) & (call <= today)
    ahead = alive & has_call(frame) & (call > today)
    evident = is_class(frame, "early_call_evidence", "yes")
    old_debt = is_class(frame, "instrument_type", "subordinated_term_debt") & (
        frame["issue_date"].to_numpy() < np.datetime64(f"{int(rulebook.value('capital_debt.old_before_year'))}", "D")
    )
    wide = _steps_up(frame, rulebook.interval("capital_debt.step_up_to_call_date"))
    wider = wide
    if old_debt.any():
        wider = np.where(old_debt, _steps_up(frame, rulebook.interval("capital_debt.old_step_up_to_call_date")), wide)
    if rulebook.reading("old_debt_early_call") == "maturity":
        evident = evident & ~(old_debt & wide & ~wider)
    to_call = ahead & (wider | evident)
    needed = ahead & is_class(frame, "instrument_type", *RUN_OFF)
    for column, en, zh in (("early_call_evidence", "evidence of an early call: yes or no", "是否有提前赎回的证据"),
                           ("step_up", "the coupons before and after the call date, or the step-up", "赎回日前后的票面利率或跳升幅度")):  # fmt: skip
        portfolio.report(
            SHEET, needed & frame[column].isna().to_numpy(), column, "missing", f"有赎回条款的债务须填{zh}", f"debt with a call clause needs {en}",
            article="规则第1号第二十六条",
        )  # fmt: skip
    ends = frame["maturity_date"].to_numpy().copy()
    ends[~(alive & has_maturity(frame))] = np.datetime64("NaT")
    ends[to_call] = call[to_call]
    runs_to = np.where(np.isnat(ends), ENDS.index("none"), ENDS.index("maturity"))
    runs_to[to_call] = ENDS.index("call_date")
    return years_between(today, ends), runs_to, passed


def _steps_up(frame: pd.DataFrame, interval: Interval) -> Mask:
    """Which step-ups lie in an open-ended interval; those a float cannot tell from its end are decided in fractions."""
    x = frame["step_up"].to_numpy()
    inside = np.asarray(x > float(interval.lower))
    near = np.flatnonzero(np.abs(x - float(interval.lower)) <= NEAR)
    if len(near):
        typed = frame["step_up_typed"].to_numpy()[near]
        above = np.where(typed, x[near], frame["coupon_after"].to_numpy()[near])
        below = np.where(typed, 0.0, frame["coupon_before"].to_numpy()[near])
        (of_above, highs), (of_below, lows) = pd.factorize(above), pd.factorize(below)
        of, pairs = pd.factorize(of_above * len(lows) + of_below)
        limit = Fraction(interval.lower)
        found = [
            Fraction(repr(float(highs[p // len(lows)]))) - Fraction(repr(float(lows[p % len(lows)]))) > limit
            for p in pairs
        ]
        inside[near] = np.array(found)[of]
    return inside


def _liability_share(
    portfolio: Portfolio, frame: pd.DataFrame, remaining: Array, passed: Mask, runs_off: Mask
) -> tuple[Array, Array]:
    """The share of each instrument that is a liability, and the row of the table it comes from (articles 25, 26)."""
    table = portfolio.rulebook.table("capital_debt.liability_share")
    with_call = has_call(frame) & ~is_class(frame, "instrument_type", "convertible_subordinated_debt")
    if portfolio.rulebook.reading("call_clause_table") == "table_without_call":
        with_call = with_call & ~passed
    clause = pd.Categorical.from_codes(np.where(with_call, 0, 1), categories=pd.Index(["yes", "no"], dtype=object))
    located = table.locate({"call_clause": clause, "remaining_term": remaining}, len(frame))
    # without an end nothing runs off
    located = np.where(runs_off & ~np.isnan(remaining), located, -1).astype(located.dtype)
    return table.values(located, {}, absent=0.0), located


def _counted(portfolio: Portfolio, frame: pd.DataFrame, alive: Mask, runs_off: Mask, share: Array) -> Array:
    """What of each instrument counts: by the run-off, as typed for other types, else its book value (article 27)."""
    book, typed = frame["book_value"].to_numpy(), frame["recognised_value"].to_numpy()
    by_rule = np.where(alive, book * (1 - share), 0.0)
    given = ~np.isnan(typed)
    if not given.any():
        return by_rule
    allowed = np.maximum(NEAR * np.abs(book), NEAR)
    portfolio.report(
        SHEET, given & runs_off & (np.abs(typed - by_rule) > allowed), "recognised_value", "disagree",
        "所填计入资本的金额与按剩余期限计算的不一致", "the amount typed as capital is not what the remaining term gives",
        _in_input_unit(portfolio, typed), article="规则第1号第二十五、二十六条",
    )  # fmt: skip
    portfolio.report(
        SHEET, given & ~runs_off & (typed > book + allowed), "recognised_value", "above_limit", "计入资本的金额超过账面价值",
        "the amount counted is above the book value", _in_input_unit(portfolio, typed), article="规则第1号第二十七条",
    )  # fmt: skip
    return np.where(given & ~runs_off & alive, typed, by_rule)


def _in_input_unit(portfolio: Portfolio, values: Array) -> Array:
    return values / portfolio.scale


def _row_of(frame: pd.DataFrame) -> Array:
    """Place in `ITEMS` of each instrument, by tier and type; -1 without a tier."""
    tiers, types = frame["tier"].cat, frame["instrument_type"].cat
    places = np.full((len(tiers.categories) + 1, len(types.categories) + 1), -1)  # a blank, -1, is the last
    for i, tier in enumerate(tiers.categories):
        single, rest = ROWS[tier]
        places[i] = ITEMS.index(rest)
        for item in single:
            places[i, :-1][types.categories == item] = ITEMS.index(item)
    return np.asarray(places[tiers.codes.to_numpy(), types.codes.to_numpy()])


def by_row(made: pd.DataFrame, size: int) -> dict[str, Array]:
    """What counts in each row of S02, by case: zero where a case has instruments but none of the row, else NaN."""
    case, item = made["case"].to_numpy(), made["item"].to_numpy()
    some = np.bincount(case, minlength=size) > 0
    sums = np.bincount(
        case * (len(ITEMS) + 1) + item + 1, weights=made["counted"].to_numpy(), minlength=size * (len(ITEMS) + 1)
    ).reshape(size, -1)
    return {name: np.where(some, sums[:, i + 1], np.nan) for i, name in enumerate(ITEMS)}


def totals(made: pd.DataFrame, size: int, column: str) -> Array:
    """A column of `instruments` by case; NaN for a case without any."""
    case = made["case"].to_numpy()
    some = np.bincount(case, minlength=size) > 0
    return np.where(some, np.bincount(case, weights=made[column].to_numpy(), minlength=size), np.nan)
