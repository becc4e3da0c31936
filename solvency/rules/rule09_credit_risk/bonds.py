"""Spread risk of domestic bonds, with credit protection (rule 9, articles 5, 8, 11-17)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge, charge, driver_columns, factor_of
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.rules.rule08_market_risk.interest_rate import bond_interest
from solvency.tables.positions.spec import ChargeSpec

RATINGS = ("rating", "rating_second", "rating_third")
PROTECTION = {"protection_rating", "protected_value", "protection_value"}


def bonds(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Spread charge of a table of bonds, and the interest-rate charge of the same rows for non-life business."""
    portfolio.positions.tables[sheet] = prepared(portfolio, sheet)
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    frame = frame.assign(
        rating=named_rating(portfolio, frame["rating"], "below_bbb", "unrated"),
        protection_rating=named_rating(portfolio, frame["protection_rating"], "below_bbb", "unrated"),
    )
    exempt = is_class(frame, "bond_type", *rulebook.members("spread.exempt"))
    made = []
    if not exempt.all():
        used = (
            driver_columns(rulebook, spec.group, "protection.crm_spread") | PROTECTION | {"case", "line", spec.exposure}
        )
        part = frame[[column for column in frame if column in used]][~exempt]
        spread = charge(
            sheet, spec.sub_risk, spec.group, part, rulebook, part[spec.exposure].to_numpy(),
            portfolio.marks(sheet, spec.sub_risk, ~exempt),
        )  # fmt: skip
        made.append(_protected(portfolio, sheet, spec, part, spread))
    return made + bond_interest(portfolio, sheet)


def prepared(portfolio: Portfolio, sheet: str) -> pd.DataFrame:
    """The bonds with the lowest of their ratings (article 5 (2))."""
    frame = portfolio.tables[sheet]
    return frame.assign(rating=lowest_rating(frame))


def named_rating(portfolio: Portfolio, rating: pd.Series, absent: str, instead: str) -> pd.Series:
    """Ratings with a class that a table does not name put in its worst one, under the reading that does so."""
    if portfolio.rulebook.reading("rating_not_named") != "worst_class":
        return rating
    names = list(rating.cat.categories)
    if absent not in names or instead not in names:
        return rating
    codes = rating.cat.codes.to_numpy()
    moved = np.where(codes == names.index(absent), names.index(instead), codes)
    return pd.Series(
        pd.Categorical.from_codes(np.asarray(moved, np.int64), categories=rating.cat.categories), index=rating.index
    )


def lowest_rating(frame: pd.DataFrame, columns: tuple[str, ...] = RATINGS) -> pd.Categorical:
    """The lowest of several ratings; the classes of a rating go from the best to unrated, which another rating replaces."""
    categories = frame[columns[0]].cat.categories
    codes = np.array([frame[column].cat.codes.to_numpy() for column in columns if column in frame])
    if not (codes[1:] >= 0).any():
        return pd.Categorical.from_codes(codes[0], categories=categories)  # of one agency only
    unrated = len(categories) - 1
    rated = np.where(codes == unrated, -1, codes).max(axis=0)
    lowest = np.where(rated >= 0, rated, np.where((codes == unrated).any(axis=0), unrated, -1))
    return pd.Categorical.from_codes(np.asarray(lowest, np.int64), categories=categories)


def _protected(portfolio: Portfolio, sheet: str, spec: ChargeSpec, frame: pd.DataFrame, made: Charge) -> Charge:
    """With a protection tool: EX_A at the factor after protection and EX_B at the one before (article 8)."""
    held, tool = amounts(frame, "protected_value"), amounts(frame, "protection_value")
    rated = frame["protection_rating"].cat.codes.to_numpy() >= 0
    covered = (held > 0) | (tool > 0) | rated
    if not covered.any():
        return made
    rulebook, whole = portfolio.rulebook, np.zeros(len(portfolio.tables[sheet]), bool)
    for column, wrong, zh, en in (
        ("protected_value", covered & frame["protected_value"].isna().to_numpy(), "缺少受保护部分的风险暴露", "the exposure under protection is missing"),
        ("protection_rating", covered & ~rated, "缺少保护工具创设机构评级", "the issuer of the protection has no rating"),
        ("protected_value", held > np.maximum(frame[spec.exposure].to_numpy(), 0), "受保护部分大于资产的风险暴露", "the protected part exceeds the exposure"),
    ):  # fmt: skip
        rows = whole.copy()
        rows[frame.index[wrong]] = True
        portfolio.report(sheet, rows, column, "protection", zh, en, article="规则第9号第八条")
    own = frame["rating"].cat.codes.to_numpy()
    other = frame["protection_rating"].cat.codes.to_numpy()
    better = np.where(covered & (other >= 0) & (own >= 0), np.minimum(own, other), own)
    after = frame.assign(
        rating=pd.Categorical.from_codes(np.asarray(better, np.int64), categories=frame["rating"].cat.categories)
    )
    then = charge(
        sheet,
        spec.sub_risk,
        spec.group,
        after,
        rulebook,
        frame[spec.exposure].to_numpy(),
        portfolio.marks(sheet, spec.sub_risk, _mask(frame, whole)),
    )
    crm = np.nan_to_num(factor_of(rulebook, "protection.crm_spread", frame)[1])
    exposure = made.frame["exposure"].to_numpy()
    ex_a = crm * held + tool
    ex_b = (1 - crm) * held + exposure - held
    rf, rf_after = made.frame["rf"].to_numpy(), then.frame["rf"].to_numpy()
    mc = np.where(covered, ex_a * rf_after + ex_b * rf, made.frame["minimum_capital"].to_numpy())
    return Charge(
        made.sheet, made.sub_risk, made.group,
        made.frame.assign(protection_crm=np.where(covered, crm, 0.0), ex_a=np.where(covered, ex_a, np.nan), ex_b=np.where(covered, ex_b, np.nan), rf_protected=np.where(covered, rf_after, rf), minimum_capital=mc),
        made.rf0, {**made.coefficients, "protection_crm": "protection.crm_spread"}, made.readings,
    )  # fmt: skip


def _mask(frame: pd.DataFrame, none: Array) -> Array:
    rows = none.copy()
    rows[frame.index] = True
    return rows
