"""Rule 12, articles 117-120: from the SARMRA score to the control-risk factor Q."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import COMPUTED, GIVEN, Array, Figures, Mask, column, missing, zeroed
from solvency.tables.validate import show

HIGHEST = 100  # scores are out of a hundred (article 116)
ROUNDING = 0.005  # they are filed to two decimals
NEAR = 1e-9  # floats nearer than this do not decide


def control_risk_factor(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> tuple[Array, Mask]:
    """Q of each row, and where it is known (rule 12, article 120; captives bear none, article 126).

    The final score S is given, or comes from the absolute score and the industry base M. Adds `sarmra_score` and
    `control_risk_factor`.
    """
    without = [m for name in ("", ".lloyds_china") for m in rulebook.members(f"control_risk.exempt{name}")]
    exempt = cases["organisation"].isin(without).to_numpy()
    score = _score(cases, rulebook, figures, exempt)
    factor = rulebook.bands("control_risk.factor").at(score)
    amount = column(cases, "control_risk_mc")
    figures.report(
        exempt & (zeroed(amount) != 0), "control_risk_mc", "captive", "自保公司和劳合社（中国）不计算控制风险最低资本",
        "captives and Lloyd's China bear no control-risk capital", amount, severity="warning", article="规则第12号第一百二十六条；规则第20号第十、十六条",
    )  # fmt: skip
    # a captive may still know its score; an amount it types itself stands
    result = np.where(exempt, figures.full(0), factor)
    with_factor = np.where(exempt, missing(amount), ~missing(factor))
    figures.put("control_risk_factor", np.where(with_factor, result, figures.nan), np.where(with_factor, COMPUTED, 0))
    return zeroed(result), with_factor


def final_score(absolute: Array, base: Array, rulebook: Rulebook) -> Array:
    """S of n insurers from S1 and the industry base M, NaN where one is missing (articles 117, 118); float or Decimal.

    A float within 1e-9 of 100 is decided from exact fractions, so that 100 is never a little more.
    """
    both = ~missing(absolute) & ~missing(base)
    rules = rulebook.exactly() if absolute.dtype == object else rulebook
    standard = rules.value("sarmra.standard_score")
    known, divisor = zeroed(absolute), np.where(both, base, standard)
    relative = known * standard / divisor
    computed = rules.value("sarmra.weight.absolute") * known + rules.value("sarmra.weight.relative") * relative
    score: Array = np.where(both, computed, absolute * 0 + base * 0)  # not a number where one is not
    if score.dtype != object:
        near = np.flatnonzero(both & (np.abs(score - HIGHEST) < NEAR))
        score[near] = _decided(absolute[near], base[near], rulebook.exactly())
    return score


def _decided(absolute: Array, base: Array, rules: Rulebook) -> Array:
    """Scores near 100 on their right side of it: 100 itself, or the next float above or below."""
    standard, *weights = (
        Fraction(rules.value(f"sarmra.{name}")) for name in ("standard_score", "weight.absolute", "weight.relative")
    )
    pairs, place = np.unique(np.column_stack([absolute, base]), axis=0, return_inverse=True)
    exact = [Fraction(repr(s1)) * (weights[0] + weights[1] * standard / Fraction(repr(m))) for s1, m in pairs.tolist()]
    side = np.array([(score > HIGHEST) - (score < HIGHEST) for score in exact], int)[place.reshape(-1)]
    return np.asarray(np.nextafter(float(HIGHEST), HIGHEST + side))


def _absolute_score(cases: pd.DataFrame, figures: Figures) -> Array:
    """S1: from the assessed items where there are any, else as typed; both must agree to the two decimals it is filed with."""
    typed = column(cases, "sarmra_absolute_score")
    made = figures.from_positions.get("sarmra_absolute_score", figures.full(figures.nan))
    both = ~missing(typed) & ~missing(made)
    apart = both & np.asarray(np.abs(np.where(both, typed - made, figures.full(0))) > ROUNDING + NEAR, bool)
    shown = {int(i): f"{show(typed[i])} ≠ {show(made[i])}" for i in np.flatnonzero(apart)}
    figures.report(
        apart, "sarmra_absolute_score", "disagree", "绝对分 S1 与由评估项目计算的分数不一致",
        "the absolute score S1 and the one from the assessed items differ", shown,
        article="规则第12号第一百一十七、一百一十九条", severity=figures.severity,
    )  # fmt: skip
    score = np.where(missing(made), typed, made)
    figures.put("sarmra_absolute_score", score, np.where(~missing(made), COMPUTED, np.where(missing(typed), 0, GIVEN)))
    return score


def _score(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures, exempt: Mask) -> Array:
    given = column(cases, "sarmra_score")
    absolute, base = _absolute_score(cases, figures), column(cases, "sarmra_industry_base")
    both = ~missing(absolute) & ~missing(base)
    one = missing(absolute) != missing(base)
    figures.report(
        one & missing(given) & ~exempt, "sarmra_industry_base", "missing", "绝对分 S1 与调整基础分 M 须同时填写",
        "the absolute score S1 and the industry base M go together", article="规则第12号第一百一十八条",
    )  # fmt: skip
    computed = final_score(absolute, base, rulebook)
    hundred = figures.full(HIGHEST)
    over = both & np.asarray(np.where(both, computed, hundred) > hundred, bool)
    if rulebook.reading("sarmra_over_100") == "capped":
        computed = np.where(over, hundred, computed)
    else:
        figures.report(
            over, "sarmra_absolute_score", "over_100", "由绝对分和调整基础分得到的最终得分超过 100",
            "the final score from S1 and M is above 100", computed, allowed="0 ~ 100", article="规则第12号第一百一十六条",
        )  # fmt: skip
    apart = (
        both
        & ~missing(given)
        & (np.abs(np.where(both, zeroed(given) - zeroed(computed), 0)) > ROUNDING if not figures.exact else False)
    )
    figures.report(
        np.asarray(apart, bool), "sarmra_score", "disagree", "最终得分与由 S1、M 计算的得分不一致",
        "sarmra_score and the score from S1 and M differ", given, article="规则第12号第一百一十七条",
    )  # fmt: skip
    score = np.where(missing(given), computed, given)
    figures.put("sarmra_score", score, np.where(~missing(given), GIVEN, np.where(both, COMPUTED, 0)))
    return score
