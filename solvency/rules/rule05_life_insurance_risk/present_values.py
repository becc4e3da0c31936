"""Present values of the cash flows of many units under many scenarios (rule 3, articles 8, 19; rule 5, article 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.rules.aggregate import CHUNK
from solvency.rules.discount_curve import discount_factors, factors_by_forward
from solvency.rules.frame import Array

FORWARD = "forward"


def present_values_by_unit(
    flows: Array, spot: Array, curve: npt.ArrayLike | None = None, times: npt.ArrayLike | None = None
) -> Array:
    """The kernel: present values of cash flows on each unit's own curve, (n_units, …).

    flows: (n_units, …, k), as units × scenarios × years. spot: (years,) or (n_curves, years). curve: (n_units,) which row of `spot`
    each unit takes; not needed with one curve. times: (k,), default the ends of years 1 to k; between whole years the forward
    rate is constant. Raises UsageError.
    """
    when = np.arange(1, flows.shape[-1] + 1) if times is None else times
    factors = np.atleast_2d(factors_by_forward(spot, when))
    if curve is None and len(factors) > 1:
        raise UsageError("有多条曲线时须指明各单元所用曲线", "with several curves each unit must name its own")
    own = np.zeros(len(flows), np.int64) if curve is None else np.asarray(curve)
    values = np.empty(flows.shape[:-1])
    for start in range(0, len(flows), CHUNK):
        part = slice(start, start + CHUNK)
        np.einsum("u...t,ut->u...", flows[part], factors[own[part]], out=values[part])
    return values


def discounted_sums(
    cell: Array, curve: Array, amounts: Array | Sequence[Array], time: Array, spot: Array, *, timing: str, within: str
) -> Array:
    """Sums of discounted flows of n rows by cell, (cells,), or (k, cells) of k amounts; in blocks, so that little memory is needed.

    cell: of each row; curve: (cells,) which row of `spot` (n_curves, years) a cell takes; amounts: (n,) or k of them; time: years from the
    valuation date; timing, within: the readings `life_flow_timing` and `life_rate_within_year`.
    """
    several = not isinstance(amounts, np.ndarray)
    columns = [np.asarray(column) for column in amounts] if several else [np.asarray(amounts)]
    whole = np.concatenate([np.ones_like(spot[:, :1]), discount_factors(spot)], axis=1)
    total = np.zeros((len(columns), len(curve)))
    step = max(CHUNK, len(curve))
    for start in range(0, len(cell), step):
        part = slice(start, start + step)
        when, own = moved(time[part], timing), curve[cell[part]]
        year = when.astype(np.int64)
        if (year == when).all():
            factors = whole[own, year]
        elif within == FORWARD:
            factors = factors_by_forward(spot, when, own)
        else:
            factors = discount_factors(spot, when, own)
        for i, amount in enumerate(columns):
            total[i] += np.bincount(cell[part], weights=amount[part] * factors, minlength=len(curve))
    return total if several else total[0]


def moved(time: Array, timing: str) -> Array:
    """When flows fall: in the middle of the year under that reading, where the year is a whole one."""
    if timing != "mid_year":
        return time
    return np.where((time >= 1) & (time == np.floor(time)), time - 1 / 2, time)
