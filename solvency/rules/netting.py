"""Claims and debts of one counterparty taken together (rule 9, articles 22, 27, 30, 33)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.rules.frame import Array


def net_by_counterparty(case: Array, counterparty: Array, amount: Array) -> Array:
    """The net claim on each counterparty, not below zero, handed back to its rows that are claims, in proportion.

    case, counterparty: integers; amount: CNY, negative for a debt; shapes (n,). The exposures of a counterparty add up to
    max(sum of its amounts, 0).
    """
    codes = pd.MultiIndex.from_arrays([case, counterparty])
    group = pd.factorize(codes)[0]
    claims = np.maximum(amount, 0)
    net = np.maximum(np.bincount(group, weights=amount), 0)
    gross = np.bincount(group, weights=claims)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(gross > 0, net / gross, 0.0)
    return np.asarray(claims * part[group])
