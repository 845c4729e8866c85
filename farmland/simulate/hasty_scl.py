"""A scene classification that errs otherwise than Sen2Cor's: another model, made to differ.

Whole pieces of cloud go missing on many dates, not only their margins; shadows are found on few;
dry bright soil is taken for cloud, field by field; nothing is called doubtful around a cloud, so
its thin margin keeps the class that it looks like. The rates are chosen, not measured: a detector
should not need :mod:`farmland.simulate.scl` to be right about them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.simulate.clouds import correlated
from farmland.simulate.scl import surface

Field = NDArray[np.float32]

_MISSED_DATES = 0.5
"""Share of the dates on which pieces of cloud are missed."""

_MISSED = 1.0
"""Standard deviations of a correlated field above which cloud is missed: 16 % of it."""

_SHADOW_DATES = 0.2
"""Share of the dates on which shadows are found."""

_BRIGHT_DATES = 0.5
"""Share of the dates on which bright soil is taken for cloud."""


def classify(
    seen: Field,
    cloud: Field,
    haze: Field,
    shadow: Field,
    luck: Field,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Classify one granule; arguments and classes as in :func:`farmland.simulate.scl.classify`."""
    with np.errstate(invalid="ignore"):
        classes = surface(seen)
        _take_soil_for_cloud(classes, seen, luck, rng)
        if rng.random() < _SHADOW_DATES:
            classes[(shadow > 0.5) & (classes != 6)] = 3
        _mark_cloud(classes, np.maximum(cloud, haze), rng)
    classes[np.isnan(seen[0])] = 0
    return classes


def _take_soil_for_cloud(
    classes: NDArray[np.uint8], seen: Field, luck: Field, rng: np.random.Generator
) -> None:
    """Bright ground without a canopy called cloud: the brighter, the more of it."""
    blue, _, red, nir, swir16, _ = seen
    open_ground = ((nir - red) / np.maximum(nir + red, 0.01) < 0.28) & (swir16 > 0.2)
    bright = np.clip((blue - 0.11) / 0.15, 0, 0.9) * open_ground
    if rng.random() < _BRIGHT_DATES:
        pieces = 0.5 + 0.3 * correlated(luck.shape, rng) + 0.2 * (luck - 0.5)
        classes[(bright > 0) & (pieces < bright)] = 8


def _mark_cloud(classes: NDArray[np.uint8], cloud: Field, rng: np.random.Generator) -> None:
    """Clouds and thick haze to a hard edge; on some dates whole pieces of them go missing."""
    found = cloud > rng.uniform(0.2, 0.6)
    if rng.random() < _MISSED_DATES:
        found &= correlated(cloud.shape, rng) < _MISSED
    classes[found] = np.where(cloud[found] > 0.7, 9, 8)
