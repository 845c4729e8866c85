"""The parts of patches as tables of sums take them: whole hundredths, each in its place.

Sums are taken over whole hundredths of a square metre and of a mu, so they add up to the cent in
whatever order and direction they are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland import areas, places, shares

HUNDREDTHS = 100

OF_PATCH = ("parcel_id", "conversion", "cover", "stage", "land_code")
OF_PART = ("land", "pbf", "survey_code", "approved", "legacy")


def of(patches: gpd.GeoDataFrame, overlay: pd.DataFrame) -> pd.DataFrame:
    """One row per part of each patch.

    Parameters
    ----------
    patches : GeoDataFrame
        Rows of the layer ``conversions``.
    overlay : DataFrame
        The layer ``overlay``; parts of other patches are left out, and a patch that has no part
        is one part of which nothing is known.

    Returns
    -------
    DataFrame
        ``patch`` (row of ``patches``), ``code`` (short form, ``""``: not known), ``m2`` and ``mu``
        (int64, hundredths, adding up to the patch), and the columns of patch and part that
        accounts need.
    """
    rows = {name: row for row, name in enumerate(patches["patch_id"])}
    parts = pd.DataFrame(overlay[["patch_id", "area_m2", "place_code", *OF_PART]])
    parts = parts[parts["patch_id"].isin(rows)]
    whole = pd.DataFrame(patches[["patch_id", "area_m2"]])
    whole = whole[~whole["patch_id"].isin(parts["patch_id"])].assign(land="unknown")
    parts = _joined(parts, whole)
    patch = parts["patch_id"].map(rows).to_numpy(np.intp)
    mu = shares.in_groups(
        areas.mu(parts["area_m2"].to_numpy(np.float64)),
        patch,
        patches["area_mu"].to_numpy(np.float64),
    )
    own = {name: patches[name].to_numpy()[patch] for name in OF_PATCH if name in patches}
    codes = places.normals(parts["place_code"])
    hundredths = {"m2": whole_hundredths(parts["area_m2"]), "mu": whole_hundredths(mu)}
    told = {name: parts[name].to_numpy() for name in OF_PART}
    return pd.DataFrame({"patch": patch, "code": codes, **hundredths, **own, **told})


def _joined(parts: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Both below each other; an empty table has no say in the kind of a column."""
    if not len(whole):
        return parts.reset_index(drop=True)
    whole = whole.reindex(columns=parts.columns)
    if not len(parts):
        return whole.reset_index(drop=True)
    return pd.concat([parts, whole.astype(parts.dtypes)], ignore_index=True)


def whole_hundredths(values: Any) -> NDArray[np.int64]:
    """Numbers of two decimals as whole hundredths, so that sums are exact."""
    return np.rint(np.asarray(values, np.float64) * HUNDREDTHS).astype(np.int64)


def at_levels(codes: NDArray[np.object_], levels: Sequence[str]) -> dict[str, NDArray[np.object_]]:
    """The place of each code on each level, and ``""`` on the level ``all``."""
    distinct, which = np.unique(codes.astype(str), return_inverse=True)
    found: dict[str, NDArray[np.object_]] = {"all": np.full(codes.size, "", object)}
    for level in levels:
        there = np.array([places.at(code, level) for code in distinct], object)
        found[level] = there[which] if codes.size else there
    return found


def homes(pieces: pd.DataFrame, keys: Sequence[str], levels: Sequence[str]) -> pd.DataFrame:
    """In which place of each level a patch is counted.

    A patch is counted once: from the widest level down, in the place that holds most of what it
    has in the place above; of equally large ones in that of the smaller code. So counts of the
    places in a place add up to its own.

    Parameters
    ----------
    pieces : DataFrame
        With a column ``m2`` and one of places for each level.
    keys : sequence of str
        Columns that tell what is counted apart.
    levels : sequence of str
        The widest first.

    Returns
    -------
    DataFrame
        One row per combination of ``keys``, which are columns, and one column per level.
    """
    keys = list(keys)
    found = pieces[keys].drop_duplicates().reset_index(drop=True)
    left = pieces
    for level in levels:
        sums = left.groupby([*keys, level])["m2"].sum().reset_index()
        largest_first = [True] * len(keys) + [False, True]
        sums = sums.sort_values([*keys, "m2", level], ascending=largest_first)
        chosen = sums.drop_duplicates(keys)[[*keys, level]]
        found = found.merge(chosen, on=keys)
        left = left.merge(chosen, on=[*keys, level])
    return found
