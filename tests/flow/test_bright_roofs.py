"""A roof that is called cloud from its first day on must not vanish under the mask."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pytest
from flow.implants import BANDS, build_roofs, copy_of
from flow.running import farmland

from farmland.simulate.spectra import MATERIALS

WHITE = dict(zip(BANDS, MATERIALS["roof_white"].tolist(), strict=True))
PERIODS = ("--before", "2018-08-01/2019-05-31", "--after", "2019-06-01/2019-11-30")


@pytest.mark.parametrize(
    ("parcel", "since", "called", "status"),
    [
        ("BE002", date(2019, 7, 15), 9, "confirmed"),
        ("BE016", date(2019, 7, 15), 11, "confirmed"),
        ("BE016", date(2019, 10, 1), 9, "candidate"),
    ],
    ids=["cloud", "snow", "cloud, six looks before the end"],
)
def test_it_is_found_and_dated(shared, tmp_path, parcel, since, called, status):
    flanders = shared / "data" / "s2_flanders_2018_2019"
    record = copy_of(flanders, tmp_path / "catalog")
    build_roofs(record, (parcel,), since, WHITE, called)
    out = tmp_path / "x.gpkg"
    ending = farmland(
        *("detect", flanders / "parcels.gpkg", *PERIODS, "--offline"),
        *("--catalog", record.folder / "catalog.json", "--out", out),
    )
    assert ending.code == 0, ending.talk
    patches = gpd.read_file(out, layer="conversions")
    assert set(patches["parcel_id"]) == {parcel}
    largest = patches.loc[patches["area_m2"].idxmax()]
    assert largest["area_m2"] > 0.9 * record.parcels.set_index("parcel_id").area[parcel]
    assert largest["date_from"].date() < since <= largest["date_to"].date()
    parcels = gpd.read_file(out, layer="parcels").set_index("parcel_id")
    assert parcels["status"][parcel] == status
