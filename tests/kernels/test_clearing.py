"""Rescue of roofs called cloud, and looks that leap out of their neighbours in time."""

from __future__ import annotations

import numpy as np
import oracles
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.kernels.clearing import drop_spikes, rescue

LEAST, SHARE = 4, 0.5
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


def test_a_roof_is_rescued_from_its_first_date_and_a_few_clouds_are_not() -> None:
    clear = np.zeros((2, 12), np.bool_)
    lonely = np.zeros((2, 12), np.bool_)
    clear[0, :5], lonely[0, 5:] = True, True
    clear[1], lonely[1, [1, 4, 8, 11]] = True, True
    clear[1, [1, 4, 8, 11]] = False
    got = rescue(clear, lonely, LEAST, SHARE)
    assert got[0].all()
    assert (got[1] == clear[1]).all()


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
