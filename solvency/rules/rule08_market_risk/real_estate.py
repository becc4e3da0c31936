"""Real-estate price risk, and property abroad (rule 8, articles 38-43, 50-52)."""

from __future__ import annotations

import numpy as np

from solvency.rules.charge import Charge, charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.tables.positions.spec import ChargeSpec


def real_estate(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Investment property by title, by project company, loans to controlled project companies, and property trusts abroad.

    Property abroad counts as overseas equity (rule 8, articles 45, 50-52).
    """
    return [_property(portfolio, sheet, spec)]


def _property(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> Charge:
    frame = portfolio.tables[sheet]
    return charge(
        sheet, spec.sub_risk, spec.group, frame, portfolio.rulebook, _exposure(portfolio, sheet), portfolio.marks(sheet, spec.sub_risk),
        readings=("k_beyond_cap", "property_concentration_overseas"),
    )  # fmt: skip


def _exposure(portfolio: Portfolio, sheet: str) -> Array:
    """Admitted value; of a project company the greater of that and the share of its property (article 41)."""
    frame = portfolio.tables[sheet]
    company = is_class(frame, "holding_form", "project_company")
    value, share = frame["property_book_value"].to_numpy(), frame["share_held"].to_numpy()
    for column, blank in (("property_book_value", np.isnan(value)), ("share_held", np.isnan(share))):
        portfolio.report(
            sheet, company & blank, column, "missing", "项目公司须填其投资性房地产账面价值和持股比例",
            "a project company needs the book value of its property and the share held", article="规则第8号第四十一条",
        )  # fmt: skip
    admitted = frame["admitted_value"].to_numpy()
    return np.where(
        company, np.maximum(amounts(frame, "property_book_value") * amounts(frame, "share_held"), admitted), admitted
    )
