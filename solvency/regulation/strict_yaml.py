"""YAML read strictly, and its entries able to say where they stand.

Closes the traps of YAML: duplicate keys, `no` and `on` as booleans, `1e-3` as text, binary floats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import yaml

from solvency.errors import DocumentError

T = TypeVar("T")
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


class Entry:
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

    def child(self, key: str) -> Entry:
        return Entry(self.file, ".".join(x for x in (self.path, key) if x), self.data.get(key), key)

    def both(self) -> tuple[str, str]:
        """This entry as a text in Chinese and in English, and nothing else."""
        texts = self.text("zh"), self.text("en")
        self.keys(required=("zh", "en"))
        return texts

    def bilingual(self, key: str) -> tuple[str, str]:
        return self.child(key).both()

    def children(self, key: str) -> list[Entry]:
        section = self.data.get(key)
        if section is None:
            return []
        child = self.child(key)
        return [Entry(self.file, f"{child.path}.{name}", value, str(name)) for name, value in child.data.items()]

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
