"""How like the looks of a year are to the curves of the crop systems of a region.

Dims: g = parcels, t = looks, k = systems, n = names of systems, f = features (greenness, water,
yellow).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farmland.detect import templates
from farmland.detect.ranks import by_row
from farmland.kernels import warping
from farmland.rules.calendars import Region

STEEPNESS, MIDPOINT = 0.15, 35.0
"""Of the price of standing for another day (1/days, days): calendars move by 10-15 days from year
to year and field to field (DOMAIN 5), a whole season is 90 days and more."""

MOST = 0.7
"""Price of a look at most: clouds that went unseen must not decide."""

REACH = 40
"""Days up to which being early or late costs less than ``MOST``: to stand for a day further away
is never cheaper, and looks that are brought back to here keep their order."""

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
    """Looks of several parcels, ascending."""

    days: NDArray[np.int32]
    """(t,) since 1970-01-01."""
    ndvi: NDArray[np.float32]
    """(g, t) NaN where a parcel was not seen."""
    water: NDArray[np.float32]
    """(g, t) MNDWI."""
    yellow: NDArray[np.float32]
    """(g, t) excess of NDYI over the day's other canopies: :func:`yellowness`."""

    @property
    def looked(self) -> NDArray[np.bool_]:
        """(g, t) whether a parcel was seen."""
        return ~np.isnan(self.ndvi)

    def between(self, first: int, last: int) -> Seen:
        """The looks from day ``first`` on, up to ``last``, which is not included."""
        looks = slice(*np.searchsorted(self.days, (first, last)).tolist())
        return Seen(self.days[looks], *(one[:, looks] for one in self._rows))

    def of(self, parcels: NDArray[np.int64]) -> Seen:
        """All looks of some parcels."""
        return Seen(self.days, *(one[parcels] for one in self._rows))

    def alone(self, parcel: int) -> Seen:
        """One parcel, and the looks that saw it."""
        looks = np.flatnonzero(self.looked[parcel])
        return Seen(self.days[looks], *(one[[parcel]][:, looks] for one in self._rows))

    @property
    def _rows(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        return self.ndvi, self.water, self.yellow


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What each system costs the looks of a year."""

    names: tuple[str, ...]
    """(n,)"""
    totals: NDArray[np.float64]
    """(g, k) mean price; more for more crops and for a rare system."""
    least: NDArray[np.float64]
    """(g, n) least price among the ways to grow each system."""


def span(days: NDArray[np.int32], looked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Days from the first to the last look of each parcel (g,); days (t,), looked (g, t)."""
    if not days.size:
        return np.zeros(looked.shape[0], np.int64)
    first, last = looked.argmax(axis=1), days.size - 1 - looked[:, ::-1].argmax(axis=1)
    return np.where(looked.any(axis=1), days[last] - days[first], 0).astype(np.int64)


def extent(ndvi: NDArray[np.float32]) -> NDArray[np.float64]:
    """Tenth and 95th percentile (g, 2) of NDVI (g, t); NaN without looks."""
    return by_row(ndvi, 0.1, 0.95)


def scale_of(extent: NDArray[np.float64]) -> NDArray[np.float64]:
    """NDVI of fields when they lie idle and at their greenest (g, 2), from the :func:`extent`."""
    low = np.clip(extent[:, 0], *LOW)
    return np.stack((low, np.maximum(extent[:, 1], low + HIGH)), axis=1)


def prices(seen: Seen, region: Region, start: int, scale: NDArray[np.float64]) -> Prices:
    """What each system of ``region`` costs the looks of the year from day ``start`` on.

    ``scale`` (g, 2) as of :func:`scale_of`.
    """
    sampled, curves, late = _expected(region, start)
    shown = seen.days, seen.looked, _features(seen, scale)
    totals = warping.totals(*shown, SPELL, sampled, curves, late, MOST) + _extra(region)
    named = templates.of_region(region).named
    return Prices(tuple(named), totals, np.minimum.reduceat(totals, list(named.values()), axis=1))


def along(
    seen: Seen, region: Region, start: int, scale: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What each look of one parcel costs (k, t), and its share (t,) in the price of the year."""
    sampled, curves, late = _expected(region, start)
    shown = seen.days, _features(seen, scale)[0]
    looks = warping.along(*shown, SPELL, sampled, curves, late, MOST)
    return looks, warping.spells(seen.days, SPELL)


@lru_cache(64)
def _extra(region: Region) -> NDArray[np.float64]:
    """What each system (k,) costs whatever its looks."""
    systems = templates.of_region(region).systems
    return np.array([SEASON * len(one.crops) + RARE * one.rare for one in systems])


@lru_cache(64)
def _expected(
    region: Region, start: int
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """What looks of the year from day ``start`` on may stand for, and what the delay costs.

    Days (d,), curves (d, f, k) and prices (1 + REACH,).
    """
    curves = templates.between(templates.of_region(region).curves, start - REACH, 365 + 2 * REACH)
    sampled = start - REACH + templates.STEP * np.arange(curves.shape[1])
    late = warping.delays(STEEPNESS, MIDPOINT, REACH)
    return sampled.astype(np.int32), np.ascontiguousarray(curves.transpose(1, 2, 0)), late


@lru_cache(64)
def growing(region: Region, start: int) -> NDArray[np.int64]:
    """Days of the year from day ``start`` on, every ``templates.STEP``, on which crops stand."""
    curves = templates.between(templates.of_region(region).curves, start, 365)
    standing = curves[:, :, templates.GREEN].max(axis=0) >= STANDING
    return np.asarray(start + templates.STEP * np.flatnonzero(standing), np.int64)


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
    excess = np.where(canopy, ndyi - (0.08 + 0.28 * ndvi), np.nan).astype(np.float32)
    least = by_row(excess.T, 0.1)[:, 0].astype(np.float32)
    return np.nan_to_num(excess - np.where(canopy.sum(axis=0) >= 5, least, np.float32(0)))


def _features(seen: Seen, scale: NDArray[np.float64]) -> NDArray[np.float32]:
    """Greenness of the field's own range, water and yellow 0-1, (g, t, f)."""
    low, wide = scale[:, :1].astype(np.float32), np.diff(scale).astype(np.float32)
    out = np.empty((*seen.ndvi.shape, templates.FEATURES), np.float32)
    np.clip((seen.ndvi - low) / wide, 0, 1.05, out=out[:, :, templates.GREEN])
    wet = (seen.water - STAGNANT[0]) / (STAGNANT[1] - STAGNANT[0])
    np.clip(wet, 0, 1, out=out[:, :, templates.WET])
    golden = (seen.yellow - GOLDEN[0]) / (GOLDEN[1] - GOLDEN[0])
    np.clip(golden, 0, 1, out=out[:, :, templates.YELLOW])
    return out
