"""The same NDVI means of parcels by two paths: ours, and odc-stac with numpy.

Both take red and nir of every item of one static catalog, on one grid, with the same number of
threads, and average NDVI over the pixels of each parcel. The answers are compared first, mean by
mean; then the paths take turns, so that both meet the same machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import dask
import geopandas as gpd
import numpy as np
import odc.stac
import pystac
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.features import rasterize
from rasterio.transform import Affine
from record import Table

from farmland.grid import Window, snapped_box
from farmland.io import bands, catalog
from farmland.periods import Period
from farmland.scene import Scene

EVER = Period.parse("2016/2030")
CHUNKS = {"x": 512, "y": 512, "time": 1}
"""One chunk for each block of a COG and item."""

Means = NDArray[np.float64]
"""(items, parcels) mean NDVI of counts, NaN where no pixel has data."""


@dataclass(frozen=True, slots=True)
class Job:
    """One county on the grid of its zone."""

    catalog: Path
    crs: str
    window: Window
    labels: NDArray[np.int32]
    """(y, x) row of the parcel plus one; 0 outside."""
    box: tuple[float, float, float, float]
    threads: int

    @classmethod
    def of(cls, place: Path, threads: int) -> Job:
        """Read the parcels of a county and put them on the grid."""
        parcels = gpd.read_file(place / "parcels.gpkg")
        parcels = parcels.to_crs(parcels.estimate_utm_crs())
        window = Window.around(*parcels.total_bounds)
        shapes = zip(parcels.geometry, range(1, len(parcels) + 1), strict=True)
        labels = rasterize(shapes, window.shape, transform=Affine(*window.transform), dtype="int32")
        box = tuple(float(edge) for edge in parcels.to_crs(4326).total_bounds)
        crs = f"EPSG:{parcels.crs.to_epsg()}"
        return cls(place / "catalog.json", crs, window, labels, snapped_box(*box), threads)


def ours(job: Job) -> Means:
    """Search and read as a detection does."""
    scenes = catalog.find(str(job.catalog), "", job.box, EVER, offline=True)
    ordered = sorted(scenes, key=lambda scene: scene.item_id)

    def mean(scene: Scene) -> Means:
        pair = (bands.read(scene, band, job.crs, job.window).values for band in ("red", "nir"))
        return _means(job, *pair)

    with ThreadPoolExecutor(job.threads) as pool:
        return np.stack(list(pool.map(mean, ordered)))


def peer(job: Job) -> Means:
    """Open the catalog with pystac, load lazily with odc-stac, compute with dask's threads."""
    found = pystac.Catalog.from_file(str(job.catalog)).get_items(recursive=True)
    items = sorted(found, key=lambda item: item.id)
    grid = GeoBox(job.window.shape, Affine(*job.window.transform), job.crs)
    wanted = {"bands": ["red", "nir"], "geobox": grid, "chunks": CHUNKS, "groupby": "id"}
    cube = odc.stac.load(items, **wanted, preserve_original_order=True)
    lazy = [
        dask.delayed(_means, pure=False)(job, cube["red"][n].data, cube["nir"][n].data)
        for n in range(len(items))
    ]
    return np.stack(dask.compute(*lazy, scheduler="threads", num_workers=job.threads))


def _means(job: Job, red: NDArray[np.uint16], nir: NDArray[np.uint16]) -> Means:
    """Mean NDVI of each parcel on one item; 0 counts are no data."""
    there = (red > 0) & (nir > 0) & (job.labels > 0)
    low, high = red[there].astype(np.float64), nir[there].astype(np.float64)
    size = int(job.labels.max()) + 1
    rows = job.labels[there]
    total = np.bincount(rows, (high - low) / (high + low), size)
    count = np.bincount(rows, minlength=size)
    return np.divide(total, count, out=np.full(size, np.nan), where=count > 0)[1:]


def seconds(path: Callable[[Job], Means], job: Job) -> float:
    """How long one path takes."""
    begun = time.perf_counter()
    path(job)
    return time.perf_counter() - begun


def compare(place: Path, title: str, threads: int = 2, rounds: int = 5) -> Table:
    """Prove that both paths give the same means, then let them take turns.

    Raises
    ------
    AssertionError
        When the means differ in one cell.
    """
    job = Job.of(place, threads)
    mine, theirs = ours(job), peer(job)
    np.testing.assert_array_equal(mine, theirs)
    turns = [(seconds(ours, job), seconds(peer, job)) for _ in range(rounds)]
    fast, slow = (statistics.median(turn) for turn in zip(*turns, strict=True))
    ratios = sorted(theirs_ / mine_ for mine_, theirs_ in turns)
    return Table(
        title,
        ["path", "seconds"],
        [["farmland", f"{fast:.2f}"], ["odc-stac and numpy", f"{slow:.2f}"]],
        f"Red and nir of {mine.shape[0]} items over {mine.shape[1]} parcels, {threads} threads, "
        f"medians of {rounds} turns each; odc-stac takes {statistics.median(ratios):.1f} times as "
        f"long ({ratios[0]:.1f} to {ratios[-1]:.1f}). "
        f"All {np.isfinite(mine).sum()} means are equal.",
    )
