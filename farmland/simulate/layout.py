"""The map of a county: roads cut the land into blocks, blocks into fields, and not all is farmland.

Everything is drawn in metres of one UTM zone and later rasterised at ``SUBPIXEL_M``, so that pixels
at the edge of a field mix with what really lies beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from farmland.simulate.regions import Region

SUBPIXEL_M = 2.5
"""Ground is drawn at this size: a quarter of a pixel, narrower than a farm track."""

_SIZES = ((0, 12.0, "asphalt"), (2, 7.0, "concrete"), (4, 4.5, "track"), (99, 3.0, "track"))
"""Depth of a cut up to which the way along it has this width (m) and surface."""

_USES = {"farmland": 0.78, "village": 0.10, "wood": 0.05, "orchard": 0.03, "water": 0.04}


@dataclass(frozen=True, slots=True)
class Piece:
    """A polygon of one use; later pieces are drawn over earlier ones."""

    use: str
    shape: Polygon


def halves(shape: Polygon, at: tuple[float, float], angle: float) -> tuple[list[Polygon], ...]:
    """Cut ``shape`` by the line through ``at`` in direction ``angle`` (radians): left, right."""
    far = 4 * math.hypot(shape.bounds[2] - shape.bounds[0], shape.bounds[3] - shape.bounds[1]) + 1
    side = affinity.rotate(box(-far, 0, far, far), angle, origin=(0, 0), use_radians=True)
    side = affinity.translate(side, *at)
    return polygons(shape.intersection(side)), polygons(shape.difference(side))


def polygons(shape: BaseGeometry, smallest: float = 1.0) -> list[Polygon]:
    """The polygons of a geometry that are larger than ``smallest`` square metres."""
    parts = shape.geoms if hasattr(shape, "geoms") else (shape,)
    return [part for part in parts if isinstance(part, Polygon) and part.area > smallest]


def axes(shape: Polygon) -> tuple[float, float, float]:
    """Angle of the long axis (radians), length and width of the smallest rectangle around."""
    corners = list(shapely.boundary(shape.minimum_rotated_rectangle).coords)
    (x0, y0), (x1, y1), (x2, y2) = corners[:3]
    first, second = math.hypot(x1 - x0, y1 - y0), math.hypot(x2 - x1, y2 - y1)
    if first >= second:
        return math.atan2(y1 - y0, x1 - x0), first, second
    return math.atan2(y2 - y1, x2 - x1), second, first


def slice_off(shape: Polygon, area: float, angle: float) -> Polygon:
    """The end of ``shape`` with (nearly) the given area, cut off square to ``angle``."""
    x, y = shape.centroid.x, shape.centroid.y
    reach = math.hypot(shape.bounds[2] - shape.bounds[0], shape.bounds[3] - shape.bounds[1])
    low, high, part = -reach, reach, [shape]
    for _ in range(24):
        middle = (low + high) / 2
        at = (x + middle * math.cos(angle), y + middle * math.sin(angle))
        part = halves(shape, at, angle + math.pi / 2)[0]
        if sum(piece.area for piece in part) < area:
            low = middle
        else:
            high = middle
    return max(part, key=lambda piece: piece.area) if part else shape


def draw(region: Region, square: Polygon, rng: np.random.Generator) -> list[Piece]:
    """All pieces of a county in drawing order; uses are those of ``Piece.use``.

    Uses: ``verge``, ``asphalt``, ``concrete``, ``track``, ``canal`` (ways between the blocks),
    ``village``, ``wood``, ``orchard``, ``water``, and ``field`` (farmland, one piece per field).
    """
    lean = rng.normal(0, math.radians(7))
    ways: list[Piece] = []
    blocks = list(_blocks(square, lean, 0, ways, rng))
    pieces = [piece for block in blocks for piece in _fill(block, region, rng)]
    return [*pieces, *ways]


def _blocks(
    shape: Polygon, lean: float, depth: int, ways: list[Piece], rng: np.random.Generator
) -> Iterator[Polygon]:
    """Cut until the blocks are 3-14 ha; the ways along the cuts are added to ``ways``."""
    if shape.area < rng.uniform(3e4, 14e4):
        yield shape
        return
    angle = _across(shape, lean) + rng.normal(0, math.radians(3))
    left, bottom, right, top = shape.bounds
    at = (
        left + (right - left) * rng.uniform(0.36, 0.64),
        bottom + (top - bottom) * rng.uniform(0.36, 0.64),
    )
    width, surface = next((w, name) for limit, w, name in _SIZES if depth <= limit)
    far = 2 * math.hypot(right - left, top - bottom)
    step = (far * math.cos(angle), far * math.sin(angle))
    line = LineString([(at[0] - step[0], at[1] - step[1]), (at[0] + step[0], at[1] + step[1])])
    if surface == "track" and rng.random() < 0.25:
        surface = "canal"
    for use, reach in (("verge", width / 2 + 2.5), (surface, width / 2)):
        strip = line.buffer(reach, cap_style="flat").intersection(shape)
        ways.extend(Piece(use, part) for part in polygons(strip))
    for half in halves(shape, at, angle):
        for part in half:
            for kept in polygons(part.difference(line.buffer(width / 2 + 1.0, cap_style="flat"))):
                yield from _blocks(kept, lean, depth + 1, ways, rng)


def _across(shape: Polygon, lean: float) -> float:
    """Direction of a cut across the longer side, in the county's two main directions."""
    angle, _, _ = axes(shape)
    quarter = round((angle - lean) / (math.pi / 2))
    return lean + quarter * math.pi / 2 + math.pi / 2


def _fill(block: Polygon, region: Region, rng: np.random.Generator) -> list[Piece]:
    """What stands in one block."""
    use = str(rng.choice(list(_USES), p=list(_USES.values())))
    if use == "farmland":
        return [Piece("field", field) for field in _fields(block, region, rng)]
    if use == "village":
        plots = _subdivide(block, lambda: rng.uniform(350, 1100), 14.0, 2.0, rng)
        return [Piece("village", plot) for plot in plots]
    return [Piece(use, block)]


def _fields(block: Polygon, region: Region, rng: np.random.Generator) -> Iterator[Polygon]:
    """Fields of one block, 0.1-5 ha, alike in size within the block; sides wave a little."""
    typical = float(np.clip(region.field_m2 * np.exp(rng.normal(0, 0.75)), 1000, 50000))
    slender = rng.uniform(2.0, 5.0)
    for field in _subdivide(
        block, lambda: typical * rng.uniform(0.8, 2.0), region.narrow_m, slender, rng
    ):
        inner = field.buffer(-0.5, join_style="mitre")
        parts = polygons(inner, 400.0)
        if parts:
            yield max(parts, key=lambda part: part.area)


def _subdivide(
    shape: Polygon,
    target: Callable[[], float],
    narrow: float,
    slender: float,
    rng: np.random.Generator,
) -> Iterator[Polygon]:
    """Cut into pieces of about ``target()`` square metres, not thinner than ``narrow``."""
    angle, length, width = axes(shape)
    if shape.area < target():
        yield shape
        return
    along = length / max(width, 1.0) < slender and width > 2.2 * narrow
    if not along and length < 2.2 * narrow:
        yield shape
        return
    reach = (width if along else length) * rng.uniform(-0.12, 0.12)
    normal = angle + math.pi / 2 if along else angle
    at = (
        shape.centroid.x + reach * math.cos(normal),
        shape.centroid.y + reach * math.sin(normal),
    )
    cut = (angle if along else angle + math.pi / 2) + rng.normal(0, math.radians(1.5))
    for half in halves(shape, at, cut):
        for part in half:
            yield from _subdivide(part, target, narrow, slender, rng)


def whole(shape: BaseGeometry) -> MultiPolygon:
    """A polygon or multipolygon as a multipolygon."""
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon(polygons(shape, 0.0))
