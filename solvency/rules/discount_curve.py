"""Discount curves for life business: annex 3 (interest-rate risk), and the interpolation it shares with annex 1 (reserves).

Every curve is an array whose last axis is the year: place 0 is year 1. All rates are ratios (0.025 is 2.5%), compounded
once a year; a spot rate s of year t discounts by (1 + s)^-t.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array

SCENARIOS = ("base", "down", "up")
ADVERSE = ("down", "up")


def interest_rate_curves(
    treasury: npt.ArrayLike,
    rulebook: Rulebook,
    *,
    terms: Sequence[float] | Array | None = None,
    years: int | None = None,
) -> dict[str, Array]:
    """The spot discount curves of annex 3: `base`, `down`, `up` -> (years,) or (n_curves, years), spread included.

    treasury: 60-day moving average of the treasury spot curve, (n_terms,) or (n_curves, n_terms) for several dates, as
    ratios. terms: the years of its columns, default 1, 2, …; every whole year before the ultimate rate is needed, also
    those of the transition (r* of annex 1), and other terms are left aside. years: length of the curves, default the
    year from which the ultimate rate holds; the rates stay flat after it.

    The spread is added to the base and the adverse curves alike and is not stressed. Between the last observed year and
    the ultimate rate the adverse curves follow the reading `adverse_transition_curve`. Raises UsageError.
    """
    ultimate, observed_until, ultimate_from = _segments("interest_curve", rulebook)
    size = _length(years, ultimate_from)
    observed = rates_by_year(treasury, ultimate_from - 1, terms=terms)
    base = double_interpolation(observed, ultimate, observed_until, ultimate_from, size)
    spread = fading_spread(float(rulebook.value("interest_curve.spread")), observed_until, ultimate_from, size)
    curves = {"base": base + spread}
    on_base = rulebook.reading("adverse_transition_curve") == "stress_base"
    for scenario in ADVERSE:
        stress = stress_by_year(rulebook.rows(f"interest_stress.{scenario}"), size)
        if on_base:
            adverse = base * (1 + stress)
        else:
            adverse = double_interpolation(
                observed * (1 + stress[: ultimate_from - 1]), ultimate * (1 + stress[ultimate_from - 1]),
                observed_until, ultimate_from, size,
            )  # fmt: skip
        curves[scenario] = adverse + spread
    return curves


def reserve_discount_curves(
    treasury: npt.ArrayLike,
    rulebook: Rulebook,
    *,
    terms: Sequence[float] | Array | None = None,
    years: int | None = None,
) -> dict[str, Array]:
    """The spot discount curves of annex 1 (rule 3, article 19): kind of business -> (years,) or (n_curves, years), spread included.

    treasury: 750-day moving average of the treasury spot curve, else as in `interest_rate_curves`; the kinds of business are the
    classes of `reserve_curve.spread`. Raises UsageError.
    """
    ultimate, observed_until, ultimate_from = _segments("reserve_curve", rulebook)
    size = _length(years, ultimate_from)
    base = double_interpolation(
        rates_by_year(treasury, ultimate_from - 1, terms=terms), ultimate, observed_until, ultimate_from, size
    )
    return {
        kind: base + fading_spread(float(spread), observed_until, ultimate_from, size)
        for kind, spread in rulebook.rows("reserve_curve.spread").items()
    }


def reserve_forward_curves(
    treasury: npt.ArrayLike,
    rulebook: Rulebook,
    *,
    terms: Sequence[float] | Array | None = None,
    years: int | None = None,
) -> dict[str, Array]:
    """The forward discount curves of annex 1, part 4, by kind of business; arguments and shapes as in `reserve_discount_curves`."""
    return {
        kind: forward_rates(spot)
        for kind, spot in reserve_discount_curves(treasury, rulebook, terms=terms, years=years).items()
    }


def _segments(curve: str, rulebook: Rulebook) -> tuple[float, int, int]:
    """Ultimate rate, last observed year, first year of the ultimate rate."""
    observed_until, ultimate_from = (
        int(rulebook.value(f"{curve}.{end}")) for end in ("observed_until", "ultimate_from")
    )
    return float(rulebook.value(f"{curve}.ultimate_rate")), observed_until, ultimate_from


def _length(years: int | None, ultimate_from: int) -> int:
    size = ultimate_from if years is None else years
    if size < ultimate_from:
        raise UsageError(
            f"曲线须至少到第 {ultimate_from} 年，所给为 {size} 年",
            f"a curve must reach year {ultimate_from} at least; asked for were {size} years",
        )
    return size


def rates_by_year(treasury: npt.ArrayLike, until: int, *, terms: Sequence[float] | Array | None = None) -> Array:
    """Observed spot rates of the whole years 1 to `until`, in order: (until,) or (n_curves, until).

    treasury: (n_terms,) or (n_curves, n_terms), ratios. terms: the years of its columns, in any order, default 1, 2, ….
    Nothing is extrapolated or filled in. Raises UsageError for a year that is missing, blank or there twice, and for
    rates in per cent.
    """
    rates = np.asarray(treasury, dtype=float)
    if rates.ndim not in (1, 2):
        raise UsageError(
            "国债收益率须为一条曲线或若干条曲线（每行一条）", "treasury rates must be one curve, or one curve per row"
        )
    width = rates.shape[-1]
    given = np.arange(1, width + 1, dtype=float) if terms is None else np.asarray(terms, dtype=float)
    if given.shape != (width,):
        raise UsageError(
            f"期限有 {given.size} 个，收益率有 {width} 列", f"{given.size} terms, but {width} columns of rates"
        )
    order = np.argsort(given, kind="stable")
    ordered = given[order]
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if twice.size:
        raise UsageError(f"期限重复：{_listed(twice)} 年", f"terms there twice: {_listed(twice)} years")
    wanted = np.arange(1, until + 1, dtype=float)
    place = np.minimum(np.searchsorted(ordered, wanted), max(width - 1, 0))
    absent = ordered[place] != wanted if width else np.ones(until, bool)
    if not absent.any():
        rates = rates[..., order[place]]
        absent = ~np.isfinite(rates).reshape(-1, until).all(axis=0)
    if absent.any():
        raise UsageError(
            f"缺少国债收益率：{_listed(wanted[absent])} 年；终极利率过渡曲线也要用到这些年度，不作外推",
            f"no treasury rate for years {_listed(wanted[absent])}; the transition to the ultimate rate needs them too,"
            " and none is extrapolated",
        )
    if (np.abs(rates) >= 1).any():
        raise UsageError(
            "国债收益率须为比率，例如 0.025 表示 2.5%", "treasury rates must be ratios; 2.5% is written 0.025"
        )
    return rates


def double_interpolation(
    observed: Array, ultimate_rate: float | Array, observed_until: int, ultimate_from: int, years: int
) -> Array:
    """Spot rates of years 1 to `years`: observed, transition, ultimate rate (annex 1, parts 1 and 2): (…, years).

    observed: (…, m) rates of years 1 to m, m at least the last year before `ultimate_from`; ultimate_rate: one, or one per
    curve. With w the share of the way from `observed_until` to `ultimate_from`, the first interpolation goes from the
    last observed rate to the ultimate rate, r = r_last (1 - w) + ultimate w; the second from the observed rate of the
    year itself to the first, R = r* (1 - w) + r w.
    """
    needed = ultimate_from - 1
    if not 0 < observed_until < ultimate_from or observed.shape[-1] < needed:
        raise UsageError(
            f"双重插值须有第 1 至 {needed} 年的利率", f"the double interpolation needs the rates of years 1 to {needed}"
        )
    time = np.arange(1, years + 1)
    weight = np.clip((time - observed_until) / (ultimate_from - observed_until), 0, 1)
    last = observed[..., observed_until - 1, np.newaxis]
    ultimate = np.asarray(ultimate_rate, dtype=float)[..., np.newaxis]
    first = last * (1 - weight) + ultimate * weight
    own = observed[..., np.minimum(time, needed) - 1]  # beside a weight of nothing from `ultimate_from`
    rates: Array = own * (1 - weight) + first * weight
    return rates


def fading_spread(spread: float | Array, observed_until: int, ultimate_from: int, years: int) -> Array:
    """The spread of years 1 to `years`: whole while observed, then falling in a straight line to nothing: (…, years).

    Annex 3, part 3; annex 1, part 3. spread: one, or one per curve.
    """
    time = np.arange(1, years + 1)
    share = np.clip((ultimate_from - time) / (ultimate_from - observed_until), 0, 1)
    rates: Array = np.asarray(spread, dtype=float)[..., np.newaxis] * share
    return rates


def stress_by_year(stress: Mapping[str, float], years: int) -> Array:
    """The relative stress of years 1 to `years` (annex 3, part 2): (years,).

    stress: by term. Between two published terms it runs in a straight line, after the last it stays.
    """
    terms = np.array([float(term) for term in stress])
    order = np.argsort(terms)
    rates = np.array([float(rate) for rate in stress.values()])
    by_year: Array = np.interp(np.arange(1, years + 1), terms[order], rates[order])
    return by_year


def spot_at(spot: Array, times: npt.ArrayLike, curve: Array | None = None) -> Array:
    """Spot rates at times that need not be whole years.

    The annexes give rates of whole years only and leave the rest open: between two whole years the spot rate runs in a
    straight line, before year 1 it is that of year 1, after the last year it is the last one (the ultimate rate, if
    the curve reaches it). spot: (…, years); times: (k,) -> (…, k). With `curve`, (k,) rows of a two-dimensional `spot`,
    each time has a curve of its own -> (k,).
    """
    held = np.clip(np.asarray(times, dtype=float), 1, spot.shape[-1])
    low = held.astype(np.int64) - 1  # place of the whole year before, which is the year less one
    high = np.minimum(low + 1, spot.shape[-1] - 1)
    part = held - 1 - low
    before, after = (spot[..., low], spot[..., high]) if curve is None else (spot[curve, low], spot[curve, high])
    rates: Array = before * (1 - part) + after * part
    return rates


def discount_factors(spot: Array, times: npt.ArrayLike | None = None, curve: Array | None = None) -> Array:
    """Discount factors (1 + s)^-t of spot rates: years 1, 2, … of the curve, or at `times` as `spot_at` reads them."""
    if times is None:
        time, rates = np.arange(1, spot.shape[-1] + 1, dtype=float), spot
    else:
        time, rates = np.asarray(times, dtype=float), spot_at(spot, times, curve)
    factors: Array = (1 + rates) ** -time
    return factors


def factors_by_forward(spot: Array, times: npt.ArrayLike, curve: Array | None = None) -> Array:
    """Discount factors at times that need not be whole years, the forward rate being constant within each year.

    spot, times, curve: as in `spot_at`; after the last year of the curve its last spot rate holds.
    """
    when, last = np.asarray(times, dtype=float), spot.shape[-1]
    whole = np.concatenate([np.ones_like(spot[..., :1]), discount_factors(spot)], axis=-1)
    low = np.clip(when.astype(np.int64), 0, last - 1)
    start, end = (whole[..., low], whole[..., low + 1]) if curve is None else (whole[curve, low], whole[curve, low + 1])
    within = start * (end / start) ** np.minimum(when - low, 1)
    factors: Array = np.where(when > last, discount_factors(spot, when, curve), within)
    return factors


def forward_rates(spot: Array) -> Array:
    """Forward rates of one year (annex 3, part 4): place t - 1 is that from year t - 1 to year t, the first is the spot rate."""
    factors = discount_factors(spot)
    before = np.concatenate([np.ones_like(factors[..., :1]), factors[..., :-1]], axis=-1)
    rates: Array = before / factors - 1
    return rates


def present_value(amounts: Array, spot: Array, times: npt.ArrayLike | None = None) -> Array:
    """Present values of many cash flows at the same times, as one matrix product: (n_units,) or (n_units, n_curves).

    amounts: (n_units, k) or (k,); spot: (years,) or (n_curves, years); times: (k,), default the ends of years 1, 2, … k.
    `np.stack([curves["base"], curves["down"], curves["up"]])` values a portfolio under all three curves at once.
    """
    when = np.arange(1, amounts.shape[-1] + 1, dtype=float) if times is None else times
    values: Array = amounts @ discount_factors(spot, when).T
    return values


def _listed(years: Array) -> str:
    return ", ".join(f"{year:g}" for year in years)
