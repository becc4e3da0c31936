"""Equity price risk of listed shares, long-term equity and index futures (rule 8, chapter 3; notices of 2023 and 2025)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solvency.rules.charge import Charge, Marks, charge, coefficients, factor_of
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.rules.rule08_market_risk.hedges import futures_charge, report_unhedged
from solvency.tables.positions.spec import ChargeSpec

SHARES = ("MR01", "MR02")
HEDGED, FUTURES = "MR02", "MR10"
INDEX, BOARD = "listed_equity.index_factor", "listed_equity.board_factor"


def gain_coefficient(portfolio: Portfolio, sheet: str) -> tuple[Array, Array]:
    """k1 of listed shares: the weighted gain x of all directly held shares of each case (rule 8, article 26).

    Returns n values and x: 1 from a gain of 100% on, x² for a gain, −x² for a loss, 0 without shares. The problems of the shares
    of `sheet` are reported: a cost that is missing, and costs that add up to nothing, against which there is no gain.
    """
    book, cost = np.zeros(portfolio.size), np.zeros(portfolio.size)
    for name in SHARES:
        if name not in portfolio.tables:
            continue
        frame, direct = portfolio.tables[name], portfolio.direct(name)
        case = frame["case"].to_numpy()
        book += portfolio.sum_by_case(np.where(direct, frame["book_value"].to_numpy(), 0.0), case)
        cost += portfolio.sum_by_case(np.where(direct, amounts(frame, "cost"), 0.0), case)
    frame, direct = portfolio.tables[sheet], portfolio.direct(sheet)
    blank = direct & np.isnan(frame["cost"].to_numpy())
    portfolio.report(
        sheet, blank, "cost", "missing", "直接持有的股票缺少购买成本", "a directly held share has no purchase cost",
        article="规则第8号第二十六条",
    )  # fmt: skip
    undefined = ((book > 0) & (cost <= 0))[frame["case"].to_numpy()]
    portfolio.report(
        sheet, direct & ~blank & undefined, "cost", "no_cost", "直接持有股票的购买成本合计不大于零，无法确定涨跌幅",
        "the shares held directly cost nothing altogether, so there is no gain to find", frame["cost"].to_numpy(),
        article="规则第8号第二十六条",
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(cost > 0, (book - cost) / cost, 0.0)
    return np.where(x >= 1, 1.0, np.sign(x) * x * x), x


def listed_equity(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Listed ordinary shares (rule 8, article 26; 2023 notice, item 6; 2025 notice, items 1 and 2)."""
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    gain, x = gain_coefficient(portfolio, sheet)
    if portfolio.size == 1:
        gain, x = np.full(len(frame), gain[0]), x[0]
    else:
        gain, x = gain[frame["case"].to_numpy()], x[frame["case"].to_numpy()]
    if rulebook.reading("k1_looked_through") == "zero":
        gain = np.where(portfolio.direct(sheet), gain, 0.0)
    if sheet == HEDGED:
        report_unhedged(portfolio, sheet, FUTURES)
    located, rf0 = factor_of(rulebook, f"{spec.group}.rf0", frame)
    target, which = notice_factor(portfolio, sheet)
    own = coefficients(rulebook, spec.group, frame)
    inside, outside = {"k_gain": (gain, ""), **own.inside}, dict(own.outside)
    readings: tuple[str, ...] = ("k_beyond_cap",)
    if target is not None:
        reading = rulebook.reading("listed_share_notice_factor")
        named = which > 0
        if reading != "replaces_base_keeps_index" and "k_index" in inside:
            inside["k_index"] = (np.where(named, 0.0, inside["k_index"][0]), inside["k_index"][1])
        if reading == "coefficient":
            outside["k_of_notice"] = (np.where(named, target / rf0 - 1, 0.0), INDEX)
        else:
            rf0 = np.where(named, target, rf0)
        readings = (*readings, "listed_share_notice_factor", "index_or_board", "low_vol_100", "holding_time_unit")
    whole = portfolio.marks(sheet, spec.sub_risk).beside(Marks(0.0, inside, outside))
    exposure = frame[spec.exposure].to_numpy()
    made = charge(
        sheet, spec.sub_risk, spec.group, frame, rulebook, exposure, whole, rf0=f"{spec.group}.rf0",
        located=located, rf0_values=rf0, coefficients_of="", readings=(*readings, "k1_looked_through"),
    )  # fmt: skip
    made.frame["gain"] = np.where(gain != 0, x, 0.0)
    if "k_of_notice" in made.frame:  # it is k2 that the notice sets anew
        k = made.frame.pop("k_of_notice").to_numpy() + made.frame["k_index"].to_numpy()
        made.frame["k_index"] = k
        names = {column: factor for column, factor in made.coefficients.items() if column != "k_of_notice"}
        made = replace(made, coefficients=names, by_row={"k_index": (which, (f"{spec.group}.k_index", INDEX, BOARD))})
    return [made]


def notice_factor(portfolio: Portfolio, sheet: str) -> tuple[Array | None, Array]:
    """The risk factor a notice names for each share, NaN for none, None while no notice does; and by which of
    (none, index, board) it was found."""
    rulebook = portfolio.rulebook
    if not rulebook.has(INDEX):
        return None, np.zeros(0, np.int8)
    frame = portfolio.tables[sheet]
    (index_row, by_index), (board_row, by_board) = (factor_of(rulebook, name, frame) for name in (INDEX, BOARD))
    of_index, of_board = index_row >= 0, board_row >= 0
    if rulebook.reading("index_or_board") == "index":
        take_index = of_index
    else:
        take_index, of_board = is_class(frame, "board", "main"), of_board & ~is_class(frame, "board", "main")
        of_index &= take_index
    which = np.where(of_index, np.int8(1), 2 * of_board.astype(np.int8))
    return np.where(take_index, by_index, by_board), which


def long_term_equity(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Subsidiaries, joint ventures and associates (rule 8, article 28; for those abroad article 49)."""
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    located, rf0 = factor_of(rulebook, "long_term_equity.rf0", frame)
    affiliate = is_class(frame, "relation", "joint_venture", "associate")
    listed = is_class(frame, "listed", "yes")
    if rulebook.reading("associate_in_index") == "index_factor" and rulebook.has(INDEX):
        of_today = frame[["csi300"]].assign(index_holding_years=0.0) if "csi300" in frame else frame
        in_index = factor_of(rulebook, INDEX, of_today)[1]
        rf0 = np.where(affiliate & listed & ~np.isnan(in_index), in_index, rf0)
    if rulebook.reading("strategic_industry_scope") == "yes" and "strategic" in frame:
        strategic = is_class(frame, "strategic", "strategic_industry") & affiliate & ~listed
        rf0 = np.where(strategic, factor_of(rulebook, "unlisted_equity.rf0", frame)[1], rf0)
    made = charge(
        sheet, spec.sub_risk, spec.group, frame, rulebook, frame[spec.exposure].to_numpy(), portfolio.marks(sheet, spec.sub_risk),
        rf0="long_term_equity.rf0", located=located, rf0_values=rf0,
        readings=("associate_in_index", "strategic_industry_scope"),
    )  # fmt: skip
    return [made]


def index_futures(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Index futures: hedging a group of shares, or alone (rule 8, article 35)."""
    rulebook = portfolio.rulebook
    frame = portfolio.tables[sheet]
    rf = np.full(len(frame), rulebook.value(f"{spec.group}.rf0"))
    hedged = [c for c in portfolio.charges if c.sheet == HEDGED and c.sub_risk == spec.sub_risk]
    return [futures_charge(portfolio, sheet, spec, frame, rf, hedged)]
