"""Looks: one acquisition published twice counts once, and one pass over a place is one look.

The same picture is published again when it is reprocessed, and by two receiving stations; the
halves of a tile that two datastrips cover are no duplicates (METHODS 2.1, 2.5; ECOSYSTEM 3.4).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import shapely
from shapely.geometry.base import BaseGeometry

from farmland.scene import Scene

SAME_MINUTE_SECONDS = 60
"""Two scenes of one tile without a datatake are one acquisition when sensed this close."""

COVERED_SHARE = 0.9
"""A scene is a duplicate when better publications of its acquisition cover this share of it.

The two halves of a tile share a strip of a few percent; footprints of one picture by two
publishers differ by some percent along the swath edge.
"""


@dataclass(frozen=True, slots=True)
class Look:
    """All that one solar day shows of a place."""

    day: date
    """Local solar date."""
    scenes: tuple[Scene, ...]
    """In the order in which they fill a pixel: the first with data wins."""


def group(scenes: Iterable[Scene]) -> tuple[Look, ...]:
    """Group scenes, duplicates left out, into looks by solar day, in ascending order.

    Tiles and granules of a day fill by tile, then the higher baseline, then id, so that the
    answer does not depend on the order of the search (METHODS 2.5).
    """
    held = tuple(scenes)
    left_out = duplicates(held)
    days: defaultdict[date, list[Scene]] = defaultdict(list)
    for scene in held:
        if scene.item_id not in left_out:
            days[scene.solar_day].append(scene)
    return tuple(Look(day, tuple(_filling_order(days[day]))) for day in sorted(days))


def duplicates(scenes: Iterable[Scene]) -> Mapping[str, str]:
    """Item ids of scenes published again, each with the id that is kept in its place.

    Of one acquisition (platform, tile and datatake; sensing within a minute where no datatake is
    known) the highest baseline is kept, then the newest processing; one that these do not cover
    stays too.
    """
    places: defaultdict[tuple[object, ...], list[Scene]] = defaultdict(list)
    for scene in scenes:
        places[scene.platform, scene.tile or scene.origin].append(scene)
    found: dict[str, str] = {}
    for published in places.values():
        for acquisition in _acquisitions(published):
            found.update(_covered(acquisition))
    return found


def _filling_order(scenes: Iterable[Scene]) -> list[Scene]:
    by_id = sorted(scenes, key=lambda scene: scene.item_id)
    by_baseline = sorted(by_id, key=lambda scene: scene.baseline, reverse=True)
    return sorted(by_baseline, key=lambda scene: scene.tile)


def _acquisitions(scenes: Sequence[Scene]) -> list[list[Scene]]:
    """Scenes of one platform and tile, split into acquisitions."""
    found: list[tuple[str, list[Scene]]] = []
    for scene in sorted(scenes, key=lambda scene: (scene.datetime, scene.item_id)):
        start = _sensing_start(scene)
        for begun, held in found:
            if begun == start if begun and start else _same_minute(held[0], scene):
                held.append(scene)
                break
        else:
            found.append((start, [scene]))
    return [held for _, held in found]


def _same_minute(one: Scene, other: Scene) -> bool:
    return abs((one.datetime - other.datetime).total_seconds()) <= SAME_MINUTE_SECONDS


def _sensing_start(scene: Scene) -> str:
    """Start of the datatake; its id also names the baseline, which differs by publication."""
    match = re.search(r"\d{8}T\d{6}", scene.datatake)
    return match[0] if match else ""


def _covered(acquisition: Sequence[Scene]) -> dict[str, str]:
    """Of one acquisition, the scenes that the better ones cover, with the best that does."""
    kept: list[Scene] = []
    found: dict[str, str] = {}
    for scene in _best_first(acquisition):
        shares = [_share(scene.footprint, better.footprint) for better in kept]
        union = shapely.union_all([better.footprint for better in kept])
        if kept and _share(scene.footprint, union) >= COVERED_SHARE:
            found[scene.item_id] = kept[shares.index(max(shares))].item_id
        else:
            kept.append(scene)
    return found


def _best_first(scenes: Iterable[Scene]) -> list[Scene]:
    """Highest baseline, then newest processing, then Collection 1, then id."""
    by_id = sorted(scenes, key=lambda scene: ("-c1-" not in scene.collection, scene.item_id))
    return sorted(by_id, key=lambda scene: (scene.baseline, scene.generated), reverse=True)


def _share(of: BaseGeometry, by: BaseGeometry) -> float:
    """Share of one footprint that another covers; 1 for a footprint without area inside."""
    if of.area == 0:
        return float(by.covers(of))
    return float(of.intersection(by).area / of.area)
