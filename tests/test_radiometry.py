"""The offset is right for every way it is published, and never corrected where it is not there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import box

from farmland import darkness, radiometry
from farmland.radiometry import Offset, observe, settle
from farmland.scene import BANDS, SCL, Asset, Scene

Image = Mapping[str, NDArray[np.uint16]]

SCENE = Scene(
    item_id="a",
    collection="sentinel-2-l2a",
    platform="sentinel-2a",
    datetime=datetime(2021, 5, 1, 3, tzinfo=UTC),
    tile="31UES",
    crs="EPSG:32631",
    baseline="",
    offset_applied=None,
    cloud_cover=None,
    datatake="",
    generated="",
    footprint=box(4, 50, 5, 51),
    assets={},
)


def published(
    name: str, *, baseline: str = "", flag: bool | None = None, offset: float | None = None
) -> Scene:
    assets = {band: Asset(f"{name}/{band}.tif", 1e-4, offset) for band in BANDS}
    return dataclasses.replace(
        SCENE,
        item_id=name,
        baseline=baseline,
        offset_applied=flag,
        assets={**assets, SCL: Asset(f"{name}/scl.tif")},
    )


def shifted(image: Image, counts: int = 1000) -> Image:
    """The same picture with the 1000 of baseline 04.00 in it."""
    return {
        band: values if band == SCL else np.where(values > 0, values + counts, 0).astype(np.uint16)
        for band, values in image.items()
    }


PUBLISHED: Mapping[str, tuple[Callable[[str], Scene], bool]] = {
    "old baseline": (lambda n: published(n, baseline="02.14", flag=False, offset=0.0), False),
    "old, nothing else": (lambda n: published(n, baseline="02.12"), False),
    "04.00 and stated": (lambda n: published(n, baseline="05.10", offset=-0.1), True),
    "04.00, baseline only": (lambda n: published(n, baseline="04.00"), True),
    "removed, -0.1 stated": (
        lambda n: published(n, baseline="05.00", flag=True, offset=-0.1),
        False,
    ),
    "removed, offset 0": (lambda n: published(n, baseline="05.09", flag=True, offset=0.0), False),
    "harmonised": (lambda n: published(n, baseline="05.09", offset=0.0), False),
    "no metadata, without": (published, False),
    "no metadata, with": (lambda n: published(n, offset=None), True),
    "flag wrongly true": (lambda n: published(n, baseline="05.11", flag=True, offset=-0.1), True),
    "flag wrongly false": (
        lambda n: published(n, baseline="05.11", flag=False, offset=-0.1),
        False,
    ),
    "old baseline, 1000 in it": (lambda n: published(n, baseline="02.14", offset=0.0), True),
}
"""How a scene is published, and whether the 1000 is in its counts."""


@pytest.fixture(scope="module")
def fields(shared: Path) -> tuple[Image, ...]:
    """The 72 real dates of 640 × 640 m of fields, clouds and haze included."""
    images = []
    for folder in sorted((shared / "data/s2_flanders_2018_2019/scenes").iterdir()):
        image = {}
        for band in (*BANDS, SCL):
            with rasterio.open(folder / f"{band}.tif") as file:
                image[band] = file.read(1)
        images.append(image)
    return tuple(images)


@pytest.fixture(scope="module")
def desert(shared: Path) -> Image:
    """A real granule of the Sahara, every 300 m."""
    keys = dict(zip((*BANDS, SCL), ("B02", "B03", "B04", "B08", "B11", "B12", SCL), strict=True))
    image = {}
    for band, key in keys.items():
        with rasterio.open(shared / f"data/cog_29RKH/{key.upper()}.tif") as file:
            image[band] = file.read(1)[::3, ::3]
    return image


def clear_share(image: Image) -> float:
    return float(np.isin(image[SCL], (4, 5, 6, 7)).mean())


def ndvi(image: Image, offset: Offset) -> NDArray[np.float64]:
    red, nir = (image[band].astype(float) + offset.counts for band in ("red", "nir"))
    there = (image["red"] > 0) & (image["nir"] > 0)
    return np.where(there, (nir - red) / (nir + red), np.nan)


def assert_same_ndvi(truth: Image, image: Image, offset: Offset, told: str) -> None:
    assert offset.usable, told
    difference = np.abs(ndvi(truth, Offset(0, "", usable=True)) - ndvi(image, offset))
    assert np.nanmax(difference) <= 0.005, told


@pytest.fixture(scope="module")
def evidence(fields: tuple[Image, ...]) -> Mapping[bool, tuple[radiometry.PixelEvidence, ...]]:
    """Of every date, with the 1000 and without."""
    return {
        within: tuple(observe(shifted(image) if within else image) for image in fields)
        for within in (False, True)
    }


@pytest.mark.parametrize("way", PUBLISHED)
def test_one_other_way_among_old_scenes_decodes_to_the_same_ndvi(
    fields: tuple[Image, ...],
    evidence: Mapping[bool, tuple[radiometry.PixelEvidence, ...]],
    way: str,
) -> None:
    """Every second date is published in another way: all come out the same, none is lost."""
    ways = [PUBLISHED["old baseline"], PUBLISHED[way]]
    scenes = [ways[n % 2][0](f"{n:02}") for n in range(len(fields))]
    seen = {f"{n:02}": evidence[ways[n % 2][1]][n] for n in range(len(fields))}
    found = settle(scenes, seen)
    for number, image in enumerate(fields):
        held = shifted(image) if ways[number % 2][1] else image
        told = f"{way}, date {number}: {found[f'{number:02}']}"
        assert_same_ndvi(image, held, found[f"{number:02}"], told)


@pytest.mark.parametrize("first", [0, 3, 5, 9])
def test_everything_mixed_never_decodes_to_another_ndvi(
    fields: tuple[Image, ...],
    evidence: Mapping[bool, tuple[radiometry.PixelEvidence, ...]],
    first: int,
) -> None:
    """Twelve ways in one record of one collection, half a dozen dates each, wrong ones too.

    Clear dates come out right or are set aside; of cloudy ones whose declaration is wrong some
    cannot be told, and together they hold less than 2 % of what the record shows clearly.
    """
    ways = [*PUBLISHED.values()] * 8
    scenes = [ways[first + n][0](f"{n:02}") for n in range(len(fields))]
    seen = {f"{n:02}": evidence[ways[first + n][1]][n] for n in range(len(fields))}
    found = settle(scenes, seen)
    clear = usable = wrong = 0.0
    for number, image in enumerate(fields):
        offset, share = found[f"{number:02}"], clear_share(image)
        right = offset.counts == (darkness.OFFSET_COUNTS if ways[first + number][1] else 0)
        assert right or not offset.usable or share < 0.7, f"date {number}: {offset}"
        clear += share
        usable += share * offset.usable
        wrong += share * (offset.usable and not right)
    assert usable >= 0.8 * clear
    assert wrong <= 0.02 * clear


@pytest.mark.parametrize("within", [False, True])
def test_hazy_cloudy_and_snowy_dates_are_never_corrected_wrongly(
    fields: tuple[Image, ...], *, within: bool
) -> None:
    """Each cloudy date alone, and beside the whole clear record: right, or can't tell."""
    clear = {f"c{n}": observe(i) for n, i in enumerate(fields) if clear_share(i) >= 0.5}
    record = [PUBLISHED["old baseline"][0](name) for name in clear]
    for image in fields:
        if clear_share(image) >= 0.5:
            continue
        seen = observe(shifted(image) if within else image)
        witnesses = [(held, 0) for held in clear.values()]
        right = darkness.OFFSET_COUNTS if within else 0
        assert darkness.alone(seen) in {None, right}
        assert darkness.compared(seen, witnesses) in {None, right}
        found = settle([*record, published("x")], {**clear, "x": seen})["x"]
        assert not found.usable or found.counts == right


def test_bare_soil_is_never_corrected_wrongly(fields: tuple[Image, ...]) -> None:
    """Windows of bare soil only, taken from the real dates, bright and dark, wet and dry."""
    soils = [soil for image in fields if (soil := bare(image)) is not None]
    assert len(soils) >= 10
    for within in (False, True):
        images = [shifted(soil) if within else soil for soil in soils]
        right = darkness.OFFSET_COUNTS if within else 0
        witnesses = [(observe(soil), 0) for soil in soils]
        for number, image in enumerate(images):
            others = witnesses[:number] + witnesses[number + 1 :]
            assert darkness.alone(observe(image)) in {None, right}
            assert darkness.compared(observe(image), others) in {None, right}


def bare(image: Image) -> Image | None:
    """A window of the date's clear pixels of low NDVI and high short-wave infrared, tiled up."""
    red, nir = (image[band].astype(float) for band in ("red", "nir"))
    swir = image["swir16"].repeat(2, 0).repeat(2, 1)
    clear = np.isin(image[SCL], (4, 5)).repeat(2, 0).repeat(2, 1)
    soil = clear & ((nir - red) / (nir + red + 1) < 0.3) & (swir > 1500) & (red > 600)
    if soil.sum() < 256:
        return None
    chosen = np.flatnonzero(soil)[:1024]
    rows, columns = np.unravel_index(np.resize(chosen, 1024), soil.shape)
    full = {
        band: values if values.shape == soil.shape else values.repeat(2, 0).repeat(2, 1)
        for band, values in image.items()
    }
    window = {band: values[rows, columns].reshape(32, 32) for band, values in full.items()}
    return {**window, SCL: np.full((32, 32), 5, np.uint8)}


def test_a_real_desert_keeps_what_is_declared(desert: Image) -> None:
    for way, (make, within) in PUBLISHED.items():
        image = shifted(desert) if within else desert
        found = settle([make("a")], {"a": observe(image)})["a"]
        if "wrongly" in way or "1000 in it" in way:
            continue
        assert not found.usable or found.counts == (-1000 if within else 0), way
    seen = observe(desert)
    assert (darkness.alone(seen), darkness.alone(observe(shifted(desert)))) == (None, None)


def test_snow_has_dark_infrared_and_is_never_taken_for_an_offset() -> None:
    """Fresh snow: reflectances of 0.9 in the visible, 0.03 to 0.1 beyond 1.5 µm (Dozier 1989)."""
    chance = np.random.default_rng(3)
    levels = dict(zip(BANDS, (9000, 9000, 8900, 8500, 700, 500), strict=True))
    snow = {
        band: chance.normal(level, 80, (64, 64)).clip(1).astype(np.uint16)
        for band, level in levels.items()
    }
    assert darkness.alone(observe(snow)) == 0
    assert darkness.alone(observe(shifted(snow))) is None


def test_a_granule_with_water_shows_the_1000_by_itself() -> None:
    """Lakes: 0.03 in the blue to 0.003 in the short-wave infrared."""
    chance = np.random.default_rng(4)
    levels = dict(zip(BANDS, (300, 280, 180, 90, 40, 30), strict=True))
    lake = {band: np.full((64, 64), 3000, np.uint16) for band in BANDS}
    for band, level in levels.items():
        lake[band][:8] = chance.normal(level, 15, (8, 64)).clip(1).astype(np.uint16)
    assert darkness.alone(observe(lake)) == 0
    assert darkness.alone(observe(shifted(lake))) == darkness.OFFSET_COUNTS


@pytest.mark.parametrize(
    ("scene", "counts", "source"),
    [
        (published("a", baseline="02.14", flag=False, offset=0.0), 0, "item"),
        (published("a", baseline="05.00", flag=True, offset=-0.1), 0, "flag"),
        (published("a", baseline="05.10", offset=-0.1), -1000, "item"),
        (published("a", baseline="05.10"), -1000, "baseline"),
        (published("a", baseline="02.12"), 0, "baseline"),
        (published("a", offset=-0.1), -1000, "item"),
    ],
)
def test_without_pixels_the_declared_value_holds(scene: Scene, counts: int, source: str) -> None:
    assert settle([scene], {})["a"] == Offset(counts, source, usable=True)


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (published("a", baseline="05.10", offset=0.0), "contradict each other"),
        (published("a", baseline="05.10", flag=False, offset=0.0), "contradict each other"),
        (published("a", baseline="02.14", offset=-0.1), "contradict each other"),
        (published("a", baseline="05.10", offset=-0.7), "contradict each other"),
        (published("a"), "Nothing says"),
    ],
)
def test_contradictory_or_absent_declarations_set_a_scene_aside(scene: Scene, words: str) -> None:
    found = settle([scene], {})["a"]
    assert not found.usable
    assert found.note is not None
    assert words in found.note.en
    assert found.note.zh


def test_bands_that_declare_differently_contradict_each_other() -> None:
    scene = published("a", offset=-0.1)
    assets = {**scene.assets, "nir": dataclasses.replace(scene.assets["nir"], offset=0.0)}
    assert not settle([dataclasses.replace(scene, assets=assets)], {})["a"].usable


def test_the_files_own_tag_is_a_declaration(desert: Image) -> None:
    seen = observe(shifted(desert), file_offset=-0.1)
    assert settle([published("a")], {"a": seen})["a"] == Offset(-1000, "file", usable=True)
    assert not settle([published("a", baseline="02.14")], {"a": seen})["a"].usable


def test_pixels_that_contradict_the_declaration_say_so(fields: tuple[Image, ...]) -> None:
    found = settle([published("a", baseline="05.10", offset=-0.1)], {"a": observe(fields[0])})["a"]
    assert (found.counts, found.source, found.usable) == (0, "pixels", True)
    assert found.note == radiometry.OVERRULED
    agreed = settle([published("a", baseline="02.14")], {"a": observe(fields[0])})["a"]
    assert agreed == Offset(0, "pixels", usable=True)


def test_a_blank_scene_is_set_aside() -> None:
    blank = {band: np.zeros((8, 8), np.uint16) for band in BANDS}
    found = settle([published("a", baseline="02.14")], {"a": observe(blank)})["a"]
    assert not found.usable
    assert found.note == radiometry.BLANK
    assert not settle([published("a", baseline="02.14")], {"a": observe({})})["a"].usable


def test_scenes_published_alike_share_the_answer(fields: tuple[Image, ...]) -> None:
    """Three dates whose pixels tell overrule the flag of the cloudy fourth."""
    make = PUBLISHED["flag wrongly false"][0]
    clear = [image for image in fields if clear_share(image) > 0.95][:3]
    cloudy = next(image for image in fields if darkness.alone(observe(image)) is None)
    images = {f"{n}": observe(image) for n, image in enumerate([*clear, cloudy])}
    found = settle([make(name) for name in images], images)
    assert found["3"].source == "record"
    assert {offset.counts for offset in found.values()} == {0}


@given(
    st.lists(st.integers(1, 9000), min_size=6, max_size=6),
    st.integers(0, 400),
    st.sampled_from(["02.14", "04.00", "05.11", ""]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, 0.0, -0.1, -0.7]),
)
def test_an_offset_is_0_or_1000_and_a_usable_one_has_a_source(
    levels: list[int], spread: int, baseline: str, flag: bool | None, offset: float | None
) -> None:
    chance = np.random.default_rng(spread)
    image = {
        band: chance.normal(level, spread, (16, 16)).clip(1, 65535).astype(np.uint16)
        for band, level in zip(BANDS, levels, strict=True)
    }
    scene = published("a", baseline=baseline, flag=flag, offset=offset)
    found = settle([scene], {"a": observe(image)})["a"]
    assert found.counts in {0, -1000}
    assert found.usable == (found.source != "none")
    assert found.usable or found.note is not None
    assert not (darkness.alone(observe(image)) == 0 == darkness.alone(observe(shifted(image))))


@given(st.permutations(list(range(12))))
def test_the_order_of_the_record_changes_nothing(
    evidence: Mapping[bool, tuple[radiometry.PixelEvidence, ...]], order: list[int]
) -> None:
    ways = list(PUBLISHED.values())
    scenes = [ways[n][0](f"{n}") for n in range(12)]
    seen = {f"{n}": evidence[ways[n][1]][n] for n in range(12)}
    assert settle([scenes[n] for n in order], seen) == settle(scenes, seen)
