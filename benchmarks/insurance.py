"""Insurance risk of many insurers and scenarios in one pass, as ratios measured in one run.

python -m benchmarks.insurance [--quick]
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd

from benchmarks.ratios import best, each_apart, line, run
from solvency.regulation.rulebook import Rulebook
from solvency.rules.positions import Charged, position_charges
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve_total import premium_reserve_minimum_capital
from solvency.tables.positions.read import Positions
from solvency.tables.positions.spec import CLASSES, NUMBERS, position_tables
from solvency.tables.validate import Problems

RULES = Rulebook.at("2025-12-31")
MATRIX = "nonlife_premium_reserve_mc.correlation"
NAMES = RULES.correlation_labels(MATRIX)
LOANS = RULES.factor("financing.rf0").row_keys()


def typed(sheet: str, case: np.ndarray, **columns: object) -> pd.DataFrame:
    """A typed table of one insurer and scenario per case; columns that are not named stay blank."""
    drawn: dict[str, object] = {}
    for column in position_tables()[sheet].columns:
        if column.kind in CLASSES:
            names = list(column.allowed(RULES))
            codes = columns.get(column.id, 0)
            drawn[column.id] = pd.Categorical.from_codes(
                np.broadcast_to(np.asarray(codes), len(case)).copy(), categories=pd.Index(names, dtype=object)
            )
        elif column.kind == "text":
            drawn[column.id] = pd.Categorical.from_codes(np.full(len(case), -1), categories=pd.Index([], dtype=object))
        elif column.kind in NUMBERS:
            drawn[column.id] = np.broadcast_to(np.asarray(columns.get(column.id, np.nan), float), len(case)).copy()
    return pd.DataFrame({**drawn, "line": np.arange(len(case)), "case": case}, copy=False)


def nonlife(cases: int) -> dict[str, pd.DataFrame]:
    """Every line and every type of loan of so many cases, with company-wide and industry figures."""
    rng = np.random.default_rng(1)

    def drawn(low: float, high: float, count: int) -> np.ndarray:
        return np.round(rng.uniform(low, high, count), 4)

    each = np.arange(cases)
    lines, loans = np.repeat(each, len(NAMES)), np.repeat(each, len(LOANS))
    rows = len(lines)
    return {
        "IR01": typed(
            "IR01", lines, business_line=np.tile(np.arange(len(NAMES)), cases), retained_premium=drawn(1e6, 1e9, rows),
            outstanding_reserve=drawn(1e6, 1e9, rows), nonproportional_ceded_premium=drawn(0, 5e7, rows), nonproportional_assumed_premium=drawn(0, 1e7, rows),
            combined_ratio=drawn(0.8, 1.2, rows), combined_ratio_change=drawn(-0.03, 0.03, rows), prior_year_premium=drawn(1e9, 5e9, rows),
            direct_premium=drawn(1e9, 5e9, rows), direct_premium_prior=drawn(1e9, 5e9, rows), policy_premium=drawn(0, 1e6, rows),
        ),
        "IR01-1": typed(
            "IR01-1", loans, loan_type=np.tile(np.arange(len(LOANS)), cases), loan_balance=drawn(1e6, 1e9, len(loans)),
            outstanding_reserve=drawn(0, 1e6, len(loans)),
        ),
        "Business": typed(
            "Business", each, motor_reserve_deviation=drawn(-0.1, 0.1, cases), nonmotor_reserve_deviation=drawn(-0.1, 0.2, cases),
            unearned_premium_deviation=drawn(-0.1, 0.1, cases), claims_reserve_deviation=drawn(-0.1, 0.1, cases), financing_premium=drawn(1e6, 2e6, cases),
            financing_premium_prior=drawn(1e6, 2e6, cases), small_ticket_balance=drawn(0, 1e6, cases), top_ten_balance=drawn(0, 1e6, cases),
            small_enterprise_balance=drawn(0, 1e6, cases), personal_net_claims=drawn(0, 1e5, cases), personal_average_balance=drawn(1e6, 2e6, cases),
            financing_earned_premium=drawn(1e6, 2e6, cases), financing_combined_cost=drawn(1e6, 2e6, cases),
        ),
        "Industry": typed(
            "Industry", each, motor_premium=8e11, motor_premium_prior=7.5e11, financing_premium=1e10, financing_premium_prior=1e10
        ),
    }  # fmt: skip


def charged(tables: dict[str, pd.DataFrame], cases: int) -> Charged:
    frame = pd.DataFrame({"as_of": np.full(cases, RULES.date), "total_assets": np.full(cases, 1e13)})
    return position_charges(Positions(dict(tables)), frame, "property", RULES, Problems())


def bare(tables: dict[str, pd.DataFrame], result: Charged) -> None:
    """Read every filled column once and write the result once."""
    for frame in tables.values():
        for column in frame:
            values = frame[column]
            (values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else values).to_numpy().sum()
    for values in [made.frame[column].to_numpy() for made in result.charges for column in made.frame]:
        np.empty(len(values), values.dtype)[:] = values


def all_lines(insurers: int, scenarios: int) -> None:
    cases = insurers * scenarios
    tables = nonlife(cases)
    result = charged(tables, cases)
    ratio = best(lambda: charged(tables, cases), 3) / best(lambda: bare(tables, result))
    what = f"{insurers:,} insurers × {scenarios:,} scenarios, {len(NAMES)} lines and {len(LOANS)} loan types"
    line(f"{what}: charged / columns read and result written", ratio, "at most 20")


def forms(cases: int) -> None:
    tables = nonlife(cases)
    whole = best(lambda: charged(tables, cases), 2)
    with_form = best(lambda: charged(tables, cases).forms["IR01"], 2)
    line(f"{cases:,} cases: with form IR01 / without", with_form / whole, "-")


def kernel(cases: int) -> None:
    rng = np.random.default_rng(2)
    premium, reserve = rng.random((2, len(NAMES), cases)) * 1e8
    financing, matrix = rng.random(cases) * 1e7, RULES.correlation(MATRIX, NAMES)
    credit = NAMES.index("credit_guarantee")
    ratio = best(lambda: premium_reserve_minimum_capital(premium, reserve, financing, credit, 0.5, matrix)) / best(
        lambda: (premium.sum(), reserve.sum())
    )
    line(f"{cases:,} insurers × {len(NAMES)} lines, kernel / one read of the bytes", ratio, "-")


def growth(sizes: list[int]) -> None:
    """Time per row and memory beyond input and output, each size in a process of its own."""
    found = each_apart("insurance", sizes)
    line(f"time per case: {sizes[-1]:,} cases / {sizes[0]:,} cases", found[-1][0] / found[0][0], "linear: about 1")
    for size, (_, beyond, given) in zip(sizes, found, strict=True):
        line(f"memory beyond input and output / input and output, {size:,} cases", beyond / given, "bounded")


def one(cases: int) -> None:
    tables = nonlife(cases)
    given = sum(frame.memory_usage(index=False).sum() for frame in tables.values())
    time = best(lambda: charged(tables, cases), 3) / cases
    tracemalloc.start()
    result = charged(tables, cases)
    peak = tracemalloc.get_traced_memory()[1]
    output = sum(made.frame.memory_usage(index=False).sum() for made in result.charges)
    print(time, max(peak - output, 0), given + output)


def main(scale: int) -> None:
    all_lines(200, 1_000 // scale)
    forms(200_000 // scale)
    kernel(1_000_000 // scale)
    growth([2_000, 200_000 // scale])


if __name__ == "__main__":
    run(main, one)
