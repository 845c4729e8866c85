"""The greenest look at every farmland pixel, before and after: what a map of a change is drawn of.

The highest NDVI of a period passes over clouds, haze and shadow that a mask left, all of which
lower it (Holben 1986, International Journal of Remote Sensing 7, 1417-1434).
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from farmland.detect import describing, signals
from farmland.grid import Window
from farmland.imagery.stack import Stack
from farmland.plan import Periods
from farmland.result import Greenness

FASTEST = 1
"""Level of compression: the pictures of a county wait in memory until it is done."""


def of_cell(stack: Stack, read: signals.Signals, periods: Periods) -> Greenness | None:
    """Highest clear NDVI of each pixel of a cell in both periods; None without pixels."""
    if not stack.rows.size:
        return None
    top, left = int(stack.rows.min()), int(stack.columns.min())
    bottom, right = int(stack.rows.max()), int(stack.columns.max())
    window = Window(top, left, bottom - top + 1, right - left + 1)
    images = np.full((2, *window.shape), Greenness.UNSEEN, np.uint8)
    ndvi = read.ndvi
    looks = describing.within(read, periods.before) & ~read.after, read.after
    for image, wanted in zip(images, looks, strict=True):
        image[stack.rows - top, stack.columns - left] = _steps(_highest(ndvi[:, wanted]))
    packed = zlib.compress(images.tobytes(), FASTEST)
    return Greenness(stack.cell.crs, window, packed)


def _highest(ndvi: NDArray[np.float32]) -> NDArray[np.float32]:
    """Highest of (p, t) along looks; NaN where a pixel was never seen."""
    highest: NDArray[np.float32] = np.fmax.reduce(ndvi, axis=1, initial=np.float32(np.nan))
    return highest


def _steps(ndvi: NDArray[np.float32]) -> NDArray[np.uint8]:
    """NDVI (p,) as whole hundredths above -1."""
    seen = np.isfinite(ndvi)
    steps = np.full(ndvi.size, Greenness.UNSEEN, np.uint8)
    steps[seen] = np.rint((np.clip(ndvi[seen], -1.0, 1.0) + 1.0) * 100.0).astype(np.uint8)
    return steps
