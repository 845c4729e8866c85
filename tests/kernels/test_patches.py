from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from farmland.kernels import levels as level_sets
from farmland.kernels import patches

CLASSES = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0, 0, 1, 1, 1, 2]),
)


def labelled(values: np.ndarray, corners: bool) -> np.ndarray:
    """Patch of each pixel."""
    table = patches.runs(values)
    patch, _ = patches.joined(table, corners)
    return patches.painted(table, patch, np.zeros(values.shape, np.int32))


def parts(labels: np.ndarray) -> list[frozenset[tuple[int, int]]]:
    """Pixels of each label, in order."""
    return [
        frozenset(zip(*(axis.tolist() for axis in np.nonzero(labels == n)), strict=True))
        for n in range(1, labels.max(initial=0) + 1)
    ]


def placed(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.nonzero(mask)
    return rows.astype(np.int32), columns.astype(np.int32)


@given(CLASSES, st.booleans())
def test_labels_are_the_connected_sets_of_a_value(values: np.ndarray, corners: bool) -> None:
    assert parts(labelled(values, corners)) == oracles.components(values, corners)


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.6, 0.9])
def test_labels_are_those_of_scipy(share: float, corners: bool) -> None:
    """Scipy numbers sets by their first pixels too."""
    values = (np.random.default_rng(7).random((150, 130)) < share).astype(np.uint8)
    wanted, count = ndimage.label(values, np.ones((3, 3)) if corners else None)
    got = labelled(values, corners)
    table = patches.runs(values)
    areas = patches.areas(table, *patches.joined(table, corners))
    assert np.array_equal(got, wanted)
    assert np.array_equal(areas[1:], np.bincount(wanted.ravel())[1:])
    assert areas.size == count + 1


@given(CLASSES)
def test_runs_painted_again_are_the_raster(values: np.ndarray) -> None:
    table = patches.runs(values)
    again = patches.painted(table, table[:, 3].copy(), np.zeros(values.shape, np.int32))
    assert np.array_equal(again, values)
    assert np.all(table[:, 1] < table[:, 2])
    assert patches.areas(table, *patches.joined(table, False)).sum() == np.count_nonzero(values)


@given(CLASSES, st.booleans())
def test_a_turned_raster_has_the_same_sets(values: np.ndarray, corners: bool) -> None:
    turned = np.ascontiguousarray(values.T[::-1])
    back = labelled(turned, corners)[::-1].T
    assert set(parts(back)) == set(parts(labelled(values, corners)))


def test_runs_by_hand() -> None:
    values = np.array([[1, 1, 2, 0], [0, 0, 0, 0], [0, 3, 0, 3]], np.uint8)
    assert patches.runs(values).tolist() == [[0, 0, 2, 1], [0, 2, 3, 2], [2, 1, 2, 3], [2, 3, 4, 3]]


def test_sides_connect_and_corners_where_they_may() -> None:
    values = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 2, 1]], np.uint8)
    assert labelled(values, False).tolist() == [[1, 0, 0, 0], [0, 2, 0, 3], [0, 0, 4, 3]]
    assert labelled(values, True).tolist() == [[1, 0, 0, 0], [0, 1, 0, 2], [0, 0, 3, 2]]


@given(CLASSES, st.integers(1, 6), st.integers(0, 99))
def test_sets_are_numbered_without_the_small_ones(
    values: np.ndarray, least: int, seed: int
) -> None:
    rows, columns = placed(np.ones(values.shape))
    order = np.random.default_rng(seed).permutation(rows.size)
    rows, columns = rows[order] - 5, columns[order] + 7
    wanted = values[rows + 5, columns - 7] == 1
    labels = np.zeros(values.shape, np.int32)
    labels[rows + 5, columns - 7] = patches.sets(rows, columns, wanted, least)
    large = [part for part in oracles.components(values == 1, corners=True) if len(part) >= least]
    assert parts(labels) == large


@given(
    hnp.arrays(np.int8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8)).map(
        lambda values: (values % 8).astype(np.float32)
    ),
    st.integers(1, 5),
)
def test_nested_sets_are_those_of_every_level_that_are_not_alike(
    height: np.ndarray, least: int
) -> None:
    rows, columns = placed(height > 0)
    if not rows.size:
        return
    own = height[rows, columns]
    levels = np.array([2, 3, 5, 7], np.float32)
    members, starts = level_sets.nested(rows, columns, own, levels, least, 0.85)
    got = [
        frozenset(zip(rows[one].tolist(), columns[one].tolist(), strict=True))
        for one in np.split(members, starts[1:])[: starts.size - 1]
    ]
    pixels = zip(rows.tolist(), columns.tolist(), strict=True)
    heights = dict(zip(pixels, own.tolist(), strict=True))
    assert got == oracles.nested(heights, levels, least)


def test_nested_sets_by_hand() -> None:
    """A house of four pixels in a field of ten; at level 2 the house alone, at 3 too."""
    rows, columns = placed(np.ones((2, 5)))
    height = np.array([1, 1, 1, 9, 9, 1, 1, 1, 9, 9], np.float32)
    levels = np.array([2, 3], np.float32)
    members, starts = level_sets.nested(rows, columns, height, levels, 4, 0.85)
    assert starts.tolist() == [0, 4, 14]
    assert members.tolist() == [3, 4, 8, 9, *range(10)]
