"""Cloud-optimised GeoTIFFs, written window by window and finished in one step.

A draft takes windows in any order, its tiles lying where GDAL puts them; the finished file is what
GDAL's COG driver makes of the draft: tiles of 512 pixels, overviews, the directory in front.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
import rasterio.windows
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.transform import Affine

from farmland.errors import UnusableInput, disk_full
from farmland.grid import Window
from farmland.io.drafts import ROOM, replacing

BLOCK = 512
"""Pixels along a tile."""

COLOURS = {"red": ColorInterp.red, "green": ColorInterp.green, "blue": ColorInterp.blue}
"""Bands that viewers show as a picture."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the numbers of a file are."""

    dtype: str
    nodata: float
    """Also NaN."""
    bands: tuple[str, ...]
    """Names, in the order of the file."""
    scale: float = 1.0
    """Of a stored number, in the unit of the quantity."""
    offset: float = 0.0
    """Of the quantity where the stored number is 0."""
    averaged: bool = True
    """Whether overviews average; numbers of days and of looks take the nearest."""


def begin(draft: Path, kind: Kind, crs: str, window: Window, tags: Mapping[str, str]) -> None:
    """Lay out a draft of nothing but no-data.

    Raises
    ------
    Unreachable, UnusableInput
        When the disk is full or refuses.
    """
    with (
        _disk_faults(draft),
        rasterio.open(
            draft,
            "w",
            driver="GTiff",
            dtype=kind.dtype,
            nodata=kind.nodata,
            count=len(kind.bands),
            height=window.height,
            width=window.width,
            crs=crs,
            transform=Affine(*window.transform),
            tiled=True,
            blockxsize=BLOCK,
            blockysize=BLOCK,
            sparse_ok=True,
            bigtiff="IF_SAFER",
        ) as file,
    ):
        file.descriptions = kind.bands
        file.scales = [kind.scale] * len(kind.bands)
        file.offsets = [kind.offset] * len(kind.bands)
        file.update_tags(**tags)
        if set(COLOURS) <= set(kind.bands):
            file.colorinterp = [COLOURS.get(band, ColorInterp.undefined) for band in kind.bands]


def put(draft: Path, row: int, column: int, values: NDArray[np.generic]) -> None:
    """Write numbers (b, y, x) into a draft, from a row and column of it on, and look at them there.

    GDAL writes when it closes a file, and keeps to itself what the disk then answers.

    Raises
    ------
    Unreachable, UnusableInput
        When the disk is full or refuses.
    """
    window = rasterio.windows.Window(column, row, values.shape[2], values.shape[1])
    with _disk_faults(draft), rasterio.open(draft, "r+") as file:
        file.write(values, window=window)
    with _disk_faults(draft), rasterio.open(draft) as file:
        _demand(np.array_equal(file.read(window=window), values, equal_nan=True))


def finish(draft: Path, target: Path, kind: Kind) -> None:
    """Make ``target`` of a draft, which is taken away; an older ``target`` stays until then.

    What a viewer has noted about the older one goes with it.

    Raises
    ------
    Unreachable, UnusableInput
        When the disk is full or refuses.
    """
    with replacing(target) as written, _disk_faults(target):
        rasterio.shutil.copy(
            draft,
            written,
            driver="COG",
            blocksize=BLOCK,
            compress="DEFLATE",
            predictor="YES",
            overview_resampling="AVERAGE" if kind.averaged else "NEAREST",
            sparse_ok=True,
            bigtiff="IF_SAFER",
        )
        _demand(_same(draft, written))
    draft.unlink()
    target.with_name(f"{target.name}.aux.xml").unlink(missing_ok=True)  # a viewer's statistics


def _same(draft: Path, written: Path) -> bool:
    """Whether two files hold the same numbers; row of tiles by row of tiles."""
    with rasterio.open(draft) as one, rasterio.open(written) as other:
        for row in range(0, one.height, BLOCK):
            strip = rasterio.windows.Window(0, row, one.width, min(BLOCK, one.height - row))
            pair = one.read(window=strip), other.read(window=strip)
            if not np.array_equal(*pair, equal_nan=True):
                return False
    return True


def _demand(kept: bool) -> None:
    if not kept:
        raise RasterioIOError("what was written is not there")


@contextmanager
def _disk_faults(target: Path) -> Iterator[None]:
    """GDAL does not say why it could not write, so the room left on the disk has to tell."""
    try:
        yield
    except (RasterioError, CPLE_BaseError) as fault:
        if shutil.disk_usage(target.parent).free < ROOM:
            raise disk_full(target) from fault
        said = " ".join(str(fault).split())
        raise UnusableInput(
            f"The raster {target} cannot be written ({said}): give another folder.",
            f"无法写入栅格 {target}（{said}）：请换一个文件夹。",
        ) from fault
