"""Figures of an insurer or of the industry that stand in one row of a table of their own: Business and Industry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, first_of_each
from solvency.rules.rule04_nonlife_insurance_risk.rates import Figure, plain
from solvency.tables.positions.spec import position_tables


@dataclass(frozen=True, eq=False)
class OneRow:
    """A table with one row per case. row: of each case, -1 without one. asking: the table whose rows need the figures."""

    portfolio: Portfolio
    sheet: str
    asking: str
    row: Array

    def values(self, column: str) -> Array:
        """A column by case, NaN where it is blank or there is no row."""
        found = np.full(self.portfolio.size, np.nan)
        if self.sheet in self.portfolio.tables:
            there = self.row >= 0
            found[there] = self.portfolio.tables[self.sheet][column].to_numpy()[self.row[there]]
        return found

    def figure(self, column: str) -> Figure:
        return plain(self.values(column))

    def require(self, column: str, needed: Array, article: str) -> None:
        """An error for each case that needs this figure and does not give it."""
        lacking = needed & np.isnan(self.values(column))
        if not lacking.any():
            return
        label = position_tables()[self.sheet].column(column)
        self._report(lacking & (self.row >= 0), column, "missing", f"缺少{label.zh}", f"{label.en} is missing", article)
        without = lacking & (self.row < 0)
        if without.any():
            case = self.portfolio.tables[self.asking]["case"].to_numpy()
            self.portfolio.report(
                self.asking, first_of_each(case, self.portfolio.size) & without[case], "", "missing",
                f"{self.sheet} 表缺少{label.zh}", f"table {self.sheet} lacks: {label.en}", article=article,
            )  # fmt: skip

    def positive(self, column: str, needed: Array, article: str) -> None:
        """An error where a figure that is divided by is not above zero."""
        wrong = needed & (self.values(column) <= 0)
        if wrong.any():
            label = position_tables()[self.sheet].column(column)
            self._report(wrong, column, "out_of_range", f"{label.zh}应大于0", f"{label.en} must be above zero", article)

    def exceeds(self, column: str, whole: Array, article: str) -> None:
        """An error where a part is negative or more than its whole (by case)."""
        part = self.values(column)
        wrong = (part < 0) | (part > whole)
        if wrong.any():
            label = position_tables()[self.sheet].column(column)
            self._report(
                wrong, column, "out_of_range", f"{label.zh}不在0与合计之间", f"{label.en} is not between zero and the total", article
            )  # fmt: skip

    def _report(self, cases: Array, column: str, code: str, zh: str, en: str, article: str) -> None:
        if cases.any():
            rows = np.zeros(len(self.portfolio.tables[self.sheet]), bool)
            rows[self.row[cases]] = True
            self.portfolio.report(self.sheet, rows, column, code, zh, en, article=article)


def one_row(portfolio: Portfolio, sheet: str, asking: str) -> OneRow:
    """The rows of a table by case; a second row of a case is an error."""
    row = np.full(portfolio.size, -1)
    if sheet in portfolio.tables:
        case = portfolio.tables[sheet]["case"].to_numpy()
        first = first_of_each(case, portfolio.size)
        row[case[first]] = np.flatnonzero(first)
        portfolio.report(
            sheet, ~first, "", "doubled", f"{sheet} 每家公司每期只能有一行", f"{sheet} has one row per insurer and date"
        )
    return OneRow(portfolio, sheet, asking, row)
