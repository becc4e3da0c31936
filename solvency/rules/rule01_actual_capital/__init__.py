"""Rule 1: actual capital in four tiers, and the four limits with the excess as a capital liability (article 41)."""

from solvency.rules.rule01_actual_capital.formulas import FORMULAS, OVER_LIMIT, TIERS
from solvency.rules.rule01_actual_capital.headroom import Headroom, headroom
from solvency.rules.rule01_actual_capital.limits import Recognised, limit_options, recognised_capital, tier_limits
from solvency.rules.rule01_actual_capital.rows import actual_capital

__all__ = [
    "FORMULAS",
    "OVER_LIMIT",
    "TIERS",
    "Headroom",
    "Recognised",
    "actual_capital",
    "headroom",
    "limit_options",
    "recognised_capital",
    "tier_limits",
]
