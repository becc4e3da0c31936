"""What goes into the two workbooks: this quarter, last quarter, the forecast, and what the insurer states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from solvency.errors import UsageError
from solvency.inquiry import with_outlook
from solvency.regulation.rulebook import draft_paths
from solvency.result import Result, is_amount
from solvency.rules.ratios import thresholds
from solvency.tables.spec import SUB_RISKS, Row, tables
from solvency.tables.validate import unit_scale
from solvency.tables.values import number_from_text

if TYPE_CHECKING:
    from solvency.excel.read import Book

NAN = float("nan")


@dataclass(frozen=True)
class Period:
    """One column of the forms: figures in the unit of the output, ratios as fractions; an absent figure is NaN."""

    key: str
    zh: str
    en: str
    values: Mapping[str, float]
    blank_zero: frozenset[str] = frozenset()
    has_size: bool = False
    core_share: float = 1.0  # share of minimum capital in the core surplus (reading core_surplus_base)

    def value(self, item: str) -> float:
        return self.values.get(item, NAN)


@dataclass(frozen=True, eq=False)
class Report:
    """Everything the sheets are written from."""

    result: Result
    row: int
    unit: str
    lang: str
    this: Period
    last: Period
    ahead: Period
    statements: Mapping[str, Any]
    last_statements: Mapping[str, Any]
    prior: Result | None = None
    prior_row: int = 0
    stress: Any = None
    scale: int = field(default=1)

    @property
    def insurer(self) -> str:
        return str(self.case("insurer"))

    @property
    def as_of(self) -> date:
        return date.fromisoformat(str(self.case("as_of"))[:10])

    @property
    def insurer_type(self) -> str:
        return str(self.case("insurer_type"))

    @property
    def organisation(self) -> str:
        return str(self.case("organisation"))

    @property
    def lines(self) -> list[float]:
        """Every line a ratio is measured against, this quarter and the last."""
        known = [self.result.rulebook(self.row)] + ([self.prior.rulebook(self.prior_row)] if self.prior else [])
        return sorted({float(value) for rulebook in known for *_, value in thresholds(rulebook)})

    @property
    def quarter(self) -> str:
        """`2025Q3`"""
        return quarter_of(self.as_of)

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def case(self, item: str) -> Any:
        """A text of the Info sheet; None where it was left blank."""
        value = self.result.cases[item].loc[self.row] if item in self.result.cases else None
        return None if value is None or value != value else value

    def stated(self, item: str, *, last: bool = False) -> Any:
        """A row of the sheet Statements, amounts in the unit of the output; None where it was not supplied."""
        return (self.last_statements if last else self.statements).get(item)

    def amount(self, yuan: float) -> float:
        return _short(yuan / self.scale)

    def figure(self, item: str, value: float) -> float:
        """A figure in yuan (or a ratio) as it is printed."""
        return self.amount(value) if is_amount(item) else _short(value)


def report(
    source: Any, *, prior: Any, stress: Any, lang: str, unit: str | None, row: int | None, options: Mapping[str, Any]
) -> Report:
    """Calculate what is not yet calculated and put the columns side by side. Raises InputError and UsageError."""
    if lang not in ("zh", "en"):
        raise UsageError("语言只能是 zh 或 en", "lang is zh or en")
    options = {**options, "drafts": draft_paths(options.get("drafts", ()))}
    last_book, before = None, None
    if prior is not None:
        # last quarter is under the rules of its own date, so `as_of` does not go with it; nor is it scored again
        last_book, before = assessed(
            prior, {k: v for k, v in options.items() if k not in ("as_of", "strict", "scheme")}
        )
    book, result = assessed(source, {**options, "prior": before})
    chosen = one_row(result, row)
    result = with_outlook(book, result, options)
    out = unit or result.unit
    scale = unit_scale(out)
    _same_insurer(stress, result, chosen)
    last_row = 0 if before is None else _matching_row(before, result, chosen)
    return Report(
        result=result, row=chosen, unit=out, lang=lang, scale=scale,
        this=_period("this", "本季度（末）数", "This quarter", result, chosen, scale),
        last=_period("last", "上季度（末）数", "Last quarter", before, last_row, scale),
        ahead=_forecast(book, scale, _core_share(result, chosen), options),
        statements=_statements(book, scale), last_statements=_statements(last_book, scale),
        prior=before, prior_row=last_row, stress=stress,
    )  # fmt: skip


def assessed(source: Any, options: Mapping[str, Any]) -> tuple[Book | None, Result]:
    """The book, if there is one, and its result."""
    from solvency.assessment import calculate

    if isinstance(source, Result):
        return getattr(source, "book", None), source
    if (
        isinstance(source, (str, Path))
        and Path(source).suffix.lower() in (".xlsx", ".xlsm", ".xls")
        and Path(source).is_file()
    ):
        from solvency.excel.read import read_book

        source = read_book(Path(source))
    book = source if hasattr(source, "statements") else None
    return book, calculate(source, **options)


def one_row(result: Result, row: int | None) -> int:
    """The row to disclose: a disclosure is of one insurer."""
    rows = [int(i) for i in result.figures.index]
    if row is None and len(rows) == 1:
        return rows[0]
    if row is None or row not in rows:
        raise UsageError(
            f"披露针对一家公司；输入有 {len(rows)} 行，请用 row 指定其中一行",
            f"a disclosure is of one insurer; of {len(rows)} rows choose one with row",
        )
    return row


def _same_insurer(stress: Any, result: Result, row: int) -> None:
    if stress is None:
        return
    keys = stress.result.keys
    if row not in keys.index or any(
        str(keys[name].loc[row]) != str(result.keys[name].loc[row]) for name in ("insurer", "as_of")
    ):
        raise UsageError("压力测试结果不属于这家公司的这个评估日", "the stress test is of another insurer or date")


def _matching_row(prior: Result, result: Result, row: int) -> int:
    """The row of the same insurer one quarter before."""
    insurer, day = str(result.keys["insurer"].loc[row]), date.fromisoformat(str(result.keys["as_of"].loc[row])[:10])
    wanted = (day.year - 1, 4) if day.month <= 3 else (day.year, (day.month - 1) // 3)
    same = [int(i) for i in prior.figures.index if str(prior.keys["insurer"].loc[i]) == insurer]
    if not same:
        other = str(prior.keys["insurer"].iloc[0])
        raise UsageError(
            f"上季度的公司（{other}）与本季度（{insurer}）不同；披露仅限本公司信息（规则第15号第二十三条）",
            f"last quarter is of another insurer ({other}), not {insurer}; a disclosure is of one insurer (rule 15, article 23)",
        )
    for i in same:
        then = date.fromisoformat(str(prior.keys["as_of"].loc[i])[:10])
        if (then.year, (then.month + 2) // 3) == wanted:
            return i
    found = prior.keys["as_of"].loc[same[0]]
    raise UsageError(
        f"上季度应为 {wanted[0]}Q{wanted[1]}，而所给的是 {found}",
        f"last quarter is {wanted[0]}Q{wanted[1]}, but the book given is of {found}",
    )


def _period(key: str, zh: str, en: str, result: Result | None, row: int, scale: int) -> Period:
    if result is None:
        return Period(key, zh, en, {})
    values = {item: _short(v / scale if is_amount(item) else v) for item, v in result.values(row).items()}
    blank = frozenset(item for item in values if result.origin(item, row) == "blank_zero")
    has_size = result.rulebook(row).has(f"size_coefficient.{result.keys['insurer_type'].loc[row]}")
    return Period(key, zh, en, values, blank, has_size, _core_share(result, row))


def _core_share(result: Result, row: int) -> float:
    rulebook = result.rulebook(row)
    whole = rulebook.reading("core_surplus_base") == "full_minimum_capital"
    return 1.0 if whole else float(rulebook.value("ratio_threshold.core"))


def _forecast(book: Book | None, scale: int, core_share: float, options: Mapping[str, Any]) -> Period:
    """The base forecast of the next quarter-end (rule 18, article 22), rows of S01, completed as any input is."""
    values: dict[str, float] = {}
    frame = getattr(book, "forecast", None)
    if book is not None and isinstance(frame, pd.DataFrame) and frame["next_quarter"].notna().any():
        from solvency.stress_test.starting_point import base_amounts, prepare

        of_unit = unit_scale(book.unit)
        values = {
            str(item): float(given) * of_unit if is_amount(str(item)) else float(given)
            for item, given in frame["next_quarter"].items() if given == given
        }  # fmt: skip
        chosen = {name: options.get(name) for name in ("as_of", "readings")}
        prepared = prepare(
            book,
            horizon="quarter",
            static=None,
            unit=None,
            drafts=options.get("drafts", ()),
            on_error="raise",
            **chosen,
        )
        amounts, _ = base_amounts(prepared, "next_quarter")
        values |= {item: float(amount[0]) for item, amount in amounts.items() if item not in SUB_RISKS}
        values = {item: _short(v / scale if is_amount(item) else v) for item, v in values.items()}
    return Period("ahead", "基本情景下的下季度预测数", "Next quarter, base forecast", values, core_share=core_share)


def _statements(book: Book | None, scale: int) -> dict[str, Any]:
    """The given rows as they are printed: text, or figures in the unit of the output."""
    given = getattr(book, "statements", None) or {}
    of_unit = unit_scale(book.unit) if book is not None else 1
    found: dict[str, Any] = {}
    for row in tables()["Statements"]:
        value = _stated(row, given.get(row.item))
        if value is not None:
            found[row.item] = _short(value * of_unit / scale) if row.kind == "amount" else value
    return found


def _stated(row: Row, value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if row.kind in ("amount", "number", "ratio"):
        return _number(value)
    if isinstance(value, date):
        return str(value)[:10]
    return str(value) if str(value).strip() else None


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        value = number_from_text(value)
    if value is None or isinstance(value, bool) or not math.isfinite(float(value)):
        return None
    return float(value)


def _short(value: float) -> float:
    """Fifteen digits, what a spreadsheet keeps: no noise from converting units."""
    return float(f"{value:.15g}")


def quarter_of(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"
