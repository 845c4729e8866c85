"""Connected pixels by runs. Dims: y, x = a raster, k = runs, n = patches, p = listed pixels.

A run is a stretch of one value along a row. Whatever a patch is asked is asked of its runs, of
which a class raster has a tenth as many as pixels or fewer; pixels are read once and written once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ROW


@compiled
def runs(values: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Runs (k, 4) of equal values in a raster (y, x), row by row; 0 is background and has none.

    Columns are ``ROW``, ``FIRST``, ``AFTER``, ``LABEL`` of :mod:`farmland.kernels.coverage`; the
    label is the value. Two runs that touch in a row have different values.
    """
    height, width = values.shape
    count = 0
    for y in range(height):
        row = values[y]
        for x in range(width):
            count += (row[x] != 0) & ((x == 0) | (row[x] != row[x - 1]))
    out = np.empty((count, 4), np.int32)
    k = -1
    for y in range(height):
        row = values[y]
        last = row.dtype.type(0)
        for x in range(width):
            value = row[x]
            if value == last:
                continue
            if last:
                out[k, AFTER] = x
            if value:
                k += 1
                out[k, ROW], out[k, FIRST], out[k, LABEL] = y, x, value
            last = value
        if last:
            out[k, AFTER] = width
    return out


@compiled
def _root(parent: NDArray[np.int32], k: int) -> int:
    """First run of the set that holds run ``k``; halves the way there for the next who asks."""
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k


@compiled
def joined(table: NDArray[np.int32], corners: bool) -> tuple[NDArray[np.int32], int]:
    """Patch (k,) of each run, from 1 on, and how many patches there are.

    Runs of one value that touch belong together: by sides, or by corners too. Union-find over the
    runs of two rows at a time (Rosenfeld & Pfaltz 1966; path halving: Tarjan & van Leeuwen 1984).
    A set is known by its first run, so patches are numbered in the order of their first pixels.

    Parameters
    ----------
    table : int32 array (k, 4)
        As from :func:`runs`: ascending by row and column, without overlaps.
    corners : bool
        Whether pixels that share no more than a corner touch.
    """
    size = table.shape[0]
    parent = np.empty(size, np.int32)
    reach = 1 if corners else 0
    near = 0
    for k in range(size):
        parent[k] = k
        row, first, after = table[k, ROW], table[k, FIRST] - reach, table[k, AFTER] + reach
        while table[near, ROW] < row - 1 or (
            table[near, ROW] == row - 1 and table[near, AFTER] <= first
        ):
            near += 1
        above = near
        while table[above, ROW] == row - 1 and table[above, FIRST] < after:
            if table[above, LABEL] == table[k, LABEL]:
                one, other = _root(parent, above), _root(parent, k)
                parent[max(one, other)] = min(one, other)
            above += 1
    count = 0
    for k in range(size):  # a parent comes before its runs and has its number already
        if parent[k] == k:
            count += 1
            parent[k] = count
        else:
            parent[k] = parent[parent[k]]
    return parent, count


@compiled
def areas(table: NDArray[np.int32], patch: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Pixels (n + 1,) of each patch, given the patch of each run; the first entry is 0."""
    out = np.zeros(count + 1, np.int64)
    for k in range(table.shape[0]):
        out[patch[k]] += table[k, AFTER] - table[k, FIRST]
    return out


@compiled
def painted(
    table: NDArray[np.int32], value: NDArray[np.int32], out: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Write a value (k,) for each run into a raster (y, x), and return it; 0 writes nothing."""
    for k in range(table.shape[0]):
        if value[k]:
            y, one = table[k, ROW], value[k]
            for x in range(table[k, FIRST], table[k, AFTER]):
                out[y, x] = one
    return out


@compiled
def sets(
    rows: NDArray[np.int32], columns: NDArray[np.int32], wanted: NDArray[np.bool_], least: int
) -> NDArray[np.int32]:
    """Connected set (p,) of each wanted pixel, by sides and corners; 0 = in none.

    Parameters
    ----------
    rows, columns : int32 arrays (p,)
        Pixels in any order, each once.
    wanted : bool array (p,)
        Those that may be in a set.
    least : int
        Pixels that make a set; smaller ones are dropped.

    Returns
    -------
    int32 array (p,)
        1, 2, ... in the raster order of the first pixels of the sets, without a gap.
    """
    top, left = rows.min(), columns.min()
    shape = rows.max() - top + 1, columns.max() - left + 1
    window = np.zeros(shape, np.uint8)
    for p in range(rows.size):
        window[rows[p] - top, columns[p] - left] = wanted[p]
    table = runs(window)
    patch, count = joined(table, True)
    number = np.zeros(count + 1, np.int32)
    kept = 0
    for n, area in enumerate(areas(table, patch, count)):
        if n and area >= least:
            kept += 1
            number[n] = kept
    labels = painted(table, number[patch], np.zeros(shape, np.int32))
    out = np.empty(rows.size, np.int32)
    for p in range(rows.size):
        out[p] = labels[rows[p] - top, columns[p] - left]
    return out
