"""The table ``summary``: counts and areas by place, conversion and cover, all of which add up.

Areas are counted where they lie, part by part. A patch is counted once, in the place that holds
most of it (:func:`farmland.accounting.pieces.homes`), and a parcel once, in the place it belongs
to. So each column of the rows below a place adds up to the row of the place, and over conversions
and covers too, but for ``parcels``: a parcel with patches of two covers counts with both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland import layers, places
from farmland.accounting import pieces

ALL = "all"

KINDS = ["conversion", "cover"]


def table(
    patches: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    overlay: pd.DataFrame,
    codes: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Counts and areas of every place, of every conversion and cover found in it.

    Parameters
    ----------
    patches : GeoDataFrame
        Layer ``conversions``, without other crops.
    parcels : GeoDataFrame
        Layer ``parcels``; every place that one of them belongs to has a row.
    overlay : DataFrame
        Layer ``overlay``; ``place_code`` says where a part lies.
    codes : sequence of str, one per parcel
        Places of the parcels in short form; ``()`` where none is known.
    names : mapping
        Names by code.

    Returns
    -------
    DataFrame
        Layer ``summary``. Levels of which no place is known are left out.
    """
    parts = pieces.of(patches, overlay)
    own = np.array(codes, object) if len(codes) else np.full(len(parcels), "", object)
    levels = places.levels_known({*parts["code"], *own})
    parts = parts.assign(**pieces.at_levels(parts["code"].to_numpy(object), levels))
    counted = pieces.homes(parts, ["patch", "stage", *KINDS], levels).assign(all="")
    belongs = pd.DataFrame(pieces.at_levels(own, levels))
    belongs["parcel_id"] = parcels["parcel_id"].to_numpy(object)
    belongs["monitored"] = parcels["status"].isin(layers.MONITORED).to_numpy()
    touched = parts[["parcel_id", *KINDS]].drop_duplicates().merge(belongs, on="parcel_id")
    rows = [_level(level, parts, counted, touched, belongs) for level in (ALL, *levels)]
    found = pd.concat(rows, ignore_index=True)
    called = names or {}
    found["name"] = [
        places.name_of(code, level, called) if level != ALL else ""
        for code, level in zip(found["code"], found["level"], strict=True)
    ]
    return layers.coerce(layers.SUMMARY, found)


def places_in(table: pd.DataFrame) -> dict[str, int]:
    """How many places of each level a summary has, the widest level first; none where none is."""
    rows = table[(table["conversion"] == ALL) & (table["level"] != ALL)]
    pairs = zip(rows["code"], rows["level"], strict=True)
    known = [level for code, level in pairs if places.level(code) == level]
    return {level: known.count(level) for level in places.LEVELS if level in known}


def _level(
    level: str,
    parts: pd.DataFrame,
    counted: pd.DataFrame,
    touched: pd.DataFrame,
    belongs: pd.DataFrame,
) -> pd.DataFrame:
    """The rows of one level, places ascending, ``all`` before what it is made of."""
    keys = [level, *KINDS]
    area = _with_totals(parts).groupby(keys)[["m2", "mu"]].sum()
    patches = _with_totals(counted.assign(confirmed=counted["stage"] == "confirmed"))
    count = patches.groupby(keys)["confirmed"].agg(["size", "sum"])
    ids = _with_totals(touched).drop_duplicates([*keys, "parcel_id"]).groupby(keys).size()
    watched = belongs.groupby(level)["monitored"].agg(["size", "sum"])
    every = pd.MultiIndex.from_product([watched.index, [ALL], [ALL]], names=keys)
    index = pd.MultiIndex.from_tuples({*every, *area.index, *ids.index}, names=keys)
    place, conversion, cover = (index.get_level_values(n) for n in range(3))
    order = np.lexsort([_first(cover), _first(conversion), np.asarray(place, str)])
    found = pd.DataFrame(
        {
            "level": level,
            "code": np.asarray(place, object),
            "conversion": np.asarray(conversion, object),
            "cover": np.asarray(cover, object),
            "patches": _whole(count["size"], index),
            "confirmed": _whole(count["sum"], index),
            "parcels": _whole(ids, index),
            "area_m2": _whole(area["m2"], index) / pieces.HUNDREDTHS,
            "area_mu": _whole(area["mu"], index) / pieces.HUNDREDTHS,
            "monitored_parcels": _whole(watched["sum"], place),
            "unmonitored_parcels": _whole(watched["size"] - watched["sum"], place),
        }
    )
    return found.iloc[order]


def _with_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Every row three times: by cover, by conversion, and in all."""
    conversion = frame.assign(cover=ALL)
    return pd.concat([frame, conversion, conversion.assign(conversion=ALL)], ignore_index=True)


def _whole(numbers: pd.Series[Any], index: pd.Index[Any]) -> NDArray[np.int64]:
    """Numbers in the order of an index, 0 where there is none."""
    return numbers.reindex(index, fill_value=0).to_numpy(np.int64)


def _first(values: Any) -> NDArray[np.str_]:
    """Values to sort by, ``all`` ahead of everything."""
    return np.where(np.asarray(values, str) == ALL, "", np.asarray(values, str))
