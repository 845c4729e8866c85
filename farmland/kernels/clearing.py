"""Which looks at a pixel can be trusted: rescue what was called cloud, drop what leaps out.

Dims: p = pixels, t = looks in order of time, b = bands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

BLUE, NIR, SWIR16 = 0, 3, 4
"""Where the bands of the outlier test stand in a spectrum."""


@compiled
def rescue(
    clear: NDArray[np.bool_], lonely: NDArray[np.bool_], least: int, share: float
) -> NDArray[np.bool_]:
    """Clear looks (p, t), with cloud that only ever hangs over this pixel counted as clear.

    ``lonely`` (p, t) marks cloud with a clear surrounding. A roof that Sen2Cor takes for cloud is
    lonely date after date; a cloud is not. From the first lonely look on, ``least`` of them making
    up ``share`` of all looks with a clear sky around are enough. That first one stays out: it may
    be the last true cloud before the roof, and would date the change too early.
    """
    pixels, looks = clear.shape
    out = clear.copy()
    for p in range(pixels):
        alone, seen, first = 0, 0, looks
        for t in range(looks - 1, -1, -1):
            if lonely[p, t]:
                alone += 1
            if lonely[p, t] or clear[p, t]:
                seen += 1
            if lonely[p, t] and alone >= least and alone >= share * seen:
                first = t
        for t in range(first + 1, looks):
            out[p, t] = clear[p, t] or lonely[p, t]
    return out


@compiled
def drop_spikes(
    values: NDArray[np.int16],
    clear: NDArray[np.bool_],
    days: NDArray[np.int32],
    rise: int,
    fall: float,
    reach: int,
    keep: int,
) -> int:
    """Unset in ``clear`` (p, t) the looks that leap out of both looks beside them in time.

    values (p, t, b) counts; days (t,). A look is haze when its blue exceeds both others by ``rise``
    counts, and shadow when its near and short-wave infrared fall under ``fall`` of both. The
    others lie within ``reach`` days. The newest ``keep`` clear looks stay: a young change has
    nothing after it yet (METHODS 2.8). The very newest has no look after it to be judged by, so it
    stays in any case. Returns how many were unset.
    """
    pixels, looks = clear.shape
    order = np.empty(looks, np.int64)
    dropped = 0
    for p in range(pixels):
        count = 0
        for t in range(looks):
            if clear[p, t]:
                order[count] = t
                count += 1
        last = -1
        for i in range(count - max(keep, 1)):
            t, after = order[i], order[i + 1]
            before = last if last >= 0 else (order[i + 2] if i + 2 < count else after)
            near = abs(days[t] - days[before]) <= reach and days[after] - days[t] <= reach
            if near and leaps(values[p, t], values[p, before], values[p, after], rise, fall):
                clear[p, t] = False
                dropped += 1
            else:
                last = t
    return dropped


@compiled
def leaps(
    now: NDArray[np.int16],
    before: NDArray[np.int16],
    after: NDArray[np.int16],
    rise: int,
    fall: float,
) -> bool:
    """Whether one spectrum (b,) is haze or shadow against the two beside it."""
    if now[BLUE] > max(before[BLUE], after[BLUE]) + rise:
        return True
    dark = now[NIR] < fall * min(before[NIR], after[NIR])
    return bool(dark and now[SWIR16] < fall * min(before[SWIR16], after[SWIR16]))
