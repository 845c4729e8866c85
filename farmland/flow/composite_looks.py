"""Looks at one sheet on their way from files to the spool of its composites.

Dims: l = layers of the spool, p = farmland pixels of the sheet, v, u = cells of 20 m.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from farmland import indices
from farmland.flow import index_bands
from farmland.flow import look as looking
from farmland.flow.look import How, Shot, Site
from farmland.grid import PIXEL_M
from farmland.imagery.compositing import Method
from farmland.imagery.looks import Look
from farmland.indices import Program
from farmland.io.spool import Layers
from farmland.kernels.coverage import AFTER, FIRST, ROW
from farmland.kernels.ground import HIGHEST, LOWEST
from farmland.kernels.spectral import SCALE
from farmland.rules.indices import Index
from farmland.scene import Scene
from farmland.tiling.sheets import Sheet, Zone


@dataclass(frozen=True, slots=True, eq=False)
class Theme:
    """An index, or reflectance: what is composed, and by which methods."""

    name: str
    """``ndvi``, ``reflectance``."""
    bands: tuple[str, ...]
    """That an index is made of, or that the composite has."""
    methods: tuple[Method, ...]
    index: Index | None
    """``None`` for reflectance."""
    layers: slice
    """In the spool: one of an index, else one for each band."""
    program: Program | None

    @property
    def answer_bytes(self) -> int:
        """Of a pixel: its composites and days by all methods, and its count."""
        values = 4 * int(self.layers.stop - self.layers.start)
        return sum(values + 2 * method.dated for method in self.methods) + 2

    @property
    def title(self) -> str:
        """As people write it."""
        return self.index.name if self.index else "Reflectance"

    @classmethod
    def of_index(cls, index: Index, methods: Sequence[Method], layer: int) -> Theme:
        """An index, in one layer."""
        own, program = slice(layer, layer + 1), indices.program(index)
        return cls(index.name.lower(), program.bands, tuple(methods), index, own, program)

    @classmethod
    def of_bands(cls, bands: Sequence[str], methods: Sequence[Method], layer: int) -> Theme:
        """Reflectance, one layer for each band."""
        own = slice(layer, layer + len(bands))
        return cls("reflectance", tuple(bands), tuple(methods), None, own, None)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The farmland of a sheet: pixels (p,) that a parcel touches, row by row."""

    site: Site
    rows: NDArray[np.int64]
    """In the window of the site."""
    columns: NDArray[np.int64]


@dataclass(slots=True)
class Told:
    """What reading came to, in pixels times looks, so that sheets of any size say the same."""

    needed: int = 0
    """That a scene shows, or should."""
    unread: int = 0
    """Of these, where something that was needed stayed unread."""
    clear_days: set[date] = field(default_factory=set)
    unread_days: set[date] = field(default_factory=set)

    def add(self, other: Told) -> None:
        """Add what another look, or another sheet, came to."""
        self.needed += other.needed
        self.unread += other.unread
        self.clear_days |= other.clear_days
        self.unread_days |= other.unread_days


@dataclass(frozen=True, slots=True)
class Task:
    """One look, and where it lies in the spool."""

    position: int
    day: date
    scenes: tuple[Scene, ...]


def field_of(zone: Zone, sheet: Sheet) -> Field | None:
    """The farmland of a sheet; ``None`` when no parcel touches it."""
    corner = (sheet.window.row, sheet.window.column, *sheet.window.shape)
    laid = looking.laid_on(zone.crs, zone.outlines.chosen(sheet.members).covered_by_row(corner))
    if laid is None:
        return None
    site, runs = laid
    height, width = site.window.shape
    turns = np.zeros((height, width + 1), np.int32)
    np.add.at(turns, (runs[:, ROW], runs[:, FIRST]), 1)
    np.add.at(turns, (runs[:, ROW], runs[:, AFTER]), -1)
    return Field(site, *np.nonzero(np.cumsum(turns, axis=1)[:, :width] > 0))


def tasks_of(step: Sequence[Look], land: Field, how: How) -> list[Task]:
    """The looks of a step that may show a sheet."""
    near = ((look.day, looking.touching(look.scenes, land.site, how)) for look in step)
    return [Task(-1, day, scenes) for day, scenes in near if scenes]


def read(spool: Layers, land: Field, themes: Sequence[Theme], how: How, task: Task) -> Told:
    """Read one look into the spool, on a reader's thread; a look without a clear pixel is not."""
    how = index_bands.of_look(how, task.scenes)
    known = [theme for theme in themes if set(how.bands).issuperset(theme.bands)]
    sight = looking.read(task.scenes, land.site, how)
    at = land.rows // looking.CELL, land.columns // looking.CELL
    told = _missed(task, land, sight.shots, sight.clear[at], whole=len(known) == len(themes))
    shots = [shot for shot in sight.shots if shot.images is not None]
    masks = [(shot.usable & sight.clear)[at] for shot in shots]
    if not known or not any(mask.any() for mask in masks):
        return told
    told.clear_days.add(task.day)
    for theme in themes:
        layers = np.full(
            (theme.layers.stop - theme.layers.start, land.rows.size), np.nan, np.float32
        )
        if theme in known:
            for shot, mask in zip(shots, masks, strict=True):
                _fill(theme, shot, mask, land, how, layers)
        for number, values in enumerate(layers):
            spool.put(theme.layers.start + number, task.position, values)
    return told


def _fill(
    theme: Theme,
    shot: Shot,
    mask: NDArray[np.bool_],
    land: Field,
    how: How,
    layers: NDArray[np.float32],
) -> None:
    """Lay one scene of a look over layers (l, p), where it is clear and its bands have data."""
    assert shot.images is not None  # noqa: S101  # the caller chose it
    chosen = (shot.images[how.bands.index(band)] for band in theme.bands)
    counts = tuple(image[land.rows, land.columns] for image in chosen)
    if theme.program is not None:
        out = np.empty(mask.size, np.float32)
        indices.evaluate(theme.program, counts, mask, shot.offset, out)
        np.copyto(layers[0], out, where=mask)
        return
    usable = mask & np.logical_and.reduce([count > 0 for count in counts])
    for values, count in zip(layers, counts, strict=True):
        whole = np.clip(count[usable].astype(np.int32) + shot.offset, LOWEST, HIGHEST)
        values[usable] = whole * SCALE


def _missed(
    task: Task, land: Field, shots: Sequence[Shot], clear: NDArray[np.bool_], *, whole: bool
) -> Told:
    """What a look shows of a sheet, and what of it stayed unread; not ``whole``: a theme did."""
    at = land.rows // looking.CELL, land.columns // looking.CELL
    shown, lost, unknown = np.zeros((3, land.rows.size), np.bool_)
    for scene, shot in zip(task.scenes, shots, strict=True):
        if shot.seen is None:
            unknown |= _under(scene, land)
        else:
            shown |= shot.seen[at]
            if shot.unread or not whole:
                lost |= shot.usable[at] & clear
    lost |= unknown & ~shown
    unread = int(lost.sum())
    return Told(int((shown | lost).sum()), unread, set(), {task.day} if unread else set())


def _under(scene: Scene, land: Field) -> NDArray[np.bool_]:
    """Pixels (p,) whose centre lies under a scene, by its footprint."""
    x = PIXEL_M * (land.site.window.column + land.columns + 0.5)
    y = -PIXEL_M * (land.site.window.row + land.rows + 0.5)
    change = Transformer.from_crs(land.site.crs, 4326, always_xy=True)
    inside: NDArray[np.bool_] = shapely.contains_xy(scene.footprint, *change.transform(x, y))
    return inside
