"""Insurance risk of rules 4 and 6 beyond the golden cases: properties, exact boundaries, many insurers, explain and compare."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvency
from solvency.comparison import compare
from solvency.errors import InputError, UsageError
from solvency.position_detail import position_lines
from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import aggregate
from solvency.rules.portfolio import first_of_each
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve_total import (
    line_minimum_capital,
    premium_reserve_minimum_capital,
)
from solvency.rules.rule04_nonlife_insurance_risk.rates import ends_of, plain, rate, relative_growth, rounded, summed

ITEM = "nonlife_premium_reserve_mc"
LINES = ("property", "marine_special", "liability", "agriculture", "credit_guarantee", "accident", "health", "short_term_life", "other")  # fmt: skip
BUSINESS = {
    "motor_reserve_deviation": "0.03", "nonmotor_reserve_deviation": "0.07", "unearned_premium_deviation": "-6%", "claims_reserve_deviation": "不适用",
}  # fmt: skip
SLOW = settings(deadline=None, max_examples=15, derandomize=True)  # each example is a whole calculation
money = st.integers(0, 10**9).map(lambda cents: cents / 100)


def case(**more: Any) -> dict[str, Any]:
    return {
        "insurer": "A", "insurer_type": "property", "as_of": "2025-12-31", "core_tier1": 1e12, "control_risk_mc": 0, "total_assets": 1e15,
        "loss_absorption": 0, "market_mc": 0, "credit_mc": 0, "nonlife_catastrophe_mc": 0, **more,
    }  # fmt: skip


def line(name: str, premium: float = 1e8, reserve: float = 5e7, **more: Any) -> dict[str, Any]:
    return {
        "business_line": name, "retained_premium": premium, "outstanding_reserve": reserve, "nonproportional_ceded_premium": 0,
        "nonproportional_assumed_premium": 0, "combined_ratio": 1.02, "policy_premium": 0, **more,
    }  # fmt: skip


MOTOR = line(
    "motor", combined_ratio_change=0.015, prior_year_premium=3e9, direct_premium=1.15e9, direct_premium_prior=1e9
)
INDUSTRY = {
    "motor_premium": 8e11,
    "motor_premium_prior": 8e11,
    "financing_premium": 1e10,
    "financing_premium_prior": 1e10,
}


def tables(*rows: dict[str, Any], **more: Any) -> dict[str, pd.DataFrame]:
    found = {"IR01": pd.DataFrame(rows), "Business": pd.DataFrame([BUSINESS]), "Industry": pd.DataFrame([INDUSTRY])}
    return {**found, **more}


def total(*rows: dict[str, Any], **options: Any) -> float:
    return float(solvency.calculate(pd.DataFrame([case()]), positions=tables(*rows), **options).values()[ITEM])


# -- the kernel

NAMES = Rulebook.at("2025-12-31").correlation_labels("nonlife_premium_reserve_mc.correlation")
MATRIX = Rulebook.at("2025-12-31").correlation("nonlife_premium_reserve_mc.correlation", NAMES)
amounts = st.lists(st.floats(0, 1e9), min_size=20, max_size=20)


def kernel(values: list[float], financing: float = 0.0, rho: float = 0.5, matrix: Any = MATRIX) -> float:
    premium, reserve = np.array(values).reshape(2, 10, 1)
    return float(
        premium_reserve_minimum_capital(premium, reserve, np.array([financing]), NAMES.index("credit_guarantee"), rho, matrix)[1][0]
    )  # fmt: skip


@given(amounts, st.floats(0, 1e9), st.floats(0.01, 100))
def test_the_total_is_homogeneous(values: list[float], financing: float, scale: float) -> None:
    scaled = kernel([v * scale for v in values], financing * scale)
    assert scaled == pytest.approx(scale * kernel(values, financing), rel=1e-9, abs=1e-3)


@given(amounts, st.integers(0, 19), st.floats(0, 1e9))
def test_more_of_a_line_is_never_less_in_all(values: list[float], which: int, more: float) -> None:
    grown = [v + more if i == which else v for i, v in enumerate(values)]
    assert kernel(grown) >= kernel(values) * (1 - 1e-12)


@given(amounts, st.floats(0, 1e9))
def test_perfect_correlation_gives_the_sum(values: list[float], financing: float) -> None:
    whole = kernel(values, financing, 1.0, np.ones((10, 10)))
    assert whole == pytest.approx(sum(values) + financing, rel=1e-9, abs=1e-3)


@given(amounts)
def test_lines_together_bear_less_than_apart(values: list[float]) -> None:
    premium, reserve = np.array(values).reshape(2, 10)
    lines = line_minimum_capital(premium, reserve, 0.5)
    assert (lines <= (premium + reserve) * (1 + 1e-12)).all()
    assert kernel(values) <= lines.sum() * (1 + 1e-12)


def test_many_insurers_at_once_are_each_alone() -> None:
    rng = np.random.default_rng(3)
    premium, reserve = rng.random((2, 10, 500)) * 1e8
    financing = rng.random(500) * 1e7
    lines, whole = premium_reserve_minimum_capital(premium, reserve, financing, 5, 0.5, MATRIX)
    for i in (0, 250, 499):
        alone = premium_reserve_minimum_capital(premium[:, [i]], reserve[:, [i]], financing[[i]], 5, 0.5, MATRIX)
        assert np.array_equal(alone[0][:, 0], lines[:, i])
    assert whole == pytest.approx(aggregate(lines, MATRIX))


# -- rates on a boundary

ENDS = tuple(map(Fraction, ("-0.01", "0", "0.025", "0.05")))


@given(
    st.integers(1, 10**12), st.sampled_from(ENDS), st.integers(0, 10**12), st.integers(-2, 2), st.sampled_from((1, 10_000, 10**8))
)  # fmt: skip
def test_a_rate_is_on_the_side_that_fractions_say(
    retained: int, end: Fraction, assumed: int, off: int, scale: int
) -> None:
    """Cents of premium in yuan, ten thousands and hundred millions; the end exactly, or a cent or two beside it."""
    retained = retained * 1000 if retained < 10**9 else retained - retained % 1000
    difference = retained * end
    assert difference.denominator == 1
    typed = [int(difference) + off + assumed, assumed, retained]  # cents
    exact = Fraction(typed[0] - typed[1], typed[2])
    inside = [np.array([float(Decimal(cents) / 100 / scale) * scale]) for cents in typed]
    found = rate([plain(x) for x in inside], lambda c, a, r: (c - a) / r, ENDS)[0]
    assert np.sign(found - float(end)) == np.sign(float(exact - end))


def test_a_sum_of_rows_is_decided_by_its_rows() -> None:
    # 0.1 + 0.2 is not 0.3 in floats
    rows = np.array([[0.1, 0.2, 0.0], [0.1, 0.2, 0.1]])
    part = summed(rows.sum(axis=1), np.abs(rows).sum(axis=1), rows.shape[1], lambda at: rows[at])
    found = rate([part, plain(np.array([12.0, 16.0]))], lambda p, w: p / w, (Fraction("0.025"),))
    assert found[0] == 0.025
    assert found[1] == 0.025


amounts_of_rows = st.lists(st.integers(-(10**13), 10**13), min_size=3, max_size=3)


@given(
    amounts_of_rows,
    amounts_of_rows,
    amounts_of_rows,
    st.integers(-2, 2),
    st.sampled_from(ENDS),
    st.sampled_from((1, 10_000, 10**8)),
)
def test_sums_that_cancel_are_on_the_side_that_fractions_say(
    ceded: list[int], assumed: list[int], retained: list[int], off: int, end: Fraction, scale: int
) -> None:  # fmt: skip
    """Rows of either sign, of which little is left: the end exactly or a cent beside it; or nothing at all to divide by."""
    whole = sum(retained)
    ceded[-1] += int(end * whole) + sum(assumed) - sum(ceded) + off
    rows = [
        np.array([[float(Decimal(cents) / 100 / scale) * scale for cents in row]]) for row in (ceded, assumed, retained)
    ]
    figures = [summed(r.sum(axis=1), np.abs(r).sum(axis=1), 3, lambda at, r=r: r[at]) for r in rows]  # type: ignore[misc]
    found = rate(figures, lambda c, a, r: (c - a) / r, ENDS)[0]
    if whole == 0:
        assert np.isnan(found)
    else:
        exact = Fraction(sum(ceded) - sum(assumed), whole)
        assert [np.sign(found - float(e)) for e in ENDS] == [np.sign(float(exact - e)) for e in ENDS]


def test_what_is_left_of_a_sum_decides_whether_there_is_anything_to_divide_by() -> None:
    """0.1 + 0.2 − 0.3 is nothing, though not in floats; 1e15 + 1 − 1e15 is one."""
    nothing = np.array([[0.1, 0.2, -0.3], [1e14, 1.0, -1e14]])
    figure = summed(nothing.sum(axis=1), np.abs(nothing).sum(axis=1), 3, lambda at: nothing[at])
    part = plain(np.array([0.02, 0.025]))
    found = rate([part, figure], lambda p, w: p / w, (Fraction("0.025"),))
    assert np.isnan(found[0])
    assert found[1] == 0.025


def test_a_figure_that_is_missing_gives_no_rate() -> None:
    missing, near = plain(np.array([np.nan])), plain(np.array([1.0]))
    nothing = summed(np.array([0.0]), np.array([1.0]), 2, lambda at: np.array([[1.0, -1.0]]))
    assert np.isnan(rate([missing, nothing], lambda p, w: p / w, ENDS)[0])
    assert np.isnan(relative_growth(near, nothing, missing, near, ENDS, Decimal("0.0001"))[0])


def test_equal_figures_are_decided_once() -> None:
    calls = []

    def share(part: Any, whole: Any) -> Any:
        if isinstance(part, Fraction):
            calls.append(part)
        return part / whole

    found = rate([plain(np.full(10_000, 0.8)), plain(np.full(10_000, 1.0))], share, (Fraction("0.8"),))
    assert (found == 0.8).all()
    assert len(calls) == 1


@given(st.integers(-(10**6), 10**6))
def test_rounding_is_half_away_from_zero(millionths: int) -> None:
    value = Decimal(millionths) / 10**6
    expected = float(abs(value).quantize(Decimal("0.0001"), "ROUND_HALF_UP").copy_sign(value))
    assert rounded(np.array([float(value)]), Decimal("0.0001"))[0] == expected


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(1, 10**7), st.integers(1, 10**7))
def test_growth_rates_are_rounded_each(now: int, before: int, industry: int, industry_before: int) -> None:
    def whole(a: int, b: int) -> Decimal:
        quarter = Fraction(a - b, b) * 10_000
        steps = (abs(quarter) + Fraction(1, 2)) // 1
        return Decimal(int(steps if quarter >= 0 else -steps)) / 10_000

    figures = [plain(np.array([float(x)])) for x in (now, before, industry, industry_before)]
    found = relative_growth(figures[0], figures[1], figures[2], figures[3], (), Decimal("0.0001"))[0]
    assert found == float(whole(now, before) - whole(industry, industry_before))


@pytest.mark.parametrize(
    ("figures", "wanted"),
    [
        # 0.00005 is rounded to 0.0001, 2% stays
        ((1_000_050, 1_000_000, 102, 100), -0.0199),
        # 3% less 0.00015, rounded to 0.0002
        ((103, 100, 1_000_150, 1_000_000), 0.0298),
        # the same of shrinking figures
        ((999_950, 1_000_000, 98, 100), 0.0199),
    ],
)
def test_growth_halfway_between_two_steps(figures: tuple[int, ...], wanted: float) -> None:
    typed = [plain(np.array([float(x)])) for x in figures]
    assert relative_growth(typed[0], typed[1], typed[2], typed[3], (), Decimal("0.0001"))[0] == wanted


def test_no_growth_from_nothing() -> None:
    """Also where the other rate lies halfway between two steps."""
    tie, nothing = (1_000_050, 1_000_000), (5, 0)
    for figures in ((*tie, *nothing), (*nothing, *tie)):
        typed = [plain(np.array([float(x)])) for x in figures]
        assert np.isnan(relative_growth(typed[0], typed[1], typed[2], typed[3], (), Decimal("0.0001"))[0])


def test_the_ends_of_a_table() -> None:
    table = Rulebook.at("2025-12-31").table("premium.k_nonproportional")
    assert ends_of(table, "nonproportional_share") == ENDS


def test_first_of_each_group() -> None:
    assert first_of_each(np.array([2, 0, 2, 1, 0]), 4).tolist() == [True, True, False, True, False]


# -- tables


@SLOW
@given(st.permutations([MOTOR, *(line(name) for name in LINES)]))
def test_the_order_of_rows_does_not_matter(rows: list[dict[str, Any]]) -> None:
    assert total(*rows) == pytest.approx(total(MOTOR, *(line(name) for name in LINES)), rel=1e-12)


@SLOW
@given(st.sampled_from((MOTOR, *(line(name) for name in LINES))), st.integers(0, 100))
def test_a_line_in_two_rows_is_the_line(whole: dict[str, Any], hundredths: int) -> None:
    rates = ("business_line", "combined_ratio", "combined_ratio_change")
    parts = [
        {k: v if k in rates else v * share / 100 for k, v in whole.items()} for share in (hundredths, 100 - hundredths)
    ]
    assert total(*parts) == pytest.approx(total(whole), rel=1e-12)


@SLOW
@given(st.sampled_from(LINES), money, money, st.floats(1.01, 3))
def test_more_reserve_is_never_less_capital(name: str, premium: float, reserve: float, more: float) -> None:
    assert total(line(name, premium, reserve * more)) >= total(line(name, premium, reserve)) * (1 - 1e-12)


def test_amounts_are_in_the_unit_of_the_input() -> None:
    rows = [line("property", 40.1, 5, nonproportional_ceded_premium=40.1 * 0.025)]
    in_unit = tables(*rows)
    one = solvency.calculate(pd.DataFrame([case(core_tier1=1e8)]), positions=in_unit, unit="万元")
    yuan = [line("property", 401_000, 50_000, nonproportional_ceded_premium=10_025)]
    assert one.values()[ITEM] == pytest.approx(total(*yuan))
    assert position_lines(one).iloc[0]["coefficients"]["k_nonproportional"] == -0.012


def test_the_industry_belongs_to_every_insurer_of_its_date() -> None:
    days = ("2025-09-30", "2025-12-31")
    cases = pd.DataFrame([case(insurer=name, as_of=day) for name in "ABC" for day in days])
    keys = cases[["insurer", "as_of"]]
    of_each = {
        "IR01": keys.assign(**MOTOR),
        "Business": keys.assign(**BUSINESS),
        "Industry": pd.DataFrame(
            [{"as_of": days[0], **INDUSTRY}, {"as_of": days[1], **INDUSTRY, "motor_premium": 4e12}]
        ),
    }
    result = solvency.calculate(cases, positions=of_each)
    growth = [
        position_lines(result, row, sheet="IR01")["coefficients"].iloc[0].get("k_motor_growth", 0) for row in range(6)
    ]
    # 15% against 0%, and against 400%
    assert growth == [0.15, 0, 0.15, 0, 0.15, 0]
    with pytest.raises(UsageError, match="as_of"):
        solvency.calculate(cases, positions={**of_each, "Industry": pd.DataFrame([INDUSTRY])})
    one_day = pd.DataFrame([case(insurer=name) for name in "AB"])
    given_once = {code: pd.DataFrame([{"insurer": n, **row} for n in "AB"]) for code, row in (("IR01", MOTOR), ("Business", BUSINESS))}  # fmt: skip
    assert len(solvency.calculate(one_day, positions={**given_once, "Industry": pd.DataFrame([INDUSTRY])}).figures) == 2


def test_every_insurer_that_lacks_a_rate_is_refused() -> None:
    count = 150
    names = [f"{i:03}" for i in range(count)]
    cases = pd.DataFrame([case(insurer=name) for name in names])
    rows = pd.DataFrame([{"insurer": name, **line("liability", combined_ratio=None if i else 1.0)} for i, name in enumerate(names)])  # fmt: skip
    business = pd.DataFrame([{"insurer": name, **BUSINESS} for name in names])
    result = solvency.calculate(cases, positions={"IR01": rows, "Business": business}, on_error="reject")
    assert list(result.figures.index) == [0]


def test_not_applicable_is_typed() -> None:
    for word in ("不适用", "not applicable", " Not Applicable "):
        assert total(line("liability", combined_ratio=word)) == total(line("liability", combined_ratio=0.97))
    with pytest.raises(InputError, match="综合成本率"):
        total(line("liability", combined_ratio="暂无"))


def test_a_negative_exposure_is_told_with_what_it_would_be_floored() -> None:
    result = solvency.calculate(pd.DataFrame([case()]), positions=tables(line("property", -1e8)))
    told = [p for p in result.warnings if p.code == "negative_exposure"]
    assert len(told) == 1
    assert told[0].sheet == "IR01"
    literal, floored = (float(text.replace(",", "")) for text in told[0].found.split(" → "))
    assert literal == pytest.approx(result.values()[ITEM])
    assert floored == pytest.approx(total(line("property", -1e8), readings={"negative_exposure": "floored"}))


def test_a_typed_sub_risk_must_agree() -> None:
    with pytest.raises(InputError, match="不一致"):
        solvency.calculate(pd.DataFrame([case(**{ITEM: 1e6})]), positions=tables(line("property")))


def test_a_draft_changes_a_line(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 征求意见稿\ntitle: {zh: 稿, en: Draft}\nissued: 2026-01-01\neffective: 2026-01-01\nfactors:\n  premium.rf0:\n    article: 一\n"
        "    table: [{key: liability, business_line: liability, value: 0.4}]\n",
        encoding="utf-8",
    )
    row = line("liability", reserve=0)
    assert total(row, drafts=[draft]) / total(row) == pytest.approx(0.4 / 0.203)


# -- why, and what changed


def test_explain_shows_the_lines_by_name() -> None:
    result = solvency.calculate(
        pd.DataFrame([case()]), positions=tables(MOTOR, line("property"), {"business_line": "property", "segment": "science_technology", "retained_premium": 1e7, "outstanding_reserve": 0})
    )  # fmt: skip
    whole = solvency.explain(result, ITEM)
    assert whole.origin == "computed"
    assert whole.position_count == 6
    assert {f["name"] for f in whole.factors} == {
        "nonlife_line_mc.correlation",
        "nonlife_premium_reserve_mc.correlation",
    }
    names = {(p["name"], p["name_en"]) for p in whole.positions}
    assert names == {
        (f"{zh} · {risk}", f"{en} · {risk_en}")
        for zh, en in (("车险", "Motor"), ("财产险", "Property"), ("财产险 · 科技保险", "Property · Science-and-technology insurance"))
        for risk, risk_en in (("保费风险", "Premium risk"), ("准备金风险", "Reserve risk"))
    }  # fmt: skip
    motor = solvency.explain(result, "IR01.motor").positions
    assert {p["group"] for p in motor} == {"premium", "reserve"}
    premium = next(p for p in motor if p["group"] == "premium")
    assert premium["coefficients"] == pytest.approx({"k_combined_ratio": 0.05, "k_combined_ratio_change": 0.05, "k_motor_growth": 0.15, "k_redundancy": -0.05})  # fmt: skip
    assert [text.endswith(end) for text, end in zip(premium["citations"], ("第十条", "二（四）"), strict=True)] == [
        True,
        True,
    ]
    assert premium["minimum_capital"] == pytest.approx(1e8 * 0.103 * 1.25 * 0.95)
    assert solvency.explain(result, "IR01").position_count == 6


def test_each_coefficient_cites_the_article_of_its_line() -> None:
    result = solvency.calculate(pd.DataFrame([case()]), positions=tables(line("health", reserve=0)))
    cited = position_lines(result, sheet="IR01").iloc[0]["citations"]
    assert cited[0].endswith("第十七条")
    assert len(cited) == 2  # the coefficient is of the same article; then the notice


def effects(before: dict[str, Any], after: dict[str, Any], **more: Any) -> pd.DataFrame:
    cases = pd.DataFrame([case()])
    found = compare(cases, cases, positions_before=before, positions_after=after, **more)
    change = found.figures.set_index("item")["change"][ITEM]
    lines = found.positions[found.positions["sub_risk"] == ITEM]
    assert lines["effect"].sum() == pytest.approx(change, rel=1e-9, abs=1e-3)
    return lines.set_index("step")["effect"]


def test_the_change_of_lines_adds_up() -> None:
    before = tables(MOTOR, line("property"), line("liability"))
    after = tables({**MOTOR, "retained_premium": 2e8}, line("property", combined_ratio=0.9), line("health"))
    found = effects(before, after)
    assert set(found.index) == {"gone", "volume", "coefficients", "new", "aggregation"}
    assert found["volume"] == pytest.approx(1e8 * 0.103 * 1.25 * 0.95)
    assert found["coefficients"] == pytest.approx(1e8 * 0.391 * -0.1 * 0.95)


def test_the_notices_are_told_apart_in_a_change() -> None:
    held = tables(line("credit_guarantee", segment="export_credit"))
    cases = pd.DataFrame([case()])
    found = compare(cases, None, rules_before="2023-06-30", rules_after="2025-12-31", positions_before=held)
    lines = found.positions[found.positions["sub_risk"] == ITEM]
    assert set(lines["document"]) - {""} == {"金规〔2023〕5号", "金规〔2025〕24号"}
    assert lines["effect"].sum() == pytest.approx(found.figures.set_index("item")["change"][ITEM])
