"""Vector files of any kind read as delivered, with their text decoded."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from farmland.errors import UnusableInput, WrongUsage
from farmland.io.parcels.datasets import OPEN_OPTIONS, PARQUET, Source, find, no_vectors
from farmland.rules import Words

UNDECLARED = "ISO-8859-1"
"""What GDAL assumes for a shapefile that says nothing, or nothing true, about its text."""

CHINESE_SHARE = 0.5
"""Of the characters beyond ASCII, the share in GB 2312 that makes decoded text Chinese. Western
text read as GB 18030 gives rare characters and mixed pairs instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A layer as delivered."""

    frame: gpd.GeoDataFrame
    source: Source
    notes: tuple[Words, ...]
    """What the reader remarked."""


def open_layer(path: str | Path, layer: str = "", encoding: str = "") -> Features:
    """Read the layer of a file that holds the parcels.

    Parameters
    ----------
    path
        A vector file, a ``.gdb`` folder, a folder of shapefiles, or a zip archive of any of these.
    layer
        Name of the layer; ``""``: the one that is meant (:mod:`farmland.io.parcels.datasets`).
    encoding
        Of the text in a shapefile; ``""``: declared, else UTF-8 where valid, else GB 18030.

    Raises
    ------
    WrongUsage
        When there is no such file, or no such layer.
    UnusableInput
        When the file is no vector file, is damaged, or has text in another encoding.
    """
    file = Path(path)
    if not file.exists():
        raise WrongUsage(
            f"There is no file {path}: check the path of the parcels.",
            f"文件 {path} 不存在：请检查地块文件的路径。",
        )
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            source = find(file, layer)
            frame = _read(source, encoding)
        except (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError) as fault:
            raise _damaged(file.name, fault) from fault
        except (OSError, ValueError, LookupError, ArithmeticError, zipfile.BadZipFile) as fault:
            raise _damaged(file.name, fault) from fault
    if not isinstance(frame, gpd.GeoDataFrame):
        raise no_vectors(file.name)
    for name in frame.columns[[pd.api.types.is_object_dtype(kind) for kind in frame.dtypes]]:
        frame[name] = frame[name].map(_flat, na_action="ignore")
    remarks = dict.fromkeys(
        str(entry.message).rstrip(".")
        for entry in heard
        if not issubclass(entry.category, DeprecationWarning | FutureWarning)
    )
    notes = tuple(Words(f"Reader: {text}.", f"读取提示：{text}。") for text in remarks)
    return Features(frame, source, notes)


def text_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that may hold text, of the dtype object or str."""
    return [
        str(name)
        for name, kind in frame.dtypes.items()
        if pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind)
    ]


def whole_numbers(source: Source, field: str) -> list[str | None]:
    """One field of whole numbers as text; a table with gaps would hold them as reals."""
    column, layer = (name.replace('"', '\\"') for name in (field, source.layer))
    table = pyogrio.read_dataframe(
        source.dataset,
        sql=f'SELECT CAST("{column}" AS CHARACTER(40)) AS id FROM "{layer}"',  # noqa: S608
        sql_dialect="OGRSQL",
        read_geometry=False,
        **OPEN_OPTIONS.get(source.suffix, {}),
    )
    return [None if pd.isna(value) else str(value) for value in table["id"]]


def _read(source: Source, encoding: str) -> Any:
    """The features of one layer; a plain table where it has no geometry."""
    if source.suffix in PARQUET:
        return _read_parquet(source)
    if source.suffix == ".shp":
        return _read_shapefile(source, encoding)
    return _read_layer(source, None)


def _read_layer(source: Source, encoding: str | None) -> Any:
    return pyogrio.read_dataframe(
        source.dataset,
        layer=source.layer,
        encoding=encoding,
        on_invalid="ignore",
        **OPEN_OPTIONS.get(source.suffix, {}),
    )


def _read_shapefile(source: Source, encoding: str) -> Any:
    """A shapefile in the encoding that is given, declared or found (DOMAIN 3.5)."""
    if encoding:
        attempts = [encoding]
    else:
        declared = pyogrio.read_info(source.dataset, layer=source.layer)["encoding"]
        attempts = [*({declared} - {UNDECLARED}), "UTF-8", "GB18030"]
    for attempt in attempts:
        frame = _decoded(source, attempt)
        if frame is not None and (encoding or attempt != "GB18030" or _is_chinese(frame)):
            return frame
    if not encoding:
        return _read_layer(source, UNDECLARED)
    raise UnusableInput(
        f"The text of {source.layer} is not in {encoding}: give its true --encoding, such as GBK.",
        f"{source.layer} 的文字不是 {encoding} 编码：请用 --encoding 给出正确的编码，如 GBK。",
    )


def _decoded(source: Source, encoding: str) -> Any | None:
    """The layer with its text in ``encoding``; ``None`` when it is not."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*couldn't be converted")
        try:
            return _read_layer(source, encoding)
        except (UnicodeDecodeError, LookupError):
            return None


def _is_chinese(frame: pd.DataFrame) -> bool:
    """Whether the characters beyond ASCII are mostly those of everyday Chinese."""
    texts = [str(name) for name in frame.columns]
    for name in text_columns(frame):
        texts += [text for text in frame[name].dropna().unique() if isinstance(text, str)]
    beyond = [character for text in texts for character in text if ord(character) > 127]
    everyday = sum(bool(character.encode("gb2312", "ignore")) for character in beyond)
    return everyday >= CHINESE_SHARE * len(beyond)


def _read_parquet(source: Source) -> gpd.GeoDataFrame:
    """GeoParquet, which GDAL's wheel cannot read."""
    file: Any = source.dataset
    if source.archive:
        with zipfile.ZipFile(source.archive) as archive:
            file = io.BytesIO(archive.read(source.dataset))
    try:
        frame = gpd.read_parquet(file)
    except ImportError as fault:
        raise UnusableInput(
            "Reading GeoParquet needs pyarrow: run pip install 'farmland[parquet]'.",
            "读取 GeoParquet 需要 pyarrow：请运行 pip install 'farmland[parquet]'。",
        ) from fault
    spare = [
        name for name in frame.select_dtypes("geometry").columns if name != frame.geometry.name
    ]
    frame = frame.drop(columns=spare).reset_index(drop=True)
    if frame.geometry.name != "geometry":
        frame = frame.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    return frame


def _flat(value: Any) -> Any:
    """A nested value as JSON text, bytes as hexadecimal text, any other as it is."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    nested = isinstance(value, dict | list)
    return json.dumps(value, ensure_ascii=False, default=str) if nested else value


def _damaged(name: str, fault: Exception) -> UnusableInput:
    return UnusableInput(
        f"{name} could not be read as a vector file ({fault}): open it in QGIS and save it again.",
        f"无法将 {name} 作为矢量文件读取（{fault}）：请在 QGIS 中打开并重新保存。",
    )
