"""A result under the names that its receiver uses: national fields, or the layers as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import geopandas as gpd
import pandas as pd

from farmland.areas import is_cgcs2000
from farmland.delivery import Delivery, Filled
from farmland.errors import UnusableInput
from farmland.export import layers_as_they_are, patches
from farmland.export.patches import Wanted as Wanted
from farmland.export.shape import Changed, filled
from farmland.layers import LAYERS
from farmland.result import Result
from farmland.rules import Rules, Words
from farmland.rules.profile import Profile, Table

TOLD = ("clue", "attribution", "periods", "rules", "calibration", "catalog", "input", "counts",
        "status", "versions", "start", "end", "offsets")  # fmt: skip
"""What of the run goes along; boxes of blocks that stayed unread do not: they are places."""


def delivery(result: Result, profile: Profile, rules: Rules, wanted: Wanted) -> Delivery:
    """Fill the tables of a profile from a result.

    Parameters
    ----------
    result : Result
    profile : Profile
        Without tables: the layers as they are.
    rules : Rules
        Those of the profile, for the classes of land-use codes.
    wanted : Wanted

    Raises
    ------
    UnusableInput
        When the profile fills a field from something that does not exist.
    """
    if not profile.tables:
        as_they_are = layers_as_they_are.tables(result, redact=wanted.redact)
        return Delivery(profile.id, as_they_are, ())
    check(profile)
    changed = Changed()
    told = patches.values(result, profile, rules, wanted)
    tables = [
        _filled(table, result, profile, told, wanted, changed)
        for table in profile.tables
    ]  # fmt: skip
    notes = (*_unknown(profile, told, result), *changed.notes())
    return Delivery(profile.id, tuple(tables), notes)


def check(profile: Profile) -> None:
    """Hold that every field can be filled.

    Raises
    ------
    UnusableInput
        When a table or a field has a source that does not exist; the nearest one is named.
    """
    for table in profile.tables:
        if table.source not in LAYERS:
            raise _no_source(profile, table.name, table.source, LAYERS)
        known = patches.NAMES if table.source == "conversions" else LAYERS[table.source].names
        for field in table.fields:
            if field.source and field.source not in known:
                raise _no_source(profile, f"{table.name}.{field.name}", field.source, known)


def _no_source(profile: Profile, name: str, source: str, known: Any) -> UnusableInput:
    near = get_close_matches(source, sorted(known), 1)
    hint, hint_zh = (f", {near[0]} is the nearest", f"，最接近的是 {near[0]}") if near else ("", "")
    return UnusableInput(
        f"The profile {profile.id} fills {name} from {source!r}, which does not exist{hint}: "
        "correct its source.",
        f"导出方案 {profile.id} 的 {name} 取自不存在的 {source!r}{hint_zh}：请更正 source。",
    )


def _filled(
    table: Table,
    result: Result,
    profile: Profile,
    told: dict[str, Any],
    wanted: Wanted,
    changed: Changed,
) -> Filled:
    """One table of a profile."""
    if table.source == "run":
        rows = pd.DataFrame(list(_provenance(result, profile)), columns=["key", "value"])
        return filled(table, {str(name): rows[name] for name in rows}, None, changed)
    frame = getattr(result, table.source)
    values = told if table.source == "conversions" else {str(name): frame[name] for name in frame}
    shown = table.geometry and not wanted.redact
    geometry = settled(frame.geometry, profile) if shown else None
    return filled(replace(table, geometry=shown), values, geometry, changed)


def settled(shapes: gpd.GeoSeries, profile: Profile) -> gpd.GeoSeries:
    """Shapes as they stand, or in the CRS of the profile where their datum is another."""
    if not profile.crs or (shapes.crs is not None and is_cgcs2000(shapes.crs)):
        return shapes
    return shapes.to_crs(profile.crs)


def _provenance(result: Result, profile: Profile) -> Iterator[tuple[str, str]]:
    """Where the tables come from, and what their fields mean, as the GDB cannot tell."""
    yield "profile", profile.id
    for name in TOLD:
        if name in result.run:
            yield name, _text(result.run[name])
    for table in profile.tables:
        yield table.name, table.title.zh
        for field in table.fields:
            yield f"{table.name}.{field.name}", f"{field.title.zh}：{field.about.zh}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _unknown(profile: Profile, told: dict[str, Any], result: Result) -> Iterator[Words]:
    """What the result does not tell, so that nobody takes an empty field for nothing."""
    rows = len(result.conversions)
    homeless = int(told["county"].isna().sum())
    if homeless:
        yield Words(
            f"The county of {homeless} of {rows} patches is not known: their numbers begin with "
            f"{profile.numbering.county}.",
            f"{rows} 个图斑中有 {homeless} 个不知所属县："
            f"其编号以 {profile.numbering.county} 开头。",
        )
    if rows and told["pbf_m2"].isna().any():
        yield Words(
            "No layer tells of every patch whether it lies on permanent basic farmland: there the "
            "area is left empty, which does not mean none.",
            "部分图斑没有永久基本农田图层可供套合：相应面积留空，不代表为零。",
        )
    if rows and told["cultivated_m2"].isna().any():
        yield Words(
            "No land survey tells of every patch what it was: there the areas by kind of land are "
            "left empty, which does not mean none.",
            "部分图斑没有国土调查地类可供套合：相应分类面积留空，不代表为零。",
        )
    if rows and told["confidence"].isna().all():
        yield Words(
            "The confidence is not calibrated: only its level is told.",
            "置信度未经校准：只给出等级。",
        )
