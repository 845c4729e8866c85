"""What farmland around here usually looks like, whoever tills it and whatever the season.

Dims: n = spectra, c = centres, f = features. A spectrum that several parcels have shown is no sign
of anything; one that a single parcel shows for years (a house on the map of farmland) must not
teach that farmland looks so. Leader clustering: Hartigan 1975, Clustering Algorithms, chapter 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.novelty import within


@compiled
def leaders(spectra: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Spectra (c, f) of which every one of (n, f) has one within ``radius``, first come first.

    spectra ascend in their first feature, and so do the centres.
    """
    size, width = spectra.shape
    centres = np.empty((size, width), np.float32)
    square = radius * radius
    first = count = 0
    for n in range(size):
        while first < count and centres[first, 0] < spectra[n, 0] - radius:
            first += 1
        near = False
        for c in range(first, count):
            if within(spectra[n], centres[c], square) <= square:
                near = True
                break
        if not near:
            centres[count] = spectra[n]
            count += 1
    return centres[:count].copy()


@compiled
def witnesses(
    centres: NDArray[np.float32],
    spectra: NDArray[np.float32],
    parcel: NDArray[np.int32],
    reach: float,
) -> NDArray[np.int32]:
    """How many parcels (c,) have shown something within ``reach`` of each centre (c, f).

    parcel (n,) of each spectrum (n, f); both ascend in their first feature.
    """
    out = np.zeros(centres.shape[0], np.int32)
    counted = np.full(parcel.max() + 1 if parcel.size else 0, -1, np.int32)
    square = reach * reach
    first = 0
    for c in range(centres.shape[0]):
        while first < parcel.size and spectra[first, 0] < centres[c, 0] - reach:
            first += 1
        for n in range(first, parcel.size):
            if spectra[n, 0] > centres[c, 0] + reach:
                break
            if counted[parcel[n]] != c and within(spectra[n], centres[c], square) <= square:
                out[c] += 1
                counted[parcel[n]] = c
    return out
