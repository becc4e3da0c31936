"""Reads and checks position tables column by column, for one insurer or many; every problem is collected with its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.tables.exposures import Matcher
from solvency.tables.positions.spec import CLASSES, NUMBERS, Column, PositionTable, position_tables
from solvency.tables.validate import KEYS, Problems, show
from solvency.tables.values import day, numbers

Array = npt.NDArray[Any]
LOWEST = float(np.finfo(np.float64).min)  # how "unavailable" stands among numbers: in the lowest band of every table
MOST_PROBLEMS = 100  # told of one column
TOTALS = ("合计", "总计", "小计", "total", "subtotal", "sum")
NAMES = ("id", "name", "counterparty")  # columns where the word for a total may stand
UNAVAILABLE_WORDS = ("unavailable", "无法获得", "无法获取", "无")
NOT_APPLICABLE = -np.inf  # how "not applicable" stands among numbers
NOT_APPLICABLE_WORDS = ("not applicable", "not_applicable", "n/a", "不适用")
# kinds of columns that take a word instead of a number: the words, and what they stand as
WORDS: Mapping[str, tuple[tuple[str, ...], float]] = {
    "known": (UNAVAILABLE_WORDS, LOWEST),
    "amount_or_none": (NOT_APPLICABLE_WORDS, NOT_APPLICABLE),
    "ratio_or_none": (NOT_APPLICABLE_WORDS, NOT_APPLICABLE),
}
AMOUNTS = ("amount", "amount_or_none")


@dataclass(frozen=True, eq=False)
class PositionInput:
    """A position table as it was given: texts or numbers, a row per position."""

    frame: pd.DataFrame
    rows: Array | None = None  # of a workbook: the sheet's row of each line
    letters: Mapping[str, str] = field(default_factory=dict)  # of a workbook: column id -> letters
    lines: Array | None = None  # of a file: its line of each row
    name: str = ""
    sheets: Array | None = (
        None  # of a form: the sheet each line stands on; `letters` are then by sheet, as `4-基础与环境!item`
    )


@dataclass(frozen=True, eq=False)
class Positions:
    """Typed tables by sheet code: amounts in yuan, classes as categoricals, dates as datetime64; NaN for blank, −inf for "not applicable".

    Besides its columns each table has `case` (the row of the cases it belongs to, -1 in a table that belongs to no insurer)
    and `line` (its place in the input).
    """

    tables: dict[str, pd.DataFrame]
    inputs: Mapping[str, PositionInput] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tables)

    def take(self, rows: Array, size: int) -> Positions:
        """The positions of some cases, numbered anew in the order of `rows`; `size` is the number of all cases."""
        place = np.full(size, -1)
        place[rows] = np.arange(len(rows))
        tables = {}
        for sheet, frame in self.tables.items():
            if position_tables()[sheet].kind == "published":
                tables[sheet] = frame
                continue
            case = place[frame["case"].to_numpy()]
            kept = frame if (case >= 0).all() else frame[case >= 0]
            if len(kept):
                tables[sheet] = kept.assign(case=case[case >= 0]).reset_index(drop=True)
        return Positions(tables, self.inputs)

    def place(self, sheet: str, line: int, column: str) -> dict[str, str]:
        return place_of(sheet, self.inputs.get(sheet), line, column)


def place_of(sheet: str, given: PositionInput | None, line: int, column: str) -> dict[str, str]:
    item = f"{sheet}.{column}" if column else sheet
    if given is not None and given.rows is not None and given.sheets is not None:
        name = str(given.sheets[line])
        letters = given.letters.get(f"{name}!{column}", given.letters.get(column, ""))
        return {"sheet": name, "cell": f"{letters}{int(given.rows[line])}", "item": item}
    if given is not None and given.rows is not None:
        return {"sheet": sheet, "cell": f"{given.letters.get(column, '')}{int(given.rows[line])}", "item": item}
    number = line + 2 if given is None or given.lines is None else int(given.lines[line])
    return {"sheet": sheet, "row": str(number), "item": item}


def read_positions(
    inputs: Mapping[str, PositionInput], keys: pd.DataFrame, scale: int, rulebook: Rulebook, problems: Problems
) -> Positions:
    """Position tables, typed and checked.

    inputs: by sheet code. keys: the cases, n rows with insurer, as_of, scenario. scale: yuan per unit of the amounts.
    rulebook: the rules whose classes may be used. Problems are added to the case a line belongs to.
    """
    known = position_tables()
    matcher = Matcher(keys)
    tables: dict[str, pd.DataFrame] = {}
    for sheet, given in inputs.items():
        if sheet not in known:
            near = "、".join(get_close_matches(sheet, known, n=2))
            problems.add(
                -1, sheet, "unknown_table", f"没有名为 {sheet} 的明细表", f"there is no position table {sheet}",
                found=show(sheet), allowed=near or "、".join(known), allowed_en=near or ", ".join(known),
            )  # fmt: skip
        elif len(given.frame):
            tables[sheet] = _Reader(known[sheet].under(rulebook), given, matcher, scale, rulebook, problems).read()
    return Positions(tables, dict(inputs))


@dataclass
class _Reader:
    """One table while it is read."""

    table: PositionTable
    given: PositionInput
    matcher: Matcher
    scale: int
    rulebook: Rulebook
    problems: Problems
    lines: Array = field(default_factory=lambda: np.array([], int))  # of the input, a line per row of the result
    cases: Array = field(default_factory=lambda: np.array([], int))
    told: dict[str, Array] = field(default_factory=dict)  # lines with an error, by column
    failed: set[int] = field(default_factory=set)  # cases with an error in this table

    def read(self) -> pd.DataFrame:
        frame = self.given.frame.reset_index(drop=True)
        self.lines, self.cases = self._match(frame)
        self._columns(frame)
        values: dict[str, Any] = {}
        for column in self.table.columns:
            values[column.id] = self._column(column, frame.get(column.id), len(frame))
            if column.where and column.id in frame:
                self._only_where(column, frame)
        for column in self.table.columns:
            if isinstance(column.blank, str) and column.kind in NUMBERS:
                values[column.id] = np.where(np.isnan(values[column.id]), values[column.blank], values[column.id])
        for driver, name in self.table.constants.items():
            values[driver] = pd.Categorical.from_codes(
                np.zeros(len(frame), np.int64), categories=pd.Index([name], dtype=object)
            )
        result = pd.DataFrame(values, copy=False)
        result["line"] = np.arange(len(frame))
        if len(self.lines) != len(frame) or (self.lines != np.arange(len(frame))).any():
            result = result.iloc[self.lines].reset_index(drop=True)
        result["case"] = self.cases
        return result

    def _match(self, frame: pd.DataFrame) -> tuple[Array, Array]:
        """Lines and the cases they belong to; a line of no case is told of. Published figures belong to all: -1."""
        if self.table.kind == "published":
            return np.arange(len(frame)), np.full(len(frame), -1)
        size = len(self.matcher.keys)
        if size == 1 and not any(key in frame.columns for key in KEYS):
            return np.arange(len(frame)), np.zeros(len(frame), int)
        common = self.table.kind == "industry"
        pairs = self.matcher.positions(frame, self.table.sheet, common=common).sort_values(["line", "position"])
        matched = np.zeros(len(frame), bool)
        matched[pairs["line"].to_numpy()] = True
        for line in np.flatnonzero(~matched)[:MOST_PROBLEMS]:
            self.problems.add_at(
                -1, place_of(self.table.sheet, self.given, int(line), "insurer"), "unmatched", "没有对应的公司行，未使用",
                "belongs to no row of the cases; not used", severity="warning",
            )  # fmt: skip
        return pairs["line"].to_numpy(), pairs["position"].to_numpy()

    def _columns(self, frame: pd.DataFrame) -> None:
        """Columns that are missing or not known."""
        known = [column.id for column in self.table.columns]
        unknown = [str(name) for name in frame.columns if name not in known and name not in KEYS]
        for column in self.table.columns:
            if column.required and column.id not in frame and self._needed(column, frame).any():
                near = get_close_matches(column.id, unknown, n=1, cutoff=0.7)
                hint, hint_en = (f"，是否为 {near[0]}？", f"; is it {near[0]}?") if near else ("", "")
                self._whole(
                    column.id, "missing_column", f"缺少列 {column.id}（{column.zh}）{hint}",
                    f"column {column.id} ({column.en}) is missing{hint_en}", "error", allowed=column.id,
                )  # fmt: skip
        for name in unknown:
            near = get_close_matches(name, known, n=1, cutoff=0.7)
            hint, hint_en = (f"，是否应为 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
            self._whole(
                name, "ignored_column", f"未知列未使用{hint}", f"unknown column is not used{hint_en}", "warning",
                found=show(name), allowed="、".join(known), allowed_en=", ".join(known),
            )  # fmt: skip

    def _whole(self, column: str, code: str, zh: str, en: str, severity: str, **rest: str) -> None:
        for position in np.unique(self.cases) if severity == "error" else [-1]:
            place = {"sheet": self.table.sheet, "item": f"{self.table.sheet}.{column}"}
            if column in self.given.letters:
                place["cell"] = f"{self.given.letters[column]}1"
            self.problems.add_at(int(position), place, code, zh, en, severity=severity, **rest)

    def _column(self, column: Column, raw: pd.Series | None, size: int) -> Any:
        if column.kind in NUMBERS:
            values = self._numbers(column, raw, size)
            blank = np.isnan(values)
            if column.blank is not None and not isinstance(column.blank, str):
                values = np.where(blank, float(column.blank), values)
            elif raw is not None and column.required:
                self._missing(column, blank & ~self._told(column))
            return values
        if column.kind in CLASSES:
            return self._classes(column, raw, size)
        if column.kind == "date":
            return self._dates(column, raw, size)
        return self._texts(column, raw, size)

    def _numbers(self, column: Column, raw: pd.Series | None, size: int) -> Array:
        if raw is None:
            return np.full(size, np.nan)
        in_words = np.zeros(size, bool)
        words, stands = WORDS.get(column.kind, ((), np.nan))
        if words and not pd.api.types.is_numeric_dtype(raw.dtype):
            in_words = raw.map(lambda x: str(x).strip().lower() if isinstance(x, str) else "").isin(words).to_numpy()
            raw = raw.where(~in_words, None)
        values, odd, bad = numbers(raw)
        if self.given.rows is not None:  # in a workbook a number that is stored as text is worth a word
            odd = odd | (raw.map(lambda x: isinstance(x, str)).to_numpy() & ~np.isnan(values))
        also, also_en = (
            ("；不适用则填“不适用”", ", or not applicable") if column.kind.endswith("_or_none") else ("", "")
        )
        self._flag(bad, column, "not_a_number", f"{column.zh}不是数字", f"{column.en} is not a number", raw,
                   allowed=f"数字；没有就留空{also}", allowed_en=f"a number, or blank{also_en}")  # fmt: skip
        self._flag(odd, column, "number_as_text", f"{column.zh}是文本，已按数字读取", f"{column.en} is text and was read as a number",
                   raw, severity="warning")  # fmt: skip
        outside = np.zeros(size, bool)
        if column.minimum is not None:
            outside |= values < column.minimum
        if column.maximum is not None:
            outside |= values > column.maximum
        span = " ~ ".join(
            "∞" if limit is None else f"{limit:g}"
            for limit in (column.minimum or (0.0 if column.minimum == 0 else None), column.maximum)
        )
        self._flag(
            outside, column, "out_of_range", f"{column.zh}超出范围", f"{column.en} is out of range", raw, allowed=span
        )
        if column.usual is not None and column.kind == "number":
            self._flag(
                values > column.usual, column, "unusual", f"{column.zh}异常大，请核对", f"{column.en} is unusually large; check it",
                raw, severity="warning", allowed=f"≤ {column.usual:g}",
            )  # fmt: skip
        elif column.usual is not None:
            self._flag(
                values > column.usual, column, "percent", f"{column.zh}看似未按比例填写",
                f"{column.en} looks like a percentage without its sign", raw, severity="warning",
                allowed="0.125 或 12.5%", allowed_en="0.125 or 12.5%",
            )  # fmt: skip
        values = np.where(in_words, stands, values) if in_words.any() else values
        return values * self.scale if column.kind in AMOUNTS and self.scale != 1 else values

    def _classes(self, column: Column, raw: pd.Series | None, size: int) -> pd.Categorical:
        allowed = column.allowed(self.rulebook)
        names = list(allowed)
        if raw is None:
            codes: Array = np.full(size, -1)
        else:
            accepted = {_word(name): i for i, name in enumerate(names)}
            for i, (zh, en) in enumerate(allowed.values()):
                accepted.setdefault(_word(zh), i)
                accepted.setdefault(_word(en), i)
            of, distinct = _distinct(raw)
            read = np.array([-1 if d is None else accepted.get(_word(d), -2) for d in distinct] + [-1])
            codes = read[of]
            self._flag(
                codes == -2, column, "not_allowed", f"{column.zh}的取值不在允许范围", f"{column.en} is not an allowed value", raw,
                **_wanted(column, self.rulebook),
            )  # fmt: skip
        blank = codes == -1
        if column.blank is not None:
            codes = np.where(blank, names.index(column.blank), codes)
        elif column.required and raw is not None:
            self._missing(column, blank)
        codes = np.where(codes < 0, -1, codes)
        if column.kind == "known_flag":
            codes = np.where(codes == names.index("unavailable"), names.index("no"), codes)
            names = names[: names.index("unavailable")]
        return pd.Categorical.from_codes(np.asarray(codes, np.int64), categories=pd.Index(names, dtype=object))

    def _dates(self, column: Column, raw: pd.Series | None, size: int) -> Array:
        result = np.full(size, np.datetime64("NaT"), dtype="datetime64[D]")
        if raw is None:
            return result
        if pd.api.types.is_datetime64_any_dtype(raw.dtype):
            return raw.to_numpy().astype("datetime64[D]")
        of, distinct = _distinct(raw)
        read = [None if value is None else day(value) for value in distinct]
        table = np.array([np.datetime64(d, "D") if d else np.datetime64("NaT", "D") for d in [*read, None]])
        wrong = np.array([value is not None and d is None for value, d in zip(distinct, read, strict=True)] + [False])
        self._flag(
            wrong[of],
            column,
            "not_a_date",
            f"{column.zh}不是日期",
            f"{column.en} is not a date",
            raw,
            allowed="2025-09-30",
        )
        if column.required:
            self._missing(column, np.isnat(table[of]) & ~wrong[of])
        return table[of]

    def _texts(self, column: Column, raw: pd.Series | None, size: int) -> pd.Categorical:
        """Texts as a categorical: ids and names repeat, and are compared by code."""
        if raw is None:
            return pd.Categorical.from_codes(np.full(size, -1), categories=pd.Index([], dtype=object))
        of, distinct = _distinct(raw)
        names = ["" if value is None else _text(value) for value in distinct]
        categories = sorted(set(names) - {""})
        order = {name: code for code, name in enumerate(categories)}
        codes = np.array([*(order.get(name, -1) for name in names), -1], dtype=np.int64)
        found = pd.Categorical.from_codes(codes[of], categories=pd.Index(categories, dtype=object))
        if column.required:
            self._missing(column, np.asarray(found.codes < 0))
        if column.id in NAMES:
            total = [_word(name).replace(" ", "") in TOTALS for name in categories]
            self._flag(
                np.array([*total, False])[found.codes], column, "total_row", "这一行像是合计，已按一项持仓计量",
                "this row looks like a total; it is charged as a position", raw, severity="warning",
            )  # fmt: skip
        return found

    def _needed(self, column: Column, frame: pd.DataFrame) -> Array:
        """Rows where a required column has to be filled."""
        other = column.where or column.unless
        if not other:
            return np.ones(len(frame), bool)
        given = _given(frame[other]) if other in frame else np.zeros(len(frame), bool)
        return given if column.where else ~given

    def _only_where(self, column: Column, frame: pd.DataFrame) -> None:
        other = self.table.column(column.where)
        self._flag(
            _given(frame[column.id]) & ~self._needed(column, frame), column, "not_applicable", f"只有填写{other.zh}的行才填{column.zh}",
            f"{column.en} is only of rows that name one: {other.en}", frame[column.id],
        )  # fmt: skip

    # -- problems

    def _missing(self, column: Column, blank: Array) -> None:
        allowed = _wanted(column, self.rulebook)
        if column.where or column.unless:
            blank = blank & self._needed(column, self.given.frame)
        self._flag(blank, column, "missing", f"缺少{column.zh}", f"{column.en} is missing", None, **allowed)

    def _told(self, column: Column) -> Array:
        """Lines a problem was already told of in this column."""
        return self.told.get(column.id, np.zeros(len(self.given.frame), bool))

    def _flag(
        self,
        wrong: Array,
        column: Column,
        code: str,
        zh: str,
        en: str,
        raw: pd.Series | None,
        *,
        severity: str = "error",
        **rest: str,
    ) -> None:
        if not wrong.any():
            return
        if severity == "error":
            self.told[column.id] = self._told(column) | wrong
            rest.setdefault("article", self.table.article_of(column.id))
        count = 0
        for line, position in self._places(wrong):
            count += 1
            if count == MOST_PROBLEMS:
                zh, en, code = (
                    f"{column.zh}：问题过多，其余未列出",
                    f"{column.en}: too many problems; the others are not listed",
                    "more_problems",
                )
            if count > MOST_PROBLEMS:
                # only so that the other cases fail too
                if severity == "error" and position not in self.failed:
                    self.failed.add(position)
                    place = place_of(self.table.sheet, self.given, line, column.id)
                    self.problems.add_at(position, place, code, zh, en, severity=severity)
                continue
            self.failed.add(position)
            found = {} if raw is None else {"found": show(raw.iloc[line])}
            self.problems.add_at(
                position, place_of(self.table.sheet, self.given, line, column.id), code, zh, en, severity=severity,
                **{**found, **{k: v for k, v in rest.items() if v}},
            )  # fmt: skip

    def _places(self, wrong: Array) -> Iterator[tuple[int, int]]:
        hit = wrong[self.lines]
        yield from zip(map(int, self.lines[hit]), map(int, self.cases[hit]), strict=True)


def _wanted(column: Column, rulebook: Rulebook) -> dict[str, str]:
    """What a column takes, as messages say it."""
    if column.kind in CLASSES:
        allowed = column.allowed(rulebook)
        zh = "、".join(f"{key}（{zh}）" if key != zh else key for key, (zh, _) in allowed.items())
        return {"allowed": zh, "allowed_en": ", ".join(allowed)}
    if column.kind == "date":
        return {"allowed": "2025-09-30"}
    if column.kind in NUMBERS:
        return {"allowed": "数字，没有请填 0", "allowed_en": "a number; type 0 if there is none"}
    return {}


def _distinct(raw: pd.Series) -> tuple[Array, list[Any]]:
    """Codes (-1 for blank) and the distinct values of a column, blank texts being None."""
    if isinstance(raw.dtype, pd.CategoricalDtype):
        codes, distinct = np.asarray(raw.cat.codes), list(raw.cat.categories)
    else:
        codes, found = pd.factorize(raw.astype(object), use_na_sentinel=True)
        distinct = list(found)
    return codes, [None if isinstance(value, str) and not value.strip() else value for value in distinct]


def _given(raw: pd.Series) -> Array:
    """Which cells of a column are filled."""
    codes, distinct = _distinct(raw)
    return np.array([*(value is not None for value in distinct), False])[codes]


def _word(value: Any) -> str:
    """A class as it is compared: in small letters, full-width signs as plain ones."""
    return unicodedata.normalize("NFKC", str(value)).strip().lower()


def _text(value: Any) -> str:
    """An id as text: 600000.0 of a workbook is 600000."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
