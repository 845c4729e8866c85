"""Two sides of a parcel that went different ways. Dims: p = pixels, m = some of them, t = looks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

ROUNDS = 1000
"""Rounds after which an axis is taken as it is: then two are as long as each other."""

SETTLED = 1e-12
"""Change of the axis, a unit vector, in a round that is rounding and no change."""


@compiled
def sides(
    values: NDArray[np.float32], members: NDArray[np.int64], looks: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Side (m,) of some pixels of (p, t) by the first principal component of their ``looks``.

    Unseen (NaN) is taken for the middle of the look. The side that was higher is True.
    """
    off = _centred(values, members, looks)
    axis = _axis(off)
    along = np.zeros(members.size, np.float64)
    for m in range(members.size):
        for t in range(looks.size):
            along[m] += off[m, t] * axis[t]
    cut = (along.min() + along.max()) / 2
    for _ in range(5):  # two means; they settle in a few rounds
        high = along > cut
        count = high.sum()
        if count in (0, high.size):
            break
        upper = (along * high).sum()
        cut = ((along.sum() - upper) / (high.size - count) + upper / count) / 2
    upper_side: NDArray[np.bool_] = along > cut
    return upper_side


@compiled
def _centred(
    values: NDArray[np.float32], members: NDArray[np.int64], looks: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Values (m, t) off the mean of their look; a look that no pixel saw is 0.

    The median that stands in for what is unseen shifts nothing where all was seen.
    """
    off = np.empty((members.size, looks.size), np.float64)
    for m in range(members.size):
        for t in range(looks.size):
            off[m, t] = values[members[m], looks[t]]
    for t in range(looks.size):
        column = off[:, t]
        known = column[~np.isnan(column)]
        if known.size < column.size:
            middle = np.median(known) if known.size else 0.0
            for m in range(column.size):
                column[m] = middle if math.isnan(column[m]) else column[m]
        column -= column.mean()
    return off


@compiled
def _axis(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """First principal axis (t,) of centred values (m, t) by power iteration, its sum positive."""
    looks = off.shape[1]
    scatter = np.zeros((looks, looks), np.float64)
    for m in range(off.shape[0]):
        for t in range(looks):
            for other in range(looks):
                scatter[t, other] += off[m, t] * off[m, other]
    axis: NDArray[np.float64] = scatter[np.argmax(np.diag(scatter))].copy()
    for _ in range(ROUNDS):
        length = math.sqrt((axis * axis).sum())
        if length == 0.0:
            break
        axis /= length
        further = np.zeros(looks, np.float64)
        for t in range(looks):
            for other in range(looks):
                further[other] += scatter[t, other] * axis[t]
        change = further / math.sqrt((further * further).sum()) - axis
        axis = further
        if (change * change).sum() < SETTLED * SETTLED:
            break
    if axis.sum() < 0:
        axis *= -1.0
    return axis


@compiled
def apart(
    values: NDArray[np.float32],
    members: NDArray[np.int64],
    side: NDArray[np.bool_],
    looks: NDArray[np.int64],
    share: float,
) -> float:
    """Root mean square over ``looks`` by which the medians of two sides (m,) of (p, t) differ.

    Of looks on which ``share`` of the pixels of either side was seen; NaN with fewer than four.
    """
    first, second = members[side], members[~side]
    count, square = 0, 0.0
    for t in looks:
        gap = _middle(values, first, t, share) - _middle(values, second, t, share)
        if not math.isnan(gap):
            count += 1
            square += gap * gap
    return math.sqrt(square / count) if count >= 4 else math.nan


@compiled
def _middle(
    values: NDArray[np.float32], members: NDArray[np.int64], look: int, share: float
) -> float:
    """Median of some pixels on a look; NaN where less than ``share`` of them was seen."""
    known = np.empty(members.size, np.float32)
    count = 0
    for p in members:
        if not math.isnan(values[p, look]):
            known[count] = values[p, look]
            count += 1
    return float(np.median(known[:count])) if 0 < count >= share * members.size else math.nan
