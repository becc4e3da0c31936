"""Liquidity indicators of a result: each with its requirement, its form, and the rows behind it (rule 13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.rules.rule13_liquidity_risk.cash_flows import FLOWS, RECOVERED
from solvency.rules.rule13_liquidity_risk.coverage import REQUIREMENT
from solvency.rules.rule13_liquidity_risk.facts import LIQUIDITY
from solvency.rules.rule13_liquidity_risk.formulas import FORMULAS, LINES, NET_CASH_FLOWS
from solvency.rules.rule13_liquidity_risk.liquidity import requirements
from solvency.rules.rule13_liquidity_risk.monitoring import INDICATORS
from solvency.rules.rule13_liquidity_risk.regulatory import DEVIATION_FLOOR, NET_FLOOR, QUARTERS

if TYPE_CHECKING:
    from solvency.regulation.rulebook import Rulebook
    from solvency.result import Result

# requirements that look at several periods (annex 2, parts 二 and 三)
RUNNING = (
    "回溯偏差率连续两个季度、净现金流连续各期低于要求才不达标。",
    "The deviation fails only when both quarters are below, net cash flow only when it runs below.",
)
FORMS = ("LR1", "LR2-1", "LR2-2", "LR2-3", "LR2-4", "LR3-1", "LR3-2", "LR3-3")
COLUMNS = (
    "row",
    "insurer",
    "insurer_type",
    "as_of",
    "scenario",
    "item",
    "zh",
    "en",
    "group",
    "value",
    "requirement",
    "met",
    "article",
)


def liquidity(source: Any, **options: Any) -> pd.DataFrame:
    """The liquidity indicators of every row, long (rule 13, annexes 2 and 3); source and options as in `calculate`, or a `Result`.

    Columns: `row`, the keys, `item`, `zh`, `en`, `group` (regulatory or monitoring), `value` (CNY, or a fraction), `requirement`, `met`
    (None where nothing is required or the value is not known; the deviation and net cash flow are met or not together), `article`.
    What is required is listed without a value where a row does not have it; other indicators that it does not have are left out.
    """
    from solvency.assessment import calculate
    from solvency.result import Result

    result = source if isinstance(source, Result) else calculate(source, **options)
    lines = [line for row in result.figures.index for line in indicators(result, int(row))]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def indicators(result: Result, row: int) -> list[dict[str, Any]]:
    """The indicators of one row of a result, as `liquidity` has them; none where it has no figure of rule 13."""
    values = {item: float(result.figures[item].loc[row]) for item in LINES if item in result.figures}
    if not any(value == value for value in values.values()):
        return []
    keys = {name: result.keys[name].loc[row] for name in ("insurer", "insurer_type", "as_of", "scenario")}
    rulebook, found = result.rulebook(row), []
    kind = str(keys["insurer_type"])
    monitored = {made.item for made in INDICATORS[kind]}
    for item, (zh, en, _) in LINES.items():
        required, name = _requirement(item, rulebook)
        value = values[item]
        if not (name or (item in monitored and value == value)):
            continue
        met = None if required is None else _met(result, row, name)
        group = "regulatory" if name else "monitoring"
        found.append({"row": row, **keys, "item": item, "zh": zh, "en": en, "group": group, "value": value, "requirement": required,
                      "met": met, "article": FORMULAS[item].article})  # fmt: skip
    return found


def _requirement(item: str, rulebook: Rulebook) -> tuple[float | None, str]:
    """What an indicator must reach, and the name of the requirement; an empty name for one that is only watched."""
    if item in requirements(rulebook) and item not in QUARTERS.values():
        return float(rulebook.rows(REQUIREMENT)[item.partition("_")[0]]), item
    if item in QUARTERS.values():
        return float(rulebook.value(DEVIATION_FLOOR)), "operating_cash_flow_deviation"
    if item in NET_CASH_FLOWS:
        return float(rulebook.value(NET_FLOOR)), "net_cash_flow"
    return None, ""


def _met(result: Result, row: int, name: str) -> bool | None:
    """Whether a requirement is met; None where not every figure that it needs is there and those there do not fail it."""
    if bool(result.conditions[f"{LIQUIDITY}{name}"].loc[row]):
        return False
    needed = {"operating_cash_flow_deviation": tuple(QUARTERS.values()), "net_cash_flow": NET_CASH_FLOWS}.get(
        name, (name,)
    )
    known = [result.figures[item].loc[row] == result.figures[item].loc[row] for item in needed]
    return True if all(known) else None


def liquidity_form(result: Result, row: int, sheet: str) -> pd.DataFrame:
    """A form of rule 13 as it was worked out for one row of a result: `row`, `item`, `zh`, `en`, `article` and its columns; amounts in yuan.

    Empty where it was not given.
    """
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        if len(where) and sheet in charged.forms:
            form = charged.forms[sheet]
            own: pd.DataFrame = form[form["case"] == where[0]]
            return own.drop(columns="case").reset_index(drop=True)
    return pd.DataFrame()


def lines_behind(result: Result, row: int, item: str) -> list[dict[str, Any]]:
    """The rows of the forms that a figure of rule 13 was worked out from: `sheet`, `place`, names, article and amounts."""
    found = [
        {
            "sheet": sheet,
            "place": line["row"],
            "zh": line["zh"],
            "en": line["en"],
            "article": line["article"],
            **amounts,
        }
        for sheet in FORMULAS[item].tables
        for line in liquidity_form(result, row, sheet).to_dict("records")
        for amounts in [_amounts({str(name): value for name, value in line.items()}, sheet, item)]
        if amounts.keys() - {"factor"}
    ]
    names = dict.fromkeys(name for line in found for name in line)
    return [{name: line.get(name, float("nan")) for name in names} for line in found]


def _amounts(line: Mapping[str, Any], sheet: str, item: str) -> dict[str, float]:
    """What a row of a form holds for a figure, blanks and zeros left out."""
    return {
        name: line[column]
        for name, column in _columns(line, sheet, item)
        if line[column] == line[column] and line[column] != 0
    }


def _columns(line: Mapping[str, Any], sheet: str, item: str) -> Iterator[tuple[str, str]]:
    """The columns of a form that concern a figure in this row: name in the explanation, column."""
    if sheet == "LR1":
        if item.startswith(("cash_inflow_", "cash_outflow_")):
            _, direction, scenario, months, _ = item.split("_", 4)
            total = f"cash_{direction}"
            parts = RECOVERED if direction == "inflow" else ()
            if line["item"] not in (total, *FLOWS[total], *chain(*FLOWS[total].values()), *parts):
                return
            names = [name for name in line if name.startswith(f"{scenario}_q")]
            yield from ((name.rpartition("_")[2], name) for name in names[: 1 if months == "3" else None])
        else:
            yield "year_to_date", "year_to_date"
    elif sheet == "LR2-1":
        if item in ("cash_and_equivalents", "realisable_reserve"):
            if line["item"] == item:
                yield "current", "current"
            return
        kind, _, rest = item.partition("_")
        column = f"base_{rest}" if kind == "lcr1" else "_".join(item.split("_")[2:]) if kind == "cash" else rest
        if kind == "cash" and line["item"] != item[: -len(column) - 1]:
            return
        ratio = str(line["item"]).startswith("lcr")
        if line["item"] == "realisable_reserve" and kind != "lcr2":
            return
        if not ratio or line["item"] == kind:
            yield "ratio" if ratio else "figure", column
    elif sheet == "LR2-2":
        yield from (("book_value", "book_value"), ("factor", "factor"), ("realised", "realised"))
    elif sheet == "LR2-3":
        column = {made: column for column, made in QUARTERS.items()}[item]
        yield "ratio" if line["item"] == "deviation" else "figure", column
    elif sheet == "LR2-4":
        yield "figure", "amount"
    elif _belongs(line, item):
        yield from (("figure", "amount"), ("ratio", "value"))


def _belongs(line: Mapping[str, Any], item: str) -> bool:
    """Whether a row of a monitoring form is the indicator or one of its parts."""
    return any(
        made.item == item and line["item"] in (item, *made.rows) for kinds in INDICATORS.values() for made in kinds
    )
