"""Rule 13: liquidity risk. The cash-flow test, coverage ratios, back-testing, net cash flow, monitoring; annex 6."""

from solvency.rules.rule13_liquidity_risk.cash_flows import settled
from solvency.rules.rule13_liquidity_risk.coverage import coverage_ratio, liquid_reserve
from solvency.rules.rule13_liquidity_risk.formulas import FORMULAS, LINES
from solvency.rules.rule13_liquidity_risk.liquidity import Liquidity, liquidity, requirements
from solvency.rules.rule13_liquidity_risk.monitoring import indicator
from solvency.rules.rule13_liquidity_risk.regulatory import deviation, running_below
from solvency.rules.rule13_liquidity_risk.stress import inputs_of, mandatory_flows, stressed_surrender_rate
from solvency.rules.rule13_liquidity_risk.sums import Sum

__all__ = [
    "FORMULAS",
    "LINES",
    "Liquidity",
    "Sum",
    "coverage_ratio",
    "deviation",
    "indicator",
    "inputs_of",
    "liquid_reserve",
    "liquidity",
    "mandatory_flows",
    "requirements",
    "running_below",
    "settled",
    "stressed_surrender_rate",
]
