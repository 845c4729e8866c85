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


@compiled
def ratio(first: float, second: float) -> float:
    """Normalised difference of two reflectances, clipped to [-1, 1]."""
    total = max(first + second, DARKEST)
    return min(1.0, max(-1.0, (first - second) / total))


@compiled
def features_of(
    bands: NDArray[np.int16], noise: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Write the features of one spectrum in units of their noise; bands (b,), noise and out (f,).

    NDVI (Rouse 1974), MNDWI (Xu 2006), LSWI (Xiao 2002), NDTI for tillage (van Deventer 1997),
    two visible differences (half weight where haze acts most), half the log of mean brightness.
    """
    blue, green, red = bands[0] * SCALE, bands[1] * SCALE, bands[2] * SCALE
    nir, swir16, swir22 = bands[3] * SCALE, bands[4] * SCALE, bands[5] * SCALE
    mean = (blue + green + red + nir + swir16 + swir22) / 6
    out[NDVI] = ratio(nir, red) / noise[NDVI]
    out[MNDWI] = ratio(green, swir16) / noise[MNDWI]
    out[LSWI] = ratio(nir, swir16) / noise[LSWI]
    out[NDTI] = ratio(swir16, swir22) / noise[NDTI]
    out[GREEN_RED] = ratio(green, red) / noise[GREEN_RED]
    out[BLUE_RED] = 0.5 * ratio(blue, red) / noise[BLUE_RED]
    out[BRIGHTNESS] = 0.5 * math.log(max(mean, DARKEST)) / noise[BRIGHTNESS]


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
