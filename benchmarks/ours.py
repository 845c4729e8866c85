"""Clean NDVI of every parcel and look as the library gives it, from the same two inputs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from reading_job import Clean, Job

from farmland import looks
from farmland.flow import radiance, vegetation
from farmland.flow.look import How
from farmland.grid import snapped_box
from farmland.io import catalog
from farmland.io.hosts import Reach
from farmland.periods import Period
from farmland.plan import Plan
from farmland.rules import load


def read(job: Job) -> Clean:
    """Find scenes, settle their offsets from the pixels, read, and gather the parcels."""
    plan = Plan(parcels=job.parcels, catalog=job.items, workers=job.threads)
    rules = load(plan.rules)
    frame = gpd.read_file(job.parcels)
    box = snapped_box(*map(float, frame.to_crs(4326).total_bounds))
    scenes = catalog.find(plan.catalog, "", box, Period.parse(job.period))
    offsets = radiance.settle(scenes, plan, rules.radiometry, lambda *_: None).counts
    held = looks.group(scenes)
    how = How(offsets, vegetation.BANDS, rules.detection, Reach(None, "127.0.0.1", ()))
    pixels = np.zeros(len(frame), np.int64)
    clear = np.zeros((len(held), len(frame)), np.int64)
    ndvi = np.full(clear.shape, np.nan)
    for part in vegetation.ndvi(frame.geometry, held, how):
        pixels[part.rows] = part.pixels
        clear[:, part.rows], ndvi[:, part.rows] = part.clear, part.ndvi
    days = np.array([look.day for look in held], "datetime64[D]")
    return Clean(days, pixels, clear, ndvi)
