"""Smoothing against a dense solve, scipy's bands, what it must leave alone, and a case by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import solveh_banded

from farmland.kernels import whittaker

NOISE = 1e-4
SEEDS = st.integers(0, 2**32 - 1)


def smooth(
    series: np.ndarray, days: np.ndarray, stiffness: float = 50.0, rounds: int = 0
) -> np.ndarray:
    out = np.empty(series.shape, np.float32)
    bands = whittaker.penalty(days.astype(np.float64), stiffness)
    whittaker.smooth(series.astype(np.float32), bands, rounds, NOISE, out)
    return out


def bending(days: np.ndarray) -> np.ndarray:
    """Matrix of the penalty, from the parabola through three neighbours."""
    rows = np.zeros((max(days.size - 2, 0), days.size))
    for n, row in enumerate(rows):
        near = days[n : n + 3].astype(float)
        for place in range(3):
            others = np.delete(near, place)
            row[n + place] = 2 / np.prod(near[place] - others)
        row *= np.sqrt((near[2] - near[0]) / 2)
    return rows.T @ rows


def dense(values: np.ndarray, days: np.ndarray, stiffness: float, rounds: int) -> np.ndarray:
    """One series (t,) by solving the whole matrix."""
    seen = ~np.isnan(values)
    filled, weight = np.where(seen, values, 0), seen.astype(float)
    for _ in range(rounds + 1):
        matrix = np.diag(weight) + stiffness * bending(days)
        curve = np.linalg.solve(matrix, weight * filled)
        off = values - curve
        scale = max(np.nanmedian(abs(off)) / 0.6745, NOISE)
        weight = np.where(seen, np.clip(1 - (off / 4.685 / scale) ** 2, 0, None) ** 2, 0)
    return curve


def drawn(seed: int, looks: int, total: int, unseen: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    series = random.uniform(-0.2, 0.9, (looks, total)).astype(np.float32)
    series[random.random(series.shape) < unseen] = np.nan
    return series, np.sort(random.choice(3 * looks, looks, replace=False))


@given(SEEDS, st.integers(2, 30), st.sampled_from([0.0, 0.3, 0.8]), st.sampled_from([0, 2]))
def test_a_curve_is_that_of_the_whole_matrix(
    seed: int, looks: int, unseen: float, rounds: int
) -> None:
    series, days = drawn(seed, looks, 3, unseen)
    got = smooth(series, days, 50.0, rounds)
    for n, values in enumerate(series.T.astype(np.float64)):
        if np.isfinite(values).sum() < 4:
            continue
        np.testing.assert_allclose(got[:, n], dense(values, days, 50.0, rounds), atol=2e-5)


def test_many_series_are_those_of_scipy() -> None:
    series, _ = drawn(1, 36, 300, 0.3)
    days = np.arange(36)
    matrix = 80.0 * bending(days)
    bands = np.zeros((3, 36))
    for off in range(3):
        bands[2 - off, off:] = np.diag(matrix, off)
    got = smooth(series, days, 80.0)
    for n, values in enumerate(series.T.astype(np.float64)):
        weight = np.isfinite(values)
        own = bands.copy()
        own[2] += weight
        expected = solveh_banded(own, np.where(weight, values, 0))
        np.testing.assert_allclose(got[:, n], expected, atol=1e-6)


@given(SEEDS, st.floats(-0.01, 0.01), st.floats(0.1, 1e4), st.sampled_from([0, 2]))
def test_a_line_is_left_alone_and_gaps_are_bridged(
    seed: int, slope: float, stiffness: float, rounds: int
) -> None:
    _, days = drawn(seed, 20, 1, 0)
    line = (0.4 + slope * days)[:, None]
    holes = line.copy()
    holes[np.random.default_rng(seed).permutation(20)[:12]] = np.nan
    np.testing.assert_allclose(smooth(holes, days, stiffness, rounds), line, atol=1e-4)


def test_three_looks_by_hand() -> None:
    # z = y - stiffness * (1, -2, 1) * bend, bend = (1, -2, 1) · z: bend (1 + 6 stiffness) = 1
    got = smooth(np.array([[0.0], [0.0], [1.0]]), np.arange(3), 0.5)
    assert got[:, 0] == pytest.approx([-0.125, 0.25, 0.875])


def test_a_stray_look_loses_its_say() -> None:
    days = np.arange(0, 100, 5)
    series = (0.5 + 0.003 * days)[:, None] + np.where(days % 10, 0.01, -0.01)[:, None]
    series[9] = -0.3
    assert abs(smooth(series, days, 1e3)[9, 0] - 0.635) > 0.1
    assert abs(smooth(series, days, 1e3, 5)[9, 0] - 0.635) < 0.01


@pytest.mark.parametrize("looks", [1, 2, 5])
def test_fewer_than_two_looks_are_no_curve(looks: int) -> None:
    series = np.full((looks, 2), np.nan)
    series[0, 0] = 0.5
    assert np.isnan(smooth(series, np.arange(looks))).all()
