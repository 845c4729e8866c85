"""Time-weighted dynamic time warping of irregular looks onto the curve of a year.

After Maus et al. 2016 (IEEE JSTARS 9:3729): a look may stand for another day of the calendar than
its own, the more dearly the further away, and looks keep their order. Unlike there, only looks pay:
what no look showed costs nothing, so that gaps of cloud never speak against a crop.

Dims: g = parcels, t = looks, d = days of the calendar sampled, f = three features, k = patterns,
which lie innermost, so that the processor takes several of them in one step.
Days are whole and ascend; those sampled go from ``reach`` before the first look to ``reach`` behind
the last.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def delays(steepness: float, midpoint: float, reach: int) -> NDArray[np.float32]:
    """Price (1 + reach,) of standing for a day so many days away: logistic, half at ``midpoint``.

    ``steepness`` in 1/days. It is the same for all looks and patterns, and an exponential is dear.
    """
    out = np.empty(reach + 1, np.float32)
    for gap in range(out.size):
        out[gap] = 1.0 / (1.0 + math.exp(-steepness * (gap - midpoint)))
    return out


@compiled
def spells(days: NDArray[np.int32], longest: float) -> NDArray[np.float32]:
    """Share (t,) of the time for which each look stands: half of the way to the next, bounded."""
    spell = np.full(days.size, longest, np.float64)
    for t in range(1, days.size):
        half = min((days[t] - days[t - 1]) / 2, longest)
        spell[t - 1] += half
        spell[t] = half
    if days.size:
        spell[-1] += longest
    share: NDArray[np.float32] = (spell / spell.sum()).astype(np.float32)
    return share


@compiled
def totals(
    days: NDArray[np.int32],
    looked: NDArray[np.bool_],
    seen: NDArray[np.float32],
    longest: float,
    sampled: NDArray[np.int32],
    patterns: NDArray[np.float32],
    late: NDArray[np.float32],
    most: float,
) -> NDArray[np.float32]:
    """Mean price (g, k) of each parcel's looks on the cheapest path through each pattern.

    Parameters
    ----------
    days : int32 (t,)
    looked : bool (g, t)
        The looks of each parcel; others are passed over. Without one the price is infinite.
    seen : float32 (g, t, f)
    longest : float
        Days before and behind a look for which it counts at most: :func:`spells`.
    sampled : int32 (d,)
    patterns : float32 (d, f, k)
        NaN where nothing is expected, which costs nothing.
    late : float32 (1 + reach,)
        :func:`delays`.
    most : float
        What a look costs at most: a cloud that was missed must not decide.
    """
    parcels, many = seen.shape[0], patterns.shape[2]
    out = np.full((parcels, many), np.inf, np.float32)
    best = np.empty((2, sampled.size, many), np.float32)
    for g in range(parcels):
        own = days[looked[g]]
        begin, end = _lay(
            own, seen[g][looked[g]], spells(own, longest), sampled, patterns, late, most, best
        )
        for d in range(begin, end):
            for k in range(many):
                out[g, k] = min(best[(own.size - 1) % 2, d, k], out[g, k])
    return out


@compiled
def along(
    days: NDArray[np.int32],
    seen: NDArray[np.float32],
    longest: float,
    sampled: NDArray[np.int32],
    patterns: NDArray[np.float32],
    late: NDArray[np.float32],
    most: float,
) -> NDArray[np.float32]:
    """Price (k, t) of each look of one parcel on the cheapest paths; seen (t, f), as in `totals`.

    Followed back from where the paths end.
    """
    looks, many, reach = days.size, patterns.shape[2], late.size - 1
    best = np.full((looks, sampled.size, many), np.inf, np.float32)
    _lay(days, seen, spells(days, longest), sampled, patterns, late, most, best)
    out = np.empty((many, looks), np.float32)
    for k in range(many):
        d = sampled.size - 1
        for t in range(looks - 1, -1, -1):
            d = int(np.argmin(best[t, : d + 1, k]))
            price = late[min(abs(days[t] - sampled[d]), reach)]
            for f in range(seen.shape[1]):
                price += _apart(seen[t, f], patterns[d, f, k])
            out[k, t] = min(price, np.float32(most))
    return out


@compiled
def _lay(
    days: NDArray[np.int32],
    seen: NDArray[np.float32],
    weight: NDArray[np.float32],
    sampled: NDArray[np.int32],
    patterns: NDArray[np.float32],
    late: NDArray[np.float32],
    most: float,
    best: NDArray[np.float32],
) -> tuple[int, int]:
    """Least sum of prices of the looks up to t when that stands for day d, in ``best`` (t, d, k).

    Written where d is within reach of t; returned is from where to where that is for the last look.
    ``best`` may have room for the last looks only: every look is laid over an older one.
    """
    lanes, room, reach, top = (
        np.uint64(best.shape[2]),
        best.shape[0],
        late.size - 1,
        np.float32(most),
    )
    low = np.empty(best.shape[2], np.float32)
    begin, end = 0, 0
    for t in range(days.size):
        came, left, now, before = begin, end, t % room, (t - 1) % room
        while begin < sampled.size and sampled[begin] < days[t] - reach:
            begin += 1
        end = begin
        low[:] = np.inf if t else 0.0
        green, wet, yellow = seen[t, 0], seen[t, 1], seen[t, 2]
        while end < sampled.size and sampled[end] <= days[t] + reach:
            while came < left and came <= end:
                for k in range(lanes):
                    low[k] = min(best[before, came, k], low[k])
                came += 1
            delay = late[abs(days[t] - sampled[end])]
            for k in range(lanes):
                price = delay + _apart(green, patterns[end, 0, k])
                price += _apart(wet, patterns[end, 1, k])
                price += _apart(yellow, patterns[end, 2, k])
                best[now, end, k] = weight[t] * min(price, top) + low[k]
            end += 1
    return begin, end


@compiled
def _apart(value: np.float32, expected: np.float32) -> np.float32:
    """How far a feature is from what is expected; nothing where either is NaN."""
    gap = abs(value - expected)
    return gap if gap == gap else np.float32(0)
