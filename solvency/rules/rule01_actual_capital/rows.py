"""Every row of S02, from components or as given tier totals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import BLANK, COMPUTED, GIVEN, Array, Figures, Mask, column, missing, sum_of, zeroed
from solvency.rules.rule01_actual_capital.balance import admitted_amounts, from_tables
from solvency.rules.rule01_actual_capital.formulas import (
    ADJUSTMENTS,
    FORMULAS,
    OVER_LIMIT,
    PARTS,
    TIERS,
)
from solvency.rules.rule01_actual_capital.limits import limit_options, recognised_capital, tier_limits
from solvency.rules.rule01_actual_capital.surplus import future_surplus
from solvency.tables.spec import line_items


def actual_capital(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> None:
    """All rows of S02 of n insurers, from components or as given tier totals (rule 1).

    cases: n rows, amounts in yuan, NaN for blank. Tiers with components are cut at the limits, the excess being a capital
    liability; given tier totals are after limits: tested, never cut. Adds every S02 row, `core_tier1_over_limit`,
    `capital_liability_over_limit`, `core_capital`, admitted assets and liabilities to `figures`. Minimum capital must be there.
    """
    cases = future_surplus(from_tables(cases, figures), rulebook, figures)
    net = column(cases, "net_assets")
    kind = np.where(figures.derived.get("net_assets", False), COMPUTED, GIVEN)
    figures.put("net_assets", net, np.where(missing(net), 0, kind))
    gross1, detail1 = _core_tier1(cases, figures)
    gross: dict[str, Array] = {"core_tier1": gross1}
    detail: dict[str, Mask] = {"core_tier1": detail1}
    for tier, parts in PARTS.items():
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
            _no_parts(figures, tier, ~detail[tier] & (zeroed(given) == 0))
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
    figures.settle("actual_capital", column(cases, "actual_capital"), total, known, "各级资本", "规则第1号第四条")
    figures.put("core_capital", figures.values["core_tier1"] + figures.values["core_tier2"])
    admitted_amounts(cases, figures)


def _no_parts(figures: Figures, tier: str, none: Mask) -> None:
    """A tier of zero without a part typed has no parts: each is zero, as its blank is declared."""
    for item in PARTS[tier]:
        figures.put(
            item, np.where(none, figures.full(0), figures.values[item]), np.where(none, BLANK, figures.origins[item])
        )


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
