"""Interest and other receivables, which take the factor of what they belong to (rule 9, articles 35 and 36)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solvency.rules.charge import Charge, charge
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.rule09_credit_risk.bonds import named_rating
from solvency.tables.positions.spec import ChargeSpec

# where interest or a loan comes from another class of exposures, its RF0 is that class's
OF_ANOTHER_CLASS: Mapping[str, Mapping[str, str]] = {
    "interest_source": {
        "deposit": "deposit.rf0",
        "cash": "cash.rf0",
        "policy_loan": "policy_loan.rf0",
        "loan": "loan.rf0",
        "debt_product": "debt_surface.rf0",
        "market_risk_asset": "interest_without_default_factor.rf0",
    },
    "receivable_type": {"project_company_loan": "loan.rf0", "related_party_loan": "loan.rf0"},
}


def interest_receivable(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Interest receivable by the class of the asset that bears it (article 35)."""
    return _by_class(portfolio, sheet, spec, "interest_source")


def other_receivable(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Other receivables by type and age; loans to related parties by loan grade (article 36)."""
    return _by_class(portfolio, sheet, spec, "receivable_type")


def _by_class(portfolio: Portfolio, sheet: str, spec: ChargeSpec, driver: str) -> list[Charge]:
    frame = portfolio.tables[sheet]
    if driver == "interest_source":
        bonds = is_class(frame, driver, "bond", "market_risk_asset")
        named = named_rating(portfolio, frame["rating"], "unrated", "below_bbb")
        frame = frame.assign(rating=frame["rating"].where(~bonds, named))
    others = OF_ANOTHER_CLASS[driver]
    made, rest = [], np.ones(len(frame), bool)
    for name, factor in (*others.items(), ("", f"{spec.group}.rf0")):
        rows = is_class(frame, driver, name) if name else rest
        rest = rest & ~rows
        if rows.any():
            part = frame[rows]
            made.append(
                charge(
                    sheet, spec.sub_risk, spec.group, part, portfolio.rulebook, part[spec.exposure].to_numpy(),
                    portfolio.marks(sheet, spec.sub_risk, rows), rf0=factor,
                )
            )  # fmt: skip
    return made
