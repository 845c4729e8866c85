"""Crop systems of drawn curves: named by regional calendars, or by their shape alone."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmland import layers
from farmland.detect import cropping, likeness, shapes, templates
from farmland.detect.cropping import Cropping
from farmland.detect.likeness import Seen
from farmland.kernels import warping
from farmland.rules import calendars

YEARS = 3
ROWS = ("ndvi", "water", "yellow")
Peaks = tuple[tuple[int, float], ...]
"""Day of the year and NDVI of each canopy of a year."""

PLAIN, YANGTZE, SOUTH, NORTHEAST = (116.0, 35.0), (113.2, 30.3), (110.3, 23.2), (126.6, 46.4)
FLANDERS, PAMPAS, EQUATOR = (5.2, 51.0), (-61.0, -34.0), (33.5, 4.8)

WHEAT_MAIZE: Peaks = ((112, 0.80), (222, 0.85))
WHEAT: Peaks = ((98, 0.78), (25, 0.42), (345, 0.35))
RAPESEED: Peaks = ((80, 0.72), (25, 0.6), (340, 0.55))
RICE: Peaks = ((232, 0.85),)


def days(years: float = YEARS, step: int = 5) -> np.ndarray:
    first = np.datetime64("2020-10-01").astype("datetime64[D]").astype(int)
    return np.arange(first, first + int(years * 365.25), step, dtype=np.int32)


def season(when: np.ndarray) -> np.ndarray:
    """Day of the year."""
    date = when.astype("datetime64[D]")
    return (date - date.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1


def curve(when: np.ndarray, peaks: Peaks, low: float = 0.18, width: float = 26) -> np.ndarray:
    ndvi = np.full(when.size, low)
    for day, high in peaks:
        gap = (season(when) - day + 182) % 365 - 182
        ndvi = np.maximum(ndvi, low + (high - low) * np.exp(-((gap / width) ** 2)))
    return ndvi.astype(np.float32)


def field(
    peaks: Peaks,
    *,
    low: float = 0.18,
    width: float = 26,
    flood: tuple[int, int] = (0, 0),
    yellow: tuple[int, int] = (0, 0),
    years: float = YEARS,
    step: int = 5,
) -> Seen:
    """Looks every few days; standing water and yellow flower from and to days of the year."""
    when = days(years, step)
    day = season(when)
    under = (day >= flood[0]) & (day < flood[1])
    flowers = (day >= yellow[0]) & (day < yellow[1])
    ndvi = curve(when, peaks, low, width)
    return Seen(
        when,
        np.where(under, np.minimum(ndvi, 0.1), ndvi).astype(np.float32)[None],
        np.where(under, 0.15, -0.45).astype(np.float32)[None],
        np.where(flowers, 0.2, 0.0).astype(np.float32)[None],
    )


def grown(seen: Seen, place: tuple[float, float]) -> Cropping:
    """Name one field."""
    region = calendars.load().at(*place)
    (got,) = cropping.patterns(seen, region, np.array([place[1]]))
    return got


def without(seen: Seen, looks: np.ndarray) -> Seen:
    """A field that was not seen on some looks."""
    return replace(seen, ndvi=np.where(looks, np.float32(np.nan), seen.ndvi))


def thinned(seen: Seen, share: float, seed: int = 4) -> Seen:
    return without(seen, np.random.default_rng(seed).random(seen.days.size) >= share)


# --- with a calendar -----------------------------------------------------------


SYSTEMS = [
    (PLAIN, field(WHEAT_MAIZE), "wheat_maize"),
    (PLAIN, field(((112, 0.80),)), "winter_crop"),
    (PLAIN, field(((225, 0.80),), width=22), "summer_crop"),
    (PLAIN, field(((205, 0.80),), width=38), "spring_crop"),
    (YANGTZE, field(WHEAT + RICE, flood=(150, 180)), "wheat_rice"),
    (YANGTZE, field(RAPESEED + RICE, flood=(150, 180), yellow=(68, 92)), "rapeseed_rice"),
    (YANGTZE, field(RAPESEED, yellow=(68, 92)), "rapeseed"),
    (YANGTZE, field(RICE, flood=(150, 180)), "single_rice"),
    (YANGTZE, field(((166, 0.8), (258, 0.8)), flood=(100, 125)), "double_rice"),
    (SOUTH, field(((148, 0.8), (270, 0.8)), flood=(80, 102)), "double_rice"),
    (NORTHEAST, field(((214, 0.8),), flood=(128, 158)), "single_rice"),
    (NORTHEAST, field(((214, 0.8),)), "spring_crop"),
]


@pytest.mark.parametrize(
    ("place", "seen", "name"), SYSTEMS, ids=[f"{name}-{place[1]}" for place, _, name in SYSTEMS]
)
def test_a_system_is_named_after_its_calendar(
    place: tuple[float, float], seen: Seen, name: str
) -> None:
    got = grown(seen, place)
    assert got.name == name
    assert [year.name for year in got.years] == [name] * 3
    assert [year.ends for year in got.years][-1] == 2023
    assert got.cropped


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1), st.sampled_from([PLAIN, YANGTZE, FLANDERS]))
def test_a_field_bears_its_name_in_any_company(
    seed: int, share: float, place: tuple[float, float]
) -> None:
    """Fields of a cell are named together: each as it would be alone, from its own looks."""
    fields = [thinned(seen, share, seed + n) for n, (_, seen, _) in enumerate(SYSTEMS)]
    fields += [field((), low=0.6), field((), low=0.1), thinned(field(WHEAT), 0.0)]
    rows = (np.concatenate([getattr(one, k) for one in fields]) for k in ROWS)
    latitudes = np.full(len(fields), place[1])
    region = calendars.load().at(*place)
    together = cropping.patterns(Seen(fields[0].days, *rows), region, latitudes)
    for got, one in zip(together, fields, strict=True):
        assert repr(got) == repr(grown(one.alone(0), place))


def test_half_of_the_looks_tell_the_same() -> None:
    """Clouds take looks away: what is left still says wheat and maize, or nothing."""
    for seed in range(5):
        got = grown(thinned(field(WHEAT_MAIZE), 0.4, seed), PLAIN)
        assert got.name == "wheat_maize"


@pytest.mark.parametrize("late", [-15, 15])
def test_a_late_year_is_the_same_year(late: int) -> None:
    """Windows move by 10 to 15 days (DOMAIN 5)."""
    moved: Peaks = tuple((day + late, high) for day, high in WHEAT_MAIZE)
    assert grown(field(moved), PLAIN).name == "wheat_maize"


def test_short_cycles_that_fit_no_calendar_are_vegetables() -> None:
    peaks = tuple((day, 0.75) for day in (30, 95, 155, 215, 275, 335))
    got = grown(field(peaks, width=16), PLAIN)
    assert got.name == "vegetable"


def test_rice_whose_flood_went_unseen_is_called_by_what_it_shares() -> None:
    """Clouds from April to the end of June hide whether the summer crop was rice."""
    seen = field(((232, 0.85),), flood=(150, 180))
    day = season(seen.days)
    seen = without(seen, (day >= 85) & (day <= 183))
    assert grown(seen, YANGTZE).name in {"single_rice", "single_crop", "summer_crop"}


def test_one_odd_year_is_named_and_does_not_name_the_whole() -> None:
    wheat, maize_only = field(WHEAT_MAIZE), field(((225, 0.8),), width=22)
    odd = (wheat.days >= wheat.days[0] + 365) & (wheat.days < wheat.days[0] + 730)
    seen = replace(wheat, ndvi=np.where(odd, maize_only.ndvi, wheat.ndvi))
    got = grown(seen, PLAIN)
    assert [year.name for year in got.years] == ["wheat_maize", "summer_crop", "wheat_maize"]
    assert got.name == "wheat_maize"


def test_few_looks_leave_it_unknown() -> None:
    got = grown(field(WHEAT_MAIZE, step=60), PLAIN)
    assert got.name == "unknown"
    assert got.years == ()
    assert got.cropped


def test_a_year_with_a_hidden_season_has_no_name() -> None:
    seen = field(WHEAT_MAIZE, years=1)
    day = season(seen.days)
    assert grown(without(seen, (day >= 60) & (day <= 200)), PLAIN).years == ()


# --- without one ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "seen", "name"),
    [
        (FLANDERS, field(((140, 0.9),), width=55), "winter_crop"),
        (FLANDERS, field(((215, 0.9),), width=35), "spring_crop"),
        (FLANDERS, field(((340, 0.85), (215, 0.9)), width=35), "spring_crop"),
        (FLANDERS, field(((130, 0.92), (232, 0.85)), low=0.56, width=40), "grassland"),
        (PAMPAS, field(((33, 0.9),), width=35), "spring_crop"),
        (PAMPAS, field(((295, 0.85),), width=45), "winter_crop"),
        (EQUATOR, field(((110, 0.8), (290, 0.8)), width=55), "double_crop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_elsewhere_the_shape_gives_the_name(
    place: tuple[float, float], seen: Seen, name: str
) -> None:
    assert calendars.load().at(*place) is None
    assert grown(seen, place).name == name


@pytest.mark.parametrize("low", [0.05, 0.15, 0.3])
@pytest.mark.parametrize("place", [PLAIN, FLANDERS])
def test_bare_land_was_never_cropped(low: float, place: tuple[float, float]) -> None:
    got = grown(field((), low=low), place)
    assert got.name == "none"
    assert not got.cropped


def test_trees_over_a_year_were_never_cropped() -> None:
    assert grown(field(((200, 0.75),), low=0.62), PLAIN).name == "none"


def test_less_than_a_year_of_green_is_not_called_trees() -> None:
    """Wheat in its season is never bare either."""
    assert grown(field((), low=0.6, years=0.5), PLAIN).cropped


def test_no_looks_leave_it_unknown() -> None:
    got = grown(field((), years=0), PLAIN)
    assert got.name == "unknown"
    assert got.cropped
    assert math.isnan(got.peak)


def test_every_name_has_words_in_both_languages() -> None:
    known = calendars.load()
    names = {system.name for region in known.regions for system in region.systems}
    names |= set(known.likenesses) | {"grassland", "vegetable", "irregular", "triple_crop"}
    for layer, column in (("parcels", "cropping"), ("conversions", "cover_before")):
        meanings = layers.LAYERS[layer].column(column).meanings
        assert names - set(meanings) == set()


def test_real_parcels_of_flanders_are_named_by_their_shape(shared) -> None:
    """Monthly medians from 2020-08 to 2021-11 with WorldCereal's codes of the register."""
    named = monthly(shared / "data" / "worldcereal" / "flanders2021_100parcels_monthly.parquet")
    maize = [got.name for code, got in named if code == 1101060000]
    grass = [got for code, got in named if code == 2001020000]
    wheat = [got.name for code, got in named if code in {1101010001, 1101020001}]
    assert maize.count("spring_crop") >= 9
    assert len(maize) == 12
    assert wheat.count("winter_crop") >= 2
    assert sum(got.name in {"grassland", "none"} for got in grass) >= 20
    assert len(grass) == 28


def monthly(path) -> list[tuple[int, Cropping]]:
    table = pd.read_parquet(path)
    seen = table[table["S2-L2A-B08"] < 65535].sort_values("timestamp")
    named = []
    for _, rows in seen.groupby("sample_id"):
        nir, red = (rows[f"S2-L2A-B{band}"].to_numpy(np.float32) for band in ("08", "04"))
        when = rows["timestamp"].to_numpy().astype("datetime64[D]").astype(np.int32) + 14
        nothing = np.zeros(when.size, np.float32)
        looks = Seen(when, ((nir - red) / (nir + red))[None], nothing[None] - 0.4, nothing[None])
        place = (float(rows["lon"].iloc[0]), float(rows["lat"].iloc[0]))
        named.append((int(rows["ewoc_code"].iloc[0]), grown(looks, place)))
    return named


# --- what prices rest on --------------------------------------------------------


def test_a_worked_year() -> None:
    """Looks that lie on the curve itself cost what the shortest delay costs, and their seasons."""
    region = calendars.load().at(*PLAIN)
    assert region is not None
    start = int(np.datetime64("2021-10-01").astype(int))
    curves = templates.of_region(region)
    number = [one.name for one in curves.systems].index("winter_crop")
    when = np.arange(start, start + 365, 15, dtype=np.int32)
    shown = templates.between(curves.curves[[number]], start, 365)[0, ::3][: when.size]
    green = shown[None, :, templates.GREEN]
    seen = Seen(when, 0.2 + 0.6 * green, np.full_like(green, -0.5), 0 * green)
    scale = np.array([[0.2, 0.8]])
    looks, weight = likeness.along(seen, region, start, scale)
    assert looks[number] == pytest.approx(np.full(when.size, 0.0052), abs=2e-3)
    got = likeness.prices(seen, region, start, scale)
    assert got.totals[0, number] == pytest.approx(looks[number] @ weight + 0.008, rel=1e-5)
    by_name = dict(zip(got.names, got.least[0], strict=True))
    assert by_name["winter_crop"] == pytest.approx(0.0052 + 0.008, abs=2e-3)
    assert min(by_name, key=lambda name: by_name[name]) == "winter_crop"


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_spells_share_the_time_out(gaps: list[int]) -> None:
    when = np.cumsum([0, *gaps]).astype(np.int32)
    share = warping.spells(when, likeness.SPELL)
    assert share.sum() == pytest.approx(1, abs=1e-5)
    half = np.minimum(np.array(gaps) / 2, likeness.SPELL)
    assert share[1:] / share[:1] == pytest.approx(
        (half + np.append(half[1:], likeness.SPELL)) / (likeness.SPELL + half[0]), rel=1e-5
    )


def test_a_hazy_day_flowers_on_no_field() -> None:
    """What every canopy of a day has more of is the air's; what one has more of is its own."""
    ndvi = np.full((8, 3), 0.7, np.float32)
    ndyi = np.full((8, 3), 0.276, np.float32)
    ndyi[:, 1] += 0.2
    ndyi[5, 2] += 0.2
    yellow = likeness.yellowness(ndvi, ndyi)
    assert yellow[:, :2] == pytest.approx(0, abs=1e-6)
    assert yellow[5, 2] == pytest.approx(0.2, abs=1e-6)


@given(st.floats(0.01, 0.6), st.floats(0.01, 0.6), st.floats(0.01, 0.6))
def test_yellow_is_green_over_blue_whatever_red_is(blue: float, green: float, red: float) -> None:
    ratios = [np.array([(band - red) / (band + red)], np.float32) for band in (green, blue)]
    expected = (green - blue) / (green + blue)
    assert likeness.ndyi(*ratios)[0] == pytest.approx(expected, abs=1e-3)


# --- cycles --------------------------------------------------------------------


def test_a_winter_crop_that_still_stands_is_a_cycle() -> None:
    """The record ends in April, before the harvest."""
    when = days(1.57)
    ndvi = curve(when, WHEAT_MAIZE)
    peaks = shapes.cycle_peaks(ndvi)
    assert len(peaks) == 3
    assert when[peaks[-1]] % 365.25 == pytest.approx(108, abs=6)


def test_a_record_that_begins_under_a_canopy_counts_it_once_it_grew() -> None:
    when = np.arange(0, 200, 5, dtype=np.int32)
    falling = np.linspace(0.8, 0.1, when.size).astype(np.float32)
    assert shapes.cycle_peaks(falling) in ([], [0], [1])


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.05))
def test_noise_under_the_fall_makes_no_cycle(seed: int, noise: float) -> None:
    when = days()
    ndvi = curve(when, WHEAT_MAIZE)
    ndvi += np.random.default_rng(seed).uniform(-noise, noise, when.size).astype(np.float32)
    assert len(shapes.cycle_peaks(ndvi)) == 6


@given(st.integers(0, 2**32 - 1))
def test_gaps_between_peaks_make_no_cycle(seed: int) -> None:
    """Clouds take looks away: never do they add a canopy."""
    when = days()
    kept = np.random.default_rng(seed).random(when.size) < 0.4
    kept[:2] = True
    ndvi = curve(when, WHEAT_MAIZE)
    assert len(shapes.cycle_peaks(ndvi[kept])) <= 6


@given(st.lists(st.floats(-0.25, 1, width=32), min_size=1, max_size=40))
def test_peaks_are_canopies_in_order_with_a_fall_between(values: list[float]) -> None:
    ndvi = np.array(values, np.float32)
    peaks = shapes.cycle_peaks(ndvi)
    assert peaks == sorted(set(peaks))
    assert all(ndvi[t] >= np.float32(shapes.CANOPY) for t in peaks)
    for first, second in itertools.pairwise(peaks):
        valley = ndvi[first : second + 1].min()
        assert min(ndvi[first], ndvi[second]) - valley >= np.float32(shapes.FALL) - 1e-6


@given(st.integers(1, 40), st.floats(-1, 1, width=32), st.sampled_from([PLAIN, FLANDERS]))
def test_any_record_has_a_name(looks: int, ndvi: float, place: tuple[float, float]) -> None:
    level = np.full(looks, ndvi, np.float32)
    when = 18_000 + 10 * np.arange(looks, dtype=np.int32)
    got = grown(Seen(when, level[None], level[None] - 0.5, 0 * level[None]), place)
    assert got.name in {"none", "irregular", "unknown", "grassland"}
