"""Findings, records and parcels made by hand, with numbers that are easy to follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry.base import BaseGeometry

from farmland import areas
from farmland.detect.cropping import Cropping
from farmland.detect.evidence import Evidence
from farmland.detect.findings import Finding, Record
from farmland.parcels import Parcels
from farmland.result import Curve

ZONE = "EPSG:32650"
DAY, A_DAY = np.datetime64("2023-09-11"), np.timedelta64(1, "D")

ODDS = {"base": -5.2, "novelty": 0.4, "unusual": 0.9, "latest": 0.4, "colour": 0.9, "tint": 1.0}
ODDS |= {"missing": 1.0, "peak": 0.8, "recent": 0.5, "even": 0.6, "rest": 1.0, "apart": 0.2}
ODDS |= {"lasting": 0.3, "inner": 1.4}

EVIDENCE = Evidence(
    looks=17,
    days=143,
    novelty=2.4,
    unusual=1.9,
    latest=2.2,
    colour=1.6,
    tint=1.4,
    missing=38.5,
    peak=0.13,
    recent=0.12,
    even=0.02,
    own_peak=0.71,
    neighbours_peak=0.66,
    rest=0.42,
    apart=3.1,
    inner=1.0,
    odds=ODDS,
    confidence=0.985,
)

RECORD = Record(
    row=0,
    pixels=60,
    full_pixels=32,
    imaged=True,
    seen_share=1.0,
    clear_history=80,
    clear_before=53,
    clear_after=29,
    history_days=1080,
    cropping=Cropping("wheat_maize", 6, 0.84),
    peak_before=0.81,
    peak_after=0.79,
)


def finding(row: int = 0, top: int = -400_006, left: int = 50_000, **changes: Any) -> Finding:
    """A confirmed patch of 3 x 4 pixels."""
    rows, columns = np.mgrid[top : top + 3, left : left + 4].reshape(2, -1).astype(np.int32)
    nothing = np.zeros(0, np.float32)
    made = Finding(
        row=row,
        crs=ZONE,
        rows=rows,
        columns=columns,
        first=(top + 1, left + 2),
        stage="confirmed",
        cover="built",
        believed={"built": 0.8, "earthwork": 0.2},
        ground={},
        cover_before="wheat_maize",
        date_from=DAY - 5 * A_DAY,
        date_to=DAY,
        confirmed_on=DAY + 50 * A_DAY,
        evidence=EVIDENCE,
        kinds=("novelty", "soil", "season", "rest"),
        clear_before=53,
        clear_after=29,
        day_before=DAY - 90 * A_DAY,
        day_after=DAY + 143 * A_DAY,
        curve=Curve(np.zeros(0, "datetime64[D]"), *[nothing] * 5),
        changed_before=False,
    )
    return replace(made, **changes)


def parcels(*shapes: BaseGeometry | None, crs: str = ZONE, **columns: list[Any]) -> Parcels:
    """A layer whose ids are P0, P1, ..."""
    ids = [f"P{n}" for n in range(len(shapes))]
    frame = gpd.GeoDataFrame({"parcel_id": ids, **columns}, geometry=list(shapes), crs=crs)
    return Parcels(
        frame=frame,
        area_m2=areas.ellipsoidal(frame.geometry),
        faults={},
        fault_rows={},
        notes=(),
        source="parcels.gpkg",
        layer="parcels",
        input_hash="0",
    )
