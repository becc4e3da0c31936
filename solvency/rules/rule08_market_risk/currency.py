"""Currency risk: assets and liabilities of a currency netted, hedges apart (rule 8, articles 55-59)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge, factor_of
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.tables.positions.spec import ChargeSpec

ASSETS = ("liquidity", "fixed_income", "equity", "derivatives", "real_estate", "other_assets")
SEVERAL = "other"  # the one group whose currencies are not netted together (article 57)
GROUP_OF = {"USD": "usd_or_pegged", "EUR": "euro", "GBP": "sterling"}
HOME = ("CNY", "RMB", "人民币")


def currency(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """The currency charge: |net| × factor of each currency, of each effective hedge and of each other forward.

    The exposure of a currency is shown on its rows in proportion to what each adds to the net.
    """
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    located, rf0 = factor_of(rulebook, f"{spec.group}.rf0", frame)
    net = sum((amounts(frame, column) for column in ASSETS), start=np.zeros(len(frame))) - amounts(frame, "liabilities")
    notional = np.abs(amounts(frame, "forward_notional"))
    hedged, forward = (
        is_class(frame, "fx_treatment", "effective_hedge"),
        is_class(frame, "fx_treatment", "ineffective_forward"),
    )
    portfolio.report(
        sheet, hedged & np.isnan(frame["effectiveness"].to_numpy()), "effectiveness", "missing", "有效套保须填套期有效性",
        "an effective hedge needs its effectiveness", article="规则第8号第五十八条",
    )  # fmt: skip
    portfolio.report(
        sheet, (hedged | forward) & (notional == 0), "forward_notional", "missing", "填了套保的行须填外汇远期合约名义价值",
        "a row with a hedge needs the notional of its forward", article="规则第8号第五十八条",
    )  # fmt: skip
    portfolio.report(
        sheet, ~hedged & ~forward & (notional > 0), "fx_treatment", "currency_hedge", "填了远期合约的行须说明套保是否有效",
        "a row with a forward says whether the hedge is effective", article="规则第8号第五十八条",
    )  # fmt: skip
    code = frame["currency"].astype(object).str.upper().to_numpy()
    _one_group(portfolio, sheet, frame, code)
    named = frame["currency_group"].astype(object).to_numpy()
    code = np.where(pd.isna(named) | (named == SEVERAL), code, named)
    keys = [frame["case"].to_numpy(), code]
    if rulebook.reading("fx_look_through") == "apart":
        keys.append(frame["held"].cat.codes.to_numpy())
    group = pd.factorize(pd.MultiIndex.from_arrays(keys))[0]
    # assets hedged weigh against the forward whatever the side of either
    total = np.bincount(group, weights=np.where(hedged, 0.0, net))
    sign = np.sign(total)[group]
    # rows against the net lower it; a forward whose hedge is not effective stands beside what it was to hedge
    exposure = np.where(
        hedged,
        np.abs(np.abs(net) - notional * amounts(frame, "effectiveness")),
        net * sign + np.where(forward, notional, 0.0),
    )
    result = {
        "case": frame["case"].to_numpy(), "line": frame["line"].to_numpy(), "exposure": exposure, "rf0": rf0, "rf0_row": located,
        "rf": rf0, "net_of_currency": np.abs(total)[group], "minimum_capital": exposure * rf0,
    }  # fmt: skip
    return [
        Charge(
            sheet,
            spec.sub_risk,
            spec.group,
            pd.DataFrame(result, index=frame.index),
            f"{spec.group}.rf0",
            {},
            ("fx_look_through",),
        )
    ]


def _one_group(portfolio: Portfolio, sheet: str, frame: pd.DataFrame, code: Array) -> None:
    """A currency stands in one group of article 57, and is not the yuan."""
    portfolio.report(
        sheet, np.isin(code, HOME), "currency", "home_currency", "人民币项目不计量汇率风险", "the yuan bears no currency risk", code,
        article="规则第8号第五十六条",
    )  # fmt: skip
    own, stated = pd.Series(code).map(GROUP_OF), frame["currency_group"].astype(object).reset_index(drop=True)
    wrong = (own.notna() & stated.notna() & (own != stated)).to_numpy()
    portfolio.report(
        sheet, wrong, "currency_group", "currency_group", "币种组与币种不符", "this currency belongs to another group", code,
        article="规则第8号第五十七条",
    )  # fmt: skip
    groups = pd.DataFrame({"case": frame["case"], "code": code, "group": frame["currency_group"].cat.codes})
    several = groups.groupby(["case", "code"])["group"].transform("nunique").to_numpy() > 1
    portfolio.report(
        sheet, several, "currency_group", "currency_group", "同一币种填了不同的币种组", "one currency stands in several groups", code,
        article="规则第8号第五十七条",
    )  # fmt: skip
