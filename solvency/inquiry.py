"""Questions about one figure, one insurer or the rules: the public functions behind `explain`, `measures`, `factors`, `readings`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import UsageError

if TYPE_CHECKING:
    from solvency.regulation.document import Reading
    from solvency.regulation.factors import Factor
    from solvency.result import Explanation, Result
    from solvency.rules.supervision import Measure


def explain(source: Any, item: str, *, insurer: str | None = None, **options: Any) -> Explanation:
    """Why one figure is what it is: formula, inputs, factors, articles, documents.

    source and options as in `calculate`, or a `Result`. insurer picks the row of a table. Raises UsageError where not
    exactly one row is meant, UnknownFactorError for an unknown item.
    """
    result = _result(source, options)
    rows = [row for row in result.figures.index if insurer is None or result.keys["insurer"].loc[row] == insurer]
    if len(rows) != 1:
        raise UsageError(
            f"请指定一家公司（--insurer），共 {len(rows)} 行",
            f"name one insurer (--insurer); there are {len(rows)} rows",
        )
    return result.explain(item, int(rows[0]))


def measures(source: Any, **options: Any) -> dict[int, list[Measure]]:
    """The measures and duties of every row, with the facts that triggered them; source and options as in `calculate`."""
    result = _result(source, options)
    return {int(row): result.measures(int(row)) for row in result.figures.index}


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
