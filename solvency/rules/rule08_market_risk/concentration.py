"""Concentration: thresholds and what exceeds them (rule 8, articles 60-67)."""

from __future__ import annotations

import numpy as np

from solvency.regulation.factors import Bands
from solvency.rules.frame import Array


def threshold(total_assets: Array, slices: Bands) -> Array:
    """The amount a counterparty may reach: each slice of total assets at its own rate (article 65).

    total_assets: CNY, shape (n,), NaN for unknown.
    """
    result = np.zeros(len(total_assets))
    for band in slices.bands:
        low, high = float(band.interval.lower), float(band.interval.upper)
        result = result + float(band.intercept) * np.clip(total_assets - low, 0, high - low)
    return result


def above(case: Array, group: Array, value: Array, counted: Array, limit: Array) -> tuple[Array, Array]:
    """Rows whose group's counted values add up to strictly more than the limit of its case, and by which share.

    case, group: integers (-1: in no group); value: CNY; counted: which rows enter the sum; limit: per case. Returns for
    each row whether its group is above (rows in no group are not) and (sum − limit) ÷ sum.
    """
    size, width = len(limit), int(group.max(initial=-1)) + 1
    if not width:
        return np.zeros(len(case), bool), np.zeros(len(case))
    key = case * width + np.maximum(group, 0)
    inside = counted & (group >= 0)
    total = np.bincount(key[inside], weights=value[inside], minlength=size * width)[key]
    over = inside & (total > limit[case])
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.where(over, (total - limit[case]) / total, 0.0)
    return over, excess
