"""Golden cases of positions (rules 7, 8, 9): each alone, then all stacked as insurers of one table, in both orders."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from golden_cases import number, read, run_alone, run_stacked, tables_of

import solvency
from solvency.result import Result
from solvency.tables.spec import SUB_RISKS

CASES, NAMES = read("positions")
ITEMS = (
    "interest_rate_mc", "equity_price_mc", "real_estate_mc", "overseas_fixed_income_mc", "overseas_equity_mc", "fx_mc",
    "spread_mc", "counterparty_default_mc",
)  # fmt: skip
MARKET, CREDIT = ITEMS[:6], ITEMS[6:]


def cases_of(cases: list[dict[str, Any]]) -> pd.DataFrame:
    """The insurers of the cases; a module of which a case has nothing is typed as zero."""
    rows = []
    for i, case in enumerate(cases):
        kind = case.get("insurer_type", "property")
        bears = set(ITEMS) if "errors" in case else set(case["expect"])
        rows.append(
            {
                "insurer": str(i), "insurer_type": kind, "as_of": case["as_of"], "core_tier1": number(case.get("total_assets", 1e15)) / 10, "control_risk_mc": 0,
                "total_assets": number(case.get("total_assets", 1e15)), "loss_absorption": 0,
                "life_insurance_mc": None if kind == "property" else 0, "nonlife_insurance_mc": 0,
                "market_mc": None if bears & set(MARKET) else 0,
                "credit_mc": None if bears & set(CREDIT) else 0,
                "counterparty_default_mc": None if "counterparty_default_mc" in bears or not bears & set(CREDIT) else 0,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def calculated(cases: list[dict[str, Any]], **options: Any) -> Result:
    return solvency.calculate(cases_of(cases), positions=tables_of(cases), readings=cases[0].get("readings"), **options)


def check(case: dict[str, Any], result: Result, row: int) -> None:
    figures = result.values(row)
    expect = case["expect"]
    for item in ITEMS:
        found, wanted = figures[item], number(expect.get(item, 0))
        if item not in expect and math.isnan(found):
            continue
        assert found == pytest.approx(wanted, rel=1e-8, abs=1e-6), f"{item}: {found!r}, not {wanted!r}"
    for code, lines in expect.get("rows", {}).items():
        frames = [
            part.frame[part.frame["case"] == list(at).index(row)]
            for at, made in result.charged if row in at for part in made.charges if part.sheet == code
        ]  # fmt: skip
        assert frames, code
        for i, wanted_row in enumerate(lines or ()):
            for column, wanted in (wanted_row or {}).items():
                matching = [f for f in frames if column in f and len(f) > i]
                assert matching, column
                assert any(f[column].iloc[i] == pytest.approx(number(wanted), rel=1e-8, abs=1e-9) for f in matching), (
                    column, [f[column].iloc[i] for f in matching], wanted,
                )  # fmt: skip


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_alone(stem: str, case: dict[str, Any]) -> None:
    run_alone(case, calculated, check)


@pytest.mark.parametrize("backwards", [False, True])
def test_stacked(backwards: bool) -> None:
    run_stacked(CASES, calculated, check, backwards)


def test_items_are_sub_risks() -> None:
    assert set(ITEMS) <= set(SUB_RISKS)
