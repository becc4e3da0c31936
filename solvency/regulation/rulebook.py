"""`Rulebook.at(date)`: the documents in force on a date, laid over one another, oldest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from solvency.errors import DateOutOfRangeError, DocumentError, UnknownFactorError, UsageError
from solvency.regulation.document import (
    Consequence,
    Contents,
    Document,
    MandatoryTest,
    Reading,
    Supplied,
    read_document,
)
from solvency.regulation.factors import (
    Array,
    Bands,
    ClassLabel,
    Correlation,
    Factor,
    Interval,
    LookupRow,
    Table,
    as_table,
)

FLAGS = ("yes", "no")  # the classes of a column that asks whether something is so


@dataclass(frozen=True, eq=False)
class Rulebook:
    """The consolidated rules of one date. Immutable and cheap to pass around.

    `exact=True` gives Decimal where the default gives float, for decisions on a boundary.
    """

    date: dt.date
    documents: tuple[Document, ...]
    factors: Mapping[str, Factor]
    readings: Mapping[str, Reading]
    chosen: Mapping[str, str]
    consequences: tuple[Consequence, ...]
    tests: tuple[MandatoryTest, ...]
    classes: Mapping[str, Mapping[str, ClassLabel]]  # of each driver, also those a later document will create
    parents: Mapping[str, Mapping[str, str]]  # classes to come, charged as another one until then
    exact: bool = False

    @classmethod
    def at(
        cls,
        on: dt.date | str,
        *,
        readings: Mapping[str, str] | None = None,
        drafts: Iterable[str | Path] = (),
    ) -> Rulebook:
        """The rules in force on `on` (a date or ISO text), with chosen readings and draft notices laid on top.

        A draft applies whatever its own date, since it is asked what would be if it were in force.
        Raises DateOutOfRangeError, UnknownFactorError (a reading or alternative that does not exist), DocumentError.
        """
        day = _day(on)
        chosen = tuple(sorted((readings or {}).items()))
        paths = _draft_keys(drafts)
        library = _library(paths)
        first = first_date()
        if day < first:
            raise DateOutOfRangeError(
                f"{day}：偿二代二期规则自 {first} 起适用", f"{day}: the rules of C-ROSS Phase II apply from {first}"
            )
        start = max(point for point in _change_points(library) if point <= day)
        return replace(_consolidated(start, chosen, paths), date=day)

    @property
    def edition(self) -> tuple[str, ...]:
        """The files in force: two dates with the same edition have the same documents."""
        return tuple(document.file for document in self.documents)

    @property
    def is_hypothetical(self) -> bool:
        """A draft is laid on top, or another reading than the default is taken somewhere."""
        return any(document.draft for document in self.documents) or any(
            choice != self.readings[name].default for name, choice in self.chosen.items()
        )

    def exactly(self) -> Rulebook:
        """The same rules with Decimal numbers."""
        return replace(self, exact=True)

    def factor(self, name: str) -> Factor:
        """The factor as it stands. Raises UnknownFactorError with near names."""
        try:
            return self.factors[name]
        except KeyError:
            raise UnknownFactorError(name, list(self.factors)) from None

    def supplied(self, name: str) -> tuple[Document, Supplied] | None:
        """Numbers that are published but not kept here, by their table or a name of theirs; None for others. The latest document counts."""
        wanted = name.lower()
        found = [
            (d, s) for d in self.documents for s in d.supplied if wanted in (s.table.lower(), *(n.lower() for n in s.names))
        ]  # fmt: skip
        return found[-1] if found else None

    def has(self, name: str) -> bool:
        return name in self.factors

    def value(self, name: str) -> Any:
        """A single number (float, or Decimal when exact)."""
        return self._number(self._content(name, "value"))

    def row(self, name: str, key: str) -> Any:
        """One class of a lookup."""
        rows = cast("dict[str, LookupRow]", self._content(name, "rows"))
        if key not in rows:
            raise UnknownFactorError(key, list(rows), (f" {name} 的类别", f"class of {name}"))
        return self._number(rows[key].value)

    def rows(self, name: str) -> dict[str, Any]:
        """All classes of a lookup."""
        rows = cast("dict[str, LookupRow]", self._content(name, "rows"))
        return {key: self._number(row.value) for key, row in rows.items()}

    def names(self, name: str) -> dict[str, tuple[str, str]]:
        """The classes of a lookup by name: key -> (Chinese, English)."""
        rows = cast("dict[str, LookupRow]", self._content(name, "rows"))
        return {key: (row.zh, row.en) for key, row in rows.items()}

    def bands(self, name: str) -> Bands:
        return replace(cast(Bands, self._content(name, "bands")), exact=self.exact)

    def table(self, name: str) -> Table:
        """A factor by its drivers; a lookup or a single value is a table too."""
        factor = self.factor(name)
        content = factor.content
        for reading, alternatives in factor.variants.items():
            content = alternatives.get(self.reading(reading), ("", content))[1]
        found = as_table(content, factor.driver)
        if found is None:
            raise UnknownFactorError(
                name,
                [n for n, f in self.factors.items() if as_table(f.content, f.driver)],
                (" table 型因子", "table factor"),
            )
        return found

    def coefficients(self, group: str) -> tuple[Factor, ...]:
        """The coefficients k in force of a class of exposures: every factor `<group>.k_…`."""
        return tuple(factor for name, factor in self.factors.items() if name.startswith(f"{group}.k_"))

    def outside_limit(self, name: str) -> bool:
        """Whether a coefficient stands outside the limit on K under the readings taken."""
        under = self.factor(name).outside_limit
        return under is not None and self.reading(under[0]) == under[1]

    def correlation(self, name: str, labels: Iterable[str]) -> Array:
        """The matrix in the order of `labels`."""
        return cast(Correlation, self._content(name, "correlation")).ordered(list(labels), self.exact)

    def correlation_labels(self, name: str) -> tuple[str, ...]:
        return cast(Correlation, self._content(name, "correlation")).labels

    def members(self, name: str) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self._content(name, "members"))

    def interval(self, name: str) -> Interval:
        return cast(Interval, self._content(name, "interval"))

    def reading(self, name: str) -> str:
        """The alternative taken."""
        try:
            return self.chosen[name]
        except KeyError:
            raise UnknownFactorError(name, list(self.readings), ("解读", "reading")) from None

    def _content(self, name: str, shape: str) -> Any:
        factor = self.factor(name)
        got, content = factor.shape, factor.content
        for reading, alternatives in factor.variants.items():
            got, content = alternatives.get(self.reading(reading), (got, content))
        if got != shape:
            raise UnknownFactorError(
                name, [n for n, f in self.factors.items() if f.shape == shape], (f" {shape} 型因子", f"{shape} factor")
            )
        return content

    def _number(self, value: Decimal) -> float | Decimal:
        return value if self.exact else float(value)


def history(name: str, drafts: Iterable[str | Path] = ()) -> list[Factor]:
    """Every version of a factor, oldest first. Raises UnknownFactorError."""
    found = [c.factors[name] for c in _library(_draft_keys(drafts)) if name in c.factors]
    if not found:
        raise UnknownFactorError(name, sorted(published_factors()))
    return found


def first_date() -> dt.date:
    """The first date with a complete set of rules; a rule revised later counts from when it first applied."""
    since: dict[int, dt.date] = {}
    for document in (c.document for c in _library(())):
        if document.rule is not None:
            since[document.rule] = min(document.effective, since.get(document.rule, document.effective))
    return max(since.values())


def changes(first: dt.date, second: dt.date) -> list[tuple[dt.date, tuple[str, ...]]]:
    """What happens to the rules on the way from one date to another, in order: a date on the far side, and the numbers
    of the documents that take effect there or of which something ends."""
    library = _library(())
    low, high = sorted((first, second))
    found = []
    for point in _change_points(library):
        if low < point <= high:
            there = [c.document.number for c in library if c.document.effective == point]
            there += [
                f.document.number for c in library for f in c.factors.values() if f.until == point - timedelta(days=1)
            ]
            found.append((point if first < second else point - timedelta(days=1), tuple(dict.fromkeys(there))))
    return found if first < second else found[::-1]


@lru_cache(maxsize=32)
def _library(drafts: tuple[tuple[str, int], ...]) -> tuple[Contents, ...]:
    folder = resources.files("solvency.regulation") / "documents"
    files = sorted(Path(str(entry)) for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    # of one day the rules come first: a notice of that day amends them
    published = sorted(
        map(read_document, files),
        key=lambda c: (c.document.effective, c.document.issued, c.document.rule is None),
    )
    return (*published, *(read_document(Path(path), draft=True) for path, _ in drafts))


def published_factors() -> set[str]:
    """Names of the factors of every date."""
    return {name for contents in _library(()) for name in contents.factors}


def draft_paths(drafts: str | Path | Iterable[str | Path]) -> tuple[Path, ...]:
    """Drafts however they are given, one or several, to be gone through more than once."""
    return (Path(drafts),) if isinstance(drafts, (str, Path)) else tuple(map(Path, drafts))


def _draft_keys(drafts: Iterable[str | Path]) -> tuple[tuple[str, int], ...]:
    """Draft files with their time of change, so that an edited draft is read again."""
    paths = draft_paths(drafts)
    for path in paths:
        if not path.is_file():
            raise DocumentError(path, "", "no such file")
    return tuple((str(path), path.stat().st_mtime_ns) for path in paths)


def _day(on: dt.date | str) -> dt.date:
    try:
        return dt.date.fromisoformat(on) if isinstance(on, str) else dt.date(on.year, on.month, on.day)
    except (ValueError, AttributeError):
        raise UsageError(f"{on!r} 不是日期，例如 2025-09-30", f"{on!r} is no date; e.g. 2025-09-30") from None


def _change_points(library: tuple[Contents, ...]) -> list[dt.date]:
    points = {c.document.effective for c in library if not c.document.draft}
    points |= {f.until + timedelta(days=1) for c in library for f in c.factors.values() if f.until}
    return sorted(points)


@lru_cache(maxsize=128)
def _consolidated(start: dt.date, chosen: tuple[tuple[str, str], ...], drafts: tuple[tuple[str, int], ...]) -> Rulebook:
    in_force = [c for c in _library(drafts) if c.document.draft or c.document.effective <= start]
    factors: dict[str, Factor] = {}
    readings: dict[str, Reading] = {}
    consequences: dict[str, Consequence] = {}
    tests: dict[str, MandatoryTest] = {}
    for contents in in_force:
        for name, factor in contents.factors.items():
            if factor.until is None or factor.until >= start:  # one that has ended leaves what it amended as it was
                factors[name] = _amended(factors.get(name), factor)
        readings |= contents.readings
        consequences |= contents.consequences
        tests |= contents.tests
    classes: dict[str, dict[str, ClassLabel]] = {}
    parents: dict[str, dict[str, str]] = {}
    for contents in _library(drafts):
        for driver, labels in contents.classes.items():
            if contents in in_force:
                classes.setdefault(driver, {}).update(labels)
            else:
                to_come = {key: label for key, label in labels.items() if label.was in classes.get(driver, ())}
                classes.setdefault(driver, {}).update(to_come)
                parents.setdefault(driver, {}).update({key: label.was for key, label in to_come.items()})
        if contents not in in_force:
            _classes_to_come(factors, contents)
    if any(contents.document.draft for contents in in_force):
        check_tables(factors, classes)
    # readings belong to the whole regime, also those a later notice introduces
    known = {name: reading for c in _library(drafts) for name, reading in c.readings.items()}
    for factor in factors.values():
        for name, variants in factor.variants.items():
            absent = [name] if name not in known else [a for a in variants if a not in known[name].alternatives]
            if absent:
                entry = f"factors.{factor.name}.by_reading.{name}"
                raise DocumentError(factor.document.file, entry, f"no such reading or alternative: {', '.join(absent)}")
    choice = {name: reading.default for name, reading in known.items()}
    for name, alternative in chosen:
        if name not in known:
            raise UnknownFactorError(name, list(known), ("解读", "reading"))
        if alternative not in known[name].alternatives:
            raise UnknownFactorError(
                alternative, list(known[name].alternatives), (f"解读 {name} 的选项", f"alternative of reading {name}")
            )
        choice[name] = alternative
    return Rulebook(
        date=start,
        documents=tuple(c.document for c in in_force),
        factors=dict(sorted(factors.items())),
        readings=known,
        chosen=choice,
        consequences=tuple(consequences.values()),
        tests=tuple(tests.values()),
        classes=classes,
        parents=parents,
    )


def check_tables(factors: Mapping[str, Factor], classes: Mapping[str, Mapping[str, ClassLabel]]) -> None:
    """No two rows of a table hold at once, and every class is known. Raises DocumentError naming file and entry."""
    for name, factor in factors.items():
        variants = [content for v in factor.variants.values() for _, content in v.values()]
        for table in (as_table(content, factor.driver) for content in (factor.content, *variants)):
            for i, row in enumerate(table.rows if table else ()):
                for other in table.rows[:i] if table else ():
                    if not row.excludes(other):
                        raise DocumentError(
                            factor.document.file, f"factors.{name}", f"{other.key} and {row.key} may both hold"
                        )
                for driver, names in row.when.items():
                    known = {*classes.get(driver, ()), *FLAGS}
                    unknown = [n for n in names if n not in known] if isinstance(names, tuple) else []
                    if unknown:
                        raise DocumentError(
                            factor.document.file, f"factors.{name}", f"no class of {driver}: {', '.join(unknown)}"
                        )


def _classes_to_come(factors: dict[str, Factor], later: Contents) -> None:
    """A class that a later document creates is charged as its parent until then, so one workbook runs under both."""
    for name, factor in later.factors.items():
        now = factors.get(name)
        if now and isinstance(now.content, dict) and isinstance(factor.content, dict):
            as_parent = {
                key: now.content[row.was]
                for key, row in factor.content.items()
                if key not in now.content and row.was in now.content
            }
            factors[name] = replace(now, content=now.content | as_parent)


def _amended(old: Factor | None, new: Factor) -> Factor:
    """The later document's entry; a lookup is amended class by class."""
    if old is None:
        rows = new.content if isinstance(new.content, dict) else {}
        orphans = [f"{key} was {row.was}" for key, row in rows.items() if row.was and row.was not in rows]
        if orphans:
            raise DocumentError(new.document.file, f"factors.{new.name}", f"no such class: {', '.join(orphans)}")
        return new
    if old.shape != new.shape:
        raise DocumentError(new.document.file, f"factors.{new.name}", f"is a {new.shape}, but amends a {old.shape}")
    missing = [
        f"{name}={a}" for name, alternatives in old.variants.items() for a in alternatives if name not in new.variants
    ]
    if missing:
        raise DocumentError(
            new.document.file,
            f"factors.{new.name}.by_reading",
            f"the amended factor also stands under {', '.join(missing)}",
        )
    content = new.content
    if isinstance(content, Table) and isinstance(old.content, Table):
        content = Table(
            tuple(({row.key: row for row in old.content.rows} | {row.key: row for row in content.rows}).values())
        )
    if isinstance(content, dict) and isinstance(old.content, dict):
        unknown = [f"{key} was {row.was}" for key, row in content.items() if row.was and row.was not in old.content]
        if unknown:
            raise DocumentError(new.document.file, f"factors.{new.name}", f"no such class: {', '.join(unknown)}")
        named = {
            key: replace(row, zh=row.zh or old.content[key].zh, en=row.en or old.content[key].en)
            for key, row in content.items()
            if key in old.content
        }
        content = old.content | content | named
    by_row = isinstance(content, (dict, Table))
    origins = {key: factor.origin_of(key) for factor in (old, new) for key in factor.row_keys()} if by_row else {}
    return replace(
        new,
        content=content,
        origins=origins,
        # a document that sets some rows does not rename the whole
        zh=(old.zh or new.zh) if by_row else (new.zh or old.zh),
        en=(old.en or new.en) if by_row else (new.en or old.en),
        driver=new.driver or old.driver,
        outside_limit=new.outside_limit or old.outside_limit,
    )
