"""What is usual around: centres that are near everything, and how many parcels stand for each."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import usual

SEEDS = st.integers(0, 2**32 - 1)
SIZES, REACHES = st.integers(0, 40), st.floats(0, 6)

HOUSE, SOIL, STUBBLE = (np.full(7, value, np.float32) for value in (9.0, 1.0, 4.0))


def spectra(seed: int, size: int) -> np.ndarray:
    """Spectra as they are asked for: ascending in their first feature."""
    made = np.random.default_rng(seed).normal(size=(size, 7)).astype(np.float32)
    return made[np.argsort(made[:, 0])]


def leaders(given_: np.ndarray, radius: float) -> np.ndarray:
    """The kernel's leaders, one a row: it takes and gives them laid (f, n)."""
    return usual.leaders(np.ascontiguousarray(given_.T), radius).T


def witnesses(
    centres: np.ndarray, given_: np.ndarray, parcel: np.ndarray, reach: float
) -> np.ndarray:
    """The kernel's count, of centres and spectra one a row."""
    laid = (np.ascontiguousarray(one.T) for one in (centres, given_))
    return usual.witnesses(*laid, parcel, reach)


def owners(seed: int, size: int, parcels: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, parcels, size).astype(np.int32)


@given(SEEDS, SIZES, REACHES)
def test_leaders_are_those_that_none_before_is_near(seed: int, size: int, radius: float) -> None:
    given_ = spectra(seed, size)
    np.testing.assert_array_equal(leaders(given_, radius), oracles.leaders(given_, radius))


@given(SEEDS, SIZES, REACHES)
def test_everything_has_a_leader_and_no_two_leaders_are_near(
    seed: int, size: int, radius: float
) -> None:
    given_ = spectra(seed, size)
    centres = leaders(given_, radius)
    assert (np.diff(centres[:, 0]) >= 0).all()
    assert all(oracles.nearest(one, centres) <= radius + 1e-5 for one in given_)
    for n in range(len(centres)):
        assert oracles.nearest(centres[n], np.delete(centres, n, axis=0)) > radius - 1e-5


@given(SEEDS, SIZES)
def test_without_a_radius_every_spectrum_leads_itself_once(seed: int, size: int) -> None:
    given_ = spectra(seed, size)
    np.testing.assert_array_equal(leaders(np.repeat(given_, 2, axis=0), 0.0), given_)


@given(SEEDS, SIZES, REACHES, REACHES)
def test_witnesses_are_counted_parcel_by_parcel(
    seed: int, size: int, radius: float, reach: float
) -> None:
    given_, parcel = spectra(seed, size), owners(seed, size)
    centres = leaders(given_, radius)
    got = witnesses(centres, given_, parcel, reach)
    assert got.tolist() == oracles.witnesses(centres, given_, parcel, reach)
    assert (got >= 1).all()
    assert (got <= np.unique(parcel).size).all()


@given(SEEDS, SIZES, REACHES, REACHES)
def test_a_wider_reach_never_loses_a_witness(
    seed: int, size: int, first: float, second: float
) -> None:
    given_, parcel = spectra(seed, size), owners(seed, size)
    centres = leaders(given_, 0.5)
    near, far = (witnesses(centres, given_, parcel, r) for r in sorted((first, second)))
    assert (near <= far).all()


def test_a_house_seen_for_years_has_one_witness() -> None:
    """Three fields bare once each, and a house on the map of farmland in every look."""
    given_ = np.array([SOIL, SOIL, SOIL + 0.1, STUBBLE, *[HOUSE] * 50], np.float32)
    parcel = np.array([0, 1, 2, 0, *[3] * 50], np.int32)
    centres = leaders(given_, 0.6)
    np.testing.assert_array_equal(centres, [SOIL, STUBBLE, HOUSE])
    assert witnesses(centres, given_, parcel, 0.9).tolist() == [3, 1, 1]


@pytest.mark.parametrize(("step", "count"), [(0.22, 2), (0.23, 1)])
def test_the_reach_is_a_distance_in_all_features(step: float, count: int) -> None:
    """Seven features 0.22 apart are 0.58 apart together."""
    given_ = np.array([SOIL, SOIL + step], np.float32)
    centres = given_[:1]
    assert witnesses(centres, given_, np.array([0, 1], np.int32), 0.6).tolist() == [count]


def test_nothing_seen_is_nothing_usual() -> None:
    nothing, none = np.empty((0, 7), np.float32), np.empty(0, np.int32)
    assert leaders(nothing, 0.6).shape == (0, 7)
    assert witnesses(nothing, nothing, none, 0.9).shape == (0,)
