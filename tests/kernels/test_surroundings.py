from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.kernels.surroundings import count_around

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))


@given(MASKS, st.integers(0, 12))
def test_counts_are_those_of_each_square(mask: np.ndarray, radius: int) -> None:
    assert (count_around(mask, radius) == oracles.count_around(mask, radius)).all()


def test_a_single_pixel_is_counted_by_its_square() -> None:
    mask = np.zeros((7, 9), np.bool_)
    mask[3, 4] = True
    counted = count_around(mask, 2)
    assert counted[1:6, 2:7].all()
    assert counted.sum() == 25


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (3, 0)])
def test_nothing_has_no_surroundings(shape: tuple[int, int]) -> None:
    assert count_around(np.zeros(shape, np.bool_), 2).shape == shape
