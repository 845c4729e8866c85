"""Turn what only GDAL opens (JPEG 2000, buckets that want keys) into a partial TIFF, losslessly.

The overview holds exactly the pixels that a glance at the source gives, so evidence of radiometry
does not depend on where the scene was read from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from farmland.errors import disk_fault
from farmland.grid import PIXEL_M
from farmland.io.bands import codecs, geotags
from farmland.io.bands.codecs import DEFLATE, Level
from farmland.io.bands.directories import RawTag
from farmland.io.bands.gdal_rasters import GdalRaster
from farmland.io.bands.rasters import Place
from farmland.io.bands.tiff import Tiff
from farmland.io.mirror.partial_tiff import write_part

TILE = 512
"""Pixels along a tile of the full resolution."""

ROUND = 16
"""Sides of tiles are multiples of this (TIFF 6.0, section 15)."""

IN_MEMORY = 32_000_000
"""Bytes of encoded tiles beyond which they wait on the disk."""

ASCII, SHORT, DOUBLE = 2, 3, 12
"""Types of values."""


def level_of(place: Place, dtype: str) -> Level:
    """The full resolution that a file becomes, none of its tiles stored."""
    return _level((place.height, place.width), TILE, dtype)


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """An earlier copy of the same file."""

    path: Path
    level: Level


def write(
    raster: GdalRaster,
    keep: NDArray[np.bool_],
    longest: int,
    path: Path,
    earlier: Earlier | None = None,
) -> int:
    """Write some tiles of a file and a glance at it; returns the bytes of the tiles.

    Parameters
    ----------
    raster : GdalRaster
    keep : ndarray of bool, shape (tiles down, tiles across)
        Tiles of :func:`level_of` to write.
    longest : int
        Pixels of the glance along its longer side; a file that is no larger is kept whole.
    path : Path
    earlier : Earlier, optional
        Tiles it holds are taken from there.

    Raises
    ------
    UnusableInput, Unreachable
        When the disk refuses.
    """
    place, dtype = raster.place, raster.source.dtypes[0]
    small = max(place.height, place.width) <= longest
    full = level_of(place, dtype)
    with SpooledTemporaryFile(IN_MEMORY, "w+b", dir=str(path.parent)) as spool:
        for row, column in np.argwhere(np.ones_like(keep) if small else keep).tolist():
            held = _earlier(earlier, (row, column))
            data = held or codecs.encode(full, _pixels(raster, full, row, column))
            _put(spool, full, (row, column), data, path)
        levels = (full,) if small else (full, _glance(raster, longest, spool, path))
        source = Tiff(
            levels=levels,
            epsg=int(place.crs.removeprefix("EPSG:")),
            transform=None,
            nodata=raster.source.nodata,
            scale=None if raster.offset is None else float(raster.source.scales[0]),
            offset=raster.offset,
            partial=False,
            tags=_tags(place, raster.source.nodata),
        )
        written = int(full.sizes.sum())
        kept = full.sizes > 0
        write_part(source, lambda *wanted: _taken(spool, *wanted), kept, path, 0 if small else 1)
    return written


def _level(shape: tuple[int, ...], tile: int, dtype: str) -> Level:
    height, width = shape
    grid = -(-height // tile), -(-width // tile)
    offsets, sizes = np.zeros(grid, np.int64), np.zeros(grid, np.int64)
    kind = np.dtype(dtype).newbyteorder("<")
    return Level(width, height, tile, tile, offsets, sizes, DEFLATE, 2, kind)


def _pixels(raster: GdalRaster, level: Level, row: int, column: int) -> NDArray[Any]:
    """One tile of the source, filled up with zeros beyond its edge."""
    tile = np.zeros((level.tile_height, level.tile_width), level.dtype.newbyteorder("="))
    rows = np.arange(row * TILE, min((row + 1) * TILE, level.height))
    columns = np.arange(column * TILE, min((column + 1) * TILE, level.width))
    raster.fill(tile[: rows.size, : columns.size], rows, columns, None)
    return tile


def _glance(raster: GdalRaster, longest: int, spool: IO[bytes], path: Path) -> Level:
    values, _ = raster.glance(longest)
    side = -(-max(values.shape) // ROUND) * ROUND
    level = _level(values.shape, side, values.dtype.name)
    tile = np.zeros((side, side), values.dtype)
    tile[: values.shape[0], : values.shape[1]] = values
    _put(spool, level, (0, 0), codecs.encode(level, tile), path)
    return level


def _earlier(earlier: Earlier | None, at: tuple[int, int]) -> bytes:
    """A tile as an earlier copy holds it; nothing when it does not."""
    if earlier is None or not earlier.level.sizes[at]:
        return b""
    with earlier.path.open("rb") as file:
        file.seek(int(earlier.level.offsets[at]))
        return file.read(int(earlier.level.sizes[at]))


def _put(spool: IO[bytes], level: Level, at: tuple[int, int], data: bytes, path: Path) -> None:
    """Append a tile and note where it lies."""
    level.offsets[at], level.sizes[at] = spool.tell(), len(data)
    with _disk(path):
        spool.write(data)


def _taken(spool: IO[bytes], level: Level, places: list[tuple[int, int]]) -> list[bytes]:
    tiles = []
    for at in places:
        spool.seek(int(level.offsets[at]))
        tiles.append(spool.read(int(level.sizes[at])))
    return tiles


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Say that it was the disk, not the source, that failed."""
    try:
        yield
    except OSError as fault:
        raise disk_fault(fault, path) from fault


def _tags(place: Place, nodata: float | None) -> dict[int, RawTag]:
    """Where the image lies (OGC GeoTIFF 1.1), and its no-data value: 0 unless it says another."""
    size, value = float(place.factor * PIXEL_M), 0 if nodata is None else int(nodata)
    tie = (0, 0, 0, place.column * PIXEL_M, -place.row * PIXEL_M, 0)
    epsg = int(place.crs.removeprefix("EPSG:"))
    model, kind, crs = (1024, 0, 1, 1), (geotags.RASTER_TYPE, 0, 1, 1), geotags.PROJECTED_CRS
    keys = (1, 1, 0, 3, *model, *kind, crs, 0, 1, epsg)
    text = f"{value}\0".encode()
    return {
        geotags.PIXEL_SCALE: _raw(DOUBLE, "<f8", (size, size, 0.0)),
        geotags.TIE_POINTS: _raw(DOUBLE, "<f8", tie),
        geotags.KEYS: _raw(SHORT, "<u2", keys),
        geotags.GDAL_NODATA: RawTag(ASCII, len(text), text),
    }


def _raw(kind: int, code: str, values: tuple[float, ...]) -> RawTag:
    return RawTag(kind, len(values), np.array(values, code).tobytes())
