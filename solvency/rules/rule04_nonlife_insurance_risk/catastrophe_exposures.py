"""The five perils from exposures, loss factors and excess-of-loss cover (rule 4, articles 46-53)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class
from solvency.rules.rule04_nonlife_insurance_risk.loss_factors import (
    ARTICLE,
    FACTORS,
    LossFactors,
    loss_factors,
    misplaced,
    text_of,
)
from solvency.rules.rule04_nonlife_insurance_risk.value_at_risk import Cover, domestic, estimator, overseas

EXPOSURES, COVER = "CatExposures", "CatCover"
SUB_RISK = "nonlife_catastrophe_mc"


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of one peril: where they stand in the table, which insurer of those that have the peril, which region."""

    rows: Array
    cases: Array  # (m,) the insurers
    case: Array  # of each row, among the m
    region: Array  # of each row, among the regions of the factors
    exposure: Array  # (m, regions)


def perils_from_exposures(portfolio: Portfolio) -> dict[str, Array]:
    """Capital of each peril of n cases (CNY), NaN where a case has no exposure of it; adds the charge of every row.

    A domestic row bears its part of the loss in the scenarios that the value at risk is read from, after cover, so that the rows add up;
    a row abroad bears exposure × VaR(factor), before the root of squares and cover.
    """
    _check_cover(portfolio)
    if EXPOSURES not in portfolio.tables:
        return {}
    frame = portfolio.tables[EXPOSURES]
    factors = loss_factors(portfolio)
    usable = _usable(portfolio, frame, factors)
    exposure, case = frame["exposure"].to_numpy(), frame["case"].to_numpy()
    nothing = exposure == 0  # needs no factor
    rf0 = np.where(nothing, 0.0, np.nan)
    rf = rf0.copy()
    amounts: dict[str, Array] = {}
    rulebook = portfolio.rulebook
    abroad = rulebook.correlation_labels("catastrophe_overseas.correlation")
    how, confidence = rulebook.reading("var_estimator"), rulebook.exactly().value("catastrophe.confidence")
    for peril in frame["peril"].cat.categories:
        of_peril = is_class(frame, "peril", peril)
        if not of_peril.any():
            continue
        capitals = amounts[peril] = np.full(portfolio.size, np.nan)
        capitals[case[of_peril & nothing]] = 0.0
        rows, found = np.flatnonzero(of_peril & usable), factors.get(peril)
        # an insurer with a row that cannot be used has no amount
        without = case[of_peril & ~usable & ~nothing]
        if not len(rows) or found is None:
            capitals[without] = np.nan
            continue
        own, matrix = _rows(frame, rows, found), found.matrix
        cover, of = _cover(portfolio, peril).take(own.cases), estimator(how, matrix.shape[1], confidence)
        if peril in abroad:
            capital, values = overseas(own.exposure, matrix, cover, of)
            rf0[rows] = rf[rows] = values[own.region]
        else:
            capital, events, kept = domestic(own.exposure, matrix, cover, of)
            of_row = matrix[own.region[:, None], events[own.case]]
            rf0[rows], rf[rows] = of_row @ of.weights, (of_row * kept[own.case]) @ of.weights
        capitals[own.cases] = capital
        capitals[without] = np.nan
    portfolio.charges.append(made_of(EXPOSURES, "catastrophe", frame, exposure, rf0, rf))
    return amounts


def made_of(
    sheet: str, group: str, frame: pd.DataFrame, exposure: Array, rf0: Array, rf: Array, name: str = ""
) -> Charge:
    """The charges of rows without coefficients: exposure × factor, before and after cover."""
    nothing = np.zeros(len(frame))
    made = {
        "case": frame["case"].to_numpy(), "line": frame["line"].to_numpy(), "exposure": exposure, "rf0": rf0,
        "rf0_row": np.full(len(frame), -1, np.int16), "k_before_limit": nothing, "k_inside": nothing, "k": nothing, "k_layer": nothing,
        "rf_uncapped": rf, "rf": rf, "minimum_capital": exposure * rf,
    }  # fmt: skip
    readings = ("var_estimator",) if sheet == EXPOSURES else ()
    return Charge(sheet, SUB_RISK, group, pd.DataFrame(made, index=frame.index, copy=False), name, {}, readings)


def _usable(portfolio: Portfolio, frame: pd.DataFrame, factors: Mapping[str, LossFactors | None]) -> Array:
    """Rows with a factor for their region; the others are told of."""
    wrong = misplaced(portfolio, frame)
    portfolio.report(
        EXPOSURES, wrong, "region", "region_of_peril", "境内巨灾用省级区域，境外巨灾用境外区域",
        "perils at home take provinces, those abroad regions abroad", text_of(frame, "region"), article="规则第4号第四十六条",
    )  # fmt: skip
    read = (frame["peril"].notna() & frame["region"].notna()).to_numpy() & ~np.isnan(frame["exposure"].to_numpy())
    some = read & (frame["exposure"].to_numpy() != 0)
    if FACTORS not in portfolio.tables:
        published = portfolio.rulebook.supplied(FACTORS)
        where = published[0].source if published else ""
        first = some & ~pd.Series(frame["case"].to_numpy()).where(some).duplicated().to_numpy()
        portfolio.report(
            EXPOSURES, first, "peril", "missing_factors", f"缺少表 {FACTORS}：监管发布的损失因子表，见 {where}；格式见 solvency factors {FACTORS}",
            f"table {FACTORS} is missing: the loss factors the regulator publishes, at {where}; solvency factors {FACTORS} shows its layout", article=ARTICLE,
        )  # fmt: skip
        return np.zeros(len(frame), bool)
    known, broken = np.zeros(len(frame), bool), np.zeros(len(frame), bool)
    for peril, found in factors.items():
        own = is_class(frame, "peril", peril)
        broken |= own & np.bool_(found is None)
        known |= own & is_class(frame, "region", *(found.regions if found else ()))
    portfolio.report(
        EXPOSURES, some & ~wrong & ~known & ~broken, "region", "no_factor", f"{FACTORS} 没有该类巨灾在此区域的损失因子",
        f"{FACTORS} has no loss factors of this peril for the region", text_of(frame, "region"), article=ARTICLE,
    )  # fmt: skip
    return np.asarray(read & ~wrong & known)


def _rows(frame: pd.DataFrame, rows: Array, factors: LossFactors) -> _Rows:
    """Exposures of one peril as a matrix; rows of one region add up."""
    cases, case = np.unique(frame["case"].to_numpy()[rows], return_inverse=True)
    order = np.array([factors.regions.index(r) if r in factors.regions else -1 for r in frame["region"].cat.categories])
    region = order[frame["region"].cat.codes.to_numpy()[rows]]
    size = len(factors.regions)
    exposure = np.bincount(
        case * size + region, weights=frame["exposure"].to_numpy()[rows], minlength=len(cases) * size
    )
    return _Rows(rows, cases, case, region, exposure.reshape(len(cases), size))


def _cover(portfolio: Portfolio, peril: str) -> Cover:
    """RT, OL and SH of one peril for n cases; without a programme nothing is recovered (articles 52, 53)."""
    size = portfolio.size
    retention: Array = np.full(size, np.inf)
    limit: Array = np.zeros(size)
    ceded: Array = np.zeros(size)
    if COVER in portfolio.tables:
        frame = portfolio.tables[COVER]
        own = frame[is_class(frame, "peril", peril)]
        case, limits = own["case"].to_numpy(), own["limit"].to_numpy()
        np.minimum.at(retention, case, own["retention"].to_numpy())
        limit = np.bincount(case, weights=limits, minlength=size)
        ceded = np.bincount(case, weights=limits * own["ceded_share"].to_numpy(), minlength=size)
    share = np.divide(ceded, limit, out=np.zeros(size), where=limit > 0)
    return Cover(np.where(np.isinf(retention), 0.0, retention), limit, share)


def _check_cover(portfolio: Portfolio) -> None:
    """Layers that do not stand one upon the other, and cover of a peril without exposures."""
    if COVER not in portfolio.tables:
        return
    frame = portfolio.tables[COVER]
    keys = ["case", "peril"]
    ends = frame.assign(top=frame["retention"] + frame["limit"])
    groups = ends.groupby(keys, observed=True)
    span = groups["top"].transform("max") - groups["retention"].transform("min")
    first = ~frame.duplicated(keys).to_numpy()
    apart = ~np.isclose(span, groups["limit"].transform("sum"), equal_nan=True)
    portfolio.report(
        COVER, first & apart, "retention", "layers_apart", "各层不相衔接；公式只用最低起赔点、限额之和与平均份额",
        "the layers do not join; the formula knows only the lowest attachment, the sum of limits and the mean share",
        severity="warning", article="规则第4号第五十二条",
    )  # fmt: skip
    exposed = portfolio.tables[EXPOSURES][keys] if EXPOSURES in portfolio.tables else frame[keys].iloc[:0]
    with_exposure = pd.MultiIndex.from_frame(frame[keys].astype({"peril": object})).isin(
        pd.MultiIndex.from_frame(exposed.astype({"peril": object}))
    )
    portfolio.report(
        COVER, first & ~with_exposure & frame["peril"].notna().to_numpy(), "peril", "unused_cover",
        "该类巨灾没有风险暴露，超赔再保险未使用；IR02、IR04 所填为再保险之后的金额",
        "no exposure of this peril, so the cover is not used; amounts typed in IR02 and IR04 are after cover",
        severity="warning", article="规则第4号第五十二条",
    )  # fmt: skip
