"""Against a real STAC API (stac-fastapi on pgstac): what a catalog of our own making would hide."""

from __future__ import annotations

import copy
import gzip
import json
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from servers import Json, stac_api
from stac_server import Missing, StacServer, stac_server

from farmland.cli import main
from farmland.errors import FarmlandWarning, WrongUsage
from farmland.io.catalog import NoScenes, find, search
from farmland.io.catalog import stac_api as paging
from farmland.io.catalog.found import thawed
from farmland.io.catalog.web import Web
from farmland.periods import Period
from farmland.scene import Scene

FLANDERS = (3.5, 50.5, 4.5, 51.5)
YEARS = Period.parse("2018/2019")
EVER = Period.parse("2015-07/2026")
EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
OTHERS = tuple(f"other-{number:02d}" for number in range(14))
"""More collections than one page tells (stac-fastapi tells ten)."""


@dataclass(frozen=True)
class Loaded:
    """The server and what was loaded into it."""

    server: StacServer
    flanders: Path
    items: list[Json]

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture(scope="module")
def loaded(shared: Path) -> Iterator[Loaded]:
    folder = shared / "data/s2_flanders_2018_2019"
    try:
        with stac_server() as server, stac_api(folder) as files:
            own = json.loads((folder / "collection.json").read_text("utf-8"))
            recorded = [item for name in ("es1", "es0", "cdse", "pc") for item in of(shared, name)]
            items = list({item["id"]: item for item in [*files.items, *recorded]}.values())
            names = {item["collection"] for item in items} - {own["id"]}
            server.load([own, *(collection(name) for name in sorted(names | {*OTHERS}))], items)
            yield Loaded(server, folder, items)
    except Missing as absent:
        pytest.skip(f"no {absent}")


def of(shared: Path, provider: str) -> list[Json]:
    text = gzip.decompress((shared / f"data/stac/items/{provider}.json.gz").read_bytes())
    return [{**each["item"], "links": []} for each in json.loads(text)]


def collection(name: str) -> Json:
    extent = {"spatial": {"bbox": [EVERYWHERE]}, "temporal": {"interval": [[None, None]]}}
    return {"type": "Collection", "stac_version": "1.0.0", "id": name, "description": name,
            "license": "other", "links": [], "extent": extent}  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Json]:
    """Bodies of the requests that were made."""
    bodies: list[Json] = []
    request = Web.request

    def listening(web: Web, href: str, *args: Any, **more: Any) -> str:
        bodies.append(dict(more.get("parameters") or {}))
        return request(web, href, *args, **more)

    monkeypatch.setattr(Web, "request", listening)
    return bodies


def facts(scenes: tuple[Scene, ...]) -> list[Scene]:
    """Scenes without the place of their files."""
    return [
        replace(s, assets={band: replace(a, href=band) for band, a in s.assets.items()})
        for s in scenes
    ]


@pytest.mark.parametrize("page_items", [100, 7, 1])
def test_paging_gives_every_item_once_and_the_scenes_of_the_folder(
    loaded: Loaded, asked: list[Json], monkeypatch: pytest.MonkeyPatch, page_items: int
) -> None:
    monkeypatch.setattr(paging, "PAGE_ITEMS", page_items)
    period = YEARS if page_items > 1 else Period.parse("2019-03/2019-04")
    expected = find(str(loaded.flanders), "", FLANDERS, period)
    found = find(loaded.url, "sentinel-2-l2a", FLANDERS, period)
    assert facts(found) == facts(expected)
    assert len(asked) >= len(found) / page_items


def test_a_box_and_a_period_are_met(loaded: Loaded) -> None:
    spring = Period.parse("2019-03/2019-04")
    found = find(loaded.url, "sentinel-2-l2a", FLANDERS, spring)
    assert len(found) == 9
    assert all(spring.holds(scene.datetime.date()) for scene in found)
    with pytest.raises(NoScenes):
        find(loaded.url, "sentinel-2-l2a", (100.0, 20.0, 101.0, 21.0), YEARS)


def test_a_nightly_question_gives_what_is_new(loaded: Loaded) -> None:
    """One day, two days, and the night on which something is published."""
    first = find(loaded.url, "sentinel-2-l2a", FLANDERS, YEARS)[0]
    day, item = first.datetime.date(), first.item_id
    nights = [Period.parse(f"{day}/{day}"), Period.parse(f"{day}/{day.replace(day=day.day + 1)}")]
    for night in nights:
        assert [s.item_id for s in find(loaded.url, "sentinel-2-l2a", FLANDERS, night)] == [item]
    tonight = Period.parse("2020-01-02/2020-01-03")
    with pytest.raises(NoScenes):
        find(loaded.url, "sentinel-2-l2a", FLANDERS, tonight)
    fresh = copy.deepcopy(next(each for each in loaded.items if each["id"] == item))
    fresh["id"], fresh["properties"]["datetime"] = "fresh", "2020-01-03T23:59:59.5Z"
    loaded.server.load([], [fresh])
    assert [s.item_id for s in find(loaded.url, "sentinel-2-l2a", FLANDERS, tonight)] == ["fresh"]


def test_cloud_cover_is_compared_as_a_number(loaded: Loaded, asked: list[Json]) -> None:
    everything = within(loaded, 100.0)
    assert "query" not in asked[-1]
    for limit in (20, 9.5, 0):
        expected = {name for name, cloud in everything.items() if cloud <= limit}
        assert set(within(loaded, limit)) == expected
        assert asked[-1]["query"] == {"eo:cloud_cover": {"lte": limit}}
    assert len({name for name, cloud in everything.items() if 2 < cloud <= 9.5}) > 2
    assert len({name for name, cloud in everything.items() if 9.5 < cloud <= 20}) > 2


def within(loaded: Loaded, limit: float) -> dict[str, float]:
    """Cloud cover of the scenes found everywhere, by item id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        found = find(loaded.url, "sentinel-2-l2a", EVERYWHERE, EVER, max_cloud=limit)
    return {scene.item_id: float(scene.cloud_cover or 0) for scene in found}


def test_items_of_all_providers_come_back_as_they_were_loaded(loaded: Loaded) -> None:
    expected = Counter(item["collection"] for item in loaded.items)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        for name in ("sentinel-2-l2a", "sentinel-2-c1-l2a", "sentinel-s2-l2a-cogs"):
            found = find(loaded.url, name, EVERYWHERE, EVER)
            assert len(found) == expected[name] + (
                name == "sentinel-2-l2a" and "fresh" in ids(found)
            )


def ids(scenes: tuple[Scene, ...]) -> set[str]:
    return {scene.item_id for scene in scenes}


def test_the_items_are_kept_as_published(loaded: Loaded) -> None:
    published = {item["id"]: item for item in loaded.items}
    for each in search(loaded.url, "sentinel-2-l2a", FLANDERS, Period.parse("2019-03/2019-04")):
        kept, item = thawed(each.item), published[each.scene.item_id]
        for key in ("id", "properties", "geometry", "assets", "collection"):
            assert json.loads(json.dumps(kept[key])) == json.loads(json.dumps(item[key])), key


def test_a_collection_on_a_later_page_is_found_and_a_wrong_one_is_named(loaded: Loaded) -> None:
    with pytest.raises(NoScenes):
        find(loaded.url, OTHERS[-1], FLANDERS, YEARS)
    with pytest.raises(WrongUsage, match=r"has no collection landsat: give one of other-00, other"):
        find(loaded.url, "landsat", FLANDERS, YEARS)


def test_the_command_lists_and_saves_what_the_server_has(
    loaded: Loaded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parcels, saved = str(loaded.flanders / "parcels.gpkg"), tmp_path / "saved.json"
    words = ["scenes", parcels, "--period", "2018/2019", "--json", "-q", "--max-cloud", "30"]
    here = ["--catalog", loaded.url, "--collection", "sentinel-2-l2a", "--save", str(saved)]
    said = []
    for more in (here, ["--catalog", str(saved), "--allow-host", "127.0.0.1"]):
        assert main([*words, *more]) == 0
        said.append(json.loads(capsys.readouterr().out)["scenes"])
    assert said[0] == said[1]
    assert main([*words, "--catalog", str(loaded.flanders)]) == 0
    local = json.loads(capsys.readouterr().out)["scenes"]
    assert [each["item_id"] for each in local] == [each["item_id"] for each in said[0]]
    assert 10 < len(local) < 72
