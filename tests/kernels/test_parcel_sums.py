"""Sums of parcels are those of a picture of the index, pixel by pixel and share by share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import indices
from farmland.kernels import parcel_sums
from farmland.kernels.coverage import ONE
from farmland.rules.indices import INDICES

SEEDS = st.integers(0, 2**32 - 1)
HEIGHT, WIDTH, PARCELS = 6, 34, 3


def runs_of(chance: np.random.Generator) -> np.ndarray:
    """Runs (k, 5) of any length and weight, apart or over each other, by row and column."""
    rows, first = chance.integers(0, HEIGHT, 20), chance.integers(0, WIDTH, 20)
    after = np.minimum(WIDTH, first + chance.integers(1, 9, 20))
    labels, weights = chance.integers(0, PARCELS, 20), chance.integers(1, ONE + 1, 20)
    runs = np.column_stack([rows, first, after, labels, weights]).astype(np.int32)
    return runs[np.lexsort((runs[:, 1], runs[:, 0]))]


@pytest.mark.parametrize("name", ["NDVI", "NDYI", "EVI", "CIG", "PGI", "AWEInsh"])
@given(SEEDS)
def test_sums_are_those_of_the_picture(name: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    program = indices.program(INDICES[name])
    counts = chance.integers(0, 4000, (len(program.bands), HEIGHT, WIDTH)).astype(np.uint16)
    counts[chance.random(counts.shape) < 0.1] = 0
    cells, runs = chance.random((HEIGHT // 2, WIDTH // 2)) < 0.7, runs_of(chance)
    sums, weights = np.zeros((2, PARCELS), np.int64)
    indices.add(program, tuple(counts), cells, -1000, runs, sums, weights)
    picture = np.empty((HEIGHT, WIDTH), np.float32)
    usable = cells.repeat(2, axis=0).repeat(2, axis=1)
    indices.evaluate(program, tuple(counts), usable, -1000, picture)
    total, covered = [0] * PARCELS, [0] * PARCELS
    for y, first, after, label, weight in runs.tolist():
        values = picture[y, first:after]
        held = values[~np.isnan(values)]
        steps = np.rint(held * np.float32(program.scale)).astype(np.int64)
        total[label] += (int(steps.sum()) * weight + 128) >> 8
        covered[label] += held.size * weight
    assert weights.tolist() == covered
    np.testing.assert_allclose(sums, total, rtol=0, atol=2 * parcel_sums.FULL * len(runs))


def test_evi_of_half_a_field_by_hand() -> None:
    """0.4 * 2.5 / (0.5 + 0.6 - 0.375 + 1) = 0.57971 in one pixel and a half; clouds elsewhere."""
    program = indices.program(INDICES["EVI"])
    assert program.bands == ("blue", "nir", "red")
    assert program.scale == parcel_sums.STEPS
    images = tuple(np.full((2, 4), count, np.uint16) for count in (1500, 6000, 2000))
    runs = np.array([[0, 0, 1, 0, ONE], [0, 1, 2, 0, ONE // 2], [1, 2, 4, 0, ONE]], np.int32)
    sums, weights = np.zeros((2, 1), np.int64)
    indices.add(program, images, np.array([[True, False]]), -1000, runs, sums, weights)
    assert weights[0] / ONE == 1.5
    assert sums[0] / parcel_sums.FULL / program.scale == pytest.approx(1.5 / 1.725, abs=1.5e-6)


@pytest.mark.parametrize("name", INDICES)
def test_the_largest_value_fits_into_its_steps(name: str) -> None:
    program = indices.program(INDICES[name])
    assert max(map(abs, program.bounds)) * program.scale <= parcel_sums.STEPS
    assert program.scale >= 10_000
