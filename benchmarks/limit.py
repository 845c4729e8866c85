"""How long GDAL takes for nothing but decoding: the limit of every reader that uses it.

``needed`` are the tiles that hold a parcel's pixel (classification) or a clear one (red and nir);
``all`` are all tiles of the three files of every look. Which they are is found ahead of the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import oracle
import rasterio
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from rasterio.windows import Window as Part
from reading_job import Job

from farmland.grid import Window

BLOCK = 512


def decoding(job: Job, *, everything: bool) -> Callable[[], int]:
    """A function that decodes, and returns how many tiles it decoded."""
    files = list(_files(job, everything=everything))

    def decode() -> int:
        with ThreadPoolExecutor(job.threads) as pool:
            return sum(pool.map(_decode, files))

    return decode


def _decode(file: tuple[str, list[Part]]) -> int:
    href, parts = file
    with rasterio.open(href) as source:
        for part in parts:
            source.read(1, window=part)
    return len(parts)


def _files(job: Job, *, everything: bool) -> Iterable[tuple[str, list[Part]]]:
    parcels = gpd.read_file(job.parcels)
    farmed: dict[Window, NDArray[np.bool_]] = {}
    for _, scenes in oracle.looks_of(job, parcels):
        for scene, _ in scenes:
            with rasterio.open(scene.assets["red"].href) as file:
                window = Window.around(*file.bounds)
            if window not in farmed:
                farmed[window] = burnt(parcels, window) | everything
            mask = farmed[window]
            yield scene.assets["scl"].href, _parts(mask, 2 * BLOCK)
            if not everything:
                mask = mask & oracle.clear(oracle.whole(scene.assets["scl"].href, window))
            if parts := _parts(mask, BLOCK):
                yield scene.assets["red"].href, parts
                yield scene.assets["nir"].href, parts


def _parts(mask: NDArray[np.bool_], side: int) -> list[Part]:
    """Tiles of a file that hold a set pixel; ``side``: pixels of the mask along a tile."""
    height, width = mask.shape
    rows, columns = np.arange(0, height, side), np.arange(0, width, side)
    held = np.logical_or.reduceat(np.logical_or.reduceat(mask, rows, 0), columns, 1)
    return [
        Part(int(column) * BLOCK, int(row) * BLOCK, BLOCK, BLOCK)
        for row, column in np.argwhere(held)
    ]


def burnt(parcels: gpd.GeoDataFrame, window: Window) -> NDArray[np.bool_]:
    """Pixels whose centre lies in a parcel."""
    transform = Affine(*window.transform)
    return np.asarray(
        rasterize(parcels.geometry, window.shape, transform=transform, dtype="uint8") == 1
    )
