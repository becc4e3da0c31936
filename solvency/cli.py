"""The command line. Each command is one public function of the same name; libraries are loaded inside the commands."""

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
Strict = Annotated[bool, typer.Option("--strict", help="警告视为错误 / warnings are errors")]
Force = Annotated[bool, typer.Option("--force", help="覆盖已有文件 / replace an existing file")]
Positions = Annotated[
    Path | None,
    typer.Option(
        "--positions", help="持仓文件夹，如 MR01.csv / folder of position tables by code (MR01.csv, CR03.parquet)"
    ),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="输出文件 / output file")]


def main() -> None:
    """Run the program; errors are told in one language and end with exit code 1 (input) or 2 (usage)."""
    from solvency.terminal import prepare_streams

    prepare_streams()
    app()


@contextmanager
def _told(lang: str) -> Iterator[None]:
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


def _readings(given: list[str] | None) -> dict[str, str]:
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


def _day(text: str | None) -> str | None:
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


def _is_book(path: Path) -> bool:
    return path.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet")


def _calculate(file: Path, lang: str, *, unit: str | None = None, **options: Any) -> Result:
    """Calculate and tell warnings on stderr. `--unit` is the unit of the output and of a table; a book has its own."""
    from solvency.assessment import calculate as run

    options["drafts"] = options.get("drafts") or ()
    result = run(file, unit=unit, **options)
    _remark(result.warnings, options, lang)
    return result


def _remark(warnings: list[Problem], options: Mapping[str, Any], lang: str) -> None:
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


@app.command()
def template(
    insurer_type: Annotated[str, typer.Argument(help="property | life | reinsurer")],
    output: Annotated[Path, typer.Option("-o", "--output", help="工作簿 / workbook")],
    as_of: AsOf = None,
    positions: Annotated[
        bool, typer.Option("--positions", help="加上持仓明细各表 / with a sheet per table of positions")
    ] = False,
    lang: Lang = "zh",
    force: Force = False,
) -> None:
    """写出空白的填报工作簿。 / Write a blank input workbook."""
    with _told(lang):
        from solvency.excel.template import template as write
        from solvency.terminal import say

        write(insurer_type, output, as_of=_day(as_of), lang=lang, force=force, positions=positions)
        say(f"已写出 {output}", f"wrote {output}", lang)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help=".xlsx | .csv | .parquet")],
    output: Output = None,
    as_of: AsOf = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
    json_: Json = False,
) -> None:
    """检查填报内容，一次列出全部问题；-o 交还标记后的工作簿。 / Check an input; -o gives the workbook back marked."""
    with _told(lang):
        import json

        from solvency.excel.check import check as run
        from solvency.terminal import say, tell_problems

        problems = run(
            file, output=output, lang=lang, force=force, as_of=_day(as_of), unit=unit, readings=_readings(reading), drafts=draft or (), positions=positions,
        )  # fmt: skip
        if json_:
            fields = ("code", "severity", "sheet", "cell", "row", "item", "found", "allowed", "article")
            rows = [
                {f: getattr(p, f) for f in fields} | {"zh": p.message("zh"), "en": p.message("en")} for p in problems
            ]
            print(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            tell_problems(problems, lang, result=True)
        errors = sum(problem.severity == "error" for problem in problems)
        warnings = len(problems) - errors
        say(f"{errors} 个错误，{warnings} 个警告", f"{errors} errors, {warnings} warnings", lang)
        if output:
            say(f"已写出 {output}", f"wrote {output}", lang)
        if errors or (strict and warnings):
            raise typer.Exit(1)


@app.command()
def calculate(
    file: Annotated[Path, typer.Argument(help=".xlsx | .csv | .parquet")],
    output: Output = None,
    as_of: AsOf = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    scheme: SchemeFile = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
    json_: Json = False,
) -> None:
    """计算最低资本、实际资本、充足率、评级与监管措施。 / Calculate capital, ratios, grade and measures."""
    with _told(lang):
        from solvency import terminal
        from solvency.output import check_output, write_rejects, write_result

        if output:
            check_output(output, source=file, force=force)
        book = _is_book(file)
        with terminal.busy(file, lang):
            result = _calculate(
                file, lang, unit=unit, as_of=_day(as_of), readings=_readings(reading), drafts=draft, scheme=scheme,
                strict=strict, on_error="raise" if book else "reject", positions=positions,
            )  # fmt: skip
        shown = unit or result.unit
        rejected = 0 if result.rejects is None else len(result.rejects)
        if output and len(result):
            write_result(result, output, unit=shown, force=force)
            said = "元" if output.suffix.lower() == ".json" else shown
            terminal.say(
                f"已写出 {output}（{len(result)} 行，{said}）", f"wrote {output} ({len(result)} rows, {said})", lang
            )
        if json_:
            print(result.to_json())
        elif not output and len(result) == 1:
            terminal.print_result(result, int(result.figures.index[0]), shown, lang)
        elif not output and len(result):
            terminal.print_many(result, lang)
        if rejected:
            if output:
                place = write_rejects(result, output, force=force)
                terminal.say(
                    f"{rejected} 行有错误，未计算，见 {place}",
                    f"{rejected} rows have errors and were left out: {place}",
                    lang,
                )
            terminal.tell_rejects(result, lang)
            raise typer.Exit(1)


@app.command()
def measures(
    file: Annotated[Path, typer.Argument(help=".xlsx | .csv | .parquet")],
    as_of: AsOf = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    json_: Json = False,
) -> None:
    """列出触发的监管措施与义务，以及距各监管线的距离。 / Measures and duties triggered, and distances to each line."""
    with _told(lang):
        import json

        from solvency import terminal
        from solvency.inquiry import with_outlook
        from solvency.source import book_with

        options: dict[str, Any] = {"as_of": _day(as_of), "readings": _readings(reading), "drafts": draft or ()}
        result = _calculate(file, lang, unit=unit, strict=strict, positions=positions, **options)
        result = with_outlook(book_with(file, positions) if positions and _is_book(file) else file, result, options)
        shown = unit or result.unit
        if json_:
            from solvency.output import measures_to_dict

            print(json.dumps(measures_to_dict(result), ensure_ascii=False, indent=2, allow_nan=False))
            return
        for row in result.figures.index:
            keys = result.keys.loc[row]
            print(f"{keys['insurer']} · {keys['as_of']} · {keys['scenario']}")
            terminal.print_status(result, int(row), lang)
            terminal.print_distances(result, int(row), shown, lang)
            terminal.print_measures(result.measures(int(row)), lang)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="BOOK")],
    item: Annotated[str, typer.Argument(help="如/e.g. minimum_capital, MR01, MR01.600000")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="其持仓逐行写入 / its positions, every row: .csv .json .parquet"),
    ] = None,
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
    as_of: AsOf = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
    json_: Json = False,
) -> None:
    """说明一个数字的由来：公式、输入、因子、条款、文件。 / Why a figure is what it is: formula, inputs, factors, articles."""
    with _told(lang):
        import json
        from dataclasses import asdict

        import pandas as pd

        from solvency import terminal
        from solvency.errors import UsageError
        from solvency.inquiry import explain as run
        from solvency.output import check_output, finite, write_frame

        if output:
            check_output(output, source=file, force=force)
        result = _calculate(
            file,
            lang,
            unit=unit,
            as_of=_day(as_of),
            readings=_readings(reading),
            drafts=draft,
            strict=strict,
            positions=positions,
        )
        found = run(result, item, insurer=insurer)
        if output:
            lines = run(result, item, insurer=insurer, most=max(found.position_count, 1)).positions or found.details
            if not lines:
                raise UsageError(f"{item} 没有持仓明细", f"{item} has no positions behind it")
            frame = pd.DataFrame(lines)
            for name in ("coefficients", "details", "citations", "readings") if found.positions else ():
                frame[name] = [
                    "; ".join(f"{k}={v!r}" for k, v in x.items()) if isinstance(x, dict) else "; ".join(x)
                    for x in frame[name]
                ]
            write_frame(frame, output, force=force)
            terminal.say(f"已写出 {output}（{len(frame)} 行，元）", f"wrote {output} ({len(frame)} rows, 元)", lang)
        elif json_:
            print(json.dumps(finite(asdict(found)), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            terminal.print_explanation(found, unit or result.unit, lang)


@app.command()
def sarmra(
    file: Annotated[Path, typer.Argument(help="附件5表/form of annex 5 | .xlsx | .csv | .parquet")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="附件5表 .xlsx，或得分 .csv .json .parquet / form or scores")
    ] = None,
    industry_base: Annotated[
        str | None, typer.Option("--industry-base", help="调整基础分 M，或 ranked / the industry base M, or ranked")
    ] = None,
    insurer_type: Annotated[str | None, typer.Option("--insurer-type", help="property | life | reinsurer")] = None,
    circumstances: Annotated[
        str | None,
        typer.Option("--circumstances", help="第119条情形，逗号分隔，或 none / met under article 119, or none"),
    ] = None,
    governance_score: Annotated[
        float | None, typer.Option("--governance-score", help="公司治理评估得分 / score of corporate governance")
    ] = None,
    assessed_by: Annotated[str | None, typer.Option("--assessed-by", help="regulator | self")] = None,
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
    as_of: AsOf = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    force: Force = False,
    json_: Json = False,
) -> None:
    """风险管理能力评估：由评估项目得到绝对分、最终得分和控制风险因子。 / SARMRA: from assessed items to scores and Q."""
    with _told(lang):
        import json

        from solvency import terminal
        from solvency.output import check_output, write_rejects
        from solvency.sarmra_scores import sarmra as run
        from solvency.sarmra_scores import write_scores

        if output:
            check_output(output, source=file, force=force, kinds=(".xlsx", ".csv", ".json", ".parquet"))
        met = None if circumstances is None else [c for c in circumstances.split(",") if c.strip() not in ("", "none")]
        with terminal.busy(file, lang):
            result = run(
                file, positions=positions, industry_base=_base(industry_base), insurer_type=insurer_type, circumstances=met,
                governance_score=governance_score, assessed_by=assessed_by, as_of=_day(as_of), readings=_readings(reading), drafts=draft or (),
                on_error="raise" if _is_book(file) else "reject",
            )  # fmt: skip
        terminal.tell_problems(result.warnings, lang)
        if output and len(result):
            write_scores(result, output, insurer=insurer, force=force)
            terminal.say(f"已写出 {output}", f"wrote {output}", lang)
        elif json_:
            print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        elif len(result):
            terminal.print_scores(result, lang)
        if result.rejects is not None:
            if output:
                place = write_rejects(result, output, force=force)
                terminal.say(
                    f"{len(result.rejects)} 行有错误，见 {place}",
                    f"{len(result.rejects)} rows have errors: {place}",
                    lang,
                )
            terminal.tell_rejects(result, lang)
            raise typer.Exit(1)


def _base(text: str | None) -> float | str | None:
    """The industry base as a number, if it is one."""
    from solvency.tables.values import number_from_text

    value = number_from_text(text) if text is not None else None
    return text if value is None else value


@app.command()
def factors(
    name: Annotated[str | None, typer.Argument(help="因子名称 / factor name")] = None,
    as_of: AsOf = None,
    history: Annotated[bool, typer.Option("--history", help="历次修订 / every version")] = False,
    reading: Reading = None,
    draft: Draft = None,
    lang: Lang = "zh",
    json_: Json = False,
) -> None:
    """查看某日有效的因子、条款与文件。 / The factors in force on a date, with article and document."""
    with _told(lang):
        from solvency.output import print_factors

        print_factors(
            name,
            as_of=_day(as_of),
            history=history,
            readings=_readings(reading),
            drafts=draft or (),
            lang=lang,
            as_json=json_,
        )


@app.command()
def readings(
    draft: Draft = None,
    lang: Lang = "zh",
    json_: Json = False,
) -> None:
    """列出条文留有余地之处、可选解读与默认解读的理由。 / Where the text is open: alternatives, defaults, reasons."""
    with _told(lang):
        from solvency.output import print_readings

        print_readings(lang=lang, as_json=json_, drafts=draft or ())


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="前一个输入 / first input")],
    after: Annotated[Path | None, typer.Argument(help="后一个输入 / second input")] = None,
    rules_before: Annotated[
        str | None, typer.Option("--from", help="第一侧的规则日期 / rule date of the first")
    ] = None,
    rules_after: Annotated[str | None, typer.Option("--to", help="第二侧的规则日期 / rule date of the second")] = None,
    output: Output = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    positions_after: Annotated[
        Path | None, typer.Option("--positions-after", help="后一个输入的持仓文件夹 / positions of the second input")
    ] = None,
    lang: Lang = "zh",
    force: Force = False,
    json_: Json = False,
) -> None:
    """比较两份输入或同一输入在两个规则日期下的结果：变化及原因。 / Two books or two rule dates: what changed and why."""
    with _told(lang):
        import json

        from solvency import terminal
        from solvency.comparison import compare as run
        from solvency.output import check_output, write_frame

        if output:
            for source in (before, after):
                check_output(output, source=source, force=force)
        found = run(
            before, after, rules_before=_day(rules_before), rules_after=_day(rules_after), unit=unit,
            readings=_readings(reading), drafts=draft or (), positions_before=positions, positions_after=positions_after,
        )  # fmt: skip
        if output:
            write_frame(found.to_frame(unit).assign(unit=unit or found.unit), output, force=force)
            terminal.say(f"已写出 {output}", f"wrote {output}", lang)
        elif json_:
            print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            terminal.print_comparison(found, unit or found.unit, lang)


@app.command()
def plot(
    files: Annotated[list[Path], typer.Argument(help=".xlsx | .csv（ratios 可多个 / several for ratios）")],
    output: Annotated[Path, typer.Option("-o", "--output", help=".png | .svg | .pdf")],
    kind: Annotated[str, typer.Option("--kind", help="waterfall | ratios | tornado")] = "waterfall",
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
    horizon: Annotated[str, typer.Option("--horizon", help="tornado：quarter | year")] = "quarter",
    scenarios: Annotated[
        list[Path] | None, typer.Option("--scenarios", help="tornado：自测情景 / own scenarios")
    ] = None,
    font: Annotated[Path | None, typer.Option("--font", help="中文字体文件 / font file")] = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    lang: Lang = "zh",
    force: Force = False,
) -> None:
    """画图：最低资本瀑布图、充足率走势、压力测试。 / Charts: waterfall, ratios over time, stress tornado."""
    with _told(lang):
        from solvency.plots.plot import plot as run
        from solvency.terminal import say

        tests: dict[str, Any] = {"horizon": horizon, "scenarios": scenarios or ()} if kind == "tornado" else {}
        remarks = run(
            files, output, kind=kind, insurer=insurer, unit=unit, lang=lang, font=font, force=force,
            readings=_readings(reading), drafts=draft or (), **tests,
        )  # fmt: skip
        for remark in remarks:
            say(remark, remark, lang)
        say(f"已写出 {output}", f"wrote {output}", lang)


@app.command()
def stress(
    file: Annotated[Path, typer.Argument(help=".xlsx")],
    horizon: Annotated[
        str | None,
        typer.Option(
            "--horizon", help="quarter | year · 季度或年度，反向测试默认年度 / default quarter, year for --reverse"
        ),
    ] = None,
    scenarios: Annotated[
        list[Path] | None, typer.Option("--scenarios", help="自测情景文件 / own scenarios (YAML)")
    ] = None,
    reverse: Annotated[str | None, typer.Option("--reverse", help="反向测试的因素 / factor of a reverse test")] = None,
    static: Annotated[bool, typer.Option("--static", help="不用预测，以今日数字测试 / on today's figures")] = False,
    output: Output = None,
    as_of: AsOf = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
    json_: Json = False,
) -> None:
    """压力测试（ST01）与反向压力测试。 / Stress tests (form ST01) and reverse test."""
    with _told(lang):
        import json

        from solvency import terminal
        from solvency.errors import InputError, UsageError
        from solvency.output import check_output, finite, write_frame
        from solvency.source import book_with
        from solvency.stress_test import reverse_test
        from solvency.stress_test import stress as run

        if output:
            check_output(output, source=file, force=force)
        rules: dict[str, Any] = {"as_of": _day(as_of), "readings": _readings(reading), "drafts": draft or ()}
        tests: dict[str, Any] = {
            "horizon": horizon or ("year" if reverse else "quarter"),
            "static": True if static else None,
        }
        if reverse and scenarios:
            raise UsageError(
                "--reverse 只变动一个因素，不能与 --scenarios 同用",
                "--reverse moves one factor; it takes no --scenarios",
            )
        source = book_with(file, positions) if positions else file
        if reverse:
            _calculate(file, lang, unit=unit, strict=strict, positions=positions, **rules)
            found = reverse_test(source, reverse, unit=unit, **tests, **rules)
            if json_:
                print(json.dumps(finite(found.to_dict("records")), ensure_ascii=False, indent=2, allow_nan=False))
            elif not output:
                terminal.print_reverse(found, lang)
            if output:
                write_frame(found, output, force=force)
                terminal.say(f"已写出 {output}", f"wrote {output}", lang)
            return
        result = run(source, scenarios=scenarios or (), unit=unit, **tests, **rules)
        if strict and result.warnings:
            raise InputError(result.warnings)
        _remark(result.warnings, rules, lang)
        shown = unit or result.unit
        if json_:
            print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        elif not output:
            terminal.print_stress(result, shown, lang)
        if output:
            write_frame(result.to_frame(shown).assign(unit=shown), output, force=force)
            terminal.say(f"已写出 {output}", f"wrote {output}", lang)


@app.command()
def disclose(
    file: Annotated[Path, typer.Argument(help=".xlsx")],
    folder: Annotated[Path, typer.Option("-o", "--output", help="文件夹 / folder")],
    prior: Annotated[Path | None, typer.Option("--prior", help="上季度工作簿 / last quarter's workbook")] = None,
    scenarios: Annotated[
        list[Path] | None, typer.Option("--scenarios", help="自测情景文件 / own scenarios (YAML)")
    ] = None,
    as_of: AsOf = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    scheme: SchemeFile = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
) -> None:
    """写出季度报告摘要（公开）与内部文件（不对外披露）。 / Write the public summary and the internal file."""
    with _told(lang):
        from solvency import terminal
        from solvency.excel.rule15_disclosure import disclose as write
        from solvency.source import book_with
        from solvency.stress_test import stress as run

        book = book_with(file, positions)
        options: dict[str, Any] = {"as_of": _day(as_of), "readings": _readings(reading), "drafts": draft or ()}
        tested = run(book, scenarios=scenarios or (), **options)
        _remark(tested.warnings, options, lang)
        paths = write(
            book, folder, prior=prior, stress=tested, force=force, lang=lang, unit=unit, scheme=scheme, strict=strict, **options
        )  # fmt: skip
        for path in paths:
            terminal.say(f"已写出 {path}", f"wrote {path}", lang)
