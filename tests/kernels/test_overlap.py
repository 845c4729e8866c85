"""Ground that polygons share: against the polygon they share, made by GEOS."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box
from shapely.geometry.base import BaseGeometry

from farmland.kernels import overlap
from farmland.tiling.outlines import Outlines

PLANE = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def edges(shapes: list[BaseGeometry]) -> overlap.Edges:
    flat = Outlines.of(np.array(shapes, object), transform=PLANE)
    return overlap.edges(flat.x, flat.y, flat.starts, flat.rings, flat.sides)


def shared(one: BaseGeometry, other: BaseGeometry) -> float:
    zero = np.zeros(1, np.int64)
    return float(overlap.shared(edges([one]), edges([other]), zero, zero)[0])


@st.composite
def shapes(draw: st.DrawFn) -> BaseGeometry:
    """Boxes on whole numbers, which often share borders, and stars with holes and parts."""
    corner = st.integers(0, 12)
    if draw(st.booleans()):
        left, bottom = draw(corner), draw(corner)
        return box(left, bottom, left + draw(st.integers(1, 8)), bottom + draw(st.integers(1, 8)))
    points = draw(st.lists(st.tuples(corner, corner), min_size=3, max_size=60))
    made = shapely.make_valid(Polygon(points), method="structure", keep_collapsed=False)
    faces = [part for part in shapely.get_parts(made) if part.geom_type == "Polygon"]
    return MultiPolygon(faces) if faces else box(0, 0, 1, 1)


@given(shapes(), shapes())
def test_what_is_shared_is_the_area_of_the_intersection(
    one: BaseGeometry, other: BaseGeometry
) -> None:
    expected = one.intersection(other).area
    assert shared(one, other) == pytest.approx(expected, abs=1e-9)
    assert shared(other, one) == pytest.approx(expected, abs=1e-9)


@given(shapes(), st.integers(3, 200), st.floats(0.5, 12))
def test_long_borders_are_skipped_in_runs_and_nothing_is_lost(
    one: BaseGeometry, points: int, radius: float
) -> None:
    other = shapely.Point(6, 6).buffer(radius, quad_segs=points)
    other = other.difference(shapely.Point(5, 7).buffer(radius / 3, quad_segs=points))
    expected = one.intersection(other).area
    assert shared(one, other) == pytest.approx(expected, abs=1e-9)


def test_by_hand_two_squares_with_a_hole() -> None:
    ring = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    assert shared(ring, box(5, 5, 15, 15)) == pytest.approx(25 - 1, abs=1e-12)
    assert shared(ring, box(4, 4, 6, 6)) == pytest.approx(0, abs=1e-12)
    assert shared(ring, box(10, 0, 20, 10)) == pytest.approx(0, abs=1e-12)
    assert shared(ring, box(-9, -9, 99, 99)) == pytest.approx(96, abs=1e-12)


def test_far_from_the_origin_digits_stay() -> None:
    one, other = box(0, 0, 90, 70), box(30, -5, 200, 40)
    moved = [affinity.translate(each, 38_500_123, 3_850_456) for each in (one, other)]
    assert shared(*moved) == pytest.approx(60 * 40, abs=1e-6)


def test_an_empty_polygon_shares_nothing() -> None:
    pair = edges([Polygon(), box(0, 0, 1, 1)])
    rows = np.array([0, 1, 0]), np.array([1, 0, 0])
    assert overlap.shared(pair, pair, *rows).tolist() == [0, 0, 0]
