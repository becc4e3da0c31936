"""How much more of each tier can be counted before a limit of article 41 binds: the limits solved for the amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.rule01_actual_capital.limits import recognised_capital


@dataclass(frozen=True)
class Headroom:
    """How much more of each part counts in full, everything else staying as it is; (n,) each, infinite without a limit.

    core: core capital that the limits are shares of. by_tier2: whether the limit of supplementary tier 2 itself binds first,
    and not that of all supplementary capital. by_core_tier2: whether of policy future surplus in core tier 2 the limit of
    core tier 2 binds first, and not its own.
    """

    core_tier2: Array
    future_surplus_tier1: Array
    future_surplus_tier2: Array
    supplementary_tier1: Array
    supplementary_tier2: Array
    core: Array
    by_tier2: Mask
    by_core_tier2: Mask


def headroom(
    core_tier1: Array,
    future_surplus_tier1: Array,
    future_surplus_tier2: Array,
    other_core_tier2: Array,
    supplementary_tier1: Array,
    supplementary_tier2: Array,
    limits: tuple[Array, Array, Array, Array],
    core_tier2_unlimited: Mask | bool = False,
    *,
    base_before_limits: bool = False,
    limit_at_zero_core: bool = True,
    lower_tier_first: bool = True,
) -> Headroom:
    """The kernel, in closed form (rule 1, article 41). Arguments as in `recognised_capital`: amounts before limits, (n,).

    An amount counts in full while every further yuan of it adds at least one yuan to its capital; where it would only push
    out another part, or is an excess already, nothing is left. What is added to core capital raises the core the limits
    are shares of, which is solved for: x ≤ l·(C + x) − used.
    """
    l_supplementary, l_surplus, l_core2, l_supplementary2 = limits
    free = np.broadcast_to(np.asarray(core_tier2_unlimited, bool), core_tier1.shape)
    own, f1, f2, other = core_tier1, future_surplus_tier1, future_surplus_tier2, other_core_tier2
    kept = recognised_capital(
        own, f1, f2, other, supplementary_tier1, supplementary_tier2, limits, free,
        base_before_limits=base_before_limits, limit_at_zero_core=limit_at_zero_core, lower_tier_first=lower_tier_first,
    )  # fmt: skip
    if base_before_limits:
        core = own + f1 + f2 + other
        full_core2 = _most_before(own, f1, f2, l_surplus, l_core2)
        full_surplus1 = _most_before(own, other, f2, np.where(free, np.inf, l_core2), l_surplus)
        in_surplus = _share(l_surplus * (own + f1 + other) - f1, 1 - l_surplus)
        in_core2 = np.where(free, np.inf, _share(l_core2 * (own + f1 + other) - other, 1 - l_core2))
        carried = core > 0
    else:
        core = own + kept.future_surplus_tier1 + kept.future_surplus_tier2 + kept.other_core_tier2
        full_core2 = _most_after(own, f1, f2, l_surplus, l_core2)
        full_surplus1 = _most_after(own, other, f2, np.where(free, np.inf, l_core2), l_surplus)
        in_surplus = _share(l_surplus * (own + kept.other_core_tier2), 1 - l_surplus) - kept.future_surplus_tier1
        in_core2 = np.where(
            free, np.inf, _share(l_core2 * (own + kept.future_surplus_tier1), 1 - l_core2) - kept.other_core_tier2
        )
        carried = np.where(free, own + other, own) > 0
    nothing = np.zeros_like(own)
    room = np.maximum(l_supplementary * core, nothing)
    second = np.minimum(supplementary_tier2, np.maximum(l_supplementary2 * core, nothing))
    left = room - np.maximum(supplementary_tier1, nothing) - supplementary_tier2
    own_left = l_supplementary2 * core - supplementary_tier2
    unlimited = np.zeros(core.shape, bool) if limit_at_zero_core else np.asarray(core <= 0, bool)

    def found(amount: Array, where: Mask | Array) -> Array:
        return np.where(unlimited, np.inf, np.maximum(np.where(where, amount, nothing), nothing))

    return Headroom(
        core_tier2=np.where(free, np.inf, found(full_core2 - other, carried)),
        future_surplus_tier1=found(full_surplus1 - f1, carried),
        future_surplus_tier2=found(np.minimum(in_surplus, in_core2) - f2, carried),
        supplementary_tier1=found(room - supplementary_tier1 - second, core > 0),
        supplementary_tier2=found(np.minimum(own_left, left), core > 0),
        core=core,
        by_tier2=np.asarray(own_left <= left, bool),
        by_core_tier2=np.asarray(in_core2 < in_surplus, bool),
    )


def _most_after(own: Array, first: Array, between: Array, l_first: Array, l_wanted: Array) -> Array:
    """The most y of one limited part that counts in full beside another, the base being core capital after limits.

    `between` counts under both limits (policy future surplus in core tier 2), `first` under l_first alone, y under l_wanted
    alone. y carries `first` and `between`: first + between ≤ λ·(own + y), λ = l_first ÷ (1 − l_first), `between` being cut first.
    Wanted is y + between = μ·(own + first), μ = l_wanted ÷ (1 − l_wanted): a line in three pieces that rises with y.
    """
    bound = l_first < 1
    lam = np.where(bound, l_first, 0.0) / np.where(bound, 1 - l_first, 1.0)
    mu = _share(l_wanted, 1 - l_wanted)
    # first is cut below `low`, between below `high`
    low = np.where(bound, _over(first, lam) - own, -np.inf)
    high = np.where(bound, _over(first + between, lam) - own, -np.inf)
    with np.errstate(invalid="ignore"):  # a limit of 100% is no limit
        both = mu * (own + first)
        cut = _share(mu * (1 + lam) * own, 1 - mu * lam)
        some = (both + first - lam * own) / (1 + lam)
        full = both - between
    return np.where(cut <= low, cut, np.where(some <= high, some, full))


def _most_before(own: Array, first: Array, between: Array, l_first: Array, l_wanted: Array) -> Array:
    """The same where the base is core capital before limits, G = own + first + between + y."""
    bound = np.isfinite(l_first)
    share = np.where(bound, l_first, 1.0)
    rest = own + first + between
    low = np.where(bound, _over(first, share) - rest, -np.inf)
    high = np.where(bound, _over(first + between, share) - rest, -np.inf)
    cut = _share(l_wanted * rest, 1 - l_wanted)
    some = _share(first - (share - l_wanted) * rest, 1 + share - l_wanted)
    full = _share(l_wanted * rest - between, 1 - l_wanted)
    return np.where(cut <= low, cut, np.where(some <= high, some, full))


def _share(part: Array, divisor: Array) -> Array:
    """part ÷ divisor, infinite where the divisor is not positive: a limit that never binds."""
    bound = divisor > 0
    return np.where(bound, part / np.where(bound, divisor, 1.0), np.inf)


def _over(part: Array, share: Array) -> Array:
    """part ÷ share; of a share of zero nothing is carried, unless there is nothing to carry."""
    some = share > 0
    return np.where(some, part / np.where(some, share, 1.0), np.where(part > 0, np.inf, -np.inf))
