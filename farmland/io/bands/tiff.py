"""Read TIFF files without GDAL: where each tile lies, and a tile's pixels from its bytes.

A window of a county touches few tiles of a granule. Knowing where they lie, a caller fetches
exactly those, in as few requests as it likes, on any thread; decoding leaves the other threads
running. One sample per pixel of 8 or 16 bits, as every provider of Sentinel-2 writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.io.bands import geotags
from farmland.io.bands.codecs import DECODERS, RAW, Level, decode
from farmland.io.bands.directories import (
    HEAD_BYTES,
    LAST_BYTE,
    MOST_VALUES,
    Corrupt,
    Directory,
    RawTag,
    Unsupported,
    directories,
)

__all__ = ["HEAD_BYTES", "Corrupt", "Level", "Tiff", "Unsupported", "decode", "parse"]

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = (
    254,
    256,
    257,
    258,
    259,
    262,
    266,
)
STRIP_OFFSETS, SAMPLES, STRIP_ROWS, STRIP_SIZES, PREDICTOR, COLOURS = 273, 277, 278, 279, 317, 320
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_SIZES, SAMPLE_FORMAT = 322, 323, 324, 325, 339
"""Tags (TIFF 6.0 sections 8, 14, 15 and 19)."""

REDUCED = 1
"""Kind of image (tag 254) of an overview; masks and pages set other bits."""

LARGEST_TILE = 64 * 1024**2
"""Bytes of a decoded tile; usual are 0.5 MB (512 pixels of 16 bits)."""

LONGEST_SIDE = 2**24
"""Pixels of an image."""

KEPT_TAGS = (
    PHOTOMETRIC, COLOURS, geotags.PIXEL_SCALE, geotags.TIE_POINTS, geotags.MATRIX, geotags.KEYS,
    geotags.KEY_DOUBLES, geotags.KEY_TEXTS, geotags.GDAL_NODATA,
)  # fmt: skip
"""Tags of the full resolution that a copy takes over as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Tiff:
    """What a file says about itself."""

    levels: tuple[Level, ...]
    """The full resolution, then overviews from large to small; masks are left out."""
    epsg: int | None
    transform: geotags.Transform | None
    """(width, 0, left, 0, -height, top) as in ``affine``; ``None`` when absent or rotated."""
    nodata: float | None
    scale: float | None
    offset: float | None
    """Of the first sample, as GDAL writes them; ``None`` when absent."""
    partial: bool
    """A partial copy: tiles without data were not copied, which is not the same as no data."""
    order: str = "<"
    """Byte order of the file, ``<`` or ``>``."""
    tags: Mapping[int, RawTag] = field(default_factory=dict)
    """Tags of the full resolution that a copy takes over, by number (``KEPT_TAGS``)."""


def parse(fetch: Callable[[int, int], bytes]) -> Tiff:
    """Read what a TIFF or BigTIFF says about itself.

    Parameters
    ----------
    fetch : callable
        Given start and length, returns the bytes there; fewer only at the end of the file. Asked
        for ``(0, HEAD_BYTES)`` first, and again only for what lies beyond.

    Raises
    ------
    Unsupported
        When the file is no TIFF, or not one sample of 8 or 16 bits in a known compression.
    Corrupt
        When its directories contradict themselves or are cut off.
    """
    first, *others = directories(fetch)
    full = _level(first)
    overviews = sorted(_overviews(full, others), key=lambda level: -level.width * level.height)
    scale, offset, partial = geotags.metadata(first)
    tags = {tag: raw for tag in KEPT_TAGS if (raw := first.raw(tag)) is not None}
    return Tiff(
        levels=(full, *overviews),
        epsg=geotags.epsg(first),
        transform=geotags.transform(first),
        nodata=geotags.nodata(first),
        scale=scale,
        offset=offset,
        partial=partial,
        order=first.order,
        tags=tags,
    )


def _overviews(full: Level, others: list[Directory]) -> list[Level]:
    """Smaller versions of the same image; what is not read (a preview in colour) is left out."""
    found = []
    for directory in others:
        if directory.number(SUBFILE, 0) != REDUCED:
            continue
        try:
            level = _level(directory)
        except Unsupported:
            continue
        if level.dtype == full.dtype and level.width <= full.width and level.height <= full.height:
            found.append(level)
    return found


def _level(directory: Directory) -> Level:
    """Where the tiles of one image lie and how they are packed."""
    compression, predictor = _packing(directory)
    dtype = _dtype(directory)
    width, height = directory.number(WIDTH, 0), directory.number(HEIGHT, 0)
    if not 0 < width <= LONGEST_SIDE or not 0 < height <= LONGEST_SIDE:
        raise Corrupt(f"its size is {width} x {height} pixels")
    stripped = TILE_WIDTH not in directory.entries
    if not stripped:
        tile = directory.number(TILE_WIDTH, 0), directory.number(TILE_HEIGHT, 0)
        places = TILE_OFFSETS, TILE_SIZES
    else:
        tile = width, min(directory.number(STRIP_ROWS, height), height)
        places = STRIP_OFFSETS, STRIP_SIZES
    if tile[0] <= 0 or tile[1] <= 0:
        raise Corrupt(f"its tiles are {tile[0]} x {tile[1]} pixels")
    if (room := tile[0] * tile[1] * dtype.itemsize) > LARGEST_TILE:
        raise Unsupported(f"its tiles are larger than {LARGEST_TILE // 1024**2} MiB")
    grid = -(-height // tile[1]), -(-width // tile[0])
    offsets, sizes = (_places(directory, tag, grid) for tag in places)
    if ((sizes > 0) & (offsets == 0)).any() or sizes.max() > 2 * room + 1024:
        raise Corrupt("its tiles cannot lie where it says")
    offsets[sizes == 0] = 0
    return Level(width, height, *tile, offsets, sizes, compression, predictor, dtype, stripped)


def _packing(directory: Directory) -> tuple[int, int]:
    """Compression and predictor; the latter is 1, none, where the former has no use for it."""
    compression = directory.number(COMPRESSION, RAW)
    if compression != RAW and compression not in DECODERS:
        raise Unsupported(f"its compression {compression} is not read")
    if directory.number(FILL_ORDER, 1) != 1:
        raise Unsupported("its bits are stored in reverse")
    predictor = 1 if compression == RAW else directory.number(PREDICTOR, 1)
    if predictor not in {1, 2}:
        raise Unsupported(f"its predictor {predictor} is not read")
    return compression, predictor


def _dtype(directory: Directory) -> np.dtype[Any]:
    samples, bits = directory.number(SAMPLES, 1), directory.number(BITS, 1)
    if samples != 1:
        raise Unsupported(f"it has {samples} samples per pixel")
    if bits not in {8, 16} or directory.number(SAMPLE_FORMAT, 1) != 1:
        raise Unsupported("its pixels are not whole numbers of 8 or 16 bits")
    return np.dtype(f"{directory.order}u{bits // 8}")


def _places(directory: Directory, tag: int, grid: tuple[int, int]) -> NDArray[np.int64]:
    """Offsets or sizes of all tiles, shape ``grid``."""
    wanted = grid[0] * grid[1]
    if wanted > MOST_VALUES:
        raise Unsupported(f"it has {wanted} tiles")
    values = directory.values(tag)
    if values.dtype.kind != "u" or values.size < wanted:
        raise Corrupt("it lacks the places of its tiles")
    places = values[:wanted].astype(np.int64).reshape(grid)
    if places.min() < 0 or places.max() > LAST_BYTE:
        raise Corrupt("its tiles cannot lie where it says")
    return places
