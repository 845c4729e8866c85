"""Curves along time for analysts: smooth a series, fit its seasons, watch for a break.

Everything takes a stack of looks, time first: a tile (t, y, x) of pixels or a table (t, g) of
parcels, NaN where nothing was seen, and gives arrays of the same trailing shape. Detection uses
none of it: novelty holds on crop rotations where a harmonic curve does not (``docs/curves.md``).

Dims: t = looks, p = coefficients, q = sums; ``...`` = pixels or parcels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from farmland.errors import UnusableInput
from farmland.kernels import harmonic, monitoring, whittaker
from farmland.rules import curves as numbers

RULES = numbers.bundled()

DAY = np.timedelta64(1, "D")

Stack = NDArray[np.floating[Any]]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A smooth curve through the looks of each series."""

    days: Days
    """(t,) ``datetime64[D]``."""
    ndvi: NDArray[np.float32]
    """(t, ...); NaN for a series with fewer than two looks."""


@dataclass(frozen=True, slots=True)
class Season:
    """Which columns a series is fitted with: ones, perhaps a trend, waves of a year."""

    origin: np.datetime64
    """Day on which the trend is zero."""
    waves: int = RULES.harmonics
    trend: bool = True

    @property
    def coefficients(self) -> int:
        """How many coefficients a fit has."""
        return 1 + self.trend + 2 * self.waves

    @property
    def least(self) -> int:
        """Looks that a fit needs."""
        return math.ceil(RULES.looks_per_coefficient * self.coefficients)

    def columns(self, days: Days) -> NDArray[np.float64]:
        """Design (p, t) of days (t,)."""
        return harmonic.design(_numbers(days), _number(self.origin), self.waves, self.trend)


@dataclass(frozen=True, slots=True, eq=False)
class Harmonics:
    """The seasons of each series."""

    season: Season
    coefficients: NDArray[np.float32]
    """(p, ...): level, change a year if there is a trend, cosine and sine of each wave; NaN with
    fewer than ``season.least`` looks, or looks that do not tell the columns apart."""
    sigma: NDArray[np.float32]
    """(...) spread of the looks about the curve."""

    def expected(self, days: Days) -> NDArray[np.float32]:
        """NDVI (t, ...) that the seasons lead one to expect on days (t,)."""
        columns = self.season.columns(_ascending(days)).astype(np.float32)
        return np.tensordot(columns, self.coefficients, (0, 0)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """All that a fit of seasons needs of the looks so far: those to come are added to it."""

    season: Season
    sums: NDArray[np.float64]
    """(q, ...) normal equations: Gram matrix, moments, sum of squares."""

    def __add__(self, other: Sums) -> Sums:
        """Looks of both, in any order; the seasons must be the same."""
        if self.season != other.season:
            raise UnusableInput(
                f"Sums of {self.season} and {other.season} cannot be added: gather both alike.",
                f"{self.season} 与 {other.season} 的累计量不能相加：请用相同的设置累计。",
            )
        return Sums(self.season, self.sums + other.sums)


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Series under watch: what a history led one to expect, and how far they have strayed.

    Of fixed size: the next look needs nothing but this.
    """

    fit: Harmonics
    test: Literal["ewma", "cusum"]
    history: NDArray[np.int32]
    """(...) looks of the history that were fitted."""
    seen: NDArray[np.int32]
    """(...) these and the looks taken in by the cumulative sum."""
    process: NDArray[np.float32]
    """(...) moving average of the residuals in NDVI, or their cumulative sum without unit."""
    status: NDArray[np.uint8]
    """(...) a code of :mod:`farmland.kernels.monitoring`."""
    since: NDArray[np.datetime64]
    """(...) day of the look with which the limit was crossed, NaT where it was not."""


def smoothed(
    ndvi: Stack,
    days: Days,
    *,
    every: int | None = None,
    stiffness: float = RULES.stiffness,
    robust: bool = False,
) -> Line:
    """Smooth each series and bridge its gaps (Whittaker 1923; Eilers 2003).

    Parameters
    ----------
    ndvi : float (t, ...)
        NaN where nothing was seen.
    days : datetime64 (t,)
        Ascending, no two alike, as far apart as they like.
    every : int, optional
        Days between the points of the curve, which begin with the first look; without it the
        points are the looks. A look counts for the point on or before it, of several the last.
    stiffness : float
        In days³: what the integral of the squared second derivative weighs.
    robust : bool
        Weigh looks anew by their distance from the curve, so that stray ones lose their say.

    Returns
    -------
    Line
    """
    stack, when = _stack(ndvi, days)
    if every is not None:
        stack, when = _on_grid(stack, when, every)
    out = np.empty(stack.shape, np.float32)
    bands = whittaker.penalty(_numbers(when), stiffness)
    whittaker.smooth(stack, bands, RULES.rounds if robust else 0, RULES.noise, out)
    return Line(when, out.reshape(when.shape + ndvi.shape[1:]))


def harmonics(
    ndvi: Stack,
    days: Days,
    *,
    method: Literal["least_squares", "robust", "lasso"] = "least_squares",
    season: Season | None = None,
) -> Harmonics:
    """Fit the seasons of each series; see :func:`smoothed` for ``ndvi`` and ``days``.

    Parameters
    ----------
    method : str
        ``robust``: reweighted by Tukey's bisquare (Holland & Welsch 1977); ``lasso``: with a
        price on every coefficient but the level, as CCDC fits (Zhu & Woodcock 2014).
    season : Season, optional
        Two waves and a trend that is zero on the first look without it.
    """
    season = season or Season(_ascending(days)[0])
    if method == "lasso":
        return solved(gathered(ndvi, days, season), price=RULES.price)
    stack, when = _stack(ndvi, days)
    columns = season.columns(when)
    fitted, sigma = _room(season, stack.shape[1])
    rounds = RULES.rounds if method == "robust" else 0
    pairs = harmonic.products(columns)
    harmonic.fit(stack, columns, pairs, season.least, rounds, RULES.noise, fitted, sigma)
    return _harmonics(season, fitted, sigma, ndvi.shape[1:])


def gathered(ndvi: Stack, days: Days, season: Season) -> Sums:
    """Sum looks up for :func:`solved`: those of a month, of a tile, of another machine."""
    stack, when = _stack(ndvi, days)
    columns = season.columns(when)
    sums = np.zeros((harmonic.room(season.coefficients), stack.shape[1]))
    harmonic.gather(stack, columns, harmonic.products(columns), sums)
    return Sums(season, sums.reshape(sums.shape[:1] + ndvi.shape[1:]))


def solved(sums: Sums, *, price: float = 0.0) -> Harmonics:
    """Fit the seasons from sums: by least squares, or with a ``price`` on coefficients (NDVI)."""
    flat = np.ascontiguousarray(sums.sums.reshape(sums.sums.shape[0], -1))
    fitted, sigma = _room(sums.season, flat.shape[1])
    if price > 0:
        harmonic.lasso(flat, sums.season.least, price, RULES.sweeps, fitted, sigma)
    else:
        harmonic.solve(flat, sums.season.least, fitted, sigma)
    return _harmonics(sums.season, fitted, sigma, sums.sums.shape[1:])


def monitored(
    ndvi: Stack,
    days: Days,
    begin: np.datetime64,
    *,
    test: Literal["ewma", "cusum"] = "ewma",
    season: Season | None = None,
) -> Chart:
    """Fit the looks before ``begin`` and watch the others, one after the other.

    Parameters
    ----------
    ndvi, days : see :func:`smoothed`
    begin : datetime64
        First day that is watched.
    test : str
        ``ewma``: moving average of the residuals (Brooks et al. 2014; the package nrt), quick and
        often wrong on rotations; ``cusum``: their sum (bfastmonitor, Verbesselt et al. 2012).
    season : see :func:`harmonics`
    """
    stack, when = _stack(ndvi, days)
    past = when < begin
    season = season or Season(when[0])
    columns = season.columns(when[past])
    fitted, sigma = _room(season, stack.shape[1])
    process, history = np.empty_like(sigma), np.empty(sigma.shape, np.int32)
    monitoring.fit(
        stack[past], columns, harmonic.products(columns), season.least,
        RULES.screen if test == "ewma" else np.inf, RULES.memory,
        fitted, sigma, process, history,
    )  # fmt: skip
    status = np.empty(sigma.shape, np.uint8)
    monitoring.start(sigma, process, _limit() if test == "ewma" else np.inf, status)
    if test == "cusum":
        process[:] = 0.0
    since = np.full(sigma.shape, np.datetime64("NaT", "D"))
    fit = _harmonics(season, fitted, sigma, ndvi.shape[1:])
    shape = ndvi.shape[1:]
    looks = history.reshape(shape)
    chart = Chart(
        fit, test, looks, looks,
        process.reshape(shape), status.reshape(shape), since.reshape(shape),
    )  # fmt: skip
    for look, day in zip(stack[~past], when[~past], strict=True):
        chart = followed(chart, look, day)
    return chart


def followed(chart: Chart, look: Stack, day: np.datetime64) -> Chart:
    """Take in one look (...) of a ``day``: what a run over all looks would give."""
    season, shape = chart.fit.season, chart.status.shape
    row = season.columns(np.array([day], "datetime64[D]"))[:, 0]
    values = np.ascontiguousarray(look, np.float32).reshape(-1)
    fitted = chart.fit.coefficients.reshape(season.coefficients, -1)
    sigma, history = chart.fit.sigma.reshape(-1), chart.history.reshape(-1)
    process, status = chart.process.flatten(), chart.status.flatten()
    since, seen = chart.since.astype(np.int64).flatten(), chart.seen.flatten()
    when = int(_number(day))
    if chart.test == "ewma":
        monitoring.update_ewma(
            values, row, when, fitted, sigma, RULES.memory, _limit(), RULES.extreme,
            process, status, since,
        )  # fmt: skip
    else:
        spare = np.maximum(history - season.coefficients, 1)
        scale = (sigma * history / np.sqrt(spare)).astype(np.float32)
        monitoring.update_cusum(
            values, row, when, fitted, scale, history, RULES.critical,
            process, seen, status, since,
        )  # fmt: skip
    return replace(
        chart,
        seen=seen.reshape(shape),
        process=process.reshape(shape),
        status=status.reshape(shape),
        since=since.astype("datetime64[D]").reshape(shape),
    )


def _limit() -> float:
    """Limit of the moving average in standard deviations of the residuals."""
    return RULES.limit * math.sqrt(RULES.memory / (2 - RULES.memory))


def _harmonics(
    season: Season,
    fitted: NDArray[np.float32],
    sigma: NDArray[np.float32],
    shape: tuple[int, ...],
) -> Harmonics:
    return Harmonics(season, fitted.reshape(fitted.shape[:1] + shape), sigma.reshape(shape))


def _room(season: Season, total: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Arrays for coefficients (p, n) and spread (n,)."""
    return np.empty((season.coefficients, total), np.float32), np.empty(total, np.float32)


def _stack(ndvi: Stack, days: Days) -> tuple[NDArray[np.float32], Days]:
    """Looks as float32 (t, n), and their days."""
    when = _ascending(days)
    if len(ndvi) != len(when):
        raise UnusableInput(
            f"{len(ndvi)} looks came with {len(when)} days: give one day for each look.",
            f"给出了 {len(ndvi)} 期影像却有 {len(when)} 个日期：每期影像应有一个日期。",
        )
    return np.ascontiguousarray(ndvi, np.float32).reshape(len(when), -1), when


def _ascending(days: Days) -> Days:
    """Days as ``datetime64[D]``, which must ascend."""
    when = np.asarray(days, "datetime64[D]")
    if when.size == 0 or not (np.diff(when) > 0 * DAY).all():
        raise UnusableInput(
            "The days of a series must ascend, each once: sort the looks, one for each day.",
            "时间序列的日期必须严格递增：请按日期排序，每天只保留一期。",
        )
    return when


def _on_grid(stack: NDArray[np.float32], days: Days, every: int) -> tuple[Any, Days]:
    """Looks laid on days ``every`` so many; of several for one day the last one seen counts."""
    place = (days - days[0]) // (every * DAY)
    grid = days[0] + np.arange(place[-1] + 1) * (every * DAY)
    laid = np.full((grid.size, stack.shape[1]), np.nan, np.float32)
    for look, at in zip(stack, place, strict=True):
        np.copyto(laid[at], look, where=~np.isnan(look))
    return laid, grid


def _numbers(days: Days) -> NDArray[np.float64]:
    """Days since 1970-01-01."""
    return days.astype("datetime64[D]").astype(np.float64)


def _number(day: np.datetime64) -> float:
    return float(day.astype("datetime64[D]").astype(np.int64))
