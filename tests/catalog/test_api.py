"""STAC APIs over real HTTP on loopback: recorded providers, paging, faults, one sentence each."""

from __future__ import annotations

import copy
import json
import socket
import time
import warnings
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Api, Exchange, area_of, recorded_api, recording, stac_api
from spoiling import spoil

from farmland.errors import FarmlandError, FarmlandWarning, Unreachable, UnusableInput, WrongUsage
from farmland.imagery import looks
from farmland.io import catalog
from farmland.io.catalog import NoScenes, find, web
from farmland.io.catalog import stac_api as stac_api_module
from farmland.io.catalog.web import Web
from farmland.periods import Period
from farmland.scene import BANDS, Scene

FLANDERS = (4.0, 50.5, 4.5, 51.0)
YEARS = Period.parse("2018/2019")


@pytest.fixture(scope="module")
def flanders(shared: Path) -> Path:
    return shared / "data/s2_flanders_2018_2019"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(web, "LONGEST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(web, "TIMEOUT_SECONDS", (0.3, 0.3))
    monkeypatch.setattr(web, "LONGEST_ANSWER_SECONDS", 1.5)


def search(api: Api, **options: Any) -> tuple[Scene, ...]:
    return find(api.url, options.pop("collection", ""), FLANDERS, YEARS, **options)


def facts(scenes: tuple[Scene, ...]) -> list[Scene]:
    """Scenes without the place of their files."""
    return [
        replace(s, assets={band: replace(a, href=band) for band, a in s.assets.items()})
        for s in scenes
    ]


def test_an_api_gives_the_same_scenes_as_the_folder(flanders: Path) -> None:
    expected = find(str(flanders), "", FLANDERS, YEARS)
    with stac_api(flanders) as api:
        found = search(api)
    assert facts(found) == facts(expected)
    assert api.asked("/search") == 8
    assert all(a.href.startswith(api.url) for s in found for a in s.assets.values())


@pytest.mark.parametrize(
    "faults",
    [
        {"busy": 2},
        {"busy": 3, "retry_after": "3600"},
        {"busy": 1, "retry_after": "Fri, 31 Dec 2100 23:59:59 GMT"},
        {"broken": 3},
        {"truncated": 2},
        {"cut": 2},
        {"repeating": True},
        {"chunked": True},
        {"expired": 1},
        {"expired": 2, "broken": 1},
        {"busy": 1, "retry_after": "soon"},
        {"busy": 1, "retry_after": "-3"},
        {"busy": 1, "retry_after": "Fri, 31 Dec 1999 23:59:59 GMT"},
        {"busy": 1, "broken": 1, "truncated": 1, "cut": 1},
    ],
)
def test_faults_that_pass_change_nothing(flanders: Path, faults: dict[str, Any]) -> None:
    expected = find(str(flanders), "", FLANDERS, YEARS)
    start = time.monotonic()
    with stac_api(flanders, **faults) as api:
        assert facts(search(api)) == facts(expected)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("faults", "kind", "words"),
    [
        ({"busy": 999}, Unreachable, "refuses more requests for now (429)"),
        ({"broken": 999}, Unreachable, "answers with error 500"),
        ({"status": 403}, Unreachable, "answers with error 403"),
        ({"status": 404}, Unreachable, "answers with error 404"),
        ({"truncated": 999}, Unreachable, "its answers are cut off"),
        ({"cut": 999}, Unreachable, "its answers are cut off"),
        ({"slow": 0.6}, Unreachable, "does not answer in time"),
        ({"dripping": 0.02}, Unreachable, "does not answer in time"),
        ({"html": True}, UnusableInput, "is no STAC catalog"),
        ({"expired": 999}, Unreachable, "answers with error 400"),
        ({"garbage": "[]"}, UnusableInput, "is no STAC catalog"),
        ({"garbage": "7"}, UnusableInput, "is no STAC catalog"),
        ({"garbage": '{"features": 7}'}, UnusableInput, "is no STAC catalog"),
        ({"garbage": '{"features": [7], "links": [{}]}'}, NoScenes, "no Sentinel-2 scene"),
        ({"garbage": '{"features": [{"id": "a"}]}'}, UnusableInput, "None of the 1 items"),
        ({"garbage": '{"features": [{"id": "a"}], "links": 3}'}, UnusableInput, "is no STAC"),
        ({"garbage": "[" * 100_000}, Unreachable, "its answers are cut off"),
        ({"redirect": "{path}"}, Unreachable, "it redirects without end"),
        ({"redirect": "file:///etc/passwd"}, UnusableInput, "an address of kind 'file'"),
        ({"redirect": "ftp://127.0.0.1/"}, UnusableInput, "an address of kind 'ftp'"),
        (
            {"redirect": "http://169.254.169.254/latest"},
            UnusableInput,
            "which may not be asked: allow it with --allow-host 169.254.169.254",
        ),
        (
            {"redirect": "https://elsewhere.example.org{path}"},
            UnusableInput,
            "allow it with --allow-host elsewhere.example.org",
        ),
        ({"redirect": "s3://private/items"}, UnusableInput, "leads to the host 'private'"),
        ({"redirect": "http://["}, Unreachable, "could not be asked"),
    ],
)
def test_faults_that_stay_are_one_sentence(
    flanders: Path, faults: dict[str, Any], kind: type[FarmlandError], words: str
) -> None:
    start = time.monotonic()
    with stac_api(flanders, **faults) as api, pytest.raises(kind) as caught:
        search(api)
    assert words in caught.value.english
    assert api.url in caught.value.english
    assert "\n" not in caught.value.english
    assert api.url in caught.value.chinese
    assert len(api.log) <= web.ATTEMPTS**2
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_followed_to_an_allowed_host_only(flanders: Path, status: int) -> None:
    """Two servers whose names differ; the search that is sent on stays the same search."""
    expected = find(str(flanders), "", FLANDERS, YEARS)
    with stac_api(flanders) as there:
        other = there.url.replace("127.0.0.1", "localhost")
        with stac_api(flanders, redirect=f"{other}{{path}}", redirect_status=status) as here:
            with pytest.raises(UnusableInput, match=r"--allow-host localhost\.$"):
                search(here)
            assert there.log == []
            assert facts(search(here, allow_host=("localhost",))) == facts(expected)
    assert there.asked("/search") == 8
    assert {method for method, path, _, _ in there.log if "/search" in path} == {"POST"}


def test_a_redirect_to_another_port_of_the_same_host_is_followed(flanders: Path) -> None:
    with stac_api(flanders) as there, stac_api(flanders, redirect=f"{there.url}{{path}}") as here:
        assert len(search(here)) == 72


def test_no_answer_is_a_crash(flanders: Path) -> None:
    """One or two values of the documents of an API become anything JSON can say."""
    with stac_api(flanders) as api:
        api.items = api.items[:3]
        whole = {
            "": api.landing(),
            "/collections": {"collections": [{"id": "sentinel-2-l2a"}], "links": []},
            "/search": api.search({"limit": 2}),
        }

        @settings(max_examples=80)
        @given(st.data())
        def answered(data: st.DataObject) -> None:
            pages = copy.deepcopy(whole)
            for _ in range(data.draw(st.integers(1, 2))):
                spoil(pages[data.draw(st.sampled_from(sorted(pages)))], data.draw)
            api.exchanges = [Exchange("*", path, {}, 200, body) for path, body in pages.items()]
            ended = outcome(api)
            assert ended is None or (ended.exit_code in {2, 4, 5} and ended.english[-1] == ".")

        answered()


def outcome(api: Api) -> FarmlandError | None:
    """How a search ends, when it ends badly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        try:
            assert search(api)
        except FarmlandError as fault:
            return fault
    return None


def test_an_answer_without_end_is_left(flanders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LARGEST_ANSWER_BYTES", 10_000)
    with stac_api(flanders) as api, pytest.raises(Unreachable, match="could not be asked"):
        search(api)


def test_a_catalog_without_end_is_left(flanders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_api_module, "MOST_PAGES", 20)
    with (
        stac_api(flanders, endless=True) as api,
        pytest.raises(Unreachable, match="goes on without end") as caught,
    ):
        search(api)
    assert "没有尽头" in caught.value.chinese
    assert api.asked("/search") == 20


def test_cloudy_scenes_are_left_out_whether_the_api_filters_or_not(flanders: Path) -> None:
    expected = find(str(flanders), "", FLANDERS, YEARS, max_cloud=25.5)
    assert 10 < len(expected) < 60
    assert max(scene.cloud_cover or 0 for scene in expected) <= 25.5
    for silent in (False, True):
        with stac_api(flanders) as api:
            if silent:
                landing = api.landing()
                landing["conformsTo"] = [c for c in landing["conformsTo"] if "query" not in c]
                api.landing = lambda landing=landing: landing  # type: ignore[method-assign]
            assert facts(search(api, max_cloud=25.5)) == facts(expected)
    with stac_api(flanders) as api:
        for item in api.items:
            item["properties"]["eo:cloud_cover"] = 9
        with pytest.raises(NoScenes, match="with at most 8 % cloud") as caught:
            search(api, max_cloud=8.0)
    assert "云量不超过 8% 的" in caught.value.chinese


def test_a_scene_that_does_not_state_its_cloud_cover_stays_in(tmp_path: Path) -> None:
    bare = {
        "type": "Feature",
        "id": "a",
        "geometry": None,
        "bbox": [4.0, 50.5, 4.5, 51.0],
        "properties": {"datetime": "2019-01-01T10:00:00Z"},
        "assets": {band: {"href": f"{band}.tif"} for band in ("red", "nir", "scl")},
    }
    (tmp_path / "a.json").write_text(json.dumps(bare), "utf-8")
    assert len(find(str(tmp_path), "", FLANDERS, YEARS, max_cloud=1.0)) == 1


def test_an_api_that_takes_only_get_is_searched_with_get(flanders: Path) -> None:
    with stac_api(flanders) as api:
        landing = api.landing()
        landing["links"] = [link for link in landing["links"] if link.get("method") != "POST"]
        api.landing = lambda: landing  # type: ignore[method-assign]
        found = search(api)
        assert next(method for method, path, _, _ in api.log if "/search" in path) == "GET"
    assert len(found) == 72


def test_an_id_on_two_pages_counts_once(flanders: Path) -> None:
    with stac_api(flanders) as api:
        api.items[10:10] = [copy.deepcopy(api.items[0]), copy.deepcopy(api.items[1])]
        assert len(search(api)) == 72


def test_nobody_there_is_one_sentence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unreachable, match="could not be asked") as caught:
        find(url, "", FLANDERS, YEARS)
    assert caught.value.exit_code == 5


def test_an_unknown_host_is_one_sentence() -> None:
    with pytest.raises(Unreachable, match="The catalog earth-search could not be asked"):
        find("earth-search", "", FLANDERS, YEARS)


def test_offline_asks_nobody(flanders: Path) -> None:
    with stac_api(flanders) as api, pytest.raises(WrongUsage, match="--offline forbids"):
        search(api, offline=True)
    assert api.log == []


def test_a_wrong_collection_names_those_there(flanders: Path) -> None:
    with stac_api(flanders) as api, pytest.raises(WrongUsage) as caught:
        search(api, collection="sentinel-3")
    assert "has no collection sentinel-3: give one of sentinel-2-l2a" in caught.value.english


def test_no_scene_here_and_then_is_one_sentence(flanders: Path) -> None:
    with stac_api(flanders) as api, pytest.raises(NoScenes, match="no Sentinel-2 scene over"):
        find(api.url, "", (100, 20, 101, 21), YEARS)


def test_files_on_another_host_want_to_be_allowed(flanders: Path) -> None:
    with stac_api(flanders) as api:
        for item in api.items:
            for asset in item["assets"].values():
                asset["href"] = asset["href"].replace(api.url, "https://files.example.org")
        api.items[0]["assets"]["red"]["href"] = "file:///etc/passwd"
        with pytest.raises(UnusableInput, match=r"host 'files.example.org'.*--allow-host"):
            search(api)
        with pytest.warns(FarmlandWarning, match="1 files .* kind 'file'"):
            found = search(api, allow_host=("files.example.org",))
    assert len(found) == 72
    assert "red" not in found[0].assets


def test_a_next_page_on_another_host_is_not_followed(flanders: Path) -> None:
    with stac_api(flanders) as api:
        answer = api.search

        def elsewhere(wanted: dict[str, Any]) -> dict[str, Any]:
            page = answer(wanted)
            for link in page["links"]:
                link["href"] = "http://elsewhere.example.org/search"
            return page

        api.search = elsewhere  # type: ignore[method-assign]
        with pytest.raises(UnusableInput, match=r"leads to the host 'elsewhere.example.org'"):
            search(api)


def test_a_static_catalog_is_walked_over_http(flanders: Path) -> None:
    with stac_api(flanders) as api:
        found = find(f"{api.url}/assets/catalog.json", "", FLANDERS, YEARS)
    assert facts(found) == facts(find(str(flanders), "", FLANDERS, YEARS))


RECORDED = {
    "earthsearch_v1": ((9.0, 47.0, 10.0, 48.0), "2020-03-01/2020-07-31", 32),
    "earthsearch_v0": ((-180.0, -90.0, 180.0, 90.0), "2019/2025", 1),
    "cdse_v1": ((29.0, 53.0, 29.5, 53.5), "2023-11", 8),
    "planetary_computer_v1": ((-180.0, -90.0, 180.0, 90.0), "2019-01-01", 33),
}


@pytest.mark.parametrize("provider", RECORDED)
def test_every_recorded_provider_is_searched(shared: Path, provider: str) -> None:
    box, period, count = RECORDED[provider]
    with recorded_api(shared, provider) as api, warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        found = find(api.url, "", box, Period.parse(period))
    assert len(found) == count
    assert len({scene.item_id for scene in found}) == count
    assert all({"scl", *BANDS} <= set(scene.assets) for scene in found)


EXCHANGES = {"earthsearch_v1": 52, "earthsearch_v0": 4, "cdse_v1": 16, "planetary_computer_v1": 10}


@pytest.mark.parametrize("provider", EXCHANGES)
def test_every_recorded_exchange_is_read_as_it_was(shared: Path, provider: str) -> None:
    """Landing pages, collections, pages by token, the empty page, the item, the 404."""
    recorded = recording(shared, provider)
    assert len(recorded) == EXCHANGES[provider]
    with recorded_api(shared, provider) as api, closing(Web("x", catalog.reach_of(api.url))) as to:
        for exchange in api.exchanges:
            url, more = api.url + exchange.address, {"method": exchange.method}
            if exchange.status == 404:
                with pytest.raises(web.Rejected, match="answers with error 404"):
                    to.request(url, **more)
                continue
            body = exchange.wanted if exchange.method == "POST" else {}
            answer = json.loads(to.request(url, parameters=body, **more))
            assert answer.get("type") == exchange.body.get("type")
            assert len(answer.get("features", ())) == len(exchange.body.get("features", ()))
    assert len(api.replayed) == len(recorded)


def test_real_page_tokens_are_followed_to_the_real_empty_page(shared: Path) -> None:
    with recorded_api(shared, "earthsearch_v1") as api, warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        found = find(api.url, "sentinel-2-l2a", (9.0, 47.0, 10.0, 48.0),
                     Period.parse("2020-03-01/2020-03-05"))  # fmt: skip
    pages = [each for each in api.replayed if each.address == "/search"]
    assert [len(page.body["features"]) for page in pages] == [10, 6, 0]
    assert [page.wanted.get("next", "")[:10] for page in pages] == ["", "2020-03-02", "2020-03-02"]
    assert len(found) == 16
    assert len(looks.duplicates(found)) == 8


BELARUS = (29.386939787289162, 53.16233383426039, 29.389256239840616, 53.16363607273192)


def test_one_search_on_two_providers_gives_the_same_looks(shared: Path) -> None:
    """Both were recorded when they were asked this; nothing is made up."""
    found = {}
    for provider in ("earthsearch_v1", "cdse_v1"):
        with recorded_api(shared, provider) as api:
            scenes = find(api.url, "sentinel-2-l2a", BELARUS, Period.parse("2023-11-01/2023-11-10"))
            assert [each.address for each in api.replayed if each.method == "POST"]
            assert len(api.replayed) == len(api.log)
        found[provider] = [
            (look.day, [(scene.tile, scene.platform, scene.datetime.replace(microsecond=0))
                        for scene in look.scenes])
            for look in looks.group(scenes)
        ]  # fmt: skip
    assert [day for day, _ in found["earthsearch_v1"]] == [day for day, _ in found["cdse_v1"]]
    assert [[scene[:2] for scene in scenes] for _, scenes in found["earthsearch_v1"]] == [
        [scene[:2] for scene in scenes] for _, scenes in found["cdse_v1"]
    ]
    assert [len(scenes) for _, scenes in found["cdse_v1"]] == [2, 2, 2, 2]


def test_collection_1_is_completed_by_what_is_not_reprocessed(shared: Path) -> None:
    with recorded_api(shared, "earthsearch_v1") as api, warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        items = [i for i in api.items if i["collection"] in catalog.DEFAULT_COLLECTIONS]
        found = find(api.url, "", area_of(items), Period.parse("2015-07/2026"))
    kept = [scene for look in looks.group(found) for scene in look.scenes]
    assert {scene.collection for scene in kept} == set(catalog.DEFAULT_COLLECTIONS[:2])
    assert len(kept) < len(found)


def test_planetary_computer_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnusableInput, match=r"pip install 'farmland\[planetary-computer\]'"):
        find("planetary-computer", "", FLANDERS, YEARS)
