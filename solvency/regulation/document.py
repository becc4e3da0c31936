"""Reads one regulation document strictly.

Closes the traps of YAML: duplicate keys, `no` and `on` as booleans, `1e-3` as text, binary floats.
Unknown keys are errors; every error names the file and the entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import yaml

from solvency.errors import DocumentError
from solvency.regulation.factors import Band, Bands, Content, Correlation, Factor, Interval, LookupRow

T = TypeVar("T")
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUTIES = ("shall", "may", "info")
ACTORS = ("regulator", "insurer")


class _StrictLoader(_Loader):  # type: ignore[misc]
    """YAML without its traps."""

    def get_single_data(self) -> Any:
        node = self.get_single_node()
        return None if node is None else _value(self, node)


def _value(loader: Any, node: yaml.Node) -> Any:
    """What a node says; texts and lists, which are most of a document, without the detour over constructors."""
    if node.tag == "tag:yaml.org,2002:str" and isinstance(node, yaml.ScalarNode):
        return node.value
    if node.tag == "tag:yaml.org,2002:seq" and isinstance(node, yaml.SequenceNode):
        return [_value(loader, child) for child in node.value]
    if node.tag == "tag:yaml.org,2002:map" and isinstance(node, yaml.MappingNode):
        return _mapping(loader, node)
    return loader.construct_object(node, deep=True)


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    result: dict[Any, Any] = {}
    seen: set[str] = set()  # as text: 1 and '1' name the same class
    for key_node, value_node in node.value:
        key = _value(loader, key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key_node.start_mark)
        if str(key) in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
        seen.add(str(key))
        result[key] = _value(loader, value_node)
    return result


def _decimal(loader: Any, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value.replace("_", ""))


def _whole(loader: Any, node: yaml.ScalarNode) -> int:
    return int(node.value.replace("_", ""))


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag.rsplit(":", 1)[1] not in ("bool", "float", "int")]
    for first, rules in _Loader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?\d[\d_]*$"), list("-+0123456789"))
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\d[\d_]*\.[\d_]*|\.\d[\d_]*|\d[\d_]*(?=[eE]))(?:[eE][-+]?\d+)?$"),
    list("-+.0123456789"),
)
_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_StrictLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _whole)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file, read strictly. Raises DocumentError."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except (yaml.YAMLError, RecursionError, ValueError, ArithmeticError, LookupError, OSError) as error:
        raise DocumentError(path.name, "", f"cannot be read: {error}") from error


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
}
_SHAPES = ("value", "rows", "bands", "correlation", "members", "interval")


def read_document(path: Path, draft: bool = False) -> Contents:
    """Read one document file. Raises DocumentError naming file and entry."""
    data = read_yaml(path)
    entry = _Entry(path.name, "", data)
    entry.keys(required={"number", "title", "issued", "effective"}, optional=_HEADER)
    title = entry.child("title")
    document = Document(
        file=path.name,
        number=entry.text("number"),
        title_zh=title.text("zh"),
        title_en=title.text("en"),
        issued=entry.day("issued"),
        effective=entry.day("effective"),
        source=entry.text("source", ""),
        rule=data.get("rule"),
        draft=draft,
    )
    return Contents(
        document,
        {e.name: _factor(e, document) for e in entry.children("factors")},
        {e.name: _reading(e, document) for e in entry.children("readings")},
        {e.name: _consequence(e, document) for e in entry.children("consequences")},
        {e.name: _test(e, document) for e in entry.children("scenarios")},
    )


class _Entry:
    """One mapping of a document, able to say where it stands."""

    def __init__(self, file: str, path: str, data: Any, name: str = ""):
        self.file, self.path, self.name = file, path, name
        if not isinstance(data, dict):
            raise self.wrong(f"expected a mapping, found {type(data).__name__}")
        self.data: dict[str, Any] = data

    def wrong(self, message: str, key: str = "") -> DocumentError:
        return DocumentError(self.file, ".".join(x for x in (self.path, key) if x), message)

    def keys(self, required: Iterable[str], optional: Iterable[str] = ()) -> None:
        missing = [key for key in required if key not in self.data]
        unknown = [key for key in self.data if key not in {*required, *optional}]
        if missing:
            raise self.wrong(f"missing: {', '.join(missing)}")
        if unknown:
            raise self.wrong(f"unknown key: {', '.join(map(str, unknown))}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.wrong(f"expected text, found {value!r}", key)
        return value

    def day(self, key: str) -> date:
        value = self.data[key]
        if type(value) is not date:
            raise self.wrong(f"expected a date like 2023-09-10, found {value!r}", key)
        return value

    def child(self, key: str) -> _Entry:
        return _Entry(self.file, ".".join(x for x in (self.path, key) if x), self.data.get(key), key)

    def children(self, key: str) -> list[_Entry]:
        section = self.data.get(key)
        if section is None:
            return []
        child = self.child(key)
        return [_Entry(self.file, f"{child.path}.{name}", value, str(name)) for name, value in child.data.items()]

    def number(self, value: Any, key: str = "") -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise self.wrong(f"expected a number, found {value!r}", key)
        number = Decimal(value)
        if number and abs(number.adjusted()) > 18:
            raise self.wrong(f"expected a number of ordinary size, found {value}", key)
        return number

    def sequence(self, value: Any, key: str = "") -> list[Any]:
        if not isinstance(value, list) or not value:
            raise self.wrong(f"expected a list with at least one element, found {value!r}", key)
        return value

    def convert(self, make: Callable[[], T], key: str = "") -> T:
        try:
            return make()
        except (ValueError, TypeError, KeyError, InvalidOperation) as error:
            raise self.wrong(str(error), key) from error


def _factor(entry: _Entry, document: Document) -> Factor:
    entry.keys(required={"article"}, optional={"zh", "en", "until", "by_reading", *_SHAPES})
    shape, content = _content(entry)
    variants = {
        reading.name: {
            alternative.name: _variant(alternative)
            for alternative in (_Entry(entry.file, f"{reading.path}.{n}", v, str(n)) for n, v in reading.data.items())
        }
        for reading in entry.children("by_reading")
    }
    return Factor(
        name=entry.name,
        shape=shape,
        content=content,
        article=entry.text("article"),
        document=document,
        zh=entry.text("zh", ""),
        en=entry.text("en", ""),
        until=entry.day("until") if "until" in entry.data else None,
        variants=variants,
    )


def _variant(entry: _Entry) -> tuple[str, Content]:
    entry.keys(required=(), optional=_SHAPES)
    return _content(entry)


def _content(entry: _Entry) -> tuple[str, Content]:
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
            return shape, Bands(
                tuple(
                    _band(_Entry(entry.file, f"{entry.path}.bands[{i}]", b))
                    for i, b in enumerate(entry.sequence(data, shape))
                )
            )
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


def _rows(entry: _Entry) -> Iterable[tuple[_Entry, LookupRow]]:
    section = entry.child("rows")
    for name, value in section.data.items():
        row = _Entry(
            entry.file, f"{section.path}.{name}", value if isinstance(value, dict) else {"value": value}, str(name)
        )
        row.keys(required={"value"}, optional={"was", "zh", "en"})
        yield row, LookupRow(row.number(row.data["value"], "value"), row.text("was", ""))


def _band(entry: _Entry) -> Band:
    entry.keys(required={"interval"}, optional={"value", "intercept", "slope"})
    constant = entry.data.get("value", entry.data.get("intercept"))
    return Band(
        entry.convert(lambda: Interval.parse(entry.text("interval")), "interval"),
        entry.number(constant, "value"),
        entry.number(entry.data.get("slope", 0), "slope"),
    )


def _correlation(entry: _Entry) -> Correlation:
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


def _reading(entry: _Entry, document: Document) -> Reading:
    entry.keys(required={"article", "question", "default", "alternatives", "reason"})
    question, reason = entry.child("question"), entry.child("reason")
    alternatives = {a.name: (a.text("zh"), a.text("en")) for a in entry.children("alternatives")}
    default = entry.text("default")
    if default not in alternatives:
        raise entry.wrong(f"default {default!r} is not among the alternatives", "default")
    return Reading(
        entry.name, entry.text("article"), question.text("zh"), question.text("en"), default, alternatives,
        reason.text("zh"), reason.text("en"), document,
    )  # fmt: skip


def _consequence(entry: _Entry, document: Document) -> Consequence:
    entry.keys(required={"article", "who", "duty", "when", "zh", "en"}, optional={"condition"})
    if entry.text("duty") not in DUTIES or entry.text("who") not in ACTORS:
        raise entry.wrong(f"duty is one of {DUTIES}, who is one of {ACTORS}")
    condition = entry.child("condition") if "condition" in entry.data else None
    return Consequence(
        entry.name, entry.text("article"), entry.text("who"), entry.text("duty"), entry.text("when"),
        entry.text("zh"), entry.text("en"),
        condition.text("zh") if condition else "", condition.text("en") if condition else "", document,
    )  # fmt: skip


def _test(entry: _Entry, document: Document) -> MandatoryTest:
    entry.keys(required={"article", "insurer_type", "horizon", "kind", "zh", "en", "changes"})
    changes = []
    for i, data in enumerate(entry.sequence(entry.data["changes"], "changes")):
        change = _Entry(entry.file, f"{entry.path}.changes[{i}]", data)
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
