"""Capital and ratios of each level of Lloyd's China, and of the whole (rule 20, articles 10-20).

Everything works on float64 and, for decisions on a boundary, on object arrays of Decimal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import aggregate
from solvency.rules.frame import Array, missing
from solvency.rules.ratios import RATIOS

CAPITAL = {"core_ratio": "core_capital", "comprehensive_ratio": "actual_capital"}
PARTS = ("direct_premium_reserve_mc", "proportional_premium_reserve_mc", "nonproportional_premium_reserve_mc")
TOTAL = "reinsurance_premium_reserve_mc"
TOP = ("nonlife_insurance_mc", "market_mc", "credit_mc")
NONLIFE = ("nonlife_premium_reserve_mc", "nonlife_catastrophe_mc")


def department_insurance(parts: Array, reinsurance: Array, rulebook: Rulebook) -> Array:
    """Insurance capital of n departments from premium and reserve capital (articles 11-13; rules 4 and 6).

    parts: (3, n), CNY: direct, proportional and non-proportional. reinsurance: (n,), of all reinsurance (rule 6, article 24).
    Catastrophe is a share of premium and reserve capital, of reinsurance by kind; direct and reinsurance are added. Returns (n,).
    """
    direct, proportional, nonproportional = parts
    share = rulebook.value("lloyds.catastrophe_share.reinsurance")
    catastrophe = aggregate(
        np.array([share * proportional, share * nonproportional]),
        rulebook.correlation("catastrophe_reinsurer.correlation", ("proportional", "non_proportional")),
    )
    assumed = aggregate(
        np.array([reinsurance, catastrophe]), rulebook.correlation("nonlife_insurance_mc.correlation.reinsurer", NONLIFE)
    )  # fmt: skip
    own = np.array([direct, rulebook.value("lloyds.catastrophe_share.direct") * direct])
    return np.asarray(aggregate(own, rulebook.correlation("nonlife_insurance_mc.correlation", NONLIFE)) + assumed)


def lloyds_levels(
    frame: pd.DataFrame, rulebook: Rulebook, size_coefficient: Array | float = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every level with its capital and ratios, and the weighted ratios of each whole (rule 20, articles 10-20).

    frame: n rows, CNY: `case` (0, 1, …: the company), `level` (department or company), `core_capital`, `actual_capital`,
    `insurance_mc` or what it comes from (`PARTS`, `TOTAL`), `market_mc`, `credit_mc`; NaN for blank. size_coefficient: one
    number, or one per company; without effect where the reading says so. The matrix is that of property insurers (rule 2,
    article 16); that of reinsurers (article 18) holds the same for these three risks. No level bears control risk (articles 10, 16).
    Returns the rows, same index: `case`, `level`, `core_capital`, `actual_capital`, `insurance_mc`, `market_mc`, `credit_mc`,
    `minimum_capital`, both ratios; and a row per case: `department_…`, `company_level_…` and the ratios themselves. A ratio is
    NaN where minimum capital is not positive.
    """
    case, company = frame["case"].to_numpy(), (frame["level"] == "company").to_numpy()
    companies = int(case.max()) + 1 if len(case) else 0
    amounts = {name: frame[name].to_numpy() for name in (*CAPITAL.values(), "market_mc", "credit_mc")}
    insurance = _insurance(frame, rulebook)
    of_departments = _sum(np.where(company, _zero(insurance), insurance), case, companies)
    insurance = np.where(company, rulebook.value("lloyds.company_insurance_share") * of_departments[case], insurance)
    matrix = rulebook.correlation("quantified_mc.correlation.property", TOP)
    minimum = aggregate(np.array([insurance, amounts["market_mc"], amounts["credit_mc"]]), matrix)
    if rulebook.reading("lloyds_size_coefficient") == "every_level":
        size = size_coefficient[case] if isinstance(size_coefficient, np.ndarray) else size_coefficient
        minimum = minimum * size
    levels: dict[str, Array] = {**amounts, "insurance_mc": insurance, "minimum_capital": minimum}
    whole: dict[str, Array] = {}
    weights = {"department": rulebook.value("lloyds.weight.department"), "company": rulebook.value("lloyds.weight.company")}  # fmt: skip
    for ratio, capital in CAPITAL.items():
        levels[ratio] = _ratio(amounts[capital], minimum)
        parts = []
        for level, own in (("department", ~company), ("company", company)):
            sums = [
                _sum(np.where(own, values, _zero(values)), case, companies) for values in (amounts[capital], minimum)
            ]
            parts.append(_ratio(*sums))
            whole[f"{'company_level' if level == 'company' else level}_{ratio}"] = parts[-1]
        whole[ratio] = parts[0] * weights["department"] + parts[1] * weights["company"]
    names = [*CAPITAL.values(), "insurance_mc", "market_mc", "credit_mc", "minimum_capital", *RATIOS]
    detail = {"case": case, "level": frame["level"].to_numpy(), **{name: levels[name] for name in names}}
    return pd.DataFrame(detail, index=frame.index), pd.DataFrame(whole)


def _insurance(frame: pd.DataFrame, rulebook: Rulebook) -> Array:
    """Insurance capital of each row from its parts, or else as it is typed."""
    typed = frame["insurance_mc"].to_numpy()
    parts = np.array([frame[name].to_numpy() for name in PARTS])
    given = ~np.logical_or.reduce([missing(part) for part in parts])
    if not given.any():
        return typed
    reinsurance = reinsurance_total(frame)
    computed = department_insurance(np.where(given, parts, _zero(parts)), np.where(given, reinsurance, _zero(reinsurance)), rulebook)  # fmt: skip
    return np.where(given, computed, typed)


def reinsurance_total(frame: pd.DataFrame) -> Array:
    """Premium and reserve capital of all reinsurance: as typed, or the only kind there is; NaN where both are and it is blank."""
    _, proportional, nonproportional = (frame[name].to_numpy() for name in PARTS)
    typed = frame[TOTAL].to_numpy()
    one = np.asarray((proportional == 0) | (nonproportional == 0), bool)
    return np.where(missing(typed) & one, proportional + nonproportional, typed)


def _ratio(capital: Array, minimum: Array) -> Array:
    positive = np.asarray(minimum > 0, bool)
    nan: Any = np.nan if minimum.dtype != object else type(minimum[0])("nan")
    one: Any = 1.0 if minimum.dtype != object else type(minimum[0])(1)
    return np.where(positive, capital / np.where(positive, minimum, one), nan)


def _sum(values: Array, case: Array, companies: int) -> Array:
    if values.dtype != object:
        return np.bincount(case, weights=values, minlength=companies)
    total = np.full(companies, type(values[0])(0) if len(values) else 0, dtype=object)
    np.add.at(total, case, values)
    return total


def _zero(values: Array) -> Any:
    return 0.0 if values.dtype != object else type(values.flat[0])(0)
