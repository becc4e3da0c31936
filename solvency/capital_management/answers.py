"""The amount that brings ratios to their targets, of capital or of risk: searched on many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from solvency.capital_management.solve import farthest_holding, nearest_reaching, peak
from solvency.capital_management.starting_point import Outcome, StartingPoint
from solvency.rules.frame import Array, Mask, missing
from solvency.tables.spec import MODULES, SUB_RISKS

FEN = 100  # of a yuan: amounts are answered to the fen, on the side that meets the target
CENT = 1 / FEN
EXACT = 1e-6  # how closely an amount is searched, in yuan
SHARE = 1e-11  # and how closely a share
NO_MOVE = 1e-9  # a share so small is what the search leaves of none
NOISE = 1e-13  # of capital: less is what floats leave
MOST_GROWTH = 9.0  # business can grow to ten times
FARTHEST = 2.0**20  # how far proceeds that bear risk are searched, as a multiple of what is lacking
TIERS_ISSUED = {"equity": "core_tier1", "dividend": "core_tier1", "core_tier2": "core_tier2",
                "supplementary_tier1": "supplementary_tier1", "supplementary_tier2": "supplementary_tier2"}  # fmt: skip

INSURANCE = tuple(item for module in ("life_insurance_mc", "nonlife_insurance_mc") for item in MODULES[module])
ASSETS = tuple(item for module in ("market_mc", "credit_mc") for item in MODULES[module])
At = Callable[..., Outcome]  # (rows, amount, size coefficient or None) -> outcome


@dataclass(frozen=True)
class Answer:
    """What one way comes to, (n,) each: the move, whether the target is met, and why not."""

    move: Array
    met: Mask
    outcome: Outcome
    zh: Array
    en: Array


def shortfall(goals: Mapping[str, float], outcome: Outcome) -> Array:
    """What capital exceeds its target by, of several ratios the least: at zero they are met."""
    gaps = [outcome.capital(ratio) - goal * outcome.minimum_capital for ratio, goal in goals.items()]
    return np.asarray(np.minimum.reduce(gaps))


def usable(start: StartingPoint) -> tuple[Mask, Array, Array]:
    """Rows that have ratios which capital moves, and why others have not."""
    capital = missing(start.base["core_capital"] + start.base["actual_capital"])
    none = capital | ~np.asarray(start.base["minimum_capital"] > 0, bool)
    zh = np.where(
        start.levels, "充足率由各承保部和公司层面加权得到（规则第20号），未覆盖", np.where(none, "没有充足率", "")
    )
    en = np.where(start.levels, "ratios are weighted over levels (rule 20); not covered", np.where(none, "there is no ratio", ""))  # fmt: skip
    return ~(start.levels | none), zh.astype(object), en.astype(object)


def by_capital(start: StartingPoint, goals: Mapping[str, float], by: str, invest: Mapping[str, float]) -> Answer:
    """The amount of a tier at which the targets are met: below them the least to raise, above them the most to give back."""
    tier = TIERS_ISSUED[by]
    there, zh, en = usable(start)

    def outcome(some: StartingPoint, amount: Array, size: Array | None = None) -> Outcome:
        change = {item: factor * np.maximum(amount, 0.0) for item, factor in invest.items()}
        return some.after({tier: amount}, assets=amount, size=size, change=change)

    nothing = np.zeros(len(start))
    today = shortfall(goals, outcome(start, nothing))
    today = np.where(near_target(today, start, goals), 0.0, today)
    lacking = there & (today < 0) & (by != "dividend")
    unknown = lacking & ~start.known(tuple(invest)) if invest else np.zeros(len(start), bool)
    most, least = _farthest(start, goals, by, tier, today)
    raised, met = _raised(start, goals, outcome, lacking, most * (FARTHEST if invest else 1.0), bool(invest))
    released = _released(start, goals, outcome, there & (today >= 0), least)
    move = np.where(lacking, raised, -np.floor(_cents(released)) / FEN)
    move = np.where(there & ~unknown, move, np.nan)
    after = outcome(start, np.where(missing(move), 0.0, move))
    met = np.where(lacking, met, there & (today >= 0))
    why = (
        ("该风险模块的子风险未知，无法计算投资的风险", "the sub-risks of that module are not known", unknown),
        ("已低于目标，不能分红", "below the target already; nothing can be paid", there & (today < 0) & (by == "dividend")),
        ("全部计入后仍低于目标：更多的不再计入（限额）或所投资产的风险抵销", "still below the target: more does not count (limits), or the risk of what it is put into undoes it", lacking & ~unknown & ~met),
        ("全部赎回后仍高于目标", "still above the target with everything redeemed", there & (today >= 0) & (tier != "core_tier1") & (-move >= least - CENT) & (shortfall(goals, after) > _noise(start, goals))),
    )  # fmt: skip
    for text_zh, text_en, where in why:
        zh, en = np.where(where & (zh == ""), text_zh, zh), np.where(where & (en == ""), text_en, en)
    # proceeds that bear risk come ever nearer to the best ratio, at no amount in particular
    move = np.where(lacking & ~met & np.bool_(bool(invest)), np.nan, move)
    sign = -1.0 if by == "dividend" else 1.0
    return Answer(np.where(there & (by == "dividend") & (today < 0), 0.0, sign * move) + 0.0, np.asarray(met & there & ~unknown, bool), after, zh, en)  # fmt: skip


def _noise(start: StartingPoint, goals: Mapping[str, float]) -> Array:
    """What floats leave of a gap."""
    most = max(goals.values())
    return np.asarray(
        NOISE * (np.abs(start.base["actual_capital"]) + most * np.abs(start.base["minimum_capital"])) + CENT / 10
    )


def near_target(gap: Array, start: StartingPoint, goals: Mapping[str, float]) -> Mask:
    """Where a gap is what floats leave of none."""
    return np.asarray(np.abs(gap) <= _noise(start, goals) - CENT / 10, bool)


def _cents(amount: Array) -> Array:
    """An amount in fen; one that is a whole fen but for the search is that fen."""
    fen = np.abs(np.nan_to_num(amount)) * FEN
    whole = np.rint(fen)
    return np.asarray(np.where(np.abs(fen - whole) <= 2 * EXACT * FEN, whole, fen))


def fen_up(amount: Array) -> Array:
    """An amount that is not negative, up to the fen; NaN stays."""
    return np.asarray(np.where(missing(amount), np.nan, np.ceil(_cents(amount)) / FEN))


def fen_down(amount: Array) -> Array:
    """An amount that is not negative, down to the fen; NaN stays."""
    return np.asarray(np.where(missing(amount), np.nan, np.floor(_cents(amount)) / FEN))


def _farthest(
    start: StartingPoint, goals: Mapping[str, float], by: str, tier: str, today: Array
) -> tuple[Array, Array]:
    """How much can be raised at most before more is of no use, and how much there is to give back."""
    highest = np.maximum.reduce(
        [start.base["size_coefficient"], *(np.full(len(start), float(b.intercept)) for b in start.bands)]
    )
    minimum = np.maximum(start.minimum({}, highest), start.base["minimum_capital"])
    lacking = np.maximum.reduce([goal * minimum - start.base["core_capital" if r == "core_ratio" else "actual_capital"] for r, goal in goals.items()])  # fmt: skip
    enough = np.maximum(np.nan_to_num(lacking), 0.0) + 1.0
    if tier == "core_tier1":
        return enough, np.maximum(start.base["actual_capital"], 0.0) + np.abs(today) + 1.0
    room = getattr(start.headroom(), tier)
    return np.where(np.isfinite(room), room, enough), start.instruments[tier]


def _raised(
    start: StartingPoint, goals: Mapping[str, float], outcome: At, lacking: Mask, most: Array, invested: bool
) -> tuple[Array, Mask]:
    """The least amount that closes the gap, band by band of the size coefficient; where none does, that which comes nearest."""
    found, best = np.zeros(len(start)), np.zeros(len(start))
    met: Mask = np.zeros(len(start), bool)
    nearest = np.full(len(start), -np.inf)
    for low, high, size in pieces(start, np.zeros(len(start)), most):
        # only the rows that are still searched, and at a peak only those that it decides
        rows = np.flatnonzero(lacking & ~met & (low < high))
        those, of_band, first, last = start.take(rows), size[rows], low[rows], high[rows]

        def gap(x: Array, those: StartingPoint = those, of_band: Array = of_band) -> Array:
            return shortfall(goals, outcome(those, x, of_band))

        point, closed = nearest_reaching(gap, first, last, EXACT, rising=not invested)
        # at the open end of a band the next coefficient holds already
        exact = fen_up(point)
        take = closed & (shortfall(goals, outcome(those, exact)) >= -_noise(those, goals))
        found[rows[take]], met[rows[take]] = exact[take], True
        rows, of_band, first, last = (values[~take] for values in (rows, of_band, first, last))
        those = start.take(rows)

        def score(x: Array, those: StartingPoint = those, of_band: Array = of_band) -> Array:
            return _score(goals, outcome(those, x, of_band))

        far = peak(score, first, last) if invested else last
        height = score(far)
        better = height > nearest[rows]
        best[rows[better]], nearest[rows[better]] = far[better], height[better]
    return np.where(met, found, np.floor(_cents(best)) / FEN), met


def _score(goals: Mapping[str, float], outcome: Outcome) -> Array:
    """How near both ratios are to their targets: the lesser of their shares of them."""
    return np.asarray(np.minimum.reduce([outcome.ratio(ratio) / goal for ratio, goal in goals.items()]))


def _released(start: StartingPoint, goals: Mapping[str, float], outcome: At, there: Mask, least: Array) -> Array:
    """The most that can be given back with the gap closed; a lower band of total assets may admit more."""
    found = np.zeros(len(start))
    for low, high, size in reversed(pieces(start, -least, np.zeros(len(start)))):
        rows = np.flatnonzero(there & (low < high))
        those, of_band = start.take(rows), size[rows]

        def gap(x: Array, those: StartingPoint = those, of_band: Array = of_band) -> Array:
            return shortfall(goals, outcome(those, x, of_band)) + _noise(those, goals) - CENT / 10

        point, _ = farthest_holding(gap, high[rows], low[rows], EXACT)
        holds = gap(point) >= 0
        found[rows[holds]] = -point[holds]
    return found


def pieces(start: StartingPoint, low: Array, high: Array) -> list[tuple[Array, Array, Array]]:
    """The moves of total assets between two ends by band of the size coefficient: (from, to, coefficient), in rising order."""
    size = start.base["size_coefficient"]
    if not start.bands:
        return [(low, high, size)]
    found = [(np.where(start.by_assets, 0.0, low), np.where(start.by_assets, 0.0, high), size)]
    assets = np.where(start.by_assets, start.total_assets, 0.0)
    for band in start.bands:
        ends = (float(band.interval.lower) - assets, float(band.interval.upper) - assets)
        first, last = np.maximum(low, ends[0]), np.minimum(high, ends[1])
        inside = start.by_assets & (first < last)
        found.append((np.where(inside, first, 0.0), np.where(inside, last, 0.0), np.full(len(start), float(band.intercept))))  # fmt: skip
    return found


def by_risk(start: StartingPoint, goals: Mapping[str, float], items: Sequence[str], *, growth: bool) -> Answer:
    """By what fraction sub-risks must fall, or may grow, for the targets to be met; total assets stay."""
    there, zh, en = usable(start)
    place = {item: SUB_RISKS.index(item) for item in items}
    known = start.known(items)
    amount = {item: np.nan_to_num(start.sub_risks[place[item]]) for item in items}
    some = known & (sum(amount.values()) > 0)

    def outcome(share: Array) -> Outcome:
        return start.after({}, change={item: value * share for item, value in amount.items()})

    def searched(search: Callable[..., tuple[Array, Mask]], rows: Array, end: float) -> tuple[Array, Mask]:
        """A search of some rows alone, from no change to `end`."""
        those, of_rows = start.take(rows), {item: value[rows] for item, value in amount.items()}

        def gap(share: Array) -> Array:
            return shortfall(goals, those.after({}, change={item: v * share for item, v in of_rows.items()}))

        return search(gap, np.zeros(len(rows)), np.full(len(rows), end), SHARE)

    move, open_ended = np.zeros(len(start)), np.zeros(len(start), bool)
    today = shortfall(goals, outcome(move))
    today = np.where(near_target(today, start, goals), 0.0, today)
    met = there & (today >= 0)
    lacking = there & some & (today < 0)
    rows = np.flatnonzero(lacking)
    move[rows], met[rows] = searched(nearest_reaching, rows, -1.0)
    # with no risk left there is no ratio
    met &= ~lacking | (outcome(move).minimum_capital > 0)
    if growth:
        rows = np.flatnonzero(there & some & (today >= 0))
        move[rows], opens = searched(farthest_holding, rows, MOST_GROWTH)
        open_ended[rows] = ~opens
    why = (
        ("子风险未知", "the sub-risks are not known", there & ~known),
        ("没有这项风险", "there is no such risk", there & known & ~some),
        ("已达到目标，不需出售", "at the target already; nothing need be sold", there & some & (today >= 0) & np.bool_(not growth)),
        ("减少这项风险不能提高充足率", "less of this risk does not raise the ratio", lacking & ~met & (np.abs(move) < NO_MOVE)),
        ("全部减去仍低于目标", "still below the target with all of it gone", lacking & ~met),
        ("增至十倍仍高于目标", "still above the target at ten times the business", open_ended),
    )  # fmt: skip
    for text_zh, text_en, where in why:
        zh, en = np.where(where & (zh == ""), text_zh, zh), np.where(where & (en == ""), text_en, en)
    move = np.where(np.abs(move) < NO_MOVE, 0.0, move)
    move = np.where(there & some, move, np.nan)
    return Answer(move, np.asarray(met & there & some, bool), outcome(np.nan_to_num(move)), zh, en)
