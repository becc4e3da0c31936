"""Rule 12 on the tables SARMRA and SARMRACompany: scores, the cap of article 119, the class of the insurer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.rule12_sarmra.catalogue import Catalogue
from solvency.rules.rule12_sarmra.company import COMPANY, circumstances_of, classes_of, company_rows
from solvency.rules.rule12_sarmra.items import ITEMS, item_scores
from solvency.rules.rule12_sarmra.scores import PartScores, capped_score


@dataclass(frozen=True, eq=False)
class Assessment:
    """The assessment of n insurers.

    scores: by part. known: whether every item of an insurer has its result. circumstances: article 119, name -> n flags.
    score, before_cap: the absolute score S1, NaN where it is not known. insurer_class: 1, 2, or 0 where it is open.
    by_regulator: whether the regulator assessed it; what an insurer says of itself is not used for capital.
    """

    scores: PartScores
    known: Mask
    circumstances: Mapping[str, Mask]
    score: Array
    before_cap: Array
    insurer_class: Array
    by_regulator: Mask


def absolute_score(portfolio: Portfolio) -> Array:
    """S1 of n cases from the assessed items where the regulator assessed them, NaN elsewhere (notice of 2021, item 一（十一）).

    Adds the form `SARMRA` to the portfolio: a row per part, then the total.
    """
    if ITEMS not in portfolio.tables:
        return np.full(portfolio.size, np.nan)
    found = assess(portfolio)
    portfolio.forms[ITEMS] = score_form(found, portfolio)
    own = found.known & ~found.by_regulator
    for case in np.flatnonzero(own):
        portfolio.problems.add_at(
            int(case), {"sheet": COMPANY, "item": f"{COMPANY}.assessed_by"}, "self_assessment", "自评估结果不用于计量控制风险最低资本",
            "a self-assessment is not used for control-risk capital", severity="warning",
            article="银保监发〔2021〕52号一（十一）；规则第12号第一百一十条",
        )  # fmt: skip
    return np.where(found.by_regulator, found.score, np.nan)


def assess(portfolio: Portfolio) -> Assessment:
    """Scores, cap and class of every case; problems are collected and leave a case without a score."""
    rulebook, size = portfolio.rulebook, portfolio.size
    catalogue = Catalogue.of(rulebook)
    company = company_rows(portfolio)
    classes = classes_of(portfolio, company)
    scores, known = item_scores(portfolio, catalogue, classes)
    circumstances = circumstances_of(portfolio, company, scores)
    scale = catalogue.score_scale
    capped = np.any(list(circumstances.values()), axis=0)
    known &= company["typed"].to_numpy()
    score = capped_score(scores.total, capped, rulebook.exactly().value("sarmra.cap"), scale)
    return Assessment(
        scores, known, circumstances, np.where(known, score, np.nan), np.where(known, scores.total / scale, np.nan), classes,
        is_class(company, "assessed_by", "regulator") if size else np.zeros(0, bool),
    )  # fmt: skip


def score_form(found: Assessment, portfolio: Portfolio) -> pd.DataFrame:
    """Scores of the cases with an assessment: a row per part, then the total before and after article 119.

    Columns: `case`, `row` (of the summary of annex 5), `zh`, `en`, `article`, `score` (out of 100 after the adjustment),
    `weight`, `weighted`.
    """
    catalogue = found.scores.catalogue
    cases, count = np.flatnonzero(found.known), len(catalogue.parts)
    names = portfolio.rulebook.names("sarmra.part")
    rows = [*catalogue.parts, "before_cap", "total"]
    zh = [*(names[part][0] for part in catalogue.parts), "绝对分（重大事项调整前）", "绝对分 S1"]
    en = [*(names[part][1] for part in catalogue.parts), "Absolute score before article 119", "Absolute score S1"]
    articles = [*["附件5评分结果汇总表"] * count, "附件5评分结果汇总表", "规则第12号第一百一十九条"]
    score = np.column_stack([found.scores.score[cases] / catalogue.part_scale, np.full((len(cases), 2), np.nan)])
    weighted = np.column_stack(
        [found.scores.weighted[cases] / catalogue.score_scale, found.before_cap[cases], found.score[cases]]
    )
    weight = [*map(float, catalogue.parts.values()), np.nan, np.nan]

    def each(values: list[str]) -> pd.Categorical:
        codes, names = pd.factorize(np.array(values, dtype=object))
        found: pd.Categorical = pd.Categorical.from_codes(np.tile(codes, len(cases)), categories=pd.Index(names))
        return found

    return pd.DataFrame(
        {"case": np.repeat(cases, len(rows)), "row": each(rows), "zh": each(zh), "en": each(en), "article": each(articles),
         "score": score.ravel(), "weight": np.tile(weight, len(cases)), "weighted": weighted.ravel()}
    )  # fmt: skip
