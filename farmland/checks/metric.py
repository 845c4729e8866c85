"""Shapes in metres, near enough for widths, angles and lengths of edges."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

EARTH_M = 6_371_000.0
"""Mean radius of the earth."""


def in_metres(shapes: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
    """Shapes with coordinates in metres.

    Projected ones are scaled by their unit. Those in degrees are laid out around their own first
    vertex: within a parcel that is right to a thousandth. Places are not comparable between
    shapes then.
    """
    unit = crs.axis_info[0].unit_conversion_factor if crs.axis_info else 1.0
    if not crs.is_geographic:
        return shapes if unit == 1 else shapely.transform(shapes, lambda xy: xy * unit)
    moved = shapes.copy()
    xy, owner = shapely.get_coordinates(moved, return_index=True)
    first = xy[np.searchsorted(owner, owner)] if len(owner) else xy
    scale = np.column_stack([np.cos(first[:, 1] * unit), np.ones(len(first))]) * unit * EARTH_M
    return shapely.set_coordinates(moved, (xy - first) * scale)
