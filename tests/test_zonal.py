"""Statistics of parcels are those of their pixels, each by how much of it a parcel covers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from farmland import zonal
from farmland.errors import UnusableInput

CRS = "EPSG:32650"
LEFT, TOP, STEP = 500_000.0, 4_000_000.0, 10.0
GRID = (STEP, 0.0, LEFT, 0.0, -STEP, TOP)
ALL = ("count", "mean", "std", "min", "max", "median", "q10", "q97.5")
TIGHT = 2e-6
"""Single precision of the values, and shares to 3e-8 of a pixel."""


def field(seed: int) -> shapely.Geometry:
    """Somewhere on, or partly beside, a raster of 30 x 40 pixels."""
    random = np.random.default_rng(seed)
    centre = np.array([LEFT, TOP]) + random.uniform((-20, -320), (420, 20))
    angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 9)))
    points = np.column_stack([np.cos(angles), np.sin(angles)]) * random.uniform(2, 90)
    return shapely.make_valid(shapely.Polygon(centre + points)).buffer(0)


def pixels(
    shape: shapely.Geometry, values: NDArray[np.generic]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values that count and their shares, asked pixel by pixel."""
    rows, columns = np.mgrid[: values.shape[0], : values.shape[1]] * STEP
    squares = shapely.box(LEFT + columns, TOP - rows - STEP, LEFT + columns + STEP, TOP - rows)
    shares = shapely.area(shapely.intersection(squares, shape)) / STEP**2
    held = (shares > 1e-9) & ~np.isnan(values.astype(np.float64))
    return values[held].astype(np.float64), shares[held]


def quantile(values: NDArray[np.float64], shares: NDArray[np.float64], wanted: float) -> float:
    """As the docstring of the kernel says, in so many words."""
    order = np.argsort(values)
    values, shares = values[order], shares[order]
    before = np.concatenate([[0], np.cumsum(shares)[:-1]])
    places = np.arange(len(values)) * shares + (len(values) - 1) * before
    return float(np.interp(wanted * (len(values) - 1) * shares.sum(), places, values))


def expected(shape: shapely.Geometry, plane: NDArray[np.generic]) -> list[float]:
    """One row of ALL."""
    values, shares = pixels(shape, plane)
    if not values.size:
        return [0.0] + [np.nan] * 7
    mean = np.average(values, weights=shares)
    std = np.sqrt(np.average((values - mean) ** 2, weights=shares))
    ranked = [quantile(values, shares, share) for share in (0.5, 0.1, 0.975)]
    return [shares.sum(), mean, std, values.min(), values.max(), *ranked]


def layer(*shapes: shapely.Geometry | None) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), index=[f"p{n}" for n in range(len(shapes))], crs=CRS)


@given(
    st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3), st.sampled_from([0.0, 0.3, 1.0])
)
def test_each_statistic_is_that_of_its_pixels(seeds: list[int], holes: float) -> None:
    random = np.random.default_rng(seeds[0])
    values = random.normal(0, 300, (30, 40)).astype(np.float32)
    values[random.random(values.shape) < holes] = np.nan
    shapes = [field(seed) for seed in seeds]
    table = zonal.statistics(layer(*shapes), values, ALL, transform=GRID, crs=CRS)
    assert tuple(table.columns) == ALL
    rows = [expected(shape, values) for shape in shapes]
    np.testing.assert_allclose(table.to_numpy(), rows, rtol=TIGHT, atol=2e-4)


def test_bands_threads_order_and_missing_numbers() -> None:
    random = np.random.default_rng(5)
    values = random.integers(0, 9000, (3, 30, 40)).astype(np.uint16)
    dates = pd.date_range("2024-05-01", periods=3)
    cube = xr.DataArray(
        values,
        coords={
            "time": dates,
            "y": TOP - STEP * (np.arange(30) + 0.5),
            "x": LEFT + STEP * (np.arange(40) + 0.5),
        },
        dims=("time", "y", "x"),
        attrs={"crs": CRS},
    )
    shapes = layer(*(field(seed) for seed in range(40)))
    table = zonal.statistics(shapes, cube, ("median", "mean"), missing=0, threads=1)
    assert table.columns.names == ["time", "statistic"]
    assert table.columns[0] == (dates[0], "median")
    single = np.where(values == 0, np.nan, values)
    for band, date in enumerate(dates):
        alone = zonal.statistics(shapes, single[band], ("mean", "median"), transform=GRID, crs=CRS)
        pd.testing.assert_frame_equal(table[date][["mean", "median"]], alone, check_names=False)


def test_many_parcels_are_the_same_on_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(1).random((30, 40), np.float32)
    shapes = layer(*(field(seed) for seed in range(50)))
    whole = zonal.statistics(shapes, values, ALL, transform=GRID, crs=CRS, threads=1)
    monkeypatch.setattr(zonal, "TOGETHER", 7)
    cut = zonal.statistics(shapes, values, ALL, transform=GRID, crs=CRS, threads=3)
    pd.testing.assert_frame_equal(whole, cut, check_exact=True)


@pytest.mark.parametrize("seed", range(4))
def test_classes_are_counted_by_what_is_covered(seed: int) -> None:
    classes = np.random.default_rng(seed).choice([0, 2, 7, 200], (30, 40)).astype(np.uint8)
    shapes = [field(seed), field(seed + 100)]
    wanted = ("majority", "histogram")
    table = zonal.statistics(layer(*shapes), classes, wanted, transform=GRID, crs=CRS, missing=0)
    assert table.columns.tolist() == ["majority", "histogram_2", "histogram_7", "histogram_200"]
    for row, shape in zip(table.to_numpy(), shapes, strict=True):
        values, shares = pixels(shape, classes)
        counts = [shares[values == name].sum() for name in (2, 7, 200)]
        np.testing.assert_allclose(row[1:], counts, atol=1e-5)
        assert row[0] == (2, 7, 200)[int(np.argmax(counts))] if sum(counts) else np.isnan(row[0])


def test_by_hand() -> None:
    """Three quarters of a pixel of 4 and a quarter of one of 8: a mean of 5."""
    values = np.array([[4, 8]], np.uint8)
    bar = shapely.box(LEFT + 2.5, TOP - 10, LEFT + 12.5, TOP)
    half = shapely.box(LEFT + 5, TOP - 10, LEFT + 15, TOP)
    wanted = ("count", "mean", "min", "max", "majority")
    table = zonal.statistics(layer(bar, half), values, wanted, transform=GRID, crs=CRS)
    assert table.loc["p0"].tolist() == [1, 5, 4, 8, 4]
    assert table.loc["p1"].tolist() == [1, 6, 4, 8, 8]  # of equals the greatest


def test_nothing_to_count_and_parcels_of_another_crs() -> None:
    values = np.ones((30, 40), np.float32)
    shapes = layer(None, shapely.Polygon(), shapely.box(0, 0, 1, 1), field(3))
    table = zonal.statistics(shapes, values, ("count", "mean", "q5"), transform=GRID, crs=CRS)
    assert table["count"].tolist()[:3] == [0, 0, 0]
    assert table.iloc[:3, 1:].isna().all(axis=None)
    moved = zonal.statistics(
        gpd.GeoDataFrame(geometry=shapes).to_crs(4326), values, transform=GRID, crs=CRS
    )
    np.testing.assert_allclose(moved["count"], table["count"], rtol=1e-6)


def test_a_cube_of_a_run_knows_its_place() -> None:
    """A grid mapping as CF has it serves too, and rows from south to north."""
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    south_up = xr.DataArray(
        values[::-1],
        coords={"y": TOP - 25 + STEP * np.arange(3), "x": LEFT + 5 + STEP * np.arange(4)},
        dims=("y", "x"),
    ).assign_coords(spatial_ref=xr.DataArray(0, attrs={"crs_wkt": wkt()}))
    shape = layer(shapely.box(LEFT + 3, TOP - 12, LEFT + 29, TOP - 1))
    one = zonal.statistics(shape, south_up)
    other = zonal.statistics(shape, values, transform=GRID, crs=CRS)
    pd.testing.assert_frame_equal(one, other)


def wkt() -> str:
    return str(layer().crs.to_wkt())


PLANE = np.ones((3, 4))


@pytest.mark.parametrize(
    ("values", "given", "sentence"),
    [
        (PLANE, {"transform": GRID}, "It is not said where the values lie"),
        (PLANE, {"transform": (10, 1, 0, 0, -10, 0), "crs": CRS}, "The grid is turned"),
        (PLANE[0], {"transform": GRID, "crs": CRS}, "1 dimensions"),
        (PLANE, {"wanted": ["mode"], "transform": GRID, "crs": CRS}, "no statistic 'mode'"),
        (PLANE, {"wanted": ["majority"], "transform": GRID, "crs": CRS}, "whole numbers"),
        (xr.DataArray(PLANE, {"y": [9, 5, 4], "x": [1, 2, 3, 4]}), {"crs": CRS}, "not evenly"),
    ],
)
def test_what_cannot_be_counted_gets_a_sentence(
    values: NDArray[np.float64], given: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UnusableInput, match=sentence):
        zonal.statistics(layer(field(1)), values, **given)


def test_parcels_that_are_none_get_a_sentence() -> None:
    with pytest.raises(UnusableInput, match="no CRS"):
        zonal.statistics(gpd.GeoSeries([field(1)]), PLANE, transform=GRID, crs=CRS)
    line = layer(shapely.LineString([(0, 0), (1, 1)]))
    with pytest.raises(UnusableInput, match="is a LineString"):
        zonal.statistics(line, PLANE, transform=GRID, crs=CRS)
