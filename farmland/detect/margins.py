"""What a patch became, by margins that a person can read.

Each cover is a product of satisfied margins (DOMAIN 6.3, step 4), so a verdict can name its
numbers. Starting points: DOMAIN 2.5 (observable transitions) and METHODS 3.4. Written down from
published spectra, they hold where nothing was taught; what known covers taught is in ``covers``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.outlines import Shape
from farmland.detect.ranks import median, quantile

BLUE, GREEN, RED, NIR, SWIR16, SWIR22 = range(6)

WATER_NIR, WATER_SWIR = 0.15, 0.16
"""Reflectances that water stays under: DOMAIN 2.5 has B11 < 0.10 for open water; in a pond of a
few 20 m pixels half of each is bank."""

WATER_INDEX = -0.08
"""MNDWI or NDWI from which a dark look is water; turbid and mixed water lies just below zero."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a patch looked since the change; reflectances 0-1, shares of looks 0-1."""

    ndvi_low: float
    ndvi_mid: float
    ndvi_high: float
    water: float
    """Share of looks that are dark and have a water index; a white roof has one, but is bright."""
    visible: float
    """Mean of B02, B03, B04."""
    visible_spread: float
    """Coefficient of variation of ``visible`` over the looks."""
    blue_red: float
    """Normalised difference of blue and red: soil is red, roofs and film are not."""
    green_red: float
    blue: float
    swir: float
    """B11."""
    soil: float
    """BSI (DOMAIN 7)."""


def behaviour(spectra: NDArray[np.float64]) -> Behaviour:
    """Summarise spectra (n, b), oldest first; the last two thirds speak, the works are over."""
    settled = spectra[spectra.shape[0] // 3 :]
    blue, green, red, nir, swir = settled[:, :5].T
    ndvi = _difference(nir, red)
    dark = (nir < WATER_NIR) & (swir < WATER_SWIR)
    index = np.maximum(_difference(green, swir), _difference(green, nir))
    wet = dark & (index > WATER_INDEX)
    visible = (blue + green + red) / 3
    return Behaviour(
        ndvi_low=quantile(ndvi, 0.1),
        ndvi_mid=median(ndvi),
        ndvi_high=quantile(ndvi, 0.9),
        water=float(wet.mean()),
        visible=median(visible),
        visible_spread=float(visible.std() / max(visible.mean(), 0.01)),
        blue_red=median(_difference(blue, red)),
        green_red=median(_difference(green, red)),
        blue=median(blue),
        swir=median(swir),
        soil=median(_difference(swir + red, nir + blue)),
    )


def beliefs(seen: Behaviour, shape: Shape) -> Mapping[str, float]:
    """Belief in each fast cover, adding up to 1."""
    dry = _below(seen.water, 0.35, 0.1)
    bare = _below(seen.ndvi_high, 0.36, 0.06)
    grey = _above(seen.blue_red, -0.23, 0.03)
    narrow = _above(shape.elongation, 5.0, 1.0) * _below(shape.width, 28.0, 5.0)
    film = _above(seen.ndvi_mid, 0.18, 0.025) * _above(seen.blue, 0.095, 0.015)
    dark = _below(seen.visible, 0.12, 0.015) * _below(seen.swir, 0.19, 0.02)
    panel = dark * _above(seen.blue_red, -0.15, 0.05) * _above(seen.ndvi_mid, 0.05, 0.03)
    panel *= _below(seen.ndvi_high, 0.40, 0.05)
    large = _above(shape.area_m2, 10_000, 1_500)
    water = _above(seen.water, 0.6, 0.1) * _below(seen.ndvi_high, 0.4, 0.06)
    pale = _above(seen.blue_red, -0.16, 0.035) * _below(seen.ndvi_high, 0.5, 0.05)
    some_water = _above(seen.water, 0.12, 0.05) * _below(seen.water, 0.6, 0.08)
    scores = {
        "pond": water * (1 - large),
        "lake": water * large,
        "greenhouse": dry * film * pale * (1 - panel),
        "solar": dry * panel * (1 - narrow),
        "road": dry * bare * narrow,
        "built": dry * bare * grey * (1 - narrow) * (1 - panel) * (1 - film * pale),
        "pit": bare * (1 - grey) * some_water * _above(shape.area_m2, 2_500, 400),
        "earthwork": dry * bare * (1 - grey) * (1 - narrow),
    }
    total = sum(scores.values())
    return {name: value / total if total > 0 else 0.0 for name, value in scores.items()}


def _difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return (first - second) / np.maximum(first + second, 0.02)


def _above(value: float, threshold: float, softness: float) -> float:
    """Margin of ``value`` over ``threshold`` as a share of belief."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, (value - threshold) / softness))))


def _below(value: float, threshold: float, softness: float) -> float:
    return 1 - _above(value, threshold, softness)
