"""The input of a calculation after capital has changed: the figures of a result, with what was added, ready to be calculated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from solvency.capital_management.starting_point import PART_OF, Outcome, StartingPoint
from solvency.result import Result
from solvency.rules.frame import Array, missing
from solvency.rules.rule01_actual_capital import TIERS
from solvency.tables.spec import MODULES, SUB_RISKS

DIGITS = 4  # of a yuan: more is what floats leave of a sum
# where the parts of a tier that are no policy future surplus of core capital are put; rows that may be negative
ROWS = {
    "core_tier1": "net_assets",
    "core_tier2": "other_core_tier2",
    "supplementary_tier1": "other_supplementary_tier1",
    "supplementary_tier2": "policy_future_surplus_supplementary_tier2",
}
SURPLUS_ROWS = {
    "core_tier1": ("surplus_tier1", "policy_future_surplus_core_tier1"),
    "core_tier2": ("surplus_tier2", "policy_future_surplus_core_tier2"),
}


def restated_input(
    result: Result, start: StartingPoint, tiers: Mapping[str, Array], assets: Array, change: Mapping[str, Array], outcome: Outcome
) -> pd.DataFrame:  # fmt: skip
    """The rows of a starting point as an input in yuan, with amounts added to tiers, total assets and sub-risks.

    Parts are given where they are known, so that limits cut them anew; given totals are taken after limits from `outcome`. What
    positions and the tables of rule 1 gave is given as it came out.
    """
    frame: dict[str, Any] = {
        str(name): column.to_numpy(object) for name, column in result.cases.iloc[start.positions].items()
    }
    for part in (_capital(start, tiers, outcome), _minimum(result, start, assets, change, outcome)):
        frame |= {item: np.round(values, DIGITS) for item, values in part.items()}
    figures = result.figures.iloc[start.positions]
    for item in ("future_surplus_limit", "relief_minimum_capital", "sarmra_score"):
        frame[item] = figures[item].to_numpy(float)
    frame["size_coefficient"] = np.where(_by_coefficient(start), start.base["size_coefficient"], np.nan)
    return pd.DataFrame(frame, index=start.positions)


def _capital(start: StartingPoint, tiers: Mapping[str, Array], outcome: Outcome) -> dict[str, Array]:
    """Rows of S02: parts where they are known, else the total after limits."""
    found: dict[str, Array] = {}
    for tier in TIERS:
        known = start.detail[tier]
        found[ROWS[tier]] = np.where(known, start.parts[PART_OF[tier]] + tiers.get(tier, 0.0), np.nan)
        found[tier] = np.where(known, np.nan, outcome.tiers[tier])
        if tier in SURPLUS_ROWS:
            part, item = SURPLUS_ROWS[tier]
            found[item] = np.where(known, start.parts[part], np.nan)
    return found


def _minimum(
    result: Result, start: StartingPoint, assets: Array, change: Mapping[str, Array], outcome: Outcome
) -> dict[str, Array]:
    """Rows of S05, and total assets: sub-risks where a module is known by them, else modules, else totals."""
    figures = result.figures.iloc[start.positions]
    found: dict[str, Array] = {}
    for module, items in MODULES.items():
        sub = {item: start.sub_risks[SUB_RISKS.index(item)] for item in items}
        parts = start.complete & ~np.logical_or.reduce([missing(values) for values in sub.values()])
        for item, values in sub.items():
            found[item] = np.where(parts, np.maximum(values + change.get(item, 0.0), 0.0), np.nan)
        found[module] = np.where(start.complete & ~parts, figures[module].to_numpy(float), np.nan)
    for item in ("loss_absorption", "additional_capital"):
        found[item] = figures[item].to_numpy(float)
    quantified = start.undiscounted_after(change) * outcome.size
    found["quantified_mc"] = np.where(start.complete, np.nan, quantified)
    found["minimum_capital"] = np.where(missing(quantified), outcome.minimum_capital, np.nan)
    factor = figures["control_risk_factor"].to_numpy(float)
    control = start.undiscounted_after(change) * start.control_share(outcome.size)
    found["control_risk_mc"] = np.where(missing(factor) & ~missing(quantified), control, np.nan)
    found["total_assets"] = np.where(_by_coefficient(start), np.nan, start.total_assets + assets)
    return found


def _by_coefficient(start: StartingPoint) -> Array:
    """Where the size coefficient is held and has to be given."""
    return ~start.by_assets & ~missing(start.undiscounted) & np.bool_(bool(start.bands))
