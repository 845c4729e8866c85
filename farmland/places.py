"""Administrative codes of China and what lies in what (DOMAIN 4).

A code is kept in its short form: 6 digits to the county (GB/T 2260), 9 to the township
(GB/T 10114), 12 to the village. No code is known in advance, for they change every year: names
come from a layer or a table of the user.

Not every county lies in a prefecture. Counties of the slot 90 and those of municipalities stand
directly under their province: on the level of prefectures they form one row that bears the code of
the province. In the same way everything that is not known down to a level forms a row of that
level with the code of the place above. So the rows of each level add up to the whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from farmland.parcels import Parcels

LEVELS = ("province", "prefecture", "county", "township", "village")

DIGITS = {"province": 2, "prefecture": 4, "county": 6, "township": 9, "village": 12}
"""How many digits of a code a level takes."""

LENGTHS = (2, 4, 6, 9, 12, 19)
"""19 digits: a village and seven digits of the owner's group (``ZLDWDM``)."""

MUNICIPALITIES = ("11", "12", "31", "50")
"""Beijing, Tianjin, Shanghai, Chongqing: the prefecture slot only rolls up their districts."""

DIRECT = "90"
"""Prefecture slot of counties that their province administers."""

EXACT = 10**15
"""Whole numbers below this are exact in a column of reals."""

CODE_FIELDS = ("ZLDWDM", "XZQDM", "QSDWDM")
"""Standard fields that say where a parcel lies, the best first."""

NAME_FIELDS = {"ZLDWDM": "ZLDWMC", "XZQDM": "XZQMC"}
"""The field of the name beside the field of a code; who owns land is not where it lies."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What a user has told of the places of a country."""

    names: Mapping[str, str] = field(default_factory=dict)
    """By code in its short form."""
    polygons: gpd.GeoDataFrame | None = None
    """Column ``code`` (short form) and a geometry; None where only names are known."""


def normal(value: Any) -> str | None:
    """A code in its short form, or None where the value is no code.

    Parameters
    ----------
    value : object
        Text or a number of 2, 4, 6, 9, 12 or 19 digits; zeros at the right mean a wider place.

    Returns
    -------
    str or None
        6 digits to the county, 9 for a township, 12 for a village.
    """
    if isinstance(value, float):
        value = int(value) if abs(value) < EXACT and value.is_integer() else ""
    digits = str(value).strip()
    if not re.fullmatch(r"[1-9][0-9]+", digits, re.ASCII) or len(digits) not in LENGTHS:
        return None
    full = digits[:12].ljust(12, "0")
    for length in (9, 6):
        if set(full[length:]) != {"0"}:
            return full[: length + 3]
    return full[:6]


def normals(values: Iterable[Any]) -> NDArray[np.object_]:
    """:func:`normal` of every value, ``""`` where there is no code; shape (n,)."""
    given = list(values)
    known = {value: normal(value) or "" for value in set(given)}
    return np.array([known[value] for value in given], object)


def level(code: str) -> str:
    """The level of a code in its short form; ``"all"`` for ``""``."""
    if not code:
        return "all"
    if len(code) > 6:
        return "township" if len(code) == 9 else "village"
    if code[4:] != "00":
        return "county"
    return "prefecture" if code[2:4] != "00" else "province"


def at(code: str, wanted: str) -> str:
    """The place of a level in which a code lies, or the nearest one above it.

    Parameters
    ----------
    code : str
        In its short form; ``""`` where nothing is known.
    wanted : str
        One of ``LEVELS``.

    Returns
    -------
    str
        A code in its short form, of the level ``wanted`` or of one above it.
    """
    kept = code[: DIGITS[wanted]].ljust(6, "0") if code else ""
    if wanted == "prefecture" and directly(code):
        return at(code, "province")
    if wanted == "township" and kept[6:] == "000":
        return kept[:6]
    return kept


def directly(code: str) -> bool:
    """Whether a place stands under its province without a prefecture between."""
    slot = code[2:4]
    return slot == DIRECT or (code[:2] in MUNICIPALITIES and slot not in {"", "00"})


def within(code: str, place: str) -> bool:
    """Whether a code is that of a place or of one in it."""
    return code[: DIGITS[level(place)]] == place[: DIGITS[level(place)]]


def parent(code: str, of_level: str, levels: Sequence[str] = LEVELS) -> tuple[str, str]:
    """Level and code of the row to which a row of a table with these levels belongs.

    The parent of a row of the widest level is the whole: ``("all", "")``.
    """
    place = levels.index(of_level)
    return (levels[place - 1], at(code, levels[place - 1])) if place else ("all", "")


def name_of(code: str, of_level: str, names: Mapping[str, str]) -> str:
    """What a row is called; a place without a known name is called by its code."""
    if not code:
        return "区划不明 (place not known)"
    if level(code) == of_level:
        return names.get(code, code)
    above = names.get(code, code)
    if of_level == "prefecture":
        return f"{above} 省直辖 (directly under the province)"
    return f"{above} 未细分 (not known further)"


def of_attributes(frame: pd.DataFrame, fields: Mapping[str, str]) -> NDArray[np.object_]:
    """Where each row lies by its own attributes.

    Parameters
    ----------
    frame : DataFrame
    fields : mapping
        Standard field name to the column that holds it (``Parcels.fields``).

    Returns
    -------
    ndarray of object, shape (n,)
        Codes in their short form, the longest that the row's fields tell, the better field where
        they are as long; ``""`` where none is told.
    """
    codes: NDArray[np.object_] = np.full(len(frame), "", object)
    for standard in CODE_FIELDS:
        if standard in fields:
            told = normals(frame[fields[standard]])
            longer = np.array([len(new) > len(old) for new, old in zip(told, codes, strict=True)])
            codes[longer] = told[longer]
    return codes


def of_location(shapes: gpd.GeoSeries, polygons: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Where each shape lies on the map of places.

    Parameters
    ----------
    shapes : GeoSeries, shape (n,)
        Polygons; a missing one lies nowhere.
    polygons : GeoDataFrame
        As in :class:`Places`, in any CRS.

    Returns
    -------
    ndarray of object, shape (n,)
        Code of the place that holds a point inside the shape, the longest where several do;
        ``""`` outside all of them.
    """
    codes: NDArray[np.object_] = np.full(len(shapes), "", object)
    inside = shapely.point_on_surface(np.asarray(shapes.array, object))
    points = gpd.GeoSeries(inside, crs=shapes.crs).to_crs(polygons.crs)
    point, place = shapely.STRtree(np.asarray(polygons.geometry.array, object)).query(
        np.asarray(points.array, object), predicate="intersects"
    )
    told = polygons["code"].to_numpy(object)[place]
    order = np.lexsort((told.astype(str), [len(code) for code in told], point))
    codes[point[order]] = told[order]
    return codes


def of_parcels(parcels: Parcels, known: Places) -> NDArray[np.object_]:
    """Where each parcel lies: by its own attributes, further down by its location.

    Parameters
    ----------
    parcels : Parcels
    known : Places

    Returns
    -------
    ndarray of object, shape (n,)
        Codes in their short form, ``""`` where nothing tells. The map of places speaks where the
        attributes tell nothing, and where it goes on within the place that they tell.
    """
    codes = of_attributes(pd.DataFrame(parcels.frame), parcels.fields)
    if known.polygons is None:
        return codes
    open_rows = np.flatnonzero([len(code) < DIGITS["village"] for code in codes])
    told = of_location(parcels.frame.geometry.iloc[open_rows], known.polygons)
    finer = [
        not old or (LEVELS.index(level(new or old)) > LEVELS.index(level(old)) and within(new, old))
        for new, old in zip(told, codes[open_rows], strict=True)
    ]
    codes[open_rows[finer]] = told[finer]
    return codes


def names_in(frame: pd.DataFrame, fields: Mapping[str, str]) -> dict[str, str]:
    """Names that a layer gives beside its codes, the most frequent one of each code."""
    heard: dict[str, Counter[str]] = {}
    for standard, beside in NAME_FIELDS.items():
        if standard in fields and beside in fields:
            pairs = frame[[fields[standard], fields[beside]]].dropna()
            for (given, name), count in Counter(pairs.itertuples(index=False, name=None)).items():
                code = _named(given)
                if code and str(name).strip():
                    heard.setdefault(code, Counter())[str(name).strip()] += count
    return {code: _most_frequent(names) for code, names in heard.items()}


def _most_frequent(names: Counter[str]) -> str:
    """The name heard most; of equally frequent ones the first by its characters."""
    return min(names, key=lambda name: (-names[name], name))


def _named(given: Any) -> str | None:
    """The place that a name beside a code is of; of 19 digits the last may mean a mere group."""
    digits = str(given).strip()
    return normal(given) if len(digits) < 19 or set(digits[12:]) == {"0"} else None


def levels_known(codes: Iterable[str]) -> tuple[str, ...]:
    """The levels of which at least one place is known, the widest first."""
    known = {level(at(code, wanted)) for code in set(codes) for wanted in LEVELS}
    return tuple(wanted for wanted in LEVELS if wanted in known)
