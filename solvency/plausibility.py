"""Checks across figures: what was typed twice, units, grades; and which problems only follow from others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from solvency.errors import Problem
from solvency.rules.formulas import depends_on
from solvency.rules.frame import Array, Figures, Mask
from solvency.tables.positions.spec import position_tables
from solvency.tables.spec import line_items
from solvency.tables.validate import Problems

BEAR_INTEREST_TOO = ("bonds", "loans")  # the same rows bear interest-rate risk (rule 8, article 14)


def printing_unit(typed: pd.DataFrame, scale: int) -> Array:
    """The coarsest unit, in yuan, of which every typed amount of a row is a multiple: what filed figures were rounded to."""
    size = len(typed)
    units = [10.0**power for power in (6, 4, 2, 0, -2, -4, -6)]
    fits = np.ones((len(units), size), bool)
    for item, row in line_items().items():
        if row.kind == "amount":
            value = typed[item].to_numpy(dtype=float) * scale
            for i, unit in enumerate(units):
                multiple = np.abs(value / unit - np.round(value / unit)) < 1e-6
                fits[i] &= multiple | np.isnan(value)
    finest = np.full(size, 0.0)
    for i in reversed(range(len(units))):
        finest = np.where(fits[i], units[i], finest)
    return finest


def check_grade(cases: pd.DataFrame, status: pd.DataFrame, held: pd.DataFrame, figures: Figures) -> None:
    failing = held["ratios_insufficient"].to_numpy()
    notified = status["notified_grade"].to_numpy(dtype=object)
    figures.report(
        failing & (notified != "") & ~np.isin(notified, ["C", "D"]), "notified_grade", "grade_inconsistent",
        "充足率不达标，而最近通报评级在 B 类及以上", "a ratio is below its requirement, yet the latest notified grade is B or better",
        notified, severity="warning", article="规则第11号第十九条",
    )  # fmt: skip
    _check_quarters(cases, figures)
    own = status["grade_class"].to_numpy(dtype=object)
    apart = np.isin(own, ["C", "D"]) & np.isin(notified, ["AAA", "AA", "A", "BBB", "BB", "B"])
    apart |= np.isin(own, ["A", "B"]) & np.isin(notified, ["C", "D"])
    figures.report(
        apart & ~failing, "notified_grade", "grade_inconsistent", "最近通报评级与四类难以量化风险的判断不一致",
        "the latest notified grade and the judgement of the four risks do not fit", notified, severity="warning",
        article="规则第11号第十九条",
    )  # fmt: skip


def _check_quarters(cases: pd.DataFrame, figures: Figures) -> None:
    """A notified grade is of a quarter that has ended, and the one before it of an earlier quarter."""
    if cases[["notified_grade_quarter", "previous_grade_quarter"]].isna().to_numpy().all():
        return
    ended = pd.PeriodIndex(pd.to_datetime(cases["as_of"]), freq="Q")
    latest, previous = (
        pd.PeriodIndex(cases[f"{name}_quarter"].where(cases[f"{name}_quarter"].notna(), "NaT"), freq="Q")
        for name in ("notified_grade", "previous_grade")
    )
    for item, wrong, zh, en in (
        ("notified_grade_quarter", latest > ended, "评级所属季度晚于评估日", "the grade is of a quarter after the valuation date"),
        ("previous_grade_quarter", previous >= latest, "上一次评级不早于最近一次", "the grade before is not of an earlier quarter"),
    ):  # fmt: skip
        figures.report(np.asarray(wrong, bool), item, "grade_quarter", zh, en, cases[item].to_numpy(dtype=object),
                       severity="warning", article="规则第18号第三十三条")  # fmt: skip


def check_ratios(cases: pd.DataFrame, figures: Figures, by_levels: Mask | None = None) -> None:
    """Ratios and surpluses that were typed as well must be what comes out; units that do not fit each other.

    by_levels: (n,) where the levels of Lloyd's China are given; None: nowhere.
    """
    for item in ("core_ratio", "comprehensive_ratio"):
        given, computed = cases[item].to_numpy(float), figures.values[item]
        apart = np.abs(given - computed) > 0.0006 * np.maximum(1.0, np.abs(computed))
        figures.report(
            apart, item, "disagree", f"所填{line_items()[item].zh}与计算结果不一致",
            f"the given {line_items()[item].en.lower()} and the one computed differ", given,
            allowed="与计算结果一致；250% 填 2.5 或 250%", allowed_en="the computed ratio; 250% is written 2.5 or 250%",
            severity=figures.severity,
        )  # fmt: skip
    for item in ("core_surplus", "comprehensive_surplus"):
        given = cases[item].to_numpy(float)
        figures.compare(
            item, given, figures.values[item], ~np.isnan(given) & ~np.isnan(figures.values[item]), "资本减最低资本"
        )
    admitted = cases["admitted_assets"].to_numpy(float)
    for item, other, limit in (
        ("total_assets", admitted, 100.0), ("minimum_capital", admitted, 20.0), ("actual_capital", cases["total_assets"].to_numpy(float), 20.0),
    ):  # fmt: skip
        value = np.abs(figures.values[item] if item in figures.values else cases[item].to_numpy(float))
        both = (value > 0) & (other > 0)
        share = np.where(both, value / np.where(both, other, 1.0), 1.0)
        wild = (share > limit) | ((share < 0.01) if item == "total_assets" else np.zeros(figures.size, bool))
        figures.report(
            wild, item, "unit_mixed", f"{line_items()[item].zh}与资产规模相差悬殊，是否混用了元和万元？",
            f"{line_items()[item].en.lower()} does not fit the size of assets; are units mixed?", value,
            allowed="全表同一单位", allowed_en="one unit throughout",
        )  # fmt: skip
    without = np.ones(figures.size, bool) if by_levels is None else ~by_levels
    figures.report(
        cases["organisation"].eq("lloyds_china").to_numpy(dtype=bool) & without, "organisation", "not_covered",
        "未填承保部与公司层面（Departments 表），所填数字按整体计算，不按规则第20号加权",
        "the levels of Lloyd's China (table Departments) are not given; the figures are taken as those of the whole, without the weights of rule 20",
        severity="warning", article="规则第20号第十至十七条",
    )  # fmt: skip
    tiny = (admitted > 0) & (admitted < 1e7) & (figures.values["minimum_capital"] > 0)
    huge = admitted > 1e14
    figures.report(
        tiny | huge, "admitted_assets", "unit_suspect", "认可资产的数量级不像保险公司，请核对单位",
        "admitted assets are of an unlikely size; check the unit", admitted, severity="warning",
    )  # fmt: skip


def forget_consequential(problems: Problems) -> None:
    """Drop what only follows from a cell that could not be read: a total without its part, a blank left by it."""
    unread = {
        "not_a_number",
        "not_allowed",
        "not_a_date",
        "date_out_of_range",
        "error_cell",
        "no_cached_value",
        "external_link",
        "out_of_range",
        "merged",
    }
    roots: dict[int, set[str]] = {}
    for position, problem in zip(problems.positions, problems.found, strict=True):
        if problem.severity != "error":
            continue
        table = position_tables().get(problem.sheet)
        if table is not None:  # a position in error leaves its sub-risks open
            roots.setdefault(position, set()).update(spec.sub_risk for spec in table.charges)
            if any(spec.function in BEAR_INTEREST_TOO for spec in table.charges):
                roots[position].add("interest_rate_mc")
            if table.kind == "assessment":  # items in error leave no absolute score beside the industry base
                roots[position].add("sarmra_industry_base")
        if problem.code in unread:
            roots.setdefault(position, set()).add(problem.item if table is None else _cell(problem))
        elif problem.code == "missing_column":
            roots.setdefault(position, set()).add(problem.item)
    keep = [
        not _follows(problem, roots.get(position, set()))
        for position, problem in zip(problems.positions, problems.found, strict=True)
    ]
    problems.found[:] = [p for p, kept in zip(problems.found, keep, strict=True) if kept]
    problems.positions[:] = [p for p, kept in zip(problems.positions, keep, strict=True) if kept]


def _cell(problem: Problem) -> str:
    """A cell of a position table."""
    return f"{problem.item} {problem.cell or problem.row}"


def forget_missing(problems: Problems | None, positions: Array, sheets: tuple[str, ...]) -> None:
    """Drop that figures of some sheets are missing, of rows that need none of them."""
    if problems is None:
        return
    known, rows = line_items(), set(map(int, positions))
    keep = [
        not (p.code == "missing" and i in rows and p.item in known and known[p.item].sheet in sheets)
        for i, p in zip(problems.positions, problems.found, strict=True)
    ]
    problems.found[:] = [p for p, kept in zip(problems.found, keep, strict=True) if kept]
    problems.positions[:] = [p for p, kept in zip(problems.positions, keep, strict=True) if kept]


def _follows(problem: Problem, unread: set[str]) -> bool:
    """Whether a problem only follows from cells of the same row that could not be read."""
    if not unread:
        return False
    if problem.sheet in position_tables():
        return problem.code in ("missing", "no_factor") and not unread.isdisjoint({problem.item, _cell(problem)})
    if problem.code not in ("missing", "disagree", "unit_mixed", "not_positive", "above_limit"):
        return False
    # a total whose part is unreadable, or a part that was not needed beside its unreadable total
    return any(problem.item in depends_on(item) or item in depends_on(problem.item) for item in unread)


def ordered(problems: Problems, strict: bool) -> list[Any]:
    """Errors first, each in the order of the input."""
    rank = sorted(
        range(len(problems.found)), key=lambda i: (problems.found[i].severity != "error", problems.positions[i], i)
    )
    return [problems.found[i] for i in rank]
