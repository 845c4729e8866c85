"""What there was to see of one place, and what the detector made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contest.cases import Case
from contest.measures import HIT_SHARE
from farmland import rules
from farmland.detect import cropping, dating, evidence, patches, signals
from farmland.detect.evidence import Evidence
from farmland.detect.patches import Patch
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.kernels import novelty, season, spectral
from farmland.result import Curve
from farmland.rules.detection import Detection


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """The strongest candidate over a place."""

    evidence: Evidence
    date_from: np.datetime64 | None
    date_to: np.datetime64
    listed: bool
    confirmed: bool
    because: str
    """Why it is not listed; ``""`` where it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Some pixels of a parcel look by look."""

    curve: Curve
    novelty: NDArray[np.float32]
    """(t,) In the history against other seasons, since then against everything known."""
    after: np.datetime64
    """First day of the period after."""
    verdict: Verdict | None
    """None where nothing was a candidate."""


def see(case: Case, parcel: int, pixels: NDArray[np.int64], by: Detection | None = None) -> Seen:
    """Look at some pixels of a parcel of a case as the detector does."""
    by = by or rules.load("cn").detection
    read = signals.read(case.stack, case.periods, by)
    one = np.zeros(pixels.size, np.int32)
    series = season.medians(read.features[pixels], one, 1, by.look_clear_share)
    return Seen(
        _curve(series, parcel, read, by),
        _novelty(series, parcel, read, by),
        np.datetime64(case.periods.after.start, "D"),
        judged(case.stack, read, parcel, pixels, by),
    )


def _curve(series: NDArray[np.float32], parcel: int, read: Signals, by: Detection) -> Curve:
    """NDVI with the bands of its own past and of the neighbours of each day."""
    ndvi = np.asarray(series[:, :, spectral.NDVI] * read.noise[spectral.NDVI])
    table, size = season.seasons(read.days, read.history, by.season_window)
    wanted = np.ones(ndvi.shape, np.bool_)
    own = [
        season.own_quantile(ndvi, wanted, table, size, by.season_looks, quantile)[0]
        for quantile in (by.season_quantile, 1 - by.season_quantile)
    ]
    others = read.parcel_ndvi.copy()
    others[parcel] = np.nan
    near = [season.neighbours_quantile(others, 5, quantile) for quantile in (0.25, 0.75)]
    return Curve(signals.dates(read.days), ndvi[0], *own, *near)


def _novelty(
    series: NDArray[np.float32], parcel: int, read: Signals, by: Detection
) -> NDArray[np.float32]:
    now = signals.strangeness(series, np.array([parcel], np.int32), read, by)[0]
    green = by.green / read.noise[spectral.NDVI]
    args = read.days, read.history, read.usual, by.season_apart, green
    past = novelty.past(series, *args)[0] / read.unit
    return np.asarray(np.where(read.history, past, now), np.float32)


def judged(
    stack: Stack, read: Signals, parcel: int, pixels: NDArray[np.int64], by: Detection
) -> Verdict | None:
    """The candidate over a quarter of some pixels that comes first in the detector's own order."""
    found = [
        _verdict(patch, weighed, read, by)
        for patch, weighed in _weighed(stack, read, parcel, by)
        if np.isin(pixels, patch.pixels).mean() >= HIT_SHARE
    ]
    return min(found, key=lambda one: (not one.listed, -one.evidence.confidence), default=None)


def _weighed(
    stack: Stack, read: Signals, parcel: int, by: Detection
) -> Iterator[tuple[Patch, Evidence]]:
    """Every candidate of a parcel with its evidence, in places of the whole stack."""
    alone = np.arange(len(stack.cell.parcels)) == parcel
    part, known = signals.only(stack, read, alone)
    place = np.flatnonzero(alone[stack.parcel])
    for patch in patches.generate(part, known, by):
        if patch.changed.size >= by.candidate_looks:
            around = evidence.surroundings(patch, part, known, by)
            weighed = evidence.weigh(patch, known, around, patch.changed, by)
            yield _placed(patch, place), weighed


def _placed(patch: Patch, place: NDArray[np.int64]) -> Patch:
    return replace(patch, pixels=place[patch.pixels])


def _verdict(patch: Patch, weighed: Evidence, read: Signals, by: Detection) -> Verdict:
    dated, day = dating.date(patch, by), signals.dates(read.days)
    because = ""
    if weighed.days < by.candidate_days:
        because = f"seen for {weighed.days} days only, listed from {by.candidate_days:g}"
    elif weighed.confidence < by.listed_confidence:
        because = f"confidence {weighed.confidence:.2f}, listed from {by.listed_confidence:g}"
    elif not cropping.ever_cropped(patch.ndvi(read.noise)[read.history]):
        because = "no canopy in its history, so it was no field"
    return Verdict(
        weighed,
        day[dated.fitted] if dated.fitted is not None else None,
        day[dated.changed],
        not because,
        not because and evidence.settled(weighed, by),
        because,
    )
