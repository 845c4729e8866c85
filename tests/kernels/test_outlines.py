from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import assume, given
from hypothesis.extra import numpy as hnp

from farmland.kernels import outlines

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))


def placed(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.nonzero(mask)
    return (rows - 400_000).astype(np.int32), (columns + 50_000).astype(np.int32)


@given(MASKS)
def test_extents_are_those_along_singular_vectors(mask: np.ndarray) -> None:
    assume(mask.any())
    along, across = outlines.extents(*placed(mask))
    points = np.argwhere(mask) - np.argwhere(mask).mean(axis=0)
    spread = points.T @ points
    assume(abs(spread[0, 0] - spread[1, 1]) > 1e-9 or abs(spread[0, 1]) > 1e-9)
    assert sorted((along, across)) == pytest.approx(sorted(oracles.extents(mask)), rel=1e-12)


@pytest.mark.parametrize("side", [1, 2, 3, 6])
def test_a_square_is_measured_along_its_sides(side: int) -> None:
    assert outlines.extents(*placed(np.ones((side, side)))) == pytest.approx((side, side))


def test_extents_by_hand() -> None:
    """Three pixels on a diagonal: twice the diagonal of a pixel, and the last one."""
    along, across = outlines.extents(*placed(np.eye(3)))
    assert (along, across) == pytest.approx((2 * np.sqrt(2) + 1, 1))


@given(MASKS)
def test_the_inside_is_what_is_left_when_edges_are_peeled_off(mask: np.ndarray) -> None:
    assume(mask.any())
    total, thickest, edge = outlines.inside(*placed(mask))
    steps = oracles.steps(mask)
    padded = np.pad(mask, 1)
    sides = sum(np.sum(padded & ~np.roll(padded, by, axis)) for by in (1, -1) for axis in (0, 1))
    assert (total, thickest, edge) == (steps.sum(), steps.max(), sides)


@pytest.mark.parametrize("share", [0.97, 0.995, 1.0])
def test_the_inside_of_large_sets(share: float) -> None:
    mask = np.random.default_rng(2).random((60, 45)) < share
    total, thickest, _ = outlines.inside(*placed(mask))
    steps = oracles.steps(mask)
    assert (total, thickest) == (steps.sum(), steps.max())


def test_the_inside_by_hand() -> None:
    """A block of five by five: sixteen pixels at the edge, eight within, and the middle."""
    assert outlines.inside(*placed(np.ones((5, 5)))) == (16 + 2 * 8 + 3, 3, 20)
