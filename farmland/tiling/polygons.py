"""Sets of pixels of a zone as polygons, all in one go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from farmland.grid import PIXEL_M
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ROW
from farmland.kernels.patches import joined
from farmland.kernels.rings import rings


def of_pixels(
    sets: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]],
) -> NDArray[np.object_]:
    """Outlines of sets of pixels, with their holes; vertices only where the outline turns.

    Parameters
    ----------
    sets : sequence of pairs of int32 arrays (p,)
        Rows and columns in the grid of a zone (:class:`farmland.grid.Window`), in any order and
        each pixel once. Sets may overlap.

    Returns
    -------
    ndarray of MultiPolygon, shape of ``sets``
        In metres of the zone. Pixels that share a side are one part, parts share corners at most;
        outer rings run counter-clockwise and holes clockwise, from their north-western corner.
    """
    if not sets:
        return np.empty(0, object)
    table, drop = _laid_out(sets)
    patch, count = joined(table, False)
    points, starts, first = rings(table, patch, count)
    owner = np.zeros(count, np.int64)
    owner[patch - 1] = table[:, LABEL]
    of_point = np.repeat(owner, np.diff(starts[first]))
    points[:, 1] -= drop[of_point]
    points *= (PIXEL_M, -PIXEL_M)
    parts = np.searchsorted(owner, np.arange(len(sets) + 1))
    shapes: NDArray[np.object_] = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON, points, (starts, first, parts)
    )
    return shapes


def _laid_out(
    sets: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Runs (k, 4) of all sets under one another, a free row between them, and how far each moved.

    Sets that overlap where they are do not on such a sheet, and one sweep does for all of them.
    """
    tops = np.array([rows.min() for rows, _ in sets], np.int64)
    heights = np.array([rows.max() for rows, _ in sets], np.int64) - tops + 2
    drop = np.cumsum(heights) - heights - tops
    owner = np.repeat(np.arange(len(sets)), [rows.size for rows, _ in sets])
    rows = np.concatenate([rows for rows, _ in sets]) + drop[owner]
    columns = np.concatenate([columns for _, columns in sets])
    order = np.lexsort((columns, rows))
    rows, columns, owner = rows[order], columns[order], owner[order]
    breaks = np.flatnonzero((np.diff(rows) != 0) | (np.diff(columns) != 1)) + 1
    first = np.concatenate([[0], breaks])
    table = np.empty((first.size, 4), np.int32)
    table[:, ROW], table[:, FIRST], table[:, LABEL] = rows[first], columns[first], owner[first]
    table[:, AFTER] = columns[np.append(breaks, rows.size) - 1] + 1
    return table, drop
