"""Control charts of what a regression leaves over: a history is fitted, then looks come singly.

EWMA after Brooks et al. 2014 (IEEE TGRS 52:3316), with the screens of the package nrt: a chart of
Shewhart cleans the history, extreme residuals are passed over. CUSUM of the residuals of least
squares, as in bfastmonitor (Chu et al. 1996; Leisch et al. 2000; Verbesselt et al. 2012). A
residual is what was seen minus what was expected, in the history as later, so that a loss of
green is negative all along. A series that has crossed its limit is not followed any further.

Dims: t = looks, n = series, k = lanes of a block, p = coefficients.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import lanes
from farmland.kernels._jit import compiled_to_divide
from farmland.kernels.lanes import LANES

WATCHED, UNSTABLE, BROKEN, TOO_FEW = 1, 2, 3, 4
"""Statuses of a series; the codes are those of nrt."""


@compiled_to_divide
def fit(
    series: NDArray[np.float32],
    columns: NDArray[np.float64],
    pairs: NDArray[np.float64],
    least: float,
    screen: float,
    memory: float,
    coefficients: NDArray[np.float32],
    sigma: NDArray[np.float32],
    process: NDArray[np.float32],
    seen: NDArray[np.int32],
) -> None:
    """Fit the history (t, n), leave out its outliers, fit again, and run the EWMA along it.

    Parameters
    ----------
    series, columns, pairs : see :func:`farmland.kernels.harmonic.gather`
    least : float
        Looks that a series needs, before and after cleaning.
    screen : float
        Residuals beyond so many standard deviations are outliers; inf = clean nothing.
    memory : float
        Share of the newest residual in the EWMA.
    coefficients : float32 (p, n)
        Written; NaN with too few looks.
    sigma : float32 (n,)
        Written: standard deviation of the residuals (divided by looks), NaN with too few.
    process : float32 (n,)
        Written: the EWMA at the end of the history, begun at 0.
    seen : int32 (n,)
        Written: looks fitted.
    """
    looks, total = series.shape
    parameters, last = columns.shape[0], pairs.shape[0] + columns.shape[0]
    wide = lanes.width(looks)
    value, weight = np.empty((looks, LANES)), np.empty((looks, LANES))
    residual, known = np.empty((looks, LANES)), np.empty(LANES)
    found, sums = np.empty((parameters, LANES)), np.empty((last + 1, LANES))
    chart = np.empty((2, LANES))
    across = columns.T.copy()
    for first in range(0, total, wide):
        count = min(wide, total - first)
        lanes.lay(series, first, count, value, weight, known)
        for turn in range(2):
            _regress(value, weight, columns, pairs, across, count, sums, found, residual)
            _chart(value, weight, residual, memory, count, known, chart)
            if turn or not _drop(value, weight, residual, screen, least, count, known, chart):
                break
        for p in range(parameters):
            row = coefficients[p, first : first + count]
            for k in range(count):
                row[k] = found[p, k] if known[k] >= least else np.nan
        for k in range(count):
            told = known[k] >= least
            sigma[first + k] = chart[0, k] if told else np.nan
            process[first + k] = chart[1, k] if told else np.nan
            seen[first + k] = int(known[k])


@compiled_to_divide
def start(
    sigma: NDArray[np.float32],
    process: NDArray[np.float32],
    limit: float,
    status: NDArray[np.uint8],
) -> None:
    """Write the ``status`` (n,) at the end of the history: unstable if beyond the limit already."""
    for n in range(sigma.size):
        off = abs(process[n]) > limit * sigma[n]
        status[n] = UNSTABLE if off else WATCHED if sigma[n] == sigma[n] else TOO_FEW


@compiled_to_divide
def update_ewma(
    look: NDArray[np.float32],
    row: NDArray[np.float64],
    day: int,
    coefficients: NDArray[np.float32],
    sigma: NDArray[np.float32],
    memory: float,
    limit: float,
    extreme: float,
    process: NDArray[np.float32],
    status: NDArray[np.uint8],
    since: NDArray[np.int64],
) -> None:
    """Take in one look (n,), whose columns are ``row`` (p,); NaN changes nothing.

    Parameters
    ----------
    memory : float
        Share of the newest residual.
    limit : float
        Of the EWMA, in standard deviations of the residuals.
    extreme : float
        A residual beyond so many standard deviations is a cloud, and passed over.
    process, status, since : float32, uint8, int64 (n,)
        Brought up to date; ``since`` is the ``day`` on which a series crossed its limit.
    """
    expected = np.empty(LANES)
    for first in range(0, look.size, LANES):
        count = min(LANES, look.size - first)
        _expect(row, coefficients, first, count, expected)
        for k in range(count):
            n = first + k
            off = look[n] - expected[k]
            taken = (status[n] == WATCHED) & (abs(off) <= extreme * sigma[n])
            value = np.float32((1.0 - memory) * process[n] + memory * off)
            crossed = taken & (abs(value) >= limit * sigma[n])
            process[n] = value if taken else process[n]
            status[n] = BROKEN if crossed else status[n]
            since[n] = day if crossed else since[n]


@compiled_to_divide
def update_cusum(
    look: NDArray[np.float32],
    row: NDArray[np.float64],
    day: int,
    coefficients: NDArray[np.float32],
    scale: NDArray[np.float32],
    history: NDArray[np.int32],
    critical: float,
    process: NDArray[np.float32],
    seen: NDArray[np.int32],
    status: NDArray[np.uint8],
    since: NDArray[np.int64],
) -> None:
    """Take in one look as :func:`update_ewma` does; the chart is a sum, its limit grows.

    Parameters
    ----------
    scale : float32 (n,)
        Standard deviation of the residuals times the square root of the looks of the history.
    history, seen : int32 (n,)
        Looks of the history, and of all so far, which is brought up to date.
    critical : float
        The limit is sqrt(x (x - 1) (critical² + log(x / (x - 1)))), x = seen / history.
    """
    expected = np.empty(LANES)
    for first in range(0, look.size, LANES):
        count = min(LANES, look.size - first)
        _expect(row, coefficients, first, count, expected)
        for k in range(count):
            n = first + k
            off = look[n] - expected[k]
            if status[n] == WATCHED and off == off:
                seen[n] += 1
                process[n] += off / scale[n]
                share = seen[n] / history[n]
                bound = critical * critical + math.log(share / (share - 1.0))
                if abs(process[n]) >= math.sqrt(share * (share - 1.0) * bound):
                    status[n] = BROKEN
                    since[n] = day


@compiled_to_divide
def _expect(
    row: NDArray[np.float64],
    coefficients: NDArray[np.float32],
    first: int,
    count: int,
    out: NDArray[np.float64],
) -> None:
    """Write what a block of series (k,) is expected to show."""
    out[:count] = 0.0
    for p in range(row.size):
        part = coefficients[p, first : first + count]
        for k in range(count):
            out[k] += row[p] * part[k]


@compiled_to_divide
def _regress(
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    columns: NDArray[np.float64],
    pairs: NDArray[np.float64],
    across: NDArray[np.float64],
    count: int,
    sums: NDArray[np.float64],
    found: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write coefficients ``found`` (p, k) and what they lead one to expect, ``out`` (t, k).

    Weights are 0 and 1 here, and values 0 where the weight is. ``across`` (t, p): the columns.
    """
    sums[sums.shape[0] - 1, :count] = 0.0
    lanes.product(pairs, weight, count, sums)
    lanes.product(columns, value, count, sums[pairs.shape[0] :])
    lanes.eliminate(sums, columns.shape[0], count, found, np.empty((2, LANES)))
    lanes.product(across, found, count, out)


@compiled_to_divide
def _chart(
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    residual: NDArray[np.float64],
    memory: float,
    count: int,
    known: NDArray[np.float64],
    chart: NDArray[np.float64],
) -> None:
    """Write standard deviation and EWMA of the residuals as ``chart`` (2, k).

    ``residual`` (t, k) holds what was expected, and becomes what was seen minus that; 0 in gaps.
    The residuals of a fit with an intercept have mean 0.
    """
    chart[:, :count] = 0.0
    for t in range(value.shape[0]):
        for k in range(count):
            off = weight[t, k] * (value[t, k] - residual[t, k])
            residual[t, k] = off
            chart[0, k] += off * off
            chart[1, k] += weight[t, k] * memory * (off - chart[1, k])
    for k in range(count):
        chart[0, k] = np.sqrt(chart[0, k] / known[k])


@compiled_to_divide
def _drop(
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    residual: NDArray[np.float64],
    limit: float,
    least: float,
    count: int,
    known: NDArray[np.float64],
    chart: NDArray[np.float64],
) -> bool:
    """Leave looks (t, k) beyond the limit out, where there are enough; tell whether any was."""
    dropped = 0
    for t in range(value.shape[0]):
        for k in range(count):
            out = (abs(residual[t, k]) > limit * chart[0, k]) & (known[k] >= least)
            weight[t, k] = 0.0 if out else weight[t, k]
            value[t, k] = 0.0 if out else value[t, k]
            dropped += 1 if out else 0
    if dropped:
        known[:count] = 0.0
        for t in range(value.shape[0]):
            for k in range(count):
                known[k] += weight[t, k]
    return dropped > 0
