"""Real quiet parcels come as the product sees them; a set that can't be a case says why."""

import importlib

import numpy as np
import pyarrow.parquet
import pytest
import rasterio
import shapely
from contest import pairs, parts, real
from real_places import KEYS

from farmland.imagery.stack import NO_DATA
from farmland.rules.sentinel2 import CLEAR
from farmland.scene import BANDS

NO_SERIES = {"lem", "lpis_samples", "refs", "stac"}
"""Folders of parcels, recorded answers and tables of figures."""


@pytest.fixture(scope="module")
def data(shared):
    return shared / "data"


def day_of(stack, day):
    """Position of a day among the looks."""
    return int(np.flatnonzero(stack.days == np.datetime64(day, "D").astype(int))[0])


def test_flanders_is_what_the_product_reads(data):
    case = real.flanders(data)
    assert len(case.quiet) == 18
    assert case.quiet.all()
    assert case.truths == ()
    assert (case.full_pixels >= 8).sum() == 15
    stack = case.stack
    look = day_of(stack, "2019-06-30")
    folder = data / real.FLANDERS / "scenes" / "S2_20190630_0_L2A"
    for number, side in ((BANDS.index("red"), 1), (BANDS.index("swir16"), 2)):
        with rasterio.open(folder / f"{BANDS[number]}.tif") as file:
            counts = file.read(1).repeat(side, axis=0).repeat(side, axis=1)
            top, left = -round(file.transform.f) // 10, round(file.transform.c) // 10
        clear = stack.clear[:, look]
        given = counts[stack.rows - top, stack.columns - left]
        assert clear.mean() > 0.9
        np.testing.assert_array_equal(stack.values[clear, look, number], given[clear])


def test_the_land_around_is_seen_on_the_same_days(data):
    stack, land = real.flanders(data).stack, real.flemish_land(data)
    np.testing.assert_array_equal(land.days, stack.days)
    places = {place: n for n, place in enumerate(zip(land.rows, land.columns, strict=True))}
    at = [places[place] for place in zip(stack.rows, stack.columns, strict=True)]
    assert len(places) == 64 * 64 > len(at)
    np.testing.assert_array_equal(land.clear[at], stack.clear)
    np.testing.assert_array_equal(land.values[at][stack.clear], stack.values[stack.clear])


@pytest.mark.parametrize(("tile", "fields"), [("T31TGM", 26), ("T32TMT", 21)])
def test_swiss_pixels_are_those_of_the_table(data, tile, fields):
    case = real.swiss(data, tile)
    stack = case.stack
    assert len(case.quiet) == fields
    assert (case.full_pixels >= 8).all()
    table = pyarrow.parquet.read_table(
        data / real.SWISS / "pixels.parquet", filters=[("tile", "==", tile)]
    )
    table = table.to_pandas().sample(300, random_state=0)
    table = table[(table[list(KEYS.values())] > 0).all(axis=1)]
    places = {place: n for n, place in enumerate(zip(stack.rows, stack.columns, strict=True))}
    for row in table.itertuples():
        at = places[-row.y_coord // 10, row.x_coord // 10], day_of(stack, row.date)
        assert stack.clear[at] == (row.SCL_class in CLEAR)
        if stack.clear[at]:
            assert stack.values[at].tolist() == [getattr(row, key) for key in KEYS.values()]


@pytest.mark.parametrize("tile", real.TILES)
def test_swiss_pixels_lie_where_the_coarse_bands_agree(data, tile):
    """Cells of 20 m have even corners, and one value in the short-wave infrared."""
    stack = real.swiss(data, tile).stack
    look = int(stack.clear.sum(axis=0).argmax())
    seen = stack.clear[:, look]
    cells = np.stack([stack.rows // 2, stack.columns // 2], axis=1)[seen]
    _, cell, size = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(cell.ravel(), kind="stable")
    whole = order[size[cell.ravel()[order]] == 4].reshape(-1, 4)
    assert len(whole) > 500
    spectra = stack.values[seen, look][whole]
    differ = np.ptp(spectra, axis=1) > 0
    assert not differ[:, BANDS.index("swir16")].any()
    assert not differ[:, BANDS.index("swir22")].any()
    assert differ[:, BANDS.index("nir")].mean() > 0.9


def test_a_swiss_day_of_zeros_is_no_look(data):
    stack = real.swiss(data, "T32TMT").stack
    assert np.datetime64("2020-03-25").astype(int) not in stack.days
    assert np.datetime64("2020-03-27").astype(int) in stack.days
    assert (stack.values[stack.clear] > 0).all()
    assert (stack.values[~stack.clear] == NO_DATA).all()


@pytest.mark.parametrize("tile", real.TILES)
def test_no_swiss_field_comes_twice_and_only_inner_pixels_are_full(data, tile):
    stack = real.swiss(data, tile).stack
    shapes = [parcel.geometry for parcel in stack.cell.parcels]
    tree = shapely.STRtree(shapes)
    for first, second in tree.query(shapes, predicate="intersects").T:
        if first != second:
            assert shapes[first].intersection(shapes[second]).area < 0.01 * shapes[first].area
    for pixel in np.flatnonzero(stack.full)[::97]:
        left, top = stack.columns[pixel] * 10, -stack.rows[pixel] * 10
        square = shapely.box(left, top - 10, left + 10, top)
        assert shapes[stack.parcel[pixel]].buffer(-4.9).covers(square)


def test_the_swiss_history_ends_where_the_period_after_begins(data):
    for tile in real.TILES:
        periods = real.swiss(data, tile).periods
        assert str(periods.after.start) == "2020-04-01"
        assert periods.gap_days == 0


def test_every_set_is_used_or_says_why_not(data):
    named = {entry.name.split("/")[0] for entry in real.SETS}
    assert named == {folder.name for folder in data.iterdir() if folder.is_dir()} - NO_SERIES
    for entry in real.SETS:
        assert (data / entry.name).is_dir()
        assert entry.reason
        if "." in entry.used:
            module, name = entry.used.split(".")
            assert callable(getattr(importlib.import_module(f"contest.{module}"), name))
    assert sum(entry.used == "case" for entry in real.SETS) == 2


def test_the_area_under_a_curve_counts_pairs():
    rng = np.random.default_rng(0)
    score, positive = rng.integers(0, 5, 60).astype(np.float32), rng.random(60) < 0.3
    first, second = score[positive][:, None], score[~positive]
    expected = ((first > second) + 0.5 * (first == second)).mean()
    assert pairs.area_under_curve(score, positive) == pytest.approx(expected)


def test_two_dates_tell_construction_from_fields_somewhat(data):
    measured = pairs.separations(data)
    assert [found.pair for found in measured] == list(pairs.PAIRS)
    for found in measured:
        assert found.changed > 300
        assert 0.6 < found.features < 1
        assert 0.6 < found.ndvi < 1


def test_novelty_is_quiet_without_a_red_band(data):
    measured = parts.familiarity(data)
    assert len(measured) == 2
    for found in measured:
        assert found.fields >= 5
        assert found.looks >= 100
        assert found.strange <= 0.15
        assert found.candidates == 0


def test_mowing_leaves_no_meadow_bare_for_long(data):
    events = parts.meadows(data)
    assert len(events) == 17
    assert {event.meadow for event in events} == set(range(1, 11))
    assert sum(event.least < event.before - 0.2 for event in events) >= 12
    assert sum(event.low_looks > 0 for event in events) >= 8
    assert not any(event.candidate for event in events)


def test_a_run_of_looks_is_counted_in_looks_and_days():
    days = np.array([0, 10, 15, 40, 60, 61])
    held = np.array([True, False, True, True, True, False])
    assert parts.longest(days, held) == (3, 45)
    assert parts.longest(days, np.zeros(6, bool)) == (0, 0)
