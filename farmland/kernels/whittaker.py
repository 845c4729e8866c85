"""Whittaker's smoother (Whittaker 1923; Eilers 2003, Analytical Chemistry 75:3631) with gaps.

A curve z through looks y: least sum of w (y - z)² + stiffness · ∫ z''² dt. The second derivative
is that of a parabola through three neighbouring days, counted for half the span of the three, so
that on days one apart the penalty is Eilers', stiffness · sum of (Δ² z)², and with any other
spacing the stiffness, in days³, says the same of a curve.

Dims: t = days, n = series, k = lanes of a block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import lanes, network
from farmland.kernels._jit import compiled_to_divide
from farmland.kernels.lanes import LANES

LEAST = 2
"""Looks that a curve needs: fewer do not tell a line."""

INVERSE, FACTOR, OFF, LEVEL = range(4)
"""Rows of the decomposition: 1 / pivot, its lower neighbour, that times the pivot, the curve."""


def penalty(days: NDArray[np.float64], stiffness: float) -> NDArray[np.float64]:
    """Bands (3, t + 2) of the penalty's matrix: diagonal, first and second beside it.

    ``days`` (t,) ascending, no two alike. The first two columns are zero: a day before the first
    has no part in it.
    """
    bands = np.zeros((3, days.size + 2))
    if days.size < 3:
        return bands
    left, right = np.diff(days)[:-1], np.diff(days)[1:]
    span = left + right
    weights = np.stack([2 / (left * span), -2 / (left * right), 2 / (right * span)])
    share = stiffness * span / 2
    for first in range(3):
        for second in range(first, 3):
            here = bands[second - first, 2 + first : days.size + first]
            here += share * weights[first] * weights[second]
    return bands


@compiled_to_divide
def smooth(
    series: NDArray[np.float32],
    bands: NDArray[np.float64],
    rounds: int,
    noise: float,
    out: NDArray[np.float32],
) -> None:
    """Write the curves ``out`` (t, n) through series (t, n).

    Parameters
    ----------
    series : float32 (t, n)
        NaN where nothing was seen: weight 0, the curve bridges it.
    bands : float64 (3, t + 2)
        From :func:`penalty`.
    rounds : int
        How often looks are weighed anew by Tukey's bisquare of their distance from the curve.
    noise : float
        Smallest spread about a curve that is believed.
    out : float32 (t, n)
        NaN all along a series with fewer than two looks.
    """
    looks, total = series.shape
    wide = lanes.width(looks)
    value, weight = np.empty((looks, LANES)), np.empty((looks, LANES))
    seen, curve = np.empty(LANES), np.empty((looks, LANES))
    work = np.empty((looks if rounds else 0, wide), np.float32)
    order = network.comparators(looks if rounds else 1, 0, looks // 2)
    for first in range(0, total, wide):
        count = min(wide, total - first)
        lanes.lay(series, first, count, value, weight, seen)
        _solve(value, weight, bands, count, curve)
        for _ in range(rounds):
            for t in range(looks):
                row = series[t, first : first + count]
                for k in range(count):
                    curve[t, k] = row[k] - curve[t, k]
            lanes.trust(curve, count, seen, noise, order, weight, work)
            _solve(value, weight, bands, count, curve)
        for t in range(looks):
            row = out[t, first : first + count]
            for k in range(count):
                row[k] = curve[t, k] if seen[k] >= LEAST else np.nan


@compiled_to_divide
def _solve(
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    bands: NDArray[np.float64],
    count: int,
    out: NDArray[np.float64],
) -> None:
    """Decompose the band matrix of each lane and solve it; the curves ``out`` (t, k) are written.

    Only its diagonal differs between lanes, so two bands out of three are shared numbers.
    """
    looks = value.shape[0]
    done = np.empty((looks + 2, 4, LANES))
    done[:2, :, :count] = 0.0
    for t in range(looks):
        diagonal, near, before = bands[0, t + 2], bands[1, t + 2], bands[2, t + 1]
        further = bands[2, t]
        for k in range(count):
            factor, off = done[t + 1, FACTOR, k], done[t + 1, OFF, k]
            far = further * done[t, INVERSE, k]
            inverse = 1.0 / (weight[t, k] + diagonal - off * factor - further * far)
            level = weight[t, k] * value[t, k] - factor * done[t + 1, LEVEL, k]
            off = near - off * before * done[t + 1, INVERSE, k]
            done[t + 2, INVERSE, k] = inverse
            done[t + 2, FACTOR, k] = off * inverse
            done[t + 2, OFF, k] = off
            done[t + 2, LEVEL, k] = level - far * done[t, LEVEL, k]
    for t in range(looks - 1, -1, -1):
        for k in range(count):
            out[t, k] = done[t + 2, LEVEL, k] * done[t + 2, INVERSE, k]
        if t + 1 < looks:
            for k in range(count):
                out[t, k] -= done[t + 2, FACTOR, k] * out[t + 1, k]
        if t + 2 < looks:
            for k in range(count):
                out[t, k] -= bands[2, t + 2] * done[t + 2, INVERSE, k] * out[t + 2, k]
