"""The standard charge of rules 8 and 9, article 6: exposure × RF0 × (1 + K), K within its limit, the factor at most one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    limit: Interval, most: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The kernel: (K, risk factor, minimum capital) of n positions.

    exposure (CNY; a negative one bears nothing), rf0, k_inside (sum of the coefficients within the limit), k_outside (sum
    of those beyond it), k_layer (Kp of rule 7, article 18): shape (n,) or one number. limit: of K; most: of the factor.
    """
    k = np.clip(k_inside, float(limit.lower), float(limit.upper)) + k_outside
    rf = np.minimum(rf0 * (1 + k + k_layer), most)
    return np.asarray(np.broadcast_to(k, exposure.shape)), rf, np.maximum(exposure, 0) * rf


@dataclass(frozen=True, eq=False)
class Charge:
    """The charges of one kind on the rows of one table.

    frame: n rows, indexed by their row in the table; `case`, `line` (of the input table), `exposure`, `rf0`, `rf0_row` (row of the factor's table, -1: none),
    a column per coefficient, `k_before_limit` and `k_inside` (the sum within the limit before and after it), `k` (with those beyond it),
    `k_layer`, `rf_uncapped`, `rf`, `minimum_capital` (CNY), where a concentration
    coefficient strikes `concentration_mc` (what they add), and what else the class explains. coefficients: column -> factor.
    """

    sheet: str
    sub_risk: str
    group: str
    frame: pd.DataFrame
    rf0: str = ""
    coefficients: Mapping[str, str] = field(default_factory=dict)
    readings: tuple[str, ...] = ()
    by_row: Mapping[str, tuple[Array, tuple[str, ...]]] = field(
        default_factory=dict
    )  # column -> which of some factors, by row

    @property
    def total(self) -> float:
        return float(self.frame["minimum_capital"].sum())


@dataclass(frozen=True, eq=False)
class Marks:
    """What stands beside the columns of a table's rows: their place in products, and which concentration strikes them."""

    k_layer: Array | float = 0.0
    inside: Mapping[str, tuple[Array, str]] = field(default_factory=dict)  # column -> (values, factor)
    outside: Mapping[str, tuple[Array, str]] = field(default_factory=dict)


def charge(
    sheet: str, sub_risk: str, group: str, frame: pd.DataFrame, rulebook: Rulebook, exposure: Array, marks: Marks,
    *, rf0: str = "", rf0_values: Array | None = None, located: Array | None = None, coefficients_of: str | None = None,
    readings: tuple[str, ...] = (),
) -> Charge:  # fmt: skip
    """The standard charge on n rows (rules 8 and 9, article 6).

    frame: n rows with the drivers of the factors and `case`, `line`. exposure (CNY, n). rf0: the factor, default
    `<group>.rf0`; rf0_values, located: where it was worked out already. coefficients_of: the class whose coefficients apply;
    default the group, "" for none. A row for which no factor is published has NaN.
    """
    size = len(frame)
    name = rf0 or f"{group}.rf0"
    if rf0_values is None:
        located, values = factor_of(rulebook, name, frame)
    else:
        located, values = np.full(size, -1) if located is None else located, rf0_values
    coefficients_of = group if coefficients_of is None else coefficients_of
    inside: Any = 0.0
    outside: Any = 0.0
    columns: dict[str, Array] = {}
    names: dict[str, str] = {}
    for factor in rulebook.coefficients(coefficients_of) if coefficients_of else ():
        row, k = factor_of(rulebook, factor.name, frame)
        k = np.where(row < 0, 0.0, k)
        column = factor.name.rpartition(".")[2]
        columns[column], names[column] = k, factor.name
        if rulebook.outside_limit(factor.name):
            outside = outside + k
        else:
            inside = inside + k
    for where, marked in (("inside", marks.inside), ("outside", marks.outside)):
        for column, (k, factor_name) in marked.items():
            columns[column], names[column] = np.asarray(np.broadcast_to(k, size)), factor_name
            if where == "inside":
                inside = inside + k
            else:
                outside = outside + k
    regime = REGIMES.get(sub_risk, MARKET)
    limit, most = rulebook.interval(f"{regime}.k_limit"), rulebook.value(f"{regime}.rf_limit")
    k, rf, mc = standard_charge(exposure, values, inside, outside, marks.k_layer, limit, most)
    struck = [column for column in columns if column in CONCENTRATION]
    added = np.zeros(0)
    if struck:
        within = sum((columns[c] for c in struck if c in marks.inside), start=np.zeros(size))
        beyond = sum((columns[c] for c in struck if c in marks.outside), start=np.zeros(size))
        added = mc - standard_charge(exposure, values, inside - within, outside - beyond, marks.k_layer, limit, most)[2]
    result = {
        "case": frame["case"].to_numpy(),
        "line": frame["line"].to_numpy(),
        "exposure": np.maximum(exposure, 0),
        "rf0": values,
        "rf0_row": located,
        **columns,
        "k_before_limit": np.asarray(np.broadcast_to(inside, size)),
        "k_inside": k - outside,
        "k": k,
        "k_layer": np.asarray(np.broadcast_to(marks.k_layer, size)),
        "rf_uncapped": values * (1 + k + marks.k_layer),
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
    )


def factor_of(rulebook: Rulebook, name: str, frame: pd.DataFrame) -> tuple[Array, Array]:
    """Which row of a factor holds for each of n rows (-1: none), and the factor (NaN where none holds)."""
    table = rulebook.table(name)
    columns = drivers(table, frame)
    located = table.locate(columns, len(frame), rulebook.parents)
    return located, table.values(located, {of: frame[of].to_numpy() for of in table.arguments})


def drivers(table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    """The columns of a frame that a factor looks at; one that is not there counts as blank."""
    return {driver: frame[driver] for driver in table.drivers if driver in frame}
