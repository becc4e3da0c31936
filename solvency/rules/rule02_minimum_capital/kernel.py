"""The array kernels of rule 2: from 13 sub-risks to every row of S05, and the matrices they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solvency.regulation.rulebook import Rulebook
from solvency.rules.aggregate import CHUNK, aggregate
from solvency.rules.frame import Array
from solvency.tables.spec import DIVERSIFICATION, MODULES

NONLIFE = "nonlife_insurance_mc"


@dataclass(frozen=True)
class Matrices:
    """The correlation matrices of one type of insurer, in the order of S05."""

    modules: tuple[Array, ...]
    quantified: Array  # 4 × 4; a module the type does not have stands alone and must be zero
    present: tuple[bool, ...]


def matrices(rulebook: Rulebook, insurer_type: str) -> Matrices:
    """The matrices in force for a type of insurer (rule 2, articles 16-18; rules 4, 5, 6, 8, 9)."""
    names = {module: f"{module}.correlation" for module in MODULES}
    own = f"nonlife_insurance_mc.correlation.{insurer_type}"
    if rulebook.has(own):
        names["nonlife_insurance_mc"] = own
    top = f"quantified_mc.correlation.{insurer_type}"
    labels = rulebook.correlation_labels(top)
    number: Any = rulebook.correlation(top, labels)
    quantified = np.zeros((len(MODULES), len(MODULES)), dtype=number.dtype)
    order = [list(MODULES).index(label) for label in labels]
    quantified[np.ix_(order, order)] = number
    return Matrices(
        tuple(rulebook.correlation(names[module], items) for module, items in MODULES.items()),
        quantified,
        tuple(module in labels for module in MODULES),
    )


def quantified_rows(
    sub_risks: Sequence[Array] | Array,
    matrices: Matrices,
    loss_absorption: Array | float = 0,
    size_coefficient: Array | float = 1,
    control_risk_factor: Array | float = 0,
    additional_capital: Array | float = 0,
    technology_coefficient: Array | float = 1,
) -> dict[str, Array]:
    """The kernel: all computed rows of S05 from the 13 sub-risks (rule 2, articles 5, 15, 20; 2023 notice, item 1).

    sub_risks: 13 arrays of n amounts, or (13, n), in the order of S05. The other figures: one number or (n,). The technology
    coefficient (rule 4, article 55) acts on non-life insurance risk; its diversification line takes in what it saves.
    Returns (n,) arrays by line-item name. Pure arithmetic on complete figures: no NaN handling, no checks.
    """
    n = len(sub_risks[0])
    kind = object if sub_risks[0].dtype == object else float
    names = [
        *MODULES,
        *DIVERSIFICATION.values(),
        "diversification",
        "quantified_mc",
        "control_risk_mc",
        "minimum_capital",
    ]
    out: dict[str, Array] = {name: np.empty(n, dtype=kind) for name in names}
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        la, size, q, additional, technology = (
            x[part] if isinstance(x, np.ndarray) and x.ndim else x
            for x in (
                loss_absorption,
                size_coefficient,
                control_risk_factor,
                additional_capital,
                technology_coefficient,
            )
        )
        block = np.array([x[part] for x in sub_risks])
        totals = np.empty((len(MODULES), block.shape[1]), dtype=kind)
        low = 0
        for i, (module, items) in enumerate(MODULES.items()):
            amounts = block[low : low + len(items)]
            low += len(items)
            totals[i] = aggregate(amounts, matrices.modules[i])
            if module == NONLIFE:
                totals[i] = totals[i] * technology
            out[module][part] = totals[i]
            out[DIVERSIFICATION[module]][part] = amounts.sum(axis=0) - totals[i]
        diversified = aggregate(totals, matrices.quantified)
        quantified = size * (diversified - la)
        out["diversification"][part] = totals.sum(axis=0) - diversified
        out["quantified_mc"][part] = quantified
        control = q * quantified
        out["control_risk_mc"][part] = control
        out["minimum_capital"][part] = quantified + control + additional
    return out


def total_minimum_capital(
    sub_risks: Sequence[Array] | Array, matrices: Matrices, loss_absorption: Array | float = 0
) -> Array:
    """The kernel without the rows between: √(v·M·vᵀ) − loss absorption of every column, (n,)."""
    n = len(sub_risks[0])
    out = np.empty(n)
    bounds = np.cumsum([0, *(len(items) for items in MODULES.values())])
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        block = np.array([x[part] for x in sub_risks])
        totals = np.empty((len(MODULES), block.shape[1]))
        for i, matrix in enumerate(matrices.modules):
            totals[i] = aggregate(block[bounds[i] : bounds[i + 1]], matrix)
        la = loss_absorption[part] if isinstance(loss_absorption, np.ndarray) else loss_absorption
        out[part] = aggregate(totals, matrices.quantified) - la
    return out
