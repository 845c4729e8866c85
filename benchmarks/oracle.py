"""The same table by the longest way: whole files, every definition word by word, one thread.

Masks are made on the 10 m grid as the rules state them in metres, pixels are asked for one by one
whether their centre lies in the parcel, and everything is counted in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from reading_job import Job, Part, Reading
from scipy import ndimage

from farmland import looks, radiometry, tiles
from farmland.grid import Window, snapped_box
from farmland.io import catalog
from farmland.periods import Period
from farmland.rules.sentinel2 import CLEAR, CLOUD, SHADOW
from farmland.scene import SCL, Scene

OPENING, CLOUD_BUFFER, SHADOW_BUFFER = 1, 8, 4
"""Pixels of 10 m to each side."""

DARKEST = 200
"""Smallest sum of counts under a ratio: the noise of darker pixels is no vegetation."""


def prepare(job: Job) -> Job:
    """Nothing is done ahead."""
    return job


def read(job: Job) -> Reading:
    """Every look in full."""
    parcels = gpd.read_file(job.parcels)
    window = Window.around(*parcels.total_bounds).padded(64)
    pixels = [tiles.pixels(placed, 0.0) for placed in tiles.place(parcels.geometry)]
    inside = [(part.rows - window.row, part.columns - window.column) for part in pixels]
    days, clear, sums = [], [], []
    for day, scenes in looks_of(job, parcels):
        ndvi = _ndvi(scenes, window)
        each = [ndvi[part] for part in inside]
        clear.append([np.isfinite(values).sum() for values in each])
        sums.append([np.nansum(values) for values in each])
        days.append(day)
    counted = np.array([part.rows.size for part in pixels])
    part = Part.of_sums(counted, np.array(clear), np.array(sums))
    return Reading(np.array(days, "datetime64[D]"), [part])


def looks_of(
    job: Job, parcels: gpd.GeoDataFrame
) -> list[tuple[np.datetime64, Sequence[tuple[Scene, int]]]]:
    """Days, with scenes in the order in which they fill a pixel, each with counts to add."""
    box = snapped_box(*parcels.to_crs(4326).total_bounds)
    scenes = catalog.find(job.items, "", box, Period.parse(job.period))
    return [
        (np.datetime64(look.day), [(scene, _offset(scene)) for scene in look.scenes])
        for look in looks.group(scenes)
    ]


def _offset(scene: Scene) -> int:
    """Counts to add by the first word of the item: here no item lies."""
    return next(iter(radiometry.declared(scene).values()))


def _ndvi(scenes: Sequence[tuple[Scene, int]], window: Window) -> NDArray[np.float64]:
    """NDVI of one look on a window at 10 m, NaN unless clear."""
    classes = np.zeros(window.shape, np.uint16)
    red, nir = (np.full(window.shape, np.nan) for _ in range(2))
    for scene, offset in scenes:
        found = whole(scene.assets[SCL].href, window)
        fill = (classes == 0) & (found > 0)
        classes[fill] = found[fill]
        for band, into in (("red", red), ("nir", nir)):
            counts = whole(scene.assets[band].href, window)
            into[fill] = np.where(counts > 0, counts.astype(np.float64) + offset, np.nan)[fill]
    with np.errstate(invalid="ignore"):
        ratio = np.clip((nir - red) / np.maximum(nir + red, DARKEST), -1, 1)
        return np.where(clear(classes), ratio, np.nan)


def whole(href: str, window: Window) -> NDArray[np.uint16]:
    """All of a file, laid at its place on a window at 10 m."""
    with rasterio.open(href) as file:
        values = file.read(1)
        step, left, top = round(file.transform.a) // 10, file.transform.c, file.transform.f
    fine = values.repeat(step, 0).repeat(step, 1)
    rows = np.arange(window.height) + window.row + round(top) // 10
    columns = np.arange(window.width) + window.column - round(left) // 10
    at_rows, at_columns = (
        (axis >= 0) & (axis < size) for axis, size in zip((rows, columns), fine.shape, strict=True)
    )
    laid = np.zeros(window.shape, np.uint16)
    laid[np.ix_(at_rows, at_columns)] = fine[np.ix_(rows[at_rows], columns[at_columns])]
    return laid


def clear(classes: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Clear classes, away from what remains of cloud and shadow after opening; at 10 m."""
    away = np.isin(classes, CLEAR)
    for kinds, buffer in ((CLOUD, CLOUD_BUFFER), (SHADOW, SHADOW_BUFFER)):
        opened = ndimage.binary_opening(np.isin(classes, kinds), _square(OPENING))
        away &= ~ndimage.maximum_filter(opened, 2 * buffer + 1, mode="constant")
    return away


def _square(radius: int) -> NDArray[np.bool_]:
    return np.ones((2 * radius + 1,) * 2, np.bool_)
