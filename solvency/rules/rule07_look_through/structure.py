"""The structure of products: chains of any depth, layers, shares, cycles (rule 7, articles 9, 16, 18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from solvency.rules.frame import Array


@dataclass(frozen=True, eq=False)
class Matched:
    """index: of the product of each row, -1 for none. duplicates: products whose id another one of the case has too."""

    index: Array
    duplicates: Array


@dataclass(frozen=True, eq=False)
class Structure:
    """Of n products: `top` (index of the directly held one), `layers` (n, from the surface down to the product itself),
    `share` (what the insurer holds of what lies under it), `cyclic` (in a circle, or under one)."""

    top: Array
    layers: Array
    share: Array
    cyclic: Array


def match_ids(case_of_rows: Array, id_of_rows: Any, case_of_products: Array, id_of_products: Array) -> Matched:
    """The product of the same case whose id a row names; None or NaN name none. Of doubled ids the first counts.

    case_*: integers; id_*: texts, shapes (rows,) and (products,); id_of_rows may be a categorical.
    """
    named, names = pd.factorize(pd.Series(id_of_products, dtype=object))
    ids = (
        pd.Categorical(id_of_rows)
        if isinstance(id_of_rows, pd.Series)
        else pd.Categorical(pd.Series(id_of_rows, dtype=object))
    )
    code = np.append(names.get_indexer(ids.categories), -1)[ids.codes]
    width = len(names) + 1
    keys = pd.Series(case_of_products.astype(np.int64) * width + named)
    first = np.flatnonzero(~keys.duplicated().to_numpy() & (named >= 0))
    found = pd.Index(keys.to_numpy()[first]).get_indexer(case_of_rows.astype(np.int64) * width + code)
    index = np.where(code >= 0, np.append(first, -1)[found], -1)
    return Matched(index, keys.duplicated(keep=False).to_numpy() & (named >= 0))


def resolve(parent: Array, share: Array, given_layers: Array) -> Structure:
    """The chains of products, level by level from the surface down (article 9: as deep as they go).

    parent: index, or -1 for a product held directly. share: the part of each product that its holder has. given_layers: n
    of a product whose middle layers are not listed, counted from the surface; NaN otherwise. Shapes (n,).
    """
    size = len(parent)
    direct = parent < 0
    top = np.where(direct, np.arange(size), -1)
    layers = np.where(direct, np.where(np.isnan(given_layers), 1.0, given_layers), 0.0)
    held = np.where(direct, share, 0.0)
    known = direct.copy()
    while True:
        # the products whose parent was reached on the level before
        reach = ~known & known[parent]
        if not reach.any():
            break
        above = parent[reach]
        top[reach] = top[above]
        layers[reach] = np.where(np.isnan(given_layers[reach]), layers[above] + 1, given_layers[reach])
        held[reach] = share[reach] * held[above]
        known = known | reach
    return Structure(np.where(known, top, np.arange(size)), layers, held, ~known)


def layer_coefficient(layers: Array, debt: Array, step: float) -> Array:
    """Kp of what lies under n layers: (n − 1) × step under a debt product, n × step under others (article 18)."""
    return np.asarray(np.where(debt, layers - 1, layers) * step)
