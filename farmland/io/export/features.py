"""Rows and shapes handed to GDAL: fields with their widths, nulls as nulls."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from farmland.delivery import Filled
from farmland.layers import plain_text

UTC_FLAG = 100
"""How OGR marks a moment as UTC (``OGRField.Date.TZFlag``)."""

SMALL = np.iinfo(np.int32)
"""A File GDB that any ArcGIS opens keeps longer whole numbers as reals."""

REMARKS = ("Field .* will be written as", "Attempt at writing a datetime")
"""What GDAL says of dates and long numbers in a File GDB, which has but one kind of moment."""

Values = NDArray[Any]
Missing = NDArray[np.bool_]


def append(filled: Filled, path: Path, driver: str, options: Mapping[str, str]) -> None:
    """Add a table to a file that holds many: first its fields, with their widths, then its rows.

    Text takes its width from an empty array of that width, as one with all rows would fill the
    memory.
    """
    names = [each.name for each in filled.table.fields]
    values, missing = _columns(filled)
    empty = [
        np.empty(0, f"U{each.length}") if each.kind == "text" and each.length else column[:0]
        for each, column in zip(filled.table.fields, values, strict=True)
    ]
    head = Filled(filled.table, filled.frame.iloc[:0])
    with warnings.catch_warnings():
        for remark in REMARKS:
            warnings.filterwarnings("ignore", remark, RuntimeWarning)
        _write(head, path, driver, names, empty, options=options, grow=path.exists())
        if len(filled.frame):
            _write(filled, path, driver, names, values, missing, grow=True)


def write(filled: Filled, path: Path, driver: str, options: Mapping[str, str]) -> None:
    """Write a table as a file of its own."""
    names = [each.name for each in filled.table.fields]
    values, missing = _columns(filled)
    _write(filled, path, driver, names, values, missing, options=options)


def write_shapes(filled: Filled, path: Path) -> None:
    """Write the shapes of a table as a shapefile, whose attributes are nothing but row numbers."""
    rows = np.arange(len(filled.frame), dtype=np.int32)
    _write(filled, path, "ESRI Shapefile", ["row"], [rows])


def _columns(filled: Filled) -> tuple[list[Values], list[Missing]]:
    made = [_column(filled.frame[each.name], each.kind) for each in filled.table.fields]
    return [values for values, _ in made], [missing for _, missing in made]


def _column(series: pd.Series[Any], kind: str) -> tuple[Values, Missing]:
    """Values of a column as numpy knows them, and which are null."""
    missing = series.isna().to_numpy()
    if kind == "moment":
        return series.dt.tz_localize(None).to_numpy("datetime64[ms]"), missing
    if kind == "date":
        return series.to_numpy("datetime64[D]"), missing
    if kind == "int":
        whole = series.to_numpy(np.int64, na_value=0)
        small = bool(np.all((whole >= SMALL.min) & (whole <= SMALL.max)))
        return whole.astype(np.int32) if small else whole, missing
    if kind == "real":
        return series.to_numpy(np.float64, na_value=np.nan), missing
    texts = np.empty(len(series), object)
    texts[:] = [plain_text(value) for value in series]
    return texts, missing


def _write(
    filled: Filled,
    path: Path,
    driver: str,
    names: Sequence[str],
    values: Sequence[Values],
    missing: Sequence[Missing] | None = None,
    *,
    options: Mapping[str, str] | None = None,
    grow: bool = False,
) -> None:
    shown, rows = filled.table.geometry, len(filled.frame)
    moments = {each.name for each in filled.table.fields if each.kind == "moment"} & {*names}
    pyogrio.raw.write(
        path,
        shapely.to_wkb(filled.frame.geometry.to_numpy()) if shown else None,
        list(values),
        list(names),
        field_mask=None if missing is None else list(missing),
        layer=filled.table.name,
        driver=driver,
        geometry_type="MultiPolygon" if shown else None,
        crs=_crs(filled.frame.crs) if shown else None,
        append=grow,
        gdal_tz_offsets={name: np.full(rows, UTC_FLAG, np.int8) for name in moments},
        dataset_options={"VERSION": "1.3"} if driver == "GPKG" and not grow else {},
        layer_options=dict(options or {}),
    )


def _crs(crs: Any) -> str | None:
    """A code where the CRS has one, else its full text."""
    if crs is None:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())
