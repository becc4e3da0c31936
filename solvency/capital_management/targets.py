"""What brings the ratios of many insurers to their targets: an amount of equity, of another tier, a dividend, business, a risk sold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.capital_management.answers import (
    ASSETS,
    INSURANCE,
    TIERS_ISSUED,
    Answer,
    by_capital,
    by_risk,
    fen_up,
    usable,
)
from solvency.capital_management.premium import by_premium, line_of, premium_change
from solvency.capital_management.starting_point import StartingPoint, starting_points
from solvency.capital_management.tier_headroom import calculated, keys_of
from solvency.errors import UsageError
from solvency.result import Result, label
from solvency.rules.frame import Array
from solvency.rules.ratios import RATIOS
from solvency.tables.spec import SUB_RISKS

if TYPE_CHECKING:
    from pathlib import Path

    from solvency.excel.read import Book

WAYS = {
    "equity": ("增资（核心一级）", "equity (core tier 1)"),
    "dividend": ("分红", "dividend"),
    "core_tier2": ("核心二级资本工具", "core tier 2 instrument"),
    "supplementary_tier1": ("附属一级资本工具", "supplementary tier 1 instrument"),
    "supplementary_tier2": ("附属二级资本工具", "supplementary tier 2 instrument"),
    "premium": ("自留保费", "retained premium"),
    "business": ("保险业务整体", "insurance business as a whole"),
    "sale": ("出售", "sale"),
}
HELD = {
    "capital": (
        "新增或减少的资金为现金，不另计风险（用 invest 指定的除外）；总资产随之变动，规模系数按新的档次；控制风险因子、集中度限额、损失吸收、现金价值保证和保单未来盈余不变；只有限额后合计的资本，其超限额部分不重新计入",
        "money comes in and goes out as cash and bears no risk (but for `invest`); total assets move with it, and the size coefficient with their band; control-risk factor, concentration limits, loss absorption, cash-value guarantee and policy future surplus stay; of tiers given as totals after limits no excess comes back",
    ),
    "premium": (
        "自留保费及其中的非比例和政策性部分同比例变动，按 IR01 或 IR03 重新计算；综合成本率、车险保费增速、准备金、巨灾风险、承保损益、资产和总资产不变",
        "retained premium and its non-proportional and policy parts change in proportion, worked out again from IR01 or IR03; combined ratios, growth of motor premium, reserves, catastrophe risk, underwriting result, assets and total assets stay",
    ),
    "business": (
        "保险业务整体（保费、准备金、巨灾暴露）同比例变动，各保险风险子风险随之同比例变动；承保损益、资产、负债和总资产不变",
        "insurance business as a whole (premium, reserves, catastrophe exposure) changes in proportion, and its sub-risks with it; underwriting result, assets, liabilities and total assets stay",
    ),
    "sale": (
        "按认可价值出售换成现金，实际资本和总资产不变；该子风险按比例减少；集中度、损失吸收不变",
        "sold at admitted value for cash: actual capital and total assets stay; the sub-risk falls in proportion; concentration and loss absorption stay",
    ),
}  # fmt: skip
FORMULA = {
    "capital": (
        "x：资本(x) = 目标 × 最低资本(x)；各级资本先经第四十一条限额",
        "x with capital(x) = target × minimum capital(x), tiers cut at the limits of article 41",
    ),
    "premium": (
        "x：资本 = 目标 × 最低资本（保费 × (1 + x)）",
        "x with capital = target × minimum capital(premium × (1 + x))",
    ),
    "business": (
        "x：资本 = 目标 × 最低资本（保险风险 × (1 + x)）",
        "x with capital = target × minimum capital(insurance risks × (1 + x))",
    ),
    "sale": (
        "x：资本 = 目标 × 最低资本（子风险 × (1 − x)）",
        "x with capital = target × minimum capital(sub-risk × (1 − x))",
    ),
}
ARTICLES = {
    "capital": "规则第1号第四十一条；规则第2号第十五条；金规〔2023〕5号一；规则第14号第十七至十九条",
    "premium": "规则第4号第九至二十条、第四十二至四十四条；规则第6号；规则第14号第十七条",
    "business": "规则第2号第十五至十八条；规则第14号第十七条",
    "sale": "规则第2号第十五至十八条；规则第14号第十七条",
}


def target(
    source: str | Path | pd.DataFrame | Book | Result,
    targets: Mapping[str, float],
    by: str,
    *,
    invest: Mapping[str, float] | None = None,
    line: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """What it takes to bring ratios to their targets, for every row of the input; of several targets all are met.

    targets: `core_ratio`, `comprehensive_ratio` -> fraction. by: `equity` (core tier 1; below zero: what can be paid out),
    `dividend` (the most that can be paid), `core_tier2`, `supplementary_tier1`, `supplementary_tier2` (an instrument; below zero: what can be
    redeemed), `premium` (of all lines or of `line`, a code or its name, from IR01 or IR03; without these tables as `business`), `business` (insurance business
    as a whole), `sale` (each market and credit sub-risk). invest: what proceeds are put into, sub-risk -> minimum capital per yuan; default
    cash. source and options as in `calculate`, or a `Result`.

    Returns a row per insurer and part, amounts in yuan: `row`, `insurer`, `as_of`, `scenario`, `by`, `part`, `zh`, `en` (what is moved), `amount` (to the fen, on the side
    that meets the target; of `premium` that of premium, of `sale` the fall of the sub-risk), `change` (of business, of a sub-risk: a fraction), `reached`, both
    ratios, targets and ratios after it (the nearest that can be reached where it is not), `binding` (the target that decides),
    `size_coefficient`, `size_coefficient_after`, `reason_zh`, `reason_en`, `held_zh`, `held_en`, `formula_zh`, `formula_en`, `article`. Raises
    InputError with all problems, UsageError, RegulationError.
    """
    goals, shares = goals_of(targets), invested(invest)
    if by not in WAYS:
        raise UsageError(f"没有 {by!r} 这种方式，只有 {'、'.join(WAYS)}", f"no way {by!r}; there are {', '.join(WAYS)}")
    if line is not None and by != "premium":
        raise UsageError("line 只用于保费", "line goes with premium")
    if shares and by not in TIERS_ISSUED:
        raise UsageError("invest 只用于筹资", "invest goes with capital that is raised")
    result = calculated(source, options)
    frames = [frame for start in starting_points(result) for frame in _answers(result, start, goals, by, shares, line)]
    return pd.concat(frames, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)


def goals_of(targets: Mapping[str, float]) -> dict[str, float]:
    """Target ratios by their full names, checked."""
    goals = {}
    for name, value in targets.items():
        ratio = name if name in RATIOS else f"{name}_ratio"
        if ratio not in RATIOS:
            raise UsageError(f"目标只能是 core 或 comprehensive，不是 {name!r}", f"a target is core or comprehensive, not {name!r}")  # fmt: skip
        if not (np.isfinite(value) and value > 0):
            raise UsageError(f"目标充足率须为正数，不是 {value!r}", f"a target ratio is above zero, not {value!r}")
        goals[ratio] = float(value)
    if not goals:
        raise UsageError("没有目标充足率", "there is no target ratio")
    return goals


def invested(invest: Mapping[str, float] | None) -> dict[str, float]:
    """What proceeds are put into, checked: sub-risk of market or credit risk -> minimum capital per yuan."""
    for item, factor in (invest or {}).items():
        if item not in ASSETS:
            raise UsageError(f"invest：{item!r} 不是市场或信用风险的子风险", f"invest: {item!r} is no sub-risk of market or credit risk")  # fmt: skip
        if not 0 <= factor <= 1:
            raise UsageError(f"invest：风险因子在 0 与 1 之间，不是 {factor!r}", f"invest: a risk factor is between 0 and 1, not {factor!r}")  # fmt: skip
    return dict(invest or {})


def _answers(
    result: Result,
    start: StartingPoint,
    goals: Mapping[str, float],
    by: str,
    invest: Mapping[str, float],
    line: str | None,
) -> Iterator[pd.DataFrame]:
    if by in TIERS_ISSUED:
        yield _framed(result, start, goals, by, "", WAYS[by], by_capital(start, goals, by, invest), "capital")
        return
    if by == "sale":
        for item in ASSETS:
            yield _framed(result, start, goals, by, item, label(item), by_risk(start, goals, (item,), growth=False), by)
        return
    told = np.zeros(len(start), bool)
    if by == "premium":
        code, names = line_of(line, start)
        answer, premium, told = by_premium(result, start, goals, code)
        frame = _framed(result, start, goals, by, code or "", names if code else WAYS[by], answer, by, premium)
        yield frame if code is not None else frame[told]
        if code is not None:
            return
    # premium that no table tells apart is asked of the business as a whole
    if not told.all():
        whole = by_risk(start, goals, INSURANCE, growth=True)
        yield _framed(result, start, goals, by, "", WAYS["business"], whole, "business")[~told]


def _framed(
    result: Result,
    start: StartingPoint,
    goals: Mapping[str, float],
    by: str,
    part: str,
    names: tuple[str, str],
    answer: Answer,
    kind: str,
    premium: Array | None = None,
) -> pd.DataFrame:
    """The answers of one way as rows; names: what it is called, Chinese and English."""
    there = usable(start)[0]
    blank = np.full(len(start), np.nan)
    amount, change = (answer.move, blank) if kind == "capital" else (blank, answer.move)
    if premium is not None:
        amount = premium_change(answer.move, premium)
    if kind == "sale":
        amount = fen_up(-answer.move * np.nan_to_num(start.sub_risks[SUB_RISKS.index(part)]))
    shares = {ratio: answer.outcome.ratio(ratio) / goal for ratio, goal in goals.items()}
    stacked = np.array(list(shares.values()))
    binding = np.array(list(shares), dtype=object)[np.nan_to_num(stacked, nan=np.inf).argmin(axis=0)]
    frame: dict[str, Any] = {**keys_of(result, start), "by": by, "part": part, "zh": names[0], "en": names[1], "amount": amount, "change": change, "reached": answer.met}  # fmt: skip
    for ratio in RATIOS:
        frame |= {ratio: start.base[ratio], f"target_{ratio}": goals.get(ratio, np.nan),
                  f"{ratio}_after": np.where(there, answer.outcome.ratio(ratio), start.base[ratio])}  # fmt: skip
    frame |= {
        "binding": np.where(there, binding, ""), "size_coefficient": start.base["size_coefficient"],
        "size_coefficient_after": answer.outcome.size, "reason_zh": answer.zh, "reason_en": answer.en,
        "held_zh": HELD[kind][0], "held_en": HELD[kind][1], "formula_zh": FORMULA[kind][0], "formula_en": FORMULA[kind][1],
        "article": ARTICLES[kind],
    }  # fmt: skip
    return pd.DataFrame(frame)
