"""The plane of the map in the page: parcels and patches in few bytes, north up, squares square.

All places share one plane, the Mercator plane of web maps: a scale bar knows by how much it
stretches, and two counties on both sides of a zone edge fit side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np

from farmland.report import words
from farmland.report.clues import Clue
from farmland.report.compact import outlines, text_of
from farmland.result import Result

CRS = "EPSG:3857"

MOST_PARCELS = 150_000
"""Beyond this the map shows only parcels about which there is more to say than "stable"."""

FINE, COARSE = 1.0, 4.0
"""Metres by which outlines are simplified: a tenth of a pixel, and less than half of one."""

MANY = 20_000
"""Parcels from which on outlines are coarse: a screen shows no more."""

STATUSES = tuple(words.STATUS)


def drawn(result: Result) -> gpd.GeoDataFrame:
    """Parcels that the map shows: those with a shape, neighbours in the plane near in the table."""
    parcels = result.parcels[result.parcels.geometry.notna()]
    if len(parcels) > MOST_PARCELS:
        parcels = parcels[parcels["status"].isin({"confirmed", "candidate", "changed_before"})]
    parcels = parcels[["parcel_id", "status", parcels.geometry.name]]
    if parcels.empty:
        return parcels
    moved = parcels.to_crs(CRS)
    return moved.iloc[np.argsort(moved.geometry.hilbert_distance(), kind="stable")]


def shapes(
    parcels: gpd.GeoDataFrame, found: Sequence[Clue], crs_of_patches: Any
) -> dict[str, Any] | None:
    """Outlines of parcels and patches in the plane; None where there is nothing to show.

    Returns
    -------
    dict
        ``corner``: left and top in metres of the plane, the origin of all coordinates; ``parcels``
        and ``patches``: :func:`~farmland.report.compact.outlines`; ``status``: one byte a parcel,
        its place in ``STATUSES``, Base64.
    """
    patches = gpd.GeoSeries([clue.geometry for clue in found], crs=crs_of_patches).to_crs(CRS)
    bounds = np.array([table.total_bounds for table in (parcels, patches) if len(table)])
    if not len(bounds):
        return None
    corner = (float(np.floor(bounds[:, 0].min())), float(np.ceil(bounds[:, 3].max())))
    place = {name: number for number, name in enumerate(STATUSES)}
    status = np.array([place[name] for name in parcels["status"]], np.uint8)
    tolerance = COARSE if len(parcels) > MANY else FINE
    return {
        "corner": corner,
        "parcels": outlines(parcels.geometry.to_numpy(), corner, tolerance),
        "status": text_of(status.tobytes()),
        "patches": outlines(patches.to_numpy(), corner, FINE),
    }
