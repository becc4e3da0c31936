"""compare, grades and plot: what changed, and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from solvency.cli.app import (
    Draft,
    Force,
    Json,
    Lang,
    Output,
    Positions,
    Reading,
    SchemeFile,
    Strict,
    Unit,
    app,
    day_of,
    is_book,
    readings_chosen,
    told,
)


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
    with told(lang):
        import json

        from solvency import terminal
        from solvency.comparison import compare as run
        from solvency.output import check_output, write_frame

        if output:
            for source in (before, after):
                check_output(output, source=source, force=force)
        found = run(
            before, after, rules_before=day_of(rules_before), rules_after=day_of(rules_after), unit=unit,
            readings=readings_chosen(reading), drafts=draft or (), positions_before=positions, positions_after=positions_after,
        )  # fmt: skip
        if output:
            write_frame(found.to_frame(unit).assign(unit=unit or found.unit), output, force=force)
            terminal.say(f"已写出 {output}", f"wrote {output}", lang)
        elif json_:
            print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            terminal.print_comparison(found, unit or found.unit, lang)


@app.command()
def grades(
    files: Annotated[list[Path], typer.Argument(help=".xlsx | .csv | .parquet（可多个季度 / several quarters）")],
    scheme: SchemeFile = None,
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
    output: Output = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
    json_: Json = False,
) -> None:
    """评级走势：各季度的通报评级、自行估计与得分，以及变动原因。 / Grades over time, and what moved them."""
    with told(lang):
        import json

        from solvency import terminal
        from solvency.grade_history import grades as run
        from solvency.output import check_output, write_frame

        if output:
            for source in files:
                check_output(output, source=source, force=force)
        found = run(
            files, scheme=scheme, insurer=insurer, unit=unit, readings=readings_chosen(reading), drafts=draft or (), positions=positions,
            strict=strict, on_error="raise" if all(map(is_book, files)) else "reject",
        )  # fmt: skip
        terminal.tell_problems(found.warnings, lang)
        if output:
            write_frame(found.to_frame(), output, force=force)
            terminal.say(f"已写出 {output}", f"wrote {output}", lang)
        elif json_:
            print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            terminal.print_grades(found, lang)
        if found.rejects is not None:
            terminal.tell_rejects(found, lang)
            raise typer.Exit(1)


@app.command()
def plot(
    files: Annotated[
        list[Path], typer.Argument(help=".xlsx | .csv（ratios、grades 可多个 / several for ratios and grades）")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help=".png | .svg | .pdf")],
    kind: Annotated[str, typer.Option("--kind", help="waterfall | ratios | grades | tornado")] = "waterfall",
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
    horizon: Annotated[str, typer.Option("--horizon", help="tornado：quarter | year")] = "quarter",
    scenarios: Annotated[
        list[Path] | None, typer.Option("--scenarios", help="tornado：自测情景 / own scenarios")
    ] = None,
    scheme: SchemeFile = None,
    positions: Positions = None,
    font: Annotated[Path | None, typer.Option("--font", help="中文字体文件 / font file")] = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    lang: Lang = "zh",
    force: Force = False,
) -> None:
    """画图：最低资本瀑布图、充足率走势、评级走势、压力测试。 / Charts: waterfall, ratios or grades over time, stress tornado."""
    with told(lang):
        from solvency.plots.plot import plot as run
        from solvency.terminal import say

        tests: dict[str, Any] = {"horizon": horizon, "scenarios": scenarios or ()} if kind == "tornado" else {}
        tests |= {"scheme": scheme, "positions": positions} if kind == "grades" else {}
        remarks = run(
            files, output, kind=kind, insurer=insurer, unit=unit, lang=lang, font=font, force=force,
            readings=readings_chosen(reading), drafts=draft or (), **tests,
        )  # fmt: skip
        for remark in remarks:
            say(remark, remark, lang)
        say(f"已写出 {output}", f"wrote {output}", lang)
