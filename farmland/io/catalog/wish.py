"""What is asked of a catalog: a place, a time, a collection and how cloudy it may be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from farmland.io.catalog import facts
from farmland.periods import Period
from farmland.scene import Scene

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees of WGS 84; west is greater across the antimeridian."""


@dataclass(frozen=True)
class Wish:
    """The scenes wanted of a catalog.

    Parameters
    ----------
    collection : str
        Collection id; ``""``: the default ones.
    box : Box
        Where.
    period : Period
        Image dates in UTC, both ends included.
    max_cloud : float
        Percent of a granule that may be cloudy; a scene that does not state it is wanted.
    """

    collection: str
    box: Box
    period: Period
    max_cloud: float = 100.0

    @cached_property
    def place(self) -> BaseGeometry:
        """The box as a polygon."""
        place = facts.place(self.box)
        shapely.prepare(place)
        return place

    def holds(self, scene: Scene) -> bool:
        """Whether a scene is among those wanted."""
        return (
            self.period.holds(scene.datetime.date())
            and (scene.cloud_cover is None or scene.cloud_cover <= self.max_cloud)
            and bool(self.place.intersects(scene.footprint))
        )
