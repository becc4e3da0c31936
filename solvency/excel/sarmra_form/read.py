"""Reads a filled form of annex 5: its layout is recognised by headings and item numbers, nothing in it is executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from solvency.errors import UsageError
from solvency.excel.cells import Cell, Sheet, Workbook
from solvency.excel.places import column_letters, reference
from solvency.excel.safety import open_package
from solvency.excel.sarmra_form.cover import (
    SEARCHED_ROWS,
    Form,
    company_row,
    read_cover,
    score_after_cap,
    tell,
    text_of,
)
from solvency.excel.sarmra_form.layout import COVER, SHEETS, SUMMARY, plain_name, printed, sheet_of
from solvency.regulation.rulebook import Rulebook, first_date
from solvency.rules.rule12_sarmra import Catalogue
from solvency.source import Given
from solvency.tables.positions.read import PositionInput
from solvency.tables.validate import Problems, show
from solvency.tables.values import day, number

ROUNDING = 0.01 + 1e-9  # a spreadsheet may round a half the other way


def is_form(path: str | Path) -> bool:
    """Whether a file is a workbook with the sheets of the form. Raises UsageError, InputError for a file that cannot be opened."""
    if Path(path).suffix.lower() in (".csv", ".tsv", ".txt", ".parquet"):
        return False
    names = {plain_name(name) for name in Workbook(open_package(path)).parts}
    own = {plain_name(name) for name in SHEETS.values()}
    return 2 * len(names & own) > len(own)


def read_form(
    path: str | Path, *, insurer_type: str | None, circumstances: Iterable[str] | None, governance_score: float | None,
    assessed_by: str, as_of: date | str | None, readings: Mapping[str, str] | None, drafts: Iterable[Path],
) -> Form:  # fmt: skip
    """A form as tables SARMRA and SARMRACompany of one insurer, with every problem of its layout in `given.problems`."""
    workbook = Workbook(open_package(path))
    names = {plain_name(name): name for name in workbook.parts}
    problems = Problems(lambda position, item: {})
    form = Form(Given(pd.DataFrame(), "元", problems, name=Path(path).name))
    cover_name = names.get(plain_name(COVER))
    cover_cells = read_cover(workbook.sheet(cover_name), form) if cover_name else {}
    on = day(form.statements.get("assessed_on", ""))
    when = as_of or (on if on is not None and on >= first_date() else date.today())
    rulebook = Rulebook.at(when, readings=readings, drafts=drafts)
    catalogue = Catalogue.of(rulebook)
    reader = _Reader(form, catalogue, rulebook)
    for part in catalogue.parts:
        name = names.get(plain_name(sheet_of(part, rulebook)))
        if name is None:
            zh, en = f"缺少工作表 {sheet_of(part, rulebook)}", f"sheet {sheet_of(part, rulebook)} is missing"
            tell(problems, "missing_sheet", zh, en, sheet=sheet_of(part, rulebook))
        else:
            reader.part(part, workbook.sheet(name), name)
    summary = names.get(plain_name(SUMMARY))
    after_cap = score_after_cap(workbook.sheet(summary), summary) if summary else None
    if after_cap is not None:
        form.stated["sarmra_absolute_score"] = after_cap
    company = company_row(
        form, circumstances, governance_score, assessed_by, cover_cells, cover_name or COVER, summary or SUMMARY
    )
    form.given.positions = {"SARMRA": reader.table(), "SARMRACompany": company}
    form.given.cases = pd.DataFrame(
        [{"insurer": form.statements.get("insurer") or Path(path).stem, "insurer_type": _type(insurer_type), "organisation": "ordinary",
          "as_of": rulebook.date, "scenario": "base", "sarmra_industry_base": np.nan}]
    )  # fmt: skip
    return form


def _type(insurer_type: str | None) -> str:
    from solvency.tables.spec import line_items

    types = line_items()["insurer_type"].choices
    if insurer_type is not None and insurer_type not in types:
        raise UsageError(f"公司类型 {insurer_type!r} 不存在，可用：{'、'.join(types)}", f"no insurer type {insurer_type!r}; one of {', '.join(types)}")  # fmt: skip
    return insurer_type or ""


class _Reader:
    """The sheets of the parts, gathered into one table of items."""

    def __init__(self, form: Form, catalogue: Catalogue, rulebook: Rulebook):
        self.form, self.catalogue, self.rulebook = form, catalogue, rulebook
        self.rows: list[dict[str, Any]] = []
        self.places: list[tuple[str, int]] = []
        self.letters: dict[str, str] = {}

    def table(self) -> PositionInput:
        columns = ["item", "points", "soundness", "effectiveness", "basis"]
        frame = pd.DataFrame({c: pd.Series([row.get(c) for row in self.rows], dtype=object) for c in columns})
        sheets = np.array([sheet for sheet, _ in self.places], dtype=object)
        return PositionInput(frame, np.array([row for _, row in self.places], int), self.letters, sheets=sheets)

    def part(self, part: str, sheet: Sheet, name: str) -> None:
        columns, first = self._columns(sheet)
        if {"number", "points", "soundness", "effectiveness"} - set(columns):
            tell(
                self.form.given.problems, "layout", "找不到附件5的表头（评估标准、标准分值小计、制度健全性、遵循有效性、评估结果）",
                "the headings of annex 5 are not found", sheet=name, allowed="附件5官方格式", allowed_en="the official layout of annex 5",
            )  # fmt: skip
            return
        self.letters |= {f"{name}!{column}": column_letters(place) for column, place in columns.items()}
        self.letters[f"{name}!item"] = column_letters(columns["number"])
        expected = [*self._expected(part)]
        following = 0
        for row in sorted({r for r, c in sheet.cells if r >= first and c == columns["number"]}):
            text = _number_text(sheet.cells[row, columns["number"]])
            if text == "得分":
                break
            place = next((i for i in range(following, len(expected)) if text in expected[i][1]), None)
            if place is None:
                if text and text[0].isdigit():
                    tell(
                        self.form.given.problems, "unknown_item", "附件5在此处没有这一编号", "annex 5 has no such number here", sheet=name,
                        cell=reference(row, columns["number"]), found=show(text), allowed=expected[min(following, len(expected) - 1)][0],
                    )  # fmt: skip
                continue
            following = place + 1
            if expected[place][2]:
                self._item(expected[place][0], sheet, name, row, columns)
        self._stated(part, sheet, name, columns)

    def _expected(self, part: str) -> list[tuple[str, set[str], bool]]:
        """Ids in the order of the sheet, how their numbers may be printed, and whether each is an item."""
        found: list[tuple[str, set[str], bool]] = []
        sections = self.rulebook.rows("sarmra.section")
        last = ""
        for item in (item for item in self.catalogue.items if item.part == part):
            if item.section in sections and item.section != last:
                last = item.section
                found.append((last, {last.partition("-")[2]}, False))
            found.append((item.id, printed(item.id, item.number), True))
        return found

    def _columns(self, sheet: Sheet) -> tuple[dict[str, int], int]:
        """Where the columns are, and the first row below the headings."""
        found: dict[str, int] = {}
        heads = {
            (row, column): text_of(cell) for (row, column), cell in sorted(sheet.cells.items()) if row <= SEARCHED_ROWS
        }
        top = next((row for (row, _), text in heads.items() if text == "评估标准"), 0)
        for (row, column), text in heads.items():
            if row != top:
                continue
            for label, name in (
                ("评估标准", "number"),
                ("标准分值小计", "points"),
                ("评分依据", "basis"),
                ("制度健全性", "s"),
                ("遵循有效性", "e"),
            ):
                if text == label:
                    found[name] = column
        below = [(row, column) for (row, column), text in heads.items() if text == "评估结果" and row > top]
        for _, column in below:
            if "s" in found and "e" in found and column >= found["s"]:
                found.setdefault("soundness" if column < found["e"] else "effectiveness", column)
        found.pop("s", None)
        found.pop("e", None)
        return found, max((row for row, _ in below), default=top) + 1

    def _item(self, item: str, sheet: Sheet, name: str, row: int, columns: Mapping[str, int]) -> None:
        values: dict[str, Any] = {"item": item}
        for column in ("points", "soundness", "effectiveness", "basis"):
            cell = sheet.cells.get((row, columns[column])) if column in columns else None
            values[column] = self._value(cell, sheet, name, row, columns.get(column, 0)) if cell is not None else None
        self.rows.append(values)
        self.places.append((name, row))

    def _value(self, cell: Cell, sheet: Sheet, name: str, row: int, column: int) -> Any:
        zh = ""
        if cell.kind == "e":
            code, zh, en = "error_cell", "单元格是错误值", "the cell holds an error value"
        elif cell.formula is not None and sheet.is_external(cell.formula):
            code, zh, en = (
                "external_link",
                "公式引用了其他文件，须改为数值",
                "the formula takes its value from another file; paste it as a value",
            )
        elif cell.formula is not None and cell.value is None:
            code, zh, en = (
                "no_cached_value",
                "公式没有计算结果，请打开后保存",
                "the formula has no stored result; open the form and save it",
            )
        if zh:
            tell(
                self.form.given.problems,
                code,
                zh,
                en,
                sheet=name,
                cell=reference(row, column),
                found=show(cell.formula or cell.value),
            )
            return None
        return cell.value

    def _stated(self, part: str, sheet: Sheet, name: str, columns: Mapping[str, int]) -> None:
        """The part's score as the form itself works it out."""
        for (row, column), cell in sheet.cells.items():
            if column == columns["number"] and text_of(cell) == "不适用项目调整后分值小计":
                total = sheet.cells.get((row, columns["points"]))
                value = number(total.value)[0] if total is not None and total.kind == "n" else np.nan
                if not np.isnan(value):
                    self.form.stated[part] = (value, {"sheet": name, "cell": reference(row, columns["points"])})


def _number_text(cell: Cell) -> str:
    """An item number as text: 4.1 for a number, whatever its format shows."""
    if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool):
        return f"{cell.value:.10g}"
    return text_of(cell)
