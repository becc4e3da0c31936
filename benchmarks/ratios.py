"""Speed as ratios measured in one run: what the product needs against what the machine needs for the bare work.

    python benchmarks/ratios.py [--quick]

Every line goes through the functions the product itself calls. Ratios travel between machines, seconds do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import solvency
from solvency.files import shipped
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule02_minimum_capital import matrices, quantified_rows, total_minimum_capital
from solvency.tables.spec import MODULES, SUB_RISKS

ROOT = Path(__file__).resolve().parent.parent
NUMBERS = matrices(Rulebook.at("2025-09-30"), "life")


def best(work: Callable[[], object], times: int = 5) -> float:
    """Shortest of several runs, in seconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def line(what: str, ratio: float, bound: str, note: str = "") -> None:
    print(f"{what:<74} {ratio:>9.2f}   {bound:<14} {note}")


def each_apart(module: str, sizes: list[int]) -> list[list[float]]:
    """The numbers that a benchmark prints with `--one SIZE`, each size in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{module}", "--one"]
    ran = [
        subprocess.run([*command, str(size)], cwd=ROOT, capture_output=True, text=True, check=True) for size in sizes
    ]
    return [[float(number) for number in done.stdout.split()] for done in ran]


def run(main: Callable[[int], None], one: Callable[[int], None]) -> None:
    """The command line of a benchmark: all of it, by how much smaller with `--quick`; or what one size prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--one", type=int)
    options = parser.parse_args()
    if options.one:
        one(options.one)
    else:
        main(10 if options.quick else 1)


def sub_risks(rows: int) -> np.ndarray:
    return np.random.default_rng(1).lognormal(18, 1, (len(SUB_RISKS), rows))


def kernels(rows: int) -> None:
    amounts = sub_risks(rows)
    read = best(amounts.sum)
    la = np.full(rows, 1e6)
    line(f"{rows:,} rows × 13 sub-risks: total / one read of the bytes",
         best(lambda: total_minimum_capital(amounts, NUMBERS)) / read, "at most 8")  # fmt: skip
    line(f"{rows:,} rows × 13 sub-risks: all S05 rows / one read of the bytes",
         best(lambda: quantified_rows(amounts, NUMBERS, la, la, la, la)) / read, "at most 15")  # fmt: skip

    some = min(rows, 5_000)
    frame = pd.DataFrame(amounts[:, :some].T, columns=list(SUB_RISKS))

    def one(row: pd.Series) -> float:
        low, totals = 0, np.empty(len(MODULES))
        values = row.to_numpy()
        for i, items in enumerate(MODULES.values()):
            part = values[low : low + len(items)]
            totals[i] = np.sqrt(part @ NUMBERS.modules[i] @ part)
            low += len(items)
        return float(np.sqrt(totals @ NUMBERS.quantified @ totals))

    apply = best(lambda: frame.apply(one, axis=1), 2) / some
    line("pandas row-apply with the numpy formula / the kernel, per row",
         apply / (best(lambda: total_minimum_capital(amounts, NUMBERS)) / rows), "at least 100")  # fmt: skip
    single = amounts[:, :1].copy()
    line("one company through the public kernel, all S05 rows (microseconds)",
         best(lambda: [quantified_rows(single, NUMBERS) for _ in range(1000)]) * 1000, "tens")  # fmt: skip


def growth(sizes: list[int]) -> None:
    """Time per row and peak memory from small to large, each size in a process of its own."""
    code = """
import sys, time
import numpy as np
sys.path.insert(0, sys.argv[2])
from benchmarks.ratios import NUMBERS, sub_risks
from solvency.rules.rule02_minimum_capital import quantified_rows
rows = int(sys.argv[1])
amounts = sub_risks(rows)
spent, out = float("inf"), {}
for _ in range(3):  # the first run also pays for memory the machine hands out for the first time
    out = {}
    start = time.perf_counter()
    out = quantified_rows(amounts, NUMBERS)
    spent = min(spent, time.perf_counter() - start)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
size = amounts.nbytes + sum(v.nbytes for v in out.values())
print(spent / rows * 1e9, int(peak.split()[1]) / 1024, size / 2**20)
"""
    first = None
    for rows in sizes:
        done = subprocess.run(
            [sys.executable, "-c", code, str(rows), str(ROOT)], capture_output=True, text=True, check=True
        )
        per_row, peak, data = map(float, done.stdout.split())
        first = first or per_row
        line(f"{rows:,} rows: time per row / that at {sizes[0]:,}", per_row / first, "about 1",
             f"peak {peak:,.0f} MB; input and output {data:,.0f} MB; beyond them {peak - data:,.0f} MB (at most 300)")  # fmt: skip


def many_insurers() -> None:
    amounts = sub_risks(3_000) / 1e4
    frame = pd.DataFrame(amounts.T, columns=list(SUB_RISKS))
    frame = frame.assign(
        insurer=[f"insurer {i % 100}" for i in range(3_000)], insurer_type="life",
        as_of=[f"{2022 + (i // 100) // 12}-{(i // 100) % 12 + 1:02d}-28" for i in range(3_000)],
        size_coefficient=np.nan, loss_absorption=0.0, control_risk_mc=0.0, core_tier1=frame.sum(axis=1) * 0.4,
        total_assets=frame.sum(axis=1) * 20, notified_grade="BB",
    )  # fmt: skip
    before = best(lambda: frame.apply(lambda row: row.to_numpy(), axis=1), 2)
    whole = best(lambda: solvency.calculate(frame, unit="万元").measure_ids, 2)
    line(
        "3,000 insurer-quarters, input to measures / one empty pandas row-apply over them",
        whole / before,
        "",
        f"{whole:.2f} s here",
    )


def start_up() -> None:
    """`solvency --help` against an empty Typer app; `calculate` of one book against its imports and the bare read."""
    empty = "import typer\napp = typer.Typer(pretty_exceptions_enable=False, no_args_is_help=True)\n@app.command()\ndef a(): ...\n@app.command()\ndef b(): ...\napp()"
    book = sorted(shipped("examples").glob("*.xlsx"))[0]
    imports = (
        "import typer, rich.table, rich.console, numpy, pandas, openpyxl, yaml\n"
        f"openpyxl.load_workbook({str(book)!r}, data_only=True)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments], capture_output=True, check=False, env=environment, cwd=tempfile.gettempdir()
        )

    times = 9
    base, tool = best(lambda: run("-c", empty, "--help"), times), best(lambda: run("-m", "solvency", "--help"), times)
    line("solvency --help / an empty Typer app", tool / base, "at most 1.5")
    bare, whole = (
        best(lambda: run("-c", imports), times),
        best(lambda: run("-m", "solvency", "calculate", str(book)), times),
    )
    line(
        "cold calculate of one book / its imports and the bare read",
        whole / bare,
        "at most 1.3",
        f"{whole:.2f} s against {bare:.2f} s",
    )
    where_the_time_goes(book)


def where_the_time_goes(book: Path) -> None:
    code = f"""
import time; t = [time.perf_counter()]
import numpy, pandas, openpyxl, yaml; t.append(time.perf_counter())
from solvency.assessment import calculate; from solvency.excel.read import read_book; t.append(time.perf_counter())
book = read_book({str(book)!r}); t.append(time.perf_counter())
from solvency.regulation.rulebook import Rulebook; Rulebook.at("2025-09-30"); t.append(time.perf_counter())
result = calculate(book); t.append(time.perf_counter())
names = ("libraries", "our modules", "read the book", "rulebook", "calculate")
print("   ".join(f"{{n}} {{(b - a) * 1000:.0f}} ms" for n, a, b in zip(names, t, t[1:])))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    print("   where the time goes:", done.stdout.strip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    quick = parser.parse_args().quick
    print(f"{'what':<74} {'ratio':>9}   {'bound':<14}")
    kernels(100_000 if quick else 1_000_000)
    growth([10_000, 100_000, 1_000_000] if quick else [10_000, 100_000, 1_000_000, 10_000_000])
    many_insurers()
    start_up()


if __name__ == "__main__":
    main()
