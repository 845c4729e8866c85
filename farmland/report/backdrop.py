"""The whole area before and after, as two small pictures in the plane of the map."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from matplotlib import colormaps
from matplotlib.image import imsave
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from farmland.report.compact import text_of
from farmland.report.plane import CRS

FILES = ("cogs/ndvi_peak_before_*.tif", "cogs/ndvi_peak_after_*.tif")
"""Highest NDVI of each period beside a result, one raster for each UTM zone."""

LONGEST = 1400
"""Longest side in pixels: what a screen shows of a whole county."""

LOW, HIGH = 0.1, 0.95
"""NDVI at the ends of the colours."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of one box."""

    before: bytes
    after: bytes
    box: tuple[float, float, float, float]
    """Left, bottom, right, top in metres of the plane."""

    def placed(self, left: float, top: float) -> dict[str, Any]:
        """For the page: x to the right and y downward from a corner; pictures as Base64."""
        west, south, east, north = self.box
        return {
            "before": text_of(self.before),
            "after": text_of(self.after),
            "box": [round(value, 1) for value in (west - left, top - north, east - left,
                                                  top - south)],
        }  # fmt: skip


def read(folder: Path) -> Pair | None:
    """The pictures beside a result, both on one grid; None where those of a period are missing."""
    sides = [sorted(folder.glob(name)) for name in FILES]
    if not all(sides):
        return None
    boxes = [_box(path) for side in sides for path in side]
    (left, bottom), (right, top) = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:4]
    pixel = max(min(box[4] for box in boxes), max(right - left, top - bottom) / LONGEST)
    width, height = (max(1, round(side / pixel)) for side in (right - left, top - bottom))
    place = rasterio.Affine((right - left) / width, 0, left, 0, (bottom - top) / height, top)
    before, after = (_picture(side, place, width, height) for side in sides)
    return Pair(before, after, (float(left), float(bottom), float(right), float(top)))


def _box(path: Path) -> tuple[float, float, float, float, float]:
    """Left, bottom, right and top of a raster in metres of the plane, and its pixel there."""
    with rasterio.open(path) as source, WarpedVRT(source, crs=CRS) as flat:
        return (*flat.bounds, flat.res[0])


def _picture(paths: Sequence[Path], place: Any, width: int, height: int) -> bytes:
    """One picture as WebP: NDVI in colours, clear where nothing is known."""
    ndvi = np.ma.MaskedArray(np.zeros((height, width)), mask=True)
    for path in paths:
        with (
            rasterio.open(path) as source,
            WarpedVRT(source, crs=CRS, transform=place, width=width, height=height,
                      resampling=Resampling.average) as flat,
        ):  # fmt: skip
            counts = flat.read(1, masked=True)
            seen = ~np.ma.getmaskarray(counts)
            ndvi[seen] = counts[seen] * source.scales[0] + source.offsets[0]
    buffer = io.BytesIO()
    imsave(buffer, _coloured(ndvi), format="webp", pil_kwargs={"quality": 80, "method": 4})
    return buffer.getvalue()


def _coloured(ndvi: np.ma.MaskedArray[Any, Any]) -> NDArray[np.uint8]:
    """Bare ground pale, full cover dark green."""
    share = np.clip((ndvi.filled(LOW) - LOW) / (HIGH - LOW), 0.0, 1.0)
    colours: NDArray[np.uint8] = colormaps["YlGn"](share, bytes=True)
    colours[..., 3] = np.where(np.ma.getmaskarray(ndvi), 0, 255)
    return colours
