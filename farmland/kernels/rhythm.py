"""How closely a stretch of one NDVI curve repeats what the same and other fields have shown.

Dims: n = curves of the library, k = steps of an even time axis, m = steps of the stretch,
t = looks, p = pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.ranks import quantile

STEP = 5
"""Days of one step: the revisit of two satellites."""

YEAR = 365


@compiled
def evened(
    days: NDArray[np.int32], ndvi: NDArray[np.float32], first: int, steps: int, gap: int
) -> NDArray[np.float32]:
    """NDVI (n, t) drawn straight from look to look, every ``STEP`` days (n, k) from day ``first``.

    NaN where two looks lie more than ``gap`` days apart: a crop may hide there.
    """
    curves, looks = ndvi.shape
    out = np.full((curves, steps), np.nan, np.float32)
    for n in range(curves):
        last = -1
        for t in range(looks):
            if math.isnan(ndvi[n, t]):
                continue
            if last >= 0 and 0 < days[t] - days[last] <= gap:
                start = max(0, math.ceil((days[last] - first) / STEP))
                end = min(steps - 1, math.floor((days[t] - first) / STEP))
                for k in range(start, end + 1):
                    part = (first + STEP * k - days[last]) / (days[t] - days[last])
                    out[n, k] = ndvi[n, last] * (1 - part) + ndvi[n, t] * part
            last = t
    return out


@compiled
def misfits(
    now: NDArray[np.float32],
    library: NDArray[np.float32],
    begins: int,
    shift: int,
    height: tuple[float, float],
    soil: tuple[float, float],
    share: float,
) -> NDArray[np.float32]:
    """Root mean square (n,) by which ``now`` (m,) misses each curve of the library (n, k).

    The first step of ``now`` is laid on step ``begins`` of the library, up to ``shift`` steps
    earlier or later, and a curve may be lower or higher by a factor within ``height``, about the
    NDVI of soil, give or take: ``soil``. NaN where less than ``share`` of ``now`` can be compared.
    """
    out = np.full(library.shape[0], np.nan, np.float32)
    for n in range(library.shape[0]):
        best = np.inf
        for move in range(-shift, shift + 1, 2):
            best = min(best, _misfit(now, library[n], begins + move, height, soil, share))
        if best < np.inf:
            out[n] = math.sqrt(best)
    return out


@compiled
def _misfit(
    now: NDArray[np.float32],
    curve: NDArray[np.float32],
    begins: int,
    height: tuple[float, float],
    soil: tuple[float, float],
    share: float,
) -> float:
    """Mean square left of ``now`` (m,) when ``curve`` (k,) is scaled to it; inf: unknown."""
    known = both = 0
    x = y = xx = xy = yy = 0.0
    for m in range(now.size):
        if math.isnan(now[m]):
            continue
        known += 1
        k = begins + m
        if k < 0 or k >= curve.size or math.isnan(curve[k]):
            continue
        both += 1
        x += curve[k]
        y += now[m]
        xx += curve[k] * curve[k]
        xy += curve[k] * now[m]
        yy += now[m] * now[m]
    if both == 0 or both < share * known:
        return np.inf
    x, y = x / both, y / both
    xx, xy, yy = xx / both - x * x, xy / both - x * y, yy / both - y * y
    factor = min(height[1], max(height[0], xy / max(xx, 1e-4)))
    lifted = max(0.0, abs(y - factor * x - soil[0] * (1 - factor)) - soil[1])
    return max(0.0, yy - 2 * factor * xy + factor * factor * xx) + lifted * lifted


@compiled
def fall(days: NDArray[np.int32], ndvi: NDArray[np.float32], within: int) -> float:
    """Greatest fall of NDVI (t,) from one look to another at most ``within`` days later."""
    most = 0.0
    for t in range(ndvi.size):
        for later in range(t + 1, ndvi.size):
            if days[later] - days[t] > within:
                break
            most = max(most, ndvi[t] - ndvi[later])
    return most


@compiled
def own_band(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    history: NDArray[np.bool_],
    since: NDArray[np.int64],
    window: float,
    least: int,
    shares: tuple[float, float],
) -> NDArray[np.float32]:
    """Two quantiles (2, m) of the own past's NDVI (t,) at the season of each look ``since`` (m,).

    The season is ``window`` days to each side in any year of the history; NaN where fewer than
    ``least`` of its looks were seen.
    """
    out = np.full((2, since.size), np.nan, np.float32)
    near = np.empty(days.size, np.float64)
    for m in range(since.size):
        count = 0
        for t in range(days.size):
            gap = abs((days[t] - days[since[m]] + YEAR // 2) % YEAR - YEAR // 2)
            if history[t] and gap <= window and not math.isnan(ndvi[t]):
                near[count] = ndvi[t]
                count += 1
        if count >= least:
            out[0, m] = quantile(near[:count], shares[0])
            out[1, m] = quantile(near[:count], shares[1])
    return out


@compiled
def summed(days: NDArray[np.int32], over: NDArray[np.float32], most: float, longest: int) -> float:
    """NDVI times days by which looks (m,) lie over something; NaN counts as nothing.

    Each stands until the next, from one to ``longest`` days, the last for five; and counts
    ``most`` at most.
    """
    total = 0.0
    for m in range(days.size):
        spell = days[m + 1] - days[m] if m + 1 < days.size else STEP
        if over[m] > 0:
            total += min(most, over[m]) * min(longest, max(1, spell))
    return total


@compiled
def spreads(values: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Standard deviation (t,) over pixels (p, t); NaN where less than ``share`` were seen."""
    pixels, looks = values.shape
    out = np.full(looks, np.nan, np.float32)
    for t in range(looks):
        count = 0
        total = square = 0.0
        for p in range(pixels):
            value = values[p, t]
            if not math.isnan(value):
                count += 1
                total += value
                square += value * value
        if count >= 4 and count >= share * pixels:
            out[t] = math.sqrt(max(0.0, square / count - (total / count) ** 2))
    return out
