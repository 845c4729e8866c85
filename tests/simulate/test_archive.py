"""Pictures and their publication: counts, statements, classes, catalog."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio

from benchmarks.calibrate_sky import errors, real, simulated
from farmland.scene import BANDS, SCL
from farmland.simulate import Camera, County, Flights, Picture, county, write
from farmland.simulate.passes import OFFSET_FROM


def test_counts_are_as_published(taken: list[Picture]):
    for picture in taken:
        window = picture.publication.granule.window
        for name in BANDS:
            band = picture.bands[name]
            step = 1 if name in BANDS[:4] else 2
            assert band.shape == (window.height // step, window.width // step)
            assert band.dtype == np.uint16
        empty = picture.scl == 0
        np.testing.assert_array_equal(picture.bands["swir16"] == 0, empty)
        np.testing.assert_array_equal(picture.bands["red"] == 0, empty.repeat(2, 0).repeat(2, 1))
        assert set(np.unique(picture.scl)) <= set(range(12))
        assert picture.clear_share >= 0.05


def test_swath_edges_duplicates_and_overlaps_are_there(taken: list[Picture]):
    for picture in taken:
        assert (picture.scl == 0).any() == picture.publication.flight.partial
    assert any(p.publication.flight.partial for p in taken if p.publication.flight.orbit == 0)
    assert all(p.publication.flight.partial for p in taken if p.publication.flight.orbit == 1)
    tiles = Counter(p.publication.granule.tile for p in taken)
    assert len(tiles) == 2
    both = Counter((p.publication.flight.number, p.publication.granule.tile) for p in taken)
    assert max(both.values()) == 2
    ids = [p.publication.item_id for p in taken]
    assert len(ids) == len(set(ids))


def test_overlapping_tiles_show_the_same_ground(taken: list[Picture]):
    by_pass: dict[int, list[Picture]] = {}
    for picture in taken:
        if picture.publication.sequence == 0:
            by_pass.setdefault(picture.publication.flight.number, []).append(picture)
    pairs = [pair for pair in by_pass.values() if len(pair) == 2]
    assert pairs
    for one, two in pairs:
        rows = two.bands["nir"].shape[0]
        whole = one.bands["nir"][-rows:].astype(float)
        part = two.bands["nir"].astype(float)
        seen = (whole > 0) & (part > 0)
        assert np.abs(whole - part)[seen].mean() < 80


def test_offsets_are_stated_misstated_and_absent():
    flights = Flights(overlap=False, duplicates=0.3, misstated=0.15)
    land = county(11, size_m=400, start="2021-07-01", months=24, flights=flights)
    told = {(s.statement, s.flag, s.offset, s.added) for s in land.sky.publications}
    assert told == {
        ("none", False, 0.0, 0),
        ("applied", True, -0.1, 0),
        ("stated", False, -0.1, 1000),
        ("misstated", True, -0.1, 1000),
        ("misstated", False, -0.1, 0),
        ("absent", None, None, 1000),
        ("absent", None, None, 0),
    }
    for said in land.sky.publications:
        new = said.flight.when.date() >= OFFSET_FROM or said.sequence == 1
        assert new or said.added == 0
    assert any(not said.baseline for said in land.sky.publications)


def test_every_offset_decodes_to_the_same_reflectance(small: County, taken: list[Picture]):
    camera = Camera(small)
    for picture in taken[::25]:
        with_offset = camera.take(replace(picture.publication, added=1000), 0.05)
        without = camera.take(replace(picture.publication, added=0), 0.05)
        assert with_offset is not None
        assert without is not None
        for name in BANDS:
            lower, upper = without.bands[name].astype(int), with_offset.bands[name].astype(int)
            bright = lower > 1
            np.testing.assert_array_equal(upper[bright] - 1000, lower[bright])


def test_one_acquisition_published_twice_differs_by_its_offset_only():
    flights = Flights(orbits=1, overlap=False, duplicates=1.0, misstated=0.0)
    land = county(5, size_m=600, start="2021-01-01", months=24, cloudiness=0.2, flights=flights)
    camera = Camera(land)
    twins: dict[int, list[Picture]] = {}
    for said in land.sky.publications[:60]:
        picture = camera.take(said, 0.9)
        if picture is not None:
            twins.setdefault(said.flight.number, []).append(picture)
    pairs = [pair for pair in twins.values() if len(pair) == 2]
    assert len(pairs) > 5
    for first, again in pairs:
        assert again.publication.baseline == "05.00"
        red = [p.bands["red"].astype(float) - p.publication.added for p in (first, again)]
        assert abs(np.median(red[0] / red[1]) - 1) < 0.12


def test_neighbour_zone_shows_the_same_place():
    flights = Flights(orbits=1, overlap=False, zone_edge=True)
    land = county(
        6, size_m=600, months=12, cloudiness=0.1, position=(119.98, 34.0), flights=flights
    )
    camera = Camera(land)
    zones = {said.granule.crs for said in land.sky.publications}
    assert zones == {"EPSG:32650", "EPSG:32651"}
    taken = [camera.take(said, 0.5) for said in land.sky.publications[:12]]
    shares = {p.publication.granule.crs: p.clear_share for p in taken if p is not None}
    assert set(shares) == zones
    assert all(share > 0.4 for share in shares.values())


def test_the_catalog_is_whole(tmp_path: Path, small: County):
    path = write(small, tmp_path, 0.6)
    catalog = json.loads(path.read_text("utf-8"))
    child = next(link["href"] for link in catalog["links"] if link["rel"] == "child")
    collection = json.loads((tmp_path / child).read_text("utf-8"))
    items = [link["href"] for link in collection["links"] if link["rel"] == "item"]
    assert len(items) > 20
    for href in items:
        item = json.loads((tmp_path / href).read_text("utf-8"))
        folder = (tmp_path / href).parent
        assert folder.name == item["id"]
        assert item["properties"]["grid:code"].startswith("MGRS-50S")
        assert set(item["assets"]) == {*BANDS, SCL}
        west, south, east, north = item["bbox"]
        assert west < east
        assert south < north
    for name, asset in item["assets"].items():
        with rasterio.open(folder / asset["href"]) as file:
            assert file.crs.to_string() == item["properties"]["proj:code"]
            assert list(file.shape) == asset["proj:shape"]
            assert list(file.transform)[:6] == asset["proj:transform"]
            assert file.nodata == 0
            assert file.dtypes[0] == ("uint8" if name == SCL else "uint16")
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    layers = set(pyogrio.list_layers(tmp_path / "truth.gpkg")[:, 0])
    assert layers == {"truth", "decoys", "scenes"}
    assert pyogrio.read_info(tmp_path / "parcels.gpkg")["features"] == len(small.parcels)


def test_the_classification_errs_as_often_as_the_real_one(shared: Path):
    """Bright cloud among the clear classes, pooled over seeds: within a factor of three."""
    true = errors([real(shared / "data" / "s2_flanders_2018_2019" / "catalog.json")])
    ours = errors([simulated("north_china", seed, 600) for seed in range(1, 9)])
    for number in (5, 7):
        assert true[number][2] / 3 < ours[number][2] < true[number][2] * 3
    assert ours[4][2] < 0.01
    assert true[4][2] < 0.01
    for number in (8, 9):
        assert ours[number][2] > 0.8


def test_bright_roofs_are_called_cloud_again_and_again():
    flights = Flights(orbits=1, overlap=False)
    only = {"greenhouse": 1.0, "built": 1.0}
    land = county(
        9,
        size_m=800,
        months=24,
        parcels_converted=0.5,
        cloudiness=0.1,
        covers=only,
        flights=flights,
    )
    camera = Camera(land)
    late = [camera.take(said, 0.5) for said in land.sky.publications[-40:]]
    wrong = [np.isin(p.scl, (8, 9)) & (p.cloud < 0.01) for p in late if p is not None]
    often = np.mean(wrong, axis=0)
    assert (often > 0.6).sum() > 4


def test_shadows_and_dark_water_are_confused(taken: list[Picture]):
    classes = np.concatenate([p.scl.ravel() for p in taken])
    for number in (3, 4, 5, 6, 7, 8, 9):
        assert (classes == number).mean() > 0.0005, number


def test_geolocation_moves_from_date_to_date(small: County):
    camera = Camera(small)
    shifts = set()
    for said in small.sky.publications[:40]:
        rng = np.random.default_rng([small.seed, 4, said.flight.number, said.sequence])
        shifts.add(tuple(np.round(rng.normal(0, 3.0, 2), 3)))
    assert len(shifts) > 10
    assert camera.shares.shape[0] == 16


@pytest.mark.parametrize("least", [0.3, 0.8])
def test_scenes_below_the_wanted_share_are_left_out(small: County, least: float):
    camera = Camera(small)
    kept = [camera.take(said, least) for said in small.sky.publications[:60]]
    assert any(picture is None for picture in kept)
    assert all(picture.clear_share >= least for picture in kept if picture is not None)
