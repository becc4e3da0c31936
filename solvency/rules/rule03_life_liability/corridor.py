"""The range that an assumption must keep to, and factors looked up for arrays of any shape (rule 3, annexes 2 to 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from solvency.errors import UsageError
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask

ROUNDING = 1e-12  # what floats leave of a product of two typed numbers


@dataclass(frozen=True, eq=False)
class Corridor:
    """Lower and upper end of an assumption, of one shape; −inf and inf where the rules set none."""

    lower: Array
    upper: Array

    def held(self, assumption: npt.ArrayLike) -> Array:
        """The assumption, or the end it lies beyond."""
        return np.asarray(np.minimum(np.maximum(numeric(assumption), self.lower), self.upper))

    def holds(self, assumption: npt.ArrayLike) -> Mask:
        """Where the assumption lies within; both ends belong to it."""
        values = numeric(assumption)
        room = ROUNDING * np.abs(values)
        return np.asarray((values >= self.lower - room) & (values <= self.upper + room))


def numeric(values: npt.ArrayLike, name: tuple[str, str] = ("假设", "an assumption")) -> Array:
    """Figures as floats. Raises UsageError for a blank: missing is not zero."""
    found = np.asarray(values, dtype=float)
    if np.isnan(found).any():
        raise UsageError(f"{name[0]}有空值", f"{name[1]} has blanks")
    return found


def policy_years(years: npt.ArrayLike) -> Array:
    """Policy years, whole and counted from 1. Raises UsageError."""
    found = np.asarray(years, dtype=float)
    if not ((found >= 1) & (found == np.floor(found))).all():
        raise UsageError("保单年度须为从 1 起的整数", "policy years are whole numbers from 1")
    return found


def along(labels: Any, shape: tuple[int, ...]) -> Array:
    """Labels as an array of `shape`: one for all, one per row of the first axis, or already of that shape."""
    found = np.asarray(labels)
    if found.ndim and found.shape == shape[: found.ndim]:
        found = found.reshape(found.shape + (1,) * (len(shape) - found.ndim))
    try:
        return np.broadcast_to(found, shape)
    except ValueError:
        raise UsageError(f"形状 {found.shape} 与 {shape} 不符", f"shape {found.shape} does not fit {shape}") from None


def looked_up(rulebook: Rulebook, factor: str, shape: tuple[int, ...], **drivers: Any) -> Array:
    """A factor by its drivers, of `shape`; NaN where no row holds. Raises UsageError for a class that is none."""
    table = rulebook.table(factor)
    columns = {}
    for driver, values in drivers.items():
        flat = along(values, shape).reshape(-1)
        if driver in rulebook.classes:
            check_classes(rulebook, driver, flat)
            flat = flat.astype(object)
        columns[driver] = flat
    size = int(np.prod(shape))
    return table.values(table.locate(columns, size), columns).reshape(shape)


def check_classes(rulebook: Rulebook, driver: str, values: Array) -> None:
    """Raises UsageError for a value that is no class of the driver."""
    known = rulebook.classes[driver]
    unknown = sorted({str(value) for value in np.unique(values.astype(str))} - set(known))
    if unknown:
        raise UsageError(
            f"{driver} 没有 {'、'.join(unknown)}，可填 {'、'.join(known)}",
            f"{driver}: no class {', '.join(unknown)}; one of {', '.join(known)}",
        )
