"""Units before and after reinsurance: which rows of LifeUnits and LifeCashFlows count on which side (rule 3, articles 6 and 22)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio, codes_in
from solvency.rules.rule05_life_insurance_risk.flows import FLOWS, UNITS
from solvency.rules.rule07_look_through.structure import match_ids
from solvency.tables.positions.read import Positions

AFTER, BEFORE, BOTH = BASES = ("after", "before", "both")
BASIS = "reinsurance"
ARTICLE = "规则第3号第六、二十二条"


def bases(portfolio: Portfolio) -> tuple[Portfolio, Portfolio | None]:
    """The portfolio with the rows after reinsurance, and one with those before it, None without any.

    A unit is after reinsurance unless it says before or both; a flow without a word follows its unit. Rows keep their labels, so
    that charges and problems stand where they were given; charges before reinsurance are a list of their own.
    """
    units, flows = (portfolio.tables.get(sheet) for sheet in (UNITS, FLOWS))
    of_units = _codes(units)
    of_flows = _codes(flows)
    if units is None or not ((of_units > 0).any() or (of_flows > 0).any()):
        return portfolio, None
    own = {AFTER: np.isin(of_units, (-1, 0, 2)), BEFORE: np.isin(of_units, (1, 2))}
    _report_incomplete(portfolio, units, own)
    kept: dict[str, Mask] = {}
    if flows is not None:
        kept = _flows(portfolio, flows, units, of_flows, own)
    after, before = (
        replace(
            portfolio,
            positions=_restricted(portfolio, {UNITS: own[side], **({FLOWS: kept[side]} if kept else {})}),
            charges=charges,
        )
        for side, charges in ((AFTER, portfolio.charges), (BEFORE, []))
    )
    return after, before if own[BEFORE].any() else None


def _codes(frame: pd.DataFrame | None) -> Array:
    return np.zeros(0, int) if frame is None else codes_in(frame[BASIS], BASES)


def _restricted(portfolio: Portfolio, rows: dict[str, Mask]) -> Positions:
    tables = {sheet: frame[rows[sheet]] if sheet in rows else frame for sheet, frame in portfolio.tables.items()}
    return Positions({sheet: frame for sheet, frame in tables.items() if len(frame)}, portfolio.positions.inputs)


def _report_incomplete(portfolio: Portfolio, units: pd.DataFrame, own: dict[str, Mask]) -> None:
    """Once a case has units before reinsurance, every unit is there on both sides."""
    case = units["case"].to_numpy()
    key = pd.MultiIndex.from_arrays([case, units["id"].astype(object)])
    some = np.zeros(portfolio.size, bool)
    some[case[own[BEFORE]]] = True
    for side, other in ((BEFORE, AFTER), (AFTER, BEFORE)):
        lacking = own[other] & some[case] & ~key.isin(key[own[side]])
        portfolio.report(
            UNITS, lacking, BASIS, "one_side", "有分保前现值的公司，每个计量单元都要有分保前和分保后（未分出的填 both）",
            "where present values before reinsurance are given, every unit has them before and after (both, if not reinsured)",
            units["id"].astype(object).to_numpy(), article=ARTICLE,
        )  # fmt: skip


def _flows(
    portfolio: Portfolio, flows: pd.DataFrame, units: pd.DataFrame, codes: Array, own: dict[str, Mask]
) -> dict[str, Mask]:
    """Which flows count on which side; a flow that does not say belongs to the only row of its unit."""
    silent = codes < 0
    ids = units["id"].astype(object).to_numpy()

    def in_side(rows: Mask) -> Mask:
        place = np.flatnonzero(rows & pd.notna(ids))
        found = match_ids(flows["case"].to_numpy(), flows["unit"], units["case"].to_numpy()[place], ids[place])
        return np.asarray(found.index >= 0)

    there = {side: in_side(own[side]) for side in (AFTER, BEFORE)}
    joint = in_side(own[AFTER] & own[BEFORE])
    unclear = silent & there[AFTER] & there[BEFORE] & ~joint
    portfolio.report(
        FLOWS, unclear, BASIS, "missing", "这一计量单元分保前和分保后分列，现金流须注明口径",
        "this unit has a row before and one after reinsurance; the flow must say which it belongs to", article=ARTICLE,
    )  # fmt: skip
    portfolio.report(
        FLOWS, np.isin(codes, (1, 2)) & ~there[BEFORE] & flows["unit"].notna().to_numpy(), "unit", "unknown_unit", "LifeUnits 中没有这一计量单元的分保前一行",
        "LifeUnits has no row of this unit before reinsurance", flows["unit"].astype(object).to_numpy(), article=ARTICLE,
    )  # fmt: skip
    return {
        AFTER: (np.isin(codes, (0, 2)) | (silent & (there[AFTER] | ~there[BEFORE]))) & ~unclear,
        BEFORE: (np.isin(codes, (1, 2)) | silent) & there[BEFORE] & ~unclear,
    }
