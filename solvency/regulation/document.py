"""Reads one regulation document strictly: unknown keys are errors, and every error names the file and the entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from solvency.regulation.factors import (
    Band,
    Bands,
    ClassLabel,
    Content,
    Correlation,
    Factor,
    Interval,
    LookupRow,
    Table,
    TableRow,
)
from solvency.regulation.strict_yaml import Entry, read_yaml

DUTIES = ("shall", "may", "info")
ACTORS = ("regulator", "insurer")
HORIZONS = ("quarter", "year")
TESTS = ("scenario", "sensitivity")


@dataclass(frozen=True)
class Reading:
    """A place where the text is open: the question, what can be chosen, and why the default is what it is."""

    name: str
    article: str
    question_zh: str
    question_en: str
    default: str
    alternatives: Mapping[str, tuple[str, str]]
    reason_zh: str
    reason_en: str
    document: Document


@dataclass(frozen=True)
class Consequence:
    """One measure or duty: who, whether it is a must, and the condition that triggers it."""

    id: str
    article: str
    who: str
    duty: str
    when: str
    zh: str
    en: str
    condition_zh: str
    condition_en: str
    document: Document


@dataclass(frozen=True)
class Change:
    """One change of a risk factor: `how` is multiply, add, set or choose."""

    factor: str
    how: str
    values: tuple[Decimal, ...]


@dataclass(frozen=True)
class MandatoryTest:
    """A mandatory scenario or sensitivity of the stress test."""

    id: str
    article: str
    insurer_type: str
    horizon: str
    kind: str
    zh: str
    en: str
    changes: tuple[Change, ...]
    document: Document


@dataclass(frozen=True)
class Supplied:
    """Numbers a document publishes that are not kept here: the table they are brought in by, and the names they are asked for by."""

    table: str
    names: tuple[str, ...]
    zh: str  # how they get into the table
    en: str


@dataclass(frozen=True, eq=False)
class Document:
    """One published document, holding only what it says itself."""

    file: str
    number: str
    title_zh: str
    title_en: str
    issued: date
    effective: date
    source: str
    rule: int | None = None
    draft: bool = False
    supplied: tuple[Supplied, ...] = ()

    def __str__(self) -> str:
        return f"{self.number} {self.title_zh}"


@dataclass(frozen=True, eq=False)
class Contents:
    """A document and its entries; `factors` are amendments still to be laid over earlier ones."""

    document: Document
    factors: dict[str, Factor]
    readings: dict[str, Reading]
    consequences: dict[str, Consequence]
    tests: dict[str, MandatoryTest]
    classes: dict[str, dict[str, ClassLabel]]


_HEADER = {
    "number",
    "title",
    "issued",
    "effective",
    "source",
    "rule",
    "factors",
    "readings",
    "consequences",
    "scenarios",
    "classes",
    "supplied",
}
_SHAPES = ("value", "rows", "bands", "table", "correlation", "members", "interval")
_ROW = ("key", "article", "value", "of", "intercept", "slope", "quadratic")


def read_document(path: Path, draft: bool = False) -> Contents:
    """Read one document file. Raises DocumentError naming file and entry."""
    data = read_yaml(path)
    entry = Entry(path.name, "", data)
    entry.keys(required={"number", "title", "issued", "effective"}, optional=_HEADER)
    title = entry.bilingual("title")
    rule = data.get("rule")
    if rule is not None and type(rule) is not int:
        raise entry.wrong(f"expected the number of a rule, found {rule!r}", "rule")
    document = Document(
        file=path.name,
        number=entry.text("number"),
        title_zh=title[0],
        title_en=title[1],
        issued=entry.day("issued"),
        effective=entry.day("effective"),
        source=entry.text("source", ""),
        rule=rule,
        draft=draft,
        supplied=tuple(_supplied(e) for e in entry.children("supplied")),
    )
    return Contents(
        document,
        {e.name: _factor(e, document) for e in entry.children("factors")},
        {e.name: _reading(e, document) for e in entry.children("readings")},
        {e.name: _consequence(e, document) for e in entry.children("consequences")},
        {e.name: _test(e, document) for e in entry.children("scenarios")},
        {
            driver.name: {c.name: _class(c) for c in (driver.child(name) for name in driver.data)}
            for driver in entry.children("classes")
        },
    )


def _supplied(entry: Entry) -> Supplied:
    entry.keys(required={"names", "zh", "en"})
    names = entry.sequence(entry.data["names"], "names")
    return Supplied(entry.name, tuple(map(str, names)), entry.text("zh"), entry.text("en"))


def _factor(entry: Entry, document: Document) -> Factor:
    entry.keys(required={"article"}, optional={"zh", "en", "until", "by_reading", "driver", "outside_limit", *_SHAPES})
    shape, content = _content(entry)
    driver = entry.text("driver", "")
    if driver and shape != "rows":
        raise entry.wrong("only rows have a driver of their own", "driver")
    variants = {
        reading.name: {
            alternative.name: _variant(alternative)
            for alternative in (Entry(entry.file, f"{reading.path}.{n}", v, str(n)) for n, v in reading.data.items())
        }
        for reading in entry.children("by_reading")
    }
    until = entry.day("until") if "until" in entry.data else None
    if until is not None and until < document.effective:
        raise entry.wrong(f"ends on {until}, before the document applies", "until")
    return Factor(
        name=entry.name,
        shape=shape,
        content=content,
        article=entry.text("article"),
        document=document,
        zh=entry.text("zh", ""),
        en=entry.text("en", ""),
        until=until,
        driver=driver,
        outside_limit=_outside_limit(entry),
        variants=variants,
    )


def _outside_limit(entry: Entry) -> tuple[str, str] | None:
    if "outside_limit" not in entry.data:
        return None
    under = entry.child("outside_limit")
    under.keys(required={"reading", "alternative"})
    return under.text("reading"), under.text("alternative")


def _class(entry: Entry) -> ClassLabel:
    entry.keys(required={"zh", "en"}, optional={"was"})
    return ClassLabel(entry.text("zh"), entry.text("en"), entry.text("was", ""))


def _variant(entry: Entry) -> tuple[str, Content]:
    entry.keys(required=(), optional=_SHAPES)
    return _content(entry)


def _content(entry: Entry) -> tuple[str, Content]:
    given = [shape for shape in _SHAPES if shape in entry.data]
    if len(given) != 1:
        raise entry.wrong(f"needs exactly one of {', '.join(_SHAPES)}; found {', '.join(given) or 'none'}")
    shape = given[0]
    data = entry.data[shape]
    match shape:
        case "value":
            return shape, entry.number(data, shape)
        case "rows":
            return shape, {row.name: row_content for row, row_content in _rows(entry)}
        case "bands":
            return shape, _bands(entry)
        case "table":
            return shape, _table(entry)
        case "correlation":
            return shape, _correlation(entry.child(shape))
        case "members":
            if not isinstance(data, list) or not all(isinstance(member, str) for member in data):
                raise entry.wrong("expected a list of texts", shape)
            if len(set(data)) != len(data):
                raise entry.wrong("a member stands there twice", shape)
            return shape, tuple(data)
        case _:
            return shape, entry.convert(lambda: Interval.parse(entry.text(shape)), shape)


def _rows(entry: Entry) -> Iterable[tuple[Entry, LookupRow]]:
    section = entry.child("rows")
    for name, value in section.data.items():
        row = Entry(
            entry.file, f"{section.path}.{name}", value if isinstance(value, dict) else {"value": value}, str(name)
        )
        row.keys(required={"value"}, optional={"was", "zh", "en"})
        yield (
            row,
            LookupRow(
                row.number(row.data["value"], "value"), row.text("was", ""), row.text("zh", ""), row.text("en", "")
            ),
        )


def _bands(entry: Entry) -> Bands:
    found = [
        _band(Entry(entry.file, f"{entry.path}.bands[{i}]", data))
        for i, data in enumerate(entry.sequence(entry.data["bands"], "bands"))
    ]
    for i, band in enumerate(found):
        for other in found[:i]:
            if band.interval.overlaps(other.interval):
                raise entry.wrong(f"{other.interval} and {band.interval} overlap", f"bands[{i}]")
    return Bands(tuple(found))


def _band(entry: Entry) -> Band:
    entry.keys(required={"interval"}, optional={"value", "intercept", "slope"})
    if "value" in entry.data and "intercept" in entry.data:
        raise entry.wrong("has a value and an intercept; one of them")
    constant = entry.data.get("value", entry.data.get("intercept"))
    return Band(
        entry.convert(lambda: Interval.parse(entry.text("interval")), "interval"),
        entry.number(constant, "value"),
        entry.number(entry.data.get("slope", 0), "slope"),
    )


def _table(entry: Entry) -> Table:
    """Rows with conditions; that no two hold at once is checked where documents are laid over one another."""
    rows = [
        _table_row(Entry(entry.file, f"{entry.path}.table[{i}]", data))
        for i, data in enumerate(entry.sequence(entry.data["table"], "table"))
    ]
    keys = [row.key for row in rows]
    doubled = sorted({key for key in keys if keys.count(key) > 1})
    if doubled:
        raise entry.wrong(f"key stands twice: {', '.join(doubled)}", "table")
    return Table(tuple(rows))


def _table_row(entry: Entry) -> TableRow:
    when: dict[str, tuple[str, ...] | Interval] = {}
    for driver, condition in entry.data.items():
        if driver in _ROW:
            continue
        if isinstance(condition, str) and condition[:1] in "[(":
            when[driver] = entry.convert(partial(Interval.parse, condition), driver)
        else:
            classes = condition if isinstance(condition, list) else [condition]
            if not classes or not all(isinstance(name, str) for name in classes):
                raise entry.wrong(f"expected classes or an interval, found {condition!r}", driver)
            when[driver] = tuple(classes)
    if "value" in entry.data:
        if {"of", "intercept", "slope", "quadratic"} & set(entry.data):
            raise entry.wrong("has a value and a formula; one of them")
        return TableRow(
            entry.text("key"), when, entry.number(entry.data["value"], "value"), article=entry.text("article", "")
        )
    intercept, slope, quadratic = (entry.number(entry.data.get(k, 0), k) for k in ("intercept", "slope", "quadratic"))
    return TableRow(entry.text("key"), when, intercept, slope, quadratic, entry.text("of"), entry.text("article", ""))


def _correlation(entry: Entry) -> Correlation:
    entry.keys(required={"labels", "matrix"})
    labels = entry.sequence(entry.data["labels"], "labels")
    if not all(isinstance(label, str) for label in labels):
        raise entry.wrong("expected a list of texts", "labels")
    rows = entry.sequence(entry.data["matrix"], "matrix")
    matrix = tuple(tuple(entry.number(x, "matrix") for x in entry.sequence(row, "matrix")) for row in rows)
    size = len(labels)
    if len(set(labels)) != size or len(matrix) != size or any(len(row) != size for row in matrix):
        raise entry.wrong(f"labels and matrix do not fit: {size} labels, rows of {[len(r) for r in matrix]}")
    for i in range(size):
        for j in range(size):
            if matrix[i][j] != matrix[j][i] or (i == j and matrix[i][j] != 1) or abs(matrix[i][j]) > 1:
                raise entry.wrong(f"not a correlation matrix at ({labels[i]}, {labels[j]})")
    return Correlation(tuple(labels), matrix)


def _reading(entry: Entry, document: Document) -> Reading:
    entry.keys(required={"article", "question", "default", "alternatives", "reason"})
    alternatives = {a.name: a.both() for a in entry.children("alternatives")}
    default = entry.text("default")
    if default not in alternatives:
        raise entry.wrong(f"default {default!r} is not among the alternatives", "default")
    return Reading(
        entry.name, entry.text("article"), *entry.bilingual("question"), default, alternatives, *entry.bilingual("reason"), document
    )  # fmt: skip


def _consequence(entry: Entry, document: Document) -> Consequence:
    entry.keys(required={"article", "who", "duty", "when", "zh", "en"}, optional={"condition"})
    if entry.text("duty") not in DUTIES or entry.text("who") not in ACTORS:
        raise entry.wrong(f"duty is one of {DUTIES}, who is one of {ACTORS}")
    condition = entry.bilingual("condition") if "condition" in entry.data else ("", "")
    return Consequence(
        entry.name, entry.text("article"), entry.text("who"), entry.text("duty"), entry.text("when"), entry.text("zh"),
        entry.text("en"), *condition, document,
    )  # fmt: skip


def _test(entry: Entry, document: Document) -> MandatoryTest:
    entry.keys(required={"article", "insurer_type", "horizon", "kind", "zh", "en", "changes"})
    if entry.text("horizon") not in HORIZONS or entry.text("kind") not in TESTS:
        raise entry.wrong(f"horizon is one of {HORIZONS}, kind is one of {TESTS}")
    changes = []
    for i, data in enumerate(entry.sequence(entry.data["changes"], "changes")):
        change = Entry(entry.file, f"{entry.path}.changes[{i}]", data)
        how = [key for key in ("multiply", "add", "set", "choose") if key in change.data]
        if len(how) != 1:
            raise change.wrong("needs exactly one of multiply, add, set, choose")
        change.keys(required={"factor", how[0]})
        values = change.sequence(change.data["choose"], "choose") if how[0] == "choose" else [change.data[how[0]]]
        changes.append(Change(change.text("factor"), how[0], tuple(change.number(v, how[0]) for v in values)))
    return MandatoryTest(
        entry.name, entry.text("article"), entry.text("insurer_type"), entry.text("horizon"), entry.text("kind"),
        entry.text("zh"), entry.text("en"), tuple(changes), document,
    )  # fmt: skip
