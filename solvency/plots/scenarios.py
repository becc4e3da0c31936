"""The stress tornado: how far each scenario moves the comprehensive solvency ratio."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from solvency.plots.ratios import ABSENT, NOTHING, WHY, Threshold, need_columns, need_ratios, threshold_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from solvency.plots.lettering import Lettering

RATIO = "comprehensive_ratio"
TITLE = ("压力情景下的综合偿付能力充足率", "Comprehensive solvency ratio under stress")
BASE = ("基准", "Base")
RISE, FALL = ("上升", "Rise"), ("下降", "Fall")
AXIS = (
    "综合偿付能力充足率（括号内为较基准的变动，百分点）",
    "Comprehensive solvency ratio (change from base in points)",
)
OUTSIDE = ("图外", "off the chart")


def tornado(
    frame: pd.DataFrame,
    *,
    thresholds: Sequence[Threshold] = (),
    lang: str = "zh",
    title: str = "",
    font: str | os.PathLike[str] | None = None,
) -> Figure:
    """Comprehensive ratio of each scenario as a bar from its base, the largest move on top (rule 10).

    frame: n rows; `scenario` (id), `label` (its name), optionally `label_en` (used when labels are English),
    `comprehensive_ratio` and `base_ratio` (fractions, NaN = not available). Bases may differ from row to row.
    thresholds: as in `ratio_history`; those of the comprehensive ratio are drawn.
    Returns a Figure with `.remarks`. Raises UsageError for a missing column or an unknown threshold.
    """
    from solvency.plots.canvas import Chart, missing, number, wrapped
    from solvency.plots.lettering import choose

    need_columns(frame, ("scenario", "label", RATIO, "base_ratio"))
    need_ratios(thresholds)
    limits = [t for t in thresholds if t[0] == RATIO]
    stresses = [number(value) for value in frame[RATIO]]
    bases = [number(value) for value in frame["base_ratio"]]
    chinese = [str(label) for label in frame["label"]]
    english = [str(label) for label in frame["label_en"]] if "label_en" in frame.columns else chinese

    words = [w[0] for w in (TITLE, BASE, RISE, FALL, AXIS, NOTHING, ABSENT, OUTSIDE)] if lang == "zh" else []
    names = english if lang == "en" else chinese
    lettering = choose([title, *words, *names, *(label for *_, label in limits), "%−+←→"], lang, font)
    names = [
        wrapped(lettering.safe(name, lettering.safe(scenario)), 26)
        for name, scenario in zip(english if lettering.lang == "en" else chinese, frame["scenario"], strict=True)
    ]
    moves = [stress - base for stress, base in zip(stresses, bases, strict=True)]
    order = sorted(range(len(moves)), key=lambda i: (missing(moves[i]), missing(stresses[i]), -abs(moves[i]), i))

    lines = sum(max(2, 1 + names[i].count("\n")) for i in order)
    chart = Chart(lettering, (11, min(60.0, 2.4 + 0.24 * lines)))
    chart.heading(lettering.safe(title, TITLE[1]) or lettering.pick(*TITLE))
    notes: list[tuple[str, str]] = []
    for values, zh, en in (
        (
            stresses,
            f"压力后充足率不可得{WHY[0]}",
            f"Ratio under stress not available{WHY[1]}",
        ),
        (bases, "基准充足率不可得", "Base ratio not available"),
    ):
        gaps = [i for i, value in enumerate(values) if missing(value)]
        if gaps:
            listed_zh, listed_en = "、".join(chinese[i] for i in gaps), ", ".join(english[i] for i in gaps)
            notes.append((f"{zh}：{lettering.safe(listed_zh)}", f"{en}: {lettering.safe(listed_en)}"))
    with chart.styled():
        _bars(
            chart.add_subplot(),
            [names[i] for i in order],
            [stresses[i] for i in order],
            [bases[i] for i in order],
            limits,
            lettering,
        )
        chart.footnotes(notes, lang)
    return chart


def _bars(
    axes: Axes,
    names: list[str],
    stresses: list[float],
    bases: list[float],
    thresholds: list[Threshold],
    lettering: Lettering,
) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from solvency.plots.canvas import BLUE, DARK, VERMILLION, blank, columns, key, missing, percent, rounded

    pick = lettering.pick
    known = [value for value in stresses + bases if not missing(value)]
    if not known:
        blank(axes, pick(*NOTHING))
        return
    limits = [value for _, value, _ in thresholds]
    low, high = min(known), max(known)
    width = max(high - low, 0.02)
    # A threshold far from every bar would squeeze the bars: it is named in the legend only.
    near = [t for t in thresholds if low - width <= t[1] <= high + width]
    low, high = min([low, *(t[1] for t in near)]), max([high, *(t[1] for t in near)])
    width = max(high - low, 0.02)
    axes.set_xlim(low - 0.24 * width, high + 0.24 * width)
    axes.set_ylim(len(names) - 0.4, -0.6)

    for place, (stress, base) in enumerate(zip(stresses, bases, strict=True)):
        if missing(stress) or missing(base):
            text = percent(stress, limits) if missing(base) and not missing(stress) else pick(*ABSENT)
            at = stress if not missing(stress) else base if not missing(base) else (low + high) / 2
            if not missing(stress):
                axes.plot(at, place, marker="D", markersize=5, color=DARK)
            _label(axes, at, place, text, 1)
            continue
        axes.barh(place, stress - base, left=base, height=0.6, color=VERMILLION if stress < base else BLUE, zorder=2)
        points = rounded(stress - base, 1, 100, "+" if abs(stress - base) >= 0.0005 else "")
        _label(axes, stress, place, f"{percent(stress, limits)} ({points})", -1 if stress < base else 1)
        axes.plot([base, base], [place - 0.3, place + 0.3], color=DARK, linewidth=1.6, zorder=4)

    handles: list[Patch | Line2D] = []
    texts: list[str] = []
    measured = [s - b for s, b in zip(stresses, bases, strict=True) if not missing(s - b)]
    for colour, name, there in (
        (VERMILLION, FALL, any(move < 0 for move in measured)),
        (BLUE, RISE, any(move >= 0 for move in measured)),
    ):
        if there:
            handles.append(Patch(facecolor=colour))
            texts.append(pick(*name))
    shared = {base for base in bases if not missing(base)}
    if shared:
        handles.append(Line2D([], [], color=DARK, linewidth=1.6))
        texts.append(pick(*BASE) + (f" {percent(min(shared), limits)}" if len(shared) == 1 else ""))
    if len(shared) == 1:
        axes.axvline(min(shared), color=DARK, linewidth=1, zorder=3)
    dashes = [(0, (5, 3)), (0, (1, 2)), (0, (8, 2, 1, 2)), (0, (3, 1, 1, 1))]
    for k, (_, value, label) in enumerate(thresholds):
        inside = (RATIO, value, label) in near
        if inside:
            axes.axvline(value, color=DARK, linewidth=1.2, linestyle=dashes[k % len(dashes)], zorder=3)
        handles.append(Line2D([], [], color=DARK, linewidth=1.2, linestyle=dashes[k % len(dashes)]))
        side = "" if inside else f" ({'←' if value < low else '→'} {pick(*OUTSIDE)})"
        texts.append(threshold_text(label, value, lettering) + side)
    key(axes, handles, texts, 6 if sum(columns(text) + 8 for text in texts) < 125 else 3)

    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 100:.6g}%".replace("-", "−"))
    axes.set_xlabel(pick(*AXIS))
    axes.grid(axis="x")


def _label(axes: Axes, x: float, place: int, text: str, side: int) -> None:
    from matplotlib.patheffects import withStroke

    axes.annotate(
        text,
        (x, place),
        xytext=(6 * side, 0),
        textcoords="offset points",
        ha="right" if side < 0 else "left",
        va="center",
        path_effects=[withStroke(linewidth=3, foreground="white")],
        zorder=5,
    )
