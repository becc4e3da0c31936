"""Last quarter's instruments and property against this quarter's: what should have stayed as it was (rule 1, articles 25, 43)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.capital_forms import capital_lines, records, statement_lines
from solvency.errors import Problem
from solvency.tables.positions.spec import position_tables

if TYPE_CHECKING:
    from solvency.result import Result

# of an instrument, of a property: what does not change from quarter to quarter
FIXED = {
    "AC01": ("tier", "instrument_type", "issue_date", "issue_amount", "maturity_date"),
    "InvestmentProperty": ("purchase_cost", "revaluation_gain"),
}
ONE_YUAN = 1.0


def continuity(result: Result, row: int, prior: Result, prior_row: int) -> list[Problem]:
    """Warnings where this quarter does not go on from where the last one ended.

    An instrument or property is known by its id, or its name. What was there must be there again or be marked as redeemed, with
    the same dates, class and cost, its depreciation and impairment no less; what is new must be newer than last quarter. A statement
    that last quarter had should not be missing.
    """
    found: list[Problem] = []
    for sheet, columns in FIXED.items():
        before, now = (_by_name(*pair, sheet) for pair in ((prior, prior_row), (result, row)))
        if not before or not now:
            continue
        for name, line in before.items():
            if name not in now:
                if line.get("redeemed") != "yes":
                    found.append(_problem(sheet, "", "gone", f"上季度的“{name}”本季度没有；已赎回、偿还或处置的请标明", f"{name} of last quarter is not there; mark it as redeemed or sold", name))  # fmt: skip
                continue
            found += _changed(sheet, name, line, now[name], columns)
        since = np.datetime64(str(prior.cases.at[prior_row, "as_of"])[:10])
        for name, line in now.items():
            if (
                sheet == "AC01"
                and name not in before
                and pd.notna(line["issue_date"])
                and np.datetime64(line["issue_date"]) <= since
            ):
                found.append(_problem(sheet, line["place"], "new", f"“{name}”在上季度末之前已发行，但上季度没有", f"{name} was issued by the end of last quarter, which did not have it", name))  # fmt: skip
    for sheet in ("S03", "S04"):
        if len(statement_lines(prior, prior_row, sheet)) and not len(statement_lines(result, row, sheet)):
            found.append(
                _problem(
                    sheet,
                    "",
                    "gone",
                    f"上季度有 {sheet}，本季度没有",
                    f"last quarter had {sheet}, this one has not",
                    sheet,
                )
            )
    return found


def quarter_to_quarter(result: Result, prior: Result | None = None) -> list[Problem]:
    """`continuity` of every row that follows a quarter of the same insurer and scenario, in `prior` or in the result itself.

    Of several insurers each warning begins with the insurer and the date.
    """
    earlier = [result] if prior is None else [prior, result]
    now = _quarters(result)
    found: list[Problem] = []
    taken: set[int] = set()
    for before in earlier:
        keys = ["insurer", "scenario", "quarter"]
        last = _quarters(before).assign(quarter=lambda frame: frame["quarter"] + 1)
        pairs = now.merge(last, on=keys, suffixes=("", "_before")).drop_duplicates("row")
        for row, row_before in zip(pairs["row"].tolist(), pairs["row_before"].tolist(), strict=True):
            if row in taken:
                continue
            taken.add(row)
            told = continuity(result, row, before, row_before)
            if len(result) > 1:
                who = " ".join(str(result.cases[name].loc[row]) for name in ("insurer", "as_of"))
                told = [replace(problem, zh=f"{who}：{problem.zh}", en=f"{who}: {problem.en}") for problem in told]
            found += told
    return found


def _quarters(result: Result) -> pd.DataFrame:
    """Rows that have tables of rule 1, with insurer, scenario and quarter as a running number."""
    with_tables = [
        rows[np.unique(charged.forms[sheet]["case"].to_numpy())]
        for rows, charged in result.charged for sheet in (*FIXED, "S03", "S04") if sheet in charged.forms and len(charged.forms[sheet])
    ]  # fmt: skip
    rows = np.unique(np.concatenate(with_tables)) if with_tables else np.zeros(0, int)
    rows = rows[np.isin(rows, result.figures.index.to_numpy())]
    keys = result.keys.loc[rows]
    days = pd.to_datetime(keys["as_of"].astype(str))
    number = days.dt.year * 4 + days.dt.quarter
    return pd.DataFrame({"row": rows, "insurer": keys["insurer"].astype(str).to_numpy(), "scenario": keys["scenario"].astype(str).to_numpy(),
                         "quarter": number.to_numpy()})  # fmt: skip


def _by_name(result: Result, row: int, sheet: str) -> dict[str, dict[str, Any]]:
    lines = records(capital_lines(result, row, sheet))
    names = [next((str(line[c]) for c in ("id", "name") if isinstance(line[c], str)), "") for line in lines]
    return {name: line for name, line in zip(names, lines, strict=True) if name}


def _changed(
    sheet: str, name: str, before: dict[str, Any], now: dict[str, Any], columns: tuple[str, ...]
) -> list[Problem]:
    found = []
    for column in columns:
        old, new = before[column], now[column]
        both_blank = pd.isna(old) and pd.isna(new)
        same = abs(old - new) <= ONE_YUAN if isinstance(old, float) and isinstance(new, float) else old == new
        if not (both_blank or same):
            found.append(_problem(sheet, now["place"], "changed", f"“{name}”的“{position_tables()[sheet].column(column).zh}”与上季度不同", f"{position_tables()[sheet].column(column).en} of {name} is not what it was last quarter", f"{_shown(old)} → {_shown(new)}"))  # fmt: skip
    if sheet == "InvestmentProperty":
        old, new = (line["depreciation"] + line["impairment"] for line in (before, now))
        if new < old - ONE_YUAN:
            found.append(_problem(sheet, now["place"], "changed", f"“{name}”的折旧和减值少于上季度", f"depreciation and impairment of {name} are less than last quarter", f"{old:,.15g} → {new:,.15g}"))  # fmt: skip
    return found


def _shown(value: Any) -> str:
    return (
        "–"
        if pd.isna(value)
        else f"{value:,.15g}"
        if isinstance(value, float)
        else str(value).removesuffix(" 00:00:00")
    )


def _problem(sheet: str, place: str, code: str, zh: str, en: str, found: str) -> Problem:
    spot = {"cell": place} if place[:1].isalpha() else {"row": place}
    return Problem(f"continuity_{code}", "warning", zh, en, sheet=sheet, found=found, **spot)
