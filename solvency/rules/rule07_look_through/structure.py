"""The structure of products: chains of any depth, layers, shares, cycles (rule 7, articles 9, 16, 18)."""

from __future__ import annotations

from dataclasses import dataclass

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


def match_ids(case_of_rows: Array, id_of_rows: Array, case_of_products: Array, id_of_products: Array) -> Matched:
    """The product of the same case whose id a row names; None or NaN name none. Of doubled ids the first counts.

    case_*: integers; id_*: texts, shapes (rows,) and (products,).
    """
    size = len(id_of_products)
    codes = pd.factorize(np.concatenate([id_of_products, id_of_rows]).astype(object))[0].astype(np.int64)
    width = int(codes.max(initial=-1)) + 2
    keys = case_of_products.astype(np.int64) * width + codes[:size]
    wanted = case_of_rows.astype(np.int64) * width + codes[size:]
    duplicates = pd.Series(keys).duplicated(keep=False).to_numpy()
    if not size:
        return Matched(np.full(len(wanted), -1), duplicates)
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], wanted), size - 1)
    found = order[place]
    return Matched(np.where((codes[size:] >= 0) & (keys[found] == wanted), found, -1), duplicates)


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
