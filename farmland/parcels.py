"""Parcels: the farmland a run is about, as one frozen value, checked and with ids as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from farmland.room import held_bytes
from farmland.rules import Words


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """A parcel layer as read: every input feature is one row, in input order."""

    frame: gpd.GeoDataFrame
    """``parcel_id`` (text, unique) first, then the kept input columns, then ``geometry``: polygons
    and multipolygons, valid and two-dimensional, ``None`` where unusable. RangeIndex; the CRS is
    that of the input."""
    area_m2: NDArray[np.float64]
    """Ellipsoidal area, shape (n,); NaN where there is no geometry."""
    faults: Mapping[str, int]
    """How often each kind of fault was met, by name; kinds that were not met are absent."""
    fault_rows: Mapping[str, NDArray[np.intp]]
    """Rows (counted from 0) of each fault that sits in rows."""
    notes: tuple[Words, ...]
    """What was assumed, repaired or left out, one sentence each."""
    source: str
    """Name of the file, without its folder."""
    layer: str
    input_hash: str
    """SHA-256 of ids and geometries (WKB), in hexadecimal."""
    kind: str = ""
    """What the layer was recognised as: ``pbf`` (permanent basic farmland), ``survey`` (land
    survey) or ``""``."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Standard field name (``DLBM``, ``KCXS``, ``ZLDWDM`` ...) to the column of ``frame`` that
    holds it, for those that were recognised."""
    as_given: Mapping[int, shapely.Geometry] = field(default_factory=dict)
    """Row (counted from 0) to its geometry before it was repaired or given up, without heights, in
    the CRS of ``frame``; the rows that are not here lie in ``frame`` as they were delivered."""

    def __len__(self) -> int:
        return len(self.frame)

    def with_outlines(self, shapes: gpd.GeoSeries) -> Parcels:
        """The same parcels with the objects of another layer as outlines, not held twice."""
        return replace(self, frame=self.frame.set_geometry(shapes))

    def needed_bytes(self, row_bytes: int) -> int:
        """What the table takes up in memory, about, with what is made of each row."""
        return held_bytes(self.frame) + row_bytes * len(self)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which rows have a geometry, shape (n,)."""
        return np.asarray(self.frame.geometry.notna(), np.bool_)
