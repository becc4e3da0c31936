"""The discount curve of annex 1 that each measurement unit takes, from the table LifeCurve (rule 3, article 19)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.discount_curve import reserve_discount_curves
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, codes_in

CURVE = "LifeCurve"
ARTICLE = "银保监发〔2021〕52号附件1"


def curve_of_unit(
    portfolio: Portfolio, sheets: tuple[str, str], flows: pd.DataFrame, units: pd.DataFrame, with_flows: Array
) -> tuple[Array, Array]:
    """Which discount curve each unit takes, -1 for none, and the curves (n_curves, years); what is missing is reported.

    sheets: of the units and of their flows. with_flows: which units have flows, and so need a kind of business.
    """
    observed, of_case = _observed(portfolio)
    without = of_case[flows["case"].to_numpy()] == NO_CURVE
    if without.any():
        without &= ~flows["case"].duplicated().to_numpy()
    portfolio.report(
        sheets[1], without, "", "missing_curve", "现金流需要国债收益率曲线（LifeCurve 表）",
        "cash flows need a treasury curve (table LifeCurve)", article=f"{ARTICLE}一",
    )  # fmt: skip
    ultimate_from = int(portfolio.rulebook.value("reserve_curve.ultimate_from"))
    longest = int(np.ceil(np.nanmax(flows["year"].to_numpy(), initial=0.0))) + 1
    curves = reserve_discount_curves(observed, portfolio.rulebook, years=max(longest, ultimate_from))
    kinds = codes_in(units["product_class"], tuple(curves))
    portfolio.report(
        sheets[0], with_flows & (kinds < 0), "product_class", "missing", "缺少业务类型，无法确定综合溢价",
        "the kind of business is missing, so no spread can be found", article=f"{ARTICLE}三（一）",
    )  # fmt: skip
    case = of_case[units["case"].to_numpy()]
    return np.where((kinds >= 0) & (case >= 0), kinds.astype(np.int64) * len(observed) + case, -1), np.concatenate(
        list(curves.values())
    )


NO_CURVE, WRONG_CURVE = -2, -1


def _observed(portfolio: Portfolio) -> tuple[Array, Array]:
    """Observed rates (n_curves, years) and which of them each case takes: `NO_CURVE`, or `WRONG_CURVE`, which was told of. Read once."""
    if CURVE not in portfolio.kept:
        portfolio.kept[CURVE] = _read(portfolio)
    found: tuple[Array, Array] = portfolio.kept[CURVE]
    return found


def _read(portfolio: Portfolio) -> tuple[Array, Array]:
    years = int(portfolio.rulebook.value("reserve_curve.ultimate_from")) - 1
    observed = np.full((portfolio.size, years), np.nan)
    with_curve = np.zeros(portfolio.size, bool)
    bad = np.zeros(portfolio.size, bool)
    if CURVE in portfolio.tables:
        frame = portfolio.tables[CURVE]
        case, term, rate = (frame[name].to_numpy() for name in ("case", "term", "spot_rate"))
        with_curve[case] = True
        twice = frame.duplicated(["case", "term"]).to_numpy()
        percent = np.abs(rate) >= 1
        for rows, column, zh, en in (
            (twice, "term", "期限重复", "the term stands twice"),
            (percent, "spot_rate", "收益率须为比率，例如 0.025 表示 2.5%", "a rate must be a ratio; 2.5% is written 0.025"),
        ):  # fmt: skip
            portfolio.report(CURVE, rows, column, "curve", zh, en, frame[column].to_numpy(), article=f"{ARTICLE}一")
            bad[case[rows]] = True
        used = (term >= 1) & (term <= years) & (term == np.floor(term))
        observed[case[used], term[used].astype(np.int64) - 1] = rate[used]
        lacking = np.isnan(observed)
        short = with_curve & lacking.any(axis=1)
        first = ~frame["case"].duplicated().to_numpy() & short[case]
        absent = np.full(len(frame), "", dtype=object)
        absent[first] = [", ".join(f"{t + 1}" for t in np.flatnonzero(lacking[c])) for c in case[first]]
        portfolio.report(
            CURVE, first, "term", "curve", "缺少这些年度的国债收益率；过渡曲线也要用到，不作外推",
            "no treasury rate for these years; the transition needs them too, and none is extrapolated", absent if first.any() else None,
            article=f"{ARTICLE}一",
        )  # fmt: skip
        bad |= short
    good = with_curve & ~bad
    of_case = np.where(with_curve, WRONG_CURVE, NO_CURVE)
    of_case[good] = np.arange(int(good.sum()))
    return observed[good], of_case
