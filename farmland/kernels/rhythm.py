"""How closely a stretch of one NDVI curve repeats what the same and other fields have shown.

Dims: n = curves, k = steps of an even time axis, m = steps of the stretch, c = cases, t = looks,
p = pixels. A case is a curve and where the stretch begins that is judged. A library lies time
first: its curves are the lanes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled, compiled_to_divide
from farmland.kernels.season import ranked

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


Scaling = tuple[float, float]
"""Least and greatest factor, or NDVI of soil and by which it may differ."""


@compiled_to_divide
def misfits(
    now: NDArray[np.float32],
    library: NDArray[np.float32],
    begins: int,
    shift: int,
    height: Scaling,
    soil: Scaling,
    share: float,
) -> NDArray[np.float32]:
    """Root mean square (n,) by which ``now`` (m,) misses each curve of the library (k, n).

    The first step of ``now`` is laid on step ``begins`` of the library, up to ``shift`` steps
    earlier or later, and a curve may be lower or higher by a factor within ``height``, about the
    NDVI of soil, give or take: ``soil``. NaN where less than ``share`` of ``now`` can be compared.
    """
    least = np.full(library.shape[1], np.inf, np.float64)
    sums = np.empty((SUMS, library.shape[1]), np.float64)
    known = 0
    for m in range(now.size):
        known += not math.isnan(now[m])
    for move in range(-shift, shift + 1, 2):
        _sum(now, library, begins + move, sums)
        _lower(sums, height, soil, max(1.0, share * known), least)
    out = np.empty(least.size, np.float32)
    for n in range(least.size):
        out[n] = math.sqrt(least[n]) if least[n] < np.inf else np.nan
    return out


BOTH, X, Y, XX, XY, YY, SUMS = range(7)
"""Sums over the steps both have: their number, library and stretch, squares and products."""


@compiled_to_divide
def _sum(
    now: NDArray[np.float32], library: NDArray[np.float32], begins: int, sums: NDArray[np.float64]
) -> None:
    """Write the sums (6, n) over the steps that ``now`` (m,) and each curve (k, n) both have."""
    sums[:] = 0.0
    both, x, y, xx, xy, yy = sums[BOTH], sums[X], sums[Y], sums[XX], sums[XY], sums[YY]
    nothing = np.float32(0)
    for m in range(max(0, -begins), min(now.size, library.shape[0] - begins)):
        value, row = now[m], library[begins + m]
        if math.isnan(value):
            continue
        for n in range(row.size):
            known = row[n] == row[n]
            curve = row[n] if known else nothing
            here = value if known else nothing
            both[n] += 1.0 if known else 0.0
            x[n] += curve
            y[n] += here
            xx[n] += curve * curve
            xy[n] += curve * here
            yy[n] += here * here


@compiled_to_divide
def _lower(
    sums: NDArray[np.float64],
    height: Scaling,
    soil: Scaling,
    enough: float,
    least: NDArray[np.float64],
) -> None:
    """Lower the mean squares (n,) to what is left when each curve is scaled by what fits best."""
    for n in range(least.size):
        both = sums[BOTH, n]
        x, y = sums[X, n] / both, sums[Y, n] / both
        xx, xy = sums[XX, n] / both - x * x, sums[XY, n] / both - x * y
        yy = sums[YY, n] / both - y * y
        factor = min(height[1], max(height[0], xy / max(xx, 1e-4)))
        lifted = max(0.0, abs(y - factor * x - soil[0] * (1 - factor)) - soil[1])
        left = max(0.0, yy - 2 * factor * xy + factor * factor * xx) + lifted * lifted
        if both >= enough and left < least[n]:
            least[n] = left


@compiled_to_divide
def likeness(
    even: NDArray[np.float32],
    curve: NDArray[np.int64],
    begins: NDArray[np.int64],
    library: NDArray[np.float32],
    cut: int,
    shift: int,
    height: Scaling,
    soil: Scaling,
    share: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """:func:`misfits` of stretches (c,) to the library (c, n) and to their own past (c, 3).

    A stretch is what an even curve (n, k) shows from step ``begins`` (c,) on; its own past is the
    same curve before step ``cut``, one to three years earlier.
    """
    steps = even.shape[1]
    others = np.empty((curve.size, library.shape[1]), np.float32)
    own = np.empty((curve.size, 3), np.float32)
    earlier = np.empty((steps + shift, 3), np.float32)
    for c in range(curve.size):
        line = even[curve[c]]
        now = line[begins[c] :]
        others[c] = misfits(now, library, begins[c], shift, height, soil, share)
        earlier[:] = np.nan
        for back in range(3):
            later = (back + 1) * YEAR // STEP
            for k in range(later, min(steps + shift, cut + later)):
                earlier[k, back] = line[k - later]
        own[c] = misfits(now, earlier, begins[c], shift, height, soil, share)
    return others, own


@compiled
def own_bands(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    history: NDArray[np.bool_],
    start: int,
    window: float,
    least: int,
    shares: tuple[float, float],
) -> NDArray[np.float32]:
    """Two quantiles (2, n, t) of the own past's NDVI (n, t) at the season of each look.

    Looks from position ``start`` on, NaN before. The season is ``window`` days to each side in any
    year of the history; NaN where fewer than ``least`` of its looks were seen.
    """
    curves, looks = ndvi.shape
    out = np.full((2, curves, looks), np.nan, np.float32)
    near = np.empty(looks, np.int64)
    values = np.empty(looks, np.float64)
    for t in range(start, looks):
        size = 0
        for past in range(looks):
            gap = abs((days[past] - days[t] + YEAR // 2) % YEAR - YEAR // 2)
            if history[past] and gap <= window:
                near[size] = past
                size += 1
        for n in range(curves):
            count = 0
            for place in range(size):
                value = ndvi[n, near[place]]
                if not math.isnan(value):
                    values[count] = value
                    count += 1
            if count >= least:
                out[0, n, t] = ranked(values, count, shares[0])
                out[1, n, t] = ranked(values, count, shares[1])
    return out


@compiled
def spreads(
    values: NDArray[np.float32], members: NDArray[np.int64], share: float
) -> NDArray[np.float32]:
    """Standard deviation (t,) over some pixels (m,) of (p, t); NaN where under ``share`` seen."""
    looks = values.shape[1]
    count, total, square = np.zeros(looks), np.zeros(looks), np.zeros(looks)
    for p in members:
        for t in range(looks):
            value = values[p, t]
            if not math.isnan(value):
                count[t] += 1
                total[t] += value
                square[t] += value * value
    out = np.full(looks, np.nan, np.float32)
    for t in range(looks):
        if count[t] >= 4 and count[t] >= share * members.size:
            out[t] = math.sqrt(max(0.0, square[t] / count[t] - (total[t] / count[t]) ** 2))
    return out
