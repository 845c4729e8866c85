"""How many pixels of a parcel something holds for. Dims: p = pixels, t = looks, g = parcels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def by_parcel(
    holds: NDArray[np.bool_], parcel: NDArray[np.int32], parcels: int
) -> NDArray[np.int32]:
    """Pixels (g, t) of each parcel for which each look of (p, t) holds.

    ``parcel`` (p,) in any order; a pixel with -1 is none's.
    """
    out = np.zeros((parcels, holds.shape[1]), np.int32)
    for p in range(holds.shape[0]):
        g = parcel[p]
        if g >= 0:
            for t in range(holds.shape[1]):
                out[g, t] += holds[p, t]
    return out
