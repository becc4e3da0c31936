"""What the commands share: the program, their common options, errors as messages."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from solvency.errors import Problem
    from solvency.grade_history import GradeHistory
    from solvency.result import Result
    from solvency.sarmra_scores import SarmraResult

app = typer.Typer(
    name="solvency",
    help="中国保险公司偿付能力（偿二代二期）：充足率、评级、监管措施、压力测试与信息披露。\n\n"
    "China's solvency regime for insurers (C-ROSS Phase II): ratios, grade, measures, stress tests and disclosure.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
File = Annotated[Path, typer.Argument(help=".xlsx | .csv | .parquet")]
Insurer = Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")]
Scenarios = Annotated[list[Path] | None, typer.Option("--scenarios", help="自测情景文件 / own scenarios (YAML)")]


@dataclass(frozen=True)
class Common:
    """The options that commands share, as typed and in the order of the help; one that is not offered has its default."""

    output: Annotated[Path | None, typer.Option("-o", "--output", help="输出文件 / output file")] = None
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="改用该日期的规则 / use the rules of this date", metavar="DATE")
    ] = None
    unit: Annotated[str | None, typer.Option("--unit", help="元|万元|亿元 · 金额单位 / unit of amounts")] = None
    reading: Annotated[
        list[str] | None, typer.Option("--reading", help="NAME=ALTERNATIVE · 换一种解读 / take another reading")
    ] = None
    draft: Annotated[list[Path] | None, typer.Option("--draft", help="叠加征求意见稿 / lay a draft notice on top")] = (
        None
    )
    scheme: Annotated[Path | None, typer.Option("--scheme", help="评级打分方案 / scoring scheme of your own")] = None
    prior: Annotated[
        Path | None,
        typer.Option(
            "--prior", help="上季度的输入，用于衔接检查和评分方案的变化 / last quarter's input, to go on from"
        ),
    ] = None
    positions: Annotated[
        Path | None,
        typer.Option(
            "--positions",
            help="持仓文件夹，如 MR01.csv / folder of position tables by code (MR01.csv, CR03.parquet)",
        ),
    ] = None
    lang: Annotated[str, typer.Option("--lang", help="zh 或/or en", envvar="SOLVENCY_LANG")] = "zh"
    strict: Annotated[bool, typer.Option("--strict", help="警告视为错误 / warnings are errors")] = False
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件 / replace an existing file")] = False
    json: Annotated[bool, typer.Option("--json", help="输出 JSON（元） / print JSON (yuan)")] = False

    @property
    def day(self) -> str | None:
        """The date of the rules. Raises UsageError."""
        return day_of(self.as_of)

    @property
    def readings(self) -> dict[str, str]:
        """The alternative chosen for each reading. Raises UsageError."""
        from solvency.errors import UsageError

        chosen = {}
        for text in self.reading or []:
            name, equals, alternative = text.partition("=")
            if not equals:
                raise UsageError(
                    f"--reading 应写作 NAME=ALTERNATIVE，而不是 {text!r}",
                    f"--reading is NAME=ALTERNATIVE, not {text!r}",
                )
            chosen[name.strip()] = alternative.strip()
        return chosen

    @property
    def drafts(self) -> tuple[Path, ...]:
        return tuple(self.draft or ())

    def rules(self) -> dict[str, Any]:
        """By which rules, as the public functions take it. Raises UsageError."""
        return {"as_of": self.day, "readings": self.readings, "drafts": self.drafts}

    def check_output(self, *sources: Path | None) -> None:
        """Refuse `-o` before the work is done. Raises UsageError or OutputExistsError."""
        from solvency.output import check_output

        if self.output:
            for source in sources:
                check_output(self.output, source=source, force=self.force)


OPTIONS = signature(Common, eval_str=True).parameters


def command(offered: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command of the program: its own parameters, then `--lang` and the options of `Common` named in `offered`.

    The command is handed those as its first argument, and its errors are told as messages.
    """
    names = sorted({"lang", *offered.split()}, key=list(OPTIONS).index)

    def register(run: Callable[..., None]) -> Callable[..., None]:
        def entry(**given: Any) -> None:
            common = Common(**{name: given.pop(name) for name in names})
            with told(common.lang):
                run(common, **given)

        _, *own = signature(run, eval_str=True).parameters.values()
        shown = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in (*own, *(OPTIONS[name] for name in names))]
        entry.__signature__ = Signature(shown)  # type: ignore[attr-defined]  # what typer reads
        app.command(run.__name__, help=run.__doc__)(entry)
        return run

    return register


@contextmanager
def told(lang: str) -> Iterator[None]:
    """Errors as messages: 1 for the input, 2 for usage; nothing ends in a traceback."""
    from solvency import errors
    from solvency.terminal import tell_error, tell_problems

    if lang not in ("zh", "en"):
        print("--lang: zh | en", file=sys.stderr)
        raise typer.Exit(2)
    try:
        yield
    except errors.InputError as error:
        tell_problems(error.problems, lang)
        raise typer.Exit(1) from None
    except (errors.UsageError, errors.RegulationError) as error:
        tell_error(error.message(lang), lang)
        raise typer.Exit(2) from None
    except errors.NotCoveredError as error:
        tell_error(str(error), lang)
        raise typer.Exit(2) from None
    except UnicodeEncodeError as error:
        # a locale that cannot even name a file in Chinese
        print(f"{error.object!a}: this locale cannot hold the name; set PYTHONUTF8=1", file=sys.stderr)
        raise typer.Exit(2) from None
    except BrokenPipeError:
        # the reader of the output has gone; there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None


def day_of(text: str | None, option: str = "--as-of") -> str | None:
    from solvency.errors import UsageError
    from solvency.tables.values import day

    if text is None:
        return None
    read = day(text)
    if read is None:
        raise UsageError(
            f"{option}：{text!r} 不是日期，例如 2025-09-30", f"{option}: {text!r} is no date; e.g. 2025-09-30"
        )
    return str(read)


def is_book(path: Path) -> bool:
    return path.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet")


def on_error(*files: Path) -> str:
    """Errors end the work on books; of a table the rows that have them are left out."""
    return "raise" if all(map(is_book, files)) else "reject"


def calculated(file: Path, common: Common, on_error: str = "raise") -> Result:
    """Calculate and tell warnings on stderr. `--unit` is the unit of the output and of a table; a book has its own."""
    from solvency.assessment import calculate as run

    result = run(
        file, unit=common.unit, positions=common.positions, scheme=common.scheme, prior=common.prior, strict=common.strict,
        on_error=on_error, **common.rules(),
    )  # fmt: skip
    if not result.ratings and any("RiskIndicators" in charged.positions.tables for _, charged in result.charged):
        from solvency.terminal import say

        zh, en = (
            "没有评分方案（--scheme），RiskIndicators 表未使用",
            "no scoring scheme (--scheme): the table RiskIndicators is not used",
        )
        say(zh, en, common.lang)
    remark(result.warnings, common)
    return result


def remark(warnings: Iterable[Problem], common: Common) -> None:
    """Warnings, and which other rules than those of the valuation date were used."""
    from solvency.terminal import say, tell_problems

    tell_problems(warnings, common.lang)
    if common.day:
        say(
            f"按 {common.day} 的规则计算，而非评估日的规则",
            f"rules of {common.day} used, not those of the valuation date",
            common.lang,
        )
    for name, alternative in common.readings.items():
        say(f"采用解读 {name}={alternative}", f"reading {name}={alternative} taken", common.lang)
    if common.drafts:
        say(
            "已叠加征求意见稿，结果不是现行规则下的结果",
            "a draft notice is laid on top; this is not the law in force",
            common.lang,
        )


def end_with_rejects(result: Result | SarmraResult | GradeHistory, common: Common, beside: Path | None = None) -> None:
    """Where rows of a table were left out: write them beside the output, tell why and end with 1."""
    from solvency.output import write_rejects
    from solvency.terminal import say, tell_rejects

    if result.rejects is None:
        return
    if beside:
        place, count = write_rejects(result, beside, force=common.force), len(result.rejects)
        say(
            f"{count} 行有错误，未计算，见 {place}",
            f"{count} rows have errors and were left out: {place}",
            common.lang,
        )
    tell_rejects(result, common.lang)
    raise typer.Exit(1)
