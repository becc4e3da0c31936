"""Thirty disclosed insurer-quarters: stacked in one table and each alone, the figures are the companies' own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import solvency

ROOT = Path(__file__).parent.parent
REAL = ROOT / "tests" / "real"
UNIT = "万元"
YUAN = 1e4  # yuan per 万元
RATIOS = ("core_ratio", "comprehensive_ratio")
TABLE = pd.read_csv(REAL / "insurer_quarters.csv")
EXPECTED = [name for name in TABLE.columns if name.startswith("expected_")]
INPUTS = TABLE.drop(columns=[*EXPECTED, "source"])
EXAMPLES: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "examples" / "build" / "real.yaml").read_text(encoding="utf-8")
)


def printed_unit(values: pd.Series) -> float:
    """The coarsest of 100, 1 and 0.01 万元 of which every amount is a multiple."""
    amounts = values.dropna().to_numpy(dtype=float)
    for unit in (100.0, 1.0):
        if np.allclose(amounts / unit, np.round(amounts / unit), rtol=0, atol=1e-6):
            return unit
    return 0.01


def differences(figures: pd.Series, disclosed: pd.Series) -> list[str]:
    """The figures of one row (yuan) that are further from the disclosed ones (万元) than 1e-4 or two printed units."""
    disclosed = disclosed.dropna().astype(float)
    unit = printed_unit(disclosed.drop(labels=list(RATIOS), errors="ignore"))
    found = []
    for item, value in disclosed.items():
        is_ratio = item in RATIOS
        result = float(figures[item]) / (1.0 if is_ratio else YUAN)
        allowed = max(1e-4 * abs(value), 2 * (1e-4 if is_ratio else unit))
        if not abs(result - value) <= allowed:  # also true for NaN
            found.append(f"{item}: computed {result:.6f}, disclosed {value:.6f}")
    return found


def disclosed_of(row: int) -> pd.Series:
    return TABLE.loc[row, EXPECTED].rename(lambda name: name.removeprefix("expected_"))


@pytest.fixture(scope="module")
def stacked() -> Any:
    return solvency.calculate(INPUTS, unit=UNIT)


def test_rows_cover_types_sizes_and_both_rulebooks() -> None:
    assert len(TABLE) >= 24
    assert set(TABLE["insurer_type"]) == {"property", "life", "reinsurer"}
    assert set(TABLE["organisation"]) == {"ordinary", "mutual", "captive"}
    after = TABLE["as_of"] >= "2023-09-10"
    assert after.any()
    assert not after.all()
    assert TABLE.loc[~after, "size_coefficient"].isna().all()
    assert set(TABLE.loc[after, "size_coefficient"]) == {0.9, 0.95, 1.0}
    assert (TABLE["expected_core_ratio"] < 0.5).any()
    assert (TABLE["expected_actual_capital"] < 0).any()
    assert (TABLE["control_risk_mc"] < 0).any()


def test_stacked_rows_give_the_disclosed_figures(stacked: Any) -> None:
    assert list(stacked.figures.index) == list(range(len(TABLE)))
    found = {
        f"{TABLE.at[row, 'insurer']} {TABLE.at[row, 'as_of']}": faults
        for row in range(len(TABLE))
        if (faults := differences(stacked.figures.loc[row], disclosed_of(row)))
    }
    assert not found


@pytest.mark.parametrize("row", range(len(TABLE)), ids=(TABLE["insurer"] + "-" + TABLE["as_of"]).tolist())
def test_each_row_alone_gives_the_disclosed_figures(row: int, stacked: Any) -> None:
    alone = solvency.calculate(INPUTS.iloc[[row]].reset_index(drop=True), unit=UNIT).figures.iloc[0]
    assert differences(alone, disclosed_of(row)) == []
    together = stacked.figures.loc[row]
    items = alone.index.intersection(together.index)
    np.testing.assert_allclose(
        alone[items].to_numpy(dtype=float), together[items].to_numpy(dtype=float), rtol=1e-12, atol=1e-3, equal_nan=True
    )


def test_compliance_follows_the_disclosed_ratios(stacked: Any) -> None:
    fails = (TABLE["expected_core_ratio"] < 0.5) | (TABLE["expected_comprehensive_ratio"] < 1.0)
    compliant = stacked.status["compliant"]
    assert [value is False for value in compliant] == fails.tolist()


@pytest.mark.parametrize("stem", EXAMPLES)
def test_examples_give_the_disclosed_figures(stem: str) -> None:
    example = EXAMPLES[stem]
    keys = ("insurer", "insurer_type", "organisation", "as_of", "size_coefficient")
    frame = pd.DataFrame([{key: example[key] for key in keys if key in example} | example["inputs"]])
    result = solvency.calculate(frame, unit=example["unit"])
    assert differences(result.figures.iloc[0], pd.Series(example["disclosed"])) == []


def test_examples_are_rows_of_the_table() -> None:
    for example in EXAMPLES.values():
        row = TABLE[(TABLE["insurer"] == example["insurer"]) & (TABLE["as_of"] == example["as_of"])]
        assert len(row) == 1
        assert date.fromisoformat(example["as_of"])
        values = row.iloc[0]
        assert values["source"] == example["source"]
        for item, value in example["inputs"].items():
            assert values[item] == value
        for item, value in example["disclosed"].items():
            assert values[f"expected_{item}"] == value
