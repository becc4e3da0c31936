"""The base of a stress test: today's figures, the forecast, exposures, and the rows they make (rule 10, articles 9-20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.assessment import calculate
from solvency.errors import InputError, Problem, UsageError
from solvency.regulation.rulebook import Rulebook, draft_paths
from solvency.result import Result
from solvency.rules.aggregate import aggregate
from solvency.rules.frame import Array, Figures, Mask, decimals, missing, zeroed
from solvency.rules.rule01_actual_capital import limit_options, tier_limits
from solvency.rules.rule02_minimum_capital import matrices
from solvency.rules.rule10_stress_test.effects import Rows
from solvency.rules.rule10_stress_test.scenarios import mandatory_sizes
from solvency.source import load
from solvency.tables.exposures import TIERS, Exposures, exposure_items, read_exposures, read_forecast
from solvency.tables.spec import MODULES, SUB_RISKS, line_items
from solvency.tables.validate import unit_scale

if TYPE_CHECKING:
    from solvency.excel.read import Book

Positions = npt.NDArray[np.intp]
Frames = tuple[pd.DataFrame, ...]
TOTALS = (
    *TIERS, "core_capital", "actual_capital", *MODULES, "diversification", "quantified_mc", "loss_absorption", "control_risk_mc",
    "additional_capital", "minimum_capital", "core_ratio", "comprehensive_ratio",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Group:
    """Rows under the same rules and of the same type. `positions` count the rows of the result."""

    rulebook: Rulebook
    insurer_type: str
    positions: Positions
    exempt: bool


@dataclass(frozen=True, eq=False)
class Prepared:
    """Everything a stress test needs of its input."""

    result: Result
    unit: str
    horizon: str
    cells: Mapping[str, tuple[str, str]]
    exposures: Exposures
    forecast: dict[str, dict[str, Array]]
    groups: list[Group]
    warnings: list[Problem]
    options: Mapping[str, Any]
    static: bool | None

    def __len__(self) -> int:
        return len(self.result)


def prepare(
    source: str | Path | pd.DataFrame | Book | Frames, *, horizon: str, static: bool | None, as_of: date | str | None,
    unit: str | None, readings: Mapping[str, str] | None, drafts: Iterable[str | Path], on_error: str,
) -> Prepared:  # fmt: skip
    """Read and check the input of a stress test. Raises InputError with all problems, UsageError, RegulationError."""
    if horizon not in ("quarter", "year"):
        raise UsageError(
            f"horizon 只能是 quarter 或 year，不是 {horizon!r}", f"horizon is quarter or year, not {horizon!r}"
        )
    given, exposures, forecast, unit, cells = _parts(source, unit)
    options: dict[str, Any] = {
        "as_of": as_of,
        "readings": readings,
        "drafts": draft_paths(drafts),
        "on_error": on_error,
    }
    result = calculate(given, unit=unit, **options)
    groups = _groups(result)
    if not groups:
        raise UsageError("没有可以测试的行", "there is no row to test")
    problems: list[Problem] = []
    scale = unit_scale(unit)
    sizes = {key for group in groups for key in mandatory_sizes(group.rulebook)}
    if exposures is None:
        held = Exposures({item: np.full(len(result), np.nan) for item in exposure_items()})
    else:
        held = read_exposures(exposures, result.keys, scale, problems, lambda name: _has_size(name, sizes), cells)
    amounts = {} if forecast is None else read_forecast(forecast, result.keys, scale, problems, cells)
    if any(problem.severity == "error" for problem in problems):
        raise InputError(problems)
    warnings = [*result.warnings, *problems]
    return Prepared(result, unit, horizon, cells, held, amounts, groups, warnings, options, static)


def _parts(
    source: str | Path | pd.DataFrame | Book | Frames, unit: str | None
) -> tuple[Any, pd.DataFrame | None, pd.DataFrame | None, str, Mapping[str, tuple[str, str]]]:
    if isinstance(source, tuple):
        if not 1 <= len(source) <= 3:
            raise UsageError("数据为（公司表，暴露表[，预测表]）", "the frames are (cases, exposures[, forecast])")
        cases, exposures, forecast = (*source, None, None)[:3]
        return cases, exposures, forecast, unit or "元", {}
    if isinstance(source, pd.DataFrame):
        return source, None, None, unit or "元", {}
    given = load(source, unit)
    if given.book is None:
        return source, None, None, given.unit, {}
    return given.book, given.book.exposures, given.book.forecast, given.unit, given.book.cells


def _has_size(name: str, sizes: set[tuple[str, int]]) -> bool:
    for ending, side in (("_up", 1), ("_down", -1)):
        if name.endswith(ending) and (name.removesuffix(ending), side) in sizes:
            return True
    return (name, 0) in sizes


def _groups(result: Result) -> list[Group]:
    groups = []
    rule_of = result.rule_of.reindex(result.figures.index).to_numpy()
    types = result.cases["insurer_type"].to_numpy(dtype=object)
    organisation = result.cases["organisation"]
    for number in pd.unique(rule_of):
        rulebook = result.rulebooks[int(number)]
        positions = np.flatnonzero(rule_of == number)
        kind = str(types[positions[0]])
        members = rulebook.members("stress.exempt")
        exempt = organisation.isin(members).to_numpy()[positions] | (kind in members)
        for side in (False, True):
            if (exempt == side).any():
                groups.append(Group(rulebook, kind, positions[exempt == side], side))
    return groups


def base_amounts(prepared: Prepared, period: str) -> tuple[dict[str, Array], Mask]:
    """The base of each row in a period, and where it is static: today's figures, for want of a forecast.

    Sub-risks at the forecast are today's, scaled so that each module is its forecast total.
    """
    figures = prepared.result.figures
    amounts = {item: figures[item].to_numpy(float).copy() for item in (*SUB_RISKS, *TOTALS)}
    for module, items in MODULES.items():
        none = amounts[module] == 0
        whole = ~np.logical_or.reduce([np.isnan(amounts[item]) for item in items])
        for item in items:
            amounts[item] = np.where(none, 0.0, np.where(whole, amounts[item], np.nan))
    has = np.zeros(len(prepared), bool)
    if prepared.forecast and prepared.static is not True:
        has = np.logical_or.reduce([~np.isnan(values) for values in prepared.forecast[period].values()])
    if prepared.static is False and not has.all():
        raise InputError(
            Problem("missing", "error", f"没有预测数（{period}）", f"no forecast ({period})", sheet="Forecast",
                    item=str(prepared.result.cases["insurer"].iloc[i]))
            for i in np.flatnonzero(~has)
        )  # fmt: skip
    if has.any():
        today = {module: amounts[module] for module in MODULES}
        later = _forecast_figures(prepared, period, np.flatnonzero(has), amounts)
        for item in TOTALS:
            amounts[item] = np.where(has, later[item], amounts[item])
        for module, items in MODULES.items():
            grown = amounts[module] / np.where(today[module] > 0, today[module], np.nan)
            none = amounts[module] == 0
            for item in items:
                amounts[item] = np.where(has, np.where(none, 0.0, amounts[item] * grown), amounts[item])
    return amounts, ~has


def _forecast_figures(prepared: Prepared, period: str, rows: Positions, today: dict[str, Array]) -> dict[str, Array]:
    """Totals of the forecast, checked and completed as any input is; n values each, NaN outside `rows`."""
    result, given = prepared.result, prepared.forecast[period]
    frame = result.keys.iloc[rows].reset_index(drop=True)
    frame["scenario"] = frame["scenario"].astype(str) + f"@{period}@" + pd.Series(rows).astype(str)
    for item, values in given.items():
        frame[item] = values[rows]
    for item in ("size_coefficient", "relief_minimum_capital"):
        frame[item] = result.figures[item].to_numpy(float)[rows]
    frame["relief_source"] = result.cases["relief_source"].to_numpy(object)[rows]
    ratio = in_effect(today)[rows]
    control = np.full(len(prepared), np.nan)
    for group in prepared.groups:
        control[group.positions] = _quantified(group, given, result)
    typed = frame["control_risk_mc"].to_numpy(float)
    frame["control_risk_mc"] = np.where(np.isnan(typed), ratio * control[rows], typed)
    scale = unit_scale(prepared.unit)
    amounts = [item for item in frame if item in line_items() and line_items()[item].kind == "amount"]
    frame[amounts] = frame[amounts].astype(float) / scale  # problems then speak in the unit of the book
    try:
        later = calculate(frame, unit=prepared.unit, **prepared.options)
    except InputError as error:
        raise InputError(_replaced(problem, period, prepared, rows) for problem in error.problems) from None
    prepared.warnings.extend(_replaced(problem, period, prepared, rows) for problem in later.warnings)
    if later.rejects is not None:
        prepared.warnings.extend(
            Problem("forecast_rejected", "warning", f"{line.insurer}：{line.reasons_zh}", f"{line.insurer}: {line.reasons_en}", sheet="Forecast")
            for line in later.rejects.itertuples()
        )  # fmt: skip
    found = {}
    for item in TOTALS:
        found[item] = np.full(len(prepared), np.nan)
        found[item][rows[later.figures.index]] = later.figures[item].to_numpy(float)
    return found


def _technology(values: Array) -> Array:
    """K of specialised technology insurers, one elsewhere."""
    return np.where(missing(values), np.ones_like(values), values)


def _quantified(group: Group, given: dict[str, Array], result: Result) -> Array:
    """Quantified minimum capital of the forecast, typed or from its modules, for the control risk of its blank."""
    rows, numbers = group.positions, matrices(group.rulebook, group.insurer_type)
    modules = np.array([
        given[module][rows] if there else zeroed(given[module][rows])
        for module, there in zip(MODULES, numbers.present, strict=True)
    ])  # fmt: skip
    absorbed = given["loss_absorption"][rows]
    if line_items()["loss_absorption"].blank_for(group.insurer_type) is not None:
        absorbed = zeroed(absorbed)
    whole = ~np.isnan(modules).any(axis=0)
    computed = np.where(whole, aggregate(zeroed(modules), numbers.quantified), np.nan) - absorbed
    typed = given["quantified_mc"][rows]
    return np.where(np.isnan(typed), result.figures["size_coefficient"].to_numpy(float)[rows] * computed, typed)


def _replaced(problem: Problem, period: str, prepared: Prepared, rows: Positions) -> Problem:
    """A problem of the forecast in the coordinates of the user."""
    line = int(problem.row) - 2 if problem.row.isdigit() else -1
    many = len(prepared) > 1 and 0 <= line < len(rows)
    who = f"{prepared.result.cases['insurer'].iloc[rows[line]]} · " if many else ""
    _, cell = prepared.cells.get(f"Forecast.{problem.item}.{period}", ("", ""))
    return problem.at(
        sheet="Forecast", cell=cell, row="", zh=f"{who}{period}：{problem.zh}", en=f"{who}{period}: {problem.en}"
    )


def in_effect(amounts: Mapping[str, Array]) -> Array:
    """The control-risk factor in effect: control-risk over quantified minimum capital, NaN where not known."""
    quantified = amounts["quantified_mc"]
    nan: Any = np.nan if quantified.dtype != object else Decimal("nan")
    return np.asarray(amounts["control_risk_mc"] / np.where(quantified != 0, quantified, nan))


def group_rows(
    prepared: Prepared, group: Group, amounts: dict[str, Array], horizon: str, *, exact: bool = False
) -> Rows:
    """The base rows of one group, in decimals where asked for."""
    result, rows = prepared.result, group.positions
    rulebook = group.rulebook.exactly() if exact else group.rulebook

    def kept(values: Array) -> Array:
        return decimals(values[rows]) if exact else values[rows]

    def today(item: str) -> Array:
        return kept(result.figures[item].to_numpy(float))

    cases = result.cases.iloc[rows].assign(
        **{item: today(item) for item in ("future_surplus_limit", "relief_minimum_capital")}
    )
    base = {item: kept(amounts[item]) for item in (*SUB_RISKS, *TOTALS)}
    q = in_effect({item: today(item) for item in ("quantified_mc", "control_risk_mc")})
    q = np.where(missing(q), in_effect(base), q)
    exposures, sizes = prepared.exposures.take(rows), mandatory_sizes(group.rulebook)
    return Rows(
        amounts=base,
        exposures=exposures.exactly(decimals) if exact else exposures,
        factor=today("size_coefficient") * (1 + q),
        limits=tier_limits(cases, rulebook, Figures(len(rows), exact=exact)),
        mutual=cases["organisation"].isin(group.rulebook.members("capital_limit.core_tier2.exempt")).to_numpy(),
        insurer_type=group.insurer_type,
        horizon=horizon,
        matrices=matrices(rulebook, group.insurer_type),
        options=limit_options(group.rulebook),
        mandatory_sizes={key: Decimal(repr(size)) for key, size in sizes.items()} if exact else sizes,
        technology=_technology(today("technology_coefficient")) if "technology_coefficient" in result.figures else None,
    )
