"""Futures that hedge a portfolio, or stand alone: one mechanism for shares and for government bonds (rule 8, articles 16, 35)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.rules.rule07_look_through.structure import match_ids
from solvency.tables.positions.spec import ChargeSpec


def futures_charge(
    portfolio: Portfolio, sheet: str, spec: ChargeSpec, frame: pd.DataFrame, rf0: Array, hedged: Sequence[Charge],
    *, k_layer: Array | None = None, readings: tuple[str, ...] = (),
) -> Charge:  # fmt: skip
    """The charge of futures contracts (rule 8, articles 16 and 35).

    frame: n contracts; `direction` (long, short), `contract_value` (CNY), `hedge` (group), `hedge_effective`, `hedge_months`,
    `effectiveness`. rf0: the factor of each; k_layer: Kp of each, default that of its place in products. hedged: the charges on the hedged positions, whose tables name the group in
    `hedge`. A long contract, or a short one whose hedge is not effective, bears value × factor alone; an effective hedge of
    less than the minimum term bears nothing; a full hedge changes the requirement S of its group to |S − Σ value ×
    effectiveness × factor|, and the contract's row shows the difference (negative where the hedge helps).
    """
    rulebook = portfolio.rulebook
    case, line = frame["case"].to_numpy(), frame["line"].to_numpy()
    if k_layer is None:
        layer = portfolio.k_layer.get(sheet)
        k_layer = np.zeros(len(frame)) if layer is None else layer[frame.index]
    rf = np.minimum(rf0 * (1 + k_layer), rulebook.value("market_charge.rf_limit"))
    value = np.abs(amounts(frame, "contract_value"))
    short = is_class(frame, "direction", "short")
    effective = short & is_class(frame, "hedge_effective", "yes")
    months = frame["hedge_months"].to_numpy()
    full = effective & (months >= rulebook.value("hedge.minimum_months"))

    def report(rows: Array, column: str, code: str, zh: str, en: str) -> None:
        there = np.zeros(len(portfolio.tables[sheet]), bool)
        there[frame.index[rows]] = True
        portfolio.report(sheet, there, column, code, zh, en, article="规则第8号第十六、三十五条")

    blank = short & (frame["hedge_effective"].cat.codes.to_numpy() < 0)
    report(blank, "hedge_effective", "missing", "空头合约须填套期是否有效", "a short contract needs hedge_effective")
    report(
        effective & np.isnan(months),
        "hedge_months",
        "missing",
        "有效套期须填套期期限（月）",
        "an effective hedge needs hedge_months",
    )
    without = full & np.isnan(frame["effectiveness"].to_numpy())
    report(
        without,
        "effectiveness",
        "missing",
        "符合条件的套期须填套期有效性",
        "a hedge that qualifies needs its effectiveness",
    )
    codes = _groups(
        [
            (f["case"].to_numpy(), f["hedge"])
            for f in [frame, *(portfolio.tables[c.sheet].loc[c.frame.index] for c in hedged)]
        ]
    )
    offset = np.where(full, value * amounts(frame, "effectiveness") * rf, 0.0)
    count = max((int(c.max()) for c in codes if len(c)), default=-1) + 1
    requirement, offsets, members = np.zeros(count), np.zeros(count), np.zeros(count)
    for code, made in zip(codes[1:], hedged, strict=True):
        held = code >= 0
        np.add.at(requirement, code[held], made.frame["minimum_capital"].to_numpy()[held])
        np.add.at(members, code[held], 1)
    own = codes[0]
    grouped = full & (own >= 0)
    np.add.at(offsets, own[grouped], offset[grouped])
    lonely = full & ((own < 0) | (np.where(own >= 0, members[own] if count else 0, 0) == 0))
    report(lonely, "hedge", "unknown_hedge", "套期组合没有对应的被套期资产", "the hedge group has no hedged position")
    combined = np.abs(requirement - offsets) - requirement
    with np.errstate(invalid="ignore", divide="ignore"):
        part = (
            np.where(grouped & (offset > 0), offset / np.where(offsets > 0, offsets, 1)[own], 0.0)
            if count
            else np.zeros(len(frame))
        )
    alone = ~effective
    mc = np.where(grouped, part * (combined[own] if count else 0.0), np.where(alone, value * rf, 0.0))
    result = {
        "case": case, "line": line, "exposure": value, "rf0": rf0, "rf0_row": np.full(len(frame), -1),
        "k": np.zeros(len(frame)), "k_layer": k_layer, "rf": rf, "effectiveness": np.where(full, frame["effectiveness"].to_numpy(), np.nan), "hedge_offset": offset, "minimum_capital": mc,
    }  # fmt: skip
    return Charge(
        sheet,
        spec.sub_risk,
        spec.group,
        pd.DataFrame(result, index=frame.index),
        f"{spec.group}.rf0",
        {},
        readings,
        ("规则第8号第十六条",) if sheet == "MR09" else (),
    )


def report_unhedged(portfolio: Portfolio, sheet: str, futures: str) -> None:
    """Hedge groups of a table without a short contract among the futures: their positions are charged in full (article 35)."""
    frame = portfolio.tables[sheet]
    found = np.full(len(frame), -1)
    if futures in portfolio.tables:
        contracts = portfolio.tables[futures]
        contracts = contracts[is_class(contracts, "direction", "short")]
        found = match_ids(
            frame["case"].to_numpy(), frame["hedge"], contracts["case"].to_numpy(), contracts["hedge"].astype(object).to_numpy()
        ).index  # fmt: skip
    portfolio.report(
        sheet, frame["hedge"].notna().to_numpy() & (found < 0), "hedge", "unhedged", f"{futures} 中没有这一套保组合的空头合约，按未套保计量",
        f"{futures} has no short contract of this hedge group: charged as not hedged", frame["hedge"].astype(object).to_numpy(),
        severity="warning", article="规则第8号第三十五条",
    )  # fmt: skip


def _groups(sides: Sequence[tuple[Array, pd.Series]]) -> list[Array]:
    """One code per case and hedge group over all sides, -1 without a group."""
    whole = pd.DataFrame(
        {
            "case": np.concatenate([case for case, _ in sides]),
            "hedge": np.concatenate([hedge.astype(object).to_numpy() for _, hedge in sides]),
        }
    )
    named = whole["hedge"].notna().to_numpy()
    codes = np.full(len(whole), -1)
    codes[named] = whole[named].groupby(["case", "hedge"], sort=False).ngroup().to_numpy()
    return np.split(codes, np.cumsum([len(case) for case, _ in sides])[:-1])
