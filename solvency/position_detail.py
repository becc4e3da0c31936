"""The positions behind a sub-risk, row by row: what was kept of the calculation, ready to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.tables.positions.spec import position_tables

if TYPE_CHECKING:
    from solvency.regulation.rulebook import Rulebook
    from solvency.result import Result
    from solvency.rules.charge import Charge
    from solvency.rules.positions import Charged

COLUMNS = (
    "sheet", "place", "id", "name", "name_en", "product", "layers", "sub_risk", "group", "exposure", "rf0", "rf0_row", "coefficients",
    "k_before_limit", "k_inside", "k", "k_layer", "rf_uncapped", "rf", "scenario", "pv_adverse", "minimum_capital", "citations", "readings",
)  # fmt: skip


def position_lines(
    result: Result, row: int = 0, *, sub_risk: str | None = None, sheet: str | None = None, identity: str | None = None,
    most: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The charges on the positions of one row of a result, the largest first.

    sub_risk, sheet, identity (the `id` of a position, or the number of its row or line) narrow them down; most: at most
    so many. Returns a frame with `COLUMNS`: amounts in yuan, `coefficients` a mapping of each coefficient that is not
    zero, `rf0_row` the row of the factor's table, `citations` the documents and articles. Of life insurance risk `exposure` is the base
    present value and `pv_adverse` that under the adverse `scenario`; there is no factor.
    """
    lines: list[dict[str, Any]] = []
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        if not len(where):
            continue
        for made in charged.charges:
            if (sub_risk in (None, made.sub_risk)) and (sheet in (None, made.sheet)):
                lines += _lines(result, charged, made, int(where[0]), row, identity, most)
    found = pd.DataFrame(lines, columns=list(COLUMNS))
    order = found["minimum_capital"].abs().to_numpy().argsort(kind="stable")[::-1]
    return found.iloc[order[:most]].reset_index(drop=True)


def _lines(
    result: Result, charged: Charged, made: Charge, case: int, row: int, identity: str | None, most: int | None
) -> list[dict[str, Any]]:  # fmt: skip
    places = np.flatnonzero(made.frame["case"].to_numpy() == case)
    own = made.frame.iloc[places]
    order: dict[Any, int] = dict(zip(own.index.tolist(), places.tolist(), strict=True))
    table = charged.positions.tables[made.sheet]
    if identity is not None:
        wanted = [i for i in own.index if identity in _names(charged, made.sheet, table, int(i))]
        own = own.loc[wanted]
    if most is not None and len(own) > most:
        own = own.loc[own["minimum_capital"].abs().sort_values(ascending=False, kind="stable").index[:most]]
    rulebook = result.rulebook(row)
    own_articles = [] if not made.by_scenario else _articles_of(rulebook, made.group)
    factor = rulebook.factor(made.rf0) if made.rf0 and rulebook.has(made.rf0) else None
    keys = [row_of.key for row_of in rulebook.table(made.rf0).rows] if factor else []
    lines = []
    index: Any
    for index, line in own.iterrows():
        place = charged.positions.place(made.sheet, int(line["line"]), "")
        used = {c: float(line[c]) for c in own.columns if c.startswith("k_") and c not in _SUMS and line[c] != 0}
        named = {
            **made.coefficients,
            **{c: factors[int(which[order[index]])] for c, (which, factors) in made.by_row.items()},
        }
        articles = [
            _cited(rulebook, made, c, f, order[index]) for c, f in named.items() if c in used and rulebook.has(f)
        ]
        located = int(line["rf0_row"])
        key = keys[located] if 0 <= located < len(keys) else ""
        zh, en = _title(rulebook, made, table, index)
        lines.append(
            {
                "sheet": made.sheet,
                "place": place.get("cell") or place.get("row", ""),
                "id": _word(table, "id", index),
                "name": zh or _word(table, "name", index),
                "name_en": en or _word(table, "name", index),
                "product": _word(table, "product", index),
                "layers": float(charged.layers[made.sheet][index]) if made.sheet in charged.layers else 0.0,
                "sub_risk": made.sub_risk,
                "group": made.group,
                "rf0_row": key,
                "coefficients": used,
                "citations": tuple(
                    dict.fromkeys([*([factor.citation_of(key)] if factor else own_articles), *articles])
                ),
                "scenario": str(line.get("scenario", "")),
                "readings": made.readings,
                **{c: float(line.get(c, float("nan"))) for c in _NUMBERS},
            }
        )
    return lines


def _cited(rulebook: Rulebook, made: Charge, column: str, name: str, place: int) -> str:
    """Where a coefficient stands: the row of its table that holds, where that is known."""
    row = int(made.k_rows[column][place]) if column in made.k_rows and column not in made.by_row else -1
    return rulebook.factor(name).citation_of(rulebook.table(name).rows[row].key if row >= 0 else "")


_SUMS = ("k_before_limit", "k_inside", "k_layer")
_NUMBERS = (
    "exposure", "rf0", "k_before_limit", "k_inside", "k", "k_layer", "rf_uncapped", "rf", "pv_adverse", "minimum_capital",
)  # fmt: skip


def _articles_of(rulebook: Rulebook, group: str) -> list[str]:
    """Where a scenario stands: its factor, or of lapse rates both of them."""
    names = [
        f"life_scenario.{name}" for name in (("lapse_up", "lapse_down") if group.startswith("lapse_type") else (group,))
    ]
    return list(dict.fromkeys(rulebook.factor(name).citation for name in names if rulebook.has(name)))


def _word(table: pd.DataFrame, column: str, index: Any) -> str:
    """A text of a position; without a name its counterparty, currency, account or item."""
    for place in (column, *(("counterparty", "currency", "account", "item") if column == "name" else ())):
        if place in table and pd.notna(table[place].loc[index]):
            return str(table[place].loc[index])
    return ""


def _title(rulebook: Rulebook, made: Charge, table: pd.DataFrame, index: Any) -> tuple[str, str]:
    """What a row is by its classes, where rows have no name, and which charge it bears; in both languages."""
    specification = position_tables()[made.sheet]
    names = []
    for column in map(specification.column, specification.identity):
        key = table[column.id].loc[index]
        if pd.notna(key) and key != column.blank:
            names.append(column.allowed(rulebook)[str(key)])
    names += [(spec.zh, spec.en) for spec in specification.charges if spec.group == made.group and spec.zh]
    return " · ".join(zh for zh, _ in names), " · ".join(en for _, en in names)


def _names(charged: Charged, sheet: str, table: pd.DataFrame, index: int) -> set[str]:
    """What a position may be called: its id, its cell's row, the line of its file, or the classes that tell it apart."""
    line = int(table["line"].loc[index])
    place = charged.positions.place(sheet, line, "")
    classes = {_word(table, column, index) for column in position_tables()[sheet].identity}
    return {_word(table, "id", index), str(place.get("cell", "")), str(place.get("row", "")), *classes} - {""}


def is_position_item(name: str) -> bool:
    """Whether `explain` is asked for positions: `MR01` or `MR01.<id>`."""
    return name.partition(".")[0] in position_tables()
