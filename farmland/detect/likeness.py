"""How like the looks of a year are to the curves of the crop systems of a region.

Dims: t = looks of the year, k = systems, f = features (greenness, water, yellow).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farmland.detect import templates
from farmland.detect.ranks import quantile
from farmland.kernels import warping
from farmland.rules.calendars import Region, System

IMPORTANCE = np.array([1.0, 1.0, 1.0], np.float32)
"""Of greenness, standing water and yellow flower."""

STEEPNESS, MIDPOINT, REACH = 0.15, 35.0, 60.0
"""Of the price of standing for another day (1/days, days, days): calendars move by 10-15 days from
year to year and field to field (DOMAIN 5), a whole season is 90 days and more."""

MOST = 0.7
"""Price of a look at most: clouds that went unseen must not decide."""

SPELL = 10.0
"""Days before and after a look for which it stands at most."""

SEASON = 0.008
"""Price of each crop of a system: one of which nothing was seen is not assumed."""

RARE = 0.01
"""Price of a system that the region's calendar does not list."""

LOW, HIGH = (0.15, 0.35), 0.30
"""Bounds of a field's idle NDVI, and least range of its NDVI."""

STANDING = 0.5
"""Greenness from which a crop stands."""

STAGNANT = (-0.30, -0.05)
"""MNDWI from which ground begins to be under water, and is."""

GOLDEN = (0.05, 0.15)
"""Excess of NDYI over the day's other canopies from which a canopy begins to flower, and does."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Looks of one parcel, ascending."""

    days: NDArray[np.int32]
    """(t,) since 1970-01-01."""
    ndvi: NDArray[np.float32]
    """(t,)"""
    water: NDArray[np.float32]
    """(t,) MNDWI."""
    yellow: NDArray[np.float32]
    """(t,) excess of NDYI over the day's other canopies: :func:`yellowness`."""

    def between(self, first: int, last: int) -> Seen:
        """The looks from day ``first`` on, up to ``last``, which is not included."""
        kept = (self.days >= first) & (self.days < last)
        return Seen(self.days[kept], self.ndvi[kept], self.water[kept], self.yellow[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What each system costs the looks of a year."""

    systems: tuple[System, ...]
    """(k,)"""
    extra: NDArray[np.float64]
    """(k,) more for more crops and for a rare system."""
    looks: NDArray[np.float32]
    """(k, t)"""
    weight: NDArray[np.float32]
    """(t,) days for which each look stands, of their sum."""

    @property
    def totals(self) -> NDArray[np.float64]:
        """(k,) mean price, and what is extra."""
        return np.asarray(self.looks @ self.weight + self.extra, np.float64)

    @property
    def by_name(self) -> Mapping[str, float]:
        """Least price among the ways to grow each system."""
        least: dict[str, float] = {}
        for system, total in zip(self.systems, self.totals.tolist(), strict=True):
            if total < least.get(system.name, math.inf):
                least[system.name] = total
        return least


def scale_of(ndvi: NDArray[np.float32]) -> tuple[float, float]:
    """NDVI of a field when it lies idle and at its greenest, from all its looks."""
    low = min(LOW[1], max(LOW[0], quantile(ndvi, 0.1)))
    return low, max(quantile(ndvi, 0.95), low + HIGH)


def prices(seen: Seen, region: Region, start: int, scale: tuple[float, float]) -> Prices:
    """What each system of ``region`` costs the looks of the year from day ``start`` on."""
    sampled, curves = _expected(region, start)
    weight = spells(seen.days)
    looks = warping.distances(
        seen.days.astype(np.float32),
        _features(seen, scale),
        weight,
        sampled,
        curves,
        IMPORTANCE,
        STEEPNESS,
        MIDPOINT,
        REACH,
        MOST,
    )
    return Prices(templates.of_region(region).systems, _extra(region), looks, weight)


@lru_cache(64)
def _extra(region: Region) -> NDArray[np.float64]:
    """What each system (k,) costs whatever its looks."""
    systems = templates.of_region(region).systems
    return np.array([SEASON * len(one.crops) + RARE * one.rare for one in systems])


@lru_cache(64)
def _expected(region: Region, start: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Days (d,) and curves (d, f, k) that looks of the year from day ``start`` on may stand for."""
    first = start - int(REACH)
    curves = templates.between(templates.of_region(region).curves, first, 365 + 2 * int(REACH))
    sampled = first + templates.STEP * np.arange(curves.shape[1])
    return sampled.astype(np.float32), np.ascontiguousarray(curves.transpose(1, 2, 0))


@lru_cache(64)
def growing(region: Region, start: int) -> NDArray[np.int64]:
    """Days of the year from day ``start`` on, every ``templates.STEP``, on which crops stand."""
    curves = templates.between(templates.of_region(region).curves, start, 365)
    standing = curves[:, :, templates.GREEN].max(axis=0) >= STANDING
    return np.asarray(start + templates.STEP * np.flatnonzero(standing), np.int64)


def spells(days: NDArray[np.int32]) -> NDArray[np.float32]:
    """Share (t,) of the time for which each look stands: half of the way to the next, bounded."""
    half = np.minimum(np.diff(days) / 2, SPELL)
    ends = np.full(1, SPELL)
    spell = np.concatenate((ends, half)) + np.concatenate((half, ends))
    return np.asarray(spell / spell.sum(), np.float32)


def ndyi(green_red: NDArray[np.float32], blue_red: NDArray[np.float32]) -> NDArray[np.float32]:
    """NDYI, the normalised difference of green and blue, from those of each with red."""
    green, blue = (
        (1 + clipped) / (1 - clipped)
        for clipped in (np.clip(one, -0.98, 0.98) for one in (green_red, blue_red))
    )
    return np.asarray((green - blue) / (green + blue), np.float32)


def yellowness(ndvi: NDArray[np.float32], ndyi: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much yellower each canopy is than the day's others; ndvi, ndyi and result (g, t).

    NDYI (DOMAIN 7) rises with greenness, and with the blue that haze takes or adds, on all fields
    of a day alike: what a canopy of its NDVI has anyway is taken off, and so is the tenth
    percentile of the day where five canopies were seen. Zero where there is no canopy.
    """
    canopy = ndvi > 0.45
    excess = np.where(canopy, ndyi - (0.08 + 0.28 * ndvi), np.nan)
    for t in np.flatnonzero(canopy.sum(axis=0) >= 5):
        excess[:, t] -= quantile(excess[:, t], 0.1)
    return np.nan_to_num(excess).astype(np.float32)


def _features(seen: Seen, scale: tuple[float, float]) -> NDArray[np.float32]:
    """Greenness of the field's own range, water and yellow 0-1, (t, f)."""
    low, high = scale
    green = np.clip((seen.ndvi - low) / (high - low), 0, 1.05)
    wet = np.clip((seen.water - STAGNANT[0]) / (STAGNANT[1] - STAGNANT[0]), 0, 1)
    golden = np.clip((seen.yellow - GOLDEN[0]) / (GOLDEN[1] - GOLDEN[0]), 0, 1)
    return np.stack((green, wet, golden), axis=1).astype(np.float32)
