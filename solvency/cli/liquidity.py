"""liquidity: the indicators of rule 13."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvency.cli.app import Common, calculated, command


@command("output as_of unit reading draft positions strict force json")
def liquidity(common: Common, file: Annotated[Path, typer.Argument(help="BOOK")]) -> None:
    """流动性风险监管指标和监测指标，及是否达标。 / Liquidity indicators of rule 13, and which requirements are met."""
    from solvency import terminal
    from solvency.liquidity_indicators import liquidity as run
    from solvency.output import write_frame

    common.check_output(file)
    result = calculated(file, common)
    frame = run(result)
    if common.output:
        write_frame(frame, common.output, force=common.force)
        terminal.wrote(common.output, common.lang, len(frame), "元")
    elif common.json:
        terminal.print_json(frame.astype({"as_of": str}).to_dict("records"))
    else:
        terminal.print_liquidity(frame, common.unit or result.unit, common.lang)
