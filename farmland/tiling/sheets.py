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
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.grid import PIXEL_M, Window
from farmland.scene import Scene
from farmland.tiling.outlines import Outlines
from farmland.tiling.tiles import SHEET, zones_of


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
    sheet = (down.astype(np.int64) << 32) + across
    order = np.argsort(sheet, kind="stable")
    edges = np.flatnonzero(np.diff(sheet[order])) + 1
    return tuple(part.astype(np.int64) for part in np.split(order, edges) if part.size)
