"""The cover and the summary of a filled form: who was assessed, of which class, and S1 after article 119 where it is stated."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from solvency.errors import Problem, UsageError
from solvency.excel.cells import Cell, Sheet
from solvency.excel.places import reference
from solvency.source import Given
from solvency.tables.positions.read import PositionInput
from solvency.tables.validate import Problems, show
from solvency.tables.values import number

CIRCUMSTANCES = (
    "shareholding_unclear", "capital_plan_breach", "related_party_breach", "libraries_missing", "major_risk_event", "other_circumstance",
)  # fmt: skip
STATEMENTS = {"insurer": "被评估公司", "insurer_class": "公司类别", "assessed_on": "评估时间", "assessor": "评估单位"}
CLASSES = {"I": "class_1", "1": "class_1", "一": "class_1", "II": "class_2", "2": "class_2", "二": "class_2"}
SEARCHED_ROWS = 12  # for the headings of a sheet


@dataclass
class Form:
    """A form that was read: what is calculated from, its cover, and the scores it states itself (name -> value, cell)."""

    given: Given
    statements: dict[str, str] = field(default_factory=dict)
    stated: dict[str, tuple[float, dict[str, str]]] = field(default_factory=dict)


def tell(problems: Problems, code: str, zh: str, en: str, *, severity: str = "error", **rest: str) -> None:
    problems.found.append(Problem(code, severity, zh, en, **rest))
    problems.positions.append(0)


def text_of(cell: Cell | None) -> str:
    return "" if cell is None or cell.value is None else unicodedata.normalize("NFKC", str(cell.value)).strip()


def read_cover(sheet: Sheet, form: Form) -> dict[str, str]:
    """What the cover states; returns the cell of each statement."""
    places: dict[str, str] = {}
    for (row, column), cell in sorted(sheet.cells.items()):
        text = text_of(cell)
        for name, label in STATEMENTS.items():
            if text.startswith(label) and name not in places:
                value, place = text[len(label) :].lstrip(": ").strip(), reference(row, column)
                beside = sorted(c for r, c in sheet.cells if r == row and c > column)
                for other in beside if not value else ():
                    raw = sheet.cells[row, other].value
                    value, place = str(raw).strip() if raw is not None else "", reference(row, other)
                    if value:
                        break
                places[name] = place
                if value:
                    form.statements[name] = value
    return places


def score_after_cap(sheet: Sheet, name: str) -> tuple[float, dict[str, str]] | None:
    """S1 after article 119 where the summary states it: the total of its column, unless that only sums blank cells."""
    for (row, column), cell in sorted(sheet.cells.items()):
        if row <= SEARCHED_ROWS and text_of(cell).startswith("绝对分S1"):
            totals = [r for (r, c), other in sheet.cells.items() if c < column and text_of(other) == "分值合计"]
            total = sheet.cells.get((totals[0], column)) if totals else None
            value = number(total.value)[0] if total is not None else np.nan
            filled = any(
                c == column
                and row < r < totals[0]
                and not text_of(other).startswith("(")
                and not np.isnan(number(other.value)[0])
                for (r, c), other in sheet.cells.items()
            )
            only_sums = total is not None and (total.formula or "").upper().startswith("=SUM(") and not filled
            if np.isnan(value) or only_sums:
                return None
            return value, {"sheet": name, "cell": reference(totals[0], column)}
    return None


def company_row(
    form: Form, circumstances: Iterable[str] | None, governance_score: float | None, assessed_by: str,
    places: Mapping[str, str], cover: str, summary: str,
) -> PositionInput:  # fmt: skip
    """The row of SARMRACompany: class from the cover, circumstances as told or as the stated S1 shows."""
    problems = form.given.problems
    told = list(circumstances) if circumstances is not None else []
    unknown = [name for name in told if name not in CIRCUMSTANCES]
    if unknown:
        raise UsageError(
            f"没有名为 {'、'.join(unknown)} 的情形，可用：{'、'.join(CIRCUMSTANCES)}", f"no circumstance {', '.join(unknown)}; one of {', '.join(CIRCUMSTANCES)}"
        )  # fmt: skip
    if circumstances is None and "sarmra_absolute_score" not in form.stated:
        tell(
            problems, "cap_not_stated", "没有填写绝对分 S1（重大事项调整后），也没有说明是否存在第一百一十九条所列情形",
            "neither S1 after article 119 nor the circumstances of that article are stated", sheet=summary,
            allowed="--circumstances none", article="规则第12号第一百一十九条",
        )  # fmt: skip
    typed = form.statements.get("insurer_class", "")
    key = (
        unicodedata.normalize("NFKC", typed)
        .upper()
        .replace("保险公司", "")
        .replace("公司", "")
        .replace("类", "")
        .replace("CLASS", "")
        .strip()
    )
    if key not in CLASSES:
        code, zh, en = ("not_allowed", "公司类别的取值不在允许范围", "the class of the insurer is not an allowed value")
        if not typed:
            code, zh, en = ("missing", "缺少公司类别", "the class of the insurer is missing")
        tell(
            problems, code, zh, en, sheet=cover, cell=places.get("insurer_class", ""), found=show(typed) if typed else "",
            allowed="I类公司、II类公司", article="规则第12号第六条",
        )  # fmt: skip
    row: dict[str, Any] = {
        "assessed_by": assessed_by,
        "insurer_class": CLASSES.get(key, "class_2"),
        "foreign_branch": "no",
        **{name: "yes" if name in told else "no" for name in CIRCUMSTANCES},
        "governance_score": "unavailable" if governance_score is None else governance_score,
    }
    frame = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in row.items()})
    letter = "".join(c for c in places.get("insurer_class", "A1") if c.isalpha())
    line = int("".join(c for c in places.get("insurer_class", "A1") if c.isdigit()))
    return PositionInput(frame, np.array([line]), {"insurer_class": letter}, sheets=np.array([cover], dtype=object))
