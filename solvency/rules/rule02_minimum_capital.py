"""Rule 2: from sub-risks to minimum capital; size coefficient of the 2023 notice; control risk of rule 12.

S05 row 1 is size coefficient × (√(v·M·vᵀ) − loss absorption); the diversification and loss-absorption lines are
shown before the coefficient, as filed reports print them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import CHUNK, aggregate, euler, marginal
from solvency.rules.frame import BLANK, COMPUTED, GIVEN, Array, Figures, Formula, Mask, column, missing, zeroed
from solvency.rules.rule12_control_risk import control_risk_factor
from solvency.tables.spec import DIVERSIFICATION, MODULES, SUB_RISKS, line_items

FORMULAS: dict[str, Formula] = {
    "life_insurance_mc": Formula(
        MODULES["life_insurance_mc"], "规则第5号第二十四、二十五条", ("√(v·M·vᵀ)", "√(v·M·vᵀ)"), ("life_insurance_mc.correlation",)
    ),
    "nonlife_insurance_mc": Formula(
        MODULES["nonlife_insurance_mc"], "规则第4号第五十五条；再保险公司为规则第6号第三十一条", ("√(v·M·vᵀ)", "√(v·M·vᵀ)"),
        ("nonlife_insurance_mc.correlation",),
    ),
    "market_mc": Formula(MODULES["market_mc"], "规则第8号第六十九、七十条", ("√(v·M·vᵀ)", "√(v·M·vᵀ)"), ("market_mc.correlation",)),
    "credit_mc": Formula(MODULES["credit_mc"], "规则第9号第四十三条", ("√(v·M·vᵀ)", "√(v·M·vᵀ)"), ("credit_mc.correlation",)),
    "life_diversification": Formula((*MODULES["life_insurance_mc"], "life_insurance_mc"), "规则第5号第二十四条", ("Σ 各项 − 合计", "Σ − total")),
    "nonlife_diversification": Formula(
        (*MODULES["nonlife_insurance_mc"], "nonlife_insurance_mc"), "规则第4号第五十五条", ("Σ 各项 − 合计", "Σ − total")
    ),
    "market_diversification": Formula((*MODULES["market_mc"], "market_mc"), "规则第8号第六十九条", ("Σ 各项 − 合计", "Σ − total")),
    "credit_diversification": Formula((*MODULES["credit_mc"], "credit_mc"), "规则第9号第四十三条", ("Σ 各项 − 合计", "Σ − total")),
    "diversification": Formula(
        tuple(MODULES), "规则第2号第十五至十八条", ("Σ 各模块 − √(v·M·vᵀ)", "Σ modules − √(v·M·vᵀ)"), ("quantified_mc.correlation",)
    ),
    "loss_absorption_cap": Formula(
        ("participating_pv_base", "participating_pv_floor"), "规则第2号第十九条（三）", ("max(基础情景现值 − 下限情景现值, 0)", "max(PV base − PV floor, 0)")
    ),
    "loss_absorption_uncapped": Formula(
        ("participating_market_mc", "participating_credit_mc", "loss_absorption_cap"), "规则第2号第十九条（一）（二）",
        ("MC·β，β = (1 + K)·min(beta_cap, beta_slope·上限/MC + beta_constant)", "MC·β, β = (1 + K)·min(beta_cap, beta_slope·cap/MC + beta_constant)"),
        ("loss_absorption.correlation", "loss_absorption.beta_cap", "loss_absorption.beta_slope",
         "loss_absorption.beta_constant", "loss_absorption.k"),
    ),
    "loss_absorption": Formula(
        ("loss_absorption_uncapped", "loss_absorption_cap"), "规则第2号第十九条", ("min(不考虑上限, 上限)", "min(uncapped, cap)")
    ),
    "size_coefficient": Formula(
        ("total_assets",), "金规〔2023〕5号一", ("按总资产所在档次", "by band of total assets"), ("size_coefficient",), ("size_band_edges",)
    ),
    "quantified_mc": Formula(
        (*MODULES, "diversification", "loss_absorption", "size_coefficient"), "规则第2号第十五条；金规〔2023〕5号一",
        ("规模系数 ×（Σ 各模块 − 分散效应 − 损失吸收效应）", "size coefficient × (Σ modules − diversification − loss absorption)"), ("quantified_mc.correlation",),
    ),
    "control_risk_factor": Formula(
        ("sarmra_score",), "规则第12号第一百二十条", ("Q(S)", "Q(S)"), ("control_risk.factor",)
    ),
    "sarmra_score": Formula(
        ("sarmra_absolute_score", "sarmra_industry_base"), "规则第12号第一百一十七、一百一十八条", ("S1·绝对分权重 + S1·(m/M)·相对分权重", "S1·weight.absolute + S1·(m/M)·weight.relative"),
        ("sarmra.standard_score", "sarmra.weight.absolute", "sarmra.weight.relative"), ("sarmra_over_100",),
    ),
    "control_risk_mc": Formula(
        ("control_risk_factor", "quantified_mc"), "规则第12号第一百二十条", ("Q × 量化风险最低资本", "Q × quantified risks"), ("control_risk.factor",),
        ("control_risk_base", "sarmra_not_assessed"),
    ),
    "additional_capital": Formula(
        ("additional_countercyclical", "additional_dsii", "additional_gsii", "additional_other"),
        "规则第2号第五、二十一条", ("Σ", "Σ"),
    ),
    "minimum_capital": Formula(
        ("quantified_mc", "control_risk_mc", "additional_capital", "relief_minimum_capital"), "规则第2号第五条", ("Σ，减去一司一策减免额", "Σ, less relief"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Matrices:
    """The correlation matrices of one type of insurer, in the order of S05."""

    modules: tuple[Array, ...]
    quantified: Array  # 4 × 4; a module the type does not have stands alone and must be zero
    present: tuple[bool, ...]


def matrices(rulebook: Rulebook, insurer_type: str) -> Matrices:
    """The matrices in force for a type of insurer (rule 2, articles 16-18; rules 4, 5, 6, 8, 9)."""
    names = {module: f"{module}.correlation" for module in MODULES}
    own = f"nonlife_insurance_mc.correlation.{insurer_type}"
    if rulebook.has(own):
        names["nonlife_insurance_mc"] = own
    top = f"quantified_mc.correlation.{insurer_type}"
    labels = rulebook.correlation_labels(top)
    number: Any = rulebook.correlation(top, labels)
    quantified = np.zeros((len(MODULES), len(MODULES)), dtype=number.dtype)
    order = [list(MODULES).index(label) for label in labels]
    quantified[np.ix_(order, order)] = number
    return Matrices(
        tuple(rulebook.correlation(names[module], items) for module, items in MODULES.items()),
        quantified,
        tuple(module in labels for module in MODULES),
    )


def quantified_rows(
    sub_risks: Sequence[Array] | Array,
    matrices: Matrices,
    loss_absorption: Array | float = 0,
    size_coefficient: Array | float = 1,
    control_risk_factor: Array | float = 0,
    additional_capital: Array | float = 0,
) -> dict[str, Array]:
    """The kernel: all computed rows of S05 from the 13 sub-risks (rule 2, articles 5, 15, 20; 2023 notice, item 1).

    sub_risks: 13 arrays of n amounts, or (13, n), in the order of S05. The other figures: one number or (n,).
    Returns (n,) arrays by line-item name. Pure arithmetic on complete figures: no NaN handling, no checks.
    """
    n = len(sub_risks[0])
    kind = object if sub_risks[0].dtype == object else float
    names = [
        *MODULES,
        *DIVERSIFICATION.values(),
        "diversification",
        "quantified_mc",
        "control_risk_mc",
        "minimum_capital",
    ]
    out: dict[str, Array] = {name: np.empty(n, dtype=kind) for name in names}
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        la, size, q, additional = (
            x[part] if isinstance(x, np.ndarray) and x.ndim else x
            for x in (loss_absorption, size_coefficient, control_risk_factor, additional_capital)
        )
        block = np.array([x[part] for x in sub_risks])
        totals = np.empty((len(MODULES), block.shape[1]), dtype=kind)
        low = 0
        for i, (module, items) in enumerate(MODULES.items()):
            amounts = block[low : low + len(items)]
            low += len(items)
            totals[i] = aggregate(amounts, matrices.modules[i])
            out[module][part] = totals[i]
            out[DIVERSIFICATION[module]][part] = amounts.sum(axis=0) - totals[i]
        diversified = aggregate(totals, matrices.quantified)
        quantified = size * (diversified - la)
        out["diversification"][part] = totals.sum(axis=0) - diversified
        out["quantified_mc"][part] = quantified
        control = q * quantified
        out["control_risk_mc"][part] = control
        out["minimum_capital"][part] = quantified + control + additional
    return out


def total_minimum_capital(
    sub_risks: Sequence[Array] | Array, matrices: Matrices, loss_absorption: Array | float = 0
) -> Array:
    """The kernel without the rows between: √(v·M·vᵀ) − loss absorption of every column, (n,)."""
    n = len(sub_risks[0])
    out = np.empty(n)
    bounds = np.cumsum([0, *(len(items) for items in MODULES.values())])
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        block = np.array([x[part] for x in sub_risks])
        totals = np.empty((len(MODULES), block.shape[1]))
        for i, matrix in enumerate(matrices.modules):
            totals[i] = aggregate(block[bounds[i] : bounds[i + 1]], matrix)
        la = loss_absorption[part] if isinstance(loss_absorption, np.ndarray) else loss_absorption
        out[part] = aggregate(totals, matrices.quantified) - la
    return out


def minimum_capital(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> None:
    """All rows of S05 of n insurers of one type, given or computed (rule 2).

    cases: n rows of one `insurer_type`, amounts in yuan, NaN for blank. Adds every S05 row, `size_coefficient`,
    `sarmra_score` and `control_risk_factor` to `figures`; problems are collected there.
    """
    insurer_type = str(cases["insurer_type"].iloc[0])
    numbers = matrices(rulebook, insurer_type)
    sub_risks, complete = _sub_risks(cases, figures, insurer_type, numbers)
    la = _loss_absorption(cases, rulebook, figures, insurer_type)
    size = _size_coefficient(cases, rulebook, figures, insurer_type)
    additional = _additional(cases, figures)
    rows = quantified_rows(sub_risks, numbers)
    modules, known = [], np.ones(figures.size, bool)
    for i, module in enumerate(MODULES):
        given = column(cases, module)
        possible = complete[i]
        value = figures.settle(module, given, rows[module], possible, "子风险", FORMULAS[module].article)
        figures.settle(
            DIVERSIFICATION[module],
            column(cases, DIVERSIFICATION[module]),
            rows[DIVERSIFICATION[module]],
            possible,
            "子风险",
        )
        modules.append(zeroed(value))
        known &= ~missing(value)
    totals = np.array(modules)
    diversified = aggregate(totals, numbers.quantified)
    spread = totals.sum(axis=0) - diversified
    figures.settle(
        "diversification", column(cases, "diversification"), spread, known, "各风险模块", "规则第2号第十五条"
    )
    undiscounted = diversified - la
    possible = known & ~missing(la) & ~missing(size)
    quantified = figures.settle(
        "quantified_mc",
        column(cases, "quantified_mc"),
        size * undiscounted,
        possible,
        "各风险模块",
        "规则第2号第十五条",
    )
    _missing_parts(cases, figures, quantified, known, la, size, insurer_type, numbers)
    base = (
        quantified
        if rulebook.reading("control_risk_base") == "discounted"
        else np.where(possible, undiscounted, quantified)
    )
    q, with_q = control_risk_factor(cases, rulebook, figures)
    control = figures.settle(
        "control_risk_mc", column(cases, "control_risk_mc"), q * base, with_q & ~missing(quantified), "评估得分",
        "规则第12号第一百二十条",
    )  # fmt: skip
    relief = zeroed(column(cases, "relief_minimum_capital"))
    total = quantified + control + additional - relief
    given = column(cases, "minimum_capital")
    result = figures.settle(
        "minimum_capital", given, total, ~missing(total), "量化风险、控制风险和附加资本", "规则第2号第五条"
    )
    # a score that cannot be used has been reported already
    no_score = missing(column(cases, "sarmra_absolute_score")) & missing(column(cases, "sarmra_industry_base"))
    no_control = missing(control) & missing(given) & ~missing(quantified) & no_score
    figures.report(
        no_control, "control_risk_mc", "missing",
        "缺少控制风险最低资本（S05 第2行）或评估得分 sarmra_score；未评估的公司请填 0",
        "control-risk capital (S05 row 2) or sarmra_score is missing; type 0 if the insurer was never assessed",
        article="规则第12号第一百二十条",
    )  # fmt: skip
    low = result <= 0
    figures.report(
        np.asarray(low & ~missing(result), bool), "minimum_capital", "not_positive", "最低资本不为正数，充足率不予计算",
        "minimum capital is not positive, so there is no ratio", result, severity="warning",
    )  # fmt: skip


def _sub_risks(
    cases: pd.DataFrame, figures: Figures, insurer_type: str, numbers: Matrices
) -> tuple[list[Array], list[Mask]]:
    """The 13 sub-risks with blanks as zero, and for each module where it can be computed from them."""
    filled: list[Array] = []
    complete: list[Mask] = []
    for i, (module, items) in enumerate(MODULES.items()):
        values = {item: column(cases, item) for item in items}
        typed = {item: ~missing(value) for item, value in values.items()}
        some = np.logical_or.reduce(list(typed.values()))
        total_typed = ~missing(column(cases, module))
        gap = np.zeros(figures.size, bool)
        for item in items:
            row = line_items()[item]
            may_lack = row.blank_for(insurer_type) is not None
            if not may_lack:
                absent = some & ~typed[item]
                gap |= absent
                figures.report(
                    absent & ~total_typed, item, "missing", f"缺少{row.zh}（S05 第{row.row_no}行）；没有请填 0",
                    f"{row.en} (S05 row {row.row_no}) is missing beside its siblings; type 0 if there is none",
                )  # fmt: skip
            blank = BLANK if may_lack else 0
            filled.append(zeroed(values[item]))
            figures.put(
                item, np.where(typed[item] | ~some | ~np.bool_(may_lack), values[item], filled[-1]),
                np.where(typed[item], GIVEN, np.where(some, blank, 0)),
            )  # fmt: skip
        if numbers.present[i]:
            complete.append(some & ~gap)
        else:
            # the matrix of this type has no such module: blank is zero, an amount has no place to go
            amount = np.asarray(sum(filled[-len(items) :]) > 0, bool) | np.asarray(
                zeroed(column(cases, module)) > 0, bool
            )
            figures.report(
                amount, module, "not_in_matrix", f"该类公司的相关系数矩阵没有{line_items()[module].zh}",
                f"the matrix of this type of insurer has no {line_items()[module].en.lower()}", article="规则第2号第十六条",
            )  # fmt: skip
            complete.append(np.ones(figures.size, bool))
    return filled, complete


def _loss_absorption(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures, insurer_type: str) -> Array:
    """Rule 2, article 19: the lesser of the two rows, which are given or come from β."""
    base, floor = column(cases, "participating_pv_base"), column(cases, "participating_pv_floor")
    from_pv = ~missing(base) & ~missing(floor)
    zero = figures.full(0)
    cap = figures.settle(
        "loss_absorption_cap", column(cases, "loss_absorption_cap"),
        np.where(from_pv, np.maximum(zeroed(base) - zeroed(floor), zero), zero), from_pv, "现值", "规则第2号第十九条（三）",
    )  # fmt: skip
    market, credit = column(cases, "participating_market_mc"), column(cases, "participating_credit_mc")
    with_beta = ~missing(market) & ~missing(credit) & ~missing(cap)
    uncapped = figures.settle(
        "loss_absorption_uncapped", column(cases, "loss_absorption_uncapped"),
        _beta_absorption(zeroed(market), zeroed(credit), zeroed(cap), rulebook), with_beta, "β", "规则第2号第十九条（二）",
    )  # fmt: skip
    both = ~missing(cap) & ~missing(uncapped)
    given = column(cases, "loss_absorption")
    value = figures.settle(
        "loss_absorption", given, np.minimum(zeroed(cap), zeroed(uncapped)), both, "1.6.1 与 1.6.2", "规则第2号第十九条"
    )
    if line_items()["loss_absorption"].blank_for(insurer_type) is not None:
        value = zeroed(value)
        figures.put("loss_absorption", value, np.where(both, COMPUTED, np.where(missing(given), BLANK, GIVEN)))
    return value


def _beta_absorption(market: Array, credit: Array, cap: Array, rulebook: Rulebook) -> Array:
    """MC·β of the participating and universal accounts (rule 2, article 19 (1), (2)); 0 without exposure."""
    rho = rulebook.value("loss_absorption.correlation")
    accounts = np.sqrt(market * market + 2 * rho * market * credit + credit * credit)
    none = accounts == 0
    divisor = np.where(none, accounts + 1, accounts)
    share = rulebook.value("loss_absorption.beta_slope") * cap / divisor + rulebook.value(
        "loss_absorption.beta_constant"
    )
    beta = (1 + rulebook.value("loss_absorption.k")) * np.minimum(share, rulebook.value("loss_absorption.beta_cap"))
    return np.asarray(np.where(none, accounts, accounts * beta))


def _size_coefficient(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures, insurer_type: str) -> Array:
    """2023 notice, items 1 and 2: by total assets, or as given. One before the notice."""
    name = f"size_coefficient.{insurer_type}"
    given, assets = column(cases, "size_coefficient"), column(cases, "total_assets")
    typed = ~missing(given)
    figures.put("total_assets", assets, np.where(missing(assets), 0, GIVEN))
    if not rulebook.has(name):
        figures.report(
            typed & (zeroed(given) != 1), "size_coefficient", "not_in_force", "评估日尚无规模系数，应为 1",
            "there is no size coefficient on this date; it is 1", given, article="金规〔2023〕5号一",
        )  # fmt: skip
        figures.put("size_coefficient", figures.full(1))
        return figures.values["size_coefficient"]
    bands = rulebook.bands(name)
    from_assets = bands.at(assets)
    possible = ~missing(from_assets)
    allowed = sorted({float(band.intercept) for band in bands.bands})
    figures.report(
        typed & ~np.isin(zeroed(given).astype(float), allowed), "size_coefficient", "not_allowed", "规模系数不是规定的数值",
        "the size coefficient is not one of the published values", given,
        allowed="、".join(f"{a:g}" for a in allowed), allowed_en=", ".join(f"{a:g}" for a in allowed), article="金规〔2023〕5号一",
    )  # fmt: skip
    apart = typed & possible & (zeroed(given) != zeroed(from_assets))
    if figures.problems is not None:
        for i in np.flatnonzero(apart):
            figures.problems.add(
                int(i), "size_coefficient", "disagree", "规模系数与总资产所在档次不一致",
                "the size coefficient and the band of total_assets differ",
                found=f"size_coefficient {given[i]:g} ≠ {from_assets[i]:g} (total_assets)", article="金规〔2023〕5号一",
            )  # fmt: skip
    value = np.where(typed, given, from_assets)
    figures.put("size_coefficient", value, np.where(typed, GIVEN, np.where(possible, COMPUTED, 0)))
    return value


def _additional(cases: pd.DataFrame, figures: Figures) -> Array:
    """Additional capital: the sum of its four rows, or as given; zero where there is none (rule 2, article 21)."""
    items = FORMULAS["additional_capital"].inputs
    values = [column(cases, item) for item in items]
    some = np.logical_or.reduce([~missing(value) for value in values])
    total = figures.full(0)
    given = column(cases, "additional_capital")
    only_total = ~missing(given) & ~some
    for item, value in zip(items, values, strict=True):
        filled = zeroed(value)
        total = total + filled
        origin = np.where(missing(value), np.where(only_total, 0, BLANK), GIVEN)
        figures.put(item, np.where(only_total, value, filled), origin)
    value = zeroed(figures.settle("additional_capital", given, total, some, "3.1 至 3.4", "规则第2号第二十一条"))
    figures.put("additional_capital", value, np.where(some, COMPUTED, np.where(missing(given), BLANK, GIVEN)))
    return value


def _missing_parts(
    cases: pd.DataFrame, figures: Figures, quantified: Array, known: Mask, la: Array, size: Array, insurer_type: str,
    numbers: Matrices,
) -> None:  # fmt: skip
    """Names what is missing where the total is needed and cannot be worked out."""
    needed = missing(quantified) & missing(column(cases, "minimum_capital"))
    if figures.problems is None or not needed.any():
        return
    for i, (module, items) in enumerate(MODULES.items()):
        if not numbers.present[i]:
            continue
        row = line_items()[module]
        nothing = np.logical_and.reduce([missing(column(cases, item)) for item in items])
        figures.report(
            needed & nothing & missing(column(cases, module)), module, "missing",
            f"缺少{row.zh}（S05 第{row.row_no}行）或其子风险；没有请填 0",
            f"{row.en} (S05 row {row.row_no}) or its sub-risks are missing; type 0 if there is none",
        )  # fmt: skip
    figures.report(
        needed & missing(la), "loss_absorption", "missing", "缺少损失吸收效应（S05 第1.6行，或1.6.1和1.6.2）；没有请填 0",
        "loss absorption (S05 row 1.6, or 1.6.1 and 1.6.2) is missing; type 0 if there is none", article="规则第2号第十九条",
    )  # fmt: skip
    figures.report(
        needed & missing(size), "total_assets", "missing", "缺少总资产或规模系数", "total_assets or size_coefficient is missing",
        article="金规〔2023〕5号一",
    )  # fmt: skip


def contributions(figures: pd.DataFrame, rulebook: Rulebook, insurer_type: str) -> pd.DataFrame:
    """How much of minimum capital each sub-risk carries, through both levels, loss absorption and size coefficient.

    figures: n rows of one type with the rows of S05. Returns a long frame: `position`, `item`, `amount`, `euler`,
    `marginal` (yuan). Euler adds up to `minimum_capital`: a sub-risk's share of the diversified total is scaled by
    size coefficient × (1 + control-risk factor in effect); loss absorption, additional capital and relief are lines of their own.
    """
    numbers = matrices(rulebook, insurer_type)
    sub = np.array([figures[item].fillna(0.0).to_numpy(float) for item in SUB_RISKS])
    given = np.array([figures[module].fillna(0.0).to_numpy(float) for module in MODULES])
    size = figures["size_coefficient"].fillna(1.0).to_numpy(float)
    quantified = figures["quantified_mc"].fillna(0.0).to_numpy(float)
    control = figures["control_risk_mc"].fillna(0.0).to_numpy(float)
    factor = size * (1 + np.where(quantified != 0, control / np.where(quantified != 0, quantified, 1.0), 0.0))
    total = aggregate(given, numbers.quantified)
    top = euler(given, numbers.quantified, total)
    frames = []
    low = 0
    for i, (module, items) in enumerate(MODULES.items()):
        amounts = sub[low : low + len(items)]
        low += len(items)
        whole = aggregate(amounts, numbers.modules[i])
        share = euler(amounts, numbers.modules[i], whole) / np.where(whole > 0, whole, 1.0)
        detail = whole > 0
        rest = whole - marginal(amounts, numbers.modules[i], whole)
        for j, item in enumerate(items):
            lesser = given.copy()
            lesser[i] = np.where(detail, rest[j], given[i])
            without = aggregate(lesser, numbers.quantified)
            frames.append((item, amounts[j], factor * top[i] * share[j], factor * (total - without)))
        # a module typed as a total has no parts to share it out to
        only_total = np.where(detail, 0.0, given[i])
        lesser = given.copy()
        lesser[i] = np.where(detail, given[i], 0.0)
        frames.append((module, only_total, np.where(detail, 0.0, factor * top[i]),
                       factor * (total - aggregate(lesser, numbers.quantified))))  # fmt: skip
    la = figures["loss_absorption"].fillna(0.0).to_numpy(float)
    additional = figures["additional_capital"].fillna(0.0).to_numpy(float)
    frames.append(("loss_absorption", -la, -factor * la, -factor * la))
    frames.append(("additional_capital", additional, additional, additional))
    explained = sum((line[2] for line in frames), start=np.zeros(len(figures)))
    other = figures["minimum_capital"].to_numpy(float) - explained
    frames.append(("not_allocated", other, other, other))
    position = np.arange(len(figures))
    long = pd.concat(
        [
            pd.DataFrame({"position": position, "item": n, "amount": a, "euler": e, "marginal": m})
            for n, a, e, m in frames
        ],
        ignore_index=True,
    )
    return long.sort_values("position", kind="stable", ignore_index=True)
