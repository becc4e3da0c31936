"""Native charts: minimum capital step by step, and both ratios against their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from solvency.excel.rule15_disclosure.page import FONT, Page
from solvency.tables.spec import MODULES

BLUE, GREEN, RED, DARK, GREY = "#2F6DB5", "#4C9F70", "#C0504D", "#1F3864", "#7F7F7F"
LINE_COLOURS = (RED, "#E0912B", GREY)
SIZE = {"width": 860, "height": 360}
# short names of the steps, so that they stand side by side under the columns
STEPS = {
    "life_insurance_mc": ("寿险保险风险", "Life insurance"), "nonlife_insurance_mc": ("非寿险保险风险", "Non-life insurance"),
    "market_mc": ("市场风险", "Market"), "credit_mc": ("信用风险", "Credit"), "diversification": ("风险分散", "Diversification"),
    "loss_absorption": ("损失吸收", "Loss absorption"), "quantified_mc": ("量化风险", "Quantified risks"),
    "control_risk_mc": ("控制风险", "Control risk"), "additional_capital": ("附加资本", "Additional capital"),
    "minimum_capital": ("最低资本", "Minimum capital"),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One column of the waterfall, from `start` to `end`; a total stands on the axis."""

    zh: str
    en: str
    start: float
    end: float
    total: bool = False


def waterfall_steps(values: Mapping[str, float]) -> list[Step]:
    """From the modules of rule 2 to minimum capital. What the steps do not explain is a step of its own."""

    def of(item: str) -> float:
        value = values.get(item, float("nan"))
        return 0.0 if isnan(value) else value

    changes = [(*STEPS[module], of(module)) for module in MODULES]
    quantified = of("quantified_mc")
    if any(change for *_, change in changes):
        changes += [(*STEPS[item], -of(item)) for item in ("diversification", "loss_absorption")]
        before = sum(change for *_, change in changes)
        changes.append(("规模系数", "Size coefficient", quantified - before))
    else:
        changes = [(*STEPS["quantified_mc"], quantified)]
    changes += [(*STEPS[item], of(item)) for item in ("control_risk_mc", "additional_capital")]
    changes.append(("过渡期减免", "Transition relief", -of("relief_minimum_capital")))
    total = of("minimum_capital")
    rest = total - sum(change for *_, change in changes)
    changes.append(("未细分", "Not itemised", rest))
    smallest = 1e-6 * max(abs(total), *(abs(change) for *_, change in changes), 1e-300)
    steps, level = [], 0.0
    for zh, en, change in changes:
        if abs(change) > smallest:
            steps.append(Step(zh, en, level, level + change))
            level += change
    return [*steps, Step(*STEPS["minimum_capital"], 0.0, total, True)]


def waterfall(page: Page, values: Mapping[str, float]) -> None:
    """The table of steps and, beside it, stacked columns on an invisible base."""
    steps = waterfall_steps(values)
    page.head(
        page.say("步骤", "Step"), page.say("金额", "Amount"), page.say("底座（不显示）", "Base (not drawn)"), page.say("增加", "Increase"),
        page.say("减少", "Decrease"), page.say("合计", "Total"), page.say("零线以下", "Below zero"),
        page.say("标签高度", "Height of the label"),
    )  # fmt: skip
    first = page.row
    for step in steps:
        low, high = min(step.start, step.end), max(step.start, step.end)
        base = low if low > 0 else high if high < 0 else 0.0
        above = max(high, 0.0) - max(low, 0.0)
        below = min(low, 0.0) - min(high, 0.0)
        page.text(page.row, 0, page.say(step.zh, step.en))
        page.number(page.row, 1, step.end - step.start, "amount")
        kind = 2 if step.total else 0 if step.end >= step.start else 1
        for column, value in enumerate((base, *(above if i == kind else 0.0 for i in range(3)), below), start=2):
            page.number(page.row, column, value, "amount")
        page.number(page.row, 7, max(high, 0.0), "amount")
        page.row += 1
    last = page.row - 1
    chart = page.output.chart("column", "stacked")
    colours = {3: BLUE, 4: RED, 5: DARK, 6: GREY}
    drawn = [2, 3, 4, 5] + ([6] if any(min(s.start, s.end) < 0 for s in steps) else [])
    for column in drawn:
        hidden = column == 2
        chart.add_series({
            "name": [page.name, first - 1, column], "categories": page.span(first, last, 0), "values": page.span(first, last, column),
            "fill": {"none": True} if hidden else {"color": colours[column]}, "border": {"none": True}, "gap": 45,
        })  # fmt: skip
    digits = 0 if max(step.end for step in steps) >= 1000 else 2
    names = page.output.chart("line")
    names.add_series({
        "name": "", "categories": page.span(first, last, 0), "values": page.span(first, last, 7), "line": {"none": True}, "marker": {"type": "none"},
        "data_labels": {"value": True, "position": "above", "font": _font(),
                        "custom": [{"value": f"{step.end - step.start:,.{digits}f}"} for step in steps]},
    })  # fmt: skip
    chart.combine(names)
    _dress(
        chart,
        page.say("最低资本构成", "Minimum capital, step by step"),
        page.output.amounts_in,
        f"#,##0{'.00' if digits else ''}",
    )
    chart.set_legend({"position": "bottom", "delete_series": [0, len(drawn)], "font": _font()})
    _insert(page, chart)


def lines_chart(page: Page, first: int, last: int, columns: Sequence[int], names: Sequence[str], title: str) -> None:
    """Ratios as columns, their lines as dashes: the first `columns` hold the ratio, the others one line each."""
    columns_chart = page.output.chart("column")
    columns_chart.add_series({
        "name": names[0], "categories": page.span(first, last, 0), "values": page.span(first, last, columns[0]),
        "fill": {"color": BLUE}, "gap": 160, "data_labels": {"value": True, "num_format": "0.00%", "font": _font()},
    })  # fmt: skip
    marks = page.output.chart("line")
    for column, name, colour in zip(columns[1:], names[1:], LINE_COLOURS, strict=False):
        marks.add_series({
            "name": name, "categories": page.span(first, last, 0), "values": page.span(first, last, column), "line": {"none": True},
            "marker": {"type": "long_dash", "size": 22, "fill": {"color": colour}, "border": {"color": colour}},
        })  # fmt: skip
    columns_chart.combine(marks)
    _dress(columns_chart, title, "", "0%")
    columns_chart.set_legend({"position": "bottom", "font": _font()})
    _insert(page, columns_chart)


def ratios_chart(page: Page, first: int, last: int, title: str) -> None:
    """Both ratios by quarter (columns 2, 3) with what is required of each (columns 4, 5), named in the row above."""
    chart, required = page.output.chart("column"), page.output.chart("line")
    for column, colour in ((2, GREEN), (3, BLUE)):
        chart.add_series({
            "name": [page.name, first - 1, column], "categories": page.span(first, last, 1), "values": page.span(first, last, column),
            "fill": {"color": colour}, "gap": 110, "data_labels": {"value": True, "num_format": "0.00%", "font": _font()},
        })  # fmt: skip
    for column, colour in ((4, GREEN), (5, BLUE)):
        required.add_series({
            "name": [page.name, first - 1, column], "categories": page.span(first, last, 1), "values": page.span(first, last, column),
            "line": {"color": colour, "width": 1.75, "dash_type": "dash"}, "marker": {"type": "long_dash", "size": 9 if last > first else 28, "fill": {"color": colour}, "border": {"color": colour}},
        })  # fmt: skip
    chart.combine(required)
    _dress(chart, title, "", "0%")
    chart.set_legend({"position": "bottom", "font": _font()})
    _insert(page, chart)


def _dress(chart: Any, title: str, axis: str, number_format: str) -> None:
    chart.set_title({"name": title, "name_font": {**_font(12), "bold": True}, "overlay": False})
    chart.set_x_axis({"num_font": _font(), "label_position": "low"})
    named = {"name": axis, "name_font": _font()} if axis else {}
    chart.set_y_axis(
        {
            "num_font": _font(),
            "num_format": number_format,
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
            **named,
        }
    )
    chart.set_size(SIZE)


def _insert(page: Page, chart: Any) -> None:
    page.row += 1
    page.sheet.insert_chart(page.row, 0, chart, {"x_offset": 5, "y_offset": 5, "object_position": 1})
    page.row += SIZE["height"] // 20 + 2


def _font(size: int = 9) -> dict[str, Any]:
    return {"name": FONT, "size": size}
