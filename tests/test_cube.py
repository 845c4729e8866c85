"""The cube for eyes shows what the run reads: same looks, same offsets, same clear sky."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from farmland import curves, detect, rules
from farmland.flow import block, cube
from farmland.flow.look import How
from farmland.grid import Window
from farmland.imagery import looks
from farmland.imagery.stack import NO_DATA, Stack
from farmland.io import catalog
from farmland.io import parcels as parcel_layers
from farmland.io.hosts import Reach
from farmland.kernels import spectral
from farmland.periods import Period
from farmland.plan import Periods
from farmland.scene import BANDS
from farmland.tiling import tiles

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "samples"
RULES = rules.load("cn").detection


@pytest.fixture(scope="module")
def placed() -> tuple[tiles.Placed, ...]:
    return tiles.place(parcel_layers.read(SAMPLE / "parcels.gpkg").frame.geometry)


@pytest.fixture(scope="module")
def record(placed: tuple[tiles.Placed, ...]) -> tuple[looks.Look, ...]:
    frame = parcel_layers.read(SAMPLE / "parcels.gpkg").frame.to_crs(4326)
    whole = Period.parse("2015-06/2030")
    west, south, east, north = frame.total_bounds
    scenes = catalog.find(
        str(SAMPLE / "catalog.json"),
        "",
        (west, south, east, north),
        whole,
        offline=True,
        allow_host=(),
    )
    return looks.group(scenes)[:25]


def how(record: tuple[looks.Look, ...], bands: tuple[str, ...] = BANDS) -> How:
    offsets = {scene.item_id: -1000 for look in record for scene in look.scenes}
    return How(offsets, bands, RULES, Reach(None))


def test_the_cube_and_the_run_read_the_same(
    placed: tuple[tiles.Placed, ...],
    record: tuple[looks.Look, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cell = tiles.Cell(
        placed[0].crs, placed[0].cell, tuple(p for p in placed[:3] if p.crs == placed[0].crs)
    )
    stacks: list[Stack] = []
    find = detect.find

    def watched(stack: Stack, *rest: Any) -> Any:
        stacks.append(stack)
        return find(stack, *rest)

    monkeypatch.setattr(detect, "find", watched)
    after = Period(record[-1].day, record[-1].day)
    block.work(tiles.Block(cell.crs, (cell,)), record, how(record), Periods.settle(after))
    (stack,) = stacks
    seen = cube.read(record, how(record), cell.crs, cell.window)
    assert all(seen[band].chunks is not None for band in BANDS)

    rows, columns = stack.rows - cell.window.row, stack.columns - cell.window.column
    position = {day: number for number, day in enumerate(seen.time.values.astype("M8[D]"))}
    compared = 0
    for look, day in enumerate(stack.days.astype("M8[D]")):
        frame = seen.isel(time=position[day])
        there = stack.clear[:, look]
        assert np.array_equal(frame["clear"].values[rows, columns][there], there[there])
        for number, band in enumerate(BANDS):
            counts = np.rint(frame[band].values[rows, columns] / spectral.SCALE)
            mine = stack.values[:, look, number]
            assert np.array_equal(counts[there], mine[there])
            compared += int((mine[there] != NO_DATA).sum())
    assert compared > 1000


def test_ndvi_is_known_where_the_ground_was_seen_only(
    placed: tuple[tiles.Placed, ...], record: tuple[looks.Look, ...]
) -> None:
    window = placed[0].window
    seen = cube.read(record, how(record, ("red", "nir")), placed[0].crs, window)
    ndvi = cube.ndvi(seen)
    assert ndvi.dims == ("time", "y", "x")
    assert ndvi.dtype == np.float32
    assert ndvi.where(~seen["clear"]).isnull().all()
    assert float(abs(ndvi).max()) <= 1.0
    place = tuple(np.argwhere(seen["clear"].values)[-1])
    nir, red = (round(float(seen[band].values[place]) / spectral.SCALE) for band in ("nir", "red"))
    expected = spectral.ratio(nir, red)
    assert float(ndvi.values[place]) == pytest.approx(expected, abs=1e-6)
    assert seen.x.values[0] == window.bounds[0] + 5
    assert seen.y.values[0] == window.bounds[3] - 5


def test_a_window_that_no_scene_touches_gives_an_empty_cube(
    placed: tuple[tiles.Placed, ...], record: tuple[looks.Look, ...]
) -> None:
    far = Window(placed[0].window.row + 100_000, placed[0].window.column, 4, 5)
    seen = cube.read(record, how(record), placed[0].crs, far)
    assert dict(seen.sizes) == {"time": 0, "y": 4, "x": 5}


@pytest.mark.parametrize("chunks", [None, {"time": 1, "y": 3, "x": 7}])
def test_curves_of_a_cube_are_those_of_its_pixels(chunks: dict[str, int] | None) -> None:
    random = np.random.default_rng(0)
    days = np.datetime64("2020-01-01", "D") + np.arange(60) * np.timedelta64(13, "D")
    values = random.random((60, 5, 7)).astype(np.float32)
    values[random.random(values.shape) < 0.3] = np.nan
    along = {"time": days.astype("datetime64[ns]"), "y": np.arange(5.0), "x": np.arange(7.0)}
    ndvi = xr.DataArray(values, along, ("time", "y", "x"))
    ndvi = ndvi.chunk(chunks) if chunks else ndvi
    smooth = cube.smoothed(ndvi, robust=True)
    seasons = cube.harmonics(ndvi)
    assert (smooth.chunks is None) == (seasons["sigma"].chunks is None) == (chunks is None)
    assert smooth.dims == ("time", "y", "x")
    expected = curves.harmonics(values, days)
    np.testing.assert_array_equal(smooth, curves.smoothed(values, days, robust=True).ndvi)
    np.testing.assert_array_equal(seasons["coefficients"], expected.coefficients)
    np.testing.assert_array_equal(seasons["sigma"], expected.sigma)
