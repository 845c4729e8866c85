"""The centre of many looks in all bands at once: the look or the point nearest to all of them.

Dims: b = bands, t = looks, n = pixels or parcels. Values are float32; a look that lacks one band
(NaN) counts in none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled_to_add

NEVER = -1

MOST_ROUNDS = 200

LAST_STEP, NEARBY, DAMPING = 1e-3, 0.1, 1e-4
"""Shares of the usual distance to a look: a step that ends the search, and how near a look must be
to be tried itself; and the share of Weiszfeld's curvature that is added to Newton's."""

ROUNDING = 1e-6
"""Share of a sum of distances that float32 cannot tell."""


LANES = 16
"""Pixels turned at a time: as many as lie side by side in a line of the cache."""


@compiled_to_add
def medoid(values: NDArray[np.float32], when: NDArray[np.int16]) -> None:
    """Write the look whose distances to the other looks of values (b, t, n) sum least.

    when (n,), the first of equals; -1 where no look is whole. Flood 2013, Remote Sensing 5:6481.
    """
    bands, looks, pixels = values.shape
    x, order = np.empty((bands, looks), np.float32), np.empty(looks, np.int32)
    total, squares = np.empty(looks, np.float32), np.empty(looks, np.float32)
    turned = np.empty((LANES, bands, looks), np.float32)
    for n in range(pixels):
        if n % LANES == 0:
            _turn(values, n, turned)
        held = _whole(turned[n % LANES], x, order)
        total[:held] = 0
        for t in range(held):
            squares[:held] = 0
            for b in range(bands):
                for other in range(held):
                    away = x[b, other] - x[b, t]
                    squares[other] += away * away
            for other in range(held):
                total[t] += np.sqrt(squares[other])
        when[n] = order[np.argmin(total[:held])] if held else NEVER


@compiled_to_add
def _turn(values: NDArray[np.float32], first: int, turned: NDArray[np.float32]) -> None:
    """Bring the pixels from ``first`` on of values (b, t, n) into turned (LANES, b, t)."""
    lanes = min(LANES, values.shape[2] - first)
    for b in range(values.shape[0]):
        for t in range(values.shape[1]):
            for i in range(lanes):
                turned[i, b, t] = values[b, t, first + i]


@compiled_to_add
def _whole(spectra: NDArray[np.float32], x: NDArray[np.float32], order: NDArray[np.int32]) -> int:
    """Copy the looks of spectra (b, t) that have every band to the front of x; their number."""
    held = 0
    for t in range(spectra.shape[1]):
        whole = True
        for b in range(spectra.shape[0]):
            whole = whole and spectra[b, t] == spectra[b, t]
        if whole:
            for b in range(spectra.shape[0]):
                x[b, held] = spectra[b, t]
            order[held] = t
            held += 1
    return held


@compiled_to_add
def geometric_median(values: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Write the point whose distances to the looks of values (b, t, n) sum least into out (b, n).

    NaN where no look is whole. Newton steps, and Weiszfeld's wherever those lead uphill; at a look
    itself the rule of Vardi and Zhang 2000, PNAS 97:1423, tells whether to stay.
    """
    bands, looks, pixels = values.shape
    x, order = np.empty((bands, looks), np.float32), np.empty(looks, np.int32)
    away, inverse = np.empty((bands, looks), np.float32), np.empty(looks, np.float32)
    point, step, safe = np.empty((3, bands), np.float32)
    bend = np.empty((bands, bands), np.float32)
    turned = np.empty((LANES, bands, looks), np.float32)
    for n in range(pixels):
        if n % LANES == 0:
            _turn(values, n, turned)
        held = _whole(turned[n % LANES], x, order)
        if held:
            _begin(x, held, point)
            _descend(x, held, away, inverse, point, step, safe, bend)
        for b in range(bands):
            out[b, n] = point[b] if held else np.float32(np.nan)


@compiled_to_add
def _begin(x: NDArray[np.float32], held: int, point: NDArray[np.float32]) -> None:
    """Put ``point`` (b,) in the mean of the first ``held`` of x (b, t)."""
    for b in range(point.size):
        total = np.float32(0)
        for t in range(held):
            total += x[b, t]
        point[b] = total / np.float32(held)


@compiled_to_add
def _descend(
    x: NDArray[np.float32],
    held: int,
    away: NDArray[np.float32],
    inverse: NDArray[np.float32],
    point: NDArray[np.float32],
    step: NDArray[np.float32],
    safe: NDArray[np.float32],
    bend: NDArray[np.float32],
) -> None:
    """Lead ``point`` (b,) downhill to where the sum of its distances to x (b, t) is least.

    The first ``held`` looks count. The others are room, as in :func:`_survey` and
    :func:`_newton`; ``safe`` is where Weiszfeld's step leads, which is never uphill.
    """
    least, tried, turned = np.float32(np.inf), -1, False
    for _ in range(MOST_ROUNDS):
        total, weight, same, nearest = _survey(x, held, point, away, inverse, step)
        if total > least * np.float32(1 + ROUNDING):
            if turned:
                return
            point[:], turned = safe, True
            continue
        least, share = total, np.float32(1) / weight
        if same:
            steep = _length(step)
            if steep <= same:
                return
            share = (np.float32(1) - same / steep) / weight
        for b in range(step.size):
            safe[b] = point[b] - step[b] * share
        near = turned or inverse[nearest] * np.float32(NEARBY * held) > weight
        turned = False
        if near and nearest != tried:
            point[:], tried = x[:, nearest], nearest
        elif same:
            point[:] = safe
        else:
            _newton(away, inverse, held, weight, bend, step)
            for b in range(step.size):
                point[b] -= step[b]
            if _length(step) * weight < LAST_STEP * held:
                return
    point[:] = safe


@compiled_to_add
def _length(vector: NDArray[np.float32]) -> np.float32:
    total = np.float32(0)
    for b in range(vector.size):
        total += vector[b] * vector[b]
    return np.float32(np.sqrt(total))


@compiled_to_add
def _survey(
    x: NDArray[np.float32],
    held: int,
    point: NDArray[np.float32],
    away: NDArray[np.float32],
    inverse: NDArray[np.float32],
    slope: NDArray[np.float32],
) -> tuple[np.float32, np.float32, np.float32, int]:
    """Sum of the distances, of their inverses, looks at the point itself, and the nearest other.

    Writes unit vectors away from the looks (b, t), inverse distances (t,), 0 for a look at the
    point itself, and the sum of the vectors (b,).
    """
    inverse[:held] = 0
    for b in range(point.size):
        here, row, line = point[b], away[b], x[b]
        for t in range(held):
            row[t] = here - line[t]
            inverse[t] += row[t] * row[t]
    total, weight, same = np.float32(0), np.float32(0), np.float32(0)
    for t in range(held):
        distance = np.sqrt(inverse[t])
        inverse[t] = np.float32(1) / distance if distance > 0 else np.float32(0)
        total += distance
        weight += inverse[t]
        same += np.float32(distance == 0)
    for b in range(point.size):
        row, size = away[b], np.float32(0)
        for t in range(held):
            row[t] *= inverse[t]
            size += row[t]
        slope[b] = size
    nearest = 0
    for t in range(held):
        if inverse[t] > inverse[nearest]:
            nearest = t
    return total, weight, same, nearest


@compiled_to_add
def _newton(
    away: NDArray[np.float32],
    inverse: NDArray[np.float32],
    held: int,
    weight: np.float32,
    bend: NDArray[np.float32],
    step: NDArray[np.float32],
) -> None:
    """Turn the slope (b,) into Newton's step: divide it by the second derivatives (b, b).

    A little of Weiszfeld's curvature is added, so that looks on one line do no harm; Cholesky.
    """
    for a in range(step.size):
        for b in range(a + 1):
            one, other, total = away[a], away[b], np.float32(0)
            for t in range(held):
                total += one[t] * other[t] * inverse[t]
            total = weight * np.float32((1 + DAMPING) * (a == b)) - total
            for c in range(b):
                total -= bend[a, c] * bend[b, c]
            bend[a, b] = (
                total / bend[b, b] if b < a else np.sqrt(max(total, weight * np.float32(DAMPING)))
            )
        for c in range(a):
            step[a] -= bend[a, c] * step[c]
        step[a] /= bend[a, a]
    for a in range(step.size - 1, -1, -1):
        for c in range(a + 1, step.size):
            step[a] -= bend[c, a] * step[c]
        step[a] /= bend[a, a]
