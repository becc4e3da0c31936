"""Rows of S01 and S02 that statements and instruments give, and how the balance closes (rule 1, articles 4, 40, 41)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from solvency.rules.frame import ABSENT, COMPUTED, GIVEN, Array, Figures, column, missing, zeroed
from solvency.rules.rule01_actual_capital.formulas import ADJUSTMENTS, FORMULAS, FUTURE_SURPLUS, PARTS, TIERS
from solvency.tables.spec import line_items

OF_TABLES = ("net_assets", *(item for item in ADJUSTMENTS if item not in FUTURE_SURPLUS),
             *(item for parts in PARTS.values() for item in parts if item not in FUTURE_SURPLUS))  # fmt: skip


def from_tables(cases: pd.DataFrame, figures: Figures) -> pd.DataFrame:
    """The cases with the rows of S02 that tables give in place of blanks; a typed row must agree."""
    columns: dict[str, Any] = {}
    for item in OF_TABLES:
        if item in figures.from_positions:
            made = figures.from_positions[item]
            columns[item] = figures.take(item, column(cases, item), made, ~missing(made))
    return cases.assign(**columns) if columns else cases


def admitted_amounts(cases: pd.DataFrame, figures: Figures) -> None:
    """Admitted assets and liabilities, typed or from S03 and S04, and the test that they leave actual capital."""
    made = figures.of_tables("admitted_assets")
    assets = figures.settle(
        "admitted_assets",
        column(cases, "admitted_assets"),
        made,
        ~missing(made),
        "S03",
        FORMULAS["admitted_assets"].article,
    )
    rows, liabilities = figures.of_tables("S04.other_rows"), _capital_liabilities(figures)
    inside = np.asarray(zeroed(figures.of_tables("S04.reserves_inside")) == 1, bool)
    reserves = [
        np.where(inside, figures.full(0), figures.values[item])
        for item in ("cash_value_guarantee", "income_tax_reserve")
    ]
    worked = rows + liabilities + reserves[0] + reserves[1]
    article = FORMULAS["admitted_liabilities"].article
    whole = np.where(missing(rows), figures.of_tables("S04.total_alone"), figures.full("nan"))
    worked = np.where(missing(worked), whole, worked)
    owed = figures.settle(
        "admitted_liabilities", column(cases, "admitted_liabilities"), worked, ~missing(worked), "S04", article
    )
    _close(figures, assets - owed)


def _capital_liabilities(figures: Figures) -> Array:
    """Row 6 of S04: what of the instruments does not count, and what is over the limits (articles 19 (6), 41)."""
    made, given = figures.of_tables("AC01.liability"), figures.of_tables("S04.capital_liabilities")
    over = figures.values["capital_liability_over_limit"]
    present = ~missing(figures.of_tables("S04.other_rows"))
    possible = (~missing(made) | (missing(given) & present)) & ~missing(over)
    worked = np.where(possible, zeroed(made) + over, given)
    figures.put("capital_liabilities", worked, np.where(possible, COMPUTED, np.where(missing(worked), ABSENT, GIVEN)))
    return worked


def _close(figures: Figures, left: Array) -> None:
    """Admitted assets less admitted liabilities are the sum of the tiers, else an error that says by how much and where to look."""
    actual = figures.values["actual_capital"]
    both = ~missing(actual) & ~missing(left)
    if figures.problems is None or figures.tolerance is None or not both.any():
        return
    difference = np.where(both, actual - left, 0.0)
    for i in np.flatnonzero(both & (np.abs(difference) > figures.allowance(np.where(both, actual, 0.0)))):
        typed = [item for item in ("admitted_assets", "admitted_liabilities", *OF_TABLES, *FUTURE_SURPLUS, *TIERS)
                 if item in figures.origins and figures.origins[item][i] == GIVEN and zeroed(figures.values[item])[i] != 0]  # fmt: skip
        rows = [line_items()[item] for item in typed]
        where = "、".join(f"{row.sheet} 第{row.row_no}行{row.zh}" for row in rows)
        where_en = ", ".join(f"{row.sheet} row {row.row_no} {row.en}" for row in rows)
        gap = figures.typed("actual_capital", difference[i])
        figures.problems.add(
            int(i), "actual_capital", "disagree",
            f"实际资本与认可资产减认可负债相差 {gap} {figures.unit}" + (f"；请核对自行填列的：{where}" if where else ""),
            f"actual capital and admitted assets less liabilities differ by {gap} {figures.unit}" + (f"; look at what was typed: {where_en}" if where else ""),
            found=f"{figures.typed('actual_capital', actual[i])} ≠ {figures.typed('actual_capital', left[i])} {figures.unit}",
            article=FORMULAS["actual_capital"].article, severity=figures.severity,
        )  # fmt: skip
