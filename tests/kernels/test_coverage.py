"""What is covered of a pixel is the area of the polygon in it, however the window is cut."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from farmland.kernels.coverage import AFTER, FIRST, LABEL, ONE, ROW, WEIGHT
from farmland.tiling.outlines import Outlines

WINDOW = (-400_000, 50_000, 60, 70)
Window = tuple[int, int, int, int]


def weights(shapes: list[shapely.Geometry], window: Window = WINDOW) -> NDArray[np.int64]:
    """(g, y, x) weight of every pixel of a window, from the runs."""
    found = np.zeros((len(shapes), window[2], window[3]), np.int64)
    for run in Outlines.of(np.array(shapes, object)).covered(window):
        place = run[LABEL], run[ROW] - window[0], slice(*(run[FIRST : AFTER + 1] - window[1]))
        assert (found[place] == 0).all()
        assert run[AFTER] - run[FIRST] == 1 or run[WEIGHT] == ONE
        found[place] = run[WEIGHT]
    return found


def areas(shape: shapely.Geometry, window: Window = WINDOW) -> NDArray[np.float64]:
    """(y, x) share of every pixel that a shape covers, asked one by one."""
    top, left, height, width = window
    rows, columns = np.mgrid[top : top + height, left : left + width] * 10.0
    pixels = shapely.box(columns, -rows - 10, columns + 10, -rows)
    return np.asarray(shapely.area(shapely.intersection(pixels, shape)) / 100)


def place(seed: int) -> shapely.Geometry:
    """A crooked field in and around the window, with a pond or a second part now and then."""
    random = np.random.default_rng(seed)
    centre = random.uniform((499_950, 3_999_350), (500_750, 4_000_050))
    angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 12)))
    reach = random.uniform(1, 200, angles.size)
    points = centre + np.column_stack([np.cos(angles), np.sin(angles)]) * reach[:, None]
    if seed % 5 == 0:
        points = np.round(points, -1)  # on corners of pixels
    shape = shapely.make_valid(shapely.Polygon(points)).buffer(0)
    if seed % 3 == 0:
        shape = shape.difference(shapely.Point(centre).buffer(15))
    return shape.reverse() if seed % 2 else shape


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3))
def test_a_weight_is_the_area_in_the_pixel(seeds: list[int]) -> None:
    shapes = [place(seed) for seed in seeds]
    for found, shape in zip(weights(shapes), shapes, strict=True):
        np.testing.assert_allclose(found / ONE, areas(shape), rtol=0, atol=7e-8)


@given(st.integers(0, 2**32 - 1), st.integers(1, 59), st.integers(1, 69))
def test_windows_put_together_give_the_whole_to_the_last_bit(seed: int, row: int, col: int) -> None:
    top, left, height, width = WINDOW
    parts = [
        [
            weights([place(seed)], (y, x, tall, wide))[0]
            for x, wide in ((left, col), (left + col, width - col))
        ]
        for y, tall in ((top, row), (top + row, height - row))
    ]
    np.testing.assert_array_equal(np.block(parts), weights([place(seed)])[0])


@given(st.integers(0, 2**32 - 1), st.floats(0, np.pi))
def test_two_halves_make_the_whole(seed: int, angle: float) -> None:
    """Neighbours share an edge: in each pixel they cover together what the field does."""
    field = place(seed)
    if field.is_empty:
        return
    centre = np.array(field.representative_point().coords[0])
    way = np.array([np.cos(angle), np.sin(angle)]) * 2000
    blade = shapely.LineString([centre - way, centre + way])
    parts = list(shapely.ops.split(field, blade).geoms)
    together = weights(parts).sum(axis=0)
    assert abs(together - weights([field])[0]).max() <= 2 * len(parts)


def test_a_triangle_by_hand() -> None:
    """Legs of 3 pixels: three full pixels, three halves on the slope."""
    left, top = 500_000, 4_000_000
    corner = shapely.Polygon([(left, top), (left + 30, top), (left, top - 30)])
    found = weights([corner], (-400_000, 50_000, 3, 3))[0] * 2 // ONE
    assert found.tolist() == [[2, 2, 1], [2, 1, 0], [1, 0, 0]]


def test_parts_that_touch_holes_and_nothing_at_all() -> None:
    left, top = 500_000, 4_000_000
    square = shapely.box(left, top - 40, left + 40, top)
    frame = square.difference(shapely.box(left + 10, top - 30, left + 30, top - 10))
    corners = shapely.MultiPolygon(
        [
            shapely.box(left, top - 10, left + 10, top),
            shapely.box(left + 10, top - 20, left + 20, top - 10),
        ]
    )
    empty, whole, ring, pair = weights([shapely.Polygon(), square, frame, corners]).sum(axis=(1, 2))
    assert (empty, whole, ring, pair) == (0, 16 * ONE, 12 * ONE, 2 * ONE)


def test_a_polygon_larger_than_a_strip_is_whole() -> None:
    """Summed some rows at a time, as one whose box is a whole tile must be."""
    left, top = 500_003.0, 3_999_997.0
    field = shapely.Polygon([(left, top), (left + 9000, top - 700), (left + 400, top - 8000)])
    window = (-400_000, 50_000, 1000, 1000)
    assert abs(weights([field], window).sum() / ONE - field.area / 100) < 1e-4


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=6), st.data())
def test_chosen_polygons_are_those_polygons(seeds: list[int], data: st.DataObject) -> None:
    shapes = np.array([place(seed) for seed in seeds], object)
    members = data.draw(
        st.lists(st.integers(0, len(seeds) - 1), min_size=1, max_size=4, unique=True)
    )
    chosen = Outlines.of(shapes).chosen(np.array(members, np.int64))
    alone = Outlines.of(shapes[members])
    for name in ("x", "y", "starts", "rings", "sides"):
        np.testing.assert_array_equal(getattr(chosen, name), getattr(alone, name))
    left, bottom, right, top = shapely.bounds(shapes).T / 10
    np.testing.assert_allclose(Outlines.of(shapes).boxes(), [-top, -bottom, left, right])
    runs = chosen.covered_by_row(WINDOW)
    assert (np.diff(runs[:, ROW].astype(np.int64) * 2**20 + runs[:, FIRST]) >= 0).all()
