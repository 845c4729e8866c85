"""Regressions on seasons against numpy and scikit-learn, what adds up, and a case by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Lasso

from farmland.kernels import harmonic

SEEDS = st.integers(0, 2**32 - 1)


def columns(looks: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    days = np.sort(random.choice(1095, looks, replace=False)) + 18000.0
    return harmonic.design(days, 18500.0, 2, True)


def drawn(seed: int, design: np.ndarray, total: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    series = design.T @ random.normal(0, 0.2, (len(design), total))
    series += random.normal(0, 0.05, series.shape)
    series[random.random(series.shape) < 0.3] = np.nan
    return series.astype(np.float32)


def fit(
    series: np.ndarray, design: np.ndarray, rounds: int = 0, least: float = 9
) -> tuple[np.ndarray, np.ndarray]:
    found = np.empty((len(design), series.shape[1]), np.float32)
    sigma = np.empty(series.shape[1], np.float32)
    pairs = harmonic.products(design)
    harmonic.fit(series, design, pairs, least, rounds, 1e-7, found, sigma)
    return found, sigma


def gathered(series: np.ndarray, design: np.ndarray) -> np.ndarray:
    sums = np.zeros((harmonic.room(len(design)), series.shape[1]))
    harmonic.gather(series, design, harmonic.products(design), sums)
    return sums


def reweighted(values: np.ndarray, design: np.ndarray, rounds: int) -> tuple[np.ndarray, float]:
    """One series without gaps (t,), by numpy's least squares."""
    weight = np.ones(values.size)
    for turn in range(rounds + 1):
        root = np.sqrt(weight)
        found = np.linalg.lstsq(design.T * root[:, None], values * root, rcond=None)[0]
        off = values - found @ design
        if turn < rounds:
            scale = np.median(abs(off)) / 0.6745
            weight = np.clip(1 - (off / 4.685 / scale) ** 2, 0, None) ** 2
    return found, np.sqrt((weight * off**2).sum() / (values.size - len(design)))


@given(SEEDS, st.sampled_from([0, 3]))
def test_a_fit_is_that_of_numpy(seed: int, rounds: int) -> None:
    design = columns(24, seed)
    series = drawn(seed, design, 4)
    found, sigma = fit(series, design, rounds)
    for n, values in enumerate(series.T.astype(np.float64)):
        seen = np.isfinite(values)
        if seen.sum() < 13:
            continue  # a handful of looks may hardly tell the columns apart
        expected, spread = reweighted(values[seen], design[:, seen], rounds)
        np.testing.assert_allclose(found[:, n], expected, atol=1e-5)
        assert sigma[n] == pytest.approx(spread, abs=1e-5)


def test_many_series_give_what_single_ones_give() -> None:
    design = columns(24)
    series = drawn(5, design, 300)
    together, spread = fit(series, design, 2)
    for n in (0, 127, 128, 299):
        alone, one = fit(series[:, n : n + 1], design, 2)
        np.testing.assert_array_equal(together[:, n], alone[:, 0])
        np.testing.assert_array_equal(spread[n], one[0])


@given(SEEDS, st.integers(0, 24))
def test_looks_may_come_later_or_from_elsewhere(seed: int, cut: int) -> None:
    design = columns(24, seed)
    series = drawn(seed, design, 5)
    parts = gathered(series[:cut], design[:, :cut]) + gathered(series[cut:], design[:, cut:])
    found, sigma = np.empty((6, 5), np.float32), np.empty(5, np.float32)
    harmonic.solve(parts, 9, found, sigma)
    expected, spread = fit(series, design)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(sigma, spread, atol=1e-5)


@given(SEEDS, st.sampled_from([0.0005, 0.01, 0.1]))
def test_a_lasso_is_that_of_scikit_learn(seed: int, price: float) -> None:
    design = columns(30, seed)
    series = drawn(seed, design, 2)
    found, sigma = np.empty((6, 2), np.float32), np.empty(2, np.float32)
    harmonic.lasso(gathered(series, design), 9, price, 1000, found, sigma)
    for n, values in enumerate(series.T.astype(np.float64)):
        seen = np.isfinite(values)
        others, values = design[1:, seen].T, values[seen]
        peer = Lasso(alpha=price, tol=1e-10, max_iter=10**6).fit(others, values)
        np.testing.assert_allclose(found[0, n], peer.intercept_, atol=2e-5)
        np.testing.assert_allclose(found[1:, n], peer.coef_, atol=2e-5)
        left = ((values - peer.predict(others)) ** 2).sum()
        assert sigma[n] == pytest.approx(np.sqrt(left / (values.size - 6)), abs=1e-4)


def test_too_few_looks_are_no_fit() -> None:
    design = columns(24)
    series = drawn(0, design, 1)
    series[:] = np.nan
    series[:8] = 0.5
    for least, known in ((9, False), (8, True)):
        found, sigma = fit(series, design, least=least)
        assert np.isfinite(found).all() == np.isfinite(sigma).all() == known


def test_looks_of_one_season_do_not_tell_the_columns_apart() -> None:
    days = np.repeat(np.arange(10) * 365.25, 2) + np.tile([0, 1e-9], 10)
    found, sigma = fit(np.full((20, 1), 0.5, np.float32), harmonic.design(days, 0.0, 2, True))
    assert np.isnan(found).all()
    assert np.isnan(sigma).all()


def test_a_wave_by_hand() -> None:
    days = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]) * 365.25
    values = np.array([0.8, 0.5, 0.2, 0.5] * 2, np.float32)[:, None]
    found, sigma = fit(values, harmonic.design(days, 0.0, 1, True), least=6)
    assert found[:, 0] == pytest.approx([0.5, 0, 0.3, 0], abs=1e-6)
    assert sigma[0] == pytest.approx(0, abs=1e-6)


def test_seasons_do_not_jump_at_new_year() -> None:
    days = np.array(["2020-12-31", "2021-01-01"], "datetime64[D]").astype(np.float64)
    first, second = harmonic.design(days, 0.0, 2, False).T
    assert np.abs(first - second).max() < 0.05
