"""Read windows of bands onto the zone-wide 10 m grid, as counts, without resampling by chance.

Pixels of 20 m bands are repeated exactly; a scene of another UTM zone is brought over by the
nearest pixel, found for each pixel centre alone, so that the answer never depends on the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import rasterio.windows
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling

from farmland.grid import PIXEL_M, Window
from farmland.io.rasters import Raster, Unread, patiently
from farmland.scene import Asset, Scene

__all__ = ["Counts", "Overview", "Unread", "overview", "read"]

OVERVIEW_PIXELS = 192
"""Longest side of an overview: every half kilometre of a granule of 110 km."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What a read gave."""

    values: NDArray[np.uint16]
    """Shape (height, width) of the window; counts as published, 0 where there is no data."""
    bytes_read: int
    """Bytes of the file's blocks that the window touches, as stored (TIFF), else as decoded."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """A whole scene at a glance."""

    values: NDArray[np.uint16]
    """Counts, at most 192 pixels along a side; 0 where there is no data."""
    offset: float | None
    """Offset written in the file itself; ``None`` when the file says nothing."""
    bytes_read: int
    """Bytes of the overview as decoded: an upper bound of what was fetched."""


def read(scene: Scene, band: str, crs: str, window: Window) -> Counts:
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

    Raises
    ------
    Unread
        When the band is missing, or the file stayed unreadable after bounded retries.

    Notes
    -----
    Thread-safe: each thread keeps its own files open, GDAL settings hold for the call only.
    """
    asset = _asset(scene, band)

    def work(raster: Raster) -> tuple[NDArray[np.uint16], int]:
        if raster.crs == crs:
            return _own_zone(raster, asset, window)
        return _other_zone(raster, asset, crs, window)

    return Counts(*patiently(asset.href, work))


def overview(scene: Scene, band: str) -> Overview:
    """Read a coarse overview of the whole scene, for evidence about its radiometry.

    Raises
    ------
    Unread
        As :func:`read`.
    """
    asset = _asset(scene, band)

    def work(raster: Raster) -> Overview:
        source = raster.source
        shrink = max(1.0, max(source.shape) / OVERVIEW_PIXELS)
        shape = tuple(max(1, round(side / shrink)) for side in source.shape)
        read_ = source.read(1, out_shape=shape, resampling=Resampling.nearest)
        tagged = source.scales[0] != 1 or source.offsets[0] != 0
        values = _counts(read_, asset)
        return Overview(values, float(source.offsets[0]) if tagged else None, values.nbytes)

    return patiently(asset.href, work)


def _asset(scene: Scene, band: str) -> Asset:
    asset = scene.assets.get(band)
    if asset is None:
        raise Unread(f"the scene has no band {band}")
    return asset


def _own_zone(raster: Raster, asset: Asset, window: Window) -> tuple[NDArray[np.uint16], int]:
    """Rows and columns of the file under each row and column of the window, then one read."""
    rows = (np.arange(window.height) + (window.row - raster.row)) // raster.factor
    columns = (np.arange(window.width) + (window.column - raster.column)) // raster.factor
    values = np.zeros(window.shape, np.uint16)
    height, width = raster.source.shape
    inside = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    rows, columns = rows[inside[0]], columns[inside[1]]
    if not rows.size or not columns.size:
        return values, 0
    stored = rasterio.windows.Window.from_slices(
        (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)
    )
    block = _counts(raster.source.read(1, window=stored), asset)
    values[np.ix_(*inside)] = block[np.ix_(rows - rows[0], columns - columns[0])]
    return values, _stored_bytes(raster, stored)


def _other_zone(
    raster: Raster, asset: Asset, crs: str, window: Window
) -> tuple[NDArray[np.uint16], int]:
    """The pixel of the other zone's 10 m grid that holds each pixel centre of the window."""
    rows, columns = _positions(crs, raster.crs, window)
    height, width = (side * raster.factor for side in raster.source.shape)
    inside = (rows >= raster.row) & (rows < raster.row + height)
    inside &= (columns >= raster.column) & (columns < raster.column + width)
    values = np.zeros(window.shape, np.uint16)
    if not inside.any():
        return values, 0
    rows, columns = rows[inside], columns[inside]
    top, left = int(rows.min()), int(columns.min())
    cover = Window(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)
    block, size = _own_zone(raster, asset, cover)
    values[inside] = block[rows - top, columns - left]
    return values, size


@lru_cache(maxsize=8)
def _positions(crs: str, other: str, window: Window) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column on the 10 m grid of ``other`` of each pixel centre; far away: -1."""
    _, _, left, _, _, top = window.transform
    x = left + PIXEL_M * (np.arange(window.width) + 0.5)
    y = top - PIXEL_M * (np.arange(window.height) + 0.5)
    there = Transformer.from_crs(crs, other, always_xy=True).transform(*np.meshgrid(x, y))
    easting, northing = (np.where(np.isfinite(axis), axis, PIXEL_M) for axis in there)
    rows, columns = np.floor(-northing / PIXEL_M), np.floor(easting / PIXEL_M)
    return rows.astype(np.int64), columns.astype(np.int64)


def _counts(values: NDArray[np.uint8 | np.uint16], asset: Asset) -> NDArray[np.uint16]:
    """Counts as uint16, with 0 for the file's own no-data value."""
    counts = values.astype(np.uint16)
    if asset.nodata:
        counts[values == asset.nodata] = 0
    return counts


def _stored_bytes(raster: Raster, stored: rasterio.windows.Window) -> int:
    """Bytes of the touched blocks as the TIFF directory counts them; decoded size otherwise."""
    source, total = raster.source, 0
    height, width = source.block_shapes[0]
    for row in range(stored.row_off // height, (stored.row_off + stored.height - 1) // height + 1):
        first, last = stored.col_off // width, (stored.col_off + stored.width - 1) // width
        for column in range(first, last + 1):
            size = source.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", bidx=1)
            if size is None and source.driver != "GTiff":
                return int(stored.height * stored.width * np.dtype(source.dtypes[0]).itemsize)
            total += int(size or 0)
    return total
