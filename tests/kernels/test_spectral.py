"""Features against the published formulas, at their bounds and in the dark."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.kernels import spectral

ONE = np.ones(spectral.FEATURES, np.float32)
BANDS = ["B", "G", "R", "N", "S1", "S2"]
COUNTS = st.lists(st.integers(-2000, 20000), min_size=6, max_size=6)


def features_of(*counts: int) -> np.ndarray:
    values = np.array(counts, np.int16).reshape(1, 1, 6)
    return spectral.features(values, np.ones((1, 1), np.bool_), ONE)[0, 0]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (spectral.NDVI, "NDVI"),
        (spectral.MNDWI, "MNDWI"),
        (spectral.LSWI, "LSWI"),
        (spectral.NDTI, "NDTillI"),
        (spectral.GREEN_RED, "NGRDI"),
    ],
)
def test_a_feature_is_its_published_index(shared: Path, place: int, name: str) -> None:
    folder = shared / "data" / "refs" / "asi" / "output" / "v1"
    published = json.loads((folder / "spectral-indices-dict.json").read_text("utf-8"))
    formula = published["SpectralIndices"][name]["formula"]
    random = np.random.default_rng(3)
    counts = random.integers(200, 6000, (50, 6))
    wanted = pd.DataFrame(counts * 1e-4, columns=BANDS).eval(formula)
    got = [features_of(*row)[place] for row in counts]
    np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_published_spectra_of_covers_fall_apart(shared: Path) -> None:
    """Landsat bands 2-7 of the spyndex sample: what the features must tell from each other."""
    sample = pd.read_json(shared / "data" / "refs" / "spyndex" / "spectral.json")
    bands = (sample[[f"SR_B{n}" for n in range(2, 8)]] * 1e4).round().astype(int)
    features = np.array([features_of(*row) for row in bands.to_numpy()])
    ndvi, mndwi = (
        {name: features[sample["class"] == name, place] for name in sample["class"].unique()}
        for place in (spectral.NDVI, spectral.MNDWI)
    )
    assert ndvi["Vegetation"].min() > 0.45 > ndvi["Urban"].max()
    assert mndwi["Water"].min() > 0 > mndwi["Urban"].max()
    assert mndwi["Vegetation"].max() < 0


def test_a_worked_example() -> None:
    got = features_of(500, 800, 600, 3400, 1600, 800)
    assert got == pytest.approx(
        [
            2800 / 4000,
            -800 / 2400,
            1800 / 5000,
            800 / 2400,
            200 / 1400,
            0.5 * -100 / 1100,
            0.5 * math.log(7700 / 6 * 1e-4),
        ],
        abs=1e-6,
    )


@given(COUNTS)
def test_features_are_bounded_whatever_the_counts(counts: list[int]) -> None:
    got = features_of(*counts)
    assert np.isfinite(got).all()
    assert (np.abs(got[:5]) <= 1).all()
    assert abs(got[spectral.BLUE_RED]) <= 0.5
    assert got[spectral.BRIGHTNESS] >= np.float32(0.5 * math.log(spectral.DARKEST))


@given(st.lists(st.integers(-50, 50), min_size=6, max_size=6))
def test_noise_of_the_dark_makes_no_large_ratio(counts: list[int]) -> None:
    """Two counts of 50 against -50 are a ratio of 1e9 without the guard; with it, a half."""
    got = features_of(*counts)
    assert (np.abs(got[:5]) <= 100e-4 / spectral.DARKEST + 1e-6).all()


@given(COUNTS, st.lists(st.floats(0.01, 2), min_size=7, max_size=7))
def test_noise_is_the_unit(counts: list[int], noise: list[float]) -> None:
    values = np.array(counts, np.int16).reshape(1, 1, 6)
    clear = np.ones((1, 1), np.bool_)
    unit = np.array(noise, np.float32)
    np.testing.assert_allclose(
        spectral.features(values, clear, unit) * unit,
        spectral.features(values, clear, ONE),
        rtol=1e-5,
    )


def test_only_clear_looks_have_features() -> None:
    random = np.random.default_rng(4)
    clear = random.random((5, 7)) < 0.5
    values = random.integers(100, 5000, (5, 7, 6)).astype(np.int16)
    got = spectral.features(values, clear, ONE)
    assert got.dtype == np.float32
    assert (~np.isnan(got) == clear[:, :, None]).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 3), st.integers(1, 9))
def test_bare_ground_is_the_median_of_bare_pixels(
    seed: int, pixels: int, every: int, enough: int
) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(-400, 3000, (pixels, 3, 6)).astype(np.int16)
    clear = random.random((pixels, 3)) < 0.8
    got = spectral.bare(values, clear, every, 0.3, enough)
    counts = values[::every].astype(np.float64)
    total = np.maximum(counts[..., 3] + counts[..., 2], 200)
    shown = clear[::every] & ((counts[..., 3] - counts[..., 2]) / total < 0.3)
    for t in range(3):
        if shown[:, t].sum() >= enough:
            np.testing.assert_array_equal(got[t], np.median(counts[shown[:, t], t], axis=0))
        else:
            assert np.isnan(got[t]).all()


@pytest.mark.parametrize("counts", [(-32768, -32768), (-1, 0), (32766, 32767), (255, 256)])
def test_bare_ground_at_the_bounds_of_counts(counts: tuple[int, int]) -> None:
    values = np.repeat(np.array(counts, np.int16), 6).reshape(2, 1, 6)
    got = spectral.bare(values, np.ones((2, 1), np.bool_), 1, 0.3, 2)
    assert got.tolist() == [[sum(counts) / 2] * 6]
