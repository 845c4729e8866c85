"""Sides of a parcel, and how far their medians lie apart, against numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import parting

SEEDS = st.integers(0, 2**32 - 1)


def parcel(seed: int, *, unseen: float = 0.2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels (p, t) of which some fell away, the members of a parcel, and looks."""
    random = np.random.default_rng(seed)
    values = random.normal(0.5, 0.03, (40, 12)).astype(np.float32)
    values[:25] += random.normal(0, 0.2, 12).astype(np.float32)
    values[random.random((40, 12)) < unseen] = np.nan
    values[:, 3] = np.nan
    members = np.sort(random.choice(40, 30, replace=False))
    return values, members, np.arange(2, 12)


def by_components(values: np.ndarray) -> np.ndarray:
    """Side (m,) by the first eigenvector of all that unseen pixels in the middle leave."""
    values = values[:, ~np.isnan(values).all(axis=0)].astype(float)
    off = np.where(np.isnan(values), np.nanmedian(values, axis=0), values)
    off -= off.mean(axis=0)
    axis = np.linalg.eigh(off.T @ off)[1][:, -1]
    along = off @ (axis * np.sign(axis.sum()))
    cut = (along.min() + along.max()) / 2
    for _ in range(5):
        cut = (along[along <= cut].mean() + along[along > cut].mean()) / 2
    return along > cut


@given(SEEDS, st.sampled_from([0.0, 0.1, 0.4]))
def test_sides_are_those_of_the_first_principal_component(seed: int, unseen: float) -> None:
    values, members, looks = parcel(seed, unseen=unseen)
    got = parting.sides(values, members, looks)
    np.testing.assert_array_equal(got, by_components(values[np.ix_(members, looks)]))


def test_what_fell_lies_on_the_lower_side() -> None:
    values = np.full((6, 5), 0.7, np.float32)
    values[[1, 4], 2:] = 0.3
    got = parting.sides(values, np.arange(6), np.arange(5))
    assert got.tolist() == [True, False, True, True, False, True]


def test_pixels_all_alike_have_one_side() -> None:
    values = np.full((6, 5), 0.7, np.float32)
    assert not parting.sides(values, np.arange(6), np.arange(5)).any()


@given(SEEDS)
def test_sides_lie_apart_by_their_medians(seed: int) -> None:
    values, members, looks = parcel(seed)
    side = np.random.default_rng(seed).random(members.size) < 0.5
    gaps = []
    for t in looks:
        both = [values[members[one], t] for one in (side, ~side)]
        seen = [one[~np.isnan(one)] for one in both]
        if all(k.size and k.size >= 0.7 * one.size for k, one in zip(seen, both, strict=True)):
            gaps.append(np.median(seen[0].astype(float)) - np.median(seen[1].astype(float)))
    expected = np.sqrt(np.mean(np.square(gaps))) if len(gaps) >= 4 else np.nan
    got = parting.apart(values, members, side, looks, 0.7)
    assert got == pytest.approx(expected, rel=1e-5, nan_ok=True)


def test_three_looks_are_too_few() -> None:
    values, members, _ = parcel(1, unseen=0.0)
    side = members < 25
    assert np.isnan(parting.apart(values, members, side, np.array([4, 5, 6]), 0.7))
    assert parting.apart(values, members, side, np.array([4, 5, 6, 7]), 0.7) > 0
