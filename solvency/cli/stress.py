"""stress: stress tests and the reverse test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from solvency.cli.app import Common, Scenarios, calculated, command, remark


@command("output as_of unit reading draft positions strict force json")
def stress(
    common: Common,
    file: Annotated[Path, typer.Argument(help=".xlsx")],
    horizon: Annotated[
        str | None,
        typer.Option(
            "--horizon", help="quarter | year · 季度或年度，反向测试默认年度 / default quarter, year for --reverse"
        ),
    ] = None,
    scenarios: Scenarios = None,
    reverse: Annotated[str | None, typer.Option("--reverse", help="反向测试的因素 / factor of a reverse test")] = None,
    static: Annotated[bool, typer.Option("--static", help="不用预测，以今日数字测试 / on today's figures")] = False,
) -> None:
    """压力测试（ST01）与反向压力测试。 / Stress tests (form ST01) and reverse test."""
    from solvency import terminal
    from solvency.errors import InputError, UsageError
    from solvency.output import write_frame
    from solvency.source import book_with
    from solvency.stress_test import reverse_test
    from solvency.stress_test import stress as run

    common.check_output(file)
    rules = common.rules()
    tests: dict[str, Any] = {
        "horizon": horizon or ("year" if reverse else "quarter"),
        "static": True if static else None,
    }
    if reverse and scenarios:
        raise UsageError(
            "--reverse 只变动一个因素，不能与 --scenarios 同用",
            "--reverse moves one factor; it takes no --scenarios",
        )
    source = book_with(file, common.positions) if common.positions else file
    if reverse:
        calculated(file, common)
        found = reverse_test(source, reverse, unit=common.unit, **tests, **rules)
        if common.json:
            terminal.print_json(found.to_dict("records"))
        elif not common.output:
            terminal.print_reverse(found, common.lang)
        if common.output:
            write_frame(found, common.output, force=common.force)
            terminal.wrote(common.output, common.lang)
        return
    result = run(source, scenarios=scenarios or (), unit=common.unit, **tests, **rules)
    if common.strict and result.warnings:
        raise InputError(result.warnings)
    remark(result.warnings, common)
    shown = common.unit or result.unit
    if common.json:
        terminal.print_json(result.to_dict())
    elif not common.output:
        terminal.print_stress(result, shown, common.lang)
    if common.output:
        write_frame(result.to_frame(shown).assign(unit=shown), common.output, force=common.force)
        terminal.wrote(common.output, common.lang)
