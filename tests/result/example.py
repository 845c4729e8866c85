"""A result made by hand, with names as bad as they come."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, box

from farmland import layers, rules
from farmland.accounting import accounts
from farmland.grid import Window
from farmland.result import Chip, Curve, Evidence, Result

CRS = "EPSG:4490"
ZONE = "EPSG:32650"
WEST, NORTH = 449_000, 4_040_000
NASTY = (
    "<script>alert(1)</script>",
    "'; DROP TABLE conversions; --",
    "=cmd|' /C calc'!A0\"",
    "3701021002070000123",
    "历城区/王舍人“一号地”&#x27;]]>",
    "[% @qgis_version %]{{ 7*7 }}",
)
STATUSES = (
    "stable", "stable", "stable", "stable", "stable", "stable", "stable", "too_small",
    "too_few_looks", "stable", "stable", "unsettled_history", "stable", "changed_before",
    "stable", "not_cropped", "stable", "no_imagery", "stable", "unread",
)  # fmt: skip
PATCHES = (
    ("built", "confirmed", "wheat_maize", 0.97),
    ("greenhouse", "confirmed", "wheat_maize", 0.93),
    ("pond", "candidate", "single_rice", 0.71),
    ("orchard", "confirmed", "wheat_maize", 0.91),
    ("abandoned", "candidate", "spring_crop", 0.55),
    ("road", "candidate", "wheat_maize", 0.66),
    ("unknown", "candidate", "vegetable", 0.48),
)
SENTENCE = (
    "NDVI stayed at {after:.2f} in {looks} looks since {day}, where its own past was {past:.2f} "
    "and its neighbours reached {near:.2f}."
)
SENTENCE_ZH = (
    "{day} 以来 {looks} 次观测 NDVI 保持在 {after:.2f}，自身历史同期为 {past:.2f}，"
    "周边耕地达到 {near:.2f}。"
)


def example_result(
    *, rows: int = 9, columns: int = 12, patches: bool = True, calibration: str = "uncalibrated"
) -> Result:
    """A small township: parcels in rows, some patches, bad names, one parcel without geometry."""
    random = np.random.default_rng(7)
    shapes = _fields(random, rows, columns)
    parcels = _parcels(random, shapes)
    found = _conversions(parcels, shapes) if patches else layers.empty(layers.CONVERSIONS, CRS)
    for row in found.itertuples():
        inside = parcels["parcel_id"] == row.parcel_id
        parcels.loc[inside, ["status", "converted_m2"]] = [row.stage, row.area_m2]
    metric = found.to_crs(ZONE).geometry
    evidence = {
        patch: replace(_evidence(random, patch, shape, index), basic=_basic(own, index))
        for index, (patch, shape, own) in enumerate(
            zip(found["patch_id"], metric, found.geometry, strict=True)
        )
    }
    return Result(
        conversions=found,
        parcels=parcels,
        summary=_summary(found, parcels),
        scenes=_scenes(random),
        run=_run(calibration),
        evidence=evidence,
        overlay=(overlay := _overlay(found)),
        accounts=_accounts(found, overlay),
    )


def visited(result: Result) -> Result:
    """The same after inspectors were at four of its patches, one of them with photographs."""
    there = result.conversions.iloc[[0, 2, 3, 5]]
    found = [
        (NASTY[0], "verified", "road", NASTY[4]), (None, "unclear", None, "进不去"),
        (None, "dismissed", "1104", None), (None, "closed", "building", NASTY[1]),
    ]  # fmt: skip
    rows = [
        {
            "patch_id": patch.patch_id, "parcel_id": patch.parcel_id, "cover": patch.cover,
            "verdict": verdict, "land_found": land, "reason": reason, "inspector": inspector,
            "inspected_on": date(2026, 6, 18), "note": None, "photos": None,
            "imported_at": datetime(2026, 6, 20, 1, 2, 3, tzinfo=UTC),
        }
        for patch, (inspector, verdict, land, reason) in zip(there.itertuples(), found, strict=True)
    ]  # fmt: skip
    names = [f"{rows[0]['patch_id']}_{number}.jpg" for number in (1, 2)]
    rows[0]["photos"] = json.dumps([{"name": name} for name in names])
    cases = gpd.GeoDataFrame(rows, geometry=list(there.geometry), crs=there.crs)
    return replace(result, cases=layers.coerce(layers.CASES, cases))


def _fields(random: np.random.Generator, rows: int, columns: int) -> list[Polygon]:
    """Field-like quadrangles in metres of the zone, a lane between every few of them."""
    shapes = []
    for row in range(rows):
        for column in range(columns):
            left = WEST + column * 105 + (column // 4) * 35
            top = NORTH - row * 78 - (row // 3) * 25
            corners = np.array([(left, top), (left + 99, top), (left + 99, top - 73),
                                (left, top - 73)])  # fmt: skip
            shapes.append(Polygon(corners + random.normal(0, 2.5, corners.shape)))
    turned = MultiPolygon(shapes)
    return list(affinity.rotate(turned, 8, origin=(WEST, NORTH)).geoms)


def _parcels(random: np.random.Generator, shapes: list[Polygon]) -> gpd.GeoDataFrame:
    count = len(shapes)
    metric = gpd.GeoSeries(shapes, crs=ZONE)
    status = [STATUSES[index % len(STATUSES)] for index in range(count)]
    status[-1] = "invalid_geometry"
    geometry = list(metric.to_crs(CRS))
    geometry[-1] = None
    area = metric.area.to_numpy().copy()
    area[-1] = np.nan
    names = [f"地块{index:04d}" for index in range(count)]
    names[: len(NASTY)] = NASTY
    looks = random.integers(14, 24, count)
    frame = pd.DataFrame(
        {
            "parcel_id": names,
            "status": status,
            "reason": [f"{code}: {looks[index]} clear looks" for index, code in enumerate(status)],
            "area_m2": area,
            "area_mu": area * 3 / 2000,
            "full_pixels": np.nan_to_num(area // 130),
            "seen_share": 1.0,
            "clear_before": looks + 20,
            "clear_after": looks,
            "cropping": "wheat_maize",
            "ndvi_peak_before": random.uniform(0.7, 0.9, count),
            "ndvi_peak_after": random.uniform(0.6, 0.9, count),
            "converted_m2": 0.0,
            "ZLDWMC": [NASTY[index % len(NASTY)] for index in range(count)],
            "TBMJ": area.round(1),
            "KCXS": random.integers(0, 100, count),
            "in_status": ["旧状态" if index % 2 else None for index in range(count)],
            "irrigated": random.integers(0, 2, count).astype(bool),
            "surveyed": pd.to_datetime(["2023-05-06T07:08:09"] * count),
        }
    )
    frame.loc[frame.index[-1], ["seen_share", "ndvi_peak_before", "ndvi_peak_after"]] = np.nan
    return layers.coerce(layers.PARCELS, gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS))


def _conversions(parcels: gpd.GeoDataFrame, shapes: list[Polygon]) -> gpd.GeoDataFrame:
    """Patches in parcels spread over the township; the first in the worst named parcel."""
    chosen = np.linspace(0, len(shapes) - 9, len(PATCHES)).astype(int)
    chosen[1], chosen[2] = 1, 4
    rows, geometry, cn = [], [], rules.load("cn")
    for index, (cover, stage, before, confidence) in enumerate(PATCHES):
        metric = _part(shapes[chosen[index]], index)
        day = date(2025, 3 + index, 7)
        area = metric.area
        numbers = {
            "after": 0.18, "looks": 9 + index, "day": day.isoformat(), "past": 0.74, "near": 0.71,
        }  # fmt: skip
        high = confidence >= 0.9 and area >= 1000
        rows.append(
            {
                "patch_id": f"{index * 7919 + 1:012x}",
                "parcel_id": parcels["parcel_id"][chosen[index]],
                "conversion": cn.covers[cover].conversion,
                "stage": stage,
                "cover": cover,
                "cover_before": before,
                "rule": f"cn:{cover}@{cn.version}",
                "policy_class": cn.covers[cover].policy_class,
                "land_code": cn.covers[cover].land_code,
                "date_from": date(2025, 2 + index, 20),
                "date_to": day,
                "confirmed_on": date(2025, 5 + index, 2) if stage == "confirmed" else None,
                "area_m2": area,
                "area_mu": area * 3 / 2000,
                "parcel_share": area / shapes[chosen[index]].area,
                "confidence": confidence,
                "level": "high" if high else "medium" if confidence >= 0.6 else "low",
                "clear_before": 41,
                "clear_after": 19,
                "scene_before": "S2B_50SPE_20250220_0_L2A",
                "scene_after": "S2A_50SPE_20251012_0_L2A",
                "reason": SENTENCE.format(**numbers),
                "reason_zh": SENTENCE_ZH.format(**numbers),
                "status": "new",
            }
        )
        geometry.append(metric)
    shapes_crs = gpd.GeoSeries(geometry, crs=ZONE).to_crs(CRS)
    return layers.coerce(layers.CONVERSIONS, gpd.GeoDataFrame(rows, geometry=list(shapes_crs),
                                                              crs=CRS))  # fmt: skip


def _overlay(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Each patch in an eastern and a western part: permanent basic farmland and a known class."""
    rows, geometry = [], []
    for number, patch in enumerate(found.itertuples()):
        left, bottom, right, top = patch.geometry.bounds
        middle = left + (right - left) * 0.7
        size = round(patch.area_m2 * 0.7, 2)
        for part, (land, code, area, cut) in enumerate(
            [
                ("pbf", "0102", size, box(left, bottom, middle, top)),
                (("cultivated", "other", "unknown")[number % 3], ("0103", "1104", None)[number % 3],
                 round(patch.area_m2 - size, 2), box(middle, bottom, right, top)),
            ],
            start=1,
        ):  # fmt: skip
            rows.append(
                {
                    "patch_id": patch.patch_id, "part": part, "land": land,
                    "pbf": int(land == "pbf"), "pbf_id": NASTY[3] if land == "pbf" else None,
                    "survey_code": code, "planting_code": "LS" if code == "0102" else None,
                    "ridge_share": 0.0825 if code == "0103" else None,
                    "approved": number % 2, "redline": None, "grain_zone": 0,
                    "place_code": "370112001002", "policy_class": patch.policy_class,
                    "rule": patch.rule, "legacy": 0, "item": 5 if number == 0 else None,
                    "area_m2": area, "net_m2": area * 0.9175 if code == "0103" else None,
                }
            )  # fmt: skip
            geometry.append(patch.geometry.intersection(cut))
    if not rows:
        return layers.empty(layers.OVERLAY, CRS)
    return layers.coerce(layers.OVERLAY, gpd.GeoDataFrame(rows, geometry=geometry, crs=CRS))


def _basic(patch: MultiPolygon, index: int) -> Polygon | None:
    """Permanent basic farmland: what lies west of a line through a patch; none around the last."""
    left, bottom, right, top = patch.bounds
    middle = left + (right - left) * 0.7
    return None if index == 6 else box(middle - 0.005, bottom - 0.005, middle, top + 0.005)


def _part(field: Polygon, index: int) -> Polygon:
    """Whole field or the pixels of a part of it."""
    if index % 3 == 0:
        return field
    left, bottom, right, top = field.bounds
    cut = box(left, bottom, left + (right - left) * 0.55, top)
    return field.intersection(cut).buffer(0)


def _evidence(random: np.random.Generator, patch: str, shape: MultiPolygon, index: int) -> Evidence:
    days = np.arange(
        np.datetime64("2023-01-03"), np.datetime64("2026-01-01"), np.timedelta64(10, "D")
    )
    of_year = (days - days.astype("datetime64[Y]")).astype(int)
    season = (
        0.22 + 0.55 * np.exp(-(((of_year - 115) / 32) ** 2))
        + 0.6 * np.exp(-(((of_year - 228) / 30) ** 2))
    )  # fmt: skip
    change = days >= np.datetime64(f"2025-{3 + index:02d}-01")
    ndvi = np.where(change, 0.17, season) + random.normal(0, 0.025, len(days))
    ndvi[random.random(len(days)) < 0.38] = np.nan
    low, high = season - 0.1, season + 0.08
    near = season + random.normal(0, 0.01, len(days))
    blind = random.random(len(days)) < 0.2
    curve = Curve(
        days=days,
        ndvi=ndvi.astype(np.float32),
        own_low=low.astype(np.float32),
        own_high=high.astype(np.float32),
        neighbours_low=np.where(blind, np.nan, near - 0.07).astype(np.float32),
        neighbours_high=np.where(blind, np.nan, near + 0.04).astype(np.float32),
    )
    window = Window.around(*shape.bounds).padded(15)
    after = None if index == 4 else _chip(random, window, shape, changed=True)
    before = _chip(random, window, shape, changed=False)
    onset = _chip(random, window, shape, changed=True) if index % 2 else None
    return Evidence(patch, curve, before, after, onset)


def _chip(
    random: np.random.Generator, window: Window, shape: MultiPolygon, *, changed: bool
) -> Chip:
    height, width = window.shape
    rgb = np.empty((height, width, 3), np.uint8)
    strips = (np.arange(height)[:, None] // 8 * 3 + np.arange(width)[None, :] // 10 * 5) % 4
    base = np.array([(70, 98, 52), (84, 112, 60), (96, 104, 66), (62, 92, 56)])
    rgb[:] = np.clip(base[strips] + random.normal(0, 5, rgb.shape), 0, 255)
    if changed:
        left, bottom, right, top = (np.array(shape.bounds) / 10).astype(int)
        rows = slice(-top - window.row, -bottom - window.row)
        columns = slice(left - window.column, right - window.column)
        rgb[rows, columns] = np.clip(
            np.array([188, 176, 158]) + random.normal(0, 14, rgb[rows, columns].shape), 0, 255
        )
    name = "S2A_50SPE_20251012_0_L2A" if changed else "S2B_50SPE_20250220_0_L2A"
    day = np.datetime64("2025-10-12" if changed else "2025-02-20")
    return Chip(name, day, ZONE, window, rgb)


def _summary(found: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    silent = {"invalid_geometry", "no_imagery", "unread", "too_small", "too_few_looks"}
    unmonitored = int(parcels["status"].isin(silent).sum())
    groups = [("all", "all", found)]
    groups += [(kind, "all", part) for kind, part in found.groupby("conversion")]
    groups += [
        (kind, cover, part) for (kind, cover), part in found.groupby(["conversion", "cover"])
    ]
    rows = [
        {
            "level": "all", "code": "370112", "name": "<b>历城区</b>", "conversion": kind,
            "cover": cover, "patches": len(part), "confirmed": (part["stage"] == "confirmed").sum(),
            "parcels": part["parcel_id"].nunique(), "area_m2": part["area_m2"].sum(),
            "area_mu": part["area_mu"].sum(), "monitored_parcels": len(parcels) - unmonitored,
            "unmonitored_parcels": unmonitored,
        }
        for kind, cover, part in groups
    ]  # fmt: skip
    return layers.coerce(layers.SUMMARY, pd.DataFrame(rows))


def _accounts(found: gpd.GeoDataFrame, overlay: gpd.GeoDataFrame) -> pd.DataFrame:
    """What a county with names as bad as these flows out."""
    names = {"370112": NASTY[0], "370112001002": NASTY[4]}
    base = accounts.Base({"370112001002": 812_345.678})
    return accounts.table(
        found, overlay, rules.load("cn"), codes=["370112001003"], names=names, base=base
    )


def _scenes(random: np.random.Generator) -> gpd.GeoDataFrame:
    days = pd.date_range("2023-01-03", "2025-12-30", freq="25D")
    count = len(days)
    granule = gpd.GeoSeries([box(399_960, 3_990_240, 509_760, 4_100_040)], crs=ZONE)
    footprint = granule.to_crs("EPSG:4326")[0]
    shifted = [affinity.translate(footprint, shift) for shift in random.normal(0, 0.01, count)]
    frame = pd.DataFrame(
        {
            "item_id": [f"S2{'AB'[i % 2]}_50SPE_{day:%Y%m%d}_0_L2A" for i, day in enumerate(days)],
            "collection": "sentinel-2-c1-l2a",
            "platform": [f"sentinel-2{'ab'[i % 2]}" for i in range(count)],
            "datetime": [
                datetime(day.year, day.month, day.day, 3, 5, 49, 24_000, tzinfo=UTC) for day in days
            ],
            "tile": "50SPE",
            "solar_day": days.date,
            "baseline": "05.11",
            "offset": [None if i == 3 else -1000 for i in range(count)],
            "offset_source": [None if i == 3 else "item" for i in range(count)],
            "duplicate_of": [NASTY[0] if i == 5 else None for i in range(count)],
            "clear_share": random.uniform(0, 1, count),
            "blocks_read": random.integers(0, 30, count),
            "blocks_skipped": random.integers(0, 12, count),
            "blocks_failed": [2 if i == 8 else 0 for i in range(count)],
            "bytes_read": random.integers(0, 9_000_000, count),
        }
    )
    return layers.coerce(layers.SCENES, gpd.GeoDataFrame(frame, geometry=shifted, crs="EPSG:4326"))


def _run(calibration: str) -> dict[str, object]:
    clue = rules.load("cn").clue
    return {
        "plan": {"parcels": "历城区<b>.gpkg", "after": "2025-01-01/2025-12-31", "lang": "zh"},
        "periods": {
            "before": "2023-01-01/2024-12-31",
            "after": "2025-01-01/2025-12-31",
            "history": "2022-01-01/2024-12-31",
        },
        "versions": {"farmland": "0.1.0", "numpy": np.__version__},
        "rules": {"id": "cn", "version": "2026.2"},
        "input": {
            "source": "历城区<b>.gpkg",
            "layer": NASTY[1],
            "hash": "9f" * 32,
            "faults": {"repaired": 5},
            "notes": [
                {
                    "en": "5 outlines crossed themselves and were repaired.",
                    "zh": "5 个图形自相交，已修复。",
                }
            ],
        },
        "catalog": "earth-search",
        "start": "2026-01-04T18:00:03Z",
        "end": "2026-01-04T18:04:41Z",
        "calibration": calibration,
        "clue": {"en": clue.en, "zh": clue.zh},
        "attribution": "Contains modified Copernicus Sentinel data 2022-2025",
    }
