"""The sheets beside the figures of the valuation date: forecast, exposures and sensitivities, statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from solvency.errors import Problem
from solvency.excel.tidy import INPUTS, Figure
from solvency.tables.spec import Row, Table
from solvency.tables.validate import show
from solvency.tables.values import day, number, quarter

NUMBERS = ("amount", "number", "ratio")
RATIO_ROUNDING = 0.0006
NAN = float("nan")


@dataclass
class FurtherSheet:
    """One such sheet: its input cells, read as their kind says. Problems and places are added to the book's."""

    table: Table
    figures: list[Figure]
    problems: list[Problem]
    cells: dict[str, tuple[str, str]]

    def forecast(self) -> pd.DataFrame | None:
        """Index item; columns next_quarter, year_end_1, year_end_2, NaN for blank; None if all is blank."""
        items = list(dict.fromkeys(figure.item for figure in self.figures))
        frame = pd.DataFrame(index=pd.Index(items, name="item"), columns=list(INPUTS["forecast"]), dtype=float)
        for figure in self.figures:
            name = self._keep(figure, f"{figure.item}.{figure.column}")
            if figure.value is not None:
                number = self._number(self.table.row(figure.item), figure, name)
                frame.loc[figure.item, figure.column] = NAN if number is None else number
        if frame.isna().all(axis=None):
            return None
        for column in frame.columns:
            self._check_ratios(str(column), {str(item): float(value) for item, value in frame[column].items()})
        return frame

    def effects(self) -> pd.DataFrame:
        """Filled rows: factor, item, value."""
        known = {(row.factor, row.item): row for row in self.table}
        rows = []
        for figure in self.figures:
            name = self._keep(figure, f"{figure.factor}.{figure.item}")
            own = Row(
                self.table.sheet, figure.item, figure.item, figure.item
            )  # a change of a line item, of either sign
            if figure.value is not None:
                number = self._number(known.get((figure.factor, figure.item), own), figure, name)
                if number is not None:
                    rows.append((figure.factor, figure.item, number))
        return pd.DataFrame(rows, columns=["factor", "item", "value"])

    def statements(self) -> dict[str, Any]:
        """Filled rows: item -> number, text, date or choice."""
        found: dict[str, Any] = {}
        for figure in self.figures:
            row = self.table.row(figure.item)
            name = self._keep(figure, figure.item)
            if figure.value is not None:
                value = self._number(row, figure, name) if row.kind in NUMBERS else self._word(row, figure, name)
                if value is not None:
                    found[figure.item] = value
        return found

    def _keep(self, figure: Figure, name: str) -> str:
        name = f"{self.table.sheet}.{name}"
        self.cells[name] = (self.table.sheet, figure.cell)
        return name

    def _number(self, row: Row, figure: Figure, name: str) -> float | None:
        return read_number(self.problems, row, figure.value, self.table.sheet, figure.cell, name)

    def _word(self, row: Row, figure: Figure, name: str) -> Any:
        value: Any = str(figure.value).strip()
        allowed = ""
        if row.kind == "date":
            value, allowed = day(figure.value), "2025-09-30"
        elif row.kind == "quarter":
            value, allowed = quarter(figure.value), "2025Q3"
        elif row.kind == "choice":
            accepted = {text.lower(): key for key, names in row.allowed().items() for text in (key, *names)}
            value, allowed = accepted.get(value.lower()), "、".join(zh for zh, _ in row.allowed().values())
        if value is None:
            self.problems.append(Problem(
                "not_allowed", "error", f"{row.zh}的取值不在允许范围", f"{row.en} is not an allowed value",
                sheet=self.table.sheet, cell=figure.cell, item=name, found=show(figure.value), allowed=allowed, article=row.article,
            ))  # fmt: skip
        return value

    def _check_ratios(self, column: str, amounts: dict[str, float]) -> None:
        """Ratios typed beside the forecast capital must be what that capital gives."""
        tier2 = amounts.get("core_tier2", NAN)
        core = amounts.get("core_tier1", NAN) + (tier2 if tier2 == tier2 else 0.0)
        minimum = amounts.get("minimum_capital", NAN)
        for item, capital in (("core_ratio", core), ("comprehensive_ratio", amounts.get("actual_capital", NAN))):
            ratio = capital / minimum if minimum > 0 else NAN
            if abs(amounts.get(item, NAN) - ratio) > RATIO_ROUNDING * max(1.0, abs(ratio)):
                row = self.table.row(item)
                sheet, cell = self.cells[f"{self.table.sheet}.{item}.{column}"]
                self.problems.append(Problem(
                    "disagree", "error", f"{row.zh}与预测的资本之比不一致", f"{row.en} is not the ratio of the forecast capital",
                    sheet=sheet, cell=cell, item=f"{self.table.sheet}.{item}", found=f"{show(amounts[item])} ≠ {ratio:.4f}",
                    allowed="资本 ÷ 最低资本；250% 填 2.5 或 250%", allowed_en="capital ÷ minimum capital; 250% is written 2.5 or 250%",
                ))  # fmt: skip


def read_number(problems: list[Problem], row: Row, value: Any, sheet: str, cell: str, name: str) -> float | None:
    """A number outside the cases that `tables.validate` checks, read and checked in the same way."""
    read, odd, bad = number(value)
    place = {"sheet": sheet, "cell": cell, "item": name, "found": show(value)}
    if bad:
        problems.append(Problem(
            "not_a_number", "error", f"{row.zh}不是数字", f"{row.en} is not a number",
            allowed="数字；没有就留空或填 0", allowed_en="a number; leave blank or type 0 if there is none", **place,
        ))  # fmt: skip
        return None
    if odd or isinstance(value, str):
        zh, en = f"{row.zh}是文本，已按数字读取", f"{row.en} is text and was read as a number"
        problems.append(Problem("number_as_text", "warning", zh, en, **place))
    low, high = row.minimum, row.maximum
    if (low is not None and read < low) or (high is not None and read > high):
        span = " ~ ".join(f"{limit:g}" for limit in (low, high) if limit is not None)
        if low is None or high is None:
            span = f"≥ {span}" if high is None else f"≤ {span}"
        hint, hint_en = ("；比例填小数或百分数", "; write a fraction or a percentage") if high == 1 else ("", "")
        problems.append(Problem(
            "out_of_range", "error", f"{row.zh}超出范围{hint}", f"{row.en} is out of range{hint_en}", allowed=span, article=row.article, **place,
        ))  # fmt: skip
        return None
    return read
