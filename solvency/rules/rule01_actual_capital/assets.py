"""Admitted assets: book value, what is not admitted, valuation differences, and what they adjust in S02 (articles 8-17, 40)."""

from __future__ import annotations

import numpy as np

from solvency.rules.frame import Array, Mask
from solvency.rules.portfolio import Portfolio
from solvency.rules.ratios import NEAR
from solvency.rules.rule01_actual_capital.property import Properties
from solvency.rules.rule01_actual_capital.statements import (
    Statement,
    add_up,
    disagree,
    leaves_of,
    parts_of,
    read_statement,
    tell,
)

SHEET = "S03"
COLUMNS = ("book_value", "non_admitted_value", "valuation_difference", "admitted_value")
SUBSIDIARIES, PROPERTY = "interests_in_subsidiaries_jvs_associates", "investment_property"
CEDED, TAX, CONTINGENT = "reinsurance_reserves_receivable", "deferred_tax_assets", "contingent_capital"
# rows whose admitted value may differ from book value although the asset is admitted (article 12, article 17)
OTHERWISE_VALUED = (SUBSIDIARIES, PROPERTY, CEDED, CONTINGENT)


def admitted_assets(portfolio: Portfolio, properties: Properties | None, not_recognised: Array) -> Statement | None:
    """S03 with its totals; None without it.

    A row is book value − not admitted + difference, or its admitted value as given; both must agree. properties: what
    `InvestmentProperty` says of rows 2.13 and 3. not_recognised: reinsurance capital that article 38 does not admit, (n,).
    """
    statement = read_statement(portfolio, SHEET, COLUMNS)
    if statement is None:
        return None
    values = statement.values
    if properties is not None:
        for item in (PROPERTY, SUBSIDIARIES):
            _take_property(portfolio, statement, item, properties)
    statement.typed = ~np.isnan(values["book_value"])
    place = statement.place(CEDED)
    excluded = np.where(np.isnan(values["book_value"][place]), 0.0, not_recognised)
    values["valuation_difference"][place] = np.where(
        excluded != 0,
        np.nan_to_num(values["valuation_difference"][place]) - excluded,
        values["valuation_difference"][place],
    )
    add_up(portfolio, statement, lambda place: _row(portfolio, statement, place))
    detailed = has_detail(statement)
    for place in leaves_of(SHEET):
        row = statement.rows[place]
        lacking = detailed & np.isnan(values["book_value"][place]) & ~np.isnan(values["admitted_value"][place])
        tell(
            portfolio, statement, lacking & (row.item != CONTINGENT), row.item, "admitted_value", "missing",
            f"其他行填了账面价值，{row.zh}（第{row.row}行）却没有", f"other rows have a book value, {row.en} (row {row.row}) has none",
            article="规则第1号第七条",
        )  # fmt: skip
    return statement


def _row(portfolio: Portfolio, statement: Statement, place: int) -> None:
    """The admitted value of one row from its own figures."""
    row, values = statement.rows[place], statement.values
    book, less, more, given = (values[column][place] for column in COLUMNS)
    typed = ~(np.isnan(less) & np.isnan(more))
    if row.item != CONTINGENT:
        tell(
            portfolio, statement, typed & np.isnan(book), row.item, "book_value", "missing", f"{row.zh}（第{row.row}行）缺少账面价值",
            f"{row.en} (row {row.row}) has no book value", article="规则第1号第七条",
        )  # fmt: skip
    worked = np.nan_to_num(book) - np.nan_to_num(less) + np.nan_to_num(more)
    worked = np.where(np.isnan(book) & ~typed, np.nan, worked)
    disagree(portfolio, statement, row.item, "admitted_value", given, worked, article="规则第1号第十二条")
    values["admitted_value"][place] = np.where(np.isnan(worked), given, worked)
    if row.item not in OTHERWISE_VALUED and row.item not in parts_of(SHEET):
        tell(
            portfolio, statement, np.nan_to_num(more) != 0, row.item, "valuation_difference", "valuation_not_book",
            f"{row.zh}一般以账面价值认可；所填差额计入 S02 第1.2.8行", f"{row.en} is normally admitted at book value; the difference goes to row 1.2.8 of S02",
            (more,), severity="warning", article="规则第1号第十二条",
        )  # fmt: skip


def _take_property(portfolio: Portfolio, statement: Statement, item: str, properties: Properties) -> None:
    """Row 2.13, and of row 3 what project companies hold, from the table of properties."""
    place, values = statement.place(item), statement.values
    made = properties.difference[item]
    given = values["valuation_difference"][place]
    if item == PROPERTY:
        disagree(portfolio, statement, item, "valuation_difference", given, made, article="规则第1号第十三条")
        book = values["book_value"][place]
        disagree(portfolio, statement, item, "book_value", book, properties.book[item], article="规则第1号第十三条")
        values["book_value"][place] = np.where(np.isnan(book) & statement.present, properties.book[item], book)
    known = np.isnan(given) & statement.present & ~np.isnan(made) & ~np.isnan(values["book_value"][place])
    values["valuation_difference"][place] = np.where(known, made, given)


def check_ceded(portfolio: Portfolio, statement: Statement, ceded: Array) -> None:
    """Row 4.1 holds what life reserves fall by through reinsurance (rule 3, article 6), and that of other business beside it."""
    admitted = statement.of("admitted_value", CEDED)
    short = statement.knows(CEDED) & (ceded - np.nan_to_num(admitted) > NEAR * np.abs(ceded) + statement.unit)
    tell(
        portfolio, statement, short, CEDED, "admitted_value", "below_l01", "应收分保准备金的认可价值小于 L01 第+2行，请核对",
        "reinsurance reserves receivable are admitted at less than row +2 of L01; check them", (np.nan_to_num(admitted), ceded), severity="warning",
        article="规则第3号第六条",
    )  # fmt: skip


def has_detail(statement: Statement) -> Mask:
    """Cases whose book values are given by row, not only as a total."""
    return ~np.isnan(statement.of("book_value", "total_assets")) & ~statement.alone["total_assets"]


def total_assets(statement: Statement) -> Array:
    """Total assets of the balance sheet, (n,): the book total where the book value of every row is typed, else NaN."""
    every = statement.typed[list(leaves_of(SHEET))].all(axis=0)
    return np.where(every, statement.of("book_value", "total_assets"), np.nan)


def adjustments(portfolio: Portfolio, statement: Statement, properties: Properties | None) -> dict[str, Array]:
    """Rows of S02 that the assets give, (n,) each, NaN without detail (article 40 (1)-(4), (9))."""
    n = portfolio.size
    detailed = has_detail(statement)

    def known(values: Array, *items: str) -> Array:
        return np.where(np.logical_and.reduce([detailed, *map(statement.knows, items)]), values, np.nan)

    def difference(item: str) -> Array:
        return np.nan_to_num(statement.of("valuation_difference", item))

    own = properties.difference if properties is not None else {}
    by_company = np.nan_to_num(own.get(SUBSIDIARIES, np.zeros(n)))
    tax = np.nan_to_num(statement.of("admitted_value", TAX))
    whole = difference("total_assets")
    without = detailed & (difference(PROPERTY) != 0) & np.isnan(own.get(PROPERTY, np.full(n, np.nan)))
    appreciation = properties.core if properties is not None else np.full(n, np.nan)
    nothing = detailed & statement.knows(PROPERTY) & ~without & np.isnan(appreciation)
    given = portfolio.cases["investment_property_appreciation"].to_numpy(float)
    tell(
        portfolio, statement, without & np.isnan(given), PROPERTY, "valuation_difference", "missing",
        "投资性房地产有差额，须有 InvestmentProperty 明细，或填 S02 第1.2.3行（扣除所得税影响）",
        "a difference of investment property needs the table InvestmentProperty, or row 1.2.3 of S02 (after tax)",
        article="规则第1号第四十条（三）",
    )  # fmt: skip
    return {
        "non_admitted_assets": known(-np.nan_to_num(statement.of("non_admitted_value", "total_assets"))),
        "long_term_equity_difference": known(difference(SUBSIDIARIES) - by_company, SUBSIDIARIES),
        "investment_property_appreciation": np.where(nothing, 0.0, appreciation),
        "deferred_tax_assets_deducted": known(-tax, TAX),
        "S02.deferred_tax_assets": known(tax, TAX),
        "other_differences": known(
            whole - difference(SUBSIDIARIES) - difference(PROPERTY) - difference(CONTINGENT), PROPERTY, CONTINGENT
        ),
    }
