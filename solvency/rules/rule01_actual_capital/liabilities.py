"""Admitted liabilities: S04, the cash-value guarantee and the income-tax reserve (rule 1, articles 18-27; 2021 notice)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from solvency.rules.frame import Array, zeroed
from solvency.rules.portfolio import Portfolio
from solvency.rules.ratios import NEAR
from solvency.rules.rule01_actual_capital.statements import (
    Statement,
    add_up,
    disagree,
    parts_of,
    read_statement,
    tell,
)

SHEET = "S04"
COLUMNS = ("book_value", "admitted_value")
LIFE, CAPITAL, TAX_LIABILITIES = "life_unearned_reserves", "capital_liabilities", "deferred_tax_liabilities"
GUARANTEE, TAX_RESERVE, TOTAL = "cash_value_guarantee", "income_tax_reserve", "total_liabilities"
OTHERS, DEPOSITS = "other_admitted_liabilities", "policyholder_deposits_and_investments"
MEMO = ("ibnr_reserves", "outstanding_claims_reserves")
AGRICULTURE, OTHER = "agricultural_catastrophe_reserve", "other_non_admitted_liabilities"
RESERVES = (GUARANTEE, TAX_RESERVE)
WORKED_OUT = (CAPITAL, *RESERVES)  # rows that rule 1 computes
OTHERWISE_VALUED = (LIFE, *WORKED_OUT)


def admitted_liabilities(
    portfolio: Portfolio, released_tax: Array, liability_book: Array, life: Mapping[str, Array]
) -> Statement | None:
    """S04 but for the rows that depend on the limits and on minimum capital; None without it.

    released_tax: deferred tax that falls away with the appreciation of property, (n,). liability_book: book value of the
    instruments among the liabilities, NaN without AC01. life: by column, what form L01 gives of row 1.1.1, NaN without it.
    Rows at book value take either column for the other (article 22).
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
    _take_life(portfolio, statement, life)
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

    add_up(portfolio, statement, row_of, later=(OTHERS, TOTAL))
    place = statement.place(TAX_LIABILITIES)
    tell(
        portfolio, statement, (released_tax != 0) & statement.knows(TAX_LIABILITIES) & np.isnan(values["book_value"][place]), TAX_LIABILITIES,
        "book_value", "missing", "投资性房地产差额有所得税影响，须填递延所得税负债", "the difference of investment property has a tax effect; deferred tax liabilities are needed",
        article="规则第1号第四十条（三）",
    )  # fmt: skip
    inside, whole = (np.nan_to_num(statement.of("admitted_value", item)) for item in MEMO)
    tell(
        portfolio, statement, inside > whole, MEMO[0], "admitted_value", "above_total", "其中项大于所属项目", "a part is larger than what it is part of",
        (inside, whole), article="附件9 S04",
    )  # fmt: skip
    return statement


def _take_life(portfolio: Portfolio, statement: Statement, life: Mapping[str, Array]) -> None:
    """Row 1.1.1 from form L01 (rule 3, articles 6 and 23): in place of a blank, unless it hides in a total that stands alone."""
    place, totals = statement.place(LIFE), parts_of(SHEET)
    severity = "warning" if portfolio.hypothetical else "error"
    above = [item for item, parts in totals.items() if _holds(item, place, totals, statement)]
    for column, made in life.items():
        values = statement.values[column]
        given = values[place]
        disagree(
            portfolio, statement, LIFE, column, given, made, article="规则第3号第六条；附件9 L01", severity=severity
        )
        hidden = np.zeros(len(given), bool)
        for item in above:
            others = np.isnan(values[[part for part in totals[item] if part != place]]).all(axis=0)
            hidden |= ~np.isnan(values[statement.place(item)]) & others
        values[place] = np.where(np.isnan(given) & statement.present & ~hidden, made, given)


def _holds(item: str, place: int, totals: Mapping[str, tuple[int, ...]], statement: Statement) -> bool:
    """Whether a row is part of a total, at any depth."""
    return any(
        part == place or _holds(statement.rows[part].item, place, totals, statement) for part in totals.get(item, ())
    )


def check_deposits(portfolio: Portfolio, statement: Statement, deposits: Array) -> None:
    """Row 2.2 holds what universal life and contracts without insurance risk show as deposits (rule 3, article 23)."""
    book = statement.of("book_value", DEPOSITS)
    short = statement.knows(DEPOSITS) & (deposits - np.nan_to_num(book) > NEAR * np.abs(deposits) + statement.unit)
    tell(
        portfolio, statement, short, DEPOSITS, "book_value", "below_l01", "保户储金及投资款小于 L01 第+3行，请核对",
        "policyholder deposits and investments are less than row +3 of L01; check them", (np.nan_to_num(book), deposits), severity="warning",
        article="规则第3号第二十三条",
    )  # fmt: skip


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

    `S04.other_rows`: all admitted rows but those worked out here. `S04.…`: those rows as typed. `S04.reserves_inside`: row 7
    is given without its parts (1). Book values: `S04.book`, of life reserves, and what other rows differ by (article 20).
    """

    def admitted(item: str) -> Array:
        return statement.of("admitted_value", item)

    def book(item: str) -> Array:
        return np.nan_to_num(statement.of("book_value", item))

    own = sum((np.nan_to_num(admitted(item)) for item in WORKED_OUT), np.zeros(len(statement.present)))
    alone, inside = statement.alone[TOTAL], statement.alone[OTHERS]
    known = statement.present & statement.knows(LIFE) & ~inside
    differing = sum((book(item) - np.nan_to_num(admitted(item)) for item in OTHERWISE_VALUED), -own * 0)
    gap = book(TOTAL) - np.nan_to_num(admitted(TOTAL)) - differing - released_tax
    of_life = ~np.isnan(statement.of("book_value", LIFE)) | (np.nan_to_num(admitted(LIFE)) == 0)
    instruments = ~np.isnan(statement.of("book_value", CAPITAL))
    return {
        **{f"S04.{item}": admitted(item) for item in WORKED_OUT},
        "S04.total_alone": np.where(alone, admitted(TOTAL), np.nan),
        "S04.other_rows": np.where(statement.present & ~alone, np.nan_to_num(admitted(TOTAL)) - own, np.nan),
        "S04.reserves_inside": inside.astype(float),
        "S04.book": np.where(known & of_life & instruments, book(TOTAL) + book(AGRICULTURE) + book(OTHER), np.nan),
        "S04.life_book": np.where(known, statement.of("book_value", LIFE), np.nan),
        "S04.life_admitted": np.where(known, zeroed(admitted(LIFE)), np.nan),
        "S04.other_differences": np.where(known, gap + book(OTHER), np.nan),
        "agricultural_catastrophe_reserve": np.where(known, book(AGRICULTURE), np.nan),
    }
