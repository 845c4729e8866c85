"""What layers of land tell of the ground under patches, and what the rules say of each part.

Permanent basic farmland is a geometry: the layer of it decides what lies inside. The class of the
land before is an attribute: the land survey tells it, else the parcel itself, else the layer of
permanent basic farmland (DOMAIN 0, item 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from farmland import areas, places
from farmland.land import overlay
from farmland.land.overlay import Pieces, Rows
from farmland.parcels import Parcels
from farmland.rules import Rules

MARKS = ("approved", "redline", "grain_zone")
"""Layers of which only the outlines count."""

LAND = ("pbf", "cultivated", "other", "unknown")
"""Kinds of land, the one that decides first where areas are equal."""

FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Years of data that can be meant."""

Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What each row of a layer tells of its ground, one entry more at the end: of no row."""

    ids: Texts
    """(n + 1,) text; None where not told, as in all others."""
    code: Texts
    """Land-use code (``DLBM``)."""
    cultivated: Texts
    """Whether that code is cultivated land; None also where the rules do not know it."""
    planting: Texts
    """Planting attribute (``ZZSXDM``)."""
    ridge: NDArray[np.float64]
    """Share of ridges (``KCXS``), 0 to 1; NaN where not told."""
    place: Texts
    """Administrative code in its short form; ``""`` where not told."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """One layer over the parcels, in their coordinates."""

    told: Told
    sheet: overlay.Sheet
    rows: Rows
    """(m,) row of ``told`` of each polygon of the sheet."""
    overlapping: int
    """Rows from which ground was taken because a row before them has it."""
    overlapping_m2: float
    """That ground."""


def told(parcels: Parcels, rules: Rules) -> Told:
    """What the rows of a layer tell by their attributes."""
    code = _texts(parcels, "DLBM")
    uses = rules.land.read(code, _texts(parcels, "DLMC"))
    cultivated = [uses[one].cultivated if one in uses else None for one in code]
    ridge = np.full(len(parcels), np.nan)
    if "KCXS" in parcels.fields:
        given = pd.to_numeric(parcels.frame[parcels.fields["KCXS"]], errors="coerce")
        ridge = given.to_numpy(np.float64, na_value=np.nan)
    return Told(
        ids=_with_none(parcels.frame["parcel_id"].to_numpy(object)),
        code=_with_none(code),
        cultivated=_with_none(np.array(cultivated, object)),
        planting=_with_none(_texts(parcels, "ZZSXDM")),
        ridge=np.append(np.where((ridge >= 0) & (ridge < 1), ridge, np.nan), np.nan),
        place=np.append(places.of_attributes(pd.DataFrame(parcels.frame), parcels.fields), ""),
    )


def told_of_places(codes: Texts) -> Told:
    """What the rows of a map of places tell: where they are, codes in their short form."""
    none = _with_none(np.full(codes.size, None, object))
    ridge = np.full(codes.size + 1, np.nan)
    return Told(none, none, none, none, ridge, np.append(codes, ""))


def laid(
    told_: Told, shapes: overlay.Shapes, near: overlay.Shapes, crs: CRS, workers: int
) -> Ground:
    """A layer ready to lie under what lies in ``near``.

    Parameters
    ----------
    told_ : Told
    shapes : ndarray of object, shape (n,)
        Geometry of its rows in ``crs``; None where there is none.
    near : ndarray of object
        Rows whose boxes meet none of these are left out.
    crs : CRS
    workers : int
        Threads.
    """
    rows = overlay.near(shapes, near)
    sheet, lost = overlay.sheet(shapes[rows], crs, workers)
    given, left = (
        areas.ellipsoidal(gpd.GeoSeries(each[lost], crs=crs))
        for each in (shapes[rows], sheet.shapes)
    )
    return Ground(told_, sheet, rows, lost.size, float((given - left).sum()))


def under(
    pieces: Pieces,
    grounds: Mapping[str, Ground],
    own: Told,
    rows: Rows,
    *,
    is_pbf: bool,
) -> pd.DataFrame:
    """What lies under every piece.

    Parameters
    ----------
    pieces : Pieces
        Cut along the layers of ``grounds``, in their order.
    grounds : mapping
        By kind: ``places``, ``pbf``, ``survey`` and those of ``MARKS``.
    own : Told
        What the parcels tell themselves.
    rows : ndarray of intp, shape (pieces,)
        Parcel of each piece.
    is_pbf : bool
        Whether the parcels are permanent basic farmland themselves; they count where no layer of
        it is given.

    Returns
    -------
    DataFrame
        The columns of the layer ``overlay`` from ``land`` to ``place_code``, ``pbf_id`` of this
        piece alone; null where nothing tells.
    """
    at = {
        kind: np.where(member < 0, -1, one.rows[member] if one.rows.size else -1)
        for (kind, one), member in zip(grounds.items(), pieces.within.T, strict=True)
    }
    sources = [(grounds[kind].told, at[kind]) for kind in ("survey",) if kind in at]
    sources += [(own, rows)]
    sources += [(grounds[kind].told, at[kind]) for kind in ("pbf",) if kind in at]
    where = [(grounds["places"].told, at["places"])] if "places" in at else []
    pbf, ids = _protected(at.get("pbf"), grounds, own, rows, is_pbf=is_pbf)
    class_ = _class(sources, rows.size)
    marks = {
        kind: (at[kind] >= 0).astype(float) if kind in at else np.full(rows.size, np.nan)
        for kind in MARKS
    }
    return pd.DataFrame(
        {
            "land": _land(pbf, class_["cultivated"].to_numpy(object)),
            "pbf": pbf,
            "pbf_id": ids,
            **{name: class_[name] for name in ("survey_code", "planting_code", "ridge_share")},
            **marks,
            "place_code": _place([*where, *sources], rows.size),
        }
    )


def base(
    parcels: Parcels, own: Told, grounds: Mapping[str, Ground], workers: int, *, is_pbf: bool
) -> dict[str, float]:
    """How much of the parcels is permanent basic farmland and cultivated land, without cutting.

    Returns
    -------
    dict
        ``area_m2``, ``pbf_m2``, ``cultivated_m2``: square metres on the ellipsoid; NaN where
        nothing tells. Where the survey has a hole, the class of the parcel itself counts.
    """
    area = np.nan_to_num(parcels.area_m2)
    shapes = np.asarray(parcels.frame.geometry.array, object)
    met = {
        kind: overlay.shared_m2(shapes, grounds[kind].sheet, parcels.frame.crs, workers)
        for kind in ("pbf", "survey")
        if kind in grounds
    }
    pbf = float(area.sum()) if is_pbf else np.nan
    if "pbf" in met:
        pbf = float(met["pbf"][2].sum())
    classed = _known(own.cultivated[:-1])
    farmed = np.array([one is True for one in own.cultivated[:-1]], bool)
    cultivated = float(area[farmed].sum()) if classed.any() else np.nan
    if "survey" in met:
        row, polygon, shared = met["survey"]
        ground = grounds["survey"]
        is_farmed = np.array([one is True for one in ground.told.cultivated], bool)
        left = np.maximum(0, area - np.bincount(row, shared, area.size))
        inside = is_farmed[ground.rows[polygon]] if polygon.size else np.zeros(0, bool)
        cultivated = float(shared[inside].sum() + left[farmed].sum())
    return {"area_m2": float(area.sum()), "pbf_m2": pbf, "cultivated_m2": cultivated}


def years(layer: Parcels) -> tuple[int, ...]:
    """The years of the data (``SJNF``), ascending; none where the layer does not tell."""
    if "SJNF" not in layer.fields:
        return ()
    given = pd.to_numeric(layer.frame[layer.fields["SJNF"]], errors="coerce").dropna()
    return tuple(sorted({int(year) for year in given.unique() if FIRST_YEAR <= year <= LAST_YEAR}))


def out_of_date(years: Sequence[int], patches: pd.DataFrame) -> tuple[int, int]:
    """How many patches changed before the year of a layer, and after the year that followed.

    A layer of a year is how things stood at its end, and a change is measured against what was in
    force before it.
    """
    if not years:
        return 0, 0
    changed = pd.DatetimeIndex(patches["date_to"]).year.to_numpy(np.float64)
    began = pd.DatetimeIndex(patches["date_from"].fillna(patches["date_to"])).year
    began_in = began.to_numpy(np.float64)
    return int((changed < max(years)).sum()), int((began_in > max(years) + 1).sum())


def _protected(
    member: Rows | None, grounds: Mapping[str, Ground], own: Told, rows: Rows, *, is_pbf: bool
) -> tuple[NDArray[np.float64], Texts]:
    """1, 0 or NaN (not known) for permanent basic farmland, and its id.

    A layer of it that was given counts instead of the parcels, which may be of another year.
    """
    if member is not None:
        return (member >= 0).astype(float), grounds["pbf"].told.ids[member]
    ids = own.ids[rows] if is_pbf else np.full(rows.size, None, object)
    return np.full(rows.size, 1.0 if is_pbf else np.nan), ids


def _class(sources: Sequence[tuple[Told, Rows]], size: int) -> pd.DataFrame:
    """Class, planting and ridges of the first source that knows the class, else that tells any."""
    code, planting = np.full(size, None, object), np.full(size, None, object)
    cultivated, ridge = np.full(size, None, object), np.full(size, np.nan)
    for by_class in (True, False):
        for source, row in sources:
            told_ = _known(source.code[row])
            if not by_class:
                told_ = _known(source.planting[row]) | ~np.isnan(source.ridge[row])
            free = told_ & ~_known(code) & ~_known(planting) & np.isnan(ridge)
            code[free], planting[free] = source.code[row[free]], source.planting[row[free]]
            cultivated[free], ridge[free] = source.cultivated[row[free]], source.ridge[row[free]]
    return pd.DataFrame(
        {
            "survey_code": code,
            "cultivated": cultivated,
            "planting_code": planting,
            "ridge_share": ridge,
        }
    )


def _land(pbf: NDArray[np.float64], cultivated: Texts) -> Texts:
    """One of ``LAND`` for each piece."""
    named = np.array([{True: "cultivated", False: "other"}.get(one, "unknown") for one in
                      cultivated], object)  # fmt: skip
    return np.where(pbf == 1, "pbf", named).astype(object)


def _place(sources: Sequence[tuple[Told, Rows]], size: int) -> Texts:
    """The longest code, of equally long ones that of the first source."""
    best: Texts = np.full(size, "", object)
    for source, row in sources:
        given = source.place[row]
        longer = np.array([len(new) > len(old) for new, old in zip(given, best, strict=True)], bool)
        best[longer] = given[longer]
    return np.array([code or None for code in best], object)


def _known(values: Texts) -> NDArray[np.bool_]:
    return np.array([value is not None for value in values], bool)


def _texts(parcels: Parcels, field: str) -> Texts:
    """A standard field as text without blanks; None where it is empty or absent."""
    if field not in parcels.fields:
        return np.full(len(parcels), None, object)
    given = parcels.frame[parcels.fields[field]]
    return np.array([None if pd.isna(one) else str(one).strip() or None for one in given], object)


def _with_none(values: Texts) -> Texts:
    return np.append(values, np.array([None], object))
