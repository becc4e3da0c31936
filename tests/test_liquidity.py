"""Liquidity risk beyond its golden cases: kernels, workbook and files, many insurers, measures, explanation, disclosure, properties."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_golden_liquidity import CASES, not_met, tables_of
from typer.testing import CliRunner

import solvency
from solvency.cli import app
from solvency.errors import InputError
from solvency.liquidity_indicators import COLUMNS, liquidity_form
from solvency.result import Result
from solvency.rules.rule13_liquidity_risk import (
    FORMULAS,
    LINES,
    Sum,
    coverage_ratio,
    deviation,
    inputs_of,
    liquid_reserve,
    mandatory_flows,
    requirements,
    running_below,
    settled,
    stressed_surrender_rate,
)
from solvency.rules.rule13_liquidity_risk.cash_flows import FLOWS, NETS, RECOVERED, place_of_lines
from solvency.rules.rule13_liquidity_risk.formulas import _HORIZONS, _SCENARIOS
from solvency.rules.rule13_liquidity_risk.monitoring import INDICATORS, SHEETS
from solvency.rules.rule13_liquidity_risk.sums import absolute, beside, quotient
from solvency.tables.positions.spec import position_tables
from solvency.tables.spec import tables

settings.register_profile("solvency", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("solvency")

RULES = solvency.Rulebook.at("2025-12-31")
CASE: dict[str, Any] = {
    "insurer": "甲财险",
    "insurer_type": "property",
    "as_of": "2025-12-31",
    "minimum_capital": 100,
    "core_tier1": 200,
}
FIRST = next(case for _, case in CASES if case["case"].startswith("all three ratios"))
BACK_TEST = pd.DataFrame(
    [
        {"item": "actual_net", "this_quarter": 60, "last_quarter": 50},
        {"item": "forecast_net", "this_quarter": 100, "last_quarter": 100},
    ]
)
NET = pd.DataFrame(
    [
        {"item": item, "amount": -n}
        for n, item in enumerate(("net_cash_flow_ytd", "net_cash_flow_last_year", "net_cash_flow_year_before"), 1)
    ]
)
MONITORED = next(case for _, case in CASES if case["case"].startswith("property insurer, every"))


def books() -> dict[str, pd.DataFrame]:
    """One insurer with every form."""
    made = {
        code: frame.drop(columns="insurer")
        for code, frame in tables_of([{**FIRST, "tables": {**FIRST["tables"], **MONITORED["tables"]}}]).items()
    }
    return {**made, "LR2-3": BACK_TEST, "LR2-4": NET}


@pytest.fixture(scope="module")
def result() -> Result:
    return solvency.calculate(pd.DataFrame([CASE]), positions=books(), unit="万元")


# --- kernels --------------------------------------------------------------------------------------------------------------


def test_names_follow_the_rulebook() -> None:
    """Scenarios and horizons are spelled out for their names; they must be those of tables and rulebook."""
    assert list(_HORIZONS) == list(RULES.rows("liquidity.horizon_quarters"))
    columns = [column.id for column in position_tables()["LR2-1"].columns if column.kind == "amount"]
    assert columns == ["current", *(f"{s}_{h}" for s in _SCENARIOS for h in _HORIZONS)]
    assert FORMULAS.keys() == LINES.keys()
    assert set(requirements(RULES)) - set(LINES) == {"net_cash_flow"}
    assert list(RULES.rows("liquidity.reserve_conversion")) == [
        row.item for row in position_tables()["LR2-2"].rows if not row.total
    ]


def test_every_line_of_the_form_is_in_one_place() -> None:
    lines = [item for sections in FLOWS.values() for items in sections.values() for item in items]
    totals = [*FLOWS, *NETS, *(section for sections in FLOWS.values() for section in sections)]
    assert sorted([*lines, *totals, *RECOVERED]) == sorted(place_of_lines())
    for kind, sheet in SHEETS.items():
        rows = [row.item for row in position_tables()[sheet].rows]
        named = [item for made in INDICATORS[kind] for item in (made.item, *made.rows)]
        assert sorted(set(rows)) == sorted(set(named)), sheet


def test_kernels_take_any_number_of_cases() -> None:
    one = Sum.of(np.array([100.0, 99.0, 50.0, np.nan, 10.0]))
    cash, out = Sum.of(np.zeros(5)), Sum.of(np.array([100.0, 100.0, 100.0, 1.0, 0.0]))
    reserve = Sum.of(np.array([0.0, 1.0, 49.0, 1.0, 1.0]))
    assert coverage_ratio(one, cash, out, RULES, "lcr1").tolist()[:3] == [1.0, 0.99, 0.5]
    assert coverage_ratio(one, cash, out, RULES, "lcr2", reserve).tolist()[:3] == [1.0, 1.0, 0.99]
    assert np.isnan(coverage_ratio(one, cash, out, RULES, "lcr3")[3:]).all()
    assert deviation(one, out, Decimal("-0.3")).tolist()[:3] == [0.0, pytest.approx(-0.01), -0.5]
    assert liquid_reserve(np.array([[1.0, 2.0], [4.0, 8.0]]), np.array([1.0, 0.5])).tolist() == [[1.0, 2.0], [2.0, 4.0]]
    assert stressed_surrender_rate(np.array([0.0, 0.1, 0.125, 0.13, 0.5, 0.51, 1.0]), RULES).tolist() == [
        0.25,
        0.25,
        0.25,
        0.26,
        1.0,
        1.0,
        1.0,
    ]


def test_running_below_zero() -> None:
    year, last, before = (
        np.array([-1, -1, 1, -1, np.nan, 0.0]),
        np.array([-1, -1, -1, 0, -1, -1.0]),
        np.array([-1, 1, -1, -1, -1, -1.0]),
    )
    assert running_below([year, last, before], 0.0, "all_three").tolist() == [True, False, False, False, False, False]
    assert running_below([year, last, before], 0.0, "two_in_succession").tolist() == [
        True,
        True,
        True,
        False,
        True,
        True,
    ]


def test_sums_decide_exactly() -> None:
    parts = Sum(np.array([[0.1, 0.1, 0.1], [0.2, 0.2, 0.2], [-0.3, -0.31, -0.29]]), np.ones(3, bool))
    assert beside(parts, Decimal(0))[0] == 0.0
    assert (np.sign(beside(parts, Decimal(0))) == [0, -1, 1]).all()
    assert absolute(parts).values[1] == pytest.approx(0.01)
    assert np.isnan(quotient(parts, absolute(parts))[0])
    assert np.allclose(quotient(parts, absolute(parts))[1:], [-1, 1])


def test_settled_is_its_own_result() -> None:
    """A form with its totals has the same totals again, along any shape."""
    rng = np.random.default_rng(7)
    lines = np.full((len(place_of_lines()), 3, 5), np.nan)
    for sections in FLOWS.values():
        for items in sections.values():
            for item in items:
                if item not in ("investments_recovered", "short_term_paid"):
                    lines[place_of_lines()[item]] = rng.integers(0, 100, (3, 5))
    for item in RECOVERED:
        lines[place_of_lines()[item]] = rng.integers(0, 100, (3, 5))
    once = settled(lines)
    assert np.array_equal(once, settled(once), equal_nan=True)
    at = place_of_lines()
    assert np.array_equal(
        once[at["net_cash_flow"]], once[at["operating_net"]] + once[at["investing_net"]] + once[at["financing_net"]]
    )


def test_mandatory_flows_as_a_kernel() -> None:
    """Any number of cases at once gives what each gives alone."""
    rng = np.random.default_rng(3)
    base = {item: rng.uniform(100, 200, (4, 6)) for item in place_of_lines()}
    inputs = {
        name: rng.uniform(1, 50, (4, 6))
        for kind in ("property", "life", "reinsurer")
        for name in inputs_of(kind, RULES)
    }
    inputs["surrender_rate"] = rng.uniform(0.01, 0.9, (4, 6))
    for kind in ("property", "life", "reinsurer"):
        whole = mandatory_flows(base, inputs, kind, RULES)
        for i in range(6):
            alone = mandatory_flows(
                {k: v[:, [i]] for k, v in base.items()}, {k: v[:, [i]] for k, v in inputs.items()}, kind, RULES
            )
            for item in alone:
                assert np.array_equal(alone[item][:, 0], whole[item][:, i]), item


# --- properties ------------------------------------------------------------------------------------------------------------

amount = st.integers(0, 10**7).map(lambda n: n / 100)
positive = st.integers(1, 10**7).map(lambda n: n / 100)


@given(amount, amount, amount, positive, st.integers(1, 10**4))
def test_ratios_do_not_depend_on_the_unit(
    inflow: float, cash: float, reserve: float, outflow: float, factor: int
) -> None:
    def ratio(scale: int) -> Any:
        sums = [Sum.of(np.array([value * scale])) for value in (inflow, cash, outflow, reserve)]
        return coverage_ratio(*sums[:3], RULES, "lcr2", sums[3])[0]

    assert ratio(factor) == pytest.approx(ratio(1), rel=1e-12)
    assert (ratio(factor) < 1) == (ratio(1) < 1)


@given(amount, amount, amount, positive)
def test_more_cash_never_covers_less(inflow: float, cash: float, more: float, outflow: float) -> None:
    def ratio(held: float) -> Any:
        return coverage_ratio(*(Sum.of(np.array([v])) for v in (inflow, held, outflow)), RULES, "lcr1")[0]

    assert ratio(cash + more) >= ratio(cash)


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=6),
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=6),
    st.integers(-3, 3),
)
def test_a_quotient_is_on_the_side_that_fractions_say(above: list[int], below: list[int], tenths: int) -> None:
    line = Decimal(tenths) / 10
    found = quotient(*(Sum(np.array([[v / 100] for v in side]), np.ones(1, bool)) for side in (above, below)), line)[0]
    divisor = Fraction(sum(below), 100)
    if divisor <= 0:
        assert np.isnan(found)
    else:
        exact = Fraction(sum(above), 100) / divisor
        assert (found < float(line), found == float(line)) == (exact < Fraction(line), exact == Fraction(line))


@given(st.integers(2, 1000), st.sampled_from(["property", "life", "reinsurer"]))
def test_money_times_a_factor_leaves_every_ratio(factor: int, kind: str) -> None:
    case = next(
        case
        for _, case in CASES
        if case["case"].startswith(f"{kind}{' insurer' if kind != 'reinsurer' else ''}, every")
    )
    ratios = [made.item for made in INDICATORS[kind] if made.below]

    def figures(scale: int) -> dict[str, float]:
        frames = {
            code: frame.assign(amount=frame["amount"] * scale).drop(columns="insurer")
            for code, frame in tables_of([case]).items()
        }
        return solvency.calculate(pd.DataFrame([{**CASE, "insurer_type": kind}]), positions=frames).values(0)

    one, many = figures(1), figures(factor)
    for item in ratios:
        assert many[item] == pytest.approx(one[item], rel=1e-12), item
    assert many["operating_cash_flow"] == pytest.approx(one["operating_cash_flow"] * factor)


# --- input and output ------------------------------------------------------------------------------------------------------


def test_figures_and_origins(result: Result) -> None:
    values = result.values(0)
    assert values["lcr1_12_months"] == pytest.approx(0.925)
    assert values["cash_and_equivalents"] == 10 * 10**4
    assert values["operating_cash_flow_deviation"] == pytest.approx(-0.4)
    assert result.origin("lcr1_12_months") == "computed"
    assert result.origin("surrender_ratio_ytd") == "absent"


def test_without_tables_there_are_no_liquidity_figures() -> None:
    plain = solvency.calculate(pd.DataFrame([CASE]))
    assert not set(LINES) & set(plain.figures)
    assert not set(LINES) & set(plain.to_frame())
    assert "liquidity" not in plain.to_dict()["cases"][0]
    assert not plain.conditions["liquidity_abnormal"].any()


def test_csv_and_json(result: Result) -> None:
    frame = result.to_frame()
    assert frame["lcr2_own_3_months"].iloc[0] == pytest.approx(1.3)
    assert frame["realisable_reserve"].iloc[0] == 50
    case = result.to_dict()["cases"][0]
    assert case["liquidity"]["realisable_reserve"] == 50 * 10**4
    assert case["liquidity"]["surrender_ratio_ytd"] is None
    assert not set(case["other"]) & set(LINES)
    result.to_json()


def test_a_failed_requirement_is_a_measure_of_article_42(result: Result) -> None:
    measures = {measure.id: measure for measure in result.measures(0)}
    own = [measure for name, measure in measures.items() if name.startswith("liquidity_")]
    assert [measure.article for measure in own] == [f"第四十二条（{n}）" for n in "一二三四"]
    assert {measure.duty for measure in own} == {"may"}
    assert {measure.who for measure in own} == {"regulator"}
    fact = own[0]
    for text in (
        "LCR1 (base, 12 months) 92.50% < 100.00%",
        "(this quarter) -40.00% < -30.00%",
        "(last quarter) -50.00% < -30.00%",
        "year to date) CNY -10,000.00",
    ):
        assert text in fact.fact_en
    assert "净现金流（上一会计年度） -20,000.00 元" in fact.fact_zh
    assert "LCR2 (own stress, 3 months)" not in fact.fact_en


@pytest.mark.parametrize("requirement", [name for name in requirements(RULES) if name.startswith("lcr")])
def test_each_ratio_alone_triggers(requirement: str) -> None:
    """One ratio below its requirement is enough."""
    kind, _, rest = requirement.partition("_")
    column = f"base_{rest}" if kind == "lcr1" else rest
    rows = [
        {"item": "cash_inflow", column: 0.49 if kind == "lcr3" else 0.99}, {"item": "cash_outflow", column: 1},
        {"item": "cash_and_equivalents", "current": 0}, {"item": "realisable_reserve", "current": 1 if kind == "lcr3" else 0},
    ]  # fmt: skip
    found = solvency.calculate(pd.DataFrame([CASE]), positions={"LR2-1": pd.DataFrame(rows)})
    assert not_met(found, 0) == {requirement}
    assert "liquidity_plan" in found.measure_ids[0]


def test_many_insurers_of_every_type_dates_and_scenarios() -> None:
    """Rows of several types stand together, with and without tables; each figure is that of the insurer alone."""
    kinds = ("property", "life", "reinsurer")
    rows = [
        {**CASE, "insurer": f"{kind} {n}", "insurer_type": kind, "as_of": day, "scenario": scenario}
        for kind in kinds for n in range(3) for day in ("2022-03-31", "2025-12-31") for scenario in ("base", "own")
    ]  # fmt: skip
    keys = ["insurer", "as_of", "scenario"]
    lines = []
    for i, row in enumerate(rows):
        if i % 4 != 3:
            for item, amount in (("premiums_received", 90 + i), ("claims_paid", 100)):
                lines.append(
                    {
                        **{k: row[k] for k in keys},
                        "item": item,
                        **{f"{s}_q{q}": amount for s in ("base", "mandatory", "own") for q in range(1, 5)},
                    }
                )
    cash = [
        {**{k: row[k] for k in keys}, "item": item, "current": 0}
        for row in rows
        for item in ("cash_and_equivalents", "realisable_reserve")
    ]
    found = solvency.calculate(pd.DataFrame(rows), positions={"LR1": pd.DataFrame(lines), "LR2-1": pd.DataFrame(cash)})
    for i in range(len(rows)):
        value = found.figures["lcr1_3_months"].loc[i]
        if i % 4 == 3:
            assert np.isnan(value)
            assert found.origin("lcr1_3_months", i) == "absent"
            assert not_met(found, i) == set()
        else:
            assert value == (90 + i) / 100
            assert ("lcr1_3_months" in not_met(found, i)) == (90 + i < 100)
    assert found.origins.notna().all().all()
    found.to_frame()
    found.to_json()


def test_types_without_tables_beside_types_with_them() -> None:
    """Every row has the columns, whichever edition of the rules it falls under."""
    rows = [{**CASE, "insurer": "a"}, {**CASE, "insurer": "b", "insurer_type": "life", "as_of": "2022-03-31"}]
    form = pd.DataFrame([{"insurer": "a", "item": "net_cash_flow_ytd", "amount": 1}, {"insurer": "a", "item": "net_cash_flow_last_year", "amount": 1},
                         {"insurer": "a", "item": "net_cash_flow_year_before", "amount": 1}])  # fmt: skip
    found = solvency.calculate(pd.DataFrame(rows), positions={"LR2-4": form})
    assert found.values(0)["net_cash_flow_ytd"] == 1
    assert np.isnan(found.values(1)["net_cash_flow_ytd"])
    assert found.explain("net_cash_flow_ytd", 1).origin == "absent"


def test_a_folder_of_files(tmp_path: Path, result: Result) -> None:
    for code, frame in books().items():
        if code == "LR2-2":
            pytest.importorskip("pyarrow")
            frame.to_parquet(tmp_path / f"{code}.parquet")
        else:
            frame.to_csv(tmp_path / f"{code}.csv", index=False)
    found = solvency.calculate(pd.DataFrame([CASE]), positions=tmp_path, unit="万元")
    pd.testing.assert_frame_equal(found.figures, result.figures)


def fill(path: Path, code: str, lines: list[dict[str, Any]]) -> None:
    """Values in the rows of a sheet that name an item."""
    book = openpyxl.load_workbook(path)
    page = book[code]
    at = {cell.value: cell.column for cell in page[1]}
    place = {page.cell(r, at["item"]).value: r for r in range(4, page.max_row + 1)}
    for line in lines:
        for name, value in line.items():
            if name != "item" and value == value:
                page.cell(place[line["item"]], at[name]).value = value
    book.save(path)


def filled_template(path: Path, frames: dict[str, pd.DataFrame]) -> Path:
    """A template with its prefilled forms filled in as a person would."""
    solvency.template("property", path, positions=True, as_of="2025-12-31")
    info = {"insurer": CASE["insurer"], "unit": "万元", "total_assets": 1200, "sarmra_score": 80}
    fill(path, "Info", [{"item": item, "value": value} for item, value in info.items()])
    fill(path, "S02", [{"item": "core_tier1", "amount": 200}])
    fill(
        path,
        "S05",
        [
            {"item": item, "amount": 10}
            for item in ("nonlife_insurance_mc", "market_mc", "credit_mc", "loss_absorption")
        ],
    )
    for code, frame in frames.items():
        fill(path, code, [{str(k): v for k, v in line.items()} for line in frame.to_dict("records")])
    return path


def test_a_template_filled_in(tmp_path: Path, result: Result) -> None:
    path = filled_template(tmp_path / "book.xlsx", books())
    found = solvency.calculate(path)
    for item in LINES:
        assert found.values(0)[item] == pytest.approx(result.values(0)[item], nan_ok=True), item
    book = openpyxl.load_workbook(path)
    assert {"LR1", "LR2-1", "LR2-2", "LR2-3", "LR2-4", "LR3-1", "LRStress"} <= set(book.sheetnames)
    assert "LR3-2" not in book.sheetnames
    assert book["LR2-2"]["E12"].value == 0.5  # listed shares, from the rules in force
    assert book["LR1"]["C8"].value.strip() == "经营活动现金流入小计"


def test_an_error_names_its_cell(tmp_path: Path) -> None:
    frames = books()
    frames["LR2-2"] = pd.DataFrame([{"item": "listed_shares", "book_value": 20, "realised": 12}])
    path = filled_template(tmp_path / "book.xlsx", frames)
    with pytest.raises(InputError) as caught:
        solvency.calculate(path)
    (problem,) = caught.value.problems
    assert (problem.sheet, problem.cell, problem.code) == ("LR2-2", "F12", "disagree")
    assert problem.found == "12 ≠ 10"
    assert "第9行" in problem.zh
    assert "row 9" in problem.en
    assert problem.article == "规则第13号附件2一（二）4（3）"


@pytest.mark.parametrize(
    ("code", "change", "found", "zh", "en"),
    [
        ("LR1", {"item": "operating_inflow", "base_q1": 95}, "95 ≠ 90", "经营活动现金流入小计（第1.5行）", "Operating inflows (row 1.5)"),
        ("LR1", {"item": "short_term_received", "own_q1": 0, "own_q2": 5, "own_q3": 0, "own_q4": 0}, "5", "季末短期筹资余额", "at the end of the quarter"),
        ("LR2-3", {"item": "forecast_inflow", "last_quarter": 5}, "", "", ""),
        ("LR3-1", {"item": "operating_net_ytd", "amount": 5}, "5 ≠ -120", "本年累计经营活动净现金流（第2.1行）", "(row 2.1)"),
    ],
)  # fmt: skip
def test_problems_say_what_and_where(code: str, change: dict[str, Any], found: str, zh: str, en: str) -> None:
    frames = books()
    frames[code] = pd.concat([frames[code], pd.DataFrame([change])], ignore_index=True)
    if not found:  # an inflow without its outflow beside a net figure changes nothing
        assert solvency.calculate(pd.DataFrame([CASE]), positions=frames).values(0)[
            "operating_cash_flow_deviation"
        ] == pytest.approx(-0.4)
        return
    with pytest.raises(InputError) as caught:
        solvency.calculate(pd.DataFrame([CASE]), positions=frames)
    (problem,) = caught.value.problems
    assert problem.sheet == code
    assert problem.row == str(len(frames[code]) + 1)
    assert problem.found == found
    assert zh in problem.zh
    assert en in problem.en
    assert problem.article


def test_rejected_rows_keep_the_others() -> None:
    rows = [{**CASE, "insurer": name} for name in "abc"]
    frames = {
        code: pd.concat([frame.assign(insurer=name) for name in "abc"], ignore_index=True)
        for code, frame in books().items()
    }
    cash = frames["LR2-1"]
    cash.loc[(cash["insurer"] == "b") & (cash["item"] == "cash_and_equivalents"), "current"] = np.nan
    found = solvency.calculate(pd.DataFrame(rows), positions=frames, on_error="reject")
    assert list(found.figures.index) == [0, 2]
    assert found.rejects is not None
    assert "现金及现金等价物" in found.rejects["reasons_zh"].iloc[0]


# --- questions -------------------------------------------------------------------------------------------------------------


def test_liquidity_lists_every_indicator(result: Result) -> None:
    frame = solvency.liquidity(result)
    assert tuple(frame.columns) == COLUMNS
    own = frame.set_index("item")
    assert own.at["lcr1_3_months", "met"] is True
    assert own.at["lcr1_12_months", "met"] is False
    assert own.at["lcr3_own_3_months", "requirement"] == 0.5
    assert own.at["operating_cash_flow_deviation", "requirement"] == -0.3
    assert own.at["net_cash_flow_ytd", "met"] is False
    assert own.at["premium_growth", "met"] is None
    assert own.at["premium_growth", "group"] == "monitoring"
    assert "cash_and_equivalents" not in own.index
    assert "surrender_ratio_ytd" not in own.index
    assert len(frame[frame["group"] == "regulatory"]) == 15
    assert len(frame[frame["group"] == "monitoring"]) == len(INDICATORS["property"])
    again = solvency.liquidity(pd.DataFrame([CASE]), positions=books(), unit="万元")
    pd.testing.assert_frame_equal(again, frame)


def test_a_requirement_that_is_not_known_is_not_judged() -> None:
    form = pd.DataFrame(
        [
            {"item": "actual_net", "this_quarter": 1, "last_quarter": "不适用"},
            {"item": "forecast_net", "this_quarter": 10, "last_quarter": "不适用"},
        ]
    )
    frame = solvency.liquidity(pd.DataFrame([CASE]), positions={"LR2-3": form})
    assert frame.set_index("item").at["operating_cash_flow_deviation", "met"] is None


def test_what_is_required_and_not_known_is_listed_without_a_value(tmp_path: Path) -> None:
    """Neither a missing reserve nor a scenario without figures may look like a requirement that is met."""
    lines = [
        {"item": item, **{f"{s}_q{q}": amount for s in ("base", "own") for q in range(1, 5)}}
        for item, amount in (("premiums_received", 100), ("claims_paid", 90))
    ]
    cash = pd.DataFrame([{"item": "cash_and_equivalents", "current": 1}])
    rows = [{**CASE, "insurer": name} for name in ("a", "b")]
    frames = {"LR1": pd.DataFrame(lines).assign(insurer="a"), "LR2-1": cash.assign(insurer="a")}
    found = solvency.calculate(pd.DataFrame(rows), positions=frames)
    assert {problem.code for problem in found.warnings} == {"no_reserve", "no_scenario"}
    assert all("未判断" in problem.zh and "not judged" in problem.en for problem in found.warnings)
    frame = solvency.liquidity(found)
    assert set(frame["row"]) == {0}, "nothing is listed for an insurer without forms"
    own = frame[frame["group"] == "regulatory"].set_index("item")
    assert len(own) == 15
    known = {item for item in own.index if own.at[item, "met"] is True}
    assert known == {f"{ratio}_{months}" for ratio in ("lcr1", "lcr3_own") for months in _HORIZONS}
    unknown = own.drop(index=list(known))
    assert unknown["value"].isna().all()
    assert all(met is None for met in unknown["met"])
    _, internal = solvency.disclose(found, tmp_path, row=0)
    shown = {row[0]: row[1:4] for row in sheet_of(internal, "流动性指标") if row[0]}
    assert shown[LINES["lcr2_own_3_months"][0]] == ("未提供", 1, "未判断")
    assert shown[LINES["lcr3_own_3_months"][0]][2] == "是"


def test_total_assets_of_the_forms_are_those_of_the_balance_sheet() -> None:
    form = pd.DataFrame([{"item": "large_stakes", "amount": 1}, {"item": "large_stakes_assets", "amount": 1000}])
    for total, codes in ((1000, {"not_computed"}), (1100, {"not_computed", "differs_from_statement"})):
        case = pd.DataFrame([{**CASE, "total_assets": total}])
        found = solvency.calculate(case, positions={"LR3-1": form})
        assert {problem.code for problem in found.warnings} == codes
    told = next(problem for problem in found.warnings if problem.code == "differs_from_statement")
    assert (told.sheet, told.row, told.found) == ("LR3-1", "3", "1,000 ≠ 1,100")


@pytest.mark.parametrize("item", sorted(LINES))
def test_every_figure_is_explained(result: Result, item: str) -> None:
    found = solvency.explain(result, item)
    assert found.zh == LINES[item][0]
    if np.isnan(found.value):
        assert found.origin == "absent"
        return
    assert found.formula_zh
    assert found.formula_en
    assert found.article.startswith("规则第13号")
    assert found.details, item
    for line in found.details:
        assert line["sheet"] in FORMULAS[item].tables
        assert line["article"]


def test_explanations_hold_the_rows_they_come_from(result: Result) -> None:
    ratio = solvency.explain(result, "lcr2_own_12_months")
    assert [line.item for line in ratio.inputs] == [
        "cash_inflow_own_12_months",
        "cash_and_equivalents",
        "realisable_reserve",
        "cash_outflow_own_12_months",
    ]
    assert ratio.factors[0]["value"] == {"lcr1": 1.0, "lcr2": 1.0, "lcr3": 0.5}
    assert [line["place"] for line in ratio.details] == ["1", "2", "3", "4", "6"]
    flow = solvency.explain(result, "cash_inflow_own_12_months")
    premium = next(line for line in flow.details if line["sheet"] == "LR1" and line["place"] == "1.1")
    assert [premium[q] for q in ("q1", "q2", "q3", "q4")] == [70e4, 60e4, 50e4, 40e4]
    assert not any(line["place"] == "1.6" for line in flow.details)
    assert {line["place"] for line in solvency.explain(result, "realisable_reserve").details} == {"1", "9", "15", "4"}
    # this year's operating flows come from LR1 where LR3-1 does not have them
    tables = books()
    typed = tables["LR3-1"]["item"].isin(["operating_inflow_ytd", "operating_outflow_ytd"])
    tables |= {"LR3-1": tables["LR3-1"][~typed], "LR1": tables["LR1"].assign(year_to_date=1.0)}
    year = solvency.explain(solvency.calculate(pd.DataFrame([CASE]), positions=tables), "operating_cash_flow")
    assert {"1.1", "1.6"} <= {line["place"] for line in year.details if line["sheet"] == "LR1"}
    whole, row = solvency.explain(result, "LR2-2"), solvency.explain(result, "LR2-2.9")
    assert len(whole.details) == 15
    assert row.details[0]["realised"] == 10e4
    assert solvency.explain(result, "LR2-2.listed_shares").details == row.details


def test_the_command_line(tmp_path: Path) -> None:
    for code, frame in books().items():
        frame.to_csv(tmp_path / f"{code}.csv", index=False)
    file = tmp_path / "cases.csv"
    pd.DataFrame([CASE]).to_csv(file, index=False)
    folder = tmp_path / "forms"
    folder.mkdir()
    for code in books():
        (tmp_path / f"{code}.csv").rename(folder / f"{code}.csv")
    run = CliRunner()
    shown = run.invoke(app, ["liquidity", str(file), "--positions", str(folder), "--lang", "en"])
    assert shown.exit_code == 0, shown.output
    assert "92.50%" in shown.output
    as_json = run.invoke(app, ["liquidity", str(file), "--positions", str(folder), "--json"])
    assert '"item": "lcr1_3_months"' in as_json.output
    written = run.invoke(app, ["liquidity", str(file), "--positions", str(folder), "-o", str(tmp_path / "out.csv")])
    assert written.exit_code == 0, written.output
    assert len(pd.read_csv(tmp_path / "out.csv")) == len(solvency.liquidity(pd.DataFrame([CASE]), positions=books()))
    explained = run.invoke(app, ["explain", str(file), "lcr1_3_months", "--positions", str(folder), "--lang", "en"])
    assert "100.00%" in explained.output
    measures = run.invoke(app, ["measures", str(file), "--positions", str(folder), "--lang", "en"])
    assert "liquidity" in measures.output.lower()


# --- disclosure ------------------------------------------------------------------------------------------------------------


def sheet_of(path: Path, name: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path, data_only=True)
    page = next(book[n] for n in book.sheetnames if name in n)
    return [tuple(cell for cell in row) for row in page.iter_rows(values_only=True)]


def test_the_disclosure_holds_indicators_and_forms(tmp_path: Path, result: Result) -> None:
    public, internal = solvency.disclose(result, tmp_path, unit="万元")
    rows = {row[1]: row[2:4] for row in sheet_of(public, "主要指标") if isinstance(row[1], str)}
    assert rows["流动性覆盖率LCR1（基本情景公司整体，未来12个月）"][0] == pytest.approx(0.925)
    assert rows["流动性覆盖率LCR2（自测压力情景公司整体，未来3个月）"][0] == pytest.approx(1.3)
    assert rows["经营活动净现金流回溯不利偏差率"] == pytest.approx((-0.4, -0.5))
    assert rows["净现金流（上一会计年度）"][0] == -2
    assert rows["规模保费同比增速"][0] == pytest.approx(0.2)
    forms = openpyxl.load_workbook(internal)
    assert {"流动性指标", "LR1", "LR2-1", "LR2-2", "LR2-3", "LR2-4", "LR3-1"} <= set(forms.sheetnames)
    coverage = {row[0]: row for row in sheet_of(internal, "LR2-1")}
    assert coverage["5"][3:5] == pytest.approx((1.0, 0.925))
    assert {row[0]: row for row in forms["LR2-1"].iter_rows(values_only=True)}["6"][5].startswith("=(")
    monitored = {row[0]: row for row in sheet_of(internal, "LR3-1")}
    assert monitored["3"][3] == pytest.approx(0.2)
    assert monitored["1"][2] == -120


def test_a_disclosure_without_the_forms_has_no_such_sheets(tmp_path: Path) -> None:
    _, internal = solvency.disclose(solvency.calculate(pd.DataFrame([CASE])), tmp_path)
    assert not [name for name in openpyxl.load_workbook(internal).sheetnames if "LR" in name or "流动性" in name]


def with_statement(path: Path, **values: float) -> Path:
    fill(path, "Statements", [{"item": item, "value": value} for item, value in values.items()])
    return path


def test_a_stated_indicator_must_be_the_computed_one(tmp_path: Path) -> None:
    path = filled_template(tmp_path / "book.xlsx", books())
    solvency.disclose(with_statement(path, lcr1_12_months=0.925, net_cash_flow_ytd=-1), tmp_path / "good")
    with pytest.raises(InputError) as caught:
        solvency.disclose(with_statement(path, lcr1_12_months=0.93, net_cash_flow_ytd=-1.1), tmp_path / "bad")
    assert [problem.item for problem in caught.value.problems] == [
        "Statements.lcr1_12_months",
        "Statements.net_cash_flow_ytd",
    ]
    assert caught.value.problems[0].found == "0.93 ≠ 0.925"


def test_workbooks_of_before_name_the_mandatory_scenario(tmp_path: Path) -> None:
    """`lcr2_3_months` is what a workbook called the LCR2 of the mandatory scenario before both had their rows."""
    assert tables()["Statements"].row("lcr2_mandatory_3_months").was == "lcr2_3_months"
    path = filled_template(tmp_path / "book.xlsx", {})
    book = openpyxl.load_workbook(path)
    page = book["Statements"]
    for row in range(4, page.max_row + 1):
        if page.cell(row, 1).value == "lcr2_mandatory_3_months":
            page.cell(row, 1).value = "lcr2_3_months"
    book.save(path)
    public, _ = solvency.disclose(with_statement(path, lcr2_3_months=1.23), tmp_path)
    rows = {row[1]: row[2] for row in sheet_of(public, "主要指标") if isinstance(row[1], str)}
    assert rows["流动性覆盖率LCR2（必测压力情景公司整体，未来3个月）"] == 1.23


def test_forms_of_a_row(result: Result) -> None:
    assert len(liquidity_form(result, 0, "LR1")) == len(place_of_lines())
    assert liquidity_form(result, 0, "LR3-2").empty


# --- other rules -----------------------------------------------------------------------------------------------------------

DRAFT = """
number: 测试〔2026〕1号
title: {zh: 测试, en: Test}
issued: 2026-01-05
effective: 2022-01-01
factors:
  liquidity.coverage_requirement: {article: 一, rows: {lcr1: 1.10}}
  liquidity.reserve_conversion: {article: 二, rows: {listed_shares: 0.40}}
  liquidity.deviation_floor: {article: 三, value: -0.55}
"""


def test_a_draft_changes_requirements_and_factors(tmp_path: Path) -> None:
    """What was typed by the rules in force is no error under others."""
    (tmp_path / "draft.yaml").write_text(DRAFT, encoding="utf-8")
    frames = books()
    frames["LR2-2"] = frames["LR2-2"].assign(factor=[1.0, 0.5], realised=[40, 10])
    frames["LR2-1"] = pd.concat(
        [frames["LR2-1"], pd.DataFrame([{"item": "realisable_reserve", "current": 50}])], ignore_index=True
    )
    found = solvency.calculate(pd.DataFrame([CASE]), positions=frames, unit="万元", drafts=[tmp_path / "draft.yaml"])
    assert found.values(0)["realisable_reserve"] == 48 * 10**4
    assert "disagree" in {problem.code for problem in found.warnings}
    assert {"lcr1_3_months", "lcr2_mandatory_3_months"} <= not_met(found, 0)
    assert "operating_cash_flow_deviation" not in not_met(found, 0)
    assert "100.00% < 110.00%" in next(m for m in found.measures(0) if m.id == "liquidity_plan").fact_en


def test_readings_are_asked(result: Result) -> None:
    names = {reading.name for reading in solvency.readings()}
    assert {
        "net_cash_flow_running",
        "short_term_financing_net",
        "stressed_combined_ratio",
        "stressed_combined_ratio_lines",
    } <= names
    assert result.explain("net_cash_flow_ytd").readings[0]["chosen"] == "all_three"
