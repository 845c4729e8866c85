"""Tiles of a TIFF as they are stored: from an earlier copy where it has them, else from the source.

Every tile is decoded once before it is handed on: bytes that were damaged on the way are fetched
anew, as far as the compression tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from farmland.io.bands import fetch, tiff
from farmland.io.bands.codecs import Level
from farmland.io.bands.rasters import TiffRaster
from farmland.io.bands.tiff import Tiff

ATTEMPTS = 3
"""Times that a tile is fetched which does not decode."""


@dataclass(slots=True)
class Meter:
    """What was fetched."""

    size: int = 0
    requests: int = 0

    def spans(self, raster: TiffRaster, wanted: Sequence[fetch.Span]) -> list[bytes]:
        """Fetch spans of a file, and count."""
        merged = fetch.merged(wanted)
        self.requests += len(merged)
        self.size += sum(stop - start for start, stop in merged)
        return fetch.spans(raster.href, wanted, raster.reach)


class Broken(Exception):
    """A tile that does not decode, however often it is fetched."""

    def __init__(self, level: Level, place: tuple[int, int]) -> None:
        super().__init__(place)
        self.level, self.place = level, place


@dataclass(frozen=True, slots=True, eq=False)
class StoredTiles:
    """Gives tiles as stored: from the earlier copy where it has them, else from the source."""

    raster: TiffRaster
    path: Path
    held: Tiff | None
    """What the earlier copy says about itself."""
    meter: Meter

    def __call__(self, level: Level, places: list[tuple[int, int]]) -> list[bytes]:
        """Each tile (row, column) of an image of the source, as stored."""
        here = self._here(level)
        own = [at for at in places if here is not None and here.sizes[at] == level.sizes[at]]
        away = [at for at in places if at not in set(own)]
        found = dict(zip(away, self._fetched(level, away), strict=True))
        if here is not None and own:
            found |= zip(own, read(self.path, [span_of(here, at) for at in own]), strict=True)
        return [found[at] for at in places]

    def _here(self, level: Level) -> Level | None:
        """The same image of the earlier copy."""
        for one in self.held.levels if self.held else ():
            if (one.width, one.height) == (level.width, level.height):
                return one
        return None

    def _fetched(self, level: Level, places: list[tuple[int, int]]) -> list[bytes]:
        found: dict[tuple[int, int], bytes] = {}
        for _ in range(ATTEMPTS):
            left = [at for at in places if at not in found]
            if not left:
                break
            pieces = self.meter.spans(self.raster, [span_of(level, at) for at in left])
            sound = zip(left, pieces, strict=True)
            found |= {at: piece for at, piece in sound if decodes(level, piece)}
        for at in places:
            if at not in found:
                raise Broken(level, at)
        return [found[at] for at in places]


def span_of(level: Level, at: tuple[int, int]) -> fetch.Span:
    """Where a tile (row, column) lies in the file."""
    start = int(level.offsets[at])
    return start, start + int(level.sizes[at])


def decodes(level: Level, data: bytes) -> bool:
    """Whether the bytes of a tile are sound, as far as they tell."""
    try:
        tiff.decode(level, data)
    except tiff.Corrupt:
        return False
    return True


def parsed(path: Path) -> Tiff:
    """What a local file says about itself; raises ``Corrupt`` or ``Unsupported``."""
    return tiff.parse(lambda start, size: read(path, [(start, start + size)])[0])


def read(path: Path, wanted: Sequence[fetch.Span]) -> list[bytes]:
    """Spans of a local file."""
    return fetch.spans(str(path), wanted)
