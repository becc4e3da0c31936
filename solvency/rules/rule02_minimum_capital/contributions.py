"""How much of minimum capital each sub-risk carries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import aggregate, euler, marginal
from solvency.rules.rule02_minimum_capital.kernel import matrices
from solvency.tables.spec import MODULES, SUB_RISKS


def contributions(figures: pd.DataFrame, rulebook: Rulebook, insurer_type: str) -> pd.DataFrame:
    """How much of minimum capital each sub-risk carries, through both levels, loss absorption and size coefficient.

    figures: n rows of one type with the rows of S05. Returns a long frame: `position`, `item`, `amount`, `euler`,
    `marginal` (yuan). Euler adds up to `minimum_capital`: a sub-risk's share of the diversified total is scaled by
    size coefficient × (1 + control-risk factor in effect); loss absorption, additional capital and relief are lines of their own.
    """
    numbers = matrices(rulebook, insurer_type)
    sub = np.array([figures[item].fillna(0.0).to_numpy(float) for item in SUB_RISKS])
    given = np.array([figures[module].fillna(0.0).to_numpy(float) for module in MODULES])
    size = figures["size_coefficient"].fillna(1.0).to_numpy(float)
    quantified = figures["quantified_mc"].fillna(0.0).to_numpy(float)
    control = figures["control_risk_mc"].fillna(0.0).to_numpy(float)
    factor = size * (1 + np.where(quantified != 0, control / np.where(quantified != 0, quantified, 1.0), 0.0))
    total = aggregate(given, numbers.quantified)
    top = euler(given, numbers.quantified, total)
    frames = []
    low = 0
    for i, (module, items) in enumerate(MODULES.items()):
        amounts = sub[low : low + len(items)]
        low += len(items)
        whole = aggregate(amounts, numbers.modules[i])
        share = euler(amounts, numbers.modules[i], whole) / np.where(whole > 0, whole, 1.0)
        detail = whole > 0
        rest = whole - marginal(amounts, numbers.modules[i], whole)
        for j, item in enumerate(items):
            lesser = given.copy()
            # a coefficient on the module (rule 4, article 55) scales what is left
            lesser[i] = np.where(detail, rest[j] * given[i] / np.where(detail, whole, 1.0), given[i])
            without = aggregate(lesser, numbers.quantified)
            frames.append((item, amounts[j], factor * top[i] * share[j], factor * (total - without)))
        # a module typed as a total has no parts to share it out to
        only_total = np.where(detail, 0.0, given[i])
        lesser = given.copy()
        lesser[i] = np.where(detail, given[i], 0.0)
        frames.append((module, only_total, np.where(detail, 0.0, factor * top[i]),
                       factor * (total - aggregate(lesser, numbers.quantified))))  # fmt: skip
    la = figures["loss_absorption"].fillna(0.0).to_numpy(float)
    additional = figures["additional_capital"].fillna(0.0).to_numpy(float)
    frames.append(("loss_absorption", -la, -factor * la, -factor * la))
    frames.append(("additional_capital", additional, additional, additional))
    explained = sum((line[2] for line in frames), start=np.zeros(len(figures)))
    other = figures["minimum_capital"].to_numpy(float) - explained
    frames.append(("not_allocated", other, other, other))
    position = np.arange(len(figures))
    long = pd.concat(
        [
            pd.DataFrame({"position": position, "item": n, "amount": a, "euler": e, "marginal": m})
            for n, a, e, m in frames
        ],
        ignore_index=True,
    )
    return long.sort_values("position", kind="stable", ignore_index=True)
