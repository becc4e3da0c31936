"""Positions beyond the golden cases: properties of the charge, given beside computed, explain, compare, forms, drafts, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import solvency
from solvency.comparison import compare
from solvency.errors import DocumentError, InputError, UsageError
from solvency.position_detail import position_lines
from solvency.position_forms import (
    concentration_form,
    interest_rate_assets,
    life_interest_form,
    looked_through_assets,
    product_breakdown,
)
from solvency.regulation.factors import Interval, Table, TableRow
from solvency.regulation.rulebook import Rulebook, check_tables
from solvency.rules.charge import standard_charge
from solvency.rules.netting import net_by_counterparty
from solvency.rules.rule07_look_through.structure import match_ids, resolve
from solvency.rules.rule08_market_risk.holding import remaining, years_between
from solvency.tables.positions.spec import position_tables

LIFE = Path(__file__).parents[1] / "examples/example-invented-life-positions.xlsx"

LIMIT = Interval.parse("[-0.25, 0.25]")
K = st.floats(-2, 2)


def case(**more: Any) -> pd.DataFrame:
    filled = {
        "insurer": "A", "insurer_type": "life", "as_of": "2025-12-31", "core_tier1": 1e10, "control_risk_mc": 0,
        "loss_absorption": 0, "life_insurance_mc": 0, "nonlife_insurance_mc": 0, "total_assets": 1e11, "counterparty_default_mc": 0, "fx_mc": 0,
    }  # fmt: skip
    return pd.DataFrame([{**filled, **more}])


SHARES = pd.DataFrame(
    {
        "id": ["600000", "688001", "300001"], "name": ["甲", "乙", "丙"], "board": ["main", "star", "chinext"], "csi300": ["yes", "no", "no"],
        "holding_years": [5, 1, None], "cost": [80e6, 50e6, 20e6], "admitted_value": [100e6, 40e6, 30e6],
    }
)  # fmt: skip
BONDS = pd.DataFrame(
    {"id": ["B1", "B2"], "rating": ["AAA", "AA"], "modified_duration": [3.0, 6.0], "admitted_value": [200e6, 100e6]}
)


# -- the kernel


@given(st.floats(1, 1e9), st.floats(0.01, 0.9), K, K, st.floats(0, 0.4), st.floats(0.1, 10))
def test_the_charge_is_homogeneous_in_exposure(
    ex: float, rf0: float, k: float, out: float, layer: float, scale: float
) -> None:
    one = standard_charge(np.array([ex]), np.array([rf0]), k, out, layer, LIMIT, 1.0)[-1][0]
    many = standard_charge(np.array([ex * scale]), np.array([rf0]), k, out, layer, LIMIT, 1.0)[-1][0]
    assert many == pytest.approx(one * scale, rel=1e-12)


@given(st.floats(0.01, 0.9), K, st.floats(0, 1), st.floats(0, 0.4))
def test_more_coefficient_never_lowers_the_factor_and_the_cap_holds(
    rf0: float, k: float, more: float, layer: float
) -> None:
    def factor(value: float) -> float:
        return float(standard_charge(np.array([1.0]), np.array([rf0]), value, 0.0, layer, LIMIT, 1.0)[2][0])

    assert factor(k) <= factor(k + more) + 1e-15
    assert factor(k) <= 1
    assert factor(k) == pytest.approx(min(rf0 * (1 + min(max(k, -0.25), 0.25) + layer), 1))


def test_a_negative_exposure_bears_nothing() -> None:
    assert standard_charge(np.array([-5.0]), np.array([0.4]), 0.0, 0.0, 0.0, LIMIT, 1.0)[-1][0] == 0


# -- factors as tables

SAMPLE = Table(
    (
        TableRow("low", {"kind": ("a", "b"), "x": Interval.parse("(0, 5]")}, np.float64(0), np.float64(2), np.float64(0), "x"),  # type: ignore[arg-type]
        TableRow("high", {"kind": ("a", "b"), "x": Interval.parse("(5, inf)")}, np.float64(1)),  # type: ignore[arg-type]
        TableRow("c", {"kind": ("c",)}, np.float64(7)),  # type: ignore[arg-type]
    )
)  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d", None]),
            st.one_of(st.sampled_from([0.0, 5.0, np.nan]), st.floats(-3, 12)),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_a_table_finds_the_row_a_reader_would(rows: list[tuple[str | None, float]]) -> None:
    kinds, x = pd.Series([k for k, _ in rows], dtype=object), np.array([v for _, v in rows])
    found = SAMPLE.locate({"kind": kinds, "x": x}, len(rows))
    values = SAMPLE.values(found, {"x": x})
    for (kind, value), place, number in zip(rows, found, values, strict=True):
        wanted = 2 if kind == "c" else -1
        if kind in ("a", "b") and value == value and value > 0:
            wanted = 0 if value <= 5 else 1
        assert place == wanted
        assert number == pytest.approx({0: 2 * value, 1: 1.0, 2: 7.0, -1: np.nan}[wanted], nan_ok=True)


def test_a_column_of_very_many_classes_finds_the_same_rows() -> None:
    names = [f"z{i}" for i in range(200)]
    kinds = pd.Series(["a", "z7", None, "c", "z199", "a"], dtype=pd.CategoricalDtype([*names, "c", "b", "a"]))
    x = np.array([1.0, 1.0, 1.0, np.nan, 9.0, 6.0])
    assert SAMPLE.locate({"kind": kinds, "x": x}, len(x)).tolist() == [0, -1, -1, 2, -1, 1]


def test_every_table_of_every_date_has_one_row_at_most_for_a_position() -> None:
    for day in ("2022-03-31", "2023-09-30", "2025-12-31"):
        rulebook = Rulebook.at(day)
        check_tables(rulebook.factors, rulebook.classes)


def test_overlapping_rows_of_a_draft_are_refused(tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 草案\ntitle: {zh: 草案, en: Draft}\nissued: 2026-01-01\neffective: 2026-01-01\nfactors:\n"
        '  assumed.rf0:\n    article: 一\n    table:\n      - {key: new, age_months: "(5, 7]", value: 0.1}\n',
        encoding="utf-8",
    )
    with pytest.raises(DocumentError, match="may both hold"):
        Rulebook.at("2025-12-31", drafts=[draft])


def test_a_draft_adds_a_coefficient_with_a_column_of_its_own(tmp_path: Path) -> None:
    """One entry in a document: reader, charge and explanation follow."""
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 草案\ntitle: {zh: 草案, en: Draft}\nissued: 2026-01-01\neffective: 2026-01-01\nfactors:\n"
        "  fund.k_pension:\n    article: 一\n    zh: 养老目标基金\n    en: Pension target fund\n    table:\n"
        '      - {key: pension, pension_target: "yes", value: -0.2}\n',
        encoding="utf-8",
    )
    funds = pd.DataFrame(
        {"fund_type": ["stock", "stock"], "pension_target": ["yes", "no"], "admitted_value": [1e6, 1e6]}
    )
    before = solvency.calculate(case(), positions={"MR07": funds})
    assert before.values()["equity_price_mc"] == pytest.approx(2 * 280_000)
    assert {p.code for p in before.warnings} >= {"ignored_column"}
    after = solvency.calculate(case(), positions={"MR07": funds}, drafts=[draft])
    assert after.values()["equity_price_mc"] == pytest.approx(280_000 * (0.8 + 1))


# -- kernels


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_netting_gives_back_what_is_left_of_each_counterparty(rows: list[tuple[int, int, float]]) -> None:
    case_of, party, amount = (np.array(x) for x in zip(*rows, strict=True))
    exposure = net_by_counterparty(case_of, party, amount)
    assert (exposure >= 0).all()
    for key in {(c, p) for c, p, _ in rows}:
        own = (case_of == key[0]) & (party == key[1])
        assert exposure[own].sum() == pytest.approx(max(amount[own].sum(), 0), rel=1e-9, abs=1e-6)


@given(st.lists(st.integers(-1, 11), min_size=12, max_size=12), st.lists(st.floats(0.1, 1), min_size=12, max_size=12))
def test_chains_of_products_like_a_walk_upwards(parents: list[int], shares: list[float]) -> None:
    found = resolve(np.array(parents), np.array(shares), np.full(12, np.nan))
    for start in range(12):
        seen, node, share = [], start, 1.0
        while node >= 0 and node not in seen:
            seen.append(node)
            share *= shares[node]
            node = parents[node]
        assert bool(found.cyclic[start]) is (node >= 0)
        if node < 0:
            assert (found.layers[start], found.top[start]) == (len(seen), seen[-1])
            assert found.share[start] == pytest.approx(share)


def test_ids_are_matched_within_their_case() -> None:
    found = match_ids(
        np.array([0, 1, 1, 0]),
        np.array(["P", "P", None, "Q"], object),
        np.array([0, 1, 1]),
        np.array(["P", "P", "P"], object),
    )
    assert found.index.tolist() == [0, 1, -1, -1]
    assert found.duplicates.tolist() == [False, True, True]


def test_first_in_first_out() -> None:
    days = np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "datetime64[D]")
    left, oversold = remaining(np.zeros(3, int), days, np.array([100.0, 50.0, -120.0]))
    assert left.tolist() == [0.0, 30.0, 0.0]
    assert not oversold.any()
    _, oversold = remaining(np.zeros(3, int), days[[1, 0, 2]], np.array([100.0, -10.0, 5.0]))
    assert oversold.tolist() == [False, True, False]  # sold before anything was bought


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ("2022-12-31", "2025-12-31", 3.0),
        ("2022-12-30", "2025-12-31", 3 + 1 / 365),
        ("2023-01-01", "2025-12-31", 2 + 364 / 365),
        ("2024-02-29", "2025-02-28", 1.0),
        ("2025-12-31", "2025-12-31", 0.0),
        ("2023-12-31", "2024-03-31", 91 / 366),
    ],
)
def test_years_are_exact_on_an_anniversary(start: str, end: str, years: float) -> None:
    found = years_between(np.array([start], "datetime64[D]"), np.array([end], "datetime64[D]"))
    assert found[0] == pytest.approx(years, abs=1e-12)


# -- given beside computed


def test_a_company_may_type_some_sub_risks_and_compute_others() -> None:
    result = solvency.calculate(case(real_estate_mc=5e6), positions={"MR01": SHARES, "CR04": BONDS})
    assert result.origin("equity_price_mc") == "computed"
    assert result.origin("spread_mc") == "computed"
    assert result.origin("real_estate_mc") == "given"
    assert result.origin("overseas_equity_mc") == "blank_zero"
    assert result.values()["spread_mc"] == pytest.approx(200e6 * 3 * (0.0006 * 3 + 0.012) + 100e6 * 6 * 0.0295)


def test_a_typed_sub_risk_must_agree_with_its_positions() -> None:
    computed = solvency.calculate(case(), positions={"CR04": BONDS}).values()["spread_mc"]
    solvency.calculate(case(spread_mc=round(computed)), positions={"CR04": BONDS})
    with pytest.raises(InputError) as caught:
        solvency.calculate(case(spread_mc=round(computed) * 1.1), positions={"CR04": BONDS})
    assert any(p.code == "disagree" and p.item == "spread_mc" for p in caught.value.problems)


def test_amounts_are_in_the_unit_of_the_input() -> None:
    in_yuan = solvency.calculate(case(), positions={"CR04": BONDS}).values()["spread_mc"]
    scaled = BONDS.assign(admitted_value=BONDS["admitted_value"] / 1e4)
    frame = case(core_tier1=1e6, total_assets=1e7)
    in_wan = solvency.calculate(frame, positions={"CR04": scaled}, unit="万元").values()["spread_mc"]
    assert in_wan == pytest.approx(in_yuan)


# -- many insurers, files


def test_positions_of_many_insurers_belong_to_their_own(tmp_path: Path) -> None:
    cases = pd.concat([case(insurer="A"), case(insurer="B", as_of="2023-06-30"), case(insurer="C")], ignore_index=True)
    shares = pd.concat([SHARES.assign(insurer=name) for name in ("C", "A", "B")], ignore_index=True)
    together = solvency.calculate(cases, positions={"MR01": shares})
    for row, (name, day) in enumerate((("A", "2025-12-31"), ("B", "2023-06-30"), ("C", "2025-12-31"))):
        alone = solvency.calculate(case(insurer=name, as_of=day), positions={"MR01": SHARES})
        assert together.values(row)["equity_price_mc"] == pytest.approx(alone.values()["equity_price_mc"])
    shares.to_csv(tmp_path / "MR01.csv", index=False)
    from_file = solvency.calculate(cases, positions=tmp_path)
    assert from_file.figures["equity_price_mc"].tolist() == pytest.approx(together.figures["equity_price_mc"].tolist())


def test_an_insurer_is_explained_whatever_is_wrong_with_others() -> None:
    cases = pd.concat([case(insurer="A"), case(insurer="B")], ignore_index=True)
    shares = pd.concat([SHARES.assign(insurer="A"), SHARES.assign(insurer="B", board="mars")], ignore_index=True)
    explained = solvency.explain(cases, "equity_price_mc", insurer="A", positions={"MR01": shares})
    assert explained.insurer == "A"
    for insurer in ("B", None):
        with pytest.raises(InputError):
            solvency.explain(cases, "equity_price_mc", insurer=insurer, positions={"MR01": shares})


def test_a_row_with_an_error_rejects_its_insurer_alone() -> None:
    cases = pd.concat([case(insurer="A"), case(insurer="B")], ignore_index=True)
    shares = pd.concat([SHARES.assign(insurer="A"), SHARES.assign(insurer="B", board="mars")], ignore_index=True)
    result = solvency.calculate(cases, positions={"MR01": shares}, on_error="reject")
    assert list(result.figures.index) == [0]
    assert result.rejects is not None
    assert "mars" in result.rejects["reasons_en"].iloc[0]


def test_no_folder_no_positions(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        solvency.calculate(case(), positions=tmp_path / "absent")
    with pytest.raises(UsageError):
        solvency.calculate(case(), positions=tmp_path)


# -- why


def test_every_line_keeps_how_it_was_worked_out() -> None:
    result = solvency.calculate(case(), positions={"MR01": SHARES, "CR04": BONDS})
    lines = position_lines(result, sub_risk="equity_price_mc").set_index("id")
    gain = 1 - 150e6 / 170e6  # not the share's own: all cost 150, worth 170
    x = 170 / 150 - 1
    k1 = x * x
    assert gain > 0
    main = lines.loc["600000"]
    assert main["coefficients"] == pytest.approx({"k_gain": k1, "k_index": 0.27 / 0.35 - 1})
    assert main["rf"] == pytest.approx(0.27 + 0.35 * k1)
    assert main["rf0_row"] == "main"
    assert any("金规〔2025〕24号" in text for text in main["citations"])
    assert lines.loc["688001", "rf"] == pytest.approx(0.40 + 0.45 * k1)
    assert lines.loc["300001", "rf"] == pytest.approx(0.45 * (1 + k1))
    assert lines["minimum_capital"].sum() == pytest.approx(result.values()["equity_price_mc"])
    assert lines["minimum_capital"].is_monotonic_decreasing


def test_explain_reaches_the_position() -> None:
    result = solvency.calculate(case(), positions={"MR01": SHARES, "CR04": BONDS})
    whole = solvency.explain(result, "equity_price_mc", most=2)
    assert (len(whole.positions), whole.position_count) == (2, 3)
    table = solvency.explain(result, "MR01")
    assert table.value == pytest.approx(result.values()["equity_price_mc"])
    one = solvency.explain(result, "MR01.688001")
    assert [line["name"] for line in one.positions] == ["乙"]
    with pytest.raises(UsageError):
        solvency.explain(result, "MR01.999999")


def test_a_module_gives_all_its_positions() -> None:
    result = solvency.calculate(case(), positions={"MR01": SHARES, "CR04": BONDS})
    assert {line["sheet"] for line in solvency.explain(result, "market_mc").positions} == {"MR01"}
    assert solvency.explain(result, "credit_mc").position_count == len(BONDS)
    whole = position_lines(result)
    assert solvency.explain(result, "quantified_mc").position_count == len(whole)


def test_a_product_is_explained_by_what_is_under_it() -> None:
    result = solvency.calculate(case(counterparty_default_mc=None), positions=products())
    found = solvency.explain(result, "CR11.P", most=9)
    assert found.value == pytest.approx(result.values()["counterparty_default_mc"])
    assert {line["sheet"] for line in found.positions} == {"CR09", "CR10", "CR11"}
    for form in ("LT01", "CT01", "IN03", "Lots"):
        with pytest.raises(UsageError) as told:
            solvency.explain(result, form)
        assert form in told.value.message("zh")


def test_what_an_amount_was_worked_out_from_is_shown() -> None:
    bonds = BONDS.assign(protected_value=[50e6, None], protection_rating=["AAA", None])
    result = solvency.calculate(case(), positions={"MR01": SHARES, "CR04": bonds})
    spread = position_lines(result, sub_risk="spread_mc")
    shown = spread[spread["details"].map(bool)].iloc[0]
    found = shown["details"]
    assert shown["minimum_capital"] == pytest.approx(
        found["ex_a"] * found["rf_protected"] + found["ex_b"] * shown["rf"]
    )
    assert any("第八条" in text for text in shown["citations"])
    shares = position_lines(result, sub_risk="equity_price_mc")
    assert shares["details"].iloc[0]["gain"] == pytest.approx(170 / 150 - 1)


# -- what changed


def effects(
    before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame], **more: Any
) -> dict[tuple[str, str, str], float]:
    found = compare(case(), case(), positions_before=before, positions_after=after, **more)
    for item, lines in found.positions.groupby("sub_risk"):
        change = found.figures.set_index("item")["change"][item]
        assert lines["effect"].sum() == pytest.approx(change, rel=1e-9, abs=1e-3), item
    return {(r["sub_risk"], r["step"], r["document"]): r["effect"] for r in found.positions.to_dict("records")}


def test_the_change_of_a_bond_is_volume_then_factor() -> None:
    after = BONDS.assign(admitted_value=[300e6, 100e6], rating=["AA+", "AA"])
    found = effects({"CR04": BONDS}, {"CR04": after})
    old, new = 3 * (0.0006 * 3 + 0.012), 3 * (0.0007 * 3 + 0.0165)
    assert found == pytest.approx({
        ("spread_mc", "volume", ""): 100e6 * old,
        ("spread_mc", "base_factor", ""): 300e6 * (new - old),
    })  # fmt: skip


def test_what_is_new_and_what_is_gone() -> None:
    after = pd.DataFrame(
        {"id": ["B2", "B3"], "rating": ["AA", "A"], "modified_duration": [6.0, 2.0], "admitted_value": [100e6, 10e6]}
    )
    found = effects({"CR04": BONDS}, {"CR04": after})
    assert found == pytest.approx({
        ("spread_mc", "gone", ""): -200e6 * 3 * (0.0006 * 3 + 0.012),
        ("spread_mc", "new", ""): 10e6 * 2 * (0.003 * 2 + 0.045),
    })  # fmt: skip


@pytest.mark.parametrize("back", [False, True])
def test_each_notice_is_told_by_its_document(back: bool) -> None:
    days = ("2025-12-31", "2023-06-30") if back else ("2023-06-30", "2025-12-31")
    found = compare(
        case(), None, rules_before=days[0], rules_after=days[1], positions_before={"MR01": SHARES}
    ).positions
    documents = ["金规〔2023〕5号", "金规〔2025〕24号"]
    assert list(dict.fromkeys(found["document"])) == (documents[::-1] if back else documents)
    assert set(found["step"]) == {"rules_coefficients"}
    # CSI 300: 0.35 with −0.05 → 0.3 + gain → 0.27; STAR 0.45 → 0.4: two steps told apart, both ways the same
    steps = [
        compare(case(), None, rules_before=one, rules_after=two, positions_before={"MR01": SHARES}).positions["effect"].sum()
        for one, two in (("2023-06-30", "2024-06-30"), ("2024-06-30", "2025-12-31"))
    ]  # fmt: skip
    told = found.groupby("document")["effect"].sum() * (-1 if back else 1)
    assert told[documents].to_list() == pytest.approx(steps)
    assert told.sum() == pytest.approx(100e6 * (0.27 - 0.35 * 0.95) + 40e6 * (0.40 - 0.45))


def test_a_change_of_scenarios_is_told_by_its_document() -> None:
    found = compare(LIFE, rules_before="2023-06-30", rules_after="2025-12-31")
    interest = found.positions[found.positions["sub_risk"] == "interest_rate_mc"]
    assert interest[["step", "document"]].to_numpy().tolist() == [["rules_aggregation", "金规〔2023〕5号"]]
    figures = found.figures.set_index("item")["change"]
    for item, lines in found.positions.groupby("sub_risk"):
        assert lines["effect"].sum() == pytest.approx(figures[item], rel=1e-9, abs=1e-3), item
        of_item = found.effects[(found.effects["measure"] == "minimum_capital") & (found.effects["step"] == item)]
        assert lines["minimum_capital"].sum() == pytest.approx(of_item["effect"].sum(), rel=1e-9), item
    bridge = found.bridge.set_index("step")["effect"]
    assert bridge.sum() == pytest.approx(figures["minimum_capital"], rel=1e-12)
    assert bridge["equity_price_mc"] == figures["equity_price_mc"]
    assert bridge["diversification"] == -figures["diversification"]
    assert "other" not in bridge
    quantified = bridge.drop(["control_risk_mc"], errors="ignore").sum()
    assert quantified == pytest.approx(figures["quantified_mc"], rel=1e-9)
    whole = found.to_frame("万元").set_index(["table", "item", "step"])["effect"]
    assert whole["figures", "minimum_capital", ""] == pytest.approx(figures["minimum_capital"] / 1e4)
    assert whole["bridge"].sum() == pytest.approx(figures["minimum_capital"] / 1e4)


def test_markets_taken_together_are_an_effect_of_their_own() -> None:
    abroad = pd.DataFrame(
        {
            "id": ["D", "E"],
            "overseas_instrument": "other",
            "market": ["developed", "emerging"],
            "admitted_value": [100e6, 100e6],
        }
    )
    found = effects({"MR12": abroad}, {"MR12": abroad.assign(admitted_value=[100e6, 200e6])})
    assert found["overseas_fixed_income_mc", "volume", ""] == pytest.approx(100e6 * 0.08 * 1.25)
    assert found["overseas_fixed_income_mc", "aggregation", ""] < 0


# -- forms


def products() -> dict[str, pd.DataFrame]:
    return {
        "CR11": pd.DataFrame({"id": ["P"], "treatment": "look_through", "rating": "AAA", "admitted_value": 100e6, "name": "计划"}),
        "CR10": pd.DataFrame({"id": ["Q"], "product": "P", "treatment": "look_through", "admitted_value": 40e6, "opaque_value": 10e6}),
        "CR09": pd.DataFrame({"product": ["P", "Q"], "loan_grade": "normal", "admitted_value": [60e6, 30e6]}),
    }  # fmt: skip


def test_the_capital_of_a_product_by_layer() -> None:
    result = solvency.calculate(case(counterparty_default_mc=None), positions=products())
    found = product_breakdown(result).set_index(["part", "layers"])
    assert set(found["product"]) == {"P"}
    assert found.loc[("surface", 0), "minimum_capital"] == pytest.approx(100e6 * 0.01 * 0.8)
    assert found.loc[("underlying", 1), "minimum_capital"] == pytest.approx(60e6 * 0.085)
    assert found.loc[("underlying", 2), "minimum_capital"] == pytest.approx(30e6 * 0.085 * 1.1)
    assert found.loc[("opaque", 1), "minimum_capital"] == pytest.approx(10e6 * 0.6)
    assert found["minimum_capital"].sum() == pytest.approx(result.values()["counterparty_default_mc"])


def test_looked_through_assets_add_up() -> None:
    interest = pd.DataFrame(
        {"product": [None, "P"], "interest_source": "loan", "loan_grade": "normal", "admitted_value": 1e6}
    )
    result = solvency.calculate(case(counterparty_default_mc=None), positions={**products(), "CR08": interest})
    found = looked_through_assets(result).set_index("sheet")
    assert "CR08" not in found.index  # form LT01 lists investments
    assert found.loc["CR09", "underlying"] == 90e6
    assert found.loc["CR11", "looked_through"] == 100e6
    assert found.loc["CR10", "opaque"] == 10e6
    assert found["overall"].sum() == 100e6


@pytest.mark.parametrize(
    ("as_of", "lines"),
    [
        # until the notice of 2023 a debt product stands for itself; then what lies under it within three layers, once
        ("2022-12-31", {"CR06": 5e6, "CR09": 6e6, "CR10": 20e6, "CR11": 100e6}),
        ("2023-12-31", {"CR06": 7e6, "CR09": 6e6, "CR11": 93e6}),
    ],
)
def test_assets_within_interest_rate_risk_stand_once(as_of: str, lines: dict[str, float]) -> None:
    tables = {
        **products(),
        "CR10": pd.DataFrame({
            "id": ["Q", "R"], "product": ["P", None], "treatment": ["look_through", "opaque"], "admitted_value": [40e6, 20e6],
            "opaque_value": [7e6, 0], "rating": "AAA",
        }),
        "CR09": pd.DataFrame({"product": ["P", "Q", None], "loan_grade": "normal", "admitted_value": [60e6, 33e6, 6e6]}),
        "MR17": pd.DataFrame({"id": ["M"], "treatment": "look_through", "admitted_value": 10e6}),
        "CR06": pd.DataFrame({
            "product": [None, "M", "M"], "layers": [None, 3, 4], "bond_type": "government", "admitted_value": [5e6, 2e6, 8e6],
            "modified_duration": [4, 11, 20],
        }),
    }  # fmt: skip
    result = solvency.calculate(case(as_of=as_of, counterparty_default_mc=None, equity_price_mc=0), positions=tables)
    found = interest_rate_assets(result).set_index("sheet")
    assert found["value"].to_dict() == lines
    bonds = found.loc["CR06", "modified_duration"]
    assert bonds == pytest.approx(4 if as_of == "2022-12-31" else (5 * 4 + 2 * 11) / 7)


ACCOUNTS = pd.DataFrame(
    {
        "account": ["universal", "traditional", "traditional"], "pv_base": [10e6, 50e6, 50e6], "pv_down": [13e6, 52e6, 50e6],
        "pv_up": [8e6, 52e6, 55e6],
    }
)  # fmt: skip


def test_the_forms_of_life_interest_rate_risk() -> None:
    # traditional: +2 when rates fall, +7 when they rise; universal: +3, -2; the company: 5 and 5, of which down is told
    result = solvency.calculate(case(interest_rate_mc=None), positions={"IN01": ACCOUNTS})
    form = life_interest_form(result)
    assert form["line"].tolist() == ["account", "account", "life"]
    assert form["account"].tolist()[:2] == ["traditional", "universal"]
    assert form[["pv_base", "pv_down", "pv_up", "down", "up"]].iloc[0].tolist() == [100e6, 102e6, 107e6, 2e6, 7e6]
    assert form[["down", "up", "minimum_capital"]].iloc[-1].tolist() == [5e6, 5e6, 5e6]
    assert form["minimum_capital"].isna().tolist() == [True, True, False]
    explained = solvency.explain(result, "interest_rate_mc")
    assert [line["line"] for line in explained.accounts] == ["account", "account", "life"]
    apart = solvency.calculate(
        case(interest_rate_mc=None), positions={"IN01": ACCOUNTS}, readings={"life_account_offset": "per_account"}
    )
    assert life_interest_form(apart)["minimum_capital"].tolist() == [7e6, 3e6, 10e6]
    assert life_interest_form(solvency.calculate(case(interest_rate_mc=1), positions={"MR01": SHARES})).empty


def test_the_form_of_a_reinsurer_adds_non_life_business() -> None:
    bonds = pd.DataFrame({"bond_type": ["government"], "admitted_value": 1e6, "modified_duration": 3})
    result = solvency.calculate(
        case(insurer_type="reinsurer", interest_rate_mc=None), positions={"IN01": ACCOUNTS, "CR06": bonds}
    )
    form = life_interest_form(result).set_index("line")["minimum_capital"]
    assert form["life"] == 5e6
    assert form["nonlife"] == pytest.approx(1e6 * 3 * (0.0217 - 0.001 * 3))
    assert form["reinsurer"] == pytest.approx(5e6 + 56_100)


def test_fifty_layers() -> None:
    ids = [f"P{i}" for i in range(50)]
    tables = {
        "CR10": pd.DataFrame({"id": ids, "product": [None, *ids[:-1]], "treatment": "look_through", "rating": "AAA", "admitted_value": 1e6}),
        "CR09": pd.DataFrame({"product": ["P49"], "loan_grade": "normal", "admitted_value": [1e6]}),
    }  # fmt: skip
    figures = solvency.calculate(case(counterparty_default_mc=None), positions=tables).values()
    assert figures["counterparty_default_mc"] == pytest.approx(1e6 * 0.01 + 1e6 * 0.085 * (1 + 49 * 0.1))


def test_concentration_shows_the_capital_it_adds() -> None:
    shares = pd.DataFrame(
        {
            "asset_class": "none",
            "strategic": "none",
            "counterparty": ["X", "Y", None],
            "admitted_value": [5e9, 1e9, 7e9],
        }
    )
    result = solvency.calculate(case(), positions={"MR05": shares})
    form = concentration_form(result)
    # life, total assets 1000亿: 100×8% + 400×5% + 500×4% = 48亿
    named = form.set_index("name")
    assert named.loc["X", "limit"] == pytest.approx(4.8e9)
    assert bool(named.loc["X", "over"]) is True
    assert named.loc["X", "minimum_capital"] == pytest.approx(5e9 * 0.41 * 0.4)
    assert bool(named.loc["Y", "over"]) is False
    assert form.loc[form["kind"] == "total", "minimum_capital"].item() == pytest.approx(5e9 * 0.41 * 0.4)


def test_concentration_of_two_classes_is_told_apart() -> None:
    shares = pd.DataFrame({"admitted_value": [40e9]})
    abroad = pd.DataFrame({"overseas_instrument": ["other"], "market": "developed", "admitted_value": [20e9]})
    limits = pd.DataFrame({"asset_class": ["equity", "overseas", "other_financial"], "limit_share": [0.3, 0.15, 0.25]})
    result = solvency.calculate(case(), positions={"MR05": shares, "MR12": abroad, "CT01": limits})
    form = concentration_form(result).set_index("name")
    assert form["minimum_capital"][["equity", "overseas", "other_financial"]].tolist() == pytest.approx(
        [40e9 * 0.41 * 0.2, 20e9 * 0.08 * 0.2, 0]
    )
    assert form["minimum_capital"][""] == pytest.approx(40e9 * 0.41 * 0.2 + 20e9 * 0.08 * 0.2)


def test_what_belongs_to_no_class_of_assets_counts_in_none() -> None:
    shares = pd.DataFrame({"admitted_value": [40e9]})
    home = pd.DataFrame({"holding_form": ["title"], "location": "core_city", "admitted_value": [1e6]})
    limits = pd.DataFrame({"asset_class": ["equity", "overseas"], "limit_share": [0.3, 0.15]})
    result = solvency.calculate(case(), positions={"MR05": shares, "MR11": home, "CT01": limits})
    ((_, charged),) = result.charged
    assert {sheet: list(names) for sheet, names in charged.asset_classes.items()} == {
        "MR05": ["equity"],
        "MR11": [None],
    }


def test_a_small_insurer_has_no_limit_of_a_counterparty() -> None:
    shares = pd.DataFrame({"counterparty": ["X"], "admitted_value": [200e6]})
    form = concentration_form(solvency.calculate(case(total_assets=400e6, core_tier1=1e8), positions={"MR05": shares}))
    assert np.isnan(form["limit"][0])
    assert not form["over"].any()


@pytest.mark.parametrize(
    ("sheet", "rows", "article"),
    [
        ("MR05", {"counterparty": ["X", "X"], "admitted_value": 1e6}, "六十五"),
        ("MR11", {"holding_form": ["title", "title"], "location": "core_city", "admitted_value": 1e6}, "六十七"),
    ],
)
def test_concentration_without_total_assets_is_told_once(sheet: str, rows: dict[str, Any], article: str) -> None:
    frame = case(size_coefficient=1).drop(columns="total_assets")
    with pytest.raises(InputError) as caught:
        solvency.calculate(frame, positions={sheet: pd.DataFrame(rows)})
    (problem,) = [p for p in caught.value.problems if p.sheet == sheet]
    assert (problem.code, problem.row) == ("missing", "2")
    assert "total_assets" in problem.en
    assert article in problem.article


def test_a_loan_to_a_project_company_is_no_property_to_measure() -> None:
    loan = pd.DataFrame({"holding_form": ["loan"], "location": "core_city", "admitted_value": 1e6})
    result = solvency.calculate(case(size_coefficient=1).drop(columns="total_assets"), positions={"MR11": loan})
    assert result.values()["real_estate_mc"] == pytest.approx(150_000)


def test_shares_without_cost_are_told_of_once() -> None:
    shares = pd.DataFrame({"board": ["main"], "csi300": "no", "admitted_value": 1e6})
    with pytest.raises(InputError) as caught:
        solvency.calculate(case(), positions={"MR01": shares, "MR02": shares.assign(hedge="H")})
    assert [(p.sheet, p.code) for p in caught.value.problems if p.item.endswith(".cost")] == [
        ("MR01", "missing"), ("MR02", "missing"),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"date": "abc"}, {"date": None}, {"quantity": None}, {"position": None}])
def test_a_lot_that_says_too_little_is_told_of(wrong: dict[str, Any]) -> None:
    lots = [
        {"position": "600000", "date": "2019-01-31", "quantity": 5},
        {"position": "600000", "date": "2025-06-30", "quantity": 5},
    ]
    shares = SHARES.assign(holding_years=[None, 1, None])
    with pytest.raises(InputError) as caught:
        solvency.calculate(case(), positions={"MR01": shares, "Lots": pd.DataFrame([lots[0], {**lots[1], **wrong}])})
    assert {(p.sheet, p.row, p.item) for p in caught.value.problems} == {("Lots", "3", f"Lots.{next(iter(wrong))}")}


def test_a_hedge_without_a_short_future_is_worth_a_word() -> None:
    shares = pd.DataFrame(
        {"board": "main", "csi300": "no", "admitted_value": 1e6, "cost": 1e6, "hedge": ["H", "G", "F"]}
    )
    futures = pd.DataFrame(
        {"direction": ["short", "long"], "contract_value": 1e6, "hedge": ["H", "G"], "hedge_effective": ["no", None]}
    )
    result = solvency.calculate(case(), positions={"MR02": shares, "MR10": futures})
    assert [(p.row, p.found) for p in result.warnings if p.code == "unhedged"] == [("3", "G"), ("4", "F")]
    assert result.values()["equity_price_mc"] == pytest.approx(5 * 350_000)


def test_a_large_row_without_a_counterparty_is_worth_a_word() -> None:
    # life, total assets 1000亿: a threshold of 48亿
    funds = pd.DataFrame(
        {"fund_type": "stock", "admitted_value": [4.8e9, 4.9e9, 4.9e9, 4.9e9], "counterparty": [None, None, "X", None],
         "concentration_exempt": [None, None, None, "own_asset_manager"]}
    )  # fmt: skip
    bonds = pd.DataFrame({"bond_type": ["government"], "modified_duration": 3, "admitted_value": 9e9})
    result = solvency.calculate(case(), positions={"MR07": funds, "CR06": bonds})
    assert [(p.sheet, p.row) for p in result.warnings if p.code == "unnamed_counterparty"] == [("MR07", "3")]


def test_a_class_without_a_factor_shows_blanks_as_blanks() -> None:
    perpetual = pd.DataFrame({"issuer": ["non_financial"], "loss_terms": "no", "admitted_value": 1e6})
    with pytest.raises(InputError) as caught:
        solvency.calculate(case(), positions={"MR04": perpetual})
    (problem,) = [p for p in caught.value.problems if p.sheet == "MR04"]
    assert (problem.code, problem.item) == ("no_factor", "MR04.issuer")
    assert problem.found == "non_financial · no · – · –"


def test_every_class_column_has_classes() -> None:
    rulebook = Rulebook.at("2025-12-31")
    for table in position_tables().values():
        for column in table.columns:
            if column.kind == "class":
                assert column.allowed(rulebook), (table.sheet, column.id)
        for charge in table.charges:
            assert charge.exposure == "admitted_value" or table.has(charge.exposure), table.sheet


def test_rows_of_part_of_a_table_keep_their_place() -> None:
    """A preference share among others: markets, hedges, messages and names are those of the row itself."""
    abroad = pd.DataFrame(
        {
            "id": ["P", "E", "D"], "overseas_asset": ["preference", "listed_share", "listed_share"], "market": ["developed", "emerging", "developed"],
            "issuer": ["insurer", None, None], "loss_terms": ["no", None, None], "admitted_value": 100e6,
        }
    )  # fmt: skip
    result = solvency.calculate(case(), positions={"MR14": abroad})
    d, e = 15e6 + 39e6, 39e6 * 1.25
    assert result.values()["overseas_equity_mc"] == pytest.approx((d * d + 2 * 0.375 * d * e + e * e) ** 0.5)
    lines = position_lines(result, sheet="MR14").set_index("id")
    assert lines["minimum_capital"].to_dict() == pytest.approx({"P": 15e6, "E": e, "D": 39e6})


def test_the_bond_that_is_hedged_is_found_among_life_bonds() -> None:
    bonds = pd.DataFrame(
        {"id": ["L", "N"], "bond_type": "government", "business": ["life", "nonlife"], "hedge": [None, "h"], "modified_duration": 4.0, "admitted_value": 100e6}
    )  # fmt: skip
    future = pd.DataFrame(
        {
            "contract": ["treasury_future"], "direction": ["short"], "modified_duration": [4.0], "contract_value": [50e6], "hedge": ["h"],
            "hedge_effective": ["yes"], "hedge_months": [3], "effectiveness": [0.9],
        }
    )  # fmt: skip
    for order in ([0, 1], [1, 0]):
        result = solvency.calculate(
            case(insurer_type="reinsurer"), positions={"CR06": bonds.iloc[order], "MR09": future}
        )
        factor = 4 * (-0.001 * 4 + 0.0217)
        assert result.values()["interest_rate_mc"] == pytest.approx((100e6 - 50e6 * 0.9) * factor)


def test_a_message_names_the_row_itself() -> None:
    interest = pd.DataFrame(
        {"interest_source": ["loan", "bond"], "loan_grade": ["normal", None], "admitted_value": 1e6}
    )
    with pytest.raises(InputError) as caught:
        solvency.calculate(case(counterparty_default_mc=None), positions={"CR08": interest})
    assert [p.row for p in caught.value.problems if p.code == "missing" and p.sheet == "CR08"] == ["3"]


def problems_of(**tables: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Code, item, row and article of the errors of a life insurer's tables."""
    with pytest.raises(InputError) as caught:
        solvency.calculate(
            case(counterparty_default_mc=None if "CR04" not in tables else 0),
            positions={sheet: pd.DataFrame(rows) for sheet, rows in tables.items()},
        )
    return [(p.code, p.item, p.row, p.article[-5:]) for p in caught.value.problems if p.severity == "error"]


CEDED = {"counterparty": "Re", "kind": "receivable", "amount": 1e6}
BOND = {"admitted_value": 1e6, "rating": "AAA", "modified_duration": 3.0}


def test_of_blank_columns_the_one_that_matters_is_missing() -> None:
    """Home reinsurers need their ratio, those abroad whether they comply; the article is that of the row."""
    rows = [{**CEDED, "domicile": "overseas"}, {**CEDED, "domicile": "domestic"}, {**CEDED, "domicile": "cat_bond"}]
    assert problems_of(CR13=rows) == [
        ("missing", "CR13.solvency_ratio", "3", "第二十二条"),
        ("missing", "CR13.solvency_met", "2", "第二十二条"),
    ]


def test_a_rating_that_is_read_as_another_does_not_hide_what_is_blank() -> None:
    rows = [{**BOND, "rating": "below_bbb", "modified_duration": None}, {**BOND, "rating": None}, BOND]
    assert problems_of(CR04=rows) == [
        ("missing", "CR04.rating", "3", "三至十五条"),
        ("missing", "CR04.modified_duration", "2", "三至十五条"),
    ]


def test_where_no_factor_is_published_the_cell_that_stands_apart_is_named() -> None:
    assert problems_of(CR04=[BOND, {**BOND, "modified_duration": 0.0}]) == [
        ("no_factor", "CR04.modified_duration", "3", "三至十五条")
    ]


def test_what_follows_from_a_position_in_error_is_not_told_again() -> None:
    """Neither that its sub-risk is missing, nor its cell twice; a blank in another row is."""
    rows = [
        {**CEDED, "domicile": "overseas", "solvency_met": "maybe"}, {**CEDED, "domicile": "overseas", "solvency_met": None},
    ]  # fmt: skip
    assert [(code, item, row) for code, item, row, _ in problems_of(CR13=rows)] == [
        ("not_allowed", "CR13.solvency_met", "2"), ("missing", "CR13.solvency_met", "3"),
    ]  # fmt: skip
    assert [code for code, *_ in problems_of(CR15=[{"premium_type": "other", "admitted_value": 1e6}])] == [
        "missing_column"
    ]


def test_ratios_without_their_sign_and_dates_to_come_are_remarked_on() -> None:
    deposit = {"deposit_type": "time", "bank_type": "city", "admitted_value": 1e6}
    rows = [
        {**deposit, "capital_adequacy": 13.5}, {**deposit, "capital_adequacy": 0.135, "data_date": "2026-01-01"},
        {**deposit, "capital_adequacy": "无法获得", "data_date": "2025-12-31"},
    ]  # fmt: skip
    result = solvency.calculate(case(counterparty_default_mc=None), positions={"CR02": pd.DataFrame(rows)})
    assert [(p.code, p.item, p.row, p.found) for p in result.warnings] == [
        ("percent", "CR02.capital_adequacy", "2", "13.5"), ("date_after", "CR02.data_date", "3", "2026-01-01"),
    ]  # fmt: skip
    reinsurer = [{**CEDED, "domicile": "domestic", "solvency_ratio": ratio} for ratio in (180, 1.8)]
    result = solvency.calculate(case(counterparty_default_mc=None), positions={"CR13": pd.DataFrame(reinsurer)})
    assert [(p.code, p.row) for p in result.warnings] == [("percent", "2")]


def test_a_negative_credit_exposure_is_remarked_on_unless_it_is_netted() -> None:
    tables = {
        "CR15": [{"premium_type": "other", "age_months": 7, "admitted_value": value} for value in (-5.0, 5.0)],
        "CR13": [{**CEDED, "domicile": "cat_bond", "amount": -5.0}],
    }
    positions = {sheet: pd.DataFrame(rows) for sheet, rows in tables.items()}
    result = solvency.calculate(case(counterparty_default_mc=None), positions=positions)
    assert [(p.code, p.item, p.row) for p in result.warnings] == [("negative", "CR15.admitted_value", "2")]
    assert result.values()["counterparty_default_mc"] == 2.5


def test_a_bond_in_error_leaves_interest_rate_risk_open_too() -> None:
    with pytest.raises(InputError) as caught:
        solvency.calculate(
            case(insurer_type="property", life_insurance_mc=None),
            positions={"CR04": pd.DataFrame([{**BOND, "modified_duration": None}])},
        )
    assert {p.item for p in caught.value.problems} == {"CR04.modified_duration"}


# -- problems beside one another


def problems(positions: dict[str, pd.DataFrame], **more: Any) -> list[Any]:
    """Every problem and warning."""
    try:
        return list(solvency.calculate(case(**more), positions=positions).warnings)
    except InputError as error:
        return error.problems


def places(found: list[Any], code: str) -> list[tuple[str, str]]:
    return [(p.where, p.severity) for p in found if p.code == code]


CURVE = pd.DataFrame({"term": range(1, 41), "spot_rate": 0.02})


def test_bad_cells_of_life_interest_rate_stand_beside_all_other_problems() -> None:
    values = pd.DataFrame(
        {"account": ["traditional", "x", None], "pv_base": [1, 2, 3], "pv_down": [3, None, 4], "pv_up": 1}
    )
    flows = pd.DataFrame(
        {"account": ["投连险(含其他)", "universal", "y"], "side": ["asset", "z", "asset"], "year": [1, -1, "q"], "amount": [1, 2, None]}
    )  # fmt: skip
    found = problems({"IN01": values, "CashFlows": flows, "Curve": CURVE, "MR01": SHARES.assign(board="w")})
    told = {(p.where, p.item, p.code) for p in found if p.severity == "error"}
    assert told >= {
        ("IN01 · row 3", "IN01.account", "not_allowed"), ("IN01 · row 3", "IN01.pv_down", "missing"),
        ("IN01 · row 4", "IN01.account", "missing"), ("CashFlows · row 3", "CashFlows.side", "not_allowed"),
        ("CashFlows · row 3", "CashFlows.year", "out_of_range"), ("CashFlows · row 4", "CashFlows.account", "not_allowed"),
        ("CashFlows · row 4", "CashFlows.year", "not_a_number"), ("CashFlows · row 4", "CashFlows.amount", "missing"),
        ("MR01 · row 2", "MR01.board", "not_allowed"),
    }  # fmt: skip
    assert not any(where == "CashFlows · row 2" for where, _, _ in told)


def test_an_account_given_twice_is_told() -> None:
    values = pd.DataFrame(
        {"account": ["traditional", "traditional", "universal"], "pv_base": 1e6, "pv_down": 2e6, "pv_up": 0}
    )
    flows = pd.DataFrame({"account": ["universal"], "side": "liability", "year": 1, "amount": 1e6})
    found = problems({"IN01": values, "CashFlows": flows, "Curve": CURVE}, interest_rate_mc=None)
    assert places(found, "doubled_account") == [("IN01 · row 3", "warning"), ("IN01 · row 4", "warning")]


def test_a_module_from_positions_is_not_missing_where_another_is() -> None:
    found = problems({"MR01": SHARES}, counterparty_default_mc=None)
    assert [p.item for p in found if p.code == "missing"] == ["credit_mc"]


def test_a_bad_number_hides_no_blank_of_its_column() -> None:
    found = problems({"MR01": SHARES.assign(admitted_value=["x", None, 1])})
    assert places(found, "not_a_number") == [("MR01 · row 2", "error")]
    assert places(found, "missing") == [("MR01 · row 3", "error")]


def test_a_holding_time_given_and_another_in_the_lots_is_told() -> None:
    lots = pd.DataFrame({"position": ["688001", "600000"], "date": ["2024-12-31", "2010-12-31"], "quantity": 100})
    assert not places(problems({"MR01": SHARES.assign(holding_years=[15, 1, None]), "Lots": lots}), "disagree")
    found = problems({"MR01": SHARES.assign(holding_years=[6, 5, None]), "Lots": lots})
    assert [(p.where, p.severity, p.found) for p in found if p.code == "disagree"] == [
        ("MR01 · row 3", "error", "5 ≠ 1")
    ]


def test_two_rows_of_one_id_are_told() -> None:
    found = problems({"MR01": SHARES.assign(id=["600000", "600000", None])})
    assert places(found, "doubled_id") == [("MR01 · row 3", "warning")]


def test_assets_abroad_without_currencies_are_told() -> None:
    abroad = pd.DataFrame({"overseas_instrument": ["other"], "market": "developed", "admitted_value": 100e6})
    assert places(problems({"MR12": abroad}, fx_mc=None), "no_currencies") == [("row 2 · fx_mc", "warning")]
    assert not places(problems({"MR12": abroad}), "no_currencies")


def test_a_bond_stands_in_the_form_of_its_type() -> None:
    bonds = BONDS.assign(bond_type=["government", "medium_term_note"], modified_duration=[3, 100])
    found = problems({"CR05": bonds})
    assert places(found, "not_allowed") == [("CR05 · row 2", "error")]
    assert places(found, "unusual") == [("CR05 · row 3", "warning")]


def test_a_total_among_the_positions_is_told() -> None:
    assert places(problems({"MR01": SHARES.assign(name=["甲", "合 计", "总计划"])}), "total_row") == [
        ("MR01 · row 3", "warning")
    ]


def test_what_lies_under_a_product_should_make_up_its_value() -> None:
    tables = products()
    found = problems(tables, counterparty_default_mc=None)
    assert not places(found, "underlying_sum")
    tables["CR10"]["opaque_value"] = 25e6
    found = problems(tables, counterparty_default_mc=None)
    assert [(p.where, p.found) for p in found if p.code == "underlying_sum"] == [("CR10 · row 2", "55,000,000")]


def test_products_in_a_circle_are_told_once() -> None:
    circle = pd.DataFrame({"id": ["P", "Q"], "product": ["Q", "P"], "treatment": "look_through", "admitted_value": 1e6})
    found = problems({"CR11": circle}, counterparty_default_mc=None)
    assert {p.code for p in found if p.sheet} == {"product_cycle"}


def test_problems_of_positions_name_an_article_and_what_is_allowed_and_no_nan() -> None:
    plan = pd.DataFrame(
        {"id": ["P"], "treatment": "exempt", "rating": "AAA", "admitted_value": 1e6, "largest_underlying": 1, "total_underlying": 100}
    )  # fmt: skip
    found = problems({"MR01": SHARES.assign(board=["main", None, "star"], admitted_value=["x", None, 1]), "CR12": plan})
    assert not [p for p in found if "nan" in p.message()]
    by_item = {(p.item, p.code): p for p in found}
    assert by_item["MR01.admitted_value", "not_a_number"].article == position_tables()["MR01"].article
    assert any(p.item == "MR01.board" and "star" in p.allowed for p in found)
    assert by_item["MR01.admitted_value", "missing"].allowed
