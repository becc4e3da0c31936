"""compare, grades and plot: what changed, and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from solvency.cli.app import Common, Insurer, command, day_of, end_with_rejects, on_error


@command("output unit reading draft positions force json")
def compare(
    common: Common,
    before: Annotated[Path, typer.Argument(help="前一个输入 / first input")],
    after: Annotated[Path | None, typer.Argument(help="后一个输入 / second input")] = None,
    rules_before: Annotated[
        str | None, typer.Option("--from", help="第一侧的规则日期 / rule date of the first")
    ] = None,
    rules_after: Annotated[str | None, typer.Option("--to", help="第二侧的规则日期 / rule date of the second")] = None,
    positions_after: Annotated[
        Path | None, typer.Option("--positions-after", help="后一个输入的持仓文件夹 / positions of the second input")
    ] = None,
) -> None:
    """比较两份输入或同一输入在两个规则日期下的结果：变化及原因。 / Two books or two rule dates: what changed and why."""
    from solvency import terminal
    from solvency.comparison import compare as run
    from solvency.output import write_frame

    common.check_output(before, after)
    found = run(
        before, after, rules_before=day_of(rules_before), rules_after=day_of(rules_after), unit=common.unit,
        positions_before=common.positions, positions_after=positions_after, readings=common.readings, drafts=common.drafts,
    )  # fmt: skip
    shown = common.unit or found.unit
    if common.output:
        write_frame(found.to_frame(common.unit).assign(unit=shown), common.output, force=common.force)
        terminal.wrote(common.output, common.lang)
    elif common.json:
        terminal.print_json(found.to_dict())
    else:
        terminal.print_comparison(found, shown, common.lang)


@command("output unit reading draft scheme positions strict force json")
def grades(
    common: Common,
    files: Annotated[list[Path], typer.Argument(help=".xlsx | .csv | .parquet（可多个季度 / several quarters）")],
    insurer: Insurer = None,
) -> None:
    """评级走势：各季度的通报评级、自行估计与得分，以及变动原因。 / Grades over time, and what moved them."""
    from solvency import terminal
    from solvency.grade_history import grades as run
    from solvency.output import write_frame

    common.check_output(*files)
    found = run(
        files, scheme=common.scheme, insurer=insurer, unit=common.unit, positions=common.positions,
        readings=common.readings, drafts=common.drafts, strict=common.strict, on_error=on_error(*files),
    )  # fmt: skip
    terminal.tell_problems(found.warnings, common.lang)
    if common.output:
        write_frame(found.to_frame(), common.output, force=common.force)
        terminal.wrote(common.output, common.lang)
    elif common.json:
        terminal.print_json(found.to_dict())
    else:
        terminal.print_grades(found, common.lang)
    end_with_rejects(found, common)


@command("unit reading draft scheme positions force")
def plot(
    common: Common,
    files: Annotated[
        list[Path], typer.Argument(help=".xlsx | .csv（ratios、grades 可多个 / several for ratios and grades）")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help=".png | .svg | .pdf")],
    kind: Annotated[str, typer.Option("--kind", help="waterfall | ratios | grades | tornado")] = "waterfall",
    insurer: Insurer = None,
    horizon: Annotated[str, typer.Option("--horizon", help="tornado：quarter | year")] = "quarter",
    scenarios: Annotated[
        list[Path] | None, typer.Option("--scenarios", help="tornado：自测情景 / own scenarios")
    ] = None,
    font: Annotated[Path | None, typer.Option("--font", help="中文字体文件 / font file")] = None,
) -> None:
    """画图：最低资本瀑布图、充足率走势、评级走势、压力测试。 / Charts: waterfall, ratios or grades over time, stress tornado."""
    from solvency import terminal
    from solvency.plots.plot import plot as run

    tests: dict[str, Any] = {"horizon": horizon, "scenarios": scenarios or ()} if kind == "tornado" else {}
    tests |= {"scheme": common.scheme, "positions": common.positions} if kind == "grades" else {}
    remarks = run(
        files, output, kind=kind, insurer=insurer, unit=common.unit, lang=common.lang, font=font, force=common.force,
        readings=common.readings, drafts=common.drafts, **tests,
    )  # fmt: skip
    for remark in remarks:
        terminal.say(remark, remark, common.lang)
    terminal.wrote(output, common.lang)
