"""Where area went in repair, parcel by parcel: no area is lost unsaid.

The area *as drawn* is what a program computes that believes the vertices: the signed area of each
ring around, less those of its holes, each counted positive, parts added up. Where rings cross, that
counts ground twice which a ring goes around twice, and takes off what it goes around the other way.
The rings are cut at their crossings into faces; of each face it is known how often it was counted
and whether it lies in the repaired outline, so every square metre of difference has its cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from farmland import areas
from farmland.checks.finding import Found, Rows, Shapes, found, objects
from farmland.parcels import Parcels
from farmland.rules.checks import Checks

POLYGON = 3
"""Geometry type id of GEOS."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Areas before and after repair, in square metres; n rows were changed or given up.

    drawn_m2 + turned_m2 - twice_m2 - dropped_m2 = repaired_m2, in each row and in total.
    """

    rows: Rows
    """(n,) of the layer, counted from 0."""
    drawn_m2: Numbers
    """(n,) as drawn; 0 where coordinates are no numbers."""
    turned_m2: Numbers
    """(n,) gained: loops that run the other way round and had been taken off."""
    twice_m2: Numbers
    """(n,) lost: ground that was counted more than once."""
    dropped_m2: Numbers
    """(n,) lost: ground in an outline that could not be kept."""
    untouched_m2: float
    """Area of all rows that were left as they are."""
    uncounted: Rows
    """Rows whose area as drawn nobody can tell: coordinates that are no numbers."""
    faces: Mapping[int, shapely.Geometry]
    """Row to the ground where the difference lies."""

    @property
    def repaired_m2(self) -> Numbers:
        """(n,) areas of the repaired outlines."""
        return np.asarray(self.drawn_m2 + self.turned_m2 - self.twice_m2 - self.dropped_m2)


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """What lies between the rings of one shape: k polygons that do not overlap."""

    shapes: Shapes
    """(k,)"""
    count: NDArray[np.int64]
    """(k,) how often each was counted in the area as drawn."""
    kept: NDArray[np.bool_]
    """(k,) whether it lies in the repaired outline."""


def ledger(parcels: Parcels) -> Ledger:
    """The ledger of a layer as it was read."""
    rows = np.array(sorted(parcels.as_given), np.intp)
    uncounted = np.intersect1d(rows, parcels.fault_rows.get("not_finite", rows[:0]))
    cut = [row for row in rows if row not in uncounted]
    pieces = [_faces(parcels.as_given[row], parcels.frame.geometry.iloc[row]) for row in cut]
    owner = np.repeat(np.array(cut, np.intp), [len(piece.shapes) for piece in pieces])
    faces = objects(shape for piece in pieces for shape in piece.shapes)
    count = np.array([each for piece in pieces for each in piece.count], np.int64)
    kept = np.array([each for piece in pieces for each in piece.kept], np.bool_)
    area = np.nan_to_num(areas.ellipsoidal(gpd.GeoSeries(faces, crs=parcels.frame.crs)), posinf=0)
    inside = kept.astype(np.int64)

    def total(times: NDArray[np.int64]) -> Numbers:
        place = np.searchsorted(rows, owner)
        return np.bincount(place, times * area, minlength=len(rows)).astype(np.float64)

    different = np.flatnonzero(count != inside)
    untouched = np.ones(len(parcels), bool)
    untouched[rows] = False
    return Ledger(
        rows=rows,
        drawn_m2=total(count),
        turned_m2=total(np.where(count < inside, inside - count, 0)),
        twice_m2=total(np.where(kept & (count > 1), count - 1, 0)),
        dropped_m2=total(np.where(~kept & (count > 0), count, 0)),
        untouched_m2=float(np.nansum(parcels.area_m2[untouched])),
        uncounted=uncounted,
        faces=_gathered(faces[different], owner[different]),
    )


def of_repair(ledger: Ledger, limits: Checks) -> Iterator[Found]:
    """Rows whose area changed in repair."""
    for kind, area in (
        ("area_lost", ledger.twice_m2 + ledger.dropped_m2),
        ("area_gained", ledger.turned_m2),
    ):
        which = np.flatnonzero(area > limits.repair_m2)
        rows = ledger.rows[which]
        places = objects(ledger.faces.get(int(row)) for row in rows)
        yield found(kind, rows, area_m2=area[which], places=places)


def _faces(drawn: shapely.Geometry, repaired: shapely.Geometry | None) -> Faces:
    """Cut a shape into faces."""
    parts = shapely.get_parts(shapely.get_parts(drawn))
    parts = parts[shapely.get_type_id(parts) == POLYGON]
    rings, part = shapely.get_rings(parts, return_index=True)
    lines = shapely.get_parts(shapely.unary_union(rings))
    faces = shapely.get_parts(shapely.polygonize(lines))
    inside = shapely.point_on_surface(faces)
    count = np.zeros(len(faces), np.int64)
    for number, ring in enumerate(rings):
        hole = number > 0 and part[number] == part[number - 1]
        count += (-1 if hole else 1) * _windings(shapely.get_coordinates(ring), inside)
    kept = np.zeros(len(faces), bool) if repaired is None else shapely.covers(repaired, inside)
    return Faces(faces, count, kept)


def _windings(ring: Numbers, points: Shapes) -> NDArray[np.int64]:
    """How often a closed ring runs around each point, counted along its own direction.

    Crossings of the ray to the east: up counts one, down minus one. A ring whose signed area is
    negative is counted the other way, as its area is.
    """
    x, y = shapely.get_x(points)[:, None], shapely.get_y(points)[:, None]
    (x1, y1), (x2, y2) = ring[:-1].T, ring[1:].T
    side = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
    up = (y1 <= y) & (y2 > y) & (side > 0)
    down = (y1 > y) & (y2 <= y) & (side < 0)
    east, north = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    signed = (east[:-1] * north[1:] - east[1:] * north[:-1]).sum()
    turns = up.sum(axis=1, dtype=np.int64) - down.sum(axis=1, dtype=np.int64)
    return np.asarray(turns if signed >= 0 else -turns)


def _gathered(faces: Shapes, owner: Rows) -> dict[int, shapely.Geometry]:
    """Faces of one row as one geometry; ``owner`` ascends."""
    rows, number = np.unique(owner, return_inverse=True)
    if not len(rows):
        return {}
    shapes = np.asarray(shapely.multipolygons(faces, indices=number), dtype=object)
    return {int(row): shape for row, shape in zip(rows, shapes, strict=True)}
