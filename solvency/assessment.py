"""The data flow: input → checked figures → minimum capital → actual capital → ratios → grade → measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal, localcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import InputError, Problem, UsageError
from solvency.regulation.rulebook import Rulebook, first_date
from solvency.result import Result
from solvency.rules.formulas import depends_on
from solvency.rules.frame import ORIGINS, Array, Figures
from solvency.rules.ratios import RATIOS, settle_boundaries, solvency_ratios, thresholds
from solvency.rules.rule01_actual_capital import actual_capital
from solvency.rules.rule02_minimum_capital import minimum_capital
from solvency.rules.rule11_risk_rating import Scheme, compliance, risk_grade
from solvency.rules.supervision import conditions
from solvency.tables.spec import line_items
from solvency.tables.validate import Problems, clean, table_place, unit_scale

if TYPE_CHECKING:
    from solvency.excel.read import Book


def calculate(
    source: str | Path | pd.DataFrame | Book,
    *,
    as_of: date | str | None = None,
    unit: str | None = None,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[str | Path] = (),
    scheme: Scheme | str | Path | None = None,
    strict: bool = False,
    on_error: str = "raise",
) -> Result:
    """Solvency of every row: capital, ratios, grade, compliance and the measures they trigger.

    source: a workbook (path or `Book`), a CSV or Parquet file, or a DataFrame of n rows with the columns of the input
    contract; amounts in `unit` (a book's own; else 元). `as_of` replaces the date of the rules only. `scheme` is a scoring
    scheme of the user. `strict` makes warnings errors. `on_error="reject"` leaves rows with errors out, with their
    problems in `Result.rejects`. Raises InputError with all problems, UsageError, RegulationError.
    """
    if on_error not in ("raise", "reject"):
        raise UsageError("on_error 只能是 raise 或 reject", "on_error is raise or reject")
    given = load(source, unit)
    problems = given.problems
    typed = clean(given.cases, problems, book=given.book is not None)
    scoring = Scheme.read(scheme) if isinstance(scheme, (str, Path)) else scheme
    parts, rulebooks = [], {}
    for rulebook, rows in _editions(typed, as_of, readings, drafts):
        part = _assess(typed, rows, rulebook, given, scoring)
        parts.append(part)
        rulebooks[rulebook.edition] = rulebook
    _forget_consequential(problems)
    failing = problems.failing(len(typed), strict)
    if failing.any() and on_error == "raise":
        raise InputError(_ordered(problems, strict))
    if any(p == -1 and q.severity == "error" for p, q in zip(problems.positions, problems.found, strict=True)):
        raise InputError(_ordered(problems, strict))
    return _result(given, typed, parts, ~failing, problems, rulebooks, bool(as_of), strict)


@dataclass
class Given:
    """An input that was read, before it is checked."""

    cases: pd.DataFrame
    unit: str
    problems: Problems
    book: Book | None = None
    name: str = ""

    @cached_property
    def scale(self) -> int:
        return unit_scale(self.unit)


def load(source: str | Path | pd.DataFrame | Book, unit: str | None = None) -> Given:
    """Read any kind of input. Raises InputError or UsageError."""
    if isinstance(source, pd.DataFrame):
        if not len(source):
            raise UsageError("输入没有数据行", "the input has no rows")
        return Given(source, unit or "元", Problems(table_place))
    if isinstance(source, (str, Path)):
        path = Path(source)
        if not path.is_file():
            raise UsageError(f"找不到文件 {path}", f"no file {path}")
        if path.suffix.lower() in (".csv", ".tsv", ".txt", ".parquet"):
            from solvency.tables.read import read_table

            return Given(read_table(path), unit or "元", Problems(table_place), name=path.name)
        from solvency.excel.read import read_book

        source = read_book(path)
    book = source
    problems = Problems(book.place)
    for problem in book.problems:
        problems.found.append(problem)
        problems.positions.append(0)
    return Given(book.cases, unit or book.unit, problems, book, book.path.name)


@dataclass
class _Part:
    """The rows of one edition of the rules."""

    rows: npt.NDArray[np.intp]
    figures: pd.DataFrame
    origins: pd.DataFrame
    status: pd.DataFrame
    held: pd.DataFrame
    rulebook: Rulebook = field(repr=False)


def _editions(
    typed: pd.DataFrame, as_of: date | str | None, readings: Mapping[str, str] | None, drafts: Iterable[str | Path]
) -> Iterator[tuple[Rulebook, npt.NDArray[np.intp]]]:
    """Rows grouped by the rules that apply to them and by type of insurer."""
    paths = tuple(drafts)
    days = typed["as_of"] if as_of is None else pd.Series([as_of] * len(typed))
    usable = days.notna() & typed["insurer_type"].notna()
    groups: dict[tuple[Any, ...], tuple[Rulebook, list[npt.NDArray[np.intp]]]] = {}
    codes, uniques = pd.factorize(days.where(usable))
    for code, day in enumerate(uniques):
        rulebook = Rulebook.at(day, readings=readings, drafts=paths)
        rows = np.flatnonzero(codes == code)
        kinds = typed["insurer_type"].to_numpy()[rows]
        for kind in pd.unique(kinds):
            key = (*rulebook.edition, *rulebook.factors, kind)
            groups.setdefault(key, (rulebook, []))[1].append(rows[kinds == kind])
    if not groups:
        Rulebook.at(first_date(), readings=readings, drafts=paths)  # wrong readings and drafts are still reported
    for rulebook, chunks in groups.values():
        yield rulebook, np.sort(np.concatenate(chunks))


def _assess(
    typed: pd.DataFrame, rows: npt.NDArray[np.intp], rulebook: Rulebook, given: Given, scheme: Scheme | None
) -> _Part:
    """One group of rows through all stages."""
    cases = in_yuan(typed.iloc[rows], given.scale) if len(rows) < len(typed) else in_yuan(typed, given.scale)
    figures = Figures(len(rows), exact=False, problems=_Located(given.problems, rows), unit=given.unit)
    figures.tolerance = _Lazy(lambda: printing_unit(typed.iloc[rows], given.scale))  # type: ignore[assignment]
    _amounts(cases, rulebook, figures)
    settle_boundaries(
        figures, [(ratio, value) for ratio, _, value in thresholds(rulebook.exactly())],
        lambda positions: _exactly(typed.iloc[rows[positions]], rulebook, given.scale),
    )  # fmt: skip
    ratios = {ratio: figures.values[ratio] for ratio in RATIOS}
    status = risk_grade(cases, ratios, rulebook, scheme)
    status["compliant"], status["key_verification"] = compliance(status, ratios, rulebook)
    held = conditions(cases, ratios, status, rulebook)
    _check_grade(cases, status, held, figures)
    _check_ratios(cases, figures)
    return _Part(
        rows,
        pd.DataFrame(figures.values, index=rows, copy=False),
        pd.DataFrame(figures.origins, index=rows, copy=False),
        status.set_axis(rows),
        held.set_axis(rows),
        rulebook,
    )


def _amounts(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> None:
    """Minimum capital, actual capital and ratios; the part that is repeated exactly on a boundary."""
    minimum_capital(cases, rulebook, figures)
    actual_capital(cases, rulebook, figures)
    solvency_ratios(rulebook, figures)


def _exactly(typed: pd.DataFrame, rulebook: Rulebook, scale: int) -> dict[str, Array]:
    """Both ratios of a few rows in decimals, from the figures as typed."""
    with localcontext(Context(prec=50, traps=[])):
        cases = {}
        for item, row in line_items().items():
            values = typed[item].to_numpy()
            if row.kind in ("amount", "number", "ratio"):
                factor = scale if row.kind == "amount" else 1
                values = np.array([Decimal(repr(float(v))) * factor for v in values], dtype=object)
            cases[item] = values
        figures = Figures(len(typed), exact=True)
        _amounts(pd.DataFrame(cases), rulebook.exactly(), figures)
        return {ratio: figures.values[ratio] for ratio in RATIOS}


def in_yuan(typed: pd.DataFrame, scale: int) -> pd.DataFrame:
    """Amounts converted once, here."""
    if scale == 1:
        return typed
    amounts = [item for item, row in line_items().items() if row.kind == "amount"]
    return typed.assign(**{item: typed[item] * scale for item in amounts})


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


class _Lazy:
    """A tolerance that is worked out only when a check asks for it."""

    def __init__(self, make: Any):
        self._make = make

    @cached_property
    def _value(self) -> Array:
        return np.asarray(self._make())

    def __rmul__(self, factor: float) -> Array:
        return np.asarray(factor * self._value)


class _Located(Problems):
    """Problems of a group of rows, reported at their place in the whole input."""

    def __init__(self, whole: Problems, rows: npt.NDArray[np.intp]):
        super().__init__(whole.where, whole.found, whole.positions)
        self._rows = rows

    def add(self, position: int, item: str, code: str, zh: str, en: str, **rest: Any) -> None:
        super().add(int(self._rows[position]) if position >= 0 else position, item, code, zh, en, **rest)


def _check_grade(cases: pd.DataFrame, status: pd.DataFrame, held: pd.DataFrame, figures: Figures) -> None:
    failing = held["ratios_insufficient"].to_numpy()
    notified = status["notified_grade"].to_numpy(dtype=object)
    figures.report(
        failing & (notified != "") & ~np.isin(notified, ["C", "D"]), "notified_grade", "grade_inconsistent",
        "充足率不达标，而最近通报评级在 B 类及以上", "a ratio is below its requirement, yet the latest notified grade is B or better",
        notified, severity="warning", article="规则第11号第十九条",
    )  # fmt: skip
    own = status["grade_class"].to_numpy(dtype=object)
    apart = np.isin(own, ["C", "D"]) & np.isin(notified, ["AAA", "AA", "A", "BBB", "BB", "B"])
    apart |= np.isin(own, ["A", "B"]) & np.isin(notified, ["C", "D"])
    figures.report(
        apart & ~failing, "notified_grade", "grade_inconsistent", "最近通报评级与四类难以量化风险的判断不一致",
        "the latest notified grade and the judgement of the four risks do not fit", notified, severity="warning",
        article="规则第11号第十九条",
    )  # fmt: skip


def _check_ratios(cases: pd.DataFrame, figures: Figures) -> None:
    """Ratios and surpluses that were typed as well must be what comes out; units that do not fit each other."""
    for item in ("core_ratio", "comprehensive_ratio"):
        given, computed = cases[item].to_numpy(float), figures.values[item]
        apart = np.abs(given - computed) > 0.0006 * np.maximum(1.0, np.abs(computed))
        figures.report(
            apart, item, "disagree", f"所填{line_items()[item].zh}与计算结果不一致",
            f"the given {line_items()[item].en.lower()} and the one computed differ", given,
            allowed="与计算结果一致；250% 填 2.5 或 250%", allowed_en="the computed ratio; 250% is written 2.5 or 250%",
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
    figures.report(
        cases["organisation"].eq("lloyds_china").to_numpy(dtype=bool), "organisation", "not_covered",
        "劳合社（中国）承保部与公司两个层面的计量（规则第20号）尚未涵盖，所填数字按整体计算",
        "the two levels of Lloyd's China (rule 20) are not covered; the figures are taken as those of the whole",
        severity="warning", article="规则第20号第十至十七条",
    )  # fmt: skip
    tiny = (admitted > 0) & (admitted < 1e7) & (figures.values["minimum_capital"] > 0)
    huge = admitted > 1e14
    figures.report(
        tiny | huge, "admitted_assets", "unit_suspect", "认可资产的数量级不像保险公司，请核对单位",
        "admitted assets are of an unlikely size; check the unit", admitted, severity="warning",
    )  # fmt: skip


def _forget_consequential(problems: Problems) -> None:
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
        if problem.severity == "error" and problem.code in unread:
            roots.setdefault(position, set()).add(problem.item)
    keep = [
        not _follows(problem, roots.get(position, set()))
        for position, problem in zip(problems.positions, problems.found, strict=True)
    ]
    problems.found[:] = [p for p, kept in zip(problems.found, keep, strict=True) if kept]
    problems.positions[:] = [p for p, kept in zip(problems.positions, keep, strict=True) if kept]


def _follows(problem: Problem, unread: set[str]) -> bool:
    """Whether a problem only follows from cells of the same row that could not be read."""
    if problem.code not in ("missing", "disagree", "unit_mixed", "not_positive", "above_limit") or not unread:
        return False
    # a total whose part is unreadable, or a part that was not needed beside its unreadable total
    return any(problem.item in depends_on(item) or item in depends_on(problem.item) for item in unread)


def _ordered(problems: Problems, strict: bool) -> list[Any]:
    """Errors first, each in the order of the input."""
    rank = sorted(
        range(len(problems.found)), key=lambda i: (problems.found[i].severity != "error", problems.positions[i], i)
    )
    return [problems.found[i] for i in rank]


def _result(
    given: Given, typed: pd.DataFrame, parts: list[_Part], keep: npt.NDArray[np.bool_], problems: Problems,
    rulebooks: dict[Any, Rulebook], date_replaced: bool, strict: bool,
) -> Result:  # fmt: skip
    parts = [part for part in parts if keep[part.rows].any()]
    order = np.concatenate([part.rows for part in parts]) if parts else np.array([], int)

    def joined(name: str) -> pd.DataFrame:
        frames = [getattr(part, name) for part in parts]
        if len(frames) == 1 and keep.all():
            return pd.DataFrame(frames[0])
        whole = pd.concat(frames) if frames else pd.DataFrame()
        return whole.loc[np.sort(order[keep[order]])] if len(order) else whole

    words = [item for item, row in line_items().items() if row.kind in ("text", "choice", "date", "quarter")]
    rule_of = pd.Series(
        np.concatenate([np.full(len(part.rows), i) for i, part in enumerate(parts)]) if parts else [],
        index=order,
        dtype=int,
    )
    kept = np.flatnonzero(keep)
    rejects = _rejects(given.cases, problems, ~keep, strict) if not keep.all() else None
    return Result(
        cases=typed.loc[kept, words],
        figures=joined("figures"),
        origins=joined("origins"),
        status=joined("status"),
        conditions=joined("held"),
        unit=given.unit,
        rulebooks=[part.rulebook for part in parts],
        rule_of=rule_of.sort_index(),
        warnings=[
            problem.at(row=problem.row or str(position)) if not problem.sheet and position >= 0 else problem
            for position, problem in zip(problems.positions, problems.found, strict=True)
            if problem.severity == "warning" and (position < 0 or keep[position])
        ],
        warning_rows=[
            position for position, problem in zip(problems.positions, problems.found, strict=True)
            if problem.severity == "warning" and (position < 0 or keep[position])
        ],
        rejects=rejects,
        place=given.problems.where,
        date_replaced=date_replaced,
        source=given.name,
        origin_names=ORIGINS,
    )  # fmt: skip


def _rejects(cases: pd.DataFrame, problems: Problems, rejected: npt.NDArray[np.bool_], strict: bool) -> pd.DataFrame:
    """The rows left out as they were given, with their reasons in both languages."""
    zh: dict[int, list[str]] = {}
    en: dict[int, list[str]] = {}
    for position, problem in zip(problems.positions, problems.found, strict=True):
        if position >= 0 and rejected[position] and (strict or problem.severity == "error"):
            zh.setdefault(position, []).append(problem.message("zh"))
            en.setdefault(position, []).append(problem.message("en"))
    rows = np.flatnonzero(rejected)
    frame = cases.reset_index(drop=True).iloc[rows].copy()
    frame.insert(0, "line", rows + 2)
    frame["reasons_zh"] = [" | ".join(zh.get(int(i), [])) for i in rows]
    frame["reasons_en"] = [" | ".join(en.get(int(i), [])) for i in rows]
    return frame
