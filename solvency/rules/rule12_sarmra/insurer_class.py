"""Rule 12, article 6: insurers of class I and class II."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.frame import Array, Mask, missing

CLASS_1, CLASS_2, UNKNOWN = 1, 2, 0


def insurer_class(foreign_branch: Mask, criteria_met: Sequence[tuple[Mask, Mask]], wanted: int) -> Array:
    """The class of n insurers: 1 where `wanted` of the criteria are met, else 2; 0 where that is open.

    criteria_met: each criterion as (met, known); one that is not known may turn out either way. A branch of a foreign
    insurer is of class II.
    """
    met = sum((m & k).astype(int) for m, k in criteria_met)
    unknown = sum((~k).astype(int) for _, k in criteria_met)
    found = np.where(met >= wanted, CLASS_1, np.where(met + unknown < wanted, CLASS_2, UNKNOWN))
    return np.where(foreign_branch, CLASS_2, found)


def criteria(
    company: pd.DataFrame, as_of: Array, insurer_type: str, rulebook: Rulebook
) -> dict[str, tuple[Mask, Mask]]:
    """The three criteria of n insurers of one type ("" where it is not known), each as (met, known).

    company: `established` (datetime64), `signed_premium`, `year_end_assets` (CNY), `provincial_branches`. as_of: n days.
    Premium or assets above their line are enough; both have to be known for neither to be.
    """
    years = pd.DateOffset(years=int(rulebook.value("insurer_class.years")))
    founded = pd.to_datetime(company["established"])
    old = (founded + years).to_numpy().astype("datetime64[D]") < as_of.astype("datetime64[D]")
    premium, assets = company["signed_premium"].to_numpy(), company["year_end_assets"].to_numpy()
    branches = company["provincial_branches"].to_numpy()
    lines = [rulebook.rows(f"insurer_class.{name}").get(insurer_type, np.nan) for name in ("premium", "assets")]
    large = (premium > lines[0]) | (assets > lines[1])
    wide = branches > rulebook.value("insurer_class.branches")
    return {
        "established": (old & founded.notna().to_numpy(), founded.notna().to_numpy()),
        "signed_premium": (large, large | ~(missing(premium) | missing(assets) | np.isnan(lines[0]))),
        "provincial_branches": (wide, ~missing(branches)),
    }
