"""Regulation 2021, articles 6, 8 and 23: ratios, surpluses, compliance, and decisions on a boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import ABSENT, COMPUTED, Array, Figures, Formula, missing

RATIOS = ("core_ratio", "comprehensive_ratio")
NEAR = 1e-9  # closer to a threshold than this, floats do not decide

FORMULAS: dict[str, Formula] = {
    "core_ratio": Formula(
        ("core_capital", "minimum_capital"),
        "保险公司偿付能力管理规定第六条（一）",
        ("核心资本 ÷ 最低资本", "core capital ÷ minimum capital"),
    ),
    "comprehensive_ratio": Formula(
        ("actual_capital", "minimum_capital"),
        "保险公司偿付能力管理规定第六条（二）",
        ("实际资本 ÷ 最低资本", "actual capital ÷ minimum capital"),
    ),
    "core_surplus": Formula(
        ("core_capital", "minimum_capital"),
        "附件9 S01 第5行",
        ("核心资本 − 最低资本", "core capital − minimum capital"),
        (),
        ("core_surplus_base",),
    ),
    "comprehensive_surplus": Formula(
        ("actual_capital", "minimum_capital"), "附件9 S01 第7行", ("实际资本 − 最低资本", "actual − minimum capital")
    ),
}


def solvency_ratios(rulebook: Rulebook, figures: Figures) -> None:
    """Both ratios and surpluses of each row; empty where minimum capital is zero or below (articles 6, 8)."""
    minimum = figures.values["minimum_capital"]
    positive = np.asarray(minimum > 0, bool)
    safe = np.where(positive, minimum, figures.full(1))
    half = rulebook.reading("core_surplus_base") != "full_minimum_capital"
    core_share = rulebook.value("ratio_threshold.core") if half else figures.full(1)
    for ratio, surplus, capital, share in (
        ("core_ratio", "core_surplus", figures.values["core_capital"], core_share),
        ("comprehensive_ratio", "comprehensive_surplus", figures.values["actual_capital"], figures.full(1)),
    ):
        origin = np.where(positive & ~missing(capital), COMPUTED, ABSENT)
        figures.put(ratio, np.where(positive, capital / safe, figures.nan), origin)
        figures.put(surplus, np.where(positive, capital - share * minimum, figures.nan), origin)


def thresholds(rulebook: Rulebook) -> list[tuple[str, str, Any]]:
    """Every line a ratio is measured against: (ratio, factor name, value), highest first."""
    named = []
    for name in ("information_line", "key_verification", "ratio_threshold"):
        for ratio, short in (("core_ratio", "core"), ("comprehensive_ratio", "comprehensive")):
            if rulebook.has(f"{name}.{short}"):
                named.append((ratio, f"{name}.{short}", rulebook.value(f"{name}.{short}")))
    return sorted(named, key=lambda line: (RATIOS.index(line[0]), -float(line[2])))


def settle_boundaries(
    figures: Figures, lines: Iterable[tuple[str, Any]], exact_ratios: Callable[[npt.NDArray[np.intp]], dict[str, Array]]
) -> None:
    """Put ratios that lie within 1e-9 of a threshold on their right side, decided in exact decimals.

    exact_ratios(positions) works the same figures out again on Decimals. A ratio equal to the threshold becomes the
    threshold itself, one below it the next float below, so that every later comparison is right.
    """
    wanted = [(ratio, Decimal(str(value))) for ratio, value in lines]
    near = np.zeros(figures.size, bool)
    for ratio, value in wanted:
        near |= np.abs(figures.values[ratio] - float(value)) <= NEAR * max(1.0, float(value))
    positions = np.flatnonzero(near)
    if not len(positions):
        return
    exact = exact_ratios(positions)
    for ratio in {name for name, _ in wanted}:
        values = figures.values[ratio].copy()
        for position, precise in zip(positions, exact[ratio], strict=True):
            values[position] = _nearest_float(precise, [v for name, v in wanted if name == ratio])
        figures.values[ratio] = values


def _nearest_float(precise: Any, lines: list[Decimal]) -> float:
    if pd.isna(precise):
        return float("nan")
    value = float(precise)
    for line in lines:
        at = float(line)
        if abs(precise - line) <= Decimal("1e-40"):  # what square roots leave at 50 digits
            return at
        if precise < line and value >= at:
            return float(np.nextafter(at, -np.inf))
        if precise > line and value <= at:
            return float(np.nextafter(at, np.inf))
    return value


def below(ratio: Array, line: float) -> npt.NDArray[np.bool_]:
    """Ratio known and below the line."""
    return np.asarray(ratio < line, dtype=bool)
