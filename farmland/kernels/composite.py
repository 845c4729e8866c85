"""One image, or one row of a table, from many looks: medians, quantiles, maxima, counts.

Dims: t = looks, n = pixels or parcels. Values are float32, NaN = missing; NaN in the answer where
no look has a value. Blocks of pixels stay in the first cache while their looks are worked on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.centre import geometric_median, medoid
from farmland.kernels.network import comparators, sort

__all__ = [
    "NEVER",
    "counts",
    "geometric_median",
    "maximum",
    "median",
    "medoid",
    "quantile",
]

LANES = 256
"""Pixels sorted side by side."""

NEVER = -1
"""In place of the number of a look: none has a value."""


@compiled
def median(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Write the median of values (t, n) along t into out (n,), as ``numpy.nanmedian``."""
    looks = values.shape[0]
    network, rows, fill, held = _room(looks)
    for start in range(0, out.size, LANES):
        end = min(start + LANES, out.size)
        _begin(fill, held)
        for t in range(looks):
            _take(values[t, start:end], rows[t], fill, held)
        sort(network, rows)
        _middle(rows, held, out[start:end])


Room = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]


@compiled
def _room(looks: int) -> Room:
    """Network of the middle ranks, rows to sort, what stands in for missing, and counts."""
    network = comparators(looks, max(0, looks // 2 - 1), looks // 2)
    rows = np.zeros((max(1, looks), LANES), np.float32)
    return network, rows, np.empty(LANES, np.float32), np.empty(LANES, np.int32)


@compiled
def _begin(fill: NDArray[np.float32], held: NDArray[np.int32]) -> None:
    for i in range(LANES):
        fill[i], held[i] = np.inf, 0


@compiled
def _take(
    values: NDArray[np.float32],
    row: NDArray[np.float32],
    fill: NDArray[np.float32],
    held: NDArray[np.int32],
) -> None:
    """Copy the values of one look; what is missing goes above and below all others by turns.

    So the median stays in the middle, whatever is missing, and only the middle must be sorted.
    """
    for i in range(values.size):
        good = values[i] == values[i]
        row[i] = values[i] if good else fill[i]
        fill[i] = fill[i] if good else -fill[i]
        held[i] += np.int32(good)


@compiled
def _middle(rows: NDArray[np.float32], held: NDArray[np.int32], out: NDArray[np.float32]) -> None:
    """The middle of sorted rows (t, n), or the mean of both middles where the count is even."""
    looks = rows.shape[0]
    lower, upper = rows[max(0, looks // 2 - 1)], rows[looks // 2]
    only = upper if looks % 2 else lower
    for i in range(out.size):
        value = only[i] if held[i] % 2 else (lower[i] + upper[i]) * np.float32(0.5)
        out[i] = value if held[i] else np.float32(np.nan)


@compiled
def quantile(values: NDArray[np.float32], q: float, out: NDArray[np.float32]) -> None:
    """Write the quantile ``q`` (0 to 1) of values (t, n) along t into out (n,).

    Between two values it is linear, as ``numpy.nanquantile``.
    """
    looks = values.shape[0]
    network = comparators(looks, 0, looks - 1)
    rows, held = np.zeros((max(1, looks), LANES), np.float32), np.empty(LANES, np.int32)
    for start in range(0, out.size, LANES):
        end = min(start + LANES, out.size)
        held[:] = 0
        for t in range(looks):
            look, row = values[t, start:end], rows[t]
            for i in range(end - start):
                good = look[i] == look[i]
                row[i] = look[i] if good else np.float32(np.inf)
                held[i] += np.int32(good)
        sort(network, rows)
        for i in range(end - start):
            out[start + i] = _between(rows, i, held[i], q)


@compiled
def _between(rows: NDArray[np.float32], i: int, held: int, q: float) -> np.float32:
    """Quantile of the ``held`` lowest values of one lane of sorted rows."""
    if held == 0:
        return np.float32(np.nan)
    place = (held - 1) * q
    below = int(place)
    part = place - below
    low, high = rows[below, i], rows[min(below + 1, held - 1), i]
    rise = high - low
    return np.float32(high - rise * (1 - part) if part >= 0.5 else low + rise * part)


@compiled
def maximum(values: NDArray[np.float32], out: NDArray[np.float32], when: NDArray[np.int16]) -> None:
    """Write the largest of values (t, n) along t into out (n,) and its look into when (n,).

    The first of equals; :data:`NEVER` where no look has a value.
    """
    for start in range(0, out.size, LANES):
        end = min(start + LANES, out.size)
        best, at = out[start:end], when[start:end]
        best[:], at[:] = np.nan, NEVER
        for t in range(values.shape[0]):
            _raise(values[t, start:end], t, best, at)


@compiled
def _raise(
    values: NDArray[np.float32], t: int, best: NDArray[np.float32], at: NDArray[np.int16]
) -> None:
    """Take the values of look ``t`` that are larger than the best, or the first."""
    for i in range(values.size):
        better = (values[i] > best[i]) | ((at[i] == NEVER) & (values[i] == values[i]))
        best[i] = values[i] if better else best[i]
        at[i] = np.int16(t) if better else at[i]


@compiled
def counts(values: NDArray[np.float32], out: NDArray[np.int16]) -> None:
    """Write how many looks of values (t, n) have a value into out (n,)."""
    for start in range(0, out.size, LANES):
        end = min(start + LANES, out.size)
        held = out[start:end]
        held[:] = 0
        for t in range(values.shape[0]):
            look = values[t, start:end]
            for i in range(look.size):
                held[i] += np.int16(look[i] == look[i])
