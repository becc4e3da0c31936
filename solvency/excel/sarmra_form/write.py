"""Writes the form of annex 5: the official sheets and rows, results as chosen, scores as live formulas with their values."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from solvency.errors import UsageError
from solvency.excel.rule15_disclosure.page import Output, Page, quoted
from solvency.excel.sarmra_form.layout import (
    COVER,
    GUIDE,
    LISTS,
    SUMMARY,
    Line,
    lines,
    sheet_of,
)
from solvency.excel.sarmra_form.summary import Summary
from solvency.files import write_whole
from solvency.rules.rule12_sarmra import Catalogue
from solvency.rules.rule12_sarmra.catalogue import ASPECTS, NOT_APPLICABLE

if TYPE_CHECKING:
    from solvency.sarmra_scores import SarmraResult

WIDTHS = (8, 46, 10, 9, 13, 9, 9, 13, 9, 10, 40, 34)
CLASSES = {"class_1": "I类公司", "class_2": "II类公司", "": ""}
WRONG = "遵循有效性评估错误"


def write_form(result: SarmraResult, path: str | Path, *, row: int = 0, force: bool = False) -> Path:
    """Write the assessment of one insurer in the layout of annex 5. Returns the path.

    row: of `result.scores`. The texts of the requirements are short names. Raises UsageError for another ending than .xlsx,
    OutputExistsError unless `force`.
    """
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise UsageError(
            f"附件5表应为 .xlsx，而不是 {target.name!r}", f"the form is written as .xlsx, not {target.name!r}"
        )
    content = _Form(result, row).bytes()
    return write_whole(target, lambda part: part.write_bytes(content), force=force)


class _Form:
    """One form while it is made."""

    def __init__(self, result: SarmraResult, row: int):
        self.result, self.rulebook = result, result.rulebook
        self.scores: pd.Series = result.scores.iloc[row]
        items = result.items[result.items["row"] == result.scores.index[row]]
        self.items = {str(item["item"]): item for item in items.to_dict("records")}
        self.catalogue = Catalogue.of(self.rulebook)
        self.names = {key: label.zh for key, label in self.rulebook.classes["assessment_result"].items()}
        day = self.scores["as_of"]
        self.output = Output(
            "zh", "元", day if isinstance(day, date) else date.today(), "保险公司偿付能力风险管理能力评估表"
        )
        self.totals: dict[str, dict[str, str]] = {}  # of each part: the cells of its totals
        self.sums: dict[str, list[float]] = {}

    def bytes(self) -> bytes:
        self._cover()
        self._guide()
        summary = self.output.page(SUMMARY, (22, 10, 14, 14, 14, 14, 8, 12, 14, 14, 14))
        for part in self.catalogue.parts:
            self._part(part)
        self._lists()
        Summary(summary, self.scores, self.rulebook, self.catalogue, self.totals, self.sums).write()
        return self.output.bytes()

    def _cover(self) -> None:
        page = self.output.page(COVER, (60, 20, 20, 20, 20, 20))
        page.text(0, 0, "附件5", "plain")
        page.text(1, 0, "保险公司偿付能力风险管理能力评估表", "title")
        stated = self.result.statements
        values = {
            "被评估公司": self.scores["insurer"],
            "公司类别": CLASSES[self.scores["insurer_class"]],
            "评估时间": stated.get("assessed_on", self.scores["as_of"]),
            "评估单位": stated.get("assessor", "" if self.scores["assessed_by_regulator"] else "自评估"),
        }
        for place, (label, value) in enumerate(values.items(), start=18):
            page.text(place, 0, f"        {label}：{value}", "plain")

    def _guide(self) -> None:
        page = self.output.page(GUIDE, (110,))
        page.line("评估说明", "title")
        shares = "，".join(f"{self.names[key]} {float(share):.0%}" for key, share in self.catalogue.shares.items())
        for text in (
            "本表由软件按规则第12号附件5的格式生成；项目名称为简称，要求以规则和附件5原文为准。",
            f"评估结果所得标准分值的比例：{shares}；{self.names[NOT_APPLICABLE]}的不计分，其标准分值从总分中扣除。",
            "各部分得分按适用分值折算为百分制；绝对分为九部分加权之和，存在规则第12号第一百一十九条所列情形的不高于上限。",
        ):
            page.line(text, "plain")

    def _lists(self) -> None:
        page = self.output.page(LISTS, (14,) * 5)
        results = [*self.catalogue.shares, NOT_APPLICABLE]
        excluded = set(self.rulebook.members("sarmra.excluded_pairs"))
        for column, soundness in enumerate(results):
            page.text(0, column, self.names[soundness])
            open_to = [result for result in results if f"{soundness}/{result}" not in excluded]
            for row, result in enumerate(open_to, start=1):
                page.text(row, column, self.names[result])
            letter = "ABCDEFGHIJ"[column]
            self.output.define_name(self.names[soundness], f"={quoted(LISTS)}!${letter}$2:${letter}${len(open_to) + 1}")
        self.output.define_name("制度健全性", f"={quoted(LISTS)}!$A$1:${'ABCDEFGHIJ'[len(results) - 1]}$1")

    # -- a part

    def _part(self, part: str) -> None:
        name = sheet_of(part, self.rulebook)
        page = self.output.page(name, WIDTHS)
        rows = list(lines(part, self.catalogue, self.rulebook))
        self._head(page, name.partition("-")[2] or name, rows[0].row)
        for line in rows:
            if line.item is not None:
                self._item(page, line)
            elif line.section:
                zh, en = self.rulebook.names("sarmra.section")[line.section]
                page.text(line.row - 1, 0, line.section.partition("-")[2], "code", bold=True)
                page.text(line.row - 1, 1, zh, bold=True)
                page.number(line.row - 1, 2, float(self.rulebook.row("sarmra.section", line.section)), "number")
                page.text(line.row - 1, 11, en)
            else:
                page.text(line.row - 1, 1, line.note, "remark", text_wrap=True)
        self._part_totals(page, part, rows)
        page.sheet.freeze_panes(rows[0].row - 1, 2)

    def _head(self, page: Page, title: str, first: int) -> None:
        page.text(0, 0, f"风险管理能力评估表 - {title}", "title")
        top = {
            0: "评估标准",
            1: "",
            2: "标准分值小计",
            3: "制度健全性",
            4: "",
            5: "",
            6: "遵循有效性",
            7: "",
            8: "",
            9: "得分小计",
            10: "评分依据",
            11: "Item",
        }
        for column, text in top.items():
            for row in range(1, first - 1):
                page.text(row, column, "", "head")
            page.text(1, column, text, "head")
        for column, text in {3: "标准分值", 4: "评估结果", 5: "得分", 6: "标准分值", 7: "评估结果", 8: "得分"}.items():
            page.text(2, column, text, "head")

    def _item(self, page: Page, line: Line) -> None:
        item = line.item
        assert item is not None
        row, n = line.row - 1, line.row
        given = self.items.get(item.id, {})
        page.text(row, 0, item.number, "code")
        page.text(row, 1, item.zh)
        page.number(row, 2, float(item.points), "number")
        page.text(row, 11, item.en)
        place = self.catalogue.place[item.id]
        total = 0.0
        for i, (aspect, (standard, result, score)) in enumerate(zip(ASPECTS, ((3, 4, 5), (6, 7, 8)), strict=True)):
            points = float(self.catalogue.standards[place, i]) / self.catalogue.unit
            weight = float(self.catalogue.aspects[aspect])
            page.formula(row, standard, f"C{n}*{weight:g}", points, "number")
            found = given.get(aspect)
            page.text(row, result, self.names[found] if isinstance(found, str) else "")
            earned = float(given.get(f"{aspect}_score", 0.0))
            page.formula(row, score, self._score_formula(n, i), earned, "number")
            total += earned
        page.sheet.data_validation(row, 4, row, 4, {"validate": "list", "source": "=制度健全性"})
        page.sheet.data_validation(row, 7, row, 7, {"validate": "list", "source": f"=INDIRECT($E{n})"})
        page.formula(row, 9, f"F{n}+I{n}", total, "number")
        page.text(row, 10, _basis(given.get("basis")))

    def _score_formula(self, n: int, aspect: int) -> str:
        """Score by result, as the form has it; of effectiveness also the results that cannot stand together."""
        result, standard = (("E", "D"), ("H", "G"))[aspect]
        text = f'IF({result}{n}="{self.names[NOT_APPLICABLE]}",0,0)'
        for key, share in reversed(self.catalogue.shares.items()):
            text = f'IF({result}{n}="{self.names[key]}",{standard}{n}*{float(share):.10g},{text})'
        for pair in reversed(self.rulebook.members("sarmra.excluded_pairs")) if aspect else ():
            soundness, _, effectiveness = pair.partition("/")
            text = f'IF(AND(E{n}="{self.names[soundness]}",H{n}="{self.names[effectiveness]}"),"{WRONG}",{text})'
        return text

    def _part_totals(self, page: Page, part: str, rows: list[Line]) -> None:
        first, last = rows[0].row, rows[-1].row
        own = [line.item for line in rows if line.item is not None]
        given = [self.items.get(item.id, {}) for item in own]
        sums = [sum(float(g.get(f"{aspect}_score", 0.0)) for g in given) for aspect in ASPECTS]
        standards = [
            sum(float(self.catalogue.standards[self.catalogue.place[item.id], i]) for item in own) / self.catalogue.unit
            for i in range(2)
        ]
        unused = sum(
            float(self.catalogue.standards[self.catalogue.place[item.id], i]) / self.catalogue.unit
            for item, g in zip(own, given, strict=True) for i, aspect in enumerate(ASPECTS) if g.get(aspect) == NOT_APPLICABLE
        )  # fmt: skip
        sections = any(line.section for line in rows)
        n = last + 1  # the row of the totals, counted from 1
        labels = ("得分", "总得分", "不适用项目总分值", "不适用项目调整后分值小计")
        for i, label in enumerate(labels):
            page.text(last + i, 0, label, bold=True)
            page.text(last + i, 1, "")
        points = float(self.catalogue.part_points)
        items = f"SUM(C{first}:C{last})" + ("/2" if sections else "")  # sections repeat what their items have
        page.formula(n - 1, 2, items, points, "number")
        for column, letter, value in (
            (3, "D", standards[0]),
            (5, "F", sums[0]),
            (6, "G", standards[1]),
            (8, "I", sums[1]),
        ):
            page.formula(n - 1, column, f"SUM({letter}{first}:{letter}{last})", value, "number")
        page.formula(n, 2, f"F{n}+I{n}", sum(sums), "number")
        no = self.names[NOT_APPLICABLE]
        spans = {c: f"${c}${first}:${c}${last}" for c in "DEGH"}
        page.formula(
            n + 1,
            2,
            f'SUMIF({spans["E"]},"={no}",{spans["D"]})+SUMIF({spans["H"]},"={no}",{spans["G"]})',
            unused,
            "number",
        )
        score = float(self.scores[part])
        page.formula(
            n + 2, 2, f"ROUND((C{n + 1}/({points:g}-C{n + 2}))*{points:g},{self.catalogue.decimals})", score, "number"
        )
        sheet = quoted(page.name)
        self.totals[part] = {"F": f"{sheet}!F{n}", "I": f"{sheet}!I{n}", "score": f"{sheet}!C{n + 3}"}
        self.sums[part] = sums


def _basis(value: Any) -> str:
    return value if isinstance(value, str) else ""
