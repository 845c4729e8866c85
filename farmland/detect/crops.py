"""Another crop on land that is still cultivated: where grain grew and a non-grain crop grows now.

Said only where it is sure: every year of the history fits a grain system, and the last twelve
months fit none of them, but a crop that is no grain. Peanut, cotton, tobacco or herbs look like the
grain of their season from space and are never called.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from farmland.detect import cropping, likeness
from farmland.detect.cropping import Cropping
from farmland.detect.likeness import Prices, Seen
from farmland.detect.signals import Signals
from farmland.kernels import spectral
from farmland.periods import Period
from farmland.plan import Periods
from farmland.rules import calendars
from farmland.rules.calendars import Region, System
from farmland.stack import Stack
from farmland.tiles import Cell

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
    yellow = likeness.yellowness(ndvi, ndyi)
    grown = []
    for g, place in enumerate(places(stack.cell)):
        looks = np.flatnonzero(~np.isnan(ndvi[g]))
        seen = Seen(stack.days[looks], ndvi[g, looks], water[g, looks], yellow[g, looks])
        past = cropping.pattern(_within(seen, periods.history), place)
        grown.append(Grown(past, switch(seen, past, place, periods)))
    return tuple(grown)


def places(cell: Cell) -> list[tuple[float, float]]:
    """Longitude and latitude (WGS 84) of the parcels of a cell."""
    centres = [parcel.geometry.centroid for parcel in cell.parcels]
    move = Transformer.from_crs(cell.parcels[0].crs, "EPSG:4326", always_xy=True)
    east, north = move.transform([one.x for one in centres], [one.y for one in centres])
    return list(zip(east, north, strict=True))


def switch(
    seen: Seen, past: Cropping, place: tuple[float, float], periods: Periods
) -> Switch | None:
    """The other crop on a field of grain; None where there is none or nothing is sure.

    Parameters
    ----------
    seen : Seen
        Looks of the parcel in all periods.
    past : Cropping
        What grew in the history.
    place : tuple of float
        Longitude and latitude, WGS 84.
    periods : Periods
        The twelve months end with the period after, which covers most of them.
    """
    region = calendars.load().at(*place)
    end = _day(periods.after.end) + 1
    if region is None or end - _day(periods.after.start) < MONTHS or len(past.years) < YEARS:
        return None
    now, before = seen.between(end - 365, end), _within(seen, periods.history)
    if now.days.size < LOOKS or not cropping.enough(now, likeness.growing(region, end - 365)):
        return None
    scale = likeness.scale_of(before.ndvi)
    prices = likeness.prices(now, region, end - 365, scale)
    if not _grain(past, region) or not _odd(prices, region):
        return None
    own = [
        likeness.prices(before.between(start, start + 365), region, start, scale)
        for start, ends in cropping.agricultural_years(before.days, region.year_starts)
        if ends in {year.ends for year in past.years}
    ]
    compared = _compare(prices, own, region)
    called = _call(now, prices, own, compared)
    if called is None:
        return None
    crop, price, against = called
    against = (prices.looks[_best(prices, {past.name})] - against) * prices.weight
    first = int(now.days[_onset(against)])
    return Switch(
        crop=crop,
        before=past.name,
        looks=now.days.size,
        grain=float(prices.totals[compared.grain]),
        past=compared.worst,
        other=price,
        cycles=len(cropping.cycle_peaks(now.ndvi)),
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


def _grains(region: Region) -> tuple[set[str], set[str]]:
    """Names of the systems with a season of grain, and of those without."""
    grains = {system.name for system in region.systems if system.grain}
    return grains, {system.name for system in region.systems} - grains


def _grain(past: Cropping, region: Region) -> bool:
    """Whether every year of a history was grain, or too little seen to say which crop."""
    grains, _ = _grains(region)
    named = {past.name, *(year.name for year in past.years)}
    return past.name in grains and named <= grains | set(calendars.load().likenesses)


def _odd(prices: Prices, region: Region) -> bool:
    """Whether the twelve months could be another crop at all; most fields are done with here."""
    fits, fits_other = (float(prices.totals[_best(prices, names)]) for names in _grains(region))
    return fits > cropping.FIT or fits - fits_other > SURE


def _compare(prices: Prices, own: list[Prices], region: Region) -> _Compared:
    """Find the best systems of now and before."""
    grains, others = _grains(region)
    history = tuple((_best(one, grains), _best(one, others)) for one in own)
    worst = max(float(one.totals[grain]) for one, (grain, _) in zip(own, history, strict=True))
    return _Compared(_best(prices, grains), _best(prices, others), history, worst)


def _call(
    now: Seen, prices: Prices, own: list[Prices], best: _Compared
) -> tuple[str, float, NDArray[np.float32] | float] | None:
    """The other crop, its price, and what its looks (t,) cost; None where nothing is sure."""
    fits, fits_other = (float(prices.totals[k]) for k in (best.grain, best.other))
    strange = fits > max(cropping.FIT, best.worst + MISFIT) and best.worst < PAST
    if strange and len(cropping.cycle_peaks(now.ndvi)) >= cropping.CYCLES:
        return "vegetable", math.nan, best.worst + MISFIT / 2
    crop = prices.systems[best.other]
    if fits_other < cropping.FIT and fits - fits_other > SURE and _new(crop, own, best.history):
        return crop.name, fits_other, prices.looks[best.other]
    return None


def _best(prices: Prices, names: Collection[str]) -> int:
    """The system among those of some names that fits best."""
    wanted = [one.name in names for one in prices.systems]
    return int(np.argmin(np.where(wanted, prices.totals, np.inf)))


def _new(crop: System, own: list[Prices], history: tuple[tuple[int, int], ...]) -> bool:
    """Whether grain fitted clearly better in every year before, and without this crop beside it.

    Where rapeseed grew ahead of rice and no rice followed, a season was left out, no crop changed.
    """
    return all(
        one.totals[other] - one.totals[grain] > SURE
        and not set(crop.crops) & set(one.systems[grain].crops)
        for one, (grain, other) in zip(own, history, strict=True)
    )


def _onset(against: NDArray[np.float32]) -> int:
    """Look from which what speaks against the old system sums up to most."""
    rest = np.cumsum(against[::-1])[::-1]
    return int(np.argmax(rest))


def _within(seen: Seen, period: Period) -> Seen:
    return seen.between(_day(period.start), _day(period.end) + 1)


def _date(day: int) -> np.datetime64:
    return np.datetime64(int(day), "D")


def _day(day: object) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))  # type: ignore[call-overload]
