"""From changes of risk factors to changes of line items, to first order (annex 4; rule 10, annex 1 section 三).

`Projection` is the interface: base rows and moves of factors in, changes of line items out. `first_order` is one
implementation; a full projection of the balance sheet is another. How effects combine: on tiers of capital and
everything in money they add; on a sub-risk the multipliers of all factors are multiplied, then own sensitivities are
added; premium, combined ratio and loss ratio act on one underwriting result together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from solvency.rules.frame import Array, Mask, counted, missing, zeroed
from solvency.rules.rule02_minimum_capital import Matrices
from solvency.tables.exposures import EXPOSURE, Exposures, Sensitivity, listed_sensitivities
from solvency.tables.spec import SUB_RISKS

Key = tuple[str, str]
SAME = 1e-9  # two sizes closer than this are the same size


@dataclass(frozen=True, eq=False)
class Rows:
    """Base rows of one type of insurer: n rows, amounts in yuan, NaN where not available; floats, or Decimals throughout.

    amounts: tiers, sub-risks, modules, loss absorption, additional, minimum, actual and core capital. factor: size
    coefficient × (1 + control-risk factor in effect), which stress leaves as it is, like `technology`. limits: the four of rule 1.
    mandatory_sizes: as `scenarios.mandatory_sizes`.
    """

    amounts: dict[str, Array]
    exposures: Exposures
    factor: Array
    limits: tuple[Array, Array, Array, Array]
    mutual: Mask
    insurer_type: str
    horizon: str
    matrices: Matrices
    options: Mapping[str, bool]
    mandatory_sizes: Mapping[tuple[str, int], float | Decimal]
    technology: Array | None = None  # K of rule 4, article 55, where an insurer has one

    def __len__(self) -> int:
        return len(self.factor)

    @property
    def exact(self) -> bool:
        return self.factor.dtype == object

    def number(self, value: Any) -> Any:
        """A number of the kind these rows are made of."""
        return Decimal(str(value)) if self.exact else float(value)

    def full(self, value: Any) -> Array:
        """The same number in every row."""
        return np.full(len(self), self.number(value), dtype=object if self.exact else float)

    def take(self, rows: npt.NDArray[np.intp]) -> Rows:
        """A selection or repetition of rows."""
        first, second, third, fourth = self.limits
        return replace(
            self,
            amounts={item: values[rows] for item, values in self.amounts.items()},
            exposures=self.exposures.take(rows),
            factor=self.factor[rows],
            limits=(first[rows], second[rows], third[rows], fourth[rows]),
            mutual=self.mutual[rows],
            technology=None if self.technology is None else self.technology[rows],
        )


@dataclass
class Effects:
    """Changes of line items in yuan, (n,) each; and what is lacking, by (factor, item).

    A lacking key names a line of the sheet Exposures, or ("S05", item) for a base amount that is not available.
    """

    size: int
    deltas: dict[str, Array] = field(default_factory=dict)
    lacking: dict[Key, Mask] = field(default_factory=dict)

    def add(self, item: str, amount: Array, where: Mask) -> None:
        amount = counted(amount, where)
        self.deltas[item] = self.deltas[item] + amount if item in self.deltas else amount

    def lack(self, key: Key, where: Mask) -> None:
        if where.any():
            self.lacking[key] = self.lacking.get(key, np.zeros(self.size, bool)) | where


Projection = Callable[[Rows, Mapping[str, Array], Mapping[str, str]], Effects]


def first_order(rows: Rows, moves: Mapping[str, Array], hows: Mapping[str, str]) -> Effects:
    """First-order effects of the moves of all factors at once.

    moves: factor -> (n,), zero where it does not move (multiply: value − 1). hows: factor -> multiply, add or set.
    A company's own sensitivity replaces the formula of that factor and item.

    Known gaps: tax relief on a loss counts in core tier 1, also where rule 1 would move it to supplementary tier 1 as a
    deferred tax asset (a tax rate of 0 leaves it out).
    """
    effects = Effects(len(rows))
    open_for: dict[Key, Mask] = {}  # where a formula still has to act
    for factor, move in moves.items():
        _own_and_listed(rows, factor, move, hows.get(factor, ""), effects, open_for)
    work = _Formulas(rows, moves, effects, open_for)
    work.equity()
    work.curve()
    work.default()
    work.underwriting()
    for item, multiplier in work.multipliers.items():
        base = rows.amounts[item]
        effects.add(item, base * (multiplier - 1), multiplier != 1)
    return effects


# items that a formula moves
_MOVED: dict[str, tuple[str, ...]] = {
    "equity_assets": ("core_tier1", "equity_price_mc"),
    "risk_free_curve": ("core_tier1", "spread_mc", "interest_rate_mc"),
    "fixed_income_default": ("core_tier1", "spread_mc", "counterparty_default_mc"),
    "premium_income": ("core_tier1", "nonlife_catastrophe_mc"),
    "combined_ratio": ("core_tier1",),
    "loss_ratio": ("core_tier1",),
}
_UNDERWRITING = ("premium_income", "combined_ratio", "loss_ratio")


def _own_and_listed(
    rows: Rows, factor: str, move: Array, how: str, effects: Effects, open_for: dict[Key, Mask]
) -> None:
    """Own sensitivities of one factor; what they leave is open for a formula or lacking."""
    moving = move != 0
    if not moving.any():
        return
    own_rows = [s for s in rows.exposures.sensitivities if s.factor == factor]
    names = {factor: moving, f"{factor}_up": move > 0, f"{factor}_down": move < 0}
    listed = {key: row for key, row in listed_sensitivities().items() if key[0] in names}
    formulas = [item for item in _MOVED.get(factor, ()) if not _formula_is_for_others(rows, factor, item)]
    given_any = np.zeros(len(rows), bool)
    for item in dict.fromkeys([*formulas, *(item for _, item in listed), *(s.item for s in own_rows)]):
        own = own_effect([s for s in own_rows if s.item == item], factor, move, how, rows.mandatory_sizes)
        given = moving & ~missing(own)
        given_any |= given
        effects.add(item, own, given)
        # core tier 1 always matters, the rest only where there is something to move
        rest = moving & ~given & ((rows.amounts[item] != 0) | (item == "core_tier1"))
        if item in formulas:
            open_for[factor, item] = rest
            continue
        for name, side in names.items():
            if (name, item) in listed:
                effects.lack((name, item), rest & side)
    if not formulas and not listed:
        effects.lack((factor, ""), moving & ~given_any)


def _formula_is_for_others(rows: Rows, factor: str, item: str) -> bool:
    """Interest-rate risk of a life insurer comes from cash flows, not from a factor on bonds (rule 8, articles 17-20)."""
    return (factor, item) == ("risk_free_curve", "interest_rate_mc") and rows.insurer_type == "life"


def own_effect(
    sensitivities: Sequence[Sensitivity],
    factor: str,
    move: Array,
    how: str,
    mandatory_sizes: Mapping[tuple[str, int], float | Decimal],
) -> Array:
    """The company's own figure for each move, NaN where it gives none.

    Order of preference: a row for exactly this size; a row without size, in proportion to the largest mandatory move
    of its direction; of the rows for another size of the same direction the nearest (of two as near the larger), in
    proportion.
    """
    nan: Any = np.nan if move.dtype != object else Decimal("nan")
    result = np.full(len(move), nan)
    ranked: list[tuple[int, Array]] = []
    size: Any
    for s in sensitivities:
        if s.size is not None:
            if s.how != how:
                continue
            size = s.size
            ranked.append((0, np.where(np.abs(move - size) < SAME, s.values, nan)))
        elif (factor, s.direction) in mandatory_sizes:
            size = mandatory_sizes[factor, s.direction]
            right = (np.sign(move) == s.direction) | (s.direction == 0)
            ranked.append((1, np.where(right, s.values * move / size, nan)))
    for _, values in sorted(ranked, key=lambda pair: pair[0]):
        result = np.where(missing(result), values, result)
    return np.where(missing(result), _from_nearest(sensitivities, move, how), result)


def _from_nearest(sensitivities: Sequence[Sensitivity], move: Array, how: str) -> Array:
    """From the row of the nearest size of the same direction, in proportion; NaN where there is none."""
    nan: Any = np.nan if move.dtype != object else Decimal("nan")
    result, least = np.full(len(move), nan), np.full(len(move), np.inf)
    sized: list[tuple[Any, Array]] = [(s.size, s.values) for s in sensitivities if s.size is not None and s.how == how]
    for size, values in sorted(sized, key=lambda pair: -abs(pair[0])):
        apart = np.abs(move - size)
        nearer = (np.sign(move) == (1 if size > 0 else -1)) & ~missing(values) & np.asarray(apart < least - SAME, bool)
        result = np.where(nearer, values * move / size, result)
        least = np.where(nearer, apart.astype(float), least)
    return result


class _Formulas:
    """The formulas, each acting where `open_for` leaves its factor and item open."""

    def __init__(self, rows: Rows, moves: Mapping[str, Array], effects: Effects, open_for: Mapping[Key, Mask]):
        self.rows, self.moves, self.effects, self.open_for = rows, moves, effects, open_for
        self.multipliers: dict[str, Array] = {item: rows.full(1) for item in SUB_RISKS}

    def where(self, factor: str, item: str) -> Mask:
        return self.open_for.get((factor, item), np.zeros(len(self.rows), bool))

    def need(self, where: Mask, *items: str) -> list[Array]:
        """Exposures, zero where they do not matter; what is blank where it matters is lacking."""
        found = []
        for item in items:
            values = self.rows.exposures.values[item]
            self.effects.lack((EXPOSURE, item), where & missing(values))
            found.append(counted(values, where))
        return found

    def scale(self, item: str, where: Mask, multiplier: Any) -> None:
        self.effects.lack(("S05", item), where & missing(self.rows.amounts[item]))
        self.multipliers[item] = np.where(where, self.multipliers[item] * multiplier, self.multipliers[item])

    def share(self, part: Array, item: str) -> Array:
        """A part of a sub-risk as a share of it, between 0 and 1."""
        whole = zeroed(self.rows.amounts[item])
        zero, one = self.rows.full(0), self.rows.full(1)
        return np.minimum(np.maximum(part / np.where(whole > 0, whole, one), zero), one)

    def equity(self) -> None:
        """Equity × m: the fall after tax off core tier 1, equity price risk × m but for money market funds."""
        move = self.moves.get("equity_assets", self.rows.full(0))
        where = self.where("equity_assets", "core_tier1")
        exposure, tax = self.need(where, "equity_exposure", "tax_rate")
        self.effects.add("core_tier1", exposure * move * (1 - tax), where)
        where = self.where("equity_assets", "equity_price_mc")
        (funds,) = self.need(where, "money_fund_equity_mc")
        self.scale("equity_price_mc", where, 1 + move * (1 - self.share(funds, "equity_price_mc")))

    def curve(self) -> None:
        """Risk-free curve + Δ: value × duration × Δ off fair-value bonds; risks on fair values fall alike."""
        move = self.moves.get("risk_free_curve", self.rows.full(0))
        where = self.where("risk_free_curve", "core_tier1")
        bonds, tax = self.need(where, "fair_value_bonds", "tax_rate")
        some = where & (self.rows.exposures.values["fair_value_bonds"] != 0)
        (duration,) = self.need(some, "fair_value_bonds_duration")
        self.effects.add("core_tier1", -bonds * np.minimum(duration * move, self.rows.full(1)) * (1 - tax), where)
        for item, years in (("spread_mc", "spread_bonds_duration"), ("interest_rate_mc", "interest_bonds_duration")):
            where = self.where("risk_free_curve", item)
            (duration,) = self.need(where, years)
            self.scale(item, where, 1 - np.minimum(duration * move, self.rows.full(1)))

    def default(self) -> None:
        """Default loss r: r of the assets after tax off core tier 1; the risks on those assets × (1 − r)."""
        rate = self.moves.get("fixed_income_default", self.rows.full(0))
        where = self.where("fixed_income_default", "core_tier1")
        assets, tax = self.need(where, "credit_exposure", "tax_rate")
        self.effects.add("core_tier1", -rate * assets * (1 - tax), where)
        self.scale("spread_mc", self.where("fixed_income_default", "spread_mc"), 1 - rate)
        where = self.where("fixed_income_default", "counterparty_default_mc")
        (part,) = self.need(where, "default_mc_of_fixed_income")
        self.scale("counterparty_default_mc", where, 1 - rate * self.share(part, "counterparty_default_mc"))

    def underwriting(self) -> None:
        """Premium × m, combined ratio × c, loss ratio × l on earned premium × (1 − combined ratio), after tax.

        Catastrophe risk follows retained premium (rule 10, annex 1 section 三 (三) 3).
        """
        open_ = {factor: self.where(factor, "core_tier1") for factor in _UNDERWRITING}
        move = {f: np.where(open_[f], self.moves.get(f, self.rows.full(0)), self.rows.full(0)) for f in _UNDERWRITING}
        acting = np.logical_or.reduce(list(open_.values()))
        horizon = self.rows.horizon
        premium, tax = self.need(acting, f"net_earned_premium_{horizon}", "tax_rate")
        (combined,) = self.need(open_["premium_income"] | open_["combined_ratio"], f"combined_ratio_{horizon}")
        (loss,) = self.need(open_["loss_ratio"], f"loss_ratio_{horizon}")
        before = premium * (1 - combined)
        stressed_ratio = combined * (1 + move["combined_ratio"]) + loss * move["loss_ratio"]
        after = premium * (1 + move["premium_income"]) * (1 - stressed_ratio)
        self.effects.add("core_tier1", (after - before) * (1 - tax), acting)
        grown = 1 + self.moves.get("premium_income", self.rows.full(0))
        self.scale("nonlife_catastrophe_mc", self.where("premium_income", "nonlife_catastrophe_mc"), grown)
