"""Pixels whose centre lies in a polygon, as runs along rows, without asking pixel by pixel.

Dims: n = points of all rings one after another, r = rings, g = polygons, k = runs.
Coordinates are in pixels: row y covers [y, y + 1) downwards, column x covers [x, x + 1).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

ROW, FIRST, AFTER, LABEL = range(4)
"""Columns of a table of runs: pixels FIRST to AFTER - 1 of a ROW lie in polygon LABEL."""


@compiled
def _crossings(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    first: int,
    last: int,
    height: float,
    out: NDArray[np.float64],
) -> int:
    """Write where rings first to last cross a height into ``out``, sorted; returns how many.

    The ends of an edge are taken from top to bottom, so that two polygons that share it, one in
    each direction, agree on the crossing to the last bit.
    """
    found = 0
    for r in range(first, last):
        for n in range(starts[r], starts[r + 1] - 1):
            if (y[n] <= height) != (y[n + 1] <= height):
                top, low = (n, n + 1) if y[n] < y[n + 1] else (n + 1, n)
                share = (height - y[top]) / (y[low] - y[top])
                out[found] = x[top] + share * (x[low] - x[top])
                found += 1
    out[:found].sort()
    return found


@compiled
def _spans(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    rings: NDArray[np.int64],
    window: tuple[int, int, int, int],
    out: NDArray[np.int32],
) -> int:
    """Count the runs of all polygons, and write those for which there is room."""
    top, left, height, width = window
    crossing = np.empty(x.size + 1, np.float64)
    count = 0
    for g in range(rings.size - 1):
        low, high = math.inf, -math.inf
        for n in range(starts[rings[g]], starts[rings[g + 1]]):
            low, high = min(low, y[n]), max(high, y[n])
        if not low < high:
            continue
        for row in range(max(top, math.floor(low)), min(top + height, math.ceil(high))):
            found = _crossings(x, y, starts, rings[g], rings[g + 1], row + 0.5, crossing)
            for pair in range(0, found - 1, 2):
                first = max(left, math.ceil(crossing[pair] - 0.5))
                after = min(left + width, math.ceil(crossing[pair + 1] - 0.5))
                if first < after:
                    if count < out.shape[0]:
                        out[count, ROW], out[count, LABEL] = row, g
                        out[count, FIRST], out[count, AFTER] = first, after
                    count += 1
    return count


def runs(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    rings: NDArray[np.int64],
    window: tuple[int, int, int, int],
    room: int,
) -> NDArray[np.int32]:
    """Runs of the pixels of a window whose centre lies in a polygon.

    Parameters
    ----------
    x, y : float64 arrays (n,)
        Points of closed rings in pixels, y downwards; holes are rings like others (even-odd).
    starts : int64 array (r + 1,)
        First point of each ring, and the end.
    rings : int64 array (g + 1,)
        First ring of each polygon, and the end.
    window : tuple of int
        Row, column, height, width.
    room : int
        Runs expected at most; when there are more, the work is done twice.

    Returns
    -------
    int32 array (k, 4)
        ``ROW``, ``FIRST``, ``AFTER``, ``LABEL``; row by row, in a row polygon by polygon. A centre
        on an edge belongs to the polygon on its right, so neighbours share no pixel.
    """
    table = np.empty((room, 4), np.int32)
    size = _spans(x, y, starts, rings, window, table)
    if size > table.shape[0]:
        table = np.empty((size, 4), np.int32)
        _spans(x, y, starts, rings, window, table)
    return table[:size][np.argsort(table[:size, ROW], kind="stable")]
