"""What grew before: the crop system of a parcel's history, year by year and as a whole.

Where there is a regional calendar, the looks of each agricultural year are laid along the curves of
the region's systems (time-weighted dynamic time warping, Maus et al. 2016); elsewhere the shape of
the year alone gives a name. What the looks cannot tell apart bears the name both share.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, reduce

import numpy as np
from numpy.typing import NDArray

from farmland.detect import likeness, shapes, templates
from farmland.detect.likeness import Seen
from farmland.detect.ranks import quantile
from farmland.kernels import cycles as kernel
from farmland.rules import calendars
from farmland.rules.calendars import Region

CANOPY, FALL = shapes.CANOPY, shapes.FALL
cycle_peaks = shapes.cycle_peaks

EVERGREEN = 0.45
"""Tenth percentile of NDVI from which land never lay bare (DOMAIN 2.5, tree_evergreen)."""

LOOKS = 8
"""Looks of a year from which it bears a name: about one in six weeks."""

GAP = 120
"""Days on end on which crops stand and nobody looked, from which a year bears no name: a whole crop
may hide there."""

TIE = 0.003
"""Systems whose prices differ by less are told apart by nothing that was seen."""

ODD = 0.25
"""Price of a year at most in the mean of all: one odd year must not decide."""

LEAN = 0.4
"""Share of a year's verdict that the other years have: most fields grow the same again."""

FIT = 0.18
"""Mean price from which no system of the calendar fits: simulated grain stays under it in 97 % of
the fields, open vegetables lie above in 80 %."""

CYCLES = 3
"""Canopies of a year from which land that fits no calendar grows vegetables (DOMAIN 5.2)."""


@dataclass(frozen=True, slots=True)
class Year:
    """What grew in one agricultural year."""

    ends: int
    """Calendar year in which it ends."""
    name: str
    looks: int


@dataclass(frozen=True, slots=True)
class Cropping:
    """The pattern of a parcel's history."""

    name: str
    """``wheat_maize``, ``single_rice`` ... , ``irregular``, ``none`` or ``unknown``."""
    cycles: int
    """Crop cycles seen in the whole history."""
    peak: float
    """Highest NDVI (95 % quantile); NaN without looks."""
    years: tuple[Year, ...] = ()
    """Agricultural years of which enough was seen, ascending."""

    @property
    def cropped(self) -> bool:
        """Whether a crop cycle, or grass that could be one, was ever seen."""
        return self.name != "none"


def patterns(
    seen: Seen, region: Region | None, latitudes: NDArray[np.float64]
) -> tuple[Cropping, ...]:
    """Name the cropping of histories, of their looks only.

    ``region`` is that of all parcels (g,), ``latitudes`` (g,) theirs in degrees.
    """
    extent = likeness.extent(seen.ndvi)
    low, high = extent.T
    cycles = shapes.cycle_counts(seen.ndvi)
    evergreen = (low > EVERGREEN) & (cycles == 0) & (likeness.span(seen.days, seen.looked) >= 365)
    cropped = np.flatnonzero((high >= CANOPY) & ~evergreen)
    if region is None:
        named = [_by_shape(seen.alone(int(g)), float(latitudes[g])) for g in cropped]
    else:
        named = _by_calendar(seen.of(cropped), region, likeness.scale_of(extent[cropped]))
    told = dict(zip(cropped.tolist(), named, strict=True))
    found = []
    for g, (peak, count) in enumerate(zip(high.tolist(), cycles.tolist(), strict=True)):
        name, years = told.get(g, ("unknown" if math.isnan(peak) else "none", ()))
        found.append(Cropping(name, count if g in told else 0, peak, years))
    return tuple(found)


def ever_cropped(ndvi: NDArray[np.float32]) -> bool:
    """Whether a canopy ever stood in a history (t,); NaN = unseen.

    What never was cropped land cannot leave it.
    """
    known = ndvi[~np.isnan(ndvi)]
    return bool(known.size and quantile(known, 0.95) >= CANOPY)


def agricultural_years(days: NDArray[np.int32], starts: int) -> list[tuple[int, int]]:
    """First day and calendar year of the end of each agricultural year that looks (t,) touch.

    ``starts`` is the day of the year; after 182 the year is named by the one in which it ends.
    """
    first, last = (np.datetime64(int(day), "D").astype(date) for day in (days[0], days[-1]))
    later = int(starts > 182)
    years = range(first.year - 1, last.year + 2)
    begun = [((date(year, 1, 1) - date(1970, 1, 1)).days + starts - 1, year) for year in years]
    return [
        (start, year + later)
        for start, year in begun
        if start + 365 > days[0] and start <= days[-1]
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    """One agricultural year of several parcels."""

    ends: int
    looks: NDArray[np.int64]
    """(g,)"""
    cycles: NDArray[np.int64]
    """(g,)"""
    prices: NDArray[np.float64]
    """(g, n) of the systems by name; NaN where too little was seen."""


def _by_calendar(
    seen: Seen, region: Region, scale: NDArray[np.float64]
) -> list[tuple[str, tuple[Year, ...]]]:
    """Name the whole of each history, and every year, by the systems of the region.

    ``scale`` (g, 2) of NDVI.
    """
    if not seen.ndvi.size:
        return []
    judged = [
        _priced(seen, region, first, ends, scale)
        for first, ends in agricultural_years(seen.days, region.year_starts)
    ]
    prices = np.stack([year.prices for year in judged])
    told = ~np.isnan(prices[:, :, 0])
    pooled = _mean(prices, told)
    leaning = prices + LEAN * (pooled - pooled.min(axis=1, keepdims=True))
    names = tuple(templates.of_region(region).named)
    verdicts = _named(leaning, np.stack([year.cycles for year in judged]), names)
    found = []
    for g, own in enumerate(told.T.tolist()):
        years = tuple(
            Year(year.ends, verdict[g], int(year.looks[g]))
            for year, verdict, enough_seen in zip(judged, verdicts, own, strict=True)
            if enough_seen
        )
        of_all = dict(zip(names, pooled[g].tolist(), strict=True))
        found.append((_elected([year.name for year in years], of_all), years))
    return found


def _priced(
    seen: Seen, region: Region, first: int, ends: int, scale: NDArray[np.float64]
) -> _Priced:
    """The year from day ``first`` on of parcels whose NDVI has a ``scale`` (g, 2)."""
    year = seen.between(first, first + 365)
    known = np.flatnonzero(enough(year, likeness.growing(region, first)))
    priced = likeness.prices(year.of(known), region, first, scale[known]).least
    prices = np.full((scale.shape[0], priced.shape[1]), np.nan)
    prices[known] = priced
    return _Priced(ends, year.looked.sum(axis=1), shapes.cycle_counts(year.ndvi), prices)


def _elected(names: Sequence[str], pooled: Mapping[str, float]) -> str:
    """The name of most years; of equals the one that fits all years best.

    A year with a general name counts for all that bear it. ``unknown`` without a year.
    """

    def standing(name: str) -> tuple[int, bool, float]:
        votes = sum(_common(name, other) == other for other in names)
        return -votes, name == "irregular", pooled.get(name, FIT)

    different = list(dict.fromkeys(names)) or ["unknown"]
    name = min(different, key=standing) if len(different) > 1 else different[0]
    return "irregular" if name == "none" else name


def enough(year: Seen, growing: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the looks of a year can bear a name (g,); crops stand on the days ``growing``."""
    looked = year.looked
    unseen = kernel.unseen(year.days, looked, growing)
    return np.asarray((looked.sum(axis=1) >= LOOKS) & (unseen * templates.STEP <= GAP))


def _mean(prices: NDArray[np.float64], told: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean price (g, n) over the years (y, g, n) told (y, g); one odd year must not decide."""
    total = np.where(told[:, :, None], np.minimum(prices, ODD), 0).sum(axis=0)
    return np.asarray(total / np.maximum(told.sum(axis=0), 1)[:, None])


def _named(
    prices: NDArray[np.float64], cycles: NDArray[np.int64], names: Sequence[str]
) -> list[list[str]]:
    """Name of each year (y, g): the system whose curve fits best.

    Or what those have in common that fit as well. prices (y, g, n), cycles (y, g).
    """
    least = prices.min(axis=2)
    other = np.where(cycles >= CYCLES, "vegetable", "irregular")
    best = np.array(names)[prices.argmin(axis=2)]
    found: list[list[str]] = np.where(least > FIT, other, best).tolist()
    near = prices - least[:, :, None] < TIE
    for y, g in np.argwhere((near.sum(axis=2) > 1) & (least <= FIT)).tolist():
        order = np.flatnonzero(near[y, g])
        order = order[np.argsort(prices[y, g, order], kind="stable")]
        found[y][g] = _shared([names[n] for n in order.tolist()])
    return found


def _shared(names: Sequence[str]) -> str:
    """What systems have in common, the best first; that one where they share no name."""
    common = reduce(_common, names)
    return names[0] if common == "unknown" else common


@cache
def _common(first: str, second: str) -> str:
    """The narrowest name that two systems share; ``unknown`` without one."""
    return calendars.load().common(first, second)


def _by_shape(seen: Seen, latitude: float) -> tuple[str, tuple[Year, ...]]:
    """Name a history of one parcel and its years by their shape: where no calendar is known."""
    years = []
    for start, ends in agricultural_years(seen.days, 274 if latitude >= 0 else 91):
        year = seen.between(start, start + 365)
        if enough(year, np.arange(start, start + 366, templates.STEP)).all():
            name = shapes.name(seen.days, seen.ndvi[0], start, latitude)
            years.append(Year(ends, name, year.days.size))
    return _commonest([year.name for year in years]), tuple(years)


def _commonest(names: Sequence[str]) -> str:
    """The name of most years; of equals the latest; ``unknown`` without one."""
    told = [name for name in names if name != "unknown"]
    counts = Counter(reversed(told))
    return counts.most_common(1)[0][0] if counts else "unknown"
