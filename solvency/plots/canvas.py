"""The figure every chart is drawn on: one look, fonts that cover its text, the same bytes each time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure

from solvency.plots.lettering import Lettering

# Okabe and Ito's palette: told apart with any common colour blindness, and in grey by its lightness.
BLUE, VERMILLION, GREEN, DARK, GREY = "#0072B2", "#D55E00", "#009E73", "#333333", "#8C8C8C"

# The user's matplotlibrc must not change a chart: start from matplotlib's own defaults for whatever is drawn.
_DRAWN = {
    *("axes", "figure", "font", "grid", "hatch", "legend", "lines", "patch", "path", "text", "mathtext"),
    *("xtick", "ytick", "xaxis", "yaxis", "savefig", "svg", "pdf"),
}
_LOOK: dict[str, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.titlesize": 13,
    "figure.constrained_layout.w_pad": 0.12,  # inches
    "figure.constrained_layout.h_pad": 0.1,
    "grid.color": "#E5E5E5",
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.parse_math": False,  # a $ in a name is a $
    "svg.fonttype": "path",  # looks the same without the font
    "svg.hashsalt": "solvency",
    "pdf.compression": 6,
    "savefig.dpi": 150,
    "savefig.facecolor": "white",
}


class Chart(Figure):
    """A matplotlib Figure that is always drawn in its own style. `remarks`: what a reader should be told."""

    def __init__(self, lettering: Lettering, size: tuple[float, float]):
        defaults = matplotlib.rcParamsDefault
        self.style: Any = {key: defaults[key] for key in defaults if key.split(".")[0] in _DRAWN}
        self.style |= _LOOK | {"font.family": list(lettering.families)}
        self.lettering = lettering
        self.remarks: tuple[str, ...] = lettering.remarks
        with self.styled():
            super().__init__(figsize=size, layout="constrained")

    def styled(self) -> AbstractContextManager[None]:
        return matplotlib.rc_context(self.style)

    def draw(self, renderer: RendererBase) -> None:
        # Ticks are made while drawing, so the style has to hold then too.
        with self.styled():
            super().draw(renderer)

    def savefig(self, fname: Any, *, transparent: bool | None = None, **kwargs: Any) -> None:
        with self.styled():
            super().savefig(fname, transparent=transparent, **kwargs)

    def heading(self, title: str) -> None:
        with self.styled():
            self.suptitle(wrapped(title, 84), x=0.012, ha="left")

    def footnotes(self, notes: Sequence[tuple[str, str]], lang: str) -> None:
        """Notes (Chinese, English) under the chart, in the language drawn; as remarks, in the language asked for."""
        self.remarks += tuple(en if lang == "en" else zh for zh, en in notes)
        if notes:
            lines = [wrapped(self.lettering.safe(self.lettering.pick(*note)), 120) for note in notes]
            with self.styled():
                self.supxlabel("\n".join(lines), x=0.012, ha="left", fontsize=8.5, color=DARK)


def blank(axes: Axes, message: str) -> None:
    """An empty panel that says why it is empty."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, message, transform=axes.transAxes, ha="center", va="center", color=DARK, fontsize=12)


def wrapped(text: str, width: int) -> str:
    """Lines of at most `width` columns (a Chinese character is two), broken at spaces or between Chinese characters."""
    lines, line, room = [""], "", width
    for piece in _pieces(text):
        size = columns(piece)
        if size > room and line:
            lines[-1], line, room = line.rstrip(), "", width
            lines.append("")
            piece = piece.lstrip()
            size = columns(piece)
        line, room = line + piece, room - size
        lines[-1] = line
    return "\n".join(lines).rstrip()


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _pieces(text: str) -> Iterator[str]:
    """Pieces a line may be broken before: a word with the spaces before it, or one wide character."""
    piece = ""
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        closing = character in "，。；：、）》”%％"
        if piece and not closing and (wide or unicodedata.east_asian_width(piece[-1]) in "WF" or character == " "):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def spread(values: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places of labels: near `values`, at least `gap` apart and inside [low, high] if they fit."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    places = list(values)
    floor = low
    for i in order:
        places[i] = max(places[i], floor)
        floor = places[i] + gap
    ceiling = high
    for i in reversed(order):
        places[i] = min(places[i], ceiling)
        ceiling = places[i] - gap
    return places


def number(value: object) -> float:
    """A finite number, or NaN for everything that is not one."""
    try:
        figure = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
    return figure if abs(figure) != float("inf") else float("nan")


def rounded(value: float, digits: int, scale: int = 1, sign: str = "") -> str:
    """`value` x `scale` as it is read (half is rounded up), with a true minus sign and separators."""
    if abs(value) >= 1e13:  # no amount or ratio is; the chart stays readable all the same
        return f"{value * scale:{sign}.3g}".replace("-", "−")
    exact = (Decimal(repr(float(value))) * scale).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{exact or abs(exact):{sign},f}".replace("-", "−")


def percent(value: float, near: Sequence[float] = ()) -> str:
    """A ratio as 187.3%, with as many digits as it takes not to look like a threshold it does not meet."""
    digits = 1
    while digits < 7 and any(
        abs(value - t) > 1e-9 and rounded(value, digits, 100) == rounded(t, digits, 100) for t in near
    ):
        digits += 1
    return rounded(value, digits, 100) + "%"


def key(axes: Axes, handles: Sequence[Any], texts: Sequence[str], columns: int) -> None:
    """The legend, in a band of its own between heading and panel."""
    axes.legend(
        handles, texts, loc="lower left", bbox_to_anchor=(0.0, 1.01), ncols=columns, borderaxespad=0.0, borderpad=0.2
    )


def missing(value: float) -> bool:
    return value != value
