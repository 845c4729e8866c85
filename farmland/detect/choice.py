"""Which of the candidates of one parcel are told: the strongest, and none upon another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from farmland.detect import evidence, learned
from farmland.detect.evidence import Around, Evidence
from farmland.detect.patches import Patch
from farmland.detect.signals import Signals
from farmland.imagery.stack import Stack
from farmland.model import Model
from farmland.rules.detection import Detection


class Weighed(NamedTuple):
    """A candidate with what speaks for it."""

    patch: Patch
    around: Around
    evidence: Evidence

    @property
    def odds(self) -> float:
        """Log odds of a change, all evidence together."""
        return float(sum(self.evidence.odds.values()))


def weigh(
    stack: Stack, signals: Signals, patch: Patch, rules: Detection, model: Model | None
) -> Weighed:
    """Weigh a candidate on all looks since its change, by the rules or by a ``model``."""
    around = evidence.surroundings(patch, stack, signals, rules)
    weighed = evidence.weigh(patch, signals, around, patch.changed, rules)
    return Weighed(patch, around, learned.judged(weighed, model))


def slight(weighed: Evidence, rules: Detection) -> bool:
    """Whether there is too little to list."""
    return weighed.days < rules.candidate_days or weighed.confidence < rules.listed_confidence


def strongest(weighed: Sequence[Weighed], rules: Detection) -> Iterator[Weighed]:
    """Yield the strongest candidates of a parcel, none upon another, in their widest outline.

    What may be listed comes before what may not. A roof is one roof, though some of its pixels are
    stranger than others: a part must stand out of the whole by as much as a kind of evidence does.
    """
    left = sorted(weighed, key=lambda one: (slight(one.evidence, rules), -one.odds))
    while left:
        best = left[0]
        rivals = [
            one
            for one in left
            if overlap(one.patch, best.patch)
            and one.odds >= best.odds - rules.kind_least
            and slight(one.evidence, rules) == slight(best.evidence, rules)
        ]
        widest = max(rivals, key=lambda one: one.patch.bearing)
        yield widest
        left = [one for one in left if not overlap(one.patch, widest.patch)]


def overlap(one: Patch, other: Patch) -> bool:
    """Whether two patches share a pixel; the pixels of both ascend."""
    places = np.searchsorted(other.pixels, one.pixels)
    places[places == other.pixels.size] = 0
    return bool((other.pixels[places] == one.pixels).any())
