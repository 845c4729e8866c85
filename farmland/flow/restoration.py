"""From layers of land and what was seen of parcels to how restorable land is used."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland import places
from farmland.detect import shapes
from farmland.flow.land import Given
from farmland.land import cadastre, overlay, restoration
from farmland.parcels import Parcels
from farmland.result import NO_NDVI, Result, Series
from farmland.rules import Rules


def told(
    result: Result, parcels: Parcels, given: Given, rules: Rules, workers: int, since: date
) -> list[dict[str, Any]]:
    """What the run tells of restorable land: :func:`farmland.land.restoration.table`.

    The survey that was given tells where it lies, else the parcels do by their own attributes.
    ``since`` is the first day of the period after.
    """
    survey = given.layers.get("survey")
    lying = _own(parcels, rules) if survey is None else _under(parcels, survey, rules, workers)
    if not len(lying) or result.series is None:
        return []
    codes = places.of_parcels(parcels, given.places).tolist()
    return restoration.table(lying, result.parcels, codes, _again(result.series, since))


def _own(parcels: Parcels, rules: Rules) -> pd.DataFrame:
    """Parcels that are restorable land by their own attributes."""
    planting = cadastre.told(parcels, rules).planting[:-1]
    rows = np.flatnonzero(np.isin(planting.astype(str), restoration.CODES))
    m2 = np.nan_to_num(parcels.area_m2[rows])
    return pd.DataFrame({"row": rows, "planting": planting[rows], "m2": m2})


def _under(parcels: Parcels, survey: Parcels, rules: Rules, workers: int) -> pd.DataFrame:
    """Restorable land of a survey under the parcels."""
    crs, own = parcels.frame.crs, np.asarray(parcels.frame.geometry.array, object)
    known = cadastre.told(survey, rules)
    marked = np.isin(known.planting[:-1].astype(str), restoration.CODES)
    outlines = np.asarray(survey.frame.geometry.to_crs(crs).array, object)
    ground = cadastre.laid(
        known, np.where(marked, outlines, np.array(None, object)), own, crs, workers
    )
    row, polygon, m2 = overlay.shared_m2(own, ground.sheet, crs, workers)
    planting = known.planting[ground.rows[polygon]] if polygon.size else np.empty(0, object)
    return pd.DataFrame({"row": row, "planting": planting, "m2": m2})


def _again(series: Series, since: date) -> NDArray[np.bool_]:
    """Whether each parcel had a crop cycle since a day."""
    late = series.ndvi[:, series.days >= np.datetime64(since)]
    ndvi = np.where(late == NO_NDVI, np.nan, late / 1e4).astype(np.float32)
    return np.asarray(shapes.cycle_counts(ndvi) > 0)
