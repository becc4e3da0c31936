"""liquidity: the indicators of rule 13."""

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
    Output,
    Positions,
    Reading,
    Strict,
    Unit,
    app,
    calculated,
    day_of,
    readings_chosen,
    told,
)


@app.command()
def liquidity(
    file: Annotated[Path, typer.Argument(help="BOOK")],
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
    """流动性风险监管指标和监测指标，及是否达标。 / Liquidity indicators of rule 13, and which requirements are met."""
    with told(lang):
        import json

        from solvency import terminal
        from solvency.liquidity_indicators import liquidity as run
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
            strict=strict,
            positions=positions,
        )
        frame = run(result)
        if output:
            write_frame(frame, output, force=force)
            terminal.say(f"已写出 {output}（{len(frame)} 行，元）", f"wrote {output} ({len(frame)} rows, 元)", lang)
        elif json_:
            records = [{**line, "as_of": str(line["as_of"])} for line in frame.to_dict("records")]
            print(json.dumps(finite(records), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            terminal.print_liquidity(frame, unit or result.unit, lang)
