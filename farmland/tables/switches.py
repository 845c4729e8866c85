"""Rows and words of fields of grain on which another crop grows: still cultivated, no outflow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from farmland import areas, layers, tables
from farmland.dates import spoken
from farmland.detect.crops import Switch
from farmland.detect.findings import Record
from farmland.grid import Window
from farmland.parcels import Parcels
from farmland.rules import Rules, Words
from farmland.tiling.tiles import Placed


@dataclass(frozen=True, slots=True)
class Field:
    """One parcel that is still cultivated, with another crop."""

    record: Record
    switch: Switch
    place: Placed

    @property
    def crs(self) -> str:
        """Its zone."""
        return self.place.crs

    @property
    def window(self) -> Window:
        """Where it lies in the zone-wide grid."""
        return self.place.window

    @property
    def day_before(self) -> np.datetime64:
        """The look to show from before."""
        return self.switch.date_from

    @property
    def day_after(self) -> np.datetime64:
        """The look to show from after."""
        return self.switch.last


def fields(
    records: Iterable[Record], placed: Mapping[int, Placed], parcels: gpd.GeoDataFrame
) -> tuple[Field, ...]:
    """The fields with another crop among the parcels that are watched and otherwise stable.

    ``placed`` by input row; ``parcels`` is the finished layer.
    """
    stable = (parcels["status"] == "stable").to_numpy()
    return tuple(
        Field(record, record.switch, placed[record.row])
        for record in sorted(records, key=lambda one: one.row)
        if record.switch is not None and stable[record.row]
    )


def conversions(
    found: Sequence[Field],
    parcels: Parcels,
    shown: Sequence[tuple[str | None, str | None]],
    rules: Rules,
) -> gpd.GeoDataFrame:
    """One row of ``conversions`` for each field, whole; never confirmed.

    ``shown`` holds the item ids before and after of each field.
    """
    layer = layers.CONVERSIONS
    if not found:
        return layers.coerce(layer, layers.empty(layer, parcels.frame.crs))
    rows = [_row(one, parcels, pair, rules) for one, pair in zip(found, shown, strict=True)]
    geometry = parcels.frame.geometry.iloc[[one.record.row for one in found]]
    frame = gpd.GeoDataFrame(rows, geometry=geometry.to_numpy(), crs=parcels.frame.crs)
    return layers.coerce(layer, frame)


def listed_with(patches: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer ``conversions``: patches of land that left grain, then fields with another crop."""
    if others.empty:
        return patches
    return layers.coerce(layers.CONVERSIONS, pd.concat([patches, others], ignore_index=True))


def told(parcels: gpd.GeoDataFrame, found: Sequence[Field]) -> gpd.GeoDataFrame:
    """The layer ``parcels`` with what grows now in the reason; the status stays."""
    reasons = parcels["reason"].tolist()
    for one in found:
        crop = layers.words("conversions", "cover_before", one.switch.crop).en
        row = one.record.row
        reasons[row] = f"{reasons[row][:-1]}; most like {crop} now, listed as another crop."
    return parcels.assign(reason=pd.Series(reasons, dtype=object))


def reason(switch: Switch) -> Words:
    """Say what grows where what grew, and how sure that is."""
    now = layers.words("conversions", "cover_before", switch.crop)
    before = layers.words("conversions", "cover_before", switch.before)
    until: date = switch.last.astype("datetime64[D]").item()
    if np.isnan(switch.other):
        why = f"{switch.cycles} short cycles"
        why_zh = f"{switch.cycles} 个短周期"
    else:
        why = f"misfit {switch.other:.2f} to its calendar"
        why_zh = f"与其物候历偏差 {switch.other:.2f}"
    return Words(
        f"On {switch.looks} looks in the twelve months to {until} the field is most like "
        f"{now.en} ({why}) where {before.en} grew; the nearest grain misfits by "
        f"{switch.grain:.2f}, in no year before by more than {switch.past:.2f}; the land is still "
        "cultivated and not counted as outflow; a clue to be verified in the field.",
        f"截至{spoken(until).zh}的十二个月内 {switch.looks} 次有效观测，"
        f"疑似改种{now.zh}（{why_zh}），此前为{before.zh}；"
        f"与最接近粮食作物的偏差为 {switch.grain:.2f}，往年不超过 {switch.past:.2f}；"
        "仍在耕种，不计入流出，需实地核实。",
    )


def _row(
    one: Field, parcels: Parcels, shown: tuple[str | None, str | None], rules: Rules
) -> dict[str, Any]:
    """One row of ``conversions`` without its geometry."""
    cover = rules.covers["crop"]
    row = one.record.row
    parcel_id = str(parcels.frame["parcel_id"].iloc[row])
    area = float(parcels.area_m2[row])
    said = reason(one.switch)
    return {
        "patch_id": _patch_id(one, parcel_id),
        "parcel_id": parcel_id,
        "conversion": cover.conversion,
        "stage": "candidate",
        "cover": cover.name,
        "cover_before": one.switch.before,
        "date_from": one.switch.date_from,
        "date_to": one.switch.date_to,
        "confirmed_on": None,
        "area_m2": area,
        "area_mu": float(areas.mu(np.array([area]))[0]),
        "parcel_share": 1.0,
        "confidence": one.switch.confidence,
        "level": tables.level(one.switch.confidence, area, rules),
        "clear_before": one.record.clear_before,
        "clear_after": one.record.clear_after,
        "scene_before": shown[0],
        "scene_after": shown[1],
        "reason": said.en,
        "reason_zh": said.zh,
        "status": "new",
    }


def _patch_id(one: Field, parcel_id: str) -> str:
    """As that of a patch, of the upper left pixel of the parcel, and of the crop."""
    place = f"{one.crs}|{one.window.row}|{one.window.column}"
    return hashlib.sha256(f"{parcel_id}|{place}|crop".encode()).hexdigest()[:12]
