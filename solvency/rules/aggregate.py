"""Aggregation with correlation matrices: √(v·M·vᵀ), its Euler and its marginal contributions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

CHUNK = 16_384  # columns at a time: small enough to stay in the cache, large enough to hide the call


def aggregate(amounts: Array, correlation: Array) -> Array:
    """√(v·M·vᵀ) of every column (rule 2, article 15; rules 4 to 9 with their own matrices).

    amounts: (k, n); correlation: (k, k) in the same order. Returns (n,). Works on float and on Decimal objects.
    """
    square = ((correlation @ amounts) * amounts).sum(axis=0)
    return root(square)


def root(square: Array) -> Array:
    """Square root, with the tiny negative numbers of rounding taken as zero."""
    zero: Any = square.dtype.type(0) if square.dtype != object else Decimal(0)
    return np.asarray(np.sqrt(np.maximum(square, zero)))


def euler(amounts: Array, correlation: Array, total: Array) -> Array:
    """How much of the total each amount carries: vᵢ·(M·v)ᵢ/total, zero where the total is zero.

    amounts: (k, n); total: (n,). Returns (k, n); the columns sum to `total`.
    """
    safe = np.where(total > 0, total, 1.0)
    return np.where(total > 0, amounts * (correlation @ amounts) / safe, 0.0)


def marginal(amounts: Array, correlation: Array, total: Array) -> Array:
    """By how much the total falls when one amount is taken away. Returns (k, n)."""
    # taking v_i away removes 2·v_i·(M·v)_i − v_i² from v·M·vᵀ, the diagonal being 1
    left = total**2 - 2 * amounts * (correlation @ amounts) + amounts**2
    return np.asarray(total - np.sqrt(np.maximum(left, 0.0)))
