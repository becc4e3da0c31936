"""Statements and instruments of rule 1: places of problems, workbooks, explanation, disclosure, many insurers at once, properties."""

from __future__ import annotations

import calendar
import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvency
from solvency.capital_continuity import continuity, quarter_to_quarter
from solvency.capital_forms import capital_lines, statement_lines
from solvency.errors import InputError, UsageError
from solvency.result import Result
from solvency.rules.rule01_actual_capital.terms import years_after, years_between
from solvency.tables.positions.spec import position_tables

settings.register_profile("solvency", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("solvency")

CASE: dict[str, Any] = {
    "insurer": "甲人寿", "insurer_type": "life", "as_of": "2025-12-31", "minimum_capital": 100, "income_tax_reserve_status": "recognised",
    "life_residual_margin": 200, "life_cash_value": 500,
}  # fmt: skip
TABLES: dict[str, list[dict[str, Any]]] = {
    "S03": [
        {"item": "cash_on_hand", "book_value": 10}, {"item": "government_bonds", "book_value": 900},
        {"item": "interests_in_subsidiaries_jvs_associates", "book_value": 100, "valuation_difference": 20},
        {"item": "investment_property", "book_value": 120}, {"item": "deferred_tax_assets", "book_value": 30, "non_admitted_value": 10},
        {"item": "other_assets", "book_value": 15, "non_admitted_value": 15},
    ],
    "S04": [
        {"item": "life_unearned_reserves", "book_value": 600, "admitted_value": 350}, {"item": "repurchase_agreements", "book_value": 50},
        {"item": "deferred_tax_liabilities", "book_value": 5},
    ],
    "InvestmentProperty": [
        {"id": "tower", "book_value": 120, "purchase_cost": 60, "revaluation_gain": 40, "depreciation": 8, "impairment": 2, "tax_rate": 0.25}
    ],
    "AC01": [
        {"id": "bond 1", "tier": "supplementary_tier1", "instrument_type": "capital_supplementary_bonds", "accounting": "liability", "issue_date": "2019-12-31",
         "issue_amount": 100, "book_value": 100, "has_maturity": "yes", "maturity_date": "2029-12-30", "has_call": "yes", "call_date": "2028-12-31",
         "coupon_before": 0.04, "coupon_after": 0.05, "early_call_evidence": "no", "tier_basis": "2019-12"},
    ],
    "FutureSurplus": [{"group": "a", "remaining_term": 40, "direct_surplus": 100, "present_value": 10}, {"group": "b", "remaining_term": 2, "direct_surplus": 100}],
}  # fmt: skip


def frames(tables: dict[str, list[dict[str, Any]]]) -> dict[str, pd.DataFrame]:
    return {code: pd.DataFrame(rows) for code, rows in tables.items()}


def changed(code: str, place: int, **values: Any) -> dict[str, list[dict[str, Any]]]:
    return {c: [{**row, **values} if c == code and i == place else row for i, row in enumerate(rows)] for c, rows in TABLES.items()}  # fmt: skip


def calculated(tables: dict[str, list[dict[str, Any]]] = TABLES, **figures: Any) -> Result:
    return solvency.calculate(pd.DataFrame([{**CASE, **figures}]), positions=frames(tables), unit="万元")


@pytest.fixture(scope="module")
def result() -> Result:
    return calculated()


# --- the balance --------------------------------------------------------------------------------------------------------


def test_the_three_statements_agree(result: Result) -> None:
    f = result.values(0)
    assert f["admitted_assets"] - f["admitted_liabilities"] == pytest.approx(f["actual_capital"])
    s03, s04 = (statement_lines(result, 0, sheet).set_index("item") for sheet in ("S03", "S04"))
    assert s03.at["total_assets", "admitted_value"] == f["admitted_assets"]
    assert s04.at["total_liabilities", "admitted_value"] == f["admitted_liabilities"]
    assert s04.at["capital_liabilities", "admitted_value"] == pytest.approx(f["capital_liabilities"])
    assert f["capital_liabilities"] == pytest.approx(20e4 + f["capital_liability_over_limit"])


def test_a_gap_says_by_how_much_and_where_to_look() -> None:
    with pytest.raises(InputError) as caught:
        calculated({"S03": [{"item": "total_assets", "admitted_value": 100}], "S04": [{"item": "total_liabilities", "admitted_value": 40}]},
                   core_tier1=70, core_tier2=0, income_tax_reserve_status=None, life_cash_value=None, life_residual_margin=None)  # fmt: skip
    (problem,) = caught.value.problems
    assert "核心二级资本" not in problem.zh, "what is zero opens no gap"
    assert problem.item == "actual_capital"
    assert "相差 10 万元" in problem.zh
    assert "differ by 10 万元" in problem.en
    assert "核心一级资本" in problem.zh
    assert problem.found == "70 ≠ 60 万元"


def test_adjustments_that_nothing_gives_are_a_blank_and_not_worked_out() -> None:
    alone = {"income_tax_reserve_status": None, "life_cash_value": None, "life_residual_margin": None}
    result = calculated({"AC01": TABLES["AC01"]}, net_assets=1000, **alone)
    assert result.origin("other_adjustments", 0) == "blank_zero"
    assert result.values(0)["other_adjustments"] == 0


def test_a_limit_of_its_own_is_given_or_absent() -> None:
    own = {"future_surplus_limit": 0.5, "relief_source": "监管函〔2022〕1号", "as_of": "2024-12-31"}
    assert calculated(minimum_capital=120).origin("future_surplus_limit", 0) == "absent"
    assert calculated(minimum_capital=120, **own).origin("future_surplus_limit", 0) == "given"


def test_the_guarantee_follows_minimum_capital() -> None:
    """CV − PL − MC: 500 − 350 − 120, minimum capital coming first."""
    assert calculated(minimum_capital=120).values(0)["cash_value_guarantee"] == pytest.approx(30e4)
    assert calculated(minimum_capital=150).values(0)["cash_value_guarantee"] == 0


def test_a_ratio_on_its_boundary_is_exact_with_tables() -> None:
    """Core tier 1 of 0.1 + 0.2 less 0.2 of what is not admitted, minimum capital 0.2: exactly 50%."""
    tables = {
        "S03": [
            {"item": "cash_on_hand", "book_value": 0.3},
            {"item": "other_assets", "book_value": 0.2, "non_admitted_value": 0.2},
        ]
    }
    found = solvency.calculate(
        pd.DataFrame([{"insurer": "A", "insurer_type": "property", "as_of": "2025-12-31", "minimum_capital": 0.6, "net_assets": 0.5}]),
        positions=frames(tables), unit="亿元",
    )  # fmt: skip
    assert found.values(0)["core_ratio"] == 0.5
    assert not bool(found.conditions["core_below"].iloc[0]) if "core_below" in found.conditions else True


# --- problems -----------------------------------------------------------------------------------------------------------


def test_a_problem_names_the_row_of_its_table() -> None:
    with pytest.raises(InputError) as caught:
        calculated(changed("AC01", 0, maturity_date=None))
    (problem,) = [p for p in caught.value.problems if p.severity == "error"]
    assert (problem.sheet, problem.row, problem.item, problem.code) == ("AC01", "2", "AC01.maturity_date", "missing")
    assert problem.article == "规则第1号第二十五条"


def book(path: Path, *, admitted: float | None = None) -> Path:
    """A filled template."""
    solvency.template("life", path, as_of="2025-12-31", positions=True)
    workbook = openpyxl.load_workbook(path)

    def put(sheet: str, item: str, column: str, value: Any) -> None:
        at = {cell.value: cell.column for cell in workbook[sheet][1]}
        row = next(r[0].row for r in workbook[sheet].iter_rows(min_row=4) if r[at["item"] - 1].value == item)
        workbook[sheet].cell(row, at[column]).value = value

    for item, value in (("insurer", "甲人寿"), ("unit", "万元"), ("income_tax_reserve_status", "应当确认")):
        put("Info", item, "value", value)
    for item, value in (("life_residual_margin", 200), ("life_cash_value", 500)):
        put("S02", item, "amount", value)
    put("S05", "minimum_capital", "amount", 100)
    for code, rows in TABLES.items():
        heads = {cell.value: cell.column for cell in workbook[code][1]}
        for i, row in enumerate(rows):
            for column, value in row.items():
                if position_tables()[code].rows:
                    if column != "item":
                        put(code, row["item"], column, value)
                else:
                    workbook[code].cell(4 + i, heads[column]).value = (
                        dt.date.fromisoformat(value) if column.endswith("_date") else value
                    )
    if admitted is not None:
        put("S03", "government_bonds", "admitted_value", admitted)
    workbook.save(path)
    return path


def test_a_workbook_gives_what_the_frames_give(tmp_path: Path, result: Result) -> None:
    again = solvency.calculate(book(tmp_path / "book.xlsx"))
    for item, value in result.values(0).items():
        assert again.values(0)[item] == pytest.approx(value, nan_ok=True), item


def test_prefilled_rows_alone_are_no_statement(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    solvency.template("property", path, as_of="2025-12-31", positions=True)
    workbook = openpyxl.load_workbook(path)
    assert workbook["S03"]["A4"].value == "cash_and_liquidity_tools"
    assert workbook["S03"]["B18"].value == "2.10"
    assert workbook["S03"]["C5"].value == "　库存现金"
    assert [row[0].value for row in workbook["S04"].iter_rows(min_row=4)][: len(position_tables()["S04"].rows)] == [
        row.item for row in position_tables()["S04"].rows
    ]
    from solvency.excel.read import read_book

    assert read_book(path).positions == {}


def test_a_problem_of_a_statement_is_at_its_cell(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        solvency.calculate(book(tmp_path / "book.xlsx", admitted=898))
    problem = next(p for p in caught.value.problems if p.code == "disagree")
    assert (problem.sheet, problem.cell) == ("S03", "G11")
    assert problem.found == "898 ≠ 900"


def test_total_assets_typed_and_those_of_the_books() -> None:
    typed = [{"item": row.item, "book_value": 0} for row in position_tables()["S03"].rows if row.item not in TOTALS]
    typed[0]["book_value"] = 3_000_000
    case = {
        **CASE,
        "income_tax_reserve_status": None,
        "life_cash_value": None,
        "life_residual_margin": None,
        "core_tier1": 100,
    }
    found = solvency.calculate(
        pd.DataFrame([{**case, "total_assets": 4_000_000}]), positions=frames({"S03": typed}), unit="万元"
    )
    assert [w.code for w in found.warnings] == ["books_differ"]
    assert found.origin("total_assets") == "given"
    assert found.values(0)["total_assets"] == 4e10
    found = solvency.calculate(pd.DataFrame([case]), positions=frames({"S03": typed}), unit="万元")
    assert found.origin("total_assets") == "computed"
    assert found.values(0)["total_assets"] == 3e10
    del typed[5]
    found = solvency.calculate(pd.DataFrame([case]), positions=frames({"S03": typed}), unit="万元")
    assert found.origin("total_assets") == "absent"


TOTALS = {"cash_and_liquidity_tools", "investment_assets", "reinsurance_assets", "receivables_and_prepayments", "fixed_assets", "other_admitted_assets", "total_assets"}  # fmt: skip


# --- why ----------------------------------------------------------------------------------------------------------------


def test_explained_down_to_the_instrument(result: Result) -> None:
    found = solvency.explain(result, "AC01.bond 1")
    (line,) = found.details
    assert found.value == pytest.approx(80e4)
    assert (line["remaining_term"] < 4, line["liability_share"], line["counted"]) == (True, 0.2, 80e4)
    assert line["article"].endswith("第二十六条（二）")
    whole = solvency.explain(result, "capital_supplementary_bonds")
    assert [d["zh"] for d in whole.details] == ["bond 1"]
    assert whole.origin == "computed"
    assert {r["name"] for r in whole.readings} == {"call_clause_table", "old_debt_early_call"}


def test_explained_down_to_the_row(result: Result) -> None:
    assert (
        solvency.explain(result, "S03.2.13").value == solvency.explain(result, "S03.investment_property").value == 90e4
    )
    assert solvency.explain(result, "S04").value == pytest.approx(result.values(0)["admitted_liabilities"])
    assert [d["place"] for d in solvency.explain(result, "non_admitted_assets").details] == ["9.1", "9.3"]
    assert [i.item for i in solvency.explain(result, "cash_value_guarantee").inputs] == [
        "life_cash_value",
        "life_reserve_admitted",
        "minimum_capital",
    ]
    (gain,) = solvency.explain(result, "investment_property_gain_supplementary_tier1").details
    assert gain["of_gain"] == 36e4
    with pytest.raises(UsageError):
        solvency.explain(result, "AC01.no such")


def test_explained_on_the_command_line(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    from solvency import terminal

    for item in ("AC01", "S03", "FutureSurplus", "net_assets", "policy_future_surplus_core_tier1"):
        for lang in ("zh", "en"):
            terminal.print_explanation(solvency.explain(result, item), "万元", lang)
    shown = capsys.readouterr().out
    assert "bond 1" in shown
    assert "S03!2.13" in shown
    assert "present value" in shown


def test_a_failed_test_is_told_with_its_article() -> None:
    tables = changed("AC01", 0, issue_date="2023-12-31", maturity_date="2033-12-31", tier_basis=None, paid_in="yes", loss_absorption="bankruptcy",
                     ranking="senior", payment_terms="deferred", bankruptcy_petition="no", funded_by_insurer="no")  # fmt: skip
    found = calculated(tables)
    (warning,) = [w for w in found.warnings if w.code == "tier_test"]
    assert warning.article == "规则第1号第三十二条（三）"
    assert warning.item == "AC01.ranking"
    assert "第三十二条（三）" in capital_lines(found, 0, "AC01")["tests_zh"].iloc[0]


# --- disclosure ---------------------------------------------------------------------------------------------------------


def cells(path: Path, sheet: str, values: bool = True) -> dict[tuple[int, int], Any]:
    book = openpyxl.load_workbook(path, data_only=values)
    return {(c.row, c.column): c.value for row in book[sheet].iter_rows() for c in row if c.value is not None}


@pytest.fixture(scope="module")
def disclosed(tmp_path_factory: pytest.TempPathFactory, result: Result) -> tuple[Path, Path]:
    before = calculated(changed("S03", 1, book_value=950), as_of="2025-09-30")
    return solvency.disclose(result, tmp_path_factory.mktemp("out"), prior=before)


def test_the_summary_shows_assets_and_liabilities_of_two_quarters(disclosed: tuple[Path, Path]) -> None:
    found = cells(disclosed[0], "十、实际资本")
    row = {found[at, 2]: at for at, column in reversed(found) if column == 2}  # of two quarters the first
    assert [found[row["政府债券"], c] for c in (3, 4, 5, 6, 7, 8)] == [900, 0, 900, 950, 0, 950]
    assert [found[row["投资性房地产"], c] for c in (3, 4, 5)] == [120, -30, 90]
    assert [found[row["合计"], c] for c in (3, 4, 5, 6, 7, 8)] == [1175, -35, 1140, 1225, -35, 1190]
    assert [found[row["现金价值保证"], c] for c in (3, 5)] == [0, 50]
    assert found[row["bond 1"], 8] == 80
    assert found[row["认可负债合计"], 5] == pytest.approx(
        755 - 250 - 7.5 - 80 + 70 + 1.375
    )  # 90 of surplus, 25% of core capital 354.5


def test_totals_of_the_statements_are_live(disclosed: tuple[Path, Path]) -> None:
    values, formulas = (cells(disclosed[0], "十、实际资本", only) for only in (True, False))
    live = {at: text for at, text in formulas.items() if isinstance(text, str) and text.startswith("=") and at[0] > 40}
    assert len(live) > 60
    for at, text in live.items():
        parts = text[1:].split("+")
        worked = sum(values[openpyxl.utils.cell.coordinate_to_tuple(part)] for part in parts)
        assert worked == pytest.approx(values[at]), (at, text)


def test_without_statements_they_are_not_supplied(tmp_path: Path) -> None:
    plain = solvency.calculate(
        pd.DataFrame(
            [{"insurer": "A", "insurer_type": "property", "as_of": "2025-12-31", "minimum_capital": 1, "core_tier1": 2}]
        )
    )
    public, internal = solvency.disclose(plain, tmp_path)
    assert "未提供" in cells(public, "十、实际资本").values()
    assert "S03" not in openpyxl.load_workbook(internal).sheetnames


def test_the_internal_file_has_a_sheet_for_each_table(disclosed: tuple[Path, Path]) -> None:
    names = openpyxl.load_workbook(disclosed[1]).sheetnames
    assert names[-5:] == ["S03", "S04", "AC01", "InvestmentProperty", "FutureSurplus"]
    found = list(cells(disclosed[1], "AC01").values())
    assert "bond 1" in found
    assert 80 in found
    assert "到期日" in found


def test_english_summary(tmp_path: Path, result: Result) -> None:
    public, internal = solvency.disclose(result, tmp_path, lang="en")
    assert "Government bonds" in cells(public, "10 Actual capital").values()
    assert "maturity" in cells(internal, "AC01").values()


# --- from quarter to quarter --------------------------------------------------------------------------------------------


def between(before: dict[str, list[dict[str, Any]]], now: dict[str, list[dict[str, Any]]]) -> list[str]:
    return [p.code for p in continuity(calculated(now), 0, calculated(before, as_of="2025-09-30"), 0)]


def test_what_stays_is_no_warning() -> None:
    assert between(TABLES, TABLES) == []
    assert between(TABLES, changed("InvestmentProperty", 0, depreciation=9)) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("AC01", {"id": "bond 2"}), ["continuity_gone", "continuity_new"]),
        (("AC01", {"issue_date": "2019-12-30"}), ["continuity_changed"]),
        (("InvestmentProperty", {"purchase_cost": 61, "revaluation_gain": 39}), ["continuity_changed"] * 2),
        (("InvestmentProperty", {"depreciation": 7}), ["continuity_changed"]),
    ],
)
def test_what_does_not_go_on_is_told(change: tuple[str, dict[str, Any]], code: list[str]) -> None:
    assert between(TABLES, changed(change[0], 0, **change[1])) == code


def test_a_redeemed_instrument_may_go() -> None:
    before = changed("AC01", 0, redeemed="yes", book_value=0)
    assert "continuity_gone" not in between(before, changed("AC01", 0, id="bond 2", issue_date="2021-12-01"))


# --- many at once -------------------------------------------------------------------------------------------------------


def test_many_insurers_dates_and_scenarios_at_once() -> None:
    """Every row of a stack is what it is alone."""
    days, scenarios = ("2022-03-31", "2023-12-31", "2025-12-31"), ("base", "down")
    rows, tables = [], {code: [] for code in TABLES}  # type: ignore[var-annotated]
    for i in range(3):
        for day in days:
            for scenario in scenarios:
                keys = {"insurer": f"公司{i}", "as_of": day, "scenario": scenario}
                rows.append({**CASE, **keys, "minimum_capital": 100 + 10 * i + (5 if scenario == "down" else 0)})
                for code, lines in TABLES.items():
                    factor = 1 + i
                    tables[code] += [
                        {**{k: v * factor if k.endswith("value") and k != "present_value" else v for k, v in line.items()}, **keys} for line in lines
                    ]  # fmt: skip
    for line in tables["InvestmentProperty"]:
        line["book_value"] = 120 * (1 + int(str(line["insurer"])[-1]))
    stacked = solvency.calculate(pd.DataFrame(rows), positions=frames(tables))
    assert len(stacked) == 18
    for at, row in enumerate(rows):
        own = {
            c: pd.DataFrame([x for x in lines if all(x[k] == row[k] for k in ("insurer", "as_of", "scenario"))])
            for c, lines in tables.items()
        }
        alone = solvency.calculate(pd.DataFrame([row]), positions=own).values(0)
        for item, value in stacked.values(at).items():
            assert value == pytest.approx(alone[item], nan_ok=True), (at, item)


# --- properties ---------------------------------------------------------------------------------------------------------

AMOUNT = st.integers(0, 10**6).map(lambda cents: cents / 100)
LEAVES_03 = [
    row.item
    for row in position_tables()["S03"].rows
    if row.item not in TOTALS and row.item not in ("contingent_capital", "investment_property")
]
LEAVES_04 = [
    "nonlife_unearned_reserves", "outstanding_claims_reserves", "repurchase_agreements", "derivative_liabilities", "claims_payable", "taxes_payable",
    "provisions", "separate_account_liabilities", "deferred_tax_liabilities",
]  # fmt: skip


@given(st.data())
def test_the_balance_closes_whatever_the_statements(data: st.DataObject) -> None:
    """Admitted assets less admitted liabilities are the tiers, for any statements, instruments and surplus."""
    s03 = []
    for item in data.draw(st.lists(st.sampled_from(LEAVES_03), min_size=1, unique=True)):
        book = data.draw(AMOUNT)
        s03.append({"item": item, "book_value": book, "non_admitted_value": data.draw(st.sampled_from((0, book))), "valuation_difference": data.draw(st.one_of(st.just(0), AMOUNT)) if item.startswith(("interests", "reinsurance_res")) else 0})  # fmt: skip
    s04 = [
        {"item": item, "book_value": data.draw(AMOUNT)}
        for item in data.draw(st.lists(st.sampled_from(LEAVES_04), unique=True))
    ]
    s04.append({"item": "life_unearned_reserves", "book_value": data.draw(AMOUNT), "admitted_value": data.draw(AMOUNT)})
    s04.append({"item": "agricultural_catastrophe_reserve", "book_value": data.draw(AMOUNT)})
    bond = TABLES["AC01"][0]
    ac01 = [{**bond, "id": str(i), "book_value": data.draw(AMOUNT), "accounting": data.draw(st.sampled_from(("liability", "equity"))),
             "tier": data.draw(st.sampled_from(("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2")))} for i in range(3)]  # fmt: skip
    groups = [
        {"group": str(i), "remaining_term": term, "direct_surplus": data.draw(AMOUNT) + 0.01, "present_value": 0}
        for i, term in enumerate((40, 20, 8))
    ]
    case = {**CASE, "life_cash_value": data.draw(AMOUNT), "life_residual_margin": data.draw(AMOUNT)}
    found = solvency.calculate(
        pd.DataFrame([case]), unit="万元",
        positions=frames({"S03": s03, "S04": s04, "AC01": ac01, "FutureSurplus": groups}),
        readings={"beyond_zero_core": data.draw(st.sampled_from(("nothing_recognised", "no_extra_test")))},
    ).values(0)  # fmt: skip
    tiers = sum(found[tier] for tier in ("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2"))
    assert found["admitted_assets"] - found["admitted_liabilities"] == pytest.approx(tiers, abs=1)
    assert found["actual_capital"] == pytest.approx(tiers, abs=1)


@given(st.lists(AMOUNT, min_size=4, max_size=4), AMOUNT)
def test_the_limits_on_instruments_by_repetition(amounts: list[float], own: float) -> None:
    """The recognised amounts are where cutting again and again at the limits ends (article 41)."""
    tiers = ("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2")
    ac01 = [{**TABLES["AC01"][0], "id": tier, "tier": tier, "book_value": amount, "maturity_date": "2035-12-31"} for tier, amount in zip(tiers, amounts, strict=True)]  # fmt: skip
    found = solvency.calculate(
        pd.DataFrame([{"insurer": "A", "insurer_type": "property", "as_of": "2025-12-31", "minimum_capital": 1, "net_assets": own}]),
        positions=frames({"AC01": ac01}),
    ).values(0)  # fmt: skip
    first, second, third, fourth = amounts
    core1, core2 = own + first, second
    for _ in range(200):
        core2 = min(core2, 0.3 * (core1 + core2))
    core = core1 + core2
    third = min(third, core)
    fourth = min(fourth, 0.25 * core, core - third)
    for tier, wanted in zip(tiers, (core1, core2, third, fourth), strict=True):
        assert found[tier] == pytest.approx(wanted, abs=0.01), tier


DAYS = st.dates(dt.date(1995, 1, 1), dt.date(2080, 12, 31))


def anniversary(day: dt.date, years: int) -> dt.date:
    year = day.year + years
    return dt.date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


@given(DAYS, DAYS)
def test_years_between_against_the_calendar(start: dt.date, end: dt.date) -> None:
    whole = next(n for n in range(-90, 90) if anniversary(start, n) <= end < anniversary(start, n + 1))
    since, until = np.array([start], "datetime64[D]"), np.array([end], "datetime64[D]")
    found = float(years_between(since, until)[0])
    assert int(np.floor(found)) == whole
    assert (found == whole) == (anniversary(start, whole) == end)
    assert years_after(since, np.array([whole]))[0].item() == anniversary(start, whole)


@given(st.integers(0, 2000), st.integers(0, 400))
def test_step_ups_are_decided_exactly(before: int, step: int) -> None:
    """Coupons in hundredths of a basis point away from 100: float differences never decide."""
    low, high = before / 10_000, (before + step) / 10_000
    tables = changed(
        "AC01", 0, coupon_before=low, coupon_after=high, maturity_date="2040-12-31", call_date="2026-06-30"
    )
    runs_to = capital_lines(calculated(tables), 0, "AC01")["runs_to_en"].iloc[0]
    assert (runs_to == "call date") == (Fraction(str(high)) - Fraction(str(low)) > Fraction(1, 100))


def test_quarters_of_a_table_are_held_against_each_other() -> None:
    """Three quarters of two insurers: only the one that does not go on is told, with its name and date."""
    days = ("2025-06-30", "2025-09-30", "2025-12-31")
    first = calculated(TABLES)
    cases = [{**CASE, "insurer": name, "as_of": day} for name in ("甲", "乙") for day in days]
    tables = {}
    for sheet in TABLES:
        rows = [
            {**line, "insurer": case["insurer"], "as_of": case["as_of"]}
            for case in cases
            for line in (
                changed("AC01", 0, issue_date="2019-12-30")
                if (case["insurer"], case["as_of"]) == ("乙", days[1])
                else TABLES
            )[sheet]
        ]
        tables[sheet] = pd.DataFrame(rows)
    result = solvency.calculate(pd.DataFrame(cases), positions=tables, unit="万元")
    told = quarter_to_quarter(result)
    assert [p.code for p in told] == ["continuity_changed"] * 2
    assert all(p.zh.startswith("乙 2025-09-30") or p.zh.startswith("乙 2025-12-31") for p in told)
    assert quarter_to_quarter(first, calculated(TABLES, as_of="2025-09-30")) == []
    assert [p.code for p in quarter_to_quarter(first, calculated(changed("AC01", 0, issue_date="2019-12-30"), as_of="2025-09-30"))] == ["continuity_changed"]  # fmt: skip
    assert quarter_to_quarter(first, calculated(changed("AC01", 0, issue_date="2019-12-30"), as_of="2025-06-30")) == []
