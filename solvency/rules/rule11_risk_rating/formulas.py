"""What the scores of rule 11 are worked out from, by which article: what `explain` prints."""

from __future__ import annotations

from solvency.rules.frame import Formula
from solvency.rules.rule11_risk_rating.scheme import CAPITAL, SCORES, SIDES, TOTAL

FORMULAS: dict[str, Formula] = {
    **{
        SCORES[side]: Formula(
            (),
            "规则第11号第二十一条" if side == CAPITAL else "规则第11号第二十二条",
            ("Σ 指标权重 × 指标得分 ÷ Σ 指标权重", "Σ weight × points of the indicators ÷ Σ weight"),
        )
        for side in SIDES
    },
    TOTAL: Formula(
        tuple(SCORES.values()),
        "规则第11号第二十条",
        (
            "可资本化风险评分 × 其权重 + Σ 四类风险评分 × 方案中的权重 × 难以资本化风险的权重",
            "score of the capital side × its weight + Σ scores of the four risks × their weights in the scheme × the weight of those risks",
        ),
        ("grade.weight.quantified", "grade.weight.other"),
    ),
}
