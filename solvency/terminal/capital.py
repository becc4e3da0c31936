"""What headroom, target, sales and effect print."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from solvency.terminal.text import amount, figure, ratio, rounded, say, short_document, table

if TYPE_CHECKING:
    import pandas as pd

    from solvency.capital_management import Effect

MOST = 60  # rows on the screen


def _most(frame: pd.DataFrame, lang: str) -> list[Any]:
    if len(frame) > MOST:
        say(
            f"共 {len(frame)} 行，只显示前 {MOST} 行；用 -o 写出全部",
            f"{len(frame)} rows, {MOST} shown; use -o for all",
            lang,
        )
    return frame.iloc[:MOST].to_dict("records")


def _share(value: float) -> str:
    return "" if value != value else f"{value * 100:.10g}%"


def _who(frame: pd.DataFrame, line: dict[str, Any]) -> str:
    """The insurer, with date and scenario where they differ."""
    parts = [str(line["insurer"])]
    parts += [str(line[name]) for name in ("as_of", "scenario") if frame[name].nunique() > 1]
    return " · ".join(parts)


def print_headroom(frame: pd.DataFrame, unit: str, lang: str) -> None:
    """How much of each tier still counts, with limit, article and formula."""
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    rows = [
        (
            *((_who(frame, line),) if frame["row"].nunique() > 1 else ()),
            line["zh"] if zh else line["en"],
            _share(line["share"]),
            amount(line["limit_amount"], scale),
            amount(line["used"], scale),
            amount(line["over_limit"], scale),
            ("不限" if zh else "no limit") if line["unlimited"] else amount(line["amount"], scale),
            amount(line["after_core_tier2"], scale),
        )
        for line in _most(frame, lang)
    ]
    headers = (
        ("项目", "限额", "限额金额", "已计入", "超限额", "尚可计入", "核心二级填满后")
        if zh
        else ("part", "limit", "limit amount", "counted", "excess", "still counts", "core tier 2 filled")
    )
    several = frame["row"].nunique() > 1
    first = (("公司",) if zh else ("insurer",)) if several else ()
    table(
        ("限额按认可的核心资本计算，金额单位 " if zh else "limits are shares of recognised core capital; unit ") + unit,
        (*first, *headers), rows, right=range(1 + several, 8), wrap=(0,),
    )  # fmt: skip
    for line in frame.drop_duplicates(["part", "limit"]).to_dict("records"):
        if line["limit"]:
            print(f"{line['zh' if zh else 'en']}：{line['formula_zh']}（{short_document(line['article'])} {line['article'].rpartition(' ')[2]}）" if zh
                  else f"{line['en']}: {line['formula_en']} ({short_document(line['article'])} {line['article'].rpartition(' ')[2]})")  # fmt: skip
    for text, lines in frame[frame[f"note_{lang}"] != ""].groupby(f"note_{lang}", sort=False):
        parts = lines[lang].unique()
        print(f"{'、'.join(parts)}：{text}" if zh else f"{', '.join(parts)}: {text}")


def print_target(frame: pd.DataFrame, unit: str, lang: str) -> None:
    """What it takes to reach the target, and the ratios after it."""
    from solvency.result import label
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    rows = [
        (
            _who(frame, line),
            line[lang],
            amount(line["amount"], scale),
            _signed(line["change"]),
            f"{_two(line['core_ratio'])} → {_two(line['core_ratio_after'])}",
            f"{_two(line['comprehensive_ratio'])} → {_two(line['comprehensive_ratio_after'])}",
            ("是" if zh else "yes") if line["reached"] else ("否" if zh else "no"),
            line[f"reason_{lang}"],
        )
        for line in _most(frame, lang)
    ]
    goals = [f"{label(name)[not zh]} {ratio(float(frame[f'target_{name}'].iloc[0]))}" for name in ("core_ratio", "comprehensive_ratio") if frame[f"target_{name}"].notna().any()]  # fmt: skip
    title = f"{'目标' if zh else 'target'}: {', '.join(goals)} · {'单位' if zh else 'unit'} {unit}"
    headers = (
        ("公司", "方式", "金额", "变动", "核心充足率", "综合充足率", "达到", "说明")
        if zh
        else ("insurer", "by", "amount", "change", "core ratio", "comprehensive ratio", "reached", "remark")
    )
    table(title, headers, rows, right=(2, 3), wrap=(0, 1, 7))
    for one in frame.drop_duplicates(f"formula_{lang}").to_dict("records"):
        print(f"{'公式' if zh else 'formula'}: {one[f'formula_{lang}']}   {one['article']}")
        print(f"{'假设' if zh else 'assumed'}: {one[f'held_{lang}']}")
    if (frame["size_coefficient"] != frame["size_coefficient_after"]).any():
        print(
            "总资产跨过规模档次，规模系数随之变动"
            if zh
            else "total assets cross a size band; the size coefficient moves with it"
        )


def print_sales(frame: pd.DataFrame, unit: str, lang: str) -> None:
    """What each sale relieves, the most first."""
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    several = frame["row"].nunique() > 1
    rows = [
        (
            *((_who(frame, line),) if several else ()),
            line["sheet"],
            str(line["id"]),
            str(line["name"]),
            amount(line["amount"], scale),
            amount(line["relief"], scale),
            f"{line['relief_per_yuan'] * 100:.1f}%" if line["relief_per_yuan"] == line["relief_per_yuan"] else "",
            f"{_two(line['core_ratio'])} → {_two(line['core_ratio_after'])}",
            f"{_two(line['comprehensive_ratio'])} → {_two(line['comprehensive_ratio_after'])}",
            _share(_up(line["share_to_target"])),
        )
        for line in _most(frame, lang)
    ]
    headers = (
        ("表", "编号", "名称", "认可价值", "减少的最低资本", "每元", "核心充足率", "综合充足率", "达标需售")
        if zh
        else ("table", "id", "name", "admitted", "relief", "per yuan", "core ratio", "comprehensive ratio", "to target")
    )
    first = (("公司",) if zh else ("insurer",)) if several else ()
    table(f"{'单位' if zh else 'unit'} {unit}", (*first, *headers), rows, right=range(3 + several, 6 + several), wrap=(0, 2 + several))  # fmt: skip
    if len(frame):
        one: Any = frame.iloc[0]
        print(f"{'假设' if zh else 'assumed'}: {one[f'held_{lang}']}")


def _up(share: float) -> float:
    """A share that is needed, up to the hundredth of a per cent."""
    return share if share != share else math.ceil(share * 10_000 - 1e-6) / 10_000


def _two(value: float) -> str:
    """A ratio after an amount that was solved for: two decimals."""
    return "" if value != value else f"{rounded(value * 100, 2):.2f}%"


def _signed(value: float) -> str:
    return "" if value != value else f"{value * 100 + 0.0:+.4f}%"


def print_effect(found: Effect, unit: str, lang: str) -> None:
    """Before and after, lines crossed, measures gained and lost, earlier quarters."""
    from solvency.capital_management.before_after import ARTICLE, HELD, STATUS
    from solvency.tables.validate import unit_scale
    from solvency.terminal.text import answer

    zh, scale, frame = lang == "zh", unit_scale(unit), found.to_frame()
    several = len(found) > 1

    def shown(item: str, value: float) -> str:
        if item in STATUS:
            return answer(None if value != value else value == 1)[not zh]
        return amount(value, scale) if item == "total_assets" else figure(item, value, scale)

    def moved(line: dict[str, Any]) -> str:
        value, item = line["change"], line["item"]
        if item in STATUS or value != value:
            return ""
        if item.endswith("_ratio"):
            return f"{value * 100 + 0.0:+.2f}"
        return f"{value:+.10g}" if item == "size_coefficient" else amount(value, scale)

    rows = [
        (
            *((_who(frame, line),) if several else ()), line["zh"] if zh else line["en"], shown(line["item"], line["before"]),
            shown(line["item"], line["after"]), moved(line), line["article"],
        )
        for line in _most(frame, lang)
    ]  # fmt: skip
    headers = ("项目", "之前", "之后", "变动", "依据") if zh else ("item", "before", "after", "change", "article")
    first = (("公司",) if zh else ("insurer",)) if several else ()
    table(f"{'单位' if zh else 'unit'} {unit} · {ARTICLE}", (*first, *headers), rows, right=(1 + several, 2 + several, 3 + several), wrap=(0, 4 + several))  # fmt: skip
    for line in found.crossed().to_dict("records"):
        way = ("跌破" if line["falls"] else "升至") if zh else ("falls below" if line["falls"] else "rises to")
        print(
            f"{line['insurer']}：{way}{line['zh']} {line['threshold']:.0%}"
            if zh
            else f"{line['insurer']}: {way} {line['en']} {line['threshold']:.0%}"
        )
    _print_measures(found, lang)
    if len(found.history) > len(found):
        rows = [(line["insurer"], line["as_of"], figure("core_ratio", line["core_ratio"], 1), figure("core_ratio", line["comprehensive_ratio"], 1)) for line in found.history.to_dict("records")]  # fmt: skip
        table("", ("公司", "评估日", "核心充足率", "综合充足率") if zh else ("insurer", "as of", "core ratio", "comprehensive ratio"), rows, right=(2, 3))  # fmt: skip
    print(f"{'假设' if zh else 'assumed'}: {HELD[not zh]}")


def _print_measures(found: Effect, lang: str) -> None:
    """Measures and duties that come or go."""
    zh, measures = lang == "zh", found.measures()
    if not len(measures):
        print("监管措施与义务不变。" if zh else "Measures and duties stay as they are.")
        return
    words = {"gained": ("新增的措施与义务", "gained"), "lost": ("不再适用的措施与义务", "lost")}
    for change, lines in measures.groupby("change", sort=False):
        print(words[str(change)][not zh])
        rows = [(line["insurer"], line["zh"] if zh else line["en"], f"{short_document(line['document'])} {line['article']}") for line in lines.to_dict("records")]  # fmt: skip
        table("", ("公司", "措施", "依据") if zh else ("insurer", "measure", "article"), rows, wrap=(1,))
