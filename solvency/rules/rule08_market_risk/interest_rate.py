"""Interest-rate risk by factors: bonds and interest derivatives of property insurers (rule 8, articles 11-17, 21, 23)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge, Marks, charge, factor_of
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.rules.rule08_market_risk.hedges import futures_charge
from solvency.tables.positions.spec import ChargeSpec

GROUP, SUB_RISK = "bond_interest", "interest_rate_mc"
BY_FACTORS = ("property", "reinsurer")  # life insurers use scenarios (article 18)


def bond_interest(
    portfolio: Portfolio, sheet: str, rows: Array | None = None, exposure: str = "fair_value"
) -> list[Charge]:
    """Interest-rate charge of the bonds of a table that belong to non-life business (rule 8, article 14)."""
    if portfolio.insurer_type not in BY_FACTORS:
        return []
    whole = portfolio.tables[sheet]
    of_life = _of_life(portfolio, sheet)
    picked = np.flatnonzero(~of_life if rows is None else ~of_life & rows)
    if not len(picked):
        return []
    frame = whole.iloc[picked]
    marks = portfolio.marks(sheet, SUB_RISK, picked)
    marks = Marks(_layer(portfolio, sheet)[picked], marks.inside, marks.outside)
    readings = ("kp_on_interest",)
    return [
        charge(sheet, SUB_RISK, GROUP, frame, portfolio.rulebook, frame[exposure].to_numpy(), marks, readings=readings)
    ]


def loan_interest(portfolio: Portfolio, sheet: str) -> list[Charge]:
    """Loans under a product of few layers, where the reading takes them in (2023 notice, item 5)."""
    rulebook = portfolio.rulebook
    if rulebook.reading("loan_interest_pc") == "bonds_only" or not rulebook.has("interest_scope.layers"):
        return []
    layers = portfolio.layers.get(sheet, np.zeros(len(portfolio.tables[sheet])))
    within = (layers > 0) & (layers <= rulebook.value("interest_scope.layers"))
    return bond_interest(portfolio, sheet, within, "admitted_value")


def interest_derivatives(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Interest-rate swaps and treasury futures (rule 8, articles 15 and 16)."""
    frame = portfolio.tables[sheet]
    swap = is_class(frame, "contract", "swap")
    wrong = swap & ~is_class(frame, "direction", "receive_fixed", "pay_fixed")
    wrong |= ~swap & ~is_class(frame, "direction", "long", "short")
    portfolio.report(
        sheet, wrong, "direction", "direction", "互换填收固定或付固定，国债期货填多头或空头",
        "a swap receives or pays fixed, a treasury future is long or short", article="规则第8号第十五、十六条",
    )  # fmt: skip
    portfolio.report(
        sheet, swap & np.isnan(frame["notional"].to_numpy()), "notional", "missing", "利率互换缺少名义本金",
        "a swap has no notional", article="规则第8号第十五条",
    )  # fmt: skip
    portfolio.report(
        sheet, ~swap & np.isnan(frame["contract_value"].to_numpy()), "contract_value", "missing", "国债期货缺少合约价值",
        "a treasury future has no contract value", article="规则第8号第十六条",
    )  # fmt: skip
    made = []
    of_life = _of_life(portfolio, sheet)
    if (swap & ~of_life).any():
        made.append(_swaps(portfolio, sheet, spec, frame[swap & ~of_life]))
    if not (swap | of_life).all():
        futures = frame[~(swap | of_life)]
        rf0 = factor_of(portfolio.rulebook, f"{spec.group}.rf0", futures)[1]
        hedged = [c for c in portfolio.charges if c.sub_risk == spec.sub_risk and "hedge" in portfolio.tables[c.sheet]]
        made.append(
            futures_charge(
                portfolio, sheet, spec, futures, rf0, [c for c in hedged if c.sheet != sheet],
                k_layer=_layer(portfolio, sheet)[futures.index], readings=("kp_on_interest",),
            )
        )  # fmt: skip
    return made


def _swaps(portfolio: Portfolio, sheet: str, spec: ChargeSpec, frame: pd.DataFrame) -> Charge:
    """Notional × factor of the contract's duration, negative where the fixed rate is paid (article 15)."""
    rulebook = portfolio.rulebook
    made = charge(
        sheet, spec.sub_risk, spec.group, frame, rulebook, amounts(frame, "notional"),
        Marks(_layer(portfolio, sheet)[frame.index]), readings=("pay_fixed_swap", "kp_on_interest"),
    )  # fmt: skip
    pays = is_class(frame, "direction", "pay_fixed")
    if rulebook.reading("pay_fixed_swap") == "offset":
        sign = np.where(pays, -1.0, 1.0)
        made.frame["direction_sign"] = sign
        made.frame["minimum_capital"] *= sign
    return replace(made, articles=("规则第8号第十五条",))


def _of_life(portfolio: Portfolio, sheet: str) -> Array:
    """Rows that a reinsurer measures by scenarios (article 23)."""
    if portfolio.insurer_type != "reinsurer":
        return np.zeros(len(portfolio.tables[sheet]), bool)
    return is_class(portfolio.tables[sheet], "business", "life")


def _layer(portfolio: Portfolio, sheet: str) -> Array:
    layer = portfolio.k_layer.get(sheet)
    if layer is None or portfolio.rulebook.reading("kp_on_interest") == "no":
        return np.zeros(len(portfolio.tables[sheet]))
    return layer
