"""Two books or two dates: what changed and why, the effects adding up exactly; audit differences (rule 15, article 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from solvency.errors import InputError, UsageError
from solvency.tables.spec import DIVERSIFICATION, MODULES, SUB_RISKS

if TYPE_CHECKING:
    from pathlib import Path

    from solvency.position_changes import Bridge
    from solvency.result import Result
    from solvency.source import PositionSource

TIERS = ("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2")
AUDITED = ("core_ratio", "comprehensive_ratio", "actual_capital", "minimum_capital")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changed from `before` to `after` for one insurer.

    figures: every line item: `item`, `before`, `after`, `change` (yuan, fractions). effects: the change of
    `minimum_capital`, `core_ratio` and `comprehensive_ratio` split into steps taken one after the other in the order shown:
    `measure`, `step`, `effect`; the effects of a measure add up to its change. bridge: from the changes of the sub-risks, with
    the change of diversification, to that of minimum capital: `step`, `effect` (CNY), the rows of S05 whose changes add up to it.
    positions: of each sub-risk that comes from positions `sub_risk`, `step`, `document`, `effect`, adding up to its change, and
    `minimum_capital`, what each does to minimum capital, adding up to the step of the sub-risk in `effects` (NaN where minimum
    capital was not worked out from sub-risks). audit: the tests of rule 15, article 13.
    """

    insurer: tuple[str, str]
    dates: tuple[str, str]
    rules: tuple[str, str]
    hypothetical: bool  # a draft or another reading than the default on the second side
    unit: str
    figures: pd.DataFrame
    effects: pd.DataFrame
    bridge: pd.DataFrame
    audit: pd.DataFrame
    positions: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        from solvency.output import finite

        return {
            "unit": "元",
            "insurer": list(self.insurer),
            "as_of": list(self.dates),
            "rules_as_of": list(self.rules),
            "figures": finite(self.figures.to_dict("records")),
            "effects": finite(self.effects.to_dict("records")),
            "bridge": finite(self.bridge.to_dict("records")),
            "audit": finite(self.audit.to_dict("records")),
            "positions": finite(self.positions.to_dict("records")),
        }

    def to_frame(self, unit: str | None = None) -> pd.DataFrame:
        """All of it as one long table, amounts in `unit` (default: the input's): `table`, `item`, `step`, `document`, `before`,
        `after`, `effect` (of figures the change) and `minimum_capital` (of positions)."""
        from solvency.result import is_amount
        from solvency.tables.validate import unit_scale

        parts = [
            self.figures.rename(columns={"change": "effect"}).assign(table="figures"),
            self.effects.rename(columns={"measure": "item"}).assign(table="effects"),
            self.bridge.assign(table="bridge", item="minimum_capital"),
            self.positions.rename(columns={"sub_risk": "item"}).assign(table="positions"),
        ]
        amounts = ["before", "after", "effect", "minimum_capital"]
        columns = ["table", "item", "step", "document", *amounts]
        whole: pd.DataFrame = pd.concat([part for part in parts if len(part)], ignore_index=True).reindex(
            columns=columns
        )
        scale = whole["item"].map(lambda item: unit_scale(unit or self.unit) if is_amount(item) else 1)
        for column in amounts:
            whole[column] = whole[column].astype(float) / scale
        return whole.assign(**{column: whole[column].fillna("") for column in ("step", "document")})


def compare(
    before: Any,
    after: Any = None,
    *,
    rules_before: str | None = None,
    rules_after: str | None = None,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[Any] = (),
    unit: str | None = None,
    positions_before: PositionSource = None,
    positions_after: PositionSource = None,
) -> Comparison:
    """Compare two inputs of one insurer, or one input under the rules of two dates.

    before, after: whatever `calculate` takes, with one row each; without `after` the same input is used twice and
    `rules_before` and `rules_after` must differ. Drafts apply to the second side. Raises UsageError, InputError.
    """
    from solvency.assessment import calculate
    from solvency.regulation.rulebook import draft_paths

    drafts = draft_paths(drafts)
    if after is None and rules_before == rules_after and not drafts:
        raise UsageError(
            "只有一个输入时，需要两个规则日期或一份征求意见稿", "with one input, two rule dates or a draft are needed"
        )
    first = calculate(before, as_of=rules_before, readings=readings, unit=unit, positions=positions_before)
    second = calculate(
        before if after is None else after, as_of=rules_after, readings=readings, drafts=drafts, unit=unit,
        positions=positions_before if after is None else positions_after,
    )  # fmt: skip
    for result in (first, second):
        if len(result) != 1:
            raise UsageError("比较需要各一行（一家公司、一个评估日）", "a comparison needs one row on each side")
    if first.keys.iloc[0]["insurer_type"] != second.keys.iloc[0]["insurer_type"]:
        raise UsageError("只比较同类公司：相关系数矩阵不同", "only insurers of one type compare: the matrices differ")
    bridges: list[Bridge] = []
    if first.charged and second.charged:
        bridges = _bridges(first, second, drafts, last=second if after is None else None, source=before, options={
            "readings": readings, "unit": unit, "positions": positions_before,
        })  # fmt: skip
    return compare_results(first, second, bridges)


def _bridges(
    first: Result, second: Result, drafts: tuple[Path, ...], *, last: Result | None, source: Any, options: dict[str, Any]
) -> list[Bridge]:  # fmt: skip
    """The first input under the rules of each date on the way to those of the second, and last under the drafts.

    last: the result under all of them where it is known. A date whose rules ask for what the input does not say is
    passed over: its documents count with the next.
    """
    from solvency.assessment import calculate
    from solvency.position_changes import Bridge
    from solvency.regulation.rulebook import changes

    days = [result.rulebook(int(result.figures.index[0])).date for result in (first, second)]
    numbers = [d.number for d in second.rulebook(int(second.figures.index[0])).documents if d.draft]
    steps = [
        *((day, there, ()) for day, there in changes(*days)),
        *([(days[1], tuple(numbers), drafts)] if drafts else []),
    ]
    found: list[Bridge] = []
    open_: tuple[str, ...] = ()
    for place, (day, there, laid) in enumerate(steps, 1):
        open_ = tuple(dict.fromkeys((*open_, *there)))
        if place == len(steps) and last is not None:
            found.append(Bridge(open_, last))
            continue
        with suppress(InputError):  # the new rules may ask for what the old positions do not say
            on = days[1] if place == len(steps) else day
            found.append(Bridge(open_, calculate(source, as_of=on, drafts=laid, **options)))
            open_ = ()
    return found


def compare_results(first: Result, second: Result, bridges: Sequence[Bridge] = ()) -> Comparison:
    """Compare two results of one row each; bridges: the first input under the rules on the way to those of the second."""
    from solvency.position_changes import position_effects

    old, new = (result.values(int(result.figures.index[0])) for result in (first, second))
    items = [item for item in new if item in old]
    figures = pd.DataFrame(
        {
            "item": items,
            "before": [old[i] for i in items],
            "after": [new[i] for i in items],
            "change": [new[i] - old[i] for i in items],
        }
    )
    keys = [result.keys.iloc[0] for result in (first, second)]
    ends = _ends(first, second, old, new)
    if first.charged or second.charged:
        positions = position_effects(first, bridges, second)
    else:
        positions = pd.DataFrame(columns=["sub_risk", "step", "document", "effect"])
    return Comparison(
        (str(keys[0]["insurer"]), str(keys[1]["insurer"])),
        (str(keys[0]["as_of"]), str(keys[1]["as_of"])),
        (str(first.rulebook(first.figures.index[0]).date), str(second.rulebook(second.figures.index[0]).date)),
        second.rulebook(int(second.figures.index[0])).is_hypothetical,
        second.unit,
        figures,
        _effects(ends, old, new),
        _bridge(old, new),
        _audit(second, old, new),
        positions.assign(minimum_capital=_on_minimum_capital(ends, positions)),
    )


def _known(values: Mapping[str, float], item: str) -> float:
    value = values.get(item, float("nan"))
    return value if value == value else 0.0


def _bridge(old: dict[str, float], new: dict[str, float]) -> pd.DataFrame:
    """From the sub-risks to minimum capital by the rows of S05; of what was typed as a total the total stands."""

    def change(item: str) -> float:
        return _known(new, item) - _known(old, item)

    def told(item: str) -> bool:
        return all(values.get(item, float("nan")) == values.get(item, float("nan")) for values in (old, new))

    rows: list[tuple[str, float]] = []
    if told("diversification"):
        for module, items in MODULES.items():
            apart = told(DIVERSIFICATION[module])
            rows += [(item, change(item)) for item in (items if apart else (module,))]
            rows += [(DIVERSIFICATION[module], -change(DIVERSIFICATION[module]))] if apart else []
        rows += [("diversification", -change("diversification")), ("loss_absorption", -change("loss_absorption"))]
        # the size coefficient: what quantified capital is more than without it
        rows.append(("size_coefficient", change("quantified_mc") - sum(effect for _, effect in rows)))
    else:
        rows.append(("quantified_mc", change("quantified_mc")))
    rows += [(item, change(item)) for item in ("control_risk_mc", "additional_capital")]
    rows.append(("relief_minimum_capital", -change("relief_minimum_capital")))
    rows.append(("other", change("minimum_capital") - sum(effect for _, effect in rows)))
    noise = 1e-9 * max(abs(_known(values, "minimum_capital")) for values in (old, new))
    return pd.DataFrame([row for row in rows if abs(row[1]) > noise], columns=["step", "effect"])


def _on_minimum_capital(ends: _Ends, positions: pd.DataFrame) -> list[float]:
    """What each effect on a sub-risk does to minimum capital, one after the other, as in the steps of `_effects`."""
    if not ends.by_sub_risk:
        return [float("nan")] * len(positions)
    state, matrix = dict(ends.states[0]), ends.matrices[0]
    level, found = _total(state, matrix), []
    for item in SUB_RISKS:
        effects = positions.loc[positions["sub_risk"] == item, "effect"].tolist()
        for place, effect in enumerate(effects, 1):
            state[item] = state[item] + effect if place < len(effects) else ends.states[1][item]
            found.append(_total(state, matrix) - level)
            level += found[-1]
        state[item] = ends.states[1][item]
        level = _total(state, matrix)
    return found


@dataclass(frozen=True, eq=False)
class _Ends:
    """Both sides as what minimum capital is worked out from, and whether it was: `by_sub_risk`."""

    states: tuple[dict[str, float], dict[str, float]]
    matrices: tuple[Any, Any]
    by_sub_risk: bool


def _ends(first: Result, second: Result, old: dict[str, float], new: dict[str, float]) -> _Ends:
    from solvency.rules.rule02_minimum_capital import matrices

    parts = (*SUB_RISKS, "loss_absorption", "size_coefficient", "additional_capital", "relief_minimum_capital")
    state, target = ({item: _known(side, item) for item in parts} | {"control": _control(side)} for side in (old, new))
    before, after = (
        matrices(result.rulebook(int(result.figures.index[0])), str(result.keys.iloc[0]["insurer_type"]))
        for result in (first, second)
    )
    # by sub-risk only where the sub-risks are what minimum capital was worked out from, on both sides
    by_sub_risk = all(
        abs(_total(part, matrix) - side["minimum_capital"]) <= 1e-9 * abs(side["minimum_capital"])
        for part, matrix, side in ((state, before, old), (target, after, new))
    )
    return _Ends((state, target), (before, after), by_sub_risk)


def _total(state: Mapping[str, float], matrix: Any) -> float:
    """Minimum capital of one state."""
    import numpy as np

    from solvency.rules.rule02_minimum_capital import quantified_rows

    amounts = np.array([[state[item]] for item in SUB_RISKS])
    diversified = float(quantified_rows(amounts, matrix)["quantified_mc"][0])
    quantified = state["size_coefficient"] * (diversified - state["loss_absorption"])
    return quantified * (1 + state["control"]) + state["additional_capital"] - state["relief_minimum_capital"]


def _effects(ends: _Ends, old: dict[str, float], new: dict[str, float]) -> pd.DataFrame:
    """Steps one after the other: each sub-risk, loss absorption, the rules, size, control risk, additional capital, relief, tiers."""
    rows: list[tuple[str, str, float]] = []

    def walk(measure: str, steps: list[tuple[str, float]], start: float, end: float) -> None:
        level = start
        for name, value in [*steps, ("other", end)]:
            if abs(value - level) > 1e-12 * max(abs(value), abs(level)):  # not the noise of floats
                rows.append((measure, name, value - level))
                level = value

    steps: list[tuple[str, float]] = []
    if ends.by_sub_risk:
        state, matrix = dict(ends.states[0]), ends.matrices[0]
        for step, item in [
            *((item, item) for item in SUB_RISKS), ("rules", ""), ("loss_absorption", "loss_absorption"),
            ("size_coefficient", "size_coefficient"), ("control_risk_mc", "control"),
            ("additional_capital", "additional_capital"), ("relief_minimum_capital", "relief_minimum_capital"),
        ]:  # fmt: skip
            if item:
                state[item] = ends.states[1][item]
            else:
                matrix = ends.matrices[1]
            steps.append((step, _total(state, matrix)))
    else:
        level = old["minimum_capital"]
        for item, sign in (
            ("quantified_mc", 1), ("control_risk_mc", 1), ("additional_capital", 1), ("relief_minimum_capital", -1),
        ):  # fmt: skip
            level += sign * (_known(new, item) - _known(old, item))
            steps.append((item, level))
    walk("minimum_capital", steps, old["minimum_capital"], new["minimum_capital"])
    for ratio, tiers in (("core_ratio", TIERS[:2]), ("comprehensive_ratio", TIERS)):
        if old[ratio] != old[ratio] or new[ratio] != new[ratio]:
            continue
        capital = sum(_known(old, tier) for tier in tiers)
        path: list[tuple[str, float]] = []
        if any(f"department_{ratio}" in values for values in (old, new)):
            walk(ratio, path, old[ratio], new[ratio])  # of levels taken together: no capital over a minimum
            continue
        for tier in tiers:
            capital += _known(new, tier) - _known(old, tier)
            path.append((tier, capital / old["minimum_capital"]))
        path += [(name, capital / value) for name, value in steps if value > 0]
        walk(ratio, path, old[ratio], new[ratio])
    return pd.DataFrame(rows, columns=["measure", "step", "effect"])


def _control(values: dict[str, float]) -> float:
    """The control-risk factor in effect: control-risk capital over quantified capital."""
    quantified, control = values["quantified_mc"], values["control_risk_mc"]
    return control / quantified if quantified and control == control else 0.0


def _audit(second: Result, old: dict[str, float], new: dict[str, float]) -> pd.DataFrame:
    """Rule 15, article 13 (2)-(4), read as figures before and after the audit: which differences call for a supplement."""
    rulebook = second.rulebook(int(second.figures.index[0]))
    points, share = rulebook.value("audit_difference.ratio_points"), rulebook.value("audit_difference.amount")
    rows = []
    for item in AUDITED:
        is_ratio = item.endswith("_ratio")
        line = "ratio_points" if is_ratio else "amount"
        difference = (
            new[item] - old[item]
            if is_ratio
            else (new[item] - old[item]) / abs(old[item])
            if old[item]
            else float("nan")
        )
        limit = points if is_ratio else share
        # a difference of exactly the limit does not exceed it; 3.0000000000000027 points is exactly three
        flagged = abs(difference) > limit * (1 + 1e-12)
        rows.append(
            (
                item,
                old[item],
                new[item],
                difference,
                limit,
                bool(flagged),
                rulebook.factor(f"audit_difference.{line}").article,
            )
        )
    insufficient = bool(second.conditions["ratios_insufficient"].iloc[0])
    rows.append(
        ("ratios_insufficient", float("nan"), float("nan"), float("nan"), float("nan"), insufficient, "第十三条（二）")
    )
    return pd.DataFrame(rows, columns=["item", "before", "after", "difference", "limit", "flagged", "article"])
