"""Interest-rate risk of life business from present values or cash flows (rule 8, articles 13, 18; 2023 notice, item 5)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.errors import UsageError
from solvency.rules.discount_curve import interest_rate_curves
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule07_look_through.structure import match_ids
from solvency.rules.rule08_market_risk.life_interest import life_interest_charge, present_values

VALUES, FLOWS, CURVE = "IN01", "CashFlows", "Curve"
LIFE = ("life", "reinsurer")


def life_interest(portfolio: Portfolio) -> Array | None:
    """The interest-rate charge of life business of each case, NaN where none is given; None without any."""
    if portfolio.insurer_type not in LIFE:
        return None
    parts = [part for part in (_given(portfolio), _from_flows(portfolio)) if part is not None]
    if not parts:
        return None if FLOWS not in portfolio.tables else np.where(_of_flows(portfolio), 0.0, np.nan)
    values = pd.concat(parts, ignore_index=True)
    charged = life_interest_charge(values, portfolio.size, portfolio.rulebook)
    some = np.zeros(portfolio.size, bool)
    some[values["case"].to_numpy(dtype=int)] = True
    some |= _of_flows(portfolio)  # also where none of the flows is in scope
    return np.where(some, charged.charge, np.nan)


def _of_flows(portfolio: Portfolio) -> Array:
    """Which cases give cash flows."""
    some = np.zeros(portfolio.size, bool)
    if FLOWS in portfolio.tables:
        some[portfolio.tables[FLOWS]["case"].to_numpy()] = True
    return some


def _given(portfolio: Portfolio) -> pd.DataFrame | None:
    """Present values by account as the company typed them (form IN01)."""
    if VALUES not in portfolio.tables:
        return None
    frame = portfolio.tables[VALUES]
    return frame[["case", "account", "pv_base", "pv_down", "pv_up"]].assign(account=frame["account"].astype(object))


def _from_flows(portfolio: Portfolio) -> pd.DataFrame | None:
    """Cash flows discounted on the curves of annex 3; of a position under a product only within the layers allowed."""
    if FLOWS not in portfolio.tables:
        return None
    frame = portfolio.tables[FLOWS]
    frame = frame[_in_scope(portfolio, frame)]
    made = []
    curve = portfolio.tables.get(CURVE)
    case_of_curve = np.array([], int) if curve is None else curve["case"].to_numpy()
    case = frame["case"].to_numpy()
    without = ~np.isin(case, case_of_curve)
    rows = np.zeros(len(portfolio.tables[FLOWS]), bool)
    rows[frame.index[without]] = True
    portfolio.report(
        FLOWS, rows & ~_seen_before(portfolio.tables[FLOWS]["case"].to_numpy()), "", "missing_curve", "现金流需要国债收益率曲线（Curve 表）",
        "cash flows need a treasury curve (table Curve)", article="银保监发〔2021〕52号附件3",
    )  # fmt: skip
    for number in np.unique(case[~without]):  # a curve per company, not per row
        assert curve is not None
        own = curve[case_of_curve == number]
        try:
            curves = interest_rate_curves(own["spot_rate"].to_numpy(), portfolio.rulebook, terms=own["term"].to_numpy())
        except UsageError as error:
            first = np.zeros(len(curve), bool)
            first[own.index[0]] = True
            portfolio.report(CURVE, first, "term", "curve", error.zh, error.en, article="银保监发〔2021〕52号附件3")
            continue
        made.append(present_values(frame[case == number], curves))
    return pd.concat(made, ignore_index=True) if made else None


def _in_scope(portfolio: Portfolio, frame: pd.DataFrame) -> Array:
    """Flows of no single position, of one held directly, or of one under a product of few enough layers."""
    named = frame["position"].notna().to_numpy()
    if not named.any():
        return np.ones(len(frame), bool)
    ids, cases, layers = [], [], []
    for sheet, table in portfolio.tables.items():
        if "id" in table and sheet in portfolio.layers:
            ids.append(table["id"].astype(object).to_numpy())
            cases.append(table["case"].to_numpy())
            layers.append(portfolio.layers[sheet])
    if not ids:
        found, depth = np.full(len(frame), -1), np.zeros(1)
    else:
        of, whose = np.concatenate(ids), np.concatenate(cases)
        with_id = pd.notna(of)
        found = match_ids(frame["case"].to_numpy(), frame["position"], whose[with_id], of[with_id]).index
        depth = np.concatenate(layers)[with_id]
    portfolio.report(
        FLOWS, named & (found < 0), "position", "unknown_position", "没有这一编号的持仓", "there is no position of this id",
        frame["position"].to_numpy(),
    )  # fmt: skip
    most = portfolio.rulebook.value("interest_scope.layers") if portfolio.rulebook.has("interest_scope.layers") else 0
    n = np.where(found >= 0, depth[found], 0)
    return np.asarray(~named | (n <= most))


def _seen_before(case: Array) -> Array:
    """Rows whose case stands on an earlier row already."""
    return pd.Series(case).duplicated().to_numpy()
