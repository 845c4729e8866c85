"""Distance to the own past, to what is usual around and to the neighbours: brute force."""

from __future__ import annotations

from typing import Any

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


def laid(spectra_: np.ndarray) -> np.ndarray:
    """Spectra (n, f) as kernels want them: (f, n)."""
    return np.ascontiguousarray(spectra_.T)


def ascending(random: np.random.Generator, size: int) -> np.ndarray:
    """Centres in the order in which ``usual.leaders`` gives them."""
    centres = spectra(random, size)
    return centres[np.argsort(centres[:, 0])]


def novel(cell_: dict[str, Any], green: float = NO_CANOPY, limit: float = 0.0) -> np.ndarray:
    """The kernel on what :func:`cell` gives."""
    by_day = np.ascontiguousarray(cell_["medians"].transpose(1, 2, 0))
    usual = laid(cell_["usual"])
    given_ = {**cell_, "usual": usual}
    first = [given_[name] for name in ("features", "parcel", "medians")]
    rest = [given_[name] for name in ("usual", "unit", "history", "rank", "wanted")]
    return novelty.novelty(*first, by_day, *rest, green, limit)


@given(SEEDS, st.integers(0, 30), st.floats(0, 6))
def test_what_is_usual_shortens_a_distance(seed: int, size: int, far: float) -> None:
    random = np.random.default_rng(seed)
    spectrum, centres = spectra(random), ascending(random, size)
    got = novelty.usually(spectrum, laid(centres), far, np.empty(size + 1, np.float32))
    assert got == pytest.approx(min(far, oracles.nearest(spectrum, centres)), rel=1e-5)


@given(SEEDS, st.integers(0, 16), st.integers(0, 90), st.floats(-2, 2), st.integers(0, 6))
def test_the_past_is_asked_seasons_apart(
    seed: int, looks: int, apart: int, green: float, size: int
) -> None:
    random = np.random.default_rng(seed)
    series, usual = spectra(random, 3, looks), ascending(random, size)
    series[random.random((3, looks)) < 0.25] = np.nan
    days = np.sort(random.integers(0, 365, looks)).astype(np.int32)
    history = random.random(looks) < 0.8
    got = novelty.past(series, days, history, laid(usual), apart, green)
    expected = oracles.past(series, days, history, usual, apart, green)
    np.testing.assert_allclose(got, expected, rtol=1e-4)


@pytest.mark.parametrize("size", range(14))
def test_a_history_of_one_season_explains_nothing_of_itself(size: int) -> None:
    series = spectra(np.random.default_rng(0), 1, size)
    days, history = np.arange(size, dtype=np.int32), np.ones(size, np.bool_)
    nothing = np.empty((7, 0), np.float32)
    assert np.isinf(novelty.past(series, days, history, nothing, 45, NO_CANOPY)).all()


def test_what_is_usual_around_explains_a_history_of_one_season() -> None:
    series = spectra(np.random.default_rng(0), 1, 5)
    days, history = np.arange(5, dtype=np.int32), np.ones(5, np.bool_)
    usual = laid(series[0][np.argsort(series[0, :, 0])])
    assert (novelty.past(series, days, history, usual, 45, NO_CANOPY) == 0).all()


def cell(seed: int) -> dict[str, Any]:
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
        "usual": ascending(random, 4) + np.float32(1),
        "unit": random.uniform(0.5, 2),
        "history": history,
        "rank": random.integers(1, 4, 12).astype(np.int32),
        "wanted": ~history,
    }


@given(SEEDS, st.sampled_from([0.5, NO_CANOPY]))
def test_novelty_is_brute_force(seed: int, green: float) -> None:
    given_ = cell(seed)
    got = novel(given_, green)
    expected = oracles.novelty(**given_, green=green)
    np.testing.assert_allclose(got, expected, rtol=1e-4)


@given(SEEDS, st.floats(0.2, 5))
def test_the_limit_saves_work_and_no_verdict(seed: int, limit: float) -> None:
    exact, quick = novel(cell(seed)), novel(cell(seed), limit=limit)
    seen = ~np.isnan(exact)
    assert (seen == ~np.isnan(quick)).all()
    clearly = np.abs(exact - limit) > 1e-5
    assert ((quick > limit) == (exact > limit))[seen & clearly].all()
    over = seen & clearly & (exact > limit)
    np.testing.assert_array_equal(quick[over], exact[over])
    assert (quick[seen & clearly & ~over] == 0).all()


def test_a_spectrum_shown_before_is_familiar_in_any_season() -> None:
    given_ = cell(8)
    given_["features"][:, 7:] = np.nan
    given_["features"][0, :3] = given_["features"][0, 9] = given_["features"][0, 0] = 1.5
    got = novel(given_)
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
    assert novel(given_)[0, 10] > 10
    given_["medians"][others[2], 10] = 30.0
    assert novel(given_)[0, 10] == 0


def test_the_own_parcel_is_no_neighbour() -> None:
    given_ = cell(10)
    given_["features"][0, 10] = 30.0
    given_["medians"][:, 10] = np.nan
    given_["medians"][given_["parcel"][0], 10] = 30.0
    given_["rank"][10] = 1
    assert novel(given_)[0, 10] > 10


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_what_is_usual_around_is_familiar_to_all(shift: float) -> None:
    """Stubble that this field never showed, and its neighbours did in another year."""
    given_ = cell(11)
    given_["unit"], stubble = 0.5, np.full(7, 40.0, np.float32)
    given_["features"][0, 9] = stubble
    given_["features"][0, 9, 3] += shift
    assert novel(given_)[0, 9] > 10
    given_["usual"] = np.vstack([given_["usual"], stubble])
    assert novel(given_)[0, 9] == pytest.approx(shift / 0.5)


@given(SEEDS, st.floats(0.1, 10))
def test_novelty_is_told_in_its_unit(seed: int, unit: float) -> None:
    given_ = cell(seed)
    once = novel(given_ | {"unit": 1.0})
    got = novel(given_ | {"unit": unit})
    np.testing.assert_allclose(got, once / unit, rtol=1e-5)


@given(SEEDS)
def test_knowing_more_never_makes_a_spectrum_stranger(seed: int) -> None:
    given_ = cell(seed)
    less = novel(given_)
    more = given_ | {"usual": ascending(np.random.default_rng(seed + 1), 9)}
    more["usual"] = np.vstack([more["usual"], given_["usual"]])
    more["usual"] = more["usual"][np.argsort(more["usual"][:, 0])]
    seen = ~np.isnan(less)
    assert (novel(more) <= less)[seen].all()
