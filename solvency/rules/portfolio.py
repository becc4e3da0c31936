"""The positions of some insurers while their charges are worked out: tables, their place in products, concentration."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.charge import Charge, Marks
from solvency.rules.frame import Array, allowance
from solvency.tables.positions.read import MOST_PROBLEMS, Positions
from solvency.tables.positions.spec import position_tables
from solvency.tables.spec import UNITS
from solvency.tables.validate import Problems, show

if TYPE_CHECKING:
    from solvency.rules.rule08_market_risk.life_interest import LifeInterestCharge

CONCENTRATED = (
    "equity_price_mc",
    "overseas_fixed_income_mc",
    "overseas_equity_mc",
    "spread_mc",
    "counterparty_default_mc",
)


class Forms(UserDict[str, Any]):
    """Forms by official code: a frame, or a function without arguments that makes it when it is first asked for."""

    def __getitem__(self, code: str) -> pd.DataFrame:
        form = self.data[code]
        if callable(form):
            form = self.data[code] = form()
        assert isinstance(form, pd.DataFrame)
        return form


@dataclass
class Portfolio:
    """The positions of n cases of one type of insurer under one rulebook.

    positions: typed tables. cases: n rows; `as_of`, `total_assets` (CNY). structure: by sheet, where its rows stand in
    products. concentration: by sheet, the coefficients of rule 8, chapter 7, each (n rows).
    """

    positions: Positions
    cases: pd.DataFrame
    insurer_type: str
    rulebook: Rulebook
    problems: Problems
    tolerance: Array | None = None  # (n,) what rounding of typed amounts explains, CNY; None: only that of floats
    hypothetical: bool = False  # other rules than those the figures were filed under
    k_layer: dict[str, Array] = field(default_factory=dict)
    layers: dict[str, Array] = field(default_factory=dict)  # n of rule 7, article 18; 0 held directly
    top: dict[str, Array] = field(default_factory=dict)  # id of the directly held product, None where there is none
    concentrations: list[pd.DataFrame] = field(default_factory=list)  # what was measured against which limit
    asset_classes: dict[str, Array] = field(default_factory=dict)  # of each row: the class it counts in, None for none
    inside: dict[str, dict[str, tuple[Array, str]]] = field(default_factory=dict)
    concentration: dict[str, dict[str, tuple[Array, str]]] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)
    life: LifeInterestCharge | None = None  # interest-rate risk by scenarios
    left_out: list[pd.DataFrame] = field(default_factory=list)  # `case`, `id` of rows that are not looked through to
    forms: Forms = field(default_factory=Forms)  # by official code: what makes up a sub-risk
    kept: dict[str, Any] = field(default_factory=dict)  # what several rules work on, worked out once
    scale: int = 1  # yuan per unit of the input; problems show amounts as they were typed
    exposures: Mapping[str, str] = field(default_factory=dict)  # column of an exposure -> the one in its place
    exclusions: Mapping[str, str] = field(
        default_factory=dict
    )  # class of a charge -> a factor naming coefficients that do not apply

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        return self.positions.tables

    @property
    def size(self) -> int:
        return len(self.cases)

    def direct(self, sheet: str) -> Array:
        """Which rows are held directly."""
        layers = self.layers.get(sheet)
        return np.ones(len(self.tables[sheet]), bool) if layers is None else layers == 0

    def marks(self, sheet: str, sub_risk: str, rows: Array | None = None) -> Marks:
        """Layer and concentration coefficients of a table's rows for a sub-risk; `rows` picks some of them."""
        take: Any = slice(None) if rows is None else rows

        def taken(found: Mapping[str, tuple[Array, str]]) -> dict[str, tuple[Array, str]]:
            return {column: (values[take], factor) for column, (values, factor) in found.items()}

        layer = self.k_layer.get(sheet)
        everywhere = {"k_real_estate"}  # stands on tables of property alone
        if self.rulebook.reading("asset_class_concentration_risks") == "all":
            everywhere.add("k_asset_class")
        struck = {
            column: found
            for column, found in self.concentration.get(sheet, {}).items()
            if sub_risk in CONCENTRATED or column in everywhere
        }
        inside = taken(self.inside.get(sheet, {}))
        outside: dict[str, tuple[Array, str]] = {}
        for column, found in taken(struck).items():
            (outside if self.rulebook.outside_limit(found[1]) else inside)[column] = found
        return Marks(0.0 if layer is None else layer[take], inside, outside)

    def report(
        self, sheet: str, rows: Array, column: str, code: str, zh: str, en: str, found: Any = None,
        *, severity: str = "error", **rest: str,
    ) -> None:  # fmt: skip
        """A problem for each row of a table where `rows` holds; without an article of its own it has that of the table."""
        if not rest.get("article"):
            rest["article"] = position_tables()[sheet].article_of(column)
        lines, case = (self.tables[sheet][name].to_numpy() for name in ("line", "case"))
        told: set[int] = set()
        for count, i in enumerate(np.flatnonzero(rows)):
            if count == MOST_PROBLEMS:
                zh, en = (
                    f"{sheet}：同类问题过多，其余未列出",
                    f"{sheet}: too many problems of this kind; the others are not listed",
                )
            if count > MOST_PROBLEMS and (severity != "error" or int(case[i]) in told):
                continue  # but every case that has an error fails
            told.add(int(case[i]))
            place = self.positions.place(sheet, int(lines[i]), column)
            shown = {} if found is None or pd.isna(found[i]) else {"found": show(found[i])}
            self.problems.add_at(int(case[i]), place, code, zh, en, severity=severity, **{**shown, **rest})

    def report_apart(
        self, sheet: str, column: str, typed: Array, worked: Array, zh: str, en: str, *, article: str, size: Array | None = None,
        other: tuple[str, str, Array] | None = None,
    ) -> None:  # fmt: skip
        """A problem for each row of a table whose typed amount is not the one worked out, within rounding of amounts of `size` (CNY, n rows).

        other: the sheet, column and line (n rows) of the second amount, where it has a place of its own. Where one of the two is not
        finite there is nothing to compare. Under other rules than those filed under it is a warning.
        """
        both = np.isfinite(typed) & np.isfinite(worked)
        room = np.broadcast_to(self.room(sheet, typed if size is None else size), both.shape)
        apart = both.copy()
        apart[both] = np.abs(typed[both] - worked[both]) > room[both]
        if not apart.any():
            return
        unit = next(name for name, yuan in UNITS.items() if yuan == self.scale)
        figures = [[show(round(float(x) / self.scale, 8)) for x in side[apart]] for side in (typed, worked)]
        shown = np.full(len(apart), "", dtype=object)
        shown[apart] = [f"{t} ≠ {w} {unit}" for t, w in zip(*figures, strict=True)]
        if other is not None:
            sheet_of, column_of, lines = other
            places = [self.positions.place(sheet_of, int(line), column_of) for line in lines[apart]]
            shown[apart] += [f" ({p['sheet']}!{p.get('cell') or p['row']})" for p in places]
        severity = "warning" if self.hypothetical else "error"
        self.report(sheet, apart, column, "disagree", zh, en, shown, severity=severity, article=article)

    def room(self, sheet: str, size: Array) -> Array:
        """By how much amounts of `size` (CNY) on the rows of a table may differ: two printed units of their case, and floats."""
        units = 0.0 if self.tolerance is None else (2 * self.tolerance)[self.tables[sheet]["case"].to_numpy()]
        return np.asarray(allowance(units, size))

    def as_of(self, sheet: str) -> Array:
        """The valuation date of each row of a table, datetime64[D]."""
        days = pd.to_datetime(self.cases["as_of"]).to_numpy().astype("datetime64[D]")
        return np.asarray(days[self.tables[sheet]["case"].to_numpy()])

    def stale(self, sheet: str, months: str, column: str = "data_date") -> Array:
        """Rows whose data are older than a number of months that the rulebook names; undated data count as current.

        A date after the valuation date is told of.
        """
        frame = self.tables[sheet]
        if column not in frame:
            return np.zeros(len(frame), bool)
        offset = pd.DateOffset(months=int(self.rulebook.value(months)))
        days = pd.to_datetime(self.cases["as_of"])
        oldest = (days - offset).to_numpy().astype("datetime64[D]")[frame["case"].to_numpy()]
        dates = frame[column].to_numpy().astype("datetime64[D]")
        self.report(
            sheet, dates > self.as_of(sheet), column, "date_after", "日期晚于评估日", "the date is after the valuation date",
            dates, severity="warning",
        )  # fmt: skip
        with np.errstate(invalid="ignore"):
            return np.asarray(dates < oldest)

    def sum_by_case(self, values: Array, case: Array) -> Array:
        if self.size == 1:
            return np.array([values.sum()])
        return np.bincount(case, weights=values, minlength=self.size)


def first_of_each(group: Array, count: int) -> Array:
    """Which of n rows are the first of their group, groups being numbered below `count`."""
    place = np.full(count, -1)
    place[group[::-1]] = np.arange(len(group))[::-1]
    return np.asarray(place[group] == np.arange(len(group)))


def title(sheet: str) -> tuple[str, str]:
    """The names of a table."""
    table = position_tables()[sheet]
    return table.zh, table.en


def text(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column of classes or texts as texts, None for blank."""
    return frame[column].astype(object).where(frame[column].notna(), None)


def is_class(frame: pd.DataFrame, column: str, *names: str) -> Array:
    """Which rows hold one of these classes; False for a blank and for a column that is not there."""
    if column not in frame:
        return np.zeros(len(frame), bool)
    series = frame[column]
    wanted = [i for i, name in enumerate(series.cat.categories) if name in names]
    codes = series.cat.codes.to_numpy()
    if len(wanted) == 1:
        return np.asarray(codes == wanted[0])
    among = np.zeros(len(series.cat.categories) + 1, bool)  # a blank, -1, is the last
    among[wanted] = True
    return among[codes]


def amounts(frame: pd.DataFrame, column: str) -> Array:
    """A column of numbers, a blank being zero."""
    return np.nan_to_num(frame[column].to_numpy(dtype=float)) if column in frame else np.zeros(len(frame))


def recoded(frame: pd.DataFrame, column: str, rows: Array, name: str) -> pd.DataFrame:
    """The frame with one class set in some rows."""
    if not rows.any():
        return frame
    series = frame[column]
    if name not in series.cat.categories:
        series = series.cat.add_categories([name])
    codes = np.where(rows, list(series.cat.categories).index(name), series.cat.codes.to_numpy())
    return frame.assign(
        **{column: pd.Categorical.from_codes(np.asarray(codes, np.int64), categories=series.cat.categories)}
    )


def codes_in(series: pd.Series, names: tuple[str, ...]) -> Array:
    """The place of each class of a column in a list, -1 for a blank or another one."""
    place = {name: i for i, name in enumerate(names)}
    return np.array([*(place.get(name, -1) for name in series.cat.categories), -1], np.int16)[
        series.cat.codes.to_numpy()
    ]


def all_of_class(size: int, name: str) -> pd.Categorical:
    """A column that holds one class throughout."""
    return pd.Categorical.from_codes(np.zeros(size, np.int64), categories=pd.Index([name], dtype=object))
