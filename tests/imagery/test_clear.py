"""The sky over a window: buffers, specks, lonely roofs, and no seam between windows.

Lengths in these tests are cells of 20 m: a buffer of 80 m is four of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import oracles
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.imagery.clear import Sky, margin, sky

RULES = rules.load("cn").detection
SOIL, CLOUD, SHADOW, SNOW, NOTHING = 5, 9, 3, 11, 0
APART_ANYHOW, APART_FOR_REAL = 0.05, 0.01
"""Share of a window in which squares of 1010 m (10 m grid) and 1020 m may judge loneliness apart:
blocks of weather strewn at random, and real scenes (0.006 seen, 0.0001 on average)."""


def ground(side: int = 61) -> np.ndarray:
    return np.full((side, side), SOIL, np.uint8)


def weather(seed: int, side: int) -> np.ndarray:
    """Ground with blocks of every class of every size, and a rim without data."""
    random = np.random.default_rng(seed)
    classes = random.choice(np.array([4, 5, 6, 7], np.uint8), (side, side))
    for _ in range(random.integers(0, 12)):
        row, column = random.integers(0, side, 2)
        height, width = random.integers(1, 15, 2)
        kind = random.choice(np.array([0, 1, 2, 3, 8, 9, 10, 11], np.uint8))
        classes[row : row + height, column : column + width] = kind
    classes[:, : random.integers(0, side // 4)] = NOTHING
    return classes


def fine(cells: np.ndarray) -> np.ndarray:
    """Cells of 20 m on pixels of 10 m."""
    return cells.repeat(2, 0).repeat(2, 1)


def agree(classes: np.ndarray, answer: tuple[np.ndarray, ...]) -> float:
    """Share of pixels in which lonely differs from an answer at 10 m; all else must be equal."""
    got = sky(classes, RULES)
    assert (fine(got.clear) == answer[0]).all()
    assert (fine(got.seen) == answer[2]).all()
    return float((fine(got.lonely) != answer[1]).mean())


# --- the grid of 10 m and that of 20 m ---------------------------------------


@given(st.integers(0, 2**32 - 1))
def test_cells_of_20_m_are_judged_as_their_pixels_of_10_m_were(seed: int) -> None:
    classes = weather(seed, 48)
    assert agree(classes, oracles.sky_at_10m(fine(classes), RULES)) <= APART_ANYHOW


def flanders(shared: Path) -> dict[str, np.ndarray]:
    """SCL by day; the scenes show 32 x 32 cells."""
    found = {}
    for path in sorted((shared / "data" / "s2_flanders_2018_2019" / "scenes").glob("*/scl.tif")):
        with rasterio.open(path) as file:
            found[path.parent.name.split("_")[1]] = file.read(1)
    assert len(found) == 72
    return found


def test_real_classifications_too(shared: Path) -> None:
    with rasterio.open(shared / "data" / "cog_29RKH" / "SCL.tif") as file:
        desert = file.read(1)
    apart = [
        agree(classes, oracles.sky_at_10m(fine(classes), RULES))
        for classes in (*flanders(shared).values(), desert)
    ]
    assert max(apart) <= APART_FOR_REAL
    assert np.mean(apart) <= APART_FOR_REAL / 10


def test_lengths_are_rounded_up_to_whole_cells() -> None:
    classes = weather(7, 60)
    odd = replace(RULES, cloud_buffer=61.0, shadow_buffer=25.0, lonely_radius=481.0)
    first, second = sky(classes, odd), sky(classes, RULES)
    assert (first.clear == second.clear).all()
    assert (first.lonely == second.lonely).all()
    assert margin(odd) == margin(RULES) == 26


# --- windows -----------------------------------------------------------------


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 10.0, 20.0, 50.0]),
    st.sampled_from([0.0, 60.0, 160.0]),
    st.sampled_from([0.0, 80.0, 240.0]),
    st.sampled_from([0.0, 120.0, 300.0]),
    st.sampled_from([0.0, 0.02, 0.25, 1.0]),
)
def test_a_padded_window_is_judged_as_the_whole_image(
    seed: int, opening: float, cloud: float, shadow: float, lonely: float, share: float
) -> None:
    """Guarantee 1: the answer does not depend on how the image was cut."""
    need = replace(
        RULES,
        cloud_opening=opening,
        cloud_buffer=cloud,
        shadow_buffer=shadow,
        lonely_radius=lonely,
        lonely_share=share,
    )
    rim, inner = margin(need), 9
    side = 2 * rim + inner
    classes = weather(seed, side + 12)
    whole = sky(classes, need)
    for shift in (0, 5, 12):
        part = sky(classes[shift : shift + side, 12 - shift :][:, :side], need)
        row, column = shift + rim, 12 - shift + rim
        for name in ("clear", "lonely", "seen"):
            image, window = getattr(whole, name), getattr(part, name)
            cut = image[row : row + inner, column : column + inner]
            assert (cut == window[rim : rim + inner, rim : rim + inner]).all()


def test_a_cut_through_a_thin_strip_makes_it_no_cloud() -> None:
    """Opening by more than a cell reaches beyond the radius in which loneliness is judged."""
    need = replace(
        RULES, cloud_opening=20.0, cloud_buffer=0.0, lonely_radius=300.0, lonely_share=0.0
    )
    classes = ground(81)
    classes[40, 40] = SNOW
    classes[:, 55:57] = CLOUD
    rim = margin(need)
    window = classes[40 - rim : 41 + rim, 40 - rim : 41 + rim]
    assert sky(classes, need).lonely[40, 40]
    assert sky(window, need).lonely[rim, rim]


# --- what is clear -----------------------------------------------------------


@given(st.integers(0, 2**32 - 1))
def test_what_is_lonely_is_seen_and_not_clear(seed: int) -> None:
    classes = weather(seed, 60)
    got = sky(classes, RULES)
    assert not (got.lonely & got.clear).any()
    assert not (got.lonely & ~got.seen).any()
    assert not (got.clear & ~got.seen).any()
    assert (got.seen == (classes != NOTHING)).all()
    assert not (got.clear & ~np.isin(classes, [4, 5, 6, 7])).any()


@pytest.mark.parametrize("kind", range(12))
def test_four_classes_are_clear(kind: int) -> None:
    """Vegetation, not vegetated, water and unclassified (DESIGN 2)."""
    for classes in (np.full((9, 9), kind, np.uint8), ground(30)):
        classes[:9, :9] = kind
        got = sky(classes, replace(RULES, cloud_opening=0.0)).clear[:9, :9]
        assert got.all() == got.any() == (kind in {4, 5, 6, 7})


@pytest.mark.parametrize(
    ("kind", "reach"), [(CLOUD, 4), (SHADOW, 2), (SNOW, 0)], ids=["cloud", "shadow", "snow"]
)
def test_cloud_and_shadow_reach_over_their_edge(kind: int, reach: int) -> None:
    classes = ground()
    classes[28:31, 28:31] = kind
    expected = np.ones_like(classes, np.bool_)
    expected[28 - reach : 31 + reach, 28 - reach : 31 + reach] = False
    assert (sky(classes, RULES).clear == expected).all()


@pytest.mark.parametrize("kind", [CLOUD, SHADOW])
def test_a_speck_of_cloud_reaches_nowhere(kind: int) -> None:
    """A cell or a line of cells on bright soil is not a cloud, but it is not clear either."""
    classes = ground()
    classes[40, 10:50] = kind
    got = sky(classes, RULES)
    assert got.clear.sum() == classes.size - 40
    assert got.lonely.sum() == 40


def test_an_image_of_nothing_is_neither_clear_nor_lonely() -> None:
    got = sky(np.zeros((5, 4), np.uint8), RULES)
    assert not (got.clear | got.lonely | got.seen).any()
    assert got.clear.shape == (5, 4)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("kind", [SOIL, CLOUD, NOTHING, 2])
def test_a_window_of_one_class_is_answered_as_one_of_many(kind: int, share: float) -> None:
    """The short ways say what the long way says of the middle."""
    need = replace(RULES, lonely_share=share)
    rim = margin(need)
    whole = np.full((2 * rim + 5, 2 * rim + 5), kind, np.uint8)
    several = whole.copy()
    several[0, 0], several[-1, -1] = CLOUD, SOIL
    short, long = sky(whole, need), sky(several, need)
    middle = np.s_[rim:-rim, rim:-rim]
    for name in ("clear", "lonely", "seen"):
        assert (getattr(short, name)[middle] == getattr(long, name)[middle]).all()


# --- what is lonely ----------------------------------------------------------


def roof_and_cloud() -> tuple[Sky, Sky]:
    """A roof of 60 m under a blue sky, and the same place under a bank of cloud."""
    roof, bank = ground(), ground()
    roof[28:31, 28:31] = CLOUD
    bank[:, :40] = CLOUD
    return sky(roof, RULES), sky(bank, RULES)


def test_a_roof_is_lonely_and_a_bank_of_cloud_is_not() -> None:
    roof, bank = roof_and_cloud()
    assert roof.lonely[28:31, 28:31].all()
    assert not roof.clear[28:31, 28:31].any()
    assert not bank.lonely[28:31, 28:31].any()


@pytest.mark.parametrize(("side", "lonely"), [(25, True), (26, False)])
def test_a_block_of_roofs_may_fill_a_quarter_of_the_surroundings(side: int, lonely: bool) -> None:
    """500 m x 500 m of 1020 m x 1020 m."""
    classes = ground(120)
    classes[40 : 40 + side, 40 : 40 + side] = CLOUD
    assert sky(classes, RULES).lonely[52, 52] == lonely


@pytest.mark.parametrize("kind", [SHADOW, SNOW], ids=["shadows", "snow"])
def test_what_stands_among_shadows_or_snow_is_not_lonely(kind: int) -> None:
    classes = ground()
    classes[28:31, 28:31] = CLOUD
    classes[:27] = kind
    assert not sky(classes, RULES).lonely[29, 29]


def test_a_deck_of_cloud_called_snow_is_not_lonely(shared: Path) -> None:
    """All of Flanders on 2018-11-12: cloud by its brightness, snow by its class."""
    classes = flanders(shared)["20181112"]
    assert (classes == SNOW).mean() > 0.9
    assert not sky(classes, RULES).lonely.any()


def test_the_rules_decide_how_lonely_is_lonely() -> None:
    classes = ground()
    classes[28:31, 28:31] = CLOUD
    assert not sky(classes, replace(RULES, lonely_share=0.0)).lonely.any()
    assert sky(classes, replace(RULES, lonely_share=1.0)).lonely[29, 29]


def test_ground_without_data_is_no_clear_sky() -> None:
    """At the edge of a swath the share of cloud is that of what was seen."""
    classes = ground()
    classes[:, :24] = NOTHING
    classes[:, 36:] = NOTHING
    classes[26:, 24:36] = CLOUD
    assert not sky(classes, RULES).lonely.any()
