"""Series are put together without losing or inventing a look."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from farmland import series
from farmland.columns import WIDTH, table, width, wrapped
from farmland.result import NO_DATA, NO_NDVI, UNREAD, Series

LOOKS = np.array([100, 105, 110, 115, 120], np.int32)


@given(arrays.arrays(np.bool_, (30, 4)), arrays.arrays(np.int32, 30, elements=st.integers(-1, 2)))
def test_shares_are_those_of_a_loop(clear: NDArray[np.bool_], parcel: NDArray[np.int32]) -> None:
    ndvi = np.full((3, 4), np.nan, np.float32)
    made = series.of_cell(ndvi, LOOKS[:4], parcel, clear, np.zeros_like(clear))
    for n in range(3):
        for t in range(4):
            members = [bool(clear[p, t]) for p in range(30) if parcel[p] == n]
            expected = 100 * sum(members) // len(members) if members else 0
            assert made.clear[n, t] == expected
            assert made.kept[n, t] == 0
            assert made.ndvi[n, t] == NO_NDVI


def test_looks_that_a_cell_left_out_are_cloud_missing_or_unread() -> None:
    part = Series(
        days=LOOKS[[1, 3]].astype("datetime64[D]"),
        cell=np.zeros(1, np.int32),
        ndvi=np.array([[4000, NO_NDVI]], np.int16),
        clear=np.array([[90, 80]], np.uint8),
        kept=np.array([[85, 20]], np.uint8),
    )
    covered = np.array([[True, True, False, True, True]])
    unread = np.array([[False, True, False, False, True]])
    whole = series.spread(part, LOOKS, covered, unread)
    assert whole.ndvi.tolist() == [[NO_NDVI, 4000, NO_NDVI, NO_NDVI, NO_NDVI]]
    assert whole.clear.tolist() == [[0, 90, NO_DATA, 80, UNREAD]]
    assert whole.kept.tolist() == [[0, 85, NO_DATA, 20, UNREAD]]


def test_cells_come_together_in_the_order_of_the_parcels() -> None:
    one, other = _cell([1000, 3000]), _cell([2000])
    whole = series.merge([([0, 3], one), ([1], other)], 4)
    assert whole is not None
    assert whole.cell.tolist() == [0, 1, -1, 0]
    assert whole.ndvi[:, 0].tolist() == [1000, 2000, NO_NDVI, 3000]
    assert whole.clear[2].tolist() == [NO_DATA] * 5
    assert series.merge([], 4) is None


def test_a_county_is_small() -> None:
    whole = series.merge([([0], _cell([1]))], 1)
    assert whole is not None
    bytes_each = (
        sum(getattr(whole, item.name).nbytes for item in fields(Series)) - whole.days.nbytes
    )
    assert (bytes_each - 4) / LOOKS.size == 4  # 25,000 parcels x 250 looks: 25 MB


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_wrapped_lines_fit_and_move_no_cursor(text: str) -> None:
    told = wrapped(text, "  ")
    words = max(map(width, text.split()), default=0)
    assert all(width(line) <= max(WIDTH, words + 4) for line in told.split("\n"))
    assert all(character.isprintable() or character == "\n" for character in told)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("甲" * 45, ["甲" * 40, "甲" * 5]),
        ("甲" * 40 + "。", ["甲" * 39, "甲。"]),
        ("a " * 39 + "✓ looks", ["a " * 38 + "a", "✓ looks"]),
    ],
)
def test_lines_break_where_a_reader_would(text: str, lines: list[str]) -> None:
    assert wrapped(text).split("\n") == lines


def test_numbers_stand_to_the_right_and_blanks_do_not_matter() -> None:
    told = table(["地块", "n"], [["甲", "+1.5"], ["b", ""], ["c", "–"], ["d", "1,200"]])
    assert told.splitlines() == [
        "地块      n",
        "────  ─────",
        "甲     +1.5",
        "b",
        "c         –",
        "d     1,200",
    ]


def _cell(first: list[int]) -> Series:
    ndvi = np.full((len(first), 5), NO_NDVI, np.int16)
    ndvi[:, 0] = first
    share = np.zeros(ndvi.shape, np.uint8)
    days = LOOKS.astype("datetime64[D]")
    return Series(days, np.zeros(len(first), np.int32), ndvi, share, share)
