"""Grades over time: the notified grade and the own estimate of each quarter, and what moved the score, adding up exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.errors import Problem, UsageError
from solvency.rules.frame import Array
from solvency.rules.ratios import RATIOS, thresholds
from solvency.rules.rule11_risk_rating import Scheme
from solvency.rules.rule11_risk_rating.grade import RULES
from solvency.rules.rule11_risk_rating.last_quarter import BASE, quarters
from solvency.rules.rule11_risk_rating.scheme import RISKS, SCORES, TOTAL

if TYPE_CHECKING:
    from solvency.result import Result
    from solvency.source import PositionSource

NOISE = 1e-12  # what floats leave of an effect
STATUS = ("notified_grade", "grade_class", "own_grade", "grade", "grade_source", "grade_rule", *RISKS)
MOVES = ["insurer", "as_of", "since", "side", "indicator", "zh", "en", "before", "after", "points_before", "points_after",
         "weight_before", "weight_after", "effect"]  # fmt: skip
EVENTS = ["insurer", "as_of", "since", "event", "item", "zh", "en", "before", "after", "article"]
MOST_PROBLEMS = 100


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
    found = _Quarters.of(results, insurer)
    quarters_, told = found.frame(results)
    warnings = [p for result in results for p in result.warnings if not (len(results) > 1 and p.code == "unmatched")]
    rejects = [result.rejects for result in results if result.rejects is not None]
    return GradeHistory(
        quarters_, found.moves(results, quarters_), found.events(results, quarters_), _label(results), [*warnings, *told],
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

    if not sources:
        raise UsageError("没有输入", "there is no input")
    if len(sources) > 1:
        sources = [source for _, source in sorted(((_first_day(s), s) for s in sources), key=lambda pair: pair[0])]
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
    days = [str(found) for value in cases.get("as_of", ()) if (found := day(value)) is not None]
    return min(days, default="~")


@dataclass(frozen=True, eq=False)
class _Quarters:
    """The rows of some results by insurer and date: which result, which row of it, and where the row before is (-1: none)."""

    source: Array
    row: Array
    before: Array

    @classmethod
    def of(cls, results: Sequence[Result], insurer: str | None) -> _Quarters:
        keys = pd.concat(
            [result.keys.assign(source=place, row=result.keys.index) for place, result in enumerate(results)], ignore_index=True
        )  # fmt: skip
        keys = keys[keys["scenario"] == BASE]
        if insurer is not None:
            keys = keys[keys["insurer"] == insurer]
        if keys.empty:
            raise UsageError(
                "没有可列的行" if insurer is None else f"没有公司 {insurer!r}",
                "there is no row to show" if insurer is None else f"there is no insurer {insurer!r}",
            )
        keys = keys.sort_values(["insurer", "as_of"], kind="stable", ignore_index=True)
        twice = keys.duplicated(["insurer", "as_of"])
        if twice.any():
            one = keys[twice].iloc[0]
            raise UsageError(
                f"{one['insurer']} 在 {one['as_of']} 有多行",
                f"{one['insurer']} stands more than once on {one['as_of']}",
            )
        same = (keys["insurer"] == keys["insurer"].shift()).to_numpy()
        return cls(keys["source"].to_numpy(), keys["row"].to_numpy(), np.where(same, np.arange(len(keys)) - 1, -1))

    def gather(self, results: Sequence[Result], column: Any) -> Array:
        """One value per row: `column(result)` is a series by the rows of the result."""
        found: Array = np.full(len(self.row), np.nan, dtype=object)
        for place, result in enumerate(results):
            own = self.source == place
            found[own] = column(result).reindex(self.row[own]).to_numpy(dtype=object)
        return found

    def numbers(self, results: Sequence[Result], item: str) -> Array:
        """A figure of each row, NaN where a result has none."""
        return self.gather(
            results, lambda r: r.figures[item] if item in r.figures else pd.Series(np.nan, index=r.figures.index)
        ).astype(float)

    def frame(self, results: Sequence[Result]) -> tuple[pd.DataFrame, list[Problem]]:
        columns: dict[str, Any] = {
            name: self.gather(results, lambda r, name=name: r.cases[name])
            for name in ("insurer", "insurer_type", "as_of")
        }
        columns["notified"], told = self._notified(results)
        columns |= {name: self.gather(results, lambda r, name=name: r.status[name]) for name in STATUS}
        columns["notified_grade_quarter"] = self.gather(results, lambda r: r.cases["notified_grade_quarter"].fillna(""))
        columns |= {name: self.numbers(results, name) for name in (TOTAL, *SCORES.values(), *RATIOS)}
        return pd.DataFrame(columns), told

    def _notified(self, results: Sequence[Result]) -> tuple[Array, list[Problem]]:
        """The grade notified for the quarter of each row, wherever it is stated; the latest statement counts, others are told of."""
        stated = []
        for grade in ("notified_grade", "previous_grade"):
            stated.append(
                pd.DataFrame(
                    {"insurer": self.gather(results, lambda r: r.cases["insurer"]), "as_of": self.gather(results, lambda r: r.cases["as_of"]),
                     "quarter": self.gather(results, lambda r, of=f"{grade}_quarter": r.cases[of]),
                     "grade": self.gather(results, lambda r, of=grade: r.cases[of])}
                ).dropna()
            )  # fmt: skip
        whole = pd.concat(stated, ignore_index=True).sort_values("as_of", kind="stable")
        whole["quarter"] = pd.PeriodIndex(whole["quarter"], freq="Q").asi8
        distinct = whole.drop_duplicates(["insurer", "quarter", "grade"])
        differ = distinct[distinct.duplicated(["insurer", "quarter"])]
        told = []
        for line in differ.to_dict("records")[:MOST_PROBLEMS]:
            quarter = pd.Period(ordinal=line["quarter"], freq="Q")
            told.append(
                Problem("grade_differs", "warning", f"{line['insurer']} {quarter} 的通报评级前后填报不一，采用最近的",
                        f"{line['insurer']}: the grade notified for {quarter} is stated differently; the latest statement is taken",
                        item="notified_grade", found=str(line["grade"]))
            )  # fmt: skip
        last = whole.drop_duplicates(["insurer", "quarter"], keep="last")
        own = pd.DataFrame(
            {
                "insurer": self.gather(results, lambda r: r.cases["insurer"]),
                "quarter": quarters(pd.Series(self.gather(results, lambda r: r.cases["as_of"]))),
            }
        )
        return own.merge(last, on=["insurer", "quarter"], how="left")["grade"].fillna("").to_numpy(dtype=object), told

    def moves(self, results: Sequence[Result], frame: pd.DataFrame) -> pd.DataFrame:
        """What each indicator did to the score of each row since the row before."""
        grid = _Grid.of(results, self)
        score = frame[TOTAL].to_numpy(float)
        then = np.maximum(self.before, 0)
        both = (self.before >= 0) & ~np.isnan(score) & ~np.isnan(score[then])
        effect = np.where(both[:, None], grid.contributions - grid.contributions[then], 0.0)
        rows, columns = np.nonzero(np.abs(effect) > NOISE)
        before = then[rows]
        return pd.DataFrame(
            {"insurer": frame["insurer"].to_numpy()[rows], "as_of": frame["as_of"].to_numpy()[rows], "since": frame["as_of"].to_numpy()[before],
             **{name: np.array([getattr(i, of) for i in grid.indicators] or [""], dtype=object)[columns]
                for name, of in (("side", "side"), ("indicator", "id"), ("zh", "zh"), ("en", "en"))},
             "before": grid.values[before, columns], "after": grid.values[rows, columns],
             "points_before": grid.points[before, columns], "points_after": grid.points[rows, columns],
             "weight_before": grid.shares[before, columns], "weight_after": grid.shares[rows, columns], "effect": effect[rows, columns]},
            columns=MOVES,
        )  # fmt: skip

    def events(self, results: Sequence[Result], frame: pd.DataFrame) -> pd.DataFrame:
        """What took effect or ceased between a row and the row before."""
        from solvency.result import label

        found: list[pd.DataFrame] = []
        then = np.maximum(self.before, 0)

        def changed(event: str, item: str, names: tuple[str, str], now: Array, where: Array, article: Any) -> None:
            rows = np.flatnonzero(where & (self.before >= 0))
            articles = np.full(len(frame), article, dtype=object) if isinstance(article, str) else article
            found.append(
                pd.DataFrame(
                    {"insurer": frame["insurer"].to_numpy()[rows], "as_of": frame["as_of"].to_numpy()[rows],
                     "since": frame["as_of"].to_numpy()[then[rows]], "event": event, "item": item, "zh": names[0], "en": names[1], "before": now[then[rows]].astype(object),
                     "after": now[rows].astype(object), "article": articles[rows]}
                )
            )  # fmt: skip

        rule, names = frame["grade_rule"].to_numpy(dtype=object), ("类别的依据", "Rule that decides the class")
        articles = np.array([RULES[name][2] for name in rule], dtype=object)
        changed("rule", "grade_rule", names, rule, rule != rule[then], articles)
        for risk in RISKS:
            level = frame[risk].to_numpy(dtype=object)
            changed("level", risk, label(risk), level, level != level[then], "规则第11号第十九条")
        for event, item, names in (
            ("notified", "notified_grade", ("监管通报评级", "Notified grade")), ("own", "own_grade", ("自行估计的评级", "Own estimate of the grade")),
        ):  # fmt: skip
            grade = frame[item].to_numpy(dtype=object)
            changed(
                event,
                item,
                names,
                grade,
                grade != grade[then],
                "规则第11号第二十八条" if event == "notified" else "规则第11号第十九条",
            )
        for name, names, ratio, line, article in self._lines(results):
            value = frame[ratio].to_numpy(float)
            crossed = ((value < line) & (value[then] >= line)) | ((value >= line) & (value[then] < line))
            changed("line", name, names, value, crossed, article)
        whole: pd.DataFrame = pd.concat(found, ignore_index=True)
        return whole.sort_values(["insurer", "as_of"], kind="stable", ignore_index=True)[EVENTS]

    def _lines(self, results: Sequence[Result]) -> list[tuple[str, tuple[str, str], str, Array, Array]]:
        """Every line a ratio is measured against: its factor with its names, the ratio, its value and article under the rules of each row."""
        found: dict[str, tuple[tuple[str, str], str, Array, Array]] = {}
        size = len(self.row)
        for place, result in enumerate(results):
            for number, rulebook in enumerate(result.rulebooks):
                rows = result.rule_of.index[result.rule_of == number]
                own = (self.source == place) & np.isin(self.row, rows)
                for ratio, name, value in thresholds(rulebook):
                    factor = rulebook.factor(name)
                    blank = (factor.zh, factor.en), ratio, np.full(size, np.nan), np.full(size, "", dtype=object)
                    _, _, line, article = found.setdefault(name, blank)
                    line[own], article[own] = float(value), factor.citation
        return [(name, *each) for name, each in found.items()]


@dataclass(frozen=True, eq=False)
class _Grid:
    """What every indicator of the scheme was in each row, (n, m); an indicator that is not for an insurer counts nothing there."""

    indicators: list[Any]
    values: Array  # numbers, or names of choices
    points: Array
    shares: Array
    contributions: Array

    @classmethod
    def of(cls, results: Sequence[Result], at: _Quarters) -> _Grid:
        indicators = {i.id: i for result in results for _, rating in result.ratings for i in rating.indicators}
        place, size = {name: column for column, name in enumerate(indicators)}, (len(at.row), len(indicators))
        grid = cls(
            list(indicators.values()),
            np.full(size, np.nan, dtype=object),
            np.full(size, np.nan),
            np.zeros(size),
            np.zeros(size),
        )
        for source, result in enumerate(results):
            for rows, rating in result.ratings:
                local = pd.Series(np.arange(len(rows)), index=rows)
                own = np.flatnonzero((at.source == source) & np.isin(at.row, rows))
                there = local.loc[at.row[own]].to_numpy()
                for i, each in enumerate(rating.values):
                    column = place[each.indicator.id]
                    grid.values[own, column] = _names(each.indicator, each.values[there])
                    grid.points[own, column] = rating.points[there, i]
                    grid.shares[own, column] = rating.shares[there, i]
                    grid.contributions[own, column] = rating.contributions[there, i]
        return grid


def _names(indicator: Any, values: Array) -> Array:
    """Values as they are shown: numbers, or the names of choices."""
    if not indicator.choices:
        return values.astype(object)
    names = np.array([*(choice.name for choice in indicator.choices), np.nan], dtype=object)
    return np.asarray(names[np.where(np.isnan(values), len(names) - 1, np.nan_to_num(values)).astype(int)])


def event_text(event: Mapping[str, Any]) -> tuple[str, str]:
    """An event in words, in Chinese and English."""
    from solvency.rules.supervision import RATIO_NAMES
    from solvency.tables.spec import line_items

    kind, before, after, article = (event[name] for name in ("event", "before", "after", "article"))
    if kind == "line":
        zh, en = RATIO_NAMES["core_ratio" if event["item"].endswith(".core") else "comprehensive_ratio"]
        down = after < before
        moved = f"{before:.2%} → {after:.2%}（{article}）", f"{before:.2%} → {after:.2%} ({article})"
        return (
            f"{zh}{'跌破' if down else '升至不低于'}{event['zh']}：{moved[0]}",
            f"{en} {'falls below' if down else 'is no longer below'} “{event['en']}”: {moved[1]}",
        )
    if kind == "rule":
        (zh, en, _), (old_zh, old_en, _) = RULES[after], RULES[before]
        return f"类别的依据：{old_zh} → {zh}（{article}）", f"rule that decides the class: {old_en} → {en} ({article})"
    names = {**(line_items()[event["item"]].choices if kind == "level" else {}), "": ("无", "none")}
    (zh, en), (old_zh, old_en) = (names.get(name, (name, name)) for name in (after, before))
    return f"{event['zh']}：{old_zh} → {zh}", f"{event['en']}: {old_en} → {en}"
