"""Quantiles of a few numbers. Dims: n = numbers, s = shares, g = parcels, t = looks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def quantile(values: NDArray[np.float64], share: float) -> float:
    """Quantile of (n,), linear between ranks (Hyndman and Fan 1996, definition 7).

    NaN is passed over; of nothing else the answer is NaN.
    """
    return _at(_ordered(values), share)


@compiled
def by_row(values: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles (g, s) of each row of (g, t), as :func:`quantile`."""
    out = np.empty((values.shape[0], shares.size), np.float64)
    for g in range(values.shape[0]):
        ordered = _ordered(values[g])
        for s in range(shares.size):
            out[g, s] = _at(ordered, shares[s])
    return out


@compiled
def _ordered(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The numbers among (n,), ascending."""
    known = np.empty(values.size, np.float64)
    count = 0
    for n in range(values.size):
        if not math.isnan(values[n]):
            known[count] = values[n]
            count += 1
    return np.sort(known[:count])


@compiled
def _at(ordered: NDArray[np.float64], share: float) -> float:
    """Quantile of ascending numbers (n,); NaN without one."""
    if ordered.size == 0:
        return math.nan
    position = share * (ordered.size - 1)
    below = int(position)
    if position == below:
        return float(ordered[below])
    return float(ordered[below] + (position - below) * (ordered[below + 1] - ordered[below]))


@compiled
def medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median (n,) of each column of (p, n); NaN is passed over, and of nothing else the answer."""
    rows, columns = values.shape
    out = np.empty(columns, np.float64)
    column = np.empty(rows, np.float64)
    for n in range(columns):
        column[:] = values[:, n]
        out[n] = quantile(column, 0.5)
    return out
