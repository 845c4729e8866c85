"""Catalogs that are files: walked by links, folders of items, stac-geoparquet; nothing outside."""

from __future__ import annotations

import json
import shutil
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoiling import spoil

from farmland.errors import (
    FarmlandError,
    FarmlandWarning,
    Unreachable,
    UnusableInput,
    WrongUsage,
)
from farmland.io.catalog import NoScenes, find, search, static_catalog
from farmland.io.catalog.found import Found, thawed
from farmland.io.catalog.found import save as save_items
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
    assert all(len(scene.assets) == 10 and scene.tile and scene.crs for scene in found)
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


def test_a_link_to_another_machine_is_not_followed_from_a_folder(tmp_path: Path) -> None:
    known = "https://sentinel-cogs.s3.us-west-2.amazonaws.com/item.json"
    save(tmp_path / "catalog.json", linked("Catalog", "c", ("item", known), ("item", "a.json")))
    save(tmp_path / "a.json", item("a"))
    assert names(tmp_path) == ["a"]


def test_a_catalog_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_catalog, "MOST_DOCUMENTS", 3)
    links = [("item", f"{number}.json") for number in range(9)]
    path = save(tmp_path / "catalog.json", linked("Catalog", "c", *links))
    error(Unreachable, "goes on without end (more than 3 documents)", path)


@pytest.mark.parametrize("links", [None, 3, {"rel": "item"}])
def test_links_that_are_no_list_are_no_catalog(tmp_path: Path, links: object) -> None:
    document = {"type": "Collection", "links": links}
    error(UnusableInput, "is no STAC catalog", save(tmp_path / "catalog.json", document))


def test_a_box_and_an_item_across_the_antimeridian_meet(tmp_path: Path) -> None:
    """West of such a box is greater than east (RFC 7946, section 5.2)."""
    save(tmp_path / "fiji.json", item("fiji", bbox=[179.0, -18.0, -179.0, -17.0]))
    save(tmp_path / "europe.json", item("europe", bbox=[4.0, -18.0, 5.0, -17.0]))
    found = find(str(tmp_path), "", (178.0, -19.0, -179.5, -16.0), YEARS)
    assert [scene.item_id for scene in found] == ["fiji"]
    assert [s.item_id for s in find(str(tmp_path), "", (4, -18, 5, -17), YEARS)] == ["europe"]


def test_rows_of_a_parquet_that_are_no_items_are_counted(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    moment = {"datetime": datetime(2020, 5, 1, tzinfo=UTC)}
    rows = [
        {"id": "a", "geometry": b"no", "assets": {"red": {"href": "r.tif"}}, "bbox": None},
        {"id": "b", "geometry": shapely.to_wkb(shapely.box(4, 50, 5, 51)), "assets": None},
    ]
    table = pyarrow.Table.from_pylist([{**row, **moment} for row in rows])
    parquet.write_table(table, tmp_path / "x.parquet")
    error(UnusableInput, "None of the 2 items", tmp_path / "x.parquet")
    data = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "y.parquet").write_bytes(bytes(byte ^ 255 for byte in data[:200]) + data[200:])
    error(UnusableInput, "is no STAC catalog", tmp_path / "y.parquet")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_file_is_a_crash(tmp_path: Path, data: st.DataObject) -> None:
    """One or two values of the documents of a catalog become anything JSON can say."""
    documents = {
        "catalog.json": linked("Catalog", "c", ("child", "a/collection.json")),
        "a/collection.json": linked("Collection", "c1", ("item", "x.json"), ("item", "all.json")),
        "a/x.json": item("x"),
        "a/all.json": {"type": "FeatureCollection", "features": [item("y"), item("z")]},
    }
    for _ in range(data.draw(st.integers(1, 2))):
        spoil(documents[data.draw(st.sampled_from(sorted(documents)))], data.draw)
    for name, document in documents.items():
        save(tmp_path / name, document)
    for catalog in (tmp_path / "catalog.json", tmp_path / "a"):
        ended = outcome(catalog)
        assert ended is None or ended.exit_code in {2, 4}


def outcome(catalog: Path) -> FarmlandError | None:
    """How a search ends, when it ends badly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        try:
            assert names(catalog)
        except FarmlandError as fault:
            return fault
    return None


def whole(catalog: Path | str, **options: Any) -> tuple[Found, ...]:
    return search(str(catalog), "", EVERYWHERE, YEARS, **options)


def test_saved_items_are_a_catalog_of_the_same_scenes(shared: Path, tmp_path: Path) -> None:
    """Local files are found again wherever the folder is moved to."""
    folder = tmp_path / "one"
    shutil.copytree(shared / "data/s2_flanders_2018_2019", folder / "scenes",
                    ignore=shutil.ignore_patterns("*.tif"))  # fmt: skip
    found = whole(folder / "scenes")
    written = folder / "saved.geojson"
    save_items(found, written)
    assert [each.scene for each in found] == list(find(str(written), "", EVERYWHERE, YEARS))
    folder.rename(tmp_path / "two")
    moved = find(str(tmp_path / "two/saved.geojson"), "", EVERYWHERE, YEARS)
    assert [scene.item_id for scene in moved] == [each.scene.item_id for each in found]
    assert moved[0].assets["red"].href.startswith(str(tmp_path / "two/scenes"))
    assert str(tmp_path) not in (tmp_path / "two/saved.geojson").read_text("utf-8")


def test_saved_items_of_a_parquet_are_json(shared: Path, tmp_path: Path) -> None:
    path = shared / "data/stac/items/pc_100-sentinel-2-items_T13TDE.parquet"
    found = whole(path)
    save_items(found, tmp_path / "saved.json")
    assert list(find(str(tmp_path / "saved.json"), "", EVERYWHERE, YEARS)) == [
        each.scene for each in found
    ]


def test_items_cannot_be_saved_where_their_files_are_out_of_reach(tmp_path: Path) -> None:
    save(tmp_path / "catalog/a.json", item("a"))
    (tmp_path / "other").mkdir()
    with pytest.raises(WrongUsage, match="could not point at the images in") as caught:
        save_items(whole(tmp_path / "catalog"), tmp_path / "other/saved.json")
    assert "上级文件夹" in caught.value.chinese
    assert list((tmp_path / "other").iterdir()) == []


def test_an_item_is_kept_as_published_and_cannot_be_changed(tmp_path: Path) -> None:
    assets = {
        "red": {"href": "./r.tif", "eo:bands": [{"name": "B04"}], "file:size": 7},
        "nir": {"href": "n.tif", "file:size": 8},
        "scl": {"href": "s.tif", "file:size": 9},
        "thumbnail": {"href": "https://elsewhere.org/t.png"},
        "broken": 3,
    }
    links = [{"rel": "parent", "href": "./c.json"}, {"rel": "self", "href": "https://x.org/a"}, 7]
    path = save(tmp_path / "a.json", item("a", assets=assets, links=links, more={"x": [1, 2]}))
    (found,) = whole(path)
    assert found.stated_bytes == 24
    assert set(found.item["assets"]) == {"red", "nir", "scl"}
    assert found.item["assets"]["red"]["href"] == str(tmp_path / "r.tif")
    assert found.item["more"] == {"x": (1, 2)}
    assert [link["rel"] for link in found.item["links"]] == ["self"]
    with pytest.raises(TypeError):
        found.item["id"] = "b"  # type: ignore[index]
    copied = thawed(found.item)
    copied["more"]["x"].append(3)
    assert found.item["more"]["x"] == (1, 2)
    del assets["scl"]["file:size"]
    (silent,) = whole(save(tmp_path / "a.json", item("a", assets=assets)))
    assert silent.stated_bytes is None
