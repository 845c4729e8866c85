"""What greenness the own past and the neighbours lead one to expect on a day.

Dims: p = pixels or patches, t = looks, g = parcels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

YEAR = 365.25


@compiled
def apart(first: float, second: float) -> float:
    """Days between two dates, whatever the year: 0 to half a year."""
    gap = abs(first - second) % YEAR
    return min(gap, YEAR - gap)


@compiled
def own_quantile(
    ndvi: NDArray[np.float32],
    days: NDArray[np.int32],
    history: NDArray[np.bool_],
    window: float,
    least: int,
    quantile: float,
) -> NDArray[np.float32]:
    """Quantile (p, t) of the own history's NDVI (p, t) within ``window`` days of the season.

    NaN where fewer than ``least`` looks of the history fall in the window. A look of the history
    is compared with the rest of the history, not with itself.
    """
    pixels, looks = ndvi.shape
    out = np.full((pixels, looks), np.nan, np.float32)
    for p in range(pixels):
        for t in range(looks):
            values = np.empty(looks, np.float32)
            count = 0
            for h in range(looks):
                if history[h] and h != t and not math.isnan(ndvi[p, h]):
                    if apart(days[t], days[h]) <= window:
                        values[count] = ndvi[p, h]
                        count += 1
            if count >= least:
                out[p, t] = np.quantile(values[:count], quantile)
    return out


@compiled
def neighbours_quantile(
    ndvi: NDArray[np.float32], least: int, quantile: float
) -> NDArray[np.float32]:
    """Quantile (t,) over parcels (g, t) of the day's NDVI; NaN with fewer than ``least`` seen."""
    parcels, looks = ndvi.shape
    out = np.full(looks, np.nan, np.float32)
    values = np.empty(parcels, np.float32)
    for t in range(looks):
        count = 0
        for g in range(parcels):
            if not math.isnan(ndvi[g, t]):
                values[count] = ndvi[g, t]
                count += 1
        if count >= least:
            out[t] = np.quantile(values[:count], quantile)
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
    for p in range(parcel.shape[0]):
        if parcel[p] >= 0:
            size[parcel[p]] += 1
    members = np.empty((parcels, max(1, size.max() if parcels else 1)), np.int64)
    fill = np.zeros(parcels, np.int64)
    for p in range(parcel.shape[0]):
        g = parcel[p]
        if g >= 0:
            members[g, fill[g]] = p
            fill[g] += 1
    values = np.empty(members.shape[1], np.float32)
    for g in range(parcels):
        for t in range(looks):
            count = 0
            for m in range(size[g]):
                if not math.isnan(features[members[g, m], t, 0]):
                    count += 1
            if count == 0 or count < share * size[g]:
                continue
            for f in range(width):
                count = 0
                for m in range(size[g]):
                    value = features[members[g, m], t, f]
                    if not math.isnan(value):
                        values[count] = value
                        count += 1
                out[g, t, f] = np.median(values[:count])
    return out
