"""Interest-rate risk of life business by scenarios (rule 8, articles 12, 13, 18-20, 22, 23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.discount_curve import SCENARIOS, discount_factors
from solvency.rules.frame import Array

SIDES = ("liability", "asset")  # out, in
NONE, DOWN, UP, MIXED = "none", "down", "up", "mixed"


@dataclass(frozen=True, eq=False)
class LifeInterestCharge:
    """Interest-rate minimum capital of n cases of life business, with the lines of forms IN01 and IN02.

    down, up, charge: CNY, (n,), never below zero. direction: (n,) texts, the scenario that charge comes from: `down`, `up`, `none`
    (no charge) or `mixed` (per account, and not all of the charged accounts the same). accounts: a row per case and
    account with `case`, `account`, `pv_base`, `pv_down`, `pv_up`, and `down`, `up`: what the scenario adds to PV(NCF), of either
    sign; in CNY.
    """

    down: Array
    up: Array
    charge: Array
    direction: npt.NDArray[np.str_]
    accounts: pd.DataFrame


def present_values(
    cash_flows: pd.DataFrame, curves: Mapping[str, Array], *, curve_of_case: Array | None = None
) -> pd.DataFrame:
    """PV(NCF) per case and account under the three curves (rule 8, article 18); NCF is what goes out less what comes in.

    cash_flows: one row per flow with `case` (whole number from 0), `account`, `side` (liability: amount goes out; asset: amount
    comes in), `year` (time from the valuation date, not negative, fractions allowed: see `spot_at`), `amount` (CNY, of either sign).
    curves: `base`, `down`, `up` -> spot discount rates as `interest_rate_curves` gives them, (years,) for all cases or
    (n_curves, years); then curve_of_case says which row each case takes, default its own number.
    Returns the cases and accounts that have flows, sorted: `case`, `account`, `pv_base`, `pv_down`, `pv_up` (CNY).
    Raises UsageError.
    """
    case, account, labels = _case_and_account(cash_flows)
    side = cash_flows["side"].to_numpy(dtype=object)
    out = side == SIDES[0]
    year, amount = cash_flows["year"].to_numpy(dtype=float), cash_flows["amount"].to_numpy(dtype=float)
    _require(out | (side == SIDES[1]), "side", "须为 liability（负债）或 asset（资产）", "must be liability or asset")
    _require(np.isfinite(year) & (year >= 0), "year", "须为不小于零的数", "must be a number not below zero")
    _require(np.isfinite(amount), "amount", "须为数", "must be a number")
    net = np.where(out, amount, -amount)
    group = case * len(labels) + account
    found = np.flatnonzero(np.bincount(group))  # ascending: by case, then in the order of the accounts
    result = {"case": found // max(len(labels), 1), "account": labels[found % max(len(labels), 1)]}
    of_case = case if curve_of_case is None else np.asarray(curve_of_case)[case]
    for scenario in SCENARIOS:
        spot = np.asarray(curves[scenario], dtype=float)
        factor = discount_factors(spot, year, of_case if spot.ndim > 1 else None)
        result[f"pv_{scenario}"] = np.bincount(group, net * factor)[found]
    return pd.DataFrame(result)


def life_interest_charge(pv: pd.DataFrame, n_cases: int, rulebook: Rulebook) -> LifeInterestCharge:
    """Interest-rate minimum capital per case: the worse of the two scenarios, not below zero (rule 8, article 18).

    pv: rows with `case` (0 to n_cases - 1), `account`, `pv_base`, `pv_down`, `pv_up` (CNY, outflows positive). Under the reading
    `life_account_offset` = company the accounts are added up first and offset one another; under per_account each account
    bears its own worse scenario and a gain of one helps no other. A case without rows has no charge.
    Where both scenarios cost the same, the direction is `down`. Raises UsageError.
    """
    case, account, labels = _case_and_account(pv)
    _require(case < n_cases, "case", f"须小于 {n_cases}", f"must be below {n_cases}")
    for column in ("pv_base", "pv_down", "pv_up"):
        _require(np.isfinite(pv[column].to_numpy(dtype=float)), column, "须为数", "must be a number")
    base = pv["pv_base"].to_numpy(dtype=float)
    group = case * len(labels) + account
    found = np.flatnonzero(np.bincount(group))
    of_case = found // max(len(labels), 1)
    values = {
        name: np.bincount(group, pv[name].to_numpy(dtype=float))[found] for name in ("pv_base", "pv_down", "pv_up")
    }
    change = {
        scenario: np.bincount(group, pv[f"pv_{scenario}"].to_numpy(dtype=float) - base)[found]
        for scenario in (DOWN, UP)
    }
    accounts = pd.DataFrame({"case": of_case, "account": labels[found % max(len(labels), 1)], **values, **change})
    if rulebook.reading("life_account_offset") == "per_account":
        floored = {scenario: np.maximum(added, 0) for scenario, added in change.items()}
        down, up = (np.bincount(of_case, floored[scenario], n_cases) for scenario in (DOWN, UP))
        worse = np.maximum(floored[DOWN], floored[UP])
        charge = np.bincount(of_case, worse, n_cases)
        by_down = np.bincount(of_case, (worse > 0) & (floored[DOWN] >= floored[UP]), n_cases)
        by_up = np.bincount(of_case, (worse > 0) & (floored[DOWN] < floored[UP]), n_cases)
        from_down, from_up = by_down > 0, by_up > 0
    else:
        down, up = (np.maximum(np.bincount(of_case, change[scenario], n_cases), 0) for scenario in (DOWN, UP))
        charge = np.maximum(down, up)
        from_down, from_up = (charge > 0) & (down >= up), (charge > 0) & (down < up)
    direction = np.select([from_down & from_up, from_down, from_up], [MIXED, DOWN, UP], NONE)
    return LifeInterestCharge(down, up, charge, direction, accounts)


def _case_and_account(frame: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Case numbers, codes of the accounts, and the accounts in their order (of the categories, else of the alphabet)."""
    accounts = pd.Categorical(frame["account"])
    _require(accounts.codes >= 0, "account", "未填账户", "names no account")
    labels = np.asarray(accounts.categories, dtype=object)
    case = frame["case"].to_numpy(dtype=np.int64)
    _require(case >= 0, "case", "须自 0 起", "must count from 0")
    return case, accounts.codes.astype(np.int64), labels


def _require(good: Array, column: str, zh: str, en: str) -> None:
    wrong = np.flatnonzero(~good)
    if wrong.size:
        row = wrong[0] + 1
        raise UsageError(
            f"第 {row} 行 {column}{zh}（共 {wrong.size} 行）", f"row {row}: {column} {en} ({wrong.size} rows in all)"
        )
