"""Open band files: where each lies on the grid of its zone, and its pixels, tile by tile.

TIFF is read by our own :mod:`farmland.io.bands.tiff`, which fetches and decodes the tiles in which
a pixel is wanted and nothing else; JPEG 2000, and buckets that want keys, are left to GDAL.

What bytes flipped on the way do: DEFLATE, which the providers of Sentinel-2 COGs use, closes each
tile with a checksum (RFC 1950, Adler-32) that is tested, so a flipped tile is fetched anew. ZSTD as
TIFF stores it, LZW and raw tiles carry none: there a flip that still decodes goes unseen. Nor have
directories a checksum: one that is not understood, is packed unlike its overviews (where there are
none: packed other than as differences), or lies where its scene does not, is fetched anew, and
believed when it comes the same twice.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from farmland.grid import PIXEL_M
from farmland.io.bands import codecs, fetch, geotags, tiff
from farmland.io.bands.fetch import ANYWHERE_KNOWN, CUT_OFF, Unread
from farmland.io.hosts import Reach

Answer = TypeVar("Answer")

Stamp = tuple[int, int, int] | None
"""Inode, time of change and bytes: a mirror may replace a local file while it is read."""

ATTEMPTS = 3
"""Times that a file is fetched anew when what came does not decode."""

DIRECTORIES = 4096
"""Directories of files kept in memory, some kilobytes each."""

PUBLIC_BUCKETS = {
    "sentinel-cogs": "https://sentinel-cogs.s3.us-west-2.amazonaws.com",
    "e84-earth-search-sentinel-data": (
        "https://e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com"
    ),
}
"""Buckets that anybody may read over https."""

NO_IMAGE = "the file is no image"
MISPLACED = "its grid does not fit the 10 m grid of a UTM zone"
NOT_MIRRORED = "this part was not mirrored"


class Misplaced(Unread):
    """A file that lies on no grid of Sentinel-2."""

    def __init__(self) -> None:
        super().__init__(MISPLACED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pixels of a file lie."""

    crs: str
    """UTM zone as ``EPSG:n``."""
    factor: int
    """10 m pixels along one side of a pixel of the file."""
    row: int
    """Row of the upper left corner on the zone-wide 10 m grid."""
    column: int
    height: int
    width: int


class Pixels(Protocol):
    """A band file from which windows are filled."""

    @property
    def place(self) -> Place:
        """Where its pixels lie."""

    def fill(
        self,
        out: NDArray[Any],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        needed: NDArray[np.bool_] | None,
    ) -> int:
        """Write the pixels at rows x columns of the file into ``out``.

        ``rows`` (y,) and ``columns`` (x,) ascend and lie inside the file, ``out`` is (y, x). Tiles
        without a ``needed`` pixel (y, x) stay as they are. Returns bytes read, as stored.
        """


class Raster(Pixels, Protocol):
    """An open band file."""

    @property
    def offset(self) -> float | None:
        """Offset in reflectance written in the file; ``None`` when it says nothing."""

    def glance(self, longest: int) -> tuple[NDArray[Any], int]:
        """The whole image, every so many pixels, at most ``longest`` along a side; bytes read."""


@dataclass(frozen=True, slots=True, eq=False)
class TiffRaster:
    """A TIFF of which the directory is known."""

    href: str
    reach: Reach
    tiff: tiff.Tiff
    place: Place
    stamp: Stamp = None
    """Which file the directory was read from."""

    @property
    def offset(self) -> float | None:
        """See :class:`Raster`."""
        return self.tiff.offset

    def fill(
        self,
        out: NDArray[Any],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        needed: NDArray[np.bool_] | None,
    ) -> int:
        """See :class:`Raster`."""
        return self._fill(self.tiff.levels[0], out, rows, columns, needed)

    def glance(self, longest: int) -> tuple[NDArray[Any], int]:
        """See :class:`Raster`; from the smallest overview that is large enough."""
        sides = [max(level.height, level.width) for level in self.tiff.levels]
        level = self.tiff.levels[overview_of(sides, longest)]
        shrink = max(1.0, max(self.place.height, self.place.width) / longest)
        height, width = (
            max(1, round(side / shrink)) for side in (self.place.height, self.place.width)
        )
        out = np.zeros((height, width), level.dtype.newbyteorder("="))
        rows = _every(height, level.height)
        return out, self._fill(level, out, rows, _every(width, level.width), None)

    def _fill(
        self,
        level: codecs.Level,
        out: NDArray[Any],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        needed: NDArray[np.bool_] | None,
    ) -> int:
        wanted = [
            (tile, into)
            for tile, into in tiles_under(level, rows, columns)
            if needed is None or needed[into].any()
        ]
        stored = [(tile, into) for tile, into in wanted if level.sizes[tile]]
        if self.tiff.partial and len(stored) < len(wanted):
            raise Unread(NOT_MIRRORED)
        spans = [
            (int(level.offsets[tile]), int(level.offsets[tile] + level.sizes[tile]))
            for tile, _ in stored
        ]
        pieces = fetch.spans(self.href, spans, self.reach) if spans else []
        if stamp_of(self.href) != self.stamp:
            raise tiff.Corrupt("it was replaced while it was read")
        for (tile, into), piece in zip(stored, pieces, strict=True):
            down, across = tile
            inside = (
                rows[into[0]] - down * level.tile_height,
                columns[into[1]] - across * level.tile_width,
            )
            _paste(out[into], tiff.decode(level, piece), *inside)
        return sum(stop - start for start, stop in spans)


def overview_of(sides: list[int], longest: int) -> int:
    """Which of the levels (longest sides, large to small) a glance of ``longest`` is taken from."""
    return max(number for number, side in enumerate(sides) if number == 0 or side >= longest)


def patiently(
    href: str,
    work: Callable[[Raster], Answer],
    reach: Reach = ANYWHERE_KNOWN,
    likely: Callable[[Place], bool] = lambda _: True,
) -> Answer:
    """Return what ``work`` makes of the file at ``href``, fetched anew when it does not decode.

    Parameters
    ----------
    href : str
    work : callable
    reach : Reach
        Where redirects may lead.
    likely : callable
        Whether the file may lie where it says; when not, its directory is fetched anew.

    Raises
    ------
    Unread
        When every try failed; the reason is in words.
    """
    parts = urlsplit(href)
    if parts.scheme == "s3" and parts.netloc in PUBLIC_BUCKETS:
        href = PUBLIC_BUCKETS[parts.netloc] + parts.path
    elif parts.scheme == "s3" or parts.path.lower().endswith(".jp2"):
        from farmland.io.bands import gdal_rasters

        return gdal_rasters.patiently(href, work, reach)
    for _ in range(ATTEMPTS):
        try:
            return work(_opened(href, reach, likely))
        except tiff.Corrupt as fault:
            _forget(href)
            last = fault
    raise Unread(CUT_OFF) from last


def placed(
    epsg: int | None,
    transform: tuple[float, float, float, float, float, float] | None,
    shape: tuple[int, int],
) -> Place:
    """Where a file lies; Sentinel-2 bands have square pixels of 10, 20 or 60 m on the grid.

    Raises
    ------
    Misplaced
        When it does not lie on that grid.
    """
    width, shear, left, tilt, height, top = transform or (0.0,) * 6
    in_pixels = (width / PIXEL_M, -height / PIXEL_M, left / PIXEL_M, top / PIXEL_M)
    whole = all(value == round(value) for value in in_pixels)
    if epsg is None or shear or tilt or not whole or width != -height or width <= 0:
        raise Misplaced
    factor, _, column, row = (round(value) for value in in_pixels)
    return Place(f"EPSG:{epsg}", factor, -row, column, *shape)


_held: OrderedDict[str, tuple[Stamp, tiff.Tiff, Place]] = OrderedDict()
"""Directories of the files used last; values never change, so threads share them."""

_holding = threading.Lock()


def _opened(href: str, reach: Reach, likely: Callable[[Place], bool]) -> TiffRaster:
    stamp = stamp_of(href)
    with _holding:
        held = _held.get(href)
        if held is not None:
            _held.move_to_end(href)
    if held is None or held[0] != stamp:
        held = stamp, *_understood(href, reach, likely)
        with _holding:
            _held[href] = held
            while len(_held) > DIRECTORIES:
                _held.popitem(last=False)
    return TiffRaster(href, reach, held[1], held[2], stamp)


def stamp_of(href: str) -> Stamp:
    """Which file lies there now; ``None`` for one on the network, or none."""
    if fetch.is_remote(href):
        return None
    try:
        found = os.stat(href)  # noqa: PTH116  # an href, of which pathlib would make another
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _understood(
    href: str, reach: Reach, likely: Callable[[Place], bool]
) -> tuple[tiff.Tiff, Place]:
    """What a file says about itself, asked anew while it is odd, until it says the same twice."""
    heads: list[bytes] = []

    def piece(start: int, size: int) -> bytes:
        heads.append(_piece(href, start, size, reach))
        if start == 0 and heads[-1][:2] not in {b"II", b"MM"}:
            raise tiff.Unsupported(NO_IMAGE)
        return heads[-1]

    said: list[bytes] = []
    for attempt in range(1, ATTEMPTS + 1):
        heads.clear()
        try:
            found = tiff.parse(piece)
            full = found.levels[0]
            place = placed(found.epsg, found.transform, (full.height, full.width))
        except (tiff.Unsupported, Misplaced) as fault:
            if attempt == ATTEMPTS or heads == said:
                raise Unread(str(fault)) from fault
        else:
            if (_usual(found) and likely(place)) or heads == said:
                return found, place
        said = heads.copy()
    raise tiff.Corrupt("its directory comes differently every time")


def _usual(found: tiff.Tiff) -> bool:
    """Whether a file is packed and placed as writers of COGs do it; a flipped bit is not."""
    full = found.levels[0]
    others = {
        level.predictor for level in found.levels[1:] if level.compression == full.compression
    }
    lone = {1 if full.compression == codecs.RAW else 2}
    tie = found.tags.get(geotags.TIE_POINTS)
    cornered = tie is None or not any(tie.data[:16])  # the upper left corner of pixel (0, 0)
    return cornered and (others or lone) == {full.predictor}


def _piece(href: str, start: int, size: int, reach: Reach) -> bytes:
    (data,) = fetch.spans(href, [(start, start + size)], reach)
    return data


def _forget(href: str) -> None:
    with _holding:
        _held.pop(href, None)


def tiles_under(
    level: codecs.Level, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> list[tuple[tuple[int, int], tuple[slice, slice]]]:
    """Tiles (row, column) under ascending rows x columns, each with the part it fills."""
    across_all = _runs(columns, level.tile_width)
    return [
        ((down, across), (tall, wide))
        for down, tall in _runs(rows, level.tile_height)
        for across, wide in across_all
    ]


def _runs(numbers: NDArray[np.int64], side: int) -> list[tuple[int, slice]]:
    """Each tile of ``side`` pixels that an ascending array meets, with the part that lies there."""
    tiles = range(int(numbers[0]) // side, int(numbers[-1]) // side + 1)
    edges = np.searchsorted(numbers, np.arange(tiles.start, tiles.stop + 1) * side).tolist()
    parts = zip(tiles, pairwise(edges), strict=True)
    return [(tile, slice(start, stop)) for tile, (start, stop) in parts if start < stop]


def _paste(
    out: NDArray[Any],
    tile: NDArray[Any],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> None:
    """Copy rows x columns of a tile; without an index where they follow each other."""
    if _in_order(rows) and _in_order(columns):
        out[...] = tile[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    elif rows.size < tile.shape[0]:
        out[...] = tile.take(rows, axis=0).take(columns, axis=1)
    else:
        out[...] = tile.take(columns, axis=1).take(rows, axis=0)


def _in_order(numbers: NDArray[np.int64]) -> bool:
    """Whether pixels that ascend follow each other: only equal ones could hide a gap."""
    if numbers[-1] - numbers[0] + 1 != numbers.size:
        return False
    return bool((numbers[1:] > numbers[:-1]).all())


def _every(few: int, many: int) -> NDArray[np.int64]:
    """The middles of ``few`` equal parts of ``many`` pixels."""
    return np.minimum(((np.arange(few) + 0.5) * many / few).astype(np.int64), many - 1)
