"""Where covers are set in: houses, whole parcels and roads, on a few parcels of a case at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.affinity import rotate

from contest.cases import Case
from farmland.tiling.tiles import Placed

TOGETHER = 3
"""Covers set in at once: more would be neighbours of each other."""

ROOMY = 3
"""Times the area of a patch that its parcel measures at least."""

TRIES = 200
"""Places that are tried for a patch before its parcel is passed over."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What is set in where."""

    parcel: int
    """Position in the cell."""
    outline: shapely.Geometry
    """Metres of the zone."""
    width_m: float = math.inf
    """Of a road."""


def patches(quiet: Case, area: float, rng: np.random.Generator) -> list[Patch]:
    """Patches of an area in as many parcels; of the whole parcel where the area is 0."""
    parcels = quiet.stack.cell.parcels
    found: list[Patch] = []
    for number in rng.permutation(np.flatnonzero(quiet.full_pixels >= 8)):
        parcel = parcels[number]
        if parcel.geometry.area < ROOMY * area:
            continue
        outline = _house(parcel, area, rng) if area else parcel.geometry
        if outline is not None:
            found.append(Patch(int(number), outline))
        if len(found) == TOGETHER:
            break
    return found


def _house(parcel: Placed, area: float, rng: np.random.Generator) -> shapely.Geometry | None:
    """A rectangle of 3 to 2 somewhere inside a parcel; ``None`` when none was met."""
    long, wide = np.sqrt(area * 1.5), np.sqrt(area / 1.5)
    left, bottom, right, top = parcel.geometry.bounds
    for _ in range(TRIES):
        x, y = rng.uniform(left, right), rng.uniform(bottom, top)
        box = shapely.box(x - long / 2, y - wide / 2, x + long / 2, y + wide / 2)
        turned = rotate(box, rng.uniform(0, 180))
        if parcel.geometry.contains(turned):
            return turned
    return None


def roads(quiet: Case, width: float, rng: np.random.Generator) -> list[Patch]:
    """A straight road across each of the largest parcels."""
    parcels = quiet.stack.cell.parcels
    order = sorted(range(len(parcels)), key=lambda number: -parcels[number].geometry.area)
    return [
        Patch(number, _road(parcels[number], width, rng), width)
        for number in sorted(order[:TOGETHER])
    ]


def _road(parcel: Placed, width: float, rng: np.random.Generator) -> shapely.Geometry:
    """The part of a road within a parcel: through its middle, in any direction."""
    left, bottom, right, top = parcel.geometry.bounds
    middle = parcel.geometry.representative_point()
    half = np.hypot(right - left, top - bottom)
    angle = rng.uniform(0, np.pi)
    step = half * np.array([np.cos(angle), np.sin(angle)])
    ends = [(middle.x - step[0], middle.y - step[1]), (middle.x + step[0], middle.y + step[1])]
    lane = shapely.LineString(ends).buffer(width / 2, cap_style="flat")
    return parcel.geometry.intersection(lane)
