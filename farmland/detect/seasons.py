"""What curves show since a day, against its own past and the fields around: plain numbers.

Dims: n = curves, g = parcels, t = looks, c = cases, k = steps of an even time axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect import parting, shapes
from farmland.detect.parting import Curves
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.kernels import missed, rhythm, season, spectral
from farmland.periods import Period
from farmland.rules.rhythm import NUMBERS, Rhythm


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
    first: int
    """Day of the first step of the even curves."""
    even: NDArray[np.float32]
    """(n, k) the curves every five days."""
    library: NDArray[np.float32]
    """(k, g) those of the parcels, laid time first."""


def known(stack: Stack, read: Signals, after: Period, rules: Rhythm) -> Known:
    """Gather what every curve of a cell is compared with."""
    end = int(np.datetime64(after.end, "D").astype(np.int64))
    curves = parting.curves(stack, read, end, rules)
    parcels = read.parcel_ndvi
    first = int(read.days[0]) if read.days.size else end
    steps = max(1, (end - first) // rhythm.STEP + 1)
    return Known(
        curves=curves,
        read=read,
        end=end,
        parcels=parcels,
        high=season.neighbours_quantile(parcels, rules.neighbour_least, 0.75),
        first=first,
        even=rhythm.evened(read.days, curves.ndvi, first, steps, rules.gap_days),
        library=np.ascontiguousarray(
            rhythm.evened(read.days, parcels, first, steps, rules.gap_days).T
        ),
    )


def measured(
    known: Known, curve: NDArray[np.int64], start: NDArray[np.int64], rules: Rhythm
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """Cases (k,) of (c,) in which a season was missed, and each number of ``NUMBERS`` (k,) there.

    A case is a curve and the position of the first look that may count as one since.
    """
    first = missed.missed(
        known.read.days,
        known.curves.ndvi,
        known.read.history,
        known.curves.parcel,
        (known.parcels, known.high),
        known.end,
        curve,
        start,
        rules.looks,
        (rules.canopy, rules.moved, rules.reach, rules.gap_green),
        (shapes.CANOPY, shapes.FALL),
    )
    cases = np.flatnonzero(~np.isnan(first[:, 0]))
    if not cases.size:
        return cases, {name: np.empty(0) for name in NUMBERS}
    curve, start = curve[cases], start[cases]
    numbers = dict(zip(("seasons", "reach", "above"), first[cases].T, strict=True))
    shown = zip(SHOWN, _shown(known, curve, start, rules).T, strict=True)
    return cases, numbers | dict(shown) | _unlike(known, curve, start, rules)


SHOWN = ("swing", "greener", "missing", "floor", "rough", "patchy")
"""Numbers in the columns of :func:`farmland.kernels.missed.shown`."""


def _shown(
    known: Known, curve: NDArray[np.int64], start: NDArray[np.int64], rules: Rhythm
) -> NDArray[np.float64]:
    """The numbers ``SHOWN`` (c, 6) of cases.

    Saplings and weeds stand in patches (DOMAIN 5.2), a sown field is even: the spread is that of
    brightness among the pixels.
    """
    read = known.read
    curves, place = np.unique(curve, return_inverse=True)
    ndvi = known.curves.ndvi[curves]
    window, first = rules.season_window, int(start.min())
    band = rhythm.own_bands(read.days, ndvi, read.history, first, window, 2, (0.1, 0.9))
    brightness = read.features[:, :, spectral.BRIGHTNESS]
    spread = np.array(
        [rhythm.spreads(brightness, known.curves.judged[n], rules.clear_share) for n in curves]
    )
    return missed.shown(read.days, ndvi, read.history, band, spread, place, start, rules.looks)


def _unlike(
    known: Known, curve: NDArray[np.int64], start: NDArray[np.int64], rules: Rhythm
) -> dict[str, NDArray[np.float64]]:
    """How far cases (c,) lie from any other field of these months, and from their own past."""
    days = known.read.days
    seen = ~np.isnan(known.curves.ndvi[curve]) & (np.arange(days.size) >= start[:, None])
    others, own = rhythm.likeness(
        known.even,
        curve,
        (days[seen.argmax(axis=1)].astype(np.int64) - known.first) // rhythm.STEP,
        known.library,
        int(days[known.read.history][-1] - known.first) // rhythm.STEP + 1,
        rules.shift,
        rules.height,
        (rules.soil, rules.soil_spread),
        rules.shared,
    )
    others[np.arange(curve.size), known.curves.parcel[curve]] = np.nan
    size = np.count_nonzero(~np.isnan(others), axis=1)
    rank = np.maximum(rules.neighbour_least - 1, (rules.alike * size).astype(np.int64))
    ordered = np.column_stack([np.sort(others, axis=1), np.full(curve.size, np.nan)])
    unlike = ordered[np.arange(curve.size), np.minimum(rank, others.shape[1])]
    return {
        "unlike": unlike.astype(np.float64),
        "changed": np.fmin.reduce(own, axis=1).astype(np.float64),
    }
