"""The table SARMRA: every item once, its results, what cannot stand together; then the scores of the parts (annex 5)."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule12_sarmra.catalogue import ASPECTS, Catalogue
from solvency.rules.rule12_sarmra.insurer_class import CLASS_1
from solvency.rules.rule12_sarmra.scores import PartScores, part_scores
from solvency.tables.positions.spec import position_tables

ITEMS = "SARMRA"
MOST_NAMED = 10  # missing items named in one message


def item_scores(portfolio: Portfolio, catalogue: Catalogue, classes: Array) -> tuple[PartScores, Mask]:
    """Scores of the parts, and which cases have every item exactly once with results that go together."""
    frame = portfolio.tables[ITEMS]
    case = frame["case"].to_numpy()
    item, sound = _items(portfolio, catalogue)
    results = np.column_stack([result_codes(frame[aspect], catalogue) for aspect in ASPECTS])
    sound &= (results >= 0).all(axis=1)
    sound &= ~_excluded(portfolio, catalogue, results)
    points = frame["points"].to_numpy()
    standard = np.array([float(entry.points) for entry in catalogue.items])[item]
    other = (item >= 0) & ~np.isnan(points) & (points != standard)
    portfolio.report(
        ITEMS, other, "points", "disagree", "标准分值与附件5不一致", "the standard score is not that of annex 5", points,
        article="银保监发〔2021〕52号附件5",
    )  # fmt: skip
    good = sound & ~other
    place = case * len(catalogue.items) + item
    counts = np.bincount(place[item >= 0], minlength=portfolio.size * len(catalogue.items))
    counts = counts.reshape(portfolio.size, len(catalogue.items))
    twice = np.zeros(len(frame), bool)
    twice[item >= 0] = pd.Series(place[item >= 0]).duplicated().to_numpy()
    portfolio.report(
        ITEMS, twice, "item", "duplicate", "项目重复", "the item stands twice", frame["item"].astype(object).to_numpy()
    )
    present = np.bincount(case, minlength=portfolio.size) > 0
    _tell_missing(portfolio, catalogue, counts, present)
    scores = part_scores(case[good], item[good], results[good], portfolio.size, catalogue)
    known = present & (counts == 1).all(axis=1) & (np.bincount(case[~good], minlength=portfolio.size) == 0)
    _tell_empty(portfolio, scores, known)
    _tell_unusual(portfolio, catalogue, item, results, classes)
    return scores, known & scores.known


def _items(portfolio: Portfolio, catalogue: Catalogue) -> tuple[Array, Mask]:
    """The place of each row's item in the catalogue, -1 for one that is not of the form; and which are."""
    column = portfolio.tables[ITEMS]["item"]
    names = [str(name) for name in column.cat.categories]
    places = places_of(column, catalogue)
    unknown = (places < 0) & column.notna().to_numpy()
    for code in np.unique(column.cat.codes.to_numpy()[unknown]):
        near = get_close_matches(names[code], catalogue.place, n=1)
        hint, hint_en = (f"，是否为 {near[0]}？", f"; is it {near[0]}?") if near else ("", "")
        portfolio.report(
            ITEMS, column.cat.codes.to_numpy() == code, "item", "unknown_item", f"附件5没有这一评估项目{hint}", f"annex 5 has no such item{hint_en}",
            column.astype(object).to_numpy(), allowed="foundation-1.1", article="银保监发〔2021〕52号附件5",
        )  # fmt: skip
    return places, places >= 0


def places_of(column: pd.Series, catalogue: Catalogue) -> Array:
    """The place of each item in the catalogue, -1 for one that is not there."""
    known = [catalogue.place.get(str(name), -1) for name in column.cat.categories]
    return np.array([*known, -1])[column.cat.codes.to_numpy()]


def result_codes(column: pd.Series, catalogue: Catalogue) -> Array:
    """Results as codes of the catalogue, -1 for blank."""
    order = {result: code for code, result in enumerate(catalogue.results)}
    return np.array([*(order[str(name)] for name in column.cat.categories), -1])[column.cat.codes.to_numpy()]


def _excluded(portfolio: Portfolio, catalogue: Catalogue, results: Array) -> Mask:
    """Rows whose two results cannot stand together (annex 5, note 4 and the formulas of the forms)."""
    order = {result: code for code, result in enumerate(catalogue.results)}
    pairs = np.zeros((len(order) + 1, len(order) + 1), bool)  # the last row and column: blank
    for pair in portfolio.rulebook.members("sarmra.excluded_pairs"):
        soundness, _, effectiveness = pair.partition("/")
        pairs[order[soundness], order[effectiveness]] = True
    wrong = pairs[results[:, 0], results[:, 1]]
    shown = np.array([labels(portfolio)[name][0] for name in catalogue.results] + [""], dtype=object)
    portfolio.report(
        ITEMS, wrong, "effectiveness", "excluded_pair", "遵循有效性与制度健全性的评估结果不能并存",
        "the results of effectiveness and of soundness cannot stand together",
        shown[results[:, 0]] + " / " + shown[results[:, 1]], article="银保监发〔2021〕52号附件5评估说明四",
    )  # fmt: skip
    return np.asarray(wrong)


def labels(portfolio: Portfolio) -> dict[str, tuple[str, str]]:
    """The names of the results: key -> (Chinese, English)."""
    return position_tables()[ITEMS].column(ASPECTS[0]).allowed(portfolio.rulebook)


def _tell_missing(portfolio: Portfolio, catalogue: Catalogue, counts: Array, present: Mask) -> None:
    lacking = present & (counts == 0).any(axis=1)
    for case in np.flatnonzero(lacking):
        missing = [catalogue.items[place].id for place in np.flatnonzero(counts[case] == 0)]
        more = "…" if len(missing) > MOST_NAMED else ""
        named = "、".join(missing[:MOST_NAMED]) + more
        portfolio.problems.add_at(
            int(case), {"sheet": ITEMS, "item": f"{ITEMS}.item"}, "missing_item", f"缺少 {len(missing)} 个评估项目：{named}",
            f"{len(missing)} items are missing: {', '.join(missing[:MOST_NAMED])}{more}", allowed="没有此项业务的选“不适用”",
            allowed_en="not applicable where there is no such business", article="规则第12号第一百零七条",
        )  # fmt: skip


def _tell_empty(portfolio: Portfolio, scores: PartScores, known: Mask) -> None:
    """A part of which nothing applies has no score: the form would divide by zero."""
    for case, part in np.argwhere((scores.score < 0) & known[:, None]):
        zh, en = portfolio.rulebook.names("sarmra.part")[list(scores.catalogue.parts)[part]]
        portfolio.problems.add_at(
            int(case), {"sheet": ITEMS, "item": f"{ITEMS}.soundness"}, "empty_part", f"“{zh}”全部项目不适用，无法得出该部分得分",
            f"no item of part “{en}” applies, so it has no score", article="银保监发〔2021〕52号附件5评估说明五",
        )  # fmt: skip


def _tell_unusual(portfolio: Portfolio, catalogue: Catalogue, item: Array, results: Array, classes: Array) -> None:
    """Not applicable where the text applies to the insurer, and the reverse."""
    frame, rulebook = portfolio.tables[ITEMS], portfolio.rulebook
    case, last = frame["case"].to_numpy(), len(catalogue.shares)
    unused = (results == last).any(axis=1)

    def among(factor: str) -> Mask:
        places = [catalogue.place[name] for name in rulebook.members(factor)]
        return np.asarray(np.isin(item, places))

    portfolio.report(
        ITEMS, among("sarmra.class_1_items") & unused & (classes[case] == CLASS_1), "soundness", "class_1_item",
        "该项目适用于 I 类保险公司，却评为不适用", "the item applies to class I insurers, yet is marked not applicable", severity="warning",
        article=rulebook.factor("sarmra.class_1_items").citation,
    )  # fmt: skip
    if portfolio.insurer_type == "reinsurer":
        portfolio.report(
            ITEMS, among("sarmra.direct_insurer_items") & (results[:, 0] != last), "soundness", "direct_insurer_item",
            "该项目只对财产险公司和人身险公司提出要求", "the item is for direct insurers only", severity="warning",
            article=rulebook.factor("sarmra.direct_insurer_items").citation,
        )  # fmt: skip
