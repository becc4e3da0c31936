"""The loss factors of annex 2 as they were read: a matrix of regions × scenarios for each peril (rule 4, articles 46-51)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class

FACTORS = "CatFactors"
ARTICLE = "银保监发〔2021〕52号附件2"


@dataclass(frozen=True, eq=False)
class LossFactors:
    """The factors of one peril: regions by name, (regions, scenarios)."""

    regions: tuple[str, ...]
    matrix: Array


def loss_factors(portfolio: Portfolio) -> dict[str, LossFactors | None]:
    """The factors of each peril of the table; None for one with a problem, which has been told of.

    Each scenario of a peril has one factor for every region of that peril; a region is at home or abroad as its peril is.
    """
    if FACTORS not in portfolio.tables:
        return {}
    frame = portfolio.tables[FACTORS]
    wrong = misplaced(portfolio, frame)
    portfolio.report(
        FACTORS, wrong, "region", "region_of_peril", "境内巨灾用省级区域，境外巨灾用境外区域", "perils at home take provinces, those abroad regions abroad",
        text_of(frame, "region"), article="规则第4号第四十六条",
    )  # fmt: skip
    perils = frame["peril"].cat
    usable = ~wrong & (frame["region"].cat.codes.to_numpy() >= 0) & (frame["event"].cat.codes.to_numpy() >= 0)
    found: dict[str, LossFactors | None] = {}
    for code, peril in enumerate(perils.categories):
        own = perils.codes.to_numpy() == code
        if own.any():
            found[str(peril)] = _matrix(portfolio, frame, np.flatnonzero(own)) if usable[own].all() else None
    return found


def _matrix(portfolio: Portfolio, frame: pd.DataFrame, rows: Array) -> LossFactors | None:
    regions, region = np.unique(frame["region"].cat.codes.to_numpy()[rows], return_inverse=True)
    events, event = np.unique(frame["event"].cat.codes.to_numpy()[rows], return_inverse=True)
    place = region * len(events) + event
    count = np.bincount(place, minlength=len(regions) * len(events))
    if (count > 1).any():
        first = np.zeros(len(rows), bool)
        first[np.unique(place, return_index=True)[1]] = True
        _flag(portfolio, rows[~first], "doubled", "同一情景和区域有两个因子", "a scenario has two factors for a region")
        return None
    names = frame["region"].cat.categories
    if (count == 0).any():
        lacking = count.reshape(len(regions), len(events)) == 0
        # told of at the first row of each scenario that lacks some
        at = np.unique(event, return_index=True)[1][lacking.any(axis=0)]
        which = [str(names[regions[i]]) for i in lacking.argmax(axis=0)[lacking.any(axis=0)]]
        _flag(
            portfolio, rows[at], "incomplete", "情景缺少部分区域的因子；未受影响的请填 0",
            "the scenario lacks the factor of a region; type 0 where it does no harm", which,
        )  # fmt: skip
        return None
    matrix = np.empty(len(place))
    matrix[place] = frame["factor"].to_numpy()[rows]
    return LossFactors(tuple(str(names[code]) for code in regions), matrix.reshape(len(regions), len(events)))


def _flag(portfolio: Portfolio, rows: Array, code: str, zh: str, en: str, found: list[str] | None = None) -> None:
    mask = np.zeros(len(portfolio.tables[FACTORS]), bool)
    mask[rows] = True
    shown = None
    if found is not None:
        shown = np.full(len(mask), "", dtype=object)
        shown[rows] = found
    portfolio.report(FACTORS, mask, "region", code, zh, en, shown, article=ARTICLE)


def misplaced(portfolio: Portfolio, frame: pd.DataFrame) -> Array:
    """Rows whose region is not one of their peril's: at home, or abroad (article 46)."""
    abroad = is_class(frame, "region", *portfolio.rulebook.members("catastrophe.overseas_region"))
    overseas = is_class(frame, "peril", *portfolio.rulebook.correlation_labels("catastrophe_overseas.correlation"))
    known = (frame["region"].notna() & frame["peril"].notna()).to_numpy()
    return np.asarray(known & (abroad != overseas))


def text_of(frame: pd.DataFrame, column: str) -> Array:
    """A column of classes as texts."""
    return frame[column].astype(object).to_numpy()
