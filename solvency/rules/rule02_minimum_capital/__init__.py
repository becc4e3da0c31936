"""Rule 2: from sub-risks to minimum capital; size coefficient of the 2023 notice; control risk of rule 12.

S05 row 1 is size coefficient × (√(v·M·vᵀ) − loss absorption); the diversification and loss-absorption lines are
shown before the coefficient, as filed reports print them.
"""

from solvency.rules.rule02_minimum_capital.contributions import contributions
from solvency.rules.rule02_minimum_capital.formulas import FORMULAS
from solvency.rules.rule02_minimum_capital.kernel import Matrices, matrices, quantified_rows, total_minimum_capital
from solvency.rules.rule02_minimum_capital.rows import minimum_capital

__all__ = [
    "FORMULAS",
    "Matrices",
    "contributions",
    "matrices",
    "minimum_capital",
    "quantified_rows",
    "total_minimum_capital",
]
