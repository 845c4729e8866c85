"""The whole area before and after, as two small pictures in the plane of the map."""

from __future__ import annotations

import io
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

FILES = ("cogs/ndvi_peak_before.tif", "cogs/ndvi_peak_after.tif")
"""Highest NDVI of each period, beside a result that was asked for composites."""

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
    """The pictures beside a result, both on the grid of the first; None where one is missing."""
    paths = [folder / name for name in FILES]
    if not all(path.is_file() for path in paths):
        return None
    with rasterio.open(paths[0]) as first, WarpedVRT(first, crs=CRS) as flat:
        left, bottom, right, top = flat.bounds
        shrink = max(1.0, max(flat.width, flat.height) / LONGEST)
        width, height = (max(1, round(side / shrink)) for side in (flat.width, flat.height))
    place = rasterio.Affine((right - left) / width, 0, left, 0, (bottom - top) / height, top)
    before, after = (_picture(path, place, width, height) for path in paths)
    return Pair(before, after, (left, bottom, right, top))


def _picture(path: Path, place: Any, width: int, height: int) -> bytes:
    """One picture as WebP: NDVI in colours, clear where nothing is known."""
    with (
        rasterio.open(path) as source,
        WarpedVRT(source, crs=CRS, transform=place, width=width, height=height,
                  resampling=Resampling.average) as flat,
    ):  # fmt: skip
        counts = flat.read(1, masked=True)
        ndvi = counts.astype(np.float64) * source.scales[0] + source.offsets[0]
    buffer = io.BytesIO()
    imsave(buffer, _coloured(ndvi), format="webp", pil_kwargs={"quality": 80, "method": 4})
    return buffer.getvalue()


def _coloured(ndvi: np.ma.MaskedArray[Any, Any]) -> NDArray[np.uint8]:
    """Bare ground pale, full cover dark green."""
    share = np.clip((ndvi.filled(LOW) - LOW) / (HIGH - LOW), 0.0, 1.0)
    colours: NDArray[np.uint8] = colormaps["YlGn"](share, bytes=True)
    colours[..., 3] = np.where(np.ma.getmaskarray(ndvi), 0, 255)
    return colours
