"""The ledger: one line for each patch, with room for what the field check finds."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely

from farmland import layers
from farmland.report import clues
from farmland.report.clues import Clue
from farmland.report.sheets import wording as sheet
from farmland.report.statistics import wording as said
from farmland.report.statistics.form import Cell, Column, Table
from farmland.report.told import Told
from farmland.report.whereabouts import LANDS, Whereabouts
from farmland.result import Result
from farmland.rules import Words


def of(result: Result) -> Table:
    """Every patch in the order of the list of clues, which the sheets are numbered by."""
    found, known = clues.of(result.conversions), Whereabouts.of(result)
    calibrated = Told.of(result.run).calibrated
    present = [land for land in LANDS if any(land in each for each in known.lands.values())]
    legacy = _legacy(result)
    shapes = gpd.GeoSeries([clue.geometry for clue in found], crs=result.conversions.crs)
    middles = shapely.centroid(np.asarray(shapes.to_crs(4326), object))
    east, north = shapely.get_x(middles).tolist(), shapely.get_y(middles).tolist()
    rows = []
    for number, (clue, x, y) in enumerate(zip(found, east, north, strict=True), 1):
        lands = known.lands.get(clue.patch_id, {})
        rows.append(
            (number, clue.patch_id, known.code(clue.patch_id), known.place(clue), clue.parcel_id,
             *_what(clue), *((clue.confidence,) if calibrated else ()),
             clue.area_m2, clue.area_mu, *(lands.get(land) for land in present),
             legacy.get(clue.patch_id, said.LEGACIES[None]) if legacy else None,
             clue.date_from, clue.date_to, clue.confirmed_on,
             *_how(clue), round(x, 5), round(y, 5),
             layers.words("conversions", "status", clue.status) if clue.status else None,
             *(None,) * 8)
        )  # fmt: skip
    return Table(said.LEDGER, tuple(_columns(present, calibrated)), tuple(rows))


def _columns(present: list[str], calibrated: bool) -> list[Column]:
    """Columns of the ledger."""
    own = {column.name: column for column in layers.CONVERSIONS.columns}
    lands = [layers.words("overlay", "land", land) for land in present]
    texts = ("conversion", "cover", "cover_before", "stage", "level")
    return [
        Column(said.NUMBER, "count", 6),
        Column(said.PATCH, "text", 15),
        Column(said.CODE, "text", 15),
        Column(said.LOCATION, "text", 24),
        Column(said.PARCEL, "text", 22),
        *(Column(own[name].title, "text", 14) for name in texts),
        *([Column(said.PROBABILITY, "ratio", 8)] if calibrated else []),
        Column(said.AREA_M2, "area", 14),
        Column(said.AREA_MU, "area", 10),
        *(Column(Words(said.LAND_M2.en.format(land=land.en), said.LAND_M2.zh.format(land=land.zh)),
                 "area", 16) for land in lands),
        Column(said.LEGACY, "text", 10),
        *(Column(own[name].title, "date", 15) for name in ("date_from", "date_to", "confirmed_on")),
        *(Column(own[name].title, "text", width) for name, width in
          (("policy_class", 16), ("land_code", 10), ("rule", 24), ("scene_before", 27),
           ("scene_after", 27))),
        Column(sheet.REASON, "text", 60),
        Column(said.EAST, "degrees", 11),
        Column(said.NORTH, "degrees", 11),
        Column(own["status"].title, "text", 10),
        Column(sheet.WHO, "text", 10),
        Column(sheet.WHEN, "date", 15),
        Column(sheet.FOUND, "text", 12),
        Column(sheet.RESULT, "text", 12),
        Column(sheet.PHOTOS, "text", 14),
        Column(sheet.REMARKS, "text", 24),
        Column(said.FIX, "area", 12),
        Column(said.CLOSED, "date", 15),
    ]  # fmt: skip


def _what(clue: Clue) -> tuple[Cell, ...]:
    """What a patch seems to be, in words."""
    names = ("conversion", "cover", "cover_before", "stage", "level")
    return tuple(_word(clue, name) for name in names)


def _how(clue: Clue) -> tuple[Cell, ...]:
    """What it rests on."""
    return (_word(clue, "policy_class"), clue.land_code, clue.rule, clue.scene_before,
            clue.scene_after, clue.reason)  # fmt: skip


def _word(clue: Clue, name: str) -> Words | None:
    value = getattr(clue, name)
    return layers.words("conversions", name, value) if value else None


def _legacy(result: Result) -> Mapping[str, Words]:
    """Whether each patch is old or new; nothing where its parts disagree or no date tells."""
    told = result.overlay.groupby("patch_id")["legacy"].agg(["min", "max", "count", "size"])
    sure = told[(told["min"] == told["max"]) & (told["count"] == told["size"])]
    return {str(patch): said.LEGACIES[int(age)] for patch, age in sure["min"].items()}
