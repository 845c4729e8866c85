"""A tile of a TIFF image: from its bytes as stored to its pixels, and back for a blank one.

The decoders write into an array of the known size and never beyond, and leave the other threads
running while they work.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from farmland.io.bands.directories import Corrupt

RAW, LZW, DEFLATE, OLD_DEFLATE, ZSTD = 1, 5, 8, 32946, 50000
"""Compressions."""

DECODERS: Mapping[int, Callable[..., Any]] = {
    LZW: imagecodecs.lzw_decode,
    DEFLATE: imagecodecs.deflate_decode,
    OLD_DEFLATE: imagecodecs.deflate_decode,
    ZSTD: imagecodecs.zstd_decode,
}
"""Each writes into the array it is given and never beyond."""

ENCODERS: Mapping[int, Callable[[bytes], bytes | bytearray]] = {
    RAW: bytes,
    LZW: imagecodecs.lzw_encode,
    DEFLATE: zlib.compress,
    OLD_DEFLATE: zlib.compress,
    ZSTD: imagecodecs.zstd_encode,
}


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One image of the file: the full resolution or an overview."""

    width: int
    height: int
    tile_width: int
    """Pixels; of strips the width of the image."""
    tile_height: int
    offsets: NDArray[np.int64]
    """Shape (tiles down, tiles across): first byte; 0 with size 0: no data was stored."""
    sizes: NDArray[np.int64]
    """Shape (tiles down, tiles across): bytes as stored."""
    compression: int
    predictor: int
    dtype: np.dtype[Any]
    """uint8 or uint16, with the byte order of the file."""
    stripped: bool = False
    """Whether the tiles are strips, of which the last may be stored cut short."""

    def rows(self, row: int) -> int:
        """Return how many rows of pixels the tiles of one row of tiles hold when stored."""
        left = self.height - row * self.tile_height
        return min(left, self.tile_height) if self.stripped else self.tile_height


def decode(level: Level, data: bytes | memoryview) -> NDArray[np.uint8 | np.uint16]:
    """Return the pixels of one tile.

    Parameters
    ----------
    level : Level
    data : bytes-like
        The tile as stored.

    Returns
    -------
    ndarray of uint8 or uint16, shape (tile_height, tile_width)
        In native byte order. Rows that the last strip lacks are 0.

    Raises
    ------
    Corrupt
        When the bytes do not decode, or to too few pixels.
    """
    tile = np.empty((level.tile_height, level.tile_width), level.dtype)
    flat = tile.reshape(-1).view(np.uint8)
    length = _unpack(level, data, flat)
    if length != flat.size:
        last = level.rows(level.offsets.shape[0] - 1)
        if length != last * level.tile_width * level.dtype.itemsize:
            raise Corrupt("a tile does not decode to its size")
        flat[length:] = 0
    if level.predictor == 2:
        imagecodecs.delta_decode(tile, axis=-1, out=tile)
    return tile.astype(level.dtype.newbyteorder("="), copy=False)


def _unpack(level: Level, data: bytes | memoryview, out: NDArray[np.uint8]) -> int:
    """Write the uncompressed bytes into ``out``; how many they were."""
    if level.compression == RAW:
        stored = np.frombuffer(data, np.uint8)[: out.size]
        out[: stored.size] = stored
        return stored.size
    if not len(data):
        raise Corrupt("a tile is empty")
    try:
        return len(DECODERS[level.compression](data, out=out))
    except (RuntimeError, ValueError) as fault:
        raise Corrupt("a tile does not decode") from fault


def uniform(level: Level, value: int, rows: int) -> bytes:
    """Return a tile of one value as it is stored in the image's own compression.

    Parameters
    ----------
    level : Level
    value : int
        Of every pixel.
    rows : int
        Height: that of a tile, less for the last strip.
    """
    return encode(level, np.full((rows, level.tile_width), value, level.dtype))


def encode(level: Level, tile: NDArray[np.uint8 | np.uint16]) -> bytes:
    """Return pixels (rows, tile_width) as a tile is stored; :func:`decode` reads them back."""
    tile = tile.astype(level.dtype, copy=False)
    if level.predictor == 2:
        tile = imagecodecs.delta_encode(tile, axis=-1)
    return bytes(ENCODERS[level.compression](tile.tobytes()))
