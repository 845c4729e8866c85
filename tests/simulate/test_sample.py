"""The bundled sample: rebuilt in memory it is what the files hold."""

from __future__ import annotations

import json
from datetime import date

import geopandas as gpd
import pytest
import rasterio
from geopandas.testing import assert_geodataframe_equal

from farmland.scene import BANDS, SCL
from farmland.simulate import County, pictures, sample_folder
from farmland.simulate.archive import describe, joined
from farmland.simulate.covers import COVERS
from farmland.simulate.fields import DECOYS
from farmland.simulate.sample import CLEAR_BELOW, CRS, QUANTUM, areas


@pytest.fixture(scope="module")
def both() -> tuple[County, ...]:
    return areas()


def test_pixels_and_items_are_those_of_the_files(both: tuple[County, ...]):
    folder = sample_folder()
    ids = set()
    for area in both:
        for picture in pictures(area, CLEAR_BELOW, QUANTUM):
            item = describe(picture)
            ids.add(item["id"])
            place = folder / item["id"]
            stored = json.loads((place / f"{item['id']}.json").read_text("utf-8"))
            assert stored["properties"] == item["properties"]
            for name in (*BANDS, SCL):
                with rasterio.open(place / f"{name}.tif") as file:
                    data = file.read(1)
                made = picture.scl if name == SCL else picture.bands[name]
                # Another processor may round a few pixels to the next step.
                assert (data != made).mean() < 0.001, (item["id"], name)
    assert ids == {path.name for path in folder.iterdir() if path.is_dir()}


def test_parcels_and_truth_are_those_of_the_files(both: tuple[County, ...]):
    folder = sample_folder()
    for name in ("parcels", "truth"):
        stored = gpd.read_file(folder / f"{name}.gpkg", layer=name)
        made = joined([getattr(area, name) for area in both], CRS)
        if name == "truth":
            made["onset"] = made["onset"].astype(str)
            stored["onset"] = stored["onset"].astype(str).str[:10]
        assert_geodataframe_equal(
            stored, made, check_less_precise=True, check_dtype=False, check_geom_type=False
        )


def test_it_shows_every_cover_most_decoys_and_both_zones(both: tuple[County, ...]):
    folder = sample_folder()
    truth = gpd.read_file(folder / "truth.gpkg", layer="truth")
    assert set(truth["cover"]) == set(COVERS)
    quiet = gpd.read_file(folder / "truth.gpkg", layer="decoys")
    assert len(set(quiet["decoy"]) & set(DECOYS)) >= 6
    assert {area.crs for area in both} == {"EPSG:32650", "EPSG:32651"}
    assert all(area.after.start == date(2023, 7, 1) for area in both)
    parcels = gpd.read_file(folder / "parcels.gpkg")
    assert parcels["parcel_id"].is_unique
    assert parcels["parcel_id"].str.fullmatch(r"\d{19}").all()
    assert parcels["YJJBNTTBBH"].equals(parcels["parcel_id"])
    assert truth["parcel_id"].isin(parcels["parcel_id"]).all()
    west, _, east, _ = parcels.total_bounds
    assert west < 120 < east


def test_it_is_small():
    size = sum(path.stat().st_size for path in sample_folder().rglob("*") if path.is_file())
    assert size <= 12_000_000
