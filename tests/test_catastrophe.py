"""Catastrophe risk: estimators, properties of the kernel, brute force, the table of loss factors, and how a figure is explained."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import solvency
from solvency.errors import InputError
from solvency.inquiry import supplied
from solvency.output import print_factors
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule04_nonlife_insurance_risk import value_at_risk
from solvency.rules.rule04_nonlife_insurance_risk.value_at_risk import Cover, domestic, estimator, overseas

P = Decimal("0.995")
HOW = ("order_statistic", "next_higher", "interpolated")
EXAMPLE = Path(__file__).parents[1] / "examples" / "insurance-invented"
COMPANY = {
    "insurer": "A", "insurer_type": "property", "as_of": "2025-12-31", "core_tier1": 1e12, "control_risk_mc": 0, "total_assets": 1e15,
    "life_insurance_mc": 0, "nonlife_premium_reserve_mc": 0, "market_mc": 0, "credit_mc": 0,
}  # fmt: skip
OTHERS = ("property_typhoon", "property_earthquake", "overseas_typhoon", "overseas_earthquake")


def cover(size: int, retention: Any = 0.0, limit: Any = 0.0, share: Any = 0.0) -> Cover:
    return Cover(*(np.broadcast_to(np.asarray(value, float), size) for value in (retention, limit, share)))


def by_hand(exposure: list[float], factors: Any, programme: tuple[float, float, float], how: str) -> float:
    """Article 52 as it is printed, scenario by scenario."""
    retention, limit, share = programme
    net = []
    for scenario in range(factors.shape[1]):
        loss = sum(e * factors[region, scenario] for region, e in enumerate(exposure))
        net.append(loss - min(max(0.0, loss - retention), limit) * share)
    net.sort()
    if how == "interpolated":
        place = 1 + (len(net) - 1) * P
        low = int(place)
        return net[low - 1] + float(place - low) * (net[min(low, len(net) - 1)] - net[low - 1])
    if how == "next_higher":
        return net[math.floor(len(net) * P)]
    return net[math.ceil(len(net) * P) - 1]


@pytest.mark.parametrize(
    ("scenarios", "ranks"),
    [
        # ⌈n·p⌉, ⌊n·p⌋ + 1, and 1 + (n − 1)·p as whole part and share
        (1, (1, 1, (1, 0))),
        (2, (2, 2, (1, 0.995))),
        (199, (199, 199, (198, 0.01))),
        (200, (199, 200, (199, 0.005))),
        (201, (200, 200, (200, 0.0))),
        (400, (398, 399, (398, 0.005))),
        (1000, (995, 996, (995, 0.005))),
        (10_000, (9950, 9951, (9950, 0.005))),
    ],
)
def test_places_of_the_estimators(scenarios: int, ranks: tuple[int, int, tuple[int, float]]) -> None:
    assert estimator("order_statistic", scenarios, P).places == (ranks[0] - 1,)
    assert estimator("next_higher", scenarios, P).places == (ranks[1] - 1,)
    low, share = ranks[2]
    found = estimator("interpolated", scenarios, P)
    assert found.places == ((low - 1, low) if share else (low - 1,))
    assert found.weights == pytest.approx([1 - share, share] if share else [1])


@pytest.mark.parametrize(
    ("how", "wanted"), [("order_statistic", 199.0), ("next_higher", 200.0), ("interpolated", 199.005)]
)
def test_two_hundred_scenarios(how: str, wanted: float) -> None:
    """Losses of 1 to 200: the 199th, the 200th, and 199 + 0.005 between them."""
    losses = np.random.default_rng(1).permutation(np.arange(1.0, 201.0))[None, :]
    assert domestic(np.ones((1, 1)), losses, cover(1), estimator(how, 200, P))[0][0] == pytest.approx(wanted, rel=1e-12)
    assert overseas(np.ones((1, 1)), losses, cover(1), estimator(how, 200, P))[0][0] == pytest.approx(wanted, rel=1e-12)
    factors = [{"peril": "motor_typhoon", "event": i, "region": "hainan", "factor": x} for i, x in enumerate(losses[0])]
    result = calculated(factors, [("hainan", 1.0)], readings={"var_estimator": how})
    assert result.values()["nonlife_catastrophe_mc"] == pytest.approx(wanted, rel=1e-12)


@st.composite
def portfolios(draw: st.DrawFn) -> tuple[Any, Any, tuple[float, float, float]]:
    insurers, regions, scenarios = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 30))
    amounts = st.floats(0, 1e9, allow_nan=False).map(lambda x: round(x, 2))
    exposure = draw(arrays(float, (insurers, regions), elements=amounts))
    factors = draw(arrays(float, (regions, scenarios), elements=st.floats(0, 0.2).map(lambda x: round(x, 5))))
    programme = (draw(amounts) / 100, draw(amounts) / 100, draw(st.floats(0, 1)))
    return exposure, factors, programme


@settings(max_examples=150, deadline=None)
@given(portfolios(), st.sampled_from(HOW))
def test_the_kernel_is_the_printed_formula(made: tuple[Any, Any, tuple[float, float, float]], how: str) -> None:
    exposure, factors, programme = made
    size = len(exposure)
    found, events, kept = domestic(exposure, factors, cover(size, *programme), estimator(how, factors.shape[1], P))
    for i in range(size):
        assert found[i] == pytest.approx(by_hand(list(exposure[i]), factors, programme, how), rel=1e-9, abs=1e-6)
    # the rows of the regions add up to it
    weights = estimator(how, factors.shape[1], P).weights
    of_row = np.stack([factors[:, events[i]] * kept[i] for i in range(size)])
    assert (exposure[:, :, None] * of_row).sum(axis=1) @ weights == pytest.approx(found, rel=1e-9, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(portfolios(), st.sampled_from(HOW), st.integers(0, 3), st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_properties(made: tuple[Any, Any, Any], how: str, region: int, times: float, chance: Any) -> None:
    """More exposure never less capital; cover never more; in proportion without cover; the order of scenarios does not matter."""
    exposure, factors, programme = made
    size, of = len(exposure), estimator(how, factors.shape[1], P)
    for kernel in (domestic, overseas):
        bare = kernel(exposure, factors, cover(size), of)[0]
        covered = kernel(exposure, factors, cover(size, *programme), of)[0]
        room = 1e-9 * (1 + bare)
        assert (covered <= bare + room).all()
        assert (covered >= -room).all()
        more = exposure.copy()
        more[:, region % exposure.shape[1]] *= 1 + times
        assert (kernel(more, factors, cover(size), of)[0] >= bare - room).all()
        assert (kernel(more, factors, cover(size, *programme), of)[0] >= covered - room).all()
        assert kernel(exposure * times, factors, cover(size), of)[0] == pytest.approx(bare * times, rel=1e-9, abs=1e-9)
        order = list(range(factors.shape[1]))
        chance.shuffle(order)
        assert kernel(exposure, factors[:, order], cover(size, *programme), of)[0] == pytest.approx(
            covered, rel=1e-9, abs=1e-6
        )


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many losses are worked out at a time, the result is the same."""
    rng = np.random.default_rng(2)
    exposure, factors, of = rng.random((50, 31)), rng.random((31, 400)), estimator("interpolated", 400, P)
    whole = domestic(exposure, factors, cover(50, 5, 3, 0.5), of)
    for block in (1, 400, 3_000):
        monkeypatch.setattr(value_at_risk, "BLOCK", block)
        parts = domestic(exposure, factors, cover(50, 5, 3, 0.5), of)
        assert parts[0] == pytest.approx(whole[0], rel=1e-12)
        assert (parts[1] == whole[1]).all()


def calculated(factors: list[dict[str, Any]], motor: list[tuple[str, float]], **options: Any) -> Any:
    tables = {
        "CatFactors": pd.DataFrame(factors),
        "CatExposures": pd.DataFrame([{"peril": "motor_typhoon", "region": r, "exposure": x} for r, x in motor]),
        "IR02": pd.DataFrame([{"item": item, "amount": 0} for item in OTHERS]),
        **options.pop("tables", {}),
    }
    return solvency.calculate(pd.DataFrame([COMPANY]), positions=tables, **options)


FACTORS = [
    {"peril": "motor_typhoon", "event": event, "region": region, "factor": factor}
    for event, row in (("a", (0.01, 0.02)), ("b", (0.03, 0.01)))
    for region, factor in zip(("hainan", "fujian"), row, strict=True)
]


@pytest.mark.parametrize(
    ("factors", "code", "found"),
    [
        ([*FACTORS, FACTORS[0]], "doubled", None),
        (FACTORS[:-1], "incomplete", "fujian"),
        ([{**FACTORS[0], "region": "europe"}, *FACTORS[1:]], "region_of_peril", "europe"),
        ([{**FACTORS[0], "factor": -0.1}, *FACTORS[1:]], "out_of_range", None),
        ([{**FACTORS[0], "factor": None}, *FACTORS[1:]], "missing", None),
        ([{**FACTORS[0], "event": None}, *FACTORS[1:]], "missing", None),
        ([{**FACTORS[0], "region": "atlantis"}, *FACTORS[1:]], "not_allowed", "atlantis"),
    ],
)
def test_a_wrong_set_of_factors_is_an_error(factors: list[dict[str, Any]], code: str, found: str | None) -> None:
    with pytest.raises(InputError) as caught:
        calculated(factors, [("hainan", 1.0)])
    problems = [p for p in caught.value.problems if p.severity == "error" and p.sheet == "CatFactors"]
    assert [p.code for p in problems] == [code], [p.message("en") for p in problems]
    assert "no_factor" not in {p.code for p in caught.value.problems}, "that it is wrong has been told"
    assert found is None or problems[0].found == found
    assert problems[0].row
    assert problems[0].article or code in ("out_of_range", "missing")


def test_each_scenario_without_a_factor_is_told_with_a_region_it_lacks() -> None:
    factors = [*FACTORS, {**FACTORS[1], "event": "c"}]  # c only in fujian
    del factors[3]  # b only in hainan
    with pytest.raises(InputError) as caught:
        calculated(factors, [("hainan", 1.0)])
    problems = [
        (p.code, p.row, p.found) for p in caught.value.problems if p.severity == "error" and p.sheet == "CatFactors"
    ]
    assert problems == [("incomplete", "4", "fujian"), ("incomplete", "5", "hainan")]


def test_probabilities_are_told_not_to_be_used() -> None:
    """Scenarios are equally likely; a column of probabilities is no silent extra."""
    result = calculated([{**row, "probability": 0.1} for row in FACTORS], [("hainan", 1.0)])
    assert [(p.code, p.found) for p in result.warnings] == [("ignored_column", "probability")]


def test_without_factors_the_place_of_the_official_ones_is_told() -> None:
    exposures = pd.DataFrame([{"peril": "motor_typhoon", "region": "hainan", "exposure": 1.0}])
    with pytest.raises(InputError) as caught:
        solvency.calculate(pd.DataFrame([COMPANY]), positions={"CatExposures": exposures})
    problem = next(p for p in caught.value.problems if p.code == "missing_factors")
    document = Rulebook.at("2025-12-31").readings["var_estimator"].document
    assert document.source.startswith("https://www.cbirc.gov.cn/")
    assert all(document.source in problem.message(lang) for lang in ("zh", "en"))


def test_one_set_of_factors_serves_many_insurers_dates_and_scenarios() -> None:
    """Factors belong to no insurer; each insurer, date and scenario has its own exposures."""
    cases = pd.DataFrame(
        [{**COMPANY, "insurer": name, "as_of": day, "scenario": scenario}
         for name in "AB" for day in ("2022-03-31", "2025-12-31") for scenario in ("base", "bad")]
    )  # fmt: skip
    exposures = cases[["insurer", "as_of", "scenario"]].assign(
        peril="motor_typhoon", region="hainan", exposure=np.arange(1.0, 9.0) * 100
    )
    typed = pd.DataFrame([{"insurer": name, "item": item, "amount": 0} for name in "AB" for item in OTHERS])
    tables = {"CatFactors": pd.DataFrame(FACTORS), "CatExposures": exposures, "IR02": typed}
    result = solvency.calculate(cases, positions=tables)
    assert result.figures["nonlife_catastrophe_mc"].to_numpy() == pytest.approx(np.arange(1.0, 9.0) * 3)
    assert not result.warnings


def test_a_layer_apart_and_a_cover_without_exposure_are_told() -> None:
    layers = pd.DataFrame(
        [
            {"peril": "motor_typhoon", "retention": 1, "limit": 1, "ceded_share": 0.5},
            {"peril": "motor_typhoon", "retention": 3, "limit": 1, "ceded_share": 0.5},
            {"peril": "property_typhoon", "retention": 3, "limit": 1, "ceded_share": 0.5},
        ]
    )
    result = calculated(FACTORS, [("hainan", 100.0)], tables={"CatCover": layers})
    assert sorted((p.code, p.row) for p in result.warnings) == [("layers_apart", "2"), ("unused_cover", "4")]
    # RT = 1, OL = 2, SH = 0.5: 3 − min(2, 2) · 0.5
    assert result.values()["nonlife_catastrophe_mc"] == pytest.approx(2.0)


def test_a_typed_total_must_agree_with_the_form() -> None:
    with pytest.raises(InputError) as caught:
        solvency.calculate(
            pd.DataFrame([{**COMPANY, "nonlife_catastrophe_mc": 7}]),
            positions={"IR02": pd.DataFrame([{"item": item, "amount": 3} for item in ("motor_typhoon", *OTHERS)])},
        )
    assert [p.code for p in caught.value.problems if p.severity == "error"] == ["disagree"]


def test_what_a_peril_comes_from_is_explained() -> None:
    """The rows of the value-at-risk scenario, before and after cover, with the reading and the articles."""
    layers = pd.DataFrame([{"peril": "motor_typhoon", "retention": 2, "limit": 2, "ceded_share": 0.5}])
    result = calculated(FACTORS, [("hainan", 100.0), ("fujian", 100.0)], tables={"CatCover": layers})
    why = solvency.explain(result, "nonlife_catastrophe_mc")
    assert why.value == pytest.approx(3.0)
    assert [line["rf0"] for line in why.positions] == pytest.approx([0.03, 0.01])
    assert [line["minimum_capital"] for line in why.positions] == pytest.approx([2.25, 0.75])
    assert {reading["name"] for reading in why.readings} == {"var_estimator"}
    assert {"catastrophe_domestic.correlation", "catastrophe.confidence"} <= {f["name"] for f in why.factors}
    assert ["var_estimator" in line["readings"] for line in why.positions] == [True, True]
    typed = pd.DataFrame([{"item": item, "amount": 1} for item in ("motor_typhoon", *OTHERS)])
    plain = solvency.explain(pd.DataFrame([COMPANY]), "nonlife_catastrophe_mc", positions={"IR02": typed})
    assert not any(line["readings"] for line in plain.positions), "typed amounts rest on no estimator"


def test_the_invented_factors_can_be_used() -> None:
    """The example says that it is invented, in the name of its folder and in every scenario."""
    frame = pd.read_csv(EXAMPLE / "CatFactors.csv")
    assert frame["event"].str.startswith("invented-").all()
    assert set(frame["peril"]) == {"motor_typhoon", *OTHERS}
    result = solvency.calculate(pd.DataFrame([COMPANY]), positions=EXAMPLE)
    assert result.values()["nonlife_catastrophe_mc"] > 0
    form = result.charged[0][1].forms["IR02"].set_index("row")["amount"]
    assert form["7"] == pytest.approx(form.loc["1":"5"].sum() - form["6"])


TECHNOLOGY = {**COMPANY, "as_of": "2023-03-31", "technology_insurer": "yes", "nonlife_premium_reserve_mc": 3e8, "nonlife_catastrophe_mc": 4e8,
              "market_mc": 2e8, "credit_mc": 1e8}  # fmt: skip


def test_contributions_of_a_technology_insurer_add_up() -> None:
    """K of article 55 scales what each non-life sub-risk carries, and what would be left without it."""
    result = solvency.calculate(pd.DataFrame([TECHNOLOGY]))
    values, long = result.values(), result.contributions().set_index("item")
    assert values["nonlife_insurance_mc"] == pytest.approx(0.9 * math.sqrt(31) * 1e8)
    assert values["technology_coefficient"] == 0.9
    assert long["euler"].sum() == pytest.approx(values["minimum_capital"])
    without = solvency.calculate(pd.DataFrame([{**TECHNOLOGY, "nonlife_catastrophe_mc": 0}])).values()
    marginal = values["minimum_capital"] - without["minimum_capital"]
    assert long.loc["nonlife_catastrophe_mc", "marginal"] == pytest.approx(marginal)
    assert "technology_coefficient" not in solvency.calculate(pd.DataFrame([COMPANY])).figures


def test_stress_of_a_technology_insurer_keeps_its_coefficient() -> None:
    """A sub-risk that moves changes the module by K times as much as elsewhere."""
    from solvency.rules.rule10_stress_test.effects import Effects
    from solvency.rules.rule10_stress_test.restate import restated
    from solvency.stress_test.starting_point import _technology

    assert _technology(np.array([0.9, np.nan])).tolist() == [0.9, 1.0]
    base, moved = TECHNOLOGY, {**TECHNOLOGY, "nonlife_catastrophe_mc": 6e8}
    rows = _rows_of(base)
    effects = Effects(1, {"nonlife_catastrophe_mc": np.array([2e8])})
    found = restated(rows, effects, Rulebook.at("2023-03-31"))["minimum_capital"][0]
    assert found == pytest.approx(solvency.calculate(pd.DataFrame([moved])).values()["minimum_capital"])


def _rows_of(case: dict[str, Any]) -> Any:
    """The base of a stress test on one insurer without a forecast."""
    from solvency.rules.rule02_minimum_capital import matrices
    from solvency.rules.rule10_stress_test.effects import Rows
    from solvency.tables.exposures import TIERS, Exposures
    from solvency.tables.spec import MODULES, SUB_RISKS

    figures = solvency.calculate(pd.DataFrame([case])).values()
    items = (
        *TIERS,
        *SUB_RISKS,
        *MODULES,
        "loss_absorption",
        "additional_capital",
        "minimum_capital",
        "actual_capital",
        "core_capital",
        "quantified_mc",
    )
    unlimited = np.ones(1)
    return Rows(
        amounts={item: np.array([figures[item]]) for item in items}, exposures=Exposures({}), factor=np.ones(1),
        limits=(unlimited, unlimited, unlimited, unlimited), mutual=np.zeros(1, bool), insurer_type="property", horizon="quarter",
        matrices=matrices(Rulebook.at("2023-03-31"), "property"), options={}, mandatory_sizes={},
        technology=np.array([figures["technology_coefficient"]]),
    )  # fmt: skip


def test_a_technology_insurer_under_rule_6_is_told() -> None:
    result = solvency.calculate(pd.DataFrame([{**TECHNOLOGY, "insurer_type": "reinsurer"}]))
    assert [p.code for p in result.warnings] == ["not_for_type"]
    assert result.values()["nonlife_insurance_mc"] == pytest.approx(math.sqrt(31) * 1e8)


@pytest.mark.parametrize("name", ["CatFactors", "catfactors", "annex2", "catastrophe"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_annex_2_is_published_and_how_it_is_laid_out(name: str, lang: str, capsys: Any) -> None:
    options: dict[str, Any] = {"as_of": "2025-12-31", "history": False, "readings": {}, "drafts": (), "lang": lang}
    print_factors(name, as_json=True, **options)
    record = json.loads(capsys.readouterr().out)
    assert record == supplied(name, as_of="2025-12-31")
    assert record["source"].startswith("https://www.cbirc.gov.cn/")
    assert [column["column"] for column in record["columns"]] == ["peril", "event", "region", "factor"]
    assert "asia_pacific" in record["columns"][2]["allowed"]
    print_factors(name, as_json=False, **options)
    shown = capsys.readouterr().out
    assert record["source"] in shown
    assert record[f"how_{lang}"] in shown
    assert all(f"    {column}: " in shown for column in ("peril", "event", "region", "factor"))
    print_factors(None, as_json=False, **options)
    assert "solvency factors CatFactors" in capsys.readouterr().out
    assert supplied("catastrophe.confidence") is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_template_says_where_annex_2_is_published(lang: str, tmp_path: Path) -> None:
    source = Rulebook.at("2025-12-31").readings["var_estimator"].document.source
    for kind in ("property", "reinsurer"):
        book = openpyxl.load_workbook(solvency.template(kind, tmp_path / f"{kind}.xlsx", positions=True, lang=lang))
        assert source in book["CatFactors"]["A2"].comment.text
        guide = {row[0].value: [cell.value for cell in row[1:]] for row in book.worksheets[0].iter_rows()}
        assert all(source in text for text in guide["CatFactors"][:2])
        assert not any("http" in str(text) for text in guide["CatExposures"])
