"""What changed in the sub-risks that come from positions: rules, volume, factors, coefficients, what is new and what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.tables.positions.spec import position_tables
from solvency.tables.spec import SUB_RISKS

if TYPE_CHECKING:
    from solvency.regulation.rulebook import Rulebook
    from solvency.result import Result
    from solvency.rules.charge import Charge

STEPS = (
    "rules_base_factor",
    "rules_coefficients",
    "rules_aggregation",
    "gone",
    "volume",
    "base_factor",
    "coefficients",
    "new",
    "aggregation",
)
_KEYS = ["sub_risk", "sheet", "group"]
_COLUMNS = (
    *_KEYS,
    "line",
    "identity",
    "exposure",
    "rf0",
    "rf",
    "rest",
    "minimum_capital",
    "rf0_document",
    "k_document",
)


@dataclass(frozen=True, eq=False)
class Bridge:
    """The first side of a comparison under the rules of a later date, and the numbers of the documents that lead there."""

    documents: tuple[str, ...]
    result: Result


def position_effects(first: Result, bridges: Sequence[Bridge], second: Result) -> pd.DataFrame:
    """The change of each sub-risk computed from positions, split into effects that add up to it.

    first, second: results of one row each. bridges: the positions of the first under the rules of each date on the way to
    those of the second, with the documents that begin or end there (where the last cannot be worked out a change of rules
    shows as one of factors). Returns `sub_risk`, `step` (of `STEPS`), `document` (which brought a change of rules), `effect`
    (CNY). Rules come first, document after document, by row: base factors, then coefficients; then positions, matched by
    table and `id` (or name): volume at the old factor, the change of base factor, that of coefficients and limits, and
    what is new or gone. `aggregation` is what the sum of rows does not tell: markets abroad taken together, scenarios of
    life business, a floor; `rules_aggregation` what of it a document brought.
    """
    stages = [*((bridge.result, bridge.documents) for bridge in bridges), (second, ())]
    rows, totals = _rows(first), _totals(first)
    scale = max([abs(t) for result in (first, second) for t in _totals(result).values()], default=0.0)
    shown = [
        item
        for item in SUB_RISKS
        if any(result.origin(item, int(result.figures.index[0])) == "computed" for result in (first, second))
    ]
    parts = []
    for result, documents in stages:
        then, reached = (rows, totals) if result is first else (_rows(result), _totals(result))
        effects = _of_rules(rows, then, documents) if documents else _of_positions(rows, then)
        part = pd.DataFrame(effects, columns=["sub_risk", "step", "document", "effect"])
        part = part[part["sub_risk"].isin(shown)]
        part = part.groupby(["sub_risk", "step", "document"], sort=False)["effect"].sum().reset_index()
        told = part.groupby("sub_risk")["effect"].sum()
        rest = [
            (item, "rules_aggregation" if documents else "aggregation", "、".join(documents), left)
            for item in shown
            if abs(left := reached[item] - totals[item] - float(told.get(item, 0.0)))
            > 1e-9 * max(abs(totals[item]), abs(reached[item]), 1.0)
        ]
        part = pd.concat([part, pd.DataFrame(rest, columns=part.columns)], ignore_index=True) if rest else part
        parts.append(part.iloc[part["step"].map(STEPS.index).to_numpy().argsort(kind="stable")])
        rows, totals = then, reached
    found = pd.concat(parts, ignore_index=True)
    found = found[found["effect"].abs() > 1e-9 * scale]  # not the noise of floats
    order = found["sub_risk"].map(list(SUB_RISKS).index).to_numpy()
    return found.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _totals(result: Result) -> dict[str, float]:
    """The sub-risks of a result of one row, zero where there is none."""
    values = result.values(int(result.figures.index[0]))
    return {item: values[item] if values[item] == values[item] else 0.0 for item in SUB_RISKS}


def _rows(result: Result) -> pd.DataFrame:
    """Every charge of a result of one row."""
    frames = []
    rulebook = result.rulebook(int(result.figures.index[0]))
    for _, charged in result.charged:
        for made in charged.charges:
            table = charged.positions.tables[made.sheet].loc[made.frame.index]
            frame = _as_volume(made.frame) if made.by_scenario else made.frame
            # what is not base factor × (1 + coefficients): hedges, netted currencies, swaps, protection
            plain = frame["exposure"].to_numpy() * frame["rf"].to_numpy()
            frames.append(
                pd.DataFrame(
                    {
                        "sub_risk": made.sub_risk, "sheet": made.sheet, "group": made.group, "line": frame["line"].to_numpy(),
                        "identity": _identity(made.sheet, table), "exposure": frame["exposure"].to_numpy(), "rf0": frame["rf0"].to_numpy(),
                        "rf": frame["rf"].to_numpy(), "rest": frame["minimum_capital"].to_numpy() - plain,
                        "minimum_capital": frame["minimum_capital"].to_numpy(), **_documents(made, rulebook),
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(_COLUMNS))


def _as_volume(frame: pd.DataFrame) -> pd.DataFrame:
    """Differences of present values have no factor: all of their change is one of volume."""
    return frame.assign(exposure=frame["minimum_capital"], rf0=1.0, rf=1.0)


def _identity(sheet: str, table: pd.DataFrame) -> Any:
    """What a position is called from one quarter to the next: its id, else its name, its counterparty or its classes."""
    found = np.full(len(table), "", dtype=object)
    for column in position_tables()[sheet].identity:
        found = found + " " + table[column].astype(object).map(str).to_numpy()
    for column in ("counterparty", "currency", "account", "item", "name", "id"):
        if column in table:
            given = table[column].astype(object).to_numpy()
            found = np.where(pd.notna(given), given, found)
    # positions of one name are told apart by their order
    names = pd.Series(found)
    return (names.astype(str) + "#" + names.groupby(names).cumcount().astype(str)).to_numpy()


def _documents(made: Charge, rulebook: Rulebook) -> dict[str, Any]:
    """Which document the base factor and the coefficients of each row stand in."""
    size = len(made.frame)

    def number(name: str) -> str:
        return rulebook.factor(name).document.number if name and rulebook.has(name) else ""

    latest = np.full(size, "", dtype=object)
    for column, factor in made.coefficients.items():
        if column in made.frame and column not in made.by_row:
            latest = np.where(made.frame[column].to_numpy() != 0, number(factor), latest)
    for which, factors in made.by_row.values():
        latest = np.where(which > 0, np.array([number(factor) for factor in factors], dtype=object)[which], latest)
    return {"rf0_document": number(made.rf0), "k_document": latest}


def _of_rules(old: pd.DataFrame, new: pd.DataFrame, documents: tuple[str, ...]) -> list[tuple[str, str, str, float]]:
    """The same positions under two rulebooks, row by row; what the documents between them do not name is of all of them."""
    pairs = old.merge(new, on=[*_KEYS, "line"], how="outer", suffixes=("_old", "_new"))
    for column in ("rf0_document_new", "k_document_new"):
        pairs[column] = pairs[column].where(
            pairs[column].isin(documents), "" if column[0] == "k" else "、".join(documents)
        )
    return _effects(
        pairs, "rules_base_factor", "rules_coefficients", "rules_coefficients", "rules_base_factor", "rules_base_factor"
    )


def _of_positions(old: pd.DataFrame, new: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    """Two sets of positions under one rulebook."""
    pairs = old.merge(new, on=[*_KEYS, "identity"], how="outer", suffixes=("_old", "_new"))
    pairs["rf0_document_new"] = pairs["k_document_new"] = ""
    return _effects(pairs, "base_factor", "coefficients", "volume", "gone", "new")


def _effects(
    pairs: pd.DataFrame, base: str, coefficients: str, volume: str, gone: str, come: str
) -> list[tuple[str, str, str, float]]:  # fmt: skip
    """Volume at the old factor, base factor at the old coefficients, then the rest; rows of one side whole."""
    mc_old, mc_new = (pairs[f"minimum_capital_{side}"].to_numpy(dtype=float) for side in ("old", "new"))
    both = ~np.isnan(mc_old) & ~np.isnan(mc_new)
    ex_old, ex_new, rf0_old, rf0_new, rf_old, rf_new, rest_old, rest_new = (
        np.where(both, pairs[f"{name}_{side}"].to_numpy(dtype=float), 0.0)
        for name in ("exposure", "rf0", "rf", "rest") for side in ("old", "new")
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(rf0_old != 0, rf_old * rf0_new / np.where(rf0_old == 0, 1, rf0_old), rf_new)
    scaled = np.where(rf0_new == rf0_old, rf_old, scaled)
    document = pairs["rf0_document_new"].fillna("").to_numpy(dtype=object)
    k_document = np.where(
        pairs["k_document_new"].fillna("").to_numpy(dtype=object) != "",
        pairs["k_document_new"].fillna("").to_numpy(dtype=object),
        document,
    )
    none = np.full(len(pairs), "", dtype=object)
    parts = (
        (volume, none if volume in ("volume",) else k_document, (ex_new - ex_old) * rf_old),
        (base, document, ex_new * (scaled - rf_old)),
        (coefficients, k_document, ex_new * (rf_new - scaled) + rest_new - rest_old),
        (gone, none if gone == "gone" else document, np.where(np.isnan(mc_new), -np.nan_to_num(mc_old), 0.0)),
        (come, none if come == "new" else document, np.where(np.isnan(mc_old), np.nan_to_num(mc_new), 0.0)),
    )
    told: list[tuple[str, str, str, float]] = []
    items = pairs["sub_risk"].to_numpy(dtype=object)
    for step, by, effect in parts:
        moved = effect != 0
        if moved.any():
            each = pd.DataFrame({"item": items[moved], "by": by[moved], "effect": effect[moved]})
            sums = each.groupby(["item", "by"], sort=False)["effect"].sum().reset_index()
            told += [(str(r["item"]), step, str(r["by"]), float(r["effect"])) for r in sums.to_dict("records")]
    return told
