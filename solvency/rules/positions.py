"""From positions to sub-risks: look-through (rule 7), market risk (rule 8), credit risk (rule 9), concentration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from solvency.regulation.factors import Table, TableRow
from solvency.regulation.rulebook import Rulebook
from solvency.rules.charge import REGIMES, Charge, charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Forms, Portfolio, first_of_each, is_class, recoded
from solvency.rules.rule03_life_liability.form import GIVES, life_liability
from solvency.rules.rule04_nonlife_insurance_risk.catastrophe import catastrophe
from solvency.rules.rule04_nonlife_insurance_risk.financing import financing
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve import premium, reserve
from solvency.rules.rule04_nonlife_insurance_risk.premium_reserve_total import premium_reserve_total
from solvency.rules.rule05_life_insurance_risk.form import life_sub_risk
from solvency.rules.rule07_look_through.placement import place_in_products
from solvency.rules.rule07_look_through.products import products
from solvency.rules.rule08_market_risk.concentration import mark_concentration
from solvency.rules.rule08_market_risk.currency import currency
from solvency.rules.rule08_market_risk.equity import index_futures, listed_equity, long_term_equity
from solvency.rules.rule08_market_risk.holding import holding_years
from solvency.rules.rule08_market_risk.interest_rate import interest_derivatives, loan_interest
from solvency.rules.rule08_market_risk.life_interest import LifeInterestCharge
from solvency.rules.rule08_market_risk.life_positions import life_interest
from solvency.rules.rule08_market_risk.overseas import CORRELATIONS, by_market, overseas_equity
from solvency.rules.rule08_market_risk.real_estate import real_estate
from solvency.rules.rule09_credit_risk.bonds import bonds
from solvency.rules.rule09_credit_risk.receivables import interest_receivable, other_receivable
from solvency.rules.rule09_credit_risk.reinsurance import ceded, net_by_counterparty
from solvency.rules.rule12_sarmra import absolute_score
from solvency.rules.rule20_lloyds_china.business import Business, business_of_departments, forms_of, settle_departments
from solvency.rules.rule20_lloyds_china.departments import DEPARTMENTS, check_departments
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
    "premium": premium,
    "reserve": reserve,
    "financing": financing,
}
CURRENCIES = "MR27"
NOT_NETTED = ("standard", "bonds", "loans", "interest_receivable", "other_receivable")
# sub-risks that are not the sum of their rows: n amounts (CNY), NaN for a case without any
TOTALS: Mapping[str, Callable[[Portfolio], Array]] = {
    "nonlife_premium_reserve_mc": premium_reserve_total,
    "nonlife_catastrophe_mc": catastrophe,
    **{item: life_sub_risk(item) for item in ("life_loss_mc", "life_lapse_mc", "life_expense_mc")},
}
# line items that are no sub-risk: n figures, NaN for a case whose tables do not give it
FIGURES: Mapping[str, Callable[[Portfolio], Array]] = {
    "sarmra_absolute_score": absolute_score,
    **{name: life_liability(name) for name in GIVES},
}
_ORDER = {name: place for place, name in enumerate(FUNCTIONS)}


@dataclass(frozen=True, eq=False)
class Charged:
    """What the positions of n cases bear.

    sub_risks: item -> n amounts (CNY), NaN for a case without a position of that risk; other line items that tables give, as
    the absolute score of rule 12, stand there too. charges: row by row. positions:
    the tables as they were charged, amounts being the insurer's share. layers, top: of each row, by sheet: how many layers
    stand above it, and the id of the product held directly. concentrations: `case`, `kind`, `name`, `value`, `limit` (CNY),
    `over`: what was measured against which limit (rule 8, chapter 7). asset_classes: of each row, by sheet: the class of
    assets it counts in, None for none; empty where no limit of a class is stated. life: interest-rate risk by scenarios,
    account by account. forms: by official code (IR01, IR02, IR05, …), what makes up a sub-risk of insurance: `case`, `row`
    (its number on the form), `zh`, `en`, `article` and amounts (CNY). departments: the same of the business of the departments of
    Lloyd's China, whose charges are in no sub-risk of the whole.
    """

    sub_risks: Mapping[str, Array]
    charges: tuple[Charge, ...] = ()
    positions: Positions = field(default_factory=lambda: Positions({}))
    layers: Mapping[str, Array] = field(default_factory=dict)
    top: Mapping[str, Array] = field(default_factory=dict)
    concentrations: pd.DataFrame = field(default_factory=pd.DataFrame)
    asset_classes: Mapping[str, Array] = field(default_factory=dict)
    life: LifeInterestCharge | None = None
    forms: Forms = field(default_factory=Forms)
    departments: Charged | None = None

    @property
    def has_levels(self) -> bool:
        return DEPARTMENTS in self.positions.tables

    def with_capital(self, forms: Mapping[str, pd.DataFrame], positions: Positions) -> Charged:
        """The same with the tables of rule 1 and what they came to, row by row."""
        whole = Positions({**self.positions.tables, **positions.tables}, self.positions.inputs or positions.inputs)
        return replace(self, forms=Forms({**self.forms.data, **forms}), positions=whole)


def position_charges(
    positions: Positions, cases: pd.DataFrame, insurer_type: str, rulebook: Rulebook, problems: Problems,
    *, tolerance: Array | None = None, hypothetical: bool = False, scale: int = 1,
) -> Charged:  # fmt: skip
    """Every charge of the positions of n cases of one type of insurer (rules 4 to 9).

    positions: typed tables (CNY). cases: n rows with `as_of` and `total_assets` (CNY). tolerance: (n,) by how much a typed amount and
    a computed one may differ, in printed units; hypothetical: then a difference is a warning; scale: yuan per unit of the input. Problems are collected; a row that
    has one bears NaN. Raises nothing for wrong input.
    """
    portfolio = Portfolio(
        Positions(dict(positions.tables), positions.inputs), cases, insurer_type, rulebook, problems, tolerance, hypothetical,
        scale=scale,
    )  # fmt: skip
    _worst_where_stale(portfolio)
    departments = _departments(portfolio)
    check_departments(portfolio)
    _remark_on_doubled(portfolio)
    _remark_on_currencies(portfolio)
    holding_years(portfolio)
    place_in_products(portfolio)
    mark_concentration(portfolio)
    _charge(portfolio)
    _report_foreign(portfolio)
    totals = _totals(portfolio)
    measured = pd.concat(portfolio.concentrations, ignore_index=True) if portfolio.concentrations else pd.DataFrame()
    return Charged(
        totals, tuple(portfolio.charges), portfolio.positions, portfolio.layers, portfolio.top, measured,
        portfolio.asset_classes, portfolio.life, portfolio.forms, departments,
    )  # fmt: skip


def _charge(portfolio: Portfolio) -> None:
    """What every row bears, table by table, in the order of `FUNCTIONS`."""
    specs = [(sheet, spec) for sheet in portfolio.tables for spec in position_tables()[sheet].charges]
    for sheet, spec in sorted(specs, key=lambda pair: _ORDER[pair[1].function]):
        if not spec.insurers or portfolio.insurer_type in spec.insurers:
            _remark_on_negative(portfolio, sheet, spec)
            exposed = replace(spec, exposure=portfolio.exposures.get(spec.exposure, spec.exposure))
            portfolio.charges += FUNCTIONS[spec.function](portfolio, sheet, exposed)
    for made in portfolio.charges:
        _report_unpublished(portfolio, made)


def _departments(portfolio: Portfolio) -> Charged | None:
    """The business of the departments of Lloyd's China, charged, and their capital out of it (rule 20); None without any."""
    found: list[Business] = business_of_departments(portfolio)
    for business in found:
        _charge(business.portfolio)
    settle_departments(portfolio, found)
    if not found:
        return None
    charges = tuple(made for business in found for made in business.charges())
    tables = {business.sheet: business.table() for business in found}
    return Charged({}, charges, Positions(tables, portfolio.positions.inputs), forms=Forms(forms_of(found)))


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


def _remark_on_doubled(portfolio: Portfolio) -> None:
    """Positions of one id in a table, held the same way: both are charged, though one may stand there twice."""
    for sheet, frame in portfolio.tables.items():
        if position_tables()[sheet].kind == "base" and "id" in frame and frame["id"].notna().any():
            keys = pd.DataFrame(
                {"case": frame["case"], "id": frame["id"].cat.codes, "product": frame["product"].cat.codes}
            )
            portfolio.report(
                sheet, keys.duplicated().to_numpy() & (keys["id"] >= 0).to_numpy(), "id", "doubled_id", "同一编号出现多行，各行均已计量",
                "several rows have this id; each of them is charged", frame["id"].to_numpy(), severity="warning",
            )  # fmt: skip


def _remark_on_currencies(portfolio: Portfolio) -> None:
    """Assets abroad beside neither a table of currencies nor a typed charge: currency risk would be zero unasked."""
    abroad = np.zeros(portfolio.size, bool)
    for sheet, frame in portfolio.tables.items():
        if position_tables()[sheet].asset_class == "overseas":
            abroad[frame["case"].to_numpy()] = True
    if CURRENCIES in portfolio.tables:
        abroad[portfolio.tables[CURRENCIES]["case"].to_numpy()] = False
    if "fx_mc" in portfolio.cases:
        abroad &= portfolio.cases["fx_mc"].isna().to_numpy()
    for case in np.flatnonzero(abroad):
        portfolio.problems.add(
            int(case), "fx_mc", "no_currencies", "有境外投资，但未填汇率风险（MR27 表或 S05），按零计算",
            "there are investments abroad, but no currency risk (table MR27 or S05); it counts as zero", severity="warning",
            article="规则第8号第五十六条",
        )  # fmt: skip


def _remark_on_negative(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> None:
    """Credit exposures that are not netted and yet negative: they bear nothing (rule 9, article 6)."""
    if spec.sub_risk in REGIMES and spec.function in NOT_NETTED:
        frame = portfolio.tables[sheet]
        label = position_tables()[sheet].column(spec.exposure)
        values = frame[spec.exposure].to_numpy()
        portfolio.report(
            sheet, values < 0, spec.exposure, "negative", f"{label.zh}为负数，此行不计量最低资本",
            f"{label.en} is negative, so this row bears nothing", severity="warning", article="规则第9号第六条",
        )  # fmt: skip


def _report_foreign(portfolio: Portfolio) -> None:
    """Tables of insurance business that another type of insurer fills in."""
    for sheet, frame in portfolio.tables.items():
        table = position_tables()[sheet]
        kinds = {kind for spec in table.charges for kind in spec.insurers}
        if table.kind == "business" and kinds and portfolio.insurer_type not in kinds:
            portfolio.report(
                sheet, first_of_each(frame["case"].to_numpy(), portfolio.size), "", "wrong_insurer", f"{sheet} 不适用于这类公司",
                f"{sheet} is not for this type of insurer", portfolio.cases["insurer_type"].to_numpy()[frame["case"].to_numpy()],
                article=table.article,
            )  # fmt: skip


def _report_unpublished(portfolio: Portfolio, made: Charge) -> None:
    """Rows for which the rules in force publish no factor: a class not in force, or a column left blank."""
    rf0, exposure = made.frame["rf0"].to_numpy(), made.frame["exposure"].to_numpy()
    nothing = np.isnan(rf0) & (exposure == 0)  # an exposure of zero needs no factor
    made.frame["minimum_capital"] = np.where(nothing, 0.0, made.frame["minimum_capital"].to_numpy())
    without = np.isnan(rf0) & ~nothing
    if not without.any() or not made.rf0:
        return
    whole, factor = portfolio.tables[made.sheet], portfolio.rulebook.factor(made.rf0)
    table = portfolio.rulebook.table(made.rf0)
    frame = whole.loc[made.frame.index[without]]
    asked, apart = _why_none(table, frame, portfolio.rulebook.parents)
    labels = {column.id: column for column in position_tables()[made.sheet].columns if column.id in asked}
    left = np.ones(len(frame), bool)

    def report(rows: Array, column: str, code: str, zh: str, en: str, key: str, found: Array | None = None) -> None:
        marked = np.zeros(len(whole), bool)
        marked[frame.index[rows]] = True
        portfolio.report(made.sheet, marked, column, code, zh, en, found, article=factor.citation_of(key))
        left[rows] = False

    def lacking(most: int) -> None:
        for column, label in labels.items():
            place, against = asked[column]
            rows = left & (against <= most)
            for i in np.unique(place[rows]):
                report(
                    rows & (place == i), column, "missing", f"缺少{label.zh}，无法确定基础因子",
                    f"{label.en} is missing, so no factor can be found", table.rows[i].key,
                )  # fmt: skip

    def unpublished(column: str, rows: Array) -> None:
        if rows.any():
            shown = [whole[name].astype(object).where(whole[name].notna(), "–").map(str).to_numpy() for name in labels]
            found = sum((" · " + values for values in shown[1:]), start=shown[0]) if shown else None
            report(
                rows, column, "no_factor", "所适用的规则没有这一类别的基础因子",
                "the rules in force publish no factor for this class", "", found,
            )  # fmt: skip

    lacking(0)
    for column in reversed(labels):  # the cell that stands apart, if it is one
        unpublished(column, left & apart[column])
    lacking(len(labels))
    unpublished(next(iter(labels), ""), left.copy())


def _why_none(
    table: Table, frame: pd.DataFrame, parents: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, tuple[Array, Array]], dict[str, Array]]:
    """Why no row of a factor's table holds for n positions, by column.

    For a blank one the row that asks for it and goes against the fewest of the filled columns, and how many these are (more
    than there are: none asks); and whether a row that asks for no blank one goes against this column alone.
    """
    columns = [column for column in dict.fromkeys((*table.drivers, *table.arguments)) if column in frame]
    blank = {column: frame[column].isna().to_numpy() for column in columns}
    asked = {column: (np.full(len(frame), -1), np.full(len(frame), len(columns) + 1)) for column in columns}
    apart = {column: np.zeros(len(frame), bool) for column in columns}
    for i, row in enumerate(table.rows):
        against = {
            driver: ~blank[driver] & (alone.locate({driver: frame[driver]}, len(frame), parents) < 0)
            for driver, condition in row.when.items() if driver in frame
            for alone in (Table((TableRow(row.key, {driver: condition}, row.intercept),)),)
        }  # fmt: skip
        count = sum((wrong.astype(int) for wrong in against.values()), start=np.zeros(len(frame), int))
        asks = [column for column in columns if column in row.when or column == row.of]
        filled = ~np.any([np.zeros(len(frame), bool), *(blank[column] for column in asks)], axis=0)
        for column in asks:
            place, fewest = asked[column]
            better = blank[column] & (count < fewest)
            asked[column] = np.where(better, i, place), np.where(better, count, fewest)
            apart[column] |= (count == 1) & against.get(column, False) & filled
    return asked, apart


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
