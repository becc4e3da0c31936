"""Monitoring indicators by type of insurer (rule 13, annex 3): tables LR3-1, LR3-2 and LR3-3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio, first_of_each
from solvency.rules.rule01_actual_capital.statements import disagree, tell
from solvency.rules.rule13_liquidity_risk.cash_flows import CashFlows
from solvency.rules.rule13_liquidity_risk.forms import Form, differs, missing, read_form, remark
from solvency.rules.rule13_liquidity_risk.sums import Sum, quotient
from solvency.tables.positions.spec import position_tables

SHEETS: Mapping[str, str] = {"property": "LR3-1", "life": "LR3-2", "reinsurer": "LR3-3"}
UNIT = "liquidity.premium_unit"
PRINTED = 0.0006  # what rounding of a printed ratio explains
TOTAL_ASSETS = ("leverage_assets", "large_stakes_assets", "receivables_assets", "related_total_assets")
# rows that are one figure by the text: total assets less bond repos and separate accounts, and total assets
SAME = (("cash_tools_assets", "aa_assets"), TOTAL_ASSETS)
CASH_TOOLS = "cash_tools"


@dataclass(frozen=True)
class Indicator:
    """One indicator: the rows that are added up (+) or taken off (−), and what they are divided by."""

    item: str
    above: Mapping[str, int]
    below: Mapping[str, int]
    unit: str = ""  # the factor it is multiplied by

    @property
    def rows(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.above, *self.below]))


def _share(item: str, above: tuple[str, ...], below: tuple[str, ...]) -> Indicator:
    return Indicator(item, dict.fromkeys(above, 1), dict.fromkeys(below, 1))


_OPERATING = Indicator("operating_cash_flow", {"operating_inflow_ytd": 1, "operating_outflow_ytd": -1}, {})
_PER_PREMIUM = Indicator(
    "operating_cash_flow_per_100_premium", {"operating_net_ytd": 1}, {"premium_income_ytd": 1}, UNIT
)
_SPECIAL = _share(
    "special_business_outflow_share", ("special_claims", "special_reserves"), ("all_claims", "all_reserves")
)
_GROWTH = Indicator("premium_growth", {"premium_now": 1, "premium_before": -1}, {"premium_before": 1})
_ASSETS = (
    _share("cash_tools_share", ("cash_tools",), ("cash_tools_assets",)),
    _share("leverage_share", ("average_borrowing",), ("leverage_assets",)),
    _share("aa_and_below_share", ("aa_and_below",), ("aa_assets",)),
    _share("large_stakes_share", ("large_stakes",), ("large_stakes_assets",)),
    _share("receivables_share", ("premiums_receivable", "reinsurance_receivable"), ("receivables_assets",)),
    _share("related_assets_share", ("related_assets",), ("related_total_assets",)),
)
INDICATORS: Mapping[str, tuple[Indicator, ...]] = {
    "property": (_OPERATING, _PER_PREMIUM, _SPECIAL, _GROWTH, *_ASSETS),
    "life": (
        _OPERATING,
        _share("surrender_ratio_ytd", ("surrenders",), ("surrender_base",)),
        Indicator("participating_cash_flow", {"participating_inflow": 1, "participating_outflow": -1}, {}),
        Indicator("universal_cash_flow", {"universal_inflow": 1, "universal_outflow": -1}, {}),
        _GROWTH,
        *_ASSETS,
    ),
    "reinsurer": (
        _OPERATING,
        _SPECIAL,
        _share("overdue_reinsurance_share", ("overdue_reinsurance",), ("all_reinsurance_receivable",)),
        *_ASSETS,
    ),
}


def indicator(made: Indicator, rows: Mapping[str, Sum], rulebook: Rulebook) -> Array:
    """One indicator of n cases from the rows of its form, CNY; NaN where one is not known or the divisor is not positive."""

    def total(parts: Mapping[str, int]) -> Sum:
        found = [rows[row].times(sign) for row, sign in parts.items()]
        return sum(found[1:], start=found[0])

    above = total(made.above)
    if not made.below:
        return above.values
    return quotient(above, total(made.below)) * (rulebook.value(made.unit) if made.unit else 1)


def monitoring(
    portfolio: Portfolio, flows: CashFlows | None, cash_tools: Array
) -> tuple[dict[str, Array], dict[str, tuple[Mask, dict[str, Array]]]]:
    """The indicators of n cases of one type of insurer, and their form. Problems are collected.

    cash_tools: row 1 of S03 at book value, (n,) CNY, NaN where not known.
    """
    sheet, rulebook = SHEETS[portfolio.insurer_type], portfolio.rulebook
    _tell_foreign(portfolio, sheet)
    form, size = read_form(portfolio, sheet), portfolio.size
    operating = Sum.of(np.full(size, np.nan)) if flows is None else flows.year_to_date("operating_net")
    values: dict[str, Array] = {}
    if form is None:
        if flows is not None:
            values[_OPERATING.item] = operating.values
        return values, {}
    amounts, typed = form.values["amount"].copy(), form.values["value"]
    worked = np.full(amounts.shape, np.nan)
    rows = {row.item: Sum.of(amounts[form.place(row.item)]) for row in form.rows}
    whole = _operating(portfolio, form, rows, operating)
    for made in INDICATORS[portfolio.insurer_type]:
        place = form.place(made.item)
        known = _complete(portfolio, form, made, whole if made is _OPERATING else None)
        found = whole.values if made is _OPERATING else indicator(made, rows, rulebook)
        values[made.item] = np.where(known, found, np.nan)
        if made.below:
            _tell_value(portfolio, form, made, values[made.item], typed[place], rulebook)
            stated = np.logical_and.reduce([rows[row].known for row in made.rows])
            _tell_no_divisor(portfolio, form, made, stated & np.isnan(found))
            worked[place] = values[made.item]
        else:
            if made is not _OPERATING:
                disagree(
                    portfolio, form, made.item, "amount", amounts[place], values[made.item], 2, form.rows[place].article
                )
            amounts[place] = values[made.item]
    _tell_same(portfolio, form)
    _tell_statement(portfolio, form, CASH_TOOLS, cash_tools, "S03 第1行的账面价值", "row 1 of S03 at book value")
    return values, {sheet: (form.present, {"amount": amounts, "value": worked})}


def _operating(portfolio: Portfolio, form: Form, rows: dict[str, Sum], of_test: Sum) -> Sum:
    """Operating cash flow from its two rows, else as typed, else from LR1; all must agree. It also stands in row 2.1."""
    made = rows["operating_inflow_ytd"] - rows["operating_outflow_ytd"]
    typed = rows[_OPERATING.item]
    article = form.rows[form.place(_OPERATING.item)].article
    disagree(portfolio, form, _OPERATING.item, "amount", typed.values, made.values, 2, article)
    whole = made.where(made.known, typed)
    disagree(
        portfolio, form, "operating_inflow_ytd", "amount", whole.values, of_test.values, len(of_test.parts),
        "规则第13号附件1附表1填表说明3",
    )  # fmt: skip
    whole = whole.where(whole.known, of_test)
    if "operating_net_ytd" in rows:
        given = rows["operating_net_ytd"]
        disagree(portfolio, form, "operating_net_ytd", "amount", given.values, whole.values, 2, article)
        rows["operating_net_ytd"] = whole.where(whole.known, given)
    return whole


def _complete(portfolio: Portfolio, form: Form, made: Indicator, whole: Sum | None) -> Mask:
    """Where an indicator has all its rows. One blank among others is an error; "not applicable" is typed in all of them or none."""
    taken = [row for row in made.rows if row != "operating_net_ytd"]
    places = [form.place(row) for row in taken]
    typed, none = ~np.isnan(form.values["amount"][places]), form.none["amount"][places]
    stands = np.zeros(portfolio.size, bool) if whole is None else whole.known & ~typed.all(axis=0)
    some = typed.any(axis=0) | none.any(axis=0)
    for row, has, not_applicable in zip(taken, typed, none, strict=True):
        missing(portfolio, form, some & ~has & ~not_applicable & ~stands, row, "amount", none=True)
        tell(
            portfolio, form, not_applicable & typed.any(axis=0), row, "amount", "mixed_not_applicable",
            "同一指标的其他行有数，此行不能填“不适用”，没有发生的填 0",
            "other rows of the indicator hold figures: type 0 where there was none", article=form.rows[form.place(row)].article,
        )  # fmt: skip
    remark(
        portfolio, form, form.present & ~some & ~stands, taken[0], "amount", "not_computed",
        f"{form.rows[form.place(made.item)].zh}：没有填列数据，未计算", f"{form.rows[form.place(made.item)].en}: no figures; it is not computed",
        form.rows[form.place(made.item)].article,
    )  # fmt: skip
    return np.asarray(typed.all(axis=0) | stands)


def _tell_value(
    portfolio: Portfolio, form: Form, made: Indicator, computed: Array, typed: Array, rulebook: Rulebook
) -> None:
    """A ratio that was typed must be the computed one as it is printed."""
    allowed = PRINTED * (rulebook.value(made.unit) if made.unit else 1)
    row = form.rows[form.place(made.item)]
    with np.errstate(invalid="ignore"):
        apart = np.abs(typed - computed) > allowed
    for case in np.flatnonzero(apart):
        one = np.zeros(portfolio.size, bool)
        one[case] = True
        tell(
            portfolio, form, one, made.item, "value", "disagree", f"{row.zh}所填数 {typed[case]:.6g} 与计算数 {computed[case]:.6g} 不一致",
            f"{row.en}: {typed[case]:.6g} was given and {computed[case]:.6g} computed", article=row.article,
        )  # fmt: skip


def _tell_no_divisor(portfolio: Portfolio, form: Form, made: Indicator, cases: Mask) -> None:
    row, below = form.rows[form.place(made.item)], next(iter(made.below))
    remark(
        portfolio, form, cases, below, "amount", "no_divisor", f"{row.zh}：除数不是正数，指标没有意义，未计算",
        f"{row.en}: the divisor is not positive, so it has no value", row.article,
    )  # fmt: skip


def _tell_same(portfolio: Portfolio, form: Form) -> None:
    """Rows that are one figure by their definition, and total assets those of the balance sheet."""
    for items in SAME:
        known, of = np.full(portfolio.size, np.nan), form.rows[form.place(items[0])]
        for item in items:
            values, row = form.of("amount", item), form.rows[form.place(item)]
            differs(
                portfolio, form, item, "amount", "disagree", values, known, f"{row.zh}（第{row.row}行）与前面所填的同一数不一致（第{of.row}行等）",
                f"{row.en} (row {row.row}) is not what was given for the same figure above (row {of.row} and others)", row.article,
                severity="error",
            )  # fmt: skip
            if items is TOTAL_ASSETS:
                first, whole = (
                    np.where(np.isnan(known), values, np.nan),
                    portfolio.cases["total_assets"].to_numpy(float),
                )
                _tell_statement(
                    portfolio,
                    form,
                    item,
                    whole,
                    "资产负债表总资产（Info 或 S03）",
                    "total assets of the balance sheet (Info or S03)",
                    first,
                )
            known = np.where(np.isnan(known), values, known)


def _tell_statement(
    portfolio: Portfolio, form: Form, item: str, other: Array, zh: str, en: str, given: Array | None = None
) -> None:
    """A row that is not the figure of the balance sheet is remarked on. given: the row, where only some of its cases count."""
    row = form.rows[form.place(item)]
    differs(
        portfolio, form, item, "amount", "differs_from_statement", form.of("amount", item) if given is None else given, other,
        f"{row.zh}（第{row.row}行）与{zh}不同，请核对", f"{row.en} (row {row.row}) is not {en}; check it", row.article,
    )  # fmt: skip


def _tell_foreign(portfolio: Portfolio, own: str) -> None:
    """A form of another type of insurer."""
    for sheet in SHEETS.values():
        if sheet != own and sheet in portfolio.tables:
            frame = portfolio.tables[sheet]
            portfolio.report(
                sheet, first_of_each(frame["case"].to_numpy(), portfolio.size), "", "wrong_insurer", f"{sheet} 不适用于这类公司，应填 {own}",
                f"{sheet} is not for this type of insurer; it is {own}", article=position_tables()[sheet].article,
            )  # fmt: skip
