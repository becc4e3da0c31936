"""Golden cases of insurance risk (rules 4, 5, 6, 20): each alone, then all stacked as insurers of one table, in both orders.

A case: `case`, `source` (its hand calculation), `as_of`, `insurer_type`, `organisation`, `readings`, `tables` (code -> rows), and `expect`
with items of S05, `rows` (code -> values of its charges, in order) and `forms` (code -> official row -> values); or `errors`
(`code sheet.column row`, and ` ×2` for two). `errors` and `warnings` are all of them.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from golden_cases import number, read, run_alone, run_stacked, tables_of, told_where

import solvency
from solvency.position_forms import insurance_form
from solvency.result import Result

CASES, NAMES = read("insurance")
BESIDE = ("rows", "forms", "levels", "compliant", "warnings", "measures", "not_measures")  # no figures
NO_INSURER = ("CatFactors",)
LIFE = ("life_loss_mc", "life_lapse_mc", "life_expense_mc")
NONLIFE = ("nonlife_premium_reserve_mc", "nonlife_catastrophe_mc")


def cases_of(cases: list[dict[str, Any]]) -> pd.DataFrame:
    """The insurers of the cases; what a case says nothing of is typed as zero."""
    rows = []
    for i, case in enumerate(cases):
        everything = "errors" in case
        bears = set(case.get("expect", {}))
        row: dict[str, Any] = {
            "insurer": str(i), "insurer_type": case.get("insurer_type", "property"), "organisation": case.get("organisation", "ordinary"),
            "as_of": case["as_of"], "core_tier1": 1e12, "control_risk_mc": 0, "total_assets": 1e15, "loss_absorption": 0, "market_mc": 0, "credit_mc": 0,
        }  # fmt: skip
        for items, module in ((LIFE, "life_insurance_mc"), (NONLIFE, "nonlife_insurance_mc")):
            some = everything or bool(bears & {*items, module})
            row |= {item: None if everything or item in bears or not some else 0 for item in items}
            row[module] = None if some else 0
        rows.append({**row, **case.get("figures", {})})
    return pd.DataFrame(rows)


def calculated(cases: list[dict[str, Any]], **options: Any) -> Result:
    """The cases stacked; tables that belong to no insurer are the same of all and stand once."""
    own = [
        {**case, "tables": {code: rows for code, rows in case["tables"].items() if code not in NO_INSURER}}
        for case in cases
    ]
    shared = {code: rows for code, rows in cases[0]["tables"].items() if code in NO_INSURER}
    once = {code: frame.drop(columns="insurer") for code, frame in tables_of([{"tables": shared}]).items()}
    return solvency.calculate(
        cases_of(cases), positions={**tables_of(own), **once}, readings=cases[0].get("readings"), **options
    )


def check(case: dict[str, Any], result: Result, row: int) -> None:
    figures = result.values(row)
    assert not math.isnan(figures["minimum_capital"])
    for item, wanted in case["expect"].items():
        if item not in BESIDE:
            assert figures[item] == pytest.approx(number(wanted), rel=1e-9, abs=1e-6), item
    check_status(case["expect"], result, row)
    charged = [(rows, made) for rows, made in result.charged if row in rows]
    for code, lines in case["expect"].get("rows", {}).items():
        frames = [f[f["case"] == list(at).index(row)] for at, made in charged for f in charges_on(made, code)]
        for i, values in enumerate(lines or ()):
            for name, wanted in (values or {}).items():
                having = [f[name].iloc[i] for f in frames if name in f and len(f) > i]
                found = any(v == pytest.approx(number(wanted), rel=1e-9, abs=1e-12) for v in having)
                assert found, (code, i, name, having)
    for code, lines in case["expect"].get("forms", {}).items():
        form = insurance_form(result, row, code)
        for official, values in lines.items():
            place, _, department = str(official).partition(" of ")  # of Lloyd's China: `2 of A`
            own = form[(form["row"] == place) & (not department or form.get("department") == department)]
            assert len(own) == 1, (code, official)
            for name, wanted in values.items():
                assert own[name].iloc[0] == pytest.approx(number(wanted), rel=1e-9, abs=1e-6), (code, official, name)


def charges_on(made: Any, sheet: str) -> list[pd.DataFrame]:
    return [part.frame for part in made.charges if part.sheet == sheet]


def check_status(expect: dict[str, Any], result: Result, row: int) -> None:
    """Compliance, remarks and measures, and the levels of Lloyd's China."""
    if "compliant" in expect:
        assert str(result.status["compliant"].loc[row]).lower() == str(expect["compliant"]).lower()
    codes = {p.code for i, p in zip(result.warning_rows, result.warnings, strict=True) if i == row}
    # of a case without other risks or capital minimum capital may be zero
    assert codes - {"not_positive"} == set(expect.get("warnings", ()))
    ids = {measure.id for measure in result.measures(row)}
    assert set(expect.get("measures", ())) <= ids
    assert not ids & set(expect.get("not_measures", ()))
    levels = result.levels(row)
    for i, values in enumerate(expect.get("levels", ())):
        for name, wanted in values.items():
            own = levels[name].iloc[i]
            if name == "sufficient":
                assert str(own).lower() == str(wanted).lower(), (i, name, own)
            else:
                assert own == pytest.approx(number(wanted), rel=1e-9), (i, name, own)


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_alone(stem: str, case: dict[str, Any]) -> None:
    run_alone(case, calculated, check, told_where)


@pytest.mark.parametrize("backwards", [False, True])
def test_stacked(backwards: bool) -> None:
    run_stacked(CASES, calculated, check, backwards, NO_INSURER)
