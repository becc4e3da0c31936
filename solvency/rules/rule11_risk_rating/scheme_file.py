"""Reads a scheme file strictly: every problem at once, with its entry, what was found and what is allowed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from solvency.errors import DocumentError, InputError, Problem
from solvency.regulation.factors import Interval
from solvency.regulation.rulebook import Rulebook
from solvency.regulation.strict_yaml import read_yaml
from solvency.rules.rule11_risk_rating.indicator_file import read_indicator
from solvency.rules.rule11_risk_rating.scheme import (
    CAPITAL,
    LEVELS,
    RISKS,
    SCORES,
    SIDES,
    TOTAL,
    Bands,
    Indicator,
    Labels,
    Scheme,
)
from solvency.tables.validate import show

REQUIRED = ("weights", "scale")
OPTIONAL = ("illustrative", "title", "capital", "levels", "indicators", "level_scale", "parts")


@dataclass
class SchemeFile:
    """A scheme file while it is read: its problems, and what it may name."""

    name: str
    rulebook: Rulebook
    figures: Mapping[str, Mapping[str, tuple[str, str]]]  # figures it may look at -> their choices, none for numbers
    insurers: Collection[str]
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, entry: str, zh: str, en: str, found: Any = None, allowed: str = "", allowed_en: str = "") -> None:
        """A problem of one entry."""
        shown = "" if found is None else show(found)
        self.problems.append(
            Problem("scheme", "error", zh, en, sheet=self.name, cell=entry or "*", found=shown, allowed=allowed, allowed_en=allowed_en or allowed)
        )  # fmt: skip

    def mapping(
        self, entry: str, value: Any, required: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, Any]:
        """A mapping with these keys, or what there is of it."""
        known = [*required, *optional]
        if not isinstance(value, dict):
            self.wrong(entry, "应为一组键值", "should be a mapping", value, "、".join(known), ", ".join(known))
            return {}
        found = {str(key): content for key, content in value.items()}
        for key in required:
            if key not in found:
                self.wrong(entry, f"缺少 {key}", f"{key} is missing", None, "、".join(known), ", ".join(known))
        for key in found:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint, hint_en = (f"，是否为 {near[0]}？", f"; is it {near[0]}?") if near else ("", "")
                self.wrong(
                    join(entry, key),
                    f"没有这一项{hint}",
                    f"there is no such entry{hint_en}",
                    key,
                    "、".join(known),
                    ", ".join(known),
                )
        return found

    def elements(self, entry: str, value: Any) -> list[Any]:
        if not isinstance(value, list) or not value:
            self.wrong(entry, "应为至少一项的列表", "should be a list with at least one element", value)
            return []
        return value

    def number(self, entry: str, value: Any, *, above: int | None = None, least: int | None = None) -> Decimal | None:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            self.wrong(entry, "应为数字", "should be a number", value)
            return None
        number = Decimal(value)
        if (above is not None and number <= above) or (least is not None and number < least):
            limit = f"> {above}" if above is not None else f"≥ {least}"
            self.wrong(entry, "数字超出范围", "the number is out of range", value, limit)
            return None
        return number

    def text(self, entry: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            self.wrong(entry, "应为文字", "should be text", value)
            return ""
        return value.strip()

    def one_of(self, entry: str, value: Any, allowed: Collection[str]) -> str:
        if not isinstance(value, str) or value not in allowed:
            self.wrong(
                entry, "不是允许的取值", "is not an allowed value", value, "、".join(allowed), ", ".join(allowed)
            )
            return ""
        return value

    def interval(self, entry: str, value: Any) -> Interval | None:
        try:
            return Interval.parse(value)
        except (ValueError, AttributeError, ArithmeticError):
            self.wrong(
                entry, "应为区间", "should be an interval", value, '"[0, 0.5)"、"(-inf, 1]"', '"[0, 0.5)", "(-inf, 1]"'
            )
            return None

    def bands(self, entry: str, value: Any, of: str) -> Bands:
        """Points by intervals that do not overlap."""
        found: list[tuple[Interval, Decimal]] = []
        for place, each in enumerate(self.elements(entry, value)):
            row = self.mapping(f"{entry}[{place}]", each, (of, "points"))
            interval = self.interval(f"{entry}[{place}].{of}", row[of]) if of in row else None
            points = self.number(f"{entry}[{place}].points", row["points"]) if "points" in row else None
            if interval is not None and points is not None:
                found.append((interval, points))
        self._apart(entry, [interval for interval, _ in found])
        return tuple(found)

    def labels(self, entry: str, value: Any, of: str, allowed: Collection[str]) -> Labels:
        """Names by intervals of the score: none overlaps, each name once, the names in order."""
        found: list[tuple[Interval, str]] = []
        for place, each in enumerate(self.elements(entry, value)):
            row = self.mapping(f"{entry}[{place}]", each, ("score", of))
            interval = self.interval(f"{entry}[{place}].score", row["score"]) if "score" in row else None
            name = self.one_of(f"{entry}[{place}].{of}", row[of], allowed) if of in row else ""
            if interval is not None and name:
                found.append((interval, name))
        self._apart(entry, [interval for interval, _ in found])
        order = [list(allowed).index(name) for _, name in sorted(found, key=lambda band: band[0].lower)]
        if len(set(order)) != len(order) or order not in (sorted(order), sorted(order, reverse=True)):
            named = [name for _, name in found]
            self.wrong(entry, "随得分变化的次序不对，或有重复", "the order along the score is not that of the grades, or one stands twice",
                       "、".join(named), "、".join(allowed), ", ".join(allowed))  # fmt: skip
        return tuple(found)

    def _apart(self, entry: str, intervals: list[Interval]) -> None:
        for place, one in enumerate(intervals):
            for other in intervals[:place]:
                if one.overlaps(other):
                    self.wrong(
                        entry,
                        "区间重叠",
                        "intervals overlap",
                        f"{other} {one}",
                        "每个数最多属于一个区间",
                        "a number in at most one interval",
                    )

    def covered(self, entry: str, bands: Labels, low: Decimal, high: Decimal) -> None:
        """Every score between the lowest and the highest that can come out has its name."""
        reach = Interval(low.normalize(), high.normalize(), True, True)
        place, closed = reach.lower, False  # what is covered so far: all below it, and itself where `closed`
        for interval, _ in sorted(bands, key=lambda band: (band[0].lower, not band[0].closed_left)):
            if interval.lower > place or (interval.lower == place and not (closed or interval.closed_left)):
                break
            if (interval.upper, interval.closed_right) > (place, closed):
                place, closed = interval.upper, interval.closed_right
        if place < high or (place == high and not closed):
            self.wrong(
                entry, "有的得分没有归属", "some scores belong nowhere", f"{'(' if closed else '['}{place.normalize():f}, …",
                f"覆盖所有可能的得分 {reach}", f"all scores that can come out: {reach}",
            )  # fmt: skip


def read_scheme(path: Path) -> Scheme:
    """The scheme of a file. Raises InputError with every problem of the file."""
    from solvency.rules.formulas import FORMULAS
    from solvency.tables.spec import line_items

    named = {
        name: row.choices
        for name, row in line_items().items()
        if row.kind in ("amount", "number", "ratio") or (row.kind == "choice" and row.choices)
    }
    file = SchemeFile(
        path.name,
        Rulebook.at(dt.date.today()),
        {**{name: {} for name in FORMULAS if name not in (*SCORES.values(), TOTAL)}, **named},
        tuple(line_items()["insurer_type"].choices),
    )
    try:
        data = read_yaml(path)
    except DocumentError as error:
        file.wrong(error.entry, "无法读取", error.en)
        raise InputError(file.problems) from error
    scheme = _scheme(file, file.mapping("", data, REQUIRED, OPTIONAL))
    if file.problems:
        raise InputError(file.problems)
    return scheme


def _scheme(file: SchemeFile, data: dict[str, Any]) -> Scheme:
    indicators = _indicators(file, data["indicators"]) if "indicators" in data else ()
    weights = _weights(file, data["weights"]) if "weights" in data else {}
    grades = file.rulebook.members("grade.scale")
    scheme = Scheme(
        indicators, weights, file.labels("scale", data["scale"], "grade", grades) if "scale" in data else (), file.name,
        capital=file.bands("capital", data["capital"], "ratio") if "capital" in data else (),
        levels=_levels(file, data["levels"]) if "levels" in data else {},
        level_scale=file.labels("level_scale", data["level_scale"], "level", LEVELS) if "level_scale" in data else (),
        parts=_parts(file, data["parts"], indicators) if "parts" in data else {},
        illustrative=_flag(file, data.get("illustrative", False)), title=_title(file, data.get("title")),
    )  # fmt: skip
    _whole(file, data, scheme)
    return scheme


def _whole(file: SchemeFile, data: dict[str, Any], scheme: Scheme) -> None:
    """What only shows when all entries are seen together."""
    sides = {indicator.side for indicator in scheme.indicators}
    if CAPITAL not in sides and "capital" not in data:
        file.wrong("capital", "没有可资本化风险的评分：缺少 capital，也没有 risk 为 capital 的指标",
                   "nothing scores the capital side: neither capital nor an indicator of risk capital")  # fmt: skip
    for risk in RISKS:
        if risk not in sides and "levels" not in data:
            file.wrong(
                "levels",
                f"{risk} 没有指标，也没有按等级给分的 levels",
                f"{risk} has no indicator, and there are no points by level (levels)",
            )
    with_level = [i for i in scheme.indicators if i.side in RISKS]
    if with_level and "level_scale" not in data:
        file.wrong(
            "level_scale",
            "缺少：由风险得分到等级的区间",
            "missing: the intervals from the score of a risk to its level",
        )
    if file.problems:
        return  # what follows needs every entry
    if with_level:
        points = [p for indicator in with_level for p in indicator.all_points]
        file.covered("level_scale", scheme.level_scale, min(points), max(points))
    file.covered("scale", scheme.scale, *_reach(file, scheme))


def _reach(file: SchemeFile, scheme: Scheme) -> tuple[Decimal, Decimal]:
    """The lowest and the highest score that can come out, over the types of insurer that have all five scores."""
    rules, reached = file.rulebook.exactly(), []
    for kind in file.insurers:
        of = {side: [p for i in scheme.of(kind) if i.side == side for p in i.all_points] for side in SIDES}
        if all(of.values()):
            shares = {risk: rules.value("grade.weight.other") * scheme.weights[risk] for risk in RISKS}
            shares[CAPITAL] = rules.value("grade.weight.quantified")
            reached += [sum((shares[side] * end(of[side]) for side in SIDES), Decimal(0)) for end in (min, max)]
    return (min(reached), max(reached)) if reached else (Decimal(0), Decimal(0))


def _indicators(file: SchemeFile, value: Any) -> tuple[Indicator, ...]:
    found: list[Indicator] = []
    for place, each in enumerate(file.elements("indicators", value)):
        indicator = read_indicator(file, f"indicators[{place}]", each)
        if indicator is None:
            continue
        if indicator.id in {other.id for other in found}:
            file.wrong(f"indicators[{place}].id", "指标代码重复", "the id stands twice", indicator.id)
        found.append(indicator)
    return tuple(found)


def _weights(file: SchemeFile, value: Any) -> dict[str, Decimal]:
    row = file.mapping("weights", value, RISKS)
    weights = {risk: file.number(f"weights.{risk}", row[risk], least=0) for risk in RISKS if risk in row}
    known = {risk: weight for risk, weight in weights.items() if weight is not None}
    if len(known) == len(RISKS) and sum(known.values()) != 1:
        file.wrong(
            "weights",
            "四类风险的权重之和应为 1",
            "the weights of the four risks must add up to 1",
            f"{sum(known.values()):f}",
            "Σ = 1",
        )
    return known


def _levels(file: SchemeFile, value: Any) -> dict[str, Decimal]:
    row = file.mapping("levels", value, LEVELS)
    points = {level: file.number(f"levels.{level}", row[level]) for level in LEVELS if level in row}
    return {level: each for level, each in points.items() if each is not None}


def _parts(file: SchemeFile, value: Any, indicators: tuple[Indicator, ...]) -> dict[str, Decimal]:
    """Weights of the parts of operational risk that some indicator names; then every indicator of it names its part."""
    operational = {i.id: i.part for i in indicators if i.side == RISKS[0]}
    row = file.mapping("parts", value, tuple(dict.fromkeys(part for part in operational.values() if part)))
    for name, part in operational.items():
        if not part:
            file.wrong(
                "parts",
                f"按六类分组时，指标 {name} 须写明 part",
                f"with weights of the parts, indicator {name} must name its part",
            )
    weights = {part: file.number(f"parts.{part}", weight, above=0) for part, weight in row.items()}
    return {part: weight for part, weight in weights.items() if weight is not None}


def _flag(file: SchemeFile, value: Any) -> bool:
    if not isinstance(value, bool):
        file.wrong("illustrative", "应为 true 或 false", "should be true or false", value, "true、false", "true, false")
    return value is True


def _title(file: SchemeFile, value: Any) -> tuple[str, str]:
    if value is None:
        return "", ""
    row = file.mapping("title", value, ("zh", "en"))
    zh, en = (file.text(f"title.{lang}", row[lang]) if lang in row else "" for lang in ("zh", "en"))
    return zh, en


def join(entry: str, key: str) -> str:
    """The place of a key below an entry."""
    return f"{entry}.{key}" if entry else key
