"""From findings to the tables of a result: geometry, areas, classes, words, sums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from farmland import areas, layers, portions
from farmland.detect.findings import Finding, Record
from farmland.parcels import Parcels
from farmland.rules import Rules
from farmland.scene import Scene
from farmland.tables import reasons
from farmland.tiling import polygons
from farmland.tiling.tiles import Placed


def conversions(
    findings: Sequence[Finding],
    parcels: Parcels,
    placed: Mapping[int, Placed],
    shown: Sequence[tuple[str | None, str | None]],
    rules: Rules,
) -> gpd.GeoDataFrame:
    """One row per patch, ordered by parcel and patch.

    What the rules say of it (``rule``, ``policy_class``, ``land_code``) is null until it is known
    on what land it lies (:func:`farmland.land.clues.told`). ``placed`` by input row; ``shown``
    holds the item ids before and after of each finding.
    """
    layer = layers.CONVERSIONS
    if not findings:
        return layers.coerce(layer, layers.empty(layer, parcels.frame.crs))
    geometry = _geometry(findings, placed, parcels.frame.crs)
    area = areas.ellipsoidal(geometry)
    rows = [
        _patch_row(finding, float(size), parcels, pair, rules)
        for finding, size, pair in zip(findings, area, shown, strict=True)
    ]
    frame = gpd.GeoDataFrame(rows, geometry=geometry, crs=parcels.frame.crs)
    return layers.coerce(layer, frame)


def patch_id(finding: Finding, parcel_id: str) -> str:
    """First 12 hex digits of SHA-256 over parcel, zone and the pixel that changed first."""
    text = f"{parcel_id}|{finding.crs}|{finding.first[0]}|{finding.first[1]}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _geometry(findings: Sequence[Finding], placed: Mapping[int, Placed], crs: Any) -> gpd.GeoSeries:
    """Patch outlines in the CRS of the parcels: pixel squares, cut to the parcel."""
    shapes: list[BaseGeometry | None] = [None] * len(findings)
    for zone in sorted({finding.crs for finding in findings}):
        members = [n for n, finding in enumerate(findings) if finding.crs == zone]
        pixels = [(findings[n].rows, findings[n].columns) for n in members]
        fields = [placed[findings[n].row].geometry for n in members]
        inside = shapely.intersection(polygons.of_pixels(pixels), fields)
        moved = gpd.GeoSeries([_faces(shape) for shape in inside], crs=zone).to_crs(crs)
        for n, shape in zip(members, moved, strict=True):
            shapes[n] = shape
    return gpd.GeoSeries(shapes, crs=crs)


def _faces(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry: where a pixel only touches the parcel, a line is left."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


def _patch_row(
    finding: Finding,
    area: float,
    parcels: Parcels,
    shown: tuple[str | None, str | None],
    rules: Rules,
) -> dict[str, Any]:
    """One row of ``conversions`` without its geometry."""
    cover = rules.covers[finding.cover]
    parcel_id = str(parcels.frame["parcel_id"].iloc[finding.row])
    reason = reasons.of_patch(finding, cover)
    confidence = finding.evidence.confidence
    return {
        "patch_id": patch_id(finding, parcel_id),
        "parcel_id": parcel_id,
        "conversion": cover.conversion,
        "stage": finding.stage,
        "cover": cover.name,
        "cover_before": finding.cover_before,
        "date_from": finding.date_from,
        "date_to": finding.date_to,
        "confirmed_on": finding.confirmed_on,
        "area_m2": area,
        "area_mu": float(areas.mu(np.array([area]))[0]),
        "parcel_share": min(1.0, area / float(parcels.area_m2[finding.row])),
        "confidence": confidence,
        "level": level(confidence, area, rules),
        "clear_before": finding.clear_before,
        "clear_after": finding.clear_after,
        "scene_before": shown[0],
        "scene_after": shown[1],
        "reason": reason.en,
        "reason_zh": reason.zh,
        "status": "new",
    }


def level(confidence: float, area_m2: float, rules: Rules) -> str:
    """``high``, ``medium`` or ``low`` (DESIGN 4)."""
    detection = rules.detection
    if confidence >= detection.confirmed_confidence and area_m2 >= detection.high_area:
        return "high"
    return "medium" if confidence >= detection.medium_confidence else "low"


def parcel_table(
    parcels: Parcels,
    records: Mapping[int, Record],
    patches: gpd.GeoDataFrame,
    unread: Mapping[int, int],
    early: set[str],
    rules: Rules,
) -> gpd.GeoDataFrame:
    """One row per input parcel, in input order.

    ``records`` and ``unread`` (looks that stayed unread) by input row; ``early`` holds ids of
    patches whose onset lies before the period after.
    """
    converted = patches.groupby("parcel_id")["area_m2"].sum().to_dict()
    stages = _stages(patches, early)
    area_mu = areas.mu(parcels.area_m2)

    def told(row: int, name: str) -> dict[str, Any]:
        record, missing = records.get(row), unread.get(row, 0)
        state = status(record, stages.get(name, ""), missing, rules)
        reason = reasons.of_parcel(state, record, rules.detection, missing)
        return (
            {"parcel_id": name, "converted_m2": converted.get(name, 0.0)}
            | {"status": state, "reason": reason.en}
            | {"area_m2": parcels.area_m2[row], "area_mu": area_mu[row]}
            | (_of_record(record) if record is not None else {})
        )

    done = []
    for rows in portions.of_shapes(np.asarray(parcels.frame.geometry.array, object)):
        part = parcels.frame.iloc[rows].reset_index(drop=True)
        own = pd.DataFrame([told(n, name) for n, name in enumerate(part["parcel_id"], rows.start)])
        kept = part.drop(columns=["parcel_id", part.geometry.name])
        frame = gpd.GeoDataFrame(pd.concat([own, kept], axis=1), geometry=part.geometry)
        done.append(layers.coerce(layers.PARCELS, frame))
    whole: gpd.GeoDataFrame = pd.concat(done, ignore_index=True)
    return whole


def status(record: Record | None, stage: str, unread: int, rules: Rules) -> str:
    """The first status of DESIGN 4 that applies."""
    need = rules.detection
    if record is None:
        return "invalid_geometry"
    if not record.imaged and not unread:
        return "no_imagery"
    few = record.clear_history < need.history_looks or record.clear_after < need.after_looks
    if unread and few:
        return "unread"
    if stage in {"confirmed", "candidate"}:
        return stage
    if record.full_pixels < need.full_pixels:
        return "too_small"
    if few:
        return "too_few_looks"
    if not record.cropping.cropped:
        return "not_cropped"
    if stage:
        return stage
    return "unsettled_history" if record.history_days < need.history_days // 2 else "stable"


def _stages(patches: pd.DataFrame, early: set[str]) -> dict[str, str]:
    """Best stage among the patches of each parcel that has some."""
    best: dict[str, str] = {}
    for parcel, patch, stage in zip(
        patches["parcel_id"], patches["patch_id"], patches["stage"], strict=True
    ):
        if patch in early:
            best.setdefault(parcel, "changed_before")
        elif best.get(parcel) != "confirmed":
            best[parcel] = "confirmed" if stage == "confirmed" else "candidate"
    return best


def _of_record(record: Record) -> dict[str, Any]:
    """What detection told about a parcel, as columns of ``parcels``."""
    return {
        "full_pixels": record.full_pixels,
        "seen_share": record.seen_share,
        "clear_before": record.clear_before,
        "clear_after": record.clear_after,
        "cropping": record.cropping.name,
        "ndvi_peak_before": record.peak_before,
        "ndvi_peak_after": record.peak_after,
    }


def scenes(found: Iterable[Scene], facts: Mapping[str, Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """One row per scene, ascending; ``facts`` by item id fills what reading told."""
    rows = [
        {
            "item_id": scene.item_id,
            "collection": scene.collection,
            "platform": scene.platform,
            "datetime": scene.datetime,
            "tile": scene.tile,
            "solar_day": np.datetime64(scene.solar_day),
            "baseline": scene.baseline,
            **facts.get(scene.item_id, {}),
        }
        for scene in found
    ]
    footprints = [scene.footprint for scene in found]
    layer = layers.SCENES
    if not rows:
        return layers.coerce(layer, layers.empty(layer, "EPSG:4326"))
    return layers.coerce(layer, gpd.GeoDataFrame(rows, geometry=footprints, crs="EPSG:4326"))
