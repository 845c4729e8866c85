"""The mixed-provider suite: every way to publish a scene, stated rightly, wrongly or not at all."""

from __future__ import annotations

import itertools
import json
import shutil
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import mixed_providers
import numpy as np
import pytest
import rasterio
import real_places
from flow.running import farmland
from mixed_providers import Publication, publications, records, settled
from real_places import PLACES, Image, shifted

from farmland import rules
from farmland.errors import FarmlandWarning
from farmland.flow import radiance
from farmland.imagery import darkness, radiometry
from farmland.imagery.darkness import OFFSET_COUNTS, PixelEvidence
from farmland.io import bands, catalog
from farmland.periods import Period
from farmland.plan import Plan
from farmland.scene import BANDS, SCL, Asset, Scene

RULES = rules.load().radiometry
OLD = Publication("Earth Search v1 l2a", False, offset="rightly", baseline="rightly")

SILENT = ("wrongly", "absent")
DECLARED_VALUE_HOLDS = (
    {
        # The 1000 is not in the counts, and whatever is declared says that it is.
        *((False, *said) for said in itertools.product(SILENT, SILENT, SILENT, SILENT)),
        # The 1000 is in the counts; the flag says that it has been taken off, which makes what the
        # item declares that of the original product.
        *(
            (True, "wrongly", *said)
            for said in itertools.product(*[mixed_providers.SAID] * 2, SILENT)
        ),
        # The 1000 is in the counts, there is no such flag, and whatever is declared says it is not.
        *(
            (True, *said)
            for said in itertools.product(("rightly", "absent"), SILENT, SILENT, SILENT)
        ),
    }
    - {(False, flag, *["absent"] * 3) for flag in SILENT}
    - {(True, flag, *["absent"] * 3) for flag in ("rightly", "absent")}
)
"""(in the counts, flag, offset, baseline, file): the cells in which every voice that speaks is
wrong. Where pixels and record are mute too, nobody can know, and the declared value holds."""


@cache
def images(place: str) -> tuple[Image, ...]:
    return tuple(PLACES[place]())


@cache
def evidence(place: str) -> Mapping[bool, tuple[PixelEvidence, ...]]:
    """Of every date of a place, without the 1000 and with it."""
    return {
        within: tuple(
            darkness.observe(shifted(image) if within else image, RULES) for image in images(place)
        )
        for within in (False, True)
    }


def key(way: Publication) -> tuple[bool | str, ...]:
    return way.within, way.flag, way.offset, way.baseline, way.file


def test_the_suite_holds_every_combination() -> None:
    ways = list(publications())
    assert len(ways) == len(set(ways)) == 6 * 2 * 3**4
    assert len(DECLARED_VALUE_HOLDS) == 14 + 18 + 14


LONG = [pytest.param(72, marks=pytest.mark.slow)]


@pytest.mark.parametrize("mixed", [False, True], ids=["pure", "mixed"])
@pytest.mark.parametrize("length", [1, 3, 12, *LONG])
@pytest.mark.parametrize("place", PLACES)
def test_no_cell_is_wrong_where_anything_can_tell(
    shared: Path, place: str, length: int, mixed: bool
) -> None:
    """Right or set aside; else each voice that speaks is wrong and no pixel alike says anything."""
    held = evidence(place)
    dates = [chosen for size, chosen in records(len(images(place))) if size == length]
    for chosen, way in itertools.product(dates[: 1 if length > 1 else 6], publications()):
        told = settled(way, held, chosen, RULES, mixed=mixed)
        assert not [one for one in told if one.result == "wrong"], (chosen, way)
        for one in told:
            if one.result == "declared":
                assert key(one.published) in DECLARED_VALUE_HOLDS, (chosen, one)
        alike = [one for one in told if one.published == way]
        if any(one.offset.source == "pixels" for one in alike):
            assert not any(one.result == "declared" for one in alike), (chosen, way)


RIGHTLY = [
    way
    for way in publications()
    if {way.says(name) for name in ("flag", "offset", "baseline", "file")} - {None} == {way.within}
    and (not way.within or {way.offset, way.baseline, way.file} != {"absent"})
]
"""What is declared, rightly; the flag "not taken off" alone declares nothing."""


@pytest.mark.parametrize("mixed", [False, True], ids=["pure", "mixed"])
@pytest.mark.parametrize("length", [1, 12, *LONG])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_declared_rightly_is_never_lost(
    shared: Path, place: str, length: int, mixed: bool
) -> None:
    """Every scene comes out right: only blank ones are set aside."""
    held = evidence(place)
    dates = [chosen for size, chosen in records(len(images(place))) if size == length]
    for chosen, way in itertools.product(dates[:1], RIGHTLY):
        for one in settled(way, held, chosen, RULES, mixed=mixed):
            blank = held[False][one.date].data_share == 0
            assert one.result == ("set aside" if blank else "right"), (chosen, one)


@pytest.mark.parametrize("place", list(PLACES)[:4])
def test_all_usable_scenes_give_the_same_ndvi(shared: Path, place: str) -> None:
    """From the counts as published to the index, each date in the six styles in turn."""
    ways = [way for way in publications() if "wrongly" not in key(way)]
    for first, way in enumerate(ways):
        chosen = [first % len(images(place))]
        for one in settled(way, evidence(place), chosen, RULES, mixed=False):
            image = images(place)[one.date]
            if one.offset.usable:
                held = shifted(image) if way.within else image
                apart = np.abs(ndvi(image, 0) - ndvi(held, one.offset.counts))
                assert np.nanmax(apart) <= 0.005, (way, one)


def ndvi(image: Image, added: int) -> np.ndarray:
    red, nir = (image[band].astype(float) + added for band in ("red", "nir"))
    there = (image["red"] > 0) & (image["nir"] > 0) & (red + nir != 0)
    return np.where(there, (nir - red) / np.where(there, nir + red, 1), np.nan)


@pytest.mark.parametrize("place", list(PLACES)[:4])
def test_dark_pixels_overrule_a_catalog_that_is_wrong_everywhere(shared: Path, place: str) -> None:
    """An offset of -0.1 is declared for all scenes, and none has the 1000."""
    way = Publication("CDSE", False, offset="wrongly", baseline="wrongly")
    held = evidence(place)
    told = settled(way, held, range(len(images(place))), RULES, mixed=False)
    seen = [one for one in told if held[False][one.date].data_share > 0]
    assert {one.result for one in seen} == {"right"}
    assert all(one.offset.note == radiometry.OVERRULED for one in seen)


def test_a_record_of_two_seasons_testifies_for_another(shared: Path) -> None:
    """Bare winter fields beside green summer ones: an answer is right, or there is none."""
    dates = images("Flanders, fields")
    held = evidence("Flanders, fields")
    winter = [n for n in range(len(dates)) if n % 24 >= 12]
    summer = [n for n in range(len(dates)) if n % 24 < 12]
    for known, asked in ((winter, summer), (summer, winter)):
        witnesses = [(held[False][n], 0) for n in known]
        for n, within in itertools.product(asked, (False, True)):
            answer = darkness.compared(held[within][n], witnesses, RULES)
            assert answer in {None, OFFSET_COUNTS if within else 0}


def test_fewer_witnesses_than_the_rules_ask_for_are_not_believed(shared: Path) -> None:
    held = evidence("Switzerland, T31TGM")[False]
    told = [
        (one, witnesses)
        for n, one in enumerate(held)
        if darkness.compared(
            one, witnesses := [(other, 0) for other in held[:n] + held[n + 1 :]], RULES
        )
        == 0
    ]
    assert len(told) > 10
    for one, witnesses in told:
        for few in itertools.combinations(witnesses[:6], RULES.witnesses - 1):
            assert darkness.compared(one, few, RULES) is None


# --- what is read ------------------------------------------------------------


@pytest.fixture
def flanders(shared: Path) -> tuple[Scene, ...]:
    """The real series as a catalog publishes it."""
    path = shared / "data/s2_flanders_2018_2019/catalog.json"
    period = Period.parse("2018-01-01/2019-12-31")
    return catalog.find(str(path), "", (4.0, 50.5, 4.5, 51.0), period, offline=True, allow_host=())


def plan(tmp_path: Path) -> Plan:
    return Plan(parcels=str(tmp_path / "p.gpkg"), catalog=str(tmp_path), workers=1)


def quietly(_stage: str, _done: int, _total: int) -> None:
    pass


@pytest.mark.parametrize("style", ["old", "wrong"])
def test_no_more_is_read_than_can_tell_and_the_answers_are_those_of_all(
    flanders: tuple[Scene, ...], style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the seven overviews, and every offset, source and note as with all seven."""
    way = OLD if style == "old" else Publication("CDSE", False, offset="wrongly")
    dress = {scene.item_id: way.scene(scene.item_id, 0) for scene in flanders}
    scenes = [_dressed(scene, dress[scene.item_id]) for scene in flanders]
    reads: Counter[str] = Counter()
    overview = bands.overview

    def counted(scene: Scene, band: str, **reach: object) -> bands.Overview:
        reads[scene.item_id] += 1
        return overview(scene, band, **reach)

    everything = {
        scene.item_id: darkness.observe(
            {band: overview(scene, band).values for band in (*BANDS, SCL)}, RULES
        )
        for scene in scenes
    }
    monkeypatch.setattr(bands, "overview", counted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FarmlandWarning)
        found = radiance.settle(scenes, plan(tmp_path), RULES, quietly)
    expected = radiometry.settle(scenes, everything, RULES)
    assert found.source == {name: offset.source for name, offset in expected.items()}
    assert found.counts == {n: offset.counts for n, offset in expected.items() if offset.usable}
    assert reads.total() <= 0.5 * 7 * len(scenes)
    assert max(reads.values()) <= 7


def _dressed(scene: Scene, like: Scene) -> Scene:
    """The files of one scene as another declares them."""
    offset = like.assets["red"].offset
    assets = {
        band: replace(asset, offset=None if band == SCL else offset)
        for band, asset in scene.assets.items()
    }
    return replace(scene, baseline=like.baseline, offset_applied=like.offset_applied, assets=assets)


@pytest.mark.parametrize("within", [False, True])
def test_witnesses_are_read_further_only_where_a_clear_scene_needs_them(
    shared: Path, within: bool
) -> None:
    held = evidence("Flanders, fields")
    dark = [n for n, one in enumerate(held[False]) if darkness.alone(one, RULES) == 0][:12]
    first = (SCL, "blue", "red")
    seen = {
        f"{n}": darkness.observe(
            {band: images("Flanders, fields")[n][band] for band in first}, RULES
        )
        for n in dark
    }
    asked = next(n for n, one in enumerate(held[True]) if one.clear_share > 0.9)
    scenes = [OLD.scene(name, 0) for name in (*seen, "x")]
    wanted = radiometry.incomplete(scenes, {**seen, "x": held[within][asked]}, RULES)
    assert set(wanted) == (
        {n for n, one in seen.items() if darkness.testifies(one, RULES)} if within else set()
    )


@pytest.mark.parametrize("within", [False, True])
def test_evidence_comes_from_the_whole_scene_and_never_from_the_farmland(
    tmp_path: Path, within: bool
) -> None:
    """Bright bare fields everywhere but in the far corner, which holds a lake: 8 km away."""
    chance = np.random.default_rng(5)
    assets, fields = {}, {}
    for band in (*BANDS, SCL):
        side = 400 if band == SCL or band.startswith("swir") else 800
        values = np.full((side, side), 5.0)
        if band != SCL:
            values = chance.normal(BARE[band], 60, (side, side))
            values[-side // 8 :, -side // 8 :] = real_places.LAKE[band]
            values += 1000 * within
        path = tmp_path / f"{band}.tif"
        write(path, values.astype(np.uint16))
        assets[band] = Asset(str(path))
        fields[band] = values[: side // 4, : side // 4].astype(np.uint16)
    assert darkness.alone(darkness.observe(fields, RULES), RULES) is None
    seen = radiance.observe(replace(OLD.scene("a", 0), assets=assets), RULES)
    assert seen is not None
    assert darkness.alone(seen, RULES) == (OFFSET_COUNTS if within else 0)


BARE = dict(zip(BANDS, (1500, 1800, 2300, 2900, 3600, 3200), strict=True))


def write(path: Path, values: np.ndarray) -> None:
    """A square of 8 km as a file."""
    side = len(values)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="uint16",
        count=1,
        nodata=0,
        height=side,
        width=side,
        crs="EPSG:32631",
        transform=rasterio.Affine(8000 / side, 0, 500_000, 0, -8000 / side, 5_600_000),
    ) as file:
        file.write(values, 1)


# --- what is told ------------------------------------------------------------


@pytest.mark.slow
def test_a_real_run_overrules_a_wrong_catalog_once_and_in_writing(
    shared: Path, tmp_path: Path
) -> None:
    """Every item of Flanders claims -0.1, one is blank: same fields, one sentence, all recorded."""
    folder = tmp_path / "catalog"
    shutil.copytree(shared / "data/s2_flanders_2018_2019", folder)
    items = sorted(folder.glob("scenes/*/*.json"))
    for path in items:
        _claim(path)
    for path in items[0].parent.glob("*.tif"):
        with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as file:
            file.write(np.zeros_like(file.read()))
    periods = ("--before", "2018-08-01/2019-05-31", "--after", "2019-06-01/2019-11-30")
    for language, refuted, aside in (
        ("en", "declare an offset that their pixels refute", "no data at all"),
        ("zh", "像元与声明的辐射偏移不符", "全部为无数据"),
    ):
        out = tmp_path / f"{language}.gpkg"
        ending = farmland(
            *("detect", folder / "parcels.gpkg", *periods, "--offline", "--lang", language),
            *("--catalog", folder / "catalog.json", "--out", out),
        )
        assert ending.code == 0, ending.talk
        assert ending.talk.count(refuted) == 1, ending.talk
        assert ending.talk.count(aside) == 1, ending.talk
    scenes = gpd.read_file(out, layer="scenes").set_index("item_id")
    blank = items[0].stem
    assert scenes["offset_source"].isin(["pixels", "record", "none"]).all()
    assert scenes.loc[blank, "offset_source"] == "none"
    assert np.isnan(scenes.loc[blank, "offset"])
    assert (scenes.drop(blank)["offset"] == 0).all()
    run = json.loads((tmp_path / "zh" / "run.json").read_text("utf-8"))
    told = {reason["en"]: reason["scenes"] for reason in run["offsets"]}
    assert told[radiometry.BLANK.en] == [blank]
    assert len(told[radiometry.OVERRULED.en]) == len(items) - 1
    assert all(reason["zh"] for reason in run["offsets"])
    assert run["thresholds"]["dark_counts"] == RULES.dark_counts


def _claim(path: Path) -> None:
    """Let an item say that 1000 is in its counts."""
    item = json.loads(path.read_text("utf-8"))
    item["properties"]["s2:processing_baseline"] = "05.10"
    for name, asset in item["assets"].items():
        if name != SCL:
            asset["raster:bands"][0]["offset"] = -0.1
    path.write_text(json.dumps(item), "utf-8")
