"""Stress tests: golden cases by hand, alone and stacked; what must hold for any input; own scenarios; the reverse test."""

from __future__ import annotations

import math
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from solvency.errors import DocumentError, InputError, UnknownFactorError, UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule10_stress_test.effects import first_order
from solvency.rules.rule10_stress_test.evaluate import evaluate
from solvency.rules.rule10_stress_test.restate import INDICATORS
from solvency.rules.rule10_stress_test.scenarios import Change, Scenario, mandatory_scenarios, read_scenarios
from solvency.stress_test.result import StressResult
from solvency.stress_test.reverse import reverse_test
from solvency.stress_test.run import stress
from solvency.stress_test.starting_point import base_amounts, group_rows, prepare
from solvency.tables.exposures import AFFECTED, listed_sensitivities, sized

ROOT = Path(__file__).parents[1]
CASES: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests/golden/rule10_stress_test.yaml").read_text(encoding="utf-8")
)


def property_(nonlife: float, market: float, credit: float) -> float:
    """The property matrix of rule 2, article 16."""
    cross = 2 * (0.1 * nonlife * market + 0.15 * nonlife * credit + 0.27 * market * credit)
    return math.sqrt(nonlife**2 + market**2 + credit**2 + cross)


def life_(life: float, nonlife: float, market: float, credit: float) -> float:
    """The life matrix of rule 2, article 17."""
    cross = 0.2 * life * nonlife + 0.3 * life * market + 0.15 * life * credit
    cross += 0.1 * nonlife * market + 0.1 * nonlife * credit + 0.35 * market * credit
    return math.sqrt(life**2 + nonlife**2 + market**2 + credit**2 + 2 * cross)


ARITHMETIC = {"__builtins__": {}, "sqrt": math.sqrt, "property": property_, "life": life_}


def amount(value: Any) -> float:
    return float(eval(value, dict(ARITHMETIC)) if isinstance(value, str) else value)


def frames(cases: list[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Cases, exposures and forecast of many insurers."""
    rows, effects, forecast = [], [], []
    for i, case in enumerate(cases):
        name = f"{i:03d} {case['case']}"
        words = ("insurer_type", "organisation")
        inputs = {k: v if k in words else amount(v) for k, v in case["inputs"].items()}
        rows.append({"insurer": name, "as_of": case["as_of"], **inputs})
        effects += [(name, "exposure", item, value) for item, value in case.get("exposures", {}).items()]
        effects += [(name, factor, item, value) for factor, item, value in case.get("sensitivities", [])]
        # effects the case says are nil: typed as zero, since a blank is not covered
        effects += [(name, *key.split(" · "), 0.0) for key in case.get("nil", [])]
        forecast += [(name, item, *map(amount, values)) for item, values in case.get("forecast", {}).items()]
    return (
        pd.DataFrame(rows),
        pd.DataFrame(effects, columns=["insurer", "factor", "item", "value"]),
        pd.DataFrame(forecast, columns=["insurer", "item", "next_quarter", "year_end_1", "year_end_2"]),
    )


def own(cases: list[dict[str, Any]], folder: Path) -> list[Path]:
    paths = []
    for case in cases:
        if "scenarios" in case:
            path = folder / f"{len(paths)}.yaml"
            path.write_text(yaml.safe_dump(case["scenarios"], allow_unicode=True), encoding="utf-8")
            paths.append(path)
    return paths


def check(case: dict[str, Any], result: StressResult, row: int) -> None:
    frame = result.frame[result.frame["row"] == row]
    for name, expect in case["expect"].items():
        scenario, _, period = name.partition("@")
        lines = frame[(frame["id"] == scenario) & ((frame["period"] == period) | (period == ""))]
        assert len(lines), name
        line = lines.iloc[0]
        for item, value in expect.items():
            if item in INDICATORS:
                assert line["not_covered_en"] == "", line["not_covered_en"]
                assert math.isclose(line[item], amount(value), rel_tol=1e-12, abs_tol=1e-9), (
                    f"{name} {item}: {line[item]}"
                )
            elif item == "lacking":
                for key in value:
                    assert key in line["not_covered_en"], f"{name}: {line['not_covered_en']}"
                    assert key in line["not_covered_zh"] or key.startswith("S0")
                assert np.isnan(line[list(INDICATORS)].astype(float)).all(), name
            elif item == "covered":
                assert not any(key in line["not_covered_en"] for key in value), f"{name}: {line['not_covered_en']}"
            elif item == "chosen":
                assert line["chosen_zh"] == value
            else:
                assert line[item] == value, f"{name} {item}: {line[item]}"
    for mask, value in case.get("outlook", {}).items():
        assert bool(result.outlook[mask][list(result.result.figures.index).index(row)]) is value, mask


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_alone(case: dict[str, Any], tmp_path: Path) -> None:
    assert case["hand"].strip()
    result = stress(frames([case]), horizon=case["horizon"], scenarios=own([case], tmp_path))
    check(case, result, 0)
    if "scenarios_run" in case:
        assert result.frame["id"].tolist() == case["scenarios_run"]


@pytest.mark.parametrize("horizon", ["quarter", "year"])
@pytest.mark.parametrize("backwards", [False, True])
def test_stacked(horizon: str, backwards: bool, tmp_path: Path) -> None:
    """All cases of a horizon as the insurers of one table, in both orders."""
    cases = [case for case in CASES if case["horizon"] == horizon and not case.get("scenarios")]
    cases = cases[::-1] if backwards else cases
    result = stress(frames(cases), horizon=horizon)
    for row, case in enumerate(cases):
        check(case, result, row)


@pytest.mark.parametrize("forecast", [False, True])
@pytest.mark.parametrize("unit", ["元", "万元"])
@pytest.mark.parametrize(("off", "failing"), [("0", 0), ("-0.0001", 120), ("0.0001", 0)])
def test_stressed_onto_the_boundary(off: str, failing: int, unit: str, forecast: bool) -> None:
    """A ratio of exactly 100% under stress is sufficient, a hair below is not, in whatever unit it was typed."""
    rng = np.random.default_rng(7)
    cases, effects, later = [], [], []
    for i in range(120):
        minimum = Decimal(int(rng.integers(10**4, 10**9))) / 25
        capital = minimum / Decimal("0.8")
        name = f"{i:03d}"
        tier = capital + Decimal(off) / Decimal("0.8")
        cases.append({"insurer": name, "insurer_type": "property", "as_of": "2025-09-30",
                      "minimum_capital": str(minimum), "core_tier1": str(tier)})  # fmt: skip
        effects.append((name, "mass_claims*1.5", "core_tier1", float(minimum - capital)))
        later += [(name, "core_tier1", *[float(tier)] * 3), (name, "minimum_capital", *[float(minimum)] * 3)]
    given_frames = [pd.DataFrame(cases), pd.DataFrame(effects, columns=["insurer", "factor", "item", "value"])]
    if forecast:
        columns = ["insurer", "item", "next_quarter", "year_end_1", "year_end_2"]
        given_frames.append(pd.DataFrame(later, columns=columns))
    own_scenarios = [
        Scenario("item", "一", "item", (Change("core_tier1", "multiply", (Decimal("0.8"),)),)),
        Scenario("factor", "二", "factor", (Change("mass_claims", "multiply", (Decimal("1.5"),)),)),
    ]
    frame = stress(tuple(given_frames), horizon="year", unit=unit, scenarios=own_scenarios).frame
    for scenario in ("item", "factor"):
        lines = frame[frame["id"] == scenario]
        assert lines["insufficient"].sum() == failing, scenario
        assert (lines["comprehensive_ratio"] == 1).sum() == (120 if off == "0" else 0)


def test_stressed_minimum_capital_on_the_boundary() -> None:
    """Minimum capital worked out again from a sub-risk: 0.9 × its size × (1 + control risk ÷ quantified), to the cent."""
    rng = np.random.default_rng(8)
    cases = []
    for i in range(120):
        risk, control = (Decimal(int(n)) / 100 for n in rng.integers(1, 10**8, 2))
        cases.append({"insurer": f"{i:03d}", "insurer_type": "property", "as_of": "2025-09-30",
                      "nonlife_insurance_mc": 0, "market_mc": 0, "credit_mc": str(risk), "control_risk_mc": str(control),
                      "counterparty_default_mc": str(risk), "spread_mc": 0, "loss_absorption": 0, "size_coefficient": 1,
                      "core_tier1": str((risk + control) * Decimal("0.9"))})  # fmt: skip
    fall = Scenario("fall", "降", "fall", (Change("counterparty_default_mc", "multiply", (Decimal("0.9"),)),))
    exposures = pd.DataFrame(columns=["insurer", "factor", "item", "value"])
    frame = stress((pd.DataFrame(cases), exposures), horizon="year", scenarios=[fall]).frame
    lines = frame[frame["id"] == "fall"]
    assert (lines["comprehensive_ratio"] == 1).all(), lines["comprehensive_ratio"].describe()
    assert not lines["insufficient"].any()


@pytest.mark.parametrize("horizon", ["quarter", "year"])
def test_decimals_go_through_the_same_kernels(horizon: str) -> None:
    """Every formula, choice and gap of the golden cases comes out the same in decimals as in floats."""
    cases = [case for case in CASES if case["horizon"] == horizon and not case.get("scenarios")]
    options: dict[str, Any] = {"static": None, "as_of": None, "unit": None, "readings": None, "drafts": ()}
    prepared = prepare(frames(cases), horizon=horizon, on_error="raise", **options)
    amounts, _ = base_amounts(prepared, "next_quarter" if horizon == "quarter" else "year_end_1")
    compared = 0
    for group in prepared.groups:
        tests = mandatory_scenarios(group.rulebook, group.insurer_type, horizon)
        plain = evaluate(group_rows(prepared, group, amounts, horizon), tests, group.rulebook, first_order)
        with localcontext(Context(prec=50, traps=[])):
            rows = group_rows(prepared, group, amounts, horizon, exact=True)
            exact = evaluate(rows, tests, group.rulebook.exactly(), first_order)
        for one, other in zip(plain, exact, strict=True):
            assert {k: v.tolist() for k, v in one.lacking.items()} == {k: v.tolist() for k, v in other.lacking.items()}
            assert [side.tolist() for side in one.chosen] == [side.tolist() for side in other.chosen]
            for item, values in one.indicators.items():
                np.testing.assert_allclose(values, other.indicators[item].astype(float), rtol=1e-12, atol=1e-6)
                compared += int((~np.isnan(values)).sum())
    assert compared >= 98


# --- what must hold for any input -------------------------------------------------------------------------------------

SHARES = st.floats(0.01, 2.0, allow_nan=False)
BOOK = st.fixed_dictionaries(
    {
        "core_tier1": st.floats(100.0, 5000.0), "core_tier2": st.floats(0.0, 500.0), "supplementary_tier1": st.floats(0.0, 800.0),
        "nonlife_premium_reserve_mc": st.floats(10.0, 1000.0), "nonlife_catastrophe_mc": st.floats(0.0, 200.0),
        "interest_rate_mc": st.floats(0.0, 300.0), "equity_price_mc": st.floats(0.0, 600.0),
        "spread_mc": st.floats(0.0, 100.0), "counterparty_default_mc": st.floats(0.0, 300.0),
    }
)  # fmt: skip


def source(books: list[dict[str, float]], **exposures: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    fixed = {"insurer_type": "property", "as_of": "2022-12-31", "control_risk_mc": 0.0}
    cases = pd.DataFrame([{"insurer": f"{i}", **fixed, **book} for i, book in enumerate(books)])
    effects = [("exposure", item, value) for item, value in exposures.items()]
    effects.append(("loss_ratio", "nonlife_premium_reserve_mc", 0.0))
    return cases, pd.DataFrame(effects, columns=["factor", "item", "value"])


def per_insurer(books: list[dict[str, float]], **exposures: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    cases, effects = source(books, **exposures)
    return cases, effects.merge(cases[["insurer"]], how="cross")


def fall(by: float) -> Scenario:
    return Scenario(f"fall_{by}", "跌", "fall", (Change("equity_assets", "multiply", (1 - by,)),))


@settings(max_examples=30, deadline=None)
@given(st.lists(BOOK, min_size=1, max_size=5))
def test_no_change_is_the_base(books: list[dict[str, float]]) -> None:
    still = Scenario(
        "still", "不变", "still",
        (Change("equity_assets", "multiply", (1,)), Change("risk_free_curve", "add", (0,)), Change("fixed_income_default", "set", (0,)),
         Change("premium_income", "multiply", (1,)), Change("core_tier1", "add", (0,)), Change("equity_price_mc", "multiply", (1,))),
    )  # fmt: skip
    result = stress(per_insurer(books), horizon="year", scenarios=[still])
    base, same = (result.frame[result.frame["id"] == name] for name in ("base", "still"))
    assert (same["not_covered_en"] == "").all()
    np.testing.assert_array_equal(base[list(INDICATORS[:3])].to_numpy(), same[list(INDICATORS[:3])].to_numpy())
    np.testing.assert_allclose(base[list(INDICATORS)].to_numpy(), same[list(INDICATORS)].to_numpy(), rtol=1e-15)


@settings(max_examples=30, deadline=None)
@given(st.lists(BOOK, min_size=1, max_size=4), st.floats(0.05, 0.45), st.floats(0.5, 0.95), st.floats(2.0, 10.0))
def test_a_larger_fall_never_leaves_more_capital(
    books: list[dict[str, float]], small: float, large: float, times: float
) -> None:
    exposure = times * max(book["equity_price_mc"] + book["core_tier1"] for book in books)
    data = per_insurer(books, tax_rate=0.25, money_fund_equity_mc=0.0, equity_exposure=exposure)
    result = stress(data, horizon="year", scenarios=[fall(small), fall(large)]).frame
    less, more = (result[result["id"] == f"fall_{by}"] for by in (small, large))
    assert (more["core_capital"].to_numpy() <= less["core_capital"].to_numpy()).all()
    assert (more["actual_capital"].to_numpy() <= less["actual_capital"].to_numpy()).all()
    # with an exposure this large the loss outweighs what the risk capital falls by
    both = (less["comprehensive_ratio"].to_numpy() > 0) & (less["base_comprehensive_ratio"].to_numpy() >= 1)
    assert (more["comprehensive_ratio"].to_numpy() <= less["comprehensive_ratio"].to_numpy())[both].all()


@settings(max_examples=20, deadline=None)
@given(st.lists(BOOK, min_size=2, max_size=6), st.floats(0.0, 1.0))
def test_alone_equals_stacked(books: list[dict[str, float]], tax: float) -> None:
    exposures = {
        "tax_rate": tax,
        "equity_exposure": 300.0,
        "money_fund_equity_mc": 0.0,
        "net_earned_premium_year": 900.0,
        "combined_ratio_year": 0.97,
    }
    whole = stress(per_insurer(books, **exposures), horizon="year", scenarios=[fall(0.5)]).frame
    for i, book in enumerate(books):
        alone = stress(per_insurer([book], **exposures), horizon="year", scenarios=[fall(0.5)]).frame
        mine = whole[whole["row"] == i].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone[list(INDICATORS)], mine[list(INDICATORS)], rtol=1e-13)
        assert alone["not_covered_zh"].tolist() == mine["not_covered_zh"].tolist()


# --- the reverse test -------------------------------------------------------------------------------------------------


def test_reverse_is_the_inverse_of_stress() -> None:
    books = [
        {"core_tier1": 400.0 + 40 * i, "nonlife_premium_reserve_mc": 400.0, "nonlife_catastrophe_mc": 0.0, "equity_price_mc": 200.0, "counterparty_default_mc": 100.0}
        for i in range(12)
    ]  # fmt: skip
    data = per_insurer(books, tax_rate=0.25, money_fund_equity_mc=0.0, equity_exposure=900.0)
    found = reverse_test(data, "equity_assets")
    assert found["value"].notna().sum() >= 8
    for line in found[found["value"].notna()].itertuples():
        again = stress(data, horizon="year", scenarios=[fall(1 - line.value)]).frame
        ratio = again.loc[(again["row"] == line.row) & again["id"].str.startswith("fall"), "comprehensive_ratio"].iloc[
            0
        ]
        assert math.isclose(ratio, 1.0, abs_tol=1e-9)
        assert line.text_zh == f"下降 {1 - line.value:.1%}"
    low = found[found["base_ratio"] < 1]
    assert len(low)
    assert (low["reason_en"] == "the base ratio is below the target already").all()
    assert found["required"].isna().all()  # no forecast, so the duty is not known


def test_reverse_duty_and_reading() -> None:
    """Article 30: 100% to 150% at the next year-end; both ends by default, neither by the other reading."""
    names = ["low", "at 100%", "inside", "at 150%", "high"]
    cases = pd.DataFrame(
        [{"insurer": n, "insurer_type": "property", "as_of": "2022-12-31", "core_tier1": 1000, "nonlife_insurance_mc": 100, "market_mc": 0, "credit_mc": 0, "control_risk_mc": 0} for n in names]
    )  # fmt: skip
    forecast = pd.DataFrame(
        [{"insurer": n, "item": item, "year_end_1": v} for n, t in zip(names, [99, 100, 120, 150, 151], strict=True)
         for item, v in (("core_tier1", t), ("nonlife_insurance_mc", 100), ("market_mc", 0), ("credit_mc", 0), ("control_risk_mc", 0))]
    )  # fmt: skip
    effects = pd.DataFrame(
        [
            ("exposure", "tax_rate", 0.0),
            ("exposure", "equity_exposure", 0.0),
            ("exposure", "money_fund_equity_mc", 0.0),
        ],
        columns=["factor", "item", "value"],
    )
    data = (cases, effects.merge(cases[["insurer"]], how="cross"), forecast)
    assert reverse_test(data, "equity_assets")["required"].tolist() == [False, True, True, True, False]
    other = reverse_test(data, "equity_assets", readings={"reverse_test_range": "open"})
    assert other["required"].tolist() == [False, False, True, False, False]
    assert other["reason_en"].tolist()[2] == "not reached within the possible range of the factor"
    assert other["change"].tolist()[1] == 0.0


@pytest.mark.parametrize(
    ("factor", "exposures", "expected"),
    [
        # 1000 − x·1000 = 1.0 × minimum: credit 0 and market 0, minimum 400
        ("fixed_income_default", {"credit_exposure": 1000.0}, 0.6),
        ("risk_free_curve", {"fair_value_bonds": 2000.0, "fair_value_bonds_duration": 5.0}, 0.06),
        ("loss_ratio", {"net_earned_premium_year": 1000.0, "loss_ratio_year": 0.5}, 2.2),
    ],
)
def test_reverse_of_each_factor(factor: str, exposures: dict[str, float], expected: float) -> None:
    book = {"core_tier1": 1000.0, "nonlife_premium_reserve_mc": 400.0, "counterparty_default_mc": 0.0, "market_mc": 0.0}
    found = reverse_test(source([book], tax_rate=0.0, **exposures), factor).iloc[0]
    assert math.isclose(found["value"], expected, rel_tol=1e-9)
    lacking = reverse_test(source([book]), factor).iloc[0]
    assert math.isnan(lacking["value"])
    assert "tax_rate" in lacking["reason_en"]


def test_reverse_of_a_factor_of_the_company() -> None:
    """Own figures −40 under −10% are scaled: 1000 − 600 at minimum 400 is a fall of 150%, past nothing; at −400 it is 15%."""
    book = {"core_tier1": 1000.0, "nonlife_premium_reserve_mc": 400.0, "market_mc": 0.0, "credit_mc": 0.0}
    cases, _ = source([book])
    for figure, expected in ((-40, math.nan), (-400, 0.85)):
        effects = pd.DataFrame([("fx*0.9", "core_tier1", figure)], columns=["factor", "item", "value"])
        found = reverse_test((cases, effects), "fx").iloc[0]
        np.testing.assert_allclose(found["value"], expected, rtol=1e-9)
    assert found["text_en"] == "falls 15.0%"
    assert found["period"] == "today"


def test_choice_in_words() -> None:
    test = mandatory_scenarios(Rulebook.at("2022-12-31"), "life", "year")[0]
    assert test.describe()[0].startswith("新单保费收入 × 130% 或 × 70%；死亡发生率 × 110%")


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_sizes_the_nearest_is_taken(order: int) -> None:
    """A convex factor: −10% costs 1, −40% costs 16; what is asked in between comes from the nearer row, however typed."""
    case = pd.DataFrame([{"insurer": "A", "insurer_type": "property", "as_of": "2025-09-30", "minimum_capital": 100,
                          "core_tier1": 200}])  # fmt: skip
    rows = [("A", "claims*0.9", "core_tier1", -1.0), ("A", "claims*0.6", "core_tier1", -16.0),
            ("A", "claims*1.4", "core_tier1", 5.0)][::order]  # fmt: skip
    exposures = pd.DataFrame(rows, columns=["insurer", "factor", "item", "value"])
    for value, cost in (("0.9", 1), ("0.85", 1.5), ("0.95", 0.5), ("0.7", 12), ("0.6", 16), ("0.5", 20), ("0.75", 10)):
        change = Scenario("one", "一", "one", (Change("claims", "multiply", (Decimal(value),)),))
        frame = stress((case, exposures), horizon="year", scenarios=[change]).frame
        found = frame.loc[frame["id"] == "one", "actual_capital"].iloc[0]
        assert found == pytest.approx(200 - cost), value


def test_reverse_wrong_use() -> None:
    book = {"core_tier1": 1000.0, "nonlife_insurance_mc": 400.0, "market_mc": 0.0, "credit_mc": 0.0}
    with pytest.raises(UnknownFactorError, match="equity_assets"):
        reverse_test(source([book]), "equity_asset")
    with pytest.raises(UsageError, match="direction"):
        reverse_test(source([book]), "new_business_premium")
    with pytest.raises(UsageError):
        reverse_test(source([book]), "fixed_income_default", direction="down")


# --- form, masks, static, errors --------------------------------------------------------------------------------------

PROPERTY = {"core_tier1": 1000.0, "nonlife_premium_reserve_mc": 400.0, "nonlife_catastrophe_mc": 0.0, "equity_price_mc": 200.0, "counterparty_default_mc": 100.0}  # fmt: skip
FORECAST = pd.DataFrame(
    {"item": ["core_tier1", "nonlife_insurance_mc", "market_mc", "credit_mc", "control_risk_mc"], "next_quarter": [900.0, 400, 200, 100, 0]}
)  # fmt: skip


def test_form_st01() -> None:
    data = source(
        [PROPERTY],
        tax_rate=0.25,
        money_fund_equity_mc=0.0,
        equity_exposure=500.0,
        net_earned_premium_quarter=300.0,
        loss_ratio_quarter=0.6,
    )
    result = stress(data, scenarios=[fall(0.4)])
    form = result.st01()
    assert form.columns.tolist() == [
        "行次",
        "预测指标",
        "基本情景",
        "必测风险因素一",
        "必测风险因素二",
        "自测风险因素一",
        "自测风险因素二",
    ]
    assert form.index.tolist() == [
        "description",
        "actual_capital",
        "core_capital",
        "minimum_capital",
        "core_surplus",
        "core_ratio",
        "comprehensive_surplus",
        "comprehensive_ratio",
    ]
    assert form["行次"].tolist() == [str(i) for i in range(1, 9)]
    assert form.loc["description"].tolist()[2:] == [
        "静态",
        "综合赔付率 × 120%",
        "权益类资产认可价值 × 70%",
        "权益类资产认可价值 × 60%",
        None,
    ]
    assert form.loc["actual_capital"].tolist()[2:] == [1000.0, 973.0, 887.5, 850.0, None]
    assert result.st01(lang="en").loc["description", "Base"] == "static"
    assert result.st01(unit="万元").loc["actual_capital", "基本情景"] == 0.1
    on_forecast = stress((*data, FORECAST), scenarios=[fall(0.4)])
    assert on_forecast.st01().loc["description", "基本情景"] == ""
    assert on_forecast.base.loc[0, "actual_capital"] == 900.0
    assert on_forecast.insurer(0) == "0"
    with pytest.raises(UsageError):
        result.st01(7)
    tornado = result.tornado()
    assert tornado.columns.tolist() == ["scenario", "label", "label_en", "comprehensive_ratio", "base_ratio"]
    assert result.to_dict()["scenarios"][0]["actual_capital"] == 1000.0
    assert (result.annual()["kind"] == "base").sum() == 1


def test_static_choice() -> None:
    data = source([PROPERTY], tax_rate=0.25, money_fund_equity_mc=0.0, equity_exposure=500.0)
    assert not stress((*data, FORECAST)).frame["static"].any()
    forced = stress((*data, FORECAST), static=True)
    assert forced.frame["static"].all()
    assert forced.base.loc[0, "actual_capital"] == 1000.0
    assert stress((*data, FORECAST), horizon="year").frame["static"].all()  # no year-end in the forecast
    with pytest.raises(InputError, match="forecast"):
        stress(data, static=False)


@pytest.mark.parametrize(
    ("core", "failing"),
    [(property_(400, 200, 100), False), (np.nextafter(property_(400, 200, 100), 0) * (1 - 1e-12), True)],
)
def test_insufficient_forecast(core: float, failing: bool) -> None:
    """Article 39: below 100%, not at it; a static run says nothing about the forecast."""
    data = source([PROPERTY], tax_rate=0.0, money_fund_equity_mc=0.0, equity_exposure=0.0)
    forecast = FORECAST.assign(next_quarter=[core, 400.0, 200, 100, 0])
    assert stress((*data, forecast)).outlook["forecast_insufficient"].tolist() == [failing]
    assert stress((*data, forecast), static=True).outlook["forecast_insufficient"].tolist() == [False]


def test_forecast_that_disagrees_with_itself() -> None:
    wrong = pd.concat([FORECAST, pd.DataFrame({"item": ["minimum_capital"], "next_quarter": [5000.0]})])
    with pytest.raises(InputError) as caught:
        stress((*source([PROPERTY]), wrong))
    assert caught.value.problems[0].sheet == "Forecast"
    with pytest.raises(InputError, match="core_tier_1"):
        stress((*source([PROPERTY]), FORECAST.replace("core_tier1", "core_tier_1")))


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (("exposure", "equity_exposures", 1), "did you mean equity_exposure"),
        (("exposure", "tax_rate", 25), "out of range"),
        (("exposure", "tax_rate", "a quarter"), "not a number"),
        (("new_business_premium", "core_tier1", 1), "write the size"),
        (("mortality_rate", "core_tier3", 1), "did you mean core_tier"),
        (("mortality rate", "core_tier1", 1), "not written as"),
        (("premium_income*1", "core_tier1", 1), "change of zero"),
    ],
)
def test_wrong_exposures(row: tuple[str, str, Any], text: str) -> None:
    cases, _ = source([PROPERTY])
    good = ("exposure", "equity_exposure", 1)
    with pytest.raises(InputError, match=text):
        stress((cases, pd.DataFrame([good, row], columns=["factor", "item", "value"])))
    doubled = pd.DataFrame([good, good], columns=["factor", "item", "value"])
    with pytest.raises(InputError, match="twice"):
        stress((cases, doubled))


def test_many_insurers_need_a_key() -> None:
    cases, effects = source([PROPERTY, PROPERTY], tax_rate=0.0)
    with pytest.raises(UsageError, match="insurer"):
        stress((cases, effects))
    extra = effects.assign(insurer="nobody")
    assert any(p.code == "unmatched" for p in stress((cases, extra)).warnings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "expected a list"),
        ("- {id: a, zh: a, en: a}", "missing: changes"),
        ("- {id: a, zh: a, en: a, changes: [], note: b}", "unknown key: note"),
        ("- {id: base, zh: a, en: a, changes: [{factor: equity_assets, multiply: 0.7}]}", "taken by the base"),
        ("- {id: a, zh: a, en: a, changes: []}", "expected a list of changes"),
        ("- {id: a, zh: a, en: a, changes: [{factor: equity_assets}]}", "one of multiply, add, set"),
        ("- {id: a, zh: a, en: a, changes: [{factor: equity_assets, set: 5}]}", "changed by multiply"),
        ("- {id: a, zh: a, en: a, changes: [{item: core_tier1, add: 5}]}", "needs its unit"),
        ("- {id: a, zh: a, en: a, changes: [{item: core_tier1, multiply: 2, unit: 元}]}", "unit is for amounts"),
        ("- {id: a, zh: a, en: a, changes: [{item: core_tier9, multiply: 2}]}", "did you mean core_tier"),
        ("- {id: a, zh: a, en: a, changes: [{factor: equity_assets, multiply: no}]}", "expected a number"),
        ("- {id: a, zh: a, en: a, changes: [{factor: equity_assets, multiply: -1}]}", "0 or more"),
        ("- {id: a, zh: a, en: a, changes: [{factor: fixed_income_default, set: 10}]}", "between 0 and 1"),
        ("- {id: a, zh: a, en: a, changes: [{factor: core_tier1, multiply: 1}]}", "write item"),
        ("- {id: a, id: b, zh: a, en: a, changes: []}", "duplicate key"),
    ],
)
def test_wrong_scenario_file(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=message) as caught:
        read_scenarios(path)
    assert "mine.yaml" in str(caught.value)


def test_wrong_scenarios() -> None:
    data = source([PROPERTY])
    with pytest.raises(UsageError, match="twice"):
        stress(data, scenarios=[fall(0.1), fall(0.1)])
    with pytest.raises(UnknownFactorError, match="equity_assets"):
        stress(data, scenarios=[Scenario("x", "x", "x", (Change("equity_asset", "multiply", (0.5,)),))])
    with pytest.raises(UsageError, match="mandatory"):
        stress(
            data,
            scenarios=[Scenario("property_equity_quarter", "x", "x", (Change("equity_assets", "multiply", (0.5,)),))],
        )
    with pytest.raises(UsageError, match="horizon"):
        stress(data, horizon="month")
    with pytest.raises(UsageError, match="changed by multiply"):
        stress(data, scenarios=[Scenario("x", "x", "x", (Change("equity_assets", "set", (0.5,)),))])


def test_a_wrong_forecast_is_one_insurers_loss() -> None:
    data = per_insurer([PROPERTY, PROPERTY], tax_rate=0.25, money_fund_equity_mc=0.0, equity_exposure=500.0)
    forecast = FORECAST.merge(data[0][["insurer"]], how="cross")
    wrong = (forecast["insurer"] == "1") & (forecast["item"] == "core_tier1")
    forecast = forecast[~wrong]
    with pytest.raises(InputError, match="core tier 1"):
        stress((*data, forecast))
    result = stress((*data, forecast), on_error="reject")
    assert result.base["actual_capital"].isna().tolist() == [False, True]
    assert [p.code for p in result.warnings] == ["forecast_rejected"]
    mine = result.frame[result.frame["row"] == 1]
    assert (mine["not_covered_en"] != "").all()


def test_example_scenarios_run() -> None:
    path = ROOT / "examples/scenarios/own_scenarios.yaml"
    assert "Illustrative" in path.read_text(encoding="utf-8").splitlines()[0]
    data = source(
        [PROPERTY],
        tax_rate=0.25,
        money_fund_equity_mc=0.0,
        equity_exposure=500.0,
        credit_exposure=800.0,
        default_mc_of_fixed_income=80.0,
    )
    result = stress(data, horizon="year", scenarios=[path])
    mine = result.frame[result.frame["id"].str.startswith("own_")]
    assert len(mine) == 3
    assert (mine["not_covered_en"] == "").all()


def test_an_annual_test_wants_an_own_scenario_of_two_factors() -> None:
    codes = [p.code for p in stress(source([PROPERTY]), horizon="year", scenarios=[fall(0.4)]).warnings]
    assert codes == ["own_scenario"]


def test_every_mandatory_factor_is_known_to_the_sheet() -> None:
    """What annex 4 asks is answered by a formula or by a listed row; listed rows name items that can change."""
    rulebook = Rulebook.at("2025-12-31")
    listed = {factor for factor, _ in listed_sensitivities()}
    for kind in ("property", "life"):
        for horizon in ("quarter", "year"):
            tests = mandatory_scenarios(rulebook, kind, horizon)
            assert tests
            for change in (c for t in tests for c in t.changes):
                assert {change.target, f"{change.target}_up"} & (listed | {"equity_assets", "fixed_income_default"}), (
                    change
                )
    assert not mandatory_scenarios(rulebook, "reinsurer", "year")
    assert {item for _, item in listed_sensitivities()} <= set(AFFECTED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("premium_income*1.2", ("premium_income", 0, "multiply", 0.2)),
        ("risk_free_curve+0.005", ("risk_free_curve", 0, "add", 0.005)),
        ("average_bond_curve-0.005", ("average_bond_curve", 0, "add", -0.005)),
        ("fixed_income_default=0.1", ("fixed_income_default", 0, "set", 0.1)),
        ("new_business_premium_up", ("new_business_premium", 1, "", None)),
        ("new_business_premium_down", ("new_business_premium", -1, "", None)),
        ("mortality_rate", ("mortality_rate", 0, "", None)),
        ("x y", None),
    ],
)
def test_sizes_in_factor_names(text: str, expected: Any) -> None:
    assert sized(text) == expected
