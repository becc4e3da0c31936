"""Questions about one figure, one insurer or the rules: the public functions behind `explain`, `measures`, `factors`, `readings`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import UsageError

MOST_POSITIONS = 20  # shown of one figure

if TYPE_CHECKING:
    import pandas as pd

    from solvency.regulation.document import Reading
    from solvency.regulation.factors import Factor
    from solvency.result import Explanation, Result
    from solvency.rules.supervision import Measure


def explain(
    source: Any, item: str, *, insurer: str | None = None, most: int = MOST_POSITIONS, **options: Any
) -> Explanation:
    """Why one figure is what it is: formula, inputs, factors, articles, documents, and the positions behind it.

    source and options as in `calculate`, or a `Result`. insurer picks the row of a table. item: a line item, a table of
    positions (`MR01`) or one position by its id or row (`MR01.600000`); the `most` largest are shown. Raises UsageError where not
    exactly one row is meant, UnknownFactorError for an unknown item.
    """
    result = _result(source, options)
    rows = [row for row in result.figures.index if insurer is None or result.keys["insurer"].loc[row] == insurer]
    if len(rows) != 1:
        raise UsageError(
            f"请指定一家公司（--insurer），共 {len(rows)} 行",
            f"name one insurer (--insurer); there are {len(rows)} rows",
        )
    return _explanation(result, item, int(rows[0]), most)


def _explanation(result: Result, item: str, row: int, most: int) -> Explanation:
    """A figure with what is behind it, or the rows of a table: `MR01`, `S03`, or one of them: `MR01.600000`, `AC01.bond 1`."""
    from dataclasses import replace

    from solvency.capital_forms import lines_behind
    from solvency.position_detail import is_position_item, position_lines
    from solvency.result import Explanation
    from solvency.rules.formulas import FORMULAS
    from solvency.tables.positions.spec import position_tables
    from solvency.tables.spec import SUB_RISKS

    if item.partition(".")[0] in ("SARMRA", "sarmra_absolute_score"):
        from solvency.sarmra_detail import explain_scores

        return explain_scores(result, item, row)
    if not is_position_item(item):
        found = result.explain(item, row)
        formula = FORMULAS.get(found.item)
        if formula is not None and formula.tables and found.origin == "computed":
            return replace(found, details=tuple(lines_behind(result, row, formula.tables, found.item)))
        if item not in SUB_RISKS or found.origin != "computed":
            return found
        lines = position_lines(result, row, sub_risk=item)
        return replace(found, positions=_records(lines.head(most)), position_count=len(lines))
    sheet, _, identity = item.partition(".")
    if position_tables()[sheet].kind in ("statement", "capital"):
        return _capital_explanation(result, item, row)
    lines = position_lines(result, row, sheet=sheet, identity=identity or None)
    if not len(lines):
        raise UsageError(f"没有持仓 {item}", f"there is no position {item}")
    table = position_tables()[sheet]
    total = float(lines["minimum_capital"].sum())
    return Explanation(
        item, table.zh, table.en, total, "computed", "", "Σ 各行 EX × RF", "Σ EX × RF of the rows", table.article, (), (), (),
        str(result.cases.at[row, "insurer"]), str(result.rulebook(row).date),
        _records(lines.head(most)), len(lines),
    )  # fmt: skip


def _capital_explanation(result: Result, item: str, row: int) -> Explanation:
    """The lines of a table of rule 1, or one of them; its value is what they count, or admit."""
    from solvency.capital_forms import STATEMENTS, as_line, capital_lines, statement_lines
    from solvency.result import Explanation
    from solvency.tables.positions.spec import position_tables

    sheet, _, identity = item.partition(".")
    table = position_tables()[sheet]
    zh, en, article, total = table.zh, table.en, table.article, float("nan")
    if sheet in STATEMENTS:
        lines = statement_lines(result, row, sheet)
        wanted = lines[(lines["item"] == identity) | (lines["row"] == identity)] if identity and len(lines) else lines
        found = [{**line, "sheet": sheet, "place": line["row"]} for line in _records(wanted)]
        if len(wanted):
            last = wanted[~wanted["row"].str.startswith("+")].tail(1) if not identity else wanted
            zh, en, article = (
                (str(wanted[c].iloc[0]) for c in ("zh", "en", "article")) if identity else (zh, en, article)
            )
            total = float(last["admitted_value"].iloc[0])
    else:
        lines = capital_lines(result, row, sheet, identity or None)
        found = [as_line(sheet, line) for line in _records(lines)]
        if "counted" in lines:
            total = float(lines["counted"].sum())
    if not found:
        raise UsageError(f"没有 {item}", f"there is no {item}")
    return Explanation(
        item, zh, en, total, "computed", "", "", "", article, (), (), (), str(result.cases.at[row, "insurer"]),
        str(result.rulebook(row).date), details=tuple(found),
    )  # fmt: skip


def _records(lines: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    return tuple({str(name): value for name, value in record.items()} for record in lines.to_dict("records"))


def measures(source: Any, **options: Any) -> dict[int, list[Measure]]:
    """The measures and duties of every row, with the facts that triggered them; source and options as in `calculate`.

    A workbook with a forecast is also judged by it: rule 10, articles 39 and 40.
    """
    from solvency.regulation.rulebook import draft_paths

    options["drafts"] = draft_paths(options.get("drafts", ()))
    result = with_outlook(source, _result(source, options), options)
    return {int(row): result.measures(int(row)) for row in result.figures.index}


def with_outlook(source: Any, result: Result, options: Mapping[str, Any]) -> Result:
    """The result of a workbook with what its forecast and its stress tests, quarterly and annual, say about the ratios.

    source: a path or a `Book`; anything else has no forecast. options: of `calculate`. Raises InputError for a forecast
    or exposures that cannot be tested.
    """
    from solvency.source import book_of

    book = book_of(source)
    if book is None or book.forecast is None:
        return result
    from solvency.stress_test import stress

    known = {key: value for key, value in options.items() if key in ("as_of", "readings", "drafts")}
    for horizon in ("quarter", "year"):
        result = result.with_outlook(stress(book, horizon=horizon, **known).outlook)
    return result


def factors(
    name: str | None = None,
    *,
    as_of: dt.date | str | None = None,
    history: bool = False,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[str | Path] = (),
) -> list[Factor]:
    """The factors in force on a date (default today), one by name, or every version of one.

    Raises UnknownFactorError, DateOutOfRangeError, UsageError.
    """
    from solvency.regulation.rulebook import Rulebook
    from solvency.regulation.rulebook import history as versions

    if history:
        if name is None:
            raise UsageError("--history 需要因子名称", "--history needs the name of a factor")
        return versions(name, drafts)
    rulebook = Rulebook.at(as_of or dt.date.today(), readings=readings, drafts=drafts)
    return [rulebook.factor(name)] if name else list(rulebook.factors.values())


def readings(*, drafts: Iterable[str | Path] = ()) -> list[Reading]:
    """Every place where the text is open: the question, what can be chosen, the default and its reason."""
    from solvency.regulation.rulebook import Rulebook

    return list(Rulebook.at(dt.date.today(), drafts=drafts).readings.values())


def _result(source: Any, options: dict[str, Any]) -> Result:
    from solvency.assessment import calculate
    from solvency.result import Result

    return source if isinstance(source, Result) else calculate(source, **options)
