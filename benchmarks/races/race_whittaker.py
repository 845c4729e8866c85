"""Whittaker's smoother with gaps against whittaker-eilers (Rust) and scipy, one series a call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from races.limits import copy
from races.race import Goal, in_threads
from scipy.linalg import solveh_banded
from whittaker_eilers import WhittakerSmoother

from farmland.kernels import whittaker

LOOKS, STIFFNESS = 36, 80.0


def series(total: int) -> np.ndarray:
    random = np.random.default_rng(5)
    values = random.uniform(0, 1, (LOOKS, total)).astype(np.float32)
    values[random.random(values.shape) < 0.3] = np.nan
    return values


@pytest.mark.parametrize("total", [10_000, 100_000, 400_000])
def test_whittaker(race: Any, total: int) -> None:
    stack = series(total)
    out = np.empty_like(stack)
    bands = whittaker.penalty(np.arange(LOOKS, dtype=np.float64), STIFFNESS)
    own = np.ascontiguousarray(stack.T.astype(np.float64))
    values, weights = np.nan_to_num(own), np.isfinite(own).astype(np.float64)
    smoother = WhittakerSmoother(STIFFNESS, 2, LOOKS, weights=weights[0].tolist())
    given = [(row.tolist(), weight.tolist()) for row, weight in zip(values, weights, strict=True)]

    def ours() -> np.ndarray:
        in_threads(
            lambda first, after: whittaker.smooth(
                stack[:, first:after], bands, 0, 1.0, out[:, first:after]
            ),
            total,
        )
        return out

    def eilers() -> list[list[float]]:
        curves = []
        for row, weight in given:
            smoother.update_weights(weight)
            curves.append(smoother.smooth(row))
        return curves

    def scipy() -> np.ndarray:
        curves = np.empty_like(values)
        fixed = np.stack([bands[2, :-2], bands[1, 1:-1], bands[0, 2:]])
        for n, weight in enumerate(weights):
            matrix = fixed.copy()
            matrix[2] += weight
            curves[n] = solveh_banded(matrix, values[n], overwrite_ab=True, check_finite=False)
        return curves

    def equal(_peer: str, got: np.ndarray, expected: Any) -> None:
        np.testing.assert_allclose(got, np.array(expected).T, atol=2e-7)

    last = total == 400_000
    race(
        "smooth a series of 36 looks with gaps",
        f"{total:,} series",
        ours=ours,
        peers={"whittaker-eilers": eilers, "scipy": scipy}
        if not last
        else {"whittaker-eilers": eilers},
        equal=equal,
        moved=2 * stack.nbytes,
        limit=copy(2 * stack.nbytes),
        goals=[Goal("whittaker-eilers", 40, 70, "cpu")] if last else [],
        rounds=3,
    )
