"""What can be sold: positions held directly, products with all that lies under them, or tables; and the tables without it (rule 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.errors import UsageError
from solvency.rules.frame import Array, zeroed
from solvency.tables.positions.read import Positions
from solvency.tables.positions.spec import position_tables

NOT_SOLD = ("interest_derivatives", "index_futures", "net_by_counterparty", "interest_receivable")


@dataclass(frozen=True, eq=False)
class Candidates:
    """What can be sold: `case`, `sheet`, `line`, `id`, `name`, `amount`; and by sheet the candidate each row belongs to, -1 for none."""

    frame: pd.DataFrame
    of_row: Mapping[str, pd.Series]  # indexed by line


def candidates_of(own: Positions, by: str) -> Candidates:
    """Positions held directly that can be sold; rows under a product belong to the product held directly."""
    tops = _tops(own)
    frames, of_row = [], {}
    for sheet, table in own.tables.items():
        spec = position_tables()[sheet]
        sold = (
            spec.kind in ("base", "product")
            and spec.has("admitted_value")
            and not any(c.function in NOT_SOLD for c in spec.charges)
        )
        of_row[sheet] = np.full(len(table), -1)
        if sold:
            direct = table["product"].isna().to_numpy()
            words = {name: table[name].astype(object).where(table[name].notna(), "").to_numpy() for name in ("id", "name") if name in table}  # fmt: skip
            frames.append(pd.DataFrame({
                "case": table["case"].to_numpy(), "sheet": sheet, "line": table["line"].to_numpy(), "at_row": np.arange(len(table)),
                "id": words.get("id", ""), "name": words.get("name", ""), "amount": zeroed(table["admitted_value"].to_numpy(float)),
                "product": spec.kind == "product",
            })[direct])  # fmt: skip
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if not len(frame):
        raise UsageError("没有可以出售的持仓", "there is no position that could be sold")
    number: Array = np.arange(len(frame))
    if by == "table":
        number = frame.groupby(["case", "sheet"], sort=False).ngroup().to_numpy()
    for sheet in dict.fromkeys(frame["sheet"]):
        lines = frame.index[frame["sheet"] == sheet]
        of_row[sheet][frame["at_row"].to_numpy()[lines]] = number[lines]
    products = frame[frame["product"] & (frame["id"] != "")]
    keys = pd.MultiIndex.from_frame(products[["case", "id"]])
    first = ~keys.duplicated()
    of_product = pd.Series(number[products.index], index=keys)[first]
    for sheet, top in tops.items():
        under = pd.notna(top)
        if under.any():
            asked = pd.MultiIndex.from_arrays([own.tables[sheet]["case"].to_numpy()[under], top[under]])
            of_row[sheet][under] = of_product.reindex(asked).fillna(-1).to_numpy(int)
    if by == "table":
        frame = (
            frame.groupby(number, sort=False)
            .agg({"case": "first", "sheet": "first", "amount": "sum"})
            .reset_index(drop=True)
        )
        named = frame["sheet"].map(lambda sheet: position_tables()[sheet].zh)
        frame = frame.assign(line=-1, id=frame["sheet"], name=named)
    by_line = {sheet: pd.Series(values, index=own.tables[sheet]["line"].to_numpy()) for sheet, values in of_row.items()}
    return Candidates(frame[["case", "sheet", "line", "id", "name", "amount"]], by_line)


def _tops(own: Positions) -> dict[str, Array]:
    """By sheet the id of the directly held product above each row, None where there is none."""
    products = [own.tables[s][["case", "id", "product"]] for s in own.tables if position_tables()[s].kind == "product"]
    found = {
        sheet: np.array(table["product"].astype(object).where(table["product"].notna(), None), dtype=object)
        for sheet, table in own.tables.items()
        if "product" in table
    }
    if not products:
        return found
    chain = pd.concat([frame.astype({"id": object, "product": object}) for frame in products])
    chain = chain[chain["id"].notna()].drop_duplicates(["case", "id"])
    above = chain.set_index(["case", "id"])["product"]
    for _ in range(len(chain)):
        moved = False
        for sheet, top in found.items():
            under = np.flatnonzero(pd.notna(top))
            asked = pd.MultiIndex.from_arrays([own.tables[sheet]["case"].to_numpy()[under], top[under]])
            parents = above.reindex(asked).to_numpy(object)
            higher = pd.notna(parents)
            top[under[higher]] = parents[higher]
            moved |= bool(higher.any())
        if not moved:
            break
    return found


def left_without(own: Positions, candidates: Candidates, case: Array, numbers: Array) -> Positions:
    """The tables of the case of each candidate without its rows, cases numbered by candidate."""
    tables = {}
    for sheet, table in own.tables.items():
        if position_tables()[sheet].kind == "published":
            tables[sheet] = table
            continue
        order = np.argsort(table["case"].to_numpy(), kind="stable")
        of_case = table["case"].to_numpy()[order]
        low, high = np.searchsorted(of_case, case, "left"), np.searchsorted(of_case, case, "right")
        count = high - low
        owner = np.repeat(np.arange(len(case)), count)
        rows = order[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]
        sold = (
            candidates.of_row[sheet].to_numpy()[rows] == numbers[owner]
            if sheet in candidates.of_row
            else np.zeros(len(rows), bool)
        )
        kept = table.iloc[rows[~sold]].assign(case=owner[~sold]).reset_index(drop=True)
        if len(kept):
            tables[sheet] = kept
    return Positions(tables, own.inputs)
