"""Another crop on land that is still cultivated: where grain grew and a non-grain crop grows now.

Said only where it is sure: every year of the history fits a grain system, and the last twelve
months fit none of them, but a crop that is no grain. Peanut, cotton, tobacco or herbs look like the
grain of their season from space and are never called.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.detect import cropping, likeness, templates
from farmland.detect.cropping import Cropping
from farmland.detect.likeness import Seen
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.kernels import spectral
from farmland.periods import Period
from farmland.plan import Periods
from farmland.rules import calendars
from farmland.rules.calendars import Region, System
from farmland.tiling.tiles import Cell

LOOKS = 12
"""Looks of the twelve months from which a crop is called."""

MONTHS = 330
"""Days of them that the period after must cover."""

YEARS = 2
"""Years of grain that are demanded ahead of it."""

SURE = 0.03
"""By how much the price of the best grain must exceed that of the other crop, and the other way
round in every year before: systems a tenth as far apart are already told apart (``TIE``)."""

PAST = 0.15
"""Price that grain may have had in any year before vegetables: in a cloudy south short cycles pass
for a grain that fits badly."""

MISFIT = 0.10
"""By how much every system must fit worse than grain did before, for short cycles to be called
vegetables."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A field of grain on which another crop grows now."""

    crop: str
    """``vegetable``, ``rapeseed`` or ``sugar_cane``."""
    before: str
    """System of the history."""
    looks: int
    """Of the twelve months."""
    grain: float
    """Mean price of the grain that fits these best."""
    past: float
    """Mean price of the grain of the history, in the year it fitted worst."""
    other: float
    """Mean price of the crop; NaN for vegetables, which have no calendar."""
    cycles: int
    """Canopies of the twelve months."""
    date_from: np.datetime64
    """Last look that fits the grain of the past better."""
    date_to: np.datetime64
    """First look from which the other crop fits better."""
    last: np.datetime64
    """Last look of the twelve months."""

    @property
    def confidence(self) -> float:
        """By how much the margin exceeds what is demanded: 0.60 at it, never of level high."""
        margin = self.grain - (self.past if np.isnan(self.other) else self.other)
        demanded = MISFIT if np.isnan(self.other) else SURE
        return float(np.clip(0.6 + 0.3 * (margin / demanded - 1), 0.6, 0.85))


@dataclass(frozen=True, slots=True)
class Grown:
    """What grew on one parcel."""

    past: Cropping
    now: Switch | None


def of_cell(stack: Stack, read: Signals, periods: Periods) -> tuple[Grown, ...]:
    """What grew on each parcel of a cell in the history, and what else grows there now."""
    known = read.medians * read.noise
    ndvi, water = known[:, :, spectral.NDVI], known[:, :, spectral.MNDWI]
    ndyi = likeness.ndyi(known[:, :, spectral.GREEN_RED], 2 * known[:, :, spectral.BLUE_RED])
    seen = Seen(stack.days, ndvi, water, likeness.yellowness(ndvi, ndyi))
    grown: dict[int, Grown] = {}
    spots = places(stack.cell)
    for region, parcels in _regions(spots):
        part, latitudes = seen.of(parcels), np.array([spots[g][1] for g in parcels])
        past = cropping.patterns(_within(part, periods.history), region, latitudes)
        now = switches(part, past, region, periods)
        grown |= zip(parcels.tolist(), map(Grown, past, now), strict=True)
    return tuple(grown[g] for g in range(len(spots)))


def _regions(
    spots: Sequence[tuple[float, float]],
) -> Iterator[tuple[Region | None, NDArray[np.int64]]]:
    """Regions of places (longitude and latitude), each with the positions of its own."""
    at = calendars.load().at
    regions = [at(*spot) for spot in spots]
    for region in dict.fromkeys(regions):
        yield region, np.flatnonzero([one is region for one in regions])


def places(cell: Cell) -> list[tuple[float, float]]:
    """Longitude and latitude (WGS 84) of the parcels of a cell."""
    centres = [parcel.geometry.centroid for parcel in cell.parcels]
    move = Transformer.from_crs(cell.parcels[0].crs, "EPSG:4326", always_xy=True)
    east, north = move.transform([one.x for one in centres], [one.y for one in centres])
    return list(zip(east, north, strict=True))


def switches(
    seen: Seen, past: Sequence[Cropping], region: Region | None, periods: Periods
) -> list[Switch | None]:
    """The other crops on fields of grain; None where there is none or nothing is sure.

    Parameters
    ----------
    seen : Seen
        Looks of the parcels (g,) in all periods.
    past : sequence of Cropping
        What grew on each in the history.
    region : Region or None
        That of all parcels.
    periods : Periods
        The twelve months end with the period after, which covers most of them.
    """
    found: list[Switch | None] = [None] * len(past)
    end = _day(periods.after.end) + 1
    if region is None or end - _day(periods.after.start) < MONTHS:
        return found
    now = seen.between(end - 365, end)
    told = cropping.enough(now, likeness.growing(region, end - 365))
    told &= now.looked.sum(axis=1) >= LOOKS
    told &= [len(one.years) >= YEARS and _grain(one, region) for one in past]
    parcels = np.flatnonzero(told)
    before = _within(seen, periods.history).ndvi[parcels]
    scale = likeness.scale_of(likeness.extent(before))
    totals = likeness.prices(now.of(parcels), region, end - 365, scale).totals
    for n in np.flatnonzero(_odd(totals, region)):
        g = int(parcels[n])
        fitted = _Fitted(region, end - 365, scale[[n]], totals[n])
        found[g] = _switch(seen.alone(g), past[g], fitted, periods)
    return found


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The twelve months of one parcel, laid along the curves of its region."""

    region: Region
    start: int
    """First of their days since 1970-01-01."""
    scale: NDArray[np.float64]
    """(1, 2) of NDVI."""
    totals: NDArray[np.float64]
    """(k,) price of each system."""

    @property
    def systems(self) -> tuple[System, ...]:
        """All of the region (k,)."""
        return templates.of_region(self.region).systems


def _switch(seen: Seen, past: Cropping, fitted: _Fitted, periods: Periods) -> Switch | None:
    """The other crop on one field of grain, whose twelve months may be another crop's."""
    region, start = fitted.region, fitted.start
    now, before = seen.between(start, start + 365), _within(seen, periods.history)
    own = [
        likeness.prices(before.between(first, first + 365), region, first, fitted.scale).totals[0]
        for first, ends in cropping.agricultural_years(before.days, region.year_starts)
        if ends in {year.ends for year in past.years}
    ]
    compared = _compare(fitted, own)
    cycles = len(cropping.cycle_peaks(now.ndvi[0]))
    called = _call(fitted, own, compared, cycles)
    if called is None:
        return None
    crop, price = called
    first = int(now.days[_onset(now, fitted, past.name, price, compared)])
    return Switch(
        crop=crop,
        before=past.name,
        looks=now.days.size,
        grain=float(fitted.totals[compared.grain]),
        past=compared.worst,
        other=price,
        cycles=cycles,
        date_from=_date(max(seen.days[seen.days < first], default=first)),
        date_to=_date(first),
        last=_date(now.days[-1]),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Positions of the systems that fit best, and how well grain fitted before."""

    grain: int
    other: int
    history: tuple[tuple[int, int], ...]
    """The same in each year before."""
    worst: float
    """Price of the grain in the year before which it fitted worst."""


@cache
def _grains(region: Region) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the systems with a season of grain, and of those without."""
    grains = frozenset(system.name for system in region.systems if system.grain)
    return grains, frozenset(system.name for system in region.systems) - grains


@cache
def _general() -> frozenset[str]:
    """Names that say too little to tell which crop."""
    return frozenset(calendars.load().likenesses)


def _grain(past: Cropping, region: Region) -> bool:
    """Whether every year of a history was grain, or too little seen to say which crop."""
    grains, _ = _grains(region)
    return past.name in grains and {year.name for year in past.years} <= grains | _general()


def _odd(totals: NDArray[np.float64], region: Region) -> NDArray[np.bool_]:
    """Whether twelve months (g, k) could be another crop at all; most fields are done with here."""
    fits, fits_other = (
        totals[:, _among(region, names)].min(axis=1, initial=np.inf) for names in _grains(region)
    )
    return np.asarray((fits > cropping.FIT) | (fits - fits_other > SURE))


def _compare(fitted: _Fitted, own: list[NDArray[np.float64]]) -> _Compared:
    """Find the best systems of now and before."""
    grains, others = _grains(fitted.region)

    def best(totals: NDArray[np.float64]) -> tuple[int, int]:
        return _best(totals, fitted.region, grains), _best(totals, fitted.region, others)

    history = tuple(best(one) for one in own)
    worst = max(float(one[grain]) for one, (grain, _) in zip(own, history, strict=True))
    return _Compared(*best(fitted.totals), history, worst)


def _call(
    fitted: _Fitted, own: list[NDArray[np.float64]], best: _Compared, cycles: int
) -> tuple[str, float] | None:
    """The other crop and its price; None where nothing is sure."""
    fits, fits_other = (float(fitted.totals[k]) for k in (best.grain, best.other))
    strange = fits > max(cropping.FIT, best.worst + MISFIT) and best.worst < PAST
    if strange and cycles >= cropping.CYCLES:
        return "vegetable", math.nan
    new = _new(fitted.systems, best, own)
    if fits_other < cropping.FIT and fits - fits_other > SURE and new:
        return fitted.systems[best.other].name, fits_other
    return None


def _among(region: Region, names: Collection[str]) -> list[bool]:
    """Whether each system (k,) of a region has one of some names."""
    return [one.name in names for one in templates.of_region(region).systems]


def _best(totals: NDArray[np.float64], region: Region, names: Collection[str]) -> int:
    """The system among those of some names that fits best; totals (k,)."""
    return int(np.argmin(np.where(_among(region, names), totals, np.inf)))


def _new(systems: tuple[System, ...], best: _Compared, own: list[NDArray[np.float64]]) -> bool:
    """Whether grain fitted clearly better in every year before, and without the crop beside it.

    Where rapeseed grew ahead of rice and no rice followed, a season was left out, no crop changed.
    """
    crops = set(systems[best.other].crops)
    return all(
        one[other] - one[grain] > SURE and not crops & set(systems[grain].crops)
        for one, (grain, other) in zip(own, best.history, strict=True)
    )


def _onset(now: Seen, fitted: _Fitted, before: str, price: float, best: _Compared) -> int:
    """Look from which what speaks against the system ``before`` sums up to most."""
    looks, weight = likeness.along(now, fitted.region, fitted.start, fitted.scale)
    other = best.worst + MISFIT / 2 if math.isnan(price) else looks[best.other]
    against = (looks[_best(fitted.totals, fitted.region, {before})] - other) * weight
    return int(np.argmax(np.cumsum(against[::-1])[::-1]))


def _within(seen: Seen, period: Period) -> Seen:
    return seen.between(_day(period.start), _day(period.end) + 1)


def _date(day: int) -> np.datetime64:
    return np.datetime64(int(day), "D")


def _day(day: object) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))  # type: ignore[call-overload]
