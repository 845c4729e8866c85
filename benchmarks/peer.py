"""Clean NDVI of every parcel and look as a good user of odc-stac writes it.

One lazy cube of red and nir at 10 m and one of the classification at its own 20 m, grouped by solar
day, as integers; dask's threads compute look by look. Specks of cloud are opened away and the rest
is widened on the 20 m grid; NDVI is made in single precision, of clear pixels of parcels only; two
``bincount`` give sums and weights of every parcel, whose pixels exactextract found once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import dask
import geopandas as gpd
import numpy as np
import odc.stac
import pystac
import xarray as xr
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from reading_job import Job, Part, Reading
from scipy import ndimage

CHUNK = 4096
"""Pixels along a chunk: the fastest of 512, 1024, 2048 and 4096, which is a whole look."""

STEP, COARSE = 10, 20
"""Metres along a pixel of the bands and of the classification."""

MARGIN = 6
"""Coarse pixels around the parcels whose clouds reach into them."""

CLEAR, CLOUD, SHADOW = (4, 5, 6, 7), (8, 9, 10), (3,)
CLOUD_BUFFER, SHADOW_BUFFER = 4, 2
"""Coarse pixels: 80 m and 40 m."""

DARKEST = 200
"""Smallest sum of counts under a ratio."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What parcels cover of pixels; n = pixels, those that parcels share several times."""

    fine: GeoBox
    coarse: GeoBox
    parcels: int
    place: NDArray[np.int64]
    """(n,) position in the flattened grid of the bands."""
    above: NDArray[np.int64]
    """(n,) position of the same pixel in the flattened grid of the classification."""
    parcel: NDArray[np.int64]
    """(n,) row of the parcel."""
    share: NDArray[np.float64]
    """(n,) of the pixel that it covers."""


@dataclass(frozen=True, slots=True)
class Cubes:
    """The lazy cubes, one slice for each solar day."""

    bands: xr.Dataset
    classes: xr.DataArray
    offsets: list[int] = field(default_factory=list)
    """Counts to add, by slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """All that is known before the first pixel."""

    parcels: gpd.GeoDataFrame
    items: list[pystac.Item]
    threads: int
    chunk: int


def prepare(job: Job, chunk: int = CHUNK) -> Ready:
    """Parcels and items read."""
    return Ready(gpd.read_file(job.parcels), _items(job), job.threads, chunk)


def read(ready: Ready) -> Reading:
    """Load, clean and average."""
    odc.stac.configure_rio(cloud_defaults=True)
    ground = _ground(ready.parcels)
    cubes = _cubes(ready.items, ground, ready.chunk)
    red, nir, classes = cubes.bands["red"], cubes.bands["nir"], cubes.classes
    lazy = [
        dask.delayed(_look, pure=False)(red[n].data, nir[n].data, classes[n].data, offset, ground)
        for n, offset in enumerate(cubes.offsets)
    ]
    done = dask.compute(*lazy, scheduler="threads", num_workers=ready.threads)
    clear, sums = (np.stack(part) for part in zip(*done, strict=True))
    pixels = np.bincount(ground.parcel, ground.share, ground.parcels)
    days = red["time"].values.astype("datetime64[D]")
    return Reading(days, [Part.of_sums(pixels, clear, sums)])


def _items(job: Job) -> list[pystac.Item]:
    """Items in the period."""
    start, end = job.period.split("/")
    found = pystac.ItemCollection.from_file(job.items).items
    return [item for item in found if start <= item.properties["datetime"][:10] <= end]


def _ground(parcels: gpd.GeoDataFrame) -> Ground:
    """Ask once which pixels the parcels cover, and how much of them."""
    left, bottom, right, top = parcels.total_bounds
    west, south = (np.floor(side / COARSE) - MARGIN for side in (left, bottom))
    east, north = (np.ceil(side / COARSE) + MARGIN for side in (right, top))
    box = tuple(float(side * COARSE) for side in (west, south, east, north))
    crs = str(parcels.crs)
    fine, coarse = (GeoBox.from_bbox(box, crs, resolution=step) for step in (STEP, COARSE))
    height, width = fine.shape
    bounds = dict(zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    grid = NumPyRasterSource(
        np.zeros((height, width), np.uint8), **bounds, srs_wkt=parcels.crs.to_wkt()
    )
    found = exact_extract(grid, parcels, ["cell_id", "coverage"], output="pandas")
    place = np.concatenate(found["cell_id"].to_numpy()).astype(np.int64)
    rows, columns = np.divmod(place, width)
    return Ground(
        fine,
        coarse,
        len(parcels),
        place,
        rows // 2 * (width // 2) + columns // 2,
        np.repeat(np.arange(len(parcels)), found["cell_id"].map(len)),
        np.concatenate(found["coverage"].to_numpy()),
    )


def _cubes(items: list[pystac.Item], ground: Ground, chunk: int) -> Cubes:
    """Lazy cubes of integers, and what is to be added to each of their looks."""
    wanted: dict[str, Any] = {"groupby": "solar_day", "resampling": "nearest"}
    bands = odc.stac.load(
        items,
        bands=["red", "nir"],
        geobox=ground.fine,
        chunks={"x": chunk, "y": chunk},
        dtype="uint16",
        **wanted,
    )
    classes = odc.stac.load(
        items,
        bands=["scl"],
        geobox=ground.coarse,
        chunks={"x": chunk, "y": chunk},
        dtype="uint8",
        **wanted,
    )
    added = {_solar_day(item): _offset(item) for item in items}
    days = bands["time"].values.astype("datetime64[D]")
    return Cubes(bands, classes["scl"], [added[day] for day in days])


def _solar_day(item: pystac.Item) -> np.datetime64:
    """As ``groupby="solar_day"`` counts it: an hour for each 15 degrees."""
    west, _, east, _ = item.bbox or (0.0, 0.0, 0.0, 0.0)
    hours = int((west + east) / 2 / 15)
    when = np.datetime64(item.properties["datetime"].rstrip("Z"))
    return (when + np.timedelta64(hours, "h")).astype("datetime64[D]")


def _offset(item: pystac.Item) -> int:
    """Counts to add: none when the provider has taken the 1000 off."""
    if item.properties.get("earthsearch:boa_offset_applied"):
        return 0
    return round(item.assets["red"].extra_fields["raster:bands"][0]["offset"] * 10_000)


def _look(
    red: NDArray[np.uint16],
    nir: NDArray[np.uint16],
    classes: NDArray[np.uint8],
    offset: int,
    ground: Ground,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clear pixels and sum of NDVI of every parcel on one day."""
    seen = _clear(classes).ravel()[ground.above]
    place, parcel, share = ground.place[seen], ground.parcel[seen], ground.share[seen]
    low, high = red.ravel()[place], nir.ravel()[place]
    there = (low > 0) & (high > 0)
    if not there.all():
        low, high, parcel, share = low[there], high[there], parcel[there], share[there]
    low, high = low.astype(np.float32) + offset, high.astype(np.float32) + offset
    ndvi = np.clip((high - low) / np.maximum(high + low, DARKEST), -1, 1)
    count = np.bincount(parcel, share, ground.parcels)
    return count, np.bincount(parcel, ndvi * share, ground.parcels)


def _clear(classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Clear classes away from cloud and shadow; specks of one pixel count for neither."""
    kind = np.zeros(256, np.uint8)
    kind[list(CLEAR)], kind[list(CLOUD)], kind[list(SHADOW)] = 1, 2, 4
    kinds = kind[classes]
    near = _widened(_opened(kinds == 2), CLOUD_BUFFER) | _widened(
        _opened(kinds == 4), SHADOW_BUFFER
    )
    return (kinds == 1) & ~near


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What a square of 2 x 2 coarse pixels fits into."""
    core = mask[:-1, :-1] & mask[1:, :-1] & mask[:-1, 1:] & mask[1:, 1:]
    opened = np.zeros_like(mask)
    for part in (opened[:-1, :-1], opened[1:, :-1], opened[:-1, 1:], opened[1:, 1:]):
        part |= core
    return opened


def _widened(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Within ``radius`` pixels of the mask, in rows and in columns."""
    if not mask.any():
        return mask
    wide = ndimage.maximum_filter(mask.view(np.uint8), 2 * radius + 1, mode="constant")
    return np.asarray(wide, np.bool_)
