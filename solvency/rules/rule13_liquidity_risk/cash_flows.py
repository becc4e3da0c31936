"""The cash-flow test, table LR1: lines, totals, short-term financing net, and what the stress scenarios leave out (rule 13, annex 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule01_actual_capital.statements import disagree, tell
from solvency.rules.rule13_liquidity_risk.forms import Form, absent, missing, read_form, remark
from solvency.rules.rule13_liquidity_risk.sums import Sum, beside
from solvency.tables.positions.spec import position_tables

SHEET = "LR1"
YEAR_TO_DATE = "year_to_date"
SCENARIOS: Mapping[str, tuple[str, str]] = {
    "base": ("基本情景", "base scenario"),
    "mandatory": ("必测压力情景", "mandatory stress scenario"),
    "own": ("自测压力情景", "own stress scenario"),
}
STRESS = ("mandatory", "own")
# the two directions, their total, and of each section the subtotal and its lines
FLOWS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cash_inflow": {
        "operating_inflow": ("premiums_received", "reinsurance_received", "policyholder_deposits", "other_operating_received"),
        "investing_inflow": ("investments_recovered", "subsidiaries_sold", "fixed_assets_sold", "other_investing_received"),
        "financing_inflow": ("capital_raised", "short_term_received", "other_financing_received"),
    },
    "cash_outflow": {
        "operating_outflow": ("claims_paid", "commissions_paid", "staff_paid", "taxes_paid", "other_operating_paid"),
        "investing_outflow": (
            "investments_paid", "policy_loans", "subsidiaries_acquired", "fixed_assets_acquired", "other_investing_paid",
        ),
        "financing_outflow": ("dividends_paid", "debt_repaid", "short_term_paid", "other_financing_paid"),
    },
}  # fmt: skip
RECOVERED = ("principal_received", "interest_received", "assets_sold")
SHORT_TERM = ("short_term_received", "short_term_paid")
NETS: Mapping[str, tuple[str, str]] = {
    "operating_net": ("operating_inflow", "operating_outflow"),
    "investing_net": ("investing_inflow", "investing_outflow"),
    "financing_net": ("financing_inflow", "financing_outflow"),
    "net_cash_flow": ("cash_inflow", "cash_outflow"),
}
# lines whose inflows a stress scenario leaves out: code, why, article
LEFT_OUT = {
    **dict.fromkeys(
        ("assets_sold", "subsidiaries_sold", "fixed_assets_sold"),
        ("sale_under_stress", "压力情景不应考虑为改善现金流而出售资产；已有交收合约的除外，请核对",
         "a stress scenario leaves out assets sold to improve cash flow; check that a contract is signed", "规则第13号附件1七（二）"),
    ),
    "capital_raised": (
        "capital_under_stress", "压力情景不应考虑股东增资、发行资本补充债及其他资本工具的现金流入，请核对",
        "a stress scenario leaves out capital paid in and capital instruments issued; check this inflow", "规则第13号附件1七（三）1",
    ),
}  # fmt: skip
# lines whose outflows count under stress only where they are owed (annex 1, part 七（二）)
OWED = ("investments_paid", "subsidiaries_acquired", "fixed_assets_acquired", "other_investing_paid")


@lru_cache(maxsize=1)
def place_of_lines() -> dict[str, int]:
    """The place of every item of the form."""
    return {row.item: place for place, row in enumerate(position_tables()[SHEET].rows)}


@lru_cache(maxsize=1)
def columns() -> tuple[str, ...]:
    """The columns of amounts: year to date, then the quarters of each scenario."""
    return tuple(column.id for column in position_tables()[SHEET].columns if column.kind == "amount")


def quarters(scenario: str) -> list[int]:
    """The places of a scenario's quarters among the columns."""
    return [place for place, column in enumerate(columns()) if column.rpartition("_")[0] == scenario]


def settled(lines: Array) -> Array:
    """The form with its totals (annex 1, form 1). lines: (rows of the form, …), CNY, NaN for blank; the same shape comes back.

    Short-term financing stands net, as an increase or a decrease. A line that is blank throughout is left out of the
    forecast (annex 1, 五（二）), so beside filled ones of its section it is zero; a subtotal without any of its lines is the one that was given.
    """
    at, found = place_of_lines(), lines.copy()
    received, paid = (lines[at[item]] for item in SHORT_TERM)
    net = np.nan_to_num(received) - np.nan_to_num(paid)
    for item, amount in zip(SHORT_TERM, (net, -net), strict=True):
        found[at[item]] = np.where((amount > 0) | ~np.isnan(lines[at[item]]), np.maximum(amount, 0.0), np.nan)
    whole = at["investments_recovered"]
    found[whole] = np.where(np.isnan(lines[whole]), _sum(lines[[at[item] for item in RECOVERED]]), lines[whole])
    for total, sections in FLOWS.items():
        for section, items in (*sections.items(), (total, tuple(sections))):
            of = _sum(found[[at[item] for item in items]])
            found[at[section]] = np.where(np.isnan(of), found[at[section]], of)
    for item, (gain, loss) in NETS.items():
        here = ~np.isnan(found[at[gain]]) | ~np.isnan(found[at[loss]])
        net = np.nan_to_num(found[at[gain]]) - np.nan_to_num(found[at[loss]])
        found[at[item]] = np.where(here, net, found[at[item]])
    return found


def _sum(parts: Array) -> Array:
    """The sum of the first axis, blanks as zero; NaN where all are blank."""
    return np.where(np.isnan(parts).all(axis=0), np.nan, np.nansum(parts, axis=0))


@dataclass(frozen=True, eq=False)
class CashFlows:
    """The cash-flow test of n cases. lines: (rows of the form, columns, n) as typed or derived; whole: with its totals, CNY.

    present: scenario -> (n,): where its quarters are filled. over_horizon: how short-term financing is netted (reading).
    """

    form: Form
    lines: Array
    whole: Array
    present: Mapping[str, Mask]
    over_horizon: bool

    def flow(self, direction: str, scenario: str, count: int) -> Sum:
        """Inflow or outflow of the company in the first `count` quarters of a scenario (annex 2, 一（二）1)."""
        among = quarters(scenario)[:count]
        return self._sum(FLOWS[direction], direction, among)

    def year_to_date(self, item: str) -> Sum:
        """A net figure of the year to date: `operating_net` or `net_cash_flow`."""
        gain, loss = NETS[item]
        among = [columns().index(YEAR_TO_DATE)]
        if gain in FLOWS:
            return self._sum(FLOWS[gain], gain, among) - self._sum(FLOWS[loss], loss, among)
        inflows, outflows = ({name: FLOWS[total][name]} for name, total in zip((gain, loss), FLOWS, strict=True))
        return self._sum(inflows, gain, among) - self._sum(outflows, loss, among)

    def _sum(self, sections: Mapping[str, tuple[str, ...]], total: str, among: list[int]) -> Sum:
        """What a total is made of in some columns: the lines, else the subtotal, else the total as it was typed."""
        at, lines = place_of_lines(), self.lines[:, among]
        parts: list[Array] = []
        some = np.zeros(lines.shape[1:], bool)
        for section, items in sections.items():
            own = [part for item in items for part in self._parts(lines, item)]
            here = np.any([~np.isnan(part) for part in own], axis=0)
            parts += [*own, np.where(here, np.nan, lines[at[section]])]
            some |= here | ~np.isnan(lines[at[section]])
        if total not in sections:
            parts.append(np.where(some, np.nan, lines[at[total]]))
        known = ~np.isnan(self.whole[at[total]][among]).any(axis=0)
        return Sum(np.nan_to_num(np.concatenate(parts)), known)

    def _parts(self, lines: Array, item: str) -> list[Array]:
        """A line as what was typed for it, each (columns, n)."""
        at = place_of_lines()
        if item == "investments_recovered":
            own = lines[at[item]]
            return [own, *(np.where(np.isnan(own), lines[at[part]], np.nan) for part in RECOVERED)]
        if item not in SHORT_TERM:
            return [lines[at[item]]]
        received, paid = (lines[at[name]] for name in SHORT_TERM)
        net = np.nan_to_num(received) - np.nan_to_num(paid)
        if self.over_horizon:
            net = np.broadcast_to(net.sum(axis=0), net.shape)
        counts = net > 0 if item == SHORT_TERM[0] else net < 0
        own, other = (received, paid) if item == SHORT_TERM[0] else (paid, received)
        # a figure that counts on the other side is still one that was typed
        return [np.where(counts | np.isnan(own), own, 0.0), np.where(counts, -other, np.nan)]


def read_cash_flows(portfolio: Portfolio) -> tuple[Form, Array] | None:
    """Table LR1 as it was given: the form and (rows, columns, n), CNY, NaN for blank."""
    form = read_form(portfolio, SHEET)
    return None if form is None else (form, np.stack([form.values[column] for column in columns()], axis=1))


def cash_flows(portfolio: Portfolio, form: Form, lines: Array, derived: Mask) -> CashFlows:
    """The cash-flow test with its totals, tested. derived: (n,) where the mandatory scenario was worked out, not typed."""
    whole = settled(lines)
    filled = np.asarray(~np.isnan(lines).all(axis=0))
    present = {scenario: np.asarray(filled[quarters(scenario)].any(axis=0)) for scenario in SCENARIOS}
    _tell_blank(portfolio, form, filled, whole, present)
    _tell_gaps(portfolio, form, lines, filled[columns().index(YEAR_TO_DATE)], present)
    _tell_totals(portfolio, form, lines, whole)
    _tell_netted(portfolio, form, lines)
    _tell_stress(portfolio, form, lines, derived)
    over_horizon = portfolio.rulebook.reading("short_term_financing_net") == "over_horizon"
    return CashFlows(form, lines, whole, present, over_horizon)


def _tell_blank(portfolio: Portfolio, form: Form, filled: Array, whole: Array, present: Mapping[str, Mask]) -> None:
    """Scenarios without figures are remarked on; a quarter without, or with one direction alone, is an error."""
    at = place_of_lines()
    has = form.present
    for scenario, (zh, en) in SCENARIOS.items():
        absent(
            portfolio, has & ~present[scenario], SHEET, "no_scenario", f"{zh}未填现金流，相应的流动性覆盖率未计算，是否达标未判断",
            f"no cash flows in the {en}; its coverage ratios are not computed and not judged", "规则第13号第三十五条，附件1",
        )  # fmt: skip
    for place, column in enumerate(columns()):
        scenario = column.rpartition("_")[0]
        wanted = filled[place] if column == YEAR_TO_DATE else present[scenario]
        for item, sections in FLOWS.items():
            operating = next(iter(sections))
            blank = np.isnan(whole[[at[section] for section in sections], place])
            missing(portfolio, form, wanted & np.isnan(whole[at[item], place]), item, column)
            missing(portfolio, form, wanted & blank[0] & ~blank.all(axis=0), operating, column)
        for net, (gain, loss) in NETS.items():
            alone = ~np.isnan(whole[at[net], place]) & np.isnan(whole[[at[gain], at[loss]], place]).all(axis=0)
            missing(portfolio, form, wanted & alone & ~np.isnan(whole[at["cash_inflow"], place]), gain, column)


def _tell_gaps(portfolio: Portfolio, form: Form, lines: Array, to_date: Mask, present: Mapping[str, Mask]) -> None:
    """Blank cells of a line that is not left out of the forecast (annex 1, 五（二）); zero is typed.

    A line stands in every quarter of its scenario; one of the base scenario also in the cash-flow statement and, as the procedure
    is the same (part 七), under stress, but for what part 七（二）（三） leaves out there. A total that is typed says what its blanks are.
    """
    at, typed = place_of_lines(), ~np.isnan(lines)
    beside = {item: tuple(other for other in SHORT_TERM if other != item) for item in SHORT_TERM}
    beside |= {"investments_recovered": RECOVERED, **dict.fromkeys(RECOVERED, ("investments_recovered",))}
    for total, sections in FLOWS.items():
        for section, items in sections.items():
            within = RECOVERED if "investments_recovered" in items else ()
            for item in (*items, *within):
                own = typed[at[item]]
                said = np.any([typed[at[name]] for name in (item, section, total, *beside.get(item, ()))], axis=0)
                wanted = {scenario: own[quarters(scenario)].any(axis=0) for scenario in SCENARIOS}
                for scenario in STRESS if item not in (*LEFT_OUT, *OWED) else ():
                    wanted[scenario] |= wanted["base"] & present[scenario]
                for place, column in enumerate(columns()):
                    here = wanted["base"] & to_date if column == YEAR_TO_DATE else wanted[column.rpartition("_")[0]]
                    missing(portfolio, form, here & ~said[place], item, column)


def _tell_totals(portfolio: Portfolio, form: Form, lines: Array, whole: Array) -> None:
    """Totals that were typed beside their parts must agree within rounding."""
    at = place_of_lines()
    parts = {section: len(items) for sections in FLOWS.values() for section, items in sections.items()}
    parts |= {
        **{total: len(sections) for total, sections in FLOWS.items()},
        **{item: len(of) for item, of in NETS.items()},
    }
    recovered = _sum(lines[[at[item] for item in RECOVERED]])
    for place, column in enumerate(columns()):
        for item, count in parts.items():
            given = lines[at[item], place]
            disagree(portfolio, form, item, column, given, whole[at[item], place], count, "规则第13号附件1附表1")
        given = lines[at["investments_recovered"], place]
        most = np.fmax(given, recovered[place])  # its parts may be less than all of it
        disagree(portfolio, form, "investments_recovered", column, given, most, len(RECOVERED), "规则第13号附件1附表1")


def _tell_netted(portfolio: Portfolio, form: Form, lines: Array) -> None:
    at = place_of_lines()
    both = np.logical_and.reduce([np.nan_to_num(lines[at[item]]) != 0 for item in SHORT_TERM])
    told = np.zeros(portfolio.size, bool)
    for place, column in enumerate(columns()):
        remark(
            portfolio, form, both[place] & ~told, SHORT_TERM[1], column, "netted", "短期筹资同时填了收到和支付，已按净额计入",
            "short-term financing was given both ways; it enters net", "规则第13号附件1附表1填表说明4",
        )  # fmt: skip
        told |= both[place]


def _tell_stress(portfolio: Portfolio, form: Form, lines: Array, derived: Mask) -> None:
    """What a stress scenario may not hold (annex 1, part 七)."""
    at = place_of_lines()
    received, paid = (np.nan_to_num(lines[at[item]]) for item in SHORT_TERM)
    everyone = np.ones(portfolio.size, bool)
    for scenario in STRESS:
        among, told = quarters(scenario), derived.copy() if scenario == "mandatory" else ~everyone
        for step, place in enumerate(among):
            column, so_far = columns()[place], among[: step + 1]
            for item, (code, zh, en, article) in LEFT_OUT.items():
                remark(portfolio, form, lines[at[item], place] > 0, item, column, code, zh, en, article)
            balance = beside(Sum(np.vstack([received[so_far], -paid[so_far]]), everyone), Decimal(0))
            tell(
                portfolio, form, ~told & (balance > 0), SHORT_TERM[0], column, "short_term_balance",
                "压力情景下季末短期筹资余额超过报告日余额", "short-term financing at the end of the quarter exceeds its balance at the report date",
                (balance,), article="规则第13号附件1七（三）2",
            )  # fmt: skip
            told |= balance > 0
