"""Every computed figure says why: formula, article, inputs, factors with document and date; nothing is worked out again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import solvency
from solvency.errors import UnknownFactorError, UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.result import EXTRA_LINES, Result
from solvency.rules import aggregate, rule01_actual_capital, rule02_minimum_capital
from solvency.rules.formulas import FORMULAS
from solvency.rules.rule02_minimum_capital import rows
from solvency.tables.spec import line_items

PROPERTY = {
    "insurer_type": "property", "nonlife_premium_reserve_mc": 300, "nonlife_catastrophe_mc": 20, "equity_price_mc": 400,
    "spread_mc": 10, "counterparty_default_mc": 50, "sarmra_score": 72, "core_tier1": 900, "notified_grade": "A",
}  # fmt: skip
LIFE = {
    "insurer_type": "life", "life_loss_mc": 100, "life_lapse_mc": 200, "life_expense_mc": 50, "nonlife_premium_reserve_mc": 40,
    "interest_rate_mc": 300, "equity_price_mc": 400, "spread_mc": 60, "counterparty_default_mc": 80,
    "participating_market_mc": 200, "participating_credit_mc": 90, "participating_pv_base": 900, "participating_pv_floor": 800,
    "sarmra_absolute_score": 75, "sarmra_industry_base": 78, "additional_dsii": 3, "net_assets": 500, "other_adjustments": -20,
    "policy_future_surplus_core_tier1": 900, "preference_shares": 700, "capital_supplementary_bonds": 2000,
    "contingent_capital_and_other": 50, "admitted_assets": 90000,
}  # fmt: skip
REINSURER = {
    "insurer_type": "reinsurer", "life_insurance_mc": 30, "nonlife_premium_reserve_mc": 400, "market_mc": 50, "credit_mc": 20,
    "control_risk_mc": 5, "additional_capital": 2, "core_tier1": 900, "core_tier2": 20,
}  # fmt: skip
TOTALS = {"insurer_type": "life", "minimum_capital": 500, "core_tier1": 900}


def result(as_of: str, **options: Any) -> Result:
    rows = [
        {"insurer": f"insurer {i}", "as_of": as_of, "total_assets": 3_000_000, **row}
        for i, row in enumerate((PROPERTY, LIFE, REINSURER, TOTALS))
    ]
    return solvency.calculate(pd.DataFrame(rows), unit="万元", **options)


BEFORE, AFTER = result("2022-12-31"), result("2025-12-31")


@pytest.mark.parametrize("found", [BEFORE, AFTER], ids=["before the 2023 notice", "after it"])
@pytest.mark.parametrize("row", range(4))
def test_every_computed_figure_is_explained(found: Result, row: int) -> None:
    computed = [item for item in found.figures if found.origin(item, row) == "computed"]
    assert {"core_ratio", "comprehensive_ratio", "actual_capital"} <= set(computed)
    for item in computed:
        explanation = found.explain(item, row)
        assert explanation.formula_zh, item
        assert explanation.formula_en, item
        assert explanation.article, item
        assert explanation.inputs, item
        assert explanation.insurer == f"insurer {row}"
        assert explanation.value == found.figures.at[row, item] or np.isnan(explanation.value)
        for factor in explanation.factors:
            assert factor["value"] is not None, item
            assert factor["article"], item
            assert factor["document"], item
            assert dt.date.fromisoformat(factor["effective"]) <= found.rulebook(row).date
        for line in explanation.inputs:
            assert line.zh != line.item or line.item in EXTRA_LINES, line.item
            assert line.origin in ("given", "computed", "blank_zero", "absent")
            # what a figure was computed from is there, unless its formula has parts that a company need not have
            if line.origin == "absent":
                assert np.isnan(line.value)


@pytest.mark.parametrize("row", range(4))
def test_inputs_carry_the_figures_of_the_result(row: int) -> None:
    for item in AFTER.figures:
        for line in AFTER.explain(item, row).inputs:
            value = AFTER.figures.at[row, line.item] if line.item in AFTER.figures else np.nan
            assert line.value == value or (np.isnan(line.value) and np.isnan(value)), (item, line.item)


def test_given_figures_say_where_they_stand() -> None:
    explanation = AFTER.explain("core_tier1", 0)
    assert explanation.origin == "given"
    assert explanation.place == "line 2, column core_tier1"
    assert (explanation.formula_en, explanation.inputs, explanation.factors) == ("", (), ())


def test_every_formula_names_real_figures_factors_and_readings() -> None:
    rulebooks = [Rulebook.at(day) for day in ("2022-01-01", "2023-09-10", "2025-12-31")]
    kinds = ("property", "life", "reinsurer")
    for item, formula in FORMULAS.items():
        assert item in line_items() or item in EXTRA_LINES, item
        assert formula.text, item
        assert formula.article, item
        for name in formula.inputs:
            assert name in line_items() or name in EXTRA_LINES, f"{item}: {name}"
        for name in formula.factors:
            assert any(r.has(name) or any(r.has(f"{name}.{kind}") for kind in kinds) for r in rulebooks), (
                f"{item}: {name}"
            )
        for name in formula.readings:
            assert name in rulebooks[0].readings, f"{item}: {name}"


def test_factors_are_those_of_the_type_and_the_date() -> None:
    names = {factor["name"] for factor in AFTER.explain("quantified_mc", 1).factors}
    assert names == {"quantified_mc.correlation.life"}
    size = AFTER.explain("size_coefficient", 0).factors
    assert [factor["name"] for factor in size] == ["size_coefficient.property"]
    assert "金规〔2023〕5号" in size[0]["document"]
    assert BEFORE.explain("size_coefficient", 0).factors == ()
    limit = {factor["name"]: factor for factor in AFTER.explain("core_tier1", 1).factors}[
        "capital_limit.policy_future_surplus"
    ]
    assert limit["value"] == 0.40
    assert limit["effective"] == "2023-09-10"
    limit = {factor["name"]: factor for factor in BEFORE.explain("core_tier1", 1).factors}[
        "capital_limit.policy_future_surplus"
    ]
    assert limit["value"] == 0.35


def test_a_factor_is_shown_under_the_reading_taken() -> None:
    found = result("2025-12-31", readings={"size_band_edges": "upper_edge_included"}).explain("size_coefficient", 0)
    assert found.factors[0]["value"][0]["interval"] == "[0, 10000000000]"
    assert found.readings[0]["chosen"] == "upper_edge_included"
    assert AFTER.explain("size_coefficient", 0).factors[0]["value"][0]["interval"] == "[0, 10000000000)"


def test_nothing_is_computed_in_explain(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the calculators gone and a figure overwritten, explain still answers, with the figures as they stand."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("explain must not compute")

    found = result("2025-12-31")
    found.figures.loc[1, "market_mc"] = 123.0
    for module, name in (
        (aggregate, "aggregate"), (rows, "aggregate"), (rows, "quantified_rows"), (rule02_minimum_capital, "quantified_rows"),
        (rule01_actual_capital, "recognised_capital"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, refuse)
    assert found.explain("market_mc", 1).value == 123.0
    assert {line.item: line.value for line in found.explain("quantified_mc", 1).inputs}["market_mc"] == 123.0
    for item in found.figures:
        found.explain(item, 1)


def test_an_unknown_item() -> None:
    with pytest.raises(UnknownFactorError, match="market_mc"):
        AFTER.explain("market_nc")


def test_a_qualified_name_may_be_left_out() -> None:
    assert AFTER.explain("deferred_tax_assets", 1).item == "S02.deferred_tax_assets"


def test_each_row_names_its_own_date() -> None:
    """Two dates under the same documents are one calculation, yet each row says its own date."""
    frame = pd.DataFrame(
        {"insurer": ["A", "A"], "insurer_type": "property", "as_of": ["2024-03-31", "2024-06-30"],
         "minimum_capital": 100.0, "core_tier1": 120.0}
    )  # fmt: skip
    found = solvency.calculate(frame)
    assert [str(found.rulebook(row).date) for row in (0, 1)] == ["2024-03-31", "2024-06-30"]
    assert found.explain("core_ratio", 1).rules_as_of == "2024-06-30"
    assert str(solvency.calculate(frame, as_of="2023-06-30").rulebook(1).date) == "2023-06-30"


def test_what_a_zero_total_says_of_its_parts() -> None:
    """A total of zero whose parts cannot be negative, and a module the matrix does not have, print zeros, not gaps."""
    frame = pd.DataFrame(
        {"insurer": ["A"], "insurer_type": "property", "as_of": "2025-09-30", "size_coefficient": 1, "control_risk_mc": 0,
         "nonlife_premium_reserve_mc": 10.0, "market_mc": 0, "credit_mc": 5.0, "additional_capital": 0, "core_tier1": 50.0,
         "supplementary_tier1": 3.0}
    )  # fmt: skip
    found = solvency.calculate(frame)
    for item in (
        "life_loss_mc",
        "interest_rate_mc",
        "additional_dsii",
        "preference_shares",
        "contingent_capital_and_other",
    ):
        assert found.values(0)[item] == 0, item
        assert found.origin(item) == "blank_zero", item
    for item in ("spread_mc", "subordinated_term_debt"):  # a total that is not zero says nothing of its parts
        assert np.isnan(found.values(0)[item]), item
        assert found.origin(item) == "absent", item


def test_a_row_is_named_by_insurer_date_and_scenario() -> None:
    rows = [
        {**TOTALS, "insurer": insurer, "as_of": day, "scenario": scenario, "core_tier1": 900 + i}
        for i, (insurer, day, scenario) in enumerate(
            [("A", "2025-09-30", "base"), ("A", "2025-12-31", "base"), ("A", "2025-12-31", "worse"), ("B", "2025-12-31", "base")]
        )
    ]  # fmt: skip
    found = solvency.calculate(pd.DataFrame(rows))
    named: dict[str, Any] = {"insurer": "A", "date": "2025-12-31", "scenario": "worse"}
    assert solvency.explain(found, "core_capital", **named).value == 902
    assert solvency.explain(found, "core_capital", insurer="A", date=dt.date(2025, 9, 30)).value == 900
    assert solvency.explain(found, "core_capital", insurer="B").value == 903
    with pytest.raises(
        UsageError, match=r"there are 3.*--date: 2025-09-30, 2025-12-31; --scenario: base, worse"
    ) as told:
        solvency.explain(found, "core_capital", insurer="A")
    assert "--insurer" not in str(told.value)
    with pytest.raises(UsageError, match=r"there are 0.*--insurer: A, B"):
        solvency.explain(found, "core_capital", insurer="C")
