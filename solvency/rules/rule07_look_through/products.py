"""Products: surface charge, exempt and opaque ones, and the tests they must pass (rule 7, articles 11, 21-34)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.charge import Charge, Marks, charge
from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, all_of_class, amounts, is_class
from solvency.tables.positions.spec import ChargeSpec, position_tables

EQUITY, DEFAULT, OVERSEAS = "equity_price_mc", "counterparty_default_mc", "overseas_equity_mc"
DEBT_ABROAD = "overseas_fixed_income_product"


def is_debt(portfolio: Portfolio, kind: str) -> bool:
    """Whether products of a kind are debt: those whose opaque ones bear default risk (article 32), and debt abroad."""
    return kind == DEBT_ABROAD or kind in portfolio.rulebook.table("opaque_debt.rf0").classes("product_kind")


def is_opaque(portfolio: Portfolio, sheet: str) -> Array:
    """Products charged as opaque: so marked, or known only by information older than last quarter (articles 11, 34)."""
    frame = portfolio.tables[sheet]
    opaque = is_class(frame, "treatment", "opaque") & ~too_transparent(portfolio, sheet)
    dated = frame["information_date"].to_numpy().astype("datetime64[D]")
    quarter = pd.PeriodIndex(pd.to_datetime(portfolio.cases["as_of"]), freq="Q") - 1
    oldest = quarter.start_time.to_numpy().astype("datetime64[D]")[frame["case"].to_numpy()]
    return np.asarray(opaque | (~is_class(frame, "treatment", "exempt") & (dated < oldest)))


def too_transparent(portfolio: Portfolio, sheet: str) -> Array:
    """Products marked as opaque of which too little is: they are measured in parts (articles 33 and 34)."""
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    value = amounts(frame, "opaque_value")
    least = rulebook.value("opaque.share") * frame["admitted_value"].to_numpy()
    enough = value >= least if rulebook.reading("opaque_90") == "opaque" else value > least
    return np.asarray(is_class(frame, "treatment", "opaque") & (value > 0) & ~enough)


def products(portfolio: Portfolio, sheet: str, spec: ChargeSpec) -> list[Charge]:
    """What the products of a table bear themselves; what lies under them is charged in its own table."""
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    kind = position_tables()[sheet].product_kind
    debt = is_debt(portfolio, kind)
    opaque, exempt = is_opaque(portfolio, sheet), is_class(frame, "treatment", "exempt")
    admitted = frame["admitted_value"].to_numpy()
    portfolio.report(
        sheet, too_transparent(portfolio, sheet), "opaque_value", "opaque_share", "无法穿透的部分不足以整体认定为无法穿透，已分部分计量",
        "too little of the product is opaque to treat all of it so; it is measured in parts", amounts(frame, "opaque_value"),
        severity="warning", article="规则第7号第三十四条",
    )  # fmt: skip
    portfolio.report(
        sheet, amounts(frame, "opaque_value") > np.maximum(admitted, 0), "opaque_value", "opaque_value",
        "无法穿透部分大于产品的认可价值", "the opaque part exceeds the admitted value of the product", amounts(frame, "opaque_value"),
        article="规则第7号第三十三条",
    )  # fmt: skip
    made: list[Charge] = []
    if exempt.any():
        made += _exempt(portfolio, sheet, frame, exempt, kind)
    # the opaque part of one that is looked through, and the whole of one that is opaque
    hidden = np.where(opaque, admitted, np.where(exempt, 0.0, amounts(frame, "opaque_value")))
    if (hidden != 0).any() or opaque.any():
        made += _opaque(portfolio, sheet, frame, hidden, debt, opaque)
    if debt:
        surface = portfolio.direct(sheet) & ~exempt
        if rulebook.reading("opaque_debt_surface") == "none":
            surface &= ~opaque
        if surface.any():
            part = frame[surface]
            marks = portfolio.marks(sheet, DEFAULT, surface)
            made.append(
                charge(sheet, DEFAULT, "debt_surface", part, rulebook, admitted[surface], Marks(0.0, {}, {**marks.inside, **marks.outside}),
                       readings=("opaque_debt_surface",))
            )  # fmt: skip
    return made


def _exempt(portfolio: Portfolio, sheet: str, frame: pd.DataFrame, exempt: Array, kind: str) -> list[Charge]:
    """Products that need not be looked through (articles 25-28; those mainly abroad: rule 8, article 48)."""
    rulebook = portfolio.rulebook
    _check_exemption(portfolio, sheet, exempt, kind)
    made = []
    # rule 8, article 48, names the kinds that article 25 (1) and (2) exempt
    abroad = exempt & (is_class(frame, "overseas", "yes") | kind.startswith("overseas")) & (not _has_debt_factor(kind))
    portfolio.report(
        sheet, abroad & (frame["market"].cat.codes.to_numpy() < 0), "market", "missing", "主要投资境外的豁免产品须填投资市场",
        "an exempt product of mainly overseas assets names its market", article="规则第8号第四十八条",
    )  # fmt: skip
    for rows, sub_risk, group, rf0 in (
        (abroad, OVERSEAS, "overseas_equity", "overseas_equity.rf0"),
        (exempt & ~abroad, DEFAULT if _has_debt_factor(kind) else EQUITY, *_exempt_factor(kind)),
    ):
        if rows.any():
            part = frame[rows]
            if sub_risk == OVERSEAS:
                part = part.assign(overseas_asset=all_of_class(len(part), "exempt_product"))
            made.append(
                charge(sheet, sub_risk, group, part, rulebook, part["admitted_value"].to_numpy(), portfolio.marks(sheet, sub_risk, rows), rf0=rf0)
            )  # fmt: skip
    return made


def _has_debt_factor(kind: str) -> bool:
    return kind == "asset_backed_plan"


def _exempt_factor(kind: str) -> tuple[str, str]:
    group = "exempt_asset_backed" if _has_debt_factor(kind) else "exempt_product"
    return group, f"{group}.rf0"


def _check_exemption(portfolio: Portfolio, sheet: str, exempt: Array, kind: str) -> None:
    """Article 25: only base assets and no underlying of more than a fifth; asset-backed plans: enough underlyings too."""
    frame, rulebook = portfolio.tables[sheet], portfolio.rulebook
    largest, total = frame["largest_underlying"].to_numpy(), frame["total_underlying"].to_numpy()
    limit = rulebook.value("exemption.largest_share")
    with np.errstate(invalid="ignore"):
        too_large = exempt & ~((total > 0) & (largest <= limit * total))
    blank = {"largest_underlying": exempt & np.isnan(largest), "total_underlying": exempt & np.isnan(total)}
    for name, rows in blank.items():
        column = position_tables()[sheet].column(name)
        portfolio.report(
            sheet, rows, name, "missing", f"豁免穿透的产品缺少{column.zh}", f"{column.en} is missing, which an exempt product needs",
            article="规则第7号第二十五条",
        )  # fmt: skip
        too_large &= ~rows
    portfolio.report(
        sheet, too_large, "largest_underlying", "exemption", "豁免穿透须满足最大一笔底层资产占比的条件",
        "an exempt product needs its largest underlying within the limit", largest, allowed=f"≤ {limit:.0%}",
        article="规则第7号第二十五条",
    )  # fmt: skip
    if kind == "asset_backed_plan":
        count, least = frame["underlying_count"].to_numpy(), rulebook.value("exemption.asset_backed_count")
        portfolio.report(
            sheet, exempt & ~(count > least), "underlying_count", "exemption", "豁免穿透的资产支持计划底层资产笔数不足",
            "an exempt asset-backed plan has too few underlyings", count, allowed=f"> {least:g}", article="规则第7号第二十五条（三）",
        )  # fmt: skip
    else:
        portfolio.report(
            sheet, exempt & ~is_class(frame, "all_base_assets", "yes"), "all_base_assets", "exemption",
            "豁免穿透的产品须全部直接投资于基础资产", "an exempt product invests in base assets only", article="规则第7号第二十五条",
        )  # fmt: skip
        named = rulebook.table("exempt_product.rf0").classes("product_kind")
        labels = [rulebook.classes["product_kind"][name] for name in named]
        portfolio.report(
            sheet, exempt & (kind not in named and not kind.startswith("overseas")), "treatment", "exemption",
            "此类产品不能豁免穿透", "products of this kind cannot be exempt", allowed="、".join(label.zh for label in labels),
            allowed_en=", ".join(label.en for label in labels), article="规则第7号第二十五条",
        )  # fmt: skip


def _opaque(
    portfolio: Portfolio, sheet: str, frame: pd.DataFrame, hidden: Array, debt: bool, opaque: Array
) -> list[Charge]:
    """What cannot be seen through (articles 31-33)."""
    rows = (hidden != 0) | opaque
    kind = position_tables()[sheet].product_kind
    listed = portfolio.rulebook.table("opaque_debt.rf0" if debt else "opaque_equity.rf0").classes("product_kind")
    if kind not in listed:
        portfolio.report(
            sheet, rows, "treatment", "not_covered", "规则未规定此类产品无法穿透时的因子；请按其品种填入相应的表并标明主要投资境外",
            "the rules name no factor for opaque products of this table; enter them in the table of their kind, marked as overseas",
            article="规则第7号第三十一、三十二条",
        )  # fmt: skip
        return []
    part = frame[rows]
    sub_risk, group = (DEFAULT, "opaque_debt") if debt else (EQUITY, "opaque_equity")
    marks = portfolio.marks(sheet, sub_risk, rows)
    return [
        charge(sheet, sub_risk, group, part, portfolio.rulebook, hidden[rows], Marks(0.0, {}, {**marks.inside, **marks.outside}),
               readings=("opaque_90",))
    ]  # fmt: skip
