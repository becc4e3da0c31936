"""Form IR05: every item typed or computed, and the three sub-risks (rule 5, articles 12, 15, 16, 23-25)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.aggregate import aggregate
from solvency.rules.charge import Charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, codes_in
from solvency.rules.rule05_life_insurance_risk.bases import AFTER, BEFORE, bases
from solvency.rules.rule05_life_insurance_risk.flows import FLOWS, UNITS
from solvency.rules.rule05_life_insurance_risk.units import (
    EXPENSE,
    ITEMS,
    LAPSE,
    LOSS,
    MASS,
    SUB_RISK_OF,
    UnitAmounts,
    unit_amounts,
)
from solvency.tables.positions.forms import form_rows
from solvency.tables.positions.spec import position_tables

FORM = "IR05"


@dataclass(frozen=True, eq=False)
class UnitsOfBasis:
    """The units before or after reinsurance: their rows, with the charges on them, and what they bear."""

    portfolio: Portfolio
    units: UnitAmounts


FIGURE_OF = {LOSS: "loss", LAPSE: "lapse", EXPENSE: "expense"}
MORBIDITY = ("morbidity_rate", "morbidity_trend")
LAPSE_RATE = ("lapse_type_1", "lapse_type_2")


def life_sub_risk(sub_risk: str) -> Callable[[Portfolio], Array]:
    """A sub-risk of life insurance of n cases (CNY), NaN for a case without any item of it; the form goes to `portfolio.forms`."""

    def total(portfolio: Portfolio) -> Array:
        amount = np.full(portfolio.size, np.nan)
        form = life_form(portfolio)
        if form is not None:
            own = form[form["item"] == FIGURE_OF[sub_risk]]
            amount[own["case"].to_numpy()] = own["amount"].to_numpy()
        return amount

    return total


def life_form(portfolio: Portfolio) -> pd.DataFrame | None:
    """The rows of IR05 of every case that has some, worked out once; None where no table speaks of life insurance risk."""
    if FORM not in portfolio.forms:
        if not {FORM, UNITS, FLOWS} & set(portfolio.tables):
            return None
        typed = _typed(portfolio)
        after, before = bases(portfolio)
        units = unit_amounts(after, {item: ~np.isnan(amount) for item, amount in typed.items()})
        portfolio.kept[AFTER] = UnitsOfBasis(after, units)
        if before is not None:
            none = dict.fromkeys(ITEMS, np.zeros(portfolio.size, bool))
            portfolio.kept[BEFORE] = UnitsOfBasis(before, unit_amounts(before, none))
        items = _settled(portfolio, typed, units)
        figures = sub_risks(_complete(portfolio, items, units), portfolio)
        some = ~np.logical_and.reduce([np.isnan(figures[name]) for name in FIGURE_OF.values()])
        portfolio.forms[FORM] = _rows(figures, np.flatnonzero(some))
    return portfolio.forms[FORM]


def sub_risks(items: Mapping[str, Array], portfolio: Portfolio) -> dict[str, Array]:
    """Every figure of the form from its eleven items (n,): aggregated, and what diversification takes off."""
    rulebook = portfolio.rulebook
    parts = np.array([items[item] for item in MORBIDITY])
    morbidity = aggregate(parts, rulebook.correlation("morbidity.correlation", MORBIDITY))
    known: dict[str, Array] = {
        **items,
        "morbidity": morbidity,
        "morbidity_diversification": parts.sum(axis=0) - morbidity,
    }
    labels = rulebook.correlation_labels("life_loss_mc.correlation")
    losses = np.array([known[item] for item in labels])
    loss = aggregate(losses, rulebook.correlation("life_loss_mc.correlation", labels))
    rate = np.sum([items[item] for item in LAPSE_RATE], axis=0)
    lapse = np.maximum(rate, items[MASS])
    named = {LOSS: loss, LAPSE: lapse, EXPENSE: items["expense"]}
    order = rulebook.correlation_labels("life_insurance_mc.correlation")
    whole = np.array([named[item] for item in order])
    total = aggregate(whole, rulebook.correlation("life_insurance_mc.correlation", order))
    return {
        **known, "loss": loss, "loss_diversification": losses.sum(axis=0) - loss, "lapse_rate": rate, "lapse": lapse,
        "diversification": whole.sum(axis=0) - total, "total": total,
    }  # fmt: skip


def _rows(figures: Mapping[str, Array], cases: Array) -> pd.DataFrame:
    """The official rows of some cases."""
    rows = form_rows()[FORM]
    return pd.DataFrame(
        {
            "case": np.repeat(cases, len(rows)),
            **{name: np.tile([getattr(row, name) for row in rows], len(cases)) for name in ("row", "item", "zh", "en", "article")},
            "amount": np.array([figures[row.item][cases] for row in rows]).T.ravel(),
        }
    )  # fmt: skip


def _typed(portfolio: Portfolio) -> dict[str, Array]:
    """Each item as typed, NaN for none."""
    found = {item: np.full(portfolio.size, np.nan) for item in ITEMS}
    if FORM not in portfolio.tables:
        return found
    frame = portfolio.tables[FORM]
    code, case, amount = codes_in(frame["item"], ITEMS), frame["case"].to_numpy(), frame["amount"].to_numpy()
    name = frame["item"].astype(object).to_numpy()
    twice = frame.duplicated(["case", "item"]).to_numpy() & (code >= 0)
    portfolio.report(FORM, twice, "item", "doubled", "项目重复", "the item stands twice", name)
    if portfolio.insurer_type == "reinsurer":
        portfolio.report(
            FORM, (code == ITEMS.index("lapse_type_2")) & (amount > 0), "amount", "not_allowed", "寿险再保险业务的退保率风险适用类型Ⅰ",
            "lapse risk of life reinsurance takes type I", amount, allowed="lapse_type_1", allowed_en="lapse_type_1", article="规则第6号第三十四条",
        )  # fmt: skip
    for place, item in enumerate(ITEMS):
        own = code == place
        found[item][case[own]] = amount[own]
    return found


def _settled(portfolio: Portfolio, typed: Mapping[str, Array], units: UnitAmounts) -> dict[str, Array]:
    """Each item from the units, else as typed; both present must agree within rounding. A typed item is a charge of its own."""
    found = {}
    frame = portfolio.tables.get(FORM)
    for item in ITEMS:
        said = units.said.get(item, np.zeros(portfolio.size, bool))
        made = np.where(said, units.amounts.get(item, np.nan), np.nan)
        given = typed[item]
        found[item] = np.where(said, made, given)
        if frame is None:
            continue
        case, own = frame["case"].to_numpy(), (frame["item"] == item).to_numpy(dtype=bool)
        portfolio.report_apart(
            FORM, "amount", np.where(own, given[case], np.nan), made[case], "所填金额与由计量单元计算的不一致", "the amount and the one computed from the units differ",
            article="规则第5号第六条",
        )  # fmt: skip
        alone = np.flatnonzero(own & ~said[case] & ~np.isnan(given[case]))
        if len(alone):
            portfolio.charges.append(Charge(FORM, SUB_RISK_OF[item], item, _typed_charge(frame, alone, item)))
    return found


def _typed_charge(frame: pd.DataFrame, rows: Array, item: str) -> pd.DataFrame:
    """An amount that was typed: no present values."""
    table = pd.DataFrame(
        {"case": frame["case"].to_numpy()[rows], "line": frame["line"].to_numpy()[rows]}, index=frame.index[rows]
    )
    unknown = dict.fromkeys(("exposure", "pv_adverse", "rf0", "rf", "rf_uncapped"), np.nan)
    return table.assign(**unknown, scenario=item, rf0_row=-1, minimum_capital=frame["amount"].to_numpy()[rows])


def _complete(portfolio: Portfolio, items: dict[str, Array], units: UnitAmounts) -> dict[str, Array]:
    """The items, and what is missing beside another of its sub-risk; a reinsurer needs no lapse risk of type II."""
    if portfolio.insurer_type == "reinsurer":
        lapses = ~np.isnan(items["lapse_type_1"]) | ~np.isnan(items[MASS])
        second = items["lapse_type_2"]
        items = {**items, "lapse_type_2": np.where(np.isnan(second) & lapses, 0.0, second)}
    if FORM not in portfolio.tables:
        return items
    frame = portfolio.tables[FORM]
    case, first = frame["case"].to_numpy(), ~frame["case"].duplicated().to_numpy()
    labels = position_tables()[FORM].column("item").classes
    listed = codes_in(frame["item"], ITEMS)
    for item in ITEMS:
        zh, en = labels[item]
        siblings = [~np.isnan(items[other]) for other in ITEMS if SUB_RISK_OF[other] == SUB_RISK_OF[item]]
        absent = np.isnan(items[item]) & np.logical_or.reduce(siblings)
        absent &= ~units.said.get(item, np.zeros(portfolio.size, bool))
        absent[case[listed == ITEMS.index(item)]] = False  # its row has a problem of its own
        portfolio.report(
            FORM, first & absent[case], "item", "missing", f"缺少{zh}；没有请填 0", f"{en} is missing; type 0 if there is none",
            article="规则第5号第十五、二十三条",
        )  # fmt: skip
    return items
