"""Golden cases: worked by hand from the rules, run one by one and then stacked as many insurers in one frame.

A file of `golden/` is a list of cases: `case` (name), `hand` (the calculation in words and numbers), `as_of`, `inputs` (by
line item, in `unit`, default 元), optionally `readings` and `scheme`, and `expect`:

    figures    line item -> number or arithmetic, amounts in the unit of the case, ratios as fractions
    exact      line item -> number, to the last bit
    empty      line items without a figure
    origins    line item -> given, computed, blank_zero or absent
    status     compliant, key_verification, grade, grade_class, grade_source …
    measures   include / exclude: ids; facts: id -> text that the fact must contain
    distances  factor -> {points, capital}
    warnings   "code item", all of them (none, if left out)
    errors     "code item", all of them; the case is then refused; messages: texts that must stand in the messages
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import solvency
from solvency.comparison import Comparison, compare
from solvency.errors import InputError, Problem
from solvency.result import Result, is_amount

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
SCALE = {"元": 1, "万元": 10**4, "亿元": 10**8}
ARITHMETIC = {"__builtins__": {}, "sqrt": math.sqrt, "min": min, "max": max}
# run by the tests of their own part
ELSEWHERE = ("comparison", "rule10")


def read(path: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for case in cases:
        assert set(case) <= {"case", "hand", "as_of", "unit", "inputs", "readings", "scheme", "expect"}, case["case"]
        assert case["hand"].strip(), case["case"]
    return cases


FILES = [path for path in sorted(GOLDEN.glob("*.yaml")) if not path.stem.startswith(ELSEWHERE)]
CASES = [(path.stem, case) for path in FILES for case in read(path)]
NAMES = [f"{stem}: {case['case']}" for stem, case in CASES]
COMPARISONS: list[dict[str, Any]] = yaml.safe_load((GOLDEN / "comparison.yaml").read_text(encoding="utf-8"))


def amount(value: Any) -> float:
    """A number, or arithmetic written as text."""
    return float(eval(value, dict(ARITHMETIC)) if isinstance(value, str) else value)


def scheme_of(case: dict[str, Any]) -> Path | None:
    return ROOT / case["scheme"] if "scheme" in case else None


def frame_of(cases: list[dict[str, Any]]) -> pd.DataFrame:
    """The inputs of cases as rows; every row is an insurer of its own."""
    rows = [
        {"insurer": f"{i:04d} {case['case']}", "as_of": case["as_of"], **case["inputs"]} for i, case in enumerate(cases)
    ]
    return pd.DataFrame(rows)


def close(found: float, wanted: float, scale: float = 1.0) -> bool:
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9 * scale)


def codes(problems: list[Problem]) -> list[str]:
    return sorted(f"{problem.code} {problem.item}" for problem in problems)


def check(case: dict[str, Any], result: Result, row: int) -> None:
    """Every expectation of a case against one row of a result."""
    expect, scale = case["expect"], SCALE[case.get("unit", "元")]
    figures = result.figures.loc[row]
    for item, text in expect.get("figures", {}).items():
        wanted = amount(text) * (scale if is_amount(item) else 1)
        assert close(figures[item], wanted, scale if is_amount(item) else 1), (
            f"{item}: {figures[item]!r}, not {wanted!r}"
        )
    for item, wanted in expect.get("exact", {}).items():
        assert figures[item] == wanted, f"{item}: {figures[item]!r}"
    for item in expect.get("empty", ()):
        assert math.isnan(figures[item]), f"{item}: {figures[item]!r}, not empty"
    for item, origin in expect.get("origins", {}).items():
        assert result.origin(item, row) == origin, item
    for name, wanted in expect.get("status", {}).items():
        assert result.status.at[row, name] == wanted or result.status.at[row, name] is wanted, name
    check_measures(expect.get("measures", {}), result, row)
    distances = result.distances(row).set_index("line")
    for line, wanted in expect.get("distances", {}).items():
        assert close(distances.at[line, "points"], amount(wanted["points"])), line
        assert close(distances.at[line, "capital"], amount(wanted["capital"]) * scale, scale), line
    warned = [p for position, p in zip(result.warning_rows, result.warnings, strict=True) if position == row]
    assert codes(warned) == sorted(expect.get("warnings", [])), [p.message("en") for p in warned]


def check_measures(wanted: dict[str, Any], result: Result, row: int) -> None:
    measures = {measure.id: measure for measure in result.measures(row)}
    assert list(measures) == [x for x in result.measure_ids.loc[row].split(";") if x]
    assert set(wanted.get("include", ())) <= set(measures), sorted(measures)
    assert not set(wanted.get("exclude", ())) & set(measures)
    for measure, text in wanted.get("facts", {}).items():
        assert text in measures[measure].fact_en, measures[measure].fact_en


def calculated(cases: list[dict[str, Any]], **options: Any) -> Result:
    first = cases[0]
    return solvency.calculate(
        frame_of(cases),
        unit=first.get("unit", "元"),
        readings=first.get("readings"),
        scheme=scheme_of(first),
        **options,
    )


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_alone(stem: str, case: dict[str, Any]) -> None:
    expect = case["expect"]
    if "errors" not in expect:
        check(case, calculated([case]), 0)
        return
    with pytest.raises(InputError) as caught:
        calculated([case])
    errors = [problem for problem in caught.value.problems if problem.severity == "error"]
    assert codes(errors) == sorted(expect["errors"]), [p.message("en") for p in errors]
    for text in expect.get("messages", ()):
        assert any(text in p.message(lang) for p in errors for lang in ("zh", "en")), [p.message("en") for p in errors]


def groups() -> Iterator[list[dict[str, Any]]]:
    """Cases that can stand in one table: same unit, readings and scheme."""
    together: dict[str, list[dict[str, Any]]] = {}
    for _, case in CASES:
        key = repr((case.get("unit", "元"), sorted(case.get("readings", {}).items()), case.get("scheme")))
        together.setdefault(key, []).append(case)
    yield from together.values()


@pytest.mark.parametrize("backwards", [False, True])
def test_stacked(backwards: bool) -> None:
    """All cases as the insurers of one table each, wrong ones among them, in both orders."""
    count = 0
    for cases in groups():
        ordered = cases[::-1] if backwards else cases
        result = calculated(ordered, on_error="reject")
        refused = {row for row, case in enumerate(ordered) if "errors" in case["expect"]}
        assert set(result.figures.index) == set(range(len(ordered))) - refused
        for row, case in enumerate(ordered):
            if row not in refused:
                check(case, result, row)
                count += 1
    assert count == sum("errors" not in case["expect"] for _, case in CASES)


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


def compared(case: dict[str, Any]) -> Comparison:
    def side(name: str) -> pd.DataFrame:
        given = {"insurer": "A", **case["inputs"], **case.get(name, {})}
        return pd.DataFrame([given])

    return compare(
        side("before"), side("after") if "after" in case else None, unit=case.get("unit", "元"),
        rules_before=case.get("rules_before"), rules_after=case.get("rules_after"),
    )  # fmt: skip


@pytest.mark.parametrize("case", COMPARISONS, ids=[case["case"] for case in COMPARISONS])
def test_comparison(case: dict[str, Any]) -> None:
    comparison, expect = compared(case), case["expect"]
    scale = SCALE[case.get("unit", "元")]
    for measure, steps in expect.get("effects", {}).items():
        found = comparison.effects[comparison.effects["measure"] == measure].set_index("step")["effect"]
        unit = 1 if measure.endswith("ratio") else scale
        assert set(found.index) == set(steps), found
        for step, text in steps.items():
            assert close(found[step], amount(text) * unit, unit), f"{measure} {step}: {found[step]!r}"
    audit = comparison.audit.set_index("item")["flagged"]
    for item, flagged in expect.get("flagged", {}).items():
        assert bool(audit[item]) is flagged, item
