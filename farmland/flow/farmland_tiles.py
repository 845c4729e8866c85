"""Where a run would read: the sites of farmland, and the pixels of each scene that it needs there.

Judged by :mod:`farmland.flow.look`, so that what is mirrored is what a run reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.flow import look as looking
from farmland.flow import pictures
from farmland.flow.look import CELL, How, Site
from farmland.grid import PIXEL_M, Window
from farmland.io.bands.codecs import Level
from farmland.io.bands.rasters import Place
from farmland.io.mirror.needs import touched
from farmland.kernels.surroundings import widened
from farmland.scene import Scene
from farmland.tiling import sheets

REACH = pictures.LARGEST // 2
"""Pixels that a picture of a patch may show beyond its clear pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Cells of a window, packed: a look at a county has many."""

    crs: str
    window: Window
    shape: tuple[int, ...]
    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, crs: str, window: Window, cells: NDArray[np.bool_]) -> Part:
        """Pack cells (v, u)."""
        return cls(crs, window, cells.shape, np.packbits(cells))

    @property
    def pixels(self) -> NDArray[np.bool_]:
        """(y, x) pixels of the window."""
        height, width = self.shape
        cells = np.unpackbits(self.bits, count=height * width).view(np.bool_)
        return cells.reshape(self.shape).repeat(CELL, axis=0).repeat(CELL, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is needed of one scene."""

    read: list[Part] = field(default_factory=list)
    """For detection."""
    pictured: list[Part] = field(default_factory=list)
    """For detection and the pictures behind its findings."""


def sites_of(geometry: gpd.GeoSeries, scenes: Iterable[Scene]) -> tuple[Site, ...]:
    """The sites that a run reads: the farmland of each sheet."""
    known = tuple(scenes)
    found = []
    for zone in sheets.zones(geometry):
        for sheet in zone.sheets(sheets.origin(known, zone.crs)):
            corner = (sheet.window.row, sheet.window.column, *sheet.window.shape)
            laid = looking.laid_on(
                zone.crs, zone.outlines.chosen(sheet.members).covered_by_row(corner)
            )
            if laid:
                found.append(laid[0])
    return tuple(found)


def ringed(site: Site, margin: int) -> Site:
    """A site with ``margin`` pixels around it."""
    return replace(site, window=site.window.padded(margin))


def needed(parts: Iterable[Part], place: Place, level: Level) -> NDArray[np.bool_]:
    """Tiles (down, across) of a file in which something is needed."""
    keep = np.zeros(level.offsets.shape, np.bool_)
    for part in parts:
        keep |= touched(place, level, part.crs, part.window, part.pixels)
    return keep


def wanted_of(
    versions: Sequence[Sequence[Scene]], sites: Sequence[Site], how: How
) -> dict[str, Wanted]:
    """What is needed of each scene of a look, by item id.

    Parameters
    ----------
    versions : sequence of sequence of Scene
        The scenes of the look in filling order; more than once where it depends on the rest of
        the record which of them count.
    sites : sequence of Site
    how : How
        Without bands.
    """
    wanted = {scene.item_id: Wanted() for scenes in versions for scene in scenes}
    for scenes in versions:
        for site in sites:
            near = looking.touching(scenes, site, how)
            if near:
                _add(wanted, near, site, how)
    return wanted


def _add(wanted: dict[str, Wanted], near: Sequence[Scene], site: Site, how: How) -> None:
    """What is needed of the scenes of one look at one site."""
    sight = looking.read(near, site, how)
    usable = np.logical_or.reduce([shot.usable for shot in sight.shots])
    if not usable.any():
        return
    shown = _shown(near, site)
    window = site.window.padded(REACH)
    for number, shot in enumerate(sight.shots):
        if shot.usable.any():
            wanted[shot.item_id].read.append(Part.of(site.crs, site.window, shot.usable))
        pictured = shot.usable | (usable & (shown == number))
        if pictured.any():
            wide = np.pad(pictured.astype(np.uint8), REACH // CELL)
            cells = widened(wide, REACH // CELL) > 0
            wanted[shot.item_id].pictured.append(Part.of(site.crs, window, cells))


def _shown(near: Sequence[Scene], site: Site) -> NDArray[np.int64]:
    """Which scene a picture of each cell (v, u) is taken from: the first that covers it."""
    shape = site.farmland.shape
    if len(near) == 1:
        return np.zeros(shape, np.int64)
    left, _, _, top = site.window.bounds
    side = CELL * PIXEL_M
    x, y = np.meshgrid(
        left + side * (np.arange(shape[1]) + 0.5), top - side * (np.arange(shape[0]) + 0.5)
    )
    east, north = Transformer.from_crs(site.crs, 4326, always_xy=True).transform(x, y)
    covered = [shapely.contains_xy(scene.footprint, east, north) for scene in near]
    first: NDArray[np.int64] = np.argmax(covered, axis=0)
    return first
