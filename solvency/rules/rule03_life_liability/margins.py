"""The time value of options and guarantees, and the risk margin (rule 3, articles 20 to 22, annex 5)."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.discount_curve import discount_factors
from solvency.rules.frame import Array
from solvency.rules.rule03_life_liability.corridor import looked_up, numeric


def tvog_factors(guaranteed_rate: npt.ArrayLike, rulebook: Rulebook) -> Array:
    """The TVOG factor by guaranteed rate (annex 5), of the shape of `guaranteed_rate`, ratios. Raises UsageError for a rate below zero."""
    rates = numeric(guaranteed_rate)
    found = looked_up(rulebook, "tvog.factor", rates.shape, guaranteed_rate=rates)
    if np.isnan(found).any():
        raise UsageError("保证利率不得低于 0", "a guaranteed rate is not below 0")
    return found


def account_reserve_value(reserves: npt.ArrayLike, spot: Array) -> Array:
    """PV of the account reserves of n units: the sum over the valuation date and every year end after it (article 20), (n,).

    reserves: (n, 1 + years), the first being that of the valuation date. spot: (years or more,) one discount curve of annex 1, or (n, years or
    more) one per unit. Raises UsageError.
    """
    amounts = np.atleast_2d(numeric(reserves, ("账户准备金", "account reserves")))
    years = amounts.shape[-1] - 1
    if spot.shape[-1] < years:
        raise UsageError(f"折现率曲线须至少到第 {years} 年", f"the curve must reach year {years} at least")
    factors = np.atleast_2d(discount_factors(spot)[..., :years])
    whole = np.concatenate([np.ones_like(factors[..., :1]), factors], axis=-1)
    return np.asarray((amounts * whole).sum(axis=-1))


def tvog(reserve_value: npt.ArrayLike, guaranteed_rate: npt.ArrayLike, rulebook: Rulebook) -> Array:
    """TVOG = PV(account reserves) × factor (article 20), by unit."""
    return np.asarray(numeric(reserve_value) * tvog_factors(guaranteed_rate, rulebook))


def risk_margin(capital: npt.ArrayLike, rulebook: Rulebook) -> Array:
    """RM = MC × F⁻¹(85%) ÷ F⁻¹(99.5%) by the quantile method (article 21); MC being the insurance-risk capital of the contracts.

    capital: any shape; before reinsurance from the scenarios before reinsurance (article 22). NaN stays NaN.
    """
    return np.asarray(np.asarray(capital, dtype=float) * risk_margin_ratio(rulebook))


def risk_margin_ratio(rulebook: Rulebook) -> float:
    """The ratio of the two normal quantiles of article 21."""
    normal = NormalDist()
    ends = (
        normal.inv_cdf(float(rulebook.value(f"risk_margin.{name}"))) for name in ("confidence", "capital_confidence")
    )
    return next(ends) / next(ends)
