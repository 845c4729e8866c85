"""Vector files of any kind read as delivered, with their text decoded."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from farmland.errors import UnusableInput, WrongUsage
from farmland.io.parcels import by_portions, coordinates
from farmland.io.parcels.by_portions import Fits
from farmland.io.parcels.datasets import (
    COORDINATES,
    OPEN_OPTIONS,
    PARQUET,
    UNDECLARED,
    Source,
    find,
    no_vectors,
)
from farmland.room import ENDLESS, Room, held_bytes
from farmland.rules import Words

CHINESE_SHARE = 0.5
"""Of the characters beyond ASCII, the share in GB 2312 that makes decoded text Chinese. Western
text read as GB 18030 gives rare characters and mixed pairs instead."""


CURVED = (".gpkg", ".gdb", ".gml", ".xml", ".csv")
"""Formats that can hold arcs."""

ARC_STEP = "1"
"""Degrees between the points that an arc becomes: the area of a disk is 5e-5 too small."""

CURVES = "('CURVEPOLYGON', 'MULTISURFACE', 'CIRCULARSTRING', 'COMPOUNDCURVE', 'MULTICURVE')"

FAULTS = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    GeometryError,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    zipfile.BadZipFile,
)
"""What reading a damaged file raises."""

_MEASURED = Words("Measures (M) of points were dropped.", "点的测量值（M）已忽略。")

pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": ARC_STEP})

Columns = Callable[[str], bool]
"""Tells whether a column is to be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A layer as delivered."""

    frame: gpd.GeoDataFrame
    source: Source
    unread: tuple[str, ...]
    """Columns that were left out."""
    curved: NDArray[np.intp]
    """Rows whose outline was made of arcs; they are straight now."""
    notes: tuple[Words, ...]
    """What was assumed, and what the reader remarked, without any value of the layer."""


def open_layer(
    path: str | Path,
    layer: str = "",
    encoding: str = "",
    wanted: Columns = lambda _: True,
    room: Room = ENDLESS,
) -> Features:
    """Read the layer of a file that holds the parcels.

    Parameters
    ----------
    path
        A vector file, a ``.gdb`` folder, a folder of shapefiles, or a zip archive of any of these.
    layer
        Name of the layer; ``""``: the one that is meant (:mod:`farmland.io.parcels.datasets`).
    encoding
        Of the text in a shapefile; ``""``: declared, else UTF-8 where valid, else GB 18030.
    wanted
        Of columns; the others are not read.
    room
        Memory that the layer may take.

    Raises
    ------
    WrongUsage
        When there is no such file, or no such layer; when it does not fit into memory; when
        ``encoding`` is given and it is no shapefile.
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
            fits = partial(room.hold, file.name)
            frame, unread = _read(source, encoding, wanted, fits, file.name)
            if not isinstance(frame, gpd.GeoDataFrame):
                raise no_vectors(file.name)
            curved = _curved(source, len(frame))
        except FAULTS as fault:  # its text may hold values: they are in no traceback either
            raise _damaged(file.name, fault) from None
    return Features(frame, source, unread, curved, (*source.notes, *_remarks(heard)))


def _remarks(heard: Iterable[warnings.WarningMessage]) -> tuple[Words, ...]:
    """What GDAL remarked, each once."""
    texts = dict.fromkeys(
        _without_values(str(entry.message)).rstrip(".")
        for entry in heard
        if not issubclass(entry.category, DeprecationWarning | FutureWarning)
    )
    return tuple(
        _MEASURED if "Measured (M)" in text else Words(f"Reader: {text}.", f"读取提示：{text}。")
        for text in texts
    )


def _without_values(text: str) -> str:
    """What a library says, without what may be a value or a coordinate of the layer."""
    return re.sub(r"""'[^']*'|"[^"]*"|`[^`']*'|[-+]?\d[\d.]{4,}""", "…", text)


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
    query = f'SELECT CAST("{column}" AS CHARACTER(40)) AS id FROM "{layer}"'  # noqa: S608
    table = _selected(source, query)
    return [None if pd.isna(value) else str(value) for value in table["id"]]


def _read(
    source: Source, encoding: str, wanted: Columns, fits: Fits, name: str
) -> tuple[Any, tuple[str, ...]]:
    """The features of one layer, a plain table where it has no geometry; and what was left out."""
    if encoding and source.suffix != ".shp":
        raise WrongUsage(
            f"{name} is no shapefile, whose text alone has an --encoding: leave --encoding out.",
            f"{name} 不是 Shapefile，无需 --encoding：请去掉该选项。",
        )
    if source.suffix in PARQUET:
        frame, unread = _without(_read_parquet(source), wanted)
        fits(len(frame), held_bytes(frame))
        return _compact(frame), unread
    if source.suffix == COORDINATES:
        return coordinates.read(_content(source), name), ()
    if source.suffix == ".shp":
        return _read_shapefile(source, encoding, wanted, fits)
    return _read_layer(source, None, wanted, fits)


def _without(frame: gpd.GeoDataFrame, wanted: Columns) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    unread = [str(name) for name in frame.columns if name != "geometry" and not wanted(str(name))]
    return frame.drop(columns=unread), tuple(unread)


def _read_layer(
    source: Source, encoding: str | None, wanted: Columns, fits: Fits
) -> tuple[Any, tuple[str, ...]]:
    """A layer by GDAL; columns that are not wanted are not even decoded."""
    options = OPEN_OPTIONS.get(source.suffix, {})
    about = pyogrio.read_info(source.dataset, layer=source.layer, encoding=encoding, **options)
    unread = tuple(str(name) for name in about["fields"] if not wanted(str(name)))
    take = partial(
        pyogrio.read_dataframe,
        source.dataset,
        layer=source.layer,
        encoding=encoding,
        columns=[name for name in about["fields"] if name not in unread] if unread else None,
        on_invalid="ignore",
        **options,
    )
    return by_portions.read(source, about, take, _compact, fits), unread


def _curved(source: Source, rows: int) -> NDArray[np.intp]:
    """Rows whose outline is made of arcs, which reading turns into short straight lines."""
    if source.suffix not in CURVED:
        return np.array([], np.intp)
    layer = source.layer.replace('"', '\\"')
    query = f'SELECT OGR_GEOMETRY AS kind FROM "{layer}"'  # noqa: S608
    if not len(_selected(source, f"{query} WHERE OGR_GEOMETRY IN {CURVES}")):
        return np.array([], np.intp)
    kinds = _selected(source, query)["kind"]
    straight = ~kinds.isin(CURVES.strip("()").replace("'", "").split(", "))
    return np.flatnonzero(~straight[:rows])


def _selected(source: Source, query: str) -> pd.DataFrame:
    """A table by the SQL of GDAL, which knows the true kind of each geometry."""
    table: pd.DataFrame = pyogrio.read_dataframe(
        source.dataset,
        sql=query,
        sql_dialect="OGRSQL",
        read_geometry=False,
        **OPEN_OPTIONS.get(source.suffix, {}),
    )
    return table


def _read_shapefile(
    source: Source, encoding: str, wanted: Columns, fits: Fits
) -> tuple[Any, tuple[str, ...]]:
    """A shapefile in the encoding that is given, declared or found (DOMAIN 3.5)."""
    known = (encoding,) if encoding else (*_declared(source), "UTF-8", "GB18030")
    for attempt in dict.fromkeys(known):
        read = _decoded(source, attempt, wanted, fits)
        if read is not None and (encoding or attempt != "GB18030" or _is_chinese(read[0])):
            return read
    if not encoding:
        frame, unread = _read_layer(source, UNDECLARED, wanted, fits)
        return _with_cut_names(frame), unread
    raise UnusableInput(
        f"The text of {source.layer} is not in {encoding}: give its true --encoding, such as GBK.",
        f"{source.layer} 的文字不是 {encoding} 编码：请用 --encoding 给出正确的编码，如 GBK。",
    )


def _declared(source: Source) -> Iterable[str]:
    """The encoding a shapefile states, if it states one."""
    try:
        encoding = str(pyogrio.read_info(source.dataset, layer=source.layer)["encoding"])
    except UnicodeDecodeError:
        return ()
    return () if encoding == UNDECLARED else (encoding,)


def _with_cut_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Text of UTF-8 or GBK that only the names of fields, cut within a character, kept unread.

    The text is one sign a byte; it stays so where it is neither.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            texts = {
                name: [
                    text.encode("latin1").decode(encoding) if isinstance(text, str) else text
                    for text in frame[name]
                ]
                for name in text_columns(frame)
            }
        except UnicodeError:
            continue
        names = {
            name: str(name).encode("latin1").decode(encoding, "ignore") for name in frame.columns
        }
        fixed = frame.assign(**texts).rename(columns=names)
        if fixed.columns.is_unique and (encoding == "utf-8" or _is_chinese(fixed)):
            return fixed
    return frame


def _decoded(
    source: Source, encoding: str, wanted: Columns, fits: Fits
) -> tuple[Any, tuple[str, ...]] | None:
    """The layer with its text in ``encoding``; ``None`` when it is not."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*couldn't be converted")
        try:
            return _read_layer(source, encoding, wanted, fits)
        except (UnicodeDecodeError, LookupError):
            return None


def _is_chinese(frame: pd.DataFrame) -> bool:
    """Whether the characters beyond ASCII are mostly those of everyday Chinese."""
    counts = Counter("".join(map(str, frame.columns)))
    for name in text_columns(frame):
        distinct = frame[name].dropna().unique().tolist()
        counts.update("".join(text for text in distinct if isinstance(text, str)))
    beyond = {sign: count for sign, count in counts.items() if ord(sign) > 127}
    everyday = sum(count for sign, count in beyond.items() if sign.encode("gb2312", "ignore"))
    return everyday >= CHINESE_SHARE * sum(beyond.values())


def _read_parquet(source: Source) -> gpd.GeoDataFrame:
    """GeoParquet, which GDAL's wheel cannot read."""
    try:
        frame = gpd.read_parquet(io.BytesIO(_content(source)) if source.archive else source.dataset)
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


def _content(source: Source) -> bytes:
    """The bytes of a file that GDAL does not read."""
    if not source.archive:
        return Path(source.dataset).read_bytes()
    with zipfile.ZipFile(source.archive) as archive:
        return archive.read(source.dataset)


def _compact(frame: pd.DataFrame) -> pd.DataFrame:
    """Nested values as text, and equal texts of a column as one object."""
    for name in text_columns(frame):
        values = frame[name]
        if pd.api.types.is_object_dtype(values):
            values = values.map(_flat, na_action="ignore")
        frame[name] = _shared(values)
    return frame


def _shared(values: pd.Series[Any]) -> pd.Series[Any]:
    """A column of texts with each different one held once; Arrow holds no objects at all."""
    arrow = getattr(values.dtype, "storage", "") == "pyarrow"
    if arrow or pd.api.types.infer_dtype(values, skipna=True) != "string":
        return values
    code, texts = pd.factorize(values)
    known = code >= 0
    shared = values.to_numpy(object, copy=True)
    shared[known] = np.asarray(texts, dtype=object)[code[known]]
    return pd.Series(shared, index=values.index, dtype=values.dtype)


def _flat(value: Any) -> Any:
    """A nested value as JSON text, bytes as hexadecimal text, any other as it is."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    nested = isinstance(value, dict | list)
    return json.dumps(value, ensure_ascii=False, default=str) if nested else value


def _damaged(name: str, fault: Exception) -> UnusableInput:
    said = _without_values(str(fault))
    return UnusableInput(
        f"{name} could not be read as a vector file ({said}): open it in QGIS and save it again.",
        f"无法将 {name} 作为矢量文件读取（{said}）：请在 QGIS 中打开并重新保存。",
    )
