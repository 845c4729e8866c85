"""Indices from counts: what is usable, and the same NDVI as the table of parcels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import index, parcel_sums, spectral
from farmland.kernels.coverage import ONE

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
def test_what_is_not_usable_or_has_no_data_is_missing(seed: int) -> None:
    chance = np.random.default_rng(seed)
    usable, (first, second) = chance.random(500) < 0.5, chance.integers(0, 3, (2, 500), np.uint16)
    out = np.empty(500, np.float32)
    index.normalised_difference(first, second, usable, 0, out)
    np.testing.assert_array_equal(np.isfinite(out), usable & (first > 0) & (second > 0))


@given(SEEDS, st.sampled_from([0, -1000]))
def test_ndvi_is_that_of_the_detector(seed: int, offset: int) -> None:
    chance = np.random.default_rng(seed)
    red, nir = chance.integers(1, 3000, (2, 200)).astype(np.uint16)
    out = np.empty(200, np.float32)
    index.normalised_difference(nir, red, np.ones(200, np.bool_), offset, out)
    shifted = np.array([nir, red], np.int32) + np.int32(offset)
    expected = [spectral.ratio(high, low) for high, low in shifted.T]
    np.testing.assert_allclose(out, expected, atol=2e-6)


@given(SEEDS)
def test_the_mean_of_a_picture_is_the_number_in_the_table(seed: int) -> None:
    chance = np.random.default_rng(seed)
    red, nir = chance.integers(0, 4000, (2, 8, 8)).astype(np.uint16)
    cells, out = chance.random((4, 4)) < 0.7, np.empty(64, np.float32)
    runs = np.array([[y, 0, 8, 0, ONE] for y in range(8)], np.int32)
    sums, weights = np.zeros((2, 1), np.int64)
    parcel_sums.add_difference(nir, red, cells, -1000, runs, sums, weights)
    usable = cells.repeat(2, axis=0).repeat(2, axis=1).reshape(-1)
    index.normalised_difference(nir.ravel(), red.ravel(), usable, -1000, out)
    assert np.isfinite(out).sum() * ONE == weights[0]
    np.testing.assert_allclose(
        np.nansum(out, dtype=float), sums[0] / parcel_sums.STEPS / parcel_sums.FULL, atol=1e-4
    )
