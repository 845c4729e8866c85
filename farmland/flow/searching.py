"""Asking a catalog for what lies around parcels, without telling it more than half a degree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import geopandas as gpd
import numpy as np
from pyproj import Transformer

from farmland.flow.reading import read_parcels
from farmland.grid import snapped_box
from farmland.io import catalog
from farmland.io.catalog.found import Found
from farmland.parcels import Parcels
from farmland.periods import FIRST_SCENE, Period
from farmland.periods import before as span_before
from farmland.plan import Plan
from farmland.progress import Tell
from farmland.scene import Scene

NEWEST_DAYS = (120, 730)
"""How far back the newest scene is looked for, before the whole record is searched: a catalog that
is up to date answers the first question with some dozen items."""

Answer = TypeVar("Answer", Scene, Found)


def newest_year(plan: Plan, parcels: Parcels) -> Period:
    """The twelve months that end at the newest scene, searched for from today backwards."""
    today = datetime.now(UTC).date()
    for start in (*(today - timedelta(days) for days in NEWEST_DAYS), FIRST_SCENE):
        try:
            found = search(plan, parcels, Period(start, today))
        except catalog.NoScenes:
            if start == FIRST_SCENE:
                raise
        else:
            break
    newest = max(scene.datetime.date() for scene in found)
    return span_before(newest + timedelta(days=1), 12)


def scenes(plan: Plan, period: Period, tell: Tell) -> tuple[Scene, ...]:
    """What the catalog has for the parcels of a plan in a period."""
    parcels = read_parcels(plan)
    found = search(plan, parcels, period)
    tell("scenes", len(found), len(found))
    return found


def items(plan: Plan, period: Period, tell: Tell) -> tuple[Found, ...]:
    """What :func:`scenes` gives, each scene with the STAC item it was made of."""
    tell("parcels", 0, 0)
    parcels = read_parcels(plan)
    tell("parcels", len(parcels), len(parcels))
    tell("scenes", 0, 0)
    found = ask(catalog.search, plan, parcels, period)
    tell("scenes", len(found), len(found))
    return found


def search(plan: Plan, parcels: Parcels, period: Period) -> tuple[Scene, ...]:
    """The scenes of parcels at hand, by item id and time."""
    return ask(catalog.find, plan, parcels, period)


def ask(
    ask: Callable[..., tuple[Answer, ...]], plan: Plan, parcels: Parcels, period: Period
) -> tuple[Answer, ...]:
    """Search around all usable parcels; the box that leaves the machine is snapped outward."""
    return ask(
        plan.catalog,
        plan.collection,
        _box(parcels.frame.geometry),
        period,
        offline=plan.offline,
        allow_host=plan.allow_host,
        max_cloud=plan.max_cloud,
    )


def _box(shapes: gpd.GeoSeries) -> tuple[float, float, float, float]:
    """The box around shapes in degrees, snapped; not every shape is moved where a few tell."""
    edges = shapes.bounds
    rim = np.unique([*np.nanargmin(edges, axis=0)[:2], *np.nanargmax(edges, axis=0)[2:]])
    change = Transformer.from_crs(shapes.crs, 4326, always_xy=True)
    most = snapped_box(*change.transform_bounds(*shapes.total_bounds))
    least = snapped_box(*map(float, shapes.iloc[rim].to_crs(4326).total_bounds))
    return least if least == most else snapped_box(*map(float, shapes.to_crs(4326).total_bounds))
