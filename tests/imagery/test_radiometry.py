"""The offset is right for every way it is published, and never corrected where it is not there."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import real_places
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from real_places import Image, shifted
from shapely.geometry import box

from farmland import rules
from farmland.errors import UnusableInput
from farmland.imagery import darkness, radiometry
from farmland.imagery.darkness import OFFSET_COUNTS, PixelEvidence
from farmland.imagery.radiometry import Offset, settle
from farmland.scene import BANDS, SCL, Asset, Scene

RULES = rules.load().radiometry
ORIGINS = (False, True)
"""Without the 1000 and with it."""

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


def observe(image: Image, file_offsets: Sequence[float] = ()) -> PixelEvidence:
    return darkness.observe(image, RULES, file_offsets)


def alone(image: Image) -> int | None:
    return darkness.alone(observe(image), RULES)


def compared(image: Image, others: Sequence[tuple[PixelEvidence, int]]) -> int | None:
    return darkness.compared(observe(image), others, RULES)


def settled(scenes: Sequence[Scene], seen: Mapping[str, PixelEvidence]) -> dict[str, Offset]:
    return settle(scenes, seen, RULES)


def truth(within: bool) -> int:
    return OFFSET_COUNTS if within else 0


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
def fields(shared: object) -> tuple[Image, ...]:
    """The 72 real dates of 640 × 640 m of fields, clouds and haze included."""
    return tuple(real_places.flanders())


@pytest.fixture(scope="module")
def desert(shared: object) -> Image:
    """A real granule of the Sahara, every 600 m."""
    return {band: values[::2, ::2] for band, values in real_places.desert()[0].items()}


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
def record(fields: tuple[Image, ...]) -> tuple[tuple[PixelEvidence, int], ...]:
    """The clear dates of the fields: what everything else is compared with."""
    return tuple((observe(image), 0) for image in fields if clear_share(image) >= 0.5)


@pytest.mark.parametrize("within", ORIGINS)
def test_hazy_cloudy_and_snowy_dates_are_never_corrected_wrongly(
    fields: tuple[Image, ...], record: Sequence[tuple[PixelEvidence, int]], *, within: bool
) -> None:
    """Each cloudy date alone, and beside the whole clear record: right, or can't tell."""
    clear = {f"c{n}": held for n, (held, _) in enumerate(record)}
    scenes = [PUBLISHED["old baseline"][0](name) for name in clear]
    for image in fields:
        if clear_share(image) >= 0.5:
            continue
        held = shifted(image) if within else image
        assert alone(held) in {None, truth(within)}
        assert compared(held, record) in {None, truth(within)}
        found = settled([*scenes, published("x")], {**clear, "x": observe(held)})["x"]
        assert not found.usable or found.counts == truth(within)


@pytest.mark.parametrize("within", ORIGINS)
def test_bare_soil_is_never_corrected_wrongly(fields: tuple[Image, ...], *, within: bool) -> None:
    """Windows of bare soil only, taken from the real dates, bright and dark, wet and dry."""
    soils = [soil for image in fields if (soil := bare(image)) is not None]
    assert len(soils) >= 10
    witnesses = [(observe(soil), 0) for soil in soils]
    for number, soil in enumerate(soils):
        image = shifted(soil) if within else soil
        others = witnesses[:number] + witnesses[number + 1 :]
        assert alone(image) in {None, truth(within)}
        assert compared(image, others) in {None, truth(within)}


def bare(image: Image) -> Image | None:
    """A window of the date's clear pixels of low NDVI and high short-wave infrared, tiled up."""
    red, nir, swir = (spread(image)[band].astype(float) for band in ("red", "nir", "swir16"))
    clear = np.isin(spread(image)[SCL], (4, 5))
    soil = clear & ((nir - red) / (nir + red + 1) < 0.3) & (swir > 1500) & (red > 600)
    return window(image, soil)


def green(image: Image) -> Image | None:
    """The same of dense crops."""
    red, nir = (spread(image)[band].astype(float) for band in ("red", "nir"))
    crops = np.isin(spread(image)[SCL], (4, 5)) & ((nir - red) / (nir + red + 1) > 0.7)
    return window(image, crops)


def spread(image: Image) -> Image:
    """All bands at 10 m."""
    full = image["red"].shape
    return {
        band: values if values.shape == full else values.repeat(2, 0).repeat(2, 1)
        for band, values in image.items()
    }


def window(image: Image, chosen: NDArray[np.bool_]) -> Image | None:
    """32 × 32 of the chosen pixels, all classified as clear; ``None``: too few."""
    if chosen.sum() < 256:
        return None
    picked = np.resize(np.flatnonzero(chosen)[:1024], 1024)
    rows, columns = np.unravel_index(picked, chosen.shape)
    made = {band: values[rows, columns].reshape(32, 32) for band, values in spread(image).items()}
    return {**made, SCL: np.full((32, 32), 5, np.uint8)}


MICROMETRES = dict(zip(BANDS, (0.49, 0.56, 0.665, 0.842, 1.61, 2.19), strict=True))
SNOW = dict(zip(BANDS, (9000, 9000, 8900, 8500, 700, 500), strict=True))
"""Fresh snow: reflectances of 0.9 in the visible, 0.03 to 0.1 beyond 1.5 µm (Dozier 1989)."""
SHORT_WAVE = ("swir16", "swir22")


@dataclasses.dataclass(frozen=True)
class Weather:
    """What is done to a real window that the classification still calls clear."""

    soil: float
    """Share of bare soil; the rest is dense crops."""
    haze: float
    """Reflectance that haze adds in the blue."""
    slope: float
    """Its fall with the wavelength (Ångström exponent; 0.7 coarse dust, 2 smoke)."""
    cloud: float
    """Opacity of a thin cloud over everything."""
    bright: float
    """Reflectance of that cloud in the visible."""
    ice: float
    """Share of it that is left beyond 1.5 µm, where droplets and ice absorb."""
    snow: float
    """Share of snow."""
    shadow: float
    """Share of the window in shadow."""


WEATHERS = st.builds(
    Weather,
    soil=st.floats(0, 1),
    haze=st.floats(0, 0.2),
    slope=st.floats(0.7, 2),
    cloud=st.floats(0, 0.5),
    bright=st.floats(0.4, 0.8),
    ice=st.floats(0.4, 0.75),
    snow=st.one_of(st.just(0.0), st.floats(0, 1)),
    shadow=st.one_of(st.just(0.0), st.floats(0, 0.5)),
)


def veiled(weather: Weather, band: str, light: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Counts of a band through haze and a thin cloud."""
    fall = (MICROMETRES["blue"] / MICROMETRES[band]) ** weather.slope
    hazy = light + 1e4 * weather.haze * fall
    cloud = 1e4 * weather.bright * (weather.ice if band in SHORT_WAVE else 1.0)
    return np.clip(hazy + weather.cloud * (cloud - hazy), 1, 60_000).astype(np.uint16)


def under(weather: Weather, soil: Image, crops: Image) -> Image:
    """A window of real soil and crops under a weather; SCL says it is clear."""
    chance = np.random.default_rng(1)
    places, dark, white = (
        chance.random((32, 32)) < share for share in (weather.soil, weather.shadow, weather.snow)
    )
    made: dict[str, NDArray[np.uint16]] = {SCL: soil[SCL]}
    for band in BANDS:
        light = np.where(places, soil[band], crops[band]).astype(float)
        light = np.where(white, SNOW[band], light) * np.where(dark, 0.3, 1.0)
        made[band] = veiled(weather, band, light)
    return made


@pytest.fixture(scope="module")
def windows(fields: tuple[Image, ...]) -> tuple[list[Image], list[Image]]:
    """Real windows of bare soil, and of dense crops."""
    return (
        [soil for image in fields if (soil := bare(image)) is not None],
        [crops for image in fields if (crops := green(image)) is not None],
    )


@pytest.mark.parametrize("within", ORIGINS)
@given(weather=WEATHERS, first=st.integers(0, 99), second=st.integers(0, 99))
def test_no_weather_over_soil_and_crops_is_corrected_wrongly(
    windows: tuple[list[Image], list[Image]],
    record: Sequence[tuple[PixelEvidence, int]],
    weather: Weather,
    first: int,
    second: int,
    *,
    within: bool,
) -> None:
    """Haze and cloud that the classification missed, snow, shadow: right, or can't tell.

    Compared with the real record and, harder, with the same windows under a clear sky.
    """
    soils, crops = windows
    soil, crop = soils[first % len(soils)], crops[second % len(crops)]
    image = under(weather, soil, crop)
    held = shifted(image) if within else image
    clear = [
        (observe(under(dataclasses.replace(weather, haze=0, cloud=0, snow=0), s, c)), 0)
        for s, c in ((soil, crop), (soils[(first + 1) % len(soils)], crop), (soil, crops[0]))
    ]
    assert alone(held) in {None, truth(within)}
    assert compared(held, [*record, *clear]) in {None, truth(within)}


@pytest.mark.parametrize("within", ORIGINS)
@given(weather=WEATHERS)
def test_a_desert_is_not_corrected_for_its_dust(
    desert: Image, weather: Weather, *, within: bool
) -> None:
    """The real Sahara under haze and thin cloud, beside itself under a clear sky."""
    image = {
        band: values
        if band == SCL
        else np.where(values > 0, veiled(weather, band, values.astype(float)), 0)
        for band, values in desert.items()
    }
    held = shifted(image) if within else image
    assert alone(held) in {None, truth(within)}
    assert compared(held, [(observe(desert), 0)] * 3) in {None, truth(within)}


def test_a_real_desert_keeps_what_is_declared(desert: Image) -> None:
    for way, (make, within) in PUBLISHED.items():
        image = shifted(desert) if within else desert
        found = settled([make("a")], {"a": observe(image)})["a"]
        if "wrongly" in way or "1000 in it" in way:
            continue
        assert not found.usable or found.counts == (-1000 if within else 0), way
    assert (alone(desert), alone(shifted(desert))) == (None, None)


def test_snow_has_dark_infrared_and_is_never_taken_for_an_offset() -> None:
    chance = np.random.default_rng(3)
    snow = {
        band: chance.normal(level, 80, (64, 64)).clip(1).astype(np.uint16)
        for band, level in SNOW.items()
    }
    assert alone(snow) == 0
    assert alone(shifted(snow)) is None


def test_a_granule_with_water_shows_the_1000_by_itself() -> None:
    """Lakes: 0.03 in the blue to 0.003 in the short-wave infrared."""
    chance = np.random.default_rng(4)
    levels = dict(zip(BANDS, (300, 280, 180, 90, 40, 30), strict=True))
    lake = {band: np.full((64, 64), 3000, np.uint16) for band in BANDS}
    for band, level in levels.items():
        lake[band][:8] = chance.normal(level, 15, (8, 64)).clip(1).astype(np.uint16)
    assert alone(lake) == 0
    assert alone(shifted(lake)) == darkness.OFFSET_COUNTS


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
    assert settled([scene], {})["a"] == Offset(counts, source, usable=True)


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
    found = settled([scene], {})["a"]
    assert not found.usable
    assert found.note is not None
    assert words in found.note.en
    assert found.note.zh


def test_bands_that_declare_differently_contradict_each_other() -> None:
    scene = published("a", offset=-0.1)
    assets = {**scene.assets, "nir": dataclasses.replace(scene.assets["nir"], offset=0.0)}
    assert not settled([dataclasses.replace(scene, assets=assets)], {})["a"].usable


def test_the_files_own_tag_is_a_declaration(desert: Image) -> None:
    seen = observe(shifted(desert), file_offsets=[-0.1])
    assert settled([published("a")], {"a": seen})["a"] == Offset(-1000, "file", usable=True)
    assert not settled([published("a", baseline="02.14")], {"a": seen})["a"].usable


def test_pixels_that_contradict_the_declaration_say_so(fields: tuple[Image, ...]) -> None:
    found = settled([published("a", baseline="05.10", offset=-0.1)], {"a": observe(fields[0])})["a"]
    assert (found.counts, found.source, found.usable) == (0, "pixels", True)
    assert found.note == radiometry.OVERRULED
    agreed = settled([published("a", baseline="02.14")], {"a": observe(fields[0])})["a"]
    assert agreed == Offset(0, "pixels", usable=True)


def test_a_blank_scene_is_set_aside() -> None:
    blank = {band: np.zeros((8, 8), np.uint16) for band in BANDS}
    found = settled([published("a", baseline="02.14")], {"a": observe(blank)})["a"]
    assert not found.usable
    assert found.note == radiometry.BLANK
    assert not settled([published("a", baseline="02.14")], {"a": observe({})})["a"].usable


def alike(fields: tuple[Image, ...], told: int) -> dict[str, Offset]:
    """That many clear dates and a cloudy one, all of them declared to hold the 1000, wrongly."""
    make = PUBLISHED["flag wrongly false"][0]
    clear = [image for image in fields if clear_share(image) > 0.6 and alone(image) == 0][:told]
    assert len(clear) == told
    cloudy = next(image for image in fields if alone(image) is None)
    images = {f"{n:02}": observe(image) for n, image in enumerate([*clear, cloudy])}
    return settled([make(name) for name in images], images)


def test_many_scenes_published_alike_answer_for_the_one_that_cannot(
    fields: tuple[Image, ...],
) -> None:
    found = alike(fields, RULES.kind_scenes)
    assert found[f"{RULES.kind_scenes}"].source == "record"
    assert {offset.counts for offset in found.values()} == {0}


@pytest.mark.parametrize("told", [1, 3, RULES.kind_scenes - 1])
def test_few_scenes_published_alike_only_take_its_declaration_from_it(
    fields: tuple[Image, ...], told: int
) -> None:
    found = alike(fields, told)[f"{told:02}"]
    assert not found.usable
    assert found.note == radiometry.UNRELIABLE


def test_a_blank_scene_under_a_clear_classification_is_set_aside(
    fields: tuple[Image, ...],
) -> None:
    """As T32TMT of 2020-03-25 is: every band 0, SCL 4 and 5, beside scenes to compare with."""
    blank = {**{band: np.zeros((64, 64), np.uint16) for band in BANDS}, SCL: fields[0][SCL]}
    seen = {f"{n}": observe(image) for n, image in enumerate(fields[:12])}
    found = settled([published(name) for name in (*seen, "x")], {**seen, "x": observe(blank)})
    assert found["x"].note == radiometry.BLANK


def test_files_that_are_tagged_differently_contradict_each_other(desert: Image) -> None:
    seen = observe(desert, file_offsets=[-0.1, 0.0])
    assert settled([published("a")], {"a": seen})["a"].note == radiometry.CONTRADICTORY


def test_a_sliver_of_a_swath_says_nothing_by_itself(fields: tuple[Image, ...]) -> None:
    """Fewer pixels than the darkest half percent of which is one."""
    sliver = {b: np.where(np.indices(v.shape)[1] < 3, v, 0) for b, v in fields[0].items()}
    assert alone(fields[0]) == 0
    assert alone(sliver) is None


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
    found = settled([scene], {"a": observe(image)})["a"]
    assert found.counts in {0, -1000}
    assert found.usable == (found.source != "none")
    assert found.usable or found.note is not None
    assert not (alone(image) == 0 == alone(shifted(image)))


@given(st.permutations(list(range(12))))
def test_the_order_of_the_record_changes_nothing(
    fields: tuple[Image, ...], order: list[int]
) -> None:
    ways = list(PUBLISHED.values())
    scenes = [ways[n][0](f"{n}") for n in range(12)]
    seen = {f"{n}": observe(shifted(i) if ways[n][1] else i) for n, i in enumerate(fields[:12])}
    assert settled([scenes[n] for n in order], seen) == settled(scenes, seen)


def test_every_threshold_is_a_rule_with_unit_and_source() -> None:
    text = resources.files("farmland.rules").joinpath("radiometry.toml").read_text("utf-8")
    table = tomllib.loads(text)
    assert list(table) == [field.name for field in dataclasses.fields(RULES)]
    for name, entry in table.items():
        assert set(entry) == {"value", "unit", "source"}, name
        assert len(entry["source"]) > 5, name
    assert set(RULES.reading_order) == set(BANDS)
    assert set(RULES.compared_bands) <= set(BANDS)


def test_a_rules_file_may_override_a_threshold_and_only_one_there_is(tmp_path: Path) -> None:
    plain = resources.files("farmland.rules").joinpath("generic.toml").read_text("utf-8")
    path = tmp_path / "own.toml"
    path.write_text(plain + "\n[radiometry]\nwitnesses = 5\n", "utf-8")
    assert rules.load(path).radiometry == dataclasses.replace(RULES, witnesses=5)
    assert rules.load(path).detection == rules.load().detection
    path.write_text(plain + "\n[radiometry]\nwitness = 5\n", "utf-8")
    with pytest.raises(UnusableInput, match="witnesses is the nearest"):
        rules.load(path)


def one_bright_among_dark(read: tuple[str, ...]) -> Offset:
    """Thirty clear scenes with shade in them, and one of other ground without; its bands read."""
    random = np.random.default_rng(3)
    scenes, seen = [], {}
    for number in range(31):
        counts = random.integers(1200, 3000, (len(BANDS), 96, 96), np.uint16)
        if number:
            counts[:, :4, :40] = 300
        else:
            counts += np.array([500, 900, 300, 1500, 200, 1100], np.uint16)[:, None, None]
        image = {**dict(zip(BANDS, counts, strict=True)), SCL: np.full((48, 48), 5, np.uint8)}
        name = f"{number:02}"
        scenes.append(published(name, baseline="02.14", offset=0.0))
        seen[name] = observe(image if number else {band: image[band] for band in read})
    return settled(scenes, seen)["00"]


def test_a_clear_scene_without_the_dark_pixels_of_all_others_is_set_aside() -> None:
    told = one_bright_among_dark((*BANDS, SCL))
    assert not told.usable
    assert told.note == radiometry.TOO_BRIGHT


def test_a_scene_of_which_telling_bands_stayed_unread_goes_by_what_is_declared() -> None:
    told = one_bright_among_dark(("blue", SCL))
    assert told.usable
    assert (told.counts, told.source) == (0, "item")
