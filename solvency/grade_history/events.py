"""What took effect or ceased between two quarters: rules of the law, levels, lines that a ratio crosses, grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.grade_history.quarters import Quarters
from solvency.rules.frame import Array
from solvency.rules.ratios import thresholds
from solvency.rules.rule11_risk_rating.grade import RULES
from solvency.rules.rule11_risk_rating.scheme import RISKS

if TYPE_CHECKING:
    from solvency.result import Result

EVENTS = ["insurer", "as_of", "since", "event", "item", "zh", "en", "before", "after", "article"]


def events_of(at: Quarters, results: Sequence[Result], frame: pd.DataFrame) -> pd.DataFrame:
    """What took effect or ceased between a row and the row before."""
    from solvency.result import label

    found: list[pd.DataFrame] = []
    then = np.maximum(at.before, 0)

    def changed(event: str, item: str, names: tuple[str, str], now: Array, where: Array, article: Any) -> None:
        rows = np.flatnonzero(where & (at.before >= 0))
        articles = np.full(len(frame), article, dtype=object) if isinstance(article, str) else article
        found.append(
            pd.DataFrame(
                {"insurer": frame["insurer"].to_numpy()[rows], "as_of": frame["as_of"].to_numpy()[rows],
                 "since": frame["as_of"].to_numpy()[then[rows]], "event": event, "item": item, "zh": names[0], "en": names[1], "before": now[then[rows]].astype(object),
                 "after": now[rows].astype(object), "article": articles[rows]}
            )
        )  # fmt: skip

    rule, names = frame["grade_rule"].to_numpy(dtype=object), ("类别的依据", "Rule that decides the class")
    articles = pd.Series(rule).map({name: article for name, (_, _, article) in RULES.items()}).to_numpy(dtype=object)
    changed("rule", "grade_rule", names, rule, rule != rule[then], articles)
    for risk in RISKS:
        level = frame[risk].to_numpy(dtype=object)
        changed("level", risk, label(risk), level, level != level[then], "规则第11号第十九条")
    for event, item, names in (
        ("notified", "notified_grade", ("监管通报评级", "Notified grade")), ("own", "own_grade", ("自行估计的评级", "Own estimate of the grade")),
    ):  # fmt: skip
        grade = frame[item].to_numpy(dtype=object)
        changed(
            event,
            item,
            names,
            grade,
            grade != grade[then],
            "规则第11号第二十八条" if event == "notified" else "规则第11号第十九条",
        )
    for name, names, ratio, line, article in _lines(at, results):
        value = frame[ratio].to_numpy(float)
        crossed = ((value < line) & (value[then] >= line)) | ((value >= line) & (value[then] < line))
        changed("line", name, names, value, crossed, article)
    whole: pd.DataFrame = pd.concat(found, ignore_index=True)
    return whole.sort_values(["insurer", "as_of"], kind="stable", ignore_index=True)[EVENTS]


def _lines(at: Quarters, results: Sequence[Result]) -> list[tuple[str, tuple[str, str], str, Array, Array]]:
    """Every line a ratio is measured against: its factor with its names, the ratio, its value and article under the rules of each row."""
    found: dict[str, tuple[tuple[str, str], str, Array, Array]] = {}
    size = len(at.row)
    for place, result in enumerate(results):
        for number, rulebook in enumerate(result.rulebooks):
            rows = result.rule_of.index[result.rule_of == number]
            own = (at.source == place) & np.isin(at.row, rows)
            for ratio, name, value in thresholds(rulebook):
                factor = rulebook.factor(name)
                blank = (factor.zh, factor.en), ratio, np.full(size, np.nan), np.full(size, "", dtype=object)
                _, _, line, article = found.setdefault(name, blank)
                line[own], article[own] = float(value), factor.citation
    return [(name, *each) for name, each in found.items()]


def event_text(event: Mapping[str, Any]) -> tuple[str, str]:
    """An event in words, in Chinese and English."""
    from solvency.rules.supervision import RATIO_NAMES
    from solvency.tables.spec import line_items

    kind, before, after, article = (event[name] for name in ("event", "before", "after", "article"))
    if kind == "line":
        zh, en = RATIO_NAMES["core_ratio" if event["item"].endswith(".core") else "comprehensive_ratio"]
        down = after < before
        moved = f"{before:.2%} → {after:.2%}（{article}）", f"{before:.2%} → {after:.2%} ({article})"
        return (
            f"{zh}{'跌破' if down else '升至不低于'}{event['zh']}：{moved[0]}",
            f"{en} {'falls below' if down else 'is no longer below'} “{event['en']}”: {moved[1]}",
        )
    if kind == "rule":
        (zh, en, _), (old_zh, old_en, _) = RULES[after], RULES[before]
        return f"类别的依据：{old_zh} → {zh}（{article}）", f"rule that decides the class: {old_en} → {en} ({article})"
    names = {**(line_items()[event["item"]].choices if kind == "level" else {}), "": ("无", "none")}
    (zh, en), (old_zh, old_en) = (names.get(name, (name, name)) for name in (after, before))
    return f"{event['zh']}：{old_zh} → {zh}", f"{event['en']}: {old_en} → {en}"
