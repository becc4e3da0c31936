"""The levels of Lloyd's China row by row, with what their insurance capital comes from: what `explain` shows of rule 20."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from solvency.rules.rule20_lloyds_china.departments import DEPARTMENTS
from solvency.rules.rule20_lloyds_china.formulas import FORMULAS
from solvency.tables.positions.spec import position_tables

if TYPE_CHECKING:
    from solvency.result import Explanation, Result


def level_lines(result: Result, row: int, item: str = "") -> tuple[dict[str, Any], ...]:
    """The departments and the company level of one row of a result, or those that a ratio of rule 20 is made of; amounts in yuan."""
    if item and item not in FORMULAS:
        return ()
    labels = position_tables()[DEPARTMENTS].column("level").classes
    found: list[dict[str, Any]] = []
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        form = charged.forms[DEPARTMENTS] if len(where) and DEPARTMENTS in charged.forms else None
        for line in [] if form is None else form[form["case"] == where[0]].to_dict("records"):
            if item and not item.startswith(str(line["level"])):
                continue
            place = charged.positions.place(DEPARTMENTS, int(line["line"]), "")
            name = line["department"] if isinstance(line["department"], str) else ""
            zh, en = (name or label for label in labels[str(line["level"])])
            about = {"sheet": DEPARTMENTS, "place": place.get("cell") or place.get("row", ""), "zh": zh, "en": en}
            found.append({**about, **{str(k): v for k, v in line.items() if isinstance(v, float)}})
    return tuple(found)


def explain_levels(result: Result, item: str, row: int) -> Explanation | None:
    """The table of departments, or one of them by its name or place; None where there is no such row."""
    from solvency.result import Explanation

    sheet, _, identity = item.partition(".")
    table, lines = position_tables()[sheet], level_lines(result, row)
    if identity:
        lines = tuple(line for line in lines if identity in (line["place"], line["zh"], line["en"]))
    if not lines:
        return None
    return Explanation(
        item, table.zh, table.en, sum(line["insurance_mc"] for line in lines), "computed", "", "Σ 各行的保险风险最低资本", "Σ of the insurance capital of the rows",
        table.article, (), (), (), str(result.cases.at[row, "insurer"]), str(result.rulebook(row).date), details=lines,
    )  # fmt: skip
