"""Time-weighted dynamic time warping of irregular looks onto the curve of a year.

After Maus et al. 2016 (IEEE JSTARS 9:3729): a look may stand for another day of the calendar than
its own, the more dearly the further away, and looks keep their order. Unlike there, only looks pay:
what no look showed costs nothing, so that gaps of cloud never speak against a crop.

Dims: t = looks, d = days of the calendar sampled, f = features, k = patterns.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def delay(gap: float, steepness: float, midpoint: float) -> float:
    """Price of standing for a day that is ``gap`` days away: logistic, half at ``midpoint``."""
    return 1.0 / (1.0 + math.exp(-steepness * (gap - midpoint)))


@compiled
def delays(
    days: NDArray[np.float32],
    sampled: NDArray[np.float32],
    steepness: float,
    midpoint: float,
    reach: float,
) -> NDArray[np.float32]:
    """Prices (t, d) of looks (t,) for standing for days (d,) within ``reach``; else infinite.

    They are the same for all patterns, and an exponential is dear.
    """
    out = np.full((days.size, sampled.size), np.inf, np.float32)
    for t in range(days.size):
        for d in range(sampled.size):
            gap = abs(days[t] - sampled[d])
            if gap <= reach:
                out[t, d] = delay(gap, steepness, midpoint)
    return out


@compiled
def _take_lowest(
    best: NDArray[np.float32], d: int, low: NDArray[np.float32], where: NDArray[np.int32]
) -> None:
    """Where the price ``best`` (k,) of a path that ends on day ``d`` is lower, take it and d."""
    for k in range(low.size):
        where[k] = d if best[k] < low[k] else where[k]
        low[k] = min(best[k], low[k])


@compiled
def _price(
    seen: NDArray[np.float32],
    expected: NDArray[np.float32],
    importance: NDArray[np.float32],
    late: float,
    most: float,
    out: NDArray[np.float32],
) -> None:
    """Price (k,) of a look (f,) that stands for a day (f, k); NaN features say nothing."""
    for k in range(out.size):
        out[k] = late
    for f in range(seen.size):
        row, value, weight = expected[f], seen[f], importance[f]
        for k in range(out.size):
            step = weight * abs(value - row[k])
            out[k] += step if step == step else np.float32(0)
    for k in range(out.size):
        out[k] = min(out[k], np.float32(most))


@compiled
def distances(
    days: NDArray[np.float32],
    seen: NDArray[np.float32],
    weight: NDArray[np.float32],
    sampled: NDArray[np.float32],
    patterns: NDArray[np.float32],
    importance: NDArray[np.float32],
    steepness: float,
    midpoint: float,
    reach: float,
    most: float,
) -> NDArray[np.float32]:
    """Prices (k, t) of the looks on the cheapest path through each of several patterns.

    Parameters
    ----------
    days : float32 (t,)
        Ascending, counted as ``sampled`` is.
    seen : float32 (t, f)
    weight : float32 (t,)
        How much each look counts when the path is chosen.
    sampled : float32 (d,)
        Ascending days of the patterns; they begin ``reach`` before the first look.
    patterns : float32 (d, f, k)
        Side by side, so that the processor takes several of them in one step.
    importance : float32 (f,)
    steepness, midpoint : float
        Of the price of being early or late, 1/days and days.
    reach : float
        Days beyond which no look stands for another day.
    most : float
        What a look costs at most: a cloud that was missed must not decide.
    """
    looks, (width, _, many) = days.size, patterns.shape
    late = delays(days, sampled, steepness, midpoint, reach)
    price = np.empty((looks, width, many), np.float32)
    came = np.full((looks, width, many), -1, np.int32)
    best = np.full((looks + 1, width, many), np.inf, np.float32)
    low, where = np.empty(many, np.float32), np.empty(many, np.int32)
    begin, before = 0, 0
    for t in range(looks):
        while sampled[begin] < days[t] - reach:
            begin += 1
        low[:], where[:] = 0.0 if t == 0 else np.inf, -1
        for d in range(before, width):
            _take_lowest(best[t, d], d, low, where)
            if d < begin:
                continue
            if late[t, d] == np.inf:
                break
            _price(seen[t], patterns[d], importance, late[t, d], most, price[t, d])
            came[t, d] = where
            for k in range(many):
                best[t + 1, d, k] = weight[t] * price[t, d, k] + low[k]
        before = begin
    return _traced(price, came, best[looks])


@compiled
def _traced(
    price: NDArray[np.float32], came: NDArray[np.int32], best: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Prices (k, t) of the looks along the cheapest paths, followed back from where they end."""
    looks, _, many = price.shape
    out = np.zeros((many, looks), np.float32)
    for k in range(many):
        d = int(np.argmin(best[:, k])) if looks else 0
        for t in range(looks - 1, -1, -1):
            out[k, t] = price[t, d, k]
            d = came[t, d, k]
    return out
