"""Write and read a result as one GeoPackage (OGC 12-128r17, version 1.3).

GDAL writes the features; what it does not know (words in two languages, default styles, the saved
QGIS project) is added through SQLite. Everything happens in a temporary folder beside the target,
which is replaced in one step: a reader sees the old file or the new one.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from farmland import layers, portions
from farmland.errors import UnusableInput
from farmland.io.drafts import replacing
from farmland.io.geopackage import evidence, qgis, wording
from farmland.layers import CASES, LAYERS, ROW_NUMBER, SHAPE, Layer
from farmland.result import Result

AT_ONCE = 500_000
"""Vertices that are written at a time."""

UTC_FLAG = 100
"""How OGR marks a moment as UTC (``OGRField.Date.TZFlag``)."""


def write(result: Result, path: str | Path, *, language: str = "zh") -> None:
    """Write the layers to ``path`` and the evidence into the folder of the same name.

    Parameters
    ----------
    result : Result
        Tables are brought into the shape of :mod:`farmland.layers`; rounding happens there.
    path : path
        ``X.gpkg``; an older result under this name is replaced in one step.
    language : {"zh", "en"}
        Language of the default styles and of the project; the other one is the second style.

    Raises
    ------
    UnusableInput
        When the folder is missing or not writable, when ``path`` is a folder or a file that is
        no result of ours, or when another program has it open.
    Unreachable
        When the disk is full.
    """
    target = Path(path)
    check(target)
    with replacing(target) as draft:
        evidence.write(result.evidence, target.with_suffix(""))
        for name, table in _tables(result).items():
            write_layer(LAYERS[name], table, draft)
        if len(result.cases):
            write_layer(CASES, result.cases, draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            database.execute("BEGIN")
            wording.add(database, [*LAYERS.values(), *([CASES] if len(result.cases) else [])])
            qgis.add_styles(database, language)
            qgis.add_project(database, target, language)
            database.execute("COMMIT")


def relink(path: str | Path) -> None:
    """Write the saved project again, after the file was renamed; nothing else changes.

    Raises
    ------
    UnusableInput, Unreachable
        As :func:`write`.
    """
    target = Path(path)
    check(target, needed=True)
    with replacing(target) as draft:
        shutil.copyfile(target, draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            database.execute("BEGIN")
            qgis.add_project(database, target, qgis.language_of(database))
            database.execute("COMMIT")


def read(path: str | Path) -> Result:
    """Read a result back, cell for cell as it was written, with the evidence beside it.

    Raises
    ------
    UnusableInput
        When there is no such file, or it is no result of ours.
    """
    source = Path(path)
    check(source, needed=True)
    present = {str(name) for name, _ in pyogrio.list_layers(source)}
    known = {**LAYERS, CASES.name: CASES}
    tables = {name: read_layer(known[name], source) for name in known.keys() & present}
    crs = tables["conversions"].crs
    for name in known.keys() - present:  # no case yet, or from before there was such a layer
        tables[name] = layers.empty(known[name], crs)
    run = tables["run"]
    return Result(
        conversions=tables["conversions"],
        parcels=tables["parcels"],
        summary=tables["summary"],
        scenes=tables["scenes"],
        run={key: json.loads(value) for key, value in zip(run["key"], run["value"], strict=True)},
        evidence=evidence.read(source.with_suffix("")),
        overlay=tables["overlay"],
        accounts=tables["accounts"],
        cases=tables["cases"],
    )


def _tables(result: Result) -> dict[str, Any]:
    """The tables of a result by their names."""
    run = pd.DataFrame(
        {
            "key": list(result.run),
            "value": [json.dumps(value, ensure_ascii=False) for value in result.run.values()],
        }
    )
    return {
        "conversions": result.conversions,
        "parcels": result.parcels,
        "overlay": result.overlay,
        "summary": result.summary,
        "accounts": result.accounts,
        "scenes": result.scenes,
        "run": run,
    }


def write_layer(layer: Layer, table: Any, path: Path) -> None:
    """Write one layer with GDAL, portion by portion, in the kinds the schema names.

    Other layers of the file stay, an older one of this name does not. The table is brought into
    the shape of its layer on the way, so that it is never held twice.
    """
    shapes = (
        np.asarray(table.geometry.array, object) if layer.geometry else np.full(len(table), None)
    )
    for number, rows in enumerate(portions.of_shapes(shapes, AT_ONCE)):
        _write(layer, layers.coerce(layer, table.iloc[rows]), path, append=number > 0)


def _write(layer: Layer, table: Any, path: Path, *, append: bool) -> None:
    """Write some rows of a layer, column by column; appended, or in place of an older layer."""
    names = [name for name in table.columns if name != "geometry"]
    columns = [_column(table[name]) for name in names]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(table.geometry.to_numpy()) if layer.geometry else None,
        [values for values, _ in columns],
        names,
        field_mask=[missing for _, missing in columns],
        layer=layer.name,
        driver="GPKG",
        geometry_type=layer.geometry or None,
        crs=_crs(table.crs) if layer.geometry else None,
        append=append,
        gdal_tz_offsets={
            name: np.full(len(table), UTC_FLAG, np.int8)
            for name in names
            if isinstance(table[name].dtype, pd.DatetimeTZDtype)
        },
        dataset_options={"VERSION": "1.3"},
        layer_options={
            "FID": ROW_NUMBER,
            "IDENTIFIER": f"{layer.title.zh} {layer.title.en}",
            "DESCRIPTION": f"{layer.about.zh} {layer.about.en}",
        }
        | ({"GEOMETRY_NAME": SHAPE} if layer.geometry else {}),
    )


def _column(series: pd.Series[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values of a column as numpy knows them, and which are null."""
    missing = series.isna().to_numpy()
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[ms]"), missing
    if series.dtype == "datetime64[s]":
        return series.to_numpy("datetime64[D]"), missing
    if series.dtype.kind == "M":
        return series.to_numpy("datetime64[ms]"), missing
    if series.dtype.kind in "iub" and series.dtype != "uint64":
        kind = np.bool_ if series.dtype.kind == "b" else np.int64
        return series.to_numpy(kind, na_value=0), missing
    if series.dtype.kind == "f":
        return series.to_numpy(np.float64, na_value=np.nan), missing
    texts = np.empty(len(series), object)
    texts[:] = [layers.plain_text(value) for value in series]
    return texts, missing


def _crs(crs: Any) -> str | None:
    """A code where the CRS has one, so that QGIS shows its name; else its full text."""
    if crs is None:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def read_layer(layer: Layer, path: Path) -> Any:
    """One layer of a result in the shape of its schema."""
    frame = pyogrio.read_dataframe(path, layer=layer.name, datetime_as_string=False)
    if layer.geometry:
        return layers.coerce(layer, gpd.GeoDataFrame(frame))
    return layers.coerce(layer, frame)


def check(path: Path, *, needed: bool = False) -> None:
    """Refuse a path that cannot be written, before any work is lost on it.

    Parameters
    ----------
    path : Path
        Where a result is to stand.
    needed : bool
        Whether a result must stand there already.

    Raises
    ------
    UnusableInput
        As :func:`write`.
    """
    if path.is_dir():
        raise UnusableInput(
            f"The output {path} is a folder: give the name of a file ending in .gpkg.",
            f"输出 {path} 是文件夹：请给出以 .gpkg 结尾的文件名。",
        )
    if not path.parent.is_dir():
        raise UnusableInput(
            f"The folder {path.parent} of the output does not exist: make it or give another.",
            f"输出所在文件夹 {path.parent} 不存在：请先建立或换一个。",
        )
    if path.exists():
        _check_existing(path)
    elif needed:
        raise UnusableInput(
            f"There is no file {path}: give a GeoPackage that farmland wrote.",
            f"文件 {path} 不存在：请给出 farmland 写出的 GeoPackage。",
        )


def _check_existing(path: Path) -> None:
    """Refuse a file that is not ours or that another program has open.

    Leaving WAL needs the file to oneself, so it finds QGIS too, which opens GeoPackages in WAL
    mode and holds no other lock while idle. It also clears side files that would outlive us.
    """
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
            ours = database.execute(
                "SELECT count(*) FROM sqlite_master WHERE name IN (?, ?)", ("conversions", "run")
            ).fetchone()[0]
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("ROLLBACK")
    except sqlite3.OperationalError as fault:
        raise _open_elsewhere(path) from fault
    except sqlite3.DatabaseError:
        ours = 0
    if ours < 2:
        raise UnusableInput(
            f"The file {path} exists and is no result of farmland: give another name.",
            f"文件 {path} 已存在且不是 farmland 的结果：请换一个名称。",
        )


def _open_elsewhere(path: Path) -> UnusableInput:
    return UnusableInput(
        f"The file {path} is open in another program such as QGIS: close it there and run again.",
        f"文件 {path} 正被其他程序（如 QGIS）打开：请关闭后重试。",
    )
