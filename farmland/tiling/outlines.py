"""Outlines of polygons as flat arrays, from which kernels make runs of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.grid import PIXEL_M
from farmland.kernels import coverage
from farmland.raster import Transform

ZONE_WIDE: Transform = (PIXEL_M, 0.0, 0.0, 0.0, -PIXEL_M, 0.0)
"""The 10 m grid of a UTM zone."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Polygons on one grid as flat arrays; n = points, r = rings, g = polygons."""

    x: NDArray[np.float64]
    """(n,) points of all rings, in columns of the grid."""
    y: NDArray[np.float64]
    """(n,) in rows of it."""
    starts: NDArray[np.int64]
    """(r + 1,) first point of each ring."""
    rings: NDArray[np.int64]
    """(g + 1,) first ring of each polygon."""
    sides: NDArray[np.int8]
    """(r,) 1 or -1, so that shells add and holes take away: :func:`coverage.turns`."""

    @classmethod
    def of(
        cls,
        shapes: NDArray[np.object_],
        change: Transformer | None = None,
        transform: Transform = ZONE_WIDE,
    ) -> Outlines:
        """Take polygons (g,) apart, where ``change`` moves them; empty ones stay.

        ``transform`` has no rotation.
        """
        kind, points, (starts, *above) = shapely.to_ragged_array(shapes, include_z=False)
        polygons = above[0]
        rings = polygons if kind == shapely.GeometryType.POLYGON else polygons[above[1]]
        holes = np.ones(starts.size - 1, np.bool_)
        holes[polygons[:-1][np.diff(polygons) > 0]] = False
        x, y = points.T if change is None else change.transform(*points.T)
        across = (np.array(x) - transform[2]) / transform[0]
        down = (np.array(y) - transform[5]) / transform[4]
        first = starts.astype(np.int64)
        sides = coverage.turns(across, down, first, holes)
        return cls(across, down, first, rings.astype(np.int64), sides)

    def chosen(self, members: NDArray[np.int64]) -> Outlines:
        """Some of the polygons, in the order given."""
        rings = _joined(self.rings[members], self.rings[members + 1])
        points = _joined(self.starts[rings], self.starts[rings + 1])
        lengths = self.starts[rings + 1] - self.starts[rings]
        counts = self.rings[members + 1] - self.rings[members]
        return Outlines(
            self.x[points],
            self.y[points],
            np.concatenate([[0], np.cumsum(lengths)]),
            np.concatenate([[0], np.cumsum(counts)]),
            self.sides[rings],
        )

    def boxes(self) -> NDArray[np.float64]:
        """(4, g) least and greatest row, least and greatest column; NaN for an empty polygon."""
        edges = self.starts[self.rings]
        held = np.flatnonzero(np.diff(edges) > 0)
        out = np.full((4, self.rings.size - 1), np.nan)
        for number, (axis, pick) in enumerate(
            ((self.y, np.minimum), (self.y, np.maximum), (self.x, np.minimum), (self.x, np.maximum))
        ):
            if held.size:
                out[number, held] = pick.reduceat(axis, edges[held])
        return out

    def covered(
        self, window: tuple[int, int, int, int], members: slice = slice(None)
    ) -> NDArray[np.int32]:
        """Runs of the pixels of a window and how much is covered: :func:`coverage.runs`.

        ``members``: polygons one after another, labelled from 0.
        """
        first, after, _ = members.indices(self.rings.size - 1)
        rings = self.rings[first : after + 1]
        return coverage.runs(self.x, self.y, self.starts, rings, self.sides, window)

    def covered_by_row(
        self, window: tuple[int, int, int, int], members: slice = slice(None)
    ) -> NDArray[np.int32]:
        """The same runs sorted by row and column, as a sweep over images meets them."""
        runs = self.covered(window, members)
        place = (runs[:, coverage.ROW].astype(np.int64) << 32) + runs[:, coverage.FIRST]
        order = np.argsort(place, kind="stable")  # fast where a polygon's runs are in order
        return np.take(runs, order, axis=0)


def _joined(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers of many ranges, one range after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    numbers: NDArray[np.int64] = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return numbers
