"""The example workbooks: each calculates, real ones give the disclosed figures, and all are what build.py makes."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

import solvency
from solvency.excel.position_sheets import sheets_for
from solvency.excel.read import Book, read_book
from solvency.tables.positions.read import PositionInput
from solvency.tables.spec import tables

ROOT = Path(__file__).resolve().parent.parent
BOOKS = sorted((ROOT / "examples").glob("*.xlsx"))
FROM_POSITIONS = {"example-invented-life-positions": "life", "example-invented-property-positions": "property"}
COMPUTED = (
    "interest_rate_mc", "equity_price_mc", "real_estate_mc", "overseas_fixed_income_mc", "overseas_equity_mc", "fx_mc", "spread_mc",
    "counterparty_default_mc",
)  # fmt: skip
INSURANCE = {
    "life": ("life_loss_mc", "life_lapse_mc", "life_expense_mc", "nonlife_premium_reserve_mc"),
    "property": ("nonlife_premium_reserve_mc", "nonlife_catastrophe_mc"),
    "reinsurer": (
        "life_loss_mc",
        "life_lapse_mc",
        "life_expense_mc",
        "nonlife_premium_reserve_mc",
        "nonlife_catastrophe_mc",
    ),
}
REAL: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "examples/build/real.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_calculates_without_a_remark(path: Path) -> None:
    assert solvency.check(path) == []
    result = solvency.calculate(path)
    assert result.figures["comprehensive_ratio"].notna().all()
    for item in result.figures:
        solvency.explain(result, str(item))
    assert solvency.stress(path).frame["comprehensive_ratio"].notna().any()
    ids = {measure.id for measure in solvency.measures(result)[0]}
    insufficient = result.figures["core_ratio"][0] < 0.5 or result.figures["comprehensive_ratio"][0] < 1
    assert ({"supervisory_talk", "improvement_plan", "insufficiency_report"} <= ids) is bool(insufficient)


@pytest.mark.parametrize("stem", REAL)
def test_real_ones_give_the_disclosed_figures(stem: str) -> None:
    result = solvency.calculate(ROOT / "examples" / f"{stem}.xlsx")
    for item, disclosed in REAL[stem]["disclosed"].items():
        computed = result.figures[item][0]
        if item.endswith("_ratio"):
            assert computed == pytest.approx(disclosed, abs=0.00006), item
        else:
            assert computed / 1e4 == pytest.approx(disclosed, rel=1e-4, abs=100 if "life" in stem else 1), item


def test_at_least_three_are_real_and_one_fails() -> None:
    assert {REAL[stem]["insurer_type"] for stem in REAL} == {"life", "property", "reinsurer"}
    assert any(REAL[stem]["disclosed"]["comprehensive_ratio"] < 1 for stem in REAL)
    assert all("summary" in REAL[stem]["source"] for stem in REAL)


@pytest.mark.parametrize("stem", ["example-invented-life", "example-invented-property", *FROM_POSITIONS])
def test_every_sheet_is_in_use_in_the_invented_ones(stem: str) -> None:
    book = read_book(ROOT / "examples" / f"{stem}.xlsx")
    assert "虚构" in str(book.cases["insurer"].iloc[0])
    assert book.forecast is not None
    assert len(book.exposures)
    assert book.statements
    used = {sheet for sheet, _ in book.cells.values()}
    assert set(tables()) <= used | {"S01"}
    assert solvency.stress(book, horizon="year").frame["not_covered_en"].eq("").all()
    assert solvency.stress(book).frame["not_covered_en"].eq("").all()


@pytest.mark.parametrize(("stem", "insurer_type"), FROM_POSITIONS.items())
def test_every_table_of_positions_is_in_use(stem: str, insurer_type: str) -> None:
    book = read_book(ROOT / "examples" / f"{stem}.xlsx")
    used = {table.sheet for table in sheets_for(insurer_type)}
    assert set(book.positions) == used
    assert all("虚构" in str(name) or "示例" in str(name) for name in _counterparties(book))
    products = [given.frame for given in book.positions.values() if "treatment" in given.frame]
    assert {treatment for frame in products for treatment in frame["treatment"]} == {"进行穿透", "豁免穿透", "无法穿透"}
    of = {row["id"]: row["product"] for frame in products for _, row in frame.iterrows() if row["product"]}
    assert any(of[name] in of for name in of), "three products in a row"


@pytest.mark.parametrize("stem", FROM_POSITIONS)
def test_sub_risks_are_computed_from_the_positions(stem: str) -> None:
    book = read_book(ROOT / "examples" / f"{stem}.xlsx")
    result = solvency.calculate(book)
    for item in (*COMPUTED, *INSURANCE["life" if "life" in stem else "property"]):
        assert book.cases[item].isna().all(), f"{item} is typed"
        assert result.origin(item) == "computed"
        assert result.figures[item][0] > 0
    assert 1.8 <= result.figures["comprehensive_ratio"][0] <= 2.4


def test_a_reinsurer_from_its_business_to_disclosure(tmp_path: Path) -> None:
    path = ROOT / "examples" / "example-invented-reinsurer-business.xlsx"
    book = read_book(path)
    result = solvency.calculate(book)
    assert all("虚构" in str(name) or "示例" in str(name) for name in _counterparties(book))
    for item in (*COMPUTED, *INSURANCE["reinsurer"]):
        assert book.cases[item].isna().all(), f"{item} is typed"
        assert result.origin(item) == "computed"
        assert result.figures[item][0] > 0
    # rule 6, article 29: 6300 × 1.85; article 14: 9000 × 0.394
    forms = {code: solvency.explain(result, code).form for code in ("IR03", "IR04", "IR05")}
    assert next(line["amount"] for line in forms["IR04"] if line["row"] == "2") / 1e4 == pytest.approx(6300 * 1.85)
    nonproportional = next(line for line in forms["IR03"] if line["en"] == "Non-proportional property")
    assert nonproportional["premium_mc"] / 1e4 == pytest.approx(9000 * 0.394)
    public, internal = solvency.disclose(path, tmp_path)
    sheet = openpyxl.load_workbook(internal)["保险风险"]
    titles = [str(row[0].value) for row in sheet.iter_rows() if row[0].value]
    assert [code for code in ("IR01", "IR02", "IR03", "IR04", "IR05") if any(t.startswith(f"{code} ") for t in titles)] == [
        "IR03", "IR04", "IR05",
    ]  # fmt: skip
    shown = {row[1].value: row[2].value for row in openpyxl.load_workbook(public)["十一、最低资本"].iter_rows()}
    assert shown["非比例财产险：保费风险"] == pytest.approx(9000 * 0.394)


DETAILED = (*FROM_POSITIONS, "example-invented-reinsurer-business")
SCHEME = ROOT / "examples/schemes/illustrative_indicators.yaml"
LIFE = ("L01", "LifeLiabilities")
FORM_ROWS = {  # the rows of S01 and S02 that nobody types
    "net_assets", "actual_capital", "admitted_assets", "admitted_liabilities", "minimum_capital", "capital_supplementary_bonds", "sarmra_score",
    "control_risk_mc", "core_ratio", "comprehensive_ratio",
}  # fmt: skip


@pytest.mark.parametrize("stem", DETAILED)
def test_from_detail_to_the_forms_in_one_command(stem: str) -> None:
    book = read_book(ROOT / "examples" / f"{stem}.xlsx")
    result = solvency.calculate(book, scheme=SCHEME)
    assert result.warnings == []
    assert set(result.figures) >= FORM_ROWS
    typed = [item for item in FORM_ROWS & set(book.cases) if book.cases[item].notna().any()]
    assert typed == []
    forms = {"S03", "S04", "AC01", "SARMRA", "LR1", "LR2-1", "LR2-2", "LR2-3", "LR2-4"}
    for code in (*forms, *(() if "property" in stem else LIFE)):
        assert code in set().union(*(set(made.forms) for _, made in result.charged)) or code in book.positions, code
    values = result.values()
    balance = values["admitted_assets"] - values["admitted_liabilities"]
    assert values["actual_capital"] == pytest.approx(balance, abs=100), "FutureSurplus is typed in whole 万元"
    found = solvency.liquidity(result)
    required = found[found["requirement"].notna()]
    assert len(required) == 15
    assert required["met"].eq(True).all()
    lowest = required[required["item"].str.startswith("lcr3")]["value"].min()
    assert 0.5 < lowest < 0.65
    assert "lcr3_mandatory_12_months" in set(required["item"]), "derived from LRStress"


# In 万元. Property: 318/350 × 130% of 405000, 6000 owed, 500 interest, 6000 of repos; half of last year's premium, −12000, 5000, 30000 and 16000 come in.
# Reinsurer: half of 112000 more than 149500, 4000 owed, 500 and 10000; 158000 less 30% of 96000, with 2000, 30000 and 11000.
STRESSED = {
    "example-invented-property-positions": (
        223000 - 12000 + 5000 + 30000 + 16000, 405000 * 1.3 * 318 / 350 + 6000 + 500 + 6000,
    ),
    # surrenders at 25% instead of 2% a year: 11.5 times as much on top; a fifth of last year's new business; 10% of what matures is lost
    "example-invented-life-positions": (
        980000 - 520000 + 0.2 * 490000 - 6000 + 60000 - 95000 + 0.2 * 90000 - 11.5 * 16000 + 8000 + 150000 - 13000 + 70000 - 6200,
        260000 + 11.5 * 40000 + 95000 + 42000 + 6000 + 40000 + 24000 + 6000 + 20000 + 2000,
    ),
    "example-invented-reinsurer-business": (
        158000 - 0.3 * 96000 + 2000 + 30000 + 11000, 149500 + 0.5 * 112000 + 4000 + 500 + 10000,
    ),
}  # fmt: skip


@pytest.mark.parametrize("stem", STRESSED)
def test_mandatory_stress_worked_out_by_hand(stem: str) -> None:
    values = solvency.calculate(ROOT / "examples" / f"{stem}.xlsx").values()
    inflow, outflow = STRESSED[stem]
    assert values["cash_inflow_mandatory_3_months"] / 1e4 == pytest.approx(inflow)
    assert values["cash_outflow_mandatory_3_months"] / 1e4 == pytest.approx(outflow)


def test_life_reserves_of_the_balance_sheet_come_from_l01() -> None:
    result = solvency.calculate(ROOT / "examples" / "example-invented-life-positions.xlsx")
    form = solvency.explain(result, "L01").form
    of = {line["row"]: line["total"] / 1e4 for line in form}
    assert of["2"] == pytest.approx(8297400)
    assert of["+4"] == pytest.approx(7697400, abs=0.05)
    values = {item: value / 1e4 for item, value in result.values().items() if value is not None}
    assert values["actual_capital"] == pytest.approx(1621600, abs=0.1)
    # rule 1, articles 24 and 35: a tenth of the residual margin is kept for income tax, the rest is future surplus
    assert values["income_tax_reserve"] == pytest.approx(0.1 * of["2.3"])
    assert values["policy_future_surplus"] == pytest.approx(of["2"] - of["+4"] - 0.1 * of["2.3"])


def test_the_summary_lists_premium_and_reserve_risk_of_every_line(tmp_path: Path) -> None:
    public, internal = solvency.disclose(ROOT / "examples" / "example-invented-property-positions.xlsx", tmp_path)
    shown = {row[1].value: row[2].value for row in openpyxl.load_workbook(public)["十一、最低资本"].iter_rows()}
    # rule 4, articles 10 and 23; the redundant reserve of unearned premium takes 5% off premium risk (2023 notice, item 2(4))
    assert shown["车险：保费风险"] == pytest.approx(837000 * 0.103 * 0.95)
    assert shown["车险：准备金风险"] == pytest.approx(418500 * 0.123)
    titles = [str(row[0].value) for row in openpyxl.load_workbook(internal)["保险风险"].iter_rows() if row[0].value]
    assert [title.split()[0] for title in titles if title.startswith("IR0")] == ["IR01", "IR01-1", "IR02"]


# In 万元, from the rows of the books and the published factors; √ of (d, e) stands for developed and emerging markets.
BY_HAND = {
    "example-invented-life-positions": {
        # title 120000 + 52000 × 1.2; company max(48000, 70% of 82000); loan; under a plan K 0.2, Kp 0.1; under a trust K 0.2 − 0.2, Kp 0.1
        "real_estate_mc": 0.15 * (120000 + 52000 * 1.2 + 57400 + 20000 + 56000 * 1.3 + 18000 * 1.1),
        # dollar with Hong Kong dollar, the same looked through, hedged and open euro, sterling, yen and its forward
        "fx_mc": 0.05 * (73000 + 48500) + 0.05 * 66000 + 0.08 * (1900 + 900) + 0.08 * 15000 + 0.15 * (13000 + 3000),
        "overseas_fixed_income_mc": (42000 * 0.08 + 12000 * 0.03 + 40000 * 0.08, 16000 * 0.08 * 1.25, 0.1365),
        "overseas_equity_mc": (
            28000 * 0.35 + (30000 + 18000) * 0.39 + 10000 * 0.08 + 26000 * 0.45 * 1.1 + 8000 * 0.15 + (18000 + 7000) * 0.15 * 1.2,
            12000 * 0.41 * 1.25 + (14000 + 24000) * 0.39 * 1.25 + 6500 * 0.15 * 1.4,
            0.375,
        ),
    },
    # overseas investments of 116000 are above their limit of 110000: K 0.2 on all that is held directly
    "example-invented-property-positions": {
        "real_estate_mc": 0.15 * (34000 + 12000 * 1.2 + 15600 + 16000 * 1.3 + 7000 * (1 - 0.2 + 0.1)),
        "fx_mc": 0.05 * (27000 + 18000) + 0.05 * 24000 + 0.08 * (504 + 1800) + 0.15 * (3600 + 900),
        "overseas_fixed_income_mc": (
            (18000 * 0.08 + 8000 * 0.03) * 1.2 + 12000 * 0.08, 4000 * 0.08 * (1 + 0.25 + 0.2), 0.1365,
        ),
        "overseas_equity_mc": (
            7000 * 0.35 * 1.2 + (16000 * 0.39 + 7000 * 0.01) * 1.2 + 12000 * 0.45 * 1.1 + 4000 * 0.15 * 1.2
            + 5000 * 0.15 * 1.4 + 8000 * 0.39 * 1.2,
            3000 * 0.35 * 1.2 + 9000 * 0.39 * (1 + 0.25 + 0.2) + 3000 * 0.15 * (1 + 0.4 + 0.2),
            0.375,
        ),
    },
    "example-invented-reinsurer-business": {
        "real_estate_mc": 0.15 * 24000,
        # dollar with Hong Kong dollar, euro, sterling short, yen
        "fx_mc": 0.05 * (89000 + 9000) + 0.08 * 4500 + 0.08 * 3600 + 0.15 * 4800,
        "overseas_fixed_income_mc": (32000 * 0.08 + 18000 * 0.03, 6000 * 0.08 * 1.25, 0.1365),
        "overseas_equity_mc": (11000 * 0.39 + 13000 * 0.08, 4000 * 0.39 * 1.25, 0.375),
    },
}  # fmt: skip


@pytest.mark.parametrize(("stem", "item"), [(stem, item) for stem, found in BY_HAND.items() for item in found])
def test_figures_worked_out_by_hand(stem: str, item: str) -> None:
    expected = BY_HAND[stem][item]
    if isinstance(expected, tuple):
        developed, emerging, rho = expected
        expected = (developed**2 + 2 * rho * developed * emerging + emerging**2) ** 0.5
    result = solvency.calculate(ROOT / "examples" / f"{stem}.xlsx")
    assert result.figures[item][0] / 1e4 == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("stem", FROM_POSITIONS)
def test_one_counterparty_is_above_the_threshold(stem: str) -> None:
    result = solvency.calculate(ROOT / "examples" / f"{stem}.xlsx")
    measured = result.charged[0][1].concentrations
    over = measured[(measured["kind"] == "counterparty") & measured["over"]]
    assert list(over["name"]) == ["示例银行甲（虚构）"]
    # 8%, 5%, 4% and 3% of the slices of total assets (rule 8, article 65), in 亿元
    by_hand = (
        100 * 0.08 + 400 * 0.05 + 500 * 0.04 + 181.84 * 0.03 if "life" in stem else 20 * 0.08 + 30 * 0.05 + 250.6 * 0.04
    )
    assert over["limit"].iloc[0] / 1e8 == pytest.approx(by_hand)


@pytest.mark.parametrize("stem", FROM_POSITIONS)
def test_what_lies_under_a_product_adds_up_to_it(stem: str) -> None:
    frames = [given.frame for given in read_book(ROOT / "examples" / f"{stem}.xlsx").positions.values()]
    under: dict[str, float] = {}
    for frame in frames:
        if "product" in frame and "admitted_value" in frame:
            for name, value in frame[frame["product"].notna()].groupby("product")["admitted_value"].sum().items():
                under[str(name)] = under.get(str(name), 0) + value
    products = {row["id"]: row for frame in frames if "treatment" in frame for _, row in frame.iterrows()}
    assert set(under) <= set(products)
    for name, value in under.items():
        product = products[name]
        assert value * (product["share"] or 1) + (product["opaque_value"] or 0) == product["admitted_value"], name


def test_cash_flows_under_too_many_layers_count_for_nothing() -> None:
    book = read_book(ROOT / "examples" / "example-invented-life-positions.xlsx")
    whole = solvency.calculate(book).figures["interest_rate_mc"][0]
    flows = book.positions["CashFlows"].frame
    for position, same in (("Z103", True), ("ZU01", False), ("Z102", False)):
        book.positions["CashFlows"] = PositionInput(flows[flows["position"] != position].reset_index(drop=True))
        assert (solvency.calculate(book).figures["interest_rate_mc"][0] == pytest.approx(whole, rel=1e-12)) == same


def _counterparties(book: Book) -> set[str]:
    frames = [given.frame for given in book.positions.values() if "counterparty" in given.frame]
    return {name for frame in frames for name in frame["counterparty"].dropna()}


def test_they_are_what_the_script_makes(tmp_path: Path) -> None:
    made = runpy.run_path(str(ROOT / "examples/build/build.py"))["build"](tmp_path)
    assert sorted(path.name for path in made) == [path.name for path in BOOKS]
    for path in made:
        ours, theirs = (openpyxl.load_workbook(p) for p in (path, ROOT / "examples" / path.name))
        assert ours.sheetnames == theirs.sheetnames
        for sheet in ours.sheetnames:
            one, other = ([[c.value for c in row] for row in book[sheet].iter_rows()] for book in (ours, theirs))
            assert one == other, f"{path.name} {sheet}: run python examples/build/build.py"
