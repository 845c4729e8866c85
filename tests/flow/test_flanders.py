"""The main job on real Sentinel-2: quiet where nothing was built, awake where something was set."""

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from flow.implants import build_roofs, copy_of, move_yards
from flow.running import farmland

from farmland.layers import LAYERS, MONITORED

PERIODS = ("--before", "2018-08-01/2019-05-31", "--after", "2019-06-01/2019-11-30")
ONSET = date(2019, 7, 15)
BUILT_ON = ("BE002", "BE007", "BE016")
"""The largest parcels of the three commonest crops that have 2 ha: wheat, maize, grassland."""


@pytest.fixture(scope="module")
def flanders(shared):
    return shared / "data" / "s2_flanders_2018_2019"


def detect(flanders, catalog, out):
    """Run the job as the issue words it; the ending and the layers it wrote."""
    ending = farmland(
        *("detect", flanders / "parcels.gpkg", *PERIODS, "--offline"),
        *("--catalog", catalog, "--out", out),
    )
    return ending, {name: gpd.read_file(out, layer=name) for name in LAYERS}


def test_nothing_was_built_in_flanders(flanders, tmp_path):
    ending, found = detect(flanders, flanders / "catalog.json", tmp_path / "x.gpkg")
    assert ending.code == 0, ending.talk
    names = pyogrio.list_layers(tmp_path / "x.gpkg")[:, 0]
    assert {"conversions", "parcels", "summary", "scenes", "run"} <= set(names)
    given = gpd.read_file(flanders / "parcels.gpkg")
    assert list(found["parcels"]["parcel_id"]) == list(given["parcel_id"])
    assert len(found["parcels"]) == 18
    assert found["conversions"]["parcel_id"].nunique() <= 1
    assert found["parcels"]["status"].isin(MONITORED).sum() >= 14
    assert found["parcels"]["reason"].str.len().min() > 20
    assert len(found["scenes"]) == 72


@pytest.mark.parametrize("paint", [build_roofs, move_yards], ids=["roofs", "yards"])
def test_what_is_set_into_real_scenes_is_found(paint, flanders, tmp_path):
    record = copy_of(flanders, tmp_path / "catalog")
    hectares = record.parcels.set_index("parcel_id").area / 1e4
    assert (hectares[list(BUILT_ON)] >= 2).all()
    paint(record, BUILT_ON, ONSET)
    ending, found = detect(flanders, record.folder / "catalog.json", tmp_path / "x.gpkg")
    assert ending.code == 0, ending.talk
    patches = found["conversions"]
    assert len(found["parcels"]) == 18
    assert set(patches["parcel_id"]) - set(BUILT_ON) == set()
    for parcel in BUILT_ON:
        mine = patches[patches["parcel_id"] == parcel]
        assert len(mine) > 0, parcel
        largest = mine.loc[mine["area_m2"].idxmax()]
        if paint is build_roofs:
            assert largest["area_m2"] > 0.9e4 * hectares[parcel]
        assert abs(largest["date_to"].date() - ONSET) <= timedelta(days=30)
        assert largest["date_from"] <= largest["date_to"]


def test_the_yards_are_the_village_beside_the_fields(flanders, tmp_path):
    """The donors lie outside every parcel, and the pixels moved are theirs."""
    record = copy_of(flanders, tmp_path / "catalog")
    yards = move_yards(record, ("BE002",), ONSET)
    rows, columns = np.nonzero(yards)
    assert 1 <= rows.size <= 20
    assert (np.ptp(rows), np.ptp(columns)) <= (10, 10)  # one hamlet
    assert not (np.kron(yards, np.ones((2, 2))).astype(bool) & record.inside()).any()
