"""The four limits of article 41: the kernel, its options and the limits in force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import GIVEN, Array, Figures, Mask, column, missing
from solvency.rules.rule01_actual_capital.formulas import (
    LIMITS,
)


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


def limit_options(rulebook: Rulebook) -> dict[str, bool]:
    """The readings of article 41 as options of the kernel."""
    return {
        "base_before_limits": rulebook.reading("tier_limit_base") == "before_limits",
        "limit_at_zero_core": rulebook.reading("beyond_zero_core") == "nothing_recognised",
        "lower_tier_first": rulebook.reading("supplementary_limit_order") == "lower_tier_first",
    }


def tier_limits(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> tuple[Array, Array, Array, Array]:
    """The four limits of each row; a company's own limit of policy future surplus only while reliefs are in force."""
    supplementary, surplus, core_tier2, supplementary_tier2 = (figures.full(rulebook.value(name)) for name in LIMITS)
    own = column(cases, "future_surplus_limit")
    relief = column(cases, "relief_minimum_capital")
    for item, given in (("future_surplus_limit", own), ("relief_minimum_capital", relief)):
        typed = ~missing(given)
        own_limit = item == "future_surplus_limit" and rulebook.reading(item) == "company_specific"
        in_force = rulebook.has("company_relief.allowed") or own_limit
        figures.put(item, given if in_force else figures.full("nan"), np.where(typed & np.bool_(in_force), GIVEN, 0))
        if not in_force:
            figures.report(
                typed, item, "relief_ended", "过渡期政策已于评估日前结束", "company reliefs ended before this date", given,
                article="《关于延长保险公司偿付能力监管规则（Ⅱ）实施过渡期有关事项的通知》", severity=figures.severity,
            )  # fmt: skip
        figures.report(
            typed & cases["relief_source"].isna().to_numpy(), item, "relief_source", "过渡期政策须注明来源（relief_source）",
            "a company relief needs its source (relief_source)", given, article="银保监发〔2021〕52号三",
        )  # fmt: skip
    if rulebook.reading("future_surplus_limit") == "company_specific" or rulebook.has("company_relief.allowed"):
        surplus = np.where(missing(own), surplus, own)
    return supplementary, surplus, core_tier2, supplementary_tier2
