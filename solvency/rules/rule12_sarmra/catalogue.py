"""The assessed items of annex 5 with their standard scores, as whole numbers so that every score is exact."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np

from solvency.errors import DocumentError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array

ASPECTS = ("soundness", "effectiveness")
NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Item:
    """One assessed item: `foundation-1.1`, its part, its number on the form, its standard score and short names."""

    id: str
    part: str
    number: str
    points: Decimal
    zh: str
    en: str

    @property
    def section(self) -> str:
        """The section it stands in, `foundation-1`; of a part without sections the item itself."""
        return f"{self.part}-{self.number.partition('.')[0]}"


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The items in the order of the form, and what each result of them earns.

    parts: the nine parts with their weights. shares: what part of the standard score a result earns. aspects: the weights
    of soundness and effectiveness. part_points: what a part is scored out of; decimals: of its score.
    """

    items: tuple[Item, ...]
    parts: dict[str, Decimal]
    shares: dict[str, Decimal]
    aspects: dict[str, Decimal]
    part_points: Decimal
    decimals: int

    @classmethod
    def of(cls, rulebook: Rulebook) -> Catalogue:
        """The catalogue in force. Raises DocumentError for an item of an unknown part."""
        rules = rulebook.exactly()
        parts, names = rules.rows("sarmra.part"), rules.names("sarmra.item")
        items = []
        for key, points in rules.rows("sarmra.item").items():
            part, _, number = key.partition("-")
            if part not in parts:
                file = rules.factor("sarmra.item").document.file
                raise DocumentError(file, f"factors.sarmra.item.{key}", "is of no part of the assessment")
            items.append(Item(key, part, number, points, *(name or key for name in names[key])))
        items.sort(key=lambda item: list(parts).index(item.part))  # what a draft adds stands with its part
        return cls(
            tuple(items), parts, rules.rows("sarmra.result"), rules.rows("sarmra.aspect_weight"),
            rules.value("sarmra.part_points"), int(rules.value("sarmra.part_decimals")),
        )  # fmt: skip

    @cached_property
    def place(self) -> dict[str, int]:
        """Item -> its place in the order of the form."""
        return {item.id: place for place, item in enumerate(self.items)}

    @property
    def results(self) -> tuple[str, ...]:
        """The results in the order of their codes; the last is `not_applicable`."""
        return (*self.shares, NOT_APPLICABLE)

    @cached_property
    def part_of(self) -> Array:
        """The part of each item, by its place."""
        order = {part: place for place, part in enumerate(self.parts)}
        return np.array([order[item.part] for item in self.items])

    @cached_property
    def values(self) -> Array:
        """What each result earns: items × aspects × results, whole numbers of 1/`unit` points."""
        shares = [*map(Fraction, self.shares.values()), Fraction(0)]
        return _whole([[[score * share for share in shares] for score in row] for row in self._scores], self.unit)

    @cached_property
    def standards(self) -> Array:
        """The standard scores: items × aspects, whole numbers of 1/`unit` points."""
        return _whole(self._scores, self.unit)

    @cached_property
    def unit(self) -> int:
        """How many parts a point is divided into, so that every score is whole."""
        shares = [Fraction(1), *map(Fraction, self.shares.values())]
        scores = {score for row in self._scores for score in row}
        return lcm(*((score * share).denominator for score in scores for share in shares))

    @cached_property
    def weights(self) -> Array:
        """The weights of the parts, whole numbers of 1/`weight_unit`."""
        return _whole([Fraction(weight) for weight in self.parts.values()], self.weight_unit)

    @cached_property
    def weight_unit(self) -> int:
        return lcm(*(Fraction(weight).denominator for weight in self.parts.values()))

    @property
    def part_scale(self) -> int:
        """Scores of parts are whole numbers of 1/`part_scale`."""
        return int(Decimal(1).scaleb(self.decimals))

    @property
    def score_scale(self) -> int:
        """Weighted scores and S1 are whole numbers of 1/`score_scale`."""
        return self.part_scale * self.weight_unit

    @cached_property
    def _scores(self) -> list[list[Fraction]]:
        """Standard scores in each aspect: the points of an item times the weight of the aspect (article 106)."""
        weights = [Fraction(self.aspects[aspect]) for aspect in ASPECTS]
        return [[Fraction(item.points) * weight for weight in weights] for item in self.items]


def _whole(fractions: Any, unit: int) -> Array:
    """Fractions, nested as they are, as whole numbers of 1/unit."""
    return np.asarray(np.array(fractions, dtype=object) * unit, dtype=np.int64)
