"""Reads what a stress test works on: exposures, a company's own sensitivities, forecasts; for one insurer or many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import Problem, UsageError
from solvency.tables.spec import MODULES, SUB_RISKS, Row, line_items, tables
from solvency.tables.validate import KEYS, show
from solvency.tables.values import day, numbers

Array = npt.NDArray[Any]
EXPOSURE = "exposure"
TIERS = ("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2")
# what a sensitivity or a scenario may change
AFFECTED = (*TIERS, *SUB_RISKS, *MODULES, "loss_absorption", "additional_capital", "minimum_capital")
PERIODS = ("next_quarter", "year_end_1", "year_end_2")
OPERATORS = {"*": "multiply", "×": "multiply", "+": "add", "-": "add", "=": "set"}
_SIZED = re.compile(r"([A-Za-z]\w*?)(_up|_down)?\s*(?:([*×+=-])\s*(\d*\.?\d+))?")


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """By how much an item changes when a risk factor moves: one value per row, NaN where a company gives none.

    `size` is the move the values belong to (multiply: value − 1); None: the largest mandatory move of the factor.
    """

    factor: str
    direction: int  # +1, -1, or 0 for either
    how: str
    size: float | Decimal | None
    item: str
    values: Array = field(repr=False)

    def take(self, rows: Array) -> Sensitivity:
        return Sensitivity(self.factor, self.direction, self.how, self.size, self.item, self.values[rows])


@dataclass(frozen=True, eq=False)
class Exposures:
    """Exposures of n rows (yuan, fractions, years; NaN for blank) and own sensitivities (yuan)."""

    values: dict[str, Array]
    sensitivities: tuple[Sensitivity, ...] = ()

    def take(self, rows: Array) -> Exposures:
        return Exposures({k: v[rows] for k, v in self.values.items()}, tuple(s.take(rows) for s in self.sensitivities))

    def exactly(self, decimals: Callable[[Array], Array]) -> Exposures:
        """The same in decimals."""
        return Exposures(
            {k: decimals(v) for k, v in self.values.items()},
            tuple(
                replace(s, size=None if s.size is None else Decimal(repr(s.size)), values=decimals(s.values))
                for s in self.sensitivities
            ),
        )


def exposure_items() -> dict[str, Row]:
    """The exposures by name."""
    return {row.item: row for row in tables()["Exposures"] if row.factor == EXPOSURE}


def listed_sensitivities() -> dict[tuple[str, str], Row]:
    """Effects without a first-order formula: (factor, item) -> row."""
    return {(row.factor, row.item): row for row in tables()["Exposures"] if row.factor != EXPOSURE}


def sized(text: str) -> tuple[str, int, str, float | None] | None:
    """`premium_income*1.2` -> (premium_income, 0, multiply, 0.2); `new_business_premium_up` -> (…, +1, "", None)."""
    match = _SIZED.fullmatch(text.strip())
    if not match:
        return None
    name, side, operator, number = match.groups()
    direction = {"_up": 1, "_down": -1, None: 0}[side]
    if not operator:
        return name, direction, "", None
    from decimal import Decimal

    value = Decimal(number) - 1 if OPERATORS[operator] == "multiply" else Decimal(number)
    return name, direction, OPERATORS[operator], float(-value if operator == "-" else value)


class Matcher:
    """Finds the rows of `cases` that a line of another table belongs to, by the key columns both have."""

    def __init__(self, keys: pd.DataFrame):
        self.keys = keys[list(KEYS)].reset_index(drop=True)
        self.keys["as_of"] = self.keys["as_of"].map(str)

    def positions(self, frame: pd.DataFrame, what: str, *, common: bool = False) -> pd.DataFrame:
        """`line` (position in frame) and `position` (row of cases), a pair per match. Raises UsageError without keys.

        common: figures of the whole market, which belong to every insurer of their date.
        """
        shared = [key for key in KEYS if key in frame.columns]
        lines = pd.DataFrame({key: frame[key].map(str) for key in shared if key != "as_of"})
        if "as_of" in shared:
            lines["as_of"] = frame["as_of"].map({x: str(day(x)) for x in frame["as_of"].unique()})
        lines["line"] = np.arange(len(frame))
        if "insurer" not in shared:
            if common and self.keys["as_of"].nunique() > 1 and "as_of" not in shared:
                raise UsageError(
                    f"{what}：多个评估日时须有 as_of 列", f"{what}: with several dates a column as_of is needed"
                )
            if common and shared:
                keys = self.keys[shared].assign(position=np.arange(len(self.keys)))
                return lines.merge(keys, on=shared)[["line", "position"]]
            if not common and self.keys["insurer"].nunique() > 1:
                raise UsageError(
                    f"{what}：多家公司时须有 insurer 列", f"{what}: with several insurers a column insurer is needed"
                )
            return lines.drop(columns=shared).merge(pd.DataFrame({"position": np.arange(len(self.keys))}), how="cross")
        return lines.merge(self.keys.assign(position=np.arange(len(self.keys))), on=shared)[["line", "position"]]


def read_exposures(
    frame: pd.DataFrame, keys: pd.DataFrame, scale: int, problems: list[Problem], factors: Callable[[str], bool],
    cells: Mapping[str, tuple[str, str]] | None = None,
) -> Exposures:  # fmt: skip
    """Exposures and sensitivities of n rows.

    frame: long, columns `factor` (blank: exposure), `item`, `value` in the input's unit, and for many insurers key columns.
    keys: n rows of the key columns of the cases. factors(name) says whether a risk factor has a mandatory size, so that
    a sensitivity may leave its size out. cells: the cells of a book. Problems are collected.
    """
    size = len(keys)
    missing = [name for name in ("item", "value") if name not in frame.columns]
    if missing:
        raise UsageError(f"Exposures 缺少列 {'、'.join(missing)}", f"Exposures has no column {', '.join(missing)}")
    frame = frame.reset_index(drop=True)
    given, _, bad = numbers(frame["value"])
    factor = frame["factor"] if "factor" in frame.columns else pd.Series(EXPOSURE, index=frame.index)
    words = pd.DataFrame(
        {"factor": factor.fillna(EXPOSURE).map(str).str.strip(), "item": frame["item"].map(str).str.strip()}
    )
    words.loc[words["factor"] == "", "factor"] = EXPOSURE

    factors_of, items_of = words["factor"].tolist(), words["item"].tolist()
    insurers = [str(x) for x in frame["insurer"]] if "insurer" in frame.columns else []

    def place(line: int) -> dict[str, str]:
        named = f"{factors_of[line]} · {items_of[line]}"
        if insurers:
            return {"item": f"{insurers[line]} · {named}"}
        cell = (cells or {}).get(f"Exposures.{factors_of[line]}.{items_of[line]}", ("", ""))[1]
        return {"item": named, "sheet": "Exposures", "cell": cell}

    for line in map(int, np.flatnonzero(bad)):
        found = show(frame["value"].iloc[line])
        problems.append(Problem("not_a_number", "error", "不是数字", "not a number", found=found, **place(line)))
    pairs = Matcher(keys).positions(frame, "Exposures")
    for line in sorted(set(range(len(frame))) - set(pairs["line"])):
        zh, en = "没有对应的公司行", "belongs to no row of the cases"
        problems.append(Problem("unmatched", "warning", zh, en, **place(line)))
    pairs = pairs[~np.isnan(given[pairs["line"]])]
    values: dict[str, Array] = {item: np.full(size, np.nan) for item in exposure_items()}
    own: list[Sensitivity] = []
    groups = words.groupby(["factor", "item"], sort=False).indices
    for pair, lines in groups.items():
        name, item = map(str, cast("tuple[str, str]", pair))
        of_pair = pairs[pairs["line"].isin(lines)]
        first = int(lines[0])
        reason = _unknown(name, item, factors)
        if reason:
            problems.append(Problem("unknown", "error", *reason, **place(first)))
            continue
        doubled = of_pair[of_pair["position"].duplicated()]
        for line in doubled["line"].unique():
            problems.append(
                Problem(
                    "duplicate",
                    "error",
                    "同一因素和项目重复出现",
                    "the same factor and item stand twice",
                    **place(int(line)),
                )
            )
        target = values[item] if name == EXPOSURE else np.full(size, np.nan)
        amount = name != EXPOSURE or exposure_items()[item].kind == "amount"
        target[of_pair["position"]] = given[of_pair["line"]] * (scale if amount else 1)
        if name != EXPOSURE:
            parsed = sized(name)
            assert parsed is not None
            own.append(Sensitivity(*parsed, item, target))
        else:
            problems.extend(_outside(exposure_items()[item], given, lines, place))
    return Exposures(values, tuple(own))


def _unknown(name: str, item: str, factors: Callable[[str], bool]) -> tuple[str, str] | None:
    if name == EXPOSURE:
        if item in exposure_items():
            return None
        return (
            f"没有名为 {item} 的风险暴露{_near(item, exposure_items())[0]}",
            f"no exposure is called {item}{_near(item, exposure_items())[1]}",
        )
    parsed = sized(name)
    if parsed is None:
        return (f"风险因素 {name!r} 的写法不对；如 premium_income 或 premium_income*1.2",
                f"factor {name!r} is not written as premium_income or premium_income*1.2")  # fmt: skip
    if parsed[3] == 0:
        return f"{name}：变动幅度为零", f"{name}: a change of zero"
    if parsed[3] is None and not factors(name):
        return (f"{parsed[0]} 没有唯一的必测幅度，须写明幅度，如 {parsed[0]}*0.8",
                f"{name} has no single mandatory size; write the size, as in {parsed[0]}*0.8")  # fmt: skip
    if item not in AFFECTED:
        near = _near(item, AFFECTED)
        return f"{item} 不是敏感度可以影响的项目{near[0]}", f"{item} is no item that a sensitivity can change{near[1]}"
    return None


def _near(name: str, known: Any) -> tuple[str, str]:
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return (f"，是否应为 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")


def _outside(row: Row, given: Array, lines: Any, place: Callable[[int], dict[str, str]]) -> Iterator[Problem]:
    for line in map(int, lines):
        low = row.minimum is not None and given[line] < row.minimum
        high = row.maximum is not None and given[line] > row.maximum
        if low or high:
            span = f"{'-∞' if row.minimum is None else f'{row.minimum:g}'} ~ {'∞' if row.maximum is None else f'{row.maximum:g}'}"
            yield Problem(
                "out_of_range", "error", f"{row.zh}超出范围", f"{row.en} is out of range", found=show(float(given[line])),
                allowed=span, **place(line),
            )  # fmt: skip


def read_forecast(
    frame: pd.DataFrame, keys: pd.DataFrame, scale: int, problems: list[Problem],
    cells: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, dict[str, Array]]:  # fmt: skip
    """Forecast amounts in yuan: period -> item -> n values, NaN for blank.

    frame: long, `item` (column or index) and a column per period in `PERIODS`, and for many insurers key columns.
    """
    frame = frame.reset_index() if "item" not in frame.columns else frame.reset_index(drop=True)
    if "item" not in frame.columns:
        raise UsageError("Forecast 缺少列 item", "Forecast has no column item")
    known = {row.item for row in tables()["S01"] if not row.output}
    items = frame["item"].map(str).str.strip()
    outputs = {row.item for row in tables()["S01"] if row.output}
    for item in sorted(set(items) - known - outputs):
        near = _near(item, known)
        problems.append(
            Problem("unknown", "error", f"没有名为 {item} 的预测项目{near[0]}", f"no forecast item is called {item}{near[1]}",
                    sheet="Forecast", item=item)
        )  # fmt: skip
    pairs = Matcher(keys).positions(frame, "Forecast")
    result: dict[str, dict[str, Array]] = {}
    for period in PERIODS:
        result[period] = {item: np.full(len(keys), np.nan) for item in known}
        if period not in frame.columns:
            continue
        given, _, bad = numbers(frame[period])
        for line in np.flatnonzero(bad):
            problems.append(
                Problem("not_a_number", "error", f"{items[line]}（{period}）不是数字", f"{items[line]} ({period}) is not a number",
                        sheet="Forecast", item=str(items[line]), found=show(frame.at[int(line), period]),
                        cell=(cells or {}).get(f"Forecast.{items[line]}.{period}", ("", ""))[1])
            )  # fmt: skip
        filled = pairs[~np.isnan(given[pairs["line"]])]
        for item, lines in ((str(k), v) for k, v in items.groupby(items).indices.items()):
            if item not in known:
                continue
            found = filled[filled["line"].isin(lines)]
            if found["position"].duplicated().any():
                problems.append(
                    Problem(
                        "duplicate",
                        "error",
                        f"{item} 重复出现",
                        f"{item} stands twice",
                        sheet="Forecast",
                        item=str(item),
                    )
                )
            result[period][str(item)][found["position"]] = given[found["line"]] * scale
    return result


def label(item: str) -> tuple[str, str]:
    """Chinese and English name of an exposure or line item."""
    row = exposure_items().get(item) or line_items().get(item)
    return (row.zh, row.en) if row else (item, item)
