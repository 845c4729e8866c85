"""Findings as a layer: one row for each, with the place to look at."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from farmland.checks.finding import Found, objects, sentences
from farmland.parcels import Parcels

COLUMNS = ("kind", "severity", "parcel_id", "other_id", "area_m2", "words_en", "words_zh")
"""Columns of the layer, besides its geometry."""


def layer(parcels: Parcels, findings: tuple[Found, ...]) -> gpd.GeoDataFrame:
    """All findings in one table.

    Returns
    -------
    GeoDataFrame
        ``kind``, ``severity``, ``parcel_id`` and ``other_id`` (text, missing where there is none),
        ``area_m2`` (0.01 m², NaN where none is concerned), ``words_en``, ``words_zh``, and the
        place as geometry in the CRS of the layer: a point, an overlap, a hole, else the parcel.
    """
    ids = objects([*parcels.frame["parcel_id"], None])
    shapes = objects([*parcels.frame.geometry, None])
    tables = []
    for each in findings:
        places = np.where(shapely.is_missing(each.places), shapes[each.rows], each.places)
        said = sentences(each, ids)
        columns = (
            [each.kind.name] * len(each),
            [each.kind.severity] * len(each),
            ids[each.rows],
            ids[each.others],
            each.area_m2.round(2),
            [words.en for words in said],
            [words.zh for words in said],
        )
        table = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
        tables.append(gpd.GeoDataFrame(table, geometry=places, crs=parcels.frame.crs))
    if not tables:
        empty = pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
        return gpd.GeoDataFrame(empty, geometry=[], crs=parcels.frame.crs)
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=parcels.frame.crs)
