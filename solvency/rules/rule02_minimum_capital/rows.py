"""Every row of S05, given or computed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import aggregate
from solvency.rules.frame import BLANK, COMPUTED, GIVEN, Array, Figures, Mask, column, missing, zeroed
from solvency.rules.rule02_minimum_capital.formulas import FORMULAS
from solvency.rules.rule02_minimum_capital.kernel import NONLIFE, Matrices, matrices, quantified_rows
from solvency.rules.rule12_control_risk import control_risk_factor
from solvency.tables.spec import DIVERSIFICATION, MODULES, line_items


def minimum_capital(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> None:
    """All rows of S05 of n insurers of one type, given or computed (rule 2).

    cases: n rows of one `insurer_type`, amounts in yuan, NaN for blank. Adds every S05 row, `size_coefficient`,
    `sarmra_score` and `control_risk_factor` to `figures`, and `technology_coefficient` where an insurer is one; problems are collected there.
    """
    insurer_type = str(cases["insurer_type"].iloc[0])
    numbers = matrices(rulebook, insurer_type)
    sub_risks, complete = _sub_risks(cases, figures, insurer_type, numbers)
    la = _loss_absorption(cases, rulebook, figures, insurer_type)
    size = _size_coefficient(cases, rulebook, figures, insurer_type)
    additional = _additional(cases, figures)
    rows = quantified_rows(
        sub_risks, numbers, technology_coefficient=_technology_coefficient(cases, rulebook, figures, insurer_type)
    )
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
    has_relief = rulebook.has("company_relief.allowed")
    relief = zeroed(column(cases, "relief_minimum_capital")) if has_relief else figures.full(0)
    total = quantified + control + additional - relief
    given = column(cases, "minimum_capital")
    result = figures.settle(
        "minimum_capital", given, total, ~missing(total), "量化风险、控制风险和附加资本", "规则第2号第五条"
    )
    # a score that cannot be used has been reported already
    no_score = missing(figures.values["sarmra_absolute_score"]) & missing(column(cases, "sarmra_industry_base"))
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
        derived = {}
        for item in items:
            if item in figures.from_positions:
                made = figures.from_positions[item]
                derived[item] = ~missing(made)
                values[item] = figures.settle(
                    item, values[item], made, derived[item], "持仓明细", FORMULAS[item].article
                )
                typed[item] = typed[item] | derived[item]
        some = np.logical_or.reduce(list(typed.values()))
        total_typed = ~missing(column(cases, module))
        gap = np.zeros(figures.size, bool)
        # no such module in the matrix, or a total of zero: then its parts, which are never negative, are zero
        none = ~some & (np.bool_(not numbers.present[i]) | (total_typed & (zeroed(column(cases, module)) == 0)))
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
            filled.append(zeroed(values[item]))
            as_zero = ~typed[item] & (none | (some & np.bool_(may_lack)))
            figures.put(
                item, np.where(as_zero, filled[-1], values[item]),
                np.where(derived.get(item, False), COMPUTED, np.where(typed[item], GIVEN, np.where(as_zero, BLANK, 0))),
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


def _technology_coefficient(
    cases: pd.DataFrame, rulebook: Rulebook, figures: Figures, insurer_type: str
) -> Array | float:
    """K of rule 4, article 55, by row: of specialised technology insurers; rule 6 has none for reinsurers."""
    specialised = cases["technology_insurer"].eq("yes").to_numpy(dtype=bool, na_value=False)
    if rulebook.has(f"{NONLIFE}.correlation.{insurer_type}"):
        figures.report(
            specialised, "technology_insurer", "not_for_type", "再保险公司没有专业科技保险公司的特征因子",
            "reinsurers have no coefficient of specialised technology insurers", severity="warning", article="规则第6号第三十一条",
        )  # fmt: skip
        return 1
    if not specialised.any():
        return 1
    name = f"{NONLIFE}.technology_coefficient"
    value = np.where(specialised, rulebook.value(name), figures.full(1))
    figures.put("technology_coefficient", value, np.where(specialised, COMPUTED, BLANK))
    return np.asarray(value)


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


def _total_assets(cases: pd.DataFrame, figures: Figures) -> tuple[Array, Mask]:
    """Total assets of the balance sheet, and where they are the book values of S03 for want of a typed figure."""
    typed, books = column(cases, "total_assets"), figures.of_tables("total_assets")
    both = ~missing(typed) & ~missing(books)
    if figures.tolerance is not None and both.any():
        apart = both & (np.abs(np.where(both, typed - books, 0.0)) > figures.allowance(np.where(both, typed, 0.0)))
        figures.report(
            apart, "total_assets", "books_differ", "总资产与 S03 账面价值合计不一致；规模档次按所填总资产",
            "total assets and the book values of S03 differ; the size band goes by total assets as typed", books,
            severity="warning", article="规则第1号第七条",
        )  # fmt: skip
    from_books = missing(typed) & ~missing(books)
    assets = np.where(from_books, books, typed)
    figures.put("total_assets", assets, np.where(from_books, COMPUTED, np.where(missing(assets), 0, GIVEN)))
    return assets, from_books


def _size_coefficient(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures, insurer_type: str) -> Array:
    """2023 notice, items 1 and 2: by total assets, or as given. One before the notice.

    Under other rules than those it was filed under, a given one that does not fit them gives way to that of total assets.
    """
    name = f"size_coefficient.{insurer_type}"
    given = column(cases, "size_coefficient")
    assets, from_books = _total_assets(cases, figures)
    typed = ~missing(given)
    if not rulebook.has(name):
        figures.report(
            typed & (zeroed(given) != 1), "size_coefficient", "not_in_force", "评估日尚无规模系数，应为 1",
            "there is no size coefficient on this date; it is 1", given, article="金规〔2023〕5号一",
            severity=figures.severity,
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
        severity=figures.severity,
    )  # fmt: skip
    apart = typed & possible & (zeroed(given) != zeroed(from_assets))
    if figures.problems is not None:
        for i in np.flatnonzero(apart):
            figures.problems.add(
                int(i), "size_coefficient", "disagree", "规模系数与总资产所在档次不一致",
                "the size coefficient and the band of total_assets differ",
                found=f"size_coefficient {given[i]:g} ≠ {from_assets[i]:g} (total_assets)", article="金规〔2023〕5号一",
                severity="warning" if from_books[i] else figures.severity,
            )  # fmt: skip
    stands = typed & ~(apart & np.bool_(figures.hypothetical))
    value = np.where(stands, given, from_assets)
    figures.put("size_coefficient", value, np.where(stands, GIVEN, np.where(possible, COMPUTED, 0)))
    return value


def _additional(cases: pd.DataFrame, figures: Figures) -> Array:
    """Additional capital: the sum of its four rows, or as given; zero where there is none (rule 2, article 21)."""
    items = FORMULAS["additional_capital"].inputs
    values = [column(cases, item) for item in items]
    some = np.logical_or.reduce([~missing(value) for value in values])
    total = figures.full(0)
    given = column(cases, "additional_capital")
    only_total = ~missing(given) & ~some & (zeroed(given) != 0)
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
        # of what is worked out from positions too
        nothing = np.logical_and.reduce([missing(column(cases, j)) & missing(figures.values[j]) for j in items])
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
