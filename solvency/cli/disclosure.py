"""disclose: the public summary and the internal file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from solvency.cli.app import (
    AsOf,
    Draft,
    Force,
    Lang,
    Positions,
    Reading,
    SchemeFile,
    Strict,
    Unit,
    app,
    day_of,
    readings_chosen,
    remark,
    told,
)


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
    prior_positions: Annotated[
        Path | None, typer.Option("--prior-positions", help="上季度的持仓文件夹 / positions of last quarter")
    ] = None,
    scheme: SchemeFile = None,
    lang: Lang = "zh",
    strict: Strict = False,
    force: Force = False,
) -> None:
    """写出季度报告摘要（公开）与内部文件（不对外披露）。 / Write the public summary and the internal file."""
    with told(lang):
        from solvency import terminal
        from solvency.errors import UsageError
        from solvency.excel.rule15_disclosure import disclose as write
        from solvency.source import book_with
        from solvency.stress_test import stress as run

        book = book_with(file, positions)
        options: dict[str, Any] = {"as_of": day_of(as_of), "readings": readings_chosen(reading), "drafts": draft or ()}
        tested = run(book, scenarios=scenarios or (), **options)
        remark(tested.warnings, options, lang)
        if prior_positions and not prior:
            raise UsageError("--prior-positions 须与 --prior 同用", "--prior-positions goes with --prior")
        before = book_with(prior, prior_positions) if prior and prior_positions else prior
        paths = write(
            book, folder, prior=before, stress=tested, force=force, lang=lang, unit=unit, scheme=scheme, strict=strict, **options
        )  # fmt: skip
        for path in paths:
            terminal.say(f"已写出 {path}", f"wrote {path}", lang)
