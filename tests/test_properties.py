"""What must hold for every input: scaling, order, stacking, monotony, diversification, Euler, limits, exactness."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import solvency
from solvency.assessment import _amounts
from solvency.comparison import compare
from solvency.errors import Problem
from solvency.regulation.rulebook import Rulebook
from solvency.result import Result
from solvency.rules.frame import Figures
from solvency.rules.rule01_actual_capital import recognised_capital
from solvency.rules.rule02_minimum_capital import Matrices, matrices, quantified_rows, total_minimum_capital
from solvency.tables.spec import MODULES, SUB_RISKS, line_items
from solvency.tables.validate import Problems, clean

settings.register_profile("solvency", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("solvency")

TYPES = ("property", "life", "reinsurer")
DATES = ("2022-03-31", "2023-09-30", "2025-12-31")
# sub-risks whose correlations, in their module and above it, are all zero or positive
RISING = [item for module, items in MODULES.items() if module != "market_mc" for item in items]
AMOUNTS = [item for item, row in line_items().items() if row.kind == "amount"]

amounts = st.integers(0, 10**8).map(lambda cents: cents / 100)  # of 万元
some_amounts = st.one_of(st.just(0.0), amounts)


@st.composite
def books(draw: st.DrawFn, kind: str | None = None) -> dict[str, Any]:
    """One insurer with every sub-risk and either tier totals or components, in 万元."""
    kind = kind or draw(st.sampled_from(TYPES))
    book: dict[str, Any] = {
        "insurer_type": kind,
        "organisation": draw(st.sampled_from(("ordinary", "ordinary", "mutual", "captive"))),
        "as_of": draw(st.sampled_from(DATES)),
    }
    for item in SUB_RISKS:
        if kind != "property" or item not in MODULES["life_insurance_mc"]:
            book[item] = draw(some_amounts)
    book["nonlife_premium_reserve_mc"] = max(book["nonlife_premium_reserve_mc"], 100.0)
    if kind == "life":
        book["loss_absorption"] = draw(st.integers(0, 4999)) / 100
    if book["as_of"] > "2023-09-10":
        book["size_coefficient"] = draw(st.sampled_from((0.9, 0.95, 1)))
    if draw(st.booleans()):
        book["sarmra_score"] = draw(st.integers(0, 10000)) / 100
    else:
        book["control_risk_mc"] = draw(st.integers(-2000, 2000)) / 100
    book["additional_other"] = draw(some_amounts)
    if draw(st.booleans()):
        book["net_assets"] = draw(st.integers(-(10**6), 10**8)) / 100
        book["other_adjustments"] = draw(st.integers(-(10**6), 10**6)) / 100
        for item in (
            "policy_future_surplus_core_tier1", "policy_future_surplus_core_tier2", "preference_shares",
            "capital_supplementary_bonds", "contingent_capital_and_other",
        ):  # fmt: skip
            book[item] = draw(some_amounts)
    else:
        book["core_tier1"] = draw(st.integers(-(10**6), 10**8)) / 100
        book["core_tier2"], book["supplementary_tier1"] = draw(some_amounts), draw(some_amounts)
    return book


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{"insurer": f"insurer {i}", **row} for i, row in enumerate(rows)])


def run(*rows: dict[str, Any], unit: str = "万元", **options: Any) -> Result:
    return solvency.calculate(frame(*rows), unit=unit, **options)


def scaled(book: dict[str, Any], by: float) -> dict[str, Any]:
    return {item: value * by if item in AMOUNTS else value for item, value in book.items()}


def same(found: pd.DataFrame, wanted: pd.DataFrame, rel: float = 1e-9) -> None:
    """Equal figures, small ones measured against the largest of their row: differences of sums carry its rounding."""
    scale = np.nanmax(np.abs(wanted.to_numpy(float)), axis=1, keepdims=True)
    left, right = found[wanted.columns].to_numpy(float), wanted.to_numpy(float)
    assert (np.isnan(left) == np.isnan(right)).all()
    apart = np.abs(left - right) > rel * np.maximum(np.abs(right), 1e-3 * scale)
    assert not apart.any(), wanted.columns[apart.any(axis=0)].tolist()


def ratios(result: Result) -> pd.DataFrame:
    return result.figures[["core_ratio", "comprehensive_ratio"]]


@given(books(), st.sampled_from((0.1, 3.0, 7.77, 1000.0)))
def test_homogeneous(book: dict[str, Any], k: float) -> None:
    """All amounts times k: amounts times k, ratios and grade as they were."""
    one, many = run(book), run(scaled(book, k))
    amount_items = [item for item in one.figures if item in AMOUNTS or item == "core_capital"]
    same(many.figures[amount_items] / k, one.figures[amount_items])
    np.testing.assert_allclose(ratios(many), ratios(one), rtol=1e-9)
    assert many.status["compliant"].tolist() == one.status["compliant"].tolist()


@given(st.lists(books(), min_size=2, max_size=6), st.randoms())
def test_order_and_stacking(rows: list[dict[str, Any]], random: Any) -> None:
    """Each row alone, all stacked, and stacked in another order give the same figures, status and measures."""
    numbered = [{**row, "scenario": str(i)} for i, row in enumerate(rows)]
    shuffled = numbered.copy()
    random.shuffle(shuffled)
    stacked, other = run(*numbered), run(*shuffled)
    back = [int(name) for name in other.cases["scenario"]]
    for i, row in enumerate(numbered):
        alone = run(row)
        j = back.index(i)
        for result, at in ((stacked, i), (other, j)):
            same(result.figures.loc[[at]], alone.figures, rel=1e-12)
            assert result.status.loc[at].drop("score").tolist() == alone.status.loc[0].drop("score").tolist()
            assert result.measure_ids.loc[at] == alone.measure_ids.loc[0]
            assert result.origins.loc[at, alone.origins.columns].tolist() == alone.origins.loc[0].tolist()


@given(books(), st.sampled_from(RISING), amounts)
def test_more_risk_never_needs_less_capital(book: dict[str, Any], item: str, more: float) -> None:
    assume(item in book)
    base, grown = run(book), run({**book, item: book[item] + more})
    assert grown.figures["quantified_mc"][0] >= base.figures["quantified_mc"][0] * (1 - 1e-12) - 1e-6


@given(st.lists(st.integers(0, 10000), min_size=2, max_size=2).map(sorted))
def test_a_better_score_never_needs_more_capital(scores: list[int]) -> None:
    factor = Rulebook.at("2024-03-31").bands("control_risk.factor").at(np.array(scores) / 100)
    assert factor[1] <= factor[0] + 1e-15


@given(books())
def test_diversification_is_not_negative(book: dict[str, Any]) -> None:
    figures = run(book).figures
    for item in (
        "life_diversification", "nonlife_diversification", "market_diversification", "credit_diversification", "diversification",
    ):  # fmt: skip
        assert not (figures[item] < -1e-6).any()


vectors = st.lists(st.lists(some_amounts, min_size=13, max_size=13), min_size=1, max_size=4).map(
    lambda v: np.array(v).T
)


@given(vectors)
def test_full_correlation_is_the_sum(v: np.ndarray) -> None:
    ones = Matrices(tuple(np.ones((len(i), len(i))) for i in MODULES.values()), np.ones((4, 4)), (True,) * 4)
    out = quantified_rows(v, ones)
    np.testing.assert_allclose(out["quantified_mc"], v.sum(axis=0), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(out["diversification"], 0, atol=1e-4)


@given(vectors, st.sampled_from(TYPES))
def test_both_kernels_agree(v: np.ndarray, kind: str) -> None:
    numbers = matrices(Rulebook.at("2024-03-31"), kind)
    np.testing.assert_allclose(
        total_minimum_capital(v, numbers, 5.0), quantified_rows(v, numbers, 5.0)["quantified_mc"]
    )


@given(vectors, st.sampled_from(TYPES))
def test_kernel_against_plain_loops(v: np.ndarray, kind: str) -> None:
    """v·M·vᵀ as two sums over pairs, row by row, labels looked up one by one."""
    rulebook = Rulebook.at("2024-03-31")
    out = quantified_rows(v, matrices(rulebook, kind))

    def aggregated(name: str, values: dict[str, float]) -> float:
        matrix = rulebook.correlation(name, list(values))
        return sum(matrix[i, j] * a * b for i, a in enumerate(values.values()) for j, b in enumerate(values.values()))

    top = f"quantified_mc.correlation.{kind}"
    for column in range(v.shape[1]):
        amount = dict(zip(SUB_RISKS, v[:, column], strict=True))
        totals = {
            module: aggregated(f"{module}.correlation", {i: amount[i] for i in items}) ** 0.5
            for module, items in MODULES.items()
            if module in rulebook.correlation_labels(top)
        }
        for module, wanted in totals.items():
            assert out[module][column] == pytest.approx(wanted, rel=1e-9, abs=1e-6)
        assert out["quantified_mc"][column] == pytest.approx(aggregated(top, totals) ** 0.5, rel=1e-9, abs=1e-6)


@given(st.lists(books(), min_size=1, max_size=3))
def test_euler_adds_up(rows: list[dict[str, Any]]) -> None:
    """Euler contributions add up to minimum capital; no sub-risk takes away more than it brings alone."""
    result = run(*rows)
    long = result.contributions()
    total = long.groupby("row")["euler"].sum()
    np.testing.assert_allclose(total, result.figures["minimum_capital"], rtol=1e-9, atol=1e-3)
    left = long[long["item"] == "not_allocated"].set_index("row")["euler"]
    assert (left.abs() <= 1e-9 * result.figures["minimum_capital"].abs() + 1e-3).all()
    figures = result.figures
    control = np.where(figures["quantified_mc"] != 0, figures["control_risk_mc"] / figures["quantified_mc"], 0)
    factor = pd.Series(figures["size_coefficient"] * (1 + control), index=figures.index)
    parts = long[long["item"].isin(SUB_RISKS)]
    alone = parts["amount"].to_numpy() * factor.loc[parts["row"]].to_numpy()
    assert (parts["marginal"].to_numpy() <= alone + 1e-9 * np.abs(alone) + 1e-3).all()


@given(books())
def test_contributions_of_a_typed_total(book: dict[str, Any]) -> None:
    """What a typed minimum capital does not explain is named, never lost."""
    row = {item: value for item, value in book.items() if line_items()[item].sheet != "S05"} | {
        "minimum_capital": 900.0
    }
    long = run(row).contributions().set_index("item")["euler"]
    assert long.sum() == pytest.approx(900e4)
    assert long["not_allocated"] == pytest.approx(900e4)


# --- the four limits ----------------------------------------------------------------------------------------------------

positions = st.integers(0, 10**5).map(lambda x: x / 100)
LIMITS = (1.0, 0.35, 0.30, 0.25)


def most(
    goal: list[float], own: float, caps: list[float], limits: tuple[float, ...], mutual: bool, fixed_base: float | None
) -> float:
    """The most of `goal` · (f1, f2, other) that article 41 (2) and (3) admit; a linear programme."""
    _, surplus, core2, _ = limits
    rows, bounds = [], []
    for limit, used in ((surplus, [1, 1, 0]), (core2, [0, 1, 1])):
        if mutual and limit is core2:
            continue
        if fixed_base is None:
            rows.append([u - limit for u in used])
            bounds.append(limit * own)
        else:
            rows.append(used)
            bounds.append(limit * fixed_base)
    found = linprog([-g for g in goal], A_ub=rows, b_ub=bounds, bounds=[(0, cap) for cap in caps], method="highs")
    assert found.status == 0, found.message
    return float(-found.fun)


def recognised(
    own: float, caps: list[float], supplementary: list[float], limits: tuple[float, ...], mutual: bool = False, **o: Any
) -> tuple[float, ...]:
    array = [np.array([x]) for x in (own, *caps, *supplementary)]
    found = recognised_capital(*array, tuple(np.array([x]) for x in limits), np.array([mutual]), **o)  # type: ignore[arg-type]
    return tuple(
        float(x[0])
        for x in (
            found.future_surplus_tier1, found.future_surplus_tier2, found.other_core_tier2, found.supplementary_tier1,
            found.supplementary_tier2,
        )
    )  # fmt: skip


parts3, parts2 = st.lists(positions, min_size=3, max_size=3), st.lists(positions, min_size=2, max_size=2)


@settings(max_examples=150)
@given(
    st.integers(1, 10**5).map(lambda x: x / 100), parts3, parts2, st.sampled_from((0.05, 0.35, 0.40, 0.65, 0.7, 0.8, 0.99, 1.0)),
    st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_limits_against_a_linear_programme(
    own: float,
    caps: list[float],
    supplementary: list[float],
    surplus: float,
    mutual: bool,
    before: bool,
    lower_first: bool,
) -> None:
    """The recognised amounts satisfy article 41 and are the greatest that do, for every reading."""
    limits = (1.0, surplus, 0.30, 0.25)
    f1, f2, other, s1, s2 = recognised(
        own, caps, supplementary, limits, mutual, base_before_limits=before, lower_tier_first=lower_first
    )
    near = 1e-7 * (own + sum(caps))
    gross = own + sum(caps)
    core = own + f1 + f2 + other
    base = gross if before else core
    assert -near <= f1 <= caps[0] + near
    assert -near <= f2 <= caps[1] + near
    assert -near <= other <= caps[2] + near
    assert f1 + f2 <= surplus * base + near
    assert mutual or f2 + other <= 0.30 * base + near
    fixed = gross if before else None
    # a mutual's other core tier 2 is recognised in full, so it is a lower bound as well
    if mutual:
        assert other == pytest.approx(caps[2])
    assert f1 == pytest.approx(most([1, 0, 0], own, caps, limits, mutual, fixed), abs=near)
    assert f1 + f2 + other == pytest.approx(most([1, 1, 1], own, caps, limits, mutual, fixed), abs=near)
    wanted = linprog(
        [-1, -1],
        A_ub=[[1, 1], [0, 1]],
        b_ub=[base, 0.25 * base],
        bounds=[(0, cap) for cap in supplementary],
        method="highs",
    )
    assert s1 + s2 == pytest.approx(-wanted.fun, abs=near)
    assert s2 <= 0.25 * base + near
    better = s1 if lower_first else s2
    room = min(supplementary[0], base) if lower_first else min(supplementary[1], 0.25 * base, base)
    assert better == pytest.approx(room, abs=near)


@given(st.integers(-(10**5), 0).map(lambda x: x / 100), parts3, parts2, st.booleans())
def test_limits_without_core_capital(own: float, caps: list[float], supplementary: list[float], mutual: bool) -> None:
    """Own funds of zero or below carry nothing; a mutual's other core tier 2 stays."""
    f1, f2, other, s1, s2 = recognised(own, caps, supplementary, LIMITS, mutual)
    if not mutual:
        assert (f1, f2, other, s1, s2) == (0, 0, 0, 0, 0)
        return
    assert other == caps[2]
    carried = max(own + other, 0)
    assert f1 + f2 == pytest.approx(min(caps[0] + caps[1], carried * 0.35 / 0.65), abs=1e-7)
    core = own + f1 + f2 + other
    assert s1 + s2 <= max(core, 0) + 1e-7


@given(st.integers(-(10**5), -1).map(lambda x: x / 100), parts2)
def test_limits_say_nothing_without_core_capital(own: float, supplementary: list[float]) -> None:
    """The other reading of a core at or below zero."""
    found = recognised(own, [0.0, 0.0, 0.0], supplementary, LIMITS, limit_at_zero_core=False)
    assert found == pytest.approx((0, 0, 0, *supplementary))


@given(st.integers(1, 10**5).map(lambda x: x / 100), parts3, parts2)
def test_limits_by_repetition(own: float, caps: list[float], supplementary: list[float]) -> None:
    """Cutting again and again at the core capital that is left ends at the closed form."""
    f1, f2, other = caps
    for _ in range(400):
        core = own + f1 + f2 + other
        f1 = min(caps[0], 0.35 * core)
        other = min(caps[2], 0.30 * core)
        f2 = min(caps[1], 0.35 * core - f1, 0.30 * core - other)
    found = recognised(own, caps, supplementary, LIMITS)
    assert found[:3] == pytest.approx((f1, f2, other), abs=1e-6 * (own + sum(caps)))


# --- exactness ------------------------------------------------------------------------------------------------------------


@given(books())
def test_decimals_and_floats_agree(book: dict[str, Any]) -> None:
    """The path of 50 digits that decides boundaries gives every figure of the float path."""
    result = run(book)
    problems = Problems()
    typed = clean(frame(book), problems)
    with localcontext(Context(prec=50, traps=[])):
        cases = {}
        for item, row in line_items().items():
            column = typed[item].to_numpy()
            if row.kind in ("amount", "number", "ratio"):
                scale = 10**4 if row.kind == "amount" else 1
                column = np.array([Decimal(repr(float(x))) * scale for x in column], dtype=object)
            cases[item] = column
        figures = Figures(1, exact=True)
        _amounts(pd.DataFrame(cases), Rulebook.at(book["as_of"]).exactly(), figures)
        exact = pd.DataFrame({item: [float(x) for x in values] for item, values in figures.values.items()})
    same(result.figures, exact, rel=1e-12)
    np.testing.assert_allclose(ratios(result), exact[["core_ratio", "comprehensive_ratio"]], rtol=1e-12, atol=1e-12)


@settings(max_examples=150)
@given(
    st.integers(1, 10**7), st.integers(-3, 3), st.sampled_from(("0.5", "0.6", "0.75", "1.0", "1.2", "1.5")),
    st.sampled_from(("元", "万元", "亿元")),
)  # fmt: skip
def test_boundaries_are_decided_as_typed(minimum: int, steps: int, line: str, unit: str) -> None:
    """Amounts in hundredths around a threshold: both ratios fall on the side that exact fractions say."""
    target = Fraction(line) * minimum
    capital = int(target) + steps
    assume(capital > 0)
    row = {"insurer_type": "life", "as_of": "2024-03-31", "minimum_capital": minimum / 100, "core_tier1": capital / 100}
    result = run(row, unit=unit)
    ratio = Fraction(capital, minimum)
    figures, held = result.figures.loc[0], result.conditions.loc[0]
    for found in (figures["core_ratio"], figures["comprehensive_ratio"]):
        assert (found < float(line)) == (ratio < Fraction(line))
        assert (found == float(line)) == (ratio == Fraction(line))
    assert held["ratios_insufficient"] == (ratio < 1)
    assert held["key_verification"] == (ratio < Fraction(6, 5))
    assert held["below_information_line"] == (ratio < Fraction(3, 2))


@given(books())
def test_units_do_not_matter(book: dict[str, Any]) -> None:
    wan, yuan, yi = run(book), run(scaled(book, 1e4), unit="元"), run(scaled(book, 1e-4), unit="亿元")
    for other in (yuan, yi):
        same(other.figures, wan.figures)
        np.testing.assert_allclose(ratios(other), ratios(wan), rtol=1e-9)
        assert other.measure_ids.tolist() == wan.measure_ids.tolist()


# --- no side effects ------------------------------------------------------------------------------------------------------


@given(st.lists(books(), min_size=1, max_size=3))
def test_the_callers_frame_is_not_changed(rows: list[dict[str, Any]]) -> None:
    given_frame = frame(*rows)
    given_frame.index = pd.Index([f"row {i}" for i in range(len(rows))])
    before = given_frame.copy(deep=True)
    result = solvency.calculate(given_frame, unit="万元", on_error="reject")
    result.to_frame()
    result.contributions()
    result.to_json()
    pd.testing.assert_frame_equal(given_frame, before)


def test_kernels_do_not_change_their_arrays() -> None:
    v = np.arange(26, dtype=float).reshape(13, 2)
    copy = v.copy()
    quantified_rows(v, matrices(Rulebook.at("2024-03-31"), "life"), np.ones(2), np.ones(2), np.ones(2), np.ones(2))
    total_minimum_capital(v, matrices(Rulebook.at("2024-03-31"), "life"), np.ones(2))
    assert (v == copy).all()
    arrays = [np.array([x]) for x in (-5.0, 3.0, 2.0, 1.0, 9.0, 9.0)]
    copies = [a.copy() for a in arrays]
    recognised_capital(*arrays, tuple(np.array([x]) for x in LIMITS))  # type: ignore[arg-type]
    assert all((a == b).all() for a, b in zip(arrays, copies, strict=True))


def test_same_input_same_result() -> None:
    row = {"insurer_type": "life", "as_of": "2024-03-31", "minimum_capital": 10, "core_tier1": 5, "core_tier2": 4}
    first, second = run(row), run(row)
    pd.testing.assert_frame_equal(first.figures, second.figures)
    assert first.to_json() == second.to_json()
    assert all(isinstance(problem, Problem) for problem in first.warnings)


# --- comparison -----------------------------------------------------------------------------------------------------------


@given(books(kind="life"), books(kind="life"), st.booleans())
def test_effects_add_up(before: dict[str, Any], after: dict[str, Any], totals_only: bool) -> None:
    if totals_only:
        after = {item: value for item, value in after.items() if item not in SUB_RISKS}
        after |= {module: 50.0 + i for i, module in enumerate(MODULES)} | {"loss_absorption": 1.0}
    comparison = compare(frame(before), frame(after), unit="万元")
    change = comparison.figures.set_index("item")["change"]
    effects = comparison.effects.groupby("measure")["effect"].sum()
    for measure in ("minimum_capital", "core_ratio", "comprehensive_ratio"):
        if not np.isnan(change[measure]):
            levels = comparison.figures.set_index("item").loc[measure, ["before", "after"]].abs().max()
            assert effects.get(measure, 0.0) == pytest.approx(change[measure], rel=1e-9, abs=1e-9 * levels)
    levels = comparison.figures.set_index("item").loc["minimum_capital", ["before", "after"]].abs().max()
    assert comparison.bridge["effect"].sum() == pytest.approx(change["minimum_capital"], rel=1e-9, abs=1e-9 * levels)


def test_a_book_is_in_its_own_unit() -> None:
    book = Path(__file__).parents[1] / "examples/example-invented-property.xlsx"
    own, other = solvency.calculate(book), solvency.calculate(book, unit="亿元")
    assert other.unit == own.unit
    pd.testing.assert_frame_equal(other.figures, own.figures)


WHAT_IF = {
    "insurer": "A", "insurer_type": "property", "as_of": "2025-09-30", "nonlife_insurance_mc": 0, "market_mc": 0,
    "credit_mc": 1000, "counterparty_default_mc": 1000, "spread_mc": 0, "loss_absorption": 0, "control_risk_mc": 0,
    "core_tier1": 1800, "total_assets": 5e9,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "as_of", "item", "expected"),
    [
        # typed under the rules of the valuation date, another value or none under those of the other
        ({"size_coefficient": 0.9}, "2022-12-31", "size_coefficient", 1.0),
        ({"core_ratio": 2.0, "comprehensive_ratio": 2.0}, "2022-12-31", "core_ratio", 1.8),
        ({"relief_minimum_capital": 100, "relief_source": "x"}, "2026-03-31", "minimum_capital", 900.0),
        ({"relief_minimum_capital": 100, "relief_source": "x"}, "2026-03-31", "relief_minimum_capital", None),
    ],
)
def test_other_rules_never_refuse_a_book_for_what_was_typed(
    more: dict[str, Any], as_of: str, item: str, expected: float | None
) -> None:
    given_frame = pd.DataFrame([WHAT_IF | more])
    assert not [p for p in solvency.calculate(given_frame).warnings if p.code in ("disagree", "relief_ended")]
    what_if = solvency.calculate(given_frame, as_of=as_of)
    assert {p.code for p in what_if.warnings} & {"not_in_force", "disagree", "relief_ended"}
    found = what_if.values()[item]
    assert np.isnan(found) if expected is None else found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("assets", [5e9, None])
def test_a_draft_of_other_size_bands_does_not_refuse_a_typed_coefficient(assets: float | None, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 征求意见稿\ntitle: {zh: 稿, en: Draft}\nissued: 2025-06-01\neffective: 2025-06-01\nfactors:\n"
        "  size_coefficient.property:\n    article: 一\n    bands: [{interval: '[0, inf)', value: 0.85}]\n"
        "    by_reading: {size_band_edges: {upper_edge_included: {bands: [{interval: '[0, inf)', value: 0.85}]}}}\n",
        encoding="utf-8",
    )
    given_frame = pd.DataFrame([WHAT_IF | {"size_coefficient": 0.9, "total_assets": assets}])
    result = solvency.calculate(given_frame, drafts=[draft])
    assert {p.severity for p in result.warnings if p.item == "size_coefficient"} == {"warning"}
    # of total assets where they are there, else the typed one is all there is
    assert result.values()["size_coefficient"] == (0.9 if assets is None else 0.85)
    # and the same where a ratio on a boundary is decided in decimals
    edge = given_frame.assign(core_tier1=850 if assets else 900)
    assert solvency.calculate(edge, drafts=[draft]).values()["comprehensive_ratio"] == 1


def test_a_limit_under_another_reading(tmp_path: Path) -> None:
    """A limit of article 41 may stand differently under a reading, as any factor may."""
    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "number: 征求意见稿\ntitle: {zh: 稿, en: Draft}\nissued: 2025-06-01\neffective: 2025-06-01\n"
        "readings:\n  core_tier2_share:\n    article: 一\n    question: {zh: 问, en: Question}\n    default: quarter\n"
        "    alternatives: {quarter: {zh: 甲, en: Quarter}, half: {zh: 乙, en: Half}}\n    reason: {zh: 因, en: Reason}\n"
        "factors:\n  capital_limit.core_tier2:\n    article: 一\n    value: 0.25\n"
        "    by_reading: {core_tier2_share: {half: {value: 0.5}}}\n",
        encoding="utf-8",
    )
    row = {"insurer": "A", "insurer_type": "property", "as_of": "2025-09-30", "minimum_capital": 500, "net_assets": 600,
           "net_asset_adjustments": 0, "preference_shares": 500}  # fmt: skip
    for reading, expected in (("quarter", 200), ("half", 500)):
        result = solvency.calculate(
            pd.DataFrame([row]), drafts=[draft], readings={"core_tier2_share": reading}, on_error="raise"
        )
        assert result.values()["core_tier2"] == pytest.approx(expected)
