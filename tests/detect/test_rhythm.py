"""A village in which a field is planted with trees, half of one too, and others only lie fallow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import village
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from farmland import rules
from farmland.detect import rhythm, signals
from farmland.detect.rhythm import Found
from farmland.imagery.stack import Stack
from farmland.kernels import missed
from farmland.kernels import rhythm as kernel
from farmland.rules.rhythm import NUMBERS

RULES = rules.load("cn")
TREES, HALF, YOUNG, FALLOW, LATE, POOR = 7, 16, 10, 3, 9, 20
PLANTED = np.datetime64("2023-07-10")

DAYS = np.arange(0, 730, 5, dtype=np.int32)
FIELD = (0.2 + 0.6 * np.exp(-(((DAYS % 365 - 200) / 40) ** 2))).astype(np.float32)


def planted(first: str, *, half: bool = False) -> village.Story:
    """Saplings among grass from one day on: one low hump a year, denser here than there."""

    def tell(field: Any, days: NDArray[np.datetime64], columns: Any) -> Any:
        day = (days - days.astype("datetime64[Y]")).astype(float)
        hump = 0.12 + 0.25 * np.exp(-(((day - 200) / 90) ** 2))
        density = np.random.default_rng(5).uniform(0.3, 1.7, columns.size)
        trees = village.mixed(np.clip(density[:, None] * hump[None, :], 0, 1))
        where = columns < village.SIDE / 20 if half else columns >= 0
        since = days >= np.datetime64(first)
        return np.where((where[:, None] & since)[..., None], trees, field)

    return tell


@pytest.fixture(scope="module")
def stack() -> Stack:
    return village.build(
        {
            TREES: planted(str(PLANTED)),
            HALF: planted(str(PLANTED), half=True),
            YOUNG: planted("2024-02-20"),
            FALLOW: village.sown("2023-10-01", wheat=0.3),
            LATE: village.sown("2023-10-01", shift=25),
            POOR: village.sown("2023-10-01", wheat=0.6),
        }
    )


@pytest.fixture(scope="module")
def found(stack: Stack) -> Found:
    read = signals.read(stack, village.PERIODS, RULES.detection)
    return rhythm.find(stack, read, village.PERIODS, RULES.rhythm)


def test_planted_fields_are_found_and_nothing_else(found: Found) -> None:
    assert {one.parcel for one in found.left} == {TREES, HALF}


def test_half_a_field_is_found_as_half(stack: Stack, found: Found) -> None:
    (half,) = [one for one in found.left if one.parcel == HALF]
    members = np.flatnonzero(stack.parcel == HALF)
    columns = stack.columns[members] - stack.columns[members].min()
    true = members[columns < village.SIDE / 20]
    both = np.intersect1d(half.pixels, true).size
    assert both / np.union1d(half.pixels, true).size > 0.8


def test_the_beginning_lies_near_the_planting(stack: Stack, found: Found) -> None:
    for one in found.left:
        begun = stack.days[one.start].astype("datetime64[D]")
        assert abs(begun - PLANTED) <= np.timedelta64(60, "D")
        assert one.days >= RULES.rhythm.least_days - 10


def test_each_number_has_its_worth(found: Found) -> None:
    for one in found.left:
        assert set(one.odds) == {"base", *NUMBERS}
        assert set(one.numbers) == set(NUMBERS)
        assert one.confidence == pytest.approx(1 / (1 + math.exp(-sum(one.odds.values()))))


def test_younger_ones_are_watched(found: Found) -> None:
    assert YOUNG in found.watched
    assert not set(found.watched) & {one.parcel for one in found.left}
    assert all(days < RULES.rhythm.least_days for days in found.watched.values())


def test_curves_of_the_rules_are_monotone_and_bounded() -> None:
    for name in NUMBERS:
        at, odds = zip(*getattr(RULES.rhythm, f"odds_{name}"), strict=True)
        steps = np.diff(odds)
        assert (np.diff(at) > 0).all(), name
        assert (steps >= 0).all() or (steps <= 0).all(), name
        assert max(map(abs, odds)) < 4, name


@given(st.integers(-2, 2), st.floats(0.5, 1.1))
def test_a_crop_sown_late_that_grew_poorly_is_the_same_crop(move: int, height: float) -> None:
    """Shift by up to 20 days and any height within the rules leave next to nothing."""
    even = kernel.evened(DAYS, FIELD[None], 0, DAYS.size, 45)
    now = np.roll(0.2 + height * (FIELD - 0.2), 2 * move)[80:140].astype(np.float32)
    got = kernel.misfits(now, even.T.copy(), 80, 4, (0.3, 1.15), (0.2, 0.08), 0.75)
    assert got[0] < 0.01


@given(st.integers(0, 2**32 - 1))
def test_misfits_are_what_a_slow_search_finds(seed: int) -> None:
    """Oracle: try every shift and a thousand heights."""
    random = np.random.default_rng(seed)
    now = random.uniform(0.1, 0.9, 20).astype(np.float32)
    curve = random.uniform(0.1, 0.9, 60).astype(np.float32)
    got = kernel.misfits(now, curve[:, None], 20, 4, (0.3, 1.15), (0.22, 0.08), 0.75)[0]
    tried = []
    for move in (-4, -2, 0, 2, 4):
        x = curve[20 + move : 40 + move].astype(float)
        heights = np.linspace(0.3, 1.15, 1000)[:, None]
        off = now - heights * x
        lift = off.mean(axis=1)
        lifted = np.maximum(0, np.abs(lift - 0.22 * (1 - heights[:, 0])) - 0.08)
        squares = (off.var(axis=1), lifted**2)
        best = int(np.argmin(squares[0]))  # height by shape alone, as the kernel has it
        tried.append(math.sqrt(squares[0][best] + squares[1][best]))
    assert got == pytest.approx(min(tried), abs=2e-3)


@given(st.integers(0, 2**32 - 1))
def test_each_curve_of_a_library_is_compared_as_if_alone(seed: int) -> None:
    """Gaps are passed over, and one too wide says nothing."""
    random = np.random.default_rng(seed)
    library = random.uniform(0.1, 0.9, (60, 9)).astype(np.float32)
    library[random.random((60, 9)) < random.choice([0.0, 0.2, 0.5])] = np.nan
    now = np.where(random.random(20) < 0.1, np.nan, random.random(20)).astype(np.float32)
    rest = (4, (0.3, 1.15), (0.22, 0.08), 0.75)
    begins = int(random.integers(-5, 50))
    got = kernel.misfits(now, library, begins, *rest)
    alone = [kernel.misfits(now, library[:, n : n + 1], begins, *rest)[0] for n in range(9)]
    np.testing.assert_array_equal(got, alone)
    laid = [range(begins + move, begins + move + 20) for move in (-4, -2, 0, 2, 4)]
    for n in range(9):
        both = [
            sum(0 <= k < 60 and bool(np.isfinite(library[k, n] + now[m])) for m, k in enumerate(at))
            for at in laid
        ]
        assert np.isnan(got[n]) == (max(both) < max(1, 0.75 * np.isfinite(now).sum()))


def test_a_stretch_is_compared_with_its_own_earlier_years() -> None:
    """Oracle: the same curve up to the cut, begun one, two and three years earlier."""
    random = np.random.default_rng(3)
    even = random.uniform(0.1, 0.9, (4, 300)).astype(np.float32)
    rest = (4, (0.3, 1.15), (0.22, 0.08), 0.75)
    curve, begins = np.array([2, 0, 2]), np.array([240, 260, 290])
    library = even.T.copy()
    others, own = kernel.likeness(even, curve, begins, library, 220, *rest)
    for c, (n, begin) in enumerate(zip(curve, begins, strict=True)):
        now = even[n, begin:]
        np.testing.assert_array_equal(others[c], kernel.misfits(now, library, begin, *rest))
        past = library[:220, n : n + 1]
        expected = [kernel.misfits(now, past, begin - 73 * back, *rest)[0] for back in (1, 2, 3)]
        np.testing.assert_array_equal(own[c], expected)


def test_nothing_is_drawn_through_long_gaps() -> None:
    days = np.array([0, 10, 100], np.int32)
    even = kernel.evened(days, np.array([[0.2, 0.4, 0.6]], np.float32), 0, 21, 45)
    assert even[0, :3] == pytest.approx([0.2, 0.3, 0.4])
    assert np.isnan(even[0, 3:]).all()


def test_a_fall_or_a_rise_is_counted_within_its_days() -> None:
    days = np.array([0, 20, 30, 70], np.int32)
    fallen = np.array([0.8, 0.6, np.nan, 0.1], np.float32)
    curves = np.stack([fallen, 1 - fallen, np.full(4, np.nan, np.float32)])
    assert missed.swings(days, curves, 0, 40) == pytest.approx([0.2, 0.2, 0])
    assert missed.swings(days, curves, 0, 50) == pytest.approx([0.5, 0.5, 0])
    assert missed.swings(days, curves, 2, 50) == pytest.approx([0, 0, 0])


@given(st.integers(0, 2**32 - 1), st.integers(0, 20))
def test_swings_are_the_greatest_differences_of_close_looks(seed: int, start: int) -> None:
    random = np.random.default_rng(seed)
    days = np.sort(random.choice(300, 20, replace=False)).astype(np.int32)
    ndvi = np.where(random.random((3, 20)) < 0.2, np.nan, random.random((3, 20)))
    ndvi = ndvi.astype(np.float32)
    got = missed.swings(days, ndvi, start, 40)
    near = np.abs(days[:, None] - days) <= 40
    near &= (np.arange(20) >= start) & (np.arange(20) >= start)[:, None]
    for n in range(3):
        apart = np.abs(ndvi[n][:, None] - ndvi[n])[near]
        assert got[n] == max(apart[~np.isnan(apart)], default=0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_the_own_band_is_made_of_the_same_season_of_other_years(seed: int, looks: int) -> None:
    random = np.random.default_rng(seed)
    days = np.sort(random.choice(1500, looks, replace=False)).astype(np.int32)
    ndvi = np.where(random.random((2, looks)) < 0.2, np.nan, random.random((2, looks)))
    ndvi = ndvi.astype(np.float32)
    history = days < 1100
    start = looks // 3
    band = kernel.own_bands(days, ndvi, history, start, 20.0, 2, (0.1, 0.9))
    assert np.isnan(band[:, :, :start]).all()
    for t in range(start, looks):
        gap = (days - days[t]) % 365
        near = history & (np.minimum(gap, 365 - gap) <= 20)
        for n, curve in enumerate(ndvi):
            known = curve[near & ~np.isnan(curve)]
            expected = np.quantile(known, [0.1, 0.9]) if known.size >= 2 else [np.nan, np.nan]
            np.testing.assert_allclose(band[:, n, t], expected, rtol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_the_spread_is_that_of_the_pixels_seen(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.random((12, 7)).astype(np.float32)
    values[random.random((12, 7)) < 0.3] = np.nan
    members = np.sort(random.choice(12, 8, replace=False))
    got = kernel.spreads(values, members, 0.7)
    for t, column in enumerate(values[members].T):
        known = column[~np.isnan(column)].astype(float)
        assert got[t] == pytest.approx(known.std() if known.size >= 5.6 else np.nan, nan_ok=True)


def test_greenness_above_is_summed_over_days() -> None:
    """0.2 for ten days, the most for twenty, nothing for less and unknown, the last for five."""
    days = np.array([0, 10, 60, 70, 80], np.int32)
    over = np.array([0.2, 0.9, -0.3, np.nan, 0.1], np.float32)
    assert missed.summed(days, over, 0.5, 20) == pytest.approx(0.2 * 10 + 0.5 * 20 + 0.1 * 5)
