"""Liquidity indicators: what is required, whether it is met, and what is only watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from solvency.terminal.text import answer, figure, table

if TYPE_CHECKING:
    import pandas as pd

MOST_LINES = 400
# columns of the forms of rule 13 in an explanation: name -> (zh, en, whether an amount)
LIQUIDITY_COLUMNS: Mapping[str, tuple[str, str, bool]] = {
    "year_to_date": ("本年累计", "year to date", True),
    "q1": ("第一季度", "quarter 1", True),
    "q2": ("第二季度", "quarter 2", True),
    "q3": ("第三季度", "quarter 3", True),
    "q4": ("第四季度", "quarter 4", True),
    "base_q1": ("基本1季", "base q1", True),
    "base_q2": ("基本2季", "base q2", True),
    "base_q3": ("基本3季", "base q3", True),
    "base_q4": ("基本4季", "base q4", True),
    "mandatory_q1": ("必测1季", "mandatory q1", True),
    "mandatory_q2": ("必测2季", "mandatory q2", True),
    "mandatory_q3": ("必测3季", "mandatory q3", True),
    "mandatory_q4": ("必测4季", "mandatory q4", True),
    "own_q1": ("自测1季", "own q1", True),
    "own_q2": ("自测2季", "own q2", True),
    "own_q3": ("自测3季", "own q3", True),
    "own_q4": ("自测4季", "own q4", True),
    "current": ("当期数", "current", True),
    "base_3_months": ("基本3个月", "base 3m", True),
    "base_12_months": ("基本12个月", "base 12m", True),
    "mandatory_3_months": ("必测3个月", "mandatory 3m", True),
    "mandatory_12_months": ("必测12个月", "mandatory 12m", True),
    "own_3_months": ("自测3个月", "own 3m", True),
    "own_12_months": ("自测12个月", "own 12m", True),
    "this_quarter": ("本季度", "this quarter", True),
    "last_quarter": ("上季度", "last quarter", True),
    "figure": ("数值", "amount", True),
    "factor": ("折算系数", "factor", False),
    "realised": ("变现金额", "realised", True),
    "ratio": ("指标值", "value", False),
    "value": ("指标值", "value", False),
}


def print_liquidity(frame: pd.DataFrame, unit: str, lang: str) -> None:
    """The indicators of each insurer: value, requirement, whether it is met, article."""
    from solvency.liquidity_indicators import RUNNING
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    heads = ("项目", "数值", "要求", "是否达标", "依据") if zh else ("indicator", "value", "required", "met", "article")
    for number, (_, own) in enumerate(frame.head(MOST_LINES).groupby("row", sort=False)):
        first = own.iloc[0]
        scenario = "" if first["scenario"] == "base" else f" · {first['scenario']}"
        if number:
            print()
        print(f"{first['insurer']} · {first['as_of']}{scenario} · {'单位' if zh else 'unit'} {unit}")
        for group, name in (
            ("regulatory", ("监管指标", "regulatory indicators")),
            ("monitoring", ("监测指标", "monitoring indicators")),
        ):
            lines = own[own["group"] == group]
            rows = [
                (line["zh" if zh else "en"], figure(line["item"], line["value"], scale), _required(line["item"], line["requirement"], scale),
                 "" if group == "monitoring" else answer(line["met"])[not zh], line["article"])
                for line in lines.to_dict("records")
            ]  # fmt: skip
            if rows:
                table(name[not zh], heads, rows, right=(1, 2), wrap=(0,))
            if rows and group == "regulatory":
                print(RUNNING[not zh])
    if len(frame) > MOST_LINES:
        print(f"… {len(frame)}")
    if not len(frame):
        print("没有流动性指标：未填 LR1 至 LR3-3" if zh else "no liquidity indicators: LR1 to LR3-3 are not filled")


def _required(item: str, requirement: float | None, scale: int) -> str:
    """The least that an indicator may be."""
    if requirement is None or requirement != requirement:
        return ""
    return f"≥ {figure(item, requirement, scale)}"
