"""Rule 12, articles 117-120: from the SARMRA score to the control-risk factor Q."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import COMPUTED, GIVEN, Array, Figures, Mask, column, missing, zeroed


def control_risk_factor(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> tuple[Array, Mask]:
    """Q of each row, and where it is known (rule 12, article 120; captives bear none, article 126).

    The final score S is given, or comes from the absolute score and the industry base M. Adds `sarmra_score` and
    `control_risk_factor`.
    """
    score = _score(cases, rulebook, figures)
    factor = rulebook.bands("control_risk.factor").at(score)
    without = [m for name in ("", ".lloyds_china") for m in rulebook.members(f"control_risk.exempt{name}")]
    exempt = cases["organisation"].isin(without).to_numpy()
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


def _score(cases: pd.DataFrame, rulebook: Rulebook, figures: Figures) -> Array:
    given = column(cases, "sarmra_score")
    absolute, base = column(cases, "sarmra_absolute_score"), column(cases, "sarmra_industry_base")
    both = ~missing(absolute) & ~missing(base)
    one = missing(absolute) != missing(base)
    figures.report(
        one & missing(given), "sarmra_industry_base", "missing", "绝对分 S1 与调整基础分 M 须同时填写",
        "the absolute score S1 and the industry base M go together", article="规则第12号第一百一十八条",
    )  # fmt: skip
    standard = rulebook.value("sarmra.standard_score")
    safe_base = np.where(both, base, standard)
    relative = zeroed(absolute) * standard / safe_base
    computed = (
        rulebook.value("sarmra.weight.absolute") * zeroed(absolute)
        + rulebook.value("sarmra.weight.relative") * relative
    )
    hundred = Decimal(100) if figures.exact else 100.0
    over = both & np.asarray(computed > hundred, bool)
    if rulebook.reading("sarmra_over_100") == "capped":
        computed = np.minimum(computed, figures.full(100))
    else:
        figures.report(
            over, "sarmra_absolute_score", "over_100", "由绝对分和调整基础分得到的最终得分超过 100",
            "the final score from S1 and M is above 100", computed, allowed="0 ~ 100", article="规则第12号第一百一十六条",
        )  # fmt: skip
    apart = (
        both
        & ~missing(given)
        & (np.abs(np.where(both, zeroed(given) - computed, 0)) > 0.005 if not figures.exact else False)
    )
    figures.report(
        np.asarray(apart, bool), "sarmra_score", "disagree", "最终得分与由 S1、M 计算的得分不一致",
        "sarmra_score and the score from S1 and M differ", given, article="规则第12号第一百一十七条",
    )  # fmt: skip
    score = np.where(missing(given), np.where(both, computed, figures.nan), given)
    figures.put("sarmra_score", score, np.where(~missing(given), GIVEN, np.where(both, COMPUTED, 0)))
    return score
