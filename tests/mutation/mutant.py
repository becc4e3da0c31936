"""One change of one file, and how it is told apart and printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """One change: `text` is the whole file after it, `nth` counts the same change of the same text in a file."""

    path: str
    line: int
    what: str
    before: str
    after: str
    text: str
    nth: int = 0

    @property
    def key(self) -> str:
        """The change without the number of its line, which moves."""
        again = f" #{self.nth}" if self.nth else ""
        return f"{self.path} [{self.what}] {self.change}{again}"

    @property
    def change(self) -> str:
        """The line with what changes in «before → after»."""
        old, new = self.before.strip(), self.after.strip()
        start = _common(old, new)
        end = _common(old[start:][::-1], new[start:][::-1])
        return f"{old[:start]}«{old[start : len(old) - end]} → {new[start : len(new) - end]}»{old[len(old) - end :]}"

    def __str__(self) -> str:
        return f"{self.path}:{self.line} [{self.what}] {self.change}"


def _common(one: str, two: str) -> int:
    """How many first characters are the same."""
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def numbered(found: Iterable[Mutant]) -> list[Mutant]:
    """With `nth` set where one change of one text is possible at several places of a file."""
    seen: Counter[str] = Counter()
    made = []
    for mutant in found:
        made.append(replace(mutant, nth=seen[mutant.key]))
        seen[mutant.key] += 1
    return made
