"""What grew before: the crop system of a parcel's history, year by year and as a whole.

Where there is a regional calendar, the looks of each agricultural year are laid along the curves of
the region's systems (time-weighted dynamic time warping, Maus et al. 2016); elsewhere the shape of
the year alone gives a name. What the looks cannot tell apart bears the name both share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from farmland.detect import likeness, shapes, templates
from farmland.detect.likeness import Seen
from farmland.detect.ranks import quantile
from farmland.rules import calendars
from farmland.rules.calendars import Calendars, Region

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


def pattern(seen: Seen, place: tuple[float, float]) -> Cropping:
    """Name the cropping of one history, of its looks only.

    ``place`` is the longitude and latitude (WGS 84) that choose the calendar.
    """
    if not seen.days.size:
        return Cropping("unknown", 0, float("nan"))
    high = quantile(seen.ndvi, 0.95)
    if high < CANOPY:
        return Cropping("none", 0, high)
    peaks = cycle_peaks(seen.ndvi)
    whole = seen.days[-1] - seen.days[0] >= 365
    if quantile(seen.ndvi, 0.1) > EVERGREEN and whole and not peaks:
        return Cropping("none", 0, high)
    region = calendars.load().at(*place)
    if region is None:
        years = _by_shape(seen, place[1])
        name = _commonest([year.name for year in years])
    else:
        years, name = _by_calendar(seen, region)
    return Cropping(name, len(peaks), high, years)


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


def _by_calendar(seen: Seen, region: Region) -> tuple[tuple[Year, ...], str]:
    """Name every year of a history, and the whole, by the systems of the region."""
    known = calendars.load()
    scale = likeness.scale_of(seen.ndvi)
    judged: list[tuple[int, Seen, Mapping[str, float]]] = []
    for start, ends in agricultural_years(seen.days, region.year_starts):
        year = seen.between(start, start + 365)
        if enough(year, likeness.growing(region, start)):
            judged.append((ends, year, likeness.prices(year, region, start, scale).by_name))
    if not judged:
        return (), "unknown"
    pooled = _mean([prices for _, _, prices in judged])
    least = min(pooled.values())
    years = []
    for ends, year, prices in judged:
        leaning = {name: prices[name] + LEAN * (pooled[name] - least) for name in prices}
        years.append(Year(ends, _named(leaning, year, known), year.days.size))
    return tuple(years), _elected([year.name for year in years], pooled, known)


def _elected(names: Sequence[str], pooled: Mapping[str, float], known: Calendars) -> str:
    """The name of most years; of equals the one that fits all years best.

    A year with a general name counts for all that bear it.
    """

    def standing(name: str) -> tuple[int, bool, float]:
        votes = sum(known.common(name, other) == other for other in names)
        return -votes, name == "irregular", pooled.get(name, FIT)

    name = min(names, key=standing)
    return "irregular" if name == "none" else name


def enough(year: Seen, growing: NDArray[np.int64]) -> bool:
    """Whether the looks of a year can bear a name; ``growing`` are days on which crops stand."""
    unseen = np.bincount(np.searchsorted(year.days, growing))
    return year.days.size >= LOOKS and int(unseen.max()) * templates.STEP <= GAP


def _mean(prices: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean price of each system over the years; one odd year must not decide."""
    return {name: sum(min(one[name], 0.25) for one in prices) / len(prices) for name in prices[0]}


def _named(prices: Mapping[str, float], seen: Seen, known: Calendars) -> str:
    """The system whose curve fits best, or what those have in common that fit as well."""
    order = sorted(prices, key=lambda name: prices[name])
    least = prices[order[0]]
    if least > FIT:
        cycles = len(cycle_peaks(seen.ndvi))
        return "vegetable" if cycles >= CYCLES else "irregular"
    common = order[0]
    for name in order[1:]:
        if prices[name] - least < TIE:
            common = known.common(common, name)
    return order[0] if common == "unknown" else common


def _by_shape(seen: Seen, latitude: float) -> tuple[Year, ...]:
    """Name every year of a history by its shape: where no calendar is known."""
    years = []
    for start, ends in agricultural_years(seen.days, 274 if latitude >= 0 else 91):
        year = seen.between(start, start + 365)
        if enough(year, np.arange(start, start + 366, templates.STEP)):
            name = shapes.name(seen.days, seen.ndvi, start, latitude)
            years.append(Year(ends, name, year.days.size))
    return tuple(years)


def _commonest(names: Sequence[str]) -> str:
    """The name of most years; of equals the latest; ``unknown`` without one."""
    told = [name for name in names if name != "unknown"]
    counts = Counter(reversed(told))
    return counts.most_common(1)[0][0] if counts else "unknown"
