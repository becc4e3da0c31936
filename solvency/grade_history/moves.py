"""What moved the score from one quarter to the next: the change of each indicator's weighted points, adding up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.grade_history.quarters import Quarters
from solvency.rules.frame import Array
from solvency.rules.rule11_risk_rating.scheme import TOTAL

if TYPE_CHECKING:
    from solvency.result import Result

NOISE = 1e-12  # what floats leave of an effect
MOVES = ["insurer", "as_of", "since", "side", "indicator", "zh", "en", "before", "after", "points_before", "points_after",
         "weight_before", "weight_after", "effect"]  # fmt: skip


def moves_of(at: Quarters, results: Sequence[Result], frame: pd.DataFrame) -> pd.DataFrame:
    """What each indicator did to the score of each row since the row before."""
    grid = _Grid.of(results, at)
    score = frame[TOTAL].to_numpy(float)
    then = np.maximum(at.before, 0)
    both = (at.before >= 0) & ~np.isnan(score) & ~np.isnan(score[then])
    effect = np.where(both[:, None], grid.contributions - grid.contributions[then], 0.0)
    rows, columns = np.nonzero(np.abs(effect) > NOISE)
    before = then[rows]
    return pd.DataFrame(
        {"insurer": frame["insurer"].to_numpy()[rows], "as_of": frame["as_of"].to_numpy()[rows], "since": frame["as_of"].to_numpy()[before],
         **{name: np.array([getattr(i, of) for i in grid.indicators] or [""], dtype=object)[columns]
            for name, of in (("side", "side"), ("indicator", "id"), ("zh", "zh"), ("en", "en"))},
         "before": grid.values[before, columns], "after": grid.values[rows, columns],
         "points_before": grid.points[before, columns], "points_after": grid.points[rows, columns],
         "weight_before": grid.shares[before, columns], "weight_after": grid.shares[rows, columns], "effect": effect[rows, columns]},
        columns=MOVES,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Grid:
    """What every indicator of the scheme was in each row, (n, m); an indicator that is not for an insurer counts nothing there."""

    indicators: list[Any]
    values: Array  # numbers, or names of choices
    points: Array
    shares: Array
    contributions: Array

    @classmethod
    def of(cls, results: Sequence[Result], at: Quarters) -> _Grid:
        indicators = {i.id: i for result in results for _, rating in result.ratings for i in rating.indicators}
        place, size = {name: column for column, name in enumerate(indicators)}, (len(at.row), len(indicators))
        grid = cls(
            list(indicators.values()),
            np.full(size, np.nan, dtype=object),
            np.full(size, np.nan),
            np.zeros(size),
            np.zeros(size),
        )
        for source, result in enumerate(results):
            for rows, rating in result.ratings:
                local = pd.Series(np.arange(len(rows)), index=rows)
                own = np.flatnonzero((at.source == source) & np.isin(at.row, rows))
                there = local.loc[at.row[own]].to_numpy()
                for i, each in enumerate(rating.values):
                    column = place[each.indicator.id]
                    grid.values[own, column] = _names(each.indicator, each.values[there])
                    grid.points[own, column] = rating.points[there, i]
                    grid.shares[own, column] = rating.shares[there, i]
                    grid.contributions[own, column] = rating.contributions[there, i]
        return grid


def _names(indicator: Any, values: Array) -> Array:
    """Values as they are shown: numbers, or the names of choices."""
    if not indicator.choices:
        return values.astype(object)
    names = np.array([*(choice.name for choice in indicator.choices), np.nan], dtype=object)
    return np.asarray(names[np.where(np.isnan(values), len(names) - 1, np.nan_to_num(values)).astype(int)])
