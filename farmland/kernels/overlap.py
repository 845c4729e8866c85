"""How much ground two polygons share, exactly and without making the polygon they share.

Dims: n = edges of all polygons one after another, b = runs of edges, g = polygons, p = pairs.

A polygon is the sum of the strips under its edges down to a level below it, those of edges that
run one way added and those of the other way taken off (the surveyor's formula). The ground that
two polygons share is therefore the sum over pairs of edges of what two strips share: where both
lie over the same x, the lower of two straight lines, integrated. Nothing has to be decided about
how edges meet, so holes, parts, common and touching borders need no case of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

LEFT, LEFT_Y, RIGHT, RIGHT_Y, SIGN = range(5)
"""Columns of a table of edges: from left to right, and how its strip counts (1, -1; 0: upright)."""

LEAST_X, GREATEST_X, LEAST_Y, GREATEST_Y, START_X, END_X, SIDE = range(7)
"""Columns of a table of runs of edges: box, x of the first and of the last point, side of the
ring."""

RUN = 32
"""Edges in a run: those of a run beside, below or above the other polygon are not looked at."""

Edges = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]
"""Polygons as :func:`edges` gives them."""


@compiled
def edges(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    starts: NDArray[np.int64],
    rings: NDArray[np.int64],
    sides: NDArray[np.int8],
) -> Edges:
    """Polygons, laid out as :class:`farmland.tiling.outlines.Outlines`, as edges and runs of edges.

    Returns
    -------
    edges : ndarray of float64, shape (n, 5)
    firsts : ndarray of int64, shape (b + 1,)
        First edge of each run.
    runs : ndarray of float64, shape (b, 7)
    polygons : ndarray of int64, shape (g + 1,)
        First run of each polygon.
    """
    total, count = 0, 0
    for ring in range(sides.size):
        size = max(0, starts[ring + 1] - starts[ring] - 1)
        total += size
        count += (size + RUN - 1) // RUN
    table = np.empty((total, 5))
    firsts = np.empty(count + 1, np.int64)
    runs = np.empty((count, 7))
    polygons = np.empty(rings.size, np.int64)
    at, run = 0, 0
    for polygon in range(rings.size - 1):
        polygons[polygon] = run
        for ring in range(rings[polygon], rings[polygon + 1]):
            for first in range(starts[ring], starts[ring + 1] - 1, RUN):
                after = min(first + RUN, starts[ring + 1] - 1)
                firsts[run] = at
                runs[run, LEAST_X] = x[first : after + 1].min()
                runs[run, GREATEST_X] = x[first : after + 1].max()
                runs[run, LEAST_Y] = y[first : after + 1].min()
                runs[run, GREATEST_Y] = y[first : after + 1].max()
                runs[run, START_X], runs[run, END_X] = x[first], x[after]
                runs[run, SIDE] = sides[ring]
                for n in range(first, after):
                    one, other = (n, n + 1) if x[n] <= x[n + 1] else (n + 1, n)
                    table[at, LEFT], table[at, LEFT_Y] = x[one], y[one]
                    table[at, RIGHT], table[at, RIGHT_Y] = x[other], y[other]
                    table[at, SIGN] = sides[ring] * np.sign(x[n + 1] - x[n])
                    at += 1
                run += 1
    polygons[-1], firsts[-1] = run, at
    return table, firsts, runs, polygons


@compiled
def _under_both(e: NDArray[np.float64], f: NDArray[np.float64], level: float) -> float:
    """Area above ``level`` and below both edges; all of ``e`` lies above it, ``f`` may not."""
    a, b = float(max(e[LEFT], f[LEFT])), float(min(e[RIGHT], f[RIGHT]))
    if a >= b:
        return 0.0
    slope_e = (e[RIGHT_Y] - e[LEFT_Y]) / (e[RIGHT] - e[LEFT])
    slope_f = (f[RIGHT_Y] - f[LEFT_Y]) / (f[RIGHT] - f[LEFT])
    e_a = float(e[LEFT_Y] + (a - e[LEFT]) * slope_e - level)
    e_b = float(e[LEFT_Y] + (b - e[LEFT]) * slope_e - level)
    f_a = float(f[LEFT_Y] + (a - f[LEFT]) * slope_f - level)
    f_b = float(f[LEFT_Y] + (b - f[LEFT]) * slope_f - level)
    if f_a <= 0 and f_b <= 0:
        return 0.0
    if f_a < 0:
        share = f_a / (f_a - f_b)
        a, e_a, f_a = a + share * (b - a), e_a + share * (e_b - e_a), 0.0
    elif f_b < 0:
        share = f_a / (f_a - f_b)
        b, e_b, f_b = a + share * (b - a), e_a + share * (e_b - e_a), 0.0
    above_a, above_b = e_a - f_a, e_b - f_b
    if above_a <= 0 and above_b <= 0:
        return (b - a) * (e_a + e_b) / 2
    if above_a >= 0 and above_b >= 0:
        return (b - a) * (f_a + f_b) / 2
    share = above_a / (above_a - above_b)
    middle, height = a + share * (b - a), e_a + share * (e_b - e_a)
    if above_a < 0:
        return (middle - a) * (e_a + height) / 2 + (b - middle) * (height + f_b) / 2
    return (middle - a) * (f_a + height) / 2 + (b - middle) * (height + e_b) / 2


@compiled
def _under_one(e: NDArray[np.float64], start: float, end: float, level: float) -> float:
    """Area above ``level`` and below an edge, between two x."""
    a, b = float(max(e[LEFT], min(start, end))), float(min(e[RIGHT], max(start, end)))
    if a >= b:
        return 0.0
    slope = (e[RIGHT_Y] - e[LEFT_Y]) / (e[RIGHT] - e[LEFT])
    height = float(e[LEFT_Y] + ((a + b) / 2 - e[LEFT]) * slope - level)
    return (b - a) * height


@compiled
def _of_run(
    box: tuple[float, float, float, float],
    own: NDArray[np.float64],
    run: NDArray[np.float64],
    others: NDArray[np.float64],
) -> float:
    """What the edges of a polygon, which fill ``box``, share with those of one run of another."""
    total = 0.0
    beside = run[GREATEST_X] <= box[LEAST_X] or run[LEAST_X] >= box[GREATEST_X]
    if beside or run[GREATEST_Y] <= box[LEAST_Y]:
        return total
    if run[LEAST_Y] >= box[GREATEST_Y]:
        sign = run[SIDE] * np.sign(run[END_X] - run[START_X])
        for e in range(own.shape[0]):
            if own[e, SIGN] != 0 and sign != 0:
                under = _under_one(own[e], run[START_X], run[END_X], box[LEAST_Y])
                total += own[e, SIGN] * sign * under
        return total
    for f in range(others.shape[0]):
        if others[f, SIGN] == 0 or others[f, RIGHT] <= box[LEAST_X]:
            continue
        if others[f, LEFT] >= box[GREATEST_X]:
            continue
        for e in range(own.shape[0]):
            if own[e, SIGN] != 0:
                under = _under_both(own[e], others[f], box[LEAST_Y])
                total += own[e, SIGN] * others[f, SIGN] * under
    return total


@compiled
def shared(
    one: Edges,
    other: Edges,
    ones: NDArray[np.int64],
    others: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Area (p,) that polygon ``ones[k]`` shares with polygon ``others[k]``.

    Parameters
    ----------
    one, other
        Polygons as :func:`edges` gives them, in one system of coordinates.
    ones, others : ndarray of int64, shape (p,)

    Returns
    -------
    ndarray of float64, shape (p,)
        In the square of the unit of the coordinates; polygons that only touch share what rounding
        leaves, which may be a little below 0.
    """
    out = np.zeros(ones.size)
    for k in range(ones.size):
        small, small_k, large, large_k = one, ones[k], other, others[k]
        if _size(one, ones[k]) > _size(other, others[k]):
            small, small_k, large, large_k = other, others[k], one, ones[k]
        begin, end = small[3][small_k], small[3][small_k + 1]
        if begin == end:
            continue
        own = small[0][small[1][begin] : small[1][end]]
        runs = small[2][begin:end]
        box = (
            runs[:, LEAST_X].min(),
            runs[:, GREATEST_X].max(),
            runs[:, LEAST_Y].min(),
            runs[:, GREATEST_Y].max(),
        )
        for run in range(large[3][large_k], large[3][large_k + 1]):
            beyond = large[0][large[1][run] : large[1][run + 1]]
            out[k] += _of_run(box, own, large[2][run], beyond)
    return out


@compiled
def _size(polygons: Edges, number: int) -> int:
    """Edges of a polygon."""
    return int(polygons[1][polygons[3][number + 1]] - polygons[1][polygons[3][number]])
