"""What of a layer lies around places, against the whole layer cut by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import union_all
from shapely.geometry import Point, box

from farmland.land import neighbourhood

from .land_example import CRS, square


def series(*shapes: object) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=CRS)


def test_neighbours_are_one_outline_as_far_as_a_map_shows() -> None:
    places = series(
        square(0, 0, 100, 100), square(5_000, 0, 5_900, 100), square(90_000, 0, 90_100, 9)
    )
    layer = series(
        square(-50, -50, 50, 50), square(50, -50, 300, 50), None, square(-9_000, 0, 9_000, 20)
    ).to_crs(4490)
    near, long, none = neighbourhood.around(places, layer)
    assert near.covers(square(-49, -49, 299, 19)), "two polygons that touch are one"
    low, _, high, _ = near.bounds
    assert (low, high) == pytest.approx((38_500_000 - 300, 38_500_000 + 400), abs=15)
    low, _, high, _ = long.bounds
    assert (low, high) == pytest.approx((38_505_000 - 900, 38_505_900 + 900), abs=60)
    assert none is None


def test_without_places_or_a_layer_nothing_lies_around() -> None:
    assert neighbourhood.around(series(), series(square(0, 0, 9, 9))).tolist() == []
    assert neighbourhood.around(series(square(0, 0, 9, 9)), series()).tolist() == [None]


spots = st.tuples(st.integers(-1500, 1500), st.integers(-1500, 1500), st.integers(1, 400))


@given(st.lists(spots, min_size=1, max_size=5), st.lists(spots, max_size=6))
def test_within_a_map_nothing_is_missing_or_added(
    places: list[tuple[int, int, int]], layer: list[tuple[int, int, int]]
) -> None:
    shapes = series(*(square(x, y, x + size, y + size) for x, y, size in places))
    land = series(*(square(x, y, x + 2 * size, y + size) for x, y, size in layer))
    whole = union_all(np.asarray(land.array, object)) if layer else Point().buffer(0)
    for shape, found in zip(shapes, neighbourhood.around(shapes, land), strict=True):
        left, bottom, right, top = shape.bounds
        frame = box(left - 240, bottom - 240, right + 240, top + 240)
        inside = whole.intersection(frame)
        shown = found.intersection(frame) if found else Point().buffer(0)
        assert shown.symmetric_difference(inside).area == pytest.approx(0, abs=1e-3)
