"""Maps of the greenest look before and after, one pair of rasters for each zone."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farmland.grid import Window
from farmland.io import cog
from farmland.io.geopackage import rasters
from farmland.result import Greenness

PERIODS = ("before", "after")

KIND = cog.Kind("uint8", Greenness.UNSEEN, ("ndvi",), scale=0.01, offset=-1.0)


def write(parts: Sequence[Greenness], folder: Path, attribution: str) -> tuple[Path, ...]:
    """Write ``cogs/ndvi_peak_before_<epsg>.tif`` and ``…_after_…`` for each zone, with styles.

    Whole hundredths of NDVI above -1 as bytes; no data where no farmland was seen. Nothing is
    written without parts, and what an older run left then stays.

    Raises
    ------
    Unreachable, UnusableInput
        When the disk is full or refuses.
    """
    zones: defaultdict[str, list[Greenness]] = defaultdict(list)
    for part in parts:
        zones[part.crs].append(part)
    if not zones:
        return ()
    target = folder / rasters.FOLDER
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".drafts-", dir=target) as drafts:
        return tuple(
            path
            for crs in sorted(zones)
            for path in _write_zone(crs, zones[crs], Path(drafts), target, attribution)
        )


def _write_zone(
    crs: str, parts: Sequence[Greenness], drafts: Path, target: Path, attribution: str
) -> list[Path]:
    """Both rasters of one zone."""
    whole = reduce(Window.union, (part.window for part in parts))
    names = [f"ndvi_peak_{period}_{crs.rpartition(':')[2]}.tif" for period in PERIODS]
    tags = {"TIFFTAG_COPYRIGHT": attribution, "TIFFTAG_SOFTWARE": "farmland"}
    for name in names:
        cog.begin(drafts / name, KIND, crs, whole, tags)
    for row in range(0, whole.height, cog.BLOCK):
        strip = Window(whole.row + row, whole.column, min(cog.BLOCK, whole.height - row), 1)
        together = [part for part in parts if _meets(part.window, strip)]
        if together:
            images, left = _laid(together, strip)
            for name, image in zip(names, images, strict=True):
                cog.put(drafts / name, row, left - whole.column, image[None])
    for name in names:
        cog.finish(drafts / name, target / name, KIND)
        rasters.dress(target / name, KIND.bands)
    return [target / name for name in names]


def _meets(window: Window, strip: Window) -> bool:
    """Whether a window has rows in a strip."""
    return window.row < strip.row + strip.height and strip.row < window.row + window.height


def _laid(parts: Sequence[Greenness], strip: Window) -> tuple[NDArray[np.uint8], int]:
    """Images (2, y, x) of all that lies in a strip, and the column at which they begin."""
    across = reduce(Window.union, (part.window for part in parts))
    images = np.full((2, strip.height, across.width), Greenness.UNSEEN, np.uint8)
    for part in parts:
        first = max(part.window.row, strip.row)
        after = min(part.window.row + part.window.height, strip.row + strip.height)
        rows = slice(first - part.window.row, after - part.window.row)
        values = part.images[:, rows]
        left = part.window.column - across.column
        here = images[:, first - strip.row : after - strip.row, left : left + part.window.width]
        np.copyto(here, values, where=values != Greenness.UNSEEN)
    return images, across.column
