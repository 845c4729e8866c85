"""Warping against the slow obvious oracle: every way to lay the looks along the calendar."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmland.kernels import warping

STEEPNESS, MIDPOINT, MOST = 0.15, 35.0, 0.7
Rows = list[list[float]]


def aligned(
    days: list[float],
    seen: Rows,
    sampled: list[float],
    pattern: Rows,
    *,
    weight: list[float] | None = None,
    reach: float = 1000.0,
    most: float = MOST,
) -> np.ndarray:
    return warping.distances(
        np.array(days, np.float32),
        np.array(seen, np.float32),
        np.array(weight or [1.0] * len(days), np.float32),
        np.array(sampled, np.float32),
        np.array(pattern, np.float32)[:, :, None],
        np.ones(len(pattern[0]), np.float32),
        STEEPNESS,
        MIDPOINT,
        reach,
        most,
    )[0]


def by_trying_all(
    days: list[float], seen: Rows, sampled: list[float], pattern: Rows, weight: list[float]
) -> float:
    """Least sum of prices over every order-keeping assignment of looks to days."""
    best = math.inf
    for path in itertools.combinations_with_replacement(range(len(sampled)), len(days)):
        total = 0.0
        for t, d in enumerate(path):
            gap = abs(days[t] - sampled[d])
            late = 1 / (1 + math.exp(-STEEPNESS * (gap - MIDPOINT)))
            apart = sum(abs(a - b) for a, b in zip(seen[t], pattern[d], strict=True))
            total += weight[t] * min(apart + late, MOST)
        best = min(best, total)
    return best


def test_a_worked_example() -> None:
    """A look that is 10 days late stands for its own day: 1 / (1 + e^(0.15 * 25)) = 0.023."""
    prices = aligned([10, 40], [[0.0], [1.0]], [0, 10, 20, 30], [[0.0], [0.0], [0.0], [1.0]])
    assert prices == pytest.approx([1 / (1 + math.exp(5.25)), 1 / (1 + math.exp(3.75))], abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 6), st.integers(1, 3))
def test_it_finds_the_cheapest_of_all_paths(
    seed: int, looks: int, width: int, features: int
) -> None:
    random = np.random.default_rng(seed)
    days = np.sort(random.uniform(0, 100, looks)).tolist()
    sampled = np.sort(random.uniform(-20, 120, width)).tolist()
    seen, pattern = random.random((looks, features)).tolist(), random.random((width, features))
    weight = random.uniform(0.2, 2, looks).tolist()
    prices = aligned(days, seen, sampled, pattern.tolist(), weight=weight)
    total = float(prices @ np.array(weight))
    expected = by_trying_all(days, seen, sampled, pattern.tolist(), weight)
    assert total == pytest.approx(expected, abs=1e-4)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=30), st.data())
def test_less_is_paid_where_fewer_looks_were_taken(curve: list[float], data: st.DataObject) -> None:
    """What no look shows costs nothing: clouds never speak against a crop."""
    days = [10.0 * n for n in range(len(curve))]
    pattern = [[1.0 - value] for value in curve]
    seen = [[value] for value in curve]
    kept = sorted(data.draw(st.sets(st.sampled_from(range(len(curve))), min_size=1)))
    few = aligned([days[n] for n in kept], [seen[n] for n in kept], days, pattern, reach=60)
    assert few.sum() <= aligned(days, seen, days, pattern, reach=60).sum() + 1e-5


def test_no_look_reaches_further_than_it_may() -> None:
    near, far = [0.0, 30.0, 60.0], [[0.0], [0.0], [1.0]]
    assert aligned([0.0], [[1.0]], near, far, reach=200, most=9)[0] == pytest.approx(
        0.977, abs=1e-3
    )
    assert aligned([0.0], [[1.0]], near, far, reach=50, most=9)[0] == pytest.approx(1.005, abs=1e-3)


def test_what_nobody_expects_or_saw_costs_nothing() -> None:
    days = [0.0, 50.0]
    silent = aligned(days, [[0.5, math.nan], [0.5, 1.0]], days, [[0.5, 1.0], [0.5, math.nan]])
    assert silent == pytest.approx([warping.delay(0.0, STEEPNESS, MIDPOINT)] * 2, abs=1e-6)


def test_a_missed_cloud_costs_no_more_than_the_most() -> None:
    assert aligned([0.0], [[-9.0]], [0.0], [[1.0]])[0] == pytest.approx(MOST)


def test_patterns_are_priced_one_by_one() -> None:
    random = np.random.default_rng(5)
    days = np.arange(0, 100, 20, dtype=np.float32)
    seen, patterns = random.random((5, 2)), random.random((3, 11, 2))
    sampled = np.arange(0, 110, 10, dtype=np.float32)
    ones = np.ones(5, np.float32)
    given_ = (days, seen.astype(np.float32), ones, sampled)
    rules = (np.ones(2, np.float32), STEEPNESS, MIDPOINT, 60.0, MOST)
    together = warping.distances(
        *given_, np.ascontiguousarray(patterns.transpose(1, 2, 0), np.float32), *rules
    )
    for n, pattern in enumerate(patterns.astype(np.float32)):
        assert together[n] == pytest.approx(
            aligned(days.tolist(), seen.tolist(), sampled.tolist(), pattern.tolist(), reach=60.0)
        )
