"""Golden cases of liquidity risk (rule 13, annex 6): each alone, then all stacked, in both orders.

A case: `case`, `source` (its hand calculation), `as_of`, `insurer_type`, `readings`, `flows` (scenario or year_to_date -> item -> one
amount for every quarter, or a list of four; what LR1 holds), `cash` and `reserve` (rows 3 and 4 of LR2-1), `tables` (code -> rows),
`stress` (what LRStress holds: column -> amount), and `expect` with figures (`none` for no value), `forms` (code -> row -> values),
`not_met` (requirements of annex 2, exactly); `warnings` or `errors`, all of them: `code table.column row`, and ` ×2` for two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_golden_capital import plain
from test_golden_positions import number

import solvency
from solvency.errors import InputError, Problem
from solvency.regulation.strict_yaml import read_yaml
from solvency.result import Result
from solvency.rules.rule13_liquidity_risk.facts import LIQUIDITY

FOLDER = Path(__file__).parent / "golden" / "liquidity"
CASES = [(path.stem, case) for path in sorted(FOLDER.glob("*.yaml")) for case in read_yaml(path)]
NAMES = [f"{stem}: {case['case']}" for stem, case in CASES]
QUARTERS = ("q1", "q2", "q3", "q4")


def each_quarter(amount: Any) -> list[Any]:
    return [plain(a) for a in (amount if isinstance(amount, list) else [amount] * len(QUARTERS))]


def lines_of(flows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of LR1. `stress` stands for both stress scenarios, `all` for every scenario."""
    rows: dict[str, dict[str, Any]] = {}
    scenarios = {"all": ("base", "mandatory", "own"), "stress": ("mandatory", "own")}
    for name, items in flows.items():
        for scenario in scenarios.get(name, (name,)):
            for item, amount in items.items():
                row = rows.setdefault(item, {"item": item})
                if scenario == "year_to_date":
                    row[scenario] = plain(amount)
                else:
                    row |= {
                        f"{scenario}_{q}": a
                        for q, a in zip(QUARTERS, each_quarter(amount), strict=True)
                        if a is not None
                    }
    return list(rows.values())


def tables_of(cases: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    found: dict[str, list[dict[str, Any]]] = {}
    for i, case in enumerate(cases):
        own = {
            code: [{k: plain(v) for k, v in row.items()} for row in rows]
            for code, rows in case.get("tables", {}).items()
        }
        if "flows" in case:
            own["LR1"] = lines_of(case["flows"])
        for name, item in (("cash", "cash_and_equivalents"), ("reserve", "realisable_reserve")):
            if name in case:
                own.setdefault("LR2-1", []).append({"item": item, "current": plain(case[name])})
        if "stress" in case:
            columns = {column: each_quarter(amount) for column, amount in case["stress"].items()}
            own["LRStress"] = [
                {"item": q, **{c: amounts[n] for c, amounts in columns.items()}} for n, q in enumerate(QUARTERS)
            ]
        for code, rows in own.items():
            found.setdefault(code, []).extend({"insurer": str(i), **row} for row in rows)
    return {code: pd.DataFrame(rows) for code, rows in found.items()}


def calculated(cases: list[dict[str, Any]], **options: Any) -> Result:
    frame = pd.DataFrame(
        [
            {"insurer": str(i), "insurer_type": case.get("insurer_type", "property"), "as_of": case.get("as_of", "2025-12-31"),
             "minimum_capital": 100, "core_tier1": 200}
            for i, case in enumerate(cases)
        ]
    )  # fmt: skip
    return solvency.calculate(frame, positions=tables_of(cases), readings=cases[0].get("readings"), **options)


def not_met(result: Result, row: int) -> set[str]:
    held = result.conditions.loc[row]
    return {str(name).removeprefix(LIQUIDITY) for name in held.index if str(name).startswith(LIQUIDITY) and held[name]}


def check(case: dict[str, Any], result: Result, row: int) -> None:
    figures, expect = result.values(row), dict(case["expect"])
    if "not_met" in expect:
        wanted = set(expect.pop("not_met"))
        assert not_met(result, row) == wanted
        assert bool(result.conditions.at[row, "liquidity_abnormal"]) == bool(wanted)
        assert ("liquidity_plan" in result.measure_ids.loc[row]) == bool(wanted)
    ((place, forms),) = [
        (int(np.flatnonzero(rows == row)[0]), charged.forms) for rows, charged in result.charged if row in rows
    ]
    for code, lines in expect.pop("forms", {}).items():
        own = forms[code][forms[code]["case"] == place].set_index("row")
        for official, values in lines.items():
            for name, amount in values.items():
                found = own.at[str(official), name]
                if amount == "none":
                    assert np.isnan(found), (code, official, name, found)
                else:
                    assert found == pytest.approx(number(amount), rel=1e-12, abs=1e-9), (code, official, name)
    for item, wanted in expect.items():
        if wanted == "none":
            assert np.isnan(figures[item]), f"{item}: {figures[item]!r}"
            assert result.origin(item, row) == "absent"
        else:
            assert figures[item] == pytest.approx(number(wanted), rel=1e-12, abs=1e-12), f"{item}: {figures[item]!r}"
            assert result.origin(item, row) == "computed"
    if "warnings" in case:
        warnings = [p for at, p in zip(result.warning_rows, result.warnings, strict=True) if at == row]
        # in a stack the rows are others
        wanted = case["warnings"] if len(result) == 1 else [place.split()[0] for place in case["warnings"]]
        assert (told(warnings) if len(result) == 1 else sorted({p.code for p in warnings})) == sorted(set(wanted))


def told(problems: Iterable[Problem]) -> list[str]:
    """What is remarked on and where, and if more than once how often."""
    count = Counter(f"{p.code} {p.item or ''} {p.row or ''}".strip() for p in problems)
    return sorted(f"{place} ×{n}" if n > 1 else place for place, n in count.items())


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_alone(stem: str, case: dict[str, Any]) -> None:
    if "errors" not in case:
        check(case, calculated([case]), 0)
        return
    with pytest.raises(InputError) as caught:
        calculated([case])
    found = told(p for p in caught.value.problems if p.severity == "error")
    assert found == sorted(case["errors"]), [p.message("en") for p in caught.value.problems]


def groups() -> Iterator[list[dict[str, Any]]]:
    """Cases under the same readings can stand in one table."""
    together: dict[str, list[dict[str, Any]]] = {}
    for _, case in CASES:
        together.setdefault(repr(sorted(case.get("readings", {}).items())), []).append(case)
    yield from together.values()


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("together", list(groups()), ids=lambda cases: f"{len(cases)} cases")
def test_stacked(together: list[dict[str, Any]], order: int) -> None:
    cases = together[::order]
    result = calculated(cases, on_error="reject")
    for i, case in enumerate(cases):
        assert (i in result.figures.index) == ("errors" not in case), case["case"]
        if "errors" not in case:
            check(case, result, i)
