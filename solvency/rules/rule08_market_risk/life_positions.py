"""Interest-rate risk of life business from present values or cash flows (rule 8, articles 13, 18; 2023 notice, item 5)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.discount_curve import interest_rate_curves
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule07_look_through.structure import match_ids
from solvency.rules.rule08_market_risk.life_interest import life_interest_charge, present_values
from solvency.tables.positions.spec import position_tables

VALUES, FLOWS, CURVE = "IN01", "CashFlows", "Curve"
# of form IN03: deposits, bonds, loans, debt products, interest derivatives, policy loans
BEARING = ("CR01", "CR02", "CR03", "CR04", "CR05", "CR06", "CR09", "CR10", "CR11", "CR12", "MR09", "CR17")
LIFE = ("life", "reinsurer")


def life_interest(portfolio: Portfolio) -> Array | None:
    """The interest-rate charge of life business of each case, NaN where none is given; None without any."""
    if portfolio.insurer_type not in LIFE:
        for sheet in (VALUES, FLOWS):
            if sheet in portfolio.tables:
                portfolio.report(
                    sheet, ~_seen_before(portfolio.tables[sheet]["case"].to_numpy()), "", "not_used", "财产险公司按因子计量利率风险，本表未使用",
                    "property insurers measure interest-rate risk by factors; this table is not used", severity="warning", article="规则第8号第十四条",
                )  # fmt: skip
        return None
    _remark_on_doubled(portfolio)
    parts = [part for part in (_given(portfolio), _from_flows(portfolio)) if part is not None]
    if not parts:
        return None if FLOWS not in portfolio.tables else np.where(_of_flows(portfolio), 0.0, np.nan)
    values = pd.concat(parts, ignore_index=True)
    charged = portfolio.life = life_interest_charge(values, portfolio.size, portfolio.rulebook)
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
    frame = frame.loc[_whole(frame, VALUES), ["case", "account", "pv_base", "pv_down", "pv_up"]]
    return frame.assign(account=frame["account"].astype(object)) if len(frame) else None


def _whole(frame: pd.DataFrame, sheet: str) -> Array:
    """Rows with everything they need; what is blank or could not be read was told of when it was read."""
    needed = [column for column in position_tables()[sheet].columns if column.required]
    whole = frame[[column.id for column in needed]].notna().all(axis=1).to_numpy()
    for column in needed:
        if column.minimum is not None:
            whole = whole & (frame[column.id].to_numpy() >= column.minimum)
    return np.asarray(whole)


def _remark_on_doubled(portfolio: Portfolio) -> None:
    """An account of form IN01 that stands there twice, or has cash flows too: what is given is added up."""
    if VALUES not in portfolio.tables:
        return
    frame = portfolio.tables[VALUES]
    shown = frame["account"].astype(object).to_numpy()
    own = pd.DataFrame({"case": frame["case"].to_numpy(), "account": shown})
    named = own["account"].notna().to_numpy()
    portfolio.report(
        VALUES, own.duplicated().to_numpy() & named, "account", "doubled_account", "同一账户出现多行，现值已相加",
        "the account stands on several rows; their present values are added up", shown, severity="warning", article="规则第8号第十八条",
    )  # fmt: skip
    if FLOWS in portfolio.tables:
        flows = portfolio.tables[FLOWS][["case", "account"]].drop_duplicates()
        both = pd.MultiIndex.from_frame(own).isin(
            pd.MultiIndex.from_frame(flows.assign(account=flows["account"].astype(object)))
        )
        portfolio.report(
            VALUES, both & named & ~own.duplicated().to_numpy(), "account", "doubled_account", "该账户既填了现值又有现金流（CashFlows 表），两者已相加",
            "the account has present values and cash flows (table CashFlows) too; both are added up", shown, severity="warning",
            article="规则第8号第十八条",
        )  # fmt: skip


def _from_flows(portfolio: Portfolio) -> pd.DataFrame | None:
    """Cash flows discounted on the curves of annex 3; of a position under a product only within the layers allowed."""
    if FLOWS not in portfolio.tables:
        return None
    frame = portfolio.tables[FLOWS]
    frame = frame[_in_scope(portfolio, frame) & _whole(frame, FLOWS)]
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
        if not _whole(own, CURVE).all():
            continue  # the curve has a cell in error
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
    known = _positions(portfolio, frame["position"].cat.categories)
    found = match_ids(
        frame["case"].to_numpy(), frame["position"], known["case"].to_numpy(), known["id"].to_numpy(dtype=object)
    ).index
    there = found >= 0
    at = np.where(there, found, 0)
    bears, scope, several = (
        there & np.append(known[column].to_numpy(dtype=bool), False)[at] for column in ("bears", "scope", "several")
    )
    ids = frame["position"].to_numpy()
    portfolio.report(
        FLOWS, named & ~there, "position", "unknown_position", "没有这一编号的持仓", "there is no position of this id", ids,
    )  # fmt: skip
    portfolio.report(
        FLOWS, several, "position", "several_positions", "多项持仓使用同一编号，计量范围不同", "several positions have this id, and not all are in scope",
        ids, article="规则第8号第十三条",
    )  # fmt: skip
    portfolio.report(
        FLOWS, there & ~bears & ~several, "position", "bears_no_interest", "所指持仓不计量利率风险，此行未使用", "this position bears no interest-rate risk; not used",
        ids, severity="warning", article="规则第8号第十三条；规则第7号第二十条",
    )  # fmt: skip
    return np.asarray(~there | scope)


def _positions(portfolio: Portfolio, ids: pd.Index) -> pd.DataFrame:
    """The positions of some ids: `case`, `id`, whether they bear interest-rate risk at all, whether within the layers too, and
    whether another one of the same id is judged otherwise."""
    most = most_layers(portfolio.rulebook)
    parts = [
        table[["case", "id"]].assign(bears=bears_interest(sheet, most), layers=portfolio.layers[sheet])
        for sheet, table in portfolio.tables.items()
        if "id" in table and sheet in portfolio.layers
    ]
    parts += [rows.assign(bears=True, layers=np.inf) for rows in portfolio.left_out]  # of a product not looked through
    if not parts:
        return pd.DataFrame({"case": np.array([], int), "id": [], "bears": [], "scope": [], "several": []})
    parts = [part[part["id"].isin(ids)] for part in parts]
    known = pd.concat([part.assign(id=part["id"].astype(object)) for part in parts], ignore_index=True)
    known["scope"] = known["bears"] & (known["layers"] <= most)
    known["several"] = known.groupby(["case", "id"])["scope"].transform("nunique") > 1
    return known


def most_layers(rulebook: Rulebook) -> float:
    """Most layers above an underlying that bears interest-rate risk; 0 before the notice of 2023 (its item 5)."""
    return float(rulebook.value("interest_scope.layers")) if rulebook.has("interest_scope.layers") else 0.0


def bears_interest(sheet: str, most: float) -> bool:
    """Whether assets of a table can bear it: domestic, of fixed flows (rule 8, article 13); products that are no debt only
    since what lies under them may (rule 7, article 20; 2023 notice, item 5)."""
    table = position_tables()[sheet]
    return sheet in BEARING or (most > 0 and table.kind == "product" and table.asset_class != "overseas")


def _seen_before(case: Array) -> Array:
    """Rows whose case stands on an earlier row already."""
    return pd.Series(case).duplicated().to_numpy()
