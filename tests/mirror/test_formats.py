"""What the archive is for others: STAC, GeoTIFF, names; and what it makes of hostile items."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pystac
import pytest
import rasterio
from hypothesis import example, given
from hypothesis import strategies as st
from mirror.conftest import Ended
from rasterio.transform import Affine
from servers import stac_api
from shapely.geometry import box

from farmland.grid import Window
from farmland.io import bands, catalog, mirror
from farmland.io.bands.codecs import Level
from farmland.io.bands.fetch import Unread
from farmland.io.bands.rasters import Place
from farmland.io.hosts import Reach
from farmland.io.mirror.archive_items import folder_name
from farmland.io.mirror.needs import under
from farmland.io.mirror.stored_tiles import parsed
from farmland.periods import Period
from farmland.scene import Asset, Scene

Mirror = Callable[..., Ended]

SPRING = Period.parse("2024-04/2024-06")

HERE = Reach(Path("/"))


@given(st.text(min_size=1))
@example("../../etc/passwd")
@example("..")
@example("collection.json")
@example("S2B_50SME_20240401_0_L2A")
@example("a/b")
@example("a\0b")
@example("\ud800")
@example("x" * 300)
@example("名" * 90)
def test_any_id_makes_a_safe_name(identity: str) -> None:
    name = folder_name(identity)
    assert 0 < len(name.encode()) <= 100
    assert not name.startswith((".", "-", "_"))
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not name.endswith((".json", ".tif", "."))
    assert folder_name(name) == name or folder_name(name) != folder_name(identity)


@given(st.lists(st.text("ab/_-.", min_size=1, max_size=6), unique=True, max_size=40))
def test_no_two_ids_share_a_name(identities: list[str]) -> None:
    """Not even one that is written like the name of another."""
    everything = {*identities, *map(folder_name, identities)}
    names = {folder_name(identity) for identity in everything}
    assert len(names) == len(everything)


def test_ids_of_providers_stay_as_they_are() -> None:
    for identity in (
        "S2B_50SME_20240401_0_L2A",
        "S2A_MSIL2A_20200219T112111_N0214_R037_T29RKH_20200219T140000.SAFE",
        "sentinel-2-c1-l2a",
    ):
        assert folder_name(identity) == identity


# --- for others --------------------------------------------------------------


def test_pystac_validates_every_document(archive: Path) -> None:
    """Against the core schemas that pystac brings; nothing is fetched."""
    root = pystac.Catalog.from_file(str(archive / "catalog.json"))
    count = 0
    for each in (root, *root.get_children(), *root.get_items(recursive=True)):
        core = pystac.validation.validate_dict(
            {**each.to_dict(include_self_link=False), "stac_extensions": []}
        )
        assert core, each
        count += 1
    assert count == 2 + len(list(archive.glob("*/*/*.json")))


def test_items_keep_what_their_provider_says(archive: Path, granules: Path) -> None:
    for path in archive.glob("*/*/*.json"):
        item = json.loads(path.read_text())
        source = json.loads((granules / item["id"] / f"{item['id']}.json").read_text())
        for key, value in source["properties"].items():
            assert item["properties"][key] == value
        assert item["properties"]["farmland:copied_from"] == ["127.0.0.1"]
        assert item["assets"].keys() == source["assets"].keys()
        for key, asset in item["assets"].items():
            for name, value in source["assets"][key].items():
                assert asset[name] == value, name
            assert asset["file:checksum"].startswith("1220")
        assert "http" not in json.dumps([item["links"], item["assets"]])


def test_gdal_opens_every_file(
    archive: Path, granules: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "rasterio")
    files = sorted(archive.rglob("*.tif"))
    for path in files[::9]:
        source = granules / path.parent.name / path.name
        with rasterio.open(path) as copy, rasterio.open(source) as whole:
            assert (copy.crs, copy.transform, copy.nodata) == (
                whole.crs, whole.transform, whole.nodata,
            )  # fmt: skip
            level = parsed(path).levels[0]
            kept = (level.sizes > 0).repeat(level.tile_height, 0).repeat(level.tile_width, 1)
            expected = np.where(kept[: whole.height, : whole.width], whole.read(1), 0)
            np.testing.assert_array_equal(copy.read(1), expected)
    assert caplog.records == [], "GDAL warns of something"


def test_what_was_not_copied_is_never_no_data(archive: Path) -> None:
    found = catalog.find(str(archive), "", (110, 20, 125, 40), SPRING, offline=True)
    scene = found[0]
    with rasterio.open(scene.assets["nir"].href) as file:
        row, column = round(-file.transform.f / 10), round(file.transform.c / 10)
    with pytest.raises(Unread, match="this part was not mirrored"):
        bands.read(scene, "nir", scene.crs, Window(row, column, 40, 40))


# --- hostile items -----------------------------------------------------------


def test_items_cannot_write_elsewhere(granules: Path, tmp_path: Path, mirror: Mirror) -> None:
    """Ids and collections that are paths, or would share a folder."""
    ids = ["../../../evil", "a/b", "a_b", "..", "/etc/x", "catalog.json", "\u202e../x"]
    names = sorted(path.name for path in granules.glob("S2*"))[-len(ids) :]
    source = tmp_path / "source"
    for identity, name in zip(ids, names, strict=True):
        shutil.copytree(granules / name, source / name)
        path = source / name / f"{name}.json"
        item = json.loads(path.read_text())
        path.write_text(json.dumps({**item, "id": identity, "collection": "../../up"}))
    collection = json.loads((granules / "collection.json").read_text())
    (source / "collection.json").write_text(json.dumps({**collection, "id": "../../up"}))
    with stac_api(source, page_items=100) as api:
        given = ["--collection", "../../up", "--period", "2023/2024"]
        ended = mirror(api.url, tmp_path / "in" / "archive", *given)
    assert ended.code == 0, ended.talk
    assert {path.name for path in tmp_path.iterdir()} == {"in", "source"}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["archive"]
    found = catalog.find(
        str(tmp_path / "in" / "archive"), "", (110, 20, 125, 40), Period.parse("2023/2024")
    )
    assert {scene.item_id for scene in found} == set(ids)
    assert {scene.collection for scene in found} == {"../../up"}


def test_signatures_are_not_written_down(granules: Path, tmp_path: Path, mirror: Mirror) -> None:
    with stac_api(granules, page_items=100) as api:
        for item in api.items:
            for asset in item["assets"].values():
                asset["href"] += "?sig=SECRET"
        assert mirror(api.url, tmp_path / "a", "--period", "2024-05").code == 0
    for path in (tmp_path / "a").rglob("*.json"):
        assert "SECRET" not in path.read_text()


# --- JPEG 2000 ---------------------------------------------------------------


@pytest.fixture(scope="module")
def jp2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A band of 700 by 650 pixels, lossless."""
    path = tmp_path_factory.mktemp("jp2") / "B04_10m.jp2"
    values = np.random.default_rng(3).integers(1, 12_000, (700, 650)).astype(np.uint16)
    options: dict[str, Any] = {"QUALITY": "100", "REVERSIBLE": "YES", "BLOCKXSIZE": 256,
                               "BLOCKYSIZE": 256}  # fmt: skip
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", width=650, height=700, count=1, dtype="uint16",
        crs="EPSG:32650", transform=Affine(10, 0, 499980, 0, -10, 4200000), **options,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


def scene_of(path: Path) -> Scene:
    now, world = datetime(2024, 5, 1, tzinfo=UTC), box(-180, -90, 180, 90)
    files = {"red": Asset(str(path))}
    return Scene("x", "", "", now, "", "EPSG:32650", "", None, None, "", "", world, files)


@pytest.mark.parametrize("pieces", [1, 3])
def test_jpeg_2000_becomes_a_tiff_of_the_same_pixels(
    jp2: Path, tmp_path: Path, pieces: int
) -> None:
    """In one go or growing; the overview is the very glance that the source gives."""
    source, copy = scene_of(jp2), scene_of(tmp_path / "red.tif")
    with rasterio.open(jp2) as file:
        whole = file.read(1)
    wanted = [Window(-420000 + 520, 49998 + 10, 60, 600), Window(-420000, 49998, 20, 20)]
    kept = None
    for count in range(pieces):
        windows = wanted if pieces == 1 else wanted[: count + 1]

        def need(place: Place, level: Level, windows: list[Window] = windows) -> Any:
            return np.logical_or.reduce(
                [under(place, level, "EPSG:32650", window) for window in windows]
            )

        order = mirror.Order(str(jp2), tmp_path / "red.tif", need)
        copied = mirror.copy(order, kept, HERE)
        assert (copied.unread, copied.skipped) == ("", count == 2)
        kept = copied.kept
    for window in wanted:
        row, column = window.row + 420000, window.column - 49998
        found = bands.read(copy, "red", "EPSG:32650", window, reach=HERE).values
        np.testing.assert_array_equal(
            found, whole[row : row + window.height, column : column + window.width]
        )
    one, other = (bands.overview(scene, "red", reach=HERE) for scene in (source, copy))
    np.testing.assert_array_equal(one.values, other.values)
    assert one.offset is None is other.offset
    with pytest.raises(Unread, match="not mirrored"):
        bands.read(copy, "red", "EPSG:32650", Window(-420000, 49998 + 520, 20, 20), reach=HERE)
    with rasterio.open(tmp_path / "red.tif") as file, rasterio.open(jp2) as before:
        assert (file.crs, file.transform, file.shape) == (
            before.crs, before.transform, before.shape,
        )  # fmt: skip
        assert file.overviews(1) == [4]


# --- readers of a growing archive --------------------------------------------


def test_a_file_that_is_replaced_is_read_anew(
    granules: Path, tmp_path: Path, mirror: Mirror
) -> None:
    """Directories are kept in memory; that of the file before would point at other tiles."""
    gpd.read_file(granules / "parcels.gpkg")[:3].to_file(tmp_path / "few.gpkg")
    given = (str(granules), tmp_path / "a", "--period", "2024-04/2024-06")
    assert mirror(*given, parcels=tmp_path / "few.gpkg").code == 0
    scenes = catalog.find(str(tmp_path / "a"), "", (110, 20, 125, 40), SPRING)
    before = [bands.overview(scene, "red") for scene in scenes]
    assert mirror(*given).code == 0
    for scene, seen in zip(scenes, before, strict=True):
        source = granules / scene.item_id / "red.tif"
        found = parsed(Path(scene.assets["red"].href)).levels[0]
        if not found.sizes.any():
            continue
        down, across = np.argwhere(found.sizes > 0)[-1].tolist()
        with rasterio.open(source) as file:
            row, column = round(-file.transform.f / 10), round(file.transform.c / 10)
            at = rasterio.windows.Window(across * 32, down * 32, 32, 32)
            expected = file.read(1, window=at)
        window = Window(row + down * 32, column + across * 32, 32, 32)
        np.testing.assert_array_equal(bands.read(scene, "red", scene.crs, window).values, expected)
        np.testing.assert_array_equal(bands.overview(scene, "red").values, seen.values)
