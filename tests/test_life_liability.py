"""Life liabilities (rule 3): properties of what a company model calls, of form L01, and the ways in and out."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_life_insurance import CURVE, insurers, unit

import solvency
from solvency import Rulebook, life_assumptions
from solvency.errors import InputError, UsageError
from solvency.excel.check import check
from solvency.excel.rule15_disclosure import disclose
from solvency.excel.template import template
from solvency.liability_forms import COLUMNS, form_lines, unit_lines
from solvency.result import Result
from solvency.rules.discount_curve import discount_factors
from solvency.tables.positions.spec import position_tables
from solvency.terminal.explanation import print_explanation

RULES = Rulebook.at("2025-12-31")
KINDS = list(RULES.rows("reserve_curve.spread"))
ACCOUNTS = COLUMNS[:-1]
TREASURY = CURVE.sort_values("term")["spot_rate"].to_numpy()
rates = st.floats(0, 0.2)
S05 = {"life_loss_mc": 100, "life_lapse_mc": 0, "life_expense_mc": 0}


def calculated(tables: dict[str, pd.DataFrame], **options: Any) -> Result:
    return solvency.calculate(options.pop("cases", insurers(**S05)), positions=tables, **options)


def book(units: list[dict[str, Any]], flows: pd.DataFrame, capital_before: float = 100) -> dict[str, pd.DataFrame]:
    held = pd.DataFrame([{"product_class": "other", "ceded": "yes", **unit} for unit in units])
    typed = pd.DataFrame([{"item": "capital_before", "total": capital_before}])
    return {"LifeLiabilities": held, "LiabilityCashFlows": flows, "LifeCurve": CURVE, "L01": typed}


def flows_of(amounts: np.ndarray, share: np.ndarray) -> pd.DataFrame:
    """Outflows of units × years, and the part that is kept."""
    n, years = amounts.shape
    return pd.DataFrame(
        {"unit": np.repeat([f"U{i}" for i in range(n)], years), "year": np.tile(np.arange(1, years + 1), n), "outflow_before": amounts.ravel(),
         "outflow_after": (amounts * (1 - share)).ravel()}
    )  # fmt: skip


# --- the public module


def test_the_public_module_is_what_it_says() -> None:
    assert doctest.testmod(life_assumptions).failed == 0
    assert life_assumptions.__all__ == sorted(life_assumptions.__all__, key=lambda n: (n[0].islower(), n))
    for name in life_assumptions.__all__:
        assert getattr(life_assumptions, name).__doc__, name


def test_forward_curves_by_kind_of_business() -> None:
    """Discounting year by year at the forward rates is discounting at the spot rate (annex 1, part 4)."""
    spot = solvency.reserve_discount_curves(TREASURY, RULES, years=60)
    forward = life_assumptions.reserve_forward_curves(TREASURY, RULES, years=60)
    assert list(spot) == list(forward) == KINDS
    for kind in KINDS:
        assert np.allclose(np.cumprod(1 / (1 + forward[kind])), discount_factors(spot[kind]), rtol=1e-13)
    assert (spot["high_guarantee"][:39] > spot["other"][:39]).all()
    assert (spot["other"][:39] > spot["universal"][:39]).all()
    assert np.allclose(spot["high_guarantee"][39:], spot["universal"][39:], rtol=0, atol=0)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(list(RULES.classes["sales_channel"])), st.sampled_from(["single", "regular"]),
                       st.integers(1, 60), st.booleans(), st.floats(0, 1)), min_size=1, max_size=20)
)  # fmt: skip
def test_corridors_hold_what_they_return(rows: list[tuple[Any, ...]]) -> None:
    account, channel, payment, year, paying, own = (np.array(x) for x in zip(*rows, strict=True))
    found = [
        life_assumptions.lapse_corridor(account, channel, payment, year, RULES, paying=paying),
        life_assumptions.withdrawal_corridor(account, channel, year, RULES),
        life_assumptions.renewal_corridor(account, channel, year, RULES),
    ]
    for corridor in found:
        held = corridor.held(own)
        assert (corridor.lower <= corridor.upper).all()
        assert corridor.holds(held).all()
        assert np.array_equal(corridor.held(held), held)
        assert np.array_equal(held == own, corridor.holds(own) & (held == own))
        assert (np.isneginf(corridor.lower) == np.isposinf(corridor.upper)).all(), "both ends or none"
        # each row as it would be alone
        alone = [
            life_assumptions.lapse_corridor(*row[:3], np.array([row[3]]), RULES, paying=row[4]).lower[0] for row in rows
        ]
        assert np.array_equal(alone, found[0].lower)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(rates, min_size=1, max_size=50),
    rates,
    st.floats(0, 0.1),
    rates,
    st.sampled_from(["monthly", "quarterly", "annual"]),
)
def test_crediting_rates_only_rise_and_stand(
    assumed: list[float], guaranteed: float, earned: float, before: float, frequency: str
) -> None:
    options = {
        "guaranteed": guaranteed,
        "investment": earned,
        "previous": before,
        "rulebook": RULES,
        "frequency": frequency,
    }
    first = life_assumptions.crediting_rates([assumed], **options)
    assert (first >= np.array(assumed)).all()
    assert (first >= guaranteed).all()
    assert np.array_equal(life_assumptions.crediting_rates(first, **options), first)
    months = {"monthly": 36, "quarterly": 12, "annual": 3}[frequency]
    assert (first[0, :months] >= earned - min(0.25 * earned, 0.015) - 1e-15).all()
    assert np.array_equal(first[0, months:], np.maximum(assumed[months:], guaranteed))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6), st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 100))
def test_dividends_scale_and_stand(assumed: list[float], low: float, before: float, scale: float) -> None:
    first = life_assumptions.dividend_levels([assumed], low, before, RULES)
    assert (first >= 0).all()
    assert np.array_equal(life_assumptions.dividend_levels(first, low, before, RULES), first)
    scaled = life_assumptions.dividend_levels(scale * np.array([assumed]), scale * low, scale * before, RULES)
    assert np.allclose(scaled, scale * first, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.lists(rates, min_size=2, max_size=30), st.floats(0, 1e9))
def test_tvog_rises_with_the_guarantee(guaranteed: list[float], value: float) -> None:
    ordered = np.sort(guaranteed)
    factors = life_assumptions.tvog_factors(ordered, RULES)
    assert (np.diff(factors) >= 0).all()
    assert np.allclose(life_assumptions.tvog(np.full(len(ordered), value), ordered, RULES), value * factors, rtol=1e-15)


def test_mortality_of_many_units_and_years_is_that_of_each() -> None:
    base = np.random.default_rng(1).random((6, 9)) / 100
    tables = np.array(["cl1", "cl2", "cl3", "cl4", "cl5", "cl6"])
    years = np.arange(1, 10)[np.newaxis] + np.zeros((6, 1))
    whole = life_assumptions.mortality_corridor(base, tables, years, RULES, selection=0.8)
    for i, table in enumerate(tables):
        one = life_assumptions.mortality_corridor(base[i], str(table), years[i], RULES, selection=0.8)
        assert np.array_equal(whole.lower[i], one.lower)
        assert np.array_equal(whole.upper[i], one.upper)
    assert whole.holds(whole.held(base)).all()


def test_a_limit_reached_by_a_product_belongs_to_the_corridor() -> None:
    """0.65 × 0.0062 is 0.00403, in floats a shade above."""
    corridor = life_assumptions.mortality_corridor([0.0062, 0.0062], "cl1", 5, RULES)
    assert corridor.holds([0.00403, 0.004029]).tolist() == [True, False]


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="形状"):
        life_assumptions.lapse_corridor(["traditional", "universal"], "agency", "single", [1, 2, 3], RULES)
    with pytest.raises(UsageError, match="第 3 年"):
        life_assumptions.account_reserve_value([[1, 2, 3, 4]], np.array([0.03, 0.03]))


# --- form L01


units_and_flows = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.sampled_from(ACCOUNTS[:1] + ACCOUNTS[3:]), min_size=n, max_size=n), st.lists(st.sampled_from(KINDS), min_size=n, max_size=n),
        st.integers(1, 50), st.integers(0, 2**32 - 1),
    )
)  # fmt: skip


def no_guarantee(kind: str) -> dict[str, Any]:
    """What a unit of universal life needs for a TVOG of nothing."""
    return {"guaranteed_rate": 0, "reserves_before": 0, "reserves_after": 0} if kind == "universal" else {}


@settings(deadline=None, max_examples=15)
@given(units_and_flows, st.floats(0.1, 1000))
def test_l01_is_the_matrix_product_and_scales(drawn: tuple[Any, ...], scale: float) -> None:
    n, accounts, kinds, years, seed = drawn
    kinds = ["other" if kind == "variable_annuity" else kind for kind in kinds]
    rng = np.random.default_rng(seed)
    amounts, share = rng.random((n, years)) * 1e6, rng.random((n, years))
    units = [
        {"id": f"U{i}", "account": a, "product_class": k, **no_guarantee(k)}
        for i, (a, k) in enumerate(zip(accounts, kinds, strict=True))
    ]
    form = form_lines(calculated(book(units, flows_of(amounts, share)))).set_index("row")
    curves = solvency.reserve_discount_curves(TREASURY, RULES, years=60)
    worth = np.array([amounts[i] @ discount_factors(curves[kind])[:years] for i, kind in enumerate(kinds)])
    assert form.at["1.1", "total"] == pytest.approx(worth.sum(), rel=1e-12)
    for account in ACCOUNTS:
        assert form.at["1.1", account] == pytest.approx(worth[np.array(accounts) == account].sum(), rel=1e-12)
    # outflows of which a share is ceded: less is left
    assert form.at["+1.1", "total"] <= form.at["1.1", "total"] * (1 + 1e-12)
    larger = form_lines(calculated(book(units, flows_of(scale * amounts, share)))).set_index("row")
    assert larger.at["1.1", "total"] == pytest.approx(scale * worth.sum(), rel=1e-9)
    more = form_lines(calculated(book(units, flows_of(amounts + 1, share)))).set_index("row")
    assert more.at["1.1", "total"] > form.at["1.1", "total"]


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_many_insurers_are_each_as_alone(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(count):
        n = int(rng.integers(1, 4))
        kinds = [str(rng.choice([k for k in KINDS if k != "variable_annuity"])) for _ in range(n)]
        units = [
            {"id": f"U{i}", "account": "traditional", "product_class": kind, **no_guarantee(kind)}
            for i, kind in enumerate(kinds)
        ]
        parts.append(book(units, flows_of(rng.random((n, 7)), rng.random((n, 7))), float(rng.random())))
    stacked = {
        code: pd.concat([part[code].assign(insurer=str(i)) for i, part in enumerate(parts)][::-1]) for code in parts[0]
    }
    whole = calculated(stacked, cases=insurers(count, **S05))
    for i, part in enumerate(parts):
        alone, own = form_lines(calculated(part)), form_lines(whole, i)
        assert own["row"].tolist() == alone["row"].tolist()
        assert np.allclose(own[list(COLUMNS)], alone[list(COLUMNS)], rtol=1e-12, equal_nan=True)


def test_readings_and_another_date_make_differences_warnings() -> None:
    tables = book([{"id": "U0", "account": "traditional"}], flows_of(np.array([[100.0, 100.0]]), np.zeros((1, 2))))
    form = form_lines(calculated(tables)).set_index("row")
    tables["L01"] = pd.concat(
        [tables["L01"], pd.DataFrame([{"item": "best_estimate", "traditional": form.at["1.1", "total"]}])]
    )
    calculated(tables)
    found = calculated(tables, readings={"life_flow_timing": "mid_year"})
    assert "disagree" in {p.code for p in found.warnings}


def test_a_present_value_apart_from_life_units_names_both_places() -> None:
    """Nothing typed in LifeLiabilities: the flows give 100, LifeUnits 98, in the unit of the input, and where the second stands."""
    tables = {
        "LifeLiabilities": pd.DataFrame([{"id": "U0", "account": "traditional", "product_class": "other", "ceded": "no"}]),
        "LiabilityCashFlows": pd.DataFrame([{"unit": "U0", "year": 0, "outflow_before": 100.0}]),
        "LifeCurve": CURVE, "LifeUnits": pd.DataFrame([unit("U0", 98.0)]),
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        calculated(tables, unit="万元", cases=insurers())
    (problem,) = [p for p in caught.value.problems if p.code == "disagree"]
    assert (problem.item, problem.found) == ("LifeLiabilities.pv_before", "100 ≠ 98 万元 (LifeUnits!2)")
    assert "LiabilityCashFlows" in problem.message("zh")


# --- ways in and out


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of a life insurer with two units and a typed row of L01."""
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    template("life", path, as_of="2024-03-31", positions=True)
    whole = openpyxl.load_workbook(path)
    info = {row[0].value: row for row in whole["Info"].iter_rows(min_row=4)}
    value = [cell.value for cell in whole["Info"][1]].index("value")
    for item, content in (("insurer", "甲"), ("unit", "万元"), ("total_assets", 1e7)):
        info[item][value].value = content
    for sheet, item, content in (
        ("S05", "nonlife_insurance_mc", 0), ("S05", "market_mc", 500), ("S05", "credit_mc", 0), ("S05", "control_risk_mc", 0), ("S05", "loss_absorption", 0),
        ("S05", "life_loss_mc", 100), ("S05", "life_lapse_mc", 0), ("S05", "life_expense_mc", 0), ("S02", "core_tier1", 100000),
    ):  # fmt: skip
        heads = {cell.value: cell.column - 1 for cell in whole[sheet][1]}
        for row in whole[sheet].iter_rows(min_row=4):
            if row[heads["item"]].value == item:
                row[heads["amount"]].value = content
    put(whole, "LifeLiabilities", [
        {"id": "T", "name": "传统一号", "account": "传统险（不含高利率保单）", "product_class": "其他产品", "ceded": "是"},
        {"id": "U", "account": "万能险", "product_class": "万能险", "ceded": "否", "guaranteed_rate": "2.5%", "policyholder_deposits": 900},
    ])  # fmt: skip
    put(whole, "LiabilityCashFlows", [
        {"unit": "T", "year": 1, "outflow_before": 105, "outflow_after": 84}, {"unit": "U", "year": 0, "reserve_before": 1000},
        {"unit": "U", "year": 1, "outflow_before": 1050, "reserve_before": 0},
    ])  # fmt: skip
    put(whole, "LifeCurve", [{"term": t, "spot_rate": 0.0455} for t in range(1, 41)])
    sheet = whole["L01"]
    rows = {sheet.cell(r, 1).value: r for r in range(4, sheet.max_row + 1)}
    heads = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(rows["capital_before"], heads["total"]).value = 150
    whole.save(path)
    return path


@pytest.fixture(scope="module")
def of_book(filled: Path) -> Result:
    return solvency.calculate(filled)


def put(whole: openpyxl.Workbook, sheet: str, lines: list[dict[str, Any]]) -> None:
    heads = {cell.value: cell.column for cell in whole[sheet][1]}
    for i, line in enumerate(lines):
        for name, content in line.items():
            whole[sheet].cell(4 + i, heads[name]).value = content


def test_a_workbook(tmp_path: Path, filled: Path, of_book: Result) -> None:
    """Template, filled in, read in ten thousands, explained, disclosed; a wrong figure is marked in its cell."""
    path, result = tmp_path / "book.xlsx", of_book
    form = form_lines(result).set_index("row")
    assert form.at["1.1", "traditional"] == pytest.approx(100e4)
    assert form.at["+1.1", "traditional"] == pytest.approx(80e4)
    assert form.at["1.1.1", "universal"] == pytest.approx(1000e4 * 0.0024)
    assert form.at["+3", "universal"] == 900e4
    assert form.at["1.2", "total"] == pytest.approx(150e4 * life_assumptions.risk_margin_ratio(RULES))
    assert unit_lines(result, 0, "传统一号")["place"].item().endswith("4")
    _, internal = disclose(result, tmp_path / "out")
    shown = openpyxl.load_workbook(internal)
    lines = {str(row[0].value): row for row in shown["L01"].iter_rows(min_row=6)}
    assert lines["1.1"][2].value == pytest.approx(100)
    assert lines["1.1"][7].value.startswith("=SUM")
    assert [cell.value for cell in list(shown["L01"].rows)[4]][2:7] == [
        position_tables()["L01"].column(a).zh for a in ACCOUNTS
    ]
    assert "LifeLiabilities" in shown.sheetnames
    whole = openpyxl.load_workbook(filled)
    heads = {cell.value: cell.column for cell in whole["L01"][1]}
    row = next(r for r in range(4, 20) if whole["L01"].cell(r, 1).value == "best_estimate")
    whole["L01"].cell(row, heads["traditional"]).value = 101
    whole.save(path)
    with pytest.raises(InputError) as caught:
        solvency.calculate(path)
    (problem,) = [p for p in caught.value.problems if p.severity == "error"]
    assert problem.cell == f"{openpyxl.utils.get_column_letter(heads['traditional'])}{row}"
    assert "101 ≠ 100" in problem.found
    assert check(path, output=tmp_path / "checked.xlsx")


def test_a_folder_of_files_and_frames_are_the_same(tmp_path: Path) -> None:
    tables = book([{"id": "U0", "account": "traditional"}], flows_of(np.array([[100.0, 90.0]]), np.full((1, 2), 0.2)))
    for code, frame in tables.items():
        frame.to_csv(tmp_path / f"{code}.csv", index=False)
    one, other = form_lines(calculated(tables)), form_lines(solvency.calculate(insurers(**S05), positions=tmp_path))
    pd.testing.assert_frame_equal(one, other)


def test_the_form_of_last_quarter_stands_beside(tmp_path: Path) -> None:
    before, now = (
        calculated(book([{"id": "U0", "account": "traditional"}], flows_of(np.array([[amount]]), np.zeros((1, 1)))), cases=insurers(**S05, as_of=day))
        for amount, day in ((50.0, "2023-12-31"), (100.0, "2024-03-31"))
    )  # fmt: skip
    _, internal = disclose(now, tmp_path, prior=before)
    rows = {str(row[0].value): row for row in openpyxl.load_workbook(internal)["L01"].iter_rows(min_row=6)}
    assert rows["1.1"][8].value == pytest.approx(form_lines(before).set_index("row").at["1.1", "total"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_explanations(of_book: Result, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = of_book
    wanted = {
        "L01": ("1.1.1", "+4"),
        "L01.1.1.1": ("tvog.factor", "2.40", "附件5"),
        "L01.risk_margin": ("0.85", "0.995", "risk_margin_by_class"),
        "L01.+1.1": ("80.00",),
        "L01.best_estimate": ("reserve_curve.spread", "life_flow_timing"),
        "L01.policyholder_deposits": ("900.00",),
        "LifeLiabilities": ("100.00",),
        "LifeLiabilities.T": ("分保后" if lang == "zh" else "after reinsurance", "80.00"),
        "L01.reserve": ("第四条",),
    }
    for item, words in wanted.items():
        print_explanation(solvency.explain(result, item), "万元", lang)
        shown = capsys.readouterr().out
        for word in words:
            assert word in shown, (item, word, shown)
    for item in ("L01.9", "LifeLiabilities.X", "LiabilityCashFlows"):
        with pytest.raises(UsageError):
            solvency.explain(result, item)


def test_the_way_from_l01_to_s02_is_explained() -> None:
    figures = {
        "minimum_capital": 50,
        "income_tax_reserve_status": "not_met",
        "policy_future_surplus_core_tier1": 0,
        "life_reserve_book": 250,
        "core_tier1": 1000,
    }
    cases = pd.DataFrame([{"insurer": "A", "insurer_type": "life", "as_of": "2025-12-31", **figures}])
    typed = pd.DataFrame([{"item": "reserve", "total": 100}, {"item": "cash_value", "total": 300}])
    result = calculated({"L01": typed}, cases=cases)
    assert result.values(0)["cash_value_guarantee"] == 150
    found = solvency.explain(result, "life_reserve_admitted")
    assert found.details[0]["sheet"] == "L01"
    assert found.details[0]["admitted_value"] == 100
    assert solvency.explain(result, "life_cash_value").details[0]["admitted_value"] == 300
