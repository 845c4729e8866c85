"""Sheets: the squares in which a county is read, laid on the tiles of its granules.

A pixel belongs to one sheet, so a tile of a file is fetched and decoded once, however the parcels
lie; what parcels across an edge have in several sheets is added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.grid import PIXEL_M, Window
from farmland.kernels import scanline
from farmland.scene import Scene
from farmland.tiles import SHEET, zones_of


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Polygons of one zone as flat arrays; n = points, r = rings, g = polygons."""

    x: NDArray[np.float64]
    """(n,) points of all rings, in columns of the zone-wide grid."""
    y: NDArray[np.float64]
    """(n,) in rows of it."""
    starts: NDArray[np.int64]
    """(r + 1,) first point of each ring."""
    rings: NDArray[np.int64]
    """(g + 1,) first ring of each polygon."""

    @classmethod
    def of(cls, shapes: NDArray[np.object_], change: Transformer | None = None) -> Outlines:
        """Take polygons (g,) apart, in metres of a zone or changed into them; empty ones stay."""
        kind, points, (starts, *above) = shapely.to_ragged_array(shapes, include_z=False)
        rings = above[0] if kind == shapely.GeometryType.POLYGON else above[0][above[1]]
        x, y = points.T if change is None else change.transform(*points.T)
        grid = np.array(x) / PIXEL_M, np.array(y) / -PIXEL_M
        return cls(*grid, starts.astype(np.int64), rings.astype(np.int64))

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

    def runs(self, window: tuple[int, int, int, int]) -> NDArray[np.int32]:
        """Runs of the pixels of a window whose centre lies inside: :func:`scanline.runs`."""
        top, bottom, _, _ = self.boxes()
        room = int(np.nansum(bottom - top + 2))  # a convex polygon has one run in a row
        return scanline.runs(self.x, self.y, self.starts, self.rings, window, room)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A square of a zone, and the parcels whose boxes reach into it."""

    crs: str
    window: Window
    members: NDArray[np.int64]
    """(g,) positions in the zone's parcels, ascending."""


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """The parcels of one UTM zone; g = parcels."""

    crs: str
    rows: NDArray[np.int64]
    """(g,) positions in the input layer, ascending."""
    outlines: Outlines

    def sheets(self, origin: tuple[int, int]) -> tuple[Sheet, ...]:
        """Every sheet that a parcel's box reaches, row by row."""
        top, bottom, left, right = self.outlines.boxes()
        down = [np.floor((side - origin[0]) / SHEET).astype(np.int64) for side in (top, bottom)]
        across = [np.floor((side - origin[1]) / SHEET).astype(np.int64) for side in (left, right)]
        wide = across[1] - across[0] + 1
        counts = (down[1] - down[0] + 1) * wide
        members = np.repeat(np.arange(self.rows.size), counts)
        place = np.arange(members.size) - np.repeat(np.cumsum(counts) - counts, counts)
        cells = np.stack(
            [down[0][members] + place // wide[members], across[0][members] + place % wide[members]]
        )
        named, which = np.unique(cells, axis=1, return_inverse=True)
        order = np.argsort(which, kind="stable")
        edges = np.searchsorted(which[order], np.arange(named.shape[1] + 1))
        return tuple(
            Sheet(
                self.crs,
                Window(origin[0] + int(row) * SHEET, origin[1] + int(column) * SHEET, SHEET, SHEET),
                members[order[edges[number] : edges[number + 1]]],
            )
            for number, (row, column) in enumerate(named.T)
        )


def zones(geometry: gpd.GeoSeries) -> tuple[Zone, ...]:
    """Sort parcels, by their representative point, into UTM zones; null and empty ones drop out."""
    usable = geometry[~(geometry.isna() | geometry.is_empty)]
    if usable.empty:
        return ()
    named = zones_of(usable)
    found = []
    for crs in sorted(set(named.tolist())):
        members = usable[named == crs]
        change = Transformer.from_crs(usable.crs, crs, always_xy=True)
        outlines = Outlines.of(members.to_numpy(), change)
        found.append(Zone(crs, members.index.to_numpy(np.int64), outlines))
    return tuple(found)


def _joined(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers of many ranges, one range after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    numbers: NDArray[np.int64] = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return numbers


def origin(scenes: Iterable[Scene], crs: str) -> tuple[int, int]:
    """Row and column of the corner that most granules of a zone share, on the 10 m grid.

    Where none is known the grid of the zone itself serves: tiles are then cut, not missed.
    """
    known = Counter(scene.origin for scene in scenes if scene.crs == crs and scene.origin)
    if not known:
        return 0, 0
    most = max(known.values())
    easting, northing = min(place for place, count in known.items() if count == most)
    return round(-northing / PIXEL_M), round(easting / PIXEL_M)


def parted(
    rows: NDArray[np.int32], columns: NDArray[np.int32], corner: tuple[int, int]
) -> tuple[NDArray[np.int64], ...]:
    """Positions of pixels (p,) sheet by sheet; within a sheet their order is kept."""
    down, across = (rows - corner[0]) // SHEET, (columns - corner[1]) // SHEET
    _, sheet = np.unique(np.stack([down, across]), axis=1, return_inverse=True)
    order = np.argsort(sheet, kind="stable")
    edges = np.flatnonzero(np.diff(sheet[order])) + 1
    return tuple(part.astype(np.int64) for part in np.split(order, edges) if part.size)
