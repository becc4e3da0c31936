"""How each figure is computed, gathered from the modules that compute it: what `explain` prints."""

from __future__ import annotations

from functools import lru_cache

from solvency.rules import ratios, rule01_actual_capital, rule02_minimum_capital
from solvency.rules.frame import Formula
from solvency.rules.rule11_risk_rating import formulas as rule11
from solvency.rules.rule13_liquidity_risk import formulas as rule13
from solvency.rules.rule20_lloyds_china import formulas as rule20

FORMULAS: dict[str, Formula] = {
    **rule02_minimum_capital.FORMULAS,
    **rule01_actual_capital.FORMULAS,
    **ratios.FORMULAS,
    **rule11.FORMULAS,
    **rule13.FORMULAS,
    **rule20.FORMULAS,
}


@lru_cache(maxsize=256)
def depends_on(item: str) -> frozenset[str]:
    """The item itself and every figure that is computed from it."""
    found = {item}
    grown = True
    while grown:
        more = {name for name, formula in FORMULAS.items() if found.intersection(formula.inputs)} - found
        found |= more
        grown = bool(more)
    return frozenset(found)
