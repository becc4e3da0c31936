"""Investment property at cost, and its gain at the switch of 2022 (rule 1, article 13; 2021 notice, item 1 (2))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class

SHEET = "InvestmentProperty"
ROWS = {"in_rem": "investment_property", "project_company": "interests_in_subsidiaries_jvs_associates"}


@dataclass(frozen=True, eq=False)
class Properties:
    """What the properties of n cases give, CNY, NaN for a case without any.

    book, difference: by row of S03, book value and admitted less book value. core: row 1.2.3 of S02; supplementary: row 3.5.
    released: deferred tax liabilities that fall away. lines: property by property.
    """

    book: Mapping[str, Array]
    difference: Mapping[str, Array]
    core: Array
    supplementary: Array
    released: Array
    lines: pd.DataFrame


def properties(portfolio: Portfolio) -> Properties | None:
    """Admitted value by the cost model, its cost counting in core tier 1 and its gain at the switch in supplementary tier 1.

    The admitted value is cost and gain at the switch less depreciation and impairment since, which fall on both in
    proportion; a fall in value at the switch is borne by the cost alone.
    """
    if SHEET not in portfolio.tables:
        return None
    frame = portfolio.tables[SHEET]
    book, cost, gain, written = (
        frame["book_value"].to_numpy(), frame["purchase_cost"].to_numpy(), frame["revaluation_gain"].to_numpy(),
        frame["depreciation"].to_numpy() + frame["impairment"].to_numpy(),
    )  # fmt: skip
    initial = cost + gain
    portfolio.report(
        SHEET, written > initial, "depreciation", "out_of_range", "折旧和减值之和超过初始成本", "depreciation and impairment exceed the initial cost",
        (written / portfolio.scale), article="银保监发〔2021〕52号一（二）",
    )  # fmt: skip
    portfolio.report(
        SHEET, initial < 0, "revaluation_gain", "out_of_range", "评估减值超过购置成本", "the fall in value exceeds the cost",
        (gain / portfolio.scale), article="银保监发〔2021〕52号一（二）",
    )  # fmt: skip
    admitted = initial - written
    with np.errstate(divide="ignore", invalid="ignore"):
        of_gain = np.where((gain > 0) & (initial > 0), gain / initial, 0.0)
    keeps_tax = portfolio.rulebook.reading("property_deferred_tax") == "at_book_value"
    after_tax = np.ones(len(frame)) if keeps_tax else 1 - frame["tax_rate"].to_numpy()
    second = admitted * of_gain
    core, supplementary = (admitted - second - book) * after_tax, second * after_tax
    lines = pd.DataFrame(
        {
            "case": frame["case"].to_numpy(), "line": frame["line"].to_numpy(), "book_value": book, "admitted_value": admitted,
            "of_cost": admitted - second, "of_gain": second, "core_tier1": core, "supplementary_tier1": supplementary,
            "released_tax": (book - admitted) * (1 - after_tax),
        },
        copy=False,
    )  # fmt: skip
    case = frame["case"].to_numpy()
    some = np.zeros(portfolio.size, bool)
    some[case] = True

    def summed(values: Array) -> Array:
        return np.where(some, portfolio.sum_by_case(values, case), np.nan)

    held = {row: is_class(frame, "property_holding", name) for name, row in ROWS.items()}
    return Properties(
        {row: summed(np.where(here, book, 0.0)) for row, here in held.items()},
        {row: summed(np.where(here, admitted - book, 0.0)) for row, here in held.items()},
        summed(core), summed(supplementary), summed(lines["released_tax"].to_numpy()), lines,
    )  # fmt: skip
