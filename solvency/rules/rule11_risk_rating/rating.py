"""A scheme applied to n insurers of one type: scores, levels of the four risks, and what each indicator adds (rule 11, articles 19-22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.ratios import NEAR
from solvency.rules.rule11_risk_rating.indicator_problems import tell_missing, tell_outside
from solvency.rules.rule11_risk_rating.indicator_values import (
    LEFT_OUT,
    Values,
    band_codes,
    indicator_values,
    unique_rows,
)
from solvency.rules.rule11_risk_rating.scheme import LEVELS, RISKS, SCORES, SIDES, TOTAL, Indicator, Labels, Scheme
from solvency.rules.rule11_risk_rating.scores import Scores, counts, points_of, scores, side_weights
from solvency.tables.positions.read import Positions
from solvency.tables.validate import Problems


@dataclass(frozen=True, eq=False)
class Rating:
    """What a scheme says of n insurers of one type.

    values: of each of the m indicators. points, shares: (n, m): points of an indicator, NaN where it has none, and its share in the
    total; contributions: their product, adding up to the score. counted: where it counts. scores: the five scores and `score`, (n,), NaN
    where unknown. levels: (n, 4) numbers of LEVELS by the scheme's intervals, -1 where a risk is not scored from indicators or not known.
    by_scale: the grade of the score, "" without one.
    """

    scheme: Scheme
    values: tuple[Values, ...]
    points: Array
    shares: Array
    contributions: Array
    counted: Mask
    scores: Mapping[str, Array]
    levels: Array
    by_scale: Array

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return tuple(each.indicator for each in self.values)


def rate(
    scheme: Scheme, insurer_type: str, figures: Mapping[str, Array], before: Mapping[str, Array], positions: Positions | None,
    rulebook: Rulebook, problems: Problems, failing: Mask,
) -> Rating:  # fmt: skip
    """The scores of n insurers of one type.

    figures: name -> n numbers (yuan, fractions) or choices; before: those of last quarter, NaN where they are not known. positions: with the table
    RiskIndicators, or None. failing: (n,) rows that already have an error. Problems (missing or wrong indicators) are collected and
    leave a row without scores.
    """
    size = len(failing)
    indicators = scheme.of(insurer_type)
    _tell_sides(scheme, indicators, insurer_type, problems)
    values = indicator_values(scheme, indicators, figures, before, positions, size, problems)
    codes = [_codes(each) for each in values]
    tell_missing(values, scheme, problems, failing)
    tell_outside(values, codes, problems)
    known = _stacked(
        [
            each.known & ((code != LEFT_OUT) | bool(each.indicator.line))
            for each, code in zip(values, codes, strict=True)
        ],
        size,
        bool,
    )
    counted, left_out = counts(indicators, known)
    exact_rules = rulebook.exactly()
    weights = side_weights(
        scheme, exact_rules.value("grade.weight.quantified"), exact_rules.value("grade.weight.other")
    )
    case = _Case(scheme, indicators, values, codes, known, counted, left_out, weights)
    found = case.scores(slice(None), exact=False)
    sides, total = case.settled(found)
    shown = {SCORES[side]: np.where(found.known[side], sides[side], np.nan) for side in SIDES}
    shown[TOTAL] = np.where(found.complete, total, np.nan)
    levels = np.column_stack([_level(scheme, risk, indicators, shown[SCORES[risk]]) for risk in RISKS])
    return Rating(
        scheme, tuple(values), np.where(counted, found.points, np.nan), found.shares, found.shares * found.points, counted, shown, levels,
        named(scheme.scale, shown[TOTAL]),
    )  # fmt: skip


def _stacked(columns: Sequence[Array], size: int, kind: Any) -> Array:
    return np.column_stack(columns) if len(columns) else np.zeros((size, 0), kind)


def _codes(each: Values) -> Array:
    """Which band or choice gives the points; LEFT_OUT for none, and for a straight line."""
    if each.indicator.bands:
        return band_codes(each)
    if each.indicator.choices:
        return np.where(each.known, np.nan_to_num(each.values), LEFT_OUT).astype(int)
    return np.full(len(each.values), LEFT_OUT)


def _tell_sides(scheme: Scheme, indicators: Sequence[Indicator], insurer_type: str, problems: Problems) -> None:
    """A scheme that has nothing for one of the five sides of this type of insurer gives no total."""
    without = [side for side in SIDES if side not in {indicator.side for indicator in indicators}]
    if without:
        names = "、".join(without)
        problems.add(
            -1, "scheme", "scheme_incomplete", f"评分方案 {scheme.file} 对这类公司没有 {names} 的指标，不给出得分",
            f"the scheme {scheme.file} has no indicator of {', '.join(without)} for this type of insurer and gives no score",
            found=insurer_type, severity="warning",
        )  # fmt: skip


def named(bands: Labels, score: Array) -> Array:
    """The name of the interval each score is in, "" for none."""
    found: Any = np.full(len(score), "", dtype=object)
    for interval, name in bands:
        found = np.where(interval.contains(score), name, found)
    return np.asarray(found)


def _level(scheme: Scheme, risk: str, indicators: Sequence[Indicator], score: Array) -> Array:
    """Number of the level of a risk by its score, -1 where it has none of its own."""
    found = np.full(len(score), -1)
    if any(indicator.side == risk and not indicator.stands_in for indicator in indicators):
        for interval, name in scheme.level_scale:
            found = np.where(interval.contains(score), LEVELS.index(name), found)
    return found


@dataclass(frozen=True, eq=False)
class _Case:
    """What the scores are worked out from, in floats or, for some rows, in fractions."""

    scheme: Scheme
    indicators: tuple[Indicator, ...]
    values: list[Values]
    codes: list[Array]
    known: Mask
    counted: Mask
    left_out: Mask
    weights: Mapping[str, Decimal]

    def scores(self, rows: Any, *, exact: bool) -> Scores:
        columns = []
        for place, each in enumerate(self.values):
            values = each.values[rows]
            if exact and each.indicator.line:
                raw, known = each.raw[rows], self.known[rows, place]
                values = np.array(
                    [each.exactly(row) if some else Fraction(0) for row, some in zip(raw, known, strict=True)],
                    dtype=object,
                )
            elif each.indicator.line:
                values = np.nan_to_num(values)
            points = points_of(each.indicator, values, self.codes[place][rows], exact)
            if isinstance(each.indicator.missing, Decimal):
                number: Any = Fraction if exact else float
                points = np.where(self.known[rows, place], points, number(each.indicator.missing))
            columns.append(points)
        counted = self.counted[rows]
        points = _stacked(columns, len(counted), object if exact else float)
        zero: Any = np.full(1, Fraction(0), dtype=object) if exact else 0.0
        points = np.where(counted, points, zero)
        return scores(self.scheme, self.indicators, points, counted, self.left_out[rows], self.weights, exact)

    def settled(self, found: Scores) -> tuple[dict[str, Array], Array]:
        """The five scores and the total, each on its right side of the ends of the scheme's intervals.

        A score within 1e-9 of an end is worked out again in fractions, once for each pattern of points.
        """
        of_level, of_grade = _ends(self.scheme.level_scale), _ends(self.scheme.scale)
        sides = {side: score.copy() for side, score in found.sides.items()}
        for risk in RISKS:
            rows = np.flatnonzero(_near(found.sides[risk], of_level) & found.known[risk])
            if len(rows):
                own = self._only(risk)
                first, inverse = unique_rows(own._pattern(rows))
                sides[risk][rows] = _beside(own.scores(rows[first], exact=True).sides[risk], of_level)[inverse]
        total = found.total.copy()
        rows = np.flatnonzero(_near(found.total, of_grade) & found.complete)
        if len(rows):
            first, inverse = unique_rows(self._pattern(rows))
            total[rows] = _beside(self.scores(rows[first], exact=True).total, of_grade)[inverse]
        return sides, total

    def _only(self, side: str) -> _Case:
        """The indicators of one side alone."""
        places = [place for place, indicator in enumerate(self.indicators) if indicator.side == side]
        return _Case(
            self.scheme, tuple(self.indicators[i] for i in places), [self.values[i] for i in places], [self.codes[i] for i in places],
            self.known[:, places], self.counted[:, places], self.left_out[:, places], self.weights,
        )  # fmt: skip

    def _pattern(self, rows: Array) -> Array:
        """All that the points of some rows depend on, as floats: alike where the points are."""
        columns = [self.known[rows], self.counted[rows], *(code[rows, None] for code in self.codes)]
        for each in self.values:
            if each.indicator.line:
                first, last = (float(each.indicator.line[end][0]) for end in (0, -1))
                raw, values = each.raw[rows], each.values[rows]
                margin = NEAR * max(1.0, abs(first), abs(last))
                beyond = np.where(values < first - margin, first, np.where(values > last + margin, last, np.nan))
                columns.append(np.where(np.isnan(beyond)[:, None], raw, beyond[:, None]))
        return np.column_stack([column.astype(float) for column in columns])


def _ends(bands: Labels) -> list[Decimal]:
    return sorted({end for interval, _ in bands for end in (interval.lower, interval.upper) if end.is_finite()})


def _near(score: Array, ends: Sequence[Decimal]) -> Mask:
    near = np.zeros(len(score), bool)
    for end in map(float, ends):
        near |= np.abs(score - end) <= NEAR * max(1.0, abs(end))
    return near


def _beside(exact: Array, ends: Sequence[Decimal]) -> Array:
    """Fractions as floats, each on its side of every end."""
    found = np.array([float(value) for value in exact], dtype=float)
    for end in ends:
        at, line = float(end), Fraction(end)
        found = np.where(exact == line, at, found)
        found = np.where((exact < line) & (found >= at), np.nextafter(at, -np.inf), found)
        found = np.where((exact > line) & (found <= at), np.nextafter(at, np.inf), found)
    return found
