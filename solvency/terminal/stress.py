"""Stress tests: form ST01, the annual table, the reverse test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solvency.terminal.text import amount, answer, figure, table

if TYPE_CHECKING:
    import pandas as pd

    from solvency.stress_test.result import StressResult


def print_stress(result: StressResult, unit: str, lang: str) -> None:
    """Form ST01 and what could not be covered, per insurer; every scenario where the horizon is a year."""
    zh = lang == "zh"
    for row in result.frame["row"].unique():
        frame = result.annual(int(row), unit)
        static = (
            ""
            if not frame["static"].any()
            else "（静态：以今日数字为基础，非预测）"
            if zh
            else " (static: today's figures, no forecast)"
        )
        title = (
            f"{result.insurer(int(row))} · {'季度' if zh else 'quarter'}"
            if result.horizon == "quarter"
            else f"{result.insurer(int(row))} · {'年度' if zh else 'year'}"
        )
        rows = []
        for record in frame.to_dict("records"):
            name = record["zh" if zh else "en"]
            chosen = record["chosen_zh" if zh else "chosen_en"]
            cells = [amount(record[i]) for i in ("actual_capital", "core_capital", "minimum_capital")]
            ratios = [figure("core_ratio", record[i], 1) for i in ("core_ratio", "comprehensive_ratio")]
            described = record["description_zh" if zh else "description_en"]
            rows.append(
                (
                    f"{name}（{chosen}）" if chosen and zh else f"{name} ({chosen})" if chosen else name,
                    described,
                    *cells,
                    *ratios,
                )
            )
        headers_zh = ("情景", "因素", "实际资本", "核心资本", "最低资本", "核心充足率", "综合充足率")
        headers_en = (
            "scenario",
            "factors",
            "actual capital",
            "core capital",
            "minimum capital",
            "core",
            "comprehensive",
        )
        table(
            f"{title}{static} · {'单位' if zh else 'unit'} {unit}",
            headers_zh if zh else headers_en,
            rows,
            right=(2, 3, 4, 5, 6),
            wrap=(0, 1),
        )
        if result.horizon == "quarter":
            _print_st01(result, int(row), unit, lang)
        if not frame["mandatory"].any():
            print(
                "再保险公司和自保公司没有必测情景，由公司自行设计（规则第10号第四十三条）"
                if zh
                else "reinsurers and captives have no mandatory set; they design their own (rule 10, article 43)"
            )
        for record in frame.to_dict("records"):
            reason = record["not_covered_zh" if zh else "not_covered_en"]
            if reason:
                print(f"{record['zh' if zh else 'en']}: {reason}")


def _print_st01(result: StressResult, row: int, unit: str, lang: str) -> None:
    """Form ST01 as filed: seven indicators, two mandatory and two own factors."""
    form = result.st01(row, unit, lang)
    rows = []
    for item, line in form.iterrows():
        number, name, *values = line.tolist()
        kind = "core_ratio" if str(item).endswith("_ratio") else "core_capital"
        rows.append(
            (number, name, *("" if v is None else v if isinstance(v, str) else figure(kind, v, 1) for v in values))
        )
    table("ST01", [str(name) for name in form.columns], rows, right=(2, 3, 4, 5, 6), wrap=(1, 2, 3, 4, 5, 6))


def print_reverse(frame: pd.DataFrame, lang: str) -> None:
    """What change of one factor brings the comprehensive ratio to its target, and whether the test is owed."""
    zh = lang == "zh"
    for record in frame.to_dict("records"):
        found = record["text_zh" if zh else "text_en"] or record["reason_zh" if zh else "reason_en"]
        owed = answer(record["required"])[not zh]
        print(
            f"{record['insurer']}：综合充足率由 {figure('core_ratio', record['base_ratio'], 1)} 降至 {record['target']:.0%}：{found}"
            if zh
            else f"{record['insurer']}: comprehensive ratio from {figure('core_ratio', record['base_ratio'], 1)} to {record['target']:.0%}: {found}"
        )
        print(
            f"{'应当开展反向测试（规则第10号第三十条）' if zh else 'reverse test owed (rule 10, article 30)'}: {owed}"
        )
