"""Positions: charging, looking through, and a workbook from file to result, as ratios measured in one run.

python benchmarks/positions.py [--quick]
"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.ratios import best, each_apart, line, run
from solvency.regulation.rulebook import Rulebook
from solvency.rules.positions import position_charges
from solvency.tables.positions.read import PositionInput, Positions, read_positions
from solvency.tables.positions.spec import CLASSES, NUMBERS, position_tables
from solvency.tables.validate import Problems

RULES = Rulebook.at("2025-12-31")
CASES = pd.DataFrame({"insurer": ["A"], "as_of": [RULES.date], "scenario": ["base"], "total_assets": [1e13]})


def table(sheet: str, rows: int, **columns: object) -> pd.DataFrame:
    """A typed table of random classes and amounts; `columns` replace what is drawn."""
    rng = np.random.default_rng(1)
    drawn: dict[str, object] = {}
    for column in position_tables()[sheet].columns:
        if column.kind in CLASSES and (column.required or column.id in ("green", "low_volatility_100", "rating")):
            names = [name for name in column.allowed(RULES) if name != "unavailable"]
            drawn[column.id] = pd.Categorical.from_codes(
                rng.integers(0, len(names), rows), categories=pd.Index(names, dtype=object)
            )
        elif column.kind in CLASSES or column.kind == "text":
            names = list(column.allowed(RULES)) if column.kind in CLASSES else []
            drawn[column.id] = pd.Categorical.from_codes(np.full(rows, -1), categories=pd.Index(names, dtype=object))
        elif column.kind in NUMBERS:
            wanted = column.required or column.id in (
                "cost",
                "fair_value",
                "book_value",
                "modified_duration",
                "holding_years",
            )
            scale = 12 if column.id == "modified_duration" else 6 if column.id == "holding_years" else 1e6
            drawn[column.id] = rng.random(rows) * scale + 0.01 if wanted else np.full(rows, np.nan)
        else:
            drawn[column.id] = np.full(rows, np.datetime64("NaT"), "datetime64[D]")
    constants = {
        driver: pd.Categorical.from_codes(np.zeros(rows, np.int64), categories=pd.Index([name], dtype=object))
        for driver, name in position_tables()[sheet].constants.items()
    }
    return pd.DataFrame(
        {**drawn, **constants, **columns, "line": np.arange(rows), "case": np.zeros(rows, int)}, copy=False
    )


def charged(tables: dict[str, pd.DataFrame], kind: str = "life") -> object:
    return position_charges(Positions(dict(tables)), CASES, kind, RULES, Problems())


def charging(rows: int) -> None:
    for sheet, name in (("MR01", "listed shares"), ("CR03", "bonds")):
        frame = table(sheet, rows)
        result = position_charges(Positions({sheet: frame}), CASES, "life", RULES, Problems()).charges[0].frame
        read = [
            c.id
            for c in position_tables()[sheet].columns
            if c.kind in (*CLASSES, *NUMBERS) and frame[c.id].notna().any()
        ]

        def bare(frame: pd.DataFrame = frame, result: pd.DataFrame = result, read: list[str] = read) -> None:
            """Read the columns once and write the result once."""
            for column in read:
                values = frame[column]
                (values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else values).to_numpy().sum()
            for column in result:
                values = result[column].to_numpy()
                np.empty(len(values), values.dtype)[:] = values

        ratio = best(lambda sheet=sheet, frame=frame: charged({sheet: frame}), 4) / best(bare)
        line(f"{rows:,} {name}: charged / columns read and result written", ratio, "at most 10")


def products(count: int, underlying: int) -> dict[str, pd.DataFrame]:
    """Three layers: a third of the products each, and positions under the lowest."""
    third = count // 3
    names = np.array([f"P{i}" for i in range(third * 3)], dtype=object)
    parent = np.r_[np.full(third, -1), np.arange(third), np.arange(third, 2 * third)]
    index = pd.Index(names, dtype=object)
    through = pd.Categorical.from_codes(
        np.zeros(len(names), np.int64), categories=pd.Index(["look_through", "exempt", "opaque"], dtype=object)
    )
    tops = table(
        "MR16", len(names), id=pd.Categorical.from_codes(np.arange(len(names)), categories=index), product=pd.Categorical.from_codes(parent, categories=index),
        treatment=through, share=np.full(len(names), 0.5), opaque_value=np.zeros(len(names)),
    )  # fmt: skip
    rng = np.random.default_rng(2)
    held = pd.Categorical.from_codes(rng.integers(2 * third, 3 * third, underlying), categories=index)
    return {"MR16": tops, "MR05": table("MR05", underlying, product=held)}


def looking_through(count: int, underlying: int) -> None:
    tables = products(count, underlying)
    direct = table("MR05", underlying)
    ratio = best(lambda: charged(tables), 3) / best(lambda: charged({"MR05": direct}), 3)
    line(f"{count:,} products of 3 layers, {underlying:,} positions: looked through / held directly", ratio, "one pass")


def growth(sizes: list[int]) -> None:
    """Time per row and memory beyond input and output, each size in a process of its own."""
    found = each_apart("positions", sizes)
    line(
        f"listed shares, time per row: {sizes[-1]:,} rows / {sizes[0]:,} rows",
        found[-1][0] / found[0][0],
        "linear: about 1",
    )
    line(f"memory beyond input and output at {sizes[-1]:,} rows (MB)", found[-1][1], "bounded by a few columns")


def one(size: int) -> None:
    frame = table("MR01", size)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = position_charges(Positions({"MR01": frame}), CASES, "life", RULES, Problems()).charges[0].frame
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    output = result.memory_usage(index=False).sum() / 2**20
    print(best(lambda: charged({"MR01": frame}), 3) / size, (peak - start) / 1024 - output)


def workbook(rows: int) -> None:
    """A book with every sheet of positions: file → result → file, against the bare library doing the reading and writing."""
    import openpyxl
    import xlsxwriter

    import solvency
    from solvency.excel.position_sheets import sheets_for
    from solvency.excel.read import read_book

    sheets = [t.sheet for t in sheets_for("property") if t.kind in ("base", "insurance")]
    with tempfile.TemporaryDirectory() as folder:
        book, out = Path(folder) / "book.xlsx", Path(folder) / "out.csv"
        cells = _write_book(book, sheets, rows // len(sheets))

        def bare() -> None:
            loaded = openpyxl.load_workbook(book, read_only=True, data_only=True)
            values = [list(sheet.iter_rows(values_only=True)) for sheet in loaded.worksheets]
            again = xlsxwriter.Workbook(str(Path(folder) / "again.xlsx"), {"constant_memory": True})
            for lines in values:
                sheet = again.add_worksheet()
                for i, values_of_row in enumerate(lines):
                    sheet.write_row(i, 0, values_of_row)
            again.close()

        def product() -> None:
            result = solvency.calculate(book, on_error="reject")
            frames = [c.frame.assign(table=c.sheet) for _, made in result.charged for c in made.charges]
            pd.concat(frames).to_csv(out)

        whole, least = best(product, 2), best(bare, 2)
        read = best(lambda: read_book(book), 2)
        line(f"{rows:,} rows on {len(sheets)} sheets ({cells:,} cells): file to result and its rows written / bare library", whole / least, "at most 1.3",
             f"of which the read {read / whole:.0%}")  # fmt: skip


# what random rows of a sheet need to be a book without errors
PLAUSIBLE: dict[str, dict[str, object]] = {
    "MR02": {"hedge": "H"},
    "MR09": {"contract": "treasury_future", "direction": "long", "contract_value": 1e6},
    "MR10": {"direction": "long"},
    "MR11": {"holding_form": "title"},
    "MR14": {"overseas_asset": "listed_share"},
    "MR15": {"holding_form": "title"},
    "CR02": {"capital_adequacy": 0.13, "bank_type": "city"},
    "CR03": {"rating": "AA"},
    "CR08": {"interest_source": "bond", "rating": "AA"},
    "CR16": {"receivable_type": "other", "age_months": 3},
    "CR13": {"domicile": "domestic", "solvency_ratio": 2.0, "counterparty": "R"},
    "CR07": {"counterparty": "R", "rating": "AA"},
    "CR14": {"counterparty": "R"},
    **{sheet: {"issuer": "insurer", "adequacy_met": "yes", "bank_type": "city"} for sheet in ("MR03", "MR04")},
}


def _write_book(path: Path, sheets: list[str], rows: int) -> int:
    """A filled book: random classes and amounts on every sheet."""
    import openpyxl

    from solvency.excel.template import template

    template("property", path, as_of="2025-12-31", positions=True)
    book = openpyxl.load_workbook(path)
    info = {row[0].value: row for row in book["Info"].iter_rows(min_row=4)}
    column = [cell.value for cell in book["Info"][1]].index("value")
    for item, value in (("insurer", "A"), ("unit", "元"), ("total_assets", 1e13)):
        info[item][column].value = value
    for sheet, item, value in (
        ("S05", "nonlife_insurance_mc", 1e6),
        ("S05", "control_risk_mc", 0),
        ("S02", "core_tier1", 1e12),
    ):
        heads = {cell.value: cell.column - 1 for cell in book[sheet][1]}
        for row in book[sheet].iter_rows(min_row=4):
            if row[heads["item"]].value == item:
                row[heads["amount"]].value = value
    cells = 0
    for sheet in sheets:
        frame = table(sheet, rows)
        for name, value in PLAUSIBLE.get(sheet, {}).items():
            frame[name] = value
        frame = frame.drop(columns=["line", "case", *position_tables()[sheet].constants])
        heads = {cell.value: cell.column for cell in book[sheet][1]}
        for name in frame:
            for i, value in enumerate(frame[name].astype(object)):
                if value == value and value is not None and not isinstance(value, type(pd.NaT)):
                    book[sheet].cell(4 + i, heads[name]).value = value
                    cells += 1
    book.save(path)
    return cells


def validation(rows: int) -> None:
    frame = table("MR01", rows)[["board", "csi300", "low_volatility_100", "holding_years", "admitted_value", "cost"]]
    ratio = best(lambda: read_positions({"MR01": PositionInput(frame)}, CASES, 1, RULES, Problems()), 3) / best(
        lambda: charged({"MR01": table("MR01", rows)}), 3
    )
    line(f"{rows:,} rows of a frame: checked / charged", ratio, "-")


def main(scale: int) -> None:
    charging(1_000_000 // scale)
    looking_through(100_000 // scale, 2_000_000 // scale)
    growth([10_000, 10_000_000 // scale])
    validation(1_000_000 // scale)
    workbook(20_000 // scale)


if __name__ == "__main__":
    run(main, one)
