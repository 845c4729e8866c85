"""The floor: what a hundred lines reach, by the four ideas that anybody would begin with.

A look is strange when its NDVI lies lower than this pixel ever was at this season, less what the
neighbours did that day, or when it is wetter or brighter than its own history. A pixel is flagged
when four of five looks over 25 days are strange and no green peak comes afterwards.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from contest.cases import Alarm
from contest.patches import NEVER, alarms
from contest.peers import YEAR, looks, ndvi
from farmland.imagery.stack import Stack
from farmland.plan import Periods
from farmland.scene import BANDS

SEASON_DAYS = 20.0
LOW = 0.20
"""NDVI below expectation that is strange: four times the noise of a look."""
WET, BRIGHT = 0.15, 0.25
"""MNDWI and relative brightness above the own history that are strange."""
EXTREME = 0.98
STRANGE, OF, SPAN_DAYS = 4, 5, 25
GREEN = 0.40


def sketch(stack: Stack, periods: Periods) -> list[Alarm]:
    """Pixels that are strange from some look on."""
    index = ndvi(stack)
    after, history = looks(stack, periods.after), looks(stack, periods.history)
    if not history.any():
        return []
    low = _deviation(stack, index, history, after) < -LOW
    strange = low | _beyond(stack, history, after)
    since = np.full(index.shape[0], NEVER, np.int32)
    good = since.copy()
    days = stack.days[after]
    for pixel in np.flatnonzero(strange.sum(axis=1) >= STRANGE):
        seen = np.flatnonzero(stack.clear[pixel, after])
        start = _begins(strange[pixel, seen], index[pixel, after][seen], days[seen])
        if start is not None:
            since[pixel] = days[seen[start]]
            earlier = np.flatnonzero(stack.clear[pixel] & (stack.days < since[pixel]))
            good[pixel] = stack.days[earlier[-1]] if earlier.size else since[pixel]
    return alarms(stack, since, good)


def _deviation(
    stack: Stack, index: NDArray[np.float32], history: NDArray[np.bool_], after: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """NDVI (p, t after) less the own history of the season, less what the parcels did that day."""
    days = stack.days
    out = np.full((index.shape[0], int(after.sum())), np.nan, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for column, look in enumerate(np.flatnonzero(after)):
            away = np.abs((days[look] - days + YEAR / 2) % YEAR - YEAR / 2)
            past = index[:, history & (away <= SEASON_DAYS)]
            if past.shape[1]:
                moved = index[:, look] - np.nanmedian(past, axis=1)
                out[:, column] = moved - np.nanmedian(_means(stack, moved))
    return out


def _means(stack: Stack, values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean (g,) of each parcel's pixels; NaN without one."""
    known = ~np.isnan(values)
    count = np.bincount(stack.parcel[known], minlength=len(stack.cell.parcels))
    total = np.bincount(stack.parcel[known], values[known], minlength=count.size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _beyond(
    stack: Stack, history: NDArray[np.bool_], after: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Looks (p, t after) wetter or brighter than the own history."""
    green, swir = (
        stack.values[:, :, BANDS.index(band)].astype(np.float32) for band in ("green", "swir16")
    )
    wet = np.where(stack.clear, (green - swir) / np.maximum(green + swir, 200), np.nan)
    bright = np.where(stack.clear, stack.values.mean(axis=2, dtype=np.float32), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        wettest, brightest = (
            np.nanquantile(measure[:, history], EXTREME, axis=1)[:, None]
            for measure in (wet, bright)
        )
    wetter = (wet[:, after] > wettest + WET) & (wet[:, after] > 0)
    return np.asarray(wetter | (bright[:, after] > brightest * (1 + BRIGHT)))


def _begins(
    strange: NDArray[np.bool_], index: NDArray[np.float32], days: NDArray[np.int32]
) -> int | None:
    """First look of a run that is strange enough and never green again; all arrays one pixel's."""
    green = np.flatnonzero(index > GREEN)
    first = green[-1] + 1 if green.size else 0
    for start in np.flatnonzero(strange[first:]) + first:
        run = strange[start:]
        window = run[: max(OF, int((days[start:] - days[start] < SPAN_DAYS).sum()) + 1)]
        long_enough = days[start : start + window.size][-1] - days[start] >= SPAN_DAYS
        if window.size >= OF and long_enough and window.mean() >= STRANGE / OF:
            return int(start)
    return None
