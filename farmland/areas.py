"""Areas on the ellipsoid, by the official series, for any number of polygons at once.

A value: readers and steps can both ask it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer

from farmland import portions

M2_PER_MU = 2000 / 3
"""Square metres in one mu (mu as 1/15 hectare)."""

Method = Literal["series", "geodesic"]
"""What an edge is: straight in latitude and longitude, or the shortest line."""

LONGEST_EDGE_M = 5_000.0
"""Edges beyond this are divided before their geodesics are taken for parabolas: areas then equal
those of Karney's algorithm within 1e-9 of themselves."""

GEODS = {
    "EPSG:4490": Geod(a=6378137, rf=298.257222101),  # CGCS2000
    "EPSG:4326": Geod(a=6378137, rf=298.257223563),  # WGS 84
}


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Edges of rings, from one vertex to the next."""

    start: NDArray[np.float64]
    """(n, 2) longitude and latitude in degrees, longitude from the first vertex of the ring."""
    end: NDArray[np.float64]
    """(n, 2) likewise."""
    ring: NDArray[np.intp]
    """(n,) number of the ring."""


def ellipsoidal(geometry: gpd.GeoSeries, method: Method | None = None) -> NDArray[np.float64]:
    """Areas of polygons on the ellipsoid.

    Vertices are un-projected to latitude B and longitude L, and the area between each edge and a
    reference meridian is summed by the series of DOMAIN 3.4, which China's land survey prescribes.
    By ``series`` edges run straight in (B, L), as the survey has it. By ``geodesic`` they are the
    shortest lines, as GIS and other countries have it. docs/parcels.md tells how far the two are
    apart: 3e-6 of a compact parcel of 1 km², more of a lopsided one.

    Parameters
    ----------
    geometry : GeoSeries
        Polygons and multipolygons in any known CRS. Parts are added, holes taken off.
    method : {"series", "geodesic"}, optional
        What an edge is; without it, ``series`` where the CRS is CGCS2000, else ``geodesic``.

    Returns
    -------
    ndarray of float64, shape (n,)
        Square metres: on the CGCS2000 ellipsoid when the CRS is CGCS2000, else on WGS 84. NaN for
        a missing geometry and for one that cannot be un-projected, 0 for one without polygons.

    Raises
    ------
    ValueError
        When the CRS is not known.
    """
    if geometry.crs is None:
        raise ValueError("areas need a CRS")
    earth = "EPSG:4490" if is_cgcs2000(geometry.crs) else "EPSG:4326"
    edges = method or ("series" if earth == "EPSG:4490" else "geodesic")
    shapes = np.asarray(geometry.array, dtype=object)
    transformer = Transformer.from_crs(geometry.crs, earth, always_xy=True)
    return np.concatenate(
        [
            _areas(shapes[rows], transformer, GEODS[earth], edges)
            for rows in portions.of_shapes(shapes)
        ]
    )


def mu(area_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square metres as mu."""
    return area_m2 / M2_PER_MU


def net(area_m2: NDArray[np.float64], ridge_share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cultivated land without its ridges (DOMAIN 1.9: gross times one less ``KCXS``).

    Parameters
    ----------
    area_m2, ridge_share : ndarray of float64, shape (n,)
        Square metres; share of ridges from 0 to 1. NaN where it is not known.

    Returns
    -------
    ndarray of float64, shape (n,)
        Square metres; NaN where either is not known.
    """
    return area_m2 * (1 - ridge_share)


def is_cgcs2000(crs: CRS) -> bool:
    """Whether a CRS stands on the datum China 2000, whatever its projection or its spelling."""
    geodetic = CRS(crs).geodetic_crs
    name = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    return name.lower().replace("_", " ") in {"china 2000", "d china 2000", "cgcs2000"}


def _areas(
    shapes: NDArray[np.object_], transformer: Transformer, geod: Geod, method: Method
) -> NDArray[np.float64]:
    """Area of each shape, of which ``transformer`` makes longitudes and latitudes."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    hole = np.zeros(len(rings), bool)
    hole[1:] = part_of_ring[1:] == part_of_ring[:-1]
    degrees, ring = shapely.get_coordinates(rings, return_index=True)
    degrees = np.column_stack(transformer.transform(degrees[:, 0], degrees[:, 1]))
    with np.errstate(invalid="ignore"):  # infinite where a vertex cannot be un-projected
        sizes = _ring_areas(degrees, ring, geod, method)
    sizes = np.where(hole, -sizes, sizes)
    total = np.bincount(owner[part_of_ring], sizes, minlength=len(shapes)).astype(np.float64)
    total[shapely.is_missing(shapes)] = np.nan
    return total


def _ring_areas(
    degrees: NDArray[np.float64], ring: NDArray[np.intp], geod: Geod, method: Method
) -> NDArray[np.float64]:
    """Unsigned area of each closed ring; square metres.

    ``degrees``, (n, 2), are longitude and latitude of all vertices, ``ring``, (n,), the number of
    the ring that each belongs to.
    """
    if not len(ring):
        return np.zeros(0)
    first = np.searchsorted(ring, np.arange(ring[-1] + 1))
    # Counting from the ring's own first vertex keeps the digits, and wraps the antimeridian.
    degrees[:, 0] -= degrees[first[ring], 0]
    degrees[:, 0] -= 360 * np.round(degrees[:, 0] / 360)
    same = ring[1:] == ring[:-1]
    edges = Edges(degrees[:-1][same], degrees[1:][same], ring[1:][same])
    if method == "geodesic":
        edges = _cut(edges, geod)
    (west, south), (east, north) = np.radians(edges.start).T, np.radians(edges.end).T
    swept = 0.5 * (west + east) * _band(south, north, geod)
    if method == "geodesic":
        swept += _bow(east - west, south, north, geod)
    return np.abs(np.bincount(edges.ring, swept, minlength=len(first)))


def _cut(edges: Edges, geod: Geod) -> Edges:
    """Edges with those that are long divided along their geodesics."""
    step = np.radians(edges.end - edges.start)
    step[:, 0] *= np.cos(np.radians(edges.start[:, 1]))
    pieces = np.ceil(np.hypot(*step.T) * geod.a / LONGEST_EDGE_M).clip(1, None)
    pieces = np.nan_to_num(pieces, nan=1).astype(np.intp)
    long = pieces > 1
    if not long.any():
        return edges
    number = np.repeat(pieces[long], pieces[long])
    place = np.arange(len(number)) - np.repeat(np.cumsum(pieces[long]) - pieces[long], pieces[long])
    azimuth, _, length = geod.inv(*edges.start[long].T, *edges.end[long].T)
    begin = np.repeat(edges.start[long], pieces[long], axis=0)
    azimuth, length = np.repeat(azimuth, pieces[long]), np.repeat(length, pieces[long])
    start = np.column_stack(
        geod.fwd(begin[:, 0], begin[:, 1], azimuth, length * place / number)[:2]
    )
    start[place == 0] = edges.start[long]
    end = np.roll(start, -1, axis=0)
    end[place == number - 1] = edges.end[long]
    return Edges(
        np.concatenate([edges.start[~long], start]),
        np.concatenate([edges.end[~long], end]),
        np.concatenate([edges.ring[~long], np.repeat(edges.ring[long], pieces[long])]),
    )


def _bow(
    east: NDArray[np.float64],
    south: NDArray[np.float64],
    north: NDArray[np.float64],
    geod: Geod,
) -> NDArray[np.float64]:
    """What short edges sweep as geodesics beyond what the series has them sweep; square metres.

    A geodesic departs from the chord in (B, L) as a parabola does, with the acceleration that the
    equations of the geodesic on a surface of revolution give in its middle; and the series takes
    the mean longitude of an edge for the whole of its band. To first order both together are
    -sin B dL (r² dL² + 3 M² dB²) / 12, with the radius r of the parallel and M of the meridian.
    """
    middle = 0.5 * (south + north)
    sine = np.sin(middle)
    w2 = 1 - geod.es * sine**2
    parallel = geod.a * np.cos(middle) / np.sqrt(w2)
    meridian = geod.a * (1 - geod.es) / w2**1.5
    squared = (parallel * east) ** 2 + 3 * (meridian * (north - south)) ** 2
    return np.asarray(-sine * east * squared / 12)


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
