"""The reverse stress test: how far one factor can move before the ratio is at its target (rule 10, articles 30-32)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from solvency.errors import UsageError
from solvency.rules.frame import Array, Mask
from solvency.rules.rule10_stress_test.effects import Effects, Projection, first_order
from solvency.rules.rule10_stress_test.evaluate import reasons
from solvency.rules.rule10_stress_test.restate import restated
from solvency.rules.rule10_stress_test.reverse import LARGEST, reverse
from solvency.rules.rule10_stress_test.scenarios import FACTORS, Change, Scenario, mandatory_sizes
from solvency.stress_test.run import TODAY, known_factors
from solvency.stress_test.starting_point import Frames, Group, Positions, Prepared, base_amounts, group_rows, prepare
from solvency.tables.exposures import PERIODS

if TYPE_CHECKING:
    from solvency.excel.read import Book


def reverse_test(
    source: str | Path | pd.DataFrame | Book | Frames,
    factor: str,
    *,
    direction: str | None = None,
    horizon: str = "year",
    static: bool | None = None,
    as_of: date | str | None = None,
    unit: str | None = None,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[str | Path] = (),
    on_error: str = "raise",
    projection: Projection = first_order,
) -> pd.DataFrame:
    """The change of one factor at which the comprehensive ratio is at its target, others at the base (articles 30-32).

    source and options as in `stress`; the base is the next year-end. direction: "up" or "down"; default the direction of
    the mandatory tests. Solved for all rows at once, from no change outwards to `reverse.LARGEST`.
    Returns a row per insurer: `row`, `insurer`, `factor`, `how`, `value` (the factor's multiplier, addition or level),
    `change` (value − 1 where multiplied), `text_zh`, `text_en`, `period`, `static`, `base_ratio`, `target`, `required`
    (whether article 30 asks for the test; None without a forecast), `reason_zh`, `reason_en` where there is no value.
    """
    prepared = prepare(
        source,
        horizon=horizon,
        static=static,
        as_of=as_of,
        unit=unit,
        readings=readings,
        drafts=drafts,
        on_error=on_error,
    )
    known_factors(prepared, [Scenario("reverse", "", "", (Change(factor, "", (0.0,)),))])
    period = PERIODS[0] if horizon == "quarter" else PERIODS[1]
    amounts, is_static = base_amounts(prepared, period)
    frames = [
        _reverse(prepared, group, factor, direction, amounts, is_static, period, projection)
        for group in prepared.groups
    ]
    return pd.concat(frames, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def _reverse(
    prepared: Prepared, group: Group, factor: str, direction: str | None, amounts: dict[str, Array], is_static: Mask,
    period: str, projection: Projection,
) -> pd.DataFrame:  # fmt: skip
    rulebook, rows = group.rulebook, group_rows(prepared, group, amounts, prepared.horizon)
    how, side = _direction(prepared, group, factor, direction)
    largest = LARGEST[how, side]
    target = rulebook.value("reverse_test.target")

    def at(moves: Array, positions: Positions) -> tuple[Array, Effects]:
        taken = rows.take(positions)
        effects = projection(taken, {factor: np.asarray(moves, float)}, {factor: how})
        return restated(taken, effects, rulebook)["comprehensive_ratio"], effects

    everything = np.arange(len(rows))
    _, effects = at(np.full(len(rows), largest), everything)
    zh, en = reasons(effects.lacking, len(rows))
    base = rows.amounts["comprehensive_ratio"]
    asked = np.where(zh == "", base, np.nan)
    move, reached = reverse(lambda m, p: at(m, p)[0], asked, target, largest)
    for why_zh, why_en, where in (
        ("基本情景指标不可得", "the base is not available", np.isnan(base)),
        ("基本情景的综合充足率已低于目标", "the base ratio is below the target already", base < target),
        ("在该因素可能的变动范围内未降至目标", "not reached within the possible range of the factor", ~reached),
    ):
        open_ = where & ~reached & (zh == "")
        zh, en = np.where(open_, why_zh, zh), np.where(open_, why_en, en)
    inside = rulebook.interval("reverse_test.range").contains(base)
    # the duty looks at the forecast of the next year-end only
    duty = inside.astype(object)
    duty[is_static[group.positions] | np.isnan(base) | (period != PERIODS[1])] = None
    text_zh, text_en = _words(move, how)
    return pd.DataFrame(
        {
            "row": prepared.result.figures.index.to_numpy()[group.positions],
            "insurer": prepared.result.cases["insurer"].to_numpy(object)[group.positions],
            "factor": factor, "how": how, "value": move + 1.0 if how == "multiply" else move, "change": move,
            "text_zh": text_zh, "text_en": text_en, "period": np.where(is_static[group.positions], TODAY, period),
            "static": is_static[group.positions], "base_ratio": base, "target": target, "required": duty,
            "reason_zh": zh, "reason_en": en,
        }
    )  # fmt: skip


def _direction(prepared: Prepared, group: Group, factor: str, direction: str | None) -> tuple[str, int]:
    """How the factor changes and which way is tested."""
    own = [s for s in prepared.exposures.sensitivities if s.factor == factor and s.size]
    how = FACTORS[factor][2] if factor in FACTORS else own[0].how if own else "multiply"
    if direction not in (None, "up", "down"):
        raise UsageError(
            f"direction 只能是 up 或 down，不是 {direction!r}", f"direction is up or down, not {direction!r}"
        )
    sides = {side for name, side in mandatory_sizes(group.rulebook) if name == factor and side}
    sides = sides or {1 if (s.size or 0) > 0 else -1 for s in own}
    if direction:
        side = 1 if direction == "up" else -1
    elif len(sides) == 1:
        side = sides.pop()
    else:
        raise UsageError(f"{factor} 须指明方向：up 或 down", f"{factor} needs a direction: up or down")
    if (how, side) not in LARGEST:
        raise UsageError(f"{factor} 不能向该方向变动", f"{factor} cannot move that way")
    return how, side


def _words(move: Array, how: str) -> tuple[Array, Array]:
    """The moves in words, Chinese and English, empty where there is none."""
    known = ~np.isnan(move)
    size = np.where(known, move, 0.0)
    if how == "add":
        zh = np.char.mod("%+.0fBP", size * 10_000)
        en = np.char.mod("%+.0fbp", size * 10_000)
    else:
        zh = np.char.mod("%.1f%%", np.abs(size) * 100)
        en = zh
    if how == "multiply":
        zh = np.char.add(np.where(size < 0, "下降 ", "上升 "), zh)
        en = np.char.add(np.where(size < 0, "falls ", "rises "), en)
    return np.where(known, zh, ""), np.where(known, en, "")
