"""From flagged pixels to alarms, the same way for every detector that flags pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from contest.cases import Alarm
from farmland.imagery.stack import Stack
from farmland.kernels import patches

SMALLEST = 4
"""Connected pixels that make a patch (DESIGN 4), edges and corners alike."""

NEVER = np.iinfo(np.int32).min
"""Day of a pixel that was not flagged."""


def alarms(
    stack: Stack,
    since: NDArray[np.int32],
    last_good: NDArray[np.int32] | None = None,
) -> list[Alarm]:
    """Patches of flagged pixels, inside one parcel each.

    Parameters
    ----------
    stack : Stack
    since : int32 (p,)
        Day since 1970-01-01 on which each pixel was flagged, ``NEVER`` where it was not. A patch
        has the median of its pixels.
    last_good : int32 (p,), optional
        Last day on which a flagged pixel was as before, where the detector says it.

    Returns
    -------
    list of Alarm
        Peers have one tier, so every alarm counts as confirmed.
    """
    found = []
    for parcel in np.unique(stack.parcel[since != NEVER]):
        own = np.flatnonzero(stack.parcel == parcel)
        for part in _connected(stack, own, since[own] != NEVER):
            good = None if last_good is None else _middle(last_good[part])
            found.append(Alarm(int(parcel), part, good, _middle(since[part]), True, ""))
    return found


def _connected(
    stack: Stack, own: NDArray[np.int64], flagged: NDArray[np.bool_]
) -> list[NDArray[np.int64]]:
    """Positions of each connected set of flagged pixels of a parcel that is large enough."""
    label = patches.sets(stack.rows[own], stack.columns[own], flagged, SMALLEST)
    return [own[label == n] for n in range(1, label.max() + 1)]


def _middle(days: NDArray[np.int32]) -> np.datetime64:
    return np.datetime64(int(np.median(days)), "D")
