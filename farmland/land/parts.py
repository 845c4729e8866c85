"""The parts of shapes that lie on one kind of ground: joined, slivers merged, areas adding up."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from farmland import areas, shares
from farmland.land import overlay
from farmland.land.overlay import Pieces, Rows, Shapes

TOUCH_M = 1e-3
"""Parts nearer than this are neighbours: what borders share is drawn twice and rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Parts of shapes, those of a shape partition it; the largest of a shape stands first."""

    shape: Rows
    """(k,) row of the shape, ascending."""
    piece: Rows
    """(k,) a piece that lies on the ground of the part."""
    geometry: Shapes
    """(k,) polygons and multipolygons."""
    area_m2: NDArray[np.float64]
    """(k,) two decimals; the parts of a shape add up to it."""
    of_piece: Rows
    """(pieces,) part of each piece; -1 of a sliver that lies on other ground than its part."""
    slivers: int
    """Parts that were merged with a neighbour because they were too small."""
    slivers_m2: float


def of_pieces(
    pieces: Pieces,
    kinds: NDArray[np.int64],
    shapes: gpd.GeoSeries,
    area_m2: NDArray[np.float64],
    least_m2: float,
) -> Parts:
    """Join the pieces of a shape that lie on one kind of ground.

    Parameters
    ----------
    pieces : Pieces
        Of ``shapes``.
    kinds : ndarray of int64, shape (pieces,)
        Number of the kind of ground under each piece.
    shapes : GeoSeries, shape (n,)
    area_m2 : ndarray of float64, shape (n,)
        Areas of the shapes, in square metres of two decimals, to which the parts must add up.
    least_m2 : float
        A smaller part is merged with the largest part of its shape that it touches.

    Returns
    -------
    Parts
    """
    shape, piece, of_piece = _grouped(pieces.shape, kinds)
    whole = np.asarray(shapes.array, object)
    geometry = _joined(pieces.geometry, of_piece, shape, whole)
    size = _measured(geometry, shape, area_m2, shapes.crs)
    host = _hosts(geometry, size, shape, least_m2, shapes.crs)
    kept = host == np.arange(host.size)
    geometry = _joined(geometry, host, shape, whole)[kept]
    totals = np.zeros(area_m2.size)
    totals[shape] = area_m2[shape]  # a shape without ground has no parts
    exact = shares.in_groups(np.bincount(host, size, host.size)[kept], shape[kept], totals)
    order = np.lexsort((piece[kept], -exact, shape[kept]))
    number = np.full(host.size, -1)
    number[np.flatnonzero(kept)[order]] = np.arange(order.size)
    return Parts(
        shape=shape[kept][order],
        piece=piece[kept][order],
        geometry=geometry[order],
        area_m2=exact[order],
        of_piece=number[of_piece],
        slivers=int((~kept).sum()),
        slivers_m2=float(size[~kept].sum()),
    )


def _grouped(shape: Rows, kinds: NDArray[np.int64]) -> tuple[Rows, Rows, Rows]:
    """Shape and first piece of each part, in the order of the pieces; part of each piece."""
    both = np.column_stack([shape, kinds])
    _, first, part = np.unique(both, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(order.size, np.intp)
    rank[order] = np.arange(order.size)
    return shape[first[order]], first[order], rank[part.reshape(-1)]


def _joined(geometry: Shapes, group: Rows, shape: Rows, whole: Shapes) -> Shapes:
    """One geometry for each group, at the place of its number.

    A group that is all of its shape is that shape, without the points where it was cut.
    """
    joined = np.full(shape.size, overlay.EMPTY, dtype=object)
    sizes = np.bincount(group, minlength=shape.size)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(sizes)
    groups_of_shape = np.bincount(shape[sizes > 0], minlength=whole.size)
    for number in np.flatnonzero(sizes):
        members = order[ends[number] - sizes[number] : ends[number]]
        if groups_of_shape[shape[number]] == 1:
            joined[number] = whole[shape[number]]
        elif members.size == 1:
            joined[number] = geometry[members[0]]
        else:
            joined[number] = shapely.union_all(geometry[members])
    return joined


def _measured(
    geometry: Shapes, shape: Rows, area_m2: NDArray[np.float64], crs: CRS
) -> NDArray[np.float64]:
    """Area of each part on the ellipsoid; of a shape in one part it is known."""
    size = area_m2[shape].astype(np.float64)
    cut = np.bincount(shape, minlength=area_m2.size)[shape] > 1
    size[cut] = areas.ellipsoidal(gpd.GeoSeries(geometry[cut], crs=crs))
    return size


def _hosts(
    geometry: Shapes, size: NDArray[np.float64], shape: Rows, least_m2: float, crs: CRS
) -> Rows:
    """The part with which each is merged, itself where it is large enough or alone."""
    host = np.arange(shape.size)
    reach = TOUCH_M / overlay.metres(crs)
    small = np.unique(shape[size < least_m2])
    firsts, afters = np.searchsorted(shape, small), np.searchsorted(shape, small, "right")
    for first, after in zip(firsts, afters, strict=True):
        if after - first > 1:
            host[first:after] = first + _merged(geometry[first:after], size[first:after],
                                                least_m2, reach)  # fmt: skip
    return host


def _merged(geometry: Shapes, size: NDArray[np.float64], least_m2: float, reach: float) -> Rows:
    """The same for the parts of one shape: the smallest first, to the largest that it touches."""
    host = np.arange(size.size)
    geometry, size = geometry.copy(), size.copy()
    while True:
        left = np.flatnonzero(host == np.arange(host.size))
        least = left[np.argmin(size[left])]
        if size[least] >= least_m2 or left.size == 1:
            return host
        others = left[left != least]
        near = others[shapely.dwithin(geometry[others], geometry[least], reach)]
        choice = near if near.size else others
        target = choice[np.argmax(size[choice])]
        geometry[target] = shapely.union_all([geometry[target], geometry[least]])
        size[target] += size[least]
        host[host == least] = target
