"""Long-term life reinsurance: which capital counts, and in which tier (rule 1, articles 38 and 39)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class, recoded
from solvency.rules.rule01_actual_capital.formulas import TIERS

SHEET = "LifeReinsurance"
FACTOR = "life_reinsurance.recognised"


@dataclass(frozen=True, eq=False)
class Reinsurance:
    """Capital of long-term life reinsurance of n cases (CNY), NaN for a case without any.

    tiers: by tier, what counts there. not_recognised: what does not count. lines: contract by contract.
    """

    tiers: Mapping[str, Array]
    not_recognised: Array
    lines: pd.DataFrame


def life_reinsurance(portfolio: Portfolio) -> Reinsurance | None:
    """The tier of each contract by termination, term and true transfer (article 38); None without any."""
    if SHEET not in portfolio.tables:
        return None
    rulebook, frame = portfolio.rulebook, portfolio.tables[SHEET]
    portfolio.report(
        SHEET, frame["terminable_after"].to_numpy() > frame["term_years"].to_numpy(), "terminable_after", "date_order",
        "可终止的时间晚于合同期限", "it is terminable only after its term", article="规则第1号第三十八条",
    )  # fmt: skip
    deferred = frame["premium_deferral_months"].to_numpy() > rulebook.value("life_reinsurance.premium_deferral")
    judged = recoded(
        frame,
        "reinsurance_transfer",
        deferred & is_class(frame, "reinsurance_transfer", "transferred"),
        "assets_retained",
    )
    if rulebook.reading("reinsurance_without_risk_transfer") == "as_assets_retained":
        judged = recoded(
            judged,
            "reinsurance_transfer",
            is_class(frame, "reinsurance_transfer", "not_transferred"),
            "assets_retained",
        )
    table = rulebook.table(FACTOR)
    located = table.locate({name: judged[name] for name in table.drivers}, len(frame))
    amount, case = frame["capital_increase"].to_numpy(), frame["case"].to_numpy()
    counted = amount * table.values(located, {}, absent=0.0)
    of_row = np.array([_tier(row.key) for row in table.rows] + [-1])
    tier = of_row[located]
    some = np.zeros(portfolio.size, bool)
    some[case] = True

    def summed(values: Array) -> Array:
        return np.where(some, portfolio.sum_by_case(values, case), np.nan)

    lines = pd.DataFrame(
        {"case": case, "line": frame["line"].to_numpy(), "amount": amount, "table_row": located, "tier": tier, "counted": counted},
        copy=False,
    )  # fmt: skip
    return Reinsurance(
        {name: summed(np.where(tier == i, counted, 0.0)) for i, name in enumerate(TIERS)},
        summed(amount - counted),
        lines,
    )


def _tier(key: str) -> int:
    """The tier a row of the table is named after."""
    return max((i for i, name in enumerate(TIERS) if key.startswith(name)), key=lambda i: len(TIERS[i]))
