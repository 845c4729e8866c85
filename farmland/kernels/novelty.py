"""How far a spectrum lies from everything the ground has shown before, and from its neighbours.

Dims: p = pixels or patches, t = looks, f = features, g = parcels of the neighbourhood, c = spectra
that farmland around usually shows. Method: distance to the third nearest spectrum of the own
history in any season (METHODS 2.13, "own-history kNN novelty"), no farther than what is usual
around in any season, nor than the neighbours' spectra of the same day, which carry weather,
moisture and the season's work.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

NEAREST = 3
"""Which neighbour counts: the third, so that two stray spectra in a library hide nothing."""


@compiled
def distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Euclidean distance of two feature vectors (f,)."""
    total = 0.0
    for f in range(first.shape[0]):
        step = first[f] - second[f]
        total += step * step
    return math.sqrt(total)


@compiled
def third_nearest(
    spectrum: NDArray[np.float32], library: NDArray[np.float32], begin: int, enough: float
) -> tuple[float, int]:
    """Distance of (f,) to its third nearest in a library (n, f), and where the search ended.

    The search runs round from ``begin`` and stops, with what it has, once three lie within
    ``enough``: looks that follow each other resemble the same part of the past, so a search that
    begins where the last one ended is mostly over after a few steps.
    """
    size = library.shape[0]
    a, b, c = np.inf, np.inf, np.inf
    n = begin
    for _ in range(size):
        d = distance(spectrum, library[n])
        if d < c:
            if d < a:
                a, b, c = d, a, b
            elif d < b:
                b, c = d, b
            else:
                c = d
            if c < enough:
                break
        n += 1
        if n == size:
            n = 0
    return c, max(0, min(n, size - 1) - NEAREST)


@compiled
def within(first: NDArray[np.float32], second: NDArray[np.float32], reach: float) -> float:
    """Squared distance of two feature vectors (f,), or something beyond ``reach``, squared too."""
    total = 0.0
    for f in range(first.shape[0]):
        step = first[f] - second[f]
        total += step * step
        if total > reach:
            break
    return total


@compiled
def nearest(spectrum: NDArray[np.float32], centres: NDArray[np.float32], enough: float) -> float:
    """Distance of (f,) to the nearest of (c, f), or to one within ``enough``; inf: none.

    centres ascend in their first feature: the search goes out from where the spectrum's lies and
    ends on each side where that feature alone is farther away than the best that was found.
    """
    size = centres.shape[0]
    right = np.searchsorted(centres[:, 0], spectrum[0])
    left = right - 1
    best = np.inf
    while left >= 0 or right < size:
        for n, inside in ((left, left >= 0), (right, right < size)):
            if inside:
                best = min(best, within(spectrum, centres[n], best))
        if best < enough * enough:
            break
        left, right = left - 1, right + 1
        if left >= 0 and (spectrum[0] - centres[left, 0]) ** 2 > best:
            left = -1
        if right < size and (centres[right, 0] - spectrum[0]) ** 2 > best:
            right = size
    return math.sqrt(best)


@compiled
def past(
    series: NDArray[np.float32],
    days: NDArray[np.int32],
    history: NDArray[np.bool_],
    usual: NDArray[np.float32],
    season: int,
    green: float,
) -> NDArray[np.float32]:
    """How strange each look of the history was, had its season been unknown: (g, t), noise units.

    Every spectrum of series (g, t, f) is compared with the same row's more than ``season`` days
    away (days (t,)): looks of one week share a sky and a growth stage and would flatter the
    history; and with what is ``usual`` (c, f). NaN outside the history, where unseen, and for
    canopies (first feature above ``green``): they are never strange. Infinite where nothing can
    be compared.
    """
    rows, looks, width = series.shape
    out = np.full((rows, looks), np.nan, np.float32)
    others = np.empty((looks, width), np.float32)
    for g in range(rows):
        for t in range(looks):
            if not history[t] or not series[g, t, 0] <= green:
                continue
            count = 0
            for h in range(looks):
                far = abs(days[h] - days[t]) > season
                if far and history[h] and not math.isnan(series[g, h, 0]):
                    others[count] = series[g, h]
                    count += 1
            own = third_nearest(series[g, t], others[:count], 0, 0.0)[0]
            out[g, t] = min(own, nearest(series[g, t], usual, 0.0))
    return out


@compiled
def nearest_parcels(
    spectrum: NDArray[np.float32], neighbours: NDArray[np.float32], own: int, rank: int
) -> float:
    """Distance of (f,) to its ``rank``-th nearest parcel (g, f) of the day; NaN rows are unseen.

    Infinite where fewer parcels than ``rank`` were seen: no neighbours excuse nothing.
    """
    best = np.full(rank, np.inf)
    for g in range(neighbours.shape[0]):
        if g == own or math.isnan(neighbours[g, 0]):
            continue
        d = distance(spectrum, neighbours[g])
        if d < best[rank - 1]:
            place = rank - 1
            while place > 0 and best[place - 1] > d:
                best[place] = best[place - 1]
                place -= 1
            best[place] = d
    return float(best[rank - 1])


@compiled
def gather(
    features: NDArray[np.float32], seen: NDArray[np.bool_], medians: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Library (n, f): the own spectra (t, f) that were seen, then the parcel's medians (t, f)."""
    looks, width = features.shape
    out = np.empty((2 * looks, width), np.float32)
    count = 0
    for t in range(looks):
        if seen[t]:
            out[count] = features[t]
            count += 1
    for t in range(looks):
        if not math.isnan(medians[t, 0]):
            out[count] = medians[t]
            count += 1
    return out[:count]


@compiled
def novelty(
    features: NDArray[np.float32],
    parcel: NDArray[np.int32],
    medians: NDArray[np.float32],
    usual: NDArray[np.float32],
    unit: float,
    history: NDArray[np.bool_],
    rank: NDArray[np.int32],
    wanted: NDArray[np.bool_],
    green: float,
    limit: float,
) -> NDArray[np.float32]:
    """Novelty (p, t) of every seen look that is ``wanted`` (t,), in ``unit``; NaN elsewhere.

    features (p, t, f) with NaN = unseen; parcel (p,) rows of medians (g, t, f); usual (c, f) from
    ``usual.leaders``; rank (t,) how many parcels of the day must look alike to excuse a spectrum.
    A canopy, with its first feature above ``green``, is never novel: 0. Values under ``limit``
    are upper bounds: the search stops once a look is known to be familiar.
    """
    pixels, looks = features.shape[:2]
    out = np.full((pixels, looks), np.nan, np.float32)
    enough = limit * unit
    for p in range(pixels):
        own = parcel[p]
        seen = np.empty(looks, np.bool_)
        known = np.full((looks, features.shape[2]), np.nan, np.float32)
        for t in range(looks):
            seen[t] = history[t] and not math.isnan(features[p, t, 0])
            if history[t]:
                known[t] = medians[own, t]
        library = gather(features[p], seen, known)
        begin = 0
        for t in range(looks):
            if not wanted[t] or math.isnan(features[p, t, 0]):
                continue
            if features[p, t, 0] > green:
                out[p, t] = 0.0
                continue
            far, begin = third_nearest(features[p, t], library, begin, enough)
            if far > enough:
                far = min(far, nearest(features[p, t], usual, enough))
            if far > enough:
                far = min(far, nearest_parcels(features[p, t], medians[:, t], own, rank[t]))
            out[p, t] = far / unit
    return out
