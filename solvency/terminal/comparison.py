"""What changed between two inputs or two dates, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solvency.terminal.text import figure, rounded, table

if TYPE_CHECKING:
    from solvency.comparison import Comparison

POSITION_STEPS = {
    "rules_base_factor": ("规则：基础因子", "rules: base factor"),
    "rules_coefficients": ("规则：特征系数", "rules: coefficients"),
    "rules_aggregation": ("规则：汇总（市场间、情景、下限）", "rules: aggregation (markets, scenarios, floors)"),
    "gone": ("不再持有", "no longer held"),
    "volume": ("规模", "volume"),
    "base_factor": ("基础因子（类别、评级、久期）", "base factor: class, rating, duration"),
    "coefficients": ("特征系数与上下限", "coefficients and limits"),
    "new": ("新增持仓", "newly held"),
    "aggregation": ("汇总（市场间、情景、下限）", "aggregation: markets, scenarios, floors"),
}


def print_comparison(found: Comparison, unit: str, lang: str) -> None:
    """What changed, why, and whether the differences would call for a supplement after an audit."""
    from solvency.result import label
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    sides = [
        f"{name} {day}" + ("" if day == rules else f"（{rules} 的规则）" if zh else f" (rules of {rules})")
        for name, day, rules in zip(found.insurer, found.dates, found.rules, strict=True)
    ]
    print(" → ".join(sides))
    if found.hypothetical:
        print(
            "后者按征求意见稿或非默认解读计算，不是现行规则的结果"
            if zh
            else "the second side is under a draft or another reading, not the rules in force"
        )
    shown = found.figures[(found.figures["change"] != 0) & found.figures["change"].notna()]
    rows = [
        (
            r["item"],
            label(r["item"])[not zh],
            *(figure(r["item"], r[c], scale) for c in ("before", "after")),
            _change(r["item"], r["change"], scale),
        )
        for r in shown.to_dict("records")
    ]
    headers_zh = ("名称", "项目", "前", "后", f"变动（{unit}，百分点）")
    headers_en = ("name", "item", "before", "after", f"change ({unit}, points)")
    table("", headers_zh if zh else headers_en, rows, right=(2, 3, 4), wrap=(1,))
    steps = {"rules": ("规则变化", "change of rules"), "other": ("其他", "other")}
    effects = [
        (
            label(r["measure"])[not zh],
            steps.get(r["step"], label(r["step"]))[not zh],
            _change(r["measure"], r["effect"], scale),
        )
        for r in found.effects.to_dict("records")
    ]
    headers_zh2, headers_en2 = ("指标", "原因", "影响"), ("measure", "because of", "effect")
    table("", headers_zh2 if zh else headers_en2, effects, right=(2,), wrap=(0, 1))
    if len(found.positions):
        held = [
            (
                label(r["sub_risk"])[not zh],
                POSITION_STEPS[r["step"]][not zh],
                r["document"],
                *(_change(r["sub_risk"], r[column], scale) for column in ("effect", "minimum_capital")),
            )
            for r in found.positions.to_dict("records")
        ]
        heads = (
            ("持仓的影响", "原因", "文件", f"影响（{unit}）", "对最低资本")
            if zh
            else ("from positions", "because of", "document", f"effect ({unit})", "on minimum capital")
        )
        table("", heads, held, right=(3, 4), wrap=(0, 1, 2))
    if len(found.bridge) > 1:
        told = [
            *zip(found.bridge["step"], found.bridge["effect"], strict=True),
            ("minimum_capital", found.bridge["effect"].sum()),
        ]
        lines = [
            (steps.get(step, label(step))[not zh], _change("minimum_capital", float(by), scale)) for step, by in told
        ]
        heads2 = ("由子风险到最低资本", f"变动（{unit}）") if zh else ("from sub-risks to capital", f"change ({unit})")
        table("", heads2, lines, right=(1,), wrap=(0,))
    flagged = found.audit[found.audit["flagged"]]
    same = found.dates[0] == found.dates[1] and found.insurer[0] == found.insurer[1]
    if len(flagged) and same and found.rules[0] == found.rules[1] and not found.hypothetical:
        names = (
            "、".join(label(i)[0] for i in flagged["item"]) if zh else ", ".join(label(i)[1] for i in flagged["item"])
        )
        print(
            f"若为审计前后的差异，须补充披露（规则第15号第十三条）：{names}"
            if zh
            else f"As a difference between unaudited and audited figures this calls for a supplement (rule 15, article 13): {names}"
        )


def _change(item: str, value: float, scale: int) -> str:
    from solvency.result import is_amount, is_ratio

    if value != value:
        return ""
    if item.endswith("_ratio") or is_ratio(item):
        return f"{rounded(value * 100, 4):+.4f}"
    return f"{rounded(value / scale, 2):+,.2f}" if is_amount(item) else f"{value:+.6g}"
