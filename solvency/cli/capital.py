"""headroom, target, sales, effect: capital management."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    is_book,
    readings_chosen,
    remark,
    told,
)

if TYPE_CHECKING:
    import pandas as pd

    from solvency.result import Result

File = Annotated[Path, typer.Argument(help=".xlsx | .csv | .parquet")]
Invest = Annotated[
    list[str] | None,
    typer.Option(
        "--invest", help="子风险=因子 · 资金投向，缺省为现金 / sub-risk=factor of what it is put into, default cash"
    ),
]


@app.command()
def headroom(
    file: File,
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
    """各级资本在限额之内尚可计入多少。 / How much of each tier still counts before a limit binds."""
    with told(lang):
        from solvency import terminal
        from solvency.capital_management import headroom as run
        from solvency.output import check_output

        if output:
            check_output(output, source=file, force=force)
        result = _result(file, lang, unit, as_of, reading, draft, positions, strict)
        frame, shown = run(result), unit or result.unit
        if not _written(frame, output, shown, lang, force, json_, AMOUNTS):
            terminal.print_headroom(frame, shown, lang)
        _rejected(result, lang)


@app.command()
def target(
    file: File,
    ratio: Annotated[
        list[str],
        typer.Option("--ratio", help="core=75% | comprehensive=1.5 · 目标充足率，可多个 / target, several are all met"),
    ],
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="equity | dividend | core_tier2 | supplementary_tier1 | supplementary_tier2 | premium | business | sale",
        ),
    ] = "equity",
    line: Annotated[
        str | None, typer.Option("--line", help="premium 的业务类型，如 motor / line of business of premium, as motor")
    ] = None,
    invest: Invest = None,
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
    """充足率达到目标所需的增资、发债、业务或出售，或最多可分红多少。 / What brings a ratio to its target; the most that can be paid out."""
    with told(lang):
        from solvency import terminal
        from solvency.capital_management import target as run
        from solvency.output import check_output

        if output:
            check_output(output, source=file, force=force)
        goals, shares = _numbers(ratio, "--ratio"), _numbers(invest, "--invest")
        result = _result(file, lang, unit, as_of, reading, draft, positions, strict)
        frame, shown = run(result, goals, by, invest=shares, line=line), unit or result.unit
        if not _written(frame, output, shown, lang, force, json_, AMOUNTS):
            terminal.print_target(frame, shown, lang)
        _rejected(result, lang)


@app.command()
def sales(
    file: File,
    ratio: Annotated[
        list[str] | None, typer.Option("--ratio", help="core=75% | comprehensive=1.5 · 目标充足率 / target ratio")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="position | table")] = "position",
    most: Annotated[
        int, typer.Option("--most", min=1, help="每家公司重新计算的个数 / how many of an insurer are calculated again")
    ] = 20,
    output: Output = None,
    as_of: AsOf = None,
    unit: Unit = None,
    reading: Reading = None,
    draft: Draft = None,
    positions: Positions = None,
    lang: Lang = "zh",
    force: Force = False,
    json_: Json = False,
) -> None:
    """出售哪些持仓最能提高充足率。 / Which positions, sold at admitted value for cash, raise the ratios most."""
    with told(lang):
        from solvency import terminal
        from solvency.capital_management import sales as run
        from solvency.output import check_output
        from solvency.source import load

        if output:
            check_output(output, source=file, force=force)
        goals = _numbers(ratio, "--ratio")
        options: dict[str, Any] = {"as_of": day_of(as_of), "readings": readings_chosen(reading), "drafts": draft or ()}
        with terminal.busy(file, lang):
            frame = run(
                file, goals or None, by=by, most=most, positions=positions, unit=unit,
                on_error="raise" if is_book(file) else "reject", **options,
            )  # fmt: skip
        remark([], options, lang)
        shown = unit or load(file, unit).unit
        if not _written(frame, output, shown, lang, force, json_, SOLD):
            terminal.print_sales(frame, shown, lang)


@app.command()
def effect(
    file: File,
    dividend: Annotated[str, typer.Option("--dividend", help="分红金额 / amount paid out")] = "0",
    issue: Annotated[
        list[str] | None,
        typer.Option("--issue", help="级别:金额，core_tier1 为增资 / TIER:AMOUNT, core_tier1 is equity"),
    ] = None,
    redeem: Annotated[
        list[str] | None, typer.Option("--redeem", help="级别:金额 · 赎回 / TIER:AMOUNT redeemed")
    ] = None,
    invest: Invest = None,
    history: Annotated[
        list[Path] | None, typer.Option("--history", help="以前季度的输入 / inputs of earlier quarters")
    ] = None,
    insurer: Annotated[str | None, typer.Option("--insurer", help="表格中的公司 / insurer in a table")] = None,
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
    """分红、发行、赎回前后的各级资本、充足率与监管后果。 / Capital, ratios and measures before and after a dividend, an issue, a redemption."""
    with told(lang):
        import json

        from solvency import terminal
        from solvency.capital_management import effect as run
        from solvency.output import check_output
        from solvency.source import load
        from solvency.tables.validate import unit_scale

        if output:
            check_output(output, source=file, force=force)
        own = load(file, unit).unit  # of a book its own, which --unit does not replace
        scale = unit_scale(unit or own)
        options: dict[str, Any] = {"as_of": day_of(as_of), "readings": readings_chosen(reading), "drafts": draft or ()}

        def amount(value: float) -> float | Mapping[str, float]:
            return {insurer: value * scale} if insurer is not None else value * scale

        found = run(
            file, dividend=amount(_number(dividend, "--dividend")),
            issue={tier: amount(value) for tier, value in _numbers(issue, "--issue", ":").items()},
            redeem={tier: amount(value) for tier, value in _numbers(redeem, "--redeem", ":").items()},
            invest=_numbers(invest, "--invest"), history=history or (), unit=unit, positions=positions, strict=strict,
            on_error="raise" if is_book(file) else "reject", **options,
        )  # fmt: skip
        remark(found.before.warnings, options, lang)
        shown = unit or found.unit
        if json_:
            print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        elif not _written(found.to_frame(shown), output, shown, lang, force, False, ()):
            terminal.print_effect(found, shown, lang)
        _rejected(found.after, lang)
        _rejected(found.before, lang)


SOLD = ("amount", "first_order", "relief", "minimum_capital_after", "amount_to_target")
AMOUNTS = ("core_capital", "limit_amount", "used", "over_limit", "room", "amount", "after_core_tier2")


def _result(
    file: Path, lang: str, unit: str | None, as_of: str | None, reading: list[str] | None, draft: list[Path] | None, positions: Path | None,
    strict: bool,
) -> Result:  # fmt: skip
    return calculated(
        file, lang, unit=unit, as_of=day_of(as_of), readings=readings_chosen(reading), drafts=draft, positions=positions,
        strict=strict, on_error="raise" if is_book(file) else "reject",
    )  # fmt: skip


def _written(
    frame: pd.DataFrame, output: Path | None, unit: str, lang: str, force: bool, as_json: bool, amounts: tuple[str, ...]
) -> bool:
    """A frame in yuan as JSON, or in `unit` as a file; False where it is left to be printed."""
    import json

    from solvency import terminal
    from solvency.output import finite, write_frame
    from solvency.tables.validate import unit_scale

    if as_json:
        data = finite(frame.astype({"as_of": str}).to_dict("records"))
        print(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False))
    elif output:
        yuan = output.suffix.lower() == ".json" and bool(amounts)
        scaled = frame if yuan else frame.assign(**{c: frame[c] / unit_scale(unit) for c in amounts if c in frame})
        said = "元" if yuan else unit
        write_frame(scaled.assign(as_of=scaled["as_of"].astype(str), unit=said), output, force=force)
        terminal.say(f"已写出 {output}（{len(frame)} 行，{said}）", f"wrote {output} ({len(frame)} rows, {said})", lang)
    return as_json or output is not None


def _rejected(result: Result, lang: str) -> None:
    """Rows of a table that have errors were left out."""
    from solvency import terminal

    if result.rejects is not None and len(result.rejects):
        terminal.tell_rejects(result, lang)
        raise typer.Exit(1)


def _number(text: str, option: str) -> float:
    from solvency.errors import UsageError
    from solvency.tables.values import number_from_text

    value = number_from_text(text)
    if value is None:
        raise UsageError(f"{option}：{text!r} 不是数字", f"{option}: {text!r} is no number")
    return float(value)


def _numbers(given: list[str] | None, option: str, between: str = "=") -> dict[str, float]:
    """`name=number` as often as it is given; no name twice."""
    from solvency.errors import UsageError

    found: dict[str, float] = {}
    for text in given or []:
        name, sign, number = text.replace("：", ":").partition(between)
        if not sign or name.strip() in found:
            raise UsageError(f"{option} 应写作 名称{between}数字，每个名称一次，而不是 {text!r}", f"{option} is NAME{between}NUMBER, each name once, not {text!r}")  # fmt: skip
        found[name.strip()] = _number(number, option)
    return found
