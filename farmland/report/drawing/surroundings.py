"""Where a patch lies: its parcel and the neighbours, in metres, north up, without any names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from farmland.grid import utm_zone
from farmland.report.clues import Clue
from farmland.report.drawing import FAINT, GREEN, HAIR, Box, Canvas
from farmland.report.drawing.evidence import (
    SMALL,
    TITLE,
    draw_north,
    draw_scale,
    faces_on,
    rings_on,
)
from farmland.result import Result
from farmland.rules import Words

REACH_M = 160.0
"""From the middle of a patch to the edges of its map at least."""

ROOM = 0.85
"""A patch reaches over so much of its map from the middle to the edge at most, twice."""

WIDEST = 1.5
"""Width of a map for its height at most."""

MOST = 400
"""Parcels on one map; of more, the nearest to the patch."""

VEIL = 0.13
"""How much of what lies under permanent basic farmland its green hides: which side is inside."""

MAP = Words("Where it lies", "位置示意")
BASIC = Words("permanent basic farmland", "永久基本农田")
OWN_PARCEL = Words("its parcel", "所在地块")
PATCH = Words("patch", "图斑")


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What the map of one patch shows, in metres of a UTM zone."""

    crs: str
    centre: tuple[float, float]
    degrees: tuple[float, float]
    """Longitude and latitude of the same place."""
    reach: float
    """From the centre to the upper and lower edge; a map may be somewhat wider than high."""
    patch: BaseGeometry
    own: tuple[BaseGeometry, ...]
    """The parcel of the patch."""
    others: tuple[BaseGeometry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """The parcels of a result, ready to be asked what lies around a place."""

    shapes: NDArray[np.object_]
    names: NDArray[np.object_]
    tree: shapely.STRtree
    crs: object

    @classmethod
    def of(cls, result: Result) -> Land:
        """The land of a result."""
        rows = result.parcels[result.parcels.geometry.notna()]
        shapes = np.asarray(rows.geometry, object)
        names = rows["parcel_id"].to_numpy(object)
        return cls(shapes, names, shapely.STRtree(shapes), result.parcels.crs)

    def around(self, clues: Sequence[Clue]) -> list[Surroundings]:
        """What lies around each of some patches; many at once are cheaper than one by one."""
        if not clues:
            return []
        own = gpd.GeoSeries([clue.geometry for clue in clues], crs=self.crs)
        places = shapely.get_coordinates(shapely.centroid(np.asarray(own.to_crs(4326), object)))
        zones = np.array([utm_zone(x, y) for x, y in places.tolist()], object)
        found: dict[int, Surroundings] = {}
        for zone in np.unique(zones):
            chosen = np.flatnonzero(zones == zone)
            members = [clues[n] for n in chosen.tolist()]
            lying = self._in_zone(str(zone), members, own.iloc[chosen], places[chosen])
            found |= dict(zip(chosen.tolist(), lying, strict=True))
        return [found[n] for n in range(len(clues))]

    def _in_zone(
        self,
        zone: str,
        clues: Sequence[Clue],
        own: gpd.GeoSeries,
        degrees: NDArray[np.float64],
    ) -> list[Surroundings]:
        """The same for patches of one zone."""
        patches = np.asarray(own.to_crs(zone), object)
        low, high = np.split(shapely.bounds(patches), 2, axis=1)
        centres = (low + high) / 2
        reach = np.maximum(REACH_M, (high - low).max(axis=1) / 2 / ROOM)
        (x, y), across = centres.T, reach * WIDEST
        boxes = shapely.box(x - across, y - reach, x + across, y + reach)
        windows = gpd.GeoSeries(boxes, crs=zone).to_crs(self.crs)
        owner, hit = self.tree.query(np.asarray(windows, object), "intersects")
        kept, place = np.unique(hit, return_inverse=True)
        near = np.asarray(gpd.GeoSeries(self.shapes[kept], crs=self.crs).to_crs(zone), object)
        out = []
        for n, clue in enumerate(clues):
            mine = near[place[owner == n]]
            named = self.names[hit[owner == n]] == clue.parcel_id
            others = _nearest(mine[~named], centres[n])
            out.append(
                Surroundings(zone, tuple(centres[n].tolist()), tuple(degrees[n].tolist()),
                             float(reach[n]), patches[n], tuple(mine[named]), tuple(others))
            )  # fmt: skip
        return out


def draw_map(
    canvas: Canvas,
    box: Box,
    around: Surroundings,
    basic: BaseGeometry | None,
    clue: Clue,
    language: str,
) -> None:
    """The location map of a patch under its title, with permanent basic farmland around it."""
    side = min(box.width, box.height - TITLE)
    frame = Box(box.x, box.y + TITLE, min(box.width, side * WIDEST), side)
    canvas.text(box.x, box.y + TITLE - 4, MAP.text(language), SMALL + 0.5, bold=True)
    scale = side / 2 / around.reach
    left = around.centre[0] - frame.width / 2 / scale
    top = around.centre[1] + around.reach
    with canvas.clipped(frame):
        canvas.area(frame.corners(), "#F7F6F1")
        for fill, edge, width, shapes in (
            ("#E9F0E4", "#A9BFA2", 0.5, around.others),
            ("#D3E4CB", "#4F7A4A", 1.2, around.own),
            (clue.colour, clue.colour, 0.8, (around.patch,)),
        ):
            for shape in shapes:
                for face in faces_on(shape, left, top, scale, frame):
                    canvas.area(face, fill)
                for ring in rings_on(shape, left, top, scale, frame):
                    canvas.line(ring, edge, width, closed=True)
        if basic is not None:
            for face in faces_on(basic, left, top, scale, frame):
                canvas.area(face, GREEN, VEIL)
            for ring in rings_on(basic, left, top, scale, frame):
                canvas.line(ring, GREEN, 1.4, closed=True, dashed=True)
    draw_scale(canvas, frame, scale)
    draw_north(canvas, frame)
    canvas.line(frame.corners(), HAIR, 0.5, closed=True)
    _keys(canvas, frame, clue, basic is not None, language)


def _keys(canvas: Canvas, frame: Box, clue: Clue, basic: bool, language: str) -> None:
    """What the colours mean, below the map."""
    keys = [(clue.colour, 1.0, PATCH), ("#D3E4CB", 1.0, OWN_PARCEL)]
    if basic:
        keys.append((GREEN, VEIL, BASIC))
    x = frame.x
    for colour, opacity, said in keys:
        text = said.text(language)
        mark = Box(x, frame.bottom + 5, 7, 4).corners()
        canvas.area(mark, colour, opacity)
        if opacity < 1:
            canvas.line(mark, colour, 0.7, closed=True)
        canvas.text(x + 9, frame.bottom + 9.5, text, 6, FAINT)
        x += 16 + canvas.width(text, 6)


def _nearest(shapes: NDArray[np.object_], centre: NDArray[np.float64]) -> NDArray[np.object_]:
    """At most ``MOST`` of some parcels."""
    if len(shapes) <= MOST:
        return shapes
    order = np.argsort(shapely.distance(shapes, shapely.points(centre)), kind="stable")
    return shapes[np.sort(order[:MOST])]
