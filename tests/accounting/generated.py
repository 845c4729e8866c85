"""Counties made up at random: patches of any shape across places, lands, surveys and approvals.

The overlay is cut by plain set operations, one patch and one layer at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from farmland import layers, rules, shares

RULES = rules.load("cn")
CRS = "EPSG:32650"
WEST, SOUTH, SIDE = 500_000, 4_000_000, 900

AROUND = box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)

VILLAGES = ("370112001002", "370112001003", "370112002001", "370113001001", "469001002003")
"""Strips from west to east: two townships and three counties, one of them without a prefecture."""

STATUSES = ("stable", "candidate", "confirmed", "too_small", "no_imagery")


@dataclass(frozen=True)
class County:
    """Layers of a result, and where each parcel lies."""

    patches: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    overlay: gpd.GeoDataFrame
    codes: list[str]
    approvals: bool
    places: list[tuple[str, BaseGeometry]]
    grounds: dict[str, Any]
    """Rectangles of permanent basic farmland, of two land classes, and of an approval, or None."""


def corner() -> st.SearchStrategy[tuple[float, float]]:
    metres = st.integers(0, SIDE)
    return st.tuples(metres, metres).map(lambda pair: (WEST + pair[0], SOUTH + pair[1]))


@st.composite
def shape(draw: Any) -> MultiPolygon:
    """A ring through some points, mended where it crosses itself, perhaps with a hole."""
    ring = Polygon(draw(st.lists(corner(), min_size=3, max_size=7, unique=True)))
    whole = shapely.make_valid(ring)
    if draw(st.booleans()):
        x, y = draw(corner())
        whole = whole.difference(box(x - 60, y - 60, x + 60, y + 60))
    return faces(whole)


def faces(whole: BaseGeometry) -> MultiPolygon:
    parts = shapely.get_parts(shapely.get_parts(whole))
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


@st.composite
def area(draw: Any) -> BaseGeometry:
    """A rectangle anywhere, for a layer of land."""
    (x, y), (u, v) = draw(corner()), draw(corner())
    return box(min(x, u), min(y, v), max(x, u), max(y, v))


def villages(edges: list[int]) -> list[tuple[str, BaseGeometry]]:
    ends = [0, *sorted(edges), SIDE]
    strips = [box(WEST + a, SOUTH, WEST + b, SOUTH + SIDE) for a, b in pairwise(ends)]
    return list(zip(VILLAGES, strips, strict=True))


def cut(whole: BaseGeometry, by: list[tuple[Any, BaseGeometry]], rest: Any) -> list[Any]:
    """Pieces of a shape with what they lie in; the first that covers a spot has it."""
    pieces, left = [], whole
    for name, ground in by:
        pieces.append((name, left.intersection(ground)))
        left = left.difference(ground)
    return [(name, piece) for name, piece in [*pieces, (rest, left)] if piece.area > 0]


@st.composite
def county(draw: Any) -> County:
    known = draw(st.booleans())
    edges = draw(st.lists(st.integers(0, SIDE), min_size=4, max_size=4))
    places = [(c, g) for c, g in villages(edges) if g.area > 0] if known else []
    grounds = {
        "pbf": draw(st.none() | area()),
        "survey": draw(st.none() | st.lists(area(), min_size=2, max_size=2)),
        "approved": draw(st.none() | area()),
    }
    shapes = [one for one in draw(st.lists(shape(), max_size=5)) if one.area > 1]
    covers = [draw(st.sampled_from(sorted(RULES.covers))) for _ in shapes]
    patches = _patches(draw, shapes, covers)
    parts = [
        {"patch_id": patch, **part, "legacy": legacy}
        for patch, one, size in zip(patches["patch_id"], shapes, patches["area_m2"], strict=True)
        for legacy in [draw(st.sampled_from([0, 1, None]))]
        for part in _parts(one, size, places, grounds)
    ]
    overlay = layers.empty(layers.OVERLAY, CRS)
    if parts:
        overlay = layers.coerce(layers.OVERLAY, gpd.GeoDataFrame(parts, crs=CRS))
    codes = draw(st.lists(st.sampled_from(VILLAGES), min_size=4, max_size=4)) if known else [""] * 4
    approvals = grounds["approved"] is not None
    return County(patches, _parcels(draw), overlay, codes, approvals, places, grounds)


def _patches(draw: Any, shapes: list[MultiPolygon], covers: list[str]) -> gpd.GeoDataFrame:
    rows = [
        {
            "patch_id": f"{number:012x}",
            "parcel_id": f"P{draw(st.integers(0, 3))}",
            "conversion": RULES.covers[cover].conversion,
            "cover": cover,
            "stage": draw(st.sampled_from(["candidate", "confirmed"])),
            "land_code": RULES.covers[cover].land_code or None,
            "area_m2": one.area,
            "area_mu": one.area * 3 / 2000,
        }
        for number, (one, cover) in enumerate(zip(shapes, covers, strict=True))
    ]
    frame = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(shapes, crs=CRS))
    return layers.coerce(layers.CONVERSIONS, frame)


def _parts(
    whole: BaseGeometry, size: float, places: list[tuple[str, BaseGeometry]], grounds: Any
) -> list[dict[str, Any]]:
    """Parts of one patch, their areas adding up to it."""
    found = []
    survey = list(zip(("0102", "1104"), grounds["survey"] or (), strict=False))
    none = 0 if grounds["pbf"] is not None else None
    for code, one in cut(whole, places, None):
        for dlbm, two in cut(one, survey, None):
            for pbf, three in cut(two, [(1, grounds["pbf"])] if none == 0 else [], none):
                for approved, four in _approvals(three, grounds["approved"]):
                    known = (
                        "unknown" if dlbm is None else "other" if dlbm == "1104" else "cultivated"
                    )
                    found.append({"place_code": code, "survey_code": dlbm, "pbf": pbf,
                                  "approved": approved, "land": "pbf" if pbf else known,
                                  "geometry": four})  # fmt: skip
    sizes = shares.largest_remainder([part["geometry"].area for part in found], size)
    return [
        {**part, "part": n, "area_m2": m2, "geometry": faces(part["geometry"])}
        for n, (part, m2) in enumerate(zip(found, sizes, strict=True), start=1)
    ]


def _approvals(whole: BaseGeometry, approved: BaseGeometry | None) -> list[Any]:
    return [(None, whole)] if approved is None else cut(whole, [(1, approved)], 0)


def _parcels(draw: Any) -> gpd.GeoDataFrame:
    frame = pd.DataFrame({"parcel_id": [f"P{n}" for n in range(4)]})
    frame["status"] = [draw(st.sampled_from(STATUSES)) for _ in range(4)]
    fields = [box(WEST + 200 * n, SOUTH, WEST + 200 * n + 100, SOUTH + 100) for n in range(4)]
    return layers.coerce(
        layers.PARCELS, gpd.GeoDataFrame(frame, geometry=np.array(fields, object), crs=CRS)
    )
