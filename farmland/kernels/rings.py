"""Polygons around connected runs. Dims: k = runs, n = patches, c = corners, r = rings.

Between two rows of a patch its boundary runs along where one row has pixels and the other has none.
So the ends of the runs of both rows, in ascending order, are the corners at that height: an end in
one row only is a corner, an end of the same kind in both is a straight side that goes on. Each two
corners in turn, 0 and 1, 2 and 3, are the ends of one level edge, so the far end of corner c is
``c ^ 1``. Each end of a run remembers the corner from which its upright edge comes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.coverage import AFTER, FIRST, ROW

BEYOND = np.int32(2147483647)
"""A column to the right of all others."""


@compiled
def _by_patch(
    table: NDArray[np.int32], patch: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """First run (n + 1,) of each patch, rows (k,) and ends (2 k,) of the runs patch by patch."""
    size = table.shape[0]
    starts = np.zeros(count + 1, np.int64)
    for k in range(size):
        starts[patch[k]] += 1
    starts = np.cumsum(starts)
    free = starts[:-1].copy()
    rows, ends = np.empty(size, np.int32), np.empty(2 * size, np.int32)
    for k in range(size):
        here = free[patch[k] - 1]
        free[patch[k] - 1] += 1
        rows[here] = table[k, ROW]
        ends[2 * here], ends[2 * here + 1] = table[k, FIRST], table[k, AFTER]
    return starts, rows, ends


@compiled
def _corners(
    rows: NDArray[np.int32],
    ends: NDArray[np.int32],
    came: NDArray[np.int32],
    points: NDArray[np.int32],
    upright: NDArray[np.int32],
) -> int:
    """Write the corners of one patch, points (c, 2) and the other end of the upright edge (c,).

    Two corners lie on one point where a run above ends at the column at which one below starts, or
    the other way round. There they part the outside and not the patch: a hole touches the ring
    around it, and no ring touches itself (OGC 06-103r4, 6.1.11.1).
    """
    size = above = middle = after = 0
    while middle < ends.size or above < middle:
        height = rows[middle // 2] if middle < ends.size else rows[above // 2] + 1
        while after < ends.size and rows[after // 2] == height:
            after += 2
        below = middle
        while above < middle or below < after:
            up = ends[above] if above < middle else BEYOND
            down = ends[below] if below < after else BEYOND
            if up == down and above % 2 == below % 2:
                came[below] = came[above]
            else:
                ended = size + (up == down and above % 2 == 1)
                begun = size + (up == down and above % 2 == 0)
                if up <= down:
                    points[ended, 0], points[ended, 1] = up, height
                    upright[ended], upright[came[above]] = came[above], ended
                if down <= up:
                    points[begun, 0], points[begun, 1] = down, height
                    came[below] = begun
                size += 1 + (up == down)
            above += int(up <= down)
            below += int(down <= up)
        above, middle = middle, after
    return size


@compiled
def _ring(
    start: int,
    outer: bool,
    points: NDArray[np.int32],
    upright: NDArray[np.int32],
    out: NDArray[np.float64],
    size: int,
) -> int:
    """Append the closed ring of a corner to ``out`` and strike its corners out of ``upright``."""
    at = last = start if outer else start ^ 1
    if not outer:
        out[size] = points[start]
        size += 1
    while True:
        far = upright[at]
        out[size], out[size + 1] = points[at], points[far]
        size += 2
        upright[at] = upright[far] = -1
        at = far ^ 1
        if at == last:
            break
    if outer:
        out[size] = points[start]
        size += 1
    return size


@compiled
def rings(
    table: NDArray[np.int32], patch: NDArray[np.int32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Rings around patches that are connected by sides, holes after the ring they lie in.

    Parameters
    ----------
    table : int32 array (k, 4)
        Runs as from :func:`farmland.kernels.patches.runs`.
    patch : int32 array (k,)
        Patch of each run, as from ``joined(table, False)``.
    count : int
        Number of patches.

    Returns
    -------
    points : float64 array (c, 2)
        Column and row of pixel corners, y downwards; vertices only where the boundary turns. A
        ring starts at the leftmost of its topmost corners and ends there; outer rings go down
        first and holes to the right: counter-clockwise and clockwise once y points up.
    starts : int64 array (r + 1,)
        First point of each ring, and the end.
    first : int64 array (n + 1,)
        First ring of each patch, and the end.
    """
    runs, rows, ends = _by_patch(table, patch, count)
    most = 2 * np.diff(runs).max() if count else 0
    came = np.empty(most, np.int32)
    points, upright = np.empty((2 * most, 2), np.int32), np.empty(2 * most, np.int32)
    out = np.empty((5 * rows.size, 2))  # a run has 4 corners at most, a ring 4 at least
    starts, first = np.zeros(rows.size + 1, np.int64), np.zeros(count + 1, np.int64)
    size = number = 0
    for n in range(count):
        own = slice(runs[n], runs[n + 1])
        both = slice(2 * runs[n], 2 * runs[n + 1])
        corners = _corners(rows[own], ends[both], came, points, upright)
        for c in range(0, corners, 2):
            if upright[c] >= 0:
                size = _ring(c, number == first[n], points, upright, out, size)
                number += 1
                starts[number] = size
        first[n + 1] = number
    return out[:size], starts[: number + 1], first
