"""What became of land that the survey marks as restorable: whether it bears crops again.

Land that was cultivated before and is an orchard, forest, grass or pond in the survey bears a mark
there: it can be restored at once, or by engineering (DOMAIN 2.3). Imagery tells of whole parcels,
so a parcel speaks for such land only where most of it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CODES = ("JKHF", "GCHF")
"""Planting attributes (``ZZSXDM``) of land that is restorable at once, and by engineering."""

STATES = ("returned", "left_again", "not_returned", "not_told")
"""Crops grow on it; they did and it is suspected to have left again; none were seen; not known."""

NO_SYSTEM = ("none", "unknown", "irregular", "grassland")
"""Patterns of a history that are no crop system."""

LEFT = ("confirmed", "candidate", "changed_before")
"""Statuses of parcels with a suspected change."""

LEAST_SHARE = 0.5
"""Part of a parcel that must be restorable for the parcel to speak for it."""


def states(
    parcels: pd.DataFrame, share: NDArray[np.float64], again: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """One of ``STATES`` for each parcel.

    Parameters
    ----------
    parcels : DataFrame
        Layer ``parcels``, n rows.
    share : ndarray of float64, shape (n,)
        Part of each that is restorable.
    again : ndarray of bool, shape (n,)
        Whether a crop cycle was seen in the period after; it counts where the history had none.
    """
    status, pattern = parcels["status"], parcels["cropping"]
    cropped = (pattern.notna() & ~pattern.isin(NO_SYSTEM)).to_numpy(bool)
    bare = (pattern == "none").fillna(value=False).to_numpy(bool)
    left, kept = status.isin(LEFT).to_numpy(bool), (status == "stable").to_numpy(bool)
    never = (status == "not_cropped").to_numpy(bool)
    found = np.full(len(parcels), "not_told", object)
    found[kept & cropped | never & again] = "returned"
    found[left & cropped] = "left_again"
    found[left & bare | never & ~again] = "not_returned"
    found[~(share >= LEAST_SHARE)] = "not_told"
    return found


def table(
    lying: pd.DataFrame,
    parcels: pd.DataFrame,
    places: Sequence[str],
    again: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    """Restorable land by place, mark and state.

    Parameters
    ----------
    lying : DataFrame
        ``row`` of a parcel, ``planting`` (one of ``CODES``), ``m2``: how much of it lies there.
    parcels : DataFrame
        Layer ``parcels``.
    places : sequence of str, one per parcel
        Codes in short form; ``""`` where not known.
    again : ndarray of bool, one per parcel
        As in :func:`states`.

    Returns
    -------
    list of dict
        ``place``, ``planting``, ``state``, ``parcels`` and ``area_m2``. A parcel with land of both
        marks counts with the larger.
    """
    sums = lying.groupby(["row", "planting"], as_index=False)["m2"].sum()
    whole = np.bincount(sums["row"], sums["m2"], len(parcels))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = whole / parcels["area_m2"].to_numpy(np.float64)
    state = states(parcels, share, again)
    largest = sums.groupby("row")["m2"].idxmax()
    sums["parcels"] = sums.index.isin(largest)
    sums["place"] = np.asarray(places, object)[sums["row"]]
    sums["state"] = state[sums["row"]]
    keys = ["place", "planting", "state"]
    found = sums.groupby(keys, as_index=False)[["parcels", "m2"]].sum()
    return [
        dict(zip(keys, row[:3], strict=True))
        | {"parcels": int(row[3]), "area_m2": round(float(row[4]), 2)}
        for row in found.itertuples(index=False, name=None)
    ]
