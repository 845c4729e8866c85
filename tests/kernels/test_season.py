"""What greenness to expect: the own past at this season, the neighbours of the day."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.kernels import season

SEEDS = st.integers(0, 2**32 - 1)


def series(seed: int, *shape: int, unseen: float = 0.3) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = random.uniform(-0.2, 0.9, shape).astype(np.float32)
    values[random.random(shape) < unseen] = np.nan
    return values


@given(st.floats(0, 20000), st.floats(0, 20000))
def test_dates_are_apart_by_half_a_year_at_most(first: float, second: float) -> None:
    gap = season.apart(first, second)
    assert gap == pytest.approx(oracles.apart(first % 365.25, second % 365.25), abs=1e-6)
    assert gap == season.apart(second, first)
    assert 0 <= gap <= 365.25 / 2


def test_new_year_is_no_border() -> None:
    days = np.array(["2020-12-28", "2022-01-03"], "datetime64[D]").astype(np.int32)
    assert season.apart(*days) == pytest.approx(6, abs=1)


@given(
    SEEDS, st.sampled_from([10.0, 25.0, 60.0]), st.integers(1, 4), st.sampled_from([0, 0.1, 0.5, 1])
)
def test_the_own_past_is_that_of_numpy(
    seed: int, window: float, least: int, quantile: float
) -> None:
    random = np.random.default_rng(seed)
    days = np.sort(random.choice(1200, 20, replace=False)).astype(np.int32)
    history = days < 800
    ndvi = series(seed, 3, 20)
    wanted = random.random((3, 20)) < 0.5
    table, size = season.seasons(days, history, window)
    got = season.own_quantile(ndvi, wanted, table, size, least, quantile)
    expected = oracles.own_quantile(ndvi, wanted, days, history, window, least, quantile)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_a_look_is_no_part_of_its_own_past() -> None:
    days = np.array([0, 365, 730], np.int32)
    table, size = season.seasons(days, np.ones(3, np.bool_), 25)
    assert [table[t, : size[t]].tolist() for t in range(3)] == [[1, 2], [0, 2], [0, 1]]


@given(
    hnp.arrays(np.float32, st.integers(1, 20), elements=st.floats(-1, 1, width=32)),
    st.floats(0, 1),
    st.data(),
)
def test_a_quantile_is_that_of_numpy(
    values: np.ndarray, quantile: float, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, values.size))
    expected = np.quantile(values[:count], quantile)
    assert season.ranked(values.copy(), count, quantile) == pytest.approx(expected, abs=1e-6)


@given(SEEDS, st.integers(1, 5))
def test_peaks_are_quantiles_of_what_was_seen(seed: int, least: int) -> None:
    ndvi = series(seed, 5, 9)
    looks = np.array([1, 2, 5, 8])
    got = season.peaks(ndvi, looks, least, 0.9)
    for g, row in enumerate(ndvi[:, looks]):
        seen = row[~np.isnan(row)]
        expected = np.quantile(seen, 0.9) if seen.size >= least else np.nan
        np.testing.assert_allclose(got[g], expected, atol=1e-6)


@given(SEEDS, st.integers(1, 6))
def test_the_neighbours_are_those_seen_that_day(seed: int, least: int) -> None:
    ndvi = series(seed, 6, 7, unseen=0.5)
    got = season.neighbours_quantile(ndvi, least, 0.4)
    for t, column in enumerate(ndvi.T):
        seen = column[~np.isnan(column)]
        expected = np.quantile(seen, 0.4) if seen.size >= least else np.nan
        np.testing.assert_allclose(got[t], expected, atol=1e-6)


@given(SEEDS, st.sampled_from([0.0, 0.5, 0.7, 1.0]))
def test_medians_are_those_of_the_pixels_seen(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(12, 4, 3)).astype(np.float32)
    features[random.random((12, 4)) < 0.4] = np.nan
    parcel = random.integers(-1, 3, 12).astype(np.int32)
    got = season.medians(features, parcel, 3, share)
    np.testing.assert_allclose(got, oracles.medians(features, parcel, 3, share), atol=1e-6)


def test_parcels_without_pixels_have_no_median() -> None:
    nothing = np.zeros((0, 3, 2), np.float32)
    got = season.medians(nothing, np.zeros(0, np.int32), 2, 0.7)
    assert got.shape == (2, 3, 2)
    assert np.isnan(got).all()


@given(SEEDS, st.integers(1, 12), st.floats(0, 1))
def test_pixels_taken_together_are_those_of_one_parcel(
    seed: int, pixels: int, share: float
) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(20, 5, 7)).astype(np.float32)
    features[random.random((20, 5)) < 0.4] = np.nan
    members = np.sort(random.choice(20, pixels, replace=False))
    parcel = np.full(20, -1, np.int32)
    parcel[members] = 0
    expected = season.medians(features, parcel, 1, share)[0]
    np.testing.assert_array_equal(season.together(features, members, share), expected)


@given(SEEDS, st.integers(0, 90))
def test_the_own_peak_is_the_lowest_of_the_same_months(seed: int, looks: int) -> None:
    random = np.random.default_rng(seed)
    days = np.sort(random.integers(0, 2400, looks)).astype(np.int32)
    ndvi = random.random(looks).astype(np.float32)
    ndvi[::4] = np.nan
    history = random.random(looks) < 0.8
    got = season.own_peak(ndvi, days, history, 1900.0, 2020.0, 0.9)
    peaks = []
    for years in range(1, 6):
        near = (days >= 1900 - years * 365.25) & (days <= 2020 - years * 365.25)
        known = ndvi[near & history & ~np.isnan(ndvi)]
        peaks += [np.quantile(known.astype(np.float64), 0.9)] if known.size >= 3 else []
    np.testing.assert_allclose(got, min(peaks, default=np.nan), rtol=1e-12)


@given(SEEDS, st.integers(1, 30))
def test_missing_greenness_counts_by_the_day(seed: int, looks: int) -> None:
    random = np.random.default_rng(seed)
    days = np.cumsum(random.integers(0, 40, looks)).astype(np.int32)
    ndvi, own, others = random.random((3, looks)).astype(np.float32)
    own[::2], others[::3] = np.nan, np.nan
    step = np.clip(np.diff(days, append=days[-1] + 5), 1, 20)
    short = np.nan_to_num(np.where(np.isnan(own), others, own) - ndvi, nan=0.0)
    expected = (np.clip(short, 0, 0.5) * step).sum()
    assert season.shortfall(ndvi, own, others, days, 20) == pytest.approx(expected, abs=1e-4)


def test_missing_greenness_by_hand() -> None:
    days = np.array([0, 10, 100], np.int32)
    ndvi = np.array([0.2, 0.1, 0.3], np.float32)
    own, others = np.array([[0.4, np.nan, 0.2], [0.9, 0.9, 0.9]], np.float32)
    # 0.2 for ten days, half a unit for twenty, and nothing at last
    assert season.shortfall(ndvi, own, others, days, 20) == pytest.approx(12.0)
