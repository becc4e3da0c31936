"""Catastrophe risk over large sets of scenarios, against a bare matrix product and partition in the same run.

python -m benchmarks.catastrophe [--quick]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.ratios import best, line
from solvency.regulation.rulebook import Rulebook
from solvency.rules.positions import position_charges
from solvency.rules.rule04_nonlife_insurance_risk.value_at_risk import BLOCK, Cover, domestic, estimator
from solvency.tables.positions.read import Positions
from solvency.tables.validate import Problems

RULES = Rulebook.at("2025-12-31")
ROOT = Path(__file__).resolve().parent.parent
REGIONS = [
    name for name in RULES.classes["catastrophe_region"] if name not in RULES.members("catastrophe.overseas_region")
]
PERILS = RULES.correlation_labels("catastrophe_domestic.correlation")
OTHERS = RULES.correlation_labels("catastrophe_overseas.correlation")


def coded(codes: np.ndarray, names: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(np.asarray(codes, np.int64), categories=pd.Index(names, dtype=object))


def drawn(insurers: int, scenarios: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.random((insurers, len(REGIONS))) * 1e9, rng.random((len(REGIONS), scenarios)) ** 8


def bare(exposure: np.ndarray, factors: np.ndarray, place: int) -> np.ndarray:
    """The product and the order statistic alone, in blocks of the same size."""
    found = np.empty(len(exposure))
    step = max(1, BLOCK // factors.shape[1])
    for start in range(0, len(exposure), step):
        found[start : start + step] = np.partition(exposure[start : start + step] @ factors, place, axis=1)[:, place]
    return found


def kernel(insurers: int, scenarios: int) -> None:
    exposure, factors = drawn(insurers, scenarios)
    of = estimator("order_statistic", scenarios, Decimal("0.995"))
    none = Cover(*(np.zeros(insurers) for _ in range(3)))
    some = Cover(np.full(insurers, 1e9), np.full(insurers, 5e9), np.full(insurers, 0.8))
    least = best(lambda: bare(exposure, factors, of.places[0]), 3)
    what = f"{insurers:,} insurers × {scenarios:,} scenarios × {len(REGIONS)} regions"
    for name, cover in (("", none), (", with cover", some)):
        line(
            f"{what}{name} / product and partition",
            best(lambda c=cover: domestic(exposure, factors, c, of), 3) / least,
            "at most 2",
        )


def tables(insurers: int, scenarios: int) -> dict[str, pd.DataFrame]:
    """Typed tables of three domestic perils: exposures of every insurer, one set of factors."""
    exposure, factors = drawn(insurers, scenarios)
    regions, perils = len(REGIONS), len(PERILS)
    rows = insurers * regions * perils
    items = [*PERILS, *OTHERS]
    exposures = {
        "peril": coded(np.arange(rows) // regions % perils, items), "region": coded(np.arange(rows) % regions, REGIONS),
        "exposure": np.tile(exposure, (1, perils)).ravel(), "line": np.arange(rows), "case": np.arange(rows) // (regions * perils),
    }  # fmt: skip
    count = perils * scenarios * regions
    losses = {
        "peril": coded(np.arange(count) // (scenarios * regions), items), "event": coded(np.arange(count) // regions % scenarios, [f"{i:07d}" for i in range(scenarios)]),
        "region": coded(np.arange(count) % regions, REGIONS), "factor": np.tile(factors.T.ravel(), perils), "line": np.arange(count),
        "case": np.full(count, -1),
    }  # fmt: skip
    typed = {
        "item": coded(np.tile(np.arange(len(OTHERS)) + perils, insurers), items), "amount": np.zeros(insurers * len(OTHERS)),
        "line": np.arange(insurers * len(OTHERS)), "case": np.repeat(np.arange(insurers), len(OTHERS)),
    }  # fmt: skip
    return {"CatExposures": pd.DataFrame(exposures), "CatFactors": pd.DataFrame(losses), "IR02": pd.DataFrame(typed)}


def whole(insurers: int, scenarios: int) -> None:
    """From typed tables to the sub-risk, against the product and the order statistic of the three perils."""
    made = tables(insurers, scenarios)
    cases = pd.DataFrame(
        {"insurer": [str(i) for i in range(insurers)], "as_of": RULES.date, "scenario": "base", "total_assets": 1e13}
    )
    exposure, factors = drawn(insurers, scenarios)
    place = estimator("order_statistic", scenarios, Decimal("0.995")).places[0]
    least = best(lambda: [bare(exposure, factors, place) for _ in PERILS], 3)

    def charged() -> object:
        return position_charges(Positions(dict(made)), cases, "property", RULES, Problems())

    what = f"{insurers:,} insurers × {scenarios:,} scenarios × 3 perils, tables to sub-risk / product and partition"
    line(what, best(charged, 3) / least, "at most 3")


def growth(sizes: tuple[int, ...], scenarios: int) -> None:
    """Time per insurer and peak memory, each size in a process of its own."""
    code = (
        "import resource, sys, time\nfrom benchmarks.catastrophe import *\n"
        "n, s = int(sys.argv[1]), int(sys.argv[2])\nexposure, factors = drawn(n, s)\n"
        "of = estimator('order_statistic', s, Decimal('0.995'))\nnone = Cover(*(np.zeros(n) for _ in range(3)))\n"
        "start = time.perf_counter()\ndomestic(exposure, factors, none, of)\n"
        "print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    first = None
    for size in sizes:
        ran = subprocess.run(
            [sys.executable, "-c", code, str(size), str(scenarios)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        seconds, memory = map(float, ran.stdout.split())
        first = first or seconds / size
        line(
            f"{size:,} insurers × {scenarios:,} scenarios: time per insurer / that of {sizes[0]:,}",
            seconds / size / first,
            "about 1",
            f"{memory / 1024:,.0f} MB",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    quick = parser.parse_args().quick
    kernel(100 if quick else 1_000, 10_000)
    kernel(10 if quick else 100, 100_000)
    whole(100 if quick else 1_000, 10_000)
    growth((100, 1_000) if quick else (100, 1_000, 10_000), 10_000)


if __name__ == "__main__":
    main()
