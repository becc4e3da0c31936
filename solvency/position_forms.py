"""Forms that sum up positions: products by layer, looked-through assets (LT01), life interest-rate risk (IN01-IN03), concentration (CT01)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.rules.charge import CONCENTRATION
from solvency.rules.rule08_market_risk.life_positions import most_layers
from solvency.tables.positions.spec import position_tables

if TYPE_CHECKING:
    from solvency.result import Result
    from solvency.rules.charge import Charge
    from solvency.rules.positions import Charged

MOST_COUNTERPARTIES = 5  # that form CT01 lists
INTEREST_SHEETS = ("CR02", "CR03", "CR04", "CR05", "CR06", "CR09", "CR10", "CR11", "CR12", "MR09", "CR17")  # fmt: skip
INTEREST_RECEIVABLE = "CR08"  # no investment: form LT01 has no line for it
DEBT_PRODUCTS = ("CR10", "CR11", "CR12")  # which form IN03 names
LIFE_LINES = {
    "life": ("寿险业务", "Life business"),
    "nonlife": ("非寿险业务", "Non-life business"),
    "reinsurer": ("再保险公司合计", "Reinsurer, total"),
}
LINE_FORMS = ("IR01", "IR03", "IR02", "IR04")
PREMIUM_AND_RESERVE = (
    ("premium_mc", "：保费风险", ": premium risk"),
    ("reserve_mc", "：准备金风险", ": reserve risk"),
    ("minimum_capital", "：保费及准备金风险", ": premium and reserve risk"),
)
PARTS = {"debt_surface": "surface", "opaque_equity": "opaque", "opaque_debt": "opaque"}


def product_breakdown(result: Result, row: int = 0) -> pd.DataFrame:
    """What every directly held product bears, and from which layer it comes (rule 7, articles 13, 33).

    Returns `product`, `name`, `sheet`, `part` (surface, opaque, exempt, underlying), `layers` (above the position, 0 for
    the product itself), `sub_risk`, `exposure` and `minimum_capital` (CNY), a row for each combination.
    """
    lines: list[pd.DataFrame] = []
    for charged, made, own in _charges(result, row):
        table = charged.positions.tables[made.sheet].loc[own.index]
        product = position_tables()[made.sheet].kind == "product"
        top = charged.top.get(made.sheet)
        above = np.full(len(own), None, dtype=object) if top is None else top[own.index]
        if product:
            above = np.where(above == None, table["id"].astype(object).to_numpy(), above)  # noqa: E711 (element by element)
        under = pd.notna(above)
        if not under.any():
            continue
        part = PARTS.get(made.group, "exempt") if product else "underlying"
        lines.append(
            pd.DataFrame(
                {
                    "product": above[under], "part": part, "layers": charged.layers[made.sheet][own.index][under] if made.sheet in charged.layers else 0,
                    "sub_risk": made.sub_risk, "exposure": own["exposure"].to_numpy()[under],
                    "minimum_capital": own["minimum_capital"].to_numpy()[under],
                }
            )
        )  # fmt: skip
    keys = ["product", "part", "layers", "sub_risk"]
    if not lines:
        return pd.DataFrame(columns=["product", "name", "sheet", *keys[1:], "exposure", "minimum_capital"])
    found = (
        pd.concat(lines, ignore_index=True)
        .groupby(keys, sort=False)[["exposure", "minimum_capital"]]
        .sum()
        .reset_index()
    )
    known = _products(result, row)
    found.insert(1, "name", found["product"].map({identity: name for identity, (name, _) in known.items()}))
    found.insert(2, "sheet", found["product"].map({identity: sheet for identity, (_, sheet) in known.items()}))
    return found


def concentration_form(result: Result, row: int = 0) -> pd.DataFrame:
    """Form CT01: what is measured for concentration, its limit, and the capital it adds (rule 8, articles 60-67).

    Returns `kind` (asset_class, counterparty, real_estate, total), `name`, `share` (of total assets), `limit` and `exposure`
    (CNY), `over`, `minimum_capital` (what the coefficient adds, CNY). Of counterparties the five largest are listed.
    """
    lines: list[dict[str, Any]] = []
    added = dict.fromkeys(("counterparty", "asset_class", "real_estate"), 0.0)
    by_name: dict[tuple[str, str], float] = {}
    for charged, made, own in _charges(result, row):
        if "concentration_mc" not in own:
            continue
        table = charged.positions.tables[made.sheet].loc[own.index]
        struck = {column: own[column].to_numpy() for column in CONCENTRATION if column in own}
        total = sum(struck.values(), start=np.zeros(len(own)))
        for column, k in struck.items():
            with np.errstate(divide="ignore", invalid="ignore"):
                part = np.where(total != 0, own["concentration_mc"].to_numpy() * k / total, 0.0)
            kind = column.removeprefix("k_")
            added[kind] += float(part.sum())
            if kind != "real_estate":
                classes = charged.asset_classes.get(made.sheet)
                names = (
                    table["counterparty"].astype(object).to_numpy()
                    if kind == "counterparty"
                    else np.full(len(own), None)
                    if classes is None
                    else classes[own.index]
                )
                for name, value in pd.Series(part).groupby(names).sum().items():
                    by_name[kind, str(name)] = by_name.get((kind, str(name)), 0.0) + float(value)
    assets = float(result.figures["total_assets"].loc[row]) if "total_assets" in result.figures else float("nan")
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        if not len(where) or charged.concentrations.empty:
            continue
        own = charged.concentrations[charged.concentrations["case"] == where[0]]
        for kind in ("asset_class", "counterparty", "real_estate"):
            part_of = own[own["kind"] == kind].sort_values("value", ascending=False, kind="stable")
            for line in part_of.head(MOST_COUNTERPARTIES if kind == "counterparty" else len(part_of)).to_dict(
                "records"
            ):
                named = added[kind] if kind == "real_estate" else by_name.get((kind, str(line["name"])), 0.0)
                mc = named if line["over"] else 0.0
                lines.append({"kind": kind, "name": line["name"], "share": line["value"] / assets, "limit": line["limit"],
                              "exposure": line["value"], "over": bool(line["over"]), "minimum_capital": mc})  # fmt: skip
    lines.append({"kind": "total", "name": "", "share": float("nan"), "limit": float("nan"), "exposure": float("nan"), "over": False,
                  "minimum_capital": sum(added.values())})  # fmt: skip
    return pd.DataFrame(lines)


def looked_through_assets(result: Result, row: int = 0) -> pd.DataFrame:
    """Form LT01 by table: exposures held without or exempt from looking through, looked through, opaque, and underlying.

    Returns `sheet`, `direct` (1), `looked_through` (2), `opaque` (3), `underlying` (4) and `overall` (1 + 3 + 4), in CNY.
    """
    found = []
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        for sheet, frame in charged.positions.tables.items() if len(where) else ():
            table = position_tables()[sheet]
            if table.kind not in ("base", "product") or "admitted_value" not in frame or sheet == INTEREST_RECEIVABLE:
                continue
            own = (frame["case"] == where[0]).to_numpy()
            value = np.nan_to_num(frame["admitted_value"].to_numpy())
            under = charged.layers[sheet] > 0 if sheet in charged.layers else np.zeros(len(frame), bool)
            opaque, through = np.zeros(len(frame)), np.zeros(len(frame))
            if table.kind == "product":
                hidden = sum(
                    (
                        _amount(made, frame)
                        for made in charged.charges
                        if made.sheet == sheet and made.group.startswith("opaque")
                    ),
                    start=np.zeros(len(frame)),
                )
                opaque = np.where(own, hidden, 0.0)
                through = np.where(
                    own & ~under & (frame["treatment"] != "exempt").to_numpy() & (hidden < value), value - hidden, 0.0
                )
            plain = own & ~under & (table.kind == "base" or (frame["treatment"] == "exempt").to_numpy())
            underlying = own & under & (table.kind == "base" or (frame["treatment"] == "exempt").to_numpy())
            parts = [
                float(value[plain].sum()),
                float(through.sum()),
                float(opaque.sum()),
                float(value[underlying].sum()),
            ]
            if own.any():
                found.append({"sheet": sheet, "direct": parts[0], "looked_through": parts[1], "opaque": parts[2], "underlying": parts[3],
                              "overall": parts[0] + parts[2] + parts[3]})  # fmt: skip
    return pd.DataFrame(found, columns=["sheet", "direct", "looked_through", "opaque", "underlying", "overall"])


def _amount(made: Charge, frame: pd.DataFrame) -> Any:
    values = np.zeros(len(frame))
    values[made.frame.index] = made.frame["exposure"].to_numpy()
    return values


def _charges(result: Result, row: int) -> Iterator[tuple[Charged, Charge, pd.DataFrame]]:
    """Every charge of a row of the result, with its lines."""
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        for made in charged.charges if len(where) else ():
            own = made.frame[made.frame["case"].to_numpy() == where[0]]
            if len(own):
                yield charged, made, own


def _products(result: Result, row: int) -> dict[str, tuple[str, str]]:
    """Id -> name and table of every product of a row."""
    found: dict[str, tuple[str, str]] = {}
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        for sheet, frame in charged.positions.tables.items() if len(where) else ():
            if position_tables()[sheet].kind == "product":
                own = frame[frame["case"] == where[0]]
                names = own["name"].astype(object).where(own["name"].notna(), "")
                found |= {str(i): (str(n), sheet) for i, n in zip(own["id"].astype(object), names, strict=True)}
    return found


def interest_rate_assets(result: Result, row: int = 0) -> pd.DataFrame:
    """Form IN03 by table: the assets that interest-rate risk of life business takes in (rule 8, article 13; 2023 notice).

    Each asset stands once: what is held directly, and what lies within the layers allowed under a product that is looked
    through, in the line of that product where the form names its kind, else in that of its own table. Until underlyings
    are taken in a debt product stands for itself. Returns `sheet`, `value` (admitted value, of derivatives the notional;
    CNY) and `modified_duration` (years, weighted by value, of the rows that state one).
    """
    most = most_layers(result.rulebook(row))
    line_of = {identity: sheet for identity, (_, sheet) in _products(result, row).items() if sheet in DEBT_PRODUCTS}
    found = []
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        for sheet in INTEREST_SHEETS if len(where) else ():
            if sheet not in charged.positions.tables:
                continue
            frame = charged.positions.tables[sheet]
            layers = charged.layers[sheet] if sheet in charged.layers else np.zeros(len(frame))
            own = (frame["case"] == where[0]).to_numpy() & (layers <= most)
            if sheet in DEBT_PRODUCTS and most > 0:
                own &= (frame["treatment"] == "exempt").to_numpy()
            line = np.full(len(frame), sheet, dtype=object)
            if sheet in charged.top:
                line = pd.Series(charged.top[sheet], dtype=object).map(line_of).fillna(sheet).to_numpy()
            value = np.nan_to_num(frame["notional" if sheet == "MR09" else "admitted_value"].to_numpy())
            duration = (
                frame["modified_duration"].to_numpy() if "modified_duration" in frame else np.full(len(frame), np.nan)
            )
            stated = np.where(np.isnan(duration), 0.0, value)
            found.append(
                pd.DataFrame(
                    {"sheet": line, "value": value, "stated": stated, "weighted": stated * np.nan_to_num(duration)}
                )[own]
            )
    if not found:
        return pd.DataFrame(columns=["sheet", "value", "modified_duration"])
    sums = pd.concat(found, ignore_index=True).groupby("sheet")[["value", "stated", "weighted"]].sum()
    sums = sums.reindex([sheet for sheet in INTEREST_SHEETS if sheet in sums.index]).reset_index()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(sums["stated"] != 0, sums["weighted"] / sums["stated"], np.nan)
    return pd.DataFrame({"sheet": sums["sheet"], "value": sums["value"], "modified_duration": mean})


def life_interest_form(result: Result, row: int = 0) -> pd.DataFrame:
    """Forms IN01 and IN02: PV(NCF) of each account in the three scenarios, and what comes of it (rule 8, articles 18 and 23).

    Returns `line` (account, life, and for a reinsurer nonlife and reinsurer), `account`, `pv_base`, `pv_down`, `pv_up`, `down`,
    `up` (what a scenario adds: of either sign by account, not below zero in sum) and `minimum_capital`; CNY.
    """
    columns = ["line", "account", "pv_base", "pv_down", "pv_up", "down", "up", "minimum_capital"]
    for rows, charged in result.charged:
        where = np.flatnonzero(rows == row)
        if not len(where) or charged.life is None:
            continue
        own = charged.life.accounts[charged.life.accounts["case"] == where[0]]
        if own.empty:
            continue
        order = list(position_tables()["IN01"].column("account").classes)
        own = own.iloc[np.argsort([order.index(str(account)) for account in own["account"]])]
        worst = own[["down", "up"]].max(axis=1).clip(lower=0)
        apart = result.rulebook(row).reading("life_account_offset") == "per_account"
        lines = own.assign(line="account", minimum_capital=worst if apart else float("nan"))
        bottom: list[dict[str, Any]] = [
            {"line": "life", "down": charged.life.down[where[0]], "up": charged.life.up[where[0]], "minimum_capital": charged.life.charge[where[0]]}
        ]  # fmt: skip
        if str(result.cases.at[row, "insurer_type"]) == "reinsurer":
            whole = float(result.figures["interest_rate_mc"].loc[row])
            bottom += [
                {"line": "nonlife", "minimum_capital": whole - charged.life.charge[where[0]]},
                {"line": "reinsurer", "minimum_capital": whole},
            ]
        found: pd.DataFrame = pd.concat([lines, pd.DataFrame(bottom)], ignore_index=True)
        return found.reindex(columns=columns)
    return pd.DataFrame(columns=columns)


def life_line_label(line: Mapping[str, Any]) -> tuple[str, str]:
    """The name of a line of forms IN01 and IN02, in Chinese and English."""
    accounts = position_tables()["IN01"].column("account").classes
    return LIFE_LINES.get(str(line["line"])) or accounts[str(line["account"])]


def insurance_form(result: Result, row: int, code: str) -> pd.DataFrame:
    """The rows of an official form of insurance risk (IR01 … IR05); empty where it was not worked out for this row of the result.

    Returns `row` (its official number), `zh`, `en`, `article` and amounts (CNY), the last of which is what the row bears; of Lloyd's
    China the forms of its departments one after the other, each named in `department`.
    """
    for rows, charged in result.charged:
        if code in charged.forms and row in rows:
            form = charged.forms[code]
            own: pd.DataFrame = form[form["case"] == list(rows).index(row)]
            if len(own):
                return own
    return pd.DataFrame(columns=["row", "zh", "en", "article"])


def line_capital(result: Result, row: int) -> dict[str, tuple[str, str, float]]:
    """Premium and reserve risk of each line and catastrophe risk of each peril, as forms IR01 or IR03 and IR02 or IR04 have it.

    Returns, by form, row and column: names in Chinese and English, and the amount (CNY); empty without these forms.
    """
    found: dict[str, tuple[str, str, float]] = {}
    for code in LINE_FORMS:
        form = insurance_form(result, row, code)
        for line in form.to_dict("records"):
            if "." in line["row"] and line.get("premium_mc", 0.0) == line.get("premium_mc", 0.0):
                continue  # part of the line above it; financing guarantees are not
            for column, zh, en in PREMIUM_AND_RESERVE if "premium_mc" in line else (("amount", "", ""),):
                if line[column] == line[column]:
                    names = (f"{line['zh']}{zh}", f"{line['en']}{en}")
                    place = [code, *([line["department"]] if "department" in line else []), line["row"], column]
                    found[".".join(place)] = (*names, float(line[column]))
    return found
