"""Crop cycles of curves, and gaps in which one may hide.

Dims: g = parcels, t = looks in order of time, n = days on which crops stand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def peaks(ndvi: NDArray[np.float32], canopy: float, fall: float) -> NDArray[np.int64]:
    """Looks at the top of each cycle of NDVI (t,): a ``canopy`` with a ``fall`` on both sides.

    The last cycle may still stand; the fall behind it is not demanded. One that stood when the
    record began does not count: nobody saw it grow.
    """
    found = np.empty(ndvi.size, np.int64)
    count, top, bottom = 0, 0, 0
    rising = False
    for t in range(1, ndvi.size):
        if rising:
            if ndvi[t] > ndvi[top]:
                top = t
            if ndvi[top] - ndvi[t] >= fall:
                if ndvi[top] >= canopy and ndvi[top] - ndvi[bottom] >= fall:
                    found[count] = top
                    count += 1
                rising, bottom = False, t
        else:
            if ndvi[t] < ndvi[bottom]:
                bottom = t
            if ndvi[t] - ndvi[bottom] >= fall:
                rising, top = True, t
    if rising and ndvi[top] >= canopy and ndvi[top] - ndvi[bottom] >= fall:
        found[count] = top
        count += 1
    return found[:count]


@compiled
def counts(ndvi: NDArray[np.float32], canopy: float, fall: float) -> NDArray[np.int64]:
    """Number of cycles (g,) of curves (g, t), as :func:`peaks`; NaN is no look."""
    out = np.empty(ndvi.shape[0], np.int64)
    for g in range(out.size):
        out[g] = peaks(ndvi[g][~np.isnan(ndvi[g])], canopy, fall).size
    return out


@compiled
def unseen(
    days: NDArray[np.int32], looked: NDArray[np.bool_], standing: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Most of the days ``standing`` (n,) that passed between two looks of each parcel (g,).

    days (t,) of the looks and looked (g, t) by whom; all days ascend. A day with a look is over
    with it.
    """
    out = np.zeros(looked.shape[0], np.int64)
    for g in range(out.size):
        over = 0
        for t in range(days.size):
            if looked[g, t]:
                last = over
                while over < standing.size and standing[over] <= days[t]:
                    over += 1
                out[g] = max(out[g], over - last)
        out[g] = max(out[g], standing.size - over)
    return out
