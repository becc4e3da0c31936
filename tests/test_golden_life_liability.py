"""Golden cases of rule 3: the assumptions a company model calls, one by one; liabilities from tables, alone and then all stacked.

assumptions.yaml: `call` (a function of solvency.life_assumptions), `given`, `readings`, `expect`, or `by_year` ("2~5" per cent for policy years 1
to 5, 6 to 10 and from 11; `-` for none), or `error` (in its message). liabilities.yaml: `tables` (code -> rows), `figures`, `insurer_type`,
`as_of`, `readings`, and `expect` with items of S02, `form` (row of L01 -> column -> amount, null for blank) and `units` (id -> amounts);
`warnings` or `errors`, all of them: `code table.column row`, and ` ×2` for two.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_golden_positions import number

import solvency
from solvency import life_assumptions
from solvency.errors import InputError, Problem, UsageError
from solvency.liability_forms import form_lines, unit_lines
from solvency.regulation.rulebook import Rulebook
from solvency.regulation.strict_yaml import read_yaml
from solvency.result import Result
from solvency.rules.rule03_life_liability.corridor import Corridor

FOLDER = Path(__file__).parent / "golden" / "life_liability"
CALLS = read_yaml(FOLDER / "assumptions.yaml")
YEARS = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 10: 5, 11: 6, 60: 6}
DAYS = ("2022-03-31", "2023-09-30", "2025-12-31")


def plain(value: Any) -> Any:
    """YAML as arguments: decimals as floats, null as NaN."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    if value is None:
        return math.nan
    return value if isinstance(value, (bool, str)) and value not in ("inf", "-inf") else float(value)


def same(found: Any, wanted: Any) -> None:
    expected = np.array(plain(wanted))
    if expected.dtype.kind in "US" or expected.dtype == bool:
        assert np.array_equal(np.asarray(found), expected), (found, wanted)
        return
    assert np.shape(found) == expected.shape
    assert np.allclose(found, expected, rtol=1e-12, atol=1e-15), (found, wanted)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("case", CALLS, ids=[case["case"] for case in CALLS])
def test_assumptions(case: dict[str, Any], day: str) -> None:
    given = {
        key: np.array(plain(v)) if isinstance(v, list) else v if isinstance(v, (str, bool)) else float(v)
        for key, v in case["given"].items()
    }
    if "years" in given:
        given["years"] = int(given["years"])
    if case.get("rulebook", True):
        given["rulebook"] = Rulebook.at(day, readings=case.get("readings"))
    function = getattr(life_assumptions, case["call"])
    if "error" in case:
        with pytest.raises(UsageError, match=case["error"]):
            function(**given)
        return
    if "by_year" in case:
        spans = case["by_year"].split()
        assert len(spans) == 7
        ends = [
            (-math.inf, math.inf) if span == "-" else tuple(float(x) / 100 for x in span.split("~")) for span in spans
        ]
        found = function(policy_year=np.array(list(YEARS)), **given)
        same(found.lower, [ends[place][0] for place in YEARS.values()])
        same(found.upper, [ends[place][1] for place in YEARS.values()])
        return
    found = function(**given)
    if isinstance(found, Corridor):
        same(found.lower, case["expect"]["lower"])
        same(found.upper, case["expect"]["upper"])
    elif isinstance(found, tuple):
        for part, wanted in zip(found, case["expect"], strict=True):
            same(part, wanted)
    else:
        same(found, case["expect"])


# --- liabilities from tables

CASES = read_yaml(FOLDER / "liabilities.yaml")
SCENARIOS = (
    "mortality", "mortality_catastrophe", "longevity", "morbidity_rate", "morbidity_trend", "medical", "other_loss", "expense", "lapse_up", "lapse_down",
    "mass_lapse",
)  # fmt: skip
BESIDE = ("form", "units", "s04")


def lines_of(case: dict[str, Any], code: str, lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of a table; `like: 100` is a unit of that base present value to which no scenario applies."""
    for line in lines:
        made = {key: None if value is None else plain(value) for key, value in line.items() if key != "like"}
        if code == "LifeUnits":
            none = {
                f"pv_{s}": "不适用" for s in SCENARIOS if f"pv_{s}" not in case.get("blank", {}).get(line["id"], ())
            }
            base = None if line["like"] is None else plain(line["like"])
            made = {"product_class": "other", "cash_value": "none", "pv_base": base, **none, **made}
        yield made


def inputs(cases: list[dict[str, Any]]) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The insurers and tables of some cases, one insurer each."""
    rows: list[dict[str, Any]] = []
    tables: dict[str, list[dict[str, Any]]] = {}
    for i, case in enumerate(cases):
        figures = {key: None if value is None else plain(value) for key, value in case["figures"].items()}
        whole = "minimum_capital" in figures
        rest = (
            {}
            if whole
            else {"control_risk_mc": 0, "loss_absorption": 0, "market_mc": 0, "credit_mc": 0, "nonlife_insurance_mc": 0}
        )
        rows.append({"insurer": str(i), "insurer_type": case.get("insurer_type", "life"), "as_of": case.get("as_of", "2025-12-31"), "core_tier1": 1e9,
                     "total_assets": 1e12, **rest, **figures})  # fmt: skip
        given = dict(case["tables"])
        if "curve" in case:
            given["LifeCurve"] = [{"term": t, "spot_rate": float(case["curve"])} for t in range(1, 41)]
        for code, lines in given.items():
            tables.setdefault(code, []).extend({"insurer": str(i), **line} for line in lines_of(case, code, lines))
    return pd.DataFrame(rows), {code: pd.DataFrame(lines) for code, lines in tables.items()}


def calculated(cases: list[dict[str, Any]], **options: Any) -> Result:
    figures, tables = inputs(cases)
    return solvency.calculate(figures, positions=tables, readings=cases[0].get("readings"), **options)


def amount(value: Any) -> float:
    return math.nan if value is None else number(value)


def check(case: dict[str, Any], result: Result, row: int) -> None:
    expect = case["expect"]
    form = form_lines(result, row).set_index("row")
    for official, values in expect.get("form", {}).items():
        for column, wanted in values.items():
            found = form.at[official, column]
            assert found == pytest.approx(amount(wanted), rel=1e-12, abs=1e-9, nan_ok=True), (official, column, found)
    for name, values in expect.get("units", {}).items():
        unit = unit_lines(result, row, name).iloc[0]
        for column, wanted in values.items():
            assert unit[column] == pytest.approx(amount(wanted), rel=1e-12), (name, column)
    for official, values in expect.get("s04", {}).items():
        from solvency.capital_forms import statement_lines

        own = statement_lines(result, row, "S04").set_index("row")
        for column, wanted in values.items():
            assert own.at[official, column] == pytest.approx(amount(wanted)), (official, column)
    for item, wanted in expect.items():
        if item not in BESIDE:
            assert result.values(row)[item] == pytest.approx(amount(wanted)), item
    # most have no capital to measure the ratio by
    warnings = [
        p for at, p in zip(result.warning_rows, result.warnings, strict=True) if at == row and p.code != "not_positive"
    ]
    wanted = case.get("warnings", [])
    if len(result) == 1:
        assert places(warnings) == sorted(wanted)
    else:  # in a stack the rows are others
        assert {p.code for p in warnings} == {place.split()[0] for place in wanted}


def places(problems: Iterable[Problem]) -> list[str]:
    """What is remarked on and where, and if more than once how often."""
    count = Counter(f"{p.code} {p.item or p.sheet} {p.row or ''}".rstrip() for p in problems)
    return sorted(f"{place} ×{n}" if n > 1 else place for place, n in count.items())


def told(error: InputError) -> list[str]:
    sheets = ("L01", "LifeLiabilities", "LiabilityCashFlows", "LifeUnits", "LifeCashFlows", "LifeCurve", "S04")
    return places(p for p in error.problems if p.severity == "error" and p.sheet in sheets)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_alone(case: dict[str, Any]) -> None:
    if "errors" not in case:
        check(case, calculated([case]), 0)
        return
    with pytest.raises(InputError) as caught:
        calculated([case])
    assert told(caught.value) == sorted(case["errors"])
    for problem in caught.value.problems:
        assert problem.article or problem.sheet not in ("L01", "LifeLiabilities", "LiabilityCashFlows"), problem


@pytest.mark.parametrize("turned", [False, True])
def test_stacked(turned: bool) -> None:
    """All cases of one set of readings in one call, in both orders; those with errors are rejected and harm no other."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        groups.setdefault(str(case.get("readings")), []).append(case)
    for cases in groups.values():
        order = cases[::-1] if turned else cases
        result = calculated(order, on_error="reject")
        for row, case in enumerate(order):
            assert (row in result.figures.index) == ("errors" not in case), case["case"]
            if "errors" not in case:
                check(case, result, row)


@pytest.mark.parametrize("day", DAYS)
def test_no_notice_has_changed_rule_3(day: str) -> None:
    """The same liabilities on both sides of the notices of 2023 and 2025."""
    case = next(case for case in CASES if case["case"].startswith("TVOG of account reserves"))
    check(case, calculated([{**case, "as_of": day}]), 0)
