"""Which row of some inputs is the same insurer one quarter before (rule 11, article 21: how the ratios change)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.frame import Array

BASE = "base"


def quarters(days: pd.Series) -> Array:
    """The number of the quarter each day lies in; -1 without a day."""
    periods = pd.PeriodIndex(pd.to_datetime(days), freq="Q")
    return np.where(periods.isna(), -1, periods.asi8)


def last_quarter(keys: pd.DataFrame, others: pd.DataFrame) -> Array:
    """For each of n rows the place in `others` of the same insurer and scenario one quarter before, -1 without one.

    keys, others: `insurer`, `scenario`, `as_of`. A scenario that was not there a quarter ago is measured against the base; of several
    days in a quarter the last one counts.
    """
    wanted = pd.DataFrame(
        {
            "insurer": keys["insurer"].astype(object),
            "scenario": keys["scenario"].astype(object),
            "quarter": quarters(keys["as_of"]) - 1,
        }
    )
    there = pd.DataFrame(
        {"insurer": others["insurer"].astype(object).to_numpy(), "scenario": others["scenario"].astype(object).to_numpy(),
         "quarter": quarters(others["as_of"]), "as_of": pd.to_datetime(others["as_of"]).to_numpy(), "place": np.arange(len(others))}
    ).sort_values("as_of", kind="stable")  # fmt: skip
    there = there[there["quarter"] >= 0].drop_duplicates(["insurer", "scenario", "quarter"], keep="last")
    found = wanted.reset_index(drop=True).merge(there, on=["insurer", "scenario", "quarter"], how="left")["place"]
    base = wanted.assign(scenario=BASE).reset_index(drop=True)
    instead = base.merge(there, on=["insurer", "scenario", "quarter"], how="left")["place"]
    return np.where(quarters(keys["as_of"]) < 0, -1, found.fillna(instead).fillna(-1).to_numpy(dtype=int))
