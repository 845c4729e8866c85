"""A history fitted and twelve looks watched, against nrt: the same masks, dates and charts.

Two things of nrt 0.3.0 are put on here because they are not ours: its chart begins with residuals
of the other sign (expected minus seen) and goes on with seen minus expected, and at the end of the
history only one side of the limit makes a series unstable.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from nrt.monitor.cusum import CuSum
from nrt.monitor.ewma import EWMA
from nrt.utils import build_regressors
from races.race import Goal, in_threads

from farmland.kernels import harmonic, monitoring
from farmland.kernels.monitoring import TOO_FEW, UNSTABLE, WATCHED

LOOKS, NEW, LEAST, COLUMNS = 36, 12, 9, 6
SCREEN, MEMORY, EXTREME = 3.0, 0.3, 10.0
LIMIT = 2 * math.sqrt(MEMORY / (2 - MEMORY))


class Case:
    """Series of a tile, and the room for what is found of them."""

    def __init__(self, side: int) -> None:
        random = np.random.default_rng(5)
        self.side, self.total = side, side * side
        span = pd.date_range("2019-01-01", "2021-12-31"), pd.date_range("2022-01-01", "2022-12-31")
        self.past, self.new = (
            pd.DatetimeIndex(np.sort(random.choice(days.values, count, replace=False)))
            for days, count in zip(span, (LOOKS, NEW), strict=True)
        )
        self.columns = np.ascontiguousarray(build_regressors(self.past, True, 2).T)
        self.rows = build_regressors(self.new, True, 2)
        self.pairs = harmonic.products(self.columns)
        waves = random.normal(0, 0.2, (4, self.total))
        self.history = self._drawn(random, self.columns[2:].T @ waves)
        self.looks = self._drawn(random, self.rows[:, 2:] @ waves)
        self.looks[6:, : self.total // 4] -= 0.2
        self.days = self.new.to_numpy().astype("datetime64[D]").astype(np.int64)
        self.found = np.empty((COLUMNS, self.total), np.float32)
        self.sigma, self.process = np.empty((2, self.total), np.float32)
        self.fitted, self.seen = np.empty((2, self.total), np.int32)
        self.status, self.since = np.empty(self.total, np.uint8), np.empty(self.total, np.int64)

    @staticmethod
    def _drawn(random: np.random.Generator, waves: np.ndarray) -> np.ndarray:
        values = 0.5 + waves + random.normal(0, 0.05, waves.shape)
        values[random.random(values.shape) < 0.01] -= 0.9
        values[random.random(values.shape) < 0.3] = np.nan
        return values.astype(np.float32)

    def cube(self) -> xr.DataArray:
        stack = self.history.reshape(LOOKS, self.side, self.side)
        along = np.arange(self.side, dtype=float)
        return xr.DataArray(stack, {"time": self.past, "y": along, "x": along}, ("time", "y", "x"))

    def fit(self, part: slice, screen: float) -> None:
        monitoring.fit(
            self.history[:, part], self.columns, self.pairs, LEAST, screen, MEMORY,
            self.found[:, part], self.sigma[part], self.process[part], self.fitted[part],
        )  # fmt: skip

    def ewma(self, first: int, after: int) -> None:
        part = slice(first, after)
        sigma, process, status = self.sigma[part], self.process[part], self.status[part]
        self.since[part] = 0
        self.fit(part, SCREEN)
        monitoring.start(sigma, process, LIMIT, status)
        status[(status == UNSTABLE) & (process > 0)] = WATCHED
        np.negative(process, out=process)
        for look, row, day in zip(self.looks, self.rows, self.days, strict=True):
            monitoring.update_ewma(
                look[part], row, day, self.found[:, part], sigma,
                MEMORY, LIMIT, EXTREME, process, status, self.since[part],
            )  # fmt: skip

    def cusum(self, first: int, after: int, critical: float) -> None:
        part = slice(first, after)
        fitted, sigma, process = self.fitted[part], self.sigma[part], self.process[part]
        self.since[part] = 0
        self.fit(part, np.inf)
        process[:] = 0
        self.seen[part] = fitted
        self.status[part] = np.where(np.isnan(sigma), TOO_FEW, WATCHED)
        scale = (sigma * fitted / np.sqrt(np.maximum(fitted - COLUMNS, 1))).astype(np.float32)
        for look, row, day in zip(self.looks, self.rows, self.days, strict=True):
            monitoring.update_cusum(
                look[part], row, day, self.found[:, part], scale, fitted, critical,
                process, self.seen[part], self.status[part], self.since[part],
            )  # fmt: skip


def watched(peer: Any, case: Case, **fit: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.fit(case.cube(), method="OLS", **fit)
    for look, day in zip(case.looks, case.new, strict=True):
        peer.monitor(look.reshape(case.side, case.side), day.to_pydatetime())
    return peer


def same(case: Case, peer: Any, tolerance: float) -> None:
    """Every mask and date of nrt, and its chart where it has one."""
    np.testing.assert_array_equal(case.status, peer.mask.ravel())
    np.testing.assert_array_equal(case.since, peer.detection_date.ravel())
    known = case.status != TOO_FEW
    chart = peer.process.ravel()[known]
    np.testing.assert_allclose(case.process[known], chart, atol=tolerance)


@pytest.mark.parametrize("side", [128, 256, 512])
def test_ewma(race: Any, side: int) -> None:
    case = Case(side)
    race(
        "moving average: a fit of 36 looks and 12 updates",
        f"{side}² pixels",
        ours=lambda: in_threads(case.ewma, case.total),
        peers={"nrt EWMA": lambda: watched(EWMA(trend=True, harmonic_order=2), case, L=SCREEN)},
        equal=lambda _name, _ours, peer: same(case, peer, 2e-6),
        moved=case.history.nbytes + case.looks.nbytes,
        goals=[Goal("nrt EWMA", 10, 20, "cpu")] if side == 512 else [],
        rounds=5,
    )


@pytest.mark.parametrize("side", [128, 256, 512])
def test_cusum(race: Any, side: int) -> None:
    case = Case(side)
    critical = CuSum(trend=True, harmonic_order=2).critval
    race(
        "cumulative sum: a fit of 36 looks and 12 updates",
        f"{side}² pixels",
        ours=lambda: in_threads(
            lambda first, after: case.cusum(first, after, critical), case.total
        ),
        peers={"nrt CuSum": lambda: watched(CuSum(trend=True, harmonic_order=2), case)},
        equal=lambda _name, _ours, peer: same(case, peer, 2e-5),
        moved=case.history.nbytes + case.looks.nbytes,
        goals=[Goal("nrt CuSum", 10, 20, "cpu")] if side == 512 else [],
        rounds=5,
    )
