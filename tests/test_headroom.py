"""Headroom under the limits of article 41: the closed form against a search on the kernel of the limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvency.rules.rule01_actual_capital import Headroom, headroom, recognised_capital

PARTS = ("core_tier2", "future_surplus_tier1", "future_surplus_tier2", "supplementary_tier1", "supplementary_tier2")
PLACE = {
    "future_surplus_tier1": 1,
    "future_surplus_tier2": 2,
    "core_tier2": 3,
    "supplementary_tier1": 4,
    "supplementary_tier2": 5,
}
STEP = 1e-4
FAR = 1e7

amounts = st.integers(0, 10**5).map(lambda cents: cents / 100)
surplus_limits = st.sampled_from((0.05, 0.35, 0.40, 0.55, 0.65, 0.7, 0.8, 1.0))


def arrays(parts: list[float]) -> list[np.ndarray]:
    return [np.array([value]) for value in parts]


def limits_of(surplus: float) -> Any:
    return tuple(arrays([1.0, surplus, 0.30, 0.25]))


def capital(
    parts: list[float], part: str, more: float, surplus: float, mutual: bool, options: dict[str, bool]
) -> float:
    """Core capital, or supplementary capital, with `more` of one part; what an extra amount is counted in."""
    changed = list(parts)
    changed[PLACE[part]] += more
    kept = recognised_capital(*arrays(changed), limits_of(surplus), np.array([mutual]), **options)
    if part.startswith("supplementary"):
        return float((kept.supplementary_tier1 + kept.supplementary_tier2)[0])
    return float((kept.future_surplus_tier1 + kept.future_surplus_tier2 + kept.other_core_tier2)[0])


def searched(parts: list[float], part: str, surplus: float, mutual: bool, options: dict[str, bool]) -> float:
    """How far every further step still counts in full, by halving; capital is concave in each part."""

    def counts(at: float) -> bool:
        more = capital(parts, part, at + STEP, surplus, mutual, options) - capital(
            parts, part, at, surplus, mutual, options
        )
        return more >= STEP * (1 - 1e-3)

    low, high = 0.0, FAR
    if not counts(low):
        return 0.0
    if counts(high):
        return np.inf
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if counts(middle) else (low, middle)
    return high


@settings(max_examples=150)
@given(
    st.integers(-(10**4), 10**5).map(lambda cents: cents / 100), st.lists(amounts, min_size=5, max_size=5), surplus_limits,
    st.booleans(), st.booleans(), st.booleans(), st.sampled_from(PARTS),
)  # fmt: skip
def test_headroom_against_a_search(
    own: float, others: list[float], surplus: float, mutual: bool, before: bool, lower_first: bool, part: str
) -> None:
    options = {"base_before_limits": before, "lower_tier_first": lower_first}
    parts = [own, *others]
    found: Headroom = headroom(*arrays(parts), limits_of(surplus), np.array([mutual]), **options)
    assert float(getattr(found, part)[0]) == pytest.approx(
        searched(parts, part, surplus, mutual, options), abs=3 * STEP, rel=1e-6
    )


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("before", [False, True])
def test_headroom_of_half_a_yuan_of_capital(part: str, before: bool) -> None:
    parts = [0.5, 0.0, 0.0, 0.0, 0.0, 0.0]
    options = {"base_before_limits": before}
    found: Headroom = headroom(*arrays(parts), limits_of(0.4), np.array([False]), **options)
    assert float(getattr(found, part)[0]) == pytest.approx(searched(parts, part, 0.4, False, options), abs=3 * STEP)
