"""Peers written down here after their descriptions; those that are packages: ``foreign``.

All look at the same stack: reflectance where the classification, cleaned, says clear. Dims: p =
pixels, t = looks, y = years of the history.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from contest.cases import Alarm
from contest.patches import NEVER, alarms
from farmland.imagery.stack import Stack
from farmland.plan import Periods
from farmland.scene import BANDS

YEAR = 365.25
RED, NIR = BANDS.index("red"), BANDS.index("nir")

PEAK_GONE, PEAK_USUAL, PEAK_QUANTILE = 0.45, 0.50, 0.95
"""NDVI under which a year has no peak, over which it had one, and what a peak is (METHODS 2.13)."""

SAME_DAYS = 15.0
"""Days to each side that are the same season (METHODS 2.12)."""

SAME_Z, SAME_SPREAD, SAME_WINDOWS = 3.0, 0.05, 2
"""Own spreads beyond which a difference counts, the least spread (noise of NDVI), and in how many
windows of 30 days in a row."""


def ndvi(stack: Stack) -> NDArray[np.float32]:
    """(p, t) NDVI; NaN where not clear."""
    red, nir = (stack.values[:, :, band].astype(np.float32) for band in (RED, NIR))
    index = (nir - red) / np.maximum(nir + red, 200)
    return np.where(stack.clear, np.clip(index, -1, 1), np.nan).astype(np.float32)


def looks(stack: Stack, period: object) -> NDArray[np.bool_]:
    """Looks (t,) within a period."""
    day = stack.days.astype("datetime64[D]")
    start, end = np.datetime64(period.start), np.datetime64(period.end)  # type: ignore[attr-defined]
    return np.asarray((day >= start) & (day <= end))


def annual_peak(stack: Stack, periods: Periods) -> list[Alarm]:
    """The trailing year has no peak, each full year of the history had one (METHODS 2.13).

    The alarm is dated to the look after the last one that was as green as a peak.
    """
    index, days = ndvi(stack), stack.days
    end = np.datetime64(periods.after.end, "D").astype(np.int32)
    gone = _peak(index[:, days > end - YEAR]) < PEAK_GONE
    start = np.datetime64(periods.after.start, "D").astype(np.int32)
    reach = days[looks(stack, periods.history)]
    full = int((start - reach.min()) / YEAR + 0.1) if reach.size else 0
    for year in range(full):
        inside = (days < start - year * YEAR) & (days >= start - (year + 1) * YEAR)
        gone &= _peak(index[:, inside]) >= PEAK_USUAL
    since = np.full(gone.size, NEVER, np.int32)
    for pixel in np.flatnonzero(gone) if full else ():
        green = days[index[pixel] >= PEAK_GONE]
        later = days[(days > green[-1]) & ~np.isnan(index[pixel])]
        since[pixel] = later[0] if later.size else days[-1]
    return alarms(stack, since)


def _peak(index: NDArray[np.float32]) -> NDArray[np.float32]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanquantile(index, PEAK_QUANTILE, axis=1)


def same_season(stack: Stack, periods: Periods) -> list[Alarm]:
    """NDVI of 30 days against the same 30 days of earlier years, in own spreads (METHODS 2.12).

    The spread is that of each pixel from year to year, over all seasons; with one year of history
    there is none, and no alarm.
    """
    index, days = ndvi(stack), stack.days
    end = int(np.datetime64(periods.after.end, "D").astype(int))
    start = int(np.datetime64(periods.after.start, "D").astype(int))
    middles = np.arange(end - SAME_DAYS, start, -2 * SAME_DAYS)
    reach = days[looks(stack, periods.history)]
    past = int((start - reach.min()) / YEAR + 0.1) if reach.size else 0
    if past < 2:
        return []
    composites = np.array(
        [
            [_composite(index, days, middle - y * YEAR) for y in range(past + 1)]
            for middle in middles
        ]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        spread = np.sqrt(np.nanmean(np.nanvar(composites[:, 1:], axis=1, ddof=1), axis=0))
        expected = np.nanmean(composites[:, 1:], axis=1)
    z = (composites[:, 0] - expected) / np.maximum(spread, SAME_SPREAD)
    return alarms(stack, _low_since(z, middles))


def _composite(
    index: NDArray[np.float32], days: NDArray[np.int32], middle: float
) -> NDArray[np.float32]:
    """Median (p,) of the looks around a day; NaN without one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(index[:, np.abs(days - middle) <= SAME_DAYS], axis=1)


def _low_since(z: NDArray[np.float32], middles: NDArray[np.float64]) -> NDArray[np.int32]:
    """First day (p,) of the newest run of low windows; ``z`` (w, p) has the newest window first.

    Windows without a look are passed over.
    """
    since = np.full(z.shape[1], NEVER, np.int32)
    for pixel in np.flatnonzero((z < -SAME_Z).sum(axis=0) >= SAME_WINDOWS):
        seen = np.flatnonzero(~np.isnan(z[:, pixel]))
        run = 0
        for window in seen:
            low = z[window, pixel] < -SAME_Z
            if run >= SAME_WINDOWS and not low:
                break
            run = run + 1 if low else 0
            if run >= SAME_WINDOWS:
                since[pixel] = int(middles[window] - SAME_DAYS)
    return since
