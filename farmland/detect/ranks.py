"""Quantiles of a few looks: called by the hundred for every parcel, so without numpy's ceremony.

Dims: n = numbers, g = parcels, t = looks, s = shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farmland.kernels import ranks


def quantile(values: ArrayLike, share: float) -> float:
    """Quantile of numbers (n,), linear between ranks; NaN is passed over, and NaN is none's."""
    return ranks.quantile(np.ascontiguousarray(values, np.float64), share)


def by_row(values: NDArray[np.float32], *shares: float) -> NDArray[np.float64]:
    """Quantiles (g, s) of each row of (g, t); NaN as in :func:`quantile`."""
    rows = np.ascontiguousarray(values, np.float32)
    return ranks.by_row(rows, np.array(shares, np.float64))


def median(values: ArrayLike) -> float:
    """Median of numbers (n,); NaN is passed over, and NaN is none's."""
    return quantile(values, 0.5)


def medians(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Medians (...) over the first axis of numbers (p, ...); NaN as in :func:`median`."""
    flat = np.ascontiguousarray(values, np.float64).reshape(values.shape[0], -1)
    return ranks.medians(flat).reshape(values.shape[1:])
