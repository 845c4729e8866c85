"""Clean NDVI of every parcel and look as the library gives it: one call."""

from __future__ import annotations

import numpy as np
from reading_job import Job, Part, Reading

from farmland import flow
from farmland.periods import Period
from farmland.plan import Plan


def read(job: Job) -> Reading:
    """Parcels read and repaired, scenes found, offsets settled from the pixels, looks averaged."""
    plan = Plan(parcels=job.parcels, catalog=job.items, workers=job.threads)
    record = flow.ndvi(plan, Period.parse(job.period), lambda *_: None)
    parts = (Part(part.rows, part.pixels, part.clear, part.ndvi) for part in record.tables)
    return Reading(np.array([look.day for look in record.looks], "datetime64[D]"), parts)
