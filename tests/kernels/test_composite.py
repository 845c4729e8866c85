"""Composites along time: every number is that of numpy, bit for bit where it can be."""

from __future__ import annotations

import warnings

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import composite

SEEDS = st.integers(0, 2**32 - 1)
LOOKS = st.integers(1, 40)
SHARES = st.sampled_from([0.0, 0.3, 0.9])


def stack(seed: int, *shape: int, missing: float = 0.3) -> np.ndarray:
    """Values in steps of 0.01, so that some are equal."""
    chance = np.random.default_rng(seed)
    made = np.round(chance.normal(size=shape), 2).astype(np.float32)
    made[..., chance.random(shape[-2:]) < missing] = np.nan
    return made


@pytest.fixture(autouse=True)
def _no_words_about_empty_pixels() -> None:
    warnings.filterwarnings("ignore", "(All-NaN|Mean of empty)", RuntimeWarning)


@given(SEEDS, LOOKS, SHARES)
def test_median_is_that_of_numpy(seed: int, looks: int, missing: float) -> None:
    values, out = stack(seed, looks, 300, missing=missing), np.empty(300, np.float32)
    composite.median(values, out)
    np.testing.assert_array_equal(out, np.nanmedian(values, axis=0))


@given(SEEDS, LOOKS, SHARES, st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]))
def test_quantiles_are_those_of_numpy(seed: int, looks: int, missing: float, q: float) -> None:
    values, out = stack(seed, looks, 300, missing=missing), np.empty(300, np.float32)
    composite.quantile(values, q, out)
    expected = np.nanquantile(values.astype(np.float64), q, axis=0)
    np.testing.assert_allclose(out, expected, rtol=2e-7, atol=1e-7)


@given(SEEDS, LOOKS, SHARES)
def test_maximum_comes_with_its_first_look(seed: int, looks: int, missing: float) -> None:
    values = stack(seed, looks, 300, missing=missing)
    out, when, held = np.empty(300, np.float32), np.empty(300, np.int16), np.empty(300, np.int16)
    composite.maximum(values, out, when)
    composite.counts(values, held)
    filled = np.where(np.isnan(values), -np.inf, values)
    np.testing.assert_array_equal(held, (~np.isnan(values)).sum(axis=0))
    np.testing.assert_array_equal(out, np.nanmax(values, axis=0))
    np.testing.assert_array_equal(when, np.where(held > 0, filled.argmax(axis=0), composite.NEVER))


@given(SEEDS, st.integers(1, 12), SHARES)
def test_medoid_is_the_look_nearest_to_all(seed: int, looks: int, missing: float) -> None:
    values, when = stack(seed, 3, looks, 60, missing=missing), np.empty(60, np.int16)
    composite.medoid(values, when)
    for n in range(60):
        sums = oracles.sums_of_distances(values[:, :, n])
        assert (when[n] == composite.NEVER) == (not sums)
        if sums:
            assert sums[when[n]] == pytest.approx(min(sums.values()), rel=1e-5)


@given(SEEDS, st.integers(1, 30), SHARES)
def test_no_point_is_nearer_to_all_than_the_geometric_median(
    seed: int, looks: int, missing: float
) -> None:
    values, out = stack(seed, 4, looks, 6, missing=missing), np.empty((4, 6), np.float32)
    composite.geometric_median(values, out)
    for n in range(6):
        whole = values[:, ~np.isnan(values[0, :, n]), n].astype(np.float64)
        assert np.isnan(out[:, n]).all() == (whole.size == 0)
        if whole.size:
            least = oracles.distance_sum(oracles.geometric_median(whole), whole)
            assert oracles.distance_sum(out[:, n], whole) <= least * (1 + 1e-6) + 1e-9


def test_geometric_median_by_hand() -> None:
    """The centre of a square; the obtuse corner of a triangle; the middle one of three in a row."""
    square = [[0, 0], [2, 0], [2, 2], [0, 2]]
    corner = [[-5, 1], [0, 0], [5, 1], [np.nan, 0]]
    row = [[0, 0], [1, 1], [7, 7], [0, np.nan]]
    values = np.array([square, corner, row], np.float32).transpose(2, 1, 0).copy()
    out, when = np.empty((2, 3), np.float32), np.empty(3, np.int16)
    composite.geometric_median(values, out)
    composite.medoid(values, when)
    np.testing.assert_allclose(out, [[1, 0, 1], [1, 0, 1]], atol=1e-6)
    assert when.tolist() == [0, 1, 1]


def test_median_by_hand() -> None:
    """1, 2, 4 and a gap give 2; 1 and 4 give 2.5; nothing gives nothing."""
    gap = np.nan
    values = np.array([[1, gap, gap], [gap, 4, gap], [4, 1, gap], [2, gap, gap]], np.float32)
    out, when = np.empty(3, np.float32), np.empty(3, np.int16)
    composite.median(values, out)
    np.testing.assert_array_equal(out, [2, 2.5, gap])
    composite.quantile(values, 0.75, out)
    np.testing.assert_array_equal(out, [3, 3.25, gap])
    composite.maximum(values, out, when)
    np.testing.assert_array_equal(out, [4, 4, gap])
    assert when.tolist() == [2, 1, -1]


def test_without_looks_everything_is_missing() -> None:
    out, when = np.zeros(2, np.float32), np.zeros(2, np.int16)
    composite.median(np.empty((0, 2), np.float32), out)
    assert np.isnan(out).all()
    composite.maximum(np.empty((0, 2), np.float32), out, when)
    assert when.tolist() == [-1, -1]
