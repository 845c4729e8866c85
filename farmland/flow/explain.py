"""From a result and what lies beside it to the account of one parcel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from farmland import series as steps
from farmland.errors import WrongUsage
from farmland.explanation import USED, Change, Explanation, Seen, number
from farmland.io import geopackage
from farmland.io import series as kept
from farmland.io.drafts import replacing
from farmland.periods import Period
from farmland.result import UNREAD, Curve, Result, Series


def explain(path: str | Path, parcel_id: str) -> Explanation:
    """Account for one parcel: every look, every patch, every test.

    Raises
    ------
    WrongUsage
        When the result has no such parcel; the sentence names the nearest id.
    UnusableInput
        When the file is no result, or its series are missing, damaged or of another run.
    """
    source = Path(path)
    result = kept.read(geopackage.read(source), source.with_suffix(""))
    row = _row(result, parcel_id)
    series = _series(result)
    history = Period.parse(result.run["periods"]["history"])
    learnt = np.array([history.holds(day.item()) for day in series.days], np.bool_)
    curve = steps.curve(series, row, learnt, result.run["thresholds"])
    return Explanation(
        parcel=_plain(result.parcels.iloc[row]),
        run=result.run,
        looks=tuple(_looks(result, row, curve)),
        changes=tuple(_changes(result, parcel_id)),
        dismissed=next((one for one in result.dismissed if one.parcel_id == parcel_id), None),
        curve=curve,
    )


def draw(explanation: Explanation, path: str | Path, language: str) -> Path:
    """Draw an explanation as a PNG at ``path``, replaced in one step.

    Raises
    ------
    UnusableInput, Unreachable
        When the folder cannot be written; when the disk is full.
    """
    from farmland.report.explained import picture

    target = Path(path)
    drawn = picture(explanation, language)
    with replacing(target) as draft:
        draft.write_bytes(drawn)
    return target


def _row(result: Result, parcel_id: str) -> int:
    """Position of a parcel in the result."""
    names: list[str] = result.parcels["parcel_id"].tolist()
    if parcel_id in names:
        return names.index(parcel_id)
    near = get_close_matches(parcel_id, names, 1)
    hint = f"; the nearest id is {near[0]}" if near else ""
    hint_zh = f"；最接近的编号是 {near[0]}" if near else ""
    raise WrongUsage(
        f"The result has no parcel {parcel_id}{hint}: give an id of its layer parcels.",
        f"结果中没有地块 {parcel_id}{hint_zh}：请给出 parcels 图层中的编号。",
    )


def _looks(result: Result, row: int, curve: Curve) -> Iterator[Seen]:
    """Every day on which a scene lies over the parcel, oldest first."""
    shape = result.parcels.geometry.iloc[[row]].to_crs(4326).iloc[0]
    at = {day.item(): n for n, day in enumerate(curve.days)}
    periods = {name: Period.parse(result.run["periods"][name]) for name in ("history", "after")}
    for day, scenes in _scenes_over(result.scenes, shape):
        settled = scenes[scenes["offset"].notna()]
        n = at.get(day)
        shown = scenes if n is None or settled.empty else settled
        yield Seen(
            day=day,
            period=next((name for name, held in periods.items() if held.holds(day)), "between"),
            items=tuple(str(name) for name in shown["item_id"]),
            sources=tuple(map(_source, shown["platform"], shown["tile"])),
            **_UNUSED if n is None or settled.empty else _measured(result, row, curve, n),
        )


_UNUSED: Mapping[str, Any] = {
    "said": "set_aside",
    "clear": None,
    "kept": None,
    "ndvi": None,
    "own": None,
    "neighbours": None,
}
"""A look of which no scene could be read as reflectance."""


def _measured(result: Result, row: int, curve: Curve, n: int) -> dict[str, Any]:
    """What was measured on one look, and whether it was used."""
    series = _series(result)
    clear, kept_share = int(series.clear[row, n]), int(series.kept[row, n])
    ndvi = number(curve.ndvi[n])
    needed = 100 * result.run["thresholds"]["look_clear_share"]
    if ndvi is not None:
        said = USED
    elif clear >= UNREAD:
        said = "unread" if clear == UNREAD else "no_data"
    else:
        said = "haze" if clear >= needed else "cloud"
    return {
        "said": said,
        "clear": clear if clear < UNREAD else None,
        "kept": kept_share if kept_share < UNREAD else None,
        "ndvi": ndvi,
        "own": _band(curve.own_low[n], curve.own_high[n]),
        "neighbours": _band(curve.neighbours_low[n], curve.neighbours_high[n]),
    }


def _scenes_over(
    scenes: gpd.GeoDataFrame, shape: BaseGeometry | None
) -> Iterator[tuple[date, gpd.GeoDataFrame]]:
    """Scenes whose footprint meets the parcel, duplicates left out, day by day."""
    if shape is None:
        return
    over = scenes[scenes.intersects(shape) & scenes["duplicate_of"].isna()]
    for day, group in over.groupby("solar_day"):
        yield day.date(), group


def _changes(result: Result, parcel_id: str) -> Iterator[Change]:
    """The patches of the parcel with their tests, as they stand in the layer.

    Another crop is no patch and was put to no such test: the parcel's reason tells of it.
    """
    mine = result.outflow[result.outflow["parcel_id"] == parcel_id]
    for _, row in mine.iterrows():
        name = row["patch_id"]
        item = result.evidence.get(name)
        yield Change(_plain(row), result.verdicts[name], item.curve if item else None)


def _series(result: Result) -> Series:
    """The series of a result that was read with it."""
    if result.series is None:
        raise ValueError("the result was read without its series")
    return result.series


def _source(platform: str | None, tile: str | None) -> str:
    """Platform and tile as people write them, such as ``S2A 50SMC``; empty without a tile."""
    if not tile:
        return ""
    short = str(platform or "").lower().replace("sentinel-", "S").upper()
    return f"{short} {tile}".strip()


def _band(low: float, high: float) -> tuple[float, float] | None:
    """Both edges, or None where either is not known."""
    edges = number(low), number(high)
    return None if edges[0] is None or edges[1] is None else (edges[0], edges[1])


def _plain(row: pd.Series[Any]) -> dict[str, Any]:
    """A row without its geometry: None for null, days as ISO text, plain numbers."""
    return {str(name): _cell(value) for name, value in row.items() if name != "geometry"}


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return str(value.date() if value.tzinfo is None else value.isoformat())
    return value.item() if isinstance(value, np.generic) else value
