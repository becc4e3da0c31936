"""Bad input ends in a message that names the place, never in a traceback, a silent success or a half-written file."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bad_books import Case
from bad_books import cases as book_cases
from bad_files import BadFile, files, good_with, huge, zipped
from bad_tables import BadTable, good_rows, spoilt, tables, written
from drafts import HEAD, MAIN, good

import solvency
from solvency.errors import InputError, OutputExistsError, Problem, UsageError
from solvency.excel.check import check
from solvency.excel.read import read_book
from solvency.excel.template import template
from solvency.files import safe_name

BOOKS, FILES, TABLES = list(book_cases()), list(files()), list(tables())
CHINESE = re.compile("[\u4e00-\u9fff]")


def problems_of(source: object, **options: Any) -> tuple[list[Problem], bool]:
    """All problems, and whether the input was accepted."""
    try:
        return solvency.calculate(source, **options).warnings, True  # type: ignore[arg-type]
    except InputError as error:
        return error.problems, False


def assert_speaks(problem: Problem) -> None:
    """Both languages, each a whole message with what was found and the article."""
    for lang in ("zh", "en"):
        text = problem.message(lang)
        assert text.strip()
        assert problem.found in text
        assert problem.article in text
    assert CHINESE.search(problem.zh), problem
    assert problem.en, problem
    own = problem.en.replace(problem.found, "").replace(problem.sheet, "").replace("book.xlsx", "")
    assert not CHINESE.search(re.sub("[元万亿]", "", own)), problem


@pytest.mark.parametrize("case", BOOKS, ids=[case.name for case in BOOKS])
def test_bad_book(case: Case, tmp_path: Path) -> None:
    draft = good()
    cell = case.spoil(draft)
    problems, accepted = problems_of(draft.save(tmp_path / "book.xlsx"))
    assert accepted is (case.severity == "warning"), [problem.message("en") for problem in problems]
    for problem in problems:
        assert_speaks(problem)
        assert problem.sheet, problem
    said = [p for p in problems if (p.code, p.severity) == (case.code, case.severity) and case.sheet in ("", p.sheet)]
    assert said, [problem.message("en") for problem in problems]
    if isinstance(cell, str):
        assert any(problem.cell == cell for problem in said), [problem.where for problem in said]
    assert any(case.found in problem.found.replace(",", "") + problem.found for problem in said), [
        p.found for p in said
    ]
    assert not case.article or any(problem.article for problem in said)


@pytest.mark.parametrize("bad", FILES, ids=[bad.name for bad in FILES])
def test_bad_file(bad: BadFile, tmp_path: Path) -> None:
    path = tmp_path / bad.file
    path.write_bytes(bad.content())
    before = sorted(tmp_path.rglob("*"))
    problems, accepted = problems_of(path)
    assert problems
    assert not accepted
    assert {problem.code for problem in problems if problem.severity == "error"} & set(bad.codes), problems
    for problem in problems:
        assert_speaks(problem)
        assert path.name in problem.message("zh") or problem.sheet
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("bad", TABLES, ids=[bad.name for bad in TABLES])
def test_bad_table(bad: BadTable, tmp_path: Path) -> None:
    path = tmp_path / bad.file
    path.write_bytes(bad.content)
    problems, accepted = problems_of(path)
    assert accepted is (bad.severity == "warning"), [problem.message("en") for problem in problems]
    for problem in problems:
        assert_speaks(problem)
    said = [p for p in problems if (p.code, p.severity) == (bad.code, bad.severity) and bad.item in ("", p.item)]
    assert said, [problem.message("en") for problem in problems]
    assert any(
        bad.row in ("", problem.row) and bad.found in problem.found.replace(",", "") + problem.found for problem in said
    ), said
    if (
        bad.row and bad.severity == "error" and bad.code != "not_a_table"
    ):  # the other rows are calculated, this one is returned with its reasons
        result = solvency.calculate(path, on_error="reject")
        assert result.rejects is not None
        assert str(bad.row) in result.rejects["line"].astype(str).tolist()
        assert len(result.figures) + len(result.rejects) == path.read_bytes().count(b"\r\n") - 1
        assert result.rejects["reasons_zh"].str.len().gt(0).all()
        assert result.rejects["reasons_en"].str.len().gt(0).all()


@pytest.mark.parametrize("row", [0, 1])
def test_a_separator_in_an_amount_makes_no_other_figures(row: int, tmp_path: Path) -> None:
    rows = ["甲,life,2025-09-30,10,5,5", "乙,life,2025-09-30,10,5,5"]
    rows[row] = rows[row].replace("10,5", "10,000,5")
    table = tmp_path / "table.csv"
    head = "insurer,insurer_type,as_of,minimum_capital,core_tier1,core_tier2"
    table.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    problems, accepted = problems_of(table)
    assert not accepted
    assert [(problem.code, problem.row) for problem in problems] == [("not_a_table", str(row + 2))]


def test_ragged_rows_are_told_all_at_once_up_to_a_limit(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    lines = written(good_rows()).decode().strip().split("\r\n")
    table.write_text("\n".join([lines[0], lines[1] + ",1", lines[2], lines[3] + ",1,2"]), encoding="utf-8")
    assert [problem.row for problem in problems_of(table)[0]] == ["2", "4"]
    table.write_text("\n".join([lines[0], *[lines[1] + ",1"] * 500]), encoding="utf-8")
    problems, _ = problems_of(table)
    assert len(problems) == 101
    assert problems[-1].code == "more_problems"


def test_lines_are_counted_as_in_the_file(tmp_path: Path) -> None:
    """Blank lines, and line breaks within quotation marks, are lines too."""
    table = tmp_path / "table.csv"
    rows = good_rows()
    rows[0]["insurer"] = "甲\n公司"
    rows[2]["fx_mc"] = "abc"
    head, first, broken, second, third, _ = written(rows).decode().split("\n")
    table.write_text("\n".join([head, "", f"{first}\n{broken}", "", "  ", second, "", third, ""]), encoding="utf-8")
    problems, _ = problems_of(table)
    assert [(problem.row, problem.item) for problem in problems] == [("9", "fx_mc")]
    result = solvency.calculate(table, on_error="reject")
    assert result.rejects is not None
    assert result.rejects["line"].tolist() == [9]
    assert result.explain("fx_mc", 1).place == "line 7, column fx_mc"


def test_there_are_enough() -> None:
    assert len(BOOKS) + len(FILES) + len(TABLES) >= 300
    for group in (BOOKS, FILES, TABLES):
        names = [case.name for case in group]
        assert len(set(names)) == len(names)


def test_the_good_ones_are_good(tmp_path: Path) -> None:
    assert problems_of(good().save(tmp_path / "book.xlsx")) == ([], True)
    table = tmp_path / "table.csv"
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        table.write_bytes(written(good_rows(), encoding=encoding))
        assert problems_of(table) == ([], True)


def test_a_file_over_50_mb_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_book(huge(tmp_path / "book.xlsx"))
    assert raised.value.problems[0].code == "too_large"
    assert "50" in raised.value.problems[0].found


@pytest.mark.parametrize("name", ["none.xlsx", "none.csv", "none", "folder"])
def test_a_file_that_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError):
        solvency.calculate(tmp_path / name)
    with pytest.raises(UsageError):
        check(tmp_path / name if name.endswith("x") else tmp_path / "folder")


@pytest.mark.parametrize("name", ["table.doc", "table.pdf", "table.json", "table.xlsm"])
def test_a_table_of_another_kind(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(written(good_rows()))
    with pytest.raises((UsageError, InputError)):
        solvency.calculate(tmp_path / name)


def test_a_stated_size_of_a_million_rows(tmp_path: Path) -> None:
    """Neither a stated size nor a million empty rows make the book another one."""
    draft = good()
    draft.before["S05"] = '<dimension ref="A1:XFD1048576"/>'
    rows = "".join(f'<row r="{n}"><c r="E{n}" s="0"/></row>' for n in range(1000, 1_048_577, 9))
    part = draft.part_of("S05")
    content = draft.all_parts()[part].replace(b"</sheetData>", rows.encode() + b"</sheetData>")
    draft.parts[part] = content
    assert problems_of(draft.save(tmp_path / "book.xlsx")) == ([], True)


def test_a_sheet_of_too_many_cells(tmp_path: Path) -> None:
    draft = good()
    part = draft.part_of("S05")
    rows = "".join(f'<row r="{n}">' + "<c><v>1</v></c>" * 40 + "</row>" for n in range(1000, 9000))
    draft.parts[part] = draft.all_parts()[part].replace(b"</sheetData>", rows.encode() + b"</sheetData>")
    problems, accepted = problems_of(draft.save(tmp_path / "book.xlsx"))
    assert not accepted
    assert problems[0].code == "too_large"


def test_a_sheet_of_nothing_but_problems(tmp_path: Path) -> None:
    draft = good()
    draft.cells["S05"] |= {f"A{row}": f"item {row}" for row in range(100, 20_000)}
    problems, accepted = problems_of(draft.save(tmp_path / "book.xlsx"))
    assert not accepted
    assert len(problems) == 300
    assert problems[-1].code == "more_problems"


def test_names_in_the_package_are_not_paths(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    book = folder / "book.xlsx"
    book.write_bytes(
        good_with({"../../evil.xml": b"<a/>", "/tmp/evil.xml": b"<a/>", "C:\\evil.xml": b"<a/>", "a/\x00b": b""})
    )
    assert problems_of(book) == ([], True)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["book.xlsx"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\win.ini", "/etc/passwd", "a\x00b", "CON\u202e", "...", "=cmd|'/c calc'!A1"]
)
def test_names_of_insurers_are_not_paths(name: str, tmp_path: Path) -> None:
    plain = safe_name(name)
    assert plain
    assert not set(plain) & set('/\\:*?"<>|\x00')
    assert not plain.startswith(".")
    if "\x00" not in name:
        book = good().put("Info", "insurer", name).save(tmp_path / "book.xlsx")
        assert problems_of(book) == ([], True)
        assert read_book(book).cases["insurer"].iloc[0] == name


def test_output_is_never_the_input(tmp_path: Path) -> None:
    book = good().save(tmp_path / "book.xlsx")
    (tmp_path / "link.xlsx").symlink_to(book)
    (tmp_path / "hard.xlsx").hardlink_to(book)
    before = book.read_bytes()
    for output in (book, tmp_path / "x" / ".." / "book.xlsx", tmp_path / "link.xlsx", tmp_path / "hard.xlsx"):
        with pytest.raises(UsageError):
            check(book, output=output, force=True)
    for output in (tmp_path / "none" / "out.xlsx", tmp_path / "out.xls", tmp_path / "out"):
        with pytest.raises(UsageError):
            check(book, output=output)
    (tmp_path / "there.xlsx").write_bytes(b"mine")
    with pytest.raises(OutputExistsError):
        check(book, output=tmp_path / "there.xlsx")
    assert (tmp_path / "there.xlsx").read_bytes() == b"mine"
    assert book.read_bytes() == before


def test_a_marked_book_refuses_entities_in_any_part(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(good_with({"xl/theme/theme1.xml": (HEAD + '<!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>').encode()}))
    with pytest.raises(InputError) as raised:
        check(book, output=tmp_path / "out.xlsx")
    assert raised.value.problems[0].code == "entities"
    assert not (tmp_path / "out.xlsx").exists()


@pytest.mark.parametrize("fault", [OSError("disk full"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("where", ["save", "replace"])
def test_writing_that_fails_leaves_the_old_file(
    where: str, fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = good().save(tmp_path / "book.xlsx")
    for name in ("marked.xlsx", "blank.xlsx"):
        (tmp_path / name).write_bytes(b"old")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def broken(self: object, target: object = None, *rest: object) -> None:
        if where == "save":
            Path(str(target)).write_bytes(b"half")
        raise fault

    if where == "save":
        monkeypatch.setattr("openpyxl.Workbook.save", broken)
    else:
        monkeypatch.setattr(os, "replace", broken)
    with pytest.raises((type(fault), UsageError)):
        check(book, output=tmp_path / "marked.xlsx", force=True)
    with pytest.raises((type(fault), UsageError)):
        template("life", tmp_path / "blank.xlsx", force=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_killed_while_writing_the_old_file_survives(tmp_path: Path) -> None:
    book = tmp_path / "blank.xlsx"
    book.write_bytes(b"old")
    program = (
        "import os, signal, openpyxl\n"
        "def save(self, path):\n"
        "    open(path, 'wb').write(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "openpyxl.Workbook.save = save\n"
        "from solvency.excel.template import template\n"
        f"template('life', {str(book)!r}, force=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, cwd=Path(__file__).parents[1]
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert book.read_bytes() == b"old"


def test_strict_makes_warnings_errors(tmp_path: Path) -> None:
    book = good().put("S05", "fx_mc", "５００").save(tmp_path / "book.xlsx")
    assert problems_of(book)[1]
    assert not problems_of(book, strict=True)[1]


def test_all_problems_at_once(tmp_path: Path) -> None:
    draft = (
        good()
        .put("S05", "fx_mc", "abc")
        .put("S02", "net_assets", "#N/A")
        .put("Info", "insurer_type", "bank")
        .put("Info", "unit", "千元")
    )
    problems, accepted = problems_of(draft.save(tmp_path / "book.xlsx"))
    assert not accepted
    assert {problem.where for problem in problems} == {
        f"{sheet}!{draft.place(sheet, item)}"
        for sheet, item in (("S05", "fx_mc"), ("S02", "net_assets"), ("Info", "insurer_type"), ("Info", "unit"))
    }
    table = tmp_path / "table.csv"
    table.write_bytes(spoilt(fx_mc="abc", net_assets="-", insurer_type="bank", as_of="soon"))
    problems, accepted = problems_of(table)
    assert not accepted
    assert {(problem.row, problem.item) for problem in problems} == {
        ("3", i) for i in ("fx_mc", "net_assets", "insurer_type", "as_of")
    }


def test_an_empty_workbook(tmp_path: Path) -> None:
    parts = good("Info").all_parts()
    parts["xl/worksheets/sheet1.xml"] = f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'.encode()
    path = tmp_path / "book.xlsx"
    path.write_bytes(zipped(parts))
    problems, accepted = problems_of(path)
    assert not accepted
    assert {"missing_sheet", "missing_column"} <= {problem.code for problem in problems}
