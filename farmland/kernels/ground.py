"""From windows of counts to the pixels of parcels, with the offset and the sky in one pass.

Dims: b = bands, y, x = pixels of 10 m, v, u = cells of 20 m, p = pixels of parcels, g = parcels.
Counts are integers as published, 0 = no data; a cell (v, u) holds the pixels (2v, 2u) to
(2v + 1, 2u + 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.spectral import SCALE, ratio

LOWEST, HIGHEST = -2000, 20000
"""Reflectance x 1e4 kept: sensors saturate, and Sen2Cor writes -0.1 at least."""

STEPS = 1_000_000
"""Steps of NDVI from 0 to 1 in sums: whole numbers add up the same in any order."""


@compiled
def shows_ground(images: NDArray[np.uint16], usable: NDArray[np.bool_]) -> bool:
    """Whether any usable cell (v, u) has data in every band (b, y, x)."""
    bands, height, width = images.shape
    for y in range(height):
        for x in range(width):
            if usable[y >> 1, x >> 1]:
                held = 0
                for b in range(bands):
                    held += images[b, y, x] > 0
                if held == bands:
                    return True
    return False


@compiled
def take_pixels(
    images: NDArray[np.uint16],
    usable: NDArray[np.bool_],
    offset: int,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    out: NDArray[np.int16],
) -> None:
    """Write reflectance x 1e4 of pixels (p,) into out (p, b), where usable (v, u) and whole.

    images (b, y, x); rows and columns (p,) of the window; ``offset`` is added to the counts. What
    is not usable, or lacks data in one band, stays as it was.
    """
    bands = images.shape[0]
    for p in range(rows.size):
        y, x = rows[p], columns[p]
        if not usable[y >> 1, x >> 1]:
            continue
        held = 0
        for b in range(bands):
            held += images[b, y, x] > 0
        if held < bands:
            continue
        for b in range(bands):
            value = int(images[b, y, x]) + offset
            out[p, b] = min(HIGHEST, max(LOWEST, value))


@compiled
def add_ndvi(
    images: NDArray[np.uint16],
    usable: NDArray[np.bool_],
    offset: int,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    labels: NDArray[np.int32],
    sums: NDArray[np.int64],
    counts: NDArray[np.int32],
) -> None:
    """Add the NDVI of pixels (p,) of one scene to the sums and counts (g,) of their parcels.

    images (2, y, x) red and near infrared; labels (p,) of parcels; see :func:`take_pixels`. Sums
    are in millionths of NDVI, rounded pixel by pixel, so that any order gives the same.
    """
    for p in range(rows.size):
        y, x = rows[p], columns[p]
        if usable[y >> 1, x >> 1] and images[0, y, x] > 0 and images[1, y, x] > 0:
            red = (np.int64(images[0, y, x]) + offset) * SCALE
            nir = (np.int64(images[1, y, x]) + offset) * SCALE
            g = labels[p]
            sums[g] += np.int64(np.rint(ratio(nir, red) * STEPS))
            counts[g] += 1
