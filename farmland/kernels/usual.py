"""What farmland around here usually looks like, whoever tills it and whatever the season.

Dims: n = spectra, c = centres, f = features. A spectrum that several parcels have shown is no sign
of anything; one that a single parcel shows for years (a house on the map of farmland) must not
teach that farmland looks so. Leader clustering: Hartigan 1975, Clustering Algorithms, chapter 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.distances import nearby, squares, within


@compiled
def leaders(spectra: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Spectra (f, c) of which every one of (f, n) has one within ``radius``, first come first.

    spectra ascend in their first feature, and so do the centres.
    """
    width, size = spectra.shape
    centres = np.empty((width, size), np.float32)
    first = count = 0
    for n in range(size):
        while first < count and centres[0, first] < spectra[0, n] - radius:
            first += 1
        if within(spectra[:, n].copy(), centres, first, count, radius) == 0:
            centres[:, count] = spectra[:, n]
            count += 1
    return centres[:, :count].copy()


@compiled
def witnesses(
    centres: NDArray[np.float32],
    spectra: NDArray[np.float32],
    parcel: NDArray[np.int32],
    reach: float,
) -> NDArray[np.int32]:
    """How many parcels (c,) have shown something within ``reach`` of each centre (f, c).

    parcel (n,) of each spectrum (f, n); both ascend in their first feature.
    """
    out = np.zeros(centres.shape[1], np.int32)
    counted = np.full(parcel.max() + 1 if parcel.size else 0, -1, np.int32)
    square = np.empty(parcel.size, np.float32)
    for c in range(centres.shape[1]):
        begin, end = nearby(centres[0, c], reach, spectra)
        squares(centres[:, c].copy(), spectra, begin, end, square)
        for n in range(end - begin):
            if square[n] <= reach * reach and counted[parcel[begin + n]] != c:
                out[c] += 1
                counted[parcel[begin + n]] = c
    return out
