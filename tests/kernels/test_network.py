"""Networks sort whatever the rows hold: enough to see it for rows of zeros and ones."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from farmland.kernels import network


def all_of_zeros_and_ones(rows: int) -> np.ndarray:
    """Every column there is (t, n); what sorts these sorts everything (Knuth 5.3.4 Z)."""
    return np.array(list(product([0, 1], repeat=rows)), np.float32).T.copy()


@pytest.mark.parametrize("rows", range(1, 13))
def test_a_network_sorts_every_column(rows: int) -> None:
    columns = all_of_zeros_and_ones(rows)
    wanted = np.sort(columns, axis=0)
    network.sort(network.comparators(rows, 0, rows - 1), columns)
    np.testing.assert_array_equal(columns, wanted)


@pytest.mark.parametrize("rows", range(2, 13))
@pytest.mark.parametrize("rank", [0, 1, -1])
def test_a_network_for_one_rank_brings_that_one(rows: int, rank: int) -> None:
    rank %= rows
    columns = all_of_zeros_and_ones(rows)
    wanted = np.sort(columns, axis=0)[rank]
    whole, short = network.comparators(rows, 0, rows - 1), network.comparators(rows, rank, rank)
    network.sort(short, columns)
    np.testing.assert_array_equal(columns[rank], wanted)
    assert len(short) <= len(whole)


def test_it_compares_as_often_as_batchers_does() -> None:
    """3, 19 and 63 comparisons for 3, 8 and 16 rows (Knuth 5.3.4, table 1), fewer for a middle."""
    assert [len(network.comparators(rows, 0, rows - 1)) for rows in (3, 8, 16)] == [3, 19, 63]
    assert network.comparators(3, 1, 1)[-1, 2] != network.BOTH
    assert len(network.comparators(16, 7, 8)) < 63
