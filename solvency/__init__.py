"""China's solvency regime for insurers, C-ROSS Phase II (偿二代二期), as software.

    >>> import solvency
    >>> result = solvency.calculate("book.xlsx")       # doctest: +SKIP
    >>> result.figures["comprehensive_ratio"]          # doctest: +SKIP

Importing the package is cheap: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solvency.assessment import calculate as calculate
    from solvency.capital_management import effect as effect
    from solvency.capital_management import headroom as headroom
    from solvency.capital_management import sales as sales
    from solvency.capital_management import target as target
    from solvency.comparison import compare as compare
    from solvency.errors import InputError as InputError
    from solvency.errors import NotCoveredError as NotCoveredError
    from solvency.errors import SolvencyError as SolvencyError
    from solvency.excel.check import check as check
    from solvency.excel.rule15_disclosure import disclose as disclose
    from solvency.excel.template import template as template
    from solvency.grade_history import grades as grades
    from solvency.inquiry import explain as explain
    from solvency.inquiry import factors as factors
    from solvency.inquiry import measures as measures
    from solvency.inquiry import readings as readings
    from solvency.liquidity_indicators import liquidity as liquidity
    from solvency.plots.plot import plot as plot
    from solvency.position_detail import position_lines as position_lines
    from solvency.regulation.rulebook import Rulebook as Rulebook
    from solvency.result import Result as Result
    from solvency.rules.discount_curve import interest_rate_curves as interest_rate_curves
    from solvency.rules.discount_curve import reserve_discount_curves as reserve_discount_curves
    from solvency.rules.rule05_life_insurance_risk.present_values import (
        present_values_by_unit as present_values_by_unit,
    )
    from solvency.rules.rule05_life_insurance_risk.scenarios import adverse_factors as adverse_factors
    from solvency.rules.rule05_life_insurance_risk.scenarios import lapse_types as lapse_types
    from solvency.rules.rule05_life_insurance_risk.scenarios import mass_lapse_rates as mass_lapse_rates
    from solvency.rules.rule05_life_insurance_risk.scenarios import stressed_lapse_rates as stressed_lapse_rates
    from solvency.sarmra_scores import sarmra as sarmra
    from solvency.stress_test import reverse_test as reverse_test
    from solvency.stress_test import stress as stress

_HOMES = {
    "InputError": "errors",
    "NotCoveredError": "errors",
    "Result": "result",
    "Rulebook": "regulation.rulebook",
    "SolvencyError": "errors",
    "adverse_factors": "rules.rule05_life_insurance_risk.scenarios",
    "calculate": "assessment",
    "check": "excel.check",
    "compare": "comparison",
    "disclose": "excel.rule15_disclosure",
    "effect": "capital_management",
    "explain": "inquiry",
    "factors": "inquiry",
    "grades": "grade_history",
    "headroom": "capital_management",
    "interest_rate_curves": "rules.discount_curve",
    "lapse_types": "rules.rule05_life_insurance_risk.scenarios",
    "liquidity": "liquidity_indicators",
    "mass_lapse_rates": "rules.rule05_life_insurance_risk.scenarios",
    "measures": "inquiry",
    "plot": "plots.plot",
    "position_lines": "position_detail",
    "present_values_by_unit": "rules.rule05_life_insurance_risk.present_values",
    "readings": "inquiry",
    "reserve_discount_curves": "rules.discount_curve",
    "reverse_test": "stress_test",
    "sales": "capital_management",
    "sarmra": "sarmra_scores",
    "stress": "stress_test",
    "stressed_lapse_rates": "rules.rule05_life_insurance_risk.scenarios",
    "target": "capital_management",
    "template": "excel.template",
}

__all__ = [
    "InputError",
    "NotCoveredError",
    "Result",
    "Rulebook",
    "SolvencyError",
    "adverse_factors",
    "calculate",
    "check",
    "compare",
    "disclose",
    "effect",
    "explain",
    "factors",
    "grades",
    "headroom",
    "interest_rate_curves",
    "lapse_types",
    "liquidity",
    "mass_lapse_rates",
    "measures",
    "plot",
    "position_lines",
    "present_values_by_unit",
    "readings",
    "reserve_discount_curves",
    "reverse_test",
    "sales",
    "sarmra",
    "stress",
    "stressed_lapse_rates",
    "target",
    "template",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "life_assumptions":
        return import_module("solvency.life_assumptions")
    if name in _HOMES:
        return getattr(import_module(f"solvency.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'solvency' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
