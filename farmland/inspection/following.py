"""Cases over runs: which patch of a result is which of an earlier one, and in what state it is."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

ENDED = frozenset({"dismissed", "closed"})
"""States that end a case: what changes there later is another change."""

TOUCHING = 0.01
"""Share of the smaller of two patches up to which they only touch: neighbours share an edge, and
another coordinate system bends it."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The patches of a result as cases of an earlier one, in their order."""

    ids: tuple[str, ...]
    states: tuple[str, ...]
    again: tuple[str, ...]
    """Ids of those whose case had ended before they changed again."""
    gone: tuple[str, ...]
    """Ids of earlier patches that no patch continues, in the order of the earlier ones."""


def followed(found: gpd.GeoDataFrame, earlier: gpd.GeoDataFrame) -> Followed:
    """Give patches the ids and states of the earlier ones they overlap most in their parcel.

    An earlier patch lives on in one patch at most: the largest overlap goes first, equal ones by
    the earlier id and the order of the patches. A patch of another crop and one that left grain
    land are never the same.

    Parameters
    ----------
    found : GeoDataFrame
        ``patch_id``, ``parcel_id``, ``cover``, ``date_from``; null geometry overlaps nothing.
    earlier : GeoDataFrame
        ``patch_id``, ``parcel_id``, ``cover``, ``status`` and ``seen_on``, the day on which the
        state was found true (NaT: not known); in the same coordinate system.

    Returns
    -------
    Followed
        No id twice, and none that an earlier patch has unless it is that patch.
    """
    before = _continued(found, earlier).tolist()
    known = [str(name) for name in earlier["patch_id"]]
    was, seen = earlier["status"].tolist(), earlier["seen_on"].tolist()
    named, taken = set(known), {*known, *(str(name) for name in found["patch_id"])}
    ids, states, again = [], [], []
    for old, own, begun in zip(before, found["patch_id"], found["date_from"], strict=True):
        if old < 0:
            ids.append(_free(str(own), taken) if str(own) in named else str(own))
            states.append("new")
            taken.add(ids[-1])
            continue
        ids.append(known[old])
        states.append(state(str(was[old]), begun, seen[old]))
        if states[-1] == "new":
            again.append(ids[-1])
    lost = np.setdiff1d(np.arange(len(earlier)), before)
    return Followed(tuple(ids), tuple(states), tuple(again), tuple(known[n] for n in lost))


def state(before: str, begun: Any, seen_on: Any) -> str:
    """State of a patch that was there already.

    Parameters
    ----------
    before : str
        Its state: a decision stays, anything else goes on.
    begun : date or NaT
        Last look at which the patch still fitted its past.
    seen_on : date or NaT
        Day of the decision. A case that ended by that day says nothing about a change that
        began after it: the patch is new.
    """
    if before in ENDED and pd.notna(begun) and pd.notna(seen_on):
        return "new" if pd.Timestamp(begun) >= pd.Timestamp(seen_on) else before
    return before if before in ENDED or before == "verified" else "ongoing"


def _continued(found: gpd.GeoDataFrame, earlier: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Position among the earlier patches of each found one; -1: it is another."""
    out = np.full(len(found), -1, np.int64)
    free = np.ones(len(earlier), np.bool_)
    for row, old in [*_by_overlap(found, earlier), *_by_name(found, earlier)]:
        if out[row] < 0 and free[old]:
            out[row], free[old] = old, False
    return out


def _by_overlap(found: gpd.GeoDataFrame, earlier: gpd.GeoDataFrame) -> Iterator[tuple[int, int]]:
    """Pairs of one parcel that overlap, by position, the largest overlap first."""
    pairs = _sites(found).merge(_sites(earlier), on=["parcel_id", "crop"], suffixes=("", "_old"))
    rows, olds = pairs["row"].to_numpy(np.int64), pairs["row_old"].to_numpy(np.int64)
    one, other = _valid(found)[rows], _valid(earlier)[olds]
    common = shapely.area(shapely.intersection(one, other))
    real = common > TOUCHING * np.minimum(shapely.area(one), shapely.area(other))
    _, rank = np.unique(earlier["patch_id"].astype(str).to_numpy(str), return_inverse=True)
    order = np.lexsort((rows, rank[olds], -common))
    return ((int(rows[n]), int(olds[n])) for n in order[real[order]])


def _by_name(found: gpd.GeoDataFrame, earlier: gpd.GeoDataFrame) -> Iterator[tuple[int, int]]:
    """Pairs that began at the same pixel: all there is of a case without an outline."""
    bare = np.flatnonzero(earlier.geometry.isna())
    places = {str(earlier["patch_id"].iloc[n]): int(n) for n in bare}
    for row, name in enumerate(found["patch_id"]):
        if name in places:
            yield row, places[name]


def _sites(patches: gpd.GeoDataFrame) -> pd.DataFrame:
    """Where a patch may live on: its parcel, and whether the land is still cultivated."""
    return pd.DataFrame(
        {
            "parcel_id": patches["parcel_id"].to_numpy(object),
            "crop": (patches["cover"] == "crop").to_numpy(np.bool_),
            "row": np.arange(len(patches)),
        }
    )


def _valid(patches: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Outlines that can be intersected; nothing where there is none."""
    shapes: NDArray[np.object_] = np.asarray(patches.geometry, object)
    made: NDArray[np.object_] = shapely.make_valid(shapes)
    return made


def _free(name: str, taken: Collection[str]) -> str:
    """An id that nothing has, the same whenever it is asked for."""
    while name in taken:
        name = hashlib.sha256(name.encode()).hexdigest()[:12]
    return name
