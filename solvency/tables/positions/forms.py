"""Rows of the official forms that are worked out: what each is, its number, its names and its article."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from solvency.regulation.strict_yaml import read_yaml


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
