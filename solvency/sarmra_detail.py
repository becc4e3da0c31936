"""The absolute score of rule 12 explained: its parts, the items of a part, one item."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.errors import UsageError

if TYPE_CHECKING:
    from solvency.result import Explanation, Result
    from solvency.rules.positions import Charged


def explain_scores(result: Result, item: str, row: int) -> Explanation:
    """The absolute score by parts (`sarmra_absolute_score`, `SARMRA`), a part by items (`SARMRA.market`) or one item.

    Raises UsageError where the insurer has no such item.
    """
    table, _, identity = item.partition(".")
    found = result.explain("sarmra_absolute_score", row)
    place = next(
        ((charged, int(np.flatnonzero(rows == row)[0])) for rows, charged in result.charged if row in rows), None
    )
    if place is None or "SARMRA" not in place[0].forms:
        if table == "SARMRA":
            raise UsageError(f"没有 {item}", f"there is no {item}")
        return found
    charged, case = place
    form = charged.forms["SARMRA"]
    parts = form[form["case"] == case].drop(columns="case")
    if not identity:
        return replace(found, lines=_records(parts))
    lines = _item_lines(result, row, charged, case)
    own = lines[(lines["part"] == identity) | (lines["row"] == identity)]
    if own.empty:
        raise UsageError(f"没有 {item}", f"there is no {item}")
    named = parts[parts["row"] == identity] if len(own) > 1 else own
    zh, en = str(named["zh"].iloc[0]), str(named["en"].iloc[0])
    value = float(named["score"].iloc[0] if len(own) > 1 else own["earned"].iloc[0])
    part = (
        "Σ 得分 ÷ Σ 适用分值 × 100，四舍五入至两位小数",
        "Σ earned ÷ Σ applicable × 100, rounded half up to two decimals",
    )
    one = ("Σ 标准分值 × 权重 × 评估结果所得比例", "Σ standard score × weight of the aspect × share of the result")
    used = ("sarmra.aspect_weight", "sarmra.result")
    return replace(
        found, item=item, zh=zh, en=en, value=value, formula_zh=(part if len(own) > 1 else one)[0], formula_en=(part if len(own) > 1 else one)[1],
        article="银保监发〔2021〕52号附件5评估说明三至五", factors=tuple(f for f in found.factors if f["name"] in used), readings=(), lines=_records(own.drop(columns="part")),
    )  # fmt: skip


def _item_lines(result: Result, row: int, charged: Charged, case: int) -> pd.DataFrame:
    """Every item of a case in the order of the form: place, results by name, what it earned of what applied."""
    from solvency.rules.rule12_sarmra.catalogue import ASPECTS, Catalogue
    from solvency.tables.positions.spec import position_tables

    rulebook = result.rulebook(row)
    catalogue = Catalogue.of(rulebook)
    table = charged.positions.tables["SARMRA"]
    own = table[table["case"].to_numpy() == case]
    names = position_tables()["SARMRA"].column("soundness").allowed(rulebook)
    codes = {result_: code for code, result_ in enumerate(catalogue.results)}
    lines = []
    for line in own.itertuples():
        place = catalogue.place[line.item]
        item, results = catalogue.items[place], (codes[line.soundness], codes[line.effectiveness])
        earned = sum(int(catalogue.values[place, i, code]) for i, code in enumerate(results))
        applies = sum(
            int(catalogue.standards[place, i]) for i, code in enumerate(results) if code < len(catalogue.shares)
        )
        where = charged.positions.place("SARMRA", int(line.line), "")
        lines.append(
            {"place": f"{where['sheet']}!{where.get('cell') or where.get('row', '')}", "row": item.id, "part": item.part, "zh": item.zh,
             "en": item.en, "points": float(item.points),
             **{f"{aspect}_{lang}": names[getattr(line, aspect)][i] for aspect in ASPECTS for i, lang in enumerate(("zh", "en"))},
             "earned": earned / catalogue.unit, "applicable": applies / catalogue.unit, "order": place}
        )  # fmt: skip
    return pd.DataFrame(lines).sort_values("order", ignore_index=True).drop(columns="order")


def _records(frame: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    return tuple({str(name): value for name, value in record.items()} for record in frame.to_dict("records"))
