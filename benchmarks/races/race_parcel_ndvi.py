"""NDVI of parcels on 24 dates, from integers and the sky, with exact shares of pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from races.fields import fields
from races.limits import read
from races.race import Goal, in_threads
from rasterio.features import rasterize
from rasterio.transform import Affine

from farmland import indices
from farmland.kernels import coverage, parcel_sums
from farmland.rules.indices import INDICES
from farmland.tiling.outlines import Outlines

DATES = 24
OFFSET = -1000
SIZES = ((512, 900), (1024, 3_700), (2048, 15_000))
"""Pixels along a side, and parcels."""
GRID = (10.0, 0.0, 0.0, 0.0, -10.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Parcels and the images of a tile; t = dates, y, x = pixels, v, u = cells of 20 m."""

    parcels: gpd.GeoDataFrame
    outlines: Outlines
    red: NDArray[np.uint16]
    """(t, y, x)."""
    nir: NDArray[np.uint16]
    usable: NDArray[np.bool_]
    """(t, v, u)."""
    stack: NDArray[np.float32]
    """(t, y, x) where peers put NDVI."""

    @property
    def side(self) -> int:
        """Pixels."""
        return int(self.red.shape[1])


@cache
def place(side: int, count: int) -> Place:
    """A tile, a third of it cloudy on every date."""
    random = np.random.default_rng(2)
    size = DATES, side, side
    parcels = gpd.GeoDataFrame(geometry=fields(count, side))
    return Place(
        parcels,
        Outlines.of(parcels.geometry.to_numpy(), None, GRID),
        random.integers(1100, 3000, size, np.uint16),
        random.integers(1500, 6000, size, np.uint16),
        random.random((DATES, side // 16, side // 16)).repeat(8, 1).repeat(8, 2) > 0.33,
        np.empty(size, np.float32),
    )


def fused(here: Place) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clear pixels and mean (t, g)."""
    count = len(here.parcels)
    sums, weights = np.zeros((2, DATES, count), np.int64)
    program = indices.program(INDICES["NDVI"])
    one = program.scale * parcel_sums.FULL

    def some(first: int, after: int) -> None:
        part = slice(first, after)
        runs = here.outlines.covered_by_row((0, 0, here.side, here.side), part)
        for t in range(DATES):
            images = here.nir[t], here.red[t]
            told = sums[t, part], weights[t, part]
            indices.add(program, images, here.usable[t], OFFSET, runs, *told)

    in_threads(some, count)
    clear = weights / coverage.ONE
    return clear, sums / one / np.where(weights, clear, np.nan)


def ndvi(here: Place) -> NDArray[np.float32]:
    """The stack, date by date, with nothing made twice."""
    for t in range(DATES):
        low, high = here.red[t].astype(np.float32), here.nir[t].astype(np.float32)
        into = np.subtract(high, low, out=here.stack[t])
        high += low
        high += np.float32(2 * OFFSET)
        np.maximum(high, np.float32(parcel_sums.DARKEST_COUNTS), out=high)
        into /= high
        np.clip(into, -1, 1, out=into)
        into[~here.usable[t].repeat(2, 0).repeat(2, 1)] = np.nan
    return here.stack


def burnt(here: Place) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clear pixels and mean (t, g) by pixel centres: labels once, two counts a date."""
    stack, count = ndvi(here), len(here.parcels)
    numbered = zip(here.parcels.geometry, range(1, count + 1), strict=True)
    labels = rasterize(
        numbered, (here.side, here.side), transform=Affine(*GRID), dtype="int32"
    ).ravel()
    inside = np.flatnonzero(labels)
    owner = labels[inside] - 1
    clear, means = np.zeros((DATES, count)), np.full((DATES, count), np.nan)
    for t in range(DATES):
        values = stack[t].ravel()[inside]
        held = ~np.isnan(values)
        clear[t] = np.bincount(owner[held], minlength=count)
        np.divide(
            np.bincount(owner[held], values[held], count), clear[t], means[t], where=clear[t] > 0
        )
    return clear, means


def exact(here: Place) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clear pixels and mean (t, g) by exactextract."""
    end, wkt = here.side * 10.0, here.parcels.crs.to_wkt()
    bands = [
        NumPyRasterSource(plane, 0, -end, end, 0, name=f"t{t:02}", srs_wkt=wkt)
        for t, plane in enumerate(ndvi(here))
    ]
    table = exact_extract(bands, here.parcels, ["count", "mean"], output="pandas")
    return tuple(table[[f"t{t:02}_{what}" for t in range(DATES)]].to_numpy().T
                 for what in ("count", "mean"))  # fmt: skip


def equal(peer: str, ours: Any, theirs: Any) -> None:
    """To 1e-6 of single precision; pixel centres come near on the whole only."""
    if peer == "exactextract":
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6, atol=1e-5)
        whole = ours[0] > 0.1  # a mean of next to nothing is that of a few rounded shares
        np.testing.assert_allclose(ours[1][whole], theirs[1][whole], rtol=1e-5, atol=2e-6)
    else:
        assert abs(ours[0].sum() / theirs[0].sum() - 1) < 1e-3
        assert abs(np.nanmean(ours[1]) - np.nanmean(theirs[1])) < 1e-2


@pytest.mark.parametrize(("side", "count"), SIZES)
def test_parcel_ndvi(race: Callable[..., Any], side: int, count: int) -> None:
    here = place(side, count)
    moved = here.red.nbytes + here.nir.nbytes + here.usable.nbytes
    goals = [Goal("NDVI stack + bincount", 5, 10), Goal("exactextract", 12, 25)]
    race(
        "24 dates from integers to parcels",
        f"{side} x {side}, {count} parcels",
        ours=lambda: fused(here),
        peers={"NDVI stack + bincount": lambda: burnt(here), "exactextract": lambda: exact(here)},
        equal=equal,
        moved=moved,
        limit=read(moved),
        goals=goals if side == SIZES[-1][0] else (),
        rounds=5,
    )
