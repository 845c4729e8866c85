"""Which looks at a pixel can be trusted: rescue what was called cloud, drop what leaps out.

Dims: p = pixels, t = looks in order of time, b = bands.
"""

from __future__ import annotations

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

BLUE, NIR, SWIR16 = TESTED = 0, 3, 4
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
    counts = np.empty((len(TESTED), looks), np.int32)
    alarm = np.empty(looks, np.bool_)
    dropped = 0
    for p in range(pixels):
        count = gather(values[p], clear[p], order, counts)
        size = count - max(keep, 1)
        alert(counts[:, :count], size, rise, fall, alarm)
        last = -1
        for i in range(size):
            if last == i - 1 and not alarm[i]:
                last = i
                continue
            before = last if last >= 0 else min(i + 2, count - 1)
            now, then, later = days[order[i]], days[order[before]], days[order[i + 1]]
            near = abs(now - then) <= reach and later - now <= reach
            if near and leaps(counts, i, before, i + 1, rise, fall):
                clear[p, order[i]] = False
                dropped += 1
            else:
                last = i
    return dropped


@compiled
def gather(
    values: NDArray[np.int16],
    clear: NDArray[np.bool_],
    order: NDArray[np.int64],
    counts: NDArray[np.int32],
) -> int:
    """Write which looks (t,) at one pixel are clear, and their tested bands side by side.

    values (t, b), order (t,), counts (3, t). Returns how many they are.
    """
    count = 0
    for t in range(uint64(clear.size)):
        order[count] = t
        counts[0, count] = values[t, BLUE]
        counts[1, count] = values[t, NIR]
        counts[2, count] = values[t, SWIR16]
        count += clear[t]
    return count


@compiled
def alert(
    counts: NDArray[np.int32], size: int, rise: int, fall: float, alarm: NDArray[np.bool_]
) -> None:
    """Write which of the first ``size`` looks (t,) leap out of the very looks beside them.

    The first has none before it, and is held against the two after it. Most looks leap out of
    nothing: only where one does, or the look before it was dropped, must be looked closer.
    """
    if size > 0:
        alarm[0] = leaps(counts, 0, min(2, counts.shape[1] - 1), 1, rise, fall)
    for i in range(uint64(1), uint64(max(size, 1))):
        alarm[i] = leaps(counts, i, i - uint64(1), i + uint64(1), rise, fall)


@compiled
def leaps(
    counts: NDArray[np.int32], now: int, before: int, after: int, rise: int, fall: float
) -> bool:
    """Whether one look is haze or shadow against two others; counts (3, t) as gathered."""
    haze = counts[0, now] > max(counts[0, before], counts[0, after]) + rise
    dark = counts[1, now] < fall * min(counts[1, before], counts[1, after])
    deep = counts[2, now] < fall * min(counts[2, before], counts[2, after])
    return bool(haze | (dark & deep))
