"""Rule 1: actual capital in four tiers, and the four limits with the excess as a capital liability (article 41)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import BLANK, COMPUTED, GIVEN, Array, Figures, Formula, Mask, column, missing, sum_of, zeroed
from solvency.tables.spec import line_items

ADJUSTMENTS = (
    "non_admitted_assets", "long_term_equity_difference", "investment_property_appreciation", "deferred_tax_assets_deducted",
    "agricultural_catastrophe_reserve", "policy_future_surplus_core_tier1", "core_tier1_debt_instruments", "other_adjustments",
)  # fmt: skip
CORE_TIER2 = ("preference_shares", "policy_future_surplus_core_tier2", "other_core_tier2")
SUPPLEMENTARY_TIER1 = (
    "subordinated_term_debt", "capital_supplementary_bonds", "convertible_subordinated_debt", "S02.deferred_tax_assets",
    "investment_property_gain_supplementary_tier1", "policy_future_surplus_supplementary_tier1", "other_supplementary_tier1",
)  # fmt: skip
SUPPLEMENTARY_TIER2 = ("contingent_capital_and_other", "policy_future_surplus_supplementary_tier2")
OVER_LIMIT = {
    "core_tier2": "core_tier2_over_limit",
    "supplementary_tier1": "supplementary_tier1_over_limit",
    "supplementary_tier2": "supplementary_tier2_over_limit",
}
TIERS = ("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2")
_LIMITS = (
    "capital_limit.supplementary", "capital_limit.policy_future_surplus", "capital_limit.core_tier2",
    "capital_limit.supplementary_tier2",
)  # fmt: skip
_READINGS = ("tier_limit_base", "beyond_zero_core", "supplementary_limit_order", "future_surplus_limit")

FORMULAS: dict[str, Formula] = {
    "net_asset_adjustments": Formula(ADJUSTMENTS, "规则第1号第四十条", ("Σ", "Σ")),
    "core_tier1": Formula(
        ("net_assets", "net_asset_adjustments", "core_tier1_over_limit"),
        "规则第1号第四十、四十一条",
        ("净资产 + 调整额 − 超限额部分", "net assets + adjustments − excess over the limit"),
        _LIMITS,
        _READINGS,
    ),
    "core_tier1_over_limit": Formula(
        ("policy_future_surplus_core_tier1", "policy_future_surplus_core_tier2"),
        "规则第1号第四十一条（二）",
        ("计入核心资本的保单未来盈余超过限额的部分", "policy future surplus in core capital above its limit"),
        _LIMITS,
        _READINGS,
    ),
    "core_tier2": Formula(
        (*CORE_TIER2, "core_tier2_over_limit"),
        "规则第1号第四十一条",
        ("Σ − 超限额部分", "Σ − excess"),
        _LIMITS,
        _READINGS,
    ),
    "core_tier2_over_limit": Formula(
        CORE_TIER2, "规则第1号第四十一条（二）（三）", ("超过限额的部分", "excess over the limits"), _LIMITS, _READINGS
    ),
    "supplementary_tier1": Formula(
        (*SUPPLEMENTARY_TIER1, "supplementary_tier1_over_limit"),
        "规则第1号第四十一条",
        ("Σ − 超限额部分", "Σ − excess"),
        _LIMITS,
        _READINGS,
    ),
    "supplementary_tier1_over_limit": Formula(
        SUPPLEMENTARY_TIER1,
        "规则第1号第四十一条（一）",
        ("超过限额的部分", "excess over the limit"),
        _LIMITS,
        _READINGS,
    ),
    "supplementary_tier2": Formula(
        (*SUPPLEMENTARY_TIER2, "supplementary_tier2_over_limit"),
        "规则第1号第四十一条",
        ("Σ − 超限额部分", "Σ − excess"),
        _LIMITS,
        _READINGS,
    ),
    "supplementary_tier2_over_limit": Formula(
        SUPPLEMENTARY_TIER2,
        "规则第1号第四十一条（一）（四）",
        ("超过限额的部分", "excess over the limits"),
        _LIMITS,
        _READINGS,
    ),
    "capital_liability_over_limit": Formula(
        ("core_tier1_over_limit", *OVER_LIMIT.values()),
        "规则第1号第四十一条",
        ("Σ 各级超限额部分，确认为资本性负债", "Σ of the excesses, a capital liability"),
    ),
    "actual_capital": Formula(
        TIERS,
        "规则第1号第四条",
        ("Σ 各级资本；认可资产 − 认可负债", "Σ of the tiers; admitted assets − admitted liabilities"),
    ),
    "core_capital": Formula(
        ("core_tier1", "core_tier2"),
        "规则第1号第二十九条",
        ("核心一级资本 + 核心二级资本", "core tier 1 + core tier 2"),
    ),
}


@dataclass(frozen=True)
class Recognised:
    """What the limits leave of each part, (n,) each."""

    future_surplus_tier1: Array
    future_surplus_tier2: Array
    other_core_tier2: Array
    supplementary_tier1: Array
    supplementary_tier2: Array


def recognised_capital(
    core_tier1: Array,
    future_surplus_tier1: Array,
    future_surplus_tier2: Array,
    other_core_tier2: Array,
    supplementary_tier1: Array,
    supplementary_tier2: Array,
    limits: tuple[Array, Array, Array, Array],
    core_tier2_unlimited: Mask | bool = False,
    *,
    base_before_limits: bool = False,
    limit_at_zero_core: bool = True,
    lower_tier_first: bool = True,
) -> Recognised:
    """The kernel of the four limits (rule 1, article 41), solved in closed form.

    core_tier1: without policy future surplus, (n,). limits: fractions of core capital for supplementary capital, policy
    future surplus, core tier 2 and supplementary tier 2. The base is core capital after all limits, so the recognised
    amounts are the greatest that satisfy all limits at once; policy future surplus is cut in core tier 2 before tier 1.
    """
    l_supplementary, l_surplus, l_core2, l_supplementary2 = limits
    zero = core_tier1 * 0
    one = zero + 1
    free = np.broadcast_to(np.asarray(core_tier2_unlimited, bool), core_tier1.shape)
    gross = core_tier1 + future_surplus_tier1 + future_surplus_tier2 + other_core_tier2
    if base_before_limits:
        surplus_room = np.maximum(l_surplus * gross, zero)
        core2_room = np.where(free, future_surplus_tier2 + other_core_tier2, np.maximum(l_core2 * gross, zero))
        f1 = np.minimum(future_surplus_tier1, surplus_room)
        f2 = np.minimum(future_surplus_tier2, surplus_room - f1)
        other = np.minimum(other_core_tier2, core2_room)
        f2 = np.minimum(f2, core2_room - other)
        core = gross
    else:
        # a share of core capital becomes a share of what carries it; a limit of 100% never binds
        own = np.maximum(core_tier1, zero)
        # with core tier 2 unlimited, own funds and other core tier 2 together carry the policy future surplus
        carried = np.where(free, np.maximum(core_tier1 + other_core_tier2, zero), own)
        f1 = np.minimum(
            future_surplus_tier1,
            _share(
                l_surplus * (np.where(free, zero, other_core_tier2) + carried), one - l_surplus, future_surplus_tier1
            ),
        )
        # core tier 2 that helps to carry it is itself limited by it
        both = _share(l_surplus * own, one - l_surplus - l_core2, future_surplus_tier1)
        f1 = np.where(free, f1, np.minimum(f1, both))
        f1 = np.where(carried > 0, f1, np.minimum(future_surplus_tier1, zero))
        gross2 = future_surplus_tier2 + other_core_tier2
        core2_room = np.where(free, gross2, _share(l_core2 * np.maximum(core_tier1 + f1, zero), one - l_core2, gross2))
        other = np.where(free, other_core_tier2, np.minimum(other_core_tier2, core2_room))
        carrying = np.maximum(core_tier1 + other, zero)
        surplus_room = np.maximum(_share(l_surplus * carrying, one - l_surplus, f1 + future_surplus_tier2) - f1, zero)
        f2 = np.minimum(future_surplus_tier2, np.minimum(surplus_room, np.maximum(core2_room - other, zero)))
        core = core_tier1 + f1 + other + f2
    room = np.maximum(l_supplementary * core, zero)
    room2 = np.maximum(l_supplementary2 * core, zero)
    if not limit_at_zero_core:
        # the other reading: the limits say nothing where core capital is not positive
        none = core <= 0
        f1 = np.where(none, future_surplus_tier1, f1)
        f2, other = np.where(none, future_surplus_tier2, f2), np.where(none, other_core_tier2, other)
        room = np.where(none, supplementary_tier1 + supplementary_tier2, room)
        room2 = np.where(none, supplementary_tier2, room2)
    s2 = np.minimum(supplementary_tier2, room2)
    if lower_tier_first:
        s1 = np.minimum(supplementary_tier1, room)
        s2 = np.minimum(s2, room - np.maximum(s1, zero))
    else:
        s2 = np.minimum(s2, room)
        s1 = np.minimum(supplementary_tier1, room - np.maximum(s2, zero))
    return Recognised(f1, f2, other, s1, s2)


def _share(part: Array, divisor: Array, unlimited: Array) -> Array:
    """part ÷ divisor; `unlimited` where the divisor is not positive but the part is, zero where neither is."""
    bound = divisor > 0
    return np.where(bound, part / np.where(bound, divisor, divisor * 0 + 1), np.where(part > 0, unlimited, part * 0))


def actual_capital(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> None:
    """All rows of S02 of n insurers, from components or as given tier totals (rule 1).

    cases: n rows, amounts in yuan, NaN for blank. Tiers with components are cut at the limits, the excess being a capital
    liability; given tier totals are after limits: tested, never cut. Adds every S02 row, `core_tier1_over_limit`,
    `capital_liability_over_limit` and `core_capital` to `figures`.
    """
    figures.put("net_assets", column(cases, "net_assets"), np.where(missing(column(cases, "net_assets")), 0, GIVEN))
    gross1, detail1 = _core_tier1(cases, figures)
    gross: dict[str, Array] = {"core_tier1": gross1}
    detail: dict[str, Mask] = {"core_tier1": detail1}
    for tier, parts in (
        ("core_tier2", CORE_TIER2), ("supplementary_tier1", SUPPLEMENTARY_TIER1), ("supplementary_tier2", SUPPLEMENTARY_TIER2),
    ):  # fmt: skip
        total, possible = sum_of(figures, cases, tier, parts, {})
        gross[tier] = np.where(possible, total, zeroed(column(cases, tier)))
        detail[tier] = possible
    kept = _limited(cases, rulebook, figures, gross, detail)
    excess1 = np.where(detail1, gross1 - kept["core_tier1"], kept["core_tier1"] * 0)
    figures.put("core_tier1_over_limit", excess1)
    excesses = excess1
    total = figures.full(0)
    for tier in TIERS:
        computed = np.where(detail[tier], kept[tier], gross[tier])
        given = column(cases, tier)
        if tier in OVER_LIMIT:
            over = np.where(detail[tier], gross[tier] - kept[tier], figures.full(0))
            _over_limit(cases, figures, tier, over, detail[tier])
            excesses = excesses + over
        value = figures.settle(tier, given, computed, detail[tier], "明细", FORMULAS[tier].article)
        if line_items()[tier].blank is not None:
            blank = missing(given) & ~detail[tier]
            value = zeroed(value)
            figures.put(tier, value, np.where(detail[tier], COMPUTED, np.where(blank, BLANK, GIVEN)))
        else:
            figures.report(
                missing(value), tier, "missing", "缺少核心一级资本（S02 第1行），或净资产及其调整额",
                "core tier 1 capital (S02 row 1), or net assets and their adjustments, is missing", article="规则第1号第四十条",
            )  # fmt: skip
        total = total + value
    figures.put("capital_liability_over_limit", excesses)
    known = ~missing(total)
    actual = figures.settle(
        "actual_capital", column(cases, "actual_capital"), total, known, "各级资本", "规则第1号第四条"
    )
    figures.put("core_capital", figures.values["core_tier1"] + figures.values["core_tier2"])
    assets, liabilities = column(cases, "admitted_assets"), column(cases, "admitted_liabilities")
    for item, value in (("admitted_assets", assets), ("admitted_liabilities", liabilities)):
        figures.put(item, value, np.where(missing(value), 0, GIVEN))
    both = ~missing(assets) & ~missing(liabilities) & ~missing(actual)
    figures.compare("actual_capital", actual, assets - liabilities, both, "认可资产减认可负债", "规则第1号第四条")


def _core_tier1(cases: pd.DataFrame, figures: Figures) -> tuple[Array, Mask]:
    """Net assets plus adjustments (rule 1, article 40), or the given total."""
    adjustments, with_rows = sum_of(figures, cases, "net_asset_adjustments", ADJUSTMENTS, {})
    given = column(cases, "net_asset_adjustments")
    sum_up = figures.settle(
        "net_asset_adjustments", given, adjustments, with_rows, "1.2.1 至 1.2.8", "规则第1号第四十条"
    )
    net = column(cases, "net_assets")
    possible = ~missing(net) & ~missing(sum_up)
    lacking = ~missing(net) & missing(sum_up) & missing(column(cases, "core_tier1"))
    figures.report(
        lacking, "net_asset_adjustments", "missing", "有净资产而无调整额（S02 第1.2行）；没有请填 0",
        "net assets are given without adjustments (S02 row 1.2); type 0 if there are none", article="规则第1号第四十条",
    )  # fmt: skip
    return np.where(possible, zeroed(net) + zeroed(sum_up), column(cases, "core_tier1")), possible


def _limited(
    cases: pd.DataFrame, rulebook: Rulebook, figures: Figures, gross: dict[str, Array], detail: dict[str, Mask]
) -> dict[str, Array]:
    """The four tiers after limits, and warnings where a given total is above its limit."""
    surplus1 = np.maximum(zeroed(column(cases, "policy_future_surplus_core_tier1")), figures.full(0))
    surplus1 = np.where(detail["core_tier1"], surplus1, figures.full(0))
    surplus2 = np.where(
        detail["core_tier2"], zeroed(column(cases, "policy_future_surplus_core_tier2")), figures.full(0)
    )
    own = zeroed(gross["core_tier1"]) - surplus1
    other2 = gross["core_tier2"] - surplus2
    mutual = cases["organisation"].isin(rulebook.members("capital_limit.core_tier2.exempt")).to_numpy()
    limits = tier_limits(cases, rulebook, figures)
    # a given total of core tier 2 is after limits, so it stands in core capital, the base of the others
    result = recognised_capital(
        own, surplus1, surplus2, other2, gross["supplementary_tier1"], gross["supplementary_tier2"], limits,
        mutual | ~detail["core_tier2"], **limit_options(rulebook),
    )  # fmt: skip
    # from the excess, so that what is not cut stays to the last digit
    kept = {
        "core_tier1": gross["core_tier1"] - (surplus1 - result.future_surplus_tier1),
        "core_tier2": gross["core_tier2"]
        - (surplus2 - result.future_surplus_tier2)
        - (other2 - result.other_core_tier2),
        "supplementary_tier1": result.supplementary_tier1,
        "supplementary_tier2": result.supplementary_tier2,
    }
    if figures.tolerance is not None:
        core = zeroed(kept["core_tier1"]) + kept["core_tier2"]
        room = np.where(mutual, gross["core_tier2"], np.maximum(limits[2] * core, figures.full(0)))
        for tier in TIERS[1:]:
            most = room if tier == "core_tier2" else kept[tier]
            above = ~detail[tier] & (gross[tier] - most > figures.allowance(gross[tier]))
            row = line_items()[tier]
            figures.report(
                np.asarray(above, bool), tier, "above_limit", f"所填{row.zh}超过限额；按限额后金额使用，未作扣减",
                f"the given {row.en.lower()} is above its limit; it is taken as after limits and not cut", gross[tier],
                severity="warning", article="规则第1号第四十一条",
            )  # fmt: skip
    return kept


def limit_options(rulebook: Rulebook) -> dict[str, bool]:
    """The readings of article 41 as options of the kernel."""
    return {
        "base_before_limits": rulebook.reading("tier_limit_base") == "before_limits",
        "limit_at_zero_core": rulebook.reading("beyond_zero_core") == "nothing_recognised",
        "lower_tier_first": rulebook.reading("supplementary_limit_order") == "lower_tier_first",
    }


def tier_limits(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> tuple[Array, Array, Array, Array]:
    """The four limits of each row; a company's own limit of policy future surplus only while reliefs are in force."""
    supplementary, surplus, core_tier2, supplementary_tier2 = (
        figures.full(rulebook.factor(name).content) for name in _LIMITS
    )
    own = column(cases, "future_surplus_limit")
    relief = column(cases, "relief_minimum_capital")
    for item, given in (("future_surplus_limit", own), ("relief_minimum_capital", relief)):
        figures.put(item, given, np.where(missing(given), 0, GIVEN))
        typed = ~missing(given)
        own_limit = item == "future_surplus_limit" and rulebook.reading(item) == "company_specific"
        if not rulebook.has("company_relief.allowed") and not own_limit:
            figures.report(
                typed, item, "relief_ended", "过渡期政策已于评估日前结束", "company reliefs ended before this date", given,
                article="《关于延长保险公司偿付能力监管规则（Ⅱ）实施过渡期有关事项的通知》",
            )  # fmt: skip
        figures.report(
            typed & cases["relief_source"].isna().to_numpy(), item, "relief_source", "过渡期政策须注明来源（relief_source）",
            "a company relief needs its source (relief_source)", given, article="银保监发〔2021〕52号三",
        )  # fmt: skip
    if rulebook.reading("future_surplus_limit") == "company_specific" or rulebook.has("company_relief.allowed"):
        surplus = np.where(missing(own), surplus, own)
    return supplementary, surplus, core_tier2, supplementary_tier2


def _over_limit(cases: pd.DataFrame, figures: Figures, tier: str, over: Array, possible: Mask) -> None:
    item = OVER_LIMIT[tier]
    given = column(cases, item)
    figures.report(
        ~possible & (zeroed(given) != 0),
        item,
        "unused",
        "只有超限额扣除数而没有本级资本的明细，未使用；请填明细，或只填扣除后的合计",
        "an excess is given without the parts of its tier and is not used; give the parts, or only the total after it",
        given,
        severity="warning",
        article="规则第1号第四十一条",
    )
    figures.settle(item, column(cases, item), over, possible, "限额", FORMULAS[item].article)
