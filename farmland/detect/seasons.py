"""What one curve shows since a day, against its own past and the fields around: plain numbers.

Dims: n = curves, g = parcels, t = looks, m = looks since, k = steps of an even time axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect import parting, shapes
from farmland.detect.parting import Curves
from farmland.detect.ranks import median, quantile
from farmland.detect.signals import Signals
from farmland.kernels import rhythm, season, spectral
from farmland.kernels.rhythm import YEAR
from farmland.periods import Period
from farmland.rules.rhythm import Rhythm
from farmland.stack import Stack

EDGE = 12
"""Days by which the months of an earlier year may reach over those since a change: seasons shift by
10-15 days (DOMAIN 5)."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
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


def known(stack: Stack, read: Signals, after: Period, rules: Rhythm) -> Known:
    """Gather what every curve of a cell is compared with."""
    end = int(np.datetime64(after.end, "D").astype(np.int64))
    curves = parting.curves(stack, read, end, rules)
    parcels = read.parcel_ndvi
    first = int(read.days[0]) if read.days.size else end
    steps = max(1, (end - first) // rhythm.STEP + 1)
    least = rules.neighbour_least
    return Known(
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


def measured(
    known: Known, n: int, since: NDArray[np.int64], rules: Rhythm
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
    own = min(quantile(year, 0.95) for year in years)
    expected = min(own, quantile(around, 0.4))
    moved = min(quantile(year, 0.9) - quantile(year, 0.1) for year in years)
    seasons = _seasons(days, ndvi, days[since], known)
    reach = quantile(now, 0.95) / max(expected, 0.1)
    above = _summed(days[since], now - known.high[since])
    missed = reach <= rules.reach or above >= rules.gap_green
    if expected < rules.canopy or moved < rules.moved or seasons < 1 or not missed:
        return None
    low, high = rhythm.own_band(
        days, ndvi, known.read.history, since, rules.season_window, 2, (0.1, 0.9)
    )
    return {
        "seasons": seasons,
        "reach": reach,
        "swing": swing(days[since], now),
        "above": above,
        "greener": _summed(days[since], now - high),
        "missing": _summed(days[since], low - now),
        "floor": quantile(now, 0.1),
        "rough": _rough(now),
        **_unlike(known, n, since, rules),
        "patchy": _patchy(known, n, since, rules),
    }


def _years(
    known: Known, ndvi: NDArray[np.float32], since: NDArray[np.int64]
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
    known: Known,
) -> float:
    """Crop cycles in the same months of a usual year of the history: the median."""
    seen = ~np.isnan(ndvi)
    peaks = days[seen][shapes.cycle_peaks(ndvi[seen])]
    begin = days[seen][0]
    counts = [
        int(((peaks >= since[0] - back + EDGE) & (peaks <= known.end - back - EDGE)).sum())
        for back in range(YEAR, 4 * YEAR, YEAR)
        if since[0] - back >= begin - EDGE
    ]
    return median(counts) if counts else 0.0


def _summed(days: NDArray[np.int32], over: NDArray[np.float32]) -> float:
    """Root of NDVI times days by which looks (m,) lie over something; NaN counts as nothing."""
    return math.sqrt(rhythm.summed(days, over, 0.5, 20))


def swing(days: NDArray[np.int32], ndvi: NDArray[np.float32]) -> float:
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


def _unlike(known: Known, n: int, since: NDArray[np.int64], rules: Rhythm) -> dict[str, float]:
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


def _patchy(known: Known, n: int, since: NDArray[np.int64], rules: Rhythm) -> float:
    """Spread of brightness among the pixels since, over that of the own past.

    Saplings and weeds stand in patches (DOMAIN 5.2), a sown field is even.
    """
    pixels = known.curves.judged[n]
    spread = rhythm.spreads(known.read.features[pixels, :, spectral.BRIGHTNESS], rules.clear_share)
    past, now = spread[known.read.history], spread[since]
    past, now = past[~np.isnan(past)], now[~np.isnan(now)]
    if min(past.size, now.size) < rules.looks:
        return math.nan
    return median(now) / median(past)
