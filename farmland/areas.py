"""Areas on the ellipsoid, by the official series, for any number of polygons at once.

A leaf of the import tree: it uses nothing of ours, so that readers and steps can both ask it.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod

M2_PER_MU = 2000 / 3
"""Square metres in one mu (mu as 1/15 hectare)."""

GEODS = {
    "EPSG:4490": Geod(a=6378137, rf=298.257222101),  # CGCS2000
    "EPSG:4326": Geod(a=6378137, rf=298.257223563),  # WGS 84
}


def ellipsoidal(geometry: gpd.GeoSeries) -> NDArray[np.float64]:
    """Areas of polygons on the ellipsoid.

    Vertices are un-projected to latitude B and longitude L, and the area between each edge and a
    reference meridian is summed by the series of DOMAIN 3.4, which China's land survey prescribes.
    Edges run straight in (B, L): against geodesic edges that is some 3e-6 of a square parcel of
    1 km², and up to 0.003 x (size in degrees) x tan(latitude) of a lopsided one.

    Parameters
    ----------
    geometry : GeoSeries
        Polygons and multipolygons in any known CRS. Parts are added, holes taken off.

    Returns
    -------
    ndarray of float64, shape (n,)
        Square metres: on the CGCS2000 ellipsoid when the CRS is CGCS2000, else on WGS 84. NaN for
        a missing geometry and for one that cannot be un-projected, 0 for one without polygons.
    """
    if geometry.crs is None:
        raise ValueError("areas need a CRS")
    earth = "EPSG:4490" if is_cgcs2000(geometry.crs) else "EPSG:4326"
    shapes = np.asarray(geometry.to_crs(earth).array, dtype=object)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    hole = np.zeros(len(rings), bool)
    hole[1:] = part_of_ring[1:] == part_of_ring[:-1]
    sizes = _ring_areas(rings, GEODS[earth]) * np.where(hole, -1.0, 1.0)
    total = np.bincount(owner[part_of_ring], sizes, minlength=len(shapes)).astype(np.float64)
    total[shapely.is_missing(shapes)] = np.nan
    return total


def mu(area_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square metres as mu."""
    return area_m2 / M2_PER_MU


def is_cgcs2000(crs: CRS) -> bool:
    """Whether a CRS stands on the datum China 2000, whatever its projection or its spelling."""
    geodetic = CRS(crs).geodetic_crs
    name = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    return name.lower().replace("_", " ") in {"china 2000", "d china 2000", "cgcs2000"}


def _ring_areas(rings: NDArray[np.object_], geod: Geod) -> NDArray[np.float64]:
    """Unsigned area of each closed ring of (longitude, latitude) in degrees; square metres."""
    if not len(rings):
        return np.zeros(0)
    degrees, ring = shapely.get_coordinates(rings, return_index=True)
    radians = np.radians(degrees)
    first = np.searchsorted(ring, np.arange(len(rings)))
    # Counting from the ring's own first vertex keeps the digits, and wraps the antimeridian.
    east = np.mod(radians[:, 0] - radians[first[ring], 0] + np.pi, 2 * np.pi) - np.pi
    same = ring[1:] == ring[:-1]
    middle_east = (0.5 * (east[:-1] + east[1:]))[same]
    band = _band(radians[:-1, 1][same], radians[1:, 1][same], geod)
    return np.abs(np.bincount(ring[1:][same], middle_east * band, minlength=len(rings)))


def _band(
    south: NDArray[np.float64], north: NDArray[np.float64], geod: Geod
) -> NDArray[np.float64]:
    """Area of one radian of longitude between two latitudes; square metres (DOMAIN 3.4)."""
    difference, middle = north - south, 0.5 * (south + north)
    series = sum(
        sign * factor * np.sin(order * difference / 2) * np.cos(order * middle)
        for sign, order, factor in zip(
            (1, -1, 1, -1, 1), (1, 3, 5, 7, 9), series_factors(geod.f), strict=True
        )
    )
    return 2 * geod.b**2 * np.asarray(series, np.float64)


def series_factors(flattening: float) -> tuple[float, float, float, float, float]:
    """Factors A to E of the series, from the flattening of the ellipsoid (DOMAIN 3.4)."""
    e2 = flattening * (2 - flattening)
    e4, e6, e8 = e2**2, e2**3, e2**4
    return (
        1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8,
        1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8,
        3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8,
        1 / 112 * e6 + 45 / 2304 * e8,
        5 / 2304 * e8,
    )
