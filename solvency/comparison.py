"""Two books or two dates: what changed and why, the effects adding up exactly; audit differences (rule 15, article 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from solvency.errors import InputError, UsageError
from solvency.tables.spec import SUB_RISKS

if TYPE_CHECKING:
    from solvency.result import Result
    from solvency.source import PositionSource

TIERS = ("core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2")
AUDITED = ("core_ratio", "comprehensive_ratio", "actual_capital", "minimum_capital")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changed from `before` to `after` for one insurer.

    figures: every line item: `item`, `before`, `after`, `change` (yuan, fractions). effects: the change of
    `minimum_capital`, `core_ratio` and `comprehensive_ratio` split into steps taken one after the other in the order shown:
    `measure`, `step`, `effect`; the effects of a measure add up to its change. audit: the tests of rule 15, article 13.
    """

    insurer: tuple[str, str]
    dates: tuple[str, str]
    rules: tuple[str, str]
    hypothetical: bool  # a draft or another reading than the default on the second side
    unit: str
    figures: pd.DataFrame
    effects: pd.DataFrame
    audit: pd.DataFrame
    positions: pd.DataFrame  # change of the sub-risks that come from positions: sub_risk, step, document, effect

    def to_dict(self) -> dict[str, Any]:
        from solvency.output import finite

        return {
            "unit": "元",
            "insurer": list(self.insurer),
            "as_of": list(self.dates),
            "rules_as_of": list(self.rules),
            "figures": finite(self.figures.to_dict("records")),
            "effects": finite(self.effects.to_dict("records")),
            "audit": finite(self.audit.to_dict("records")),
            "positions": finite(self.positions.to_dict("records")),
        }


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
    bridge = second if after is None else None
    if bridge is None and first.charged and second.charged:
        rules = second.rulebook(int(second.figures.index[0])).date
        with suppress(InputError):  # the new rules may ask for what the old positions do not say
            bridge = calculate(
                before, as_of=rules, readings=readings, drafts=drafts, unit=unit, positions=positions_before
            )
    return compare_results(first, second, bridge)


def compare_results(first: Result, second: Result, bridge: Result | None = None) -> Comparison:
    """Compare two results of one row each; bridge: the first input under the rules of the second."""
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
    return Comparison(
        (str(keys[0]["insurer"]), str(keys[1]["insurer"])),
        (str(keys[0]["as_of"]), str(keys[1]["as_of"])),
        (str(first.rulebook(first.figures.index[0]).date), str(second.rulebook(second.figures.index[0]).date)),
        second.rulebook(int(second.figures.index[0])).is_hypothetical,
        second.unit,
        figures,
        _effects(first, second, old, new),
        _audit(second, old, new),
        position_effects(first, bridge if bridge is not None else first, second)
        if first.charged or second.charged
        else pd.DataFrame(columns=["sub_risk", "step", "document", "effect"]),
    )


def _effects(first: Result, second: Result, old: dict[str, float], new: dict[str, float]) -> pd.DataFrame:
    """Steps one after the other: each sub-risk, loss absorption, the rules, size, control risk, additional capital, relief, tiers."""
    from solvency.rules.rule02_minimum_capital import matrices, quantified_rows

    rules = [result.rulebook(int(result.figures.index[0])) for result in (first, second)]
    types = [str(result.keys.iloc[0]["insurer_type"]) for result in (first, second)]
    numbers = [matrices(rulebook, kind) for rulebook, kind in zip(rules, types, strict=True)]

    def known(values: dict[str, float], item: str) -> float:
        value = values.get(item, float("nan"))
        return value if value == value else 0.0

    rows: list[tuple[str, str, float]] = []

    def walk(measure: str, steps: list[tuple[str, float]], start: float, end: float) -> None:
        level = start
        for name, value in [*steps, ("other", end)]:
            if abs(value - level) > 1e-12 * max(abs(value), abs(level)):  # not the noise of floats
                rows.append((measure, name, value - level))
                level = value

    parts = (*SUB_RISKS, "loss_absorption", "size_coefficient", "additional_capital", "relief_minimum_capital")
    state = {item: known(old, item) for item in parts} | {"control": _control(old)}
    target = {item: known(new, item) for item in parts} | {"control": _control(new)}

    def total(state: dict[str, float], matrix: Any) -> float:
        import numpy as np

        amounts = np.array([[state[item]] for item in SUB_RISKS])
        diversified = float(quantified_rows(amounts, matrix)["quantified_mc"][0])
        quantified = state["size_coefficient"] * (diversified - state["loss_absorption"])
        return quantified * (1 + state["control"]) + state["additional_capital"] - state["relief_minimum_capital"]

    steps: list[tuple[str, float]] = []
    # by sub-risk only where the sub-risks are what minimum capital was worked out from, on both sides
    ends = zip((state, target), numbers, (old, new), strict=True)
    if all(
        abs(total(part, matrix) - end["minimum_capital"]) <= 1e-9 * abs(end["minimum_capital"])
        for part, matrix, end in ends
    ):
        matrix = numbers[0]
        for step, item in [
            *((item, item) for item in SUB_RISKS), ("rules", ""), ("loss_absorption", "loss_absorption"),
            ("size_coefficient", "size_coefficient"), ("control_risk_mc", "control"),
            ("additional_capital", "additional_capital"), ("relief_minimum_capital", "relief_minimum_capital"),
        ]:  # fmt: skip
            if item:
                state[item] = target[item]
            else:
                matrix = numbers[1]
            steps.append((step, total(state, matrix)))
    else:
        level = old["minimum_capital"]
        for item, sign in (
            ("quantified_mc", 1), ("control_risk_mc", 1), ("additional_capital", 1), ("relief_minimum_capital", -1),
        ):  # fmt: skip
            level += sign * (known(new, item) - known(old, item))
            steps.append((item, level))
    walk("minimum_capital", steps, old["minimum_capital"], new["minimum_capital"])
    for ratio, tiers in (("core_ratio", TIERS[:2]), ("comprehensive_ratio", TIERS)):
        if old[ratio] != old[ratio] or new[ratio] != new[ratio]:
            continue
        capital = sum(known(old, tier) for tier in tiers)
        path: list[tuple[str, float]] = []
        if any(f"department_{ratio}" in values for values in (old, new)):
            walk(ratio, path, old[ratio], new[ratio])  # of levels taken together: no capital over a minimum
            continue
        for tier in tiers:
            capital += known(new, tier) - known(old, tier)
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
