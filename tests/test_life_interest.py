"""Interest-rate risk of life business: the curves of annex 3 and the charge of rule 8, article 18."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvency.errors import UsageError
from solvency.rules.discount_curve import (
    discount_factors,
    double_interpolation,
    fading_spread,
    forward_rates,
    interest_rate_curves,
    present_value,
    rates_by_year,
    spot_at,
    stress_by_year,
)
from solvency.rules.rule08_market_risk.life_interest import life_interest_charge, present_values

settings.register_profile("solvency", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("solvency")

# Short table of round numbers; the shape of the law's (a rate for every year to 20, and one for 40), not its figures.
UP = {str(t): 0.5 for t in range(1, 21)} | {"1": 0.9, "40": 0.1}
DOWN = {str(t): -0.4 for t in range(1, 21)} | {"1": -0.8, "40": -0.2}


class Rules:
    """What these modules ask of a rulebook."""

    def __init__(self, up: dict[str, float] = UP, down: dict[str, float] = DOWN, **readings: str):
        self.values = {"ultimate_rate": 0.045, "observed_until": 20, "ultimate_from": 40, "spread": 0.0045}
        self.stress = {"up": up, "down": down}
        self.readings = {"adverse_transition_curve": "interpolate_stressed", "life_account_offset": "company"}
        self.readings |= readings

    def value(self, name: str) -> float:
        return self.values[name.removeprefix("interest_curve.")]

    def rows(self, name: str) -> dict[str, float]:
        return self.stress[name.removeprefix("interest_stress.")]

    def reading(self, name: str) -> str:
        return self.readings[name]


def rules(**kwargs: Any) -> Any:
    return Rules(**kwargs)


STRESS_BASE = rules(adverse_transition_curve="stress_base")
PER_ACCOUNT = rules(life_account_offset="per_account")

rates = st.integers(-50, 900).map(lambda bp: bp / 10_000)
curves_of_rates = st.lists(rates, min_size=39, max_size=39).map(np.array)


# --- curves -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "base", "up", "down"),
    [
        # treasury flat at 2%, spread 45 bp to year 20
        # 1: 2% + 0.45%; up 2% × 1.9 + 0.45%; down 2% × 0.2 + 0.45%
        (1, 0.0245, 0.0425, 0.0085),
        # 20: 2% + 0.45%; up 2% × 1.5 + 0.45%; down 2% × 0.6 + 0.45%
        (20, 0.0245, 0.0345, 0.0165),
        # 30, base: w = 10/20; r = 2% + (4.5% - 2%)/2 = 3.25%; R = (3.25% + 2%)/2 = 2.625%; spread 0.225%
        # up: Stress30 = (50% + 10%)/2 = 30%; r20 = 3%, r* = 2% × 1.3 = 2.6%, ultimate = 4.5% × 1.1 = 4.95%;
        #     r = (3% + 4.95%)/2 = 3.975%; R = (3.975% + 2.6%)/2 = 3.2875%
        # down: Stress30 = (-40% - 20%)/2 = -30%; r20 = 1.2%, r* = 1.4%, ultimate = 3.6%; r = 2.4%; R = (2.4% + 1.4%)/2 = 1.9%
        (30, 0.02625 + 0.00225, 0.032875 + 0.00225, 0.019 + 0.00225),
        # 25, base: w = 5/20; r = 2% + 2.5%/4 = 2.625%; R = 2.625%/4 + 2% × 3/4 = 2.15625%; spread 0.45% × 15/20
        # up: Stress25 = 50% × 3/4 + 10%/4 = 40%; r* = 2.8%; r = 3% × 3/4 + 4.95%/4 = 3.4875%; R = 3.4875%/4 + 2.8% × 3/4 = 2.971875%
        # down: Stress25 = -40% × 3/4 - 20%/4 = -35%; r* = 1.3%; r = 1.2% × 3/4 + 3.6%/4 = 1.8%; R = 1.8%/4 + 1.3% × 3/4 = 1.425%
        (25, 0.0215625 + 0.003375, 0.02971875 + 0.003375, 0.01425 + 0.003375),
        # 40 and after: the ultimate rates, no spread
        (40, 0.045, 0.0495, 0.036),
        (60, 0.045, 0.0495, 0.036),
    ],
)
def test_curves_by_hand(year: int, base: float, up: float, down: float) -> None:
    curves = interest_rate_curves(np.full(39, 0.02), rules(), years=60)
    assert curves["base"][year - 1] == pytest.approx(base, abs=1e-15)
    assert curves["up"][year - 1] == pytest.approx(up, abs=1e-15)
    assert curves["down"][year - 1] == pytest.approx(down, abs=1e-15)


def test_the_other_reading_stresses_the_base_curve() -> None:
    # 30: base rate before spread 2.625% (above) × (1 + 30%) = 3.4125%, + 0.225%; down × (1 - 30%) = 1.8375%, + 0.225%
    curves = interest_rate_curves(np.full(39, 0.02), STRESS_BASE)
    assert curves["up"][29] == pytest.approx(0.034125 + 0.00225, abs=1e-15)
    assert curves["down"][29] == pytest.approx(0.018375 + 0.00225, abs=1e-15)


def test_an_uneven_curve_takes_the_observed_rate_of_each_year() -> None:
    # treasury t × 0.1%; 30: r20 = 2%, r = (2% + 4.5%)/2 = 3.25%, r* = 3%, R = (3.25% + 3%)/2 = 3.125%
    treasury = np.arange(1, 51) / 1000
    assert double_interpolation(treasury, 0.045, 20, 40, 40)[29] == pytest.approx(0.03125)


def test_curves_of_reserves_use_the_same_pieces() -> None:
    """Annex 1: other spreads, several at a time."""
    spreads = fading_spread(np.array([0.0075, 0.003, 0.0045]), 20, 40, 45)
    assert spreads.shape == (3, 45)
    assert spreads[:, 19] == pytest.approx([0.0075, 0.003, 0.0045])
    assert spreads[:, 29] == pytest.approx([0.00375, 0.0015, 0.00225])  # half
    assert not spreads[:, 39:].any()


def test_stress_runs_straight_from_the_last_year_to_the_ultimate_one() -> None:
    stress = stress_by_year({"40": 0.1, "1": 0.9, "20": 0.5}, 50)  # order of the rows does not matter
    assert stress[[0, 19, 24, 39, 49]] == pytest.approx([0.9, 0.5, 0.4, 0.1, 0.1])


@given(st.lists(curves_of_rates, min_size=1, max_size=4).map(np.array))
def test_several_curves_at_once_are_each_one_alone(treasury: np.ndarray) -> None:
    for book in (rules(), STRESS_BASE):
        together = interest_rate_curves(treasury, book, years=50)
        for i, one in enumerate(treasury):
            for scenario, spot in interest_rate_curves(one, book, years=50).items():
                assert (together[scenario][i] == spot).all()


@given(curves_of_rates)
def test_continuity_and_ends(treasury: np.ndarray) -> None:
    """The transition leaves the observed curve and reaches the ultimate rate without a jump, whatever the rates."""
    base = double_interpolation(treasury, 0.045, 20, 40, 60)
    assert (base[:20] == treasury[:20]).all()
    assert (base[39:] == 0.045).all()
    # 21: w = 1/20, r = r20 + (u - r20)/20, R - r* = (r - r*)/20; 39: w = 19/20, r = u - (u - r20)/20, R = r × 19/20 + r*/20
    r21 = treasury[19] + (0.045 - treasury[19]) / 20
    assert base[20] - treasury[20] == pytest.approx((r21 - treasury[20]) / 20, abs=1e-15)
    r39 = 0.045 - (0.045 - treasury[19]) / 20
    assert base[38] == pytest.approx(r39 * 19 / 20 + treasury[38] / 20, abs=1e-15)
    for spot in interest_rate_curves(treasury, rules()).values():
        for year in (20, 40):
            near = spot_at(spot, [year - 1e-9, year, year + 1e-9])
            assert near == pytest.approx(np.full(3, spot[year - 1]), abs=1e-9)


@given(st.floats(-0.9, 1.5), st.sampled_from([rules(), STRESS_BASE]))
def test_a_curve_flat_at_the_ultimate_rate_stays_flat(stress: float, book: Rules) -> None:
    even = {"1": stress, "20": stress, "40": stress}
    same = rules(up=even, down=even, **book.readings)
    curves = interest_rate_curves(np.full(39, 0.045), same, years=80)
    spread = fading_spread(0.0045, 20, 40, 80)
    assert curves["base"] - spread == pytest.approx(np.full(80, 0.045), abs=1e-15)
    assert curves["up"] - spread == pytest.approx(np.full(80, 0.045 * (1 + stress)), abs=1e-15)
    assert (curves["up"] == curves["down"]).all()


@given(curves_of_rates)
def test_the_readings_differ_in_the_transition_only(treasury: np.ndarray) -> None:
    one, other = (
        interest_rate_curves(treasury, rules(), years=60),
        interest_rate_curves(treasury, STRESS_BASE, years=60),
    )
    assert (one["base"] == other["base"]).all()
    for scenario in ("up", "down"):
        assert one[scenario][:20] == pytest.approx(other[scenario][:20], abs=1e-15)
        assert one[scenario][39:] == pytest.approx(other[scenario][39:], abs=1e-15)


@given(curves_of_rates)
def test_no_stress_changes_nothing(treasury: np.ndarray) -> None:
    still = {"1": 0.0, "20": 0.0, "40": 0.0}
    for reading in ("interpolate_stressed", "stress_base"):
        curves = interest_rate_curves(treasury, rules(up=still, down=still, adverse_transition_curve=reading))
        assert (curves["up"] == curves["base"]).all()
        assert (curves["down"] == curves["base"]).all()


@given(curves_of_rates)
def test_discount_factors_are_the_product_of_forwards(treasury: np.ndarray) -> None:
    for spot in interest_rate_curves(treasury, rules(), years=100).values():
        forward = forward_rates(spot)
        assert forward[0] == pytest.approx(spot[0], abs=1e-15)
        assert np.cumprod(1 / (1 + forward)) == pytest.approx(discount_factors(spot), rel=1e-12)


def test_forward_rates_by_hand() -> None:
    # 2%, 3%: second year 1.03² / 1.02 - 1 = 1.0609 / 1.02 - 1 = 0.0400980392…
    assert forward_rates(np.array([0.02, 0.03])) == pytest.approx([0.02, 1.0609 / 1.02 - 1])
    assert discount_factors(np.array([0.02, 0.03])) == pytest.approx([1 / 1.02, 1 / 1.0609])
    assert forward_rates(np.full((2, 30), 0.045)) == pytest.approx(np.full((2, 30), 0.045))


def test_times_between_and_beyond_the_years() -> None:
    spot = np.array([0.01, 0.02, 0.04])
    # before 1 the rate of year 1; 1.5: (1% + 2%)/2; 2.25: 2% + 2%/4; after 3 the last
    assert spot_at(spot, [0, 0.5, 1, 1.5, 2.25, 3, 9]) == pytest.approx([0.01, 0.01, 0.01, 0.015, 0.025, 0.04, 0.04])
    assert discount_factors(spot, [0, 0.5, 1.5, 9]) == pytest.approx([1, 1.01**-0.5, 1.015**-1.5, 1.04**-9])
    two = np.array([spot, spot + 0.01])
    assert spot_at(two, [1.5, 3]) == pytest.approx(np.array([[0.015, 0.04], [0.025, 0.05]]))
    assert spot_at(two, [1.5, 3], np.array([1, 0])) == pytest.approx([0.025, 0.04])


@pytest.mark.parametrize(
    ("treasury", "terms", "said"),
    [
        (np.full(20, 0.02), None, ("21, 22", "39")),  # only the observed part
        (np.full(0, 0.02), None, ("1, 2",)),
        (np.r_[np.full(24, 0.02), np.nan, np.full(14, 0.02)], None, ("years 25;",)),
        (np.array([[0.02] * 39, [0.02] * 30 + [np.nan] * 9]), None, ("31, 32",)),
        (np.full(38, 0.02), [*range(1, 30), *range(31, 40)], ("years 30;",)),
        (np.full(39, 0.02), [1, *range(1, 39)], ("twice", "1 years")),
        (np.full(39, 0.02), range(1, 39), ("38 terms", "39 columns")),
        (np.full(39, 2.5), None, ("ratios",)),
        (np.full((1, 1, 39), 0.02), None, ("one curve",)),
        (np.float64(0.02), None, ("one curve",)),
    ],
)
def test_rates_that_are_missing_are_refused(treasury: np.ndarray, terms: Any, said: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        interest_rate_curves(treasury, rules(), terms=terms)
    assert all(part in caught.value.en for part in said), caught.value.en
    assert caught.value.zh != caught.value.en


def test_a_curve_that_ends_before_the_ultimate_rate_is_refused() -> None:
    with pytest.raises(UsageError, match="40"):
        interest_rate_curves(np.full(39, 0.02), rules(), years=30)
    with pytest.raises(UsageError, match="39"):
        double_interpolation(np.full(30, 0.02), 0.045, 20, 40, 60)


def test_terms_in_any_order_and_more_of_them() -> None:
    terms = [0.25, 0.5, *range(50, 0, -1)]
    treasury = np.array([0.001, 0.001, *(t / 2000 for t in range(50, 0, -1))])
    assert rates_by_year(treasury, 39, terms=terms) == pytest.approx(np.arange(1, 40) / 2000)
    # the rate of year 40 has no weight: it may be blank
    treasury[terms.index(40)] = np.nan
    assert np.isfinite(interest_rate_curves(treasury, rules(), terms=terms)["up"]).all()


# --- present values -----------------------------------------------------------------------------------------------

FLAT = {"base": np.full(40, 0.02), "down": np.full(40, 0.01), "up": np.full(40, 0.04)}


def flows(rows: list[tuple[int, str, str, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["case", "account", "side", "year", "amount"])


def test_present_values_by_hand() -> None:
    frame = flows(
        [
            (0, "traditional", "liability", 2, 104.04),
            (0, "traditional", "asset", 1, 51.0),
            (0, "universal", "asset", 0, 7.0),
            (1, "traditional", "liability", 1, 101.0),
            (0, "traditional", "liability", 1, -10.2),  # a premium, as a negative outflow
        ]
    )
    pv = present_values(frame, FLAT)
    assert pv["case"].tolist() == [0, 0, 1]
    assert pv["account"].tolist() == ["traditional", "universal", "traditional"]
    # base 2%: 104.04/1.0404 - 51/1.02 - 10.2/1.02 = 100 - 50 - 10 = 40; at time 0: -7; 101/1.02
    assert pv["pv_base"].tolist() == pytest.approx([40, -7, 101 / 1.02])
    # down 1%: 104.04/1.0201 - 61.2/1.01; 101/1.01 = 100
    assert pv["pv_down"].tolist() == pytest.approx([104.04 / 1.0201 - 61.2 / 1.01, -7, 100])
    # up 4%: 104.04/1.0816 - 61.2/1.04
    assert pv["pv_up"].tolist() == pytest.approx([104.04 / 1.0816 - 61.2 / 1.04, -7, 101 / 1.04])


def test_accounts_keep_the_order_of_their_categories() -> None:
    frame = flows([(0, "b", "asset", 1, 1.0), (0, "a", "asset", 1, 1.0)])
    frame["account"] = pd.Categorical(frame["account"], categories=["b", "c", "a"])
    assert present_values(frame, FLAT)["account"].tolist() == ["b", "a"]


def test_each_case_its_curve() -> None:
    frame = flows([(0, "a", "liability", 1, 1.0), (1, "a", "liability", 1.5, 1.0), (2, "a", "liability", 50, 1.0)])
    curves = {s: np.array([np.full(40, 0.01), np.full(40, 0.03)]) for s in ("base", "down", "up")}
    pv = present_values(frame, curves, curve_of_case=np.array([1, 0, 1]))
    assert pv["pv_up"].tolist() == pytest.approx([1.03**-1, 1.01**-1.5, 1.03**-50])
    assert present_values(frame[:2], curves)["pv_up"].tolist() == pytest.approx([1.01**-1, 1.03**-1.5])


def test_no_flows_no_charge() -> None:
    pv = present_values(flows([]), FLAT)
    assert len(pv) == 0
    done = life_interest_charge(pv, 2, rules())
    assert done.charge.tolist() == [0, 0]
    assert done.direction.tolist() == ["none", "none"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((0, "a", "out", 1, 1.0), "side"),
        ((0, "a", "asset", -1, 1.0), "year"),
        ((0, "a", "asset", np.nan, 1.0), "year"),
        ((0, "a", "asset", 1, np.nan), "amount"),
        ((0, None, "asset", 1, 1.0), "account"),
        ((-1, "a", "asset", 1, 1.0), "case"),
    ],
)
def test_flows_that_make_no_sense_are_refused(row: tuple[Any, ...], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        present_values(flows([(0, "a", "asset", 1, 1.0), row]), FLAT)
    assert said in caught.value.en
    assert "row 2" in caught.value.en


some_flows = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["a", "b"]), st.sampled_from(["liability", "asset"]),
        st.integers(0, 500).map(lambda t: t / 4), st.integers(-(10**6), 10**6).map(float),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@given(some_flows, curves_of_rates)
def test_present_values_are_sums_and_linear(
    rows: list[tuple[int, str, str, float, float]], treasury: np.ndarray
) -> None:
    curves = interest_rate_curves(treasury, rules())
    frame = flows(rows)
    pv = present_values(frame, curves).set_index(["case", "account"])
    for scenario, spot in curves.items():
        expected: dict[tuple[int, str], float] = {}
        for case, account, side, year, amount in rows:
            t = min(max(year, 1), 40)
            low = int(t)
            rate = spot[low - 1] + (t - low) * (spot[min(low, 39)] - spot[low - 1])
            sign = 1 if side == "liability" else -1
            expected[case, account] = expected.get((case, account), 0) + sign * amount * (1 + rate) ** -year
        assert set(pv.index) == set(expected)
        for key, value in expected.items():
            assert pv.loc[key, f"pv_{scenario}"] == pytest.approx(value, rel=1e-9, abs=1e-6)
    turned = frame.assign(side=np.where(frame["side"] == "asset", "liability", "asset"))
    assert (present_values(turned, curves).iloc[:, 2:].to_numpy() == -pv.to_numpy()).all()


def test_many_units_are_one_matrix_product() -> None:
    """10,000 units × 120 years under three curves: equal to the long form, and quick."""
    rng = np.random.default_rng(1)
    units, years = 10_000, 120
    net = rng.normal(0, 1e4, (units, years))
    curves = interest_rate_curves(np.linspace(0.01, 0.03, 50), rules(), years=years)
    started = time.perf_counter()
    values = present_value(net, np.stack([curves["base"], curves["down"], curves["up"]]))
    assert time.perf_counter() - started < 1  # a product takes some milliseconds, a loop over units would not
    assert values.shape == (units, 3)
    assert values[:, 0] == pytest.approx(net @ discount_factors(curves["base"]))
    few = 300
    frame = pd.DataFrame(
        {
            "case": np.repeat(np.arange(few), years), "account": "a", "side": "liability",
            "year": np.tile(np.arange(1.0, years + 1), few), "amount": net[:few].ravel(),
        }
    )  # fmt: skip
    long = present_values(frame, {s: spot[:40] for s, spot in curves.items()})  # flat after year 40: no more is needed
    assert long[["pv_base", "pv_down", "pv_up"]].to_numpy() == pytest.approx(values[:few], rel=1e-9, abs=1e-4)
    # in the middle of the years
    middle = present_value(net[0], curves["up"], np.arange(years) + 0.5)
    assert middle == pytest.approx((net[0] * discount_factors(curves["up"], np.arange(years) + 0.5)).sum())


# --- charge -------------------------------------------------------------------------------------------------------


def values_of(rows: list[tuple[int, str, float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["case", "account", "pv_base", "pv_down", "pv_up"])


CASES = values_of(
    [
        # case 0: changes down +30, -20; up -25, +18
        (0, "traditional", 100.0, 130.0, 75.0),
        (0, "universal", 50.0, 30.0, 68.0),
        # case 1: down -5, up +8: rates up costs
        (1, "traditional", 10.0, 5.0, 18.0),
        # case 2: both directions gain
        (2, "traditional", 10.0, 9.0, 2.0),
        # case 4 (3 has no rows): down +4, up +1 and down +2, up +9
        (4, "universal", 0.0, 4.0, 1.0),
        (4, "shareholders", -10.0, -8.0, -1.0),
    ]
)


def test_company_wide_charge_by_hand() -> None:
    done = life_interest_charge(CASES, 5, rules())
    # 0: down 30 - 20 = 10, up -25 + 18 = -7 -> 0; 1: down 0, up 8; 2, 3: nothing; 4: down 6, up 10
    assert done.down.tolist() == [10, 0, 0, 0, 6]
    assert done.up.tolist() == [0, 8, 0, 0, 10]
    assert done.charge.tolist() == [10, 8, 0, 0, 10]
    assert done.direction.tolist() == ["down", "up", "none", "none", "up"]
    assert done.accounts["down"].tolist() == [30, -20, -5, -1, 2, 4]  # accounts of a case by name
    assert done.accounts["up"].tolist() == [-25, 18, 8, -8, 9, 1]


def test_charge_per_account_by_hand() -> None:
    done = life_interest_charge(CASES, 5, PER_ACCOUNT)
    # 0: max(30, 0) + max(0, 18) = 48; 1: 8; 4: max(4, 1) + max(2, 9) = 13
    assert done.down.tolist() == [30, 0, 0, 0, 6]
    assert done.up.tolist() == [18, 8, 0, 0, 10]
    assert done.charge.tolist() == [48, 8, 0, 0, 13]
    assert done.direction.tolist() == ["mixed", "up", "none", "none", "mixed"]


def test_a_charge_of_less_than_a_yuan_has_a_direction_too() -> None:
    small = values_of([(0, "a", 0.0, 0.5, -0.5), (1, "a", 0.0, -0.5, 0.5)])
    assert life_interest_charge(small, 2, PER_ACCOUNT).direction.tolist() == ["down", "up"]


def test_rows_of_one_account_belong_together() -> None:
    """An account given in two rows (a reinsurance treaty, say) is one account under either reading."""
    split = values_of([(0, "a", 0.0, 30.0, 0.0), (0, "a", 0.0, -20.0, 0.0)])
    assert life_interest_charge(split, 1, PER_ACCOUNT).charge.tolist() == [10]


@pytest.mark.parametrize(
    ("row", "said"), [((9, "a", 0.0, 0.0, 0.0), "below 2"), ((0, "a", 0.0, np.nan, 0.0), "pv_down must")]
)
def test_values_that_make_no_sense_are_refused(row: tuple[int, str, float, float, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        life_interest_charge(values_of([row]), 2, rules())


some_values = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from("abc"), *[st.integers(-(10**9), 10**9).map(float)] * 3), max_size=20
)


@given(some_values)
def test_offsetting_never_costs_more(rows: list[tuple[int, str, float, float, float]]) -> None:
    pv = values_of(rows).astype({"case": int})
    company, apart = life_interest_charge(pv, 5, rules()), life_interest_charge(pv, 5, PER_ACCOUNT)
    for done in (company, apart):
        assert len(done.charge) == 5
        assert (done.charge >= np.maximum(done.down, done.up)).all()
        assert (done.down >= 0).all()
        assert (done.up >= 0).all()
        assert ((done.direction == "none") == (done.charge == 0)).all()
    assert (company.charge == np.maximum(company.down, company.up)).all()
    assert (company.charge <= apart.charge).all()


@given(some_values, st.integers(1, 1000))
def test_charge_scales(rows: list[tuple[int, str, float, float, float]], by: int) -> None:
    pv = values_of(rows).astype({"case": int})
    larger = pv.assign(**{c: pv[c] * by for c in ("pv_base", "pv_down", "pv_up")})
    for book in (rules(), PER_ACCOUNT):
        one, other = life_interest_charge(pv, 5, book), life_interest_charge(larger, 5, book)
        assert other.charge == pytest.approx(one.charge * by)
        assert (one.direction == other.direction).all()


def test_matched_flows_bear_nothing() -> None:
    """Assets that pay exactly what the liabilities pay: no charge, whatever the curves do."""
    pay = [(0, "a", side, t / 2, 100.0 + t) for t in range(1, 200) for side in ("liability", "asset")]
    curves = interest_rate_curves(np.full(39, 0.025), rules())
    done = life_interest_charge(present_values(flows(pay), curves), 1, rules())
    assert done.charge == pytest.approx([0], abs=1e-9)


def test_long_liabilities_lose_when_rates_fall() -> None:
    book = flows([(0, "a", "liability", 30, 1000.0), (0, "a", "asset", 5, 400.0), (1, "a", "asset", 30, 1000.0)])
    curves = interest_rate_curves(np.full(39, 0.025), rules())
    done = life_interest_charge(present_values(book, curves), 2, rules())
    assert done.direction.tolist() == ["down", "up"]
