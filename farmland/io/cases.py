"""The table of cases in a result, and the states of its patches."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from farmland import layers
from farmland.io import geopackage
from farmland.io.drafts import replacing
from farmland.io.geopackage import wording
from farmland.layers import CASES

SHAPE_FUNCTIONS = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")
"""The triggers of the spatial index name them, so SQLite wants them to be known."""


def read(path: Path) -> pd.DataFrame:
    """Cases of a result in the shape of ``layers.CASES``; no rows where none was imported."""
    if CASES.name not in {str(name) for name, _ in pyogrio.list_layers(path)}:
        return layers.empty(CASES)
    frame = pyogrio.read_dataframe(path, layer=CASES.name, datetime_as_string=False)
    return layers.coerce(CASES, frame)


def write(path: Path, cases: pd.DataFrame, states: Mapping[str, str]) -> None:
    """Replace the cases of a result and set states of patches; nothing else changes.

    Parameters
    ----------
    path : Path
        A result, replaced in one step.
    cases : DataFrame
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
        new = CASES.name not in {str(name) for name, _ in pyogrio.list_layers(draft)}
        if new:
            geopackage.write_layer(CASES, layers.empty(CASES), draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            for name in SHAPE_FUNCTIONS:
                database.create_function(name, 1, _never)
            database.execute("BEGIN")
            for column in CASES.columns if new else ():
                wording.describe(database, CASES.name, column)
            _fill(database, cases)
            database.executemany(
                "UPDATE conversions SET status = ? WHERE patch_id = ?",
                [(state, patch) for patch, state in states.items()],
            )
            database.execute("COMMIT")


def _never(_: Any) -> None:
    """No geometry is touched, so no trigger asks."""
    raise ValueError("a geometry was changed")


def _fill(database: sqlite3.Connection, cases: pd.DataFrame) -> None:
    """Put the rows into the table instead of those it has."""
    database.execute("DELETE FROM cases")
    names = ", ".join(f'"{name}"' for name in CASES.names)
    places = ", ".join("?" for _ in CASES.names)
    database.executemany(
        f"INSERT INTO cases ({names}) VALUES ({places})",  # noqa: S608
        [
            [_cell(value, column.kind) for value, column in zip(row, CASES.columns, strict=True)]
            for row in cases.itertuples(index=False)
        ],
    )


def _cell(value: Any, kind: str) -> str | None:
    """A cell as the GeoPackage standard writes it."""
    if pd.isna(value):
        return None
    if kind == "date":
        return f"{value:%Y-%m-%d}"
    if kind == "moment":
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    return str(value)
