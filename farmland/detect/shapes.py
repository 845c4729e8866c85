"""Names that the shape of a year gives away where no calendar is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.ranks import quantile
from farmland.kernels import cycles as kernel

CANOPY = 0.40
"""NDVI of a closed crop canopy at least (METHODS 3.4)."""

FALL = 0.20
"""Prominence of a peak in NDVI (METHODS 3.4)."""

GRASS = 0.45
"""Tenth percentile of a year's NDVI from which land never lay bare (DOMAIN 2.5)."""

TROPIC = 23.4
"""Latitude under which no season has a name."""

SPRUNG = 105
"""Day of the year before which what is green in spring was sown in autumn: mid-April."""

LATE = 240
"""Day of the year from which what comes up is a catch crop: no harvest follows before winter."""

SHORT = 80
"""Days from coming up to harvest under which a cycle is one of vegetables (DOMAIN 5.2: 35-70)."""


YOUNG = 60
"""Days since coming up from which a canopy that still stands is a crop."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One canopy: days since 1970-01-01 on which it was half grown and half gone."""

    rise: float
    fall: float

    @property
    def middle(self) -> float:
        """Day between the two."""
        return (self.rise + self.fall) / 2


def name(days: NDArray[np.int32], ndvi: NDArray[np.float32], start: int, latitude: float) -> str:
    """Name the year from day ``start`` on; days, ndvi (t,) of the whole record.

    Of the southern half of the globe the calendar is moved by half a year.
    """
    year = (days >= start) & (days < start + 365)
    if quantile(ndvi[year], 0.1) >= GRASS:
        return "grassland"
    moved = 182 if latitude < 0 else 0
    first = np.datetime64(start + moved + 183, "D").astype("datetime64[Y]").astype("datetime64[D]")
    new_year = int(first.astype(np.int64)) - moved
    own = [one for one in cycles(days, ndvi) if start <= one.middle < start + 365]
    if abs(latitude) < TROPIC:
        return _counted(own)
    return _seasonal(own, new_year, abs(latitude))


def cycles(days: NDArray[np.int32], ndvi: NDArray[np.float32]) -> list[Cycle]:
    """All canopies of a record with the days on which NDVI passed half of their rise and fall.

    One that still stands at the end of the record counts when it is ``YOUNG`` no more.
    """
    peaks = cycle_peaks(ndvi)
    edges = [0, *peaks, days.size - 1]
    found = []
    for before, peak, after in zip(edges[:-2], peaks, edges[2:], strict=True):
        left, right = slice(before, peak + 1), slice(peak, after + 1)
        one = Cycle(
            _crossing(days[left][::-1], ndvi[left][::-1]), _crossing(days[right], ndvi[right])
        )
        fallen = ndvi[peak] - ndvi[right].min() >= FALL
        if fallen or one.fall - one.rise >= YOUNG:
            found.append(one)
    return found


def cycle_peaks(ndvi: NDArray[np.float32]) -> list[int]:
    """Looks at the top of each cycle of NDVI (t,), ascending in time: see :func:`cycles.peaks`."""
    return list(kernel.peaks(np.ascontiguousarray(ndvi, np.float32), CANOPY, FALL).tolist())


def cycle_counts(ndvi: NDArray[np.float32]) -> NDArray[np.int64]:
    """Number of cycles (g,) of NDVI (g, t); NaN = unseen."""
    return kernel.counts(np.ascontiguousarray(ndvi, np.float32), CANOPY, FALL)


def ripe(latitude: float) -> float:
    """Day of the year before which no winter crop is harvested.

    Four weeks ahead of the earliest wheat of DOMAIN 5.1: 1 May at 30 degrees, 28 May at 36, 20 June
    at 44.
    """
    return float(np.clip(90 + 3.5 * (latitude - 30), 60, 175))


def _seasonal(own: list[Cycle], new_year: int, latitude: float) -> str:
    """Name canopies by the season in which they come up and go."""
    at = [(one.rise - new_year, one.fall - new_year) for one in own]
    winter = [1 for rise, fall in at if rise < SPRUNG and fall >= ripe(latitude)]
    summer = [(rise, fall) for rise, fall in at if SPRUNG <= rise < LATE]
    if len(summer) >= 3 and max(fall - rise for rise, fall in summer) < SHORT:
        return "vegetable"
    if len(winter) + len(summer) > 1:
        return "double_crop"
    if winter:
        return "winter_crop"
    return "spring_crop" if summer else "irregular"


def _counted(own: list[Cycle]) -> str:
    """Name canopies by their number."""
    if len(own) >= 3 and max(one.fall - one.rise for one in own) < SHORT:
        return "vegetable"
    return ("irregular", "single_crop", "double_crop", "triple_crop")[min(len(own), 3)]


def _crossing(days: NDArray[np.int32], ndvi: NDArray[np.float32]) -> float:
    """Day on which a curve, led from its peak to its foot, first passes half of that way."""
    foot = int(np.argmin(ndvi))
    half = (ndvi[0] + ndvi[foot]) / 2
    below = int(np.argmax(ndvi <= half))
    if below == 0:
        return float(days[0])
    share = (ndvi[below - 1] - half) / max(float(ndvi[below - 1] - ndvi[below]), 1e-6)
    return float(days[below - 1] + share * (days[below] - days[below - 1]))
