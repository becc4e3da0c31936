"""Reads a scheme file strictly: every problem at once, with its entry, what was found and what is allowed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from solvency.errors import DocumentError, InputError
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
    Indicator,
    Scheme,
)
from solvency.rules.rule11_risk_rating.scheme_entries import SchemeFile

REQUIRED = ("weights", "scale")
OPTIONAL = ("illustrative", "title", "capital", "levels", "indicators", "level_scale", "parts")


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
