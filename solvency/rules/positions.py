"""From positions to sub-risks: look-through (rule 7), market risk (rule 8), credit risk (rule 9), concentration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.charge import Charge, charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, is_class, recoded
from solvency.rules.rule07_look_through.placement import place_in_products
from solvency.rules.rule07_look_through.products import products
from solvency.rules.rule08_market_risk.concentration import mark_concentration
from solvency.rules.rule08_market_risk.currency import currency
from solvency.rules.rule08_market_risk.equity import index_futures, listed_equity, long_term_equity
from solvency.rules.rule08_market_risk.holding import holding_years
from solvency.rules.rule08_market_risk.interest_rate import interest_derivatives, loan_interest
from solvency.rules.rule08_market_risk.life_positions import life_interest
from solvency.rules.rule08_market_risk.overseas import CORRELATIONS, by_market, overseas_equity
from solvency.rules.rule08_market_risk.real_estate import real_estate
from solvency.rules.rule09_credit_risk.bonds import bonds
from solvency.rules.rule09_credit_risk.receivables import interest_receivable, other_receivable
from solvency.rules.rule09_credit_risk.reinsurance import ceded, net_by_counterparty
from solvency.rules.rule12_sarmra import absolute_score
from solvency.tables.positions.read import LOWEST, Positions
from solvency.tables.positions.spec import ChargeSpec, position_tables
from solvency.tables.spec import SUB_RISKS
from solvency.tables.validate import Problems

Function = Callable[[Portfolio, str, ChargeSpec], list[Charge]]


def standard(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """The standard charge on every row of a table."""
    frame = portfolio.tables[sheet]
    exposure = frame[spec.exposure].to_numpy()
    return [
        charge(
            sheet, spec.sub_risk, spec.group, frame, portfolio.rulebook, exposure, portfolio.marks(sheet, spec.sub_risk)
        )
    ]


def loans(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """Loans by grade, and their interest-rate risk where the reading takes them in (rule 9, article 37)."""
    return standard(portfolio, sheet, spec) + loan_interest(portfolio, sheet)


FUNCTIONS: Mapping[str, Function] = {
    "standard": standard,
    "listed_equity": listed_equity,
    "long_term_equity": long_term_equity,
    "real_estate": real_estate,
    "overseas_real_estate": real_estate,
    "overseas_equity": overseas_equity,
    "bonds": bonds,
    "loans": loans,
    "net_by_counterparty": net_by_counterparty,
    "ceded": ceded,
    "interest_receivable": interest_receivable,
    "other_receivable": other_receivable,
    "products": products,
    "currency": currency,
    # futures come after what they hedge
    "index_futures": index_futures,
    "interest_derivatives": interest_derivatives,
}
# sub-risks that are not the sum of their rows: n amounts (CNY), NaN for a case without any
TOTALS: Mapping[str, Callable[[Portfolio], Array]] = {}
# line items that are no sub-risk: n figures, NaN for a case whose tables do not give it
FIGURES: Mapping[str, Callable[[Portfolio], Array]] = {"sarmra_absolute_score": absolute_score}
_ORDER = {name: place for place, name in enumerate(FUNCTIONS)}


@dataclass(frozen=True, eq=False)
class Charged:
    """What the positions of n cases bear.

    sub_risks: item -> n amounts (CNY), NaN for a case without a position of that risk; other line items that tables give, as
    the absolute score of rule 12, stand there too. charges: row by row. positions:
    the tables as they were charged, amounts being the insurer's share. layers, top: of each row, by sheet: how many layers
    stand above it, and the id of the product held directly. concentrations: `case`, `kind`, `name`, `value`, `limit` (CNY),
    `over`: what was measured against which limit (rule 8, chapter 7). forms: by official code (IR01, IR02, IR05, …), what
    makes up a sub-risk of insurance: `case`, `row` (its number on the form), `zh`, `en`, `article` and amounts (CNY).
    """

    sub_risks: Mapping[str, Array]
    charges: tuple[Charge, ...] = ()
    positions: Positions = field(default_factory=lambda: Positions({}))
    layers: Mapping[str, Array] = field(default_factory=dict)
    top: Mapping[str, Array] = field(default_factory=dict)
    concentrations: pd.DataFrame = field(default_factory=pd.DataFrame)
    forms: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def with_capital(self, forms: Mapping[str, pd.DataFrame], positions: Positions) -> Charged:
        """The same with the tables of rule 1 and what they came to, row by row."""
        whole = Positions({**self.positions.tables, **positions.tables}, self.positions.inputs or positions.inputs)
        return replace(self, forms={**self.forms, **forms}, positions=whole)


def position_charges(
    positions: Positions, cases: pd.DataFrame, insurer_type: str, rulebook: Rulebook, problems: Problems
) -> Charged:
    """Every charge of the positions of n cases of one type of insurer (rules 7, 8, 9).

    positions: typed tables (CNY). cases: n rows with `as_of` and `total_assets` (CNY). Problems are collected; a row that
    has one bears NaN. Raises nothing for wrong input.
    """
    portfolio = Portfolio(Positions(dict(positions.tables), positions.inputs), cases, insurer_type, rulebook, problems)
    _worst_where_stale(portfolio)
    holding_years(portfolio)
    place_in_products(portfolio)
    mark_concentration(portfolio)
    specs = [(sheet, spec) for sheet in portfolio.tables for spec in position_tables()[sheet].charges]
    for sheet, spec in sorted(specs, key=lambda pair: _ORDER[pair[1].function]):
        if not spec.insurers or insurer_type in spec.insurers:
            portfolio.charges += FUNCTIONS[spec.function](portfolio, sheet, spec)
    for made in portfolio.charges:
        _report_unpublished(portfolio, made)
    measured = pd.concat(portfolio.concentrations, ignore_index=True) if portfolio.concentrations else pd.DataFrame()
    return Charged(
        _totals(portfolio), tuple(portfolio.charges), portfolio.positions, portfolio.layers, portfolio.top, measured,
        portfolio.forms,
    )  # fmt: skip


def _worst_where_stale(portfolio: Portfolio) -> None:
    """Adequacy data of more than a year ago count as none at all (rule 8, article 36; rule 9, article 21)."""
    for sheet, frame in portfolio.tables.items():
        old = portfolio.stale(sheet, "adequacy.stale_months") if "data_date" in frame else np.zeros(len(frame), bool)
        if old.any():
            if "adequacy_met" in frame:  # the article names banks and asset managers
                frame = recoded(frame, "adequacy_met", old & ~is_class(frame, "issuer", "insurer"), "no")
            if "capital_adequacy" in frame:
                frame = frame.assign(capital_adequacy=np.where(old, LOWEST, frame["capital_adequacy"].to_numpy()))
            portfolio.positions.tables[sheet] = frame


def _report_unpublished(portfolio: Portfolio, made: Charge) -> None:
    """Rows for which the rules in force publish no factor: a class not in force, or a column left blank."""
    rf0, exposure = made.frame["rf0"].to_numpy(), made.frame["exposure"].to_numpy()
    nothing = np.isnan(rf0) & (exposure == 0)  # an exposure of zero needs no factor
    made.frame["minimum_capital"] = np.where(nothing, 0.0, made.frame["minimum_capital"].to_numpy())
    without = np.isnan(rf0) & ~nothing
    if not without.any() or not made.rf0:
        return
    frame = portfolio.tables[made.sheet]
    factor = portfolio.rulebook.factor(made.rf0)
    columns = [column for column in portfolio.rulebook.table(made.rf0).drivers if column in frame]
    columns += [
        column for column in portfolio.rulebook.table(made.rf0).arguments if column in frame and column not in columns
    ]
    rows = np.zeros(len(frame), bool)
    rows[made.frame.index[without]] = True
    blank = pd.DataFrame({column: frame[column].isna().to_numpy() for column in columns})
    labels = {
        column: position_tables()[made.sheet].column(column)
        for column in columns
        if position_tables()[made.sheet].has(column)
    }
    for column, label in labels.items():
        lacking = rows & blank[column].to_numpy()
        portfolio.report(
            made.sheet, lacking, column, "missing", f"缺少{label.zh}，无法确定基础因子", f"{label.en} is missing, so no factor can be found",
            article=factor.citation,
        )  # fmt: skip
        rows &= ~lacking
    found = np.full(len(frame), "", dtype=object)
    for column in columns if rows.any() else ():
        found = found + " · " + frame[column].astype(object).map(str).to_numpy()
    portfolio.report(
        made.sheet, rows, next(iter(labels), ""), "no_factor", "所适用的规则没有这一类别的基础因子",
        "the rules in force publish no factor for this class", found, article=factor.citation,
    )  # fmt: skip


def _totals(portfolio: Portfolio) -> dict[str, Array]:
    """Each sub-risk of each case; NaN where there is no position of it."""
    totals: dict[str, Array] = {}
    for item in SUB_RISKS:
        if item in TOTALS:
            amount = TOTALS[item](portfolio)
            if not np.isnan(amount).all():
                totals[item] = amount
            continue
        made = [c for c in portfolio.charges if c.sub_risk == item]
        life = life_interest(portfolio) if item == "interest_rate_mc" else None
        if not made and life is None:
            continue
        amount, some = np.zeros(portfolio.size), np.zeros(portfolio.size, bool)
        if item in CORRELATIONS:
            amount = by_market(portfolio, item, made)
        else:
            for c in made:
                amount += portfolio.sum_by_case(c.frame["minimum_capital"].to_numpy(), c.frame["case"].to_numpy())
        for c in made:
            some[c.frame["case"].to_numpy()] = True
        if item == "interest_rate_mc":
            amount = np.maximum(amount, 0)  # swaps that pay the fixed rate may outweigh the bonds (articles 15, 17)
            if life is not None:
                amount = np.where(np.isnan(life), amount, amount + np.nan_to_num(life))
                some |= ~np.isnan(life)
        totals[item] = np.where(some, amount, np.nan)
    for item, figure in FIGURES.items():
        found = figure(portfolio)
        if not np.isnan(found).all():
            totals[item] = found
    return totals
