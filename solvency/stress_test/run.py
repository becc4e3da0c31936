"""Stress tests: mandatory and own scenarios on the forecast (rule 10, chapters 2 and 3; annex 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Context, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from solvency.errors import Problem, UnknownFactorError, UsageError
from solvency.rules.frame import Array, Figures, Mask
from solvency.rules.ratios import RATIOS, below, settle_boundaries, thresholds
from solvency.rules.rule10_stress_test.effects import Effects, Projection, Rows, first_order
from solvency.rules.rule10_stress_test.evaluate import Outcome, evaluate, reasons
from solvency.rules.rule10_stress_test.restate import INDICATORS, restated
from solvency.rules.rule10_stress_test.scenarios import FACTORS, LEVELS, Scenario, mandatory_scenarios, read_scenarios
from solvency.stress_test.result import StressResult
from solvency.stress_test.starting_point import Frames, Group, Positions, Prepared, base_amounts, group_rows, prepare
from solvency.tables.exposures import PERIODS

if TYPE_CHECKING:
    from solvency.excel.read import Book

BASE = {"next_quarter": ("下一季度末", "next quarter-end"), "year_end_1": ("下一会计年度末", "next year-end"),
        "year_end_2": ("第二个会计年度末", "second year-end")}  # fmt: skip
TODAY = "today"
STATIC_BASE = ("基本情景（静态，评估日）", "Base (static, valuation date)")
NO_BASE = ("基本情景指标不可得", "the indicators of the base are not available")
NO_RATIO = ("基本情景指标不可得，或最低资本不为正数", "the base is not available, or minimum capital is not positive")


def stress(
    source: str | Path | pd.DataFrame | Book | Frames,
    *,
    horizon: str = "quarter",
    scenarios: Sequence[str | Path | Scenario] = (),
    static: bool | None = None,
    as_of: date | str | None = None,
    unit: str | None = None,
    readings: Mapping[str, str] | None = None,
    drafts: Iterable[str | Path] = (),
    on_error: str = "raise",
    projection: Projection = first_order,
) -> StressResult:
    """Solvency of every row in the base and in every scenario (rule 10, chapters 2 and 3; annex 4).

    source: a workbook (path or `Book`), or frames: cases, exposures (long: `factor`, `item`, `value`) and optionally a
    forecast (long: `item`, `next_quarter`, `year_end_1`, `year_end_2`), the last two with key columns for many insurers;
    amounts in `unit`. horizon: "quarter" (next quarter-end) or "year" (base at both year-ends, stress at the first).
    scenarios: own scenarios, YAML files or `Scenario`. static: True runs on today's figures, False requires a forecast,
    None takes the forecast where there is one. on_error: as in `calculate`, for cases and forecasts; wrong exposures
    always raise. projection: from moves of factors to changes of line items.
    Reinsurers and captives have no mandatory set (article 43). What no formula or sensitivity covers leaves the
    scenario empty with its reason. Raises InputError, UsageError, RegulationError (DocumentError for a scenario file).
    """
    own = _own(scenarios)
    prepared = prepare(
        source,
        horizon=horizon,
        static=static,
        as_of=as_of,
        unit=unit,
        readings=readings,
        drafts=drafts,
        on_error=on_error,
    )
    known_factors(prepared, own)
    period = PERIODS[0] if horizon == "quarter" else PERIODS[1]
    amounts, is_static = base_amounts(prepared, period)
    frames = [_bases(prepared, amounts, is_static, period)]
    if horizon == "year" and not is_static.all():
        second, lacks = base_amounts(prepared, PERIODS[2])
        frames.append(_bases(prepared, second, lacks, PERIODS[2], ~lacks & ~is_static))
    for group in prepared.groups:
        tests = [] if group.exempt else mandatory_scenarios(group.rulebook, group.insurer_type, horizon)
        clash = {s.id for s in tests} & {s.id for s in own}
        if clash:
            raise UsageError(
                f"自测情景的 id 与必测情景相同：{min(clash)}",
                f"an own scenario has the id of a mandatory one: {min(clash)}",
            )
        if tests or own:
            rows = group_rows(prepared, group, amounts, horizon)
            outcomes = evaluate(rows, [*tests, *own], group.rulebook, projection)
            if projection is first_order:  # another projection need not know decimals
                for outcome in outcomes:
                    _settle(prepared, group, outcome, amounts)
            frames.append(_run(prepared, group, rows, outcomes, is_static, period))
        _enough(prepared, group, own, horizon)
    frame = pd.concat(frames, ignore_index=True)
    order = frame["position"].to_numpy()
    frame = frame.iloc[np.argsort(order, kind="stable")].drop(columns="position").reset_index(drop=True)
    return StressResult(frame, horizon, prepared.unit, prepared.result, prepared.warnings)


def _own(scenarios: Sequence[str | Path | Scenario]) -> list[Scenario]:
    if isinstance(scenarios, (str, Path, Scenario)):
        scenarios = (scenarios,)
    own = [s for given in scenarios for s in ([given] if isinstance(given, Scenario) else read_scenarios(given))]
    doubled = sorted({s.id for s in own if sum(o.id == s.id for o in own) > 1} | {s.id for s in own if s.id == "base"})
    if doubled:
        raise UsageError(f"情景 id 重复：{doubled[0]}", f"scenario id used twice: {doubled[0]}")
    return own


def known_factors(prepared: Prepared, own: Sequence[Scenario]) -> None:
    """Factors must be known or have sensitivities, and one factor is changed in one way. Raises UnknownFactorError."""
    known = {*FACTORS, *(s.factor for s in prepared.exposures.sensitivities)}
    known |= {c.factor for group in prepared.groups for test in group.rulebook.tests for c in test.changes}
    hows: dict[str, str] = {}
    for change in (c for s in own for c in s.changes if not c.is_item):
        if change.target not in known:
            raise UnknownFactorError(change.target, sorted(known), ("风险因素", "risk factor"))
        how = FACTORS[change.target][2] if change.target in FACTORS else ""
        if change.how and how and change.target not in LEVELS and change.how != how:
            raise UsageError(
                f"{change.target} 须用 {how} 变动", f"{change.target} is changed by {how}, not by {change.how}"
            )
        if change.target not in LEVELS and hows.setdefault(change.target, change.how) != change.how:
            raise UsageError(
                f"{change.target} 在各情景中的变动方式不一致", f"{change.target} is changed in different ways"
            )


def _enough(prepared: Prepared, group: Group, own: Sequence[Scenario], horizon: str) -> None:
    """An annual test has at least one own scenario of at least two factors (rule 10, article 25)."""
    if horizon != "year" or group.exempt or not group.rulebook.has("stress.own_scenario.minimum_count"):
        return
    factors = group.rulebook.value("stress.own_scenario.minimum_factors")
    count = group.rulebook.value("stress.own_scenario.minimum_count")
    if sum(len(s.changes) >= factors for s in own) < count and not any(
        p.code == "own_scenario" for p in prepared.warnings
    ):
        prepared.warnings.append(
            Problem("own_scenario", "warning", f"年度测试至少需要 {count:g} 个含 {factors:g} 个以上风险因素的自测情景",
                    f"an annual test needs at least {count:g} own scenario of {factors:g} or more factors",
                    article=group.rulebook.factor("stress.own_scenario.minimum_factors").citation)
        )  # fmt: skip


def _bases(
    prepared: Prepared, amounts: dict[str, Array], is_static: Mask, period: str, which: Mask | None = None
) -> pd.DataFrame:
    frames = []
    for group in prepared.groups:
        keep = group.positions if which is None else group.positions[which[group.positions]]
        if not len(keep):
            continue
        rows = group_rows(
            prepared, Group(group.rulebook, group.insurer_type, keep, group.exempt), amounts, prepared.horizon
        )
        values = restated(rows, Effects(len(rows)), group.rulebook)
        # ratios on a boundary were decided in decimals
        base = {ratio: amounts[ratio][keep] for ratio in RATIOS}
        values |= base
        lacking = tuple(np.where(np.isnan(values["comprehensive_ratio"]), text, "") for text in NO_BASE)
        scenario = Scenario("base", f"基本情景（{BASE[period][0]}）", f"Base ({BASE[period][1]})", (), kind="base")
        frame = _frame(prepared, group, keep, scenario, values, base, is_static, period, ("", ""), lacking)
        for column, text in zip(("zh", "en"), STATIC_BASE, strict=True):
            frame[column] = np.where(frame["static"], text, frame[column])
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _settle(prepared: Prepared, group: Group, outcome: Outcome, amounts: dict[str, Array]) -> None:
    """Ratios under stress that lie on a threshold, decided in decimals as those of the base are."""

    def again(positions: npt.NDArray[np.intp]) -> dict[str, Array]:
        with localcontext(Context(prec=50, traps=[])):
            few = replace(group, positions=group.positions[positions])
            rows = group_rows(prepared, few, amounts, prepared.horizon, exact=True)
            (exact,) = evaluate(rows, [outcome.scenario], group.rulebook.exactly(), first_order)
            return {ratio: exact.indicators[ratio] for ratio in RATIOS}

    settled = Figures(len(group.positions), exact=False, values=outcome.indicators)
    lines = [(ratio, value) for ratio, _, value in thresholds(group.rulebook.exactly())]
    settle_boundaries(settled, lines, again)


def _run(
    prepared: Prepared, group: Group, rows: Rows, outcomes: Sequence[Outcome], is_static: Mask, period: str
) -> pd.DataFrame:
    base = {ratio: rows.amounts[ratio] for ratio in RATIOS}
    frames = []
    for outcome in outcomes:
        zh, en = reasons(outcome.lacking, len(rows))
        nothing = np.isnan(outcome.indicators["comprehensive_ratio"]) & (zh == "")
        zh = np.where(nothing, NO_RATIO[0], zh)
        en = np.where(nothing, NO_RATIO[1], en)
        frames.append(
            _frame(
                prepared, group, group.positions, outcome.scenario, outcome.indicators, base, is_static, period, outcome.chosen,
                (zh, en),
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _frame(
    prepared: Prepared, group: Group, positions: Positions, scenario: Scenario, values: Mapping[str, Array],
    base: Mapping[str, Array], is_static: Mask, period: str, chosen: tuple[Any, Any], lacking: tuple[Any, ...],
) -> pd.DataFrame:  # fmt: skip
    rulebook = group.rulebook
    short = np.logical_or(
        below(values["core_ratio"], rulebook.value("ratio_threshold.core")),
        below(values["comprehensive_ratio"], rulebook.value("ratio_threshold.comprehensive")),
    )
    zh, en = scenario.describe()
    return pd.DataFrame(
        {
            "position": positions,
            "row": prepared.result.figures.index.to_numpy()[positions],
            "insurer": prepared.result.cases["insurer"].to_numpy(object)[positions],
            "id": scenario.id, "zh": scenario.zh, "en": scenario.en, "description_zh": zh, "description_en": en,
            "kind": scenario.kind or ("scenario" if len(scenario.changes) > 1 else "sensitivity"),
            "mandatory": scenario.mandatory, "horizon": prepared.horizon, "period": np.where(is_static[positions], TODAY, period), "static": is_static[positions],
            "chosen_zh": chosen[0], "chosen_en": chosen[1],
            **{item: values[item] for item in INDICATORS},
            "base_core_ratio": base["core_ratio"], "base_comprehensive_ratio": base["comprehensive_ratio"],
            "insufficient": short, "not_covered_zh": lacking[0], "not_covered_en": lacking[1],
            "article": scenario.article, "document": scenario.document,
        }
    )  # fmt: skip
