"""Patches as plain values, in the order in which a reader wants them: most probable first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from farmland import palette
from farmland.rules import Words


@dataclass(frozen=True, slots=True, eq=False)
class Clue:
    """One row of ``conversions``; null is None."""

    patch_id: str
    parcel_id: str
    conversion: str
    stage: str
    cover: str
    cover_before: str | None
    rule: str | None
    policy_class: str | None
    land_code: str | None
    date_from: date | None
    date_to: date | None
    confirmed_on: date | None
    area_m2: float
    parcel_share: float | None
    confidence: float
    level: str | None
    clear_before: int | None
    clear_after: int | None
    reason: Words
    geometry: BaseGeometry

    @property
    def colour(self) -> str:
        """Colour of its class, ``#RRGGBB``."""
        return palette.CLASSES[palette.class_of(self.conversion, self.cover)]

    @property
    def confirmed(self) -> bool:
        """Whether imagery confirmed it."""
        return self.stage == "confirmed"


def of(conversions: gpd.GeoDataFrame) -> tuple[Clue, ...]:
    """All patches: by probability, then by area, then by id."""
    rows = conversions.to_dict("records")
    clues = [_clue({key: _plain(value) for key, value in row.items()}) for row in rows]
    return tuple(sorted(clues, key=lambda clue: (-clue.confidence, -clue.area_m2, clue.patch_id)))


def _clue(row: dict[str, Any]) -> Clue:
    """One row as a value; fields have the names of their columns."""
    said = Words(row["reason"] or "", row["reason_zh"] or row["reason"] or "")
    taken = {name: row[name] for name in Clue.__dataclass_fields__ if name != "reason"}
    return Clue(**taken, reason=said)


def _plain(value: Any) -> Any:
    """A cell as plain Python: null is None, a day is a date."""
    if isinstance(value, BaseGeometry):
        return value
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
