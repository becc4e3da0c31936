"""What a company's own model of life business takes from the rules: curves, scenarios, floors and corridors, TVOG, risk margin.

    >>> from solvency import Rulebook, life_assumptions
    >>> rules = Rulebook.at("2025-12-31")
    >>> corridor = life_assumptions.lapse_corridor("traditional", "agency", "regular", [1, 2, 3], rules)
    >>> corridor.held([0.30, 0.08, 0.01]).tolist()
    [0.2, 0.08, 0.05]

Every function takes arrays and a rulebook and returns arrays; none projects policies.
"""

from __future__ import annotations

from solvency.rules.discount_curve import (
    discount_factors,
    forward_rates,
    reserve_discount_curves,
    reserve_forward_curves,
)
from solvency.rules.rule03_life_liability.corridor import Corridor
from solvency.rules.rule03_life_liability.crediting import crediting_rates, dividend_levels
from solvency.rules.rule03_life_liability.expenses import company_class, expense_floors, own_expenses_allowed
from solvency.rules.rule03_life_liability.incidence import critical_illness_corridor, mortality_corridor
from solvency.rules.rule03_life_liability.margins import (
    account_reserve_value,
    risk_margin,
    risk_margin_ratio,
    tvog,
    tvog_factors,
)
from solvency.rules.rule03_life_liability.policyholders import (
    lapse_basis,
    lapse_corridor,
    renewal_corridor,
    short_term_product,
    withdrawal_corridor,
)
from solvency.rules.rule05_life_insurance_risk.present_values import present_values_by_unit
from solvency.rules.rule05_life_insurance_risk.scenarios import (
    adverse_factors,
    lapse_types,
    mass_lapse_rates,
    stressed_lapse_rates,
)

__all__ = [
    "Corridor",
    "account_reserve_value",
    "adverse_factors",
    "company_class",
    "crediting_rates",
    "critical_illness_corridor",
    "discount_factors",
    "dividend_levels",
    "expense_floors",
    "forward_rates",
    "lapse_basis",
    "lapse_corridor",
    "lapse_types",
    "mass_lapse_rates",
    "mortality_corridor",
    "own_expenses_allowed",
    "present_values_by_unit",
    "renewal_corridor",
    "reserve_discount_curves",
    "reserve_forward_curves",
    "risk_margin",
    "risk_margin_ratio",
    "short_term_product",
    "stressed_lapse_rates",
    "tvog",
    "tvog_factors",
    "withdrawal_corridor",
]
