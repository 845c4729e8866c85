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

from farmland.grid import PIXEL_M, Window, utm_zone
from farmland.kernels import scanline
from farmland.scene import Scene
from farmland.tiles import SHEET


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Polygons of one zone as flat arrays; r = rings, g = polygons."""

    x: NDArray[np.float64]
    """Points of all rings, in columns of the zone-wide grid."""
    y: NDArray[np.float64]
    """In rows of it."""
    starts: NDArray[np.int64]
    """(r + 1,) first point of each ring."""
    rings: NDArray[np.int64]
    """(g + 1,) first ring of each polygon."""

    @classmethod
    def of(cls, shapes: NDArray[np.object_]) -> Outlines:
        """Take polygons (g,) in metres of a zone apart; empty ones have no ring."""
        parts, owner = shapely.get_parts(shapes, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        points, ring = shapely.get_coordinates(rings, return_index=True)
        starts = np.searchsorted(ring, np.arange(rings.size + 1))
        first = np.searchsorted(owner[part], np.arange(len(shapes) + 1))
        x, y = np.ascontiguousarray((points / (PIXEL_M, -PIXEL_M)).T)
        return cls(x, y, starts.astype(np.int64), first.astype(np.int64))

    def pixels(
        self, window: tuple[int, int, int, int]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Rows, columns and polygons of the pixels of a window: :func:`scanline.pixels`."""
        return scanline.pixels(self.x, self.y, self.starts, self.rings, window)


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
    shapes: NDArray[np.object_]
    """(g,) polygons in metres of the zone."""

    def sheets(self, origin: tuple[int, int]) -> tuple[Sheet, ...]:
        """Every sheet that a parcel's box reaches, row by row."""
        left, bottom, right, top = shapely.bounds(self.shapes).T / PIXEL_M
        down = [np.floor((side - origin[0]) / SHEET).astype(np.int64) for side in (-top, -bottom)]
        across = [np.floor((side - origin[1]) / SHEET).astype(np.int64) for side in (left, right)]
        held: dict[tuple[int, int], list[int]] = {}
        for g in range(self.rows.size):
            for row in range(down[0][g], down[1][g] + 1):
                for column in range(across[0][g], across[1][g] + 1):
                    held.setdefault((row, column), []).append(g)
        return tuple(
            Sheet(
                self.crs,
                Window(origin[0] + row * SHEET, origin[1] + column * SHEET, SHEET, SHEET),
                np.array(held[row, column]),
            )
            for row, column in sorted(held)
        )


def zones(geometry: gpd.GeoSeries) -> tuple[Zone, ...]:
    """Sort parcels, by their representative point, into UTM zones; null and empty ones drop out."""
    usable = geometry[~(geometry.isna() | geometry.is_empty)]
    if usable.empty:
        return ()
    points = usable.representative_point().to_crs(4326)
    named = [utm_zone(x, y) for x, y in zip(points.x, points.y, strict=True)]
    found = []
    for crs in sorted(set(named)):
        members = usable[[name == crs for name in named]].to_crs(crs)
        shapes = shapely.force_2d(members.to_numpy())
        found.append(Zone(crs, members.index.to_numpy(np.int64), shapes))
    return tuple(found)


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
