"""Golden cases of actual capital from statements and instruments (rule 1): each alone, then all stacked, in both orders.

A case: `case`, `source` (its hand calculation), `as_of`, `insurer_type`, `organisation`, `readings`, `figures` (line items),
`tables` (code -> rows; `like` names a row of LIKE that the line changes), and `expect` with items of S01 and S02, `rows` (code ->
values row by row), `forms` (code -> official row -> values); `warnings` (codes) or `errors` (`code place row`, all of them).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from golden_cases import groups, number, read

import solvency
from solvency.errors import InputError
from solvency.result import Result

CASES, NAMES = read("capital")
# instruments that pass every test of their tier
_TERMS = {
    "paid_in": "yes",
    "secured": "no",
    "funded_by_insurer": "no",
    "bankruptcy_petition": "no",
    "accounting": "liability",
    "book_value": 100,
}
LIKE: dict[str, dict[str, Any]] = {
    "shares": {
        **_TERMS, "tier": "core_tier1", "instrument_type": "ordinary_shares", "accounting": "equity", "issue_date": "2023-06-30", "has_maturity": "no",
        "has_call": "no", "redemption_expected": "no", "loss_absorption": "going_concern", "ranking": "last", "payment_terms": "discretionary",
    },
    "perpetual": {
        **_TERMS, "tier": "core_tier2", "instrument_type": "perpetual_bonds", "issue_date": "2023-06-30", "has_maturity": "no", "has_call": "yes",
        "call_date": "2028-06-30", "step_up": 0, "redemption_incentive": "no", "loss_absorption": "going_concern", "ranking": "before_core_tier1",
        "payment_terms": "cancelled", "write_down_or_conversion": "yes",
    },
    "bond": {
        **_TERMS, "tier": "supplementary_tier1", "instrument_type": "capital_supplementary_bonds", "issue_date": "2022-06-30", "has_maturity": "yes",
        "maturity_date": "2032-06-30", "has_call": "no", "loss_absorption": "bankruptcy", "ranking": "before_core", "payment_terms": "deferred",
    },
    "contingent": {
        **_TERMS, "tier": "supplementary_tier2", "instrument_type": "contingent_capital", "accounting": "asset", "issue_date": "2023-06-30", "paid_in": "no",
        "approved_form": "yes", "has_maturity": "yes", "maturity_date": "2027-06-30", "has_call": "no", "loss_absorption": "bankruptcy",
        "ranking": "before_supplementary_tier1",
    },
    # issued before the rule: the class of the issue stands, and only the remaining term matters
    "old": {
        "tier": "supplementary_tier1", "instrument_type": "capital_supplementary_bonds", "accounting": "liability", "issue_date": "2020-06-30", "book_value": 100,
        "has_maturity": "yes", "has_call": "no", "tier_basis": "document of issue",
    },
    "old_call": {
        "tier": "supplementary_tier1", "instrument_type": "capital_supplementary_bonds", "accounting": "liability", "issue_date": "2020-06-30", "book_value": 100,
        "has_maturity": "yes", "has_call": "yes", "early_call_evidence": "no", "step_up": 0.01, "call_date": "2026-06-30", "tier_basis": "document of issue",
    },
}  # fmt: skip


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def cases_of(cases: list[dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for i, case in enumerate(cases):
        figures = {"minimum_capital": 1000, **{k: plain(v) for k, v in case.get("figures", {}).items()}}
        rows.append(
            {"insurer": str(i), "insurer_type": case.get("insurer_type", "property"), "organisation": case.get("organisation", "ordinary"),
             "as_of": case.get("as_of", "2025-12-31"), **figures}
        )  # fmt: skip
    return pd.DataFrame(rows)


def tables_of(cases: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for i, case in enumerate(cases):
        for code, lines in case.get("tables", {}).items():
            for line in lines:
                made = {**LIKE.get(line.get("like", ""), {}), **{k: plain(v) for k, v in line.items() if k != "like"}}
                rows.setdefault(code, []).append({"insurer": str(i), **made})
    return {code: pd.DataFrame(lines) for code, lines in rows.items()}


def calculated(cases: list[dict[str, Any]], **options: Any) -> Result:
    return solvency.calculate(
        cases_of(cases), positions=tables_of(cases) or None, readings=cases[0].get("readings"), **options
    )


def check(case: dict[str, Any], result: Result, row: int) -> None:
    figures = result.values(row)
    forms = [(list(rows).index(row), charged.forms) for rows, charged in result.charged if row in rows]
    for item, wanted in case["expect"].items():
        if item == "rows":
            for code, lines in wanted.items():
                place, made = forms[0]
                own = made[code][made[code]["case"] == place].reset_index(drop=True)
                for i, values in enumerate(lines):
                    for name, amount in values.items():
                        assert own[name].iloc[i] == pytest.approx(number(amount), rel=1e-9, abs=1e-6), (code, i, name)
        elif item == "forms":
            for code, lines in wanted.items():
                place, made = forms[0]
                own = made[code][made[code]["case"] == place].set_index("row")
                for official, values in lines.items():
                    for name, amount in values.items():
                        found = own.at[str(official), name]
                        assert found == pytest.approx(number(amount), rel=1e-9, abs=1e-6), (code, official, name)
        else:
            assert figures[item] == pytest.approx(number(wanted), rel=1e-9, abs=1e-6), f"{item}: {figures[item]!r}"
    if "warnings" in case:
        found = {p.code for at, p in zip(result.warning_rows, result.warnings, strict=True) if at == row}
        assert found == set(case["warnings"])


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_alone(stem: str, case: dict[str, Any]) -> None:
    if "errors" not in case:
        check(case, calculated([case]), 0)
        return
    with pytest.raises(InputError) as caught:
        calculated([case])
    found = sorted(f"{p.code} {p.item} {p.row}" for p in caught.value.problems if p.severity == "error")
    assert found == sorted(case["errors"]), [p.message("en") for p in caught.value.problems]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("together", list(groups(CASES)), ids=lambda cases: f"{len(cases)} cases")
def test_stacked(together: list[dict[str, Any]], order: int) -> None:
    cases = together[::order]
    result = calculated(cases, on_error="reject")
    for i, case in enumerate(cases):
        assert (i in result.figures.index) == ("errors" not in case), case["case"]
        if "errors" not in case:
            check(case, result, i)
