"""Changes of a regulation document: a digit, a sign, a bracket, two neighbouring classes, a condition, a member, a default."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mutant import ROOT, Mutant

NUMBER = re.compile(r"(?<![\w.\-])-?\d[\d_]*(?:\.\d+)?(?![\w.\"])(?!\":)")
INTERVAL = re.compile(r"\"[\[(][^\"\[\]()]*, [^\"\[\]()]*[\])]\"")
LABEL = re.compile(r"(?:key|article|zh|en): (\"[^\"]*\"|[^,}]*)|^\s*(\"[^\"]*\"|[\w+\-]+):|[a-z_]+: \"?(?:yes|no)\"?")
MEMBERS = re.compile(r"(\s+members:) ?(?:\[(.*)\])?$")
PROSE = re.compile(r"\s*(article|zh|en|driver|question|reason|labels|until): ?")
PART = re.compile(r"(\w+): (\[[^\]]*\]|\"[^\"]*\"|[^,{}]+)(?=[,}])")
NO_DRIVER = {"key", "article", "zh", "en", "value", "of", "slope", "intercept", "quadratic"}


def changes(path: Path, entries: Sequence[str] = ()) -> Iterator[Mutant]:
    """Every change of a document; of the factors only those whose names begin with one of `entries`, if any are given."""
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
        if section == "classes" and ", was: " in line and not entries:
            yield change(at, "was", re.sub(r", was: \w+", "", line))
        if section == "readings" and not entries:
            yield from _other_default(change, lines, at)
        if section != "factors" or PROSE.match(line) or (entries and not entry.startswith(tuple(entries))):
            continue
        if match := MEMBERS.match(line):
            for member in match[2].split(", ") if match[2] else ():
                rest = ", ".join(other for other in match[2].split(", ") if other != member)
                yield change(at, "member", f"{match[1]} [{rest}]")
            continue
        if re.match(r"\s+- \w", line):
            yield change(at, "member", None)
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


def _other_default(change, lines: list[str], at: int) -> Iterator[Mutant]:  # type: ignore[no-untyped-def]
    """The default of a reading: the first other alternative."""
    if default := re.match(r"    default: (\w+)$", lines[at]):
        after = itertools.takewhile(lambda line: not re.match(r"  \w", line), lines[at + 1 :])
        names = [found[1] for line in after if (found := re.match(r"      (\w+):$", line))]
        for other in [name for name in names if name != default[1]][:1]:
            yield change(at, "default", f"    default: {other}")
