"""Grades over time: what the regulator notified, the insurer's own estimate, and the scores behind it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from solvency.errors import UsageError
from solvency.plots.ratios import DATES, NOTHING, date_label, need_columns
from solvency.rating_detail import SIDE_NAMES
from solvency.rules.rule11_risk_rating.grade import CLASS_OF
from solvency.rules.rule11_risk_rating.scheme import SCORES as SCORE_OF
from solvency.rules.rule11_risk_rating.scheme import TOTAL

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from solvency.plots.lettering import Lettering

GRADES = tuple(reversed(CLASS_OF))  # from below
# where a class is known and the grade within it is not
SPANS = {"A": ("A", "AAA"), "B": ("B", "BBB"), "C": ("C", "C"), "D": ("D", "D"), "C/D": ("D", "C")}
TITLE = ("风险综合评级", "Integrated risk rating")
NOTIFIED = ("监管通报评级（按所属季度）", "Grade notified by the regulator (by its quarter)")
OWN = ("自行估计", "Own estimate")
CLASS_ONLY = ("自行估计，只有类别", "Own estimate, class only")
SCORE_TITLE = ("评级得分（自行估计）", "Scores (own estimate)")
NOT_OFFICIAL = ("自行估计不是监管评级", "The own estimate is not the regulator's grade")
COMPLIANT = ("达标：B类及以上", "Complies: class B or better")
SCORES = {TOTAL: ("总得分", "Total"), **{SCORE_OF[side]: names for side, names in SIDE_NAMES.items()}}


def grade_history(
    frame: pd.DataFrame, *, note: tuple[str, str] = ("", ""), lang: str = "zh", title: str = "", font: str | os.PathLike[str] | None = None
) -> Figure:  # fmt: skip
    """The grades of one insurer by date: notified ones joined by a line, own estimates apart from them; its scores below.

    frame: n rows, one per date, of `GradeHistory.quarters`: `as_of`, `notified`, `own_grade`, `grade_class`, and where there are scores
    `score` and the five others. note: what the scores must be called, in Chinese and English. Returns a Figure with `.remarks`. Raises
    UsageError for a missing column, a doubled date, a grade that does not exist.
    """
    import pandas as pd

    from solvency.plots.canvas import Chart, blank
    from solvency.plots.lettering import choose

    need_columns(frame, ("as_of", "notified", "own_grade", "grade_class"))
    table = frame.assign(as_of=pd.to_datetime(frame["as_of"], errors="coerce")).dropna(subset=["as_of"])
    table = table.sort_values("as_of", kind="stable", ignore_index=True)
    if table["as_of"].duplicated().any():
        day = table.loc[table["as_of"].duplicated(), "as_of"].iloc[0].date()
        raise UsageError(
            f"{day} 有多行：每个日期一行，一家公司", f"more than one row for {day}: one insurer, one row per date"
        )
    for column, known in (("notified", GRADES), ("own_grade", (*GRADES, "C/D")), ("grade_class", SPANS)):
        odd = [str(name) for name in table[column].fillna("") if name and name not in known]
        if odd:
            raise UsageError(f"没有评级 {odd[0]!r}", f"there is no grade {odd[0]!r}")
    scored = "score" in table and table[[name for name in SCORES if name in table]].notna().to_numpy().any()
    names = (TITLE, NOTIFIED, OWN, CLASS_ONLY, SCORE_TITLE, NOT_OFFICIAL, COMPLIANT, NOTHING, *SCORES.values(), note)
    lettering = choose([title, *(zh for zh, _ in names if lang == "zh"), note[1], "−"], lang, font)
    chart = Chart(lettering, (11, 7.5 if scored else 4.5))
    chart.heading(lettering.safe(title, TITLE[1]) or lettering.pick(*TITLE))
    with chart.styled():
        panels: Sequence[Axes] = (
            chart.subplots(2, 1, sharex=True, height_ratios=(3, 2)) if scored else [chart.subplots()]
        )
        if len(table):
            _grades(panels[0], table, lettering)
            if scored:
                _scores(panels[1], table, lettering)
            _dates(panels, list(table["as_of"]))
        else:
            blank(panels[0], lettering.pick(*NOTHING))
        notes = []
        if table["own_grade"].fillna("").ne("").any() or table["grade_class"].fillna("").ne("").any():
            notes.append(
                (
                    NOT_OFFICIAL[0] + (f"；{note[0]}" if note[0] else ""),
                    NOT_OFFICIAL[1] + (f"; {note[1]}" if note[1] else ""),
                )
            )
        chart.footnotes(notes, lang)
    return chart


def _grades(axes: Axes, table: pd.DataFrame, lettering: Lettering) -> None:
    from solvency.plots.canvas import BLUE, GREY, VERMILLION

    axes.set_title(lettering.pick(*TITLE))
    days = [day.toordinal() for day in table["as_of"]]
    place = {name: float(i) for i, name in enumerate(GRADES)}
    height = [place.get(str(name), float("nan")) for name in table["notified"]]
    axes.plot(
        days, height, color=BLUE, marker="o", markersize=7, linewidth=1.8, zorder=3, label=lettering.pick(*NOTIFIED)
    )
    drawn: set[bool] = set()
    for day, own, kind in zip(days, table["own_grade"].fillna(""), table["grade_class"].fillna(""), strict=True):
        exact = own in place
        if not exact and kind not in SPANS:
            continue
        low, high = (place[own],) * 2 if exact else (place[name] for name in SPANS[kind])
        names: Any = {"label": lettering.pick(*(OWN if exact else CLASS_ONLY))} if exact not in drawn else {}
        drawn.add(exact)
        if exact:
            axes.plot(
                [day],
                [low],
                color=VERMILLION,
                marker="D",
                markersize=10,
                fillstyle="none",
                markeredgewidth=1.6,
                linestyle="",
                zorder=4,
                **names,
            )
        else:
            axes.plot(
                [day, day],
                [low - 0.25, high + 0.25],
                color=VERMILLION,
                linewidth=6,
                alpha=0.35,
                solid_capstyle="butt",
                zorder=2,
                **names,
            )
    axes.set_yticks(range(len(GRADES)), GRADES)
    axes.set_ylim(-0.6, len(GRADES) - 0.4)
    line = place["B"] - 0.5
    axes.axhline(line, color=GREY, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
    axes.annotate(lettering.pick(*COMPLIANT), (1.0, line), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
                  va="center", fontsize=9, color=GREY, annotation_clip=False)  # fmt: skip
    axes.grid(axis="y")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _scores(axes: Axes, table: pd.DataFrame, lettering: Lettering) -> None:
    from solvency.plots.canvas import DARK

    axes.set_title(lettering.pick(*SCORE_TITLE))
    days = [day.toordinal() for day in table["as_of"]]
    colours = (DARK, "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
    for (column, name), colour, mark in zip(SCORES.items(), colours, "os^vDP", strict=True):
        if column in table and table[column].notna().any():
            whole = column == "score"
            axes.plot(days, table[column].astype(float), color=colour, marker=mark, markersize=5, linewidth=2.2 if whole else 1.0,
                      zorder=4 if whole else 3, label=lettering.pick(*name))  # fmt: skip
    axes.grid(axis="y")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.6g}".replace("-", "−"))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _dates(panels: Sequence[Axes], dates: list[pd.Timestamp]) -> None:
    days = [day.toordinal() for day in dates]
    room = max(15.0, 0.04 * (days[-1] - days[0]))
    step = -(-len(days) // DATES)
    ticks = list(range(len(days) - 1, -1, -step))[::-1]
    for axes in panels:
        axes.set_xlim(days[0] - room, days[-1] + room)
        axes.set_xticks([days[i] for i in ticks], [date_label(dates[i]) for i in ticks])
    if len(ticks) > 7 and any("Q" not in date_label(dates[i]) for i in ticks):
        panels[-1].tick_params(axis="x", labelrotation=30)
