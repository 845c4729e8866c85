"""Everything that can be told of a patch, by name: what the fields of a profile are filled from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from farmland.export import grounds
from farmland.periods import Period
from farmland.result import Result
from farmland.rules import Rules
from farmland.rules.parcel_fields import standard
from farmland.rules.profile import Profile

DEGREES = "EPSG:4490"
"""In which the point inside a patch is told: longitude and latitude of CGCS2000."""

BLURRED_DECIMALS = 2
"""Of a degree, under redaction: about a kilometre (DOMAIN 9.2, item 5)."""

UNCALIBRATED = "uncalibrated"

_NAMES = (
    "number batch county county_name place place_name owner owner_name owner_kind day_before "
    "day_after scene_before scene_after patch_type observed policy_class item land_before "
    "land_before_name land_code planting detail area_m2 area_mu cultivated_m2 "
    "cultivated_net_m2 pbf_m2 pbf_net_m2 other_agricultural_m2 unused_m2 construction_m2 "
    "redline_m2 on_pbf on_redline pbf_ids approved_m2 changed_from changed_to legacy "
    "confidence level full_pixels clear_before clear_after cloud_share reason reason_zh "
    "longitude latitude rules software made remark patch_id parcel_id cover cover_before rule "
    "conversion stage confirmed_on status parcel_share"
)
NAMES = frozenset(_NAMES.split())
"""What a profile may name as the source of a field of a patch."""

Column: TypeAlias = "pd.Series[Any]"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How patches are to be told."""

    batch: str = ""
    """Of the office; ``""``: when the run began."""
    redact: bool = False
    """Without owners, and places only to about a kilometre."""


def values(result: Result, profile: Profile, rules: Rules, wanted: Wanted) -> dict[str, Column]:
    """Name to values, one for each row of ``conversions`` in its order; the keys are ``NAMES``.

    ``rules`` are those whose land-use classes the codes of the survey belong to.
    """
    patches = result.conversions.reset_index(drop=True)
    ids = patches["patch_id"].tolist()
    after = Period.parse(result.run["periods"]["after"])
    own = pd.DataFrame(patches.drop(columns=patches.geometry.name))
    land = _land(result, patches, rules)
    places = _places(result, profile, patches)
    told = {str(name): own[name] for name in own} | land | places
    told |= _pictures(result, patches, after)
    told |= _point(patches.geometry, wanted)
    told["number"] = numbers(profile, places["county"], ids, after)
    told["cloud_share"] = cloud_share(patches, result.scenes, after)
    told["full_pixels"] = _of_parcel(result, patches, "full_pixels")
    types = {name: cover.patch_type for name, cover in {**rules.visited, **rules.covers}.items()}
    told["patch_type"] = patches["cover"].map(types)
    told["observed"] = patches["cover"].replace(dict(profile.observed))
    if result.run.get("calibration") == UNCALIBRATED:
        told["confidence"] = pd.Series(np.nan, index=patches.index)
    told |= {name: _same(text, patches) for name, text in _of_run(result, profile, wanted).items()}
    told["remark"] = _remark(profile, patches)
    if wanted.redact:
        told |= {name: _same(None, patches) for name in ("owner", "owner_name", "owner_kind")}
    return {name: told[name].reset_index(drop=True) for name in sorted(NAMES)}


def numbers(profile: Profile, county: Column, ids: Sequence[str], after: Period) -> Column:
    """Numbers of patches: county, task, year of the end of the period, place among the ids.

    The sequence runs by patch id within each county, so that the same result always gets the
    same numbers.
    """
    style = profile.numbering
    known = county.fillna(style.county)
    order = pd.Series(list(ids), dtype=object).rank(method="first")
    rank = order.groupby(known).rank(method="first").astype(int)
    year = f"{after.end.year % 100:02d}"
    return pd.Series(
        [
            f"{code}{style.task}{year}{n:0{style.digits}d}"
            for code, n in zip(known, rank, strict=True)
        ],
        dtype=object,
    )


def cloud_share(patches: gpd.GeoDataFrame, scenes: gpd.GeoDataFrame, after: Period) -> Column:
    """Of the days in ``after`` on which a scene lies over a patch, the share without a clear look.

    NaN where no scene does. Scenes that were set aside, and second copies, count as none.
    """
    days = pd.to_datetime(scenes["solar_day"])
    inside = days.between(pd.Timestamp(after.start), pd.Timestamp(after.end))
    used = scenes[inside & scenes["offset"].notna() & scenes["duplicate_of"].isna()]
    points = patches.geometry.representative_point().to_crs(used.crs)
    tree = shapely.STRtree(used.geometry.to_numpy())
    patch, scene = tree.query(points.to_numpy(), predicate="intersects")
    pairs = pd.DataFrame({"patch": patch, "day": used["solar_day"].to_numpy()[scene]})
    looks = pairs.drop_duplicates().groupby("patch").size().reindex(range(len(patches)))
    clear = patches["clear_after"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    share: Column = 1.0 - clear / looks
    return share.clip(0.0, 1.0)


def _land(result: Result, patches: gpd.GeoDataFrame, rules: Rules) -> dict[str, Column]:
    """What the patch lies on, and what that was called before."""
    ids, parts = patches["patch_id"].tolist(), pd.DataFrame(result.overlay)
    uses = rules.land.read(parts["survey_code"].tolist())
    accounts = {code: use.account for code, use in uses.items()}
    sums = grounds.areas(parts, ids, accounts)
    ruling = grounds.governing(parts, patches.set_index("patch_id")["rule"])
    before = grounds.most(parts, "survey_code", ids)
    named = before.map({code: use.name.zh for code, use in uses.items()})
    told = {str(name): sums[name] for name in sums} | {
        "item": ruling["item"],
        "legacy": ruling["legacy"],
        "land_before": before,
        "land_before_name": named,
        "planting": grounds.most(parts, "planting_code", ids),
        "on_pbf": grounds.touches(parts, "pbf", ids),
        "on_redline": grounds.touches(parts, "redline", ids),
        "pbf_ids": grounds.pbf_ids(parts, ids),
    }
    told = {name: column.reset_index(drop=True) for name, column in told.items()}
    theirs = {"land_before": "DLBM", "land_before_name": "DLMC", "planting": "ZZSXDM"}
    unknown = told["land_before"].isna()
    for name, field in theirs.items():
        told[name] = told[name].where(~unknown, _of_parcel(result, patches, field))
    told["detail"] = _of_parcel(result, patches, "TBXHDM")
    return told


def _places(result: Result, profile: Profile, patches: gpd.GeoDataFrame) -> dict[str, Column]:
    """County and place of each patch, and whose the land is."""
    ids, parts = patches["patch_id"].tolist(), pd.DataFrame(result.overlay)
    code = grounds.most(parts, "place_code", ids).reset_index(drop=True)
    theirs = _digits(_of_parcel(result, patches, "ZLDWDM"))
    code = code.where(code.notna(), theirs)
    code = code.where(code.notna(), _digits(_of_parcel(result, patches, "XZQDM")))
    names = _names(result)
    county = code.str[:6].where(code.str.len() >= 6)
    village = code.str[:12].where(code.str.len() >= 12)
    same = theirs.str[:12] == village
    place = theirs.where(same & (theirs.str.len() == 19), village + "0000000")
    place_name = _of_parcel(result, patches, "ZLDWMC").where(same, village.map(names))
    owner = _of_parcel(result, patches, "QSDWMC")
    words = profile.organisations
    organised = owner.map(lambda name: isinstance(name, str) and any(w in name for w in words))
    return {
        "county": county,
        "county_name": county.map(names).where(county.isin(list(names)), county),
        "place": place,
        "place_name": place_name,
        "owner": _of_parcel(result, patches, "QSDWDM").where(organised | owner.isna()),
        "owner_name": owner.where(organised),
        "owner_kind": _of_parcel(result, patches, "QSXZ"),
    }


def _names(result: Result) -> dict[str, str]:
    """Administrative code to name, as the sums of the run tell."""
    known = result.summary[result.summary["name"].fillna("") != ""]
    return dict(zip(known["code"], known["name"], strict=True))


def _digits(codes: Column) -> Column:
    """Codes of digits only; others are none."""
    texts = codes.map(lambda code: None if pd.isna(code) else str(code).strip()).astype(object)
    return texts.where(texts.map(lambda text: isinstance(text, str) and text.isdigit()))


def _pictures(result: Result, patches: gpd.GeoDataFrame, after: Period) -> dict[str, Column]:
    """Days of the two pictures and of the change, never empty: else those of the patch or run."""
    first = pd.Timestamp(Period.parse(result.run["periods"]["history"]).start)
    start, end = patches["date_from"].fillna(first), patches["date_to"].fillna(
        pd.Timestamp(after.end)
    )  # fmt: skip
    scenes = result.scenes.drop_duplicates("item_id").set_index("item_id")["solar_day"]
    days = {
        "day_before": patches["scene_before"].map(scenes).fillna(start),
        "day_after": patches["scene_after"].map(scenes).fillna(end),
        "changed_from": start,
        "changed_to": end,
    }
    return {name: pd.to_datetime(day).dt.strftime("%Y%m%d") for name, day in days.items()}


def _point(shapes: gpd.GeoSeries, wanted: Wanted) -> dict[str, Column]:
    """Longitude and latitude of a point inside each patch, blurred under redaction."""
    inside = shapes.representative_point().to_crs(DEGREES)
    east, north = pd.Series(inside.x.to_numpy()), pd.Series(inside.y.to_numpy())
    if wanted.redact:
        east, north = east.round(BLURRED_DECIMALS), north.round(BLURRED_DECIMALS)
    return {"longitude": east, "latitude": north}


def _of_parcel(result: Result, patches: gpd.GeoDataFrame, field: str) -> Column:
    """A column of the parcel that holds each patch, by its standard name or its own."""
    parcels = pd.DataFrame(result.parcels)
    column = standard().recognise(map(str, parcels)).get(field, field)
    if column not in parcels:
        return _same(None, patches)
    known = parcels.set_index("parcel_id")[column]
    found: Column = patches["parcel_id"].map(known[~known.index.duplicated()])
    return found.astype(object).where(found.notna(), None)


def _of_run(result: Result, profile: Profile, wanted: Wanted) -> Mapping[str, str]:
    """What is the same for every patch."""
    run = result.run
    rules, versions = run.get("rules", {}), run.get("versions", {})
    begun = datetime.fromisoformat(run["start"])
    ended = datetime.fromisoformat(run["end"])
    local = ended.replace(tzinfo=None) - (ended.utcoffset() or timedelta())
    local += timedelta(hours=profile.hours_from_utc)
    return {
        "batch": wanted.batch or f"{begun:%Y%m%dT%H%M%SZ}",
        "rules": f"{rules.get('id', '')}@{rules.get('version', '')}",
        "software": f"farmland {versions.get('farmland', '')}",
        "made": local.isoformat(timespec="seconds"),
    }


def _remark(profile: Profile, patches: gpd.GeoDataFrame) -> Column:
    """The fixed sentence, then what leads back to the result; the parcel's free text last."""
    told = zip(patches["patch_id"], patches["rule"], patches["parcel_id"], strict=True)
    return pd.Series(
        [
            f"{profile.remark}；patch_id={patch}；rule={rule}；parcel_id={parcel}"
            for patch, rule, parcel in told
        ],
        dtype=object,
    )


def _same(value: Any, patches: gpd.GeoDataFrame) -> Column:
    return pd.Series([value] * len(patches), index=patches.index, dtype=object)
