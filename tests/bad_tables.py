"""Bad tables (CSV) by the hundred, made from the good row: what was done to it and what must be said about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drafts import GOOD, table_row

UNIT = 10_000  # the good insurer is in 万元, a table in 元
AMOUNTS = {item for code in ("S01", "S02", "S05") for item in GOOD[code]} | {"total_assets"}


@dataclass(frozen=True)
class BadTable:
    """A table as bytes, the code that must be given, and the line or column it must be given for."""

    name: str
    content: bytes
    code: str
    row: str = ""
    item: str = ""
    severity: str = "error"
    found: str = ""
    file: str = "table.csv"


def in_yuan(**changes: Any) -> dict[str, Any]:
    row = {k: v * UNIT if k in AMOUNTS and isinstance(v, (int, float)) else v for k, v in table_row().items()}
    return {k: v for k, v in {**row, **changes}.items() if v is not ...}


def written(rows: list[dict[str, Any]], names: list[str] | None = None, encoding: str = "utf-8") -> bytes:
    stream = io.StringIO()
    names = names or list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(stream, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode(encoding)


def good_rows() -> list[dict[str, Any]]:
    return [in_yuan(insurer=name) for name in ("甲公司", "乙公司", "丙公司")]


def spoilt(**changes: Any) -> bytes:
    """Three rows, the second one with these changes."""
    rows = good_rows()
    rows[1].update(changes)
    return written(rows)


def tables() -> Iterator[BadTable]:
    yield from columns()
    yield from cells()
    yield from rows()
    yield from files()


def columns() -> Iterator[BadTable]:
    for name in ("insurer", "insurer_type", "as_of"):
        yield BadTable(f"no column {name}", written([in_yuan(**{name: ...})]), "missing_column", item=name)
    renamed = {"insurer_type": "insurer_typ", "market_mc": "market_mcs", "as_of": "asof", "fx_mc": "fx_mcc", "core_tier1": "core_tier_1",
               "net_assets": "net_asset", "admitted_assets": "admited_assets", "sarmra_score": "sarmra_scores"}  # fmt: skip
    for name, wrong in renamed.items():
        row = in_yuan()
        row[wrong] = row.pop(name, 1)
        yield BadTable(f"column {name} called {wrong}", written([row]), "unknown_column", item=wrong)
    text = written(good_rows()).decode()
    head, _, body = text.partition("\r\n")
    for name in ("insurer", "fx_mc", "as_of"):
        doubled = "\r\n".join([head + f",{name}", *(f"{line},1" for line in body.strip().split("\r\n"))])
        yield BadTable(f"column {name} twice", doubled.encode(), "doubled_column", item=name)
    qualified = "\r\n".join([head + ",S05.fx_mc", *(f"{line},1" for line in body.strip().split("\r\n"))])
    yield BadTable("column fx_mc twice, once with its sheet", qualified.encode(), "doubled_column", item="fx_mc")
    yield BadTable(
        "further column", written([in_yuan(analyst="x")]), "ignored_column", item="analyst", severity="warning"
    )


def cells() -> Iterator[BadTable]:
    for i, text in enumerate(
        (
            "abc",
            "1,234,5o",
            "12万",
            "—",
            "1.2.3",
            "n/a",
            "#N/A",
            "#REF!",
            "=1+1",
            "NaN",
            "inf",
            "-inf",
            "1e999",
            "TRUE",
            "٣",
            "()",
            "%",
        )
    ):
        for item in (
            ("fx_mc", "equity_price_mc", "net_assets", "admitted_assets", "total_assets", "sarmra_score")[i % 6],
        ):
            yield BadTable(f"{item} is {text}", spoilt(**{item: text}), "not_a_number", "3", item, found=text)
    for item, texts in {
        "insurer_type": ("寿险", "P&C", "group", "0"), "organisation": ("股份", "Mutuals"), "risk_strategic": ("中", "medium"),
        "notified_grade": ("E", "A+", "甲"), "notified_grade_quarter": ("2025Q5", "Q2"), "filing_breach": ("yes", "是"),
    }.items():  # fmt: skip
        for text in texts:
            yield BadTable(f"{item} is {text}", spoilt(**{item: text}), "not_allowed", "3", item, found=text)
    for text in ("2021-12-31", "1999-12-31", "2099-12-31"):
        yield BadTable(f"date {text}", spoilt(as_of=text), "date_out_of_range", "3", "as_of", found=text)
    for text in ("2025-13-31", "soon", "2025Q3", "45", "2025-02-30"):
        yield BadTable(f"date {text}", spoilt(as_of=text), "not_a_date", "3", "as_of", found=text)
    for item in ("insurer", "insurer_type", "as_of"):
        yield BadTable(f"{item} blank", spoilt(**{item: ""}), "missing", "3", item)
        yield BadTable(f"{item} of blanks", spoilt(**{item: "   "}), "missing", "3", item)
    for item, value in (
        ("fx_mc", -1),
        ("total_assets", -1),
        ("sarmra_score", 101),
        ("size_coefficient", 95),
        ("future_surplus_limit", 40),
    ):
        yield BadTable(f"{item} is {value}", spoilt(**{item: value}), "out_of_range", "3", item, found=str(value))
    for value in (250, "335.24", 100):
        yield BadTable(f"core ratio {value}", spoilt(core_ratio=value), "disagree", "3", "core_ratio")
    for item, value in (("minimum_capital", 1), ("market_mc", 9e9), ("actual_capital", 5), ("diversification", 9e9)):
        yield BadTable(f"{item} is not the sum", spoilt(**{item: value}), "disagree", "3", item)
    yield BadTable("total assets in 万元", spoilt(total_assets=500000), "unit_mixed", "3", "total_assets")
    small = {k: v / UNIT for k, v in in_yuan().items() if k in AMOUNTS}
    yield BadTable(
        "all but total assets in 万元", spoilt(**{**small, "total_assets": 5e9}), "unit_mixed", "3", "total_assets"
    )
    yield BadTable("the whole row in 万元", spoilt(**small), "unit_suspect", "3", "admitted_assets", severity="warning")
    for item in ("nonlife_premium_reserve_mc", "counterparty_default_mc"):
        yield BadTable(f"{item} blank", spoilt(**{item: ""}), "missing", "3", item)
    for text in ("１２００００００", '"12,000,000"'.strip('"'), " 12000000 %"):
        yield BadTable(f"fx_mc is {text}", spoilt(fx_mc=text), "number_as_text", "3", "fx_mc", "warning")


def rows() -> Iterator[BadTable]:
    same = good_rows()
    same[2]["insurer"] = same[0]["insurer"]
    yield BadTable("insurer twice", written(same), "duplicate", "2", "insurer", found="甲公司")
    yield BadTable("all rows the same", written([in_yuan()] * 3), "duplicate", "4", "insurer")
    yield BadTable(
        "insurer twice, blanks around",
        written([in_yuan(insurer="甲"), in_yuan(insurer=" 甲 ")]),
        "duplicate",
        "3",
        "insurer",
    )


def files() -> Iterator[BadTable]:
    good = written(good_rows())
    head = good.split(b"\r\n")[0]
    yield BadTable("empty", b"", "empty")
    yield BadTable("blank lines", b"\n\n\n", "empty")
    yield BadTable("heads only", head + b"\r\n", "empty")
    yield BadTable("zeros", bytes(2048), "not_a_table")
    yield BadTable("a zip", b"PK\x03\x04" + bytes(200), "not_a_table")
    yield BadTable("not Unicode", good.replace(b",property,", b",\xff\xff\xff\xfe,", 1), "encoding")
    yield BadTable("a line too long", good + b"a" + b",1" * 60 + b"\r\n", "not_a_table")
    for row, short in ((1, False), (2, True), (3, False)):
        lines = good.split(b"\r\n")
        lines[row] = lines[row].rsplit(b",", 1)[0] if short else lines[row] + b",000"
        name = f"row {row} too {'short' if short else 'long'}"
        yield BadTable(name, b"\r\n".join(lines), "not_a_table", str(row + 1))
    yield BadTable("an open quotation", good + b'"never closed,1,2\r\n', "not_a_table")
    yield BadTable("semicolons", good.replace(b",", b";"), "missing_column")
    yield BadTable("Parquet that is none", good, "not_a_table", file="table.parquet")
