"""Distance to the own past and to the neighbours, against brute force."""

from __future__ import annotations

import math

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import novelty

SEEDS = st.integers(0, 2**32 - 1)
NO_CANOPY = 1e9


def spectra(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.normal(size=(*shape, 7)).astype(np.float32)


@given(SEEDS, st.integers(0, 12), st.data())
def test_the_third_nearest_is_found_wherever_the_search_begins(
    seed: int, size: int, data: st.DataObject
) -> None:
    random = np.random.default_rng(seed)
    spectrum, library = spectra(random), spectra(random, size)
    begin = data.draw(st.integers(0, max(0, size - 1)))
    far, place = novelty.third_nearest(spectrum, library, begin, 0.0)
    assert far == pytest.approx(oracles.third_nearest(spectrum, library), rel=1e-5)
    assert 0 <= place <= max(0, size - 1)


@given(SEEDS, st.integers(3, 15), st.floats(0, 6))
def test_an_early_end_never_changes_the_verdict(seed: int, size: int, enough: float) -> None:
    random = np.random.default_rng(seed)
    spectrum, library = spectra(random), spectra(random, size)
    whole = novelty.third_nearest(spectrum, library, 0, 0.0)[0]
    early, _ = novelty.third_nearest(spectrum, library, int(random.integers(size)), enough)
    assert early >= whole
    assert (early < enough) == (whole < enough)
    if whole >= enough:
        assert early == whole


@given(SEEDS, st.integers(0, 16), st.integers(0, 90), st.floats(-2, 2))
def test_spread_leaves_seasons_and_canopies_out(
    seed: int, size: int, apart: int, green: float
) -> None:
    random = np.random.default_rng(seed)
    library = spectra(random, size)
    days = np.sort(random.integers(0, 365, size)).astype(np.int32)
    got = novelty.spread(library, days, apart, green, 0.75)
    expected = oracles.spread(library, days, apart, green, novelty.FEW, 0.75)
    assert got == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("size", range(14))
def test_a_history_of_one_season_has_no_spread(size: int) -> None:
    library = spectra(np.random.default_rng(0), size)
    days = np.arange(size, dtype=np.int32)
    assert novelty.spread(library, days, 45, NO_CANOPY, 0.75) == math.inf


def test_a_quantile_beside_infinity_is_a_number() -> None:
    ranked = np.array([1.0, 2.0, math.inf])
    assert [novelty.between(ranked, q) for q in (0, 0.25, 0.5, 0.75, 1)] == [
        1, 1.5, 2, math.inf, math.inf
    ]  # fmt: skip


def cell(seed: int) -> dict[str, np.ndarray]:
    """A small cell with clouds: arguments of ``novelty`` by name."""
    random = np.random.default_rng(seed)
    features, medians = spectra(random, 5, 12), spectra(random, 6, 12)
    features[random.random((5, 12)) < 0.25] = np.nan
    medians[random.random((6, 12)) < 0.25] = np.nan
    history = np.arange(12) < 7
    return {
        "features": features,
        "parcel": np.sort(random.integers(0, 6, 5)).astype(np.int32),
        "medians": medians,
        "scale": random.uniform(0.5, 2, 6).astype(np.float32),
        "history": history,
        "rank": random.integers(1, 4, 12).astype(np.int32),
        "wanted": ~history,
    }


@given(SEEDS, st.sampled_from([0.5, NO_CANOPY]))
def test_novelty_is_brute_force(seed: int, green: float) -> None:
    given_ = cell(seed)
    got = novelty.novelty(*given_.values(), green, 0.0)
    expected = oracles.novelty(**given_, green=green)
    np.testing.assert_allclose(got, expected, rtol=1e-4)


@given(SEEDS, st.floats(0.2, 5))
def test_the_limit_saves_work_and_no_verdict(seed: int, limit: float) -> None:
    arguments = cell(seed).values()
    exact = novelty.novelty(*arguments, NO_CANOPY, 0.0)
    quick = novelty.novelty(*arguments, NO_CANOPY, limit)
    seen = ~np.isnan(exact)
    assert (seen == ~np.isnan(quick)).all()
    clearly = np.abs(exact - limit) > 1e-5
    assert ((quick > limit) == (exact > limit))[seen & clearly].all()
    over = seen & clearly & (exact > limit)
    np.testing.assert_array_equal(quick[over], exact[over])
    assert (quick >= exact)[seen].all()


def test_a_spectrum_shown_before_is_familiar_in_any_season() -> None:
    given_ = cell(8)
    given_["features"][:, 7:] = np.nan
    given_["features"][0, :3] = given_["features"][0, 9] = given_["features"][0, 0] = 1.5
    got = novelty.novelty(*given_.values(), NO_CANOPY, 0.0)
    assert got[0, 9] == 0
    assert np.isnan(got[:, :7]).all()


def test_as_many_neighbours_as_asked_excuse_a_spectrum() -> None:
    """Snow on all fields: strange to each of them, and to none of them alone."""
    given_ = cell(9)
    given_["features"][0, 10] = 30.0
    given_["medians"][:, 10] = np.nan
    others = [g for g in range(6) if g != given_["parcel"][0]]
    given_["rank"][10] = 3
    given_["medians"][others[:2], 10] = 30.0
    assert novelty.novelty(*given_.values(), NO_CANOPY, 0.0)[0, 10] > 10
    given_["medians"][others[2], 10] = 30.0
    assert novelty.novelty(*given_.values(), NO_CANOPY, 0.0)[0, 10] == 0


def test_the_own_parcel_is_no_neighbour() -> None:
    given_ = cell(10)
    given_["features"][0, 10] = 30.0
    given_["medians"][:, 10] = np.nan
    given_["medians"][given_["parcel"][0], 10] = 30.0
    given_["rank"][10] = 1
    assert novelty.novelty(*given_.values(), NO_CANOPY, 0.0)[0, 10] > 10


def test_a_parcel_without_a_past_shows_nothing_new() -> None:
    """Its scale is infinite: nothing can be strange to a history that is not known."""
    given_ = cell(11)
    given_["scale"][:] = np.inf
    got = novelty.novelty(*given_.values(), NO_CANOPY, 0.95)
    assert (got[~np.isnan(got)] == 0).all()
