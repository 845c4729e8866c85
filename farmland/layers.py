"""The layers of a result as plain data: columns, kinds, rounding, words and coded values.

What the columns are stands in ``layers.toml``; here it becomes frozen values, and any table is
brought into that shape exactly once, when it is finished. Text from outside stays data: it is
never interpreted, only carried.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import GeometryType
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from farmland import rules
from farmland.rules import Words

ALL = Words("all", "全部")
"""Words of the value ``all`` in ``summary``."""

ROW_NUMBER, SHAPE = "fid", "geom"
"""Names a GeoPackage needs for itself; an input column of that name becomes ``in_<name>``."""

MONITORED = frozenset({"confirmed", "candidate", "changed_before", "stable"})
"""Statuses of parcels about which something could be said."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer."""

    name: str
    kind: str
    """``text``, ``date``, ``moment`` (UTC), ``real`` or ``int``; every kind may be null."""
    title: Words
    about: Words
    decimals: int
    """A real is rounded to so many decimals (areas 0.01 m2, shares and indices 1e-4)."""
    meanings: Mapping[str, Words]
    """Words of coded values; empty where the column is free text or a number."""
    closed: bool
    """Whether no other value than those can occur."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a result, or a table where ``geometry`` is empty."""

    name: str
    geometry: str
    """``"MultiPolygon"`` or ``""``."""
    title: Words
    about: Words
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order, geometry left out."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column called ``name``."""
        return next(column for column in self.columns if column.name == name)


def empty(layer: Layer, crs: Any = None) -> pd.DataFrame:
    """A table of ``layer`` without rows; a GeoDataFrame in ``crs`` when it has a geometry."""
    frame = pd.DataFrame({name: [] for name in layer.names})
    if layer.geometry:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=crs))
    return coerce(layer, frame)


def words(layer: str, column: str, code: Any) -> Words:
    """What a coded value is called; a value without words is called by itself."""
    known = LAYERS[layer].column(column).meanings
    return known.get(code) or Words(str(code), str(code))


def coerce(layer: Layer, frame: pd.DataFrame) -> pd.DataFrame:
    """Bring a finished table into the shape of its layer; doing it twice changes nothing.

    Parameters
    ----------
    layer : Layer
    frame : DataFrame
        A GeoDataFrame where the layer has a geometry. A column of the layer that is missing is
        filled with nulls. ``parcels`` keeps further columns behind its own (``in_<name>`` where
        the name is taken, whatever its case); other layers have no further columns.

    Returns
    -------
    DataFrame or GeoDataFrame
        Columns in the order of the layer, RangeIndex. Text is ``object`` (str or None), dates
        ``datetime64[s]``, moments ``datetime64[ms, UTC]``, reals float64 (NaN is null) rounded
        half to even, ints ``Int64``. Geometry 2D MultiPolygon or None, column ``geometry``.

    Raises
    ------
    ValueError
        When a column holds something that is not of its kind, or a table has columns its layer
        does not know.
    """
    frame = frame.reset_index(drop=True)
    further = [name for name in _plain(frame) if name not in layer.names]
    if further and layer.name != "parcels":
        raise ValueError(f"layer {layer.name} has no column {', '.join(map(repr, further))}")
    columns = {column.name: _coerce(column, frame) for column in layer.columns}
    columns |= {name: frame[old] for name, old in zip(free_names(further), further, strict=True)}
    table = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    if not layer.geometry:
        return table
    shapes = gpd.GeoSeries(_multis(np.asarray(frame.geometry, object)), crs=frame.crs)
    shaped: pd.DataFrame = gpd.GeoDataFrame(table, geometry=shapes)
    return shaped


def free_names(further: Iterable[str]) -> list[str]:
    """Names for input columns that clash with none of ``parcels`` and none among themselves.

    SQLite and shapefile fields know no case, so ``Status`` clashes with ``status``.
    """
    taken = {name.casefold() for name in (*PARCELS.names, ROW_NUMBER, SHAPE, "geometry")}
    names = []
    for name in further:
        free = str(name).replace("\0", "") or "column"
        while free.casefold() in taken:
            free = f"in_{free}"
        taken.add(free.casefold())
        names.append(free)
    return names


def _plain(frame: pd.DataFrame) -> list[str]:
    """Names of the columns that are not the geometry."""
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    return [name for name in frame.columns if name != shape]


def _coerce(column: Column, frame: pd.DataFrame) -> pd.Series[Any]:
    """One column in the dtype of its kind."""
    given = frame[column.name] if column.name in frame else pd.Series([None] * len(frame))
    if column.kind == "text":
        return pd.Series([plain_text(value) for value in given], dtype=object)
    if column.kind == "date":
        return pd.to_datetime(given).astype("datetime64[s]").dt.normalize()
    if column.kind == "moment":
        return pd.to_datetime(given, utc=True).astype("datetime64[ms, UTC]")
    numbers = pd.to_numeric(given)
    if column.kind == "int":
        return numbers.astype("Int64")
    reals = numbers.to_numpy(np.float64, na_value=np.nan)
    return pd.Series(np.round(reals, column.decimals) + 0.0)  # + 0.0: no negative zero


def plain_text(value: Any) -> str | None:
    """Any value as text a database can hold: no NUL, no lone surrogate; null stays None."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    text = str(value)
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    return text if text == clean else clean  # equal texts that are one object stay one


def _multis(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """The polygons of each shape in 2D; None where there is none."""
    flat = shapely.force_2d(shapes)
    single = (shapely.get_type_id(flat) == GeometryType.POLYGON) & ~shapely.is_empty(flat)
    out: NDArray[np.object_] = np.full(shapes.size, None, np.object_)
    for n in np.flatnonzero(~single):
        out[n] = _multi(flat[n])
    if single.any():
        out[single] = shapely.multipolygons(flat[single], indices=np.arange(single.sum()))
    return out


def _multi(shape: BaseGeometry | None) -> MultiPolygon | None:
    """The polygons of a shape; None where there is none."""
    if shape is None:
        return None
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = [part for part in parts if isinstance(part, Polygon) and not part.is_empty]
    return MultiPolygon(polygons) if polygons else None


def _read(section: str) -> dict[str, Layer]:
    """All layers of a section of ``layers.toml``."""
    text = resources.files("farmland").joinpath("layers.toml").read_text("utf-8")
    table = tomllib.loads(text)
    values = {name: _meanings(entry) for name, entry in table["values"].items()}
    values["cover"] = {name: cover.label for name, cover in rules.load("cn").covers.items()}
    return {
        name: Layer(
            name=name,
            geometry=entry["geometry"],
            title=Words(**entry["title"]),
            about=Words(**entry["about"]),
            columns=tuple(_column(key, item, values) for key, item in entry["columns"].items()),
        )
        for name, entry in table[section].items()
    }


def _meanings(entry: Mapping[str, Mapping[str, str]]) -> dict[str, Words]:
    return {code: Words(**words) for code, words in entry.items()}


def _column(
    name: str, entry: Mapping[str, Any], values: Mapping[str, Mapping[str, Words]]
) -> Column:
    meanings = dict(values[entry["values"]]) if "values" in entry else {}
    if entry.get("all"):
        meanings = {"all": ALL, **meanings}
    return Column(
        name=name,
        kind=entry["kind"],
        title=Words(entry["en"], entry["zh"]),
        about=Words(**entry["about"]),
        decimals=entry.get("decimals", 0),
        meanings=meanings,
        closed=entry.get("closed", False),
    )


LAYERS: Mapping[str, Layer] = _read("layers")
"""By name, in the order in which they stand in the file."""

FIELD: Mapping[str, Layer] = _read("field")

INSPECTION = FIELD["inspection"]
"""What goes into the field: a file of its own."""
CASES = FIELD["cases"]
"""What came back: a table of a result, once something was imported."""

CONVERSIONS = LAYERS["conversions"]
PARCELS = LAYERS["parcels"]
OVERLAY = LAYERS["overlay"]
SUMMARY = LAYERS["summary"]
ACCOUNTS = LAYERS["accounts"]
SCENES = LAYERS["scenes"]
RUN = LAYERS["run"]
