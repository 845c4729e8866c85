"""Pixels as polygons: equal to the union of their squares, whatever lies on top of each other."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from farmland.tiling import polygons

Pixels = tuple[np.ndarray, np.ndarray]


@st.composite
def pixels(draw: st.DrawFn) -> Pixels:
    mask = draw(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7)))
    mask[draw(st.integers(0, len(mask) - 1)), 0] = True
    order = draw(st.permutations(range(int(mask.sum()))))
    rows, columns = (axis[order].astype(np.int32) for axis in np.nonzero(mask))
    return rows + np.int32(draw(st.integers(-9, 9))) - 400_000, columns + np.int32(50_000)


def squares(rows: np.ndarray, columns: np.ndarray) -> shapely.Geometry:
    x, y = columns * 10, -rows * 10
    return shapely.union_all(shapely.box(x, y - 10, x + 10, y))


@given(st.lists(pixels(), max_size=4))
def test_outlines_are_the_unions_of_squares(sets: list[Pixels]) -> None:
    found = polygons.of_pixels(sets)
    assert len(found) == len(sets)
    for outline, own in zip(found, sets, strict=True):
        assert outline.geom_type == "MultiPolygon"
        assert outline.is_valid
        assert outline.area == 100 * own[0].size
        assert shapely.equals(outline, squares(*own))


def test_a_ring_begins_in_the_north_west_and_goes_down() -> None:
    """The pixel of row -3 and column 5 lies 20 to 30 m north and 50 to 60 m east."""
    (one,) = polygons.of_pixels([(np.array([-3], np.int32), np.array([5], np.int32))])
    assert one.wkt == "MULTIPOLYGON (((50 30, 50 20, 60 20, 60 30, 50 30)))"
