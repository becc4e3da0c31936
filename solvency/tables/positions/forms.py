"""Rows of the official forms that are worked out: what each is, its number, its names and its article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from solvency.regulation.strict_yaml import read_yaml

# the columns of amounts that a form may have, in their order; the last one that a form has is its capital
AMOUNTS: Mapping[str, tuple[str, str]] = {
    "premium_exposure": ("保费风险暴露", "Premium exposure"),
    "premium_mc": ("保费风险最低资本", "Premium risk"),
    "reserve_exposure": ("准备金风险暴露", "Reserve exposure"),
    "reserve_mc": ("准备金风险最低资本", "Reserve risk"),
    "loan_balance": ("贷款余额", "Loan balance"),
    "outstanding_reserve": ("未决赔款准备金", "Claims reserve"),
    "exposure": ("风险暴露", "Exposure"),
    "before_diversification": ("分散前", "Before diversification"),
    "diversification": ("分散效应", "Diversification"),
    "minimum_capital": ("最低资本", "Minimum capital"),
    "amount": ("金额", "Amount"),
}


@dataclass(frozen=True)
class FormRow:
    """One row of a form: its official number, the figure that stands there, its names and article."""

    row: str
    item: str
    zh: str
    en: str
    article: str


@lru_cache(maxsize=1)
def form_rows() -> dict[str, tuple[FormRow, ...]]:
    """The rows of every form by official code, in their order."""
    folder = resources.files("solvency.tables") / "positions"
    found: dict[str, tuple[FormRow, ...]] = {}
    for path in sorted(Path(str(entry)) for entry in folder.iterdir() if entry.name.endswith(".yaml")):
        for code, rows in read_yaml(path).get("forms", {}).items():
            found[code] = tuple(FormRow(**row) for row in rows)
    return found


def amounts_of(columns: Iterable[str]) -> list[str]:
    """Which columns of a form are amounts, in order: the last one is what the row bears."""
    found = set(columns)
    return [name for name in AMOUNTS if name in found]
