"""Floors of dividends and of crediting rates of universal life (rule 3, article 13, annex 1)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array
from solvency.rules.rule03_life_liability.corridor import along, numeric

MONTHS: Mapping[str, int] = {"monthly": 1, "quarterly": 3, "annual": 12}  # of a period


def dividend_levels(
    assumed: npt.ArrayLike, illustrated: npt.ArrayLike, previous: npt.ArrayLike, rulebook: Rulebook
) -> Array:
    """Dividends of years 1, 2, … after the valuation date, raised to their floors (annex 1, part 1): (…, years).

    assumed: (…, years); illustrated: the low dividends of the product's illustration, as `assumed`; previous: (…), the level of the year
    before. Any unit of level, the same in all. Within 36 months a level is at least the illustrated one and 80% of the year before, as it was
    raised itself; never below zero. A level that comes back unchanged keeps to the annex. Raises UsageError.
    """
    levels = np.atleast_1d(numeric(assumed)).copy()
    low, before = along(numeric(illustrated), levels.shape), along(numeric(previous), levels.shape[:-1])
    held = int(rulebook.value("dividend.floor_months")) // MONTHS["annual"]
    share = float(rulebook.value("dividend.previous_share"))
    for year in range(min(held, levels.shape[-1])):
        before = np.maximum(levels[..., year], np.maximum(low[..., year], share * before))
        levels[..., year] = before
    return np.asarray(np.maximum(levels, float(rulebook.value("dividend.least"))))


def crediting_rates(
    assumed: npt.ArrayLike, guaranteed: npt.ArrayLike, investment: npt.ArrayLike, previous: npt.ArrayLike, rulebook: Rulebook,
    *, frequency: str = "monthly",
) -> Array:  # fmt: skip
    """Crediting rates of universal life of periods 1, 2, …, raised to their floors (annex 1, part 2): (…, periods).

    All rates are compounded yearly levels, ratios. assumed, investment: (…, periods), the return being the discount curve (article 12);
    guaranteed: one, (…) or (…, periods); previous: (…), the rate of the period before. frequency: `monthly`, `quarterly`, `annual`. Within 36
    months the spread to the return is at most 25% of it and at most 150 basis points, and a rate is at least a share of the one before
    (reading `universal_rate_step`); the guaranteed rate holds throughout. Raises UsageError.
    """
    rates = np.atleast_1d(numeric(assumed)).copy()
    shares = rulebook.rows("universal_rate.previous_share")
    if frequency not in shares:
        raise UsageError(
            f"结算频率没有 {frequency}，可填 {'、'.join(shares)}",
            f"no frequency {frequency}; one of {', '.join(shares)}",
        )
    earned = along(numeric(investment), rates.shape)
    spread = np.minimum(
        float(rulebook.value("universal_rate.spread_share")) * earned,
        float(rulebook.value("universal_rate.spread_limit")),
    )
    least, before = along(numeric(guaranteed), rates.shape), along(numeric(previous), rates.shape[:-1])
    held = int(rulebook.value("universal_rate.floor_months")) // MONTHS[frequency]
    share = float(shares[frequency])
    for period in range(min(held, rates.shape[-1])):
        floor = np.maximum(least[..., period], earned[..., period] - spread[..., period])
        before = np.maximum(rates[..., period], np.maximum(floor, share * before))
        rates[..., period] = before
    return np.asarray(np.maximum(rates, least))
