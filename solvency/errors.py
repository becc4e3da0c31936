"""Every error of the package.

SolvencyError
├── InputError              the input has errors; `.problems` holds all of them
├── UsageError              a wrong option, name or combination
│   └── OutputExistsError   a file is in the way and overwriting was not asked for
├── NotCoveredError         the regulation has it, this version does not
└── RegulationError         something about the rules themselves
    ├── DocumentError       a regulation document is not as it should be
    ├── UnknownFactorError  no such factor, class or reading on that date
    └── DateOutOfRangeError no rules for that date
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Problem:
    """One thing wrong (or odd) with the input, in the user's coordinates and in two languages."""

    code: str
    severity: str  # "error" | "warning"
    zh: str
    en: str
    sheet: str = ""
    cell: str = ""
    row: str = ""
    item: str = ""
    found: str = ""
    allowed: str = ""
    allowed_en: str = ""
    article: str = ""

    @property
    def where(self) -> str:
        """`S05!E12` for a workbook, `row 3 · market_mc` for a table."""
        if self.sheet:
            line = f" · row {self.row}" if self.row else ""
            return f"{self.sheet}!{self.cell}" if self.cell else f"{self.sheet}{line}"
        return " · ".join(part for part in (f"row {self.row}" if self.row else "", self.item) if part)

    def message(self, lang: str = "zh") -> str:
        """One sentence: where, what is wrong, what was found, what is allowed, which article."""
        if lang == "en":
            parts = [self.en]
            if self.found:
                parts.append(f"found: {self.found}")
            if self.allowed or self.allowed_en:
                parts.append(f"allowed: {self.allowed_en or self.allowed}")
            if self.article:
                parts.append(f"see {self.article}")
            return f"{self.where}: " * bool(self.where) + "; ".join(parts)
        parts = [self.zh]
        if self.found:
            parts.append(f"发现：{self.found}")
        if self.allowed or self.allowed_en:
            parts.append(f"允许：{self.allowed or self.allowed_en}")
        if self.article:
            parts.append(f"依据：{self.article}")
        return f"{self.where}：" * bool(self.where) + "；".join(parts)

    def at(self, **place: str) -> Problem:
        """The same problem with its place filled in."""
        return replace(self, **place)


class SolvencyError(Exception):
    """Base of all errors of the package."""


class InputError(SolvencyError):
    """The input has errors. All of them are in `.problems`, none is raised alone."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems: list[Problem] = list(problems)
        super().__init__("\n".join(f"{p.message('zh')} / {p.en}" for p in self.problems))


class UsageError(SolvencyError):
    """A wrong option, name or combination. `zh` and `en` say the same."""

    def __init__(self, zh: str, en: str = ""):
        self.zh, self.en = zh, en or zh
        super().__init__(f"{self.zh} / {self.en}" if en else zh)

    def message(self, lang: str = "zh") -> str:
        return self.en if lang == "en" else self.zh


class OutputExistsError(UsageError):
    """A file is in the way and overwriting was not asked for."""

    def __init__(self, path: object):
        super().__init__(f"{path} 已存在；加 --force 覆盖", f"{path} exists; use --force to replace it")


class NotCoveredError(SolvencyError):
    """The regulation has it, this version does not. `coverage.yaml` lists what is covered."""


class RegulationError(SolvencyError):
    """Something about the rules themselves. `zh` and `en` say the same."""

    def __init__(self, zh: str, en: str = ""):
        self.zh, self.en = zh, en or zh
        super().__init__(self.en)

    def message(self, lang: str = "zh") -> str:
        return self.en if lang == "en" else self.zh


class DocumentError(RegulationError):
    """A regulation document is not as it should be; names file and entry."""

    def __init__(self, file: object, entry: str, message: str):
        self.file, self.entry = str(file), entry
        where = f"{file}: {entry}" if entry else str(file)
        super().__init__(f"规则文件有误，{where}：{message}", f"{where}: {message}")


class UnknownFactorError(RegulationError):
    """No such factor, class or reading on that date."""

    def __init__(self, name: str, known: Sequence[str], what: tuple[str, str] = ("因子", "factor")):
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=3, cutoff=0.4)
        zh, en = f"没有{what[0]} {name!r}", f"no {what[1]} {name!r}"
        if near:
            zh, en = f"{zh}，是否指 {'、'.join(near)}？", f"{en}; did you mean {', '.join(near)}?"
        elif 0 < len(known) <= 12:
            zh, en = f"{zh}，只有 {'、'.join(known)}", f"{en}; there are {', '.join(known)}"
        self.name = name
        super().__init__(zh, en)


class DateOutOfRangeError(RegulationError):
    """No rules for that date."""
