"""Rule 10: stress tests. Scenarios are sets of changes; each scenario is one more row of every insurer.

    scenarios.py   mandatory sets (annex 4) and own scenarios (YAML)
    effects.py     changes of risk factors → changes of line items, to first order; a full projection replaces this part
    restate.py     changed line items → seven indicators of form ST01
    reverse.py     the change of one factor at which the comprehensive ratio is at its target
"""

from solvency.rules.rule10_stress_test.effects import Effects, Projection, Rows, first_order
from solvency.rules.rule10_stress_test.restate import INDICATORS, restated
from solvency.rules.rule10_stress_test.reverse import reverse
from solvency.rules.rule10_stress_test.scenarios import (
    FACTORS,
    Change,
    Scenario,
    mandatory_scenarios,
    read_scenarios,
)

__all__ = [
    "FACTORS",
    "INDICATORS",
    "Change",
    "Effects",
    "Projection",
    "Rows",
    "Scenario",
    "first_order",
    "mandatory_scenarios",
    "read_scenarios",
    "restated",
    "reverse",
]
