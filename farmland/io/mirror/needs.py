"""Which tiles of a file a window, or a read of some of its pixels, would fetch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.grid import Window
from farmland.io.bands import onto
from farmland.io.bands.codecs import Level
from farmland.io.bands.rasters import Place, tiles_under


def under(place: Place, level: Level, crs: str, window: Window) -> NDArray[np.bool_]:
    """Tiles (down, across) of a file under a window, which may be of another zone."""
    if crs != place.crs:
        change = Transformer.from_crs(crs, place.crs, always_xy=True)
        bounds = change.transform_bounds(*window.bounds)
        if not all(map(math.isfinite, bounds)):
            return np.zeros(level.offsets.shape, np.bool_)
        window = Window.around(*bounds)
    down = _crossed(window.row - place.row, window.height, place.factor * level.tile_height)
    across = _crossed(window.column - place.column, window.width, place.factor * level.tile_width)
    keep = np.zeros(level.offsets.shape, np.bool_)
    keep[down, across] = True
    return keep


def touched(
    place: Place, level: Level, crs: str, window: Window, needed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tiles (down, across) that a read of the ``needed`` pixels (y, x) of a window would fetch."""
    noted = _Noted(place, level, np.zeros(level.offsets.shape, np.bool_))
    onto(noted, crs, window, needed=needed)
    return noted.keep


@dataclass(frozen=True, slots=True, eq=False)
class _Noted:
    """A file of which nothing is read: it is noted which tiles would have been."""

    place: Place
    level: Level
    keep: NDArray[np.bool_]

    def fill(
        self,
        out: NDArray[Any],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        needed: NDArray[np.bool_] | None,
    ) -> int:
        del out
        for tile, into in tiles_under(self.level, rows, columns):
            self.keep[tile] |= needed is None or bool(needed[into].any())
        return 0


def _crossed(start: int, size: int, tile: int) -> slice:
    """Tiles along an axis under ``size`` pixels from ``start``."""
    return slice(max(0, start // tile), max(0, -(-(start + size) // tile)))
