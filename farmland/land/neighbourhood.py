"""What of a layer lies around places: as much of it as a map of each place shows."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

LEAST_M = 300.0
"""Beyond the edges of a place at least; a large one shows as much again as it is long."""


def around(shapes: gpd.GeoSeries, layer: gpd.GeoSeries) -> NDArray[np.object_]:
    """The part of a layer around each of some shapes, its polygons as one.

    Parameters
    ----------
    shapes : GeoSeries
        Places, n of them.
    layer : GeoSeries
        Polygons in any CRS; None where there is none.

    Returns
    -------
    ndarray of object, shape (n,)
        Geometry in the CRS of the shapes; None where nothing of the layer is near.
    """
    found: NDArray[np.object_] = np.full(len(shapes), None, object)
    if not len(shapes):
        return found
    metric = shapes.to_crs(shapes.estimate_utm_crs())
    low, high = np.split(shapely.bounds(np.asarray(metric.array, object)), 2, axis=1)
    reach = np.maximum(LEAST_M, (high - low).max(axis=1))[:, None]
    boxes = shapely.box(*(low - reach).T, *(high + reach).T)
    windows = gpd.GeoSeries(boxes, crs=metric.crs)
    place, row = layer.sindex.query(windows.to_crs(layer.crs).array, "intersects")
    kept, where = np.unique(row, return_inverse=True)
    near = np.asarray(layer.iloc[kept].to_crs(shapes.crs).array, object)
    frames = np.asarray(windows.to_crs(shapes.crs).array, object)
    for n in np.unique(place).tolist():
        inside = shapely.intersection(near[where[place == n]], frames[n])
        whole = shapely.union_all(inside[~shapely.is_empty(inside)])
        found[n] = None if whole.is_empty else whole
    return found
