"""Distances of one spectrum to many: against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import distances

SEEDS = st.integers(0, 2**32 - 1)


def laid(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A spectrum (f,) and others (f, n), ascending in their first feature, some unseen."""
    random = np.random.default_rng(seed)
    others = random.normal(size=(7, size)).astype(np.float32)
    others = np.ascontiguousarray(others[:, np.argsort(others[0])])
    return random.normal(size=7).astype(np.float32), others


def plain(spectrum: np.ndarray, others: np.ndarray) -> np.ndarray:
    return ((others.astype(np.float64) - spectrum[:, None]) ** 2).sum(axis=0)


@given(SEEDS, st.integers(0, 50), st.data())
def test_any_stretch_of_columns_is_measured(seed: int, size: int, data: st.DataObject) -> None:
    spectrum, others = laid(seed, size)
    begin = data.draw(st.integers(0, size))
    end = data.draw(st.integers(begin, size))
    out = np.full(size + 1, np.nan, np.float32)
    distances.squares(spectrum, others, begin, end, out)
    np.testing.assert_allclose(out[: end - begin], plain(spectrum, others)[begin:end], rtol=1e-5)
    assert np.isnan(out[end - begin :]).all()


@given(SEEDS, st.integers(0, 50), st.floats(0, 6))
def test_those_within_reach_are_counted_and_unseen_ones_never(
    seed: int, size: int, reach: float
) -> None:
    spectrum, others = laid(seed, size)
    others[3, ::4] = np.nan
    square = plain(spectrum, others)
    got = distances.within(spectrum, others, 0, size, reach)
    assert (square <= reach**2 - 1e-5).sum() <= got <= (square <= reach**2 + 1e-5).sum()


@given(SEEDS, st.integers(0, 40))
def test_the_lowest_is_the_lowest(seed: int, size: int) -> None:
    values = np.random.default_rng(seed).random(size + 1).astype(np.float32)
    expected = values[:size].min(initial=np.inf)
    assert distances.lowest(values, size) == expected


@given(SEEDS, st.integers(0, 40), st.integers(1, 6))
def test_the_smallest_but_some_is_that_of_a_sorted_list(seed: int, size: int, rank: int) -> None:
    values = np.random.default_rng(seed).random(size).astype(np.float32)
    values[::5] = np.nan
    known = np.sort(values[~np.isnan(values)])
    expected = known[rank - 1] if known.size >= rank else np.inf
    assert distances.smallest(values, size, np.empty(rank, np.float32)) == expected


@given(SEEDS, st.integers(0, 50), st.floats(0, 3))
def test_nothing_outside_the_columns_nearby_is_within_reach(
    seed: int, size: int, reach: float
) -> None:
    spectrum, others = laid(seed, size)
    begin, end = distances.nearby(spectrum[0], reach, others)
    outside = np.delete(plain(spectrum, others), np.s_[begin:end])
    assert (outside >= reach**2 * (1 - 1e-5)).all()


def test_a_worked_example() -> None:
    """Two spectra that differ by 3 in one feature and by 4 in another are 5 apart."""
    spectrum, others = np.zeros(7, np.float32), np.zeros((7, 2), np.float32)
    others[2, 1], others[5, 1] = 3, 4
    out = np.empty(2, np.float32)
    distances.squares(spectrum, others, 0, 2, out)
    assert out.tolist() == [0, 25]
    assert distances.within(spectrum, others, 0, 2, 5) == 2
    assert distances.within(spectrum, others, 0, 2, 4.99) == 1
    assert distances.smallest(out, 2, np.empty(2, np.float32)) == pytest.approx(25)
