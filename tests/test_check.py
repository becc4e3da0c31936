"""`check`: every problem, and the user's own workbook handed back with the bad cells marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from bad_tables import good_rows, spoilt, written
from drafts import error, formula, good

from solvency.errors import InputError, OutputExistsError, UsageError
from solvency.excel.check import check
from solvency.excel.read import RESULTS, read_book
from solvency.excel.style import FILLS
from solvency.excel.template import template

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    draft = good().put("S05", "fx_mc", "abc").put("S05", "spread_mc", "2,000").put("S02", "net_assets", error("#REF!"))
    draft.put("Info", "insurer", "=HYPERLINK(1)").put("Info", "organisation", "=SUM(1)").put(
        "S05", "interest_rate_mc", formula("2500*2", 5000)
    )
    draft.after["S01"] = '<mergeCells count="1"><mergeCell ref="E4:E5"/></mergeCells>'
    return draft.save(tmp_path / "book.xlsx")


def marked(source: Path, **options: Any) -> Any:
    target = source.with_name("marked.xlsx")
    check(source, output=target, force=True, **options)
    return openpyxl.load_workbook(target)


def test_errors_come_first_and_have_a_place(bad: Path) -> None:
    problems = check(bad)
    assert [problem.severity for problem in problems] == sorted(problem.severity for problem in problems)
    assert {problem.code for problem in problems} == {
        "not_a_number",
        "number_as_text",
        "error_cell",
        "not_allowed",
        "merged",
    }
    assert all(problem.sheet and problem.cell for problem in problems)


def test_a_good_book_has_none(tmp_path: Path) -> None:
    book = good().save(tmp_path / "book.xlsx")
    assert check(book) == []
    back = marked(book)
    assert back[RESULTS]["A1"].value.startswith("检查结果：0 个错误")


def test_bad_cells_are_coloured_and_annotated(bad: Path) -> None:
    problems = check(bad)
    book = marked(bad)
    for problem in problems:
        cell = book[problem.sheet][problem.cell.partition(":")[0]]
        if type(cell).__name__ != "MergedCell":
            assert cell.fill.fgColor.rgb == FILLS[problem.severity]
            assert problem.message("zh") in cell.comment.text
    english = marked(bad, lang="en")
    place = next(problem for problem in problems if problem.code == "not_a_number")
    assert place.message("en") in english[place.sheet][place.cell].comment.text
    assert book["S05"]["E4"].comment is None


def test_all_problems_are_listed_on_the_first_sheet(bad: Path) -> None:
    problems = check(bad)
    book = marked(bad)
    assert book.sheetnames[0] == RESULTS
    assert book.active.title == RESULTS
    sheet = book[RESULTS]
    assert sheet.max_row == len(problems) + 2
    for row, problem in enumerate(problems, start=3):
        severity, code, cell, zh, en = (sheet.cell(row, column) for column in range(2, 7))
        assert problem.severity in severity.value
        assert (code.value, cell.value) == (problem.sheet, problem.cell)
        assert cell.hyperlink.location == f"'{problem.sheet}'!{problem.cell}"
        assert zh.value.startswith(problem.zh)
        assert en.value.startswith(problem.en)
        assert zh.data_type == en.data_type == "s"


def test_everything_else_is_as_it_was(bad: Path) -> None:
    before = bad.read_bytes()
    old, new = openpyxl.load_workbook(bad), marked(bad)
    assert bad.read_bytes() == before
    for sheet in old.worksheets:
        assert {
            cell.coordinate: (cell.value, cell.data_type)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        } == {
            cell.coordinate: (cell.value, cell.data_type)
            for row in new[sheet.title].iter_rows()
            for cell in row
            if cell.value is not None
        }
    assert new["S05"][good().place("S05", "interest_rate_mc")].value == "=2500*2"
    assert new["Info"][good().place("Info", "insurer")].data_type == "s"


def test_a_template_keeps_its_rules_and_notes(tmp_path: Path) -> None:
    blank = template("life", tmp_path / "book.xlsx")
    old, new = openpyxl.load_workbook(blank), marked(blank)
    for sheet in old.worksheets:
        assert len(new[sheet.title].data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
        assert new[sheet.title].protection.sheet == sheet.protection.sheet
    place = read_book(blank).place(0, "unit")["cell"]
    note = new["Info"][place].comment.text
    assert old["Info"][place].comment.text in note
    assert "缺少金额单位" in note


def test_a_marked_book_can_be_mended_and_checked_again(bad: Path) -> None:
    first = check(bad)
    again = bad.with_name("marked.xlsx")
    check(bad, output=again)
    second = check(again)
    assert {p.where for p in first} <= {p.where for p in second}
    assert not [p for p in second if p.sheet == RESULTS]
    book = openpyxl.load_workbook(again)
    for sheet, item, value in (("S05", "fx_mc", 500), ("S05", "spread_mc", 2000), ("S02", "net_assets", 122000), ("Info", "organisation", None),
                               ("S05", "interest_rate_mc", 5000)):  # fmt: skip
        book[sheet][good().place(sheet, item)].value = value
    book["S01"].unmerge_cells("E4:E5")
    book["S01"]["E5"].value = 360000
    book.save(again)
    assert check(again) == []
    twice = bad.with_name("twice.xlsx")
    check(again, output=twice)
    assert openpyxl.load_workbook(twice).sheetnames.count(RESULTS) == 1


def test_text_a_workbook_cannot_hold(tmp_path: Path) -> None:
    book = good().put("S05", "fx_mc", "a_x0007_b_xD800_\t=1").save(tmp_path / "book.xlsx")
    sheet = marked(book)[RESULTS]
    assert "a" in sheet.cell(3, 5).value


def test_problems_of_a_missing_sheet_are_listed(tmp_path: Path) -> None:
    draft = good()
    draft.names["S05"] = "S05 '最低资本'"
    book = marked(draft.save(tmp_path / "book.xlsx"))
    assert book[RESULTS].cell(3, 3).value == "S05 '最低资本'"
    assert book["S05 '最低资本'"]["A1"].fill.fgColor.rgb == FILLS["error"]
    nothing = marked(good().drop("Info").save(tmp_path / "other.xlsx"))
    assert nothing[RESULTS].cell(3, 3).value == "Info"
    assert nothing[RESULTS].cell(3, 4).hyperlink is None


def test_whole_columns_and_rows_are_marked_at_their_head(tmp_path: Path) -> None:
    draft = good()
    draft.before["S05"] = '<cols><col min="5" max="5" width="9" hidden="1"/></cols>'
    draft.cells["S02"]["A1"] = "what"
    book = marked(draft.save(tmp_path / "book.xlsx"))
    assert book["S05"]["E1"].fill.fgColor.rgb == FILLS["warning"]
    assert book["S02"]["A1"].fill.fgColor.rgb == FILLS["error"]
    links = {book[RESULTS].cell(row, 4).hyperlink.location for row in range(3, book[RESULTS].max_row + 1)}
    assert {"'S05'!E1", "'S02'!A1"} <= links


def test_options_of_calculate_are_passed_on(tmp_path: Path) -> None:
    book = good().put("S05", "fx_mc", "５００").save(tmp_path / "book.xlsx")
    assert [problem.severity for problem in check(book, strict=True)] == ["warning"]
    assert check(good().save(tmp_path / "b.xlsx"), as_of="2022-03-31") == []
    with pytest.raises(TypeError):
        check(book, nonsense=1)


def test_tables_are_checked_but_not_handed_back(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(spoilt(fx_mc="abc", as_of="soon"))
    assert {(problem.row, problem.item) for problem in check(table)} == {("3", "fx_mc"), ("3", "as_of")}
    table.write_bytes(written(good_rows()))
    assert check(table) == []
    with pytest.raises(UsageError):
        check(table, output=tmp_path / "out.xlsx")


def test_what_cannot_be_opened_is_raised(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(b"no book")
    with pytest.raises(InputError):
        check(tmp_path / "book.xlsx", output=tmp_path / "out.xlsx")
    with pytest.raises(UsageError):
        check(tmp_path / "none.xlsx")
    book = good().save(tmp_path / "good.xlsx")
    check(book, output=tmp_path / "out.xlsx")
    with pytest.raises(OutputExistsError):
        check(book, output=tmp_path / "out.xlsx")


@pytest.mark.parametrize(
    "inside",
    [
        '<mergeCells count="1"><mergeCell ref="K4:Z1048576"/></mergeCells>',
        '<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>',
    ],
)
def test_what_covers_millions_of_cells_is_not_marked(inside: str, tmp_path: Path) -> None:
    draft = good()
    draft.after["S05"] = inside
    path = draft.save(tmp_path / "book.xlsx")
    with pytest.raises(InputError) as caught:
        check(path, output=tmp_path / "marked.xlsx")
    assert [problem.code for problem in caught.value.problems] == ["cannot_mark"]
    assert not (tmp_path / "marked.xlsx").exists()


def test_a_forecast_that_does_not_add_up_is_found(tmp_path: Path) -> None:
    """What the stress test and the disclosure would refuse is a problem of the book."""
    path = ROOT / "examples/example-invented-property.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["Forecast"]
    item, column = (next(c.column for c in sheet[1] if c.value == name) for name in ("item", "next_quarter"))
    for row in range(4, sheet.max_row + 1):
        if sheet.cell(row, item).value == "actual_capital":
            sheet.cell(row, column).value = 5
    book.save(tmp_path / "book.xlsx")
    assert check(path) == []
    problems = check(tmp_path / "book.xlsx")
    assert [(problem.code, problem.sheet, problem.severity) for problem in problems] == [
        ("disagree", "Forecast", "error")
    ]


def test_a_corrected_book_loses_its_marks(tmp_path: Path) -> None:
    path = ROOT / "examples/example-invented-property.xlsx"
    book = openpyxl.load_workbook(path)
    right = book["S05"]["E15"].value
    book["S05"]["E15"].value = "abc"
    book.save(tmp_path / "bad.xlsx")
    assert check(tmp_path / "bad.xlsx", output=tmp_path / "marked.xlsx")
    marked = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert "✗" in marked["S05"]["E15"].comment.text
    red = marked["S05"]["E15"].fill.fgColor.rgb
    marked["S05"]["E15"].value = right
    marked.save(tmp_path / "fixed.xlsx")
    assert check(tmp_path / "fixed.xlsx", output=tmp_path / "again.xlsx") == []
    cell = openpyxl.load_workbook(tmp_path / "again.xlsx")["S05"]["E15"]
    assert cell.fill.fgColor.rgb != red
    assert cell.comment is None or "✗" not in cell.comment.text
