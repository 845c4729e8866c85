"""Another crop on land that is still cultivated: where grain grew and a non-grain crop grows now.

Said only where it is sure: every year of the history fits a grain system, and the last twelve
months fit none of them, but a crop that is no grain. Peanut, cotton, tobacco or herbs look like the
grain of their season from space and are never called.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        """How far the margin exceeds what is demanded, as odds: 0.6 at the margin, 0.9 at most."""
        margin = self.grain - (self.past if np.isnan(self.other) else self.other)
        demanded = MISFIT if np.isnan(self.other) else SURE
        return float(np.clip(0.6 + 0.3 * (margin / demanded - 1), 0.6, 0.9))


@dataclass(frozen=True, slots=True)
class Grown:
    """What grew on one parcel."""

    past: Cropping
    now: Switch | None


def of_cell(stack: Stack, read: Signals, periods: Periods) -> tuple[Grown, ...]:
    """What grew on each parcel of a cell in the history, and what else grows there now."""
    known = read.medians * read.noise
    ndvi, water = known[:, :, spectral.NDVI], known[:, :, spectral.MNDWI]
    yellow = likeness.yellowness(ndvi, _ndyi(known))
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
    own = [
        likeness.prices(before.between(start, start + 365), region, start, scale)
        for start, ends in cropping.agricultural_years(before.days, region.year_starts)
        if ends in {year.ends for year in past.years}
    ]
    prices = likeness.prices(now, region, end - 365, scale)
    found = _told(now, prices, own, past, region)
    if found is None:
        return None
    earlier = seen.days[seen.days < found.date_to.astype(np.int64)]
    fits = earlier[-1] if earlier.size else now.days[0]
    return replace(found, date_from=np.datetime64(int(fits), "D"))


def _told(
    now: Seen, prices: Prices, own: list[Prices], past: Cropping, region: Region
) -> Switch | None:
    """Compare the twelve months with grain and with other crops, and the years before too."""
    known = calendars.load()
    grains = {system.name for system in region.systems if system.grain}
    named = {past.name, *(year.name for year in past.years)}
    if not named <= grains | set(known.likenesses) or past.name not in grains:
        return None
    grain, other = _best(prices, grain=True), _best(prices, grain=False)
    history = [(_best(one, grain=True), _best(one, grain=False)) for one in own]
    worst = max(float(one.totals[k]) for one, (k, _) in zip(own, history, strict=True))
    fits, fits_other = float(prices.totals[grain]), float(prices.totals[other])
    cycles = len(cropping.cycle_peaks(now.days, now.ndvi))
    strange = worst < PAST and fits > max(cropping.FIT, worst + MISFIT)
    if strange and cycles >= cropping.CYCLES:
        crop, against, price = "vegetable", np.full(now.days.size, worst + MISFIT / 2), np.nan
    elif (
        fits_other < cropping.FIT
        and fits - fits_other > SURE
        and _new(prices.systems[other], own, history)
    ):
        crop, against, price = prices.systems[other].name, prices.looks[other], fits_other
    else:
        return None
    first = _onset((prices.looks[_same(prices, past.name)] - against) * prices.weight)
    days = now.days.astype("datetime64[D]")
    return Switch(
        crop=crop,
        before=past.name,
        looks=now.days.size,
        grain=fits,
        past=worst,
        other=float(price),
        cycles=cycles,
        date_from=days[first],
        date_to=days[first],
        last=days[-1],
    )


def _best(prices: Prices, *, grain: bool) -> int:
    """The system with or without grain that fits best; a year without a crop is neither."""
    wanted = [bool(one.crops) and one.grain is grain for one in prices.systems]
    return int(np.argmin(np.where(wanted, prices.totals, np.inf)))


def _new(crop: System, own: list[Prices], history: list[tuple[int, int]]) -> bool:
    """Whether grain fitted clearly better in every year before, and without this crop beside it.

    Where rapeseed grew ahead of rice and no rice followed, a season was left out, no crop changed.
    """
    return all(
        one.totals[other] - one.totals[grain] > SURE
        and not set(crop.crops) & set(one.systems[grain].crops)
        for one, (grain, other) in zip(own, history, strict=True)
    )


def _same(prices: Prices, name: str) -> int:
    """The way to grow a system that fits best."""
    wanted = [one.name == name for one in prices.systems]
    return int(np.argmin(np.where(wanted, prices.totals, np.inf)))


def _onset(against: NDArray[np.float32]) -> int:
    """Look from which what speaks against the old system sums up to most."""
    rest = np.cumsum(against[::-1])[::-1]
    return int(np.argmax(rest))


def _ndyi(known: NDArray[np.float32]) -> NDArray[np.float32]:
    """NDYI (g, t) from the visible differences among the features (g, t, f)."""
    green = np.clip(known[:, :, spectral.GREEN_RED], -0.98, 0.98)
    blue = np.clip(2 * known[:, :, spectral.BLUE_RED], -0.98, 0.98)
    green, blue = (1 + green) / (1 - green), (1 + blue) / (1 - blue)  # over red
    return np.asarray((green - blue) / (green + blue))


def _within(seen: Seen, period: Period) -> Seen:
    return seen.between(_day(period.start), _day(period.end) + 1)


def _day(day: object) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))  # type: ignore[call-overload]
