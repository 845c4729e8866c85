"""Quantiles of a few numbers. Dims: n = numbers."""

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
    known = np.empty(values.size, np.float64)
    count = 0
    for n in range(values.size):
        if not math.isnan(values[n]):
            known[count] = values[n]
            count += 1
    if count == 0:
        return math.nan
    ordered = np.sort(known[:count])
    position = share * (count - 1)
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
