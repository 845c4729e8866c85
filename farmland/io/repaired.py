"""The repaired copy of a parcel layer, with what was found beside it; and findings as a list."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from farmland import portions
from farmland.errors import UnusableInput
from farmland.layers import free_names
from farmland.parcels import Parcels
from farmland.plain import in_csv

MEASURED = "measured_m2"
"""Column of the copy with the ellipsoidal area, beside what the table says."""

AT_ONCE = 500_000
"""Vertices that are written at a time."""


def write(parcels: Parcels, findings: gpd.GeoDataFrame, path: str | Path) -> None:
    """Write a GeoPackage with the layers ``parcels`` and ``findings``, in one step.

    ``parcels`` has the columns of the input under their own names, ``parcel_id`` and
    ``measured_m2``; the geometry is repaired, ``None`` where none could be used.

    Raises
    ------
    UnusableInput
        When the file cannot be written.
    """
    target = Path(path)
    draft = target.with_name(f".{target.stem}.{os.getpid()}.gpkg")
    copy = parcels.frame.rename(columns=_own_names(parcels))
    copy[MEASURED] = parcels.area_m2.round(2)
    try:
        _write(copy, draft, layer="parcels", geometry_type="MultiPolygon", promote_to_multi=True)
        _write(findings, draft, layer="findings", geometry_type="Unknown")
        draft.replace(target)
    except (OSError, ValueError, DataSourceError, DataLayerError) as fault:
        raise _not_written(target, fault) from fault
    finally:
        draft.unlink(missing_ok=True)


def _write(frame: gpd.GeoDataFrame, draft: Path, **options: Any) -> None:
    """Write a layer a portion at a time: GDAL is given every cell as an object of its own."""
    for rows in portions.of_shapes(np.asarray(frame.geometry.array, dtype=object), AT_ONCE):
        part = frame.iloc[rows]
        pyogrio.write_dataframe(part, draft, driver="GPKG", append=rows.start > 0, **options)


def write_list(findings: pd.DataFrame, path: str | Path) -> None:
    """Write findings without their places as CSV that spreadsheets open as it is meant.

    UTF-8 with a byte order mark; text that would be a formula is preceded by an apostrophe.

    Raises
    ------
    UnusableInput
        When the file cannot be written.
    """
    target = Path(path)
    table = pd.DataFrame(findings).drop(columns="geometry", errors="ignore")
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(table.columns)
    lines.writerows([_cell(value) for value in row] for row in table.itertuples(index=False))
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_text(text.getvalue(), "utf-8-sig", newline="")
        draft.replace(target)
    except OSError as fault:
        raise _not_written(target, fault) from fault
    finally:
        draft.unlink(missing_ok=True)


def _own_names(parcels: Parcels) -> dict[str, str]:
    """Columns that made way for ours, to the names they had, where those are free here."""
    columns = [str(name) for name in parcels.frame.columns]
    taken = {name.casefold() for name in columns} | {MEASURED, "fid"}
    own = {}
    for name in columns:
        before = name.removeprefix("in_")
        if before != name and free_names([before]) == [name] and before.casefold() not in taken:
            own[name] = before
        elif name.casefold() == MEASURED != name:
            own[name] = f"in_{name}"
    return own


def _cell(value: str | float | None) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.2f}" if isinstance(value, float) else in_csv(str(value))


def _not_written(path: Path, fault: Exception) -> UnusableInput:
    return UnusableInput(
        f"The file {path} could not be written ({fault}): give another name.",
        f"无法写入文件 {path}（{fault}）：请换一个名称。",
    )
