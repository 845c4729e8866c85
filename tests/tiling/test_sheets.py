"""A pixel lies on one sheet, and a spool gives back what was put."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from farmland.errors import UnusableInput
from farmland.io.spool import Layers, Spool
from farmland.scene import BANDS
from farmland.tiling import sheets
from farmland.tiling.tiles import SHEET


@given(st.integers(0, 2**32 - 1), st.integers(-5000, 5000), st.integers(-5000, 5000))
def test_every_pixel_is_on_one_sheet(seed: int, top: int, left: int) -> None:
    random = np.random.default_rng(seed)
    rows, columns = random.integers(-4000, 4000, (2, 300)).astype(np.int32)
    parts = sheets.parted(rows, columns, (top, left))
    assert sorted(np.concatenate(parts).tolist()) == list(range(300))
    corners = set()
    for part in parts:
        assert (np.diff(part) > 0).all()
        (row,) = set(((rows[part] - top) // SHEET).tolist())
        (column,) = set(((columns[part] - left) // SHEET).tolist())
        corners.add((row, column))
    assert len(corners) == len(parts)


def test_sheets_are_those_that_parcels_reach() -> None:
    side = SHEET * 10
    left, top = 500_000, 4_000_000
    shapes = [
        box(left + 10, top - 50, left + 40, top - 20),
        box(left + side - 30, top - side - 30, left + side + 30, top - side + 30),
    ]
    (zone,) = sheets.zones(gpd.GeoSeries(shapes, crs=32650))
    plan = zone.sheets((-top // 10, left // 10))
    assert [sheet.members.tolist() for sheet in plan] == [[0, 1], [1], [1], [1]]
    assert all(sheet.window.shape == (SHEET, SHEET) for sheet in plan)
    assert sheets.origin([], "EPSG:32650") == (0, 0)


@given(st.data())
def test_a_spool_gives_back_what_was_put(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    looks = data.draw(st.integers(1, 5))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    kept = {}
    with Spool("", sizes, looks) as spool:
        for section, size in enumerate(sizes):
            for look in data.draw(st.sets(st.integers(0, looks - 1))):
                values = random.integers(-9, 9, (size, len(BANDS))).astype(np.int16)
                flags = random.integers(0, 99, size).astype(np.uint8)
                spool.put(section, look, values, flags)
                kept[section, look] = values, flags
        for section, size in enumerate(sizes):
            start = data.draw(st.integers(0, size - 1))
            run = slice(start, data.draw(st.integers(start + 1, size)))
            flags = spool.flags(section, run)
            values = spool.values(section, run, np.arange(looks))
            for look in range(looks):
                none = np.zeros((size, len(BANDS)), np.int16), np.zeros(size, np.uint8)
                expected = kept.get((section, look), none)
                np.testing.assert_array_equal(values[look], expected[0][run])
                np.testing.assert_array_equal(flags[look], expected[1][run])


@given(st.data())
def test_layers_give_back_what_was_put(data: st.DataObject) -> None:
    layers, looks, pixels = (data.draw(st.integers(1, 5)) for _ in range(3))
    held = np.random.default_rng(0).random((layers, looks, pixels)).astype(np.float32)
    with Layers("", layers, looks, pixels) as spool:
        for layer in range(layers):
            for look in range(looks):
                spool.put(layer, look, held[layer, look])
        first, after = sorted(data.draw(st.tuples(st.integers(0, layers), st.integers(0, layers))))
        some = data.draw(st.lists(st.integers(0, looks - 1), unique=True))
        start = data.draw(st.integers(0, pixels))
        found = spool.take(slice(first, after), some, slice(start, pixels))
    np.testing.assert_array_equal(found, held[first:after][:, some, start:])


def test_a_spool_leaves_nothing_behind_and_says_what_the_disk_refuses(tmp_path: Path) -> None:
    with Spool(str(tmp_path), [4], 3) as spool:
        spool.put(0, 1, np.ones((4, len(BANDS)), np.int16), np.ones(4, np.uint8))
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnusableInput, match="cannot be written"):
        Spool(str(tmp_path / "nowhere"), [4], 3)
