"""Cash-value guarantee, income-tax reserve, policy future surplus and its tiers (rule 1, articles 23, 24, 35-37; 2021 notice).

Both the guarantee and what follows from it need minimum capital, which needs nothing of them: minimum capital comes first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import ABSENT, COMPUTED, Array, Figures, Mask, column, missing, not_negative, zeroed
from solvency.rules.rule01_actual_capital.formulas import FUTURE_SURPLUS
from solvency.rules.rule01_actual_capital.future_surplus import BANDS

ARTICLE = "规则第1号第三十五条"
INPUTS = (
    "life_reserve_book", "life_reserve_admitted", "life_cash_value", "life_residual_margin", "cash_value_guarantee", "income_tax_reserve",
    "policy_future_surplus",
)  # fmt: skip


def life_reserves(cases: pd.DataFrame, figures: Figures) -> tuple[Array, Array]:
    """Book and admitted value of the reserves of life business, typed or from S04; a blank book value of nothing is nothing."""
    found = []
    for item, source in (("life_reserve_book", "S04.life_book"), ("life_reserve_admitted", "S04.life_admitted")):
        made = figures.of_tables(source)
        found.append(figures.settle(item, column(cases, item), made, ~missing(made), "资本明细", ARTICLE))
    book, admitted = found
    nothing = missing(book) & np.asarray(zeroed(admitted) == 0, bool) & ~missing(admitted)
    return np.where(nothing, figures.full(0), book), admitted


def _of_l01(cases: pd.DataFrame, figures: Figures, item: str, source: str) -> Array:
    """A figure typed or from form L01."""
    made = figures.of_tables(source)
    return figures.settle(item, column(cases, item), made, ~missing(made), "L01", "附件9 L01")


def cash_value_guarantee(cases: pd.DataFrame, figures: Figures, admitted: Array) -> Array:
    """Max(CV − PL − MC, 0) (article 23): typed, or from cash value, reserves and minimum capital."""
    cash, minimum = _of_l01(cases, figures, "life_cash_value", "L01.cash_value"), figures.values["minimum_capital"]
    none = ~missing(admitted) & np.asarray(zeroed(admitted) == 0, bool) & missing(cash)
    worked = np.where(none, figures.full(0), not_negative(cash - admitted - minimum))
    possible = none | ~missing(worked)
    given = figures.typed_or(
        "cash_value_guarantee", column(cases, "cash_value_guarantee"), "S04.cash_value_guarantee", "规则第1号第二十三条"
    )
    value = figures.settle(
        "cash_value_guarantee", given, worked, possible, "现金价值、准备金和最低资本", "规则第1号第二十三条"
    )
    lacking = ~missing(admitted) & missing(value) & ~missing(minimum)
    figures.report(
        lacking, "life_cash_value", "missing", "有寿险准备金而无现金价值（S02 附表）或现金价值保证（S04 第7.2行）",
        "there are life reserves, but neither their cash value nor the guarantee (S04 row 7.2)", article="规则第1号第二十三条",
    )  # fmt: skip
    return value


def income_tax_reserve(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures, admitted: Array) -> Array:
    """A share of the residual margin, once taxable income was positive three years running (article 24; 2021 notice, 1 (1))."""
    article = "规则第1号第二十四条；银保监发〔2021〕52号一（一）"
    status = cases["income_tax_reserve_status"].to_numpy(dtype=object)
    margin = _of_l01(cases, figures, "life_residual_margin", "L01.residual_margin")
    due = status == "recognised"
    ended = status == "reversed"
    none = (status == "not_met") | ended
    no_life = ~missing(admitted) & np.asarray(zeroed(admitted) == 0, bool) & ~due
    worked = np.where(none | no_life, figures.full(0), rulebook.value("income_tax_reserve.share") * margin)
    possible = none | no_life | (due & ~missing(margin))
    given = figures.typed_or(
        "income_tax_reserve", column(cases, "income_tax_reserve"), "S04.income_tax_reserve", article
    )
    value = figures.settle("income_tax_reserve", given, worked, possible, "剩余边际", article)
    figures.report(
        ended & cases["income_tax_reserve_evidence"].isna().to_numpy(), "income_tax_reserve_evidence", "missing",
        "终止确认所得税准备须有充分证据，请注明", "ending the income-tax reserve needs evidence; state it", article=article,
    )  # fmt: skip
    lacking = ~missing(admitted) & missing(value)
    for rows, item in ((lacking & due, "life_residual_margin"), (lacking & ~due, "income_tax_reserve_status")):
        figures.report(
            rows, item, "missing", "有寿险准备金，须填是否确认所得税准备和剩余边际，或 S04 第7.3行",
            "with life reserves, state whether the income-tax reserve is recognised and the residual margin, or row 7.3 of S04",
            article=article,
        )  # fmt: skip
    return value


def future_surplus(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> pd.DataFrame:
    """The four rows of policy future surplus in S02, from its total and its groups; returns the cases with them filled in.

    The total is typed, the simplified formula of article 35, or the sum of groups after apportionment. Groups that state
    their direct surplus share the total in proportion to it. Of a negative total all reduces core tier 1 (article 37).
    """
    if _nothing(cases, figures):
        for item in INPUTS:
            figures.put(item, column(cases, item), ABSENT)
        return cases
    book, admitted = life_reserves(cases, figures)
    formula = (
        book
        - admitted
        - cash_value_guarantee(cases, figures, admitted)
        - income_tax_reserve(cases, rulebook, figures, admitted)
    )
    given = column(cases, "policy_future_surplus")
    known = ~missing(formula)
    total = figures.settle(
        "policy_future_surplus", given, formula, known, "寿险准备金、现金价值保证和所得税准备", ARTICLE
    )
    groups, final = figures.of_tables("FutureSurplus.total"), figures.of_tables("FutureSurplus.apportioned")
    grouped, apportioned = ~missing(groups), np.asarray(zeroed(final) == 1, bool)
    figures.compare("policy_future_surplus", total, groups, apportioned & ~missing(total), "各保单组", ARTICLE)
    alone = missing(total) & apportioned
    total = np.where(alone, groups, total)
    figures.put("policy_future_surplus", total, np.where(alone, COMPUTED, figures.origins["policy_future_surplus"]))
    figures.report(
        grouped & ~apportioned & missing(total), "policy_future_surplus", "missing",
        "分摊前的未来盈余须有公司的保单未来盈余总额，或寿险准备金账面价值和认可价值",
        "surplus before apportionment needs the total of the company, or book and admitted value of its reserves", article=ARTICLE,
    )  # fmt: skip
    negative = np.asarray(zeroed(total) < 0, bool)
    hopeless = grouped & ~apportioned & np.asarray(zeroed(groups) <= 0, bool) & np.asarray(zeroed(total) > 0, bool)
    figures.report(
        hopeless, "policy_future_surplus", "not_apportionable", "各组可直接归属的未来盈余之和不为正，总额无法据以分摊",
        "the directly attributable surplus of the groups is not positive, so the total cannot be apportioned by it", total, article=ARTICLE,
    )  # fmt: skip
    tiers = _tiers(figures, total, groups, apportioned, negative)
    nothing = ~missing(total) & np.asarray(zeroed(total) == 0, bool)
    possible = (grouped & ~missing(total)) | negative | (nothing & ~grouped)
    return _filled(cases, figures, tiers, possible, total)


def _nothing(cases: pd.DataFrame, figures: Figures) -> bool:
    """No case has anything these figures could be worked out from."""
    tables = any(name in figures.from_positions for name in ("S04.other_rows", "FutureSurplus.total"))
    return not tables and all(missing(column(cases, item)).all() for item in INPUTS)


def _tiers(figures: Figures, total: Array, groups: Array, apportioned: Mask, negative: Mask) -> list[Array]:
    """Core tier 1, core tier 2, supplementary tier 1 and 2 of the surplus (articles 36, 37)."""
    zero, one = figures.full(0), figures.full(1)
    shared = ~apportioned & ~missing(groups) & np.asarray(zeroed(groups) != 0, bool)
    scale = np.where(shared, zeroed(total) / np.where(shared, groups, one), one)
    amount = {band: zeroed(figures.of_tables(f"FutureSurplus.{band}")) * scale for band in BANDS}
    value = {band: zeroed(figures.of_tables(f"FutureSurplus.{band}.upper")) * scale for band in BANDS}
    charge = zeroed(figures.of_tables("FutureSurplus.negative")) * scale
    longest = BANDS[0]
    left = not_negative(amount[longest] - charge)
    some = np.asarray(amount[longest] > 0, bool)
    value[longest] = np.where(some, value[longest] * left / np.where(some, amount[longest], one), zero)
    beyond = not_negative(charge - amount[longest])
    amount[longest] = left
    rest = {band: amount[band] - value[band] for band in BANDS}
    from_30, from_10, from_5, under_5 = BANDS
    found = [
        value[from_30] - beyond,
        value[from_10],
        rest[from_30] + rest[from_10] + value[from_5],
        rest[from_5] + amount[under_5],
    ]
    return [np.where(negative, zeroed(total) if i == 0 else zero, tier) for i, tier in enumerate(found)]


def _filled(cases: pd.DataFrame, figures: Figures, tiers: list[Array], possible: Mask, total: Array) -> pd.DataFrame:
    """The cases with the four rows; typed ones must agree, and without groups add up to the total."""
    columns: dict[str, Any] = {}
    typed = [column(cases, item) for item in FUTURE_SURPLUS]
    some = np.logical_or.reduce([~missing(values) for values in typed])
    for item, values, computed in zip(FUTURE_SURPLUS, typed, tiers, strict=True):
        columns[item] = figures.take(item, values, computed, possible)
    lacking = ~missing(total) & ~possible & ~some
    figures.report(
        lacking, FUTURE_SURPLUS[0], "missing", "有保单未来盈余而未分级：请填 FutureSurplus 明细，或 S02 第1.2.6、2.2、3.6、4.2行",
        "there is policy future surplus without its tiers: fill in FutureSurplus, or rows 1.2.6, 2.2, 3.6 and 4.2 of S02", total,
        article="规则第1号第三十六条",
    )  # fmt: skip
    summed = sum(map(zeroed, typed), figures.full(0))
    figures.compare(
        "policy_future_surplus",
        total,
        summed,
        ~missing(total) & ~possible & some,
        "S02 第1.2.6、2.2、3.6、4.2行",
        ARTICLE,
    )
    return cases.assign(**columns)
