"""How much more premium can be written, or less has to be, worked out again from the lines of business (rule 4; rule 6)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from solvency.capital_management.answers import (
    MOST_GROWTH,
    NO_MOVE,
    Answer,
    fen_down,
    fen_up,
    near_target,
    shortfall,
    usable,
)
from solvency.capital_management.solve import farthest_holding, nearest_reaching
from solvency.capital_management.starting_point import Outcome, StartingPoint
from solvency.errors import UsageError
from solvency.result import Result
from solvency.rules.frame import Array, Mask, missing, zeroed
from solvency.rules.positions import Charged, position_charges
from solvency.tables.positions.read import Positions
from solvency.tables.positions.spec import position_tables
from solvency.tables.validate import Problems, table_place

SUB_RISK = "nonlife_premium_reserve_mc"
TABLES = ("IR01", "IR03")
# amounts that are part of the premium; prior years and growth stay as they were
PREMIUM = ("retained_premium", "nonproportional_ceded_premium", "nonproportional_assumed_premium", "policy_premium")
CLOSE = 1e-11  # how closely a share of premium is searched


def by_premium(result: Result, start: StartingPoint, goals: Mapping[str, float], line: str | None) -> tuple[Answer, Array, Mask]:  # fmt: skip
    """By what fraction the premium of a line, or of all lines, can grow or has to fall; the premium it is of (yuan); where there is any.

    Capital falls and rises with premium, so the search needs no more than that. Retained premium and its parts change in
    proportion; combined ratios, growth of motor premium, reserves, catastrophes and the underwriting result stay.
    """
    there, zh, en = usable(start)
    charged, place = _tables(result, start)
    premium, some = np.zeros(len(start)), np.zeros(len(start), bool)
    tables: dict[str, pd.DataFrame] = {}
    marks: dict[str, Array] = {}
    if charged is not None:
        own = {
            s: f for s, f in charged.positions.tables.items() if position_tables()[s].kind in ("business", "industry")
        }
        tables = {sheet: frame[place[frame["case"].to_numpy()] >= 0] for sheet, frame in own.items()}
        tables = {
            sheet: frame.assign(case=place[frame["case"].to_numpy()]).reset_index(drop=True)
            for sheet, frame in tables.items()
        }
        for sheet in TABLES:
            if sheet in tables and len(tables[sheet]):
                frame = tables[sheet]
                marks[sheet] = np.ones(len(frame), bool) if line is None else frame["business_line"].eq(line).to_numpy()
                case = frame["case"].to_numpy()[marks[sheet]]
                amount = zeroed(frame["retained_premium"].to_numpy(float))[marks[sheet]]
                premium += np.bincount(case, weights=amount, minlength=len(start))
                some[case] = True
    cases = pd.DataFrame({
        "as_of": result.cases["as_of"].to_numpy(object)[start.positions], "total_assets": start.total_assets,
        "insurer_type": start.insurer_type, "organisation": result.cases["organisation"].to_numpy(object)[start.positions],
    })  # fmt: skip

    def borne(share: Array) -> Array:
        changed = {}
        for sheet, frame in tables.items():
            if sheet in marks:
                factor = np.where(marks[sheet], 1 + share[frame["case"].to_numpy()], 1.0)
                frame = frame.assign(**{c: frame[c].to_numpy(float) * factor for c in PREMIUM if c in frame})
            changed[sheet] = frame
        made = position_charges(Positions(changed), cases, start.insurer_type, start.rulebook, Problems(table_place))
        return np.asarray(made.sub_risks[SUB_RISK])

    nothing = np.zeros(len(start))
    ask = there & some & (premium > 0) & start.known((SUB_RISK,))
    base = borne(nothing) if ask.any() else nothing

    def outcome(share: Array) -> Outcome:
        change = zeroed(borne(share) - base) if ask.any() else nothing
        return start.after({}, change={SUB_RISK: np.where(ask, change, 0.0)})

    def gap(share: Array) -> Array:
        return shortfall(goals, outcome(share))

    today = gap(nothing)
    today = np.where(near_target(today, start, goals), 0.0, today)
    lacking, free = ask & (today < 0), ask & (today >= 0)
    shrunk, met = nearest_reaching(gap, nothing, np.where(lacking, -1.0, 0.0), CLOSE, rising=True)
    grown, opens = farthest_holding(gap, nothing, np.where(free, MOST_GROWTH, 0.0), CLOSE)
    move = np.where(lacking, shrunk, np.where(free, grown, np.nan))
    move = np.where(np.abs(move) < NO_MOVE, 0.0, move)
    why = (
        ("没有该业务类型的保费明细（IR01 或 IR03）", "there is no premium of that line (IR01 or IR03)", there & ~ask),
        ("保费减至零仍低于目标", "still below the target without any premium", lacking & ~met),
        ("增至十倍仍高于目标", "still above the target at ten times the premium", free & ~opens),
    )
    for text_zh, text_en, where in why:
        zh, en = np.where(where & (zh == ""), text_zh, zh), np.where(where & (en == ""), text_en, en)
    after = outcome(np.where(missing(move), 0.0, move))
    reached = np.where(lacking, met & (after.minimum_capital > 0), free)
    return Answer(move, np.asarray(reached, bool), after, zh, en), premium, ask


def premium_change(share: Array, premium: Array) -> Array:
    """The premium itself, to the fen on the side that meets the target."""
    amount = share * premium
    return np.where(amount < 0, -fen_up(-amount), fen_down(amount)) + 0.0


def line_of(line: str | None, start: StartingPoint) -> tuple[str | None, tuple[str, str]]:
    """A line of business of the rules in force by its code or either of its names: the code, and both names."""
    if line is None:
        return None, ("", "")
    known = {code: names for sheet in TABLES for code, names in position_tables()[sheet].column("business_line").allowed(start.rulebook).items()}  # fmt: skip
    for code, names in known.items():
        if line.strip().lower() in (code, names[0].lower(), names[1].lower()):
            return code, names
    zh, en = "、".join(f"{names[0]}（{code}）" for code, names in known.items()), ", ".join(known)
    raise UsageError(f"没有业务类型 {line!r}，只有 {zh}", f"no line of business {line!r}; there are {en}")


def _tables(result: Result, start: StartingPoint) -> tuple[Charged | None, Array]:
    """The tables these rows were charged by, and which row of the starting point each of their cases is, -1 for none."""
    labels = result.figures.index.to_numpy()[start.positions]
    for rows, charged in result.charged:
        if np.isin(labels, rows).all() and any(sheet in charged.positions.tables for sheet in TABLES):
            return charged, pd.Series(np.arange(len(labels)), index=labels).reindex(rows).fillna(-1).to_numpy(int)
    return None, np.zeros(0, int)
