"""Value at risk of many insurers over many scenarios, and excess-of-loss cover (rule 4, articles 47-53)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np

from solvency.rules.frame import Array

BLOCK = 1_048_576  # losses worked out at a time: insurers × scenarios


@dataclass(frozen=True)
class Estimator:
    """Value at risk as a mean of order statistics: places counted from the smallest, from 0, and their weights."""

    places: tuple[int, ...]
    weights: Array


@dataclass(frozen=True)
class Cover:
    """An excess-of-loss programme of one peril for m insurers, (m,): RT, OL (CNY) and SH of articles 52 and 53."""

    retention: Array
    limit: Array
    share: Array

    def recovered(self, loss: Array) -> Array:
        """RR = min(max(0, loss − RT), OL) × SH; loss: (m,) or (m, k), CNY."""
        more = (slice(None),) + (None,) * (loss.ndim - 1)
        above = np.maximum(0, loss - self.retention[more])
        return np.asarray(np.minimum(above, self.limit[more]) * self.share[more])

    def take(self, rows: Any) -> Cover:
        return Cover(self.retention[rows], self.limit[rows], self.share[rows])


def estimator(how: str, scenarios: int, confidence: Decimal) -> Estimator:
    """The estimator that a reading names, of so many equally likely scenarios; places are worked out in decimals.

    order_statistic: the ⌈n·p⌉-th smallest; next_higher: the (⌊n·p⌋+1)-th; interpolated: linearly at place 1 + (n−1)·p.
    """
    if how == "interpolated":
        at = (scenarios - 1) * confidence
        low = int(at.to_integral_value(ROUND_FLOOR))
        share = float(at - low)
        return Estimator((low, low + 1), np.array([1 - share, share])) if share else Estimator((low,), np.ones(1))
    at = scenarios * confidence
    place = at.to_integral_value(ROUND_CEILING) - 1 if how == "order_statistic" else at.to_integral_value(ROUND_FLOOR)
    return Estimator((int(place),), np.ones(1))


def order_statistics(exposure: Array, factors: Array, of: Estimator) -> tuple[Array, Array]:
    """The losses at the places of an estimator, and the scenarios they arise in.

    exposure: (m, regions), CNY; factors: (regions, scenarios). Returns two arrays (m, places). Losses are worked out some
    insurers at a time, so that memory stays bounded however many there are.
    """
    size, scenarios = len(exposure), factors.shape[1]
    losses, events = np.empty((size, len(of.places))), np.empty((size, len(of.places)), np.int64)
    step = max(1, BLOCK // scenarios)
    for start in range(0, size, step):
        rows = slice(start, start + step)
        block = exposure[rows] @ factors
        ordered = np.partition(block, of.places, axis=1)
        for i, place in enumerate(of.places):
            losses[rows, i] = ordered[:, place]
            events[rows, i] = (block == ordered[:, [place]]).argmax(axis=1)
    return losses, events


def domestic(exposure: Array, factors: Array, cover: Cover, of: Estimator) -> tuple[Array, Array, Array]:
    """VaR over scenarios of Σ exposure × factor less what is recovered (articles 47-49, 52).

    exposure: (m, regions), CNY; factors: (regions, scenarios). Returns the capital (m,), and of the scenarios at the places of the
    estimator (m, places): which they are, and the share of the loss that is kept. What is kept never falls as the loss rises, since
    no more than the whole of a layer is ceded: so cover changes no order, and acts on the order statistics alone.
    """
    losses, events = order_statistics(exposure, factors, of)
    net = losses - cover.recovered(losses)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(losses > 0, net / losses, 1.0)
    return net @ of.weights, events, kept


def overseas(exposure: Array, factors: Array, cover: Cover, of: Estimator) -> tuple[Array, Array]:
    """The root of squares over regions of exposure × VaR(factor), less what is recovered (articles 50, 51, 53).

    exposure: (m, regions), CNY; factors: (regions, scenarios). Returns the capital (m,) and the VaR of the factors (regions,).
    """
    values = np.partition(factors, of.places, axis=1)[:, list(of.places)] @ of.weights
    gross = np.sqrt(((exposure * values) ** 2).sum(axis=1))
    return gross - cover.recovered(gross), values
