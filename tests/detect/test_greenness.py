"""The greenest look at every pixel: against a loop, and from memory to the raster and back."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from village import PERIODS, build

from farmland.detect import greenness, signals
from farmland.flow import greenness as maps
from farmland.grid import Window
from farmland.kernels import spectral
from farmland.result import Greenness
from farmland.rules import load

RULES = load("cn").detection


def test_every_pixel_shows_its_greenest_look_of_the_period() -> None:
    stack = build({})
    read = signals.read(stack, PERIODS, RULES)
    made = greenness.of_cell(stack, read, PERIODS)
    assert made is not None
    dates = stack.days.astype("datetime64[D]").astype(object)
    ndvi = read.features[:, :, spectral.NDVI] * read.noise[spectral.NDVI]
    for image, period in zip(made.images, (PERIODS.before, PERIODS.after), strict=True):
        known = np.zeros(image.shape, bool)
        for p in range(0, stack.rows.size, 37):
            at = stack.rows[p] - made.window.row, stack.columns[p] - made.window.column
            values = [
                value
                for day, value in zip(dates, ndvi[p], strict=True)
                if period.start <= day <= period.end and not np.isnan(value)
            ]
            known[at] = True
            assert image[at] == pytest.approx((max(values) + 1) * 100, abs=0.51)
        assert known.any()
    assert (made.images != Greenness.UNSEEN).any(axis=0).sum() == len(
        set(zip(stack.rows.tolist(), stack.columns.tolist(), strict=True))
    )


def test_a_pixel_that_was_never_seen_is_no_data() -> None:
    steps = greenness._steps(np.array([np.nan, -1.0, 0.0, 1.0, 1.3], np.float32))
    assert steps.tolist() == [Greenness.UNSEEN, 0, 100, 200, 200]


def part(row: int, column: int, images: np.ndarray) -> Greenness:
    window = Window(row, column, *images.shape[1:])
    return Greenness("EPSG:32650", window, zlib.compress(images.tobytes()))


@given(data=st.data())
def test_places_are_laid_side_by_side_and_over_each_other(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    count = data.draw(st.integers(1, 4))
    whole = np.full((2, 700, 90), Greenness.UNSEEN, np.uint8)
    parts = []
    for _ in range(count):
        height, width = random.integers(1, 60, 2)
        row, column = random.integers(0, 700 - height), random.integers(0, 90 - width)
        images = random.integers(0, 201, (2, height, width)).astype(np.uint8)
        images[:, random.random((height, width)) < 0.3] = Greenness.UNSEEN
        parts.append(part(-400_000 + int(row), 50_000 + int(column), images))
        here = whole[:, row : row + height, column : column + width]
        np.copyto(here, images, where=images != Greenness.UNSEEN)
    folder = tmp_path_factory.mktemp("maps")
    written = maps.write(parts, folder, "Contains modified Copernicus Sentinel data 2024")
    assert [path.name for path in written] == [
        "ndvi_peak_before_32650.tif", "ndvi_peak_after_32650.tif",
    ]  # fmt: skip
    for path, expected in zip(written, whole, strict=True):
        with rasterio.open(path) as file:
            left, top = file.transform.c / 10, -file.transform.f / 10
            row, column = int(top) + 400_000, int(left) - 50_000
            image = file.read(1)
            assert (file.scales, file.offsets, file.nodata) == ((0.01,), (-1.0,), 255)
        inside = expected[row : row + image.shape[0], column : column + image.shape[1]]
        np.testing.assert_array_equal(image, inside)
        assert (expected != Greenness.UNSEEN).sum() == (inside != Greenness.UNSEEN).sum()


def test_without_places_nothing_is_written(tmp_path: Path) -> None:
    assert maps.write((), tmp_path, "") == ()
    assert list(tmp_path.iterdir()) == []
