"""Where every position stands under products: layers, the insurer's share, and what is not looked through (rule 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvency.rules.frame import Array
from solvency.rules.portfolio import Portfolio, amounts, is_class
from solvency.rules.rule07_look_through.products import is_debt, is_opaque
from solvency.rules.rule07_look_through.structure import layer_coefficient, match_ids, resolve
from solvency.tables.positions.spec import position_tables

NEAR = 0.005  # rounding, as between a figure given and the one computed
REIT = "infrastructure_reit"


@dataclass(frozen=True, eq=False)
class _Nodes:
    """Every product of every case, and what was found of its chain."""

    case: Array
    identity: Array
    top: Array
    layers: Array
    share: Array
    own: Array  # its own share, without the chain above it
    debt: Array
    reit: Array  # an infrastructure trust, or under one
    seen: Array  # looked through, and so are all products above it
    cyclic: Array


def place_in_products(portfolio: Portfolio) -> None:
    """Finds the product of every row, any depth, and scales its amounts to the insurer's share (articles 9, 16, 18, 19).

    Sets `layers` (n, 0 for what is held directly), `k_layer` and the coefficient of infrastructure trusts; rows under a
    product that is exempt or opaque are left out. Cycles, references to no product, layers that do not fit the chain and
    products with nothing under them are reported.
    """
    products = [sheet for sheet in portfolio.tables if position_tables()[sheet].kind == "product"]
    nodes = _nodes(portfolio, products)
    step = portfolio.rulebook.value("layer.step")
    parents = {
        sheet: _parents(portfolio, sheet, frame, nodes)
        for sheet, frame in portfolio.tables.items()
        if "product" in frame
    }
    _report_nothing_below(portfolio, products, nodes, parents)
    _report_sums(portfolio, products, nodes, parents)
    for sheet, parent in parents.items():
        frame = portfolio.tables[sheet]
        held = parent >= 0
        stated = frame["layers"].to_numpy() if "layers" in frame else np.full(len(frame), np.nan)
        least = np.ones(len(frame))
        least[held] = nodes.layers[parent[held]] + (sheet in products)
        _report_layers(portfolio, sheet, stated, least)
        given = np.full(len(frame), np.nan) if sheet in products else stated
        portfolio.report(
            sheet, ~np.isnan(given) & frame["product"].isna().to_numpy(), "layers", "layers_without_product",
            "填了交易结构层数，却没有所属产品", "the row has layers but names no product", given, article="规则第7号第十八条",
        )  # fmt: skip
        if not held.any():
            portfolio.layers[sheet] = np.zeros(len(frame))
            continue
        kept = ~held | nodes.seen[parent]
        portfolio.report(
            sheet, ~kept & ~(held & nodes.cyclic[parent]), "product", "not_looked_through", "所属产品豁免穿透、无法穿透或信息早于上季度，此行不计量",
            "its product is exempt, opaque or known by old information only, so this row bears nothing", text_of(frame, "product"), severity="warning",
        )  # fmt: skip
        frame = _scaled(frame, sheet, np.where(held, nodes.share[parent], 1.0))
        layers = np.where(held, np.where(np.isnan(given), nodes.layers[parent], given), 0.0)
        k_layer = np.where(held, layer_coefficient(layers, nodes.debt[parent], step), 0.0)
        top = np.full(len(held), None, dtype=object)
        top[held] = nodes.identity[nodes.top[parent[held]]]
        reit = held & nodes.reit[parent]
        portfolio.positions.tables[sheet] = frame if kept.all() else frame[kept].reset_index(drop=True)
        portfolio.layers[sheet], portfolio.k_layer[sheet], portfolio.top[sheet] = layers[kept], k_layer[kept], top[kept]
        if not kept.all():
            portfolio.left_out.append(frame.loc[~kept, ["case", "id"]])
        if reit.any():
            k = np.where(reit[kept], portfolio.rulebook.value("infrastructure_reit.k"), 0.0)
            portfolio.inside.setdefault(sheet, {})["k_infrastructure_reit"] = (k, "infrastructure_reit.k")
    for sheet in [sheet for sheet, frame in portfolio.tables.items() if not len(frame)]:
        del portfolio.positions.tables[sheet]


def _nodes(portfolio: Portfolio, products: list[str]) -> _Nodes:
    """All products, with their chains resolved."""
    none = np.array([], int)
    if not products:
        return _Nodes(none, none, none, none.astype(float), none.astype(float), none.astype(float), *(none == 1,) * 4)
    frames = [portfolio.tables[sheet] for sheet in products]
    kinds = [position_tables()[sheet].product_kind for sheet in products]

    def joined(column: str) -> Array:
        return np.concatenate([frame[column].astype(object).to_numpy() for frame in frames])

    sheet = np.repeat(np.arange(len(products)), [len(frame) for frame in frames])
    case = np.concatenate([frame["case"].to_numpy() for frame in frames])
    identity = joined("id")
    matched = match_ids(case, joined("product"), case, identity)
    parent, doubled = matched.index, matched.duplicates
    own = np.arange(len(case))
    debt = np.array([is_debt(portfolio, kind) for kind in kinds])[sheet]
    reit = np.array([kind == REIT for kind in kinds])[sheet]
    through = ~np.concatenate([is_opaque(portfolio, s) for s in products])  # of old information too
    through &= ~np.concatenate([(f["treatment"] == "exempt").to_numpy() for f in frames])
    share = np.nan_to_num(joined("share").astype(float), nan=1.0)
    given = joined("layers").astype(float)
    found = resolve(parent, share, given)
    # whole chains that are looked through: the least of a flag along the chain, as a share of zero would be
    seen = resolve(parent, through.astype(float), np.full(len(own), np.nan)).share > 0
    for place, name in enumerate(products):
        mine = sheet == place
        size = int(mine.sum())
        for rows, code, zh, en in (
            (doubled[mine], "doubled_product", "产品编号重复", "two products have this id"),
            (found.cyclic[mine], "product_cycle", "产品互为底层，形成循环", "products hold one another in a circle"),
        ):
            portfolio.report(name, rows[:size], "id", code, zh, en, identity[mine], article="规则第7号第九条")
    top = np.where(found.cyclic, own, found.top)
    if portfolio.rulebook.reading("infrastructure_reit_under_product") == "any_layer":
        # a trust stands in the chain
        under = resolve(parent, (~reit).astype(float), np.full(len(own), np.nan)).share == 0
    else:
        under = reit[top]
    return _Nodes(
        case, identity, top, np.where(found.cyclic, 1.0, found.layers), np.where(found.cyclic, 0.0, found.share), share,
        debt[top], under, seen & ~found.cyclic, found.cyclic,
    )  # fmt: skip


def _report_nothing_below(
    portfolio: Portfolio, products: list[str], nodes: _Nodes, parents: Mapping[str, Array]
) -> None:
    """Products that are looked through need an underlying or an opaque part (articles 9, 30, 33)."""
    below = sum(
        (np.bincount(parent[parent >= 0], minlength=len(nodes.case)) for parent in parents.values()),
        start=np.zeros(len(nodes.case), int),
    )
    doubled = pd.DataFrame({"case": nodes.case, "id": nodes.identity}).duplicated(keep=False).to_numpy()  # told already
    nothing = nodes.seen & (below == 0) & ~doubled & pd.notna(nodes.identity)
    start = 0
    for sheet in products:
        frame = portfolio.tables[sheet]
        bare = is_class(frame, "treatment", "look_through") & nothing[start : start + len(frame)]
        start += len(frame)
        portfolio.report(
            sheet, bare & (amounts(frame, "opaque_value") == 0) & (amounts(frame, "admitted_value") != 0), "id", "nothing_below",
            "进行穿透的产品没有底层资产，也没有无法穿透部分；底层资产无法识别的，按无法穿透填列",
            "the product is looked through, but nothing lies under it and no part of it is opaque; one whose underlyings are not known is opaque",
            text_of(frame, "id"), article="规则第7号第九、三十条",
        )  # fmt: skip


def _report_sums(portfolio: Portfolio, products: list[str], nodes: _Nodes, parents: Mapping[str, Array]) -> None:
    """What lies under a product and its opaque part should make up its value; borrowing or contracts may explain a difference."""
    below, listed = np.zeros(len(nodes.case)), np.zeros(len(nodes.case), bool)
    for sheet, parent in parents.items():
        held = parent >= 0
        if "admitted_value" in portfolio.tables[sheet] and held.any():
            value = amounts(portfolio.tables[sheet], "admitted_value")[held] * nodes.own[parent[held]]
            below += np.bincount(parent[held], weights=value, minlength=len(below))
            listed[parent[held]] = True
    start = 0
    for sheet in products:
        frame = portfolio.tables[sheet]
        mine = slice(start, start + len(frame))
        start += len(frame)
        admitted = amounts(frame, "admitted_value")
        total = below[mine] + amounts(frame, "opaque_value")
        apart = np.abs(total - admitted) > NEAR * np.abs(admitted)
        portfolio.report(
            sheet, apart & listed[mine] & nodes.seen[mine] & is_class(frame, "treatment", "look_through"), "admitted_value", "underlying_sum",
            "底层资产（按持有份额）与无法穿透部分之和与产品的认可价值不一致，请核对",
            "the underlyings, at the share held, and the opaque part do not add up to the admitted value of the product; check them",
            total, severity="warning", article="规则第7号第十六、三十三条",
        )  # fmt: skip


def _report_layers(portfolio: Portfolio, sheet: str, given: Array, least: Array) -> None:
    """Layers are a whole number, and no fewer than the products that are listed above (article 18)."""
    with np.errstate(invalid="ignore"):
        broken, few = given != np.floor(given), given < least
    portfolio.report(
        sheet, broken & ~np.isnan(given), "layers", "layers_not_whole", "交易结构层数须为整数", "layers are a whole number", given,
        article="规则第7号第十八条",
    )  # fmt: skip
    portfolio.report(
        sheet, few, "layers", "layers_below_chain", "交易结构层数少于已列出的各层产品", "fewer layers than the products listed above it", given,
        article="规则第7号第十八条",
    )  # fmt: skip


def _parents(portfolio: Portfolio, sheet: str, frame: pd.DataFrame, nodes: _Nodes) -> Array:
    """The product of each row, -1 for what is held directly; a reference to no product is reported."""
    named = frame["product"].notna().to_numpy()
    if not named.any():
        return np.full(len(frame), -1)
    parent = np.full(len(frame), -1)
    if len(nodes.case):
        parent = match_ids(frame["case"].to_numpy(), frame["product"], nodes.case, nodes.identity).index
    portfolio.report(
        sheet, named & (parent < 0), "product", "unknown_product", "没有这一编号的产品", "there is no product of this id",
        text_of(frame, "product"), article="规则第7号第九条",
    )  # fmt: skip
    return parent


def _scaled(frame: pd.DataFrame, sheet: str, share: Array) -> pd.DataFrame:
    """The insurer's share of every amount."""
    if (share == 1).all():
        return frame
    amounts = [c.id for c in position_tables()[sheet].columns if c.kind == "amount"]
    return frame.assign(**{column: frame[column].to_numpy() * share for column in amounts if column in frame})


def text_of(frame: pd.DataFrame, column: str) -> Array:
    """A column as texts, for messages."""
    return np.asarray(frame[column].astype(object).to_numpy())
