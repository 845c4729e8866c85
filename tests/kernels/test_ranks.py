"""Quantiles, against numpy's."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.detect import ranks

SEEDS = st.integers(0, 2**32 - 1)


def some(seed: int, *shape: int) -> np.ndarray:
    """Numbers of which one in four is unknown."""
    random = np.random.default_rng(seed)
    return np.where(random.random(shape) < 0.25, np.nan, random.normal(size=shape))


@given(SEEDS, st.integers(0, 40), st.floats(0, 1))
def test_a_quantile_is_that_of_what_is_known(seed: int, size: int, share: float) -> None:
    values = some(seed, size)
    known = values[~np.isnan(values)]
    expected = np.quantile(known, share) if known.size else math.nan
    assert ranks.quantile(values, share) == pytest.approx(expected, nan_ok=True)


@given(SEEDS, st.integers(0, 4), st.integers(0, 12))
def test_rows_are_ranked_one_by_one(seed: int, rows: int, size: int) -> None:
    values = some(seed, rows, size).astype(np.float32)
    expected = [[ranks.quantile(row, share) for share in (0.1, 0.95)] for row in values]
    np.testing.assert_equal(ranks.by_row(values, 0.1, 0.95), np.reshape(expected, (rows, 2)))


@given(SEEDS, st.integers(1, 12))
def test_medians_run_along_the_first_axis(seed: int, size: int) -> None:
    values = some(seed, size, 3, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = np.nanmedian(values, axis=0)
    np.testing.assert_allclose(ranks.medians(values), expected)


def test_worked_examples() -> None:
    assert ranks.median([3, 1, 2, 10]) == 2.5
    assert ranks.quantile(np.float32([0, 10, np.nan]), 0.9) == 9
    assert ranks.quantile([1.0, np.inf], 0.0) == 1
    assert math.isnan(ranks.median([]))
