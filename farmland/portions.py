"""Stretches of rows that are worked at together, so that memory does not grow with the layer.

A row weighs what it takes: a parcel its vertices, of which it may have five or fifty thousand.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

LEAST = 20
"""A row weighs as much as so many vertices at least: it has columns too."""

VERTICES = 250_000
"""Looked at together: 12,500 usual parcels, 50 MB where areas are taken."""


def of_shapes(shapes: NDArray[np.object_], vertices: int = 0) -> Iterator[slice]:
    """Stretches of shapes that have about as many vertices together.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Geometries, or ``None``.
    vertices : int
        At most in a stretch, but that a single shape may have more; 0: ``VERTICES``.

    Yields
    ------
    slice
        One after the other, of all rows; a single empty one where there are no shapes.
    """
    after = np.cumsum(np.maximum(LEAST, shapely.get_num_coordinates(shapes)), dtype=np.int64)
    first = 0
    while True:
        begun = after[first - 1] if first else 0
        end = int(np.searchsorted(after, begun + (vertices or VERTICES), side="right"))
        end = min(max(end, first + 1), len(shapes))
        yield slice(first, end)
        if end == len(shapes):
            return
        first = end
