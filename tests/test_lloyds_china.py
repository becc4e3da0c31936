"""Lloyd's China (rule 20): levels without figures of the whole, boundaries in decimals, output, and the kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvency
from solvency.errors import InputError
from solvency.excel.position_sheets import sheets_for
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


def test_levels_in_error_are_not_told_to_be_missing() -> None:
    with pytest.raises(InputError) as caught:
        whole(level("department", "many", 200, 100), level("company", 30, 30))
    assert "not_covered" not in {p.code for p in caught.value.problems}


def test_a_department_of_another_insurer_is_shown() -> None:
    rows = [
        {"business_line": "other", "retained_premium": 1, "outstanding_reserve": 1, "department": name}
        for name in (None, "A")
    ]
    with pytest.raises(InputError) as caught:
        solvency.calculate(company(organisation="ordinary"), positions={"IR01": pd.DataFrame(rows)})
    assert [(p.row, p.found) for p in caught.value.problems if p.code == "not_lloyds"] == [("3", "A")]


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


def test_levels_that_lack_a_figure_are_not_said_to_be_missing() -> None:
    """Levels without ratios are there all the same: the table is asked for only where it is not given."""
    for lacking in (
        [level("department", 150, 200), level("company", 30, 30)],
        [level("company", 30, 30)],
        [level("department", 150, 200, direct_premium_reserve_mc=10), level("company", 30, 30)],
    ):
        with pytest.raises(solvency.InputError) as caught:
            whole(*lacking)
        assert "not_covered" not in {p.code for p in caught.value.problems}


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


# -- departments out of their business

DEPARTMENTS = [level("department", 5e7, 6e7, department=name) for name in "AB"] + [level("company", 1e7, 1e7)]
BUSINESS = {
    "Departments": pd.DataFrame(DEPARTMENTS),
    "IR01": pd.DataFrame(
        [
            {"department": name, "business_line": "property", "segment": None, "gross_premium": premium, "gross_reserve": 5e7}
            for name, premium in (("A", 1e8), ("B", 2e8))
        ]
    ),
    "IR03": pd.DataFrame(
        [
            {"department": name, "business_line": line, "gross_premium": 1e8, "gross_reserve": 5e7}
            for name in "AB" for line in ("property", "nonproportional_property")
        ]
    ),
}  # fmt: skip


def test_explain_shows_departments_and_what_is_left_out() -> None:
    result = solvency.calculate(company(), positions=BUSINESS)
    why = solvency.explain(result, "IR01")
    assert {line["department"] for line in why.form} == {"A", "B"}
    totals = [line["minimum_capital"] for line in why.form if line["row"] == "11"]
    assert why.value == pytest.approx(sum(totals))
    own = solvency.explain(result, "IR01.A").positions
    assert [line["name_en"] for line in own] == ["A · Property · Premium risk", "A · Property · Reserve risk"]
    assert own[0]["details"]["not_applied"] == "k_combined_ratio, k_nonproportional"
    assert own[1]["details"]["not_applied"] == "k_run_off"
    assert any("第20号" in cited and "第十三条（一）" in cited for cited in own[0]["citations"])
    assert "lloyds_coefficients" in own[0]["readings"]
    assumed = solvency.explain(result, "IR03.A").positions
    by_line = {(line["group"], line["rf0_row"]): line for line in assumed}
    assert by_line["premium", "property"]["details"]["not_applied"] == "k_nonproportional, k_combined_ratio"
    assert any("第6号" in cited for cited in by_line["premium", "property"]["citations"])
    assert by_line["premium", "nonproportional_property"]["details"] == {}
    assert by_line["premium", "nonproportional_property"]["citations"][0] == "规则第20号第十二条（一）"
    levels = solvency.explain(result, "Departments")
    assert [line["en"] for line in levels.details] == ["A", "B", "Company level"]
    assert levels.details[0]["direct_premium_reserve_mc"] == pytest.approx(totals[0])
    assert levels.value == pytest.approx(result.levels()["insurance_mc"].sum())
    assert [line["en"] for line in solvency.explain(result, "Departments.B").details] == ["B"]
    assert [line["en"] for line in solvency.explain(result, "department_core_ratio").details] == ["A", "B"]
    assert [line["en"] for line in solvency.explain(result, "company_level_core_ratio").details] == ["Company level"]
    with pytest.raises(solvency.errors.UsageError):
        solvency.explain(result, "Departments.C")


def test_business_beside_that_of_ordinary_insurers() -> None:
    """Stacked with others in one table each is as it is alone, and no department is part of another's forms."""
    other = {"business_line": "property", "retained_premium": 1e8, "outstanding_reserve": 5e7, "combined_ratio": 1.2,
             "nonproportional_ceded_premium": 0, "nonproportional_assumed_premium": 0}  # fmt: skip
    cases = pd.concat([company().assign(insurer=name) for name in ("L", "M")] + [
        company().assign(insurer="P", organisation="ordinary", minimum_capital=None, core_tier1=1e9, market_mc=0, credit_mc=0, control_risk_mc=0,
                         nonlife_catastrophe_mc=0, nonlife_insurance_mc=None)
    ], ignore_index=True)  # fmt: skip
    shared = {
        name: pd.concat([frame.assign(insurer="L"), frame.assign(insurer="M")]) for name, frame in BUSINESS.items()
    }
    shared["IR01"] = pd.concat([shared["IR01"], pd.DataFrame([{**other, "insurer": "P"}])])
    shared["Business"] = pd.DataFrame([{"insurer": "P", "motor_reserve_deviation": 0, "nonmotor_reserve_deviation": 0}])
    result = solvency.calculate(cases, positions=shared)
    alone = solvency.calculate(company(), positions=BUSINESS)
    for row in (0, 1):
        pd.testing.assert_frame_equal(result.levels(row), alone.levels(), check_dtype=False)
        assert len(solvency.position_lines(result, row)) == len(solvency.position_lines(alone)) == 12
    assert result.values(2)["nonlife_premium_reserve_mc"] > 0
    assert np.isnan(result.values(0)["nonlife_premium_reserve_mc"])
    assert len(solvency.position_lines(result, 2)) == 2
    assert (
        len(solvency.explain(result, "IR01", insurer="P").form)
        == len(solvency.explain(result, "IR01", insurer="M").form) / 2
    )


def test_problems_of_departments_are_told_of_at_their_company() -> None:
    broken = BUSINESS["IR01"].assign(gross_premium=["x", 2e8], segment=["export_credit", None])
    cases = pd.concat([company().assign(insurer=name) for name in ("K", "L")], ignore_index=True)
    tables = {name: frame.assign(insurer="L") for name, frame in {**BUSINESS, "IR01": broken}.items()}
    result = solvency.calculate(
        cases.assign(minimum_capital=[10, None], core_tier1=[30, None]), positions=tables, on_error="reject"
    )
    assert list(result.figures.index) == [0]
    assert result.rejects is not None
    assert result.rejects["insurer"].tolist() == ["L"]
    segment = BUSINESS["IR01"].assign(segment=[None, "policy_export_credit"])
    with pytest.raises(solvency.InputError) as caught:
        solvency.calculate(company(), positions={**BUSINESS, "IR01": segment})
    assert [(p.sheet, p.row, p.item, p.code) for p in caught.value.problems if p.severity == "error"] == [
        ("IR01", "3", "IR01.segment", "not_allowed")
    ]


def test_compare_takes_departments() -> None:
    after = {**BUSINESS, "IR01": BUSINESS["IR01"].assign(gross_premium=[3e8, 2e8])}
    compared = solvency.compare(company(), company(), positions_before=BUSINESS, positions_after=after)
    assert compared.effects["effect"].notna().all()


@pytest.mark.parametrize("kind", ["property", "reinsurer"])
def test_the_template_of_lloyds_china_has_its_columns(kind: str, tmp_path: Path) -> None:
    path = solvency.template(kind, tmp_path / "l.xlsx", positions=True, organisation="lloyds_china", lang="en")
    book = openpyxl.load_workbook(path)
    assert {"Departments", "IR01", "IR03"} <= set(book.sheetnames)
    assert not {"IR02", "IR04", "CatExposures", "IR01-1", "Business"} & set(book.sheetnames)
    info = {row[0].value: [cell.value for cell in row] for row in book["Info"].iter_rows()}
    assert "lloyds_china" in info["organisation"]
    for code in ("IR01", "IR03"):
        shades = {cell.value: (book[code].cell(4, cell.column).fill.fgColor.rgb) for cell in book[code][1]}
        assert {"department", "gross_premium", "gross_reserve"} <= set(shades)
        assert len({shades[name] for name in ("department", "business_line", "gross_premium", "gross_reserve")}) == 1
        assert shades["retained_premium"] != shades["gross_premium"]
    _filled(book, tmp_path / "filled.xlsx")
    result = solvency.calculate(tmp_path / "filled.xlsx")
    assert result.levels()["direct_premium_reserve_mc"][0] == pytest.approx(584.1547312142562)


def _filled(book: Any, path: Path) -> None:
    rows = {
        "Departments": [level("department", 5000, 5000, proportional_premium_reserve_mc=0, nonproportional_premium_reserve_mc=0), level("company", 1000, 1000)],
        "IR01": [{"department": "A", "business_line": "property", "gross_premium": 1000, "gross_reserve": 500}],
    }  # fmt: skip
    for code, lines in rows.items():
        heads = {cell.value: cell.column for cell in book[code][1]}
        for i, line in enumerate(lines):
            for name, value in line.items():
                book[code].cell(4 + i, heads[name]).value = value
    sheet = book["Info"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    for row in range(4, sheet.max_row + 1):
        item = sheet.cell(row, heads["item"]).value
        if item in ("insurer", "as_of", "unit", "total_assets"):
            sheet.cell(row, heads["value"]).value = {
                "insurer": "L",
                "as_of": "2022-03-31",
                "unit": "元",
                "total_assets": 1e9,
            }[item]
    book.save(path)


@pytest.mark.parametrize("kind", ["property", "life", "reinsurer"])
def test_other_templates_offer_none_of_it(kind: str) -> None:
    for table in sheets_for(kind):
        assert table.sheet != "Departments"
        assert not {"department", "gross_premium", "gross_reserve"} & {column.id for column in table.columns}
    with pytest.raises(solvency.errors.UsageError):
        solvency.template("life", "x.xlsx", organisation="lloyds_china")
    with pytest.raises(solvency.errors.UsageError):
        solvency.template(kind, "x.xlsx", organisation="lloyd")


def test_every_coefficient_that_is_left_out_exists() -> None:
    rulebook = Rulebook.at("2025-12-31")
    for name, groups in (
        ("lloyds.not_applied.direct_premium", "premium"), ("lloyds.not_applied.direct_reserve", "reserve"), ("lloyds.not_applied.reinsurance_premium", "premium"),
    ):  # fmt: skip
        for reading in ("experience", "all"):
            for member in Rulebook.at("2025-12-31", readings={"lloyds_coefficients": reading}).members(name):
                assert rulebook.has(f"{groups}.{member}") or rulebook.has(f"{groups}.discount{member[1:]}"), member


@pytest.mark.parametrize(
    ("sheet", "kind", "column"),
    [("IR01", "property", "direct_premium_reserve_mc"), ("IR03", "reinsurer", "reinsurance_premium_reserve_mc")],
)
def test_a_department_bears_what_an_insurer_without_coefficients_does(sheet: str, kind: str, column: str) -> None:
    """Twenty departments on random gross business beside twenty insurers with as much net, no rate of which is applicable."""
    rng = np.random.default_rng(7)
    lines = [
        "property",
        "marine_special",
        "liability",
        "credit_guarantee",
        "accident",
        "health",
        "short_term_life",
        "other",
    ]
    lines += (
        ["nonproportional_property", "nonproportional_liability", "nonproportional_special"]
        if kind == "reinsurer"
        else []
    )
    names = [f"D{i}" for i in range(20)]
    business = pd.DataFrame({"department": np.repeat(names, len(lines)), "business_line": lines * 20})
    business = business.assign(
        gross_premium=rng.integers(0, 10**8, len(business)), gross_reserve=rng.integers(0, 10**8, len(business))
    )
    others = {name: 0 for name in NOTHING if name not in (column, "insurance_mc")}
    others = (
        {"direct_premium_reserve_mc": 0} if kind == "reinsurer" else {**others, "reinsurance_premium_reserve_mc": None}
    )
    levels = [level("department", 1e9, 1e9, department=name, **others) for name in names] + [level("company", 1e9, 1e9)]
    departments = solvency.calculate(
        company(), positions={"Departments": pd.DataFrame(levels), sheet: business}
    ).levels()
    net = business.rename(
        columns={"department": "insurer", "gross_premium": "retained_premium", "gross_reserve": "outstanding_reserve"}
    )
    net = net.assign(combined_ratio="不适用", nonproportional_ceded_premium=0, nonproportional_assumed_premium=0)
    cases = pd.DataFrame({"insurer": names, "insurer_type": kind, "as_of": "2022-03-31", "core_tier1": 1e12, "control_risk_mc": 0, "market_mc": 0, "credit_mc": 0,
                          "life_insurance_mc": 0, "nonlife_catastrophe_mc": 0})  # fmt: skip
    own = {
        "Business": pd.DataFrame(
            {"insurer": names, "motor_reserve_deviation": "不适用", "nonmotor_reserve_deviation": "不适用"}
        )
    }
    insurers = solvency.calculate(cases, positions={sheet: net, **(own if kind == "property" else {})})
    wanted = insurers.figures["nonlife_premium_reserve_mc"].to_numpy()
    assert departments[column].to_numpy()[:20] == pytest.approx(wanted, rel=1e-12)
