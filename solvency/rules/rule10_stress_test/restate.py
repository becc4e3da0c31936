"""Changed line items → the seven indicators of form ST01, by the rules of the base (rule 10, articles 9, 22; rules 1, 2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import aggregate
from solvency.rules.frame import Array, Figures, Mask, counted, missing, not_negative, zeroed
from solvency.rules.ratios import solvency_ratios
from solvency.rules.rule01_actual_capital import recognised_capital
from solvency.rules.rule02_minimum_capital.kernel import NONLIFE
from solvency.rules.rule10_stress_test.effects import Effects, Rows
from solvency.tables.exposures import TIERS
from solvency.tables.spec import MODULES

INDICATORS = (
    "actual_capital", "core_capital", "minimum_capital", "core_surplus", "core_ratio", "comprehensive_surplus",
    "comprehensive_ratio",
)  # fmt: skip
Edits = Mapping[str, tuple[Array, Array]]  # item -> (multiplier, addition), applied after the effects


def restated(rows: Rows, effects: Effects, rulebook: Rulebook, edits: Edits | None = None) -> dict[str, Array]:
    """The indicators of n rows after the effects; NaN where something is lacking, which `effects.lacking` then names.

    Every figure is the base plus what changed, so no change gives the base exactly. Tiers are cut by the limits of
    rule 1 with the stressed core tier 1; the share of policy future surplus inside them is not tested again. Rows of
    Decimals take a rulebook of Decimals.
    """
    edits = edits or {}
    capital = _capital(rows, effects, edits)
    minimum = _minimum(rows, effects, edits)
    blank = lacks(effects)
    figures = Figures(len(rows), exact=rows.exact)
    for item, values in (*capital.items(), ("minimum_capital", minimum)):
        figures.put(item, np.where(blank, figures.nan, values))
    solvency_ratios(rulebook, figures)
    return {item: figures.values[item] for item in INDICATORS}


def lacks(effects: Effects) -> Mask:
    """Rows where something is lacking."""
    return np.asarray(np.logical_or.reduce([np.zeros(effects.size, bool), *effects.lacking.values()]), bool)


def _changed(rows: Rows, effects: Effects, edits: Edits, item: str, more: Array | int = 0) -> Array:
    """An item after its effects, then `more`, then the edits. A changed amount that is not there is lacking."""
    base = rows.amounts[item]
    delta = effects.deltas.get(item, rows.full(0)) + more
    multiplier, addition = edits.get(item, (rows.full(1), rows.full(0)))
    touched = (delta != 0) | (multiplier != 1) | (addition != 0)
    effects.lack(("S02" if item in TIERS else "S05", item), touched & missing(base))
    return np.where(touched, (base + delta) * multiplier + addition, base)


def _capital(rows: Rows, effects: Effects, edits: Edits) -> dict[str, Array]:
    before = [zeroed(rows.amounts[tier]) for tier in TIERS]
    after = [zeroed(_changed(rows, effects, edits, tier)) for tier in TIERS]
    touched = np.logical_or.reduce([a != b for a, b in zip(after, before, strict=True)])
    # given tiers are after limits and never cut; only what stress adds to an excess is
    change = [counted(a - b, touched) for a, b in zip(_limited(rows, after), _limited(rows, before), strict=True)]
    return {
        "actual_capital": rows.amounts["actual_capital"] + sum(change),
        "core_capital": rows.amounts["core_capital"] + change[0] + change[1],
    }


def _limited(rows: Rows, tiers: list[Array]) -> list[Array]:
    zero = rows.full(0)
    own, second, first_supplement, second_supplement = tiers
    kept = recognised_capital(
        own, zero, zero, second, first_supplement, second_supplement, rows.limits, rows.mutual, **rows.options
    )
    core_tier2 = kept.future_surplus_tier2 + kept.other_core_tier2
    return [tiers[0], core_tier2, kept.supplementary_tier1, kept.supplementary_tier2]


def _minimum(rows: Rows, effects: Effects, edits: Edits) -> Array:
    """Minimum capital after aggregation through both levels; size coefficient and control-risk factor stay."""
    before, after = [], []
    for (module, items), matrix in zip(MODULES.items(), rows.matrices.modules, strict=True):
        base = np.array([zeroed(rows.amounts[item]) for item in items])
        # a risk capital is never negative
        stressed = np.array([not_negative(zeroed(_changed(rows, effects, edits, item))) for item in items])
        moved = (stressed != base).any(axis=0)
        change = counted(aggregate(stressed, matrix) - aggregate(base, matrix), moved)
        if module == NONLIFE and rows.technology is not None:
            change = change * rows.technology
        before.append(rows.amounts[module])
        after.append(not_negative(_changed(rows, effects, edits, module, change)))
    moved = np.logical_or.reduce([(a != b) & ~(missing(a) & missing(b)) for a, b in zip(after, before, strict=True)])
    for module, base in zip(MODULES, before, strict=True):
        effects.lack(("S05", module), moved & missing(base))
    effects.lack(("S05", "quantified_mc"), moved & missing(rows.factor))
    top = rows.matrices.quantified
    spread = aggregate(zeroed(np.array(after)), top) - aggregate(zeroed(np.array(before)), top)
    total = rows.amounts["minimum_capital"] + counted(rows.factor * spread, moved)
    for item, weight in (("loss_absorption", -rows.factor), ("additional_capital", rows.full(1))):
        difference = zeroed(_changed(rows, effects, edits, item)) - zeroed(rows.amounts[item])
        total = total + counted(weight * difference, difference != 0)
    delta = effects.deltas.get("minimum_capital", rows.full(0))
    multiplier, addition = edits.get("minimum_capital", (rows.full(1), rows.full(0)))
    return np.asarray((total + delta) * multiplier + addition)
