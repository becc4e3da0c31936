"""Life liabilities of rule 3 as they were worked out: form L01 row by row, and the units behind a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from solvency.errors import UsageError
from solvency.rules.rule03_life_liability.flows import SIDES, UNITS
from solvency.rules.rule03_life_liability.form import FORM, GIVES, MARGINS, SUMMED
from solvency.tables.positions.spec import position_tables

if TYPE_CHECKING:
    from solvency.result import Explanation, Result

COLUMNS = ("traditional", "participating", "universal", "unit_linked", "high_guarantee", "total")
# line items of S02 that a row of the form gives
ROW_OF = {
    "life_reserve_admitted": GIVES["L01.admitted"], "life_reserve_book": GIVES["L01.book"], "life_cash_value": GIVES["L01.cash_value"],
    "life_residual_margin": GIVES["L01.residual_margin"],
}  # fmt: skip
FORMULAS = {
    "reserve": ("最优估计准备金 + 风险边际", "best estimate + risk margin"),
    "best_estimate": ("现金流现值 + TVOG", "PV of flows + TVOG"),
    "tvog": ("Σ PV（账户准备金）× TVOG 因子", "Σ PV of account reserves × TVOG factor"),
    "risk_margin": ("MC × F⁻¹(85%) ÷ F⁻¹(99.5%)", "MC × F⁻¹(85%) ÷ F⁻¹(99.5%)"),
    "book_reserve": ("第2.1至2.3行之和", "sum of rows 2.1 to 2.3"),
    "ceded_reserve": ("第1行 − 第+1行", "row 1 − row +1"),
    "admitted_reserve": ("第1行 − 第+3行", "row 1 − row +3"),
}
FACTORS = {
    "tvog": ("tvog.factor",), "best_estimate": ("reserve_curve.ultimate_rate", "reserve_curve.spread", "tvog.factor"), "risk_margin": ("risk_margin.confidence", "risk_margin.capital_confidence"),
}  # fmt: skip
READINGS = {
    "risk_margin": ("risk_margin_by_class",), "best_estimate": ("life_flow_timing", "life_rate_within_year", "l01_policyholder_deposits"),
    "admitted_reserve": ("l01_policyholder_deposits",),
}  # fmt: skip


def form_lines(result: Result, row: int = 0) -> pd.DataFrame:
    """Form L01 of one row of a result: `row` (official number; + for rows beside the form), `item`, `zh`, `en`, `article` and its columns.

    Amounts in yuan, NaN where not known: before reinsurance in the official rows, after it beside them. Empty without the form.
    """
    for rows, charged in result.charged:
        if row in rows and FORM in charged.forms:
            form = charged.forms[FORM]
            return form[form["case"] == list(rows).index(row)].drop(columns="case").reset_index(drop=True)
    return pd.DataFrame(columns=["row", "item", "zh", "en", "article", *COLUMNS])


def unit_lines(result: Result, row: int = 0, identity: str | None = None) -> pd.DataFrame:
    """The units of LifeLiabilities of one row of a result: what was typed beside what came of it, `place`, `citation`; amounts in yuan.

    identity: the id or name of one unit, or the number of its row. Empty without the table.
    """
    for rows, charged in result.charged:
        if row not in rows or UNITS not in charged.forms:
            continue
        made = charged.forms[UNITS]
        made = made[(made["case"] == list(rows).index(row)).to_numpy()].drop(columns=["case", "account"])
        typed = charged.positions.tables[UNITS].loc[made.index]
        whole = pd.concat([typed.drop(columns=[c for c in ("case", *made.columns) if c in typed]), made], axis=1)
        places = [charged.positions.place(UNITS, int(line), "") for line in made["line"]]
        rulebook = result.rulebook(row)
        keys = [of.key for of in rulebook.table("tvog.factor").rows]
        factor = rulebook.factor("tvog.factor")
        whole["place"] = [place.get("cell") or place.get("row", "") for place in places]
        whole["citation"] = [factor.citation_of(keys[int(i)]) if i >= 0 else "" for i in made["tvog_row"]]
        if identity is not None:
            whole = whole[(whole[["id", "name", "place"]].astype(object) == identity).any(axis=1)]
        return whole.reset_index(drop=True)
    return pd.DataFrame()


def explain_liability(result: Result, item: str, row: int) -> Explanation:
    """Form L01, one of its rows (`L01.1.1`, `L01.risk_margin`) with the units behind it, or a unit (`LifeLiabilities.A`). Raises UsageError."""
    sheet, _, identity = item.partition(".")
    if sheet == FORM:
        return _row(result, item, identity, row)
    lines = unit_lines(result, row, identity or None)
    if not len(lines):
        raise UsageError(f"没有 {item}", f"there is no {item}")
    table = position_tables()[UNITS]
    total = float(lines["best_estimate_before"].sum())
    return _explanation(
        result,
        row,
        item,
        (table.zh, table.en),
        total,
        FORMULAS["best_estimate"],
        table.article,
        "tvog",
        details=_units(result, row, lines),
    )


def _row(result: Result, item: str, identity: str, row: int) -> Explanation:
    lines = form_lines(result, row)
    wanted = lines if not identity else lines[(lines["row"] == identity) | (lines["item"] == identity)]
    if not len(wanted):
        raise UsageError(f"没有 {item}", f"there is no {item}")
    table = position_tables()[FORM]
    form = _records(wanted)
    if not identity:
        return _explanation(
            result, row, item, (table.zh, table.en), float(form[0]["total"]), ("", ""), table.article, "", form=form
        )
    made = form[0]
    name = str(made["item"])
    key = name.removesuffix("_after")
    behind = _behind(result, row, name)
    return _explanation(
        result, row, item, (str(made["zh"]), str(made["en"])), float(made["total"]), FORMULAS.get(key, ("", "")), str(made["article"]), key,
        form=form, details=behind,
    )  # fmt: skip


def _behind(result: Result, row: int, name: str) -> tuple[dict[str, Any], ...]:
    """The units whose amounts a row of the form adds up."""
    columns = {**SUMMED, **{item: f"risk_margin_{side}" for side, item in MARGINS.items()}}
    if name in ("reserve", "reserve_after"):
        columns[name] = f"best_estimate_{'after' if name.endswith('after') else 'before'}"
    lines = unit_lines(result, row)
    if name not in columns or not len(lines):
        return ()
    amount = lines[columns[name]]
    side = ("after",) if name.endswith("_after") else ("before",)
    return _units(
        result, row, lines[(amount.notna() & (amount != 0)).to_numpy()], side, name == "policyholder_deposits"
    )


def lines_behind_item(result: Result, row: int, item: str) -> list[dict[str, Any]]:
    """The row of L01 that a line item of S02 was taken from, as a line of detail."""
    lines = form_lines(result, row)
    own = lines[lines["item"] == ROW_OF.get(item, "")]
    return [
        {"sheet": FORM, "place": line["row"], "zh": line["zh"], "en": line["en"], "article": line["article"], "admitted_value": float(line["total"])}
        for line in _records(own) if line["total"] == line["total"]
    ]  # fmt: skip


def _units(
    result: Result, row: int, lines: pd.DataFrame, sides: tuple[str, ...] = SIDES, deposits: bool = False
) -> tuple[dict[str, Any], ...]:
    """Units as lines of detail, one before and one after reinsurance; a unit that is not reinsured has one."""
    kinds = position_tables()[UNITS].column("product_class").allowed(result.rulebook(row))
    found = []
    for line in _records(lines):
        name = next((str(line[c]) for c in ("name", "id") if isinstance(line[c], str)), "–")
        curve = kinds.get(line["product_class"], ("", "")) if isinstance(line["product_class"], str) else ("", "")
        shared = {
            "curve_zh": curve[0],
            "curve_en": curve[1],
            "guaranteed_rate": line["guaranteed_rate"],
            "tvog_factor": line["tvog_factor"],
        }
        for side in sides if line["ceded"] == "yes" else sides[:1]:
            zh, en = SIDE_LABELS[side] if line["ceded"] == "yes" else ("", "")
            amounts = (
                {"deposits": float(line["policyholder_deposits"])}
                if deposits
                else {key: float(line[f"{key}_{side}"]) for key in UNIT_AMOUNTS}
            )
            found.append(
                {"sheet": UNITS, "place": line["place"], "zh": f"{name}{zh}", "en": f"{name}{en}", "article": line["citation"],
                 **{key: value for key, value in {**shared, **amounts}.items() if value == value}}
            )  # fmt: skip
    return tuple(found)


UNIT_AMOUNTS = ("pv", "reserves", "tvog", "best_estimate", "risk_margin")
SIDE_LABELS = {"before": ("（分保前）", ", before reinsurance"), "after": ("（分保后）", ", after reinsurance")}


def _explanation(
    result: Result, row: int, item: str, names: tuple[str, str], value: float, formula: tuple[str, str], article: str, key: str,
    *, form: tuple[dict[str, Any], ...] = (), details: tuple[dict[str, Any], ...] = (),
) -> Explanation:  # fmt: skip
    from solvency.result import Explanation

    rulebook = result.rulebook(row)
    return Explanation(
        item, *names, value, "computed", "", *formula, article, (), result.factor_lines(FACTORS.get(key, ()), row),
        result.reading_lines(READINGS.get(key, ()), row), str(result.cases.at[row, "insurer"]), str(rulebook.date), form=form, details=details,
    )  # fmt: skip


def _records(lines: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    return tuple({str(name): value for name, value in record.items()} for record in lines.to_dict("records"))
