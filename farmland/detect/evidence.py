"""Kinds of evidence for one patch, each a number with a name, and the probability they add up to.

Evidence multiplies, so its logarithms add (DESIGN 9, item 5). What each number is worth is a curve
of the rules: monotone, bounded, zero where nothing speaks either way. No single kind can carry a
verdict alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.detect.patches import Patch
from farmland.detect.ranks import median, quantile
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.kernels import season, spectral
from farmland.rules.detection import Detection

LONGEST_STEP = 20
"""Days that one look speaks for at most."""

SPREAD_LEAST = 0.3
"""Noise units under which no difference of colour is one: what the same soil shows from season to
season in real quiet parcels (s2_flanders_2018_2019: up to 0.6 where it was seen bare little)."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "novelty": ("novelty", "unusual", "latest"),
    "soil": ("colour", "tint"),
    "season": ("missing", "peak", "recent", "even"),
    "rest": ("rest", "apart"),
}
"""Kinds that do not share their errors, and the numbers that speak for each."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers behind one patch; NaN = could not be judged."""

    looks: int
    """Looks since the change began."""
    days: int
    """From the first to the last of them."""
    novelty: float
    """How far its spectra lie from everything known, in units of the cell: lower quartile."""
    unusual: float
    """Median of that, over the 90 % quantile that its own history had (1 at least)."""
    latest: float
    """Mean of the last three looks."""
    colour: float
    """Blue against red of the open ground, away from its own past, in its own spreads."""
    tint: float
    """The same against the neighbours of each day."""
    missing: float
    """NDVI short of the own past at the season (where unknown: of the neighbours), times days."""
    peak: float
    """Highest NDVI since the change (90 % quantile)."""
    recent: float
    """Highest NDVI of the last three looks."""
    even: float
    """Standard deviation of NDVI since the change."""
    rest: float
    """By how much NDVI fell against the rest of the parcel."""
    apart: float
    """How far it looks from the rest of the parcel, in what that was before."""
    inner: float
    """How much of the patch stands clear of the parcel's edge, 0-1."""
    own_peak: float
    """Lowest peak of NDVI of the same months in the own past."""
    neighbours_peak: float
    """Low edge of the neighbours' peaks over the same looks."""
    odds: Mapping[str, float]
    """What each number added, log odds."""
    confidence: float
    """Probability that these add up to."""
    more: Mapping[str, float] = field(default_factory=dict)
    """Numbers of other kinds, by the names they have in ``odds``."""

    @property
    def lasting(self) -> float:
        """Days, as a number that is weighed."""
        return float(self.days)

    @property
    def missed(self) -> float:
        """NDVI by which the peak fell short of both expectations; NaN when neither is known."""
        known = [v for v in (self.own_peak, self.neighbours_peak) if not math.isnan(v)]
        return min(known) - self.peak if known else math.nan

    def kinds(self, rules: Detection) -> tuple[str, ...]:
        """Names of the kinds of evidence that speak for a change on their own."""
        return tuple(kind for kind in KINDS if self.odds_of(kind) >= rules.kind_least)

    def odds_of(self, kind: str) -> float:
        """What the numbers of one kind added together, log odds."""
        return float(sum(self.odds.get(name, 0.0) for name in KINDS[kind]))


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Where a patch lies in its parcel and among the others."""

    rest: NDArray[np.float32]
    """(t, f) median features of the rest of the parcel; NaN where there is too little of it."""
    others: NDArray[np.float32]
    """(t, f) middle of all parcels of the day; NaN with too few seen."""
    inner: float
    """How much of the patch stands clear of the edge, 0-1: a strip of rim pixels mixes with what
    lies outside and moves with the 0.3 pixels by which scenes are displaced (METHODS 2.15)."""


def surroundings(patch: Patch, stack: Stack, signals: Signals, rules: Detection) -> Around:
    """Look at the rest of the parcel, at the other parcels, and at how much of the patch is rim."""
    members = np.flatnonzero(stack.parcel == patch.parcel)
    inner = stack.full[patch.pixels].mean() / rules.inner_share
    whole = patch.pixels.size / members.size / rules.whole_share
    beside = np.ones(members.size, np.bool_)
    beside[np.searchsorted(members, patch.pixels)] = False
    others = members[beside]
    full = others[stack.full[others]]
    others = full if full.size >= rules.rest_pixels else others
    rest = np.full(patch.series.shape, np.nan, np.float32)
    if others.size >= rules.rest_pixels:
        rest = season.together(signals.features, others, rules.look_clear_share)
    return Around(rest, signals.others, float(min(1.0, max(inner, whole))))


def weigh(
    patch: Patch,
    signals: Signals,
    around: Around,
    changed: NDArray[np.int64],
    rules: Detection,
) -> Evidence:
    """Weigh one patch on its ``changed`` looks, or on the first of them as they came in."""
    numbers: dict[str, Any] = measure(patch, signals, around, changed, rules)
    odds = {"base": rules.odds_base} | {
        name: worth(numbers[name], getattr(rules, f"odds_{name}")) for name in WEIGHED
    }
    ndvi = patch.ndvi(signals.noise)
    return Evidence(
        looks=changed.size,
        days=int(numbers["lasting"]),
        **{name: numbers[name] for name in WEIGHED if name != "lasting"},
        own_peak=_own_peak(ndvi, signals, signals.days[changed], rules),
        neighbours_peak=_neighbours_peak(patch.parcel, signals, changed, rules),
        odds=odds,
        confidence=1 / (1 + math.exp(-sum(odds.values()))),
    )


WEIGHED = (*(name for names in KINDS.values() for name in names), "lasting", "inner")
"""Numbers that the rules have a curve for."""


def worth(value: float, curve: tuple[tuple[float, float], ...]) -> float:
    """Log odds of a number by a curve of (number, log odds), level beyond its ends; NaN: 0."""
    if math.isnan(value):
        return 0.0
    if value <= curve[0][0]:
        return float(curve[0][1])
    for (at, odds), (beyond, more) in pairwise(curve):
        if value < beyond:
            return float((more - odds) / (beyond - at) * (value - at) + odds)
    return float(curve[-1][1])


@cache
def neutral(curve: tuple[tuple[float, float], ...]) -> float:
    """The number at which a monotone curve speaks neither way."""
    rising = curve if curve[0][1] <= curve[-1][1] else curve[::-1]
    at, odds = zip(*rising, strict=True)
    order = np.argsort(odds, kind="stable")
    return float(np.interp(0.0, np.array(odds)[order], np.array(at)[order]))


def measure(
    patch: Patch,
    signals: Signals,
    around: Around,
    changed: NDArray[np.int64],
    rules: Detection,
) -> dict[str, float]:
    """The numbers of ``WEIGHED`` on some looks (n,); NaN where one cannot be judged."""
    days = signals.days[changed]
    ndvi = patch.ndvi(signals.noise)
    now = ndvi[changed]
    return {
        "lasting": float(days[-1] - days[0]),
        "inner": around.inner,
        **_strange(patch, changed),
        **_colours(patch, signals, around, changed, rules),
        "missing": _shortfall(patch, now, signals, changed),
        "peak": quantile(now, 0.9),
        "recent": float(now[-3:].max()),
        "even": float(now.std()),
        **_contrast(patch, signals, around, changed, rules),
    }


def _strange(patch: Patch, changed: NDArray[np.int64]) -> dict[str, float]:
    """How novel the looks are, and how much more than its own history's ever were."""
    novelty = patch.novelty[changed]
    past = patch.past[np.isfinite(patch.past)]
    usual = max(1.0, quantile(past, 0.9)) if past.size >= 4 else 1.5
    return {
        "novelty": quantile(novelty, 0.25),
        "unusual": median(novelty) / usual,
        "latest": float(novelty[-3:].mean()),
    }


def _colours(
    patch: Patch,
    signals: Signals,
    around: Around,
    changed: NDArray[np.int64],
    rules: Detection,
) -> dict[str, float]:
    """How far the open ground's colour lies from its own past: wet or dry, soil keeps its colour.

    Blue against red carries iron and humus and is the same in the sun and after rain; a roof, film,
    panels, gravel or subsoil rarely share it.
    """
    open_ground = patch.ndvi(signals.noise) < rules.open_ground
    past = np.flatnonzero(signals.history & open_ground)
    now = changed[open_ground[changed]]
    own = patch.series[:, spectral.BLUE_RED]
    against = own - around.others[:, spectral.BLUE_RED]
    return {"colour": _shift(own, past, now), "tint": _shift(against, past, now)}


def _shift(values: NDArray[np.float32], past: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """Distance of two medians of values (t,) in spreads of the past; NaN with too few looks."""
    before = values[past][~np.isnan(values[past])]
    since = values[now][~np.isnan(values[now])]
    if before.size < 4 or since.size < 3:
        return math.nan
    middle = median(before)
    spread = max(SPREAD_LEAST, quantile(np.abs(before - middle), 0.8))
    return abs(median(since) - middle) / spread


def _shortfall(
    patch: Patch, now: NDArray[np.float32], signals: Signals, changed: NDArray[np.int64]
) -> float:
    """Greenness that was to be expected and is missing: NDVI times days, half a unit at most.

    Expected is the low edge of the own past at the season; where that is unknown, the neighbours.
    """
    own, others = patch.own_low[changed], signals.neighbours_low[changed]
    return season.shortfall(now, own, others, signals.days[changed], LONGEST_STEP)


def _contrast(
    patch: Patch,
    signals: Signals,
    around: Around,
    changed: NDArray[np.int64],
    rules: Detection,
) -> dict[str, float]:
    """How much farther the patch stands from the rest of its parcel than it ever used to."""
    gap = around.rest - patch.series
    known = ~np.isnan(gap[:, 0])
    past = np.flatnonzero(signals.history & known)
    now = changed[known[changed]]
    if past.size < rules.history_looks or now.size < rules.after_looks:
        return {"rest": math.nan, "apart": math.nan}
    green = gap[:, spectral.NDVI] * signals.noise[spectral.NDVI]
    far = np.sqrt((gap * gap).sum(axis=1))
    usual = max(0.3, quantile(far[past], 0.9))
    return {
        "rest": quantile(green[now], 0.75) - quantile(green[past], 0.95),
        "apart": median(far[now]) / usual,
    }


def _own_peak(
    ndvi: NDArray[np.float32],
    signals: Signals,
    days: NDArray[np.int32],
    rules: Detection,
) -> float:
    """Lowest 90 % quantile of NDVI over the same months of each year of the history."""
    half = rules.season_window / 2
    first, last = days[0] - half, days[-1] + half
    return season.own_peak(ndvi, signals.days, signals.history, first, last, 0.9)


def _neighbours_peak(
    parcel: int, signals: Signals, changed: NDArray[np.int64], rules: Detection
) -> float:
    """Low edge over the other parcels of the 90 % quantile of NDVI on the same looks."""
    peaks = season.peaks(signals.parcel_ndvi, changed, min(3, changed.size), 0.9)
    peaks[parcel] = np.nan
    known = peaks[~np.isnan(peaks)]
    if known.size <= rules.neighbour_least:
        return math.nan
    return quantile(known, rules.neighbour_quantile)


def settled(evidence: Evidence, rules: Detection) -> bool:
    """Whether the evidence confirms: looks, days, two kinds of evidence, confidence (DESIGN 4)."""
    return (
        evidence.looks >= rules.confirmed_looks
        and evidence.days >= rules.confirmed_days
        and evidence.confidence >= rules.confirmed_confidence
        and len(evidence.kinds(rules)) >= 2
    )


def confirming_look(
    patch: Patch,
    signals: Signals,
    around: Around,
    rules: Detection,
    judged: Callable[[Evidence], Evidence] = lambda weighed: weighed,
) -> int | None:
    """The look that completed the evidence as looks came in; ``None`` when none did.

    ``judged`` may give what was weighed another confidence.
    """
    changed = patch.changed
    for count in range(rules.confirmed_looks, changed.size + 1):
        if settled(judged(weigh(patch, signals, around, changed[:count], rules)), rules):
            return int(changed[count - 1])
    return None
