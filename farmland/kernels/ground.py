"""From windows of counts to the pixels of parcels, with the offset and the sky in one pass.

Dims: b = bands, y, x = pixels of 10 m, v, u = cells of 20 m, p = pixels of parcels, g = parcels,
t = looks, k = runs of what parcels cover (:mod:`farmland.kernels.coverage`).
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

NO_DATA = -(1 << 15)
"""Reflectance of what was not measured."""

SEEN, CLEAR, LONELY, MEASURED, UNREAD = 1, 2, 4, 8, 16
"""Flags of a pixel on a look: a scene has data; the ground was seen; called cloud under a clear
sky; the bands were read; something that was needed stayed unread."""

_LANES = 16
"""Pixels turned at a time: what they hold of a look lies in a few lines of the cache."""


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

    images six times (y, x), by name, for a loop over them would look each up for every pixel; rows
    and columns (p,) of the window; ``offset`` is added to the counts. What is not usable, or lacks
    data in one band, stays as it was; the rest is flagged (p,).
    """
    blue, green, red, nir, swir16, swir22 = images
    for p in range(rows.size):
        y, x = rows[p], columns[p]
        if not usable[y >> 1, x >> 1]:
            continue
        first, second, third = blue[y, x], green[y, x], red[y, x]
        fourth, fifth, sixth = nir[y, x], swir16[y, x], swir22[y, x]
        if min(first, second, third, fourth, fifth, sixth) > 0:
            values[p, 0], values[p, 1] = _kept(first, offset), _kept(second, offset)
            values[p, 2], values[p, 3] = _kept(third, offset), _kept(fourth, offset)
            values[p, 4], values[p, 5] = _kept(fifth, offset), _kept(sixth, offset)
            flags[p] |= MEASURED


@compiled
def _kept(count: int, offset: int) -> int:
    """Reflectance x 1e4 of a count."""
    return min(HIGHEST, max(LOWEST, int(count) + offset))


@compiled
def flag_cells(
    cells: NDArray[np.uint8],
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    flags: NDArray[np.uint8],
) -> None:
    """Add the flags of cells (v, u) to those of the pixels (p,) that lie in them."""
    for p in range(rows.size):
        flags[p] |= cells[rows[p] >> 1, columns[p] >> 1]


@compiled
def turn(
    values: NDArray[np.int16],
    flags: NDArray[np.uint8],
    turned: NDArray[np.int16],
    clear: NDArray[np.bool_],
    lonely: NDArray[np.bool_],
) -> None:
    """Turn looks at pixels, values (t, p, b) and flags (t, p), into pixels through time.

    turned (p, t, b) is ``NO_DATA`` where nothing was measured; clear and lonely (p, t) are set
    where something was, under such a sky.
    """
    looks, pixels, bands = values.shape
    for start in range(0, pixels, _LANES):
        for t in range(looks):
            for p in range(start, min(start + _LANES, pixels)):
                flag = flags[t, p]
                measured = flag & MEASURED > 0
                clear[p, t] = measured and flag & CLEAR > 0
                lonely[p, t] = measured and flag & LONELY > 0
                for b in range(bands):
                    turned[p, t, b] = values[t, p, b] if measured else NO_DATA


@compiled
def join_flags(
    flags: NDArray[np.uint8], parcel: NDArray[np.int32], joined: NDArray[np.uint8]
) -> None:
    """Add the flags (t, p) of pixels to those (g, t) of the parcels (p,) they belong to."""
    for t in range(flags.shape[0]):
        for p in range(parcel.size):
            joined[parcel[p], t] |= flags[t, p]


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
