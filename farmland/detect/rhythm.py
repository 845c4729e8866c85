"""Slow covers: land that stays green, or half green, and has lost the rhythm of sowing and harvest.

Young trees, a lawn or weeds are no novel spectrum; what tells them is that nothing is sown and
nothing is harvested any more, while the own past and the fields around went up and down. A fallow
season looks the same for as long as it lasts: nothing is listed before ``least_days`` are over and
every season that was to be expected since has been missed (METHODS 3.4, 3.5 no. 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect import seasons
from farmland.detect.ranks import quantile
from farmland.detect.seasons import Known
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.kernels import missed, season
from farmland.plan import Periods
from farmland.rules.rhythm import NUMBERS, Curve, Rhythm

Numbers = Mapping[str, float]

Case = tuple[int, int]
"""A curve (n) and the position of the first look that may count as one since."""


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """Pixels of a parcel on which no crop was sown and harvested any more."""

    parcel: int
    """Position in the cell."""
    pixels: NDArray[np.int64]
    """Positions in the stack, ascending."""
    start: int
    """First look since."""
    days: int
    """From there to the end of the period after."""
    numbers: Numbers
    """What was measured since; NaN = could not be judged."""
    odds: Numbers
    """What each number added, log odds."""
    confidence: float
    """Probability that these add up to."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Cases (c,) in which a season was missed: a curve since a look."""

    curve: NDArray[np.int64]
    """Its position."""
    start: NDArray[np.int64]
    """First look that may count, whether the curve was seen on it or not."""
    numbers: Mapping[str, NDArray[np.float64]]
    odds: Mapping[str, NDArray[np.float64]]
    confidence: NDArray[np.float64]
    """As in :class:`Left`, of all cases."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What lost its rhythm in a cell."""

    left: tuple[Left, ...]
    """Long enough ago to be listed: candidates, never confirmed in the first year."""
    watched: Mapping[int, int]
    """Position of a parcel to the days since it may have lost its rhythm, too few to list it."""


def find(stack: Stack, read: Signals, periods: Periods, rules: Rhythm) -> Found:
    """Find the parcels, or large parts of one, that have lost their rhythm.

    Of a parcel and its part, and of parts on top of each other, the surest is kept.
    """
    known = seasons.known(stack, read, periods.after, rules)
    best = sorted(_listed(known, rules), key=lambda one: -one.confidence)
    kept: dict[int, Left] = {}
    for one in best:
        kept.setdefault(one.parcel, one)
    young = _judged(known, _silent(known, sorted(rules.watched_days), rules), rules)
    sure = np.flatnonzero(young.confidence >= rules.watched_confidence).tolist()
    watched = {one.parcel: one.days for one in (_left(known, young, c) for c in sure)}
    return Found(tuple(kept.values()), {g: d for g, d in watched.items() if g not in kept})


def _listed(known: Known, rules: Rhythm) -> Iterator[Left]:
    """Yield the surest beginning of each curve that is sure enough."""
    judged = _judged(known, _silent(known, rules.listed_days, rules), rules)
    best: dict[int, int] = {}
    for c in np.flatnonzero(judged.confidence >= rules.listed_confidence).tolist():
        n = int(judged.curve[c])
        if n not in best or judged.confidence[c] > judged.confidence[best[n]]:
            best[n] = c
    for n, c in best.items():
        yield _begun(known, n, _left(known, judged, c), rules)


def _begun(known: Known, n: int, one: Left, rules: Rhythm) -> Left:
    """The same from the earliest look since which it is about as sure: days are tried in steps."""
    days = known.end - known.read.days[~np.isnan(known.curves.ndvi[n])]
    earlier = days[(days > one.days) & (days <= one.days + rules.step_days)]
    judged = _judged(known, [(n, _first(known, int(back) + 1)) for back in earlier], rules)
    sure = np.flatnonzero(judged.confidence >= rules.as_sure * one.confidence)
    return _left(known, judged, int(sure[0])) if sure.size else one


def _first(known: Known, days: int) -> int:
    """Position of the first look less than some days before the end of the period after."""
    return int(np.searchsorted(known.read.days, known.end - days, side="right"))


def _silent(known: Known, days: Iterable[int], rules: Rhythm) -> list[Case]:
    """Curves that no crop in so many days may explain at first sight: the cheap test before all.

    A season was to be expected by the fields around, and the curve either stayed below it or
    never fell as at a harvest.
    """
    looks, ndvi = known.read.days, known.curves.ndvi
    found: list[Case] = []
    for start in (_first(known, back) for back in days):
        since = np.arange(start, looks.size)
        around = season.peaks(known.parcels, since, rules.looks, 0.95)
        around = around[~np.isnan(around)]
        if around.size < rules.neighbour_least or quantile(around, 0.4) < rules.canopy:
            continue
        green = season.peaks(ndvi, since, rules.looks, 0.95) >= rules.weeds
        silent = missed.swings(looks, ndvi, start, missed.SPURT) <= rules.harvest
        found += [(n, start) for n in np.flatnonzero(green & silent).tolist()]
    return found


def _judged(known: Known, cases: Sequence[Case], rules: Rhythm) -> Judged:
    """Judge the cases that miss a rhythm they once had, in their order."""
    curve, start = np.array(cases, np.int64).reshape(-1, 2).T.copy()
    kept, numbers = seasons.measured(known, curve, start, rules)
    odds = {"base": np.full(kept.size, rules.odds_base)} | {
        name: _worth(numbers[name], getattr(rules, f"odds_{name}")) for name in NUMBERS
    }
    total = np.sum(list(odds.values()), axis=0)
    return Judged(curve[kept], start[kept], numbers, odds, 1 / (1 + np.exp(-total)))


def _worth(values: NDArray[np.float64], curve: Curve) -> NDArray[np.float64]:
    """As :func:`farmland.detect.evidence.worth`, of many numbers (c,)."""
    at, odds = np.array(curve).T
    return np.where(np.isnan(values), 0.0, np.interp(values, at, odds))


def _left(known: Known, judged: Judged, c: int) -> Left:
    """One of the cases with all that it is told by."""
    n, first = int(judged.curve[c]), int(judged.start[c])
    start = first + int(np.argmin(np.isnan(known.curves.ndvi[n, first:])))
    return Left(
        parcel=int(known.curves.parcel[n]),
        pixels=known.curves.pixels[n],
        start=start,
        days=int(known.end - known.read.days[start]),
        numbers={name: float(judged.numbers[name][c]) for name in NUMBERS},
        odds={name: float(worth[c]) for name, worth in judged.odds.items()},
        confidence=float(judged.confidence[c]),
    )
