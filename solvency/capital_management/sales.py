"""Which sale helps most: positions, or tables of them, sold at admitted value for cash, ranked and calculated again (rules 7 to 9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solvency.capital_management.answers import ASSETS, SHARE, fen_up, shortfall
from solvency.capital_management.candidates import Candidates, candidates_of, left_without
from solvency.capital_management.solve import nearest_reaching
from solvency.capital_management.starting_point import Outcome, StartingPoint, starting_points
from solvency.capital_management.targets import goals_of
from solvency.capital_management.tier_headroom import keys_of
from solvency.errors import UsageError
from solvency.regulation.rulebook import draft_paths
from solvency.result import Result
from solvency.rules.frame import Array, zeroed
from solvency.rules.ratios import RATIOS
from solvency.rules.rule01_actual_capital.detail import without_capital
from solvency.tables.positions.read import Positions
from solvency.tables.validate import Problems, table_place

if TYPE_CHECKING:
    from pathlib import Path

    from solvency.excel.read import Book
    from solvency.rules.positions import Charged
    from solvency.source import PositionSource

MOST = 20  # candidates of an insurer that are calculated again
MOST_ROWS = 2_000_000  # rows of positions calculated at a time
HELD = (
    "按认可价值出售换成现金，现金不计风险；实际资本和总资产不变；汇率风险表、人身险公司的利率风险（由现值或现金流另行填列）、损失吸收、现金价值保证和保单未来盈余不变；产品连同其底层资产一并出售",
    "sold at admitted value for cash, which bears no risk; actual capital and total assets stay, and so do the table of currencies, interest-rate risk of life insurers (from present values or cash flows of their own), loss absorption, cash-value guarantee and policy future surplus; a product is sold with what lies under it",
)


def sales(
    source: str | Path | pd.DataFrame | Book,
    targets: Mapping[str, float] | None = None,
    *,
    by: str = "position",
    most: int = MOST,
    positions: PositionSource = None,
    **options: Any,
) -> pd.DataFrame:
    """What each position relieves when it is sold at admitted value for cash, the most relief per insurer first.

    Ranked by Euler contributions; the `most` best of each insurer are calculated again without the position, through products,
    concentration, hedges and both levels of aggregation. by: `position` (a product with all that lies under it), or `table`. targets: as
    in `target`. source and options as in `calculate`; position tables are needed.

    Returns a row per insurer and candidate, amounts in yuan: `row`, `insurer`, `as_of`, `scenario`, `sheet`, `place`, `id`, `name`, `amount` (admitted
    value), `first_order` (relief by Euler), `relief` (of minimum capital, exact), `relief_per_yuan`, `minimum_capital_after`, both ratios and
    ratios after it, `reached` (with all of it sold), `share_to_target`, `amount_to_target` (the part of it that does, its charges
    taken in proportion; NaN where all of it does not). Raises InputError with all problems, UsageError, RegulationError.
    """
    from solvency.assessment import calculate, in_yuan, positions_of
    from solvency.source import load
    from solvency.tables.validate import clean

    if by not in ("position", "table"):
        raise UsageError(f"by 只能是 position 或 table，不是 {by!r}", f"by is position or table, not {by!r}")
    goals = goals_of(targets) if targets else {}
    options["drafts"] = draft_paths(options.get("drafts") or ())
    given = load(source, options.get("unit"), positions)
    result = calculate(source, positions=positions, **options)
    typed = clean(given.cases, Problems(table_place), book=given.book is not None)
    held = positions_of(given, typed, options.get("as_of"), options.get("readings"), options["drafts"])
    if held is None or not result.charged:
        raise UsageError(
            "没有持仓明细；没有明细时可用 target --by sale 按子风险回答",
            "there are no position tables; without them target --by sale answers by sub-risk",
        )
    yuan = in_yuan(typed, given.scale)
    frames = []
    for start in starting_points(result):
        labels = result.figures.index.to_numpy()[start.positions]
        charged = next((c for rows, c in result.charged if np.isin(labels, rows).all()), None)
        if charged is None:
            continue
        rows = next(rows for rows, c in result.charged if c is charged)
        own = without_capital(held.take(rows, len(typed)))
        cases = yuan.iloc[rows].assign(total_assets=result.figures["total_assets"].reindex(rows).to_numpy(float))
        frames.append(_ranked(result, start, charged, own, cases.reset_index(drop=True), rows, goals, by, most))
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return whole.sort_values(["row", "relief"], ascending=[True, False], kind="stable", ignore_index=True)


def _ranked(
    result: Result, start: StartingPoint, charged: Charged, own: Positions, cases: pd.DataFrame, rows: Array, goals: Mapping[str, float],
    by: str, most: int,
) -> pd.DataFrame:  # fmt: skip
    """The candidates of one group of insurers: the best by first order, calculated again."""
    candidates = candidates_of(own, by)
    frame = candidates.frame
    labels = result.figures.index.to_numpy()[start.positions]
    place = pd.Series(np.arange(len(labels)), index=labels)
    frame = frame.assign(at=place.reindex(rows[frame["case"].to_numpy()]).to_numpy(float))  # rows left out have none
    frame["first_order"] = _first_order(result, charged, candidates, labels, frame)
    frame = frame[frame["at"].notna() & (frame["first_order"] != 0)]
    order = frame.sort_values(["case", "first_order"], ascending=[True, False], kind="stable")
    chosen = order[order.groupby("case").cumcount().to_numpy() < most]
    after = _without(own, cases, charged, candidates, chosen, start)
    at = chosen["at"].to_numpy(int)
    those = start.take(at)
    outcome = those.after({}, change=after)
    relief = those.base["minimum_capital"] - outcome.minimum_capital
    share = _share(those, after, goals, outcome)
    amount = chosen["amount"].to_numpy(float)
    places = [charged.positions.place(s, int(line), "") if line >= 0 else {} for s, line in zip(chosen["sheet"], chosen["line"], strict=True)]  # fmt: skip
    known = ~those.levels
    columns: dict[str, Any] = {
        **keys_of(result, those),
        "sheet": chosen["sheet"].to_numpy(object), "place": [p.get("cell") or p.get("row", "") for p in places],
        "id": chosen["id"].to_numpy(object), "name": chosen["name"].to_numpy(object), "amount": amount,
        "first_order": chosen["first_order"].to_numpy(float), "relief": relief,
        "relief_per_yuan": np.where(amount > 0, relief / np.where(amount > 0, amount, 1.0), np.nan),
        "minimum_capital_after": outcome.minimum_capital,
    }  # fmt: skip
    for ratio in RATIOS:
        columns |= {ratio: those.base[ratio], f"{ratio}_after": np.where(known, outcome.ratio(ratio), np.nan)}
    met = shortfall(goals, outcome) >= 0 if goals else np.zeros(len(chosen), bool)
    columns |= {
        "reached": met & known,
        "share_to_target": np.where(known, share, np.nan),
        "amount_to_target": fen_up(np.where(known, share, np.nan) * amount),
        "held_zh": HELD[0],
        "held_en": HELD[1],
        "article": "规则第2号第十五至十八条；规则第7号、第8号、第9号",
    }
    return pd.DataFrame(columns)


def _share(those: StartingPoint, change: Mapping[str, Array], goals: Mapping[str, float], whole: Outcome) -> Array:
    """Which part of each sale meets the targets, its charges taken in proportion; NaN where none does."""
    if not goals:
        return np.full(len(those), np.nan)

    def gap(share: Array) -> Array:
        return shortfall(goals, those.after({}, change={item: values * share for item, values in change.items()}))

    nothing = np.zeros(len(those))
    share, met = nearest_reaching(gap, nothing, nothing + 1.0, SHARE)
    return np.where(gap(nothing) >= 0, 0.0, np.where(met, share, np.nan))


def _first_order(result: Result, charged: Charged, candidates: Candidates, labels: Array, frame: pd.DataFrame) -> Array:
    """What minimum capital falls by to first order: the charges of each candidate by the gradients of its sub-risks."""
    contributed = result.contributions()
    contributed = contributed[
        contributed["row"].isin(labels) & contributed["item"].isin(ASSETS) & (contributed["amount"] > 0)
    ]
    gradient = (contributed["euler"] / contributed["amount"]).set_axis(
        pd.MultiIndex.from_frame(contributed[["row", "item"]])
    )
    total = np.zeros(len(frame))
    place = labels[np.nan_to_num(frame["at"].to_numpy(float)).astype(int)]
    for made in charged.charges:
        if made.sub_risk not in ASSETS:
            continue
        number = _of_lines(candidates, charged, made.sheet, made.frame.index.to_numpy())
        some = number >= 0
        borne = np.bincount(
            number[some],
            weights=np.nan_to_num(made.frame["minimum_capital"].to_numpy(float))[some],
            minlength=len(frame),
        )
        asked = pd.MultiIndex.from_arrays([place, np.full(len(frame), made.sub_risk, dtype=object)])
        total += borne * gradient.reindex(asked).fillna(0.0).to_numpy(float)
    return total


def _of_lines(candidates: Candidates, charged: Charged, sheet: str, index: Array) -> Array:
    """The candidates of charged rows, which may be fewer than those of the input: by their line in it."""
    if sheet not in candidates.of_row:
        return np.full(len(index), -1)
    lines = charged.positions.tables[sheet]["line"].to_numpy()[index]
    return candidates.of_row[sheet].reindex(lines).fillna(-1).to_numpy(int)


def _without(
    own: Positions,
    cases: pd.DataFrame,
    charged: Charged,
    candidates: Candidates,
    chosen: pd.DataFrame,
    start: StartingPoint,
) -> dict[str, Array]:
    """What each sub-risk changes by without each chosen candidate: every candidate is one more insurer, without it."""
    size = max(1, MOST_ROWS // max(1, sum(len(table) for table in own.tables.values())))
    found: dict[str, list[Array]] = {item: [] for item in ASSETS}
    for first in range(0, len(chosen), size):
        part = chosen.iloc[first : first + size]
        case = part["case"].to_numpy()
        left = left_without(own, candidates, case, part.index.to_numpy())
        again = _charges(left, cases.iloc[case].reset_index(drop=True), start)
        for item in ASSETS:
            before = charged.sub_risks[item][case] if item in charged.sub_risks else np.full(len(case), np.nan)
            after = again.get(item, np.full(len(case), np.nan))
            found[item].append(np.where(np.isnan(before), 0.0, zeroed(after) - before))
    changed = {item: np.concatenate(values) if values else np.zeros(0) for item, values in found.items()}
    return {item: values for item, values in changed.items() if (values != 0).any()}


def _charges(left: Positions, cases: pd.DataFrame, start: StartingPoint) -> Mapping[str, Array]:
    from solvency.rules.positions import position_charges

    return position_charges(left, cases, start.insurer_type, start.rulebook, Problems(table_place)).sub_risks
