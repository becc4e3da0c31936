"""explain, factors, readings: why a figure is what it is, and by which rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvency.cli.app import Common, Insurer, calculated, command, day_of, end_with_rejects, on_error


@command("as_of unit reading draft scheme prior positions strict force json")
def explain(
    common: Common,
    file: Annotated[Path, typer.Argument(help="BOOK")],
    item: Annotated[str, typer.Argument(help="如/e.g. minimum_capital, grade, MR01, MR01.600000")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="其持仓逐行写入 / its positions, every row: .csv .json .parquet"),
    ] = None,
    insurer: Insurer = None,
    date: Annotated[
        str | None, typer.Option("--date", help="表格中的评估日 / valuation date in a table", metavar="DATE")
    ] = None,
    scenario: Annotated[str | None, typer.Option("--scenario", help="表格中的情景 / scenario in a table")] = None,
) -> None:
    """说明一个数字的由来：公式、输入、因子、条款、文件。 / Why a figure is what it is: formula, inputs, factors, articles."""
    from dataclasses import asdict
    from functools import partial

    import pandas as pd

    from solvency import terminal
    from solvency.errors import UsageError
    from solvency.inquiry import explain as run
    from solvency.output import check_output, write_frame

    if output:
        check_output(output, source=file, force=common.force)
    result = calculated(file, common, on_error(file))
    if result.rejects is not None and (insurer is None or insurer in set(result.rejects["insurer"].astype(str))):
        end_with_rejects(result, common)
    explained = partial(run, result, item, insurer=insurer, date=day_of(date, "--date"), scenario=scenario)
    found = explained()
    if output:
        lines = explained(most=max(found.position_count, 1)).positions or found.details or found.indicators
        if not lines:
            raise UsageError(f"{item} 没有持仓明细", f"{item} has no positions behind it")
        frame = pd.DataFrame(lines)
        for name in ("coefficients", "details", "citations", "readings") if found.positions else ():
            frame[name] = [
                "; ".join(f"{k}={v!r}" for k, v in x.items()) if isinstance(x, dict) else "; ".join(x)
                for x in frame[name]
            ]
        write_frame(frame, output, force=common.force)
        unit = "" if found.indicators else "元"  # points are no amounts
        terminal.wrote(output, common.lang, len(frame), unit)
    elif common.json:
        terminal.print_json(asdict(found))
    else:
        terminal.print_explanation(found, common.unit or result.unit, common.lang)


@command("as_of reading draft json")
def factors(
    common: Common,
    name: Annotated[str | None, typer.Argument(help="因子名称 / factor name")] = None,
    history: Annotated[bool, typer.Option("--history", help="历次修订 / every version")] = False,
) -> None:
    """查看某日有效的因子、条款与文件。 / The factors in force on a date, with article and document."""
    from solvency.output import print_factors

    print_factors(name, history=history, lang=common.lang, as_json=common.json, **common.rules())


@command("draft json")
def readings(common: Common) -> None:
    """列出条文留有余地之处、可选解读与默认解读的理由。 / Where the text is open: alternatives, defaults, reasons."""
    from solvency.output import print_readings

    print_readings(lang=common.lang, as_json=common.json, drafts=common.drafts)
