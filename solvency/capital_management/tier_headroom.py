"""How much capital of which tier can still be counted before a limit binds (rule 1, article 41)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.capital_management.starting_point import PART_OF, SURPLUS, StartingPoint, starting_points
from solvency.result import Result, label
from solvency.rules.frame import Array, Mask
from solvency.rules.rule01_actual_capital.formulas import LIMITS

if TYPE_CHECKING:
    from pathlib import Path

    from solvency.excel.read import Book

SUPPLEMENTARY, FUTURE_SURPLUS, CORE_TIER2, SUPPLEMENTARY_TIER2 = LIMITS
CORE_SURPLUS = tuple(SURPLUS.values())
# each line: the part, the limit it is measured against first, how the amount is worked out
FORMULAS: dict[str, tuple[str, str]] = {
    "core_tier1": ("不受限额约束", "no limit"),
    "core_tier2": (
        "x：核心二级资本 + x = 限额 × (核心资本 + x)",
        "x with core tier 2 + x = limit × (core capital + x)",
    ),
    CORE_SURPLUS[0]: (
        "x：核心资本中的保单未来盈余 + x = 限额 × (核心资本 + x)",
        "x with policy future surplus in core + x = limit × (core capital + x)",
    ),
    CORE_SURPLUS[1]: (
        "保单未来盈余限额与核心二级资本限额所余之较小者，同上求解",
        "the lesser of what the limits of policy future surplus and of core tier 2 leave, solved in the same way",
    ),
    "supplementary_tier1": (
        "限额 × 核心资本 − 附属资本",
        "limit × core capital − supplementary capital",
    ),
    "supplementary_tier2": (
        "min(附属二级限额 × 核心资本 − 附属二级资本, 附属资本限额 × 核心资本 − 附属资本)",
        "min(limit of tier 2 × core capital − supplementary tier 2, limit × core capital − supplementary capital)",
    ),
}
NOTES = {
    "none": ("没有公司整体的核心资本", "there is no core capital of the company as a whole"),
    "total": (
        "本级只有限额后的合计，背后有无超限额部分未知；有超限额的，余量为零",
        "only the total after limits is given: whether an excess stands behind it is not known; with one nothing is left",
    ),
    "surplus": (
        "核心一级资本只有合计，其中的保单未来盈余未知",
        "core tier 1 is given as a total, so its policy future surplus is not known",
    ),
    "mutual": (
        "相互保险组织的核心二级资本不受限额约束（第四十四条）",
        "core tier 2 of a mutual has no limit (article 44)",
    ),
    "excess": ("已超限额，新增部分不计入", "over the limit already; nothing more counts"),
    "no_core": ("核心资本不为正数，其他各级资本不予确认", "core capital is not positive; no other tier is recognised"),
}


def headroom(source: str | Path | pd.DataFrame | Book | Result, **options: Any) -> pd.DataFrame:
    """How much more of each tier counts in full before a limit of article 41 binds, for every row of the input.

    source and options as in `calculate`, or a `Result`. Returns a row per insurer and part, amounts in yuan: `row`, `insurer`, `as_of`,
    `scenario`, `part`, `zh`, `en`, `limit` (factor), `share` (of core capital), `core_capital` (recognised, after all limits),
    `limit_amount`, `used`, `over_limit` (the excess there is), `room` (at today's core capital), `amount` (the answer: alone, everything
    else unchanged; core capital that is added raises the base and is solved for), `after_core_tier2` (the answer once core tier
    2 is filled up), `unlimited`, `article`, `formula_zh`, `formula_en`, `note_zh`, `note_en`. `amount` is NaN where there is no
    limit or the parts are not known. Raises InputError with all problems, UsageError, RegulationError.
    """
    result = calculated(source, options)
    frames = [_lines(result, start) for start in starting_points(result)]
    whole = pd.concat(frames, ignore_index=True)
    return whole.sort_values("row", kind="stable", ignore_index=True)


def calculated(source: Any, options: dict[str, Any]) -> Result:
    """The result a question starts from. Raises as `calculate`."""
    from solvency.assessment import calculate

    return source if isinstance(source, Result) else calculate(source, **options)


def keys_of(result: Result, start: StartingPoint) -> dict[str, Any]:
    """row, insurer, as_of, scenario of the rows of a starting point."""
    keys = result.keys.iloc[start.positions]
    return {
        "row": result.figures.index.to_numpy()[start.positions],
        **{name: keys[name].to_numpy(object) for name in ("insurer", "as_of", "scenario")},
    }


def _lines(result: Result, start: StartingPoint) -> pd.DataFrame:
    found, kept = start.headroom(), start.recognised(start.parts)
    filled = start.headroom(np.where(np.isfinite(found.core_tier2), found.core_tier2, 0.0))
    supplementary, surplus, core2, supplementary2 = start.limits
    surplus_used = kept.future_surplus_tier1 + kept.future_surplus_tier2
    core2_used = kept.future_surplus_tier2 + kept.other_core_tier2
    both = kept.supplementary_tier1 + kept.supplementary_tier2
    core, alone, tight = found.core, found.by_tier2, found.by_core_tier2
    nothing = np.full(len(start), np.nan)

    def named(where: Mask, first: str, second: str) -> Array:
        return np.where(where, first, second).astype(object)

    every = np.ones(len(start), bool)
    lines: dict[str, tuple[Array, Array, Array, Array, Array]] = {
        "core_tier1": (named(every, "", ""), nothing, nothing, np.full(len(start), np.inf), np.full(len(start), np.inf)),
        "core_tier2": (named(every, CORE_TIER2, ""), core2, core2_used, found.core_tier2, filled.core_tier2),
        CORE_SURPLUS[0]: (
            named(every, FUTURE_SURPLUS, ""), surplus, surplus_used, found.future_surplus_tier1, filled.future_surplus_tier1
        ),
        CORE_SURPLUS[1]: (
            named(tight, CORE_TIER2, FUTURE_SURPLUS), np.where(tight, core2, surplus), np.where(tight, core2_used, surplus_used),
            found.future_surplus_tier2, filled.future_surplus_tier2,
        ),
        "supplementary_tier1": (
            named(every, SUPPLEMENTARY, ""), supplementary, both, found.supplementary_tier1, filled.supplementary_tier1
        ),
        "supplementary_tier2": (
            named(alone, SUPPLEMENTARY_TIER2, SUPPLEMENTARY), np.where(alone, supplementary2, supplementary),
            np.where(alone, kept.supplementary_tier2, both), found.supplementary_tier2, filled.supplementary_tier2,
        ),
    }  # fmt: skip
    frames = [_line(result, start, part, core, *columns) for part, columns in lines.items()]
    return pd.concat(frames, ignore_index=True)


def _line(
    result: Result, start: StartingPoint, part: str, core: Array, limit: Array, share: Array, used: Array, amount: Array, filled: Array
) -> pd.DataFrame:  # fmt: skip
    tier = next((t for t, item in SURPLUS.items() if item == part), part)
    unlimited = ~np.isfinite(amount)
    none = np.isnan(start.base["core_capital"])  # levels of Lloyd's China have no capital of the whole
    unknown = none | ((part in CORE_SURPLUS) & ~start.detail["core_tier1"])
    core = np.where(none, np.nan, core)
    over = np.where(start.detail[tier], _excess(start, tier), np.nan)
    zh, en = label(part)
    most = np.maximum(share * core, 0.0)
    note_zh, note_en = _notes(start, part, tier, core, amount, over)
    formula_zh, formula_en = FORMULAS[part]

    def shown(values: Array) -> Array:
        return np.where(unlimited | unknown, np.nan, values)

    return pd.DataFrame(
        {
            **keys_of(result, start), "part": part, "zh": zh, "en": en, "limit": np.where(unlimited, "", limit), "share": shown(share),
            "core_capital": core, "limit_amount": shown(most), "used": shown(used), "over_limit": over,
            "room": shown(np.maximum(most - used, 0.0)), "amount": shown(amount),
            "after_core_tier2": np.where(np.isfinite(filled) & ~unknown, filled, np.nan), "unlimited": unlimited,
            "article": _articles(start, np.where(unlimited, "", limit)), "formula_zh": formula_zh, "formula_en": formula_en,
            "note_zh": note_zh, "note_en": note_en,
        }
    )  # fmt: skip


def _excess(start: StartingPoint, tier: str) -> Array:
    """What of a tier is over its limits."""
    gross = start.parts[PART_OF[tier]] + start.parts.get("surplus_" + tier.removeprefix("core_"), 0.0)
    return np.maximum(gross - start.limited(start.parts)[tier], 0.0)


def _articles(start: StartingPoint, limit: Array) -> Array:
    """Document and article of each limit."""
    names = {str(name) for name in limit if name}
    cited = {name: f"{start.rulebook.factor(name).document} {start.rulebook.factor(name).article}" for name in names}
    return pd.Series(limit, dtype=object).map(lambda name: cited.get(name, "")).to_numpy(object)


def _notes(start: StartingPoint, part: str, tier: str, core: Array, amount: Array, over: Array) -> tuple[Array, Array]:
    """What an answer leaves open, Chinese and English."""
    zh, en = (np.full(len(start), "", dtype=object) for _ in range(2))
    if part == "core_tier1":
        return zh, en
    tests: tuple[tuple[str, Any], ...] = (
        ("none", np.isnan(core)),
        ("surplus", (part in CORE_SURPLUS) & ~start.detail["core_tier1"]),
        ("mutual", (part == "core_tier2") & start.mutual),
        ("no_core", (core <= 0) & (amount == 0)),
        ("excess", (np.nan_to_num(over) > 0) & (amount == 0)),
        ("total", ~start.detail[tier]),
    )
    for code, where in tests:
        here = np.broadcast_to(np.asarray(where, bool), zh.shape) & (zh == "")
        zh, en = np.where(here, NOTES[code][0], zh), np.where(here, NOTES[code][1], en)
    return zh, en
