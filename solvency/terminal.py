"""What the command line prints: tables on stdout, remarks on stderr, in Chinese or English."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import Problem

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from solvency.comparison import Comparison
    from solvency.result import Explanation, Result
    from solvency.rules.supervision import Measure
    from solvency.sarmra_scores import SarmraResult
    from solvency.stress_test.result import StressResult

DUTY = {"shall": ("应当", "shall"), "may": ("可以", "may"), "info": ("提示", "info")}
WHO = {"regulator": ("监管机构", "regulator"), "insurer": ("公司", "insurer")}
ORIGIN = {
    "given": ("填报", "given"),
    "computed": ("计算", "computed"),
    "blank_zero": ("空白，按零", "blank, zero"),
    "absent": ("无", "none"),
}
ANSWER = {True: ("是", "yes"), False: ("否", "no"), None: ("未知", "unknown")}
SUMMARY = (
    "admitted_assets",
    "admitted_liabilities",
    "actual_capital",
    "core_tier1",
    "core_tier2",
    "supplementary_tier1",
    "supplementary_tier2",
    "capital_liability_over_limit",
    "minimum_capital",
    "quantified_mc",
    "life_insurance_mc",
    "nonlife_insurance_mc",
    "market_mc",
    "credit_mc",
    "diversification",
    "loss_absorption",
    "size_coefficient",
    "control_risk_mc",
    "additional_capital",
    "core_surplus",
    "core_ratio",
    "comprehensive_surplus",
    "comprehensive_ratio",
)
MOST_AMOUNTS = 4  # columns of a form on the screen


def prepare_streams() -> None:
    """A terminal that cannot show a character shows its code instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def console(stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 120
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def say(zh: str, en: str, lang: str) -> None:
    """One remark on stderr."""
    print(zh if lang == "zh" else en, file=sys.stderr)


def tell_problems(problems: Iterable[Problem], lang: str, *, result: bool = False) -> None:
    """Every problem, one line each, errors first; on stderr, unless they are what was asked for."""
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    words = {"error": ("错误", "error"), "warning": ("警告", "warning")}
    for problem in ordered:
        stream = sys.stdout if result else sys.stderr
        print(f"{words[problem.severity][lang == 'en']}: {problem.message(lang)}", file=stream)


def table(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[int] = (),
    wrap: Sequence[int] = (),
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for i, header in enumerate(headers):
        grid.add_column(
            Text(header),
            justify="right" if i in right else "left",
            no_wrap=i not in wrap,
            overflow="fold" if i in wrap else "ellipsis",
        )
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    console().print(grid)


def amount(value: float | None, scale: int = 1, digits: int = 2) -> str:
    """An amount in the unit of the output, half up; blank where there is none."""
    if value is None or value != value:
        return ""
    return f"{rounded(value / scale, digits) + 0.0:,.{digits}f}"


def rounded(value: float, digits: int) -> float:
    """Half up, as amounts are rounded in reports; once, on the way out."""
    from decimal import ROUND_HALF_UP, Decimal

    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def answer(value: Any) -> tuple[str, str]:
    """Yes, no or unknown."""
    return ANSWER[value if value is None else bool(value)]


def figure(item: str, value: float, scale: int) -> str:
    """A figure as people read it: ratios in per cent, amounts in the unit, coefficients as they are."""
    from solvency.result import is_amount

    if value != value:
        return ""
    if item.endswith("_ratio"):
        return ratio(value)
    return amount(value, scale) if is_amount(item) else f"{value:.10g}"


def ratio(value: float) -> str:
    """A ratio in per cent with two decimals, more where two would put it on a multiple of 5% that it is not."""
    for digits in (2, 4, 6, 8, 10):
        shown = rounded(value * 100, digits)
        if shown % 5 or abs(value * 100 - shown) < 1e-10:
            break
    return f"{shown:.{digits}f}%"


def print_result(result: Result, row: int, unit: str, lang: str) -> None:
    """The solvency position of one insurer."""
    from solvency.result import label
    from solvency.tables.spec import tables
    from solvency.tables.validate import unit_scale

    scale, zh = unit_scale(unit), lang == "zh"
    keys = result.keys.loc[row]
    scenario = "" if keys["scenario"] == "base" else f" · {keys['scenario']}"
    title = f"{keys['insurer']} · {keys['as_of']}{scenario} · {'单位' if zh else 'unit'} {unit}"
    numbers = {line.item: line.row_no for line in tables()["S01"]}
    rows, values = [], result.values(row)
    for item in SUMMARY:
        value = values.get(item, float("nan"))
        if value == value and (value or item != "capital_liability_over_limit"):
            number = numbers.get(item, "")
            rows.append(
                (number, label(item)[not zh], figure(item, value, scale), ORIGIN[result.origin(item, row)][not zh])
            )
    table(title, ("S01", "项目", "金额", "来源") if zh else ("S01", "item", "value", "origin"), rows, right=(2,))
    print_status(result, row, lang)


def print_status(result: Result, row: int, lang: str) -> None:
    zh, status = lang == "zh", result.status.loc[row]
    grade = status["grade"] or ("未知" if zh else "unknown")
    if status["grade_source"] == "own_estimate":
        grade += "（自行估计，非监管评级）" if zh else " (own estimate, not the regulator's)"
    elif not status["grade"] and status["grade_class"]:
        grade = f"{status['grade_class']} 类（自行估计）" if zh else f"class {status['grade_class']} (own estimate)"
    lines = [
        ("偿付能力达标（第八条）", "Compliant (article 8)", answer(status["compliant"])),
        ("重点核查对象（第二十三条）", "Key verification (article 23)", answer(status["key_verification"])),
        ("风险综合评级", "Grade", (grade, grade)),
    ]
    for text_zh, text_en, said in lines:
        print(f"{text_zh}：{said[0]}" if zh else f"{text_en}: {said[1]}")
    rulebook = result.rulebook(row)
    latest = rulebook.documents[-1]
    print(
        f"规则日期 {rulebook.date}，最近的文件：{latest.number}"
        if zh
        else f"Rules as of {rulebook.date}, latest document: {latest.number}"
    )


def print_many(result: Result, lang: str, most: int = 60) -> None:
    """A line per insurer."""
    zh = lang == "zh"
    rows = []
    for row in result.figures.index[:most]:
        keys, status, values = result.keys.loc[row], result.status.loc[row], result.values(row)
        rows.append(
            (
                str(keys["insurer"]),
                str(keys["as_of"]),
                str(keys["scenario"]),
                figure("core_ratio", values["core_ratio"], 1),
                figure("comprehensive_ratio", values["comprehensive_ratio"], 1),
                answer(status["compliant"])[not zh],
                str(status["grade"]),
            )
        )
    headers_zh = ("公司", "评估日", "情景", "核心充足率", "综合充足率", "达标", "评级")
    headers_en = ("insurer", "as of", "scenario", "core ratio", "comprehensive ratio", "compliant", "grade")
    table("", headers_zh if zh else headers_en, rows, right=(3, 4))
    if len(result) > most:
        say(
            f"共 {len(result)} 行，只显示前 {most} 行；用 -o 写出全部",
            f"{len(result)} rows, {most} shown; use -o for all",
            lang,
        )


def print_measures(measures: Sequence[Measure], lang: str) -> None:
    zh = lang == "zh"
    if not measures:
        print("没有触发任何监管措施。" if zh else "No measure is triggered.")
        return
    rows = []
    for measure in measures:
        text = measure.zh if zh else measure.en
        condition = measure.condition_zh if zh else measure.condition_en
        rows.append(
            (
                DUTY[measure.duty][not zh],
                WHO[measure.who][not zh],
                f"{text}（{condition}）" if condition and zh else f"{text} ({condition})" if condition else text,
                measure.fact_zh if zh else measure.fact_en,
                f"{short_document(measure.document)} {measure.article}",
            )
        )
    headers = ("", "主体", "措施", "触发事实", "依据") if zh else ("", "who", "measure", "triggered by", "article")
    table("", headers, rows, wrap=(2, 3, 4))


def print_distances(result: Result, row: int, unit: str, lang: str) -> None:
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    rows = [
        (
            line["zh"] if zh else line["en"],
            f"{float(line['threshold']):.0%}",
            figure("core_ratio", line["value"], 1),
            "" if line["points"] != line["points"] else f"{line['points']:+.2f}",
            amount(line["capital"], scale),
        )
        for line in result.distances(row).to_dict("records")
    ]
    headers_zh = ("监管线", "数值", "充足率", "距离（百分点）", f"距离（{unit}）")
    headers_en = ("line", "value", "ratio", "distance (points)", f"distance ({unit})")
    table("", headers_zh if zh else headers_en, rows, right=(1, 2, 3, 4), wrap=(0,))


def print_explanation(explanation: Explanation, unit: str, lang: str) -> None:
    """Why a figure is what it is."""
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    e = explanation
    shown = (amount(e.value, scale) if e.position_count or e.details or e.form else figure(e.item, e.value, scale)) or (
        "无" if zh else "none"
    )
    print(
        f"{e.insurer} · {e.zh if zh else e.en}（{e.item}）= {shown}"
        if zh
        else f"{e.insurer} · {e.en} ({e.item}) = {shown}"
    )
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
        table("", ("名称", "项目", f"数值（{unit}）", "来源", "位置") if zh else ("name", "item", f"value ({unit})", "origin", "place"),
              rows, right=(2,), wrap=(1,))  # fmt: skip
    for factor in e.factors:
        print(f"{factor['name']}: {factor['zh'] if zh else factor['en']}")
        print(f"  {factor['document']} {factor['article']}，{factor['effective']}" + ("起" if zh else ""))
        for text in factor_lines(factor["value"]):
            print(f"  {text}")
    if e.accounts:
        _print_accounts(e, unit, lang)
    if e.form:
        _print_form(e, unit, lang)
    if e.lines:
        _print_lines(e, lang)
    if e.positions:
        _print_positions(e, unit, lang)
    if e.details:
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
}


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


def short_document(name: str) -> str:
    """A document as people cite it: the rule by its number, the rest by document number."""
    import re

    rule = re.search(r"规则第(\d+)号", name)
    if rule:
        return f"规则第{rule.group(1)}号"
    return "管理规定" if "偿付能力管理规定" in name else name.split(" ")[0]


@contextmanager
def busy(file: Path, lang: str) -> Iterator[None]:
    """A sign of life on stderr while a large file is worked on; nothing where stderr is no terminal."""
    if not sys.stderr.isatty() or not file.is_file() or file.stat().st_size < 2_000_000:
        yield
        return
    with console(stderr=True).status(f"{'正在计算' if lang == 'zh' else 'working on'} {file.name} …"):
        yield


def tell_rejects(result: Result | SarmraResult, lang: str, most: int = 200) -> None:
    """The reasons of the rows left out, on stderr."""
    assert result.rejects is not None
    reasons = result.rejects["reasons_zh" if lang == "zh" else "reasons_en"]
    for text in reasons.iloc[:most]:
        for line in str(text).split(" | "):
            print(f"{'错误' if lang == 'zh' else 'error'}: {line}", file=sys.stderr)
    if len(reasons) > most:
        say(f"……另有 {len(reasons) - most} 行", f"… and {len(reasons) - most} more rows", lang)


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
    from solvency.result import is_amount

    if value != value:
        return ""
    if item.endswith("_ratio"):
        return f"{rounded(value * 100, 4):+.4f}"
    return f"{rounded(value / scale, 2):+,.2f}" if is_amount(item) else f"{value:+.6g}"


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
