"""Write a partial copy of a TIFF: one overview whole, and of the full resolution some tiles.

Tiles are copied as they are stored, never decoded. The copy is a BigTIFF in the byte order of its
source, laid out like a COG: directories, overview, then full resolution row by row. A tile that
was not copied is sparse, and the file says that it is partial: sparse does not mean no data there.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farmland.io.bands import geotags, tiff
from farmland.io.bands.codecs import Level, uniform
from farmland.io.bands.directories import KINDS, RawTag, Unsupported
from farmland.io.bands.tiff import Corrupt, Tiff
from farmland.io.drafts import replacing

Tiles = Callable[[Level, list[tuple[int, int]]], list[bytes]]
"""Given an image and tiles of it (row, column), returns each as stored."""

BATCH = 64
"""Tiles asked for at a time: some twenty megabytes of a full resolution."""

OF_EVERY_IMAGE = (tiff.PHOTOMETRIC, tiff.COLOURS, geotags.GDAL_NODATA)
"""Kept tags that overviews carry too."""

ASCII, SHORT, LONG, LONG8 = 2, 3, 4, 16
"""Types of values."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """What is stored of one image."""

    level: Level
    """As in the source."""
    places: tuple[tuple[int, int], ...]
    """(row, column) of the tiles stored, in row order."""
    blanks: Mapping[tuple[int, int], bytes]
    """Those of them that the source left out, encoded."""

    def size(self, place: tuple[int, int]) -> int:
        """Return the bytes of a stored tile."""
        blank = self.blanks.get(place)
        return int(self.level.sizes[place]) if blank is None else len(blank)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A partial copy before its tiles are there."""

    head: bytes
    """Header and directories, tile offsets included."""
    images: tuple[Image, ...]
    """In the order in which their tiles follow."""
    size: int
    """Bytes of the whole file."""


def layout(source: Tiff, keep: NDArray[np.bool_], overview: int | None) -> Part:
    """Lay out a partial copy.

    Parameters
    ----------
    source : Tiff
    keep : ndarray of bool, shape (tiles down, tiles across)
        Tiles of the full resolution to copy. One that is sparse in the source becomes a tile of
        the no-data value (0 without one), so that it is told from those not copied.
    overview : int or None
        Index into ``source.levels`` of the overview to copy, whole.

    Raises
    ------
    Unsupported
        When the source is itself a partial copy that lacks a tile.
    ValueError
        When ``keep`` has another shape, or there is no such overview.
    """
    full = source.levels[0]
    if keep.shape != full.offsets.shape:
        raise ValueError(f"keep has shape {keep.shape}, the tiles {full.offsets.shape}")
    if overview is not None and not 0 < overview < len(source.levels):
        raise ValueError(f"there is no overview {overview}")
    stored = [_image(source, full, keep)]
    if overview is not None:
        level = source.levels[overview]
        stored.append(_image(source, level, np.ones(level.offsets.shape, np.bool_)))
    nowhere = [np.zeros(image.level.offsets.shape, np.int64) for image in stored]
    end = len(_head(source, stored, nowhere))
    offsets: list[NDArray[np.int64]] = []
    for image in reversed(stored):
        places, end = _follow(image, end)
        offsets.insert(0, places)
    return Part(_head(source, stored, offsets), tuple(reversed(stored)), end)


def write_part(
    source: Tiff, tiles: Tiles, keep: NDArray[np.bool_], path: Path, overview: int | None
) -> None:
    """Write a partial copy; the file appears whole and on the disk, or not at all.

    Parameters
    ----------
    source, keep, overview
        As of :func:`layout`.
    tiles : callable
        Given an image of the source and (row, column) of tiles, returns each as stored; asked for
        64 at most, in row order. What it raises ends the copy.
    path : Path

    Raises
    ------
    Corrupt
        When a tile is not as long as the source says.
    Unsupported
        As :func:`layout`.
    UnusableInput, Unreachable
        When the disk refuses.
    """
    part = layout(source, keep, overview)
    with replacing(path) as draft, draft.open("wb") as file:
        file.write(part.head)
        for image in part.images:
            for data in _stored(image, tiles):
                file.write(data)


def _image(source: Tiff, level: Level, keep: NDArray[np.bool_]) -> Image:
    places = [(int(row), int(column)) for row, column in np.argwhere(keep)]
    missing = [place for place in places if not level.sizes[place]]
    if missing and source.partial:
        raise Unsupported("it is a partial copy that lacks a tile")
    value = _blank_value(source.nodata, level)
    heights = {place: level.rows(place[0]) for place in missing}
    encoded = {rows: uniform(level, value, rows) for rows in set(heights.values())}
    return Image(level, tuple(places), {place: encoded[heights[place]] for place in missing})


def _blank_value(nodata: float | None, level: Level) -> int:
    """What GDAL reads where a tile is sparse."""
    if nodata is None or not nodata.is_integer():
        return 0
    return int(nodata) if 0 <= nodata <= np.iinfo(level.dtype).max else 0


def _follow(image: Image, start: int) -> tuple[NDArray[np.int64], int]:
    """Offsets of an image's tiles when the first lies at ``start``, and where the last ends."""
    offsets = np.zeros(image.level.offsets.shape, np.int64)
    for place in image.places:
        offsets[place] = start
        start += image.size(place)
    return offsets, start


def _stored(image: Image, tiles: Tiles) -> Iterator[bytes]:
    """The tiles of one image as stored, a batch at a time."""
    for first in range(0, len(image.places), BATCH):
        batch = image.places[first : first + BATCH]
        wanted = [place for place in batch if place not in image.blanks]
        found = dict(zip(wanted, tiles(image.level, wanted), strict=True)) if wanted else {}
        for place in batch:
            data = image.blanks.get(place) or found[place]
            if len(data) != image.size(place):
                raise Corrupt("a tile is cut off")
            yield data


def _head(source: Tiff, stored: list[Image], offsets: list[NDArray[np.int64]]) -> bytes:
    """Header and directories of a BigTIFF, each directory followed by its longer values."""
    order = source.order
    mark = b"II" if order == "<" else b"MM"
    head = bytearray(mark + struct.pack(f"{order}HHHQ", 43, 8, 0, 16))
    for number, (image, places) in enumerate(zip(stored, offsets, strict=True)):
        tags = _tags(source, image, places, overview=number > 0)
        start = len(head) + 8 + 20 * len(tags) + 8
        entries, values = bytearray(), bytearray()
        for tag, (kind, size, data) in sorted(tags.items()):
            entries += struct.pack(f"{order}HHQ", tag, kind, size)
            if len(data) <= 8:
                entries += data.ljust(8, b"\0")
            else:
                entries += struct.pack(f"{order}Q", start + len(values))
                values += data.ljust(-(-len(data) // 8) * 8, b"\0")
        following = start + len(values) if number + 1 < len(stored) else 0
        head += struct.pack(f"{order}Q", len(tags)) + entries
        head += struct.pack(f"{order}Q", following) + values
    return bytes(head)


def _tags(
    source: Tiff, image: Image, offsets: NDArray[np.int64], *, overview: bool
) -> dict[int, RawTag]:
    """The tags of one image of the copy: of its pixels, of its tiles, and those kept."""
    level = image.level
    shorts = {
        tiff.BITS: 8 * level.dtype.itemsize,
        tiff.COMPRESSION: level.compression,
        tiff.PHOTOMETRIC: 1,
        tiff.SAMPLES: 1,
        tiff.PREDICTOR: level.predictor,
        tiff.SAMPLE_FORMAT: 1,
    }
    longs = {
        tiff.SUBFILE: tiff.REDUCED if overview else 0,
        tiff.WIDTH: level.width,
        tiff.HEIGHT: level.height,
        tiff.STRIP_ROWS if level.stripped else tiff.TILE_HEIGHT: level.tile_height,
    }
    if not level.stripped:
        longs[tiff.TILE_WIDTH] = level.tile_width
    tags = {tag: _packed(source.order, SHORT, [value]) for tag, value in shorts.items()}
    tags |= {tag: _packed(source.order, LONG, [value]) for tag, value in longs.items()}
    tags |= _places(source.order, image, offsets)
    kept = OF_EVERY_IMAGE if overview else tiff.KEPT_TAGS
    tags |= {tag: raw for tag, raw in source.tags.items() if tag in kept}
    return tags if overview else tags | {geotags.GDAL_METADATA: _metadata(source)}


def _places(order: str, image: Image, offsets: NDArray[np.int64]) -> dict[int, RawTag]:
    """Where the tiles lie and how long each is; 0 and 0 for one that is not stored."""
    sizes = np.zeros_like(offsets)
    for place in image.places:
        sizes[place] = image.size(place)
    strips, tiles = (tiff.STRIP_OFFSETS, tiff.STRIP_SIZES), (tiff.TILE_OFFSETS, tiff.TILE_SIZES)
    where, how_long = strips if image.level.stripped else tiles
    return {
        where: _packed(order, LONG8, offsets.ravel().tolist()),
        how_long: _packed(order, LONG, sizes.ravel().tolist()),
    }


def _packed(order: str, kind: int, values: list[int]) -> RawTag:
    return RawTag(kind, len(values), np.array(values, order + KINDS[kind]).tobytes())


def _metadata(source: Tiff) -> RawTag:
    """Scale and offset as GDAL writes them, and that this is a part.

    Nothing else of the source's is kept: its statistics, for one, are those of the whole.
    """
    items = [
        f'  <Item name="{role.upper()}" sample="0" role="{role}">{value!r}</Item>\n'
        for role, value in (("scale", source.scale), ("offset", source.offset))
        if value is not None
    ]
    items.append('  <Item name="FARMLAND_PARTIAL">YES</Item>\n')
    text = f"<GDALMetadata>\n{''.join(items)}</GDALMetadata>\n\0".encode()
    return RawTag(ASCII, len(text), text)
