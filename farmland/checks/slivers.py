"""Narrow remains: the sliver rule of a surveyor's tool (DOMAIN 1.5)."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from farmland.checks.metric import in_metres
from farmland.rules.checks import Checks


def are_slivers(
    shapes: NDArray[np.object_], area_m2: NDArray[np.float64], crs: CRS, limits: Checks
) -> NDArray[np.bool_]:
    """Which polygons are slivers.

    Small, narrow, and beyond two of three limits of shape: the aspect of the smallest rectangle
    around, the compactness, and the perimeter through that of the square of the same area.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Polygons in ``crs``; ``None`` is no sliver.
    area_m2 : ndarray of float64, shape (n,)
        Their areas; NaN is no sliver.
    """
    answer = np.zeros(len(shapes), bool)
    small = np.flatnonzero(area_m2 < limits.sliver_m2)
    metric, size = in_metres(shapes[small], crs), area_m2[small]
    perimeter = shapely.length(metric)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_width = 2 * size / perimeter
        compactness = 4 * np.pi * size / perimeter**2
        index = perimeter / (4 * np.sqrt(size))
        near = np.flatnonzero(perimeter > 0)
        length, width = _rectangle(metric[near])
        aspect = length / width
    narrow = (width < limits.sliver_width_m) | (mean_width[near] < limits.sliver_width_m)
    marks = (aspect > limits.sliver_aspect).astype(int)
    marks += compactness[near] < limits.sliver_compactness
    marks += index[near] > limits.sliver_shape_index
    answer[small[near]] = narrow & (marks >= limits.sliver_marks)
    return answer


def _rectangle(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length and width of the smallest rectangle around each shape; a line has width 0."""
    around = shapely.oriented_envelope(shapes)
    sides = np.zeros((len(shapes), 2))
    xy, owner = shapely.get_coordinates(around, return_index=True)
    place = np.arange(len(owner)) - np.searchsorted(owner, owner)
    for side in (0, 1):
        begin = np.flatnonzero((place == side) & np.roll(place == side + 1, -1))
        sides[owner[begin], side] = np.hypot(*(xy[begin + 1] - xy[begin]).T)
    return sides.max(axis=1), sides.min(axis=1)
