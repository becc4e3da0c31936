"""Limits of mortality and of critical-illness rates (rule 3, article 14, annex 2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array
from solvency.rules.rule03_life_liability.corridor import Corridor, along, looked_up, numeric, policy_years


def mortality_corridor(
    base: npt.ArrayLike, life_table: npt.ArrayLike, policy_year: npt.ArrayLike, rulebook: Rulebook,
    *, business: npt.ArrayLike = "individual", selection: npt.ArrayLike | None = None,
) -> Corridor:  # fmt: skip
    """Limits of mortality rates: base × multiplier × selection (annex 2, part 1), of the shape of `base`.

    base: rates of the experience table of 2010-2013, (n,) or (n, years); the table is the company's to supply. life_table: `cl1` … `cl6`,
    business: `individual` or `group`, policy_year: whole numbers; one for all, (n,) or as `base`. selection: the company's factor, used in
    the first three policy years, later it is 1; without it these years have no limit. The pension tables cl5, cl6 set an upper
    limit, the others a lower one. Raises UsageError.
    """
    rates = numeric(base)
    multiplier = looked_up(rulebook, "mortality.multiplier", rates.shape, life_business=business, life_table=life_table)
    limit = multiplier * rates * _selection(selection, policy_year, "mortality", rates.shape, rulebook)
    upper = np.isin(along(life_table, rates.shape).astype(str), rulebook.members("mortality.upper_tables"))
    known = ~np.isnan(limit)
    return Corridor(np.where(known & ~upper, limit, -np.inf), np.where(known & upper, limit, np.inf))


def critical_illness_corridor(
    base: npt.ArrayLike, policy_year: npt.ArrayLike, rulebook: Rulebook, *, selection: npt.ArrayLike | None = None
) -> Corridor:
    """The lower limit of critical-illness rates: base × multiplier × selection (annex 2, part 2), of the shape of `base`.

    base: rates of the critical-illness table of 2020, which is the company's to supply; the rest as in `mortality_corridor`.
    """
    rates = numeric(base)
    chosen = _selection(selection, policy_year, "critical_illness", rates.shape, rulebook)
    limit = float(rulebook.value("critical_illness.multiplier")) * rates * chosen
    return Corridor(np.where(np.isnan(limit), -np.inf, limit), np.full(rates.shape, np.inf))


def _selection(
    selection: npt.ArrayLike | None, policy_year: npt.ArrayLike, group: str, shape: tuple[int, ...], rulebook: Rulebook
) -> Array:
    """The selection factor: the company's while it is free, NaN without one, then 1."""
    own = np.full(shape, np.nan) if selection is None else along(np.asarray(selection, dtype=float), shape)
    free = along(policy_years(policy_year), shape) <= float(rulebook.value(f"{group}.selection_years"))
    return np.where(free, own, 1.0)
