"""What a detection gives: five tables and the evidence behind each patch, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland.grid import Window


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """NDVI of one patch look by look, with what it was compared with; arrays of length looks."""

    days: NDArray[np.datetime64]
    """Image dates (``datetime64[D]``), ascending."""
    ndvi: NDArray[np.float32]
    """Median NDVI of the patch's clear pixels; NaN where the look was not clear."""
    own_low: NDArray[np.float32]
    """Lower edge of the patch's own past at this season; NaN where there is none."""
    own_high: NDArray[np.float32]
    neighbours_low: NDArray[np.float32]
    """Lower quartile of the surrounding farmland on the same day; NaN where there is none."""
    neighbours_high: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """One true-colour cut-out around a patch."""

    item_id: str
    day: np.datetime64
    crs: str
    window: Window
    rgb: NDArray[np.uint8]
    """Shape (height, width, 3); before and after share one stretch; 0 where there is no data."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What an inspector looks at for one patch."""

    patch_id: str
    curve: Curve
    before: Chip | None
    after: Chip | None


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """Everything a run found. Column names, types and meanings: :mod:`farmland.layers`."""

    conversions: gpd.GeoDataFrame
    """One row per patch, geometry in the CRS of the parcels."""
    parcels: gpd.GeoDataFrame
    """One row per input parcel, in input order."""
    summary: pd.DataFrame
    scenes: gpd.GeoDataFrame
    """Footprints in WGS 84."""
    run: Mapping[str, Any]
    """Plan, versions, hashes, times: one JSON value per key."""
    evidence: Mapping[str, Evidence]
    """By patch id."""
