"""The grade and its scores: indicators with points and weights, and grades over time with what moved them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solvency.terminal.text import ratio, say, table

if TYPE_CHECKING:
    from solvency.grade_history import GradeHistory
    from solvency.result import Explanation


def print_indicators(e: Explanation, lang: str) -> None:
    """What else must be known in words, then a line per indicator."""
    zh = lang == "zh"
    for text in e.said:
        print(text[not zh])
    if not e.indicators:
        return
    parts = any(line["part_zh"] for line in e.indicators)
    headers = (
        ("代码", "指标", "分类", "指标值", "得分", "权重", "加权得分", "来源")
        if zh
        else ("id", "indicator", "part", "value", "points", "weight", "weighted", "source")
    )
    rows = [
        (line["row"], line["zh" if zh else "en"], line["part_zh" if zh else "part_en"], line["value" if zh else "value_en"], number(line["points"]),
         share(line["weight"]), number(line["weighted"]), line["source_zh" if zh else "source_en"])
        for line in e.indicators
    ]  # fmt: skip
    keep = [i for i in range(len(headers)) if i != 2 or parts]
    table("", [headers[i] for i in keep], [[row[i] for i in keep] for row in rows],
          right=[keep.index(i) for i in (3, 4, 5, 6)], wrap=[0, 1, *([2] if parts else []), len(keep) - 1])  # fmt: skip


def number(value: float) -> str:
    from solvency.rating_detail import six_digits

    return "" if value != value else six_digits(value)


def share(value: float) -> str:
    return "" if value != value else f"{value * 100:.4g}%"


def print_grades(history: GradeHistory, lang: str, most: int = 60) -> None:
    """A line per quarter; of one insurer also what moved its score, quarter by quarter."""
    zh = lang == "zh"
    if history.scheme[0]:
        print(f"得分为自行估计：{history.scheme[0]}" if zh else f"Scores are an own estimate: {history.scheme[1]}")
    one = history.quarters["insurer"].nunique() == 1
    scores = ("score", "score_capital", "score_operational", "score_strategic", "score_reputational", "score_liquidity")
    shown = [name for name in scores if history.quarters[name].notna().any()]
    names = {
        "score": ("得分", "score"), "score_capital": ("可资本化", "capital"), "score_operational": ("操作", "operational"),
        "score_strategic": ("战略", "strategic"), "score_reputational": ("声誉", "reputational"), "score_liquidity": ("流动性", "liquidity"),
    }  # fmt: skip
    rows = [
        (*(() if one else (str(line["insurer"]),)), str(line["as_of"]), str(line["notified"] or ""), str(line["grade_class"]), str(line["own_grade"]),
         *(number(line[name]) for name in shown), ratio_or_blank(line["core_ratio"]), ratio_or_blank(line["comprehensive_ratio"]))
        for line in history.quarters.head(most).to_dict("records")
    ]  # fmt: skip
    headers = [
        *([] if one else ["公司" if zh else "insurer"]), "评估日" if zh else "as of", "通报评级" if zh else "notified", "类别" if zh else "class",
        "自行估计" if zh else "own", *(names[name][not zh] for name in shown), "核心" if zh else "core", "综合" if zh else "comprehensive",
    ]  # fmt: skip
    table(
        str(history.quarters["insurer"].iloc[0]) if one else "",
        headers,
        rows,
        right=range(len(headers) - len(shown) - 2, len(headers)),
    )
    if len(history.quarters) > most:
        count = len(history.quarters)
        say(f"共 {count} 行，只显示前 {most} 行；用 -o 写出全部", f"{count} rows, {most} shown; use -o for all", lang)
    if one:
        for before, after in zip(history.quarters["as_of"], history.quarters["as_of"].iloc[1:], strict=False):
            _print_moves(history, before, after, lang)


def _print_moves(history: GradeHistory, before: Any, after: Any, lang: str) -> None:
    """What happened between two quarters: rules and lines first, then what moved the score."""
    from solvency.grade_history import event_text

    zh = lang == "zh"
    moves = history.moves[history.moves["as_of"] == after].sort_values(
        "effect", key=abs, ascending=False, kind="stable"
    )
    events = history.events[history.events["as_of"] == after]
    score = history.quarters.set_index("as_of")["score"]
    change = float(score[after] - score[before])
    said = (
        ""
        if change != change
        else f"：{number(score[before])} → {number(score[after])}（{change:+.6g}）"
        if zh
        else f": {number(score[before])} → {number(score[after])} ({change:+.6g})"
    )
    print(f"{before} → {after}{f'，得分{said}' if zh and said else f', score{said}' if said else ''}")
    for event in events.to_dict("records"):
        print(f"  · {event_text(event)[not zh]}")
    if moves.empty:
        if events.empty and (change == 0 or score[[before, after]].isna().all()):
            print("  · 没有变动" if zh else "  · nothing moved")
        return
    rows = [
        (str(line["indicator"]), str(line["zh" if zh else "en"]), _value(line["before"]), _value(line["after"]), number(line["points_before"]),
         number(line["points_after"]), share(line["weight_before"]), share(line["weight_after"]), f"{line['effect']:+.6g}")
        for line in moves.to_dict("records")
    ]  # fmt: skip
    headers_zh = ("代码", "指标", "前值", "现值", "前得分", "现得分", "前权重", "现权重", "影响")
    headers_en = ("id", "indicator", "before", "after", "points", "now", "weight", "now", "effect")
    table("", headers_zh if zh else headers_en, rows, right=range(2, 9), wrap=(0, 1))


def _value(value: Any) -> str:
    return value if isinstance(value, str) else number(float(value))


def ratio_or_blank(value: float) -> str:
    return "" if value != value else ratio(value)
