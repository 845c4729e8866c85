"""Parcels from a vector file: the right layer, ids as text, geometry mended, nothing personal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from farmland import areas, portions
from farmland.errors import UnusableInput, WrongUsage
from farmland.io.parcels import codes, datasets, ids, personal, vectors
from farmland.io.parcels import crs as reference
from farmland.io.parcels.polygons import Mended, Rows, mend
from farmland.layers import free_names
from farmland.parcels import Parcels
from farmland.room import ENDLESS, Room
from farmland.rules import Words
from farmland.rules.parcel_fields import standard


def read(
    path: str | Path,
    *,
    layer: str = "",
    id_field: str = "",
    field_map: Mapping[str, str] | None = None,
    crs: str = "",
    encoding: str = "",
    keep_columns: Sequence[str] = (),
    only: Collection[str] = (),
    room: Room = ENDLESS,
) -> Parcels:
    """Read a parcel layer, repair what can be repaired and count what was done.

    Parameters
    ----------
    path
        GeoPackage, File GDB, shapefile, GeoJSON, FlatGeobuf, GeoParquet or GML, also zipped.
    layer, id_field
        Names; ``""``: the layer that is meant; the first of ``parcel_id, YJJBNTTBBH, TBBH, BSM,
        id`` whose values are unique and complete, else the number of the feature.
    field_map
        Standard name to the name in this file, e.g. ``{"YJJBNTTBBH": "编号"}``.
    crs
        The CRS, when the file does not say it or says it wrong.
    encoding
        Of the text in a shapefile, when it is not found rightly.
    keep_columns
        Columns that stay although they look like personal information.
    only
        Standard fields to read beside ids, of a layer that is large and needed for little;
        none: all columns.
    room
        Memory that the layer may take.

    Raises
    ------
    WrongUsage
        When the file, the layer, a column or the CRS that was named does not exist, or the rows
        do not fit into memory.
    UnusableInput
        When the file is no vector file, its CRS cannot be told or must not be used, or no row has
        a usable geometry. A fault of a single row never stops a run.
    """
    name = Path(path).name
    named = {*keep_columns, *(field_map or {}).values(), id_field}
    allowed = personal.but(named)
    features = vectors.open_layer(path, layer, encoding, _wanted(allowed, only), room)
    refused = tuple(column for column in features.unread if not allowed(column))
    frame, crs_notes = reference.settle(features.frame, crs, name)
    frame = _renamed(frame, field_map or {}, name)
    frame, dropped, kept = _without_personal(frame, refused, id_field, keep_columns, name)
    identified = ids.identify(frame, id_field, features.source, name)
    frame, code_notes = codes.as_text(frame, features.source)
    notes = (*features.notes, *crs_notes, *_dropped(dropped, kept), *code_notes)
    return _parcels(frame, features, identified, dropped, (*notes, *identified.notes), name)


def _wanted(allowed: Callable[[str], bool], only: Collection[str]) -> Callable[[str], bool]:
    """Which columns to read: those that may be, and of them, where ``only`` says which, those."""
    if not only:
        return allowed
    known, named = standard(), {field.casefold() for field in ids.ID_FIELDS}
    return lambda column: (
        allowed(column)
        and (column.casefold() in named or not known.recognise([column]).keys().isdisjoint(only))
    )


def _parcels(
    frame: gpd.GeoDataFrame,
    features: vectors.Features,
    identified: ids.Ids,
    dropped: Sequence[str],
    notes: tuple[Words, ...],
    name: str,
) -> Parcels:
    """Mend and measure the geometry of a table, and put all that is known together."""
    with np.errstate(all="ignore"):  # coordinates such as 1e300 are a fault of their row
        mended = mend(np.asarray(frame.geometry.array, dtype=object))
        shapes, area_m2 = _measured(gpd.GeoSeries(mended.shapes, crs=frame.crs))
    if not shapes.notna().any():
        raise _nothing_left(name, len(frame))
    rows = _fault_rows({**mended.faults, **identified.faults, "curve": features.curved}, shapes)
    faults = {kind: len(where) for kind, where in rows.items()} | {"personal_columns": len(dropped)}
    table = _assembled(frame, identified, shapes)
    fields = standard().recognise(str(column) for column in table.columns)
    return Parcels(
        frame=table,
        area_m2=area_m2,
        faults={kind: count for kind, count in faults.items() if count},
        fault_rows={kind: where for kind, where in rows.items() if len(where)},
        notes=(*notes, *_repairs(faults, len(frame))),
        source=name,
        layer=features.source.layer,
        input_hash=_hash(identified.values, shapes),
        as_given=_as_given(mended, shapes),
        kind=_kind(features.source, fields),
        fields=fields,
    )


def _kind(source: datasets.Source, fields: Mapping[str, str]) -> str:
    """What a layer is, by its name, its fields, or the name of a file that holds nothing else."""
    known = standard()
    return known.kind(source.layer, fields) or known.kind(source.file, ())


def _renamed(frame: gpd.GeoDataFrame, field_map: Mapping[str, str], name: str) -> gpd.GeoDataFrame:
    """Columns under their standard names."""
    for wanted, given in field_map.items():
        if given not in frame.columns:
            raise ids.no_column(given, frame.columns, name, "--field-map")
        frame = frame.drop(columns=wanted, errors="ignore") if wanted != given else frame
        frame = frame.rename(columns={given: wanted})
    return frame


def _without_personal(
    frame: gpd.GeoDataFrame, unread: Sequence[str], id_field: str, keep: Sequence[str], name: str
) -> tuple[gpd.GeoDataFrame, tuple[str, ...], tuple[str, ...]]:
    """Drop the columns that hold personal information; which went, and which were to stay."""
    columns = (*frame.columns, *unread)
    named = {ids.column(columns, each, name, "--keep-columns") for each in keep}
    found = personal.personal_columns(pd.DataFrame(frame.drop(columns="geometry")))
    dropped = tuple(column for column in found if column not in named)
    if id_field in dropped:
        raise WrongUsage(
            f"--id-field {id_field} of {name} holds personal information, which is not kept: "
            "choose another column, or name it with --keep-columns too.",
            f"{name} 的 --id-field {id_field} 含个人信息，不予保留："
            "请改用其他字段，或同时用 --keep-columns 指明。",
        )
    kept = tuple(column for column in found if column in named)
    return frame.drop(columns=list(dropped)), (*unread, *dropped), kept


def _measured(shapes: gpd.GeoSeries) -> tuple[gpd.GeoSeries, NDArray[np.float64]]:
    """Shapes with a finite positive area, ``None`` for the others; and the areas."""
    area_m2 = areas.ellipsoidal(shapes)
    good = np.isfinite(area_m2) & (area_m2 > 0)
    return shapes.where(good, None), np.where(good, area_m2, np.nan)


def _as_given(mended: Mended, shapes: gpd.GeoSeries) -> dict[int, shapely.Geometry]:
    """The rows whose geometry was repaired or given up, and what they had."""
    lost = np.flatnonzero(shapes.isna() & ~shapely.is_missing(mended.shapes))
    return mended.as_given | {
        int(row): mended.shapes[row] for row in lost if row not in mended.as_given
    }


def _fault_rows(met: Mapping[str, Rows], shapes: gpd.GeoSeries) -> dict[str, Rows]:
    """Rows of every kind of fault; a row without a usable geometry was not repaired."""
    lost = np.flatnonzero(shapes.isna())
    return {**met, "invalid_geometry": lost, "repaired": np.setdiff1d(met["repaired"], lost)}


def _assembled(
    frame: gpd.GeoDataFrame, identified: ids.Ids, shapes: gpd.GeoSeries
) -> gpd.GeoDataFrame:
    """The table of a :class:`Parcels`: id, kept columns under free names, geometry."""
    kept = pd.DataFrame(frame.drop(columns="geometry")).reset_index(drop=True)
    kept = kept.drop(columns=[column for column in ("parcel_id",) if identified.field == column])
    kept.columns = free_names(map(str, kept.columns))
    kept.insert(0, "parcel_id", identified.values)
    return gpd.GeoDataFrame(kept, geometry=shapes.reset_index(drop=True), crs=frame.crs)


def _hash(values: list[str], shapes: gpd.GeoSeries) -> str:
    """SHA-256 over ids and geometries, row by row."""
    digest = hashlib.sha256()
    every = np.asarray(shapes.array, dtype=object)
    for rows in portions.of_shapes(every):
        blobs = shapely.to_wkb(every[rows], byte_order=1)
        pairs = zip(values[rows], blobs, strict=True)
        digest.update(b"".join(b"%b\0%b\0" % (name.encode(), at or b"") for name, at in pairs))
    return digest.hexdigest()


def _nothing_left(name: str, rows: int) -> UnusableInput:
    return UnusableInput(
        f"{name} has {rows} rows and no usable polygon among them: give a layer with parcels.",
        f"{name} 有 {rows} 行，但没有可用的面：请给出含地块的图层。",
    )


def _dropped(columns: Sequence[str], kept: Sequence[str]) -> tuple[Words, ...]:
    """Which columns with personal information were left out, and which were asked for."""
    notes = []
    if columns:
        notes.append(
            Words(
                f"Columns with personal information were not read: {', '.join(columns)}.",
                f"含个人信息的字段未读取：{'、'.join(columns)}。",
            )
        )
    if kept:
        notes.append(
            Words(
                f"Kept as asked, although they hold personal information: {', '.join(kept)}.",
                f"按要求保留含个人信息的字段：{'、'.join(kept)}。",
            )
        )
    return tuple(notes)


def _repairs(faults: Mapping[str, int], rows: int) -> tuple[Words, ...]:
    """What was done to geometries, in words."""
    repaired, invalid = faults["repaired"], faults["invalid_geometry"]
    flat, curved = faults["three_dimensional"], faults["curve"]
    notes = []
    if repaired:
        notes.append(
            Words(
                f"The geometry of {repaired} of {rows} parcels was repaired.",
                f"{rows} 个地块中有 {repaired} 个的图形已修复。",
            )
        )
    if invalid:
        notes.append(
            Words(
                f"{invalid} of {rows} parcels have no usable geometry (invalid_geometry).",
                f"{rows} 个地块中有 {invalid} 个没有可用图形（invalid_geometry）。",
            )
        )
    if flat:
        notes.append(
            Words(f"Heights of {flat} parcels were dropped.", f"{flat} 个地块的高程值已忽略。")
        )
    if curved:
        notes.append(
            Words(
                f"The outline of {curved} parcels was made of arcs: they were drawn with straight "
                "lines.",
                f"{curved} 个地块的边界含圆弧：已转为折线。",
            )
        )
    return tuple(notes)
