"""The parts of the tiers, and what rule 1 computes from what, by which article."""

from __future__ import annotations

from solvency.rules.frame import Formula
from solvency.rules.rule01_actual_capital.table_formulas import TABLE_FORMULAS

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
PARTS = {
    "core_tier2": CORE_TIER2,
    "supplementary_tier1": SUPPLEMENTARY_TIER1,
    "supplementary_tier2": SUPPLEMENTARY_TIER2,
}
OVER_LIMIT = {
    "core_tier2": "core_tier2_over_limit",
    "supplementary_tier1": "supplementary_tier1_over_limit",
    "supplementary_tier2": "supplementary_tier2_over_limit",
}
FUTURE_SURPLUS = (
    "policy_future_surplus_core_tier1", "policy_future_surplus_core_tier2", "policy_future_surplus_supplementary_tier1",
    "policy_future_surplus_supplementary_tier2",
)  # fmt: skip
TIERS = ("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2")
LIMITS = (
    "capital_limit.supplementary", "capital_limit.policy_future_surplus", "capital_limit.core_tier2",
    "capital_limit.supplementary_tier2",
)  # fmt: skip
READINGS = ("tier_limit_base", "beyond_zero_core", "supplementary_limit_order", "future_surplus_limit")

FORMULAS: dict[str, Formula] = {
    "net_asset_adjustments": Formula(ADJUSTMENTS, "规则第1号第四十条", ("Σ", "Σ")),
    "core_tier1": Formula(
        ("net_assets", "net_asset_adjustments", "core_tier1_over_limit"),
        "规则第1号第四十、四十一条",
        ("净资产 + 调整额 − 超限额部分", "net assets + adjustments − excess over the limit"),
        LIMITS,
        READINGS,
    ),
    "core_tier1_over_limit": Formula(
        ("policy_future_surplus_core_tier1", "policy_future_surplus_core_tier2"),
        "规则第1号第四十一条（二）",
        ("计入核心资本的保单未来盈余超过限额的部分", "policy future surplus in core capital above its limit"),
        LIMITS,
        READINGS,
    ),
    "core_tier2": Formula(
        (*CORE_TIER2, "core_tier2_over_limit"),
        "规则第1号第四十一条",
        ("Σ − 超限额部分", "Σ − excess"),
        LIMITS,
        READINGS,
    ),
    "core_tier2_over_limit": Formula(
        CORE_TIER2, "规则第1号第四十一条（二）（三）", ("超过限额的部分", "excess over the limits"), LIMITS, READINGS
    ),
    "supplementary_tier1": Formula(
        (*SUPPLEMENTARY_TIER1, "supplementary_tier1_over_limit"),
        "规则第1号第四十一条",
        ("Σ − 超限额部分", "Σ − excess"),
        LIMITS,
        READINGS,
    ),
    "supplementary_tier1_over_limit": Formula(
        SUPPLEMENTARY_TIER1,
        "规则第1号第四十一条（一）",
        ("超过限额的部分", "excess over the limit"),
        LIMITS,
        READINGS,
    ),
    "supplementary_tier2": Formula(
        (*SUPPLEMENTARY_TIER2, "supplementary_tier2_over_limit"),
        "规则第1号第四十一条",
        ("Σ − 超限额部分", "Σ − excess"),
        LIMITS,
        READINGS,
    ),
    "supplementary_tier2_over_limit": Formula(
        SUPPLEMENTARY_TIER2,
        "规则第1号第四十一条（一）（四）",
        ("超过限额的部分", "excess over the limits"),
        LIMITS,
        READINGS,
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
    **TABLE_FORMULAS,
    "income_tax_reserve": Formula(
        ("life_residual_margin",),
        "规则第1号第二十四条；银保监发〔2021〕52号一（一）",
        ("剩余边际 × 比例", "residual margin × share"),
        ("income_tax_reserve.share",),
    ),
    "core_capital": Formula(
        ("core_tier1", "core_tier2"),
        "规则第1号第二十九条",
        ("核心一级资本 + 核心二级资本", "core tier 1 + core tier 2"),
    ),
}
