"""What the calculators share: arrays out of a frame, given or computed, and where each figure came from.

Everything here works on float64 and, for decisions on a boundary, on object arrays of Decimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.tables.spec import UNITS, line_items
from solvency.tables.validate import Problems, show

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

ABSENT, GIVEN, COMPUTED, BLANK = 0, 1, 2, 3
ORIGINS = ("absent", "given", "computed", "blank_zero")
PARTS_EN = {
    "子风险": "its sub-risks",
    "各风险模块": "the modules",
    "各级资本": "the tiers",
    "认可资产减认可负债": "admitted assets less liabilities",
    "资本减最低资本": "capital less minimum capital",
    "持仓明细": "the positions",
    "资本明细": "the tables of rule 1",
    "现金价值、准备金和最低资本": "cash value, reserves and minimum capital",
    "剩余边际": "the residual margin",
    "寿险准备金、现金价值保证和所得税准备": "life reserves, the guarantee and the tax reserve",
    "各保单组": "the groups of policies",
    "S02 第1.2.6、2.2、3.6、4.2行": "rows 1.2.6, 2.2, 3.6 and 4.2 of S02",
    "资本工具与超限额部分": "the instruments and the excess over the limits",
    "S04 各行": "the rows of S04",
    "L01": "form L01",
    "S03": "S03",
    "S04": "S04",
}


@dataclass(frozen=True)
class Formula:
    """How a figure is computed: its inputs, its factors, its article. What `explain` prints."""

    inputs: tuple[str, ...]
    article: str
    text: tuple[str, str]  # Chinese, English
    factors: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()  # sheets it is worked out from, if they are there


@dataclass
class Figures:
    """The figures of n rows while they are being worked out."""

    size: int
    exact: bool
    values: dict[str, Array] = field(default_factory=dict)
    origins: dict[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    problems: Problems | None = None
    tolerance: Array | None = None  # (n,) what rounding of the filed figures explains, in yuan
    hypothetical: bool = False  # other rules than those the figures were filed under
    unit: str = "元"  # of the input; problems show figures as they were typed
    from_positions: Mapping[str, Array] = field(
        default_factory=dict
    )  # sub-risks worked out from positions, NaN without; also what the tables of rule 1 give
    derived: dict[str, Mask] = field(default_factory=dict)  # items put in place of blanks: where they were worked out

    @property
    def severity(self) -> str:
        """How bad it is that a typed figure is not what the rules give: under other rules it may well differ."""
        return "warning" if self.hypothetical else "error"

    @property
    def nan(self) -> Any:
        return Decimal("nan") if self.exact else np.nan

    def put(self, item: str, values: Array, origin: Any = COMPUTED) -> None:
        """Store a figure with its origin, one code or one per row."""
        self.values[item] = values
        self.origins[item] = np.broadcast_to(np.asarray(origin, dtype=np.int8), (self.size,))

    def full(self, value: Any) -> Array:
        if self.exact:
            return np.full(self.size, Decimal(value), dtype=object)
        return np.full(self.size, float(value))

    def settle(
        self, item: str, given: Array, computed: Array, possible: Mask, parts: str = "", article: str = ""
    ) -> Array:
        """The computed figure where it can be computed, else the given one; both present must agree."""
        typed = ~missing(given)
        values = np.where(possible, computed, given)
        self.put(item, values, np.where(possible, COMPUTED, np.where(typed, GIVEN, ABSENT)))
        self.compare(item, given, computed, possible & typed, parts, article)
        return values

    def of_tables(self, name: str) -> Array:
        """A figure that tables give, NaN where they do not."""
        found = self.from_positions.get(name)
        return np.full(self.size, self.nan, dtype=object if self.exact else float) if found is None else found

    def take(self, item: str, given: Array, computed: Array, possible: Mask) -> Array:
        """`settle`, and remember that the figure was worked out although it now stands among the typed ones."""
        self.derived[item] = possible
        return self.settle(item, given, computed, possible, "资本明细", "")

    def typed_or(self, item: str, typed: Array, name: str, article: str) -> Array:
        """A figure typed in one of two places; in both it must be the same."""
        other = self.of_tables(name)
        self.compare(item, typed, other, ~missing(typed) & ~missing(other), "S04 各行", article)
        return np.where(missing(typed), other, typed)

    def compare(self, item: str, given: Array, computed: Array, both: Mask, parts: str, article: str = "") -> None:
        """An error naming both figures where they differ by more than rounding.

        Under other rules than those the totals were filed under they may well differ: then a warning, and the computed
        figure stands.
        """
        if self.problems is None or self.tolerance is None or not both.any():
            return
        apart = both & (np.abs(np.where(both, given - computed, 0.0)) > self.allowance(np.where(both, given, 0.0)))
        row = line_items().get(item)
        for i in np.flatnonzero(apart):
            zh, en = (row.zh, row.en) if row else (item, item)
            self.problems.add(
                int(i), item, "disagree",
                f"{zh}所填数与{parts or '明细'}计算数不一致", f"{en}: the given figure and the one computed from {PARTS_EN.get(parts, 'its parts')} differ",
                found=f"{self.typed(item, given[i])} ≠ {self.typed(item, computed[i])} {self.unit}", article=article,
                severity=self.severity,
            )  # fmt: skip

    def allowance(self, amount: Array) -> Array:
        """What rounding explains of n figures."""
        assert self.tolerance is not None
        return allowance(2 * self.tolerance, amount)

    def report(self, mask: Mask, item: str, code: str, zh: str, en: str, values: Any = None, **rest: str) -> None:
        if self.problems is not None and mask.any():
            for i in np.flatnonzero(mask):
                found = {} if values is None else {"found": self.typed(item, values[i])}
                self.problems.add(int(i), item, code, zh, en, **{**found, **rest})

    def typed(self, item: str, value: Any) -> str:
        """A figure in yuan as it was typed, in the unit of the input."""
        row = line_items().get(item)
        if isinstance(value, str) or row is None or row.kind != "amount":
            return show(value)
        return show(round(float(value) / UNITS[self.unit], 8))


def allowance(two_units: Array | float, amount: Array) -> Array:
    """What rounding explains: two printed units, but never more than half a per cent of the figure."""
    return np.asarray(np.maximum(np.minimum(two_units, 0.005 * np.abs(amount)), 1e-9 * np.abs(amount) + 1e-6))


def missing(values: Array) -> Mask:
    """Which figures are blank; float or Decimal."""
    return np.asarray(np.isnan(values) if values.dtype != object else pd.isna(values), dtype=bool)


def decimals(values: Array) -> Array:
    """Figures in floats as decimals of fifteen digits, all that a float surely holds: a figure typed is itself again,
    whatever it was multiplied by on its way to yuan."""
    return np.array([Decimal(f"{value:.15g}") for value in values.tolist()], dtype=object)


def counted(values: Array, where: Mask) -> Array:
    """Figures where they count, zero elsewhere and where they are blank; float or Decimal."""
    zero: Any = 0.0 if values.dtype != object else Decimal(0)
    return np.where(where, zeroed(values), zero)


def not_negative(values: Array) -> Array:
    """Negative figures as zero, blanks as they are; float or Decimal."""
    zero: Any = 0.0 if values.dtype != object else Decimal(0)
    return np.where(values < 0, zero, values)


def column(cases: pd.DataFrame, item: str) -> Array:
    return cases[item].to_numpy()


def columns(cases: pd.DataFrame, items: Iterable[str]) -> list[Array]:
    return [column(cases, item) for item in items]


def zeroed(values: Array) -> Array:
    """Blanks as zero."""
    blank = missing(values)
    zero: Any = values.dtype.type(0) if values.dtype != object else Decimal(0)
    return np.where(blank, zero, values) if blank.any() else values


def sum_of(
    figures: Figures, cases: pd.DataFrame, total: str, parts: Sequence[str], signs: Mapping[str, int]
) -> tuple[Array, Mask]:
    """Sum of given parts, a blank beside a given sibling being zero. Returns (sum, possible)."""
    values = columns(cases, parts)
    typed = np.array([~missing(v) for v in values])
    possible: Mask = np.asarray(typed.any(axis=0))
    result = figures.full(0)
    for item, value, is_typed in zip(parts, values, typed, strict=True):
        filled = zeroed(value)
        result = result + filled if signs.get(item, 1) > 0 else result - filled
        kind = np.where(figures.derived.get(item, False), COMPUTED, GIVEN)
        figures.put(
            item, np.where(possible, filled, value), np.where(is_typed, kind, np.where(possible, BLANK, ABSENT))
        )
    return result, possible
