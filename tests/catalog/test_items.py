"""The one door: every provider's items become the same value, and broken ones are counted."""

from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoiling import spoil

from farmland.errors import FarmlandWarning, UnusableInput
from farmland.imagery import looks
from farmland.io.catalog import items
from farmland.io.catalog.found import Found
from farmland.io.hosts import Reach, Refused
from farmland.rules import Words
from farmland.scene import REFLECTANCE, SCL, Scene

REACH = Reach(None, "host")

FOUND: dict[str, Any] = {
    "id": "S2A_MSIL2A_20200219T112111_N0214_R037_T29RKH_20200219T123947",
    "type": "Feature",
    "collection": "sentinel-2-l2a",
    "geometry": None,
    "bbox": [-11.9, 24.2, -10.8, 25.3],
    "properties": {"datetime": "2020-02-19T11:34:25.405Z"},
    "assets": {"B04": {"href": "https://host/B04.tif"}},
}


@cache
def published(shared: Path, provider: str) -> list[dict[str, Any]]:
    text = gzip.decompress((shared / f"data/stac/items/{provider}.json.gz").read_bytes())
    return [entry["item"] for entry in json.loads(text)]


def made(shared: Path, provider: str) -> list[Scene]:
    return [items.scene(item, str) for item in published(shared, provider) if is_l2a(item)]


def is_l2a(item: dict[str, Any]) -> bool:
    return "L1C" not in item["id"] and item.get("collection") != "sentinel-2-global-mosaics"


@pytest.mark.parametrize("provider", ["es1", "es0", "cdse", "pc"])
def test_every_provider_gives_whole_scenes(shared: Path, provider: str) -> None:
    for scene in made(shared, provider):
        assert set(scene.assets) == {*REFLECTANCE, SCL}, scene.item_id
        assert scene.crs.startswith(("EPSG:326", "EPSG:327"))
        assert len(scene.tile) == 5
        assert scene.tile in scene.item_id
        assert scene.platform in {"sentinel-2a", "sentinel-2b", "sentinel-2c"}
        assert scene.datatake.startswith("GS2")
        assert "02.00" < scene.baseline < "06.00"
        assert scene.origin is not None
        assert scene.footprint.is_valid
        assert scene.datetime.tzinfo is UTC


ITEMS = {"es1": 40, "es0": 4, "sentinel-cogs": 6, "cdse": 9, "pc": 69, "stactools": 19, "other": 8}
LEVELS = {"cdse": 1, "stactools": 4, "other": 3}
"""How many of them are Level-1C or mosaics."""

PUBLISHED = {
    "blue": ("blue", "B02", "B02_10m"),
    "green": ("green", "B03", "B03_10m"),
    "red": ("red", "B04", "B04_10m"),
    "nir": ("nir", "B08", "B08_10m"),
    "swir16": ("swir16", "B11", "B11_20m"),
    "swir22": ("swir22", "B12", "B12_20m"),
    "scl": ("scl", "SCL", "SCL_20m"),
    "rededge1": ("rededge1", "B05", "B05_20m"),
    "rededge2": ("rededge2", "B06", "B06_20m"),
    "rededge3": ("rededge3", "B07", "B07_20m"),
}


@pytest.mark.parametrize("provider", ITEMS)
def test_every_published_item_is_a_scene_with_all_the_bands_it_has(
    shared: Path, provider: str
) -> None:
    every = published(shared, provider)
    assert len(every) == ITEMS[provider]
    left_out = 0
    for item in every:
        if "L1C" in item["id"] or item.get("collection") == "sentinel-2-global-mosaics":
            with pytest.raises(items.BrokenItem, match="not level 2A"):
                items.scene(item, str)
            left_out += 1
            continue
        scene = items.scene(item, str)
        for band, keys in PUBLISHED.items():
            files = [item["assets"][key]["href"] for key in keys if key in item["assets"]]
            assert (scene.assets[band].href in files) if files else True, scene.item_id
        for fact in (scene.platform, scene.tile, scene.crs, scene.baseline or provider == "other"):
            assert fact, scene.item_id
        assert scene.generated or provider == "other"
    assert left_out == LEVELS.get(provider, 0)


@settings(max_examples=300)
@given(st.data())
def test_no_item_is_a_crash(shared: Path, data: st.DataObject) -> None:
    """One or two values of a real item become anything JSON can say."""
    provider = data.draw(st.sampled_from(["es1", "es0", "cdse", "pc"]))
    item = copy.deepcopy(published(shared, provider)[0])
    item["assets"] = {key: item["assets"][key] for key in sorted(item["assets"])[:25]}
    for _ in range(data.draw(st.integers(1, 2))):
        spoil(item, data.draw)
    try:
        scene = items.scene(item, REACH.beside("https://host/item.json"))
    except items.BrokenItem:
        return
    assert scene.item_id
    assert scene.footprint.is_valid
    assert Found.of(scene, item, REACH.beside("https://host/item.json")).item["id"] == item["id"]
    looks.group([scene, scene])


@pytest.mark.parametrize(
    ("provider", "declared"),
    [
        ("es1", {("02.14", False, 0.0), ("05.00", True, -0.1), ("05.09", True, -0.1)}
         | {("05.11", True, -0.1), ("05.10", None, -0.1), ("05.11", None, -0.1)}),
        ("es0", {("02.12", None, None), ("03.01", None, None), ("04.00", True, None)}
         | {("05.11", True, None)}),
        ("cdse", {("05.00", None, -0.1), ("05.11", None, -0.1), ("05.12", None, -0.1)}),
        ("pc", {("02.12", None, None), ("04.00", None, None), ("05.10", None, None)}
         | {("05.11", None, None)}),
    ],
)  # fmt: skip
def test_declarations_of_the_offset_are_kept_as_published(
    shared: Path, provider: str, declared: set[tuple[str, bool | None, float | None]]
) -> None:
    scenes = made(shared, provider)
    found = {(s.baseline, s.offset_applied, s.assets["red"].offset) for s in scenes}
    assert found == declared
    assert {scene.assets[SCL].offset for scene in scenes} == {None}


def test_both_versions_of_the_projection_extension_say_the_same(shared: Path) -> None:
    twins: dict[str, set[str]] = {}
    for scene in made(shared, "stactools"):
        twins.setdefault(scene.item_id, set()).add(scene.crs)
    assert all(len(codes) == 1 for codes in twins.values())
    assert any(crs.startswith("EPSG:327") for codes in twins.values() for crs in codes)


def test_an_asset_of_stac_1_1_carries_its_scale_itself(shared: Path) -> None:
    red = made(shared, "cdse")[0].assets["red"]
    assert (red.scale, red.offset, red.nodata) == (0.0001, -0.1, 0)
    assert red.href.startswith("s3://eodata/")
    assert red.href.endswith("_B04_10m.jp2")


def test_what_an_item_does_not_say_stays_empty_or_comes_from_its_name() -> None:
    scene = items.scene(FOUND, str)
    assert scene.tile == "29RKH"
    assert scene.baseline == "02.14"
    assert scene.platform == "sentinel-2a"
    assert scene.datatake == "GS2A_20200219T112111"
    assert scene.datetime == datetime(2020, 2, 19, 11, 34, 25, 405000, UTC)
    assert scene.crs == "EPSG:32629"
    assert scene.generated == "2020-02-19T12:39:47Z"
    assert (scene.origin, scene.offset_applied, scene.cloud_cover) == (None, None, None)
    bare = items.scene({**FOUND, "id": "july"}, str)
    assert (bare.tile, bare.baseline, bare.platform, bare.datatake) == ("", "", "", "")
    assert (bare.crs, bare.generated) == ("", "")
    south = items.scene({**FOUND, "id": "S2A_OPER_MSI_L2A_TL_SGS__A015250_T19HBC_N02.08"}, str)
    assert (south.tile, south.crs, south.baseline) == ("19HBC", "EPSG:32719", "02.08")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "no id"),
        ({"properties": None}, "no id"),
        ({"properties": {}}, "no date"),
        ({"properties": {"datetime": "yesterday"}}, "no date"),
        ({"properties": {"datetime": "2020-01-01", "platform": "landsat-8"}}, "landsat"),
        ({"properties": {"datetime": "2020-01-01", "s2:product_type": "S2MSI1C"}}, "level"),
        ({"assets": None}, "no assets"),
        ({"assets": {"thumbnail": {"href": "a.png"}}}, "no band"),
        ({"assets": {"B04": {"href": 7}}}, "no band"),
        ({"bbox": None}, "no place"),
        ({"bbox": [1, 2]}, "no place"),
        ({"geometry": {"type": "Polygon", "coordinates": "x"}}, "no place"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "no place"),
    ],
)
def test_a_broken_item_says_what_is_wrong(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(items.BrokenItem, match=reason):
        items.scene({**FOUND, **change}, str)


def test_broken_items_are_counted_once_and_left_out() -> None:
    broken = [({**FOUND, "id": f"b{n}", "properties": {}}, str) for n in range(3)]
    with pytest.warns(FarmlandWarning, match="3 items of here cannot be used") as told:
        scenes = items.scenes([*broken, (FOUND, str), (FOUND, str)], "here")
    assert [scene.item_id for scene in scenes] == [FOUND["id"]]
    assert len(told) == 1


def test_only_broken_items_are_an_error_in_both_languages() -> None:
    with pytest.raises(UnusableInput, match="None of the 1 items of here") as caught:
        items.scenes([({**FOUND, "properties": {}}, str)], "here")
    assert caught.value.exit_code == 4
    assert "here 的 1 个条目均不可用" in caught.value.chinese
    assert items.scenes([], "here") == ()


def test_refused_files_are_counted_and_the_rest_is_kept() -> None:
    def locate(href: str) -> str:
        if "B08" in href:
            raise Refused("the host 'elsewhere'", "主机 'elsewhere'")
        return href

    two = {**FOUND, "assets": {**FOUND["assets"], "B08": {"href": "B08.tif"}}}
    refused: Counter[Words] = Counter()
    assert set(items.scene(two, locate, refused).assets) == {"red"}
    assert refused == {Words("the host 'elsewhere'", "主机 'elsewhere'"): 1}
    with pytest.warns(FarmlandWarning, match=r"1 files .* 'elsewhere'.*--allow-host"):
        items.scenes([(two, locate)], "here")


def test_an_unknown_key_is_found_by_its_common_name() -> None:
    bands = {
        "band4": {"href": "4.tif", "eo:bands": [{"common_name": "red"}]},
        "band8": {"href": "8.tif", "bands": [{"eo:common_name": "nir", "raster:offset": -0.1}]},
        "rgb": {"href": "3.tif", "eo:bands": [{"common_name": "blue"}, {"common_name": "red"}]},
        "band5": {"href": "5.tif", "bands": [{"eo:common_name": "rededge071"}]},
        "band6": {"href": "6.tif", "eo:bands": [{"common_name": "rededge"}]},
    }
    scene = items.scene({**FOUND, "assets": bands}, str)
    assert {band: asset.href for band, asset in scene.assets.items()} == {
        "red": "4.tif",
        "nir": "8.tif",
        "rededge1": "5.tif",
    }
    assert scene.assets["nir"].offset == -0.1
