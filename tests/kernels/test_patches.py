from __future__ import annotations

import numpy as np
import oracles
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.kernels.patches import components

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=8)


@st.composite
def floods(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(SHAPES)
    around = draw(hnp.arrays(np.bool_, shape))
    return draw(hnp.arrays(np.bool_, shape)) & around, around


@given(floods())
def test_labels_are_the_connected_sets_that_hold_a_seed(
    flood: tuple[np.ndarray, np.ndarray],
) -> None:
    labels = components(*flood)
    got = [
        frozenset(zip(*(axis.tolist() for axis in np.nonzero(labels == n)), strict=True))
        for n in range(1, labels.max() + 1)
    ]
    assert got == oracles.components(*flood)


def test_a_corner_connects_and_a_gap_does_not() -> None:
    around = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1]], np.bool_)
    seed = np.zeros_like(around)
    seed[0, 0] = True
    assert components(seed, around).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_labels_follow_the_raster() -> None:
    every = np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]], np.bool_)
    assert components(every, every).tolist() == [[1, 0, 2], [0, 0, 0], [3, 0, 4]]


def test_one_pixel_can_fill_all() -> None:
    seed = np.zeros((40, 30), np.bool_)
    seed[20, 10] = True
    assert (components(seed, np.ones_like(seed)) == 1).all()
