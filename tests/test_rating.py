"""Scoring schemes (rule 11): files read strictly, values and their sources, explanations, grades over time, what always holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import solvency
from solvency.errors import InputError, UsageError
from solvency.excel.template import template
from solvency.grade_history import event_text, grades
from solvency.rating_detail import six_digits
from solvency.rules.rule11_risk_rating import RISKS, Scheme
from solvency.rules.rule11_risk_rating.last_quarter import last_quarter

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "schemes"
INDICATORS = EXAMPLES / "illustrative_indicators.yaml"
NUMBERS = {
    "complaints": 2, "claims_overdue": 0.02, "investment_limit_breaches": 0, "system_outages": 0, "criminal_cases": 0, "plan_achieved": 0.95,
    "negative_reports": 0, "stressed_coverage": 1.2, "liquidity_tools": 0.03,
}  # fmt: skip
CHOICES = {"key_posts_vacant": "无", "plan_reviewed": "done"}
QUARTERS = ("2025-03-31", "2025-06-30", "2025-09-30")
LINE = [{"value": 0, "points": 0}, {"value": 100, "points": 100}]
LEVELS = [
    {"score": "[80, 100]", "level": "low"}, {"score": "[65, 80)", "level": "fairly_low"}, {"score": "[40, 65)", "level": "fairly_high"},
    {"score": "[0, 40)", "level": "severe"},
]  # fmt: skip
SCALE = [
    {"score": "[90, 100]", "grade": "AAA"}, {"score": "[75, 90)", "grade": "BBB"}, {"score": "[40, 75)", "grade": "C"}, {"score": "[0, 40)", "grade": "D"},
]  # fmt: skip
PLAIN: dict[str, Any] = {
    "capital": [{"ratio": "(-inf, inf)", "points": 80}], "levels": {"low": 100, "fairly_low": 70, "fairly_high": 40, "severe": 0},
    "weights": {"risk_operational": 0.25, "risk_strategic": 0.25, "risk_reputational": 0.25, "risk_liquidity": 0.25}, "scale": SCALE,
}  # fmt: skip
ONE = {"id": "x", "zh": "甲", "en": "X", "risk": "risk_operational", "weight": 1, "linear": LINE}


def with_indicators(*indicators: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**PLAIN, "level_scale": LEVELS, "indicators": list(indicators), **changes}


def written(folder: Path, content: Any) -> Path:
    path = folder / "scheme.yaml"
    path.write_text(
        content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False),
        encoding="utf-8",
    )
    return path


def told(folder: Path, content: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        Scheme.read(written(folder, content))
    assert all(p.sheet == "scheme.yaml" and p.cell and p.zh and p.en for p in caught.value.problems)
    return [f"{p.cell}: {p.en} | {p.found} | {p.allowed_en}" for p in caught.value.problems]


def quarters(*capital: float, **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A property insurer over some quarters, with every indicator of the example."""
    rows, table = [], []
    for day, tier in zip(QUARTERS, capital, strict=False):
        rows.append(
            {
                "insurer": "甲",
                "insurer_type": "property",
                "as_of": day,
                "core_tier1": tier,
                "minimum_capital": 100,
                **changes.get(day, {}),
            }
        )
        values = {**NUMBERS, **changes.get("values", {}).get(day, {})}
        table += [
            {"insurer": "甲", "as_of": day, "indicator": k, "value": v, "choice": None} for k, v in values.items()
        ]
        table += [
            {"insurer": "甲", "as_of": day, "indicator": k, "value": None, "choice": v} for k, v in CHOICES.items()
        ]
    return pd.DataFrame(rows), pd.DataFrame(table, dtype=object)


# --- the file -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.stem)
def test_examples_say_that_they_are_invented(path: Path) -> None:
    scheme = Scheme.read(path)
    assert scheme.illustrative
    head = path.read_text(encoding="utf-8")[:500]
    assert "Illustrative only" in head
    assert "invented" in head
    assert "虚构" in head
    assert "not public" in head
    assert "illustrative" in scheme.label[1]
    assert "not the regulator's" in scheme.label[1]


def test_a_scheme_that_is_not_illustrative_is_the_users(tmp_path: Path) -> None:
    assert Scheme.read(written(tmp_path, PLAIN)).label == (
        "使用者的评分方案 scheme.yaml，非监管评分标准", "the user's scheme scheme.yaml, not the regulator's standard",
    )  # fmt: skip


def test_a_single_score_may_have_a_level_of_its_own(tmp_path: Path) -> None:
    levels = [*LEVELS[:2], {"score": "(0, 65)", "level": "fairly_high"}, {"score": "[0, 0]", "level": "severe"}]
    assert Scheme.read(written(tmp_path, with_indicators(ONE, level_scale=levels))).level_scale


def test_a_small_value_is_shown_in_full() -> None:
    assert [six_digits(x) for x in (0.00001, 87.96757882, -0.0000123456789, 1234567.0, 0.0)] == [
        "0.00001",
        "87.9676",
        "-0.0000123457",
        "1234567",
        "0",
    ]


def test_a_risk_may_weigh_nothing(tmp_path: Path) -> None:
    weights = {"risk_operational": 0.5, "risk_strategic": 0.25, "risk_reputational": 0.25, "risk_liquidity": 0}
    assert Scheme.read(written(tmp_path, {**PLAIN, "weights": weights})).weights["risk_liquidity"] == 0


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"scale": None}, "scale: should be a list with at least one element"),
        ({"colour": 1}, "colour: there is no such entry"),
        ({"wieghts": 1}, "wieghts: there is no such entry; is it weights?"),
        ({"illustrative": "yes"}, "illustrative: should be true or false"),
        ({"title": "x"}, "title: should be a mapping"),
        ({"weights": {**PLAIN["weights"], "risk_liquidity": 0.24}}, "weights: the weights of the four risks must add up to 1 | 0.99"),
        ({"weights": {**PLAIN["weights"], "risk_liquidity": "much"}}, "weights.risk_liquidity: should be a number | much"),
        ({"weights": {**PLAIN["weights"], "risk_liquidity": -1}}, "weights.risk_liquidity: the number is out of range"),
        ({"weights": {"risk_operational": 1}}, "weights: risk_strategic is missing"),
        ({"levels": {"low": 100, "fairly_low": 70, "fairly_high": 40}}, "levels: severe is missing"),
        ({"scale": [*SCALE, {"score": "[95, 96]", "grade": "AA"}]}, "scale: intervals overlap | [90, 100] [95, 96]"),
        ({"scale": SCALE[:-2]}, "scale: some scores belong nowhere | [40, … | all scores that can come out: [40, 90]"),
        ({"scale": [{"score": "(90, 100]", "grade": "AAA"}, *SCALE[1:]]}, "scale: some scores belong nowhere | [90, … |"),
        ({"scale": [*SCALE[1:], {"score": "[90, 100]", "grade": "E"}]}, "scale[3].grade: is not an allowed value | E | AAA, AA, A"),
        ({"scale": [{"score": "[90, 100]", "grade": "B"}, {"score": "[0, 90)", "grade": "A"}, {"score": "[-9, 0)", "grade": "C"}]}, "scale: the order along the score"),
        ({"scale": [{"score": "90-100", "grade": "AAA"}]}, "scale[0].score: should be an interval | 90-100"),
        ({"capital": [{"ratio": "[1, 2)", "points": "x"}]}, "capital[0].points: should be a number | x"),
        ({"capital": [{"ratio": "[1, 2)"}]}, "capital[0]: points is missing"),
        ({"capital": None}, "capital: should be a list"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_told_with_what_was_found(tmp_path: Path, change: dict[str, Any], wanted: str) -> None:
    assert any(text.startswith(wanted) for text in told(tmp_path, {**PLAIN, **change})), told(
        tmp_path, {**PLAIN, **change}
    )


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"id": ""}, "indicators[0].id: should be text"),
        ({"weight": 0}, "indicators[0].weight: the number is out of range | 0 | > 0"),
        ({"weight": True}, "indicators[0].weight: should be a number | True"),
        ({"risk": "risk_market"}, "indicators[0].risk: is not an allowed value | risk_market | capital, risk_operational"),
        ({"part": "kitchen"}, "indicators[0].part: is not an allowed value | kitchen | insurance_business"),
        ({"risk": "risk_liquidity", "part": "cases"}, "indicators[0].part: only operational risk has parts"),
        ({"from": "solvency_ratio"}, "indicators[0].from: the result has no such figure | solvency_ratio"),
        ({"from": "risk_liquidity"}, "indicators[0].from: the result has no such figure"),
        ({"from": "score"}, "indicators[0].from: the result has no such figure"),
        ({"from": "filing_breach"}, "indicators[0].from: it is a choice, so it is scored by choices"),
        ({"change": "difference"}, "indicators[0].change: a change is one of a figure"),
        ({"from": "core_ratio", "change": "yearly"}, "indicators[0].change: is not an allowed value | yearly | difference, relative"),
        ({"insurers": ["bank"]}, "indicators[0].insurers[0]: is not an allowed value | bank | property, life, reinsurer"),
        ({"insurers": []}, "indicators[0].insurers: should be a list"),
        ({"missing": "zero"}, "indicators[0].missing: should be one of these, or the points a missing one gets | zero | error, leave_out, no_score"),
        ({"bands": [{"value": "[0, 1]", "points": 1}]}, "indicators[0]: exactly one way of scoring is needed | bands、linear"),
        ({"linear": None, "bands": [{"value": "[0, 1]", "points": 1}, {"value": "[1, 2]", "points": 2}]}, "indicators[0].bands: intervals overlap | [0, 1] [1, 2]"),
        ({"linear": [{"value": 1, "points": 1}]}, "indicators[0].linear: two points or more, their values rising"),
        ({"linear": [{"value": 1, "points": 1}, {"value": 1, "points": 2}]}, "indicators[0].linear: two points or more, their values rising | 1、1"),
        ({"linear": None, "choices": {}}, "indicators[0].choices: should be choices with their points"),
        ({"linear": None, "choices": {"a": {"points": 1, "en": "B"}, "b": 2}}, "indicators[0].choices: two choices have the same name | b"),
        ({"linear": None, "from": "core_ratio", "choices": {"a": 1}}, "indicators[0].from: it is a number, so it is scored by bands or linear"),
        ({"linear": None, "from": "filing_breach", "choices": {"late": 1}}, "indicators[0].choices.late: there is no such choice | late | none, not_filed"),
        ({"wieght": 1}, "indicators[0].wieght: there is no such entry; is it weight?"),
    ],
)  # fmt: skip
def test_a_wrong_indicator_is_told_with_what_was_found(tmp_path: Path, change: dict[str, Any], wanted: str) -> None:
    one = {key: value for key, value in {**ONE, **change}.items() if value is not None}
    found = told(tmp_path, with_indicators(one))
    assert any(text.startswith(wanted) for text in found), found


def test_all_problems_of_a_file_at_once(tmp_path: Path) -> None:
    content = with_indicators(
        {**ONE, "weight": -1}, {**ONE, "risk": "x", "linear": 3}, ONE, ONE, level_scale=LEVELS[:2], colour=1
    )
    content["weights"] = {**PLAIN["weights"], "risk_liquidity": 9}
    found = told(tmp_path, content)
    for start in (
        "colour",
        "weights",
        "indicators[0].weight",
        "indicators[1].risk",
        "indicators[1].linear",
        "indicators[3].id",
    ):
        assert any(text.startswith(start) for text in found), (start, found)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("weights: {a: 1, a: 2}", "cannot be read"), ("[", "cannot be read"), ("", "should be a mapping"), ("- 1", "should be a mapping"),
    ],
)  # fmt: skip
def test_what_is_no_scheme(tmp_path: Path, content: str, wanted: str) -> None:
    assert any(wanted in text for text in told(tmp_path, content))


def test_what_only_the_whole_shows(tmp_path: Path) -> None:
    assert any("level_scale: missing" in text for text in told(tmp_path, {**PLAIN, "indicators": [ONE]}))
    without = {key: value for key, value in with_indicators(ONE).items() if key != "levels"}
    assert sum("has no indicator, and there are no points by level" in text for text in told(tmp_path, without)) == 3
    assert any(
        text.startswith("capital: nothing scores")
        for text in told(tmp_path, {k: v for k, v in PLAIN.items() if k != "capital"})
    )
    assert any(
        "level_scale: some scores belong nowhere | [0, …" in t
        for t in told(tmp_path, with_indicators(ONE, level_scale=LEVELS[:-1]))
    )
    assert any(
        "level_scale: some scores belong nowhere | [80, …" in t
        for t in told(tmp_path, with_indicators(ONE, level_scale=LEVELS[1:]))
    )
    assert any(
        "must name its part" in text
        for text in told(tmp_path, with_indicators(ONE, {**ONE, "id": "y", "part": "cases"}, parts={"cases": 1}))
    )
    assert any(
        text.startswith("parts.other: there is no such")
        for text in told(tmp_path, with_indicators({**ONE, "part": "cases"}, parts={"cases": 1, "other": 1}))
    )


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read"):
        Scheme.read(tmp_path / "none.yaml")


# --- values and where they come from ------------------------------------------------------------------------------------------


def test_one_error_for_an_insurer_names_all_that_is_missing() -> None:
    frame, table = quarters(200, 190)
    table = table[~((table["as_of"] == QUARTERS[1]) & table["indicator"].isin(["complaints", "plan_reviewed"]))]
    with pytest.raises(InputError) as caught:
        solvency.calculate(frame, scheme=INDICATORS, positions={"RiskIndicators": table})
    (problem,) = caught.value.problems
    assert problem.row == "3"
    assert "complaints（亿元保费投诉量）、plan_reviewed（战略规划年度评估）" in problem.message("zh")
    result = solvency.calculate(frame, scheme=INDICATORS, positions={"RiskIndicators": table}, on_error="reject")
    assert list(result.figures.index) == [0]


def test_a_figure_missing_because_of_another_error_is_not_told_again() -> None:
    frame, table = quarters(200)
    broken = frame.assign(minimum_capital="many")
    options: dict[str, Any] = {"scheme": INDICATORS}
    with pytest.raises(InputError) as caught:
        solvency.calculate(broken, positions={"RiskIndicators": table}, **options)
    assert [p.code for p in caught.value.problems] == ["not_a_number"]
    with pytest.raises(InputError) as caught:
        solvency.calculate(broken, positions={"RiskIndicators": table[table["indicator"] != "complaints"]}, **options)
    (missing,) = [p for p in caught.value.problems if p.code == "missing_indicator"]
    assert missing.item == "RiskIndicators.complaints"
    assert "1 indicators" in missing.en
    assert "ratio" not in missing.en


def test_rows_of_the_table_that_cannot_be_used() -> None:
    frame, table = quarters(200)
    more = pd.DataFrame(
        [{"insurer": "甲", "as_of": QUARTERS[0], "indicator": name, "value": 1, "choice": None} for name in ("complaints", "compliants", "policies_not_delivered")]
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        solvency.calculate(frame, scheme=INDICATORS, positions={"RiskIndicators": pd.concat([table, more])})
    problems = {p.code: p for p in caught.value.problems}
    assert set(problems) == {"duplicate", "unused_indicator"}
    assert problems["duplicate"].sheet == "RiskIndicators"
    assert problems["duplicate"].row == str(len(table) + 2)
    unused = [p.message("en") for p in caught.value.problems if p.code == "unused_indicator"]
    assert any("did you mean" in text or "is it complaints?" in text for text in unused)
    assert any("not for this type of insurer" in text for text in unused)


def test_without_a_scheme_nothing_changes() -> None:
    frame, table = quarters(200, 190)
    plain, beside = solvency.calculate(frame), solvency.calculate(frame, positions={"RiskIndicators": table})
    assert "score" not in plain.figures
    assert not [p for p in beside.warnings if p not in plain.warnings]
    pd.testing.assert_frame_equal(plain.to_frame(), beside.to_frame())


def test_a_scheme_that_lacks_a_side_gives_no_total(tmp_path: Path) -> None:
    content = {
        key: value
        for key, value in with_indicators(*({**ONE, "id": r, "risk": r} for r in RISKS)).items()
        if key != "levels"
    }
    content["indicators"][0]["insurers"] = ["life"]
    frame = pd.DataFrame(
        [
            {
                "insurer": "甲",
                "insurer_type": "property",
                "as_of": "2025-09-30",
                "core_tier1": 200,
                "minimum_capital": 100,
            }
        ]
    )
    table = pd.DataFrame([{"indicator": risk, "value": 90} for risk in RISKS[1:]])
    result = solvency.calculate(frame, scheme=written(tmp_path, content), positions={"RiskIndicators": table})
    assert np.isnan(result.values(0)["score"])
    assert result.values(0)["score_liquidity"] == 90
    assert [p.code for p in result.warnings] == ["scheme_incomplete"]


def test_last_quarter_is_found_in_the_input_or_in_prior() -> None:
    frame, table = quarters(200, 190)
    positions = {"RiskIndicators": table}
    together = solvency.calculate(frame, scheme=INDICATORS, positions=positions).values(1)
    second = frame.iloc[1:]
    before = solvency.calculate(frame.iloc[:1])
    for prior in (before, frame.iloc[:1], [before]):
        apart = solvency.calculate(second, scheme=INDICATORS, positions=positions, prior=prior).values(0)
        assert apart["score"] == together["score"]
    alone = solvency.calculate(second, scheme=INDICATORS, positions=positions)
    assert alone.values(0)["score_capital"] != together["score_capital"]
    # a quarter later, another insurer or an error: no base for the change
    for other in (frame.iloc[:1].assign(as_of="2024-12-31"), frame.iloc[:1].assign(insurer="乙")):
        assert (
            solvency.calculate(second, scheme=INDICATORS, positions=positions, prior=other).values(0)["score"]
            == alone.values(0)["score"]
        )
    broken = frame.assign(minimum_capital=["many", 100])
    rejecting = solvency.calculate(broken, scheme=INDICATORS, positions=positions, on_error="reject")
    assert rejecting.values(1)["score"] == alone.values(0)["score"]


def test_a_scenario_is_measured_against_its_own_or_the_base() -> None:
    keys = pd.DataFrame(
        [("a", "base", "2025-06-30"), ("a", "base", "2025-09-30"), ("a", "down", "2025-09-30"), ("a", "base", "2025-03-20"), ("a", "base", "2025-03-31"),
         ("b", "base", "2025-09-30"), ("a", "base", None), ("a", "down", "2025-12-31")],
        columns=["insurer", "scenario", "as_of"],
    )  # fmt: skip
    assert last_quarter(keys, keys).tolist() == [4, 0, 0, -1, -1, -1, -1, 2]


def test_the_table_stands_in_a_workbook(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = template("property", tmp_path / "book.xlsx", as_of="2025-09-30", positions=True)
    book = load_workbook(path)
    sheet = book["RiskIndicators"]
    assert [cell.value for cell in sheet[1]] == ["indicator", "value", "choice", "basis"]
    info = {row[0].value: row for row in book["Info"].iter_rows(min_row=4)}
    info["insurer"][3].value, info["unit"][3].value = "甲", "元"
    for row in book["S05"].iter_rows(min_row=4):
        if row[0].value == "minimum_capital":
            row[4].value = 100
    for row in book["S02"].iter_rows(min_row=4):
        if row[0].value == "core_tier1":
            row[4].value = 200
    for i, (name, value) in enumerate({**NUMBERS, **CHOICES}.items(), 4):
        sheet.cell(i, 1, name)
        sheet.cell(i, 3 if name in CHOICES else 2, value)
    book.save(path)
    assert solvency.calculate(path, scheme=INDICATORS).values(0)["score_operational"] == pytest.approx(98.5)
    found = solvency.explain(path, "score_operational", scheme=INDICATORS)
    assert "RiskIndicators!B4" in {line["source_en"] for line in found.indicators}
    sheet.cell(4, 2, "none")
    sheet.cell(13, 3, "unheard of")
    book.save(path)
    problems = solvency.check(path, scheme=INDICATORS)
    assert {"RiskIndicators!B4", "RiskIndicators!C13"} <= {p.where for p in problems}


# --- explanations -------------------------------------------------------------------------------------------------------------


def test_explained_scores_add_up() -> None:
    frame, table = quarters(200, 190)
    result = solvency.calculate(
        frame.iloc[1:], scheme=INDICATORS, positions={"RiskIndicators": table}, prior=frame.iloc[:1]
    )
    for item in (
        "score",
        "score_capital",
        "score_operational",
        "score_strategic",
        "score_reputational",
        "score_liquidity",
    ):
        found = solvency.explain(result, item)
        sides = {"capital", *RISKS}
        lines = [line for line in found.indicators if line["row"] not in sides]
        assert sum(line["weighted"] for line in lines) == pytest.approx(found.value, abs=1e-12)
        assert sum(line["weight"] for line in lines) == pytest.approx(1, abs=1e-12)
        assert "own estimate" in found.said[0][1]
        assert "illustrative scheme" in found.said[0][1]
        assert "非监管" in found.said[0][0]
        assert found.formula_en
    change = next(
        line for line in solvency.explain(result, "score_capital").indicators if line["row"] == "comprehensive_change"
    )
    assert (change["value"], change["points"]) == ("-0.1", 70)
    assert "against 2 last quarter" in change["source_en"]


def test_explained_grade_names_the_rule_that_decides() -> None:
    frame, table = quarters(90, **{QUARTERS[0]: {"notified_grade": "C", "notified_grade_quarter": "2024Q4"}})
    found = solvency.explain(frame, "grade", scheme=INDICATORS, positions={"RiskIndicators": table})
    assert found.text[1] == "C (notified by the regulator)"
    said = "\n".join(en for _, en in found.said)
    for text in (
        "latest grade notified by the regulator: C (2024Q4)", "a ratio is below its requirement: class C or D", "第十九条（三）、（四）",
        "90.00% < 100%", "not the regulator's standard: score", "Liquidity risk: fairly low (score 78 of the scheme, in [65, 80))",
    ):  # fmt: skip
        assert text in said, said
    assert found.article == "规则第11号第十九条（三）、（四）"
    total = "\n".join(
        en for _, en in solvency.explain(frame, "score", scheme=INDICATORS, positions={"RiskIndicators": table}).said
    )
    assert "a ratio is below its requirement: class C or D (规则第11号第十九条（三）、（四）)" in total
    law_only = solvency.explain(frame.assign(notified_grade=None, notified_grade_quarter=None), "grade")
    assert law_only.text[1] == "C/D (own estimate, not the regulator's)"
    assert not law_only.indicators
    with pytest.raises(UsageError, match="--scheme"):
        solvency.explain(frame, "score")


def test_a_json_result_names_its_scheme() -> None:
    frame, table = quarters(200)
    case = solvency.calculate(frame, scheme=INDICATORS, positions={"RiskIndicators": table}).to_dict()["cases"][0]
    assert case["own_estimate"]["illustrative"] is True
    assert "not the regulator's" in case["own_estimate"]["note"]
    assert case["own_estimate"]["score_liquidity"] == 78
    assert case["own_estimate"]["risk_liquidity"] == "fairly_low"
    assert "own_estimate" not in solvency.calculate(frame).to_dict()["cases"][0]


# --- grades over time -----------------------------------------------------------------------------------------------------------

NOTIFIED: dict[str, Any] = {
    QUARTERS[0]: {"notified_grade": "BB", "notified_grade_quarter": "2024Q4"},
    QUARTERS[1]: {"notified_grade": "BBB", "notified_grade_quarter": "2025Q1", "previous_grade": "BB", "previous_grade_quarter": "2024Q4"},
    QUARTERS[2]: {"notified_grade": "A", "notified_grade_quarter": "2025Q2", "previous_grade": "BBB", "previous_grade_quarter": "2025Q1"},
}  # fmt: skip


def test_moves_add_up_to_the_change_of_the_score() -> None:
    frame, table = quarters(200, 115, 95, values={QUARTERS[1]: {"negative_reports": 3, "liquidity_tools": 0.01}})
    found = grades(frame, scheme=INDICATORS, positions={"RiskIndicators": table})
    changes = found.quarters.set_index("as_of")["score"].diff().dropna()
    np.testing.assert_allclose(found.moves.groupby("as_of")["effect"].sum()[changes.index], changes, atol=1e-12)
    second = found.moves[found.moves["as_of"].astype(str) == QUARTERS[1]].set_index("indicator")
    # reputational: 0.5·0.2 of the total, from 100 to 50 points
    assert second.loc["negative_reports", "effect"] == pytest.approx(-5)
    # liquidity: 0.5·0.3·0.5 of the total, 80 → 70 points
    assert second.loc["liquidity_tools", "effect"] == pytest.approx(0.075 * -10)
    assert (second.loc["liquidity_tools", "before"], second.loc["liquidity_tools", "after"]) == (0.03, 0.01)
    # the change was left out before: its weight came from the two others
    assert second.loc["comprehensive_change", "weight_before"] == 0
    assert second.loc["core_level", "weight_before"] > second.loc["core_level", "weight_after"]


def test_events_are_what_took_effect_or_ceased() -> None:
    frame, table = quarters(200, 115, 95, **NOTIFIED, values={QUARTERS[1]: {"negative_reports": 3}})
    found = grades(frame, scheme=INDICATORS, positions={"RiskIndicators": table})
    said = [(str(e["as_of"]), e["event"], e["item"], e["before"], e["after"]) for e in found.events.to_dict("records")]
    assert said == [
        (QUARTERS[1], "rule", "grade_rule", "fairly_low", "high_risk"),
        (QUARTERS[1], "level", "risk_reputational", "low", "fairly_high"),
        (QUARTERS[1], "notified", "notified_grade", "BB", "BBB"),
        (QUARTERS[1], "own", "own_grade", "", "C"),
        (QUARTERS[1], "line", "information_line.comprehensive", 2.0, 1.15),
        (QUARTERS[1], "line", "key_verification.comprehensive", 2.0, 1.15),
        (QUARTERS[2], "rule", "grade_rule", "high_risk", "ratios_failing"),
        (QUARTERS[2], "level", "risk_reputational", "fairly_high", "low"),
        (QUARTERS[2], "notified", "notified_grade", "BBB", "A"),
        (QUARTERS[2], "own", "own_grade", "C", "C/D"),
        (QUARTERS[2], "line", "ratio_threshold.comprehensive", 1.15, 0.95),
    ]
    for event in found.events.to_dict("records"):
        assert all(event_text(event))
        assert event["article"]
    assert found.quarters["notified"].tolist() == ["BBB", "A", ""]
    back = grades(
        frame.assign(core_tier1=[95, 115, 200]), scheme=INDICATORS, positions={"RiskIndicators": table}
    ).events
    assert [e["item"] for e in back.to_dict("records") if e["event"] == "line" and "is no longer below" in event_text(e)[1]] == [
        "ratio_threshold.comprehensive", "information_line.comprehensive", "key_verification.comprehensive",
    ]  # fmt: skip


def test_several_inputs_are_one_history_in_any_order() -> None:
    frame, table = quarters(200, 190, 95, **NOTIFIED)
    positions = {"RiskIndicators": table}
    whole = grades(frame, scheme=INDICATORS, positions=positions)
    parts = [frame.iloc[[2]], frame.iloc[[0]], frame.iloc[[1]]]
    apart = grades(parts, scheme=INDICATORS, positions=positions)
    for name in ("quarters", "moves", "events"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(apart, name))
    assert not [p for p in apart.warnings if p.code == "unmatched"]
    results = [solvency.calculate(part, positions=positions) for part in parts]
    assert grades(results).quarters["notified"].tolist() == ["BBB", "A", ""]


def test_grades_without_a_scheme_and_of_many_insurers() -> None:
    rows = [
        {"insurer": name, "insurer_type": kind, "as_of": day, "core_tier1": tier, "minimum_capital": 100, "risk_liquidity": "fairly_high"}
        for name, kind, tier in (("甲", "property", 80), ("乙", "life", 300), ("丙", "reinsurer", 120)) for day in QUARTERS
    ]  # fmt: skip
    frame = pd.DataFrame(rows).sample(frac=1, random_state=1, ignore_index=True)
    found = grades(frame)
    assert found.moves.empty
    assert found.scheme == ("", "")
    assert found.quarters["insurer"].tolist() == sorted(frame["insurer"])
    one = grades(frame, insurer="乙").quarters
    assert one["as_of"].astype(str).tolist() == list(QUARTERS)
    scheme = EXAMPLES / "illustrative.yaml"
    risks = dict.fromkeys(RISKS, "low")
    scored = grades(frame.assign(**risks, core_tier1=np.arange(9) * 30 + 60), scheme=scheme)
    changes = scored.quarters.groupby("insurer")["score"].diff()
    sums = scored.moves.groupby(["insurer", "as_of"])["effect"].sum()
    for line, change in zip(scored.quarters.to_dict("records"), changes, strict=True):
        if change == change and change != 0:
            assert sums[line["insurer"], line["as_of"]] == pytest.approx(change)
    assert json.dumps(scored.to_dict(), allow_nan=False)
    assert set(scored.to_frame()["table"]) == {"quarters", "moves", "events"}


def test_grades_that_cannot_be_shown() -> None:
    frame, _ = quarters(200, 190)
    with pytest.raises(UsageError, match="more than once"):
        grades([frame, frame.iloc[:1]])
    with pytest.raises(UsageError, match="no insurer"):
        grades(frame, insurer="乙")
    with pytest.raises(UsageError):
        grades([])
    differ = frame.assign(notified_grade=["A", "B"], notified_grade_quarter=["2024Q4", "2024Q4"])
    (warning,) = [p for p in grades(differ).warnings if p.code == "grade_differs"]
    assert "2024Q4" in warning.message("en")
    (warning,) = grades(frame.assign(notified_grade="A", notified_grade_quarter=[None, "2024Q4"])).warnings
    assert warning.item == "notified_grade_quarter"
    assert warning.en.startswith("1 notified")


def test_scenarios_are_left_out() -> None:
    frame, _ = quarters(200, 190)
    both = pd.concat([frame, frame.assign(scenario="down", core_tier1=50)])
    assert grades(both).quarters["comprehensive_ratio"].tolist() == [2.0, 1.9]


# --- the command line -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    frame, table = quarters(200, 115, 95, **NOTIFIED)
    frame.to_csv(tmp_path / "quarters.csv", index=False)
    (tmp_path / "tables").mkdir()
    table.to_csv(tmp_path / "tables" / "RiskIndicators.csv", index=False)
    return str(tmp_path / "quarters.csv"), str(tmp_path / "tables")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "solvency", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )


def test_commands_take_schemes(files: tuple[str, str], tmp_path: Path) -> None:
    book, tables = files
    options = ("--positions", tables, "--scheme", str(INDICATORS))
    done = run("grades", book, *options)
    assert done.returncode == 0, done.stderr
    for text in ("得分为自行估计：示例评分方案", "2025-03-31 → 2025-06-30，得分", "comprehensive_change", "跌破"):
        assert text in done.stdout
    english = run("grades", book, *options, "--lang", "en").stdout
    assert "falls below" in english
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"甲|（.*?）|\(.*?\)", "", english))
    assert json.loads(run("grades", book, *options, "--json").stdout)["quarters"][1]["notified"] == "A"
    out = tmp_path / "grades.csv"
    assert run("grades", book, *options, "-o", str(out)).returncode == 0
    assert set(pd.read_csv(out)["table"]) == {"quarters", "moves", "events"}
    chart = run("plot", book, *options, "--kind", "grades", "-o", str(tmp_path / "grades.svg"))
    assert chart.returncode == 0, chart.stderr
    one = tmp_path / "one.csv"
    pd.read_csv(book).iloc[[1]].to_csv(one, index=False)
    explained = run("explain", str(one), "grade", *options, "--prior", book)
    assert explained.returncode == 0, explained.stderr
    assert "自行估计" in explained.stdout
    assert "RiskIndicators 15" in explained.stdout
    assert "RiskIndicators 表未使用" in run("calculate", str(one), "--positions", tables).stderr
    assert run("measures", str(one), *options, "--json").returncode == 0
    assert run("check", str(one), *options).returncode == 0
    wrong = run("calculate", str(one), "--scheme", str(written(tmp_path, {**PLAIN, "colour": 1})), "--lang", "en")
    assert wrong.returncode == 1
    assert "scheme.yaml!colour: there is no such entry" in wrong.stderr


def test_the_disclosure_says_what_is_an_own_estimate(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    frame, table = quarters(200, 190)
    options: dict[str, Any] = {"scheme": INDICATORS, "positions": {"RiskIndicators": table}}
    book = ROOT / "examples/example-invented-property.xlsx"
    of_book = solvency.disclose(book, tmp_path / "book", scheme=EXAMPLES / "illustrative.yaml")
    of_table = solvency.disclose(frame.iloc[1:], tmp_path / "table", prior=frame.iloc[:1], **options)
    for public, internal in (of_book, of_table):
        sheets = load_workbook(internal)
        texts = [str(cell.value) for row in sheets["评级"].iter_rows() for cell in row if cell.value is not None]
        assert any("自行估计" in text for text in texts)
        assert any("非监管评分标准" in text for text in texts)
        published = [
            str(c.value)
            for sheet in load_workbook(public)
            for row in sheet.iter_rows()
            for c in row
            if c.value is not None
        ]
        assert not [text for text in published if "评分方案" in text or "自行估计" in text]
    assert "-0.1" in texts  # against the quarter before


# --- what always holds ---------------------------------------------------------------------------------------------------------------

slow: dict[str, Any] = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
points = st.integers(0, 1000).map(lambda tenths: tenths / 10)


@st.composite
def monotone_schemes(draw: st.DrawFn) -> dict[str, Any]:
    """A scheme whose indicators all give more points for a higher value."""
    indicators = []
    for number in range(draw(st.integers(1, 6))):
        side = draw(st.sampled_from(("capital", *RISKS)))
        one: dict[str, Any] = {
            "id": f"i{number}",
            "zh": "甲",
            "en": "X",
            "risk": side,
            "weight": draw(st.integers(1, 50)) / 10,
        }
        ends = sorted(draw(st.lists(st.integers(0, 20), min_size=2, max_size=4, unique=True)))
        each = sorted(draw(points) for _ in range(len(ends) + 1))
        if draw(st.booleans()):
            edges = ["-inf", *ends, "inf"]
            one["bands"] = [
                {"value": f"{'(' if i == 0 else '['}{edges[i]}, {edges[i + 1]})", "points": each[i]} for i in range(len(edges) - 1)
            ]  # fmt: skip
        else:
            one["linear"] = [{"value": end, "points": p} for end, p in zip(ends, each, strict=False)]
        if draw(st.booleans()):
            one["missing"] = draw(st.sampled_from(("leave_out", "no_score", 50)))
        indicators.append(one)
    sides = {one["risk"] for one in indicators}
    scheme = with_indicators(*indicators)
    if "capital" in sides:
        del scheme["capital"]
    if not sides & set(RISKS):
        del scheme["level_scale"]
    return scheme


@given(monotone_schemes(), st.data())
@settings(max_examples=40, **slow)
def test_better_indicators_never_lower_the_score(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], data: st.DataObject
) -> None:
    scheme = Scheme.read(written(tmp_path_factory.mktemp("s"), content))
    names = [one["id"] for one in content["indicators"]]
    low = {name: data.draw(st.integers(-20, 230)) / 10 for name in names}
    high = {name: value + data.draw(st.integers(0, 50)) / 10 for name, value in low.items()}
    rows = [
        {"insurer": f"{n}", "insurer_type": "life", "as_of": "2025-09-30", "core_tier1": 200, "minimum_capital": 100}
        for n in range(2)
    ]
    frame = pd.DataFrame(rows)
    for risk in RISKS:
        if risk not in {one["risk"] for one in content["indicators"]}:
            frame[risk] = "fairly_low"
    table = pd.DataFrame(
        [
            {"insurer": f"{n}", "indicator": k, "value": v}
            for n, values in enumerate((low, high))
            for k, v in values.items()
        ]
    )
    result = solvency.calculate(frame, scheme=scheme, positions={"RiskIndicators": table})
    rating = result.ratings[0][1]
    for name in rating.scores:
        before, after = result.figures[name]
        assert before <= after + 1e-9
        assert 0 <= before <= 100
    np.testing.assert_allclose(rating.shares.sum(axis=1), 1)
    np.testing.assert_allclose(rating.contributions.sum(axis=1), result.figures["score"], atol=1e-9)
    order = ["D", "C/D", "C", "B", "A"]
    one, other = (order.index(result.status["grade_class"].iloc[i]) for i in range(2))
    assert one <= other


@given(monotone_schemes(), st.data())
@settings(max_examples=25, **slow)
def test_moves_of_any_scheme_add_up(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], data: st.DataObject
) -> None:
    scheme = Scheme.read(written(tmp_path_factory.mktemp("s"), content))
    days, names = QUARTERS, [one["id"] for one in content["indicators"]]
    optional = {one["id"] for one in content["indicators"] if "missing" in one}
    levels = [dict.fromkeys(RISKS, data.draw(st.sampled_from(("low", "severe")))) for _ in days]
    scored = {one["risk"] for one in content["indicators"]}
    frame = pd.DataFrame(
        [{"insurer": "a", "insurer_type": "life", "as_of": day, "core_tier1": 200, "minimum_capital": 100,
          **{risk: level for risk, level in each.items() if risk not in scored}} for day, each in zip(days, levels, strict=True)]
    )  # fmt: skip
    table = pd.DataFrame(
        [{"insurer": "a", "as_of": day, "indicator": name, "value": data.draw(st.integers(-20, 230)) / 10} for day in days for name in names
         if name not in optional or data.draw(st.booleans())], columns=["insurer", "as_of", "indicator", "value"],
    )  # fmt: skip
    found = grades(frame, scheme=scheme, positions={"RiskIndicators": table} if len(table) else None)
    sums = found.moves.groupby("as_of")["effect"].sum()
    changes = found.quarters.set_index("as_of")["score"].diff()
    for day, change in changes.items():
        if change == change:
            assert sums.get(day, 0.0) == pytest.approx(change, abs=1e-9)
        else:
            assert day not in sums


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 1000)), min_size=1, max_size=5))
@settings(max_examples=60, **slow)
def test_a_score_is_on_its_side_of_every_end(
    tmp_path_factory: pytest.TempPathFactory, given_: list[tuple[int, int]]
) -> None:
    """Against the weighted average in fractions, ends chosen to be hit."""
    exact = sum((Fraction(weight, 10) * Fraction(value, 10) for weight, value in given_), Fraction(0)) / sum(
        Fraction(weight, 10) for weight, _ in given_
    )
    end = float(exact) if exact.denominator in (1, 2, 5, 10) and 40 < exact < 80 else 65
    levels = [{"score": f"[{end:.1f}, 100]", "level": "low"}, {"score": f"[0, {end:.1f})", "level": "severe"}]
    indicators = [{**ONE, "id": f"i{n}", "weight": weight / 10} for n, (weight, _) in enumerate(given_)]
    scheme = Scheme.read(written(tmp_path_factory.mktemp("s"), with_indicators(*indicators, level_scale=levels)))
    frame = pd.DataFrame(
        [{"insurer": "a", "insurer_type": "life", "as_of": "2025-09-30", "core_tier1": 200, "minimum_capital": 100}]
    )
    table = pd.DataFrame([{"indicator": f"i{n}", "value": value / 10} for n, (_, value) in enumerate(given_)])
    result = solvency.calculate(frame, scheme=scheme, positions={"RiskIndicators": table})
    assert result.status["risk_operational"].iloc[0] == ("low" if exact >= Fraction(f"{end:.1f}") else "severe")
