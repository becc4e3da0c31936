"""What a scoring scheme of the user says: indicators, their points and weights, and the scales from score to level and grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from solvency.regulation.factors import Interval

RISKS = ("risk_operational", "risk_strategic", "risk_reputational", "risk_liquidity")
LEVELS = ("low", "fairly_low", "fairly_high", "severe")
CAPITAL = "capital"
SIDES = (CAPITAL, *RISKS)
SCORES: Mapping[str, str] = {side: "score_" + side.removeprefix("risk_") for side in SIDES}
TOTAL = "score"
DIFFERENCE, RELATIVE = "difference", "relative"
# what a missing indicator means, where the scheme gives it no points
ERROR, LEAVE_OUT, NO_SCORE = "error", "leave_out", "no_score"

Bands = tuple[tuple[Interval, Decimal], ...]
Labels = tuple[tuple[Interval, str], ...]


@dataclass(frozen=True)
class Choice:
    """One choice of an indicator that is scored by choice."""

    name: str
    points: Decimal
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Indicator:
    """One indicator: what it looks at, for whom, how it is scored, and how much it counts.

    side: `capital` or one of the four risks. figure: a figure of the result; none: the table RiskIndicators. change: what is looked
    at is how the figure moved since last quarter, `difference` or `relative`. One of bands, choices and line is filled; line: points at
    some values, straight between them and level beyond. missing: `error`, `leave_out`, `no_score`, or the points a missing one gets.
    """

    id: str
    zh: str
    en: str
    side: str
    weight: Decimal
    part: str = ""  # of operational risk (article 8)
    figure: str = ""
    change: str = ""
    insurers: tuple[str, ...] = ()  # the types of insurer it is for; none named: all
    missing: str | Decimal = ERROR
    bands: Bands = ()
    choices: tuple[Choice, ...] = ()
    line: tuple[tuple[Decimal, Decimal], ...] = ()
    stands_in: bool = False  # for a side without indicators: by typed level, or by the comprehensive ratio

    @property
    def all_points(self) -> list[Decimal]:
        """Every number of points it may give, the ends of a straight stretch for what lies between them."""
        given = [points for _, points in (*self.bands, *self.line)] + [choice.points for choice in self.choices]
        return given + ([self.missing] if isinstance(self.missing, Decimal) else [])

    @property
    def ends(self) -> list[Decimal]:
        """The finite numbers at which its points change in another way than before."""
        of_bands = [end for interval, _ in self.bands for end in (interval.lower, interval.upper) if end.is_finite()]
        return sorted({*of_bands, *(value for value, _ in self.line)})


@dataclass(frozen=True)
class Scheme:
    """A scoring scheme of the user. Nothing of it is the regulator's: its standard is not published (rule 11, articles 21, 22).

    indicators: of the capital side and of the four risks. weights: of the four risks among themselves. parts: weights of the six parts of
    operational risk, where the scheme groups by them. scale: from score to grade. levels: points of a typed level, for a risk without
    indicators. capital: points by comprehensive ratio, for a capital side without indicators. level_scale: from the score of a risk to its level.
    """

    indicators: tuple[Indicator, ...]
    weights: Mapping[str, Decimal]
    scale: Labels
    file: str
    capital: Bands = ()
    levels: Mapping[str, Decimal] = field(default_factory=dict)
    level_scale: Labels = ()
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    illustrative: bool = False
    title: tuple[str, str] = ("", "")

    @classmethod
    def read(cls, path: str | Path) -> Scheme:
        """Read a scheme file (`examples/schemes/`). Raises InputError with every problem of the file."""
        from solvency.rules.rule11_risk_rating.scheme_file import read_scheme

        return read_scheme(Path(path))

    @property
    def label(self) -> tuple[str, str]:
        """What it must be called wherever one of its numbers is shown."""
        zh, en = (
            ("示例评分方案", "illustrative scheme") if self.illustrative else ("使用者的评分方案", "the user's scheme")
        )
        return f"{zh} {self.file}，非监管评分标准", f"{en} {self.file}, not the regulator's standard"

    def of(self, insurer_type: str) -> tuple[Indicator, ...]:
        """The indicators of a type of insurer, with what stands in for a side that has none; a side may stay without any."""
        own = [i for i in self.indicators if not i.insurers or insurer_type in i.insurers]
        found: list[Indicator] = []
        for side in SIDES:
            found += [i for i in own if i.side == side] or self._instead(side)
        return tuple(found)

    def _instead(self, side: str) -> list[Indicator]:
        if side == CAPITAL and self.capital:
            zh, en, figure = "综合偿付能力充足率", "Comprehensive solvency ratio", "comprehensive_ratio"
            return [
                Indicator(
                    figure,
                    zh,
                    en,
                    side,
                    Decimal(1),
                    figure=figure,
                    missing=NO_SCORE,
                    bands=self.capital,
                    stands_in=True,
                )
            ]
        if side != CAPITAL and self.levels:
            from solvency.tables.spec import line_items

            row = line_items()[side]
            choices = tuple(Choice(level, self.levels[level], *row.choices[level]) for level in LEVELS)
            return [
                Indicator(
                    side,
                    row.zh,
                    row.en,
                    side,
                    Decimal(1),
                    figure=side,
                    missing=NO_SCORE,
                    choices=choices,
                    stands_in=True,
                )
            ]
        return []

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures its indicators look at."""
        named = [i.figure for i in self.indicators if i.figure]
        return tuple(dict.fromkeys([*named, *(["comprehensive_ratio"] if self.capital else [])]))

    @property
    def changing(self) -> tuple[str, ...]:
        """The figures of last quarter it needs."""
        return tuple(dict.fromkeys(i.figure for i in self.indicators if i.change))

    def lines_of(self, figure: str) -> list[Decimal]:
        """The numbers at which the points of a figure (not of its change) take another course."""
        named = [i for i in self.indicators if i.figure == figure and not i.change and not i.choices]
        if figure == "comprehensive_ratio" and self.capital:
            named += self._instead(CAPITAL)
        return sorted({end for indicator in named for end in indicator.ends})
