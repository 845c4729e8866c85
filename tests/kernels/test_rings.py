from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rasterio.features import shapes
from shapely.geometry import shape

from farmland.kernels import patches, rings

CLASSES = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0, 0, 1, 1, 1, 2]),
)


def outlines(values: np.ndarray) -> np.ndarray:
    """Polygons in columns and rows, y downwards."""
    table = patches.runs(values)
    points, starts, first = rings.rings(table, *patches.joined(table, False))
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (starts, first))


@given(CLASSES)
def test_polygons_are_the_unions_of_their_pixels(values: np.ndarray) -> None:
    table = patches.runs(values)
    patch, count = patches.joined(table, False)
    labels = patches.painted(table, patch, np.zeros(values.shape, np.int32))
    found = outlines(values)
    assert len(found) == count
    assert shapely.is_valid(found).all()
    assert shapely.area(found).tolist() == patches.areas(table, patch, count)[1:].tolist()
    for n, polygon in enumerate(found, 1):
        y, x = np.nonzero(labels == n)
        assert shapely.equals(polygon, shapely.union_all(shapely.box(x, y, x + 1, y + 1)))


@given(CLASSES)
def test_vertices_lie_only_where_the_boundary_turns(values: np.ndarray) -> None:
    for polygon in outlines(values):
        for ring in (polygon.exterior, *polygon.interiors):
            points = shapely.get_coordinates(ring)
            sides = np.diff(points, axis=0)
            assert np.all((sides == 0).sum(axis=1) == 1)
            assert np.all((sides[:-1, 0] == 0) != (sides[1:, 0] == 0))
            assert tuple(points[0]) == min(map(tuple, points), key=lambda p: (p[1], p[0]))
        assert not polygon.exterior.is_ccw  # as y points down; the other way on a map
        assert all(ring.is_ccw for ring in polygon.interiors)


def test_polygons_are_those_of_gdal() -> None:
    values = (np.random.default_rng(5).random((120, 90)) < 0.6).astype(np.uint8)
    theirs = [shape(one) for one, _ in shapes(values, mask=values > 0)]
    one, other = (
        sorted(shapely.to_wkb(shapely.normalize(found))) for found in (outlines(values), theirs)
    )
    assert one == other


def test_a_hole_that_touches_the_outside_by_a_corner() -> None:
    """One polygon: its ring goes round the gap, and the hole touches it at (2, 1)."""
    values = np.array([[1, 1, 0], [1, 0, 1], [1, 1, 1]], np.uint8)
    table = patches.runs(values)
    points, starts, first = rings.rings(table, *patches.joined(table, False))
    assert first.tolist() == [0, 2]
    assert [points[a:b].tolist() for a, b in pairwise(starts)] == [
        [[0, 0], [0, 3], [3, 3], [3, 1], [2, 1], [2, 0], [0, 0]],
        [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]],
    ]


def test_nothing_has_no_rings() -> None:
    assert len(outlines(np.zeros((3, 4), np.uint8))) == 0
