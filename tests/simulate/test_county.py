"""What a simulated county promises: the same for the same seed, true truth, quiet decoys."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from geopandas.testing import assert_geodataframe_equal

from farmland.errors import WrongUsage
from farmland.simulate import Camera, County, Flights, county
from farmland.simulate.covers import COVERS
from farmland.simulate.fields import DECOYS, day_number
from farmland.simulate.ground import show
from farmland.simulate.regions import REGIONS


def test_the_same_seed_gives_the_same_county_and_pixels(small: County):
    again = county(
        7, region="huai", size_m=800, months=24, parcels_converted=0.3, flights=Flights(orbits=2)
    )
    assert_geodataframe_equal(again.parcels, small.parcels)
    assert_geodataframe_equal(again.truth, small.truth)
    assert again.decoys.equals(small.decoys)
    assert again.sky.publications == small.sky.publications
    np.testing.assert_array_equal(again.segments, small.segments)
    first, second = Camera(small), Camera(again)
    for publication in small.sky.publications[20:40:4]:
        one, two = first.take(publication), second.take(publication)
        assert (one is None) == (two is None)
        if one is not None and two is not None:
            np.testing.assert_array_equal(one.scl, two.scl)
            for name, band in one.bands.items():
                np.testing.assert_array_equal(band, two.bands[name])


def test_another_seed_gives_another_county(small: County):
    other = county(8, region="huai", size_m=800, months=24)
    assert len(other.parcels) != len(small.parcels) or not other.truth.equals(small.truth)


def test_parcels_are_apart_inside_the_window_and_of_real_sizes(small: County):
    shapes = small.parcels.geometry
    assert shapes.is_valid.all()
    left, bottom, right, top = small.window.bounds
    x0, y0, x1, y1 = shapes.total_bounds
    assert x0 >= left
    assert y0 >= bottom
    assert x1 <= right
    assert y1 <= top
    assert abs(shapes.union_all().area - shapes.area.sum()) < 1
    assert shapes.area.between(400, 60000).all()
    assert 0.3 < shapes.area.sum() / ((right - left) * (top - bottom)) < 0.95


def test_truth_lies_inside_its_parcels_and_covers_every_kind(small: County):
    parcels = small.parcels.set_index("parcel_id")
    assert set(small.truth["cover"]) <= set(COVERS)
    for row in small.truth.itertuples():
        parcel = parcels.geometry[row.parcel_id]
        assert row.geometry.difference(parcel.buffer(0.01)).area < 1
        assert row.area_m2 == pytest.approx(row.geometry.area, abs=0.01)
        assert row.whole == (row.area_m2 > 0.95 * parcel.area)
        assert row.changed_before == (row.onset < small.after.start)
        assert small.period.holds(row.onset)
    assert small.truth["parcel_id"].is_unique


def test_most_onsets_leave_time_to_be_seen():
    land = county(3, size_m=2000, parcels_converted=0.4)
    age = np.array([(land.after.end - day).days for day in land.truth["onset"]])
    assert ((age >= 30) & (age <= 330)).mean() > 0.7
    assert 0.02 < land.truth["changed_before"].mean() < 0.3
    assert set(land.decoys["decoy"]) == {*DECOYS, "track_edge"}
    assert 0.3 < land.truth["whole"].mean() < 0.9
    assert set(land.truth["cover"]) == set(COVERS)


def test_what_the_onset_says_is_what_the_ground_shows(small: County):
    """Half the patch has left its old cover on the onset day, and less than half the day before."""
    ground = small.ground
    number = {name: row for row, name in enumerate(small.parcels["parcel_id"])}
    first = ground.ranks[0]
    area = np.bincount(small.segments.ravel(), minlength=len(ground.field))
    for row in small.truth.itertuples():
        strips = np.isin(first.segment, np.flatnonzero(ground.field == number[row.parcel_id]))
        weight = area[first.segment[strips]]
        day = np.array([day_number(row.onset) + 1.5, day_number(row.onset) - 1.5])[:, None]
        left = np.clip((day - first.start[strips]) / first.ramp[strips], 0, 1) @ weight
        left /= weight.sum()
        assert left[0] > 0.45, row
        assert left[1] < 0.55, row


def test_decoys_are_quiet_and_inside_the_record(small: County):
    converted = set(small.truth["parcel_id"])
    quiet = small.decoys[~small.decoys["parcel_id"].isin(converted)]
    assert len(quiet) > 20
    assert (quiet["from"] <= quiet["to"]).all()
    number = {name: row for row, name in enumerate(small.parcels["parcel_id"])}
    replaced = {int(s) for rank in small.ground.ranks for s in rank.segment}
    for name in quiet["parcel_id"].unique():
        own = np.flatnonzero(small.ground.field == number[name])
        assert len(own) == 1
        assert int(own[0]) not in replaced


def test_a_quiet_field_grows_a_crop_in_every_region():
    for name in REGIONS:
        land = county(2, region=name, size_m=600, parcels_converted=0.0, months=24, decoys=0.0)
        assert land.truth.empty
        fields = np.flatnonzero(land.ground.field >= 0)
        peak = np.full(len(fields), -1.0)
        low = np.full(len(fields), 1.0)
        for day in range(day_number(land.after.start), day_number(land.after.end), 8):
            table = show(land.ground, day, 0.2, 0.0)[fields]
            ndvi = (table[:, 3] - table[:, 2]) / (table[:, 3] + table[:, 2])
            peak, low = np.maximum(peak, ndvi), np.minimum(low, ndvi)
        assert np.median(peak) > 0.7, name
        assert np.median(low) < 0.35, name


def test_cloudiness_orders_the_sky():
    def cloud(**words: object) -> float:
        land = county(4, size_m=400, months=24, flights=Flights(orbits=1), **words)
        return float(np.mean([said.flight.cloud for said in land.sky.publications]))

    assert cloud(cloudiness=0.2) < cloud() < cloud(region="cloudy_south")
    assert 0.4 < cloud() < 0.55
    assert cloud(region="cloudy_south") > 0.58


def test_the_record_ends_where_it_should():
    land = county(1, size_m=400, start="2020-03-01", months=30)
    assert land.period.start == date(2020, 3, 1)
    assert land.period.end == date(2022, 8, 31)
    assert land.after.start == date(2021, 9, 1)
    assert land.after.end - land.after.start == timedelta(days=364)


def test_an_unknown_region_is_wrong_usage():
    with pytest.raises(WrongUsage, match="north_china") as caught:
        county(1, region="atlantis")
    assert caught.value.exit_code == 2
    assert "atlantis" in caught.value.chinese
