"""Geometry as delivered made usable, row by row: every repair is counted, no row stops a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from farmland import portions

Shapes = NDArray[np.object_]
Rows = NDArray[np.intp]

POLYGON, MULTIPOLYGON, COLLECTION = 3, 6, 7
"""Geometry type ids of GEOS."""


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """Polygons made valid, and the rows of each fault."""

    shapes: Shapes
    """Valid two-dimensional polygons and multipolygons, shape (n,); ``None`` where unusable."""
    faults: dict[str, Rows]
    """Rows by fault: ``null_geometry``, ``empty_geometry``, ``not_finite``, ``three_dimensional``,
    ``not_polygon``, ``self_crossing``. ``repaired``: changed and usable. Rows without a usable
    geometry are left to the caller."""
    as_given: dict[int, shapely.Geometry]
    """Rows that were repaired or given up, to the geometry they had, without heights."""


def mend(shapes: Shapes) -> Mended:
    """Make polygons valid.

    Heights are dropped, polygons are taken out of collections, and rings that cross or touch
    themselves are rebuilt by structure (GEOS ``makeValid``), so that no ground is lost or counted
    twice. Rows that hold no polygon after that become ``None``.
    """
    done = [_mended(shapes, rows) for rows in portions.of_shapes(shapes)]
    return Mended(
        np.concatenate([part.shapes for part in done]),
        {name: np.concatenate([part.faults[name] for part in done]) for name in done[0].faults},
        {row: shape for part in done for row, shape in part.as_given.items()},
    )


def _mended(shapes: Shapes, rows: slice) -> Mended:
    """The same of some of the shapes, whose rows are counted as those of all."""
    given = np.array(shapes[rows], dtype=object)
    faults = {
        "null_geometry": shapely.is_missing(given),
        "empty_geometry": shapely.is_empty(given),
        "not_finite": _not_finite(given),
        "three_dimensional": shapely.has_z(given),
    }
    deep = shapely.get_coordinate_dimension(given) > 2
    given[deep] = shapely.force_2d(given[deep])  # of the others no copy is made
    drawn, given = given, given.copy()
    given[faults["empty_geometry"] | faults["not_finite"]] = None
    given, faults["not_polygon"] = _polygons_only(given)
    faults["self_crossing"] = ~shapely.is_missing(given) & ~shapely.is_valid(given)
    given = _valid(given, faults["self_crossing"])
    changed = faults["self_crossing"] | faults["not_polygon"]
    faults["repaired"] = changed & ~shapely.is_missing(given)
    lost = np.flatnonzero(changed | faults["not_finite"])
    return Mended(
        given,
        {name: np.flatnonzero(met) + rows.start for name, met in faults.items()},
        {int(row) + rows.start: drawn[row] for row in lost},
    )


def _not_finite(shapes: Shapes) -> NDArray[np.bool_]:
    """Rows with a coordinate that is no number."""
    coordinates, row = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), bool)
    bad[row[~np.isfinite(coordinates).all(axis=1)]] = True
    return bad


def _polygons_only(shapes: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Polygons out of collections, ``None`` for points and lines; and which rows were neither."""
    kinds = shapely.get_type_id(shapes)
    odd = ~np.isin(kinds, (POLYGON, MULTIPOLYGON)) & ~shapely.is_missing(shapes)
    result = shapes.copy()
    for row in np.flatnonzero(odd):
        result[row] = _joined(shapes[row]) if kinds[row] == COLLECTION else None
    return result, odd


def _joined(collection: shapely.Geometry) -> shapely.Geometry | None:
    """The polygons of a collection as one geometry, or ``None``."""
    parts = shapely.get_parts(shapely.get_parts(collection))
    polygons = parts[shapely.get_type_id(parts) == POLYGON]
    if len(polygons) == 0:
        return None
    return Polygon(polygons[0]) if len(polygons) == 1 else MultiPolygon(list(polygons))


def _valid(shapes: Shapes, crossing: NDArray[np.bool_]) -> Shapes:
    """Rebuild the rows that cross themselves; ``None`` where no area is left, or nothing valid."""
    result = shapes.copy()
    for row in np.flatnonzero(crossing):
        result[row] = _rebuilt(shapes[row])
    kinds = shapely.get_type_id(result)
    for row in np.flatnonzero(kinds == COLLECTION):
        result[row] = _joined(result[row])
    result[crossing & ~shapely.is_valid(result)] = None
    return result


def _rebuilt(shape: shapely.Geometry) -> shapely.Geometry | None:
    """A shape rebuilt by structure; ``None`` where that cannot be done or leaves no area."""
    try:
        made = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        if not shapely.is_valid(made):  # GEOS leaves parts that share an edge: they are one
            made = shapely.union_all(shapely.get_parts(made))
    except shapely.GEOSException:
        return None
    return made if shapely.area(made) > 0 else None
