"""The sky over a window: buffers, specks, lonely roofs, and no seam between windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.clear import Sky, margin, sky
from farmland.grid import PIXEL_M

RULES = rules.load("cn").detection
SOIL, CLOUD, SHADOW, NOTHING = 5, 9, 3, 0


def ground(side: int = 81) -> np.ndarray:
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


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 10.0, 20.0]),
    st.sampled_from([0.0, 30.0, 80.0]),
    st.sampled_from([0.0, 40.0, 120.0]),
    st.sampled_from([0.0, 60.0, 150.0]),
    st.sampled_from([0.0, 0.02, 0.25]),
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
    classes = weather(seed, 2 * rim + inner + 12)
    whole = sky(classes, need)
    for shift in (0, 5, 12):
        part = sky(
            classes[shift : shift + 2 * rim + inner, 12 - shift :][:, : 2 * rim + inner], need
        )
        for name in ("clear", "lonely", "seen"):
            image, window = getattr(whole, name), getattr(part, name)
            row, column = shift + rim, 12 - shift + rim
            assert (
                image[row : row + inner, column : column + inner]
                == window[rim : rim + inner, rim : rim + inner]
            ).all()


def test_a_cut_through_a_thin_strip_makes_it_no_cloud() -> None:
    """Opening by more than a pixel reaches beyond the radius in which loneliness is judged."""
    need = replace(
        RULES, cloud_opening=20.0, cloud_buffer=0.0, lonely_radius=150.0, lonely_share=0.0
    )
    snow, classes = 11, ground(61)
    classes[30, 30] = snow
    classes[:, 45:48] = CLOUD
    rim = margin(need)
    window = classes[30 - rim : 31 + rim, 30 - rim : 31 + rim]
    assert sky(classes, need).lonely[30, 30]
    assert sky(window, need).lonely[rim, rim]


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
    got = sky(np.full((9, 9), kind, np.uint8), replace(RULES, cloud_opening=0.0))
    assert got.clear.all() == got.clear.any() == (kind in {4, 5, 6, 7})


@pytest.mark.parametrize(
    ("kind", "buffer"), [(CLOUD, RULES.cloud_buffer), (SHADOW, RULES.shadow_buffer)]
)
def test_cloud_and_shadow_reach_over_their_edge(kind: int, buffer: float) -> None:
    classes = ground()
    classes[38:43, 38:43] = kind
    got = sky(classes, RULES).clear
    reach = round(buffer / PIXEL_M)
    expected = np.ones_like(got)
    expected[38 - reach : 43 + reach, 38 - reach : 43 + reach] = False
    assert (got == expected).all()


def test_a_speck_of_cloud_reaches_nowhere() -> None:
    """One pixel of 20 m on bright soil is not a cloud, but it is not clear either."""
    classes = ground()
    classes[40:42, 40:42] = CLOUD
    got = sky(classes, RULES)
    assert got.clear.sum() == classes.size - 4
    assert got.lonely.sum() == 4


def roof_and_cloud() -> tuple[Sky, Sky]:
    """A roof of 60 m under a blue sky, and the same place under a bank of cloud."""
    roof, bank = ground(), ground()
    roof[38:44, 38:44] = CLOUD
    bank[:, :60] = CLOUD
    return sky(roof, RULES), sky(bank, RULES)


def test_a_roof_is_lonely_and_a_bank_of_cloud_is_not() -> None:
    roof, bank = roof_and_cloud()
    assert roof.lonely[38:44, 38:44].all()
    assert not bank.lonely[38:44, 38:44].any()
    assert not roof.clear[38:44, 38:44].any()


def test_what_stands_among_shadows_is_not_lonely() -> None:
    classes = ground()
    classes[38:44, 38:44] = CLOUD
    classes[:36] = SHADOW
    assert not sky(classes, RULES).lonely[40, 40]


def test_the_rules_decide_how_lonely_is_lonely() -> None:
    classes = ground()
    classes[38:44, 38:44] = CLOUD
    assert not sky(classes, replace(RULES, lonely_share=0.0)).lonely.any()
    assert sky(classes, replace(RULES, lonely_share=1.0)).lonely[40, 40]


def test_ground_without_data_is_no_clear_sky() -> None:
    """At the edge of a swath the share of cloud is that of what was seen."""
    classes = ground()
    classes[:, :34] = NOTHING
    classes[:, 46:] = NOTHING
    classes[36:, 34:46] = CLOUD
    assert not sky(classes, RULES).lonely.any()


def test_an_image_of_nothing_is_neither_clear_nor_lonely() -> None:
    got = sky(np.zeros((5, 4), np.uint8), RULES)
    assert not (got.clear | got.lonely | got.seen).any()
    assert got.clear.shape == (5, 4)
