"""Floors of maintenance expenses by class of company, channel and cover (rule 3, articles 15 and 16, annex 3)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.ratios import NEAR
from solvency.rules.rule03_life_liability.corridor import check_classes, looked_up, numeric


def company_class(premium: npt.ArrayLike, policies: npt.ArrayLike, rulebook: Rulebook) -> npt.NDArray[np.object_]:
    """`class_1` … `class_5` of n companies: the first class both of whose thresholds are met (annex 3, part 1).

    premium: written premium of the year before, yuan; policies: main policies of all long-term products, number. Raises UsageError.
    """
    written, count = np.broadcast_arrays(numeric(premium), numeric(policies))
    least, fewest = rulebook.rows("expense.class_premium"), rulebook.rows("expense.class_policies")
    last = [name for name in rulebook.classes["company_class"] if name not in least][-1]
    met = [(written >= least[name]) & (count >= fewest[name]) for name in least]
    return np.asarray(np.select(met, list(least), default=last), dtype=object)


def expense_floors(
    company: npt.ArrayLike, channel: npt.ArrayLike, rulebook: Rulebook, *, cover: npt.ArrayLike = "main", years: int = 1
) -> tuple[Array, Array]:
    """Least other maintenance expense of n kinds of policy (annex 3, parts 2 and 3): (n,) per yuan of premium, (n, years) per policy.

    company: `class_1` … `class_5`; channel: `agency`, `bank`, `group`, `online`, `telesales`, `broker`, or `other`, which has no floor: −inf.
    cover: `main` or `rider`. Per policy and policy year, in yuan, with the least inflation of the years after the valuation date
    (readings `expense_inflation_start`, `expense_inflation_covers`). Reinsurers have no floor (article 16). Raises UsageError.
    """
    classes, channels, covers = np.broadcast_arrays(*(np.asarray(x, dtype=object) for x in (company, channel, cover)))
    shape = classes.shape
    drivers = {"company_class": classes, "sales_channel": channels, "policy_cover": covers}
    for driver, values in drivers.items():
        check_classes(rulebook, driver, values)
    found = [looked_up(rulebook, f"expense.{name}", shape, **drivers) for name in ("per_premium", "per_policy")]
    per_premium, per_policy = (np.where(np.isnan(values), -np.inf, values) for values in found)
    first = 1 if rulebook.reading("expense_inflation_start") == "first_year" else 0
    growth = (1 + float(rulebook.value("expense.inflation"))) ** (np.arange(years) + first)
    grows = (covers == "main") | (rulebook.reading("expense_inflation_covers") == "main_and_rider")
    return per_premium, per_policy[..., np.newaxis] * np.where(grows[..., np.newaxis], growth, 1.0)


def own_expenses_allowed(actual: npt.ArrayLike, assumed: npt.ArrayLike, rulebook: Rulebook) -> Mask:
    """Whether n companies may use their own expense assumptions: actual at most 105% of assumed, in each of the last two years (article 15).

    actual, assumed: (…, years), the last two years at least, amounts of one unit. A quotient on the limit is decided in exact
    fractions of the figures as typed. Raises UsageError.
    """
    spent, expected = np.broadcast_arrays(numeric(actual), numeric(assumed))
    needed = int(rulebook.value("expense.own_years"))
    if spent.ndim == 0 or spent.shape[-1] < needed or (expected <= 0).any():
        raise UsageError(
            f"须有最近 {needed} 年的实际金额和大于零的假设金额",
            f"the last {needed} years are needed, with assumed amounts above zero",
        )
    spent, expected = spent[..., -needed:], expected[..., -needed:]
    limit = float(rulebook.value("expense.own_limit"))
    within = np.array(spent <= limit * expected)
    near = np.abs(spent - limit * expected) <= NEAR * np.abs(spent)
    if near.any():
        exact = Fraction(rulebook.exactly().value("expense.own_limit"))
        pairs, place = np.unique(np.stack([spent[near], expected[near]], axis=1), axis=0, return_inverse=True)
        decided = np.array([Fraction(repr(float(a))) <= exact * Fraction(repr(float(e))) for a, e in pairs])
        within[near] = decided[place.reshape(-1)]
    return np.asarray(within.all(axis=-1))
