"""A result with known grounds under its patches, and how a delivery is read back."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from result.example import example_result

from farmland import layers, rules
from farmland.delivery import Delivery, Filled
from farmland.export import Wanted, delivery
from farmland.result import Result
from farmland.rules.profile import load_profile

PART = {
    "land": "cultivated", "pbf": 0, "pbf_id": None, "survey_code": "0102", "planting_code": "LS",
    "ridge_share": 0.1, "approved": 0, "redline": 0, "grain_zone": None,
    "place_code": "410105001002", "policy_class": "non_agri", "rule": "cn:built@2026.2",
    "legacy": 0, "item": None,
}  # fmt: skip


def overlay(result: Result, *parts: dict[str, Any]) -> Result:
    """The result with these parts under its patches; ``of`` is the row of the patch."""
    rows, shapes = [], []
    for number, part in enumerate(parts, 1):
        patch = result.conversions.iloc[part["of"]]
        given = {**PART, **{name: value for name, value in part.items() if name != "of"}}
        net = (
            None if given["ridge_share"] is None else given["area_m2"] * (1 - given["ridge_share"])
        )
        rows.append({"patch_id": patch["patch_id"], "part": number, "net_m2": net, **given})
        shapes.append(patch["geometry"])
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=result.conversions.crs)
    return replace(result, overlay=layers.coerce(layers.OVERLAY, frame))


@cache
def bare(**changes: Any) -> Result:
    """The example without any layer below its patches; made once, so copy before changing."""
    result = example_result(**changes)
    empty = layers.empty(layers.OVERLAY, result.conversions.crs)
    return replace(result, overlay=empty)


def exported(result: Result, profile: str = "cn", **wanted: Any) -> Delivery:
    return delivery(result, load_profile(profile), rules.load("cn"), Wanted(**wanted))


def table(given: Delivery, name: str = "suspect_patch") -> Filled:
    return next(each for each in given.tables if each.table.name == name)


def patches(result: Result, **wanted: Any) -> pd.DataFrame:
    """The table of suspect patches."""
    return table(exported(result, **wanted)).frame


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def beside(folder: Path, ending: str) -> Path:
    """The one thing in a folder whose name ends so."""
    (found,) = [path for path in folder.iterdir() if path.name.endswith(ending)]
    return found
