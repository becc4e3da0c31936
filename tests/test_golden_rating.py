"""Golden cases of rule 11 with scoring schemes: each alone, then all of one scheme as insurers of one table, in both orders.

A file has `schemes` (name -> what a scheme file holds) and `cases`: `case`, `source` (its hand calculation), `scheme`, `readings`, `inputs`
(beside capital of 2000 on 1000 and three risks rated low; null leaves one out), `indicators` and `choices` (rows of RiskIndicators), `before`
(the inputs of the same insurer a quarter earlier, with the same rows and `indicators_before`), `liquidity` (what its tables of rule 13 hold, as in
test_golden_liquidity.py), `expect` as in test_golden.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from test_golden import check, codes
from test_golden_liquidity import tables_of

import solvency
from solvency.errors import InputError
from solvency.result import Result
from solvency.rules.rule11_risk_rating import Scheme

FOLDER = Path(__file__).parent / "golden" / "rating"
FILES = {path: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))}
CASES: list[dict[str, Any]] = [case for content in FILES.values() for case in content["cases"]]
SCHEMES: dict[str, Any] = {name: scheme for content in FILES.values() for name, scheme in content["schemes"].items()}
KEYS = {
    "case",
    "source",
    "scheme",
    "readings",
    "inputs",
    "indicators",
    "choices",
    "before",
    "indicators_before",
    "liquidity",
    "expect",
}
USUAL = {
    "insurer_type": "property", "core_tier1": 2000, "minimum_capital": 1000, "risk_strategic": "low", "risk_reputational": "low", "risk_liquidity": "low",
}  # fmt: skip
DAY, EARLIER = "2025-09-30", "2025-06-30"


@pytest.fixture(scope="module")
def schemes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scheme]:
    folder, found = tmp_path_factory.mktemp("schemes"), {}
    for name in {case["scheme"] for case in CASES}:
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(SCHEMES[name], allow_unicode=True), encoding="utf-8")
        found[name] = Scheme.read(path)
    return found


def rows_of(i: int, case: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of a case, the one that is checked first, and its rows of RiskIndicators."""
    name, given = f"{i:03d} {case['case']}", [(DAY, case.get("inputs", {}), case.get("indicators", {}))]
    if "before" in case:
        given.append((EARLIER, case["before"], case.get("indicators_before", {})))
    rows, table = [], []
    for day, inputs, indicators in given:
        rows.append({"insurer": name, "as_of": day, **USUAL, **inputs})
        table += [{"insurer": name, "as_of": day, "indicator": k, "value": v} for k, v in indicators.items()]
        table += [
            {"insurer": name, "as_of": day, "indicator": k, "choice": v} for k, v in case.get("choices", {}).items()
        ]
    return rows, table


def calculated(cases: list[dict[str, Any]], scheme: Scheme, **options: Any) -> tuple[Result, list[int]]:
    """The result, and the row of each case in it."""
    rows: list[dict[str, Any]] = []
    table: list[dict[str, Any]] = []
    places = []
    for i, case in enumerate(cases):
        own, indicators = rows_of(i, case)
        places.append(len(rows))
        rows += own
        table += indicators
    columns = ["insurer", "as_of", "indicator", "value", "choice"]
    positions = {"RiskIndicators": pd.DataFrame(table, dtype=object).reindex(columns=columns)} if table else {}
    names = {str(i): rows[place]["insurer"] for i, place in enumerate(places)}
    for code, lines in tables_of([case.get("liquidity", {}) for case in cases]).items():
        positions[code] = lines.assign(insurer=lines["insurer"].map(names), as_of=DAY)
    frame = pd.DataFrame(rows)
    return solvency.calculate(
        frame, scheme=scheme, readings=cases[0].get("readings"), positions=positions or None, **options
    ), places


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_alone(case: dict[str, Any], schemes: dict[str, Scheme]) -> None:
    assert set(case) <= KEYS
    assert case["source"].strip()
    scheme = schemes[case["scheme"]]
    if "errors" not in case["expect"]:
        result, places = calculated([case], scheme)
        check(case, result, places[0])
        return
    with pytest.raises(InputError) as caught:
        calculated([case], scheme)
    errors = [problem for problem in caught.value.problems if problem.severity == "error"]
    assert codes(errors) == sorted(case["expect"]["errors"]), [p.message("en") for p in errors]
    for text in case["expect"].get("messages", ()):
        assert any(text in p.message(lang) for p in errors for lang in ("zh", "en")), [p.message("zh") for p in errors]


def groups() -> Iterator[list[dict[str, Any]]]:
    together: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        together.setdefault(repr((case["scheme"], case.get("readings"))), []).append(case)
    yield from together.values()


@pytest.mark.parametrize("backwards", [False, True])
def test_stacked(backwards: bool, schemes: dict[str, Scheme]) -> None:
    """All cases of a scheme in one table, wrong ones among them, in both orders."""
    count = 0
    for cases in groups():
        ordered = cases[::-1] if backwards else cases
        result, places = calculated(ordered, schemes[cases[0]["scheme"]], on_error="reject")
        for place, case in zip(places, ordered, strict=True):
            assert (place in result.figures.index) == ("errors" not in case["expect"]), case["case"]
            if place in result.figures.index:
                expect = {**case["expect"], "warnings": each_row(case["expect"].get("warnings", []))}
                told = [warning for warning in warned(result, place) if warning not in each_row([warning])]
                check({**case, "expect": {**expect, "warnings": [*expect["warnings"], *told]}}, result, place)
                count += 1
    assert count == sum("errors" not in case["expect"] for case in CASES)


def each_row(warnings: list[str]) -> list[str]:
    """The warnings that every row has of its own; an indicator that is not used is told of once."""
    return [warning for warning in warnings if not warning.startswith("unused_indicator")]


def warned(result: Result, row: int) -> list[str]:
    return codes([p for position, p in zip(result.warning_rows, result.warnings, strict=True) if position == row])


def test_names_are_unique() -> None:
    names = [case["case"] for case in CASES]
    assert len(set(names)) == len(names)
