"""What a change of capital starts from: parts of the tiers before limits, sub-risks, size band; and what a change leaves of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from solvency.regulation.factors import Band
from solvency.regulation.rulebook import Rulebook
from solvency.result import Result
from solvency.rules.aggregate import aggregate
from solvency.rules.frame import COMPUTED, GIVEN, Array, Figures, Mask, missing, zeroed
from solvency.rules.rule01_actual_capital import (
    TIERS,
    Headroom,
    Recognised,
    headroom,
    limit_options,
    recognised_capital,
    tier_limits,
)
from solvency.rules.rule02_minimum_capital import Matrices, matrices
from solvency.rules.rule02_minimum_capital.kernel import NONLIFE
from solvency.tables.spec import MODULES, SUB_RISKS

Positions = npt.NDArray[np.intp]
PARTS = ("own", "surplus_tier1", "surplus_tier2", *TIERS[1:])  # what the limits look at, amounts before them
PART_OF = {"core_tier1": "own", **{tier: tier for tier in TIERS[1:]}}
SURPLUS = {"core_tier1": "policy_future_surplus_core_tier1", "core_tier2": "policy_future_surplus_core_tier2"}
INSTRUMENTS = {
    "core_tier2": ("preference_shares", "other_core_tier2"),
    "supplementary_tier1": (
        "subordinated_term_debt", "capital_supplementary_bonds", "convertible_subordinated_debt", "other_supplementary_tier1",
    ),
    "supplementary_tier2": ("contingent_capital_and_other",),
}  # fmt: skip
OVER = {tier: f"{tier}_over_limit" for tier in TIERS}


@dataclass(frozen=True)
class Outcome:
    """Capital and minimum capital after a change, (n,) each in yuan; tiers are after limits."""

    tiers: Mapping[str, Array]
    core_capital: Array
    actual_capital: Array
    minimum_capital: Array
    size: Array

    def capital(self, ratio: str) -> Array:
        return self.core_capital if ratio == "core_ratio" else self.actual_capital

    def ratio(self, name: str) -> Array:
        """NaN where minimum capital is not positive (regulation, article 6)."""
        positive = self.minimum_capital > 0
        return np.where(positive, self.capital(name) / np.where(positive, self.minimum_capital, 1.0), np.nan)


@dataclass(frozen=True, eq=False)
class StartingPoint:
    """n rows of one type of insurer under one rulebook, amounts in yuan.

    parts: by `PARTS`, before limits. detail: by tier, where its parts are known; a given total is after limits, and an excess
    behind it is not known. instruments: by tier, what could be redeemed (all of a given total). sub_risks: (13, n), NaN where only the module is known; undiscounted: quantified minimum capital before
    the size coefficient; complete: where all modules are known; rest: minimum capital beside quantified and control risk. by_assets: where the size coefficient follows total
    assets, elsewhere it is held. levels: rows of Lloyd's China whose ratios are those of levels.
    """

    positions: Positions
    rulebook: Rulebook
    insurer_type: str
    parts: dict[str, Array]
    base: dict[str, Array]
    detail: dict[str, Mask]
    instruments: dict[str, Array]
    limits: tuple[Array, Array, Array, Array]
    mutual: Mask
    options: Mapping[str, bool]
    sub_risks: Array
    modules: Array
    complete: Mask
    numbers: Matrices
    technology: Array
    undiscounted: Array
    control: Array
    rest: Array
    total_assets: Array
    by_assets: Mask
    bands: tuple[Band, ...]
    levels: Mask

    def __len__(self) -> int:
        return len(self.positions)

    def take(self, rows: Positions) -> StartingPoint:
        """A selection or repetition of rows."""

        def taken(values: Mapping[str, Array]) -> dict[str, Array]:
            return {name: array[rows] for name, array in values.items()}

        one, two, three, four = self.limits
        return replace(
            self, positions=self.positions[rows], parts=taken(self.parts), base=taken(self.base), detail=taken(self.detail),
            instruments=taken(self.instruments), limits=(one[rows], two[rows], three[rows], four[rows]), mutual=self.mutual[rows],
            sub_risks=self.sub_risks[:, rows], modules=self.modules[:, rows], complete=self.complete[rows], technology=self.technology[rows],
            undiscounted=self.undiscounted[rows], control=self.control[rows], rest=self.rest[rows], total_assets=self.total_assets[rows],
            by_assets=self.by_assets[rows], levels=self.levels[rows],
        )  # fmt: skip

    def recognised(self, parts: Mapping[str, Array]) -> Recognised:
        """What the limits leave of each part."""
        own, first, second, other, one, two = (parts[name] for name in PARTS)
        return recognised_capital(own, first, second, other, one, two, self.limits, self.mutual, **self.options)

    def headroom(self, more_core_tier2: Array | float = 0.0) -> Headroom:
        """How much more of each part counts, of a starting point with more core tier 2."""
        own, first, second, other, one, two = (self.parts[name] for name in PARTS)
        return headroom(own, first, second, other + more_core_tier2, one, two, self.limits, self.mutual, **self.options)

    def limited(self, parts: Mapping[str, Array]) -> dict[str, Array]:
        """The tiers after limits."""
        kept = self.recognised(parts)
        return {
            "core_tier1": parts["own"] + kept.future_surplus_tier1,
            "core_tier2": kept.future_surplus_tier2 + kept.other_core_tier2,
            "supplementary_tier1": kept.supplementary_tier1,
            "supplementary_tier2": kept.supplementary_tier2,
        }

    def minimum(self, change: Mapping[str, Array], size: Array) -> Array:
        """Minimum capital after changes of sub-risks and of the size coefficient; as it is where only its total is known."""
        before, undiscounted = self.base["minimum_capital"], self.undiscounted_after(change)
        after = undiscounted * (size + self.control_share(size)) + self.rest
        touched = (size != self.base["size_coefficient"]) | (undiscounted != self.undiscounted)
        return np.where(touched & ~missing(after), after, before)

    def undiscounted_after(self, change: Mapping[str, Array]) -> Array:
        """Quantified minimum capital before the size coefficient, after changes of sub-risks."""
        return self.undiscounted + self._spread(change) if change else self.undiscounted

    def control_share(self, size: Array) -> Array:
        """Control-risk over undiscounted quantified minimum capital (reading control_risk_base)."""
        discounted = self.rulebook.reading("control_risk_base") == "discounted"
        return self.control * (size if discounted else self.base["size_coefficient"])

    def _spread(self, change: Mapping[str, Array]) -> Array:
        """What the diversified total changes by, through both levels; a sub-risk is never negative."""
        after, low = self.modules.copy(), 0
        for i, (module, items) in enumerate(MODULES.items()):
            sub, low = self._sub_risks[low : low + len(items)], low + len(items)
            if set(items) & set(change):
                more = [change.get(item, 0.0) for item in items]
                moved = np.array([np.maximum(amount + m, 0.0) for amount, m in zip(sub, more, strict=True)])
                spread = aggregate(moved, self.numbers.modules[i]) - self._wholes[i]
                after[i] = np.maximum(after[i] + spread * (self.technology if module == NONLIFE else 1.0), 0.0)
        return np.asarray(aggregate(after, self.numbers.quantified) - self._diversified)

    # what every step of a search takes away again
    @cached_property
    def _sub_risks(self) -> Array:
        return zeroed(self.sub_risks)

    @cached_property
    def _wholes(self) -> list[Array]:
        ends = np.cumsum([0, *(len(items) for items in MODULES.values())])
        return [
            aggregate(self._sub_risks[a:b], m) for a, b, m in zip(ends, ends[1:], self.numbers.modules, strict=False)
        ]

    @cached_property
    def _diversified(self) -> Array:
        return aggregate(self.modules, self.numbers.quantified)

    @cached_property
    def _kept(self) -> dict[str, Array]:
        return self.limited(self.parts)

    def size_at(self, assets: Array) -> Array:
        """The size coefficient after a change of total assets (2023 notice, item 1); held where it does not follow them."""
        size = self.base["size_coefficient"]
        if not self.bands:
            return size
        at = self.rulebook.bands(f"size_coefficient.{self.insurer_type}").at(self.total_assets + assets)
        return np.where(self.by_assets & ~missing(at), at, size)

    def after(
        self, tiers: Mapping[str, Array], *, assets: Array | None = None, size: Array | None = None,
        change: Mapping[str, Array] | None = None,
    ) -> Outcome:  # fmt: skip
        """Capital after amounts are added to tiers, total assets change and sub-risks change, n rows each.

        size: in place of the size coefficient that total assets give. Figures are the base plus what changed.
        """
        if size is None:
            size = self.base["size_coefficient"] if assets is None else self.size_at(assets)
        parts = dict(self.parts)
        for tier, amount in tiers.items():
            parts[PART_OF[tier]] = parts[PART_OF[tier]] + amount
        before, later = self._kept, self.limited(parts) if tiers else self._kept
        # given tiers are after limits and never cut; only what is added to an excess is
        more = {tier: later[tier] - before[tier] for tier in TIERS}
        core = self.base["core_capital"] + more["core_tier1"] + more["core_tier2"]
        actual = self.base["actual_capital"] + sum(more.values())
        found = {tier: self.base[tier] + more[tier] for tier in TIERS}
        return Outcome(found, core, actual, self.minimum(change or {}, size), size)

    def known(self, items: Sequence[str]) -> Mask:
        """Where sub-risks are known one by one, so that they can change, and what they add up to."""
        there = self.complete.copy()
        for module, group in MODULES.items():
            if set(items) & set(group):
                there &= self.whole(module)
        return there

    def whole(self, module: str) -> Mask:
        """Where a module is known by its sub-risks, or is nothing."""
        low = SUB_RISKS.index(MODULES[module][0])
        there = ~missing(self.sub_risks[low : low + len(MODULES[module])]).any(axis=0)
        return np.asarray(there | (self.modules[list(MODULES).index(module)] == 0), bool)


def starting_points(result: Result) -> list[StartingPoint]:
    """The rows of a result by rules and type of insurer."""
    found = []
    rule_of = result.rule_of.reindex(result.figures.index).to_numpy()
    types = result.cases["insurer_type"].to_numpy(dtype=object)
    for number in np.unique(rule_of):
        for kind in dict.fromkeys(types[rule_of == number]):
            positions = np.flatnonzero((rule_of == number) & (types == kind))
            found.append(_starting_point(result, positions, result.rulebooks[int(number)], str(kind)))
    return found


def _starting_point(result: Result, positions: Positions, rulebook: Rulebook, kind: str) -> StartingPoint:
    figures = result.figures.iloc[positions]
    cases = result.cases.iloc[positions]

    def of(item: str) -> Array:
        return figures[item].to_numpy(float) if item in figures else np.full(len(positions), np.nan)

    names = (
        *TIERS,
        "core_capital",
        "actual_capital",
        "minimum_capital",
        "core_ratio",
        "comprehensive_ratio",
        "total_assets",
    )
    base = {item: of(item) for item in names}
    detail, parts = {}, {}
    for tier in TIERS:
        origin = result.origins[tier].to_numpy()[positions]
        some = origin == COMPUTED
        parts[PART_OF[tier]] = zeroed(base[tier]) + np.where(some, zeroed(of(OVER[tier])), 0.0)
        if tier in SURPLUS:
            surplus = np.where(some, np.maximum(zeroed(of(SURPLUS[tier])), 0.0), 0.0)
            parts[PART_OF[tier]] -= surplus
            parts["surplus_" + tier.removeprefix("core_")] = surplus
        detail[tier] = np.asarray(origin != GIVEN, bool)  # a blank tier is nothing, and known to be so
    instruments = {}
    for tier, items in INSTRUMENTS.items():
        of_parts = np.maximum(sum((zeroed(of(item)) for item in items), start=np.zeros(len(positions))), 0.0)
        typed = result.origins[tier].to_numpy()[positions] == GIVEN
        instruments[tier] = np.where(typed, np.maximum(zeroed(base[tier]), 0.0), of_parts)
    size = np.where(missing(of("size_coefficient")), 1.0, of("size_coefficient"))
    quantified, control = of("quantified_mc"), zeroed(of("control_risk_mc"))
    undiscounted = np.where(size > 0, quantified / size, quantified)
    nothing = zeroed(undiscounted) == 0
    modules = np.array([of(module) for module in MODULES])
    name = f"size_coefficient.{kind}"
    bands = tuple(sorted(rulebook.bands(name).bands, key=lambda b: b.interval.lower)) if rulebook.has(name) else ()
    assets = of("total_assets")
    follows = np.asarray(rulebook.bands(name).at(assets) == size, bool) if bands else np.zeros(len(positions), bool)
    technology = of("technology_coefficient")
    own_limits = cases.assign(**{i: of(i) for i in ("future_surplus_limit", "relief_minimum_capital")})
    base["size_coefficient"] = size
    return StartingPoint(
        positions=positions,
        rulebook=rulebook,
        insurer_type=kind,
        parts=parts,
        base=base,
        detail=detail,
        instruments=instruments,
        limits=tier_limits(own_limits, rulebook, Figures(len(positions), exact=False)),
        mutual=cases["organisation"].isin(rulebook.members("capital_limit.core_tier2.exempt")).to_numpy(),
        options=limit_options(rulebook),
        sub_risks=np.array([of(item) for item in SUB_RISKS]),
        modules=zeroed(modules),
        complete=np.asarray(~missing(undiscounted) & ~missing(modules).any(axis=0), bool),
        numbers=matrices(rulebook, kind),
        technology=np.where(missing(technology), 1.0, technology),
        undiscounted=undiscounted,
        control=np.where(nothing, 0.0, control / np.where(nothing, 1.0, size * undiscounted)),
        rest=base["minimum_capital"] - quantified - control,
        total_assets=assets,
        by_assets=follows,
        bands=bands,
        levels=_levels(result, positions),
    )


def _levels(result: Result, positions: Positions) -> Mask:
    """Rows whose ratios are those of the levels of Lloyd's China (rule 20)."""
    index = result.figures.index.to_numpy()[positions]
    found = np.zeros(len(positions), bool)
    for rows, charged in result.charged:
        if charged.has_levels:
            found |= np.isin(index, rows[charged.forms["Departments"]["case"].to_numpy()])
    return found
