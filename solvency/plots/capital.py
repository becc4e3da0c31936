"""The waterfall of minimum capital: from the modules of rule 2 to the total."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solvency.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# unit -> (yuan in it, its English name)
UNITS = {"元": (1.0, "CNY"), "万元": (1e4, "CNY 10,000"), "亿元": (1e8, "CNY 100 million")}
MODULES = ("life_insurance_mc", "nonlife_insurance_mc", "market_mc", "credit_mc")
# item -> (label of its bar, sign it enters the total with)
BARS: dict[str, tuple[str, str, float]] = {
    "life_insurance_mc": ("寿险业务\n保险风险", "Life\ninsurance", 1),
    "nonlife_insurance_mc": ("非寿险业务\n保险风险", "Non-life\ninsurance", 1),
    "market_mc": ("市场风险", "Market", 1),
    "credit_mc": ("信用风险", "Credit", 1),
    "diversification": ("风险\n分散效应", "Diversifi-\ncation", -1),
    "loss_absorption": ("损失\n吸收效应", "Loss\nabsorption", -1),
    "size_effect": ("规模系数\n影响", "Size\ncoefficient", 1),
    "quantified_mc": ("量化风险", "Quantified\nrisks", 1),
    "control_risk_mc": ("控制风险", "Control\nrisk", 1),
    "additional_capital": ("附加资本", "Additional\ncapital", 1),
    "rest": ("未细分", "Not\nitemised", 1),
    "minimum_capital": ("最低资本", "Minimum\ncapital", 1),
}
NOTICEABLE = 1e-4  # of the largest figure: a smaller difference is rounding of the figures as filed


@dataclass(frozen=True)
class Step:
    """One bar: from `start` to `end` (yuan); `kind` is up, down, rest or total."""

    item: str
    start: float
    end: float
    kind: str

    @property
    def amount(self) -> float:
        return self.end - self.start


def waterfall(
    figures: Mapping[str, float],
    *,
    unit: str = "亿元",
    lang: str = "zh",
    title: str = "",
    font: str | os.PathLike[str] | None = None,
) -> Figure:
    """Minimum capital of one insurer, step by step (rule 2 articles 14-18).

    figures: line item -> yuan: the four modules, diversification and loss_absorption (positive, subtracted),
    size_coefficient, control_risk_mc, additional_capital, minimum_capital; a row of `Result.figures` will do.
    unit: 元, 万元 or 亿元, in which amounts are shown.
    A missing item gets no bar and a remark; what the bars do not explain of the total is a bar of its own.
    Returns a Figure with `.remarks`. Raises UsageError for an unknown unit, language or unreadable font.
    """
    from matplotlib.patches import Patch

    from solvency.plots.canvas import BLUE, DARK, GREY, VERMILLION, Chart, blank, key
    from solvency.plots.lettering import choose

    if unit not in UNITS:
        raise UsageError(
            f"单位应为 {'、'.join(UNITS)}，而不是 {unit!r}", f"unit must be one of {', '.join(UNITS)}, not {unit!r}"
        )
    steps, notes = waterfall_steps(figures)
    labels = [label for zh, en, _ in BARS.values() for label in ([zh] if lang == "zh" else [en])]
    words = ["最低资本构成 单位 增加 减少 合计 缺少数据没有可画的，、：（）", unit] if lang == "zh" else []
    lettering = choose([title, *labels, *words], lang, font)
    chart = Chart(lettering, (11, 5.6))
    chart.heading(lettering.safe(title, "Minimum capital") or lettering.pick("最低资本构成", "Minimum capital"))
    with chart.styled():
        axes = chart.add_subplot()
        if not steps:
            blank(axes, lettering.pick("没有可画的数据", "No figures to draw"))
        else:
            scale, unit_en = UNITS[unit]
            colours = {"up": BLUE, "down": VERMILLION, "total": DARK, "rest": "white"}
            for place, step in enumerate(steps):
                axes.bar(
                    place,
                    step.amount / scale,
                    bottom=step.start / scale,
                    width=0.62,
                    color=colours[step.kind],
                    edgecolor=GREY if step.kind == "rest" else colours[step.kind],
                    hatch="///" if step.kind == "rest" else None,
                )
                if place + 1 < len(steps):
                    axes.plot([place + 0.31, place + 0.69], [step.end / scale] * 2, color=GREY, linewidth=0.8)
                axes.annotate(
                    _amount(step.amount / scale, max(abs(s.amount) for s in steps) / scale, step.kind),
                    (place, max(step.start, step.end) / scale),
                    xytext=(0, 4),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                )
            axes.axhline(0, color=GREY, linewidth=0.8)
            axes.set_xticks(range(len(steps)), [lettering.pick(*BARS[step.item][:2]) for step in steps])
            axes.tick_params(axis="x", length=0)
            axes.grid(axis="y")
            low = min(0.0, *(min(s.start, s.end) for s in steps)) / scale
            high = max(0.0, *(max(s.start, s.end) for s in steps)) / scale
            room = 0.1 * (high - low) or 1.0
            margin = max(0, 7 - len(steps)) / 2 + 0.6  # a few bars stay narrow
            axes.set_xlim(-margin, len(steps) - 1 + margin)
            axes.set_ylim(low - (room / 2 if low < 0 else 0.0), high + room)
            axes.yaxis.set_major_formatter(lambda value, _: _tick(value))
            axes.set_ylabel(lettering.pick(f"单位：{unit}", unit_en))
            names = {"up": ("增加", "Increase"), "down": ("减少", "Decrease"), "rest": ("未细分", "Not itemised")}
            names["total"] = ("合计", "Total")
            kinds = [kind for kind in names if any(step.kind == kind for step in steps)]
            handles = [Patch(facecolor=colours[k], edgecolor=GREY, hatch="///" if k == "rest" else None) for k in kinds]
            texts = [lettering.pick(*names[kind]) for kind in kinds]
            key(axes, handles, texts, len(kinds))
        chart.footnotes(notes, lang)
    return chart


def waterfall_steps(figures: Mapping[str, float]) -> tuple[list[Step], list[tuple[str, str]]]:
    """The bars of the waterfall in yuan, in order, and notes (Chinese, English) on what is missing."""
    from solvency.plots.canvas import missing, number

    amounts = {item: number(figures.get(item)) for item in (*BARS, "size_coefficient")}
    amounts["size_effect"] = size_effect(amounts)
    items = [item for item in BARS if item not in ("rest", "minimum_capital", "quantified_mc")]
    if all(missing(amounts[item]) for item in MODULES) and not missing(amounts["quantified_mc"]):
        items = ["quantified_mc", "control_risk_mc", "additional_capital"]
    steps: list[Step] = []
    level = 0.0
    absent: list[str] = []
    for item in items:
        change = BARS[item][2] * amounts[item]
        if missing(change):
            if item != "size_effect" or not missing(amounts["size_coefficient"]):
                absent.append(item)
        elif item != "size_effect" or change:
            steps.append(Step(item, level, level + change, "down" if change < 0 else "up"))
            level += change
    total = amounts["minimum_capital"]
    if missing(total):
        absent.append("minimum_capital")
    else:
        rest = total - level
        if abs(rest) > NOTICEABLE * max(abs(total), *(abs(step.amount) for step in steps), 0.0):
            steps.append(Step("rest", level, total, "rest"))
        steps.append(Step("minimum_capital", 0.0, total, "total"))
    if not absent:
        return steps, []
    zh = "、".join(BARS[item][0].replace("\n", "") for item in absent)
    en = ", ".join(BARS[item][1].replace("-\n", "").replace("\n", " ").lower() for item in absent)
    return steps, [(f"缺少数据：{zh}", f"Not available: {en}")]


def size_effect(amounts: Mapping[str, float]) -> float:
    """What the size coefficient adds to quantified minimum capital; NaN if it cannot be known."""
    from solvency.plots.canvas import missing

    coefficient, quantified = amounts["size_coefficient"], amounts["quantified_mc"]
    if not missing(quantified) and coefficient > 0:
        return quantified - quantified / coefficient
    before = sum(amounts[m] for m in MODULES) - amounts["diversification"] - amounts["loss_absorption"]
    return (coefficient - 1) * before


def _amount(value: float, largest: float, kind: str) -> str:
    from solvency.plots.canvas import rounded

    digits = 0 if largest >= 100_000 else 1 if largest >= 10_000 else 2 if largest >= 1 else 4
    return rounded(value, digits, sign="+" if kind in ("up", "rest") and value > 0 else "")


def _tick(value: float) -> str:
    kind = ",.0f" if 1e6 <= abs(value) < 1e13 else ",.6g"
    return f"{value:{kind}}".replace("-", "−")
