"""Crop cycles on drawn curves: counted, and named by season and flooding."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.detect import cropping
from farmland.detect.cropping import Cropping

YEARS = 3
Peaks = tuple[tuple[int, float], ...]
"""Day of the year and NDVI of each canopy of a year."""

WHEAT_MAIZE: Peaks = ((112, 0.80), (222, 0.85))


def days(years: float = YEARS, step: int = 5) -> np.ndarray:
    first = np.datetime64("2021-01-01").astype("datetime64[D]").astype(int)
    return np.arange(first, first + int(years * 365.25), step, dtype=np.int32)


def curve(when: np.ndarray, peaks: Peaks, low: float = 0.15, width: float = 22) -> np.ndarray:
    ndvi = np.full(when.size, low)
    for day, high in peaks:
        gap = (when % 365.25 - day + 182) % 365.25 - 182
        ndvi = np.maximum(ndvi, low + (high - low) * np.exp(-((gap / width) ** 2)))
    return ndvi.astype(np.float32)


def pattern(
    peaks: Peaks, *, low: float = 0.15, flood: tuple[int, int] = (0, 0), years: float = YEARS
) -> Cropping:
    when = days(years)
    wet = (when % 365.25 >= flood[0]) & (when % 365.25 < flood[1])
    return cropping.pattern(when, curve(when, peaks, low), wet, full_years=years)


@pytest.mark.parametrize(
    ("peaks", "flood", "name", "cycles"),
    [
        (WHEAT_MAIZE, (0, 0), "wheat_maize", 6),
        (((225, 0.85),), (140, 170), "single_rice", 3),
        (((175, 0.80), (265, 0.80)), (100, 125), "double_rice", 6),
        (((110, 0.80),), (0, 0), "winter_crop", 3),
        (((205, 0.80),), (0, 0), "spring_crop", 3),
        (((60, 0.7), (140, 0.7), (220, 0.7), (310, 0.7)), (0, 0), "vegetable", 12),
    ],
)
def test_a_pattern_is_named_by_its_peaks(
    peaks: Peaks, flood: tuple[int, int], name: str, cycles: int
) -> None:
    got = pattern(peaks, flood=flood)
    assert (got.name, got.cycles) == (name, cycles)
    assert got.cropped
    assert 0.6 < got.peak <= max(high for _, high in peaks)


@pytest.mark.parametrize("low", [0.05, 0.15, 0.3])
def test_bare_land_was_never_cropped(low: float) -> None:
    assert pattern((), low=low).name == "none"
    assert not pattern((), low=low).cropped


def test_trees_over_a_year_were_never_cropped() -> None:
    assert pattern(((200, 0.75),), low=0.62).name == "none"


def test_less_than_a_year_of_green_is_not_called_trees() -> None:
    """Wheat in its season is never bare either."""
    assert pattern((), low=0.6, years=0.5).cropped


def test_no_looks_leave_it_unknown() -> None:
    nothing = np.zeros(0)
    got = cropping.pattern(
        nothing.astype(np.int32),
        nothing.astype(np.float32),
        nothing.astype(np.bool_),
        full_years=0.0,
    )
    assert got.name == "unknown"
    assert got.cropped
    assert math.isnan(got.peak)


def test_a_winter_crop_that_still_stands_is_a_cycle() -> None:
    """The record ends in April, before the harvest."""
    when = days(1.3)
    ndvi = curve(when, WHEAT_MAIZE)
    peaks = cropping.cycle_peaks(when, ndvi)
    assert len(peaks) == 3
    assert when[peaks[-1]] % 365.25 == pytest.approx(108, abs=6)


def test_a_record_that_begins_under_a_canopy_counts_it_once_it_grew() -> None:
    when = np.arange(0, 200, 5, dtype=np.int32)
    falling = np.linspace(0.8, 0.1, when.size).astype(np.float32)
    assert cropping.cycle_peaks(when, falling) in ([], [0], [1])


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.05))
def test_noise_under_the_fall_makes_no_cycle(seed: int, noise: float) -> None:
    when = days()
    ndvi = curve(when, WHEAT_MAIZE)
    ndvi += np.random.default_rng(seed).uniform(-noise, noise, when.size).astype(np.float32)
    assert len(cropping.cycle_peaks(when, ndvi)) == 6


@given(st.integers(0, 2**32 - 1))
def test_gaps_between_peaks_make_no_cycle(seed: int) -> None:
    """Clouds take looks away: never do they add a canopy."""
    when = days()
    kept = np.random.default_rng(seed).random(when.size) < 0.4
    kept[:2] = True
    ndvi = curve(when, WHEAT_MAIZE)
    assert len(cropping.cycle_peaks(when[kept], ndvi[kept])) <= 6


@given(st.lists(st.floats(-0.25, 1, width=32), min_size=1, max_size=40))
def test_peaks_are_canopies_in_order_with_a_fall_between(values: list[float]) -> None:
    ndvi = np.array(values, np.float32)
    when = np.arange(ndvi.size, dtype=np.int32)
    peaks = cropping.cycle_peaks(when, ndvi)
    assert peaks == sorted(set(peaks))
    assert all(ndvi[t] >= np.float32(cropping.CANOPY) for t in peaks)
    for first, second in itertools.pairwise(peaks):
        valley = ndvi[first : second + 1].min()
        assert min(ndvi[first], ndvi[second]) - valley >= np.float32(cropping.FALL) - 1e-6


@given(st.integers(1, 40), st.floats(-1, 1, width=32), st.floats(0, 5))
def test_any_record_has_a_name(looks: int, ndvi: float, years: float) -> None:
    got = cropping.pattern(
        np.arange(looks, dtype=np.int32),
        np.full(looks, ndvi, np.float32),
        np.zeros(looks, np.bool_),
        full_years=years,
    )
    assert got.name in {"none", "irregular"}
