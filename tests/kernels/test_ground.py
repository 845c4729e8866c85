"""Pixels of looks, turned into pixels through time, against one pixel at a time."""

from __future__ import annotations

import numpy as np
import pytest

from farmland.kernels import ground


@pytest.mark.parametrize("pixels", [1, 16, 37])
def test_turned_pixels_are_those_of_the_looks(pixels: int) -> None:
    random = np.random.default_rng(pixels)
    values = random.integers(-2000, 20000, (5, pixels, 6)).astype(np.int16)
    flags = random.integers(0, 32, (5, pixels)).astype(np.uint8)
    turned = np.empty((pixels, 5, 6), np.int16)
    clear, lonely = np.empty((2, pixels, 5), np.bool_)
    ground.turn(values, flags, turned, clear, lonely)
    for t, p in np.ndindex(5, pixels):
        measured = bool(flags[t, p] & ground.MEASURED)
        own = values[t, p] if measured else np.full(6, ground.NO_DATA)
        np.testing.assert_array_equal(turned[p, t], own)
        assert clear[p, t] == (measured and bool(flags[t, p] & ground.CLEAR))
        assert lonely[p, t] == (measured and bool(flags[t, p] & ground.LONELY))


def test_a_parcel_has_every_flag_of_its_pixels() -> None:
    """Two parcels with a third between them that has no pixel."""
    flags = np.array([[1, 2, 4, 0], [0, 0, 16, 16]], np.uint8)
    joined = np.zeros((3, 2), np.uint8)
    ground.join_flags(flags, np.array([0, 0, 2, 2], np.int32), joined)
    np.testing.assert_array_equal(joined, [[3, 0], [0, 0], [4, 16]])


def test_pixels_are_taken_where_every_band_has_data() -> None:
    """Of four pixels one is not usable, one lacks a band, one goes beyond what is kept."""
    images = tuple(np.full((2, 8), 1500 + band, np.uint16) for band in range(6))
    images[4][0, 2], images[5][0, 4] = 0, 30000
    usable = np.array([[False, True, True, True]])
    rows, columns = np.zeros(4, np.int32), np.array([0, 2, 4, 7], np.int32)
    values, flags = np.zeros((4, 6), np.int16), np.zeros(4, np.uint8)
    ground.take_pixels(images, usable, -1000, rows, columns, values, flags)
    np.testing.assert_array_equal(flags, [0, 0, ground.MEASURED, ground.MEASURED])
    np.testing.assert_array_equal(values[:2], 0)
    np.testing.assert_array_equal(values[2], [500, 501, 502, 503, 504, ground.HIGHEST])
    np.testing.assert_array_equal(values[3], [500, 501, 502, 503, 504, 505])
