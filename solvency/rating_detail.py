"""The grade and the scores of a scheme explained: indicators, points, weights, and which rule of the law decided."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from solvency.errors import UsageError
from solvency.rules.rule11_risk_rating.grade import RULES
from solvency.rules.rule11_risk_rating.indicator_values import TABLE
from solvency.rules.rule11_risk_rating.scheme import CAPITAL, LEVELS, RISKS, SCORES, SIDES, TOTAL

if TYPE_CHECKING:
    from solvency.result import Explanation, Result
    from solvency.rules.rule11_risk_rating import Rating
    from solvency.rules.rule11_risk_rating.indicator_values import Values

GRADE = "grade"
READINGS = ("grade_mixed", "grade_failing")
EXPLAINED = (GRADE, TOTAL, *SCORES.values())
SIDE_NAMES = {
    CAPITAL: ("可资本化风险", "Capital side"),
    RISKS[0]: ("操作风险", "Operational risk"),
    RISKS[1]: ("战略风险", "Strategic risk"),
    RISKS[2]: ("声誉风险", "Reputational risk"),
    RISKS[3]: ("流动性风险", "Liquidity risk"),
}
OWN = ("自行估计，非监管评级", "own estimate, not the regulator's")
NO_SCHEME = ("评级得分需要评分方案（--scheme）", "a score needs a scoring scheme (--scheme)")


def explain_rating(result: Result, item: str, row: int) -> Explanation:
    """The grade of one row (`grade`), its score or one of the five scores below it, with the indicators behind them.

    Raises UsageError for a score without a scheme.
    """
    rated = rating_of(result, row)
    if item == GRADE:
        found = _grade(result, row)
        return replace(found, indicators=tuple(_lines(result, rated, row, None)) if rated else ())
    if rated is None:
        raise UsageError(*NO_SCHEME)
    rating, _ = rated
    found = result.explain(item, row)
    side = next((side for side, name in SCORES.items() if name == item), None)
    said = [(f"{OWN[0]}；{rating.scheme.label[0]}", f"{OWN[1]}; {rating.scheme.label[1]}")]
    if item == TOTAL:
        said += [_by_law(result, row), *_by_scheme(rated, result.status.loc[row])]
    if side in RISKS:
        said.append(_level(result, rated, row, side))
    return replace(found, indicators=tuple(_lines(result, rated, row, side)), said=tuple(said))


def rating_of(result: Result, row: int) -> tuple[Rating, int] | None:
    """The scores a row stands among, and its place there; None without a scheme."""
    for rows, rating in result.ratings:
        where = np.flatnonzero(rows == row)
        if len(where):
            return rating, int(where[0])
    return None


def _grade(result: Result, row: int) -> Explanation:
    """The grade in words: the notified one, the law, the score."""
    from solvency.result import Explanation

    status, case = result.status.loc[row], result.cases.loc[row]
    rated = rating_of(result, row)
    said: list[tuple[str, str]] = []
    if status["notified_grade"]:
        quarter = case["notified_grade_quarter"]
        of = (f"（{quarter}）", f" ({quarter})") if quarter else ("", "")
        said.append(
            (
                f"监管通报的最近评级：{status['notified_grade']}{of[0]}",
                f"latest grade notified by the regulator: {status['notified_grade']}{of[1]}",
            )
        )
    said.append(_by_law(result, row))
    said += [_level(result, rated, row, risk) for risk in RISKS]
    said += _ratios(result, row)
    if rated is not None:
        said += _by_scheme(rated, status)
    grade = str(status["grade"] or status["grade_class"])
    own = status["grade_source"] == "own_estimate" or not status["grade"]
    text = ("未知", "unknown")
    if grade:
        kind = ("类", "class ") if own and not status["grade"] else ("", "")
        source = OWN if own else ("监管通报", "notified by the regulator")
        text = (f"{grade}{kind[0]}（{source[0]}）", f"{kind[1]}{grade} ({source[1]})")
    return Explanation(
        GRADE, "风险综合评级", "Integrated risk rating", float("nan"), "given" if not own else "computed" if grade else "absent", "",
        "", "", RULES[str(status["grade_rule"])][2], (), (), result.reading_lines(READINGS, row), str(case["insurer"]), str(result.rulebook(row).date), text=text, said=tuple(said),
    )  # fmt: skip


def _by_law(result: Result, row: int) -> tuple[str, str]:
    """The rule of article 19 that decides the class."""
    zh, en, article = RULES[str(result.status.at[row, "grade_rule"])]
    return f"公司自行估计的依据：{zh}（{article}）", f"own estimate by the law: {en} ({article})"


def _level(result: Result, rated: tuple[Rating, int] | None, row: int, risk: str) -> tuple[str, str]:
    """The level of a risk and where it comes from."""
    from solvency.tables.spec import line_items

    level, (zh, en) = str(result.status.at[row, risk]), SIDE_NAMES[risk]
    if not level:
        return f"{zh}：未评", f"{en}: not rated"
    names = line_items()[risk].choices[level]
    source = ("填报", "given")
    if rated is not None and rated[0].levels[rated[1], RISKS.index(risk)] >= 0:
        score = float(rated[0].scores[SCORES[risk]][rated[1]])
        interval = next(i for i, name in rated[0].scheme.level_scale if LEVELS.index(name) == LEVELS.index(level))
        source = (f"方案得分 {score:.10g}，在 {interval} 内", f"score {score:.10g} of the scheme, in {interval}")
    return f"{zh}：{names[0]}（{source[0]}）", f"{en}: {names[1].lower()} ({source[1]})"


def _ratios(result: Result, row: int) -> list[tuple[str, str]]:
    """Both ratios against what they must be."""
    from solvency.result import label
    from solvency.rules.ratios import thresholds
    from solvency.rules.supervision import percent

    found = []
    for ratio, name, line in thresholds(result.rulebook(row)):
        if name.startswith("ratio_threshold"):
            value, (zh, en) = float(result.figures[ratio].loc[row]), label(ratio)
            if value != value:
                found.append((f"{zh}：不可得", f"{en}: not available"))
                continue
            sign = "<" if value < line else "≥"
            shown = f"{percent(value, line)} {sign} {float(line):.0%}"
            found.append((f"{zh}：{shown}", f"{en}: {shown}"))
    return found


def _by_scheme(rated: tuple[Rating, int], status: Any) -> list[tuple[str, str]]:
    """What the score says beside the law."""
    rating, place = rated
    score, grade = float(rating.scores[TOTAL][place]), str(rating.by_scale[place])
    zh, en = rating.scheme.label
    if score != score:
        return [(f"{zh}：没有得分", f"{en}: no score")]
    found = [
        (f"{zh}：得分 {score:.10g}，对应 {grade or '无'}", f"{en}: score {score:.10g}, which is {grade or 'no grade'}")
    ]
    if grade and not status["own_grade"] and status["grade_class"]:
        found.append(
            (f"得分对应的 {grade} 不属于依条文确定的 {status['grade_class']} 类，不给出细分评级",
             f"{grade} of the score is not of class {status['grade_class']} that the law gives, so no grade within the class is claimed")
        )  # fmt: skip
    elif grade and status["own_grade"] and grade != status["own_grade"]:
        found.append((f"条文在先：{grade} 不适用", f"the law stands before the score: {grade} does not apply"))
    return found


def _lines(result: Result, rated: tuple[Rating, int], row: int, side: str | None) -> list[dict[str, Any]]:
    """A line per indicator, those of one side with their share in its score, else with that in the total and a line per side above."""
    rating, place = rated
    found: list[dict[str, Any]] = []
    for name in [side] if side else SIDES:
        columns = [i for i, indicator in enumerate(rating.indicators) if indicator.side == name]
        whole = float(rating.shares[place, columns].sum())
        by = whole if side and whole else 1.0
        if side is None:
            score = float(rating.scores[SCORES[name]][place])
            zh, en = SIDE_NAMES[name]
            found.append(
                _line(
                    name,
                    ("", ""),
                    zh,
                    en,
                    points=score,
                    weight=whole,
                    weighted=float(rating.contributions[place, columns].sum()),
                )
            )
        found += [_indicator(result, rating, place, row, i, by) for i in columns]
    return found


def _line(row: str, part: tuple[str, str], zh: str, en: str, **numbers: Any) -> dict[str, Any]:
    blank = {
        "value": "",
        "value_en": "",
        "points": float("nan"),
        "weight": float("nan"),
        "weighted": float("nan"),
        "source_zh": "",
        "source_en": "",
    }
    return {"row": row, "part_zh": part[0], "part_en": part[1], "zh": zh, "en": en, **blank, **numbers}


def _indicator(result: Result, rating: Rating, place: int, row: int, column: int, by: float) -> dict[str, Any]:
    each = rating.values[column]
    indicator = each.indicator
    zh, en = _source(result, each, place, row)
    parts = result.rulebook(row).classes["operational_risk_part"]
    part = (parts[indicator.part].zh, parts[indicator.part].en) if indicator.part else ("", "")
    shown, shown_en = shown_value(each, place)
    return _line(
        indicator.id, part, indicator.zh, indicator.en, value=shown, value_en=shown_en, points=float(rating.points[place, column]),
        weight=float(rating.shares[place, column]) / by, weighted=float(rating.contributions[place, column]) / by,
        source_zh=zh, source_en=en,
    )  # fmt: skip


def shown_value(each: Values, place: int) -> tuple[str, str]:
    """The value of an indicator as people read it, in Chinese and English: a number, a choice, or nothing."""
    value = float(each.values[place])
    if value != value:
        return "", ""
    if each.indicator.choices:
        choice = each.indicator.choices[int(value)]
        return choice.zh or choice.name, choice.en or choice.name
    text = six_digits(value)
    return text, text


def six_digits(value: float) -> str:
    """A value, points or a score to six digits, of an amount to the whole; never as a power of ten."""
    return f"{value:.0f}" if abs(value) >= 1e6 else f"{Decimal(f'{value:.6g}'):f}"


def _source(result: Result, each: Values, place: int, row: int) -> tuple[str, str]:
    """Where the value of an indicator comes from, or what its absence means."""
    indicator = each.indicator
    if not each.known[place]:
        if each.indicator.missing == "leave_out":
            return "缺失，权重由其余指标分担", "missing; its weight goes to the others"
        if not isinstance(indicator.missing, str):
            return "缺失，按方案给分", "missing; points by the scheme"
        return "缺失", "missing"
    line = int(each.line[place])
    if line >= 0:
        for rows, charged in result.charged:
            if row in rows:
                at = charged.positions.place(TABLE, line, "choice" if indicator.choices else "value")
                where = f"{at['sheet']}!{at['cell']}" if at.get("cell") else f"{at['sheet']} {at.get('row', '')}"
                return where, where
    if indicator.change:
        before = float(each.before[place])
        then = six_digits(before)
        return f"{indicator.figure} 较上季度 {then}", f"{indicator.figure} against {then} last quarter"
    return indicator.figure, indicator.figure
