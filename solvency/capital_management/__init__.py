"""Capital management: headroom under the limits, what brings a ratio to its target, before and after (rules 1, 14, 15)."""

from solvency.capital_management.before_after import Effect as Effect
from solvency.capital_management.effects import effect as effect
from solvency.capital_management.sales import sales as sales
from solvency.capital_management.targets import target as target
from solvency.capital_management.tier_headroom import headroom as headroom

__all__ = ["Effect", "effect", "headroom", "sales", "target"]
