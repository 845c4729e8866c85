"""Which fields are converted, to what, when, and which part of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from shapely.geometry import LineString, Polygon
from shapely.strtree import STRtree

from farmland.periods import Period
from farmland.simulate.covers import STORIES
from farmland.simulate.fields import Crops, day_number
from farmland.simulate.ground import onset
from farmland.simulate.land import Land
from farmland.simulate.layout import axes, polygons, slice_off
from farmland.simulate.phases import Phase, Site
from farmland.simulate.world import World

FREQUENCY: Mapping[str, float] = {
    "built": 0.22,
    "road": 0.08,
    "earthwork": 0.11,
    "pit": 0.05,
    "solar": 0.07,
    "pond": 0.10,
    "lake": 0.04,
    "greenhouse": 0.09,
    "orchard": 0.08,
    "nursery": 0.05,
    "forest": 0.05,
    "turf": 0.03,
    "abandoned": 0.03,
}
"""Relative frequency of covers: every one often enough to be counted, building first."""

_WHOLE: Mapping[str, float] = {
    "built": 0.35,
    "road": 0.0,
    "earthwork": 0.5,
    "pit": 0.35,
    "solar": 0.8,
    "pond": 0.5,
    "lake": 0.6,
    "greenhouse": 0.6,
    "abandoned": 0.9,
}
"""Chance that the whole parcel goes (0.7 where not named)."""

_JOINT = ("built", "solar", "lake", "greenhouse", "orchard", "forest", "abandoned")
"""Covers that often take several neighbouring fields at once."""


_SMALLEST_M2, _HUT_M2 = 150.0, 400.0
"""Area below which nothing is converted, unless houses are smaller, and below which a house is a
hut."""


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """One true patch."""

    field: int
    cover: str
    whole: bool
    shape: Polygon
    onset: date
    strips: tuple[tuple[Polygon, list[Phase]], ...]
    """Parts in the order in which work reaches them, each with its phases."""


def convert(
    land: Land,
    crops: Crops,
    share: float,
    covers: Mapping[str, float] | None,
    period: Period,
    after: Period,
    world: World,
    rng: np.random.Generator,
) -> list[Converted]:
    """Convert about ``share`` of the fields; sorted by field."""
    weights = dict(FREQUENCY if covers is None else covers)
    names = list(weights)
    shares = np.array(list(weights.values())) / sum(weights.values())
    tree = STRtree(land.fields)
    free = {int(n): None for n in rng.permutation(len(land.fields)) if land.farmed[n]}
    patches: list[Converted] = []
    # Every cover comes once before chance deals the rest.
    queue = [str(name) for name in rng.permutation(names) if weights[name] > 0]
    while free and len(patches) < round(share * len(land.fields)):
        number = next(iter(free))
        cover = queue.pop() if queue else str(rng.choice(names, p=shares))
        day = _start(cover, crops, number, period, after, rng)
        together = [number]
        if cover in _JOINT and rng.random() < 0.4:
            near = tree.query(land.fields[number].buffer(6), predicate="intersects")
            others = [int(n) for n in near if n != number and n in free]
            together += others[: int(rng.integers(1, 4))]
        for member in together:
            del free[member]
            site = land.sites[member]
            field = land.fields[member]
            patch = _patch(member, field, site, cover, day, len(together), world, rng)
            patches += [patch] if patch is not None else []
    return sorted(patches, key=lambda patch: patch.field)


def _start(
    cover: str,
    crops: Crops,
    number: int,
    period: Period,
    after: Period,
    rng: np.random.Generator,
) -> float:
    """First day of work: mostly 330 to 30 days before the end, often just after a harvest."""
    end, first = day_number(period.end), day_number(after.start)
    chance = rng.random()
    earliest = max(day_number(period.start) + 240, first - 500)
    if chance < 0.1 and earliest < first - 20:
        day = rng.uniform(earliest, first - 20)
    elif chance < 0.16:
        day = rng.choice((end - rng.uniform(3, 30), end - rng.uniform(330, 364)))
    elif cover == "abandoned":
        day = end - rng.uniform(200, 360)
    else:
        day = end - rng.uniform(30, 330)
    if cover == "abandoned":
        sowings = crops.sowings(number)
        near = sowings[np.argmin(np.abs(sowings - day))] if len(sowings) else day
        return float(max(near, first + 1) if day >= first else near)
    harvests = crops.harvests(number)
    if len(harvests) and rng.random() < 0.55:
        near = float(harvests[np.argmin(np.abs(harvests - day))]) + rng.uniform(2, 18)
        crosses = (near < first) != (day < first) or near > end - 3
        day = day if abs(near - day) > 45 or crosses else near
    return float(day)


def _patch(
    number: int,
    field: Polygon,
    site: Site,
    cover: str,
    day: float,
    together: int,
    world: World,
    rng: np.random.Generator,
) -> Converted | None:
    """One patch with its strips; ``None`` when the field is too small for it."""
    entire = together > 1 or rng.random() < _WHOLE.get(cover, 0.7)
    shape = field if entire else _part(field, cover, world, rng)
    if shape is None or shape.area < min(_SMALLEST_M2, 0.9 * world.houses_m2[0]):
        return None
    entire = shape.area > 0.95 * field.area
    place = replace(site, area_m2=shape.area)
    story = STORIES[cover](day, place, rng)
    strips = tuple(
        (strip, [_later(phase, delay) for phase in story])
        for strip, delay in _strips(shape, cover, rng)
    )
    left = onset([(strip.area, phases[0]) for strip, phases in strips])
    when = date(1970, 1, 1) + timedelta(days=left)
    return Converted(number, cover, entire, shape, when, strips)


def _later(phase: Phase, days: float) -> Phase:
    """The same phase some days later."""
    return replace(phase, start=phase.start + days)


def _part(field: Polygon, cover: str, world: World, rng: np.random.Generator) -> Polygon | None:
    """The part of a field that a conversion takes."""
    angle, _, width = axes(field)
    if cover == "road":
        return _road(field, angle, world.roads_m, rng)
    house = cover == "built"
    area = rng.uniform(*world.houses_m2) if house else rng.uniform(0.2, 0.75) * field.area
    if area > 0.85 * field.area:
        return field
    if rng.random() < 0.5:
        angle += math.pi
    part = slice_off(field, area, angle)
    # A house plot in a wide field takes a corner, not the whole end; a hut is a square.
    hut = house and area < _HUT_M2
    wide = cover in ("built", "pit", "pond") and width > 60
    if (wide or hut) and area < 0.3 * field.area:
        end = math.sqrt(area) * width if hut else 2 * area
        strip = slice_off(field, min(end, 0.8 * field.area), angle)
        part = slice_off(strip, area, angle + math.pi / 2)
    return part


def _road(
    field: Polygon, angle: float, width_m: tuple[float, float], rng: np.random.Generator
) -> Polygon | None:
    """A strip along or across the field."""
    direction = angle if rng.random() < 0.6 else angle + math.pi / 2
    direction += rng.normal(0, 0.1)
    x, y = field.centroid.x, field.centroid.y
    reach = 2 * max(field.bounds[2] - field.bounds[0], field.bounds[3] - field.bounds[1])
    step = (reach * math.cos(direction), reach * math.sin(direction))
    line = LineString([(x - step[0], y - step[1]), (x + step[0], y + step[1])])
    strip = line.buffer(rng.uniform(*width_m) / 2, cap_style="flat").intersection(field)
    parts = polygons(strip, _SMALLEST_M2)
    return max(parts, key=lambda part: part.area) if parts else None


def _strips(shape: Polygon, cover: str, rng: np.random.Generator) -> list[tuple[Polygon, float]]:
    """Cut a patch into strips that work reaches one after the other, with delays in days."""
    count = 1 if shape.area < 2500 or cover in ("abandoned", "turf") else int(rng.integers(2, 6))
    span = min(25.0, shape.area / 1000) * rng.uniform(0.3, 1.5)
    angle, _, _ = axes(shape)
    rest, strips = shape, []
    for step in range(count - 1):
        part = slice_off(rest, rest.area / (count - step), angle)
        others = polygons(rest.difference(part), 20)
        strips.append((part, span * step / count))
        if not others:
            return strips
        rest = max(others, key=lambda piece: piece.area)
    return [*strips, (rest, span * (count - 1) / count if count > 1 else 0.0)]
