"""Changes of a module, on its syntax tree: one operator, comparison, call or constant; texts, errors and annotations stay."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from mutant import ROOT, Mutant

BINARY = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
COMPARED = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
}
CALLED = {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "any": "all", "all": "any"}
DROPPED = {ast.Invert: "~", ast.Not: "not", ast.USub: "-"}


def changes(path: Path) -> Iterator[Mutant]:
    """Every change of a module."""
    source = path.read_bytes()
    lines = source.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    name = str(path.relative_to(ROOT))

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column

    def begin(node: ast.expr) -> int:
        return offset(node.lineno, node.col_offset)

    def end(node: ast.expr) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return offset(node.end_lineno, node.end_col_offset)

    def change(start: int, stop: int, new: str, what: str) -> Mutant:
        text = source[:start] + new.encode() + source[stop:]
        ast.parse(text)
        line = source.count(b"\n", 0, start)
        after = text.split(b"\n")[line]
        return Mutant(name, line + 1, what, lines[line].decode(), after.decode(), text.decode())

    def between(left: int, right: int, old: str, new: str) -> Iterator[Mutant]:
        """The operator that stands between two operands; comments between them are left aside."""
        gap = re.sub(rb"#[^\n]*", lambda m: b" " * len(m.group()), source[left:right])
        place = gap.find(old.encode())
        assert place >= 0, (name, source[left:right])
        yield change(left + place, left + place + len(old), new, f"{old} to {new}")

    for node in _logic(ast.parse(source)):
        match node:
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                yield from between(end(left), begin(right), *BINARY[type(op)])
            case ast.AugAssign(target=target, op=op, value=value) if type(op) in BINARY:
                old, new = BINARY[type(op)]
                yield from between(end(target), begin(value), f"{old}=", f"{new}=")
            case ast.Compare(left=left, ops=ops, comparators=others):
                for one, op, two in zip([left, *others], ops, others, strict=False):
                    if type(op) in COMPARED:
                        yield from between(end(one), begin(two), *COMPARED[type(op)])
            case ast.BoolOp(op=op, values=values):
                old, new = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
                for one, two in itertools.pairwise(values):
                    yield from between(end(one), begin(two), old, new)
            case ast.UnaryOp(op=op) if type(op) in DROPPED:
                yield change(begin(node), begin(node) + len(DROPPED[type(op)]), "", f"{DROPPED[type(op)]} dropped")
            case ast.Call(func=ast.Name(id=called) as func) if called in CALLED:
                yield change(begin(func), end(func), CALLED[called], f"{called} to {CALLED[called]}")
            case ast.Attribute(attr=called) if called in CALLED:
                yield change(end(node) - len(called), end(node), CALLED[called], f"{called} to {CALLED[called]}")
            case ast.Constant(value=value) if type(value) in (int, float) and value in (0, 1):
                yield change(begin(node), end(node), repr(type(value)(value + 1)), f"{value} to {value + 1}")
            case _:
                pass


def _logic(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes except annotations, errors raised and texts put together."""
    left_out = ("annotation", "returns")
    for field, value in ast.iter_fields(tree):
        if field in left_out:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, (ast.JoinedStr, ast.Raise)):
                yield child
                yield from _logic(child)
