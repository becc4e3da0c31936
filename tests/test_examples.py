"""The example workbooks: each calculates, real ones give the disclosed figures, and all are what build.py makes."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

import solvency
from solvency.excel.read import read_book
from solvency.tables.spec import tables

ROOT = Path(__file__).resolve().parent.parent
BOOKS = sorted((ROOT / "examples").glob("*.xlsx"))
REAL: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "examples/build/real.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_calculates_without_a_remark(path: Path) -> None:
    assert solvency.check(path) == []
    result = solvency.calculate(path)
    assert result.figures["comprehensive_ratio"].notna().all()
    for item in result.figures:
        solvency.explain(result, str(item))
    assert solvency.stress(path).frame["comprehensive_ratio"].notna().any()
    ids = {measure.id for measure in solvency.measures(result)[0]}
    insufficient = result.figures["core_ratio"][0] < 0.5 or result.figures["comprehensive_ratio"][0] < 1
    assert ({"supervisory_talk", "improvement_plan", "insufficiency_report"} <= ids) is bool(insufficient)


@pytest.mark.parametrize("stem", REAL)
def test_real_ones_give_the_disclosed_figures(stem: str) -> None:
    result = solvency.calculate(ROOT / "examples" / f"{stem}.xlsx")
    for item, disclosed in REAL[stem]["disclosed"].items():
        computed = result.figures[item][0]
        if item.endswith("_ratio"):
            assert computed == pytest.approx(disclosed, abs=0.00006), item
        else:
            assert computed / 1e4 == pytest.approx(disclosed, rel=1e-4, abs=100 if "life" in stem else 1), item


def test_at_least_three_are_real_and_one_fails() -> None:
    assert {REAL[stem]["insurer_type"] for stem in REAL} == {"life", "property", "reinsurer"}
    assert any(REAL[stem]["disclosed"]["comprehensive_ratio"] < 1 for stem in REAL)
    assert all("summary" in REAL[stem]["source"] for stem in REAL)


@pytest.mark.parametrize("stem", ["example-invented-life", "example-invented-property"])
def test_every_sheet_is_in_use_in_the_invented_ones(stem: str) -> None:
    book = read_book(ROOT / "examples" / f"{stem}.xlsx")
    assert "虚构" in str(book.cases["insurer"].iloc[0])
    assert book.forecast is not None
    assert len(book.exposures)
    assert book.statements
    used = {sheet for sheet, _ in book.cells.values()}
    assert set(tables()) <= used | {"S01"}
    assert solvency.stress(book, horizon="year").frame["not_covered_en"].eq("").all()
    assert solvency.stress(book).frame["not_covered_en"].eq("").all()


def test_they_are_what_the_script_makes(tmp_path: Path) -> None:
    made = runpy.run_path(str(ROOT / "examples/build/build.py"))["build"](tmp_path)
    assert sorted(path.name for path in made) == [path.name for path in BOOKS]
    for path in made:
        ours, theirs = (openpyxl.load_workbook(p) for p in (path, ROOT / "examples" / path.name))
        assert ours.sheetnames == theirs.sheetnames
        for sheet in ours.sheetnames:
            one, other = ([[c.value for c in row] for row in book[sheet].iter_rows()] for book in (ours, theirs))
            assert one == other, f"{path.name} {sheet}: run python examples/build/build.py"
