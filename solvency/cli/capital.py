"""headroom, target, sales, effect: capital management."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from solvency.cli.app import Common, File, Insurer, calculated, command, end_with_rejects, on_error, remark

if TYPE_CHECKING:
    import pandas as pd

Invest = Annotated[
    list[str] | None,
    typer.Option(
        "--invest", help="子风险=因子 · 资金投向，缺省为现金 / sub-risk=factor of what it is put into, default cash"
    ),
]


@command("output as_of unit reading draft positions strict force json")
def headroom(common: Common, file: File) -> None:
    """各级资本在限额之内尚可计入多少。 / How much of each tier still counts before a limit binds."""
    from solvency import terminal
    from solvency.capital_management import headroom as run

    common.check_output(file)
    result = calculated(file, common, on_error(file))
    frame, shown = run(result), common.unit or result.unit
    if not _written(frame, shown, common, AMOUNTS):
        terminal.print_headroom(frame, shown, common.lang)
    end_with_rejects(result, common)


@command("output as_of unit reading draft positions strict force json")
def target(
    common: Common,
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
) -> None:
    """充足率达到目标所需的增资、发债、业务或出售，或最多可分红多少。 / What brings a ratio to its target; the most that can be paid out."""
    from solvency import terminal
    from solvency.capital_management import target as run

    common.check_output(file)
    goals, shares = _numbers(ratio, "--ratio"), _numbers(invest, "--invest")
    result = calculated(file, common, on_error(file))
    frame, shown = run(result, goals, by, invest=shares, line=line), common.unit or result.unit
    if not _written(frame, shown, common, AMOUNTS):
        terminal.print_target(frame, shown, common.lang)
    end_with_rejects(result, common)


@command("output as_of unit reading draft positions force json")
def sales(
    common: Common,
    file: File,
    ratio: Annotated[
        list[str] | None, typer.Option("--ratio", help="core=75% | comprehensive=1.5 · 目标充足率 / target ratio")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="position | table")] = "position",
    most: Annotated[
        int, typer.Option("--most", min=1, help="每家公司重新计算的个数 / how many of an insurer are calculated again")
    ] = 20,
) -> None:
    """出售哪些持仓最能提高充足率。 / Which positions, sold at admitted value for cash, raise the ratios most."""
    from solvency import terminal
    from solvency.capital_management import sales as run
    from solvency.source import load

    common.check_output(file)
    goals = _numbers(ratio, "--ratio")
    with terminal.busy(file, common.lang):
        frame = run(
            file, goals or None, by=by, most=most, positions=common.positions, unit=common.unit,
            on_error=on_error(file), **common.rules(),
        )  # fmt: skip
    remark([], common)
    shown = common.unit or load(file, common.unit).unit
    if not _written(frame, shown, common, SOLD):
        terminal.print_sales(frame, shown, common.lang)


@command("output as_of unit reading draft positions strict force json")
def effect(
    common: Common,
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
    insurer: Insurer = None,
) -> None:
    """分红、发行、赎回前后的各级资本、充足率与监管后果。 / Capital, ratios and measures before and after a dividend, an issue, a redemption."""
    from solvency import terminal
    from solvency.capital_management import effect as run
    from solvency.source import load
    from solvency.tables.validate import unit_scale

    common.check_output(file)
    own = load(file, common.unit).unit  # of a book its own, which --unit does not replace
    scale = unit_scale(common.unit or own)

    def amount(value: float) -> float | Mapping[str, float]:
        return {insurer: value * scale} if insurer is not None else value * scale

    found = run(
        file, dividend=amount(_number(dividend, "--dividend")),
        issue={tier: amount(value) for tier, value in _numbers(issue, "--issue", ":").items()},
        redeem={tier: amount(value) for tier, value in _numbers(redeem, "--redeem", ":").items()},
        invest=_numbers(invest, "--invest"), history=history or (), unit=common.unit, positions=common.positions,
        strict=common.strict, on_error=on_error(file), **common.rules(),
    )  # fmt: skip
    remark(found.before.warnings, common)
    shown = common.unit or found.unit
    if common.json:
        terminal.print_json(found.to_dict())
    elif common.output:
        _write(found.to_frame(shown), common.output, shown, common, ())
    else:
        terminal.print_effect(found, shown, common.lang)
    end_with_rejects(found.after, common)
    end_with_rejects(found.before, common)


SOLD = ("amount", "first_order", "relief", "minimum_capital_after", "amount_to_target")
AMOUNTS = ("core_capital", "limit_amount", "used", "over_limit", "room", "amount", "after_core_tier2")


def _written(frame: pd.DataFrame, unit: str, common: Common, amounts: tuple[str, ...]) -> bool:
    """A frame in yuan as JSON, or in `unit` as a file; False where it is left to be printed."""
    from solvency import terminal

    if common.json:
        terminal.print_json(frame.astype({"as_of": str}).to_dict("records"))
    elif common.output:
        _write(frame, common.output, unit, common, amounts)
    return common.json or common.output is not None


def _write(frame: pd.DataFrame, output: Path, unit: str, common: Common, amounts: tuple[str, ...]) -> None:
    """A frame in yuan as a file: JSON as it is, else its amounts in `unit`; without amounts it is in `unit` already."""
    from solvency import terminal
    from solvency.output import write_frame
    from solvency.tables.validate import unit_scale

    yuan = output.suffix.lower() == ".json" and bool(amounts)
    scaled = frame if yuan else frame.assign(**{c: frame[c] / unit_scale(unit) for c in amounts if c in frame})
    said = "元" if yuan else unit
    write_frame(scaled.assign(as_of=scaled["as_of"].astype(str), unit=said), output, force=common.force)
    terminal.wrote(output, common.lang, len(frame), said)


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
