"""Warping against the slow obvious oracle: every way to lay the looks along the calendar."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmland.detect import likeness
from farmland.kernels import warping

STEEPNESS, MIDPOINT, MOST = likeness.STEEPNESS, likeness.MIDPOINT, likeness.MOST
LONGEST = likeness.SPELL
Rows = list[list[float]]


def given_(
    days: list[int], seen: Rows, sampled: list[int], pattern: Rows, reach: int, most: float
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Looks and rules of one parcel and one pattern; features that are left out say nothing."""

    def three(rows: Rows) -> np.ndarray:
        return np.array([[*row, math.nan, math.nan][:3] for row in rows], np.float32)

    late = warping.delays(STEEPNESS, MIDPOINT, reach)
    curve = np.ascontiguousarray(three(pattern)[:, :, None])
    return (np.array(days, np.int32), three(seen)), (
        LONGEST,
        np.array(sampled, np.int32),
        curve,
        late,
        most,
    )


def aligned(
    days: list[int],
    seen: Rows,
    sampled: list[int],
    pattern: Rows,
    *,
    reach: int = 1000,
    most: float = MOST,
) -> np.ndarray:
    """Prices of the looks, whose mean is the total."""
    (when, looks), rules = given_(days, seen, sampled, pattern, reach, most)
    (prices,) = warping.along(when, looks, *rules)
    everyone = np.ones((1, when.size), np.bool_)
    ((total,),) = warping.totals(when, everyone, looks[None], *rules)
    assert total == pytest.approx(prices @ warping.spells(when, LONGEST), abs=1e-5)
    return prices


def by_trying_all(
    days: list[int], seen: Rows, sampled: list[int], pattern: Rows, weight: list[float]
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
    days = np.sort(random.integers(0, 100, looks)).tolist()
    sampled = np.sort(random.integers(-20, 120, width)).tolist()
    seen, pattern = random.random((looks, features)).tolist(), random.random((width, features))
    weight = warping.spells(np.array(days, np.int32), LONGEST).tolist()
    total = float(aligned(days, seen, sampled, pattern.tolist()) @ np.array(weight))
    expected = by_trying_all(days, seen, sampled, pattern.tolist(), weight)
    assert total == pytest.approx(expected, abs=1e-4)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=30), st.data())
def test_less_is_paid_where_fewer_looks_were_taken(curve: list[float], data: st.DataObject) -> None:
    """What no look shows costs nothing: clouds never speak against a crop."""
    days = [10 * n for n in range(len(curve))]
    pattern = [[1.0 - value] for value in curve]
    seen = [[value] for value in curve]
    kept = sorted(data.draw(st.sets(st.sampled_from(range(len(curve))), min_size=1)))
    few = aligned([days[n] for n in kept], [seen[n] for n in kept], days, pattern, reach=60)
    assert few.sum() <= aligned(days, seen, days, pattern, reach=60).sum() + 1e-5


def test_no_look_reaches_further_than_it_may() -> None:
    near, far = [0, 30, 60], [[0.0], [0.0], [1.0]]
    assert aligned([0], [[1.0]], near, far, reach=200, most=9)[0] == pytest.approx(0.977, abs=1e-3)
    assert aligned([0], [[1.0]], near, far, reach=50, most=9)[0] == pytest.approx(1.005, abs=1e-3)


def test_what_nobody_expects_or_saw_costs_nothing() -> None:
    days = [0, 50]
    silent = aligned(days, [[0.5, math.nan], [0.5, 1.0]], days, [[0.5, 1.0], [0.5, math.nan]])
    assert silent == pytest.approx([warping.delays(STEEPNESS, MIDPOINT, 0)[0]] * 2, abs=1e-6)


def test_a_missed_cloud_costs_no_more_than_the_most() -> None:
    assert aligned([0], [[-9.0]], [0], [[1.0]])[0] == pytest.approx(MOST)


@given(st.integers(0, 2**32 - 1))
def test_patterns_and_parcels_are_priced_one_by_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    days = np.arange(0, 100, 9, dtype=np.int32)
    seen = random.random((4, days.size, 3)).astype(np.float32)
    patterns = random.random((3, 34, 3)).astype(np.float32)
    looked = random.random((4, days.size)) < 0.6
    looked[0] = False
    sampled, late = np.arange(-60, 110, 5, dtype=np.int32), warping.delays(STEEPNESS, MIDPOINT, 60)
    curves = np.ascontiguousarray(patterns.transpose(1, 2, 0))
    together = warping.totals(days, looked, seen, LONGEST, sampled, curves, late, MOST)
    assert np.isinf(together[0]).all()
    for g, own in enumerate(looked[1:], 1):
        when = days[own]
        for k, curve in enumerate(patterns.tolist() if own.any() else ()):
            alone = aligned(when.tolist(), seen[g, own].tolist(), sampled.tolist(), curve, reach=60)
            mean = alone @ warping.spells(when, LONGEST)
            assert together[g, k] == pytest.approx(mean, abs=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_a_day_too_far_to_be_cheaper_need_not_be_tried(seed: int, looks: int) -> None:
    """Where the delay alone costs the most a look may cost, a nearer day costs no more."""
    random = np.random.default_rng(seed)
    days = np.sort(random.integers(0, 100, looks)).astype(np.int32)
    seen = random.random((1, looks, 3)).astype(np.float32)
    sampled = np.arange(-60, 165, 5, dtype=np.int32)
    curves = random.random((sampled.size, 3, 4)).astype(np.float32)
    near, far = (
        warping.totals(
            days,
            np.ones((1, looks), np.bool_),
            seen,
            LONGEST,
            sampled,
            curves,
            warping.delays(STEEPNESS, MIDPOINT, reach),
            MOST,
        )
        for reach in (likeness.REACH, 60)
    )
    assert warping.delays(STEEPNESS, MIDPOINT, likeness.REACH + 1)[-1] >= MOST
    np.testing.assert_array_equal(near, far)
