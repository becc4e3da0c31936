"""Admitted liabilities: S04, the cash-value guarantee and the income-tax reserve (rule 1, articles 18-27; 2021 notice)."""

from __future__ import annotations

import numpy as np

from solvency.rules.frame import Array, zeroed
from solvency.rules.portfolio import Portfolio
from solvency.rules.ratios import NEAR
from solvency.rules.rule01_actual_capital.statements import (
    Statement,
    add_up,
    disagree,
    leaves_of,
    parts_of,
    read_statement,
    tell,
)

SHEET = "S04"
COLUMNS = ("book_value", "admitted_value")
LIFE, CAPITAL, TAX_LIABILITIES = "life_unearned_reserves", "capital_liabilities", "deferred_tax_liabilities"
GUARANTEE, TAX_RESERVE, TOTAL = "cash_value_guarantee", "income_tax_reserve", "total_liabilities"
MEMO = ("ibnr_reserves", "outstanding_claims_reserves")
AGRICULTURE, OTHER = "agricultural_catastrophe_reserve", "other_non_admitted_liabilities"
WORKED_OUT = (CAPITAL, GUARANTEE, TAX_RESERVE)  # rows that rule 1 computes
OTHERWISE_VALUED = (LIFE, *WORKED_OUT)


def admitted_liabilities(portfolio: Portfolio, released_tax: Array, liability_book: Array) -> Statement | None:
    """S04 but for the rows that depend on the limits and on minimum capital; None without it.

    released_tax: deferred tax that falls away with the appreciation of property, (n,). liability_book: book value of the
    instruments among the liabilities, NaN without AC01. Rows at book value take either column for the other (article 22).
    """
    statement = read_statement(portfolio, SHEET, COLUMNS)
    if statement is None:
        return None
    values = statement.values
    for item in (AGRICULTURE, OTHER):
        place = statement.place(item)
        tell(
            portfolio, statement, np.nan_to_num(values["admitted_value"][place]) != 0, item, "admitted_value", "not_admitted",
            "非认可负债没有认可价值", "a liability that is not admitted has no admitted value", article="规则第1号第二十条",
        )  # fmt: skip
    place = statement.place(CAPITAL)
    book = values["book_value"][place]
    disagree(portfolio, statement, CAPITAL, "book_value", book, liability_book, article="规则第1号第二十条（二）")
    values["book_value"][place] = np.where(np.isnan(book) & statement.present, liability_book, book)
    statement.typed = ~np.isnan(values["book_value"]) | ~np.isnan(values["admitted_value"])

    def row_of(place: int) -> None:
        item = statement.rows[place].item
        if item in OTHERWISE_VALUED:
            return
        book, admitted = (values[name][place] for name in COLUMNS)
        shift = released_tax if item == TAX_LIABILITIES else np.zeros(len(book))
        values["admitted_value"][place] = np.where(np.isnan(admitted), book - shift, admitted)
        values["book_value"][place] = np.where(np.isnan(book), admitted + shift, book)
        if item not in parts_of(SHEET):
            _at_book_value(portfolio, statement, item, book - shift, admitted)

    add_up(portfolio, statement, row_of)
    inside, whole = (np.nan_to_num(statement.of("admitted_value", item)) for item in MEMO)
    tell(
        portfolio, statement, inside > whole, MEMO[0], "admitted_value", "above_total", "其中项大于所属项目", "a part is larger than what it is part of",
        (inside, whole), article="附件9 S04",
    )  # fmt: skip
    return statement


def _at_book_value(portfolio: Portfolio, statement: Statement, item: str, book: Array, admitted: Array) -> None:
    """Most liabilities are admitted at book value (articles 21, 22)."""
    row = statement.rows[statement.place(item)]
    tell(
        portfolio, statement, np.abs(book - admitted) > NEAR * np.abs(book), item, "admitted_value", "valuation_not_book",
        f"{row.zh}应以账面价值认可；差额计入 S02 第1.2.8行", f"{row.en} is admitted at book value; the difference goes to row 1.2.8 of S02",
        (admitted, book), severity="warning", article="规则第1号第二十一、二十二条",
    )  # fmt: skip


def parts(statement: Statement, released_tax: Array) -> dict[str, Array]:
    """What rule 1 takes from S04, (n,) each: NaN where the statement does not say.

    `S04.other_rows`: all admitted rows but those worked out here. `S04.…`: those rows as typed. Book values: `S04.book`,
    of life reserves, and what other rows differ by (article 20).
    """
    places = [statement.place(item) for item in WORKED_OUT]
    typed = {f"S04.{item}": statement.of("admitted_value", item) for item in WORKED_OUT}
    own = np.where(
        np.isnan(statement.values["admitted_value"][places]), 0.0, statement.values["admitted_value"][places]
    ).sum(axis=0)
    total = statement.of("admitted_value", TOTAL)
    hidden = statement.alone[TOTAL] | statement.alone["other_admitted_liabilities"]
    rows = [place for place in leaves_of(SHEET) if statement.rows[place].item not in OTHERWISE_VALUED]
    gap = (
        np.nansum(statement.values["book_value"][rows] - statement.values["admitted_value"][rows], axis=0)
        - released_tax
    )
    books = [np.nan_to_num(statement.of("book_value", item)) for item in (AGRICULTURE, OTHER)]
    # what stands in a total without its parts has no book value of its own
    apart = np.logical_or.reduce(list(statement.alone.values()))
    known = statement.present & ~apart
    of_life = ~np.isnan(statement.of("book_value", LIFE)) | (np.nan_to_num(statement.of("admitted_value", LIFE)) == 0)
    instruments = ~np.isnan(statement.of("book_value", CAPITAL))
    blank = np.isnan(total) & statement.present
    return {
        **typed,
        "S04.alone": np.where(hidden, total, np.nan),
        "S04.other_rows": np.where(
            statement.present & ~hidden & ~blank, total - own, np.where(blank & ~hidden, 0.0, np.nan)
        ),
        "S04.book": np.where(
            known & of_life & instruments, np.nan_to_num(statement.of("book_value", TOTAL)) + sum(books), np.nan
        ),
        "S04.life_book": np.where(known, statement.of("book_value", LIFE), np.nan),
        "S04.life_admitted": np.where(known, zeroed(statement.of("admitted_value", LIFE)), np.nan),
        "S04.other_differences": np.where(known, gap + books[1], np.nan),
        "agricultural_catastrophe_reserve": np.where(known, books[0], np.nan),
    }
