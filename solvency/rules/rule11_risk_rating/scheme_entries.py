"""The entries of a scheme file, each read strictly: what is wrong is collected with its place, what was found and what is allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from solvency.errors import Problem
from solvency.regulation.factors import Interval
from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule11_risk_rating.scheme import Bands, Labels
from solvency.tables.validate import show


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
        order = [list(allowed).index(name) for _, name in sorted(found, key=_from_below)]
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
        for interval, _ in sorted(bands, key=_from_below):
            if interval.lower > place or (interval.lower == place and not (closed or interval.closed_left)):
                break
            if (interval.upper, interval.closed_right) > (place, closed):
                place, closed = interval.upper, interval.closed_right
        if place < high or (place == high and not closed):
            self.wrong(
                entry, "有的得分没有归属", "some scores belong nowhere", f"{'(' if closed else '['}{place.normalize():f}, …",
                f"覆盖所有可能的得分 {reach}", f"all scores that can come out: {reach}",
            )  # fmt: skip


def _from_below(band: tuple[Interval, Any]) -> tuple[Decimal, Decimal]:
    """Where an interval stands among others it does not overlap: a single number before what begins above it."""
    return band[0].lower, band[0].upper


def join(entry: str, key: str) -> str:
    """The place of a key below an entry."""
    return f"{entry}.{key}" if entry else key
