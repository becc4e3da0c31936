"""What every command prints with: tables on stdout, remarks on stderr, numbers as people read them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import Problem

if TYPE_CHECKING:
    from rich.console import Console

    from solvency.grade_history import GradeHistory
    from solvency.result import Result
    from solvency.sarmra_scores import SarmraResult

DUTY = {"shall": ("应当", "shall"), "may": ("可以", "may"), "info": ("提示", "info")}
WHO = {"regulator": ("监管机构", "regulator"), "insurer": ("公司", "insurer")}
ORIGIN = {
    "given": ("填报", "given"),
    "computed": ("计算", "computed"),
    "blank_zero": ("空白，按零", "blank, zero"),
    "absent": ("无", "none"),
}
ANSWER = {True: ("是", "yes"), False: ("否", "no"), None: ("未知", "unknown")}
WIDTH = 120  # where the output is no terminal
NARROWEST, LONGEST, BETWEEN = 16, 40, 3  # characters: of a column that wraps, of one that does not, between two


def prepare_streams() -> None:
    """A terminal that cannot show a character shows its code instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def console(stderr: bool = False, least: int = 0) -> Console:
    """A console of the width of the terminal, but no narrower than `least` characters."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = Console(file=stream).width if stream.isatty() else WIDTH
    return Console(file=stream, width=max(width, least), highlight=False, soft_wrap=False)


def say(zh: str, en: str, lang: str) -> None:
    """One remark on stderr."""
    print(zh if lang == "zh" else en, file=sys.stderr)


def wrote(path: Path, lang: str, rows: int | None = None, unit: str = "") -> None:
    """That a file was written, with how many rows it has and the unit of their amounts, on stderr."""
    zh = "" if rows is None else f"（{rows} 行{'，' + unit if unit else ''}）"
    en = "" if rows is None else f" ({rows} rows{', ' + unit if unit else ''})"
    say(f"已写出 {path}{zh}", f"wrote {path}{en}", lang)


def print_json(data: Any) -> None:
    """Plain data on stdout; what is no number is null."""
    import json

    from solvency.output import finite

    print(json.dumps(finite(data), ensure_ascii=False, indent=2, allow_nan=False))


def tell_error(text: str, lang: str) -> None:
    """One error on stderr."""
    print(f"{'错误' if lang == 'zh' else 'error'}: {text}", file=sys.stderr)


def tell_problems(problems: Iterable[Problem], lang: str, *, result: bool = False) -> None:
    """Every problem, one line each, errors first; on stderr, unless they are what was asked for."""
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    words = {"error": ("错误", "error"), "warning": ("警告", "warning")}
    for problem in ordered:
        stream = sys.stdout if result else sys.stderr
        print(f"{words[problem.severity][lang == 'en']}: {problem.message(lang)}", file=stream)


def tell_rejects(result: Result | SarmraResult | GradeHistory, lang: str, most: int = 200) -> None:
    """The reasons of the rows left out, on stderr."""
    assert result.rejects is not None
    reasons = result.rejects["reasons_zh" if lang == "zh" else "reasons_en"]
    for text in reasons.iloc[:most]:
        for line in str(text).split(" | "):
            tell_error(line, lang)
    if len(reasons) > most:
        say(f"……另有 {len(reasons) - most} 行", f"… and {len(reasons) - most} more rows", lang)


@contextmanager
def busy(file: Path, lang: str) -> Iterator[None]:
    """A sign of life on stderr while a large file is worked on; nothing where stderr is no terminal."""
    if not sys.stderr.isatty() or not file.is_file() or file.stat().st_size < 2_000_000:
        yield
        return
    with console(stderr=True).status(f"{'正在计算' if lang == 'zh' else 'working on'} {file.name} …"):
        yield


def table(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[int] = (),
    wrap: Sequence[int] = (),
) -> None:
    """One table; where the terminal is too narrow the table is wider than it, since a number is never cut."""
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    natural = [max(map(cell_len, column)) for column in zip(headers, *rows, strict=True)]
    least = [
        width if i in right else min(width, NARROWEST if i in wrap else LONGEST) for i, width in enumerate(natural)
    ]
    grid = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, header in enumerate(headers):
        grid.add_column(
            Text(header),
            justify="right" if i in right else "left",
            no_wrap=i not in wrap,
            overflow="fold" if i in wrap else "ellipsis",
            min_width=least[i],
        )
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    console(least=sum(least) + BETWEEN * len(least)).print(grid)


def amount(value: float | None, scale: int = 1, digits: int = 2) -> str:
    """An amount in the unit of the output, half up; blank where there is none."""
    if value is None or value != value:
        return ""
    return f"{rounded(value / scale, digits) + 0.0:,.{digits}f}"


def rounded(value: float, digits: int) -> float:
    """Half up, as amounts are rounded in reports; once, on the way out."""
    from decimal import ROUND_HALF_UP, Decimal

    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def answer(value: Any) -> tuple[str, str]:
    """Yes, no or unknown."""
    return ANSWER[value if value is None else bool(value)]


def figure(item: str, value: float, scale: int) -> str:
    """A figure as people read it: ratios in per cent, amounts in the unit, coefficients as they are."""
    from solvency.result import is_amount, is_ratio

    if value != value:
        return ""
    if item.endswith("_ratio") or is_ratio(item):
        return ratio(value)
    return amount(value, scale) if is_amount(item) else f"{value:.10g}"


def ratio(value: float) -> str:
    """A ratio in per cent with two decimals, more where two would put it on a multiple of 5% that it is not."""
    for digits in (2, 4, 6, 8, 10):
        shown = rounded(value * 100, digits)
        if shown % 5 or abs(value * 100 - shown) < 1e-10:
            break
    return f"{shown:.{digits}f}%"


def short_document(name: str) -> str:
    """A document as people cite it: the rule by its number, the rest by document number."""
    import re

    rule = re.search(r"规则第(\d+)号", name)
    if rule:
        return f"规则第{rule.group(1)}号"
    return "管理规定" if "偿付能力管理规定" in name else name.split(" ")[0]
