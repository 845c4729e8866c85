"""Patches as plain values, in the order in which a reader wants them: most probable first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from farmland import palette
from farmland.result import Evidence
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
    area_mu: float
    parcel_share: float | None
    confidence: float
    level: str | None
    clear_before: int | None
    clear_after: int | None
    scene_before: str | None
    scene_after: str | None
    status: str | None
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

    @property
    def worth(self) -> float:
        """Square metres that a visit is expected to find changed."""
        return self.confidence * self.area_m2


def of(conversions: gpd.GeoDataFrame) -> tuple[Clue, ...]:
    """All patches: by probability, then by area, then by id."""
    rows = conversions.to_dict("records")
    clues = [_clue({key: _plain(value) for key, value in row.items()}) for row in rows]
    return tuple(sorted(clues, key=lambda clue: (-clue.confidence, -clue.area_m2, clue.patch_id)))


def by_worth(found: Iterable[Clue]) -> list[Clue]:
    """Patches most worth a visit first."""
    return sorted(found, key=lambda clue: (-clue.worth, clue.patch_id))


def outline(clue: Clue, given: Any, wanted: str) -> BaseGeometry:
    """The outline of a patch in another CRS."""
    return moved(clue.geometry, given, wanted)


def moved(shape: BaseGeometry, given: Any, wanted: str) -> BaseGeometry:
    """A shape in another CRS."""
    mover = _mover(str(given), wanted)

    def reckoned(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(mover.transform(points[:, 0], points[:, 1]))

    return shapely.transform(shape, reckoned)


def outlines(clue: Clue, item: Evidence | None, given: Any) -> dict[str, BaseGeometry]:
    """The outline of a patch in the CRS of each of its chips; nothing where there is none."""
    chips = (item.before, item.onset, item.after) if item else ()
    return {name: outline(clue, given, name) for name in {chip.crs for chip in chips if chip}}


@lru_cache(maxsize=16)
def _mover(given: str, wanted: str) -> Transformer:
    return Transformer.from_crs(given, wanted, always_xy=True)


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
