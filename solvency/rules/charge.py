"""The standard charge of rules 8 and 9, article 6: exposure × RF0 × (1 + K), K within its limit, the factor at most one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from solvency.regulation.factors import Interval, Table
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array

REGIMES: Mapping[str, str] = {"spread_mc": "credit_charge", "counterparty_default_mc": "credit_charge"}
MARKET = "market_charge"
CONCENTRATION = ("k_counterparty", "k_asset_class", "k_real_estate")  # rule 8, chapter 7


def standard_charge(
    exposure: Array, rf0: Array, k_inside: Array | float, k_outside: Array | float, k_layer: Array | float,
    limit: Interval, most: float, floor: bool = True,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """The kernel: (K within its limit, risk factor before and after its cap, minimum capital) of n positions.

    exposure (CNY; with `floor` a negative one bears nothing), rf0, k_inside (sum of the coefficients within the limit), k_outside (sum
    of those beyond it), k_layer (Kp of rule 7, article 18): shape (n,) or one number. limit: of K; most: of the factor.
    """
    k = np.clip(k_inside, float(limit.lower), float(limit.upper))
    uncapped = rf0 * (1 + (k + k_outside + k_layer))
    rf = np.minimum(uncapped, most)
    return np.asarray(k), uncapped, rf, (np.maximum(exposure, 0) if floor else exposure) * rf


@dataclass(frozen=True, eq=False)
class Charge:
    """The charges of one kind on the rows of one table.

    frame: n rows, indexed by their row in the table; `case`, `line` (of the input table), `exposure`, `rf0`, `rf0_row` (row of
    the factor's table, -1: none), a column per coefficient, `k_before_limit` and `k_inside` (the sum within the limit before
    and after it), `k` (with those beyond it), `k_layer`, `rf_uncapped`, `rf`, `minimum_capital` (CNY), where a concentration
    coefficient strikes `concentration_mc` (what they add), and what else the class explains. coefficients: column -> factor.
    Of a charge by scenario (rule 5): `exposure` is the base present value, `pv_adverse` the other one, `scenario` which one that is; there
    is no factor, and what the group is called says where it stands.
    """

    sheet: str
    sub_risk: str
    group: str
    frame: pd.DataFrame
    rf0: str = ""
    coefficients: Mapping[str, str] = field(default_factory=dict)
    readings: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()  # of the charge itself, before those of its factors
    # column -> which of some factors, by row
    by_row: Mapping[str, tuple[Array, tuple[str, ...]]] = field(default_factory=dict)
    k_rows: Mapping[str, Array] = field(default_factory=dict)  # column -> the row of its factor's table
    not_applied: Mapping[str, str] = field(
        default_factory=dict
    )  # coefficient that is left out -> the factor that says so

    @property
    def by_scenario(self) -> bool:
        """Whether the rows are differences of present values."""
        return "pv_adverse" in self.frame


@dataclass(frozen=True, eq=False)
class Marks:
    """What stands beside the columns of a table's rows: their place in products, and which concentration strikes them."""

    k_layer: Array | float = 0.0
    inside: Mapping[str, tuple[Array, str]] = field(default_factory=dict)  # column -> (values, factor)
    outside: Mapping[str, tuple[Array, str]] = field(default_factory=dict)
    rows: Mapping[str, Array] = field(default_factory=dict)  # column -> the row of its factor's table that holds

    def beside(self, first: Marks) -> Marks:
        """These after the coefficients of the rows themselves."""
        rows = {**first.rows, **self.rows}
        return Marks(self.k_layer, {**first.inside, **self.inside}, {**first.outside, **self.outside}, rows)


def coefficients(rulebook: Rulebook, group: str, frame: pd.DataFrame) -> Marks:
    """The coefficients in force of a class on n rows, within the limit on K or beyond it; 0 where no row holds (article 6)."""
    inside: dict[str, tuple[Array, str]] = {}
    outside: dict[str, tuple[Array, str]] = {}
    rows: dict[str, Array] = {}
    for factor in rulebook.coefficients(group):
        side = outside if rulebook.outside_limit(factor.name) else inside
        column = factor.name.rpartition(".")[2]
        rows[column], k = factor_of(rulebook, factor.name, frame, absent=0.0)
        side[column] = (k, factor.name)
    return Marks(0.0, inside, outside, rows)


def charge(
    sheet: str, sub_risk: str, group: str, frame: pd.DataFrame, rulebook: Rulebook, exposure: Array, marks: Marks,
    *, rf0: str = "", rf0_values: Array | None = None, located: Array | None = None, coefficients_of: str | None = None,
    readings: tuple[str, ...] = (), regime: str = "", floor: bool = True,
) -> Charge:  # fmt: skip
    """The standard charge on n rows (rules 8 and 9, article 6).

    frame: n rows with the drivers of the factors and `case`, `line`. exposure (CNY, n). rf0: the factor, default
    `<group>.rf0`; rf0_values, located: where it was worked out already. coefficients_of: the class whose coefficients apply;
    default the group, "" for none. regime: whose limits on K and on the factor hold (`limits`), default those of the sub-risk. floor: a
    negative exposure bears nothing. A row for which no factor is published has NaN.
    """
    size = len(frame)
    name = rf0 or f"{group}.rf0"
    if rf0_values is None:
        located, values = factor_of(rulebook, name, frame)
    else:
        located, values = np.full(size, -1, np.int16) if located is None else located, rf0_values
    if coefficients_of != "":
        marks = marks.beside(coefficients(rulebook, coefficients_of or group, frame))
    columns = {
        column: np.asarray(np.broadcast_to(k, size)) for column, (k, _) in {**marks.inside, **marks.outside}.items()
    }
    names = {column: factor for column, (_, factor) in {**marks.inside, **marks.outside}.items()}
    inside, outside = (sum((k for k, _ in side.values()), start=0.0) for side in (marks.inside, marks.outside))
    regime = regime or REGIMES.get(sub_risk, MARKET)
    limit, most = limits(rulebook, regime)
    k_inside, uncapped, rf, mc = standard_charge(exposure, values, inside, outside, marks.k_layer, limit, most, floor)
    struck = [column for column in columns if column in CONCENTRATION]
    added = np.zeros(0)
    if struck:
        within = sum((columns[c] for c in struck if c in marks.inside), start=np.zeros(size))
        beyond = sum((columns[c] for c in struck if c in marks.outside), start=np.zeros(size))
        added = (
            mc - standard_charge(exposure, values, inside - within, outside - beyond, marks.k_layer, limit, most)[-1]
        )
    result = {
        "case": frame["case"].to_numpy(),
        "line": frame["line"].to_numpy(),
        "exposure": np.maximum(exposure, 0) if floor else exposure,
        "rf0": values,
        "rf0_row": located,
        **columns,
        "k_before_limit": np.asarray(np.broadcast_to(inside, size)),
        "k_inside": np.asarray(np.broadcast_to(k_inside, size)),
        "k": np.asarray(np.broadcast_to(k_inside + outside, size)),
        "k_layer": np.asarray(np.broadcast_to(marks.k_layer, size)),
        "rf_uncapped": uncapped,
        "rf": rf,
        "minimum_capital": mc,
        **({"concentration_mc": added} if struck else {}),
    }
    return Charge(
        sheet,
        sub_risk,
        group,
        pd.DataFrame(result, index=frame.index, copy=False),
        name if rf0_values is None or rf0 else "",
        names,
        readings,
        k_rows=marks.rows,
    )


def limits(rulebook: Rulebook, regime: str) -> tuple[Interval, float]:
    """The limits on K and on the risk factor that a rule writes; without an entry it writes none."""
    k_limit, rf_limit = f"{regime}.k_limit", f"{regime}.rf_limit"
    unlimited = Interval(Decimal("-inf"), Decimal("inf"), closed_left=False, closed_right=False)
    limit = rulebook.interval(k_limit) if rulebook.has(k_limit) else unlimited
    return limit, rulebook.value(rf_limit) if rulebook.has(rf_limit) else np.inf


def factor_of(rulebook: Rulebook, name: str, frame: pd.DataFrame, absent: float = np.nan) -> tuple[Array, Array]:
    """Which row of a factor holds for each of n rows (-1: none), and the factor (`absent` where none holds)."""
    table = rulebook.table(name)
    columns = drivers(table, frame)
    located = table.locate(columns, len(frame), rulebook.parents)
    return located, table.values(located, {of: frame[of].to_numpy() for of in table.arguments}, absent)


def drivers(table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    """The columns of a frame that a factor looks at; one that is not there counts as blank."""
    return {driver: frame[driver] for driver in table.drivers if driver in frame}


def driver_columns(rulebook: Rulebook, group: str, *others: str) -> set[str]:
    """Which columns the factor and the coefficients of a class look at, and other factors."""
    names = [f"{group}.rf0", *(factor.name for factor in rulebook.coefficients(group)), *others]
    return {column for table in map(rulebook.table, names) for column in (*table.drivers, *table.arguments)}
