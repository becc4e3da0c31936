"""Questions about one figure, one insurer or the rules: the public functions behind `explain`, `measures`, `factors`, `readings`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solvency.errors import UsageError

MOST_POSITIONS = 20  # shown of one figure
_IN_FILE = ("见 disclose 写出的内部文件", "see the internal file that disclose writes")
FORM_HINTS = {
    "CT01": (f"CT01 是汇总表，{_IN_FILE[0]}；逐行的集中度系数见 explain market_mc", f"CT01 is a form: {_IN_FILE[1]}; for the coefficients of each row explain market_mc"),
    "LT01": (f"LT01 是汇总表，{_IN_FILE[0]}；产品可用 explain MR22.编号", f"LT01 is a form: {_IN_FILE[1]}; a product by explain MR22.<id>"),
    "IN03": (f"IN03 是汇总表，{_IN_FILE[0]}；利率风险见 explain interest_rate_mc", f"IN03 is a form: {_IN_FILE[1]}; for the risk explain interest_rate_mc"),
    "IN01": ("各账户见 explain interest_rate_mc", "for the accounts explain interest_rate_mc"),
    "LiabilityCashFlows": ("现金流的现值见 explain LifeLiabilities 或 LifeLiabilities.编号", "for what the flows are worth explain LifeLiabilities or LifeLiabilities.<id>"),
    "Lots": ("Lots 只给出股票的持仓时间，本身不计资本；见 explain MR01 或 MR02", "Lots give the holding time of shares and bear nothing themselves: explain MR01 or MR02"),
}  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from solvency.regulation.document import Reading
    from solvency.regulation.factors import Factor
    from solvency.result import Explanation, Result
    from solvency.rules.supervision import Measure


def explain(
    source: Any,
    item: str,
    *,
    insurer: str | None = None,
    date: dt.date | str | None = None,
    scenario: str | None = None,
    most: int = MOST_POSITIONS,
    **options: Any,
) -> Explanation:
    """Why one figure is what it is: formula, inputs, factors, articles, documents, and the positions behind it.

    source and options as in `calculate`, or a `Result`. insurer, date (the valuation date) and scenario pick the row of a table.
    item: a line item, `grade`, a table of positions (`MR01`) or one position by its id or row (`MR01.600000`); the `most` largest
    are shown. Raises UsageError where not exactly one row is meant, UnknownFactorError for an unknown item.
    """
    result = _of_one(source, insurer, options)
    wanted = {"insurer": insurer, "as_of": date, "scenario": scenario}
    return _explanation(result, item, _row(result, {key: str(x) for key, x in wanted.items() if x is not None}), most)


def _row(result: Result, wanted: Mapping[str, str]) -> int:
    """The one row with these keys. Raises UsageError, naming what would tell the rows apart."""
    keys = result.keys[["insurer", "as_of", "scenario"]].astype(str)
    found = keys[(keys[list(wanted)] == list(wanted.values())).all(axis=1)] if wanted else keys
    if len(found) == 1:
        return int(found.index[0])
    among = found if len(found) else keys
    options = {"insurer": "--insurer", "as_of": "--date", "scenario": "--scenario"}
    names = [(option, list(dict.fromkeys(among[key]))) for key, option in options.items()]
    apart = [(option, values) for option, values in names if len(values) > 1 or not len(found)]
    raise UsageError(
        f"须恰好指定一行，现有 {len(found)} 行。"
        + "；".join(f"{option}：{_some(values, '、')}" for option, values in apart),
        f"exactly one row must be meant; there are {len(found)}. "
        + "; ".join(f"{option}: {_some(values, ', ')}" for option, values in apart),
    )


def _some(names: list[str], comma: str, most: int = 5) -> str:
    return comma.join(name or "—" for name in names[:most]) + ("…" if len(names) > most else "")


def _explanation(result: Result, item: str, row: int, most: int) -> Explanation:
    """A figure with what is behind it, or the rows of a table: `MR01`, `S03`, or one of them: `MR01.600000`, `AC01.bond 1`."""
    from dataclasses import replace

    from solvency.capital_forms import lines_behind
    from solvency.level_detail import explain_levels, level_lines
    from solvency.liquidity_indicators import lines_behind as liquidity_behind
    from solvency.position_detail import is_position_item, position_lines
    from solvency.position_forms import insurance_form, life_interest_form
    from solvency.rating_detail import EXPLAINED, explain_rating
    from solvency.result import Explanation
    from solvency.rules.formulas import FORMULAS
    from solvency.rules.rule13_liquidity_risk.formulas import LINES as LIQUIDITY
    from solvency.tables.positions.forms import amounts_of
    from solvency.tables.positions.spec import position_tables
    from solvency.tables.spec import MODULES, SUB_RISKS

    if item.partition(".")[0] in ("SARMRA", "sarmra_absolute_score"):
        from solvency.sarmra_detail import explain_scores

        return explain_scores(result, item, row)
    if item in EXPLAINED:
        return explain_rating(result, item, row)
    if item.partition(".")[0] in ("L01", "LifeLiabilities"):
        from solvency.liability_forms import explain_liability

        return explain_liability(result, item, row)
    if not is_position_item(item):
        if item in FORM_HINTS:
            raise UsageError(*FORM_HINTS[item])
        found = result.explain(item, row)
        if found.item in LIQUIDITY:
            return replace(found, details=tuple(liquidity_behind(result, row, found.item)))
        known = FORMULAS.get(found.item)
        if known is not None and known.tables and found.origin == "computed":
            return replace(found, details=tuple(lines_behind(result, row, known.tables, found.item)))
        if found.origin == "computed" and (levels := level_lines(result, row, found.item)):
            return replace(found, details=levels)
        below = SUB_RISKS if item == "quantified_mc" else MODULES.get(item, (item,) if item in SUB_RISKS else ())
        computed = [name for name in below if result.origin(name, row) == "computed"]
        if found.origin != "computed" or not computed:
            return found
        lines = position_lines(result, row, sub_risk=computed)
        accounts = _records(life_interest_form(result, row)) if item == "interest_rate_mc" else ()
        return replace(found, positions=_records(lines.head(most)), position_count=len(lines), accounts=accounts)
    sheet, _, identity = item.partition(".")
    if identity and position_tables()[sheet].kind == "product":
        under = _product(result, item, row, most)
        if under is not None:
            return under
    if position_tables()[sheet].kind in ("statement", "capital"):
        return _capital_explanation(result, item, row)
    if position_tables()[sheet].organisation and (levels_found := explain_levels(result, item, row)):
        return levels_found
    if position_tables()[sheet].kind == "liquidity":
        return _liquidity_explanation(result, item, row)
    lines = position_lines(result, row, sheet=sheet, identity=identity or None)
    form = () if identity else _records(insurance_form(result, row, sheet))
    if not len(lines) and not form:
        if sheet in FORM_HINTS:
            raise UsageError(*FORM_HINTS[sheet])
        raise UsageError(f"没有持仓 {item}", f"there is no position {item}")
    table = position_tables()[sheet]
    last = {line.get("department"): line for line in form}  # of a form, and of that of each department
    total = float(sum(line[amounts_of(line)[-1]] for line in last.values()) if form else lines["minimum_capital"].sum())
    formula = ("Σ 各行 EX × RF", "Σ EX × RF of the rows")
    if form or lines["scenario"].ne("").all():
        formula = ("", "") if form else ("不利情景现值 − 基础情景现值，按行", "PV adverse − PV base of the rows")
    return Explanation(
        item, table.zh, table.en, total, "computed", "", *formula, table.article, (), (), (),
        str(result.cases.at[row, "insurer"]), str(result.rulebook(row).date),
        _records(lines.head(most)), len(lines), (), form,
    )  # fmt: skip


def _product(result: Result, item: str, row: int, most: int) -> Explanation | None:
    """A product held directly: what it bears itself and what is under it, row by row; None for an unknown one."""
    from solvency.position_detail import position_lines
    from solvency.result import Explanation
    from solvency.tables.positions.spec import position_tables

    sheet, _, identity = item.partition(".")
    table = position_tables()[sheet]
    under = position_lines(result, row, under=(sheet, identity))
    if not len(under):
        return None
    return Explanation(
        item, table.zh, table.en, float(under["minimum_capital"].sum()), "computed", "", "Σ 产品各层各行的最低资本",
        "Σ of the rows under the product, over its layers", "规则第7号第十三条", (), (), (),
        str(result.cases.at[row, "insurer"]), str(result.rulebook(row).date), _records(under.head(most)), len(under),
    )  # fmt: skip


def _capital_explanation(result: Result, item: str, row: int) -> Explanation:
    """The lines of a table of rule 1, or one of them; its value is what they count, or admit."""
    from solvency.capital_forms import STATEMENTS, as_line, capital_lines, statement_lines
    from solvency.result import Explanation
    from solvency.tables.positions.spec import position_tables

    sheet, _, identity = item.partition(".")
    table = position_tables()[sheet]
    zh, en, article, total = table.zh, table.en, table.article, float("nan")
    if sheet in STATEMENTS:
        lines = statement_lines(result, row, sheet)
        wanted = lines[(lines["item"] == identity) | (lines["row"] == identity)] if identity and len(lines) else lines
        found = [{**line, "sheet": sheet, "place": line["row"]} for line in _records(wanted)]
        if len(wanted):
            last = wanted[~wanted["row"].str.startswith("+")].tail(1) if not identity else wanted
            zh, en, article = (
                (str(wanted[c].iloc[0]) for c in ("zh", "en", "article")) if identity else (zh, en, article)
            )
            total = float(last["admitted_value"].iloc[0])
    else:
        lines = capital_lines(result, row, sheet, identity or None)
        found = [as_line(sheet, line) for line in _records(lines)]
        if "counted" in lines:
            total = float(lines["counted"].sum())
    if not found:
        raise UsageError(f"没有 {item}", f"there is no {item}")
    return Explanation(
        item, zh, en, total, "computed", "", "", "", article, (), (), (), str(result.cases.at[row, "insurer"]),
        str(result.rulebook(row).date), details=tuple(found),
    )  # fmt: skip


def _liquidity_explanation(result: Result, item: str, row: int) -> Explanation:
    """A form of rule 13 row by row, or one of its rows by item or number."""
    from solvency.liquidity_indicators import liquidity_form
    from solvency.result import Explanation
    from solvency.tables.positions.spec import position_tables

    sheet, _, identity = item.partition(".")
    lines = liquidity_form(result, row, sheet)
    wanted = lines[(lines["item"] == identity) | (lines["row"] == identity)] if identity and len(lines) else lines
    found = [
        {"sheet": sheet, "place": line["row"], **{k: v for k, v in line.items() if not isinstance(v, float) or (v == v and v != 0)}}
        for line in _records(wanted)
    ]  # fmt: skip
    if not found:
        raise UsageError(f"没有 {item}", f"there is no {item}")
    table = position_tables()[sheet]
    zh, en = (found[0]["zh"], found[0]["en"]) if identity else (table.zh, table.en)
    return Explanation(
        item, zh, en, float("nan"), "computed", "", "", "", table.article, (), (), (), str(result.cases.at[row, "insurer"]),
        str(result.rulebook(row).date), details=tuple(found),
    )  # fmt: skip


def _records(lines: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    return tuple({str(name): value for name, value in record.items()} for record in lines.to_dict("records"))


def measures(source: Any, **options: Any) -> dict[int, list[Measure]]:
    """The measures and duties of every row, with the facts that triggered them; source and options as in `calculate`.

    A workbook with a forecast is also judged by it: rule 10, articles 39 and 40.
    """
    from solvency.regulation.rulebook import draft_paths

    options["drafts"] = draft_paths(options.get("drafts", ()))
    result = with_outlook(source, _result(source, options), options)
    return {int(row): result.measures(int(row)) for row in result.figures.index}


def with_outlook(source: Any, result: Result, options: Mapping[str, Any]) -> Result:
    """The result of a workbook with what its forecast and its stress tests, quarterly and annual, say about the ratios.

    source: a path or a `Book`; anything else has no forecast. options: of `calculate`. Raises InputError for a forecast
    or exposures that cannot be tested.
    """
    from solvency.source import book_of

    book = book_of(source)
    if book is None or book.forecast is None:
        return result
    from solvency.stress_test import stress

    known = {key: value for key, value in options.items() if key in ("as_of", "readings", "drafts")}
    for horizon in ("quarter", "year"):
        result = result.with_outlook(stress(book, horizon=horizon, **known).outlook)
    return result


def factors(
    name: str | None = None,
    *,
    as_of: dt.date | str | None = None,
    history: bool = False,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[str | Path] = (),
) -> list[Factor]:
    """The factors in force on a date (default today), one by name, or every version of one.

    Raises UnknownFactorError, DateOutOfRangeError, UsageError.
    """
    from solvency.regulation.rulebook import Rulebook
    from solvency.regulation.rulebook import history as versions

    if history:
        if name is None:
            raise UsageError("--history 需要因子名称", "--history needs the name of a factor")
        return versions(name, drafts)
    rulebook = Rulebook.at(as_of or dt.date.today(), readings=readings, drafts=drafts)
    return [rulebook.factor(name)] if name else list(rulebook.factors.values())


def supplied(
    name: str, *, as_of: dt.date | str | None = None, drafts: Iterable[str | Path] = ()
) -> dict[str, Any] | None:
    """A table of published numbers that are not kept here, by its code or a name: its document, source and columns; None for others."""
    from solvency.regulation.rulebook import Rulebook
    from solvency.tables.positions.spec import position_tables

    rulebook = Rulebook.at(as_of or dt.date.today(), drafts=drafts)
    found = rulebook.supplied(name)
    if found is None:
        return None
    document, numbers = found
    table = position_tables()[numbers.table]
    return {
        "name": table.sheet, "zh": table.zh, "en": table.en, "document": str(document), "effective": str(document.effective),
        "source": document.source, "how_zh": numbers.zh, "how_en": numbers.en,
        "columns": [
            {"column": c.id, "zh": c.zh, "en": c.en, "note_zh": c.note_zh, "note_en": c.note_en, "allowed": list(c.allowed(rulebook)) if c.driver else []}
            for c in table.columns
        ],
    }  # fmt: skip


def readings(*, drafts: Iterable[str | Path] = ()) -> list[Reading]:
    """Every place where the text is open: the question, what can be chosen, the default and its reason."""
    from solvency.regulation.rulebook import Rulebook

    return list(Rulebook.at(dt.date.today(), drafts=drafts).readings.values())


def _of_one(source: Any, insurer: str | None, options: dict[str, Any]) -> Result:
    """The result; errors of other insurers than the one that is named do not stand in its way."""
    from solvency.errors import InputError

    try:
        return _result(source, options)
    except InputError:
        if insurer is None:
            raise
        result = _result(source, {**options, "on_error": "reject"})
        if result.rejects is not None and (result.rejects["insurer"].astype(str) == insurer).any():
            raise
        return result


def _result(source: Any, options: dict[str, Any]) -> Result:
    from solvency.assessment import calculate
    from solvency.result import Result

    return source if isinstance(source, Result) else calculate(source, **options)
