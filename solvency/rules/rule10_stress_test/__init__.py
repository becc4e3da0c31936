"""Rule 10: stress tests. Scenarios are sets of changes; each scenario is one more row of every insurer.

scenarios.py   mandatory sets (annex 4) and own scenarios (YAML)
effects.py     changes of risk factors → changes of line items, to first order; a full projection replaces this part
restate.py     changed line items → the seven indicators of form ST01
evaluate.py    all scenarios on all rows in one pass
reverse.py     the change of one factor at which the comprehensive ratio is at its target
"""
