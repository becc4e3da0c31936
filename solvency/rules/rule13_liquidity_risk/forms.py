"""The fixed forms of rule 13 as they were given and as they are shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from solvency.rules.frame import Array, Mask, allowance
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule01_actual_capital.statements import Statement, disagree, read_statement, tell
from solvency.tables.positions.forms import FormRow as WorkedOut
from solvency.tables.positions.forms import form_rows
from solvency.tables.positions.spec import FormRow, position_tables

KIND = "liquidity"


class Form(Statement):
    """A form of n cases: values by column (rows of the form, n), NaN for blank; `none`: where "not applicable" was typed."""

    none: dict[str, Mask]


def read_form(portfolio: Portfolio, sheet: str) -> Form | None:
    """A form as it was given, "not applicable" kept apart; None where no case has it."""
    columns = [
        column.id for column in position_tables()[sheet].columns if column.kind in ("amount", "amount_or_none", "ratio")
    ]
    found = read_statement(portfolio, sheet, tuple(columns))
    if found is None:
        return None
    none = {column: np.isneginf(values) for column, values in found.values.items()}
    values = {column: np.where(none[column], np.nan, values) for column, values in found.values.items()}
    source = found.source.replace(-np.inf, np.nan)
    made = Form(found.sheet, found.rows, values, found.line, found.present, source, found.scale, found.typed)
    made.none = none
    return made


def agree(
    portfolio: Portfolio,
    form: Form,
    item: str,
    column: str,
    given: Array,
    computed: Array,
    parts: int = 1,
    article: str = "",
) -> None:
    """An error where an outcome that was typed is not the computed one; under other rules than it was filed under it may differ."""
    if not portfolio.hypothetical:
        disagree(portfolio, form, item, column, given, computed, parts, article)


def differs(
    portfolio: Portfolio, form: Form, item: str, column: str, code: str, given: Array, other: Array, zh: str, en: str, article: str,
    *, severity: str = "warning",
) -> None:  # fmt: skip
    """A problem where a figure is not another one that was typed elsewhere, beyond rounding; NaN: not there."""
    apart = np.abs(given - other) > allowance(form.unit, np.nan_to_num(given))
    tell(portfolio, form, apart, item, column, code, zh, en, (given, other), severity=severity, article=article)


def missing(portfolio: Portfolio, form: Form, cases: Mask, item: str, column: str, *, none: bool = False) -> None:
    """An error for each case that left a cell blank which is needed."""
    row = form.rows[form.place(item)]
    also, also_en = ("；不适用则填“不适用”", ", or not applicable") if none else ("", "")
    table = position_tables()[form.sheet]
    label = table.column(column)
    for case in np.flatnonzero(cases):
        place = {"sheet": form.sheet, "item": f"{form.sheet}.{item}"}
        line = int(form.line[form.place(item), case])
        if line >= 0:
            place = portfolio.positions.place(form.sheet, int(portfolio.tables[form.sheet]["line"].iloc[line]), column)
        portfolio.problems.add_at(
            int(case), place, "missing", f"缺少{row.zh}（第{row.row}行，{label.zh}）", f"{row.en} (row {row.row}, {label.en}) is missing",
            allowed=f"数字，没有请填 0{also}", allowed_en=f"a number; type 0 if there is none{also_en}",
            article=label.article or table.article,
        )  # fmt: skip


def remark(
    portfolio: Portfolio, form: Form, cases: Mask, item: str, column: str, code: str, zh: str, en: str, article: str
) -> None:
    """A warning at a cell of a form."""
    tell(portfolio, form, cases, item, column, code, zh, en, severity="warning", article=article)


def absent(portfolio: Portfolio, cases: Mask, sheet: str, code: str, zh: str, en: str, article: str) -> None:
    """A warning about a sheet as a whole."""
    for case in np.flatnonzero(cases):
        portfolio.problems.add_at(
            int(case), {"sheet": sheet, "item": sheet}, code, zh, en, severity="warning", article=article
        )


def shown(sheet: str, present: Mask, columns: Mapping[str, Array]) -> pd.DataFrame:
    """A form of the cases that have it: `case`, `row`, `item`, `zh`, `en`, `article`, and columns (rows of the form, n)."""
    rows: tuple[FormRow | WorkedOut, ...] = form_rows().get(sheet) or position_tables()[sheet].rows
    cases, article = np.flatnonzero(present), position_tables()[sheet].article
    text = {
        name: pd.Categorical.from_codes(np.tile(codes, len(cases)), categories=pd.Index(names, dtype=object))
        for name in ("row", "item", "zh", "en", "article")
        for codes, names in [pd.factorize(np.array([getattr(row, name) or article for row in rows], dtype=object))]
    }
    amounts = {name: values[:, cases].T.reshape(-1) for name, values in columns.items()}
    return pd.DataFrame({"case": np.repeat(cases, len(rows)), **text, **amounts})
