"""How much of every pixel a polygon covers, exactly, as runs along rows.

Dims: n = points of all rings one after another, r = rings, g = polygons, k = runs, i = pixels of a
strip of rows.
Coordinates are in pixels: row y covers [y, y + 1) downwards, column x covers [x, x + 1).

The accumulation buffer of font rasterisers (as in R. Levien's font-rs): an edge adds to each pixel
that it passes by how much it changes the area on its right, and the sum along a row is what is
covered. Here all of it is whole numbers: the height at which an edge meets a side of a pixel is
rounded to 2^-32, and heights cancel between edges. So a full pixel is full to the last bit, and no
window, however it cuts a polygon, changes what is found in a pixel.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

ROW, FIRST, AFTER, LABEL, WEIGHT = range(5)
"""Columns of a table of runs: polygon LABEL covers WEIGHT / ONE of each of the pixels FIRST to
AFTER - 1 of a ROW."""

ONE = 1 << 24
"""Weight of a pixel that is covered in full: what is rounded away is 3e-8 of a pixel at most."""

_FULL = 1 << 32
"""Height, and area, of a pixel in sums."""

_DROPPED = 8
"""Bits from an area to a weight."""

_TOUCH = 2
"""A pixel in which less than this, 5e-10 of it, is covered is not touched: that is what rounding
leaves. One that is touched has a weight, so that it counts among the least and the most."""

_STRIP = 1 << 15
"""Pixels of a polygon's box that are summed at a time: 256 KiB."""

_USUAL = 48
"""Runs of a field of a hectare, for which there is room from the start."""


@compiled
def turns(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    holes: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """By ring (r,), 1 or -1: with it shells add and holes take away, whichever way they run."""
    out = np.empty(holes.size, np.int8)
    for r in range(holes.size):
        area, at = 0.0, starts[r]
        for n in range(starts[r], starts[r + 1] - 1):
            area += (x[n] - x[at]) * (y[n + 1] - y[at]) - (x[n + 1] - x[at]) * (y[n] - y[at])
        out[r] = 1 if (area > 0) == holes[r] else -1
    return out


@compiled
def _height(y: float, row: int) -> int:
    """How far below the top of its row a point lies, 0 to ``_FULL``."""
    return min(_FULL, max(0, int((y - row) * _FULL + 0.5)))


@compiled
def _add_edge(
    x: tuple[float, float],
    y: tuple[float, float],
    sign: int,
    window: tuple[int, int, int, int],
    sums: NDArray[np.int64],
) -> None:
    """Add an edge, given from its upper end, to the sums (i,) of a window, row by row.

    What is added depends on the edge and the pixel alone, never on the window or the polygon.
    """
    top, left, height, width = window
    slope = (x[1] - x[0]) / (y[1] - y[0])
    for row in range(max(top, math.floor(y[0])), min(top + height, math.ceil(y[1]))):
        over, under = max(y[0], float(row)), min(y[1], float(row + 1))
        start = x[0] + (over - y[0]) * slope
        end = x[0] + (under - y[0]) * slope if under < y[1] else x[1]
        met, last_met = _height(over, row), _height(under, row)
        if end < start:
            start, end, met, last_met = end, start, last_met, met
        low, high = min(met, last_met), max(met, last_met)
        last = math.floor(end)
        base = (row - top) * (width + 2) - left
        for column in range(max(left - 1, math.floor(start)), min(left + width - 1, last) + 1):
            before, met = met, last_met
            if column < last:
                met = min(high, max(low, _height(y[0] + (column + 1 - x[0]) / slope, row)))
            middle = (max(start, float(column)) + min(end, float(column + 1))) / 2 - column
            rise = abs(met - before)
            past = int(rise * min(1.0, max(0.0, middle)) + 0.5)
            if column >= left:
                sums[base + column] += sign * (rise - past)
                sums[base + column + 1] += sign * past
            else:
                sums[base + left] += sign * rise
        if last < left - 1:
            sums[base + left] += sign * (high - low)


@compiled
def _add_rings(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    sides: NDArray[np.int8],
    rings: tuple[int, int],
    window: tuple[int, int, int, int],
    sums: NDArray[np.int64],
) -> None:
    """Add the edges of some rings to the sums (i,) of a window."""
    for r in range(rings[0], rings[1]):
        side = int(sides[r])
        for n in range(starts[r], starts[r + 1] - 1):
            if y[n] < y[n + 1]:
                _add_edge((x[n], x[n + 1]), (y[n], y[n + 1]), side, window, sums)
            elif y[n] > y[n + 1]:
                _add_edge((x[n + 1], x[n]), (y[n + 1], y[n]), -side, window, sums)


@compiled
def _take_runs(
    window: tuple[int, int, int, int],
    label: int,
    sums: NDArray[np.int64],
    table: NDArray[np.int32],
    count: int,
) -> int:
    """Write the runs of a window behind the ``count`` there are, and set the sums (i,) back."""
    top, left, height, width = window
    for row in range(height):
        area, held = 0, 0
        for column in range(width + 2):
            i = row * (width + 2) + column
            area += sums[i]
            sums[i] = 0
            if column >= width:
                continue
            weight = 0
            if area >= _TOUCH:
                weight = min(ONE, max(1, (area + (1 << (_DROPPED - 1))) >> _DROPPED))
            if weight == ONE and held == ONE:
                table[count - 1, AFTER] = left + column + 1
            elif weight > 0:
                table[count, ROW], table[count, LABEL] = top + row, label
                table[count, FIRST], table[count, AFTER] = left + column, left + column + 1
                table[count, WEIGHT] = weight
                count += 1
            held = weight
    return count


@compiled
def _box(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    first: int,
    after: int,
    window: tuple[int, int, int, int],
) -> tuple[int, int, int, int]:
    """The part of a window, row, column, height and width, that points first to after - 1 span."""
    low, high, least, most = math.inf, -math.inf, math.inf, -math.inf
    for n in range(first, after):
        low, high = min(low, y[n]), max(high, y[n])
        least, most = min(least, x[n]), max(most, x[n])
    if not low < high:
        return 0, 0, 0, 0
    top, left, height, width = window
    bottom, right = min(top + height, math.ceil(high)), min(left + width, math.ceil(most))
    top, left = max(top, math.floor(low)), max(left, math.floor(least))
    return top, left, bottom - top, right - left


@compiled
def _with_room(table: NDArray[np.int32], count: int, more: int) -> NDArray[np.int32]:
    """The table, or a larger one that begins like it, with room for ``more`` runs."""
    if count + more <= table.shape[0]:
        return table
    larger = np.empty((2 * (count + more), 5), np.int32)
    larger[:count] = table[:count]
    return larger


@compiled
def runs(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    rings: NDArray[np.int64],
    sides: NDArray[np.int8],
    window: tuple[int, int, int, int],
) -> NDArray[np.int32]:
    """Runs of the pixels of a window that polygons cover, and how much of them.

    Parameters
    ----------
    x, y : float64 arrays (n,)
        Points of closed rings in pixels, y downwards.
    starts : int64 array (r + 1,)
        First point of each ring, and the end.
    rings : int64 array (g + 1,)
        First ring of each polygon, and the end.
    sides : int8 array (r,)
        Of :func:`turns`. Parts of a polygon that overlap cover a pixel once at most.
    window : tuple of int
        Row, column, height, width.

    Returns
    -------
    int32 array (k, 5)
        ``ROW``, ``FIRST``, ``AFTER``, ``LABEL``, ``WEIGHT``; polygon by polygon, in each row by
        row, from the left. A run of several pixels covers them in full. What a polygon has in a
        pixel is the same in any window.
    """
    table = np.empty((_USUAL * rings.size, 5), np.int32)
    sums = np.zeros(max(_STRIP, window[3] + 2), np.int64)
    count = 0
    for g in range(rings.size - 1):
        top, left, height, width = _box(x, y, starts[rings[g]], starts[rings[g + 1]], window)
        if height <= 0 or width <= 0:
            continue
        tall = max(1, _STRIP // (width + 2))
        for row in range(top, top + height, tall):
            strip = row, left, min(tall, top + height - row), width
            _add_rings(x, y, starts, sides, (rings[g], rings[g + 1]), strip, sums)
            table = _with_room(table, count, strip[2] * width)
            count = _take_runs(strip, g, sums, table, count)
    return table[:count]
