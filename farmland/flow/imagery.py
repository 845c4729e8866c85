"""What tables and composites are made of: parcels, and the settled looks at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from farmland import rules
from farmland.flow.radiance import settle
from farmland.imagery import looks
from farmland.imagery.looks import Look
from farmland.parcels import Parcels
from farmland.plan import Plan
from farmland.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Imagery:
    """Parcels and the looks at them, searched for and settled once."""

    parcels: Parcels
    scenes: tuple[Scene, ...]
    """All that were found."""
    counts: Mapping[str, int]
    """To add, by item id; a scene that is missing is set aside."""
    looks: tuple[Look, ...]
    """Of the scenes that are not set aside, ascending in time."""


def of_scenes(
    plan: Plan, parcels: Parcels, scenes: Sequence[Scene], tell: Callable[[str, int, int], None]
) -> Imagery:
    """Settle the scenes of parcels at hand."""
    settled = settle(scenes, plan, rules.load(plan.rules).radiometry, tell)
    grouped = looks.group(scene for scene in scenes if scene.item_id in settled.counts)
    return Imagery(parcels, tuple(scenes), settled.counts, grouped)
