"""Harmonic least squares with gaps against batched numpy, a loop over lstsq, and scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from races.limits import copy
from races.race import Goal, in_threads

from farmland.kernels import harmonic

LOOKS, LEAST = 24, 9

LOOP = 4096
"""Series that the loop over lstsq is given, whose cost is by the series."""


def given(total: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    days = np.sort(random.choice(1095, LOOKS, replace=False)) + 18000.0
    columns = harmonic.design(days, 18500.0, 2, True)
    values = np.empty((LOOKS, total), np.float32)
    for look, column in zip(values, columns.T, strict=True):
        look[:] = 0.4 + 0.2 * column[2] + random.normal(0, 0.05, total)
        look[random.random(total) < 0.3] = np.nan
    return values, columns


def batched(values: np.ndarray, columns: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Normal equations as two matrix products and one stacked solve, a piece at a time."""
    parameters, total = len(columns), values.shape[1]
    out = np.full((total, parameters), np.nan, np.float32)
    first, second = np.triu_indices(parameters)
    for begin in range(0, total, 1 << 16):
        part = values[:, begin : begin + (1 << 16)]
        seen = np.isfinite(part)
        gram = np.empty((part.shape[1], parameters, parameters))
        upper = seen.T.astype(np.float64) @ pairs.T
        gram[:, first, second] = gram[:, second, first] = upper
        moments = np.where(seen, part, 0).T.astype(np.float64) @ columns.T
        enough = np.flatnonzero(seen.sum(0) >= LEAST)
        out[begin + enough] = np.linalg.solve(gram[enough], moments[enough][..., None])[..., 0]
    return out.T


@pytest.mark.parametrize("side", [256, 512, 1024])
def test_harmonic_least_squares(race: Any, side: int) -> None:
    total = side * side
    values, columns = given(total)
    pairs = harmonic.products(columns)
    found, sigma = np.empty((len(columns), total), np.float32), np.empty(total, np.float32)

    def work(first: int, after: int) -> None:
        part = slice(first, after)
        harmonic.fit(values[:, part], columns, pairs, LEAST, 0, 1.0, found[:, part], sigma[part])

    def ours() -> np.ndarray:
        in_threads(work, total)
        return found

    def equal(_peer: str, got: np.ndarray, expected: np.ndarray) -> None:
        np.testing.assert_allclose(got, expected, atol=2e-4)
        assert np.nanquantile(np.abs(got - expected), 0.999) < 1e-6

    race(
        "harmonic fit of 24 looks with gaps",
        f"{side}² pixels",
        ours=ours,
        peers={"numpy, batched": lambda: batched(values, columns, pairs)},
        equal=equal,
        moved=values.nbytes + found.nbytes + sigma.nbytes,
        limit=copy(values.nbytes + found.nbytes + sigma.nbytes),
        goals=[Goal("numpy, batched", 6, 20, "cpu")] if side == 1024 else [],
    )


def test_harmonic_against_a_loop(race: Any) -> None:
    values, columns = given(LOOP)
    pairs = harmonic.products(columns)
    found, sigma = np.empty((len(columns), LOOP), np.float32), np.empty(LOOP, np.float32)

    def ours() -> np.ndarray:
        harmonic.fit(values, columns, pairs, LEAST, 0, 1.0, found, sigma)
        return found

    def loop() -> np.ndarray:
        out = np.full_like(found, np.nan)
        for n in range(LOOP):
            seen = np.isfinite(values[:, n])
            if seen.sum() >= LEAST:
                out[:, n] = np.linalg.lstsq(columns[:, seen].T, values[seen, n])[0]
        return out

    def equal(_peer: str, got: np.ndarray, expected: np.ndarray) -> None:
        np.testing.assert_allclose(got, expected, atol=2e-4)
        assert np.nanquantile(np.abs(got - expected), 0.999) < 1e-6

    race(
        "harmonic fit of 24 looks, series by series",
        f"{LOOP:,} pixels",
        ours=ours,
        peers={"numpy.linalg.lstsq": loop},
        equal=equal,
        goals=[Goal("numpy.linalg.lstsq", 100, 150, "cpu")],
    )
