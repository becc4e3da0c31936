"""The effect of a dividend, an issue or a redemption of capital on tiers and ratios (rule 15, articles 18, 19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.capital_management.before_after import Effect
from solvency.capital_management.restatement import restated_input
from solvency.capital_management.starting_point import Positions, StartingPoint, starting_points
from solvency.capital_management.targets import invested
from solvency.errors import InputError, Problem, UsageError
from solvency.regulation.rulebook import draft_paths
from solvency.result import Result, label
from solvency.rules.frame import Array
from solvency.rules.rule01_actual_capital import TIERS

if TYPE_CHECKING:
    from pathlib import Path

    from solvency.excel.read import Book

Amounts = float | Iterable[float] | Mapping[str, float]  # one, one per row, or by insurer
FEN = 0.01


def effect(
    source: str | Path | pd.DataFrame | Book,
    *,
    dividend: Amounts = 0.0,
    issue: Mapping[str, Amounts] | None = None,
    redeem: Mapping[str, Amounts] | None = None,
    invest: Mapping[str, float] | None = None,
    history: Iterable[str | Path | pd.DataFrame | Book] = (),
    **options: Any,
) -> Effect:
    """Capital, both ratios and what they mean before and after a dividend, an issue, a redemption (rule 15, articles 18, 19).

    Amounts in yuan: one number, one per row of the result, or insurer -> amount. issue: tier -> amount (`core_tier1` is equity); redeem: tier -> amount of
    instruments that count in S02 before limits. invest: what is raised is put into, sub-risk -> minimum capital per yuan; default cash.
    history: inputs of earlier quarters, whose ratios are told beside it. source and options as in `calculate`; the changed figures are
    calculated as any input is; of several, those it then has errors in are left out (`Effect.after.rejects`). Raises InputError (also where
    more is redeemed than there is), UsageError, RegulationError.
    """
    from solvency.assessment import calculate

    options["drafts"] = draft_paths(options.get("drafts") or ())
    before = calculate(source, **options)
    paid = _amounts(dividend, before, "dividend")
    issued, redeemed = _by_tier(issue, before, TIERS), _by_tier(redeem, before, TIERS[1:])
    if not (paid.any() or any(v.any() for v in (*issued.values(), *redeemed.values()))):
        raise UsageError("没有分红、发行或赎回", "there is no dividend, issue or redemption")
    shares = invested(invest)
    frames: list[pd.DataFrame] = []
    for start in starting_points(before):
        rows = start.positions
        _refuse(before, start, redeemed)
        tiers = {tier: values[rows] for tier, values in issued.items()}
        for tier, values in redeemed.items():
            tiers[tier] = tiers.get(tier, 0.0) - values[rows]
        tiers["core_tier1"] = tiers.get("core_tier1", 0.0) - paid[rows]
        assets = np.asarray(sum(tiers.values()), float)
        raised = np.asarray(sum((v[rows] for v in issued.values()), start=np.zeros(len(rows))))
        change = {item: factor * raised for item, factor in shares.items()}
        outcome = start.after(tiers, assets=assets, change=change)
        frame = restated_input(before, start, tiers, assets, change, outcome)
        frames.append(frame[~start.levels])
    changed = pd.concat(frames).sort_index()
    if not len(changed):
        raise UsageError(
            "充足率由各承保部和公司层面加权得到（规则第20号），未覆盖",
            "the ratios are weighted over levels (rule 20); not covered",
        )
    again = {name: options[name] for name in ("as_of", "readings", "drafts", "scheme") if name in options}
    how = "raise" if len(changed) == 1 else "reject"
    after = calculate(changed.reset_index(drop=True), unit="元", on_error=how, **again)
    after = _placed(after, before, changed.index.to_numpy())
    named = {
        "dividend": paid,
        **{f"issue.{k}": v for k, v in issued.items()},
        **{f"redeem.{k}": v for k, v in redeemed.items()},
    }
    changes = pd.DataFrame({"row": before.figures.index.to_numpy(), "insurer": before.cases["insurer"].to_numpy(object), **named})  # fmt: skip
    return Effect(before, after, changes, _history(before, history, options), before.unit)


def _amounts(given: Amounts, before: Result, name: str) -> Array:
    """An amount per row, none below zero."""
    size = len(before)
    if isinstance(given, Mapping):
        insurers = before.cases["insurer"].astype(str)
        unknown = [str(insurer) for insurer in given if not (insurers == str(insurer)).any()]
        if unknown:
            raise UsageError(f"没有公司 {'、'.join(unknown)}", f"no insurer {', '.join(unknown)}")
        values = (
            insurers.map({str(insurer): float(value) for insurer, value in given.items()}).fillna(0.0).to_numpy(float)
        )
    else:
        values = np.asarray(given if isinstance(given, (int, float)) else list(given), float)
    if values.ndim and values.shape != (size,):
        raise UsageError(f"{name}：应为一个金额或 {size} 个", f"{name}: one amount or {size} of them")
    if not np.isfinite(values).all() or (values < 0).any():
        raise UsageError(f"{name}：金额不能为负或空白", f"{name}: an amount is neither negative nor blank")
    return np.broadcast_to(values, (size,)).astype(float)


def _by_tier(given: Mapping[str, Amounts] | None, before: Result, tiers: Iterable[str]) -> dict[str, Array]:
    found = {}
    for tier, amount in (given or {}).items():
        if tier not in tiers:
            allowed = ", ".join(tiers)
            raise UsageError(f"没有资本级别 {tier!r}，只有 {allowed}", f"no tier {tier!r}; there are {allowed}")
        found[tier] = _amounts(amount, before, tier)
    return found


def _refuse(before: Result, start: StartingPoint, redeemed: Mapping[str, Array]) -> None:
    """More cannot be redeemed than there is."""
    problems = []
    for tier, amounts in redeemed.items():
        there = start.instruments[tier]
        for i in np.flatnonzero(amounts[start.positions] > there + FEN / 2):
            row = int(start.positions[i])
            zh, en = label(tier)
            problems.append(Problem(
                "too_much", "error", f"赎回{zh}多于现有的资本工具", f"more {en.lower()} is redeemed than there is",
                item=tier, row=str(before.cases["insurer"].iloc[row]) if len(before) > 1 else "", found=f"{amounts[row]:,.2f} 元",
                allowed=f"≤ {there[i]:,.2f} 元", article="规则第1号第四十条",
            ))  # fmt: skip
    if problems:
        raise InputError(problems)


def _placed(result: Result, before: Result, positions: Positions) -> Result:
    """The result of some rows under the labels they had."""
    kept = result.figures.index
    labels = pd.Index(before.figures.index.to_numpy()[positions[kept.to_numpy()]])
    place = {int(new): int(old) for new, old in zip(labels, kept, strict=True)}
    return replace(
        result, cases=result.cases.set_axis(labels), figures=result.figures.set_axis(labels), origins=result.origins.set_axis(labels),
        status=result.status.set_axis(labels), conditions=result.conditions.set_axis(labels),
        rule_of=result.rule_of.reindex(kept).set_axis(labels), place=lambda row, item: result.place(place.get(row, row), item),
    )  # fmt: skip


def _history(before: Result, sources: Iterable[Any], options: Mapping[str, Any]) -> pd.DataFrame:
    """Both ratios of earlier quarters and of this one, by insurer and date."""
    from solvency.assessment import calculate

    kept = {name: value for name, value in options.items() if name not in ("positions", "on_error", "strict")}
    results = [calculate(source, **kept) for source in sources]
    columns = ["insurer", "as_of", "scenario"]
    frames = [r.keys[columns].assign(core_ratio=r.figures["core_ratio"], comprehensive_ratio=r.figures["comprehensive_ratio"]) for r in (*results, before)]  # fmt: skip
    whole = pd.concat(frames, ignore_index=True)
    whole = whole[whole["insurer"].isin(before.cases["insurer"])].assign(as_of=lambda f: f["as_of"].astype(str))
    return whole.drop_duplicates(columns).sort_values(["insurer", "as_of"], kind="stable", ignore_index=True)
