"""Cut polygons along layers of polygons, so that no ground is lost and none counted twice.

Everything happens in the coordinates the shapes already have, projected or not: no vertex is moved
but where two borders cross. How much ground is shared is reckoned first (:mod:`kernels.overlap`),
which is a hundred times faster than cutting; only what is truly cut is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely import STRtree

from farmland import areas, schedule
from farmland.kernels import overlap
from farmland.raster import Transform
from farmland.tiling.outlines import Outlines

Shapes = NDArray[np.object_]
Rows = NDArray[np.intp]

PLANE: Transform = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""Coordinates as they are."""

HAIR_M = 1e-7
"""Ground narrower than this is what rounding leaves: a coordinate of 4e7 m has steps of 7e-9 m."""

EARTH_M = 6378137.0

AT_ONCE = 2048
"""Shapes that a thread cuts or measures at a time; of no more are borders held as numbers."""

POLYGON, MULTIPOLYGON = int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON)

EMPTY = shapely.Polygon()

NO_PAIRS = np.empty(0, np.intp), np.empty(0, np.intp)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A layer whose polygons share no ground, ready to be cut along."""

    shapes: Shapes
    """(m,) polygons and multipolygons."""
    tree: STRtree


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Shapes cut along layers; the pieces of a shape partition it."""

    shape: Rows
    """(k,) row of the shape, ascending."""
    within: Rows
    """(k, layers) row of the polygon of each layer that holds the piece, -1 where none does."""
    geometry: Shapes
    """(k,) polygons and multipolygons."""


def sheet(shapes: Shapes, crs: CRS, workers: int) -> tuple[Sheet, Rows]:
    """Make a layer ready; where its polygons overlap, the first has the ground.

    Parameters
    ----------
    shapes : ndarray of object, shape (m,)
        Valid polygons and multipolygons; None where there is none.
    crs : CRS
        Of the coordinates.
    workers : int
        Threads.

    Returns
    -------
    sheet : Sheet
    lost : ndarray of intp
        Rows from which ground was taken because a row before them has it.
    """
    full = _sound(_filled(shapes))
    whole = Sheet(full, STRtree(full))
    hair = _hair(crs) * shapely.length(full)
    pairs = _in_chunks(partial(_lying_over, whole, hair), full.size, workers)
    one, other = map(np.concatenate, zip(NO_PAIRS, *pairs, strict=True))
    if not one.size:
        return whole, one
    lost, place = np.unique(one, return_inverse=True)
    left = _in_chunks(partial(_less, full[lost], place, full[other]), lost.size, workers)
    apart = full.copy()
    apart[lost] = np.concatenate(left)
    return Sheet(apart, STRtree(apart)), lost


def near(shapes: Shapes, others: Shapes) -> Rows:
    """Rows of the shapes whose box meets that of one of the others, ascending."""
    tree = STRtree(_filled(others))
    return np.unique(tree.query(_filled(shapes))[0])


def cut(shapes: Shapes, sheets: Sequence[Sheet], crs: CRS, workers: int) -> Pieces:
    """Cut shapes along layers, one layer after the other.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Polygons and multipolygons; None where there is none. They may overlap one another.
    sheets : sequence of Sheet
        In the same coordinates.
    crs : CRS
    workers : int
        Threads; the answer does not depend on them.

    Returns
    -------
    Pieces
        In the order of the shapes; of a shape by layers and rows, what no polygon holds last.
        A shape that is None has no piece.
    """
    full = _sound(_filled(shapes))
    done = _in_chunks(partial(_cut_some, full, sheets, _hair(crs)), full.size, workers)
    nothing = Pieces(np.empty(0, np.intp), np.empty((0, len(sheets)), np.intp), full[:0])
    return Pieces(
        np.concatenate([nothing.shape, *(part.shape for part in done)]),
        np.concatenate([nothing.within, *(part.within for part in done)]),
        np.concatenate([nothing.geometry, *(part.geometry for part in done)]),
    )


def shared_m2(
    shapes: Shapes, layer: Sheet, crs: CRS, workers: int
) -> tuple[Rows, Rows, NDArray[np.float64]]:
    """Which shapes and polygons share ground, and how much, without cutting anything.

    Parameters
    ----------
    shapes : ndarray of object, shape (n,)
        Polygons and multipolygons; None where there is none.
    layer : Sheet
    crs : CRS
        Of both.
    workers : int
        Threads.

    Returns
    -------
    shape, polygon : ndarray of intp, shape (k,)
        Rows of those that share ground, by shape and polygon.
    area : ndarray of float64, shape (k,)
        Square metres on the ellipsoid. Coordinates are moved to a cylinder of equal areas, where
        an edge of 1 km strays by some 2 cm from where it was straight.
    """
    full = _filled(shapes)
    task = partial(_met, full, layer, _equal_area(crs), HAIR_M * metres(crs))
    found = _in_chunks(task, full.size, workers)
    one, other, area = map(np.concatenate, zip((*NO_PAIRS, NO_PAIRS[0]), *found, strict=True))
    return one, other, area.astype(np.float64)


def _lying_over(layer: Sheet, hair: NDArray[np.float64], rows: slice) -> tuple[Rows, Rows]:
    """Of some rows of a layer those that share ground with an earlier one, and the earlier."""
    one, other = _in_order(*layer.tree.query(layer.shapes[rows]))
    one += rows.start
    one, other = one[other < one], other[other < one]
    over = _shared(layer.shapes, layer.shapes, one, other) > hair[one]
    return one[over], other[over]


def _met(
    shapes: Shapes, layer: Sheet, change: Transformer, hair: float, rows: slice
) -> tuple[Rows, Rows, NDArray[np.float64]]:
    """Some of the shapes with the polygons they meet, and the ground that they share."""
    one, other = _in_order(*layer.tree.query(shapes[rows]))
    one += rows.start
    area = _shared(shapes, layer.shapes, one, other, change)
    held = area > hair * shapely.length(shapes[one])
    return one[held], other[held], area[held]


def _shared(
    shapes: Shapes, others: Shapes, one: Rows, other: Rows, change: Transformer | None = None
) -> NDArray[np.float64]:
    """Area that each pair shares, where ``change`` moves both."""
    rows, one = np.unique(one, return_inverse=True)
    other_rows, other = np.unique(other, return_inverse=True)
    edges = _edges(shapes[rows], change), _edges(others[other_rows], change)
    return overlap.shared(*edges, one, other)


def _cut_some(shapes: Shapes, sheets: Sequence[Sheet], hair: float, rows: slice) -> Pieces:
    """The pieces of some of the shapes."""
    first = rows.start
    held = first + np.flatnonzero(~shapely.is_empty(shapes[rows]))
    pieces = Pieces(held, np.empty((held.size, 0), np.intp), shapes[held])
    for layer in sheets:
        pieces = _cut_along(pieces, layer, hair)
    return pieces


def _cut_along(pieces: Pieces, layer: Sheet, hair: float) -> Pieces:
    """Every piece cut along one layer more."""
    given = pieces.geometry
    area, line = shapely.area(given), hair * shapely.length(given)
    one, other = _in_order(*layer.tree.query(given))
    common = _shared(given, layer.shapes, one, other)
    met = common > line[one]
    one, other, common = one[met], other[met], common[met]
    whole = common >= area[one] - line[one]
    left = area - np.bincount(one, common, given.size)
    partly = np.flatnonzero((left > line) & (np.bincount(one, minlength=given.size) > 0))
    inside = given[one]
    inside[~whole] = _faces(shapely.intersection(given[one[~whole]], layer.shapes[other[~whole]]))
    outside = _rest(given, partly, one, other, layer)
    alone = np.flatnonzero(np.bincount(one, minlength=given.size) == 0)
    source = np.concatenate([one, partly, alone])
    member = np.concatenate([other, np.full(partly.size + alone.size, -1)])
    made = np.concatenate([inside, outside, given[alone]])
    order = np.lexsort((np.where(member < 0, layer.shapes.size, member), source))
    order = order[~shapely.is_empty(made[order])]
    source = source[order]
    within = np.column_stack([pieces.within[source], member[order]])
    return Pieces(pieces.shape[source], within, made[order])


def _rest(given: Shapes, partly: Rows, one: Rows, other: Rows, layer: Sheet) -> Shapes:
    """What the polygons of a layer leave of some pieces; pairs in the order of the pieces."""
    held = np.isin(one, partly)
    place = np.searchsorted(partly, one[held])
    return _less(given[partly], place, layer.shapes[other[held]], slice(0, partly.size))


def _less(given: Shapes, place: Rows, taken: Shapes, rows: slice) -> Shapes:
    """Some shapes without the polygons ``taken`` from them: ``place`` ascending, one by one."""
    left = given[rows].copy()
    first, after = np.searchsorted(place, [rows.start, rows.stop])
    place, taken = place[first:after] - rows.start, taken[first:after]
    turn = np.arange(place.size) - np.searchsorted(place, place)
    for number in range(int(turn.max(initial=-1)) + 1):
        now = turn == number
        left[place[now]] = _faces(shapely.difference(left[place[now]], taken[now]))
    return left


def _faces(shapes: Shapes) -> Shapes:
    """The polygons of what an operation made: where borders only touch, lines and points are."""
    faces = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    for row in np.flatnonzero((kinds != POLYGON) & (kinds != MULTIPOLYGON)):
        parts = shapely.get_parts(shapes[row])
        held = parts[shapely.get_type_id(parts) == POLYGON]
        faces[row] = shapely.multipolygons(held) if len(held) else EMPTY
    return faces


def _filled(shapes: Shapes) -> Shapes:
    """Shapes with an empty polygon where there is none, or one that no map can hold."""
    full = np.array(shapes, dtype=object)
    full[~np.isfinite(shapely.bounds(full)).all(axis=1)] = EMPTY
    return full


def _sound(shapes: Shapes) -> Shapes:
    """Valid shapes: in another CRS, rounded anew, a border may cross itself."""
    sound = shapes.copy()
    for row in np.flatnonzero(~shapely.is_valid(sound)):
        made = shapely.make_valid(sound[row], method="structure", keep_collapsed=False)
        sound[row] = _faces(np.array([made], dtype=object))[0]
    return sound


def _edges(shapes: Shapes, change: Transformer | None = None) -> overlap.Edges:
    """The borders of shapes as the kernel takes them."""
    if not shapes.size:
        none = np.zeros(1, np.int64)
        return np.empty((0, 5)), none, np.empty((0, 7)), none
    flat = Outlines.of(shapes, change, PLANE)
    return overlap.edges(flat.x, flat.y, flat.starts, flat.rings, flat.sides)


def _in_order(one: Rows, other: Rows) -> tuple[Rows, Rows]:
    """Pairs in the order of the first, then of the second."""
    order = np.lexsort((other, one))
    return one[order], other[order]


def _in_chunks(function: Callable[[slice], Answer], size: int, workers: int) -> list[Answer]:
    """What a function makes of stretches of rows, in their order."""
    rows = [slice(first, min(first + AT_ONCE, size)) for first in range(0, size, AT_ONCE)]
    return schedule.run(function, rows, workers=workers)


def metres(crs: CRS) -> float:
    """Metres in a unit of the coordinates, at most."""
    factor = float(crs.axis_info[0].unit_conversion_factor)
    return factor * EARTH_M if crs.is_geographic else factor


def _hair(crs: CRS) -> float:
    """``HAIR_M`` in the unit of the coordinates."""
    return HAIR_M / metres(crs)


def _equal_area(crs: CRS) -> Transformer:
    """To a cylinder around the ellipsoid on which areas are true (Lambert's)."""
    earth = areas.GEODS["EPSG:4490" if areas.is_cgcs2000(crs) else "EPSG:4326"]
    cylinder = CRS.from_dict({"proj": "cea", "a": earth.a, "b": earth.b, "units": "m"})
    return Transformer.from_crs(crs, cylinder, always_xy=True)
