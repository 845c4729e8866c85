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
from farmland.kernels.distances import lowest, nearby, smallest, squares, within

NEAREST = 3
"""Which neighbour counts: the third, so that two stray spectra in a library hide nothing."""


@compiled
def usually(
    spectrum: NDArray[np.float32],
    usual: NDArray[np.float32],
    far: float,
    scratch: NDArray[np.float32],
) -> float:
    """Distance of (f,) to the nearest of ``usual`` (f, c), or ``far`` where none is nearer.

    usual ascends in its first feature: what differs by more than ``far`` in it is not asked.
    """
    begin, end = nearby(spectrum[0], far, usual)
    squares(spectrum, usual, begin, end, scratch)
    return min(far, math.sqrt(lowest(scratch, end - begin)))


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
    history; and with what is ``usual`` (f, c), ascending in its first feature. NaN outside the
    history, where unseen, and for canopies (first feature above ``green``): they are never
    strange. Infinite where nothing can be compared.
    """
    rows, looks, width = series.shape
    out = np.full((rows, looks), np.nan, np.float32)
    own = np.empty((width, looks), np.float32)
    square, scratch = np.empty(looks, np.float32), np.empty(usual.shape[1], np.float32)
    best = np.empty(NEAREST, np.float32)
    for g in range(rows):
        own[:] = series[g].T
        for t in range(looks):
            if not history[t] or not series[g, t, 0] <= green:
                continue
            squares(series[g, t], own, 0, looks, square)
            for h in range(looks):
                if not history[h] or abs(days[h] - days[t]) <= season:
                    square[h] = np.inf
            far = math.sqrt(smallest(square, looks, best))
            out[g, t] = usually(series[g, t], usual, far, scratch)
    return out


@compiled
def alike(
    spectrum: NDArray[np.float32],
    day: NDArray[np.float32],
    own: int,
    rank: int,
    far: float,
    scratch: NDArray[np.float32],
) -> float:
    """Distance of (f,) to its ``rank``-th nearest parcel of the day (f, g), or ``far`` if nearer.

    The ``own`` parcel does not count; NaN columns are unseen. No neighbours excuse nothing.
    """
    parcels = day.shape[1]
    if within(spectrum, day, 0, parcels, far) < rank:
        return far
    squares(spectrum, day, 0, parcels, scratch)
    scratch[own] = np.nan
    return min(far, math.sqrt(smallest(scratch, parcels, np.empty(rank, np.float32))))


@compiled
def remember(
    spectra: NDArray[np.float32],
    history: NDArray[np.bool_],
    library: NDArray[np.float32],
    count: int,
) -> int:
    """Add the seen ones of spectra (t, f) in the history to a library (f, n) of ``count``."""
    for t in range(spectra.shape[0]):
        if history[t] and not math.isnan(spectra[t, 0]):
            for f in range(spectra.shape[1]):
                library[f, count] = spectra[t, f]
            count += 1
    return count


@compiled
def novelty(
    features: NDArray[np.float32],
    parcel: NDArray[np.int32],
    medians: NDArray[np.float32],
    by_day: NDArray[np.float32],
    usual: NDArray[np.float32],
    unit: float,
    history: NDArray[np.bool_],
    rank: NDArray[np.int32],
    wanted: NDArray[np.bool_],
    green: float,
    limit: float,
) -> NDArray[np.float32]:
    """Novelty (p, t) of every seen look that is ``wanted`` (t,), in ``unit``; NaN elsewhere.

    features (p, t, f) with NaN = unseen; parcel (p,) rows of medians (g, t, f), which ``by_day``
    holds as (t, f, g); usual (f, c) as :func:`past` wants it; rank (t,) how many parcels of the
    day must look alike to excuse a spectrum. A canopy, with its first feature above ``green``, is
    never novel: 0. Neither is what lies within ``limit``: the search stops once that is known.
    """
    pixels, looks, width = features.shape
    out = np.full((pixels, looks), np.nan, np.float32)
    library = np.empty((width, 2 * looks), np.float32)
    scratch = np.empty(max(2 * looks, usual.shape[1]), np.float32)
    neighbours = np.empty(by_day.shape[2], np.float32)
    best = np.empty(NEAREST, np.float32)
    enough = limit * unit
    mine = -1
    for p in range(pixels):
        if parcel[p] != mine:
            mine = parcel[p]
            shared = remember(medians[mine], history, library, 0)
        known = remember(features[p], history, library, shared)
        for t in range(looks):
            if not wanted[t] or math.isnan(features[p, t, 0]):
                continue
            if features[p, t, 0] > green:
                out[p, t] = 0.0
                continue
            begin, end = nearby(features[p, t, 0], enough, usual)
            if within(features[p, t], usual, begin, end, enough):
                out[p, t] = 0.0
                continue
            squares(features[p, t], library, 0, known, scratch)
            far = math.sqrt(smallest(scratch, known, best))
            if far > enough:
                far = usually(features[p, t], usual, far, scratch)
            if far > enough:
                far = alike(features[p, t], by_day[t], mine, rank[t], far, neighbours)
            out[p, t] = far / unit if far > enough else 0.0
    return out
