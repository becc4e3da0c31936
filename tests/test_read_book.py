"""Reading a workbook: what is taken from it, whoever wrote it."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from drafts import DOCUMENT, GOOD, MAIN, Draft, Raw, formula, good

import solvency
from solvency.excel.cells import Workbook
from solvency.excel.places import area, column_letters, column_number, number, position
from solvency.excel.read import Book, read_book
from solvency.excel.safety import open_package
from solvency.excel.template import template
from solvency.tables.spec import tables


def read(draft: Draft, tmp_path: Path) -> Book:
    return read_book(draft.save(tmp_path / "book.xlsx"))


def cells_of(path: Path) -> dict[tuple[str, str], Any]:
    """The values of all sheets, read by this package."""
    book = Workbook(open_package(path))
    return {
        (name, f"{column_letters(column)}{row}"): cell.value
        for name in book.parts for (row, column), cell in book.sheet(name).cells.items()
    }  # fmt: skip


def cells_by_openpyxl(path: Path) -> dict[tuple[str, str], Any]:
    book = openpyxl.load_workbook(path, data_only=True)
    return {
        (sheet.title, cell.coordinate): cell.value.date() if hasattr(cell.value, "date") else cell.value
        for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None
    }  # fmt: skip


def test_the_good_book(tmp_path: Path) -> None:
    book = read(good(), tmp_path)
    assert book.problems == []
    assert (book.unit, book.name, len(book.cases)) == ("万元", "book.xlsx", 1)
    for code in ("Info", "S01", "S02", "S05"):
        for item, value in GOOD[code].items():
            assert book.cases[item].iloc[0] == value
            assert book.place(0, item) == {"sheet": code, "cell": good().place(code, item)}
    assert book.forecast is not None
    assert book.forecast["next_quarter"].dropna().to_dict() == {
        "core_tier1": 121000,
        "actual_capital": 121000,
        "minimum_capital": 42000,
    }
    assert list(book.forecast.columns) == ["next_quarter", "year_end_1", "year_end_2"]
    assert book.exposures.to_dict("records") == [
        {"factor": "exposure", "item": "tax_rate", "value": 0.25}, {"factor": "exposure", "item": "equity_exposure", "value": 30000},
    ]  # fmt: skip
    assert book.place(0, "Forecast.core_tier1.next_quarter")["sheet"] == "Forecast"
    assert book.place(0, "Exposures.exposure.tax_rate")["sheet"] == "Exposures"
    assert book.place(0, "nothing") == {}


def test_books_by_openpyxl_are_read_alike(tmp_path: Path) -> None:
    path = template("life", tmp_path / "life.xlsx", as_of="2025-09-30")
    assert cells_of(path) == cells_by_openpyxl(path)


def test_books_by_xlsxwriter_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("一 & 二's")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        percent, money = (
            book.add_format({"num_format": "0.00%"}),
            book.add_format({"num_format": '#,##0.00 "万元";[Red]-#,##0.00'}),
        )
        sheet.write_row(0, 0, ["文字", 1, 2.5, -1e-7, True, "", " blanks ", "=text", "a\nb", "_x000D_", "😀"])
        sheet.write_datetime(1, 0, date(2025, 9, 30), day)  # type: ignore[arg-type]
        sheet.write_number(1, 1, 0.25, percent)
        sheet.write_number(1, 2, 45930, money)
        sheet.write_rich_string(2, 0, "富", bold, "文本", " x")
        sheet.write_formula(3, 0, "=1+1", None, 2)
        sheet.write_formula(3, 1, '="a"&"b"', None, "ab")
        sheet.write_formula(3, 2, "=1>0", None, True)
        book.add_worksheet("空")
    assert cells_of(path) == cells_by_openpyxl(path)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_books_by_libreoffice_are_read_alike(tmp_path: Path) -> None:
    source = good().put("S05", "market_mc", formula("E15*2")).save(tmp_path / "book.xlsx")
    out = tmp_path / "out"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(
        ["soffice", "--headless", profile, "--convert-to", "xlsx", "--outdir", str(out), str(source)],
        check=True,
        capture_output=True,
    )
    path = out / "book.xlsx"
    assert cells_of(path) == cells_by_openpyxl(path)
    book = read_book(path)
    assert [problem for problem in book.problems if problem.severity == "error"] == []
    assert book.cases["net_assets"].iloc[0] == 122000
    assert book.cases["market_mc"].iloc[0] is not None


def test_other_namespaces_and_prefixes_are_read(tmp_path: Path) -> None:
    """Strict Open XML, and programs that write every name with a prefix."""
    draft = good()
    for part, content in good().all_parts().items():
        text = content.decode().replace(DOCUMENT, "http://purl.oclc.org/ooxml/officeDocument/relationships")
        text = text.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        if part.startswith("xl/worksheets"):
            text = re.sub(r"<(/?)(\w)", r"<\1x:\2", text).replace("xmlns=", "xmlns:x=")
        draft.parts[part] = text.encode()
    assert read(draft, tmp_path).cases.equals(read(good(), tmp_path).cases)


def test_columns_are_found_by_id(tmp_path: Path) -> None:
    draft = good()
    cells = draft.cells["S05"]
    swapped = {
        (("E" if ref[0] == "A" else "A" if ref[0] == "E" else ref[0]) + ref[1:]): value for ref, value in cells.items()
    }
    draft.cells["S05"] = swapped | {"A1": " Amount ", "K1": ""}
    book = read(draft, tmp_path)
    assert book.problems == []
    assert book.cases["fx_mc"].iloc[0] == 500
    assert book.place(0, "fx_mc")["cell"].startswith("A")


@pytest.mark.parametrize("names", [{"S05": "s05"}, {"Info": " INFO "}, {"S02": "S02 "}])
def test_case_and_blanks_of_sheet_names_do_not_matter(names: dict[str, str], tmp_path: Path) -> None:
    draft = good()
    draft.names.update(names)
    assert read(draft, tmp_path).problems == []


def test_rows_may_be_left_out_reordered_and_qualified(tmp_path: Path) -> None:
    draft = good()
    draft.cells["S02"] = {
        "A1": "item", "B1": "amount", "A4": "S02.net_asset_adjustments", "B4": -2000, "A5": "net_assets", "B5": 122000,
        "A6": "deferred_tax_assets", "B6": 7,
    }  # fmt: skip
    book = read(draft, tmp_path)
    assert book.problems == []
    assert book.cases["net_assets"].iloc[0] == 122000
    assert book.cases["net_asset_adjustments"].iloc[0] == -2000
    assert book.cases["S02.deferred_tax_assets"].iloc[0] == 7


def test_only_info_s05_and_capital_are_needed(tmp_path: Path) -> None:
    book = read(good("Info", "S02", "S05"), tmp_path)
    assert book.problems == []
    assert book.forecast is None
    assert book.exposures.empty
    tiers = good("Info", "S01", "S05").put("S01", "core_tier1", 120000)
    assert solvency.calculate(tiers.save(tmp_path / "tiers.xlsx")).figures["actual_capital"].iloc[0] == 120000e4


@pytest.mark.parametrize(
    ("first", "second", "agree"),
    [
        (12000.254, 12000.25, True), (12000.4, 12000, True), (12000, 12000.5, True), (12000, 12001.4, False), (12000.25, 12000.35, False),
        (3, 3.4, False), (0, 0, True), (0, 1, False), (-5000.2, -5000, True), ("12,000", 12000, True),
    ],
)  # fmt: skip
def test_a_figure_in_two_sheets_agrees_within_rounding(first: Any, second: Any, agree: bool, tmp_path: Path) -> None:
    book = read(good().put("S05", "control_risk_mc", first).put("S01", "control_risk_mc", second), tmp_path)
    assert [problem.code for problem in book.problems] == ([] if agree else ["disagree"])
    assert book.cases["control_risk_mc"].iloc[0] == first
    assert book.place(0, "control_risk_mc")["sheet"] == "S05"


def test_a_figure_only_in_the_later_sheet_is_taken(tmp_path: Path) -> None:
    book = read(good().put("S01", "control_risk_mc", -300), tmp_path)
    assert book.cases["control_risk_mc"].iloc[0] == -300
    assert book.place(0, "control_risk_mc")["sheet"] == "S01"


def test_formulas_give_their_stored_result(tmp_path: Path) -> None:
    draft = good()
    draft.put("S05", "fx_mc", formula("SUM(E4:E5)", 500)).put("Info", "insurer", formula('"甲"&"公司"', "甲公司"))
    draft.put("S05", "market_mc", formula('IF(1,"","x")', "")).put(
        "S02", "net_assets", formula("Table1[期末]+账面[1月]", 122000)
    )
    draft.put("S05", "credit_mc", Raw("", '<f t="shared" ref="E1:E2" si="0">E9*1</f><v>9700</v>'))
    book = read(draft, tmp_path)
    assert book.problems == []
    assert book.cases.loc[0, ["fx_mc", "insurer", "net_assets", "credit_mc"]].to_list() == [500, "甲公司", 122000, 9700]
    assert book.cases["market_mc"].iloc[0] is None


def test_a_shared_formula_of_another_book_is_seen_in_every_cell(tmp_path: Path) -> None:
    draft = good()
    draft.put("S05", "interest_rate_mc", Raw("", '<f t="shared" ref="E15:E16" si="3">[1]S!A1</f><v>5000</v>'))
    draft.put("S05", "equity_price_mc", Raw("", '<f t="shared" si="3"/><v>10000</v>'))
    codes = [(problem.code, problem.item) for problem in read(draft, tmp_path).problems]
    assert codes == [("external_link", "interest_rate_mc"), ("external_link", "equity_price_mc")]


@pytest.mark.parametrize("value", ["2025-09-30", "2025/9/30", "2025年9月30日", "20250930", 20250930, 45930])
def test_dates(value: Any, tmp_path: Path) -> None:
    result = solvency.calculate(good().put("Info", "as_of", value).save(tmp_path / "book.xlsx"))
    assert result.cases["as_of"].iloc[0] == date(2025, 9, 30)


@pytest.mark.parametrize(("serial", "date1904"), [(45930, False), (44468, True)])
def test_dates_stored_as_serial_numbers(serial: int, date1904: bool, tmp_path: Path) -> None:
    for style in ("", 's="1"'):
        draft = good().put("Info", "as_of", Raw(style, f"<v>{serial}</v>"))
        draft.date1904 = date1904
        add_styles(draft)
        result = solvency.calculate(draft.save(tmp_path / "book.xlsx"))
        assert result.cases["as_of"].iloc[0] == date(2025, 9, 30)


def test_an_amount_that_became_a_date_is_no_number(tmp_path: Path) -> None:
    draft = good().put("S05", "fx_mc", Raw('s="1"', "<v>45659</v>"))
    add_styles(draft)
    with pytest.raises(solvency.InputError) as raised:
        solvency.calculate(draft.save(tmp_path / "book.xlsx"))
    assert [(p.code, p.found) for p in raised.value.problems] == [("not_a_number", "2025-01-02")]


def add_styles(draft: Draft) -> None:
    part = "xl/_rels/workbook.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"
    relation = f'<Relationship Id="rId99" Type="{kind}" Target="styles.xml"/></Relationships>'
    draft.parts[part] = draft.all_parts()[part].replace(b"</Relationships>", relation.encode())
    draft.parts["xl/styles.xml"] = (
        b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts>'
        b'<numFmt numFmtId="170" formatCode="[$-804]yyyy&quot;/&quot;m"/></numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
        b'<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>'
    )


def test_numbers_stay_what_was_typed(tmp_path: Path) -> None:
    draft = (
        good().put("S05", "fx_mc", Raw("", "<v>1.1000000000000001</v>")).put("S05", "spread_mc", Raw("", "<v>2E3</v>"))
    )
    book = read(draft.put("Info", "sarmra_score", Raw('t="str"', "<v>80</v>")), tmp_path)
    assert book.cases["fx_mc"].iloc[0] == 1.1
    assert book.cases["spread_mc"].iloc[0] == 2000.0
    assert [(p.code, p.severity) for p in book.problems] == [("number_as_text", "warning")]


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    book = read(good().put("Info", "insurer", "=1+1"), tmp_path)
    assert book.cases["insurer"].iloc[0] == "=1+1"
    assert book.problems == []


def test_own_sensitivities(tmp_path: Path) -> None:
    draft = good()
    rows = [
        ("premium_income*1.2", "core_tier1", -300),
        ("premium_income*1.2", "nonlife_premium_reserve_mc", 250),
        ("own_flood", "net_assets", -5),
    ]
    for row, (factor, item, value) in enumerate(rows, 200):
        draft.cells["Exposures"] |= {f"A{row}": factor, f"B{row}": item, f"E{row}": value}
    book = read(draft, tmp_path)
    assert book.problems == []
    assert book.exposures.to_records(index=False).tolist()[2:] == rows


def test_statements(tmp_path: Path) -> None:
    draft = good()
    items = {row.item: row for row in tables()["Statements"]}
    amount = next(item for item, row in items.items() if row.kind == "amount")
    ratio = next(item for item, row in items.items() if row.kind == "ratio")
    draft.cells["Statements"] = {"A1": "item", "B1": "value", "A4": amount, "B4": "1,000", "A5": ratio, "B5": "12.5%", "A6": "legal_representative",
                                 "B6": 7, "A7": "no_such_row", "B7": 1}  # fmt: skip
    book = read(draft, tmp_path)
    assert book.statements == {amount: 1000.0, ratio: 0.125, "legal_representative": "7"}
    assert [(p.code, p.where) for p in book.problems] == [
        ("unknown_item", "Statements!A7"), ("number_as_text", "Statements!B4"), ("number_as_text", "Statements!B5"),
    ]  # fmt: skip


def test_forecast_ratios_are_checked(tmp_path: Path) -> None:
    assert (
        read(
            good().put("Forecast", "core_ratio", 2.881).put("Forecast", "comprehensive_ratio", "288.1%"), tmp_path
        ).problems[1:]
        == []
    )
    book = read(good().put("Forecast", "core_ratio", 1.5), tmp_path)
    assert [(p.code, p.sheet) for p in book.problems] == [("disagree", "Forecast")]
    assert np.isnan(book.forecast.loc["core_ratio", "year_end_1"]) if book.forecast is not None else False


@pytest.mark.parametrize(
    ("text", "external"),
    [
        ("[1]S!A1", True), ("SUM('[1]上 年'!A1:B2)", True), ("'C:\\x\\[a.xlsx]S'!A1", True), ("A1+[12]S!B2", True), ("[1]!name", True),
        ("Table1[amount]", False), ("表1[2024]", False), ("Table1[[#This Row],[1]]", False), ('"[1]S!A1"', False), ("S02!E4", False),
        ("'my [sheet'!A1", False),
        ("'[1]O''Brien'!A1", True),
        ("SUM(A1,[1]S!A1)", True),
        ("IF([@x]>1,Table1[[a],[1]],2)!", False),
    ],
)  # fmt: skip
def test_what_is_another_book(text: str, external: bool, tmp_path: Path) -> None:
    book = Workbook(open_package(good().save(tmp_path / "book.xlsx")))
    assert book.is_external(text) is external


def test_places() -> None:
    assert [column_number(letters) for letters in ("A", "Z", "AA", "XFD")] == [1, 26, 27, 16384]
    assert all(column_number(column_letters(n)) == n for n in range(1, 16385, 37))
    assert position("$B$7") == (7, 2)
    assert position("XFE1") is None
    assert area("C9:A4") == (4, 1, 9, 3)
    assert area("1:1") is None
    assert [number(text) for text in ("7", "-7", "1e3", "nan", "1_0", "x")] == [7, -7, 1000.0, "nan", "1_0", "x"]
