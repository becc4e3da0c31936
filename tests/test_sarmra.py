"""Rule 12: the catalogue, properties of the scores, classes, the industry base, the form of annex 5, the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_golden_sarmra import COMPANY, ITEMS, OLD, frame_of, tables_of
from typer.testing import CliRunner

import solvency
from solvency.cli import app
from solvency.errors import DocumentError, InputError, OutputExistsError, UsageError
from solvency.excel.read import read_book
from solvency.excel.sarmra_form import is_form, write_form
from solvency.excel.sarmra_form.layout import SHEETS, lines
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule12_control_risk import final_score
from solvency.rules.rule12_sarmra import Catalogue, capped_score, industry_base, insurer_class, part_scores
from solvency.rules.rule12_sarmra.scores import below

RULEBOOK = Rulebook.at("2025-09-30")
CATALOGUE = Catalogue.of(RULEBOOK)
EXAMPLE = Path(__file__).parents[1] / "examples" / "example-invented-property-positions.xlsx"
SIZE, FULL, MOSTLY, PARTLY, NONE, NOT_APPLICABLE = len(CATALOGUE.items), 0, 1, 2, 3, 4
PAIRS = [(s, e) for s in range(5) for e in range(5)
         if f"{CATALOGUE.results[s]}/{CATALOGUE.results[e]}" not in RULEBOOK.members("sarmra.excluded_pairs")]  # fmt: skip


# --- the catalogue -----------------------------------------------------------------------------------------------------


def test_the_items_of_each_part_make_its_standard_score() -> None:
    counts = {part: sum(item.part == part for item in CATALOGUE.items) for part in CATALOGUE.parts}
    assert counts == {"foundation": 45, "tools": 19, "insurance": 12, "market": 16, "credit": 12, "operational": 26,
                      "strategic": 9, "reputational": 24, "liquidity": 25}  # fmt: skip
    for part in CATALOGUE.parts:
        assert sum(item.points for item in CATALOGUE.items if item.part == part) == CATALOGUE.part_points == 100
    assert sum(CATALOGUE.parts.values()) == sum(CATALOGUE.aspects.values()) == 1


def test_sections_have_the_points_of_their_items() -> None:
    for section, points in RULEBOOK.exactly().rows("sarmra.section").items():
        assert sum(item.points for item in CATALOGUE.items if item.section == section) == points, section


def test_every_item_and_part_has_both_names_and_every_list_names_items() -> None:
    for name in ("sarmra.item", "sarmra.part", "sarmra.section"):
        assert all(zh and en for zh, en in RULEBOOK.names(name).values())
    assert [(item.zh, item.en) for item in CATALOGUE.items] == [RULEBOOK.names("sarmra.item")[i] for i in ITEMS]
    for name in ("sarmra.class_1_items", "sarmra.direct_insurer_items"):
        assert set(RULEBOOK.members(name)) <= set(ITEMS)


def test_whole_numbers_hold_every_score_exactly() -> None:
    for i, item in enumerate(CATALOGUE.items):
        for j, aspect in enumerate(("soundness", "effectiveness")):
            standard = Fraction(item.points) * Fraction(CATALOGUE.aspects[aspect])
            assert Fraction(int(CATALOGUE.standards[i, j]), CATALOGUE.unit) == standard
            for code, share in enumerate((*CATALOGUE.shares.values(), Decimal(0))):
                assert Fraction(int(CATALOGUE.values[i, j, code]), CATALOGUE.unit) == standard * Fraction(share)


@pytest.fixture
def draft(tmp_path: Path) -> Callable[[str], Path]:
    def written(factors: str) -> Path:
        path = tmp_path / "draft.yaml"
        head = "number: 测试〔2026〕1号\ntitle: {zh: 测试, en: Test}\nissued: 2026-01-05\neffective: 2026-01-05\n"
        path.write_text(head + "factors:\n" + factors, encoding="utf-8")
        return path

    return written


def test_a_draft_changes_weights_points_and_shares(draft: Callable[[str], Path]) -> None:
    path = draft(
        "  sarmra.part: {article: 一, rows: {foundation: 0.15, tools: 0.15}}\n"
        "  sarmra.item: {article: 一, rows: {strategic-1: 15, strategic-5: 10}}\n"
        "  sarmra.result: {article: 一, rows: {mostly: 0.75}}\n"
    )
    rulebook = Rulebook.at("2025-09-30", drafts=[path])
    assert rulebook.names("sarmra.part")["tools"] == ("目标与工具", "Aims and tools"), "a row amended keeps its name"
    case = {"all": ["mostly", "mostly"], "items": {"strategic-1": ["none", "none"], "tools": ["full", "full"]}}
    found = solvency.sarmra(frame_of([case]), positions=tables_of([case]), drafts=[path]).scores.iloc[0]
    assert found["strategic"] == 63.75  # 85 · 0.75
    assert found["before_cap"] == 77.625  # 75 · 0.15 + 100 · 0.15 + 75 · 0.6 + 63.75 · 0.1
    assert found["circumstances"] == "foundation_score"  # 11.25 of what are now 15 points


def test_an_item_of_no_part_is_an_error(draft: Callable[[str], Path]) -> None:
    path = draft("  sarmra.item: {article: 一, rows: {climate-1: 5}}\n")
    with pytest.raises(DocumentError, match="climate-1"):
        Catalogue.of(Rulebook.at("2025-09-30", drafts=[path]))


# --- properties of the kernels -----------------------------------------------------------------------------------------


def score(results: np.ndarray) -> float:
    found = part_scores(np.zeros(SIZE, int), np.arange(SIZE), results, 1, CATALOGUE)
    return float(found.total[0]) / CATALOGUE.score_scale


def reference(results: np.ndarray) -> Decimal:
    """S1 before the cap, item by item in fractions, rounded as the form does."""
    total = Decimal(0)
    for part, weight in CATALOGUE.parts.items():
        got = most = Fraction(0)
        for item, pair in zip(CATALOGUE.items, results, strict=True):
            for code, aspect in zip(pair, ("soundness", "effectiveness"), strict=True):
                if item.part == part and code != NOT_APPLICABLE:
                    standard = Fraction(item.points) * Fraction(CATALOGUE.aspects[aspect])
                    most += standard
                    got += standard * Fraction(list(CATALOGUE.shares.values())[code])
        ratio = got / most * 100
        exact = Decimal(ratio.numerator) / Decimal(ratio.denominator)
        total += exact.quantize(Decimal("0.01"), ROUND_HALF_UP) * weight
    return total


@st.composite
def assessments(draw: st.DrawFn) -> np.ndarray:
    """Results of every item that may stand together; something of every part applies."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.0, 0.05, 0.5, 0.9]))
    found = np.array(PAIRS)[rng.integers(0, len(PAIRS), SIZE)]
    found[rng.random(SIZE) < share] = NOT_APPLICABLE
    first = [next(i for i, item in enumerate(CATALOGUE.items) if item.part == part) for part in CATALOGUE.parts]
    found[first] = [MOSTLY, PARTLY]
    return found


@given(assessments())
@settings(max_examples=60, deadline=None)
def test_the_kernel_is_the_form_item_by_item(results: np.ndarray) -> None:
    assert Decimal(repr(score(results))) == reference(results)


@given(assessments())
@settings(max_examples=40, deadline=None)
def test_scores_are_bounded_and_the_order_of_items_is_irrelevant(results: np.ndarray) -> None:
    assert 0 <= score(results) <= 100
    order = np.random.default_rng(1).permutation(SIZE)
    shuffled = part_scores(np.zeros(SIZE, int), order, results[order], 1, CATALOGUE)
    assert float(shuffled.total[0]) / CATALOGUE.score_scale == score(results)


@given(assessments(), st.integers(0, SIZE - 1), st.integers(0, 1))
@settings(max_examples=80, deadline=None)
def test_a_better_result_never_lowers_the_score(results: np.ndarray, item: int, aspect: int) -> None:
    code = results[item, aspect]
    if code not in (FULL, NOT_APPLICABLE):
        better = results.copy()
        better[item, aspect] = code - 1
        assert score(better) >= score(results)


@given(assessments(), st.integers(0, SIZE - 1))
@settings(max_examples=80, deadline=None)
def test_leaving_out_what_is_fully_met_never_raises_the_score(results: np.ndarray, item: int) -> None:
    met, without = results.copy(), results.copy()
    met[item], without[item] = FULL, NOT_APPLICABLE
    if part_scores(np.zeros(SIZE, int), np.arange(SIZE), without, 1, CATALOGUE).known[0]:
        assert score(without) <= score(met)


@given(st.lists(assessments(), min_size=2, max_size=4))
@settings(max_examples=20, deadline=None)
def test_insurers_do_not_touch_one_another(every: list[np.ndarray]) -> None:
    case, item = np.repeat(np.arange(len(every)), SIZE), np.tile(np.arange(SIZE), len(every))
    together = part_scores(case, item, np.concatenate(every), len(every), CATALOGUE).total / CATALOGUE.score_scale
    assert together.tolist() == [score(results) for results in every]


@given(st.integers(0, 100_000), st.booleans())
def test_the_cap_binds_only_where_a_circumstance_is_met(total: int, met: bool) -> None:
    found = float(capped_score(np.array([total]), np.array([met]), Decimal(70), 1000)[0])
    assert found == (min(total / 1000, 70) if met else total / 1000)


@pytest.mark.parametrize(
    ("score", "line", "expected"),
    [(11999, "12", True), (12000, "12", False), (12001, "12", False), (12000, "12.0005", True)],
)
def test_below_is_exact(score: int, line: str, expected: bool) -> None:
    assert bool(below(np.array([score]), Decimal(line), 1000)[0]) is expected


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60), st.sampled_from(["nearest", "up", "down"]))
def test_the_industry_base_is_the_mean_of_the_best(scores: list[int], rounding: str) -> None:
    found = industry_base(np.array(scores, float), Decimal("0.15"), rounding)
    best = sorted(scores, reverse=True)
    assert found >= np.mean(best) - 1e-9
    assert found <= best[0]
    counts = [k for k in range(1, len(best) + 1) if found == pytest.approx(np.mean(best[:k]), rel=1e-12)]
    assert counts
    assert any(abs(k - 0.15 * len(best)) < 1 or k == 1 for k in counts)


@pytest.mark.parametrize(
    ("count", "rounding", "best"),
    [(20, "nearest", 3), (20, "up", 3), (20, "down", 3), (10, "nearest", 2), (10, "up", 2), (10, "down", 1), (9, "nearest", 1),
     (9, "up", 2), (9, "down", 1), (3, "nearest", 1), (3, "down", 1), (3, "up", 1), (87, "nearest", 13), (87, "up", 14)],
)  # fmt: skip
def test_how_many_insurers_are_the_top_15_per_cent(count: int, rounding: str, best: int) -> None:
    """0.15 · 20 = 3 exactly; 0.15 · 10 = 1.5; 0.15 · 9 = 1.35; 0.15 · 87 = 13.05; at least one."""
    scores = np.arange(1, count + 1, dtype=float)
    assert industry_base(scores, Decimal("0.15"), rounding) == np.mean(range(count - best + 1, count + 1))


def test_no_scores_have_no_industry_base() -> None:
    assert np.isnan(industry_base(np.array([]), Decimal("0.15"), "nearest"))


@given(
    st.lists(st.sampled_from([(True, True), (False, True), (False, False), (True, False)]), min_size=3, max_size=3),
    st.booleans(),
)
def test_the_class_is_open_only_where_it_may_turn_out_either_way(
    criteria: list[tuple[bool, bool]], foreign: bool
) -> None:
    given_ = [(np.array([met]), np.array([known])) for met, known in criteria]
    found = int(insurer_class(np.array([foreign]), given_, 2)[0])
    possible = {
        sum(met if known else guess >> i & 1 for i, (met, known) in enumerate(criteria)) >= 2 for guess in range(8)
    }
    assert found == (2 if foreign else 0 if len(possible) == 2 else 1 if possible == {True} else 2)


@pytest.mark.parametrize(
    ("absolute", "base", "side"),
    [(75.0, 48.0, 0), (100.0, 80.0, 0), (62.5, 62.5 * 80 / 137.5, None), (75.001, 48.0, 1), (74.999, 48.0, -1), (96.0, 73.84615384615384, None)],
)  # fmt: skip
def test_a_score_of_100_is_decided_exactly(absolute: float, base: float, side: int | None) -> None:
    found = float(final_score(np.array([absolute]), np.array([base]), RULEBOOK)[0])
    exact = Fraction(repr(absolute)) * (Fraction(1, 2) + Fraction(40) / Fraction(repr(base)))
    assert (found > 100) - (found < 100) == (exact > 100) - (exact < 100)
    if side is not None:
        assert (found > 100) - (found < 100) == side


# --- in a calculation ----------------------------------------------------------------------------------------------------


def calculated(case: dict[str, Any], **figures: Any) -> solvency.Result:
    return solvency.calculate(frame_of([case]).assign(**figures), positions=tables_of([case]))


MOSTLY_MET: dict[str, Any] = {"all": ["mostly", "mostly"], "items": {"market-1": ["full", "full"]}, "base": 84}


@pytest.mark.parametrize(
    ("typed", "agrees"), [(80.12, True), (80.125, True), (80.115, True), (80.13, False), (80.11, False), (None, True)]
)
def test_a_typed_absolute_score_agrees_to_its_decimals(typed: float | None, agrees: bool) -> None:
    """6 points fully met: market 81.2, S1 = 80.12."""
    if agrees:
        result = calculated(MOSTLY_MET, sarmra_absolute_score=typed)
        assert result.values(0)["sarmra_absolute_score"] == 80.12
        return
    with pytest.raises(InputError, match=f"{typed} ≠ 80.12") as caught:
        calculated(MOSTLY_MET, sarmra_absolute_score=typed)
    assert [(p.code, p.item) for p in caught.value.problems] == [("disagree", "sarmra_absolute_score")]


def test_a_typed_score_without_items_is_as_given() -> None:
    frame = frame_of([{"base": 80}]).assign(sarmra_absolute_score=75)
    result = solvency.calculate(frame)
    assert result.origin("sarmra_absolute_score") == "given"
    assert result.values(0)["sarmra_score"] == 75


def test_items_without_an_industry_base_need_one_or_the_final_score() -> None:
    case = {"all": ["mostly", "mostly"]}
    with pytest.raises(InputError) as caught:
        calculated(case)
    assert [(p.code, p.item) for p in caught.value.problems if p.severity == "error"] == [
        ("missing", "sarmra_industry_base")
    ]
    assert calculated(case, sarmra_score=79).values(0)["sarmra_score"] == 79


def test_explain_goes_down_to_parts_and_items() -> None:
    result = calculated(MOSTLY_MET)
    total = solvency.explain(result, "sarmra_absolute_score")
    assert total.value == 80.12
    assert [line["row"] for line in total.lines] == [*CATALOGUE.parts, "before_cap", "total"]
    assert {line["row"]: line["weighted"] for line in total.lines}["market"] == 8.12
    part = solvency.explain(result, "SARMRA.market")
    assert (part.value, len(part.lines), part.zh) == (81.2, 16, "市场风险管理能力")
    assert {f["name"] for f in part.factors} == {"sarmra.aspect_weight", "sarmra.result"}
    one = solvency.explain(result, "SARMRA.market-2")
    assert (one.value, one.lines[0]["applicable"], one.lines[0]["soundness_zh"], one.lines[0]["place"]) == (
        4.8,
        6,
        "大部分符合",
        "SARMRA!79",
    )
    assert [line["row"] for line in solvency.explain(result, "SARMRA").lines] == [line["row"] for line in total.lines]
    with pytest.raises(UsageError, match=r"SARMRA\.market-99"):
        solvency.explain(result, "SARMRA.market-99")
    with pytest.raises(UsageError, match="SARMRA"):
        solvency.explain(solvency.calculate(frame_of([{"base": 80}]).assign(sarmra_absolute_score=75)), "SARMRA")


def test_explain_of_one_insurer_of_many() -> None:
    cases = [MOSTLY_MET, {**MOSTLY_MET, "items": {}}, {**MOSTLY_MET, "insurer_type": "life"}]
    result = solvency.calculate(frame_of(cases), positions=tables_of(cases))
    values = [solvency.explain(result, "sarmra_absolute_score", insurer=str(i)).lines[-1]["weighted"] for i in range(3)]
    assert values == [80.12, 80, 80.12]


def test_the_template_has_every_item_and_counts_only_when_filled(tmp_path: Path) -> None:
    path = solvency.template("property", tmp_path / "book.xlsx", positions=True)
    assert read_book(path).positions == {}
    book = openpyxl.load_workbook(path)
    sheet = book["SARMRA"]
    assert [sheet.cell(row, 1).value for row in range(4, 4 + SIZE)] == ITEMS
    assert sheet.cell(4 + SIZE, 1).value is None
    assert [sheet.cell(4, column).value for column in range(1, 9)] == [
        "foundation-1.1", "基础与环境", "股权清晰透明、可穿透至实际控制人", "Shareholding clear and traceable to who controls it", 5, None, None, None
    ]  # fmt: skip
    sheet["F4"] = "完全符合"
    book.save(path)
    with pytest.raises(InputError) as caught:
        solvency.calculate(path)
    blank = [p for p in caught.value.problems if p.sheet == "SARMRA" and p.code == "missing"]
    assert blank[0].cell == "F5", "the rest of the form is then missing"
    fill_book(book)
    book.save(path)
    result = solvency.calculate(path)
    assert result.values(0)["sarmra_absolute_score"] == 80
    assert solvency.sarmra(path).scores["sarmra_absolute_score"].tolist() == [80]


def fill_book(book: Any) -> None:
    """A whole book: results, class, and the figures a calculation needs."""
    for row in range(4, 4 + SIZE):
        book["SARMRA"].cell(row, 6).value = book["SARMRA"].cell(row, 7).value = "大部分符合"
    company = book["SARMRACompany"]
    for column in range(1, company.max_column + 1):
        name = company.cell(1, column).value
        company.cell(4, column).value = {
            "assessed_by": "监管评估",
            "insurer_class": "I类公司",
            "governance_score": 80,
        }.get(name) or ("否" if COMPANY.get(name) == "no" else None)
    for sheet, values in {
        "Info": {"insurer": "甲", "unit": "万元", "total_assets": 500000, "sarmra_industry_base": 82, "as_of": "2025-09-30"},
        "S05": {"nonlife_insurance_mc": 300, "market_mc": 400, "credit_mc": 500}, "S02": {"core_tier1": 2000},
        "S01": {"admitted_assets": 9000, "admitted_liabilities": 7000},
    }.items():  # fmt: skip
        heads = {cell.value: cell.column for cell in book[sheet][1]}
        for row in range(4, book[sheet].max_row + 1):
            item = book[sheet].cell(row, heads["item"]).value
            if item in values:
                book[sheet].cell(row, heads.get("value") or heads["amount"]).value = values[item]


# --- many insurers -------------------------------------------------------------------------------------------------------


def test_a_folder_of_tables(tmp_path: Path) -> None:
    cases = [
        MOSTLY_MET,
        {**MOSTLY_MET, "items": {}, "base": None},
        {**MOSTLY_MET, "insurer_type": "life", "base": None},
    ]
    frame_of(cases).to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "tables").mkdir()
    for name, table in tables_of(cases).items():
        table.to_csv(tmp_path / "tables" / f"{name}.csv", index=False)
    output = tmp_path / "scores.csv"
    run = CliRunner().invoke(
        app, ["sarmra", str(tmp_path / "cases.csv"), "--positions", str(tmp_path / "tables"), "-o", str(output), "--industry-base", "80"]
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    scores = pd.read_csv(output)
    assert scores["sarmra_absolute_score"].tolist() == [80.12, 80, 80.12]
    assert scores["sarmra_industry_base"].tolist() == [84, 80, 80], "an M of its own stands before the one for all"
    ranked = solvency.sarmra(frame_of(cases), positions=tables_of(cases), industry_base="ranked").scores
    assert ranked["sarmra_industry_base"].tolist() == [84, 80.12, 80.12], "the best of each type"


@pytest.mark.parametrize("base", [0, 0.5, 101, "best"])
def test_an_impossible_industry_base_is_refused(base: Any) -> None:
    with pytest.raises(UsageError, match="M"):
        solvency.sarmra(frame_of([{}]), positions=tables_of([{}]), industry_base=base)


def test_options_of_a_form_are_for_forms() -> None:
    with pytest.raises(UsageError, match="附件5"):
        solvency.sarmra(frame_of([{}]), positions=tables_of([{}]), circumstances=[])


def test_a_score_that_nothing_gives_is_absent() -> None:
    figures = {
        "insurer": "A",
        "insurer_type": "property",
        "as_of": "2025-12-31",
        "minimum_capital": 100,
        "core_tier1": 200,
    }
    result = solvency.calculate(pd.DataFrame([figures]))
    assert [result.origin(item) for item in ("sarmra_score", "sarmra_absolute_score")] == ["absent", "absent"]


def test_a_single_item_is_no_assessment() -> None:
    tables = tables_of([{}])
    with pytest.raises(InputError) as caught:
        solvency.sarmra(frame_of([{}]), positions={**tables, "SARMRA": tables["SARMRA"].iloc[:1]})
    assert [p.code for p in caught.value.problems] == ["missing_item"]


def test_without_items_there_is_nothing_to_score() -> None:
    with pytest.raises(InputError, match="SARMRA"):
        solvency.sarmra(frame_of([{}]))


# --- the form of annex 5 -------------------------------------------------------------------------------------------------


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """A form of 80.12 points, not capped, with M = 84."""
    case = {**MOSTLY_MET, "rows": [], "company": OLD}
    result = solvency.sarmra(frame_of([case]), positions=tables_of([case]))
    return write_form(result, tmp_path / "form.xlsx")


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """The form with a change; saving drops the stored results of its formulas."""
    book = openpyxl.load_workbook(path)
    change(book)
    target = path.with_name("changed.xlsx")
    book.save(target)
    return target


def test_a_form_that_was_written_is_read_back(form: Path) -> None:
    assert is_form(form)
    found = solvency.sarmra(form, industry_base=84, insurer_type="property")
    scores = found.scores.iloc[0]
    assert (scores["sarmra_absolute_score"], scores["insurer"], scores["insurer_class"], str(scores["as_of"])) == (
        80.12,
        "0",
        "class_1",
        "2025-09-30",
    )
    assert scores["sarmra_score"] == pytest.approx(40.06 + 40.06 * 80 / 84)
    assert found.statements["assessed_on"] == "2025-09-30"


def test_the_sheets_have_the_rows_of_the_official_form(form: Path) -> None:
    book = openpyxl.load_workbook(form)
    assert book.sheetnames == ["1-封面", "2-评估说明", "3-评分结果汇总表", *SHEETS.values(), "辅助页"]
    rows = {"foundation": 61, "tools": 25, "insurance": 16, "market": 19, "credit": 15, "operational": 34, "strategic": 12,
            "reputational": 31, "liquidity": 31}  # fmt: skip
    for part, last in rows.items():
        assert [*lines(part, CATALOGUE, RULEBOOK)][-1].row == last, part
        assert book[SHEETS[part]].cell(last + 1, 1).value == "得分"
        assert book[SHEETS[part]].cell(last + 4, 1).value == "不适用项目调整后分值小计"
    assert book["3-评分结果汇总表"]["H14"].value == "=SUM(H5:H13)"
    assert book["7-市场风险"]["C23"].value == "=ROUND((C21/(100-C22))*100,2)"
    assert set(book.defined_names) == {"完全符合", "大部分符合", "部分符合", "不符合", "不适用", "制度健全性"}


def test_values_beside_the_formulas(form: Path) -> None:
    book = openpyxl.load_workbook(form, data_only=True)
    summary = book["3-评分结果汇总表"]
    assert [summary.cell(8, column).value for column in range(1, 9)] == [
        "市场风险管理能力",
        100,
        40.6,
        40.6,
        81.2,
        81.2,
        0.1,
        8.12,
    ]
    assert summary["H14"].value == summary["I14"].value == 80.12
    assert summary["K14"].value == pytest.approx(40.06 + 40.06 * 80 / 84)
    assert summary["B18"].value == pytest.approx(0.4 - 0.005 * (40.06 + 40.06 * 80 / 84))
    assert book["1-封面"]["A20"].value.strip() == "公司类别：I类公司"


def test_a_capped_form(tmp_path: Path) -> None:
    case = {**MOSTLY_MET, "company": {**OLD, "major_risk_event": "yes"}}
    result = solvency.sarmra(frame_of([case]), positions=tables_of([case]))
    path = write_form(result, tmp_path / "form.xlsx")
    summary = openpyxl.load_workbook(path)["3-评分结果汇总表"]
    assert (summary["I14"].value, summary["I5"].value or "") == ("=MIN(H14,70)", "")
    assert "出现重大风险事件" in summary["B20"].value
    found = solvency.sarmra(path).scores.iloc[0]
    assert (found["before_cap"], found["sarmra_absolute_score"], found["circumstances"]) == (
        80.12,
        70,
        "other_circumstance",
    )
    with pytest.raises(InputError, match=r"70 ≠ 80\.12"):
        solvency.sarmra(path, circumstances=[])


def problems(path: Path, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        solvency.sarmra(path, **{"circumstances": [], **options})
    assert all(p.zh and p.en for p in caught.value.problems)
    return [(p.code, p.where) for p in caught.value.problems if p.severity == "error"]


def put(sheet: str, **cells: Any) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        for cell, value in cells.items():
            book[sheet][cell] = value

    return change


def test_the_cap_has_to_be_stated(form: Path) -> None:
    path = changed(form, put("3-评分结果汇总表", **{f"I{row}": None for row in range(5, 14)}))
    assert problems(path, circumstances=None) == [("cap_not_stated", "3-评分结果汇总表")]
    assert solvency.sarmra(path, circumstances=[]).scores["sarmra_absolute_score"].tolist() == [80.12]
    assert solvency.sarmra(path, circumstances=["libraries_missing"]).scores["sarmra_absolute_score"].tolist() == [70]
    assert solvency.sarmra(path, circumstances=[], governance_score=59).scores["sarmra_absolute_score"].tolist() == [70]
    with pytest.raises(UsageError, match="bad_luck"):
        solvency.sarmra(path, circumstances=["bad_luck"])
    with pytest.raises(UsageError, match="composite"):
        solvency.sarmra(path, circumstances=[], insurer_type="composite")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put("7-市场风险", E4=None), [("missing", "7-市场风险!E4")]),
        (put("7-市场风险", H19=None), [("missing", "7-市场风险!H19")]),
        (put("7-市场风险", E4="还行"), [("not_allowed", "7-市场风险!E4")]),
        (put("7-市场风险", E4="部分符合", H4="完全符合"), [("excluded_pair", "7-市场风险!H4")]),
        (put("7-市场风险", C4=7), [("disagree", "7-市场风险!C4")]),
        (put("7-市场风险", A4=17), [("unknown_item", "7-市场风险!A4"), ("missing_item", "SARMRA")]),
        (put("7-市场风险", A4=None), [("missing_item", "SARMRA")]),
        (put("7-市场风险", E4="=[1]表!A1"), [("external_link", "7-市场风险!E4"), ("missing", "7-市场风险!E4")]),
        (put("7-市场风险", E4="=A1&B1"), [("no_cached_value", "7-市场风险!E4"), ("missing", "7-市场风险!E4")]),
        (put("7-市场风险", E4="#REF!"), [("error_cell", "7-市场风险!E4"), ("missing", "7-市场风险!E4")]),
        (put("7-市场风险", A2="评估"), [("layout", "7-市场风险"), ("missing_item", "SARMRA")]),
        (put("7-市场风险", G2="有效"), [("layout", "7-市场风险"), ("missing_item", "SARMRA")]),
        (put("7-市场风险", C23=75), [("disagree", "7-市场风险!C23")]),
        (put("3-评分结果汇总表", I14=75), [("disagree", "3-评分结果汇总表!I14")]),
        (put("1-封面", A20="公司类别："), [("missing", "1-封面!A20")]),
        (put("1-封面", A20="公司类别：III类公司"), [("not_allowed", "1-封面!A20")]),
        (lambda book: book.remove(book["7-市场风险"]), [("missing_sheet", "7-市场风险"), ("missing_item", "SARMRA")]),
    ],
)  # fmt: skip
def test_a_form_with_an_error(form: Path, change: Callable[[Any], None], expected: list[tuple[str, str]]) -> None:
    assert sorted(problems(changed(form, change))) == sorted(expected)


@pytest.mark.parametrize(
    "change",
    [
        lambda book: setattr(book["8-信用风险"], "title", "8-信用风险 "),
        lambda book: setattr(book["8-信用风险"], "title", "信用风险"),
        put("9-操作风险", A29=4.1, A28=4.9, A20=4.1),
        put("11-声誉风险", A30=2.6),
        put("11-声誉风险", A30="2.6", A15=1.1),
        put("7-市场风险", A4=1.0, A13="10"),
        put("1-封面", A20="公司类别", B20="Ⅰ类公司"),
        put("1-封面", A20="公司类别: I类保险公司"),
        lambda book: book["7-市场风险"].insert_rows(10),
        lambda book: book["7-市场风险"].insert_rows(1),
        lambda book: book["7-市场风险"].insert_cols(1),
        lambda book: book.create_sheet("草稿"),
        put("7-市场风险", C23=81.21),  # a spreadsheet may round a half the other way
        put("3-评分结果汇总表", I14=80.12),
    ],
)  # fmt: skip
def test_the_layout_is_recognised(form: Path, change: Callable[[Any], None]) -> None:
    found = solvency.sarmra(changed(form, change), circumstances=[]).scores.iloc[0]
    assert (found["sarmra_absolute_score"], found["insurer_class"]) == (80.12, "class_1")


def test_what_is_no_form(form: Path, tmp_path: Path) -> None:
    assert not is_form(solvency.template("life", tmp_path / "book.xlsx"))
    assert not is_form(tmp_path / "any.csv")
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(form.read_bytes()[:500])
    with pytest.raises(InputError):
        solvency.sarmra(bad)
    with pytest.raises(UsageError):
        solvency.sarmra(tmp_path / "nowhere.xlsx")


def test_text_of_a_form_stays_text(tmp_path: Path) -> None:
    """A name or a basis that begins like a formula is never one in what is written."""
    case = {"base": 80}
    tables = tables_of([case])
    tables["SARMRA"]["basis"] = "=1+1"
    frame = frame_of([case])
    frame["insurer"] = "=cmd()"
    for table in tables.values():
        table["insurer"] = "=cmd()"
    path = write_form(solvency.sarmra(frame, positions=tables), tmp_path / "form.xlsx")
    cell = openpyxl.load_workbook(path)["7-市场风险"]["K4"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert solvency.sarmra(path).items["basis"].iloc[0] == "=1+1"


def test_a_form_is_never_written_over(form: Path) -> None:
    result = solvency.sarmra(form)
    with pytest.raises(OutputExistsError):
        write_form(result, form)
    with pytest.raises(UsageError, match=r"\.xlsx"):
        write_form(result, form.with_suffix(".csv"))


# --- the command -----------------------------------------------------------------------------------------------------------


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["sarmra", *arguments])


def test_the_command_prints_parts_and_scores(form: Path) -> None:
    english = invoke(str(form), "--industry-base", "84", "--lang", "en")
    assert english.exit_code == 0, english.output
    for text in ("Foundation and environment", "81.2", "absolute score S1: 80.12", "industry base M: 84"):
        assert text in english.output
    assert "绝对分 S1: 80.12" in invoke(str(form)).output


def test_the_command_writes_json_and_forms(form: Path) -> None:
    (record,) = json.loads(invoke(str(form), "--json").stdout)
    assert (record["sarmra_absolute_score"], record["sarmra_score"], record["insurer_type"]) == (80.12, None, "")
    target = form.with_name("again.xlsx")
    assert invoke(str(form), "-o", str(target), "--industry-base", "84").exit_code == 0
    assert solvency.sarmra(target).scores["sarmra_absolute_score"].tolist() == [80.12]
    assert invoke(str(form), "-o", str(target)).exit_code == 2, "a file is in the way"
    assert invoke(str(form), "-o", str(form), "--force").exit_code == 2, "the input"
    assert invoke(str(form), "-o", str(form.with_name("x.pdf"))).exit_code == 2
    assert invoke(str(form), "--industry-base", "best").exit_code == 2


def test_the_command_tells_problems(form: Path) -> None:
    wrong = changed(form, put("7-市场风险", E4="还行"))
    found = invoke(str(wrong), "--circumstances", "none", "--lang", "en")
    assert found.exit_code == 1
    assert "7-市场风险!E4" in found.output
    assert invoke(str(wrong.with_name("nowhere.xlsx"))).exit_code == 2


def test_one_form_holds_one_insurer(tmp_path: Path) -> None:
    cases = [MOSTLY_MET, {**MOSTLY_MET, "items": {}}]
    frame_of(cases).to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "tables").mkdir()
    for name, table in tables_of(cases).items():
        table.to_csv(tmp_path / "tables" / f"{name}.csv", index=False)
    common = [str(tmp_path / "cases.csv"), "--positions", str(tmp_path / "tables"), "-o", str(tmp_path / "one.xlsx")]
    assert invoke(*common).exit_code == 2
    assert invoke(*common, "--insurer", "1").exit_code == 0
    assert solvency.sarmra(tmp_path / "one.xlsx").scores["sarmra_absolute_score"].tolist() == [80]
    assert "80.12" in invoke(*common[:3], "--lang", "en").output


def test_rows_with_errors_go_to_the_rejects(tmp_path: Path) -> None:
    cases = [MOSTLY_MET, {**MOSTLY_MET, "drop": ["market-1"]}, {**MOSTLY_MET, "items": {}}]
    frame = pd.concat([frame_of(cases), frame_of(cases).iloc[:1].assign(insurer="without")])
    frame.to_csv(tmp_path / "cases.csv", index=False)
    (tmp_path / "tables").mkdir()
    for name, table in tables_of(cases).items():
        table.to_csv(tmp_path / "tables" / f"{name}.csv", index=False)
    output = tmp_path / "scores.csv"
    run = invoke(
        str(tmp_path / "cases.csv"), "--positions", str(tmp_path / "tables"), "-o", str(output), "--lang", "en"
    )
    assert run.exit_code == 1
    assert "market-1" in run.output
    scores = pd.read_csv(output)
    assert scores["insurer"].astype(str).tolist() == ["0", "2", "without"]
    assert scores["sarmra_absolute_score"].tolist()[:2] == [80.12, 80]
    assert scores.loc[2, ["sarmra_absolute_score", "sarmra_score", "control_risk_factor"]].isna().all(), (
        "M alone gives none"
    )
    assert scores["circumstances"].isna().all()
    assert "has no assessed items" in run.output
    assert pd.read_csv(tmp_path / "scores.rejects.csv")["line"].tolist() == [3]


@pytest.mark.parametrize(
    ("change", "factor"),
    [({"organisation": "captive", "all": ["partly", "partly"]}, 0), ({"organisation": "mutual", "all": ["partly", "partly"]}, 0.25)],
)  # fmt: skip
def test_the_factor_on_a_form(tmp_path: Path, change: dict[str, Any], factor: float) -> None:
    case = {"base": 80, **change}
    path = write_form(solvency.sarmra(frame_of([case]), positions=tables_of([case])), tmp_path / "form.xlsx")
    cell = openpyxl.load_workbook(path, data_only=True)["3-评分结果汇总表"]["B18"]
    assert cell.value == factor
    formula = openpyxl.load_workbook(path)["3-评分结果汇总表"]["B18"].value
    assert isinstance(formula, str) == (factor != 0)


def test_an_item_in_error_is_told_without_what_follows_from_it(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(EXAMPLE)
    book["SARMRA"]["G5"] = "不知道"
    book.save(tmp_path / "bad.xlsx")
    assert [problem.item for problem in solvency.check(tmp_path / "bad.xlsx")] == ["SARMRA.effectiveness"]
