"""stress: stress tests and the reverse test."""

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
    Reading,
    Strict,
    Unit,
    app,
    calculated,
    day_of,
    readings_chosen,
    remark,
    told,
)


@app.command()
def stress(
    file: Annotated[Path, typer.Argument(help=".xlsx")],
    horizon: Annotated[
        str | None,
        typer.Option(
            "--horizon", help="quarter | year · 季度或年度，反向测试默认年度 / default quarter, year for --reverse"
        ),
    ] = None,
    scenarios: Annotated[
        list[Path] | None, typer.Option("--scenarios", help="自测情景文件 / own scenarios (YAML)")
    ] = None,
    reverse: Annotated[str | None, typer.Option("--reverse", help="反向测试的因素 / factor of a reverse test")] = None,
    static: Annotated[bool, typer.Option("--static", help="不用预测，以今日数字测试 / on today's figures")] = False,
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
    """压力测试（ST01）与反向压力测试。 / Stress tests (form ST01) and reverse test."""
    with told(lang):
        import json

        from solvency import terminal
        from solvency.errors import InputError, UsageError
        from solvency.output import check_output, finite, write_frame
        from solvency.source import book_with
        from solvency.stress_test import reverse_test
        from solvency.stress_test import stress as run

        if output:
            check_output(output, source=file, force=force)
        rules: dict[str, Any] = {"as_of": day_of(as_of), "readings": readings_chosen(reading), "drafts": draft or ()}
        tests: dict[str, Any] = {
            "horizon": horizon or ("year" if reverse else "quarter"),
            "static": True if static else None,
        }
        if reverse and scenarios:
            raise UsageError(
                "--reverse 只变动一个因素，不能与 --scenarios 同用",
                "--reverse moves one factor; it takes no --scenarios",
            )
        source = book_with(file, positions) if positions else file
        if reverse:
            calculated(file, lang, unit=unit, strict=strict, positions=positions, **rules)
            found = reverse_test(source, reverse, unit=unit, **tests, **rules)
            if json_:
                print(json.dumps(finite(found.to_dict("records")), ensure_ascii=False, indent=2, allow_nan=False))
            elif not output:
                terminal.print_reverse(found, lang)
            if output:
                write_frame(found, output, force=force)
                terminal.say(f"已写出 {output}", f"wrote {output}", lang)
            return
        result = run(source, scenarios=scenarios or (), unit=unit, **tests, **rules)
        if strict and result.warnings:
            raise InputError(result.warnings)
        remark(result.warnings, rules, lang)
        shown = unit or result.unit
        if json_:
            print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        elif not output:
            terminal.print_stress(result, shown, lang)
        if output:
            write_frame(result.to_frame(shown).assign(unit=shown), output, force=force)
            terminal.say(f"已写出 {output}", f"wrote {output}", lang)
