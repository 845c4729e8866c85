"""Sums over what parcels cover of the pixels of a window: an index of counts, or pixels alone.

Dims: b = bands, y, x = pixels of 10 m, v, u = cells of 20 m, g = parcels, k = runs.
Counts are integers as published, 0 = no data; a cell (v, u) holds the pixels (2v, 2u) to
(2v + 1, 2u + 1). Runs (k, 5) are those of :mod:`farmland.kernels.coverage` in the window's pixels,
sorted by row and column. Sums are whole numbers, rounded pixel by pixel, so that any order gives
the same. Each stretch of pixels is worked out once and summed from its left, the index above 16
bits that count pixels, so that a run, however long, is one difference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ONE, ROW, WEIGHT
from farmland.kernels.index import Images, evaluate
from farmland.kernels.spectral import DARKEST, SCALE

DARKEST_COUNTS = DARKEST / SCALE

STEPS = 1_000_000
"""Steps from 0 to the largest value of an index: whole numbers add up the same in any order."""

_DROPPED = 8
"""Bits of a weight that sums leave out, so that a parcel of 13,000 km² fits into them."""

FULL = ONE >> _DROPPED
"""What a step of a full pixel is in a sum."""


@compiled
def add_difference(
    first: NDArray[np.uint16],
    second: NDArray[np.uint16],
    usable: NDArray[np.bool_],
    offset: int,
    runs: NDArray[np.int32],
    sums: NDArray[np.int64],
    weights: NDArray[np.int64],
) -> None:
    """Add (first - second) / (first + second) of one scene to sums and weights (g,) of parcels.

    first and second (y, x) counts; usable (v, u) cells; ``offset`` is added to the counts; as
    :func:`farmland.kernels.index.normalised_difference`. Sums are in steps (``STEPS`` to 1) of
    ``FULL``.
    """
    before = np.zeros(first.shape[1] + 1, np.int64)
    steps = np.empty(first.shape[1], np.int64)
    one, darkest, added = np.float32(1), np.float32(DARKEST_COUNTS), np.float32(offset)
    start = 0
    while start < runs.shape[0]:
        end, left, right = _stretch(runs, start)
        y = runs[start, ROW]
        mask, bright, dark = usable[y >> 1], first[y, left:right], second[y, left:right]
        for i in range(right - left):
            high, low = np.float32(bright[i]) + added, np.float32(dark[i]) + added
            index = (high - low) / max(high + low, darkest)
            steps[i] = np.int64(np.rint(min(one, max(-one, index)) * np.float32(STEPS))) << 16 | 1
        for i in range(right - left):
            good = mask[(left + i) >> 1] & (dark[i] > 0) & (bright[i] > 0)
            before[i + 1] = before[i] + (steps[i] if good else 0)
        _weigh(runs[start:end], left, before, sums, weights)
        start = end


@compiled
def add_index(
    steps: NDArray[np.int32],
    bounds: tuple[float, float],
    images: Images,
    bands: int,
    usable: NDArray[np.bool_],
    offset: int,
    runs: NDArray[np.int32],
    scale: int,
    registers: NDArray[np.float32],
    sums: NDArray[np.int64],
    weights: NDArray[np.int64],
) -> None:
    """Add any index of one scene to the sums and weights (g,) of parcels.

    images b times (y * x,) counts; usable (v, u) cells; the others as
    :func:`farmland.kernels.index.evaluate`, which is asked row by row from the first run to the
    last. ``scale`` is the number of steps to 1: sums are in steps of ``FULL``.
    """
    width = 2 * usable.shape[1]
    mask, values = np.empty(width, np.bool_), np.empty(width, np.float32)
    before, to_steps = np.zeros(width + 1, np.int64), np.float32(scale)
    start = 0
    while start < runs.shape[0]:
        end, left, right = _row(runs, start)
        y, size = runs[start, ROW], right - left
        for i in range(size):
            mask[i] = usable[y >> 1, (left + i) >> 1]
        place = np.int64(y) * width + left
        part = values[:size]
        evaluate(steps, bounds, images, bands, place, mask[:size], offset, registers, part)
        for i in range(size):
            held = part[i] == part[i]
            step = np.int64(np.rint(part[i] * to_steps)) << 16 | 1 if held else np.int64(0)
            before[i + 1] = before[i] + step
        _weigh(runs[start:end], left, before, sums, weights)
        start = end


@compiled
def add_cells(
    cells: NDArray[np.bool_], runs: NDArray[np.int32], weights: NDArray[np.int64]
) -> None:
    """Add to the weights (g,) of parcels what they have in set cells (v, u)."""
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
def _weigh(
    runs: NDArray[np.int32],
    left: int,
    before: NDArray[np.int64],
    sums: NDArray[np.int64],
    weights: NDArray[np.int64],
) -> None:
    """Add what runs of one row cover, given the sums ``before`` each pixel from ``left`` on."""
    for k in range(runs.shape[0]):
        part = before[runs[k, AFTER] - left] - before[runs[k, FIRST] - left]
        weight, g = np.int64(runs[k, WEIGHT]), runs[k, LABEL]
        sums[g] += ((part >> 16) * weight + (1 << (_DROPPED - 1))) >> _DROPPED
        weights[g] += (part & 0xFFFF) * weight


@compiled
def _row(runs: NDArray[np.int32], start: int) -> tuple[int, int, int]:
    """The run after those of one row, and the columns that these span."""
    end, right = start + 1, runs[start, AFTER]
    while end < runs.shape[0] and runs[end, ROW] == runs[start, ROW]:
        right = max(right, runs[end, AFTER])
        end += 1
    return end, runs[start, FIRST], right


@compiled
def _stretch(runs: NDArray[np.int32], start: int) -> tuple[int, int, int]:
    """The run after those of one row that lie together, and the columns that these span."""
    end, right = start + 1, runs[start, AFTER]
    while end < runs.shape[0] and runs[end, ROW] == runs[start, ROW] and runs[end, FIRST] <= right:
        right = max(right, runs[end, AFTER])
        end += 1
    return end, runs[start, FIRST], right
