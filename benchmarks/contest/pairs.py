"""Real pairs of dates with mapped construction (OSCD), for the two-date part of our evidence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.warp import Resampling, reproject
from real_places import KEYS

from contest.real import unplaced
from farmland import rules
from farmland.kernels import spectral
from farmland.scene import BANDS

PAIRS = ("saclay_e", "nantes")
CHANGED = 2
"""Value of the change masks of OSCD, whose page says 1."""
VEGETATED = 0.3
"""NDVI above which a pixel of the first date may be a field: there is no map of them."""


@dataclass(frozen=True, slots=True)
class Separation:
    """How well two dates tell changed from unchanged vegetated pixels: areas under ROC curves."""

    pair: str
    changed: int
    """Pixels."""
    unchanged: int
    features: float
    """Of the distance between the two spectra in the features of detection."""
    ndvi: float
    """Of the plain difference of NDVI, whatever its sign."""


def separations(data: Path) -> tuple[Separation, ...]:
    """Measure the two-date part of our evidence on the OSCD pairs.

    Top-of-atmosphere reflectance of two years and seasons, without a mask of clouds: the least that
    the features can do. Pixels count that were green at first, crops and woods alike.
    """
    noise = np.array(rules.load("cn").detection.feature_noise, np.float32)
    return tuple(_separation(data / "oscd", name, noise) for name in PAIRS)


def _separation(folder: Path, name: str, noise: NDArray[np.float32]) -> Separation:
    with rasterio.open(next((folder / "images" / name / "imgs_1").glob("*_B04.tif"))) as like:
        grid = like.profile
    dates = [_image(folder / "images" / name / f"imgs_{n}", grid) for n in (1, 2)]
    values = np.stack(dates, axis=1)
    seen = np.ones(values.shape[:2], np.bool_)
    features = spectral.features(values, seen, noise)
    ndvi = features[..., spectral.NDVI] * noise[spectral.NDVI]
    with unplaced(folder / "labels" / name / f"{name}-cm.tif") as mask:
        changed = mask.read(1).ravel() == CHANGED
    green = ndvi[:, 0] >= VEGETATED
    far = np.linalg.norm(features[:, 1] - features[:, 0], axis=1)
    plain = abs(ndvi[:, 1] - ndvi[:, 0])
    changed, far, plain = changed[green], far[green], plain[green]
    return Separation(
        name,
        int(changed.sum()),
        int((~changed).sum()),
        area_under_curve(far, changed),
        area_under_curve(plain, changed),
    )


def _image(folder: Path, grid: dict[str, object]) -> NDArray[np.int16]:
    """The bands of detection (p, b) on the 10 m grid of the first date."""
    out = np.zeros((len(BANDS), grid["height"], grid["width"]), np.float32)
    for number, key in enumerate(KEYS.values()):
        with rasterio.open(next(folder.glob(f"*_{key}.tif"))) as source:
            reproject(
                rasterio.band(source, 1),
                out[number],
                dst_transform=grid["transform"],
                dst_crs=grid["crs"],
                resampling=Resampling.bilinear,
            )
    return out.reshape(len(BANDS), -1).T.round().astype(np.int16)


def area_under_curve(score: NDArray[np.float32], positive: NDArray[np.bool_]) -> float:
    """Chance that a positive scores higher than a negative, ties by half (Mann & Whitney 1947)."""
    others = np.sort(score[~positive])
    below = np.searchsorted(others, score[positive], "left")
    level = np.searchsorted(others, score[positive], "right")
    return float((below + level).mean() / 2 / others.size)
