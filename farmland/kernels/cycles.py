"""Crop cycles of one curve. Dims: t = looks in order of time."""

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
