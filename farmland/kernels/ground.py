"""From windows of counts to the pixels of parcels, with the offset and the sky in one pass.

Dims: b = bands, y, x = pixels of 10 m, v, u = cells of 20 m, p = pixels of parcels, g = parcels,
k = runs of what parcels cover.
Counts are integers as published, 0 = no data; a cell (v, u) holds the pixels (2v, 2u) to
(2v + 1, 2u + 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ONE, ROW, WEIGHT
from farmland.kernels.spectral import DARKEST, SCALE

Images = tuple[NDArray[np.uint16], ...]

LOWEST, HIGHEST = -2000, 20000
"""Reflectance x 1e4 kept: sensors saturate, and Sen2Cor writes -0.1 at least."""

SEEN, CLEAR, LONELY, MEASURED, UNREAD = 1, 2, 4, 8, 16
"""Flags of a pixel on a look: a scene has data; the ground was seen; called cloud under a clear
sky; the bands were read; something that was needed stayed unread."""

DARKEST_COUNTS = DARKEST / SCALE

STEPS = 1_000_000
"""Steps of NDVI from 0 to 1: whole numbers add up the same in any order."""

_DROPPED = 8
"""Bits of a weight that sums of NDVI leave out, so that a parcel of 13,000 km² fits into them."""

FINE = STEPS * (ONE >> _DROPPED)
"""What a full pixel of NDVI 1 is in a sum."""


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
    runs: NDArray[np.int32],
    sums: NDArray[np.int64],
    weights: NDArray[np.int64],
) -> None:
    """Add the NDVI of one scene to the sums and weights (g,) of parcels.

    red and nir (y, x) counts; usable (v, u) cells; ``offset`` is added to the counts; runs (k, 5)
    of the window's pixels (:mod:`farmland.kernels.coverage`), sorted by row and column. Sums are
    in ``FINE`` of NDVI and of a pixel, rounded pixel by pixel, so that any order gives the same.
    Each stretch of pixels is worked out once and summed from its left, NDVI above 16 bits that
    count pixels, so that a run, however long, is one difference.
    """
    before, steps = np.zeros(red.shape[1] + 1, np.int64), np.empty(red.shape[1], np.int64)
    one, darkest, added = np.float32(1), np.float32(DARKEST_COUNTS), np.float32(offset)
    start = 0
    while start < runs.shape[0]:
        end, left, right = _stretch(runs, start)
        y = runs[start, ROW]
        mask, dark, bright = usable[y >> 1], red[y, left:right], nir[y, left:right]
        for i in range(right - left):
            low, high = np.float32(dark[i]) + added, np.float32(bright[i]) + added
            index = (high - low) / max(high + low, darkest)
            steps[i] = np.int64(np.rint(min(one, max(-one, index)) * np.float32(STEPS))) << 16 | 1
        for i in range(right - left):
            good = mask[(left + i) >> 1] & (dark[i] > 0) & (bright[i] > 0)
            before[i + 1] = before[i] + (steps[i] if good else 0)
        for k in range(start, end):
            part = before[runs[k, AFTER] - left] - before[runs[k, FIRST] - left]
            weight, g = np.int64(runs[k, WEIGHT]), runs[k, LABEL]
            sums[g] += ((part >> 16) * weight + (1 << (_DROPPED - 1))) >> _DROPPED
            weights[g] += (part & 0xFFFF) * weight
        start = end


@compiled
def add_cells(
    cells: NDArray[np.bool_], runs: NDArray[np.int32], weights: NDArray[np.int64]
) -> None:
    """Add to the weights (g,) of parcels what they have in set cells (v, u); runs as above."""
    held = np.zeros(2 * cells.shape[1] + 1, np.int32)
    start = 0
    while start < runs.shape[0]:
        end, left, right = _stretch(runs, start)
        line = cells[runs[start, ROW] >> 1]
        for i in range(right - left):
            held[i + 1] = held[i] + line[(left + i) >> 1]
        for k in range(start, end):
            count = held[runs[k, AFTER] - left] - held[runs[k, FIRST] - left]
            weights[runs[k, LABEL]] += np.int64(count) * runs[k, WEIGHT]
        start = end


@compiled
def count_farmland(runs: NDArray[np.int32], cells: NDArray[np.uint8]) -> None:
    """Write into cells (v, u) how many pixels of each some parcel touches, 0 to 4; runs as above.

    A pixel that several parcels share counts once: runs of a row come from the left.
    """
    y, seen = -1, 0
    for k in range(runs.shape[0]):
        seen = 0 if runs[k, ROW] != y else seen
        y = runs[k, ROW]
        for x in range(max(seen, runs[k, FIRST]), runs[k, AFTER]):
            cells[y >> 1, x >> 1] += np.uint8(1)
        seen = max(seen, runs[k, AFTER])


@compiled
def _stretch(runs: NDArray[np.int32], start: int) -> tuple[int, int, int]:
    """The run after those of one row that lie together, and the columns that these span."""
    end, right = start + 1, runs[start, AFTER]
    while end < runs.shape[0] and runs[end, ROW] == runs[start, ROW] and runs[end, FIRST] <= right:
        right = max(right, runs[end, AFTER])
        end += 1
    return end, runs[start, FIRST], right
