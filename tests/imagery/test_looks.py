"""One acquisition published twice counts once; one pass over a place is one look."""

from __future__ import annotations

import gzip
import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from farmland.imagery import looks
from farmland.io.catalog import items
from farmland.scene import Scene

SQUARE = box(115.0, 35.0, 116.0, 36.0)

SCENE = Scene(
    item_id="a",
    collection="sentinel-2-l2a",
    platform="sentinel-2a",
    datetime=datetime(2021, 5, 1, 3, 0, 10, tzinfo=UTC),
    tile="50SPA",
    crs="EPSG:32650",
    baseline="05.00",
    offset_applied=None,
    cloud_cover=None,
    datatake="GS2A_20210501T025541_030597_N05.00",
    generated="2023-01-01T00:00:00Z",
    footprint=SQUARE,
    assets={},
)


def test_the_higher_baseline_then_the_newer_processing_is_kept() -> None:
    old = replace(SCENE, item_id="old", baseline="02.14", generated="2024-01-01T00:00:00Z")
    newer = replace(SCENE, item_id="newer", generated="2023-06-01T00:00:00Z")
    assert looks.duplicates([old, SCENE, newer]) == {"old": "newer", "a": "newer"}
    (look,) = looks.group([old, SCENE, newer])
    assert [scene.item_id for scene in look.scenes] == ["newer"]


def test_a_reprocessed_datatake_is_the_same_under_another_baseline() -> None:
    renamed = replace(SCENE, item_id="b", datatake="GS2A_20210501T025541_030597_N02.14")
    assert looks.duplicates([SCENE, replace(renamed, baseline="02.14")]) == {"b": "a"}


def test_collection_1_is_preferred_between_equals() -> None:
    first = replace(SCENE, item_id="z", collection="sentinel-2-c1-l2a")
    assert looks.duplicates([SCENE, first]) == {"a": "z"}


@pytest.mark.parametrize(
    "change",
    [
        {"platform": "sentinel-2b"},
        {"tile": "50SPB"},
        {"datatake": "GS2A_20210501T043541_030598_N05.00"},
        {"datatake": "", "datetime": SCENE.datetime + timedelta(minutes=3)},
        {"footprint": box(115.9, 35.0, 117.0, 36.0)},
    ],
)
def test_what_differs_in_platform_tile_datatake_or_place_is_another(
    change: dict[str, object],
) -> None:
    assert looks.duplicates([SCENE, replace(SCENE, item_id="b", **change)]) == {}


def test_without_a_datatake_the_minute_decides_and_without_a_tile_the_corner() -> None:
    bare = replace(SCENE, datatake="", tile="", origin=(600000.0, 4000020.0))
    again = replace(bare, item_id="b", datetime=bare.datetime + timedelta(seconds=40))
    assert looks.duplicates([bare, again]) == {"b": "a"}
    assert looks.duplicates([bare, replace(again, origin=(699960.0, 4000020.0))]) == {}


def test_two_halves_are_no_duplicates_but_replace_the_whole_together() -> None:
    whole = replace(SCENE, item_id="whole", baseline="02.14")
    west = replace(SCENE, item_id="west", footprint=box(115.0, 35.0, 115.52, 36.0))
    east = replace(SCENE, item_id="east", footprint=box(115.48, 35.0, 116.0, 36.0))
    assert looks.duplicates([west, east]) == {}
    assert looks.duplicates([whole, west]) == {}
    assert looks.duplicates([whole, west, east]) in ({"whole": "west"}, {"whole": "east"})
    (look,) = looks.group([whole, west])
    assert [scene.item_id for scene in look.scenes] == ["west", "whole"]


def test_one_pass_is_one_look_and_fills_in_one_order() -> None:
    neighbour = replace(SCENE, item_id="n", tile="50SPB", footprint=box(115, 34.1, 116, 35.1))
    later = replace(SCENE, item_id="l", datetime=SCENE.datetime + timedelta(days=5), datatake="")
    for order in itertools.permutations([SCENE, neighbour, later]):
        found = looks.group(order)
        assert [look.day for look in found] == [date(2021, 5, 1), date(2021, 5, 6)]
        assert [scene.item_id for scene in found[0].scenes] == ["a", "n"]


def test_the_solar_day_is_local_not_utc() -> None:
    far = replace(SCENE, footprint=box(177, -40, 178, -39))
    late = replace(far, datetime=datetime(2021, 5, 1, 22, 30, tzinfo=UTC))
    assert [look.day for look in looks.group([late])] == [date(2021, 5, 2)]


DRAWN = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(["02.14", "05.00"]),
    st.integers(0, 2),
    st.floats(0.0, 0.9),
)


@given(st.lists(DRAWN, max_size=6), st.randoms())
def test_the_order_of_the_search_changes_nothing(
    drawn: list[tuple[str, str, int, float]], chance: object
) -> None:
    scenes = [
        replace(
            SCENE,
            item_id=f"{name}{n}",
            baseline=baseline,
            generated=f"{year}",
            footprint=box(115 + shift, 35, 116 + shift, 36),
        )
        for n, (name, baseline, year, shift) in enumerate(drawn)
    ]
    shuffled = list(scenes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert looks.group(scenes) == looks.group(shuffled)
    left_out = looks.duplicates(scenes)
    assert set(left_out.values()).isdisjoint(left_out)


def recorded(shared: Path, provider: str) -> list[Scene]:
    found: dict[str, Scene] = {}
    lines = gzip.decompress((shared / f"data/stac/recorded/{provider}.jsonl.gz").read_bytes())
    for line in lines.splitlines():
        body = json.loads(line)["response"]["body"]
        for item in body.get("features") or []:
            try:
                found[item["id"]] = items.scene(item, str)
            except items.BrokenItem:
                continue
    return list(found.values())


def test_recorded_reprocessings_count_once(shared: Path) -> None:
    scenes = recorded(shared, "earthsearch_v1")
    left_out = looks.duplicates(scenes)
    twice = {name: kept for name, kept in left_out.items() if name.startswith("S2A_32")}
    assert len(twice) >= 8
    assert all(kept == name.replace("_0_L2A", "_1_L2A") for name, kept in twice.items())


def test_one_search_on_two_providers_gives_the_same_looks(shared: Path) -> None:
    def november(provider: str) -> list[Scene]:
        scenes = recorded(shared, provider)
        return [scene for scene in scenes if f"{scene.datetime:%Y-%m}" == "2023-11"]

    ours, theirs = november("earthsearch_v1"), november("cdse_v1")
    assert len(ours) == len(theirs) == 8

    def shape(scenes: list[Scene]) -> list[tuple[date, list[str]]]:
        return [(look.day, [s.tile for s in look.scenes]) for look in looks.group(scenes)]

    assert shape(ours) == shape(theirs) == shape(ours + theirs)
    assert len(looks.duplicates(ours + theirs)) == 8
