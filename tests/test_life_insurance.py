"""Life insurance risk (rules 5 and 6): factors for projections, the reserve curve, present values, properties, the ways out."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvency
from solvency.errors import InputError, UsageError
from solvency.excel.check import check
from solvency.excel.rule15_disclosure import disclose
from solvency.excel.template import template
from solvency.regulation.rulebook import Rulebook
from solvency.result import Result
from solvency.rules.discount_curve import discount_factors, factors_by_forward, forward_rates
from solvency.rules.rule05_life_insurance_risk.units import PLAIN, SCENARIOS
from solvency.tables.positions.forms import form_rows
from solvency.terminal import print_explanation

RULES = Rulebook.at("2024-03-31")
NONE = "不适用"
LIFE = ("life_loss_mc", "life_lapse_mc", "life_expense_mc")
DAYS = ("2022-03-31", "2023-09-30", "2025-12-31")
curves_of_rates = st.lists(st.floats(-0.01, 0.1), min_size=39, max_size=39).map(np.array)


def unit(name: str, base: float | None, **given: Any) -> dict[str, Any]:
    """A unit to which nothing applies but what is given."""
    values = {f"pv_{s}": NONE for s in SCENARIOS if s not in ("base", "base_with_cash_value")}
    typed = {
        key if key in ("product_class", "lapse_type", "cash_value") else f"pv_{key}": v for key, v in given.items()
    }
    return {"id": name, "product_class": "other", "pv_base": base, **values, **typed}


def insurers(count: int = 1, **given: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "insurer": str(i), "insurer_type": "life", "as_of": "2024-03-31", "core_tier1": 1e12, "total_assets": 1e15, "control_risk_mc": 0,
                "loss_absorption": 0, "market_mc": 0, "credit_mc": 0, "nonlife_insurance_mc": 0, **given,
            }
            for i in range(count)
        ]
    )  # fmt: skip


def calculated(units: list[dict[str, Any]], **options: Any) -> Result:
    tables = {"LifeUnits": pd.DataFrame(units), **options.pop("tables", {})}
    return solvency.calculate(options.pop("cases", insurers()), positions=tables, **options)


def codes(error: InputError, sheet: str = "LifeUnits") -> list[str]:
    return [p.code for p in error.problems if p.sheet == sheet and p.severity == "error"]


# --- factors for a company's own projection


def test_longevity_by_the_four_lines_of_the_article() -> None:
    """Article 11, in decimals: 3% a year for ten years, then 2%, then 1%, then no more."""
    factors = solvency.adverse_factors(RULES, 40)["longevity"]
    by_ten, by_twenty = Decimal("0.97") ** 10, Decimal("0.97") ** 10 * Decimal("0.98") ** 10
    for year in range(1, 41):
        if year <= 10:
            wanted = Decimal("0.97") ** year
        elif year <= 20:
            wanted = by_ten * Decimal("0.98") ** (year - 10)
        else:
            wanted = by_twenty * Decimal("0.99") ** (min(year, 30) - 20)
        assert factors[year - 1] == pytest.approx(float(wanted - 1), rel=1e-13), year
    assert factors[29] == factors[39]


def test_factors_of_the_other_articles() -> None:
    factors = solvency.adverse_factors(RULES, 12)
    for name, wanted in {
        "mortality": 0.15,
        "morbidity_rate": 0.2,
        "medical": 0.2,
        "other_loss": 0.2,
        "expense": 0.1,
    }.items():
        assert (factors[name] == wanted).all()
    assert factors["mortality_catastrophe"].tolist() == [0.0018, *[0.0] * 11]
    assert factors["longevity_pension"] == pytest.approx(factors["longevity"] * 0.9)
    assert factors["longevity"][0] == pytest.approx(-0.03)
    for sex, k in (("male", Decimal("1.02")), ("female", Decimal("1.03"))):
        trend = factors[f"morbidity_trend_{sex}"]
        for year in (1, 9, 10, 11, 12):
            assert trend[year - 1] == pytest.approx(float(k ** min(year, 10) - 1), rel=1e-13)
    assert solvency.adverse_factors(RULES, 1)["longevity"].tolist() == factors["longevity"][:1].tolist()
    with pytest.raises(UsageError, match="at least one year"):
        solvency.adverse_factors(RULES, 0)


def test_lapse_rates_of_both_types() -> None:
    rates = [0.0, 0.1, 0.72, 0.8, 1.0]
    up, down = solvency.stressed_lapse_rates(rates, RULES, "type_1")
    assert up == pytest.approx([0, 0.13, 0.936, 1, 1])
    assert down == pytest.approx([0, 0.07, 0.504, 0.56, 0.7])
    up, down = solvency.stressed_lapse_rates([rates, rates], RULES, ["type_1", "type_2"])
    assert up[1] == pytest.approx([0, 0.14, 1, 1, 1])
    assert down[1] == pytest.approx([0, 0.06, 0.432, 0.48, 0.6])
    assert up[0] == pytest.approx([0, 0.13, 0.936, 1, 1])


def test_mass_lapse_between_floor_and_limit() -> None:
    # 0.05·2.5 = 0.125 < 25%; 0.1·2.5 = 25%; 0.2·2.5 = 50%; 0.4·2.5 = 100%; 0.5·2.5 above the limit; the second year stays
    first = solvency.mass_lapse_rates([[r, 0.05] for r in (0.0, 0.05, 0.1, 0.2, 0.4, 0.5)], RULES)
    assert first[:, 0] == pytest.approx([0.25, 0.25, 0.25, 0.5, 1, 1])
    assert (first[:, 1] == 0.05).all()
    months = solvency.mass_lapse_rates(np.full(15, 0.0096), RULES, monthly=True)  # 0.0096·2.5 = 2.4%
    assert months == pytest.approx([0.024] * 12 + [0.0096] * 3)
    assert solvency.mass_lapse_rates([0.001, 0.02, 0.5], RULES, monthly=True) == pytest.approx([0.024, 0.05, 1])


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: solvency.stressed_lapse_rates([0.1, 1.1], RULES, "type_1"), "between 0 and 1"),
        (lambda: solvency.stressed_lapse_rates([-0.1], RULES, "type_1"), "between 0 and 1"),
        (lambda: solvency.stressed_lapse_rates([np.nan], RULES, "type_1"), "between 0 and 1"),
        (lambda: solvency.stressed_lapse_rates([0.1], RULES, "type_3"), "no type of product type_3"),
        (lambda: solvency.stressed_lapse_rates([[0.1], [0.1]], RULES, ["type_1"]), "1 types, but 2 rows"),
        (lambda: solvency.mass_lapse_rates([2.0], RULES), "between 0 and 1"),
        (lambda: solvency.lapse_types([3], [2], ["other"], RULES), "no more late ones"),
        (lambda: solvency.lapse_types([0], [0], ["other"], RULES), "there must be policies"),
    ],
)  # fmt: skip
def test_what_cannot_be_stressed(call: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        call()


def test_types_of_product() -> None:
    """Article 21 (1): more than half of the policies late; some products are of type II at once."""
    kinds = [
        "other",
        "other",
        "other",
        "other",
        "high_guarantee",
        "short_duration",
        "universal",
        "unit_linked",
        "variable_annuity",
    ]
    late, policies = [0, 49, 50, 51, 100, 51, 100, 100, 100], np.full(9, 100)
    types = solvency.lapse_types(late, policies, kinds, RULES)
    assert types.tolist() == ["type_2"] * 3 + ["type_1"] * 3 + ["type_2"] * 3
    assert solvency.lapse_types([1], [1], ["other"], RULES).tolist() == ["type_1"]


# --- the curve of annex 1


def by_hand(rates: np.ndarray, spread: float, year: int) -> float:
    """Annex 1, worked out year by year: the three segments, both interpolations, the fading spread."""
    ultimate = 0.045
    if year <= 20:
        return float(rates[year - 1]) + spread
    if year > 40:
        return ultimate
    r = rates[19] + (ultimate - rates[19]) * (year - 20) / (40 - 20)
    own = rates[year - 1] if year < 40 else 0.0  # of no weight
    return float(r * (year - 20) / 20 + own * (40 - year) / 20 + spread * (40 - year) / 20)


SPREADS = {
    "high_guarantee": 0.0075, "universal": 0.003, "unit_linked": 0.003, "variable_annuity": 0.003, "short_duration": 0.003, "other": 0.0045,
}  # fmt: skip


@given(curves_of_rates)
@settings(max_examples=30)
def test_the_curve_by_hand(treasury: np.ndarray) -> None:
    curves = solvency.reserve_discount_curves(treasury, RULES, years=60)
    assert list(curves) == list(SPREADS)
    for kind, spread in SPREADS.items():
        for year in range(1, 61):
            assert curves[kind][year - 1] == pytest.approx(by_hand(treasury, spread, year), abs=1e-14)


@pytest.mark.parametrize("day", DAYS)
def test_the_spread_fades_between_its_ends(day: str) -> None:
    curves = solvency.reserve_discount_curves(np.full(39, 0.03), Rulebook.at(day))
    base = curves["other"] - 0.0045 * np.clip((40 - np.arange(1, 41)) / 20, 0, 1)
    spread = curves["high_guarantee"] - base
    assert spread[[0, 18, 19, 20, 29, 38, 39]] == pytest.approx(
        [0.0075, 0.0075, 0.0075, 0.0075 * 19 / 20, 0.00375, 0.0075 / 20, 0], abs=1e-16
    )
    assert curves["other"][39] == pytest.approx(0.045, abs=1e-16)
    # 21: r = 3% + 1.5%/20 = 3.075%, R = 3.075%/20 + 3%·19/20 = 3.00375%, + 0.45%·19/20 = 0.4275%
    assert curves["other"][20] == pytest.approx(0.0343125, abs=1e-16)


def test_several_curves_and_wrong_ones() -> None:
    treasury = np.array([np.full(39, 0.02), np.linspace(0.01, 0.04, 39)])
    several = solvency.reserve_discount_curves(treasury, RULES, years=50)
    for i, one in enumerate(treasury):
        for kind, spot in solvency.reserve_discount_curves(one, RULES, years=50).items():
            assert (several[kind][i] == spot).all()
    with pytest.raises(UsageError, match="no treasury rate for years 39"):
        solvency.reserve_discount_curves(np.full(38, 0.02), RULES)
    with pytest.raises(UsageError, match="must reach year 40"):
        solvency.reserve_discount_curves(np.full(39, 0.02), RULES, years=39)
    with pytest.raises(UsageError, match="must be ratios"):
        solvency.reserve_discount_curves(np.full(39, 2.0), RULES)


@given(curves_of_rates, st.lists(st.floats(0, 70), min_size=1, max_size=6))
@settings(max_examples=30)
def test_between_whole_years_the_forward_rate_is_constant(treasury: np.ndarray, times: list[float]) -> None:
    spot = solvency.reserve_discount_curves(treasury, RULES, years=50)["other"]
    whole, forward = np.append(1.0, discount_factors(spot)), np.append(forward_rates(spot), 0.045)
    for time, factor in zip(times, factors_by_forward(spot, times), strict=True):
        year = int(time)
        wanted = whole[year] * (1 + forward[year]) ** -(time - year) if time <= 50 else (1 + spot[-1]) ** -time
        assert factor == pytest.approx(wanted, rel=1e-12)


# --- present values


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 60), st.integers(0, 2**32 - 1))
@settings(max_examples=40)
def test_the_kernel_is_the_sum_of_discounted_flows(units: int, scenarios: int, years: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    flows, curve = rng.normal(size=(units, scenarios, years)), rng.integers(0, 3, units)
    spot = rng.uniform(0, 0.08, (3, 60))
    found = solvency.present_values_by_unit(flows, spot, curve)
    for u, s in itertools.product(range(units), range(scenarios)):
        wanted = sum(flows[u, s, t] * (1 + spot[curve[u], t]) ** -(t + 1) for t in range(years))
        assert found[u, s] == pytest.approx(wanted, rel=1e-10, abs=1e-10)
    assert solvency.present_values_by_unit(flows, spot[0]) == pytest.approx(
        solvency.present_values_by_unit(flows, spot, np.zeros(units, int))
    )
    mid = solvency.present_values_by_unit(flows[:, 0, :1], spot[0], times=[0.5])
    assert mid == pytest.approx(flows[:, 0, 0] * (1 + spot[0, 0]) ** -0.5)
    with pytest.raises(UsageError, match="each unit must name its own"):
        solvency.present_values_by_unit(flows, spot)


def long(flows: np.ndarray, scenarios: list[str], times: np.ndarray | None = None) -> pd.DataFrame:
    units, _, years = flows.shape
    when = np.arange(1.0, years + 1) if times is None else times
    keys = [(f"U{u}", s, t) for u in range(units) for s in scenarios for t in when]
    return pd.DataFrame(keys, columns=["unit", "life_scenario", "year"]).assign(amount=flows.ravel())


CURVE = pd.DataFrame({"term": np.arange(1, 41), "spot_rate": np.linspace(0.015, 0.03, 40)})


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_long_file_is_the_kernel(shuffled: bool) -> None:
    rng = np.random.default_rng(3)
    scenarios, kinds = ["base", *PLAIN, "lapse_up", "lapse_down", "mass_lapse"], list(SPREADS)
    flows = rng.random((6, len(scenarios), 70)) * 1e6
    held = [
        {"id": f"U{i}", "product_class": kind, "lapse_type": "type_2", "cash_value": "all"}
        for i, kind in enumerate(kinds)
    ]
    cash = long(flows, scenarios)
    cash = cash.sample(frac=1, random_state=4).reset_index(drop=True) if shuffled else cash
    result = calculated(held, tables={"LifeCashFlows": cash, "LifeCurve": CURVE})
    curves = solvency.reserve_discount_curves(CURVE["spot_rate"], RULES, terms=CURVE["term"], years=70)
    pv = solvency.present_values_by_unit(flows, np.array([curves[kind] for kind in kinds]), np.arange(6))
    change = pv - pv[:, :1]
    form = result.charged[0][1].forms["IR05"].set_index("item")["amount"]
    for i, item in enumerate(PLAIN, 1):
        wanted = max(change[:, i].sum(), 0) if item == "mortality_catastrophe" else np.maximum(change[:, i], 0).sum()
        assert form[item] == pytest.approx(wanted, rel=1e-10)
    n = len(PLAIN)
    assert form["lapse_type_2"] == pytest.approx(np.maximum(change[:, n + 1 : n + 3].max(axis=1), 0).sum(), rel=1e-10)
    assert form["mass_lapse"] == pytest.approx(max(change[:, n + 3].sum(), 0), rel=1e-10)


def test_each_insurer_has_its_own_curve_and_units() -> None:
    """Units of the same id, curves of their own, all in one table as each alone."""
    rng, count = np.random.default_rng(5), 4
    parts = []
    for i in range(count):
        held = [{**unit("U0", None), "pv_mortality": None, "product_class": list(SPREADS)[i]}]
        cash = long(rng.random((1, 2, 50)) * 1e6 + [[[0.0], [1e5]]], ["base", "mortality"])
        parts.append((held, cash, CURVE.assign(spot_rate=CURVE["spot_rate"] + i / 1000)))
    alone = [
        calculated(held, tables={"LifeCashFlows": cash, "LifeCurve": curve}).values(0)["life_loss_mc"]
        for held, cash, curve in parts
    ]
    stacked = solvency.calculate(
        insurers(count),
        positions={
            "LifeUnits": pd.concat([pd.DataFrame(held).assign(insurer=str(i)) for i, (held, _, _) in enumerate(parts)]),
            "LifeCashFlows": pd.concat([cash.assign(insurer=str(i)) for i, (_, cash, _) in enumerate(parts)][::-1]),
            "LifeCurve": pd.concat([curve.assign(insurer=str(i)) for i, (_, _, curve) in enumerate(parts)]),
        },
    )  # fmt: skip
    assert [stacked.values(i)["life_loss_mc"] for i in range(count)] == pytest.approx(alone, rel=1e-12)
    assert len(set(alone)) == count


def test_readings_of_timing() -> None:
    held = [{**unit("U0", 0.0), "pv_mortality": None}]
    cash = pd.DataFrame({"unit": "U0", "life_scenario": "mortality", "year": [3.0, 3.25], "amount": [100.0, 1000.0]})
    spot = solvency.reserve_discount_curves(CURVE["spot_rate"], RULES, terms=CURVE["term"])["other"]
    by_forward, by_spot = factors_by_forward(spot, [2.5, 3, 3.25]), discount_factors(spot, [2.5, 3, 3.25])
    for chosen, wanted in (
        ({}, 100 * by_forward[1] + 1000 * by_forward[2]),
        ({"life_flow_timing": "mid_year"}, 100 * by_forward[0] + 1000 * by_forward[2]),
        ({"life_rate_within_year": "spot"}, 100 * by_spot[1] + 1000 * by_spot[2]),
        ({"life_flow_timing": "mid_year", "life_rate_within_year": "spot"}, 100 * by_spot[0] + 1000 * by_spot[2]),
    ):
        found = calculated(held, tables={"LifeCashFlows": cash, "LifeCurve": CURVE}, readings=chosen).values(0)[
            "life_loss_mc"
        ]
        assert found == pytest.approx(wanted, rel=1e-12)
    assert by_forward[2] != by_spot[2]


# --- properties of the capital

amounts = st.floats(-1e9, 1e9).map(lambda x: round(x, 2))


@st.composite
def books(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for i in range(draw(st.integers(1, 4))):
        held = unit(f"U{i}", draw(amounts), lapse_type=draw(st.sampled_from(["type_1", "type_2"])), cash_value="all")
        held |= {f"pv_{s}": draw(amounts) for s in SCENARIOS if s not in ("base", "base_with_cash_value")}
        made.append(held)
    return made


@given(books())
@settings(max_examples=25, deadline=None)
def test_capital_of_any_book(held: list[dict[str, Any]]) -> None:
    """Never below zero, at most the sum of its parts, the form adds up, and splitting the order of units changes nothing."""
    result = calculated(held)
    figures = result.values(0)
    form = result.charged[0][1].forms["IR05"]
    amount = form.set_index("row")["amount"]
    assert list(form["row"]) == [row.row for row in form_rows()["IR05"]]
    assert (amount >= -1e-6).all()
    rel = {"rel": 1e-9, "abs": 1e-3}
    assert amount["1.4"] == pytest.approx(amount["1.4.1"] + amount["1.4.2"] - amount["1.4.3"], **rel)
    assert amount["1"] == pytest.approx(sum(amount[f"1.{i}"] for i in range(1, 7)) - amount["1.7"], **rel)
    assert amount["2.1"] == pytest.approx(amount["2.1.1"] + amount["2.1.2"], **rel)
    assert amount["2"] == max(amount["2.1"], amount["2.2"])
    assert amount["5"] == pytest.approx(amount["1"] + amount["2"] + amount["3"] - amount["4"], **rel)
    assert [amount[row] for row in ("1", "2", "3", "5")] == pytest.approx(
        [figures[i] for i in (*LIFE, "life_insurance_mc")], **rel
    )
    assert amount["4"] == pytest.approx(figures["life_diversification"], **rel)
    backwards = calculated(held[::-1]).values(0)
    assert [backwards[i] for i in LIFE] == pytest.approx([figures[i] for i in LIFE], **rel)


@given(books(), st.floats(0.1, 10))
@settings(max_examples=15, deadline=None)
def test_capital_grows_with_the_business(held: list[dict[str, Any]], factor: float) -> None:
    scaled = [{k: v * factor if k.startswith("pv_") else v for k, v in row.items()} for row in held]
    first, second = (calculated(rows).values(0) for rows in (held, scaled))
    assert [second[i] for i in LIFE] == pytest.approx([first[i] * factor for i in LIFE], rel=1e-9, abs=1e-3)


@given(books())
@settings(max_examples=15, deadline=None)
def test_units_are_as_good_as_the_items_they_make(held: list[dict[str, Any]]) -> None:
    result = calculated(held)
    form = result.charged[0][1].forms["IR05"].set_index("item")["amount"]
    items = pd.DataFrame(
        [{"item": i, "amount": form[i]} for i in (*PLAIN, "lapse_type_1", "lapse_type_2", "mass_lapse")]
    )
    typed = solvency.calculate(insurers(), positions={"IR05": items})
    assert [typed.values(0)[i] for i in LIFE] == pytest.approx([result.values(0)[i] for i in LIFE], rel=1e-12, abs=1e-6)
    both = calculated(held, tables={"IR05": items})
    assert [both.values(0)[i] for i in LIFE] == [result.values(0)[i] for i in LIFE]


def test_charges_of_the_units_add_up_to_the_items() -> None:
    held = [
        unit("A", 1000, mortality=1100, mortality_catastrophe=1100),
        unit("B", 500, mortality=420, mortality_catastrophe=420),
    ]
    lines = solvency.position_lines(calculated(held), sub_risk="life_loss_mc")
    by_group = lines.groupby("group")["minimum_capital"].sum()
    assert by_group.to_dict() == {"mortality": 100, "mortality_catastrophe": 20}
    assert set(lines["scenario"]) == {"mortality", "mortality_catastrophe"}
    assert lines["pv_adverse"].tolist() == [1100, 1100, 420, 420]
    assert any("第十条" in citation for line in lines["citations"] for citation in line)


# --- where it meets S05, other dates, other insurers


def test_a_typed_sub_risk_must_agree() -> None:
    held = [unit("A", 1000e4, mortality=1100e4)]
    assert calculated(held, cases=insurers(life_loss_mc=100e4)).values(0)["life_loss_mc"] == pytest.approx(100e4)
    with pytest.raises(InputError) as caught:
        calculated(held, cases=insurers(life_loss_mc=120e4))
    assert [(p.code, p.item) for p in caught.value.problems if p.severity == "error"] == [("disagree", "life_loss_mc")]


def test_rounding_of_what_was_filed_is_forgiven() -> None:
    """Typed in 万元 to two decimals: two printed units."""
    held = [unit("A", 1000.0, mortality=1100.004)]
    cases = insurers(core_tier1=123.45, total_assets=1e11)
    items = pd.DataFrame([{"item": "mortality", "amount": 100.0}])
    assert calculated(held, cases=cases, unit="万元", tables={"IR05": items}).values(0)[
        "life_loss_mc"
    ] == pytest.approx(1000040)
    with pytest.raises(InputError) as caught:
        calculated(held, cases=cases, unit="万元", tables={"IR05": items.assign(amount=100.5)})
    problem = next(p for p in caught.value.problems if p.sheet == "IR05")
    assert (problem.code, problem.found) == ("disagree", "100.5 ≠ 100.004 万元")


def test_under_other_rules_a_difference_is_a_warning(tmp_path: Path) -> None:
    held, items = [unit("A", 1000, mortality=1100)], pd.DataFrame([{"item": "mortality", "amount": 120.0}])
    result = calculated(held, tables={"IR05": items}, as_of="2025-12-31")
    assert result.values(0)["life_loss_mc"] == pytest.approx(100)
    assert [w.code for w in result.warnings if w.sheet == "IR05"] == ["disagree"]


@pytest.mark.parametrize("day", DAYS)
def test_the_same_on_every_date(day: str) -> None:
    result = calculated([unit("A", 1000, mortality=1300, longevity=1400)], cases=insurers(as_of=day))
    assert result.values(0)["life_loss_mc"] == pytest.approx(190000**0.5)


def test_a_property_insurer_has_no_life_insurance_risk() -> None:
    cases = insurers(insurer_type="property", nonlife_insurance_mc=1)
    with pytest.raises(InputError) as caught:
        calculated([unit("A", 1000, mortality=1100)], cases=cases)
    assert "not_in_matrix" in [p.code for p in caught.value.problems]


def test_a_draft_changes_the_correlation(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 测试\ntitle: {zh: 测试, en: Test}\nissued: 2026-01-05\neffective: 2026-01-05\nfactors:\n  morbidity.correlation:\n    article: 一\n"
        "    correlation: {labels: [morbidity_trend, morbidity_rate], matrix: [[1, 0], [0, 1]]}\n",
        encoding="utf-8",
    )
    held = [unit("A", 1000, morbidity_rate=1300, morbidity_trend=1400)]
    assert calculated(held).values(0)["life_loss_mc"] == pytest.approx(310000**0.5)
    assert calculated(held, drafts=[draft]).values(0)["life_loss_mc"] == pytest.approx(500)


def test_words_for_not_applicable() -> None:
    words = ["不适用", "not applicable", "Not Applicable", "not_applicable", "N/A"]
    held = [unit(f"U{i}", 1000, mortality=word) for i, word in enumerate(words)]
    assert calculated(held).values(0)["life_loss_mc"] == 0
    with pytest.raises(InputError) as caught:
        calculated([unit("A", 1000, mortality="无")])
    assert codes(caught.value) == ["not_a_number"]


def test_a_blank_is_told_with_its_column_and_article() -> None:
    with pytest.raises(InputError) as caught:
        calculated([unit("A", 1000, mortality=None)])
    (problem,) = [p for p in caught.value.problems if p.sheet == "LifeUnits"]
    assert (problem.code, problem.item, problem.row, problem.article) == (
        "missing",
        "LifeUnits.pv_mortality",
        "2",
        "规则第5号第六条",
    )
    assert "不适用" in problem.message("zh")
    assert "not applicable" in problem.message("en")


def test_the_curve_says_which_years_are_missing() -> None:
    cash = long(np.ones((1, 1, 3)), ["base"])
    with pytest.raises(InputError) as caught:
        calculated([unit("U0", None)], tables={"LifeCashFlows": cash, "LifeCurve": CURVE[~CURVE["term"].isin([7, 33])]})
    (problem,) = [p for p in caught.value.problems if p.sheet == "LifeCurve"]
    assert problem.found == "7, 33"


# --- the ways out


def test_explain_goes_from_the_form_to_the_unit(capsys: pytest.CaptureFixture[str]) -> None:
    held = [
        unit("A", 1000, mortality=1100, lapse_up=900, lapse_down=1040, lapse_type="type_1"),
        unit("B", 500, mortality=420),
    ]
    result = calculated(held)
    explained = solvency.explain(result, "IR05")
    assert [line["row"] for line in explained.form] == [row.row for row in form_rows()["IR05"]]
    assert explained.value == pytest.approx(result.values(0)["life_insurance_mc"])
    one = solvency.explain(result, "LifeUnits.A")
    assert {(line["group"], line["minimum_capital"]) for line in one.positions} == {
        ("mortality", 100),
        ("lapse_type_1", 40),
    }
    loss = solvency.explain(result, "life_loss_mc")
    assert loss.position_count == 2
    assert {"life_scenario.mortality", "life_loss_mc.correlation"} <= {factor["name"] for factor in loss.factors}
    for lang in ("zh", "en"):
        for item in ("IR05", "LifeUnits", "LifeUnits.A", "life_lapse_mc"):
            print_explanation(solvency.explain(result, item), "元", lang)
    printed = capsys.readouterr().out
    assert "lapse_type_1 · lapse_down" in printed
    assert "类型1" in printed


def test_explain_of_typed_items() -> None:
    items = pd.DataFrame([{"item": i, "amount": 7.0} for i in (*(p for p in PLAIN if p != "expense"),)])
    cases = insurers(life_lapse_mc=1, life_expense_mc=2)
    result = solvency.calculate(cases, positions={"IR05": items})
    explained = solvency.explain(result, "IR05")
    assert explained.position_count == 7
    assert {line["name"] for line in explained.positions} == set(PLAIN) - {"expense"}
    form = {line["row"]: line["amount"] for line in explained.form}
    assert np.isnan(form["2"])  # typed in S05, so the form does not say it


def test_compare_tells_which_units_changed() -> None:
    first = [unit("A", 1000, mortality=1100), unit("B", 500, mortality=550)]
    second = [unit("A", 1000, mortality=1130), unit("C", 500, mortality=520)]
    found = solvency.compare(
        insurers(), insurers(as_of="2024-06-30"),
        positions_before={"LifeUnits": pd.DataFrame(first)}, positions_after={"LifeUnits": pd.DataFrame(second)},
    )  # fmt: skip
    changes = found.positions.set_index(["sub_risk", "step"])["effect"]
    # A from 100 to 130; B, which bore 50, is gone; C is new with 20
    assert changes["life_loss_mc"].to_dict() == pytest.approx({"volume": 30, "new": 20, "gone": -50})


def test_a_workbook_with_units(tmp_path: Path) -> None:
    """Template, filled in, read, checked, disclosed."""
    path = tmp_path / "book.xlsx"
    template("life", path, as_of="2024-03-31", positions=True)
    book = openpyxl.load_workbook(path)
    info = {row[0].value: row for row in book["Info"].iter_rows(min_row=4)}
    value = [cell.value for cell in book["Info"][1]].index("value")
    for item, content in (("insurer", "甲"), ("unit", "万元"), ("total_assets", 1e7)):
        info[item][value].value = content
    for sheet, item, content in (
        ("S05", "nonlife_insurance_mc", 0), ("S05", "market_mc", 500), ("S05", "credit_mc", 0), ("S05", "control_risk_mc", 0),
        ("S05", "loss_absorption", 0), ("S02", "core_tier1", 100000),
    ):  # fmt: skip
        heads = {cell.value: cell.column - 1 for cell in book[sheet][1]}
        for row in book[sheet].iter_rows(min_row=4):
            if row[heads["item"]].value == item:
                row[heads["amount"]].value = content
    heads = {cell.value: cell.column for cell in book["LifeUnits"][1]}
    for i, held in enumerate(
        [
            unit("A", 1000, mortality=1100, lapse_up=900, lapse_down=1040, lapse_type="类型Ⅰ"),
            unit("B", 500, mortality=550),
        ]
    ):
        for name, content in held.items():
            book["LifeUnits"].cell(4 + i, heads[name]).value = content
    book.save(path)
    result = solvency.calculate(path)
    assert result.values(0)["life_loss_mc"] == pytest.approx(150e4)
    assert result.values(0)["life_lapse_mc"] == pytest.approx(40e4)
    disclose(result, tmp_path / "out")
    book["LifeUnits"].cell(5, heads["pv_mortality"]).value = None
    book.save(path)
    with pytest.raises(InputError) as caught:
        solvency.calculate(path)
    (problem,) = [p for p in caught.value.problems if p.sheet == "LifeUnits"]
    assert problem.cell == f"{openpyxl.utils.get_column_letter(heads['pv_mortality'])}5"
    found = check(path, output=tmp_path / "checked.xlsx")
    assert found


def test_a_folder_of_files(tmp_path: Path) -> None:
    pd.DataFrame([unit("A", 1000, mortality=1100)]).to_csv(tmp_path / "LifeUnits.csv", index=False)
    result = solvency.calculate(insurers(), positions=tmp_path)
    assert result.values(0)["life_loss_mc"] == pytest.approx(100)


@pytest.mark.parametrize(("late", "policies"), [(-1, 5), (6, 5), (0, 0)])
def test_one_unit_without_its_policies_is_refused_among_others(late: int, policies: int) -> None:
    with pytest.raises(UsageError, match="there must be policies"):
        solvency.lapse_types([1, late], [5, policies], ["other", "other"], RULES)
