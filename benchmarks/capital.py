"""Capital instruments and statements of many companies in one pass, as ratios measured in one run.

python benchmarks/capital.py [--quick]

10,000 companies × 50 instruments × 8 quarters: 4,000,000 rows of AC01, and S03 and S04 of 80,000 cases.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from benchmarks.ratios import best, line
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule01_actual_capital.detail import asset_side, capital_tables
from solvency.tables.positions.read import Positions
from solvency.tables.positions.spec import CLASSES, NUMBERS, position_tables
from solvency.tables.spec import line_items
from solvency.tables.validate import Problems

RULES = Rulebook.at("2025-12-31")
QUARTERS = pd.to_datetime(["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31", "2025-06-30", "2025-09-30", "2025-12-31"])  # fmt: skip


def cases(companies: int) -> pd.DataFrame:
    """The companies at eight quarter-ends, nothing typed but the date."""
    rows = companies * len(QUARTERS)
    blank = {item: np.full(rows, np.nan) for item, row in line_items().items() if row.kind == "amount"}
    return pd.DataFrame({**blank, "as_of": np.tile(QUARTERS.date, companies)})


def classes(names: list[str], codes: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype=object))


def instruments(rows: int, case: np.ndarray) -> pd.DataFrame:
    """Bonds with and without a call clause, of all remaining terms, and perpetual bonds; those since 2022 pass the tests of their tier."""
    rng = np.random.default_rng(1)
    drawn: dict[str, object] = {}
    for column in position_tables()["AC01"].columns:
        if column.kind in CLASSES or column.kind == "text":
            names = list(column.allowed(RULES)) if column.kind in CLASSES else ["x"]
            drawn[column.id] = classes(names, np.full(rows, -1))
        elif column.kind in NUMBERS:
            drawn[column.id] = np.full(rows, np.nan)
        else:
            drawn[column.id] = np.full(rows, np.datetime64("NaT"), "datetime64[D]")
    flags, bond = ["yes", "no"], rng.random(rows) < 0.8
    start = np.datetime64("2018-01-01") + rng.integers(0, 2100, rows)
    ends = np.maximum(
        np.datetime64("2026-01-01") + rng.integers(0, 3650, rows), start + 1830
    )  # long enough for its tier
    call = bond & (rng.random(rows) < 0.5)
    tiers, types = list(position_tables()["AC01"].column("tier").allowed(RULES)), list(position_tables()["AC01"].column("instrument_type").allowed(RULES))  # fmt: skip
    drawn |= {
        "tier": classes(tiers, np.where(bond, tiers.index("supplementary_tier1"), tiers.index("core_tier2"))),
        "instrument_type": classes(types, np.where(bond, types.index("capital_supplementary_bonds"), types.index("perpetual_bonds"))),
        "accounting": classes(["equity", "liability", "asset"], np.ones(rows, int)), "issue_date": start, "book_value": rng.random(rows) * 1e9,
        "has_maturity": classes(flags, np.where(bond, 0, 1)), "maturity_date": np.where(bond, ends, np.datetime64("NaT", "D")),
        "has_call": classes(flags, np.where(call, 0, 1)), "call_date": np.where(call, ends - 365, np.datetime64("NaT", "D")),
        "coupon_before": np.full(rows, 0.04), "coupon_after": rng.choice([0.045, 0.05, 0.06], rows),
        "early_call_evidence": classes(flags, np.ones(rows, int)), "redeemed": classes(flags, np.ones(rows, int)),
        "designated": classes(flags, np.ones(rows, int)), "tier_basis": classes(["x"], np.zeros(rows, int)),
        "line": np.arange(rows), "case": case,
    }  # fmt: skip
    passing = {
        "paid_in": "yes", "loss_absorption": "going_concern", "ranking": "last", "payment_terms": "discretionary", "write_down_or_conversion": "yes",
        "redemption_incentive": "no", "secured": "no", "bankruptcy_petition": "no", "funded_by_insurer": "no",
    }  # fmt: skip
    drawn |= {column: classes([name], np.zeros(rows, int)) for column, name in passing.items()}
    return pd.DataFrame(drawn, copy=False)


def statement(sheet: str, size: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = position_tables()[sheet].rows
    leaves = [i for i, row in enumerate(rows) if not any(r.row.startswith(f"{row.row}.") for r in rows) and not (row.total or row.memo or row.beside)]  # fmt: skip
    n = len(leaves) * size
    frame = {c.id: np.full(n, np.nan) for c in position_tables()[sheet].columns if c.kind == "amount"}
    frame["book_value"] = rng.integers(0, 10**9, n).astype(float)
    if sheet == "S03":
        frame["non_admitted_value"] = np.where(rng.random(n) < 0.1, frame["book_value"], 0.0)
    return pd.DataFrame(
        {"item": classes([row.item for row in rows], np.tile(leaves, size)), **frame, "line": np.arange(n), "case": np.repeat(np.arange(size), len(leaves))},
        copy=False,
    )  # fmt: skip


def worked(tables: dict[str, pd.DataFrame], typed: pd.DataFrame) -> object:
    return capital_tables(asset_side(Positions(dict(tables)), typed, "life", RULES, Problems(), 1), {})


def bare(tables: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]) -> None:
    """Read the columns that are used once and write the result once."""
    for frame in tables.values():
        for column in frame:
            values = frame[column]
            if values.notna().any():
                codes = values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else values
                codes.to_numpy().view(np.int64 if codes.dtype.kind == "M" else codes.dtype).sum()
    for frame in made.values():
        for column in frame:
            values = frame[column]
            array = (values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else values).to_numpy()
            np.empty(len(array), array.dtype)[:] = array


def measure(what: str, tables: dict[str, pd.DataFrame], typed: pd.DataFrame, bound: str) -> float:
    made = worked(tables, typed).forms  # type: ignore[attr-defined]
    took = best(lambda: worked(tables, typed), 3)
    rows = sum(map(len, tables.values()))
    line(f"{rows:,} rows, {len(typed):,} cases, {what}: worked out / columns read, result written", took / best(lambda: bare(tables, made), 3), bound)  # fmt: skip
    return took / rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    companies = 1_000 if parser.parse_args().quick else 10_000
    found = []
    for size in (companies // 10, companies):
        typed = cases(size)
        case = np.repeat(np.arange(len(typed)), 50)
        found.append(measure("instruments", {"AC01": instruments(len(case), case)}, typed, "at most 10"))
    line(
        f"instruments, time per row: {companies:,} companies / {companies // 10:,}",
        found[1] / found[0],
        "linear: about 1",
    )
    typed = cases(companies)
    measure("statements", {sheet: statement(sheet, len(typed)) for sheet in ("S03", "S04")}, typed, "at most 20")


if __name__ == "__main__":
    main()
