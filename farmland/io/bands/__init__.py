"""Read windows of bands onto the zone-wide 10 m grid, as counts, without resampling by chance.

Pixels of 20 m bands are repeated exactly; a scene of another UTM zone is brought over by the
nearest pixel, found for each pixel centre alone, so that the answer never depends on the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.grid import PIXEL_M, Window
from farmland.io.bands.fetch import ANYWHERE_KNOWN, Unread
from farmland.io.bands.rasters import Pixels, Place, Raster, patiently
from farmland.io.hosts import Reach
from farmland.scene import Asset, Scene

__all__ = ["Counts", "Overview", "Unread", "onto", "overview", "read"]

OVERVIEW_PIXELS = 192
"""Longest side of an overview: every half kilometre of a granule of 110 km."""

Image = NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What a read gave."""

    values: Image
    """Shape (height, width) of the window; counts as published, 0 where there is no data."""
    bytes_read: int
    """Bytes of the file's tiles that were fetched, as stored (TIFF), else as decoded."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """A whole scene at a glance."""

    values: Image
    """Counts, at most 192 pixels along a side; 0 where there is no data."""
    offset: float | None
    """Offset written in the file itself; ``None`` when the file says nothing."""
    bytes_read: int
    """As in :class:`Counts`."""


def read(
    scene: Scene,
    band: str,
    crs: str,
    window: Window,
    *,
    step: int = 1,
    needed: NDArray[np.bool_] | None = None,
    reach: Reach = ANYWHERE_KNOWN,
) -> Counts:
    """Read one window of one band.

    Parameters
    ----------
    scene : Scene
    band : str
        ``blue`` ... ``swir22`` or ``scl``.
    crs : str
        UTM zone of the window as ``EPSG:n``; the scene may lie in another.
    window : Window
        On the zone-wide 10 m grid; what lies outside the file comes back as 0.
    step : int
        10 m pixels along a pixel of the answer; the window's edges must be multiples of it. 2 gives
        the classification on its own grid of 20 m.
    needed : array of bool, optional
        Shape of the answer. Tiles of the file that hold no needed pixel are not fetched and come
        back as 0.
    reach : Reach
        Where a redirect may lead.

    Raises
    ------
    Unread
        When the band is missing, or the file stayed unreadable after bounded tries.

    Notes
    -----
    Thread-safe. GDAL settings, where GDAL reads, hold for the call only.
    """
    asset = _asset(scene, band)

    def work(raster: Raster) -> tuple[Image, int]:
        return onto(raster, crs, window, step=step, needed=needed)

    values, size = patiently(asset.href, work, reach, partial(_likely, scene))
    return Counts(_counts(values, asset), size)


def onto(
    raster: Pixels,
    crs: str,
    window: Window,
    *,
    step: int = 1,
    needed: NDArray[np.bool_] | None = None,
) -> tuple[Image, int]:
    """Bring an open file onto a window, as :func:`read` does; counts, and bytes read."""
    rows = _axis(window.row, window.height, step)
    columns = _axis(window.column, window.width, step)
    if raster.place.crs == crs:
        return _own_zone(raster, rows, columns, needed)
    return _other_zone(raster, crs, rows, columns, 0.5 if step % 2 else 0.0, needed)


def overview(scene: Scene, band: str, *, reach: Reach = ANYWHERE_KNOWN) -> Overview:
    """Read a coarse overview of the whole scene, for evidence about its radiometry.

    Raises
    ------
    Unread
        As :func:`read`.
    """
    asset = _asset(scene, band)

    def work(raster: Raster) -> Overview:
        values, size = raster.glance(OVERVIEW_PIXELS)
        return Overview(_counts(values.astype(np.uint16), asset), raster.offset, size)

    return patiently(asset.href, work, reach, partial(_likely, scene))


def _asset(scene: Scene, band: str) -> Asset:
    asset = scene.assets.get(band)
    if asset is None:
        raise Unread(f"the scene has no band {band}")
    return asset


def _likely(scene: Scene, place: Place) -> bool:
    """Whether a file may lie where it says: in the zone of its scene, at its footprint."""
    if scene.crs and scene.crs != place.crs:
        return False
    size = place.factor * PIXEL_M
    left, top = place.column * PIXEL_M, -place.row * PIXEL_M
    box = left, top - place.height * size, left + place.width * size, top
    there = Transformer.from_crs(place.crs, 4326, always_xy=True).transform_bounds(*box)
    return bool(np.isfinite(there).all()) and bool(shapely.box(*there).intersects(scene.footprint))


def _axis(start: int, size: int, step: int) -> NDArray[np.int64]:
    """10 m rows or columns under the middle of each pixel of the answer."""
    if start % step or size % step:
        raise ValueError(f"a window from {start} of {size} pixels is no multiple of {step}")
    return start + step * np.arange(size // step, dtype=np.int64) + step // 2


def _own_zone(
    raster: Pixels,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    needed: NDArray[np.bool_] | None,
) -> tuple[Image, int]:
    """Rows and columns of the file under those of the 10 m grid, then its tiles."""
    place = raster.place
    values = np.zeros((rows.size, columns.size), np.uint16)
    down, across = (rows - place.row) // place.factor, (columns - place.column) // place.factor
    inside = _between(down, place.height), _between(across, place.width)
    part = values[inside]
    if not part.size:
        return values, 0
    wanted = needed[inside] if needed is not None else None
    return values, raster.fill(part, down[inside[0]], across[inside[1]], wanted)


def _between(numbers: NDArray[np.int64], size: int) -> slice:
    """Where an ascending array lies in [0, size)."""
    return slice(int(np.searchsorted(numbers, 0)), int(np.searchsorted(numbers, size)))


def _other_zone(
    raster: Pixels,
    crs: str,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    middle: float,
    needed: NDArray[np.bool_] | None,
) -> tuple[Image, int]:
    """The pixel of the other zone's 10 m grid that holds each pixel centre of the window."""
    place = raster.place
    there = _positions(crs, place.crs, _key(rows), _key(columns), middle)
    height, width = place.height * place.factor, place.width * place.factor
    inside = (there[0] >= place.row) & (there[0] < place.row + height)
    inside &= (there[1] >= place.column) & (there[1] < place.column + width)
    if needed is not None:
        inside &= needed
    values = np.zeros((rows.size, columns.size), np.uint16)
    if not inside.any():
        return values, 0
    down, across = there[0][inside], there[1][inside]
    top, left = int(down.min()), int(across.min())
    cover = np.zeros((int(down.max()) - top + 1, int(across.max()) - left + 1), np.bool_)
    cover[down - top, across - left] = True
    tall, wide = np.arange(cover.shape[0]) + top, np.arange(cover.shape[1]) + left
    block, size = _own_zone(raster, tall, wide, cover)
    values[inside] = block[down - top, across - left]
    return values, size


def _key(axis: NDArray[np.int64]) -> tuple[int, int, int]:
    """First, step and number of an evenly spaced axis."""
    return int(axis[0]), int(axis[1] - axis[0]) if axis.size > 1 else 1, int(axis.size)


@lru_cache(maxsize=8)
def _positions(
    crs: str, other: str, rows: tuple[int, int, int], columns: tuple[int, int, int], middle: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column on the 10 m grid of ``other`` of each pixel centre; far away: -1."""
    y, x = (
        PIXEL_M * (first + step * np.arange(number) + middle)
        for first, step, number in (rows, columns)
    )
    there = Transformer.from_crs(crs, other, always_xy=True).transform(*np.meshgrid(x, -y))
    easting, northing = (np.where(np.isfinite(axis), axis, PIXEL_M) for axis in there)
    down, across = np.floor(-northing / PIXEL_M), np.floor(easting / PIXEL_M)
    return down.astype(np.int64), across.astype(np.int64)


def _counts(values: Image, asset: Asset) -> Image:
    """Counts with 0 for the file's own no-data value."""
    if asset.nodata:
        values[values == asset.nodata] = 0
    return values
