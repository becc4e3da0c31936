"""The insurance-risk capital that risk margins follow from, before and after reinsurance, of the company and by column of L01 (articles 21, 22)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvency.rules.aggregate import aggregate
from solvency.rules.frame import Array, Mask, allowance
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule03_life_liability.flows import SIDES
from solvency.rules.rule03_life_liability.units import LiabilityUnits
from solvency.rules.rule05_life_insurance_risk.bases import AFTER, BEFORE
from solvency.rules.rule05_life_insurance_risk.flows import UNITS
from solvency.rules.rule05_life_insurance_risk.form import UnitsOfBasis, life_form, sub_risks
from solvency.rules.rule05_life_insurance_risk.units import EXPENSE, ITEMS, LAPSE, LOSS

TOTAL = "life_insurance_mc"
PARTS = (LOSS, LAPSE, EXPENSE)


@dataclass(frozen=True, eq=False)
class LifeCapital:
    """Capital of n cases (CNY): company (n,), NaN where unknown; by_account (accounts, n), each column of L01 by itself, NaN where the units
    do not give all of the company's capital."""

    company: Array
    by_account: Array


def life_capital(
    portfolio: Portfolio, units: LiabilityUnits | None, accounts: int, ceded: Mask
) -> dict[str, LifeCapital]:
    """By `before` and `after`: after reinsurance it is row 5 of IR05, or as S05 types it; before it follows from the units before
    reinsurance (article 22 (1)), or is the same for a case of which nothing is ceded, (n,)."""
    company = _after(portfolio)
    found = {}
    for side, basis in zip(SIDES, (BEFORE, AFTER), strict=True):
        known = portfolio.kept.get(basis)
        blank = np.full((accounts, portfolio.size), np.nan)
        whole = company if side == "after" else np.full(portfolio.size, np.nan)
        if isinstance(known, UnitsOfBasis):
            summed = _of_units(known, portfolio, np.zeros(len(portfolio.tables[UNITS]), np.int64), 1)[0]
            if side == "before":
                whole = summed
            if units is not None:
                place = units.of_life_units
                account = np.where(place >= 0, units.lines["account"].to_numpy()[place.to_numpy()], -1)
                parts = _of_units(known, portfolio, account.astype(np.int64), accounts)
                gives_all = np.abs(summed - whole) <= allowance(0.0, np.nan_to_num(whole))
                blank = np.where(gives_all, parts, np.nan)
        found[side] = LifeCapital(whole, blank)
    before, after = found["before"], found["after"]
    same = np.isnan(before.company) & ~ceded
    found["before"] = LifeCapital(
        np.where(same, after.company, before.company), np.where(same, after.by_account, before.by_account)
    )
    return found


def _after(portfolio: Portfolio) -> Array:
    """Life insurance risk of n cases: of form IR05, else the total of S05, else from its three sub-risks."""
    typed = [
        portfolio.cases[item].to_numpy(float) if item in portfolio.cases else np.full(portfolio.size, np.nan)
        for item in (TOTAL, *PARTS)
    ]
    order = portfolio.rulebook.correlation_labels(f"{TOTAL}.correlation")
    parts = np.array([typed[1 + PARTS.index(item)] for item in order])
    worked = aggregate(parts, portfolio.rulebook.correlation(f"{TOTAL}.correlation", order))
    company = np.where(np.isnan(typed[0]), worked, typed[0])
    form = life_form(portfolio)
    if form is not None:
        total = form[form["item"] == "total"]
        case, amount = total["case"].to_numpy(), total["amount"].to_numpy()
        company[case] = np.where(np.isnan(amount), company[case], amount)
    return company


def _of_units(known: UnitsOfBasis, portfolio: Portfolio, group: Array, groups: int) -> Array:
    """Capital of each group of units by itself, (groups, n); NaN for a case without units. group: by row of LifeUnits, -1 for none."""
    n = portfolio.size
    items = {}
    for item in ITEMS:
        total = np.zeros(groups * n)
        for made in known.portfolio.charges:
            if made.sheet == UNITS and made.group == item:
                at = group[made.frame.index.to_numpy()]
                cell = (at * n + made.frame["case"].to_numpy())[at >= 0]
                total += np.bincount(
                    cell, weights=made.frame["minimum_capital"].to_numpy()[at >= 0], minlength=groups * n
                )
        items[item] = np.maximum(total, 0)
    capital = sub_risks(items, portfolio)["total"].reshape(groups, n)
    some = np.zeros(n, bool)
    some[known.portfolio.tables[UNITS]["case"].to_numpy()] = True
    return np.asarray(np.where(some, capital, np.nan))
