"""Catastrophe risk: perils typed or computed, and their aggregation (rule 4, articles 45-54; rule 6, articles 26-30)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from solvency.rules.aggregate import aggregate
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, first_of_each, is_class
from solvency.rules.rule04_nonlife_insurance_risk.catastrophe_exposures import (
    EXPOSURES,
    made_of,
    perils_from_exposures,
)
from solvency.rules.rule04_nonlife_insurance_risk.loss_factors import text_of
from solvency.tables.positions.forms import form_rows

INSURER, REINSURER = "IR02", "IR04"
NON_PROPORTIONAL = "non_proportional"
PREMIUM = "nonproportional_catastrophe.rf0"


def catastrophe(portfolio: Portfolio) -> Array:
    """Catastrophe capital of n cases (CNY), NaN for one without a row of it; the form IR02 or IR04 goes to `portfolio.forms`.

    Each peril is typed, or computed from exposures (of non-proportional reinsurance from premium), or both alike. One that is
    neither is missing: having none is typed as zero.
    """
    form, other = (REINSURER, INSURER) if portfolio.insurer_type == "reinsurer" else (INSURER, REINSURER)
    if other in portfolio.tables:
        first = first_of_each(portfolio.tables[other]["case"].to_numpy(), portfolio.size)
        portfolio.report(
            other, first, "item", "not_for_type", f"该类公司填 {form}，不填 {other}", f"this type of insurer fills in {form}, not {other}",
            article="规则第4号第二条；规则第6号第二条",
        )  # fmt: skip
    computed = perils_from_exposures(portfolio)
    if form in portfolio.tables:
        computed |= _from_premium(portfolio, form)
    if not computed and form not in portfolio.tables:
        return np.full(portfolio.size, np.nan)
    items = [row.item for row in form_rows()[form] if row.item in portfolio.rulebook.classes["catastrophe_item"]]
    found = _settled(portfolio, form, items, computed)
    _report_missing(portfolio, form, found)
    totals = _aggregated(portfolio, found)
    whole = ~np.isnan(totals["total"])
    portfolio.forms[form] = _form(form, totals, np.flatnonzero(whole))
    return totals["total"]


def aggregated_perils(domestic: Array, overseas: Array, matrices: tuple[Array, Array, Array]) -> Array:
    """Article 54: perils at home (3, n) and abroad (2, n) by their matrices, then the two. Returns (n,)."""
    home, abroad, both = matrices
    return aggregate(np.array([aggregate(domestic, home), aggregate(overseas, abroad)]), both)


def _aggregated(portfolio: Portfolio, found: Mapping[str, Array]) -> dict[str, Array]:
    """Every figure of the form, by name."""
    rulebook = portfolio.rulebook
    labels = [rulebook.correlation_labels(f"catastrophe_{side}.correlation") for side in ("domestic", "overseas")]
    home, abroad = (np.array([found[item] for item in side]) for side in labels)
    matrices = (
        rulebook.correlation("catastrophe_domestic.correlation", labels[0]),
        rulebook.correlation("catastrophe_overseas.correlation", labels[1]),
        rulebook.correlation("catastrophe.correlation", ("domestic", "overseas")),
    )
    perils = aggregated_perils(home, abroad, matrices)
    figures = {**found, "perils": perils, "perils_diversification": home.sum(axis=0) + abroad.sum(axis=0) - perils}
    if NON_PROPORTIONAL not in found:
        return {**figures, "total": perils}
    parts = np.array([perils, found[NON_PROPORTIONAL]])
    total = aggregate(
        parts, rulebook.correlation("catastrophe_reinsurer.correlation", ("proportional", NON_PROPORTIONAL))
    )
    return {**figures, "diversification": parts.sum(axis=0) - total, "total": total}


def _form(form: str, figures: Mapping[str, Array], cases: Array) -> pd.DataFrame:
    """The official rows of some cases."""
    rows = form_rows()[form]
    return pd.DataFrame(
        {
            "case": np.repeat(cases, len(rows)),
            **{name: np.tile([getattr(row, name) for row in rows], len(cases)) for name in ("row", "zh", "en", "article")},
            "amount": np.array([figures[row.item][cases] for row in rows]).T.ravel(),
        }
    )  # fmt: skip


def _from_premium(portfolio: Portfolio, form: str) -> dict[str, Array]:
    """Non-proportional business: retained premium × factor (rule 6, articles 28, 29)."""
    frame = portfolio.tables[form]
    if "retained_premium" not in frame:
        return {}
    given = frame["retained_premium"].notna().to_numpy()
    own = is_class(frame, "item", NON_PROPORTIONAL)
    portfolio.report(
        form, given & ~own, "retained_premium", "not_applicable", "自留保费只用于非比例业务", "the premium is of non-proportional business only",
        frame["retained_premium"].to_numpy(), article="规则第6号第二十八条",
    )  # fmt: skip
    portfolio.report(
        form, ~given & frame["amount"].isna().to_numpy() & frame["item"].notna().to_numpy(), "amount", "missing",
        "缺少最低资本；没有请填 0", "the amount is missing; type 0 if there is none", article="规则第6号第三十条",
    )  # fmt: skip
    rows = own & given
    if not rows.any():
        return {}
    premium, factor = amounts(frame[rows], "retained_premium"), portfolio.rulebook.value(PREMIUM)
    rf = np.full(len(premium), factor)
    portfolio.charges.append(made_of(form, "nonproportional_catastrophe", frame[rows], premium, rf, rf, PREMIUM))
    case = frame["case"].to_numpy()[rows]
    total = np.full(portfolio.size, np.nan)
    total[case] = np.bincount(case, weights=premium * factor, minlength=portfolio.size)[case]
    return {NON_PROPORTIONAL: total}


def _settled(portfolio: Portfolio, form: str, items: list[str], computed: Mapping[str, Array]) -> dict[str, Array]:
    """Each item computed, or else as typed; typed and computed must agree within rounding."""
    nothing = np.full(portfolio.size, np.nan)
    if form not in portfolio.tables:
        return {item: computed.get(item, nothing) for item in items}
    frame = portfolio.tables[form]
    twice = frame.duplicated(["case", "item"]).to_numpy() & frame["item"].notna().to_numpy()
    portfolio.report(form, twice, "item", "doubled", "项目重复", "the item stands twice", text_of(frame, "item"))
    found = {}
    case, typed = frame["case"].to_numpy(), frame["amount"].to_numpy()
    for item in items:
        own = is_class(frame, "item", item) & ~np.isnan(typed)
        made, given = computed.get(item, nothing), nothing.copy()
        given[case[own]] = typed[own]
        portfolio.report_apart(
            form, "amount", np.where(own, typed, np.nan), made[case], "所填金额与由明细计算的不一致", "the amount and the one computed from its detail differ",
            article="规则第4号第四十七至五十三条；规则第6号第二十九条",
        )  # fmt: skip
        found[item] = np.where(np.isnan(made), given, made)
    return found


def _report_missing(portfolio: Portfolio, form: str, found: Mapping[str, Array]) -> None:
    """Items that are neither typed nor computed, told of at the first row of their insurer."""
    for sheet in (form, EXPOSURES):
        if sheet not in portfolio.tables:
            continue
        frame = portfolio.tables[sheet]
        case = frame["case"].to_numpy()
        first = first_of_each(case, portfolio.size)
        if sheet == EXPOSURES and form in portfolio.tables:
            first &= ~np.isin(case, portfolio.tables[form]["case"].to_numpy())
        for item, values in found.items():
            label = portfolio.rulebook.classes["catastrophe_item"][item]
            absent = np.isnan(values)
            for place in (form, EXPOSURES):  # a row that could not be used has been told of
                if place in portfolio.tables:
                    own = portfolio.tables[place]
                    absent[own["case"].to_numpy()[is_class(own, "item" if place == form else "peril", item)]] = False
            portfolio.report(
                sheet, first & absent[case], "item" if sheet == form else "peril", "missing", f"缺少{label.zh}：既未填写，也没有风险暴露；没有请在 {form} 填 0",
                f"{label.en} is missing, neither typed nor exposed; type 0 in {form} if there is none", article="规则第4号第五十四条",
            )  # fmt: skip
