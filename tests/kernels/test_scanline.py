"""Scanlines find the pixels whose centres lie inside, and neighbours share none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from farmland.outlines import Outlines

WINDOW = (-400_000, 50_000, 60, 70)


def found(shapes: list[shapely.Geometry], window: tuple[int, int, int, int] = WINDOW) -> NDArray:
    """Label, row and column of every pixel of the runs, polygon by polygon."""
    runs = Outlines.of(np.array(shapes, object)).runs(window)
    assert (np.diff(runs[:, 0]) >= 0).all()
    assert (runs[:, 1] < runs[:, 2]).all()
    pixels = [
        (label, row, column) for row, first, after, label in runs for column in range(first, after)
    ]
    return np.array(sorted(pixels), np.int64).reshape(-1, 3)


def expected(shapes: list[shapely.Geometry], window: tuple[int, int, int, int] = WINDOW) -> NDArray:
    """Every centre of the window asked one by one."""
    top, left, height, width = window
    rows, columns = (axis.ravel() for axis in np.mgrid[top : top + height, left : left + width])
    inside = [shapely.contains_xy(shape, columns * 10.0 + 5, -rows * 10.0 - 5) for shape in shapes]
    return np.concatenate(
        [
            np.column_stack([np.full(held.sum(), label), rows[held], columns[held]])
            for label, held in enumerate(inside)
        ]
    )


def place(seed: int) -> shapely.Polygon:
    """A crooked field somewhere in and around the window, now and then with a pond in it."""
    random = np.random.default_rng(seed)
    centre = random.uniform((500_000, 3_999_400), (500_700, 4_000_000))
    angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 12)))
    reach = random.uniform(3, 200, angles.size)
    points = centre + np.column_stack([np.cos(angles), np.sin(angles)]) * reach[:, None]
    shape = shapely.make_valid(shapely.Polygon(points))
    return shape.difference(shapely.Point(centre).buffer(15)) if seed % 3 == 0 else shape


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6))
def test_pixels_are_those_whose_centres_lie_inside(seeds: list[int]) -> None:
    shapes = [place(seed) for seed in seeds]
    np.testing.assert_array_equal(found(shapes), expected(shapes))


@given(st.integers(0, 2**32 - 1), st.integers(-400_040, -399_970), st.integers(1, 40))
def test_a_window_gives_its_part(seed: int, top: int, height: int) -> None:
    whole = found([place(seed)], (-400_100, 49_900, 400, 400))
    part = found([place(seed)], (top, 50_010, height, 20))
    inside = (whole[:, 1] >= top) & (whole[:, 1] < top + height)
    inside &= (whole[:, 2] >= 50_010) & (whole[:, 2] < 50_030)
    np.testing.assert_array_equal(part, whole[inside])


def test_neighbours_on_pixel_centres_share_none_and_leave_none_out() -> None:
    squares = [
        shapely.box(500_005 + 30 * n, 3_999_705 - 30 * m, 500_035 + 30 * n, 3_999_735 - 30 * m)
        for n in range(4)
        for m in range(4)
    ]
    pixels = found(squares)[:, 1:]
    assert len(np.unique(pixels, axis=0)) == len(pixels) == 16 * 9


def test_a_parcel_of_many_parts_and_nothing_at_all() -> None:
    islands = shapely.MultiPolygon(
        [
            shapely.box(500_000, 3_999_900, 500_030, 3_999_930),
            shapely.box(500_100, 3_999_900, 500_120, 3_999_920),
        ]
    )
    assert len(found([islands])) == 9 + 4
    assert len(found([shapely.Polygon(), islands])) == 13
    assert set(found([shapely.Polygon(), islands])[:, 0]) == {1}


def test_a_triangle_by_hand() -> None:
    """Legs of 40 m: rows of 4, 3, 2 and 1 centres, those on the slope left to the other side."""
    corner = shapely.Polygon([(500_000, 4_000_000), (500_041, 4_000_000), (500_000, 3_999_959)])
    rows = found([corner])[:, 1]
    assert np.unique(rows, return_counts=True)[1].tolist() == [4, 3, 2, 1]
    assert gpd.GeoSeries([corner]).area[0] == 41 * 41 / 2


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=6), st.data())
def test_chosen_polygons_are_those_polygons(seeds: list[int], data: st.DataObject) -> None:
    shapes = np.array([place(seed) for seed in seeds], object)
    members = data.draw(
        st.lists(st.integers(0, len(seeds) - 1), min_size=1, max_size=4, unique=True)
    )
    chosen = Outlines.of(shapes).chosen(np.array(members, np.int64))
    alone = Outlines.of(shapes[members])
    for name in ("x", "y", "starts", "rings"):
        np.testing.assert_array_equal(getattr(chosen, name), getattr(alone, name))
    left, bottom, right, top = shapely.bounds(shapes).T / 10
    np.testing.assert_allclose(Outlines.of(shapes).boxes(), [-top, -bottom, left, right])
