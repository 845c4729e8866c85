"""What grew before: crop cycles in a parcel's history, counted and named.

A cycle is one rise of NDVI above a canopy's threshold with a fall on both sides (METHODS 2.9: one
cycle from minimum to minimum).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CANOPY = 0.40
"""NDVI of a closed crop canopy at least (METHODS 3.4)."""

FALL = 0.20
"""Prominence of a peak in NDVI (METHODS 3.4)."""

EVERGREEN = 0.45
"""Tenth percentile of NDVI from which land never lay bare (DOMAIN 2.5, tree_evergreen)."""


@dataclass(frozen=True, slots=True)
class Cropping:
    """The pattern of a parcel's history."""

    name: str
    """``wheat_maize``, ``single_rice`` ... , ``irregular``, ``none`` or ``unknown``."""
    cycles: int
    """Crop cycles seen in the whole history."""
    peak: float
    """Highest NDVI (95 % quantile); NaN without looks."""

    @property
    def cropped(self) -> bool:
        """Whether a crop cycle, or grass that could be one, was ever seen."""
        return self.name != "none"


def pattern(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    wet: NDArray[np.bool_],
    *,
    full_years: float,
) -> Cropping:
    """Name the cropping of one history; days, ndvi, wet (t,) of its looks only.

    ``full_years`` is the length of the history: evergreen needs one whole year or more.
    """
    if ndvi.size == 0:
        return Cropping("unknown", 0, float("nan"))
    high = float(np.quantile(ndvi, 0.95))
    if high < CANOPY:
        return Cropping("none", 0, high)
    peaks = cycle_peaks(days, ndvi)
    if float(np.quantile(ndvi, 0.1)) > EVERGREEN and full_years >= 1.0 and not peaks:
        return Cropping("none", 0, high)
    return Cropping(_name(days, wet, peaks, full_years), len(peaks), high)


def ever_cropped(ndvi: NDArray[np.float32]) -> bool:
    """Whether a canopy ever stood in a history (t,); NaN = unseen.

    What never was cropped land cannot leave it.
    """
    known = ndvi[~np.isnan(ndvi)]
    return bool(known.size and np.quantile(known, 0.95) >= CANOPY)


def cycle_peaks(days: NDArray[np.int32], ndvi: NDArray[np.float32]) -> list[int]:
    """Looks at the top of each cycle: a canopy with a fall of ``FALL`` on both sides.

    The last cycle may still stand; the fall behind it is not demanded.
    """
    peaks: list[int] = []
    top, bottom = -1, 0
    rising = True
    for t in range(1, days.size):
        if rising:
            if top < 0 or ndvi[t] > ndvi[top]:
                top = t
            if ndvi[top] - ndvi[t] >= FALL:
                if ndvi[top] >= CANOPY and ndvi[top] - ndvi[bottom] >= FALL:
                    peaks.append(top)
                rising, bottom = False, t
        else:
            if ndvi[t] < ndvi[bottom]:
                bottom = t
            if ndvi[t] - ndvi[bottom] >= FALL:
                rising, top = True, t
    if rising and top >= 0 and ndvi[top] >= CANOPY and ndvi[top] - ndvi[bottom] >= FALL:
        peaks.append(top)
    return peaks


def _name(
    days: NDArray[np.int32],
    wet: NDArray[np.bool_],
    peaks: Sequence[int],
    full_years: float,
) -> str:
    """Name by the seasons of the peaks and by flooding ahead of the summer canopy."""
    if not peaks:
        return "irregular"
    season = (days[list(peaks)].astype(np.float64) % 365.25).astype(int)
    spring = ((season >= 60) & (season < 155)).any()
    summer = ((season >= 155) & (season < 290)).any()
    flooded = bool((wet & (days % 365.25 >= 75) & (days % 365.25 < 240)).any())
    per_year = len(peaks) / max(full_years, 0.5)
    if flooded and summer:
        early = ((season >= 130) & (season < 200)).any() and (season >= 240).any()
        return "double_rice" if early and per_year > 1.4 else "single_rice"
    if per_year > 2.4:
        return "vegetable"
    if spring and summer and per_year > 1.2:
        return "wheat_maize"
    return "winter_crop" if spring and not summer else "spring_crop"
