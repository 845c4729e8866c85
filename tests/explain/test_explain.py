"""Real looks, real neighbours: what is explained is what the record holds and the result says."""

from __future__ import annotations

import json
import math
import re
import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from explain.conftest import BUILT, CUT, QUIET, SINCE, SMALL
from matplotlib.image import imread
from rasterio.features import geometry_mask

from farmland import flow
from farmland.columns import width
from farmland.errors import UnusableInput, WrongUsage
from farmland.explanation import REJECTED, USED, Explanation
from farmland.result import Result


@pytest.fixture(scope="module")
def built(written: Path) -> Explanation:
    return flow.explain(written, BUILT)


@pytest.fixture(scope="module")
def quiet(written: Path) -> Explanation:
    return flow.explain(written, QUIET)


def test_every_day_of_the_record_is_told_once(quiet: Explanation, flanders: Path) -> None:
    days = sorted(path.name[3:11] for path in (flanders / "scenes").iterdir())
    assert [look.day.strftime("%Y%m%d") for look in quiet.looks] == days
    assert {look.said for look in quiet.looks} <= {USED, *REJECTED}
    assert all(look.items[0][3:11] == look.day.strftime("%Y%m%d") for look in quiet.looks)


def test_looks_used_are_those_that_the_parcel_counts(
    written: Path, found: Result, built: Explanation, quiet: Explanation
) -> None:
    for explained in (built, quiet, flow.explain(written, SMALL)):
        row = found.parcels.set_index("parcel_id").loc[explained.parcel["parcel_id"]]
        assert explained.used("after") == row["clear_after"]
        assert explained.used("history") == row["clear_before"]  # one and the same period here


def test_ndvi_is_what_the_pixels_of_the_day_show(quiet: Explanation, flanders: Path) -> None:
    used = [look for look in quiet.looks if look.said == USED and look.kept == look.clear == 100]
    shape = gpd.read_file(flanders / "parcels.gpkg").set_index("parcel_id").geometry
    assert len(used) > 10
    for look in used:
        scene = next((flanders / "scenes").glob(f"S2_{look.day:%Y%m%d}*"))
        with rasterio.open(scene / "red.tif") as red, rasterio.open(scene / "nir.tif") as nir:
            field = shape.to_crs(red.crs)[QUIET].buffer(-10)
            inside = geometry_mask([field], red.shape, red.transform, invert=True)
            one, other = red.read(1)[inside].astype(float), nir.read(1)[inside].astype(float)
        assert look.ndvi == pytest.approx(np.median((other - one) / (other + one)), abs=0.03)


def test_a_band_that_cannot_be_read_is_no_cloud(quiet: Explanation) -> None:
    said = {look.day.isoformat(): look.said for look in quiet.looks}
    assert said[CUT] == "unread"
    assert quiet.counts()["unread"] == 1


def test_reasons_follow_from_the_shares(quiet: Explanation, built: Explanation) -> None:
    for look in (*quiet.looks, *built.looks):
        if look.said == USED:
            assert look.kept is not None
            assert look.kept >= 70
        elif look.said == "haze":
            assert look.clear is not None
            assert look.clear >= 70
            assert look.ndvi is None
        elif look.said == "cloud":
            assert look.clear is not None
            assert look.clear < 70
    assert quiet.counts()["haze"] > 0
    assert quiet.counts()["cloud"] > 20


def test_tests_add_up_to_the_confidence(built: Explanation) -> None:
    assert built.parcel["status"] == "confirmed"
    assert len(built.changes) == 1
    change = built.changes[0]
    assert 1 / (1 + math.exp(-change.odds)) == pytest.approx(change.facts["confidence"], abs=1e-4)
    conditions = [test for test in change.verdict.tests if test.odds is None]
    assert {test.name for test in conditions} == {"confidence", "looks", "days", "kinds"}
    assert all((test.value or 0) >= (test.threshold or 0) for test in conditions)
    assert sum(change.verdict.believed.values()) == pytest.approx(1.0, abs=1e-3)


def test_the_curve_of_a_patch_breaks_where_the_layer_says(built: Explanation) -> None:
    change = built.changes[0]
    assert change.facts["date_from"] < SINCE <= change.facts["date_to"]
    assert change.curve is not None
    since = change.curve.days >= np.datetime64(change.facts["date_to"])
    assert np.nanmax(change.curve.ndvi[since]) < 0.3 < np.nanmax(change.curve.ndvi[~since])


def test_own_band_matches_a_slow_reading(quiet: Explanation) -> None:
    need = quiet.run["thresholds"]
    for look in quiet.looks:
        past = [
            other.ndvi
            for other in quiet.looks
            if other.period == "history" and other.day != look.day and other.ndvi is not None
            if _apart(look.day, other.day) <= need["season_window"]
        ]
        if len(past) < need["season_looks"]:
            assert look.own is None
        else:
            edges = np.quantile(past, [need["season_quantile"], 1 - need["season_quantile"]])
            assert look.own == pytest.approx(edges, abs=1e-3)


def test_neighbours_are_the_other_parcels_of_the_day(quiet: Explanation, found: Result) -> None:
    assert found.series is not None
    row = found.parcels["parcel_id"].tolist().index(QUIET)
    others = np.delete(found.series.ndvi, row, axis=0).astype(float)
    others[others < -30_000] = np.nan
    for look, day in zip(quiet.looks, others.T, strict=True):
        seen = day[~np.isnan(day)] / 1e4
        if seen.size < 5:
            assert look.neighbours is None
        else:
            assert look.neighbours == pytest.approx(np.quantile(seen, [0.25, 0.75]), abs=1e-3)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_fits_a_terminal_and_tells_all(built: Explanation, language: str) -> None:
    page = built.text(language)
    assert max(map(width, page.splitlines())) <= 80
    assert all(look.day.isoformat() in page for look in built.looks)
    for test in built.changes[0].verdict.tests:
        if test.odds is not None:
            assert f"{test.odds:+.1f}" in page
    assert built.changes[0].facts["patch_id"] in page
    assert built.run["clue"][language] in page
    assert bool(re.search("[\u4e00-\u9fff]", page)) == (language == "zh")


def test_a_patch_that_is_not_listed_says_what_it_lacked(written: Path, found: Result) -> None:
    assert found.dismissed, "the record has fields that are bare for a while"
    for dismissed in found.dismissed:
        tests = {test.name: test for test in dismissed.verdict.tests}
        assert tests["confidence"].value is not None
        odds = sum(test.odds for test in tests.values() if test.odds is not None)
        assert 1 / (1 + math.exp(-odds)) == pytest.approx(tests["confidence"].value)
        lacked = [
            test
            for test in tests.values()
            if test.odds is None and (test.value or 0) < (test.threshold or 0)
        ]
        assert lacked
        explained = flow.explain(written, dismissed.parcel_id)
        assert explained.dismissed == dismissed
        assert f"not listed: {dismissed.pixels * 100:,} m²" in explained.text("en")
        assert explained.text("zh").count("✗") >= len(lacked)


def test_json_is_plain_and_complete(built: Explanation) -> None:
    told = json.loads(json.dumps(built.as_json(), allow_nan=False))
    assert told["counts"][USED] + sum(told["counts"].get(name, 0) for name in REJECTED) == len(
        told["looks"]
    )
    assert told["patches"][0]["curve"][0].keys() == {
        "day", "ndvi", "own_low", "own_high", "neighbours_low", "neighbours_high",
    }  # fmt: skip
    assert told["patches"][0]["tests"][0]["name"] == "base"


@pytest.mark.parametrize("parcel", [BUILT, QUIET])
def test_the_picture_is_a_picture(written: Path, parcel: str, tmp_path: Path) -> None:
    target = flow.draw(flow.explain(written, parcel), tmp_path / "why.png", "en")
    pixels = imread(target)
    assert pixels.shape[1] > 1000
    assert pixels.std() > 0.05
    assert [path.name for path in tmp_path.iterdir()] == ["why.png"]


def test_an_unknown_parcel_is_answered_with_the_nearest(written: Path) -> None:
    with pytest.raises(WrongUsage, match=r"no parcel BE0077; the nearest id is BE007"):
        flow.explain(written, "BE0077")
    with pytest.raises(WrongUsage, match=r"no parcel zz: give an id"):
        flow.explain(written, "zz")


def test_a_result_alone_cannot_be_explained(written: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.gpkg"
    shutil.copyfile(written, alone)
    with pytest.raises(UnusableInput, match=r"series of this result are missing: keep series\.npz"):
        flow.explain(alone, QUIET)


@pytest.mark.parametrize("name", ["series.npz", "tests.json"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"{}", b"[]", b"\x93NUMPY"])
def test_damaged_series_are_named(written: Path, tmp_path: Path, name: str, content: bytes) -> None:
    copy = _copy(written, tmp_path)
    (copy.with_suffix("") / name).write_bytes(content)
    with pytest.raises(UnusableInput, match="cannot be read: run detect again"):
        flow.explain(copy, QUIET)


def test_series_of_another_run_are_refused(written: Path, tmp_path: Path) -> None:
    copy = _copy(written, tmp_path)
    tests = copy.with_suffix("") / "tests.json"
    told = json.loads(tests.read_text("utf-8")) | {"start": "2001-01-01"}
    tests.write_text(json.dumps(told), "utf-8")
    with pytest.raises(UnusableInput, match="belong to another run"):
        flow.explain(copy, QUIET)


def _copy(written: Path, folder: Path) -> Path:
    """The result and what lies beside it."""
    copy = folder / written.name
    shutil.copyfile(written, copy)
    shutil.copytree(written.with_suffix(""), copy.with_suffix(""))
    return copy


def _apart(one: date, other: date) -> float:
    gap = abs((one - other).days) % 365.25
    return min(gap, 365.25 - gap)
