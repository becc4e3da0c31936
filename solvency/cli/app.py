"""What the commands share: the program, their common options, errors as messages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from solvency.errors import Problem
    from solvency.result import Result

app = typer.Typer(
    name="solvency",
    help="中国保险公司偿付能力（偿二代二期）：充足率、评级、监管措施、压力测试与信息披露。\n\n"
    "China's solvency regime for insurers (C-ROSS Phase II): ratios, grade, measures, stress tests and disclosure.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
Lang = Annotated[str, typer.Option("--lang", help="zh 或/or en", envvar="SOLVENCY_LANG")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="改用该日期的规则 / use the rules of this date", metavar="DATE")
]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON（元） / print JSON (yuan)")]
Unit = Annotated[str | None, typer.Option("--unit", help="元|万元|亿元 · 金额单位 / unit of amounts")]
Reading = Annotated[
    list[str] | None, typer.Option("--reading", help="NAME=ALTERNATIVE · 换一种解读 / take another reading")
]
Draft = Annotated[list[Path] | None, typer.Option("--draft", help="叠加征求意见稿 / lay a draft notice on top")]
SchemeFile = Annotated[Path | None, typer.Option("--scheme", help="评级打分方案 / scoring scheme of your own")]
Prior = Annotated[
    Path | None,
    typer.Option("--prior", help="上季度的输入，用于衔接检查和评分方案的变化 / last quarter's input, to go on from"),
]
Strict = Annotated[bool, typer.Option("--strict", help="警告视为错误 / warnings are errors")]
Force = Annotated[bool, typer.Option("--force", help="覆盖已有文件 / replace an existing file")]
Positions = Annotated[
    Path | None,
    typer.Option(
        "--positions", help="持仓文件夹，如 MR01.csv / folder of position tables by code (MR01.csv, CR03.parquet)"
    ),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="输出文件 / output file")]


@contextmanager
def told(lang: str) -> Iterator[None]:
    """Errors as messages: 1 for the input, 2 for usage; nothing ends in a traceback."""
    from solvency import errors
    from solvency.terminal import tell_problems

    if lang not in ("zh", "en"):
        print("--lang: zh | en", file=sys.stderr)
        raise typer.Exit(2)
    try:
        yield
    except errors.InputError as error:
        tell_problems(error.problems, lang)
        raise typer.Exit(1) from None
    except errors.UsageError as error:
        print(f"{'错误' if lang == 'zh' else 'error'}: {error.message(lang)}", file=sys.stderr)
        raise typer.Exit(2) from None
    except errors.RegulationError as error:
        print(f"{'错误' if lang == 'zh' else 'error'}: {error.message(lang)}", file=sys.stderr)
        raise typer.Exit(2) from None
    except errors.NotCoveredError as error:
        print(f"{'错误' if lang == 'zh' else 'error'}: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    except UnicodeEncodeError as error:
        # a locale that cannot even name a file in Chinese
        print(f"{error.object!a}: this locale cannot hold the name; set PYTHONUTF8=1", file=sys.stderr)
        raise typer.Exit(2) from None
    except BrokenPipeError:
        # the reader of the output has gone; there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def readings_chosen(given: list[str] | None) -> dict[str, str]:
    from solvency.errors import UsageError

    chosen = {}
    for text in given or []:
        name, equals, alternative = text.partition("=")
        if not equals:
            raise UsageError(
                f"--reading 应写作 NAME=ALTERNATIVE，而不是 {text!r}", f"--reading is NAME=ALTERNATIVE, not {text!r}"
            )
        chosen[name.strip()] = alternative.strip()
    return chosen


def day_of(text: str | None) -> str | None:
    from solvency.errors import UsageError
    from solvency.tables.values import day

    if text is None:
        return None
    read = day(text)
    if read is None:
        raise UsageError(
            f"--as-of：{text!r} 不是日期，例如 2025-09-30", f"--as-of: {text!r} is no date; e.g. 2025-09-30"
        )
    return str(read)


def is_book(path: Path) -> bool:
    return path.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet")


def calculated(file: Path, lang: str, *, unit: str | None = None, **options: Any) -> Result:
    """Calculate and tell warnings on stderr. `--unit` is the unit of the output and of a table; a book has its own."""
    from solvency.assessment import calculate as run

    options["drafts"] = options.get("drafts") or ()
    result = run(file, unit=unit, **options)
    if not result.ratings and any("RiskIndicators" in charged.positions.tables for _, charged in result.charged):
        from solvency.terminal import say

        zh, en = (
            "没有评分方案（--scheme），RiskIndicators 表未使用",
            "no scoring scheme (--scheme): the table RiskIndicators is not used",
        )
        say(zh, en, lang)
    remark(result.warnings, options, lang)
    return result


def remark(warnings: list[Problem], options: Mapping[str, Any], lang: str) -> None:
    """Warnings, and which other rules than those of the valuation date were used."""
    from solvency.terminal import say, tell_problems

    tell_problems(warnings, lang)
    if options["as_of"]:
        say(
            f"按 {options['as_of']} 的规则计算，而非评估日的规则",
            f"rules of {options['as_of']} used, not those of the valuation date",
            lang,
        )
    for name, alternative in options["readings"].items():
        say(f"采用解读 {name}={alternative}", f"reading {name}={alternative} taken", lang)
    if options["drafts"]:
        say(
            "已叠加征求意见稿，结果不是现行规则下的结果",
            "a draft notice is laid on top; this is not the law in force",
            lang,
        )
