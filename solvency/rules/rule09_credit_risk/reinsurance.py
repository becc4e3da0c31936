"""Counterparty default of ceded and assumed reinsurance, netted by counterparty (rule 9, articles 22-31; 2021 notice)."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge, charge
from solvency.rules.frame import Array
from solvency.rules.netting import net_by_counterparty as net
from solvency.rules.portfolio import Portfolio, amounts
from solvency.tables.positions.spec import ChargeSpec

AGENCIES = ("sp", "moodys", "ambest", "fitch")


def net_by_counterparty(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Claims and debts of one counterparty together, not below zero (rule 9, articles 30 and 33).

    What the insurer holds itself and what each product holds are apart, as form CR07 shows them.
    """
    frame = portfolio.tables[sheet]
    parties = _codes(frame, "counterparty")
    if "product" in frame:
        parties = parties * (len(frame["product"].cat.categories) + 1) + frame["product"].cat.codes.to_numpy()
    exposure = net(frame["case"].to_numpy(), parties, amounts(frame, spec.exposure))
    made = charge(
        sheet, spec.sub_risk, spec.group, frame, portfolio.rulebook, exposure, portfolio.marks(sheet, spec.sub_risk)
    )
    return [_with_amount(made, amounts(frame, spec.exposure))]


def ceded(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Receivables and reserves from reinsurers, by the kind of cedant (articles 22-29; Hong Kong and cat bonds: 2021 notice)."""
    rulebook = portfolio.rulebook
    frame = portfolio.tables[sheet]
    group = "ceded_by_reinsurer" if portfolio.insurer_type == "reinsurer" else "ceded_by_insurer"
    frame = frame.assign(rating=reinsurer_rating(portfolio, sheet))
    # receivables, reserves and modified coinsurance are three exposures: one does not lower another
    kinds = _codes(frame, "counterparty") * (len(frame["kind"].cat.categories) + 1) + frame["kind"].cat.codes.to_numpy()
    exposure = net(frame["case"].to_numpy(), kinds, amounts(frame, "amount"))
    made = charge(sheet, spec.sub_risk, group, frame, rulebook, exposure, portfolio.marks(sheet, spec.sub_risk))
    return [_with_amount(made, amounts(frame, "amount"))]


def reinsurer_rating(portfolio: Portfolio, sheet: str) -> pd.Categorical:
    """The lowest rating of the agencies on the published scale; none within a year counts as the lowest (article 29)."""
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    scale = rulebook.members("rating_scale")
    classes = list(rulebook.classes["rating"])
    below = classes.index("below_bbb")
    # a grade of the scale that is no class of its own is below the last that is
    class_of = np.array([classes.index(grade) if grade in classes[:below] else below for grade in scale])
    worst = np.full(len(frame), -1)
    for agency in AGENCIES:
        column = f"rating_{agency}"
        if column not in frame:
            continue
        members = rulebook.members(f"rating_scale.{agency}")
        grades = _grades(members)
        # as typed, where a letter's case tells two marks apart; otherwise in any case
        places = [grades.get(name, grades.get(name.lower(), -1)) for name in map(_mark, frame[column].cat.categories)]
        found = np.array([*(class_of[place] if place >= 0 else -1 for place in places), -1])
        codes = frame[column].cat.codes.to_numpy()
        unknown = np.array([*(place < 0 for place in places), False])[codes]
        portfolio.report(
            sheet, unknown, column, "not_allowed", "不是该评级机构的级别", "is no grade of this agency", frame[column].to_numpy(),
            allowed="、".join(members), allowed_en=", ".join(members), article="规则第9号第二十九条",
        )  # fmt: skip
        worst = np.maximum(worst, found[codes])
    worst = np.where(portfolio.stale(sheet, "rating.stale_months", "rating_date") | (worst < 0), below, worst)
    return pd.Categorical.from_codes(np.asarray(worst, np.int64), categories=pd.Index(classes, dtype=object))


def _grades(members: tuple[str, ...]) -> dict[str, int]:
    """Grade -> its place, as printed and in small letters; of a mark that stands for several places the lower.

    A.M. Best prints two marks for one place, in capitals (financial strength) and in small letters (issuer): A+ is not a+.
    """
    small: dict[str, int] = {}
    printed: dict[str, int] = {}
    for place, member in enumerate(members):
        for mark in {member, *member.split("/")}:
            printed[mark] = place
            small[mark.lower()] = place
    return {**small, **printed}


def _mark(text: str) -> str:
    """A grade without blanks, its full-width signs as plain ones."""
    return unicodedata.normalize("NFKC", text).replace(" ", "")


def _codes(frame: pd.DataFrame, column: str) -> Array:
    """A code per counterparty; a row without one stands alone."""
    codes = frame[column].cat.codes.to_numpy().astype(np.int64)
    return np.where(codes >= 0, codes, len(frame[column].cat.categories) + np.arange(len(frame)))


def _with_amount(made: Charge, amount: Array) -> Charge:
    return Charge(
        made.sheet,
        made.sub_risk,
        made.group,
        made.frame.assign(amount=amount),
        made.rf0,
        made.coefficients,
        made.readings,
    )
