"""Slow covers: land that stays green, or half green, and has lost the rhythm of sowing and harvest.

Young trees, a lawn or weeds are no novel spectrum; what tells them is that nothing is sown and
nothing is harvested any more, while the own past and the fields around went up and down. A fallow
season looks the same for as long as it lasts: nothing is listed before ``least_days`` are over and
every season that was to be expected since has been missed (METHODS 3.4, 3.5 no. 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect import parting, shapes
from farmland.detect.evidence import worth
from farmland.detect.parting import Curves
from farmland.detect.signals import Signals
from farmland.kernels import rhythm, season, spectral
from farmland.plan import Periods
from farmland.rules.rhythm import NUMBERS, Rhythm
from farmland.stack import Stack

YEAR = 365

EDGE = 12
"""Days by which the months of an earlier year may reach over those since a change: seasons shift by
10-15 days (DOMAIN 5)."""

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """Pixels of a parcel on which no crop was sown and harvested any more."""

    parcel: int
    """Position in the cell."""
    pixels: NDArray[np.int64]
    """Positions in the stack, ascending."""
    start: int
    """First look since."""
    days: int
    """From there to the end of the period after."""
    numbers: Numbers
    """What was measured since; NaN = could not be judged."""
    odds: Numbers
    """What each number added, log odds."""
    confidence: float
    """Probability that these add up to."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What lost its rhythm in a cell."""

    left: tuple[Left, ...]
    """Long enough ago to be listed: candidates, never confirmed in the first year."""
    watched: Mapping[int, int]
    """Position of a parcel to the days since it may have lost its rhythm, too few to list it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What all measurements of a cell share."""

    curves: Curves
    read: Signals
    end: int
    """Day on which the period after ends."""
    parcels: NDArray[np.float32]
    """(g, t) NDVI of the parcels."""
    high: NDArray[np.float32]
    """(t,) three in four parcels of the day are less green; NaN with too few seen."""
    usual: NDArray[np.float32]
    """(t,) low edge of the parcels of the day."""
    first: int
    """Day of the first step of the even curves."""
    even: NDArray[np.float32]
    """(n, k) the curves every five days."""
    library: NDArray[np.float32]
    """(g, k) those of the parcels."""


def find(stack: Stack, read: Signals, periods: Periods, rules: Rhythm) -> Found:
    """Find the parcels, or large parts of one, that have lost their rhythm.

    Of a parcel and its part, and of parts on top of each other, the surest is kept.
    """
    known = _known(stack, read, periods, rules)
    best = sorted(_listed(known, rules), key=lambda one: -one.confidence)
    kept: dict[int, Left] = {}
    for one in best:
        kept.setdefault(one.parcel, one)
    watched: dict[int, int] = {}
    for days in sorted(rules.watched_days):
        for n in _silent(known, days, rules):
            one = _judged(known, n, days, rules)
            if one is not None and one.confidence >= rules.watched_confidence:
                watched[one.parcel] = one.days
    return Found(tuple(kept.values()), {g: d for g, d in watched.items() if g not in kept})


def _known(stack: Stack, read: Signals, periods: Periods, rules: Rhythm) -> _Known:
    end = int(np.datetime64(periods.after.end, "D").astype(np.int64))
    curves = parting.curves(stack, read, end, rules)
    parcels = read.parcel_ndvi
    first = int(read.days[0]) if read.days.size else end
    steps = max(1, (end - first) // rhythm.STEP + 1)
    least = rules.neighbour_least
    return _Known(
        curves=curves,
        read=read,
        end=end,
        parcels=parcels,
        high=season.neighbours_quantile(parcels, least, 0.75),
        usual=season.neighbours_quantile(parcels, least, 0.4),
        first=first,
        even=rhythm.evened(read.days, curves.ndvi, first, steps, rules.gap_days),
        library=rhythm.evened(read.days, parcels, first, steps, rules.gap_days),
    )


def _listed(known: _Known, rules: Rhythm) -> Iterator[Left]:
    """Yield the surest beginning of each curve that is sure enough."""
    best: dict[int, Left] = {}
    for days in rules.listed_days:
        for n in _silent(known, days, rules):
            one = _judged(known, n, days, rules)
            if one is not None and (n not in best or one.confidence > best[n].confidence):
                best[n] = one
    for n, one in best.items():
        if one.confidence >= rules.listed_confidence:
            yield _begun(known, n, one, rules)


def _begun(known: _Known, n: int, one: Left, rules: Rhythm) -> Left:
    """The same from the earliest look since which it is about as sure: days are tried in steps."""
    days = known.end - known.read.days[~np.isnan(known.curves.ndvi[n])]
    earlier = days[(days > one.days) & (days <= one.days + rules.step_days)]
    for back in earlier:
        longer = _judged(known, n, int(back) + 1, rules)
        if longer is not None and longer.confidence >= rules.as_sure * one.confidence:
            return longer
    return one


def _silent(known: _Known, days: int, rules: Rhythm) -> list[int]:
    """Curves (n) that no crop since may explain at first sight: the cheap test before all others.

    A season was to be expected by the fields around, and the curve either stayed below it or
    never fell as at a harvest.
    """
    since = np.flatnonzero(known.read.days > known.end - days)
    if since.size < rules.looks:
        return []
    peaks = season.peaks(known.curves.ndvi, since, rules.looks, 0.95)
    around = season.peaks(known.parcels, since, rules.looks, 0.95)
    around = around[~np.isnan(around)]
    if around.size < rules.neighbour_least:
        return []
    expected = float(np.quantile(around, 0.4))
    if expected < rules.canopy:
        return []
    table = known.curves.ndvi[:, since]
    return [
        int(n)
        for n in np.flatnonzero(peaks >= rules.weeds)
        if _swing(known.read.days[since], table[n]) <= rules.harvest
    ]


def _judged(known: _Known, n: int, days: int, rules: Rhythm) -> Left | None:
    """Measure one curve since a day; None where it never had the rhythm that is missed."""
    ndvi = known.curves.ndvi[n]
    seen = np.flatnonzero(~np.isnan(ndvi))
    since = seen[known.read.days[seen] > known.end - days]
    numbers = _measured(known, n, since, rules)
    if numbers is None:
        return None
    odds = {"base": rules.odds_base} | {
        name: worth(numbers[name], getattr(rules, f"odds_{name}")) for name in NUMBERS
    }
    return Left(
        parcel=int(known.curves.parcel[n]),
        pixels=known.curves.pixels[n],
        start=int(since[0]),
        days=int(known.end - known.read.days[since[0]]),
        numbers=numbers,
        odds=odds,
        confidence=1 / (1 + math.exp(-sum(odds.values()))),
    )


def _measured(
    known: _Known, n: int, since: NDArray[np.int64], rules: Rhythm
) -> dict[str, float] | None:
    """The numbers of ``NUMBERS`` on the looks since (m,); None where no season was expected."""
    if since.size < rules.looks:
        return None
    days, ndvi = known.read.days, known.curves.ndvi[n]
    now = ndvi[since]
    years = list(_years(known, ndvi, since))
    if not years:
        return None
    around = season.peaks(known.parcels, since, since.size * 7 // 10, 0.95)
    around[known.curves.parcel[n]] = np.nan
    own = min(float(np.quantile(year, 0.95)) for year in years)
    expected = min(own, float(np.nanquantile(around, 0.4)))
    moved = min(float(np.quantile(year, 0.9) - np.quantile(year, 0.1)) for year in years)
    seasons = _seasons(days, ndvi, days[since], known)
    reach = float(np.quantile(now, 0.95)) / max(expected, 0.1)
    above = _summed(days[since], now - known.high[since])
    missed = reach <= rules.reach or above >= rules.gap_green
    if expected < rules.canopy or moved < rules.moved or seasons < 1 or not missed:
        return None
    low, high = _own_band(known, ndvi, since, rules)
    return {
        "seasons": seasons,
        "reach": reach,
        "swing": _swing(days[since], now),
        "above": above,
        "greener": _summed(days[since], now - high),
        "missing": _summed(days[since], low - now),
        "floor": float(np.quantile(now, 0.1)),
        "rough": _rough(now),
        **_unlike(known, n, since, rules),
        **_texture(known, n, since, rules),
    }


def _years(
    known: _Known, ndvi: NDArray[np.float32], since: NDArray[np.int64]
) -> Iterator[NDArray[np.float32]]:
    """NDVI of the same months in each year of the history, where seen four times or more."""
    days = known.read.days
    past = known.read.history & ~np.isnan(ndvi)
    for back in range(YEAR, 4 * YEAR, YEAR):
        first, last = days[since[0]] - back - EDGE, days[since[-1]] - back + EDGE
        year = ndvi[past & (days >= first) & (days <= last)]
        if year.size >= 4:
            yield year


def _seasons(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    since: NDArray[np.int32],
    known: _Known,
) -> float:
    """Crop cycles in the same months of a usual year of the history: the median."""
    seen = ~np.isnan(ndvi)
    peaks = days[seen][shapes.cycle_peaks(days[seen], ndvi[seen])]
    begin = days[seen][0]
    counts = [
        int(((peaks >= since[0] - back + EDGE) & (peaks <= known.end - back - EDGE)).sum())
        for back in range(YEAR, 4 * YEAR, YEAR)
        if since[0] - back >= begin - EDGE
    ]
    return float(np.median(counts)) if counts else 0.0


def _summed(days: NDArray[np.int32], over: NDArray[np.float32]) -> float:
    """Root of NDVI times days by which looks (m,) lie over something; NaN counts as nothing."""
    step = np.clip(np.diff(days, append=days[-1] + 5), 1, 20)
    return math.sqrt(float((np.clip(np.nan_to_num(over, nan=0.0), 0.0, 0.5) * step).sum()))


def _swing(days: NDArray[np.int32], ndvi: NDArray[np.float32]) -> float:
    """The greatest fall or rise of NDVI (m,) within a harvest or a growth spurt of 40 days."""
    seen = ~np.isnan(ndvi)
    values, dates = ndvi[seen], days[seen]
    return max(
        rhythm.fall(dates, values, 40), rhythm.fall(-dates[::-1].copy(), values[::-1].copy(), 40)
    )


def _rough(now: NDArray[np.float32]) -> float:
    """Root mean square by which looks lie off the line between the looks beside them."""
    off = now[1:-1] - (now[:-2] + now[2:]) / 2
    return float(np.sqrt(np.mean(off * off))) if off.size else math.nan


def _own_band(
    known: _Known, ndvi: NDArray[np.float32], since: NDArray[np.int64], rules: Rhythm
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tenth and ninetieth percentile (m,) of the own past at the season of each look since."""
    days = known.read.days
    past = np.flatnonzero(known.read.history & ~np.isnan(ndvi))
    gap = np.abs((days[past][None, :] - days[since][:, None] + 182) % YEAR - 182)
    near = np.where(gap <= rules.season_window, ndvi[past][None, :], np.nan)
    enough = (~np.isnan(near)).sum(axis=1) >= 2
    low, high = np.full((2, since.size), np.nan, np.float32)
    if enough.any():
        low[enough], high[enough] = np.nanquantile(near[enough], (0.1, 0.9), axis=1)
    return low, high


def _unlike(known: _Known, n: int, since: NDArray[np.int64], rules: Rhythm) -> dict[str, float]:
    """How far the curve lies from any other field of these months, and from its own past."""
    days = known.read.days
    begins = int(days[since[0]] - known.first) // rhythm.STEP
    now = known.even[n, begins:]
    soil = (rules.soil, rules.soil_spread)
    others = rhythm.misfits(
        now, known.library, begins, rules.shift, rules.height, soil, rules.shared
    )
    others[known.curves.parcel[n]] = np.nan
    others = np.sort(others[~np.isnan(others)])
    rank = max(rules.neighbour_least - 1, int(rules.alike * others.size))
    cut = int(days[known.read.history][-1] - known.first) // rhythm.STEP + 1
    own = [
        float(
            rhythm.misfits(
                now,
                known.even[n : n + 1, :cut],
                begins - back * YEAR // rhythm.STEP,
                rules.shift,
                rules.height,
                soil,
                rules.shared,
            )[0]
        )
        for back in (1, 2, 3)
    ]
    past = [one for one in own if not math.isnan(one)]
    return {
        "unlike": float(others[rank]) if others.size > rank else math.nan,
        "changed": min(past) if past else math.nan,
    }


def _texture(known: _Known, n: int, since: NDArray[np.int64], rules: Rhythm) -> dict[str, float]:
    """Spread among the pixels since, over that of the own past: saplings and weeds stand in patches
    (DOMAIN 5.2), a sown field is even."""
    pixels = known.curves.judged[n]
    ratios = []
    for feature in (spectral.BRIGHTNESS, spectral.NDVI):
        values = known.read.features[pixels, :, feature]
        spread = rhythm.spreads(values, rules.clear_share)
        past, now = spread[known.read.history], spread[since]
        past, now = past[~np.isnan(past)], now[~np.isnan(now)]
        known_well = past.size >= rules.looks and now.size >= rules.looks
        ratios.append(float(np.median(now) / np.median(past)) if known_well else math.nan)
    return {"patchy": ratios[0], "even": ratios[1]}
