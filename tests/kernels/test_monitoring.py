"""Control charts against the same steps one series at a time, and what a look may change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import harmonic, monitoring
from farmland.kernels.monitoring import BROKEN, TOO_FEW, UNSTABLE, WATCHED

SEEDS = st.integers(0, 2**32 - 1)
SCREEN, MEMORY, LIMIT, EXTREME, CRITICAL = 3.0, 0.3, 0.9, 10.0, 2.8
LEAST = 9


def drawn(seed: int, total: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Series (48, n) of which the last 12 looks are watched, and their columns (6, 48)."""
    random = np.random.default_rng(seed)
    days = np.sort(random.choice(1460, 48, replace=False)) + 18000.0
    columns = harmonic.design(days, 18500.0, 2, True)
    series = columns.T @ random.normal(0, 0.1, (6, total))
    series += random.normal(0, 0.03, series.shape)
    series[42:, total // 2 :] -= 0.2
    series[random.random(series.shape) < 0.05] -= 0.7
    series[random.random(series.shape) < 0.3] = np.nan
    series[5:, 0] = np.nan
    return series.astype(np.float32), columns


def history(series: np.ndarray, columns: np.ndarray, screen: float = SCREEN) -> tuple:
    total = series.shape[1]
    found, seen = np.empty((6, total), np.float32), np.empty(total, np.int32)
    sigma, process = np.empty((2, total), np.float32)
    pairs = harmonic.products(columns)
    monitoring.fit(series, columns, pairs, LEAST, screen, MEMORY, found, sigma, process, seen)
    return found, sigma, process, seen


def alone(values: np.ndarray, columns: np.ndarray, screen: float) -> tuple:
    """Coefficients, sigma and EWMA of the history of one series (t,), as nrt goes about it."""
    for _ in range(2):
        seen = np.isfinite(values)
        if seen.sum() < LEAST:
            return np.full(6, np.nan), np.nan, np.nan, seen.sum()
        found = np.linalg.lstsq(columns[:, seen].T, values[seen], rcond=None)[0]
        residual = values - found @ columns
        sigma = np.nanstd(residual)
        values = np.where(np.abs(residual) > screen * sigma, np.nan, values)
        if np.array_equal(np.isfinite(values), seen):
            break
        screen = np.inf
    process = 0.0
    for off in residual[seen]:
        process = (1 - MEMORY) * process + MEMORY * off
    return found, sigma, process, seen.sum()


@given(SEEDS)
def test_a_history_is_that_of_single_series(seed: int) -> None:
    series, columns = drawn(seed)
    got = history(series[:36], columns[:, :36])
    for n, values in enumerate(series[:36].T.astype(np.float64)):
        expected = alone(values, columns[:, :36], SCREEN)
        np.testing.assert_allclose(got[0][:, n], expected[0], atol=1e-4)
        np.testing.assert_allclose(got[1][n], expected[1], atol=1e-6)
        np.testing.assert_allclose(got[2][n], expected[2], atol=1e-5)
        assert got[3][n] == expected[3]


@given(SEEDS)
def test_the_moving_average_is_that_of_single_series(seed: int) -> None:
    series, columns = drawn(seed)
    found, sigma, process, _ = history(series[:36], columns[:, :36])
    begun, status = process.copy(), np.empty(6, np.uint8)
    monitoring.start(sigma, process, LIMIT, status)
    first, since = status.copy(), np.zeros(6, np.int64)
    for day in range(36, 48):
        monitoring.update_ewma(
            series[day], columns[:, day].copy(), day, found, sigma,
            MEMORY, LIMIT, EXTREME, process, status, since,
        )  # fmt: skip
    assert first[0] == TOO_FEW
    for n in range(1, 6):
        level, broken = np.float64(begun[n]), 0
        assert first[n] == (UNSTABLE if abs(level) > LIMIT * sigma[n] else WATCHED)
        for day in range(36, 48):
            off = series[day, n] - columns[:, day] @ found[:, n]
            if first[n] == UNSTABLE or broken or not abs(off) <= EXTREME * sigma[n]:
                continue
            level = (1 - MEMORY) * level + MEMORY * off
            broken = day if abs(level) >= LIMIT * sigma[n] else 0
        assert since[n] == broken
        assert status[n] == (BROKEN if broken else first[n])
        assert process[n] == pytest.approx(level, abs=1e-6)


@given(SEEDS)
def test_the_sum_is_that_of_single_series(seed: int) -> None:
    series, columns = drawn(seed)
    found, sigma, _, fitted = history(series[:36], columns[:, :36], np.inf)
    process, seen = np.zeros(6, np.float32), fitted.copy()
    status, since = np.where(np.isnan(sigma), TOO_FEW, WATCHED).astype(np.uint8), np.zeros(6, int)
    scale = sigma * np.float32(7)
    for day in range(36, 48):
        monitoring.update_cusum(
            series[day], columns[:, day].copy(), day, found, scale, fitted,
            CRITICAL, process, seen, status, since,
        )  # fmt: skip
    for n in range(1, 6):
        level, broken, looks = 0.0, 0, int(fitted[n])
        for day in range(36, 48):
            off = series[day, n] - columns[:, day] @ found[:, n]
            if np.isfinite(off) and not broken:
                looks, level = looks + 1, level + off / scale[n]
                x = looks / fitted[n]
                bound = np.sqrt(x * (x - 1) * (CRITICAL**2 + np.log(x / (x - 1))))
                broken = day if abs(level) >= bound else 0
        assert since[n] == broken
        assert seen[n] == looks
        assert process[n] == pytest.approx(level, abs=1e-4)


def test_one_look_by_hand() -> None:
    found, sigma = np.full((1, 4), 0.5, np.float32), np.full(4, 0.1, np.float32)
    process, status = np.zeros(4, np.float32), np.array([1, 1, 1, 3], np.uint8)
    since = np.zeros(4, np.int64)
    look = np.array([0.4, np.nan, -0.7, 0.0], np.float32)
    monitoring.update_ewma(
        look, np.ones(1), 9, found, sigma, 0.3, 0.2, 10.0, process, status, since
    )
    assert process == pytest.approx([-0.03, 0, 0, 0])  # a gap, a cloud, one no longer watched
    assert status.tolist() == [BROKEN, WATCHED, WATCHED, BROKEN]
    assert since.tolist() == [9, 0, 0, 0]
