"""Squared distances of one spectrum to many others at once.

Dims: f = features, n = spectra. The others are laid (f, n), so that the processor takes several of
them in one step; single precision, for noise units want no more. Places are counted unsigned: the
compiler then need not look for negative ones.
"""

from __future__ import annotations

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.spectral import FEATURES


@compiled
def square(spectrum: NDArray[np.float32], others: NDArray[np.float32], n: int) -> np.float32:
    """Squared distance of (f,) to column ``n`` of (f, n).

    The number of features is fixed, so that the sum stays in a register.
    """
    total = np.float32(0)
    for f in range(FEATURES):
        step = others[f, n] - spectrum[f]
        total += step * step
    return total


@compiled
def squares(
    spectrum: NDArray[np.float32],
    others: NDArray[np.float32],
    begin: int,
    end: int,
    out: NDArray[np.float32],
) -> None:
    """Write those to columns ``begin`` to ``end - 1`` of (f, n) into ``out``, from its start on."""
    for n in range(uint64(end - begin)):
        out[n] = square(spectrum, others, uint64(begin) + n)


@compiled
def within(
    spectrum: NDArray[np.float32],
    others: NDArray[np.float32],
    begin: int,
    end: int,
    reach: float,
) -> np.int32:
    """How many of those columns lie within ``reach``; NaN never does."""
    count = np.int32(0)
    most = np.float32(reach * reach)
    for n in range(uint64(begin), uint64(end)):
        count += np.int32(square(spectrum, others, n) <= most)
    return count


@compiled
def lowest(values: NDArray[np.float32], size: int) -> float:
    """The smallest of the first ``size`` values, none of them negative or NaN; or infinite.

    Numbers that are not negative order like the whole numbers of the same bits, and those the
    processor compares several at a time.
    """
    bits = values.view(np.uint32)
    least = np.uint32(0x7F800000)
    for n in range(uint64(size)):
        least = min(least, bits[n])
    bits[0] = least
    return float(values[0]) if size else np.inf


@compiled
def smallest(values: NDArray[np.float32], size: int, best: NDArray[np.float32]) -> float:
    """The one of the first ``size`` values that has ``best.size - 1`` smaller ones; or infinite.

    ``best`` is overwritten; NaN is passed over.
    """
    last = best.size - 1
    best[:] = np.inf
    for n in range(uint64(size)):
        value = values[n]
        if value < best[last]:
            place = last
            while place > 0 and best[place - 1] > value:
                best[place] = best[place - 1]
                place -= 1
            best[place] = value
    return float(best[last])


@compiled
def nearby(value: float, reach: float, spectra: NDArray[np.float32]) -> tuple[int, int]:
    """Columns of (f, n), ascending in their first feature, whose own is within ``reach``."""
    low, high = np.float32(value - reach), np.float32(value + reach)
    begin = int(np.searchsorted(spectra[0], low, side="left"))
    end = int(np.searchsorted(spectra[0], high, side="right"))
    return begin, end
