"""One look at one window: the classification first, bands only where farmland was clear.

Detection, the cube of a notebook and the NDVI of parcels all read through this one function, so
they see the same pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.grid import Window
from farmland.imagery import clear
from farmland.io import bands
from farmland.io.hosts import Reach
from farmland.kernels import ground
from farmland.kernels.coverage import AFTER, FIRST, ROW
from farmland.rules.detection import Detection
from farmland.rules.rhythm import Rhythm
from farmland.scene import SCL, Scene

CELL = 2
"""10 m pixels along a cell of the classification."""


@dataclass(frozen=True, slots=True)
class How:
    """How looks are read; the same for a whole run."""

    offsets: Mapping[str, int]
    """Counts to add, by item id; a scene that is missing is set aside."""
    bands: tuple[str, ...]
    """Empty: only the sky is judged."""
    rules: Detection
    reach: Reach
    """Where redirects of files may lead."""
    rescue: bool = True
    """Whether cloud that hangs alone is read too, in case it is a bright roof."""
    slow: Rhythm | None = None
    """Rules of slow covers; None: they are not looked for."""

    @property
    def margin(self) -> int:
        """Cells around a window that decide about its rim."""
        return clear.margin(self.rules, rescue=self.rescue)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A window and where farmland lies in it."""

    crs: str
    window: Window
    """On the zone-wide 10 m grid, its edges even."""
    farmland: NDArray[np.uint8]
    """(v, u) number of farmland pixels in each 20 m cell, 0 to 4."""

    @classmethod
    def around(
        cls, crs: str, window: Window, rows: NDArray[np.int32], columns: NDArray[np.int32]
    ) -> Site:
        """The site of farmland pixels (p,), zone-wide, that lie in ``window``."""
        even = on_cells(window)
        size = even.height // CELL * (even.width // CELL)
        at = (rows - even.row) // CELL * (even.width // CELL) + (columns - even.column) // CELL
        counted = np.bincount(at, minlength=size).astype(np.uint8)
        return cls(crs, even, counted.reshape(even.height // CELL, even.width // CELL))


def laid_on(crs: str, runs: NDArray[np.int32]) -> tuple[Site, NDArray[np.int32]] | None:
    """The smallest site that holds runs (k, 5) of farmland, zone-wide, and the runs in its pixels.

    Runs come sorted by row and column. ``None`` when there is no run.
    """
    if not len(runs):
        return None
    top, left = int(runs[:, ROW].min()), int(runs[:, FIRST].min())
    height, width = int(runs[:, ROW].max()) - top + 1, int(runs[:, AFTER].max()) - left
    window = on_cells(Window(top, left, height, width))
    inside = runs - np.array([window.row, window.column, window.column, 0, 0], np.int32)
    farmland = np.zeros((window.height // CELL, window.width // CELL), np.uint8)
    ground.count_farmland(inside, farmland)
    return Site(crs, window, farmland), inside


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """What one scene of a look gave."""

    item_id: str
    usable: NDArray[np.bool_]
    """(v, u) cells that this scene shows and in which farmland was clear, or lonely."""
    images: tuple[NDArray[np.uint16], ...] | None
    """b times (y, x) counts as published, 0 = no data or not needed; ``None``: none was read."""
    offset: int
    seen: NDArray[np.bool_] | None
    """(v, u) cells that this scene fills, whatever the weather; ``None``: nobody knows, because
    its classification stayed unread."""
    clear_pixels: int
    """Farmland pixels that were clear."""
    bytes_read: int
    unread: str = ""
    """Why something stayed unread, in a few words without addresses, or ``""``."""
    band: str = ""
    """The band that stayed unread."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One look at one window."""

    clear: NDArray[np.bool_]
    """(v, u) the ground was seen."""
    lonely: NDArray[np.bool_]
    """(v, u) called cloud under a clear sky around."""
    shots: tuple[Shot, ...]


def on_cells(window: Window) -> Window:
    """The smallest window with even edges that holds ``window``."""
    row, column = window.row // CELL * CELL, window.column // CELL * CELL
    height = -(-(window.row + window.height - row) // CELL) * CELL
    width = -(-(window.column + window.width - column) // CELL) * CELL
    return Window(row, column, height, width)


def touching(scenes: Sequence[Scene], site: Site, how: How) -> tuple[Scene, ...]:
    """Scenes of a look that may show a site or its sky, those of its own zone first.

    A scene that ends just short of the site may show the cloud beside it.
    """
    around = outline(site.crs, site.window.padded(how.margin * CELL))
    near = [
        scene
        for scene in scenes
        if scene.item_id in how.offsets and scene.footprint.intersects(around)
    ]
    return tuple(sorted(near, key=lambda scene: scene.crs != site.crs))


@lru_cache(maxsize=256)
def outline(crs: str, window: Window) -> shapely.Polygon:
    """A window in WGS 84, with points along its sides."""
    box = shapely.segmentize(shapely.box(*window.bounds), 1000.0)
    change = Transformer.from_crs(crs, 4326, always_xy=True)
    return shapely.Polygon(np.column_stack(change.transform(*shapely.get_coordinates(box).T)))


def read(scenes: Sequence[Scene], site: Site, how: How) -> Sight:
    """Read one look.

    Parameters
    ----------
    scenes : sequence of Scene
        As :func:`touching` gives them: the first with data fills a cell.
    site : Site
    how : How

    Returns
    -------
    Sight
        What stays unread is told in its shot, never raised.
    """
    margin = how.margin
    padded = site.window.padded(margin * CELL)
    classes = np.zeros((padded.height // CELL, padded.width // CELL), np.uint8)
    owner = np.full(classes.shape, -1, np.int8)
    sizes, faults = [0] * len(scenes), [""] * len(scenes)
    for number, scene in enumerate(scenes):
        try:
            found = bands.read(scene, SCL, site.crs, padded, step=CELL, reach=how.reach)
        except bands.Unread as fault:
            faults[number] = fault.reason
            continue
        sizes[number] = found.bytes_read
        fill = (classes == 0) & (found.values > 0)
        np.copyto(classes, found.values, where=fill, casting="unsafe")
        owner[fill] = number
    sky = clear.sky(classes, how.rules, rescue=how.rescue)
    inner = (slice(margin, -margin), slice(margin, -margin)) if margin else (slice(None),) * 2
    bright, lonely, owner = sky.clear[inner], sky.lonely[inner], owner[inner]
    shots = [
        _shot(scene, site, how, owner == number, bright, lonely, sizes[number])
        if not faults[number]
        else _unseen(scene, site, faults[number])
        for number, scene in enumerate(scenes)
    ]
    return Sight(bright, lonely, tuple(shots))


def _unseen(scene: Scene, site: Site, reason: str) -> Shot:
    nowhere = np.zeros(site.farmland.shape, np.bool_)
    return Shot(scene.item_id, nowhere, None, 0, None, 0, 0, reason, SCL)


def _shot(
    scene: Scene,
    site: Site,
    how: How,
    mine: NDArray[np.bool_],
    bright: NDArray[np.bool_],
    lonely: NDArray[np.bool_],
    size: int,
) -> Shot:
    """The bands of one scene, where they are needed."""
    usable = mine & (bright | lonely) & (site.farmland > 0)
    clear_pixels = int(site.farmland[mine & bright].sum())
    images, fault, band = None, "", ""
    if usable.any() and how.bands:
        images, size, fault, band = _images(scene, site, how, usable, size)
    return Shot(
        item_id=scene.item_id,
        usable=usable,
        images=images,
        offset=how.offsets[scene.item_id],
        seen=mine,
        clear_pixels=clear_pixels,
        bytes_read=size,
        unread=fault,
        band=band,
    )


def _images(
    scene: Scene, site: Site, how: How, usable: NDArray[np.bool_], size: int
) -> tuple[tuple[NDArray[np.uint16], ...] | None, int, str, str]:
    """Counts b times (y, x), bytes, and what stayed unread in which band."""
    needed = usable.repeat(CELL, axis=0).repeat(CELL, axis=1)
    images = []
    for band in how.bands:
        try:
            found = bands.read(scene, band, site.crs, site.window, needed=needed, reach=how.reach)
        except bands.Unread as fault:
            return None, size, fault.reason, band
        images.append(found.values)
        size += found.bytes_read
    if not ground.shows_ground(tuple(images), usable):
        return None, size, "a band holds no data where the classification sees ground", ""
    return tuple(images), size, "", ""
