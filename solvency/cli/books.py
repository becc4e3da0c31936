"""template, check, calculate, measures: from a blank workbook to the position of an insurer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvency.cli.app import Common, File, calculated, command, end_with_rejects, is_book, on_error


@command("as_of force")
def template(
    common: Common,
    insurer_type: Annotated[str, typer.Argument(help="property | life | reinsurer")],
    output: Annotated[Path, typer.Option("-o", "--output", help="工作簿 / workbook")],
    positions: Annotated[
        bool, typer.Option("--positions", help="加上持仓明细各表 / with a sheet per table of positions")
    ] = False,
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", help="组织形式，如劳合社（中国） / form of organisation: lloyds_china | …"),
    ] = None,
) -> None:
    """写出空白的填报工作簿。 / Write a blank input workbook."""
    from solvency import terminal
    from solvency.excel.template import template as write

    write(
        insurer_type, output, positions=positions, organisation=organisation, as_of=common.day, lang=common.lang,
        force=common.force,
    )  # fmt: skip
    terminal.wrote(output, common.lang)


@command("output as_of unit reading draft scheme prior positions strict force json")
def check(common: Common, file: File) -> None:
    """检查填报内容，一次列出全部问题；-o 交还标记后的工作簿。 / Check an input; -o gives the workbook back marked."""
    from solvency import terminal
    from solvency.excel.check import check as run

    problems = run(
        file, output=common.output, lang=common.lang, force=common.force, unit=common.unit, positions=common.positions,
        scheme=common.scheme, prior=common.prior, **common.rules(),
    )  # fmt: skip
    if common.json:
        fields = ("code", "severity", "sheet", "cell", "row", "item", "found", "allowed", "article")
        rows = [{f: getattr(p, f) for f in fields} | {"zh": p.message("zh"), "en": p.message("en")} for p in problems]
        terminal.print_json(rows)
    else:
        terminal.tell_problems(problems, common.lang, result=True)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    terminal.say(f"{errors} 个错误，{warnings} 个警告", f"{errors} errors, {warnings} warnings", common.lang)
    if common.output:
        terminal.wrote(common.output, common.lang)
    if errors or (common.strict and warnings):
        raise typer.Exit(1)


@command("output as_of unit reading draft scheme prior positions strict force json")
def calculate(common: Common, file: File) -> None:
    """计算最低资本、实际资本、充足率、评级与监管措施。 / Calculate capital, ratios, grade and measures."""
    from solvency import terminal
    from solvency.output import write_result

    common.check_output(file)
    with terminal.busy(file, common.lang):
        result = calculated(file, common, on_error(file))
    shown = common.unit or result.unit
    if common.output and len(result):
        write_result(result, common.output, unit=shown, force=common.force)
        said = "元" if common.output.suffix.lower() == ".json" else shown
        terminal.wrote(common.output, common.lang, len(result), said)
    if common.json:
        print(result.to_json())
    elif not common.output and len(result) == 1:
        terminal.print_result(result, int(result.figures.index[0]), shown, common.lang)
    elif not common.output and len(result):
        terminal.print_many(result, common.lang)
    end_with_rejects(result, common, beside=common.output)


@command("as_of unit reading draft scheme prior positions strict json")
def measures(common: Common, file: File) -> None:
    """列出触发的监管措施与义务，以及距各监管线的距离。 / Measures and duties triggered, and distances to each line."""
    from solvency import terminal
    from solvency.inquiry import with_outlook
    from solvency.source import book_with

    result = calculated(file, common)
    source = book_with(file, common.positions) if common.positions and is_book(file) else file
    result = with_outlook(source, result, common.rules())
    shown = common.unit or result.unit
    if common.json:
        from solvency.output import measures_to_dict

        terminal.print_json(measures_to_dict(result))
        return
    for row in result.figures.index:
        keys = result.keys.loc[row]
        print(f"{keys['insurer']} · {keys['as_of']} · {keys['scenario']}")
        terminal.print_status(result, int(row), common.lang)
        terminal.print_distances(result, int(row), shown, common.lang)
        terminal.print_measures(result.measures(int(row)), common.lang)
