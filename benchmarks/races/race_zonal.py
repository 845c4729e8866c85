"""Statistics of parcels with exact shares of pixels: a full tile, single precision with gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from races.fields import fields
from races.limits import read
from races.race import Goal, in_threads

from farmland.kernels import coverage, zonal
from farmland.tiling.outlines import Outlines

SIDE = 10_980
SIZES = (5_000, 50_000, 500_000)
MUST = {5_000: (20, 36), 50_000: (60, 130), 500_000: (40, 117)}
TOGETHER = 2048
WANTED = ["count", "mean", "stdev"]
GRID = (10.0, 0.0, 0.0, 0.0, -10.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A tile and its parcels."""

    parcels: gpd.GeoDataFrame
    outlines: Outlines
    values: NDArray[np.float32]
    """(1, y, x)."""

    @property
    def raster(self) -> NumPyRasterSource:
        """The tile as exactextract takes it."""
        end = SIDE * 10.0
        wkt = self.parcels.crs.to_wkt()
        return NumPyRasterSource(self.values[0], 0, -end, end, 0, srs_wkt=wkt)

    @property
    def moved(self) -> int:
        """Bytes of the pixels that parcels cover, and of their points."""
        return int(self.parcels.area.sum() / 100) * 4 + self.outlines.x.size * 16


@cache
def tile() -> NDArray[np.float32]:
    """NDVI-like values (1, y, x); one pixel in fifty is NaN."""
    random = np.random.default_rng(1)
    values = random.random((1, SIDE, SIDE), np.float32)
    values[random.random(values.shape, np.float32) < 0.02] = np.nan
    return values


@cache
def place(count: int) -> Place:
    """So many fields on the tile."""
    parcels = gpd.GeoDataFrame(geometry=fields(count, SIDE))
    return Place(parcels, Outlines.of(parcels.geometry.to_numpy(), None, GRID), tile())


def by_pieces(work: Callable[[slice], None], count: int) -> None:
    """``work`` over parcels, some thousand at a time, on two threads."""

    def range_of(first: int, after: int) -> None:
        for start in range(first, after, TOGETHER):
            work(slice(start, min(after, start + TOGETHER)))

    in_threads(range_of, count)


def moments(outlines: Outlines, values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Count, mean, standard deviation (g, 3)."""
    count = outlines.rings.size - 1
    weights, found = np.zeros((count, 1), np.int64), np.full((count, 1, 4), np.nan)

    def some(part: slice) -> None:
        runs = outlines.covered((0, 0, SIDE, SIDE), part)
        zonal.moments(values, runs, weights[part], found[part])

    by_pieces(some, count)
    return np.column_stack([weights[:, 0] / coverage.ONE, found[:, 0, :2]])


def medians(outlines: Outlines, values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Median, tenth and ninetieth percentile (g, 3)."""
    count = outlines.rings.size - 1
    found, shares = np.full((count, 1, 3), np.nan), np.array([0.5, 0.1, 0.9])

    def some(part: slice) -> None:
        zonal.quantiles(values, outlines.covered((0, 0, SIDE, SIDE), part), shares, found[part])

    by_pieces(some, count)
    return found[:, 0]


def equal(_: str, ours: NDArray[np.float64], theirs: pd.DataFrame) -> None:
    """To 1e-6."""
    np.testing.assert_allclose(ours, theirs.to_numpy(), rtol=1e-6, atol=1e-6)


def all_but_ties(_: str, ours: NDArray[np.float64], theirs: pd.DataFrame) -> None:
    """To 1e-6; but of pixels of one value exactextract keeps one, and its quantiles jump.

    Its median of 1, 1, 1, 1, 5 is 3. Among random numbers one field in some thousand has a pair.
    """
    near = np.isclose(ours, theirs.to_numpy(), rtol=1e-6, atol=1e-6)
    assert near.mean() > 0.999
    assert abs(ours - theirs.to_numpy()).max() < 1e-2


def rounds(count: int) -> int:
    """Peers need a minute for the largest size."""
    return 3 if count > 10_000 else 5


@pytest.mark.parametrize("count", SIZES)
def test_moments(race: Callable[..., Any], count: int) -> None:
    here = place(count)
    race(
        "zonal count, mean, std",
        f"{count} parcels",
        ours=lambda: moments(here.outlines, here.values),
        peers={
            "exactextract": lambda: exact_extract(
                here.raster, here.parcels, WANTED, output="pandas"
            )
        },
        equal=equal,
        moved=here.moved,
        limit=read(here.moved),
        goals=[Goal("exactextract", *MUST[count])],
        rounds=rounds(count),
    )


@pytest.mark.parametrize("count", SIZES)
def test_moments_from_a_file(race: Callable[..., Any], count: int, tmp_path: Path) -> None:
    here = place(count)
    path = tmp_path / "parcels.gpkg"
    pyogrio.write_dataframe(here.parcels, path)

    def ours() -> NDArray[np.float64]:
        shapes = pyogrio.read_dataframe(path, columns=[]).geometry.to_numpy()
        return moments(Outlines.of(shapes, None, GRID), here.values)

    def theirs() -> pd.DataFrame:
        parcels = pyogrio.read_dataframe(path, columns=[])
        return exact_extract(here.raster, parcels, WANTED, output="pandas")

    race(
        "zonal count, mean, std from a GeoPackage",
        f"{count} parcels",
        ours=ours,
        peers={"exactextract": theirs},
        equal=equal,
        goals=[Goal("exactextract", 15, 29)],
        rounds=rounds(count),
    )


@pytest.mark.parametrize("count", SIZES[:2])
def test_quantiles(race: Callable[..., Any], count: int) -> None:
    here = place(count)
    wanted = ["median", "quantile(q=0.1)", "quantile(q=0.9)"]
    race(
        "zonal median, q10, q90",
        f"{count} parcels",
        ours=lambda: medians(here.outlines, here.values),
        peers={
            "exactextract": lambda: exact_extract(
                here.raster, here.parcels, wanted, output="pandas"
            )
        },
        equal=all_but_ties,
        moved=here.moved,
        goals=[Goal("exactextract", 50, 90)],
        rounds=rounds(count),
    )
