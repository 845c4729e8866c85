"""A scene classification that errs as Sen2Cor's does.

Classes of Sen2Cor: 0 no data, 2 dark, 3 cloud shadow, 4 vegetation, 5 bare, 6 water,
7 unclassified, 8 and 9 cloud of medium and high probability, 10 thin cirrus, 11 snow. The decision
follows the thresholds of the Sen2Cor ATBD (NDVI 0.4 for vegetation, NDSI 0.4 for snow) on what the
sensor saw, so a thin cloud over soil turns bare or unclassified by itself.

How often the real one errs was measured on 72 dates (Flanders 2018-2019) by
``benchmarks/calibrate_sky.py``, as the share of the pixels of a class whose blue lies more than
0.10 above the pixel's own median (bright cloud): bare 6.9 %, vegetation 0.15 %, unclassified 15 %.
Simulated (north_china, seeds 1-6): 4 %, 0.5 %, 11 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def classify(
    seen: Field,
    cloud: Field,
    haze: Field,
    shadow: Field,
    luck: Field,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Classify one granule.

    Parameters
    ----------
    seen : float32 array (6, height, width)
        Reflectance as seen through the sky at 20 m; NaN outside the swath.
    cloud, haze, shadow : float32 arrays (height, width)
        True opacity of cloud and of haze, and share of direct light taken by shadow.
    luck : float32 array (height, width)
        Uniform 0-1, the same on every date: a bright roof taken for cloud once is taken again.

    Returns
    -------
    uint8 array (height, width)
    """
    with np.errstate(invalid="ignore"):
        classes = surface(seen)
        _mistake_bright(classes, seen, luck, rng)
        _mark_shadow(classes, seen, shadow, rng)
        _mark_cloud(classes, cloud, haze, rng)
    classes[np.isnan(seen[0])] = 0
    return classes


def _ratio(a: Field, b: Field) -> Field:
    """Normalised difference, guarded against dark pixels."""
    difference: Field = (a - b) / np.maximum(a + b, 0.01)
    return difference


def surface(seen: Field) -> NDArray[np.uint8]:
    """The class that the apparent reflectance suggests."""
    blue, green, red, nir, swir16, _ = seen
    ndvi = _ratio(nir, red)
    classes = np.full(blue.shape, 7, np.uint8)
    classes[(ndvi < 0.28) & (blue / np.maximum(red, 0.005) < 0.93)] = 5
    classes[(ndvi > 0.40) & (nir > 0.10)] = 4
    classes[(nir < 0.085) & (swir16 < 0.13)] = 2
    classes[(_ratio(green, nir) > 0.02) & (nir < 0.13) & (swir16 < 0.09)] = 6
    classes[(_ratio(green, swir16) > 0.40) & (green > 0.30)] = 11
    return classes


def _mistake_bright(
    classes: NDArray[np.uint8], seen: Field, luck: Field, rng: np.random.Generator
) -> None:
    """White roofs and greenhouses called cloud, most of them persistently (METHODS 2.4)."""
    blue, _, red, nir, *_ = seen
    bright = np.clip((blue - 0.165) / 0.09, 0, 1) * (_ratio(nir, red) < 0.32) * (classes != 11)
    often = luck + rng.normal(0, 0.12) + rng.normal(0, 0.05, luck.shape)
    mistaken = (bright > 0) & (often < bright * 0.85)
    classes[mistaken] = np.where(blue[mistaken] > 0.26, 9, 8)


def _mark_shadow(
    classes: NDArray[np.uint8], seen: Field, shadow: Field, rng: np.random.Generator
) -> None:
    """Shadows found from a threshold that differs by date; some stay dark, vegetation or bare."""
    limit = rng.uniform(0.25, 0.8)
    deep = shadow > limit
    water = classes == 6
    classes[deep & ~water] = 3
    # Dark water is called shadow, on some dates a good part of it.
    taken = rng.random(shadow.shape) < rng.choice((0.02, 0.3))
    classes[water & taken & (seen[3] < 0.05)] = 3


def _mark_cloud(
    classes: NDArray[np.uint8], cloud: Field, haze: Field, rng: np.random.Generator
) -> None:
    """Clouds from a threshold that differs by date; their thin margins are found or not."""
    limit = float(np.clip(rng.lognormal(np.log(0.28), 0.6), 0.06, 0.75))
    doubt = cloud * np.exp(rng.normal(0, 0.25, cloud.shape).astype(np.float32))
    if rng.random() < 0.4:
        classes[(doubt > limit * 0.3) | (haze > rng.uniform(0.08, 0.35))] = 10
    chance = rng.random()
    if chance < 0.75:  # on the other dates the margin keeps the class that it looks like
        classes[doubt > limit] = 7 if chance < 0.35 else 8
    classes[doubt > limit * 1.35] = 8
    classes[(doubt > max(0.75, limit * 1.8)) | (cloud > 0.9)] = 9
