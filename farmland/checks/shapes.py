"""What is wrong with single outlines: crossings, spikes, holes, parts, slivers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from farmland import areas, portions
from farmland.checks.finding import NONE, Found, Rows, Shapes, found, objects
from farmland.checks.metric import in_metres
from farmland.checks.slivers import are_slivers
from farmland.parcels import Parcels
from farmland.rules.checks import Checks

EXPLAINED = ("null_geometry", "empty_geometry", "not_finite", "not_polygon")
"""Faults after which nobody asks why a row has no geometry."""

TOLD_AS_GIVEN = ("three_dimensional", "curved", "duplicate_id", "missing_id")


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """n places in rows."""

    rows: Rows
    """(n,)"""
    area_m2: NDArray[np.float64]
    """(n,) NaN of a point."""
    shapes: Shapes
    """(n,)"""

    def moved(self, begin: int) -> Places:
        """The same, with rows counted from ``begin``."""
        return Places(self.rows + begin, self.area_m2, self.shapes)


def of_reading(parcels: Parcels) -> Iterator[Found]:
    """What the reader met: rows without a usable outline, crossings, heights, ids."""
    rows = parcels.fault_rows
    for kind in (*EXPLAINED, *TOLD_AS_GIVEN):
        yield found(kind, rows.get(kind, []))
    unusable = rows.get("invalid_geometry", np.zeros(0, np.intp))
    explained = [where for kind in EXPLAINED for where in rows.get(kind, [])]
    yield found("invalid_geometry", np.setdiff1d(unusable, explained))
    crossing = np.setdiff1d(rows.get("self_crossing", np.zeros(0, np.intp)), unusable)
    places = [crossing_of(parcels.as_given[int(row)]) for row in crossing]
    yield found("self_crossing", crossing, places=objects(places))
    yield found("personal_columns", [NONE] * parcels.faults.get("personal_columns", 0))


def of_outlines(parcels: Parcels, limits: Checks) -> Iterator[Found]:
    """What can be seen of each outline that is usable."""
    shapes, crs = np.asarray(parcels.frame.geometry.array, dtype=object), parcels.frame.crs
    area = parcels.area_m2
    narrow = are_slivers(shapes, area, crs, limits)
    yield found("sliver", np.flatnonzero(narrow), area_m2=area[narrow])
    tiny = np.flatnonzero(area < limits.tiny_m2)
    yield found("tiny", tiny, area_m2=area[tiny])
    yield found("multipart", np.flatnonzero(shapely.get_num_geometries(shapes) > 1))
    told: dict[str, list[Places]] = {"tiny_hole": [], "repeated_vertices": [], "spike": []}
    for rows in portions.of_shapes(shapes):
        some = shapes[rows]
        told["tiny_hole"].append(_tiny_holes(some, crs, limits).moved(rows.start))
        repeated, spikes = _of_vertices(some, in_metres(some, crs), limits)
        told["repeated_vertices"].append(repeated.moved(rows.start))
        told["spike"].append(spikes.moved(rows.start))
    for kind, places in told.items():
        yield found(
            kind,
            np.concatenate([each.rows for each in places]),
            area_m2=np.concatenate([each.area_m2 for each in places]),
            places=np.concatenate([each.shapes for each in places]),
        )


def crossing_of(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The point at which an invalid shape crosses or touches itself, as GEOS names it."""
    for part in shapely.get_parts(shapely.get_parts(shape)):
        named = re.search(r"\[(\S+) (\S+)\]", shapely.is_valid_reason(part))
        if named:
            return shapely.Point(float(named[1]), float(named[2]))
    return None


def _of_vertices(shapes: Shapes, metric: Shapes, limits: Checks) -> tuple[Places, Places]:
    """Repeated vertices, and spikes."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    metric_rings = shapely.get_rings(shapely.get_parts(metric))
    xy, ring = shapely.get_coordinates(metric_rings, return_index=True)
    edge = np.diff(xy, axis=0)
    within = ring[1:] == ring[:-1]
    length = np.hypot(*edge.T)
    repeated = np.flatnonzero(within & (length < limits.repeated_m))
    spikes = _spikes(edge, length, ring, limits)
    place = shapely.get_coordinates(rings)
    owner = row[part[ring]]
    return _points(owner[repeated], place[repeated]), _points(owner[spikes], place[spikes])


def _spikes(
    edge: NDArray[np.float64], length: NDArray[np.float64], ring: Rows, limits: Checks
) -> Rows:
    """Numbers of the vertices at which a ring turns back upon itself.

    ``edge``, (n - 1, 2), and ``length``, (n - 1,), lead from each of n vertices to the next, over
    the seams of rings too; the edge before the first vertex of a ring is that before its last.
    """
    if not len(edge):
        return np.zeros(0, np.intp)
    count = len(ring)
    first = np.searchsorted(ring, ring)
    last = np.searchsorted(ring, ring, side="right") - 1
    vertex = np.flatnonzero(np.arange(count) < last)
    before = np.where(vertex == first[vertex], last[vertex], vertex) - 1
    one, other = edge[before], edge[vertex]
    ahead = (one * other).sum(axis=1)
    aside = np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
    long = np.minimum(length[before], length[vertex]) >= limits.spike_m
    back = (ahead < 0) & (aside <= np.tan(np.radians(limits.spike_degrees)) * -ahead)
    return np.asarray(vertex[long & back])


def _tiny_holes(shapes: Shapes, crs: CRS, limits: Checks) -> Places:
    """Holes that are hardly meant."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.zeros(len(rings), bool)
    inner[1:] = part[1:] == part[:-1]
    hole, row = np.asarray(shapely.polygons(rings[inner]), dtype=object), row[part[inner]]
    area_m2 = areas.ellipsoidal(gpd.GeoSeries(hole, crs=crs))
    small = np.flatnonzero(area_m2 < limits.hole_m2)
    return Places(row[small], area_m2[small], hole[small])


def _points(rows: Rows, xy: NDArray[np.float64]) -> Places:
    """Points at (n, 2) coordinates."""
    points = np.asarray(shapely.points(xy), dtype=object)
    return Places(rows, np.full(len(rows), np.nan), points)
