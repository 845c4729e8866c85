"""The table of cases in a result, and the states of its patches."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio

from farmland import layers
from farmland.io import geopackage
from farmland.io.drafts import replacing
from farmland.io.geopackage import qgis, wording
from farmland.layers import CASES, CONVERSIONS

SHAPE_FUNCTIONS = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")
"""The triggers of the spatial index name them, so SQLite wants them to be known."""


def earlier(path: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame] | None:
    """Patches and cases of the result at a path; None where there is none.

    Raises
    ------
    UnusableInput
        When the file is no result of ours, or open elsewhere.
    """
    if not path.exists():
        return None
    geopackage.check(path)
    patches = geopackage.read_layer(CONVERSIONS, path)
    there = CASES.name in {str(name) for name, _ in pyogrio.list_layers(path)}
    cases = geopackage.read_layer(CASES, path) if there else layers.empty(CASES, patches.crs)
    return patches, cases


def write(path: Path, cases: gpd.GeoDataFrame, states: Mapping[str, str]) -> None:
    """Replace the cases of a result and set states of patches; nothing else changes.

    The first cases also come into the saved project.

    Parameters
    ----------
    path : Path
        A result, replaced in one step.
    cases : GeoDataFrame
        In the shape of ``layers.CASES``.
    states : mapping
        ``status`` by patch id.

    Raises
    ------
    UnusableInput, Unreachable
        As :func:`farmland.io.geopackage.write`.
    """
    geopackage.check(path, needed=True)
    with replacing(path) as draft:
        shutil.copyfile(path, draft)
        first = CASES.name not in {str(name) for name, _ in pyogrio.list_layers(draft)}
        geopackage.write_layer(CASES, cases, draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            for name in SHAPE_FUNCTIONS:
                database.create_function(name, 1, _never)
            database.execute("BEGIN")
            wording.forget(database, CASES.name)
            for column in CASES.columns:
                wording.describe(database, CASES.name, column)
            language = qgis.language_of(database)
            qgis.add_style(database, CASES, language)
            if first:  # later, a project that somebody arranged stays as it is
                qgis.add_project(database, path, language)
            database.executemany(
                "UPDATE conversions SET status = ? WHERE patch_id = ?",
                [(state, patch) for patch, state in states.items()],
            )
            database.execute("COMMIT")


def _never(_: Any) -> None:
    """No geometry is touched, so no trigger asks."""
    raise ValueError("a geometry was changed")
