"""From an outcome to the supervisory measures and duties it triggers (regulation articles 23-30; rules 1, 10, 11, 18).

Which measure follows from which condition, and in which article, is data (`consequences` of the documents);
when a condition holds is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import DocumentError
from solvency.regulation.document import DUTIES, Consequence
from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array
from solvency.rules.ratios import RATIOS, below, thresholds
from solvency.rules.rule11_risk_rating import RISKS
from solvency.rules.rule13_liquidity_risk.facts import LIQUIDITY, not_met
from solvency.rules.rule13_liquidity_risk.liquidity import requirements
from solvency.tables.spec import line_items

Mask = npt.NDArray[np.bool_]
RISK_NAMES = {
    "risk_operational": ("操作风险", "operational risk"),
    "risk_strategic": ("战略风险", "strategic risk"),
    "risk_reputational": ("声誉风险", "reputational risk"),
    "risk_liquidity": ("流动性风险", "liquidity risk"),
}
RATIO_NAMES = {
    "core_ratio": ("核心偿付能力充足率", "core ratio"),
    "comprehensive_ratio": ("综合偿付能力充足率", "comprehensive ratio"),
}
LEVEL_NAMES = {"low": "小", "fairly_low": "较小", "fairly_high": "较大", "severe": "严重"}
_LINES = {
    "key_verification": "key_verification",
    "ratios_insufficient": "ratio_threshold",
    "ratios_insufficient_unimproved": "ratio_threshold",
    "grade_c_ratios": "ratio_threshold",
    "below_information_line": "information_line",
}


@dataclass(frozen=True)
class Measure:
    """One measure or duty triggered for one insurer, and the fact that triggered it."""

    id: str
    zh: str
    en: str
    duty: str
    who: str
    article: str
    document: str
    fact_zh: str
    fact_en: str
    condition_zh: str = ""
    condition_en: str = ""

    def to_dict(self) -> dict[str, str]:
        return {
            "id": self.id, "zh": self.zh, "en": self.en, "duty": self.duty, "who": self.who, "article": self.article,
            "document": self.document, "trigger": self.fact_en, "trigger_zh": self.fact_zh,
            "condition": self.condition_en, "condition_zh": self.condition_zh,
        }  # fmt: skip


def conditions(
    cases: pd.DataFrame,
    ratios: Mapping[str, Array],
    status: pd.DataFrame,
    rulebook: Rulebook,
    not_liquid: Mapping[str, Mask] | None = None,
) -> pd.DataFrame:
    """Which trigger conditions hold in each row: n rows of bool, a column per condition.

    status: of `risk_grade`, with the levels of the four risks. not_liquid: the requirements of rule 13 that are not met, each
    (n,), as `liquidity` finds them; each is a column too.
    `forecast_insufficient` and `stress_insufficient` hold nowhere: a result is told of them by `Result.with_outlook`.
    """
    core, comprehensive = ratios["core_ratio"], ratios["comprehensive_ratio"]
    lines = {f"{ratio}.{name.partition('.')[0]}": value for ratio, name, value in thresholds(rulebook)}

    def under(line: str) -> Mask:
        masks = [below(ratios[ratio], lines[f"{ratio}.{line}"]) for ratio in RATIOS if f"{ratio}.{line}" in lines]
        return np.logical_or.reduce(masks) if masks else np.zeros(len(cases), bool)

    failing = under("ratio_threshold")
    adequate = ~failing & ~np.isnan(core) & ~np.isnan(comprehensive)
    grade = status["effective_class"].to_numpy(dtype=object)
    c_or_d = np.isin(grade, ["C", "D", "C/D"])
    high = {risk: status[risk].isin(["fairly_high", "severe"]).to_numpy() for risk in RISKS}
    breach = cases["filing_breach"].fillna("none").ne("none").to_numpy()
    nothing = np.zeros(len(cases), bool)
    liquid = {f"{LIQUIDITY}{name}": (not_liquid or {}).get(name, nothing) for name in requirements(rulebook)}
    held = {
        "always": ~nothing,
        "key_verification": under("key_verification"),
        "ratios_insufficient": failing,
        "ratios_insufficient_unimproved": failing,
        "targeted": adequate & c_or_d,
        "filing_breach": breach,
        "auditor_fault": cases["auditor_fault"].eq("yes").to_numpy(dtype=bool, na_value=False),
        "intermediary_fault": cases["intermediary_fault"].eq("yes").to_numpy(dtype=bool, na_value=False),
        "grade_b": np.isin(grade, ["B", "C", "D", "C/D"]),
        "grade_c_ratios": failing & c_or_d,
        "grade_c_risk": c_or_d & (adequate | np.logical_or.reduce(list(high.values()))),
        **{f"grade_c_{risk.partition('_')[2]}": c_or_d & high[risk] for risk in RISKS},
        "grade_d": grade == "D",
        "below_information_line": under("information_line"),
        "forecast_insufficient": nothing,
        "stress_insufficient": nothing,
        "liquidity_abnormal": np.logical_or.reduce([nothing, *liquid.values()]),
        **liquid,
    }
    for consequence in rulebook.consequences:
        if consequence.when not in held:
            entry = f"consequences.{consequence.id}.when"
            raise DocumentError(consequence.document.file, entry, f"no such condition: {consequence.when}")
    return pd.DataFrame({name: np.asarray(mask, bool) for name, mask in held.items()})


def measure_ids(held: pd.DataFrame, rulebook: Rulebook) -> list[str]:
    """The ids of each row's measures joined by `;`, worked out once per pattern of conditions."""
    if not len(held):
        return []
    packed = np.packbits(held.to_numpy(dtype=bool), axis=1)
    patterns, inverse = np.unique(packed, axis=0, return_inverse=True)
    first = {int(p): i for i, p in reversed(list(enumerate(inverse.ravel())))}
    texts = [";".join(c.id for c in _triggered(held.iloc[first[p]], rulebook)) for p in range(len(patterns))]
    return [texts[p] for p in inverse.ravel()]


def measures_of(
    held: pd.Series, ratios: Mapping[str, float], status: pd.Series, case: pd.Series, rulebook: Rulebook
) -> list[Measure]:
    """The measures of one row with the facts that triggered them."""
    found = []
    for consequence in _triggered(held, rulebook):
        zh, en = _fact(consequence.when, ratios, status, case, rulebook, held)
        found.append(
            Measure(
                consequence.id,
                consequence.zh,
                consequence.en,
                consequence.duty,
                consequence.who,
                consequence.article,
                str(consequence.document),
                zh,
                en,
                consequence.condition_zh,
                consequence.condition_en,
            )
        )
    return found


def distances(
    ratios: Mapping[str, float], capital: Mapping[str, float], minimum: float, rulebook: Rulebook
) -> pd.DataFrame:
    """How far each ratio of one row is from each line, in points and in yuan of capital.

    Returns a row per line: `ratio`, `line` (factor name), `threshold`, `value`, `points` (percentage points, negative
    below the line), `capital` (yuan above the line; negative: what is lacking), `article`, `document`.
    """
    rows: list[dict[str, Any]] = []
    for ratio, name, threshold in thresholds(rulebook):
        factor = rulebook.factor(name)
        have = capital["core_capital" if ratio == "core_ratio" else "actual_capital"]
        rows.append(
            {"ratio": ratio, "line": name, "threshold": threshold, "value": ratios[ratio],
             "points": (ratios[ratio] - threshold) * 100, "capital": have - threshold * minimum if minimum > 0 else np.nan,
             "zh": factor.zh, "en": factor.en, "article": factor.article, "document": str(factor.document)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _triggered(held: pd.Series, rulebook: Rulebook) -> list[Consequence]:
    found = [c for c in rulebook.consequences if bool(held[c.when])]
    return sorted(found, key=lambda c: DUTIES.index(c.duty))


def _fact(
    when: str, ratios: Mapping[str, float], status: pd.Series, case: pd.Series, rulebook: Rulebook, held: pd.Series
) -> tuple[str, str]:
    """What triggered a condition, in words with figures."""
    if when in ("ratios_insufficient", "ratios_insufficient_unimproved", "key_verification", "below_information_line"):
        return _under(_LINES[when], ratios, rulebook)
    if when.startswith(("grade_", "targeted")):
        facts = [_grade_fact(status)]
        risk = "risk_" + when.removeprefix("grade_c_")
        for name in RISKS if when in ("targeted", "grade_c_risk", "grade_d") else [risk]:
            level = status.get(name)
            if level in ("fairly_high", "severe"):
                zh, en = RISK_NAMES[name]
                facts.append((f"{zh}{LEVEL_NAMES[level]}", f"{en} {level.replace('_', ' ')}"))
        if when == "grade_c_ratios":
            facts.append(_under(_LINES[when], ratios, rulebook))
        return "；".join(zh for zh, _ in facts if zh), "; ".join(en for _, en in facts if en)
    if when in ("filing_breach", "auditor_fault", "intermediary_fault"):
        row = line_items()[when]
        zh, en = row.choices[case[when]]
        return f"{row.zh}：{zh}", f"{row.en}: {en}"
    if when == "liquidity_abnormal":
        return not_met(
            [name for name in requirements(rulebook) if held[f"{LIQUIDITY}{name}"]], ratios, rulebook, percent
        )
    if when == "forecast_insufficient":
        return "基本情景预测的充足率不达标", "a ratio of the base forecast is below its requirement"
    if when == "stress_insufficient":
        return "压力情景下的充足率不达标", "a ratio under stress is below its requirement"
    return "", ""


def _under(line: str, ratios: Mapping[str, float], rulebook: Rulebook) -> tuple[str, str]:
    zh, en = [], []
    for ratio, name, threshold in thresholds(rulebook):
        if name.startswith(f"{line}.") and ratios[ratio] < threshold:
            shown = percent(ratios[ratio], threshold)
            zh.append(f"{RATIO_NAMES[ratio][0]} {shown} < {float(threshold):.0%}")
            en.append(f"{RATIO_NAMES[ratio][1]} {shown} < {float(threshold):.0%}")
    return "；".join(zh), "; ".join(en)


def percent(ratio: float, threshold: float | None = None) -> str:
    """A ratio in per cent with two decimals, more where rounding would hide which side of the line it is on."""
    for digits in (2, 4, 8, 14):
        text = f"{ratio * 100:.{digits}f}"
        if threshold is None or float(text) != threshold * 100:
            return text + "%"
    return f"{text}%−" if threshold is not None and ratio < threshold else f"{text}%"


def _grade_fact(status: pd.Series) -> tuple[str, str]:
    if status["grade_source"] == "notified":
        return f"最近通报评级 {status['notified_grade']}", f"latest notified grade {status['notified_grade']}"
    if status["effective_class"]:
        return f"自行估计类别 {status['effective_class']}", f"own estimate of the class {status['effective_class']}"
    return "", ""
