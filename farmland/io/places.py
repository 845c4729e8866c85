"""Codes, names and outlines of places from a layer of the user, or codes and names from a CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np

from farmland import places
from farmland.errors import UnusableInput, WrongUsage
from farmland.io.parcels import crs as reference
from farmland.io.parcels import vectors
from farmland.io.parcels.polygons import mend
from farmland.places import Places

LAYERS = ("CJDCQ", "XZQ")
"""Village survey units and administrative areas of a survey database, the finer first."""

CODES = ("ZLDWDM", "XZQDM", "QSDWDM", "CODE")
"""Fields of a code, the first that a layer has."""

NAMES = {"ZLDWDM": "ZLDWMC", "XZQDM": "XZQMC", "QSDWDM": "QSDWMC", "CODE": "NAME"}
"""Field of the name beside the field of a code."""


def read(path: str | Path, layer: str = "") -> Places:
    """Read places from a vector file or a CSV ``code,name,level``.

    Parameters
    ----------
    path
        A vector file as parcels may be, with the fields ``XZQDM`` and ``XZQMC``, ``ZLDWDM`` and
        ``ZLDWMC``, or ``code`` and ``name``; or a CSV in UTF-8 or GB 18030, whose level is told
        by the code.
    layer
        Name of the layer; ``""``: ``CJDCQ`` and ``XZQ`` where the file has them, else the one
        that is meant. Names are taken from both, outlines from the first.

    Raises
    ------
    WrongUsage
        When there is no such file or layer.
    UnusableInput
        When it is no such file, or has no field of codes or no code of 2, 4, 6, 9, 12 or 19
        digits.
    """
    file = Path(path)
    if file.suffix.lower() == ".csv" and file.is_file():
        return Places(_table(file))
    layers = [_outlined(file, name) for name in _layers(file, layer)]
    named = {code: name for one in reversed(layers) for code, name in one.names.items()}
    return Places(named, layers[0].polygons)


def _layers(file: Path, layer: str) -> list[gpd.GeoDataFrame]:
    """The layer that is named, or the known ones of the file, or the one that is meant."""
    if layer:
        return [_settled(file, layer)]
    found = []
    for name in LAYERS if file.exists() else ():
        try:
            found.append(_settled(file, name))
        except WrongUsage:  # the file has no layer of that name
            continue
    return found or [_settled(file, "")]


def _settled(file: Path, layer: str) -> gpd.GeoDataFrame:
    """A layer with its coordinates put right."""
    return reference.settle(vectors.open_layer(file, layer).frame, "", file.name)[0]


def _outlined(file: Path, frame: gpd.GeoDataFrame) -> Places:
    """Codes, names and outlines of one layer; rows without code or polygon have no outline."""
    held = {str(name).upper(): str(name) for name in frame.columns}
    standard = next((name for name in CODES if name in held), None)
    if standard is None:
        raise _no_codes(file)
    column = held[standard]
    codes = frame[column].map(places.normal)
    shapes = mend(np.asarray(frame.geometry.array, object)).shapes
    whole = codes.notna().to_numpy() & np.array([shape is not None for shape in shapes])
    if not whole.any():
        raise _no_codes(file)
    outlines = gpd.GeoDataFrame(
        {"code": codes[whole].to_numpy(object)}, geometry=shapes[whole], crs=frame.crs
    )
    beside = held.get(NAMES[standard], "")
    fields = {"ZLDWDM": column, "ZLDWMC": beside}
    return Places(places.names_in(frame, fields) if beside else {}, outlines)


def _table(file: Path) -> Mapping[str, str]:
    """Names by code of a CSV."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    named = {}
    for row in csv.DictReader(text.splitlines()):
        known = {str(key).strip().lower(): value for key, value in row.items()}
        code, name = places.normal(known.get("code") or ""), known.get("name")
        if code and isinstance(name, str) and name.strip():
            named[code] = name.strip()
    if not named:
        raise _no_codes(file)
    return named


def _no_codes(file: Path) -> UnusableInput:
    return UnusableInput(
        f"{file.name} holds no administrative codes: give a layer with XZQDM and XZQMC or ZLDWDM "
        "and ZLDWMC, or a CSV with the columns code and name.",
        f"{file.name} 中没有行政区划代码：请给出含 XZQDM、XZQMC 或 ZLDWDM、ZLDWMC 的图层，"
        "或含 code、name 两列的 CSV。",
    )
