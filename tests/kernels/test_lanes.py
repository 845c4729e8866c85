"""What the fits along time share: products, weights, normal equations."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import lanes, network

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(0, 20), st.integers(1, 5))
def test_a_product_is_that_of_numpy(seed: int, looks: int, sums: int) -> None:
    random = np.random.default_rng(seed)
    left, block = random.normal(size=(sums, looks)), random.normal(size=(looks, 4))
    out = np.full((sums, 4), np.nan)
    lanes.product(left, block, 4, out)
    np.testing.assert_allclose(out, left @ block, atol=1e-12)


def test_a_look_far_off_loses_its_say() -> None:
    residual = np.array([[0.1], [-0.1], [0.1], [-0.1], [np.nan], [5.0]])
    weight, work = np.empty((6, 1)), np.empty((6, 1), np.float32)
    order = network.comparators(6, 0, 3)
    lanes.trust(residual.copy(), 1, np.array([5.0]), 1e-7, order, weight, work)
    near = (1 - (0.6745 / 4.685) ** 2) ** 2  # the median residual is 0.1
    np.testing.assert_allclose(weight[:4, 0], near, rtol=1e-6)
    assert weight[5, 0] == 0


def test_less_than_the_noise_is_not_far_off() -> None:
    residual = np.array([[1e-9], [-1e-9], [0.02]])
    weight, work = np.empty((3, 1)), np.empty((3, 1), np.float32)
    order = network.comparators(3, 0, 1)
    lanes.trust(residual, 1, np.array([3.0]), 0.01, order, weight, work)
    np.testing.assert_allclose(weight[:, 0], [1, 1, (1 - (2 / 4.685) ** 2) ** 2], rtol=1e-6)


def test_a_column_that_is_a_sum_of_others_is_told() -> None:
    columns = np.array([[1.0, 1, 1, 1], [0, 1, 2, 3], [1, 2, 3, 4]])
    first, second = np.triu_indices(3)
    values = np.array([1.0, 2, 4, 3])
    sums = np.concatenate(
        [(columns[first] * columns[second]).sum(1), columns @ values, [(values**2).sum()]]
    )[:, None]
    found = np.empty((3, 1))
    lanes.eliminate(sums, 3, 1, found, np.empty((2, 1)))
    assert not np.isfinite(found).any()


def test_long_series_are_laid_on_fewer_lanes() -> None:
    assert [lanes.width(looks) for looks in (0, 36, 365, 4000)] == [128, 128, 16, 16]
