"""Reads one indicator of a scheme file: what it looks at, how it is scored, what a missing one means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from solvency.rules.rule11_risk_rating.scheme import (
    DIFFERENCE,
    ERROR,
    LEAVE_OUT,
    NO_SCORE,
    RELATIVE,
    RISKS,
    SIDES,
    Choice,
    Indicator,
)
from solvency.rules.rule11_risk_rating.scheme_entries import SchemeFile

REQUIRED = ("id", "zh", "en", "risk", "weight")
SCORINGS = ("bands", "choices", "linear")
OPTIONAL = ("part", "from", "change", "insurers", "missing", *SCORINGS)
PARTS = "operational_risk_part"  # the classes of article 8


def read_indicator(file: SchemeFile, entry: str, value: Any) -> Indicator | None:
    """One indicator; None where not enough of it can be read to go on. Its problems are told."""
    before = len(file.problems)
    row = file.mapping(entry, value, REQUIRED, OPTIONAL)
    texts = {key: file.text(f"{entry}.{key}", row[key]) for key in ("id", "zh", "en") if key in row}
    side = file.one_of(f"{entry}.risk", row["risk"], SIDES) if "risk" in row else ""
    weight = file.number(f"{entry}.weight", row["weight"], above=0) if "weight" in row else None
    figure = file.text(f"{entry}.from", row["from"]) if "from" in row else ""
    change = file.one_of(f"{entry}.change", row["change"], (DIFFERENCE, RELATIVE)) if "change" in row else ""
    scoring = [key for key in SCORINGS if key in row]
    if row and len(scoring) != 1:
        file.wrong(
            entry,
            "评分方式应恰好一种",
            "exactly one way of scoring is needed",
            "、".join(scoring),
            "、".join(SCORINGS),
            ", ".join(SCORINGS),
        )
    bands = file.bands(f"{entry}.bands", row["bands"], "value") if "bands" in row else ()
    choices = _choices(file, f"{entry}.choices", row["choices"]) if "choices" in row else ()
    line = _line(file, f"{entry}.linear", row["linear"]) if "linear" in row else ()
    part = _part(file, entry, row["part"], side) if "part" in row else ""
    insurers = _insurers(file, f"{entry}.insurers", row["insurers"]) if "insurers" in row else ()
    missing = _missing(file, f"{entry}.missing", row["missing"]) if "missing" in row else ERROR
    if figure:
        _check_figure(file, entry, figure, choices)
    if change and not figure:
        file.wrong(f"{entry}.change", "变化须由结果中的数字（from）得出；自有指标直接填变化值",
                   "a change is one of a figure (from); of an own indicator the change itself is the value", change)  # fmt: skip
    if change and choices:
        file.wrong(f"{entry}.change", "按选项评分的指标没有变化", "an indicator scored by choice has no change", change)
    if len(file.problems) > before or weight is None:
        return None
    return Indicator(
        texts["id"], texts["zh"], texts["en"], side, weight, part, figure, change, insurers, missing, bands, choices, line
    )  # fmt: skip


def _choices(file: SchemeFile, entry: str, value: Any) -> tuple[Choice, ...]:
    """Points by choice: a number, or the points with the names of the choice."""
    if not isinstance(value, dict) or not value:
        file.wrong(entry, "应为选项与分值", "should be choices with their points", value)
        return ()
    found = []
    for name, content in value.items():
        row = (
            file.mapping(f"{entry}.{name}", content, ("points",), ("zh", "en"))
            if isinstance(content, dict)
            else {"points": content}
        )
        points = file.number(f"{entry}.{name}.points", row["points"]) if "points" in row else None
        zh, en = (file.text(f"{entry}.{name}.{lang}", row[lang]) if lang in row else "" for lang in ("zh", "en"))
        if points is not None:
            found.append(Choice(str(name), points, zh, en))
    accepted = [
        word for choice in found for word in {name.lower() for name in (choice.name, choice.zh, choice.en) if name}
    ]
    doubled = sorted({word for word in accepted if accepted.count(word) > 1})
    if doubled:
        file.wrong(entry, "两个选项同名", "two choices have the same name", "、".join(doubled))
    return tuple(found)


def _line(file: SchemeFile, entry: str, value: Any) -> tuple[tuple[Decimal, Decimal], ...]:
    """Points at two or more values, the values rising."""
    found: list[tuple[Decimal, Decimal]] = []
    for place, each in enumerate(file.elements(entry, value)):
        row = file.mapping(f"{entry}[{place}]", each, ("value", "points"))
        at = file.number(f"{entry}[{place}].value", row["value"]) if "value" in row else None
        points = file.number(f"{entry}[{place}].points", row["points"]) if "points" in row else None
        if at is not None and points is not None:
            found.append((at, points))
    values = [at for at, _ in found]
    if len(found) < 2 or sorted(set(values)) != values:
        file.wrong(
            entry,
            "至少两点，数值递增",
            "two points or more, their values rising",
            "、".join(f"{at:f}" for at in values),
        )
    return tuple(found)


def _part(file: SchemeFile, entry: str, value: Any, side: str) -> str:
    if side and side != RISKS[0]:
        file.wrong(
            f"{entry}.part",
            "只有操作风险分为六类（规则第11号第八条）",
            "only operational risk has parts (rule 11, article 8)",
            value,
        )
        return ""
    return file.one_of(f"{entry}.part", value, tuple(file.rulebook.classes[PARTS]))


def _insurers(file: SchemeFile, entry: str, value: Any) -> tuple[str, ...]:
    named = [
        file.one_of(f"{entry}[{place}]", each, file.insurers) for place, each in enumerate(file.elements(entry, value))
    ]
    return tuple(dict.fromkeys(name for name in named if name))


def _missing(file: SchemeFile, entry: str, value: Any) -> str | Decimal:
    words = (ERROR, LEAVE_OUT, NO_SCORE)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    if value not in words:
        file.wrong(
            entry,
            "应为以下之一，或缺失时的分值",
            "should be one of these, or the points a missing one gets",
            value,
            "、".join(words),
            ", ".join(words),
        )
        return ERROR
    return str(value)


def _check_figure(file: SchemeFile, entry: str, figure: str, choices: tuple[Choice, ...]) -> None:
    """The figure exists, is a number or a choice as the scoring needs it, and is none of the judgements that come out."""
    from difflib import get_close_matches

    if figure not in file.figures or figure in RISKS:
        near = get_close_matches(figure, file.figures, n=2)
        file.wrong(
            f"{entry}.from",
            "结果中没有这一数字",
            "the result has no such figure",
            figure,
            "、".join(near),
            ", ".join(near),
        )
        return
    known = file.figures[figure]
    if known and not choices:
        file.wrong(
            f"{entry}.from", "这一项按选项填报，评分须用 choices", "it is a choice, so it is scored by choices", figure
        )
    if not known and choices:
        file.wrong(
            f"{entry}.from",
            "这一项是数字，评分须用 bands 或 linear",
            "it is a number, so it is scored by bands or linear",
            figure,
        )
    for choice in choices if known else ():
        if choice.name not in known:
            file.wrong(
                f"{entry}.choices.{choice.name}",
                "没有这一选项",
                "there is no such choice",
                choice.name,
                "、".join(known),
                ", ".join(known),
            )
