"""The data flow: input → checked figures → minimum capital → actual capital → ratios → grade → measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal, localcontext
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import InputError, UsageError
from solvency.grading import Computed, Judged, figures_before, judged, scheme_lines
from solvency.plausibility import (
    forget_consequential,
    forget_missing,
    ordered,
    printing_unit,
)
from solvency.regulation.document import read_document
from solvency.regulation.rulebook import Rulebook, draft_paths, first_date, published_factors
from solvency.result import Result
from solvency.rules.frame import ORIGINS, Array, Figures
from solvency.rules.ratios import RATIOS, settle_boundaries, solvency_ratios, thresholds
from solvency.rules.rule01_actual_capital import actual_capital
from solvency.rules.rule02_minimum_capital import minimum_capital
from solvency.rules.rule11_risk_rating import Rating, Scheme
from solvency.source import Given, PositionSource, load
from solvency.tables.spec import line_items
from solvency.tables.validate import Located, Problems, clean

if TYPE_CHECKING:
    from solvency.excel.read import Book
    from solvency.rules.positions import Charged
    from solvency.rules.rule01_actual_capital.detail import AssetSide
    from solvency.rules.rule13_liquidity_risk import Liquidity
    from solvency.rules.rule20_lloyds_china.whole import Whole
    from solvency.tables.positions.read import Positions


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
    positions: PositionSource = None,
    prior: Any = None,
) -> Result:
    """Solvency of every row: capital, ratios, grade, compliance and the measures they trigger.

    source: a workbook (path or `Book`), a CSV or Parquet file, or a DataFrame of n rows with the columns of the input
    contract; amounts in `unit` (default 元; a book states its own). `as_of` replaces the date of the rules only. `scheme` is a scoring
    scheme of the user. `strict` makes warnings errors. `on_error="reject"` leaves rows with errors out, with their
    problems in `Result.rejects`. positions: tables of positions beside the input, from which sub-risks are worked out: a
    folder of files named by code (MR01.csv), or frames by code. prior: last quarter's input or `Result`, or several, for a scheme
    that scores changes; a quarter that stands in the input itself is found there. Raises InputError with all problems, UsageError, RegulationError.
    """
    if on_error not in ("raise", "reject"):
        raise UsageError("on_error 只能是 raise 或 reject", "on_error is raise or reject")
    drafts = draft_paths(drafts)
    given = load(source, unit, positions)
    problems = given.problems
    typed = clean(given.cases, problems, book=given.book is not None)
    scoring = Scheme.read(scheme) if isinstance(scheme, (str, Path)) else scheme
    earlier = _earlier(prior, scoring, {"unit": unit, "readings": readings, "drafts": drafts})
    held = positions_of(given, typed, as_of, readings, drafts)
    computed = [
        _assess(typed, rows, rulebook, given, scoring, held, hypothetical=as_of is not None)
        for rulebook, rows in editions(typed, as_of, readings, drafts)
    ]
    failing = problems.failing(len(typed))
    before = figures_before(computed, typed, scoring, earlier, failing)
    parts = [_part(part, judged(part, scoring, before, failing)) for part in computed]
    _new_factors(problems, drafts)
    forget_consequential(problems)
    failing = problems.failing(len(typed), strict)
    if failing.any() and on_error == "raise":
        raise InputError(ordered(problems, strict))
    if any(p == -1 and q.severity == "error" for p, q in zip(problems.positions, problems.found, strict=True)):
        raise InputError(ordered(problems, strict))
    return _result(given, typed, parts, ~failing, problems, bool(as_of), strict)


def _earlier(prior: Any, scheme: Scheme | None, options: dict[str, Any]) -> list[Result]:
    """The results of earlier quarters, each under the rules of its own date; none where the scheme scores no change."""
    if prior is None or scheme is None or not scheme.changing:
        return []
    several = prior if isinstance(prior, (list, tuple)) else [prior]
    return [each if isinstance(each, Result) else calculate(each, **options) for each in several]


def _new_factors(problems: Problems, drafts: Iterable[Path]) -> None:
    """A draft's factor that amends nothing changes nothing: most likely a slip in its name."""
    known = published_factors()
    for path in drafts:
        for name in read_document(path, draft=True).factors:
            if name not in known:
                near = "、".join(get_close_matches(name, sorted(known), n=2))
                problems.add(
                    -1, name, "draft_factor", f"征求意见稿中的因子 {name} 不修订任何现有因子，不影响计算",
                    f"the draft's factor {name} amends nothing and changes nothing", severity="warning", allowed=near,
                )  # fmt: skip


def positions_of(
    given: Given,
    typed: pd.DataFrame,
    as_of: date | str | None,
    readings: Mapping[str, str] | None,
    drafts: Iterable[str | Path],
) -> Positions | None:
    """The position tables, checked by the classes of the latest rules used; None without any."""
    if not given.positions:
        return None
    from solvency.tables.positions.read import read_positions

    days = [day for day in typed["as_of"] if day is not None] if as_of is None else [as_of]
    rulebook = Rulebook.at(max(days, default=date.today()), readings=readings, drafts=drafts)
    return read_positions(given.positions, typed, given.scale, rulebook, given.problems)


@dataclass
class _Part:
    """The rows of one edition of the rules."""

    rows: npt.NDArray[np.intp]
    figures: pd.DataFrame
    origins: pd.DataFrame
    status: pd.DataFrame
    held: pd.DataFrame
    rulebook: Rulebook = field(repr=False)
    charged: Charged | None = field(default=None, repr=False)
    rating: Rating | None = field(default=None, repr=False)


def editions(
    typed: pd.DataFrame, as_of: date | str | None, readings: Mapping[str, str] | None, drafts: Iterable[Path]
) -> Iterator[tuple[Rulebook, npt.NDArray[np.intp]]]:
    """Rows grouped by the rules that apply to them and by type of insurer."""
    # a row without a usable date has an error; today's rules still find its other problems
    days = (
        typed["as_of"].where(typed["as_of"].notna(), date.today()) if as_of is None else pd.Series([as_of] * len(typed))
    )
    usable = typed["insurer_type"].notna()
    groups: dict[tuple[Any, ...], tuple[Rulebook, list[npt.NDArray[np.intp]]]] = {}
    codes, uniques = pd.factorize(days.where(usable))
    for code, day in enumerate(uniques):
        rulebook = Rulebook.at(day, readings=readings, drafts=drafts)
        rows = np.flatnonzero(codes == code)
        kinds = typed["insurer_type"].to_numpy()[rows]
        for kind in pd.unique(kinds):
            key = (*rulebook.edition, *rulebook.factors, kind)
            groups.setdefault(key, (rulebook, []))[1].append(rows[kinds == kind])
    if not groups:
        Rulebook.at(first_date(), readings=readings, drafts=drafts)  # wrong readings and drafts are still reported
    for rulebook, chunks in groups.values():
        yield rulebook, np.sort(np.concatenate(chunks))


def _assess(
    typed: pd.DataFrame,
    rows: npt.NDArray[np.intp],
    rulebook: Rulebook,
    given: Given,
    scheme: Scheme | None,
    positions: Positions | None,
    *,
    hypothetical: bool,
) -> Computed:
    """The figures of one group of rows."""
    cases = in_yuan(typed.iloc[rows], given.scale) if len(rows) < len(typed) else in_yuan(typed, given.scale)
    figures = Figures(len(rows), exact=False, problems=Located(given.problems, rows), unit=given.unit)
    figures.hypothetical = hypothetical or rulebook.is_hypothetical
    figures.tolerance = _Lazy(lambda: printing_unit(typed.iloc[rows], given.scale))  # type: ignore[assignment]
    charged = tables = own = side = None
    if positions is not None:
        from solvency.rules.positions import position_charges
        from solvency.rules.rule01_actual_capital.detail import asset_side, capital_tables, without_capital

        own, located = positions.take(rows, len(typed)), Located(given.problems, rows)
        kind = str(cases["insurer_type"].iloc[0])
        side = asset_side(own, cases, kind, rulebook, located, given.scale, hypothetical=figures.hypothetical)
        charged = position_charges(
            without_capital(own), side.completed(), kind, rulebook, located,
            tolerance=figures.tolerance, hypothetical=figures.hypothetical, scale=given.scale,
        )  # fmt: skip
        tables = capital_tables(side, charged.sub_risks)
        figures.from_positions = {**charged.sub_risks, **tables.figures}
    liquid = _liquidity(positions, own, side)
    _amounts(cases, rulebook, figures)
    liquid.put(figures)
    whole = _whole_of_levels(charged, rulebook, figures, rows)
    if charged is not None and tables is not None:
        charged = charged.with_capital({**tables.closed(figures), **liquid.forms}, tables.positions)

    def exactly(near: npt.NDArray[np.intp]) -> dict[str, Array]:
        found = _exactly(typed.iloc[rows[near]], rulebook, given.scale, figures, near)
        return found if whole is None else whole.exactly(found, figures.values["size_coefficient"], near)

    lines = [(ratio, value) for ratio, _, value in thresholds(rulebook.exactly())] + scheme_lines(scheme)
    settle_boundaries(figures, lines, exactly)
    return Computed(rows, cases, figures, rulebook, charged, whole, liquid.failing)


def _part(computed: Computed, found: Judged) -> _Part:
    rows, figures = computed.rows, computed.figures
    return _Part(
        rows,
        pd.DataFrame(figures.values, index=rows, copy=False),
        pd.DataFrame(figures.origins, index=rows, copy=False),
        found.status.set_axis(rows),
        found.held.set_axis(rows),
        computed.rulebook,
        computed.charged,
        found.rating,
    )


def _liquidity(positions: Positions | None, own: Positions | None, side: AssetSide | None) -> Liquidity:
    """Rule 13: the liquidity indicators of a group of rows; none without its tables. own: the tables of the group."""
    from solvency.rules.rule13_liquidity_risk.forms import KIND
    from solvency.rules.rule13_liquidity_risk.liquidity import Liquidity, liquidity
    from solvency.tables.positions.spec import position_tables

    if positions is None or own is None or side is None:
        return Liquidity()
    if not any(position_tables()[sheet].kind == KIND for sheet in positions.tables):
        return Liquidity()
    of = side.portfolio
    return liquidity(
        own, side.completed(), of.insurer_type, of.rulebook, of.problems, of.scale,
        cash_tools=side.book_value("cash_and_liquidity_tools"), held=True, hypothetical=of.hypothetical,
    )  # fmt: skip


def _whole_of_levels(
    charged: Charged | None, rulebook: Rulebook, figures: Figures, rows: npt.NDArray[np.intp]
) -> Whole | None:
    """Rule 20: the weighted ratios of companies whose levels are given, which need no figures of the whole."""
    if charged is None or not charged.has_levels:
        return None
    from solvency.rules.rule20_lloyds_china.whole import whole_of_levels

    whole = whole_of_levels(charged.positions, rulebook, figures)
    charged.forms["Departments"] = whole.levels
    forget_missing(figures.problems, rows[whole.given], ("S01", "S02", "S05"))
    return whole


def _amounts(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> None:
    """Minimum capital, actual capital and ratios; the part that is repeated exactly on a boundary."""
    minimum_capital(cases, rulebook, figures)
    actual_capital(cases, rulebook, figures)
    solvency_ratios(rulebook, figures)


def _exactly(typed: pd.DataFrame, rulebook: Rulebook, scale: int, found: Figures, near: Array) -> dict[str, Array]:
    """Both ratios of a few rows in decimals, from the figures as typed; what positions gave stays as it is."""
    with localcontext(Context(prec=50, traps=[])):
        cases = {}
        for item, row in line_items().items():
            values = typed[item].to_numpy()
            if row.kind in ("amount", "number", "ratio"):
                factor = scale if row.kind == "amount" else 1
                values = np.array([Decimal(repr(float(v))) * factor for v in values], dtype=object)
            cases[item] = values
        figures = Figures(len(typed), exact=True, hypothetical=found.hypothetical)
        figures.from_positions = {
            item: np.array([Decimal(repr(float(v))) for v in values[near]], dtype=object)
            for item, values in found.from_positions.items()
        }
        _amounts(pd.DataFrame(cases), rulebook.exactly(), figures)
        return {ratio: figures.values[ratio] for ratio in RATIOS}


def in_yuan(typed: pd.DataFrame, scale: int) -> pd.DataFrame:
    """Amounts converted once, here."""
    if scale == 1:
        return typed
    kinds = {item: row.kind for item, row in line_items().items()}
    columns = {str(item): values.to_numpy() for item, values in typed.items()}
    converted = {item: v * scale if kinds.get(item) == "amount" else v for item, v in columns.items()}
    return pd.DataFrame(converted, index=typed.index, copy=False)


class _Lazy:
    """A tolerance that is worked out only when a check asks for it."""

    def __init__(self, make: Any):
        self._make = make

    @cached_property
    def _value(self) -> Array:
        return np.asarray(self._make())

    def __rmul__(self, factor: float) -> Array:
        return np.asarray(factor * self._value)


def _result(
    given: Given, typed: pd.DataFrame, parts: list[_Part], keep: npt.NDArray[np.bool_], problems: Problems,
    date_replaced: bool, strict: bool,
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
    rejects = rejects_of(given.cases, problems, ~keep, strict) if not keep.all() else None
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
        charged=[
            (part.rows, charged) for part in parts if part.charged is not None
            for charged in (part.charged, part.charged.departments) if charged is not None
        ],
        ratings=[(part.rows, part.rating) for part in parts if part.rating is not None],
        origin_names=ORIGINS,
    )  # fmt: skip


def rejects_of(cases: pd.DataFrame, problems: Problems, rejected: npt.NDArray[np.bool_], strict: bool) -> pd.DataFrame:
    """The rows left out as they were given, with their reasons in both languages."""
    zh: dict[int, list[str]] = {}
    en: dict[int, list[str]] = {}
    for position, problem in zip(problems.positions, problems.found, strict=True):
        if position >= 0 and rejected[position] and (strict or problem.severity == "error"):
            zh.setdefault(position, []).append(problem.message("zh"))
            en.setdefault(position, []).append(problem.message("en"))
    rows = np.flatnonzero(rejected)
    frame = cases.reset_index(drop=True).iloc[rows].copy()
    frame.insert(0, "line", [int(problems.where(int(i), "insurer").get("row", i + 2)) for i in rows])
    frame["reasons_zh"] = [" | ".join(zh.get(int(i), [])) for i in rows]
    frame["reasons_en"] = [" | ".join(en.get(int(i), [])) for i in rows]
    return frame
