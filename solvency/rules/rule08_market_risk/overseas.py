"""Overseas equity by kind of asset, and the aggregation of developed and emerging markets (rule 8, articles 44-54)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from solvency.rules.charge import Charge, charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class
from solvency.tables.positions.spec import ChargeSpec

CORRELATIONS: Mapping[str, str] = {
    "overseas_fixed_income_mc": "overseas_fixed_income.market_correlation",
    "overseas_equity_mc": "overseas_equity.market_correlation",
}


def overseas_equity(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Overseas shares, funds and other equity; preference shares of domestic issuers by article 36 (rule 8, article 48)."""
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    preference = is_class(frame, "overseas_asset", "preference")
    made = []
    for picked, rf0 in ((~preference, f"{spec.group}.rf0"), (preference, "capital_instrument.rf0")):
        if not picked.any():
            continue
        part = frame[picked]
        applies = not rf0.startswith("capital_instrument") or rulebook.reading("overseas_preference_k1") == "applies"
        made.append(
            charge(
                sheet, spec.sub_risk, spec.group, part, rulebook, part[spec.exposure].to_numpy(),
                portfolio.marks(sheet, spec.sub_risk, picked), rf0=rf0, coefficients_of=spec.group if applies else "",
                readings=("overseas_preference_k1",),
            )
        )  # fmt: skip
    return made


def by_market(portfolio: Portfolio, sub_risk: str, charges: Iterable[Charge]) -> Array:
    """Developed and emerging markets of each case together: √(d² + 2ρde + e²) (rule 8, articles 47 and 53)."""
    developed, emerging = np.zeros(portfolio.size), np.zeros(portfolio.size)
    for made in charges:
        frame = portfolio.tables[made.sheet].loc[made.frame.index]
        amount, case = made.frame["minimum_capital"].to_numpy(), made.frame["case"].to_numpy()
        far = is_class(frame, "market", "emerging")
        emerging += portfolio.sum_by_case(np.where(far, amount, 0.0), case)
        developed += portfolio.sum_by_case(np.where(far, 0.0, amount), case)
    rho = portfolio.rulebook.value(CORRELATIONS[sub_risk])
    return np.asarray(np.sqrt(developed * developed + 2 * rho * developed * emerging + emerging * emerging))
