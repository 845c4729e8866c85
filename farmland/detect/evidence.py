"""Independent kinds of evidence for one patch, and the confidence they add up to.

Evidence multiplies, so its logarithms add (DESIGN 9, item 5). Each kind is bounded: no single
one can carry a verdict alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.detect.patches import Patch
from farmland.detect.signals import Signals
from farmland.kernels import season, spectral
from farmland.rules.detection import Detection
from farmland.stack import Stack

YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers behind one patch; NaN = could not be judged."""

    looks: int
    """Looks since the change began."""
    days: int
    """From the first to the last of them."""
    novelty: float
    """Mean novelty of these looks in own scales."""
    strange: float
    """Summed evidence of novelty, log odds."""
    peak: float
    """Highest NDVI since the change (90 % quantile)."""
    own_peak: float
    """Lowest such peak of the same months in the own past."""
    neighbours_peak: float
    """Low edge of the neighbours' peaks over the same looks."""
    rest: float
    """By how much NDVI fell against the rest of the parcel."""
    inner: float
    """How much of the patch stands clear of the parcel's edge, 0-1."""
    odds: Mapping[str, float]
    """What each kind added, log odds; season and bareness together are bounded."""
    confidence: float
    """Probability that these add up to."""

    @property
    def missed(self) -> float:
        """NDVI by which the peak fell short of both expectations; NaN when neither is known."""
        return shortfall(self.peak, self.own_peak, self.neighbours_peak)

    def kinds(self, rules: Detection) -> tuple[str, ...]:
        """Names of the kinds of evidence that speak for a change on their own."""
        named = {
            "novelty": self.strange >= rules.kind_least and self.novelty >= rules.novel_alone,
            "season": season_odds(self.missed, self.days, rules) >= rules.kind_least,
            "rest": rest_odds(self.rest, self.days, rules) >= rules.kind_least,
        }
        return tuple(name for name, holds in named.items() if holds)


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Where a patch lies in its parcel."""

    rest: NDArray[np.float32]
    """(t,) median NDVI of the rest of the parcel; NaN where there is too little of it."""
    inner: float
    """How much of the patch stands clear of the edge, 0-1: a strip of rim pixels mixes with what
    lies outside and moves with the 0.3 pixels by which scenes are displaced (METHODS 2.15)."""


def surroundings(patch: Patch, stack: Stack, signals: Signals, rules: Detection) -> Around:
    """Look at the rest of the parcel and at how much of the patch is rim."""
    members = np.flatnonzero(stack.parcel == patch.parcel)
    inner = stack.full[patch.pixels].mean() / rules.inner_share
    whole = patch.pixels.size / members.size / rules.whole_share
    others = np.setdiff1d(members[stack.full[members]], patch.pixels, assume_unique=True)
    rest = np.full(stack.days.size, np.nan, np.float32)
    if others.size >= rules.full_pixels:
        one = np.zeros(others.size, np.int32)
        median = season.medians(signals.features[others], one, 1, rules.look_clear_share)
        rest = median[0, :, spectral.NDVI] * signals.noise[spectral.NDVI]
    return Around(rest, float(min(1.0, max(inner, whole))))


def weigh(
    patch: Patch,
    signals: Signals,
    around: Around,
    changed: NDArray[np.int64],
    rules: Detection,
) -> Evidence:
    """Weigh one patch on its ``changed`` looks, or on the first of them as they came in."""
    days = signals.days[changed]
    ndvi = patch.ndvi(signals.noise)
    strange = _strange(patch.novelty[changed], days, rules)
    peak = float(np.quantile(ndvi[changed], 0.9))
    own = _own_peak(ndvi, signals, days, rules)
    neighbours = _neighbours_peak(patch.parcel, signals, changed, rules)
    contrast = _rest_contrast(ndvi, around.rest, signals, changed, rules)
    missed = season_odds(shortfall(peak, own, neighbours), int(days[-1] - days[0]), rules)
    bare = bare_odds(peak, expected(own, neighbours), rules)
    missed, bare = _bounded(missed, bare, rules.barren_most)
    odds = {
        "base": rules.odds_base,
        "novelty": strange,
        "season": missed,
        "rest": rest_odds(contrast, int(days[-1] - days[0]), rules),
        "bareness": bare,
        "rim": -rules.rim_most * (1 - around.inner),
    }
    return Evidence(
        looks=changed.size,
        days=int(days[-1] - days[0]),
        novelty=float(np.nanmean(patch.novelty[changed])),
        strange=strange,
        peak=peak,
        own_peak=own,
        neighbours_peak=neighbours,
        rest=contrast,
        inner=around.inner,
        odds=odds,
        confidence=1 / (1 + math.exp(-sum(odds.values()))),
    )


def expected(own: float, neighbours: float) -> float:
    """The lower of two expected peaks; NaN if neither is known."""
    known = [value for value in (own, neighbours) if not math.isnan(value)]
    return min(known) if known else math.nan


def shortfall(peak: float, own: float, neighbours: float) -> float:
    """NDVI by which ``peak`` falls short of the lower of two expectations; NaN if both unknown."""
    return expected(own, neighbours) - peak


def season_odds(missed: float, days: int, rules: Detection) -> float:
    """Log odds of a missed season; negative when a crop cycle was seen.

    Only a whole season counts fully: every field lies bare for some weeks after its harvest.
    """
    if math.isnan(missed):
        return 0.0
    share = min(1.0, days / rules.season_days) if missed > 0 else 1.0
    return share * min(rules.season_most, max(-rules.season_most, missed / rules.deficit))


def bare_odds(peak: float, hoped: float, rules: Detection) -> float:
    """Log odds that nothing like a canopy grew since, by the NDVI ``peak``.

    Nothing speaks for a change while no canopy is to be ``hoped`` for: after the harvest and in
    winter every field lies bare.
    """
    odds = (rules.bare - peak) / rules.bare_span
    most = rules.bare_most if hoped > rules.green else 0.0
    return min(most, max(-2 * rules.bare_most, odds))


def _bounded(season: float, bare: float, most: float) -> tuple[float, float]:
    """Both log odds, the second one first cut back until they add up to ``most`` at most."""
    total = min(most, season + bare)
    kept = min(season, total - min(bare, 0.0))
    return kept, total - kept


def rest_odds(contrast: float, days: int, rules: Detection) -> float:
    """Log odds of a fall against the rest of the parcel; only ever in favour.

    Only a whole season counts fully: parts of a field come up weeks apart.
    """
    if math.isnan(contrast):
        return 0.0
    share = min(1.0, days / rules.season_days)
    return share * min(rules.rest_most, max(0.0, contrast / rules.deficit))


def _strange(novelty: NDArray[np.float32], days: NDArray[np.int32], rules: Detection) -> float:
    """Summed evidence of novelty; looks closer than ``look_gap`` days share theirs.

    Weeds on a fallow field are a little strange on every look: many looks do not make up for it.
    """
    gaps = np.diff(days, prepend=days[0] - rules.look_gap)
    weight = np.minimum(1.0, gaps / rules.look_gap)
    total = float(np.sum(weight * np.clip((novelty - rules.novel) / rules.novel_span, -0.5, 1.0)))
    most = min(rules.novelty_most, rules.novelty_each * float(np.mean(novelty)))
    return min(most, max(-most, total))


def _own_peak(
    ndvi: NDArray[np.float32],
    signals: Signals,
    days: NDArray[np.int32],
    rules: Detection,
) -> float:
    """Lowest 90 % quantile of NDVI over the same months of each year of the history."""
    past = signals.history & ~np.isnan(ndvi)
    peaks = []
    for years in range(1, 6):
        first = days[0] - years * YEAR - rules.season_window / 2
        last = days[-1] - years * YEAR + rules.season_window / 2
        inside = past & (signals.days >= first) & (signals.days <= last)
        if inside.sum() >= 3:
            peaks.append(float(np.quantile(ndvi[inside], 0.9)))
    return min(peaks) if peaks else math.nan


def _neighbours_peak(
    parcel: int, signals: Signals, changed: NDArray[np.int64], rules: Detection
) -> float:
    """Low edge over the other parcels of the 90 % quantile of NDVI on the same looks."""
    peaks = season.peaks(signals.parcel_ndvi, changed, min(3, changed.size), 0.9)
    peaks[parcel] = np.nan
    known = peaks[~np.isnan(peaks)]
    if known.size <= rules.neighbour_least:
        return math.nan
    return float(np.quantile(known, rules.neighbour_quantile))


def _rest_contrast(
    ndvi: NDArray[np.float32],
    rest: NDArray[np.float32],
    signals: Signals,
    changed: NDArray[np.int64],
    rules: Detection,
) -> float:
    """How much farther the patch stays under the rest of its parcel than it ever used to."""
    gap = rest - ndvi
    past = gap[signals.history & ~np.isnan(gap)]
    now = gap[changed][~np.isnan(gap[changed])]
    if past.size < rules.history_looks or now.size < rules.after_looks:
        return math.nan
    return float(np.quantile(now, 0.75) - np.quantile(past, 0.95))


def settled(evidence: Evidence, rules: Detection) -> bool:
    """Whether the evidence confirms: looks, days, two kinds of evidence, confidence (DESIGN 4).

    What still grows like weeds stays a candidate, however strange it looks.
    """
    return (
        evidence.looks >= rules.confirmed_looks
        and evidence.days >= rules.confirmed_days
        and evidence.confidence >= rules.confirmed_confidence
        and evidence.peak <= rules.confirmed_peak
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


def spectra(
    patch: Patch, values: NDArray[np.int16], clear: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Median reflectance (n, b) of the patch on each of its changed looks."""
    out = np.empty((patch.changed.size, values.shape[2]))
    for n, t in enumerate(patch.changed):
        seen = patch.pixels[clear[patch.pixels, t]]
        out[n] = np.median(values[seen, t], axis=0) * spectral.SCALE
    return out
