"""Charts: the waterfall of minimum capital, ratios against thresholds and grades over time, the stress tornado.

    figure = waterfall(figures, unit="亿元")          # a matplotlib Figure, with `.remarks`
    save(figure, "waterfall.svg")                     # .png, .svg or .pdf

matplotlib is loaded when a chart is drawn, not when this package is imported. Nothing is printed: what a reader should
be told (a missing ratio, a character no font can draw) is in `figure.remarks`.
"""

from solvency.plots.capital import waterfall
from solvency.plots.grades import grade_history
from solvency.plots.output import save
from solvency.plots.ratios import ratio_history
from solvency.plots.scenarios import tornado

__all__ = ["grade_history", "ratio_history", "save", "tornado", "waterfall"]
