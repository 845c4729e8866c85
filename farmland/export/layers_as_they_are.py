"""The layers of a result under their own names, in a form that every format takes."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import pandas as pd

from farmland import layers
from farmland.delivery import Filled
from farmland.layers import LAYERS, Column, Layer
from farmland.result import Result
from farmland.rules import Words
from farmland.rules.profile import LENGTHS, Field, Table

FREE_REAL = 24
"""Characters of a real number of an input column, fifteen of them behind the point."""

GIVEN = Words("column of the parcels that were given", "输入地块的原有字段")


def tables(result: Result, *, redact: bool = False) -> tuple[Filled, ...]:
    """Every layer; under redaction without outlines and without the columns of the input."""
    return tuple(_filled(layer, _table(result, name), redact) for name, layer in LAYERS.items())


def run_table(run: Any) -> pd.DataFrame:
    """The run as rows of key and JSON text."""
    texts = [json.dumps(value, ensure_ascii=False) for value in run.values()]
    return pd.DataFrame({"key": list(run), "value": texts}, dtype=object)


def _table(result: Result, name: str) -> pd.DataFrame:
    """A layer of a result in the shape of its schema."""
    given = run_table(result.run) if name == "run" else getattr(result, name)
    return layers.coerce(LAYERS[name], given)


def _filled(layer: Layer, frame: pd.DataFrame, redact: bool) -> Filled:
    names = [str(name) for name in frame.columns if name != "geometry"]
    names = [name for name in names if name in layer.names or not redact]
    fields = tuple(
        _field(layer.column(name)) if name in layer.names else _given(name, frame[name])
        for name in names
    )
    shown = bool(layer.geometry) and not redact
    table = Table(layer.name, layer.name, shown, layer.title, fields)
    columns = {each.name: _plain(each, frame[each.name]) for each in fields}
    plain = pd.DataFrame(columns, index=frame.index)
    return Filled(table, gpd.GeoDataFrame(plain, geometry=frame.geometry) if shown else plain)


def _field(column: Column) -> Field:
    """The field of a column of ours."""
    length = {"text": 0, "int": 18, "real": 18}.get(column.kind) or LENGTHS.get(column.kind, 0)
    return Field(
        name=column.name,
        kind=column.kind,
        source=column.name,
        title=column.title,
        about=column.about,
        length=0 if column.kind == "text" else length,
        decimals=column.decimals,
    )


def _given(name: str, values: pd.Series[Any]) -> Field:
    """The field of a column that came with the parcels, by what it holds."""
    kind = _kind(values)
    length = {"text": 0, "int": 18, "real": FREE_REAL}.get(kind, LENGTHS[kind])
    about = Words(f"A {GIVEN.en}.", f"{GIVEN.zh}。")
    return Field(name, kind, name, Words(name, name), about, length, 15 * (kind == "real"))


def _kind(values: pd.Series[Any]) -> str:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return "moment"
    if values.dtype == "datetime64[s]":
        return "date"
    kind = values.dtype.kind
    if kind == "M":
        return "moment"
    if kind in "iub" and values.dtype != "uint64":
        return "int"
    return "real" if kind == "f" else "text"


def _plain(field: Field, values: pd.Series[Any]) -> pd.Series[Any]:
    """Values in the dtype of their kind, as they are."""
    if field.kind == "text":
        return pd.Series([layers.plain_text(each) for each in values], dtype=object)
    if field.kind == "int":
        return values.astype("Int64")
    if field.kind == "real":
        return values.astype("Float64").astype(float) if values.dtype != "float64" else values
    if field.kind == "moment":
        return pd.to_datetime(values, utc=True).astype("datetime64[ms, UTC]")
    return values
