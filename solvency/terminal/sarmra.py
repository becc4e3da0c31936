"""Scores of rule 12."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solvency.terminal.text import table

if TYPE_CHECKING:
    from solvency.sarmra_scores import SarmraResult


def print_scores(result: SarmraResult, lang: str, most: int = 60) -> None:
    """Scores of rule 12: of one insurer by part, of several a line each."""
    zh = lang == "zh"
    final = (
        ("before_cap", "绝对分（重大事项调整前）", "absolute score before article 119"), ("sarmra_absolute_score", "绝对分 S1", "absolute score S1"),
        ("sarmra_industry_base", "调整基础分 M", "industry base M"), ("relative_score", "相对分 S2", "relative score S2"),
        ("sarmra_score", "最终得分 S", "final score S"), ("control_risk_factor", "控制风险因子 Q", "control-risk factor Q"),
    )  # fmt: skip
    if len(result) > 1:
        names = [name for name, _, _ in final]
        rows = [
            [str(line["insurer"]), *(_score(line[name]) for name in names)]
            for line in result.scores.head(most).to_dict("records")
        ]
        table(
            "",
            ["公司" if zh else "insurer", *(name[1 if zh else 2] for name in final)],
            rows,
            right=range(1, len(names) + 1),
            wrap=(0,),
        )
        if len(result) > most:
            print(f"… {len(result)}")
        return
    scores = result.scores.iloc[0]
    print(f"{scores['insurer']} · {scores['as_of']} · {scores['insurer_class']}")
    rows = [
        [part["part"], part["zh" if zh else "en"], _score(scores[part["part"]]), f"{part['weight']:g}", _score(scores[part["part"]] * part["weight"])]
        for part in result.parts.to_dict("records")
    ]  # fmt: skip
    heads = ("代码", "部分", "得分", "权重", "加权得分") if zh else ("part", "name", "score", "weight", "weighted")
    table("", heads, rows, right=(2, 3, 4), wrap=(1,))
    for name, label_zh, label_en in final:
        if scores[name] == scores[name]:
            print(f"{label_zh if zh else label_en}: {_score(scores[name])}")
    if scores["circumstances"]:
        print(f"{'第一百一十九条所列情形' if zh else 'circumstances of article 119'}: {scores['circumstances']}")


def _score(value: float) -> str:
    return f"{value:.10g}" if value == value else ""
