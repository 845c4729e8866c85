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
def unlike(
    seen: NDArray[np.float32], expected: NDArray[np.float32], importance: NDArray[np.float32]
) -> float:
    """How little a look (f,) is like a day of the calendar (f,); NaN features say nothing."""
    total = 0.0
    for f in range(seen.size):
        if not math.isnan(seen[f]) and not math.isnan(expected[f]):
            total += importance[f] * abs(seen[f] - expected[f])
    return total


@compiled
def align(
    days: NDArray[np.float32],
    seen: NDArray[np.float32],
    weight: NDArray[np.float32],
    sampled: NDArray[np.float32],
    late: NDArray[np.float32],
    pattern: NDArray[np.float32],
    importance: NDArray[np.float32],
    reach: float,
    most: float,
) -> NDArray[np.float32]:
    """Price (t,) of each look on the cheapest path through one pattern.

    Parameters
    ----------
    days : float32 (t,)
        Ascending, counted as ``sampled`` is.
    seen : float32 (t, f)
    weight : float32 (t,)
        How much each look counts when the path is chosen.
    sampled : float32 (d,)
        Ascending days of the pattern; they begin ``reach`` before the first look.
    late : float32 (t, d)
        What a look pays for standing for another day than its own: :func:`delays`.
    pattern : float32 (d, f)
    importance : float32 (f,)
    reach : float
        Days beyond which no look stands for another day.
    most : float
        What a look costs at most: a cloud that was missed must not decide.
    """
    looks, width = days.size, sampled.size
    price = np.zeros((looks, width), np.float32)
    best = np.full((looks, width), np.inf, np.float32)
    came = np.full((looks, width), -1, np.int32)
    begin, before = 0, 0
    for t in range(looks):
        while sampled[begin] < days[t] - reach:
            begin += 1
        low, where = (0.0, -1) if t == 0 else (np.inf, -1)
        for d in range(before, width):
            if t > 0 and best[t - 1, d] < low:
                low, where = best[t - 1, d], d
            if d < begin:
                continue
            gap = abs(days[t] - sampled[d])
            if gap > reach:
                break
            cost = unlike(seen[t], pattern[d], importance) + late[t, d]
            price[t, d] = min(cost, most)
            best[t, d] = weight[t] * price[t, d] + low
            came[t, d] = where
        before = begin
    out = np.zeros(looks, np.float32)
    d = int(np.argmin(best[looks - 1])) if looks else 0
    for t in range(looks - 1, -1, -1):
        out[t] = price[t, d]
        d = came[t, d]
    return out


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
    """Prices (k, t) of the looks in each of several patterns (k, d, f); see :func:`align`.

    steepness, midpoint : of the price of being early or late, 1/days and days.
    """
    out = np.empty((patterns.shape[0], days.size), np.float32)
    late = delays(days, sampled, steepness, midpoint, reach)
    for k in range(patterns.shape[0]):
        out[k] = align(days, seen, weight, sampled, late, patterns[k], importance, reach, most)
    return out
