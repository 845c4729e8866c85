"""What is wrong with a parcel layer, said so that its keeper can put it right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland.parcels import Parcels
from farmland.rules import Words

TINY_M2 = 800.0
"""Eight pixels of 10 m: a parcel below has too few for a verdict (DESIGN 4, ``too_small``)."""

AREA_DIFFERENCE = 0.10
"""Relative difference between the area in the table and the area of the geometry that is worth a
look; real county layers have some hundred such rows (DOMAIN 3.2)."""

AREA_FIELDS = ("YJJBNTTBMJ", "TBMJ", "JBNTMJ")
"""Gross areas of a whole geometry in square metres. Net areas (``YJJBNTMJ``, ``TBDLMJ``) lack what
is deducted and must differ."""

KINDS: Mapping[str, Words] = {
    "invalid_geometry": Words("no usable geometry", "图形不可用"),
    "null_geometry": Words("geometry missing", "图形缺失"),
    "empty_geometry": Words("geometry empty", "图形为空"),
    "not_finite": Words("coordinates are no numbers", "坐标不是数值"),
    "not_polygon": Words("not a polygon", "不是面"),
    "self_crossing": Words("crosses or touches itself", "自相交"),
    "repaired": Words("repaired", "已修复"),
    "three_dimensional": Words("has heights, which are dropped", "含高程，已忽略"),
    "duplicate_id": Words("id given before", "编号重复"),
    "missing_id": Words("no id", "编号缺失"),
    "personal_columns": Words(
        "columns with personal information, not read", "个人信息字段，未读取"
    ),
    "tiny": Words("under 800 m², too small for a verdict", "小于 800 平方米，难以判定"),
    "area_differs": Words(
        "area in the table differs by over 10 %", "属性面积与图形面积相差超过 10%"
    ),
}
"""Kinds of findings, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault and where it is."""

    kind: str
    words: Words
    count: int
    rows: tuple[int, ...]
    """Numbers of the rows, counted from 1; empty for faults of the whole layer."""
    ids: tuple[str, ...]


def check(parcels: Parcels) -> tuple[Finding, ...]:
    """Everything that is wrong with a layer, in the order of :data:`KINDS`."""
    rows = {
        **parcels.fault_rows,
        "tiny": np.flatnonzero(parcels.area_m2 < TINY_M2),
        "area_differs": _differing(parcels),
    }
    counts = {**parcels.faults, **{kind: len(where) for kind, where in rows.items()}}
    return tuple(
        _finding(parcels, kind, counts[kind], rows.get(kind, np.zeros(0, np.intp)))
        for kind in KINDS
        if counts.get(kind)
    )


def _finding(parcels: Parcels, kind: str, count: int, rows: NDArray[np.intp]) -> Finding:
    ids = parcels.frame["parcel_id"].iloc[rows]
    return Finding(kind, KINDS[kind], count, tuple(int(row) + 1 for row in rows), tuple(ids))


def _differing(parcels: Parcels) -> NDArray[np.intp]:
    """Rows whose area in the table is far from the ellipsoidal one."""
    columns = {str(name).upper(): name for name in parcels.frame.columns}
    field = next((columns[name] for name in AREA_FIELDS if name in columns), None)
    if field is None:
        return np.zeros(0, np.intp)
    stated = pd.to_numeric(parcels.frame[field], errors="coerce").to_numpy(np.float64)
    difference = np.abs(stated - parcels.area_m2) / parcels.area_m2
    return np.flatnonzero(difference > AREA_DIFFERENCE)
