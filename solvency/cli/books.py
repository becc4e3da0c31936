"""template, check, calculate, measures: from a blank workbook to the position of an insurer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from solvency.cli.app import (
    AsOf,
    Draft,
    Force,
    Json,
    Lang,
    Output,
    Positions,
    Prior,
    Reading,
    SchemeFile,
    Strict,
    Unit,
    app,
    calculated,
    day_of,
    is_book,
    readings_chosen,
    told,
)


@app.command()
def template(
    insurer_type: Annotated[str, typer.Argument(help="property | life | reinsurer")],
    output: Annotated[Path, typer.Option("-o", "--output", help="工作簿 / workbook")],
    as_of: AsOf = None,
    positions: Annotated[
        bool, typer.Option("--positions", help="加上持仓明细各表 / with a sheet per table of positions")
    ] = False,
    organisation: Annotated[
        str | None,
        typer.Option("--organisation", help="组织形式，如劳合社（中国） / form of organisation: lloyds_china | …"),
    ] = None,
    lang: Lang = "zh",
    force: Force = False,
) -> None:
    """写出空白的填报工作簿。 / Write a blank input workbook."""
    with told(lang):
        from solvency.excel.template import template as write
        from solvency.terminal import say

        write(
            insurer_type, output, as_of=day_of(as_of), lang=lang, force=force, positions=positions, organisation=organisation,
        )  # fmt: skip
        say(f"已写出 {output}", f"wrote {output}", lang)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help=".xlsx | .csv | .parquet")],
    output: Output = None,
    prior: Prior = None,
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
    """检查填报内容，一次列出全部问题；-o 交还标记后的工作簿。 / Check an input; -o gives the workbook back marked."""
    with told(lang):
        import json

        from solvency.excel.check import check as run
        from solvency.terminal import say, tell_problems

        problems = run(
            file, output=output, lang=lang, force=force, as_of=day_of(as_of), unit=unit, readings=readings_chosen(reading), drafts=draft or (), positions=positions,
            scheme=scheme, prior=prior,
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
    prior: Prior = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
    json_: Json = False,
) -> None:
    """计算最低资本、实际资本、充足率、评级与监管措施。 / Calculate capital, ratios, grade and measures."""
    with told(lang):
        from solvency import terminal
        from solvency.output import check_output, write_rejects, write_result

        if output:
            check_output(output, source=file, force=force)
        book = is_book(file)
        with terminal.busy(file, lang):
            result = calculated(
                file, lang, unit=unit, as_of=day_of(as_of), readings=readings_chosen(reading), drafts=draft, scheme=scheme,
                prior=prior, strict=strict, on_error="raise" if book else "reject", positions=positions,
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
    scheme: SchemeFile = None,
    prior: Prior = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    json_: Json = False,
) -> None:
    """列出触发的监管措施与义务，以及距各监管线的距离。 / Measures and duties triggered, and distances to each line."""
    with told(lang):
        import json

        from solvency import terminal
        from solvency.inquiry import with_outlook
        from solvency.source import book_with

        options: dict[str, Any] = {"as_of": day_of(as_of), "readings": readings_chosen(reading), "drafts": draft or ()}
        result = calculated(
            file, lang, unit=unit, strict=strict, positions=positions, scheme=scheme, prior=prior, **options
        )
        result = with_outlook(book_with(file, positions) if positions and is_book(file) else file, result, options)
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
