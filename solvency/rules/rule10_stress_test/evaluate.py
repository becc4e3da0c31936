"""All scenarios on all rows at once: scenarios become more rows, and of a choice the side with the lower ratio is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask, missing, zeroed
from solvency.rules.rule10_stress_test.effects import Key, Projection, Rows
from solvency.rules.rule10_stress_test.restate import restated
from solvency.rules.rule10_stress_test.scenarios import LEVELS, Change, Scenario
from solvency.tables.exposures import EXPOSURE, exposure_items, label, listed_sensitivities
from solvency.tables.spec import line_items

Variant = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Outcome:
    """One scenario on n rows: indicators (NaN where something is lacking), which side of a choice, what is lacking."""

    scenario: Scenario
    indicators: dict[str, Array]
    chosen: tuple[Array, Array]
    lacking: dict[Key, Mask]


def evaluate(rows: Rows, scenarios: Sequence[Scenario], rulebook: Rulebook, projection: Projection) -> list[Outcome]:
    """Every scenario on every row: n × variants rows in one pass.

    Order within a scenario: exposures are changed first, then factors act on them, then line items are changed, each in
    the order written.
    """
    n = len(rows)
    variants = [(i, choice) for i, s in enumerate(scenarios) for choice in s.variants()]
    big = rows.take(np.tile(np.arange(n), len(variants)))
    moves, hows, edits, unknown = _changes(big, n, scenarios, variants)
    big = replace(big, exposures=replace(big.exposures, values=_edited(big.exposures.values, edits)))
    effects = projection(big, moves, hows)
    for key, mask in unknown.items():
        effects.lack(key, mask)
    values = restated(big, effects, rulebook, {k: v for k, v in edits.items() if k not in exposure_items()})
    shape = (len(variants), n)
    blocks = {item: value.reshape(shape) for item, value in values.items()}
    lacking = {key: mask.reshape(shape) for key, mask in effects.lacking.items()}
    outcomes = []
    for i, scenario in enumerate(scenarios):
        mine = [v for v, (j, _) in enumerate(variants) if j == i]
        ratio = blocks["comprehensive_ratio"][mine]
        blank = missing(ratio)
        # not known unless every side is
        lowest = np.where(blank, np.inf, ratio).argmin(axis=0)
        pick = np.where(blank.any(axis=0), blank.argmax(axis=0), lowest)
        chosen = {item: block[mine][pick, np.arange(n)] for item, block in blocks.items()}
        known = ~missing(chosen["comprehensive_ratio"])
        sides = [scenario.chosen(variants[v][1]) for v in mine]
        side_zh, side_en = (np.array([side[k] for side in sides], dtype=object)[pick] for k in (0, 1))
        outcomes.append(
            Outcome(
                scenario,
                chosen,
                (np.where(known, side_zh, ""), np.where(known, side_en, "")),
                {key: np.asarray(mask[mine].any(axis=0), bool) for key, mask in lacking.items()},
            )
        )
    return outcomes


def _changes(
    rows: Rows, n: int, scenarios: Sequence[Scenario], variants: Sequence[Variant]
) -> tuple[dict[str, Array], dict[str, str], dict[str, tuple[Array, Array]], dict[Key, Mask]]:
    """Moves of factors and how each moves; multiplier and addition of items; moves that need a blank exposure."""
    moves: dict[str, Array] = {}
    hows: dict[str, str] = {}
    edits: dict[str, tuple[Array, Array]] = {}
    unknown: dict[Key, Mask] = {}
    for block, (i, choice) in enumerate(variants):
        part = slice(block * n, (block + 1) * n)
        for change, side in zip(scenarios[i].changes, choice, strict=True):
            if change.is_item:
                edit = edits.setdefault(change.target, (rows.full(1), rows.full(0)))
                _compose(edit, part, change, rows.number(change.value(side)))
                continue
            move = moves.setdefault(change.target, rows.full(0))
            move[part] = rows.number(change.size(side))
            hows[change.target] = "multiply" if change.target in LEVELS else change.how
            if change.target in LEVELS and change.how != "multiply":
                name = f"{change.target}_{rows.horizon}"
                relative = _relative(rows.exposures.values[name][part], change, rows.number(change.value(side)))
                blank = unknown.setdefault((EXPOSURE, name), np.zeros(len(rows), bool))
                blank[part] |= missing(relative)
                move[part] = zeroed(relative)
    return moves, hows, edits, unknown


def _compose(edit: tuple[Array, Array], part: slice, change: Change, value: Any) -> None:
    multiplier, addition = edit
    if change.how == "multiply":
        multiplier[part] *= value
        addition[part] *= value
    elif change.how == "add":
        addition[part] += value
    else:
        multiplier[part], addition[part] = value * 0, value


def _relative(level: Array, change: Change, value: Any) -> Array:
    """A level that is added to or set, as a move relative to its base."""
    nan: Any = np.nan if level.dtype != object else Decimal("nan")
    target = level + value if change.how == "add" else value
    return np.asarray(target / np.where(level > 0, level, nan) - 1)


def _edited(exposures: Mapping[str, Array], edits: Mapping[str, tuple[Array, Array]]) -> dict[str, Array]:
    changed = dict(exposures)
    for item, (multiplier, addition) in edits.items():
        if item in changed:
            touched = (multiplier != 1) | (addition != 0)
            # setting a blank fills it
            base = np.where(multiplier == 0, zeroed(changed[item]), changed[item])
            changed[item] = np.where(touched, base * multiplier + addition, changed[item])
    return changed


def reasons(lacking: Mapping[Key, Mask], size: int) -> tuple[Array, Array]:
    """What is lacking in words, Chinese and English, (n,) each."""
    zh = _by_pattern(lacking, size, lambda keys: "未覆盖，须填写：" + "；".join(_line(*key)[0] for key in keys))
    en = _by_pattern(lacking, size, lambda keys: "not covered; fill in: " + "; ".join(_line(*key)[1] for key in keys))
    return zh, en


def _by_pattern(masks: Mapping[Key, Mask], size: int, write: Callable[[list[Key]], str]) -> Array:
    """A text per row from the keys that hold there, written once per pattern; empty where none holds."""
    found = np.full(size, "", dtype=object)
    keys = sorted(key for key, mask in masks.items() if mask.any())
    if keys:
        patterns, inverse = np.unique(np.array([masks[key] for key in keys]).T, axis=0, return_inverse=True)
        there = [[key for key, holds in zip(keys, pattern, strict=True) if holds] for pattern in patterns]
        found[:] = np.array([write(held) if held else "" for held in there], dtype=object)[inverse.ravel()]
    return found


def _line(factor: str, item: str) -> tuple[str, str]:
    if factor in ("S02", "S05"):
        number = line_items()[item].row_no
        return f"{factor} 第{number}行（{item}）", f"{factor} row {number} ({item})"
    if not item:
        return f"Exposures：{factor} 的敏感度", f"Exposures: sensitivities of {factor}"
    row = listed_sensitivities().get((factor, item)) or exposure_items().get(item)
    zh, en = (row.zh, row.en) if row else label(item)
    return f"Exposures：{zh}（{factor} · {item}）", f"Exposures: {en} ({factor} · {item})"
