"""disclose: the public summary and the internal file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvency.cli.app import Common, Scenarios, command, remark


@command("as_of unit reading draft scheme positions strict force")
def disclose(
    common: Common,
    file: Annotated[Path, typer.Argument(help=".xlsx")],
    folder: Annotated[Path, typer.Option("-o", "--output", help="文件夹 / folder")],
    prior: Annotated[Path | None, typer.Option("--prior", help="上季度工作簿 / last quarter's workbook")] = None,
    scenarios: Scenarios = None,
    prior_positions: Annotated[
        Path | None, typer.Option("--prior-positions", help="上季度的持仓文件夹 / positions of last quarter")
    ] = None,
) -> None:
    """写出季度报告摘要（公开）与内部文件（不对外披露）。 / Write the public summary and the internal file."""
    from solvency import terminal
    from solvency.errors import UsageError
    from solvency.excel.rule15_disclosure import disclose as write
    from solvency.source import book_with
    from solvency.stress_test import stress as run

    book = book_with(file, common.positions)
    rules = common.rules()
    tested = run(book, scenarios=scenarios or (), **rules)
    remark(tested.warnings, common)
    if prior_positions and not prior:
        raise UsageError("--prior-positions 须与 --prior 同用", "--prior-positions goes with --prior")
    before = book_with(prior, prior_positions) if prior and prior_positions else prior
    paths = write(
        book, folder, prior=before, stress=tested, unit=common.unit, scheme=common.scheme, lang=common.lang,
        strict=common.strict, force=common.force, **rules,
    )  # fmt: skip
    for path in paths:
        terminal.wrote(path, common.lang)
