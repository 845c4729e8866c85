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

Images = tuple[NDArray[np.uint16], ...]

LOWEST, HIGHEST = -2000, 20000
"""Reflectance x 1e4 kept: sensors saturate, and Sen2Cor writes -0.1 at least."""

SEEN, CLEAR, LONELY, MEASURED, UNREAD = 1, 2, 4, 8, 16
"""Flags of a pixel on a look: a scene has data; the ground was seen; called cloud under a clear
sky; the bands were read; something that was needed stayed unread."""

STEPS = 1_000_000
"""Steps of NDVI from 0 to 1 in sums: whole numbers add up the same in any order."""


@compiled
def shows_ground(images: Images, usable: NDArray[np.bool_]) -> bool:
    """Whether any usable cell (v, u) has data in every band; images: b times (y, x)."""
    height, width = images[0].shape
    for y in range(height):
        for x in range(width):
            if usable[y >> 1, x >> 1]:
                held = True
                for image in images:
                    held = held and image[y, x] > 0
                if held:
                    return True
    return False


@compiled
def take_pixels(
    images: Images,
    usable: NDArray[np.bool_],
    offset: int,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    values: NDArray[np.int16],
    flags: NDArray[np.uint8],
) -> None:
    """Write reflectance x 1e4 of pixels (p,) into values (p, b), where usable (v, u) and whole.

    images b times (y, x); rows and columns (p,) of the window; ``offset`` is added to the counts.
    What is not usable, or lacks data in one band, stays as it was; the rest is flagged (p,).
    """
    for p in range(rows.size):
        y, x = rows[p], columns[p]
        held = usable[y >> 1, x >> 1]
        for image in images:
            held = held and image[y, x] > 0
        if held:
            for b, image in enumerate(images):
                value = int(image[y, x]) + offset
                values[p, b] = min(HIGHEST, max(LOWEST, value))
            flags[p] |= MEASURED


@compiled
def flag_cells(
    cells: NDArray[np.bool_],
    flag: int,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    flags: NDArray[np.uint8],
) -> None:
    """Set a flag of the pixels (p,) that lie in set cells (v, u)."""
    for p in range(rows.size):
        if cells[rows[p] >> 1, columns[p] >> 1]:
            flags[p] |= np.uint8(flag)


@compiled
def add_ndvi(
    red: NDArray[np.uint16],
    nir: NDArray[np.uint16],
    usable: NDArray[np.bool_],
    offset: int,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    labels: NDArray[np.int32],
    sums: NDArray[np.int64],
    counts: NDArray[np.int32],
) -> None:
    """Add the NDVI of pixels (p,) of one scene to the sums and counts (g,) of their parcels.

    red and nir (y, x) counts; labels (p,) of parcels; see :func:`take_pixels`. Sums are in
    millionths of NDVI, rounded pixel by pixel, so that any order gives the same.
    """
    for p in range(rows.size):
        y, x = rows[p], columns[p]
        if usable[y >> 1, x >> 1] and red[y, x] > 0 and nir[y, x] > 0:
            low, high = int(red[y, x]) + offset, int(nir[y, x]) + offset
            g = labels[p]
            sums[g] += int(np.rint(ratio(high * SCALE, low * SCALE) * STEPS))
            counts[g] += 1


@compiled
def count_cells(
    cells: NDArray[np.bool_],
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    labels: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """Add to the counts (g,) of parcels their pixels (p,) that lie in set cells (v, u)."""
    for p in range(rows.size):
        counts[labels[p]] += cells[rows[p] >> 1, columns[p] >> 1]
