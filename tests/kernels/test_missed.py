"""Seasons that were missed: a slow search with numpy, and worked examples of single curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.detect import shapes
from farmland.kernels import missed as kernel

LIMITS = (0.5, 0.25, 0.85, 3.5)
CYCLE = (shapes.CANOPY, shapes.FALL)
DAYS = np.arange(0, 1460, 12, dtype=np.int32)
HISTORY = DAYS < 1095
END = 1460
SEEDS = st.integers(0, 2**32 - 1)


def village(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """NDVI (g, t) of fields, some of which grew poorly or not at all at last, and its edge (t,)."""
    random = np.random.default_rng(seed)
    season = np.exp(-(((DAYS % 365 - 200) / 45) ** 2))
    height = random.uniform(0.4, 0.7, (12, 1)) * np.ones(DAYS.size)
    height[:, ~HISTORY] *= random.choice([0.05, 0.4, 0.8, 1.0], (12, 1))
    ndvi = 0.2 + height * season + random.normal(0, 0.02, height.shape)
    ndvi[random.random(ndvi.shape) < random.choice([0.0, 0.2, 0.5])] = np.nan
    ndvi[:, random.random(DAYS.size) < 0.1] = np.nan
    few = np.isnan(ndvi).all(axis=0)
    high = np.full(DAYS.size, np.nan)
    high[~few] = np.nanquantile(ndvi[:, ~few], 0.75, axis=0)
    return ndvi.astype(np.float32), high.astype(np.float32)


def slowly(ndvi: np.ndarray, high: np.ndarray, n: int, start: int) -> list[float]:
    """The three numbers as they are defined, one after the other."""
    nothing = [math.nan] * 3
    seen = np.flatnonzero(~np.isnan(ndvi[n]))
    since = seen[seen >= start]
    if since.size < 6:
        return nothing
    first, last = int(DAYS[since[0]]), int(DAYS[since[-1]])
    past = seen[HISTORY[seen]]
    months = [
        past[(DAYS[past] >= first - back - 12) & (DAYS[past] <= last - back + 12)]
        for back in (365, 730, 1095)
    ]
    years = [
        np.quantile(ndvi[n, one].astype(float), [0.1, 0.9, 0.95]) for one in months if one.size > 3
    ]
    reached = [row[since][~np.isnan(row[since])] for g, row in enumerate(ndvi) if g != n]
    around = [np.quantile(one, 0.95) for one in reached if one.size >= since.size * 7 // 10]
    if not years:
        return nothing
    expected = min(year[2] for year in years)
    if around:
        expected = min(expected, np.quantile(around, 0.4))
    tops = DAYS[seen[shapes.cycle_peaks(ndvi[n, seen])]]
    counts = [
        ((tops >= first - back + 12) & (tops <= END - back - 12)).sum()
        for back in (365, 730, 1095)
        if first - back >= DAYS[seen[0]] - 12
    ]
    cycles = np.median(counts) if counts else 0
    reach = np.quantile(ndvi[n, since].astype(float), 0.95) / max(expected, 0.1)
    above = math.sqrt(kernel.summed(DAYS[since], ndvi[n, since] - high[since], 0.5, 20))
    moved = min(year[1] - year[0] for year in years)
    canopy, least_moved, least_reach, gap = LIMITS
    if expected < canopy or moved < least_moved or cycles < 1:
        return nothing
    return [float(cycles), reach, above] if reach <= least_reach or above >= gap else nothing


@given(SEEDS)
def test_missed_seasons_are_those_of_a_slow_search(seed: int) -> None:
    ndvi, high = village(seed)
    cases = [(n, start) for start in (75, 92, 105) for n in range(12)]
    curve, start = np.array(cases).T.copy()
    every = np.arange(12, dtype=np.int32)
    got = kernel.missed(
        DAYS, ndvi, HISTORY, every, (ndvi, high), END, curve, start, 6, LIMITS, CYCLE
    )
    expected = [slowly(ndvi, high, *case) for case in cases]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_a_season_that_stayed_away_is_missed_and_one_that_came_is_not() -> None:
    season = np.exp(-(((DAYS % 365 - 200) / 45) ** 2))
    ndvi = np.tile(0.2 + 0.6 * season, (6, 1)).astype(np.float32)
    ndvi[4, ~HISTORY] = 0.3
    curve, start = np.array([3, 4]), np.array([92, 92])
    fields = (ndvi, ndvi[0])
    every = np.arange(6, dtype=np.int32)
    grew, stayed = kernel.missed(
        DAYS, ndvi, HISTORY, every, fields, END, curve, start, 6, LIMITS, CYCLE
    )
    assert np.isnan(grew).all()
    assert stayed[0] == 1
    assert stayed[1] == pytest.approx(0.3 / np.quantile(ndvi[3, HISTORY], 0.95), rel=0.05)


@given(SEEDS)
def test_what_is_shown_since_is_what_numpy_finds(seed: int) -> None:
    ndvi, _ = village(seed)
    random = np.random.default_rng(seed)
    band = np.sort(random.random((2, *ndvi.shape)), axis=0).astype(np.float32)
    spread = random.uniform(0.5, 1.5, ndvi.shape).astype(np.float32)
    spread[random.random(ndvi.shape) < 0.3] = np.nan
    seen = [np.flatnonzero(~np.isnan(row)) for row in ndvi]
    cases = [(n, start) for start in (85, 100) for n in range(12) if (seen[n] >= start).sum() > 5]
    if not cases:
        return
    curve, start = np.array(cases).T.copy()
    got = kernel.shown(DAYS, ndvi, HISTORY, band, spread, curve, start, 6)
    for row, (n, first) in zip(got, cases, strict=True):
        since = seen[n][seen[n] >= first]
        now, days = ndvi[n, since].astype(float), DAYS[since]
        near = np.abs(days[:, None] - days) <= 40
        later, past = spread[n, since], spread[n, HISTORY]
        later, past = later[~np.isnan(later)], past[~np.isnan(past)]
        enough = min(later.size, past.size) >= 6
        off = now[1:-1] - (now[:-2] + now[2:]) / 2
        over = [(now - band[1, n, since]), (band[0, n, since] - now)]
        sums = [math.sqrt(kernel.summed(days, one.astype(np.float32), 0.5, 20)) for one in over]
        expected = [
            np.abs(now[:, None] - now)[near].max(),
            *sums,
            np.quantile(now, 0.1),
            math.sqrt(np.mean(off**2)),
            float(np.median(later) / np.median(past)) if enough else math.nan,
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-6)
