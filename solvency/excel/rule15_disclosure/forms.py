"""The forms S01, S02 and S05 with their official rows, totals as live formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isnan
from typing import Any

from solvency.excel.rule15_disclosure.page import Page
from solvency.excel.rule15_disclosure.report import Period
from solvency.excel.rule15_disclosure.totals import TOTALS, UNDISCOUNTED, Total, parts_first
from solvency.result import EXTRA_LINES
from solvency.tables.spec import tables

CLOSE = 1e-9
Key = tuple[str, str]  # item, period


@dataclass(frozen=True)
class Line:
    """A row as it is printed; `number` is empty for a line beside the form."""

    item: str
    number: str
    zh: str
    en: str
    kind: str

    @property
    def main(self) -> bool:
        return self.number.isdigit()


@dataclass
class Form:
    """A written form: where each figure stands and what it shows."""

    page: Page
    sheet: str
    places: dict[Key, tuple[int, int]] = field(default_factory=dict)
    printed: dict[Key, float] = field(default_factory=dict)

    def elsewhere(self, key: Key) -> str:
        """The address of a figure for use on another sheet."""
        return self.page.cell(*self.places[key], sheet=True)


def write_form(
    page: Page, sheet: str, periods: Sequence[Period], *, linked: Sequence[Form] = (), only: Sequence[str] = ()
) -> Form:
    """A form from the page's next free row: row number, name, one column per period.

    linked: forms written before; a figure that stands there is taken from there. only: the items to show, all if empty.
    """
    form = Form(page, sheet)
    rows = [row for row in tables()[sheet] if not row.row_no.startswith("+") and (not only or row.item in only)]
    lines = [Line(row.item, row.row_no, row.zh, row.en, row.kind) for row in rows]
    lines += [] if only else _beside(sheet, periods)
    page.head(page.say("行次", "Row"), page.say("项目", "Item"), *(page.say(p.zh, p.en) for p in periods))
    for offset, line in enumerate(lines):
        depth = line.number.count(".") if line.number else 1
        page.text(page.row + offset, 0, line.number, "code", **_look(line))
        page.text(page.row + offset, 1, page.say(line.zh, line.en), indent=depth, **_look(line))
    by_item = {line.item: line for line in lines}
    for column, period in enumerate(periods, start=2):
        shown = _shown(sheet, period, list(by_item))
        for offset, item in enumerate(by_item):
            form.places[item, period.key] = (page.row + offset, column)
        for item in parts_first(list(by_item), sheet):
            _write(form, by_item[item], period, shown, linked)
    page.row += len(lines)
    return form


def _beside(sheet: str, periods: Sequence[Period]) -> list[Line]:
    """Lines the form does not have but its totals need."""

    def some(item: str) -> bool:
        return any(period.value(item) != 0.0 and not isnan(period.value(item)) for period in periods)

    lines = []
    if sheet == "S05" and any(period.has_size for period in periods):
        lines.append(Line("size_coefficient", "", "附：规模系数", "Beside the form: size coefficient", "number"))
        before = (
            "附：乘以规模系数之前的量化风险最低资本",
            "Beside the form: quantified risks before the size coefficient",
        )
        lines.append(Line(UNDISCOUNTED, "", *before, "amount"))
    if sheet == "S05" and some("relief_minimum_capital"):
        lines.append(
            Line(
                "relief_minimum_capital",
                "",
                "附：减：过渡期政策减免额",
                "Beside the form: less transition relief",
                "amount",
            )
        )
    if sheet == "S02" and some("core_tier1_over_limit"):
        zh, _, _ = EXTRA_LINES["core_tier1_over_limit"]
        lines.append(
            Line(
                "core_tier1_over_limit",
                "",
                f"附：减：{zh}",
                "Beside the form: less excess over the limit in core tier 1",
                "amount",
            )
        )
    return lines


def _shown(sheet: str, period: Period, items: Sequence[str]) -> dict[str, float]:
    """The figures a column has. Blanks taken as zero are left out where a given total says otherwise."""
    shown = {item: period.value(item) for item in items if not isnan(period.value(item))}
    for item, total in TOTALS[sheet].items():
        if shown.get(item) and all(part in period.blank_zero for part in total.plus):
            shown = {key: value for key, value in shown.items() if key not in total.plus}
    if not period.has_size:
        shown.pop("size_coefficient", None)
    return shown


def _write(form: Form, line: Line, period: Period, shown: dict[str, float], linked: Sequence[Form]) -> None:
    """One figure: taken from another sheet, as a formula of what stands on this one, as a number, or not supplied."""
    page, key, look = form.page, (line.item, period.key), _look(line)
    place = form.places[key]
    given = shown.get(line.item)
    for other in linked:
        if key in other.printed:
            form.printed[key] = other.printed[key]
            page.formula(*place, other.elsewhere(key), other.printed[key], line.kind, **look)
            return
    total = _total(form, line.item, period)
    if total is not None:
        worked = total.value(lambda part: form.printed[part, period.key])
        if isinstance(worked, str) or given is None or _agree(worked, given, total, form, period):
            if isinstance(worked, float):
                form.printed[key] = worked
            formula = total.text(lambda part: page.cell(*form.places[part, period.key]))
            page.formula(*place, formula, worked, line.kind, **look)
            return
    if given is not None:
        form.printed[key] = given
        page.number(*place, given, line.kind, **look)
    elif line.item in ("size_coefficient", UNDISCOUNTED) and period.values and not period.has_size:
        page.text(*place, page.say("不适用", "does not apply"), "absent", **look)
    else:
        page.absent(*place, **look)


def _total(form: Form, item: str, period: Period) -> Total | None:
    """How the figure is made of others, if all of them stand in this column."""
    total = TOTALS[form.sheet].get(item)
    if total is None or (item == UNDISCOUNTED and not period.has_size):
        return None

    def absent(part: str) -> bool:
        return (part, period.key) not in form.printed

    if item == "core_surplus":
        total = replace(total, share=period.core_share)
    if not period.has_size or "size_coefficient" not in total.parts:
        total = total.without(absent)
    return None if any(map(absent, total.parts)) else total


def _agree(worked: float, given: float, total: Total, form: Form, period: Period) -> bool:
    largest = max(abs(form.printed[part, period.key]) for part in total.parts)
    return abs(worked - given) <= CLOSE * (max(abs(given), 1.0) if total.over else max(abs(given), largest))


def _look(line: Line) -> dict[str, Any]:
    return {"bold": True, "bg_color": "#EEF2F8"} if line.main else {}
