"""Ground that lies in two parcels: outlines given twice, overlaps and how large they are."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely

from farmland import areas
from farmland.checks.finding import Found, Rows, Shapes, found
from farmland.checks.slivers import are_slivers
from farmland.parcels import Parcels
from farmland.rules.checks import Checks

AT_ONCE = 20_000
"""Parcels whose neighbours are looked at together: what they share is held in memory."""

COLLECTION = 7
"""Geometry type id of GEOS."""


def of_pairs(parcels: Parcels, limits: Checks) -> Iterator[Found]:
    """Outlines that are given twice, and pairs of parcels that share ground.

    Of n rows with one outline n - 1 are told, each with the first; what overlaps the first is
    told of it alone. Each pair is told once, of the later row.
    """
    shapes = np.asarray(parcels.frame.geometry.array, dtype=object)
    again, first = repeated(shapes)
    yield found("duplicate_geometry", again, others=first, area_m2=parcels.area_m2[again])
    single = shapes.copy()
    single[again] = None
    row, other, common = overlapping(single)
    area = areas.ellipsoidal(gpd.GeoSeries(common, crs=parcels.frame.crs))
    keep = area >= limits.overlap_m2
    row, other, common, area = row[keep], other[keep], common[keep], area[keep]
    larger = np.maximum(parcels.area_m2[row], parcels.area_m2[other])
    same = area >= limits.same_share * larger
    narrow = ~same & are_slivers(common, area, parcels.frame.crs, limits)
    for kind, which in (
        ("same_geometry", same),
        ("overlap", ~same & ~narrow),
        ("narrow_overlap", narrow),
    ):
        yield found(
            kind, row[which], others=other[which], area_m2=area[which], places=common[which]
        )


def repeated(shapes: Shapes) -> tuple[Rows, Rows]:
    """Rows whose outline was given before, vertex for vertex, and the row that had it first.

    Where a ring begins, which way it runs and in which order parts stand makes no difference.
    """
    rows = _in_one_box(shapes)
    written = shapely.to_wkb(shapely.normalize(shapes[rows]))
    order: dict[bytes, int] = {}
    places = (order.setdefault(each, row) for each, row in zip(written, rows.tolist(), strict=True))
    first = np.fromiter(places, np.intp, len(rows))
    again = rows != first
    return rows[again], first[again]


def _in_one_box(shapes: Shapes) -> Rows:
    """Rows whose box another row fills too: the others need not be compared."""
    rows = np.flatnonzero(~shapely.is_missing(shapes))
    boxes = shapely.bounds(shapes[rows]) + 0.0  # no negative zero
    _, box, times = np.unique(boxes.view("V32"), return_inverse=True, return_counts=True)
    return np.asarray(rows[times[box.reshape(-1)] > 1])


def overlapping(shapes: Shapes) -> tuple[Rows, Rows, Shapes]:
    """Pairs of rows that share ground, the later first, and what they share as polygons."""
    tree = shapely.STRtree(shapes)
    rows, others, common = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], [np.zeros(0, object)]
    for begin in range(0, len(shapes), AT_ONCE):
        some = np.arange(begin, min(begin + AT_ONCE, len(shapes)))
        number, other = tree.query(shapes[some])
        row = some[number]
        row, other = row[other < row], other[other < row]
        shapely.prepare(shapes[some])
        inside = shapely.relate_pattern(shapes[row], shapes[other], "T********")
        shapely.destroy_prepared(shapes[some])  # they take more room than the shapes
        row, other = row[inside], other[inside]
        rows.append(row)
        others.append(other)
        common.append(_polygons(shapely.intersection(shapes[row], shapes[other])))
    return np.concatenate(rows), np.concatenate(others), np.concatenate(common)


def _polygons(shapes: Shapes) -> Shapes:
    """Shapes without the points and lines at which their parcels touch besides."""
    for number in np.flatnonzero(shapely.get_type_id(shapes) == COLLECTION):
        parts = shapely.get_parts(shapes[number])
        shapes[number] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return shapes
