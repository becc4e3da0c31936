"""What the tables of rule 1 came to, row by row: statements S03 and S04, instruments, property, future surplus, reinsurance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.liability_forms import lines_behind_item
from solvency.rules.rule01_actual_capital.eligibility import ARTICLES, tests_of
from solvency.rules.rule01_actual_capital.formulas import TIERS
from solvency.rules.rule01_actual_capital.future_surplus import BANDS, RETURNS
from solvency.rules.rule01_actual_capital.instruments import ENDS, ITEMS
from solvency.rules.rule01_actual_capital.reinsurance import FACTOR as REINSURANCE
from solvency.rules.rule01_actual_capital.statements import parts_of
from solvency.tables.positions.spec import position_tables

if TYPE_CHECKING:
    from solvency.result import Result
    from solvency.rules.positions import Charged

STATEMENTS = ("S03", "S04")
DETAILS = ("AC01", "InvestmentProperty", "FutureSurplus", "LifeReinsurance")
SHARE = "capital_debt.liability_share"
BAND_LABELS = {
    "from_30": ("30年以上", "30 years and more"),
    "from_10": ("10至30年", "10 to 30 years"),
    "from_5": ("5至10年", "5 to 10 years"),
    "under_5": ("5年以内", "under 5 years"),
}
ENDS_LABELS = {"none": ("无期限", "no end"), "maturity": ("到期日", "maturity"), "call_date": ("赎回日", "call date")}


def statement_lines(result: Result, row: int, sheet: str) -> pd.DataFrame:
    """S03 or S04 of one row of a result: `row`, `item`, `zh`, `en`, `article`, amounts in yuan; empty without the statement.

    Beside book, not admitted, difference and admitted value (CNY) `form_difference` is what the form adds to book value.
    """
    for charged, case in _charged(result, row):
        if sheet in charged.forms:
            own = charged.forms[sheet]
            own = own[own["case"] == case].drop(columns="case").reset_index(drop=True)
            return own.assign(form_difference=own["admitted_value"] - own["book_value"])
    return pd.DataFrame()


def capital_lines(result: Result, row: int, sheet: str, identity: str | None = None) -> pd.DataFrame:
    """A table of rule 1 of one row of a result, what was typed beside what came of it; amounts in yuan.

    identity: the id or name of one line, or the number of its row. Beside the columns of the table stand those of the
    calculation, `place`, `citation` and, of instruments, `tests` (what fails, in two languages). Empty without the table.
    """
    for charged, case in _charged(result, row):
        if sheet not in charged.forms or sheet not in charged.positions.tables:
            continue
        made = charged.forms[sheet]
        keep = (made["case"] == case).to_numpy()
        typed = charged.positions.tables[sheet][keep].reset_index(drop=True)
        own = made[keep].reset_index(drop=True).drop(columns="case")
        whole = pd.concat([typed.drop(columns=[c for c in ("case", "line", *own.columns) if c in typed]), own], axis=1)
        places = [charged.positions.place(sheet, int(line), "") for line in own["line"]]
        whole["place"] = [place.get("cell") or place.get("row", "") for place in places]
        whole = whole.assign(**_explained(result, row, sheet, own))
        if identity is not None:
            names = [column for column in ("id", "name", "group", "place") if column in whole]
            whole = whole[(whole[names].astype(object) == identity).any(axis=1)]
        return whole.reset_index(drop=True)
    return pd.DataFrame()


def lines_behind(result: Result, row: int, tables: tuple[str, ...], item: str) -> list[dict[str, Any]]:
    """The lines of the tables of rule 1 that an item of S01 or S02 was worked out from: `sheet`, `place`, names and amounts."""
    found: list[dict[str, Any]] = []
    for sheet in tables:
        if sheet == "L01":
            found += lines_behind_item(result, row, item)
            continue
        if sheet in STATEMENTS:
            lines = statement_lines(result, row, sheet)
            for line in records(lines):
                amounts = {k: v for k, v in line.items() if isinstance(v, float) and v == v and v != 0}
                if amounts and line["item"] not in parts_of(sheet) and _bears(line, item):
                    found.append(
                        {
                            "sheet": sheet,
                            "place": line["row"],
                            "zh": line["zh"],
                            "en": line["en"],
                            "article": line["article"],
                            **amounts,
                        }
                    )
            continue
        for line in records(capital_lines(result, row, sheet)):
            if sheet == "AC01" and item in ITEMS and (line["item"] < 0 or ITEMS[line["item"]] != item):
                continue
            found.append(as_line(sheet, line))
    return found


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in record.items()} for record in frame.to_dict("records")]


def as_line(sheet: str, line: dict[str, Any]) -> dict[str, Any]:
    """A line of a table with its names, its amounts that are not zero, and where its factor stands."""
    name = next((str(line[c]) for c in ("name", "id", "group") if c in line and isinstance(line[c], str)), "–")
    numbers = {
        key: float(value)
        for key, value in line.items()
        if key not in ("line", "failed", "item", "share_row", "runs_to", "table_row", "tier", "band")
        and isinstance(value, (int, float, np.floating)) and not isinstance(value, bool) and value == value and value != 0
    }  # fmt: skip
    words = {key: line[key] for key in ("runs_to_zh", "runs_to_en", "tests_zh", "tests_en") if line.get(key)}
    return {
        "sheet": sheet,
        "place": line["place"],
        "zh": name,
        "en": name,
        "article": line["citation"],
        **numbers,
        **words,
    }


# rows of S03 and S04 by the items they give
_ROWS = {
    "long_term_equity_difference": "interests_in_subsidiaries_jvs_associates",
    "deferred_tax_assets_deducted": "deferred_tax_assets",
    "S02.deferred_tax_assets": "deferred_tax_assets",
    "agricultural_catastrophe_reserve": "agricultural_catastrophe_reserve",
    "life_reserve_book": "life_unearned_reserves",
    "life_reserve_admitted": "life_unearned_reserves",
}
_WHOLE = ("net_assets", "admitted_assets", "admitted_liabilities", "total_assets")


def _bears(line: dict[str, Any], item: str) -> bool:
    """Whether a row of a statement is part of an item of S01 or S02."""
    if item == "non_admitted_assets":
        return bool(line.get("non_admitted_value", 0) > 0)
    if item == "other_adjustments":
        return bool(line.get("valuation_difference", line["form_difference"]))
    return item in _WHOLE or _ROWS.get(item) == line["item"]


def _explained(result: Result, row: int, sheet: str, own: pd.DataFrame) -> dict[str, Any]:
    """What the codes of a table mean: the article that decided, and words for them."""
    rulebook = result.rulebook(row)

    def cited(factor: str, rows: pd.Series) -> list[str]:
        keys, made = [r.key for r in rulebook.table(factor).rows], rulebook.factor(factor)
        return [made.citation_of(keys[int(i)]) if 0 <= i < len(keys) else "" for i in rows]

    if sheet == "AC01":
        ends = [ENDS_LABELS[ENDS[int(i)]] for i in own["runs_to"]]
        failed = [tests_of(int(bits)) for bits in own["failed"]]
        tests = {
            "tests_zh": ["；".join(f"{test.zh}（{_article(test.article, tier)}）" for test in of) for of, tier in zip(failed, own["tier"], strict=True)],
            "tests_en": ["; ".join(f"{test.en} ({_article(test.article, tier)})" for test in of) for of, tier in zip(failed, own["tier"], strict=True)],
        }  # fmt: skip
        return {
            "citation": cited(SHARE, own["share_row"]),
            "runs_to_zh": [zh for zh, _ in ends],
            "runs_to_en": [en for _, en in ends],
            **tests,
        }
    if sheet == "FutureSurplus":
        keys = {r.key: i for i, r in enumerate(rulebook.table(RETURNS).rows)}
        return {"citation": cited(RETURNS, own["band"].map(lambda i: keys.get(BANDS[int(i)], -1))),
                "band_zh": [BAND_LABELS[BANDS[int(i)]][0] for i in own["band"]], "band_en": [BAND_LABELS[BANDS[int(i)]][1] for i in own["band"]]}  # fmt: skip
    if sheet == "LifeReinsurance":
        return {"citation": cited(REINSURANCE, own["table_row"]), "counts_in": [TIERS[int(i)] if i >= 0 else "" for i in own["tier"]]}  # fmt: skip
    return {"citation": [position_tables()[sheet].article] * len(own)}


def _article(part: str, tier: str) -> str:
    return f"{ARTICLES[str(tier)]}{part}"


def _charged(result: Result, row: int) -> Iterator[tuple[Charged, int]]:
    """What was charged for a row of a result, and the number of its case there."""
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        if len(where):
            yield charged, int(where[0])
