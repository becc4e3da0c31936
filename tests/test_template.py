"""Blank workbooks: what they hold, that the ones in the repository are fresh, and that a filled one is read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

import solvency
from solvency.errors import DateOutOfRangeError, OutputExistsError, UsageError
from solvency.excel.check import check
from solvency.excel.guide import TITLE
from solvency.excel.position_sheets import sheets_for
from solvency.excel.read import read_book
from solvency.excel.style import FONT
from solvency.excel.template import template, unused_items
from solvency.excel.tidy import INPUTS
from solvency.regulation.rulebook import Rulebook
from solvency.tables.spec import line_items, tables

TYPES = ("property", "life", "reinsurer")
COMMITTED = Path(__file__).parents[1] / "templates"


@pytest.fixture(scope="module", params=TYPES)
def blank(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Any]:
    path = template(request.param, tmp_path_factory.mktemp("blank") / f"{request.param}.xlsx")
    return request.param, path, openpyxl.load_workbook(path)


def contents(sheet: Worksheet) -> dict[str, Any]:
    """Everything of a sheet a user meets, cell by cell."""
    cells = {
        cell.coordinate: (
            cell.value, cell.number_format, cell.font.name, cell.fill.fgColor.rgb, cell.protection.locked,
            cell.comment.text if cell.comment else None, cell.hyperlink.location if cell.hyperlink else None,
        )
        for row in sheet.iter_rows() for cell in row
    }  # fmt: skip
    rules = {
        str(rule.sqref): (rule.type, rule.operator, rule.formula1, rule.formula2, rule.error)
        for rule in sheet.data_validations.dataValidation
    }
    widths = {name: column.width for name, column in sheet.column_dimensions.items()}
    return {
        "cells": cells,
        "rules": rules,
        "widths": widths,
        "freeze": sheet.freeze_panes,
        "protected": sheet.protection.sheet,
    }


def entries(sheet: Worksheet) -> dict[tuple[str, ...], Any]:
    """The first input cell of each row, by item (and factor)."""
    heads = {cell.value: cell.column for cell in sheet[1]}
    value = next(heads[name] for names in INPUTS.values() for name in names if name in heads)
    keys = [heads[name] for name in ("factor", "item") if name in heads]
    return {
        tuple(str(sheet.cell(row, key).value) for key in keys): sheet.cell(row, value)
        for row in range(4, sheet.max_row + 1)
        if sheet.cell(row, keys[-1]).value is not None
    }


def fill_in(book: Any, sheet: str, values: dict[str, Any]) -> None:
    cells = {key[-1]: cell for key, cell in reversed(entries(book[sheet]).items())}
    for item, value in values.items():
        cells[item].value = value


def test_the_committed_ones_are_fresh(blank: tuple[str, Path, Any]) -> None:
    insurer_type, _, book = blank
    committed = openpyxl.load_workbook(COMMITTED / f"{insurer_type}.xlsx")
    assert committed.sheetnames == book.sheetnames
    for name in book.sheetnames:
        assert contents(committed[name]) == contents(book[name]), name


def test_sheets_rows_and_official_names(blank: tuple[str, Path, Any]) -> None:
    insurer_type, _, book = blank
    assert book.sheetnames == [TITLE, *tables()]
    for code, table in tables().items():
        sheet = book[code]
        heads = {cell.value: cell.column for cell in sheet[1]}
        assert {"item", "name_zh", "name_en", *INPUTS[table.layout]} <= set(heads)
        assert sheet.freeze_panes.endswith("4")
        known = {(row.factor, row.item): row for row in table}
        for row in range(4, sheet.max_row + 1):
            item = sheet.cell(row, heads["item"]).value
            if item is None:
                continue
            spec = known[sheet.cell(row, heads["factor"]).value if "factor" in heads else "", item]
            assert (sheet.cell(row, heads["name_zh"]).value, sheet.cell(row, heads["name_en"]).value) == (
                spec.zh,
                spec.en,
            )
            assert "row" not in heads or (sheet.cell(row, heads["row"]).value or "") == spec.row_no
            assert not spec.types or insurer_type in spec.types
    for code in ("S02", "S05", "Forecast"):
        assert [key[-1] for key in entries(book[code])] == [row.item for row in tables()[code]]
    assert {key[0] for key in entries(book["S01"])} == {
        "admitted_assets", "admitted_liabilities", "core_surplus", "core_ratio", "comprehensive_surplus", "comprehensive_ratio",
    }  # fmt: skip


def test_only_input_can_be_changed(blank: tuple[str, Path, Any]) -> None:
    _, _, book = blank
    for sheet in book.worksheets:
        assert sheet.protection.sheet
        assert sheet.protection.password is None
        heads = {cell.column: cell.value for cell in sheet[1]}
        inputs = INPUTS[tables()[sheet.title].layout] if sheet.title in tables() else ()
        for row in sheet.iter_rows(min_row=1):
            for cell in row:
                if not cell.protection.locked:
                    assert cell.row > 3
                    assert heads[cell.column] in (*inputs, "note", "factor", "item", "name_zh", "name_en")
    for code, table in tables().items():
        assert all(not cell.protection.locked for cell in entries(book[code]).values()), table.sheet


def test_every_font_is_named(blank: tuple[str, Path, Any]) -> None:
    _, _, book = blank
    assert {cell.font.name for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value} == {
        FONT
    }


def test_drop_downs_offer_the_choices_in_force_and_are_read(blank: tuple[str, Path, Any], tmp_path: Path) -> None:
    insurer_type, _, _ = blank
    rulebook = Rulebook.at(date(2025, 9, 30))
    for lang in ("zh", "en"):
        path = template(insurer_type, tmp_path / f"{lang}.xlsx", as_of="2025-09-30", lang=lang)
        book = openpyxl.load_workbook(path)
        sheet = book["Info"]
        offered = {
            str(rule.sqref): rule.formula1.strip('"').split(",")
            for rule in sheet.data_validations.dataValidation
            if rule.type == "list"
        }
        cells = {key[-1]: cell for key, cell in entries(sheet).items()}
        for row in tables()["Info"]:
            if row.kind != "choice" or (row.types and insurer_type not in row.types):
                continue
            choices = row.allowed(rulebook)
            assert offered[cells[row.item].coordinate] == [
                zh if lang == "zh" else key for key, (zh, _) in choices.items()
            ]
        for number in range(max(len(names) for names in offered.values())):
            for coordinate, names in offered.items():
                sheet[coordinate].value = names[number % len(names)]
            cells["insurer"].value = "甲公司"
            book.save(tmp_path / "filled.xlsx")
            codes = {problem.item for problem in check(tmp_path / "filled.xlsx") if problem.code == "not_allowed"}
            assert not codes
    assert cells["insurer_type"].value
    assert str(cells["as_of"].value)[:10] == "2025-09-30"


def test_numbers_are_checked_while_typing(blank: tuple[str, Path, Any]) -> None:
    _, _, book = blank
    rules = {str(rule.sqref).partition(":")[0]: rule for rule in book["S05"].data_validations.dataValidation}
    cells = {key[-1]: cell for key, cell in entries(book["S05"]).items()}
    for row in tables()["S05"]:
        rule = rules[cells[row.item].coordinate]
        assert rule.type == "decimal"
        assert float(rule.formula1) == (row.minimum if row.minimum is not None else -1e15)
        assert rule.showErrorMessage
        assert rule.error
    assert {rule.type for rule in book["Info"].data_validations.dataValidation} == {"list", "date", "decimal"}


def test_notes_name_the_article(blank: tuple[str, Path, Any]) -> None:
    _, _, book = blank
    for code in ("Info", "S02", "S05"):
        cells = {key[-1]: cell for key, cell in entries(book[code]).items()}
        for row in tables()[code]:
            if row.article and row.item in cells:
                assert row.article in cells[row.item].comment.text
    assert "规则第1号" in entries(book["S02"])["core_tier1",].comment.text


def test_a_blank_one_is_read_and_asks_for_what_is_missing(blank: tuple[str, Path, Any]) -> None:
    insurer_type, path, _ = blank
    book = read_book(path)
    assert book.problems == []
    assert book.forecast is None
    assert book.exposures.empty
    assert book.statements == {}
    missing = {
        "insurer",
        "as_of",
        "unit",
        "total_assets",
        "nonlife_insurance_mc",
        "market_mc",
        "credit_mc",
        "core_tier1",
    }
    missing |= {
        "property": set(),
        "life": {"life_insurance_mc", "loss_absorption"},
        "reinsurer": {"life_insurance_mc"},
    }[insurer_type]
    problems = check(path)
    assert {problem.item for problem in problems} == missing
    assert all(problem.code == "missing" and problem.sheet and problem.cell for problem in problems)
    assert book.cases["insurer_type"].iloc[0] == line_items()["insurer_type"].choices[insurer_type][0]


def test_a_filled_one_calculates(tmp_path: Path) -> None:
    path = template("property", tmp_path / "book.xlsx", as_of="2025-09-30")
    book = openpyxl.load_workbook(path)
    fill_in(book, "Info", {"insurer": "甲财产保险公司", "unit": "万元", "total_assets": 500000, "sarmra_score": 80})
    fill_in(book, "S02", {"core_tier1": 120000})
    fill_in(book, "S01", {"admitted_assets": 480000, "admitted_liabilities": 360000})
    fill_in(book, "S05", {"nonlife_insurance_mc": 33000, "market_mc": 12000, "credit_mc": 9500})
    fill_in(
        book,
        "Forecast",
        {"core_tier1": 121000, "actual_capital": 121000, "minimum_capital": 42000, "core_ratio": 2.881},
    )
    fill_in(book, "Exposures", {"tax_rate": 0.25})
    fill_in(book, "Statements", {"legal_representative": "张三"})
    book.save(path)
    assert check(path) == []
    result = solvency.calculate(path)
    assert result.figures["actual_capital"].iloc[0] == 120000 * 1e4
    read = read_book(path)
    assert read.unit == "万元"
    assert read.forecast is not None
    assert read.forecast.loc["core_tier1", "next_quarter"] == 121000
    assert read.exposures.to_dict("records") == [{"factor": "exposure", "item": "tax_rate", "value": 0.25}]
    assert read.statements == {"legal_representative": "张三"}


def test_rows_a_type_does_not_have_are_grey(blank: tuple[str, Path, Any]) -> None:
    insurer_type, _, book = blank
    unused = unused_items(insurer_type, Rulebook.at(date(2025, 9, 30)))
    assert ("life_loss_mc" in unused) == (insurer_type == "property")
    assert ("loss_absorption" in unused) == (insurer_type != "life")
    for key, cell in entries(book["S05"]).items():
        assert (cell.fill.fgColor.rgb == "FFF0F0F0") == (key[-1] in unused)


def test_wrong_use(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    for options in (
        {"insurer_type": "bank"},
        {"lang": "fr"},
        {"path": tmp_path / "book.xls"},
        {"as_of": "soon"},
        {"path": tmp_path / "x" / "b.xlsx"},
    ):
        with pytest.raises(UsageError):
            template(**{"insurer_type": "life", "path": path, **options})
    with pytest.raises(DateOutOfRangeError):
        template("life", path, as_of="2020-12-31")
    assert not path.exists()
    template("life", path)
    with pytest.raises(OutputExistsError):
        template("life", path)
    assert template("life", path, force=True) == path
    assert [entry.name for entry in tmp_path.iterdir()] == ["book.xlsx"]


def test_the_forecast_repeats_the_rows_of_s01() -> None:
    pairs = zip(tables()["Forecast"], tables()["S01"], strict=True)
    assert all(
        (a.item, a.row_no, a.zh, a.en, a.kind, a.minimum) == (b.item, b.row_no, b.zh, b.en, b.kind, b.minimum)
        for a, b in pairs
    )


@pytest.fixture(scope="module", params=TYPES)
def detailed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any]:
    path = template(request.param, tmp_path_factory.mktemp("detailed") / "book.xlsx", positions=True)
    return request.param, openpyxl.load_workbook(path)


def test_the_committed_ones_with_positions_are_fresh(detailed: tuple[str, Any]) -> None:
    insurer_type, book = detailed
    committed = openpyxl.load_workbook(COMMITTED / f"{insurer_type}-positions.xlsx")
    assert committed.sheetnames == book.sheetnames
    for table in sheets_for(insurer_type):
        assert contents(committed[table.sheet]) == contents(book[table.sheet]), table.sheet


def test_a_sheet_for_every_table_of_positions(detailed: tuple[str, Any]) -> None:
    insurer_type, book = detailed
    held = list(sheets_for(insurer_type))
    assert book.sheetnames == [TITLE, *tables(), *(table.sheet for table in held)]
    assert {table.sheet for table in held} >= {"MR01", "MR27", "CR03", "CR13", "CT01"}
    rulebook = Rulebook.at(date.today())
    for table in held:
        sheet = book[table.sheet]
        assert [cell.value for cell in sheet[1]] == [column.id for column in table.columns]
        for place, column in enumerate(table.columns, 1):
            assert sheet.cell(2, place).value == f"{column.zh}\n{column.en}"
            rules = [
                r
                for r in sheet.data_validations.dataValidation
                if str(r.sqref).startswith(f"{sheet.cell(4, place).column_letter}4:")
            ]
            if column.prefilled:
                assert sheet.cell(4, place).value, (table.sheet, column.id)
            elif column.kind in ("class", "flag", "known_flag"):
                labels = [zh for zh, _ in column.allowed(rulebook).values()]
                offered = rules[0].formula1.strip('"').split(",")
                assert offered in (labels, list(column.allowed(rulebook))), (table.sheet, column.id)


def test_what_the_drop_downs_offer_is_read(detailed: tuple[str, Any], tmp_path: Path) -> None:
    """A row on every sheet, filled with the first choice of each drop-down, raises no complaint about a choice."""
    insurer_type, book = detailed
    fill_in(book, "Info", {"insurer": "A", "unit": "元", "total_assets": 1e12})
    for table in sheets_for(insurer_type):
        sheet = book[table.sheet]
        for place, column in enumerate(table.columns, 1):
            offered = [
                r
                for r in sheet.data_validations.dataValidation
                if str(r.sqref).startswith(f"{sheet.cell(4, place).column_letter}4:")
            ]
            if column.prefilled:
                continue
            if column.kind in ("class", "flag", "known_flag"):
                sheet.cell(4, place).value = offered[0].formula1.strip('"').split(",")[0]
            elif column.required:
                sheet.cell(4, place).value = {"text": "x", "date": date(2024, 1, 31)}.get(column.kind, 1)
    path = tmp_path / "filled.xlsx"
    book.save(path)
    codes = {problem.code for problem in check(path)}
    assert not codes & {
        "not_allowed",
        "not_a_number",
        "not_a_date",
        "missing_column",
        "ignored_column",
        "unknown_table",
    }
