"""Why a figure is what it is: formula, inputs, factors, and what lies behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from solvency.terminal.liability import print_liability_form, print_units
from solvency.terminal.liquidity import LIQUIDITY_COLUMNS
from solvency.terminal.rating import print_indicators
from solvency.terminal.text import ORIGIN, amount, figure, table

if TYPE_CHECKING:
    from solvency.result import Explanation

MOST_AMOUNTS = 4  # columns of a form on the screen
# columns of the tables of rule 1: name -> (zh, en, whether an amount)
DETAIL_COLUMNS = {
    "book_value": ("账面价值", "book value", True),
    "non_admitted_value": ("非认可", "not admitted", True),
    "valuation_difference": ("差额", "difference", True),
    "admitted_value": ("认可价值", "admitted", True),
    "remaining_term": ("剩余期限", "remaining term", False),
    "runs_to_zh": ("计算至", "", False),
    "runs_to_en": ("", "runs to", False),
    "liability_share": ("负债比例", "liability share", False),
    "of_group": ("未来盈余", "surplus", True),
    "capital_return": ("资本报酬率", "capital return", False),
    "upper": ("现值", "present value", True),
    "of_cost": ("归属成本", "of the cost", True),
    "of_gain": ("归属增值", "of the gain", True),
    "core_tier1": ("核心一级", "core tier 1", True),
    "supplementary_tier1": ("附属一级", "supplementary tier 1", True),
    "amount": ("增加的资本", "capital added", True),
    "counted": ("计入", "counts", True),
    "liability": ("负债", "liability", True),
    # of the levels of Lloyd's China: premium and reserve capital by kind of business, then what comes of it
    "direct_premium_reserve_mc": ("直接", "direct", True),
    "proportional_premium_reserve_mc": ("比例", "proportional", True),
    "nonproportional_premium_reserve_mc": ("非比例", "non-prop.", True),
    "reinsurance_premium_reserve_mc": ("再保险", "reinsurance", True),
    "insurance_mc": ("保险风险", "insurance", True),
    **LIQUIDITY_COLUMNS,
}


def print_explanation(explanation: Explanation, unit: str, lang: str) -> None:
    """Why a figure is what it is."""
    from solvency.result import EXTRA_LINES, is_amount
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    e = explanation
    from_lines = bool(e.position_count or e.details or e.form) and e.item not in EXTRA_LINES
    from_lines &= not e.item.endswith("_ratio")
    shown = e.text[not zh] or (amount(e.value, scale) if from_lines else figure(e.item, e.value, scale))
    name = f"{e.insurer} · {e.zh}（{e.item}）" if zh else f"{e.insurer} · {e.en} ({e.item}) "
    # a form as a whole has no value of its own
    print(name.rstrip() if from_lines and not shown else f"{name}= {shown or ('无' if zh else 'none')}")
    print(f"{'规则日期' if zh else 'rules as of'}: {e.rules_as_of}")
    origin = ORIGIN[e.origin][not zh]
    print(f"{'来源' if zh else 'origin'}: {origin}{' ' + e.place if e.place else ''}")
    if e.formula_en:
        print(f"{'公式' if zh else 'formula'}: {e.formula_zh if zh else e.formula_en}   {e.article}")
    if e.inputs:
        rows = [
            (
                line.item,
                line.zh if zh else line.en,
                figure(line.item, line.value, scale),
                ORIGIN[line.origin][not zh],
                line.place,
            )
            for line in e.inputs
        ]
        head = ("数值", "value")
        if any(is_amount(line.item) for line in e.inputs):
            head = (f"数值（{unit}）", f"value ({unit})")
        table("", ("名称", "项目", head[0], "来源", "位置") if zh else ("name", "item", head[1], "origin", "place"),
              rows, right=(2,), wrap=(1,))  # fmt: skip
    for factor in e.factors:
        print(f"{factor['name']}: {factor['zh'] if zh else factor['en']}")
        print(f"  {factor['document']} {factor['article']}，{factor['effective']}" + ("起" if zh else ""))
        for text in factor_lines(factor["value"]):
            print(f"  {text}")
    if e.said or e.indicators:
        print_indicators(e, lang)
    if e.accounts:
        _print_accounts(e, unit, lang)
    if e.form and "traditional" in e.form[0]:
        print_liability_form(e, unit, lang)
    elif e.form:
        _print_form(e, unit, lang)
    if e.lines:
        _print_lines(e, lang)
    if e.positions:
        _print_positions(e, unit, lang)
    if e.details and e.details[0]["sheet"] == "LifeLiabilities":
        print_units(e, unit, lang)
    elif e.details:
        _print_details(e, unit, lang)
    for reading in e.readings:
        print(
            f"{'解读' if zh else 'reading'} {reading['name']}: {reading['chosen']} — {reading['zh'] if zh else reading['en']}"
        )


def _table_line(row: dict[str, Any]) -> str:
    """A row of a table: its conditions, then its number or formula."""
    parts = [f"{driver} {condition if isinstance(condition, str) else ' | '.join(condition)}" for driver, condition in row.items()
             if driver not in ("key", "value", "of", "intercept", "slope", "quadratic")]  # fmt: skip
    if "value" in row:
        return f"{', '.join(parts)}: {row['value']:g}" if parts else f"{row['value']:g}"
    terms = [(row["intercept"], ""), (row["slope"], f"·{row['of']}"), (row["quadratic"], f"·{row['of']}²")]
    return f"{', '.join(parts)}: " + " + ".join(f"{number:g}{name}" for number, name in terms if number)


def _plain(value: float) -> str:
    """A coefficient, blank where there is none."""
    return f"{value:.4g}" if value == value else ""


def _print_lines(e: Explanation, lang: str) -> None:
    """The rows of a form that make up a figure; names in one language, a column only where some row fills it."""
    zh = lang == "zh"
    names = {
        "place": ("位置", "place"), "row": ("代码", "row"), "zh": ("项目", ""), "en": ("", "name"), "points": ("标准分值", "points"),
        "soundness_zh": ("制度健全性", ""), "effectiveness_zh": ("遵循有效性", ""), "soundness_en": ("", "soundness"),
        "effectiveness_en": ("", "effectiveness"), "earned": ("得分", "earned"),
        "applicable": ("适用分值", "applicable"), "score": ("调整后得分", "adjusted"), "weight": ("权重", "weight"),
        "weighted": ("加权得分", "weighted"), "article": ("依据", "article"),
    }  # fmt: skip
    columns = [c for c in e.lines[0] if names[c][not zh] and any(_cell(line[c]) for line in e.lines)]
    rows = [[_cell(line[c]) for c in columns] for line in e.lines]
    right = [i for i, c in enumerate(columns) if isinstance(e.lines[0][c], float)]
    table(
        "",
        [names[c][not zh] for c in columns],
        rows,
        right=right,
        wrap=[i for i, c in enumerate(columns) if c in ("zh", "en", "article")],
    )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}" if value == value else ""
    return str(value)


def _print_form(e: Explanation, unit: str, lang: str) -> None:
    """An official form that was worked out: its rows, and what their article is."""
    from solvency.tables.positions.forms import AMOUNTS, amounts_of
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    names = amounts_of(e.form[0])
    if len(names) > MOST_AMOUNTS:  # the others are in the internal file
        names = [name for name in names if name.endswith("_mc") or name == names[-1]]
    rows = [
        (
            line["row"], line["zh" if zh else "en"],
            *("" if line[name] != line[name] else amount(line[name], scale) for name in names), line["article"],
        )
        for line in e.form
    ]  # fmt: skip
    titles = [AMOUNTS[name][not zh] for name in names]
    titles[-1] += f"（{unit}）" if zh else f" ({unit})"
    heads = ("行次", "项目", *titles, "依据") if zh else ("row", "item", *titles, "article")
    table("", heads, rows, right=tuple(range(2, 2 + len(names))), wrap=(1,))


def _print_accounts(e: Explanation, unit: str, lang: str) -> None:
    """Life interest-rate risk account by account, as forms IN01 and IN02 have it."""
    from solvency.position_forms import life_line_label
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    names = ("pv_base", "pv_down", "pv_up", "down", "up", "minimum_capital")
    rows = [
        (
            life_line_label(line)[not zh],
            *("" if line[name] != line[name] else amount(float(line[name]), scale) for name in names),
        )
        for line in e.accounts
    ]
    headers = (
        (f"账户（{unit}）", "PV(NCF) 基础", "利率下降", "利率上升", "下降情景增加", "上升情景增加", "最低资本")
        if zh
        else (f"account ({unit})", "PV(NCF) base", "rates down", "rates up", "added by down", "added by up", "capital")
    )
    table("", headers, rows, right=(1, 2, 3, 4, 5, 6))


def _print_positions(e: Explanation, unit: str, lang: str) -> None:
    """The positions behind a figure: exposure, factor, every coefficient, limits, amount; then where each factor stands."""
    from solvency.position_detail import DETAILS
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    if all(line["scenario"] for line in e.positions):
        _print_scenarios(e.positions, e.position_count, unit, lang)
        return
    rows = [
        (
            f"{line['sheet']}!{line['place']}", line["name" if zh else "name_en"] or line["id"] or line["product"], amount(line["exposure"], scale),
            f"{line['rf0']:.6g}", " ".join(f"{name.removeprefix('k_')}={k:.6g}" for name, k in line["coefficients"].items()),
            f"{line['k_before_limit']:.4g} → {line['k_inside']:.4g}" if abs(line["k_before_limit"] - line["k_inside"]) > 1e-12 else _plain(line["k"]),
            _plain(line["k_layer"]) if line["k_layer"] else "",
            f"{line['rf_uncapped']:.6g} → {line['rf']:.6g}" if line["rf_uncapped"] > line["rf"] else f"{line['rf']:.6g}",
            amount(line["minimum_capital"], scale),
        )
        for line in e.positions
    ]  # fmt: skip
    heads = (
        ("位置", "持仓", f"风险暴露（{unit}）", "RF0", "特征系数", "K", "Kp", "RF", f"最低资本（{unit}）")
        if zh
        else ("place", "position", f"exposure ({unit})", "RF0", "coefficients", "K", "Kp", "RF", f"capital ({unit})")
    )
    table(_how_many(len(e.positions), e.position_count, zh), heads, rows, right=(2, 3, 5, 6, 7, 8), wrap=(1, 4))
    for line in e.positions:
        if line["details"]:
            parts = [
                f"{DETAILS[name][not zh]} {value if isinstance(value, str) else f'{value:,.6g}' if abs(value) < 1e5 else f'{value:,.2f}'}"
                for name, value in line["details"].items()
            ]
            print(f"  {line['sheet']}!{line['place']}: {'，'.join(parts) if zh else ', '.join(parts)}")
    _print_citations(e.positions, zh)


def _print_scenarios(lines: Sequence[dict[str, Any]], count: int, unit: str, lang: str) -> None:
    """The units behind a figure: both present values and what the adverse one adds."""
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    rows = [
        (
            f"{line['sheet']}!{line['place']}", line["name"] or line["id"],
            line["group"] if line["group"] == line["scenario"] else f"{line['group']} · {line['scenario']}",
            amount(line["exposure"], scale), amount(line["pv_adverse"], scale), amount(line["minimum_capital"], scale),
        )
        for line in lines
    ]  # fmt: skip
    heads = (
        ("位置", "计量单元", "情景", f"基础情景现值（{unit}）", f"不利情景现值（{unit}）", f"最低资本（{unit}）")
        if zh
        else ("place", "unit", "scenario", f"base PV ({unit})", f"adverse PV ({unit})", f"capital ({unit})")
    )
    table(_how_many(len(lines), count, zh), heads, rows, right=(3, 4, 5), wrap=(1,))
    _print_citations(lines, zh)


def _how_many(shown: int, count: int, zh: bool) -> str:
    if shown >= count:
        return ""
    return f"最大的 {shown} 项，共 {count} 项" if zh else f"the largest {shown} of {count}"


def _print_citations(lines: Iterable[dict[str, Any]], zh: bool) -> None:
    """Where each factor or scenario stands."""
    told = dict.fromkeys((line["group"], line["rf0_row"], *line["citations"]) for line in lines)
    for group, key, *citations in told:
        print(
            f"  {group}{f'（{key}）' if key and zh else f' ({key})' if key else ''}: {'；'.join(citations) if zh else '; '.join(citations)}"
        )


def _print_details(e: Explanation, unit: str, lang: str) -> None:
    """The lines of the tables of rule 1 behind a figure; then what fails, and where each factor stands."""
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    used = [
        c
        for c, label in DETAIL_COLUMNS.items()
        if label[not zh] and any(line.get(c) == line.get(c, 0) and line.get(c) for line in e.details)
    ]

    def shown(line: dict[str, Any], column: str) -> str:
        value = line.get(column, 0.0 if DETAIL_COLUMNS[column][2] else "")
        if isinstance(value, str):
            return value
        return (
            ""
            if value is None or value != value
            else amount(value, scale)
            if DETAIL_COLUMNS[column][2]
            else f"{value:.6g}"
        )

    rows = [
        (f"{line['sheet']}!{line['place']}", str(line["zh" if zh else "en"]), *(shown(line, c) for c in used))
        for line in e.details
    ]
    heads = ("位置" if zh else "place", "项目" if zh else "line", *(str(DETAIL_COLUMNS[c][not zh]) for c in used))
    table(f"（{unit}）" if zh else f"({unit})", heads, rows, right=tuple(range(2, 2 + len(used))), wrap=(1,))
    for line in e.details:
        if line.get("tests_zh"):
            print(f"  {line['sheet']}!{line['place']}: {line['tests_zh' if zh else 'tests_en']}")
    for article in dict.fromkeys(line["article"] for line in e.details if line.get("article")):
        print(f"  {article}")


def factor_lines(value: Any) -> list[str]:
    """The content of a factor, one line of text per row."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "key" in value[0]:
        return [_table_line(row) for row in value]
    if isinstance(value, dict) and "matrix" in value:
        width = max(len(name) for name in value["labels"])
        return [
            f"{name:<{width}}  " + "  ".join(f"{x:>6g}" for x in row)
            for name, row in zip(value["labels"], value["matrix"], strict=True)
        ]
    if isinstance(value, dict):
        return [f"{key}: {number:g}" for key, number in value.items()]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"{b['interval']}: {b['intercept']:g}" + (f" {b['slope']:+g}·x" if b["slope"] else "") for b in value]
    if isinstance(value, list):
        return [", ".join(map(str, value))]
    return [f"{value:g}" if isinstance(value, float) else str(value)]
