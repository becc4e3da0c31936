"""Concentration: which counterparties, asset classes and property bear a coefficient (rule 8, articles 60-67)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from solvency.regulation.factors import Bands
from solvency.rules.frame import Array
from solvency.rules.portfolio import CONCENTRATED, Portfolio, is_class
from solvency.rules.rule07_look_through.products import is_opaque
from solvency.rules.rule07_look_through.structure import match_ids
from solvency.tables.positions.spec import position_tables

LIMITS, PROPERTY, PROPERTY_ABROAD = "CT01", "MR11", "MR15"
# classes that article 64 exempts, wherever they stand
EXEMPT: Mapping[str, tuple[str, ...]] = {
    "bond_type": ("government", "central_bank_bill", "policy_bank", "government_supported"),
    "bank_type": ("state_owned", "policy"),
}
EQUITY_FUNDS = ("stock", "mixed")  # of funds only these are equity assets
FUND_MANAGERS = "MR17"  # whose money-market products are exempt
ROUNDING = 1e-13  # of a sum of amounts, as a part of it


def mark_concentration(portfolio: Portfolio) -> None:
    """Sets the coefficients of the positions that are concentrated, by sheet and column."""
    _counterparties(portfolio)
    _asset_classes(portfolio)
    _real_estate(portfolio)


def _counterparties(portfolio: Portfolio) -> None:
    """All assets of a counterparty above the threshold (articles 63-65)."""
    rulebook, assets = portfolio.rulebook, portfolio.cases["total_assets"].to_numpy(dtype=float)
    least = rulebook.value("concentration.exempt_total_assets")
    small = assets < least if rulebook.reading("concentration_5yi") == "charged" else assets <= least
    slices = rulebook.bands(f"concentration.threshold.{portfolio.insurer_type}")
    limit = np.where(small, np.nan, threshold(assets, slices))  # of no limit is nothing above
    sheets = [sheet for sheet, frame in portfolio.tables.items() if "counterparty" in frame]
    values = {sheet: _book_value(portfolio, sheet) for sheet in sheets}
    left_out = {sheet: _exempt(portfolio, sheet) for sheet in sheets}
    for sheet in sheets:
        _report_unnamed(
            portfolio, sheet, exceeds(values[sheet], limit[portfolio.tables[sheet]["case"]]) & ~left_out[sheet]
        )
    sheets = [sheet for sheet in sheets if portfolio.tables[sheet]["counterparty"].notna().any()]
    if not sheets:
        return
    frames = [portfolio.tables[s] for s in sheets]
    case = np.concatenate([f["case"].to_numpy() for f in frames])
    group, names = pd.factorize(np.concatenate([f["counterparty"].astype(object).to_numpy() for f in frames]))
    value = np.concatenate([values[s] for s in sheets])
    exempt = np.concatenate([left_out[s] for s in sheets])
    unknown = np.isnan(assets)[case] & ~exempt & (group >= 0)
    over = above(case, group, value, ~exempt, limit)
    inside = ~exempt & (group >= 0)
    sums = pd.DataFrame({"case": case[inside], "group": group[inside], "value": value[inside]})
    sums = sums.groupby(["case", "group"])["value"].sum().reset_index()
    _measured(
        portfolio,
        "counterparty",
        sums["case"].to_numpy(),
        np.asarray(names, dtype=object)[sums["group"].to_numpy()],
        sums["value"].to_numpy(),
        limit,
    )
    start = 0
    for sheet, frame in zip(sheets, frames, strict=True):
        rows = slice(start, start + len(frame))
        start += len(frame)
        portfolio.report(
            sheet, _first(frame, unknown[rows]), "counterparty", "missing", "判断交易对手集中度需要总资产（Info 的 total_assets）",
            "counterparty concentration needs total assets (total_assets on Info)", article="规则第8号第六十五条",
        )  # fmt: skip
        if over[rows].any():
            k = np.where(over[rows], rulebook.value("concentration.k_counterparty"), 0.0)
            portfolio.concentration.setdefault(sheet, {})["k_counterparty"] = (k, "concentration.k_counterparty")


def _report_unnamed(portfolio: Portfolio, sheet: str, large: Array) -> None:
    """A row that alone is above the threshold but names no counterparty is not measured, which is worth a word."""
    if any(spec.sub_risk in CONCENTRATED for spec in position_tables()[sheet].charges):
        portfolio.report(
            sheet, large & portfolio.tables[sheet]["counterparty"].isna().to_numpy(), "counterparty", "unnamed_counterparty",
            "账面价值超过交易对手集中度阈值，但未填交易对手，未计量集中度风险",
            "the book value exceeds the threshold of a counterparty, but none is named: concentration is not measured",
            severity="warning", article="规则第8号第六十五条",
        )  # fmt: skip


def _first(frame: pd.DataFrame, rows: Array) -> Array:
    """Of some rows the first one of each case: what concerns the insurer is told once."""
    return np.asarray(rows & ~frame["case"].where(rows).duplicated().to_numpy())


def _book_value(portfolio: Portfolio, sheet: str) -> Array:
    """Book value; of a product that is looked through only its opaque part, the rest being counted below."""
    frame = portfolio.tables[sheet]
    if "book_value" not in frame:
        return np.zeros(len(frame))
    value = frame["book_value"].to_numpy()
    if position_tables()[sheet].kind == "product":
        through = ~is_opaque(portfolio, sheet) & ~is_class(frame, "treatment", "exempt")
        value = np.where(through, frame["opaque_value"].to_numpy(), value)
    return np.asarray(value)


def _exempt(portfolio: Portfolio, sheet: str) -> Array:
    """Assets that article 64 leaves out, marked so or by their class."""
    frame = portfolio.tables[sheet]
    exempt = (
        frame["concentration_exempt"].notna().to_numpy()
        if "concentration_exempt" in frame
        else np.zeros(len(frame), bool)
    )
    for column, names in EXEMPT.items():
        exempt = exempt | is_class(frame, column, *names)
    if sheet == FUND_MANAGERS:
        exempt = exempt | is_class(frame, "investment_nature", "money_market")
    return np.asarray(exempt | (sheet in (PROPERTY, PROPERTY_ABROAD)))


def _asset_classes(portfolio: Portfolio) -> None:
    """Directly held classes of assets above the limits the company states (article 66)."""
    if LIMITS not in portfolio.tables:
        return
    rulebook, limits = portfolio.rulebook, portfolio.tables[LIMITS]
    assets = portfolio.cases["total_assets"].to_numpy(dtype=float)[limits["case"].to_numpy()]
    share, amount = limits["limit_share"].to_numpy(), limits["limit_amount"].to_numpy()
    portfolio.report(
        LIMITS, np.isnan(share) & np.isnan(amount), "limit_share", "missing", "须填比例上限或限额", "needs a share or an amount",
        article="规则第8号第六十六条",
    )  # fmt: skip
    portfolio.report(
        LIMITS, np.isnan(amount) & ~np.isnan(share) & np.isnan(assets), "limit_share", "missing", "按比例的限额需要总资产",
        "a limit by share needs total assets", article="规则第8号第六十六条",
    )  # fmt: skip
    doubled = (
        limits.duplicated(["case", "asset_class"], keep=False).to_numpy() & limits["asset_class"].notna().to_numpy()
    )
    portfolio.report(
        LIMITS, doubled, "asset_class", "doubled_limit", "同一大类资产填了两个限额", "a class of assets has two limits",
        limits["asset_class"].astype(object).to_numpy(), article="规则第8号第六十六条",
    )  # fmt: skip
    names = list(limits["asset_class"].cat.categories)
    found = np.where(np.isnan(amount), share * assets, amount)
    most = np.full((portfolio.size, len(names)), np.inf)
    codes = limits["asset_class"].cat.codes.to_numpy()
    usable = (codes >= 0) & ~np.isnan(found)
    most[limits["case"].to_numpy()[usable], codes[usable]] = found[usable]
    sheets = [s for s, frame in portfolio.tables.items() if s != LIMITS and "asset_class" in frame]
    if not sheets:
        return
    classes = {sheet: _class_of(portfolio, sheet, names) for sheet in sheets}
    held = np.zeros(most.size)
    for sheet, code in classes.items():
        frame, counted = portfolio.tables[sheet], code >= 0
        key = frame["case"].to_numpy() * len(names) + code  # of a case and a class
        held += np.bincount(key[counted], weights=frame["book_value"].to_numpy()[counted], minlength=most.size)
    limit = most.reshape(-1)
    stated = np.flatnonzero(np.isfinite(limit))
    _measured(
        portfolio,
        "asset_class",
        stated // len(names),
        np.array(names, dtype=object)[stated % len(names)],
        held[stated],
        limit[stated],
        by_row=True,
    )
    over = exceeds(held, limit)
    part = over.astype(float)
    if rulebook.reading("asset_class_concentration_base") == "excess":
        part[over] = (held[over] - limit[over]) / held[over]
    if rulebook.reading("asset_class_look_through") == "underlyings":
        classes = _with_underlyings(portfolio, classes)
    for sheet, code in classes.items():
        portfolio.asset_classes[sheet] = np.array([*names, None], dtype=object)[code]
        key = portfolio.tables[sheet]["case"].to_numpy() * len(names) + code
        k = np.where(code >= 0, rulebook.value("concentration.k_asset_class") * part[key], 0.0)
        if k.any():
            portfolio.concentration.setdefault(sheet, {})["k_asset_class"] = (k, "concentration.k_asset_class")


def _with_underlyings(portfolio: Portfolio, classes: Mapping[str, Array]) -> dict[str, Array]:
    """The classes of rows, those under a product being of the class of the product that is held directly."""
    products = [sheet for sheet in classes if position_tables()[sheet].kind == "product"]
    if not products:
        return dict(classes)
    frames = [portfolio.tables[sheet] for sheet in products]
    case = np.concatenate([frame["case"].to_numpy() for frame in frames])
    identity = np.concatenate([frame["id"].astype(object).to_numpy() for frame in frames])
    of_product = np.append(np.concatenate([classes[sheet] for sheet in products]), -1)
    result = {}
    for sheet, code in classes.items():
        top = portfolio.top.get(sheet)
        if top is not None:
            found = match_ids(portfolio.tables[sheet]["case"].to_numpy(), top, case, identity).index
            code = np.where(portfolio.direct(sheet), code, of_product[found])
        result[sheet] = code
    return result


def _class_of(portfolio: Portfolio, sheet: str, names: list[str]) -> Array:
    """The class of assets of each directly held row, -1 for none."""
    frame = portfolio.tables[sheet]
    # the columns of positions also know a class of none, which is no class of a limit
    places = np.array(
        [names.index(name) if name in names else len(names) for name in frame["asset_class"].cat.categories] + [-1]
    )
    own = places[frame["asset_class"].cat.codes.to_numpy()]
    of_table = position_tables()[sheet].asset_class
    code = np.where(own >= 0, own, names.index(of_table) if of_table else -1)
    code = np.where((own < 0) & is_class(frame, "fund_type", *EQUITY_FUNDS), names.index("equity"), code)
    return np.where(portfolio.direct(sheet) & (code < len(names)), code, -1)


def _real_estate(portfolio: Portfolio) -> None:
    """Property above a quarter of total assets: every asset that bears real-estate risk (article 67)."""
    sheets = [PROPERTY]
    if portfolio.rulebook.reading("property_concentration_overseas") == "both":
        sheets.append(PROPERTY_ABROAD)
    sheets = [sheet for sheet in sheets if sheet in portfolio.tables]
    held, assets = np.zeros(portfolio.size), portfolio.cases["total_assets"].to_numpy(dtype=float)
    for sheet in sheets:
        frame = portfolio.tables[sheet]
        property_ = is_class(frame, "holding_form", "title", "project_company")
        portfolio.report(
            sheet, _first(frame, property_ & np.isnan(assets)[frame["case"].to_numpy()]), "book_value", "missing",
            "判断房地产集中度需要总资产（Info 的 total_assets）", "real-estate concentration needs total assets (total_assets on Info)",
            article="规则第8号第六十七条",
        )  # fmt: skip
        held += portfolio.sum_by_case(
            np.where(property_, frame["book_value"].to_numpy(), 0.0), frame["case"].to_numpy()
        )
    limit = portfolio.rulebook.value("concentration.real_estate_share") * assets
    over = exceeds(held, limit)
    some = np.flatnonzero(held > 0)
    _measured(portfolio, "real_estate", some, np.full(len(some), "", dtype=object), held[some], limit)
    for sheet in sheets:
        case = portfolio.tables[sheet]["case"].to_numpy()
        if over[case].any():
            k = np.where(over[case], portfolio.rulebook.value("concentration.k_real_estate"), 0.0)
            portfolio.concentration.setdefault(sheet, {})["k_real_estate"] = (k, "concentration.k_real_estate")


def _measured(
    portfolio: Portfolio, kind: str, case: Array, name: Array, value: Array, limit: Array, *, by_row: bool = False
) -> None:  # fmt: skip
    """Keeps what was measured against a limit, for the form of concentration (CT01)."""
    most = limit if by_row else limit[case]
    portfolio.concentrations.append(
        pd.DataFrame(
            {"case": case, "kind": kind, "name": name, "value": value, "limit": most, "over": exceeds(value, most)}
        )
    )


def threshold(total_assets: Array, slices: Bands) -> Array:
    """The amount a counterparty may reach: each slice of total assets at its own rate (article 65).

    total_assets: CNY, shape (n,), NaN for unknown.
    """
    result = np.zeros(len(total_assets))
    for band in slices.bands:
        low, high = float(band.interval.lower), float(band.interval.upper)
        result = result + float(band.intercept) * np.clip(total_assets - low, 0, high - low)
    return result


def exceeds(value: Array, limit: Array) -> Array:
    """Whether amounts (CNY) are strictly more than limits, shapes (n,): not by the rounding of their sums alone."""
    with np.errstate(invalid="ignore"):
        return np.asarray(value > limit * (1 + ROUNDING))


def above(case: Array, group: Array, value: Array, counted: Array, limit: Array) -> Array:
    """Rows whose group's counted values add up to more than the limit of its case.

    case, group: integers (-1: in no group, which is above nothing); value: CNY; counted: which rows enter the sum; limit:
    per case.
    """
    size, width = len(limit), int(group.max(initial=-1)) + 1
    if not width:
        return np.zeros(len(case), bool)
    key = case * width + np.maximum(group, 0)
    inside = counted & (group >= 0)
    total = np.bincount(key[inside], weights=value[inside], minlength=size * width)[key]
    return np.asarray(inside & exceeds(total, limit[case]))
