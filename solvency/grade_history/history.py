"""The public function `grades`: inputs in the order of their quarters, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from solvency.errors import Problem, UsageError
from solvency.grade_history.events import events_of
from solvency.grade_history.moves import moves_of
from solvency.grade_history.quarters import Quarters
from solvency.rules.rule11_risk_rating import Scheme

if TYPE_CHECKING:
    from solvency.result import Result
    from solvency.source import PositionSource


@dataclass(frozen=True, eq=False)
class GradeHistory:
    """The grades of insurers over their quarters.

    quarters: a row per insurer and date in order: `notified` (the grade notified for that very quarter, from whatever row states it),
    `notified_grade` (the latest one known then) and its `notified_grade_quarter`, the own estimate (`grade_class`, `own_grade`, `grade_rule`,
    the levels of the four risks), `score` and the five scores, both ratios. moves: what each indicator did to the score since the row
    before: its value, points and share in the total before and after, and `effect`; the effects of a date add up to the change of the
    score. events: `rule` (another rule of article 19 decides), `level` (of a risk), `line` (a ratio crosses a line), `notified`, `own`.
    scheme: what the scores must be called, in Chinese and English; empty without a scheme.
    """

    quarters: pd.DataFrame
    moves: pd.DataFrame
    events: pd.DataFrame
    scheme: tuple[str, str] = ("", "")
    warnings: list[Problem] = field(default_factory=list)
    rejects: pd.DataFrame | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: ratios as fractions, blanks as null."""
        from solvency.output import finite

        def records(frame: pd.DataFrame) -> Any:
            days = {name: frame[name].astype(str) for name in ("as_of", "since") if name in frame}
            return finite(frame.assign(**days).to_dict("records"))

        return {
            "scheme": self.scheme[1], "scheme_zh": self.scheme[0], "quarters": records(self.quarters), "moves": records(self.moves),
            "events": records(self.events),
        }  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """All of it as one long table; `table` says which part a row is of."""
        parts = [
            frame.assign(table=name)
            for name, frame in (("quarters", self.quarters), ("moves", self.moves), ("events", self.events))
        ]
        whole: pd.DataFrame = pd.concat([part for part in parts if len(part)], ignore_index=True)
        front = ["table", "insurer", "as_of", "since"]
        return whole[[*(name for name in front if name in whole), *(name for name in whole if name not in front)]]


def grades(
    sources: Any,
    *,
    scheme: Scheme | str | Path | None = None,
    insurer: str | None = None,
    unit: str | None = None,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[str | Path] = (),
    positions: PositionSource = None,
    strict: bool = False,
    on_error: str = "raise",
) -> GradeHistory:
    """The integrated risk rating of insurers over many quarters, and what moved it.

    sources: whatever `calculate` takes, a `Result`, or several of them (books of several quarters, tables of many dates); each is calculated under the
    rules of its dates, in their order, so that changes a scheme scores are measured against the quarter before. Rows of other scenarios
    than the base are left out. insurer picks one. Other options as in `calculate`; positions go with every source. Raises InputError,
    UsageError (an insurer stands twice on one date, or is not there), RegulationError.
    """
    from solvency.regulation.rulebook import draft_paths

    scoring = Scheme.read(scheme) if isinstance(scheme, (str, Path)) else scheme
    several = list(sources) if isinstance(sources, (list, tuple)) else [sources]
    options: dict[str, Any] = {
        "scheme": scoring, "unit": unit, "readings": readings, "drafts": draft_paths(drafts), "positions": positions, "strict": strict,
        "on_error": on_error,
    }  # fmt: skip
    results = _results(several, options)
    found = Quarters.of(results, insurer)
    quarters_, told = found.frame(results)
    warnings = [p for result in results for p in result.warnings if not (len(results) > 1 and p.code == "unmatched")]
    rejects = [result.rejects for result in results if result.rejects is not None]
    return GradeHistory(
        quarters_, moves_of(found, results, quarters_), events_of(found, results, quarters_), _label(results), [*warnings, *told],
        pd.concat(rejects, ignore_index=True) if rejects else None,
    )  # fmt: skip


def _label(results: Sequence[Result]) -> tuple[str, str]:
    """What the scores must be called; nothing where there are none."""
    labels = {rating.scheme.label for result in results for _, rating in result.ratings}
    return "；".join(sorted(zh for zh, _ in labels)), "; ".join(sorted(en for _, en in labels))


def _results(sources: Sequence[Any], options: dict[str, Any]) -> list[Result]:
    """Each source calculated, earlier ones first and known to the later ones."""
    from solvency.assessment import calculate
    from solvency.result import Result
    from solvency.source import book_of

    if not sources:
        raise UsageError("没有输入", "there is no input")
    if len(sources) > 1:
        sources = sorted((book_of(source) or source for source in sources), key=_first_day)  # a workbook is read once
    found: list[Result] = []
    for source in sources:
        found.append(source if isinstance(source, Result) else calculate(source, **options, prior=list(found)))
    return found


def _first_day(source: Any) -> str:
    """The earliest date of a source; one that cannot be read comes last, where its problems are told."""
    from solvency.result import Result
    from solvency.source import load
    from solvency.tables.values import day

    cases = source.keys if isinstance(source, Result) else load(source).cases
    days = [
        str(found)
        for value in pd.unique(cases["as_of"] if "as_of" in cases else pd.Series(dtype=object))
        if (found := day(value)) is not None
    ]
    return min(days, default="~")
