"""The grade and its scores: indicators with points and weights, and grades over time with what moved them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solvency.terminal.text import table

if TYPE_CHECKING:
    from solvency.result import Explanation


def print_indicators(e: Explanation, lang: str) -> None:
    """What else must be known in words, then a line per indicator."""
    zh = lang == "zh"
    for text in e.said:
        print(text[not zh])
    if not e.indicators:
        return
    parts = any(line["part_zh"] for line in e.indicators)
    headers = (
        ("代码", "指标", "分类", "指标值", "得分", "权重", "加权得分", "来源")
        if zh
        else ("id", "indicator", "part", "value", "points", "weight", "weighted", "source")
    )
    rows = [
        (line["row"], line["zh" if zh else "en"], line["part_zh" if zh else "part_en"], line["value" if zh else "value_en"], number(line["points"]),
         share(line["weight"]), number(line["weighted"]), line["source_zh" if zh else "source_en"])
        for line in e.indicators
    ]  # fmt: skip
    keep = [i for i in range(len(headers)) if i != 2 or parts]
    table("", [headers[i] for i in keep], [[row[i] for i in keep] for row in rows],
          right=[keep.index(i) for i in (3, 4, 5, 6)], wrap=[0, 1, *([2] if parts else []), len(keep) - 1])  # fmt: skip


def number(value: float) -> str:
    return "" if value != value else f"{value:.6g}"


def share(value: float) -> str:
    return "" if value != value else f"{value * 100:.4g}%"
