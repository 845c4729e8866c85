"""From integer reflectance to the numbers in which ground covers differ.

Dims: p = pixels, t = looks, b = bands (blue, green, red, nir, swir16, swir22), f = features.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

FEATURES = 7
NDVI, MNDWI, LSWI, NDTI, GREEN_RED, BLUE_RED, BRIGHTNESS = range(FEATURES)

SCALE = 1e-4
"""Reflectance per count of Sentinel-2 L2A."""

DARKEST = 0.02
"""Smallest reflectance sum in a denominator: below it a ratio is noise (water, shadow)."""

DARKEST_COUNTS = np.float32(200)
"""The same in counts."""

ONE, HALF, UNIT = np.float32(1), np.float32(0.5), np.float32(SCALE)
"""Single precision throughout: twice as fast, and counts know no more."""


@compiled
def ratio(first: np.int32 | np.int16, second: np.int32 | np.int16) -> np.float32:
    """Normalised difference of two counts, clipped to [-1, 1]."""
    apart, total = np.float32(first - second), np.float32(first + second)
    return min(ONE, max(-ONE, apart / max(total, DARKEST_COUNTS)))


@compiled
def features_of(
    bands: NDArray[np.int16], noise: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Write the features of one spectrum in units of their noise; bands (b,), noise and out (f,).

    NDVI (Rouse 1974), MNDWI (Xu 2006), LSWI (Xiao 2002), NDTI for tillage (van Deventer 1997),
    two visible differences (half weight where haze acts most), half the log of mean brightness.
    """
    blue, green, red = np.int32(bands[0]), np.int32(bands[1]), np.int32(bands[2])
    nir, swir16, swir22 = np.int32(bands[3]), np.int32(bands[4]), np.int32(bands[5])
    total = blue + green + red + nir + swir16 + swir22
    out[NDVI] = ratio(nir, red) / noise[NDVI]
    out[MNDWI] = ratio(green, swir16) / noise[MNDWI]
    out[LSWI] = ratio(nir, swir16) / noise[LSWI]
    out[NDTI] = ratio(swir16, swir22) / noise[NDTI]
    out[GREEN_RED] = ratio(green, red) / noise[GREEN_RED]
    out[BLUE_RED] = HALF * ratio(blue, red) / noise[BLUE_RED]
    mean = np.float32(total) * UNIT / 6
    out[BRIGHTNESS] = HALF * math.log(max(mean, np.float32(DARKEST))) / noise[BRIGHTNESS]


@compiled
def features(
    values: NDArray[np.int16], clear: NDArray[np.bool_], noise: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Features (p, t, f) of spectra (p, t, b), in units of ``noise`` (f,); NaN where not clear."""
    pixels, looks = clear.shape
    out = np.full((pixels, looks, FEATURES), np.nan, np.float32)
    for p in range(pixels):
        for t in range(looks):
            if clear[p, t]:
                features_of(values[p, t], noise, out[p, t])
    return out


@compiled
def bare(
    values: NDArray[np.int16], clear: NDArray[np.bool_], every: int, least: float
) -> NDArray[np.float32]:
    """Counts (n, t, b) of each ``every``-th pixel of (p, t, b) where it is bare; NaN elsewhere.

    Bare is what is clear (p, t) and has an NDVI under ``least``.
    """
    pixels, looks, bands = values.shape
    out = np.full(((pixels + every - 1) // every, looks, bands), np.nan, np.float32)
    for n in range(out.shape[0]):
        for t in range(looks):
            counts = values[n * every, t]
            if clear[n * every, t] and ratio(counts[3], counts[2]) < least:
                for b in range(bands):
                    out[n, t, b] = counts[b]
    return out
