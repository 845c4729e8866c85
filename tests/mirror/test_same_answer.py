"""From the archive, with the network forbidden, every answer is the one from the network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from flow.running import assert_same
from mirror.conftest import Ended, tree
from servers import stac_api

from farmland import flow
from farmland.cli import main
from farmland.periods import Period
from farmland.plan import Plan
from farmland.result import Result

pytestmark = pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")

Mirror = Callable[..., Ended]

YEAR = Period.parse("2023")


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def plan(granules: Path) -> Plan:
    return Plan(
        parcels=str(granules / "parcels.gpkg"),
        after=Period.parse("2024-01/2024-06"),
        before=YEAR,
        history=YEAR,
        workers=2,
    )


@pytest.fixture(scope="module")
def answer(plan: Plan, granules: Path) -> Result:
    """What detection makes of the network."""
    with stac_api(granules, page_items=100) as api:
        return flow.detect(replace(plan, catalog=api.url), silent)


def assert_same_evidence(one: Result, other: Result) -> int:
    """Chip for chip; how many there are."""
    assert one.evidence.keys() == other.evidence.keys()
    chips = 0
    for name, evidence in one.evidence.items():
        for part in ("before", "onset", "after"):
            chip, found = getattr(evidence, part), getattr(other.evidence[name], part)
            assert (chip is None) == (found is None)
            if chip is not None:
                assert (chip.item_id, chip.day, chip.window) == (
                    found.item_id, found.day, found.window,
                )  # fmt: skip
                np.testing.assert_array_equal(chip.rgb, found.rgb)
                chips += 1
    return chips


def test_a_detection(plan: Plan, answer: Result, archive: Path) -> None:
    found = flow.detect(replace(plan, catalog=str(archive), offline=True), silent)
    assert_same(answer, found)
    assert len(answer.conversions) >= 3
    assert assert_same_evidence(answer, found) >= 6
    assert found.scenes["blocks_failed"].sum() == 0
    for column in ("item_id", "offset", "offset_source", "duplicate_of", "clear_share", "tile"):
        pd.testing.assert_series_equal(found.scenes[column], answer.scenes[column])


def test_some_of_the_parcels(plan: Plan, archive: Path, granules: Path, tmp_path: Path) -> None:
    """Other neighbours, other sheets: what they read was mirrored too."""
    some = gpd.read_file(granules / "parcels.gpkg")[::5]
    some.to_file(tmp_path / "some.gpkg")
    few = replace(plan, parcels=str(tmp_path / "some.gpkg"), workers=1)
    found = flow.detect(replace(few, catalog=str(archive), offline=True), silent)
    assert_same(flow.detect(replace(few, catalog=str(granules)), silent), found)
    assert found.scenes["blocks_failed"].sum() == 0


def test_the_list_of_scenes(
    granules: Path, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def listed(catalog: str) -> list[dict[str, Any]]:
        given = ["scenes", str(granules / "parcels.gpkg"), "--period", "2023/2024-06", "--json"]
        capsys.readouterr()
        assert main([*given, "--catalog", catalog, "--offline"]) == 0
        scenes: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["scenes"]
        return [{**scene, "assets": sorted(scene["assets"]), "bytes": 0} for scene in scenes]

    assert listed(str(archive)) == listed(str(granules))


def test_ndvi_of_parcels(
    granules: Path, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, catalog in (("near", archive), ("far", granules)):
        given = ["ndvi", granules / "parcels.gpkg", "--period", "2023/2024-06", "--offline"]
        given += ["--catalog", catalog, "--out", tmp_path / name]
        assert main([*map(str, given), "-qq"]) == 0, capsys.readouterr().err
    one, other = tree(tmp_path / "near"), tree(tmp_path / "far")
    assert one.keys() == other.keys()
    assert one["ndvi.csv"].count(b"\n") > 1000
    assert one["ndvi.csv"] == other["ndvi.csv"]


def test_it_is_smaller_and_says_so(
    mirror: Mirror, archive: Path, granules: Path, tmp_path: Path
) -> None:
    shutil.copytree(archive, tmp_path / "a")
    said = mirror(str(granules), tmp_path / "a").said
    sizes = {
        folder: sum(path.stat().st_size for path in folder.glob("**/*.tif"))
        for folder in (archive, granules)
    }
    assert said["bytes"] == sizes[archive] < 0.6 * sizes[granules]
    assert said["source_bytes"] == pytest.approx(sizes[granules], rel=0.01)


def test_whole_tiles_are_the_files_themselves(
    mirror: Mirror, granules: Path, plan: Plan, answer: Result, tmp_path: Path
) -> None:
    with stac_api(granules, page_items=100) as api:
        ended = mirror(api.url, tmp_path / "a", "--whole-tiles")
        asked = api.asked("/assets/")
        again = mirror(api.url, tmp_path / "a", "--whole-tiles", "--verify")
        assert api.asked("/assets/") == asked
    assert (ended.code, again.code) == (0, 0)
    assert again.said["skipped"] == again.said["files"] == ended.said["files"]
    for path in (tmp_path / "a").rglob("*.tif"):
        source = granules / path.relative_to(tmp_path / "a" / "sentinel-2-l2a")
        assert path.read_bytes() == source.read_bytes()
    found = flow.detect(replace(plan, catalog=str(tmp_path / "a"), offline=True), silent)
    assert_same(answer, found)


def test_an_archive_of_an_archive(mirror: Mirror, archive: Path, tmp_path: Path) -> None:
    """Carried on to another machine; and moved, it is the same."""
    shutil.copytree(archive, tmp_path / "moved")
    ended = mirror(str(tmp_path / "moved"), tmp_path / "second", "--offline")
    assert ended.code == 0, ended.said["unread"]
    one, other = tree(archive), tree(tmp_path / "second")
    assert one.keys() == other.keys()
    assert [name for name in one if name.endswith(".tif") and one[name] != other[name]] == []
