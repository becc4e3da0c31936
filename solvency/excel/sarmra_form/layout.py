"""Where the form of annex 5 has its parts, sections and items: names of sheets, rows, and how it prints their numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from solvency.regulation.rulebook import Rulebook
from solvency.rules.rule12_sarmra import Catalogue, Item

COVER, GUIDE, SUMMARY, LISTS = "1-封面", "2-评估说明", "3-评分结果汇总表", "辅助页"
SHEETS: Mapping[str, str] = {
    "foundation": "4-基础与环境",
    "tools": "5-目标与工具",
    "insurance": "6-保险风险",
    "market": "7-市场风险",
    "credit": "8-信用风险",
    "operational": "9-操作风险",
    "strategic": "10-战略风险",
    "reputational": "11-声誉风险",
    "liquidity": "12-流动性风险",
}
FIRST_ROWS = {"insurance": 5}  # its heading takes one row more
FIRST_ROW = 4
SUMMARY_FIRST, SUMMARY_TOTAL = 5, 14
PRINTED = {"reputational-3.6": "2.6"}  # slips of the form
# the notes below some items, in short; each takes a row
NOTES: Mapping[str, tuple[str, ...]] = {
    "foundation-2.5": ("注：没有董事会的外国保险公司分公司，评估其高级管理层（第十五条）",),
    "foundation-3.7": (
        "注：1.集团集中管理的子公司未设立的，评估集团的风险管理委员会（第十四条）",
        "注：2.外国保险公司分公司未设立的，评估其高级管理层（第十五条）",
    ),
    "foundation-4.5": ("注：依法不设监事会的评估监事；监事也不设的为不适用（第十九条）",),
    "foundation-7.6": ("注：II类公司的考核权重可自行设定，但不得为零（第二十八条）",),
    "tools-2.11": ("注：II类公司可自行决定是否建立，或由其他系统实现（第三十八条）",),
    "reputational-1.5": ("注：依法不设监事会的评估监事；监事也不设的为不适用（第十九条）",),
}


@dataclass(frozen=True)
class Line:
    """One row of a part's sheet: a section, an item or a note."""

    row: int
    section: str = ""
    item: Item | None = None
    note: str = ""


def sheet_of(part: str, rulebook: Rulebook) -> str:
    """The name of a part's sheet; a part that a draft adds has its own name."""
    return SHEETS.get(part, rulebook.names("sarmra.part").get(part, (part, part))[0][:31])


def lines(part: str, catalogue: Catalogue, rulebook: Rulebook) -> Iterator[Line]:
    """The rows of a part's sheet, from the first below its heading."""
    sections = rulebook.rows("sarmra.section")
    row, last = FIRST_ROWS.get(part, FIRST_ROW), ""
    for item in (item for item in catalogue.items if item.part == part):
        if item.section in sections and item.section != last:
            yield Line(row, section=item.section)
            row, last = row + 1, item.section
        yield Line(row, item=item)
        row += 1
        for note in NOTES.get(item.id, ()):
            yield Line(row, note=note)
            row += 1


def plain_name(name: str) -> str:
    """A sheet's name without its number and blanks: `8-信用风险 ` is `信用风险`."""
    return re.sub(r"^\d+\s*[-－—.、]?\s*", "", unicodedata.normalize("NFKC", name).strip())


def printed(item: str, number: str) -> set[str]:
    """How the form may print a number: a cell that holds a number shows 4.10 as 4.1."""
    found = {number, PRINTED.get(item, number)}
    if "." in number:
        found.add(number.rstrip("0").rstrip("."))
    return found
