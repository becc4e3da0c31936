"""Reverse stress test (rule 10, articles 4, 30-32): the move of one factor at which the comprehensive ratio is at its target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from solvency.rules.frame import Array, Mask

Positions = npt.NDArray[np.intp]
BLOCK = 256  # rows searched at a time, to bound memory
STEPS = 200  # the range is searched from no move outwards, so that the first crossing is the one found
# how far a factor can move in the adverse direction: (how, direction) -> largest move
LARGEST: dict[tuple[str, int], float] = {
    ("multiply", -1): -1.0,  # to nothing
    ("multiply", 1): 9.0,  # to ten times
    ("set", 1): 1.0,  # everything is lost
    ("add", 1): 0.2,  # 2000 basis points, either way
    ("add", -1): -0.2,
}


def reverse(
    ratio: Callable[[Array, Positions], Array], base: Array, target: float, largest: float
) -> tuple[Array, Mask]:
    """The smallest move at which each of n rows reaches the target, all rows at once.

    ratio(moves, positions): the comprehensive ratio of rows `positions` after `moves`, same shapes. base: (n,) without
    a move. Returns (move, reached); NaN where not reached between no move and `largest`, or the base is below already.
    """
    from scipy.optimize.elementwise import find_root

    n = len(base)
    move = np.where(base == target, 0.0, np.nan)
    start = np.flatnonzero(base > target)
    grid = np.linspace(0.0, largest, STEPS + 1)
    values = np.full((len(start), len(grid)), np.nan)
    for block in np.array_split(np.arange(len(start)), max(1, len(start) // BLOCK)):
        at = np.broadcast_to(grid, (len(block), len(grid)))
        values[block] = ratio(at.ravel(), np.repeat(start[block], len(grid))).reshape(at.shape)
    crossed = np.asarray(values <= target, bool)
    found = crossed.any(axis=1)
    first = np.where(found, crossed.argmax(axis=1), 1)
    positions, first = start[found], first[found]
    # a figure that is not available just before the crossing leaves nothing to search
    usable = ~np.isnan(values[found, first - 1])
    positions, first = positions[usable], first[usable]
    if len(positions):

        def gap(moves: Array, rows: Array) -> Array:
            flat = ratio(np.ravel(moves), np.ravel(rows).astype(np.intp))
            return np.reshape(flat, np.shape(moves)) - target

        result = find_root(gap, (grid[first - 1], grid[first]), args=(positions,))
        move[positions] = np.where(result.success, result.x, np.nan)
    return move, np.asarray(~np.isnan(move), bool).reshape(n)
