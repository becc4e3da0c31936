"""What requirements of rule 13 are not met, in words with figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule13_liquidity_risk.coverage import REQUIREMENT
from solvency.rules.rule13_liquidity_risk.formulas import LINES, NET_CASH_FLOWS
from solvency.rules.rule13_liquidity_risk.regulatory import DEVIATION_FLOOR, NET_FLOOR, QUARTERS

LIQUIDITY = "liquidity."  # in front of the requirements among the trigger conditions


def not_met(
    names: Iterable[str], figures: Mapping[str, float], rulebook: Rulebook, percent: Callable[..., str]
) -> tuple[str, str]:
    """Requirements that are not met with their figures and lines, in Chinese and English. percent: how a ratio is written."""
    zh, en = [], []
    for name in names:
        if name == "net_cash_flow":
            floor = rulebook.value(NET_FLOOR)
            shown = [item for item in NET_CASH_FLOWS if figures[item] < floor]
            parts = [(*LINES[item][:2], f"{figures[item]:,.2f}") for item in shown]
            zh.append("、".join(f"{label} {value} 元" for label, _, value in parts) + f" < {floor:g}")
            en.append(", ".join(f"{label} CNY {value}" for _, label, value in parts) + f" < {floor:g}")
            continue
        items = QUARTERS.values() if name == "operating_cash_flow_deviation" else (name,)
        line = (
            rulebook.value(DEVIATION_FLOOR)
            if name == "operating_cash_flow_deviation"
            else rulebook.rows(REQUIREMENT)[name.partition("_")[0]]
        )
        for item in items:
            shown_as = f"{percent(figures[item], float(line))} < {percent(float(line))}"
            zh.append(f"{LINES[item][0]} {shown_as}")
            en.append(f"{LINES[item][1]} {shown_as}")
    return "；".join(zh), "; ".join(en)
