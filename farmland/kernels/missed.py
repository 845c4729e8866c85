"""Whether a curve missed a season that was to be expected, and what it shows since.

Dims: n = curves, t = looks, g = parcels, c = cases. A case is a curve and the position of the
first look that may count as one since; the looks on which the curve was not seen (NaN) do not.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.cycles import peaks as cycle_peaks
from farmland.kernels.ranks import quantile
from farmland.kernels.rhythm import STEP, YEAR
from farmland.kernels.season import peaks, ranked

EDGE = 12
"""Days by which the months of an earlier year may reach over those since a change: seasons shift by
10-15 days (DOMAIN 5)."""

MOST, LONGEST = 0.5, 20
"""NDVI and days that a look counts for at most: see :func:`summed`."""

SPURT = 40
"""Days of a harvest or a growth spurt."""

BARE = 0.1
"""NDVI under which nothing is expected."""


@compiled
def swings(
    days: NDArray[np.int32], ndvi: NDArray[np.float32], start: int, within: int
) -> NDArray[np.float32]:
    """Greatest fall or rise (n,) of NDVI (n, t) between looks at most ``within`` days apart.

    Looks from position ``start`` on; NaN is passed over, and 0 is the answer to fewer than two.
    """
    out = np.empty(ndvi.shape[0], np.float32)
    for n in range(ndvi.shape[0]):
        out[n] = swing(days, ndvi[n], start, within)
    return out


@compiled
def swing(days: NDArray[np.int32], ndvi: NDArray[np.float32], start: int, within: int) -> float:
    """As :func:`swings`, of one curve (t,)."""
    most = 0.0
    for t in range(start, ndvi.size):
        for later in range(t + 1, ndvi.size):
            if days[later] - days[t] > within:
                break
            apart = abs(ndvi[later] - ndvi[t])
            if apart > most:  # the unknown is not
                most = apart
    return most


@compiled
def missed(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    history: NDArray[np.bool_],
    parcel: NDArray[np.int32],
    fields: tuple[NDArray[np.float32], NDArray[np.float32]],
    end: int,
    curve: NDArray[np.int64],
    start: NDArray[np.int64],
    looks: int,
    limits: tuple[float, float, float, float],
    cycle: tuple[float, float],
) -> NDArray[np.float64]:
    """Crop cycles expected, share of the peak reached, greenness above the fields: (c, 3).

    NaN where fewer than ``looks`` were seen since, or no season was to be expected or missed:
    ``limits`` are NDVI of a canopy, NDVI from low to high in every year, share of the peak and
    greenness above the fields. ``fields`` are NDVI of the parcels (g, t) and its upper edge by day
    (t,); ``parcel`` (n,) that of each curve; ``cycle`` see :func:`farmland.kernels.cycles.peaks`.
    """
    canopy, moved, reach, gap_green = limits
    parcels, high = fields
    out = np.full((curve.size, 3), np.nan, np.float64)
    for c in range(curve.size):
        line = ndvi[curve[c]]
        since = seen(line, start[c])
        if since.size < looks:
            continue
        first, last = days[since[0]], days[since[-1]]
        own, rise = _past(days, line, history, first - EDGE, last + EDGE)
        if not (own >= canopy and rise >= moved):
            continue
        cycles = _cycles(days, line, first, end, cycle)
        top = _quantile(line[since], 0.95)
        above = math.sqrt(summed(days[since], line[since] - high[since], MOST, LONGEST))
        # Others can only lower what is expected of a curve, and so raise the share it reached.
        if cycles < 1 or (top / max(own, BARE) > reach and above < gap_green):
            continue
        expected = min(own, _around(parcels, since, parcel[curve[c]], own))
        share = top / max(expected, BARE)
        if expected >= canopy and (share <= reach or above >= gap_green):
            out[c] = cycles, share, above
    return out


@compiled
def seen(ndvi: NDArray[np.float32], start: int) -> NDArray[np.int64]:
    """Positions (m,) of the known values of (t,) from ``start`` on."""
    out = np.empty(ndvi.size, np.int64)
    count = 0
    for t in range(start, ndvi.size):
        if not math.isnan(ndvi[t]):
            out[count] = t
            count += 1
    return out[:count]


@compiled
def summed(days: NDArray[np.int32], over: NDArray[np.float32], most: float, longest: int) -> float:
    """NDVI times days by which looks (m,) lie over something; NaN counts as nothing.

    Each stands until the next, from one to ``longest`` days, the last for five; and counts
    ``most`` at most.
    """
    total = 0.0
    for m in range(days.size):
        spell = days[m + 1] - days[m] if m + 1 < days.size else STEP
        if over[m] > 0:
            total += min(most, over[m]) * min(longest, max(1, spell))
    return total


@compiled
def _past(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    history: NDArray[np.bool_],
    first: int,
    last: int,
) -> tuple[float, float]:
    """Lowest peak and least rise among the years of the history, in the months of two days.

    A year counts where seen four times or more; both are minus infinity where none does.
    """
    own = rise = np.inf
    year = np.empty(days.size, np.float64)
    for back in range(YEAR, 4 * YEAR, YEAR):
        count = 0
        for t in range(days.size):
            if history[t] and first - back <= days[t] <= last - back and not math.isnan(ndvi[t]):
                year[count] = ndvi[t]
                count += 1
        if count >= 4:
            own = min(own, ranked(year, count, 0.95))
            rise = min(rise, ranked(year, count, 0.9) - ranked(year, count, 0.1))
    return (own, rise) if own < np.inf else (-np.inf, -np.inf)


@compiled
def _cycles(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    first: int,
    end: int,
    cycle: tuple[float, float],
) -> float:
    """Crop cycles in the same months of a usual year of the history: the median."""
    known = seen(ndvi, 0)
    tops = known[cycle_peaks(ndvi[known], cycle[0], cycle[1])]
    counts = np.zeros(3, np.float64)
    years = 0
    for back in range(YEAR, 4 * YEAR, YEAR):
        if first - back < days[known[0]] - EDGE:
            break
        for t in tops:
            counts[years] += first - back + EDGE <= days[t] <= end - back - EDGE
        years += 1
    return ranked(counts, years, 0.5) if years else 0.0


@compiled
def _around(
    parcels: NDArray[np.float32], since: NDArray[np.int64], own: int, otherwise: float
) -> float:
    """Peak that six in ten other parcels (g, t) reached on some looks; or ``otherwise``."""
    reached = peaks(parcels, since, since.size * 7 // 10, 0.95)
    reached[own] = np.nan
    around = quantile(reached.astype(np.float64), 0.4)
    return otherwise if math.isnan(around) else around


@compiled
def _quantile(values: NDArray[np.float32], share: float) -> float:
    """Quantile of known values (m,), between ranks in double precision."""
    return ranked(values.astype(np.float64), values.size, share)


SWING, GREENER, MISSING, FLOOR, ROUGH, PATCHY, SHOWN = range(7)
"""Columns of what is shown since."""


@compiled
def shown(
    days: NDArray[np.int32],
    ndvi: NDArray[np.float32],
    history: NDArray[np.bool_],
    band: NDArray[np.float32],
    spread: NDArray[np.float32],
    curve: NDArray[np.int64],
    start: NDArray[np.int64],
    looks: int,
) -> NDArray[np.float64]:
    """What curves (n, t) show since, against their own ``band`` (2, n, t): numbers (c, 6).

    The greatest fall or rise within a harvest or a growth spurt; roots of NDVI times
    days above and below the band; the tenth percentile; how rough the curve is; and the middle of
    the pixels' ``spread`` (n, t) over that of the history, NaN with fewer than ``looks`` of either.
    """
    out = np.empty((curve.size, SHOWN), np.float64)
    for c in range(curve.size):
        line, (low, high) = ndvi[curve[c]], (band[0, curve[c]], band[1, curve[c]])
        since = seen(line, start[c])
        now, dates = line[since], days[since]
        out[c, SWING] = swing(dates, now, 0, SPURT)
        out[c, GREENER] = math.sqrt(summed(dates, now - high[since], MOST, LONGEST))
        out[c, MISSING] = math.sqrt(summed(dates, low[since] - now, MOST, LONGEST))
        out[c, FLOOR] = _quantile(now, 0.1)
        out[c, ROUGH] = _rough(now)
        later, past = spread[curve[c]][since], spread[curve[c]][history]
        later, past = later[seen(later, 0)], past[seen(past, 0)]
        known = min(later.size, past.size) >= looks
        out[c, PATCHY] = _quantile(later, 0.5) / _quantile(past, 0.5) if known else np.nan
    return out


@compiled
def _rough(now: NDArray[np.float32]) -> float:
    """Root mean square by which looks (m,) lie off the line between the looks beside them."""
    square = 0.0
    for m in range(1, now.size - 1):
        off = now[m] - (now[m - 1] + now[m + 1]) * np.float32(0.5)
        square += off * off
    return math.sqrt(square / (now.size - 2)) if now.size > 2 else math.nan
