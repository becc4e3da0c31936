"""Class and grade as far as the law itself decides them (rule 11, article 19; regulation, articles 8, 22, 23).

The scoring of indicators and the scale from score to grade are not public; only a scheme the user supplies turns
a class into one of the eight grades.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.ratios import below
from solvency.rules.rule11_risk_rating.rating import Rating
from solvency.rules.rule11_risk_rating.scheme import LEVELS, RISKS, SCORES
from solvency.tables.spec import line_items
from solvency.tables.validate import Problems

CLASS_OF = {"AAA": "A", "AA": "A", "A": "A", "BBB": "B", "BB": "B", "B": "B", "C": "C", "D": "D"}
# which rule decided the class: its words and its article
RULES: Mapping[str, tuple[str, str, str]] = {
    "severe_risk": ("四类难以资本化风险中有一类或几类严重，为D类", "one or more of the four risks is severe: class D", "规则第11号第十九条（四）"),
    "ratios_failing": ("充足率不达标，为C类或D类", "a ratio is below its requirement: class C or D", "规则第11号第十九条（三）、（四）"),
    "ratios_failing_by_score": ("充足率不达标，C类或D类由评分方案的得分决定", "a ratio is below its requirement; the score decides between C and D", "规则第11号第十九条（三）、（四）"),
    "high_risk": ("充足率达标，四类风险中有一类或几类较大，为C类", "adequate ratios, one or more of the four risks fairly high: class C", "规则第11号第十九条（三）"),
    "high_risk_open": ("有一类或几类风险较大，其他风险未评，为C类或D类", "a risk is fairly high and others are not rated: class C or D", "规则第11号第十九条（三）、（四）"),
    "all_low": ("充足率达标，四类风险都小，为A类", "adequate ratios and all four risks low: class A", "规则第11号第十九条（一）"),
    "fairly_low": ("充足率达标，四类风险小或较小，为B类", "adequate ratios, the four risks low or fairly low: class B", "规则第11号第十九条（二）"),
    "by_score": ("充足率达标，四类风险小或较小，A类或B类由评分方案的得分决定", "adequate ratios, risks low or fairly low; the score decides between A and B", "规则第11号第十九条（一）、（二）"),
    "": ("充足率或四类风险的情况不全，类别未定", "not all ratios and risks are known, so the class is open", "规则第11号第十九条"),
}  # fmt: skip


def risk_grade(
    cases: pd.DataFrame, ratios: Mapping[str, Array], rulebook: Rulebook, rating: Rating | None, problems: Problems
) -> pd.DataFrame:
    """The class and grade of each row (rule 11, articles 19, 20; regulation, article 22).

    cases: n rows with the four risks as typed and `notified_grade`. ratios: `core_ratio`, `comprehensive_ratio`, (n,). rating: of a scheme.
    Returns n rows: `grade_class` (A-D, C/D or empty: the insurer's own estimate by law), `grade_rule` (which of RULES decided it),
    `own_grade` (one of eight where law or scheme decide, C/D, or empty), `grade` and `grade_source` (`notified` before `own_estimate`),
    `effective_class` (the class measures follow: the notified one, but at least C or D by law where a ratio fails),
    `score`, and the level of each of the four risks. A typed level beside another one of the scheme is an error.
    """
    core, comprehensive = ratios["core_ratio"], ratios["comprehensive_ratio"]
    failing = below(core, rulebook.value("ratio_threshold.core")) | below(
        comprehensive, rulebook.value("ratio_threshold.comprehensive")
    )
    known_ratio = ~np.isnan(core) & ~np.isnan(comprehensive)
    levels = _levels(cases, rating, problems)
    worst, rated = levels.max(axis=1), np.asarray((levels >= 0).all(axis=1))
    by_scale = np.full(len(cases), "", dtype=object) if rating is None else rating.by_scale
    scaled = _class_of(by_scale)
    rule = _rule(worst, rated, failing, known_ratio)
    grade_class = pd.Series(rule).map(_CLASS).to_numpy(dtype=object)
    if rulebook.reading("grade_mixed") == "by_score":
        mixed = np.isin(grade_class, ["A", "B"]) & np.isin(scaled, ["A", "B"])
        grade_class, rule = np.where(mixed, scaled, grade_class), np.where(mixed, "by_score", rule)
    if rulebook.reading("grade_failing") == "by_score":
        decided = (rule == "ratios_failing") & np.isin(scaled, ["C", "D"])
        grade_class, rule = np.where(decided, scaled, grade_class), np.where(decided, "ratios_failing_by_score", rule)
    own = np.where(np.isin(grade_class, ["C", "D", "C/D"]), grade_class, np.where(scaled == grade_class, by_scale, ""))
    notified = cases["notified_grade"].fillna("").to_numpy(dtype=object)
    use_own = (notified == "") | (failing & ~np.isin(notified, ["C", "D"]))
    grade = np.where(use_own, own, notified)
    classes = _class_of(notified)
    source = np.where(grade == "", "", np.where(use_own, "own_estimate", "notified"))
    names = np.array([*LEVELS, ""], dtype=object)
    return pd.DataFrame(
        {"grade_class": grade_class, "grade_rule": rule, "own_grade": own, "grade": grade, "grade_source": source,
         "effective_class": np.where(use_own, grade_class, classes),
         "score": np.full(len(cases), np.nan) if rating is None else rating.scores["score"], "notified_grade": notified,
         **{risk: names[levels[:, place]] for place, risk in enumerate(RISKS)}}
    )  # fmt: skip


_CLASS = {
    "severe_risk": "D", "ratios_failing": "C/D", "high_risk": "C", "high_risk_open": "C/D", "all_low": "A", "fairly_low": "B", "": "",
}  # fmt: skip


def _class_of(grades: Array) -> Array:
    """The class of each grade, "" where there is none."""
    return pd.Series(grades, dtype=object).map(CLASS_OF).fillna("").to_numpy(dtype=object)


def _rule(worst: Array, rated: Mask, failing: Mask, known_ratio: Mask) -> Array:
    """Which rule of article 19 decides, the stronger ones first."""
    high = worst == LEVELS.index("fairly_high")
    decided = [
        (worst == LEVELS.index("severe"), "severe_risk"),
        (failing, "ratios_failing"),
        (known_ratio & rated & high, "high_risk"),
        (known_ratio & high, "high_risk_open"),  # with a risk still unrated it may yet be D
        (known_ratio & rated & (worst == LEVELS.index("low")), "all_low"),
        (known_ratio & rated, "fairly_low"),
    ]
    return np.select([mask for mask, _ in decided], [name for _, name in decided], default="").astype(object)


def _levels(cases: pd.DataFrame, rating: Rating | None, problems: Problems) -> Array:
    """Numbers of LEVELS of the four risks, (n, 4), -1 unknown: what the scheme gives, else what was typed; both must agree."""
    order = {level: place for place, level in enumerate(LEVELS)}
    typed = np.column_stack([cases[risk].map(order).fillna(-1).to_numpy(dtype=int) for risk in RISKS])
    if rating is None:
        return typed
    computed = rating.levels
    apart = (typed >= 0) & (computed >= 0) & (typed != computed)
    for row, place in np.argwhere(apart):
        item = line_items()[RISKS[place]]
        (zh, en), (own_zh, own_en) = (item.choices[LEVELS[which[row, place]]] for which in (typed, computed))
        score = rating.scores[SCORES[item.item]][row]
        problems.add(
            int(row), item.item, "disagree", f"所填{item.zh}等级与评分方案 {rating.scheme.file} 得出的不一致",
            f"{item.en}: the level typed and the one of the scheme {rating.scheme.file} differ",
            found=f"{zh} ({en.lower()}) ≠ {own_zh} ({own_en.lower()}), {score:.10g}", allowed="一致，或将所填等级留空",
            allowed_en="the same, or leave the typed level blank", article="规则第11号第十九、二十二条",
        )  # fmt: skip
    return np.where(computed >= 0, computed, typed)


def compliance(status: pd.DataFrame, ratios: Mapping[str, Array], rulebook: Rulebook) -> tuple[Array, Array]:
    """Article 8 (three-valued: True, False, None) and key verification of article 23 (True, False, None).

    Compliance uses the latest notified grade; without one it is unknown unless a ratio already fails.
    """
    core, comprehensive = ratios["core_ratio"], ratios["comprehensive_ratio"]
    unknown = np.isnan(core) | np.isnan(comprehensive)
    failing = below(core, rulebook.value("ratio_threshold.core")) | below(
        comprehensive, rulebook.value("ratio_threshold.comprehensive")
    )
    notified = status["notified_grade"].to_numpy(dtype=object)
    good = np.isin(notified, rulebook.members("compliant_grade"))
    compliant = np.full(len(status), None, dtype=object)
    compliant[failing | (~unknown & (notified != "") & ~good)] = False
    compliant[~failing & ~unknown & good] = True
    key = below(core, rulebook.value("key_verification.core")) | below(
        comprehensive, rulebook.value("key_verification.comprehensive")
    )
    verification = np.full(len(status), None, dtype=object)
    verification[key] = True
    verification[~key & ~unknown] = False
    return compliant, verification
