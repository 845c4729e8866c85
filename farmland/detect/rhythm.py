"""Slow covers: land that stays green, or half green, and has lost the rhythm of sowing and harvest.

Young trees, a lawn or weeds are no novel spectrum; what tells them is that nothing is sown and
nothing is harvested any more, while the own past and the fields around went up and down. A fallow
season looks the same for as long as it lasts: nothing is listed before ``least_days`` are over and
every season that was to be expected since has been missed (METHODS 3.4, 3.5 no. 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect import seasons
from farmland.detect.evidence import worth
from farmland.detect.ranks import quantile
from farmland.detect.seasons import Known
from farmland.detect.signals import Signals
from farmland.kernels import season
from farmland.plan import Periods
from farmland.rules.rhythm import NUMBERS, Rhythm
from farmland.stack import Stack

Numbers = Mapping[str, float]


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
    watched: dict[int, int] = {}
    for days in sorted(rules.watched_days):
        for n in _silent(known, days, rules):
            young = _judged(known, n, days, rules)
            if young is not None and young.confidence >= rules.watched_confidence:
                watched[young.parcel] = young.days
    return Found(tuple(kept.values()), {g: d for g, d in watched.items() if g not in kept})


def _listed(known: Known, rules: Rhythm) -> Iterator[Left]:
    """Yield the surest beginning of each curve that is sure enough."""
    best: dict[int, Left] = {}
    for days in rules.listed_days:
        for n in _silent(known, days, rules):
            one = _judged(known, n, days, rules)
            if one is not None and (n not in best or one.confidence > best[n].confidence):
                best[n] = one
    for n, one in best.items():
        if one.confidence >= rules.listed_confidence:
            yield _begun(known, n, one, rules)


def _begun(known: Known, n: int, one: Left, rules: Rhythm) -> Left:
    """The same from the earliest look since which it is about as sure: days are tried in steps."""
    days = known.end - known.read.days[~np.isnan(known.curves.ndvi[n])]
    earlier = days[(days > one.days) & (days <= one.days + rules.step_days)]
    for back in earlier:
        longer = _judged(known, n, int(back) + 1, rules)
        if longer is not None and longer.confidence >= rules.as_sure * one.confidence:
            return longer
    return one


def _silent(known: Known, days: int, rules: Rhythm) -> list[int]:
    """Curves (n) that no crop since may explain at first sight: the cheap test before all others.

    A season was to be expected by the fields around, and the curve either stayed below it or
    never fell as at a harvest.
    """
    since = np.flatnonzero(known.read.days > known.end - days)
    if since.size < rules.looks:
        return []
    peaks = season.peaks(known.curves.ndvi, since, rules.looks, 0.95)
    around = season.peaks(known.parcels, since, rules.looks, 0.95)
    around = around[~np.isnan(around)]
    if around.size < rules.neighbour_least:
        return []
    expected = quantile(around, 0.4)
    if expected < rules.canopy:
        return []
    table = known.curves.ndvi[:, since]
    return [
        int(n)
        for n in np.flatnonzero(peaks >= rules.weeds)
        if seasons.swing(known.read.days[since], table[n]) <= rules.harvest
    ]


def _judged(known: Known, n: int, days: int, rules: Rhythm) -> Left | None:
    """Measure one curve since a day; None where it never had the rhythm that is missed."""
    ndvi = known.curves.ndvi[n]
    seen = np.flatnonzero(~np.isnan(ndvi))
    since = seen[known.read.days[seen] > known.end - days]
    numbers = seasons.measured(known, n, since, rules)
    if numbers is None:
        return None
    odds = {"base": rules.odds_base} | {
        name: worth(numbers[name], getattr(rules, f"odds_{name}")) for name in NUMBERS
    }
    return Left(
        parcel=int(known.curves.parcel[n]),
        pixels=known.curves.pixels[n],
        start=int(since[0]),
        days=int(known.end - known.read.days[since[0]]),
        numbers=numbers,
        odds=odds,
        confidence=1 / (1 + math.exp(-sum(odds.values()))),
    )
