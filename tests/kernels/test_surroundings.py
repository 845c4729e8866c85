"""What lies around a cell, against squares laid and counted one at a time."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.kernels.surroundings import lone, opened, widened

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)
FLAGS = hnp.arrays(np.uint8, SHAPES, elements=st.integers(0, 7))
EMPTY = pytest.mark.parametrize("shape", [(0, 0), (0, 5), (3, 0)])


@given(FLAGS, st.integers(1, 5))
def test_opening_keeps_what_a_square_fits_into(flags: np.ndarray, side: int) -> None:
    assert (opened(flags, side) == oracles.opened(flags, side)).all()


@given(FLAGS, st.integers(1, 4))
def test_opening_twice_is_opening_once_and_adds_nothing(flags: np.ndarray, side: int) -> None:
    once = opened(flags, side)
    assert (opened(once, side) == once).all()
    assert (once & ~flags == 0).all()


@given(FLAGS, st.integers(0, 12))
def test_widening_reaches_over_each_square(flags: np.ndarray, reach: int) -> None:
    assert (widened(flags, reach) == oracles.widened(flags, reach)).all()


@given(SHAPES, st.integers(0, 2**32 - 1), st.integers(0, 12), st.sampled_from([0.0, 0.25, 0.5, 1]))
def test_lone_cells_have_little_hidden_around(
    shape: tuple[int, int], seed: int, radius: int, share: float
) -> None:
    random = np.random.default_rng(seed)
    asked, hidden, seen = random.random((3, *shape)) < random.random((3, 1, 1))
    hidden &= seen
    expected = oracles.lone(asked, hidden, seen, radius, share)
    assert (lone(asked, hidden, seen, radius, share) == expected).all()


def test_the_bits_of_a_byte_do_not_mix() -> None:
    flags = np.zeros((6, 6), np.uint8)
    flags[1:3, 1:3] |= 1
    flags[2:4, 2] |= 2
    assert (opened(flags, 2) == (flags & 1)).all()
    assert (widened(flags, 1) & 2 > 0).sum() == 12


@EMPTY
def test_nothing_has_no_surroundings(shape: tuple[int, int]) -> None:
    nothing = np.zeros(shape, np.bool_)
    assert opened(nothing.view(np.uint8), 2).shape == shape
    assert widened(nothing.view(np.uint8), 2).shape == shape
    assert lone(nothing, nothing, nothing, 2, 0.5).shape == shape
