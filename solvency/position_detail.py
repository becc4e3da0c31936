"""The positions behind a sub-risk, row by row: what was kept of the calculation, ready to be shown."""

from __future__ import annotations

from collections.abc import Collection
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
    "k_before_limit", "k_inside", "k", "k_layer", "rf_uncapped", "rf", "scenario", "pv_adverse", "minimum_capital", "details", "citations", "readings",
)  # fmt: skip


def position_lines(
    result: Result, row: int = 0, *, sub_risk: str | Collection[str] | None = None, sheet: str | None = None, identity: str | None = None,
    under: tuple[str, str] | None = None, most: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The charges on the positions of one row of a result, the largest first.

    sub_risk (one or several), sheet, identity (the `id` of a position, or the number of its row or line) narrow them down, under (a table of products and the id of one
    held directly) to that product and what is held through it; most: at most
    so many. Returns a frame with `COLUMNS`: amounts in yuan, `coefficients` a mapping of each coefficient that is not
    zero, `rf0_row` the row of the factor's table, `details` what else the amount was worked out from, by `DETAILS`, `citations` the
    documents and articles. Of life insurance risk `exposure` is the base present value and `pv_adverse` that under the adverse
    `scenario`; there is no factor.
    """
    lines: list[dict[str, Any]] = []
    wanted = (sub_risk,) if isinstance(sub_risk, str) else sub_risk
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        if not len(where):
            continue
        for made in charged.charges:
            if (wanted is None or made.sub_risk in wanted) and (sheet in (None, made.sheet)):
                lines += _lines(result, charged, made, int(where[0]), row, identity, most, under)
    found = pd.DataFrame(lines, columns=list(COLUMNS))
    order = found["minimum_capital"].abs().to_numpy().argsort(kind="stable")[::-1]
    return found.iloc[order[:most]].reset_index(drop=True)


def _lines(
    result: Result, charged: Charged, made: Charge, case: int, row: int, identity: str | None, most: int | None, under: tuple[str, str] | None
) -> list[dict[str, Any]]:  # fmt: skip
    places = np.flatnonzero(made.frame["case"].to_numpy() == case)
    own = made.frame.iloc[places]
    order: dict[Any, int] = dict(zip(own.index.tolist(), places.tolist(), strict=True))
    table = charged.positions.tables[made.sheet]
    if under is not None:
        top = charged.top.get(made.sheet)
        held = (
            np.zeros(len(own), bool) if top is None else pd.Series(top[own.index], dtype=object).eq(under[1]).to_numpy()
        )
        own = own[
            held
            | (table["id"].astype(object).loc[own.index].eq(under[1]).to_numpy() if made.sheet == under[0] else False)
        ]
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
        left_out = _not_applied(rulebook, made, table, index)
        details = _details(made, table, index, line) | ({"not_applied": ", ".join(left_out)} if left_out else {})
        shown = {*used, *details}
        articles = [
            _cited(rulebook, made, c, f, order[index]) for c, f in named.items() if c in shown and f and rulebook.has(f)
        ]
        excluded = [rulebook.factor(made.not_applied[name]) for name in left_out]
        articles += [f.citation for f in excluded if f"规则第{f.document.rule}号{f.article}" not in made.articles]
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
                "details": details,
                "citations": tuple(
                    dict.fromkeys([*made.articles, *([factor.citation_of(key)] if factor else own_articles), *articles])
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


def _not_applied(rulebook: Rulebook, made: Charge, table: pd.DataFrame, index: Any) -> list[str]:
    """The coefficients that a row would have, were they not left out for its insurer."""
    found = []
    for name in made.not_applied:
        factor = next((f for f in (f"{made.group}.{name}", f"{made.group}.discount{name[1:]}") if rulebook.has(f)), "")
        lines = rulebook.table(factor).classes("business_line") if factor else ()
        if factor and (not lines or table["business_line"].loc[index] in lines):
            found.append(name)
    return found


DETAILS = {
    "not_applied": ("不适用的特征系数", "coefficients that do not apply"),
    "protection_crm": ("CRM", "CRM"),
    "ex_a": ("EX_A（元）", "EX_A (yuan)"),
    "ex_b": ("EX_B（元）", "EX_B (yuan)"),
    "rf_protected": ("保护后 RF", "RF after protection"),
    "hedge": ("套保组合", "hedge group"),
    "effectiveness": ("套期有效性", "effectiveness"),
    "hedge_offset": ("抵减额（元）", "offset (yuan)"),
    "direction_sign": ("方向", "direction"),
    "gain": ("涨跌幅 x", "gain x"),
    "index_holding_years": ("持仓时间（年，指数成份股）", "holding time (years, index)"),
    "star_holding_years": ("持仓时间（年，科创板）", "holding time (years, STAR)"),
}


def _details(made: Charge, table: pd.DataFrame, index: Any, line: pd.Series) -> dict[str, Any]:
    """What the amount was worked out from besides exposure, factor and coefficients, as it was kept."""
    if made.frame.get("protection_crm") is not None and not line["protection_crm"]:
        line = line.drop([name for name in ("protection_crm", "ex_a", "ex_b", "rf_protected") if name in line])
    found: dict[str, Any] = {}
    for name in DETAILS:
        value = line.get(name)
        if value is None and name == "hedge" and "hedge_offset" in line:
            value = _word(table, name, index)
        elif value is None and name.endswith("holding_years") and name in table and made.sub_risk == "equity_price_mc":
            value = table[name].loc[index]
        if isinstance(value, str):
            found |= {name: value} if value else {}
        elif value is not None and np.isfinite(value) and (value != 0 or name == "effectiveness"):
            found[name] = float(value)
    return found


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
            names.append(column.allowed(rulebook).get(str(key), (str(key), str(key))))
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
