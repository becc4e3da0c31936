"""Runs tests on a copy of the tree with one file changed, each stage in a process forked from one that has the libraries loaded."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutant import ROOT, Mutant

# every test is about every document
OF_DOCUMENTS = ("test_consolidated.py", "test_documents.py")
MEMORY = 8 << 30  # bytes that a stage may take, since a change may make an array endless
SPARE = 10  # seconds of the processor beside three times what a stage takes without a change
LONGEST = 3600
OPTIONS = ("-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0")
FAILED = re.compile(r"^(?:FAILED|ERROR) (.*)$", re.MULTILINE)
READER = re.compile(r"DocumentError|strict_yaml")


@dataclass(frozen=True)
class Stage:
    """Some test files in one pytest; of golden cases those of the rule, all stacked first, then those alone that say what is told.

    What is told is not always checked in a stack; figures are.
    """

    name: str
    files: tuple[str, ...]
    cases: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if item.originalname not in self.slow]
        if self.cases:
            for module in {item.module for item in items}:
                module.CASES[:] = [(stem, case) for stem, case in module.CASES if stem.startswith(self.cases)]
            items[:] = [item for item in items if self._chosen(item.originalname, _params(item))]

    def _chosen(self, test: str, given: dict[str, Any]) -> bool:
        if test == "test_stacked":
            return self.name == "stacked" and not given.get("backwards") and given.get("order", 1) == 1
        if self.name == "stacked" or not str(given.get("stem", self.cases[0])).startswith(self.cases):
            return False
        return "case" not in given or bool({"errors", "warnings"} & {*given["case"], *given["case"].get("expect", {})})


def _params(item: Any) -> dict[str, Any]:
    return item.callspec.params if hasattr(item, "callspec") else {}


def stages_of(scope: dict[str, Any], document: bool, whole: bool) -> list[Stage]:
    """What finds most comes first; all other test files only if the `whole` is asked for."""
    golden, own, cases = tuple(scope["golden"]), tuple(scope["tests"]), tuple(scope["cases"])
    stages = [
        Stage("stacked", golden, cases),
        *([Stage("documents", OF_DOCUMENTS)] if document else []),
        # without `cases` all golden tests were in the first stage
        *([Stage("golden", golden, cases)] if cases else []),
        Stage("tests", own, slow=tuple(scope.get("slow", ()))),
    ]
    if whole:
        files = tuple(sorted(path.name for path in (ROOT / "tests").glob("test_*.py")))
        stages.append(Stage("whole", files))
    return stages


@dataclass(frozen=True)
class Outcome:
    """`stage` is the one that failed, "" for none; `why` what pytest said; seconds of the processor."""

    stage: str
    why: str
    seconds: float


class Copy:
    """A copy of the tree in which files are changed and put back."""

    def __init__(self, folder: Path) -> None:
        ignored = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", "dist", "build", ".hypothesis")
        self.folder = Path(shutil.copytree(ROOT, folder / "copy", ignore=ignored, symlinks=True))
        self.limits: dict[Stage, int] = {}

    def outcome(self, mutant: Mutant, stages: list[Stage]) -> Outcome:
        """The first stage that notices. Raises RuntimeError if one fails without the change."""
        for stage in stages:
            if stage not in self.limits:
                self.limits[stage] = self._limit(stage)
        seconds = 0.0
        with self._changed(mutant):
            for stage in stages:
                code, said, spent = self._run(stage, self.limits[stage])
                seconds += spent
                if code == -signal.SIGXCPU:
                    return Outcome(stage.name, "took too long", seconds)
                if code < 0 and code != -signal.SIGSEGV:
                    raise InterruptedError("the tests were ended from outside")
                if code:
                    unreadable = stage is stages[0] and READER.search(said)
                    return Outcome("reader" if unreadable else stage.name, _why(said), seconds)
        return Outcome("", "", seconds)

    def _limit(self, stage: Stage) -> int:
        code, said, spent = self._run(stage, LONGEST)
        if code:
            raise RuntimeError(f"{stage.name} fails without a change:\n{said[-2000:]}")
        return int(3 * spent) + SPARE

    @contextlib.contextmanager
    def _changed(self, mutant: Mutant) -> Iterator[None]:
        path = self.folder / mutant.path
        original, times = path.read_bytes(), path.stat()
        try:
            path.write_text(mutant.text, encoding="utf-8")
            # another time, so that no compiled file is taken for it
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 10**12))
            sys.dont_write_bytecode = True
            yield
        finally:
            sys.dont_write_bytecode = False
            path.write_bytes(original)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def _run(self, stage: Stage, limit: int) -> tuple[int, str, float]:
        out = self.folder / "mutation.out"
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._child(stage, limit, out)
        try:
            _, status, used = os.wait4(child, 0)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        return os.waitstatus_to_exitcode(status), out.read_text(errors="replace"), used.ru_utime + used.ru_stime

    def _child(self, stage: Stage, limit: int, out: Path) -> None:
        """Runs pytest in this process and ends it."""
        code = 3
        try:
            # not by the clock: on a busy machine a slow run is no endless loop
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 10))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            os.chdir(self.folder)
            said = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(said, 1)
            os.dup2(said, 2)
            os.environ["PYTHONPATH"] = str(self.folder)
            here = str(Path(__file__).parent)
            sys.path[:] = [str(self.folder), str(self.folder / "tests"), *(p for p in sys.path if p != here)]
            import pytest

            code = int(pytest.main([*OPTIONS, *(f"tests/{name}" for name in stage.files)], plugins=[stage]))
            if not str(sys.modules["solvency"].__file__).startswith(str(self.folder)):
                code = 9
        except BaseException as error:
            print(f"FAILED {error!r}", flush=True)
        finally:
            sys.stdout.flush()
            os._exit(code)


def _why(said: str) -> str:
    found = FAILED.search(said)
    return (found[1] if found else (said.strip().splitlines() or ["ended without a word"])[-1])[:160]


def preload() -> None:
    """What every forked process would import."""
    os.nice(10)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[threads] = "1"
    import hypothesis.strategies  # noqa: F401
    import matplotlib.figure  # noqa: F401
    import numpy  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas as pd
    import pytest  # noqa: F401
    import scipy.optimize  # noqa: F401
    import typer  # noqa: F401
    import xlsxwriter  # noqa: F401
    import yaml  # noqa: F401

    pd.DataFrame({"a": [1]})
    gc.collect()
    gc.freeze()
