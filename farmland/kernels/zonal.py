"""Statistics of polygons from runs of what they cover of each pixel.

Dims: b = bands or dates, y, x = pixels, k = runs of :mod:`farmland.kernels.coverage`, polygon by
polygon, g = polygons, c = classes, q = quantiles, n = pixels of a polygon that count.
A pixel that is NaN does not count. Whatever has no pixel that counts stays as it was.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.coverage import AFTER, FIRST, LABEL, ROW, WEIGHT

MEAN, STD, LEAST, MOST = range(4)
"""Columns of moments."""

_DIGITS = 256
"""Values of a byte, by which pixels are sorted four times."""


@compiled
def _end(runs: NDArray[np.int32], start: int) -> int:
    """The first run after those of the polygon that ``start`` belongs to."""
    end = start
    while end < runs.shape[0] and runs[end, LABEL] == runs[start, LABEL]:
        end += 1
    return end


@compiled
def moments(
    values: NDArray[np.float32],
    runs: NDArray[np.int32],
    weights: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Weight (g, b) and mean, standard deviation, least and greatest value (g, b, 4).

    values (b, y, x); runs (k, 5). Distances are summed from the first value of each polygon, so
    that a small spread about a large mean keeps its digits. The deviation is that of the polygon
    itself (divided by the weight, as exactextract does), not of a sample.
    """
    start = 0
    while start < runs.shape[0]:
        g, end = runs[start, LABEL], _end(runs, start)
        for b in range(values.shape[0]):
            pivot, low, high = math.nan, math.inf, -math.inf
            held, total, squares = 0, 0.0, 0.0
            for k in range(start, end):
                line = values[b, runs[k, ROW]]
                count, part, part_squares = 0, 0.0, 0.0
                for x in range(runs[k, FIRST], runs[k, AFTER]):
                    value = float(line[x])
                    if value == value:
                        pivot = value if math.isnan(pivot) else pivot
                        count += 1
                        part += value - pivot
                        part_squares += (value - pivot) * (value - pivot)
                        low, high = min(low, value), max(high, value)
                held += runs[k, WEIGHT] * count
                total += runs[k, WEIGHT] * part
                squares += runs[k, WEIGHT] * part_squares
            if held > 0:
                away = total / held
                weights[g, b] = held
                found[g, b, MEAN] = pivot + away
                found[g, b, STD] = math.sqrt(max(0.0, squares / held - away * away))
                found[g, b, LEAST], found[g, b, MOST] = low, high
        start = end


@compiled
def _gathered(
    values: NDArray[np.float32], runs: NDArray[np.int32], keys: NDArray[np.uint64]
) -> int:
    """Write value and weight of each pixel under runs into keys (n,) that sort like the values.

    The upper half of a key is the value's bits, turned so that they sort as whole numbers; the
    lower half is the weight.
    """
    bits, n = values.view(np.uint32), 0
    for k in range(runs.shape[0]):
        for x in range(runs[k, FIRST], runs[k, AFTER]):
            y = runs[k, ROW]
            if values[y, x] == values[y, x]:
                key = np.uint64(bits[y, x])
                key ^= np.uint64(0xFFFFFFFF if key >> np.uint64(31) else 0x80000000)
                keys[n] = key << np.uint64(32) | np.uint64(runs[k, WEIGHT])
                n += 1
    return n


@compiled
def _sort(
    keys: NDArray[np.uint64], spare: NDArray[np.uint64], counts: NDArray[np.int64], size: int
) -> None:
    """Sort keys (n,) by their upper half, byte by byte from the lowest: no comparison, no guess."""
    counts[:] = 0
    for n in range(size):
        for digit in range(4):
            counts[digit, (keys[n] >> np.uint64(32 + 8 * digit)) & np.uint64(_DIGITS - 1)] += 1
    source, target = keys, spare
    for digit in range(4):
        before = 0
        for value in range(_DIGITS):
            before, counts[digit, value] = before + counts[digit, value], before
        for n in range(size):
            value = (source[n] >> np.uint64(32 + 8 * digit)) & np.uint64(_DIGITS - 1)
            target[counts[digit, value]] = source[n]
            counts[digit, value] += 1
        source, target = target, source


@compiled
def _unpacked(
    keys: NDArray[np.uint64],
    size: int,
    ordered: NDArray[np.float32],
    places: NDArray[np.float64],
) -> None:
    """Values (n,) in order, and the place of each on the scale of weights."""
    bits, before = ordered.view(np.uint32), 0.0
    for n in range(size):
        key, weight = keys[n] >> np.uint64(32), float(keys[n] & np.uint64(0xFFFFFFFF))
        bits[n] = np.uint32(key ^ np.uint64(0x80000000 if key >> np.uint64(31) else 0xFFFFFFFF))
        places[n] = n * weight + (size - 1) * before
        before += weight
    places[size] = (size - 1) * before


@compiled
def quantiles(
    values: NDArray[np.float32],
    runs: NDArray[np.int32],
    wanted: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """Quantiles (g, b, q) of values (b, y, x) under runs (k, 5), weighted by what is covered.

    As exactextract has them: with n pixels of weights w in the order of their values, the pixel i
    stands at i w_i + (n - 1) (w_0 + … + w_{i-1}), and values between two places are interpolated.
    With equal weights that is the usual quantile (Hyndman and Fan 1996, type 7).
    """
    counts = np.empty((4, _DIGITS), np.int64)
    room, start = 0, 0
    while start < runs.shape[0]:
        g, end = runs[start, LABEL], _end(runs, start)
        needed = (runs[start:end, AFTER] - runs[start:end, FIRST]).sum()
        if needed > room:
            room = needed + needed // 4
            keys, spare = np.empty(room, np.uint64), np.empty(room, np.uint64)
            ordered, places = np.empty(room, np.float32), np.empty(room + 1, np.float64)
        for b in range(values.shape[0]):
            n = _gathered(values[b], runs[start:end], keys)
            _sort(keys, spare, counts, n)
            _unpacked(keys, n, ordered, places)
            for q in range(wanted.size if n else 0):
                at = wanted[q] * places[n]
                i = min(n - 1, np.searchsorted(places[:n], at, side="right") - 1)
                after = min(n - 1, i + 1)
                share = (at - places[i]) / max(1.0, places[after] - places[i])
                low, high = float(ordered[i]), float(ordered[after])
                found[g, b, q] = low + share * (high - low)
        start = end


@compiled
def histogram(
    classes: NDArray[np.uint8],
    runs: NDArray[np.int32],
    columns: NDArray[np.int16],
    weights: NDArray[np.int64],
) -> None:
    """Add the weight (g, b, c) of each class under runs (k, 5); classes (b, y, x).

    ``columns`` (256,): where a class is counted, -1 for one that does not count.
    """
    for k in range(runs.shape[0]):
        for b in range(classes.shape[0]):
            for x in range(runs[k, FIRST], runs[k, AFTER]):
                c = columns[classes[b, runs[k, ROW], x]]
                if c >= 0:
                    weights[runs[k, LABEL], b, c] += runs[k, WEIGHT]
