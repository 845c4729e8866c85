"""What a detection gives: its tables and the evidence behind each patch, as frozen values."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from farmland import layers
from farmland.grid import Window

AROUND = 20
"""Pixels of a chip around its patch: 200 m of surroundings tell a yard from a field."""


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
    onset: Chip | None = None
    """The first look from which the patch never fitted its past again; between the other two in
    time, on their stretch. None where it is one of them."""
    basic: BaseGeometry | None = None
    """Permanent basic farmland around the patch, as far as a map of it shows, in the CRS of the
    parcels; None where there is none or no layer tells."""


PICTURED = 1000
"""Patches that get pictures, the surest first: each has to be read from its scenes again."""


def surest(confidence: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows of the patches that get pictures, by the confidence (n,) of all."""
    return np.argsort(-confidence, kind="stable")[:PICTURED]


@dataclass(frozen=True, slots=True, eq=False)
class Greenness:
    """Highest NDVI of the farmland pixels of one place, before and after, packed."""

    UNSEEN: ClassVar[int] = 255
    """Instead of a number: no farmland, or never clear."""

    crs: str
    window: Window
    packed: bytes
    """Deflated ``images``."""

    @property
    def images(self) -> NDArray[np.uint8]:
        """Shape (2, height, width), before and after: whole hundredths of NDVI above -1."""
        plain = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        return plain.reshape(2, *self.window.shape)


NO_NDVI = np.iinfo(np.int16).min
"""NDVI of a look that was not used."""

NO_DATA, UNREAD = 255, 254
"""Instead of a clear share: no scene had data over the parcel; there was one, but it stayed
unreadable."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """What every look showed of every parcel; n = parcels, t = looks."""

    days: NDArray[np.datetime64]
    """(t,) ``datetime64[D]``, ascending."""
    cell: NDArray[np.int32]
    """(n,) parcels with the same number were compared with each other; -1 = not followed."""
    ndvi: NDArray[np.int16]
    """(n, t) median NDVI x 1e4 of the parcel's inner pixels; ``NO_NDVI`` = look not used."""
    clear: NDArray[np.uint8]
    """(n, t) percent of these pixels called clear; ``NO_DATA``, ``UNREAD``."""
    kept: NDArray[np.uint8]
    """(n, t) percent left after rescue and without haze and shadow; ``NO_DATA``, ``UNREAD``."""


@dataclass(frozen=True, slots=True)
class Test:
    """One thing that was tested of a patch."""

    name: str
    value: float | None
    """What was measured; None = could not be judged."""
    threshold: float | None
    """What decides, in the same unit; None where every amount counts."""
    odds: float | None
    """What it added to the confidence, log odds; None for a plain condition."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests said of one patch."""

    tests: tuple[Test, ...]
    numbers: Mapping[str, float | None]
    """What the tests were reckoned from, by name."""
    kinds: tuple[str, ...]
    """Kinds of evidence that speak for a change on their own."""
    believed: Mapping[str, float]
    """Belief in each cover, adding up to 1."""


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The strongest patch of a parcel that was weighed and is not listed."""

    parcel_id: str
    pixels: int
    since: str
    """First look from which it never fitted its past, ``YYYY-MM-DD``."""
    verdict: Verdict


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
    overlay: gpd.GeoDataFrame
    """One row per part of a patch on one kind of land; the parts of a patch partition it."""
    accounts: pd.DataFrame
    """Suspected outflow of cultivated land by place and item."""
    cases: gpd.GeoDataFrame = field(default_factory=partial(layers.empty, layers.CASES))
    """What inspectors found: one row per patch somebody has been to, some of them gone since."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """By patch id."""
    dismissed: tuple[Dismissal, ...] = ()
    """By parcel, those that have one."""
    series: Series | None = None
    """None where it was not asked for or not kept."""
    greenness: tuple[Greenness, ...] = ()
    """Place by place; empty in a result that was read back, whose rasters lie beside it."""

    @property
    def outflow(self) -> gpd.GeoDataFrame:
        """The rows of ``conversions`` that left grain land: another crop on a field is none."""
        return self.conversions[self.conversions["cover"] != "crop"]

    @property
    def outflow_parts(self) -> gpd.GeoDataFrame:
        """The rows of ``overlay`` of these patches."""
        return self.overlay[self.overlay["patch_id"].isin(self.outflow["patch_id"])]

    @property
    def pictured(self) -> frozenset[str]:
        """Patches that got pictures, as far as their scenes could be read."""
        found = self.outflow
        return frozenset(found["patch_id"].iloc[surest(found["confidence"].to_numpy(np.float64))])
