"""Lloyd's China (rule 20): levels without figures of the whole, boundaries in decimals, output, and the kernel."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvency
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule20_lloyds_china.levels import TOP, lloyds_levels

DATES = ("2022-03-31", "2023-09-10", "2025-12-31")
NOTHING = dict.fromkeys(
    ("insurance_mc", "direct_premium_reserve_mc", "proportional_premium_reserve_mc", "nonproportional_premium_reserve_mc",
     "reinsurance_premium_reserve_mc"), np.nan,
)  # fmt: skip


def company(**figures: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [{"insurer": "L", "insurer_type": "property", "organisation": "lloyds_china", "as_of": "2022-03-31", **figures}]
    )


def level(kind: str, core: float, actual: float, insurance: float | None = None, **more: Any) -> dict[str, Any]:
    name = more.pop("department", "A" if kind == "department" else None)
    return {"level": kind, "department": name, "core_capital": core, "actual_capital": actual, "insurance_mc": insurance,
            "market_mc": 0, "credit_mc": 0, **more}  # fmt: skip


def whole(*levels: dict[str, Any], figures: dict[str, Any] | None = None, **options: Any) -> Any:
    return solvency.calculate(company(**figures or {}), positions={"Departments": pd.DataFrame(levels)}, **options)


def test_the_levels_are_enough() -> None:
    """Nothing of S01, S02 and S05 is needed, and no surplus is made of levels (rule 18, article 86)."""
    result = whole(level("department", 150, 200, 100), level("company", 30, 30))
    values = result.values()
    assert values["core_ratio"] == pytest.approx(0.6 * 1.5 + 0.4 * 2)
    assert values["comprehensive_ratio"] == pytest.approx(0.6 * 2 + 0.4 * 2)
    assert np.isnan([values["minimum_capital"], values["core_surplus"], values["comprehensive_surplus"]]).all()
    assert not result.warnings
    assert result.distances()["capital"].isna().all()


@pytest.mark.parametrize(
    ("department", "of_company", "wanted"),
    [
        # 0.6·0.7 + 0.4·0.2 = 0.5 exactly, though 0.42 + 0.08 is not so in binary; a yuan of capital less is below
        (70, 3.0, 0.5),
        (69.999, 3.0, None),
        # 0.6·0.3 + 0.4·0.8 = 0.5
        (30, 12.0, 0.5),
        (30, 11.9999999, None),
        (10, 16.5, 0.5),
    ],
)
def test_a_whole_on_its_requirement_is_decided_in_decimals(
    department: float, of_company: float, wanted: float | None
) -> None:
    result = whole(level("department", department, 200, 100), level("company", of_company, 40))
    ratio = result.values()["core_ratio"]
    assert ratio == wanted if wanted else ratio < 0.5
    ids = {measure.id for measure in result.measures()}
    assert ("supervisory_talk" in ids) is (wanted is None)


@pytest.mark.parametrize(("core", "sufficient"), [(0.15, True), (0.1499999999, False)])
def test_a_level_on_its_requirement_is_decided_in_decimals(core: float, sufficient: bool) -> None:
    """0.15 ÷ (0.1 + 0.2) = 0.5: the department's 0.3 of insurance capital, typed in units of 亿元."""
    result = solvency.calculate(
        company(), unit="亿元", positions={"Departments": pd.DataFrame([level("department", core, 9, 0.3), level("company", 9, 9)])}
    )  # fmt: skip
    assert result.levels()["sufficient"].tolist() == [sufficient, True]
    assert [p.code for p in result.warnings] == ([] if sufficient else ["level_insufficient"])


def test_a_level_without_minimum_capital_has_no_ratio() -> None:
    result = whole(
        level("department", 150, 200, 100), level("department", 5, 5, 0, department="B"), level("company", 30, 30)
    )
    levels = result.levels()
    assert np.isnan(levels["core_ratio"][1])
    assert levels["sufficient"][1] is None
    assert result.values()["department_core_ratio"] == pytest.approx(1.55)


def test_the_ratios_are_explained_and_written_out() -> None:
    result = whole(level("department", 150, 200, 100), level("company", 30, 30), figures={"notified_grade": "A"})
    why = solvency.explain(result, "core_ratio")
    assert [line.item for line in why.inputs] == ["department_core_ratio", "company_level_core_ratio"]
    assert [factor["value"] for factor in why.factors] == [0.6, 0.4]
    assert "第20号" in why.article
    assert "第20号" in solvency.explain(result, "department_core_ratio").article
    case = json.loads(result.to_json())["cases"][0]
    assert [one["level"] for one in case["levels"]] == ["department", "company"]
    assert case["levels"][0]["core_ratio"] == 1.5
    assert case["levels"][1]["department"] is None
    assert case["S01"]["core_ratio"] == pytest.approx(1.7)
    assert case["other"]["department_core_ratio"] == 1.5
    assert case["compliant"] is True
    assert result.to_frame()["company_level_core_ratio"].tolist() == [2.0]


def test_others_are_as_before() -> None:
    """Beside Lloyd's China, and for Lloyd's China without levels."""
    plain = {"insurer_type": "property", "as_of": "2022-03-31", "minimum_capital": 10, "core_tier1": 30}
    cases = pd.DataFrame([{"insurer": "P", **plain}, {"insurer": "N", **plain, "organisation": "lloyds_china"},
                          {**plain, "insurer": "L", "organisation": "lloyds_china"}])  # fmt: skip
    levels = pd.DataFrame([level("department", 150, 200, 100), level("company", 30, 30)]).assign(insurer="L")
    result = solvency.calculate(cases, positions={"Departments": levels})
    assert result.figures["core_ratio"].tolist() == pytest.approx([3, 3, 1.7])
    assert result.figures["core_surplus"].tolist()[:2] == [20, 20]
    assert [(i, p.code) for i, p in zip(result.warning_rows, result.warnings, strict=True)] == [(1, "not_covered")]
    assert [len(result.levels(row)) for row in range(3)] == [0, 0, 2]
    assert "levels" not in json.loads(result.to_json())["cases"][0]
    assert [line.item for line in result.explain("core_ratio", 0).inputs] == ["core_capital", "minimum_capital"]


def test_two_quarters_of_lloyds_china_compare() -> None:
    tables = [
        {"Departments": pd.DataFrame([level("department", core, 200, 100), level("company", 30, 30)])} for core in (150, 100)
    ]  # fmt: skip
    compared = solvency.compare(company(), company(), positions_before=tables[0], positions_after=tables[1])
    effects = compared.effects[compared.effects["measure"] == "core_ratio"]
    assert effects["effect"].sum() == pytest.approx(-0.3)


def test_the_size_needed_after_the_notice_is_asked_for() -> None:
    levels = pd.DataFrame([level("department", 150, 200, 100), level("company", 30, 30)])
    result = solvency.calculate(
        company().assign(as_of="2025-12-31", size_coefficient=0.9), positions={"Departments": levels}
    )
    assert result.values()["core_ratio"] == pytest.approx(1.7 / 0.9)
    with pytest.raises(solvency.InputError) as caught:
        solvency.calculate(company().assign(as_of="2025-12-31"), positions={"Departments": levels})
    assert [(p.item, p.code) for p in caught.value.problems if p.severity == "error"] == [("total_assets", "missing")]


@pytest.mark.parametrize("day", DATES)
def test_both_matrices_hold_the_same_for_the_three_risks(day: str) -> None:
    """So it is no question which of them a level takes."""
    rulebook = Rulebook.at(day)
    labels = rulebook.correlation_labels("quantified_mc.correlation.reinsurer")
    places = [labels.index(name) for name in TOP]
    reinsurer = rulebook.correlation("quantified_mc.correlation.reinsurer", labels)[np.ix_(places, places)]
    assert (reinsurer == rulebook.correlation("quantified_mc.correlation.property", TOP)).all()


def test_levels_without_a_size_coefficient() -> None:
    frame = pd.DataFrame([{**NOTHING, **level("department", 150, 200, 100)}, {**NOTHING, **level("company", 30, 30)}])
    levels, _ = lloyds_levels(frame.assign(case=0).astype({"insurance_mc": float}), Rulebook.at("2025-12-31"))
    assert levels["minimum_capital"].tolist() == pytest.approx([100, 15])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(1, 10**9), min_size=4, max_size=4), min_size=2, max_size=8), st.integers(1, 3))
def test_each_company_is_worked_out_alone(departments: list[list[int]], companies: int) -> None:
    """Many companies stacked, in any order, give what each gives alone."""
    rows = [
        {**NOTHING, "case": i % companies, "level": "department", "core_capital": core, "actual_capital": core + 1, "insurance_mc": insurance,
         "market_mc": market, "credit_mc": credit}
        for i, (core, insurance, market, credit) in enumerate(departments)
    ]  # fmt: skip
    present = sorted({row["case"] for row in rows})
    rows += [
        {
            **NOTHING,
            "case": i,
            "level": "company",
            "core_capital": 5,
            "actual_capital": 6,
            "market_mc": 1,
            "credit_mc": 2,
        }
        for i in present
    ]
    frame = pd.DataFrame(rows).sample(frac=1, random_state=1)
    rulebook = Rulebook.at("2025-12-31")
    levels, stacked = lloyds_levels(frame, rulebook, 0.9)
    assert list(levels.index) == list(frame.index)
    for i in present:
        own = frame[frame["case"] == i]
        _, alone = lloyds_levels(own.assign(case=0), rulebook, 0.9)
        for name in alone:
            assert stacked[name][i] == pytest.approx(alone[name][0], rel=1e-12)
        assert alone["core_ratio"][0] == pytest.approx(
            0.6 * alone["department_core_ratio"][0] + 0.4 * alone["company_level_core_ratio"][0]
        )
