"""The same table by the longest way: whole files, every definition word by word, one thread.

Masks are made on the 10 m grid as the rules state them in metres, pixels are cut with the parcel
one by one to see how much of them it covers, and everything is counted in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from reading_job import Job, Part, Reading
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from farmland.grid import Window, snapped_box
from farmland.imagery import looks, radiometry
from farmland.io import catalog
from farmland.periods import Period
from farmland.rules.sentinel2 import CLEAR, CLOUD, SHADOW
from farmland.scene import SCL, Scene
from farmland.tiling import tiles

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
    shapes = [placed.geometry for placed in tiles.place(parcels.geometry)]
    inside = [_inside(shape, window) for shape in shapes]
    days, clear, sums = [], [], []
    for day, scenes in looks_of(job, parcels):
        ndvi = _ndvi(scenes, window)
        each = [(ndvi[part], shares) for part, shares in inside]
        clear.append([shares[np.isfinite(values)].sum() for values, shares in each])
        sums.append([np.nansum(values * shares) for values, shares in each])
        days.append(day)
    counted = np.array([shares.sum() for _, shares in inside])
    part = Part.of_sums(counted, np.array(clear), np.array(sums))
    return Reading(np.array(days, "datetime64[D]"), [part])


def _inside(shape: BaseGeometry, window: Window) -> tuple[tuple[slice, slice], NDArray[np.float64]]:
    """The part of a window that a shape spans, and how much of each of its pixels it covers."""
    box = Window.around(*shape.bounds)
    top, left = box.row - window.row, box.column - window.column
    down, right = np.mgrid[: box.height, : box.width] * 10.0
    west, _, _, north = box.bounds
    squares = shapely.box(west + right, north - down - 10, west + right + 10, north - down)
    shares = np.asarray(shapely.area(shapely.intersection(squares, shape)) / 100)
    return (slice(top, top + box.height), slice(left, left + box.width)), shares


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
