"""Rescue of roofs called cloud, and looks that leap out of their neighbours in time."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.kernels.clearing import drop_spikes, rescue

LEAST, SHARE = 4, 0.7
RISE, FALL, REACH, KEEP = 300, 0.6, 40, 2

SOIL = (900, 1100, 1300, 1900, 2600, 2200)
HAZE = (1900, 1900, 2000, 2500, 2800, 2400)
SHADOW = (500, 600, 700, 700, 900, 800)
ROOF = (3200, 3300, 3400, 3600, 3500, 3200)


@st.composite
def skies(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    states = draw(
        hnp.arrays(
            np.int8, st.tuples(st.integers(1, 3), st.integers(0, 14)), elements=st.integers(0, 2)
        )
    )
    return states == 1, states == 2


@given(skies(), st.integers(1, 5), st.sampled_from([0.25, 0.5, 0.75]))
def test_rescue_is_what_it_says(
    sky: tuple[np.ndarray, np.ndarray], least: int, share: float
) -> None:
    assert (rescue(*sky, least, share) == oracles.rescue(*sky, least, share)).all()


@given(skies())
def test_rescue_takes_nothing_away_and_invents_nothing(sky: tuple[np.ndarray, np.ndarray]) -> None:
    clear, lonely = sky
    kept = clear.copy()
    got = rescue(clear, lonely, LEAST, SHARE)
    assert (got >= clear).all()
    assert (got <= (clear | lonely)).all()
    assert (clear == kept).all()


def series(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Clear and lonely (1, t) of a line of c = clear, l = lonely, . = overcast."""
    states = np.array([list(text)])
    return states == "c", states == "l"


@pytest.mark.parametrize(
    ("sky", "kept"),
    [
        ("cc.cllll", "cc.c.lll"),  # a new roof, from its second date on
        ("llll", ".lll"),  # a roof of always
        ("ccclll", "ccc..."),  # too few dates yet
        ("clcclcclcclc", "c.cc.cc.cc.c"),  # now and then a small cloud
        ("llllcccccccc", "....cccccccc"),  # a weather that passed
        ("lllclllcll", ".llclllcll"),  # called cloud on most dates
        ("lclclclclc", ".c.c.c.c.c"),  # on every second date: it is seen on the others
        ("c.l..l.l...l", "c....l.l...l"),  # what is overcast says nothing
        ("", ""),
    ],
)
def test_what_is_rescued(sky: str, kept: str) -> None:
    clear, lonely = series(sky)
    got = rescue(clear, lonely, LEAST, SHARE)[0]
    assert got.tolist() == [state != "." for state in kept]


@given(skies(), st.integers(1, 5), st.sampled_from([0.25, 0.5, 0.75]))
def test_what_is_seldom_or_never_lonely_is_not_rescued(
    sky: tuple[np.ndarray, np.ndarray], least: int, share: float
) -> None:
    """What is rescued has a lonely look before it from which ``least`` and ``share`` are met."""
    clear, lonely = sky
    got = rescue(clear, lonely, least, share)
    for p, t in zip(*np.nonzero(got & ~clear), strict=True):
        starts = [s for s in range(t) if lonely[p, s]]
        assert any(
            lonely[p, s:].sum() >= max(least, share * (lonely | clear)[p, s:].sum()) for s in starts
        )


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.3), st.integers(20, 80))
def test_clouds_that_come_and_go_are_not_taken_for_a_roof(
    seed: int, cloudiness: float, looks: int
) -> None:
    """Small clouds that strike at random: four in the last five looks are needed to be rescued."""
    random = np.random.default_rng(seed)
    lonely = random.random((400, looks)) < cloudiness
    rescued = (rescue(~lonely, lonely, LEAST, SHARE) & lonely).any(axis=1)
    expected = 400 * 6 * cloudiness**LEAST
    assert rescued.sum() <= expected + 4 * np.sqrt(expected) + 2


def dropped(spectra: list[tuple[int, ...]], days: list[int] | None = None) -> list[int]:
    """Looks that are removed from one pixel, seen every five days."""
    values = np.array([spectra], np.int16)
    clear = np.ones(values.shape[:2], np.bool_)
    when = np.array(days or range(0, 5 * len(spectra), 5), np.int32)
    count = drop_spikes(values, clear, when, RISE, FALL, REACH, KEEP)
    gone = np.flatnonzero(~clear[0]).tolist()
    assert count == len(gone)
    return gone


def test_a_single_look_of_haze_or_shadow_goes() -> None:
    assert dropped([SOIL, SOIL, HAZE, SOIL, SOIL, SOIL]) == [2]
    assert dropped([SOIL, SOIL, SHADOW, SOIL, SOIL, SOIL]) == [2]


def test_haze_on_the_first_look_goes() -> None:
    assert dropped([HAZE, SOIL, SOIL, SOIL]) == [0]


def test_haze_on_the_newest_looks_stays() -> None:
    assert dropped([SOIL, SOIL, SOIL, HAZE]) == []
    assert dropped([SOIL, SOIL, HAZE, SOIL]) == []


def test_a_bright_roof_that_lasts_stays() -> None:
    for first in range(7):
        assert dropped([SOIL] * first + [ROOF] * (8 - first)) == []


def test_two_looks_of_haze_at_once_are_beyond_this() -> None:
    assert dropped([SOIL, SOIL, HAZE, HAZE, SOIL, SOIL]) == []


def test_a_dropped_look_bears_no_witness() -> None:
    """The second look of haze is judged by the soil before the first."""
    assert dropped([SOIL, HAZE, SOIL, HAZE, SOIL, SOIL, SOIL]) == [1, 3]


def test_far_looks_bear_no_witness() -> None:
    assert dropped([SOIL, HAZE, SOIL, SOIL, SOIL], [0, 45, 90, 95, 100]) == []


@given(st.integers(0, 2**32 - 1), st.integers(0, 10))
def test_dropping_only_unsets_clear_looks_and_never_the_newest(seed: int, keep: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(100, 4000, (4, 12, 6)).astype(np.int16)
    before = random.random((4, 12)) < 0.7
    after = before.copy()
    days = np.sort(random.choice(150, 12, replace=False)).astype(np.int32)
    count = drop_spikes(values, after, days, RISE, FALL, REACH, max(keep, KEEP))
    assert count == before.sum() - after.sum()
    assert (after <= before).all()
    for p in range(4):
        newest = np.flatnonzero(before[p])[-max(keep, KEEP) :]
        assert after[p, newest].all()


@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(1, 3), st.sampled_from([1, 2, 5]))
def test_a_change_in_the_newest_looks_stays_however_close_they_are(
    seed: int, keep: int, young: int, step: int
) -> None:
    """Something new on the last one to three looks, days apart, after random ground."""
    random = np.random.default_rng(seed)
    values = random.integers(100, 4000, (20, 12, 6)).astype(np.int16)
    values[:, -young:] = random.integers(0, 10000, (20, 1, 6))
    clear = random.random((20, 12)) < 0.8
    clear[:, -young:] = True
    days = np.r_[np.arange(12 - young) * 6, 80 + step * np.arange(young)].astype(np.int32)
    drop_spikes(values, clear, days, RISE, FALL, REACH, keep)
    assert clear[:, -young:].all()  # one has nothing after it; two or three vouch for each other


@given(st.integers(0, 2**32 - 1), st.integers(0, 3))
def test_what_is_dropped_leaps_out_of_two_near_looks(seed: int, keep: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(100, 4000, (4, 12, 6)).astype(np.int16)
    clear = random.random((4, 12)) < 0.8
    days = np.sort(random.choice(150, 12, replace=False)).astype(np.int32)
    expected = oracles.without_spikes(values, clear, days, RISE, FALL, REACH, keep)
    drop_spikes(values, clear, days, RISE, FALL, REACH, keep)
    assert (clear == expected).all()


@given(st.integers(0, 2**32 - 1))
def test_what_is_not_clear_is_not_looked_at(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(100, 4000, (2, 10, 6)).astype(np.int16)
    clear = random.random((2, 10)) < 0.6
    days = np.arange(0, 50, 5, dtype=np.int32)
    other = values.copy()
    other[~clear] = 9999
    first, second = clear.copy(), clear.copy()
    drop_spikes(values, first, days, RISE, FALL, REACH, KEEP)
    drop_spikes(other, second, days, RISE, FALL, REACH, KEEP)
    assert (first == second).all()
