"""The kernels of annex 5 and articles 118 and 119: items → parts → absolute score S1; the industry base M."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.rule12_sarmra.catalogue import Catalogue


@dataclass(frozen=True, eq=False)
class PartScores:
    """Scores of n insurers by part, each n × parts.

    earned: (n × parts × aspects) what the results earn, and applicable: what could be earned, whole numbers of 1/`unit`
    points. score: out of `part_points` after the adjustment, whole numbers of 1/`part_scale`; -1 where nothing of a part applies.
    """

    catalogue: Catalogue
    earned: Array
    applicable: Array
    score: Array

    @property
    def known(self) -> Mask:
        """Which insurers have a score in every part."""
        return np.asarray((self.score >= 0).all(axis=1))

    @property
    def weighted(self) -> Array:
        """Column (8) of the summary: n × parts, whole numbers of 1/`score_scale`."""
        return self.score * self.catalogue.weights

    @property
    def total(self) -> Array:
        """S1 before article 119: n whole numbers of 1/`score_scale`."""
        return np.asarray(self.weighted.sum(axis=1))


def part_scores(case: Array, item: Array, results: Array, size: int, catalogue: Catalogue) -> PartScores:
    """From the results of items to the scores of parts (annex 5, notes 3 to 5, and the forms of the parts).

    case, item: of each of m rows, the insurer (0 … size − 1) and the place of the item in the catalogue. results: m × 2 codes
    of soundness and effectiveness in `catalogue.results`. What is not applicable leaves the standard score and the rest is
    scaled to `part_points`, rounded half up to the decimals of the form. Exact: whole numbers throughout.
    """
    parts, aspects = len(catalogue.parts), np.arange(results.shape[1])
    applies = results < len(catalogue.shares)
    earned = catalogue.values[item[:, None], aspects, results]
    standard = np.where(applies, catalogue.standards[item], 0)
    place = (case * parts + catalogue.part_of[item])[:, None] * len(aspects) + aspects

    def summed(values: Array) -> Array:
        """By insurer, part and aspect; whole numbers stay whole in floats of this size."""
        found = np.bincount(place.ravel(), weights=values.ravel(), minlength=size * parts * len(aspects))
        return found.astype(np.int64).reshape(size, parts, len(aspects))

    earned, applicable = summed(earned), summed(standard)
    got, most = earned.sum(axis=2), applicable.sum(axis=2)
    full = int(catalogue.part_points * catalogue.part_scale)
    score = np.where(most > 0, (2 * got * full + most) // np.maximum(2 * most, 1), -1)
    return PartScores(catalogue, earned, applicable, score)


def capped_score(total: Array, circumstance: Mask, cap: Decimal, scale: int) -> Array:
    """S1 after article 119: `total` (whole numbers of 1/`scale`), not above `cap` where a circumstance is met."""
    over = circumstance & (total > floor(Fraction(cap) * scale))
    return np.where(over, float(cap), total / scale)


def below(score: Array, line: Decimal, scale: int) -> Mask:
    """Which whole numbers of 1/`scale` are below a line, exactly."""
    return np.asarray(score < ceil(Fraction(line) * scale))


def industry_base(scores: Array, share: Decimal, rounding: str) -> float:
    """M of one industry: the mean of the highest `share` of its absolute scores (article 118).

    scores: n absolute scores, not NaN. rounding: of the number of insurers: nearest (half up), up or down; at least one.
    Returns NaN for no scores.
    """
    if not len(scores):
        return float("nan")
    wanted = Fraction(share) * len(scores)
    count = {"nearest": floor(wanted + Fraction(1, 2)), "up": ceil(wanted), "down": floor(wanted)}[rounding]
    return float(np.sort(scores)[::-1][: max(count, 1)].mean())
