"""Crop cycles of one curve, against the rule told turn by turn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from farmland.kernels import cycles

CANOPY, FALL = 0.40, 0.20

CURVES = arrays(np.float32, st.integers(0, 40), elements=st.floats(0, 1, width=32))


def turns(ndvi: list[float]) -> list[int]:
    """Lows and highs by turns, each ``FALL`` from the one before; the highs that are canopies."""
    marks: list[tuple[str, int]] = [("low", 0)] if ndvi else []
    for t, value in enumerate(ndvi):
        kind, at = marks[-1]
        if (kind == "low" and value < ndvi[at]) or (kind == "high" and value > ndvi[at]):
            marks[-1] = kind, t
        elif kind == "low" and np.float32(value - ndvi[at]) >= FALL:
            marks.append(("high", t))
        elif kind == "high" and np.float32(ndvi[at] - value) >= FALL:
            marks.append(("low", t))
    return [at for kind, at in marks if kind == "high" and ndvi[at] >= CANOPY]


@given(CURVES)
def test_peaks_are_the_highs_between_lows(ndvi: np.ndarray) -> None:
    assert cycles.peaks(ndvi, CANOPY, FALL).tolist() == turns(list(ndvi))


def test_a_year_of_wheat_and_maize_has_two() -> None:
    year = np.array([0.2, 0.4, 0.8, 0.5, 0.2, 0.3, 0.7, 0.85, 0.4, 0.2], np.float32)
    assert cycles.peaks(year, CANOPY, FALL).tolist() == [2, 7]


def test_what_stood_when_the_record_began_was_not_seen_to_grow() -> None:
    assert cycles.peaks(np.array([0.8, 0.5, 0.2], np.float32), CANOPY, FALL).size == 0
    assert cycles.peaks(np.array([0.2, 0.6], np.float32), CANOPY, FALL).tolist() == [1]


@given(arrays(np.float32, (3, 20), elements=st.floats(0, 1, width=32) | st.just(np.nan)))
def test_cycles_are_counted_curve_by_curve(ndvi: np.ndarray) -> None:
    expected = [len(turns([x for x in row.tolist() if x == x])) for row in ndvi]
    assert cycles.counts(ndvi, CANOPY, FALL).tolist() == expected


@given(
    st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40), max_size=8), st.integers(0, 2**32 - 1)
)
def test_unseen_days_lie_between_two_looks(standing: set[int], looks: set[int], seed: int) -> None:
    """Of the days on which crops stand, the most in a row without a look on or behind them."""
    days, stand = np.array(sorted(looks), np.int32), np.array(sorted(standing), np.int64)
    looked = np.random.default_rng(seed).random((3, days.size)) < 0.6
    for got, own in zip(cycles.unseen(days, looked, stand), looked, strict=True):
        edges = [-1, *days[own].tolist(), 99]
        gaps = [sum(a < day <= b for day in standing) for a, b in pairwise(edges)]
        assert got == max(gaps)
