"""explain, factors, readings: why a figure is what it is, and by which rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvency.cli.app import (
    AsOf,
    Draft,
    Force,
    Json,
    Lang,
    Positions,
    Prior,
    Reading,
    SchemeFile,
    Strict,
    Unit,
    app,
    calculated,
    day_of,
    readings_chosen,
    told,
)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="BOOK")],
    item: Annotated[str, typer.Argument(help="如/e.g. minimum_capital, grade, MR01, MR01.600000")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="其持仓逐行写入 / its positions, every row: .csv .json .parquet"),
    ] = None,
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
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
    """说明一个数字的由来：公式、输入、因子、条款、文件。 / Why a figure is what it is: formula, inputs, factors, articles."""
    with told(lang):
        import json
        from dataclasses import asdict

        import pandas as pd

        from solvency import terminal
        from solvency.errors import UsageError
        from solvency.inquiry import explain as run
        from solvency.output import check_output, finite, write_frame

        if output:
            check_output(output, source=file, force=force)
        result = calculated(
            file,
            lang,
            unit=unit,
            as_of=day_of(as_of),
            readings=readings_chosen(reading),
            drafts=draft,
            scheme=scheme,
            prior=prior,
            strict=strict,
            positions=positions,
        )
        found = run(result, item, insurer=insurer)
        if output:
            lines = (
                run(result, item, insurer=insurer, most=max(found.position_count, 1)).positions
                or found.details
                or found.indicators
            )
            if not lines:
                raise UsageError(f"{item} 没有持仓明细", f"{item} has no positions behind it")
            frame = pd.DataFrame(lines)
            for name in ("coefficients", "details", "citations", "readings") if found.positions else ():
                frame[name] = [
                    "; ".join(f"{k}={v!r}" for k, v in x.items()) if isinstance(x, dict) else "; ".join(x)
                    for x in frame[name]
                ]
            write_frame(frame, output, force=force)
            zh, en = ("", "") if found.indicators else ("，元", ", 元")  # points are no amounts
            terminal.say(f"已写出 {output}（{len(frame)} 行{zh}）", f"wrote {output} ({len(frame)} rows{en})", lang)
        elif json_:
            print(json.dumps(finite(asdict(found)), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            terminal.print_explanation(found, unit or result.unit, lang)


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
    with told(lang):
        from solvency.output import print_factors

        print_factors(
            name,
            as_of=day_of(as_of),
            history=history,
            readings=readings_chosen(reading),
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
    with told(lang):
        from solvency.output import print_readings

        print_readings(lang=lang, as_json=json_, drafts=draft or ())
