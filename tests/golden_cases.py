"""What the runners of golden cases share: the cases of a folder, their tables, each case alone, and all stacked as insurers of one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from solvency.errors import InputError
from solvency.regulation.strict_yaml import read_yaml
from solvency.result import Result
from solvency.tables.positions.spec import position_tables

Case = dict[str, Any]
GOLDEN = Path(__file__).parent / "golden"


def read(folder: str) -> tuple[list[tuple[str, Case]], list[str]]:
    """The cases of a folder with the names of their files, and what each is called."""
    cases = [(path.stem, case) for path in sorted((GOLDEN / folder).glob("*.yaml")) for case in read_yaml(path)]
    names = [f"{stem}: {case['case']}" for stem, case in cases]
    assert len(set(names)) == len(names)
    return cases, names


def number(value: Any) -> float:
    return float(str(value).replace("_", "")) if not isinstance(value, (int, float)) else float(value)


def tables_of(cases: list[Case]) -> dict[str, pd.DataFrame]:
    """The tables of all cases, `insurer` being the place of the case."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for i, case in enumerate(cases):
        for code, lines in case["tables"].items():
            for line in lines:
                typed = {key: float(v) if isinstance(v, Decimal) else v for key, v in line.items()}
                rows.setdefault(code, []).append({"insurer": str(i), **typed})
    return {code: pd.DataFrame(lines) for code, lines in rows.items()}


def told(error: InputError) -> list[str]:
    """What is wrong with the tables; that a figure is then missing from S05 only follows."""
    return sorted({p.code for p in error.problems if p.severity == "error" and p.sheet in position_tables()})


def told_where(error: InputError) -> list[str]:
    """What is wrong with the tables, where, and if more than once how often."""
    errors = [p for p in error.problems if p.severity == "error" and p.sheet in position_tables()]
    count = Counter(f"{p.code} {p.item} {p.row}".rstrip() for p in errors)
    return sorted(f"{place} ×{n}" if n > 1 else place for place, n in count.items())


def groups(cases: Iterable[tuple[str, Case]], common: tuple[str, ...] = ()) -> Iterator[list[Case]]:
    """Cases under the same readings, with the same tables of no insurer (`common`), can stand in one table."""
    together: dict[str, list[Case]] = {}
    for _, case in cases:
        alike = {code: rows for code, rows in case.get("tables", {}).items() if code in common}
        together.setdefault(repr((sorted(case.get("readings", {}).items()), alike)), []).append(case)
    yield from together.values()


def run_alone(
    case: Case, calculated: Callable[..., Result], check: Callable[..., None], told: Callable[[InputError], list[str]] = told
) -> None:  # fmt: skip
    if "errors" not in case:
        check(case, calculated([case]), 0)
        return
    with pytest.raises(InputError) as caught:
        calculated([case])
    assert told(caught.value) == sorted(case["errors"]), [p.message("en") for p in caught.value.problems]


def run_stacked(
    cases: list[tuple[str, Case]], calculated: Callable[..., Result], check: Callable[..., None], backwards: bool, common: tuple[str, ...] = ()
) -> None:  # fmt: skip
    count = 0
    for together in groups(cases, common):
        ordered = together[::-1] if backwards else together
        result = calculated(ordered, on_error="reject")
        refused = {row for row, case in enumerate(ordered) if "errors" in case}
        assert set(result.figures.index) == set(range(len(ordered))) - refused
        for row, case in enumerate(ordered):
            if row not in refused:
                check(case, result, row)
                count += 1
    assert count == sum("errors" not in case for _, case in cases)
