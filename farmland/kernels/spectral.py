"""From integer reflectance to the numbers in which ground covers differ.

Dims: p = pixels, t = looks, b = bands (blue, green, red, nir, swir16, swir22), f = features.
"""

from __future__ import annotations

import math

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from farmland.kernels._jit import compiled_to_divide

FEATURES = 7
NDVI, MNDWI, LSWI, NDTI, GREEN_RED, BLUE_RED, BRIGHTNESS = range(FEATURES)

SCALE = 1e-4
"""Reflectance per count of Sentinel-2 L2A."""

DARKEST = 0.02
"""Smallest reflectance sum in a denominator: below it a ratio is noise (water, shadow)."""

DARKEST_COUNTS = np.float32(200)
"""The same in counts."""

LARGEST_SUM = 6 * 32767
"""Of the counts of six bands."""

ONE, HALF, UNIT = np.float32(1), np.float32(0.5), np.float32(SCALE)
"""Single precision throughout: twice as fast, and counts know no more."""

BLUE, GREEN, RED, NIR, SWIR16, SWIR22 = range(6)


@compiled_to_divide
def ratio(first: np.float32, second: np.float32) -> np.float32:
    """Normalised difference of two counts, clipped to [-1, 1]."""
    apart, total = first - second, first + second
    return min(ONE, max(-ONE, apart / max(total, DARKEST_COUNTS)))


@compiled_to_divide
def differences(
    counts: NDArray[np.float32], noise: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Write the differences at one pixel in units of their noise, and the sums of its counts.

    counts (b, t), noise (f,), out (f, t): several looks in one step. NDVI (Rouse 1974), MNDWI
    (Xu 2006), LSWI (Xiao 2002), NDTI for tillage (van Deventer 1997), two visible differences
    (half weight where haze acts most).
    """
    for t in range(uint64(counts.shape[1])):
        blue, green, red = counts[BLUE, t], counts[GREEN, t], counts[RED, t]
        nir, swir16, swir22 = counts[NIR, t], counts[SWIR16, t], counts[SWIR22, t]
        out[NDVI, t] = ratio(nir, red) / noise[NDVI]
        out[MNDWI, t] = ratio(green, swir16) / noise[MNDWI]
        out[LSWI, t] = ratio(nir, swir16) / noise[LSWI]
        out[NDTI, t] = ratio(swir16, swir22) / noise[NDTI]
        out[GREEN_RED, t] = ratio(green, red) / noise[GREEN_RED]
        out[BLUE_RED, t] = HALF * ratio(blue, red) / noise[BLUE_RED]
        out[BRIGHTNESS, t] = max(np.float32(0), blue + green + red + nir + swir16 + swir22)


@compiled_to_divide
def brightness(
    totals: NDArray[np.float32], noise: NDArray[np.float32], known: NDArray[np.float32]
) -> None:
    """Turn sums of counts (t,) into half the log of mean brightness, in units of its noise.

    Sums recur in a cell: ``known`` (LARGEST_SUM + 1,) keeps what was once worked out, 0 where
    nothing was.
    """
    for t in range(uint64(totals.size)):
        place = np.int32(totals[t])
        if known[place] == 0:
            mean = np.float32(place) * UNIT / 6
            known[place] = HALF * math.log(max(mean, np.float32(DARKEST))) / noise[BRIGHTNESS]
        totals[t] = known[place]


@compiled_to_divide
def features(
    values: NDArray[np.int16], clear: NDArray[np.bool_], noise: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Features (p, t, f) of spectra (p, t, b), in units of ``noise`` (f,); NaN where not clear."""
    pixels, looks, bands = values.shape
    out = np.empty((pixels, looks, FEATURES), np.float32)
    counts = np.empty((bands, looks), np.float32)
    lines = np.empty((FEATURES, looks), np.float32)
    known = np.zeros(LARGEST_SUM + 1, np.float32)
    for p in range(pixels):
        for t in range(uint64(looks)):
            for b in range(uint64(bands)):
                counts[b, t] = values[p, t, b]
        differences(counts, noise, lines)
        brightness(lines[BRIGHTNESS], noise, known)
        for t in range(uint64(looks)):
            for f in range(uint64(FEATURES)):
                out[p, t, f] = lines[f, t] if clear[p, t] else np.float32(np.nan)
    return out


@compiled_to_divide
def bare(
    values: NDArray[np.int16], clear: NDArray[np.bool_], every: int, least: float, enough: int
) -> NDArray[np.float32]:
    """Median counts (t, b) of each ``every``-th pixel of (p, t, b) where it is bare.

    Bare is what is clear (p, t) and has an NDVI under ``least``; NaN with fewer than ``enough``.
    """
    pixels, looks, bands = values.shape
    out = np.full((looks, bands), np.nan, np.float32)
    sample = np.empty((bands, pixels // every + 1), np.uint16)
    numbers = np.empty(256, np.int32)
    for t in range(looks):
        count = 0
        for p in range(0, pixels, every):
            nir, red = np.float32(values[p, t, NIR]), np.float32(values[p, t, RED])
            if clear[p, t] and ratio(nir, red) < least:
                for b in range(bands):
                    sample[b, count] = np.uint16(np.int32(values[p, t, b]) + LIFT)
                count += 1
        if count >= enough:
            for b in range(bands):
                lower = ranked(sample[b], count, (count - 1) // 2, numbers)
                upper = ranked(sample[b], count, count // 2, numbers) if count % 2 == 0 else lower
                out[t, b] = HALF * np.float32(lower + upper - 2 * LIFT)
    return out


LIFT = 32768
"""Added to counts, so that none is negative."""


@compiled_to_divide
def ranked(values: NDArray[np.uint16], count: int, rank: int, numbers: NDArray[np.int32]) -> int:
    """The value with ``rank`` smaller ones among the first ``count``: high byte first, then low.

    ``numbers`` (256,) is overwritten: how many values have each byte.
    """
    numbers[:] = 0
    for n in range(uint64(count)):
        numbers[values[n] >> 8] += 1
    high = 0
    while rank >= numbers[high]:
        rank -= numbers[high]
        high += 1
    numbers[:] = 0
    for n in range(uint64(count)):
        numbers[values[n] & 255] += np.int32(values[n] >> 8 == high)
    low = 0
    while rank >= numbers[low]:
        rank -= numbers[low]
        low += 1
    return high * 256 + low
