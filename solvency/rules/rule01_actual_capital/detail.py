"""From the tables of rule 1 to rows of S01 and S02: statements, instruments, property, life reinsurance, future surplus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Figures
from solvency.rules.portfolio import Portfolio
from solvency.rules.rule01_actual_capital import assets, liabilities
from solvency.rules.rule01_actual_capital import instruments as ac01
from solvency.rules.rule01_actual_capital.future_surplus import BANDS, groups
from solvency.rules.rule01_actual_capital.property import Properties, properties
from solvency.rules.rule01_actual_capital.reinsurance import Reinsurance, life_reinsurance
from solvency.rules.rule01_actual_capital.statements import Statement, disagree, form
from solvency.rules.rule01_actual_capital.surplus import INPUTS
from solvency.tables.positions.read import Positions
from solvency.tables.positions.spec import position_tables
from solvency.tables.validate import Problems

AC01 = "AC01"
KINDS = ("statement", "capital")
# rows of S02 that reinsurance of a tier joins (article 38)
REINSURED = {
    "core_tier2": "other_core_tier2",
    "supplementary_tier1": "other_supplementary_tier1",
    "supplementary_tier2": "contingent_capital_and_other",
}


@dataclass(frozen=True, eq=False)
class CapitalTables:
    """What the tables of rule 1 give for n cases.

    figures: rows of S01 and S02, and what rule 1 works on further (`S04.…`, `AC01.liability`, `FutureSurplus.…`): n amounts
    (CNY), NaN where the tables do not say. forms: by sheet, row by row, with `case` and `line`. statements: S03 and S04.
    """

    figures: Mapping[str, Array] = field(default_factory=dict)
    forms: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    statements: Mapping[str, Statement] = field(default_factory=dict)
    positions: Positions = field(default_factory=lambda: Positions({}))
    portfolio: Portfolio | None = field(default=None, repr=False)

    def closed(self, figures: Figures) -> Mapping[str, pd.DataFrame]:
        """The forms with the rows of S04 that depended on the limits and on minimum capital; typed ones must agree."""
        statement, portfolio = self.statements.get("S04"), self.portfolio
        if statement is None or portfolio is None:
            return self.forms
        admitted, inside = statement.values["admitted_value"], statement.alone[liabilities.OTHERS]
        worked = {item: figures.values[item] for item in liabilities.WORKED_OUT}
        parts = [
            admitted[statement.place(liabilities.TAX_LIABILITIES)],
            worked[liabilities.GUARANTEE],
            worked[liabilities.TAX_RESERVE],
        ]
        worked[liabilities.OTHERS] = np.where(inside, np.nan, np.nansum(parts, axis=0))
        worked[liabilities.TOTAL] = figures.values["admitted_liabilities"]
        for item, values in worked.items():
            place = statement.place(item)
            given = statement.given.get(item, admitted[place])
            if item not in (
                liabilities.GUARANTEE,
                liabilities.TAX_RESERVE,
            ):  # those were tested where they were worked out
                disagree(portfolio, statement, item, "admitted_value", given, values, article="规则第1号第十九条")
            shown = statement.present & ~np.isnan(values) & (item not in liabilities.RESERVES or ~inside)
            admitted[place] = np.where(shown, values, admitted[place])
        return {**self.forms, "S04": form(statement, liabilities.COLUMNS)}


def without_capital(positions: Positions) -> Positions:
    """The tables that are no business of rule 1."""
    kinds = position_tables()
    return replace(positions, tables={s: f for s, f in positions.tables.items() if kinds[s].kind not in KINDS})


@dataclass(frozen=True, eq=False)
class AssetSide:
    """The tables of rule 1 of n cases with the assets read: S03, properties and reinsurance, None without."""

    portfolio: Portfolio
    held: Properties | None = None
    ceded: Reinsurance | None = None
    statement: Statement | None = None

    def completed(self) -> pd.DataFrame:
        """The cases with total assets from the book values of S03 where they were left blank."""
        cases = self.portfolio.cases
        if self.statement is None:
            return cases
        given = cases["total_assets"].to_numpy(float)
        return cases.assign(total_assets=np.where(np.isnan(given), assets.total_assets(self.statement), given))

    def book_value(self, item: str) -> Array:
        """A row of S03 at book value, n amounts (CNY), NaN where it is not known."""
        if self.statement is None:
            return np.full(self.portfolio.size, np.nan)
        return np.where(self.statement.knows(item), self.statement.of("book_value", item), np.nan)


def asset_side(
    positions: Positions, cases: pd.DataFrame, insurer_type: str, rulebook: Rulebook, problems: Problems, scale: int,
    *, hypothetical: bool = False,
) -> AssetSide:  # fmt: skip
    """Reads the tables of rule 1 of n cases of one type of insurer, and the assets (articles 8-17). Problems are collected.

    positions: typed tables (CNY). cases: n rows with `as_of` and the line items (CNY). scale: yuan per unit of the input.
    hypothetical: other rules than those the figures were filed under.
    """
    tables = {s: f for s, f in positions.tables.items() if position_tables()[s].kind in KINDS}
    portfolio = Portfolio(
        Positions(tables, positions.inputs),
        cases,
        insurer_type,
        rulebook,
        problems,
        scale=scale,
        hypothetical=hypothetical,
    )
    if not tables:
        return AssetSide(portfolio)
    held, ceded = properties(portfolio), life_reinsurance(portfolio)
    not_recognised = np.zeros(len(cases)) if ceded is None else np.nan_to_num(ceded.not_recognised)
    return AssetSide(portfolio, held, ceded, assets.admitted_assets(portfolio, held, not_recognised))


def capital_tables(side: AssetSide, life: Mapping[str, Array]) -> CapitalTables:
    """Everything the tables of rule 1 say of n cases of one type of insurer (articles 8-40). Problems are collected.

    side: the tables, with the assets read. life: figures of form L01 by name (`L01.admitted`, `L01.book`, …), (n,) CNY, NaN without.
    """
    portfolio, n = side.portfolio, side.portfolio.size
    nothing, blank = np.zeros(n), np.full(n, np.nan)
    of_life = {name: life.get(name, blank) for name in ("L01.book", "L01.admitted", "L01.ceded", "L01.deposits")}
    if not portfolio.tables:
        return CapitalTables(_reserves_of_l01(portfolio, {}, of_life))
    found: dict[str, Array] = {}
    forms: dict[str, pd.DataFrame] = {}
    statements: dict[str, Statement] = {}
    held, ceded, s03 = side.held, side.ceded, side.statement
    surplus = groups(portfolio)
    made = ac01.instruments(portfolio) if AC01 in portfolio.tables else None
    not_recognised = np.nan_to_num(ceded.not_recognised) if ceded is not None else nothing
    released = np.nan_to_num(held.released) if held is not None else nothing
    s04 = liabilities.admitted_liabilities(
        portfolio, released, ac01.totals(made, n, "liability_book") if made is not None else blank,
        {"book_value": of_life["L01.book"], "admitted_value": of_life["L01.admitted"]},
    )  # fmt: skip
    if s03 is not None:
        assets.check_ceded(portfolio, s03, of_life["L01.ceded"])
    if held is not None:
        found["investment_property_appreciation"] = held.core
        found["investment_property_gain_supplementary_tier1"] = held.supplementary
        forms["InvestmentProperty"] = held.lines
    shift = _into_tiers(found, forms, made, ceded, n)
    detailed = np.zeros(n, bool)
    if s03 is not None:
        statements["S03"], detailed = s03, assets.has_detail(s03)
        found["total_assets"] = assets.total_assets(s03)
        found["admitted_assets"] = s03.of("admitted_value", "total_assets")
        found |= assets.adjustments(portfolio, s03, held)
        forms["S03"] = form(s03, assets.COLUMNS)
        if made is not None:
            _check_contingent(portfolio, s03, made)
    if s04 is not None:
        statements["S04"] = s04
        liabilities.check_deposits(portfolio, s04, of_life["L01.deposits"])
        found |= liabilities.parts(s04, released)
    # the capital of contracts that do not count is already out of row 4.1 of S03
    others = found.pop("other_differences", blank)
    found["other_adjustments"] = _other_adjustments(
        portfolio, others, found.get("S04.other_differences", blank), shift, not_recognised, detailed
    )
    if s03 is not None and s04 is not None:
        found["net_assets"] = np.where(detailed, s03.of("book_value", "total_assets"), np.nan) - found["S04.book"]
    if surplus is not None:
        forms["FutureSurplus"] = surplus.lines
        found |= {f"FutureSurplus.{band}": surplus.positive[band] for band in BANDS}
        found |= {f"FutureSurplus.{band}.upper": surplus.upper[band] for band in BANDS}
        found |= {"FutureSurplus.negative": surplus.negative, "FutureSurplus.total": surplus.total,
                  "FutureSurplus.apportioned": surplus.apportioned}  # fmt: skip
    found |= _reserves_of_l01(portfolio, found, of_life)
    return CapitalTables(found, forms, statements, portfolio.positions, portfolio)


def _reserves_of_l01(portfolio: Portfolio, found: Mapping[str, Array], life: Mapping[str, Array]) -> dict[str, Array]:
    """Book and admitted value of life reserves from form L01 where S04 does not say them, for cases that state what they are needed for."""
    blank = np.full(portfolio.size, np.nan)
    asked = ~np.isnan(found.get("FutureSurplus.total", blank)) | ~np.isnan(found.get("S04.other_rows", blank))
    for item in INPUTS:
        asked |= ~np.isnan(portfolio.cases[item].to_numpy(float))
    made = {}
    for name, source in (("S04.life_book", "L01.book"), ("S04.life_admitted", "L01.admitted")):
        known = found.get(name, blank)
        values = np.where(np.isnan(known) & asked, life[source], known)
        if not np.isnan(values).all():
            made[name] = values
    return made


def _into_tiers(
    found: dict[str, Array],
    forms: dict[str, pd.DataFrame],
    made: pd.DataFrame | None,
    ceded: Reinsurance | None,
    n: int,
) -> Array:
    """Instruments and reinsurance in their rows of S02; returns what leaves net assets for them, (n,)."""
    shift = np.zeros(n)
    if made is not None:
        forms[AC01] = made
        found |= ac01.by_row(made, n)
        found["AC01.liability"] = ac01.totals(made, n, "liability")
        shift = shift - np.nan_to_num(ac01.totals(made, n, "leaves_equity"))
    if ceded is not None:
        forms["LifeReinsurance"] = ceded.lines
        for tier, item in REINSURED.items():
            more = ceded.tiers[tier]
            known = found.get(item, np.full(n, np.nan))
            moved = np.isnan(known) & (np.nan_to_num(more) == 0)
            found[item] = np.where(moved, np.nan, np.nan_to_num(known) + np.nan_to_num(more))
            shift = shift - np.nan_to_num(more)
    return shift


def _other_adjustments(
    portfolio: Portfolio,
    assets_differ: Array,
    liabilities_differ: Array,
    shift: Array,
    not_recognised: Array,
    detailed: Array,
) -> Array:
    """Row 1.2.8: what assets and liabilities differ from book value otherwise, and what leaves net assets for other tiers.

    Without S03 in detail a typed row stands; left blank it is what leaves net assets.
    """
    typed = portfolio.cases["other_adjustments"].to_numpy(float)
    whole = assets_differ + np.nan_to_num(liabilities_differ) + shift
    partly = shift - not_recognised
    known = detailed & ~np.isnan(assets_differ)
    net = portfolio.cases["net_assets"].to_numpy(float)
    unseen = (partly != 0) & ~known & (~np.isnan(typed) | np.isnan(net))
    for case in np.flatnonzero(unseen):
        portfolio.problems.add(
            int(case), "other_adjustments", "shift_unseen",
            "列为权益的其他级别工具、计入其他级别或不予确认的再保险资本应已从核心一级资本中减去，请核对所填金额",
            "equity in other tiers and reinsurance that counts elsewhere or not at all must have left core tier 1; check what was typed",
            severity="warning", found=f"{partly[case] / portfolio.scale:,.15g}", article="规则第1号第四十条",
        )  # fmt: skip
    return np.where(known, whole, np.where(np.isnan(typed) & (partly != 0), partly, np.nan))


def _check_contingent(portfolio: Portfolio, s03: Statement, made: pd.DataFrame) -> None:
    """Contingent capital counts with what it is admitted as an asset (article 17)."""
    frame = portfolio.tables[AC01]
    of_asset = made.assign(counted=np.where((frame["accounting"] == "asset").to_numpy(), made["counted"], 0.0))
    counted = ac01.totals(of_asset, portfolio.size, "counted")
    compared = s03.knows(assets.CONTINGENT) & assets.has_detail(s03)
    admitted = np.nan_to_num(s03.of("valuation_difference", assets.CONTINGENT))
    disagree(
        portfolio, s03, assets.CONTINGENT, "valuation_difference", np.where(compared, admitted, np.nan), counted,
        article="规则第1号第十七条",
    )  # fmt: skip
