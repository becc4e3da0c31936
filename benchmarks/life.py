"""Present values of life business: the kernel on arrays, and the long file of cash flows, as ratios measured in one run.

python -m benchmarks.life [--quick]
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd

from benchmarks.ratios import best, each_apart, line, run
from solvency.regulation.rulebook import Rulebook
from solvency.rules.discount_curve import discount_factors, reserve_discount_curves
from solvency.rules.positions import position_charges
from solvency.rules.rule05_life_insurance_risk.present_values import present_values_by_unit
from solvency.rules.rule05_life_insurance_risk.units import SCENARIOS
from solvency.tables.positions.read import Positions
from solvency.tables.positions.spec import position_tables
from solvency.tables.validate import Problems

RULES = Rulebook.at("2025-12-31")
CASES = pd.DataFrame({"insurer": ["A"], "as_of": [RULES.date], "scenario": ["base"], "total_assets": [1e13]})
YEARS, ADVERSE = 120, 12
KINDS = list(RULES.rows("reserve_curve.spread"))
TREASURY = np.linspace(0.015, 0.028, 40)


def kernel(units: int) -> None:
    """Units × scenarios × years, each unit on the curve of its kind, against one bare matrix product of the same numbers."""
    rng = np.random.default_rng(1)
    flows = rng.random((units, ADVERSE, YEARS))
    curves = np.array(list(reserve_discount_curves(TREASURY, RULES, years=YEARS).values()))
    kind = rng.integers(0, len(KINDS), units)
    factors, flat = discount_factors(curves)[0], flows.reshape(-1, YEARS)
    ratio = best(lambda: flat @ factors) / best(lambda: present_values_by_unit(flows, curves, kind))
    line(f"{units:,} units × {ADVERSE} scenarios × {YEARS} years: bare matrix product / kernel", ratio, "at least 0.5")


def classes(names: list[str], codes: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype=object))


def tables(units: int, years: int) -> dict[str, pd.DataFrame]:
    """Typed tables: every unit with flows of every scenario and year."""
    ids = [f"U{i}" for i in range(units)]
    blank = {c.id: np.full(units, np.nan) for c in position_tables()["LifeUnits"].columns if c.id.startswith("pv_")}
    held = pd.DataFrame(
        {
            "id": classes(ids, np.arange(units)), "name": classes([], np.full(units, -1)),
            "product_class": classes(KINDS, np.arange(units) % len(KINDS)), "lapse_type": classes(["type_1", "type_2"], np.ones(units, int)),
            "cash_value": classes(["all", "some", "none"], np.zeros(units, int)), "reinsurance": classes([], np.full(units, -1)), **blank, "line": np.arange(units), "case": 0,
        }
    )  # fmt: skip
    scenarios = list(SCENARIOS[:ADVERSE])
    size = units * ADVERSE * years
    grid = np.arange(size)
    flows = pd.DataFrame(
        {
            "unit": classes(ids, grid // (ADVERSE * years)), "life_scenario": classes(scenarios, grid // years % ADVERSE),
            "reinsurance": classes([], np.full(size, -1)), "year": grid % years + 1.0, "amount": np.random.default_rng(2).random(size), "line": grid, "case": np.zeros(size, int),
        }
    )  # fmt: skip
    curve = pd.DataFrame({"term": np.arange(1, 41.0), "spot_rate": TREASURY, "line": np.arange(40), "case": 0})
    return {"LifeUnits": held, "LifeCashFlows": flows, "LifeCurve": curve}


def charged(typed: dict[str, pd.DataFrame]) -> object:
    return position_charges(Positions(dict(typed)), CASES, "life", RULES, Problems())


def long_file(units: int) -> None:
    typed = tables(units, YEARS)
    flows = typed["LifeCashFlows"]
    matrix = flows["amount"].to_numpy().reshape(-1, YEARS)
    factors = discount_factors(reserve_discount_curves(TREASURY, RULES, years=YEARS)["other"])
    rows = f"{units:,} units, {len(flows):,} rows"

    def bare() -> None:
        """Read the four columns once and add the amounts up by unit and scenario."""
        cell = (
            flows["unit"].cat.codes.to_numpy().astype(np.int64) * ADVERSE + flows["life_scenario"].cat.codes.to_numpy()
        )
        np.bincount(cell, flows["amount"].to_numpy() * factors[flows["year"].to_numpy().astype(int) - 1])

    product = best(lambda: charged(typed), 3)
    line(f"{rows}: long file to capital / bare look-up and sums", product / best(bare, 3), "at most 10")
    line(
        f"{rows}: long file to capital / bare matrix product of the same numbers",
        product / best(lambda: matrix @ factors, 3),
        "-",
    )


def liability_tables(units: int, years: int) -> dict[str, pd.DataFrame]:
    """Typed tables of rule 3: every unit with flows and account reserves of every year, before and after reinsurance."""
    ids = [f"U{i}" for i in range(units)]
    accounts = list(RULES.classes["life_account"])
    known = {
        "id": classes(ids, np.arange(units)), "name": classes([], np.full(units, -1)), "account": classes(accounts, np.arange(units) % len(accounts)),
        "product_class": classes(KINDS, np.arange(units) % len(KINDS)), "ceded": classes(["yes", "no"], np.zeros(units, int)),
        "guaranteed_rate": np.full(units, 0.025), "risk_margin_method": classes(["quantile", "other"], np.zeros(units, int)),
        "policyholder_deposits": np.zeros(units),
    }  # fmt: skip
    blank = {c.id: np.full(units, np.nan) for c in position_tables()["LifeLiabilities"].columns if c.id not in known}
    held = pd.DataFrame({**known, **blank, "line": np.arange(units), "case": 0})
    size = units * (years + 1)
    grid, rng = np.arange(size), np.random.default_rng(3)
    amounts = {
        c.id: rng.random(size)
        for c in position_tables()["LiabilityCashFlows"].columns
        if c.id.endswith(("_before", "_after"))
    }
    flows = pd.DataFrame(
        {"unit": classes(ids, grid // (years + 1)), "year": grid % (years + 1) + 0.0, **amounts, "line": grid, "case": np.zeros(size, int)}
    )  # fmt: skip
    curve = pd.DataFrame({"term": np.arange(1, 41.0), "spot_rate": TREASURY, "line": np.arange(40), "case": 0})
    return {"LifeLiabilities": held, "LiabilityCashFlows": flows, "LifeCurve": curve}


def liabilities(units: int) -> None:
    """Flows and account reserves of both sides to form L01, against the bare matrix products of the same numbers."""
    typed = liability_tables(units, YEARS)
    flows = typed["LiabilityCashFlows"]
    net = [flows[f"outflow_{side}"].to_numpy() - flows[f"inflow_{side}"].to_numpy() for side in ("before", "after")]
    reserves = [flows[f"reserve_{side}"].to_numpy() for side in ("before", "after")]
    matrices = [values.reshape(-1, YEARS + 1) for values in (*net, *reserves)]
    factors = np.append(1.0, discount_factors(reserve_discount_curves(TREASURY, RULES, years=YEARS)["other"]))
    unit, year = flows["unit"].cat.codes.to_numpy().astype(np.int64), flows["year"].to_numpy().astype(int)

    def bare() -> None:
        """Read the columns once and add four amounts up by unit."""
        weight = factors[year]
        for values in (*net, *reserves):
            np.bincount(unit, values * weight)

    cases = CASES.assign(life_insurance_mc=0.0)
    problems = Problems()

    def product() -> None:
        position_charges(Positions(dict(typed)), cases, "life", RULES, problems)

    spent = best(product, 3)
    rows = f"L01: {units:,} units, {len(flows):,} rows of six amounts"
    line(f"{rows}: to the form / bare look-up and sums", spent / best(bare, 3), "at most 10")
    line(f"{rows}: to the form / bare matrix products", spent / best(lambda: [m @ factors for m in matrices], 3), "-")


def growth(sizes: list[int]) -> None:
    """Time per row and memory beyond the input, each size in a process of its own."""
    found = each_apart("life", sizes)
    line(
        f"long file, time per row: {sizes[-1]:,} units / {sizes[0]:,} units",
        found[-1][0] / found[0][0],
        "linear: about 1",
    )
    line(
        f"memory beyond the input at {sizes[-1]:,} units, as a share of the input",
        found[-1][1],
        "a few columns: about 1",
    )


def one(units: int) -> None:
    typed = tables(units, YEARS)
    size = sum(frame.memory_usage(index=False).sum() for frame in typed.values())
    seconds = best(lambda: charged(typed), 3)
    tracemalloc.start()
    charged(typed)
    print(seconds / len(typed["LifeCashFlows"]), tracemalloc.get_traced_memory()[1] / size)


def main(scale: int) -> None:
    kernel(10_000 // scale)
    long_file(10_000 // scale)
    liabilities(10_000)
    growth([500, 10_000 // scale])


if __name__ == "__main__":
    run(main, one)
