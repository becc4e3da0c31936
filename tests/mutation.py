"""Mutation testing of the rules on insurance, market and credit risk (rules 3 to 9, 20): one change at a time in a copy, and do the tests notice?

    python tests/mutation.py [--documents | --formulas] [--sample N] [--stem positions] [--seed N] [--only TEXT] [--list]

Changes in documents (2021-12-30 rules 3 to 9, 20 and annexes 1, 2, 3, the entries of the notices these rules use): a digit up by one,
a sign, a bracket of an interval, the names of two neighbouring classes, an `outside_limit`, a `was`, a driver's condition.
Changes in formulas (on the syntax tree; texts, messages and annotations stay): + and -, * and /, < and <=, >= and >,
max and min, and and or, & and |, 0 to 1, 1 to 2. Reports what was caught and each survivor as a one-line diff.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
TIMEOUT = 180  # seconds of the processor a stage may take, since a change may make a loop endless
SAMPLES = {"documents": 250, "formulas": 200}

DOCUMENTS = "solvency/regulation/documents"
WHOLE = (
    "2021-12-30_rule03*", "2021-12-30_rule04*", "2021-12-30_rule05*", "2021-12-30_rule06*", "2021-12-30_rule07*", "2021-12-30_rule08*", "2021-12-30_rule09*",
    "2021-12-30_rule20*", "2021-12-30_annex01*", "2021-12-30_annex02*", "2021-12-30_annex03*",
)  # fmt: skip
NOTICES = ("2021-12-30_notice*", "2023-09-10_notice*", "2025-12-01_notice*")
USED = (
    "unlisted_equity.", "listed_equity.", "ceded_by_", "opaque_equity.", "interest_scope.", "holding_time.",
    "premium.", "reserve.", "financing.", "nonlife_insurance_mc.",
)  # fmt: skip
FORMULAS = (
    "charge.py", "netting.py", "discount_curve.py", "positions.py", "portfolio.py",
    "rule03_life_liability/*.py", "rule04_nonlife_insurance_risk/*.py", "rule05_life_insurance_risk/*.py", "rule06_reinsurer_insurance_risk/*.py",
    "rule20_lloyds_china/*.py", "rule07_look_through/*.py", "rule08_market_risk/*.py", "rule09_credit_risk/*.py",
)  # fmt: skip

STACKED = "tests/test_golden_positions.py::test_stacked"
TESTS = (
    "tests/test_life_interest.py",
    "tests/test_documents.py",
    "tests/test_consolidated.py",
    "tests/test_positions.py",
    "tests/test_golden_positions.py",
    "tests/test_insurance.py",
    "tests/test_life_insurance.py",
    "tests/test_golden_life_liability.py",
    "tests/test_life_liability.py",
    "tests/test_catastrophe.py",
    "tests/test_lloyds_china.py",
    "tests/test_golden_insurance.py",
)


@dataclass(frozen=True)
class Mutant:
    """One change: `text` is the whole file after it."""

    path: str
    line: int
    what: str
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} [{self.what}] - {self.before.strip()} + {self.after.strip()}"

    def short(self) -> str:
        """The change with what is the same on both sides left out."""
        old, new = self.before.rstrip(), self.after.rstrip()
        start = _common(old, new)
        end = _common(old[start:][::-1], new[start:][::-1])
        left, right = max(start - 60, 0), 40
        context = old[left:start].lstrip() if left == 0 else "…" + old[left:start]
        tail = old[len(old) - end :][:right]
        return f"{self.path}:{self.line} [{self.what}] {context}«{old[start : len(old) - end]} → {new[start : len(new) - end]}»{tail}"


def _common(one: str, two: str) -> int:
    """How many first characters are the same."""
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


# --- documents ---

NUMBER = re.compile(r"(?<![\w.\-])-?\d[\d_]*(?:\.\d+)?(?![\w.\"])(?!\":)")
INTERVAL = re.compile(r"\"[\[(][^\"\[\]()]*, [^\"\[\]()]*[\])]\"")
LABEL = re.compile(r"key: (\"[^\"]*\"|[^,}]*)|^\s*(\"[^\"]*\"|[\w+\-]+):|[a-z_]+: \"?(?:yes|no)\"?")
PROSE = re.compile(r"\s*(article|zh|en|driver|question|reason|labels|until): ?")
PART = re.compile(r"(\w+): (\[[^\]]*\]|\"[^\"]*\"|[^,{}]+)(?=[,}])")
NO_DRIVER = {"key", "value", "of", "slope", "intercept", "quadratic"}


def documents() -> list[Mutant]:
    folder = ROOT / DOCUMENTS
    found = []
    for pattern in (*WHOLE, *NOTICES):
        for path in sorted(folder.glob(pattern)):
            found += list(_document(path, pattern in NOTICES))
    return found


def _document(path: Path, notice: bool) -> Iterator[Mutant]:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    name = str(path.relative_to(ROOT))
    chooser = random.Random(name)

    def change(at: int, what: str, after: str | None, following: str | None = None) -> Mutant:
        new = lines[:at] + ([after] if after is not None else []) + ([following] if following is not None else [])
        new += lines[at + (1 if following is None else 2) :]
        return Mutant(name, at + 1, what, lines[at], "" if after is None else after, "\n".join(new))

    section = entry = ""
    for at, line in enumerate(lines):
        if re.match(r"\w", line):
            section = line.split(":")[0]
        if re.match(r"  \S", line):
            entry = line.strip().split(":")[0]
        if section == "classes" and ", was: " in line:
            yield change(at, "was", re.sub(r", was: \w+", "", line))
        if section != "factors" or PROSE.match(line) or (notice and not entry.startswith(USED)):
            continue
        if "outside_limit" in line:
            yield change(at, "outside_limit", None)
            continue
        if ", was: " in line:
            yield change(at, "was", re.sub(r", was: \w+", "", line))
        hidden = _blanked(line)
        for match in NUMBER.finditer(hidden):
            number = match.group()
            digits = [i for i, c in enumerate(number) if c.isdigit()]
            place = chooser.choice(digits)
            up = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
            yield change(at, "digit", line[: match.start()] + up + line[match.end() :])
            if set(number) - set("-0._"):
                other = number[1:] if number[0] == "-" else "-" + number
                yield change(at, "sign", line[: match.start()] + other + line[match.end() :])
        for match in INTERVAL.finditer(line):
            low, high = match.group()[2:-2].split(",")
            for place, end, swap in ((match.start() + 1, low, "[("), (match.end() - 2, high, "])")):
                if "inf" not in end:
                    other = swap[1] if line[place] == swap[0] else swap[0]
                    yield change(at, "bracket", line[:place] + other + line[place + 1 :])
        if not line.lstrip().startswith("- {"):
            yield from _swapped_rows(change, lines, at)
            continue
        following = lines[at + 1] if at + 1 < len(lines) and lines[at + 1].lstrip().startswith("- {") else ""
        drivers = [m for m in PART.finditer(line) if m.group(1) not in NO_DRIVER and m.group(1) != "interval"]
        for match in drivers:
            dropped = line[: match.start()].rstrip().removesuffix(",") + line[match.end() :]
            yield change(at, "driver", dropped)
            other = next((m for m in PART.finditer(following) if m.group(1) == match.group(1)), None)
            if other and other.group(2) != match.group(2) and not INTERVAL.match(match.group(2)):
                one = line[: match.start(2)] + other.group(2) + line[match.end(2) :]
                two = following[: other.start(2)] + match.group(2) + following[other.end(2) :]
                yield change(at, "classes", one, two)


def _swapped_rows(change, lines: list[str], at: int) -> Iterator[Mutant]:  # type: ignore[no-untyped-def]
    """Two neighbouring classes of a lookup: `      name: value` lines at the same depth."""
    row = re.compile(r"(      )(\"[^\"]*\"|[\w]+)(: (?:-?[\d.]+|\{.*\}))$")
    if at + 1 < len(lines) and (one := row.match(lines[at])) and (two := row.match(lines[at + 1])):
        if one.group(3) == two.group(3):
            return  # the same value: nothing would change
        yield change(at, "classes", one[1] + two[2] + one[3], two[1] + one[2] + two[3])


def _blanked(line: str) -> str:
    """A line without its labels, in which no digit is a number."""
    return LABEL.sub(lambda m: " " * len(m.group()), line)


# --- formulas ---

BINARY = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
COMPARED = {ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">")}
CALLED = {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum"}


def formulas() -> list[Mutant]:
    found = []
    for pattern in FORMULAS:
        for path in sorted((ROOT / "solvency" / "rules").glob(pattern)):
            found += list(_formula(path))
    return found


def _formula(path: Path) -> Iterator[Mutant]:
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


# --- running ---


def copy_to(folder: Path) -> Path:
    ignored = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", "dist", "build", ".hypothesis")
    return Path(shutil.copytree(ROOT, folder, ignore=ignored, symlinks=True))


def run(copy: Path, stages: list[list[str]]) -> tuple[str, float]:
    """Which stage fails in a copy ("" for none), and the seconds it took; each stage is one pytest of a forked process."""
    began = time.monotonic()
    for stage in stages:
        child = os.fork()
        if child == 0:
            _child(copy, stage)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == -signal.SIGXCPU:
            return "took too long", time.monotonic() - began
        if code < 0:  # neither caught nor survived
            raise InterruptedError("the tests were ended from outside")
        if code != 0:
            said = (copy / "mutation.out").read_text(errors="replace")[-3000:]
            return said or "ended without a word", time.monotonic() - began
    return "", time.monotonic() - began


def _child(copy: Path, stage: list[str]) -> None:
    """Runs pytest on the copy in this process and ends it."""
    code = 3
    try:
        os.setsid()
        # not by the clock: on a busy machine a slow run is no endless loop
        resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT, TIMEOUT + 10))
        os.chdir(copy)
        out = os.open("mutation.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ["PYTHONPATH"] = str(copy)
        os.environ["PYTHONHASHSEED"] = "0"
        sys.path[:] = [str(copy), str(copy / "tests"), *[p for p in sys.path if not p.startswith(str(ROOT / "tests"))]]
        import pytest

        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line"]
        code = int(pytest.main([*options, *stage]))
        module = sys.modules.get("solvency")
        if module is not None and not str(module.__file__).startswith(str(copy)):
            code = 9
    except BaseException:
        code = 3
    finally:
        os._exit(code)


def stages_of(path: str, stem: str, tests: list[str]) -> list[list[str]]:
    """What catches most comes first."""
    chosen = [t for t in tests if stem in t]
    others = [t for t in chosen if "golden_positions" not in t]
    golden = [t for t in chosen if "golden_positions" in t]
    first: list[list[str]] = [[STACKED]] if golden else []
    rest = [[*golden, "--deselect", STACKED]] if golden else []
    curves = "discount_curve" in path or "life_interest" in path
    order = [others, *first, *rest] if curves else [*first, others, *rest]
    return [stage for stage in order if stage]


def preload() -> None:
    """What every forked process would import."""
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas as pd
    import pytest  # noqa: F401
    import scipy.optimize  # noqa: F401
    import xlsxwriter  # noqa: F401
    import yaml  # noqa: F401

    pd.DataFrame({"a": [1]})


def worker(number: int, folder: Path, todo: list[Mutant], stem: str, tests: list[str], report: int) -> None:
    """A process of its own: takes each `WORKERS`th change and writes a line for each to a pipe."""
    copy = copy_to(folder / str(number))
    clock = int(time.time())
    with os.fdopen(report, "w", encoding="utf-8") as out:
        for place in range(number, len(todo), WORKERS):
            mutant = todo[place]
            path = copy / mutant.path
            original = path.read_bytes()
            try:
                for text in (mutant.text.encode(), None):
                    clock += 1  # another time of change, so that no compiled file is taken for it
                    path.write_bytes(text if text is not None else original)
                    os.utime(path, (clock, clock))
                    if text is not None:
                        failed, seconds = run(copy, stages_of(mutant.path, stem, tests))
            finally:
                path.write_bytes(original)
                os.utime(path, (clock, clock))
            told = re.search(r"(?:FAILED|ERROR) (\S.*)", failed)
            why = told.group(1) if told else (failed.strip().splitlines() or [""])[-1]
            out.write(f"{place}\t{int(bool(failed))}\t{seconds:.1f}\t{why[:110]}\n")
            out.flush()


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = asked.add_mutually_exclusive_group()
    which.add_argument("--documents", action="store_true", help="changes in documents only")
    which.add_argument("--formulas", action="store_true", help="changes in formulas only")
    asked.add_argument("--sample", type=int, help="how many of each, 0 for all (default 250 and 200)")
    asked.add_argument("--stem", default="", help="only test files with this in their name, as `positions`")
    asked.add_argument("--seed", type=int, default=20211230)
    asked.add_argument(
        "--skip", type=int, default=0, help="leave out the first of the sample, to go on where a run ended"
    )
    asked.add_argument("--only", default="", help="only changes with this text in their one-line diff")
    asked.add_argument("--list", action="store_true", help="list the changes, run nothing")
    options = asked.parse_args()

    todo: list[Mutant] = []
    for kind, made in (("documents", documents), ("formulas", formulas)):
        if (options.documents and kind != "documents") or (options.formulas and kind != "formulas"):
            continue
        found = [mutant for mutant in made() if options.only in str(mutant)]
        size = SAMPLES[kind] if options.sample is None else options.sample or len(found)
        picked = random.Random(options.seed).sample(found, min(size, len(found)))
        print(f"{kind}: {len(picked)} of {len(found)} changes")
        todo += picked
    todo = todo[options.skip :]
    if options.list:
        print("\n".join(map(str, todo)))
        return 0
    return _all(todo, options.stem)


def _all(todo: list[Mutant], stem: str) -> int:
    preload()
    with tempfile.TemporaryDirectory(prefix="mutation-") as temporary:
        folder = Path(temporary)
        plain = copy_to(folder / "plain")
        tests = [test for test in TESTS if not run(plain, [[test]])[0]]
        for test in TESTS:
            if test not in tests:
                print(f"left out, since it fails without a change: {test}")
        if "tests/test_golden_positions.py" not in tests:
            print("the golden cases fail without a change")
            return 2
        lines: SimpleQueue[str] = SimpleQueue()
        children = []
        ends = []
        for number in range(WORKERS):
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(read)
                try:
                    worker(number, folder, todo, stem, tests, write)
                except InterruptedError as error:
                    print(f"worker {number} stopped: {error}", flush=True)
                finally:
                    os._exit(0)
            os.close(write)
            children.append(child)
            ends.append(read)

        def listen(end: int) -> None:
            with os.fdopen(end, encoding="utf-8") as said:
                for line in said:
                    lines.put(line)
                    place, caught, seconds, why = line.rstrip("\n").split("\t")
                    state = "caught  " if int(caught) else "SURVIVED"
                    print(f"{state} {seconds:>5}s {todo[int(place)].short()}  {why}", flush=True)

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(listen, ends))
        for child in children:
            os.waitpid(child, 0)
    results = {}
    while not lines.empty():
        place, caught, *_ = lines.get().split("\t")
        results[int(place)] = bool(int(caught))
    for kind in ("documents", "rules"):
        of_kind = [p for p in results if (DOCUMENTS in todo[p].path) == (kind == "documents")]
        if of_kind:
            caught_ = sum(results[p] for p in of_kind)
            print(f"\n{kind}: {len(of_kind)} changes, {caught_} caught, {len(of_kind) - caught_} survived")
            for place in of_kind:
                if not results[place]:
                    print("  " + todo[place].short())
    if len(results) < len(todo):
        print(f"\n{len(todo) - len(results)} changes were not run")
    return int(len(results) < len(todo))


if __name__ == "__main__":
    sys.exit(main())
