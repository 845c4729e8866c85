"""Copy one band file into an archive: the tiles that are needed as they are stored, nothing else.

What an earlier copy holds is not fetched again, and nothing of it is lost: a file only grows. Every
tile is decoded once before it is kept, so bytes that were damaged on the way never settle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from farmland.io.bands import OVERVIEW_PIXELS, fetch, rasters, tiff
from farmland.io.bands.codecs import Level
from farmland.io.bands.fetch import CUT_OFF, Unread
from farmland.io.bands.gdal_rasters import GdalRaster
from farmland.io.bands.rasters import NOT_MIRRORED, Place, Raster, TiffRaster, overview_of
from farmland.io.bands.tiff import Tiff
from farmland.io.drafts import replacing
from farmland.io.hosts import Reach
from farmland.io.mirror import transcoding
from farmland.io.mirror.archive_items import SHA_256, Kept, checksum_of
from farmland.io.mirror.partial_tiff import write_part
from farmland.io.mirror.stored_tiles import (
    Broken,
    Meter,
    StoredTiles,
    decodes,
    parsed,
    read,
    span_of,
)

Need = Callable[[Place, Level], NDArray[np.bool_]]
"""Given where a file lies and its full resolution, which tiles (down, across) are needed."""

PIECE_BYTES = 8_000_000
"""Bytes of a whole file fetched at a time."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How the copy of one band ended."""

    kept: Kept | None
    """``None``: there is no file."""
    unread: str = ""
    """Why something that is needed is missing, or ``""``."""
    skipped: bool = False
    """Whether everything was there before."""
    meter: Meter = field(default_factory=Meter)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of one band."""

    href: str
    path: Path
    """Of the copy."""
    need: Need
    whole: bool = False
    """Copy the file as it is, all of it."""
    checksum: str = ""
    """Of the source as its item states it (multihash), or ``""``."""
    size: int | None = None
    """Bytes of the source as its item states them."""


def copy(order: Order, kept: Kept | None, reach: Reach, *, verify: bool = False) -> Copied:
    """Bring the copy of a band up to what is wanted.

    Parameters
    ----------
    order : Order
    kept : Kept or None
        What the archive knows of the copy; without it, or when its size (with ``verify`` its
        checksum) is another, the file is fetched anew.
    reach : Reach
        Where redirects may lead.
    verify : bool

    Raises
    ------
    UnusableInput, Unreachable
        When the disk refuses.
    """
    earlier = _earlier(order.path)
    held = earlier if _trusted(order.path, kept, verify=verify) else None
    if held is not None and _suffices(held, order):
        return Copied(kept, skipped=True)
    order.path.parent.mkdir(parents=True, exist_ok=True)
    meter = Meter()

    def work(raster: Raster) -> tuple[str, int | None]:
        if isinstance(raster, TiffRaster):
            return _of_tiff(raster, order, held, earlier, meter)
        assert isinstance(raster, GdalRaster)  # noqa: S101  # there is no third kind
        return _of_gdal(raster, order, held, meter)

    try:
        unread, source_size = rasters.patiently(order.href, work, reach)
    except Unread as fault:
        return Copied(kept if held is not None else None, fault.reason, meter=meter)
    size = order.path.stat().st_size
    known = order.size if source_size is None else source_size
    return Copied(Kept(size, checksum_of(order.path), known), unread, meter=meter)


def remembered(need: Need) -> Need:
    """``need``, asked once for all bands that lie alike and have tiles alike."""
    answers: dict[tuple[Place, int, int], NDArray[np.bool_]] = {}

    def ask(place: Place, level: Level) -> NDArray[np.bool_]:
        key = place, level.tile_height, level.tile_width
        if key not in answers:
            answers[key] = need(place, level)
        return answers[key]

    return ask


def _earlier(path: Path) -> Tiff | None:
    """What an earlier copy says about itself, if there is one that can be understood."""
    try:
        return parsed(path)
    except (Unread, tiff.Corrupt, tiff.Unsupported):
        return None


def _trusted(path: Path, kept: Kept | None, *, verify: bool) -> bool:
    """Whether an earlier copy is the one that was recorded."""
    if kept is None or not path.is_file() or path.stat().st_size != kept.size:
        return False
    return not verify or checksum_of(path) == kept.checksum


def _suffices(held: Tiff, order: Order) -> bool:
    """Whether an earlier copy holds all that is wanted."""
    if not held.partial or order.whole:
        return not held.partial
    full = held.levels[0]
    shape = full.height, full.width
    keep = order.need(rasters.placed(held.epsg, held.transform, shape), full)
    whole = len(held.levels) > 1 or bool((full.sizes > 0).all())
    return whole and not (keep & (full.sizes == 0)).any()


def _of_gdal(
    raster: GdalRaster, order: Order, held: Tiff | None, meter: Meter
) -> tuple[str, int | None]:
    full = transcoding.level_of(raster.place, raster.source.dtypes[0])
    keep = np.ones(full.offsets.shape, np.bool_)
    earlier = None
    if not order.whole:
        keep = order.need(raster.place, full)
    if held is not None and held.levels[0].sizes.shape == keep.shape:
        earlier = transcoding.Earlier(order.path, held.levels[0])
        keep = keep | (held.levels[0].sizes > 0)
    meter.size += transcoding.write(raster, keep, OVERVIEW_PIXELS, order.path, earlier)
    return "", None


def _of_tiff(
    raster: TiffRaster, order: Order, held: Tiff | None, earlier: Tiff | None, meter: Meter
) -> tuple[str, int | None]:
    """What of an earlier copy is not to be trusted is fetched anew, and not given up."""
    source = raster.tiff
    size = max(int((level.offsets + level.sizes).max()) for level in source.levels)
    if order.whole and not source.partial:
        return "", _whole(raster, order, meter)
    full = source.levels[0]
    overview = overview_of([max(level.height, level.width) for level in source.levels],
                           OVERVIEW_PIXELS)  # fmt: skip
    keep = order.need(raster.place, full) | (order.whole or not overview)
    tiles = StoredTiles(raster, order.path, held if held and _same(held, source) else None, meter)
    if earlier is not None and earlier.levels[0].sizes.shape == keep.shape:
        keep = keep | (earlier.levels[0].sizes > 0)
    lacking = source.partial & keep & (full.sizes == 0)
    unread = NOT_MIRRORED if lacking.any() else ""
    keep &= ~lacking
    while True:
        try:
            write_part(source, tiles, keep, order.path, overview or None)
        except Broken as fault:
            unread, keep[fault.place] = CUT_OFF, False
            if fault.level is not full:
                raise tiff.Corrupt(CUT_OFF) from fault
        else:
            return unread, size


def _same(held: Tiff, source: Tiff) -> bool:
    """Whether tiles of an earlier copy are those of the source, as far as sizes tell."""
    one, other = held.levels[0], source.levels[0]
    packing = ("width", "height", "tile_width", "tile_height", "compression", "predictor", "dtype")
    if any(getattr(one, name) != getattr(other, name) for name in packing):
        return False
    both = (one.sizes > 0) & (other.sizes > 0)
    return bool((one.sizes == other.sizes)[both].all())


def _whole(raster: TiffRaster, order: Order, meter: Meter) -> int:
    """Copy a file as it is; returns its bytes."""
    remote = urlsplit(raster.href).scheme in {"http", "https"}
    size = fetch.size(raster.href, raster.reach) if remote else Path(raster.href).stat().st_size
    digest = sha256()
    with replacing(order.path) as draft:
        with draft.open("wb") as file:
            for start in range(0, size, PIECE_BYTES):
                (piece,) = meter.spans(raster, [(start, min(start + PIECE_BYTES, size))])
                digest.update(piece)
                file.write(piece)
        if SHA_256 + digest.hexdigest() != order.checksum:
            _demand_sound(draft, size)
    return size


def _demand_sound(path: Path, size: int) -> None:
    """Where no checksum vouches for a file, every tile of it has to decode."""
    if path.stat().st_size != size:
        raise tiff.Corrupt(CUT_OFF)
    for level in parsed(path).levels:
        for row, column in np.argwhere(level.sizes > 0).tolist():
            if not decodes(level, read(path, [span_of(level, (row, column))])[0]):
                raise tiff.Corrupt(CUT_OFF)
