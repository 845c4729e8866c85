"""Catalogs that are files: walked by links, folders of items, stac-geoparquet; nothing outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from farmland.errors import FarmlandError, FarmlandWarning, UnusableInput, WrongUsage
from farmland.io.catalog import NoScenes, find
from farmland.periods import Period

EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
YEARS = Period.parse("2016/2026")


def item(name: str, day: str = "2020-05-01", **changes: Any) -> dict[str, Any]:
    assets = {band: {"href": f"./{name}-{band}.tif"} for band in ("red", "nir", "scl")}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": None,
        "bbox": [115.0, 35.0, 116.0, 36.0],
        "properties": {"datetime": f"{day}T03:00:00Z"},
        "links": [],
        "assets": assets,
        **changes,
    }


def save(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), "utf-8")
    return path


def linked(kind: str, name: str, *links: tuple[str, str]) -> dict[str, Any]:
    return {"type": kind, "id": name, "links": [{"rel": rel, "href": to} for rel, to in links]}


def names(catalog: Path | str, collection: str = "", **options: Any) -> list[str]:
    found = find(str(catalog), collection, EVERYWHERE, YEARS, **options)
    return [scene.item_id for scene in found]


def test_the_real_series_is_found_from_file_or_folder(shared: Path) -> None:
    folder = shared / "data/s2_flanders_2018_2019"
    assert len(names(folder)) == 72
    assert names(folder) == names(folder / "catalog.json") == names(folder / "collection.json")
    spring = find(str(folder), "", (3.5, 50.5, 4.5, 51.0), Period.parse("2019-03/2019-04"))
    assert len(spring) == 9
    assert [scene.datetime for scene in spring] == sorted(scene.datetime for scene in spring)
    assert {scene.collection for scene in spring} == {"sentinel-2-l2a"}


def test_links_are_walked_once_each_and_only_below_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "catalog"
    save(tmp_path / "outside.json", item("outside"))
    (tmp_path / "inside.json").write_text("{}")
    save(
        root / "catalog.json",
        linked("Catalog", "c", ("child", "a/collection.json"), ("child", "./catalog.json"),
               ("item", "../outside.json"), ("item", (tmp_path / "outside.json").as_uri()),
               ("item", "https://elsewhere.org/item.json"), ("license", "missing.json")),
    )  # fmt: skip
    save(
        root / "a/collection.json",
        linked("Collection", "c1", ("item", "x.json"), ("item", "./x.json"), ("item", "y.json"),
               ("parent", "../catalog.json")),
    )  # fmt: skip
    save(root / "a/x.json", item("x"))
    save(root / "a/y.json", item("y", "2020-04-01"))
    assert names(root) == ["y", "x"]
    (scene, _) = find(str(root), "", EVERYWHERE, YEARS)
    assert scene.collection == "c1"
    assert scene.assets["red"].href == str(root / "a/y-red.tif")


def test_a_folder_or_a_feature_collection_of_items_is_a_catalog(tmp_path: Path) -> None:
    save(tmp_path / "folder/b/two.json", item("two"))
    save(tmp_path / "folder/one.json", item("one"))
    save(tmp_path / "folder/other.json", {"type": "Topology"})
    (tmp_path / "folder/broken.json").write_text("{")
    assert names(tmp_path / "folder") == ["one", "two"]
    together = {"type": "FeatureCollection", "features": [item("one"), item("two")]}
    assert names(save(tmp_path / "saved.json", together)) == ["one", "two"]


def test_items_are_filtered_by_box_and_time_on_our_side(tmp_path: Path) -> None:
    save(tmp_path / "here.json", item("here"))
    save(tmp_path / "there.json", item("there", bbox=[10, 10, 11, 11]))
    save(tmp_path / "then.json", item("then", "2019-01-01"))
    found = find(str(tmp_path), "", (115.5, 35.5, 115.6, 35.6), Period.parse("2020-05-01"))
    assert [scene.item_id for scene in found] == ["here"]


def test_collections_of_a_static_catalog_follow_the_default_rule(tmp_path: Path) -> None:
    for name, collection in (("a", "sentinel-2-l2a"), ("b", "sentinel-2-c1-l2a"), ("c", "other")):
        save(tmp_path / f"{name}.json", item(name, collection=collection))
    assert names(tmp_path) == ["a", "b"]
    assert names(tmp_path, "other") == ["c"]
    with pytest.raises(WrongUsage, match="no collection mine: give one of other, sentinel-2-c1"):
        names(tmp_path, "mine")


@pytest.mark.parametrize("file", ["pc_100-sentinel-2-items_T13TDE", "pc_1000-sentinel-2-items"])
def test_stac_geoparquet_gives_whole_scenes(shared: Path, file: str) -> None:
    path = shared / f"data/stac/items/{file}.parquet"
    found = find(str(path), "sentinel-2-l2a", EVERYWHERE, YEARS)
    assert len(found) == int(file.split("_")[1].split("-")[0])
    assert all(len(scene.assets) == 7 and scene.tile and scene.crs for scene in found)
    box = (-105.3, 40.0, -105.0, 40.3)
    here = find(str(path), "", box, Period.parse("2024-08"))
    assert 0 < len(here) < len(found)


def error(kind: type[FarmlandError], words: str, catalog: Path | str, **options: Any) -> None:
    with pytest.raises(kind) as caught:
        names(catalog, **options)
    assert words in caught.value.english
    assert "\n" not in caught.value.english
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.chinese)


def test_what_is_no_catalog_says_so(tmp_path: Path, shared: Path) -> None:
    error(WrongUsage, "There is no catalog at", tmp_path / "none.json")
    error(UnusableInput, "is no STAC catalog", save(tmp_path / "a.json", ["no"]))
    error(UnusableInput, "is no STAC catalog", save(tmp_path / "b.json", {"type": "Topology"}))
    error(UnusableInput, "is no STAC catalog", shared / "data/README.md")
    error(UnusableInput, "is no STAC catalog", shared / "data/s2_flanders_2018_2019/parcels.gpkg")
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    error(UnusableInput, "is no STAC catalog", tmp_path / "c.parquet")
    (tmp_path / "empty").mkdir()
    error(UnusableInput, "is no STAC catalog", tmp_path / "empty")
    for kind in (WrongUsage, UnusableInput):
        assert kind.exit_code == {WrongUsage: 2, UnusableInput: 4}[kind]


def test_a_link_to_a_missing_file_names_it(tmp_path: Path) -> None:
    path = save(tmp_path / "catalog.json", linked("Catalog", "c", ("item", "gone.json")))
    error(UnusableInput, "gone.json could not be read", path)


def test_nothing_here_and_then_says_where_and_when(tmp_path: Path) -> None:
    save(tmp_path / "a.json", item("a"))
    with pytest.raises(NoScenes, match=r"no Sentinel-2 scene over 0, 0, 1, 1 .* 2016-01-01") as hit:
        find(str(tmp_path), "", (0, 0, 1, 1), YEARS)
    assert hit.value.exit_code == 4


def test_a_catalog_without_a_needed_band_names_it(tmp_path: Path) -> None:
    bare = item("a", assets={"red": {"href": "r.tif"}, "nir": {"href": "n.tif"}})
    error(UnusableInput, "has the band scl", save(tmp_path / "a.json", bare))


def test_broken_items_are_counted_and_every_one_broken_is_an_error(tmp_path: Path) -> None:
    save(tmp_path / "bad.json", item("bad", properties={}))
    error(UnusableInput, "None of the 1 items", tmp_path)
    save(tmp_path / "good.json", item("good"))
    with pytest.warns(FarmlandWarning, match="1 items of .* cannot be used"):
        assert names(tmp_path) == ["good"]


def test_local_items_read_no_file_outside_and_no_unknown_host(tmp_path: Path) -> None:
    outside = {"red": {"href": "/etc/passwd"}, "nir": {"href": "https://elsewhere.org/n.tif"}}
    save(tmp_path / "a.json", item("a", assets=outside))
    error(UnusableInput, "outside the folder", tmp_path)
    error(UnusableInput, "the host 'elsewhere.org'", tmp_path)
    host = "https://sentinel-cogs.s3.us-west-2.amazonaws.com"
    files = {band: {"href": f"{host}/{band}.tif"} for band in ("red", "nir", "scl")}
    shutil.rmtree(tmp_path)
    save(tmp_path / "b.json", item("b", assets=files))
    assert names(tmp_path) == ["b"]
    error(UnusableInput, "--offline", tmp_path, offline=True)
