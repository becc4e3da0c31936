"""Disclosed insurer-quarters outside the repository, scored cell by cell with the scorer that lies beside them.

Skipped unless the environment variable SOLVENCY_DISCLOSED names a folder with `sample.csv` and `score.py`.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import solvency
from solvency.capital_management import headroom

FOLDER = Path(os.environ.get("SOLVENCY_DISCLOSED") or "not-set")
pytestmark = pytest.mark.skipif(
    not ((FOLDER / "sample.csv").is_file() and (FOLDER / "score.py").is_file()),
    reason="SOLVENCY_DISCLOSED does not point to a folder with sample.csv and score.py",
)

YUAN = 1e4  # the sample is in 万元
DISCOUNT_FROM = "2023-09-10"
BANDS = {  # lower edges in 万元 of the bands with coefficient 0.95 and 1
    "property": (100e4, 2000e4),
    "reinsurer": (100e4, 2000e4),
    "life": (500e4, 5000e4),
}
TYPES = {"property": "property", "life": "life", "reins": "reinsurer"}
MUTUALS = ("汇友互助", "中国渔业互助")
CAPTIVES = ("中石油专属", "广东能源自保")
TIERS = ["core_tier1", "core_tier2", "supplementary_tier1", "supplementary_tier2"]
ADJUSTMENTS = {
    "cap_adj_nonadmitted": "non_admitted_assets",
    "cap_adj_lt_equity": "long_term_equity_difference",
    "cap_adj_inv_property": "investment_property_appreciation",
    "cap_adj_dta": "deferred_tax_assets_deducted",
    "cap_adj_agri_cat_reserve": "agricultural_catastrophe_reserve",
    "cap_adj_future_surplus": "policy_future_surplus_core_tier1",
    "cap_adj_debt_instruments": "core_tier1_debt_instruments",
    "cap_adj_other": "other_adjustments",
}
CORE_TIER2_PARTS = {
    "cap_c2_preferred": "preference_shares",
    "cap_c2_future_surplus": "policy_future_surplus_core_tier2",
    "cap_c2_other": "other_core_tier2",
    "cap_c2_excess_deducted": "core_tier2_over_limit",
}
CAPITAL_DETAIL = {  # the sample's short names -> rows of S02
    "cap_core_tier1": "core_tier1",
    "cap_net_assets": "net_assets",
    "cap_adjustments": "net_asset_adjustments",
    **ADJUSTMENTS,
    "cap_core_tier2": "core_tier2",
    **CORE_TIER2_PARTS,
    "cap_supplementary_tier1": "supplementary_tier1",
    "cap_supplementary_tier2": "supplementary_tier2",
    "cap_actual_capital": "actual_capital",
}
CAPITAL_RESULTS = ("cap_core_tier1", "cap_adjustments", "cap_core_tier2", "cap_actual_capital")
RATIOS = ("core_ratio", "comprehensive_ratio")


class Scored(NamedTuple):
    table: pd.DataFrame
    failures: list[dict[str, Any]]
    rejects: pd.DataFrame


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("disclosed_score", FOLDER / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def keys(inputs: pd.DataFrame) -> pd.DataFrame:
    """The key columns of the input table; RangeIndex in the order of `inputs`."""
    segment, company = (inputs.index.get_level_values(level).to_series(index=range(len(inputs))) for level in (0, 1))
    organisation = np.select([company.isin(MUTUALS), company.isin(CAPTIVES)], ["mutual", "captive"], "ordinary")
    return pd.DataFrame(
        {
            "insurer": company,
            "insurer_type": segment.map(TYPES),
            "organisation": organisation,
            "as_of": inputs["period_end"].to_numpy(),
            "scenario": "base",
        }
    )


def size_coefficients(truth: pd.DataFrame, insurer_type: pd.Series) -> np.ndarray:
    """The coefficient of each row, NaN before the notice.

    By admitted assets, a stand-in for total assets, unless the disclosed row 1 of S05 over its own lines is another
    one of the three: admitted assets then lie in another band than total assets, or a transition policy holds.
    """
    assets = truth["admitted_assets"].to_numpy()
    low, high = (insurer_type.map(lambda kind, i=i: BANDS[kind][i]).to_numpy(dtype=float) for i in (0, 1))
    by_band = np.select([np.isnan(assets), assets < low, assets < high], [np.nan, 0.9, 0.95], 1.0)
    modules = ["life_insurance_mc", "nonlife_insurance_mc", "market_mc", "credit_mc"]
    lines = truth[modules].sum(axis=1) - truth["diversification"].fillna(0) - truth["loss_absorption"].fillna(0)
    disclosed = (truth["quantified_mc"].fillna(truth["minimum_capital"]) / lines.where(lines > 0)).to_numpy()
    choices = np.array([0.9, 0.95, 1.0])
    nearest = choices[np.abs(np.nan_to_num(disclosed, nan=1.0)[:, None] - choices).argmin(axis=1)]
    fits = np.abs(disclosed - nearest) < 1e-3
    coefficient = np.where(fits | np.isnan(by_band), nearest, by_band)
    return np.where(truth["period_end"].to_numpy() >= DISCOUNT_FROM, coefficient, np.nan)


def capital_requirement(inputs: pd.DataFrame, score: ModuleType) -> pd.DataFrame:
    """The rows of S05 a calculator may see. A module none of whose rows is disclosed is nil, so its zero is typed."""
    frame = pd.DataFrame(index=range(len(inputs)))
    from_modules = inputs[["quantified_mc", "minimum_capital"]].isna().all(axis=1).to_numpy()
    absorption = ["loss_absorption", "loss_absorption_uncapped", "loss_absorption_cap"]
    for total, (_, parts) in score.MODULES.items():
        for item in [total, *parts]:
            frame[item] = inputs[item].to_numpy()
        frame.loc[from_modules & frame[[total, *parts]].isna().all(axis=1).to_numpy(), total] = 0.0
    for item in (*absorption, "quantified_mc", "minimum_capital"):
        frame[item] = inputs[item].to_numpy()
    frame.loc[from_modules & frame[absorption].isna().all(axis=1).to_numpy(), "loss_absorption"] = 0.0
    frame["control_risk_mc"] = inputs["control_risk_mc"].fillna(0.0).to_numpy()
    frame["additional_capital"] = inputs["additional_capital"].fillna(0.0).to_numpy()
    return frame


def tier_totals(inputs: pd.DataFrame, truth: pd.DataFrame, score: ModuleType) -> pd.DataFrame:
    """The rows of S01 above minimum capital.

    Year-end rows can hold the tiers of one report beside the assets of another; the assets, only a check, are then
    left out.
    """
    frame = inputs[[*TIERS, "actual_capital", "admitted_assets", "admitted_liabilities"]].reset_index(drop=True)
    gap = frame["admitted_assets"] - frame["admitted_liabilities"] - frame[TIERS].sum(axis=1)
    allowed = 2 * score.printing_unit(truth).to_numpy()
    apart = frame["core_tier1"].notna() & (gap.abs() > allowed)
    frame.loc[apart, ["admitted_assets", "admitted_liabilities"]] = np.nan
    return frame


def capital_detail(inputs: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """The rows of S02, and a company's own limit on policy future surplus where the disclosed capital shows one."""
    frame = inputs[list(CAPITAL_DETAIL)].rename(columns=CAPITAL_DETAIL).reset_index(drop=True)
    core = (truth["cap_core_tier1"] + truth["cap_core_tier2"].fillna(0.0)).to_numpy()
    surplus = truth[["cap_adj_future_surplus", "cap_c2_future_surplus"]].sum(axis=1)
    surplus = surplus - truth["cap_c2_excess_deducted"].fillna(0.0)
    share = surplus.to_numpy() / np.where(core > 0, core, np.nan)
    limit = np.where(truth["period_end"].to_numpy() >= DISCOUNT_FROM, 0.40, 0.35)
    own = share > limit + 1e-4
    # Summaries do not print the granted limit. Where an excess is printed the limit binds and is the share itself;
    # elsewhere the next whole per cent above the share lets the share stand.
    binds = truth["cap_c2_excess_deducted"].fillna(0.0).to_numpy() > 0
    granted = np.where(binds, share, np.ceil(share * 100 - 1e-3) / 100)
    frame["future_surplus_limit"] = np.where(own, granted, np.nan)
    frame["relief_source"] = pd.Series(np.where(own, "limit shown by the disclosed core capital", None), dtype=object)
    return frame


def predictions(truth: pd.DataFrame, score: ModuleType) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The scorer's columns from two runs, one with tier totals and one with S02 in detail; and all rejected rows."""
    inputs = score.inputs(truth)
    named = keys(inputs)
    named["size_coefficient"] = size_coefficients(truth, named["insurer_type"])
    requirement = capital_requirement(inputs, score)
    answers = pd.DataFrame(np.nan, index=truth.index, columns=score.expected_columns)

    whole = pd.concat([named, requirement, tier_totals(inputs, truth, score)], axis=1)
    first = solvency.calculate(whole, unit="万元", on_error="reject")
    place = first.figures.index.to_numpy()
    for column in score.expected_columns:
        if column not in CAPITAL_RESULTS:
            scale = 1.0 if column in RATIOS else YUAN
            answers.iloc[place, answers.columns.get_loc(column)] = first.figures[column].to_numpy() / scale

    detailed = np.flatnonzero(truth["cap_core_tier1"].notna().to_numpy())
    parts = pd.concat([named, requirement, capital_detail(inputs, truth)], axis=1).iloc[detailed].reset_index(drop=True)
    second = solvency.calculate(parts, unit="万元", on_error="reject")
    place = detailed[second.figures.index.to_numpy()]
    capital = second.figures.copy()
    # The form has no row for an excess in core tier 1; one company prints it in row 2.4, where core tier 2 holds less.
    held = truth[[c for c in CORE_TIER2_PARTS if c != "cap_c2_excess_deducted"]].sum(axis=1)
    below = (truth["cap_c2_excess_deducted"] > held).to_numpy()[place]
    moved = np.where(below, capital["core_tier1_over_limit"], 0.0)
    capital["core_tier1"] += moved
    capital["core_tier2"] -= moved
    for column in CAPITAL_RESULTS:
        answers.iloc[place, answers.columns.get_loc(column)] = capital[CAPITAL_DETAIL[column]].to_numpy() / YUAN
    rejects = [run.rejects for run in (first, second) if run.rejects is not None]
    return answers, pd.concat(rejects) if rejects else pd.DataFrame()


@pytest.fixture(scope="module")
def scored() -> Scored:
    score = scorer()
    truth = score.load(FOLDER / "sample.csv")
    truth = truth[truth.index.get_level_values("segment") != "group"]  # groups follow rule 19
    answers, rejects = predictions(truth, score)
    failures: list[dict[str, Any]] = []
    table = score.compare(answers, truth, failures=failures)
    return Scored(table, failures, rejects)


def test_every_answered_cell_agrees(scored: Scored) -> None:
    lines = "\n".join(
        f"{f['company']} {f['period']} {f['field']}: {f['predicted']:.6f}, disclosed {f['disclosed']:.6f}"
        for f in scored.failures
    )
    assert not scored.failures, f"{len(scored.failures)} cells differ\n{lines}"


def test_nearly_every_scored_cell_is_answered(scored: Scored) -> None:
    share = scored.table["answered"].sum() / scored.table["scored"].sum()
    assert share >= 0.97, f"only {share:.2%} answered\n{scored.table.to_string()}\n{scored.rejects.to_string()}"


# --- the tier limits of article 41 on every disclosed row -----------------------------------------------------------------

ODD = {
    ("百年人寿", "2023Q1")
}  # core tier 2 below zero without its parts: 36.38% of policy future surplus stays, no limit known
SLACK = 5  # printed units: each of the parts is rounded, and 1/(1 − limit) of it arrives


def disclosed() -> tuple[pd.DataFrame, ModuleType]:
    score = scorer()
    truth = score.load(FOLDER / "sample.csv")
    return truth[truth.index.get_level_values("segment") != "group"], score


def test_the_limits_hold_in_every_disclosed_row() -> None:
    """S01 prints tiers after limits: each is within its limit, core tier 2 of mutuals excepted (rule 1, articles 41, 44)."""
    truth, score = disclosed()
    named = keys(truth)
    there = truth["core_tier1"].notna().to_numpy()
    frame = pd.concat([named, truth[TIERS].fillna(0.0).reset_index(drop=True).assign(minimum_capital=1.0)], axis=1)
    frame = frame[there].reset_index(drop=True)
    unit = score.printing_unit(truth)[there].to_numpy()
    lines = headroom(frame, unit="万元").set_index(["part", "row"])
    core = (frame["core_tier1"] + frame["core_tier2"]).to_numpy()
    positive = core > 0
    printed = {
        "core_tier2": frame["core_tier2"],
        "supplementary_tier1": frame["supplementary_tier1"] + frame["supplementary_tier2"],
        "supplementary_tier2": frame["supplementary_tier2"],
    }
    share = {"core_tier2": 0.30, "supplementary_tier1": 1.0, "supplementary_tier2": 0.25}
    mutual = frame["organisation"].eq("mutual").to_numpy()
    for part, amount in printed.items():
        exempt = mutual if part == "core_tier2" else np.zeros(len(frame), bool)
        over = amount.to_numpy() > share[part] * np.maximum(core, 0) + SLACK * unit
        assert not (over & ~exempt).any(), frame.loc[over & ~exempt, ["insurer", "as_of"]].to_string()
        assert lines.loc[part, "unlimited"].to_numpy(bool)[exempt].all()
        # a tier that stands at its limit has nothing left, one below it what the limit less the tier leaves
        at = (
            positive
            & ~exempt
            & (np.abs(amount.to_numpy() - share[part] * core) <= SLACK * unit)
            & (amount.to_numpy() > 0)
        )
        left = lines.loc[part, "amount"].to_numpy() / YUAN
        assert (left[at] <= 2 * SLACK * unit[at]).all()
        if part == "supplementary_tier1":
            below = positive & ~at
            assert (np.abs(left - (core - amount.to_numpy()))[below] <= SLACK * unit[below]).all()


def test_core_tiers_follow_from_the_parts_before_limits() -> None:
    """S02 prints the parts of core capital before limits: cut again, they are the disclosed tiers, in one of three ways.

    statutory: the limits in force. company: policy future surplus stays above them, so a limit granted to the company holds
    (2021 notice, item 3; summaries do not print it). moved: an excess of core tier 1 is printed in row 2.4 of core tier 2,
    which is then below zero; core capital is the same. Nothing is left over but cells the scorer lists as disclosure errors.
    """
    truth, score = disclosed()
    rows = np.flatnonzero((truth["cap_net_assets"].notna() & truth["cap_adjustments"].notna()).to_numpy())
    inputs = truth.iloc[rows]
    parts = capital_detail(inputs, inputs).drop(
        columns=["core_tier1", "core_tier2_over_limit", "supplementary_tier1", "supplementary_tier2", "actual_capital"]
    )
    detailed = parts[["preference_shares", "policy_future_surplus_core_tier2", "other_core_tier2"]].notna().any(axis=1)
    moved = parts["core_tier2"].fillna(0.0).lt(0)
    # what is booked below zero in core tier 2 is the excess; what stays shows the limit
    core = (inputs["cap_core_tier1"] + inputs["cap_core_tier2"].fillna(0.0)).to_numpy()
    stays = (inputs["cap_adj_future_surplus"].fillna(0.0) + inputs["cap_core_tier2"].fillna(0.0)).to_numpy() / np.where(
        core > 0, core, np.nan
    )
    granted = moved.to_numpy() & (stays > np.where(inputs["period_end"].to_numpy() >= DISCOUNT_FROM, 0.40, 0.35) + 1e-4)
    whole_per_cent = np.abs(stays * 100 - np.rint(stays * 100)) < 1e-2
    parts["future_surplus_limit"] = np.where(
        granted, np.where(whole_per_cent, stays, np.nan), parts["future_surplus_limit"]
    )
    parts["relief_source"] = np.where(
        parts["future_surplus_limit"].notna(), "limit shown by the disclosed core capital", None
    )
    parts["core_tier2"] = parts["core_tier2"].where(~detailed & ~moved)
    parts["net_asset_adjustments"] = np.nan
    frame = pd.concat([keys(inputs), parts.assign(minimum_capital=1.0)], axis=1)
    result = solvency.calculate(frame, unit="万元", on_error="reject")
    place = result.figures.index.to_numpy()
    wrong = score.load_exclusions()
    excluded = np.array([(*key, "cap_core_tier1") in wrong.index for key in inputs.index])
    assert excluded[np.setdiff1d(np.arange(len(rows)), place)].all(), result.rejects
    found, told = result.figures / YUAN, inputs.iloc[place]
    unit = score.printing_unit(inputs).to_numpy()[place]
    apart1 = found["core_tier1"].to_numpy() - told["cap_core_tier1"].to_numpy()
    apart2 = found["core_tier2"].to_numpy() - told["cap_core_tier2"].fillna(0.0).to_numpy()
    by_tier = (np.abs(apart1) <= SLACK * unit) & (np.abs(apart2) <= SLACK * unit)
    whole = np.abs(apart1 + apart2) <= SLACK * unit
    company = frame["future_surplus_limit"].notna().to_numpy()[place]
    classes = {
        "statutory": by_tier & ~company,
        "company": by_tier & company,
        "moved": whole & ~by_tier & moved.to_numpy()[place],
    }
    odd = np.array([key[1:] in ODD for key in told.index])
    explained = np.logical_or.reduce(list(classes.values())) | excluded[place] | odd
    left = told.index[~explained]
    assert explained.all(), f"{len(left)} rows are not explained: {list(left)}"
    bound = (
        classes["statutory"]
        & ((found["core_tier1_over_limit"] > unit) | (found["core_tier2_over_limit"] > unit)).to_numpy()
    )
    assert classes["statutory"].sum() >= 0.75 * len(place)
    assert bound.any(), "no row in which a statutory limit binds"
    print({name: int(mask.sum()) for name, mask in classes.items()}, "binding", int(bound.sum()), "of", len(rows))
