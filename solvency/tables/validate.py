"""Checks the input cell by cell and collects every problem. What concerns several figures at once is in `rules/`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import Problem
from solvency.regulation.rulebook import Rulebook, first_date
from solvency.tables.spec import UNITS, Row, line_items, tables
from solvency.tables.values import day, numbers, quarter

Where = Callable[[int, str], Mapping[str, str]]
KEYS = ("insurer", "as_of", "scenario")


def table_place(position: int, item: str) -> dict[str, str]:
    """Place in a frame: the line it would have in a file (the header is line 1)."""
    return {"row": str(position + 2), "item": item}


def line_place(lines: npt.NDArray[np.int_], position: int, item: str) -> dict[str, str]:
    """Place in a file whose rows start on these lines."""
    return {"row": str(lines[position]), "item": item}


@dataclass
class Problems:
    """Collects problems by row position and knows how to name the place."""

    where: Where = table_place
    found: list[Problem] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)  # -1: the whole input

    def add(
        self, position: int, item: str, code: str, zh: str, en: str, *, severity: str = "error", **rest: str
    ) -> None:
        place = dict(self.where(position, item)) if position >= 0 else {"item": item}
        self.found.append(Problem(code, severity, zh, en, **{"item": item, **place, **rest}))
        self.positions.append(position)

    def add_at(
        self,
        position: int,
        place: Mapping[str, str],
        code: str,
        zh: str,
        en: str,
        *,
        severity: str = "error",
        **rest: str,
    ) -> None:
        """A problem whose place in the input is known."""
        self.found.append(Problem(code, severity, zh, en, **{**place, **rest}))
        self.positions.append(position)

    def flag(
        self, mask: npt.NDArray[np.bool_], item: str, code: str, zh: str, en: str, values: Any = None, **rest: str
    ) -> None:
        """One problem for each True of `mask`; `values[i]` is shown as found."""
        for i in np.flatnonzero(mask):
            shown = {} if values is None else {"found": show(values[i])}
            self.add(int(i), item, code, zh, en, **{**shown, **rest})

    def failing(self, size: int, strict: bool = False) -> npt.NDArray[np.bool_]:
        """Which rows have an error (or, when strict, a warning)."""
        rows = np.zeros(size, bool)
        for position, problem in zip(self.positions, self.found, strict=True):
            if strict or problem.severity == "error":
                rows[position if position >= 0 else slice(None)] = True
        return rows


class Located(Problems):
    """Problems of some rows, or of parts of rows, reported at their place in the whole: row i of them is row `rows[i]` of the whole."""

    def __init__(self, whole: Problems, rows: npt.NDArray[np.intp]):
        super().__init__(whole.where, whole.found, whole.positions)
        self._whole, self._rows = whole, rows

    def add(self, position: int, item: str, code: str, zh: str, en: str, **rest: Any) -> None:
        self._whole.add(int(self._rows[position]) if position >= 0 else position, item, code, zh, en, **rest)

    def add_at(self, position: int, place: Mapping[str, str], code: str, zh: str, en: str, **rest: Any) -> None:
        self._whole.add_at(int(self._rows[position]) if position >= 0 else position, place, code, zh, en, **rest)


def show(value: Any) -> str:
    """A value as the user typed it, short."""
    if isinstance(value, (float, np.floating)):
        return f"{value:,.15g}"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def clean(cases: pd.DataFrame, problems: Problems, *, book: bool = False) -> pd.DataFrame:
    """The input with every known column present, read and checked one by one.

    cases: n rows, columns by line-item name (also `S02.net_assets`). Returns n rows with a RangeIndex: text columns as
    str or None, amounts as float64 in the input's unit with NaN for blank, `as_of` as datetime.date or None.
    """
    raw = _columns(cases, problems, book)
    rulebook = _latest_rulebook(raw)
    result: dict[str, Any] = {}
    for item, row in line_items().items():
        if item not in raw:
            result[item] = np.full(len(raw), np.nan) if _is_number(row) else _nothing(len(raw))
        elif _is_number(row):
            result[item] = _amounts(raw[item], row, problems)
        else:
            result[item] = _words(raw[item], row, problems, rulebook)
    frame = pd.DataFrame(result, index=pd.RangeIndex(len(raw)), copy=False)
    for item, row in line_items().items():
        if not _is_number(row):
            if isinstance(row.blank, str):
                frame[item] = frame[item].where(frame[item].notna(), row.blank)
            elif row.required and not (row.book_only and not book):
                missing = frame[item].isna().to_numpy() & ~_reported(problems, item, len(frame))
                problems.flag(missing, item, "missing", f"缺少{row.zh}", f"{row.en} is missing", **_choices(row))
    _duplicates(frame, problems)
    return frame


def _columns(cases: pd.DataFrame, problems: Problems, book: bool) -> pd.DataFrame:
    """Known columns by their bare names; unknown and doubled ones are reported."""
    known = line_items()
    names: list[str] = []
    for name in map(str, cases.columns):
        sheet, dot, bare = name.partition(".")
        if name not in known and dot and sheet in tables() and any(row.item in (bare, name) for row in tables()[sheet]):
            name = bare if bare in known else name
        names.append(name)
    frame = cases.set_axis(names, axis=1).reset_index(drop=True)
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.add(-1, name, "doubled_column", f"列 {name} 出现多次", f"column {name} stands more than once")
    qualified = {item.partition(".")[2]: item for item in known if "." in item}
    for name in dict.fromkeys(names):
        if name in known or book:
            continue
        near = [qualified[name]] if name in qualified else get_close_matches(name, known, n=1, cutoff=0.8)
        if near:
            problems.add(
                -1, name, "unknown_column", f"没有名为 {name} 的列，是否应为 {near[0]}？",
                f"no column is called {name}; did you mean {near[0]}?",
            )  # fmt: skip
        else:
            problems.add(
                -1,
                name,
                "ignored_column",
                f"未知列 {name} 未使用",
                f"unknown column {name} is not used",
                severity="warning",
            )
    kept = [i for i, name in enumerate(names) if name in known and names.index(name) == i]
    frame = frame.iloc[:, kept]
    for item, row in known.items():
        if row.required and not row.book_only and item not in frame.columns and not book:
            problems.add(
                -1, item, "missing_column", f"缺少列 {item}（{row.zh}）", f"column {item} ({row.en}) is missing"
            )
    return frame


def _amounts(column: pd.Series, row: Row, problems: Problems) -> npt.NDArray[np.float64]:
    values, odd, bad = numbers(column)
    item = row.item
    if bad.any():
        problems.flag(
            bad, item, "not_a_number", f"{row.zh}不是数字", f"{row.en} is not a number", column.to_numpy(dtype=object),
            allowed="数字；没有就留空或填 0", allowed_en="a number; leave blank or type 0 if there is none",
        )  # fmt: skip
    if odd.any():
        problems.flag(
            odd, item, "number_as_text", f"{row.zh}是文本，已按数字读取", f"{row.en} is text and was read as a number",
            column.to_numpy(dtype=object), severity="warning",
        )  # fmt: skip
    rest: dict[str, str] = {"article": row.article} if row.article else {}
    for limit, outside in ((row.minimum, np.less), (row.maximum, np.greater)):
        if limit is None:
            continue
        wrong = outside(values, limit)
        if wrong.any():
            low, high = (f"{x:g}" if x is not None else "" for x in (row.minimum, row.maximum))
            span = f"{low} ~ {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
            hint = "；比例填小数或百分数" if row.maximum == 1 else ""
            hint_en = "; write a fraction or a percentage" if row.maximum == 1 else ""
            problems.flag(
                wrong, item, "out_of_range", f"{row.zh}超出范围{hint}", f"{row.en} is out of range{hint_en}", values,
                allowed=span, **rest,
            )  # fmt: skip
    if row.kind == "ratio":
        large = np.abs(values) >= 100
        problems.flag(
            large, item, "percent", f"{row.zh}看似未按比例填写", f"{row.en} looks like a percentage without its sign",
            values, severity="warning", allowed="2.5 或 250%", allowed_en="2.5 or 250%",
        )  # fmt: skip
    return values


def _words(column: pd.Series, row: Row, problems: Problems, rulebook: Rulebook) -> npt.NDArray[np.object_]:
    """A column of words, read once per distinct value: shape (n,), None for blank or unusable."""
    codes, distinct = pd.factorize(column.astype(object), use_na_sentinel=True)
    typed = [None if isinstance(value, str) and not value.strip() else value for value in distinct]
    blank = np.array([value is None for value in typed] + [True])[codes]
    shown = np.array([*typed, None], dtype=object)[codes]

    def taken(values: list[Any]) -> npt.NDArray[np.object_]:
        return np.array([*values, None], dtype=object)[codes]

    def reads(read: Callable[[Any], Any]) -> list[Any]:
        return [None if value is None else read(value) for value in typed]

    if row.kind == "text":
        return taken(reads(lambda value: str(value).strip()))
    if row.kind == "date":
        return _dates(taken(reads(day)), blank, shown, row, problems)
    if row.kind == "choice":
        allowed = row.allowed(rulebook)
        accepted = {key: key for key in allowed} | {zh: key for key, (zh, _) in allowed.items()}
        accepted |= {en.lower(): key for key, (_, en) in allowed.items()} | {key.lower(): key for key in allowed}
        read = taken(reads(lambda value: accepted.get(str(value).strip(), accepted.get(str(value).strip().lower()))))
    else:
        read = taken(reads(quarter))
    wrong = ~blank & (read == None)  # noqa: E711 (element by element)
    allowed_text = _choices(row, rulebook) or {"allowed": "2025Q3"}
    problems.flag(
        wrong, row.item, "not_allowed", f"{row.zh}的取值不在允许范围", f"{row.en} is not an allowed value", shown, **allowed_text
    )  # fmt: skip
    return read


def _dates(
    read: npt.NDArray[np.object_], blank: npt.NDArray[np.bool_], shown: Any, row: Row, problems: Problems
) -> npt.NDArray[np.object_]:
    """Dates within the time of the rules, up to five years ahead."""
    first, today = first_date(), dt.date.today()
    last = today.replace(year=today.year + 5, day=1)
    unread = read == None  # noqa: E711 (element by element)
    days = read.copy()
    days[unread] = first
    outside = np.asarray((days < first) | (days > last), bool)
    problems.flag(
        outside, row.item, "date_out_of_range", f"{row.zh}不在规则Ⅱ适用期间内", f"{row.en} is outside the time of rules II",
        shown, allowed=f"{first} ~ {last}", article="银保监发〔2021〕52号",
    )  # fmt: skip
    problems.flag(
        ~blank & unread, row.item, "not_a_date", f"{row.zh}不是日期", f"{row.en} is not a date", shown, allowed="2025-09-30"
    )  # fmt: skip
    read[outside] = None
    return read


def _latest_rulebook(raw: pd.DataFrame) -> Rulebook:
    days = list(map(day, raw["as_of"].dropna().unique())) if "as_of" in raw else []
    usable = [d for d in days if d is not None and d >= first_date()]
    return Rulebook.at(max(usable, default=first_date()))


def _choices(row: Row, rulebook: Rulebook | None = None) -> dict[str, str]:
    allowed = row.allowed(rulebook)
    if not allowed:
        return {"article": row.article} if row.article else {}
    zh = "、".join(f"{key}（{zh}）" if key != zh else key for key, (zh, _) in allowed.items())
    en = ", ".join(allowed)
    return {"allowed": zh, "allowed_en": en} | ({"article": row.article} if row.article else {})


def _duplicates(frame: pd.DataFrame, problems: Problems) -> None:
    keys = frame[list(KEYS)]
    doubled = (keys.duplicated(keep=False) & keys["insurer"].notna() & keys["as_of"].notna()).to_numpy()
    if doubled.any():
        found = [" · ".join(map(str, key)) for key in keys.itertuples(index=False)]
        problems.flag(
            doubled,
            "insurer",
            "duplicate",
            "同一公司、日期、情景出现多行",
            "same insurer, date and scenario in several rows",
            found,
        )


def _reported(problems: Problems, item: str, size: int) -> npt.NDArray[np.bool_]:
    """Rows already reported for this item, so that one fault gives one message."""
    rows = np.zeros(size, bool)
    for position, problem in zip(problems.positions, problems.found, strict=True):
        if problem.item == item:
            rows[position if position >= 0 else slice(None)] = True
    return rows


def _is_number(row: Row) -> bool:
    return row.kind in ("amount", "number", "ratio")


def _nothing(size: int) -> Any:
    return np.full(size, None, dtype=object)


def unit_scale(unit: str) -> int:
    """Yuan per unit. Raises UsageError."""
    from solvency.errors import UsageError

    if unit not in UNITS:
        raise UsageError(
            f"单位 {unit!r} 不存在，可用：{'、'.join(UNITS)}", f"no unit {unit!r}; one of {', '.join(UNITS)}"
        )
    return UNITS[unit]
