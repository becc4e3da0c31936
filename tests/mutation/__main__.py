"""Mutation testing: one change at a time of a document or a formula, and do the tests notice?

    python tests/mutation --rule 4,5,6,20 [--documents | --formulas] [--sample N] [--seed N] [--only TEXT] [--list]
    python tests/mutation --report            what the results say, nothing is run
    python tests/mutation --again [--whole]   the survivors once more, after new tests; --whole: on every test file

Every change that was tried is a line of JSON in --results, so that a run that was ended goes on where it was.
`rules.yaml` says which files and tests are a rule's, `without_effect.yaml` which changes no test can notice, and why.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import documents
import formulas
import yaml
from mutant import ROOT, Mutant, numbered
from run import Copy, preload, stages_of

HERE = Path(__file__).parent
NOTICES = ("2021-12-30_notice*", "2023-*", "2024-*", "2025-*")
STAGES = ("reader", "stacked", "golden", "documents", "tests", "whole")
SEED = 4107
Results = dict[str, dict[str, Any]]


def scopes() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "rules.yaml").read_text(encoding="utf-8"))
    return found


def explained() -> dict[str, str]:
    """Changes without effect -> why."""
    path = HERE / "without_effect.yaml"
    classes = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {key: why for entry in classes for why in [entry["why"]] for key in entry["changes"]}


def mutants(scope: dict[str, Any], kind: str) -> list[Mutant]:
    """All changes of a rule's documents or formulas."""
    found: list[Mutant] = []
    if kind == "documents":
        folder = ROOT / "solvency" / "regulation" / "documents"
        for path in (path for pattern in scope["documents"] for path in sorted(folder.glob(pattern))):
            found += documents.changes(path)
        if scope.get("entries"):
            for path in (path for pattern in NOTICES for path in sorted(folder.glob(pattern))):
                found += documents.changes(path, scope["entries"])
    else:
        folder = ROOT / "solvency" / "rules"
        for path in (path for pattern in scope["formulas"] for path in sorted(folder.glob(pattern))):
            found += formulas.changes(path)
    return numbered(found)


def chosen(options: argparse.Namespace) -> list[tuple[str, str, Mutant]]:
    """The sample: rule, kind and change, mixed, so that a run that is ended is a sample as well."""
    todo = []
    for rule in options.rule.split(","):
        for kind in ("documents", "formulas"):
            if getattr(options, kind) or not (options.documents or options.formulas):
                found = [mutant for mutant in mutants(scopes()[rule], kind) if options.only in str(mutant)]
                random.Random(options.seed).shuffle(found)  # a larger sample has the smaller one in it
                picked = found[: options.sample or len(found)]
                print(f"rule {rule}: {len(picked)} of {len(found)} changes in {kind}")
                todo += [(rule, kind, mutant) for mutant in picked]
    random.Random(options.seed).shuffle(todo)
    return todo


def read(path: Path) -> Results:
    """The last result of every change."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {made["key"]: made for made in map(json.loads, lines)}


def again(results: Results, rules: str) -> Iterator[tuple[str, str, Mutant]]:
    """The changes that survived without being explained."""
    known = explained()
    left = {key: made for key, made in results.items() if not made["stage"] and key not in known}
    for rule in rules.split(","):
        for kind in ("documents", "formulas"):
            yield from ((rule, kind, m) for m in mutants(scopes()[rule], kind) if m.key in left)


def try_all(todo: list[tuple[str, str, Mutant]], results: Path, whole: bool) -> None:
    preload()
    results.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder, results.open("a", encoding="utf-8") as file:
        copy = Copy(Path(folder))
        for place, (rule, kind, mutant) in enumerate(todo, 1):
            made = copy.outcome(mutant, stages_of(scopes()[rule], kind == "documents", whole))
            line = {"rule": rule, "kind": kind, "key": mutant.key, "line": mutant.line, "what": mutant.what}
            line |= {"stage": made.stage, "why": made.why, "seconds": round(made.seconds, 1)}
            print(json.dumps(line, ensure_ascii=False), file=file, flush=True)
            state = made.stage or "SURVIVED"
            print(f"{place}/{len(todo)} {state:<9} {made.seconds:5.1f}s {mutant}  {made.why}", flush=True)


def report(results: Results, rules: str) -> int:
    """A table by rule and kind, and what survived unexplained; returns how many did."""
    known = explained()
    print("| rule | kind | run | " + " | ".join(STAGES) + " | without effect | survived |")
    print("| --- | --- |" + " --- |" * (len(STAGES) + 3))
    survived = []
    for rule in rules.split(","):
        for kind in ("documents", "formulas"):
            own = [made for made in results.values() if (made["rule"], made["kind"]) == (rule, kind)]
            left = [made for made in own if not made["stage"]]
            open_ = [made for made in left if made["key"] not in known]
            counts = [sum(made["stage"] == stage for made in own) for stage in STAGES]
            cells = [rule, kind, len(own), *counts, len(left) - len(open_), len(open_)]
            print("| " + " | ".join(map(str, cells)) + " |")
            survived += open_
    print(*(f"{made['key']} (line {made['line']})" for made in survived), sep="\n")
    return len(survived)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = asked.add_mutually_exclusive_group()
    which.add_argument("--documents", action="store_true", help="changes in documents only")
    which.add_argument("--formulas", action="store_true", help="changes in formulas only")
    asked.add_argument("--rule", default=",".join(scopes()), help="rules of rules.yaml, by commas (default: all)")
    asked.add_argument("--sample", type=int, default=0, help="how many of each kind of each rule (default: all)")
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--only", default="", help="only changes with this text")
    asked.add_argument("--results", type=Path, default=ROOT / "build" / "mutation.jsonl")
    asked.add_argument("--whole", action="store_true", help="try what survives on every test file")
    asked.add_argument("--again", action="store_true", help="try unexplained survivors once more")
    asked.add_argument("--report", action="store_true", help="only say what the results are")
    asked.add_argument("--list", action="store_true", help="list the changes, run nothing")
    options = asked.parse_args()
    results = read(options.results)
    if options.report:
        return int(report(results, options.rule) > 0)
    if options.again:
        todo = list(again(results, options.rule))
    else:
        todo = [(rule, kind, mutant) for rule, kind, mutant in chosen(options) if mutant.key not in results]
    if options.list:
        print(*(mutant for _, _, mutant in todo), sep="\n")
        return 0
    try_all(todo, options.results, options.whole)
    return int(report(read(options.results), options.rule) > 0)


if __name__ == "__main__":
    sys.exit(main())
