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
    from solvency.comparison import compare as compare
    from solvency.errors import InputError as InputError
    from solvency.errors import NotCoveredError as NotCoveredError
    from solvency.errors import SolvencyError as SolvencyError
    from solvency.excel.check import check as check
    from solvency.excel.rule15_disclosure import disclose as disclose
    from solvency.excel.template import template as template
    from solvency.inquiry import explain as explain
    from solvency.inquiry import factors as factors
    from solvency.inquiry import measures as measures
    from solvency.inquiry import readings as readings
    from solvency.plots.plot import plot as plot
    from solvency.position_detail import position_lines as position_lines
    from solvency.regulation.rulebook import Rulebook as Rulebook
    from solvency.result import Result as Result
    from solvency.rules.discount_curve import interest_rate_curves as interest_rate_curves
    from solvency.sarmra_scores import sarmra as sarmra
    from solvency.stress_test import reverse_test as reverse_test
    from solvency.stress_test import stress as stress

_HOMES = {
    "InputError": "errors",
    "NotCoveredError": "errors",
    "Result": "result",
    "Rulebook": "regulation.rulebook",
    "SolvencyError": "errors",
    "calculate": "assessment",
    "check": "excel.check",
    "compare": "comparison",
    "disclose": "excel.rule15_disclosure",
    "explain": "inquiry",
    "factors": "inquiry",
    "interest_rate_curves": "rules.discount_curve",
    "measures": "inquiry",
    "plot": "plots.plot",
    "position_lines": "position_detail",
    "readings": "inquiry",
    "reverse_test": "stress_test",
    "sarmra": "sarmra_scores",
    "stress": "stress_test",
    "template": "excel.template",
}

__all__ = [
    "InputError",
    "NotCoveredError",
    "Result",
    "Rulebook",
    "SolvencyError",
    "calculate",
    "check",
    "compare",
    "disclose",
    "explain",
    "factors",
    "interest_rate_curves",
    "measures",
    "plot",
    "position_lines",
    "readings",
    "reverse_test",
    "sarmra",
    "stress",
    "template",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"solvency.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'solvency' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
