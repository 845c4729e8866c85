"""How far a spectrum lies from everything the ground has shown before, and from its neighbours.

Dims: p = pixels or patches, t = looks, f = features, g = parcels of the neighbourhood.
Method: distance to the third nearest spectrum of the own history in any season, in units of the
history's own leave-one-out distances (METHODS 2.13, "own-history kNN novelty"), and no farther than
the neighbours' spectra of the same day, which carry weather, moisture and the season's work.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

NEAREST = 3
"""Which neighbour counts: the third, so that two stray spectra in a library hide nothing."""

FEW = 6
"""Spectra that make up a quantile at least."""


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
def between(ranked: NDArray[np.float64], quantile: float) -> float:
    """Quantile of ascending values (n,), linear between ranks, that may be infinite.

    ``np.quantile`` multiplies infinity by a weight of zero, and the answer is NaN.
    """
    place = quantile * (ranked.size - 1)
    below = int(place)
    share = place - below
    if share == 0:
        return float(ranked[below])
    return float((1 - share) * ranked[below] + share * ranked[below + 1])


@compiled
def spread(
    library: NDArray[np.float32],
    days: NDArray[np.int32],
    season: int,
    green: float,
    quantile: float,
) -> float:
    """Leave-one-season-out ``quantile`` of third-nearest distances within a library (n, f).

    Only spectra whose first feature is ``green`` or less are asked, if there are ``FEW``: a canopy
    is never novel, and the days on which it closes resemble nothing but themselves.

    Each spectrum is compared with those more than ``season`` days away (days (n,)): looks of one
    week share a sky and a growth stage and would flatter the history. Infinite where fewer than
    three are left.
    """
    size = library.shape[0]
    distances = np.empty(size, np.float64)
    others = np.empty_like(library)
    low = 0
    for n in range(size):
        low += library[n, 0] <= green
    asked = 0
    for n in range(size):
        if low >= FEW and library[n, 0] > green:
            continue
        count = 0
        for m in range(size):
            if abs(days[m] - days[n]) > season:
                others[count] = library[m]
                count += 1
        distances[asked] = third_nearest(library[n], others[:count], 0, 0.0)[0]
        asked += 1
    return between(np.sort(distances[:asked]), quantile) if asked else np.inf


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
    scale: NDArray[np.float32],
    history: NDArray[np.bool_],
    rank: NDArray[np.int32],
    wanted: NDArray[np.bool_],
    green: float,
    limit: float,
) -> NDArray[np.float32]:
    """Novelty (p, t) of every seen look that is ``wanted`` (t,); NaN elsewhere.

    features (p, t, f) with NaN = unseen; parcel (p,) rows of medians (g, t, f); scale (g,) from
    ``spread``; rank (t,) how many parcels of the day must look alike to excuse a spectrum. A
    canopy, with its first feature above ``green``, is never novel: 0. Values under ``limit`` are
    upper bounds: the search stops once a look is known to be familiar.
    """
    pixels, looks = features.shape[:2]
    out = np.full((pixels, looks), np.nan, np.float32)
    for p in range(pixels):
        own = parcel[p]
        seen = np.empty(looks, np.bool_)
        past = np.full((looks, features.shape[2]), np.nan, np.float32)
        for t in range(looks):
            seen[t] = history[t] and not math.isnan(features[p, t, 0])
            if history[t]:
                past[t] = medians[own, t]
        library = gather(features[p], seen, past)
        unit = scale[own]
        begin = 0
        for t in range(looks):
            if not wanted[t] or math.isnan(features[p, t, 0]):
                continue
            if features[p, t, 0] > green:
                out[p, t] = 0.0
                continue
            far, begin = third_nearest(features[p, t], library, begin, limit * unit)
            far /= unit
            if far > limit:
                near = nearest_parcels(features[p, t], medians[:, t], own, rank[t]) / unit
                far = min(far, near)
            out[p, t] = far
    return out
