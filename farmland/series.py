"""The series of every parcel: put together cell by cell, laid on all looks, and read back.

Integers all the way: 25,000 parcels with 250 looks are 25 MB. n = parcels, t = looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import counts as kernel
from farmland.kernels import season
from farmland.result import NO_DATA, NO_NDVI, UNREAD, Curve, Series

LEAST_NEIGHBOURS = 5
"""Parcels that must be seen on a day for a band of the neighbours."""


def of_cell(
    ndvi: NDArray[np.float32],
    days: NDArray[np.int32],
    parcel: NDArray[np.int32],
    clear: NDArray[np.bool_],
    kept: NDArray[np.bool_],
) -> Series:
    """Series of one cell.

    Parameters
    ----------
    ndvi : float32 (n, t)
        NaN where the look was not used.
    days : int32 (t,)
        Days since 1970-01-01.
    parcel : int32 (p,)
        Parcel of each pixel that speaks for it; -1 = none.
    clear, kept : bool (p, t)
        Clear pixels before and after cleaning.
    """
    parcels = ndvi.shape[0]
    counts = np.full(ndvi.shape, NO_NDVI, np.int16)
    used = ~np.isnan(ndvi)
    counts[used] = np.rint(ndvi[used] * 1e4)
    return Series(
        days=days.astype("datetime64[D]"),
        cell=np.zeros(parcels, np.int32),
        ndvi=counts,
        clear=_percent(clear, parcel, parcels),
        kept=_percent(kept, parcel, parcels),
    )


def spread(
    part: Series,
    days: NDArray[np.int32],
    covered: NDArray[np.bool_],
    unread: NDArray[np.bool_],
) -> Series:
    """Lay the series of a cell on all looks of the run.

    ``days`` (t,) since 1970-01-01; ``covered`` (n, t) where a scene had data, ``unread`` (n, t)
    where one stayed unreadable. Looks that the cell left out were cloudy or not there.
    """
    whole = days.astype("datetime64[D]")
    at = np.searchsorted(whole, part.days)
    ndvi = np.full(covered.shape, NO_NDVI, np.int16)
    ndvi[:, at] = part.ndvi
    shares = []
    for share in (part.clear, part.kept):
        out = np.where(covered, 0, NO_DATA).astype(np.uint8)
        out[:, at] = np.where(covered[:, at], share, NO_DATA)
        out[unread & (ndvi == NO_NDVI)] = UNREAD
        shares.append(out)
    return Series(whole, part.cell, ndvi, *shares)


def merge(parts: Sequence[tuple[Sequence[int], Series]], total: int) -> Series | None:
    """Put the series of all cells together: each with the input rows of its parcels.

    A parcel in no cell has no data on any look. None without a cell.
    """
    if not parts:
        return None
    days = parts[0][1].days
    shape = (total, days.size)
    cell = np.full(total, -1, np.int32)
    ndvi = np.full(shape, NO_NDVI, np.int16)
    clear, kept = np.full(shape, NO_DATA, np.uint8), np.full(shape, NO_DATA, np.uint8)
    for number, (rows, part) in enumerate(parts):
        at = np.asarray(rows)
        cell[at], ndvi[at], clear[at], kept[at] = number, part.ndvi, part.clear, part.kept
    return Series(days, cell, ndvi, clear, kept)


def curve(
    series: Series, row: int, history: NDArray[np.bool_], thresholds: Mapping[str, float]
) -> Curve:
    """NDVI of one parcel on all looks, with its own past and its neighbours' middle half.

    ``history`` (t,) marks the looks the past is learnt from; ``thresholds`` are those of the run.
    """
    ndvi = _reals(series.ndvi[row])
    days = series.days.astype(np.int32)
    table, size = season.seasons(days, history, thresholds["season_window"])
    least, low = int(thresholds["season_looks"]), thresholds["season_quantile"]
    wanted = np.ones((1, days.size), np.bool_)
    own = [
        season.own_quantile(ndvi[None], wanted, table, size, least, quantile)[0]
        for quantile in (low, 1 - low)
    ]
    beside = series.cell == series.cell[row]
    beside[row] = False
    others = _reals(series.ndvi[beside])
    near = [season.neighbours_quantile(others, LEAST_NEIGHBOURS, share) for share in (0.25, 0.75)]
    return Curve(series.days, ndvi, own[0], own[1], near[0], near[1])


def _percent(
    pixels: NDArray[np.bool_], parcel: NDArray[np.int32], parcels: int
) -> NDArray[np.uint8]:
    """Percent (n, t) of each parcel's pixels that hold, rounded down."""
    size = np.bincount(parcel[parcel >= 0], minlength=parcels)
    counts = kernel.by_parcel(np.ascontiguousarray(pixels), parcel, parcels)
    return (100 * counts // np.maximum(size, 1)[:, None]).astype(np.uint8)


def _reals(counts: NDArray[np.int16]) -> NDArray[np.float32]:
    """NDVI x 1e4 as NDVI; NaN where the look was not used."""
    return np.where(counts == NO_NDVI, np.nan, counts * np.float32(1e-4)).astype(np.float32)
