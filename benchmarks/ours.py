"""Clean NDVI of every parcel and look as the library gives it: one call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from reading_job import Job, Part, Reading

from farmland import flow
from farmland.flow import imagery
from farmland.flow.index_tables import NDVI
from farmland.parcels import Parcels
from farmland.periods import Period
from farmland.plan import Plan
from farmland.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """All that is known before the first pixel."""

    plan: Plan
    parcels: Parcels
    scenes: tuple[Scene, ...]


def prepare(job: Job) -> Ready:
    """Parcels read and repaired, scenes found."""
    plan = Plan(parcels=job.parcels, catalog=job.items, workers=job.threads)
    parcels = flow.read_parcels(plan)
    return Ready(plan, parcels, flow.search(plan, parcels, Period.parse(job.period)))


def read(ready: Ready) -> Reading:
    """Offsets settled from the pixels, looks averaged."""
    held = imagery.of_scenes(ready.plan, ready.parcels, ready.scenes, _quiet)
    record = flow.index_table(ready.plan, held, NDVI, _quiet)
    parts = (Part(part.rows, part.pixels, part.clear[0], part.means[0]) for part in record.tables)
    return Reading(np.array([look.day for look in record.looks], "datetime64[D]"), parts)


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""
