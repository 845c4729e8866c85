"""One grid for a zone: windows in whole pixels, zones, boxes that disclose little."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from farmland.grid import PIXEL_M, Window, snapped_box, utm_zone

METRES = st.integers(-1_000_000_000, 10_000_000_000).map(lambda n: n / 1000)
SIZES = st.integers(0, 5_000_000).map(lambda n: n / 1000)
"""Millimetres: what a survey tells apart."""

WINDOWS = st.builds(
    Window,
    st.integers(-1_000_000, 1_000_000),
    st.integers(-100_000, 100_000),
    st.integers(1, 600),
    st.integers(1, 600),
)


@given(METRES, METRES, SIZES, SIZES)
def test_a_window_around_a_box_holds_it_and_no_pixel_more(
    left: float, bottom: float, width: float, height: float
) -> None:
    right, top = left + width, bottom + height
    got = Window.around(left, bottom, right, top).bounds
    assert got[0] <= left
    assert got[1] <= bottom
    assert got[2] >= right
    assert got[3] >= top
    assert all(edge % PIXEL_M == 0 for edge in got)
    assert left - got[0] < PIXEL_M
    assert got[3] - top < PIXEL_M
    assert got[2] - right < PIXEL_M or got[2] - got[0] == PIXEL_M
    assert bottom - got[1] < PIXEL_M or got[3] - got[1] == PIXEL_M


def test_a_worked_example() -> None:
    window = Window.around(500_003, 4_000_011, 500_028, 4_000_040)
    assert window == Window(-400_004, 50_000, 3, 3)
    assert window.bounds == (500_000, 4_000_010, 500_030, 4_000_040)
    assert window.shape == (3, 3)


@given(WINDOWS)
def test_bounds_and_back(window: Window) -> None:
    assert Window.around(*window.bounds) == window


@given(WINDOWS)
def test_the_transform_leads_from_pixel_corners_to_bounds(window: Window) -> None:
    left, bottom, right, top = window.bounds
    transform = Affine(*window.transform)
    assert transform @ (0, 0) == (left, top)
    assert transform @ (window.width, window.height) == (right, bottom)


@given(WINDOWS, WINDOWS)
def test_a_union_is_the_window_around_both(first: Window, second: Window) -> None:
    union = first.union(second)
    edges = np.array([first.bounds, second.bounds])
    assert union.bounds == (*edges[:, :2].min(axis=0), *edges[:, 2:].max(axis=0))
    assert union == second.union(first)
    assert first.union(first) == first


@given(WINDOWS, st.integers(0, 50))
def test_a_rim_grows_on_every_side(window: Window, pixels: int) -> None:
    rim = pixels * PIXEL_M
    left, bottom, right, top = window.bounds
    assert window.padded(pixels).bounds == (left - rim, bottom - rim, right + rim, top + rim)
    assert window.padded(pixels).union(window) == window.padded(pixels)


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-3, 2)])
def test_a_window_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"positive size, got {size[0]} x {size[1]}"):
        Window(0, 0, *size)


def test_every_tile_of_sentinel_lies_on_the_grid() -> None:
    """MGRS tile corners are multiples of 60 m (here those of 50SQC): no band needs resampling."""
    assert all(edge % PIXEL_M % 10 == 0 for edge in (699_960, 4_000_020))
    assert Window.around(699_960, 4_000_020 - 109_800, 699_960 + 109_800, 4_000_020).shape == (
        10_980,
        10_980,
    )


@pytest.mark.parametrize(
    ("longitude", "latitude", "code"),
    [
        (117.0, 36.6, 32650),
        (119.9999, 32.0, 32650),
        (120.0, 32.0, 32651),
        (3.6, 51.2, 32631),
        (-180.0, 10.0, 32601),
        (180.0, 10.0, 32660),
        (-46.2, -12.1, 32723),
        (10.0, -1e-9, 32732),
        (10.0, 0.0, 32632),
    ],
)
def test_the_zone_of_a_place(longitude: float, latitude: float, code: int) -> None:
    assert utm_zone(longitude, latitude) == f"EPSG:{code}"


@given(st.integers(-18_000_000, 18_000_000), st.integers(-8_000_000, 8_400_000))
def test_the_zone_is_made_for_the_place(longitude: int, latitude: int) -> None:
    x, y = longitude / 1e5, latitude / 1e5
    west, south, east, north = CRS(utm_zone(x, y)).area_of_use.bounds
    assert west <= x <= east
    assert south <= y <= north


@given(st.floats(-179, 179), st.floats(-80, 83), st.floats(0, 1), st.floats(0, 1))
def test_a_search_discloses_half_degrees_only(
    west: float, south: float, width: float, height: float
) -> None:
    east, north = min(180, west + width), min(84, south + height)
    box = snapped_box(west, south, east, north)
    assert all(edge * 2 == round(edge * 2) for edge in box)
    assert box[0] <= west <= east <= box[2]
    assert box[1] <= south <= north <= box[3]
    assert max(west - box[0], box[2] - east, south - box[1], box[3] - north) <= 0.5
    assert snapped_box(*box) == box


def test_the_centre_of_a_window_is_where_it_lies() -> None:
    window = Window.around(500_000, 4_000_000, 500_100, 4_000_200)
    centre = window.centre("EPSG:32650")
    assert centre.x == pytest.approx(117.0, abs=0.001)
    there = Transformer.from_crs(CRS(4326), CRS(32650), always_xy=True)
    assert there.transform(centre.x, centre.y) == pytest.approx((500_050, 4_000_100), abs=1e-3)
