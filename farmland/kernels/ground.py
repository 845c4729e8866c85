"""From windows of counts to the pixels of parcels, with the offset and the sky in one pass.

Dims: b = bands, y, x = pixels of 10 m, v, u = cells of 20 m, p = pixels of parcels,
k = runs of what parcels cover (:mod:`farmland.kernels.coverage`).
Counts are integers as published, 0 = no data; a cell (v, u) holds the pixels (2v, 2u) to
(2v + 1, 2u + 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.coverage import AFTER, FIRST, ROW

Images = tuple[NDArray[np.uint16], ...]

LOWEST, HIGHEST = -2000, 20000
"""Reflectance x 1e4 kept: sensors saturate, and Sen2Cor writes -0.1 at least."""

SEEN, CLEAR, LONELY, MEASURED, UNREAD = 1, 2, 4, 8, 16
"""Flags of a pixel on a look: a scene has data; the ground was seen; called cloud under a clear
sky; the bands were read; something that was needed stayed unread."""


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
def count_farmland(runs: NDArray[np.int32], cells: NDArray[np.uint8]) -> None:
    """Write into cells (v, u) how many pixels of each some parcel touches, 0 to 4.

    A pixel that several parcels share counts once: runs (k, 5) are sorted by row and column.
    """
    y, seen = -1, 0
    for k in range(runs.shape[0]):
        seen = 0 if runs[k, ROW] != y else seen
        y = runs[k, ROW]
        for x in range(max(seen, runs[k, FIRST]), runs[k, AFTER]):
            cells[y >> 1, x >> 1] += np.uint8(1)
        seen = max(seen, runs[k, AFTER])
