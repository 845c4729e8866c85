"""From evidence look by look to the day from which nothing fitted the past any more.

Dims: p = pixels or patches, t = looks in order of time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

FAMILIAR, STRANGE, RETURNED = -0.3, 1.5, -1.5
"""Evidence of one look at most: a familiar spectrum, a strange one, a green canopy come back."""

MISSED = 0.8
"""Evidence of one look at most that greenness is missing: bare soil alone is no conversion."""


@compiled
def score(
    novelty: NDArray[np.float32],
    ndvi: NDArray[np.float32],
    own_low: NDArray[np.float32],
    neighbours_low: NDArray[np.float32],
    novel: float,
    span: float,
    deficit: float,
    green: float,
) -> NDArray[np.float32]:
    """Evidence (p, t) of each look that the ground has left its past; NaN where unseen.

    novelty, ndvi, own_low (p, t), neighbours_low (t,); NaN in either low edge means that nothing is
    known of this season, and then missing greenness counts nothing.
    """
    pixels, looks = ndvi.shape
    out = np.full((pixels, looks), np.nan, np.float32)
    for p in range(pixels):
        for t in range(looks):
            if math.isnan(novelty[p, t]):
                continue
            if ndvi[p, t] > green:
                out[p, t] = RETURNED
                continue
            total = min(STRANGE, max(FAMILIAR, (novelty[p, t] - novel) / span))
            low = min(own_low[p, t], neighbours_low[t])
            if not (math.isnan(own_low[p, t]) or math.isnan(neighbours_low[t])):
                total += MISSED * min(1.0, max(0.0, (low - ndvi[p, t]) / deficit))
            out[p, t] = total
    return out


INTERRUPTED = 2.0
"""Evidence lost on the way back in time that ends a change: it fitted its past in between."""


@compiled
def suffix(score: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Largest sum of a tail of ``score`` (p, t) and the look at which that tail starts.

    NaN looks count nothing. The sum is the evidence for a change that lasts to the newest look
    (Page's CUSUM read backwards); the start is -1 where no tail is positive. The tail ends where
    looks that fitted the past take ``INTERRUPTED`` away: two canopies, or seven familiar looks.
    """
    pixels, looks = score.shape
    best = np.zeros(pixels, np.float32)
    start = np.full(pixels, -1, np.int32)
    for p in range(pixels):
        total = 0.0
        for t in range(looks - 1, -1, -1):
            if not math.isnan(score[p, t]):
                total += score[p, t]
                if total > best[p]:
                    best[p] = total
                    start[p] = t
                elif total < best[p] - INTERRUPTED:
                    break
    return best, start
