"""What greenness the own past and the neighbours lead one to expect on a day.

Dims: p = pixels or patches, t = looks, g = parcels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import ranks
from farmland.kernels._jit import compiled
from farmland.kernels.composite import median
from farmland.kernels.composite import quantile as between

YEAR = 365.25


@compiled
def apart(first: float, second: float) -> float:
    """Days between two dates, whatever the year: 0 to half a year."""
    gap = abs(first - second) % YEAR
    return min(gap, YEAR - gap)


@compiled
def seasons(
    days: NDArray[np.int32], history: NDArray[np.bool_], window: float
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Looks of the history within ``window`` days of each look's season, itself left out.

    Returns a table (t, t) whose row holds their positions first, and how many there are (t,).
    """
    looks = days.size
    table = np.zeros((looks, looks), np.int32)
    count = np.zeros(looks, np.int32)
    for t in range(looks):
        for h in range(looks):
            if history[h] and h != t and apart(days[t], days[h]) <= window:
                table[t, count[t]] = h
                count[t] += 1
    return table, count


@compiled
def own_quantile(
    ndvi: NDArray[np.float32],
    wanted: NDArray[np.bool_],
    table: NDArray[np.int32],
    size: NDArray[np.int32],
    least: int,
    quantile: float,
) -> NDArray[np.float32]:
    """Quantile (p, t) of the own past's NDVI (p, t) at the season of each ``wanted`` look (p, t).

    table, size from ``seasons``. NaN where not wanted, or fewer than ``least`` looks are known.
    """
    pixels, looks = ndvi.shape
    out = np.full((pixels, looks), np.nan, np.float32)
    values = np.empty(looks, np.float32)
    for p in range(pixels):
        for t in range(looks):
            if not wanted[p, t]:
                continue
            count = 0
            for n in range(size[t]):
                value = ndvi[p, table[t, n]]
                if not math.isnan(value):
                    values[count] = value
                    count += 1
            if count >= least:
                out[p, t] = ranked(values, count, quantile)
    return out


@compiled
def ranked(values: NDArray[np.floating], count: int, quantile: float) -> float:
    """Quantile of the first ``count`` values, linear between ranks; sorts them in place."""
    for n in range(1, count):
        value = values[n]
        place = n
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
    position = quantile * (count - 1)
    below = int(position)
    above = min(below + 1, count - 1)
    return float(values[below] + (position - below) * (values[above] - values[below]))


@compiled
def own_peak(
    ndvi: NDArray[np.float32],
    days: NDArray[np.int32],
    history: NDArray[np.bool_],
    first: float,
    last: float,
    quantile: float,
) -> float:
    """Lowest ``quantile`` of NDVI (t,) over the same months of each year of the history.

    The months are those from ``first`` to ``last``, days as ``days`` (t,), one to five years
    earlier; a year with fewer than three looks is passed over, and NaN is what none has.
    """
    values, lowest = np.empty(days.size, np.float64), math.nan
    for years in range(1, 6):
        count = 0
        for t in range(days.size):
            past = history[t] and first - years * YEAR <= days[t] <= last - years * YEAR
            if past and not math.isnan(ndvi[t]):
                values[count] = ndvi[t]
                count += 1
        if count >= 3:
            peak = ranks.quantile(values[:count], quantile)
            lowest = peak if math.isnan(lowest) else min(lowest, peak)
    return lowest


@compiled
def shortfall(
    ndvi: NDArray[np.float32],
    own: NDArray[np.float32],
    others: NDArray[np.float32],
    days: NDArray[np.int32],
    longest: int,
) -> float:
    """NDVI (n,) short of what was expected, half a unit at most, times the days to the next look.

    Expected is ``own`` (n,), or ``others`` (n,) where that is NaN; where both are, nothing is
    missing. A look speaks for 1 to ``longest`` days of ``days`` (n,), the last for 5.
    """
    total = 0.0
    for n in range(days.size):
        step = days[n + 1] - days[n] if n + 1 < days.size else 5
        expected = others[n] if math.isnan(own[n]) else own[n]
        short = expected - ndvi[n]
        if short > 0:
            total += float(min(short, np.float32(0.5))) * min(longest, max(1, step))
    return total


@compiled
def peaks(
    ndvi: NDArray[np.float32], looks: NDArray[np.int64], least: int, quantile: float
) -> NDArray[np.float32]:
    """Quantile (g,) of each parcel's NDVI (g, t) on ``looks`` (n,); NaN with under ``least``."""
    out = np.full(ndvi.shape[0], np.nan, np.float32)
    kept = looks.size - int(quantile * (looks.size - 1))  # fewer looks ask for no lower rank
    top = np.empty(kept + 1, np.float32)
    for g in range(ndvi.shape[0]):
        count = 0
        for t in looks:
            value = ndvi[g, t]
            if not math.isnan(value):
                place = min(count, kept)
                while place > 0 and top[place - 1] < value:
                    top[place] = top[place - 1]
                    place -= 1
                top[place] = value
                count += 1
        if count >= least:
            position = quantile * (count - 1)
            below = int(position)
            lower, upper = top[count - 1 - below], top[max(0, count - 2 - below)]
            out[g] = lower + (position - below) * (upper - lower)
    return out


@compiled
def neighbours_quantile(
    ndvi: NDArray[np.float32], least: int, quantile: float
) -> NDArray[np.float32]:
    """Quantile (t,) over parcels (g, t) of the day's NDVI; NaN with fewer than ``least`` seen."""
    parcels, looks = ndvi.shape
    out = np.empty(looks, np.float32)
    between(ndvi, quantile, out)
    seen = np.zeros(looks, np.int32)
    for g in range(parcels):
        for t in range(looks):
            seen[t] += not math.isnan(ndvi[g, t])
    for t in range(looks):
        if seen[t] < least:
            out[t] = np.nan
    return out


@compiled
def medians(
    features: NDArray[np.float32], parcel: NDArray[np.int32], parcels: int, share: float
) -> NDArray[np.float32]:
    """Median spectrum (g, t, f) of each parcel's pixels (p, t, f); parcel (p,), -1 = none.

    NaN on looks on which less than ``share`` of the pixels were seen.
    """
    looks, width = features.shape[1:]
    out = np.full((parcels, looks, width), np.nan, np.float32)
    size = np.zeros(parcels, np.int64)
    for p in range(parcel.size):
        if parcel[p] >= 0:
            size[parcel[p]] += 1
    members = np.empty((parcels, max(1, size.max() if parcels else 1)), np.int64)
    size[:] = 0
    for p in range(parcel.size):
        if parcel[p] >= 0:
            members[parcel[p], size[parcel[p]]] = p
            size[parcel[p]] += 1
    for g in range(parcels):
        if size[g] > 0:
            _middle(features, members[g, : size[g]], share, out[g])
    return out


@compiled
def together(
    features: NDArray[np.float32], members: NDArray[np.int64], share: float
) -> NDArray[np.float32]:
    """Median spectrum (t, f) of the pixels ``members`` (n,) of (p, t, f), as :func:`medians`."""
    out = np.empty(features.shape[1:], np.float32)
    _middle(features, members, share, out)
    return out


@compiled
def _middle(
    features: NDArray[np.float32],
    members: NDArray[np.int64],
    share: float,
    out: NDArray[np.float32],
) -> None:
    """Write the median spectrum of some pixels into ``out`` (t, f)."""
    looks, width = out.shape
    spectra = np.empty((members.size, looks, width), np.float32)
    seen = np.zeros(looks, np.int64)
    for m in range(members.size):
        spectra[m] = features[members[m]]
        for t in range(looks):
            seen[t] += not math.isnan(spectra[m, t, 0])
    median(spectra.reshape(members.size, looks * width), out.reshape(looks * width))
    for t in range(looks):
        if seen[t] < share * members.size:
            out[t] = np.nan
