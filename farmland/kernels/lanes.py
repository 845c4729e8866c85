"""Many series at once, one a lane: what the fits along time have in common.

A stack lies time first, so that the values of one look at neighbouring series lie side by side: a
pixel tile (t, y, x) is one as it is. A block of it is laid out as float64, and every step is a loop
over lanes that the compiler turns into vector instructions. (Series first would need a gather of
every look; laying a table over costs less than the fit.)

Dims: t = looks, n = series, k = lanes of a block, p = coefficients, q = sums.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import network
from farmland.kernels._jit import compiled_to_divide

LANES = 128
"""Series in a block: the least at which neighbouring loads of a stack pay for themselves."""

ROOM = 8192
"""Values of a block that still lie near the core."""

SPREAD = 0.6745
"""Median of |x| of the standard normal distribution."""

BISQUARE = 4.685
"""Tuning of Tukey's bisquare for 95 % efficiency (Holland & Welsch 1977)."""

DEPENDENT = 1e-9
"""Share of a diagonal that is left when a column is a sum of others."""


@compiled_to_divide
def width(looks: int) -> int:
    """Lanes of a block of so many looks: fewer when series are long."""
    return max(16, min(LANES, ROOM // max(looks, 1) // 16 * 16))


@compiled_to_divide
def lay(
    series: NDArray[np.float32],
    first: int,
    count: int,
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    seen: NDArray[np.float64],
) -> None:
    """Lay ``count`` series (t, n) out from ``first``: value 0 and weight 0 where unseen.

    ``value``, ``weight`` (t, k) and the number of looks ``seen`` (k,) are written.
    """
    seen[:count] = 0.0
    for t in range(series.shape[0]):
        row = series[t, first : first + count]
        for k in range(count):
            known = row[k] == row[k]
            value[t, k] = float(row[k]) if known else 0.0
            weight[t, k] = 1.0 if known else 0.0
            seen[k] += weight[t, k]


@compiled_to_divide
def product(
    left: NDArray[np.float64], block: NDArray[np.float64], count: int, out: NDArray[np.float64]
) -> None:
    """Write the matrix product (q, k) of ``left`` (q, t) and ``block`` (t, k).

    Six looks a turn: a sum is fetched and put back once for all of them.
    """
    sums, looks = left.shape
    whole = looks - looks % 6
    out[:sums, :count] = 0.0
    for t in range(0, whole, 6):
        for q in range(sums):
            a, b, c = left[q, t], left[q, t + 1], left[q, t + 2]
            d, e, f = left[q, t + 3], left[q, t + 4], left[q, t + 5]
            for k in range(count):
                out[q, k] += (
                    (a * block[t, k] + b * block[t + 1, k])
                    + (c * block[t + 2, k] + d * block[t + 3, k])
                    + (e * block[t + 4, k] + f * block[t + 5, k])
                )
    for t in range(whole, looks):
        for q in range(sums):
            for k in range(count):
                out[q, k] += left[q, t] * block[t, k]


@compiled_to_divide
def trust(
    residual: NDArray[np.float64],
    count: int,
    seen: NDArray[np.float64],
    noise: float,
    order: NDArray[np.int32],
    weight: NDArray[np.float64],
    work: NDArray[np.float32],
) -> None:
    """Weigh looks anew by Tukey's bisquare: those far off their fit lose all say.

    ``residual`` (t, k) is NaN where unseen; ``order`` are comparators that sort so many looks up to
    the middle one (:mod:`farmland.kernels.network`), ``work`` (t, lanes of a block) room for it.
    ``weight`` (t, k) is written.
    The unit is the median absolute residual, as that of a normal distribution, but not less than
    ``noise`` (> 0): a curve that follows most looks closely must not dismiss all the others.
    """
    looks = residual.shape[0]
    for t in range(looks):
        for k in range(count):
            size = abs(residual[t, k])
            work[t, k] = size if size == size else np.inf
    network.sort(order, work)
    for k in range(count):
        middle = int(seen[k]) // 2
        low = work[max(middle - 1 + int(seen[k]) % 2, 0), k]
        high = work[min(middle, looks - 1), k]
        scale = BISQUARE * max(0.5 * (low + high) / SPREAD, noise)
        work[0, k] = 1.0 / scale
    for t in range(looks):
        for k in range(count):
            off = residual[t, k] * work[0, k]
            kept = 1.0 - off * off
            weight[t, k] = kept * kept if kept > 0.0 else 0.0


@compiled_to_divide
def eliminate(
    sums: NDArray[np.float64],
    parameters: int,
    count: int,
    coefficients: NDArray[np.float64],
    work: NDArray[np.float64],
) -> None:
    """Solve the normal equations of each lane by elimination (Cholesky without roots).

    ``sums`` (q, k) holds the upper triangle of the Gram matrix row by row, the p moments and the
    sum of squares; it is spoilt, its last row becomes the sum of squared residuals.
    ``coefficients`` (p, k) is written: not finite where looks do not tell columns apart.
    ``work`` (2, k).
    """
    moment, last = parameters * (parameters + 1) // 2, parameters * (parameters + 3) // 2
    at = 0
    for p in range(parameters):
        for k in range(count):
            coefficients[p, k] = DEPENDENT * sums[at, k]
        at += parameters - p
    at = 0
    for p in range(parameters):
        for k in range(count):
            pivot = sums[at, k]
            work[1, k] = 1.0 / pivot if pivot > coefficients[p, k] else np.nan
            sums[last, k] -= sums[moment + p, k] * sums[moment + p, k] * work[1, k]
        below = at + parameters - p
        for i in range(p + 1, parameters):
            for k in range(count):
                work[0, k] = sums[at + i - p, k] * work[1, k]
                sums[moment + i, k] -= work[0, k] * sums[moment + p, k]
            for j in range(i, parameters):
                for k in range(count):
                    sums[below + j - i, k] -= work[0, k] * sums[at + j - p, k]
            below += parameters - i
        sums[at, :count] = work[1, :count]
        at += parameters - p
    for p in range(parameters - 1, -1, -1):
        at -= parameters - p
        for j in range(p + 1, parameters):
            for k in range(count):
                sums[moment + p, k] -= sums[at + j - p, k] * coefficients[j, k]
        for k in range(count):
            coefficients[p, k] = sums[moment + p, k] * sums[at, k]
