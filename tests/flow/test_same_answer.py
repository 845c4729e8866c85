"""One answer, however it is read and computed (DESIGN 5, guarantee 1)."""

from dataclasses import replace

import geopandas as gpd
import pytest
from flow.running import assert_same, farmland
from servers import stac_api

from farmland import flow
from farmland.io import geopackage
from farmland.periods import Period
from farmland.plan import Plan
from farmland.tiling import tiles

pytestmark = pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")


def silent(stage, done, total):
    """Tell nobody."""


@pytest.fixture(scope="module")
def plan(county):
    return Plan(
        parcels=county.parcels,
        catalog=county.catalog,
        after=Period.parse(county.after),
        workers=1,
    )


@pytest.fixture(scope="module")
def answer(plan):
    """What one thread makes of the folder."""
    return flow.detect(plan, silent)


def test_the_answer_says_something(answer, county):
    """Comparing empty tables would prove nothing."""
    truth = gpd.read_file(county.folder / "truth.gpkg", layer="truth")
    assert len(answer.parcels) == len(gpd.read_file(county.parcels))
    assert set(answer.conversions["parcel_id"]) & set(truth["parcel_id"])
    assert len(answer.conversions) >= 5
    assert flow.exit_code(answer) == 0


def test_a_result_that_is_kept_for_later_needs_no_folder_yet(plan, answer, tmp_path):
    out = str(tmp_path / "not" / "yet" / "x.gpkg")
    assert_same(answer, flow.detect(replace(plan, out=out), silent))


def test_threads_and_a_second_run(plan, answer):
    assert_same(answer, flow.detect(replace(plan, workers=3), silent))


@pytest.mark.parametrize(("side", "count"), [(1, 4), (2, 2), (4, 1)])
def test_any_size_of_block(side, count, plan, answer, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCKS", (side,))
    found = flow.detect(replace(plan, workers=2), silent)
    assert found.run["counts"]["blocks"] == count
    assert_same(answer, found)


def test_a_folder_and_an_api_with_byte_ranges(plan, answer, county):
    with stac_api(county.folder, page_items=20) as api:
        found = flow.detect(replace(plan, catalog=api.url, workers=2), silent)
        gets = [entry for entry in api.log if entry[0] == "GET" and "/assets/" in entry[1]]
    assert len(gets) > 400
    assert {status for _, _, status, _ in gets} == {206}
    assert_same(answer, found)


@pytest.mark.slow
def test_threads_and_a_cluster(plan, answer, county, cluster, tmp_path):
    """The other processes get the work, and give what threads give, down to the file."""
    ending = farmland(
        *("detect", county.parcels, "--catalog", county.catalog, "--after", county.after),
        *("--scheduler", cluster, "--out", tmp_path / "x.gpkg"),
    )
    assert ending.code == 0, ending.talk
    geopackage.write(answer, tmp_path / "y.gpkg")
    found = geopackage.read(tmp_path / "x.gpkg")
    assert_same(geopackage.read(tmp_path / "y.gpkg"), found)
    assert found.run["plan"]["scheduler"] == cluster
