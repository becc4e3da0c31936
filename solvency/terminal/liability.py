"""What `explain L01` prints: the form of life liabilities, a column per kind of business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solvency.terminal.text import amount, table

if TYPE_CHECKING:
    from solvency.result import Explanation

# what `explain` shows of a liability unit, before or after reinsurance: column -> (zh, en, whether it is an amount)
UNIT_COLUMNS: dict[str, tuple[str, str, bool]] = {
    "curve_zh": ("折现率曲线", "", False),
    "curve_en": ("", "curve", False),
    "pv": ("现值", "PV", True),
    "reserves": ("账户准备金现值", "PV of reserves", True),
    "guaranteed_rate": ("保证利率", "guaranteed", False),
    "tvog_factor": ("因子", "factor", False),
    "tvog": ("TVOG", "TVOG", True),
    "best_estimate": ("最优估计", "best estimate", True),
    "risk_margin": ("风险边际", "risk margin", True),
    "deposits": ("保户储金", "deposits", True),
}


def print_liability_form(e: Explanation, unit: str, lang: str) -> None:
    """The rows of form L01 that were asked for, and what their article is."""
    from solvency.liability_forms import COLUMNS
    from solvency.tables.positions.spec import position_tables
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    used = [
        name
        for name in COLUMNS
        if name == "total" or any(line[name] == line[name] and line[name] != 0 for line in e.form)
    ]
    rows = [
        (
            line["row"], line["zh" if zh else "en"],
            *("" if line[name] != line[name] else amount(line[name], scale) for name in used), line["article"],
        )
        for line in e.form
    ]  # fmt: skip
    labels = [position_tables()["L01"].column(name).label(lang).split("（")[0].split(" (")[0] for name in used]
    labels[-1] += f"（{unit}）" if zh else f" ({unit})"
    heads = ("行次", "项目", *labels, "依据") if zh else ("row", "item", *labels, "article")
    table("", heads, rows, right=tuple(range(2, 2 + len(used))), wrap=(1,))


def print_units(e: Explanation, unit: str, lang: str) -> None:
    """The units behind a row of L01: the curve each takes, its present values, its TVOG and factor; then where the factors stand."""
    from solvency.tables.validate import unit_scale

    zh, scale = lang == "zh", unit_scale(unit)
    used = [
        name for name, label in UNIT_COLUMNS.items()
        if label[not zh] and any(line.get(name) not in (None, "", 0.0) for line in e.details)
    ]  # fmt: skip

    def shown(line: dict[str, object], name: str) -> str:
        value = line.get(name)
        if not isinstance(value, float):
            return str(value or "")
        return amount(value, scale) if UNIT_COLUMNS[name][2] else f"{value:.6g}"

    rows = [
        (str(line["place"]), str(line["zh" if zh else "en"]), *(shown(line, name) for name in used))
        for line in e.details
    ]
    heads = (
        ("行", "计量单元", *(UNIT_COLUMNS[c][0] for c in used))
        if zh
        else ("line", "unit", *(UNIT_COLUMNS[c][1] for c in used))
    )
    words = [i for i, name in enumerate(used, 2) if name.startswith("curve")]
    right = [i for i in range(2, 2 + len(used)) if i not in words]
    table(
        f"LifeLiabilities（{unit}）" if zh else f"LifeLiabilities ({unit})", heads, rows, right=right, wrap=(1, *words)
    )
    for article in dict.fromkeys(str(line["article"]) for line in e.details if line.get("article")):
        print(f"  {article}")
