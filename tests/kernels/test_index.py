"""Indices from counts: the classification as mask, and the same NDVI as the table of parcels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import ground, index, spectral

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.sets(st.integers(0, 31)))
def test_kept_classes_are_those_whose_bit_is_set(seed: int, kept: set[int]) -> None:
    chance = np.random.default_rng(seed)
    classes, image = chance.integers(0, 256, 500).astype(np.uint8), np.full(500, 7, np.uint16)
    out = np.empty(500, np.float32)
    bits = np.uint32(sum(1 << number for number in kept))
    index.normalised_difference(image, image, classes, bits, 0, out)
    np.testing.assert_array_equal(out == 0, np.isin(classes, list(kept)))


@given(SEEDS, st.sampled_from([0, -1000]))
def test_ndvi_is_that_of_the_detector(seed: int, offset: int) -> None:
    chance = np.random.default_rng(seed)
    red, nir = chance.integers(1, 3000, (2, 200)).astype(np.uint16)
    out = np.empty(200, np.float32)
    index.normalised_difference(nir, red, np.ones(200, np.uint8), index.TRUE, offset, out)
    shifted = np.array([nir, red], np.int32) + np.int32(offset)
    expected = [spectral.ratio(high, low) for high, low in shifted.T]
    np.testing.assert_allclose(out, expected, atol=2e-6)


@given(SEEDS)
def test_the_mean_of_a_picture_is_the_number_in_the_table(seed: int) -> None:
    chance = np.random.default_rng(seed)
    red, nir = chance.integers(0, 4000, (2, 8, 8)).astype(np.uint16)
    cells, out = chance.random((4, 4)) < 0.7, np.empty(64, np.float32)
    runs = np.array([[y, 0, 8, 0] for y in range(8)], np.int32)
    sums, counts = np.zeros(1, np.int64), np.zeros(1, np.int32)
    ground.add_ndvi(red, nir, cells, -1000, runs, sums, counts)
    usable = cells.repeat(2, axis=0).repeat(2, axis=1).reshape(-1)
    mask = usable.view(np.uint8)
    index.normalised_difference(nir.ravel(), red.ravel(), mask, index.TRUE, -1000, out)
    assert np.isfinite(out).sum() == counts[0]
    np.testing.assert_allclose(np.nansum(out, dtype=float), sums[0] / ground.STEPS, atol=1e-4)
