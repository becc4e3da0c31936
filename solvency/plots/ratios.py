"""Solvency ratios over time, each against its thresholds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from solvency.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from solvency.plots.lettering import Lettering

NAMES = {
    "comprehensive_ratio": ("综合偿付能力充足率", "Comprehensive solvency ratio"),
    "core_ratio": ("核心偿付能力充足率", "Core solvency ratio"),
}
TITLE = ("偿付能力充足率", "Solvency ratios")
NOTHING = ("没有可画的数据", "No figures to draw")
ABSENT = ("不可得", "n/a")
WHY = ("（最低资本不为正或未提供）", " (minimum capital not positive, or not given)")
LABELLED = 9  # with more points than this only the last, the highest and the lowest carry a number
DATES = 14  # dates on the axis

Threshold = tuple[str, float, str]


def ratio_history(
    frame: pd.DataFrame,
    *,
    thresholds: Sequence[Threshold] = (),
    lang: str = "zh",
    title: str = "",
    font: str | os.PathLike[str] | None = None,
) -> Figure:
    """Core and comprehensive solvency ratio of one insurer by date, with thresholds.

    frame: n rows, one per date; `as_of` (dates), `core_ratio`, `comprehensive_ratio` (fractions, NaN = not available).
    thresholds: (ratio, value, label): "core_ratio" or "comprehensive_ratio", a fraction, and a label without the value.
    A ratio that is missing (minimum capital of zero or below) breaks the line, is marked and remarked on.
    Returns a Figure with `.remarks`. Raises UsageError for a missing column, a doubled date, an unknown threshold.
    """
    import pandas as pd

    from solvency.plots.canvas import BLUE, GREEN, Chart, missing, number
    from solvency.plots.lettering import choose

    need_columns(frame, ("as_of", *NAMES))
    need_ratios(thresholds)
    table = frame.assign(as_of=pd.to_datetime(frame["as_of"], errors="coerce"))
    undated = int(table["as_of"].isna().sum())
    table = table.dropna(subset=["as_of"]).sort_values("as_of", kind="stable")
    if table["as_of"].duplicated().any():
        day = table.loc[table["as_of"].duplicated(), "as_of"].iloc[0].date()
        raise UsageError(
            f"{day} 有多行：每个日期一行，一家公司", f"more than one row for {day}: one insurer, one row per date"
        )

    words = [*(n[0] for n in NAMES.values()), TITLE[0], NOTHING[0], ABSENT[0]] if lang == "zh" else []
    lettering = choose([title, *words, *(label for *_, label in thresholds), "%−"], lang, font)
    chart = Chart(lettering, (11, 7))
    chart.heading(lettering.safe(title, TITLE[1]) or lettering.pick(*TITLE))
    notes: list[tuple[str, str]] = []
    gaps: dict[str, list[str]] = {}
    with chart.styled():
        panels = chart.subplots(2, 1, sharex=True)
        dates = list(table["as_of"])
        for axes, (column, name), colour in zip(panels, NAMES.items(), (BLUE, GREEN), strict=True):
            ratios = [number(value) for value in table[column]]
            axes.set_title(lettering.pick(*name))
            _panel(axes, dates, ratios, [t for t in thresholds if t[0] == column], colour, lettering)
            gaps[column] = [date_label(day) for day, ratio in zip(dates, ratios, strict=True) if missing(ratio)]
        for group in [list(NAMES)] if len({tuple(days) for days in gaps.values()}) == 1 else [[c] for c in NAMES]:
            if gaps[group[0]]:
                zh, en = NAMES[group[0]] if len(group) == 1 else TITLE
                days = gaps[group[0]]
                notes.append(
                    (f"{zh}不可得{WHY[0]}：{'、'.join(days)}", f"{en} not available{WHY[1]}: {', '.join(days)}")
                )
        if undated:
            notes.append((f"{undated} 行没有日期，未画出", f"{undated} rows without a date are not drawn"))
        chart.footnotes(notes, lang)
    return chart


def _panel(
    axes: Axes,
    dates: list[pd.Timestamp],
    ratios: list[float],
    thresholds: list[Threshold],
    colour: str,
    lettering: Lettering,
) -> None:
    from matplotlib.patheffects import withStroke

    from solvency.plots.canvas import DARK, VERMILLION, blank, missing, percent, spread

    known = [i for i, ratio in enumerate(ratios) if not missing(ratio)]
    if not dates:
        blank(axes, lettering.pick(*NOTHING))
        return
    days = [day.toordinal() for day in dates]
    axes.plot(days, ratios, color=colour, marker="o", markersize=5, linewidth=1.8, zorder=3)
    limits = [value for _, value, _ in thresholds]
    reach = [ratios[i] for i in known] + limits + [0.0]
    low, high = min(reach), max(reach) or 1.0
    low -= 0.16 * (high - low) if low < 0 else 0.0
    high += 0.16 * (high - low)
    axes.set_ylim(low, high)
    room = max(15.0, 0.04 * (days[-1] - days[0]))
    axes.set_xlim(days[0] - room, days[-1] + room)

    # Thresholds: a dashed line each, named in the margin, where the names are kept apart.
    heights = spread([(value - low) / (high - low) for value in limits], 0.085, 0.02, 0.98)
    for (_, value, label), height in zip(thresholds, heights, strict=True):
        axes.axhline(value, color=VERMILLION, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
        axes.annotate(
            threshold_text(label, value, lettering),
            (1.0, (value - low) / (high - low)),
            xycoords="axes fraction",
            xytext=(1.025, height),
            textcoords="axes fraction",
            va="center",
            fontsize=9,
            color=VERMILLION,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": VERMILLION,
                "linewidth": 0.7,
                "shrinkA": 0,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )
    halo = [withStroke(linewidth=3, foreground="white")]
    shown = known
    if len(known) > LABELLED:
        shown = sorted({known[-1], max(known, key=ratios.__getitem__), min(known, key=ratios.__getitem__)})
    for i in shown:
        # Below the point in a dip, above it otherwise, so that the line does not run through the number.
        beside = [ratios[j] for j in (i - 1, i + 1) if 0 <= j < len(ratios) and not missing(ratios[j])]
        dip = bool(beside) and min(beside) > ratios[i] and ratios[i] - low > 0.12 * (high - low)
        axes.annotate(
            percent(ratios[i], limits),
            (days[i], ratios[i]),
            xytext=(0, -7 if dip else 7),
            textcoords="offset points",
            ha="center",
            va="top" if dip else "bottom",
            color=DARK,
            path_effects=halo,
            zorder=5,
        )
    for day in (day for i, day in enumerate(days) if i not in known):
        axes.text(
            day,
            0.5,
            lettering.pick(*ABSENT),
            transform=axes.get_xaxis_transform(),
            ha="center",
            color=DARK,
            fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
            zorder=4,
        )
    step = -(-len(days) // DATES)
    ticks = list(range(len(days) - 1, -1, -step))[::-1]
    axes.set_xticks([days[i] for i in ticks], [date_label(dates[i]) for i in ticks])
    if len(ticks) > 7 and any(dates[i] != dates[i] + _quarter_end() for i in ticks):
        axes.tick_params(axis="x", labelrotation=30)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.6g}%".replace("-", "−"))
    axes.grid(axis="y")
    if low < 0:
        axes.axhline(0, color=DARK, linewidth=0.8)


def _quarter_end() -> pd.offsets.QuarterEnd:
    import pandas as pd

    return pd.offsets.QuarterEnd(0)


def date_label(day: pd.Timestamp) -> str:
    """2025Q3 for a quarter-end, the date itself for any other day."""
    return f"{day.year}Q{day.quarter}" if day.normalize() == day.normalize() + _quarter_end() else str(day.date())


def threshold_text(label: str, value: float, lettering: Lettering) -> str:
    return f"{lettering.safe(label, ' ')} {value * 100:.6g}%".strip()


def need_columns(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise UsageError(f"缺少列：{'、'.join(absent)}", f"missing columns: {', '.join(absent)}")


def need_ratios(thresholds: Sequence[Threshold]) -> None:
    unknown = [ratio for ratio, *_ in thresholds if ratio not in NAMES]
    if unknown:
        raise UsageError(f"未知的比率：{unknown[0]!r}", f"unknown ratio {unknown[0]!r}; known: {', '.join(NAMES)}")
