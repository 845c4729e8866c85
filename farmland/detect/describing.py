"""A patch that is listed, described: where, since when, what it became, which pictures show it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farmland.detect import covers, learned, margins, signals
from farmland.detect.dating import Dated
from farmland.detect.evidence import Evidence
from farmland.detect.findings import Finding, Record
from farmland.detect.patches import Patch
from farmland.detect.signals import Signals
from farmland.grid import PIXEL_M
from farmland.imagery.stack import Stack
from farmland.kernels import season
from farmland.model import Model
from farmland.periods import Period
from farmland.plan import Periods
from farmland.result import Curve


class Told(NamedTuple):
    """What is said of a patch beside where it lies."""

    evidence: Evidence
    kinds: tuple[str, ...]
    stage: str
    confirmed: int | None = None
    """The look that confirmed it."""
    slow: bool = False
    """Whether it stayed green: then it is one of the slow covers."""


def finding(
    stack: Stack,
    read: Signals,
    patch: Patch,
    dated: Dated,
    told: Told,
    record: Record,
    periods: Periods,
    model: Model | None,
) -> Finding:
    """Describe a patch that is listed."""
    patch = replace(patch, start=dated.changed)
    rows, columns = stack.rows[patch.pixels], stack.columns[patch.pixels]
    cell = stack.values, read.clear, stack.days, read.soil, patch.pixels
    past, since = (
        covers.Looks.of(*cell, looks) for looks in (np.arange(patch.start), patch.changed)
    )
    shape = covers.outline(rows, columns, PIXEL_M)
    looked = margins.behaviour(since.medians)
    ground = learned.of_ground(looked, shape)
    seen = covers.behaviour(since, past)
    beliefs = (
        covers.slow(seen, shape)
        if told.slow
        else covers.agreed(covers.beliefs(seen, shape), margins.beliefs(looked, shape))
    )
    believed = learned.believed(beliefs, ground, model)
    day = signals.dates(stack.days)
    parcel = stack.cell.parcels[patch.parcel]
    return Finding(
        row=parcel.row,
        crs=parcel.crs,
        rows=rows,
        columns=columns,
        first=(int(stack.rows[patch.first]), int(stack.columns[patch.first])),
        stage=told.stage,
        cover=covers.decide(believed),
        believed=believed,
        ground=ground,
        cover_before=record.cropping.name or "unknown",
        date_from=day[dated.fitted] if dated.fitted is not None else None,
        date_to=day[dated.changed],
        confirmed_on=day[told.confirmed] if told.confirmed is not None else None,
        evidence=told.evidence,
        kinds=told.kinds,
        clear_before=int((patch.seen & within(read, periods.before)).sum()),
        clear_after=int((patch.seen & read.after).sum()),
        day_before=_greenest(patch, read, day),
        day_after=day[patch.changed[-1]],
        curve=_curve(patch, read, day),
        changed_before=False,
    )


def within(read: Signals, period: Period) -> NDArray[np.bool_]:
    """Looks (t,) within a period."""
    return signals.within(signals.dates(read.days), period.start, period.end)


def _greenest(patch: Patch, read: Signals, day: NDArray[np.datetime64]) -> np.datetime64 | None:
    """The greenest look of the year before the change: the picture that shows a crop best."""
    ndvi = patch.ndvi(read.noise)
    year = (read.days < read.days[patch.start]) & (read.days >= read.days[patch.start] - 365)
    looks = np.flatnonzero(patch.seen & year)
    return day[looks[np.argmax(ndvi[looks])]] if looks.size else None


def _curve(patch: Patch, read: Signals, day: NDArray[np.datetime64]) -> Curve:
    """The patch's NDVI with its own past and the neighbours of each day."""
    others = read.parcel_ndvi.copy()
    others[patch.parcel] = np.nan
    low = season.neighbours_quantile(others, 5, 0.25)
    high = season.neighbours_quantile(others, 5, 0.75)
    return Curve(day, patch.ndvi(read.noise), patch.own_low, patch.own_high, low, high)
